/* tables.c - the .def files, expanded.  A flag list is a string of six places O S Z A P C; see instructions.def. */
#include "cpu/tables.h"
#include "cpu/model.h"

#define OPERANDS(first, second) .dst = first, .src = second

const row_t opcode_map[0x200] = {
#define OP(opcode, NAME, dst, src)  [opcode] = { .instr = I_##NAME, OPERANDS(dst, src) },
#define OP8(opcode, NAME, dst, src) [opcode ... (opcode) + 7] = { .instr = I_##NAME, OPERANDS(dst, src) },
#define EXT(...)
#include "cpu/opcodes.def"
#undef OP
#undef OP8
#undef EXT
};

const row_t extension[N_NAMES - N_INSTR][8] = {
#define OP(...)
#define OP8(...)
#define EXT(GROUP, reg, NAME, operand) [I_##GROUP - N_INSTR][reg] = { .instr = I_##NAME, OPERANDS(__, operand) },
#include "cpu/opcodes.def"
#undef OP
#undef OP8
#undef EXT
};

#define SIMD_ROW(NAME, first, second, last, FEATURE) { .instr = I_##NAME, OPERANDS(first, second), .third = last, .feature = HAS_##FEATURE }
#define HAS___ 0

const row_t simd_map[0x100][N_MANDATORY][2] = {
#define SIMD(opcode, prefix, NAME, a, b, c, feature) \
    [opcode][PREFIX_##prefix] = { SIMD_ROW(NAME, a, b, c, feature), SIMD_ROW(NAME, a, b, c, feature) },
#define SIMD_M(opcode, prefix, NAME, a, b, c, feature) [opcode][PREFIX_##prefix][RM_MEMORY] = SIMD_ROW(NAME, a, b, c, feature),
#define SIMD_R(opcode, prefix, NAME, a, b, c, feature) [opcode][PREFIX_##prefix][RM_REGISTER] = SIMD_ROW(NAME, a, b, c, feature),
#define GROUP_M(...)
#define GROUP_R(...)
#define ONE(...)
#include "cpu/opcodes_simd.def"
#undef SIMD
#undef SIMD_M
#undef SIMD_R
#undef GROUP_M
#undef GROUP_R
#undef ONE
};

const row_t simd_extension[N_NAMES - I_GRP12][8][2] = {
#define SIMD(...)
#define SIMD_M(...)
#define SIMD_R(...)
#define GROUP_M(GROUP, reg, NAME, operand, feature) [I_##GROUP - I_GRP12][reg][RM_MEMORY] = SIMD_ROW(NAME, operand, __, __, feature),
#define GROUP_R(GROUP, reg, NAME, operand, feature) [I_##GROUP - I_GRP12][reg][RM_REGISTER] = SIMD_ROW(NAME, operand, __, __, feature),
#define ONE(...)
#include "cpu/opcodes_simd.def"
#undef SIMD
#undef SIMD_M
#undef SIMD_R
#undef GROUP_M
#undef GROUP_R
#undef ONE
};

const simd_one_t simd_ones[] = {
#define SIMD(...)
#define SIMD_M(...)
#define SIMD_R(...)
#define GROUP_M(...)
#define GROUP_R(...)
#define ONE(opcode, modrm, NAME, feature) { opcode, modrm, SIMD_ROW(NAME, __, __, __, feature) },
#include "cpu/opcodes_simd.def"
#undef SIMD
#undef SIMD_M
#undef SIMD_R
#undef GROUP_M
#undef GROUP_R
#undef ONE
    { 0, 0, { .instr = I_INVALID } }
};

const simd_operand_t simd_operands[N_OPERANDS] = {
    [Ed] = { GENERAL, 4, false }, [Gd] = { GENERAL, 4, false }, [Md] = { GENERAL, 4, false }, [RdMw] = { GENERAL, 2, false },
    [Mq] = { NO_VECTOR, 8, false }, [Mx] = { NO_VECTOR, 16, true },
    [Pq] = { MMX_REGISTER, 8, false }, [Qq] = { MMX_REGISTER, 8, false }, [Qd] = { MMX_REGISTER, 4, false }, [Nq] = { MMX_REGISTER, 8, false },
    [Vx] = { XMM_REGISTER, 16, true }, [Wx] = { XMM_REGISTER, 16, true }, [Wu] = { XMM_REGISTER, 16, false },
    [Wq] = { XMM_REGISTER, 8, false }, [Wd] = { XMM_REGISTER, 4, false }, [Ux] = { XMM_REGISTER, 16, true },
};

const x87_row_t x87_memory[8][8] = {
#define MEM(escape, reg, NAME, format) [escape][reg] = { I_##NAME, X87_##format },
#define REG(...)
#define ONE(...)
#include "cpu/opcodes_x87.def"
#undef MEM
#undef REG
#undef ONE
};

const x87_row_t x87_register[8][64] = {
#define MEM(...)
#define REG(escape, first, NAME, format) [escape][(first) - 0xC0 ... (first) - 0xC0 + 7] = { I_##NAME, X87_##format },
#define ONE(escape, modrm, NAME) [escape][(modrm) - 0xC0] = { I_##NAME, X87_none },
#include "cpu/opcodes_x87.def"
#undef MEM
#undef REG
#undef ONE
};

#define PLACE(text, n, bit) (sizeof(text) > 7 ? 0 : (text)[n] != '.' ? (bit) : 0)
#define WRITES(text) PLACE(text, 0, FLAG_OF) | PLACE(text, 1, FLAG_SF) | PLACE(text, 2, FLAG_ZF) \
                   | PLACE(text, 3, FLAG_AF) | PLACE(text, 4, FLAG_PF) | PLACE(text, 5, FLAG_CF)
#define LEFT(text, n, bit) ((text)[n] == '-' ? (bit) : 0)
#define UNDEFINED(text) LEFT(text, 0, FLAG_OF) | LEFT(text, 1, FLAG_SF) | LEFT(text, 2, FLAG_ZF) \
                      | LEFT(text, 3, FLAG_AF) | LEFT(text, 4, FLAG_PF) | LEFT(text, 5, FLAG_CF)
/* Reads are few letters in any order; the engine only asks "any, and is CF among them", so a superset is exact enough. */
#define READS(text) (sizeof(text) == 1 ? 0 : sizeof(text) == 2 && (text)[0] == 'C' ? FLAG_CF : FLAGS_STATUS)

const instr_t instructions[N_INSTR] = {
    [I_INVALID] = { "invalid", SHAPE_none, MODEL_386, 0, 0, 0 },
#define INSTR(shape, NAME, writes, reads, since) \
    [I_##NAME] = { #NAME, SHAPE_##shape, since, WRITES(writes), READS(reads), UNDEFINED(writes) },
#include "cpu/instructions.def"
#undef INSTR
    [I_LINK] = { "(link)", SHAPE_none, MODEL_386, 0, 0, 0 },
    [I_CROSS] = { "(cross)", SHAPE_none, MODEL_386, 0, 0, 0 },
    [I_FALL] = { "(fall)", SHAPE_none, MODEL_386, 0, 0, 0 },
    [I_STALE] = { "(stale)", SHAPE_none, MODEL_386, 0, 0, 0 },
    [I_OBSERVE] = { "(observe)", SHAPE_none, MODEL_386, 0, 0, 0 },
    [I_FETCH_FAULT] = { "(fetch fault)", SHAPE_none, MODEL_386, 0, 0, 0 },
};
