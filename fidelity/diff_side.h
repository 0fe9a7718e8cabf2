/* diff_side.h - one side of a comparison: records from a trace file, another emulator's log or a machine that runs, as steps.
 *
 * A step is an instruction with the state before it and what it accessed.  Repeated string instructions are one step however many records
 * tell of their iterations; exceptions and interrupts are told with the step that follows them. */
#pragma once
#include <stddef.h>
#include "cpu/cpu.h"
#include "fidelity/trace_read.h"

/* Where records come from.  Changes carry old values. */
typedef struct diff_input {
    trace_answer_t (*next)(struct diff_input *self, trace_record_t *record);
    const u64     *(*state)(struct diff_input *self);                    /* after the record last given */
    const char    *(*why)(struct diff_input *self);                      /* after WRONG */
    void           (*progress)(struct diff_input *self, u64 *at, u64 *of);   /* of 0: nobody knows */
    void           (*close)(struct diff_input *self);
    bool           known[TRACE_FIELDS];  /* fields it tells */
    bool           bytes, accesses, events;                              /* it tells these */
    bool           cut;                  /* the file was cut off: its last step may lack accesses */
    model_t        model;
    char           name[256];
} diff_input_t;

diff_input_t *input_trace(const char *path, char *why, size_t why_bytes);
/* A log of Bochs' debugger or QEMU's -d, told apart by its lines. */
diff_input_t *input_log(const char *path, char *why, size_t why_bytes);

typedef struct {
    u64      number;             /* of the side's own counting */
    u32      eip, linear;
    u16      cs, mode;
    bool     faulted, event, hardware;                                   /* event: one came between the step before and this */
    u8       vector, length, bytes[TRACE_INSTRUCTION_BYTES];
    bool     reads;              /* memory or a port */
    bool     open;               /* the side ends here, perhaps in the middle of it: a repetition, or a file that was cut off */
    u32      all_accesses;       /* how many; the first of them: */
    unsigned n_accesses;
    u64      access_digest;      /* of all, in order */
    trace_access_t access[TRACE_ACCESSES];
} diff_step_t;

enum { SIDE_MOVED = 64 };
typedef struct {
    diff_input_t *input;
    u8           moved[SIDE_MOVED];      /* fields that changed since `before` was right; n_moved is more than SIDE_MOVED: too many */
    unsigned     n_moved;
    u64          before[TRACE_FIELDS], after[TRACE_FIELDS];              /* the step */
    diff_step_t  step;
    u32          ecx, esi, edi;          /* before its last iteration */
    u64          taken;                  /* instruction records that became part of steps */
    bool         begun, ended;
    /* records read ahead, packed */
    u8          *ahead;
    size_t       room, first, end;
    unsigned     n_ahead;
    trace_record_t record;
} diff_side_t;

void side_open(diff_side_t *s, diff_input_t *input);
void side_close(diff_side_t *s);
/* The next step.  END: no more; WRONG: the input's why. */
trace_answer_t side_next(diff_side_t *s);

/* A coming instruction, other than the one before it: its place, the general registers there, and how many instruction records go before. */
typedef struct { u32 cs, eip, linear, records, r[TRACE_GPRS]; } diff_place_t;
/* Fill places[0..most) with those of the coming instructions; returns how many there are.  Stays bounded: so many records are read, and so many bytes of them kept. */
enum { LOOK_MOST = 300000, LOOK_BYTES = 128 << 20 };
unsigned side_look(diff_side_t *s, diff_place_t *places, unsigned most);
