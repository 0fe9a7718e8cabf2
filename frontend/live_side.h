/* live_side.h - a machine that runs while it is compared: one side of `doppel diff`. */
#pragma once
#include "fidelity/diff_side.h"
#include "frontend/say.h"

/* words: a command line such as "-engine L0 -cdrom 'my linux.iso'".  kinds: RECORD_... of fidelity/trace_record.h.  NULL: why says it. */
diff_input_t *input_live(const char *words, unsigned kinds, why_t *why);
