/* system.h - the system instructions.  SDM vol. 3A, 2.8 "System Instruction Summary"; each as in vol. 2 (vol. 2B and on). */
#pragma once
#include "cpu/access.h"

/* Instructions reserved to level 0: #GP(0) elsewhere (V86 mode runs at level 3). */
void need_cpl0(cpu_t *cpu);

/* Descriptor tables; the memory operand is at op's address.  system.c */
void LGDT(cpu_t *cpu, const op_t *op, width_t w);
void LIDT(cpu_t *cpu, const op_t *op, width_t w);
void SGDT(cpu_t *cpu, const op_t *op, width_t w);
void SIDT(cpu_t *cpu, const op_t *op, width_t w);
void LLDT(cpu_t *cpu, const op_t *op, width_t w, u32 src);
void LTR(cpu_t *cpu, const op_t *op, width_t w, u32 src);
u32  SLDT(cpu_t *cpu, const op_t *op, width_t w);
u32  STR(cpu_t *cpu, const op_t *op, width_t w);

/* Asking about selectors.  The result is ZF; #UD in real mode and V86. */
bool LAR_(cpu_t *cpu, u16 selector, u32 *rights);
bool LSL_(cpu_t *cpu, u16 selector, u32 *limit);
bool VERR_(cpu_t *cpu, u16 selector);
bool VERW_(cpu_t *cpu, u16 selector);
u32  ARPL_(cpu_t *cpu, u32 dst, u32 src, bool *zf);           /* the new destination */

/* Control registers.  control.c */
u32  SMSW(cpu_t *cpu, const op_t *op, width_t w);
void LMSW(cpu_t *cpu, const op_t *op, width_t w, u32 src);
void CLTS(cpu_t *cpu, const op_t *op);
u32  read_control(cpu_t *cpu, unsigned n);                    /* MOV r32, CRn: privilege and existence checked here */
void write_control(cpu_t *cpu, unsigned n, u32 value);
u32  read_debug(cpu_t *cpu, unsigned n);
void write_debug(cpu_t *cpu, unsigned n, u32 value);
u32  read_test(cpu_t *cpu, unsigned n);
void write_test(cpu_t *cpu, unsigned n, u32 value);
/* DR6 bits of the instruction breakpoints at this address; 0: none.  Vol. 3B, 17.2.4. */
u32  debug_match_execute(const cpu_t *cpu, u32 linear);
void INVLPG(cpu_t *cpu, u32 linear);

/* The rest.  system.c */
void INVD(cpu_t *cpu, const op_t *op);
void WBINVD(cpu_t *cpu, const op_t *op);
void SYSENTER(cpu_t *cpu, const op_t *op);
void SYSEXIT(cpu_t *cpu, const op_t *op);
void CPUID(cpu_t *cpu, const op_t *op);                       /* cpuid.c */
void RDTSC(cpu_t *cpu, const op_t *op);                       /* msr.c */
void RDPMC(cpu_t *cpu, const op_t *op);
void RDMSR(cpu_t *cpu, const op_t *op);
void WRMSR(cpu_t *cpu, const op_t *op);
/* The model-specific registers after RESET. */
void msr_reset(cpu_t *cpu);
