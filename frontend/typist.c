/* typist.c - a bounded queue of key changes with times between them.
 *
 * A key stays down for 30 ms and the next follows 30 ms later: about 16 keys a second, what a fast person types and
 * far from the 8042's and INT 09h's limits, and long enough for programs that look at the keyboard once per frame. */
#include "frontend/typist.h"

enum { HOLD = 30000000, GAP = 30000000, STEP = 5000000 };        /* ns */

static void push(typist_t *t, pc_key_t key, bool down, u32 then_ns)
{
    u32 at = t->head++ & (TYPIST_STEPS - 1);
    t->step[at].key = key;
    t->step[at].down = down;
    t->step[at].then_ns = then_ns;
}

bool typist_chord(typist_t *t, const pc_key_t *keys, unsigned n)
{
    if (TYPIST_STEPS - (t->head - t->tail) < 2 * n) return false;
    for (unsigned i = 0; i < n; i++) push(t, keys[i], true, i + 1 < n ? STEP : HOLD);
    for (unsigned i = n; i--;)       push(t, keys[i], false, i ? STEP : GAP);
    return true;
}

bool typist_stroke(typist_t *t, stroke_t stroke)
{
    pc_key_t keys[4];
    unsigned n = 0;
    if (stroke.with & WITH_CTRL)  keys[n++] = KEY_CTRL;
    if (stroke.with & WITH_ALT)   keys[n++] = KEY_ALT;
    if (stroke.with & WITH_SHIFT) keys[n++] = KEY_SHIFT;
    keys[n++] = stroke.key;
    return typist_chord(t, keys, n);
}

bool typist_idle(const typist_t *t, u64 now) { return t->head == t->tail && now >= t->ready; }

bool typist_pressing(const typist_t *t, u64 now)
{
    return t->head != t->tail && now >= t->ready && t->step[t->tail & (TYPIST_STEPS - 1)].down;
}

bool typist_next(typist_t *t, u64 now, pc_key_t *key, bool *down)
{
    if (t->head == t->tail || now < t->ready) return false;
    u32 at = t->tail++ & (TYPIST_STEPS - 1);
    *key = t->step[at].key;
    *down = t->step[at].down;
    t->ready = now + t->step[at].then_ns;
    return true;
}
