/* task.h - task state segments: stacks of the inner levels, task switches, the I/O permission map.
 * SDM vol. 3A, chapter 7; SDM vol. 1, 18.5 (formerly 16.5) "Protected-Mode I/O". */
#pragma once
#include "cpu/cpu.h"

typedef enum { TASK_JMP, TASK_CALL, TASK_IRET, TASK_INT } task_kind_t;

typedef struct {
    task_kind_t kind;
    u32  return_eip;             /* where the old task goes on */
    u32  ext;                    /* of error codes, vol. 3A, 6.13 */
    bool resume;                 /* RF in the saved EFLAGS */
    bool has_code;               /* push `code` on the new task's stack */
    u32  code;
} task_entry_t;

/* Privileges were checked by the caller; type, presence and size of the TSS are checked here.  From the moment the new task's
 * registers are loaded, faults are the new task's. */
void task_switch(cpu_t *cpu, u16 selector, const task_entry_t *how);

/* SS and ESP for privilege level 0-2; #TS if the TSS is too short. */
u16  tss_stack(cpu_t *cpu, u32 level, u32 ext, u32 *esp);

/* May the program touch all of these ports?  False: #GP(0). */
bool io_permitted(cpu_t *cpu, u16 port, width_t w);
