/* eflags.h - who may change which bit of EFLAGS.  SDM vol. 2, PUSHF, POPF, CLI, STI, IRET; vol. 3A, 2.3, 20.3 (VME). */
#pragma once
#include "cpu/descriptor.h"

/* Replace the bits in `which`, then cpu_mode_changed.  Bits the model lacks stay 0. */
void flags_write(cpu_t *cpu, u32 value, u32 which);

/* EFLAGS as an interrupt or exception pushes it.  resume: RF set, so that the faulting instruction's breakpoint does not
 * hit again (vol. 3B, 17.3.1.1). */
u32  flags_pushed(const cpu_t *cpu, bool resume);
/* IRET at the present (old) privilege level, not to V86. */
void flags_popped(cpu_t *cpu, u32 value, width_t w);
/* What flags_popped would refuse: #GP(0) in V86 mode with IOPL < 3, but for VME.  Before anything is committed. */
void flags_check_pop(cpu_t *cpu, u32 value, width_t w);

u32  PUSHF_value(cpu_t *cpu, width_t w);                      /* may #GP(0) in V86 */
void POPF_value(cpu_t *cpu, width_t w, u32 value);            /* may #GP(0) in V86 */

/* CLI and STI with VME and PVI.  flags_sti returns true if IF went from 0 to 1 (the caller then delays interrupts by one
 * instruction). */
void flags_cli(cpu_t *cpu);
bool flags_sti(cpu_t *cpu);
