/* moo.h - a reader of MOO files: single instructions as a real processor executed them ("Machine Opcode Operation", format versions 1.0 and
 * 1.1, github.com/dbalsom/moo, doc/moo_format_v1.md; used by the SingleStepTests collections).
 *
 * A file is a sequence of chunks {four letters, u32 length, payload}, little-endian; some hold chunks in turn.  Chunks of unknown kind are
 * skipped by their length.  Here: registers of 16 and 32 bits (REGS, RG32) and their masks (RMSK, RM32), memory (RAM), exceptions (EXCP),
 * hashes (HASH), what a file is about (META); and three of our own, described in docs/fidelity.md: x87, MMX and SSE state (FX32) and its mask (FXMK),
 * what all tests of a file begin with (BASE), the processor's name (HCPU).  Left out, and skipped: the prefetch queue (QUEU), bus cycles (CYCL), effective addresses
 * (EA32), descriptors (DC32, not in the document).
 *
 * Nothing in a file is believed: every length is checked against what holds it, every count against its chunk and against the limits below.
 * A file that breaks a rule is refused with a sentence and the offset of the chunk; nothing is read outside the buffer. */
#pragma once
#include "mem/base.h"

/* In the order of RG32; REGS fills those that it has. */
enum { MOO_CR0, MOO_CR3, MOO_EAX, MOO_EBX, MOO_ECX, MOO_EDX, MOO_ESI, MOO_EDI, MOO_EBP, MOO_ESP, MOO_CS, MOO_DS, MOO_ES, MOO_FS, MOO_GS, MOO_SS,
       MOO_EIP, MOO_EFLAGS, MOO_DR6, MOO_DR7, MOO_REGISTERS };
enum { MOO_MAX_RAM = 4096, MOO_MAX_NAME = 64, MOO_MAX_HCPU = 96, MOO_FX = 288 /* bytes of FXSAVE's image that mean something */, MOO_MAX_CODE = 32, MOO_MAX_FILE = 256 << 20 };

typedef struct { u32 physical; u8 value; } moo_byte_t;

/* Registers and memory before or after. */
typedef struct {
    u32        r[MOO_REGISTERS];
    u32        present;                  /* bit n: register n is in the file */
    bool       wide;                     /* they came as RG32 */
    bool       has_fx;
    u8         fx[MOO_FX];               /* x87, MMX and SSE: the image of FXSAVE, SDM vol. 1, table 10-2 */
    u32        n_ram;
    moo_byte_t ram[MOO_MAX_RAM];
} moo_state_t;

typedef struct {
    u32         index;                   /* as the file says; counted on where it does not grow (8086 v1: all 0) */
    char        name[MOO_MAX_NAME];      /* disassembly, cut if longer */
    u8          code[MOO_MAX_CODE];      /* the instruction's bytes, and the HLT behind it where the collection has one */
    u32         n_code;
    moo_state_t before, after;           /* after: registers not present kept their value, and are filled in so */
    u32         mask[MOO_REGISTERS];     /* bits of `after` that mean something: the file's and the test's masks together */
    u8          fx_mask[MOO_FX];
    bool        has_exception;
    u8          exception;               /* vector number */
    u32         flags_at;                /* physical address of the FLAGS image that its entry pushed */
    bool        has_hash;
    u8          hash[20];
    size_t      at;                      /* of its chunk in the file */
} moo_test_t;

typedef struct {
    const u8   *data;
    size_t      bytes, at;
    u32         n_read, next_index;
    u32         version, n_tests;        /* from the header; version: major << 8 | minor */
    char        processor[5];            /* "8086", "C286", "386E"; without the spaces */
    char        mnemonic[9];             /* META */
    u8          cpu_mode;                /* META: 0: real mode */
    u32         mask[MOO_REGISTERS];     /* of the whole file */
    u8          fx_mask[MOO_FX];
    moo_state_t base;                    /* BASE: what every test begins with; no memory */
    char        host[MOO_MAX_HCPU];      /* HCPU: who executed it, or "" */
    const char *trouble;                 /* why reading stopped, or NULL */
    size_t      trouble_at;              /* offset of the chunk that is wrong */
} moo_t;

/* The whole file, gzip or plain, in memory of the caller's (free it).  NULL: cannot be read, too large, or broken gzip: why says which. */
typedef struct { char text[128]; } moo_why_t;
u8  *moo_load(const char *path, size_t *bytes, moo_why_t *why);
/* Check the header.  false: moo->trouble says why. */
bool moo_open(moo_t *moo, const u8 *data, size_t bytes);
/* The next test.  false at the end (trouble NULL) or when the file is broken (trouble says why; it stays so). */
bool moo_next(moo_t *moo, moo_test_t *test);
