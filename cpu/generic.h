/* generic.h - the handler that runs any instruction's L0 body, compiled once for each lowering (it includes this file). */
#pragma once
#include "cpu/edges.h"

#define GO_OR_LEAVE(next) do { const op_t *to_ = (next); if (!to_) return NULL; GO(to_); } while (0)

/* Any instruction through its L0 body.  A body may have asked to leave (kicked the budget below zero). */
static HANDLER(generic)
{
    cpu->current = op;
    const op_t *next = l0_bodies[cold_of(cpu, op)->instr](cpu, op);
    cpu->current = NULL;
    if (next == op + 1 && UNLIKELY(cpu->budget < 0))
        return leave_after(cpu, op);
    GO_OR_LEAVE(next);
}
