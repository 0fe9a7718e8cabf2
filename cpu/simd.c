/* simd.c - how MMX and SSE instructions begin and end: faults, operands, results.  SDM vol. 1, 9.5, 11.5; vol. 3A, chapters 12 and 13; vol. 3B,
 * "Exception Conditions of Legacy SIMD Instructions Operating on MMX Registers".
 *
 * Order of faults: #UD (CR0.EM, CR4.OSFXSR), #NM, #MF (MMX), segment and alignment, #AC, page, then #XM: all before anything is written. */
#include "cpu/simd_inside.h"

void simd_reset(simd_t *s)
{
    memset(s->xmm, 0, sizeof s->xmm);
    s->mxcsr = MXCSR_RESET;
}

void simd_available(cpu_t *cpu, bool mmx, bool xmm)
{
    if (cpu->cr0 & CR0_EM || (xmm && !(cpu->cr4 & CR4_OSFXSR)))
        fault_ud(cpu);
    if (cpu->cr0 & CR0_TS)
        fault(cpu, NM, 0);
    if (mmx)
        fpu_wait(cpu);
}

void simd_turn_to_mmx(fpu_t *f)
{
    f->top = 0;
    f->full = 0xFF;
}

void simd_raise(cpu_t *cpu, const sse_env_t *env)
{
    cpu->simd.mxcsr |= sse_flags(env);
    if (!sse_faults(env))
        return;
    if (!(cpu->cr4 & CR4_OSXMMEXCPT))
        fault_ud(cpu);
    fault(cpu, XM, 0);
}

void simd_order(cpu_t *cpu, sse_order_t order, const sse_env_t *env)
{
    static const u16 flags[] = { [SSE_LESS] = FLAG_CF, [SSE_EQUAL] = FLAG_ZF, [SSE_GREATER] = 0, [SSE_UNORDERED] = FLAG_ZF | FLAG_PF | FLAG_CF };
    simd_raise(cpu, env);
    flags_load(&cpu->f, flags[order]);
}

void simd_need_aligned(cpu_t *cpu, const op_t *op)
{
    if ((cpu->seg[op->seg].base + offset_of(cpu, op)) & 15)
        fault(cpu, GP, 0);
}

/* ---- operands ---- */

static vector_t get_register(const cpu_t *cpu, register_class_t class, u8 at)
{
    switch (class) {
    case MMX_REGISTER: return (vector_t){ .q = { cpu->fpu.r[at & 7].m } };
    case XMM_REGISTER: return cpu->simd.xmm[at & 7];
    default:           return (vector_t){ .q = { reg(cpu, at, W32) } };
    }
}

static void set_register(cpu_t *cpu, register_class_t class, u8 at, vector_t v)
{
    switch (class) {
    case MMX_REGISTER: simd_set_mmx(&cpu->fpu, at & 7, v.q[0]); break;
    case XMM_REGISTER: cpu->simd.xmm[at & 7] = v; break;
    default:           set_reg(cpu, at, W32, (u32)v.q[0]); break;
    }
}

static vector_t read_memory(cpu_t *cpu, const op_t *op, simd_operand_t what)
{
    u8 raw[16] = { 0 };
    if (what.aligned)
        simd_need_aligned(cpu, op);
    fpu_read(cpu, fpu_open(cpu, op, what.bytes, ACCESS_READ), raw, what.bytes);
    return vector_get(raw);
}

static place_t open_destination(cpu_t *cpu, const op_t *op, simd_operand_t what)
{
    if (what.aligned)
        simd_need_aligned(cpu, op);
    return fpu_open(cpu, op, what.bytes, ACCESS_WRITE);
}

/* An MMX register is touched; CVTPI2PS counts even when its operand is memory (vol. 2, CVTPI2PS, CVTPI2PD). */
static bool touches_mmx(const cold_t *c, simd_operand_t d, simd_operand_t s)
{
    return c->instr == I_CVTPI2PS || (d.registers == MMX_REGISTER && c->dst_kind == R) || (s.registers == MMX_REGISTER && c->src_kind == R);
}

void simd_open(cpu_t *cpu, const op_t *op, simd_op_t *x)
{
    const cold_t *c = cold_of(cpu, op);
    simd_operand_t d = simd_operands[c->dst_vector], s = simd_operands[c->src_vector];
    bool xmm = d.registers == XMM_REGISTER || s.registers == XMM_REGISTER;
    x->mmx = touches_mmx(c, d, s);
    simd_available(cpu, x->mmx, xmm);
    x->bytes = xmm ? 16 : 8;
    x->imm = op->imm & 0xFF;
    x->env = (sse_env_t){ .mxcsr = cpu->simd.mxcsr };
    x->s = c->src_kind == I ? (vector_t){ .q = { x->imm } } : c->src_kind == M ? read_memory(cpu, op, s) : get_register(cpu, s.registers, op->src);
    x->d = (vector_t){ .q = { 0 } };
    if (c->dst_kind == M) x->place = open_destination(cpu, op, d);
    else                  x->d = get_register(cpu, d.registers, op->dst);
}

void simd_close(cpu_t *cpu, const op_t *op, simd_op_t *x)
{
    const cold_t *c = cold_of(cpu, op);
    simd_operand_t d = simd_operands[c->dst_vector];
    u8 raw[16];
    if (x->env.raised)
        simd_raise(cpu, &x->env);
    if (x->mmx)
        simd_turn_to_mmx(&cpu->fpu);
    if (c->dst_kind == R) {
        set_register(cpu, d.registers, op->dst, x->d);
        return;
    }
    vector_put(raw, x->d);
    fpu_write(cpu, x->place, raw, d.bytes);
}
