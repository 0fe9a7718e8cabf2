/* typist.h - keys that are pressed and let go over virtual time, at a pace a BIOS can follow: for scripts, and for
 * terminals, which say that a character was typed but never when a key went up. */
#pragma once
#include "frontend/keymap.h"

enum { TYPIST_STEPS = 4096 };            /* a power of two */
typedef struct {
    struct { pc_key_t key; bool down; u32 then_ns; } step[TYPIST_STEPS];   /* then_ns: how long to wait after it */
    u32  head, tail;                     /* free-running */
    u64  ready;                          /* virtual time of the next step */
} typist_t;

/* Press the stroke's modifiers and key and let go; false: there is no room (nothing is queued then). */
bool typist_stroke(typist_t *t, stroke_t stroke);
/* Press all in this order, let go in reverse. */
bool typist_chord(typist_t *t, const pc_key_t *keys, unsigned n);
bool typist_idle(const typist_t *t, u64 now);
/* The next key change that is due at `now`; false: none. */
bool typist_next(typist_t *t, u64 now, pc_key_t *key, bool *down);
/* Is the next step the press of a key, due now?  The owner may hold it back while the guest is not reading. */
bool typist_pressing(const typist_t *t, u64 now);
