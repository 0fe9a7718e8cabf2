/* stack.h - pushing and popping.  SDM vol. 1, 6.2.  SP or ESP by SS.B; the item's size by operand size. */
#pragma once
#include "cpu/access.h"

/* The store may fault, so ESP moves last. */
INLINE void push(cpu_t *cpu, width_t w, u32 v)
{
    u32 esp = (cpu->r[ESP] - w / 8) & cpu->stack_mask;
    store(cpu, SS, esp, w, v);
    set_stack_pointer(cpu, esp);
}
INLINE u32 stack_top(cpu_t *cpu, width_t w) { return load(cpu, SS, stack_pointer(cpu), w); }
INLINE u32 pop(cpu_t *cpu, width_t w)
{
    u32 v = stack_top(cpu, w);
    set_stack_pointer(cpu, cpu->r[ESP] + w / 8);
    return v;
}
