/* trace_print.h - `doppel trace -print`. */
#pragma once
#include "fidelity/trace_text.h"
#include "frontend/command_trace.h"

/* The exit status. */
int trace_print(const char *path, const moment_t *from, const char *count, trace_style_t style);
