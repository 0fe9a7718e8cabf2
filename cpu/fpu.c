/* fpu.c - the floating-point unit's registers, its exceptions, and how instructions begin and end.
 * SDM vol. 1, 8.1 "x87 FPU Execution Environment", 8.4 to 8.7; vol. 3A, table 9-1 and 22.18 (387 and successors).
 *
 * An unmasked exception is remembered (ES), activates FERR#, IRQ 13 on a PC, and is reported before the next waiting instruction: #MF if CR0.NE is
 * set; else the processor waits before that instruction until an interrupt comes, unless IGNNE# lets it go on (8.7.2, vol. 1 appendix D).
 * FERR# does not ask for NE: a system that sets it masks IRQ 13 (D.4.2).
 *
 * Left out: interrupt 9, which a 386 raises when the middle of an operand lies beyond its segment; it gets #GP or #PF like its successors
 * (vol. 3A, 22.18.6.13). */
#include "cpu/fpu_inside.h"

/* ---- registers ---- */

enum { CONTROL_INIT = 0x37F };

void fpu_init(fpu_t *f)
{
    f->control = CONTROL_INIT;
    f->status = 0;
    f->top = 0;
    f->full = 0;
    f->opcode = f->error_opcode = 0;
    f->cs = f->ds = 0;
    f->ip = f->dp = 0;
}

void fpu_reset(fpu_t *f)
{
    memset(f->r, 0, sizeof f->r);
    fpu_init(f);
    f->control = 0x40;                                         /* all unmasked, 24 bits: table 9-1, power-up */
    f->full = 0xFF;                                            /* tag word 5555h: all zero */
}

u16 fpu_status(const fpu_t *f) { return (u16)(f->status | f->top << 11); }

void fpu_set_status(fpu_t *f, u16 status)
{
    f->status = status & (u16)~X87_TOP;
    f->top = status >> 11 & 7;
}

/* Figure 8-7. */
static unsigned tag_of(f80_t a)
{
    switch (f80_class(a)) {
    case F80_NORMAL: return 0;
    case F80_ZERO:   return 1;
    default:         return 2;
    }
}

u16 fpu_tags(const fpu_t *f)
{
    unsigned tags = 0;
    for (unsigned n = 0; n < 8; n++)
        tags |= (f->full >> n & 1 ? tag_of(f->r[n]) : 3) << 2 * n;
    return (u16)tags;
}

void fpu_set_tags(fpu_t *f, u16 tags)
{
    f->full = 0;
    for (unsigned n = 0; n < 8; n++)
        if ((tags >> 2 * n & 3) != 3)
            f->full |= (u8)(1u << n);
}

/* ---- errors ---- */

enum { CONTROL_WRITABLE = 0x1F3F, CONTROL_ONES = 0x40 };       /* bit 6 always reads as one */

static bool refresh(fpu_t *f)
{
    bool error = f->status & ~f->control & X87_EXCEPTIONS;
    f->status = (u16)((f->status & ~(X87_ES | X87_B | X87_TOP)) | (error ? X87_ES | X87_B : 0));
    return error;
}

void fpu_set_control(fpu_t *f, u32 control)
{
    f->control = (u16)((control & CONTROL_WRITABLE) | CONTROL_ONES);
    refresh(f);
}

void fpu_summarise(cpu_t *cpu)
{
    bool error = refresh(&cpu->fpu);
    if (cpu->ferr)
        cpu->ferr(cpu->ferr_owner, error);
}

void fpu_available(cpu_t *cpu)
{
    if (UNLIKELY(cpu->cr0 & (CR0_EM | CR0_TS)))
        fault(cpu, NM, 0);
}

void fpu_wait(cpu_t *cpu)
{
    if (LIKELY(!(cpu->fpu.status & X87_ES)))
        return;
    if (cpu->cr0 & CR0_NE)
        fault(cpu, MF, 0);
    if (!cpu->ignne)
        freeze(cpu);
}

float_env_t fpu_begin(cpu_t *cpu)
{
    fpu_available(cpu);
    fpu_wait(cpu);
    return (float_env_t){ .control = cpu->fpu.control };
}

bool fpu_done(cpu_t *cpu, const float_env_t *e)
{
    fpu_t *f = &cpu->fpu;
    f->status = (u16)((f->status & ~X87_C1) | e->raised);
    if (UNLIKELY(e->raised & ~f->control & X87_EXCEPTIONS)) {
        f->error_opcode = f->opcode;
        fpu_summarise(cpu);
    }
    return !f80_stopped(e);
}

/* ---- memory ---- */

place_t fpu_open(cpu_t *cpu, const op_t *op, u32 bytes, access_t access)
{
    bool writes = access == ACCESS_WRITE;
    u32 linear = linear_of(cpu, op->seg, offset_of(cpu, op), bytes, writes);
    u8 *host = writes ? tlb_write(cpu->tlb, linear, bytes) : tlb_read(cpu->tlb, linear, bytes);
    if (!host)
        prove_operand(cpu, linear, bytes, access);
    return (place_t){ host, linear };
}

/* The largest pieces that are left: the bus sees what a processor of 32 bits does. */
static width_t piece_of(u32 left) { return left >= 4 ? W32 : left >= 2 ? W16 : W8; }

void fpu_read(cpu_t *cpu, place_t from, void *to, u32 bytes)
{
    if (LIKELY(from.host != NULL)) {
        memcpy(to, from.host, bytes);
        return;
    }
    for (u32 at = 0; at < bytes; at += piece_of(bytes - at) / 8)
        put((u8 *)to + at, piece_of(bytes - at), load_linear(cpu, from.linear + at, piece_of(bytes - at), at_user(cpu)));
}

void fpu_write(cpu_t *cpu, place_t to, const void *from, u32 bytes)
{
    if (LIKELY(to.host != NULL)) {
        memcpy(to.host, from, bytes);
        return;
    }
    for (u32 at = 0; at < bytes; at += piece_of(bytes - at) / 8)
        store_linear(cpu, to.linear + at, piece_of(bytes - at), get((const u8 *)from + at, piece_of(bytes - at)), at_user(cpu));
}

u32 fpu_format_bytes(x87_format_t format)
{
    static const u8 bytes[] = { [X87_two] = 2, [X87_single] = 4, [X87_dbl] = 8, [X87_ext] = 10, [X87_word] = 2, [X87_dword] = 4,
                                [X87_qword] = 8, [X87_bcd] = 10 };
    return bytes[format];
}

f80_t fpu_operand(cpu_t *cpu, const op_t *op, x87_format_t format, float_env_t *e)
{
    u8 raw[10];
    u32 bytes = fpu_format_bytes(format);
    fpu_read(cpu, fpu_open(cpu, op, bytes, ACCESS_READ), raw, bytes);
    fpu_note_memory(cpu, op);
    switch (format) {
    case X87_single: return f80_from_f32(e, get(raw, W32));
    case X87_dbl:    return f80_from_f64(e, get64(raw));
    case X87_word:   return f80_from_int((s16)get(raw, W16));
    case X87_dword:  return f80_from_int((s32)get(raw, W32));
    case X87_qword:  return f80_from_int((s64)get64(raw));
    case X87_bcd:    return f80_from_bcd(raw);
    default:         return f80_get(raw);
    }
}
