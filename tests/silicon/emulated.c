/* emulated.c - one instruction on a cpu_t: level 3, flat segments, paging, the memory and descriptors of silicon.h.
 *
 * Every vector leads to a HLT of its own at level 0, so that the stack there has what the processor pushed.  With lowering L1 an instruction runs as part
 * of a block, as in any program; with L0 alone, and the processor is looked at right behind it. */
#include <stdlib.h>
#include "cpu/descriptor.h"
#include "cpu/model.h"
#include "cpu/segment.h"
#include "cpu/tables.h"
#include "tests/silicon/silicon.h"

/* Physical memory; data and code pages stand where their linear addresses say.  Page 0 of the upper table is linear SYSTEM. */
enum { RAM = CODE_LINEAR + CODE_BYTES, DIRECTORY = 0x1000, USER_TABLE = 0x2000, SYSTEM_TABLE = 0x3000,
       TABLES = 0x4000, STACK0 = 0x5000, HANDLERS = 0x6000, SYSTEM_PAGES = 8 };
#define SYSTEM 0xC0000000u
enum { GDT = TABLES, LDT = TABLES + 0x100, TSS = TABLES + 0x200, IDT = TABLES + 0x400, STACK0_TOP = STACK0 + PAGE_BYTES };
enum { SYSTEM_CODE = 0x08, SYSTEM_DATA = 0x10, SYSTEM_TSS = 0x18, SYSTEM_LDT = 0x38 };

struct emulated {
    cpu_t cpu;
    bus_t bus;
    u8   *ram;
    segment_t segment[16];       /* by selector: see known_segment */
};

/* ---- setting up ---- */

static void set_descriptor(u8 *d, u32 base, u32 limit, u32 access, u32 flags)
{
    put(d, W32, (limit & 0xFFFF) | base << 16);
    put(d + 4, W32, (base >> 16 & 0xFF) | access << 8 | (limit & 0xF0000) | flags << 20 | (base & 0xFF000000));
}

static void set_local(u8 *d, const local_t *l)
{
    u32 access = 0x71u | (l->absent ? 0 : 0x80u) | (l->code ? 8u : 0) | (l->odd ? 4u : 0) | (l->writable ? 2u : 0);
    set_descriptor(d, l->base, l->limit, access, (l->pages ? 8u : 0) | (l->big ? 4u : 0) | 1u);
}

static void make_descriptors(u8 *ram)
{
    set_descriptor(ram + GDT + SYSTEM_CODE, 0, 0xFFFFF, 0x9B, 0xC);
    set_descriptor(ram + GDT + SYSTEM_DATA, 0, 0xFFFFF, 0x93, 0xC);
    set_descriptor(ram + GDT + SYSTEM_TSS, SYSTEM + TSS, 0x67, 0x8B, 0);
    set_descriptor(ram + GDT + SYSTEM_LDT, SYSTEM + LDT, N_LOCALS * 8 - 1, 0x82, 0);
    set_descriptor(ram + GDT + (USER_CODE & ~7), 0, 0xFFFFF, 0xFB, 0xC);
    set_descriptor(ram + GDT + (USER_DATA & ~7), 0, 0xFFFFF, 0xF3, 0xC);
    for (unsigned n = 0; n < N_LOCALS; n++) set_local(ram + LDT + 8 * n, &locals[n]);
    put(ram + TSS + 4, W32, SYSTEM + STACK0_TOP);
    put(ram + TSS + 8, W16, SYSTEM_DATA);
    put(ram + TSS + 0x66, W16, 0x68);                          /* beyond the limit: no port is allowed */
    for (u32 v = 0; v < 256; v++) {
        bool for_users = v == BP || v == OF_TRAP;
        put(ram + IDT + 8 * v, W32, (u32)SYSTEM_CODE << 16 | (HANDLERS + 2 * v));
        put(ram + IDT + 8 * v + 4, W32, ((SYSTEM + HANDLERS) & 0xFFFF0000) | (for_users ? 0xEE00u : 0x8E00u));
        ram[HANDLERS + 2 * v] = ram[HANDLERS + 2 * v + 1] = 0xF4;
    }
}

static void make_pages(u8 *ram)
{
    put(ram + DIRECTORY, W32, USER_TABLE | 7);
    put(ram + DIRECTORY + (SYSTEM >> 20), W32, SYSTEM_TABLE | 3);
    for (unsigned page = 0; page < DATA_PAGES; page++)
        put(ram + USER_TABLE + (data_linear(page) >> 10), W32, data_linear(page) | (data_writable(page) ? 7 : 5));
    for (u32 at = CODE_LINEAR; at < CODE_LINEAR + CODE_BYTES; at += PAGE_BYTES)
        put(ram + USER_TABLE + (at >> 10), W32, at | 5);
    for (u32 page = 0; page < SYSTEM_PAGES; page++)
        put(ram + SYSTEM_TABLE + 4 * page, W32, page << 12 | 3);
}

static segment_t *known_segment(emulated_t *m, u16 selector) { return &m->segment[(selector >> 3 & 7) | (selector & 4 ? 8 : 0)]; }

static void learn_segment(emulated_t *m, u16 selector)
{
    const u8 *d = m->ram + (is_local(selector) ? LDT : GDT) + (selector & ~7u);
    descriptor_t descriptor = { get(d, W32), get(d + 4, W32), 0, selector };
    *known_segment(m, selector) = descriptor_segment(&descriptor, selector);
}

static void enter_protection(emulated_t *m)
{
    cpu_t *c = &m->cpu;
    for (u32 n = 0; n < N_LOCALS; n++) learn_segment(m, LOCAL(n));
    learn_segment(m, USER_CODE), learn_segment(m, USER_DATA), learn_segment(m, SYSTEM_TSS), learn_segment(m, SYSTEM_LDT);
    segment_set_null(known_segment(m, 0), 0);
    c->gdtr.base = SYSTEM + GDT; c->gdtr.limit = 0x3F;
    c->idtr.base = SYSTEM + IDT; c->idtr.limit = 0x7FF;
    c->cr3 = DIRECTORY;
    c->cr0 = CR0_ET | CR0_PE | CR0_PG | CR0_MP | ((CR0_NE | CR0_WP | CR0_AM) & model_cr0_mask(c->model));
    c->cr4 = (CR4_OSFXSR | CR4_OSXMMEXCPT) & model_cr4_mask(c->model);
    c->seg[TR] = *known_segment(m, SYSTEM_TSS);
    c->seg[LDTR] = *known_segment(m, SYSTEM_LDT);
    cpu_flush_tlb(c, true);
}

emulated_t *emulated_new(model_t model, bool l1)
{
    emulated_t *m = calloc(1, sizeof *m);
    u8 *ram = calloc(1, RAM);
    if (!m || !ram)
        return NULL;
    m->ram = ram;
    bus_init(&m->bus, ram, RAM);
    if (!cpu_init(&m->cpu, model, &m->bus))
        return NULL;
    m->cpu.l1 = l1 && cpu_has_l1();
    memset(ram + CODE_LINEAR, 0xCC, CODE_BYTES);
    make_descriptors(ram);
    make_pages(ram);
    enter_protection(m);
    return m;
}

void emulated_free(emulated_t *m)
{
    cpu_free(&m->cpu);
    free(m->ram);
    free(m);
}

u8 *emulated_page(emulated_t *m, unsigned page) { return m->ram + data_linear(page); }

/* ---- state in and out ---- */

static void load_fpu(cpu_t *c, const u8 *fx)
{
    fpu_t *f = &c->fpu;
    fpu_set_control(f, get(fx + FX_CONTROL, W16));
    fpu_set_status(f, (u16)get(fx + FX_STATUS, W16));
    f->full = fx[FX_TAGS];
    f->opcode = f->error_opcode = (u16)get(fx + FX_OPCODE, W16);
    f->ip = get(fx + FX_IP, W32); f->cs = (u16)get(fx + FX_CS, W16);
    f->dp = get(fx + FX_DP, W32); f->ds = (u16)get(fx + FX_DS, W16);
    for (unsigned i = 0; i < 8; i++)
        f->r[(f->top + i) & 7] = f80_get(fx + FX_ST + 16 * i);
    fpu_summarise(c);
    c->simd.mxcsr = get(fx + FX_MXCSR, W32);
    for (unsigned i = 0; i < 8; i++) c->simd.xmm[i] = vector_get(fx + FX_XMM + 16 * i);
}

static void save_fpu(const cpu_t *c, u8 *fx)
{
    const fpu_t *f = &c->fpu;
    put(fx + FX_CONTROL, W16, f->control);
    put(fx + FX_STATUS, W16, fpu_status(f));
    fx[FX_TAGS] = f->full;
    put(fx + FX_OPCODE, W16, f->opcode);
    put(fx + FX_IP, W32, f->ip); put(fx + FX_CS, W16, f->cs);
    put(fx + FX_DP, W32, f->dp); put(fx + FX_DS, W16, f->ds);
    for (unsigned i = 0; i < 8; i++)
        f80_put(fx + FX_ST + 16 * i, f->r[(f->top + i) & 7]);
    put(fx + FX_MXCSR, W32, c->simd.mxcsr);
    for (unsigned i = 0; i < 8; i++) vector_put(fx + FX_XMM + 16 * i, c->simd.xmm[i]);
}

static void load_user(emulated_t *m, const case_t *c)
{
    cpu_t *p = &m->cpu;
    memcpy(p->r, c->before.r, sizeof c->before.r);
    for (int n = 0; n < N_SEGMENTS; n++) {
        p->seg[n] = *known_segment(m, c->before.seg[n]);
        p->seg[n].selector = c->before.seg[n];
    }
    p->cpl = 3;
    p->eip = c->before.eip;
    p->cr2 = 0;
    p->halted = p->shadow = p->shadow_debug = false;
    p->debug_pending = 0;
    load_fpu(p, c->before.fx);
    cpu_set_eflags(p, c->before.eflags | FLAG_1 | FLAG_IF);
}

static void save_user(emulated_t *m, result_t *out)
{
    cpu_t *p = &m->cpu;
    user_t *u = &out->user;
    memcpy(u->r, p->r, sizeof u->r);
    for (int n = 0; n < N_SEGMENTS; n++) u->seg[n] = p->seg[n].selector;
    save_fpu(p, u->fx);
    u->eflags = cpu_eflags(p);
    u->eip = p->eip;
    out->vector = COMPLETED;
    out->code = out->cr2 = 0;
    out->pointers = true;
}

/* At level 0: a handler was called. */
static void take_frame(emulated_t *m, const case_t *c, result_t *out)
{
    u32 vector = (m->cpu.eip - (SYSTEM + HANDLERS)) / 2, esp = m->cpu.r[ESP] - SYSTEM;
    bool has_code = esp == STACK0_TOP - 24;
    const u8 *frame = m->ram + esp + (has_code ? 4 : 0);
    out->vector = (s32)vector;
    if (esp < STACK0 || esp > STACK0_TOP - 20)                 /* not a frame of ours */
        return;
    out->code = has_code ? get(m->ram + esp, W32) : 0;
    out->cr2 = vector == PF_FAULT ? m->cpu.cr2 : 0;
    out->user.eip = get(frame, W32);
    out->user.seg[CS] = (u16)get(frame + 4, W32);
    out->user.eflags = get(frame + 8, W32);
    out->user.r[ESP] = get(frame + 12, W32);
    out->user.seg[SS] = (u16)get(frame + 16, W32);
    u32 landed = code_base(c) + out->user.eip - 1;
    if (vector == BP && !of_the_case(c, landed)) {             /* an INT3 of the filling */
        out->user.eip--;
        out->vector = COMPLETED;
    }
}

/* ---- running ---- */

static void write_code(emulated_t *m, const case_t *c, bool remove)
{
    u32 bytes = c->length;
    if (c->at + bytes > CODE_LINEAR + CODE_BYTES) bytes = CODE_LINEAR + CODE_BYTES - c->at;
    if (remove) memset(m->ram + c->at, 0xCC, bytes);
    else        memcpy(m->ram + c->at, c->bytes, bytes);
    cpu_memory_written(&m->cpu, c->at, bytes);
}

enum { LONGEST = 100000 };                                     /* iterations of a repeated instruction */

/* To the INT3 behind it, as part of a block. */
static void run_in_block(cpu_t *p) { cpu_run(p, cpu_instructions(p) + LONGEST); }

/* Exactly this one, however many iterations. */
static void run_alone(cpu_t *p, const case_t *c)
{
    bool repeats = instructions[c->instr].shape == SHAPE_repeat;
    for (u32 n = 0; n < LONGEST; n++) {
        cpu_run(p, cpu_instructions(p) + 1);
        if (!repeats || p->cpl != 3 || p->eip != c->before.eip)
            return;
    }
}

void emulated_run(emulated_t *m, const case_t *c, result_t *out)
{
    cpu_t *p = &m->cpu;
    out->user = c->before;
    load_user(m, c);
    write_code(m, c, false);
    if (c->returns && p->l1) run_in_block(p);
    else                     run_alone(p, c);
    save_user(m, out);
    if (p->shut_down) out->vector = DF, p->shut_down = false;
    else if (p->cpl == 0) take_frame(m, c, out);
    write_code(m, c, true);
}
