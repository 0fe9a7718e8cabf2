/* lower_l1_x87.c - lowering L1: the common x87 instructions on ordinary numbers.  Compiled only with DOPPEL_L1.
 *
 * Ordinary: normal numbers (zero too where it is easy), rounding to nearest at 64 bits, precision exception masked, no stack
 * fault, nothing pending, #NM not due.  A form answers false before it has changed anything if something is not so; then the generic
 * handler of the same op does it all.  What comes out is what fpu_arith.c and fpu_move.c would give: tests/test_host_i386.c runs both. */
#if DOPPEL_L1
#define TAIL_CALLS 1
#include "cpu/fast.h"
#include "cpu/fpu_inside.h"
#include "cpu/lower_l1_x87.h"

enum { BY_SEGMENT, FLAT_MEMORY };                              /* how the memory operand is reached */

/* ---- conditions ---- */

INLINE bool ready(const cpu_t *cpu)
{
    return LIKELY(!((cpu->cr0 & (CR0_EM | CR0_TS)) | (cpu->fpu.status & X87_ES)));
}
INLINE bool is_full(const fpu_t *f, unsigned n) { return f->full >> n & 1; }

/* Rounding to nearest, whatever the precision: stores. */
INLINE bool nearest_masked(u16 control) { return (control & (X87_RC | X87_PE)) == (X87_RC_NEAREST | X87_PE); }

INLINE void raise(fpu_t *f, u16 raised) { f->status = (u16)((f->status & ~X87_C1) | raised); }

INLINE u8 *probe_bytes(const cpu_t *cpu, const op_t *op, u32 bytes, access_t access, int memory)
{
    u32 linear;
    if (memory == FLAT_MEMORY) {
        linear = cpu->r[op->base] + (cpu->r[op->index] << op->scale) + op->disp;
    } else {
        const segment_t *s = &cpu->seg[op->seg];
        u32 offset = offset_of(cpu, op);
        if (UNLIKELY(!in_segment(s, offset, bytes, access == ACCESS_WRITE)))
            return NULL;
        linear = s->base + offset;
    }
    return access == ACCESS_WRITE ? tlb_write(cpu->tlb, linear, bytes) : tlb_read(cpu->tlb, linear, bytes);
}

/* ---- numbers in memory ---- */

INLINE bool from_f64(u64 v, f80_t *to)
{
    u32 exponent = v >> 52 & 0x7FF;
    u16 sign = (u16)(v >> 48 & F80_SIGN);
    *to = (f80_t){ v << 11 | F80_ONE_BIT, (u16)(sign | (exponent + F80_BIAS - 1023)) };
    if (LIKELY(exponent - 1 < 0x7FE))
        return true;
    *to = (f80_t){ 0, sign };
    return v << 1 == 0;
}
INLINE bool from_f32(u32 v, f80_t *to)
{
    u32 exponent = v >> 23 & 0xFF;
    u16 sign = (u16)(v >> 16 & F80_SIGN);
    *to = (f80_t){ (u64)v << 40 | F80_ONE_BIT, (u16)(sign | (exponent + F80_BIAS - 127)) };
    if (LIKELY(exponent - 1 < 0xFE))
        return true;
    *to = (f80_t){ 0, sign };
    return v << 1 == 0;
}
INLINE bool from_memory(const u8 *host, x87_format_t format, f80_t *to)
{
    switch (format) {
    case X87_single: return from_f32(get(host, W32), to);
    case X87_dbl:    return from_f64(get64(host), to);
    case X87_word:   *to = f80_from_int((s16)get(host, W16)); return true;
    case X87_dword:  *to = f80_from_int((s32)get(host, W32)); return true;
    case X87_qword:  *to = f80_from_int((s64)get64(host)); return true;
    default:         *to = f80_get(host); return true;
    }
}
INLINE u32 bytes_of(x87_format_t format)
{
    return format == X87_word ? 2 : format == X87_single || format == X87_dword ? 4 : format == X87_ext ? 10 : 8;
}

/* A normal number or zero to a format of `precision` bits and this bias: fraction and exponent, sign apart. */
INLINE bool narrowed(f80_t a, unsigned precision, s32 bias, u64 *to, u16 *raised)
{
    unsigned drop = 64 - precision;
    u64 low = a.m & ((1ull << drop) - 1), half = 1ull << (drop - 1), kept = a.m >> drop;
    s32 exponent = f80_exponent(a) - F80_BIAS + bias;
    if (UNLIKELY(!a.m && !f80_exponent(a))) {
        *to = 0;
        *raised = 0;
        return true;
    }
    bool up = low > half || (low == half && (kept & 1));
    if (UNLIKELY(!(a.m >> 63) || exponent < 1 || exponent >= 2 * bias))
        return false;
    *to = ((u64)exponent << (precision - 1)) + (kept & ~(1ull << (precision - 1))) + up;   /* a carry goes into the exponent */
    *raised = (u16)((low ? X87_PE : 0) | (up ? X87_C1 : 0));
    return true;
}

/* |a| < 2^(width - 1) to an integer, to nearest or towards zero. */
INLINE bool integer(f80_t a, unsigned width, u16 control, u64 *to, u16 *raised)
{
    s32 exponent = f80_exponent(a) - F80_BIAS;
    u16 rc = control & X87_RC;
    *raised = 0;
    *to = 0;
    if (!a.m && !f80_exponent(a))
        return true;
    if (UNLIKELY(!(a.m >> 63) || exponent < 0 || exponent >= (s32)width - 2 || (rc != X87_RC_NEAREST && rc != X87_RC_ZERO)))
        return false;
    u64 kept = a.m >> (63 - exponent), rest = a.m << exponent << 1;
    bool up = rc == X87_RC_NEAREST && (rest > F80_ONE_BIT || (rest == F80_ONE_BIT && (kept & 1)));
    kept += up;
    *to = f80_sign(a) ? 0 - kept : kept;
    *raised = (u16)((rest ? X87_PE : 0) | (up ? X87_C1 : 0));
    return true;
}

/* ---- arithmetic ---- */

typedef bool fast_fn(u16 *raised, f80_t a, f80_t b, f80_t *result);
INLINE bool add(u16 *raised, f80_t a, f80_t b, f80_t *r)        { return f80_add_fast(raised, a, b, 0, r); }
INLINE bool subtract(u16 *raised, f80_t a, f80_t b, f80_t *r)   { return f80_add_fast(raised, a, b, F80_SIGN, r); }
INLINE bool multiply(u16 *raised, f80_t a, f80_t b, f80_t *r)   { return f80_mul_fast(raised, a, b, r); }
INLINE bool divide(u16 *raised, f80_t a, f80_t b, f80_t *r)     { return f80_div_fast(raised, a, b, r); }
INLINE bool subtract_r(u16 *raised, f80_t a, f80_t b, f80_t *r) { return f80_add_fast(raised, b, a, F80_SIGN, r); }
INLINE bool divide_r(u16 *raised, f80_t a, f80_t b, f80_t *r)   { return f80_div_fast(raised, b, a, r); }

INLINE bool with_register(cpu_t *cpu, const op_t *op, fast_fn *F, bool into_sti, bool pops)
{
    fpu_t *f = &cpu->fpu;
    unsigned st0 = f->top, sti = (f->top + op->dst) & 7, to = into_sti ? sti : st0, from = into_sti ? st0 : sti;
    f80_t result;
    u16 raised;
    if (UNLIKELY(!ready(cpu) || !f80_plain(f->control) || !is_full(f, st0) || !is_full(f, sti)))
        return false;
    if (UNLIKELY(!F(&raised, f->r[to], f->r[from], &result)))
        return false;
    f->r[to] = result;
    raise(f, raised);
    fpu_note(cpu, op);
    if (pops)
        fpu_pop(f);
    return true;
}

INLINE bool with_memory(cpu_t *cpu, const op_t *op, fast_fn *F, x87_format_t format, int memory)
{
    fpu_t *f = &cpu->fpu;
    const u8 *host = probe_bytes(cpu, op, bytes_of(format), ACCESS_READ, memory);
    f80_t operand, result;
    u16 raised;
    if (UNLIKELY(!host || !ready(cpu) || !f80_plain(f->control) || !is_full(f, f->top)))
        return false;
    if (UNLIKELY(!from_memory(host, format, &operand) || !F(&raised, f->r[f->top], operand, &result)))
        return false;
    f->r[f->top] = result;
    raise(f, raised);
    fpu_note_memory(cpu, op);
    return true;
}

/* ---- moves ---- */

INLINE bool push_value(fpu_t *f, f80_t v)
{
    unsigned n = (f->top - 1) & 7;
    if (UNLIKELY(is_full(f, n)))
        return false;
    f->top = (u8)n;
    f->full |= (u8)(1u << n);
    f->r[n] = v;
    f->status &= (u16)~X87_C1;
    return true;
}

INLINE bool load_memory(cpu_t *cpu, const op_t *op, x87_format_t format, int memory)
{
    const u8 *host = probe_bytes(cpu, op, bytes_of(format), ACCESS_READ, memory);
    f80_t v;
    if (UNLIKELY(!host || !ready(cpu) || !from_memory(host, format, &v) || !push_value(&cpu->fpu, v)))
        return false;
    fpu_note_memory(cpu, op);
    return true;
}

INLINE bool load_register(cpu_t *cpu, const op_t *op)
{
    fpu_t *f = &cpu->fpu;
    unsigned from = (f->top + op->dst) & 7;
    if (UNLIKELY(!ready(cpu) || !is_full(f, from) || !push_value(f, f->r[from])))
        return false;
    fpu_note(cpu, op);
    return true;
}

INLINE bool load_constant(cpu_t *cpu, const op_t *op, f80_t v)
{
    if (UNLIKELY(!ready(cpu) || !push_value(&cpu->fpu, v)))
        return false;
    fpu_note(cpu, op);
    return true;
}

/* The value as it goes to memory: up to eight bytes of it, and the sign and exponent of ten. */
INLINE bool for_memory(const fpu_t *f, f80_t a, x87_format_t format, u64 *v, u16 *raised)
{
    u64 sign = f80_sign(a);
    bool ok;
    *raised = 0;
    switch (format) {
    case X87_single: ok = nearest_masked(f->control) && narrowed(a, 24, 127, v, raised); *v |= sign << 31; return ok;
    case X87_dbl:    ok = nearest_masked(f->control) && narrowed(a, 53, 1023, v, raised); *v |= sign << 63; return ok;
    case X87_word:   return (f->control & X87_PE) && integer(a, 16, f->control, v, raised);
    case X87_dword:  return (f->control & X87_PE) && integer(a, 32, f->control, v, raised);
    case X87_qword:  return (f->control & X87_PE) && integer(a, 64, f->control, v, raised);
    default:         *v = a.m; return true;
    }
}

INLINE bool store_memory(cpu_t *cpu, const op_t *op, x87_format_t format, bool pops, int memory)
{
    fpu_t *f = &cpu->fpu;
    u8 *host = probe_bytes(cpu, op, bytes_of(format), ACCESS_WRITE, memory);
    f80_t a = f->r[f->top];
    u64 v = 0;
    u16 raised;
    if (UNLIKELY(!host || !ready(cpu) || !is_full(f, f->top) || !for_memory(f, a, format, &v, &raised)))
        return false;
    if (bytes_of(format) >= 8)      put64(host, v);
    else                            put(host, bytes_of(format) == 4 ? W32 : W16, (u32)v);
    if (format == X87_ext)          put(host + 8, W16, a.se);
    raise(f, raised);
    fpu_note_memory(cpu, op);
    if (pops)
        fpu_pop(f);
    return true;
}

INLINE bool store_register(cpu_t *cpu, const op_t *op, bool pops)
{
    fpu_t *f = &cpu->fpu;
    if (UNLIKELY(!ready(cpu) || !is_full(f, f->top)))
        return false;
    fpu_set(f, op->dst & 7, f->r[f->top]);
    raise(f, 0);
    fpu_note(cpu, op);
    if (pops)
        fpu_pop(f);
    return true;
}

INLINE bool exchange_registers(cpu_t *cpu, const op_t *op)
{
    fpu_t *f = &cpu->fpu;
    unsigned i = (f->top + op->dst) & 7;
    if (UNLIKELY(!ready(cpu) || !is_full(f, f->top) || !is_full(f, i)))
        return false;
    f80_t v = f->r[f->top];
    f->r[f->top] = f->r[i];
    f->r[i] = v;
    raise(f, 0);
    fpu_note(cpu, op);
    return true;
}

INLINE bool change_sign(cpu_t *cpu, const op_t *op, u16 clear, u16 flip)
{
    fpu_t *f = &cpu->fpu;
    if (UNLIKELY(!ready(cpu) || !is_full(f, f->top)))
        return false;
    f->r[f->top].se = (u16)((f->r[f->top].se & ~clear) ^ flip);
    raise(f, 0);
    fpu_note(cpu, op);
    return true;
}

/* ---- comparison of normal numbers and zeros ---- */

INLINE bool is_simple(f80_t a) { return f80_is_normal(a) || !(a.m | (u64)f80_exponent(a)); }

INLINE f80_order_t order_of(f80_t a, f80_t b)
{
    bool negative = f80_sign(a);
    if (a.m == b.m && a.se == b.se)  return F80_EQUAL;
    if (!(a.m | b.m))                return F80_EQUAL;
    if (negative != f80_sign(b))     return negative ? F80_LESS : F80_GREATER;
    bool larger = f80_exponent(a) > f80_exponent(b) || (f80_exponent(a) == f80_exponent(b) && a.m > b.m);
    return larger != negative ? F80_GREATER : F80_LESS;
}

INLINE void set_codes(fpu_t *f, f80_order_t order)
{
    u32 codes = order == F80_LESS ? X87_C0 : order == F80_EQUAL ? X87_C3 : 0u;
    f->status = (u16)((f->status & ~(u32)X87_CC) | codes);
}

INLINE bool compare_register(cpu_t *cpu, const op_t *op, unsigned pops)
{
    fpu_t *f = &cpu->fpu;
    unsigned i = (f->top + (pops == 2 ? 1 : op->dst)) & 7;
    if (UNLIKELY(!ready(cpu) || !is_full(f, f->top) || !is_full(f, i) || !is_simple(f->r[f->top]) || !is_simple(f->r[i])))
        return false;
    set_codes(f, order_of(f->r[f->top], f->r[i]));
    fpu_note(cpu, op);
    while (pops--)
        fpu_pop(f);
    return true;
}

INLINE bool compare_memory(cpu_t *cpu, const op_t *op, x87_format_t format, bool pops, int memory)
{
    fpu_t *f = &cpu->fpu;
    const u8 *host = probe_bytes(cpu, op, bytes_of(format), ACCESS_READ, memory);
    f80_t v;
    if (UNLIKELY(!host || !ready(cpu) || !is_full(f, f->top) || !is_simple(f->r[f->top]) || !from_memory(host, format, &v)))
        return false;
    set_codes(f, order_of(f->r[f->top], v));
    fpu_note_memory(cpu, op);
    if (pops)
        fpu_pop(f);
    return true;
}

INLINE bool compare_to_eflags(cpu_t *cpu, const op_t *op, bool pops)
{
    fpu_t *f = &cpu->fpu;
    unsigned i = (f->top + op->dst) & 7;
    if (UNLIKELY(!ready(cpu) || !is_full(f, f->top) || !is_full(f, i) || !is_simple(f->r[f->top]) || !is_simple(f->r[i])))
        return false;
    f80_order_t order = order_of(f->r[f->top], f->r[i]);
    flags_load(&cpu->f, order == F80_LESS ? FLAG_CF : order == F80_EQUAL ? FLAG_ZF : 0u);
    raise(f, 0);
    fpu_note(cpu, op);
    if (pops)
        fpu_pop(f);
    return true;
}

INLINE bool status_to_ax(cpu_t *cpu)
{
    if (UNLIKELY(cpu->cr0 & (CR0_EM | CR0_TS)))
        return false;
    set_reg(cpu, reg_at(EAX, W16), W16, (u32)cpu->fpu.status | (u32)cpu->fpu.top << 11);
    return true;
}

/* ---- the handlers ---- */

#define STUB(name, work) static HANDLER(name) { if (UNLIKELY(!(work))) HAND_OVER(generic); GO(op + 1); }

#define ARITHMETIC(NAME, F) \
    STUB(NAME##_ST_STi, with_register(cpu, op, F, false, false)) \
    STUB(NAME##_STi_ST, with_register(cpu, op, F, true, false)) \
    STUB(NAME##P_STi_ST, with_register(cpu, op, F, true, true)) \
    STUB(NAME##_single_flat, with_memory(cpu, op, F, X87_single, FLAT_MEMORY)) STUB(NAME##_single_segment, with_memory(cpu, op, F, X87_single, BY_SEGMENT)) \
    STUB(NAME##_dbl_flat, with_memory(cpu, op, F, X87_dbl, FLAT_MEMORY))       STUB(NAME##_dbl_segment, with_memory(cpu, op, F, X87_dbl, BY_SEGMENT))
ARITHMETIC(FADD, add) ARITHMETIC(FSUB, subtract) ARITHMETIC(FMUL, multiply) ARITHMETIC(FDIV, divide)
ARITHMETIC(FSUBR, subtract_r) ARITHMETIC(FDIVR, divide_r)

#define LOAD(NAME, format) \
    STUB(NAME##_##format##_flat, load_memory(cpu, op, X87_##format, FLAT_MEMORY)) STUB(NAME##_##format##_segment, load_memory(cpu, op, X87_##format, BY_SEGMENT))
LOAD(FLD, single) LOAD(FLD, dbl) LOAD(FLD, ext) LOAD(FILD, word) LOAD(FILD, dword) LOAD(FILD, qword)

#define STORE(NAME, format, pops) \
    STUB(NAME##_##format##_flat, store_memory(cpu, op, X87_##format, pops, FLAT_MEMORY)) STUB(NAME##_##format##_segment, store_memory(cpu, op, X87_##format, pops, BY_SEGMENT))
STORE(FST, single, false) STORE(FST, dbl, false) STORE(FSTP, single, true) STORE(FSTP, dbl, true) STORE(FSTP, ext, true)
STORE(FIST, word, false) STORE(FIST, dword, false) STORE(FISTP, word, true) STORE(FISTP, dword, true) STORE(FISTP, qword, true)

#define COMPARE(NAME, pops) \
    STUB(NAME##_single_flat, compare_memory(cpu, op, X87_single, pops, FLAT_MEMORY)) STUB(NAME##_single_segment, compare_memory(cpu, op, X87_single, pops, BY_SEGMENT)) \
    STUB(NAME##_dbl_flat, compare_memory(cpu, op, X87_dbl, pops, FLAT_MEMORY))       STUB(NAME##_dbl_segment, compare_memory(cpu, op, X87_dbl, pops, BY_SEGMENT)) \
    STUB(NAME##_ST_STi, compare_register(cpu, op, pops))
COMPARE(FCOM, 0) COMPARE(FCOMP, 1)

STUB(FCOMPP_fast, compare_register(cpu, op, 2))
STUB(FCOMI_fast, compare_to_eflags(cpu, op, false))
STUB(FCOMIP_fast, compare_to_eflags(cpu, op, true))
STUB(FLD_ST_STi, load_register(cpu, op))
STUB(FLD1_fast, load_constant(cpu, op, F80_POSITIVE_ONE))
STUB(FLDZ_fast, load_constant(cpu, op, f80_zero(false)))
STUB(FST_STi_ST, store_register(cpu, op, false))
STUB(FSTP_STi_ST, store_register(cpu, op, true))
STUB(FXCH_fast, exchange_registers(cpu, op))
STUB(FCHS_fast, change_sign(cpu, op, 0, F80_SIGN))
STUB(FABS_fast, change_sign(cpu, op, F80_SIGN, 0))
STUB(FNSTSW_AX_fast, status_to_ax(cpu))

/* ---- choosing ---- */

#define IN_MEMORY(NAME, format) { I_##NAME, X87_##format, { NAME##_##format##_segment, NAME##_##format##_flat } }
#define ALWAYS(NAME, format, handler) { I_##NAME, X87_##format, { handler, handler } }
#define ARITHMETIC_ROWS(NAME) IN_MEMORY(NAME, single), IN_MEMORY(NAME, dbl), ALWAYS(NAME, ST_STi, NAME##_ST_STi), \
    ALWAYS(NAME, STi_ST, NAME##_STi_ST), ALWAYS(NAME##P, STi_ST, NAME##P_STi_ST)

static const struct { u16 instr; u8 format; run_fn *run[2]; } rows[] = {
    ARITHMETIC_ROWS(FADD), ARITHMETIC_ROWS(FSUB), ARITHMETIC_ROWS(FMUL), ARITHMETIC_ROWS(FDIV), ARITHMETIC_ROWS(FSUBR), ARITHMETIC_ROWS(FDIVR),
    IN_MEMORY(FLD, single), IN_MEMORY(FLD, dbl), IN_MEMORY(FLD, ext), IN_MEMORY(FILD, word), IN_MEMORY(FILD, dword), IN_MEMORY(FILD, qword),
    IN_MEMORY(FST, single), IN_MEMORY(FST, dbl), IN_MEMORY(FSTP, single), IN_MEMORY(FSTP, dbl), IN_MEMORY(FSTP, ext),
    IN_MEMORY(FIST, word), IN_MEMORY(FIST, dword), IN_MEMORY(FISTP, word), IN_MEMORY(FISTP, dword), IN_MEMORY(FISTP, qword),
    IN_MEMORY(FCOM, single), IN_MEMORY(FCOM, dbl), IN_MEMORY(FCOMP, single), IN_MEMORY(FCOMP, dbl),
    ALWAYS(FCOM, ST_STi, FCOM_ST_STi), ALWAYS(FCOMP, ST_STi, FCOMP_ST_STi), ALWAYS(FUCOM, ST_STi, FCOM_ST_STi), ALWAYS(FUCOMP, ST_STi, FCOMP_ST_STi),
    ALWAYS(FCOMPP, none, FCOMPP_fast), ALWAYS(FUCOMPP, none, FCOMPP_fast),
    ALWAYS(FCOMI, ST_STi, FCOMI_fast), ALWAYS(FUCOMI, ST_STi, FCOMI_fast), ALWAYS(FCOMIP, ST_STi, FCOMIP_fast), ALWAYS(FUCOMIP, ST_STi, FCOMIP_fast),
    ALWAYS(FLD, ST_STi, FLD_ST_STi), ALWAYS(FLD1, none, FLD1_fast), ALWAYS(FLDZ, none, FLDZ_fast),
    ALWAYS(FST, STi_ST, FST_STi_ST), ALWAYS(FSTP, STi_ST, FSTP_STi_ST), ALWAYS(FXCH, ST_STi, FXCH_fast),
    ALWAYS(FCHS, none, FCHS_fast), ALWAYS(FABS, none, FABS_fast), ALWAYS(FNSTSW_AX, none, FNSTSW_AX_fast),
};

run_fn *select_x87(u16 mode, const op_t *op, const cold_t *c)
{
    if (c->instr < I_FADD || c->instr > I_FUCOMIP)
        return NULL;
    bool flat = op->wrap == 0 && (mode >> MODE_FLAT_SHIFT >> op->seg & 1);
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].instr == c->instr && rows[i].format == c->cc)
            return rows[i].run[flat];
    return NULL;
}
#else
typedef int lower_l1_x87_is_empty;
#endif
