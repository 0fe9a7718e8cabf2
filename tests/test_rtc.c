/* test_rtc.c - the MC146818A as software sees it at ports 70h and 71h.  Source: Motorola MC146818A data sheet, 1984 ("DS"). */
#include <check.h>
#include <stdio.h>
#include <time.h>
#include "devices/calendar.h"
#include "devices/rtc.h"
#include "mem/bus.h"
#include "tests/run_all.h"
#include "tests/walks.h"

enum { SEC = 0, SEC_ALARM, MIN, MIN_ALARM, HOUR, HOUR_ALARM, WEEKDAY, DAY, MONTH, YEAR, A, B, C, D };

static vclock_t clock_;
static bus_t bus;
static rtc_t rtc;
static int rises;
static bool pin;

static void on_irq(void *chip, int number, bool level) { (void)chip; (void)number; pin = level; rises += level; }

static void start(s64 seconds)
{
    vclock_init(&clock_);
    bus_init(&bus, NULL, 0);
    rtc_init(&rtc, &clock_, seconds);
    rtc.irq = (line_t){ on_irq, NULL, 8 };
    bus_attach(&bus, &(port_range_t){ "rtc", 0x70, 2, W8, rtc_read, rtc_write, &rtc, false });
    rises = 0;
    pin = false;
}

static void power_on(void) { start(0); }

static u8   get_reg(u8 index)           { bus_out(&bus, 0x70, W8, index); return (u8)bus_in(&bus, 0x71, W8); }
static void set_reg(u8 index, u8 value) { bus_out(&bus, 0x70, W8, index); bus_out(&bus, 0x71, W8, value); }
static void wait_ns(u64 ns)             { vclock_advance(&clock_, clock_.now + ns); }
static void wait_seconds(u64 n)         { wait_ns(n * 1000000000); }

static const char *shown(void)
{
    static char text[40];
    snprintf(text, sizeof text, "%02x%02x-%02x-%02x %02x:%02x:%02x w%x", get_reg(0x32), get_reg(YEAR), get_reg(MONTH), get_reg(DAY),
             get_reg(HOUR), get_reg(MIN), get_reg(SEC), get_reg(WEEKDAY));
    return text;
}

/* Seconds since 1970 (date -u +%s), seconds to wait, and what the registers then show (weekday 1 is Sunday). */
static const struct { s64 at; u64 wait; const char *shows; } moments[] = {
    { 0,          0,           "1970-01-01 00:00:00 w5" },
    { 946684799,  0,           "1999-12-31 23:59:59 w6" },
    { 946684799,  1,           "2000-01-01 00:00:00 w7" },
    { 951782399,  1,           "2000-02-29 00:00:00 w3" },       /* 2000 is a leap year */
    { 951868799,  1,           "2000-03-01 00:00:00 w4" },
    { 1078012799, 86401,       "2004-03-01 00:00:00 w2" },
    { 4107542399, 1,           "2100-03-01 00:00:00 w2" },       /* 2100 is none */
    { 1709251199, 1,           "2024-03-01 00:00:00 w6" },
    { 1677628799, 1,           "2023-03-01 00:00:00 w4" },
    { 1700000000, 59,          "2023-11-14 22:14:19 w3" },
    { 0,          1700000000,  "2023-11-14 22:13:20 w3" },       /* years asleep in one step */
    { -1,         0,           "1969-12-31 23:59:59 w4" },
    { -1,         1,           "1970-01-01 00:00:00 w5" },
    { 253402300799, 1,         "0000-01-01 00:00:00 w7" },       /* the century wraps at 99 */
};

START_TEST(the_calendar_walks)
{
    start(moments[_i].at);
    wait_seconds(moments[_i].wait);
    ck_assert_str_eq(shown(), moments[_i].shows);
}
END_TEST

/* Every day of 800 years against the host's gmtime. */
START_TEST(dates_agree_with_the_c_library)
{
    u32 bad = 0;
    for (s64 days = -146097; days < 146097; days++) {
        time_t t = (time_t)(days * 86400);
        struct tm tm = *gmtime(&t);
        date_t d = date_of(days);
        bad += d.year != (u32)tm.tm_year + 1900 || d.month != (u32)tm.tm_mon + 1 || d.day != (u32)tm.tm_mday
            || weekday_of(days) != (u32)tm.tm_wday || days_of(d) != days;
    }
    ck_assert_uint_eq(bad, 0);
}
END_TEST

START_TEST(seconds_tick_one_by_one_for_a_day)
{
    u32 bad = 0;
    start(1000000000);
    for (u32 i = 0; i < 86400; i++) {
        u32 t = (1000000000 + i) % 86400;
        bad += get_reg(HOUR) != (t / 3600 / 10 << 4 | t / 3600 % 10) || get_reg(SEC) != (t % 60 / 10 << 4 | t % 10);
        wait_seconds(1);
    }
    ck_assert_uint_eq(bad, 0);
}
END_TEST

/* DS table 2: the formats. */
static const struct { u8 b; u32 hour; u8 raw; } hours[] = {
    { 0x02, 0, 0x00 }, { 0x02, 23, 0x23 }, { 0x06, 23, 23 }, { 0x06, 0, 0 },
    { 0x00, 0, 0x12 }, { 0x00, 1, 0x01 }, { 0x00, 11, 0x11 }, { 0x00, 12, 0x92 }, { 0x00, 13, 0x81 }, { 0x00, 23, 0x91 },
    { 0x04, 0, 12 }, { 0x04, 12, 0x8C }, { 0x04, 23, 0x8B },
};

START_TEST(hours_have_four_formats)
{
    set_reg(B, 0x80 | hours[_i].b);
    set_reg(HOUR, hours[_i].raw);
    set_reg(MIN, hours[_i].b & 4 ? 59 : 0x59);
    set_reg(SEC, hours[_i].b & 4 ? 58 : 0x58);
    set_reg(B, hours[_i].b);
    wait_seconds(1);
    ck_assert_uint_eq(get_reg(HOUR), hours[_i].raw);
    wait_seconds(3600 * 24);
    ck_assert_uint_eq(get_reg(HOUR), hours[_i].raw);
    wait_seconds(1 + 3600 * ((24 - hours[_i].hour - 1) % 24));      /* to midnight */
    ck_assert_uint_eq(get_reg(HOUR), hours[_i].b & 2 ? 0 : hours[_i].b & 4 ? 12 : 0x12);
}
END_TEST

START_TEST(binary_mode_counts_in_binary)
{
    set_reg(B, 0x86);
    set_reg(YEAR, 99); set_reg(MONTH, 12); set_reg(DAY, 31); set_reg(0x32, 19);
    set_reg(HOUR, 23); set_reg(MIN, 59); set_reg(SEC, 59);
    set_reg(B, 0x06);
    wait_seconds(1);
    ck_assert_str_eq(shown(), "1400-01-01 00:00:00 w6");            /* 20 is 14h; weekday 5 + 1 */
}
END_TEST

START_TEST(set_stops_the_updates)
{
    set_reg(B, 0x82);
    wait_seconds(100);
    ck_assert_uint_eq(get_reg(SEC), 0);
    ck_assert_uint_eq(get_reg(C), 0x40);                            /* the periodic flag goes on */
    set_reg(B, 0x02);
    wait_seconds(1);
    ck_assert_uint_eq(get_reg(SEC), 0x01);
}
END_TEST

START_TEST(set_clears_uie)
{
    set_reg(B, 0x12);
    set_reg(B, 0x92);
    ck_assert_uint_eq(get_reg(B), 0x82);
}
END_TEST

/* DS "Update cycle": UIP rises 244 us before an update of 1984 us. */
START_TEST(uip_warns_of_the_update)
{
    wait_ns(1000000000 - 2228001);
    ck_assert_uint_eq(get_reg(A), 0x26);
    wait_ns(1);
    ck_assert_uint_eq(get_reg(A), 0xA6);
    wait_ns(2227999);
    ck_assert_uint_eq(get_reg(A), 0xA6);
    ck_assert_uint_eq(get_reg(SEC), 0x00);
    wait_ns(1);
    ck_assert_uint_eq(get_reg(A), 0x26);
    ck_assert_uint_eq(get_reg(SEC), 0x01);
}
END_TEST

START_TEST(registers_c_and_d_cannot_be_written_nor_uip)
{
    set_reg(C, 0xFF); set_reg(D, 0x00); set_reg(A, 0xA6);
    ck_assert_uint_eq(get_reg(C), 0);
    ck_assert_uint_eq(get_reg(D), 0x80);
    ck_assert_uint_eq(get_reg(A), 0x26);
}
END_TEST

START_TEST(the_divider_in_reset_stops_time_and_starts_half_a_second_before_an_update)
{
    set_reg(A, 0x76);
    wait_seconds(1000);
    ck_assert_uint_eq(get_reg(SEC), 0);
    set_reg(A, 0x26);
    wait_ns(499999999);
    ck_assert_uint_eq(get_reg(SEC), 0);
    wait_ns(1);
    ck_assert_uint_eq(get_reg(SEC), 1);
    wait_ns(1000000000);
    ck_assert_uint_eq(get_reg(SEC), 2);
}
END_TEST

/* DS table 5, 32.768 kHz: interrupts per second by RS. */
static const u16 rates[16] = { 0, 256, 128, 8192, 4096, 2048, 1024, 512, 256, 128, 64, 32, 16, 8, 4, 2 };

START_TEST(periodic_interrupts_come_at_their_rate)
{
    set_reg(A, (u8)(0x20 | _i));
    set_reg(B, 0x42);
    int answered = 0;
    for (u64 end = clock_.now + 3000000000ull; clock_.now < end;) {
        u64 next = clock_.next < end ? clock_.next : end;
        vclock_advance(&clock_, next);
        if (pin) {
            ck_assert_uint_eq(get_reg(C) & 0xC0, 0xC0);
            answered++;
        }
    }
    ck_assert_int_eq(answered, 3 * rates[_i]);
    ck_assert_int_eq(rises, answered);
}
END_TEST

START_TEST(an_unanswered_interrupt_stays_and_sets_no_alarm)
{
    set_reg(B, 0x42);
    wait_seconds(1);
    ck_assert(pin);
    ck_assert_int_eq(rises, 1);
    ck_assert(!alarm_is_set(&rtc.alarm));
    ck_assert_uint_eq(get_reg(C), 0xD0);                            /* IRQF PF UF */
    ck_assert(!pin);
    ck_assert_uint_eq(get_reg(C), 0x00);
    ck_assert(alarm_is_set(&rtc.alarm));
}
END_TEST

START_TEST(flags_are_set_without_their_interrupts)
{
    set_reg(SEC_ALARM, 0xC0); set_reg(MIN_ALARM, 0xFF); set_reg(HOUR_ALARM, 0xC1);
    wait_seconds(2);
    ck_assert(!pin);
    set_reg(B, 0x12);                                               /* enabling finds the flag waiting */
    ck_assert(pin);
    ck_assert_uint_eq(get_reg(C), 0xF0);
}
END_TEST

START_TEST(update_ended_interrupts_every_second)
{
    set_reg(B, 0x12);
    for (u32 i = 1; i <= 5; i++) {
        wait_seconds(1);
        ck_assert_int_eq(rises, (int)i);
        ck_assert_uint_eq(get_reg(C) & 0x90, 0x90);
        ck_assert_uint_eq(get_reg(SEC), i);
    }
}
END_TEST

/* DS "Time, calendar and alarm locations": C0h-FFh is "don't care".  Interrupts in two days from 00:00:00. */
static const struct { u8 b, hour, minute, second; int interrupts; u64 first; } alarms[] = {
    { 0x22, 0x13, 0x30, 0x15, 2,      13 * 3600 + 30 * 60 + 15 },
    { 0x22, 0xFF, 0x30, 0x15, 48,     30 * 60 + 15 },
    { 0x22, 0xC0, 0xC0, 0x15, 2880,   15 },
    { 0x22, 0xC0, 0xFF, 0xFF, 172800, 1 },
    { 0x22, 0x13, 0xFF, 0xC0, 7200,   13 * 3600 },
    { 0x22, 0x00, 0x00, 0x00, 2,      86400 },
    { 0x22, 0x24, 0x00, 0x00, 0,      0 },
    { 0x22, 0x01, 0x5A, 0x00, 0,      0 },
    { 0x26, 13,   30,   15,   2,      13 * 3600 + 30 * 60 + 15 },
    { 0x20, 0x81, 0x30, 0x15, 2,      13 * 3600 + 30 * 60 + 15 },
    { 0x20, 0x12, 0x00, 0x01, 2,      1 },
};

START_TEST(alarms_match_with_dont_cares)
{
    set_reg(B, 0x80 | alarms[_i].b);
    set_reg(HOUR, alarms[_i].b & 2 ? 0 : 0x12);
    set_reg(HOUR_ALARM, alarms[_i].hour); set_reg(MIN_ALARM, alarms[_i].minute); set_reg(SEC_ALARM, alarms[_i].second);
    set_reg(B, alarms[_i].b);
    int answered = 0;
    u64 end = 2 * 86400ull * 1000000000, first = 0;
    while (clock_.next <= end) {
        vclock_advance(&clock_, clock_.next);
        ck_assert(pin);
        if (!answered++) first = clock_.now / 1000000000;
        ck_assert_uint_eq(get_reg(C) & 0xA0, 0xA0);
    }
    ck_assert_int_eq(answered, alarms[_i].interrupts);
    ck_assert_uint_eq(first, alarms[_i].first);
    vclock_advance(&clock_, end);
    set_reg(B, alarms[_i].b & 0x0F);
    get_reg(C);
    wait_seconds(2 * 86400);                                        /* asleep: the flag comes by computation */
    ck_assert_int_eq((get_reg(C) & 0x20) != 0, alarms[_i].interrupts != 0);
}
END_TEST

START_TEST(reset_clears_interrupts_and_keeps_time)
{
    set_reg(B, 0x72);
    set_reg(0x40, 0x55);
    wait_seconds(5);
    bus_out(&bus, 0x70, W8, 0x80);
    ck_assert(pin);
    rtc_reset(&rtc);
    ck_assert(!rtc.nmi_masked);
    ck_assert(!pin);
    ck_assert_uint_eq(get_reg(B), 0x02);
    ck_assert_uint_eq(get_reg(C), 0);
    ck_assert_uint_eq(get_reg(SEC), 5);
    ck_assert_uint_eq(get_reg(0x40), 0x55);
}
END_TEST

START_TEST(a_new_rate_does_not_move_the_second)
{
    wait_ns(700000000);
    set_reg(A, 0x2F);
    wait_ns(299999999);
    ck_assert_uint_eq(get_reg(SEC), 0);
    wait_ns(1);
    ck_assert_uint_eq(get_reg(SEC), 1);
}
END_TEST

START_TEST(the_board_sees_the_time_without_touching_the_chip)
{
    walker_t before = walk_hasher(), after = walk_hasher();
    wait_seconds(42);
    rtc_walk(&rtc, &before);
    ck_assert_uint_eq(rtc_cmos_get(&rtc, SEC), 0x42);
    rtc_walk(&rtc, &after);
    ck_assert_uint_eq(before.hash, after.hash);
    rtc_cmos_set(&rtc, SEC, 0x11);                                  /* configuration only */
    ck_assert_uint_eq(rtc_cmos_get(&rtc, SEC), 0x42);
}
END_TEST

START_TEST(daylight_saving_is_said_to_be_lacking)
{
    lacking_quiet(true);
    unsigned before = lacking_count();
    set_reg(B, 0x82);
    ck_assert_uint_eq(lacking_count(), before);
    set_reg(B, 0x03);
    ck_assert_uint_eq(lacking_count(), before + 1);
}
END_TEST

/* Dates that are none are brought into range when the day ends (BCD; the weekday counts for itself). */
static const struct { u8 year, month, day, weekday; const char *next; } odd_dates[] = {
    { 0x23, 0x02, 0x31, 3, "2023-03-04 00:00:00 w4" },
    { 0x23, 0x00, 0x00, 7, "2023-01-02 00:00:00 w1" },
    { 0x23, 0x19, 0x01, 7, "2023-12-02 00:00:00 w1" },
    { 0x23, 0x12, 0x45, 1, "2024-01-01 00:00:00 w2" },
    { 0xFF, 0xFF, 0xFF, 0, "2066-01-01 00:00:00 w1" },
};

START_TEST(odd_dates_come_into_range)
{
    set_reg(B, 0x82);
    set_reg(0x32, 0x20); set_reg(YEAR, odd_dates[_i].year); set_reg(MONTH, odd_dates[_i].month);
    set_reg(DAY, odd_dates[_i].day); set_reg(WEEKDAY, odd_dates[_i].weekday);
    set_reg(HOUR, 0x23); set_reg(MIN, 0x59); set_reg(SEC, 0x59);
    set_reg(B, 0x02);
    wait_seconds(1);
    ck_assert_str_eq(shown(), odd_dates[_i].next);
}
END_TEST

START_TEST(port_70_bit_7_masks_nmi_and_is_no_part_of_the_index)
{
    set_reg(0x8F, 0x42);
    ck_assert(rtc.nmi_masked);
    ck_assert_uint_eq(get_reg(0x0F), 0x42);
    ck_assert(!rtc.nmi_masked);
    ck_assert_uint_eq(bus_in(&bus, 0x70, W8), 0xFF);
}
END_TEST

START_TEST(the_checksum_covers_10h_to_2dh)
{
    for (u8 i = 0x10; i <= 0x2D; i++)
        rtc_cmos_set(&rtc, i, 0xF0);
    rtc_cmos_set(&rtc, 0x0F, 0xFF);
    rtc_cmos_checksum(&rtc);
    ck_assert_uint_eq(get_reg(0x2E), 0x1C);                         /* 30 * F0h = 1C20h */
    ck_assert_uint_eq(get_reg(0x2F), 0x20);
}
END_TEST

static void walk(void *chip, walker_t *w) { (void)chip; rtc_walk(&rtc, w); }
static void clear(void *chip)             { (void)chip; power_on(); }

START_TEST(the_walk_carries_the_whole_state)
{
    lacking_quiet(true);
    const char *wrong = walk_round_trip(NULL, walk, clear, (u64)_i + 1);
    ck_assert_msg(!wrong, "%s", wrong);
    walker_t w = walk_randomiser((u64)_i);
    rtc_walk(&rtc, &w);
    for (u32 i = 0; i < 200; i++)                                   /* and any state at all can go on */
        wait_ns(i * 1000003), set_reg((u8)(i * 7), (u8)(i * 13)), get_reg((u8)i);
}
END_TEST

/* Two clocks see the same accesses; one is saved, built anew and loaded now and then.  Nobody can tell. */
START_TEST(a_clock_that_was_saved_and_loaded_goes_on_like_one_that_was_not)
{
    vclock_t plain_clock;
    rtc_t plain;
    u32 seed = 31 + (u32)_i, bad = 0;
    lacking_quiet(true);
    vclock_init(&plain_clock);
    start(951782390);
    rtc_init(&plain, &plain_clock, 951782390);
    for (int i = 0; i < 20000; i++) {
        seed = seed * 1664525 + 1013904223;
        u8 value = (u8)(seed >> 24), what = (u8)(seed >> 16), index = (u8)(seed >> 8 & 15);
        if (what < 40) {
            set_reg(index, value & (index == A ? 0x2F : 0xFF));
            rtc_write(&plain, 0, index), rtc_write(&plain, 1, value & (index == A ? 0x2F : 0xFF));
        } else if (what < 160) {
            rtc_write(&plain, 0, index);
            bad += get_reg(index) != rtc_read(&plain, 1);
        } else if (what < 250) {
            wait_ns((u64)value << (what & 27));
            vclock_advance(&plain_clock, clock_.now);
        } else {
            blob_t blob = { 0 };
            walker_t w = walk_saver(&blob);
            vclock_walk(&clock_, &w), rtc_walk(&rtc, &w);
            start(0);
            w = walk_loader(&blob);
            vclock_walk(&clock_, &w), rtc_walk(&rtc, &w);
            pin = plain.asking;                          /* the listener's own state */
            bad += w.failed;
            blob_free(&blob);
        }
        bad += pin != plain.asking || clock_.next != plain_clock.next || rtc_cmos_get(&rtc, index) != rtc_cmos_get(&plain, index);
    }
    ck_assert_uint_eq(bad, 0);
}
END_TEST

START_TEST(random_accesses_do_no_harm)
{
    u32 seed = 815, bad = 0;
    lacking_quiet(true);
    for (int i = 0; i < 100000; i++) {
        seed = seed * 1664525 + 1013904223;
        u8 value = (u8)(seed >> 24), what = (u8)(seed >> 16), index = (u8)(seed >> 8 & (what & 4 ? 15 : 255));
        if (what < 100)      set_reg(index, value);
        else if (what < 200) get_reg(index);
        else                 wait_ns((u64)value << (what & 31));
        bad += pin != rtc.asking;
    }
    ck_assert_uint_eq(bad, 0);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("MC146818A");
    tcase_add_checked_fixture(tc, power_on, NULL);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, the_calendar_walks, 0, COUNT_OF(moments));
    tcase_add_test(tc, dates_agree_with_the_c_library);
    tcase_add_test(tc, seconds_tick_one_by_one_for_a_day);
    tcase_add_loop_test(tc, hours_have_four_formats, 0, COUNT_OF(hours));
    tcase_add_test(tc, binary_mode_counts_in_binary);
    tcase_add_test(tc, set_stops_the_updates);
    tcase_add_test(tc, set_clears_uie);
    tcase_add_test(tc, uip_warns_of_the_update);
    tcase_add_test(tc, registers_c_and_d_cannot_be_written_nor_uip);
    tcase_add_test(tc, the_divider_in_reset_stops_time_and_starts_half_a_second_before_an_update);
    tcase_add_loop_test(tc, periodic_interrupts_come_at_their_rate, 0, 16);
    tcase_add_test(tc, an_unanswered_interrupt_stays_and_sets_no_alarm);
    tcase_add_test(tc, flags_are_set_without_their_interrupts);
    tcase_add_test(tc, update_ended_interrupts_every_second);
    tcase_add_loop_test(tc, alarms_match_with_dont_cares, 0, COUNT_OF(alarms));
    tcase_add_test(tc, reset_clears_interrupts_and_keeps_time);
    tcase_add_test(tc, a_new_rate_does_not_move_the_second);
    tcase_add_test(tc, the_board_sees_the_time_without_touching_the_chip);
    tcase_add_test(tc, daylight_saving_is_said_to_be_lacking);
    tcase_add_loop_test(tc, odd_dates_come_into_range, 0, COUNT_OF(odd_dates));
    tcase_add_test(tc, port_70_bit_7_masks_nmi_and_is_no_part_of_the_index);
    tcase_add_test(tc, the_checksum_covers_10h_to_2dh);
    tcase_add_loop_test(tc, the_walk_carries_the_whole_state, 0, 20);
    tcase_add_loop_test(tc, a_clock_that_was_saved_and_loaded_goes_on_like_one_that_was_not, 0, 4);
    tcase_add_test(tc, random_accesses_do_no_harm);
    Suite *s = suite_create("rtc");
    suite_add_tcase(s, tc);
    return run_all(s);
}
