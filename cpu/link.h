/* link.h - the slow halves of edges: shared by both lowerings, called once per edge or per stale block. */
#pragma once
#include "cpu/op.h"

/* The stub `op` stands for an edge to EIP op->disp whose owner is op->target (before it is linked): find the target; patch the owner
 * if the target lies in the same page, else turn the stub into a cross-page edge. */
COLD const op_t *link_target(cpu_t *cpu, const op_t *op);
/* The block was killed: look its EIP up again. */
COLD const op_t *find_again(cpu_t *cpu, const op_t *op);
/* Tell the observer about the instruction behind this pseudo-op. */
COLD void observe_next(cpu_t *cpu, const op_t *op);
