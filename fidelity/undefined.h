/* undefined.h - what the manual leaves undefined after an instruction, and what no vector of a program can hold. */
#pragma once
#include "fidelity/vectors.h"

u16  x87_defined_codes(u16 instr);         /* condition codes of the x87's status word */
bool x87_transcendental(u16 instr);
bool x87_comparison(u16 instr);

/* Why an instruction's result is no fact about all processors, or not the program's own; NULL: it is. */
const char *vector_unfit(u16 instr);
/* Masks of a recorded test: EFLAGS, condition codes, pointers to the last x87 instruction.  v is decoded from it. */
void vector_masks(const vector_run_t *v, moo_test_t *t);
