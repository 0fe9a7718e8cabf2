/* diff.h - two runs compared, instruction by instruction: the first place where they part, and what the manual says about it. */
#pragma once
#include <stdio.h>
#include "fidelity/diff_side.h"

typedef struct { bool set, far; u16 cs; u32 address; } diff_address_t;

enum { DIFF_SKIPS = 8 };

typedef struct {
    bool           ignore_undefined;     /* flags that the manual leaves undefined after an instruction */
    bool           ignore_devices;       /* what devices answer and when interrupts come: see docs/fidelity.md */
    bool           ignore_memory;        /* accesses are not compared */
    diff_address_t sync;                 /* both sides are first run to here */
    struct { u32 first, last; } skip[DIFF_SKIPS];        /* linear addresses whose instructions are not compared */
    unsigned       n_skips;
    u64            most;                 /* steps; UINT64_MAX: all */
    FILE          *out;                  /* the report */
    bool         (*go_on)(void *owner, u64 steps);       /* now and then; false: end, which is trouble: nobody knows whether they part later */
    void          *owner;
} diff_options_t;

typedef enum { DIFF_SAME, DIFF_DIFFERENT, DIFF_TROUBLE } diff_result_t;

typedef struct { u64 steps, undefined, excursions, excursion_steps, device_values; } diff_counts_t;

/* Takes the inputs over.  TROUBLE: why says it. */
diff_result_t diff_run(diff_input_t *a, diff_input_t *b, const diff_options_t *options, diff_counts_t *counts, char *why, size_t why_bytes);
