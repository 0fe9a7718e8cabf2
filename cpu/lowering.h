/* lowering.h - the ways to run one decoded block, all made from the same bodies.
 *
 *   L0  call-threaded and generic: one handler per instruction, operand kinds looked up at run time.  Right in every build.
 *   L1  tail-threaded and specialised by operand form, width and kind of memory; falls back to L0's handler of the same op.
 *
 * Handlers of both may be mixed in one block; nothing else may depend on which runs. */
#pragma once
#include "cpu/tables.h"

typedef struct joined { run_fn *first, *second, *both; } joined_t;

typedef struct {
    run_fn *link;                /* first time a taken edge is followed: finds the target and patches itself away */
    run_fn *cross;               /* an edge to another page: valid while the mapping stands */
    run_fn *fall;                /* the block's end: on to the next instruction */
    run_fn *stale;               /* first op of a dead block */
    run_fn *observe;             /* before a watched instruction */
    run_fn *fetch_fault;         /* the instruction is too long, or beyond the limit: #GP */
    run_fn *generic;             /* any instruction: its L0 body */
    /* The specialised handler for an op, or NULL.  dead: nobody will see its flags. */
    run_fn *(*select)(u16 mode, const op_t *op, const cold_t *cold, bool dead);
    /* One handler for this op and the next, or NULL.  The next op keeps its own. */
    run_fn *(*fuse)(u16 mode, const op_t *op, const cold_t *first, const cold_t *second);
    /* One handler for two neighbours' handlers: a table of such pairs. */
    const joined_t *pairs;
    const unsigned *n_pairs;
} lowering_t;

extern const lowering_t lowering_l0, lowering_l1;

/* The L0 body of every instruction: does it all, returns the next op (op + 1, a target) or NULL to leave. */
extern run_fn *const l0_bodies[N_INSTR];
