/* sse_fast.h - the inline path of SSE and SSE2 arithmetic: the host's own float and double, where they cannot give another answer.
 *
 * Taken when rounding is to nearest and the precision exception is masked (sse_plain), operands are normal numbers or zeros, and the result
 * is a normal number above the least (which may have been rounded up from a tiny one) or a zero that is exact: then the only exception can be
 * precision, and that is raised either already or, which is proved for each result, not at all.  Each function says whether it has an answer;
 * false: ask sse_float.h.  The emulator never changes the host's control word, so that the host rounds to nearest and keeps denormals.
 * Where the host computes in a wider format than it stores (FLT_EVAL_METHOD) no function has an answer.
 *
 * Exactness: a sum s of a and b is exact if and only if s - a = b and s - b = a (Dekker 1971: the difference to the larger operand is exact);
 * a product of single precision fits into a double; one of doubles is judged by the zeros at the end of its factors. */
#pragma once
#include <float.h>
#include "cpu/sse_float.h"

#define SSE_HOST (FLT_EVAL_METHOD == 0 && FLT_MANT_DIG == 24 && DBL_MANT_DIG == 53)

INLINE bool sse_plain(u32 mxcsr)  { return SSE_HOST && LIKELY((mxcsr & (MXCSR_RC | MXCSR_PM)) == (MXCSR_RC_NEAREST | MXCSR_PM)); }
INLINE bool sse_sticky(u32 mxcsr) { return LIKELY(mxcsr & MXCSR_PE); }

INLINE float  f32_host(u32 bits) { float a; memcpy(&a, &bits, 4); return a; }
INLINE u32    f32_bits(float a)  { u32 bits; memcpy(&bits, &a, 4); return bits; }
INLINE double f64_host(u64 bits) { double a; memcpy(&a, &bits, 8); return a; }
INLINE u64    f64_bits(double a) { u64 bits; memcpy(&bits, &a, 8); return bits; }

INLINE s32  f32_exponent(u32 a) { return (s32)(a >> 23 & 0xFF); }
INLINE s32  f64_exponent(u64 a) { return (s32)(a >> 52 & 0x7FF); }
INLINE bool f32_is_zero(u32 a)  { return !(a << 1); }
INLINE bool f64_is_zero(u64 a)  { return !(a << 1); }
INLINE bool f32_is_normal(u32 a)   { return (u32)f32_exponent(a) - 1 < 0xFE; }
INLINE bool f64_is_normal(u64 a)   { return (u32)f64_exponent(a) - 1 < 0x7FE; }
INLINE bool f32_is_operand(u32 a)  { return LIKELY(f32_is_normal(a)) || f32_is_zero(a); }
INLINE bool f64_is_operand(u64 a)  { return LIKELY(f64_is_normal(a)) || f64_is_zero(a); }
/* Normal, and not the least exponent. */
INLINE bool f32_is_result(u32 a)   { return LIKELY((u32)f32_exponent(a) - 2 < 0xFD); }
INLINE bool f64_is_result(u64 a)   { return LIKELY((u32)f64_exponent(a) - 2 < 0x7FD); }

/* ---- sums: a zero is exact, for what is left of two normal numbers is no less than the least denormal ---- */

INLINE bool f32_add_fast(u32 mxcsr, u32 a, u32 b, u32 *result)
{
    if (!sse_plain(mxcsr) || !f32_is_operand(a) || !f32_is_operand(b))
        return false;
    float x = f32_host(a), y = f32_host(b), s = x + y;
    *result = f32_bits(s);
    if (!f32_is_result(*result))
        return f32_is_zero(*result);
    return sse_sticky(mxcsr) || (s - x == y && s - y == x);
}

INLINE bool f64_add_fast(u32 mxcsr, u64 a, u64 b, u64 *result)
{
    if (!sse_plain(mxcsr) || !f64_is_operand(a) || !f64_is_operand(b))
        return false;
    double x = f64_host(a), y = f64_host(b), s = x + y;
    *result = f64_bits(s);
    if (!f64_is_result(*result))
        return f64_is_zero(*result);
    return sse_sticky(mxcsr) || (s - x == y && s - y == x);
}

INLINE bool f32_sub_fast(u32 mxcsr, u32 a, u32 b, u32 *result) { return f32_add_fast(mxcsr, a, b ^ 1u << 31, result); }
INLINE bool f64_sub_fast(u32 mxcsr, u64 a, u64 b, u64 *result) { return f64_add_fast(mxcsr, a, b ^ 1ull << 63, result); }

/* ---- products ---- */

INLINE bool f32_mul_fast(u32 mxcsr, u32 a, u32 b, u32 *result)
{
    if (!sse_plain(mxcsr) || !f32_is_operand(a) || !f32_is_operand(b))
        return false;
    double whole = (double)f32_host(a) * (double)f32_host(b);
    float p = (float)whole;
    *result = f32_bits(p);
    if (!f32_is_result(*result))
        return f32_is_zero(a) || f32_is_zero(b);
    return sse_sticky(mxcsr) || (double)p == whole;
}

/* Is the product of two normal doubles, rounded to p, exact?  Its significand has 105 or 106 bits, as the exponents tell, less the zeros at its end. */
INLINE bool f64_is_product(u64 a, u64 b, u64 p)
{
    s32 zeros = __builtin_ctzll(a | 1ull << 52) + __builtin_ctzll(b | 1ull << 52);
    s32 carry = f64_exponent(p) - f64_exponent(a) - f64_exponent(b) + 1023;
    return 105 + carry - zeros <= 53;
}

INLINE bool f64_mul_fast(u32 mxcsr, u64 a, u64 b, u64 *result)
{
    if (!sse_plain(mxcsr) || !f64_is_operand(a) || !f64_is_operand(b))
        return false;
    *result = f64_bits(f64_host(a) * f64_host(b));
    if (!f64_is_result(*result))
        return f64_is_zero(a) || f64_is_zero(b);
    return sse_sticky(mxcsr) || f64_is_product(a, b, *result);
}

/* ---- quotients and roots: exact where multiplying back is, and gives the operand ---- */

INLINE bool f32_div_fast(u32 mxcsr, u32 a, u32 b, u32 *result)
{
    if (!sse_plain(mxcsr) || !f32_is_operand(a) || UNLIKELY(!f32_is_normal(b)))
        return false;
    float x = f32_host(a), y = f32_host(b), q = x / y;
    *result = f32_bits(q);
    if (!f32_is_result(*result))
        return f32_is_zero(a);
    return sse_sticky(mxcsr) || (double)q * (double)y == (double)x;
}

INLINE bool f64_div_fast(u32 mxcsr, u64 a, u64 b, u64 *result)
{
    if (!sse_plain(mxcsr) || !f64_is_operand(a) || UNLIKELY(!f64_is_normal(b)))
        return false;
    double x = f64_host(a), y = f64_host(b), q = x / y;
    *result = f64_bits(q);
    if (!f64_is_result(*result))
        return f64_is_zero(a);
    return sse_sticky(mxcsr) || (q * y == x && f64_is_product(*result, b, a));
}

INLINE bool f32_sqrt_fast(u32 mxcsr, u32 a, u32 *result)
{
    if (!sse_plain(mxcsr) || UNLIKELY(!f32_is_normal(a)) || a >> 31)
        return false;
    float x = f32_host(a), r = __builtin_sqrtf(x);
    *result = f32_bits(r);
    return sse_sticky(mxcsr) || (double)r * (double)r == (double)x;
}

INLINE bool f64_sqrt_fast(u32 mxcsr, u64 a, u64 *result)
{
    if (!sse_plain(mxcsr) || UNLIKELY(!f64_is_normal(a)) || a >> 63)
        return false;
    double x = f64_host(a), r = __builtin_sqrt(x);
    *result = f64_bits(r);
    return sse_sticky(mxcsr) || (r * r == x && f64_is_product(*result, *result, a));
}

/* ---- order ---- */

INLINE bool f32_compare_fast(u32 a, u32 b, sse_order_t *order)
{
    if (!SSE_HOST || !f32_is_operand(a) || !f32_is_operand(b))
        return false;
    float x = f32_host(a), y = f32_host(b);
    *order = x < y ? SSE_LESS : x > y ? SSE_GREATER : SSE_EQUAL;
    return true;
}

INLINE bool f64_compare_fast(u64 a, u64 b, sse_order_t *order)
{
    if (!SSE_HOST || !f64_is_operand(a) || !f64_is_operand(b))
        return false;
    double x = f64_host(a), y = f64_host(b);
    *order = x < y ? SSE_LESS : x > y ? SSE_GREATER : SSE_EQUAL;
    return true;
}

/* The second operand unless the first is truly less, or greater. */
INLINE bool f32_extreme_fast(u32 a, u32 b, sse_order_t wanted, u32 *result)
{
    sse_order_t order;
    if (!f32_compare_fast(a, b, &order))
        return false;
    *result = order == wanted ? a : b;
    return true;
}

INLINE bool f64_extreme_fast(u64 a, u64 b, sse_order_t wanted, u64 *result)
{
    sse_order_t order;
    if (!f64_compare_fast(a, b, &order))
        return false;
    *result = order == wanted ? a : b;
    return true;
}

INLINE bool f32_min_fast(u32 a, u32 b, u32 *result) { return f32_extreme_fast(a, b, SSE_LESS, result); }
INLINE bool f32_max_fast(u32 a, u32 b, u32 *result) { return f32_extreme_fast(a, b, SSE_GREATER, result); }
INLINE bool f64_min_fast(u64 a, u64 b, u64 *result) { return f64_extreme_fast(a, b, SSE_LESS, result); }
INLINE bool f64_max_fast(u64 a, u64 b, u64 *result) { return f64_extreme_fast(a, b, SSE_GREATER, result); }

/* ---- conversions ---- */

INLINE bool f32_to_f64_fast(u32 a, u64 *result)
{
    if (!SSE_HOST || !f32_is_operand(a))
        return false;
    *result = f64_bits((double)f32_host(a));
    return true;
}

INLINE bool f64_to_f32_fast(u32 mxcsr, u64 a, u32 *result)
{
    if (!sse_plain(mxcsr) || !f64_is_operand(a))
        return false;
    double x = f64_host(a);
    float r = (float)x;
    *result = f32_bits(r);
    if (!f32_is_result(*result))
        return f64_is_zero(a);
    return sse_sticky(mxcsr) || (double)r == x;
}

INLINE bool s32_to_f32_fast(u32 mxcsr, s32 a, u32 *result)
{
    if (!sse_plain(mxcsr))
        return false;
    float r = (float)a;
    *result = f32_bits(r);
    return sse_sticky(mxcsr) || (double)r == (double)a;
}

/* Always exact. */
INLINE u64 s32_to_f64_fast(s32 a) { return f64_bits((double)a); }

/* Adding 3 * 2^51 leaves the integer nearest to x in the low bits of the sum; cutting needs no trick. */
INLINE bool f64_to_s32_fast(u32 mxcsr, u64 a, bool truncate, s32 *result)
{
    if (!sse_plain(mxcsr) || f64_exponent(a) >= 1023 + (truncate ? 31 : 30) || !f64_is_operand(a))
        return false;
    double x = f64_host(a);
    s32 i = truncate ? (s32)x : (s32)(u32)f64_bits(x + 6755399441055744.0);
    *result = i;
    return sse_sticky(mxcsr) || (double)i == x;
}

INLINE bool f32_to_s32_fast(u32 mxcsr, u32 a, bool truncate, s32 *result)
{
    if (!f32_is_operand(a))
        return false;
    return f64_to_s32_fast(mxcsr, f64_bits((double)f32_host(a)), truncate, result);
}
