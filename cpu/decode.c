/* decode.c - from bytes to ops.  Prefixes, opcode, ModRM, SIB, displacement, immediate: SDM vol. 2A, chapter 2,
 * figure 2-1, in that order. */
#include "cpu/decode.h"
#include "cpu/model.h"

typedef struct {
    const u8 *code;
    unsigned  at, available;
    bool      short_of;                                        /* ran out of bytes */
    bool      data32, addr32;
    bool      data66;                                          /* the operand-size prefix is there */
    int       seg;                                             /* override, or -1 */
    model_t   model;
    decoded_t *out;
} cursor_t;

static u32 take(cursor_t *c, width_t w)
{
    unsigned bytes = w / 8;
    if (c->at + bytes > c->available) {
        c->short_of = true;
        c->at += bytes;
        return 0;
    }
    u32 v = get(c->code + c->at, w);
    c->at += bytes;
    return v;
}

/* ---- addresses ---- */

/* Table 2-1: 16-bit addressing forms. */
static const struct { u8 base, index, seg; } form16[8] = {
    { EBX, ESI, DS }, { EBX, EDI, DS }, { EBP, ESI, SS }, { EBP, EDI, SS },
    { ESI, NOREG, DS }, { EDI, NOREG, DS }, { EBP, NOREG, SS }, { EBX, NOREG, DS },
};

static void address16(cursor_t *c, op_t *op, u8 mod, u8 rm)
{
    bool absolute = mod == 0 && rm == 6;
    if (!absolute) {
        op->base = form16[rm].base;
        op->index = form16[rm].index;
        op->seg = form16[rm].seg;
    }
    op->disp = mod == 1 ? sext(W8, take(c, W8)) : mod == 2 || absolute ? take(c, W16) : 0;
}

/* Tables 2-2 and 2-3. */
static void address32(cursor_t *c, op_t *op, u8 mod, u8 rm)
{
    bool absolute = mod == 0 && rm == 5;
    if (rm == 4) {                                             /* SIB */
        u8 sib = (u8)take(c, W8), index = sib >> 3 & 7;
        op->scale = sib >> 6;
        if (index != ESP) op->index = index;
        else              op->scale = 0;
        rm = sib & 7;
        absolute = mod == 0 && rm == 5;
    }
    if (!absolute) {
        op->base = rm;
        op->seg = rm == ESP || rm == EBP ? SS : DS;
    }
    op->disp = mod == 1 ? sext(W8, take(c, W8)) : mod == 2 || absolute ? take(c, W32) : 0;
}

static void address(cursor_t *c, op_t *op, u8 modrm)
{
    if (c->addr32) address32(c, op, modrm >> 6, modrm & 7);
    else           address16(c, op, modrm >> 6, modrm & 7);
}

/* ---- operands ---- */

typedef enum { SIZE_NONE, SIZE_B, SIZE_W, SIZE_D, SIZE_V } size_t_;
typedef enum { FROM_NONE, FROM_E, FROM_G, FROM_I, FROM_Z, FROM_A, FROM_J, FROM_O, FROM_MEMORY, FROM_R, FROM_FIXED } from_t;

/* For each operand code: its size and where it is found.  `needs_modrm` follows from the place. */
static const struct { u8 size, from; } operands[N_OPERANDS] = {
    [__] = { SIZE_NONE, FROM_NONE },
    [Eb] = { SIZE_B, FROM_E }, [Ev] = { SIZE_V, FROM_E }, [Ew] = { SIZE_W, FROM_E }, [RvMw] = { SIZE_V, FROM_E },
    [EvIz] = { SIZE_V, FROM_E }, [EvIbs] = { SIZE_V, FROM_E },
    [Gb] = { SIZE_B, FROM_G }, [Gv] = { SIZE_V, FROM_G }, [Gw] = { SIZE_W, FROM_G }, [GvIb] = { SIZE_V, FROM_G }, [GvCL] = { SIZE_V, FROM_G },
    [Ib] = { SIZE_NONE, FROM_I }, [Ibs] = { SIZE_NONE, FROM_I }, [Iw] = { SIZE_NONE, FROM_I }, [Iz] = { SIZE_NONE, FROM_I },
    [IwIb] = { SIZE_NONE, FROM_I }, [One] = { SIZE_NONE, FROM_I },
    [AL] = { SIZE_B, FROM_FIXED }, [eAX] = { SIZE_V, FROM_FIXED }, [CL] = { SIZE_NONE, FROM_FIXED }, [DX] = { SIZE_NONE, FROM_NONE },
    [Zb] = { SIZE_B, FROM_Z }, [Zv] = { SIZE_V, FROM_Z },
    [Jb] = { SIZE_NONE, FROM_J }, [Jz] = { SIZE_NONE, FROM_J }, [Ap] = { SIZE_NONE, FROM_A },
    [Ob] = { SIZE_B, FROM_O }, [Ov] = { SIZE_V, FROM_O }, [Xb] = { SIZE_B, FROM_NONE }, [Xv] = { SIZE_V, FROM_NONE },
    [sES] = { SIZE_NONE, FROM_NONE }, [sCS] = { SIZE_NONE, FROM_NONE }, [sSS] = { SIZE_NONE, FROM_NONE },
    [sDS] = { SIZE_NONE, FROM_NONE }, [sFS] = { SIZE_NONE, FROM_NONE }, [sGS] = { SIZE_NONE, FROM_NONE },
    [Mp] = { SIZE_V, FROM_MEMORY }, [Mv] = { SIZE_V, FROM_MEMORY },
    [Ed] = { SIZE_D, FROM_E }, [Gd] = { SIZE_D, FROM_G }, [RdMw] = { SIZE_D, FROM_E }, [Md] = { SIZE_D, FROM_MEMORY }, [Mq] = { SIZE_D, FROM_MEMORY },
    [Mx] = { SIZE_D, FROM_MEMORY }, [Mem] = { SIZE_D, FROM_MEMORY }, [Pq] = { SIZE_D, FROM_G }, [Vx] = { SIZE_D, FROM_G },
    [Qq] = { SIZE_D, FROM_E }, [Qd] = { SIZE_D, FROM_E }, [Nq] = { SIZE_D, FROM_E }, [Ux] = { SIZE_D, FROM_E },
    [Wx] = { SIZE_D, FROM_E }, [Wu] = { SIZE_D, FROM_E }, [Wq] = { SIZE_D, FROM_E }, [Wd] = { SIZE_D, FROM_E },
    [Rd] = { SIZE_D, FROM_R }, [Cd] = { SIZE_NONE, FROM_NONE }, [Dd] = { SIZE_NONE, FROM_NONE }, [Td] = { SIZE_NONE, FROM_NONE },
};

static bool in_modrm(u8 operand)
{
    u8 from = operands[operand].from;
    return from == FROM_E || from == FROM_G || from == FROM_MEMORY || from == FROM_R;
}

static width_t width_of(u8 operand, bool data32, bool memory)
{
    switch (operands[operand].size) {
    case SIZE_B: return W8;
    case SIZE_W: return W16;
    case SIZE_D: return W32;
    default:     return operand == RvMw && memory ? W16 : data32 ? W32 : W16;
    }
}

static unsigned log2_bytes(width_t w) { return w == W8 ? 0 : w == W16 ? 1 : 2; }

/* A register's place in cpu->r; the plain number of a vector register. */
static u8 register_at(u8 code, unsigned n, width_t w)
{
    return simd_operands[code].registers >= MMX_REGISTER ? (u8)n : reg_at(n, w);
}

/* Returns the operand's kind; fills its register, immediate or address. */
static kind_t operand(cursor_t *c, u8 code, u8 *at, width_t w)
{
    decoded_t *d = c->out;
    u8 modrm = d->modrm;
    switch (operands[code].from) {
    case FROM_E: case FROM_MEMORY:
        if (modrm >> 6 != 3) return M;
        *at = register_at(code, modrm & 7, w);
        return R;
    case FROM_R:     *at = reg_at(modrm & 7, W32); return R;  /* mod is ignored: MOV CR, DR, TR */
    case FROM_G:     *at = register_at(code, modrm >> 3 & 7u, w); return R;
    case FROM_Z:     *at = reg_at(d->opcode & 7, w); return R;
    case FROM_FIXED: *at = code == CL ? reg_at(ECX, W8) : reg_at(EAX, w); return R;
    case FROM_O:     d->op.disp = c->addr32 ? take(c, W32) : take(c, W16); return M;
    case FROM_I:     return I;
    default:
        if (code >= sES && code <= sGS) *at = (u8)(code - sES);
        return NONE;
    }
}

/* Immediates stand last in the instruction, so they are taken last, whichever operand they belong to. */
static void immediate(cursor_t *c, u8 code, width_t w)
{
    op_t *op = &c->out->op;
    switch (code) {
    case Ib: case GvIb:   op->imm = take(c, W8); break;
    case Ibs: case EvIbs: op->imm = sext(W8, take(c, W8)); break;
    case Iw:              op->imm = take(c, W16); break;
    case Iz: case EvIz:   op->imm = take(c, w == W8 ? W8 : c->data32 ? W32 : W16); break;
    case IwIb:            op->imm = take(c, W16); op->imm |= take(c, W8) << 16; break;
    case One:             op->imm = 1; break;
    case Ap:              op->imm = take(c, c->data32 ? W32 : W16); op->disp = take(c, W16); break;
    case Jb:              op->disp = sext(W8, take(c, W8)); break;
    case Jz:              op->disp = c->data32 ? take(c, W32) : sext(W16, take(c, W16)); break;
    default: break;
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

static bool memory_only(u8 operand) { return operands[operand].from == FROM_MEMORY; }

static u8 prefixes(cursor_t *c, cold_t *cold)
{
    for (;;) {
        u8 byte = (u8)take(c, W8);
        switch (byte) {
        case 0x26: c->seg = ES; break;
        case 0x2E: c->seg = CS; break;
        case 0x36: c->seg = SS; break;
        case 0x3E: c->seg = DS; break;
        case 0x64: c->seg = FS; break;
        case 0x65: c->seg = GS; break;
        case 0x66: c->data66 = true; c->data32 = !(c->out->op.wrap & 1); break;  /* wrap holds CODE32 until the address size is known */
        case 0x67: c->addr32 = !(c->out->op.wrap & 1); break;
        case 0xF0: cold->lock = 1; break;
        case 0xF2: cold->rep = REP_NZ; break;
        case 0xF3: cold->rep = REP_Z; break;
        default: return byte;
        }
        if (c->short_of || c->at > MAX_INSTRUCTION)
            return 0x90;
    }
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
static row_t find_row(cursor_t *c, u8 byte)
{
    decoded_t *d = c->out;
    d->opcode = byte == 0x0F ? (u16)(0x100 | take(c, W8)) : byte;
    row_t row = opcode_map[d->opcode];
    const row_t *simd = d->opcode >= 0x100 ? simd_rows(c) : NULL;
    d->modrm_used = in_modrm(row.dst) || in_modrm(row.src) || (simd && (in_modrm(simd[RM_MEMORY].dst) || in_modrm(simd[RM_REGISTER].dst)));
    if (d->modrm_used)
        d->modrm = (u8)take(c, W8);
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
    }
}

unsigned decode(u16 mode, model_t model, u32 eip, const u8 *code, unsigned available, decoded_t *d)
{
    bool code32 = mode & MODE_CODE32;
    *d = (decoded_t){ .op = { .base = NOREG, .index = NOREG, .seg = DS, .wrap = code32 } };
    cursor_t c = { .code = code, .available = available < MAX_INSTRUCTION ? available : MAX_INSTRUCTION,
                   .data32 = code32, .addr32 = code32, .seg = -1, .model = model, .out = d };
    row_t row = find_row(&c, prefixes(&c, &d->cold));
    d->row = row;
    d->op.wrap = c.addr32 ? 0 : 16;
    d->cold.addr16 = !c.addr32;
    bool memory = d->modrm_used && d->modrm >> 6 != 3 && operands[row.dst].from != FROM_R;
    if (memory)
        address(&c, &d->op, d->modrm);
    width_t w = width_of(row.dst, c.data32, memory);
    width_t from = operands[row.src].size == SIZE_NONE ? w : width_of(row.src, c.data32, memory);
    d->cold.width = log2_bytes(w) & 3;
    d->cold.src_width = log2_bytes(from) & 3;
    d->cold.cc = (unsigned)d->opcode & 15u;
    d->cold.instr = row.instr;
    d->cold.dst_kind = operand(&c, row.dst, &d->op.dst, w) & 3;
    d->cold.src_kind = operand(&c, row.src, &d->op.src, from) & 3;
    if (d->modrm_used && operands[row.src].from == FROM_NONE)
        d->op.src = d->modrm >> 3 & 7;                         /* segment, control or debug register */
    if (row.src == GvCL || row.src == GvIb)
        d->cold.cc = row.src == GvCL;                          /* SHLD, SHRD: by CL */
    immediate(&c, row.dst, w);
    immediate(&c, row.src, w);
    immediate(&c, row.third, w);
    if (c.seg >= 0)
        d->op.seg = (u8)c.seg;
    if (c.short_of)
        return available >= MAX_INSTRUCTION ? MAX_INSTRUCTION + 1 : 0;
    if (row.instr == I_INVALID || row.instr >= N_INSTR || instructions[row.instr].since > model
        || ((memory_only(row.dst) || memory_only(row.src)) && !memory))
        d->cold.instr = I_UD2;
    else if (needs_protection(row.instr) && !(mode & MODE_PROTECTED))
        d->cold.instr = I_UD2;
    else if ((d->cold.lock && !lockable(d)) || no_such_segment(d))
        d->cold.instr = I_UD2;
    if (d->cold.instr == I_ESC)
        escape(d, model, eip);
    finish(d, eip, c.at, c.data32);
    return c.at;
}
