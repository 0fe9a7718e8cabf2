/* test_transfers.c - whatever the tables and the stack hold, a transfer of control happens as a whole or not at all, and leaves a state
 * the architecture allows.  SDM vol. 3A, 5.5: CPL is the RPL of CS and of SS; random cases, the same in every run. */
#include "tests/protected_machine.h"

enum { CASES = 60000, FIRST = 0x08, N_SELECTORS = 26 };

static u32 seed;
static u32 any(u32 n) { seed ^= seed << 13; seed ^= seed >> 17; seed ^= seed << 5; return seed % n; }
static u16 any_selector(void) { return (u16)(FIRST + 8 * any(N_SELECTORS) + any(4)); }

static void scramble(void)
{
    static const u8 types[] = { 0x92, 0x9A, 0xFA, 0xF2, 0x9E, 0xFE, 0xBA, 0xB2, 0x8C, 0xEC, 0xE4, 0x82, 0x89, 0xE5, 0x98, 0x90, 0x96 };
    for (u32 i = 0; i < 4; i++) {
        u32 at = any_selector(), access = any(4) ? types[any(COUNT_OF(types))] : any(256);
        if (access & SEG_S) set_descriptor(GDT, at, any(2) * 0x10000, any(2) ? 0xFFFFF : any(0x10000), access, any(16) & 0xDu);
        else                set_gate(GDT, at, any_selector(), any(0x20000), access, any(32));
        set_gate(IDT, 8 * 0x30, any_selector(), any(0x20000), types[any(COUNT_OF(types))] & 0xE0 ? 0x86 + any(2) * 8 + any(2) + any(4) * 32 : 0, 0);
    }
    put(ram + TSS_A + 8, W16, any(3) ? DATA0 : any_selector());
    put(ram + TSS_A + 16, W16, any(3) ? DATA1 : any_selector());
    for (u32 n = 0; n < 8; n++)
        set_stack(n, any(3) ? any_selector() : any(2) ? any(0x20000) : FLAG_1 | (any(4) ? 0 : FLAG_VM));
}

typedef struct { u32 r[NREGS], eip, eflags, cr0; u8 cpl; segment_t seg[N_ALL_SEGMENTS]; } snapshot_t;
static snapshot_t snapshot(void)
{
    snapshot_t s;
    memset(&s, 0, sizeof s);
    memcpy(s.r, cpu.r, sizeof s.r);
    memcpy(s.seg, cpu.seg, sizeof s.seg);
    s.eip = cpu.eip; s.eflags = cpu_eflags(&cpu); s.cr0 = cpu.cr0; s.cpl = cpu.cpl;
    return s;
}

/* Task switches aside: far_jump and IRET through them need a decoded instruction. */
static bool is_task_switch(u32 what, u16 selector)
{
    descriptor_t d;
    return what < 2 && descriptor_fetch(&cpu, selector, &d) && (d_is_tss(&d) || d_type(&d) == TYPE_TASK_GATE);
}
static bool transfer_faults(u32 what, u16 selector, width_t w)
{
    if (setjmp(cpu.on_fault))
        return true;
    switch (what) {
    case 0:  far_jump(&cpu, selector, 0x100, w); break;
    case 1:  far_call(&cpu, selector, 0x100, w, 0x55); break;
    case 2:  far_return(&cpu, w, 8); break;
    case 3:  interrupt_return(&cpu, w); break;
    case 4:  interrupt(&cpu, 0x30, INT_SOFTWARE, 0x55, false, 0); break;
    case 5:  interrupt(&cpu, 0x30, INT_EXCEPTION, 0x55, true, 0x10); break;
    default: load_segment(&cpu, (int)(selector >> 3) % N_SEGMENTS == CS ? SS : (int)(selector >> 3) % N_SEGMENTS, selector); break;
    }
    return false;
}

/* What must be true between any two instructions. */
static bool state_is_lawful(void)
{
    const segment_t *cs = &cpu.seg[CS], *ss = &cpu.seg[SS];
    if (is_v86(&cpu))
        return cpu.cpl == 3 && cs->limit == 0xFFFF && cs->base == (u32)cs->selector << 4;
    bool code = (cs->attributes & (SEG_PRESENT | SEG_S | SEG_CODE)) == (SEG_PRESENT | SEG_S | SEG_CODE);
    bool level = rpl_of(cs->selector) == cpu.cpl && (cs->attributes & SEG_CONFORMING ? seg_dpl(cs) <= cpu.cpl : seg_dpl(cs) == cpu.cpl);
    bool stack = ss->attributes & SEG_PRESENT && ss->write_span >= -1 && rpl_of(ss->selector) == cpu.cpl && seg_dpl(ss) == cpu.cpl;
    for (int seg = ES; seg < N_SEGMENTS; seg++) {
        const segment_t *s = &cpu.seg[seg];
        bool conforming = (s->attributes & (SEG_CODE | SEG_CONFORMING)) == (SEG_CODE | SEG_CONFORMING);
        if (seg != CS && s->attributes & SEG_PRESENT && !conforming && seg_dpl(s) < cpu.cpl)
            return false;
    }
    return code && level && stack && cpu.eip <= cs->limit;
}

START_TEST(a_transfer_happens_as_a_whole_or_not_at_all)
{
    static const u8 levels[] = { 0, 1, 3 };
    u32 broken = 0, unlawful = 0, faults = 0, n = 0;
    seed = 0x12345678;
    for (u32 i = 0; i < CASES; i++) {
        make_tables();
        cpu_set_eflags(&cpu, FLAG_1);
        protect(levels[any(3)]);
        scramble();
        u32 what = any(7);
        u16 selector = any_selector();
        if (is_task_switch(what, selector))
            continue;
        snapshot_t before = snapshot();
        bool faulted = transfer_faults(what, selector, any(4) ? W32 : W16);
        if (faulted) {
            snapshot_t after = snapshot();
            broken += memcmp(&before, &after, sizeof before) != 0;
        } else {
            unlawful += !state_is_lawful();
        }
        faults += faulted;
        n++;
    }
    ck_assert_uint_eq(broken, 0);
    ck_assert_uint_eq(unlawful, 0);
    ck_assert_msg(faults > n / 4 && faults < n - n / 20, "%u of %u cases fault: the cases are too much alike", faults, n);
}
END_TEST

RUN_TESTS("transfers", a_transfer_happens_as_a_whole_or_not_at_all)
