/* trace_read.h - reading a trace file: docs/trace-format.md.  Nothing in a file is believed; trouble is said with file and offset.  Memory
 * is bounded whatever the file says. */
#pragma once
#include <stddef.h>
#include "fidelity/trace_format.h"

typedef struct trace_reader trace_reader_t;

trace_reader_t *trace_open(const char *path, char *why, size_t why_bytes);        /* NULL: why says it */
void trace_close(trace_reader_t *r);

const char *trace_about(const trace_reader_t *r);                /* the header's lines */
/* The value behind "key: " in the header, to `to`; false: there is none. */
bool trace_about_value(const trace_reader_t *r, const char *key, char *to, size_t bytes);
/* The file has no end (a run that was cut off): what was whole is read.  Said when the end is met. */
bool trace_truncated(const trace_reader_t *r);

typedef enum { TRACE_GOT, TRACE_END, TRACE_WRONG } trace_answer_t;
/* The next record.  WRONG: trace_why says it, with file and offset. */
trace_answer_t trace_next(trace_reader_t *r, trace_record_t *record);
const char *trace_why(const trace_reader_t *r);
const u64  *trace_state(const trace_reader_t *r);                /* the fields after the record last read */

/* Go on before the first record of instruction `number` or later, or at the last whole block's end. */
trace_answer_t trace_seek(trace_reader_t *r, u64 number);

/* How far in the file: bytes of blocks begun, of all bytes. */
void trace_progress(const trace_reader_t *r, u64 *at, u64 *of);
