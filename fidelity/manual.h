/* manual.h - what the manual says about an instruction, in a few words. */
#pragma once
#include <stdio.h>
#include "cpu/decode.h"

/* Its name in full, as in the manual's headings; "" if it is not in the table. */
const char *manual_title(u16 instr);
/* What it does, in one line; NULL if it is not in the table. */
const char *manual_operation(u16 instr);
/* "CF OF"; the text is in `text` and is "none" without any. */
void manual_flags(u32 flags, char text[64]);
/* "Flags: sets ...; leaves ... undefined; reads ...".  A line, without its end. */
void manual_flag_rule(const decoded_t *d, FILE *out);
