/* command_trace.h - moments of a run, as `doppel trace` and `doppel diff` name them. */
#pragma once
#include "frontend/session.h"

typedef enum { MOMENT_NONE, MOMENT_INSTRUCTION, MOMENT_TIME, MOMENT_LINEAR, MOMENT_FAR, MOMENT_TEXT } moment_kind_t;
typedef struct { moment_kind_t kind; u64 number; u16 cs; u32 address; const char *text; } moment_t;

/* 1000000, 2.5s, 0070:0100 (CS:IP), @C0100000 (linear), text:WORDS. */
bool parse_moment(const char *option, const char *text, moment_t *m, why_t *why);
/* "memory,ports" and so on, as RECORD_... of fidelity/trace_record.h. */
bool parse_kinds(const char *text, unsigned *kinds, why_t *why);
/* "key: value" lines about a machine, for a trace's header. */
void describe_machine(const session_t *s, unsigned kinds, char *text, size_t bytes);
