/* lower_l1_fused.c - lowering L1: a comparison, or arithmetic on registers, and the conditional jump behind it in one handler.
 *
 * Four of five conditional jumps follow a CMP or TEST, most others the end of a loop's count.  The fused handler stands in the first op and uses the
 * next op's edge; that op keeps its own handler, so resuming, faulting and watching need no special case.  The flags are stored as ever. */
#if DOPPEL_L1
#define TAIL_CALLS 1
#include "cpu/fast.h"

#define JUMP_ON(holds) do { if (!(holds)) GO(op + 2); \
                            const op_t *to = taken(cpu, op + 1); if (UNLIKELY(!to)) return NULL; GO(to); } while (0)
/* A comparison's condition is computed from the operands, not from the flags that it leaves behind. */
#define SAYS_CMP(w, dst, src, cc)  compares(&cpu->f, w, dst, src, cc)
#define SAYS_TEST(w, dst, src, cc) condition(&cpu->f, cc)
#define EXAMINE(F, d, s, w, cc) do { \
    u32 src = value(cpu, op, s, op->src, w, m), dst = value(cpu, op, d, op->dst, w, m); \
    F(&cpu->f, w, dst, src); \
    JUMP_ON(SAYS_##F(w, dst, src, cc)); } while (0)

#define OF_REGISTERS(F, s, w, cc) HANDLER(F##_R##s##_##w##_J##cc) { place_t m = { NULL, 0 }; EXAMINE(F, R, s, w, cc); }
#define OF_MEMORY(F, d, s, w, memory, cc) HANDLER(F##_##d##s##_##w##_##memory##_J##cc) { \
    place_t m = { probe(cpu, op, w, ACCESS_READ, memory), 0 }; if (UNLIKELY(!m.host)) HAND_OVER(generic); EXAMINE(F, d, s, w, cc); }
#define MEMORIES(F, d, s, w) EACH_CC_OF(OF_MEMORY, F, d, s, w, BASED) EACH_CC_OF(OF_MEMORY, F, d, s, w, FLAT) EACH_CC_OF(OF_MEMORY, F, d, s, w, SEGMENTED)
#define AT_WIDTH(F, w) EACH_CC_OF(OF_REGISTERS, F, R, w) EACH_CC_OF(OF_REGISTERS, F, I, w) MEMORIES(F, R, M, w) MEMORIES(F, M, R, w) MEMORIES(F, M, I, w)
AT_WIDTH(CMP, W8) AT_WIDTH(CMP, W16) AT_WIDTH(CMP, W32)
#define TEST_AT_WIDTH(w) EACH_CC_OF(OF_REGISTERS, TEST, R, w) EACH_CC_OF(OF_REGISTERS, TEST, I, w) MEMORIES(TEST, M, I, w)
TEST_AT_WIDTH(W8) TEST_AT_WIDTH(W16) TEST_AT_WIDTH(W32)

/* Arithmetic and logic whose result decides: 32 bits, in registers. */
#define FUSED(name, cc, body) HANDLER(name##_J##cc) { place_t m = { NULL, 0 }; body; JUMP_ON(condition(&cpu->f, cc)); }
#define COUNTS(F, cc) FUSED(F##_R_W32, cc, modify(cpu, op, F, R, W32, m, KEEP))
#define OF_VALUES(F, s, cc) FUSED(F##_R##s##_W32, cc, update(cpu, op, F, R, s, W32, m, KEEP))
#define BOTH(F) EACH_CC_OF(OF_VALUES, F, R) EACH_CC_OF(OF_VALUES, F, I)
BOTH(ADD) BOTH(OR) BOTH(AND) BOTH(SUB) EACH_CC_OF(COUNTS, INC) EACH_CC_OF(COUNTS, DEC)

/* [form][width][memory][cc] */
typedef run_fn *by_condition_t[16];
#define ENTRY(name, cc) name##_J##cc,
#define ROW(name) { EACH_CC_OF(ENTRY, name) }
#define REGISTERS_ROWS(h) { { ROW(h##_W8), ROW(h##_W8), ROW(h##_W8) }, { ROW(h##_W16), ROW(h##_W16), ROW(h##_W16) }, { ROW(h##_W32), ROW(h##_W32), ROW(h##_W32) } }
#define MEMORY_ROWS_AT(h, w) { ROW(h##_##w##_BASED), ROW(h##_##w##_FLAT), ROW(h##_##w##_SEGMENTED) }
#define MEMORY_ROWS(h) { MEMORY_ROWS_AT(h, W8), MEMORY_ROWS_AT(h, W16), MEMORY_ROWS_AT(h, W32) }
static const by_condition_t compare[N_FORMS][3][N_MEMORIES] = {
    [RR] = REGISTERS_ROWS(CMP_RR), [RI] = REGISTERS_ROWS(CMP_RI), [RM] = MEMORY_ROWS(CMP_RM), [MR] = MEMORY_ROWS(CMP_MR), [MI] = MEMORY_ROWS(CMP_MI),
};
static const by_condition_t test[N_FORMS][3][N_MEMORIES] = {
    [RR] = REGISTERS_ROWS(TEST_RR), [RI] = REGISTERS_ROWS(TEST_RI), [MI] = MEMORY_ROWS(TEST_MI),
};

static const by_condition_t values[N_INSTR][2] = {
#define VALUES_ROW(F) [I_##F] = { ROW(F##_RR_W32), ROW(F##_RI_W32) }
    VALUES_ROW(ADD), VALUES_ROW(OR), VALUES_ROW(AND), VALUES_ROW(SUB), [I_INC] = { ROW(INC_R_W32) }, [I_DEC] = { ROW(DEC_R_W32) },
};

run_fn *l1_fuse(u16 mode, const op_t *op, const cold_t *first, const cold_t *second)
{
    form_t form = form_of(first);
    if (form == NO_FORM || second->instr != I_Jcc)
        return NULL;
    if (first->width == 2 && (form == RR || form == RI || form == R_) && values[first->instr][0][0])
        return values[first->instr][form == RI][second->cc];
    memory_t memory = memory_of(mode, op);
    switch (first->instr) {
    case I_CMP:  return compare[form][first->width][memory][second->cc];
    case I_TEST: return test[form][first->width][memory][second->cc];
    default:     return NULL;
    }
}
#else
typedef int lower_l1_fused_is_empty;
#endif
