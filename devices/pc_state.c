/* pc_state.c - one walk over the whole machine: see state.h.  Pointers, wires and caches are not state; they are made again. */
#include "cpu/model.h"
#include "cpu/segment.h"
#include "devices/pc_inside.h"

static void walk_segment(segment_t *s, walker_t *w)
{
    FIELD(w, s->selector);
    FIELD(w, s->attributes);
    FIELD(w, s->base);
    FIELD(w, s->limit);
    if (walk_loading(w))
        segment_derive(s);
}

static void walk_registers(cpu_t *cpu, walker_t *w)
{
    u32 eflags = cpu_eflags(cpu);
    walk_array(w, "r", cpu->r, sizeof cpu->r[0], 8, UINT64_MAX);
    FIELD(w, cpu->eip);
    FIELD(w, eflags);
    FIELD_MAX(w, cpu->cpl, 3);
    FIELD(w, cpu->cr0);
    FIELD(w, cpu->cr2);
    FIELD(w, cpu->cr3);
    FIELD(w, cpu->cr4);
    FIELD_ARRAY(w, cpu->dr);
    FIELD_ARRAY(w, cpu->tr_test);
    FIELD(w, cpu->gdtr.base);
    FIELD(w, cpu->gdtr.limit);
    FIELD(w, cpu->idtr.base);
    FIELD(w, cpu->idtr.limit);
    for (int n = 0; n < N_ALL_SEGMENTS; n++)
        walk_segment(&cpu->seg[n], w);
    if (walk_loading(w)) {
        cpu->eflags = (eflags & ~(u32)FLAGS_STATUS) | FLAG_1;
        flags_load(&cpu->f, eflags);
    }
}

static void walk_fpu(cpu_t *cpu, walker_t *w)
{
    fpu_t *f = &cpu->fpu;
    for (unsigned n = 0; n < COUNT_OF(f->r); n++) {
        FIELD(w, f->r[n].m);
        FIELD(w, f->r[n].se);
    }
    FIELD(w, f->control);
    FIELD(w, f->status);
    FIELD_MAX(w, f->top, 7);
    FIELD(w, f->full);
    FIELD_MAX(w, f->opcode, 0x7FF);
    FIELD_MAX(w, f->error_opcode, 0x7FF);
    FIELD(w, f->cs);
    FIELD(w, f->ds);
    FIELD(w, f->ip);
    FIELD(w, f->dp);
    FIELD(w, cpu->ignne);
    if (walk_loading(w))
        fpu_set_control(f, f->control);
}

static void walk_simd(cpu_t *cpu, walker_t *w)
{
    for (unsigned n = 0; n < COUNT_OF(cpu->simd.xmm); n++) {
        FIELD(w, cpu->simd.xmm[n].q[0]);
        FIELD(w, cpu->simd.xmm[n].q[1]);
    }
    FIELD_MAX(w, cpu->simd.mxcsr, 0xFFFF);
    if (walk_loading(w))
        cpu->simd.mxcsr &= model_mxcsr_mask(cpu->model) | MXCSR_RESET;
}

static void walk_model_specific(cpu_t *cpu, walker_t *w)
{
    FIELD(w, cpu->efer);
    FIELD(w, cpu->apic_base);
    FIELD(w, cpu->sysenter_cs);
    FIELD(w, cpu->sysenter_esp);
    FIELD(w, cpu->sysenter_eip);
    FIELD(w, cpu->pat);
    FIELD(w, cpu->misc_enable);
    FIELD(w, cpu->mtrr_def_type);
    FIELD_ARRAY(w, cpu->mtrr);
    FIELD_ARRAY(w, cpu->mtrr_fixed);
    FIELD_ARRAY(w, cpu->mca);
    FIELD_ARRAY(w, cpu->counter.select);
    FIELD_ARRAY(w, cpu->counter.count);
    FIELD_ARRAY(w, cpu->counter.since);
    FIELD(w, cpu->tsc_offset);
}

static void walk_between(cpu_t *cpu, walker_t *w)
{
    FIELD(w, cpu->settled);
    FIELD(w, cpu->fault_at);
    FIELD(w, cpu->shadow);
    FIELD(w, cpu->shadow_debug);
    FIELD(w, cpu->halted);
    FIELD(w, cpu->shut_down);
    FIELD(w, cpu->monitor.armed);
    FIELD(w, cpu->monitor.linear);
    FIELD(w, cpu->monitor.contents);
    FIELD(w, cpu->intr);
    FIELD(w, cpu->nmi_pending);
    FIELD(w, cpu->nmi_blocked);
    FIELD(w, cpu->debug_pending);
}

static void walk_cpu(cpu_t *cpu, walker_t *w)
{
    walk_chip(w, "cpu", 1);
    cpu_settle(cpu);
    walk_registers(cpu, w);
    walk_fpu(cpu, w);
    walk_simd(cpu, w);
    walk_model_specific(cpu, w);
    walk_between(cpu, w);
    if (!walk_loading(w))
        return;
    for (unsigned n = 0; n < 2; n++) {
        cpu->counter.count[n] &= ((u64)1 << 40) - 1;
        if (cpu->counter.since[n] > cpu->settled) cpu->counter.since[n] = cpu->settled;
    }
    cpu_flush_tlb(cpu, true);
    cpu_flush_blocks(cpu);
    cpu_mode_changed(cpu);
}

static void walk_board(pc_t *pc, walker_t *w)
{
    if (walk_loading(w))
        pc->circle.period = 0;
    bool a20 = pc->bus.a20_mask == 0xFFFFFFFF;
    walk_chip(w, "pc", 1);
    FIELD_MAX(w, pc->ips, UINT32_MAX);
    FIELD(w, pc->base_now);
    FIELD(w, pc->base_instructions);
    FIELD(w, a20);
    FIELD(w, pc->exit_code);
    FIELD_BYTES(w, pc->ram, pc->config.ram_bytes);
    if (walk_loading(w)) {
        bus_set_a20(&pc->bus, a20);
        if (!pc->ips) pc->ips = 1;
    }
}

/* A loaded clock that does not fit the instruction count would make the chips live through years at the first step. */
static void check_time(pc_t *pc, walker_t *w)
{
    u64 n = cpu_instructions(&pc->cpu), now = pc->clock.now;
    bool fits = n >= pc->base_instructions && now >= pc->base_now;
    if (w->failed || (fits && pc_time_of(pc, n) - now < 1000000000))
        return;
    w->failed = true;
    snprintf(w->why, sizeof w->why, "pc: the clock does not fit the instruction count");
}

void pc_walk(pc_t *pc, walker_t *w)
{
    vclock_walk(&pc->clock, w);
    walk_board(pc, w);
    pic_walk(&pc->master, w);
    pic_walk(&pc->slave, w);
    pit_walk(&pc->pit, w);
    rtc_walk(&pc->rtc, w);
    dma_walk(&pc->dma, w);
    kbc_walk(&pc->kbc, w);
    keyboard_walk(&pc->keyboard, w);
    mouse_walk(&pc->mouse, w);
    uart_walk(&pc->uart[0], w);
    uart_walk(&pc->uart[1], w);
    lpt_walk(&pc->lpt, w);
    board_walk(&pc->board, w);
    coprocessor_walk(&pc->coprocessor, w);
    fdc_walk(&pc->fdc, w);
    ide_walk(&pc->ide[0], w);
    ide_walk(&pc->ide[1], w);
    vga_walk(&pc->vga, w);
    fw_cfg_walk(&pc->fw_cfg, w);
    if (pc->config.testdev)
        testdev_walk(&pc->testdev, w);
    pc_chipset_walk(pc, w);
    walk_cpu(&pc->cpu, w);
    if (walk_loading(w))
        check_time(pc, w);
}

u64 pc_hash(pc_t *pc)
{
    walker_t w = walk_hasher();
    pc_walk(pc, &w);
    return w.hash;
}
