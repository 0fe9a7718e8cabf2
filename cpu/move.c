/* move.c - data movement that is more than "read, write": stack frames, segment registers, far pointers, tables, flags as data.
 * SDM vol. 2, under each instruction's name. */
#include "cpu/bodies.h"
#include "cpu/condition.h"
#include "cpu/edges.h"
#include "cpu/segment.h"
#include "cpu/stack.h"
#include "cpu/eflags.h"

/* ---- stack ---- */

void PUSH(cpu_t *cpu, const op_t *op, width_t w, u32 src) { (void)op; push(cpu, w, src); }

/* POP to memory computes the address with ESP already incremented; POP ESP ends with the popped value. */
void POP(cpu_t *cpu, const op_t *op, width_t w)
{
    u32 v = stack_top(cpu, w), old = cpu->r[ESP];
    set_stack_pointer(cpu, old + w / 8);
    if (cold_of(cpu, op)->dst_kind == R) {
        set_reg(cpu, op->dst, w, v);
        return;
    }
    u32 offset = offset_of(cpu, op), popped = cpu->r[ESP];
    cpu->r[ESP] = old;                                         /* the store may fault: nothing has happened then */
    store(cpu, op->seg, offset, w, v);
    cpu->r[ESP] = popped;
}

/* With a 32-bit operand size only the lower 16 bits of the slot are written (vol. 2, PUSH, leaves that to the processor; Intel's do so
 * from the 386 on: test386.asm's author measured 386 and 486). */
void PUSH_sreg(cpu_t *cpu, const op_t *op, width_t w)
{
    u32 esp = (cpu->r[ESP] - w / 8) & cpu->stack_mask;
    store(cpu, SS, esp, W16, cpu->seg[op->dst].selector);
    set_stack_pointer(cpu, esp);
}

/* After a load of SS nothing may come between it and the next instruction, which usually loads ESP. */
static void load_with_shadow(cpu_t *cpu, int seg, u16 selector)
{
    load_segment(cpu, seg, selector);
    if (seg == SS) {
        cpu->shadow = cpu->shadow_debug = true;
        cpu_kick(cpu);
    }
}

void POP_sreg(cpu_t *cpu, const op_t *op, width_t w)
{
    u32 mask_before = cpu->stack_mask, esp = stack_pointer(cpu) + w / 8;
    u16 selector = (u16)load(cpu, SS, stack_pointer(cpu), W16);
    load_with_shadow(cpu, op->dst, selector);
    cpu->r[ESP] = (cpu->r[ESP] & ~mask_before) | (esp & mask_before);
}

/* Eight stores: all proved first, so that a fault leaves the stack untouched. */
void PUSHA(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op;
    u32 bytes = w / 8, esp = cpu->r[ESP], values[8];
    for (unsigned n = 0; n < 8; n++) {
        values[n] = cpu->r[n];
        open_at(cpu, SS, (esp - bytes * (n + 1)) & cpu->stack_mask, w, ACCESS_WRITE);
    }
    for (unsigned n = 0; n < 8; n++)
        store(cpu, SS, (esp - bytes * (n + 1)) & cpu->stack_mask, w, values[n]);
    set_stack_pointer(cpu, esp - 8 * bytes);
}

void POPA(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op;
    u32 values[8], esp = cpu->r[ESP];
    for (unsigned n = 0; n < 8; n++)
        values[n] = load(cpu, SS, (esp + w / 8 * n) & cpu->stack_mask, w);
    for (unsigned n = 0; n < 8; n++)                           /* EDI first on the stack; ESP's image is skipped */
        if (7 - n != ESP) set_reg(cpu, reg_at(7 - n, w), w, values[n]);
    if (cpu->model == MODEL_386)                               /* but its 386 loads the half that a 16-bit stack leaves alone (test386.asm) */
        set_reg(cpu, reg_at(ESP, w), w, values[7 - ESP]);
    set_stack_pointer(cpu, esp + 8 * (w / 8));
}

void PUSHF(cpu_t *cpu, const op_t *op, width_t w) { (void)op; push(cpu, w, PUSHF_value(cpu, w)); }

void POPF(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op;
    u32 v = stack_top(cpu, w);
    POPF_value(cpu, w, v);
    set_stack_pointer(cpu, cpu->r[ESP] + w / 8);
    cpu_kick(cpu);                                             /* IF, TF or AC may be new */
}

/* ENTER: the frame pointers of the enclosing procedures are copied, then ESP is lowered; the last byte of the new frame
 * is probed for writing before anything is committed. */
void ENTER(cpu_t *cpu, const op_t *op, width_t w)
{
    u32 size = op->imm & 0xFFFF, level = op->imm >> 16 & 31, bytes = w / 8;
    u32 esp = cpu->r[ESP] - bytes, ebp = cpu->r[EBP];
    u32 frame = (cpu->r[ESP] & ~cpu->stack_mask) | (esp & cpu->stack_mask);      /* what the first push leaves in ESP */
    store(cpu, SS, esp & cpu->stack_mask, w, ebp);
    for (u32 i = 1; i < level; i++) {
        ebp -= bytes;
        esp -= bytes;
        store(cpu, SS, esp & cpu->stack_mask, w, load(cpu, SS, ebp & cpu->stack_mask, w));
    }
    if (level) {
        esp -= bytes;
        store(cpu, SS, esp & cpu->stack_mask, w, frame);
    }
    esp -= size;
    open_at(cpu, SS, esp & cpu->stack_mask, w, ACCESS_WRITE);
    set_stack_pointer(cpu, esp);
    set_reg(cpu, reg_at(EBP, w), w, frame);
}

void LEAVE(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op;
    u32 ebp = cpu->r[EBP], v = load(cpu, SS, ebp & cpu->stack_mask, w);
    set_stack_pointer(cpu, ebp + w / 8);
    set_reg(cpu, reg_at(EBP, w), w, v);
}

/* ---- segment registers and far pointers ---- */

void MOV_sreg(cpu_t *cpu, const op_t *op, width_t w)
{
    bool in_register = cold_of(cpu, op)->dst_kind == R;
    u32 v = in_register ? reg(cpu, op->dst, w) : load(cpu, op->seg, offset_of(cpu, op), W16);
    load_with_shadow(cpu, op->src, (u16)v);
}

u32 MOV_from_sreg(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    return cpu->seg[op->src].selector;
}

/* The offset comes first in memory, then the selector; the register is written only after the segment could be loaded. */
static void load_far_pointer(cpu_t *cpu, const op_t *op, width_t w, int seg)
{
    u32 at = offset_of(cpu, op);
    u32 offset = load(cpu, op->seg, at, w);
    u16 selector = (u16)load(cpu, op->seg, (at + w / 8) & address_mask(op), W16);
    load_segment(cpu, seg, selector);
    set_reg(cpu, op->dst, w, offset);
}
void LES(cpu_t *cpu, const op_t *op, width_t w) { load_far_pointer(cpu, op, w, ES); }
void LDS(cpu_t *cpu, const op_t *op, width_t w) { load_far_pointer(cpu, op, w, DS); }
void LSS(cpu_t *cpu, const op_t *op, width_t w) { load_far_pointer(cpu, op, w, SS); }
void LFS(cpu_t *cpu, const op_t *op, width_t w) { load_far_pointer(cpu, op, w, FS); }
void LGS(cpu_t *cpu, const op_t *op, width_t w) { load_far_pointer(cpu, op, w, GS); }

void BOUND(cpu_t *cpu, const op_t *op, width_t w)
{
    u32 at = offset_of(cpu, op);
    s32 index = (s32)sext(w, reg(cpu, op->dst, w));
    s32 lower = (s32)sext(w, load(cpu, op->seg, at, w));
    s32 upper = (s32)sext(w, load(cpu, op->seg, (at + w / 8) & address_mask(op), w));
    if (index < lower || index > upper)
        fault(cpu, BR, 0);
}

/* ---- the rest ---- */

void LEA(cpu_t *cpu, const op_t *op, width_t w) { set_reg(cpu, op->dst, w, offset_of(cpu, op)); }

void CBW(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op;
    set_reg(cpu, reg_at(EAX, w), w, sext(w == W32 ? W16 : W8, cpu->r[EAX]));
}
void CWD(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op;
    set_reg(cpu, reg_at(EDX, w), w, sext(w, cpu->r[EAX]) >> 31 ? 0xFFFFFFFF : 0);
}

void XLAT(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    u32 offset = (cpu->r[EBX] + (cpu->r[EAX] & 0xFF)) & address_mask(op);
    set_reg(cpu, reg_at(EAX, W8), W8, load(cpu, op->seg, offset, W8));
}

void NOP(cpu_t *cpu, const op_t *op, width_t w)      { (void)cpu; (void)op; (void)w; }
void NOP_hint(cpu_t *cpu, const op_t *op, width_t w) { (void)cpu; (void)op; (void)w; }

u32 SETcc(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    return condition(&cpu->f, cold_of(cpu, op)->cc);
}

/* A locked bus cycle writes even when the comparison fails: the destination must be writable. */
void CMPXCHG8B(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    u32 at = offset_of(cpu, op), high_at = at + 4;             /* one operand of 8 bytes: its parts do not wrap with the address size */
    align_operand(cpu, linear_of(cpu, op->seg, at, 8, true), 8);
    place_t low = open_at(cpu, op->seg, at, W32, ACCESS_WRITE), high = open_at(cpu, op->seg, high_at, W32, ACCESS_WRITE);
    u32 was_low = place_get(cpu, low, W32), was_high = place_get(cpu, high, W32);
    bool equal = was_low == cpu->r[EAX] && was_high == cpu->r[EDX];
    place_put(cpu, low, W32, equal ? cpu->r[EBX] : was_low);
    place_put(cpu, high, W32, equal ? cpu->r[ECX] : was_high);
    if (!equal) {
        cpu->r[EAX] = was_low;
        cpu->r[EDX] = was_high;
    }
    flags_load(&cpu->f, (flags_status(&cpu->f) & ~(u32)FLAG_ZF) | (equal ? FLAG_ZF : 0u));
}
