/* sse_number.h - numbers taken apart and rounded, one text for both formats; for sse_float.c and sse_convert.c only.
 * SDM vol. 1, 4.2.2 (formats), 4.8.3 (classes), 4.9.1 and 11.5.2 (overflow, underflow, precision), 10.2.3.3 and 10.2.3.4 (FTZ, DAZ). */
#pragma once
#include "cpu/float80.h"
#include "cpu/sse_float.h"

typedef struct { unsigned fraction, exponent; } format_t;      /* widths */
#define F32 ((format_t){ 23, 8 })
#define F64 ((format_t){ 52, 11 })

INLINE s32 top(format_t f)        { return (1 << f.exponent) - 1; }        /* the exponent of infinities and NaNs */
INLINE s32 bias(format_t f)       { return top(f) >> 1; }
INLINE u64 quiet(format_t f)      { return 1ull << (f.fraction - 1); }
INLINE u64 fraction_of(format_t f, u64 bits) { return bits & ((1ull << f.fraction) - 1); }
INLINE s32 exponent_of(format_t f, u64 bits) { return (s32)(bits >> f.fraction) & top(f); }
INLINE bool sign_of(format_t f, u64 bits)    { return bits >> (f.fraction + f.exponent) & 1; }
INLINE u64 signed_zero(format_t f, bool sign) { return (u64)sign << (f.fraction + f.exponent); }
INLINE u64 infinity(format_t f, bool sign)    { return signed_zero(f, sign) | (u64)top(f) << f.fraction; }
INLINE u64 indefinite(format_t f)             { return infinity(f, true) | quiet(f); }      /* 4.8.3.7, table 4-3 */

/* Finite numbers but zero: (-1)^sign * m / 2^63 * 2^(exponent - bias), m's top bit set, the exponent 0 or less for denormals. */
typedef enum { ZERO, NORMAL, DENORMAL, INFINITE, QUIET, SIGNALLING } class_t;
typedef struct { class_t class; bool sign; s32 exponent; u64 m, bits; } number_t;

INLINE class_t class_of(format_t f, s32 exponent, u64 fraction)
{
    if (exponent == top(f))
        return !fraction ? INFINITE : fraction & quiet(f) ? QUIET : SIGNALLING;
    return exponent ? NORMAL : fraction ? DENORMAL : ZERO;
}

/* With DAZ a denormal is a zero of its sign. */
INLINE u64 daz(const sse_env_t *e, format_t f, u64 bits)
{
    bool flushed = e->mxcsr & MXCSR_DAZ && !exponent_of(f, bits);
    return flushed ? signed_zero(f, sign_of(f, bits)) : bits;
}

INLINE number_t number(const sse_env_t *e, format_t f, u64 bits)
{
    bits = daz(e, f, bits);
    u64 fraction = fraction_of(f, bits);
    number_t n = { .sign = sign_of(f, bits), .exponent = exponent_of(f, bits), .bits = bits };
    n.class = class_of(f, n.exponent, fraction);
    n.m = (fraction | (u64)(n.class != DENORMAL) << f.fraction) << (63 - f.fraction);
    if (n.class == DENORMAL) {
        unsigned shift = clz64(n.m);
        n.m <<= shift;
        n.exponent = 1 - (s32)shift;
    }
    return n;
}

INLINE bool is_nan(const number_t *n) { return n->class == QUIET || n->class == SIGNALLING; }

INLINE u64 invalid(sse_env_t *e, format_t f)
{
    e->raised |= MXCSR_IE;
    return indefinite(f);
}

/* Where an operand is a NaN the result is the first that is, made quiet.  Table 4-7, rows of SSE. */
INLINE bool nan_result(sse_env_t *e, format_t f, const number_t *a, const number_t *b, u64 *result)
{
    if (!is_nan(a) && !is_nan(b))
        return false;
    if (a->class == SIGNALLING || b->class == SIGNALLING)
        e->raised |= MXCSR_IE;
    *result = (is_nan(a) ? a : b)->bits | quiet(f);
    return true;
}

INLINE void note_denormals(sse_env_t *e, const number_t *a, const number_t *b)
{
    if (a->class == DENORMAL || b->class == DENORMAL)
        e->raised |= MXCSR_DE;
}

/* ---- rounding ---- */

/* MXCSR's rounding control has the codes of the x87 control word's, three bits higher. */
INLINE u16 x87_rounding(u32 mxcsr) { return (u16)(mxcsr >> 3 & X87_RC); }

typedef struct { u64 m; bool carry, inexact; } rounded_t;

/* hi:lo to the format's precision, counted from bit 63 of hi. */
INLINE rounded_t round_significand(const sse_env_t *e, format_t f, bool sign, u64 hi, u64 lo)
{
    unsigned precision = f.fraction + 1;
    u64 below = ~0ull >> precision;
    rounded_t r = { .m = hi & ~below, .inexact = lo || (hi & below) };
    if (f80_rounds_up(x87_rounding(e->mxcsr), sign, precision, hi, lo)) {
        r.m += below + 1;
        r.carry = r.m == 0;
    }
    return r;
}

/* Table 4-11.  Precision is raised with a masked overflow always, with an unmasked one where the significand was rounded. */
INLINE u64 overflow(sse_env_t *e, format_t f, bool sign, bool inexact)
{
    u32 rc = e->mxcsr & MXCSR_RC;
    bool away = rc == MXCSR_RC_NEAREST || rc == (sign ? MXCSR_RC_DOWN : MXCSR_RC_UP);
    e->raised |= MXCSR_OE;
    if (inexact || e->mxcsr & MXCSR_OM)
        e->raised |= MXCSR_PE;
    return infinity(f, sign) - !away;
}

/* The result is tiny: a zero with FTZ, or a denormal.  Masked, underflow is raised only where that lost something (4.9.1.5).  Where it is
 * not masked FTZ does not count, an exact result underflows too, and precision is raised where the significand was rounded before. */
INLINE u64 underflow(sse_env_t *e, format_t f, bool sign, s32 exponent, u64 hi, u64 lo, bool inexact)
{
    bool masked = e->mxcsr & MXCSR_UM;
    if (masked && e->mxcsr & MXCSR_FTZ) {
        e->raised |= MXCSR_UE | MXCSR_PE;
        return signed_zero(f, sign);
    }
    s32 distance = 1 - exponent;
    u128_t v = u128_shr_sticky((u128_t){ hi, lo }, distance > 128 ? 128 : (unsigned)distance);
    rounded_t r = round_significand(e, f, sign, v.hi, v.lo);
    if (masked ? r.inexact : inexact)
        e->raised |= MXCSR_PE;
    if (!masked || r.inexact)
        e->raised |= MXCSR_UE;
    return signed_zero(f, sign) | r.m >> (63 - f.fraction);    /* rounded up to the least normal number the integer bit is its exponent */
}

/* hi:lo / 2^127 * 2^(exponent - bias), hi's top bit set.  Tiny and huge are judged on the result rounded as if any exponent fitted. */
INLINE u64 rounded(sse_env_t *e, format_t f, bool sign, s32 exponent, u64 hi, u64 lo)
{
    rounded_t r = round_significand(e, f, sign, hi, lo);
    s32 biased = exponent + r.carry;
    if (biased < 1)
        return underflow(e, f, sign, exponent, hi, lo, r.inexact);
    if (biased >= top(f))
        return overflow(e, f, sign, r.inexact);
    if (r.inexact)
        e->raised |= MXCSR_PE;
    u64 m = r.carry ? F80_ONE_BIT : r.m;
    return signed_zero(f, sign) | (u64)biased << f.fraction | fraction_of(f, m >> (63 - f.fraction));
}
