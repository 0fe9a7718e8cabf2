/* frame.c - see frame.h. */
#include "cpu/frame.h"
#include "cpu/segment.h"
#include "cpu/task.h"

void frame_begin(const cpu_t *cpu, frame_t *f, width_t w, u32 ext)
{
    f->ss = cpu->seg[SS];
    f->esp = cpu->r[ESP];
    f->w = w;
    f->user = cpu->cpl == 3;
    f->code = ext;
    f->n = 0;
}

/* SDM vol. 2, CALL, "MORE-PRIVILEGE", and INT, "INTER-PRIVILEGE-LEVEL-INTERRUPT": the checks of the new SS. */
void frame_begin_inner(cpu_t *cpu, frame_t *f, width_t w, u32 level, u32 ext)
{
    u16 selector = tss_stack(cpu, level, ext, &f->esp);
    descriptor_t d = descriptor_need(cpu, selector, TS, ext);
    if (rpl_of(selector) != level || d_dpl(&d) != level || !d_is_writable(&d))
        fault_selector(cpu, TS, selector, ext);
    descriptor_need_present(cpu, &d, SS_FAULT, ext);
    descriptor_touch(cpu, &d);
    f->ss = descriptor_segment(&d, selector);
    f->w = w;
    f->user = level == 3;
    f->code = (selector & 0xFFFCu) | ext;
    f->n = 0;
}

void frame_push(frame_t *f, u32 value)
{
    f->value[f->n++ % FRAME_MAX] = value & mask(f->w);
}

static u32 offset_in(const frame_t *f, u32 n) { return (f->esp - (n + 1) * (f->w / 8)) & stack_mask_of(&f->ss); }

void frame_prove(cpu_t *cpu, const frame_t *f)
{
    for (u32 i = 0; i < f->n; i++)
        if (!in_segment(&f->ss, offset_in(f, i), f->w / 8, true))
            fault(cpu, SS_FAULT, f->code);
    for (u32 i = 0; i < f->n; i++)
        if (f->user) prove_operand(cpu, f->ss.base + offset_in(f, i), f->w / 8, ACCESS_WRITE);
        else         prove_linear(cpu, f->ss.base + offset_in(f, i), f->w / 8, ACCESS_WRITE, false);
}

void frame_commit(cpu_t *cpu, const frame_t *f)
{
    for (u32 i = 0; i < f->n; i++)
        store_linear(cpu, f->ss.base + offset_in(f, i), f->w, f->value[i], f->user);
    u32 sp_mask = stack_mask_of(&f->ss);
    cpu->seg[SS] = f->ss;
    cpu->r[ESP] = (f->esp & ~sp_mask) | ((f->esp - f->n * (f->w / 8)) & sp_mask);
}
