/* test_segment.c - loading segment registers, asking about selectors.  SDM vol. 3A, chapter 5, 20.1, 20.2. */
#include "tests/protected_machine.h"

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

RUN_TESTS("segment", real_mode_loads_set_the_base_and_keep_the_limit,
          leaving_protected_mode_makes_every_segment_usable,
          v86_loads_make_64_kib_segments,
          null_selectors_load_but_cannot_be_used,
          selectors_outside_the_table_fault_with_their_number,
          loading_sets_the_accessed_bit,
          expand_down_segments_begin_above_the_limit,
          every_access_byte_at_every_privilege_is_judged_as_the_manual_says,
          lar_lsl_verr_verw_answer_without_faulting)
