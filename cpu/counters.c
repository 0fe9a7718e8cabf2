/* counters.c - performance counters of the P6 family (SDM vol. 3B, "Performance monitoring (P6 family processor)"; the events: its
 * appendix on performance-monitoring events).
 *
 * A clock of this machine is an instruction, so the events that count clocks and those that count instructions count alike: the
 * instructions since the counter began.  A counter that passes 2^40 - 1 asks for an interrupt through the local APIC if its select
 * register says so; the owner of the processor runs it no further than counters_due() and calls counters_overflow() there.
 * Left out: events of caches, buses, branches and pipelines (they stay 0, said once), counting by privilege level (both count), the
 * counter mask, edge detection and the pins PM0, PM1. */
#include "cpu/counters.h"

enum { SELECT_USR = 1 << 16, SELECT_OS = 1 << 17, SELECT_EDGE = 1 << 18, SELECT_INT = 1 << 20, SELECT_EN = 1 << 22, SELECT_MASK = 0x3F << 24 };
enum { CPU_CLK_UNHALTED = 0x79, INST_RETIRED = 0xC0, UOPS_RETIRED = 0xC2, INST_DECODED = 0xD0, UOPS_DISPATCHED = 0x2E };
#define MODULUS ((u64)1 << 40)

static bool is_counted(u8 event)
{
    return event == CPU_CLK_UNHALTED || event == INST_RETIRED || event == UOPS_RETIRED || event == INST_DECODED;
}

/* EN is a bit of PERFEVTSEL0 and holds for both. */
static bool runs(const cpu_t *cpu, unsigned n)
{
    u32 select = cpu->counter.select[n];
    return cpu->counter.select[0] & SELECT_EN && select & (SELECT_USR | SELECT_OS) && is_counted((u8)select);
}

u64 counters_read(const cpu_t *cpu, unsigned n)
{
    u64 gone = runs(cpu, n) ? cpu_instructions(cpu) - cpu->counter.since[n] : 0;
    return (cpu->counter.count[n] + gone) % MODULUS;
}

u64 counters_selected(const cpu_t *cpu, unsigned n) { return cpu->counter.select[n]; }

/* The instruction count at which a counter that may interrupt passes its end. */
static u64 due(const cpu_t *cpu, unsigned n)
{
    bool waits = runs(cpu, n) && cpu->counter.select[n] & SELECT_INT;
    return waits ? cpu->counter.since[n] + (MODULUS - cpu->counter.count[n]) : UINT64_MAX;
}

u64 counters_due(const cpu_t *cpu)
{
    u64 first = due(cpu, 0), second = due(cpu, 1);
    return first < second ? first : second;
}

static void settle(cpu_t *cpu, unsigned n)
{
    cpu->counter.count[n] = counters_read(cpu, n);
    cpu->counter.since[n] = cpu_instructions(cpu);
}

bool counters_overflow(cpu_t *cpu)
{
    bool any = false;
    for (unsigned n = 0; n < 2; n++)
        if (due(cpu, n) <= cpu_instructions(cpu)) {
            settle(cpu, n);
            any = true;
        }
    return any;
}

static void changed(cpu_t *cpu) { cpu_set_deadline(cpu, counters_due(cpu)); }

void counters_write(cpu_t *cpu, unsigned n, u64 value)
{
    settle(cpu, n);
    cpu->counter.count[n] = (u64)(s64)(s32)(u32)value % MODULUS;
    changed(cpu);
}

void counters_select(cpu_t *cpu, unsigned n, u64 value)
{
    u32 select = (u32)value;
    settle(cpu, 0);
    settle(cpu, 1);
    cpu->counter.select[n] = select;
    if (select & (SELECT_USR | SELECT_OS) && select & 0xFF && !is_counted((u8)select) && (select & 0xFFFF) != UOPS_DISPATCHED)
        lacking("performance counters: events other than clocks and instructions");
    if (runs(cpu, n) && (select & (SELECT_EDGE | SELECT_MASK) || !(select & SELECT_USR) != !(select & SELECT_OS)))
        lacking("performance counters: privilege levels, edges and the counter mask");
    changed(cpu);
}

void counters_reset(cpu_t *cpu) { memset(&cpu->counter, 0, sizeof cpu->counter); }
