/* lower_l1_pairs.c - lowering L1: two frequent instructions in one handler.
 *
 * On code that does not repeat much a threaded interpreter waits for mispredicted jumps from handler to handler; the only cure is fewer of them.
 * The table below names the handlers that run most (measured on DOS and on the benchmark guests: any two of them make up more than half of all
 * neighbours); every two of them get a handler for the pair.  A pair stands in its first op; the second op keeps its own handler, so that
 * entering, faulting and watching there need no special case. */
#if DOPPEL_L1
#define TAIL_CALLS 1
#include "cpu/fast.h"

/* X(name, table entry of the single handler, step): what `lower_l1*.c` call the handler, and the same body as a step that may decline. */
#define FREQUENT(X) \
    X(MOV_RR,       &l1_alu[I_MOV][RR][2][0][0]) \
    X(MOV_RI,       &l1_alu[I_MOV][RI][2][0][0]) \
    X(MOV_RM,       &l1_alu[I_MOV][RM][2][BASED][0]) \
    X(MOV_RM_FLAT,  &l1_alu[I_MOV][RM][2][FLAT][0]) \
    X(MOV_MR,       &l1_alu[I_MOV][MR][2][BASED][0]) \
    X(MOV_MR_FLAT,  &l1_alu[I_MOV][MR][2][FLAT][0]) \
    X(MOVZX_RR,     &l1_alu[I_MOVZX_8][RR][2][0][0]) \
    X(MOVZX_RM,     &l1_alu[I_MOVZX_8][RM][2][BASED][0]) \
    X(LEA,          &l1_lea) \
    X(ADD_RR,       &l1_alu[I_ADD][RR][2][0][0]) \
    X(ADD_RR_DROP,  &l1_alu[I_ADD][RR][2][0][1]) \
    X(ADD_RI,       &l1_alu[I_ADD][RI][2][0][0]) \
    X(ADD_RI_DROP,  &l1_alu[I_ADD][RI][2][0][1]) \
    X(SUB_RI,       &l1_alu[I_SUB][RI][2][0][0]) \
    X(SUB_RR_DROP,  &l1_alu[I_SUB][RR][2][0][1]) \
    X(XOR_RR,       &l1_alu[I_XOR][RR][2][0][0]) \
    X(XOR_RR_DROP,  &l1_alu[I_XOR][RR][2][0][1]) \
    X(AND_RI,       &l1_alu[I_AND][RI][2][0][0]) \
    X(AND_RI_DROP,  &l1_alu[I_AND][RI][2][0][1]) \
    X(OR_RR_DROP,   &l1_alu[I_OR][RR][2][0][1]) \
    X(INC_R,        &l1_alu[I_INC][R_][2][0][0]) \
    X(INC_R_DROP,   &l1_alu[I_INC][R_][2][0][1]) \
    X(PUSH_FLAT,    &l1_push[1][0]) \
    X(POP_FLAT,     &l1_pop[1][0])

/* The steps: false if the op has to take the slow way. */
#define STEP(name, body) INLINE bool name##_step(cpu_t *cpu, const op_t *op) { place_t m = { NULL, 0 }; (void)m; body; return true; }
#define STEP_M(name, w, access, memory, body) INLINE bool name##_step(cpu_t *cpu, const op_t *op) \
    { place_t m = { probe(cpu, op, w, access, memory), 0 }; if (UNLIKELY(!m.host)) return false; body; return true; }

STEP(MOV_RR, assign(cpu, op, MOV, R, R, W32, m, KEEP))
STEP(MOV_RI, assign(cpu, op, MOV, R, I, W32, m, KEEP))
STEP_M(MOV_RM, W32, ACCESS_READ, BASED, assign(cpu, op, MOV, R, M, W32, m, KEEP))
STEP_M(MOV_RM_FLAT, W32, ACCESS_READ, FLAT, assign(cpu, op, MOV, R, M, W32, m, KEEP))
STEP_M(MOV_MR, W32, ACCESS_WRITE, BASED, assign(cpu, op, MOV, M, R, W32, m, KEEP))
STEP_M(MOV_MR_FLAT, W32, ACCESS_WRITE, FLAT, assign(cpu, op, MOV, M, R, W32, m, KEEP))
STEP(MOVZX_RR, extend(cpu, op, MOVZX_8, R, W32, W8, m))
STEP_M(MOVZX_RM, W8, ACCESS_READ, BASED, extend(cpu, op, MOVZX_8, M, W32, W8, m))
STEP(LEA, set_reg(cpu, op->dst, W32, offset_of(cpu, op)))
STEP(ADD_RR, update(cpu, op, ADD, R, R, W32, m, KEEP))
STEP(ADD_RR_DROP, update(cpu, op, ADD, R, R, W32, m, DROP))
STEP(ADD_RI, update(cpu, op, ADD, R, I, W32, m, KEEP))
STEP(ADD_RI_DROP, update(cpu, op, ADD, R, I, W32, m, DROP))
STEP(SUB_RI, update(cpu, op, SUB, R, I, W32, m, KEEP))
STEP(SUB_RR_DROP, update(cpu, op, SUB, R, R, W32, m, DROP))
STEP(XOR_RR, update(cpu, op, XOR, R, R, W32, m, KEEP))
STEP(XOR_RR_DROP, update(cpu, op, XOR, R, R, W32, m, DROP))
STEP(AND_RI, update(cpu, op, AND, R, I, W32, m, KEEP))
STEP(AND_RI_DROP, update(cpu, op, AND, R, I, W32, m, DROP))
STEP(OR_RR_DROP, update(cpu, op, OR, R, R, W32, m, DROP))
STEP(INC_R, modify(cpu, op, INC, R, W32, m, KEEP))
STEP(INC_R_DROP, modify(cpu, op, INC, R, W32, m, DROP))
INLINE bool PUSH_FLAT_step(cpu_t *cpu, const op_t *op) { return push_register_step(cpu, op, W32, FLAT); }
INLINE bool POP_FLAT_step(cpu_t *cpu, const op_t *op)  { return pop_register_step(cpu, op, W32, FLAT); }

/* The same names once more, because a macro cannot expand itself: X(first, each). */
#define EACH_SECOND(X, first) \
    X(first, MOV_RR) X(first, MOV_RI) X(first, MOV_RM) X(first, MOV_RM_FLAT) X(first, MOV_MR) X(first, MOV_MR_FLAT) X(first, MOVZX_RR) X(first, MOVZX_RM) \
    X(first, LEA) X(first, ADD_RR) X(first, ADD_RR_DROP) X(first, ADD_RI) X(first, ADD_RI_DROP) X(first, SUB_RI) X(first, SUB_RR_DROP) X(first, XOR_RR) \
    X(first, XOR_RR_DROP) X(first, AND_RI) X(first, AND_RI_DROP) X(first, OR_RR_DROP) X(first, INC_R) X(first, INC_R_DROP) X(first, PUSH_FLAT) X(first, POP_FLAT)

/* After the first step `op` is the second op, whose generic handler is the way out. */
#define PAIR(first, second) static HANDLER(first##__##second) { \
    if (UNLIKELY(!first##_step(cpu, op))) HAND_OVER(generic); \
    op++; \
    if (UNLIKELY(!second##_step(cpu, op))) HAND_OVER(generic); \
    GO(op + 1); }
#define PAIRS_OF(name, single) EACH_SECOND(PAIR, name)
FREQUENT(PAIRS_OF)

enum {
#define NUMBER(name, single) N_##name,
FREQUENT(NUMBER)
    N_FREQUENT
};
static run_fn *const *const singles[N_FREQUENT] = {
#define SINGLE(name, single) [N_##name] = single,
FREQUENT(SINGLE)
};
static run_fn *const pairs[N_FREQUENT][N_FREQUENT] = {
#define ENTRY(first, second) [N_##first][N_##second] = first##__##second,
#define ENTRIES(name, single) EACH_SECOND(ENTRY, name)
FREQUENT(ENTRIES)
};

int l1_frequent(run_fn *run)
{
    for (int n = 0; n < N_FREQUENT; n++)
        if (*singles[n] == run)
            return n;
    return -1;
}

run_fn *l1_pair(int first, int second) { return first < 0 || second < 0 ? NULL : pairs[first][second]; }

#else
typedef int lower_l1_pairs_is_empty;
#endif
