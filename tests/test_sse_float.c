/* test_sse_float.c - arithmetic of SSE: facts of SDM vol. 1 (4.8, 4.9, 10.2.3, 11.5) and vol. 2A as rows; the inline path against the other; and, on an
 * x86-64 host, this host's own SSE unit as the oracle: results and flags, all roundings, DAZ, FTZ, masked and not, the latter with SIGFPE.
 *
 * Left out of the comparison: the results of RCPPS and RSQRTPS, which the manual leaves open (their error is a test of its own), and
 * results where an unmasked exception was raised, which nothing stores.   test_sse_float [CASES [SEED]] */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include "cpu/sse_fast.h"
#include "tests/run_all.h"

/* ---- all operations behind one call ---- */

typedef enum {
    ADD32, SUB32, MUL32, DIV32, SQRT32, MIN32, MAX32, COMISS, UCOMISS, CVTSS2SD, CVTSI2SS, CVTSS2SI, CVTTSS2SI,
    ADD64, SUB64, MUL64, DIV64, SQRT64, MIN64, MAX64, COMISD, UCOMISD, CVTSD2SS, CVTSI2SD, CVTSD2SI, CVTTSD2SI, OPERATIONS
} operation_t;

static const char *const names[] = {
    "ADDSS", "SUBSS", "MULSS", "DIVSS", "SQRTSS", "MINSS", "MAXSS", "COMISS", "UCOMISS", "CVTSS2SD", "CVTSI2SS", "CVTSS2SI", "CVTTSS2SI",
    "ADDSD", "SUBSD", "MULSD", "DIVSD", "SQRTSD", "MINSD", "MAXSD", "COMISD", "UCOMISD", "CVTSD2SS", "CVTSI2SD", "CVTSD2SI", "CVTTSD2SI",
};

static u64 ours(sse_env_t *e, unsigned operation, u64 a, u64 b)
{
    u32 x = (u32)a, y = (u32)b;
    switch (operation) {
    case ADD32:     return f32_add(e, x, y);
    case SUB32:     return f32_sub(e, x, y);
    case MUL32:     return f32_mul(e, x, y);
    case DIV32:     return f32_div(e, x, y);
    case SQRT32:    return f32_sqrt(e, x);
    case MIN32:     return f32_min(e, x, y);
    case MAX32:     return f32_max(e, x, y);
    case COMISS:    return f32_compare(e, x, y, true);
    case UCOMISS:   return f32_compare(e, x, y, false);
    case CVTSS2SD:  return f32_to_f64(e, x);
    case CVTSI2SS:  return s32_to_f32(e, (s32)x);
    case CVTSS2SI:  return (u32)f32_to_s32(e, x, false);
    case CVTTSS2SI: return (u32)f32_to_s32(e, x, true);
    case ADD64:     return f64_add(e, a, b);
    case SUB64:     return f64_sub(e, a, b);
    case MUL64:     return f64_mul(e, a, b);
    case DIV64:     return f64_div(e, a, b);
    case SQRT64:    return f64_sqrt(e, a);
    case MIN64:     return f64_min(e, a, b);
    case MAX64:     return f64_max(e, a, b);
    case COMISD:    return f64_compare(e, a, b, true);
    case UCOMISD:   return f64_compare(e, a, b, false);
    case CVTSD2SS:  return f64_to_f32(e, a);
    case CVTSI2SD:  return s32_to_f64(e, (s32)x);
    case CVTSD2SI:  return (u32)f64_to_s32(e, a, false);
    default:        return (u32)f64_to_s32(e, a, true);
    }
}

static bool fast(u32 mxcsr, unsigned operation, u64 a, u64 b, u64 *result)
{
    u32 x = (u32)a, y = (u32)b, r = 0;
    s32 i = 0;
    sse_order_t order = SSE_EQUAL;
    bool done;
    switch (operation) {
    case ADD32:     done = f32_add_fast(mxcsr, x, y, &r); break;
    case SUB32:     done = f32_sub_fast(mxcsr, x, y, &r); break;
    case MUL32:     done = f32_mul_fast(mxcsr, x, y, &r); break;
    case DIV32:     done = f32_div_fast(mxcsr, x, y, &r); break;
    case SQRT32:    done = f32_sqrt_fast(mxcsr, x, &r); break;
    case MIN32:     done = f32_min_fast(x, y, &r); break;
    case MAX32:     done = f32_max_fast(x, y, &r); break;
    case CVTSI2SS:  done = s32_to_f32_fast(mxcsr, (s32)x, &r); break;
    case CVTSD2SS:  done = f64_to_f32_fast(mxcsr, a, &r); break;
    case COMISS:
    case UCOMISS:   done = f32_compare_fast(x, y, &order); r = order; break;
    case COMISD:
    case UCOMISD:   done = f64_compare_fast(a, b, &order); r = order; break;
    case CVTSS2SI:  done = f32_to_s32_fast(mxcsr, x, false, &i); r = (u32)i; break;
    case CVTTSS2SI: done = f32_to_s32_fast(mxcsr, x, true, &i); r = (u32)i; break;
    case CVTSD2SI:  done = f64_to_s32_fast(mxcsr, a, false, &i); r = (u32)i; break;
    case CVTTSD2SI: done = f64_to_s32_fast(mxcsr, a, true, &i); r = (u32)i; break;
    case CVTSS2SD:  return f32_to_f64_fast(x, result);
    case ADD64:     return f64_add_fast(mxcsr, a, b, result);
    case SUB64:     return f64_sub_fast(mxcsr, a, b, result);
    case MUL64:     return f64_mul_fast(mxcsr, a, b, result);
    case DIV64:     return f64_div_fast(mxcsr, a, b, result);
    case SQRT64:    return f64_sqrt_fast(mxcsr, a, result);
    case MIN64:     return f64_min_fast(a, b, result);
    case MAX64:     return f64_max_fast(a, b, result);
    default:        *result = s32_to_f64_fast((s32)x); return true;
    }
    *result = r;
    return done;
}

/* ---- operands ---- */

static u64 seed = 88172645463325252ull;
static u64 next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * 0x2545F4914F6CDD1Dull;
}

/* Limits of the format and of the integers, few significant bits, and anything. */
static u64 any_number(unsigned fraction, unsigned exponent)
{
    u64 k = next(), bias = (1ull << (exponent - 1)) - 1, ones = (1ull << fraction) - 1;
    const u64 fractions[] = { 0, 0, 1, 2, ones, ones - 1, ones >> 1, (ones >> 1) + 1, (ones >> 1) + 2, (ones >> 2) + 1, ones - 3, 3 };
    const u64 exponents[] = { 0, 0, 1, 2, 2 * bias + 1, 2 * bias + 1, 2 * bias, 2 * bias - 1, bias, bias - 1, bias + 1, bias + 30, bias + 31, bias + 32,
                              bias + fraction, bias + fraction + 1, bias - fraction, bias - fraction - 1, bias >> 1, bias / 2 + bias, fraction, fraction + 1 };
    u64 m, x;
    switch (k & 3) {
    case 0:  m = fractions[(k >> 8) % COUNT_OF(fractions)]; break;
    case 1:  m = next() & ones & ~0ull << (k >> 8) % (fraction + 1); break;
    default: m = next() & ones; break;
    }
    switch (k >> 2 & 3) {
    case 0:  x = exponents[(k >> 16) % COUNT_OF(exponents)]; break;
    case 1:  x = bias + (k >> 16) % (2 * fraction + 6) - fraction - 3; break;
    case 2:  x = bias + (k >> 16) % 40; break;
    default: x = (k >> 16) % (2 * bias + 2); break;
    }
    return (k >> 60 & 1) << (fraction + exponent) | x << fraction | m;
}

static bool is_double(unsigned operation)  { return operation >= ADD64 && operation != CVTSI2SD; }
static bool is_integer(unsigned operation) { return operation == CVTSI2SS || operation == CVTSI2SD; }

/* Doubles near the limits of single precision, too, for what narrows them. */
static u64 any_operand(unsigned operation)
{
    u64 k = next();
    if (is_integer(operation))
        return k & 1 ? (u32)next() : (u32)(((s32)(k >> 32)) >> (k >> 8) % 32);
    if (!is_double(operation))
        return any_number(23, 8);
    if (k & 7)
        return any_number(52, 11);
    u64 single = any_number(23, 8), wide = (single >> 31) << 63 | ((single >> 23 & 0xFF) + 1023 - 127) << 52 | (single & 0x7FFFFF) << 29;
    return k & 8 ? wide : k & 16 ? wide + (k >> 8 & 0x3FFFFFFF) : wide + (1 << 28);
}

/* The second one now and then close to the first: cancellation, equality, products and quotients near one. */
static u64 any_partner(unsigned operation, u64 a)
{
    u64 k = next(), sign = is_double(operation) ? 1ull << 63 : 1ull << 31;
    if (k & 3)
        return any_operand(operation);
    return (k & 4 ? a : a + (k >> 8 & 3) - 1) ^ (k & 8 ? sign : 0);
}

/* ---- facts ---- */

enum { RESET = MXCSR_RESET, DOWN = RESET | MXCSR_RC_DOWN, UP = RESET | MXCSR_RC_UP, CUT = RESET | MXCSR_RC_ZERO, DAZ = RESET | MXCSR_DAZ, FTZ = RESET | MXCSR_FTZ };
enum { IE = MXCSR_IE, DE = MXCSR_DE, ZE = MXCSR_ZE, OE = MXCSR_OE, UE = MXCSR_UE, PE = MXCSR_PE };

#define ONE    0x3F800000
#define INF    0x7F800000
#define M_INF  0xFF800000
#define M_ZERO 0x80000000
#define INDEF  0xFFC00000
#define LEAST  0x00800000                        /* the least normal number */
#define MOST   0x7F7FFFFF
#define SNAN   0x7F800001
#define QNAN   0x7FC00002

static const struct { u8 operation; u32 mxcsr; u64 a, b, result; u32 raised; const char *source; } rows[] = {
    { ADD32, RESET, ONE, ONE, 0x40000000, 0, "exact" },
    { ADD32, RESET, ONE, ONE | M_ZERO, 0, 0, "4.8.3.1: +0 to nearest" },
    { ADD32, DOWN, ONE, ONE | M_ZERO, M_ZERO, 0, "4.8.3.1: -0 downwards" },
    { ADD32, RESET, M_ZERO, M_ZERO, M_ZERO, 0, "4.8.3.1" },
    { ADD32, RESET, INF, M_INF, INDEF, IE, "11.5.2.1: opposite infinities" },
    { SUB32, RESET, INF, INF, INDEF, IE, "11.5.2.1" },
    { MUL32, RESET, INF, M_ZERO, INDEF, IE, "11.5.2.1" },
    { DIV32, RESET, 0, M_ZERO, INDEF, IE, "11.5.2.1" },
    { DIV32, RESET, INF, M_INF, INDEF, IE, "11.5.2.1" },
    { DIV32, RESET, ONE, M_ZERO, M_INF, ZE, "11.5.2.3" },
    { DIV32, RESET, INF, 0, INF, 0, "11.5.2.3: of finite operands only" },
    { DIV32, RESET, 1, 0, INF, ZE, "4.9.2: zero divide is seen before a denormal" },
    { SQRT32, RESET, ONE | M_ZERO, 0, INDEF, IE, "11.5.2.1" },
    { SQRT32, RESET, M_ZERO, 0, M_ZERO, 0, "SQRTPS: -0" },
    { SQRT32, RESET, 0x80000001, 0, INDEF, IE, "4.9.2: invalid is seen before a denormal" },
    { SQRT32, DAZ, 0x80000001, 0, M_ZERO, 0, "10.2.3.4: a zero of its sign" },
    { SQRT32, RESET, 0x40000000, 0, 0x3FB504F3, PE, "the root of 2" },
    { ADD32, RESET, SNAN, ONE, SNAN | 0x400000, IE, "table 4-7" },
    { ADD32, RESET, SNAN, QNAN, SNAN | 0x400000, IE, "table 4-7: the first, made quiet; x87 takes the second" },
    { ADD32, RESET, QNAN, SNAN, QNAN, IE, "table 4-7" },
    { ADD32, RESET, QNAN, 0x7FC00001, QNAN, 0, "table 4-7: the first" },
    { ADD32, RESET, 1, QNAN, QNAN, 0, "4.9.2: a NaN is seen before a denormal" },
    { SUB32, RESET, ONE, QNAN, QNAN, 0, "a NaN keeps its sign" },
    { ADD32, RESET, 1, 1, 2, DE, "11.5.2.2" },
    { ADD32, DAZ, 1, 1, 0, 0, "10.2.3.4" },
    { ADD32, RESET, 1, INF, INF, DE, "11.5.2.2" },
    { DIV32, RESET, ONE, 0x40400000, 0x3EAAAAAB, PE, "a third" },
    { DIV32, CUT, ONE, 0x40400000, 0x3EAAAAAA, PE, "4.8.4" },
    { DIV32, UP, ONE, 0xC0400000, 0xBEAAAAAA, PE, "4.8.4" },
    { MUL32, RESET, MOST, 0x40000000, INF, OE | PE, "table 4-11" },
    { MUL32, DOWN, MOST, 0x40000000, MOST, OE | PE, "table 4-11" },
    { MUL32, UP, MOST, 0xC0000000, MOST | M_ZERO, OE | PE, "table 4-11" },
    { MUL32, CUT, MOST, 0x40000000, MOST, OE | PE, "table 4-11" },
    { MUL32, RESET & ~MXCSR_OM, MOST, 0x40000000, INF, OE, "11.5.2.4: unmasked and exact: no PE" },
    { MUL32, RESET, LEAST, 0x3F000000, LEAST / 2, 0, "4.9.1.5: masked and exact: no underflow" },
    { MUL32, RESET & ~MXCSR_UM, LEAST, 0x3F000000, LEAST / 2, UE, "4.9.1.5: unmasked, tiny is enough" },
    { DIV32, RESET, LEAST, 0x40400000, 0x002AAAAB, UE | PE, "4.9.1.5" },
    { MUL32, RESET & ~MXCSR_UM, 0x00800001, 0x3F000000, 0x00400000, UE, "4.9.1.5: unmasked, the significand fits: no PE" },
    { MUL32, FTZ, LEAST, 0x3F000000, 0, UE | PE, "10.2.3.3" },
    { MUL32, FTZ, LEAST, 0xBF000000, M_ZERO, UE | PE, "10.2.3.3: a zero of the result's sign" },
    { MUL32, FTZ & ~MXCSR_UM, LEAST, 0x3F000000, LEAST / 2, UE, "10.2.3.3: not with underflow unmasked" },
    { MUL32, RESET, 0x3F7FFFFF, LEAST, LEAST, UE | PE, "4.9.1.5: tiny with any exponent, though rounded to a normal number" },
    { MUL32, UP, 0x3F7FFFFF, 0x00800001, 0x00800001, PE, "4.9.1.5: not tiny after rounding" },
    { MIN32, RESET, QNAN, ONE, ONE, IE, "MINPS: the second operand, and a quiet NaN is invalid" },
    { MIN32, RESET, ONE, SNAN, SNAN, IE, "MINPS: a signalling NaN comes through" },
    { MIN32, RESET, 0, M_ZERO, M_ZERO, 0, "MINPS: of two zeros the second" },
    { MAX32, RESET, M_ZERO, 0, 0, 0, "MAXPS: of two zeros the second" },
    { MAX32, RESET, 0, M_ZERO, M_ZERO, 0, "MAXPS: of two zeros the second" },
    { MIN32, RESET, 1, ONE, 1, DE, "MINPS: denormal" },
    { COMISS, RESET, ONE, QNAN, SSE_UNORDERED, IE, "COMISS" },
    { UCOMISS, RESET, ONE, QNAN, SSE_UNORDERED, 0, "UCOMISS" },
    { UCOMISS, RESET, ONE, SNAN, SSE_UNORDERED, IE, "UCOMISS" },
    { COMISS, RESET, 0, M_ZERO, SSE_EQUAL, 0, "4.8.3.1" },
    { COMISS, RESET, M_INF, 0xFF7FFFFF, SSE_LESS, 0, "4.8.3.3" },
    { COMISS, DAZ, 1, 0x80000001, SSE_EQUAL, 0, "10.2.3.4" },
    { CVTSS2SD, RESET, 1, 0, 0x36A0000000000000, DE, "CVTSS2SD: denormal" },
    { CVTSS2SD, RESET, SNAN, 0, 0x7FF8000020000000, IE, "CVTSS2SD: quiet, the same upper bits" },
    { CVTSD2SS, RESET, 0xFFF0000000000001, 0, 0xFFC00000, IE, "CVTSD2SS: the lower bits are lost" },
    { CVTSD2SS, RESET, 0x380FFFFFE0000000, 0, LEAST, UE | PE, "4.9.1.5: tiny, though rounded to a normal number" },
    { CVTSD2SS, RESET, 0x380FFFFFFFFFFFFF, 0, LEAST, PE, "4.9.1.5: not tiny after rounding" },
    { CVTSD2SS, FTZ, 0x3800000000000000, 0, 0, UE | PE, "10.2.3.3" },
    { CVTSD2SS, RESET, 1, 0, 0, DE | UE | PE, "CVTSD2SS" },
    { CVTSI2SS, RESET, 0x01000001, 0, 0x4B800000, PE, "CVTSI2SS: to even" },
    { CVTSI2SS, UP, 0x01000001, 0, 0x4B800001, PE, "CVTSI2SS" },
    { CVTSI2SD, RESET, M_ZERO, 0, 0xC1E0000000000000, 0, "CVTSI2SD: exact" },
    { CVTSS2SI, RESET, 0x40200000, 0, 2, PE, "4.8.4: 2.5 to even" },
    { CVTSS2SI, UP, 0x40200000, 0, 3, PE, "4.8.4" },
    { CVTTSS2SI, UP, 0x40200000, 0, 2, PE, "CVTTSS2SI: towards zero whatever RC says" },
    { CVTSS2SI, RESET, 0x4F000000, 0, 0x80000000, IE, "CVTSS2SI: 2^31 does not fit" },
    { CVTSS2SI, RESET, 0xCF000000, 0, 0x80000000, 0, "CVTSS2SI: -2^31 does" },
    { CVTSS2SI, RESET, QNAN, 0, 0x80000000, IE, "CVTSS2SI" },
    { CVTSS2SI, RESET, 1, 0, 0, PE, "CVTSS2SI: no denormal exception" },
    { CVTSS2SI, DAZ, 1, 0, 0, 0, "10.2.3.4" },
    { CVTSD2SI, RESET, 0x41DFFFFFFFE00000, 0, 0x80000000, IE, "CVTSD2SI: 2^31 - 1/2 to even" },
    { CVTTSD2SI, RESET, 0x41DFFFFFFFE00000, 0, 0x7FFFFFFF, PE, "CVTTSD2SI" },
    { ADD64, RESET, 0x3FF0000000000000, 0x3CA0000000000000, 0x3FF0000000000000, PE, "4.8.4: half a unit, to even" },
    { ADD64, RESET, 0x3FF0000000000001, 0x3CA0000000000000, 0x3FF0000000000002, PE, "4.8.4: half a unit, to even" },
    { MUL64, RESET, 0x0010000000000000, 0x3FE0000000000000, 0x0008000000000000, 0, "4.9.1.5" },
    { MUL64, FTZ, 0x0010000000000000, 0x3FE0000000000000, 0, UE | PE, "10.2.3.3" },
    { DIV64, RESET, 0x3FF0000000000000, 0x4008000000000000, 0x3FD5555555555555, PE, "a third" },
    { SQRT64, RESET, 0x4000000000000000, 0, 0x3FF6A09E667F3BCD, PE, "the root of 2" },
};

START_TEST(arithmetic_is_that_of_the_manual)
{
    sse_env_t e = { rows[_i].mxcsr, 0 };
    u64 r = ours(&e, rows[_i].operation, rows[_i].a, rows[_i].b);
    ck_assert_msg(r == rows[_i].result && e.raised == rows[_i].raised, "%s, %s: %llX, raised %02X", names[rows[_i].operation],
                  rows[_i].source, (unsigned long long)r, e.raised);
}
END_TEST

START_TEST(what_stops_an_instruction_hides_what_comes_after)
{
    sse_env_t masked = { RESET, DE | PE }, stopped = { RESET & ~(DE << MXCSR_MASKS_AT), DE | PE }, after = { RESET & ~MXCSR_PM, DE | PE };
    ck_assert(!sse_faults(&masked) && sse_flags(&masked) == (DE | PE));
    ck_assert(sse_faults(&stopped) && sse_flags(&stopped) == DE);
    ck_assert(sse_faults(&after) && sse_flags(&after) == (DE | PE));
}
END_TEST

/* RCPPS, RSQRTPS: every fifth significand of two binades, |error| <= 1.5 * 2^-12, in doubles, which are exact enough to tell. */
START_TEST(approximations_are_as_good_as_the_manual_asks)
{
    double worst = 0, worst_root = 0;
    for (u32 x = 0x3F000000; x < 0x40000000; x += 5) {
        double v = f32_host(x), r = f32_host(f32_reciprocal(x)), s = f32_host(f32_reciprocal_root(x));
        double error = r * v - 1, square = s * s * v - 1;      /* of a root about half the error of its square */
        worst = error > worst ? error : -error > worst ? -error : worst;
        worst_root = square > worst_root ? square : -square > worst_root ? -square : worst_root;
    }
    ck_assert_double_le(worst, 1.01 / 8192);
    ck_assert_double_le(worst_root / 2, 1.01 / 8192);
}
END_TEST

static const struct { u32 a, reciprocal, root; } approximations[] = {
    { ONE, ONE, ONE }, { 0x40800000, 0x3E800000, 0x3F000000 }, { 0, INF, INF }, { M_ZERO, M_INF, M_INF }, { 1, INF, INF }, { 0x80000001, M_INF, M_INF },
    { INF, 0, 0 }, { M_INF, M_ZERO, INDEF }, { 0xBF800000, 0xBF800000, INDEF }, { SNAN, SNAN | 0x400000, SNAN | 0x400000 }, { QNAN, QNAN, QNAN },
    { 0x7F000000, 0, 0x20000000 - 0x4AFB00 }, { 0xFF7FFFFF, M_ZERO, INDEF }, { LEAST, 0x7E800000, 0x5F000000 }, { 0x7E800000, LEAST, 0x20000000 },
};
START_TEST(approximations_of_special_operands_follow_the_tables)
{
    u32 a = approximations[_i].a;
    ck_assert_uint_eq(f32_reciprocal(a), approximations[_i].reciprocal);
    if (a != 0x7F000000)
        ck_assert_uint_eq(f32_reciprocal_root(a), approximations[_i].root);
}
END_TEST

/* ---- the inline path ---- */

START_TEST(the_inline_path_gives_the_same_results_and_flags)
{
    unsigned wrong = 0, taken = 0;
    static const u32 controls[] = { RESET, RESET | PE, RESET | PE | MXCSR_DAZ | MXCSR_FTZ, DAZ | FTZ, DOWN | PE, RESET & ~MXCSR_PM, RESET & ~MXCSR_UM };
    for (unsigned i = 0; i < 3000000; i++) {
        unsigned operation = i % OPERATIONS;
        u64 a = any_operand(operation), b = any_partner(operation, a), quick = 0;
        sse_env_t e = { controls[next() % COUNT_OF(controls)], 0 };
        if (!fast(e.mxcsr, operation, a, b, &quick))
            continue;
        taken++;
        u64 slow = ours(&e, operation, a, b);
        wrong += quick != slow || (e.mxcsr | e.raised) != e.mxcsr;
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_gt(taken, SSE_HOST ? 500000 : 0);
}
END_TEST

/* Whole numbers and fractions with few digits, exact results: the inline path has to know that they are. */
START_TEST(exact_results_take_the_inline_path_before_anything_was_inexact)
{
    unsigned slow = 0, wrong = 0;
    for (unsigned i = 0; SSE_HOST && i < 200000; i++) {
        double x = (double)(s32)next(), y = (double)(s16)(next() | 1), p = x * y;
        u64 r = 0;
        slow += !f64_add_fast(RESET, f64_bits(x), f64_bits(y), &r);
        slow += !f64_mul_fast(RESET, f64_bits(x), f64_bits(y), &r);
        slow += !f64_div_fast(RESET, f64_bits(p), f64_bits(y), &r);
        wrong += r != f64_bits(x);
        slow += !f64_sqrt_fast(RESET, f64_bits(y * y), &r);
    }
    ck_assert_uint_eq(slow, 0);
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

/* ---- the same on every host ---- */

static u64 fold(u64 digest, u64 v) { return (digest ^ v) * 0x9E3779B97F4A7C15ull ^ (digest >> 29); }

/* A number for tests/portable/run.sh to compare. */
START_TEST(results_make_one_number)
{
    u64 digest = 0;
    for (unsigned i = 0; i < 20000 * OPERATIONS; i++) {
        unsigned operation = i % OPERATIONS;
        u64 a = any_operand(operation), b = any_partner(operation, a), k = next();
        sse_env_t e = { (u32)(k & 0xE040) | (k & 0x30 ? MXCSR_MASKS : (u32)(k >> 32) & MXCSR_MASKS), 0 };
        digest = fold(digest, ours(&e, operation, a, b));
        digest = fold(digest, e.raised | sse_flags(&e) << 8);
        digest = fold(digest, (u64)f32_reciprocal((u32)a) << 32 | f32_reciprocal_root((u32)b));
    }
    printf("SSE results %016llx\n", (unsigned long long)digest);
}
END_TEST

/* ---- the host ---- */

#if defined(__x86_64__) && defined(__GNUC__)
#include <signal.h>
#include <ucontext.h>

/* An unmasked exception: what MXCSR says then; masked, the instruction runs again. */
static volatile u32 trapped_mxcsr;
static volatile sig_atomic_t traps;
static void trapped(int signal_number, siginfo_t *info, void *context)
{
    (void)signal_number;
    (void)info;
    ucontext_t *u = context;
    trapped_mxcsr = u->uc_mcontext.fpregs->mxcsr;
    u->uc_mcontext.fpregs->mxcsr |= MXCSR_MASKS;
    traps++;
}

#define LOAD   "ldmxcsr %[control]\n\t"
#define STORE  "\n\tstmxcsr %[control]\n\tldmxcsr %[usual]"
static const u32 usual = MXCSR_RESET;

#define TWO(name) \
    static u64 host_##name(u64 a, u64 b, u32 *control) \
    { \
        __asm__ volatile("movq %[a], %%xmm0\n\tmovq %[b], %%xmm1\n\t" LOAD #name " %%xmm1, %%xmm0" STORE "\n\tmovq %%xmm0, %[a]" \
                         : [a] "+r"(a), [control] "+m"(*control) : [b] "r"(b), [usual] "m"(usual) : "xmm0", "xmm1"); \
        return a; \
    }
#define ONE_(name) \
    static u64 host_##name(u64 a, u64 b, u32 *control) \
    { \
        (void)b; \
        __asm__ volatile("movq %[a], %%xmm1\n\tpxor %%xmm0, %%xmm0\n\t" LOAD #name " %%xmm1, %%xmm0" STORE "\n\tmovq %%xmm0, %[a]" \
                         : [a] "+r"(a), [control] "+m"(*control) : [usual] "m"(usual) : "xmm0", "xmm1"); \
        return a; \
    }
#define ORDER(name) \
    static u64 host_##name(u64 a, u64 b, u32 *control) \
    { \
        u8 parity, below, equal; \
        __asm__ volatile("movq %[a], %%xmm0\n\tmovq %[b], %%xmm1\n\t" LOAD #name " %%xmm1, %%xmm0\n\tsetp %[p]\n\tsetb %[c]\n\tsetz %[z]" STORE \
                         : [control] "+m"(*control), [p] "=&q"(parity), [c] "=&q"(below), [z] "=&q"(equal) \
                         : [a] "r"(a), [b] "r"(b), [usual] "m"(usual) : "xmm0", "xmm1", "cc"); \
        return parity ? SSE_UNORDERED : equal ? SSE_EQUAL : below ? SSE_LESS : SSE_GREATER; \
    }
#define FROM(name) \
    static u64 host_##name(u64 a, u64 b, u32 *control) \
    { \
        (void)b; \
        __asm__ volatile("pxor %%xmm0, %%xmm0\n\t" LOAD #name " %k[a], %%xmm0" STORE "\n\tmovq %%xmm0, %[a]" \
                         : [a] "+r"(a), [control] "+m"(*control) : [usual] "m"(usual) : "xmm0"); \
        return a; \
    }
#define TO(name) \
    static u64 host_##name(u64 a, u64 b, u32 *control) \
    { \
        (void)b; \
        __asm__ volatile("movq %[a], %%xmm0\n\t" LOAD #name " %%xmm0, %k[a]" STORE \
                         : [a] "+r"(a), [control] "+m"(*control) : [usual] "m"(usual) : "xmm0"); \
        return (u32)a; \
    }
TWO(addss) TWO(subss) TWO(mulss) TWO(divss) TWO(minss) TWO(maxss) ONE_(sqrtss) ORDER(comiss) ORDER(ucomiss)
TWO(addsd) TWO(subsd) TWO(mulsd) TWO(divsd) TWO(minsd) TWO(maxsd) ONE_(sqrtsd) ORDER(comisd) ORDER(ucomisd)
ONE_(cvtss2sd) ONE_(cvtsd2ss) FROM(cvtsi2ss) FROM(cvtsi2sd) TO(cvtss2si) TO(cvttss2si) TO(cvtsd2si) TO(cvttsd2si)

static u64 (*const host[])(u64, u64, u32 *) = {
    host_addss, host_subss, host_mulss, host_divss, host_sqrtss, host_minss, host_maxss, host_comiss, host_ucomiss, host_cvtss2sd, host_cvtsi2ss,
    host_cvtss2si, host_cvttss2si,
    host_addsd, host_subsd, host_mulsd, host_divsd, host_sqrtsd, host_minsd, host_maxsd, host_comisd, host_ucomisd, host_cvtsd2ss, host_cvtsi2sd,
    host_cvtsd2si, host_cvttsd2si,
};

/* All roundings, DAZ, FTZ, sticky flags; a quarter with some exceptions unmasked (a signal each). */
static u32 any_control(void)
{
    u64 k = next();
    u32 masks = k & 3 ? MXCSR_MASKS : (u32)(k >> 8) & MXCSR_MASKS;
    return masks | (u32)(k >> 20 & 3) << 13 | (k & 4 ? MXCSR_DAZ : 0) | (k & 8 ? MXCSR_FTZ : 0) | (k & 0x70 ? 0 : (u32)(k >> 32) & 63);
}

static unsigned differences;
static void compare_case(unsigned operation, u32 control, u64 a, u64 b)
{
    u32 theirs = control;
    sig_atomic_t before = traps;
    u64 want = host[operation](a, b, &theirs);
    bool fault = traps != before;
    if (fault)
        theirs = (theirs & ~(u32)MXCSR_EXCEPTIONS) | (trapped_mxcsr & MXCSR_EXCEPTIONS);
    sse_env_t e = { control, 0 };
    u64 got = ours(&e, operation, a, b);
    u32 flags = (control | sse_flags(&e)) & MXCSR_EXCEPTIONS;
    if (fault == sse_faults(&e) && flags == (theirs & MXCSR_EXCEPTIONS) && (fault || got == want))
        return;
    if (++differences <= 20)
        printf("%s %llX %llX, MXCSR %04X: host %llX %02X%s, ours %llX %02X%s\n", names[operation], (unsigned long long)a, (unsigned long long)b, control,
               (unsigned long long)want, theirs & MXCSR_EXCEPTIONS, fault ? " fault" : "", (unsigned long long)got, flags, sse_faults(&e) ? " fault" : "");
}

static void catch_traps(void)
{
    struct sigaction action = { .sa_sigaction = trapped, .sa_flags = SA_SIGINFO };
    sigaction(SIGFPE, &action, NULL);
}

static unsigned cases = 1000000;
START_TEST(results_and_flags_are_the_hosts)
{
    catch_traps();
    for (unsigned i = 0; i < cases; i++) {
        unsigned operation = i % OPERATIONS;
        u64 a = any_operand(operation);
        compare_case(operation, any_control(), a, any_partner(operation, a));
    }
    printf("host: %u cases, %d of them with an unmasked exception, %u differences\n", cases, (int)traps, differences);
    ck_assert_uint_eq(differences, 0);
    ck_assert_int_gt(traps, 0);
}
END_TEST

/* Four elements share one environment: what one of them finds before the computation hides what others find after. */
START_TEST(flags_of_packed_operands_are_the_hosts)
{
    unsigned wrong = 0;
    catch_traps();
    for (unsigned i = 0; i < cases / 10; i++) {
        u32 a[4], b[4], control = any_control() & ~(u32)(next() & MXCSR_MASKS), theirs = control;
        sig_atomic_t before = traps;
        sse_env_t e = { control, 0 };
        for (unsigned k = 0; k < 4; k++) {
            a[k] = (u32)any_operand(MUL32);
            b[k] = (u32)any_partner(MUL32, a[k]);
            f32_mul(&e, a[k], b[k]);
        }
        __asm__ volatile("movups %[a], %%xmm0\n\tmovups %[b], %%xmm1\n\t" LOAD "mulps %%xmm1, %%xmm0" STORE
                         : [control] "+m"(theirs) : [a] "m"(a), [b] "m"(b), [usual] "m"(usual) : "xmm0", "xmm1");
        bool fault = traps != before;
        u32 want = fault ? trapped_mxcsr : theirs;
        wrong += fault != sse_faults(&e) || ((control | sse_flags(&e)) & MXCSR_EXCEPTIONS) != (want & MXCSR_EXCEPTIONS);
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

static void take_arguments(int argc, char **argv)
{
    if (argc > 1) cases = (unsigned)strtoul(argv[1], NULL, 0);
    if (argc > 2) seed = strtoull(argv[2], NULL, 0) | 1;
    else if (getenv("DOPPEL_SSE_CASES")) cases = (unsigned)strtoul(getenv("DOPPEL_SSE_CASES"), NULL, 0);
}
static void add_host_tests(TCase *tc)
{
    tcase_add_test(tc, results_and_flags_are_the_hosts);
    tcase_add_test(tc, flags_of_packed_operands_are_the_hosts);
}
#else
static void take_arguments(int argc, char **argv) { (void)argc; (void)argv; }
static void add_host_tests(TCase *tc) { (void)tc; printf("this host has no SSE: its oracle is left out\n"); }
#endif

int main(int argc, char **argv)
{
    take_arguments(argc, argv);
    TCase *tc = tcase_create("SSE arithmetic");
    tcase_set_timeout(tc, 0);
    tcase_add_loop_test(tc, arithmetic_is_that_of_the_manual, 0, COUNT_OF(rows));
    tcase_add_test(tc, what_stops_an_instruction_hides_what_comes_after);
    tcase_add_test(tc, approximations_are_as_good_as_the_manual_asks);
    tcase_add_loop_test(tc, approximations_of_special_operands_follow_the_tables, 0, COUNT_OF(approximations));
    tcase_add_test(tc, the_inline_path_gives_the_same_results_and_flags);
    tcase_add_test(tc, exact_results_take_the_inline_path_before_anything_was_inexact);
    tcase_add_test(tc, results_make_one_number);
    add_host_tests(tc);
    Suite *s = suite_create("SSE arithmetic");
    suite_add_tcase(s, tc);
    return run_all(s);
}
