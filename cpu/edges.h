/* edges.h - from one op to the next when it is not op + 1: taken branches, block ends, indirect transfers.
 *
 * Every taken edge charges the block's instructions to the budget; when it runs out, the edge leaves with EIP set.  That one
 * subtraction is the instruction count, the event deadline and the point where the outside may stop us. */
#pragma once
#include "cpu/access.h"
#include "cpu/block.h"
#include "cpu/lowering.h"

INLINE u32 next_eip(const cold_t *c) { return c->eip + c->length; }

/* A direct taken edge (op->disp is its EIP): the next op, or NULL to leave. */
INLINE const op_t *taken(cpu_t *cpu, const op_t *op)
{
    cpu->budget -= op->count;
    if (UNLIKELY(cpu->budget < 0)) {
        cpu->eip = op->disp;
        return NULL;
    }
    const op_t *target = target_of(op);
    if (!target)
        __builtin_unreachable();                               /* an edge always has a target, if only a stub: callers test NULL once */
    return target;
}

/* Leave after this op: EIP is that of the following instruction. */
COLD const op_t *leave_after(cpu_t *cpu, const op_t *op);

INLINE const op_t *jump_cached(const cpu_t *cpu, u32 eip)
{
    const jump_entry_t *e = &cpu->blocks->jump[jump_slot(eip)];
    return LIKELY(e->eip == eip && e->stamp == cpu->map_stamp && e->mode == cpu->mode && e->base == cpu->seg[CS].base) ? e->op : NULL;
}

/* An indirect near transfer: the next op, or NULL to leave. */
INLINE const op_t *transfer(cpu_t *cpu, const op_t *op, u32 eip)
{
    cpu->budget -= op->count;
    cpu->current = NULL;
    cpu->eip = eip;
    return UNLIKELY(cpu->budget < 0) ? NULL : block_find(cpu);
}
/* After a body that has set cpu->eip itself (far transfers). */
INLINE const op_t *transferred(cpu_t *cpu, const op_t *op) { return transfer(cpu, op, cpu->eip); }

/* Near targets are checked against the code segment's limit before anything is committed.  SDM vol. 2, "JMP". */
INLINE void check_target(cpu_t *cpu, u32 eip)
{
    if (UNLIKELY(eip > cpu->seg[CS].limit))
        fault(cpu, GP, 0);
}
