/* set.h - a set of vectors made on this host's processor: every form of forms.c, with values that vary one at a time. */
#pragma once
#include "fidelity/moo.h"

typedef struct { u32 vectors, forms, exceptions, files, dropped; } set_counts_t;

/* Write FOLDER/NAME.moo.gz, a file for each 32 opcodes of a map: `encodings` of each form, with `variants` of its operands each.
 * false: why says it (another host, or a file). */
bool set_record(const char *folder, u64 seed, unsigned encodings, unsigned variants, set_counts_t *counts, moo_why_t *why);
