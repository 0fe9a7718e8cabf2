/* monitor.c - MONITOR and MWAIT.  SDM vol. 2, under their names; vol. 3A, 8.10.2 to 8.10.4.
 *
 * Nobody else executes here, so that what ends a wait is an interrupt: MWAIT halts as HLT does, if the line that MONITOR named still holds what it
 * held and no interrupt or exception came between.  With interrupts disabled it does not wait at all, since nothing could end it ("false
 * wake-ups" are the processor's right).  Left out: a device that stores into the line without an interrupt, and hints (EAX). */
#include "cpu/access.h"
#include "cpu/bodies.h"
#include "cpu/cpu.h"

enum { LINE = 64 };

static void need_no_extensions(cpu_t *cpu)
{
    if (cpu->cpl != 0)
        fault_ud(cpu);
    if (cpu->r[ECX] != 0)
        fault(cpu, GP, 0);
}

/* FNV-1a over the line; a line that cannot be read is all zeros. */
static u64 contents(cpu_t *cpu, u32 linear)
{
    u8 line[LINE] = { 0 };
    u64 hash = 0xCBF29CE484222325;
    cpu_peek(cpu, linear & ~(u32)(LINE - 1), line, LINE);
    for (unsigned i = 0; i < LINE; i++)
        hash = (hash ^ line[i]) * 0x100000001B3;
    return hash;
}

void MONITOR(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    need_no_extensions(cpu);
    place_t at = open_at(cpu, op->seg, address_reg(cpu, op, EAX), W8, ACCESS_READ);
    cpu->monitor.armed = true;
    cpu->monitor.linear = at.linear;
    cpu->monitor.contents = contents(cpu, at.linear);
}

void MWAIT(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op; (void)w;
    need_no_extensions(cpu);
    bool waits = cpu->monitor.armed && cpu->eflags & FLAG_IF && contents(cpu, cpu->monitor.linear) == cpu->monitor.contents;
    cpu->monitor.armed = false;
    if (!waits)
        return;
    cpu->halted = true;
    cpu_kick(cpu);
}
