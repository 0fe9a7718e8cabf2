/* float80.c - classes, NaN rules, rounding and the five precision-controlled operations.  See float80.h.
 * SDM vol. 1, 4.8.3.5 and table 4-7 (NaNs), 4.9.1 (exceptions and their order), 8.2.2 (unsupported formats), 8.5. */
#include "cpu/float80.h"
#include "cpu/wide.h"

f80_class_t f80_class(f80_t a)
{
    s32 exponent = f80_exponent(a);
    if (exponent == 0)
        return a.m ? F80_DENORMAL : F80_ZERO;                  /* pseudo-denormals too: integer bit set, exponent 0 */
    if (!(a.m >> 63))
        return F80_UNSUPPORTED;                                /* unnormal, pseudo-infinity, pseudo-NaN */
    if (exponent != F80_MAX)
        return F80_NORMAL;
    if (!(a.m << 1))
        return F80_INFINITY;
    return a.m & F80_QUIET ? F80_QNAN : F80_SNAN;
}

f80_t f80_invalid(float_env_t *e)
{
    e->raised |= X87_IE;
    return F80_INDEFINITE;
}

static bool is_nan(f80_class_t c) { return c == F80_QNAN || c == F80_SNAN; }
static f80_t quieted(f80_t a) { a.m |= F80_QUIET; return a; }

bool f80_nan1(float_env_t *e, f80_t a, f80_t *result)
{
    f80_class_t c = f80_class(a);
    if (c == F80_UNSUPPORTED) {
        *result = f80_invalid(e);
        return true;
    }
    if (c == F80_SNAN)
        e->raised |= X87_IE;
    *result = quieted(a);
    return is_nan(c);
}

/* The NaN with the larger significand, the positive one of two equal ones; a quiet one before a signalling one. */
static f80_t choose_nan(f80_t a, f80_class_t ca, f80_t b, f80_class_t cb)
{
    if (!is_nan(ca)) return quieted(b);
    if (!is_nan(cb)) return quieted(a);
    if (ca != cb)    return ca == F80_QNAN ? a : b;
    if (a.m != b.m)  return quieted(a.m > b.m ? a : b);
    return quieted(f80_sign(a) ? b : a);
}

bool f80_nan2(float_env_t *e, f80_t a, f80_t b, f80_t *result)
{
    f80_class_t ca = f80_class(a), cb = f80_class(b);
    if (ca == F80_UNSUPPORTED || cb == F80_UNSUPPORTED) {
        *result = f80_invalid(e);
        return true;
    }
    if (!is_nan(ca) && !is_nan(cb))
        return false;
    if (ca == F80_SNAN || cb == F80_SNAN)
        e->raised |= X87_IE;
    *result = choose_nan(a, ca, b, cb);
    return true;
}

/* Denormal operands raise DE; true: unmasked, stop. */
static bool denormals(float_env_t *e, f80_class_t ca, f80_class_t cb)
{
    if (ca == F80_DENORMAL || cb == F80_DENORMAL || e->denormal)
        e->raised |= X87_DE;
    return f80_stopped(e);
}

f80_t f80_normalised(f80_t a, s32 *exponent)
{
    unsigned shift = clz64(a.m);
    *exponent = (f80_exponent(a) ? f80_exponent(a) : 1) - (s32)shift;
    a.m <<= shift & 63;
    return a;
}

/* ---- rounding ---- */

/* A format's precision and its range of exponents, all in this format's bias. */
typedef struct { unsigned precision; s32 least, most; } range_t;
typedef struct { u64 m; s32 exponent; } rounded_t;             /* exponent 0: a denormal or zero; most + 1: infinity */

static const range_t range_f32 = { 24, F80_BIAS - 126, F80_BIAS + 127 }, range_f64 = { 53, F80_BIAS - 1022, F80_BIAS + 1023 };

bool f80_rounds_up(u16 control, bool sign, unsigned precision, u64 hi, u64 lo)
{
    u64 below = precision == 64 ? 0 : ~0ull >> precision, last = below + 1;
    u64 half = precision == 64 ? F80_ONE_BIT : (below >> 1) + 1;
    u64 part = precision == 64 ? lo : hi & below;
    bool sticky = precision != 64 && lo;
    if (!part && !sticky)
        return false;
    switch (control & X87_RC) {
    case X87_RC_NEAREST: return part > half || (part == half && (sticky || (hi & last)));
    case X87_RC_DOWN:    return sign;
    case X87_RC_UP:      return !sign;
    default:             return false;
    }
}

typedef struct { u64 m; bool carry, up, inexact; } cut_t;

/* Cut hi:lo to `precision` bits counted from bit 63. */
static cut_t cut(u16 control, bool sign, unsigned precision, u64 hi, u64 lo)
{
    u64 below = precision == 64 ? 0 : ~0ull >> precision;
    cut_t c = { .m = hi & ~below, .up = f80_rounds_up(control, sign, precision, hi, lo), .inexact = lo || (hi & below) };
    if (c.up) {
        c.m += below + 1;
        c.carry = c.m == 0;
    }
    return c;
}

static void note(float_env_t *e, const cut_t *c)
{
    if (c->inexact) e->raised |= X87_PE;
    if (c->up)      e->raised |= X87_C1;
}

/* Too large, masked: infinity or the largest number, as the rounding says.  Table 4-11. */
static rounded_t overflow(float_env_t *e, bool sign, const range_t *f)
{
    u16 rc = e->control & X87_RC;
    bool up = rc == X87_RC_NEAREST || rc == (sign ? X87_RC_DOWN : X87_RC_UP);
    e->raised |= X87_OE | X87_PE;
    if (!up)
        return (rounded_t){ ~0ull << (64 - f->precision), f->most };
    e->raised |= X87_C1;
    return (rounded_t){ F80_ONE_BIT, f->most + 1 };
}

/* Too small, masked: shifted until the exponent fits, then rounded; underflow only where bits were lost. */
static rounded_t denormalise(float_env_t *e, bool sign, s32 exponent, u64 hi, u64 lo, const range_t *f)
{
    s32 distance = f->least - exponent;
    u128_t v = u128_shr_sticky((u128_t){ hi, lo }, distance > 128 ? 128 : (unsigned)distance);
    cut_t c = cut(e->control, sign, f->precision, v.hi, v.lo);
    note(e, &c);
    if (c.inexact)
        e->raised |= X87_UE;
    return (rounded_t){ c.m, c.m >> 63 ? f->least : 0 };
}

/* Overflow and underflow are judged on the result as it would be with any exponent (4.9.1.4, 4.9.1.5). */
static rounded_t round_value(float_env_t *e, bool sign, s32 exponent, u64 hi, u64 lo, const range_t *f)
{
    if (!hi)
        return (rounded_t){ 0, 0 };
    cut_t c = cut(e->control, sign, f->precision, hi, lo);
    rounded_t r = { c.carry ? F80_ONE_BIT : c.m, exponent + c.carry };
    if (r.exponent < f->least) {
        if (e->control & X87_UE)
            return denormalise(e, sign, exponent, hi, lo, f);
        e->raised |= X87_UE;
        r.exponent += F80_WRAP;
    } else if (r.exponent > f->most) {
        if (e->control & X87_OE)
            return overflow(e, sign, f);
        e->raised |= X87_OE;
        r.exponent -= F80_WRAP;
    }
    note(e, &c);
    return r;
}

/* An exponent that does not fit even after it was moved (only FSCALE gets so far): infinity or zero, inexact.  SDM vol. 1, 8.5.4, 8.5.5. */
static f80_t packed(float_env_t *e, bool sign, rounded_t r)
{
    bool infinite = r.exponent >= F80_MAX;
    if (e->raised & ~e->control & (X87_OE | X87_UE) && (infinite || r.exponent <= 0)) {
        e->raised |= infinite ? X87_PE | X87_C1 : X87_PE;
        return infinite ? f80_infinity(sign) : f80_zero(sign);
    }
    return f80_make(sign, r.exponent, r.m);
}

static const range_t range_64 = { 64, 1, F80_MAX - 1 };

f80_t f80_round(float_env_t *e, bool sign, s32 exponent, u64 hi, u64 lo)
{
    return packed(e, sign, round_value(e, sign, exponent, hi, lo, &range_64));
}

/* Rounded by the control word's precision; the exponent keeps its whole range (8.1.5.2). */
static f80_t controlled(float_env_t *e, bool sign, s32 exponent, u64 hi, u64 lo)
{
    range_t range = range_64;
    u16 pc = e->control & X87_PC;
    range.precision = pc == X87_PC_24 ? 24 : pc == X87_PC_53 ? 53 : 64;
    return packed(e, sign, round_value(e, sign, exponent, hi, lo, &range));
}

/* ---- addition ---- */

/* Of equal magnitudes with different signs: +0, but -0 when rounding down. */
static f80_t cancelled(const float_env_t *e) { return f80_zero((e->control & X87_RC) == X87_RC_DOWN); }

static f80_t add_finite(float_env_t *e, f80_t a, f80_t b)
{
    s32 ea, eb;
    a = f80_normalised(a, &ea);
    b = f80_normalised(b, &eb);
    if (!a.m || (b.m && (ea < eb || (ea == eb && a.m < b.m)))) {
        f80_t t = a; a = b; b = t;
        s32 et = ea; ea = eb; eb = et;
    }
    bool sign = f80_sign(a);
    s32 distance = b.m ? ea - eb : 0;
    u128_t big = { a.m, 0 }, small = u128_shr_sticky((u128_t){ b.m, 0 }, distance > 128 ? 128 : (unsigned)distance);
    if (sign == f80_sign(b)) {
        u128_t sum = u128_add(big, small);
        if (!u128_less(sum, big))
            return controlled(e, sign, ea, sum.hi, sum.lo);
        sum = u128_shr_sticky(sum, 1);
        return controlled(e, sign, ea + 1, sum.hi | F80_ONE_BIT, sum.lo);
    }
    u128_t difference = u128_sub(big, small);
    if (u128_is_zero(difference))
        return cancelled(e);
    unsigned shift = u128_clz(difference);
    difference = u128_shl(difference, shift);
    return controlled(e, sign, ea - (s32)shift, difference.hi, difference.lo);
}

static f80_t add_slowly(float_env_t *e, f80_t a, f80_t b)
{
    f80_t nan;
    if (f80_nan2(e, a, b, &nan))
        return nan;
    f80_class_t ca = f80_class(a), cb = f80_class(b);
    if (ca == F80_INFINITY && cb == F80_INFINITY)
        return f80_sign(a) == f80_sign(b) ? a : f80_invalid(e);
    if (denormals(e, ca, cb))
        return a;
    if (ca == F80_INFINITY) return a;
    if (cb == F80_INFINITY) return b;
    if (ca == F80_ZERO && cb == F80_ZERO)
        return f80_sign(a) == f80_sign(b) ? a : cancelled(e);
    return add_finite(e, a, b);
}

f80_t f80_add(float_env_t *e, f80_t a, f80_t b)
{
    f80_t r;
    if (f80_plain(e->control) && !e->denormal && f80_add_fast(&e->raised, a, b, 0, &r))
        return r;
    return add_slowly(e, a, b);
}

f80_t f80_sub(float_env_t *e, f80_t a, f80_t b)
{
    f80_t r;
    if (f80_plain(e->control) && !e->denormal && f80_add_fast(&e->raised, a, b, F80_SIGN, &r))
        return r;
    if (f80_nan2(e, a, b, &r))
        return r;                                              /* a NaN keeps its sign */
    return add_slowly(e, a, f80_negated(b));
}

/* ---- multiplication ---- */

static f80_t mul_slowly(float_env_t *e, f80_t a, f80_t b)
{
    f80_t nan;
    if (f80_nan2(e, a, b, &nan))
        return nan;
    f80_class_t ca = f80_class(a), cb = f80_class(b);
    bool sign = f80_sign(a) != f80_sign(b), infinite = ca == F80_INFINITY || cb == F80_INFINITY, zero = ca == F80_ZERO || cb == F80_ZERO;
    if (infinite && zero)
        return f80_invalid(e);
    if (denormals(e, ca, cb))
        return a;
    if (infinite) return f80_infinity(sign);
    if (zero)     return f80_zero(sign);
    s32 ea, eb;
    a = f80_normalised(a, &ea);
    b = f80_normalised(b, &eb);
    u128_t p = mul64(a.m, b.m);
    unsigned shift = !(p.hi >> 63);
    p = u128_shl(p, shift);
    return controlled(e, sign, ea + eb - (F80_BIAS - 1) - (s32)shift, p.hi, p.lo);
}

f80_t f80_mul(float_env_t *e, f80_t a, f80_t b)
{
    f80_t r;
    if (f80_plain(e->control) && !e->denormal && f80_mul_fast(&e->raised, a, b, &r))
        return r;
    return mul_slowly(e, a, b);
}

/* ---- division ---- */

static f80_t div_finite(float_env_t *e, bool sign, f80_t a, f80_t b)
{
    s32 ea, eb;
    a = f80_normalised(a, &ea);
    b = f80_normalised(b, &eb);
    bool below = a.m < b.m;
    u64 remainder, q = div128(below ? (u128_t){ a.m, 0 } : (u128_t){ a.m >> 1, a.m << 63 }, b.m, &remainder);
    return controlled(e, sign, ea - eb + F80_BIAS - below, q, fraction_bits(remainder, b.m));
}

static f80_t div_slowly(float_env_t *e, f80_t a, f80_t b)
{
    f80_t nan;
    if (f80_nan2(e, a, b, &nan))
        return nan;
    f80_class_t ca = f80_class(a), cb = f80_class(b);
    bool sign = f80_sign(a) != f80_sign(b);
    if (ca == cb && (ca == F80_ZERO || ca == F80_INFINITY))
        return f80_invalid(e);
    if (cb == F80_ZERO && ca != F80_INFINITY) {
        e->raised |= X87_ZE;
        return f80_infinity(sign);
    }
    if (denormals(e, ca, cb))
        return a;
    if (ca == F80_INFINITY) return f80_infinity(sign);
    if (cb == F80_INFINITY || ca == F80_ZERO) return f80_zero(sign);
    return div_finite(e, sign, a, b);
}

f80_t f80_div(float_env_t *e, f80_t a, f80_t b)
{
    f80_t r;
    if (f80_plain(e->control) && !e->denormal && f80_div_fast(&e->raised, a, b, &r))
        return r;
    return div_slowly(e, a, b);
}

/* ---- square root ---- */

f80_t f80_sqrt(float_env_t *e, f80_t a)
{
    f80_t nan;
    if (f80_nan1(e, a, &nan))
        return nan;
    f80_class_t c = f80_class(a);
    if (c == F80_ZERO || (c == F80_INFINITY && !f80_sign(a)))
        return a;
    if (f80_sign(a))
        return f80_invalid(e);
    if (denormals(e, c, c))
        return a;
    s32 exponent;
    a = f80_normalised(a, &exponent);
    s32 unbiased = exponent - F80_BIAS;
    bool odd = unbiased & 1;
    u128_t rest, n = odd ? (u128_t){ a.m, 0 } : (u128_t){ a.m >> 1, a.m << 63 };
    u64 root = u128_root(n, &rest);
    bool above_half = rest.hi || rest.lo > root;               /* (root + 1/2)^2 = root^2 + root + 1/4: never a tie */
    u64 fraction = u128_is_zero(rest) ? 0 : above_half ? F80_ONE_BIT | 1 : 1;
    return controlled(e, false, (unbiased - odd) / 2 + F80_BIAS, root, fraction);
}

/* ---- conversions to the narrower formats of memory: here, because they round ---- */

static u64 narrow(float_env_t *e, f80_t a, const range_t *f, unsigned exponent_bits)
{
    unsigned fraction_width = f->precision - 1;
    u64 top = (1ull << exponent_bits) - 1, sign = (u64)f80_sign(a) << (exponent_bits + fraction_width);
    f80_t nan;
    if (f80_nan1(e, a, &nan))
        return (u64)f80_sign(nan) << (exponent_bits + fraction_width) | top << fraction_width
             | (nan.m << 1 >> (64 - fraction_width));
    f80_class_t c = f80_class(a);
    if (c == F80_ZERO)     return sign;
    if (c == F80_INFINITY) return sign | top << fraction_width;
    s32 exponent;
    f80_t n = f80_normalised(a, &exponent);
    rounded_t r = round_value(e, f80_sign(a), exponent, n.m, 0, f);
    if (e->raised & ~e->control & (X87_OE | X87_UE))
        e->raised &= (u16)~(X87_PE | X87_C1);                  /* nothing will be stored, so nothing was rounded */
    u64 biased = r.exponent == 0 ? 0 : (u64)(r.exponent - f->least + 1) & top;
    return sign | biased << fraction_width | r.m << 1 >> (64 - fraction_width);
}

u32 f80_to_f32(float_env_t *e, f80_t a) { return (u32)narrow(e, a, &range_f32, 8); }
u64 f80_to_f64(float_env_t *e, f80_t a) { return narrow(e, a, &range_f64, 11); }
