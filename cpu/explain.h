/* explain.h - a triple fault in words: which fault came first and where, and why neither its handler nor the double fault's could be
 * called.  SDM vol. 3A, 6.15 (each exception), 6.13 "Error Code", table 6-5.
 *
 * While faults are delivered their chain is kept (cpu->chain); when the processor shuts down it is told in cpu->explanation. */
#pragma once
#include "cpu/cpu.h"

void explain_fault(cpu_t *cpu);                  /* cpu->fault has been raised: a link of the chain */
void explain_event(cpu_t *cpu, u8 vector);       /* an interrupt or trap is about to be delivered: a new chain */
void explain_shutdown(cpu_t *cpu);               /* writes cpu->explanation */
