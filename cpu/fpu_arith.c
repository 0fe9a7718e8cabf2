/* fpu_arith.c - arithmetic, comparison and transcendental instructions of the x87.  SDM vol. 1, 8.3.5 to 8.3.10; each as in vol. 2A. */
#include "cpu/condition.h"
#include "cpu/fpu_inside.h"
#include "cpu/fpu_trans.h"

/* ---- two operands: ST(0) or ST(i), and a register or memory ---- */

typedef f80_t binary_fn(float_env_t *e, f80_t a, f80_t b);

static void arithmetic(cpu_t *cpu, const op_t *op, binary_fn *F, bool reversed, bool pops)
{
    fpu_t *f = &cpu->fpu;
    float_env_t e = fpu_begin(cpu);
    x87_format_t format = fpu_format(cpu, op);
    bool memory = format >= X87_single, into_sti = format == X87_STi_ST;
    unsigned i = op->dst & 7, to = into_sti ? i : 0;
    f80_t src = memory ? fpu_operand(cpu, op, format, &e) : fpu_get(f, into_sti ? 0 : i), dst = fpu_get(f, to), result = F80_INDEFINITE;
    if (!memory)
        fpu_note(cpu, op);
    if (fpu_empty(f, 0) || (!memory && fpu_empty(f, i)))
        fpu_underflow(&e);
    else
        result = reversed ? F(&e, src, dst) : F(&e, dst, src);
    if (!fpu_done(cpu, &e))
        return;
    fpu_set(f, to, result);
    if (pops)
        fpu_pop(f);
}

#define ARITHMETIC(NAME, F, reversed, pops) void NAME(cpu_t *cpu, const op_t *op, width_t w) { (void)w; arithmetic(cpu, op, F, reversed, pops); }
ARITHMETIC(FADD, f80_add, false, false)   ARITHMETIC(FADDP, f80_add, false, true)   ARITHMETIC(FIADD, f80_add, false, false)
ARITHMETIC(FMUL, f80_mul, false, false)   ARITHMETIC(FMULP, f80_mul, false, true)   ARITHMETIC(FIMUL, f80_mul, false, false)
ARITHMETIC(FSUB, f80_sub, false, false)   ARITHMETIC(FSUBP, f80_sub, false, true)   ARITHMETIC(FISUB, f80_sub, false, false)
ARITHMETIC(FSUBR, f80_sub, true, false)   ARITHMETIC(FSUBRP, f80_sub, true, true)   ARITHMETIC(FISUBR, f80_sub, true, false)
ARITHMETIC(FDIV, f80_div, false, false)   ARITHMETIC(FDIVP, f80_div, false, true)   ARITHMETIC(FIDIV, f80_div, false, false)
ARITHMETIC(FDIVR, f80_div, true, false)   ARITHMETIC(FDIVRP, f80_div, true, true)   ARITHMETIC(FIDIVR, f80_div, true, false)

/* ---- one or two operands at the top of the stack ---- */

static void unary(cpu_t *cpu, const op_t *op, f80_t (*F)(float_env_t *, f80_t))
{
    fpu_t *f = &cpu->fpu;
    float_env_t e = fpu_begin(cpu);
    f80_t result = F80_INDEFINITE;
    fpu_note(cpu, op);
    if (fpu_empty(f, 0)) fpu_underflow(&e);
    else                 result = F(&e, fpu_get(f, 0));
    if (fpu_done(cpu, &e))
        fpu_set(f, 0, result);
}

static f80_t changed_sign(float_env_t *e, f80_t a)   { (void)e; return f80_negated(a); }
static f80_t absolute_value(float_env_t *e, f80_t a) { (void)e; a.se &= F80_MAX; return a; }

#define UNARY(NAME, F) void NAME(cpu_t *cpu, const op_t *op, width_t w) { (void)w; unary(cpu, op, F); }
UNARY(FCHS, changed_sign)  UNARY(FABS, absolute_value)  UNARY(FSQRT, f80_sqrt)  UNARY(FRNDINT, f80_round_to_int)  UNARY(F2XM1, f80_2xm1)

/* ST(0) and ST(1): the result replaces ST(0), or ST(1) and ST(0) is popped. */
static void binary_top(cpu_t *cpu, const op_t *op, binary_fn *F, bool pops)
{
    fpu_t *f = &cpu->fpu;
    float_env_t e = fpu_begin(cpu);
    f80_t result = F80_INDEFINITE, st0 = fpu_get(f, 0), st1 = fpu_get(f, 1);
    fpu_note(cpu, op);
    if (fpu_empty(f, 0) || fpu_empty(f, 1)) fpu_underflow(&e);
    else                                    result = pops ? F(&e, st1, st0) : F(&e, st0, st1);
    if (!fpu_done(cpu, &e))
        return;
    fpu_set(f, pops, result);
    if (pops)
        fpu_pop(f);
}

void FSCALE(cpu_t *cpu, const op_t *op, width_t w)  { (void)w; binary_top(cpu, op, f80_scale, false); }
void FPATAN(cpu_t *cpu, const op_t *op, width_t w)  { (void)w; binary_top(cpu, op, f80_atan2, true); }
void FYL2X(cpu_t *cpu, const op_t *op, width_t w)   { (void)w; binary_top(cpu, op, f80_yl2x, true); }
void FYL2XP1(cpu_t *cpu, const op_t *op, width_t w) { (void)w; binary_top(cpu, op, f80_yl2xp1, true); }

/* ---- remainders: C2 not finished; C0, C3, C1 are bits 2, 1, 0 of the quotient.  Without a quotient C0 and C3 stay ---- */

static void set_incomplete(fpu_t *f, bool c2) { f->status = (u16)((f->status & ~X87_C2) | (c2 ? X87_C2 : 0)); }
static void set_condition(fpu_t *f, unsigned codes) { f->status = (u16)((f->status & ~(u32)X87_CC) | codes); }

static void remainder_of(cpu_t *cpu, const op_t *op, bool nearest)
{
    fpu_t *f = &cpu->fpu;
    float_env_t e = fpu_begin(cpu);
    f80_t result = F80_INDEFINITE;
    unsigned q = 0;
    bool partial = false;
    fpu_note(cpu, op);
    if (fpu_empty(f, 0) || fpu_empty(f, 1)) fpu_underflow(&e);
    else                                    result = f80_rem(&e, fpu_get(f, 0), fpu_get(f, 1), nearest, &q, &partial);
    e.raised &= (u16)~X87_C1;
    set_incomplete(f, partial);
    if (!fpu_done(cpu, &e))
        return;
    if (f80_exponent(result) != F80_MAX)
        set_condition(f, (q & 1 ? X87_C1 : 0u) | (q & 2 ? X87_C3 : 0u) | (q & 4 ? X87_C0 : 0u) | (partial ? X87_C2 : 0u));
    fpu_set(f, 0, result);
}

void FPREM(cpu_t *cpu, const op_t *op, width_t w)  { (void)w; remainder_of(cpu, op, false); }
void FPREM1(cpu_t *cpu, const op_t *op, width_t w) { (void)w; remainder_of(cpu, op, true); }

/* ---- sine and cosine: C2 set, and nothing else done, beyond 2^63 ---- */

typedef f80_t trigonometric_fn(float_env_t *e, f80_t x, bool *far);

static void trigonometric(cpu_t *cpu, const op_t *op, trigonometric_fn *F)
{
    fpu_t *f = &cpu->fpu;
    float_env_t e = fpu_begin(cpu);
    f80_t result = F80_INDEFINITE;
    bool far = false;
    fpu_note(cpu, op);
    if (fpu_empty(f, 0)) fpu_underflow(&e);
    else                 result = F(&e, fpu_get(f, 0), &far);
    set_incomplete(f, far);
    if (fpu_done(cpu, &e))
        fpu_set(f, 0, result);
}

void FSIN(cpu_t *cpu, const op_t *op, width_t w) { (void)w; trigonometric(cpu, op, f80_sin); }
void FCOS(cpu_t *cpu, const op_t *op, width_t w) { (void)w; trigonometric(cpu, op, f80_cos); }

/* ---- one operand, two results: the second is pushed ---- */

/* Returns what replaces ST(0); *second goes on top of it. */
typedef f80_t twofold_fn(float_env_t *e, f80_t x, f80_t *second, bool *far);

static f80_t tangent_and_one(float_env_t *e, f80_t x, f80_t *second, bool *far)
{
    f80_t tangent = f80_tan(e, x, far);
    f80_class_t c = f80_class(x);
    *second = c == F80_NORMAL || c == F80_DENORMAL || c == F80_ZERO ? F80_POSITIVE_ONE : tangent;   /* a NaN comes twice */
    return tangent;
}
static f80_t sine_and_cosine(float_env_t *e, f80_t x, f80_t *second, bool *far)
{
    float_env_t of_sine = *e;
    f80_t result = f80_sin(&of_sine, x, far);
    *second = f80_cos(e, x, far);
    e->raised |= of_sine.raised & (u16)~X87_C1;
    return result;
}
static f80_t exponent_and_significand(float_env_t *e, f80_t x, f80_t *second, bool *far)
{
    *far = false;
    return f80_extract(e, x, second);
}

static void twofold(cpu_t *cpu, const op_t *op, twofold_fn *F)
{
    fpu_t *f = &cpu->fpu;
    float_env_t e = fpu_begin(cpu);
    f80_t result = F80_INDEFINITE, second = F80_INDEFINITE;
    bool far = false;
    fpu_note(cpu, op);
    if (fpu_empty(f, 0))       fpu_underflow(&e);
    else if (!fpu_empty(f, 7)) fpu_overflow(&e);
    else                       result = F(&e, fpu_get(f, 0), &second, &far);
    if (F != exponent_and_significand)
        set_incomplete(f, far);
    if (!fpu_done(cpu, &e) || far)
        return;
    fpu_set(f, 0, result);
    fpu_push(f, second);
}

void FPTAN(cpu_t *cpu, const op_t *op, width_t w)   { (void)w; twofold(cpu, op, tangent_and_one); }
void FSINCOS(cpu_t *cpu, const op_t *op, width_t w) { (void)w; twofold(cpu, op, sine_and_cosine); }
void FXTRACT(cpu_t *cpu, const op_t *op, width_t w) { (void)w; twofold(cpu, op, exponent_and_significand); }

/* ---- comparison ---- */

static unsigned condition_codes(f80_order_t order)
{
    static const u16 codes[] = { [F80_LESS] = X87_C0, [F80_EQUAL] = X87_C3, [F80_GREATER] = 0, [F80_UNORDERED] = X87_C0 | X87_C2 | X87_C3 };
    return codes[order];
}

/* ST(0) against `other`; empty: a register needed is.  true: masked or no exception, order is right. */
static bool compared(cpu_t *cpu, float_env_t *e, f80_t other, bool empty, bool signals, f80_order_t *order)
{
    *order = F80_UNORDERED;
    if (empty) fpu_underflow(e);
    else       *order = f80_compare(e, fpu_get(&cpu->fpu, 0), other, signals);
    return fpu_done(cpu, e);
}

/* Where an unmasked exception stops a comparison, the condition codes stay as they were (vol. 2A, FCOM); not so on AMD's processors. */
static void compare(cpu_t *cpu, const op_t *op, bool signals, unsigned pops)
{
    fpu_t *f = &cpu->fpu;
    float_env_t e = fpu_begin(cpu);
    x87_format_t format = fpu_format(cpu, op);
    bool memory = format >= X87_single;
    unsigned i = format == X87_none ? 1 : op->dst & 7;         /* FCOMPP, FUCOMPP */
    f80_t other = memory ? fpu_operand(cpu, op, format, &e) : fpu_get(f, i);
    if (!memory)
        fpu_note(cpu, op);
    f80_order_t order;
    if (!compared(cpu, &e, other, fpu_empty(f, 0) || (!memory && fpu_empty(f, i)), signals, &order))
        return;
    set_condition(f, condition_codes(order));
    while (pops--)
        fpu_pop(f);
}

#define COMPARE(NAME, signals, pops) void NAME(cpu_t *cpu, const op_t *op, width_t w) { (void)w; compare(cpu, op, signals, pops); }
COMPARE(FCOM, true, 0)   COMPARE(FCOMP, true, 1)   COMPARE(FCOMPP, true, 2)   COMPARE(FICOM, true, 0)  COMPARE(FICOMP, true, 1)
COMPARE(FUCOM, false, 0) COMPARE(FUCOMP, false, 1) COMPARE(FUCOMPP, false, 2)

void FTST(cpu_t *cpu, const op_t *op, width_t w)
{
    fpu_t *f = &cpu->fpu;
    float_env_t e = fpu_begin(cpu);
    f80_order_t order;
    (void)w;
    fpu_note(cpu, op);
    if (compared(cpu, &e, f80_zero(false), fpu_empty(f, 0), true, &order))
        set_condition(f, condition_codes(order));
}

static void compare_to_eflags(cpu_t *cpu, const op_t *op, bool signals, bool pops)
{
    static const u8 flags[] = { [F80_LESS] = FLAG_CF, [F80_EQUAL] = FLAG_ZF, [F80_GREATER] = 0,
                                [F80_UNORDERED] = FLAG_CF | FLAG_ZF | FLAG_PF };
    fpu_t *f = &cpu->fpu;
    float_env_t e = fpu_begin(cpu);
    unsigned i = op->dst & 7;
    f80_order_t order;
    fpu_note(cpu, op);
    if (!compared(cpu, &e, fpu_get(f, i), fpu_empty(f, 0) || fpu_empty(f, i), signals, &order))
        return;
    flags_load(&cpu->f, flags[order]);
    if (pops)
        fpu_pop(f);
}

void FCOMI(cpu_t *cpu, const op_t *op, width_t w)   { (void)w; compare_to_eflags(cpu, op, true, false); }
void FCOMIP(cpu_t *cpu, const op_t *op, width_t w)  { (void)w; compare_to_eflags(cpu, op, true, true); }
void FUCOMI(cpu_t *cpu, const op_t *op, width_t w)  { (void)w; compare_to_eflags(cpu, op, false, false); }
void FUCOMIP(cpu_t *cpu, const op_t *op, width_t w) { (void)w; compare_to_eflags(cpu, op, false, true); }

/* The table of FXAM: C3 C2 C0 name the class, C1 the sign, of an empty register too. */
void FXAM(cpu_t *cpu, const op_t *op, width_t w)
{
    static const u16 codes[] = { [F80_UNSUPPORTED] = 0, [F80_QNAN] = X87_C0, [F80_SNAN] = X87_C0, [F80_NORMAL] = X87_C2,
                                 [F80_INFINITY] = X87_C2 | X87_C0, [F80_ZERO] = X87_C3, [F80_DENORMAL] = X87_C3 | X87_C2 };
    fpu_t *f = &cpu->fpu;
    (void)w;
    fpu_begin(cpu);
    fpu_note(cpu, op);
    f80_t a = fpu_get(f, 0);
    set_condition(f, (f80_sign(a) ? X87_C1 : 0u) | (fpu_empty(f, 0) ? X87_C3 | X87_C0 : codes[f80_class(a)]));
}
