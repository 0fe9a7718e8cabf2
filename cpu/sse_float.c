/* sse_float.c - the operations that round: add, subtract, multiply, divide, square root.  See sse_float.h.
 * SDM vol. 1, 4.8.3.1 (zeros), 4.9.1.1 and 11.5.2.1 (invalid), 4.9.2 (which exception is seen first). */
#include "cpu/sse_number.h"
#include "cpu/wide.h"

/* Of equal magnitudes with different signs: +0, but -0 when rounding down. */
static u64 cancelled(const sse_env_t *e, format_t f) { return signed_zero(f, (e->mxcsr & MXCSR_RC) == MXCSR_RC_DOWN); }

/* Neither is zero. */
INLINE u64 sum_of_finite(sse_env_t *e, format_t f, number_t a, number_t b)
{
    if (a.exponent < b.exponent || (a.exponent == b.exponent && a.m < b.m)) {
        number_t t = a;
        a = b;
        b = t;
    }
    s32 distance = a.exponent - b.exponent;
    u128_t large = { a.m, 0 }, small = u128_shr_sticky((u128_t){ b.m, 0 }, distance > 128 ? 128 : (unsigned)distance);
    if (a.sign != b.sign) {
        u128_t difference = u128_sub(large, small);
        if (u128_is_zero(difference))
            return cancelled(e, f);
        unsigned shift = u128_clz(difference);
        difference = u128_shl(difference, shift);
        return rounded(e, f, a.sign, a.exponent - (s32)shift, difference.hi, difference.lo);
    }
    u128_t sum = u128_add(large, small);
    if (!u128_less(sum, large))
        return rounded(e, f, a.sign, a.exponent, sum.hi, sum.lo);
    sum = u128_shr_sticky(sum, 1);
    return rounded(e, f, a.sign, a.exponent + 1, sum.hi | F80_ONE_BIT, sum.lo);
}

/* A zero and another number: that one, but rounded: a denormal meets underflow and FTZ. */
INLINE u64 sum_with_zero(sse_env_t *e, format_t f, const number_t *a, const number_t *b)
{
    if (a->class == ZERO && b->class == ZERO)
        return a->sign == b->sign ? a->bits : cancelled(e, f);
    const number_t *n = a->class == ZERO ? b : a;
    return rounded(e, f, n->sign, n->exponent, n->m, 0);
}

INLINE u64 sum(sse_env_t *e, format_t f, u64 abits, u64 bbits, bool subtract)
{
    number_t a = number(e, f, abits), b = number(e, f, bbits);
    u64 nan;
    if (nan_result(e, f, &a, &b, &nan))
        return nan;                                            /* a NaN keeps its sign in a subtraction */
    if (subtract) {
        b.sign = !b.sign;
        b.bits ^= signed_zero(f, true);
    }
    if (a.class == INFINITE && b.class == INFINITE && a.sign != b.sign)
        return invalid(e, f);
    note_denormals(e, &a, &b);
    if (a.class == INFINITE) return a.bits;
    if (b.class == INFINITE) return b.bits;
    if (a.class == ZERO || b.class == ZERO)
        return sum_with_zero(e, f, &a, &b);
    return sum_of_finite(e, f, a, b);
}

INLINE u64 product(sse_env_t *e, format_t f, u64 abits, u64 bbits)
{
    number_t a = number(e, f, abits), b = number(e, f, bbits);
    bool sign = a.sign != b.sign, infinite = a.class == INFINITE || b.class == INFINITE, zero = a.class == ZERO || b.class == ZERO;
    u64 nan;
    if (nan_result(e, f, &a, &b, &nan))
        return nan;
    if (infinite && zero)
        return invalid(e, f);
    note_denormals(e, &a, &b);
    if (infinite) return infinity(f, sign);
    if (zero)     return signed_zero(f, sign);
    u128_t p = mul64(a.m, b.m);
    unsigned shift = !(p.hi >> 63);
    p = u128_shl(p, shift);
    return rounded(e, f, sign, a.exponent + b.exponent - (bias(f) - 1) - (s32)shift, p.hi, p.lo);
}

INLINE u64 quotient(sse_env_t *e, format_t f, u64 abits, u64 bbits)
{
    number_t a = number(e, f, abits), b = number(e, f, bbits);
    bool sign = a.sign != b.sign;
    u64 nan;
    if (nan_result(e, f, &a, &b, &nan))
        return nan;
    if (a.class == b.class && (a.class == ZERO || a.class == INFINITE))
        return invalid(e, f);
    if (b.class == ZERO && a.class != INFINITE) {
        e->raised |= MXCSR_ZE;                                 /* seen before a denormal dividend */
        return infinity(f, sign);
    }
    note_denormals(e, &a, &b);
    if (a.class == INFINITE) return infinity(f, sign);
    if (b.class == INFINITE || a.class == ZERO) return signed_zero(f, sign);
    bool below = a.m < b.m;
    u64 rest, q = div128(below ? (u128_t){ a.m, 0 } : (u128_t){ a.m >> 1, a.m << 63 }, b.m, &rest);
    return rounded(e, f, sign, a.exponent - b.exponent + bias(f) - below, q, rest != 0);
}

INLINE u64 root(sse_env_t *e, format_t f, u64 bits)
{
    number_t a = number(e, f, bits);
    u64 nan;
    if (nan_result(e, f, &a, &a, &nan))
        return nan;
    if (a.class == ZERO || (a.class == INFINITE && !a.sign))
        return a.bits;
    if (a.sign)
        return invalid(e, f);
    note_denormals(e, &a, &a);
    s32 unbiased = a.exponent - bias(f);
    bool odd = unbiased & 1;
    u128_t rest;
    u64 m = u128_root(odd ? (u128_t){ a.m, 0 } : (u128_t){ a.m >> 1, a.m << 63 }, &rest);
    return rounded(e, f, false, (unbiased - odd) / 2 + bias(f), m, !u128_is_zero(rest));
}

u32 f32_add(sse_env_t *e, u32 a, u32 b) { return (u32)sum(e, F32, a, b, false); }
u32 f32_sub(sse_env_t *e, u32 a, u32 b) { return (u32)sum(e, F32, a, b, true); }
u32 f32_mul(sse_env_t *e, u32 a, u32 b) { return (u32)product(e, F32, a, b); }
u32 f32_div(sse_env_t *e, u32 a, u32 b) { return (u32)quotient(e, F32, a, b); }
u32 f32_sqrt(sse_env_t *e, u32 a)       { return (u32)root(e, F32, a); }
u64 f64_add(sse_env_t *e, u64 a, u64 b) { return sum(e, F64, a, b, false); }
u64 f64_sub(sse_env_t *e, u64 a, u64 b) { return sum(e, F64, a, b, true); }
u64 f64_mul(sse_env_t *e, u64 a, u64 b) { return product(e, F64, a, b); }
u64 f64_div(sse_env_t *e, u64 a, u64 b) { return quotient(e, F64, a, b); }
u64 f64_sqrt(sse_env_t *e, u64 a)       { return root(e, F64, a); }
