/* test_board.c - ports 61h, 80h, 92h, E9h, CF9h, 8900h and the debug exit.  Sources: head of devices/board.c. */
#include "tests/chip_check.h"
#include "devices/board.h"
#include "mem/bus.h"

static vclock_t clock_, clock_2;
static board_t board, board_2;
static unsigned gates, resets, offs, exits, moves;
static bool gate, a20, cone, out2;
static u64 moved_at;
static u8 said[16], n_said, status;

static void on_gate(void *c, int pin, bool up) { (void)c; (void)pin; gates++; gate = up; }
static void on_a20(void *c, int pin, bool up) { (void)c; (void)pin; a20 = up; }
static void on_reset(void *c, int pin, bool up) { (void)c; (void)pin; resets += up; }
static void on_off(void *c, int pin, bool up) { (void)c; (void)pin; offs += up; }
static bool read_out2(void *pit) { (void)pit; return out2; }
static void on_speaker(void *o, u64 when, bool up) { (void)o; moves++; moved_at = when; cone = up; }
static void on_debug(void *o, u8 byte) { (void)o; said[n_said++ & 15] = byte; }
static void on_exit_(void *o, u8 s) { (void)o; exits++; status = s; }

static void power_on(void)
{
    vclock_init(&clock_);
    board_init(&board, &clock_);
    board.gate2 = (line_t){ on_gate, NULL, 0 };
    board.a20 = (line_t){ on_a20, NULL, 0 };
    board.reset = (line_t){ on_reset, NULL, 0 };
    board.power_off = (line_t){ on_off, NULL, 0 };
    board.speaker = on_speaker;
    board.debug_out = on_debug;
    board.debug_exit = on_exit_;
    gates = resets = offs = exits = moves = n_said = 0;
    gate = a20 = cone = out2 = false;
}

START_TEST(port_61_keeps_four_bits_and_drives_the_gate)
{
    board_write_61(&board, 0, 0xFD);
    ck_assert(gate);
    ck_assert_uint_eq(board_read_61(&board, 0) & 0xCF, 0x0D);
    board_write_61(&board, 0, 0xFC);
    ck_assert(!gate);
}
END_TEST

START_TEST(the_refresh_bit_toggles_every_15_microseconds)
{
    unsigned toggles = 0;
    u32 before = board_read_61(&board, 0) & 0x10;
    for (unsigned us = 0; us < 100000; us++) {
        vclock_advance(&clock_, clock_.now + 1000);
        u32 now = board_read_61(&board, 0) & 0x10;
        toggles += now != before;
        before = now;
    }
    ck_assert_uint_ge(toggles, 6620);
    ck_assert_uint_le(toggles, 6630);
}
END_TEST

START_TEST(bit_5_is_the_out_pin_of_counter_2)
{
    board_out2(&board, 0, true);
    ck_assert_uint_eq(board_read_61(&board, 0) & 0x20, 0x20);
    board.out2 = read_out2;                              /* asked directly, if the wire is there */
    ck_assert_uint_eq(board_read_61(&board, 0) & 0x20, 0);
    out2 = true;
    ck_assert_uint_eq(board_read_61(&board, 0) & 0x20, 0x20);
}
END_TEST

START_TEST(the_speaker_moves_when_out2_and_bit_1_agree)
{
    board_out2(&board, 0, true);
    ck_assert_uint_eq(moves, 0);
    vclock_advance(&clock_, 12345);
    board_write_61(&board, 0, 2);
    ck_assert(cone && moves == 1 && moved_at == 12345);
    board_write_61(&board, 0, 3);
    ck_assert_uint_eq(moves, 1);
    board_out2(&board, 0, false);
    ck_assert(!cone && moves == 2);
    board_write_61(&board, 0, 0);
    board_out2(&board, 0, true);
    ck_assert_uint_eq(moves, 2);
}
END_TEST

START_TEST(port_92_has_a20_and_a_fast_reset)
{
    ck_assert_uint_eq(board_read_92(&board, 0), 2);
    board_write_92(&board, 0, 0); ck_assert(!a20);
    board_write_92(&board, 0, 2); ck_assert(a20);
    ck_assert_uint_eq(resets, 0);
    board_write_92(&board, 0, 3);
    board_write_92(&board, 0, 3);
    ck_assert_uint_eq(resets, 1);
    board_write_92(&board, 0, 2);
    board_write_92(&board, 0, 3);
    ck_assert_uint_eq(resets, 2);
}
END_TEST

START_TEST(cf9_resets_when_bit_2_rises)
{
    board_write_cf8(&board, 1, 0x02);
    ck_assert_uint_eq(resets, 0);
    board_write_cf8(&board, 1, 0x06);
    ck_assert_uint_eq(resets, 1);
    ck_assert_uint_eq(board_read_cf8(&board, 1), 0x06);
    board_write_cf8(&board, 1, 0x04);
    ck_assert_uint_eq(resets, 1);
}
END_TEST

START_TEST(a_pci_address_is_no_reset)
{
    static bus_t bus;
    bus_init(&bus, NULL, 0);
    ck_assert(bus_attach(&bus, &(port_range_t){ .name = "CF8", .first = 0xCF8, .count = 4, .width = W32,
                                                .read = board_read_cf8, .write = board_write_cf8, .chip = &board }));
    bus_out(&bus, 0xCF8, W32, 0x80000400);
    ck_assert_uint_eq(resets, 0);
    ck_assert_uint_eq(bus_in(&bus, 0xCF8, W32), 0xFFFFFFFF);
    bus_out(&bus, 0xCF9, W8, 6);
    ck_assert_uint_eq(resets, 1);
}
END_TEST

START_TEST(only_the_whole_word_powers_off)
{
    static const struct { const char *text; unsigned offs; } rows[] = {
        { "Shutdow", 0 }, { "n", 1 }, { "Shutdown", 2 }, { "shutdown", 2 }, { "ShuShutdown", 3 }, { "SShutdown", 4 }, { "Shutdown?", 5 }, { "hutdown", 5 },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        for (const char *p = rows[i].text; *p; p++) board_write_8900(&board, 0, (u8)*p);
        ck_assert_msg(offs == rows[i].offs, "%s", rows[i].text);
    }
}
END_TEST

START_TEST(debug_ports_talk)
{
    ck_assert_uint_eq(board_read_e9(&board, 0), 0xE9);
    board_write_e9(&board, 0, 'x');
    ck_assert(n_said == 1 && said[0] == 'x');
    board_write_80(&board, 0, 0x42);
    ck_assert_uint_eq(board_read_80(&board, 0), 0x42);
    ck_assert_uint_eq(board_post(&board), 0x42);
    board_write_exit(&board, 0, 0x10);
    ck_assert(exits == 1 && status == 0x21);
    board.speaker = NULL; board.debug_out = NULL; board.debug_exit = NULL;   /* nobody listens */
    board_write_e9(&board, 0, 'x');
    board_write_exit(&board, 0, 1);
    board_out2(&board, 0, true);
    board_write_61(&board, 0, 2);
}
END_TEST

static void walk(void *chip, walker_t *w) { board_walk(chip, w); }
START_TEST(walk_saves_everything)
{
    vclock_init(&clock_2);
    board_init(&board_2, &clock_2);
    check_walk(walk, &board, &board_2);
}
END_TEST

START_TEST(random_writes_find_nothing)
{
    dice_t d = { 5 };
    for (unsigned i = 0; i < 200000; i++) {
        u32 v = throw_dice(&d, 256);
        switch (throw_dice(&d, 8)) {
        case 0: board_write_61(&board, 0, v); break;
        case 1: board_write_92(&board, 0, v); break;
        case 2: board_write_cf8(&board, 1, v); break;
        case 3: board_write_8900(&board, 0, v & 1 ? v : (u32)"Shutdown"[throw_dice(&d, 8)]); break;
        case 4: board_write_exit(&board, 0, v); break;
        case 5: board_out2(&board, 0, v & 1); break;
        case 6: board_read_61(&board, 0); break;
        default: vclock_advance(&clock_, clock_.now + v * v);
        }
        if (board.shutdown_at > 7) ck_abort();
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("board");
    tcase_add_checked_fixture(tc, power_on, NULL);
    tcase_add_test(tc, port_61_keeps_four_bits_and_drives_the_gate);
    tcase_add_test(tc, the_refresh_bit_toggles_every_15_microseconds);
    tcase_add_test(tc, bit_5_is_the_out_pin_of_counter_2);
    tcase_add_test(tc, the_speaker_moves_when_out2_and_bit_1_agree);
    tcase_add_test(tc, port_92_has_a20_and_a_fast_reset);
    tcase_add_test(tc, cf9_resets_when_bit_2_rises);
    tcase_add_test(tc, a_pci_address_is_no_reset);
    tcase_add_test(tc, only_the_whole_word_powers_off);
    tcase_add_test(tc, debug_ports_talk);
    tcase_add_test(tc, walk_saves_everything);
    tcase_add_test(tc, random_writes_find_nothing);
    return run_suite("board", tc);
}
