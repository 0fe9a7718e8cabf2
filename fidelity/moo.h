/* moo.h - a reader of MOO files: single instructions as a real processor executed them ("Machine Opcode Operation", format version 1.1,
 * github.com/dbalsom/moo, doc/moo_format_v1.md; used by the SingleStepTests collections).
 *
 * A file is a sequence of chunks {four letters, u32 length, payload}, little-endian; some hold chunks in turn.  Chunks of unknown kind are
 * skipped by their length.  Here: 16-bit registers (REGS), memory (RAM), exceptions (EXCP), hashes (HASH).  Left out: 32-bit register files
 * (RG32), register masks (RMSK), the prefetch queue (QUEU) and bus cycles (CYCL): all are skipped.
 *
 * Nothing in a file is believed: every length is checked against what holds it, every count against its chunk and against the limits below.
 * A file that breaks a rule is refused with a sentence; nothing is read outside the buffer. */
#pragma once
#include "mem/base.h"

enum { MOO_AX, MOO_BX, MOO_CX, MOO_DX, MOO_CS, MOO_SS, MOO_DS, MOO_ES, MOO_SP, MOO_BP, MOO_SI, MOO_DI, MOO_IP, MOO_FLAGS, MOO_REGISTERS };
enum { MOO_MAX_RAM = 1024, MOO_MAX_NAME = 64, MOO_MAX_CODE = 32, MOO_MAX_FILE = 64 << 20 };

typedef struct { u32 physical; u8 value; } moo_byte_t;

/* Registers and memory before or after. */
typedef struct {
    u16        r[MOO_REGISTERS];
    u16        present;                  /* bit n: register n is in the file; `before` has them all */
    u32        n_ram;
    moo_byte_t ram[MOO_MAX_RAM];
} moo_state_t;

typedef struct {
    u32         index;
    char        name[MOO_MAX_NAME];      /* disassembly, cut if longer */
    u8          code[MOO_MAX_CODE];      /* the instruction's bytes, and the HLT behind it */
    u32         n_code;
    moo_state_t before, after;           /* after: registers not present kept their value, and are filled in so */
    bool        has_exception;
    u8          exception;               /* vector number */
    u32         flags_at;                /* physical address of the FLAGS image that its entry pushed */
    u8          hash[20];
} moo_test_t;

typedef struct {
    const u8   *data;
    size_t      bytes, at;
    u32         version, n_tests;        /* from the header; version: major << 8 | minor */
    char        processor[5];
    char        mnemonic[9];
    const char *trouble;                 /* why reading stopped, or NULL */
} moo_t;

/* The whole file, gzip or plain, in memory of the caller's (free it).  NULL: cannot be read, too large, or broken gzip. */
u8  *moo_load(const char *path, size_t *bytes);
/* Check the header.  false: moo->trouble says why. */
bool moo_open(moo_t *moo, const u8 *data, size_t bytes);
/* The next test.  false at the end (trouble NULL) or when the file is broken (trouble says why; it stays so). */
bool moo_next(moo_t *moo, moo_test_t *test);
