/* interrupt.h - calling the handler of an interrupt or exception.  SDM vol. 3A, chapter 6; vol. 2, INT n. */
#pragma once
#include "cpu/cpu.h"

typedef enum {
    INT_SOFTWARE,                /* INT n */
    INT_HARDWARE,                /* the INTR pin, NMI */
    INT_EXCEPTION,
    INT_ICEBP,                   /* INT1 (F1) */
    INT_IMPLIED                  /* INT3 (CC) and INTO: as INT n, but V86 mode with IOPL < 3 lets them pass (vol. 3A, 20.3.2) */
} int_source_t;

/* return_eip: what goes on the stack.  has_code: push `code` (protected mode only).  May fault in turn. */
void interrupt(cpu_t *cpu, u8 vector, int_source_t source, u32 return_eip, bool has_code, u32 code);

/* The exception pushes an error code.  Vol. 3A, table 6-1. */
bool vector_has_code(int vector);

/* A second exception while the first (cpu->delivering, cpu->delivering_vector) is being delivered.  Vol. 3A, table 6-5.
 * Interrupts and INT n count as benign whatever their vector: delivering_vector must be a benign one (say 32) for them. */
typedef enum { DELIVER_SECOND, DELIVER_DOUBLE, DELIVER_SHUTDOWN } combine_t;
bool      fault_is_contributory(u8 vector);
combine_t combine_faults(const cpu_t *cpu, u8 second);
