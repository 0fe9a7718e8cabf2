/* program.h - a 32-bit program of this host, executed instruction by instruction: ptrace(2), on Linux on x86-64 and i386.
 *
 * Left out: other threads and processes of the program, which run on unwatched. */
#pragma once
#include "fidelity/moo.h"

typedef struct {
    u32 r[8];                            /* EAX ECX EDX EBX ESP EBP ESI EDI */
    u32 eip, eflags;                     /* without TF and RF, which are ours */
    u16 seg[6];                          /* ES CS SS DS FS GS */
    u32 fs_base, gs_base;
    u8  fx[MOO_FX];                      /* FXSAVE's image */
} program_state_t;

typedef struct {
    long pid;
    int  memory;                         /* /proc/PID/mem */
    int  deliver;                        /* a signal that it gets with the next step */
    int  status;                         /* after PROGRAM_ENDED: as waitpid tells */
} program_t;

/* STEPPED: an instruction, or one iteration of a repeated one, was executed.  SIGNAL: the next one will find this signal delivered; if it is an exception
 * of the instruction, that did not complete.  LEFT: it became a program that is not 32-bit. */
typedef enum { PROGRAM_STEPPED, PROGRAM_SIGNAL, PROGRAM_LEFT, PROGRAM_ENDED } program_stop_t;
typedef struct { int number; bool exception; u8 vector; } program_signal_t;

/* Start it; it stands before its first instruction.  false: why says it. */
bool program_start(program_t *p, char **argv, moo_why_t *why);
bool program_state(const program_t *p, program_state_t *s);
program_stop_t program_step(program_t *p, program_signal_t *signal);
/* Has it a handler of its own for the signal?  Then the next step only enters that. */
bool program_catches(const program_t *p, int number);
/* How many bytes could be read. */
u32  program_read(const program_t *p, u32 linear, void *to, u32 bytes);
void program_end(program_t *p);          /* kills it if it lives */
