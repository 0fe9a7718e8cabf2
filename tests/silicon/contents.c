/* contents.c - what instructions find: strings, return addresses, selectors, dividends that fit, equal values for those that compare, numbers of every
 * format. */
#include "tests/silicon/generate.h"

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

void prepare(generator_t *g)
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

void set_register_operand(generator_t *g, unsigned n, u32 v)
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

void fill_integer(generator_t *g, int rm, unsigned field)
{
    const form_t *f = g->form;
    u32 offset;
    u16 selector;
    switch (f->instr) {
    case I_CALL_near: case I_JMP_near: 
        set_operand(g, rm, any_target(g, operand_width(g)));
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

void fill_fpu(generator_t *g)
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

void fill_simd(generator_t *g)
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
