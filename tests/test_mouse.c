/* test_mouse.c - the PS/2 mouse, through its plug.  Facts: [PS2] IBM PS/2 Hardware Interface Technical Reference, "Mouse";
 * [MS] Microsoft, PS/2 protocol of the Intellimouse. */
#include "tests/chip_check.h"
#include "devices/mouse.h"

enum { MS = 1000000 };

static vclock_t clock_, clock_2;
static mouse_t mouse, mouse_2;
static ps2_plug_t plug;
static void pass(u64 ns) { vclock_advance(&clock_, clock_.now + ns); }

static bool came(const char *expected)
{
    char text[256] = "";
    while (plug.ready(plug.device) && strlen(text) < 200)
        sprintf(text + strlen(text), "%s%02X", *text ? " " : "", plug.take(plug.device));
    if (strcmp(text, expected) != 0)
        fprintf(stderr, "expected [%s], came [%s]\n", expected, text);
    return strcmp(text, expected) == 0;
}
static bool say(u8 byte, const char *answer) { plug.give(plug.device, byte); return came(answer); }

static void power_on(void)
{
    vclock_init(&clock_);
    mouse_init(&mouse, &clock_);
    plug = mouse_plug(&mouse);
    pass(50 * MS);
}
static void rates(u8 a, u8 b, u8 c)
{
    const u8 r[3] = { a, b, c };
    for (unsigned i = 0; i < 3; i++) { ck_assert(say(0xF3, "FA")); ck_assert(say(r[i], "FA")); }
}

START_TEST(commands_answer_as_documented)                /* [PS2] */
{
    static const struct { u8 send; const char *answer; } rows[] = {
        { 0xFF, "FA AA 00" }, { 0xF2, "FA 00" }, { 0xE9, "FA 00 02 64" }, { 0xE8, "FA" }, { 3, "FA" }, { 0xF3, "FA" }, { 40, "FA" },
        { 0xE7, "FA" }, { 0xF4, "FA" }, { 0xE9, "FA 30 03 28" }, { 0xE6, "FA" }, { 0xF0, "FA" }, { 0xE9, "FA 60 03 28" }, { 0xEA, "FA" },
        { 0xF5, "FA" }, { 0xE9, "FA 00 03 28" }, { 0xEE, "FA" }, { 0x55, "55" }, { 0xF2, "F2" }, { 0xEC, "FA" }, { 0xF2, "FA 00" },
        { 0xE8, "FA" }, { 9, "FE" }, { 0xF3, "FA" }, { 0, "FE" }, { 0x12, "FE" }, { 0xE5, "FE" }, { 0xF6, "FA" }, { 0xE9, "FA 00 02 64" },
        { 0xFE, "64" },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        ck_assert_msg(say(rows[i].send, rows[i].answer), "row %u", i);
}
END_TEST

START_TEST(sample_rates_knock_for_the_extensions)        /* [MS] */
{
    rates(200, 100, 80);
    ck_assert(say(0xF2, "FA 03"));
    rates(200, 200, 80);
    ck_assert(say(0xF2, "FA 04"));
    ck_assert(say(0xFF, "FA AA 00"));
    ck_assert(say(0xF2, "FA 00"));
    rates(200, 80, 100);
    ck_assert(say(0xF2, "FA 00"));
}
END_TEST

START_TEST(a_silent_mouse_forgets_movements)
{
    mouse_move(&mouse, 5, 5, 0, 0);
    pass(50 * MS);
    ck_assert(came(""));
    ck_assert(!mouse_wanted(&mouse));
    say(0xF4, "FA");
    ck_assert(mouse_wanted(&mouse));
    pass(50 * MS);
    ck_assert(came(""));
}
END_TEST

START_TEST(reports_have_signs_and_buttons)               /* [PS2] data report */
{
    static const struct { int dx, dy; u8 buttons; const char *report; } rows[] = {
        { 1, 2, 0, "08 01 02" }, { -1, 3, 1, "19 FF 03" }, { 4, -5, 2, "2A 04 FB" }, { 0, 0, 4, "0C 00 00" }, { 255, -255, 7, "2F FF 01" },
        { 0, 0, 0, "08 00 00" },
    };
    say(0xF4, "FA");
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        mouse_move(&mouse, rows[i].dx, rows[i].dy, 0, rows[i].buttons);
        pass(50 * MS);
        ck_assert_msg(came(rows[i].report), "row %u", i);
    }
}
END_TEST

START_TEST(movements_between_samples_add_up)
{
    say(0xF4, "FA");
    mouse_move(&mouse, 1, 0, 0, 0);
    pass(1);
    ck_assert(came("08 01 00"));
    for (unsigned i = 0; i < 9; i++) { mouse_move(&mouse, 1, 0, 0, 0); pass(MS); }
    ck_assert(came(""));                                 /* 100 samples a second */
    pass(2 * MS);
    ck_assert(came("08 09 00"));
}
END_TEST

START_TEST(a_large_movement_takes_several_reports)
{
    say(0xF4, "FA");
    mouse_move(&mouse, 600, 0, 0, 0);
    pass(MS);      ck_assert(came("08 FF 00"));
    pass(10 * MS); ck_assert(came("08 FF 00"));
    pass(10 * MS); ck_assert(came("08 5A 00"));
    pass(50 * MS); ck_assert(came(""));
}
END_TEST

START_TEST(wheel_and_side_buttons)                       /* [MS] */
{
    rates(200, 100, 80);
    say(0xF4, "FA");
    mouse_move(&mouse, 0, 0, -1, 0); pass(20 * MS); ck_assert(came("08 00 00 FF"));
    mouse_move(&mouse, 0, 0, 2, 0);  pass(20 * MS); ck_assert(came("08 00 00 02"));
    rates(200, 200, 80);
    mouse_move(&mouse, 0, 0, -1, 0x08); pass(20 * MS); ck_assert(came("08 00 00 1F"));
    mouse_move(&mouse, 0, 0, 0, 0x10);  pass(20 * MS); ck_assert(came("08 00 00 20"));
}
END_TEST

START_TEST(scaling_2_1_follows_the_table)                /* [PS2] "Set scaling 2:1" */
{
    static const struct { int in; const char *report; } rows[] = {
        { 1, "08 01 00" }, { 2, "08 01 00" }, { 3, "08 03 00" }, { 4, "08 06 00" }, { 5, "08 09 00" }, { 6, "08 0C 00" }, { 20, "08 28 00" }, { -3, "18 FD 00" },
    };
    say(0xE7, "FA");
    say(0xF4, "FA");
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        mouse_move(&mouse, rows[i].in, 0, 0, 0);
        pass(20 * MS);
        ck_assert_msg(came(rows[i].report), "row %u", i);
    }
}
END_TEST

START_TEST(remote_mode_reports_only_when_asked)
{
    say(0xF0, "FA");
    mouse_move(&mouse, 7, 0, 0, 1);
    pass(100 * MS);
    ck_assert(came(""));
    ck_assert(say(0xEB, "FA 09 07 00"));
    ck_assert(say(0xEB, "FA 09 00 00"));
}
END_TEST

static void walk(void *chip, walker_t *w) { mouse_walk(chip, w); }
START_TEST(walk_saves_everything)
{
    vclock_init(&clock_2);
    mouse_init(&mouse_2, &clock_2);
    check_walk(walk, &mouse, &mouse_2);
}
END_TEST

START_TEST(random_programs_find_nothing)
{
    dice_t d = { 9 };
    for (unsigned i = 0; i < 300000; i++) {
        switch (throw_dice(&d, 4)) {
        case 0: plug.give(plug.device, (u8)(throw_dice(&d, 2) ? 0xE0 + throw_dice(&d, 32) : throw_dice(&d, 256))); break;
        case 1: plug.take(plug.device); break;
        case 2: mouse_move(&mouse, (int)throw_dice(&d, 0xFFFFFFFF), (int)(throw_dice(&d, 1000)) - 500, (int)throw_dice(&d, 99) - 50, (u8)throw_dice(&d, 256)); break;
        default: pass(throw_dice(&d, 1u << throw_dice(&d, 28)));
        }
        if (i % 5000 == 0) {
            walker_t w = walk_randomiser(i);
            mouse_walk(&mouse, &w);
        }
        if (mouse.count > 16) ck_abort_msg("step %u", i);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("mouse");
    tcase_add_checked_fixture(tc, power_on, NULL);
    tcase_add_test(tc, commands_answer_as_documented);
    tcase_add_test(tc, sample_rates_knock_for_the_extensions);
    tcase_add_test(tc, a_silent_mouse_forgets_movements);
    tcase_add_test(tc, reports_have_signs_and_buttons);
    tcase_add_test(tc, movements_between_samples_add_up);
    tcase_add_test(tc, a_large_movement_takes_several_reports);
    tcase_add_test(tc, wheel_and_side_buttons);
    tcase_add_test(tc, scaling_2_1_follows_the_table);
    tcase_add_test(tc, remote_mode_reports_only_when_asked);
    tcase_add_test(tc, walk_saves_everything);
    tcase_add_test(tc, random_programs_find_nothing);
    return run_suite("mouse", tc);
}
