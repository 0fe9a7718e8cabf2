/* sound.h - the speaker's level over virtual time, as samples for a sound card. */
#pragma once
#include "mem/base.h"

enum { SOUND_HZ = 48000, SOUND_BUFFER = 16384 };   /* the buffer: a power of two, about a third of a second */

typedef struct {
    bool level;
    u64  changed;                /* ns: when the level last did */
    u64  at;                     /* ns: everything before it is in samples or in high_ns */
    u64  high_ns;                /* of the sample being gathered: how long the level was high */
    u64  samples;                /* gathered so far; sample n covers n/48000 s to (n+1)/48000 s */
    s32  centre;                 /* the slow average that a real speaker's coil cannot follow, times 65536 */
    s16  buffer[SOUND_BUFFER];
    u32  head, tail;             /* free-running; the oldest samples go when it is full */
} sound_t;

void sound_start(sound_t *s, u64 now);
void sound_level(sound_t *s, u64 when, bool level);     /* a change at virtual time `when`, never before the last one */
void sound_advance(sound_t *s, u64 now);                /* nothing changed until now */
u64  sound_quiet(const sound_t *s);                     /* ns without a change; beyond half a second nothing is gathered */
u32  sound_take(sound_t *s, s16 *to, u32 most);         /* finished samples */

/* audio.c: the host's loudspeaker, opened at the first sound and closed after some seconds of silence: an open one costs the host fifty
 * wake-ups a second.  NULL: built without. */
typedef struct audio audio_t;
audio_t *audio_open(void);
void     audio_feed(audio_t *audio, sound_t *s);        /* takes what there is; never blocks, never lags more than 0.15 s */
void     audio_close(audio_t *audio);
