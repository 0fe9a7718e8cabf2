/* test_pacing.c - the wall clock and the speaker: arithmetic on times that are given, never read. */
#include "frontend/pacing.h"
#include "frontend/sound.h"
#include "tests/run_all.h"
#include <check.h>
#include <stdlib.h>

static const u64 MS = 1000000;

START_TEST(a_guest_ahead_is_told_to_wait_for_the_difference)
{
    pacing_t p;
    pacing_start(&p, true, 100000000, 5000 * MS, 0, 0);
    ck_assert_uint_eq(pacing_ahead(&p, 5010 * MS, 30 * MS), 20 * MS);
    ck_assert_uint_eq(pacing_ahead(&p, 5030 * MS, 30 * MS), 0);
    ck_assert_uint_eq(pacing_ahead(&p, 5090 * MS, 30 * MS), 0);
    pacing_start(&p, false, 100000000, 0, 0, 0);
    ck_assert_uint_eq(pacing_ahead(&p, 0, 1000 * MS), 0);                 /* without wall clock: never */
}
END_TEST

/* A host that does 40 MIPS and a guest that never halts, nominally 100 MIPS: the rate falls until the guest's seconds
 * are the host's, and rises again when the host is free. */
START_TEST(the_rate_falls_to_what_the_host_can_do_and_rises_again)
{
    pacing_t p;
    u64 host = 0, guest = 0, n = 0, ips = 100000000;
    pacing_start(&p, true, ips, host, guest, n);
    for (unsigned i = 0; i < 3000; i++) {                                  /* slices of 10 ms of the guest's time */
        u64 instructions = ips / 100, busy = instructions * 1000 / (i < 2000 ? 40 : 1000);
        n += instructions;
        guest += 10 * MS;
        host += busy;
        u64 rate = pacing_ran(&p, busy, host, guest, n);
        if (rate) ips = rate;
        host += pacing_ahead(&p, host, guest);
        if (i == 1999) {
            ck_assert_msg(ips > 20000000 && ips <= 40000000, "%llu", (unsigned long long)ips);
            ck_assert_msg(p.percent > 95 && p.percent < 105, "%f", p.percent);
        }
    }
    ck_assert_uint_eq(ips, 100000000);
}
END_TEST

START_TEST(a_suspended_host_does_not_slow_the_guest)
{
    pacing_t p;
    pacing_start(&p, true, 100000000, 0, 0, 0);
    ck_assert_uint_eq(pacing_ran(&p, 5 * MS, 3600000 * MS, 10 * MS, 1000000), 0);
    ck_assert_uint_eq(pacing_ahead(&p, 3600000 * MS, 20 * MS), 10 * MS);   /* and there is no rush afterwards */
}
END_TEST

/* 1 kHz from the speaker: 48 samples a period, half of them high, and no constant part in the end. */
START_TEST(a_square_wave_is_a_square_wave)
{
    sound_t *s = malloc(sizeof *s);
    s16 sample[4800];
    sound_start(s, 0);
    for (u64 i = 0; i < 2000; i++) {
        sound_level(s, i * 500000, i % 2 == 0);
        if (i == 1799) while (sound_take(s, sample, 4800)) { }
    }
    sound_advance(s, 1000 * MS);
    ck_assert_uint_eq(sound_take(s, sample, 4800), 4800);
    long sum = 0;
    unsigned edges = 0;
    int most = 0;
    for (unsigned i = 0; i < 4800; i++) {
        sum += sample[i];
        edges += i && (sample[i] > 0) != (sample[i - 1] > 0);
        if (abs(sample[i]) > most) most = abs(sample[i]);
    }
    ck_assert_msg(edges >= 198 && edges <= 200, "%u edges in 100 ms", edges);
    ck_assert_msg(labs(sum / 4800) < 200, "mean %ld", sum / 4800);
    ck_assert_msg(most > 7000 && most < 9000, "loudest %d", most);
    free(s);
}
END_TEST

/* Pulses at 200 kHz with a duty of a quarter: no tone at all, a level. */
START_TEST(a_wave_above_hearing_is_averaged_and_does_not_whistle)
{
    sound_t *s = malloc(sizeof *s);
    s16 sample[480];
    sound_start(s, 0);
    for (u64 i = 0; i < 100000; i++) {
        sound_level(s, i * 5000, true);
        sound_level(s, i * 5000 + 1250, false);
    }
    while (sound_take(s, sample, 480) == 480) { }
    int least = 32767, most = -32768;
    for (u64 i = 100000; i < 102000; i++) {
        sound_level(s, i * 5000, true);
        sound_level(s, i * 5000 + 1250, false);
    }
    u32 n = sound_take(s, sample, 480);
    ck_assert_uint_ge(n, 470);
    for (u32 i = 0; i < n; i++) {
        if (sample[i] < least) least = sample[i];
        if (sample[i] > most) most = sample[i];
    }
    ck_assert_msg(most - least < 900, "between %d and %d", least, most);   /* of 16000; sampling the level would span them all */
    free(s);
}
END_TEST

START_TEST(samples_are_bounded_and_a_silent_speaker_is_silent)
{
    sound_t *s = malloc(sizeof *s);
    static s16 sample[2 * SOUND_BUFFER];
    sound_start(s, 12345);
    sound_advance(s, 12345 + 900 * MS);
    ck_assert_uint_eq(sound_take(s, sample, 2 * SOUND_BUFFER), SOUND_BUFFER);
    for (unsigned i = 0; i < SOUND_BUFFER; i++) ck_assert_int_eq(sample[i], 0);
    sound_level(s, 1000 * MS, true);
    sound_advance(s, UINT64_MAX / 2);                                      /* a leap in time costs nothing */
    ck_assert(s->level);
    free(s);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("pacing and sound");
    tcase_add_test(tc, a_guest_ahead_is_told_to_wait_for_the_difference);
    tcase_add_test(tc, the_rate_falls_to_what_the_host_can_do_and_rises_again);
    tcase_add_test(tc, a_suspended_host_does_not_slow_the_guest);
    tcase_add_test(tc, a_square_wave_is_a_square_wave);
    tcase_add_test(tc, a_wave_above_hearing_is_averaged_and_does_not_whistle);
    tcase_add_test(tc, samples_are_bounded_and_a_silent_speaker_is_silent);
    Suite *suite = suite_create("pacing");
    suite_add_tcase(suite, tc);
    return run_all(suite);
}
