/* fpu_env.c - control instructions, and the environment and state in memory.  SDM vol. 1, 8.1.10, figures 8-9 to 8-12; vol. 2A, FSTENV, FSAVE.
 *
 * None of these touches the last-instruction pointers.  Those whose mnemonic begins with FN do not wait for pending errors.  Model
 * differences: on a Pentium 4 the opcode kept is that of the last instruction with an unmasked exception (8.1.9.1; IA32_MISC_ENABLE bit 2 brings
 * the old way back). */
#include "cpu/fpu_inside.h"
#include "cpu/model.h"

void FNCLEX(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op; (void)w;
    fpu_available(cpu);
    cpu->fpu.status &= (u16)~(X87_EXCEPTIONS | X87_SF | X87_ES | X87_B);
    fpu_summarise(cpu);
}

void FNINIT(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op; (void)w;
    fpu_available(cpu);
    fpu_init(&cpu->fpu);
    fpu_summarise(cpu);
}

/* The 8087's interrupt masks and the 287's protected mode: nothing to do since the 387 (vol. 3A, 22.18.7). */
void FNENI(cpu_t *cpu, const op_t *op, width_t w)   { (void)op; (void)w; fpu_available(cpu); }
void FNDISI(cpu_t *cpu, const op_t *op, width_t w)  { (void)op; (void)w; fpu_available(cpu); }
void FNSETPM(cpu_t *cpu, const op_t *op, width_t w) { (void)op; (void)w; fpu_available(cpu); }

void FLDCW(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    fpu_begin(cpu);
    fpu_set_control(&cpu->fpu, load(cpu, op->seg, offset_of(cpu, op), W16));
    fpu_summarise(cpu);
}

void FNSTCW(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    fpu_available(cpu);
    store(cpu, op->seg, offset_of(cpu, op), W16, cpu->fpu.control);
}

void FNSTSW(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    fpu_available(cpu);
    store(cpu, op->seg, offset_of(cpu, op), W16, fpu_status(&cpu->fpu));
}

void FNSTSW_AX(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op; (void)w;
    fpu_available(cpu);
    set_reg(cpu, reg_at(EAX, W16), W16, fpu_status(&cpu->fpu));
}

/* ---- the environment ---- */

static u32 environment_bytes(width_t w) { return w == W32 ? 28 : 14; }

/* Pointers are a selector and an offset in protected mode, else a linear address. */
static bool by_selectors(const cpu_t *cpu) { return cpu->mode & MODE_PROTECTED; }

u16 fpu_visible_opcode(const cpu_t *cpu)
{
    enum { FOPCODE_COMPATIBILITY = 1 << 2 };
    bool only_errors = model_has(cpu->model, HAS_MISC_ENABLE) && !(cpu->misc_enable & FOPCODE_COMPATIBILITY);
    return (only_errors ? cpu->fpu.error_opcode : cpu->fpu.opcode) & 0x7FF;
}

/* Seven slots of 16 or 32 bits.  Reserved upper halves are stored as ones (what processors do; the manual says reserved). */
static void pack_environment(const cpu_t *cpu, u8 *to, width_t w)
{
    const fpu_t *f = &cpu->fpu;
    u32 step = w / 8, ones = 0xFFFF0000, opcode = fpu_visible_opcode(cpu);
    u32 ip = f->ip + ((u32)f->cs << 4), dp = f->dp + ((u32)f->ds << 4);
    u32 slots[7] = { f->control | ones, fpu_status(f) | ones, fpu_tags(f) | ones };
    if (by_selectors(cpu)) {
        slots[3] = f->ip;
        slots[4] = f->cs | opcode << 16;
        slots[5] = f->dp;
        slots[6] = f->ds | ones;
    } else {
        u32 high = w == W32 ? 0xFFFF : 0xF;
        slots[3] = (ip & 0xFFFF) | ones;
        slots[4] = (ip >> 16 & high) << 12 | opcode;
        slots[5] = (dp & 0xFFFF) | ones;
        slots[6] = (dp >> 16 & high) << 12;
    }
    for (u32 i = 0; i < 7; i++)
        put(to + i * step, w, slots[i]);
}

static void unpack_pointers(cpu_t *cpu, const u32 slots[7], width_t w)
{
    fpu_t *f = &cpu->fpu;
    bool selectors = by_selectors(cpu);
    u32 high = w == W32 ? 0xFFFF : 0xF;
    f->ip = selectors ? slots[3] : (slots[3] & 0xFFFF) | (slots[4] >> 12 & high) << 16;
    f->dp = selectors ? slots[5] : (slots[5] & 0xFFFF) | (slots[6] >> 12 & high) << 16;
    f->cs = selectors ? (u16)slots[4] : 0;
    f->ds = selectors ? (u16)slots[6] : 0;
    if (!selectors)            f->opcode = slots[4] & 0x7FF;
    else if (w == W32)         f->opcode = slots[4] >> 16 & 0x7FF;
    f->error_opcode = f->opcode;
}

static void unpack_environment(cpu_t *cpu, const u8 *from, width_t w)
{
    u32 slots[7];
    for (u32 i = 0; i < 7; i++)
        slots[i] = get(from + i * w / 8, w);
    fpu_set_status(&cpu->fpu, (u16)slots[1]);
    fpu_set_control(&cpu->fpu, slots[0]);
    fpu_set_tags(&cpu->fpu, (u16)slots[2]);
    unpack_pointers(cpu, slots, w);
    fpu_summarise(cpu);
}

/* Afterwards all exceptions are masked. */
void FNSTENV(cpu_t *cpu, const op_t *op, width_t w)
{
    u8 image[28];
    fpu_available(cpu);
    place_t to = fpu_open(cpu, op, environment_bytes(w), ACCESS_WRITE);
    pack_environment(cpu, image, w);
    fpu_write(cpu, to, image, environment_bytes(w));
    cpu->fpu.control |= X87_EXCEPTIONS;
    fpu_summarise(cpu);
}

void FLDENV(cpu_t *cpu, const op_t *op, width_t w)
{
    u8 image[28];
    fpu_begin(cpu);
    fpu_read(cpu, fpu_open(cpu, op, environment_bytes(w), ACCESS_READ), image, environment_bytes(w));
    unpack_environment(cpu, image, w);
}

/* ---- the whole state: the environment, then ST(0) to ST(7) ---- */

enum { REGISTERS_BYTES = 80 };

void FNSAVE(cpu_t *cpu, const op_t *op, width_t w)
{
    u8 image[28 + REGISTERS_BYTES];
    u32 first = environment_bytes(w);
    fpu_available(cpu);
    place_t to = fpu_open(cpu, op, first + REGISTERS_BYTES, ACCESS_WRITE);
    pack_environment(cpu, image, w);
    for (unsigned i = 0; i < 8; i++)
        f80_put(image + first + 10 * i, fpu_get(&cpu->fpu, i));
    fpu_write(cpu, to, image, first + REGISTERS_BYTES);
    fpu_init(&cpu->fpu);
    fpu_summarise(cpu);
}

void FRSTOR(cpu_t *cpu, const op_t *op, width_t w)
{
    u8 image[28 + REGISTERS_BYTES];
    u32 first = environment_bytes(w);
    fpu_begin(cpu);
    fpu_read(cpu, fpu_open(cpu, op, first + REGISTERS_BYTES, ACCESS_READ), image, first + REGISTERS_BYTES);
    unpack_environment(cpu, image, w);
    for (unsigned i = 0; i < 8; i++)
        cpu->fpu.r[fpu_at(&cpu->fpu, i)] = f80_get(image + first + 10 * i);
}
