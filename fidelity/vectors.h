/* vectors.h - one recorded instruction on a processor of ours: set up, run, compared.
 *
 * Real mode: the recorded machine's memory is what a vector names; everything else is full of HLT, so that whatever goes astray stops
 * at once.  Vectors of the 286 and 386 end with a HLT of their own; for those of the 8086's family one is laid where the recorded
 * processor stood afterwards.
 *
 * A program of an operating system ("HOST" in the file's header; CR0.PE and CR0.PG in the vector): flat 32-bit segments, privilege level as CS says,
 * addresses are linear, and only pages that the vector names exist.  Exactly one instruction runs, with all its iterations; an exception is one that
 * the operating system saw: EXCP gives its vector, and nothing else has changed.  Selectors are compared, but cannot be loaded.
 *
 * Left out: bus cycles, prefetch queue, descriptors, other protected modes. */
#pragma once
#include "cpu/cpu.h"
#include "cpu/decode.h"
#include "fidelity/moo.h"

enum { VECTOR_FRAMES = 64, VECTOR_TABLES = 17 };                      /* pages: of flat memory; directory and tables */
enum { VECTOR_RAM = 0x111000, VECTOR_BYTES = VECTOR_RAM + VECTOR_FRAMES * PAGE_BYTES, VECTOR_BLANK = 0xF4, VECTOR_DIFFERENT = 256, FORM_NAME = 24 };

typedef enum { RECORDED_8086, RECORDED_286, RECORDED_386, RECORDED_HOST } recorded_t;
/* By the processor's name in a file's header; false: one that we know nothing of. */
bool recorded_by(const char *processor, recorded_t *recorded);

/* The linear pages of a program, each in a frame of its own. */
typedef struct { u32 linear[VECTOR_FRAMES]; unsigned n_frames, n_tables; bool on; } vector_flat_t;

/* A machine that runs vectors, one after the other. */
typedef struct {
    bus_t bus;
    cpu_t cpu;
    u8   *ram, *expected;                /* expected: what memory should be, blank but for the vector's bytes */
    vector_flat_t flat;
} vector_machine_t;

bool vector_machine_open(vector_machine_t *m, model_t model, bool l1, bool no_cache);     /* false: no memory */
void vector_machine_close(vector_machine_t *m);

typedef struct { u32 physical; u8 theirs, ours; } vector_byte_t;

/* One vector, what we did with it, and where that differs. */
typedef struct {
    const moo_test_t *t;
    recorded_t recorded;
    model_t   model;
    decoded_t d;
    unsigned  length;                    /* of the instruction as decoded; 0 or 16: none (decode.h) */
    u8        opcode_at;                 /* how many prefixes */
    u8        override;                  /* the segment prefix that counts, or 0 */
    u8        rep;                       /* F2 or F3, or 0 */
    bool      lock, operand, address;    /* the prefixes F0, 66, 67 */
    u16       opcode;                    /* 100h + second byte for the two-byte map */
    u8        modrm;                     /* the byte behind the opcode, whatever it is */

    u32       given[MOO_REGISTERS];      /* before, as this processor can hold it */
    u32       wanted[MOO_REGISTERS];     /* after */
    u32       ours[MOO_REGISTERS];
    u32       undefined;                 /* EFLAGS bits that the manual leaves undefined after this instruction */
    int       fault;                     /* vector of our last fault, or -1 */
    bool      halted, upper;             /* upper: the upper half of a register changed (16-bit vectors) */
    u32       registers, flags;          /* bit n: register n differs (EFLAGS apart); EFLAGS bits that differ */
    unsigned  n_memory;
    u8        ours_fx[MOO_FX];           /* x87, MMX and SSE, if the vector has them */
    unsigned  n_fx, fx_at;               /* bytes of it that differ; the first */
    bool      stray;                     /* bytes were written that the vector does not name; known after vector_blank */
    vector_byte_t memory[VECTOR_DIFFERENT];
} vector_run_t;

/* Two steps of vector_run, for those who look for what an instruction does: decode it and set all registers (programs only; m->flat is the
 * caller's); FXSAVE's image of the processor's x87, MMX and SSE state. */
void vector_begin_program(vector_machine_t *m, vector_run_t *v, const moo_test_t *t);
void vector_save_fx(const cpu_t *cpu, u8 fx[MOO_FX]);
/* EFLAGS bits that the manual leaves undefined; v is decoded. */
u32  vector_undefined_flags(const vector_run_t *v);
/* Is more than flags undefined?  SHLD, SHRD by more than the width; whether INS and OUTS of no
 * element look at the right or at the count first;
 * bits of MXCSR that only some processors have (AMD's 17). */
bool vector_undefined_result(const vector_run_t *v);
/* Can this vector be run here?  NULL, or why not. */
const char *vector_trouble(recorded_t recorded, const moo_test_t *t);
/* Another processor, from the next vector on. */
void vector_machine_model(vector_machine_t *m, model_t model);
/* Run it and find the differences. */
void vector_run(vector_machine_t *m, vector_run_t *v, recorded_t recorded, const moo_test_t *t);
/* Nothing differs. */
bool vector_same(const vector_run_t *v);
/* Take all differences away: they are explained. */
bool vector_settle(vector_run_t *v);
/* Memory is blank again where the vector names it. */
void vector_blank(vector_machine_t *m, const moo_test_t *t);
/* Was any byte written that no vector named?  Those are blank again, too. */
bool vector_strayed(vector_machine_t *m);

/* The opcode form: prefixes 67 and 66, opcode, the ModRM extension of a group: "0F AF" is 0FAF, "66 80 /4" is 6680.4. */
void vector_form(const vector_run_t *v, char form[FORM_NAME]);
void vector_parse(vector_run_t *v, const moo_test_t *t);     /* prefixes and opcode only, for vector_form */
