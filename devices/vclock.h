/* vclock.h - the machine's time, in nanoseconds, and the alarms set on it.
 * Time advances only because the CPU retires instructions (or sleeps until the next alarm): runs are repeatable.
 * Alarms due at the same moment ring in the order of their `rank` (given at init, unique per machine), so that the
 * order never depends on history that a saved state would lose. */
#pragma once
#include "mem/base.h"
#include "devices/state.h"

enum { VCLOCK_MAX_ALARMS = 64 };
#define VCLOCK_NEVER UINT64_MAX

struct vclock;
typedef struct alarm {
    u64   when;                      /* VCLOCK_NEVER: not set */
    void (*ring)(void *chip);
    void *chip;
    struct vclock *clock;
    u8    rank;
} alarm_t;

typedef struct vclock {
    u64      now;                    /* ns since power-on */
    u64      next;                   /* when the first alarm is due, VCLOCK_NEVER: none */
    alarm_t *alarms[VCLOCK_MAX_ALARMS];
    unsigned n_alarms;
} vclock_t;

void vclock_init(vclock_t *clock);
/* Give an alarm to a clock; chips call this once, in chip_init.  The rank is the order of registration. */
void alarm_init(alarm_t *alarm, vclock_t *clock, void (*ring)(void *chip), void *chip);
void alarm_set(alarm_t *alarm, u64 when);                    /* moves it if already set; a past `when` rings at once on the next advance */
void alarm_clear(alarm_t *alarm);
INLINE bool alarm_is_set(const alarm_t *alarm) { return alarm->when != VCLOCK_NEVER; }
void vclock_advance(vclock_t *clock, u64 to);                /* rings what is due, in order; now is each alarm's `when` meanwhile, `to` after */
void vclock_walk(vclock_t *clock, walker_t *w);              /* now */
void alarm_walk(alarm_t *alarm, walker_t *w, const char *name);  /* when; set again on load */
