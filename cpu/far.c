/* far.c - JMP and CALL to another segment, directly, through a call gate, or to a task.  See far.h. */
#include "cpu/far.h"
#include "cpu/frame.h"
#include "cpu/segment.h"
#include "cpu/task.h"

/* ---- entering a code segment ---- */

void far_prove(cpu_t *cpu, entry_t *to, u32 ext)
{
    if (to->eip > to->segment.limit)
        fault(cpu, GP, ext);
    descriptor_touch(cpu, &to->d);
    to->segment = descriptor_segment(&to->d, to->segment.selector);
}

void far_commit(cpu_t *cpu, const entry_t *to)
{
    cpu->seg[CS] = to->segment;
    cpu->cpl = to->cpl;
    cpu->eip = to->eip;
    cpu_mode_changed(cpu);
}

void far_commit_real(cpu_t *cpu, u16 selector, u32 offset)
{
    segment_set_real(cpu, CS, selector);
    cpu->eip = offset;
    cpu_mode_changed(cpu);
}

static entry_t entry(const descriptor_t *d, u32 eip, u32 cpl)
{
    return (entry_t){ *d, descriptor_segment(d, with_rpl(d->selector, cpl)), eip, (u8)cpl };
}

/* ---- who may go where ---- */

entry_t far_direct(cpu_t *cpu, const descriptor_t *d, u32 offset)
{
    bool allowed = d_is_conforming(d) ? d_dpl(d) <= cpu->cpl
                 : d_is_code(d) && rpl_of(d->selector) <= cpu->cpl && d_dpl(d) == cpu->cpl;
    if (!allowed)
        fault_selector(cpu, GP, d->selector, 0);
    descriptor_need_present(cpu, d, NP, 0);
    return entry(d, offset, cpu->cpl);
}

/* The gate's own DPL was checked; the RPL in the gate's selector does not count. */
entry_t far_through_gate(cpu_t *cpu, const descriptor_t *gate, bool may_raise, u32 ext)
{
    descriptor_t d = descriptor_need(cpu, gate_selector(gate), GP, ext);
    bool raises = !d_is_conforming(&d) && d_dpl(&d) < cpu->cpl;
    if (!d_is_code(&d) || d_dpl(&d) > cpu->cpl || (raises && !may_raise))
        fault_selector(cpu, GP, d.selector, ext);
    descriptor_need_present(cpu, &d, NP, ext);
    return entry(&d, gate_offset(gate), raises ? d_dpl(&d) : cpu->cpl);
}

/* A gate or TSS may be used by those whom its DPL lets see it.  Vol. 3A, 5.8.4. */
static void check_visible(cpu_t *cpu, const descriptor_t *d)
{
    if (d_dpl(d) < cpu->cpl || d_dpl(d) < rpl_of(d->selector))
        fault_selector(cpu, GP, d->selector, 0);
}

/* ---- tasks as targets ---- */

static void switch_by(cpu_t *cpu, const descriptor_t *d, task_kind_t kind, u32 return_eip)
{
    u16 tss = d->selector;
    check_visible(cpu, d);
    if (d_type(d) == TYPE_TASK_GATE) {
        descriptor_need_present(cpu, d, NP, 0);
        tss = gate_selector(d);
    }
    task_switch(cpu, tss, &(task_entry_t){ .kind = kind, .return_eip = return_eip });
}

static bool is_task(const descriptor_t *d) { return d_is_tss(d) || d_type(d) == TYPE_TASK_GATE; }

u32 far_next_eip(const cpu_t *cpu)
{
    const cold_t *cold = cold_of(cpu, cpu->current);
    return cold->eip + cold->length;
}

/* ---- JMP ---- */

static void jump_through_gate(cpu_t *cpu, const descriptor_t *gate)
{
    check_visible(cpu, gate);
    descriptor_need_present(cpu, gate, NP, 0);
    entry_t to = far_through_gate(cpu, gate, false, 0);
    far_prove(cpu, &to, 0);
    far_commit(cpu, &to);
}

static void jump_protected(cpu_t *cpu, u16 selector, u32 offset)
{
    descriptor_t d = descriptor_need(cpu, selector, GP, 0);
    if (is_task(&d)) {
        switch_by(cpu, &d, TASK_JMP, far_next_eip(cpu));
    } else if (d_is_call_gate(&d)) {
        jump_through_gate(cpu, &d);
    } else {
        entry_t to = far_direct(cpu, &d, offset);
        far_prove(cpu, &to, 0);
        far_commit(cpu, &to);
    }
}

/* Real mode and V86: the limit of CS stays what it is (in V86 FFFFh). */
static void check_real_offset(cpu_t *cpu, u32 offset)
{
    if (offset > cpu->seg[CS].limit)
        fault(cpu, GP, 0);
}

void far_jump(cpu_t *cpu, u16 selector, u32 offset, width_t w)
{
    offset &= mask(w);
    if (is_protected(cpu)) {
        jump_protected(cpu, selector, offset);
        return;
    }
    check_real_offset(cpu, offset);
    far_commit_real(cpu, selector, offset);
}

/* ---- CALL ---- */

/* A call on the same stack. */
static void call_level(cpu_t *cpu, entry_t *to, width_t w, u32 return_eip)
{
    frame_t f;
    frame_begin(cpu, &f, w, 0);
    frame_push(&f, cpu->seg[CS].selector);
    frame_push(&f, return_eip);
    frame_prove(cpu, &f);
    far_prove(cpu, to, 0);
    frame_commit(cpu, &f);
    far_commit(cpu, to);
}

/* Vol. 3A, 5.8.5: the inner stack receives the old SS:ESP, a copy of the parameters, and the return address. */
static void call_inner(cpu_t *cpu, const descriptor_t *gate, entry_t *to, u32 return_eip)
{
    width_t w = gate_width(gate);
    frame_t f;
    frame_begin_inner(cpu, &f, w, to->cpl, 0);
    frame_push(&f, cpu->seg[SS].selector);
    frame_push(&f, cpu->r[ESP]);
    for (u32 n = gate->high & 31; n--;)
        frame_push(&f, stack_peek(cpu, n, w));
    frame_push(&f, cpu->seg[CS].selector);
    frame_push(&f, return_eip);
    frame_prove(cpu, &f);
    far_prove(cpu, to, 0);
    frame_commit(cpu, &f);
    far_commit(cpu, to);
}

static void call_through_gate(cpu_t *cpu, const descriptor_t *gate, u32 return_eip)
{
    check_visible(cpu, gate);
    descriptor_need_present(cpu, gate, NP, 0);
    entry_t to = far_through_gate(cpu, gate, true, 0);
    if (to.cpl < cpu->cpl) call_inner(cpu, gate, &to, return_eip);
    else                   call_level(cpu, &to, gate_width(gate), return_eip);
}

static void call_protected(cpu_t *cpu, u16 selector, u32 offset, width_t w, u32 return_eip)
{
    descriptor_t d = descriptor_need(cpu, selector, GP, 0);
    if (is_task(&d)) {
        switch_by(cpu, &d, TASK_CALL, return_eip);
    } else if (d_is_call_gate(&d)) {
        call_through_gate(cpu, &d, return_eip);
    } else {
        entry_t to = far_direct(cpu, &d, offset);
        call_level(cpu, &to, w, return_eip);
    }
}

void far_call(cpu_t *cpu, u16 selector, u32 offset, width_t w, u32 return_eip)
{
    offset &= mask(w);
    if (is_protected(cpu)) {
        call_protected(cpu, selector, offset, w, return_eip);
        return;
    }
    frame_t f;
    frame_begin(cpu, &f, w, 0);
    frame_push(&f, cpu->seg[CS].selector);
    frame_push(&f, return_eip);
    frame_prove(cpu, &f);
    check_real_offset(cpu, offset);
    frame_commit(cpu, &f);
    far_commit_real(cpu, selector, offset);
}
