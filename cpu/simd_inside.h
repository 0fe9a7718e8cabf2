/* simd_inside.h - what the bodies of the MMX and SSE instructions share: how an instruction begins, where its operands are, how it ends. */
#pragma once
#include "cpu/fpu_inside.h"

/* One instruction under way. */
typedef struct {
    vector_t  d, s;              /* the destination's old value (a register) or zeros (memory); the source, zeros above what memory gave */
    unsigned  bytes;             /* of a register: 8 if all operands are MMX registers, else 16 */
    unsigned  imm;
    sse_env_t env;               /* MXCSR, and what was raised */
    place_t   place;             /* a destination in memory */
    bool      mmx;               /* the x87 turns into MMX registers */
} simd_op_t;

/* #UD, #NM and pending x87 errors; the source read, a destination in memory proved writable. */
void simd_open(cpu_t *cpu, const op_t *op, simd_op_t *x);
/* The destination written.  Faults with nothing written if an exception was raised that is not masked. */
void simd_close(cpu_t *cpu, const op_t *op, simd_op_t *x);

/* The first step alone: of instructions on MMX registers, on XMM registers, on both.  SDM vol. 3B, 23.25.3, tables 23-4 to 23-9 (vol. 3A, 22.25.3 in
 * older prints). */
void simd_available(cpu_t *cpu, bool mmx, bool xmm);
/* MMX instructions leave TOP 0 and all registers valid.  Vol. 1, 9.5.1; vol. 3A, 12.2. */
void simd_turn_to_mmx(fpu_t *f);
INLINE void simd_set_mmx(fpu_t *f, unsigned n, u64 v) { f->r[n] = (f80_t){ v, 0xFFFF }; }

/* #XM, or #UD where the system did not say that it knows it.  MXCSR keeps what was raised either way. */
void simd_raise(cpu_t *cpu, const sse_env_t *env);

/* Flags of a comparison: SDM vol. 2, COMISS.  Unchanged if it faults. */
void simd_order(cpu_t *cpu, sse_order_t order, const sse_env_t *env);

/* #GP(0) for an operand of sixteen bytes that is not aligned. */
void simd_need_aligned(cpu_t *cpu, const op_t *op);
