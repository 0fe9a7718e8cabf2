/* fpu.h - the x87 floating-point unit as programs see it.  SDM vol. 1, chapter 8. */
#pragma once
#include "cpu/float80.h"

typedef struct {
    f80_t r[8];                  /* R0-R7; ST(i) is R[(top + i) mod 8] */
    u16 control;
    u16 status;                  /* without TOP */
    u8  top;
    u8  full;                    /* bit n: Rn is not empty.  The rest of the tag word follows from the contents */
    u16 opcode, error_opcode;    /* of the last instruction, and of the last that raised an unmasked exception: 11 bits */
    u16 cs, ds;                  /* of the last instruction and its memory operand */
    u32 ip, dp;
} fpu_t;

struct cpu;
void fpu_reset(fpu_t *f);        /* RESET: SDM vol. 3A, table 9-1; FNINIT is alike but for the registers */
void fpu_init(fpu_t *f);         /* FNINIT */

/* The status word with TOP in its place. */
u16  fpu_status(const fpu_t *f);
void fpu_set_status(fpu_t *f, u16 status);
/* The tag word, two bits a register: valid, zero, special, empty.  Loading one only tells empty from full (8.1.7). */
u16  fpu_tags(const fpu_t *f);
void fpu_set_tags(fpu_t *f, u16 tags);

/* Bits that do not exist read as they do in the unit; ES and B are made to follow from flags and masks. */
void fpu_set_control(fpu_t *f, u32 control);

/* ES, B and the FERR# pin follow from flags and masks: to be called after any of them changed. */
void fpu_summarise(struct cpu *cpu);
