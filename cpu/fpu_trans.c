/* fpu_trans.c - sine, cosine, tangent and their inverse, exponential and logarithm, in 128-bit arithmetic.
 * SDM vol. 1, 8.3.8 "Approximation of Pi", 8.3.10 "Transcendental Instruction Accuracy"; special operands by the tables of vol. 2A.
 *
 * Each function is reduced to a power series whose terms are cut where they are below 2^-104 of the value; the result is rounded once.
 * An irrational result never looks exact: its lowest bit is set before it is rounded.  What the manual leaves undefined: F2XM1
 * outside [-1, 1] returns its operand, FYL2XP1 outside its range is computed all the same. */
#include "cpu/fpu_trans.h"
#include "cpu/wide.h"

/* ---- coefficients: fractions of 2^128, rounded from 400 bits ---- */

/* 1/3!, 1/5!, ... 1/29! */
static const u128_t sine[] = {
    { 0x2AAAAAAAAAAAAAAA, 0xAAAAAAAAAAAAAAAB }, { 0x0222222222222222, 0x2222222222222222 }, { 0x000D00D00D00D00D, 0x00D00D00D00D00D0 },
    { 0x00002E3BC74AAD8E, 0x671F5583911CA003 }, { 0x0000006B99159FD5, 0x138E3F9D1F92E0DF }, { 0x00000000B092309D, 0x43684BE51C198E92 },
    { 0x0000000000D73F9F, 0x399DC0F88EC32B58 }, { 0x000000000000CA96, 0x3B81856A53593029 }, { 0x0000000000000097, 0xA4DA340A0AB92651 },
    { 0x0000000000000000, 0x5C6E3BDB73D5C630 }, { 0x0000000000000000, 0x002EC368262C7034 }, { 0x0000000000000000, 0x000013F3CCDD1660 },
    { 0x0000000000000000, 0x0000000746AC70B7 }, { 0x0000000000000000, 0x00000000024B3F31 },
};

/* 1/2!, 1/4!, ... 1/28! */
static const u128_t cosine[] = {
    { 0x8000000000000000, 0x0000000000000000 }, { 0x0AAAAAAAAAAAAAAA, 0xAAAAAAAAAAAAAAAB }, { 0x005B05B05B05B05B, 0x05B05B05B05B05B0 },
    { 0x0001A01A01A01A01, 0xA01A01A01A01A01A }, { 0x0000049F93EDDE27, 0xD71CBBC05B4FA99A }, { 0x00000008F76C77FC, 0x6C4BDAA26D4C3D68 },
    { 0x000000000C9CBA54, 0x603E4E905D6F8A2F }, { 0x00000000000D73F9, 0xF399DC0F88EC32B6 }, { 0x0000000000000B41, 0x3C31DCBECBBDD802 },
    { 0x0000000000000007, 0x950AE900808941EA }, { 0x0000000000000000, 0x04338E5B6DFE14A5 }, { 0x0000000000000000, 0x0001F2CF01972F57 },
    { 0x0000000000000000, 0x000000C4742FE352 }, { 0x0000000000000000, 0x0000000042862899 },
};

/* 1/2!, 1/3!, ... 1/29! */
static const u128_t exponential[] = {
    { 0x8000000000000000, 0x0000000000000000 }, { 0x2AAAAAAAAAAAAAAA, 0xAAAAAAAAAAAAAAAB }, { 0x0AAAAAAAAAAAAAAA, 0xAAAAAAAAAAAAAAAB },
    { 0x0222222222222222, 0x2222222222222222 }, { 0x005B05B05B05B05B, 0x05B05B05B05B05B0 }, { 0x000D00D00D00D00D, 0x00D00D00D00D00D0 },
    { 0x0001A01A01A01A01, 0xA01A01A01A01A01A }, { 0x00002E3BC74AAD8E, 0x671F5583911CA003 }, { 0x0000049F93EDDE27, 0xD71CBBC05B4FA99A },
    { 0x0000006B99159FD5, 0x138E3F9D1F92E0DF }, { 0x00000008F76C77FC, 0x6C4BDAA26D4C3D68 }, { 0x00000000B092309D, 0x43684BE51C198E92 },
    { 0x000000000C9CBA54, 0x603E4E905D6F8A2F }, { 0x0000000000D73F9F, 0x399DC0F88EC32B58 }, { 0x00000000000D73F9, 0xF399DC0F88EC32B6 },
    { 0x000000000000CA96, 0x3B81856A53593029 }, { 0x0000000000000B41, 0x3C31DCBECBBDD802 }, { 0x0000000000000097, 0xA4DA340A0AB92651 },
    { 0x0000000000000007, 0x950AE900808941EA }, { 0x0000000000000000, 0x5C6E3BDB73D5C630 }, { 0x0000000000000000, 0x04338E5B6DFE14A5 },
    { 0x0000000000000000, 0x002EC368262C7034 }, { 0x0000000000000000, 0x0001F2CF01972F57 }, { 0x0000000000000000, 0x000013F3CCDD1660 },
    { 0x0000000000000000, 0x000000C4742FE352 }, { 0x0000000000000000, 0x0000000746AC70B7 }, { 0x0000000000000000, 0x0000000042862899 },
    { 0x0000000000000000, 0x00000000024B3F31 },
};

/* 1/3, 1/5, ... 1/45 */
static const u128_t odd[] = {
    { 0x5555555555555555, 0x5555555555555555 }, { 0x3333333333333333, 0x3333333333333333 }, { 0x2492492492492492, 0x4924924924924925 },
    { 0x1C71C71C71C71C71, 0xC71C71C71C71C71C }, { 0x1745D1745D1745D1, 0x745D1745D1745D17 }, { 0x13B13B13B13B13B1, 0x3B13B13B13B13B14 },
    { 0x1111111111111111, 0x1111111111111111 }, { 0x0F0F0F0F0F0F0F0F, 0x0F0F0F0F0F0F0F0F }, { 0x0D79435E50D79435, 0xE50D79435E50D794 },
    { 0x0C30C30C30C30C30, 0xC30C30C30C30C30C }, { 0x0B21642C8590B216, 0x42C8590B21642C86 }, { 0x0A3D70A3D70A3D70, 0xA3D70A3D70A3D70A },
    { 0x097B425ED097B425, 0xED097B425ED097B4 }, { 0x08D3DCB08D3DCB08, 0xD3DCB08D3DCB08D4 }, { 0x0842108421084210, 0x8421084210842108 },
    { 0x07C1F07C1F07C1F0, 0x7C1F07C1F07C1F08 }, { 0x0750750750750750, 0x7507507507507507 }, { 0x06EB3E45306EB3E4, 0x5306EB3E45306EB4 },
    { 0x0690690690690690, 0x6906906906906907 }, { 0x063E7063E7063E70, 0x63E7063E7063E706 }, { 0x05F417D05F417D05, 0xF417D05F417D05F4 },
    { 0x05B05B05B05B05B0, 0x5B05B05B05B05B06 },
};

/* arctan(k/16) */
static const wide_t arc_tangent[] = {
    { false, 0, { 0, 0 } },
    { false, -5, { 0xFFAADDB967EF4E36, 0xCB2792DC0E2E0D51 } },
    { false, -4, { 0xFEADD4D5617B6E32, 0xC897989F3E888EF8 } },
    { false, -3, { 0xBDCBDA5E72D81134, 0x7B0B4F881C9C7488 } },
    { false, -3, { 0xFADBAFC96406EB15, 0x6DC79EF5F7A217E6 } },
    { false, -2, { 0x9B13B9B83F5E5E69, 0xC5ABB498D27AF328 } },
    { false, -2, { 0xB7B0CA0F26F78473, 0x8AA32122DCFE4483 } },
    { false, -2, { 0xD327761E611FE5B6, 0x427C95E9001E7136 } },
    { false, -2, { 0xED63382B0DDA7B45, 0x6FE445ECBC3A8D03 } },
    { false, -1, { 0x832BF4A6D9867E2A, 0x4B6A09CB61A515C1 } },
    { false, -1, { 0x8F005D5EF7F59F9B, 0x5C835E1665C43748 } },
    { false, -1, { 0x9A2F80E671BDDA20, 0x4226F8E2204FF3BD } },
    { false, -1, { 0xA4BC7D1934F70924, 0x19A87F2A457DAC9F } },
    { false, -1, { 0xAEAC4C38B4D8C080, 0x14725E2F3E52070A } },
    { false, -1, { 0xB8053E2BC2319E73, 0xCB2DA55210A4443D } },
    { false, -1, { 0xC0CE85B8AC526640, 0x89DD62C46E92FA25 } },
    { false, -1, { 0xC90FDAA22168C234, 0xC4C6628B80DC1CD1 } },
};

static const wide_t LN_2 = { false, -1, { 0xB17217F7D1CF79AB, 0xC9E3B39803F2F6AF } };
static const wide_t TWO_LOG2_E = { false, 1, { 0xB8AA3B295C17F0BB, 0xBE87FED0691D3E89 } };
static const wide_t PI = { false, 1, { 0xC90FDAA22168C234, 0xC4C6628B80DC1CD1 } };

/* x (c[0] - x (c[1] - x (c[2] ... - x c[n-1]))), or with + throughout; everything a fraction of 2^128.  Never zero. */
static u128_t series(u128_t x, const u128_t *c, unsigned n, bool alternating)
{
    u128_t sum = { 0, 0 };
    while (n--) {
        u128_t term = mul128_high(sum, x);
        sum = alternating ? u128_sub(c[n], term) : u128_add(c[n], term);
    }
    sum = mul128_high(sum, x);
    sum.lo |= 1;
    return sum;
}

/* 1 - v and 1 + v for a fraction v. */
static wide_t one_less(u128_t v) { return wide_normalised((wide_t){ false, -1, u128_sub((u128_t){ 0, 0 }, v) }); }
static wide_t one_more(u128_t v)
{
    v = u128_shr(v, 1);
    v.hi |= F80_ONE_BIT;
    return (wide_t){ false, 0, v };
}

/* A number below one as a fraction of 2^128, and its square. */
static u128_t fraction(wide_t a)
{
    s32 shift = -1 - a.exponent;
    return u128_shr(a.m, shift > 128 ? 128 : (unsigned)shift);
}
static u128_t square(wide_t a)
{
    s32 shift = -2 - 2 * a.exponent;
    return u128_shr(mul128_high(a.m, a.m), shift > 128 ? 128 : (unsigned)shift);
}

static f80_t inexact(float_env_t *e, wide_t a) { return f80_round(e, a.sign, a.exponent + F80_BIAS, a.m.hi, a.m.lo | 1); }
static f80_t maybe_exact(float_env_t *e, wide_t a) { return f80_round(e, a.sign, a.exponent + F80_BIAS, a.m.hi, a.m.lo); }

static wide_t wide_of(f80_t a)
{
    s32 exponent;
    f80_t n = f80_normalised(a, &exponent);
    return wide_from(f80_sign(a), exponent - F80_BIAS, n.m);
}

/* A constant of table form: mantissa times 2^k. */
static f80_t scaled_pi(float_env_t *e, bool sign, s32 k, unsigned times)
{
    wide_t a = wide_mul(PI, wide_from_int((s64)times));
    a.sign = sign;
    a.exponent += k;
    return inexact(e, a);
}

/* Denormal operands raise DE; true: unmasked, stop. */
static bool denormal(float_env_t *e, f80_t a)
{
    if (f80_class(a) == F80_DENORMAL)
        e->raised |= X87_DE;
    return f80_stopped(e);
}
static bool denormals(float_env_t *e, f80_t a, f80_t b)
{
    bool first = denormal(e, a);
    return denormal(e, b) || first;
}

/* ---- sine, cosine, tangent ---- */

/* |x| = quadrant * pi/2 + rest, |rest| <= pi/4. */
typedef struct { unsigned quadrant; wide_t rest; } reduced_t;

/* pi/2 of 66 bits in units of 2^-65: C90FDAA22168C234C h, the pi of 8.3.8. */
static const u128_t half_pi = { 3, 0x243F6A8885A308D3 };

/* Exact: |x| >= 1/2 is a whole number of units too. */
static reduced_t reduce(f80_t x)
{
    wide_t w = wide_of(x);
    w.sign = false;
    if (w.exponent < -1)
        return (reduced_t){ 0, w };
    u128_t r = u128_shr(w.m, (unsigned)(62 - w.exponent));
    unsigned quadrant = 0;
    for (s32 shift = 62 - (s32)u128_clz(r); shift >= 0; shift--) {         /* half_pi has 66 bits, 62 before them */
        u128_t multiple = u128_shl(half_pi, (unsigned)shift);
        bool fits = !u128_less(r, multiple);
        if (fits) r = u128_sub(r, multiple);
        quadrant = quadrant << 1 | fits;
    }
    bool above = u128_less(u128_sub(half_pi, r), r);
    if (above)
        r = u128_sub(half_pi, r);
    return (reduced_t){ quadrant + above, wide_normalised((wide_t){ above, 62, r }) };
}

static wide_t sine_of(wide_t r)   { return wide_mul(r, one_less(series(square(r), sine, COUNT_OF(sine), true))); }
static wide_t cosine_of(wide_t r) { return one_less(series(square(r), cosine, COUNT_OF(cosine), true)); }

/* sin (quadrant * pi/2 + rest). */
static wide_t sine_at(const reduced_t *r, unsigned quarter_turns)
{
    unsigned quadrant = r->quadrant + quarter_turns;
    wide_t v = quadrant & 1 ? cosine_of(r->rest) : sine_of(r->rest);
    v.sign ^= quadrant >> 1 & 1;
    return v;
}

/* Operands that need no computing: NaN, infinity, zero (where `at_zero` is the answer), too large. */
static bool trigonometric_special(float_env_t *e, f80_t x, f80_t at_zero, bool *far, f80_t *result)
{
    *far = false;
    if (f80_nan1(e, x, result))
        return true;
    *result = x;
    f80_class_t c = f80_class(x);
    if (c == F80_INFINITY)
        *result = f80_invalid(e);
    else if (c == F80_ZERO)
        *result = at_zero;
    else if (f80_exponent(x) >= F80_BIAS + 63)
        *far = true;
    else
        return denormal(e, x);
    return true;
}

f80_t f80_sin(float_env_t *e, f80_t x, bool *far)
{
    f80_t special;
    if (trigonometric_special(e, x, x, far, &special))
        return special;
    reduced_t r = reduce(x);
    wide_t v = sine_at(&r, 0);
    v.sign ^= f80_sign(x);
    return inexact(e, v);
}

f80_t f80_cos(float_env_t *e, f80_t x, bool *far)
{
    f80_t special;
    if (trigonometric_special(e, x, F80_POSITIVE_ONE, far, &special))
        return special;
    reduced_t r = reduce(x);
    return inexact(e, sine_at(&r, 1));
}

f80_t f80_tan(float_env_t *e, f80_t x, bool *far)
{
    f80_t special;
    if (trigonometric_special(e, x, x, far, &special))
        return special;
    reduced_t r = reduce(x);
    bool tiny = r.rest.exponent < -63 && !r.quadrant;          /* just above x: x + x^3/3 */
    wide_t v = tiny ? r.rest : wide_div(sine_at(&r, 0), sine_at(&r, 1));
    v.sign ^= f80_sign(x);
    return inexact(e, v);
}

/* ---- arc tangent ---- */

/* arctan(y / x) for 0 < y <= x: arctan(k/16) + arctan t, t = (16y - kx) / (16x + ky), |t| < 1/31. */
static wide_t arctan_of(wide_t y, wide_t x)
{
    s32 distance = x.exponent - y.exponent;
    unsigned k = 0;
    if (distance < 6) {
        u64 top = y.m.hi >> (distance + 5), below = x.m.hi >> 5;
        k = (unsigned)((16 * top + below / 2) / below);
    }
    wide_t times_k = wide_from_int(k);
    y.exponent += 4;
    x.exponent += 4;
    wide_t kx = wide_mul(times_k, x), ky = wide_mul(times_k, y);
    kx.exponent -= 4;
    ky.exponent -= 4;
    wide_t t = wide_div(wide_add(y, wide_negated(kx)), wide_add(x, ky));
    if (u128_is_zero(t.m))
        return arc_tangent[k];
    wide_t a = wide_mul(t, one_less(series(square(t), odd, 12, true)));
    return wide_add(arc_tangent[k], a);
}

static f80_t arctan_finite(float_env_t *e, f80_t y, f80_t x)
{
    wide_t wy = wide_of(y), wx = wide_of(x);
    wy.sign = wx.sign = false;
    bool steep = wx.exponent < wy.exponent || (wx.exponent == wy.exponent && u128_less(wx.m, wy.m));
    wide_t a = steep ? arctan_of(wx, wy) : arctan_of(wy, wx), quarter = PI;
    quarter.exponent--;
    if (steep)       a = wide_add(quarter, wide_negated(a));
    if (f80_sign(x)) a = wide_add(PI, wide_negated(a));
    a.sign = f80_sign(y);
    return inexact(e, a);
}

f80_t f80_atan2(float_env_t *e, f80_t y, f80_t x)
{
    f80_t nan;
    if (f80_nan2(e, y, x, &nan))
        return nan;
    f80_class_t cy = f80_class(y), cx = f80_class(x);
    bool sign = f80_sign(y), left = f80_sign(x);
    if (denormals(e, x, y))
        return y;
    if (cy == F80_INFINITY && cx == F80_INFINITY)
        return scaled_pi(e, sign, -2, left ? 3 : 1);
    if (cy == F80_ZERO || cx == F80_INFINITY)
        return left ? scaled_pi(e, sign, 0, 1) : f80_zero(sign);
    if (cy == F80_INFINITY || cx == F80_ZERO)
        return scaled_pi(e, sign, -1, 1);
    return arctan_finite(e, y, x);
}

/* ---- 2^x - 1 ---- */

f80_t f80_2xm1(float_env_t *e, f80_t x)
{
    f80_t nan;
    if (f80_nan1(e, x, &nan))
        return nan;
    if (denormal(e, x) || f80_class(x) == F80_ZERO)
        return x;
    if (f80_class(x) == F80_INFINITY)
        return f80_sign(x) ? f80_negated(F80_POSITIVE_ONE) : x;
    if (f80_exponent(x) >= F80_BIAS) {
        if (x.m == F80_ONE_BIT && f80_exponent(x) == F80_BIAS && f80_sign(x))
            x.se--;                                            /* 2^-1 - 1 = -1/2; and 2^1 - 1 is 1 */
        return x;
    }
    wide_t y = wide_mul(wide_of(x), LN_2);                     /* e^y - 1 = y (1 + y/2! + y^2/3! ...) */
    u128_t v = series(fraction(y), exponential, COUNT_OF(exponential), y.sign);
    return inexact(e, wide_mul(y, y.sign ? one_less(v) : one_more(v)));
}

/* ---- y log2 x ---- */

/* log2((1 + s) / (1 - s)) = 2/ln 2 * s (1 + s^2/3 + s^4/5 ...), |s| <= 0.1716. */
static wide_t log2_ratio(wide_t s)
{
    if (u128_is_zero(s.m))
        return s;
    return wide_mul(wide_mul(s, TWO_LOG2_E), one_more(series(square(s), odd, COUNT_OF(odd), false)));
}

/* x = m 2^k with m in [sqrt 1/2, sqrt 2): k + log2 m; exact where x is a power of two. */
static wide_t log2_of(wide_t x)
{
    s32 k = x.exponent + (x.m.hi > 0xB504F333F9DE6484);        /* sqrt 2 */
    wide_t m = { false, x.exponent - k, x.m }, one = wide_from_int(1);
    wide_t s = wide_div(wide_add(m, wide_negated(one)), wide_add(m, one));
    return wide_add(wide_from_int(k), log2_ratio(s));
}

static f80_t y_times(float_env_t *e, f80_t y, wide_t log, bool exact)
{
    wide_t v = wide_mul(wide_of(y), log);
    return exact ? maybe_exact(e, v) : inexact(e, v);
}

/* The logarithm is zero, infinite, or does not exist.  Tables of FYL2X and FYL2XP1. */
static f80_t y_times_zero(float_env_t *e, f80_t y, bool sign)
{
    return f80_class(y) == F80_INFINITY ? f80_invalid(e) : f80_zero(f80_sign(y) != sign);
}
static f80_t y_times_infinity(float_env_t *e, f80_t y, bool sign, bool divides)
{
    if (f80_class(y) == F80_ZERO)
        return f80_invalid(e);
    if (divides && f80_class(y) != F80_INFINITY)
        e->raised |= X87_ZE;
    return f80_infinity(f80_sign(y) != sign);
}

f80_t f80_yl2x(float_env_t *e, f80_t y, f80_t x)
{
    f80_t nan;
    if (f80_nan2(e, y, x, &nan))
        return nan;
    f80_class_t cx = f80_class(x), cy = f80_class(y);
    if (cx != F80_ZERO && f80_sign(x))
        return f80_invalid(e);
    if (cx == F80_ZERO && cy == F80_ZERO)
        return f80_invalid(e);
    if (cx == F80_ZERO && cy != F80_INFINITY)
        return y_times_infinity(e, y, true, true);
    bool is_one = x.m == F80_ONE_BIT && x.se == F80_BIAS;
    if ((cx == F80_INFINITY && cy == F80_ZERO) || (is_one && cy == F80_INFINITY))
        return f80_invalid(e);
    if (denormals(e, x, y))
        return x;
    if (cx == F80_ZERO || cx == F80_INFINITY)
        return y_times_infinity(e, y, cx == F80_ZERO, false);
    bool below_one = f80_exponent(x) < F80_BIAS;
    if (cy == F80_INFINITY)
        return f80_infinity(f80_sign(y) != below_one);
    if (is_one || cy == F80_ZERO)
        return y_times_zero(e, y, below_one);
    wide_t w = wide_of(x);
    return y_times(e, y, log2_of(w), w.m.hi == F80_ONE_BIT);
}

/* log2(1 + x) = log2((1 + s) / (1 - s)) with s = x / (2 + x); beyond the manual's range by way of 1 + x. */
static wide_t log2_of_one_more(wide_t x)
{
    wide_t one = wide_from_int(1), two = wide_from_int(2);
    if (x.exponent < -2)
        return log2_ratio(wide_div(x, wide_add(two, x)));
    return log2_of(wide_add(one, x));
}

f80_t f80_yl2xp1(float_env_t *e, f80_t y, f80_t x)
{
    f80_t nan;
    if (f80_nan2(e, y, x, &nan))
        return nan;
    f80_class_t cx = f80_class(x), cy = f80_class(y);
    bool sign = f80_sign(x), too_low = sign && f80_exponent(x) >= F80_BIAS;      /* x <= -1: undefined by the manual */
    if ((cx == F80_INFINITY && (sign || cy == F80_ZERO)) || (cx == F80_ZERO && cy == F80_INFINITY) || too_low)
        return f80_invalid(e);
    if (denormals(e, x, y))
        return x;
    if (cx == F80_INFINITY || cy == F80_INFINITY)
        return f80_infinity(f80_sign(y) != sign);
    if (cx == F80_ZERO || cy == F80_ZERO)
        return y_times_zero(e, y, sign);
    return y_times(e, y, log2_of_one_more(wide_of(x)), false);
}
