/* test_state.c - the walkers over machine state.  A saved state is untrusted input (RELIABILITY, saved state row): whatever its bytes,
 * loading either gives values inside their bounds or says what is wrong. */
#include <check.h>
#include <stdlib.h>
#include "devices/state.h"
#include "tests/run_all.h"
#include "tests/walks.h"

typedef struct {
    u8 byte; u16 half; u32 word; u64 quad; bool flag;
    u8 index;                    /* 0..9 */
    u16 table[5]; bool flags[3]; u32 small[4];
    u8 memory[100];
} chip_t;

static void chip_walk(chip_t *chip, walker_t *w)
{
    walk_chip(w, "chip", 3);
    FIELD(w, chip->byte);  FIELD(w, chip->half);  FIELD(w, chip->word);  FIELD(w, chip->quad);
    FIELD(w, chip->flag);
    FIELD_MAX(w, chip->index, 9);
    FIELD_ARRAY(w, chip->table);
    FIELD_ARRAY(w, chip->flags);
    FIELD_ARRAY_MAX(w, chip->small, 1000);
    FIELD_BYTES(w, chip->memory, sizeof chip->memory);
}

static chip_t chip;
static blob_t blob;

static void fill(void)
{
    chip = (chip_t){ .byte = 0x12, .half = 0x3456, .word = 0x789ABCDE, .quad = 0x0123456789ABCDEFull, .flag = true, .index = 9,
                     .table = { 1, 2, 3, 4, 0xFFFF }, .flags = { true, false, true }, .small = { 0, 1, 999, 1000 } };
    for (unsigned i = 0; i < sizeof chip.memory; i++) chip.memory[i] = (u8)(i * 7);
}

static void power_on(void)
{
    fill();
    blob = (blob_t){ 0 };
    walker_t w = walk_saver(&blob);
    chip_walk(&chip, &w);
    ck_assert(!w.failed);
}

static void power_off(void) { blob_free(&blob); }

static walker_t load(blob_t *from)
{
    walker_t w = walk_loader(from);
    chip_walk(&chip, &w);
    return w;
}

static bool inside_bounds(void)
{
    u8 raw[4];
    memcpy(raw, &chip.flag, 1);
    memcpy(raw + 1, chip.flags, 3);
    for (int i = 0; i < 4; i++)
        if (raw[i] > 1 || chip.small[i] > 1000) return false;
    return chip.index <= 9;
}

static u64 hash_of(chip_t *of)
{
    walker_t w = walk_hasher();
    chip_walk(of, &w);
    return w.hash;
}

START_TEST(what_was_saved_is_loaded)
{
    chip_t was = chip;
    memset(&chip, 0, sizeof chip);
    walker_t w = load(&blob);
    ck_assert(!w.failed);
    ck_assert_uint_eq(w.at, blob.bytes);
    ck_assert(chip.byte == was.byte && chip.half == was.half && chip.word == was.word && chip.quad == was.quad);
    ck_assert(chip.flag && chip.index == 9 && chip.flags[0] && !chip.flags[1] && chip.flags[2]);
    ck_assert_mem_eq(chip.table, was.table, sizeof was.table);
    ck_assert_mem_eq(chip.small, was.small, sizeof was.small);
    ck_assert_mem_eq(chip.memory, was.memory, sizeof was.memory);
}
END_TEST

/* The format is the same on every host: header, then name, element bytes, count, little-endian values. */
START_TEST(saved_bytes_are_little_endian_with_names)
{
    static const u8 begins[] = { 4, 0, 0, 0, 'c', 'h', 'i', 'p', 3, 0, 0, 0,
        10, 0, 0, 0, 'c', 'h', 'i', 'p', '-', '>', 'b', 'y', 't', 'e', 1, 0, 0, 0, 1, 0, 0, 0, 0x12,
        10, 0, 0, 0, 'c', 'h', 'i', 'p', '-', '>', 'h', 'a', 'l', 'f', 2, 0, 0, 0, 1, 0, 0, 0, 0x56, 0x34 };
    ck_assert_uint_ge(blob.bytes, sizeof begins);
    ck_assert_mem_eq(blob.data, begins, sizeof begins);
}
END_TEST

START_TEST(a_state_cut_short_anywhere_is_refused)
{
    for (size_t bytes = 0; bytes < blob.bytes; bytes++) {
        u8 *copy = malloc(bytes ? bytes : 1);            /* exactly so long, for the sanitizer */
        memcpy(copy, blob.data, bytes);
        blob_t cut = { .data = copy, .bytes = bytes, .capacity = bytes };
        walker_t w = load(&cut);
        ck_assert(w.failed && w.why[0]);
        free(copy);
    }
}
END_TEST

/* Every byte set to every value: refused, or all bounds hold. */
START_TEST(a_wrong_byte_anywhere_is_refused_or_harmless)
{
    u32 bad = 0, accepted = 0;
    for (size_t at = 0; at < blob.bytes; at++)
        for (u32 v = 0; v < 256; v++) {
            u8 was = blob.data[at];
            blob.data[at] = (u8)v;
            fill();
            walker_t w = load(&blob);
            bad += !inside_bounds() || (w.failed && !w.why[0]);
            accepted += !w.failed;
            blob.data[at] = was;
        }
    ck_assert_uint_eq(bad, 0);
    ck_assert_uint_gt(accepted, 256 * 100);              /* values in the memory are free */
}
END_TEST

/* Random damage, several bytes at once, lengths and counts included. */
START_TEST(random_damage_is_refused_or_harmless)
{
    u32 seed = 1, bad = 0;
    u8 *good = malloc(blob.bytes);
    memcpy(good, blob.data, blob.bytes);
    for (int i = 0; i < 20000; i++) {
        memcpy(blob.data, good, blob.bytes);
        blob_t damaged = blob;
        for (u32 n = 0; n < 1 + (u32)i % 8; n++) {
            seed = seed * 1664525 + 1013904223;
            blob.data[(seed >> 8) % blob.bytes] = seed & 0x80 ? 0xFF : (u8)seed;
        }
        if (i & 1) damaged.bytes = (seed >> 4) % blob.bytes;
        walker_t w = load(&damaged);
        bad += !inside_bounds() || (w.failed && !w.why[0]) || w.at > damaged.bytes;
    }
    free(good);
    ck_assert_uint_eq(bad, 0);
}
END_TEST

static size_t find(const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i + length <= blob.bytes; i++)
        if (memcmp(blob.data + i, name, length) == 0) return i;
    ck_abort_msg("no field %s", name);
    return 0;
}

/* Where, from the field's name on, a byte is changed, and the words of the refusal. */
static const struct { const char *name; size_t beyond; u8 value; const char *why; } damages[] = {
    { "chip",         5,  9,   "chip: version" },
    { "chip->index",  0,  'C', "chip: chip->index: another field" },
    { "chip->index",  10, 0,   "chip: chip->index: another field" },
    { "chip->index",  11, 2,   "chip: chip->index: has another size" },
    { "chip->index",  15, 2,   "chip: chip->index: has another size" },
    { "chip->index",  19, 10,  "chip: chip->index: out of bounds" },
    { "chip->flag",   18, 2,   "chip: chip->flag: out of bounds" },
    { "chip->flags",  20, 2,   "chip: chip->flags: out of bounds" },
    { "chip->small",  34, 200, "chip: chip->small: out of bounds" },
    { "chip->memory", 17, 99,  "chip: chip->memory: has another size" },
};

START_TEST(a_refusal_says_which_field_and_why)
{
    size_t at = find(damages[_i].name) + damages[_i].beyond;
    if (_i == 0) at = 8;
    blob.data[at] = damages[_i].value;
    walker_t w = load(&blob);
    ck_assert(w.failed);
    ck_assert_msg(strncmp(w.why, damages[_i].why, strlen(damages[_i].why)) == 0, "%s, not %s", w.why, damages[_i].why);
}
END_TEST

/* A name that only begins like the right one (a zero byte inside) is another name. */
START_TEST(a_name_with_a_zero_inside_is_another_name)
{
    static u8 longer[64] = { 6, 0, 0, 0, 'c', 'h', 'i', 'p', 0, 'x', 3, 0, 0, 0 };
    blob_t odd = { .data = longer, .bytes = 14, .capacity = sizeof longer };
    walker_t w = walk_loader(&odd);
    walk_chip(&w, "chip", 3);
    ck_assert(w.failed);
}
END_TEST

START_TEST(the_first_failure_is_the_one_reported)
{
    blob.data[find("chip->index") + 19] = 77;
    blob.data[find("chip->small") + 34] = 200;
    walker_t w = load(&blob);
    ck_assert_str_eq(w.why, "chip: chip->index: out of bounds");
}
END_TEST

START_TEST(every_field_counts_in_the_hash)
{
    chip_t other = chip;
    u64 hash = hash_of(&chip);
    ck_assert_uint_eq(hash_of(&other), hash);
#define DIFFERS(change) do { other = chip; change; ck_assert_uint_ne(hash_of(&other), hash); } while (0)
    DIFFERS(other.byte ^= 1);
    DIFFERS(other.quad ^= 1ull << 63);
    DIFFERS(other.flag = false);
    DIFFERS(other.table[4] ^= 0x100);
    DIFFERS(other.flags[1] = true);
    for (unsigned i = 0; i < sizeof chip.memory; i++)
        DIFFERS(other.memory[i] ^= 0x80);
#undef DIFFERS
}
END_TEST

START_TEST(swapped_values_hash_differently)
{
    chip_t other = chip;
    other.table[0] = chip.table[1], other.table[1] = chip.table[0];
    ck_assert_uint_ne(hash_of(&other), hash_of(&chip));
}
END_TEST

START_TEST(randomised_values_stay_inside_their_bounds_and_reach_them)
{
    bool nine = false, thousand = false, flag[2] = { false };
    for (u64 seed = 0; seed < 5000; seed++) {
        walker_t w = walk_randomiser(seed);
        chip_walk(&chip, &w);
        ck_assert(inside_bounds());
        nine |= chip.index == 9;
        thousand |= chip.small[0] == 1000;
        flag[chip.flag] = true;
    }
    ck_assert(nine && thousand && flag[0] && flag[1]);
}
END_TEST

static void walk(void *at, walker_t *w) { chip_walk(at, w); }
static void clear(void *at)             { memset(at, 0, sizeof(chip_t)); }

START_TEST(the_round_trip_of_the_chip_tests_holds_here)
{
    const char *wrong = walk_round_trip(&chip, walk, clear, (u64)_i);
    ck_assert_msg(!wrong, "%s", wrong);
}
END_TEST

/* The tests' own tool must notice a clear that clears nothing. */
static void clear_nothing(void *at) { (void)at; }
START_TEST(the_round_trip_notices_a_clear_that_clears_nothing)
{
    ck_assert_ptr_nonnull(walk_round_trip(&chip, walk, clear_nothing, 1));
}
END_TEST

static const char *text_of(walker_t (*make)(FILE *to))
{
    static char text[4096];
    FILE *f = tmpfile();
    walker_t w = make(f);
    chip_walk(&chip, &w);
    rewind(f);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    return text;
}

START_TEST(the_lister_gives_one_line_per_field)
{
    ck_assert_str_eq(text_of(walk_lister),
        "chip chip->byte 1 1\nchip chip->half 2 1\nchip chip->word 4 1\nchip chip->quad 8 1\nchip chip->flag 1 1\n"
        "chip chip->index 1 1\nchip chip->table 2 5\nchip chip->flags 1 3\nchip chip->small 4 4\nchip chip->memory 1 100\n");
}
END_TEST

START_TEST(the_viewer_shows_values)
{
    const char *text = text_of(walk_viewer);
    ck_assert_ptr_nonnull(strstr(text, "chip chip->word 789abcde\n"));
    ck_assert_ptr_nonnull(strstr(text, "chip chip->table 0001 0002 0003 0004 ffff\n"));
    ck_assert_ptr_nonnull(strstr(text, "chip chip->memory 100 bytes, hash "));
}
END_TEST

START_TEST(a_large_memory_survives)
{
    enum { BYTES = 3 << 20 };
    u8 *memory = malloc(BYTES);
    blob_t big = { 0 };
    for (u32 i = 0; i < BYTES; i++) memory[i] = (u8)(i * i >> 7);
    walker_t w = walk_saver(&big), h = walk_hasher();
    walk_chip(&w, "ram", 1), walk_bytes(&w, "bytes", memory, BYTES);
    walk_bytes(&h, "bytes", memory, BYTES);
    memset(memory, 0, BYTES);
    w = walk_loader(&big);
    walk_chip(&w, "ram", 1), walk_bytes(&w, "bytes", memory, BYTES);
    ck_assert(!w.failed);
    walker_t again = walk_hasher();
    walk_bytes(&again, "bytes", memory, BYTES);
    ck_assert_uint_eq(again.hash, h.hash);
    blob_free(&big);
    free(memory);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("state");
    tcase_add_checked_fixture(tc, power_on, power_off);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, what_was_saved_is_loaded);
    tcase_add_test(tc, saved_bytes_are_little_endian_with_names);
    tcase_add_test(tc, a_state_cut_short_anywhere_is_refused);
    tcase_add_test(tc, a_wrong_byte_anywhere_is_refused_or_harmless);
    tcase_add_test(tc, random_damage_is_refused_or_harmless);
    tcase_add_loop_test(tc, a_refusal_says_which_field_and_why, 0, COUNT_OF(damages));
    tcase_add_test(tc, a_name_with_a_zero_inside_is_another_name);
    tcase_add_test(tc, the_first_failure_is_the_one_reported);
    tcase_add_test(tc, every_field_counts_in_the_hash);
    tcase_add_test(tc, swapped_values_hash_differently);
    tcase_add_test(tc, randomised_values_stay_inside_their_bounds_and_reach_them);
    tcase_add_loop_test(tc, the_round_trip_of_the_chip_tests_holds_here, 0, 20);
    tcase_add_test(tc, the_round_trip_notices_a_clear_that_clears_nothing);
    tcase_add_test(tc, the_lister_gives_one_line_per_field);
    tcase_add_test(tc, the_viewer_shows_values);
    tcase_add_test(tc, a_large_memory_survives);
    Suite *s = suite_create("state");
    suite_add_tcase(s, tc);
    return run_all(s);
}
