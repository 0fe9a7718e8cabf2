/* fast.h - what the specialised handlers of L1 share: the memory probe and the way back to L0.
 *
 * A fast handler makes no calls.  It first probes the TLB for its memory operand; on a miss (not there, page crossed, device, watched,
 * limit violated) it hands over to the generic handler of the same op, which does everything or faults.  The probe comes
 * before any change, so nothing has to be undone. */
#pragma once
#include "cpu/alu.h"
#include "cpu/generic.h"
#include "cpu/jump.h"
#include "cpu/shapes.h"
#include "cpu/shift.h"

/* Kinds of memory operand: in a segment of base 0 without limit and with 32-bit addresses, [base + disp] alone or with an
 * index; or anything else. */
typedef enum { BASED, FLAT, SEGMENTED, N_MEMORIES } memory_t;

enum { DROP, KEEP };                                        /* flags: nobody sees them; somebody may */

/* Hand over to a handler of the same op. */
#if TAIL_CALLS && defined(__clang__)
#  define HAND_OVER(handler) __attribute__((musttail)) return handler(cpu, op)
#else
#  define HAND_OVER(handler) return handler(cpu, op)
#endif

INLINE u8 *probe_at(const cpu_t *cpu, u32 linear, width_t w, access_t access)
{
    return access == ACCESS_WRITE ? tlb_write(cpu->tlb, linear, w / 8) : tlb_read(cpu->tlb, linear, w / 8);
}

/* The op's memory operand, or NULL. */
INLINE u8 *probe(const cpu_t *cpu, const op_t *op, width_t w, access_t access, memory_t memory)
{
    if (memory == BASED)
        return probe_at(cpu, cpu->r[op->base] + op->disp, w, access);
    if (memory == FLAT)
        return probe_at(cpu, cpu->r[op->base] + (cpu->r[op->index] << op->scale) + op->disp, w, access);
    u32 offset = offset_of(cpu, op);
    const segment_t *s = &cpu->seg[op->seg];
    return LIKELY(in_segment(s, offset, w / 8, access == ACCESS_WRITE)) ? probe_at(cpu, s->base + offset, w, access) : NULL;
}

/* The stack slot at `esp` (already masked), or NULL. */
INLINE u8 *probe_stack(const cpu_t *cpu, u32 esp, width_t w, access_t access, memory_t memory)
{
    if (memory == FLAT)
        return probe_at(cpu, esp, w, access);
    const segment_t *s = &cpu->seg[SS];
    return LIKELY(in_segment(s, esp, w / 8, access == ACCESS_WRITE)) ? probe_at(cpu, s->base + esp, w, access) : NULL;
}

INLINE u32 stack_mask_of(const cpu_t *cpu, memory_t memory) { return memory == FLAT ? 0xFFFFFFFF : cpu->stack_mask; }

INLINE void move_stack(cpu_t *cpu, u32 esp, memory_t memory)
{
    if (memory == FLAT) cpu->r[ESP] = esp;
    else                set_stack_pointer(cpu, esp);
}

/* PUSH and POP of a register: false on a miss. */
INLINE bool push_register_step(cpu_t *cpu, const op_t *op, width_t w, memory_t memory)
{
    u32 esp = (cpu->r[ESP] - w / 8) & stack_mask_of(cpu, memory);
    u8 *host = probe_stack(cpu, esp, w, ACCESS_WRITE, memory);
    if (UNLIKELY(!host))
        return false;
    put(host, w, reg(cpu, op->dst, w));
    move_stack(cpu, esp, memory);
    return true;
}
INLINE bool pop_register_step(cpu_t *cpu, const op_t *op, width_t w, memory_t memory)
{
    u32 esp = cpu->r[ESP] & stack_mask_of(cpu, memory);
    const u8 *host = probe_stack(cpu, esp, w, ACCESS_READ, memory);
    if (UNLIKELY(!host))
        return false;
    u32 v = get(host, w);
    move_stack(cpu, esp + w / 8, memory);
    set_reg(cpu, op->dst, w, v);
    return true;
}

/* Shifts by an immediate have a handler only for counts that shift: see select_l1. */
INLINE bool shifts(const op_t *op) { return op->imm - 1 < 31; }
INLINE void shift_by(cpu_t *cpu, const op_t *op, update_fn *F, width_t w, place_t m, bool keep)
{
    if (!shifts(op))
        __builtin_unreachable();
    shift(cpu, op, F, R, I, w, m, keep);
}

/* Forms with a handler of their own; the rest of the op's facts are constants too. */
typedef enum { RR, RM, MR, RI, MI, R_, M_, N_FORMS, NO_FORM = -1 } form_t;
INLINE form_t form_of(const cold_t *c)
{
    switch (c->dst_kind * N_KINDS + c->src_kind) {
    case R * N_KINDS + R: return RR;
    case R * N_KINDS + M: return RM;
    case M * N_KINDS + R: return MR;
    case R * N_KINDS + I: return RI;
    case M * N_KINDS + I: return MI;
    case R * N_KINDS + NONE: return R_;
    case M * N_KINDS + NONE: return M_;
    default: return NO_FORM;
    }
}

/* Which kind is the op's memory in this mode? */
INLINE memory_t memory_of(u16 mode, const op_t *op)
{
    if (op->wrap != 0 || !(mode >> MODE_FLAT_SHIFT >> op->seg & 1))
        return SEGMENTED;
    return op->index == NOREG ? BASED : FLAT;
}
INLINE memory_t stack_of(u16 mode)
{
    return (mode & MODE_STACK32) && (mode >> MODE_FLAT_SHIFT >> SS & 1) ? FLAT : SEGMENTED;
}

/* X(..., cc) for each of the sixteen condition codes. */
#define EACH_CC_OF(X, ...) X(__VA_ARGS__, 0) X(__VA_ARGS__, 1) X(__VA_ARGS__, 2) X(__VA_ARGS__, 3) X(__VA_ARGS__, 4) X(__VA_ARGS__, 5) \
    X(__VA_ARGS__, 6) X(__VA_ARGS__, 7) X(__VA_ARGS__, 8) X(__VA_ARGS__, 9) X(__VA_ARGS__, 10) X(__VA_ARGS__, 11) X(__VA_ARGS__, 12) \
    X(__VA_ARGS__, 13) X(__VA_ARGS__, 14) X(__VA_ARGS__, 15)

/* [width: 0 1 2][memory_t][flags kept, dropped] */
typedef run_fn *variants_t[3][N_MEMORIES][2];
extern const variants_t l1_alu[N_INSTR][N_FORMS];            /* lower_l1_alu.c */
run_fn *l1_choose(u16 mode, const op_t *op, const cold_t *c);                           /* lower_l1_choose.c: CMOVcc */
run_fn *l1_fuse(u16 mode, const op_t *op, const cold_t *first, const cold_t *second);   /* lower_l1_fused.c */

extern const joined_t l1_pairs[];                            /* lower_l1_pairs.c */
extern const unsigned l1_n_pairs;
