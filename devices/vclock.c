/* vclock.c - virtual time and its alarms.  A machine has a few dozen alarms and few of them move per millisecond, so an
 * array scan beats a heap here and keeps the ring order plain: earliest first, then by rank. */
#include "devices/vclock.h"

void vclock_init(vclock_t *clock) { *clock = (vclock_t){ .next = VCLOCK_NEVER }; }

static void find_next(vclock_t *clock)
{
    u64 next = VCLOCK_NEVER;
    for (unsigned i = 0; i < clock->n_alarms; i++)
        if (clock->alarms[i]->when < next)
            next = clock->alarms[i]->when;
    clock->next = next;
}

void alarm_init(alarm_t *alarm, vclock_t *clock, void (*ring)(void *chip), void *chip)
{
    assert(clock->n_alarms < VCLOCK_MAX_ALARMS);
    *alarm = (alarm_t){ .when = VCLOCK_NEVER, .ring = ring, .chip = chip, .clock = clock, .rank = (u8)clock->n_alarms };
    clock->alarms[clock->n_alarms++] = alarm;
}

void alarm_set(alarm_t *alarm, u64 when)
{
    bool was_first = alarm->when == alarm->clock->next;
    alarm->when = when;
    if (when <= alarm->clock->next)
        alarm->clock->next = when;
    else if (was_first)
        find_next(alarm->clock);
}

void alarm_clear(alarm_t *alarm) { alarm_set(alarm, VCLOCK_NEVER); }

void vclock_advance(vclock_t *clock, u64 to)
{
    while (clock->next <= to && clock->next != VCLOCK_NEVER) {
        u64 due = clock->next;
        alarm_t *first = NULL;
        for (unsigned i = 0; i < clock->n_alarms && !first; i++)
            if (clock->alarms[i]->when == due)
                first = clock->alarms[i];
        if (!first) {
            find_next(clock);
            continue;
        }
        if (due > clock->now)
            clock->now = due;
        first->when = VCLOCK_NEVER;
        find_next(clock);
        first->ring(first->chip);
    }
    if (to > clock->now)
        clock->now = to;
}

void vclock_walk(vclock_t *clock, walker_t *w)
{
    walk_chip(w, "vclock", 1);
    FIELD(w, clock->now);
}

void alarm_walk(alarm_t *alarm, walker_t *w, const char *name)
{
    walk_scalar(w, name, &alarm->when, sizeof alarm->when, UINT64_MAX);
    if (walk_loading(w))
        find_next(alarm->clock);
}
