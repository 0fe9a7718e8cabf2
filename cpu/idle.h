/* idle.h - recognising a guest that waits by running in circles.
 *
 * A program that polls the keyboard (DOS at its prompt) or a counter in memory keeps the processor busy with a loop that changes nothing.  If the
 * whole state of the machine at one instruction equals that of L instructions ago, and no device was touched in between, then the machine
 * will come back to it every L instructions until something outside the loop happens: a timer, a key.  Until then any multiple of L may be
 * counted without being executed, and the result is the same to the last bit.  Nothing is guessed: a loop that counts, reads a
 * clock, or touches a port is not one of these, and is executed.
 *
 * A trial watches a few thousand instructions.  Registers that come back to their values mark a round; two rounds that leave the same values
 * in the same memory prove the circle. */
#pragma once
#include "cpu/cpu.h"

enum { IDLE_WORDS = 512 };       /* of memory that a round may write; more: no circle */

typedef struct { u32 word, value[2], written[2]; } idle_word_t;  /* physical address / 4; by round: last value, mask of the bytes written */

typedef struct {
    observer_t observer;
    u32  anchor_r[NREGS], anchor_eip;        /* where a round begins */
    u64  anchor_at, next_anchor;             /* instruction counts; where to try another beginning */
    unsigned round;                          /* 0, 1: rounds 1 and 2 are being watched */
    unsigned returns, returns_in_round;      /* how often the registers came back in this one; how often make a round */
    bool given_up, disturbed;                /* disturbed: an exception or interrupt came; begin again */
    u64  period;                             /* found: instructions in a round; else 0 */
    u32  n_words;
    idle_word_t word[IDLE_WORDS];            /* hashed by address */
    segment_t seg[N_ALL_SEGMENTS];           /* the processor's state after round 1, but for the general registers */
    flags_t f;
    u8   rest[sizeof(cpu_t)];                /* from `eflags` up to `model` */
    const u64 *accesses;                     /* counts device accesses */
    u64  accesses_before;
} idle_t;

/* Watch from here; between runs, and only if nobody else watches.  `accesses`: a count that grows with every access to a device. */
void idle_begin(idle_t *idle, cpu_t *cpu, const u64 *accesses);
/* Watch no more.  The length of the circle in instructions, or 0; then cpu_skip may be told to count any multiple of it. */
u64  idle_end(idle_t *idle, cpu_t *cpu);
