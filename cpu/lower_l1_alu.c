/* lower_l1_alu.c - lowering L1, first half: arithmetic, logic, moves and shifts, specialised by form, width, kind of memory, and
 * whether anybody sees the flags.  Compiled only with DOPPEL_L1.  Nothing here decides anything: it only names combinations of shapes.h and alu.h. */
#if DOPPEL_L1
#define TAIL_CALLS 1
#include "cpu/fast.h"

/* name: NAME_form_width_memory_keep.  They are not static: lower_l1_pairs.c names them. */
#define STUB(name, body) HANDLER(name) { place_t m = { NULL, 0 }; (void)m; body; GO(op + 1); }
#define STUB_M(name, w, access, memory, body) \
    HANDLER(name) { place_t m = { probe(cpu, op, w, access, memory), 0 }; if (UNLIKELY(!m.host)) HAND_OVER(generic); body; GO(op + 1); }

/* ---- two operands ---- */

#define TWO_REGISTERS(shape, F, s, w, keep) \
    STUB(F##_R##s##_##w##_##keep, shape(cpu, op, F, R, s, w, m, keep))
#define TWO_MEMORY(shape, F, d, s, access, w, memory, keep) \
    STUB_M(F##_##d##s##_##w##_##memory##_##keep, w, access, memory, shape(cpu, op, F, d, s, w, m, keep))
#define TWO_MEMORIES(shape, F, d, s, access, w, keep) \
    TWO_MEMORY(shape, F, d, s, access, w, BASED, keep) TWO_MEMORY(shape, F, d, s, access, w, FLAT, keep) TWO_MEMORY(shape, F, d, s, access, w, SEGMENTED, keep)
#define TWO_AT_WIDTH(shape, F, access, w, keep) \
    TWO_REGISTERS(shape, F, R, w, keep) TWO_REGISTERS(shape, F, I, w, keep) \
    TWO_MEMORIES(shape, F, R, M, ACCESS_READ, w, keep) TWO_MEMORIES(shape, F, M, R, access, w, keep) TWO_MEMORIES(shape, F, M, I, access, w, keep)
#define TWO(shape, F, access, keep) TWO_AT_WIDTH(shape, F, access, W8, keep) TWO_AT_WIDTH(shape, F, access, W16, keep) TWO_AT_WIDTH(shape, F, access, W32, keep)

#define DEFINE_update(F)  TWO(update, F, ACCESS_WRITE, KEEP) TWO(update, F, ACCESS_WRITE, DROP)
#define DEFINE_examine(F) TWO(examine, F, ACCESS_READ, KEEP)
#define DEFINE_assign(F)  TWO(assign, F, ACCESS_WRITE, KEEP)

/* ---- one operand ---- */

#define ONE_AT_WIDTH(F, w, keep) \
    STUB(F##_R_##w##_##keep, modify(cpu, op, F, R, w, m, keep)) \
    STUB_M(F##_M_##w##_BASED_##keep, w, ACCESS_WRITE, BASED, modify(cpu, op, F, M, w, m, keep)) \
    STUB_M(F##_M_##w##_FLAT_##keep, w, ACCESS_WRITE, FLAT, modify(cpu, op, F, M, w, m, keep)) \
    STUB_M(F##_M_##w##_SEGMENTED_##keep, w, ACCESS_WRITE, SEGMENTED, modify(cpu, op, F, M, w, m, keep))
#define ONE(F, keep) ONE_AT_WIDTH(F, W8, keep) ONE_AT_WIDTH(F, W16, keep) ONE_AT_WIDTH(F, W32, keep)
#define DEFINE_modify(F) ONE(F, KEEP) ONE(F, DROP)

#define CHANGE_AT_WIDTH(F, w) STUB(F##_R_##w, change(cpu, op, F, R, w, m))
#define DEFINE_change(F) CHANGE_AT_WIDTH(F, W8) CHANGE_AT_WIDTH(F, W16) CHANGE_AT_WIDTH(F, W32)

/* ---- shifts of registers, by an immediate or by CL ---- */

#define SHIFT_AT_WIDTH(F, w) \
    STUB(F##_RI_##w##_KEEP, shift_by(cpu, op, F, w, m, KEEP)) STUB(F##_RI_##w##_DROP, shift_by(cpu, op, F, w, m, DROP)) \
    STUB(F##_RR_##w##_KEEP, shift(cpu, op, F, R, R, w, m, KEEP))
#define DEFINE_shift(F) SHIFT_AT_WIDTH(F, W8) SHIFT_AT_WIDTH(F, W16) SHIFT_AT_WIDTH(F, W32)

/* ---- widening moves: 16- or 32-bit destinations, a source width each ---- */

#define EXTEND_AT_WIDTH(F, w, from) \
    STUB(F##_RR_##w, extend(cpu, op, F, R, w, from, m)) \
    STUB_M(F##_RM_##w##_BASED, from, ACCESS_READ, BASED, extend(cpu, op, F, M, w, from, m)) \
    STUB_M(F##_RM_##w##_FLAT, from, ACCESS_READ, FLAT, extend(cpu, op, F, M, w, from, m)) \
    STUB_M(F##_RM_##w##_SEGMENTED, from, ACCESS_READ, SEGMENTED, extend(cpu, op, F, M, w, from, m))
#define DEFINE_extend(F, from) EXTEND_AT_WIDTH(F, W16, from) EXTEND_AT_WIDTH(F, W32, from)

/* ---- multiplication into a register ---- */

#define PRODUCT_AT_WIDTH(F, w, keep) \
    STUB(F##_RR_##w##_##keep, update(cpu, op, F, R, R, w, m, keep)) \
    STUB_M(F##_RM_##w##_BASED_##keep, w, ACCESS_READ, BASED, update(cpu, op, F, R, M, w, m, keep)) \
    STUB_M(F##_RM_##w##_FLAT_##keep, w, ACCESS_READ, FLAT, update(cpu, op, F, R, M, w, m, keep)) \
    STUB_M(F##_RM_##w##_SEGMENTED_##keep, w, ACCESS_READ, SEGMENTED, update(cpu, op, F, R, M, w, m, keep))
#define DEFINE_product(F) PRODUCT_AT_WIDTH(F, W16, KEEP) PRODUCT_AT_WIDTH(F, W16, DROP) PRODUCT_AT_WIDTH(F, W32, KEEP) PRODUCT_AT_WIDTH(F, W32, DROP)

DEFINE_update(ADD) DEFINE_update(OR) DEFINE_update(ADC) DEFINE_update(SBB) DEFINE_update(AND) DEFINE_update(SUB) DEFINE_update(XOR)
DEFINE_examine(CMP) DEFINE_examine(TEST)
DEFINE_assign(MOV)
DEFINE_modify(INC) DEFINE_modify(DEC) DEFINE_modify(NEG)
DEFINE_change(NOT) DEFINE_change(BSWAP)
DEFINE_shift(ROL) DEFINE_shift(ROR) DEFINE_shift(RCL) DEFINE_shift(RCR) DEFINE_shift(SHL) DEFINE_shift(SHR) DEFINE_shift(SAR)
DEFINE_extend(MOVZX_8, W8) DEFINE_extend(MOVZX_16, W16) DEFINE_extend(MOVSX_8, W8) DEFINE_extend(MOVSX_16, W16)
DEFINE_product(IMUL_2)
STUB(IMUL_3_RR_W16, ternary(cpu, op, IMUL_3, R, W16, m)) STUB(IMUL_3_RR_W32, ternary(cpu, op, IMUL_3, R, W32, m))

/* ---- the table: [width][memory][dropped] ---- */

#define EITHER(kept, dropped)           { kept, dropped }
#define REGISTERS(h, w, kept, dropped)  { EITHER(h##_##w##_##kept, h##_##w##_##dropped), EITHER(h##_##w##_##kept, h##_##w##_##dropped), \
                                          EITHER(h##_##w##_##kept, h##_##w##_##dropped) }
#define MEMORIES(h, w, kept, dropped)   { EITHER(h##_##w##_BASED_##kept, h##_##w##_BASED_##dropped), EITHER(h##_##w##_FLAT_##kept, h##_##w##_FLAT_##dropped), \
                                          EITHER(h##_##w##_SEGMENTED_##kept, h##_##w##_SEGMENTED_##dropped) }
#define WIDTHS(list, h, kept, dropped)  { list(h, W8, kept, dropped), list(h, W16, kept, dropped), list(h, W32, kept, dropped) }
#define LIST_two(F, kept, dropped) { \
    [RR] = WIDTHS(REGISTERS, F##_RR, kept, dropped), [RI] = WIDTHS(REGISTERS, F##_RI, kept, dropped), [RM] = WIDTHS(MEMORIES, F##_RM, kept, dropped), \
    [MR] = WIDTHS(MEMORIES, F##_MR, kept, dropped), [MI] = WIDTHS(MEMORIES, F##_MI, kept, dropped) }
#define LIST_update(F)  LIST_two(F, KEEP, DROP)
#define LIST_examine(F) LIST_two(F, KEEP, KEEP)
#define LIST_modify(F)  { [R_] = WIDTHS(REGISTERS, F##_R, KEEP, DROP), [M_] = WIDTHS(MEMORIES, F##_M, KEEP, DROP) }
#define SAME(h, w)      { EITHER(h##_##w, h##_##w), EITHER(h##_##w, h##_##w), EITHER(h##_##w, h##_##w) }
#define BY_MEMORY(h, w) { EITHER(h##_##w##_BASED, h##_##w##_BASED), EITHER(h##_##w##_FLAT, h##_##w##_FLAT), EITHER(h##_##w##_SEGMENTED, h##_##w##_SEGMENTED) }
#define LIST_change(F)  { [R_] = { SAME(F##_R, W8), SAME(F##_R, W16), SAME(F##_R, W32) } }
#define LIST_shift(F)   { [RI] = WIDTHS(REGISTERS, F##_RI, KEEP, DROP), [RR] = WIDTHS(REGISTERS, F##_RR, KEEP, KEEP) }
#define LIST_wide(F)    { [RR] = { [1] = SAME(F##_RR, W16), [2] = SAME(F##_RR, W32) }, [RM] = { [1] = BY_MEMORY(F##_RM, W16), [2] = BY_MEMORY(F##_RM, W32) } }

const variants_t l1_alu[N_INSTR][N_FORMS] = {
    [I_ADD] = LIST_update(ADD), [I_OR] = LIST_update(OR), [I_ADC] = LIST_update(ADC), [I_SBB] = LIST_update(SBB),
    [I_AND] = LIST_update(AND), [I_SUB] = LIST_update(SUB), [I_XOR] = LIST_update(XOR),
    [I_CMP] = LIST_examine(CMP), [I_TEST] = LIST_examine(TEST), [I_MOV] = LIST_examine(MOV),
    [I_INC] = LIST_modify(INC), [I_DEC] = LIST_modify(DEC), [I_NEG] = LIST_modify(NEG),
    [I_NOT] = LIST_change(NOT), [I_BSWAP] = LIST_change(BSWAP),
    [I_ROL] = LIST_shift(ROL), [I_ROR] = LIST_shift(ROR), [I_RCL] = LIST_shift(RCL), [I_RCR] = LIST_shift(RCR),
    [I_SHL] = LIST_shift(SHL), [I_SHR] = LIST_shift(SHR), [I_SAR] = LIST_shift(SAR),
    [I_MOVZX_8] = LIST_wide(MOVZX_8), [I_MOVZX_16] = LIST_wide(MOVZX_16), [I_MOVSX_8] = LIST_wide(MOVSX_8), [I_MOVSX_16] = LIST_wide(MOVSX_16),
    [I_IMUL_2] = { [RR] = { [1] = REGISTERS(IMUL_2_RR, W16, KEEP, DROP), [2] = REGISTERS(IMUL_2_RR, W32, KEEP, DROP) },
                   [RM] = { [1] = MEMORIES(IMUL_2_RM, W16, KEEP, DROP), [2] = MEMORIES(IMUL_2_RM, W32, KEEP, DROP) } },
    [I_IMUL_3] = { [RR] = { [1] = SAME(IMUL_3_RR, W16), [2] = SAME(IMUL_3_RR, W32) } },
};
#else
typedef int lower_l1_alu_is_empty;
#endif
