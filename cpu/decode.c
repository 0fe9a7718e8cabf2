/* decode.c - from bytes to ops.  Prefixes, opcode, ModRM, SIB, displacement, immediate: SDM vol. 2A, chapter 2,
 * figure 2-1, in that order.
 *
 * What comes next in a stream of instructions is what a host's branch predictor cannot know, so whatever can be a table is one, and sizes, registers and
 * signs are computed without a jump: decoding once is a third of what code that runs once costs. */
#include "cpu/decode.h"
#include "cpu/model.h"

/* An instruction of at most 15 prefixes and what follows the opcode: two bytes of opcode, ModRM, SIB, displacement, immediate. */
enum { MOST_READ = MAX_INSTRUCTION + 1 + 2 + 2 + 4 + 6 + 4, NO_OVERRIDE = 0xFF };

typedef struct {
    const u8 *code;                                            /* MOST_READ bytes may be read, whether they are the guest's or not: see decode() */
    unsigned  at;
    bool      data32, addr32;
    bool      data66;                                          /* the operand-size prefix is there */
    u8        seg;                                             /* override */
    model_t   model;
    decoded_t *out;
} cursor_t;

/* The next `bits` bits: 0, 8, 16 or 32. */
INLINE u32 take(cursor_t *c, unsigned bits, bool is_signed)
{
    unsigned spare = 32 - bits;
    u32 v = (u32)((u64)get(c->code + c->at, W32) << spare);
    c->at += bits / 8;
    return is_signed ? (u32)((s32)v >> (spare & 31)) : v >> (spare & 31);
}

/* ---- addresses ---- */

/* Table 2-1: 16-bit addressing forms. */
static const struct { u8 base, index, seg; } form16[8] = {
    { EBX, ESI, DS }, { EBX, EDI, DS }, { EBP, ESI, SS }, { EBP, EDI, SS },
    { ESI, NOREG, DS }, { EDI, NOREG, DS }, { EBP, NOREG, SS }, { EBX, NOREG, DS },
};
static const u8 disp16[4] = { 0, 8, 16 }, disp32[4] = { 0, 8, 32 };             /* bits of displacement, by mod */

INLINE void address16(cursor_t *c, op_t *op, u8 mod, u8 rm)
{
    bool absolute = mod == 0 && rm == 6;
    if (!absolute) {
        op->base = form16[rm].base;
        op->index = form16[rm].index;
        op->seg = form16[rm].seg;
    }
    op->disp = take(c, absolute ? 16 : disp16[mod], mod == 1);
}

/* Tables 2-2 and 2-3. */
INLINE void address32(cursor_t *c, op_t *op, u8 mod, u8 rm)
{
    if (rm == 4) {                                             /* SIB */
        u8 sib = c->code[c->at++], index = sib >> 3 & 7;
        bool none = index == ESP;
        op->scale = none ? 0 : sib >> 6;
        op->index = none ? NOREG : index;
        rm = sib & 7;
    }
    bool absolute = mod == 0 && rm == 5;
    op->base = absolute ? NOREG : rm;
    op->seg = !absolute && (rm == ESP || rm == EBP) ? SS : DS;
    op->disp = take(c, absolute ? 32 : disp32[mod], true);
}

/* ---- operands ---- */

/* How wide: SIZE_V by the operand-size attribute; SIZE_VW likewise, but a word of memory. */
typedef enum { SIZE_NONE, SIZE_B, SIZE_W, SIZE_D, SIZE_V, SIZE_VW, N_SIZES } size_t_;
static const u8 log2_of[N_SIZES][2][2] = {                     /* [size][memory][data32] */
    [SIZE_NONE] = { { 1, 2 }, { 1, 2 } }, [SIZE_B] = { { 0, 0 }, { 0, 0 } }, [SIZE_W] = { { 1, 1 }, { 1, 1 } }, [SIZE_D] = { { 2, 2 }, { 2, 2 } },
    [SIZE_V] = { { 1, 2 }, { 1, 2 } }, [SIZE_VW] = { { 1, 2 }, { 1, 1 } },
};

/* Where a register's number stands: in r/m, in reg, in the opcode, nowhere. */
typedef enum { IN_RM, IN_REG, IN_OPCODE, IN_NAME } place_t;

/* What stands behind ModRM, SIB and displacement: bits by the operand-size attribute.  IMM_Z has the width of the first operand if that is a byte. */
typedef enum { IMM_NONE, IMM_B, IMM_BS, IMM_W, IMM_Z, IMM_JB, IMM_JZ, IMM_O, IMM_FIRST_ODD, IMM_WB = IMM_FIRST_ODD, IMM_A, IMM_ONE } immediate_t;
static const struct { u8 bits16, bits32; bool is_signed, is_disp; } immediates[] = {
    [IMM_NONE] = { 0, 0, false, false }, [IMM_B] = { 8, 8, false, false }, [IMM_BS] = { 8, 8, true, false }, [IMM_W] = { 16, 16, false, false },
    [IMM_Z] = { 16, 32, false, false }, [IMM_JB] = { 8, 8, true, true }, [IMM_JZ] = { 16, 32, true, true }, [IMM_O] = { 16, 32, false, true },
};

/* For each operand code of the manual's appendix A.  `modrm`: it needs that byte; `number`: of IN_NAME; `stays`: no operand, but ModRM.reg may be one
 * (a segment, control or debug register); `plain`: a number and not a place in cpu->r. */
typedef struct { u8 size, kind, place, number, immediate; bool modrm, memory_only, stays, plain; } place_of_t;
#define E_(bytes, ...)  { .size = SIZE_##bytes, .kind = R, .place = IN_RM, .modrm = true, __VA_ARGS__ }
#define G_(bytes, ...)  { .size = SIZE_##bytes, .kind = R, .place = IN_REG, .modrm = true, __VA_ARGS__ }
#define A_(bytes)       { .size = SIZE_##bytes, .kind = R, .place = IN_NAME, .number = EAX }
#define I_(what)        { .kind = I, .place = IN_NAME, .immediate = IMM_##what }
#define J_(what)        { .kind = NONE, .place = IN_NAME, .immediate = IMM_##what }
#define S_(bytes, n)    { .size = SIZE_##bytes, .kind = NONE, .place = IN_NAME, .number = n, .stays = true, .plain = true }
#define MEM(...)        .memory_only = true, __VA_ARGS__
static const place_of_t operands[N_OPERANDS] = {
    [__] = S_(NONE, 0), [DX] = S_(NONE, 0), [Xb] = S_(B, 0), [Xv] = S_(V, 0), [Cd] = S_(NONE, 0), [Dd] = S_(NONE, 0), [Td] = S_(NONE, 0),
    [sES] = S_(NONE, ES), [sCS] = S_(NONE, CS), [sSS] = S_(NONE, SS), [sDS] = S_(NONE, DS), [sFS] = S_(NONE, FS), [sGS] = S_(NONE, GS),
    [Eb] = E_(B,), [Ev] = E_(V,), [Ew] = E_(W,), [RvMw] = E_(VW,), [EvIz] = E_(V, .immediate = IMM_Z), [EvIbs] = E_(V, .immediate = IMM_BS),
    [Gb] = G_(B,), [Gv] = G_(V,), [Gw] = G_(W,), [GvIb] = G_(V, .immediate = IMM_B), [GvCL] = G_(V,),
    [Ib] = I_(B), [Ibs] = I_(BS), [Iw] = I_(W), [Iz] = I_(Z), [IwIb] = I_(WB), [One] = I_(ONE),
    [AL] = A_(B), [eAX] = A_(V), [CL] = { .kind = R, .place = IN_NAME, .number = ECX },
    [Zb] = { .size = SIZE_B, .kind = R, .place = IN_OPCODE }, [Zv] = { .size = SIZE_V, .kind = R, .place = IN_OPCODE },
    [Jb] = J_(JB), [Jz] = J_(JZ), [Ap] = J_(A),
    [Ob] = { .size = SIZE_B, .kind = M, .place = IN_NAME, .immediate = IMM_O }, [Ov] = { .size = SIZE_V, .kind = M, .place = IN_NAME, .immediate = IMM_O },
    [Mp] = E_(V, MEM()), [Mv] = E_(V, MEM()), [Md] = E_(D, MEM()), [Mq] = E_(D, MEM()), [Mx] = E_(D, MEM()), [Mem] = E_(D, MEM()),
    [Ed] = E_(D,), [Gd] = G_(D,), [RdMw] = E_(D,), [Rd] = E_(D,),
    [Pq] = G_(D, .plain = true), [Vx] = G_(D, .plain = true),
    [Qq] = E_(D, .plain = true), [Qd] = E_(D, .plain = true), [Nq] = E_(D, .plain = true), [Ux] = E_(D, .plain = true),
    [Wx] = E_(D, .plain = true), [Wu] = E_(D, .plain = true), [Wq] = E_(D, .plain = true), [Wd] = E_(D, .plain = true),
};

/* A register's place in cpu->r, by the logarithm of its bytes; the plain number of a vector or segment register. */
INLINE u8 register_at(const place_of_t *o, unsigned n, unsigned log2_bytes)
{
    u8 byte = reg_at(n, W8), word = reg_at(n, W16), dword = reg_at(n, W32);
    return o->plain ? (u8)n : log2_bytes == 0 ? byte : log2_bytes == 1 ? word : dword;
}

/* Returns the operand's kind; fills its register. */
INLINE kind_t operand(const place_of_t *o, u32 numbers, bool memory_form, u8 *at, unsigned log2_bytes)
{
    unsigned n = o->place == IN_NAME ? o->number : numbers >> 8 * o->place & 7;
    kind_t kind = o->modrm && o->place == IN_RM && memory_form ? M : (kind_t)o->kind;
    *at = kind == R || o->stays ? register_at(o, n, log2_bytes) : 0;
    return kind;
}

/* Immediates stand last in the instruction, so they are taken last, whichever operand they belong to; there is at most one. */
INLINE void immediate(cursor_t *c, unsigned which, bool bytes)
{
    op_t *op = &c->out->op;
    if (which < IMM_FIRST_ODD) {
        unsigned bits = which == IMM_Z && bytes ? 8 : c->data32 ? immediates[which].bits32 : immediates[which].bits16;
        if (which == IMM_O)
            bits = c->addr32 ? 32 : 16;
        u32 v = take(c, bits, immediates[which].is_signed);
        *(immediates[which].is_disp ? &op->disp : &op->imm) = v;
    } else if (which == IMM_ONE) {
        op->imm = 1;
    } else if (which == IMM_WB) {
        op->imm = take(c, 16, false);
        op->imm |= take(c, 8, false) << 16;
    } else {
        op->imm = take(c, c->data32 ? 32 : 16, false);
        op->disp = take(c, 16, false);
    }
}

/* ---- rules ---- */

/* LOCK is allowed before read-modify-write instructions with a memory destination only.  SDM vol. 2A, "LOCK". */
static bool lockable(const decoded_t *d)
{
    if (d->cold.dst_kind != M)
        return false;
    switch (d->cold.instr) {
    case I_ADD: case I_OR: case I_ADC: case I_SBB: case I_AND: case I_SUB: case I_XOR: case I_NOT: case I_NEG: case I_INC: case I_DEC:
    case I_BTS: case I_BTR: case I_BTC: case I_XCHG: case I_XADD: case I_CMPXCHG: case I_CMPXCHG8B: return true;
    default: return false;
    }
}

/* Instructions about selectors exist in protected mode only; elsewhere they are #UD before any operand is looked at. */
static bool needs_protection(u16 instr)
{
    switch (instr) {
    case I_SLDT: case I_STR: case I_LLDT: case I_LTR: case I_VERR: case I_VERW: case I_LAR: case I_LSL: case I_ARPL: return true;
    default: return false;
    }
}

/* Segment registers 6 and 7, and CS as a destination, are #UD before the other operand is looked at. */
static bool no_such_segment(const decoded_t *d)
{
    return (d->row.instr == I_MOV_sreg && d->op.src == CS) || ((d->row.instr == I_MOV_sreg || d->row.instr == I_MOV_from_sreg) && d->op.src >= N_SEGMENTS);
}

/* Is this byte a prefix?  One bit each. */
static const u64 prefix_bits[4] = {
    1ull << 0x26 | 1ull << 0x2E | 1ull << 0x36 | 1ull << 0x3E, 1ull << (0x64 - 64) | 1ull << (0x65 - 64) | 1ull << (0x66 - 64) | 1ull << (0x67 - 64), 0,
    1ull << (0xF0 - 192) | 1ull << (0xF2 - 192) | 1ull << (0xF3 - 192),
};
INLINE bool is_prefix(u8 byte) { return prefix_bits[byte / 64] >> byte % 64 & 1; }

/* Takes the prefixes, of which `byte` is the first, and returns the opcode; what is longer than an instruction may be goes no further. */
static u8 prefixes(cursor_t *c, cold_t *cold, u8 byte)
{
    bool code32 = c->data32;
    for (; is_prefix(byte) && c->at <= MAX_INSTRUCTION; byte = c->code[c->at++])
        switch (byte) {
        case 0x26: c->seg = ES; break;
        case 0x2E: c->seg = CS; break;
        case 0x36: c->seg = SS; break;
        case 0x3E: c->seg = DS; break;
        case 0x64: c->seg = FS; break;
        case 0x65: c->seg = GS; break;
        case 0x66: c->data66 = true; c->data32 = !code32; break;
        case 0x67: c->addr32 = !code32; break;
        case 0xF0: cold->lock = 1; break;
        case 0xF2: cold->rep = REP_NZ; break;
        default:   cold->rep = REP_Z; break;
        }
    return byte;
}

/* The rows of opcodes_simd.def that opcode and prefixes choose: for memory, for a register.  F3 and F2 go before 66 (SDM vol. 2A, 2.1.2). */
static const row_t *simd_rows(const cursor_t *c)
{
    const decoded_t *d = c->out;
    unsigned prefix = d->cold.rep == REP_Z ? PREFIX_F3 : d->cold.rep == REP_NZ ? PREFIX_F2 : c->data66 ? PREFIX_66 : PREFIX_NP;
    return simd_map[d->opcode & 0xFF][prefix];
}

/* Is there a row for this ModRM byte, and does the model have it? */
static bool find_simd(const cursor_t *c, const row_t *rows, row_t *found)
{
    const decoded_t *d = c->out;
    unsigned rm = d->modrm >> 6 == 3 ? RM_REGISTER : RM_MEMORY;
    row_t row = rows[rm];
    if (row.instr >= N_INSTR) {
        row_t ext = simd_extension[row.instr - I_GRP12][d->modrm >> 3 & 7][rm];
        row.instr = ext.instr;
        if (ext.dst)     row.dst = ext.dst;
        if (ext.feature) row.feature = ext.feature;
    }
    for (const simd_one_t *one = simd_ones; one->opcode; one++)
        if (0x100u + one->opcode == d->opcode && one->modrm == d->modrm && rows == simd_map[one->opcode][PREFIX_NP])
            row = one->row;
    if (row.instr == I_INVALID || !model_has(c->model, (feature_t)row.feature))
        return false;
    *found = row;
    return true;
}

/* Groups of opcodes.def. */
static row_t extended(row_t row, u8 modrm)
{
    row_t ext = extension[row.instr - N_INSTR][modrm >> 3 & 7];
    bool is_test = row.instr == I_GRP3 && ext.src == Iz;
    row.instr = ext.instr;
    if (is_test)      row.src = Iz;
    else if (ext.src) row.dst = ext.src;
    return row;
}

/* The row for this opcode, groups resolved; the ModRM byte is taken if there is one. */
INLINE row_t find_row(cursor_t *c, u8 byte)
{
    decoded_t *d = c->out;
    bool two_bytes = byte == 0x0F;
    d->opcode = two_bytes ? (u16)(0x100 | c->code[c->at++]) : byte;
    row_t row = opcode_map[d->opcode];
    const row_t *simd = two_bytes ? simd_rows(c) : NULL;
    d->modrm_used = operands[row.dst].modrm | operands[row.src].modrm;
    if (simd)
        d->modrm_used |= operands[simd[RM_MEMORY].dst].modrm | operands[simd[RM_REGISTER].dst].modrm;
    d->modrm = d->modrm_used ? c->code[c->at] : 0;
    c->at += d->modrm_used;
    if (simd && find_simd(c, simd, &row)) {
        d->cold.dst_vector = row.dst;
        d->cold.src_vector = row.src;
        return row;
    }
    return row.instr >= N_INSTR ? extended(row, d->modrm) : row;
}

/* The escape opcodes have their own tables.  Reserved ones, and those of later models, stay an ESC.  What the bodies need: see fpu_note. */
static void escape(decoded_t *d, model_t model, u32 eip)
{
    unsigned n = d->opcode & 7;
    x87_row_t row = d->modrm >> 6 == 3 ? x87_register[n][d->modrm & 0x3F] : x87_memory[n][d->modrm >> 3 & 7];
    if (row.instr == I_INVALID || instructions[row.instr].since > model)
        return;
    d->cold.instr = row.instr;
    d->cold.cc = row.format & 15u;
    d->op.dst = d->modrm;
    d->op.src = (u8)n;
    d->op.imm = eip;
}

static void finish(decoded_t *d, u32 eip, unsigned length, bool data32)
{
    u32 next = eip + length;
    d->cold.eip = eip;
    d->cold.length = (u8)length;
    u8 shape = instructions[d->cold.instr].shape;
    if (shape == SHAPE_branch) {
        d->op.disp = (next + d->op.disp) & (data32 ? 0xFFFFFFFF : 0xFFFF);
        d->op.imm = next;
    } else if (d->cold.instr == I_CALL_near) {
        d->op.imm = next;
    } else if (d->cold.instr == I_RET) {
        d->op.release = (u16)d->op.imm;
    }
}

/* Why this is no instruction, or not here. */
INLINE bool undefined(const decoded_t *d, const cursor_t *c, u16 mode, bool memory)
{
    u16 instr = d->row.instr;
    if (instr == I_INVALID || instr >= N_INSTR || instructions[instr].since > c->model)
        return true;
    if ((operands[d->row.dst].memory_only | operands[d->row.src].memory_only) & !memory)
        return true;
    return (needs_protection(instr) && !(mode & MODE_PROTECTED)) || (d->cold.lock && !lockable(d)) || no_such_segment(d);
}

unsigned decode(u16 mode, model_t model, u32 eip, const u8 *code, unsigned available, decoded_t *d)
{
    u8 copy[MOST_READ];
    if (available < MOST_READ) {                               /* so that nobody has to count: what is beyond shows in the length */
        memset(copy, 0, sizeof copy);
        memcpy(copy, code, available);
        code = copy;
    }
    bool code32 = mode & MODE_CODE32;
    *d = (decoded_t){ .op = { .base = NOREG, .index = NOREG, .seg = DS } };
    cursor_t c = { .code = code, .at = 1, .data32 = code32, .addr32 = code32, .seg = NO_OVERRIDE, .model = model, .out = d };
    u8 byte = code[0];
    row_t row = find_row(&c, UNLIKELY(is_prefix(byte)) ? prefixes(&c, &d->cold, byte) : byte);
    const place_of_t *dst = &operands[row.dst], *src = &operands[row.src];
    d->row = row;
    d->op.wrap = c.addr32 ? 0 : 16;
    d->cold.addr16 = !c.addr32;
    u8 mod = d->modrm >> 6, rm = d->modrm & 7;
    bool memory = d->modrm_used && mod != 3 && row.dst != Rd;  /* MOV CR, DR, TR: mod is ignored */
    if (memory && c.addr32) address32(&c, &d->op, mod, rm);
    else if (memory)        address16(&c, &d->op, mod, rm);
    unsigned log2 = log2_of[dst->size][memory][c.data32], from = src->size == SIZE_NONE ? log2 : log2_of[src->size][memory][c.data32];
    u32 numbers = (u32)rm | (u32)(d->modrm >> 3 & 7) << 8 | (u32)(d->opcode & 7) << 16;
    d->cold.width = log2 & 3;
    d->cold.src_width = from & 3;
    d->cold.cc = (unsigned)d->opcode & 15u;
    d->cold.instr = row.instr;
    d->cold.dst_kind = operand(dst, numbers, memory, &d->op.dst, log2) & 3;
    d->cold.src_kind = operand(src, numbers, memory, &d->op.src, row.src == CL ? 0 : from) & 3;
    if (d->modrm_used && src->stays)
        d->op.src = d->modrm >> 3 & 7;                         /* segment, control or debug register */
    if (row.src == GvCL || row.src == GvIb)
        d->cold.cc = row.src == GvCL;                          /* SHLD, SHRD: by CL */
    unsigned which = dst->immediate | src->immediate | operands[row.third].immediate;
    if (which)
        immediate(&c, which, log2 == 0);
    if (c.seg != NO_OVERRIDE)
        d->op.seg = c.seg;
    if (c.at > available || c.at > MAX_INSTRUCTION)
        return available >= MAX_INSTRUCTION ? MAX_INSTRUCTION + 1 : 0;
    if (undefined(d, &c, mode, memory))
        d->cold.instr = I_UD2;
    if (d->cold.instr == I_ESC)
        escape(d, model, eip);
    finish(d, eip, c.at, c.data32);
    return c.at;
}
