/* diff_inside.h - what the comparison (diff.c) and its report (diff_report.c) share. */
#pragma once
#include "cpu/decode.h"
#include "fidelity/diff.h"

enum { HISTORY = 11 };           /* the last instruction both sides executed, and ten before */

typedef struct {
    const diff_options_t *options;
    diff_side_t   a, b;
    diff_counts_t counts;
    diff_step_t   history[HISTORY];      /* of A; number n at n % HISTORY */
    u64           b_number;              /* of the step before this, on B's side */
    u64           last_before[TRACE_EFLAGS + 1];         /* general registers and EFLAGS before the last instruction, of A */
    bool          tainted[TRACE_FIELDS]; /* fields that may differ because of devices */
    bool          any_tainted;
    u32           loose_flags;           /* EFLAGS bits that may differ: left undefined by an instruction, and not set since */
    unsigned      told;                  /* excursions that were reported one by one */
    char         *why;
    size_t        why_bytes;
} diff_t;

/* The step before this one; NULL: there was none. */
const diff_step_t *diff_last(const diff_t *d);
bool diff_decode(const diff_t *d, const diff_step_t *step, decoded_t *out);
/* The status flags that the step leaves undefined; `before`: the state it met. */
u32  diff_undefined(const diff_t *d, const diff_step_t *step, const u64 *before);
/* The flags it surely sets as the manual says. */
u32  diff_defined(const diff_t *d, const diff_step_t *step);

/* diff_report.c */
void report_excursion(diff_t *d, char who, const diff_step_t *from, u64 steps, const diff_step_t *step);
void report_device_value(diff_t *d, unsigned field);
void report_place(diff_t *d);
void report_fields(diff_t *d, const bool *differ);
void report_accesses(diff_t *d);
void report_bytes(diff_t *d);
