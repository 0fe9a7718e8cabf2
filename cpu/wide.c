/* wide.c - sums and quotients of 128-bit significands, and the square root of 128 bits.  See wide.h. */
#include "cpu/wide.h"

static bool smaller(wide_t a, wide_t b)
{
    return a.exponent < b.exponent || (a.exponent == b.exponent && u128_less(a.m, b.m));
}

wide_t wide_add(wide_t a, wide_t b)
{
    if (u128_is_zero(a.m)) return b;
    if (u128_is_zero(b.m)) return a;
    if (smaller(a, b)) {
        wide_t t = a;
        a = b;
        b = t;
    }
    s32 distance = a.exponent - b.exponent;
    b.m = u128_shr_sticky(b.m, distance > 128 ? 128 : (unsigned)distance);
    if (a.sign != b.sign)
        return wide_normalised((wide_t){ a.sign, a.exponent, u128_sub(a.m, b.m) });
    u128_t sum = u128_add(a.m, b.m);
    if (!u128_less(sum, a.m))
        return (wide_t){ a.sign, a.exponent, sum };
    sum = u128_shr_sticky(sum, 1);
    sum.hi |= 1ull << 63;
    return (wide_t){ a.sign, a.exponent + 1, sum };
}

/* One digit of 64 bits: floor(r * 2^64 / b), r < b, b's top bit set; r becomes the remainder.  Knuth, TAOCP vol. 2, 4.3.1 D3-D6. */
static u64 digit(u128_t *r, u128_t b)
{
    u64 q = ~0ull, rest = r->lo + b.hi;
    bool small_rest = rest < r->lo;                            /* the remainder of hi by b.hi does not fit: q is right */
    if (r->hi < b.hi) {
        q = div128(*r, b.hi, &rest);
        small_rest = false;
    }
    u128_t part = mul64(q, b.lo), left = { rest, 0 };
    bool negative = !small_rest && u128_less(left, part);
    left = u128_sub(left, part);
    while (negative) {
        q--;
        u128_t more = u128_add(left, b);
        negative = !u128_less(more, left);
        left = more;
    }
    *r = left;
    return q;
}

wide_t wide_div(wide_t a, wide_t b)
{
    bool below = u128_less(a.m, b.m);
    u128_t r = below ? a.m : u128_sub(a.m, b.m);
    u64 high = digit(&r, b.m), low = digit(&r, b.m);
    u128_t q = { high, low };                                  /* the fraction of the quotient; its integer is !below */
    if (!below) {
        q = u128_shr(q, 1);
        q.hi |= 1ull << 63;
    }
    return wide_normalised((wide_t){ a.sign != b.sign, a.exponent - b.exponent - below, q });
}

/* ---- square root ---- */

/* Roots by halves (Zimmermann, "Karatsuba Square Root", 1999): the upper half of the root is that of the upper half; the lower half is what
 * remains divided by twice the upper; one too many at most.  The first 16 bits digit by digit, two bits of n for one of the root. */
static u32 root_of_32(u32 n)
{
    u32 root = 0, rest = 0;
    for (int i = 0; i < 16; i++) {
        rest = rest << 2 | n >> 30;
        n <<= 2;
        u32 trial = root << 2 | 1;
        root <<= 1;
        if (rest >= trial) {
            rest -= trial;
            root |= 1;
        }
    }
    return root;
}

/* n >= 2^62: 32 bits. */
static u64 root_of_64(u64 n)
{
    u64 high = root_of_32((u32)(n >> 32)), rest = (n >> 32) - high * high;
    u64 low = (rest << 32 | (u32)n) / (high << 17);
    u64 root = high << 16 | (low > 0xFFFF ? 0xFFFF : low);
    return root * root > n ? root - 1 : root;
}

u64 u128_root(u128_t n, u128_t *remainder)
{
    u64 high = root_of_64(n.hi), rest = n.hi - high * high;
    u64 low = (rest << 31 | n.lo >> 33) / high;
    u64 root = high << 32 | (low > 0xFFFFFFFF ? 0xFFFFFFFF : low);
    u128_t square = mul64(root, root);
    if (u128_less(n, square)) {
        root--;
        square = u128_sub(square, u128_add((u128_t){ root >> 63, root << 1 }, (u128_t){ 0, 1 }));
    }
    *remainder = u128_sub(n, square);
    return root;
}
