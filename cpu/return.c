/* return.c - RET far and IRET.  See far.h; SDM vol. 2, RET and IRET; vol. 3A, 5.8.6, 6.12.1, 20.2 (V86). */
#include "cpu/eflags.h"
#include "cpu/far.h"
#include "cpu/frame.h"
#include "cpu/segment.h"
#include "cpu/task.h"

/* The code segment on the stack: a return may stay or go outward, never inward. */
static entry_t check_return_code(cpu_t *cpu, u16 selector, u32 eip)
{
    descriptor_t d = descriptor_need(cpu, selector, GP, 0);
    u32 rpl = rpl_of(selector);
    bool allowed = d_is_code(&d) && rpl >= cpu->cpl && (d_is_conforming(&d) ? d_dpl(&d) <= rpl : d_dpl(&d) == rpl);
    if (!allowed)
        fault_selector(cpu, GP, selector, 0);
    descriptor_need_present(cpu, &d, NP, 0);
    return (entry_t){ d, descriptor_segment(&d, selector), eip, (u8)rpl };
}

/* The outer stack. */
static descriptor_t check_return_stack(cpu_t *cpu, u16 selector, u32 level)
{
    descriptor_t d = descriptor_need(cpu, selector, GP, 0);
    if (rpl_of(selector) != level || !d_is_writable(&d) || d_dpl(&d) != level)
        fault_selector(cpu, GP, selector, 0);
    descriptor_need_present(cpu, &d, SS_FAULT, 0);
    return d;
}

/* Data segments that the outer level may not use become null, so that it cannot inherit them.  Vol. 3A, 5.8.6. */
static void hide_inner_segments(cpu_t *cpu)
{
    static const u8 data[] = { ES, DS, FS, GS };
    for (unsigned i = 0; i < COUNT_OF(data); i++) {
        segment_t *s = &cpu->seg[data[i]];
        bool conforming = (s->attributes & (SEG_CODE | SEG_CONFORMING)) == (SEG_CODE | SEG_CONFORMING);
        if (!(s->attributes & SEG_PRESENT) || (!conforming && seg_dpl(s) < cpu->cpl))
            segment_set_null(s, is_null(s->selector) ? s->selector : 0);
    }
}

static void release_stack(cpu_t *cpu, u32 bytes) { set_stack_pointer(cpu, cpu->r[ESP] + bytes); }

/* Commit of a return to an outer level.  What lies on the inner stack (`below` values, then `release` bytes, then ESP, SS)
 * was not popped yet; flags: of IRET, or NULL. */
static void return_outward(cpu_t *cpu, entry_t *to, width_t w, u32 below, u16 release, const u32 *flags)
{
    u32 at = cpu->r[ESP] + below * (w / 8) + release;
    u32 esp = load(cpu, SS, at & cpu->stack_mask, w);
    u16 selector = (u16)load(cpu, SS, (at + w / 8) & cpu->stack_mask, w);
    descriptor_t ss = check_return_stack(cpu, selector, to->cpl);
    descriptor_touch(cpu, &ss);
    far_prove(cpu, to, 0);

    if (flags)
        flags_popped(cpu, *flags, w);            /* by the rules of the old level */
    cpu->seg[SS] = descriptor_segment(&ss, selector);
    u32 sp_mask = stack_mask_of(&cpu->seg[SS]);  /* a 16-bit stack receives SP only */
    cpu->r[ESP] = (cpu->r[ESP] & ~sp_mask) | ((esp + release) & sp_mask);
    far_commit(cpu, to);
    hide_inner_segments(cpu);
    cpu_mode_changed(cpu);
}

/* ---- RET ---- */

static void return_real(cpu_t *cpu, width_t w, u16 release)
{
    u32 eip = stack_peek(cpu, 0, w);
    u16 selector = (u16)stack_peek(cpu, 1, w);
    if (eip > cpu->seg[CS].limit)
        fault(cpu, GP, 0);
    release_stack(cpu, 2u * (w / 8) + release);
    far_commit_real(cpu, selector, eip);
}

void far_return(cpu_t *cpu, width_t w, u16 release)
{
    if (!is_protected(cpu)) {
        return_real(cpu, w, release);
        return;
    }
    u32 eip = stack_peek(cpu, 0, w);
    u16 selector = (u16)stack_peek(cpu, 1, w);
    entry_t to = check_return_code(cpu, selector, eip);
    if (to.cpl > cpu->cpl) {
        return_outward(cpu, &to, w, 2, release, NULL);
        return;
    }
    far_prove(cpu, &to, 0);
    release_stack(cpu, 2u * (w / 8) + release);
    far_commit(cpu, &to);
}

/* ---- IRET ---- */

/* Real mode and V86. */
static void iret_real(cpu_t *cpu, width_t w)
{
    u32 eip = stack_peek(cpu, 0, w), flags = stack_peek(cpu, 2, w);
    u16 selector = (u16)stack_peek(cpu, 1, w);
    flags_check_pop(cpu, flags, w);
    if (eip > cpu->seg[CS].limit)
        fault(cpu, GP, 0);
    release_stack(cpu, 3u * (w / 8));
    flags_popped(cpu, flags, w);
    far_commit_real(cpu, selector, eip);
}

/* From level 0 to V86: all segment registers are on the stack.  Vol. 3A, 20.2.3. */
static void iret_to_v86(cpu_t *cpu, u32 eip, u16 selector, u32 flags)
{
    static const u8 order[] = { SS, ES, DS, FS, GS };         /* behind EIP, CS, EFLAGS, ESP */
    u16 selectors[COUNT_OF(order)];
    u32 esp = stack_peek(cpu, 3, W32);
    for (u32 i = 0; i < COUNT_OF(order); i++)
        selectors[i] = (u16)stack_peek(cpu, 4 + i, W32);
    if (eip > 0xFFFF)
        fault(cpu, GP, 0);
    flags_write(cpu, flags, ~0u);
    for (u32 i = 0; i < COUNT_OF(order); i++)
        segment_set_real(cpu, order[i], selectors[i]);
    cpu->r[ESP] = esp;
    cpu->cpl = 3;
    far_commit_real(cpu, selector, eip);
}

/* NT set: return to the task that the back link names.  Vol. 3A, 7.4. */
static void iret_task(cpu_t *cpu)
{
    u16 link = (u16)load_linear(cpu, cpu->seg[TR].base, W16, false);
    task_switch(cpu, link, &(task_entry_t){ .kind = TASK_IRET, .return_eip = far_next_eip(cpu) });
}

static void iret_protected(cpu_t *cpu, width_t w)
{
    u32 eip = stack_peek(cpu, 0, w), flags = stack_peek(cpu, 2, w);
    u16 selector = (u16)stack_peek(cpu, 1, w);
    if (w == W32 && flags & FLAG_VM && cpu->cpl == 0) {
        iret_to_v86(cpu, eip, selector, flags);
        return;
    }
    entry_t to = check_return_code(cpu, selector, eip);
    if (to.cpl > cpu->cpl) {
        return_outward(cpu, &to, w, 3, 0, &flags);
        return;
    }
    far_prove(cpu, &to, 0);
    release_stack(cpu, 3u * (w / 8));
    flags_popped(cpu, flags, w);
    far_commit(cpu, &to);
}

void interrupt_return(cpu_t *cpu, width_t w)
{
    cpu->nmi_blocked = false;                    /* vol. 3A, 6.7.1: "even if the instruction causes a fault" */
    if (!is_protected(cpu))             iret_real(cpu, w);
    else if (cpu->eflags & FLAG_NT)     iret_task(cpu);
    else                                iret_protected(cpu, w);
}
