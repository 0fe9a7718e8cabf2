/* rules.h - which rule of the manual a fault says was broken, in a sentence with its section (SDM vol. 3A unless another is named). */
#pragma once
#include "cpu/decode.h"
#include "cpu/text.h"

/* What of the faulting instruction could be decoded.  length 0: nothing, because its bytes are not in memory. */
typedef struct { unsigned length; decoded_t d; } culprit_t;

void rule_of(text_t *t, cpu_t *cpu, const fault_link_t *fault, const culprit_t *culprit);
