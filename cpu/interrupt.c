/* interrupt.c - see interrupt.h.  The pseudo-code of INT n in SDM vol. 2, each of its labels one function here. */
#include "cpu/interrupt.h"
#include "cpu/eflags.h"
#include "cpu/far.h"
#include "cpu/frame.h"
#include "cpu/segment.h"
#include "cpu/task.h"

typedef struct {
    u8           vector;
    int_source_t source;
    u32          return_eip;
    bool         has_code;
    u32          code;
    u32          ext;            /* 1: not the program's own doing (vol. 3A, 6.13) */
} event_t;

/* ---- tables of the manual ---- */

bool vector_has_code(int vector)
{
    return vector == DF || (vector >= TS && vector <= PF_FAULT) || vector == AC;
}

bool fault_is_contributory(u8 vector) { return vector == DE || (vector >= TS && vector <= GP); }

combine_t combine_faults(const cpu_t *cpu, u8 second)
{
    u8 first = cpu->delivering_vector;
    bool bad = fault_is_contributory(second) || second == PF_FAULT;
    if (cpu->delivering == 0 || !bad)
        return DELIVER_SECOND;
    if (cpu->delivering >= 2 || first == DF)
        return DELIVER_SHUTDOWN;
    if (first == PF_FAULT || (fault_is_contributory(first) && fault_is_contributory(second)))
        return DELIVER_DOUBLE;
    return DELIVER_SECOND;
}

/* Faults restart their instruction: its breakpoint must not hit again.  Vol. 3B, 17.3.1.1; #DB by itself is excepted there. */
static bool resumes(const event_t *e)
{
    return e->source == INT_EXCEPTION && e->vector != DB && e->vector != BP && e->vector != OF_TRAP && e->vector != DF
        && e->vector != MC;
}

static bool by_program(const event_t *e) { return e->source == INT_SOFTWARE || e->source == INT_IMPLIED; }

/* ---- real mode ---- */

/* Push FLAGS, CS, IP; go to the far pointer at `vector_at`. */
static void call_vector(cpu_t *cpu, const event_t *e, u32 vector_at, u32 flags)
{
    u32 ip = load_linear(cpu, vector_at, W16, false);
    u16 selector = (u16)load_linear(cpu, vector_at + 2, W16, false);
    frame_t f;
    frame_begin(cpu, &f, W16, e->ext);
    frame_push(&f, flags);
    frame_push(&f, cpu->seg[CS].selector);
    frame_push(&f, e->return_eip);
    frame_prove(cpu, &f);
    frame_commit(cpu, &f);
    far_commit_real(cpu, selector, ip);
}

/* Vol. 3A, 20.1.4: four bytes a vector, at IDTR's base. */
static void deliver_real(cpu_t *cpu, const event_t *e)
{
    if (e->vector * 4u + 3 > cpu->idtr.limit)
        fault(cpu, GP, e->vector * 8u + 2 + e->ext);
    call_vector(cpu, e, cpu->idtr.base + e->vector * 4u, cpu_eflags(cpu));
    flags_write(cpu, 0, FLAG_IF | FLAG_TF | FLAG_AC | FLAG_RF);
}

/* ---- INT n in V86 mode ---- */

/* With CR4.VME a bit map, in the 32 bytes before the TSS's I/O map, says which INT n stay in the 8086 program.
 * Vol. 3A, 20.3.3. */
static bool redirected(cpu_t *cpu, u8 vector)
{
    const segment_t *tr = &cpu->seg[TR];
    if (!(cpu->cr4 & CR4_VME))
        return false;
    u32 map = tr->limit >= 0x67 ? load_linear(cpu, tr->base + 0x66, W16, false) : 0;
    if (map < 0x20 || map - 0x20 + vector / 8u > tr->limit)
        fault(cpu, GP, 0);
    return !(load_linear(cpu, tr->base + map - 0x20 + vector / 8u, W8, false) >> (vector & 7) & 1);
}

/* Methods 5 and 6 of vol. 3A, 20.3.3.4: the program's own vector table at linear address 0. */
static void deliver_to_8086(cpu_t *cpu, const event_t *e)
{
    bool virtual_if = iopl(cpu) < 3;
    u32 flags = cpu_eflags(cpu);
    if (virtual_if)
        flags = (flags & ~(u32)FLAG_IF) | FLAG_IOPL | (flags & FLAG_VIF ? FLAG_IF : 0u);
    call_vector(cpu, e, e->vector * 4u, flags);
    flags_write(cpu, 0, FLAG_TF | FLAG_RF | (virtual_if ? FLAG_VIF : FLAG_IF));
}

/* ---- protected mode ---- */

/* Load the gate, check its type and who calls. */
static descriptor_t fetch_gate(cpu_t *cpu, const event_t *e)
{
    u32 code = e->vector * 8u + 2 + e->ext;
    descriptor_t gate = { .linear = cpu->idtr.base + e->vector * 8u };
    if (e->vector * 8u + 7 > cpu->idtr.limit)
        fault(cpu, GP, code);
    gate.low = load_linear(cpu, gate.linear, W32, false);
    gate.high = load_linear(cpu, gate.linear + 4, W32, false);
    u32 type = d_type(&gate);
    bool is_gate = type == TYPE_TASK_GATE || (type & ~(u32)(TYPE_32 | 1)) == TYPE_INT16;
    if (!is_gate || (by_program(e) && d_dpl(&gate) < cpu->cpl))
        fault(cpu, GP, code);
    if (!d_present(&gate))
        fault(cpu, NP, code);
    return gate;
}

static bool clears_if(const descriptor_t *gate) { return !(d_type(gate) & 1); }

/* Vol. 3A, 6.12.1.3: the handler starts without single step, nesting, V86, RF; an interrupt gate also clears IF. */
static void enter_handler(cpu_t *cpu, const descriptor_t *gate, const entry_t *to)
{
    u32 clear = FLAG_TF | FLAG_NT | FLAG_RF | FLAG_VM;
    cpu->seg[CS] = to->segment;
    cpu->cpl = to->cpl;
    cpu->eip = to->eip;
    flags_write(cpu, 0, clears_if(gate) ? clear | FLAG_IF : clear);
}

static void push_event(cpu_t *cpu, frame_t *f, const event_t *e)
{
    frame_push(f, flags_pushed(cpu, resumes(e)));
    frame_push(f, cpu->seg[CS].selector);
    frame_push(f, e->return_eip);
    if (e->has_code)
        frame_push(f, e->code);
}

/* INTRA-PRIVILEGE-LEVEL-INTERRUPT */
static void deliver_same(cpu_t *cpu, const event_t *e, const descriptor_t *gate, entry_t *to)
{
    frame_t f;
    frame_begin(cpu, &f, gate_width(gate), e->ext);
    push_event(cpu, &f, e);
    frame_prove(cpu, &f);
    far_prove(cpu, to, e->ext);
    frame_commit(cpu, &f);
    enter_handler(cpu, gate, to);
}

/* INTER-PRIVILEGE-LEVEL-INTERRUPT and INTERRUPT-FROM-VIRTUAL-8086-MODE */
static void deliver_inner(cpu_t *cpu, const event_t *e, const descriptor_t *gate, entry_t *to)
{
    static const u8 saved[] = { GS, FS, DS, ES };
    bool v86 = is_v86(cpu);
    frame_t f;
    frame_begin_inner(cpu, &f, gate_width(gate), to->cpl, e->ext);
    for (unsigned i = 0; v86 && i < COUNT_OF(saved); i++)
        frame_push(&f, cpu->seg[saved[i]].selector);
    frame_push(&f, cpu->seg[SS].selector);
    frame_push(&f, cpu->r[ESP]);
    push_event(cpu, &f, e);
    frame_prove(cpu, &f);
    far_prove(cpu, to, e->ext);
    frame_commit(cpu, &f);
    for (unsigned i = 0; v86 && i < COUNT_OF(saved); i++)
        segment_set_null(&cpu->seg[saved[i]], 0);
    enter_handler(cpu, gate, to);
}

static void deliver_protected(cpu_t *cpu, const event_t *e)
{
    descriptor_t gate = fetch_gate(cpu, e);
    if (d_type(&gate) == TYPE_TASK_GATE) {
        task_switch(cpu, gate_selector(&gate), &(task_entry_t){ .kind = TASK_INT, .return_eip = e->return_eip, .ext = e->ext,
                    .resume = resumes(e), .has_code = e->has_code, .code = e->code });
        return;
    }
    entry_t to = far_through_gate(cpu, &gate, true, e->ext);
    if (is_v86(cpu) && to.cpl != 0)              /* the handler of a V86 task runs at level 0 (vol. 3A, 20.3.1.1) */
        fault_selector(cpu, GP, gate_selector(&gate), e->ext);
    if (to.cpl < cpu->cpl) deliver_inner(cpu, e, &gate, &to);
    else                   deliver_same(cpu, e, &gate, &to);
}

void interrupt(cpu_t *cpu, u8 vector, int_source_t source, u32 return_eip, bool has_code, u32 code)
{
    cpu->monitor.armed = false;
    event_t e = { vector, source, return_eip, has_code, code, 0 };
    bool int_n_v86 = source == INT_SOFTWARE && is_v86(cpu);
    e.ext = by_program(&e) ? 0 : 1;
    if (!(cpu->cr0 & CR0_PE)) {
        deliver_real(cpu, &e);
    } else if (int_n_v86 && redirected(cpu, vector)) {
        deliver_to_8086(cpu, &e);
    } else {
        if (int_n_v86 && iopl(cpu) < 3)
            fault(cpu, GP, 0);
        deliver_protected(cpu, &e);
    }
    if (vector == DB && !by_program(&e))
        cpu->dr[7] &= ~(1u << 13);               /* GD: the handler may use the debug registers (vol. 3B, 17.2.4) */
}
