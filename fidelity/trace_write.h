/* trace_write.h - writing a trace file: docs/trace-format.md.  Knows no machine; whoever has records (an observer of cpu/, a ptrace loop)
 * hands them over one by one. */
#pragma once
#include <stddef.h>
#include "fidelity/trace_format.h"

typedef struct trace_writer trace_writer_t;

/* Begin a file.  about: lines "key: value\n" (see docs) that say what was recorded.  NULL: why says it. */
trace_writer_t *trace_create(const char *path, const char *about, char *why, size_t why_bytes);
/* The fields' values before the first record, to be told before it. */
void trace_begin(trace_writer_t *w, const u64 state[TRACE_FIELDS]);

/* Would a record of the instruction at `linear` need no bytes?  identity: not 0, and the same number only if the bytes at this address are the
 * same as when it was last given. */
bool trace_knows(trace_writer_t *w, u32 linear, u64 identity);

/* A record; trouble is kept until the end.  record->length 0: trace_knows() said so of this record, last, and `identity` is what it was asked about; else `bytes` hold
 * the instruction. */
void trace_put(trace_writer_t *w, const trace_record_t *record, u64 identity);

/* The same of an instruction that completed and changed general registers and EFLAGS only: these are what they are after it, record->change is not
 * looked at; values of accesses have no bits beyond their bytes.  False: it must be told by trace_put. */
bool trace_put_brief(trace_writer_t *w, const trace_record_t *record, u64 identity, const u32 registers[TRACE_GPRS], u32 eflags);

typedef struct { u64 records, raw, packed; } trace_size_t;       /* so far; packed: bytes of the file */
trace_size_t trace_size(const trace_writer_t *w);
bool trace_failed(const trace_writer_t *w);

/* End the file: its last block, the index.  false: something could not be written, why says it. */
bool trace_finish(trace_writer_t *w, trace_size_t *size, char *why, size_t why_bytes);
