/* fpu_inside.h - what the bodies of the x87 instructions share.
 *
 * Every body goes the same way: fpu_begin (#NM, pending errors), the memory operand (which may fault), fpu_note (the last-instruction
 * pointers), the work, fpu_done (flags; may the result be stored?), the result. */
#pragma once
#include "cpu/access.h"
#include "cpu/bodies.h"
#include "cpu/tables.h"

/* ---- the register stack ---- */

INLINE unsigned fpu_at(const fpu_t *f, unsigned i)    { return (f->top + i) & 7; }
INLINE bool  fpu_empty(const fpu_t *f, unsigned i)    { return !(f->full >> fpu_at(f, i) & 1); }
INLINE f80_t fpu_get(const fpu_t *f, unsigned i)      { return f->r[fpu_at(f, i)]; }
INLINE void  fpu_set(fpu_t *f, unsigned i, f80_t v)
{
    unsigned n = fpu_at(f, i);
    f->r[n] = v;
    f->full |= (u8)(1u << n);
}
INLINE void fpu_free(fpu_t *f, unsigned i)            { f->full &= (u8)~(1u << fpu_at(f, i)); }
INLINE void fpu_pop(fpu_t *f)
{
    fpu_free(f, 0);
    f->top = (f->top + 1) & 7;
}
INLINE void fpu_push(fpu_t *f, f80_t v)
{
    f->top = (f->top - 1) & 7;
    fpu_set(f, 0, v);
}

/* ---- the frame of an instruction ---- */

/* #NM by CR0.EM and TS. */
void fpu_available(cpu_t *cpu);
/* The error of an earlier instruction: #MF, or wait for the interrupt that FERR# leads to.  8.7. */
void fpu_wait(cpu_t *cpu);
/* Both. */
float_env_t fpu_begin(cpu_t *cpu);

/* Last instruction and, for a memory operand, data pointer: 8.1.8, 8.1.9.  op->imm is the instruction's EIP, dst its ModRM byte,
 * src the low bits of its opcode. */
INLINE void fpu_note(cpu_t *cpu, const op_t *op)
{
    fpu_t *f = &cpu->fpu;
    f->ip = op->imm;
    f->cs = cpu->seg[CS].selector;
    f->opcode = (u16)(op->src << 8 | op->dst);
}
INLINE void fpu_note_memory(cpu_t *cpu, const op_t *op)
{
    fpu_note(cpu, op);
    cpu->fpu.dp = offset_of(cpu, op);
    cpu->fpu.ds = cpu->seg[op->seg].selector;
}

/* Flags and C1 of a finished operation; true: its result is to be stored. */
bool fpu_done(cpu_t *cpu, const float_env_t *e);

/* The opcode as the environment shows it: see fpu_env.c. */
u16  fpu_visible_opcode(const cpu_t *cpu);

/* Stack faults: 8.5.1.1. */
INLINE void fpu_underflow(float_env_t *e) { e->raised = X87_IE | X87_SF; }
INLINE void fpu_overflow(float_env_t *e)  { e->raised = X87_IE | X87_SF | X87_C1; }

/* ---- memory ---- */

/* Check (and for writing, prove) a memory operand of any length; afterwards nothing there can fault. */
place_t fpu_open(cpu_t *cpu, const op_t *op, u32 bytes, access_t access);
void    fpu_read(cpu_t *cpu, place_t from, void *to, u32 bytes);
void    fpu_write(cpu_t *cpu, place_t to, const void *from, u32 bytes);

INLINE x87_format_t fpu_format(const cpu_t *cpu, const op_t *op) { return (x87_format_t)cold_of(cpu, op)->cc; }
u32   fpu_format_bytes(x87_format_t format);
/* A number of this format; see f80_from_f32 for what is still to be raised. */
f80_t fpu_operand(cpu_t *cpu, const op_t *op, x87_format_t format, float_env_t *e);
