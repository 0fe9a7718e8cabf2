/* disasm.c - machine code as text, from the same two tables that drive the decoder: the operands are those of opcodes.def, the mnemonic is
 * what stands before '_' in instructions.def.  The few names that depend on sizes (CBW and CWDE, PUSHA and PUSHAD, MOVSB and MOVSD) follow
 * SDM vol. 2, where each is described.
 *
 * How it is written: numbers below 10 are decimal, others hexadecimal with h; code addresses are bare hexadecimal digits, four or eight by
 * operand size (jz 7C10, jmp F000:E05B).  Memory operands say their size, except where the instruction has only one meaning (lea, lgdt, les).
 * Prefixes that change nothing (rep before add, a DS override of [bx]) are not shown; sizes that no operand shows appear as o16, o32, a16,
 * a32.  What is no instruction on this model becomes db.  The x87's registers are st0 to st7, its memory operands dword (single real or integer),
 * qword, tword (extended real, BCD).  An escape that is nobody's is written as the 8086's assembler did: `esc n, operand`, n = opcode bits
 * 0-2 and ModRM.reg. */
#include "cpu/disasm.h"
#include <stdio.h>
#include "cpu/decode.h"
#include "cpu/text.h"

/* ---- parts of operands ---- */

static const char *const segment_names[8] = { "es", "cs", "ss", "ds", "fs", "gs", "?", "?" };

static const char *register_name(u8 at, width_t w)
{
    static const char *const names[3][8] = {
        { "al", "cl", "dl", "bl", "ah", "ch", "dh", "bh" },
        { "ax", "cx", "dx", "bx", "sp", "bp", "si", "di" },
        { "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi" },
    };
    unsigned row = w == W8 ? 0 : w == W16 ? 1 : 2;
    for (unsigned n = 0; n < 8; n++)
        if (reg_at(n, w) == at)
            return names[row][n];
    return "?";
}

static void number(text_t *t, u32 v)
{
    char digits[12];
    snprintf(digits, sizeof digits, "%X", (unsigned)v);
    if (v < 10) text_say(t, "%u", (unsigned)v);
    else        text_say(t, "%s%sh", digits[0] > '9' ? "0" : "", digits);
}

static void signed_number(text_t *t, u32 v, width_t w)
{
    u32 s = sext(w, v);
    if (s >> 31) text_say(t, "-");
    number(t, s >> 31 ? 0 - s : s);
}

/* A code address: as wide as the operand size. */
static void target(text_t *t, u32 v, width_t w) { text_say(t, "%0*X", w == W32 ? 8 : 4, (unsigned)(v & mask(w))); }

static u8 default_segment(const op_t *op) { return op->base == EBP || op->base == ESP ? SS : DS; }

/* What is added to a register is an offset, often a small negative one; a displacement alone is an address. */
static void displacement(text_t *t, u32 disp, width_t w)
{
    bool negative = w == W16 ? disp >= 0xFF00 : disp >= 0xFFFF0000;
    text_say(t, negative ? "-" : "+");
    number(t, negative ? (0 - disp) & mask(w) : disp);
}

/* LEA takes the offset alone: an override says nothing there. */
static void address(text_t *t, const op_t *op, bool lea)
{
    width_t w = op->wrap ? W16 : W32;
    u32 disp = op->disp & mask(w);
    bool base = op->base != NOREG, index = op->index != NOREG;
    bool other = op->seg != default_segment(op) && !lea;
    text_say(t, "[");
    if (other)                          text_say(t, "%s:", segment_names[op->seg & 7]);
    if (base)                           text_say(t, "%s", register_name(reg_at(op->base, w), w));
    if (base && index)                  text_say(t, "+");
    if (index)                          text_say(t, "%s", register_name(reg_at(op->index, w), w));
    if (index && op->scale)             text_say(t, "*%u", 1u << op->scale);
    if (!base && !index)                number(t, disp);
    else if (disp)                      displacement(t, disp, w);
    text_say(t, "]");
}

/* ---- operands ---- */

static bool has_dword_operands(const decoded_t *d) { return d->cold.width == 2; }

static const char *memory_size(const decoded_t *d, u8 code, width_t w)
{
    switch (d->cold.instr) {
    case I_CMPXCHG8B: return "qword ";
    case I_CALL_farm: case I_JMP_farm: return has_dword_operands(d) ? "far fword " : "far dword ";
    case I_LEA: case I_BOUND: case I_LGDT: case I_LIDT: case I_SGDT: case I_SIDT: case I_INVLPG: case I_ESC: return "";
    default: break;
    }
    return code == Mp ? "" : w == W8 ? "byte " : w == W16 ? "word " : "dword ";
}

/* Of a row of opcodes_simd.def: what memory holds, or nothing where the instruction has only one meaning. */
static const char *vector_memory_size(u8 code)
{
    switch (simd_operands[code].bytes) {
    case 2:  return "word ";
    case 4:  return "dword ";
    case 8:  return "qword ";
    case 16: return "oword ";
    default: return "";
    }
}

static void vector_register(text_t *t, u8 code, u8 at)
{
    switch (simd_operands[code].registers) {
    case MMX_REGISTER: text_say(t, "mm%u", at & 7u); break;
    case XMM_REGISTER: text_say(t, "xmm%u", at & 7u); break;
    default:           text_say(t, "%s", register_name(at, W32)); break;
    }
}

static bool is_vector(const decoded_t *d) { return d->cold.dst_vector != __; }

/* Sign-extended bytes read best with their sign, except as masks. */
static void immediate(text_t *t, const decoded_t *d, u8 code, width_t w)
{
    bool is_mask = d->cold.instr == I_AND || d->cold.instr == I_OR || d->cold.instr == I_XOR;
    if ((code == Ibs || code == EvIbs) && !is_mask) signed_number(t, d->op.imm, w);
    else if (code == Ib || code == GvIb)            number(t, d->op.imm & 0xFF);
    else if (code == Iw)                            number(t, d->op.imm & 0xFFFF);
    else                                            number(t, d->op.imm & mask(w));
}

/* PUSH of a constant shows its width nowhere else. */
static void push_size(text_t *t, const decoded_t *d, u16 mode)
{
    if (d->cold.instr == I_PUSH && has_dword_operands(d) != (bool)(mode & MODE_CODE32))
        text_say(t, has_dword_operands(d) ? "dword " : "word ");
}

static void by_kind(text_t *t, const decoded_t *d, u8 code, unsigned kind, u8 at, width_t w, u16 mode)
{
    bool vector = is_vector(d);
    switch (kind) {
    case R: if (vector) vector_register(t, code, at); else text_say(t, "%s", register_name(at, w)); break;
    case M: text_say(t, "%s", vector ? vector_memory_size(code) : memory_size(d, code, w)); address(t, &d->op, d->cold.instr == I_LEA); break;
    case I: push_size(t, d, mode); immediate(t, d, code, w); break;
    default: break;
    }
}

static void third(text_t *t, const decoded_t *d, u8 code, width_t w)
{
    if (code == GvCL) {
        text_say(t, ", cl");
    } else if (code == GvIb || code == EvIz || code == EvIbs) {
        text_say(t, ", ");
        immediate(t, d, code, w);
    }
}

static void operand(text_t *t, const decoded_t *d, bool source, u16 mode)
{
    u8 code = source ? d->row.src : d->row.dst, at = source ? d->op.src : d->op.dst;
    width_t w = width_at(source ? d->cold.src_width : d->cold.width);
    switch (code) {
    case Jb: case Jz: target(t, d->op.disp, width_at(d->cold.width)); break;
    case Ap:          text_say(t, "%04X:", (unsigned)(d->op.disp & 0xFFFF)); target(t, d->op.imm, w); break;
    case DX:          text_say(t, "dx"); break;
    case CL:          text_say(t, "cl"); break;
    case Cd: case Dd: case Td: text_say(t, "%cr%u", code == Cd ? 'c' : code == Dd ? 'd' : 't', d->op.src & 7u); break;
    case IwIb:        number(t, d->op.imm & 0xFFFF); text_say(t, ", "); number(t, d->op.imm >> 16 & 0xFF); break;
    case sES: case sCS: case sSS: case sDS: case sFS: case sGS: text_say(t, "%s", segment_names[code - sES]); break;
    default:          by_kind(t, d, code, source ? d->cold.src_kind : d->cold.dst_kind, at, w, mode); break;
    }
    if (source)
        third(t, d, code, w);
    if (source && d->row.third == Ib) {
        text_say(t, ", ");
        number(t, d->op.imm & 0xFF);
    }
}

static void pair(text_t *t, const decoded_t *d, bool source_first, u16 mode)
{
    operand(t, d, source_first, mode);
    text_say(t, ", ");
    operand(t, d, !source_first, mode);
}

/* Instructions whose other operand is ST(0) without saying so. */
static bool names_one_register(u16 instr)
{
    switch (instr) {
    case I_FLD: case I_FXCH: case I_FST: case I_FSTP: case I_FSTPNCE: case I_FFREE: case I_FFREEP:
    case I_FCOM: case I_FCOMP: case I_FUCOM: case I_FUCOMP: return true;
    default: return false;
    }
}

static void x87_operands(text_t *t, const decoded_t *d)
{
    static const char *const sizes[] = { [X87_two] = "word ", [X87_env] = "", [X87_state] = "", [X87_single] = "dword ", [X87_dbl] = "qword ",
                                         [X87_ext] = "tword ", [X87_word] = "word ", [X87_dword] = "dword ", [X87_qword] = "qword ", [X87_bcd] = "tword " };
    unsigned i = d->modrm & 7;
    switch (d->cold.cc) {
    case X87_none:   if (d->cold.instr == I_FNSTSW_AX) text_say(t, " ax"); break;
    case X87_ST_STi: text_say(t, names_one_register(d->cold.instr) ? " st%u" : " st0, st%u", i); break;
    case X87_STi_ST: text_say(t, names_one_register(d->cold.instr) ? " st%u" : " st%u, st0", i); break;
    default:
        text_say(t, " %s", sizes[d->cold.cc % COUNT_OF(sizes)]);
        address(t, &d->op, false);
        break;
    }
}

static bool is_x87(const decoded_t *d) { return (d->opcode & ~7u) == 0xD8 && d->cold.instr != I_ESC && d->cold.instr != I_UD2; }

static void operands(text_t *t, const decoded_t *d, u16 mode)
{
    if (is_x87(d)) {
        x87_operands(t, d);
        return;
    }
    if (d->row.dst == __ || d->row.dst == Xb || d->row.dst == Xv)
        return;
    if (d->cold.instr == I_AAM || d->cold.instr == I_AAD) {
        if (d->op.imm == 10) return;                           /* the base that the mnemonic stands for */
    }
    text_say(t, " ");
    switch (d->cold.instr) {
    case I_OUT: case I_MOV_to_CR: case I_MOV_to_DR: case I_MOV_to_TR: pair(t, d, true, mode); return;
    case I_MOV_sreg: text_say(t, "%s, ", segment_names[d->op.src & 7]); break;
    case I_ESC:      number(t, (d->opcode & 7u) << 3 | (d->modrm >> 3 & 7u)); text_say(t, ", "); break;
    default:
        if (d->row.src != __) {
            pair(t, d, false, mode);
            return;
        }
    }
    operand(t, d, false, mode);
    if (d->cold.instr == I_MOV_from_sreg)
        text_say(t, ", %s", segment_names[d->op.src & 7]);
}

/* ---- mnemonics ---- */

/* SDM vol. 1, appendix B: the shorter of the names. */
static const char *const conditions[16] = { "o", "no", "b", "ae", "z", "nz", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g" };

/* Names of their own, and the name with 32-bit operands (for JCXZ: addresses), where that is another. */
typedef struct { u16 instr; const char *name, *name32; } special_t;
static const special_t specials[] = {
    { I_CBW, "cbw", "cwde" }, { I_CWD, "cwd", "cdq" }, { I_PUSHA, "pusha", "pushad" }, { I_POPA, "popa", "popad" },
    { I_PUSHF, "pushf", "pushfd" }, { I_POPF, "popf", "popfd" }, { I_IRET, "iret", "iretd" }, { I_JCXZ, "jcxz", "jecxz" },
    { I_RET_far, "retf", "retf" }, { I_INT_3, "int3", "int3" }, { I_INT_1, "int1", "int1" }, { I_INT_O, "into", "into" },
    { I_XLAT, "xlatb", "xlatb" },
};

static bool is_loop(u16 instr) { return instr == I_LOOP || instr == I_LOOPE || instr == I_LOOPNE; }

/* "Jcc" stands for sixteen names. */
static void plain_name(text_t *t, const decoded_t *d)
{
    static const char *const moves[8] = { "b", "e", "be", "u", "nb", "ne", "nbe", "nu" };    /* FCMOVcc */
    for (const char *c = instructions[d->cold.instr].name; *c && *c != '_'; c++) {
        if (d->cold.instr == I_FCMOVcc && c[0] == 'c') {
            text_say(t, "%s", moves[(d->opcode & 1) << 2 | (d->modrm >> 3 & 3)]);
            return;
        }
        if (c[0] == 'c' && c[1] == 'c') {
            text_say(t, "%s", conditions[d->cold.cc]);
            return;
        }
        text_say(t, "%c", *c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
    }
}

static void mnemonic(text_t *t, const decoded_t *d)
{
    static const char widths[] = "bwd";
    bool wide = d->cold.instr == I_JCXZ ? !d->cold.addr16 : has_dword_operands(d);
    for (unsigned i = 0; i < COUNT_OF(specials); i++)
        if (specials[i].instr == d->cold.instr) {
            text_say(t, "%s", wide ? specials[i].name32 : specials[i].name);
            return;
        }
    if (d->cold.instr == I_UD2) {                              /* three opcodes, one effect */
        text_say(t, d->opcode == 0x1B9 ? "ud1" : d->opcode == 0x1FF ? "ud0" : "ud2");
        return;
    }
    if (d->opcode == 0x90 && d->cold.rep == REP_Z) {           /* NOP on models before it had the name */
        text_say(t, "pause");
        return;
    }
    plain_name(t, d);
    if (instructions[d->cold.instr].shape == SHAPE_repeat)
        text_say(t, "%c", widths[d->cold.width]);
}

/* ---- prefixes ---- */

static bool has_hidden_address(const decoded_t *d)
{
    return instructions[d->cold.instr].shape == SHAPE_repeat || d->cold.instr == I_XLAT || is_loop(d->cold.instr);
}

/* Operand sizes that neither the mnemonic nor an operand shows. */
static bool has_hidden_width(u16 instr)
{
    switch (instr) {
    case I_RET: case I_RET_far: case I_ENTER: case I_LEAVE: case I_PUSH_sreg: case I_POP_sreg:
    case I_LGDT: case I_LIDT: case I_BOUND: return true;
    default: return false;
    }
}

static bool reads_override(u16 instr)
{
    return instr == I_MOVS || instr == I_CMPS || instr == I_LODS || instr == I_OUTS || instr == I_XLAT;
}

/* F3 says REPE where the instruction compares, REP elsewhere; F2 stops nothing there but repeats all the same. */
static void repeat_prefix(text_t *t, const decoded_t *d)
{
    bool compares = d->cold.instr == I_CMPS || d->cold.instr == I_SCAS;
    if (instructions[d->cold.instr].shape == SHAPE_repeat && d->cold.rep)
        text_say(t, d->cold.rep == REP_NZ ? "repne " : compares ? "repe " : "rep ");
}

static void prefixes(text_t *t, const decoded_t *d, u16 mode)
{
    bool code32 = mode & MODE_CODE32;
    if (d->cold.lock)
        text_say(t, "lock ");
    repeat_prefix(t, d);
    if (has_hidden_address(d) && d->cold.addr16 == code32)
        text_say(t, code32 ? "a16 " : "a32 ");
    if (has_hidden_width(d->cold.instr) && has_dword_operands(d) != code32)
        text_say(t, code32 ? "o16 " : "o32 ");
    if (reads_override(d->cold.instr) && d->op.seg != DS)
        text_say(t, "%s ", segment_names[d->op.seg & 7]);
}

/* ---- all of it ---- */

static void data_bytes(text_t *t, const u8 *code, unsigned n)
{
    text_say(t, "db ");
    for (unsigned i = 0; i < n; i++) {
        if (i) text_say(t, ", ");
        number(t, code[i]);
    }
}

/* UD2 where the opcode is not UD2's: the decoder's word for "no such instruction". */
static bool is_invalid(const decoded_t *d) { return d->cold.instr == I_UD2 && d->row.instr != I_UD2; }

unsigned disassemble(u16 mode, model_t model, u32 eip, const u8 *code, unsigned available, char *text, size_t bytes)
{
    text_t t = { text, bytes, 0 };
    decoded_t d;
    unsigned length = decode(mode, model, eip, code, available, &d);
    if (bytes)
        text[0] = 0;
    if (length == 0) {
        text_say(&t, "(goes on)");
    } else if (length > MAX_INSTRUCTION) {
        text_say(&t, "(longer than 15 bytes)");
    } else if (is_invalid(&d)) {
        data_bytes(&t, code, length);
    } else {
        prefixes(&t, &d, mode);
        mnemonic(&t, &d);
        operands(&t, &d, mode);
    }
    return length;
}
