/* pit.h - Intel 82C54 programmable interval timer (data sheet 231244).
 *
 * Time is measured in ticks of the chip's one clock, 1193182 Hz, counted from power-on: tick n begins at the first
 * nanosecond >= n * 10^9 / 1193182.  A counter is not ticked: a few numbers say where it stands at any tick. */
#pragma once
#include "devices/line.h"
#include "devices/state.h"
#include "devices/vclock.h"

enum { PIT_HZ = 1193182 };

typedef struct pit_counter {
    line_t      out;             /* the OUT pin; alarms are set only if something is soldered to it */
    alarm_t     alarm;           /* rings at the next tick at which OUT may change */
    vclock_t   *clock;

    u8   control;                /* RW1 RW0 M2 M1 M0 BCD, as last written */
    u16  cr;                     /* count register, as written */
    u8   low;                    /* first byte of a two-byte count */
    bool high_next_write, high_next_read;
    bool armed;                  /* a count was written since the control word */
    bool null_count;             /* the count written has not reached the counting element */
    bool gate;
    bool counting;
    bool driven;                 /* level last put on OUT */

    u32  count;                  /* the count in effect, 1..65536 */
    u32  value;                  /* counting element at tick `since` (modes 0, 1, 4, 5) or while it stands still */
    u64  since;                  /* counting: tick at which it held `value`, or `count` (start of a period in modes 2, 3) */
    u64  zero;                   /* tick of terminal count, modes 0, 1, 4, 5 */
    u64  load;                   /* tick at which CR is loaded, or never */
    bool at_boundary;            /* that load is the end of a period (mode 2) or half period (mode 3) */

    bool latched, status_latched;
    u16  latch;
    u8   status;
} pit_counter_t;

typedef struct pit { vclock_t *clock; pit_counter_t counter[3]; } pit_t;

/* Gates are high at first, as the PC wires those of counters 0 and 1; the owner of counter 2's says so with pit_gate. */
void pit_init(pit_t *pit, vclock_t *clock);
void pit_reset(pit_t *pit);

u32  pit_read(void *pit, u16 reg);                 /* 40h-43h */
void pit_write(void *pit, u16 reg, u32 value);

/* A GATE pin changes.  A line_fn, pin = counter. */
void pit_gate(void *pit, int counter, bool level);
/* Level at OUT now. */
bool pit_out(const pit_t *pit, int counter);
/* Whole periods since the count in effect was loaded (modes 2 and 3; else 0): what a divider behind OUT has seen. */
u64  pit_periods(const pit_t *pit, int counter);

void pit_walk(pit_t *pit, walker_t *w);
