/* transfer.c - transfers that are not a plain relative jump: indirect, far, returns, software interrupts, system calls; and the
 * instructions that decide whether interrupts come: CLI, STI, HLT.  SDM vol. 2, under each instruction's name. */
#include "cpu/bodies.h"
#include "cpu/edges.h"
#include "cpu/eflags.h"
#include "cpu/far.h"
#include "cpu/interrupt.h"
#include "cpu/stack.h"
#include "cpu/system.h"

static u32 own_next_eip(const cpu_t *cpu, const op_t *op) { return next_eip(cold_of(cpu, op)); }

/* The operand of an indirect near transfer, zero-extended. */
static u32 near_pointer(cpu_t *cpu, const op_t *op, width_t w)
{
    return cold_of(cpu, op)->dst_kind == R ? reg(cpu, op->dst, w) : load(cpu, op->seg, offset_of(cpu, op), w);
}

const op_t *JMP_near(cpu_t *cpu, const op_t *op, width_t w)
{
    u32 eip = near_pointer(cpu, op, w);
    check_target(cpu, eip);
    return transfer(cpu, op, eip);
}

const op_t *CALL_near(cpu_t *cpu, const op_t *op, width_t w)
{
    u32 eip = near_pointer(cpu, op, w);
    check_target(cpu, eip);
    push(cpu, w, own_next_eip(cpu, op));
    return transfer(cpu, op, eip);
}

/* RET imm16 releases parameters after the return address was taken. */
const op_t *RET(cpu_t *cpu, const op_t *op, width_t w)
{
    u32 eip = stack_top(cpu, w);
    check_target(cpu, eip);
    set_stack_pointer(cpu, cpu->r[ESP] + w / 8 + op->release);
    return transfer(cpu, op, eip);
}

/* ---- far ---- */

typedef struct { u16 selector; u32 offset; } far_pointer_t;

static far_pointer_t far_operand(cpu_t *cpu, const op_t *op, width_t w)
{
    u32 at = offset_of(cpu, op);
    u32 offset = load(cpu, op->seg, at, w);
    return (far_pointer_t){ (u16)load(cpu, op->seg, (at + w / 8) & address_mask(op), W16), offset };
}

const op_t *JMP_far(cpu_t *cpu, const op_t *op, width_t w)
{
    far_jump(cpu, (u16)op->disp, op->imm, w);
    return transferred(cpu, op);
}
const op_t *JMP_farm(cpu_t *cpu, const op_t *op, width_t w)
{
    far_pointer_t to = far_operand(cpu, op, w);
    far_jump(cpu, to.selector, to.offset, w);
    return transferred(cpu, op);
}
const op_t *CALL_far(cpu_t *cpu, const op_t *op, width_t w)
{
    far_call(cpu, (u16)op->disp, op->imm, w, own_next_eip(cpu, op));
    return transferred(cpu, op);
}
const op_t *CALL_farm(cpu_t *cpu, const op_t *op, width_t w)
{
    far_pointer_t to = far_operand(cpu, op, w);
    far_call(cpu, to.selector, to.offset, w, own_next_eip(cpu, op));
    return transferred(cpu, op);
}
const op_t *RET_far(cpu_t *cpu, const op_t *op, width_t w)
{
    far_return(cpu, w, (u16)op->imm);
    return transferred(cpu, op);
}

/* The flags an IRET loads decide what happens next: always back to the main loop's checks.  NMI is no longer blocked. */
const op_t *IRET(cpu_t *cpu, const op_t *op, width_t w)
{
    interrupt_return(cpu, w);
    cpu->nmi_blocked = false;
    cpu_kick(cpu);
    return transferred(cpu, op);
}

/* ---- software interrupts ---- */

/* The single-step trap of this instruction is not taken: entering the handler cleared TF.  SDM vol. 3B, 17.3.1.4. */
static const op_t *enter(cpu_t *cpu, const op_t *op, u8 vector, int_source_t source)
{
    interrupt(cpu, vector, source, own_next_eip(cpu, op), false, 0);
    cpu->debug_pending &= ~(u32)DR6_BS;
    return transferred(cpu, op);
}
const op_t *INT(cpu_t *cpu, const op_t *op, width_t w)   { (void)w; return enter(cpu, op, (u8)op->imm, INT_SOFTWARE); }
const op_t *INT_3(cpu_t *cpu, const op_t *op, width_t w) { (void)w; return enter(cpu, op, BP, INT_IMPLIED); }
const op_t *INT_1(cpu_t *cpu, const op_t *op, width_t w) { (void)w; return enter(cpu, op, DB, INT_ICEBP); }
const op_t *INT_O(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    return OF(&cpu->f) ? enter(cpu, op, OF_TRAP, INT_IMPLIED) : op + 1;
}

/* ---- whether interrupts come ---- */

void CLI(cpu_t *cpu, const op_t *op, width_t w) { (void)op; (void)w; flags_cli(cpu); }

void STI(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op; (void)w;
    if (flags_sti(cpu)) {
        cpu->shadow = true;
        cpu_kick(cpu);
    }
}

void HLT(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op; (void)w;
    need_cpl0(cpu);
    cpu->halted = true;
    cpu_kick(cpu);
}
