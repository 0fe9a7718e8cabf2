/* test_device_runs.c - string instructions that move many elements at once, to and from devices, do what moving one after the other does: a machine that is watched,
 * and so takes each access the long way, beside one that is not. */
#include <check.h>
#include <stdlib.h>
#include "devices/disk.h"
#include "devices/pc_inside.h"
#include "tests/run_all.h"

enum { ROM_BYTES = 0x10000, RAM_BYTES = 1 << 20, PLACE = 0x30000, SECTORS = 2048 };
static u8 rom[ROM_BYTES], disk_bytes[SECTORS * 512];
static u32 seed;

static u32 bits(void) { seed = seed * 1664525 + 1013904223; return seed >> 8; }
static u32 below(u32 n) { return bits() % n; }

static void before(observer_t *self, cpu_t *cpu, u32 eip, unsigned length) { (void)self; (void)cpu; (void)eip; (void)length; }
static void memory(observer_t *self, cpu_t *cpu, u32 linear, width_t w, u32 value, bool write)
{
    (void)self; (void)cpu; (void)linear; (void)w; (void)value; (void)write;
}
static observer_t observer = { .before = before, .memory = memory };

static pc_t *machine(bool watched)
{
    static const u8 jump[] = { 0xEA, 0x00, 0x00, 0x00, 0xF0 };
    char why[200];
    memset(rom, 0xF4, sizeof rom);
    memcpy(rom + 0xFFF0, jump, sizeof jump);
    pc_config_t config = { .ram_bytes = RAM_BYTES, .cpu = CPU_PENTIUM3, .ips = 100000000, .bios = rom, .bios_bytes = ROM_BYTES };
    config.disk[0] = disk_from_memory("a disk", disk_bytes, sizeof disk_bytes, sizeof disk_bytes);
    pc_t *pc = pc_new(&config, why, sizeof why);
    ck_assert_msg(pc != NULL, "%s", why);
    pc_run(pc, UINT64_MAX, 1);
    if (watched) cpu_observe(pc_cpu(pc), &observer);
    return pc;
}

static void end(pc_t *pc)
{
    disk_t *disk = pc->config.disk[0];
    cpu_observe(pc_cpu(pc), NULL);
    pc_free(pc);
    disk_close(disk);
}

/* What is to be executed, with these registers: in RAM, then HLT. */
typedef struct { u8 code[4]; u32 bytes, ecx, esi, edi, eax, edx, ds, es, n; bool backward; } case_t;

static void execute(pc_t *pc, const case_t *c)
{
    cpu_t *cpu = pc_cpu(pc);
    memcpy(pc->ram + 0x1000, c->code, c->bytes);
    cpu_memory_written(cpu, 0x1000, c->bytes);
    cpu->r[ECX] = c->ecx; cpu->r[ESI] = c->esi; cpu->r[EDI] = c->edi; cpu->r[EAX] = c->eax; cpu->r[EDX] = c->edx;
    cpu->seg[DS].base = c->ds;
    cpu->seg[ES].base = c->es;
    cpu->seg[CS].base = 0;
    cpu->eip = 0x1000;
    cpu->halted = false;
    cpu->eflags = (cpu->eflags & ~(u32)FLAG_DF) | (c->backward ? FLAG_DF : 0);
    cpu_mode_changed(cpu);
    pc_run(pc, UINT64_MAX, c->n);
}

static void compare(pc_t *a, pc_t *b, unsigned n)
{
    const cpu_t *ca = pc_cpu(a), *cb = pc_cpu(b);
    ck_assert_msg(memcmp(ca->r, cb->r, sizeof ca->r) == 0 && ca->eip == cb->eip, "case %u: registers", n);
    ck_assert_msg(cpu_instructions(ca) == cpu_instructions(cb) && pc_now(a) == pc_now(b), "case %u: time", n);
    ck_assert_msg(memcmp(a->ram, b->ram, RAM_BYTES) == 0, "case %u: memory", n);
    ck_assert_msg(a->vga.latch == b->vga.latch && memcmp(a->vga.vram, b->vga.vram, 1 << 19) == 0, "case %u: video memory", n);
    ck_assert_msg(a->bus.accesses == b->bus.accesses, "case %u: accesses", n);
}

/* ---- the VGA's window: any of its ways to memory ---- */

static void set(pc_t *pc, u32 reg, u32 index, u32 value)
{
    vga_write(&pc->vga, (u16)reg, index);
    vga_write(&pc->vga, (u16)(reg + 1), value);
}

static void random_mode(pc_t *a, pc_t *b)
{
    static const u8 ways[][3] = { { 0x0E, 0x40, 5 }, { 0x06, 0, 5 }, { 0x06, 1, 5 }, { 0x06, 2, 5 }, { 0x06, 3, 5 }, { 0x02, 0x10, 14 }, { 0x06, 8, 1 } };
    const u8 *way = ways[below(COUNT_OF(ways))];
    u32 mask = below(3) ? 15 : below(16), function = below(3) ? 0 : below(32), select = below(4) ? 0 : below(16), bit_mask = below(2) ? 0xFF : below(256), any = below(16);
    for (unsigned i = 0; i < 2; i++) {
        pc_t *pc = i ? b : a;
        vga_write(&pc->vga, 0x12, 0x63);
        set(pc, 0x14, 2, mask); set(pc, 0x14, 4, way[0]);
        set(pc, 0x1E, 0, any); set(pc, 0x1E, 1, select); set(pc, 0x1E, 3, function); set(pc, 0x1E, 4, any); set(pc, 0x1E, 5, way[1]); set(pc, 0x1E, 6, way[2]);
        set(pc, 0x1E, 8, bit_mask);
    }
}

START_TEST(strings_to_and_from_the_vga_s_window)
{
    static const u8 operations[] = { 0xA4, 0xA5, 0xAA, 0xAB };
    pc_t *a = machine(false), *b = machine(true);
    seed = 3;
    for (u32 i = PLACE; i < PLACE + 0x20000; i++) a->ram[i] = b->ram[i] = (u8)bits();
    for (unsigned n = 0; n < 3000; n++) {
        if (n % 4 == 0) random_mode(a, b);
        u8 op = operations[below(4)];
        bool wide = op & 1 && below(2);
        const case_t c = { .code = { wide ? 0x66 : 0x90, 0xF3, op, 0xF4 }, .bytes = 4, .ecx = below(9) ? below(300) : below(9000), .esi = below(0x10000), .edi = below(0x10000),
                     .eax = bits() << 8 | below(256), .ds = below(2) ? 0xA0000 : PLACE, .es = below(4) ? 0xA0000 : PLACE, .n = below(3) ? 20000 : 1 + below(300),
                     .backward = below(8) == 0 };
        execute(a, &c);
        execute(b, &c);
        compare(a, b, n);
    }
    end(a);
    end(b);
}
END_TEST

/* ---- a disk's data register ---- */

static void command(pc_t *pc, u32 sector, u32 count, u8 opcode)
{
    bus_out(&pc->bus, 0x1F6, W8, 0xE0);
    bus_out(&pc->bus, 0x1F2, W8, count);
    bus_out(&pc->bus, 0x1F3, W8, sector & 0xFF);
    bus_out(&pc->bus, 0x1F4, W8, sector >> 8);
    bus_out(&pc->bus, 0x1F5, W8, 0);
    bus_out(&pc->bus, 0x1F7, W8, opcode);
}

START_TEST(strings_to_and_from_a_disk_s_data_register)
{
    seed = 5;
    for (u32 i = 0; i < sizeof disk_bytes; i++) disk_bytes[i] = (u8)bits();
    pc_t *a = machine(false), *b = machine(true);
    for (unsigned n = 0; n < 300; n++) {
        bool in = below(2), wide = below(3) == 0;
        u32 sector = below(SECTORS - 8), count = 1 + below(4), unit = wide ? 128 : 256;
        command(a, sector, count, in ? 0x20 : 0x30);
        command(b, sector, count, in ? 0x20 : 0x30);
        for (u32 left = count * unit + below(3) * 4, pieces = 0; left && pieces < 40; pieces++) {
            u32 words = below(3) ? unit : 1 + below(unit);
            if (words > left) words = left;
            left -= words;
            const case_t wait = { .code = { 0xEB, 0xFE }, .bytes = 2, .n = 200000 };       /* 2 ms: the next sector comes */
            const case_t c = { .code = { wide ? 0x66 : 0x90, 0xF3, in ? 0x6D : 0x6F, 0xF4 }, .bytes = 4, .ecx = words, .esi = below(0x10000), .edi = below(0x10000),
                               .edx = 0x1F0, .ds = PLACE, .es = PLACE, .n = below(3) ? 1000 : 1 + below(200) };
            execute(a, &wait); execute(b, &wait);
            execute(a, &c);    execute(b, &c);
            compare(a, b, n);
            const ata_t *da = &a->ide[0].drive[0], *db = &b->ide[0].drive[0];
            ck_assert_msg(da->at == db->at && da->phase == db->phase && da->status == db->status && memcmp(da->buffer, db->buffer, sizeof da->buffer) == 0, "case %u: the drive", n);
        }
        bus_out(&a->bus, 0x3F6, W8, 4); bus_out(&b->bus, 0x3F6, W8, 4);                    /* give up what is left: SRST */
        bus_out(&a->bus, 0x3F6, W8, 2); bus_out(&b->bus, 0x3F6, W8, 2);
        const case_t rest = { .code = { 0xEB, 0xFE }, .bytes = 2, .n = 1000000 };
        execute(a, &rest); execute(b, &rest);
    }
    end(a);
    end(b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("device_runs");
    TCase *tc = tcase_create("core");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, strings_to_and_from_the_vga_s_window);
    tcase_add_test(tc, strings_to_and_from_a_disk_s_data_register);
    suite_add_tcase(suite, tc);
    return run_all(suite);
}
