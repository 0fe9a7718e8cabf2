/* memory.h - INT 15h's questions about memory, answered in memory.c; and the one that moves it, move.c. */
#pragma once
#include "system.h"
void memory_88(regs_t *r);
void memory_e801(regs_t *r);
void memory_e820(regs_t *r);
void move_service(regs_t *r);
