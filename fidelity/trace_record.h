/* trace_record.h - making trace records of a running processor: an observer (cpu.h) that compares the state around every instruction. */
#pragma once
#include "cpu/cpu.h"
#include "fidelity/trace_format.h"

/* Kinds of facts, beside the instructions themselves, their general registers and EFLAGS. */
enum { RECORD_MEMORY = 1, RECORD_PORTS = 2, RECORD_EVENTS = 4, RECORD_STATE = 8, RECORD_ALL = 15 };

typedef struct trace_recorder {
    observer_t observer;                 /* first */
    unsigned   kinds;
    bool       open, whole;              /* a record is being made; its instruction may change any field */
    bool       x87;                      /* or fields of the x87 */
    u32        eip;                      /* of the open record */
    u64        identity;
    u32        registers[TRACE_GPRS], eflags;        /* before it; they are not kept in `state` */
    u32        raw_eflags;                           /* the processor's, and its f: `now_eflags` was made of them */
    flags_t    f;
    u32        now_eflags;
    segment_t  seg[N_ALL_SEGMENTS];                  /* the processor's, of which fields of `state` were made */
    fpu_t      fpu;
    simd_t     simd;
    u64        state[TRACE_FIELDS];      /* before the open record; fields not looked at since they last may have changed */
    u8        *watch;                    /* by instruction: what it may change */
    trace_record_t record;
    /* The user's: every record that is finished; whether the instruction's bytes are known already (trace_knows), NULL: never; a
     * quicker way than `sink` for most (trace_put_brief), NULL: there is none; called before an instruction becomes a record, false: end here, NULL: never. */
    void     (*sink)(void *owner, const trace_record_t *record, u64 identity);
    bool     (*knows)(void *owner, u32 linear, u64 identity);
    bool     (*brief)(void *owner, const trace_record_t *record, u64 identity, const u32 registers[TRACE_GPRS], u32 eflags);
    bool     (*goes_on)(void *owner, struct cpu *cpu, u32 linear);
    void      *owner;
} trace_recorder_t;

bool recorder_init(trace_recorder_t *r, unsigned kinds);                 /* false: no memory; then set the user's */
void recorder_free(trace_recorder_t *r);
void recorder_begin(trace_recorder_t *r, cpu_t *cpu);                    /* becomes the observer; between runs or from an observer's `before` */
void recorder_end(trace_recorder_t *r, cpu_t *cpu);                      /* finish the open record, and leave; between runs */

/* All fields of the processor. */
void recorder_state(cpu_t *cpu, u64 state[TRACE_FIELDS]);
