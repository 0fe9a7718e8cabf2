/* lower_l1_pairs.c - lowering L1: two frequent instructions in one handler.
 *
 * On code that does not repeat much a threaded interpreter waits for mispredicted jumps from handler to handler; the only cure is fewer of them.
 * pairs.def names the neighbours that were met most.  A pair stands in its first op; the second op keeps its own handler, so that
 * entering, faulting and watching there need no special case. */
#if DOPPEL_L1
#define TAIL_CALLS 1
#include "cpu/fast.h"

/* The first of a pair as a step: the body of the handler of that name in lower_l1*.c; false if the op has to take the slow way.  Which of them lead a pair is
 * pairs.def's. */
#define STEP(name, body) __attribute__((unused)) INLINE bool name##_step(cpu_t *cpu, const op_t *op) { place_t m = { NULL, 0 }; (void)m; body; return true; }
#define STEP_M(name, w, access, memory, body) __attribute__((unused)) INLINE bool name##_step(cpu_t *cpu, const op_t *op) \
    { place_t m = { probe(cpu, op, w, access, memory), 0 }; if (UNLIKELY(!m.host)) return false; body; return true; }
#define STEP_X(name, body) __attribute__((unused)) INLINE bool name##_step(cpu_t *cpu, const op_t *op) { return body; }

STEP_M(MOV_RM_W32_BASED_KEEP, W32, ACCESS_READ, BASED, assign(cpu, op, MOV, R, M, W32, m, KEEP))
STEP_M(MOV_MR_W32_BASED_KEEP, W32, ACCESS_WRITE, BASED, assign(cpu, op, MOV, M, R, W32, m, KEEP))
STEP_M(MOV_RM_W32_FLAT_KEEP, W32, ACCESS_READ, FLAT, assign(cpu, op, MOV, R, M, W32, m, KEEP))
STEP_M(MOV_MR_W32_FLAT_KEEP, W32, ACCESS_WRITE, FLAT, assign(cpu, op, MOV, M, R, W32, m, KEEP))
STEP_M(MOV_MI_W32_BASED_KEEP, W32, ACCESS_WRITE, BASED, assign(cpu, op, MOV, M, I, W32, m, KEEP))
STEP_M(MOV_RM_W8_BASED_KEEP, W8, ACCESS_READ, BASED, assign(cpu, op, MOV, R, M, W8, m, KEEP))
STEP_M(MOV_MR_W8_BASED_KEEP, W8, ACCESS_WRITE, BASED, assign(cpu, op, MOV, M, R, W8, m, KEEP))
STEP_M(MOV_RM_W8_FLAT_KEEP, W8, ACCESS_READ, FLAT, assign(cpu, op, MOV, R, M, W8, m, KEEP))
STEP_M(MOV_MR_W8_FLAT_KEEP, W8, ACCESS_WRITE, FLAT, assign(cpu, op, MOV, M, R, W8, m, KEEP))
STEP_M(MOV_MI_W8_BASED_KEEP, W8, ACCESS_WRITE, BASED, assign(cpu, op, MOV, M, I, W8, m, KEEP))
STEP(MOV_RR_W32_KEEP, assign(cpu, op, MOV, R, R, W32, m, KEEP))
STEP(MOV_RI_W32_KEEP, assign(cpu, op, MOV, R, I, W32, m, KEEP))
STEP(MOVZX_8_RR_W32, extend(cpu, op, MOVZX_8, R, W32, W8, m))
STEP_M(MOVZX_8_RM_W32_BASED, W8, ACCESS_READ, BASED, extend(cpu, op, MOVZX_8, M, W32, W8, m))
STEP_M(MOVZX_8_RM_W32_FLAT, W8, ACCESS_READ, FLAT, extend(cpu, op, MOVZX_8, M, W32, W8, m))
STEP(MOVZX_16_RR_W32, extend(cpu, op, MOVZX_16, R, W32, W16, m))
STEP_M(MOVZX_16_RM_W32_BASED, W16, ACCESS_READ, BASED, extend(cpu, op, MOVZX_16, M, W32, W16, m))
STEP_M(MOVZX_16_RM_W32_FLAT, W16, ACCESS_READ, FLAT, extend(cpu, op, MOVZX_16, M, W32, W16, m))
STEP(LEA_32, set_reg(cpu, op->dst, W32, offset_of(cpu, op)))
STEP(ADD_RR_W32_KEEP, update(cpu, op, ADD, R, R, W32, m, KEEP))
STEP(ADD_RR_W32_DROP, update(cpu, op, ADD, R, R, W32, m, DROP))
STEP(ADD_RI_W32_KEEP, update(cpu, op, ADD, R, I, W32, m, KEEP))
STEP(ADD_RI_W32_DROP, update(cpu, op, ADD, R, I, W32, m, DROP))
STEP(SUB_RR_W32_KEEP, update(cpu, op, SUB, R, R, W32, m, KEEP))
STEP(SUB_RR_W32_DROP, update(cpu, op, SUB, R, R, W32, m, DROP))
STEP(SUB_RI_W32_KEEP, update(cpu, op, SUB, R, I, W32, m, KEEP))
STEP(SUB_RI_W32_DROP, update(cpu, op, SUB, R, I, W32, m, DROP))
STEP(XOR_RR_W32_KEEP, update(cpu, op, XOR, R, R, W32, m, KEEP))
STEP(XOR_RR_W32_DROP, update(cpu, op, XOR, R, R, W32, m, DROP))
STEP(AND_RR_W32_DROP, update(cpu, op, AND, R, R, W32, m, DROP))
STEP(AND_RI_W32_KEEP, update(cpu, op, AND, R, I, W32, m, KEEP))
STEP(AND_RI_W32_DROP, update(cpu, op, AND, R, I, W32, m, DROP))
STEP(OR_RR_W32_DROP, update(cpu, op, OR, R, R, W32, m, DROP))
STEP(ADC_RR_W32_KEEP, update(cpu, op, ADC, R, R, W32, m, KEEP))
STEP_M(ADD_RM_W32_BASED_KEEP, W32, ACCESS_READ, BASED, update(cpu, op, ADD, R, M, W32, m, KEEP))
STEP_M(ADD_RM_W32_FLAT_KEEP, W32, ACCESS_READ, FLAT, update(cpu, op, ADD, R, M, W32, m, KEEP))
STEP(CMP_RR_W32_KEEP, examine(cpu, op, CMP, R, R, W32, m, KEEP))
STEP(CMP_RI_W32_KEEP, examine(cpu, op, CMP, R, I, W32, m, KEEP))
STEP(TEST_RR_W32_KEEP, examine(cpu, op, TEST, R, R, W32, m, KEEP))
STEP(INC_R_W32_KEEP, modify(cpu, op, INC, R, W32, m, KEEP))
STEP(INC_R_W32_DROP, modify(cpu, op, INC, R, W32, m, DROP))
STEP(DEC_R_W32_KEEP, modify(cpu, op, DEC, R, W32, m, KEEP))
STEP(DEC_R_W32_DROP, modify(cpu, op, DEC, R, W32, m, DROP))
STEP(SHL_RI_W32_KEEP, shift_by(cpu, op, SHL, W32, m, KEEP))
STEP(SHL_RI_W32_DROP, shift_by(cpu, op, SHL, W32, m, DROP))
STEP(SHR_RI_W32_KEEP, shift_by(cpu, op, SHR, W32, m, KEEP))
STEP(SHR_RI_W32_DROP, shift_by(cpu, op, SHR, W32, m, DROP))
STEP(SAR_RI_W32_KEEP, shift_by(cpu, op, SAR, W32, m, KEEP))
STEP(SAR_RI_W32_DROP, shift_by(cpu, op, SAR, W32, m, DROP))
STEP(ROL_RI_W32_DROP, shift_by(cpu, op, ROL, W32, m, DROP))
STEP(IMUL_2_RR_W32_KEEP, update(cpu, op, IMUL_2, R, R, W32, m, KEEP))
STEP(IMUL_2_RR_W32_DROP, update(cpu, op, IMUL_2, R, R, W32, m, DROP))
/* DOS and firmware */
STEP_M(MOV_RM_W8_SEGMENTED_KEEP, W8, ACCESS_READ, SEGMENTED, assign(cpu, op, MOV, R, M, W8, m, KEEP))
STEP_M(MOV_RM_W16_SEGMENTED_KEEP, W16, ACCESS_READ, SEGMENTED, assign(cpu, op, MOV, R, M, W16, m, KEEP))
STEP_M(MOV_MR_W16_SEGMENTED_KEEP, W16, ACCESS_WRITE, SEGMENTED, assign(cpu, op, MOV, M, R, W16, m, KEEP))
STEP_M(MOV_RM_W32_SEGMENTED_KEEP, W32, ACCESS_READ, SEGMENTED, assign(cpu, op, MOV, R, M, W32, m, KEEP))
STEP(MOV_RR_W16_KEEP, assign(cpu, op, MOV, R, R, W16, m, KEEP))
STEP(MOV_RI_W16_KEEP, assign(cpu, op, MOV, R, I, W16, m, KEEP))
STEP_X(PUSH_R_W16_SEGMENTED, push_register_step(cpu, op, W16, SEGMENTED))
STEP_X(POP_W16_SEGMENTED, pop_register_step(cpu, op, W16, SEGMENTED))
STEP_X(PUSH_R_W32_SEGMENTED, push_register_step(cpu, op, W32, SEGMENTED))
STEP_X(POP_W32_SEGMENTED, pop_register_step(cpu, op, W32, SEGMENTED))
STEP_X(PUSH_R_W32_FLAT, push_register_step(cpu, op, W32, FLAT))
STEP_X(POP_W32_FLAT, pop_register_step(cpu, op, W32, FLAT))

/* After the first step `op` is the second op, whose generic handler is the way out. */
#define PAIR(first, second) static HANDLER(first##__##second) { \
    if (UNLIKELY(!first##_step(cpu, op))) HAND_OVER(generic); \
    op++; \
    if (UNLIKELY(!second##_step(cpu, op))) HAND_OVER(generic); \
    GO(op + 1); }
#define LEAD(first, second) HANDLER(second); static HANDLER(first##__##second) { \
    if (UNLIKELY(!first##_step(cpu, op))) HAND_OVER(generic); \
    op++; \
    HAND_OVER(second); }
#include "cpu/pairs.def"
#undef PAIR
#undef LEAD

#define PAIR(first, second) HANDLER(first); HANDLER(second);
#define LEAD(first, second) HANDLER(first); HANDLER(second);
#include "cpu/pairs.def"
#undef PAIR
#undef LEAD

const joined_t l1_pairs[] = {
#define PAIR(first, second) { first, second, first##__##second },
#define LEAD(first, second) { first, second, first##__##second },
#include "cpu/pairs.def"
};
const unsigned l1_n_pairs = COUNT_OF(l1_pairs);

#else
typedef int lower_l1_pairs_is_empty;
#endif
