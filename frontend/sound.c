/* sound.c - a square wave, exact to the nanosecond, averaged over each sample's time.
 *
 * The average over the interval (a box filter) is what keeps tones above a few kHz and digitised sound by pulse width
 * (as in many games of the time) from whistling: sampling the level itself would alias.  A first-order high-pass takes
 * away the constant part, as the real speaker's coil does. */
#include "frontend/sound.h"

enum { LOUD = 8000, SECOND = 1000000000, QUIET = SECOND / 2 };

static u64 begin_of(u64 sample) { return muldiv64(sample, SECOND, SOUND_HZ); }

static void finish_sample(sound_t *s, u64 interval_ns)
{
    s32 value = (s32)(s->high_ns * (u64)(2 * LOUD) / interval_ns) - LOUD;
    s->centre += (value * 65536 - s->centre) / 1024;             /* follows below about 7 Hz */
    if (s->head - s->tail == SOUND_BUFFER) s->tail++;
    s->buffer[s->head++ & (SOUND_BUFFER - 1)] = (s16)(value - s->centre / 65536);
    s->high_ns = 0;
    s->samples++;
}

void sound_start(sound_t *s, u64 now)
{
    *s = (sound_t){ .at = now, .changed = now, .samples = muldiv64(now, SOUND_HZ, SECOND), .centre = -LOUD * 65536 };
}

u64 sound_quiet(const sound_t *s) { return s->at - s->changed; }

/* Nothing is heard up to now. */
static void leap(sound_t *s, u64 now)
{
    s->at = now;
    s->samples = muldiv64(now, SOUND_HZ, SECOND);
    s->high_ns = s->level ? now - begin_of(s->samples) : 0;
    s->centre = (s->level ? LOUD : -LOUD) * 65536;
}

void sound_advance(sound_t *s, u64 now)
{
    if (now > s->at + SECOND || (now > s->at && sound_quiet(s) > QUIET)) leap(s, now);      /* paused, idle time skipped, or silence */
    while (s->at < now) {
        u64 end = begin_of(s->samples + 1), stop = end < now ? end : now;
        if (s->level && stop > s->at) s->high_ns += stop - s->at;
        if (stop > s->at) s->at = stop;
        if (stop < end) break;
        finish_sample(s, end - begin_of(s->samples));
    }
}

void sound_level(sound_t *s, u64 when, bool level)
{
    sound_advance(s, when);
    if (s->level != level) s->changed = when;
    s->level = level;
}

u32 sound_take(sound_t *s, s16 *to, u32 most)
{
    u32 n = 0;
    while (n < most && s->tail != s->head) to[n++] = s->buffer[s->tail++ & (SOUND_BUFFER - 1)];
    return n;
}
