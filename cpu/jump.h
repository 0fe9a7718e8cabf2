/* jump.h - near, direct transfers: is the branch taken?  What they change besides EIP they change here. */
#pragma once
#include "cpu/condition.h"
#include "cpu/edges.h"
#include "cpu/stack.h"

INLINE bool Jcc(cpu_t *cpu, const op_t *op, unsigned cc) { (void)op; return condition(&cpu->f, cc); }
INLINE bool JMP(cpu_t *cpu, const op_t *op)              { (void)cpu; (void)op; return true; }

/* CX or ECX by address size. */
INLINE u32  counter(const cpu_t *cpu, const op_t *op)        { return address_reg(cpu, op, ECX); }
INLINE void set_counter(cpu_t *cpu, const op_t *op, u32 v)   { set_address_reg(cpu, op, ECX, v); }
INLINE bool JCXZ(cpu_t *cpu, const op_t *op) { return counter(cpu, op) == 0; }
/* LOOPcc decrement the counter without touching flags.  A target beyond the limit faults with the counter as it was: the caller
 * sees to that. */
INLINE bool LOOP(cpu_t *cpu, const op_t *op)
{
    set_counter(cpu, op, counter(cpu, op) - 1);
    return counter(cpu, op) != 0;
}
INLINE bool LOOPE(cpu_t *cpu, const op_t *op)  { return LOOP(cpu, op) && ZF(&cpu->f); }
INLINE bool LOOPNE(cpu_t *cpu, const op_t *op) { return LOOP(cpu, op) && !ZF(&cpu->f); }
