/* u128.h - 128-bit unsigned integers as two halves: what 80-bit arithmetic needs and C11 does not have.
 * Where the compiler offers a 128-bit product it is used; the portable text beside it gives the same bits. */
#pragma once
#include "mem/base.h"

typedef struct { u64 hi, lo; } u128_t;

INLINE unsigned clz64(u64 v) { return v ? (unsigned)__builtin_clzll(v) : 64; }

INLINE bool   u128_is_zero(u128_t a)          { return (a.hi | a.lo) == 0; }
INLINE bool   u128_less(u128_t a, u128_t b)   { return a.hi < b.hi || (a.hi == b.hi && a.lo < b.lo); }
INLINE u128_t u128_add(u128_t a, u128_t b)    { u64 lo = a.lo + b.lo; return (u128_t){ a.hi + b.hi + (lo < a.lo), lo }; }
INLINE u128_t u128_sub(u128_t a, u128_t b)    { return (u128_t){ a.hi - b.hi - (a.lo < b.lo), a.lo - b.lo }; }
INLINE unsigned u128_clz(u128_t a)            { return a.hi ? clz64(a.hi) : 64 + clz64(a.lo); }

INLINE u128_t u128_shl(u128_t a, unsigned n)
{
    if (n == 0)   return a;
    if (n >= 128) return (u128_t){ 0, 0 };
    if (n >= 64)  return (u128_t){ a.lo << (n - 64), 0 };
    return (u128_t){ a.hi << n | a.lo >> (64 - n), a.lo << n };
}
INLINE u128_t u128_shr(u128_t a, unsigned n)
{
    if (n == 0)   return a;
    if (n >= 128) return (u128_t){ 0, 0 };
    if (n >= 64)  return (u128_t){ 0, a.hi >> (n - 64) };
    return (u128_t){ a.hi >> n, a.lo >> n | a.hi << (64 - n) };
}
/* Bits that fall off are remembered in bit 0: enough to round rightly later. */
INLINE u128_t u128_shr_sticky(u128_t a, unsigned n)
{
    u128_t r = u128_shr(a, n), back = u128_shl(r, n);
    bool lost = n >= 128 ? !u128_is_zero(a) : back.hi != a.hi || back.lo != a.lo;
    r.lo |= lost;
    return r;
}

/* a * b, all bits. */
INLINE u128_t mul64(u64 a, u64 b)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 product_t;
    product_t p = (product_t)a * b;
    return (u128_t){ (u64)(p >> 64), (u64)p };
#else
    u64 a1 = a >> 32, a0 = (u32)a, b1 = b >> 32, b0 = (u32)b;
    u64 low = a0 * b0, middle = a1 * b0 + (low >> 32), other = a0 * b1 + (u32)middle;
    return (u128_t){ a1 * b1 + (middle >> 32) + (other >> 32), other << 32 | (u32)low };
#endif
}

/* One digit of 32 bits of a long division: (hi * 2^32 + next) / b, with hi < b and b's top bit set.  Knuth, TAOCP vol. 2, 4.3.1 D3. */
INLINE u64 divide_digit(u64 *hi, u32 next, u64 b)
{
    u64 b1 = b >> 32, b0 = (u32)b, q = *hi / b1, r = *hi % b1;
    while (q >> 32 || q * b0 > (r << 32 | next)) {
        q--;
        r += b1;
        if (r >> 32) break;
    }
    *hi = (*hi << 32 | next) - q * b;
    return q;
}

/* a / b where a.hi < b and b's top bit is set: a quotient of 64 bits. */
INLINE u64 div128(u128_t a, u64 b, u64 *remainder)
{
    u64 r = a.hi;
    u64 high = divide_digit(&r, (u32)(a.lo >> 32), b);
    u64 low = divide_digit(&r, (u32)a.lo, b);
    *remainder = r;
    return high << 32 | low;
}
