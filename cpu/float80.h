/* float80.h - arithmetic of the x87 floating-point unit: the double extended-precision format, in integers only.
 * SDM vol. 1, 4.2.2 "Floating-Point Data Types", 4.8, 4.9 and chapter 8; IEEE 754.
 *
 * A number is (-1)^sign * significand / 2^63 * 2^(exponent - 16383); the integer bit is explicit.  Every operation takes an environment: the
 * control word as the unit has it (masks, precision, rounding), and the exceptions it raised.  Where an exception of the first kind
 * (invalid, denormal, zero divide) is raised and not masked the result is meaningless: the caller stores nothing.  Unmasked
 * overflow and underflow give the result with its exponent moved by 24576 (8.5.4, 8.5.5). */
#pragma once
#include "cpu/u128.h"

typedef struct { u64 m; u16 se; } f80_t;         /* significand; sign in bit 15, exponent in bits 0-14 */

/* Exceptions: bits 0-5 of the control word (masks) and of the status word (flags).  8.1.3, 8.1.5. */
enum { X87_IE = 1, X87_DE = 2, X87_ZE = 4, X87_OE = 8, X87_UE = 16, X87_PE = 32, X87_EXCEPTIONS = 63,
       X87_SF = 64, X87_ES = 128, X87_C0 = 0x100, X87_C1 = 0x200, X87_C2 = 0x400, X87_TOP = 0x3800, X87_C3 = 0x4000, X87_B = 0x8000,
       X87_CC = X87_C0 | X87_C1 | X87_C2 | X87_C3 };
enum { X87_PC = 0x300, X87_PC_24 = 0, X87_PC_53 = 0x200, X87_PC_64 = 0x300,
       X87_RC = 0xC00, X87_RC_NEAREST = 0, X87_RC_DOWN = 0x400, X87_RC_UP = 0x800, X87_RC_ZERO = 0xC00 };

typedef struct {
    u16 control;                 /* the control word */
    u16 raised;                  /* exceptions of this operation, and C1: the result was rounded away from zero */
    bool denormal;               /* an operand was a denormal in the narrower format it came from */
} float_env_t;

/* Does an exception of the first kind stop the operation? */
INLINE bool f80_stopped(const float_env_t *e) { return e->raised & ~e->control & (X87_IE | X87_DE | X87_ZE); }

typedef enum { F80_ZERO, F80_NORMAL, F80_DENORMAL, F80_INFINITY, F80_QNAN, F80_SNAN, F80_UNSUPPORTED } f80_class_t;

enum { F80_BIAS = 16383, F80_MAX = 0x7FFF, F80_SIGN = 0x8000, F80_WRAP = 24576 };
#define F80_ONE_BIT (1ull << 63)                 /* the integer bit */
#define F80_QUIET   (1ull << 62)

#define F80_INDEFINITE ((f80_t){ 0xC000000000000000, 0xFFFF })
#define F80_POSITIVE_ONE ((f80_t){ F80_ONE_BIT, F80_BIAS })

INLINE bool  f80_sign(f80_t a)             { return a.se >> 15; }
INLINE s32   f80_exponent(f80_t a)         { return a.se & F80_MAX; }
INLINE f80_t f80_make(bool sign, s32 exponent, u64 m) { return (f80_t){ m, (u16)(sign << 15 | (exponent & F80_MAX)) }; }
INLINE f80_t f80_zero(bool sign)           { return f80_make(sign, 0, 0); }
INLINE f80_t f80_infinity(bool sign)       { return f80_make(sign, F80_MAX, F80_ONE_BIT); }
INLINE f80_t f80_negated(f80_t a)          { a.se ^= F80_SIGN; return a; }
/* Normal, with room for every exponent a product or quotient could do harm with left to the slow path. */
INLINE bool  f80_is_normal(f80_t a)        { return a.m >> 63 && (u32)(f80_exponent(a) - 1) < F80_MAX - 1; }

f80_class_t f80_class(f80_t a);

/* ---- rounding, for those who compute wider ---- */
/* The value (hi:lo) / 2^127 * 2^(exponent - 16383), hi's top bit set (or everything zero), exactly or with bit 0 of lo sticky; rounded to 64 bits. */
f80_t f80_round(float_env_t *e, bool sign, s32 exponent, u64 hi, u64 lo);
/* Is hi:lo, of which `precision` bits (from bit 63 of hi) are kept, rounded away from zero under this control word? */
bool  f80_rounds_up(u16 control, bool sign, unsigned precision, u64 hi, u64 lo);
/* Significand and exponent of a number that is not zero, NaN or infinite: m's top bit set, the exponent 0 or less for denormals. */
f80_t f80_normalised(f80_t a, s32 *exponent);
/* The result if an operand is a NaN or an unsupported format, and the exceptions; false: there is none. */
bool  f80_nan1(float_env_t *e, f80_t a, f80_t *result);
bool  f80_nan2(float_env_t *e, f80_t a, f80_t b, f80_t *result);
f80_t f80_invalid(float_env_t *e);               /* raises IE: the indefinite NaN */

/* ---- arithmetic: precision and rounding by the control word ---- */
f80_t f80_add(float_env_t *e, f80_t a, f80_t b);
f80_t f80_sub(float_env_t *e, f80_t a, f80_t b);
f80_t f80_mul(float_env_t *e, f80_t a, f80_t b);
f80_t f80_div(float_env_t *e, f80_t a, f80_t b);
f80_t f80_sqrt(float_env_t *e, f80_t a);

/* ---- the other instructions' arithmetic ---- */
/* FPREM (nearest: FPREM1).  *quotient: its low three bits; *partial: not finished (C2). */
f80_t f80_rem(float_env_t *e, f80_t a, f80_t b, bool nearest, unsigned *quotient, bool *partial);
f80_t f80_round_to_int(float_env_t *e, f80_t a);
f80_t f80_scale(float_env_t *e, f80_t a, f80_t b);
f80_t f80_extract(float_env_t *e, f80_t a, f80_t *significand);    /* returns the exponent */

/* a against b.  A quiet NaN raises IE only if it `signals` (FCOM; not FUCOM). */
typedef enum { F80_LESS, F80_EQUAL, F80_GREATER, F80_UNORDERED } f80_order_t;
f80_order_t f80_compare(float_env_t *e, f80_t a, f80_t b, bool signals);

/* ---- conversions ---- */
/* Exact, and without exceptions yet: a signalling NaN stays one, a denormal is noted in e->denormal, for the operation that takes the operand. */
f80_t f80_from_f32(float_env_t *e, u32 a);
f80_t f80_from_f64(float_env_t *e, u64 a);
f80_t f80_load(float_env_t *e, f80_t a);         /* that operation, if it only loads: NaNs quieted, IE, DE */
f80_t f80_from_bcd(const u8 digits[10]);
u32   f80_to_f32(float_env_t *e, f80_t a);
u64   f80_to_f64(float_env_t *e, f80_t a);
/* To an integer of `width` bits: 16, 32 or 64; what does not fit is IE and the most negative one. */
u64   f80_to_int(float_env_t *e, f80_t a, unsigned width);
void  f80_to_bcd(float_env_t *e, f80_t a, u8 digits[10]);

INLINE f80_t f80_from_int(s64 a)
{
    u64 magnitude = a < 0 ? 0 - (u64)a : (u64)a;
    unsigned shift = clz64(magnitude);
    return magnitude ? f80_make(a < 0, F80_BIAS + 63 - (s32)shift, magnitude << shift) : f80_zero(false);
}

/* The ten bytes in memory. */
INLINE f80_t f80_get(const u8 *p) { return (f80_t){ get64(p), (u16)get(p + 8, W16) }; }
INLINE void  f80_put(u8 *p, f80_t a) { put64(p, a.m); put(p + 8, W16, a.se); }

/* ---- the inline path: normal numbers, 64 bits, to nearest even; false: anything else ---- */

/* hi:lo, normalised, rounded to 64 bits. */
INLINE bool f80_nearest(u16 *raised, u32 sign, s32 exponent, u64 hi, u64 lo, f80_t *result)
{
    bool up = lo > F80_ONE_BIT || (lo == F80_ONE_BIT && (hi & 1));
    u64 m = hi + up;
    if (UNLIKELY(m < hi)) {
        m = F80_ONE_BIT;
        exponent++;
    }
    if (UNLIKELY((u32)(exponent - 1) >= F80_MAX - 1))
        return false;
    *raised = (u16)((lo ? X87_PE : 0) | (up ? X87_C1 : 0));
    *result = (f80_t){ m, (u16)(sign | (u32)exponent) };
    return true;
}

/* a + b, or a - b with negate = F80_SIGN. */
INLINE bool f80_add_fast(u16 *raised, f80_t a, f80_t b, u16 negate, f80_t *result)
{
    if (UNLIKELY(!f80_is_normal(a) || !f80_is_normal(b)))
        return false;
    b.se ^= negate;
    if (f80_exponent(a) < f80_exponent(b) || (f80_exponent(a) == f80_exponent(b) && a.m < b.m)) {
        f80_t t = a;
        a = b;
        b = t;
    }
    u32 sign = a.se & F80_SIGN;
    s32 exponent = f80_exponent(a), distance = exponent - f80_exponent(b);
    if (UNLIKELY(distance > 63))
        return false;
    u128_t small = { b.m >> distance, distance ? b.m << (64 - distance) : 0 };
    if (!((a.se ^ b.se) & F80_SIGN)) {
        u64 sum = a.m + small.hi;
        if (sum >= a.m)
            return f80_nearest(raised, sign, exponent, sum, small.lo, result);
        return f80_nearest(raised, sign, exponent + 1, sum >> 1 | F80_ONE_BIT, sum << 63 | small.lo >> 1 | (small.lo & 1), result);
    }
    u128_t difference = u128_sub((u128_t){ a.m, 0 }, small);
    if (UNLIKELY(difference.hi == 0))
        return false;
    unsigned shift = clz64(difference.hi);
    difference = u128_shl(difference, shift);
    return f80_nearest(raised, sign, exponent - (s32)shift, difference.hi, difference.lo, result);
}

INLINE bool f80_mul_fast(u16 *raised, f80_t a, f80_t b, f80_t *result)
{
    if (UNLIKELY(!f80_is_normal(a) || !f80_is_normal(b)))
        return false;
    s32 exponent = f80_exponent(a) + f80_exponent(b) - (F80_BIAS - 1);
    u128_t p = mul64(a.m, b.m);
    if (!(p.hi >> 63)) {
        p = (u128_t){ p.hi << 1 | p.lo >> 63, p.lo << 1 };
        exponent--;
    }
    if (UNLIKELY(exponent < 1))
        return false;
    return f80_nearest(raised, (a.se ^ b.se) & F80_SIGN, exponent, p.hi, p.lo, result);
}

/* A quotient's remainder as the bits behind it: half, more or less than half, or nothing. */
INLINE u64 fraction_bits(u64 remainder, u64 divisor)
{
    return remainder == 0 ? 0 : remainder > divisor - remainder ? F80_ONE_BIT | 1 : remainder == divisor - remainder ? F80_ONE_BIT : 1;
}

INLINE bool f80_div_fast(u16 *raised, f80_t a, f80_t b, f80_t *result)
{
    if (UNLIKELY(!f80_is_normal(a) || !f80_is_normal(b)))
        return false;
    s32 exponent = f80_exponent(a) - f80_exponent(b) + F80_BIAS;
    bool below = a.m < b.m;
    exponent -= below;
    u64 remainder, q = div128(below ? (u128_t){ a.m, 0 } : (u128_t){ a.m >> 1, a.m << 63 }, b.m, &remainder);
    if (UNLIKELY(exponent < 1))
        return false;
    return f80_nearest(raised, (a.se ^ b.se) & F80_SIGN, exponent, q, fraction_bits(remainder, b.m), result);
}

/* Round to nearest, 64 bits, precision exception masked: the inline path may be taken. */
INLINE bool f80_plain(u16 control) { return LIKELY((control & (X87_RC | X87_PC | X87_PE)) == (X87_RC_NEAREST | X87_PC_64 | X87_PE)); }
