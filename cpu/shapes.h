/* shapes.h - what instructions do with their operands, written once for all of them.
 *
 * An instruction is a function on values; its shape says where the values come from and where the answer goes.  Kinds and widths
 * are constants in the specialised handlers (L1) and variables in the generic ones (L0): the same text serves both.  A memory operand arrives
 * as a place that was proved accessible before the shape began: nothing in a shape can fault, except in `consume` and
 * `produce`, whose bodies do their own accesses. */
#pragma once
#include "cpu/access.h"
#include "cpu/condition.h"

typedef u32  update_fn(flags_t *, width_t, u32 dst, u32 src);
typedef void examine_fn(flags_t *, width_t, u32 dst, u32 src);
typedef u32  assign_fn(width_t, u32 src);
typedef u32  extend_fn(u32 src);
typedef u32  modify_fn(flags_t *, width_t, u32 dst);
typedef u32  change_fn(width_t, u32 dst);
typedef u32  double_fn(flags_t *, width_t, u32 dst, u32 src, u32 count);
typedef bool scan_fn(width_t, u32 src, u32 *index);
typedef bool exchange_fn(flags_t *, width_t, cpu_t *, u32 *dst, u32 *src);   /* true: src is written too */
typedef void consume_fn(cpu_t *, const op_t *, width_t, u32 src);
typedef u32  produce_fn(cpu_t *, const op_t *, width_t);

/* What a shape does to its memory operand, by whether that is the destination. */
#define ACCESS_OF(d, writes) ((d) == M && (writes) ? ACCESS_WRITE : ACCESS_READ)

INLINE u32 value(cpu_t *cpu, const op_t *op, kind_t kind, u8 at, width_t w, place_t m)
{
    return kind == R ? reg(cpu, at, w) : kind == M ? place_get(cpu, m, w) : op->imm & mask(w);
}
INLINE void put_value(cpu_t *cpu, kind_t kind, u8 at, width_t w, place_t m, u32 v)
{
    if (kind == R) set_reg(cpu, at, w, v);
    else           place_put(cpu, m, w, v);
}

INLINE void update(cpu_t *cpu, const op_t *op, update_fn *F, kind_t d, kind_t s, width_t w, place_t m, bool keep)
{
    flags_t f = cpu->f;
    u32 src = value(cpu, op, s, op->src, w, m);
    put_value(cpu, d, op->dst, w, m, F(&f, w, value(cpu, op, d, op->dst, w, m), src));
    if (keep) cpu->f = f;
}
INLINE void examine(cpu_t *cpu, const op_t *op, examine_fn *F, kind_t d, kind_t s, width_t w, place_t m, bool keep)
{
    flags_t f = cpu->f;
    u32 src = value(cpu, op, s, op->src, w, m);
    F(&f, w, value(cpu, op, d, op->dst, w, m), src);
    if (keep) cpu->f = f;
}
INLINE void assign(cpu_t *cpu, const op_t *op, assign_fn *F, kind_t d, kind_t s, width_t w, place_t m, bool keep)
{
    (void)keep;
    put_value(cpu, d, op->dst, w, m, F(w, value(cpu, op, s, op->src, w, m)));
}
INLINE void extend(cpu_t *cpu, const op_t *op, extend_fn *F, kind_t s, width_t w, width_t from, place_t m)
{
    set_reg(cpu, op->dst, w, F(value(cpu, op, s, op->src, from, m)));
}
INLINE void modify(cpu_t *cpu, const op_t *op, modify_fn *F, kind_t d, width_t w, place_t m, bool keep)
{
    flags_t f = cpu->f;
    put_value(cpu, d, op->dst, w, m, F(&f, w, value(cpu, op, d, op->dst, w, m)));
    if (keep) cpu->f = f;
}
INLINE void change(cpu_t *cpu, const op_t *op, change_fn *F, kind_t d, width_t w, place_t m)
{
    put_value(cpu, d, op->dst, w, m, F(w, value(cpu, op, d, op->dst, w, m)));
}
/* s: I for an immediate count (also of one), R for CL. */
INLINE void shift(cpu_t *cpu, const op_t *op, update_fn *F, kind_t d, kind_t s, width_t w, place_t m, bool keep)
{
    flags_t f = cpu->f;
    u32 count = s == I ? op->imm : cpu->r[ECX] & 0xFF;
    put_value(cpu, d, op->dst, w, m, F(&f, w, value(cpu, op, d, op->dst, w, m), count));
    if (keep) cpu->f = f;
}
INLINE void doubled(cpu_t *cpu, const op_t *op, double_fn *F, kind_t d, bool by_cl, width_t w, place_t m)
{
    flags_t f = cpu->f;
    u32 count = by_cl ? cpu->r[ECX] & 0xFF : op->imm;
    put_value(cpu, d, op->dst, w, m, F(&f, w, value(cpu, op, d, op->dst, w, m), reg(cpu, op->src, w), count));
    cpu->f = f;
}
INLINE void ternary(cpu_t *cpu, const op_t *op, update_fn *F, kind_t s, width_t w, place_t m)
{
    flags_t f = cpu->f;
    set_reg(cpu, op->dst, w, F(&f, w, value(cpu, op, s, op->src, w, m), op->imm & mask(w)));
    cpu->f = f;
}
/* ZF says "source was zero"; then the destination is unchanged (as all processors do).  The other flags are undefined: we set
 * them from the source, as CMP with zero would. */
INLINE void scan(cpu_t *cpu, const op_t *op, scan_fn *F, kind_t s, width_t w, place_t m)
{
    u32 index = 0, src = value(cpu, op, s, op->src, w, m);
    bool found = F(w, src, &index);
    flags_set_logic(&cpu->f, w, src);
    if (found) set_reg(cpu, op->dst, w, index);
}
INLINE void exchange(cpu_t *cpu, const op_t *op, exchange_fn *F, kind_t d, width_t w, place_t m)
{
    flags_t f = cpu->f;
    u32 dst = value(cpu, op, d, op->dst, w, m), src = reg(cpu, op->src, w);
    if (F(&f, w, cpu, &dst, &src)) set_reg(cpu, op->src, w, src);
    put_value(cpu, d, op->dst, w, m, dst);
    cpu->f = f;
}
/* The source is read (and may fault) whether or not the condition holds. */
INLINE void choose(cpu_t *cpu, const op_t *op, kind_t s, width_t w, place_t m, unsigned cc)
{
    u32 src = value(cpu, op, s, op->src, w, m);
    if (condition(&cpu->f, cc)) set_reg(cpu, op->dst, w, src);
}
