/* model_protection.h - a second model of the descriptor checks, for test_descriptors.c to compare the processor with.
 *
 * Written from the "Operation" sections of SDM vol. 2 (MOV, JMP, CALL, RET, IRET, INT n, LAR, LSL, VERR, VERW, LLDT, LTR) and vol. 3A, 7.3 with
 * table 7-1 (task switches), in another style than cpu/: each decision is a list of rules, read from the top; the first that holds names
 * the exception.  It knows nothing of cpu/, and works on a copy of the registers and on memory that it only reads.
 *
 * Left out: V86 mode, paging, the I/O map, SYSENTER, what a task switch saves and loads besides what is compared. */
#pragma once
#include "mem/base.h"

enum { M_ES, M_CS, M_SS, M_DS, M_FS, M_GS, M_LDTR, M_TR, M_SEGMENTS };
enum { M_TS = 10, M_NP, M_SS_FAULT, M_GP, M_NONE = -1 };
enum { M_FLAG_IF = 1 << 9, M_FLAG_NT = 1 << 14 };

typedef struct { u16 selector; u8 access, g_d; u32 base, limit; bool usable; } m_segment_t;      /* g_d: bits 20-23 of the descriptor's upper half */

typedef struct {
    const u8   *ram;
    u32         gdt, gdt_limit, idt, idt_limit;
    m_segment_t seg[M_SEGMENTS];
    u8          cpl;
    u32         esp, eip, eflags;              /* eip: of the next instruction */
} m_machine_t;

typedef struct {
    int         vector;                        /* M_NONE: no exception */
    u32         code;
    m_machine_t after;
    bool        zf, loaded;                    /* LAR and friends; LAR, LSL: `value` goes to the register */
    u32         value;
    u32         push[40], pushes, push_bytes;  /* in the order of pushing */
    u16         busy, free;                    /* TSS descriptors marked so; 0: none */
    bool        switched;                      /* to another task: what faults now is the new one's */
} m_outcome_t;

/* ---- looking at a descriptor ---- */

typedef struct {
    const m_machine_t *m;
    u16  selector;
    bool null, outside;
    u32  low, high, limit, rpl, dpl, type;     /* type: with the S bit as bit 4 */
    bool present, code, data, conforming, readable, writable;
    u32  cpl;                                  /* who is judged */
    u32  eip;                                  /* where it goes, for limit checks */
    u32  ext;
} m_look_t;

static u32 m_word(const u8 *p)  { return p[0] | (u32)p[1] << 8; }
static u32 m_dword(const u8 *p) { return m_word(p) | m_word(p + 2) << 16; }

static void m_decode(m_look_t *l)
{
    l->type = l->high >> 8 & 31;
    l->dpl = l->high >> 13 & 3;
    l->present = l->high >> 15 & 1;
    l->limit = (l->low & 0xFFFF) | (l->high & 0xF0000);
    if (l->high >> 23 & 1)
        l->limit = (l->limit << 12) + 0xFFF;
    l->code = l->type >= 24;
    l->data = l->type >= 16 && l->type < 24;
    l->conforming = l->code && l->type & 4;
    l->readable = l->data || (l->code && l->type & 2);
    l->writable = l->data && l->type & 2;
}

static m_look_t m_look(const m_machine_t *m, u16 selector, u32 ext)
{
    m_look_t l = { .m = m, .selector = selector, .null = selector < 4, .rpl = selector & 3u, .cpl = m->cpl, .ext = ext };
    const m_segment_t *ldt = &m->seg[M_LDTR];
    bool local = selector & 4;
    u32 base = local ? ldt->base : m->gdt, limit = local ? ldt->limit : m->gdt_limit;
    l.outside = (local && !ldt->usable) || (selector | 7u) > limit;
    if (!l.outside) {
        l.low = m_dword(m->ram + base + (selector & ~7u));
        l.high = m_dword(m->ram + base + (selector & ~7u) + 4);
    }
    m_decode(&l);
    return l;
}

static m_segment_t m_segment(const m_look_t *l, u32 more)
{
    u8 access = (u8)(l->high >> 8);
    return (m_segment_t){ l->selector, (u8)(access | more), (u8)(l->high >> 20 & 15), l->low >> 16 | (l->high & 0xFF) << 16 | (l->high & 0xFF000000), l->limit, true };
}

/* ---- rules ---- */

typedef bool m_test_t(const m_look_t *);
typedef enum { SELECTOR, ZERO } m_code_t;
typedef struct { m_test_t *broken; s8 vector; u8 code; } m_rule_t;

static bool null_(const m_look_t *l)            { return l->null; }
static bool local_(const m_look_t *l)           { return l->selector & 4; }
static bool outside_(const m_look_t *l)         { return l->outside; }
static bool absent_(const m_look_t *l)          { return !l->present; }
static bool not_code(const m_look_t *l)         { return !l->code; }
static bool not_readable(const m_look_t *l)     { return !l->readable; }
static bool not_writable(const m_look_t *l)     { return !l->writable; }
static bool not_ldt(const m_look_t *l)          { return l->type != 2; }
static bool not_free_tss(const m_look_t *l)     { return l->type != 1 && l->type != 9; }
static bool not_busy_tss(const m_look_t *l)     { return l->type != 3 && l->type != 11; }
static bool level_not_0(const m_look_t *l)      { return l->cpl != 0; }
static bool rpl_is_not_cpl(const m_look_t *l)   { return l->rpl != l->cpl; }
static bool dpl_is_not_cpl(const m_look_t *l)   { return l->dpl != l->cpl; }
static bool rpl_below_cpl(const m_look_t *l)    { return l->rpl < l->cpl; }
static bool gate_is_inner(const m_look_t *l)    { return l->dpl < l->cpl || l->dpl < l->rpl; }
static bool data_is_inner(const m_look_t *l)    { return !l->conforming && gate_is_inner(l); }
static bool code_is_inner(const m_look_t *l)    { return l->dpl > l->cpl; }                                  /* a target more outward than the caller */
static bool not_my_code(const m_look_t *l)      { return l->conforming ? l->dpl > l->cpl : l->rpl > l->cpl || l->dpl != l->cpl; }
static bool not_my_gates_code(const m_look_t *l){ return l->conforming ? l->dpl > l->cpl : l->dpl != l->cpl; }
static bool not_rpls_code(const m_look_t *l)    { return l->conforming ? l->dpl > l->rpl : l->dpl != l->rpl; }
static bool eip_outside(const m_look_t *l)      { return l->eip > l->limit; }
static bool short_tss(const m_look_t *l)        { return l->limit < (l->type & 8 ? 0x67u : 0x2Bu); }

#define END { NULL, 0, 0 }
static const m_rule_t mov_data[]  = { { outside_, M_GP, SELECTOR }, { not_readable, M_GP, SELECTOR }, { data_is_inner, M_GP, SELECTOR }, { absent_, M_NP, SELECTOR }, END };
static const m_rule_t mov_stack[] = { { null_, M_GP, ZERO }, { outside_, M_GP, SELECTOR }, { rpl_is_not_cpl, M_GP, SELECTOR }, { not_writable, M_GP, SELECTOR },
                                      { dpl_is_not_cpl, M_GP, SELECTOR }, { absent_, M_SS_FAULT, SELECTOR }, END };
static const m_rule_t lldt[]      = { { level_not_0, M_GP, ZERO }, END };
static const m_rule_t lldt_rest[] = { { local_, M_GP, SELECTOR }, { outside_, M_GP, SELECTOR }, { not_ldt, M_GP, SELECTOR }, { absent_, M_NP, SELECTOR }, END };
static const m_rule_t ltr[]       = { { level_not_0, M_GP, ZERO }, { null_, M_GP, ZERO }, { local_, M_GP, SELECTOR }, { outside_, M_GP, SELECTOR },
                                      { not_free_tss, M_GP, SELECTOR }, { absent_, M_NP, SELECTOR }, END };
static const m_rule_t far_any[]   = { { null_, M_GP, ZERO }, { outside_, M_GP, SELECTOR }, END };
static const m_rule_t far_code[]  = { { not_my_code, M_GP, SELECTOR }, { absent_, M_NP, SELECTOR }, END };
static const m_rule_t far_gate[]  = { { gate_is_inner, M_GP, SELECTOR }, { absent_, M_NP, SELECTOR }, END };
static const m_rule_t far_tss[]   = { { local_, M_GP, SELECTOR }, { gate_is_inner, M_GP, SELECTOR }, { not_free_tss, M_GP, SELECTOR }, { absent_, M_NP, SELECTOR }, END };
static const m_rule_t jmp_gates[] = { { null_, M_GP, ZERO }, { outside_, M_GP, SELECTOR }, { not_code, M_GP, SELECTOR }, { not_my_gates_code, M_GP, SELECTOR },
                                      { absent_, M_NP, SELECTOR }, END };
static const m_rule_t call_gates[]= { { null_, M_GP, ZERO }, { outside_, M_GP, SELECTOR }, { not_code, M_GP, SELECTOR }, { code_is_inner, M_GP, SELECTOR },
                                      { absent_, M_NP, SELECTOR }, END };
static const m_rule_t gates_tss[] = { { local_, M_GP, SELECTOR }, { outside_, M_GP, SELECTOR }, { not_free_tss, M_GP, SELECTOR }, { absent_, M_NP, SELECTOR }, END };
static const m_rule_t in_limit[]  = { { eip_outside, M_GP, ZERO }, END };
static const m_rule_t inner_ss[]  = { { null_, M_TS, ZERO }, { outside_, M_TS, SELECTOR }, { rpl_is_not_cpl, M_TS, SELECTOR }, { dpl_is_not_cpl, M_TS, SELECTOR },
                                      { not_writable, M_TS, SELECTOR }, { absent_, M_SS_FAULT, SELECTOR }, END };
static const m_rule_t ret_code[]  = { { null_, M_GP, ZERO }, { outside_, M_GP, SELECTOR }, { not_code, M_GP, SELECTOR }, { rpl_below_cpl, M_GP, SELECTOR },
                                      { not_rpls_code, M_GP, SELECTOR }, { absent_, M_NP, SELECTOR }, END };
static const m_rule_t ret_ss[]    = { { null_, M_GP, ZERO }, { outside_, M_GP, SELECTOR }, { rpl_is_not_cpl, M_GP, SELECTOR }, { not_writable, M_GP, SELECTOR },
                                      { dpl_is_not_cpl, M_GP, SELECTOR }, { absent_, M_SS_FAULT, SELECTOR }, END };
static const m_rule_t link_tss[]  = { { local_, M_TS, SELECTOR }, { outside_, M_TS, SELECTOR }, { not_busy_tss, M_TS, SELECTOR }, { absent_, M_NP, SELECTOR }, END };
/* Table 7-1, by register. */
static const m_rule_t task_size[] = { { short_tss, M_TS, SELECTOR }, END };
static const m_rule_t task_ldt[]  = { { local_, M_TS, SELECTOR }, { outside_, M_TS, SELECTOR }, { not_ldt, M_TS, SELECTOR }, { absent_, M_TS, SELECTOR }, END };
static const m_rule_t task_cs[]   = { { null_, M_TS, ZERO }, { outside_, M_TS, SELECTOR }, { not_code, M_TS, SELECTOR }, { not_rpls_code, M_TS, SELECTOR }, { absent_, M_NP, SELECTOR }, END };
static const m_rule_t task_ss[]   = { { null_, M_TS, ZERO }, { outside_, M_TS, SELECTOR }, { not_writable, M_TS, SELECTOR }, { absent_, M_SS_FAULT, SELECTOR },
                                      { dpl_is_not_cpl, M_TS, SELECTOR }, { rpl_is_not_cpl, M_TS, SELECTOR }, END };
static const m_rule_t task_data[] = { { outside_, M_TS, SELECTOR }, { not_readable, M_TS, SELECTOR }, { absent_, M_NP, SELECTOR }, { data_is_inner, M_TS, SELECTOR }, END };

static bool m_fail(m_outcome_t *o, int vector, u32 code)
{
    o->vector = vector;
    o->code = code;
    return false;
}

static bool m_obey(m_outcome_t *o, const m_rule_t *rule, const m_look_t *l)
{
    for (; rule->broken; rule++)
        if (rule->broken(l))
            return m_fail(o, rule->vector, (rule->code == SELECTOR ? l->selector & 0xFFFCu : 0u) | l->ext);
    return true;
}

/* ---- the stack ---- */

static bool m_room(const m_segment_t *ss, u32 offset, u32 bytes)
{
    bool down = ss->access & 4, big = ss->g_d & 4;
    u32 last = offset + bytes - 1;
    if (last < offset || !ss->usable)
        return false;
    return down ? offset > ss->limit && (big || last <= 0xFFFF) : last <= ss->limit;
}

static u32 m_width(const m_segment_t *ss) { return ss->g_d & 4 ? 0xFFFFFFFF : 0xFFFF; }

static void m_push(m_outcome_t *o, u32 value) { o->push[o->pushes++] = o->push_bytes == 2 ? value & 0xFFFF : value; }

/* All that was pushed must fit below esp. */
static bool m_fits(m_outcome_t *o, const m_segment_t *ss, u32 esp, u32 code)
{
    for (u32 i = 1; i <= o->pushes; i++)
        if (!m_room(ss, (esp - i * o->push_bytes) & m_width(ss), o->push_bytes))
            return m_fail(o, M_SS_FAULT, code);
    o->after.seg[M_SS] = *ss;
    o->after.esp = (esp & ~m_width(ss)) | ((esp - o->pushes * o->push_bytes) & m_width(ss));
    return true;
}

static u32 m_peek(const m_machine_t *m, u32 n, u32 bytes)
{
    const m_segment_t *ss = &m->seg[M_SS];
    const u8 *p = m->ram + ss->base + ((m->esp + n * bytes) & m_width(ss));
    return bytes == 2 ? m_word(p) : m_dword(p);
}

/* ---- task switches ---- */

typedef enum { BY_JMP, BY_CALL, BY_IRET } m_by_t;

static void m_task_segments(m_outcome_t *o, const u8 *tss, bool wide, u32 ext)
{
    static const struct { u8 seg, at32, at16; } data[] = { { M_ES, 0x48, 0x22 }, { M_DS, 0x54, 0x28 }, { M_FS, 0x58, 0 }, { M_GS, 0x5C, 0 } };
    m_machine_t *m = &o->after;
    m_look_t l = m_look(m, (u16)m_word(tss + (wide ? 0x60 : 0x2A)), ext);
    m->seg[M_LDTR] = (m_segment_t){ .selector = l.selector };
    if (!l.null) {
        if (!m_obey(o, task_ldt, &l)) return;
        m->seg[M_LDTR] = m_segment(&l, 0);
    }
    l = m_look(m, m->seg[M_CS].selector, ext);
    if (!m_obey(o, task_cs, &l)) return;
    m->seg[M_CS] = m_segment(&l, 1);
    m_look_t s = m_look(m, m->seg[M_SS].selector, ext);
    if (!m_obey(o, task_ss, &s)) return;
    m->seg[M_SS] = m_segment(&s, 1);
    for (unsigned i = 0; i < COUNT_OF(data); i++) {
        m_look_t d = m_look(m, m->seg[data[i].seg].selector, ext);
        if (d.null) continue;
        if (!m_obey(o, task_data, &d)) return;
        m->seg[data[i].seg] = m_segment(&d, 1);
    }
    l.eip = m->eip;
    m_obey(o, in_limit, &l);
}

static void m_switch(m_outcome_t *o, const m_look_t *to, m_by_t by)
{
    static const struct { u8 seg, at32, at16; } all[] = { { M_ES, 0x48, 0x22 }, { M_CS, 0x4C, 0x24 }, { M_SS, 0x50, 0x26 }, { M_DS, 0x54, 0x28 }, { M_FS, 0x58, 0 }, { M_GS, 0x5C, 0 } };
    if (!m_obey(o, task_size, to)) return;
    m_machine_t *m = &o->after;
    u16 old = m->seg[M_TR].selector;
    m_segment_t tr = m_segment(to, 2);
    const u8 *tss = m->ram + tr.base;
    bool wide = to->type & 8;
    o->switched = true;
    o->busy = by == BY_IRET ? 0 : to->selector;
    o->free = by == BY_CALL ? 0 : old;
    m->seg[M_TR] = tr;
    m->eip = wide ? m_dword(tss + 0x20) : m_word(tss + 0x0E);
    m->eflags = (wide ? m_dword(tss + 0x24) : m_word(tss + 0x10)) | (by == BY_CALL ? (u32)M_FLAG_NT : 0);
    m->esp = wide ? m_dword(tss + 0x38) : m_word(tss + 0x1A) | 0xFFFF0000;
    for (unsigned i = 0; i < COUNT_OF(all); i++)
        m->seg[all[i].seg] = (m_segment_t){ .selector = wide ? (u16)m_word(tss + all[i].at32) : all[i].at16 ? (u16)m_word(tss + all[i].at16) : 0 };
    m->cpl = m->seg[M_CS].selector & 3;
    m_task_segments(o, tss, wide, to->ext);
}

static void m_task_gate(m_outcome_t *o, const m_look_t *gate, m_by_t by)
{
    m_look_t to = m_look(gate->m, (u16)(gate->low >> 16), gate->ext);
    if (m_obey(o, gates_tss, &to)) m_switch(o, &to, by);
}

/* ---- far transfers ---- */

static void m_enter(m_outcome_t *o, const m_look_t *code, u32 cpl)
{
    o->after.seg[M_CS] = m_segment(code, 1);
    o->after.seg[M_CS].selector = (u16)((code->selector & ~3u) | cpl);
    o->after.cpl = (u8)cpl;
    o->after.eip = code->eip;
}

static u32 m_gate_eip(const m_look_t *gate) { return gate->type & 8 ? (gate->low & 0xFFFF) | (gate->high & 0xFFFF0000) : gate->low & 0xFFFF; }

/* The stack for the inner level, from the TSS: TS(TR) if it lies outside. */
static bool m_inner_stack(m_outcome_t *o, u32 level, u32 ext, m_look_t *ss, u32 *esp)
{
    const m_machine_t *m = &o->after;
    const m_segment_t *tr = &m->seg[M_TR];
    bool wide = tr->access & 8;
    u32 at = wide ? level * 8 + 4 : level * 4 + 2;
    if (at + (wide ? 5u : 3u) > tr->limit)
        return m_fail(o, M_TS, (tr->selector & 0xFFFCu) | ext);
    *esp = wide ? m_dword(m->ram + tr->base + at) : m_word(m->ram + tr->base + at);
    *ss = m_look(m, (u16)m_word(m->ram + tr->base + at + (wide ? 4 : 2)), ext);
    ss->cpl = level;
    return m_obey(o, inner_ss, ss);
}

/* Through a call, interrupt or trap gate: `head` values first, then (inward) SS:ESP and parameters, then the event's. */
static void m_through(m_outcome_t *o, const m_look_t *gate, bool event)
{
    const m_machine_t before = o->after;
    m_look_t code = m_look(&before, (u16)(gate->low >> 16), gate->ext);
    if (!m_obey(o, call_gates, &code)) return;
    code.eip = m_gate_eip(gate);
    m_segment_t stack = before.seg[M_SS];
    u32 level = code.conforming ? before.cpl : code.dpl, esp = before.esp, stack_code = gate->ext;
    o->push_bytes = gate->type & 8 ? 4 : 2;
    if (level < before.cpl) {
        m_look_t ss;
        if (!m_inner_stack(o, level, gate->ext, &ss, &esp)) return;
        stack = m_segment(&ss, 1);
        stack_code = (ss.selector & 0xFFFCu) | gate->ext;
        m_push(o, before.seg[M_SS].selector);
        m_push(o, before.esp);
        for (u32 n = event ? 0 : gate->high & 31; n--;)
            m_push(o, m_peek(&before, n, o->push_bytes));
    }
    if (event)
        m_push(o, before.eflags);
    m_push(o, before.seg[M_CS].selector);
    m_push(o, before.eip);
    if (!m_fits(o, &stack, esp, stack_code) || !m_obey(o, in_limit, &code)) return;
    m_enter(o, &code, level);
    if (event)
        o->after.eflags &= ~(u32)(M_FLAG_NT | (gate->type & 1 ? 0 : M_FLAG_IF));
}

static void m_jump_gate(m_outcome_t *o, const m_look_t *gate)
{
    m_look_t code = m_look(gate->m, (u16)(gate->low >> 16), 0);
    code.eip = m_gate_eip(gate);
    if (m_obey(o, jmp_gates, &code) && m_obey(o, in_limit, &code)) m_enter(o, &code, gate->m->cpl);
}

static void m_far(m_outcome_t *o, u16 selector, u32 offset, bool call, u32 bytes)
{
    const m_machine_t before = o->after;
    m_look_t l = m_look(&before, selector, 0);
    l.eip = offset;
    if (!m_obey(o, far_any, &l)) return;
    bool gate = l.type == 4 || l.type == 12, tss = l.type == 1 || l.type == 3 || l.type == 9 || l.type == 11;
    if (l.code) {
        if (!m_obey(o, far_code, &l)) return;
        o->push_bytes = bytes;
        if (call) m_push(o, before.seg[M_CS].selector), m_push(o, before.eip);
        if (call && !m_fits(o, &before.seg[M_SS], before.esp, 0)) return;
        if (m_obey(o, in_limit, &l)) m_enter(o, &l, before.cpl);
    } else if (gate) {
        if (!m_obey(o, far_gate, &l)) return;
        if (call) m_through(o, &l, false);
        else      m_jump_gate(o, &l);
    } else if (l.type == 5) {
        if (m_obey(o, far_gate, &l)) m_task_gate(o, &l, call ? BY_CALL : BY_JMP);
    } else if (tss) {
        if (m_obey(o, far_tss, &l)) m_switch(o, &l, call ? BY_CALL : BY_JMP);
    } else {
        m_fail(o, M_GP, selector & 0xFFFCu);
    }
}

/* INT n (ext 0), or an external interrupt (ext 1). */
static void m_interrupt(m_outcome_t *o, u32 vector, u32 ext)
{
    const m_machine_t before = o->after;
    u32 code = vector * 8 + 2 + ext;
    m_look_t gate = { .m = &before, .ext = ext, .cpl = before.cpl };
    if (vector * 8 + 7 > before.idt_limit) { m_fail(o, M_GP, code); return; }
    gate.low = m_dword(before.ram + before.idt + vector * 8);
    gate.high = m_dword(before.ram + before.idt + vector * 8 + 4);
    m_decode(&gate);
    bool good = gate.type == 5 || gate.type == 6 || gate.type == 7 || gate.type == 14 || gate.type == 15;
    if (!good || (!ext && gate.dpl < before.cpl)) { m_fail(o, M_GP, code); return; }
    if (!gate.present) { m_fail(o, M_NP, code); return; }
    if (gate.type == 5) m_task_gate(o, &gate, BY_CALL);
    else                m_through(o, &gate, true);
}

/* ---- returns ---- */

static void m_hide(m_machine_t *m)
{
    static const u8 data[] = { M_ES, M_FS, M_GS, M_DS };
    for (unsigned i = 0; i < COUNT_OF(data); i++) {
        m_segment_t *s = &m->seg[data[i]];
        bool conforming = (s->access & 0x1C) == 0x1C;
        if (s->usable && !conforming && (s->access >> 5 & 3) < m->cpl)
            *s = (m_segment_t){ .usable = false };
    }
}

/* EIP, CS (and EFLAGS) are popped; `release` bytes more by RET n. */
static void m_return(m_outcome_t *o, u32 bytes, u32 release, bool flags)
{
    const m_machine_t before = o->after;
    m_look_t code = m_look(&before, (u16)m_peek(&before, 1, bytes), 0);
    code.eip = m_peek(&before, 0, bytes);
    u32 values = flags ? 3 : 2, image = flags ? m_peek(&before, 2, bytes) : 0;
    if (!m_obey(o, ret_code, &code)) return;
    if (code.rpl > before.cpl) {
        m_machine_t at = before;
        at.esp += values * bytes + release;
        m_look_t ss = m_look(&before, (u16)m_peek(&at, 1, bytes), 0);
        ss.cpl = code.rpl;
        if (!m_obey(o, ret_ss, &ss) || !m_obey(o, in_limit, &code)) return;
        o->after.seg[M_SS] = m_segment(&ss, 1);
        o->after.esp = m_peek(&at, 0, bytes) + release;
    } else {
        if (!m_obey(o, in_limit, &code)) return;
        o->after.esp += values * bytes + release;
    }
    m_enter(o, &code, code.rpl);
    if (o->after.cpl > before.cpl) m_hide(&o->after);
    if (flags) {
        u32 may = 0x4CD5 | (before.cpl <= (before.eflags >> 12 & 3) ? (u32)M_FLAG_IF : 0) | (before.cpl == 0 ? 0x3000u : 0);
        o->after.eflags = (before.eflags & ~may) | (image & may);
    }
}

static void m_iret(m_outcome_t *o, u32 bytes)
{
    if (!(o->after.eflags & M_FLAG_NT)) { m_return(o, bytes, 0, true); return; }
    const m_machine_t before = o->after;
    m_look_t to = m_look(&before, (u16)m_word(before.ram + before.seg[M_TR].base), 0);
    if (m_obey(o, link_tss, &to)) m_switch(o, &to, BY_IRET);
}

/* ---- loads and questions ---- */

static void m_mov(m_outcome_t *o, unsigned seg, u16 selector)
{
    m_look_t l = m_look(&o->after, selector, 0);
    if (seg != M_SS && l.null) { o->after.seg[seg] = (m_segment_t){ .selector = selector }; return; }
    if (m_obey(o, seg == M_SS ? mov_stack : mov_data, &l)) o->after.seg[seg] = m_segment(&l, 1);
}

static void m_lldt(m_outcome_t *o, u16 selector)
{
    m_look_t l = m_look(&o->after, selector, 0);
    if (!m_obey(o, lldt, &l)) return;
    if (l.null)                         o->after.seg[M_LDTR] = (m_segment_t){ .selector = selector };
    else if (m_obey(o, lldt_rest, &l))  o->after.seg[M_LDTR] = m_segment(&l, 0);
}

static void m_ltr(m_outcome_t *o, u16 selector)
{
    m_look_t l = m_look(&o->after, selector, 0);
    if (!m_obey(o, ltr, &l)) return;
    o->after.seg[M_TR] = m_segment(&l, 2);
    o->busy = selector;
}

/* LAR answers for TSSs, LDTs, call and task gates; LSL for those that have a limit; VERR and VERW for code and data alone.  Vol. 2, tables
 * "Segment and Gate Types". */
static bool m_seen(const m_look_t *l, u32 system_types)
{
    if (l->null || l->outside || (l->type < 16 && !(system_types >> l->type & 1)))
        return false;
    return l->conforming || !gate_is_inner(l);
}

static void m_ask(m_outcome_t *o, char what, u16 selector, u32 bytes)
{
    m_look_t l = m_look(&o->after, selector, 0);
    switch (what) {
    case 'A': o->zf = m_seen(&l, 0x1A3E); o->value = l.high & 0xF0FF00; break;                   /* 1-5, 9, Bh, Ch */
    case 'L': o->zf = m_seen(&l, 0x0A0E); o->value = l.limit; break;                             /* 1-3, 9, Bh */
    case 'R': o->zf = m_seen(&l, 0) && l.readable; break;
    default:  o->zf = m_seen(&l, 0) && l.writable; break;
    }
    o->loaded = o->zf && (what == 'A' || what == 'L');
    o->value &= bytes == 2 ? 0xFFFF : 0xFFFFFFFF;
}
