/* system.h - the system instructions.  SDM vol. 3A, 2.8 "System Instruction Summary"; each as in vol. 2 (vol. 2B and on). */
#pragma once
#include "cpu/bodies.h"

/* Instructions reserved to level 0: #GP(0) elsewhere (V86 mode runs at level 3). */
void need_cpl0(cpu_t *cpu);

/* The word operand of LLDT, LTR, LMSW: the privilege is asked for before the operand is read. */
u16  privileged_word(cpu_t *cpu, const op_t *op);
/* What they then do.  system.c, control.c */
void load_ldtr(cpu_t *cpu, u16 selector);
void load_tr(cpu_t *cpu, u16 selector);
void load_msw(cpu_t *cpu, u16 value);

/* The instruction bodies themselves (LGDT ... SYSEXIT) are declared in bodies.h; they stand in system.c (tables, selectors,
 * SYSENTER), control.c (control and test registers), breakpoint.c (debug registers), msr.c and cpuid.c. */

/* Asking about selectors.  The result is ZF; #UD in real mode and V86.  system.c */
bool access_rights(cpu_t *cpu, u16 selector, u32 *rights);    /* LAR */
bool segment_limit(cpu_t *cpu, u16 selector, u32 *limit);     /* LSL */
bool may_read(cpu_t *cpu, u16 selector);                      /* VERR */
bool may_write(cpu_t *cpu, u16 selector);                     /* VERW */

/* MOV to and from CRn, TRn (DRn: breakpoint.h): privilege and existence are checked here.  control.c */
u32  read_control(cpu_t *cpu, unsigned n);
void write_control(cpu_t *cpu, unsigned n, u32 value);
u32  read_test(cpu_t *cpu, unsigned n);
void write_test(cpu_t *cpu, unsigned n, u32 value);

/* The model-specific registers after RESET. */
void msr_reset(cpu_t *cpu);
