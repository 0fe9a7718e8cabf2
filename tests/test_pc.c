/* test_pc.c - facts about whole machines: sameness (ARCHITECTURE, section 4) and state (section 5).
 *
 * The machine boots the demonstration disk with keys pressed on the way.  Two machines in one process, and the same run twice, give one hash at
 * every step; so do both lowerings, one-instruction blocks and runs in pieces.  A machine loaded from a state saved at a random point goes on
 * exactly like the one it was saved from.  The list of all fields of the state is kept in tests/golden/fields.txt: a change there is a change of
 * the saved format and must be meant (DOPPEL_UPDATE_GOLDEN=1 writes the file anew). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include "bios/bios_rom.h"
#include "cpu/cpu.h"
#include "demo/demo_floppy.h"
#include "devices/pc.h"
#include "tests/random_program.h"
#include "tests/run_all.h"

#ifndef PROJECT_SOURCE
#  define PROJECT_SOURCE "."
#endif
#define GOLDEN PROJECT_SOURCE "/tests/golden/fields.txt"

enum { PC_RAM = 2 << 20, STEP = 200000, STEPS = 20, SAVES = 50 };

typedef struct { pc_t *pc; disk_t *floppy; } machine_t;

static machine_t new_machine(engine_t engine, bool no_cache)
{
    char why[200];
    machine_t m = { .floppy = disk_from_memory("demo", demo_floppy, demo_floppy_bytes, demo_floppy_image_bytes) };
    pc_config_t config = { .ram_bytes = PC_RAM, .cpu = CPU_PENTIUM4, .engine = engine, .no_cache = no_cache, .ips = 20000000, .rtc_seconds = 1000000000,
                           .bios = bios_rom, .bios_bytes = (u32)bios_rom_bytes, .floppy = { m.floppy } };
    m.pc = pc_new(&config, why, sizeof why);
    ck_assert_msg(m.pc != NULL, "%s", why);
    return m;
}
static engine_t best(void)        { return cpu_has_l1() ? ENGINE_L1 : ENGINE_L0; }
static machine_t power_on(void)   { return new_machine(best(), false); }
static void power_off(machine_t *m)
{
    pc_free(m->pc);
    disk_close(m->floppy);
}

/* Keys at stated instructions: the arrow down, Enter, Escape, and the mouse. */
static void press(pc_t *pc)
{
    static const u16 keys[] = { 0x150, 0x1C, 0x01, 0x150, 0x150, 0x1C, 0x39 };
    for (u32 i = 0; i < 60; i++) {
        pc_post(pc, &(input_t){ .kind = INPUT_KEY, .at = 1000000 + 150000 * (u64)i, .key = keys[i / 2 % COUNT_OF(keys)], .down = i % 2 == 0 });
        if (i % 5 == 0) pc_post(pc, &(input_t){ .kind = INPUT_MOUSE, .at = 1000000 + 150000 * (u64)i, .dx = (s16)i, .dy = -3 });
    }
}

static void go(pc_t *pc, u64 n)
{
    u64 end = pc_instructions(pc) + n;
    while (pc_instructions(pc) < end)
        if (pc_run(pc, UINT64_MAX, end - pc_instructions(pc)) != STOP_NONE)
            pc_reset(pc);
}

static void hashes(machine_t m, u64 *hash)
{
    press(m.pc);
    for (u32 i = 0; i < STEPS; i++) {
        go(m.pc, STEP);
        hash[i] = pc_hash(m.pc);
    }
    power_off(&m);
}

START_TEST(the_same_run_twice_gives_the_same_hashes)
{
    u64 a[STEPS], b[STEPS];
    hashes(power_on(), a);
    hashes(power_on(), b);
    ck_assert_mem_eq(a, b, sizeof a);
    for (u32 i = 1; i < STEPS; i++) ck_assert_uint_ne(a[i], a[i - 1]);
}
END_TEST

START_TEST(two_machines_in_one_process_do_not_meet)
{
    u64 alone[STEPS];
    hashes(power_on(), alone);
    machine_t a = power_on(), b = power_on(), other = power_on();
    press(a.pc);
    press(b.pc);
    go(other.pc, STEP / 3);
    for (u32 i = 0; i < STEPS; i++) {
        go(a.pc, STEP);
        go(other.pc, STEP / 7);
        go(b.pc, STEP);
        ck_assert_uint_eq(pc_hash(a.pc), alone[i]);
        ck_assert_uint_eq(pc_hash(b.pc), alone[i]);
    }
    power_off(&a), power_off(&b), power_off(&other);
}
END_TEST

START_TEST(both_lowerings_and_no_cache_give_the_same_hashes)
{
    u64 fast[STEPS], slow[STEPS];
    hashes(power_on(), fast);
    hashes(new_machine(ENGINE_L0, _i == 1), slow);
    ck_assert_mem_eq(fast, slow, sizeof fast);
}
END_TEST

START_TEST(a_run_in_pieces_gives_the_same_hashes)
{
    u64 whole[STEPS];
    random_t r = { 77 };
    hashes(power_on(), whole);
    machine_t m = power_on();
    press(m.pc);
    for (u32 i = 0; i < STEPS; i++) {
        for (u32 left = STEP, n; left; left -= n) {
            n = 1 + below(&r, chance(&r, 3) ? 60 : 9000);
            if (n > left) n = left;
            go(m.pc, n);
        }
        ck_assert_uint_eq(pc_hash(m.pc), whole[i]);
    }
    power_off(&m);
}
END_TEST

/* ---- saved states ---- */

static void save(pc_t *pc, blob_t *to)
{
    walker_t w = walk_saver(to);
    pc_walk(pc, &w);
    ck_assert_msg(!w.failed, "%s", w.why);
}

START_TEST(a_loaded_machine_goes_on_like_the_saved_one)
{
    random_t r = { 2024 };
    machine_t a = power_on();
    for (u32 i = 0; i < SAVES; i++) {
        if (i % 7 == 3) pc_post(a.pc, &(input_t){ .kind = INPUT_KEY, .key = 0x150, .down = i % 2 });
        go(a.pc, 1 + below(&r, 2 * STEP));
        blob_t blob = { 0 };
        machine_t b = power_on();
        if (i % 2) go(b.pc, below(&r, STEP));                                    /* into a machine that has been elsewhere, too */
        save(a.pc, &blob);
        walker_t w = walk_loader(&blob);
        pc_walk(b.pc, &w);
        ck_assert_msg(!w.failed, "%s", w.why);
        ck_assert_uint_eq(pc_hash(b.pc), pc_hash(a.pc));
        go(a.pc, STEP);
        go(b.pc, STEP);
        ck_assert_msg(pc_hash(b.pc) == pc_hash(a.pc), "save %u", i);
        power_off(&b);
        blob_free(&blob);
    }
    power_off(&a);
}
END_TEST

START_TEST(a_damaged_state_is_refused_or_loaded_but_never_breaks_anything)
{
    random_t r = { 99 };
    machine_t a = power_on();
    blob_t blob = { 0 };
    go(a.pc, 2 * STEP);
    save(a.pc, &blob);
    machine_t b = power_on();
    lacking_quiet(true);
    for (u32 i = 0; i < 300; i++) {
        blob_t copy = { malloc(blob.bytes), blob.bytes, blob.bytes };
        memcpy(copy.data, blob.data, blob.bytes);
        for (u32 n = 1 + below(&r, 8); n--;) {
            u64 at = chance(&r, 4) ? below(&r, (u32)blob.bytes) : chance(&r, 2) ? below(&r, 2000) : blob.bytes - 1 - below(&r, 20000);
            copy.data[at] = (u8)random64(&r);
        }
        walker_t w = walk_loader(&copy);
        pc_walk(b.pc, &w);
        if (!w.failed) (void)pc_run(b.pc, pc_now(b.pc) + 1000000, 2000);
        free(copy.data);
    }
    walker_t w = walk_loader(&blob);
    pc_walk(b.pc, &w);
    ck_assert_msg(!w.failed, "%s", w.why);
    power_off(&a), power_off(&b);
    blob_free(&blob);
}
END_TEST

static char *read_all(FILE *f)
{
    size_t bytes = 0, room = 1 << 20;
    char *text = calloc(1, room);
    ck_assert_ptr_nonnull(text);
    rewind(f);
    bytes = fread(text, 1, room - 1, f);
    text[bytes] = 0;
    return text;
}

START_TEST(the_list_of_fields_is_the_golden_one)
{
    machine_t m = power_on();
    FILE *now = tmpfile();
    ck_assert_ptr_nonnull(now);
    walker_t w = walk_lister(now);
    pc_walk(m.pc, &w);
    char *text = read_all(now);
    if (getenv("DOPPEL_UPDATE_GOLDEN")) {
        FILE *f = fopen(GOLDEN, "w");
        ck_assert_msg(f != NULL, "%s cannot be written", GOLDEN);
        fputs(text, f);
        fclose(f);
    }
    FILE *golden = fopen(GOLDEN, "r");
    ck_assert_msg(golden != NULL, "%s cannot be read: run this from the project's folder", GOLDEN);
    char *expected = read_all(golden);
    size_t at = 0, line = 1;
    for (; text[at] && text[at] == expected[at]; at++) line += text[at] == '\n';
    ck_assert_msg(text[at] == expected[at], "the machine's state has other fields than tests/golden/fields.txt, first in line %zu.\n"
                  "If that is meant (saved states of older builds stop loading), run test_pc with DOPPEL_UPDATE_GOLDEN=1 and commit the file.", line);
    free(text), free(expected);
    fclose(now), fclose(golden);
    power_off(&m);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("pc");
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, the_same_run_twice_gives_the_same_hashes);
    tcase_add_test(tc, two_machines_in_one_process_do_not_meet);
    tcase_add_loop_test(tc, both_lowerings_and_no_cache_give_the_same_hashes, 0, 2);
    tcase_add_test(tc, a_run_in_pieces_gives_the_same_hashes);
    tcase_add_test(tc, a_loaded_machine_goes_on_like_the_saved_one);
    tcase_add_test(tc, a_damaged_state_is_refused_or_loaded_but_never_breaks_anything);
    tcase_add_test(tc, the_list_of_fields_is_the_golden_one);
    Suite *s = suite_create("pc");
    suite_add_tcase(s, tc);
    return run_all(s);
}
