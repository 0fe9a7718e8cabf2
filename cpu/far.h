/* far.h - control transfers to another code segment.  SDM vol. 3A, 5.8 "Privilege Level Checking When Transferring Program
 * Control Between Code Segments"; vol. 2, JMP, CALL, RET, IRET.
 *
 * Each checks everything, then sets CS, EIP, CPL, the stack and flags, and ends with cpu_mode_changed; or faults and has
 * changed nothing but accessed bits.  w: operand width, W16 or W32; `offset` comes masked to it. */
#pragma once
#include "cpu/descriptor.h"

void far_jump(cpu_t *cpu, u16 selector, u32 offset, width_t w);
void far_call(cpu_t *cpu, u16 selector, u32 offset, width_t w, u32 return_eip);
void far_return(cpu_t *cpu, width_t w, u16 release);          /* release: bytes of parameters, RET imm16 */
void interrupt_return(cpu_t *cpu, width_t w);                 /* IRET */

/* A code segment about to be entered: everything the commit needs. */
typedef struct { descriptor_t d; segment_t segment; u32 eip; u8 cpl; } entry_t;

/* Of the instruction after the current one: where a task that leaves by JMP or IRET goes on. */
u32     far_next_eip(const cpu_t *cpu);

/* Decisions shared by far.c, return.c and interrupt.c. */

/* The target of a direct JMP or CALL, which cannot change CPL.  Vol. 3A, 5.8.1. */
entry_t far_direct(cpu_t *cpu, const descriptor_t *d, u32 offset);
/* The target that a call, interrupt or trap gate names; CPL may become more privileged.  Vol. 3A, 5.8.4, 6.12.1.1. */
entry_t far_through_gate(cpu_t *cpu, const descriptor_t *gate, bool may_raise, u32 ext);
/* EIP outside the segment: #GP(ext).  Then mark the descriptor accessed: the last thing that may fault. */
void    far_prove(cpu_t *cpu, entry_t *to, u32 ext);
void    far_commit(cpu_t *cpu, const entry_t *to);
/* The same with the selector * 16 segments of real mode and V86. */
void    far_commit_real(cpu_t *cpu, u16 selector, u32 offset);
