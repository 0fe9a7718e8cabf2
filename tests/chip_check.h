/* chip_check.h - what every chip's tests need: state walks checked, and a generator of repeatable random numbers. */
#pragma once
#include <check.h>
#include <stdlib.h>
#include "devices/state.h"
#include "tests/run_all.h"

typedef void chip_walk_fn(void *chip, walker_t *w);

/* Random state into `full`, saved, loaded into `empty` (another chip of the same kind, freshly made): the same bytes and the same hash
 * come back, and no shorter file is accepted. */
static inline void check_walk(chip_walk_fn *walk, void *full, void *empty)
{
    for (u64 seed = 1; seed <= 20; seed++) {
        walker_t w = walk_randomiser(seed);
        walk(full, &w);
        ck_assert(!w.failed);
        blob_t saved = { 0 }, again = { 0 };
        w = walk_saver(&saved);
        walk(full, &w);
        w = walk_loader(&saved);
        walk(empty, &w);
        ck_assert_msg(!w.failed, "%s", w.why);
        ck_assert_uint_eq(w.at, saved.bytes);
        w = walk_saver(&again);
        walk(empty, &w);
        ck_assert_uint_eq(again.bytes, saved.bytes);
        ck_assert(memcmp(again.data, saved.data, saved.bytes) == 0);
        walker_t a = walk_hasher(), b = walk_hasher();
        walk(full, &a);
        walk(empty, &b);
        ck_assert(a.hash == b.hash);
        saved.bytes--;
        w = walk_loader(&saved);
        walk(empty, &w);
        ck_assert(w.failed);
        blob_free(&saved);
        blob_free(&again);
    }
}

typedef struct { u64 state; } dice_t;
static inline u32 throw_dice(dice_t *d, u32 sides)
{
    d->state = d->state * 6364136223846793005u + 1442695040888963407u;
    return (u32)(d->state >> 33) % sides;
}

static inline int run_suite(const char *name, TCase *tc)
{
    Suite *s = suite_create(name);
    suite_add_tcase(s, tc);
    return run_all(s);
}
