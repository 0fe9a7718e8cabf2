/* test_vclock.c - virtual time: alarms ring when they are due, in order, whatever the ringing ones do. */
#include <check.h>
#include "devices/vclock.h"
#include "tests/run_all.h"
#include "tests/walks.h"

enum { ALARMS = 8 };
typedef struct { int number; vclock_t *clock; alarm_t *again; u64 step; } listener_t;

static vclock_t clock_;
static alarm_t alarms[ALARMS];
static listener_t listeners[ALARMS];
static struct { int number; u64 now; } rung[4096];
static unsigned n_rung;

static void ring(void *chip)
{
    listener_t *l = chip;
    rung[n_rung % COUNT_OF(rung)].number = l->number;
    rung[n_rung++ % COUNT_OF(rung)].now = l->clock->now;
    if (l->again)
        alarm_set(l->again, l->clock->now + l->step);
}

static void start(void)
{
    vclock_init(&clock_);
    n_rung = 0;
    for (int i = 0; i < ALARMS; i++) {
        listeners[i] = (listener_t){ .number = i, .clock = &clock_ };
        alarm_init(&alarms[i], &clock_, ring, &listeners[i]);
    }
}

static void expect(unsigned at, int number, u64 now)
{
    ck_assert_uint_lt(at, n_rung);
    ck_assert_int_eq(rung[at].number, number);
    ck_assert_uint_eq(rung[at].now, now);
}

START_TEST(alarms_ring_in_order_of_time_with_now_at_their_moment)
{
    alarm_set(&alarms[0], 300); alarm_set(&alarms[1], 100); alarm_set(&alarms[2], 200);
    vclock_advance(&clock_, 250);
    ck_assert_uint_eq(n_rung, 2);
    expect(0, 1, 100);
    expect(1, 2, 200);
    ck_assert_uint_eq(clock_.now, 250);
    ck_assert_uint_eq(clock_.next, 300);
}
END_TEST

START_TEST(an_alarm_due_exactly_at_the_end_rings)
{
    alarm_set(&alarms[0], 100);
    vclock_advance(&clock_, 99);
    ck_assert_uint_eq(n_rung, 0);
    vclock_advance(&clock_, 100);
    ck_assert_uint_eq(n_rung, 1);
    vclock_advance(&clock_, 100);
    ck_assert_uint_eq(n_rung, 1);
}
END_TEST

START_TEST(alarms_of_the_same_moment_ring_by_rank_whenever_they_were_set)
{
    alarm_set(&alarms[5], 100); alarm_set(&alarms[3], 100); alarm_set(&alarms[4], 100);
    vclock_advance(&clock_, 100);
    expect(0, 3, 100);
    expect(1, 4, 100);
    expect(2, 5, 100);
}
END_TEST

START_TEST(an_alarm_can_be_moved_both_ways_and_cleared)
{
    alarm_set(&alarms[0], 100); alarm_set(&alarms[1], 150);
    alarm_set(&alarms[0], 200);
    ck_assert_uint_eq(clock_.next, 150);
    alarm_set(&alarms[0], 50);
    ck_assert_uint_eq(clock_.next, 50);
    alarm_clear(&alarms[0]);
    ck_assert_uint_eq(clock_.next, 150);
    ck_assert(!alarm_is_set(&alarms[0]) && alarm_is_set(&alarms[1]));
    alarm_clear(&alarms[1]);
    ck_assert_uint_eq(clock_.next, VCLOCK_NEVER);
    vclock_advance(&clock_, 1000);
    ck_assert_uint_eq(n_rung, 0);
}
END_TEST

START_TEST(a_ringing_alarm_can_set_itself_again)
{
    listeners[2].again = &alarms[2];
    listeners[2].step = 10;
    alarm_set(&alarms[2], 10);
    vclock_advance(&clock_, 1000);
    ck_assert_uint_eq(n_rung, 100);
    expect(99, 2, 1000);
}
END_TEST

START_TEST(a_ringing_alarm_can_set_another_for_now)
{
    listeners[2].again = &alarms[1];
    alarm_set(&alarms[2], 10); alarm_set(&alarms[3], 10);
    vclock_advance(&clock_, 20);
    expect(0, 2, 10);
    expect(1, 1, 10);
    expect(2, 3, 10);
}
END_TEST

START_TEST(an_alarm_in_the_past_rings_at_once_and_time_does_not_go_back)
{
    vclock_advance(&clock_, 500);
    alarm_set(&alarms[0], 100);
    vclock_advance(&clock_, 500);
    expect(0, 0, 500);
    vclock_advance(&clock_, 400);
    ck_assert_uint_eq(clock_.now, 500);
}
END_TEST

START_TEST(the_end_of_time_rings_no_alarm_that_is_not_set)
{
    alarm_set(&alarms[0], VCLOCK_NEVER - 1);
    vclock_advance(&clock_, VCLOCK_NEVER);
    ck_assert_uint_eq(n_rung, 1);
    ck_assert_uint_eq(clock_.now, VCLOCK_NEVER);
}
END_TEST

/* Against the plainest model: look for the smallest (when, rank) each time. */
START_TEST(random_alarms_ring_as_in_the_plain_model)
{
    u64 when[ALARMS], now = 0, bad = 0;
    u32 seed = 7;
    for (int i = 0; i < ALARMS; i++) when[i] = VCLOCK_NEVER;
    for (int step = 0; step < 20000; step++) {
        seed = seed * 1664525 + 1013904223;
        unsigned n = seed >> 16 & (ALARMS - 1);
        u64 later = now + (seed >> 20 & 63);
        if (seed >> 28 < 9) { when[n] = later; alarm_set(&alarms[n], later); continue; }
        if (seed >> 28 < 12) { when[n] = VCLOCK_NEVER; alarm_clear(&alarms[n]); continue; }
        n_rung = 0;
        vclock_advance(&clock_, later);
        unsigned seen = 0;
        for (;;) {
            int first = -1;
            for (int i = 0; i < ALARMS; i++)
                if (when[i] <= later && (first < 0 || when[i] < when[first])) first = i;
            if (first < 0) break;
            bad += seen >= n_rung || rung[seen].number != first || rung[seen].now != (when[first] > now ? when[first] : now);
            when[first] = VCLOCK_NEVER;
            seen++;
        }
        now = later;
        bad += seen != n_rung || clock_.now != now;
    }
    ck_assert_uint_eq(bad, 0);
}
END_TEST

static void walk(void *chip, walker_t *w)
{
    (void)chip;
    vclock_walk(&clock_, w);
    for (int i = 0; i < ALARMS; i++)
        alarm_walk(&alarms[i], w, "alarm");
}

static void clear(void *chip) { (void)chip; start(); }

START_TEST(the_walk_carries_now_and_all_alarms)
{
    const char *wrong = walk_round_trip(NULL, walk, clear, (u64)_i + 1);
    ck_assert_msg(!wrong, "%s", wrong);
    u64 next = VCLOCK_NEVER;
    for (int i = 0; i < ALARMS; i++)
        if (alarms[i].when < next) next = alarms[i].when;
    ck_assert_uint_eq(clock_.next, next);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("vclock");
    tcase_add_checked_fixture(tc, start, NULL);
    tcase_add_test(tc, alarms_ring_in_order_of_time_with_now_at_their_moment);
    tcase_add_test(tc, an_alarm_due_exactly_at_the_end_rings);
    tcase_add_test(tc, alarms_of_the_same_moment_ring_by_rank_whenever_they_were_set);
    tcase_add_test(tc, an_alarm_can_be_moved_both_ways_and_cleared);
    tcase_add_test(tc, a_ringing_alarm_can_set_itself_again);
    tcase_add_test(tc, a_ringing_alarm_can_set_another_for_now);
    tcase_add_test(tc, an_alarm_in_the_past_rings_at_once_and_time_does_not_go_back);
    tcase_add_test(tc, the_end_of_time_rings_no_alarm_that_is_not_set);
    tcase_add_test(tc, random_alarms_ring_as_in_the_plain_model);
    tcase_add_loop_test(tc, the_walk_carries_now_and_all_alarms, 0, 10);
    Suite *s = suite_create("vclock");
    suite_add_tcase(s, tc);
    return run_all(s);
}
