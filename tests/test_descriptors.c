/* test_descriptors.c - every descriptor check against an independent second model (model_protection.h): all 256 access bytes, all privilege
 * levels of who asks, of selectors and of descriptors, for each instruction that loads or follows a selector.
 *
 * Instructions run as a program runs them; what an exception would deliver is caught before its handler is called.  Compared are vector, error
 * code, every selector and descriptor cache, CPL, stack, flags, what was pushed, busy bits; after a fault that nothing has changed.
 * 1,000,000 cases and more (DESCRIPTOR_CASES=n: n for each access byte, level and RPL), fewer under sanitizers. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include "cpu/cpu.h"
#include "cpu/segment.h"
#include "tests/model_protection.h"
#include "tests/run_all.h"

enum { RAM = 128 << 10, GDT = 0x1000, LDT = 0x2000, IDT = 0x3000, TSS_A = 0x4000, TSS_B = 0x5000, CODE = 0x8000, POINTER = 0x9000, STACK = 0xA800,
       INNER = 0xC000, GDT_LIMIT = 0x7F, LDT_LIMIT = 0x1F, VECTOR = 0x50 };
/* Selectors of the GDT; the three variable ones stand in the LDT as well. */
enum { CODE_OF_0 = 0x08, DATA_OF_0 = 0x28, SEL_A = 0x48, SEL_B = 0x50, SEL_LDT = 0x58, VARIABLE = 0x60, TARGET = 0x68, STACK_SEL = 0x70, CONFORMING = 0x78 };

typedef enum { MOV_DS, MOV_FS, MOV_SS, LAR_, LSL_, VERR_, VERW_, LLDT_, LTR_, JMP_, CALL_, RETF_, RETF_N, IRET_, INT_N, INTR_, N_WHAT } what_t;
static const struct { const char *name; u8 bytes[8]; bool wide_too; } whats[N_WHAT] = {           /* the selector is in EAX */
    { "MOV DS", { 0x8E, 0xD8 }, false }, { "MOV FS", { 0x8E, 0xE0 }, false }, { "MOV SS", { 0x8E, 0xD0 }, false },
    { "LAR", { 0x0F, 0x02, 0xC8 }, true }, { "LSL", { 0x0F, 0x03, 0xC8 }, true }, { "VERR", { 0x0F, 0x00, 0xE0 }, false },
    { "VERW", { 0x0F, 0x00, 0xE8 }, false }, { "LLDT", { 0x0F, 0x00, 0xD0 }, false }, { "LTR", { 0x0F, 0x00, 0xD8 }, false },
    { "JMP far", { 0xFF, 0x2D, 0x00, 0x90, 0, 0 }, true }, { "CALL far", { 0xFF, 0x1D, 0x00, 0x90, 0, 0 }, true }, { "RET far", { 0xCB }, true },
    { "RET far 8", { 0xCA, 8, 0 }, true }, { "IRET", { 0xCF }, true }, { "INT 50h", { 0xCD, VECTOR }, false }, { "interrupt 50h", { 0x90 }, false },
};
static const u8 lengths[N_WHAT] = { 2, 2, 2, 3, 3, 3, 3, 3, 3, 6, 6, 1, 3, 1, 2, 0 };

/* Which descriptor has the access byte of the loop. */
typedef enum { DIRECT, OF_TARGET, OF_STACK, OF_TSS, OF_TASKS_LDT, OF_TASKS_CS, OF_TASKS_SS, OF_TASKS_DS, N_ROLES } role_t;
static const char *const roles[N_ROLES] = { "the descriptor itself", "a gate's or a return's target", "the other stack", "the TSS", "the task's LDT", "the task's CS", "the task's SS", "the task's DS" };

static u8 ram[RAM];
static bus_t bus;
static cpu_t cpu;
static u64 seed;

static u32 rnd(void) { seed = seed * 6364136223846793005u + 1442695040888963407u; return (u32)(seed >> 33); }
static u32 below(u32 n) { return rnd() % n; }
static bool chance(u32 n) { return below(n) == 0; }

/* ---- the scene ---- */

typedef struct {
    what_t what; role_t role; bool wide, short_stack; u8 cpl, rpl, access;
    u16 selector, target, stack; u32 offset, image;                /* image: EFLAGS that an IRET finds */
} case_t;

static void entry(u32 at, u32 base, u32 limit, u32 access, u32 g_d)
{
    put(ram + at, W32, (limit & 0xFFFF) | base << 16);
    put(ram + at + 4, W32, (base >> 16 & 0xFF) | access << 8 | (limit & 0xF0000) | g_d << 20 | (base & 0xFF000000));
}
static void gate(u32 at, u32 selector, u32 offset, u32 access, u32 count)
{
    put(ram + at, W32, (offset & 0xFFFF) | selector << 16);
    put(ram + at + 4, W32, count | access << 8 | (offset & 0xFFFF0000));
}

/* Anything but this task itself (what is loaded then was only just saved) and the variable ones, which may be TSSs of the other size. */
static u16 odd_selector(void)
{
    static const u8 rows[] = { 0, 1, 2, 3, 4, 5, 6, 8, 10, 11, 15, 16, 17 };
    return (u16)(rows[below(COUNT_OF(rows))] * 8u + below(8));
}

/* Any descriptor, made so that its kind makes sense: gates lead to `target`, TSSs to TSS_B, stacks to the inner one. */
static void variable(u32 selector, const case_t *c, u32 access)
{
    u32 type = access & 0x1F, in_gdt = GDT + selector, in_ldt = LDT + 8 + (selector - VARIABLE);
    u32 flags = chance(2) ? 0xC : below(16), limit = flags & 8 ? (chance(8) ? 0 : 0xFFFFF) : chance(6) ? below(0x200) : 0xFFFF;
    if (type == 4 || type == 12)      gate(in_gdt, c->target, c->offset, access, c->short_stack ? 0 : below(6));
    else if (type == 5)               gate(in_gdt, chance(16) ? odd_selector() : SEL_B, 0, access, 0);
    else if (type < 16 && type & 1)   entry(in_gdt, TSS_B, chance(8) ? 0x20 + below(0x60) : 0x67 + below(0x200), access, flags & 1);
    else if (type == 2)               entry(in_gdt, LDT, LDT_LIMIT, access, 0);
    else if (type >= 24)              entry(in_gdt, 0, limit, access, flags);
    else                              entry(in_gdt, chance(2) ? 0 : INNER, type & 4 ? below(0x800) : limit, access, flags);
    memcpy(ram + in_ldt, ram + in_gdt, 8);
}

/* The selector of a variable descriptor: from the GDT or LDT, rarely null or outside. */
static u16 select_(u32 selector, u32 rpl)
{
    if (chance(40)) return (u16)rpl;
    if (chance(40)) return (u16)((0x80 + below(0xFF80)) & 0xFFF8) | (u16)rpl | (chance(2) ? 4 : 0);
    if (chance(5))  return (u16)((selector - VARIABLE + 8) | 4 | rpl);
    return (u16)(selector | rpl);
}

static const segment_t *put_segment(int seg, u16 selector, u32 base, u32 limit, u32 access, u32 g_d)
{
    cpu.seg[seg] = (segment_t){ .selector = selector, .attributes = (u16)(access | g_d << 12), .base = base, .limit = limit };
    segment_derive(&cpu.seg[seg]);
    return &cpu.seg[seg];
}

static void fixed_tables(void)
{
    for (u32 level = 0; level < 4; level++) {
        entry(GDT + CODE_OF_0 + 8 * level, 0, 0xFFFFF, 0x9A | level << 5, 0xC);
        entry(GDT + DATA_OF_0 + 8 * level, 0, 0xFFFFF, 0x92 | level << 5, 0xC);
    }
    entry(GDT + SEL_B, TSS_B, 0x67, 0x89, 0);
    entry(GDT + SEL_LDT, LDT, LDT_LIMIT, 0x82, 0);
    entry(GDT + CONFORMING, 0, 0xFFFFF, 0x9E, 0xC);
}

/* Task B: its own level, with everything right but perhaps one thing. */
static void make_task(const case_t *c, bool wide)
{
    u32 level = below(4);
    u16 cs = (u16)(CODE_OF_0 + 9 * level), ss = (u16)(DATA_OF_0 + 9 * level), ds = chance(2) ? 0 : DATA_OF_0 + 8 * 3 + 3, ldt = chance(2) ? 0 : SEL_LDT;
    u16 varied = select_(VARIABLE, c->rpl);
    if (c->role == OF_TASKS_CS) cs = varied, ss = (u16)(DATA_OF_0 + 9 * c->rpl);
    if (c->role == OF_TASKS_SS) ss = varied, cs = (u16)(CODE_OF_0 + 9 * (c->cpl));
    if (c->role == OF_TASKS_DS) ds = varied;
    if (c->role == OF_TASKS_LDT) ldt = varied;
    u8 *t = ram + TSS_B;
    memset(t, 0, 0x68);
    if (wide) {
        put(t + 0x20, W32, c->offset); put(t + 0x24, W32, 0x202); put(t + 0x28, W32, 0x12345678); put(t + 0x38, W32, STACK - 0x100);
        put(t + 0x48, W16, ds); put(t + 0x4C, W16, cs); put(t + 0x50, W16, ss); put(t + 0x54, W16, ds); put(t + 0x60, W16, ldt);
    } else {
        put(t + 0x0E, W16, c->offset); put(t + 0x10, W16, 0x202); put(t + 0x12, W16, 0x5678); put(t + 0x1A, W16, STACK - 0x100);
        put(t + 0x22, W16, ds); put(t + 0x24, W16, cs); put(t + 0x26, W16, ss); put(t + 0x28, W16, ds); put(t + 0x2A, W16, ldt);
    }
}

/* The TSS of the current task: inner stacks, the link. */
static void make_tss(const case_t *c, bool wide, u16 link)
{
    u32 esp = chance(10) ? below(0x60) : 0x800 + below(64) * 4;
    memset(ram + TSS_A, 0, 0x68);
    put(ram + TSS_A, W16, link);
    for (u32 level = 0; level < 3; level++) {
        u32 at = TSS_A + (wide ? 4 + 8 * level : 2 + 4 * level);
        put(ram + at, wide ? W32 : W16, esp);
        put(ram + at + (wide ? 4 : 2), W16, c->stack);
    }
}

static void push_frame(const case_t *c, u32 esp)
{
    width_t w = c->wide ? W32 : W16;
    u32 step = w / 8, at = esp, outer = 0x700 + below(0x100);
    put(ram + at, w, c->offset); at += step;
    put(ram + at, w, c->target); at += step;
    if (c->what == IRET_) { put(ram + at, w, c->image); at += step; }
    if (c->what == RETF_N) at += 8;
    put(ram + at, w, outer); at += step;
    put(ram + at, w, c->stack);
}

/* Does this instruction at all meet a descriptor of that role? */
static bool fits(what_t what, role_t role)
{
    if (role == DIRECT) return what < RETF_ || what >= INT_N;
    if (what < JMP_) return false;
    if (role == OF_STACK) return what != JMP_;
    if (role >= OF_TSS) return what != RETF_ && what != RETF_N;
    return true;
}

static void choose_selectors(case_t *c)
{
    bool returns = c->what >= RETF_ && c->what <= IRET_;
    u32 level = returns ? (c->rpl > c->cpl ? c->rpl : c->cpl) : below(c->cpl + 1u);
    c->target = select_(TARGET, c->role == OF_TARGET ? c->rpl : returns ? level : below(4));
    c->stack = select_(STACK_SEL, c->role == OF_STACK ? c->rpl : level);
    u32 code = chance(4) ? 0x9E : 0x9A, code_level = chance(10) ? below(4) : level;
    variable(TARGET, c, c->role == OF_TARGET ? c->access : code | code_level << 5);
    variable(STACK_SEL, c, c->role == OF_STACK ? c->access : 0x92 | (chance(10) ? below(4) : level) << 5);
}

/* What the instruction names: the varied descriptor, or a gate or TSS that leads to it. */
static void choose_way(case_t *c)
{
    bool varied = c->role == DIRECT || c->role >= OF_TASKS_LDT;
    u32 dpl = chance(10) ? below(4) : 3, wide = chance(2) ? 8 : 0;
    c->selector = select_(VARIABLE, c->rpl);
    if (varied)
        variable(VARIABLE, c, c->access);
    if (c->role == OF_TARGET || c->role == OF_STACK)
        variable(VARIABLE, c, 0x84 | wide | dpl << 5);
    entry(GDT + SEL_B, TSS_B, chance(12) ? 0x20 + below(0x60) : 0x67, c->role == OF_TSS ? c->access : 0x81 | wide | dpl << 5, 0);
    if (c->role >= OF_TSS) {
        bool by_gate = chance(2);
        c->selector = by_gate ? TARGET : SEL_B;
        if (by_gate) gate(GDT + TARGET, SEL_B | c->rpl, 0, 0x85 | dpl << 5, 0);
        c->selector |= c->role == OF_TSS && !by_gate ? c->rpl : 0;
    }
}

static void make_idt(const case_t *c)
{
    u32 dpl = chance(10) ? below(4) : 3;
    static const u8 kinds[] = { 0x86, 0x87, 0x8E, 0x8F };
    u32 access = c->role == DIRECT ? c->access : c->role >= OF_TSS ? 0x85 | dpl << 5 : kinds[below(4)] | dpl << 5;
    gate(IDT + 8 * VECTOR, (access & 31) == 5 ? SEL_B | (u32)(c->role == OF_TSS ? c->rpl : 0) : c->target, c->offset, access, 0);
}

/* Registers as they stand before the instruction. */
static void make_processor(const case_t *c)
{
    bool narrow_stack = chance(4), returns_task = c->what == IRET_ && c->role >= OF_TSS;
    bool tss_wide = chance(2);
    u32 ss_limit = c->short_stack ? STACK - 1 - below(0x18) : 0xFFFF;
    make_tss(c, tss_wide, chance(20) ? odd_selector() : (u16)(SEL_B | c->rpl));
    if (returns_task) ram[GDT + SEL_B + 5] ^= c->role == OF_TSS ? 0 : 2;
    bool itself = c->role == DIRECT && c->what < INT_N && (c->access & 0x15) == 1;           /* the varied descriptor is a TSS */
    make_task(c, itself ? c->access & 8 : ram[GDT + SEL_B + 5] & 8);
    entry(GDT + SEL_A, TSS_A, 0x67, tss_wide ? 0x8B : 0x83, 0);
    cpu.cr0 = CR0_PE | CR0_ET;
    cpu.cpl = c->cpl;
    put_segment(CS, (u16)(CODE_OF_0 + 9 * c->cpl), 0, 0xFFFFFFFF, 0x9Bu | (u32)c->cpl << 5, 0xC);
    put_segment(SS, (u16)(DATA_OF_0 + 9 * c->cpl), 0, ss_limit, 0x93u | (u32)c->cpl << 5, narrow_stack ? 0 : 4);
    put_segment(DS, DATA_OF_0 + 8 * 3 + 3, 0, 0xFFFFFFFF, 0xF3, 0xC);
    put_segment(ES, (u16)(DATA_OF_0 + 9 * c->cpl), 0, 0xFFFFFFFF, 0x93u | (u32)c->cpl << 5, 0xC);
    put_segment(FS, CONFORMING, 0, 0xFFFFFFFF, 0x9F, 0xC);
    segment_set_null(&cpu.seg[GS], 0);
    put_segment(LDTR, SEL_LDT, LDT, LDT_LIMIT, 0x82, 0);
    if (chance(12)) segment_set_null(&cpu.seg[LDTR], 0);
    put_segment(TR, SEL_A, TSS_A, chance(16) ? below(0x20) : 0x67, tss_wide ? 0x8B : 0x83, 0);
    for (u32 n = 0; n < 8; n++) cpu.r[n] = 0x11111111 * (n + 1);
    cpu.r[EAX] = (c->selector | 0xABCD0000u);
    cpu.r[ESP] = STACK | (narrow_stack ? 0x5EED0000u : 0);
    cpu.eip = CODE + 32u * (u32)c->what + (c->wide ? 0 : 16);
    cpu.idtr.limit = chance(50) ? (u16)(8 * VECTOR + below(8)) : 0x7FF;
    cpu.halted = cpu.shut_down = cpu.intr = cpu.shadow = cpu.shadow_debug = false;
    cpu.delivering = 0;
    cpu.debug_pending = 0;
    cpu_set_eflags(&cpu, FLAG_1 | FLAG_CF | FLAG_IF | (rnd() & 0x3000) | (c->what == IRET_ && c->role >= OF_TSS ? FLAG_NT : 0u));
}

static void make_case(case_t *c)
{
    c->offset = 0x8400 + below(0x100);
    c->image = (rnd() & 0x7ED5) | 2;
    c->short_stack = (c->what == CALL_ || c->what >= INT_N) && chance(12);      /* no parameters then: which of two faults comes first is not said */
    choose_selectors(c);
    choose_way(c);
    make_idt(c);
    put(ram + POINTER, c->wide ? W32 : W16, c->offset);
    put(ram + POINTER + (c->wide ? 4 : 2), W16, c->selector);
    push_frame(c, STACK);
    make_processor(c);
}

/* ---- running ---- */

static struct { observer_t observer; jmp_buf out; bool external, running; int vector; u32 code; } watcher;

static void event(observer_t *self, cpu_t *c, event_kind_t kind, u8 vector, bool has_code, u32 code)
{
    (void)self; (void)c;
    if (kind == EVENT_INTERRUPT) { watcher.running = true; return; }
    watcher.vector = (int)vector;
    watcher.code = has_code ? code : 0;
    longjmp(watcher.out, 1);
}
static void before(observer_t *self, cpu_t *c, u32 eip, unsigned length)
{
    (void)self; (void)length;
    if (watcher.external && watcher.running) {                 /* the handler's first instruction: far enough */
        c->eip = eip;
        longjmp(watcher.out, 2);
    }
}
static u8 acknowledge(void *pic) { (void)pic; cpu_intr(&cpu, false); return VECTOR; }

static void run(const case_t *c)
{
    watcher.vector = M_NONE;
    watcher.code = 0;
    watcher.external = c->what == INTR_;
    watcher.running = false;
    cpu_settle(&cpu);
    if (watcher.external) cpu_intr(&cpu, true);
    if (setjmp(watcher.out) == 0)
        cpu_run(&cpu, cpu_instructions(&cpu) + 1);
    u32 eip = cpu.eip;
    cpu.mode &= (u16)~MODE_STEP;
    cpu_settle(&cpu);
    cpu.eip = eip;
}

/* ---- the model's view ---- */

static m_segment_t to_model(const segment_t *s)
{
    return (m_segment_t){ s->selector, (u8)s->attributes, (u8)(s->attributes >> 12), s->base, s->limit, s->attributes & SEG_PRESENT };
}

static m_outcome_t expected(const case_t *c)
{
    m_outcome_t o = { .vector = M_NONE };
    m_machine_t *m = &o.after;
    *m = (m_machine_t){ .ram = ram, .gdt = GDT, .gdt_limit = GDT_LIMIT, .idt = IDT, .idt_limit = cpu.idtr.limit, .cpl = cpu.cpl, .esp = cpu.r[ESP],
                        .eip = cpu.eip + lengths[c->what] + (c->wide || !whats[c->what].wide_too ? 0u : 1u), .eflags = cpu_eflags(&cpu) };
    for (int i = 0; i < M_SEGMENTS; i++) m->seg[i] = to_model(&cpu.seg[i]);
    u32 bytes = c->wide ? 4 : 2;
    switch (c->what) {
    case MOV_DS: m_mov(&o, M_DS, c->selector); break;
    case MOV_FS: m_mov(&o, M_FS, c->selector); break;
    case MOV_SS: m_mov(&o, M_SS, c->selector); break;
    case LAR_:   m_ask(&o, 'A', c->selector, bytes); break;
    case LSL_:   m_ask(&o, 'L', c->selector, bytes); break;
    case VERR_:  m_ask(&o, 'R', c->selector, bytes); break;
    case VERW_:  m_ask(&o, 'W', c->selector, bytes); break;
    case LLDT_:  m_lldt(&o, c->selector); break;
    case LTR_:   m_ltr(&o, c->selector); break;
    case JMP_:   m_far(&o, c->selector, c->offset, false, bytes); break;
    case CALL_:  m_far(&o, c->selector, c->offset, true, bytes); break;
    case RETF_:  m_return(&o, bytes, 0, false); break;
    case RETF_N: m_return(&o, bytes, 8, false); break;
    case IRET_:  m_iret(&o, bytes); break;
    case INT_N:  m_interrupt(&o, VECTOR, 0); break;
    default:     m_interrupt(&o, VECTOR, 1); break;
    }
    return o;
}

/* ---- comparing ---- */

static const char *const names[M_SEGMENTS] = { "ES", "CS", "SS", "DS", "FS", "GS", "LDTR", "TR" };

static const char *wrong_segments(const m_machine_t *want, bool selectors_alone)
{
    for (int i = 0; i < M_SEGMENTS; i++) {
        const m_segment_t *w = &want->seg[i];
        m_segment_t is = to_model(&cpu.seg[i]);
        if (is.selector != w->selector) return names[i];
        if (selectors_alone) continue;
        if (is.usable != w->usable) return names[i];
        if (w->usable && (is.access != w->access || is.g_d != w->g_d || is.base != w->base || is.limit != w->limit)) return names[i];
    }
    return NULL;
}

static const char *wrong_stack(const m_outcome_t *o)
{
    const segment_t *ss = &cpu.seg[SS];
    u32 mask = m_width(&o->after.seg[M_SS]);
    if ((cpu.r[ESP] ^ o->after.esp) & mask) return "ESP";
    for (u32 i = 0; i < o->pushes; i++) {
        u32 at = ss->base + ((cpu.r[ESP] + (o->pushes - 1 - i) * o->push_bytes) & mask);
        if (at < RAM - 4 && get(ram + at, o->push_bytes == 2 ? W16 : W32) != o->push[i]) return "what was pushed";
    }
    return NULL;
}

static const char *wrong_busy(const m_outcome_t *o)
{
    if (o->busy && !(ram[GDT + (o->busy & ~7u) + 5] & 2)) return "the new TSS is not marked busy";
    if (o->free && o->free >> 3 != o->busy >> 3 && ram[GDT + (o->free & ~7u) + 5] & 2) return "the old TSS is still marked busy";
    return NULL;
}

typedef struct { u32 r[8], eip, eflags, cr0; u8 cpl, stack[64], inner[2][0x140], tss[2][0x68]; segment_t seg[N_ALL_SEGMENTS]; } picture_t;

/* What a switch leaves in the old task's TSS, and its link in the new one.  Vol. 3A, 7.3 item 7, 7.4. */
static const char *wrong_saved(const case_t *c, const picture_t *old)
{
    bool wide_tss = old->seg[TR].attributes & 8, returns = c->what == IRET_, nests = c->what == CALL_ || c->what >= INT_N;
    const u8 *t = ram + TSS_A;
    u32 next = old->eip + lengths[c->what] + (c->wide || !whats[c->what].wide_too ? 0u : 1u), flags = returns ? old->eflags & ~(u32)FLAG_NT : old->eflags;
    width_t w = wide_tss ? W32 : W16;
    u32 step = w / 8, at = wide_tss ? 0x20 : 0x0E;
    if (get(t + at, w) != (next & mask(w))) return "the EIP saved";
    if (get(t + at + step, w) != (flags & mask(w))) return "the EFLAGS saved";
    for (u32 n = 0; n < 8; n++)
        if (get(t + at + (2 + n) * step, w) != (old->r[n] & mask(w))) return "a register saved";
    for (u32 n = 0; n < 4; n++)
        if (get(t + at + (10 + n) * step, W16) != old->seg[n].selector) return "a selector saved";
    if (nests && get(ram + cpu.seg[TR].base, W16) != SEL_A) return "the link";
    return NULL;
}

static const char *wrong_success(const case_t *c, const m_outcome_t *o, const picture_t *old)
{
    const char *bad = wrong_segments(&o->after, false);
    u32 flags = o->switched || c->what == IRET_ ? 0x7FD5 & ~(u32)FLAG_TF : FLAG_IF | FLAG_NT | FLAG_CF;
    bool asks = c->what >= LAR_ && c->what <= VERW_;
    if (bad) return bad;
    if (cpu.cpl != o->after.cpl) return "CPL";
    if (cpu.eip != o->after.eip) return "EIP";
    if (!asks && (cpu_eflags(&cpu) ^ o->after.eflags) & flags) return "EFLAGS";
    if (asks && ((cpu_eflags(&cpu) & FLAG_ZF) != 0) != o->zf) return "ZF";
    u32 ecx = 0x22222222, mask = c->wide ? 0xFFFFFFFF : 0xFFFF;
    if (asks && cpu.r[ECX] != (o->loaded ? (ecx & ~mask) | o->value : ecx)) return "what LAR or LSL loads";
    if (o->switched && !(cpu.cr0 & CR0_TS)) return "CR0.TS";
    if (o->switched && (bad = wrong_saved(c, old))) return bad;
    bad = wrong_stack(o);
    return bad ? bad : wrong_busy(o);
}

static void take_picture(picture_t *p)
{
    memset(p, 0, sizeof *p);
    memcpy(p->r, cpu.r, sizeof p->r);
    p->eip = cpu.eip; p->eflags = cpu_eflags(&cpu); p->cr0 = cpu.cr0; p->cpl = cpu.cpl;
    memcpy(p->stack, ram + STACK - sizeof p->stack, sizeof p->stack);
    memcpy(p->inner[0], ram + 0x7C0, sizeof p->inner[0]);
    memcpy(p->inner[1], ram + INNER + 0x7C0, sizeof p->inner[1]);
    memcpy(p->tss[0], ram + TSS_A, sizeof p->tss[0]);
    memcpy(p->tss[1], ram + TSS_B, sizeof p->tss[1]);
    for (int i = 0; i < N_ALL_SEGMENTS; i++) p->seg[i] = cpu.seg[i];
}

/* A fault commits nothing; one inside a task switch commits the switch. */
static const char *wrong_fault(const m_outcome_t *o, const picture_t *old)
{
    static picture_t now;
    if (o->switched) {
        const char *bad = wrong_segments(&o->after, true);
        if (bad) return bad;
        if (cpu.cpl != o->after.cpl) return "CPL in the new task";
        if (cpu.eip != o->after.eip) return "EIP in the new task";
        if (cpu.r[ESP] != o->after.esp) return "ESP in the new task";
        return wrong_busy(o);
    }
    take_picture(&now);
    if (memcmp(now.r, old->r, sizeof now.r) != 0) return "a fault changed a register";
    if (now.eip != old->eip) return "a fault moved EIP";
    if (now.eflags != old->eflags || now.cr0 != old->cr0 || now.cpl != old->cpl) return "a fault changed flags, CR0 or CPL";
    if (memcmp(now.stack, old->stack, sizeof now.stack) != 0 || memcmp(now.inner, old->inner, sizeof now.inner) != 0) return "a fault wrote to a stack";
    if (memcmp(now.tss, old->tss, sizeof now.tss) != 0) return "a fault wrote to a TSS";
    for (int i = 0; i < N_ALL_SEGMENTS; i++)
        if (now.seg[i].selector != old->seg[i].selector || now.seg[i].attributes != old->seg[i].attributes || now.seg[i].base != old->seg[i].base
            || now.seg[i].limit != old->seg[i].limit) return "a fault changed a segment register";
    return NULL;
}

static bool run_case(case_t *c, u64 number)
{
    static picture_t old;
    seed = number * 0x9E3779B97F4A7C15u + 1;
    rnd();
    make_case(c);
    m_outcome_t o = expected(c);
    take_picture(&old);
    run(c);
    const char *bad = watcher.vector != o.vector ? "the exception" : o.vector != M_NONE && watcher.code != o.code ? "the error code"
                    : o.vector == M_NONE ? wrong_success(c, &o, &old) : wrong_fault(&o, &old);
    if (bad)
        printf("case %llu: %s, %d bits, CPL %u, selector %04X, access byte %02X for %s: %s differs: the model says vector %d (%X), the processor %d (%X)\n",
               (unsigned long long)number, whats[c->what].name, c->wide ? 32 : 16, c->cpl, c->selector, c->access, roles[c->role], bad, o.vector, o.code,
               watcher.vector, watcher.code);
    return !bad;
}

/* ---- all of them ---- */

#if defined(__SANITIZE_ADDRESS__)
enum { REPEATS = 1 };
#elif defined(__has_feature)
#  if __has_feature(address_sanitizer)
enum { REPEATS = 1 };
#  else
enum { REPEATS = 4 };
#  endif
#else
enum { REPEATS = 4 };
#endif

static void power_on(void)
{
    memset(ram, 0, sizeof ram);
    bus_init(&bus, ram, RAM);
    ck_assert(cpu_init(&cpu, MODEL_PENTIUM3, &bus));
    for (u32 i = 0; i < N_WHAT; i++) {
        ram[CODE + 32 * i + 16] = 0x66;
        memcpy(ram + CODE + 32 * i, whats[i].bytes, 8);
        memcpy(ram + CODE + 32 * i + 17, whats[i].bytes, 8);
    }
    fixed_tables();
    cpu.gdtr.base = GDT; cpu.gdtr.limit = GDT_LIMIT; cpu.idtr.base = IDT;
    watcher.observer = (observer_t){ .before = before, .event = event };
    cpu.acknowledge = acknowledge;
    cpu_observe(&cpu, &watcher.observer);
    lacking_quiet(true);
}
static void power_off(void) { cpu_free(&cpu); }

static u32 all_of(what_t what, role_t role, u32 repeats, u32 *wrong)
{
    u32 n = 0, ways = whats[what].wide_too ? 2 : 1;
    for (u32 i = 0; i < 256u * 16 * repeats * ways && *wrong < 20; i++, n++) {
        case_t c = { .what = what, .role = role, .access = (u8)i, .cpl = i >> 8 & 3, .rpl = i >> 10 & 3, .wide = ways == 1 || i / (256 * 16) & 1 };
        *wrong += !run_case(&c, ((u64)what << 40) + ((u64)role << 32) + i);
    }
    return n;
}

START_TEST(every_descriptor_check_agrees_with_the_second_model)
{
    const char *text = getenv("DESCRIPTOR_CASES");
    u32 repeats = text ? (u32)strtoul(text, NULL, 0) : REPEATS, n = 0, wrong = 0;
    for (unsigned what = 0; what < N_WHAT; what++)
        for (unsigned role = 0; role < N_ROLES; role++)
            if (fits((what_t)what, (role_t)role))
                n += all_of((what_t)what, (role_t)role, repeats, &wrong);
    printf("%u cases\n", n);
    ck_assert_uint_eq(wrong, 0);
    ck_assert(n >= 250000u * repeats || text);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("descriptors");
    tcase_set_timeout(tc, 0);
    tcase_add_checked_fixture(tc, power_on, power_off);
    tcase_add_test(tc, every_descriptor_check_agrees_with_the_second_model);
    Suite *s = suite_create("descriptors");
    suite_add_tcase(s, tc);
    return run_all(s);
}
