/* float80_ops.c - remainder, rounding to integers, scale, extract, compare, and conversions of integers and decimals.
 * SDM vol. 2A, FPREM, FPREM1, FRNDINT, FSCALE, FXTRACT, FCOM, FIST, FBSTP; vol. 1, 4.2 (formats), 8.1.3 (condition codes), tables 8-8, 8-9. */
#include "cpu/float80.h"

/* Denormal operands raise DE; true: unmasked, stop. */
static bool denormal(float_env_t *e, f80_t a)
{
    if (f80_class(a) == F80_DENORMAL || e->denormal)
        e->raised |= X87_DE;
    return f80_stopped(e);
}
static bool denormals(float_env_t *e, f80_t a, f80_t b)
{
    bool first = denormal(e, a);
    return denormal(e, b) || first;
}

/* ---- remainder ---- */

/* (m * 2^shift) mod divisor, and the quotient's low 64 bits. */
static u64 reduce(u64 m, unsigned shift, u64 divisor, u64 *quotient)
{
    u64 q = m >= divisor, r = q ? m - divisor : m;
    while (shift--) {
        bool carry = r >> 63;
        r <<= 1;
        bool fits = carry || r >= divisor;
        if (fits) r -= divisor;
        q = q << 1 | fits;
    }
    *quotient = q;
    return r;
}

/* What is left of m * 2^distance after division to the nearest quotient; true: the rest is negative. */
static bool to_nearest(u64 *rest, u64 divisor, u64 *quotient)
{
    bool above = *rest > divisor - *rest || (*rest == divisor - *rest && (*quotient & 1));
    if (above) {
        *rest = divisor - *rest;
        ++*quotient;
    }
    return above;
}

static f80_t rest(float_env_t *e, bool sign, s32 exponent, u64 m)
{
    unsigned shift = clz64(m);
    return m ? f80_round(e, sign, exponent - (s32)shift, m << (shift & 63), 0) : f80_zero(sign);
}

static f80_t rem_finite(float_env_t *e, f80_t a, f80_t b, bool nearest, unsigned *quotient, bool *partial)
{
    s32 ea, eb;
    f80_t x = f80_normalised(a, &ea), y = f80_normalised(b, &eb);
    s32 distance = ea - eb;
    bool sign = f80_sign(a);
    u64 q = 0, r;
    if (distance < -1 || (distance < 0 && !nearest))
        return rest(e, sign, ea, x.m);
    if (distance < 0) {                                        /* a below b: it may still be more than half of it */
        if (x.m <= y.m)
            return rest(e, sign, ea, x.m);
        *quotient = 1;                                         /* b - a, in units of a's last place: 2b - a < b */
        return rest(e, !sign, ea, y.m - (x.m - y.m));
    }
    if (distance >= 64) {                                      /* 32 to 63 bits of the quotient at a time */
        unsigned bits = (unsigned)distance % 32 + 32;
        r = reduce(x.m, bits, y.m, &q);
        *partial = true;
        return rest(e, sign, eb + distance - (s32)bits, r);
    }
    r = reduce(x.m, (unsigned)distance, y.m, &q);
    if (nearest && to_nearest(&r, y.m, &q))
        sign = !sign;
    *quotient = (unsigned)q & 7;
    return r ? rest(e, sign, eb, r) : f80_zero(f80_sign(a));
}

f80_t f80_rem(float_env_t *e, f80_t a, f80_t b, bool nearest, unsigned *quotient, bool *partial)
{
    f80_t nan;
    *quotient = 0;
    *partial = false;
    if (f80_nan2(e, a, b, &nan))
        return nan;
    f80_class_t ca = f80_class(a), cb = f80_class(b);
    if (ca == F80_INFINITY || cb == F80_ZERO)
        return f80_invalid(e);
    if (denormals(e, a, b))
        return a;
    if (ca == F80_ZERO)
        return a;
    if (cb == F80_INFINITY) {
        s32 exponent;
        f80_t n = f80_normalised(a, &exponent);
        return rest(e, f80_sign(a), exponent, n.m);
    }
    return rem_finite(e, a, b, nearest, quotient, partial);
}

/* ---- to an integer ---- */

typedef struct { u64 magnitude; bool too_large, up, inexact; } whole_t;

/* The magnitude of a finite number rounded to an integer by the control word. */
static whole_t whole(const float_env_t *e, f80_t a)
{
    s32 exponent;
    f80_t n = f80_normalised(a, &exponent);
    s32 shift = F80_BIAS + 63 - exponent;
    if (!n.m)
        return (whole_t){ 0 };
    if (shift < 0)
        return (whole_t){ .too_large = true };
    u128_t v = u128_shr_sticky((u128_t){ n.m, 0 }, shift > 128 ? 128 : (unsigned)shift);
    whole_t w = { .up = f80_rounds_up(e->control, f80_sign(a), 64, v.hi, v.lo), .inexact = v.lo != 0 };
    w.magnitude = v.hi + w.up;
    return w;
}

static void note(float_env_t *e, const whole_t *w)
{
    if (w->inexact) e->raised |= X87_PE;
    if (w->up)      e->raised |= X87_C1;
}

static bool is_finite(f80_class_t c) { return c == F80_ZERO || c == F80_NORMAL || c == F80_DENORMAL; }

f80_t f80_round_to_int(float_env_t *e, f80_t a)
{
    f80_t nan;
    if (f80_nan1(e, a, &nan))
        return nan;
    f80_class_t c = f80_class(a);
    if (denormal(e, a) || c == F80_ZERO || c == F80_INFINITY || f80_exponent(a) >= F80_BIAS + 63)
        return a;
    whole_t w = whole(e, a);
    note(e, &w);
    unsigned shift = clz64(w.magnitude);
    return w.magnitude ? f80_make(f80_sign(a), F80_BIAS + 63 - (s32)shift, w.magnitude << (shift & 63)) : f80_zero(f80_sign(a));
}

/* What cannot be represented is invalid: the "integer indefinite", the most negative one.  4.2.1, 4.9.1.1 and FIST. */
u64 f80_to_int(float_env_t *e, f80_t a, unsigned width)
{
    u64 indefinite = 1ull << (width - 1);
    whole_t w = { .too_large = true };
    if (is_finite(f80_class(a)))
        w = whole(e, a);
    if (w.too_large || w.magnitude > indefinite - !f80_sign(a)) {
        e->raised |= X87_IE;
        return indefinite;
    }
    note(e, &w);
    return f80_sign(a) ? 0 - w.magnitude : w.magnitude;
}

#define BCD_LIMIT 1000000000000000000ull                       /* 18 digits */

void f80_to_bcd(float_env_t *e, f80_t a, u8 digits[10])
{
    static const u8 indefinite[10] = { 0, 0, 0, 0, 0, 0, 0, 0xC0, 0xFF, 0xFF };   /* 4.2.4 */
    whole_t w = { .too_large = true };
    if (is_finite(f80_class(a)))
        w = whole(e, a);
    if (w.too_large || w.magnitude >= BCD_LIMIT) {
        e->raised |= X87_IE;
        memcpy(digits, indefinite, sizeof indefinite);
        return;
    }
    note(e, &w);
    for (int i = 0; i < 9; i++, w.magnitude /= 100)
        digits[i] = (u8)(w.magnitude / 10 % 10 << 4 | w.magnitude % 10);
    digits[9] = f80_sign(a) ? 0x80 : 0;
}

/* ---- scale and extract ---- */

/* b cut to an integer; beyond any exponent's reach it does not matter how far. */
static s32 steps(f80_t b)
{
    s32 exponent = f80_exponent(b) - F80_BIAS;
    if (exponent < 0)
        return 0;
    s32 n = exponent > 16 ? 1 << 17 : (s32)(b.m >> (63 - exponent));
    return f80_sign(b) ? -n : n;
}

/* Table 3-29 of FSCALE. */
f80_t f80_scale(float_env_t *e, f80_t a, f80_t b)
{
    f80_t nan;
    if (f80_nan2(e, a, b, &nan))
        return nan;
    f80_class_t ca = f80_class(a), cb = f80_class(b);
    if (cb == F80_INFINITY && ((ca == F80_INFINITY && f80_sign(b)) || (ca == F80_ZERO && !f80_sign(b))))
        return f80_invalid(e);
    if (denormals(e, a, b))
        return a;
    if (ca == F80_INFINITY || ca == F80_ZERO)
        return a;
    if (cb == F80_INFINITY)
        return f80_sign(b) ? f80_zero(f80_sign(a)) : f80_infinity(f80_sign(a));
    s32 exponent;
    f80_t n = f80_normalised(a, &exponent);
    return f80_round(e, f80_sign(a), exponent + steps(b), n.m, 0);
}

f80_t f80_extract(float_env_t *e, f80_t a, f80_t *significand)
{
    f80_t nan;
    *significand = a;
    if (f80_nan1(e, a, &nan))
        return *significand = nan;
    f80_class_t c = f80_class(a);
    if (c == F80_INFINITY)
        return f80_infinity(false);
    if (c == F80_ZERO) {
        e->raised |= X87_ZE;
        return f80_infinity(true);
    }
    if (denormal(e, a))
        return a;
    s32 exponent;
    f80_t n = f80_normalised(a, &exponent);
    *significand = f80_make(f80_sign(a), F80_BIAS, n.m);
    return f80_from_int(exponent - F80_BIAS);
}

/* ---- compare ---- */

static f80_order_t order_of(f80_t a, f80_t b)
{
    s32 ea, eb;
    bool negative = f80_sign(a);
    f80_t x = f80_normalised(a, &ea), y = f80_normalised(b, &eb);
    if (!x.m && !y.m)
        return F80_EQUAL;
    if (!x.m)
        return f80_sign(b) ? F80_GREATER : F80_LESS;
    if (!y.m || negative != f80_sign(b))
        return negative ? F80_LESS : F80_GREATER;
    if (ea == eb && x.m == y.m)
        return F80_EQUAL;
    bool larger = ea > eb || (ea == eb && x.m > y.m);
    return larger != negative ? F80_GREATER : F80_LESS;
}

f80_order_t f80_compare(float_env_t *e, f80_t a, f80_t b, bool signals)
{
    f80_t nan;
    if (f80_nan2(e, a, b, &nan)) {
        if (signals)
            e->raised |= X87_IE;
        return F80_UNORDERED;
    }
    if (denormals(e, a, b))
        return F80_UNORDERED;
    return order_of(a, b);
}

/* ---- from the formats of memory ---- */

/* Digits above 9 are undefined by the manual; here they count as what they are worth. */
f80_t f80_from_bcd(const u8 digits[10])
{
    u64 v = 0;
    for (int i = 8; i >= 0; i--)
        v = v * 100 + (digits[i] >> 4) * 10u + (digits[i] & 15u);
    f80_t a = f80_from_int((s64)v);
    a.se |= (u16)((digits[9] & 0x80) << 8);
    return a;
}

static f80_t widen(float_env_t *e, u64 a, unsigned fraction_width, unsigned exponent_bits)
{
    s32 top = (1 << exponent_bits) - 1, exponent = (s32)(a >> fraction_width) & top;
    bool sign = a >> (fraction_width + exponent_bits) & 1;
    u64 fraction = a << (64 - fraction_width) >> 1;            /* below the integer bit */
    f80_t r = f80_make(sign, exponent - (top >> 1) + F80_BIAS, fraction | F80_ONE_BIT);
    if (exponent == top) {
        r.se |= F80_MAX;
        return r;
    }
    if (exponent)
        return r;
    if (!fraction)
        return f80_zero(sign);
    e->denormal = true;
    unsigned shift = clz64(fraction);
    return f80_make(sign, 1 - (top >> 1) + F80_BIAS - (s32)shift, fraction << shift);
}

f80_t f80_from_f32(float_env_t *e, u32 a) { return widen(e, a, 23, 8); }
f80_t f80_from_f64(float_env_t *e, u64 a) { return widen(e, a, 52, 11); }

f80_t f80_load(float_env_t *e, f80_t a)
{
    f80_t nan;
    if (f80_nan1(e, a, &nan))
        return nan;
    if (e->denormal)
        e->raised |= X87_DE;
    return a;
}
