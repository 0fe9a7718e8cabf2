/* wide.h - numbers with 128-bit significands, for the transcendental functions, which must be right to much less than a unit in the
 * 64th place: (-1)^sign * m / 2^127 * 2^exponent, m's top bit set, or zero.  Products and quotients are cut, not rounded; the error of each
 * is below 2^-125 of its value. */
#pragma once
#include "cpu/u128.h"

typedef struct { bool sign; s32 exponent; u128_t m; } wide_t;

INLINE u128_t mul128_high(u128_t a, u128_t b)
{
    u128_t high = mul64(a.hi, b.hi), x = mul64(a.hi, b.lo), y = mul64(a.lo, b.hi);
    u64 low = x.lo + y.lo, carry = low < x.lo;
    u128_t middle = u128_add((u128_t){ 0, x.hi }, (u128_t){ 0, y.hi });
    return u128_add(high, u128_add(middle, (u128_t){ 0, carry }));
}

INLINE wide_t wide_normalised(wide_t a)
{
    unsigned shift = u128_clz(a.m);
    if (shift == 128)
        return (wide_t){ a.sign, 0, { 0, 0 } };
    return (wide_t){ a.sign, a.exponent - (s32)shift, u128_shl(a.m, shift) };
}
INLINE wide_t wide_from(bool sign, s32 exponent, u64 m)
{
    return wide_normalised((wide_t){ sign, exponent, { m, 0 } });
}
/* An integer below 2^63. */
INLINE wide_t wide_from_int(s64 n)
{
    return wide_from(n < 0, 63, n < 0 ? 0 - (u64)n : (u64)n);
}
INLINE wide_t wide_negated(wide_t a) { a.sign = !a.sign; return a; }

INLINE wide_t wide_mul(wide_t a, wide_t b)
{
    return wide_normalised((wide_t){ a.sign != b.sign, a.exponent + b.exponent + 1, mul128_high(a.m, b.m) });
}

wide_t wide_add(wide_t a, wide_t b);
wide_t wide_div(wide_t a, wide_t b);

/* The integer square root of n, n.hi >= 2^62: 64 bits; *remainder = n - root^2, 65 bits. */
u64 u128_root(u128_t n, u128_t *remainder);
