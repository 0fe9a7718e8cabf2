/* generate.c - cases from the decoder's own tables: every row of the .def files that user mode can execute, as register and memory form, 16 and
 * 32 bits, with every addressing form, prefix and corner of values by chance.
 *
 * A case is made in the order in which its parts depend on each other: registers; what the instruction uses by itself (stack, strings); the bytes, whose
 * memory operand chooses a place and then makes its base register fit; the operand's contents; where it may jump to.
 *
 * Left out: forms.c's `reasons`; LOCK before MOV CR (CR8 on AMD's processors) and 0F 00 (some of which ignore it there); F2 and F3 before LOOPcc (reserved; some processors take the condition from them); EFLAGS.TF, NT and RF; operands that cross 4 GiB (the SDM, vol. 3A, 5.3, leaves those to the processor). */
#include <stdio.h>
#include "tests/silicon/silicon.h"

void generator_init(generator_t *g, u64 seed)
{
    u64 state = seed * 2 + 1;
    memset(g, 0, sizeof *g);
    forms_list(g);
    u8 v = 0;
    for (u32 i = 0; i < DATA_BYTES; i++) {                     /* runs of equal bytes, so that CMPS and SCAS go on for a while */
        if (random_next(&state) % 6 == 0) v = (u8)random_value(&state);
        g->background[i] = v;
    }
    memcpy(g->memory, g->background, DATA_BYTES);
}

/* ---- chance ---- */

static u64  next(generator_t *g)              { return random_next(&g->random); }
static u32  below(generator_t *g, u32 n)      { return (u32)(next(g) >> 33) % n; }
static bool one_in(generator_t *g, u32 n)     { return below(g, n) == 0; }
static u32  value(generator_t *g)             { return random_value(&g->random); }
static u32 *gpr(generator_t *g, unsigned n)   { return &g->c.before.r[n]; }

static void set_low16(u32 *r, u32 v) { *r = (*r & 0xFFFF0000) | (v & 0xFFFF); }

/* A linear address for an operand: mostly about the end of the first page, sometimes where rights end. */
static u32 any_place(generator_t *g)
{
    static const struct { u32 at; u16 before, span; } corners[] = {
        { 0xA000, 24, 32 }, { 0xA000, 0, 0xFF0 }, { 0xB000, 40, 48 }, { 0x8000, 16, 40 }, { 0x10000, 24, 32 }, { 0x11000, 48, 56 }, { 0xC000, 0, 64 }, { 0, 0, 64 },
    };
    u32 k = below(g, 32);
    if (k < COUNT_OF(corners)) {
        u32 at = corners[k].at - corners[k].before + below(g, corners[k].span);
        return k == 7 && one_in(g, 2) ? NOWHERE + below(g, 4096) : at + silicon_low;
    }
    return silicon_low + 0x8E00 + below(g, 0x400);
}

static u32 any_stack(generator_t *g)
{
    if (one_in(g, 12)) return any_place(g);
    return silicon_low + 0x8F80 + below(g, 0x100) * (one_in(g, 6) ? 1 : 4) % 0x100;
}

/* A selector, for those who load one. */
static u16 any_selector(generator_t *g)
{
    static const u16 others[] = { 0, 0, 1, 3, 0x08, 0x10, 0x20, 0x21, 0x28, 0x2A, 0xFFF8, 0xFFFF, LOCAL(N_LOCALS), LOCAL(40) };
    switch (below(g, 4)) {
    case 0:  return USER_DATA;
    case 1:  return one_in(g, 4) ? USER_CODE : USER_DATA;
    case 2:  return (u16)(LOCAL(below(g, N_LOCALS)) - (one_in(g, 4) ? below(g, 4) : 0u));
    default: return others[below(g, COUNT_OF(others))];
    }
}

/* ---- memory ---- */

static void poke(generator_t *g, u32 linear, const void *from, u32 bytes)
{
    const u8 *p = from;
    if (g->c.n_changed == CASE_RANGES) return;
    for (u32 i = 0; i < bytes; i++) {
        s32 at = data_place(linear + i);
        if (at >= 0) g->memory[at] = p[i];
    }
    g->c.changed[g->c.n_changed++] = (range_t){ linear, bytes };
}

static void poke_value(generator_t *g, u32 linear, width_t w, u32 v)
{
    u8 raw[4];
    put(raw, w, v);
    poke(g, linear, raw, w / 8);
}

/* What the last case changed is as it was. */
static void undo(generator_t *g)
{
    case_t *c = &g->c;
    c->n_restored = c->n_changed;
    memcpy(c->restored, c->changed, sizeof c->changed);
    c->n_changed = 0;
    for (unsigned i = 0; i < c->n_restored; i++)
        for (u32 k = 0; k < c->restored[i].bytes; k++) {
            s32 at = data_place(c->restored[i].linear + k);
            if (at >= 0) g->memory[at] = g->background[at];
        }
}

/* ---- bytes ---- */

static void byte(generator_t *g, u32 v)                      { if (g->n < 15) g->c.bytes[g->n++] = (u8)v; }
static void bytes(generator_t *g, unsigned n, u32 v)         { for (unsigned i = 0; i < n; i++) byte(g, v >> 8 * i); }

/* Make the sum of base and the rest come out at `target` (modulo the address size). */
static void fit(generator_t *g, unsigned base, u32 target, u32 rest, u32 mask)
{
    u32 v = target - rest;
    *gpr(g, base) = (*gpr(g, base) & ~mask) | (v & mask);
}

static void address16(generator_t *g, unsigned field, u32 target)
{
    static const s8 base_of[8] = { EBX, EBX, EBP, EBP, ESI, EDI, EBP, EBX }, index_of[8] = { ESI, EDI, ESI, EDI, -1, -1, -1, -1 };
    unsigned mod = below(g, 3), rm = below(g, 8);
    if (g->avoid >= 0 && (base_of[rm] == g->avoid || index_of[rm] == g->avoid)) mod = 0, rm = 6;
    bool absolute = mod == 0 && rm == 6;
    byte(g, mod << 6 | field << 3 | rm);
    u32 disp = mod == 1 ? sext(W8, below(g, 256)) : value(g);
    if (absolute) disp = target;
    else {
        u32 rest = (mod ? disp : 0) + (index_of[rm] >= 0 ? *gpr(g, (unsigned)index_of[rm]) : 0);
        fit(g, (unsigned)base_of[rm], target, rest, 0xFFFF);
    }
    if (mod == 1)                    byte(g, disp);
    else if (mod == 2 || absolute)   bytes(g, 2, disp);
}

/* The displacement makes it fit where there is a wide one, else the base register does. */
static void settle(generator_t *g, unsigned mod, bool absolute, u32 base, u32 index, unsigned scale, u32 target)
{
    u32 scaled = index == NOREG ? 0 : *gpr(g, index) << scale, disp;
    if (mod == 2 || absolute) {
        u32 sum = scaled + (absolute ? 0 : *gpr(g, base));
        bytes(g, 4, target - sum);
        return;
    }
    disp = mod == 1 ? sext(W8, below(g, 256)) : 0;
    if (base == index) {
        u32 factor = 1u + (1u << scale);
        *gpr(g, base) = (target - disp) / factor;
        g->operand = *gpr(g, base) * factor + disp;
    } else {
        fit(g, base, target, scaled + disp, 0xFFFFFFFF);
    }
    if (mod == 1) byte(g, disp);
}

static bool avoided(const generator_t *g, unsigned n) { return g->avoid >= 0 && n == (unsigned)g->avoid; }

static void address32(generator_t *g, unsigned field, u32 target)
{
    unsigned mod = below(g, 3), rm = below(g, 8), sib, index, scale;
    if (avoided(g, rm)) rm = (rm + 1) & 7;
    byte(g, mod << 6 | field << 3 | rm);
    if (rm != 4) {
        settle(g, mod, mod == 0 && rm == 5, rm, NOREG, 0, target);
        return;
    }
    do sib = below(g, 256); while (avoided(g, sib & 7) || avoided(g, sib >> 3 & 7));
    byte(g, sib);
    index = (sib >> 3 & 7) == ESP ? NOREG : sib >> 3 & 7;
    scale = sib >> 6;
    settle(g, mod, mod == 0 && (sib & 7) == 5, sib & 7, index, scale, target);
}

static void memory_operand(generator_t *g, unsigned field, u32 target)
{
    g->operand = target;
    if (g->addr32) {
        address32(g, field, target);
    } else {
        address16(g, field, target);
        g->operand = target & 0xFFFF;
    }
}

/* ---- where code goes ---- */

/* A linear address in the filling of the code pages, not in the instruction and the bytes behind it. */
static u32 any_landing(generator_t *g)
{
    u32 t;
    do t = CODE_LINEAR + below(g, CODE_BYTES); while (t + 16 > g->c.at && t < g->c.at + 32);
    return t;
}

/* An offset to go to with operand size `w`, in the segment of the case. */
static u32 any_target(generator_t *g, width_t w)
{
    static const u32 absent[] = { 0x8123, 0xA010, 0xB444, 0xFFF0, 5 };
    case_t *c = &g->c;
    u32 base = code_base(c), t = any_landing(g) - base;
    if (w == W16 && !c->code16) t = silicon_low ? below(g, 0x10000) : absent[below(g, COUNT_OF(absent))];
    else if (one_in(g, 16))     t = c->code16 ? 0x3000 + below(g, 0xC000) : NOWHERE + below(g, 4096);
    else if (c->code16 && w == W32 && one_in(g, 8)) t |= 0x10000u << below(g, 16);          /* beyond the limit */
    u32 linear = base + t;
    c->returns = c->returns && linear >= CODE_LINEAR && linear < CODE_LINEAR + CODE_BYTES && !(c->code16 && t > 0xFFFF);
    return t;
}

static width_t operand_width(const generator_t *g) { return g->data32 ? W32 : W16; }

/* A far pointer: mostly a segment that can be gone to. */
static void any_far(generator_t *g, u32 *offset, u16 *selector)
{
    static const u16 good[] = { USER_CODE, USER_CODE, LOCAL(LOCAL_CODE16), LOCAL(LOCAL_EXECUTE_ONLY) };
    g->c.returns = false;
    *selector = one_in(g, 4) ? any_selector(g) : good[below(g, COUNT_OF(good))];
    bool code16 = (*selector | 3) == LOCAL(LOCAL_CODE16);
    *offset = any_landing(g) - (code16 ? CODE_LINEAR : 0);
    if (code16 && one_in(g, 8)) *offset |= 0x10000u << below(g, 16);
    if (!g->data32) *offset &= 0xFFFF;
    if (!code16 && *offset >= CODE_LINEAR + CODE_BYTES) *offset = NOWHERE;
}

/* ---- what instructions use by themselves ---- */

static void prepare_string(generator_t *g)
{
    u32 si = any_place(g), di = one_in(g, 3) ? si + below(g, 16) - 8 : any_place(g), count = below(g, 40);
    if (g->form->instr == I_INS || g->form->instr == I_OUTS) count++;            /* of 0: who is first, the count or the right? */
    if (g->addr32) {
        *gpr(g, ESI) = si; *gpr(g, EDI) = di; *gpr(g, ECX) = count;
    } else {
        set_low16(gpr(g, ESI), si); set_low16(gpr(g, EDI), di); set_low16(gpr(g, ECX), count);
    }
    if (one_in(g, 2)) g->c.before.eflags |= FLAG_DF;
}

static u32 any_flags_image(generator_t *g) { return value(g) & ~(u32)(FLAG_TF | FLAG_NT | FLAG_RF); }

/* A slot of the stack, by operand size. */
static void push_for(generator_t *g, unsigned slot, u32 v)
{
    u32 n = g->data32 ? 4 : 2;
    poke_value(g, *gpr(g, ESP) + slot * n, operand_width(g), v);
}

static void prepare_return(generator_t *g, bool far, bool flags)
{
    u32 offset;
    u16 selector = 0;
    if (far) any_far(g, &offset, &selector);
    else     offset = any_target(g, operand_width(g));
    push_for(g, 0, offset);
    if (far)   push_for(g, 1, selector);
    if (flags) push_for(g, 2, any_flags_image(g));
}

/* Dividends that often fit. */
static void prepare_division(generator_t *g)
{
    if (one_in(g, 4)) return;
    u32 v = value(g);
    switch (g->form->width) {
    case 8:  set_low16(gpr(g, EAX), one_in(g, 2) ? v & 0x7F : v & 0x3FFF); break;
    case 16: set_low16(gpr(g, EDX), one_in(g, 2) ? 0 : one_in(g, 2) ? 0xFFFF : v & 0x1F); break;
    default: *gpr(g, EDX) = one_in(g, 2) ? 0 : one_in(g, 2) ? 0xFFFFFFFF : v & 0x3FF; break;
    }
}

static void prepare(generator_t *g)
{
    const form_t *f = g->form;
    *gpr(g, ESP) = any_stack(g);
    if (f->width == 32 && (f->instr == I_PUSH_sreg || f->instr == I_POP_sreg)) *gpr(g, ESP) &= ~3u;      /* is half of the slot accessed, or all? */
    switch (f->instr) {
    case I_MOVS: case I_CMPS: case I_STOS: case I_LODS: case I_SCAS: case I_INS: case I_OUTS: prepare_string(g); break;
    case I_RET:     prepare_return(g, false, false); break;
    case I_RET_far: prepare_return(g, true, false); break;
    case I_IRET:    prepare_return(g, true, true); break;
    case I_POPF:    push_for(g, 0, any_flags_image(g)); break;
    case I_POP_sreg: push_for(g, 0, (value(g) & 0xFFFF0000) | any_selector(g)); g->c.returns = false; break;
    case I_MOV_sreg: case I_LDS: case I_LES: case I_LFS: case I_LGS: case I_LSS: g->c.returns = false; break;
    case I_MASKMOVQ: case I_MASKMOVDQU: *gpr(g, EDI) = silicon_low + 0x8F00 + below(g, 0x1F0); if (!g->addr32) g->addr32 = true; break;
    case I_ENTER: case I_LEAVE: *gpr(g, EBP) = any_stack(g); break;
    case I_XLAT:    *gpr(g, EBX) = any_place(g) - (*gpr(g, EAX) & 0xFF); break;
    case I_DIV: case I_IDIV: prepare_division(g); break;
    case I_AAM: case I_AAD: if (one_in(g, 2)) set_low16(gpr(g, EAX), below(g, 100)); break;
    case I_LOOP: case I_LOOPE: case I_LOOPNE: case I_JCXZ: if (one_in(g, 2)) *gpr(g, ECX) = below(g, 3) | (one_in(g, 2) ? 0x10000u : 0); break;
    default: break;
    }
}

/* ---- contents of operands ---- */

static u32 register_operand(const generator_t *g, unsigned n)
{
    return g->form->width == 8 ? g->c.before.r[n & 3] >> (n & 4 ? 8 : 0) : g->c.before.r[n];
}

static void set_register_operand(generator_t *g, unsigned n, u32 v)
{
    if (g->form->width == 16) set_low16(gpr(g, n), v);
    else                      *gpr(g, n) = v;
}

/* Where the r/m operand is: in memory, or a register. */
static void set_operand(generator_t *g, int rm, u32 v)
{
    if (rm >= 0) set_register_operand(g, (unsigned)rm, v);
    else         poke_value(g, g->operand, g->form->width == 8 ? W8 : operand_width(g), v);
}

static void fill_bound(generator_t *g, unsigned index)
{
    width_t w = operand_width(g);
    u32 v = *gpr(g, index) & mask(w);
    if (one_in(g, 3)) return;
    poke_value(g, g->operand, w, v - below(g, 3) * (one_in(g, 2) ? 1 : 0x1000));
    poke_value(g, g->operand + w / 8, w, v + below(g, 3) * (one_in(g, 2) ? 1 : 0x1000));
}

static void fill_cmpxchg8b(generator_t *g)
{
    poke_value(g, g->operand, W32, one_in(g, 4) ? value(g) : *gpr(g, EAX));
    poke_value(g, g->operand + 4, W32, one_in(g, 8) ? value(g) : *gpr(g, EDX));
}

static void fill_integer(generator_t *g, int rm, unsigned field)
{
    const form_t *f = g->form;
    u32 offset;
    u16 selector;
    switch (f->instr) {
    case I_CALL_near: case I_JMP_near: 
        set_operand(g, rm, any_target(g, operand_width(g)));
        if (rm < 0 && g->c.code16) g->c.returns = false;       /* CS: may name another place */
        return;
    case I_CALL_farm: case I_JMP_farm:
        any_far(g, &offset, &selector);
        poke_value(g, g->operand, operand_width(g), offset);
        poke_value(g, g->operand + operand_width(g) / 8, W16, selector);
        return;
    case I_LDS: case I_LES: case I_LFS: case I_LGS: case I_LSS:
        poke_value(g, g->operand + operand_width(g) / 8, W16, any_selector(g));
        return;
    case I_MOV_sreg: case I_LAR: case I_LSL: case I_VERR: case I_VERW:
        if (rm >= 0) *gpr(g, (unsigned)rm) = (value(g) & 0xFFFF0000) | any_selector(g);
        else         poke_value(g, g->operand, W16, any_selector(g));
        return;
    case I_BOUND:     fill_bound(g, field); return;
    case I_CMPXCHG8B: fill_cmpxchg8b(g); return;
    case I_CMPXCHG:   if (one_in(g, 2)) set_operand(g, rm, register_operand(g, EAX)); return;
    case I_DIV: case I_IDIV: if (rm < 0 || f->width != 8) set_operand(g, rm, one_in(g, 24) ? 0 : value(g) | 1); return;
    default: if (rm < 0) set_operand(g, rm, value(g)); return;
    }
}

static void fill_fpu(generator_t *g)
{
    u8 raw[112];
    const form_t *f = g->form;
    random_operand(&g->random, (x87_format_t)f->format, raw);
    if (f->instr == I_FLDENV || f->instr == I_FRSTOR) {
        u32 unit = g->data32 ? 4 : 2;
        for (unsigned i = 0; i < sizeof raw; i += 8) put64(raw + i, next(g));
        if (unit == 4) put(raw, W32, random_control(&g->random)), put(raw + 8, W16, one_in(g, 3) ? value(g) : 0xFFFFu >> below(g, 16));
        else           put(raw, W16, random_control(&g->random));
        for (unsigned i = 0; i < 8; i++)
            if (f->instr == I_FRSTOR) f80_put(raw + unit * 7 + 10 * i, random_f80(&g->random));
        poke(g, g->operand, raw, f->instr == I_FRSTOR ? unit * 7 + 80 : unit * 7);
        return;
    }
    poke(g, g->operand, raw, 10);
}

static void fill_simd(generator_t *g)
{
    u8 raw[FX_BYTES];
    switch (g->form->instr) {
    case I_LDMXCSR: poke_value(g, g->operand, W32, one_in(g, 6) ? value(g) & ~0x20000u : value(g) & 0xFFFF); break;     /* bit 17 exists on AMD's */
    case I_FXRSTOR:
        memset(raw, 0, sizeof raw);
        random_fpu(&g->random, raw);
        random_simd(&g->random, raw);
        poke(g, g->operand, raw, sizeof raw);
        break;
    default:
        random_operand(&g->random, X87_none, raw);
        poke(g, g->operand, raw, 16);
    }
}

/* ---- one case ---- */

static bool may_lock(u16 instr)
{
    switch (instr) {
    case I_ADD: case I_OR: case I_ADC: case I_SBB: case I_AND: case I_SUB: case I_XOR: case I_NOT: case I_NEG: case I_INC: case I_DEC:
    case I_BTS: case I_BTR: case I_BTC: case I_XCHG: case I_XADD: case I_CMPXCHG: case I_CMPXCHG8B: return true;
    default: return false;
    }
}

static void prefixes(generator_t *g)
{
    static const u8 segments[] = { 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65 };
    const form_t *f = g->form;
    bool code32 = !g->c.code16, string = instructions[f->instr].shape == SHAPE_repeat;
    g->addr32 = one_in(g, 6) ? !code32 : code32;
    if (f->width == 16 || f->width == 32) g->data32 = f->width == 32;
    else                                  g->data32 = f->map <= MAP_TWO && one_in(g, 8) ? !code32 : code32;
    if (one_in(g, 8))                     byte(g, segments[below(g, 6)]);
    if (g->addr32 != code32)              byte(g, 0x67);
    if (string ? !one_in(g, 3) : one_in(g, 24) && f->map == MAP_ONE && f->instr != I_LOOPE && f->instr != I_LOOPNE) byte(g, one_in(g, 2) ? 0xF2 : 0xF3);
    if (may_lock(f->instr) ? one_in(g, 10) : one_in(g, 200) && f->opcode > 0x0F && f->opcode != 0x20 && f->opcode != 0x22) byte(g, 0xF0);
    if (g->data32 != code32)              byte(g, 0x66);
}

static void immediate(generator_t *g, u8 operand)
{
    unsigned z = g->form->width == 8 ? 1 : g->data32 ? 4 : 2;
    u32 offset;
    u16 selector;
    switch (operand) {
    case Ib: case Ibs: case EvIbs: case GvIb: z = value(g) & 0xFF; byte(g, g->form->instr == I_INT && z == 0x80 ? 0x81 : z); break;    /* 80h: the kernel */
    case Iw:            bytes(g, 2, one_in(g, 2) ? below(g, 64) : value(g)); break;
    case IwIb:          bytes(g, 2, one_in(g, 3) ? value(g) : below(g, 128)); byte(g, one_in(g, 2) ? 0 : below(g, 40)); break;
    case Iz: case EvIz: bytes(g, z, value(g)); break;
    case Ob: case Ov:   g->operand = any_place(g); bytes(g, g->addr32 ? 4 : 2, g->operand); break;
    case Ap:            any_far(g, &offset, &selector); bytes(g, z, offset); bytes(g, 2, selector); break;
    default: break;
    }
}

/* Relative targets: the displacement counts from the next instruction. */
static void relative(generator_t *g, u8 operand)
{
    u32 z = g->data32 ? 4 : 2, here = g->c.at - code_base(&g->c) + g->n;
    if (operand == Jz) {
        bytes(g, z, any_target(g, operand_width(g)) - (here + z));
    } else if (operand == Jb) {
        u32 d = one_in(g, 2) ? 0x80 + below(g, 0x60) : 0x20 + below(g, 0x60), t = here + 1 + sext(W8, d), linear = code_base(&g->c) + t;
        byte(g, d);
        if (!g->data32 && !g->c.code16) g->c.returns = false;
        if (linear < CODE_LINEAR || linear >= CODE_LINEAR + CODE_BYTES) g->c.returns = false;
    }
}

static void opcode(generator_t *g)
{
    const form_t *f = g->form;
    if (f->prefix) byte(g, f->prefix);
    if (f->map == MAP_TWO || f->map == MAP_SIMD) byte(g, 0x0F);
    byte(g, f->opcode);
}

static void modrm(generator_t *g)
{
    const form_t *f = g->form;
    unsigned field = f->reg >= 0 ? (unsigned)f->reg : below(g, 8);
    bool bits = f->instr == I_BT || f->instr == I_BTS || f->instr == I_BTR || f->instr == I_BTC;
    if (f->modrm >= 0) {
        byte(g, (u32)f->modrm);
        return;
    }
    if (!f->memory) {
        unsigned rm = below(g, 8);
        byte(g, 0xC0 | field << 3 | rm);
        if (f->map != MAP_SIMD) fill_integer(g, (int)rm, field);
        return;
    }
    if (bits && f->reg < 0) {
        g->avoid = (s8)field;
        set_register_operand(g, field, one_in(g, 4) ? below(g, 64) : sext(W16, below(g, 0x2000)) - 0x1000);
    }
    u32 target = any_place(g);
    if (f->map == MAP_SIMD && !one_in(g, 4)) target &= ~15u;
    if (f->map == MAP_ONE && f->opcode == 0x8F && one_in(g, 2)) target = any_stack(g);
    bool long_operand = f->format == X87_env || f->format == X87_state || f->format == X87_bcd || f->format == X87_ext || f->instr == I_FXSAVE || f->instr == I_FXRSTOR;
    if (long_operand && !g->addr32) target &= 0xEFFF;          /* whether its parts wrap at 64 KiB is the processor's choice */
    memory_operand(g, field, target);
    if (f->map == MAP_X87)       fill_fpu(g);
    else if (f->map == MAP_SIMD) fill_simd(g);
    else                   fill_integer(g, -1, field);
}

static void where_it_stands(generator_t *g)
{
    case_t *c = &g->c;
    bool short_of_modrm = g->form->instr == I_UD2;             /* some processors do not fetch it: SDM vol. 2, UD */
    switch (short_of_modrm ? 23 : below(g, 24)) {
    case 0:  c->at = CODE_LINEAR + PAGE_BYTES - 1 - below(g, 12); break;         /* crosses a page */
    case 1:  c->at = CODE_LINEAR + CODE_BYTES - 1 - below(g, 12); break;         /* may not be there in full */
    default: c->at = CODE_LINEAR + 0x400 + below(g, 0x1800); break;
    }
    c->before.eip = c->at - code_base(c);
}

/* Segment registers that are not flat. */
static void odd_segments(generator_t *g)
{
    static const u16 data[] = { 0, 3, LOCAL(LOCAL_DATA16), LOCAL(LOCAL_SMALL), LOCAL(LOCAL_READ_ONLY), LOCAL(LOCAL_DOWN), USER_CODE };
    static const u16 stack[] = { LOCAL(LOCAL_DATA16), LOCAL(LOCAL_SMALL), LOCAL(LOCAL_DOWN) };
    case_t *c = &g->c;
    c->returns = false;
    if (one_in(g, 3)) c->before.seg[SS] = stack[below(g, COUNT_OF(stack))];
    if (one_in(g, 2)) c->before.seg[DS] = data[below(g, COUNT_OF(data))];
    if (one_in(g, 2)) c->before.seg[ES] = data[below(g, COUNT_OF(data))];
    c->before.seg[FS] = data[below(g, COUNT_OF(data))];
    c->before.seg[GS] = data[below(g, COUNT_OF(data))];
}

static void any_state(generator_t *g)
{
    case_t *c = &g->c;
    for (unsigned n = 0; n < 8; n++) *gpr(g, n) = value(g);
    c->before.eflags = (u32)next(g) & FLAGS_STATUS;
    if (one_in(g, 24)) c->before.eflags |= FLAG_ID;
    if (one_in(g, 24)) c->before.eflags |= FLAG_DF;
    if (one_in(g, 24)) c->before.eflags |= FLAG_AC;
    c->before.eflags |= FLAG_1 | FLAG_IF;
    for (int n = 0; n < N_SEGMENTS; n++) c->before.seg[n] = USER_DATA;
    c->before.seg[CS] = c->code16 ? LOCAL(LOCAL_CODE16) : USER_CODE;
    if (one_in(g, 20)) odd_segments(g);
    memset(c->before.fx, 0, FX_BYTES);
    put(c->before.fx + FX_CONTROL, W16, 0x37F);
    put(c->before.fx + FX_MXCSR, W32, 0x1F80);
    if (g->form->map == MAP_X87 || g->form->map == MAP_SIMD || g->form->instr == I_WAIT || one_in(g, 16))
        random_fpu(&g->random, c->before.fx), random_simd(&g->random, c->before.fx);
}

static void begin(generator_t *g, u64 seed, u64 n)
{
    case_t *c = &g->c;
    undo(g);
    g->random = (seed + 1) * 0x9E3779B97F4A7C15ull ^ (n + 1) * 0xD1B54A32D192ED03ull;
    for (unsigned i = 0; i < 3; i++) random_next(&g->random);
    g->form = &g->forms[n % g->n_forms];
    c->number = n;
    c->form = (u16)(n % g->n_forms);
    c->instr = g->form->instr;
    c->returns = true;
    c->code16 = one_in(g, 8);
    g->n = 0;
    g->avoid = -1;
    g->operand = 0;
}

void generator_make(generator_t *g, u64 seed, u64 n)
{
    case_t *c = &g->c;
    begin(g, seed, n);
    where_it_stands(g);
    any_state(g);
    prefixes(g);
    prepare(g);
    opcode(g);
    if (g->form->has_modrm) modrm(g);
    immediate(g, g->form->dst);
    immediate(g, g->form->src);
    immediate(g, g->form->third);
    relative(g, g->form->dst);
    c->length = g->n;
    if (c->at + c->length >= CODE_LINEAR + CODE_BYTES) c->returns = false;
}
