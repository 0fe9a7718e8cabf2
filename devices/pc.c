/* pc.c - THE SCHEMATIC: which chips a PC/AT has, at which ports they answer, and how their pins are wired.
 * IBM PC AT Technical Reference (1502494), with the additions of later boards: PS/2 mouse, 16550A, IDE, VGA with linear frame buffer.
 *
 * The PCI bus, the chipset and the APICs are on the second sheet, pc_chipset.c; its registers decide whether C0000-FFFFF is ROM
 * (as at power-on) or RAM. */
#include "devices/pc.h"
#include <stdio.h>
#include <stdlib.h>
#include "devices/pc_inside.h"

/* ---- wires that lead to the processor ---- */

static void to_ferr(void *pc, bool level)          { coprocessor_ferr(&((pc_t *)pc)->coprocessor, 0, level); }
static void to_ignne(void *pc, int pin, bool level) { (void)pin; cpu_ignne(&((pc_t *)pc)->cpu, level); }
static void to_a20(void *pc, int pin, bool level)  { (void)pin; bus_set_a20(&((pc_t *)pc)->bus, level); }

/* The 8042 and port 92h pulse the processor's RESET alone: everything else keeps its state, which is how a 286 came back from
 * protected mode (CMOS shutdown byte 0Fh: 5, 9, 10 resume a program).  Any other code is a restart, of which the owner hears. */
static void to_cpu_reset(void *self, int pin, bool level)
{
    pc_t *pc = self;
    (void)pin;
    if (!level)
        return;
    u8 code = rtc_cmos_get(&pc->rtc, 0x0F);
    if (code != 5 && code != 9 && code != 10)
        pc_ask_stop(pc, STOP_RESET);
    else
        pc->stop = STOP_BREAK;                               /* handled by pc_run: the processor restarts between instructions */
    cpu_stop(&pc->cpu);
}
static void to_power_off(void *pc, int pin, bool level) { (void)pin; if (level) pc_ask_stop(pc, STOP_POWER_OFF); }
static void debug_exit(void *self, u8 status)
{
    pc_t *pc = self;
    pc->exit_code = status;
    pc_ask_stop(pc, STOP_DEBUG_EXIT);
}

/* ---- what leaves the machine ---- */

static void send(void *self, unsigned port, u8 byte)
{
    pc_t *pc = self;
    if (pc->config.serial_out) pc->config.serial_out(pc->config.owner, port, byte);
}
static void print(void *self, u8 byte)
{
    pc_t *pc = self;
    if (pc->config.parallel_out) pc->config.parallel_out(pc->config.owner, byte);
}
static void debug_out(void *self, u8 byte)
{
    pc_t *pc = self;
    if (pc->config.debugcon_out) pc->config.debugcon_out(pc->config.owner, byte);
}
static void speaker(void *self, u64 when, bool level)
{
    pc_t *pc = self;
    if (pc->config.speaker) pc->config.speaker(pc->config.owner, when, level);
}

static u32  dma_transfer(void *dma, int channel, u8 *buffer, u32 bytes, bool *tc) { return dma_channel_transfer(dma, channel, buffer, bytes, tc); }
static bool out2(void *pit)                                                     { return pit_out(pit, 2); }

/* ---- wires between chips ---- */

/* Interrupt lines of the ISA bus: they pass through the chipset, where PCI interrupts join them. */
#define TO_MASTER(n) (line_t){ piix_isa_irq, &pc->piix, (n) }
#define TO_SLAVE(n)  (line_t){ piix_isa_irq, &pc->piix, 8 + (n) }

static void wire(pc_t *pc)
{
    pc->cpu.ferr = to_ferr;
    pc->cpu.ferr_owner = pc;
    pc->pit.counter[0].out = TO_MASTER(0);
    pc->pit.counter[2].out = (line_t){ board_out2, &pc->board, 0 };
    pc->kbc.irq[KBC_KEYBOARD] = TO_MASTER(1);
    pc->uart[1].irq = TO_MASTER(3);
    pc->uart[0].irq = TO_MASTER(4);
    pc->fdc.irq = TO_MASTER(6);
    pc->lpt.irq = TO_MASTER(7);
    pc->rtc.irq = TO_SLAVE(0);
    pc->kbc.irq[KBC_AUX] = TO_SLAVE(4);
    pc->coprocessor.irq = TO_SLAVE(5);
    for (int n = 0; pc->config.testdev && n < TESTDEV_LINES; n++)
        pc->testdev.irq[n] = TO_MASTER(n);
    pc->coprocessor.ignne = (line_t){ to_ignne, pc, 0 };

    pc->kbc.plug[KBC_KEYBOARD] = keyboard_plug(&pc->keyboard);
    pc->kbc.plug[KBC_AUX] = mouse_plug(&pc->mouse);
    pc->keyboard.attention = (line_t){ kbc_attention, &pc->kbc, KBC_KEYBOARD };
    pc->mouse.attention = (line_t){ kbc_attention, &pc->kbc, KBC_AUX };
    pc->kbc.a20 = pc->board.a20 = (line_t){ to_a20, pc, 0 };
    pc->kbc.reset = pc->board.reset = (line_t){ to_cpu_reset, pc, 0 };
    pc->board.gate2 = (line_t){ pit_gate, &pc->pit, 2 };
    pc->board.out2 = out2;
    pc->board.pit = &pc->pit;
    pc->board.power_off = (line_t){ to_power_off, pc, 0 };
    pc->board.debug_out = debug_out;
    pc->board.debug_exit = debug_exit;
    pc->board.speaker = speaker;
    for (unsigned n = 0; n < PC_SERIALS; n++) {
        pc->uart[n].send = send;
        pc->uart[n].port = n;
        pc->uart[n].owner = pc;
    }
    pc->lpt.print = print;
    pc->lpt.owner = pc->board.owner = pc;
}

/* ---- who answers where ---- */

static bool attach_ports(pc_t *pc)
{
    const port_range_t rows[] = {
        { "dma 0-3",    0x000, 16, W8, dma_low_read,     dma_low_write,     &pc->dma,     false },
        { "pic master", 0x020, 2,  W8, pic_read,         pic_write,         &pc->master,  false },
        { "pit",        0x040, 4,  W8, pit_read,         pit_write,         &pc->pit,     false },
        { "kbc data",   0x060, 1,  W8, kbc_read,         kbc_write,         &pc->kbc,     false },
        { "port 61",    0x061, 1,  W8, board_read_61,    board_write_61,    &pc->board,   false },
        { "kbc status", 0x064, 1,  W8, kbc_status,       kbc_command,       &pc->kbc,     false },
        { "rtc",        0x070, 2,  W8, rtc_read,         rtc_write,         &pc->rtc,     false },
        { "post code",  0x080, 1,  W8, board_read_80,    board_write_80,    &pc->board,   false },
        { "dma pages",  0x081, 15, W8, dma_page_read,    dma_page_write,    &pc->dma,     false },
        { "port 92",    0x092, 1,  W8, board_read_92,    board_write_92,    &pc->board,   false },
        { "pic slave",  0x0A0, 2,  W8, pic_read,         pic_write,         &pc->slave,   false },
        { "dma 4-7",    0x0C0, 32, W8, dma_high_read,    dma_high_write,    &pc->dma,     false },
        { "coprocessor", 0x0F0, 2, W8, NULL,             coprocessor_write, &pc->coprocessor, false },
        { "debugcon",   0x0E9, 1,  W8, board_read_e9,    board_write_e9,    &pc->board,   false },
        { "vbe",        0x1CE, 2,  W16, vga_vbe_read,    vga_vbe_write,     &pc->vga,     false },
        { "com2",       0x2F8, 8,  W8, uart_read,        uart_write,        &pc->uart[1], false },
        { "lpt1",       0x378, 3,  W8, lpt_read,         lpt_write,         &pc->lpt,     false },
        { "vga",        0x3B0, 48, W8, vga_read,         vga_write,         &pc->vga,     false },
        { "fdc",        0x3F0, 6,  W8, fdc_read,         fdc_write,         &pc->fdc,     false },
        { "fdc dir",    0x3F7, 1,  W8, fdc_read_dir,     fdc_write_ccr,     &pc->fdc,     false },
        { "com1",       0x3F8, 8,  W8, uart_read,        uart_write,        &pc->uart[0], false },
        { "elcr 1",     0x4D0, 1,  W8, pic_elcr_read,    pic_elcr_write,    &pc->master,  false },
        { "elcr 2",     0x4D1, 1,  W8, pic_elcr_read,    pic_elcr_write,    &pc->slave,   false },
        { "debugcon 2", 0x402, 1,  W8, board_read_e9,    board_write_e9,    &pc->board,   false },
        { "fw_cfg",     0x510, 2,  W16, fw_cfg_read,     fw_cfg_write,      &pc->fw_cfg,  false },
        { "power",      0x8900, 1, W8, NULL,             board_write_8900,  &pc->board,   false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (!bus_attach(&pc->bus, &rows[i]))
            return false;
    const port_range_t latch_row = { "test latch", 0xE0, 4, W8, testdev_read_latch, testdev_write_latch, &pc->testdev, false };
    const port_range_t lines_row = { "test lines", 0x2000, TESTDEV_LINES, W8, NULL, testdev_write_line, &pc->testdev, false };
    port_range_t exit_row = { "debug exit", pc->config.debug_exit_port, 4, W8, NULL, board_write_exit, &pc->board, false };
    return ide_ports(&pc->ide[0], &pc->bus, 0x1F0, 0x3F6) && ide_ports(&pc->ide[1], &pc->bus, 0x170, 0x376)
        && (!pc->config.debug_exit || bus_attach(&pc->bus, &exit_row))
        && (!pc->config.testdev || (bus_attach(&pc->bus, &latch_row) && bus_attach(&pc->bus, &lines_row)));
}

/* An 8-bit I/O cycle of the ISA bus: 6 periods of 8.33 MHz (IBM PC AT Technical Reference, "I/O channel": 4 wait states).  Programs rely on
 * it where it is the measure: after a count is written, two reads outlast the 8254's 838 ns until it is loaded (Linux' calibration
 * of the TSC), and port 80h is written in order to wait.  Other ports answer at once: nothing gains from a slower machine. */
static void set_waits(bus_t *bus)
{
    enum { ISA_CYCLE = 720 };
    bus_set_wait(bus, 0x40, ISA_CYCLE);
    bus_set_wait(bus, 0x80, ISA_CYCLE);
}

static bool map_memory(pc_t *pc)
{
    const region_t window = { .name = "vga window", .first = VGA_WINDOW_FIRST, .bytes = VGA_WINDOW_BYTES,
                              .read = vga_load, .write = vga_store, .read_run = vga_load_run, .write_run = vga_store_run, .chip = &pc->vga };
    const region_t rom = { .name = "firmware", .first = 0u - pc->config.bios_bytes, .bytes = pc->config.bios_bytes, .host = pc->rom, .read_only = true };
    const region_t test = { .name = "test registers", .first = TESTDEV_MEMORY, .bytes = TESTDEV_BYTES, .read = testdev_load, .write = testdev_store, .chip = &pc->testdev };
    return bus_map(&pc->bus, &window) >= 0 && (!pc->config.testdev || bus_map(&pc->bus, &test) >= 0) && bus_map(&pc->bus, &rom) >= 0;
}

/* ---- CMOS: what the firmware is told.  Bytes as SeaBIOS, Bochs and QEMU agree on them (QEMU hw/i386/pc.c names them). ---- */

static u8 boot_code(char letter) { return letter == 'a' ? 1 : letter == 'c' ? 2 : letter == 'd' ? 3 : letter == 'n' ? 4 : 0; }

static void fill_cmos(pc_t *pc)
{
    rtc_t *rtc = &pc->rtc;
    u32 kib = pc->config.ram_bytes >> 10, extended = kib - 1024;
    u32 low = extended < 0xFFFF ? extended : 0xFFFF, high = kib > 16384 ? (kib - 16384) / 64 : 0;
    u8 floppies = (u8)(pc->fdc.drive[0].kind << 4 | pc->fdc.drive[1].kind), n = (u8)(!!pc->fdc.drive[0].kind + !!pc->fdc.drive[1].kind);
    rtc_cmos_set(rtc, 0x10, floppies);
    rtc_cmos_set(rtc, 0x12, (u8)((pc->config.disk[0] ? 0xF0 : 0) | (pc->config.disk[1] ? 0x0F : 0)));
    rtc_cmos_set(rtc, 0x14, (u8)((n ? 1 | (n - 1) << 6 : 0) | 0x06));         /* floppies; PS/2 mouse; coprocessor */
    rtc_cmos_set(rtc, 0x15, 640 & 0xFF);
    rtc_cmos_set(rtc, 0x16, 640 >> 8);
    rtc_cmos_set(rtc, 0x17, (u8)low);
    rtc_cmos_set(rtc, 0x18, (u8)(low >> 8));
    rtc_cmos_set(rtc, 0x19, pc->config.disk[0] ? 47 : 0);                     /* type 47: ask the drive */
    rtc_cmos_set(rtc, 0x1A, pc->config.disk[1] ? 47 : 0);
    rtc_cmos_set(rtc, 0x30, (u8)low);
    rtc_cmos_set(rtc, 0x31, (u8)(low >> 8));
    rtc_cmos_set(rtc, 0x34, (u8)high);
    rtc_cmos_set(rtc, 0x35, (u8)(high >> 8));
    bool cd = pc->config.cdrom[0] || pc->config.cdrom[1] || pc->config.cdrom[2] || pc->config.cdrom[3];
    const char *order = pc->config.boot_order[0] ? pc->config.boot_order : pc->config.floppy[0] ? cd ? "acd" : "ac" : cd ? "cda" : "ca";
    u8 code[3] = { 0 };
    for (unsigned i = 0; i < 3 && order[i]; i++)
        code[i] = boot_code(order[i]);
    rtc_cmos_set(rtc, 0x3D, (u8)(code[1] << 4 | code[0]));
    rtc_cmos_set(rtc, 0x38, (u8)(code[2] << 4 | 1));                          /* bit 0: no floppy signature check wanted */
    rtc_cmos_checksum(rtc);
}

/* ---- drives ---- */

static void attach_drives(pc_t *pc)
{
    for (unsigned n = 0; n < PC_FLOPPIES; n++) {
        disk_t *disk = pc->config.floppy[n];
        if (!disk && !pc->config.has_floppy[n])
            continue;
        fdc_drive_kind_t kind = disk ? fdc_drive_for(disk->bytes) : FDC_DRIVE_1440;
        fdc_set_drive(&pc->fdc, n, kind == FDC_DRIVE_720 ? FDC_DRIVE_1440 : kind == FDC_DRIVE_360 ? FDC_DRIVE_1200 : kind);
        fdc_insert(&pc->fdc, n, disk);
    }
    for (unsigned n = 0; n < PC_DISKS; n++)
        if (pc->config.disk[n])
            ide_attach(&pc->ide[n / 2], n % 2, pc->config.disk[n]);
        else if (pc->config.cdrom[n] || pc->config.has_cdrom[n])
            ide_attach_cdrom(&pc->ide[n / 2], n % 2, pc->config.cdrom[n]);
}

/* ---- life ---- */

static void init_chips(pc_t *pc)
{
    vclock_t *clock = &pc->clock;
    pic_init(&pc->slave, NULL, 0xDE);
    pic_init(&pc->master, &pc->slave, 0xF8);
    pit_init(&pc->pit, clock);
    rtc_init(&pc->rtc, clock, pc->config.rtc_seconds);
    dma_init(&pc->dma, &pc->bus);
    kbc_init(&pc->kbc, clock);
    keyboard_init(&pc->keyboard, clock);
    mouse_init(&pc->mouse, clock);
    for (unsigned n = 0; n < PC_SERIALS; n++)
        uart_init(&pc->uart[n], clock);
    lpt_init(&pc->lpt, clock);
    board_init(&pc->board, clock);
    fdc_init(&pc->fdc, clock, dma_transfer, &pc->dma);
    for (unsigned n = 0; n < 2; n++)
        ide_init(&pc->ide[n], clock, TO_SLAVE(n ? 7 : 6), n);
    fw_cfg_init(&pc->fw_cfg, pc->config.ram_bytes, 1);
    if (pc->config.vgabios && !vga_pci_is_rom(pc->config.vgabios, pc->config.vgabios_bytes))    /* one that is comes by the PCI bus */
        fw_cfg_add_file(&pc->fw_cfg, "vgaroms/vgabios.bin", pc->config.vgabios, pc->config.vgabios_bytes);
    for (unsigned n = 0; n < PC_OPTION_ROMS && pc->config.option_rom[n].data; n++) {
        char name[] = "genroms/option0.rom";
        name[14] = (char)('0' + n);
        fw_cfg_add_file(&pc->fw_cfg, name, pc->config.option_rom[n].data, pc->config.option_rom[n].bytes);
    }
}

/* A kernel's parts as items, and the option ROM that fetches them, first in the order of starting (SeaBIOS src/boot.c: "bootorder"). */
static void offer_part(fw_cfg_t *fw, const linux_part_t *part, u16 address, u16 size, u16 data)
{
    fw_cfg_set_number(fw, address, part->address);
    fw_cfg_set_number(fw, size, part->bytes);
    fw_cfg_set_data(fw, data, part->data, part->bytes);
}

static bool offer_linux(pc_t *pc, char *why, size_t why_bytes)
{
    static const char order[] = "/rom@genroms/linuxboot.bin";
    const linux_files_t *files = pc->config.linux_files;
    const linux_boot_t *b = &pc->linux_boot;
    fw_cfg_t *fw = &pc->fw_cfg;
    if (!files)
        return true;
    if (!linux_boot_prepare(&pc->linux_boot, files, pc->config.ram_bytes, why, why_bytes))
        return false;
    offer_part(fw, &b->kernel, FW_CFG_KERNEL_ADDR, FW_CFG_KERNEL_SIZE, FW_CFG_KERNEL_DATA);
    offer_part(fw, &b->initrd, FW_CFG_INITRD_ADDR, FW_CFG_INITRD_SIZE, FW_CFG_INITRD_DATA);
    offer_part(fw, &b->command_line, FW_CFG_CMDLINE_ADDR, FW_CFG_CMDLINE_SIZE, FW_CFG_CMDLINE_DATA);
    offer_part(fw, &b->setup, FW_CFG_SETUP_ADDR, FW_CFG_SETUP_SIZE, FW_CFG_SETUP_DATA);
    return fw_cfg_add_file(fw, "genroms/linuxboot.bin", files->loader, files->loader_bytes) && fw_cfg_add_file(fw, "bootorder", order, sizeof order);
}

static bool check(const pc_config_t *c, char *why, size_t why_bytes)
{
    const char *trouble = NULL;
    if (c->ram_bytes < 1u << 20 || c->ram_bytes > 3u << 30 || c->ram_bytes & 0xFFFFF)
        trouble = "the memory must be a whole number of MiB from 1 MiB to 3 GiB";
    else if (!c->bios || c->bios_bytes < 0x10000 || c->bios_bytes > 4u << 20 || c->bios_bytes & 0xFFF)
        trouble = "the firmware must be 64 KiB to 4 MiB of whole pages";
    else if (c->vgabios && c->vgabios_bytes > 0x10000)
        trouble = "the video firmware must be at most 64 KiB";
    else if (c->engine == ENGINE_L1 && !cpu_has_l1())
        trouble = "this build has only engine L0";
    if (trouble)
        snprintf(why, why_bytes, "%s", trouble);
    return !trouble;
}

static bool build(pc_t *pc, char *why, size_t why_bytes)
{
    pc->ram = calloc(1, pc->config.ram_bytes);
    pc->rom = malloc(pc->config.bios_bytes);
    if (!pc->ram || !pc->rom) {
        snprintf(why, why_bytes, "this host cannot give %u MiB of memory; try a smaller -m", (unsigned)(pc->config.ram_bytes >> 20));
        return false;
    }
    memcpy(pc->rom, pc->config.bios, pc->config.bios_bytes);
    bus_init(&pc->bus, pc->ram, pc->config.ram_bytes);
    vclock_init(&pc->clock);
    if (!vga_init(&pc->vga, &pc->clock, VGA_VRAM_BYTES) || !cpu_init(&pc->cpu, (model_t)pc->config.cpu, &pc->bus)) {
        snprintf(why, why_bytes, "this host is out of memory");
        return false;
    }
    init_chips(pc);
    if (!pc_chipset_init(pc)) {
        snprintf(why, why_bytes, "this host is out of memory");
        return false;
    }
    if (!offer_linux(pc, why, why_bytes))
        return false;
    if (!attach_ports(pc) || !map_memory(pc)) {
        snprintf(why, why_bytes, "the port of isa-debug-exit (%X) belongs to another chip", pc->config.debug_exit_port);
        return false;
    }
    set_waits(&pc->bus);
    wire(pc);
    attach_drives(pc);
    fill_cmos(pc);
    pc->bus.before = pc_before_access;
    pc->bus.after = pc_after_access;
    pc->bus.machine = pc;
    return true;
}

pc_t *pc_new(const pc_config_t *config, char *why, size_t why_bytes)
{
    if (!check(config, why, why_bytes))
        return NULL;
    pc_t *pc = calloc(1, sizeof *pc);
    if (!pc) {
        snprintf(why, why_bytes, "this host is out of memory");
        return NULL;
    }
    pc->config = *config;
    pc->ips = config->ips ? config->ips : 100000000;
    if (!build(pc, why, why_bytes)) {
        pc_free(pc);
        return NULL;
    }
    pc->cpu.no_cache = config->no_cache;
    pc->cpu.l1 = config->engine == ENGINE_L1;
    pc_reset(pc);
    return pc;
}

void pc_free(pc_t *pc)
{
    if (!pc)
        return;
    fdc_flush(&pc->fdc);
    cpu_free(&pc->cpu);
    vga_free(&pc->vga);
    free(pc->ram);
    free(pc->rom);
    pc_chipset_free(pc);
    free(pc);
}

/* The reset button: every chip, not the contents of RAM, CMOS and disks. */
void pc_reset(pc_t *pc)
{
    pc->stop = STOP_NONE;
    bus_set_a20(&pc->bus, true);
    pic_reset(&pc->master);
    pic_reset(&pc->slave);
    pit_reset(&pc->pit);
    rtc_reset(&pc->rtc);
    dma_reset(&pc->dma);
    keyboard_reset(&pc->keyboard);
    mouse_reset(&pc->mouse);
    kbc_reset(&pc->kbc);
    for (unsigned n = 0; n < PC_SERIALS; n++)
        uart_reset(&pc->uart[n]);
    lpt_reset(&pc->lpt);
    board_reset(&pc->board);
    coprocessor_reset(&pc->coprocessor);
    fdc_reset(&pc->fdc);
    ide_reset(&pc->ide[0]);
    ide_reset(&pc->ide[1]);
    vga_reset(&pc->vga);
    fw_cfg_reset(&pc->fw_cfg);
    testdev_reset(&pc->testdev);
    pc_chipset_reset(pc);
    pc->circle.period = 0;
    cpu_reset(&pc->cpu);
}
