/* trace_format.h - what a trace file is made of: docs/trace-format.md, in C.  Shared by the writer, the reader and those who make records.
 *
 * A trace is the sequence of instructions a processor executed and the exceptions and interrupts it took, each with what it changed and what
 * it accessed.  Knows nothing of a machine: a trace may come from silicon as well. */
#pragma once
#include "mem/base.h"

enum { TRACE_MAJOR = 2, TRACE_MINOR = 0 };
#define TRACE_MAGIC "DOPPELTR"

/* The state is a vector of fields; a change is a field and its new value.  Numbers are the file's and never change. */
enum {
    TRACE_EAX, TRACE_ECX, TRACE_EDX, TRACE_EBX, TRACE_ESP, TRACE_EBP, TRACE_ESI, TRACE_EDI, TRACE_EFLAGS, TRACE_CPL = 10,
    TRACE_SELECTOR = 16, TRACE_BASE = 24, TRACE_LIMIT = 32, TRACE_ATTRIBUTES = 40,    /* + ES CS SS DS FS GS LDTR TR */
    TRACE_CR0 = 48, TRACE_CR2, TRACE_CR3, TRACE_CR4, TRACE_EFER,
    TRACE_DR = 56, TRACE_GDTR_BASE = 64, TRACE_GDTR_LIMIT, TRACE_IDTR_BASE, TRACE_IDTR_LIMIT,
    TRACE_SYSENTER_CS, TRACE_SYSENTER_ESP, TRACE_SYSENTER_EIP,
    TRACE_X87_LOW = 80,          /* + n: R0-R7 of the x87, bits 0-63 */
    TRACE_X87_HIGH = 88,         /* + n: bits 64-79 */
    TRACE_X87_CONTROL = 96, TRACE_X87_STATUS, TRACE_X87_TAGS, TRACE_X87_OPCODE, TRACE_X87_IP, TRACE_X87_CS, TRACE_X87_DP, TRACE_X87_DS,
    TRACE_XMM_LOW = 112, TRACE_XMM_HIGH = 120, TRACE_MXCSR = 128,
    TRACE_FIELDS = 136
};
enum { TRACE_GPRS = 8, TRACE_CS = 1, TRACE_SS = 2 };     /* TRACE_BASE + TRACE_CS: the base of CS */

const char *trace_field_name(unsigned field);            /* "eax", "cs.base"; NULL: there is no such field */
unsigned    trace_field_digits(unsigned field);          /* hexadecimal digits that show it */
int         trace_field_find(const char *name);          /* -1: none */

typedef enum { TRACE_INSTRUCTION, TRACE_EVENT, TRACE_NOTE } trace_kind_t;
typedef enum { TRACE_READ, TRACE_WRITE, TRACE_IN, TRACE_OUT } trace_way_t;
typedef enum { TRACE_FAULT, TRACE_TRAP, TRACE_INTERRUPT, TRACE_SHUTDOWN } trace_source_t;
enum { TRACE_NOTE_GAP = 1, TRACE_NOTE_TEXT };            /* recording had stopped before the next record; words for people */

typedef struct { u8 field; u64 value, old; } trace_change_t;      /* old: filled in by the reader */
typedef struct { u8 way, log2_bytes; u32 where, value; } trace_access_t;

enum { TRACE_ACCESSES = 64, TRACE_INSTRUCTION_BYTES = 15, TRACE_NOTE_BYTES = 255 };

/* One instruction and what it did, one exception or interrupt and what its delivery did, or a note. */
typedef struct {
    u64  number;                 /* instructions retired before it */
    u32  linear;                 /* its address; of an event: of the instruction that did not complete, or would have come next */
    u8   length, bytes[TRACE_INSTRUCTION_BYTES];
    u8   kind;
    u8   source;                 /* event: trace_source_t */
    bool faulted;                /* the instruction did not complete: an event follows */
    bool has_code;
    bool continued;              /* more accesses of the instruction before */
    u8   vector;
    u32  code;
    u8   note, note_length;
    char text[TRACE_NOTE_BYTES + 1];
    unsigned n_changes, n_accesses;
    trace_change_t change[TRACE_FIELDS];
    trace_access_t access[TRACE_ACCESSES];
} trace_record_t;

/* ---- the file ---- */

enum { TRACE_BLOCK = 256 << 10,          /* raw bytes in a block, at most */
       TRACE_BLOCK_RECORDS = 1 << 20,    /* records in a block, at most */
       TRACE_RECORD_MOST = 6 << 10,      /* a record's bytes, at most */
       TRACE_PACKED = TRACE_BLOCK + (TRACE_BLOCK >> 8) + 1024,    /* a block's compressed bytes, at most */
       TRACE_ABOUT_BYTES = 64 << 10,
       TRACE_BLOCK_HEADER = 32, TRACE_TRAILER = 16 };
#define TRACE_BLOCK_MARK   0x4B4C4254u   /* "TBLK" */
#define TRACE_INDEX_MARK   0x58444954u   /* "TIDX" */
#define TRACE_TRAILER_MARK 0x444E4554u   /* "TEND" */

/* What stands before records: so many as expected, 7 and more by a varint of their own, then a mask of numbers that are not, 0: a record in full. */
enum { HEAD_RUN_BITS = 3, HEAD_RUN_MORE = 7 };
/* The first byte of a record in full. */
enum { TAG_KIND = 3, TAG_JUMP = 4, TAG_BYTES = 8, TAG_REGISTERS = 16, TAG_FLAGS = 32, TAG_ACCESSES = 64, TAG_MORE = 128 };
enum { MORE_FIELDS = 1, MORE_FAULTED = 2, MORE_NUMBER = 4, MORE_CONTINUED = 8 };
/* An access's first byte: way in bits 0-1, log2 of bytes in bits 2-3, and */
enum { ACCESS_SAME_PLACE = 16, ACCESS_SAME_VALUE = 32, ACCESS_MORE = 64 };
/* An event's second byte: source in bits 0-1, and */
enum { EVENT_HAS_CODE = 4 };

INLINE u64 zigzag(s64 v)      { return (u64)v << 1 ^ (u64)(v >> 63); }
INLINE s64 unzigzag(u64 v)    { return (s64)(v >> 1) ^ -(s64)(v & 1); }
