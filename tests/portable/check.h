/* check.h - as much of libcheck's interface as the tests of cpu/ and mem/ use, for hosts where only a C compiler is at hand: a cross
 * compiler and an emulator of the host it compiles for (tests/portable/run.sh).  Each test runs in a process of its own, as with libcheck.
 * Left out: timeouts, unchecked fixtures, logs, and the numbers of a comparison that failed (its text is shown). */
#pragma once
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct { const char *name; void (*run)(int _i); int from, to; void (*setup)(void), (*teardown)(void); } TTest;
typedef struct { TTest test[256]; unsigned n; void (*setup)(void), (*teardown)(void); } TCase;
typedef struct { TCase *tcase[64]; unsigned n; } Suite;
typedef struct { Suite *suite; int n, failed; } SRunner;

enum { CK_ENV, CK_NORMAL };

#define START_TEST(name) static void name##_body(int _i); \
    static const TTest name##_test = { #name, name##_body, 0, 1, NULL, NULL }; static const TTest *const name = &name##_test; \
    static void name##_body(int _i) { (void)_i;
#define END_TEST }

#define ck_fail_at(...) (printf("%s:%d: ", __FILE__, __LINE__), printf(__VA_ARGS__), printf("\n"), fflush(stdout), _exit(1))
#define ck_assert(c)                 ((c) ? (void)0 : ck_fail_at("%s", #c))
#define ck_assert_msg(c, ...)        ((c) ? (void)0 : ck_fail_at(__VA_ARGS__))
#define ck_abort_msg(...)            ck_fail_at(__VA_ARGS__)
#define ck_abort()                   ck_fail_at("aborted")
#define ck_assert_int_eq(a, b)       ck_assert((a) == (b))
#define ck_assert_int_ne(a, b)       ck_assert((a) != (b))
#define ck_assert_int_gt(a, b)       ck_assert((a) > (b))
#define ck_assert_int_ge(a, b)       ck_assert((a) >= (b))
#define ck_assert_int_le(a, b)       ck_assert((a) <= (b))
#define ck_assert_uint_eq(a, b)      ck_assert((uintmax_t)(a) == (uintmax_t)(b))
#define ck_assert_uint_ne(a, b)      ck_assert((uintmax_t)(a) != (uintmax_t)(b))
#define ck_assert_uint_gt(a, b)      ck_assert((uintmax_t)(a) > (uintmax_t)(b))
#define ck_assert_uint_ge(a, b)      ck_assert((uintmax_t)(a) >= (uintmax_t)(b))
#define ck_assert_uint_lt(a, b)      ck_assert((uintmax_t)(a) < (uintmax_t)(b))
#define ck_assert_uint_le(a, b)      ck_assert((uintmax_t)(a) <= (uintmax_t)(b))
#define ck_assert_double_le(a, b)    ck_assert((a) <= (b))
#define ck_assert_ptr_eq(a, b)       ck_assert((a) == (b))
#define ck_assert_ptr_nonnull(a)     ck_assert((a) != NULL)
#define ck_assert_ptr_null(a)        ck_assert((a) == NULL)
#define ck_assert_str_eq(a, b)       ck_assert(strcmp(a, b) == 0)
#define ck_assert_mem_eq(a, b, n)    ck_assert(memcmp(a, b, n) == 0)

static inline void *check_new(size_t bytes)
{
    void *p = calloc(1, bytes);
    if (!p) _exit(2);
    return p;
}
static inline TCase *tcase_create(const char *name) { (void)name; return check_new(sizeof(TCase)); }
static inline Suite *suite_create(const char *name) { (void)name; return check_new(sizeof(Suite)); }
static inline SRunner *srunner_create(Suite *s)     { SRunner *r = check_new(sizeof *r); r->suite = s; return r; }
static inline void srunner_free(SRunner *r)         { free(r); }
static inline int  srunner_ntests_failed(SRunner *r) { return r->failed; }
static inline void suite_add_tcase(Suite *s, TCase *t) { s->tcase[s->n++ & 63] = t; }
static inline void tcase_set_timeout(TCase *t, double seconds) { (void)t; (void)seconds; }
static inline void tcase_add_checked_fixture(TCase *t, void (*setup)(void), void (*teardown)(void)) { t->setup = setup; t->teardown = teardown; }
static inline void tcase_add_loop_test(TCase *t, const TTest *test, int from, int to)
{
    TTest *to_run = &t->test[t->n++ & 255];
    *to_run = *test;
    to_run->from = from;
    to_run->to = to;
}
static inline void tcase_add_test(TCase *t, const TTest *test) { tcase_add_loop_test(t, test, 0, 1); }

static inline bool check_passes(const TCase *t, const TTest *test, int i)
{
    int status = 1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (t->setup) t->setup();
        test->run(i);
        if (t->teardown) t->teardown();
        fflush(stdout);
        _exit(0);
    }
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static inline void srunner_run_all(SRunner *r, int mode)
{
    (void)mode;
    for (unsigned c = 0; c < r->suite->n; c++)
        for (unsigned k = 0; k < r->suite->tcase[c]->n; k++) {
            const TTest *test = &r->suite->tcase[c]->test[k];
            for (int i = test->from; i < test->to; i++) {
                r->n++;
                if (check_passes(r->suite->tcase[c], test, i)) continue;
                r->failed++;
                printf("failed: %s, %d\n", test->name, i);
            }
        }
    printf("Checks: %d, Failures: %d\n", r->n, r->failed);
}
