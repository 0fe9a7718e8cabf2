/* record.h - what this host's processor does with a 32-bit program, recorded instruction by instruction: as a trace (docs/trace-format.md) and as
 * vectors (docs/fidelity.md).
 *
 * Registers, flags, x87, MMX, SSE and memory are silicon's.  Which bytes of memory an instruction touches no processor tells: a processor of ours executes it, too,
 * on copies of the program's pages, and its accesses name them; what stood in them before and after is read from the program.
 *
 * Left out: what system calls do to memory (a note tells their number and answer); other threads and processes; the pointers to the last x87 instruction. */
#pragma once
#include "fidelity/moo.h"

typedef struct {
    const char *trace, *vectors;         /* files; vectors may be NULL */
    unsigned    limit;                   /* vectors of a form, at most */
    u64         most;                    /* instructions; 0: until the program ends */
    const char *program;                 /* "doppel 0.1", for the file's header */
    void      (*progress)(u64 instructions);                   /* now and then; NULL: none */
} record_options_t;

typedef struct {
    u64  instructions, events, system_calls, bytes;
    u32  vectors, forms;
    bool ended, left;                    /* the program ended by itself; it became one of another kind */
    int  status;                         /* as waitpid tells, if ended */
} record_summary_t;

/* Record it all.  false: why says it. */
bool record_program(const record_options_t *o, char **argv, record_summary_t *summary, moo_why_t *why);
