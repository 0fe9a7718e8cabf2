/* test_chipset.c - facts about the chipset in its place, in whole machines: what the PCI bus holds, shadow RAM, soft off, the
 * power button, interrupts by the APICs in a running guest, a bus master beside it; and that random use of all of it is harmless and repeatable. */
#include <check.h>
#include <stdlib.h>
#include "bios/bios_rom.h"
#include "cpu/cpu.h"
#include "devices/pc.h"
#include "mem/bus.h"
#include "tests/chip_check.h"

enum { RAM = 4 << 20 };

/* A guest: protected mode, flat; vector 40h counts at 500h and writes EOI; the local APIC's timer periodic, 10000 x 10 ns; after
 * 20 interrupts out 501h, al (debug exit).
 *   start: cli; lgdtl %cs:gdtr; movl %cr0,%eax; orb $1,%al; movl %eax,%cr0; ljmpl $8,$flat
 *   flat:  movw $16,%ax; movw %ax,%ds; movw %ax,%ss; movl $0x9000,%esp
 *          movl $0x00080085,0x1200; movl $0x000F8E00,0x1204; lidt idtr      (gate 40h: handler)
 *          movl $0x1FF,SVR; movl $0x10000,LVT_LINT0; movl $0xB,DIVIDE; movl $0x20040,LVT_TIMER; movl $10000,INITIAL; sti
 *   1:     hlt; cmpl $20,0x500; jb 1b; cli; movw $0x501,%dx; outb %al,%dx; jmp .
 *   handler: incl 0x500; movl $0,EOI; iret                                   then GDT, gdtr, idtr */
static const u8 guest[] = {
    0xfa, 0x2e, 0x66, 0x0f, 0x01, 0x16, 0xb0, 0x00, 0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0, 0x66, 0xea, 0x18, 0x00, 0x0f, 0x00, 0x08, 0x00,
    0x66, 0xb8, 0x10, 0x00, 0x8e, 0xd8, 0x8e, 0xd0, 0xbc, 0x00, 0x90, 0x00, 0x00, 0xc7, 0x05, 0x00, 0x12, 0x00, 0x00, 0x85, 0x00, 0x08, 0x00, 0xc7,
    0x05, 0x04, 0x12, 0x00, 0x00, 0x00, 0x8e, 0x0f, 0x00, 0x0f, 0x01, 0x1d, 0xb6, 0x00, 0x0f, 0x00, 0xc7, 0x05, 0xf0, 0x00, 0xe0, 0xfe, 0xff, 0x01,
    0x00, 0x00, 0xc7, 0x05, 0x50, 0x03, 0xe0, 0xfe, 0x00, 0x00, 0x01, 0x00, 0xc7, 0x05, 0xe0, 0x03, 0xe0, 0xfe, 0x0b, 0x00, 0x00, 0x00, 0xc7, 0x05,
    0x20, 0x03, 0xe0, 0xfe, 0x40, 0x00, 0x02, 0x00, 0xc7, 0x05, 0x80, 0x03, 0xe0, 0xfe, 0x10, 0x27, 0x00, 0x00, 0xfb, 0xf4, 0x83, 0x3d, 0x00, 0x05,
    0x00, 0x00, 0x14, 0x72, 0xf6, 0xfa, 0x66, 0xba, 0x01, 0x05, 0xee, 0xeb, 0xfe, 0xff, 0x05, 0x00, 0x05, 0x00, 0x00, 0xc7, 0x05, 0xb0, 0x00, 0xe0,
    0xfe, 0x00, 0x00, 0x00, 0x00, 0xcf, 0x66, 0x90, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0x00, 0x00, 0x00, 0x9b, 0xcf, 0x00,
    0xff, 0xff, 0x00, 0x00, 0x00, 0x93, 0xcf, 0x00, 0x17, 0x00, 0x98, 0x00, 0x0f, 0x00, 0xff, 0x07, 0x00, 0x10, 0x00, 0x00,
};
static const u8 reset_vector[] = { 0xEA, 0x00, 0x00, 0x00, 0xF0 };              /* jmp F000:0000 */
static u8 rom[0x10000];

typedef struct { pc_t *pc; disk_t *disk; } machine_t;

static machine_t power_on(cpu_model_t model, engine_t engine, bool own_rom)
{
    char why[200];
    lacking_quiet(true);
    memcpy(rom, guest, sizeof guest);
    memcpy(rom + 0xFFF0, reset_vector, sizeof reset_vector);
    machine_t m = { .disk = disk_from_memory("disk", "", 0, 4 << 20) };
    pc_config_t config = { .ram_bytes = RAM, .cpu = model, .engine = engine, .ips = 20000000, .bios = own_rom ? rom : bios_rom,
                           .bios_bytes = own_rom ? sizeof rom : (u32)bios_rom_bytes, .disk = { m.disk }, .debug_exit = true, .debug_exit_port = 0x501 };
    m.pc = pc_new(&config, why, sizeof why);
    ck_assert_msg(m.pc != NULL, "%s", why);
    return m;
}
static void power_off(machine_t *m) { pc_free(m->pc); disk_close(m->disk); }

static u32  in(machine_t m, u16 port, width_t w)          { return bus_in(pc_bus(m.pc), port, w); }
static void out(machine_t m, u16 port, width_t w, u32 v)  { bus_out(pc_bus(m.pc), port, w, v); }
static u32  config(machine_t m, u32 devfn, u32 at)        { out(m, 0xCF8, W32, 0x80000000u | devfn << 8 | at); return in(m, 0xCFC, W32); }
static void configure(machine_t m, u32 devfn, u32 at, u32 v) { out(m, 0xCF8, W32, 0x80000000u | devfn << 8 | at); out(m, 0xCFC, W32, v); }
static void start(machine_t m) { pc_run(m.pc, UINT64_MAX, 1); }

START_TEST(the_bus_holds_what_the_schematic_says)
{
    static const struct { u32 devfn, id, class_code; } facts[] = {
        { 0x00, 0x12378086, 0x0600 }, { 0x08, 0x70008086, 0x0601 }, { 0x09, 0x71118086, 0x0101 }, { 0x0B, 0x71138086, 0x0680 }, { 0x10, 0x11111234, 0x0300 },
    };
    machine_t m = power_on(CPU_PENTIUM4, ENGINE_L0, false);
    unsigned found = 0;
    for (u32 devfn = 0; devfn < 256; devfn++) found += config(m, devfn, 0) != 0xFFFFFFFF;
    ck_assert_uint_eq(found, COUNT_OF(facts));
    for (unsigned i = 0; i < COUNT_OF(facts); i++) {
        ck_assert_uint_eq(config(m, facts[i].devfn, 0), facts[i].id);
        ck_assert_uint_eq(config(m, facts[i].devfn, 8) >> 16, facts[i].class_code);
    }
    ck_assert_uint_eq(config(m, 0x08, 0x0C) >> 16 & 0x80, 0x80);                /* several functions */
    power_off(&m);
}
END_TEST

START_TEST(cf9_resets_and_cf8_does_not)
{
    machine_t m = power_on(CPU_PENTIUM4, ENGINE_L0, false);
    start(m);
    out(m, 0xCF8, W32, 0x80000600);
    ck_assert_int_eq(pc_run(m.pc, UINT64_MAX, 1), STOP_NONE);
    out(m, 0xCF9, W8, 6);
    ck_assert_int_eq(pc_run(m.pc, UINT64_MAX, 1), STOP_RESET);
    power_off(&m);
}
END_TEST

START_TEST(rom_at_power_on_and_ram_when_unlocked)
{
    machine_t m = power_on(CPU_PENTIUM4, ENGINE_L0, true);
    bus_t *bus = pc_bus(m.pc);
    ck_assert_uint_eq(config(m, 0, 0x58), 0);
    ck_assert_uint_eq(bus_load(bus, 0xFFFF0, W8), 0xEA);
    ck_assert_uint_eq(bus_load(bus, 0xFFFFFFF0, W8), 0xEA);
    ck_assert_uint_eq(bus_load(bus, 0xD0000, W32), 0xFFFFFFFF);                 /* nobody is there */
    configure(m, 0, 0x58, 0x00002000);                                          /* F0000: reads ROM, writes RAM */
    bus_store(bus, 0xF1000, W8, 0x77);
    ck_assert_uint_eq(bus_load(bus, 0xF1000, W8), 0);
    configure(m, 0, 0x58, 0x00001000);
    ck_assert_uint_eq(bus_load(bus, 0xF1000, W8), 0x77);
    ck_assert_uint_eq(bus_load(bus, 0xFFFFFFF0, W8), 0xEA);
    pc_reset(m.pc);
    ck_assert_uint_eq(bus_load(bus, 0xFFFF0, W8), 0xEA);
    power_off(&m);
}
END_TEST

START_TEST(the_frame_buffer_moves)
{
    machine_t m = power_on(CPU_PENTIUM4, ENGINE_L0, false);
    bus_store(pc_bus(m.pc), 0xE0001000, W32, 0x12345678);
    configure(m, 0x10, 0x10, 0xC0000000);
    ck_assert_uint_eq(bus_load(pc_bus(m.pc), 0xC0001000, W32), 0x12345678);
    ck_assert_uint_eq(bus_load(pc_bus(m.pc), 0xE0001000, W32), 0xFFFFFFFF);
    configure(m, 0x10, 0x04, 0);
    ck_assert_uint_eq(bus_load(pc_bus(m.pc), 0xC0001000, W32), 0xFFFFFFFF);
    configure(m, 0x10, 0x10, 0);                                                /* over RAM: not decoded */
    configure(m, 0x10, 0x04, 2);
    bus_store(pc_bus(m.pc), 0x1000, W32, 77);
    ck_assert_uint_eq(bus_load(pc_bus(m.pc), 0x1000, W32), 77);
    power_off(&m);
}
END_TEST

START_TEST(soft_off_powers_off)
{
    machine_t m = power_on(CPU_PENTIUM4, ENGINE_L0, false);
    start(m);
    configure(m, 0x0B, 0x40, 0x600);
    configure(m, 0x0B, 0x80, 1);
    out(m, 0x604, W16, 0x2000);
    ck_assert_int_eq(pc_run(m.pc, UINT64_MAX, 10), STOP_POWER_OFF);
    power_off(&m);
}
END_TEST

START_TEST(the_power_button_raises_irq_9)
{
    machine_t m = power_on(CPU_PENTIUM4, ENGINE_L0, false);
    configure(m, 0x0B, 0x40, 0x600);
    configure(m, 0x0B, 0x80, 1);
    out(m, 0xB2, W8, 0xF1);
    out(m, 0x602, W16, 0x100);
    out(m, 0xA0, W8, 0x0A);                                                     /* OCW3: read IRR */
    ck_assert_uint_eq(in(m, 0xA0, W8) & 2, 0);
    pc_post(m.pc, &(input_t){ .kind = INPUT_POWER_BUTTON });
    start(m);
    ck_assert_uint_eq(in(m, 0x600, W16) & 0x100, 0x100);
    out(m, 0xA0, W8, 0x0A);
    ck_assert_uint_eq(in(m, 0xA0, W8) & 2, 2);
    power_off(&m);
}
END_TEST

START_TEST(a_guest_runs_on_the_apic_s_timer)
{
    static const cpu_model_t models[] = { CPU_PENTIUM, CPU_PENTIUM2, CPU_PENTIUM3, CPU_PENTIUM4 };
    u64 hash[2];
    for (unsigned i = 0; i < COUNT_OF(models) * 2; i++) {
        machine_t m = power_on(models[i / 2], i % 2 && cpu_has_l1() ? ENGINE_L1 : ENGINE_L0, true);
        ck_assert_int_eq(pc_run(m.pc, 1000000000, UINT64_MAX), STOP_DEBUG_EXIT);
        ck_assert_uint_eq(bus_load(pc_bus(m.pc), 0x500, W32), 20);
        ck_assert_uint_ge(pc_now(m.pc), 20 * 100000);
        ck_assert_uint_le(pc_now(m.pc), 20 * 100000 + 10000);
        hash[i % 2] = pc_hash(m.pc);
        power_off(&m);
        if (i % 2) ck_assert(hash[0] == hash[1]);
    }
}
END_TEST

START_TEST(older_processors_have_no_apic)
{
    machine_t m = power_on(CPU_486, ENGINE_L0, true);
    ck_assert_uint_eq(bus_load(pc_bus(m.pc), 0xFEE00030, W32), 0xFFFFFFFF);
    ck_assert_uint_eq(bus_load(pc_bus(m.pc), 0xFEC00000, W32), 0xFFFFFFFF);
    power_off(&m);
    m = power_on(CPU_PENTIUM, ENGINE_L0, true);
    ck_assert_uint_eq(bus_load(pc_bus(m.pc), 0xFEE00030, W32), 0x00030010);
    ck_assert_uint_eq(bus_load(pc_bus(m.pc), 0xFEC00000, W32), 0);
    power_off(&m);
}
END_TEST

/* A write by bus master while the firmware runs. */
START_TEST(a_disk_is_written_by_dma)
{
    machine_t m = power_on(CPU_PENTIUM4, ENGINE_L0, false);
    u8 sector[512], back[512];
    for (unsigned i = 0; i < 512; i++) sector[i] = (u8)(i ^ 0x5A);
    pc_run(m.pc, UINT64_MAX, 2000000);
    configure(m, 0x09, 0x20, 0xC000);
    configure(m, 0x09, 0x04, 5);
    const u8 table[8] = { 0x00, 0x00, 0x20, 0x00, 0x00, 0x02, 0x00, 0x80 };     /* 200000h, 512 bytes, the last */
    dma_write(pc_bus(m.pc), 0x200000, sector, 512);
    dma_write(pc_bus(m.pc), 0x210000, table, 8);
    out(m, 0xC004, W32, 0x210000);
    out(m, 0x1F6, W8, 0xE0);
    out(m, 0x1F2, W8, 1); out(m, 0x1F3, W8, 42); out(m, 0x1F4, W8, 0); out(m, 0x1F5, W8, 0);
    out(m, 0x1F7, W8, 0xCA);
    out(m, 0xC000, W8, 1);
    pc_run(m.pc, pc_now(m.pc) + 10000000, UINT64_MAX);
    ck_assert_uint_eq(in(m, 0xC002, W8), 4);
    ck_assert(disk_read(m.disk, 42 * 512, back, 512));
    ck_assert_mem_eq(back, sector, 512);
    power_off(&m);
}
END_TEST

/* ---- random use ---- */

static void poke_config(machine_t m, dice_t *d)
{
    static const u8 functions[] = { 0x00, 0x08, 0x09, 0x0B, 0x10 };
    static const u32 values[] = { 0xC001, 0xE0000008, 0x601, 5, 7, 0xFFFFFFFF, 0, 0x33333333, 0x11112222, 0xFEBF0001, 0xF0000000 };
    u32 v = throw_dice(d, 3) ? values[throw_dice(d, COUNT_OF(values))] : throw_dice(d, UINT32_MAX);
    out(m, 0xCF8, W32, 0x80000000u | (u32)functions[throw_dice(d, 5)] << 8 | throw_dice(d, 0x100));
    out(m, (u16)(0xCFC + throw_dice(d, 4)), (width_t)(8 << throw_dice(d, 3)), v);
    (void)in(m, (u16)(0xCFC + throw_dice(d, 4)), (width_t)(8 << throw_dice(d, 3)));
}

static void poke_anything(machine_t m, dice_t *d)
{
    static const u16 ports[] = { 0x600, 0xC000, 0xB2, 0x1F0, 0x20, 0xA0, 0x4D0, 0xCF8 };
    static const u32 places[] = { 0xFEE00000, 0xFEC00000, 0xE0000000, 0xC0000, 0xF0000, 0x210000 };
    u16 port = (u16)(ports[throw_dice(d, COUNT_OF(ports))] + throw_dice(d, 16));
    u32 place = places[throw_dice(d, COUNT_OF(places))] + (throw_dice(d, 0x40) << 4), v = throw_dice(d, 2) ? throw_dice(d, 256) : throw_dice(d, UINT32_MAX);
    width_t w = (width_t)(8 << throw_dice(d, 3));
    if (port == 0xCF9) port = 0xCFC;                                            /* a reset begins everything anew */
    switch (throw_dice(d, 6)) {
    case 0: poke_config(m, d); break;
    case 1: (void)in(m, port, w); break;
    case 2: out(m, port, w, v); break;
    case 3: (void)bus_load(pc_bus(m.pc), place, w); break;
    case 4: bus_store(pc_bus(m.pc), place, w, v); break;
    case 5: if (pc_run(m.pc, pc_now(m.pc) + throw_dice(d, 300000), 1 + throw_dice(d, 60)) != STOP_NONE && !throw_dice(d, 8)) pc_reset(m.pc); break;
    }
}

START_TEST(random_use_is_harmless_and_repeatable)
{
    enum { STEPS = 40000, SAVE_AT = STEPS / 2 };
    cpu_model_t model = (cpu_model_t)(CPU_486 + _i % 6);
    machine_t a = power_on(model, ENGINE_L0, false), b = power_on(model, cpu_has_l1() ? ENGINE_L1 : ENGINE_L0, false), c = power_on(model, ENGINE_L0, false);
    dice_t da = { 100 + (u64)_i }, db = da, dc;
    blob_t blob = { 0 };
    for (unsigned i = 0; i < STEPS; i++) {
        if (i == SAVE_AT) {
            walker_t w = walk_saver(&blob);
            pc_walk(a.pc, &w);
            w = walk_loader(&blob);
            pc_walk(c.pc, &w);
            ck_assert_msg(!w.failed, "%s", w.why);
            ck_assert(pc_hash(c.pc) == pc_hash(a.pc));
            u8 *sectors = malloc(4 << 20);
            ck_assert(sectors && disk_read(a.disk, 0, sectors, 4 << 20) && disk_write(c.disk, 0, sectors, 4 << 20));
            free(sectors);
            dc = da;
        }
        poke_anything(a, &da);
        poke_anything(b, &db);
        if (i >= SAVE_AT) poke_anything(c, &dc);
        if (i % 2000 == 1999 && i >= SAVE_AT) ck_assert_msg(pc_hash(c.pc) == pc_hash(a.pc), "the loaded one differs at step %u", i);
        if (i % 2000 == 1999) ck_assert_msg(pc_hash(a.pc) == pc_hash(b.pc), "the twin differs at step %u", i);
    }
    blob_free(&blob);
    power_off(&a), power_off(&b), power_off(&c);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("chipset");
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, the_bus_holds_what_the_schematic_says);
    tcase_add_test(tc, cf9_resets_and_cf8_does_not);
    tcase_add_test(tc, rom_at_power_on_and_ram_when_unlocked);
    tcase_add_test(tc, the_frame_buffer_moves);
    tcase_add_test(tc, soft_off_powers_off);
    tcase_add_test(tc, the_power_button_raises_irq_9);
    tcase_add_test(tc, a_guest_runs_on_the_apic_s_timer);
    tcase_add_test(tc, older_processors_have_no_apic);
    tcase_add_test(tc, a_disk_is_written_by_dma);
    tcase_add_loop_test(tc, random_use_is_harmless_and_repeatable, 0, 6);
    return run_suite("chipset", tc);
}
