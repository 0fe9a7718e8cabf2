/* trace_text.h - trace records as lines for people and programs. */
#pragma once
#include <stdio.h>
#include "cpu/cpu.h"
#include "fidelity/trace_format.h"

typedef enum { TRACE_LINES, TRACE_CSV, TRACE_JSONL } trace_style_t;

/* A field as it was before the record; state: the fields after it. */
u64 trace_was(const u64 state[TRACE_FIELDS], const trace_record_t *r, unsigned field);
/* The mode word, as far as decoding needs it, that an instruction in this state runs in. */
u16 trace_mode(const u64 state[TRACE_FIELDS]);
/* The instruction in words; `state` before or after it.  text holds DISASM_BYTES. */
void trace_disassemble(const trace_record_t *r, u32 eip, u16 mode, model_t model, char *text);
/* "CF PF ZF" by name.  text holds 64 bytes. */
void trace_flags(u32 eflags, char *text);

/* A processor by the name in a trace's header (-cpu's); pentium4 if there is none of this name. */
model_t trace_model(const char *name);
extern const char *const trace_models[N_MODELS];

void trace_heading(FILE *out, trace_style_t style);
/* One record, one line; state: the fields after it. */
void trace_line(FILE *out, trace_style_t style, const u64 state[TRACE_FIELDS], const trace_record_t *r, model_t model);
