/* fpu_move.c - loads, stores, exchanges, constants and the stack itself.  SDM vol. 1, 8.3.3, 8.3.4; each as in vol. 2A. */
#include "cpu/condition.h"
#include "cpu/fpu_inside.h"

static void clear_c1(fpu_t *f) { f->status &= (u16)~X87_C1; }

/* ---- loads ---- */

/* A stack fault comes before anything about the value.  An unmasked denormal is loaded all the same: only then can a handler see it. */
static void load_value(cpu_t *cpu, float_env_t *e, f80_t v)
{
    fpu_t *f = &cpu->fpu;
    if (!fpu_empty(f, 7)) {
        fpu_overflow(e);
        v = F80_INDEFINITE;
    }
    fpu_done(cpu, e);
    if (!(e->raised & ~e->control & X87_IE))
        fpu_push(f, v);
}

static void load_register(cpu_t *cpu, const op_t *op, float_env_t *e)
{
    fpu_t *f = &cpu->fpu;
    fpu_note(cpu, op);
    if (!fpu_empty(f, op->dst & 7)) {
        load_value(cpu, e, fpu_get(f, op->dst & 7));
        return;
    }
    fpu_underflow(e);
    if (fpu_done(cpu, e))
        fpu_push(f, F80_INDEFINITE);
}

void FLD(cpu_t *cpu, const op_t *op, width_t w)
{
    float_env_t e = fpu_begin(cpu);
    x87_format_t format = fpu_format(cpu, op);
    (void)w;
    if (format == X87_ST_STi) {
        load_register(cpu, op, &e);
        return;
    }
    f80_t v = fpu_operand(cpu, op, format, &e);
    if (format != X87_ext && fpu_empty(&cpu->fpu, 7))
        v = f80_load(&e, v);
    load_value(cpu, &e, v);
}

static void load_exact(cpu_t *cpu, const op_t *op)
{
    float_env_t e = fpu_begin(cpu);
    f80_t v = fpu_operand(cpu, op, fpu_format(cpu, op), &e);
    load_value(cpu, &e, v);
}
void FILD(cpu_t *cpu, const op_t *op, width_t w) { (void)w; load_exact(cpu, op); }
void FBLD(cpu_t *cpu, const op_t *op, width_t w) { (void)w; load_exact(cpu, op); }

/* Constants: 67 bits wide in the processor, rounded as the control word says (FLD1/FLDL2T/..., vol. 2A); `below`: the exact value is a little less
 * than the nearest number, `exact`: it is the number.  The precision exception is not raised. */
typedef enum { EXACT, BELOW, ABOVE } truth_t;

static void constant(cpu_t *cpu, const op_t *op, u16 exponent, u64 nearest, truth_t truth)
{
    float_env_t e = fpu_begin(cpu);
    u16 rc = e.control & X87_RC;
    fpu_note(cpu, op);
    if (truth == BELOW && (rc == X87_RC_DOWN || rc == X87_RC_ZERO)) nearest--;
    if (truth == ABOVE && rc == X87_RC_UP)                          nearest++;
    load_value(cpu, &e, (f80_t){ nearest, exponent });
}

#define CONSTANT(NAME, exponent, nearest, truth) void NAME(cpu_t *cpu, const op_t *op, width_t w) { (void)w; constant(cpu, op, exponent, nearest, truth); }
CONSTANT(FLD1,   0x3FFF, 0x8000000000000000, EXACT)
CONSTANT(FLDL2T, 0x4000, 0xD49A784BCD1B8AFE, ABOVE)          /* log2 10 */
CONSTANT(FLDL2E, 0x3FFF, 0xB8AA3B295C17F0BC, BELOW)          /* log2 e */
CONSTANT(FLDPI,  0x4000, 0xC90FDAA22168C235, BELOW)
CONSTANT(FLDLG2, 0x3FFD, 0x9A209A84FBCFF799, BELOW)          /* log10 2 */
CONSTANT(FLDLN2, 0x3FFE, 0xB17217F7D1CF79AC, BELOW)          /* ln 2 */
CONSTANT(FLDZ,   0x0000, 0, EXACT)

/* ---- stores ---- */

/* To ST(i): as it is. */
static void store_register(cpu_t *cpu, const op_t *op, bool pops)
{
    fpu_t *f = &cpu->fpu;
    float_env_t e = fpu_begin(cpu);
    f80_t v = F80_INDEFINITE;
    fpu_note(cpu, op);
    if (fpu_empty(f, 0)) fpu_underflow(&e);
    else                 v = fpu_get(f, 0);
    if (!fpu_done(cpu, &e))
        return;
    fpu_set(f, op->dst & 7, v);
    if (pops)
        fpu_pop(f);
}

static void convert(float_env_t *e, f80_t v, x87_format_t format, u8 *to)
{
    switch (format) {
    case X87_single: put(to, W32, f80_to_f32(e, v)); break;
    case X87_dbl:    put64(to, f80_to_f64(e, v)); break;
    case X87_word:   put(to, W16, (u32)f80_to_int(e, v, 16)); break;
    case X87_dword:  put(to, W32, (u32)f80_to_int(e, v, 32)); break;
    case X87_qword:  put64(to, f80_to_int(e, v, 64)); break;
    case X87_bcd:    f80_to_bcd(e, v, to); break;
    default:         f80_put(to, v); break;
    }
}

/* To memory.  Unmasked overflow and underflow store nothing either (8.5.4, 8.5.5). */
static void store_rounded(cpu_t *cpu, const op_t *op, bool pops, bool truncate)
{
    fpu_t *f = &cpu->fpu;
    float_env_t e = fpu_begin(cpu);
    x87_format_t format = fpu_format(cpu, op);
    u32 bytes = fpu_format_bytes(format);
    place_t to = fpu_open(cpu, op, bytes, ACCESS_WRITE);
    u8 raw[10];
    fpu_note_memory(cpu, op);
    bool empty = fpu_empty(f, 0);
    if (truncate)
        e.control |= X87_RC_ZERO;
    convert(&e, empty ? F80_INDEFINITE : fpu_get(f, 0), format, raw);
    if (empty)
        fpu_underflow(&e);
    if (!fpu_done(cpu, &e) || e.raised & ~e.control & (X87_OE | X87_UE))
        return;
    fpu_write(cpu, to, raw, bytes);
    if (pops)
        fpu_pop(f);
}

static void store_memory(cpu_t *cpu, const op_t *op, bool pops) { store_rounded(cpu, op, pops, false); }

static void store_any(cpu_t *cpu, const op_t *op, bool pops)
{
    if (fpu_format(cpu, op) == X87_STi_ST) store_register(cpu, op, pops);
    else                                   store_memory(cpu, op, pops);
}

void FST(cpu_t *cpu, const op_t *op, width_t w)   { (void)w; store_any(cpu, op, false); }
void FSTP(cpu_t *cpu, const op_t *op, width_t w)  { (void)w; store_any(cpu, op, true); }

/* D9 D8, "no check for empty": an empty register is only popped, and nothing is said. */
void FSTPNCE(cpu_t *cpu, const op_t *op, width_t w)
{
    if (!fpu_empty(&cpu->fpu, 0)) {
        FSTP(cpu, op, w);
        return;
    }
    fpu_begin(cpu);
    fpu_note(cpu, op);
    clear_c1(&cpu->fpu);
    fpu_pop(&cpu->fpu);
}

void FIST(cpu_t *cpu, const op_t *op, width_t w)  { (void)w; store_memory(cpu, op, false); }
void FISTP(cpu_t *cpu, const op_t *op, width_t w) { (void)w; store_memory(cpu, op, true); }
void FISTTP(cpu_t *cpu, const op_t *op, width_t w) { (void)w; store_rounded(cpu, op, true, true); }
void FBSTP(cpu_t *cpu, const op_t *op, width_t w) { (void)w; store_memory(cpu, op, true); }

/* ---- between registers ---- */

void FXCH(cpu_t *cpu, const op_t *op, width_t w)
{
    fpu_t *f = &cpu->fpu;
    float_env_t e = fpu_begin(cpu);
    unsigned i = op->dst & 7;
    (void)w;
    fpu_note(cpu, op);
    bool empty0 = fpu_empty(f, 0), empty_i = fpu_empty(f, i);
    if (empty0 || empty_i)
        fpu_underflow(&e);
    if (!fpu_done(cpu, &e))
        return;
    f80_t a = empty0 ? F80_INDEFINITE : fpu_get(f, 0), b = empty_i ? F80_INDEFINITE : fpu_get(f, i);
    fpu_set(f, 0, b);
    fpu_set(f, i, a);
}

/* DA C0-DF: below, equal, below or equal, unordered; DB: their opposites. */
void FCMOVcc(cpu_t *cpu, const op_t *op, width_t w)
{
    static const u8 codes[4] = { 2, 4, 6, 10 };                /* B E BE P of condition.h */
    fpu_t *f = &cpu->fpu;
    float_env_t e = fpu_begin(cpu);
    unsigned i = op->dst & 7, cc = codes[op->dst >> 3 & 3] | (op->src & 1u);
    (void)w;
    fpu_note(cpu, op);
    if (fpu_empty(f, 0) || fpu_empty(f, i)) {
        fpu_underflow(&e);
        if (fpu_done(cpu, &e)) fpu_set(f, 0, F80_INDEFINITE);
    } else if (condition(&cpu->f, cc)) {
        fpu_set(f, 0, fpu_get(f, i));
    }
}

/* ---- the stack pointer and tags ---- */

static void begin_note(cpu_t *cpu, const op_t *op)
{
    fpu_begin(cpu);
    fpu_note(cpu, op);
}

void FNOP(cpu_t *cpu, const op_t *op, width_t w) { (void)w; begin_note(cpu, op); }

void FDECSTP(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    begin_note(cpu, op);
    cpu->fpu.top = (cpu->fpu.top - 1) & 7;
    clear_c1(&cpu->fpu);
}
void FINCSTP(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    begin_note(cpu, op);
    cpu->fpu.top = (cpu->fpu.top + 1) & 7;
    clear_c1(&cpu->fpu);
}
void FFREE(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    begin_note(cpu, op);
    fpu_free(&cpu->fpu, op->dst & 7);
}
void FFREEP(cpu_t *cpu, const op_t *op, width_t w)
{
    FFREE(cpu, op, w);
    fpu_pop(&cpu->fpu);
}
