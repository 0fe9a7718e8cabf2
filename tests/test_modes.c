/* test_modes.c - a walk through the processor's modes as a program does it: real mode, protected mode at levels 0 and 3, V86, a
 * second task and back, in every way of running.  SDM vol. 3A, 9.9, 6.12, 7.3, 20.2. */
#include <check.h>
#include "cpu/cpu.h"
#include "cpu/segment.h"
#include "tests/run_all.h"

enum { RAM = 1 << 20, GDT = 0x800, IDT = 0x2000, TSS_A = 0x4000, TSS_B = 0x5000, CODE0 = 0x08, DATA0 = 0x10, CODE3 = 0x1B, DATA3 = 0x23,
       SEL_A = 0x28, SEL_B = 0x30, EXEC_ONLY = 0x38 };

static u8 ram[RAM];
static bus_t bus;
static cpu_t cpu;

static void descriptor(u32 selector, u32 base, u32 limit, u32 access, u32 flags)
{
    u8 *d = ram + GDT + (selector & ~7u);
    put(d, W32, (limit & 0xFFFF) | base << 16);
    put(d + 4, W32, base >> 16 | access << 8 | (limit & 0xF0000) | flags << 20);
}
static void gate(u32 vector, u32 offset, u32 access)
{
    put(ram + IDT + 8 * vector, W32, offset | (u32)CODE0 << 16);
    put(ram + IDT + 8 * vector + 4, W32, access << 8);
}
#define CODE(at, ...) do { static const u8 bytes_[] = { __VA_ARGS__ }; memcpy(ram + (at), bytes_, sizeof bytes_); } while (0)

static void make_program(void)
{
    CODE(0x1000, 0x0F, 0x01, 0x16, 0x00, 0x05,                   /* lgdt [500h] */
                 0x0F, 0x01, 0x1E, 0x08, 0x05,                   /* lidt [508h] */
                 0x0F, 0x20, 0xC0, 0x0C, 0x01, 0x0F, 0x22, 0xC0, /* PE on */
                 0xEA, 0x00, 0x11, 0x08, 0x00);                  /* jmp 8:1100h */
    CODE(0x1100, 0x66, 0xB8, 0x10, 0x00, 0x8E, 0xD8, 0x8E, 0xD0, /* ds = ss = 10h */
                 0xBC, 0x00, 0x90, 0x00, 0x00,                   /* mov esp, 9000h */
                 0x66, 0xB8, 0x28, 0x00, 0x0F, 0x00, 0xD8,       /* ltr 28h */
                 0x6A, 0x23, 0x68, 0x00, 0xB0, 0x00, 0x00,       /* push 23h, B000h, 202h, 1Bh, 1200h */
                 0x68, 0x02, 0x02, 0x00, 0x00, 0x6A, 0x1B, 0x68, 0x00, 0x12, 0x00, 0x00,
                 0xCF);                                          /* iretd: to level 3 */
    CODE(0x1200, 0x90, 0xCD, 0x30, 0x90, 0xF4);                  /* int 30h; hlt: #GP */
    CODE(0x1300, 0x36, 0xFF, 0x05, 0x00, 0x06, 0x00, 0x00, 0xCF);/* int 30h: inc dword ss:[600h]; iretd */
    CODE(0x1400, 0x58, 0x36, 0xA3, 0x08, 0x06, 0x00, 0x00,       /* #GP: pop eax; mov ss:[608h], eax */
                 0x58, 0x36, 0xA3, 0x0C, 0x06, 0x00, 0x00,       /* the faulting EIP */
                 0x6A, 0x00, 0x6A, 0x00, 0x6A, 0x00, 0x6A, 0x00, /* gs fs ds es */
                 0x68, 0x00, 0x03, 0x00, 0x00, 0x68, 0x00, 0x08, 0x00, 0x00,   /* ss:sp 300:800 */
                 0x68, 0x02, 0x30, 0x02, 0x00,                   /* VM, IOPL 3 */
                 0x68, 0x50, 0x01, 0x00, 0x00, 0x6A, 0x00, 0xCF);/* 150:0; iretd: to V86 */
    CODE(0x1500, 0xFB, 0xFA, 0xCD, 0x30, 0xCD, 0x31);            /* sti; cli; int 30h; int 31h */
    CODE(0x1600, 0x9A, 0, 0, 0, 0, SEL_B, 0x00,                  /* int 31h: call the task */
                 0x36, 0xFF, 0x05, 0x14, 0x06, 0x00, 0x00, 0xF4);/* inc dword ss:[614h]; hlt */
    CODE(0x1700, 0x36, 0xC7, 0x05, 0x18, 0x06, 0x00, 0x00, 1, 0, 0, 0, 0xF4);   /* #TS */
    CODE(0x3000, 0x90, 0xFF, 0x05, 0x10, 0x06, 0x00, 0x00, 0xCF, /* the task: inc dword [610h]; iretd */
                 0xEB, 0xF6);                                    /* (called again it goes on here) */
}

static void make_tables(void)
{
    put(ram + 0x500, W16, 0x3F); put(ram + 0x502, W32, GDT);
    put(ram + 0x508, W16, 0x7FF); put(ram + 0x50A, W32, IDT);
    descriptor(CODE0, 0, 0xFFFFF, 0x9A, 0xC); descriptor(DATA0, 0, 0xFFFFF, 0x92, 0xC);
    descriptor(CODE3, 0, 0xFFFFF, 0xFA, 0xC); descriptor(DATA3, 0, 0xFFFFF, 0xF2, 0xC);
    descriptor(SEL_A, TSS_A, 0x67, 0x89, 0);  descriptor(SEL_B, TSS_B, 0x67, 0x89, 0);
    descriptor(EXEC_ONLY, 0, 0xFFFFF, 0x98, 0xC);
    gate(0x30, 0x1300, 0xEE); gate(0x31, 0x1600, 0xEE); gate(13, 0x1400, 0x8E); gate(10, 0x1700, 0x8E);
    put(ram + TSS_A + 4, W32, 0x9800); put(ram + TSS_A + 8, W16, DATA0);
    put(ram + TSS_B + 0x20, W32, 0x3000); put(ram + TSS_B + 0x24, W32, 2); put(ram + TSS_B + 0x38, W32, 0xC000);
    put(ram + TSS_B + 0x48, W16, DATA0); put(ram + TSS_B + 0x4C, W16, CODE0);
    put(ram + TSS_B + 0x50, W16, DATA0); put(ram + TSS_B + 0x54, W16, DATA0);
}

static void power_on(void)
{
    memset(ram, 0, sizeof ram);
    bus_init(&bus, ram, RAM);
    ck_assert(cpu_init(&cpu, MODEL_PENTIUM4, &bus));
    make_program();
    make_tables();
    segment_set_real(&cpu, CS, 0);
    cpu.eip = 0x1000;
    cpu_mode_changed(&cpu);
}
static void power_off(void) { cpu_free(&cpu); }

/* The ways of running: cached blocks fast and plain, one instruction a block, single deadlines. */
typedef struct { bool l1, no_cache; u64 step; } way_t;
static const way_t ways[] = { { true, false, 1000 }, { false, false, 1000 }, { false, true, 1000 }, { true, false, 1 }, { false, true, 1 } };

static cpu_stop_t run(const way_t *way)
{
    cpu_stop_t stop = CPU_DEADLINE;
    cpu.l1 = cpu.l1 && way->l1;
    cpu.no_cache = way->no_cache;
    while (stop == CPU_DEADLINE && cpu_instructions(&cpu) < 1000)
        stop = cpu_run(&cpu, cpu_instructions(&cpu) + way->step);
    return stop;
}

START_TEST(a_program_visits_every_mode)
{
    ck_assert_int_eq(run(&ways[_i]), CPU_HALTED);
    ck_assert_uint_eq(get(ram + 0x600, W32), 2);                 /* INT 30h from level 3 and from V86 */
    ck_assert_uint_eq(get(ram + 0x608, W32), 0);                 /* HLT at level 3: #GP(0) ... */
    ck_assert_uint_eq(get(ram + 0x60C, W32), 0x1204);            /* ... at its own EIP */
    ck_assert_uint_eq(get(ram + 0x610, W32), 1);                 /* the other task */
    ck_assert_uint_eq(get(ram + 0x614, W32), 1);                 /* and back */
    ck_assert_uint_eq(cpu.eip, 0x160F);
    ck_assert_uint_eq(cpu.seg[TR].selector, SEL_A);
    ck_assert_uint_eq(get(ram + TSS_B + 0x20, W32), 0x3008);
    /* 6 in real mode, 13 at level 0, 2 + (2) at level 3 and its INT, 13 of the #GP handler, 4 + (2) in V86, 3 + 3 */
    ck_assert_uint_eq((u32)cpu_instructions(&cpu), 6 + 13 + 3 + 2 + 13 + 4 + 2 + 3 + 3);
}
END_TEST

START_TEST(a_fault_in_the_new_task_is_the_new_tasks)
{
    put(ram + TSS_B + 0x54, W16, EXEC_ONLY);                     /* DS */
    ck_assert_int_eq(run(&ways[_i]), CPU_HALTED);
    ck_assert_uint_eq(get(ram + 0x618, W32), 1);
    ck_assert_uint_eq(get(ram + 0x610, W32), 0);
    ck_assert_uint_eq(cpu.seg[TR].selector, SEL_B);
    ck_assert_uint_eq(cpu.r[ESP], 0xC000 - 16);
    ck_assert_uint_eq(get(ram + 0xC000 - 16, W32), EXEC_ONLY);
    ck_assert_uint_eq(get(ram + 0xC000 - 12, W32), 0x3000);
    ck_assert_uint_eq((u32)cpu_instructions(&cpu), 6 + 13 + 3 + 2 + 13 + 4 + 2 + 1 + 2);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("modes");
    tcase_add_checked_fixture(tc, power_on, power_off);
    tcase_add_loop_test(tc, a_program_visits_every_mode, 0, COUNT_OF(ways));
    tcase_add_loop_test(tc, a_fault_in_the_new_task_is_the_new_tasks, 0, COUNT_OF(ways));
    Suite *s = suite_create("modes");
    suite_add_tcase(s, tc);
    return run_all(s);
}
