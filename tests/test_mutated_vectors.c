/* test_mutated_vectors.c - recorded vectors with bytes wrong in them, executed: whatever a file says happens inside the machine that runs it.  Each file is run
 * or refused with a place in it, and a file that is good passes afterwards on the same machine.
 *
 * Of each collection that is here (tests/silicon/vectors, $DOPPEL_SHARED/vectors/80286 or ../shared's) some files; a mutated one has their chunks and twelve tests.
 * DOPPEL_MUTATIONS=n for another number of files than 400, DOPPEL_SEED=n for others; TMPDIR says where they are written. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "fidelity/conform.h"
#include "fidelity/moo.h"
#include "tests/random_program.h"
#include "tests/run_all.h"

enum { TESTS = 12, ROUND = 200, MOST_TESTS = 20000, COUNT_AT = 12, GOOD_EVERY = 20 };

typedef struct { u8 *data; size_t bytes, head; size_t at[MOST_TESTS]; unsigned n; } source_t;      /* head: chunks before the first test */

static const char *const names[] = { "tests/silicon/vectors/one-00.moo.gz", "tests/silicon/vectors/one-C0.moo.gz", "tests/silicon/vectors/two-A0.moo.gz", "tests/silicon/vectors/simd-60.moo.gz",
    "tests/silicon/vectors/x87-D9.moo.gz", "80286/F7.6.MOO.gz", "80286/CF.MOO.gz", "80286/A4.MOO.gz", "80286/8F.MOO.gz", "80286/62.MOO.gz" };

static source_t sources[COUNT_OF(names)];
static unsigned n_sources;
static char folder[256];

static u64 setting(const char *name, u64 otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

static void load(const char *name)
{
    char path[1024];
    moo_why_t why;
    source_t *s = &sources[n_sources];
    const char *shared = getenv("DOPPEL_SHARED");
    if (strncmp(name, "80286", 5) == 0) snprintf(path, sizeof path, "%s/vectors/%s", shared ? shared : "../shared", name);
    else                                snprintf(path, sizeof path, "%s", name);
    s->data = moo_load(path, &s->bytes, &why);
    if (!s->data) return;
    for (size_t at = 0; at + 8 <= s->bytes && s->n < MOST_TESTS; at += 8 + get(s->data + at + 4, W32)) {
        if (memcmp(s->data + at, "TEST", 4) != 0) continue;
        if (s->n == 0) s->head = at;
        s->at[s->n++] = at;
    }
    n_sources++;
}

static u8 *add(u8 *to, const u8 *from, size_t n)
{
    memcpy(to, from, n);
    return to + n;
}

/* false: it is as good as it was. */
static bool write_mutant(random_t *r, const char *path, bool mutate)
{
    static u8 file[1 << 20];
    const source_t *s = &sources[below(r, n_sources)];
    u8 *end = add(file, s->data, s->head);
    for (unsigned i = 0; i < TESTS; i++) {
        size_t at = s->at[below(r, s->n)], bytes = 8 + get(s->data + at + 4, W32);
        if ((size_t)(file + sizeof file - end) >= bytes) end = add(end, s->data + at, bytes);
    }
    put(file + COUNT_AT, W32, TESTS);
    size_t n = (size_t)(end - file);
    for (u32 times = mutate ? 1 + below(r, 8) : 0; times; times--) {
        size_t at = chance(r, 20) ? random64(r) % n : s->head + random64(r) % (n - s->head);
        if (chance(r, 2)) file[at] ^= (u8)(1 << below(r, 8));
        else              file[at] = chance(r, 2) ? 0xFF : (u8)random64(r);
    }
    FILE *f = fopen(path, "wb");
    ck_assert(f && fwrite(file, 1, n, f) == n && fclose(f) == 0);
    return mutate;
}

static void file_name(char path[300], unsigned i) { snprintf(path, 300, "%s/%03u.moo", folder, i); }

START_TEST(mutated_vectors_are_run_or_refused)
{
    random_t r = { setting("DOPPEL_SEED", 1) };
    u64 files = setting("DOPPEL_MUTATIONS", 400), run = 0, refused = 0, wrong = 0;
    char path[300];
    lacking_quiet(true);
    for (unsigned i = 0; i < COUNT_OF(names); i++) load(names[i]);
    ck_assert_uint_ge(n_sources, 5);
    for (u64 done = 0; done < files; done += ROUND) {
        conform_t c = { .model = MODEL_386, .host_model = MODEL_PENTIUM4, .jobs = 1, .l0 = done / ROUND & 1 };
        conform_why_t why;
        bool good[ROUND];
        for (unsigned i = 0; i < ROUND; i++) {
            file_name(path, i);
            good[i] = !write_mutant(&r, path, i % GOOD_EVERY != GOOD_EVERY - 1);
        }
        ck_assert_msg(conform_add(&c, folder, &why), "%s", why.text);
        ck_assert(conform_run(&c) && c.n_files == ROUND);
        for (unsigned i = 0; i < ROUND; i++) {
            const conform_file_t *f = &c.files[i];
            u64 failed = 0;
            for (unsigned k = 0; k < f->n_forms; k++) failed += f->forms[k].result[VECTOR_FAILED];
            ck_assert_msg(!f->trouble || strstr(f->trouble, "at byte") || strstr(f->trouble, "recorded on"), "%s", f->trouble);
            ck_assert_msg(!good[i] || (!f->trouble && failed == 0), "a good file after mutated ones, number %u: %s", i, f->trouble ? f->trouble : "a vector failed");
            run += f->vectors;
            refused += f->trouble != NULL;
            wrong += failed;
        }
        conform_free(&c);
    }
    for (unsigned i = 0; i < ROUND; i++) {
        file_name(path, i);
        unlink(path);
    }
    printf("%llu files, %llu refused, %llu vectors run, %llu of them failed\n", (unsigned long long)files, (unsigned long long)refused, (unsigned long long)run, (unsigned long long)wrong);
    ck_assert_uint_gt(refused, files / 20);
    ck_assert_uint_gt(wrong, files / 4);
    for (unsigned i = 0; i < n_sources; i++) free(sources[i].data);
}
END_TEST

int main(void)
{
    const char *temporary = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.200s/doppel-vectors-XXXXXX", temporary ? temporary : "/tmp");
    if (!mkdtemp(folder)) return EXIT_FAILURE;
    TCase *tc = tcase_create("mutated vectors");
    tcase_set_timeout(tc, 1200);
    tcase_add_test(tc, mutated_vectors_are_run_or_refused);
    Suite *s = suite_create("mutated vectors");
    suite_add_tcase(s, tc);
    int status = run_all(s);
    rmdir(folder);
    return status;
}
