/* sse_convert.c - minimum, maximum, comparison, conversions and the two approximations.  See sse_float.h.
 * SDM vol. 1, 4.8.3.6 (NaNs between formats), 11.5.2.1 and table 11-1 (invalid), vol. 2A MINPS, CMPPS, COMISS, CVT..., RCPPS, RSQRTPS. */
#include "cpu/sse_number.h"
#include "cpu/wide.h"

/* ---- comparison ---- */

/* The order of bit patterns as integers: negative ones count downwards; both zeros are 0. */
INLINE s64 ordinal(format_t f, u64 bits)
{
    s64 magnitude = (s64)(bits & ~signed_zero(f, true));
    return sign_of(f, bits) ? -magnitude : magnitude;
}

INLINE sse_order_t compare(sse_env_t *e, format_t f, u64 abits, u64 bbits, bool quiet_is_invalid)
{
    number_t a = number(e, f, abits), b = number(e, f, bbits);
    u64 nan;
    if (nan_result(e, f, &a, &b, &nan)) {
        if (quiet_is_invalid)
            e->raised |= MXCSR_IE;
        return SSE_UNORDERED;
    }
    note_denormals(e, &a, &b);
    s64 x = ordinal(f, a.bits), y = ordinal(f, b.bits);
    return x < y ? SSE_LESS : x > y ? SSE_GREATER : SSE_EQUAL;
}

/* a where it is truly less (greater), else b as it is. */
INLINE u64 extreme(sse_env_t *e, format_t f, u64 a, u64 b, sse_order_t wanted)
{
    return compare(e, f, a, b, true) == wanted ? daz(e, f, a) : daz(e, f, b);
}

/* ---- conversions ---- */

/* A NaN keeps its sign and the upper bits of its fraction, and becomes quiet. */
INLINE u64 convert(sse_env_t *e, format_t from, format_t to, u64 bits)
{
    number_t a = number(e, from, bits);
    u64 nan;
    if (nan_result(e, from, &a, &a, &nan)) {
        u64 fraction = fraction_of(from, nan);
        return infinity(to, a.sign) | (to.fraction > from.fraction ? fraction << (to.fraction - from.fraction)
                                                                   : fraction >> (from.fraction - to.fraction));
    }
    if (a.class == INFINITE) return infinity(to, a.sign);
    if (a.class == ZERO)     return signed_zero(to, a.sign);
    note_denormals(e, &a, &a);
    return rounded(e, to, a.sign, a.exponent - bias(from) + bias(to), a.m, 0);
}

INLINE u64 from_integer(sse_env_t *e, format_t f, s32 a)
{
    u64 magnitude = a < 0 ? 0 - (u64)a : (u64)a;
    unsigned shift = clz64(magnitude);
    return magnitude ? rounded(e, f, a < 0, bias(f) + 63 - (s32)shift, magnitude << shift, 0) : 0;
}

/* Denormal operands raise no DE here: they are inexact zeros or ones (vol. 2A, CVTSD2SI: invalid, precision). */
INLINE s32 to_integer(sse_env_t *e, format_t f, u64 bits, bool truncate)
{
    number_t a = number(e, f, bits);
    s32 shift = bias(f) + 63 - a.exponent;
    if (a.class == ZERO)
        return 0;
    if (a.class > DENORMAL || shift < 31) {
        e->raised |= MXCSR_IE;
        return INT32_MIN;
    }
    u128_t v = u128_shr_sticky((u128_t){ a.m, 0 }, shift > 128 ? 128 : (unsigned)shift);
    u16 rc = truncate ? X87_RC_ZERO : x87_rounding(e->mxcsr);
    u64 magnitude = v.hi + f80_rounds_up(rc, a.sign, 64, v.hi, v.lo);
    if (magnitude > 0x7FFFFFFFull + a.sign) {
        e->raised |= MXCSR_IE;
        return INT32_MIN;
    }
    if (v.lo)
        e->raised |= MXCSR_PE;
    return (s32)(u32)(a.sign ? 0 - magnitude : magnitude);
}

/* ---- approximations ---- */

enum { APPROXIMATE = 12 };                                     /* fraction bits of the result */
static const sse_env_t unaffected = { MXCSR_RESET | MXCSR_DAZ, 0 };

/* 2^63 <= m: rounded to the bits given; too small is zero.  It is never too large: the least normal operand is 2^-126. */
static u32 approximation(bool sign, s32 exponent, u64 m)
{
    u64 sum = (m >> 1) + (1ull << (61 - APPROXIMATE));         /* one bit lower, so that a carry fits */
    unsigned carry = (unsigned)(sum >> 63);
    u64 kept = sum << (1 - carry) & ~(~0ull >> (APPROXIMATE + 1));
    exponent += (s32)carry;
    if (exponent < 1)
        return (u32)signed_zero(F32, sign);
    return (u32)(signed_zero(F32, sign) | (u64)exponent << F32.fraction | fraction_of(F32, kept >> (63 - F32.fraction)));
}

/* What needs no computing: a NaN, an infinity, a zero. */
static bool approximation_special(const number_t *a, u32 *result)
{
    if (is_nan(a))
        *result = (u32)(a->bits | quiet(F32));
    else if (a->class == ZERO)
        *result = (u32)infinity(F32, a->sign);
    else if (a->class == INFINITE)
        *result = (u32)signed_zero(F32, a->sign);
    else
        return false;
    return true;
}

/* 1 / m = 2^63 / m / 2^63: 2^126 / m, which has 64 bits but for m a power of two. */
u32 f32_reciprocal(u32 bits)
{
    number_t a = number(&unaffected, F32, bits);
    u32 special;
    if (approximation_special(&a, &special))
        return special;
    s32 exponent = 2 * bias(F32) - a.exponent;
    if (a.m == F80_ONE_BIT)
        return approximation(a.sign, exponent, a.m);
    u64 rest, q = div128((u128_t){ F80_ONE_BIT, 0 }, a.m, &rest);
    return approximation(a.sign, exponent - 1, q);
}

/* An odd exponent is made even by halving: sqrt m in [2^63, 2^64) either way. */
u32 f32_reciprocal_root(u32 bits)
{
    number_t a = number(&unaffected, F32, bits);
    u32 special;
    if (a.sign && (a.class == NORMAL || a.class == INFINITE))
        return (u32)indefinite(F32);
    if (approximation_special(&a, &special))
        return special;
    s32 unbiased = a.exponent - bias(F32);
    bool odd = unbiased & 1;
    u128_t rest;
    u64 m = u128_root(odd ? (u128_t){ a.m, 0 } : (u128_t){ a.m >> 1, a.m << 63 }, &rest);
    s32 exponent = bias(F32) - (unbiased - odd) / 2;
    if (m == F80_ONE_BIT)
        return approximation(false, exponent, m);
    u64 left, q = div128((u128_t){ F80_ONE_BIT, 0 }, m, &left);
    return approximation(false, exponent - 1, q);
}

u32 f32_min(sse_env_t *e, u32 a, u32 b) { return (u32)extreme(e, F32, a, b, SSE_LESS); }
u32 f32_max(sse_env_t *e, u32 a, u32 b) { return (u32)extreme(e, F32, a, b, SSE_GREATER); }
u64 f64_min(sse_env_t *e, u64 a, u64 b) { return extreme(e, F64, a, b, SSE_LESS); }
u64 f64_max(sse_env_t *e, u64 a, u64 b) { return extreme(e, F64, a, b, SSE_GREATER); }

sse_order_t f32_compare(sse_env_t *e, u32 a, u32 b, bool quiet_is_invalid) { return compare(e, F32, a, b, quiet_is_invalid); }
sse_order_t f64_compare(sse_env_t *e, u64 a, u64 b, bool quiet_is_invalid) { return compare(e, F64, a, b, quiet_is_invalid); }

u64 f32_to_f64(sse_env_t *e, u32 a) { return convert(e, F32, F64, a); }
u32 f64_to_f32(sse_env_t *e, u64 a) { return (u32)convert(e, F64, F32, a); }
u32 s32_to_f32(sse_env_t *e, s32 a) { return (u32)from_integer(e, F32, a); }
u64 s32_to_f64(sse_env_t *e, s32 a) { return from_integer(e, F64, a); }
s32 f32_to_s32(sse_env_t *e, u32 a, bool truncate) { return to_integer(e, F32, a, truncate); }
s32 f64_to_s32(sse_env_t *e, u64 a, bool truncate) { return to_integer(e, F64, a, truncate); }
