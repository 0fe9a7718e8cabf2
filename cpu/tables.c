/* tables.c - the .def files, expanded.  A flag list is a string of six places O S Z A P C; see instructions.def. */
#include "cpu/tables.h"

const row_t opcode_map[0x200] = {
#define OP(opcode, NAME, dst, src)  [opcode] = { I_##NAME, dst, src },
#define OP8(opcode, NAME, dst, src) [opcode ... (opcode) + 7] = { I_##NAME, dst, src },
#define EXT(...)
#include "cpu/opcodes.def"
#undef OP
#undef OP8
#undef EXT
};

const row_t extension[N_NAMES - N_INSTR][8] = {
#define OP(...)
#define OP8(...)
#define EXT(GROUP, reg, NAME, operand) [I_##GROUP - N_INSTR][reg] = { I_##NAME, __, operand },
#include "cpu/opcodes.def"
#undef OP
#undef OP8
#undef EXT
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
