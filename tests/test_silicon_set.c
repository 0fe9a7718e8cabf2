/* test_silicon_set.c - the recorded set of silicon vectors (tests/silicon/vectors, made by tests/silicon/record.sh) passes completely, and so does one
 * that this host's processor makes on the spot with another seed.
 *
 * DOPPEL_SET_FOLDER=folder writes the set there instead (DOPPEL_SET_SEED, DOPPEL_SET_ENCODINGS, DOPPEL_SET_VARIANTS); DOPPEL_SET_SEED chooses the second
 * set's seed.  On other hosts only the recorded set runs. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "fidelity/conform.h"
#include "tests/run_all.h"
#include "tests/silicon/set.h"

enum { RECORDED_VECTORS = 300000, RECORDED_FORMS = 1500 };
#if defined(__SANITIZE_ADDRESS__)
enum { ENCODINGS = 1, VARIANTS = 4, SAMPLED = true };      /* files of `samples` */
#else
enum { ENCODINGS = 2, VARIANTS = 12, SAMPLED = false };
#endif

static const char *const samples[] = { "one-00", "one-C0", "two-A0", "simd-40", "x87-D9", "x87-DF" };
#define RECORDED "tests/silicon/vectors"

static unsigned setting(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);
    return text ? (unsigned)strtoul(text, NULL, 0) : otherwise;
}

/* Everything in the folder passes; how many vectors there are. */
static u64 conform(const char *folder, const char *who, bool sampled)
{
    conform_t c = { .model = MODEL_386, .host_model = MODEL_PENTIUM4, .verbose = true, .jobs = 2 };
    conform_why_t why;
    lacking_quiet(true);
    for (unsigned i = 0; i < COUNT_OF(samples) && sampled; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s.moo.gz", folder, samples[i]);
        ck_assert_msg(conform_add(&c, path, &why), "%s", why.text);
    }
    if (!sampled) ck_assert_msg(conform_add(&c, folder, &why), "%s", why.text);
    ck_assert(conform_run(&c));
    u64 n = conform_vectors(&c.total);
    printf("%s: %u files, %llu vectors: %llu the same, %llu differ only in what is undefined, %llu wrong; %.1f s\n", who, c.n_files, (unsigned long long)n,
           (unsigned long long)c.total.result[VECTOR_PASSED], (unsigned long long)c.total.result[VECTOR_UNDEFINED], (unsigned long long)c.total.result[VECTOR_FAILED], c.seconds);
    for (unsigned i = 0, shown = 0; i < c.n_files; i++) {
        if (c.files[i].trouble) printf("%s: %s\n", c.files[i].path, c.files[i].trouble);
        if (c.files[i].report && c.files[i].report[0] && shown++ < 20) printf("%.1500s\n", c.files[i].report);
    }
    ck_assert_uint_eq(c.bad_files, 0);
    ck_assert_uint_eq(c.total.result[VECTOR_FAILED], 0);
    ck_assert_uint_eq(c.total.result[VECTOR_EXCEPTED], 0);
    conform_free(&c);
    return n;
}

START_TEST(the_recorded_set_passes)
{
    u64 n = conform(RECORDED, "recorded set", SAMPLED);
    if (!SAMPLED) ck_assert_uint_ge(n, RECORDED_VECTORS);
}
END_TEST

/* false: this host cannot. */
static bool make(const char *folder, u64 seed, unsigned encodings, unsigned variants, set_counts_t *n)
{
    moo_why_t why;
    if (!set_record(folder, seed, encodings, variants, n, &why)) {
        printf("set: skipped: %s\n", why.text);
        return false;
    }
    printf("set: seed %llu: %u vectors of %u forms in %u files, %u of them exceptions; %u cases were none\n", (unsigned long long)seed, n->vectors, n->forms, n->files,
           n->exceptions, n->dropped);
    fflush(stdout);
    return true;
}

START_TEST(a_set_made_on_the_spot_passes)
{
    char folder[] = "/tmp/doppel-set-XXXXXX", command[80];
    set_counts_t n;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    bool made = make(folder, setting("DOPPEL_SET_SEED", 2026), ENCODINGS, VARIANTS, &n);
    if (made) ck_assert_uint_eq(conform(folder, "set of this host", false), n.vectors);
    if (made) ck_assert_uint_ge(n.forms, RECORDED_FORMS);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

/* The first vector with x87 state that silicon changed: one bit of it wrong is noticed, unless it is masked. */
START_TEST(one_wrong_bit_of_floating_point_state_is_noticed)
{
    enum { ST0 = 32, POINTERS = 8 };
    static vector_machine_t machine;
    static moo_test_t t;
    static vector_run_t v;
    moo_why_t why;
    moo_t moo;
    size_t bytes;
    unsigned row;
    u8 *data = moo_load(RECORDED "/x87-D8.moo.gz", &bytes, &why);
    ck_assert_msg(data != NULL, "%s", why.text);
    ck_assert(moo_open(&moo, data, bytes) && vector_machine_open(&machine, MODEL_PENTIUM4, true, false));
    while (moo_next(&moo, &t) && memcmp(t.before.fx + ST0, t.after.fx + ST0, 10) == 0) {}
    for (unsigned at = 0; at < MOO_FX; at++) {
        t.after.fx[at] ^= 1;
        vector_run(&machine, &v, RECORDED_HOST, &t);
        bool counts = at < 5 || (at >= 24 && at < 28) || (at >= ST0 && (at >= 160 || (at & 15) < 10));
        counts = counts && (t.fx_mask[at] & 1);
        if ((vector_judge(&machine, &v, &row) == VECTOR_FAILED) != counts) ck_abort_msg("byte %u", at);
        vector_blank(&machine, &t);
        t.after.fx[at] ^= 1;
    }
    ck_assert_uint_eq(t.fx_mask[POINTERS], 0);
    vector_machine_close(&machine);
    free(data);
}
END_TEST

int main(void)
{
    const char *folder = getenv("DOPPEL_SET_FOLDER");
    set_counts_t n;
    if (folder) return make(folder, setting("DOPPEL_SET_SEED", 1), setting("DOPPEL_SET_ENCODINGS", 6), setting("DOPPEL_SET_VARIANTS", 31), &n) ? 0 : 77;
    TCase *tc = tcase_create("silicon set");
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, the_recorded_set_passes);
    tcase_add_test(tc, a_set_made_on_the_spot_passes);
    tcase_add_test(tc, one_wrong_bit_of_floating_point_state_is_noticed);
    Suite *s = suite_create("silicon set");
    suite_add_tcase(s, tc);
    return run_all(s);
}
