/* protected_machine.h - a processor with descriptor tables in memory, for the tests of protection: they call its decisions directly. */
#pragma once
#include <check.h>
#include "cpu/access.h"
#include "cpu/breakpoint.h"
#include "cpu/descriptor.h"
#include "cpu/eflags.h"
#include "cpu/far.h"
#include "cpu/interrupt.h"
#include "cpu/model.h"
#include "cpu/segment.h"
#include "cpu/system.h"
#include "cpu/task.h"
#include "tests/run_all.h"

enum { RAM = 1 << 20, GDT = 0x1000, IDT = 0x2000, LDT = 0x3000, TSS_A = 0x4000, TSS_B = 0x5000, TSS_16 = 0x6000,
       STACK0 = 0x9000, STACK1 = 0xA000, STACK3 = 0xB000, STACK_B = 0xC000 };
enum { CODE0 = 0x08, DATA0 = 0x10, CODE3 = 0x1B, DATA3 = 0x23, CONFORMING0 = 0x28, SEL_A = 0x30, SEL_B = 0x38, GATE32 = 0x40, SEL_LDT = 0x48,
       TASK_GATE = 0x50, ABSENT = 0x58, CODE0_16 = 0x60, DOWN = 0x68, SEL_16 = 0x70, READ_ONLY = 0x78, EXEC_ONLY = 0x80, GATE16 = 0x88,
       STACK0_16 = 0x90, CODE1 = 0x99, DATA1 = 0xA1, GATE_INNER = 0xA8, GATE_ABSENT = 0xB0, SHORT_TSS = 0xB8, VARIABLE = 0xC0, SMALL = 0xC8,
       GDT_LIMIT = 0xCF };

#define UNUSED __attribute__((unused))

static u8 ram[RAM];
static bus_t bus;
static cpu_t cpu;

UNUSED static void set_descriptor(u32 table, u32 selector, u32 base, u32 limit, u32 access, u32 flags)
{
    u8 *d = ram + table + (selector & ~7u);
    put(d, W32, (limit & 0xFFFF) | base << 16);
    put(d + 4, W32, (base >> 16 & 0xFF) | access << 8 | (limit & 0xF0000) | flags << 20 | (base & 0xFF000000));
}
UNUSED static void set_gate(u32 table, u32 at, u32 selector, u32 offset, u32 access, u32 count)
{
    put(ram + table + (at & ~7u), W32, (offset & 0xFFFF) | selector << 16);
    put(ram + table + (at & ~7u) + 4, W32, count | access << 8 | (offset & 0xFFFF0000));
}

UNUSED static void make_tables(void)
{
    static const struct { u16 selector; u32 base, limit; u8 access, flags; } rows[] = {
        { CODE0, 0, 0xFFFFF, 0x9A, 0xC }, { DATA0, 0, 0xFFFFF, 0x92, 0xC }, { CODE3, 0, 0xFFFFF, 0xFA, 0xC }, { DATA3, 0, 0xFFFFF, 0xF2, 0xC },
        { CONFORMING0, 0, 0xFFFFF, 0x9E, 0xC }, { SEL_A, TSS_A, 0x1FF, 0x89, 0 }, { SEL_B, TSS_B, 0x67, 0x89, 0 },
        { SEL_LDT, LDT, 0x1F, 0x82, 0 }, { ABSENT, 0, 0xFFFF, 0x12, 0 }, { CODE0_16, 0x10000, 0xFFFF, 0x9A, 0 }, { DOWN, 0, 0x0FFF, 0x96, 0 },
        { SEL_16, TSS_16, 0x2B, 0x81, 0 }, { READ_ONLY, 0, 0xFFFF, 0x90, 0 }, { EXEC_ONLY, 0, 0xFFFF, 0x98, 4 }, { STACK0_16, 0, 0xFFFF, 0x92, 0 },
        { CODE1, 0, 0xFFFFF, 0xBA, 0xC }, { DATA1, 0, 0xFFFFF, 0xB2, 0xC }, { SHORT_TSS, TSS_B, 0x66, 0x89, 0 }, { SMALL, 0, 0x00FF, 0x9A, 4 },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        set_descriptor(GDT, rows[i].selector, rows[i].base, rows[i].limit, rows[i].access, rows[i].flags);
    set_gate(GDT, GATE32, CODE0, 0x00123456, 0xEC, 2);
    set_gate(GDT, GATE16, CODE0_16, 0xFFFF4321, 0xE4, 0);
    set_gate(GDT, TASK_GATE, SEL_B, 0, 0xE5, 0);
    set_gate(GDT, GATE_INNER, CODE0, 0x1000, 0x8C, 0);
    set_gate(GDT, GATE_ABSENT, CODE0, 0x1000, 0x6C, 0);
}

UNUSED static void power_on(void)
{
    memset(ram, 0, sizeof ram);
    bus_init(&bus, ram, RAM);
    ck_assert(cpu_init(&cpu, MODEL_PENTIUM4, &bus));
    cpu_reset(&cpu);
    make_tables();
    cpu.gdtr.base = GDT; cpu.gdtr.limit = GDT_LIMIT;
    cpu.idtr.base = IDT; cpu.idtr.limit = 0x7FF;
    put(ram + TSS_A + 4, W32, STACK0); put(ram + TSS_A + 8, W16, DATA0);
    put(ram + TSS_A + 12, W32, STACK1); put(ram + TSS_A + 16, W16, DATA1);
    put(ram + TSS_A + 0x66, W16, 0x88);
    lacking_quiet(true);
}
UNUSED static void power_off(void) { cpu_free(&cpu); }

UNUSED static void put_segment(int seg, u16 selector)
{
    descriptor_t d;
    ck_assert(descriptor_fetch(&cpu, selector, &d));
    cpu.seg[seg] = descriptor_segment(&d, selector);
}

/* Protected mode at a privilege level, flat segments, task A. */
UNUSED static void protect(u8 cpl)
{
    static const u16 code[] = { CODE0, CODE1, 0, CODE3 }, data[] = { DATA0, DATA1, 0, DATA3 };
    static const u32 stacks[] = { STACK0, STACK1, 0, STACK3 };
    cpu.cr0 |= CR0_PE;
    cpu.cpl = cpl;
    put_segment(CS, code[cpl]);
    for (int seg = ES; seg < N_SEGMENTS; seg++)
        if (seg != CS) put_segment(seg, data[cpl]);
    ram[GDT + SEL_A + 5] |= 2;
    put_segment(TR, SEL_A);
    cpu.r[ESP] = stacks[cpl];
    cpu.eip = 0x7777;
    cpu_mode_changed(&cpu);
}

UNUSED static void v86(u32 level)
{
    protect(3);
    cpu_set_eflags(&cpu, FLAG_VM | FLAG_IF | level << 12 | FLAG_1);
    for (int seg = 0; seg < N_SEGMENTS; seg++)
        segment_set_real(&cpu, seg, (u16)(0x100 * seg + 0x100));
    cpu.r[ESP] = 0x800;
    cpu_mode_changed(&cpu);
}

/* The vector of the exception, or -1. */
#define FAULT_OF(what) (setjmp(cpu.on_fault) == 0 ? ((what), -1) : (int)cpu.fault.vector)
#define FAULTS(what, v, c) do { int v_ = FAULT_OF(what); ck_assert_int_eq(v_, v); ck_assert_uint_eq(cpu.fault.code, (u32)(c)); } while (0)
#define WORKS(what) do { int v_ = FAULT_OF(what); ck_assert_int_eq(v_, -1); } while (0)

UNUSED static u32 on_stack(u32 n) { return get(ram + cpu.seg[SS].base + (cpu.r[ESP] & cpu.stack_mask) + 4 * n, W32); }
UNUSED static u32 word_on_stack(u32 n) { return get(ram + cpu.seg[SS].base + (cpu.r[ESP] & cpu.stack_mask) + 2 * n, W16); }
UNUSED static void set_stack(u32 n, u32 v) { put(ram + cpu.seg[SS].base + (cpu.r[ESP] & cpu.stack_mask) + 4 * n, W32, v); }

/* The first megabyte mapped to itself for everybody. */
UNUSED static void paging(void)
{
    put(ram + 0x20000, W32, 0x21007);
    for (u32 page = 0; page < RAM / PAGE_BYTES; page++)
        put(ram + 0x21000 + 4 * page, W32, page << 12 | 7);
    cpu.cr3 = 0x20000;
    cpu.cr0 |= CR0_PG | CR0_WP;
    cpu_flush_tlb(&cpu, true);
}

/* main() of such a test: each row of `tests` is run on a fresh machine. */
#define RUN_TESTS(name, ...) \
    int main(void) \
    { \
        const TTest *const tests[] = { __VA_ARGS__ }; \
        return run_tests(name, tests, COUNT_OF(tests)); \
    }
UNUSED static int run_tests(const char *name, const TTest *const *tests, size_t n)
{
    TCase *tc = tcase_create(name);
    tcase_add_checked_fixture(tc, power_on, power_off);
    for (size_t i = 0; i < n; i++)
        tcase_add_test(tc, tests[i]);
    Suite *s = suite_create(name);
    suite_add_tcase(s, tc);
    return run_all(s);
}
