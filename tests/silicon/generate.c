/* generate.c - cases from the decoder's own tables: every row of the .def files that user mode can execute, as register and memory form, 16 and
 * 32 bits, with every addressing form, prefix and corner of values by chance.
 *
 * A case is made in the order in which its parts depend on each other: registers; what the instruction uses by itself (stack, strings); the bytes, whose
 * memory operand chooses a place and then makes its base register fit; the operand's contents; where it may jump to.
 *
 * Left out: forms.c's `reasons`; LOCK before MOV CR (CR8 on AMD's processors) and 0F 00 (some of which ignore it there); F2 and F3 before LOOPcc
 * (reserved; some processors take the condition from them); EFLAGS.TF, NT and RF. */
#include "tests/silicon/generate.h"

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
    if (g->n && g->c.bytes[0] == 0x2E && g->c.code16) g->c.returns = false;        /* its operand is in the code pages: no way back there */
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

enum { STEADY_PLACE = CODE_LINEAR + 0x800, STEADY_FULL = 0x0F };

void generator_base(user_t *u)
{
    static const u32 r[8] = { 0x12345678, 0x00000003, 0x80000001, 0x7FFF8000, 0x8FC0, 0x8F80, 0x8E40, 0x8E80 };
    static const u16 exponents[8] = { 0x3FFF, 0x4000, 0xC000, 0x3FFE, 0x4001, 0x3FFB, 0xBFFF, 0x4009 };
    memset(u, 0, sizeof *u);
    memcpy(u->r, r, sizeof r);
    for (unsigned n = ESP; n <= EDI; n++) u->r[n] += silicon_low;
    u->eip = STEADY_PLACE;
    u->eflags = FLAG_1 | FLAG_IF;
    for (int n = 0; n < N_SEGMENTS; n++) u->seg[n] = USER_DATA;
    u->seg[CS] = USER_CODE;
    put(u->fx + FX_CONTROL, W16, 0x37F);
    put(u->fx + FX_MXCSR, W32, 0x1F80);
    u->fx[FX_TAGS] = STEADY_FULL;
    for (unsigned i = 0; i < 8; i++) {
        f80_put(u->fx + FX_ST + 16 * i, (f80_t){ F80_ONE_BIT | (u64)i << (60 - i), exponents[i] });
        for (unsigned k = 0; k < 4; k++) put(u->fx + FX_XMM + 16 * i + 4 * k, W32, 0x3F800000 + 0x00400000 * (i + k));
    }
}

static void where_it_stands(generator_t *g)
{
    case_t *c = &g->c;
    bool short_of_modrm = g->steady || g->form->instr == I_UD2;             /* some processors do not fetch it: SDM vol. 2, UD */
    switch (short_of_modrm ? 23 : below(g, 24)) {
    case 0:  c->at = CODE_LINEAR + PAGE_BYTES - 1 - below(g, 12); break;         /* crosses a page */
    case 1:  c->at = CODE_LINEAR + CODE_BYTES - 1 - below(g, 12); break;         /* may not be there in full */
    default: c->at = g->steady ? STEADY_PLACE : CODE_LINEAR + 0x400 + below(g, 0x1800); break;
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
    if (g->steady) {
        generator_base(&c->before);
        return;
    }
    for (unsigned n = 0; n < 8; n++) *gpr(g, n) = value(g);
    c->before.eflags = (u32)next(g) & FLAGS_STATUS;
    if (one_in(g, 24)) c->before.eflags |= FLAG_AC;
    if (one_in(g, 24)) c->before.eflags |= FLAG_ID;
    if (one_in(g, 24)) c->before.eflags |= FLAG_DF;
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
    c->code16 = !g->steady && one_in(g, 8);
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
