/* counters.h - the two performance counters of the P6 family.  SDM vol. 3B, "Performance monitoring (P6 family processor)". */
#pragma once
#include "cpu/cpu.h"

/* MSR numbers are those of PERFCTR0/1 and PERFEVTSEL0/1; `n` is the counter. */
u64  counters_read(const cpu_t *cpu, unsigned n);            /* 40 bits */
void counters_write(cpu_t *cpu, unsigned n, u64 value);      /* WRMSR: bits 31-0, sign-extended */
u64  counters_selected(const cpu_t *cpu, unsigned n);
void counters_select(cpu_t *cpu, unsigned n, u64 value);     /* WRMSR */
void counters_reset(cpu_t *cpu);
