/* run.c - the main loop: what is due between instructions, and running blocks until then.
 * SDM vol. 3A, 6.9 "Priority Among Simultaneous Exceptions and Interrupts".
 *
 * Counting.  `settled` instructions had retired when `budget` was `start_budget`; every taken edge subtracts the instructions of
 * its block, so the difference is what has retired since.  The budget starts a block's length short of the deadline: while it is
 * not negative a whole block still fits.  The last instructions before a deadline run one at a time (MODE_STEP), so that
 * events land on the exact instruction whatever the blocks look like. */
#include "cpu/cpu.h"
#include "cpu/access.h"
#include "cpu/block.h"
#include "cpu/breakpoint.h"
#include "cpu/edges.h"
#include "cpu/eflags.h"
#include "cpu/explain.h"
#include "cpu/interrupt.h"
#include "cpu/system.h"

#define KICK ((s64)1 << 56)

/* ---- counting ---- */

u64 cpu_instructions(const cpu_t *cpu)
{
    s64 spent = cpu->start_budget - cpu->budget - (cpu->kicked ? KICK : 0);
    if (cpu->current)
        spent += cpu->current->count - 1;
    return cpu->settled + (u64)spent;
}

void cpu_settle(cpu_t *cpu)
{
    cpu->current = NULL;
    cpu->settled = cpu_instructions(cpu);
    cpu->start_budget = cpu->budget = 0;
    cpu->kicked = false;
}

void cpu_skip(cpu_t *cpu, u64 n)
{
    cpu_settle(cpu);
    cpu->settled += n;
}

void cpu_kick(cpu_t *cpu)
{
    if (cpu->kicked)
        return;
    cpu->kicked = true;
    cpu->budget -= KICK;
}

void cpu_set_deadline(cpu_t *cpu, u64 deadline)
{
    if (deadline >= cpu->deadline)
        return;
    cpu->deadline = deadline;
    cpu_kick(cpu);
}

void cpu_stop(cpu_t *cpu)
{
    cpu->stop_asked = true;
    cpu_kick(cpu);
}

void cpu_count_blocks(const cpu_t *cpu, u64 *built, u64 *killed)
{
    *built = cpu->blocks->n_built;
    *killed = cpu->blocks->n_killed;
}

u64 cpu_tsc(const cpu_t *cpu) { return cpu_instructions(cpu) + cpu->tsc_offset; }

u32 cpu_eip(const cpu_t *cpu) { return cpu->current ? cold_of(cpu, cpu->current)->eip : cpu->eip; }

/* ---- faults ---- */

enum { LEFT_BY_FAULT = 1, LEFT_FROZEN };

/* The current instruction did not happen. */
static void take_back(cpu_t *cpu)
{
    if (!cpu->current)
        return;
    cpu->eip = cold_of(cpu, cpu->current)->eip;
    cpu->budget -= cpu->current->count - 1;
    cpu->current = NULL;
}

void fault(cpu_t *cpu, int vector, u32 code)
{
    bool real = !(cpu->cr0 & CR0_PE);
    cpu->fault = (fault_t){ (u8)vector, vector_has_code(vector) && !real, code };
    take_back(cpu);
    longjmp(cpu->on_fault, LEFT_BY_FAULT);
}

void freeze(cpu_t *cpu)
{
    take_back(cpu);
    cpu->debug_pending = 0;
    cpu->halted = true;
    longjmp(cpu->on_fault, LEFT_FROZEN);
}

void fault_ud(cpu_t *cpu) { fault(cpu, UD, 0); }

static void tell_event(cpu_t *cpu, event_kind_t kind, u8 vector, bool has_code, u32 code)
{
    if (cpu->observer && cpu->observer->event)
        cpu->observer->event(cpu->observer, cpu, kind, vector, has_code, code);
}

static void shut_down(cpu_t *cpu)
{
    tell_event(cpu, EVENT_SHUTDOWN, DF, false, 0);
    explain_shutdown(cpu);
    cpu->shut_down = true;
    cpu->delivering = 0;
}

/* A faulting instruction counts nothing; but a handler that faults at once, again and again, must not stop time: every fault with
 * nothing retired since the last one counts as an instruction. */
static void count_fault(cpu_t *cpu)
{
    cpu->count.faults++;
    if (cpu->delivering)
        return;
    if (cpu->fault_at == cpu->settled)
        cpu->settled++;
    cpu->fault_at = cpu->settled;
}

/* A fault has been recorded; call its handler.  Another fault on the way comes back to cpu_run's setjmp and here again. */
static void deliver_fault(cpu_t *cpu)
{
    fault_t f = cpu->fault;
    cpu->debug_pending = 0;
    count_fault(cpu);
    explain_fault(cpu);
    if (cpu->delivering) {
        switch (combine_faults(cpu, f.vector)) {
        case DELIVER_SECOND: break;
        case DELIVER_DOUBLE:
            cpu->delivering = 2;
            f = (fault_t){ DF, cpu->cr0 & CR0_PE, 0 };
            break;
        case DELIVER_SHUTDOWN:
            shut_down(cpu);
            return;
        }
    }
    if (cpu->delivering < 2)
        cpu->delivering = 1;
    if (f.vector != DF)
        cpu->delivering_vector = f.vector;
    cpu->calling = f.vector;
    tell_event(cpu, EVENT_FAULT, f.vector, f.has_code, f.code);
    interrupt(cpu, f.vector, INT_EXCEPTION, cpu->eip, f.has_code, f.code);
    cpu->delivering = 0;
}

/* ---- events between instructions ---- */

static void deliver(cpu_t *cpu, u8 vector, int_source_t source)
{
    cpu->halted = false;
    cpu->delivering = 1;
    cpu->delivering_vector = 32;                               /* benign, whatever the number: table 6-5 */
    explain_event(cpu, vector);
    cpu->count.interrupts++;
    tell_event(cpu, EVENT_INTERRUPT, vector, false, 0);
    interrupt(cpu, vector, source, cpu->eip, false, 0);
    cpu->delivering = 0;
}

/* Traps on the previous instruction, then NMI, then INTR. */
static void deliver_events(cpu_t *cpu)
{
    if (cpu->debug_pending && !cpu->shadow_debug) {
        cpu->dr[6] |= cpu->debug_pending;
        cpu->debug_pending = 0;
        cpu->delivering = 1;
        cpu->delivering_vector = DB;
        explain_event(cpu, DB);
        cpu->halted = false;
        tell_event(cpu, EVENT_TRAP, DB, false, 0);
        interrupt(cpu, DB, INT_EXCEPTION, cpu->eip, false, 0);
        cpu->delivering = 0;
    }
    if (cpu->nmi_pending && !cpu->nmi_blocked && !cpu->shadow) {
        cpu->nmi_pending = false;
        cpu->nmi_blocked = true;
        deliver(cpu, NMI, INT_HARDWARE);
    }
    if (cpu->intr && (cpu->eflags & FLAG_IF) && !cpu->shadow && cpu->acknowledge)
        deliver(cpu, cpu->acknowledge(cpu->pic), INT_HARDWARE);
}

static bool breakpoint_here(cpu_t *cpu)
{
    if (!breakpoint_any_execute(cpu) || (cpu->eflags & FLAG_RF) || cpu->shadow_debug)        /* the shadow: vol. 3A, 6.8.3 */
        return false;
    u32 hit = breakpoint_execute(cpu, cpu->seg[CS].base + cpu->eip);
    if (!hit)
        return false;
    cpu->dr[6] |= hit;
    cpu->fault = (fault_t){ DB, false, 0 };
    deliver_fault(cpu);
    return true;
}

/* ---- running ---- */

static void execute(cpu_t *cpu)
{
    const op_t *op = block_find(cpu);
    while (op)
        op = op->run(cpu, op);
}

/* What kicked us out of the last block has been seen to by now; a kick from here on counts again. */
static void set_budget(cpu_t *cpu, s64 budget)
{
    cpu->start_budget = cpu->budget = budget;
    cpu->kicked = false;
}

/* Exactly one instruction, because something is due right behind it. */
static void execute_one(cpu_t *cpu)
{
    bool trap = cpu->eflags & FLAG_TF;
    cpu->single = trap || cpu->shadow;
    cpu->shadow = cpu->shadow_debug = false;
    cpu->mode |= MODE_STEP;
    set_budget(cpu, -1);
    if (trap)
        cpu->debug_pending |= DR6_BS;                          /* INT n and faults take it back */
    cpu->eflags &= ~(u32)FLAG_RF;                              /* it covers one instruction; IRET may set it for the next */
    execute(cpu);
    cpu->mode &= (u16)~MODE_STEP;
}

/* As many whole blocks as fit before the deadline. */
static void execute_many(cpu_t *cpu, u64 left)
{
    s64 most = left > (u64)KICK / 2 ? KICK / 2 : (s64)left;
    cpu->single = false;
    set_budget(cpu, most - BLOCK_MAX);
    execute(cpu);
}

cpu_stop_t cpu_run(cpu_t *cpu, u64 deadline)
{
    cpu->deadline = deadline;
    cpu->stop_asked = false;
    cpu_settle(cpu);
    switch (setjmp(cpu->on_fault)) {
    case LEFT_BY_FAULT:
        cpu->mode &= (u16)~MODE_STEP;
        cpu_settle(cpu);
        deliver_fault(cpu);
        break;
    case LEFT_FROZEN:
        cpu->mode &= (u16)~MODE_STEP;
        break;
    }
    for (;;) {
        cpu_settle(cpu);
        if (cpu->shut_down) return CPU_SHUTDOWN;
        if (cpu->stop_asked) return CPU_STOPPED;
        if (cpu->settled >= cpu->deadline) return CPU_DEADLINE;
        deliver_events(cpu);
        if (cpu->debug_pending && !cpu->shadow_debug) {        /* the delivery itself met a data breakpoint; time goes on, should it do so for ever */
            cpu->settled++;
            continue;
        }
        if (cpu->halted) return CPU_HALTED;
        if (breakpoint_here(cpu)) continue;
        u64 left = cpu->deadline - cpu->settled;
        if (left <= BLOCK_MAX || cpu->shadow || cpu->no_cache || (cpu->eflags & (FLAG_TF | FLAG_RF)) || breakpoint_any_execute(cpu))
            execute_one(cpu);
        else
            execute_many(cpu, left);
    }
}
