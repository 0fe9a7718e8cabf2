/* breakpoint.h - the debug registers: MOV DRn, and what DR7 lets stop a program.  SDM vol. 3B, 17.2 "Debug Registers".
 *
 * Instruction breakpoints are faults before the instruction: the main loop asks.  Data and I/O breakpoints are traps after it: while one
 * is set, cpu->tlb is an empty one, so that every access takes the slow path, which tells; without any, nothing is tested. */
#pragma once
#include "cpu/cpu.h"

/* DR6 bits of the instruction breakpoints at this address; 0: none. */
u32  breakpoint_execute(const cpu_t *cpu, u32 linear);
/* Is there any instruction breakpoint, any data breakpoint? */
bool breakpoint_any_execute(const cpu_t *cpu);
bool breakpoint_any_data(const cpu_t *cpu);
/* An access by an instruction, or by the delivery of an event: if it meets a breakpoint, #DB follows. */
void breakpoint_data(cpu_t *cpu, u32 linear, u32 bytes, bool write);
void breakpoint_port(cpu_t *cpu, u16 port, u32 bytes);

/* MOV to and from DRn: existence and privilege are checked here. */
u32  read_debug(cpu_t *cpu, unsigned n);
void write_debug(cpu_t *cpu, unsigned n, u32 value);
