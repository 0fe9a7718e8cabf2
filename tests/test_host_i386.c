/* test_host_i386.c - this host's silicon as the oracle: every row of the opcode tables that user mode can execute, natively in 32- and 16-bit code segments
 * and on a cpu_t with both lowerings; registers, flags, segment registers, x87, SSE and memory compared, and exceptions with error code and CR2.
 * How: tests/silicon/silicon.h.
 *
 * DOPPEL_HOST_CASES=20000000 runs more, DOPPEL_HOST_SEED=n others, DOPPEL_HOST_CASE=n only that one.  On other hosts the test says so and passes. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include "tests/silicon/silicon.h"

enum { OURS = 2, SHOWN_PER_FORM = 2, SHOWN = 60 };
#if defined(__SANITIZE_ADDRESS__)
enum { CASES = 120000 };
#else
enum { CASES = 600000 };
#endif

static generator_t g;
static emulated_t *ours[OURS];
static u64 wrong, undefined_by_form[MAX_FORMS], ran_by_form[MAX_FORMS];
static u8 shown[MAX_FORMS];

static u64 setting(const char *name, u64 otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

/* ---- memory: three copies of the generator's ---- */

static void put_everywhere(u32 at, u32 bytes)
{
    u32 page = at / PAGE_BYTES, in = at % PAGE_BYTES;
    memcpy(native_page(page) + in, g.memory + at, bytes);
    for (unsigned k = 0; k < OURS; k++) memcpy(emulated_page(ours[k], page) + in, g.memory + at, bytes);
}

static void put_ranges(const range_t *ranges, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        for (u32 k = 0; k < ranges[i].bytes; k++) {
            s32 at = data_place(ranges[i].linear + k);
            if (at >= 0) put_everywhere((u32)at, 1);
        }
}

static bool memory_differs(unsigned k)
{
    for (unsigned page = 0; page < DATA_PAGES; page++)
        if (memcmp(native_page(page), emulated_page(ours[k], page), PAGE_BYTES) != 0) return true;
    return false;
}

static void restore(bool all)
{
    for (unsigned page = 0; page < DATA_PAGES; page++)
        for (u32 in = 0; in < PAGE_BYTES; in += 256)
            if (all || memcmp(native_page(page) + in, g.memory + page * PAGE_BYTES + in, 256) != 0) put_everywhere(page * PAGE_BYTES + in, 256);
}

/* Make memory of machine k what it is here; true: it was not. */
static bool forgive(unsigned k, u32 linear, u32 bytes)
{
    bool differed = false;
    for (u32 i = 0; i < bytes; i++) {
        s32 at = data_place(linear + i);
        if (at < 0) continue;
        u8 *byte = emulated_page(ours[k], (u32)at / PAGE_BYTES) + at % PAGE_BYTES, want = native_page((u32)at / PAGE_BYTES)[at % PAGE_BYTES];
        differed |= *byte != want;
        *byte = want;
    }
    return differed;
}

/* Memory that the manual leaves to the processor.  PUSH of a segment register with 32 bits: the upper half of the slot (SDM vol. 2, PUSH).  FXSAVE: AMD's store the
 * last-instruction pointers only with a pending exception; bits of MXCSR_MASK are the model's. */
static bool forgive_memory(const case_t *c, const result_t *want, unsigned k)
{
    if (c->instr == I_PUSH_sreg && g.forms[c->form].width == 32) return forgive(k, want->user.r[ESP] + 2, 2);
    if (c->instr != I_FXSAVE || want->vector != COMPLETED) return false;
    unsigned differed = forgive(k, g.operand + FX_TAGS + 1, FX_MXCSR - FX_TAGS - 1);
    differed += forgive(k, g.operand + FX_MASK, 4);
    for (u32 i = 0; i < 8; i++) differed += forgive(k, g.operand + FX_ST + 16 * i + 10, 6);           /* reserved */
    return differed != 0;
}

/* ---- a case ---- */

static bool ask_both(bool last)
{
    static result_t want, got;
    const form_t *f = &g.forms[g.c.form];
    bool bad = false;
    native_run(&g.c, &want);
    for (unsigned k = 0; k < OURS; k++) {
        emulated_run(ours[k], &g.c, &got);
        bool forgiven = forgive_memory(&g.c, &want, k);
        u32 difference = judge(&g.c, f, &want, &got, memory_differs(k)) | (forgiven ? JUDGED_UNDEFINED : 0u);
        if (k == 0 && difference & JUDGED_UNDEFINED) undefined_by_form[g.c.form]++;
        if (!(difference & ~(u32)JUDGED_UNDEFINED)) continue;
        if (!bad && last && shown[g.c.form] < SHOWN_PER_FORM) {
            static unsigned total;
            shown[g.c.form]++;
            if (total++ < SHOWN) judge_show(&g.c, f, difference, &want, &got, k ? "L0" : "L1");
        }
        bad = true;
    }
    restore(bad);
    return bad;
}

/* A host may take the processor away between state and instruction and lose what it need not save (AMD's x87 pointers): what differs is asked again. */
static void run_case(u64 seed, u64 n)
{
    bool bad = true;
    generator_make(&g, seed, n);
    put_ranges(g.c.restored, g.c.n_restored);
    put_ranges(g.c.changed, g.c.n_changed);
    for (unsigned try = 0; bad && try < 3; try++) bad = ask_both(try == 2);
    ran_by_form[g.c.form]++;
    wrong += bad;
}

/* ---- reports ---- */

static void report(u64 cases)
{
    u64 undefined_of[N_INSTR] = { 0 }, ran_of[N_INSTR] = { 0 };
    unsigned covered = 0;
    for (unsigned i = 0; i < g.n_forms; i++) {
        covered += ran_by_form[i] != 0;
        undefined_of[g.forms[i].instr] += undefined_by_form[i];
        ran_of[g.forms[i].instr] += ran_by_form[i];
    }
    printf("host: %s\nhost: %llu cases, %u of %u forms, each with two lowerings; %llu differ in what the manual defines\n", native_facts()->name,
           (unsigned long long)cases, covered, g.n_forms, (unsigned long long)wrong);
    printf("host: undefined results that differ:");
    for (unsigned i = 0; i < N_INSTR; i++)
        if (undefined_of[i]) printf(" %s %.1f%%", instructions[i].name, 100.0 * (double)undefined_of[i] / (double)ran_of[i]);
    printf("\nhost: not asked:");
    for (u16 i = 0; i < N_INSTR; i++)
        if (generator_reason(i)) printf(" %s (%s);", instructions[i].name, generator_reason(i));
    putchar('\n');
}

START_TEST(silicon_and_the_emulated_processor_agree)
{
    const char *trouble = native_open();
    if (trouble) {
        printf("host: skipped: %s\n", trouble);
        return;
    }
    u64 seed = setting("DOPPEL_HOST_SEED", 1), cases = setting("DOPPEL_HOST_CASES", CASES), only = setting("DOPPEL_HOST_CASE", UINT64_MAX);
    lacking_quiet(true);
    generator_init(&g, seed);
    for (unsigned k = 0; k < OURS; k++) ck_assert_ptr_nonnull(ours[k] = emulated_new(MODEL_PENTIUM4, k == 0));
    restore(true);
    for (u64 n = only == UINT64_MAX ? 0 : only; n < (only == UINT64_MAX ? cases : only + 1); n++) run_case(seed, n);
    report(cases);
    for (unsigned k = 0; k < OURS; k++) emulated_free(ours[k]);
    ck_assert_uint_eq(wrong, 0);
    if (only == UINT64_MAX) for (unsigned i = 0; i < g.n_forms; i++) ck_assert_uint_gt(ran_by_form[i], 0);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("host");
    tcase_set_timeout(tc, 0);
    tcase_add_test(tc, silicon_and_the_emulated_processor_agree);
    Suite *s = suite_create("this host's silicon");
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_set_fork_status(sr, CK_NOFORK);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed != 0;
}
