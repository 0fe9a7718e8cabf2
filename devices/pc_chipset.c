/* pc_chipset.c - the schematic's second sheet: the PCI bus and its functions, where interrupts go, the APICs.
 *
 *   00:00.0 82441FX   00:01.0 82371SB ISA bridge   00:01.1 its IDE   00:01.3 82371AB power management   00:02.0 VGA
 *
 * ISA lines -> piix (where PCI interrupts join) -> 8259s and I/O APIC, the same number on both, but for IRQ 0: pin 2 of the I/O
 * APIC.  8259 INT -> LINT0 of the local APIC, and pin 0 of the I/O APIC. */
#include <stdlib.h>
#include "devices/pc_inside.h"

enum { SLOT_HOST = 0, SLOT_PIIX = 1 << 3, SLOT_IDE = SLOT_PIIX | 1, SLOT_PM = SLOT_PIIX | 3, SLOT_VGA = 2 << 3 };
#define PCI_MEMORY_END 0xFEC00000u   /* from here on: APICs and firmware */

/* ---- wires ---- */

static void to_intr(void *pc, int pin, bool level)     { (void)pin; cpu_intr(&((pc_t *)pc)->cpu, level); }
static void to_nmi(void *pc, int pin, bool level)      { (void)pin; if (level) cpu_nmi(&((pc_t *)pc)->cpu); }
static u8   from_pic(void *pc)                         { return pic_acknowledge(&((pc_t *)pc)->master); }
static u8   acknowledge(void *pc)                      { return apic_acknowledge(&((pc_t *)pc)->apic); }
static void to_ioapic_eoi(void *pc, u8 vector)         { ioapic_eoi(&((pc_t *)pc)->ioapic, vector); }
static void to_ioapic_ready(void *pc)                  { ioapic_retry(&((pc_t *)pc)->ioapic); }
static bool to_apic(void *pc, const apic_message_t *m) { return apic_receive(&((pc_t *)pc)->apic, m); }
static void apic_base_written(void *pc, u64 base)      { apic_set_base(&((pc_t *)pc)->apic, base); }

static void from_8259(void *self, int pin, bool level)
{
    pc_t *pc = self;
    (void)pin;
    apic_lint(&pc->apic, 0, level);
    ioapic_line(&pc->ioapic, 0, level);
}

static void to_controllers(void *self, int irq, bool level)
{
    pc_t *pc = self;
    pic_line(irq < 8 ? &pc->master : &pc->slave, irq & 7, level);
    ioapic_line(&pc->ioapic, irq ? irq : 2, level);
    if (irq == 8)
        piix_pm_rtc(&pc->pm, 0, level);
}

static void to_power_off(void *pc, int pin, bool level) { (void)pin; if (level) pc_ask_stop(pc, STOP_POWER_OFF); }

static void wire(pc_t *pc)
{
    for (int n = 0; n < PIIX_IRQS; n++)
        if (n != 2)                                          /* the cascade */
            pc->piix.irq[n] = (line_t){ to_controllers, pc, n };
    pc->master.intr = (line_t){ from_8259, pc, 0 };
    pc->slave.intr = (line_t){ pic_line, &pc->master, 2 };
    pc->apic.intr = (line_t){ to_intr, pc, 0 };
    pc->apic.nmi = (line_t){ to_nmi, pc, 0 };
    pc->apic.pic_acknowledge = from_pic;
    pc->apic.eoi = to_ioapic_eoi;
    pc->apic.ready = to_ioapic_ready;
    pc->apic.owner = pc->ioapic.owner = pc->cpu.pic = pc;
    pc->ioapic.send = to_apic;
    pc->cpu.acknowledge = acknowledge;
    pc->cpu.apic_base_written = apic_base_written;
    pc->pm.sci = (line_t){ piix_isa_irq, &pc->piix, 9 };
    pc->pm.power_off = (line_t){ to_power_off, pc, 0 };
}

/* ---- CF8h: CONFADD as a dword, the reset control register as a byte ---- */

static u32 read_cf8(void *self, u16 reg, width_t w)
{
    pc_t *pc = self;
    return w == W32 ? pci_address_read(&pc->pci) : board_read_cf8(&pc->board, reg);
}
static void write_cf8(void *self, u16 reg, width_t w, u32 value)
{
    pc_t *pc = self;
    if (w == W32)     pci_address_write(&pc->pci, value);
    else if (w == W8) board_write_cf8(&pc->board, reg, value);
}

static bool attach_ports(pc_t *pc)
{
    const port_range_t apm = { "apm", 0x0B2, 2, W8, piix_apm_read, piix_apm_write, &pc->pm, false };
    const port_range_t gpe = { "gpe", 0xAFE0, 4, W8, piix_gpe_read, piix_gpe_write, &pc->pm, false };
    const wide_range_t address = { "pci address", 0xCF8, 4, read_cf8, write_cf8, pc };
    const wide_range_t data = { "pci data", 0xCFC, 4, pci_data_read, pci_data_write, &pc->pci };
    return bus_attach(&pc->bus, &apm) && bus_attach(&pc->bus, &gpe) && bus_attach_wide(&pc->bus, &address) && bus_attach_wide(&pc->bus, &data);
}

/* ---- ROMs as the ISA bus shows them ---- */

static bool make_roms(pc_t *pc)
{
    const pc_config_t *c = &pc->config;
    u32 top = c->bios_bytes < PC_TOP_OF_ROM ? c->bios_bytes : PC_TOP_OF_ROM;
    pc->isa_roms = malloc(I440FX_BYTES);
    pc->vga_rom = c->vgabios && vga_pci_is_rom(c->vgabios, c->vgabios_bytes) ? malloc(VGA_PCI_ROM_BYTES) : NULL;
    if (!pc->isa_roms)
        return false;
    memset(pc->isa_roms, 0xFF, I440FX_BYTES);
    memcpy(pc->isa_roms + I440FX_BYTES - top, pc->rom + c->bios_bytes - top, top);
    if (c->vgabios)
        memcpy(pc->isa_roms, c->vgabios, c->vgabios_bytes);
    if (pc->vga_rom)
        memcpy(pc->vga_rom, pc->isa_roms, VGA_PCI_ROM_BYTES);
    return true;
}

/* ---- life ---- */

/* SDM vol. 3A, 10.4.8 "Local APIC version register"; table 10-1. */
static apic_kind_t apic_kind(cpu_model_t model)
{
    if (model >= CPU_PENTIUM4) return (apic_kind_t){ 0x14, 6, true };
    if (model >= CPU_PENTIUM2) return (apic_kind_t){ 0x11, 5, false };
    return (apic_kind_t){ 0x10, 4, false };
}

bool pc_chipset_init(pc_t *pc)
{
    bool apic = pc->config.cpu >= CPU_PENTIUM;
    pci_init(&pc->pci, pc->config.ram_bytes, PCI_MEMORY_END);
    bool well = make_roms(pc)
             && i440fx_init(&pc->i440fx, &pc->pci, &pc->bus, pc->isa_roms)
             && piix_init(&pc->piix, &pc->pci, SLOT_PIIX)
             && piix_ide_init(&pc->bus_master, &pc->pci, SLOT_IDE, &pc->clock, &pc->bus, &pc->ide[0], &pc->ide[1])
             && piix_pm_init(&pc->pm, &pc->pci, SLOT_PM, &pc->clock, &pc->bus)
             && vga_pci_init(&pc->vga_pci, &pc->pci, SLOT_VGA, &pc->bus, &pc->vga, pc->vga_rom)
             && apic_init(&pc->apic, &pc->clock, &pc->bus, apic, apic_kind(pc->config.cpu))
             && ioapic_init(&pc->ioapic, &pc->bus, apic)
             && attach_ports(pc);
    if (well)
        wire(pc);
    return well;
}

void pc_chipset_reset(pc_t *pc)
{
    pci_reset(&pc->pci);
    piix_reset(&pc->piix);
    piix_ide_reset(&pc->bus_master);
    piix_pm_reset(&pc->pm);
    ioapic_reset(&pc->ioapic);
    apic_reset(&pc->apic);
}

void pc_chipset_walk(pc_t *pc, walker_t *w)
{
    pci_walk(&pc->pci, w);
    piix_walk(&pc->piix, w);
    piix_ide_walk(&pc->bus_master, w);
    piix_pm_walk(&pc->pm, w);
    ioapic_walk(&pc->ioapic, w);
    apic_walk(&pc->apic, w);
}

void pc_chipset_free(pc_t *pc)
{
    free(pc->isa_roms);
    free(pc->vga_rom);
}
