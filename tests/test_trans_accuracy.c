/* test_trans_accuracy.c - how far the transcendental instructions are from the exact values: ours, and beside them this host's silicon.
 *
 * The exact values are MPFR's (optional: without libmpfr this says so and passes), 200 bits.  SDM vol. 1, 8.3.10 promises less than 1 unit in the
 * last of 64 places when rounding to nearest.  Sine, cosine and tangent are measured against those of the argument reduced by the 66-bit pi
 * of 8.3.8.  Operands are random over all exponents that give normal results, half of them in the ranges where a function is hard: near
 * zeros, near one, near multiples of pi/2.
 *
 *   test_trans_accuracy [CASES [SEED]]      CASES per instruction; prints the table of docs/fidelity-x87.md */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include "cpu/fpu_trans.h"
#include "tests/run_all.h"

static u64 cases = 20000;

#if DOPPEL_MPFR
#include <mpfr.h>

typedef enum { SIN, COS, TAN, ATAN, TWO_XM1, YL2X, YL2XP1, FUNCTIONS } function_t;
static const char *const names[] = { "FSIN", "FCOS", "FPTAN", "FPATAN", "F2XM1", "FYL2X", "FYL2XP1" };
enum { BITS = 200, REDUCTION_BITS = 320 };

static u64 seed = 20261121;
static u64 next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * 0x2545F4914F6CDD1Dull;
}

static f80_t ours_in(float_env_t *e, unsigned function, f80_t y, f80_t x)
{
    bool far;
    switch (function) {
    case SIN:     return f80_sin(e, x, &far);
    case COS:     return f80_cos(e, x, &far);
    case TAN:     return f80_tan(e, x, &far);
    case ATAN:    return f80_atan2(e, y, x);
    case TWO_XM1: return f80_2xm1(e, x);
    case YL2X:    return f80_yl2x(e, y, x);
    default:      return f80_yl2xp1(e, y, x);
    }
}
static f80_t ours(unsigned function, f80_t y, f80_t x)
{
    float_env_t e = { .control = 0x37F };
    return ours_in(&e, function, y, x);
}

#if defined(__x86_64__) && defined(__GNUC__)
#define HAVE_HOST 1
#define ON_ONE(instruction) __asm__ volatile("fldt (%[x])\n\t" instruction "\n\tfstpt (%[r])" : : [x] "r"(xb), [r] "r"(rb) : "memory", "st", "st(1)")
#define ON_TWO(instruction) __asm__ volatile("fldt (%[y])\n\tfldt (%[x])\n\t" instruction "\n\tfstpt (%[r])" \
                                             : : [y] "r"(yb), [x] "r"(xb), [r] "r"(rb) : "memory", "st", "st(1)")
static f80_t hosts(unsigned function, f80_t y, f80_t x)
{
    u8 xb[10], yb[10], rb[10];
    f80_put(xb, x);
    f80_put(yb, y);
    switch (function) {
    case SIN:     ON_ONE("fsin"); break;
    case COS:     ON_ONE("fcos"); break;
    case TAN:     ON_ONE("fptan\n\tfstp %%st(0)"); break;
    case ATAN:    ON_TWO("fpatan"); break;
    case TWO_XM1: ON_ONE("f2xm1"); break;
    case YL2X:    ON_TWO("fyl2x"); break;
    default:      ON_TWO("fyl2xp1"); break;
    }
    return f80_get(rb);
}
#else
#define HAVE_HOST 0
static f80_t hosts(unsigned function, f80_t y, f80_t x) { return ours(function, y, x); }
#endif

/* ---- operands ---- */

static f80_t number(s32 least, s32 most)
{
    u64 k = next(), m = next() | 1ull << 63;
    if (!(k & 0x700)) m &= ~0ull << (k >> 32 & 63);
    return f80_make(k & 1, F80_BIAS + least + (s32)((k >> 16) % (u64)(most - least + 1)), m | 1ull << 63);
}

/* A neighbour of a multiple of pi/2. */
static f80_t near_quarter_turn(void)
{
    float_env_t e = { .control = 0x37F };
    static const f80_t half_pi = { 0xC90FDAA22168C235, 0x3FFF };
    f80_t a = f80_mul(&e, half_pi, f80_from_int((s64)(next() >> (2 + next() % 61)) | 1));
    a.m += next() % 5 - 2;
    return a;
}

/* 1 + d with |d| from 2^-63 to 2^-3. */
static f80_t near_one(void)
{
    float_env_t e = { .control = 0x37F };
    f80_t r = f80_add(&e, F80_POSITIVE_ONE, number(-63, -3));
    return r;
}

static void operands(unsigned function, f80_t *y, f80_t *x)
{
    bool hard = next() & 1;
    *y = number(-200, 200);
    switch (function) {
    case SIN: case COS: case TAN: *x = !hard ? number(-80, 62) : next() & 1 ? near_quarter_turn() : number(-3, 3); break;
    case ATAN:    *x = hard ? f80_make(next() & 1, f80_exponent(*y) + (s32)(next() % 13) - 6, next() | 1ull << 63) : number(-200, 200); break;
    case TWO_XM1: *x = hard ? number(-6, -1) : number(-80, -1); break;
    case YL2X:    *x = hard ? near_one() : number(-16000, 16000); x->se &= F80_MAX; break;
    default:      *x = hard ? number(-12, -3) : number(-80, -3); break;
    }
}

/* ---- exact values ---- */

static void set(mpfr_t to, f80_t a)
{
    mpfr_set_uj_2exp(to, a.m, (f80_exponent(a) ? f80_exponent(a) : 1) - F80_BIAS - 63, MPFR_RNDN);
    if (f80_sign(a)) mpfr_neg(to, to, MPFR_RNDN);
}

typedef struct { mpfr_t y, x, value, t, half_pi, ln2; } exact_t;

/* x = n * pi/2 + rest by the 66-bit pi, exactly; returns n mod 4. */
static unsigned reduced(exact_t *e)
{
    mpfr_t n;
    mpfr_init2(n, REDUCTION_BITS);
    mpfr_div(n, e->x, e->half_pi, MPFR_RNDN);
    mpfr_rint(n, n, MPFR_RNDN);
    mpfr_mul(e->t, n, e->half_pi, MPFR_RNDN);
    mpfr_sub(e->t, e->x, e->t, MPFR_RNDN);
    mpfr_abs(n, n, MPFR_RNDN);
    mpfr_fmod_ui(n, n, 4, MPFR_RNDN);
    unsigned quadrant = (unsigned)mpfr_get_ui(n, MPFR_RNDN);
    mpfr_clear(n);
    return mpfr_sgn(e->x) < 0 ? (4 - quadrant) & 3 : quadrant;
}

/* The sine of a small operand is the operand in 200 places too: one step back to the side where the exact value is. */
static void settle(mpfr_t value, int above)
{
    if (mpfr_min_prec(value) > 65) return;                     /* neither a result nor the middle between two */
    if (above > 0) mpfr_nextbelow(value);
    if (above < 0) mpfr_nextabove(value);
}

static void trigonometric(exact_t *e, unsigned function)
{
    unsigned quadrant = reduced(e);
    if (function == TAN) {
        settle(e->value, mpfr_tan(e->value, e->t, MPFR_RNDN));
        if (quadrant & 1) {
            mpfr_ui_div(e->value, 1, e->value, MPFR_RNDN);
            mpfr_neg(e->value, e->value, MPFR_RNDN);
        }
        return;
    }
    quadrant += function == COS;
    settle(e->value, (quadrant & 1 ? mpfr_cos : mpfr_sin)(e->value, e->t, MPFR_RNDN));
    if (quadrant & 2) mpfr_neg(e->value, e->value, MPFR_RNDN);
}

static void compute(exact_t *e, unsigned function, f80_t y, f80_t x)
{
    set(e->x, x);
    set(e->y, y);
    switch (function) {
    case SIN: case COS: case TAN: trigonometric(e, function); break;
    case ATAN:    settle(e->value, mpfr_atan2(e->value, e->y, e->x, MPFR_RNDN)); break;
    case TWO_XM1: mpfr_mul(e->t, e->x, e->ln2, MPFR_RNDN); mpfr_expm1(e->value, e->t, MPFR_RNDN); break;
    case YL2X:    mpfr_log2(e->t, e->x, MPFR_RNDN); mpfr_mul(e->value, e->t, e->y, MPFR_RNDN); break;
    default:      mpfr_log1p(e->t, e->x, MPFR_RNDN); mpfr_div(e->t, e->t, e->ln2, MPFR_RNDN); mpfr_mul(e->value, e->t, e->y, MPFR_RNDN); break;
    }
}

/* In units of the 64th place of the exact value. */
static double error_of(exact_t *e, f80_t got)
{
    set(e->t, got);
    mpfr_sub(e->t, e->t, e->value, MPFR_RNDN);
    mpfr_mul_2si(e->t, e->t, 64 - mpfr_get_exp(e->value), MPFR_RNDN);
    double error = mpfr_get_d(e->t, MPFR_RNDN);
    return error < 0 ? -error : error;
}

static exact_t exact_numbers(void)
{
    exact_t e;
    mpfr_inits2(BITS, e.y, e.x, e.value, (mpfr_ptr)0);
    mpfr_inits2(REDUCTION_BITS, e.t, e.half_pi, e.ln2, (mpfr_ptr)0);
    mpfr_set_uj_2exp(e.half_pi, 0xC90FDAA22168C234, -63, MPFR_RNDN);       /* pi/2 of 66 bits: C90FDAA22168C234 and C h */
    mpfr_set_uj_2exp(e.t, 3, -65, MPFR_RNDN);
    mpfr_add(e.half_pi, e.half_pi, e.t, MPFR_RNDN);
    mpfr_const_log2(e.ln2, MPFR_RNDN);
    return e;
}

static void free_exact(exact_t *e)
{
    mpfr_clears(e->y, e->x, e->value, e->t, e->half_pi, e->ln2, (mpfr_ptr)0);
    mpfr_free_cache();
}

/* ---- the report ---- */

/* The worst result, and how many were not the nearest number. */
typedef struct { double error; f80_t y, x; u64 not_nearest; } worst_t;
static void keep_worst(worst_t *w, double error, f80_t y, f80_t x)
{
    w->not_nearest += error > 0.5;
    if (error > w->error) { w->error = error; w->y = y; w->x = x; }
}

/* Neighbours among the numbers of 64 places: the next significand, or from one exponent's greatest to the next one's least. */
static bool neighbours(f80_t a, f80_t b)
{
    if (a.se == b.se) return a.m - b.m + 1 <= 2;
    f80_t low = a.se < b.se ? a : b, high = a.se < b.se ? b : a;
    return high.se == low.se + 1 && low.m == ~0ull && high.m == F80_ONE_BIT;
}

static void show(const char *who, unsigned function, const worst_t *w)
{
    printf("  %-10s %8llu not the nearest, %8.6f at x = %04X:%016llX", who, (unsigned long long)w->not_nearest, w->error, w->x.se, (unsigned long long)w->x.m);
    if (function == ATAN || function >= YL2X)
        printf(", y = %04X:%016llX", w->y.se, (unsigned long long)w->y.m);
    printf("\n");
}

START_TEST(errors_stay_below_a_unit_in_the_last_place)
{
    exact_t e = exact_numbers();
    worst_t mine = { 0 }, theirs = { 0 };
    u64 n = 0, differ = 0, far = 0;
    for (u64 i = 0; i < cases; i++) {
        f80_t y, x;
        operands((unsigned)_i, &y, &x);
        f80_t got = ours((unsigned)_i, y, x), silicon = hosts((unsigned)_i, y, x);
        if (!f80_is_normal(got))
            continue;
        compute(&e, (unsigned)_i, y, x);
        keep_worst(&mine, error_of(&e, got), y, x);
        keep_worst(&theirs, error_of(&e, silicon), y, x);
        differ += got.m != silicon.m || got.se != silicon.se;
        far += !neighbours(got, silicon);
        n++;
    }
    free_exact(&e);
    printf("%s, %llu operands, worst error in units of the 64th place, and how many are not the nearest number:\n", names[_i], (unsigned long long)n);
    show("doppel", (unsigned)_i, &mine);
    if (HAVE_HOST) {
        show("this host", (unsigned)_i, &theirs);
        printf("  the two differ in %llu results, in %llu by more than the last bit\n", (unsigned long long)differ, (unsigned long long)far);
    }
    ck_assert_uint_gt(n, cases / 2);
    ck_assert_double_le(mine.error, 0.5001);                   /* rounded rightly but for what 100 bits cannot tell */
}
END_TEST

/* ---- every rounding, the whole domain: denormal operands and results, results that are too large ---- */

static f80_t any_number(s32 most)
{
    u64 m = next();
    s32 top = F80_BIAS + most, near = (s32)(next() % 80), exponents[] = { (s32)(next() % (u64)(top + 1)), (s32)(next() % (u64)(top + 1)), 0, near, top - near };
    s32 exponent = exponents[next() % COUNT_OF(exponents)];
    if (!(next() & 3)) m &= ~0ull << next() % 64;
    if (exponent || !m) m |= F80_ONE_BIT;                      /* else a denormal, or one that should have been a normal number */
    return f80_make(next() & 1, exponent, m);
}

static void any_operands(unsigned function, f80_t *y, f80_t *x)
{
    static const s16 most[] = { [SIN] = 62, [COS] = 62, [TAN] = 62, [ATAN] = F80_BIAS, [TWO_XM1] = -1, [YL2X] = F80_BIAS, [YL2XP1] = -3 };
    *x = any_number(most[function]);
    *y = any_number(F80_BIAS);
    if (function == ATAN && next() & 1)
        *y = f80_make(f80_sign(*y), (f80_exponent(*x) + (s32)(next() % 200) - 100) & 0x3FFF, y->m | F80_ONE_BIT);
    if (function == YL2X && next() & 1) *x = near_one();
    if (function == YL2X) x->se &= F80_MAX;
}

/* An exact value rounded to this format as 4.9.1.4 and 4.9.1.5 say, exceptions masked: judged with any exponent, then delivered.
 * *raised: OE, UE, PE, and C1 for "away from zero". */
static f80_t delivered(exact_t *e, unsigned rounding, u16 *raised)
{
    static const mpfr_rnd_t modes[] = { MPFR_RNDN, MPFR_RNDD, MPFR_RNDU, MPFR_RNDZ };
    enum { LEAST = 1 - F80_BIAS - 63 };                        /* the last place of a denormal: 2^-16445 */
    mpfr_t r;
    mpfr_init2(r, 64);
    mpfr_set(r, e->value, modes[rounding]);
    long unit = mpfr_get_exp(r) - 64;
    bool tiny = unit < LEAST, huge = unit > F80_MAX - 1 - F80_BIAS - 63, negative = mpfr_signbit(r);
    if (tiny) {
        unit = LEAST;
        mpfr_mul_2si(e->t, e->value, -LEAST, MPFR_RNDN);
        mpfr_rint(r, e->t, modes[rounding]);
        mpfr_mul_2si(r, r, LEAST, MPFR_RNDN);
    }
    bool away = mpfr_cmpabs(r, e->value) > 0;
    mpfr_mul_2si(r, r, -unit, MPFR_RNDN);
    mpfr_abs(r, r, MPFR_RNDN);
    u64 m = mpfr_get_uj(r, MPFR_RNDZ);
    mpfr_clear(r);
    if (huge) away = modes[rounding] == MPFR_RNDN || modes[rounding] == (negative ? MPFR_RNDD : MPFR_RNDU);
    *raised = (u16)(X87_PE | (tiny ? X87_UE : 0) | (huge ? X87_OE : 0) | (away ? X87_C1 : 0));
    if (huge) return away ? f80_infinity(negative) : f80_make(negative, F80_MAX - 1, ~0ull);
    return f80_make(negative, m & F80_ONE_BIT ? (s32)(unit - LEAST) + 1 : 0, m);
}

static bool has_exact_result(unsigned function, f80_t y, f80_t x)
{
    bool power_of_two = !(x.m & (x.m - 1));
    return !x.m || !y.m || (function == YL2X && power_of_two) || (function == ATAN && y.m == 0);
}

START_TEST(every_rounding_is_that_of_the_exact_value)
{
    exact_t exact = exact_numbers();
    unsigned function = (unsigned)_i;
    u64 wrong = 0, flags = 0, n = 0, tiny = 0, huge = 0;
    for (u64 i = 0; i < cases; i++) {
        f80_t y, x;
        any_operands(function, &y, &x);
        bool binary = function == ATAN || function >= YL2X;
        if (has_exact_result(function, binary ? y : F80_POSITIVE_ONE, x)) continue;
        compute(&exact, function, y, x);
        for (unsigned rounding = 0; rounding < 4; rounding++) {
            u16 raised, denormals = f80_class(x) == F80_DENORMAL || (binary && f80_class(y) == F80_DENORMAL) ? X87_DE : 0;
            float_env_t e = { .control = (u16)(0x7F | (next() & X87_PC) | rounding << 10) };
            f80_t expected = delivered(&exact, rounding, &raised), got = ours_in(&e, function, y, x);
            bool bad = got.m != expected.m || got.se != expected.se;
            if (bad && !wrong) printf("  y %04X:%016llX x %04X:%016llX rounding %u: %04X:%016llX, exact %04X:%016llX\n", y.se, (unsigned long long)y.m, x.se, (unsigned long long)x.m,
                                      rounding, got.se, (unsigned long long)got.m, expected.se, (unsigned long long)expected.m);
            wrong += bad;
            if (e.raised != (raised | denormals) && !flags++) printf("  y %04X:%016llX x %04X:%016llX rounding %u: flags %X, expected %X\n", y.se, (unsigned long long)y.m, x.se,
                                                                     (unsigned long long)x.m, rounding, e.raised, raised | denormals);
            tiny += raised >> 4 & 1;
            huge += raised >> 3 & 1;
            n++;
        }
    }
    free_exact(&exact);
    printf("%s, %llu results in four roundings, %llu of them tiny, %llu too large: %llu wrong, %llu with wrong flags\n", names[function], (unsigned long long)n,
           (unsigned long long)tiny, (unsigned long long)huge, (unsigned long long)wrong, (unsigned long long)flags);
    ck_assert_uint_gt(n, 2 * cases);
    ck_assert_uint_eq(wrong + flags, 0);
}
END_TEST

/* ---- monotonic: neighbours in, never the other order out ---- */

static const struct { u8 function; s16 least, most; bool rises; } slopes[] = {
    { SIN, -60, -1, true }, { COS, -31, 0, false }, { TAN, -60, -1, true }, { ATAN, -60, 60, true }, { TWO_XM1, -60, -1, true }, { YL2X, -60, 60, true }, { YL2XP1, -60, -3, true },
};

static f80_t at(unsigned function, f80_t x, f80_t (*call)(unsigned, f80_t, f80_t))
{
    return function == ATAN ? call(ATAN, x, F80_POSITIVE_ONE) : call(function, F80_POSITIVE_ONE, x);
}

static bool wrong_order(f80_t before, f80_t after, bool rises)
{
    float_env_t e = { .control = 0x37F };
    return f80_compare(&e, before, after, false) == (rises ? F80_GREATER : F80_LESS);
}

START_TEST(neighbours_stay_in_order)
{
    unsigned function = slopes[_i].function;
    u64 mine = 0, theirs = 0;
    for (u64 i = 0; i < cases; i++) {
        f80_t x = number(slopes[_i].least, slopes[_i].most);
        x.se &= F80_MAX;
        x.m &= ~1ull;
        f80_t after = { x.m | 1, x.se };
        mine   += wrong_order(at(function, x, ours), at(function, after, ours), slopes[_i].rises);
        theirs += wrong_order(at(function, x, hosts), at(function, after, hosts), slopes[_i].rises);
    }
    printf("%s, %llu pairs of neighbours: out of order doppel %llu, this host %llu\n", names[function], (unsigned long long)cases,
           (unsigned long long)mine, (unsigned long long)theirs);
    ck_assert_uint_eq(mine, 0);
}
END_TEST

static void add_tests(TCase *tc)
{
    tcase_add_loop_test(tc, errors_stay_below_a_unit_in_the_last_place, 0, FUNCTIONS);
    tcase_add_loop_test(tc, every_rounding_is_that_of_the_exact_value, 0, FUNCTIONS);
    tcase_add_loop_test(tc, neighbours_stay_in_order, 0, COUNT_OF(slopes));
}
static void set_seed(const char *text) { seed = strtoull(text, NULL, 0) | 1; }
#else
static void add_tests(TCase *tc) { (void)tc; printf("skipped: built without libmpfr\n"); }
static void set_seed(const char *text) { (void)text; }
#endif

int main(int argc, char **argv)
{
    if (argc > 1) cases = strtoull(argv[1], NULL, 0);
    if (argc > 2) set_seed(argv[2]);
    TCase *tc = tcase_create("accuracy");
    tcase_set_timeout(tc, 0);
    add_tests(tc);
    Suite *s = suite_create("accuracy of the transcendental instructions");
    suite_add_tcase(s, tc);
    return run_all(s);
}
