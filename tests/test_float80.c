/* test_float80.c - 80-bit arithmetic: facts of SDM vol. 1 (chapters 4 and 8) and vol. 2A as rows, and properties over many operands.  That every bit is
 * a processor's is tests/test_host_i386.c's business; these rows hold on every host. */
#include <check.h>
#include <stdio.h>
#include "cpu/float80.h"
#include "tests/run_all.h"

enum { DEFAULT = 0x37F, NEAR_53 = 0x27F, NEAR_24 = 0x07F, DOWN = 0x77F, UP = 0xB7F, ZERO_ = 0xF7F };
enum { IE = X87_IE, DE = X87_DE, ZE = X87_ZE, OE = X87_OE, UE = X87_UE, PE = X87_PE, C1 = X87_C1 };
typedef enum { ADD, SUB, MUL, DIV, SQRT, SCALE, RNDINT, PREM, PREM1 } operation_t;

#define N(se, m) { m, se }
#define ONE      N(0x3FFF, 1ull << 63)
#define M_ONE    N(0xBFFF, 1ull << 63)
#define TWO      N(0x4000, 1ull << 63)
#define THREE    N(0x4000, 0xC000000000000000)
#define ZERO     N(0, 0)
#define M_ZERO   N(0x8000, 0)
#define INF      N(0x7FFF, 1ull << 63)
#define M_INF    N(0xFFFF, 1ull << 63)
#define INDEF    N(0xFFFF, 0xC000000000000000)
#define LARGEST  N(0x7FFE, ~0ull)
#define SMALLEST N(0x0001, 1ull << 63)
#define DENORMAL N(0x0000, 1)

static const struct { u8 operation; u16 control; f80_t a, b, result; u16 raised; const char *source; } rows[] = {
    { ADD, DEFAULT, ONE, TWO, THREE, 0, "exact" },
    { ADD, DEFAULT, ONE, M_ONE, ZERO, 0, "4.8.3.1: +0 to nearest" },
    { ADD, DOWN, ONE, M_ONE, M_ZERO, 0, "4.8.3.1: -0 downwards" },
    { ADD, DEFAULT, INF, M_INF, INDEF, IE, "table 8-10: opposite infinities" },
    { SUB, DEFAULT, INF, INF, INDEF, IE, "table 8-10" },
    { MUL, DEFAULT, INF, ZERO, INDEF, IE, "table 8-10" },
    { DIV, DEFAULT, ZERO, M_ZERO, INDEF, IE, "table 8-10" },
    { DIV, DEFAULT, INF, M_INF, INDEF, IE, "table 8-10" },
    { DIV, DEFAULT, M_ONE, ZERO, M_INF, ZE, "8.5.3" },
    { DIV, DEFAULT, INF, ZERO, INF, 0, "FDIV: infinity by zero is no zero divide" },
    { SQRT, DEFAULT, M_ONE, ZERO, INDEF, IE, "FSQRT" },
    { SQRT, DEFAULT, M_ZERO, ZERO, M_ZERO, 0, "FSQRT" },
    { SQRT, DEFAULT, TWO, ZERO, N(0x3FFF, 0xB504F333F9DE6484), PE, "FSQRT" },
    { DIV, DEFAULT, ONE, THREE, N(0x3FFD, 0xAAAAAAAAAAAAAAAB), PE | C1, "8.1.3.1: C1 says rounded up" },
    { DIV, ZERO_, ONE, THREE, N(0x3FFD, 0xAAAAAAAAAAAAAAAA), PE, "4.8.4" },
    { DIV, NEAR_53, ONE, THREE, N(0x3FFD, 0xAAAAAAAAAAAAA800), PE, "8.1.5.2" },
    { DIV, NEAR_24, ONE, THREE, N(0x3FFD, 0xAAAAAB0000000000), PE | C1, "8.1.5.2" },
    { ADD, NEAR_24, N(0x3FFF, 0x8000000000000001), ZERO, ONE, PE, "8.1.5.2: adding zero rounds too" },
    { MUL, DEFAULT, LARGEST, TWO, INF, OE | PE | C1, "table 4-11" },
    { MUL, DOWN, LARGEST, TWO, LARGEST, OE | PE, "table 4-11" },
    { MUL, UP, N(0xFFFE, ~0ull), TWO, N(0xFFFE, ~0ull), OE | PE, "table 4-11" },
    { MUL, DEFAULT & ~OE, LARGEST, TWO, N(0x7FFF - 24576, ~0ull), OE, "8.5.4: exponent less 24576" },
    { DIV, DEFAULT & ~UE, SMALLEST, TWO, N(24576, 1ull << 63), UE, "8.5.5: exponent plus 24576, exact too" },
    { DIV, DEFAULT, SMALLEST, TWO, N(0, 1ull << 62), 0, "4.9.1.5: masked, exact: no underflow" },
    { DIV, DEFAULT, SMALLEST, THREE, N(0, 0x2AAAAAAAAAAAAAAB), UE | PE | C1, "4.9.1.5" },
    { MUL, DEFAULT, N(0x3FFE, ~0ull), SMALLEST, SMALLEST, UE | PE | C1, "4.9.1.5: tiny is judged with any exponent" },
    { ADD, DEFAULT, DENORMAL, DENORMAL, N(0, 2), DE, "8.5.2" },
    { ADD, DEFAULT, N(0, 1ull << 63), ZERO, SMALLEST, DE, "8.2.2: pseudo-denormal" },
    { ADD, DEFAULT, N(0x3FFF, 1), ONE, INDEF, IE, "8.2.2: unnormal" },
    { ADD, DEFAULT, N(0x7FFF, 0), ONE, INDEF, IE, "8.2.2: pseudo-infinity" },
    { ADD, DEFAULT, N(0x7FFF, 1), ONE, INDEF, IE, "8.2.2: pseudo-NaN" },
    { ADD, DEFAULT, N(0x7FFF, 0x8000000000000001), ONE, N(0x7FFF, 0xC000000000000001), IE, "table 4-7: SNaN to QNaN" },
    { ADD, DEFAULT, N(0x7FFF, 0xC000000000000001), N(0xFFFF, 0xC000000000000002), N(0xFFFF, 0xC000000000000002), 0, "table 4-7: larger significand" },
    { ADD, DEFAULT, N(0x7FFF, 0xBFFFFFFFFFFFFFFF), N(0xFFFF, 0xC000000000000001), N(0xFFFF, 0xC000000000000001), IE, "table 4-7: SNaN and QNaN: the QNaN" },
    { ADD, DEFAULT, N(0xFFFF, 0xC000000000000001), N(0x7FFF, 0xC000000000000001), N(0x7FFF, 0xC000000000000001), 0, "equal significands: the positive" },
    { SUB, DEFAULT, ONE, N(0x7FFF, 0xC000000000000001), N(0x7FFF, 0xC000000000000001), 0, "a NaN keeps its sign" },
    { SCALE, DEFAULT, THREE, M_ONE, N(0x3FFF, 0xC000000000000000), 0, "FSCALE" },
    { SCALE, DEFAULT, ZERO, INF, INDEF, IE, "FSCALE" }, { SCALE, DEFAULT, INF, M_INF, INDEF, IE, "FSCALE" },
    { SCALE, DEFAULT, ONE, M_INF, ZERO, 0, "FSCALE" }, { SCALE, DEFAULT, M_ONE, INF, M_INF, 0, "FSCALE" },
    { RNDINT, DEFAULT, N(0x4000, 0xA000000000000000), ZERO, TWO, PE, "4.8.4.1: 2.5 to even" },
    { RNDINT, UP, N(0x4000, 0xA000000000000000), ZERO, THREE, PE | C1, "4.8.4.1" },
    { RNDINT, DEFAULT, N(0xBFFD, 1ull << 63), ZERO, M_ZERO, PE, "4.8.4.1: -0.25" },
    { PREM, DEFAULT, N(0x4001, 0xA000000000000000), THREE, TWO, 0, "FPREM: 5 rem 3" },
    { PREM1, DEFAULT, N(0x4001, 0xA000000000000000), THREE, M_ONE, 0, "FPREM1: nearest multiple is 6" },
    { PREM, DEFAULT, INF, ONE, INDEF, IE, "FPREM" }, { PREM, DEFAULT, ONE, ZERO, INDEF, IE, "FPREM" }, { PREM, DEFAULT, ONE, INF, ONE, 0, "FPREM" },
};

static f80_t call(float_env_t *e, unsigned operation, f80_t a, f80_t b)
{
    unsigned quotient;
    bool partial;
    switch (operation) {
    case ADD:    return f80_add(e, a, b);
    case SUB:    return f80_sub(e, a, b);
    case MUL:    return f80_mul(e, a, b);
    case DIV:    return f80_div(e, a, b);
    case SQRT:   return f80_sqrt(e, a);
    case SCALE:  return f80_scale(e, a, b);
    case RNDINT: return f80_round_to_int(e, a);
    default:     return f80_rem(e, a, b, operation == PREM1, &quotient, &partial);
    }
}

START_TEST(arithmetic_is_that_of_the_manual)
{
    float_env_t e = { .control = rows[_i].control };
    f80_t r = call(&e, rows[_i].operation, rows[_i].a, rows[_i].b);
    ck_assert_msg(r.m == rows[_i].result.m && r.se == rows[_i].result.se && e.raised == rows[_i].raised, "%s: %04X:%016llX, raised %03X",
                  rows[_i].source, r.se, (unsigned long long)r.m, e.raised);
}
END_TEST

static u64 seed = 42;
static u64 next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * 0x2545F4914F6CDD1Dull;
}
static f80_t any(void) { return f80_make(next() & 1, (s32)(next() % 0x2000) + 0x3000, next() | 1ull << 63); }

START_TEST(roots_of_squares_and_their_neighbours_are_exact)
{
    unsigned wrong = 0;
    for (unsigned i = 0; i < 200000; i++) {
        float_env_t e = { .control = ZERO_ };
        u64 root = next() >> 32 | 1u << 31, square = root * root;
        f80_t below, r = f80_sqrt(&e, f80_make(false, F80_BIAS + 63 - (s32)clz64(square), square << clz64(square)));
        wrong += r.m >> 32 != root || (u32)r.m || e.raised;
        e.raised = 0;
        square--;
        below = f80_sqrt(&e, f80_make(false, F80_BIAS + 63 - (s32)clz64(square), square << clz64(square)));
        wrong += f80_compare(&e, below, r, false) != F80_LESS || !(e.raised & PE);
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

/* The inline path and the slow one are the same function: rounding up and down bracket the nearest. */
START_TEST(directed_roundings_bracket_the_nearest)
{
    unsigned wrong = 0;
    for (unsigned i = 0; i < 200000; i++) {
        f80_t a = any(), b = any();
        unsigned operation = i % 4;
        float_env_t near = { .control = DEFAULT }, down = { .control = DOWN }, up = { .control = UP };
        f80_t n = call(&near, operation, a, b), d = call(&down, operation, a, b), u = call(&up, operation, a, b);
        bool inexact = near.raised & PE;
        wrong += inexact != (bool)(down.raised & PE) || inexact != (bool)(up.raised & PE);
        wrong += inexact ? f80_compare(&near, d, u, false) != F80_LESS : d.m != u.m || n.m != u.m;
        wrong += (n.m != d.m || n.se != d.se) && (n.m != u.m || n.se != u.se);
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(narrow_formats_come_back_as_they_went)
{
    unsigned wrong = 0;
    for (u64 i = 0; i < 0x200000; i++) {
        float_env_t e = { .control = DEFAULT };
        u32 single = (u32)(i << 11 | (next() & 0x7FF));
        u64 dbl = i << 43 | (next() & 0x7FFFFFFFFFF);
        bool snan32 = (single & 0x7FC00000) == 0x7F800000 && (single & 0x3FFFFF), snan64 = (dbl << 1 >> 52) == 0xFFE && dbl << 13;
        wrong += !snan32 && (f80_to_f32(&e, f80_from_f32(&e, single)) != single || e.raised);
        wrong += !snan64 && (f80_to_f64(&e, f80_from_f64(&e, dbl)) != dbl || e.raised);
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(integers_and_decimals_come_back)
{
    unsigned wrong = 0;
    for (unsigned i = 0; i < 200000; i++) {
        float_env_t e = { .control = DEFAULT };
        s64 v = (s64)next() >> next() % 63, digits18 = v % 1000000000000000000;
        u8 bcd[10];
        wrong += (s64)f80_to_int(&e, f80_from_int(v), 64) != v;
        f80_to_bcd(&e, f80_from_int(digits18), bcd);
        wrong += (s64)f80_to_int(&e, f80_from_bcd(bcd), 64) != digits18 || e.raised;
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

static const struct { f80_t a; unsigned width; u64 result; u16 raised; } integers[] = {   /* FIST: what does not fit is the integer indefinite */
    { N(0x400D, 0xFFFE000000000000), 16, 0x7FFF, 0 }, { N(0x400E, 1ull << 63), 16, 0x8000, IE }, { N(0xC00E, 1ull << 63), 16, (u64)-0x8000, 0 },
    { N(0xC00E, 0x8001000000000000), 16, 0x8000, IE }, { INF, 32, 0x80000000, IE }, { INDEF, 64, 1ull << 63, IE }, { N(0x3FFF, 1), 32, 0x80000000, IE },
    { N(0x400D, 0xFFFF000000000000), 16, 0x8000, IE }, { N(0x403E, 1ull << 63), 64, 1ull << 63, IE }, { N(0xC03E, 1ull << 63), 64, 1ull << 63, 0 },
};
START_TEST(integers_that_do_not_fit_are_invalid)
{
    float_env_t e = { .control = DEFAULT };
    ck_assert(f80_to_int(&e, integers[_i].a, integers[_i].width) == integers[_i].result);
    ck_assert_uint_eq(e.raised, integers[_i].raised);
}
END_TEST

START_TEST(a_quotient_times_its_divisor_comes_back)
{
    unsigned wrong = 0;
    for (unsigned i = 0; i < 500000; i++) {
        u64 b = next() | 1ull << 63, rest, q;
        u128_t a = { (next() >> next() % 64) % b, next() << next() % 64 };
        q = div128(a, b, &rest);
        u128_t back = u128_add(mul64(q, b), (u128_t){ 0, rest });
        wrong += back.hi != a.hi || back.lo != a.lo || rest >= b;
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

/* ---- the same on every host ---- */

static u64 fold(u64 digest, u64 v) { return (digest ^ v) * 0x9E3779B97F4A7C15ull ^ (digest >> 29); }

/* Anything: NaNs, unnormals, denormals, and numbers close to each other. */
static f80_t any_pattern(f80_t near)
{
    u64 k = next();
    f80_t a = { next() | (k & 7 ? 1ull << 63 : 0), (u16)(k >> 8) };
    if (k & 0x10) a.m &= ~0ull << (k >> 32 & 63);
    if ((k & 0x60) == 0) return (f80_t){ near.m + (k >> 32 & 3) - 1, near.se };
    if ((k & 0x60) == 0x20) a.se = (u16)((a.se & 0x8000) | (0x3FC0 + (k >> 24 & 127)));
    return a;
}

/* A number for tests/portable/run.sh to compare. */
START_TEST(results_make_one_number)
{
    u64 digest = 0;
    f80_t a = { 0, 0 };
    for (unsigned i = 0; i < 50000 * (PREM1 + 1); i++) {
        u64 k = next();
        float_env_t e = { .control = (u16)(k & 0xF3F) };
        f80_t b = any_pattern(a), r = call(&e, i % (PREM1 + 1), a, b);
        if (!f80_stopped(&e)) digest = fold(fold(digest, r.m), r.se);
        digest = fold(digest, e.raised);
        e.raised = 0;
        digest = fold(digest, f80_to_f32(&e, b));
        digest = fold(digest, f80_to_f64(&e, a));
        digest = fold(digest, f80_to_int(&e, b, 64));
        digest = fold(digest, f80_compare(&e, a, b, k >> 40 & 1));
        digest = fold(digest, e.raised);
        a = b;
    }
    printf("x87 results %016llx\n", (unsigned long long)digest);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("float80");
    tcase_add_loop_test(tc, arithmetic_is_that_of_the_manual, 0, COUNT_OF(rows));
    tcase_add_test(tc, roots_of_squares_and_their_neighbours_are_exact);
    tcase_add_test(tc, directed_roundings_bracket_the_nearest);
    tcase_add_test(tc, narrow_formats_come_back_as_they_went);
    tcase_add_test(tc, integers_and_decimals_come_back);
    tcase_add_loop_test(tc, integers_that_do_not_fit_are_invalid, 0, COUNT_OF(integers));
    tcase_add_test(tc, a_quotient_times_its_divisor_comes_back);
    tcase_add_test(tc, results_make_one_number);
    Suite *s = suite_create("80-bit arithmetic");
    suite_add_tcase(s, tc);
    return run_all(s);
}
