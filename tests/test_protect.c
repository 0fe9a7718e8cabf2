/* test_protect.c - segments, gates, interrupts, tasks, system registers: the privilege decisions of SDM vol. 3A, chapters 5-7 and
 * 20, called directly, with tables in memory.  Each row of facts names its section. */
#include <check.h>
#include <stdlib.h>
#include "cpu/access.h"
#include "cpu/descriptor.h"
#include "cpu/eflags.h"
#include "cpu/far.h"
#include "cpu/interrupt.h"
#include "cpu/model.h"
#include "cpu/segment.h"
#include "cpu/system.h"
#include "cpu/task.h"

enum { RAM = 1 << 20, GDT = 0x1000, IDT = 0x2000, LDT = 0x3000, TSS_A = 0x4000, TSS_B = 0x5000, TSS_16 = 0x6000,
       STACK0 = 0x9000, STACK1 = 0xA000, STACK3 = 0xB000, STACK_B = 0xC000 };
enum { CODE0 = 0x08, DATA0 = 0x10, CODE3 = 0x1B, DATA3 = 0x23, CONFORMING0 = 0x28, SEL_A = 0x30, SEL_B = 0x38, GATE32 = 0x40, SEL_LDT = 0x48,
       TASK_GATE = 0x50, ABSENT = 0x58, CODE0_16 = 0x60, DOWN = 0x68, SEL_16 = 0x70, READ_ONLY = 0x78, EXEC_ONLY = 0x80, GATE16 = 0x88,
       STACK0_16 = 0x90, CODE1 = 0x99, DATA1 = 0xA1, GATE_INNER = 0xA8, GATE_ABSENT = 0xB0, SHORT_TSS = 0xB8, VARIABLE = 0xC0, SMALL = 0xC8,
       GDT_LIMIT = 0xCF };

static u8 ram[RAM];
static bus_t bus;
static cpu_t cpu;

/* ---- the machine of these tests ---- */

static void set_descriptor(u32 table, u32 selector, u32 base, u32 limit, u32 access, u32 flags)
{
    u8 *d = ram + table + (selector & ~7u);
    put(d, W32, (limit & 0xFFFF) | base << 16);
    put(d + 4, W32, (base >> 16 & 0xFF) | access << 8 | (limit & 0xF0000) | flags << 20 | (base & 0xFF000000));
}
static void set_gate(u32 table, u32 at, u32 selector, u32 offset, u32 access, u32 count)
{
    put(ram + table + (at & ~7u), W32, (offset & 0xFFFF) | selector << 16);
    put(ram + table + (at & ~7u) + 4, W32, count | access << 8 | (offset & 0xFFFF0000));
}

static void make_tables(void)
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

static void power_on(void)
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
static void power_off(void) { cpu_free(&cpu); }

static void put_segment(int seg, u16 selector)
{
    descriptor_t d;
    ck_assert(descriptor_fetch(&cpu, selector, &d));
    cpu.seg[seg] = descriptor_segment(&d, selector);
}

/* Protected mode at a privilege level, flat segments, task A. */
static void protect(u8 cpl)
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

static void v86(u32 level)
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

static u32 on_stack(u32 n) { return get(ram + cpu.seg[SS].base + (cpu.r[ESP] & cpu.stack_mask) + 4 * n, W32); }
static u32 word_on_stack(u32 n) { return get(ram + cpu.seg[SS].base + (cpu.r[ESP] & cpu.stack_mask) + 2 * n, W16); }
static void set_stack(u32 n, u32 v) { put(ram + cpu.seg[SS].base + (cpu.r[ESP] & cpu.stack_mask) + 4 * n, W32, v); }

/* ---- segment registers ---- */

START_TEST(real_mode_loads_set_the_base_and_keep_the_limit)                     /* vol. 3A, 20.1.1, and "unreal mode" */
{
    protect(0);
    load_segment(&cpu, DS, DATA0);
    write_control(&cpu, 0, cpu.cr0 & ~(u32)CR0_PE);
    ck_assert_int_eq(cpu.cpl, 0);
    WORKS(load_segment(&cpu, DS, 0x1234));
    ck_assert_uint_eq(cpu.seg[DS].base, 0x12340);
    ck_assert_uint_eq(cpu.seg[DS].limit, 0xFFFFFFFF);
    ck_assert(cpu.seg[DS].write_span == 0xFFFFFFFF);
}
END_TEST

START_TEST(leaving_protected_mode_makes_every_segment_usable)                   /* vol. 3A, 9.9.2: limits and bases stay */
{
    protect(0);
    load_segment(&cpu, FS, 0); load_segment(&cpu, GS, READ_ONLY);
    write_control(&cpu, 0, cpu.cr0 & ~(u32)CR0_PE);
    WORKS(load(&cpu, FS, 0x100, W8));
    WORKS(store(&cpu, GS, 0xFFFF, W8, 1));
    FAULTS(store(&cpu, GS, 0x10000, W8, 1), GP, 0);
}
END_TEST

START_TEST(v86_loads_make_64_kib_segments)                                      /* vol. 3A, 20.2.1 */
{
    v86(3);
    cpu.seg[DS].limit = 5;
    WORKS(load_segment(&cpu, DS, 0xFFFF));
    ck_assert_uint_eq(cpu.seg[DS].base, 0xFFFF0);
    ck_assert_uint_eq(cpu.seg[DS].limit, 0xFFFF);
    ck_assert_uint_eq(seg_dpl(&cpu.seg[DS]), 3);
}
END_TEST

START_TEST(null_selectors_load_but_cannot_be_used)                              /* vol. 3A, 3.4.2 */
{
    protect(0);
    WORKS(load_segment(&cpu, DS, 3));
    ck_assert_uint_eq(cpu.seg[DS].selector, 3);
    FAULTS(load(&cpu, DS, 0, W8), GP, 0);
    FAULTS(load_segment(&cpu, SS, 0), GP, 0);
    FAULTS(load_segment(&cpu, SS, 3), GP, 0);
}
END_TEST

START_TEST(selectors_outside_the_table_fault_with_their_number)                 /* vol. 3A, 5.3 */
{
    protect(0);
    FAULTS(load_segment(&cpu, DS, GDT_LIMIT + 1), GP, (GDT_LIMIT + 1));
    FAULTS(load_segment(&cpu, DS, 0x0C), GP, 0x0C);              /* LDT not loaded */
    FAULTS(load_segment(&cpu, DS, ABSENT), NP, ABSENT);
    cpu.gdtr.limit = DATA0 + 6;                                  /* the last byte is missing */
    FAULTS(load_segment(&cpu, DS, DATA0), GP, DATA0);
}
END_TEST

START_TEST(loading_sets_the_accessed_bit)                                       /* vol. 3A, 3.4.5.1 */
{
    protect(0);
    ram[GDT + DATA0 + 5] = 0x92;
    WORKS(load_segment(&cpu, ES, DATA0));
    ck_assert_uint_eq(ram[GDT + DATA0 + 5], 0x93);
}
END_TEST

START_TEST(expand_down_segments_begin_above_the_limit)                          /* vol. 3A, 5.3 */
{
    protect(0);
    put(ram + 0x1000, W16, 0xBEEF);
    WORKS(load_segment(&cpu, DS, DOWN));
    FAULTS(load(&cpu, DS, 0x0FFF, W8), GP, 0);
    WORKS(load(&cpu, DS, 0x1000, W8));
    WORKS(load(&cpu, DS, 0xFFFE, W16));
    FAULTS(load(&cpu, DS, 0xFFFF, W16), GP, 0);
    FAULTS(load(&cpu, DS, 0x10000, W8), GP, 0);
}
END_TEST

/* A second opinion: the rules as sentences of vol. 3A, 5.5-5.8, in another form than segment.c and far.c have them. */
typedef struct { u32 type, dpl, rpl, cpl; bool s, p; } case_t;
static bool second_data(const case_t *c, int *v)
{
    static const char usable[] = "DDDDDDDD--RR--CC";              /* data; readable code; conforming readable code */
    char kind = c->s ? usable[c->type] : '-';
    bool seen = kind == 'C' || (kind != '-' && c->cpl <= c->dpl && c->rpl <= c->dpl);
    *v = !seen ? GP : c->p ? -1 : NP;
    return *v < 0;
}
static bool second_stack(const case_t *c, int *v)
{
    bool good = c->s && (c->type == 2 || c->type == 3 || c->type == 6 || c->type == 7) && c->dpl == c->cpl && c->rpl == c->cpl;
    *v = !good ? GP : c->p ? -1 : SS_FAULT;
    return *v < 0;
}
static bool second_jump(const case_t *c, int *v)
{
    bool plain = c->type >= 8 && c->type < 12 && c->dpl == c->cpl && c->rpl <= c->cpl;
    bool conforming = c->type >= 12 && c->dpl <= c->cpl;
    *v = !(c->s && (plain || conforming)) ? GP : c->p ? -1 : NP;
    return *v < 0;
}
static bool second_return(const case_t *c, int *v)
{
    bool plain = c->type >= 8 && c->type < 12 && c->dpl == c->rpl;
    bool conforming = c->type >= 12 && c->dpl <= c->rpl;
    *v = !(c->s && c->rpl >= c->cpl && (plain || conforming)) ? GP : c->p ? -1 : NP;
    return *v < 0;
}

static void return_to(u16 selector)
{
    set_stack(0, 0x100); set_stack(1, selector); set_stack(2, 0x8000);
    set_stack(3, rpl_of(selector) == 3 ? DATA3 : rpl_of(selector) == 1 ? DATA1 : DATA0);
    far_return(&cpu, W32, 0);
}
static int attempt(u32 what, u16 selector)
{
    if (setjmp(cpu.on_fault))
        return cpu.fault.vector;
    switch (what) {
    case 0:  load_segment(&cpu, ES, selector); break;
    case 1:  load_segment(&cpu, SS, selector); break;
    case 2:  far_jump(&cpu, selector, 0x100, W32); break;
    default: return_to(selector); break;
    }
    return -1;
}

START_TEST(every_access_byte_at_every_privilege_is_judged_as_the_manual_says)
{
    static bool (*const second[])(const case_t *, int *) = { second_data, second_stack, second_jump, second_return };
    static const u8 levels[] = { 0, 1, 3 };
    unsigned wrong = 0, n = 0;
    for (unsigned i = 0; i < 3 * 4 * 256 * 4; i++) {
        u32 cpl = levels[i % 3], rpl = i / 3 % 4, access = i / 12 % 256, what = i / 12 / 256;
        case_t c = { access & 15, access >> 5 & 3, rpl, cpl, access & 16, access & 128 };
        bool gates = !c.s && what == 2 && (c.type == 1 || c.type == 3 || c.type == 9 || c.type == 11 || c.type == 4 || c.type == 5 || c.type == 12);
        bool no_stack = what == 3 && rpl == 2;                   /* these tables have no level 2 */
        if (gates || no_stack)
            continue;
        protect((u8)cpl);
        set_descriptor(GDT, VARIABLE, 0, 0xFFFFF, access, 0xC);
        int expected;
        second[what](&c, &expected);
        int got = attempt(what, (u16)(VARIABLE | rpl));
        bool code_right = got < 0 || cpu.fault.code == VARIABLE;
        wrong += got != expected || !code_right;
        n++;
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(n, 10848);
}
END_TEST

START_TEST(lar_lsl_verr_verw_answer_without_faulting)                           /* vol. 2, LAR, LSL, VERR */
{
    u32 v = 0;
    protect(3);
    ck_assert(access_rights(&cpu, DATA3, &v));
    ck_assert_uint_eq(v & 0x00F0FF00, 0x00C0F200);
    ck_assert(!access_rights(&cpu, DATA0, &v));                  /* DPL 0 seen from level 3 */
    ck_assert(access_rights(&cpu, CONFORMING0, &v));
    ck_assert(access_rights(&cpu, GATE32, &v));                  /* LAR knows gates, LSL does not */
    ck_assert(!segment_limit(&cpu, GATE32, &v));
    ck_assert(!access_rights(&cpu, 0, &v));
    ck_assert(segment_limit(&cpu, DATA3, &v));
    ck_assert_uint_eq(v, 0xFFFFFFFF);
    ck_assert(may_read(&cpu, DATA3) && may_write(&cpu, DATA3));
    ck_assert(may_read(&cpu, CODE3) && !may_write(&cpu, CODE3));
    protect(0);
    ck_assert(segment_limit(&cpu, SEL_A, &v));
    ck_assert_uint_eq(v, 0x1FF);
    ck_assert(!may_read(&cpu, EXEC_ONLY) && !may_write(&cpu, READ_ONLY) && may_read(&cpu, READ_ONLY));
    cpu.cr0 &= ~(u32)CR0_PE;
    ck_assert_int_eq(FAULT_OF(access_rights(&cpu, DATA0, &v)), UD);
}
END_TEST

/* ---- far transfers ---- */

START_TEST(a_real_mode_far_call_pushes_cs_and_ip)                               /* vol. 2, CALL */
{
    segment_set_real(&cpu, SS, 0x100); segment_set_real(&cpu, CS, 0x50);
    cpu.r[ESP] = 0xABCD0002;
    WORKS(far_call(&cpu, 0x1234, 0x5678, W16, 0x1111));
    ck_assert_uint_eq(cpu.r[ESP], 0xABCDFFFE);                   /* only SP, and it wraps */
    ck_assert_uint_eq(get(ram + 0x1000, W16), 0x50);
    ck_assert_uint_eq(get(ram + 0x1000 + 0xFFFE, W16), 0x1111);
    ck_assert_uint_eq(cpu.seg[CS].base, 0x12340);
    ck_assert_uint_eq(cpu.eip, 0x5678);
    FAULTS(far_jump(&cpu, 0x1000, 0x10000, W32), GP, 0);         /* IP beyond the limit */
    cpu.r[ESP] = 1;
    ck_assert_int_eq(FAULT_OF(far_call(&cpu, 0, 0, W16, 0)), SS_FAULT);
    ck_assert_uint_eq(cpu.r[ESP], 1);
}
END_TEST

START_TEST(a_call_gate_switches_stacks_and_copies_parameters)                   /* vol. 3A, 5.8.5 */
{
    protect(3);
    set_stack(0, 0xAAAA); set_stack(1, 0xBBBB);
    WORKS(far_call(&cpu, GATE32 | 3, 0xDEAD, W32, 0x4444));
    ck_assert_uint_eq(cpu.cpl, 0);
    ck_assert_uint_eq(cpu.seg[CS].selector, CODE0);
    ck_assert_uint_eq(cpu.eip, 0x00123456);
    ck_assert_uint_eq(cpu.seg[SS].selector, DATA0);
    ck_assert_uint_eq(cpu.r[ESP], STACK0 - 24);
    static const u32 expected[] = { 0x4444, CODE3, 0xAAAA, 0xBBBB, STACK3, DATA3 };
    for (u32 i = 0; i < COUNT_OF(expected); i++)
        ck_assert_uint_eq(on_stack(i), expected[i]);

    WORKS(far_return(&cpu, W32, 8));                             /* and back, releasing the parameters on both stacks */
    ck_assert_uint_eq(cpu.cpl, 3);
    ck_assert_uint_eq(cpu.eip, 0x4444);
    ck_assert_uint_eq(cpu.r[ESP], STACK3 + 8);
    ck_assert_uint_eq(cpu.seg[SS].selector, DATA3);
}
END_TEST

START_TEST(a_16_bit_gate_pushes_words_and_takes_16_bits_of_offset)              /* vol. 3A, 5.8.3, 21.4 */
{
    protect(3);
    WORKS(far_call(&cpu, GATE16 | 3, 0, W32, 0x12344444));
    ck_assert_uint_eq(cpu.eip, 0x4321);
    ck_assert_uint_eq(cpu.r[ESP], STACK0 - 8);
    ck_assert_uint_eq(word_on_stack(0), 0x4444);
    ck_assert_uint_eq(word_on_stack(1), CODE3);
    ck_assert_uint_eq(word_on_stack(2), STACK3 & 0xFFFF);
    ck_assert_uint_eq(word_on_stack(3), DATA3);
}
END_TEST

START_TEST(gates_refuse_those_who_may_not_use_them)                             /* vol. 3A, 5.8.4 */
{
    protect(3);
    FAULTS(far_call(&cpu, GATE_INNER | 3, 0, W32, 0), GP, GATE_INNER);
    FAULTS(far_call(&cpu, GATE_ABSENT | 3, 0, W32, 0), NP, GATE_ABSENT);
    FAULTS(far_jump(&cpu, GATE32 | 3, 0, W32), GP, CODE0);       /* JMP cannot change the level */
    put(ram + TSS_A + 8, W16, 0);
    FAULTS(far_call(&cpu, GATE32 | 3, 0, W32, 0), TS, 0);
    put(ram + TSS_A + 8, W16, DATA3);
    FAULTS(far_call(&cpu, GATE32 | 3, 0, W32, 0), TS, DATA3 & ~3);
    put(ram + TSS_A + 8, W16, DATA0 | 1);                        /* RPL, then type, then presence of the inner SS */
    FAULTS(far_call(&cpu, GATE32 | 3, 0, W32, 0), TS, DATA0);
    put(ram + TSS_A + 8, W16, READ_ONLY);
    FAULTS(far_call(&cpu, GATE32 | 3, 0, W32, 0), TS, READ_ONLY);
    set_descriptor(GDT, VARIABLE, 0, 0xFFFF, 0x12, 0);
    put(ram + TSS_A + 8, W16, VARIABLE);
    FAULTS(far_call(&cpu, GATE32 | 3, 0, W32, 0), SS_FAULT, VARIABLE);
    put(ram + TSS_A + 8, W16, DATA0); put(ram + TSS_A + 4, W32, 8);
    put_segment(TR, SEL_A);
    set_descriptor(GDT, DATA0, 0, 0xFFF, 0x92, 4);               /* no room: offsets below 0 */
    FAULTS(far_call(&cpu, GATE32 | 3, 0, W32, 0), SS_FAULT, DATA0);
    cpu.seg[TR].limit = 8;
    FAULTS(far_call(&cpu, GATE32 | 3, 0, W32, 0), TS, SEL_A);
    ck_assert_uint_eq(cpu.cpl, 3);
    ck_assert_uint_eq(cpu.r[ESP], STACK3);
}
END_TEST

START_TEST(conforming_code_keeps_the_callers_level)                             /* vol. 3A, 5.8.1.2 */
{
    protect(3);
    WORKS(far_call(&cpu, CONFORMING0, 0x500, W32, 0x600));
    ck_assert_uint_eq(cpu.cpl, 3);
    ck_assert_uint_eq(cpu.seg[CS].selector, CONFORMING0 | 3);
    FAULTS(far_jump(&cpu, CODE0, 0, W32), GP, CODE0);
}
END_TEST

START_TEST(eip_must_lie_in_the_new_segment)                                     /* vol. 2, JMP */
{
    protect(0);
    WORKS(far_jump(&cpu, SMALL, 0xFF, W32));
    protect(0);
    FAULTS(far_jump(&cpu, SMALL, 0x100, W32), GP, 0);
    ck_assert_uint_eq(cpu.seg[CS].selector, CODE0);
}
END_TEST

START_TEST(returning_outward_hides_inner_segments)                              /* vol. 3A, 5.8.6 */
{
    protect(0);
    put_segment(FS, DATA3); put_segment(GS, CONFORMING0);
    set_stack(0, 0x100); set_stack(1, CODE3); set_stack(2, 0x8000); set_stack(3, DATA3);
    WORKS(far_return(&cpu, W32, 0));
    ck_assert_uint_eq(cpu.seg[DS].selector, 0);
    ck_assert(cpu.seg[DS].read_span == -1);
    ck_assert_uint_eq(cpu.seg[FS].selector, DATA3);
    ck_assert_uint_eq(cpu.seg[GS].selector, CONFORMING0);
    ck_assert_uint_eq(cpu.r[ESP], 0x8000);
}
END_TEST

START_TEST(a_return_that_faults_changes_nothing)
{
    protect(0);
    set_stack(0, 0x100); set_stack(1, CODE3); set_stack(2, 0x8000); set_stack(3, DATA0);
    FAULTS(far_return(&cpu, W32, 0), GP, DATA0);
    set_stack(3, 0);
    FAULTS(far_return(&cpu, W32, 0), GP, 0);
    set_stack(1, 0);
    FAULTS(far_return(&cpu, W32, 0), GP, 0);
    ck_assert_uint_eq(cpu.r[ESP], STACK0);
    ck_assert_uint_eq(cpu.cpl, 0);
    ck_assert_uint_eq(cpu.eip, 0x7777);
}
END_TEST

/* ---- interrupts ---- */

START_TEST(real_mode_interrupts_use_the_table_at_idtr)                          /* vol. 3A, 20.1.4 */
{
    cpu.idtr.base = 0; cpu.idtr.limit = 0x3FF;
    put(ram + 4 * 0x21, W16, 0x1234); put(ram + 4 * 0x21 + 2, W16, 0xF000);
    segment_set_real(&cpu, SS, 0x100); segment_set_real(&cpu, CS, 0x50);
    cpu.r[ESP] = 0x100;
    cpu_set_eflags(&cpu, FLAG_1 | FLAG_IF | FLAG_TF | FLAG_CF | FLAG_NT);
    WORKS(interrupt(&cpu, 0x21, INT_SOFTWARE, 0x777, false, 0));
    ck_assert_uint_eq(word_on_stack(0), 0x777);
    ck_assert_uint_eq(word_on_stack(1), 0x50);
    ck_assert_uint_eq(word_on_stack(2), FLAG_1 | FLAG_IF | FLAG_TF | FLAG_CF | FLAG_NT);
    ck_assert_uint_eq(cpu_eflags(&cpu), FLAG_1 | FLAG_CF | FLAG_NT);
    ck_assert_uint_eq(cpu.seg[CS].base, 0xF0000);
    WORKS(interrupt_return(&cpu, W16));
    ck_assert_uint_eq(cpu.eip, 0x777);
    ck_assert_uint_eq(cpu_eflags(&cpu), FLAG_1 | FLAG_IF | FLAG_TF | FLAG_CF | FLAG_NT);
    cpu.idtr.limit = 4 * 0x21 + 2;
    ck_assert_int_eq(FAULT_OF(interrupt(&cpu, 0x21, INT_SOFTWARE, 0, false, 0)), GP);
}
END_TEST

START_TEST(a_fault_from_level_3_arrives_on_the_inner_stack)                     /* vol. 3A, 6.12.1, figure 6-4 */
{
    protect(3);
    set_gate(IDT, 8 * 13, CODE0, 0x2000, 0x8E, 0);
    cpu_set_eflags(&cpu, FLAG_1 | FLAG_IF | FLAG_TF | FLAG_NT | FLAG_ZF);
    WORKS(interrupt(&cpu, GP, INT_EXCEPTION, 0x555, true, 0x48));
    static const u32 expected[] = { 0x48, 0x555, CODE3, FLAG_1 | FLAG_IF | FLAG_TF | FLAG_NT | FLAG_ZF | FLAG_RF, STACK3, DATA3 };
    for (u32 i = 0; i < COUNT_OF(expected); i++)
        ck_assert_uint_eq(on_stack(i), expected[i]);
    ck_assert_uint_eq(cpu_eflags(&cpu), FLAG_1 | FLAG_ZF);
    ck_assert_uint_eq(cpu.cpl, 0);
    cpu.r[ESP] += 4;
    WORKS(interrupt_return(&cpu, W32));
    ck_assert_uint_eq(cpu.cpl, 3);
    ck_assert_uint_eq(cpu.r[ESP], STACK3);
    ck_assert_uint_eq(cpu_eflags(&cpu), expected[3]);
}
END_TEST

static u32 pushed_rf(u8 vector, int_source_t source)
{
    protect(0);
    set_gate(IDT, 8u * vector, CODE0, 0x2000, 0x8E, 0);
    cpu_set_eflags(&cpu, FLAG_1);
    interrupt(&cpu, vector, source, 0x10, false, 0);
    return on_stack(2) & FLAG_RF;
}

START_TEST(only_faults_push_the_resume_flag)                                    /* vol. 3B, 17.3.1.1 */
{
    static const u8 faults[] = { DE, BR, UD, NM, TS, NP, SS_FAULT, GP, PF_FAULT, MF, AC, XM }, others[] = { DB, BP, OF_TRAP, DF, MC };
    for (unsigned i = 0; i < COUNT_OF(faults); i++)
        ck_assert_uint_eq(pushed_rf(faults[i], INT_EXCEPTION), FLAG_RF);
    for (unsigned i = 0; i < COUNT_OF(others); i++)
        ck_assert_uint_eq(pushed_rf(others[i], INT_EXCEPTION), 0);
    ck_assert_uint_eq(pushed_rf(GP, INT_SOFTWARE), 0);
    ck_assert_uint_eq(pushed_rf(0x40, INT_HARDWARE), 0);
}
END_TEST

/* The first megabyte mapped to itself for everybody. */
static void paging(void)
{
    put(ram + 0x20000, W32, 0x21007);
    for (u32 page = 0; page < RAM / PAGE_BYTES; page++)
        put(ram + 0x21000 + 4 * page, W32, page << 12 | 7);
    cpu.cr3 = 0x20000;
    cpu.cr0 |= CR0_PG | CR0_WP;
    cpu_flush_tlb(&cpu, true);
}

START_TEST(a_page_fault_on_the_inner_stack_leaves_everything_as_it_was)         /* vol. 3A, 6.12.1: checks before pushes */
{
    protect(3);
    paging();
    set_gate(IDT, 8 * 0x30, CODE0, 0x2000, 0xEE, 0);
    put(ram + TSS_A + 4, W32, STACK0 + 8);                       /* two pushes fit, three lie in a page that is not there */
    put(ram + 0x21000 + 4 * (STACK0 / PAGE_BYTES - 1), W32, 0);
    FAULTS(interrupt(&cpu, 0x30, INT_SOFTWARE, 0x10, false, 0), PF_FAULT, PF_WRITE);
    ck_assert_uint_eq(cpu.cr2, STACK0 - 4);
    ck_assert_uint_eq(get(ram + STACK0, W32), 0);
    ck_assert_uint_eq(get(ram + STACK0 + 4, W32), 0);
    ck_assert_uint_eq(cpu.r[ESP], STACK3);
    ck_assert_uint_eq(cpu.cpl, 3);
    ck_assert_uint_eq(cpu.seg[SS].selector, DATA3);
}
END_TEST

START_TEST(tables_are_read_as_supervisor_from_every_level)                      /* vol. 3A, 4.6.1 */
{
    protect(3);
    paging();
    for (u32 page = GDT / PAGE_BYTES; page <= TSS_A / PAGE_BYTES; page++)
        put(ram + 0x21000 + 4 * page, W32, page << 12 | 3);      /* GDT, IDT, LDT, TSS: supervisor pages */
    set_gate(IDT, 8 * 0x30, CODE0, 0x2000, 0xEE, 0);
    WORKS(load_segment(&cpu, ES, DATA3));
    FAULTS(load(&cpu, ES, GDT, W32), PF_FAULT, PF_PRESENT | PF_USER);
    WORKS(interrupt(&cpu, 0x30, INT_SOFTWARE, 0x10, false, 0));
    ck_assert_uint_eq(cpu.cpl, 0);
}
END_TEST

START_TEST(software_interrupts_obey_the_gates_dpl)                              /* vol. 3A, 6.12.1.1 */
{
    protect(3);
    set_gate(IDT, 8 * 0x30, CODE0, 0x2000, 0x8E, 0);
    set_gate(IDT, 8 * 0x31, CODE0, 0x2000, 0x6F, 0);
    FAULTS(interrupt(&cpu, 0x30, INT_SOFTWARE, 0, false, 0), GP, 0x30 * 8 + 2);
    FAULTS(interrupt(&cpu, 0x31, INT_SOFTWARE, 0, false, 0), NP, 0x31 * 8 + 2);
    FAULTS(interrupt(&cpu, 0x32, INT_HARDWARE, 0, false, 0), GP, 0x32 * 8 + 3);   /* no gate; EXT */
    WORKS(interrupt(&cpu, 0x30, INT_HARDWARE, 0, false, 0));
}
END_TEST

START_TEST(trap_gates_leave_if_alone)                                           /* vol. 3A, 6.12.1.3 */
{
    protect(0);
    set_gate(IDT, 8 * 0x30, CODE0, 0x2000, 0x8F, 0);
    cpu_set_eflags(&cpu, FLAG_1 | FLAG_IF);
    WORKS(interrupt(&cpu, 0x30, INT_SOFTWARE, 0x10, false, 0));
    ck_assert_uint_eq(cpu_eflags(&cpu), FLAG_1 | FLAG_IF);
    ck_assert_uint_eq(cpu.r[ESP], STACK0 - 12);                  /* same level: no SS, ESP */
    ck_assert_uint_eq(on_stack(2), FLAG_1 | FLAG_IF);            /* no RF: not a fault */
}
END_TEST

START_TEST(v86_interrupts_save_all_segments_and_iret_restores_them)             /* vol. 3A, 20.3.1.1 */
{
    v86(3);
    set_gate(IDT, 8 * 0x30, CODE0, 0x2000, 0xEE, 0);
    WORKS(interrupt(&cpu, 0x30, INT_SOFTWARE, 0x44, false, 0));
    static const u32 expected[] = { 0x44, 0x200, FLAG_VM | FLAG_IF | FLAG_IOPL | FLAG_1, 0x800, 0x300, 0x100, 0x400, 0x500, 0x600 };
    for (u32 i = 0; i < COUNT_OF(expected); i++)                 /* EIP CS EFLAGS ESP SS ES DS FS GS */
        ck_assert_uint_eq(on_stack(i), expected[i]);
    ck_assert(!is_v86(&cpu));
    ck_assert_uint_eq(cpu.seg[DS].selector, 0);
    WORKS(interrupt_return(&cpu, W32));
    ck_assert(is_v86(&cpu));
    ck_assert_uint_eq(cpu.cpl, 3);
    ck_assert_uint_eq(cpu.seg[GS].base, 0x6000);
    ck_assert_uint_eq(cpu.r[ESP], 0x800);
    ck_assert_uint_eq(cpu_eflags(&cpu), expected[2]);
}
END_TEST

START_TEST(v86_with_low_iopl_traps_sensitive_instructions)                      /* vol. 3A, 20.2.7 */
{
    v86(0);
    set_gate(IDT, 8 * 3, CODE0, 0x2000, 0xEE, 0);
    FAULTS(interrupt(&cpu, 0x21, INT_SOFTWARE, 0, false, 0), GP, 0);
    FAULTS(PUSHF_value(&cpu, W16), GP, 0);
    FAULTS(POPF_value(&cpu, W16, 0), GP, 0);
    FAULTS(interrupt_return(&cpu, W16), GP, 0);
    FAULTS(flags_cli(&cpu), GP, 0);
    FAULTS(flags_sti(&cpu), GP, 0);
    WORKS(interrupt(&cpu, 3, INT_IMPLIED, 0, false, 0));         /* INT3 is not IOPL-sensitive */
    ck_assert_uint_eq(cpu.cpl, 0);
}
END_TEST

START_TEST(v86_handlers_must_run_at_level_0)                                    /* vol. 2, INT n */
{
    v86(3);
    set_gate(IDT, 8 * 0x30, CONFORMING0, 0x2000, 0xEE, 0);
    FAULTS(interrupt(&cpu, 0x30, INT_SOFTWARE, 0, false, 0), GP, CONFORMING0);
    set_gate(IDT, 8 * 0x30, CODE1, 0x2000, 0xEE, 0);
    FAULTS(interrupt(&cpu, 0x30, INT_SOFTWARE, 0, false, 0), GP, CODE1 & ~3);
}
END_TEST

START_TEST(vme_keeps_interrupts_in_the_8086_program)                            /* vol. 3A, 20.3.3 */
{
    v86(0);
    cpu.cr4 |= CR4_VME;
    put(ram + 4 * 0x21, W16, 0x1234); put(ram + 4 * 0x21 + 2, W16, 0x777);
    ram[TSS_A + 0x88 - 32 + 0x22 / 8] = 1 << (0x22 & 7);         /* INT 22h goes to the monitor */
    ck_assert(flags_sti(&cpu) == false);
    ck_assert(cpu.eflags & FLAG_VIF);
    WORKS(interrupt(&cpu, 0x21, INT_SOFTWARE, 0x99, false, 0));
    ck_assert(is_v86(&cpu));
    ck_assert_uint_eq(cpu.seg[CS].selector, 0x777);
    ck_assert_uint_eq(word_on_stack(0), 0x99);
    ck_assert_uint_eq(word_on_stack(2), FLAG_1 | FLAG_IF | FLAG_IOPL);
    ck_assert(!(cpu.eflags & FLAG_VIF));
    WORKS(interrupt_return(&cpu, W16));
    ck_assert(cpu.eflags & FLAG_VIF && iopl(&cpu) == 0);
    FAULTS(interrupt(&cpu, 0x22, INT_SOFTWARE, 0, false, 0), GP, 0);
    cpu.eflags |= FLAG_VIP;
    FAULTS(flags_sti(&cpu), GP, 0);
    FAULTS(POPF_value(&cpu, W16, FLAG_IF), GP, 0);
    FAULTS(POPF_value(&cpu, W32, 0), GP, 0);
}
END_TEST

START_TEST(exceptions_combine_as_table_6_5_says)
{
    static const struct { u8 first, second; combine_t what; } rows[] = {
        { DB, GP, DELIVER_SECOND }, { UD, PF_FAULT, DELIVER_SECOND }, { 32, GP, DELIVER_SECOND },
        { GP, UD, DELIVER_SECOND }, { GP, NP, DELIVER_DOUBLE }, { DE, TS, DELIVER_DOUBLE }, { GP, PF_FAULT, DELIVER_SECOND },
        { PF_FAULT, GP, DELIVER_DOUBLE }, { PF_FAULT, PF_FAULT, DELIVER_DOUBLE }, { PF_FAULT, DB, DELIVER_SECOND },
        { DF, GP, DELIVER_SHUTDOWN }, { DF, PF_FAULT, DELIVER_SHUTDOWN },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        cpu.delivering = rows[i].first == DF ? 2 : 1;
        cpu.delivering_vector = rows[i].first;
        ck_assert_int_eq(combine_faults(&cpu, rows[i].second), rows[i].what);
    }
    cpu.delivering = 0;
    ck_assert_int_eq(combine_faults(&cpu, GP), DELIVER_SECOND);
    for (int v = 0; v < 32; v++)                                 /* table 6-1 */
        ck_assert_int_eq(vector_has_code(v), v == 8 || (v >= 10 && v <= 14) || v == 17);
}
END_TEST

/* ---- tasks ---- */

static void fill_task_b(void)
{
    static const struct { u8 at; u32 v; } rows[] = {
        { 0x20, 0x3000 }, { 0x24, FLAG_1 | FLAG_CF }, { 0x28, 0xA0 }, { 0x38, STACK_B }, { 0x48, DATA0 }, { 0x4C, CODE0 },
        { 0x50, DATA0 }, { 0x54, DATA0 }, { 0x60, SEL_LDT },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        put(ram + TSS_B + rows[i].at, W32, rows[i].v);
}

START_TEST(a_task_gate_switches_and_iret_comes_back)                            /* vol. 3A, 7.3, 7.4 */
{
    protect(0);
    fill_task_b();
    set_gate(IDT, 8 * 8, SEL_B, 0, 0x85, 0);
    cpu.r[EAX] = 0x1111; cpu.r[EDI] = 0x2222;
    WORKS(interrupt(&cpu, DF, INT_EXCEPTION, 0x4321, true, 0));
    ck_assert_uint_eq(cpu.eip, 0x3000);
    ck_assert_uint_eq(cpu.r[EAX], 0xA0);
    ck_assert_uint_eq(cpu.r[ESP], STACK_B - 4);                  /* the error code */
    ck_assert_uint_eq(cpu_eflags(&cpu), FLAG_1 | FLAG_CF | FLAG_NT);
    ck_assert_uint_eq(cpu.seg[TR].selector, SEL_B);
    ck_assert_uint_eq(cpu.seg[LDTR].base, LDT);
    ck_assert(cpu.cr0 & CR0_TS);
    ck_assert_uint_eq(get(ram + TSS_B, W16), SEL_A);             /* back link */
    ck_assert_uint_eq(get(ram + TSS_A + 0x20, W32), 0x4321);
    ck_assert_uint_eq(get(ram + TSS_A + 0x28, W32), 0x1111);
    ck_assert_uint_eq(get(ram + TSS_A + 0x44, W32), 0x2222);
    ck_assert_uint_eq(ram[GDT + SEL_A + 5] & 0xF, 0xB);          /* both busy */
    ck_assert_uint_eq(ram[GDT + SEL_B + 5] & 0xF, 0xB);

    WORKS(task_switch(&cpu, SEL_A, &(task_entry_t){ .kind = TASK_IRET, .return_eip = 0x3005 }));
    ck_assert_uint_eq(cpu.eip, 0x4321);
    ck_assert_uint_eq(cpu.r[EDI], 0x2222);
    ck_assert_uint_eq(ram[GDT + SEL_B + 5] & 0xF, 9);            /* available again */
    ck_assert_uint_eq(get(ram + TSS_B + 0x20, W32), 0x3005);
    ck_assert_uint_eq(get(ram + TSS_B + 0x24, W32) & FLAG_NT, 0);
}
END_TEST

START_TEST(switching_refuses_bad_task_segments)                                 /* vol. 3A, 7.3, table 7-1 */
{
    protect(3);
    fill_task_b();
    FAULTS(far_call(&cpu, SEL_B, 0, W32, 0), GP, SEL_B);         /* DPL 0 */
    protect(0);
    FAULTS(far_call(&cpu, SEL_A, 0, W32, 0), GP, SEL_A);         /* busy */
    FAULTS(far_call(&cpu, SHORT_TSS, 0, W32, 0), TS, SHORT_TSS);
    FAULTS(task_switch(&cpu, SEL_B, &(task_entry_t){ .kind = TASK_IRET }), TS, SEL_B);  /* not busy */
    ram[GDT + SEL_B + 5] = 0x09;
    FAULTS(far_call(&cpu, TASK_GATE, 0, W32, 0), NP, SEL_B);
    ck_assert_uint_eq(cpu.eip, 0x7777);
}
END_TEST

static int switch_with(u8 at, u16 selector)
{
    make_tables();
    protect(0);
    fill_task_b();
    put(ram + TSS_B + at, W16, selector);
    if (setjmp(cpu.on_fault))
        return cpu.fault.vector;
    far_call(&cpu, SEL_B, 0, W32, 0x10);
    return -1;
}

START_TEST(bad_segments_in_the_new_task_fault_there)                            /* vol. 3A, 7.3, items 12-13 */
{
    static const struct { u8 at; u16 selector; int vector; u32 code; } rows[] = {
        { 0x60, DATA0, TS, DATA0 }, { 0x4C, DATA0, TS, DATA0 }, { 0x4C, 0, TS, 0 }, { 0x50, CODE0, TS, CODE0 }, { 0x50, 0, TS, 0 },
        { 0x54, EXEC_ONLY, TS, EXEC_ONLY }, { 0x54, ABSENT, NP, ABSENT }, { 0x4C, SMALL, GP, 0 },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        ck_assert_int_eq(switch_with(rows[i].at, rows[i].selector), rows[i].vector);
        ck_assert_uint_eq(cpu.fault.code, rows[i].code);
        ck_assert_uint_eq(cpu.seg[TR].selector, SEL_B);
        ck_assert_uint_eq(cpu.eip, 0x3000);
    }
}
END_TEST

START_TEST(a_16_bit_task_keeps_words)                                           /* vol. 3A, 7.6 */
{
    protect(0);
    put(ram + TSS_16 + 0x0E, W16, 0x1234); put(ram + TSS_16 + 0x10, W16, FLAG_1 | FLAG_IF);
    put(ram + TSS_16 + 0x12, W16, 0x5555); put(ram + TSS_16 + 0x1A, W16, 0x8000);
    put(ram + TSS_16 + 0x22, W16, DATA0); put(ram + TSS_16 + 0x24, W16, CODE0_16);
    put(ram + TSS_16 + 0x26, W16, STACK0_16); put(ram + TSS_16 + 0x28, W16, DATA0);
    WORKS(far_call(&cpu, SEL_16, 0, W32, 0x10));
    ck_assert_uint_eq(cpu.eip, 0x1234);
    ck_assert_uint_eq(cpu.r[EAX] & 0xFFFF, 0x5555);
    ck_assert_uint_eq(cpu.seg[SS].selector, STACK0_16);
    ck_assert_uint_eq(cpu.seg[FS].selector, 0);
    ck_assert_uint_eq(get(ram + TSS_A + 0x20, W32), 0x10);
    ck_assert_uint_eq(cpu_eflags(&cpu), FLAG_1 | FLAG_IF | FLAG_NT);
}
END_TEST

START_TEST(a_set_t_bit_traps)                                                   /* vol. 3B, 17.3.1.5 */
{
    protect(0);
    fill_task_b();
    put(ram + TSS_B + 0x64, W16, 1);
    WORKS(far_call(&cpu, SEL_B, 0, W32, 0x10));
    ck_assert_uint_eq(cpu.debug_pending, 1u << 15);
}
END_TEST

START_TEST(the_io_map_decides_below_iopl)                                       /* vol. 1, 18.5.2 */
{
    protect(3);
    memset(ram + TSS_A + 0x88, 0xFF, 0x1FF - 0x88 + 1);
    ram[TSS_A + 0x88 + 0x60 / 8] = 0xFE;                         /* only 60h */
    ram[TSS_A + 0x88 + 0x3F8 / 8] = 0;                           /* 3F8h-3FFh */
    ck_assert(io_permitted(&cpu, 0x60, W8) && !io_permitted(&cpu, 0x60, W16) && !io_permitted(&cpu, 0x61, W8));
    ck_assert(io_permitted(&cpu, 0x3FC, W32) && !io_permitted(&cpu, 0x3FD, W32));
    ck_assert(!io_permitted(&cpu, 0xFFFF, W8));                  /* beyond the map */
    ram[TSS_A + 0x1FF] = ram[TSS_A + 0x1FE] = 0;
    ck_assert(io_permitted(&cpu, (0x1FE - 0x88) * 8, W8));
    ck_assert(!io_permitted(&cpu, (0x1FF - 0x88) * 8, W8));      /* two bytes are read, and the second lies outside */
    cpu_set_eflags(&cpu, FLAG_1 | FLAG_IOPL);
    ck_assert(io_permitted(&cpu, 0x61, W32));
    v86(3);
    ck_assert(!io_permitted(&cpu, 0x61, W8));                    /* V86: the map whatever IOPL is */
    cpu.seg[TR].attributes &= (u16)~8u;
    ck_assert(!io_permitted(&cpu, 0x60, W8));                    /* a 16-bit TSS has none */
    cpu.cr0 = 0;
    ck_assert(io_permitted(&cpu, 0x61, W8));
}
END_TEST

/* ---- flags and system registers ---- */

/* Sensitive instructions by who runs them: 0 level 0, 1 level 1, 3 level 3, R real mode, V V86.  Vol. 3A, 5.9, 20.2.7; vol. 2 under
 * each.  Answers: '.' it runs, G #GP(0), U #UD. */
typedef struct { void (*run)(cpu_t *, const op_t *, width_t); const char *answers; } sensitive_t;
static void lldt(cpu_t *c, const op_t *op, width_t w) { LLDT(c, op, w, 0); }
static void ltr(cpu_t *c, const op_t *op, width_t w)  { LTR(c, op, w, SEL_B); }
static void lmsw(cpu_t *c, const op_t *op, width_t w) { LMSW(c, op, w, 0); }
static void sldt(cpu_t *c, const op_t *op, width_t w) { SLDT(c, op, w); }
static void str(cpu_t *c, const op_t *op, width_t w)  { STR(c, op, w); }
static void smsw(cpu_t *c, const op_t *op, width_t w) { SMSW(c, op, w); }
static void verr(cpu_t *c, const op_t *op, width_t w) { VERR(c, op, w, DATA0); }
static const sensitive_t sensitive[] = {                         /* 013RV */
    { LGDT, ".GG.G" }, { LIDT, ".GG.G" }, { SGDT, "....." }, { SIDT, "....." }, { lldt, ".GGUU" }, { ltr, ".GGUU" }, { sldt, "...UU" },
    { str, "...UU" }, { lmsw, ".GG.G" }, { smsw, "....." }, { CLTS, ".GG.G" }, { verr, "...UU" }, { MOV_from_CR, ".GG.G" },
    { MOV_to_CR, ".GG.G" }, { MOV_from_DR, ".GG.G" }, { MOV_to_DR, ".GG.G" }, { MOV_from_TR, "UUUUU" }, { INVLPG, ".GG.G" },
    { INVD, ".GG.G" }, { WBINVD, ".GG.G" }, { RDMSR, ".GG.G" }, { WRMSR, ".GG.G" }, { HLT, ".GG.G" }, { RDTSC, "....." },
    { RDPMC, ".GG.G" }, { CPUID, "....." }, { CLI, ".GG.G" }, { STI, ".GG.G" },
};
static void enter_mode(unsigned column)
{
    static const u8 levels[] = { 0, 1, 3 };
    make_tables();
    cpu.gdtr.base = GDT; cpu.gdtr.limit = GDT_LIMIT;
    cpu_set_eflags(&cpu, FLAG_1);
    if (column < 3)       protect(levels[column]);
    else if (column == 4) v86(0);
    else                  protect(0), cpu.cr0 &= ~(u32)CR0_PE, cpu_mode_changed(&cpu);
    cpu.cr3 = 0;
    cpu.r[ECX] = 0x174;
}
static char answer_of(const sensitive_t *it)
{
    op_t op = { .base = NOREG, .index = NOREG, .seg = DS, .disp = 0x100, .dst = reg_at(EBX, W32), .src = 3 };
    cpu.r[EBX] = 0;
    if (it->run == RDPMC) cpu.r[ECX] = 0;
    if (setjmp(cpu.on_fault))
        return cpu.fault.vector == GP && cpu.fault.code == 0 ? 'G' : cpu.fault.vector == UD ? 'U' : '?';
    it->run(&cpu, &op, W32);
    return '.';
}

START_TEST(sensitive_instructions_run_where_the_manual_lets_them)
{
    for (unsigned i = 0; i < COUNT_OF(sensitive); i++) {
        char answers[6] = { 0 };
        for (unsigned column = 0; column < 5; column++) {
            enter_mode(column);
            answers[column] = answer_of(&sensitive[i]);
        }
        ck_assert_msg(strcmp(answers, sensitive[i].answers) == 0, "row %u: %s, expected %s", i, answers, sensitive[i].answers);
    }
}
END_TEST

START_TEST(popf_changes_what_the_level_allows)                                  /* vol. 2, POPF */
{
    static const struct { u8 cpl, iopl; u32 may; } rows[] = {
        { 0, 0, FLAG_IF | FLAG_IOPL }, { 3, 3, FLAG_IF }, { 3, 2, 0 }, { 1, 1, FLAG_IF }, { 1, 0, 0 },
    };
    u32 always = FLAGS_STATUS | FLAG_TF | FLAG_DF | FLAG_NT;
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        protect(rows[i].cpl);
        u32 before = FLAG_1 | (u32)rows[i].iopl << 12;
        cpu_set_eflags(&cpu, before);
        POPF_value(&cpu, W16, 0xFFFFFFFF & ~(u32)FLAG_IOPL);
        ck_assert_uint_eq(cpu_eflags(&cpu) & ~(u32)FLAG_IOPL, FLAG_1 | always | (rows[i].may & FLAG_IF));
        ck_assert_uint_eq(cpu_eflags(&cpu) & FLAG_IOPL, rows[i].may & FLAG_IOPL ? 0 : before & FLAG_IOPL);
        cpu_set_eflags(&cpu, before);
        POPF_value(&cpu, W32, 0xFFFFFFFF);
        ck_assert_uint_eq(cpu_eflags(&cpu) & (FLAG_AC | FLAG_ID | FLAG_VM | FLAG_RF | FLAG_VIF | FLAG_VIP), FLAG_AC | FLAG_ID);
    }
}
END_TEST

START_TEST(models_have_the_flags_of_their_time)                                 /* AP-485: how software tells them apart */
{
    static const struct { u8 model; u32 may; } rows[] = {
        { MODEL_386, 0 }, { MODEL_486, FLAG_AC }, { MODEL_PENTIUM, FLAG_AC | FLAG_ID }, { MODEL_PENTIUM4, FLAG_AC | FLAG_ID },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        cpu.model = (model_t)rows[i].model;
        cpu_set_eflags(&cpu, FLAG_1);
        POPF_value(&cpu, W32, FLAG_AC | FLAG_ID);
        ck_assert_uint_eq(cpu_eflags(&cpu) & (FLAG_AC | FLAG_ID), rows[i].may);
    }
}
END_TEST

START_TEST(control_registers_check_their_values)                                /* vol. 3A, 2.5; vol. 2, MOV */
{
    protect(0);
    FAULTS(write_control(&cpu, 0, CR0_PG), GP, 0);
    FAULTS(write_control(&cpu, 0, CR0_PE | CR0_NW), GP, 0);
    FAULTS(write_control(&cpu, 4, 1u << 31), GP, 0);
    ck_assert_int_eq(FAULT_OF(read_control(&cpu, 1)), UD);
    WORKS(write_control(&cpu, 4, CR4_PSE | CR4_PGE));
    WORKS(write_control(&cpu, 0, 0xFFFFFFFF & ~(u32)CR0_PG));
    ck_assert_uint_eq(cpu.cr0, CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD);
    LMSW(&cpu, NULL, W16, 0);
    ck_assert_uint_eq(cpu.cr0 & 0xF, CR0_PE);                    /* LMSW cannot clear PE */
    cpu.cr4 = CR4_PAE; cpu.cr3 = 0x7000;
    put(ram + 0x7000, W32, 0x8003);                              /* PDPTE: bit 1 is reserved */
    FAULTS(write_control(&cpu, 0, CR0_PG | CR0_PE), GP, 0);
    protect(3);
    FAULTS(read_control(&cpu, 0), GP, 0);
    FAULTS(LMSW(&cpu, NULL, W16, 0), GP, 0);
    v86(3);
    FAULTS(write_control(&cpu, 3, 0), GP, 0);
    FAULTS(CLTS(&cpu, NULL, W32), GP, 0);
    cpu.model = MODEL_486;
    protect(0);
    ck_assert_int_eq(FAULT_OF(read_control(&cpu, 4)), UD);
}
END_TEST

START_TEST(ltr_and_lldt_take_their_own_kind_only)                               /* vol. 2, LTR, LLDT */
{
    protect(0);
    FAULTS(LTR(&cpu, NULL, W16, 0), GP, 0);
    FAULTS(LTR(&cpu, NULL, W16, DATA0), GP, DATA0);
    FAULTS(LTR(&cpu, NULL, W16, SEL_A), GP, SEL_A);              /* busy */
    WORKS(LTR(&cpu, NULL, W16, SEL_B));
    ck_assert_uint_eq(ram[GDT + SEL_B + 5], 0x8B);
    ck_assert_uint_eq(STR(&cpu, NULL, W16), SEL_B);
    FAULTS(LLDT(&cpu, NULL, W16, DATA0), GP, DATA0);
    FAULTS(LLDT(&cpu, NULL, W16, SEL_LDT | 4), GP, SEL_LDT | 4);
    WORKS(LLDT(&cpu, NULL, W16, SEL_LDT));
    set_descriptor(LDT, 8, 0x5000, 0xFF, 0x92, 0);
    WORKS(load_segment(&cpu, ES, 0x0C));                         /* entry 1 of the LDT */
    ck_assert_uint_eq(cpu.seg[ES].base, 0x5000);
    WORKS(LLDT(&cpu, NULL, W16, 0));
    FAULTS(load_segment(&cpu, ES, 0x0C), GP, 0x0C);
    cpu.cr0 = 0;
    ck_assert_int_eq(FAULT_OF(STR(&cpu, NULL, W16)), UD);
}
END_TEST

START_TEST(debug_registers_are_guarded)                                         /* vol. 3B, 17.2 */
{
    protect(0);
    WORKS(write_debug(&cpu, 0, 0x1234));
    WORKS(write_debug(&cpu, 7, 1));
    ck_assert_uint_eq(read_debug(&cpu, 5), 0x401);               /* DR5 is DR7 */
    ck_assert_uint_eq(debug_match_execute(&cpu, 0x1234), 1);
    ck_assert_uint_eq(debug_match_execute(&cpu, 0x1235), 0);
    WORKS(write_debug(&cpu, 6, 0));
    ck_assert_uint_eq(read_debug(&cpu, 6), 0xFFFF0FF0);
    cpu.cr4 |= CR4_DE;
    ck_assert_int_eq(FAULT_OF(read_debug(&cpu, 4)), UD);
    WORKS(write_debug(&cpu, 7, 1 << 13));
    ck_assert_int_eq(FAULT_OF(read_debug(&cpu, 0)), DB);
    ck_assert(cpu.dr[6] & 1 << 13);
    protect(3);
    FAULTS(read_debug(&cpu, 0), GP, 0);
}
END_TEST

static int read_msr(unsigned model, u32 number)
{
    cpu.model = (model_t)model;
    cpu.r[ECX] = number;
    if (setjmp(cpu.on_fault))
        return cpu.fault.vector;
    RDMSR(&cpu, NULL, W32);
    return -1;
}

START_TEST(msrs_exist_by_model)                                                 /* SDM vol. 4 */
{
    static const struct { u32 number; u8 since; } rows[] = {
        { 0x10, MODEL_PENTIUM }, { 0x174, MODEL_PENTIUM2 }, { 0x277, MODEL_PENTIUM2 }, { 0x1A0, MODEL_PENTIUM4 },
        { 0xC0000080, MODEL_PENTIUM4 }, { 0x20F, MODEL_PENTIUM2 }, { 0x210, N_MODELS }, { 0x12345678, N_MODELS },
    };
    for (unsigned model = 0; model < N_MODELS; model++)
        for (unsigned i = 0; i < COUNT_OF(rows); i++) {
            int expected = model < MODEL_PENTIUM ? UD : model < rows[i].since ? GP : -1;
            ck_assert_int_eq(read_msr(model, rows[i].number), expected);
        }
    cpu.model = MODEL_PENTIUM4;
    cpu.r[ECX] = 0x277; cpu.r[EAX] = 2; cpu.r[EDX] = 0;          /* PAT type 2 is reserved */
    FAULTS(WRMSR(&cpu, NULL, W32), GP, 0);
    cpu.r[ECX] = 0xFE;
    FAULTS(WRMSR(&cpu, NULL, W32), GP, 0);
    cpu.r[ECX] = 0x175; cpu.r[EAX] = 0x1234;
    WORKS(WRMSR(&cpu, NULL, W32));
    ck_assert_uint_eq((u32)cpu.sysenter_esp, 0x1234);
    cpu.r[ECX] = 0x10; cpu.r[EAX] = 1000; cpu.r[EDX] = 5;
    WORKS(WRMSR(&cpu, NULL, W32));
    ck_assert(cpu_tsc(&cpu) >= 0x5000003E8 && cpu_tsc(&cpu) < 0x5000103E8);
}
END_TEST

START_TEST(cpuid_names_each_model)                                              /* AP-485 */
{
    static const struct { u8 model; u32 family, has, lacks; } rows[] = {
        { MODEL_PENTIUM, 5, 0x1BE, 0x8040 }, { MODEL_PENTIUM_MMX, 5, 0x1BE, 0x8040 }, { MODEL_PENTIUM2, 6, 0x3F9FE, 0x07800201 },
        { MODEL_PENTIUM3, 6, 0x3F9FE, 0x07800201 }, { MODEL_PENTIUM4, 15, 0x3F9FE, 0x07800201 },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        cpu.model = (model_t)rows[i].model;
        cpu.r[EAX] = 0;
        CPUID(&cpu, NULL, W32);
        ck_assert_uint_eq(cpu.r[EBX], 0x756E6547);               /* "Genu" */
        ck_assert_uint_eq(cpu.r[EDX], 0x49656E69);
        ck_assert_uint_eq(cpu.r[ECX], 0x6C65746E);
        cpu.r[EAX] = 1;
        CPUID(&cpu, NULL, W32);
        ck_assert_uint_eq(cpu.r[EAX] >> 8 & 15, rows[i].family);
        ck_assert_uint_eq(cpu.r[EDX] & rows[i].has, rows[i].has);
        ck_assert_uint_eq(cpu.r[EDX] & rows[i].lacks, 0);
    }
    cpu.r[EAX] = 0x80000002;
    CPUID(&cpu, NULL, W32);
    ck_assert_uint_eq(cpu.r[EAX], 0x65746E49);                   /* "Inte" */
    cpu.model = MODEL_486;
    ck_assert_int_eq(FAULT_OF(CPUID(&cpu, NULL, W32)), UD);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("protect");
    tcase_add_checked_fixture(tc, power_on, power_off);
    tcase_add_test(tc, real_mode_loads_set_the_base_and_keep_the_limit);
    tcase_add_test(tc, leaving_protected_mode_makes_every_segment_usable);
    tcase_add_test(tc, v86_loads_make_64_kib_segments);
    tcase_add_test(tc, null_selectors_load_but_cannot_be_used);
    tcase_add_test(tc, selectors_outside_the_table_fault_with_their_number);
    tcase_add_test(tc, loading_sets_the_accessed_bit);
    tcase_add_test(tc, expand_down_segments_begin_above_the_limit);
    tcase_add_test(tc, every_access_byte_at_every_privilege_is_judged_as_the_manual_says);
    tcase_add_test(tc, lar_lsl_verr_verw_answer_without_faulting);
    tcase_add_test(tc, a_real_mode_far_call_pushes_cs_and_ip);
    tcase_add_test(tc, a_call_gate_switches_stacks_and_copies_parameters);
    tcase_add_test(tc, a_16_bit_gate_pushes_words_and_takes_16_bits_of_offset);
    tcase_add_test(tc, gates_refuse_those_who_may_not_use_them);
    tcase_add_test(tc, conforming_code_keeps_the_callers_level);
    tcase_add_test(tc, eip_must_lie_in_the_new_segment);
    tcase_add_test(tc, returning_outward_hides_inner_segments);
    tcase_add_test(tc, a_return_that_faults_changes_nothing);
    tcase_add_test(tc, real_mode_interrupts_use_the_table_at_idtr);
    tcase_add_test(tc, a_fault_from_level_3_arrives_on_the_inner_stack);
    tcase_add_test(tc, only_faults_push_the_resume_flag);
    tcase_add_test(tc, a_page_fault_on_the_inner_stack_leaves_everything_as_it_was);
    tcase_add_test(tc, tables_are_read_as_supervisor_from_every_level);
    tcase_add_test(tc, software_interrupts_obey_the_gates_dpl);
    tcase_add_test(tc, trap_gates_leave_if_alone);
    tcase_add_test(tc, v86_interrupts_save_all_segments_and_iret_restores_them);
    tcase_add_test(tc, v86_with_low_iopl_traps_sensitive_instructions);
    tcase_add_test(tc, v86_handlers_must_run_at_level_0);
    tcase_add_test(tc, vme_keeps_interrupts_in_the_8086_program);
    tcase_add_test(tc, exceptions_combine_as_table_6_5_says);
    tcase_add_test(tc, a_task_gate_switches_and_iret_comes_back);
    tcase_add_test(tc, switching_refuses_bad_task_segments);
    tcase_add_test(tc, bad_segments_in_the_new_task_fault_there);
    tcase_add_test(tc, a_16_bit_task_keeps_words);
    tcase_add_test(tc, a_set_t_bit_traps);
    tcase_add_test(tc, the_io_map_decides_below_iopl);
    tcase_add_test(tc, sensitive_instructions_run_where_the_manual_lets_them);
    tcase_add_test(tc, popf_changes_what_the_level_allows);
    tcase_add_test(tc, models_have_the_flags_of_their_time);
    tcase_add_test(tc, control_registers_check_their_values);
    tcase_add_test(tc, ltr_and_lldt_take_their_own_kind_only);
    tcase_add_test(tc, debug_registers_are_guarded);
    tcase_add_test(tc, msrs_exist_by_model);
    tcase_add_test(tc, cpuid_names_each_model);
    Suite *s = suite_create("protect");
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed != 0;
}
