/* lower_l1_simd.c - lowering L1: MMX and SSE on registers and on memory inside a page.  Compiled only with DOPPEL_L1.
 *
 * The functions of values are those of L0.  Floating-point instructions take the inline path of sse_fast.h; where that has no answer, and where
 * an instruction is not available, its operand not aligned or not in the TLB, the generic handler of the same op does it all: nothing has
 * been changed by then. */
#if DOPPEL_L1
#define TAIL_CALLS 1
#include "cpu/fast.h"
#include "cpu/fpu_inside.h"
#include "cpu/lower_l1_simd.h"
#include "cpu/simd_inside.h"
#include "cpu/simd_shapes.h"
#include "cpu/simd_whole.h"
#include "cpu/sse_fast.h"

enum { ALIGNED = 16, ANYWHERE = 1 };

/* ---- conditions and operands ---- */

INLINE bool xmm_ready(const cpu_t *cpu) { return LIKELY(!(cpu->cr0 & (CR0_EM | CR0_TS)) && (cpu->cr4 & CR4_OSFXSR)); }
INLINE bool mmx_ready(const cpu_t *cpu) { return LIKELY(!((cpu->cr0 & (CR0_EM | CR0_TS)) | (cpu->fpu.status & X87_ES))); }

/* The memory operand on the host, or NULL. */
INLINE u8 *operand(const cpu_t *cpu, const op_t *op, u32 bytes, u32 alignment, access_t access, memory_t memory)
{
    u32 linear = cpu->r[op->base] + (cpu->r[op->index] << op->scale) + op->disp;
    if (memory == SEGMENTED) {
        const segment_t *s = &cpu->seg[op->seg];
        linear &= address_mask(op);
        if (UNLIKELY(!in_segment(s, linear, bytes, access == ACCESS_WRITE)))
            return NULL;
        linear += s->base;
    }
    if (UNLIKELY(linear & (alignment - 1)))
        return NULL;
    return access == ACCESS_WRITE ? tlb_write(cpu->tlb, linear, bytes) : tlb_read(cpu->tlb, linear, bytes);
}

INLINE vector_t fetched(const u8 *host, u32 bytes)
{
    return bytes == 16 ? vector_get(host) : (vector_t){ .q = { bytes == 8 ? get64(host) : get(host, W32) } };
}
INLINE void stored(u8 *host, u32 bytes, vector_t v)
{
    if (bytes == 16)     vector_put(host, v);
    else if (bytes == 8) put64(host, v.q[0]);
    else                 put(host, W32, (u32)v.q[0]);
}

/* ---- handlers: `work` makes *d of *d and s; it may answer false ---- */

#define WORK(work) if (UNLIKELY(!(work))) HAND_OVER(generic); GO(op + 1)
#define ALWAYS(statement) ((statement), true)

#define XMM_RR_STUB(NAME, work) static HANDLER(NAME##_XMM_RR) { \
    if (!xmm_ready(cpu)) HAND_OVER(generic); \
    vector_t *d = &cpu->simd.xmm[op->dst], s = cpu->simd.xmm[op->src]; \
    (void)d; \
    WORK(work); }
#define XMM_RM_STUB(NAME, bytes, alignment, memory, work) static HANDLER(NAME##_XMM_RM_##memory) { \
    const u8 *host = operand(cpu, op, bytes, alignment, ACCESS_READ, memory); \
    if (UNLIKELY(!host) || !xmm_ready(cpu)) HAND_OVER(generic); \
    vector_t *d = &cpu->simd.xmm[op->dst], s = fetched(host, bytes); \
    (void)d; \
    WORK(work); }
#define XMM_RI_STUB(NAME, work) static HANDLER(NAME##_XMM_RI) { \
    if (!xmm_ready(cpu)) HAND_OVER(generic); \
    vector_t *d = &cpu->simd.xmm[op->dst], s = { .q = { op->imm & 0xFF } }; \
    (void)s; \
    WORK(work); }
#define XMM_MR_STUB(NAME, bytes, alignment, memory, value) static HANDLER(NAME##_XMM_MR_##memory) { \
    u8 *host = operand(cpu, op, bytes, alignment, ACCESS_WRITE, memory); \
    if (UNLIKELY(!host) || !xmm_ready(cpu)) HAND_OVER(generic); \
    vector_t s = cpu->simd.xmm[op->src]; \
    stored(host, bytes, value); \
    GO(op + 1); }

INLINE void turn(fpu_t *f) { f->top = 0; f->full = 0xFF; }

/* MMX: d is a copy, which goes back with all ones above it. */
#define MMX_END(work) \
    if (UNLIKELY(!(work))) HAND_OVER(generic); \
    turn(f); \
    simd_set_mmx(f, op->dst & 7, to.q[0]); \
    GO(op + 1)
#define MMX_RR_STUB(NAME, work) static HANDLER(NAME##_MMX_RR) { \
    if (!mmx_ready(cpu)) HAND_OVER(generic); \
    fpu_t *f = &cpu->fpu; \
    vector_t to = { .q = { f->r[op->dst & 7].m } }, *d = &to, s = { .q = { f->r[op->src & 7].m } }; \
    MMX_END(work); }
#define MMX_RI_STUB(NAME, work) static HANDLER(NAME##_MMX_RI) { \
    if (!mmx_ready(cpu)) HAND_OVER(generic); \
    fpu_t *f = &cpu->fpu; \
    vector_t to = { .q = { f->r[op->dst & 7].m } }, *d = &to, s = { .q = { op->imm & 0xFF } }; \
    MMX_END(work); }
#define MMX_RM_STUB(NAME, bytes, memory, work) static HANDLER(NAME##_MMX_RM_##memory) { \
    const u8 *host = operand(cpu, op, bytes, ANYWHERE, ACCESS_READ, memory); \
    if (UNLIKELY(!host) || !mmx_ready(cpu)) HAND_OVER(generic); \
    fpu_t *f = &cpu->fpu; \
    vector_t to = { .q = { f->r[op->dst & 7].m } }, *d = &to, s = fetched(host, bytes); \
    MMX_END(work); }

#define XMM_STUBS(NAME, bytes, alignment, work) \
    XMM_RR_STUB(NAME, work) XMM_RM_STUB(NAME, bytes, alignment, SEGMENTED, work) XMM_RM_STUB(NAME, bytes, alignment, FLAT, work)
#define MMX_STUBS(NAME, bytes, work) MMX_RR_STUB(NAME, work) MMX_RM_STUB(NAME, bytes, SEGMENTED, work) MMX_RM_STUB(NAME, bytes, FLAT, work)
#define STORE_STUBS(NAME, bytes, alignment, value) XMM_MR_STUB(NAME, bytes, alignment, SEGMENTED, value) XMM_MR_STUB(NAME, bytes, alignment, FLAT, value)

/* ---- integers ---- */

#define LANES(shape, F)  XMM_STUBS(F, 16, ALIGNED, ALWAYS(shape(F, d, &s, 16))) MMX_STUBS(F, 8, ALWAYS(shape(F, d, &s, 8)))
#define COUNTS(shape, F) XMM_STUBS(F, 16, ALIGNED, ALWAYS(shape(F, d, s.q[0], 16))) XMM_RI_STUB(F, ALWAYS(shape(F, d, s.q[0], 16))) \
                         MMX_STUBS(F, 8, ALWAYS(shape(F, d, s.q[0], 8))) MMX_RI_STUB(F, ALWAYS(shape(F, d, s.q[0], 8)))
#define DEFINE_lanes8(F)   LANES(lanes8, F)
#define DEFINE_lanes16(F)  LANES(lanes16, F)
#define DEFINE_lanes32(F)  LANES(lanes32, F)
#define DEFINE_lanes64(F)  LANES(lanes64, F)
#define DEFINE_counts16(F) COUNTS(counts16, F)
#define DEFINE_counts32(F) COUNTS(counts32, F)
#define DEFINE_counts64(F) COUNTS(counts64, F)
#define DEFINE_whole(F)
#define DEFINE_f32_lanes(F)
#define DEFINE_f32_low(F)
#define DEFINE_f64_lanes(F)
#define DEFINE_f64_low(F)
#define DEFINE_numbers(F)
#define DEFINE_orders(F)
#define DEFINE_plain(F)
#define INSTR(shape, NAME, writes, reads, since) DEFINE_##shape(NAME)
#include "cpu/instructions_simd.def"
#undef INSTR

/* Those that move values across lanes. */
#define ON_BOTH(X) X(PUNPCKHBW, 8) X(PUNPCKHWD, 8) X(PUNPCKHDQ, 8) X(PUNPCKLBW, 4) X(PUNPCKLWD, 4) X(PUNPCKLDQ, 4) \
                   X(PACKSSWB, 8) X(PACKUSWB, 8) X(PACKSSDW, 8) X(PMADDWD, 8) X(PSADBW, 8)
#define ON_XMM(X)  X(PUNPCKLQDQ) X(PUNPCKHQDQ) X(UNPCKLPS) X(UNPCKHPS) X(UNPCKLPD) X(UNPCKHPD) X(PSHUFD) X(PSHUFLW) X(PSHUFHW) X(SHUFPS) X(SHUFPD)
#define ACROSS_BOTH(F, bytes) XMM_STUBS(F, 16, ALIGNED, ALWAYS(F(d, &s, 16, op->imm))) MMX_STUBS(F, bytes, ALWAYS(F(d, &s, 8, op->imm)))
#define ACROSS_XMM(F) XMM_STUBS(F, 16, ALIGNED, ALWAYS(F(d, &s, 16, op->imm)))
ON_BOTH(ACROSS_BOTH)
ON_XMM(ACROSS_XMM)
XMM_RI_STUB(PSLLDQ, ALWAYS(PSLLDQ(d, &s, 16, op->imm & 0xFF)))
XMM_RI_STUB(PSRLDQ, ALWAYS(PSRLDQ(d, &s, 16, op->imm & 0xFF)))

/* ---- moves ---- */

/* X(NAME, bytes in memory, alignment there, register to register) */
#define MOVES(X) X(MOVAPS, 16, ALIGNED) X(MOVAPD, 16, ALIGNED) X(MOVDQA, 16, ALIGNED) X(MOVUPS, 16, ANYWHERE) X(MOVUPD, 16, ANYWHERE) X(MOVDQU, 16, ANYWHERE)
#define MOVE_STUBS(F, bytes, alignment) XMM_STUBS(F, bytes, alignment, ALWAYS(*d = s)) STORE_STUBS(F, bytes, alignment, s)
MOVES(MOVE_STUBS)
XMM_STUBS(MOVQ, 8, ANYWHERE, ALWAYS(MOVQ(d, &s, 16, 0))) STORE_STUBS(MOVQ, 8, ANYWHERE, s)
MMX_STUBS(MOVQ, 8, ALWAYS(*d = s))
#define FROM_MEMORY(F, NAME, bytes, work) XMM_RM_STUB(F, bytes, ANYWHERE, SEGMENTED, work) XMM_RM_STUB(F, bytes, ANYWHERE, FLAT, work)
FROM_MEMORY(MOVSS_m, MOVSS, 4, ALWAYS(*d = s)) STORE_STUBS(MOVSS_m, 4, ANYWHERE, s)
FROM_MEMORY(MOVSD_m, MOVSD, 8, ALWAYS(*d = s)) STORE_STUBS(MOVSD_m, 8, ANYWHERE, s)
FROM_MEMORY(MOVLPS, MOVLPS, 8, ALWAYS(d->q[0] = s.q[0])) STORE_STUBS(MOVLPS, 8, ANYWHERE, s)
FROM_MEMORY(MOVLPD, MOVLPD, 8, ALWAYS(d->q[0] = s.q[0])) STORE_STUBS(MOVLPD, 8, ANYWHERE, s)
FROM_MEMORY(MOVHPS, MOVHPS, 8, ALWAYS(d->q[1] = s.q[0])) FROM_MEMORY(MOVHPD, MOVHPD, 8, ALWAYS(d->q[1] = s.q[0]))
#define UPPER ((vector_t){ .q = { s.q[1] } })
STORE_STUBS(MOVHPS_store, 8, ANYWHERE, UPPER) STORE_STUBS(MOVHPD_store, 8, ANYWHERE, UPPER)
STORE_STUBS(MOVNTPS, 16, ALIGNED, s) STORE_STUBS(MOVNTPD, 16, ALIGNED, s) STORE_STUBS(MOVNTDQ, 16, ALIGNED, s)
XMM_RR_STUB(MOVSS, ALWAYS(MOVSS(d, &s, 16, 0)))
XMM_RR_STUB(MOVSD, ALWAYS(MOVSD(d, &s, 16, 0)))
XMM_RR_STUB(MOVHLPS, ALWAYS(MOVHLPS(d, &s, 16, 0)))
XMM_RR_STUB(MOVLHPS, ALWAYS(MOVLHPS(d, &s, 16, 0)))
static HANDLER(MOVQ_MMX_MR_FLAT)
{
    u8 *host = operand(cpu, op, 8, ANYWHERE, ACCESS_WRITE, FLAT);
    if (UNLIKELY(!host) || !mmx_ready(cpu)) HAND_OVER(generic);
    put64(host, cpu->fpu.r[op->src & 7].m);
    turn(&cpu->fpu);
    GO(op + 1);
}

/* Doublewords: XMM and a general register or memory. */
FROM_MEMORY(MOVD, MOVD, 4, ALWAYS(*d = s)) STORE_STUBS(MOVD, 4, ANYWHERE, s)
#define GENERAL_STUB(NAME, work) static HANDLER(NAME) { if (!xmm_ready(cpu)) HAND_OVER(generic); WORK(work); }
GENERAL_STUB(MOVD_to_xmm, ALWAYS(cpu->simd.xmm[op->dst] = (vector_t){ .q = { reg(cpu, op->src, W32) } }))
GENERAL_STUB(MOVD_from_xmm, ALWAYS(set_reg(cpu, op->dst, W32, (u32)cpu->simd.xmm[op->src].q[0])))
INLINE u32 signs_of(const vector_t *s)
{
    vector_t v;
    PMOVMSKB(&v, s, 16, 0);
    return (u32)v.q[0];
}
GENERAL_STUB(PMOVMSKB_xmm, ALWAYS(set_reg(cpu, op->dst, W32, signs_of(&cpu->simd.xmm[op->src]))))

/* ---- numbers: four lanes, two, or one ---- */

typedef bool fast32_fn(u32 mxcsr, u32 a, u32 b, u32 *result);
typedef bool fast64_fn(u32 mxcsr, u64 a, u64 b, u64 *result);

/* Nothing is written before all lanes have an answer. */
INLINE bool singles(const cpu_t *cpu, fast32_fn *F, vector_t *d, const vector_t *s)
{
    vector_t to;
    for (unsigned i = 0; i < 4; i++)
        if (UNLIKELY(!F(cpu->simd.mxcsr, d->d[i], s->d[i], &to.d[i])))
            return false;
    *d = to;
    return true;
}
INLINE bool doubles(const cpu_t *cpu, fast64_fn *F, vector_t *d, const vector_t *s)
{
    vector_t to;
    for (unsigned i = 0; i < 2; i++)
        if (UNLIKELY(!F(cpu->simd.mxcsr, d->q[i], s->q[i], &to.q[i])))
            return false;
    *d = to;
    return true;
}
INLINE bool single(const cpu_t *cpu, fast32_fn *F, vector_t *d, const vector_t *s)
{
    u32 to;
    if (UNLIKELY(!F(cpu->simd.mxcsr, d->d[LANE32(0)], s->d[LANE32(0)], &to)))
        return false;
    d->d[LANE32(0)] = to;
    return true;
}
INLINE bool one_double(const cpu_t *cpu, fast64_fn *F, vector_t *d, const vector_t *s)
{
    u64 to;
    if (UNLIKELY(!F(cpu->simd.mxcsr, d->q[0], s->q[0], &to)))
        return false;
    d->q[0] = to;
    return true;
}

/* Those whose functions in sse_fast.h have other parameters. */
INLINE bool min32(u32 mxcsr, u32 a, u32 b, u32 *r)  { (void)mxcsr; return f32_min_fast(a, b, r); }
INLINE bool max32(u32 mxcsr, u32 a, u32 b, u32 *r)  { (void)mxcsr; return f32_max_fast(a, b, r); }
INLINE bool min64(u32 mxcsr, u64 a, u64 b, u64 *r)  { (void)mxcsr; return f64_min_fast(a, b, r); }
INLINE bool max64(u32 mxcsr, u64 a, u64 b, u64 *r)  { (void)mxcsr; return f64_max_fast(a, b, r); }
INLINE bool sqrt32(u32 mxcsr, u32 a, u32 b, u32 *r) { (void)a; return f32_sqrt_fast(mxcsr, b, r); }
INLINE bool sqrt64(u32 mxcsr, u64 a, u64 b, u64 *r) { (void)a; return f64_sqrt_fast(mxcsr, b, r); }

#define ARITHMETIC(X) X(ADD, f32_add_fast, f64_add_fast) X(SUB, f32_sub_fast, f64_sub_fast) X(MUL, f32_mul_fast, f64_mul_fast) \
                      X(DIV, f32_div_fast, f64_div_fast) X(MIN, min32, min64) X(MAX, max32, max64) X(SQRT, sqrt32, sqrt64)
#define ARITHMETIC_STUBS(NAME, F32, F64) \
    XMM_STUBS(NAME##PS, 16, ALIGNED, singles(cpu, F32, d, &s)) XMM_STUBS(NAME##PD, 16, ALIGNED, doubles(cpu, F64, d, &s)) \
    XMM_STUBS(NAME##SS, 4, ANYWHERE, single(cpu, F32, d, &s))  XMM_STUBS(NAME##SD, 8, ANYWHERE, one_double(cpu, F64, d, &s))
ARITHMETIC(ARITHMETIC_STUBS)

INLINE bool ordered(cpu_t *cpu, bool answered, sse_order_t order)
{
    if (UNLIKELY(!answered))
        return false;
    flags_load(&cpu->f, order == SSE_LESS ? FLAG_CF : order == SSE_EQUAL ? FLAG_ZF : 0u);
    return true;
}
INLINE bool order32(cpu_t *cpu, const vector_t *d, const vector_t *s)
{
    sse_order_t order = SSE_UNORDERED;
    bool answered = f32_compare_fast(d->d[LANE32(0)], s->d[LANE32(0)], &order);
    return ordered(cpu, answered, order);
}
INLINE bool order64(cpu_t *cpu, const vector_t *d, const vector_t *s)
{
    sse_order_t order = SSE_UNORDERED;
    bool answered = f64_compare_fast(d->q[0], s->q[0], &order);
    return ordered(cpu, answered, order);
}
XMM_STUBS(UCOMISS, 4, ANYWHERE, order32(cpu, d, &s)) XMM_STUBS(COMISS, 4, ANYWHERE, order32(cpu, d, &s))
XMM_STUBS(UCOMISD, 8, ANYWHERE, order64(cpu, d, &s)) XMM_STUBS(COMISD, 8, ANYWHERE, order64(cpu, d, &s))

/* ---- conversions: with a general register in the place of one operand ---- */

INLINE bool to_integer(cpu_t *cpu, const op_t *op, u64 v, bool truncate)
{
    s32 i;
    if (UNLIKELY(!f64_to_s32_fast(cpu->simd.mxcsr, v, truncate, &i)))
        return false;
    set_reg(cpu, op->dst, W32, (u32)i);
    return true;
}
INLINE bool single_to_integer(cpu_t *cpu, const op_t *op, u32 v, bool truncate)
{
    s32 i;
    if (UNLIKELY(!f32_to_s32_fast(cpu->simd.mxcsr, v, truncate, &i)))
        return false;
    set_reg(cpu, op->dst, W32, (u32)i);
    return true;
}
INLINE bool integer_to_single(const cpu_t *cpu, vector_t *d, u32 i)
{
    u32 to;
    if (UNLIKELY(!s32_to_f32_fast(cpu->simd.mxcsr, (s32)i, &to)))
        return false;
    d->d[LANE32(0)] = to;
    return true;
}

/* The source is an integer: a general register, or memory. */
#define FROM_INTEGER(NAME, work) \
    static HANDLER(NAME##_XMM_RR) { \
        if (!xmm_ready(cpu)) HAND_OVER(generic); \
        vector_t *d = &cpu->simd.xmm[op->dst], s = { .q = { reg(cpu, op->src, W32) } }; \
        WORK(work); } \
    FROM_MEMORY(NAME, NAME, 4, work)
FROM_INTEGER(CVTSI2SD, ALWAYS(d->q[0] = s32_to_f64_fast((s32)(u32)s.q[0])))
FROM_INTEGER(CVTSI2SS, integer_to_single(cpu, d, (u32)s.q[0]))

/* The destination is a general register. */
#define TO_INTEGER(NAME, bytes, work) \
    static HANDLER(NAME##_XMM_RR) { if (!xmm_ready(cpu)) HAND_OVER(generic); vector_t s = cpu->simd.xmm[op->src]; WORK(work); } \
    TO_INTEGER_M(NAME, bytes, SEGMENTED, work) TO_INTEGER_M(NAME, bytes, FLAT, work)
#define TO_INTEGER_M(NAME, bytes, memory, work) static HANDLER(NAME##_XMM_RM_##memory) { \
    const u8 *host = operand(cpu, op, bytes, ANYWHERE, ACCESS_READ, memory); \
    if (UNLIKELY(!host) || !xmm_ready(cpu)) HAND_OVER(generic); \
    vector_t s = fetched(host, bytes); \
    WORK(work); }
TO_INTEGER(CVTTSD2SI, 8, to_integer(cpu, op, s.q[0], true)) TO_INTEGER(CVTSD2SI, 8, to_integer(cpu, op, s.q[0], false))
TO_INTEGER(CVTTSS2SI, 4, single_to_integer(cpu, op, (u32)s.q[0], true)) TO_INTEGER(CVTSS2SI, 4, single_to_integer(cpu, op, (u32)s.q[0], false))

XMM_STUBS(CVTSS2SD, 4, ANYWHERE, f32_to_f64_fast((u32)s.q[0], &d->q[0]))
INLINE bool narrowed(const cpu_t *cpu, vector_t *d, u64 v)
{
    u32 to;
    if (UNLIKELY(!f64_to_f32_fast(cpu->simd.mxcsr, v, &to)))
        return false;
    d->d[LANE32(0)] = to;
    return true;
}
XMM_STUBS(CVTSD2SS, 8, ANYWHERE, narrowed(cpu, d, s.q[0]))

/* ---- choosing ---- */

typedef enum { XMM_RR, XMM_RI, XMM_RM, XMM_RM_AT_FLAT, XMM_MR, XMM_MR_AT_FLAT, MMX_RR, MMX_RI, MMX_RM, MMX_RM_AT_FLAT, MMX_MR, MMX_MR_AT_FLAT, N_VECTOR_FORMS } vector_form_t;
enum { FIRST = I_PADDB, N_VECTORS = I_UD2 - FIRST };

#define LIST_XMM(F)    [I_##F - FIRST][XMM_RR] = F##_XMM_RR, LIST_XMM_RM(F)
#define LIST_XMM_RM(F) [I_##F - FIRST][XMM_RM] = F##_XMM_RM_SEGMENTED, [I_##F - FIRST][XMM_RM_AT_FLAT] = F##_XMM_RM_FLAT,
#define LIST_XMM_MR(F) [I_##F - FIRST][XMM_MR] = F##_XMM_MR_SEGMENTED, [I_##F - FIRST][XMM_MR_AT_FLAT] = F##_XMM_MR_FLAT,
#define LIST_XMM_RI(F) [I_##F - FIRST][XMM_RI] = F##_XMM_RI,
#define LIST_XMM_RR(F) [I_##F - FIRST][XMM_RR] = F##_XMM_RR,
#define LIST_MMX(F)    [I_##F - FIRST][MMX_RR] = F##_MMX_RR, [I_##F - FIRST][MMX_RM] = F##_MMX_RM_SEGMENTED, [I_##F - FIRST][MMX_RM_AT_FLAT] = F##_MMX_RM_FLAT,
#define LIST_MMX_RI(F) [I_##F - FIRST][MMX_RI] = F##_MMX_RI,
#define LIST_BOTH(F, bytes) LIST_XMM(F) LIST_MMX(F)
#define LIST_FOUR(NAME, F32, F64) LIST_XMM(NAME##PS) LIST_XMM(NAME##PD) LIST_XMM(NAME##SS) LIST_XMM(NAME##SD)
#define LIST_MOVE(F, bytes, alignment) LIST_XMM(F) LIST_XMM_MR(F)
#define LIST_COUNTS(F) LIST_BOTH(F, 8) LIST_XMM_RI(F) LIST_MMX_RI(F)
#define LIST_lanes8(F)   LIST_BOTH(F, 8)
#define LIST_lanes16(F)  LIST_BOTH(F, 8)
#define LIST_lanes32(F)  LIST_BOTH(F, 8)
#define LIST_lanes64(F)  LIST_BOTH(F, 8)
#define LIST_counts16(F) LIST_COUNTS(F)
#define LIST_counts32(F) LIST_COUNTS(F)
#define LIST_counts64(F) LIST_COUNTS(F)
#define LIST_whole(F)
#define LIST_f32_lanes(F)
#define LIST_f32_low(F)
#define LIST_f64_lanes(F)
#define LIST_f64_low(F)
#define LIST_numbers(F)
#define LIST_orders(F)
#define LIST_plain(F)

static run_fn *const handlers[N_VECTORS][N_VECTOR_FORMS] = {
#define INSTR(shape, NAME, writes, reads, since) LIST_##shape(NAME)
#include "cpu/instructions_simd.def"
#undef INSTR
    ON_BOTH(LIST_BOTH) ON_XMM(LIST_XMM) MOVES(LIST_MOVE) ARITHMETIC(LIST_FOUR)
    LIST_XMM_RI(PSLLDQ) LIST_XMM_RI(PSRLDQ)
    LIST_XMM(MOVQ) LIST_XMM_MR(MOVQ) LIST_MMX(MOVQ) [I_MOVQ - FIRST][MMX_MR_AT_FLAT] = MOVQ_MMX_MR_FLAT,
    LIST_XMM_RM(MOVSS_m) LIST_XMM_MR(MOVSS_m) LIST_XMM_RM(MOVSD_m) LIST_XMM_MR(MOVSD_m) LIST_XMM_RR(MOVSS) LIST_XMM_RR(MOVSD)
    LIST_XMM_RM(MOVLPS) LIST_XMM_MR(MOVLPS) LIST_XMM_RM(MOVLPD) LIST_XMM_MR(MOVLPD) LIST_XMM_RM(MOVHPS) LIST_XMM_RM(MOVHPD)
    LIST_XMM_MR(MOVHPS_store) LIST_XMM_MR(MOVHPD_store) LIST_XMM_RR(MOVHLPS) LIST_XMM_RR(MOVLHPS)
    LIST_XMM_MR(MOVNTPS) LIST_XMM_MR(MOVNTPD) LIST_XMM_MR(MOVNTDQ) LIST_XMM_RM(MOVD) LIST_XMM_MR(MOVD)
    LIST_XMM(UCOMISS) LIST_XMM(COMISS) LIST_XMM(UCOMISD) LIST_XMM(COMISD)
    LIST_XMM(CVTSI2SD) LIST_XMM(CVTSI2SS) LIST_XMM(CVTTSD2SI) LIST_XMM(CVTSD2SI) LIST_XMM(CVTTSS2SI) LIST_XMM(CVTSS2SI) LIST_XMM(CVTSS2SD) LIST_XMM(CVTSD2SS)
};

static bool is_xmm(u8 code) { return simd_operands[code].registers == XMM_REGISTER; }

run_fn *select_simd(u16 mode, const op_t *op, const cold_t *c)
{
    if (c->instr < FIRST || c->instr >= I_UD2 || !c->dst_vector)
        return NULL;
    bool xmm = is_xmm(c->dst_vector) || is_xmm(c->src_vector);
    unsigned flat = memory_of(mode, op) != SEGMENTED, form = (xmm ? XMM_RR : MMX_RR) + (c->dst_kind == M ? XMM_MR + flat : c->src_kind == M ? XMM_RM + flat : c->src_kind == I ? XMM_RI : XMM_RR);
    if (xmm && c->instr == I_PMOVMSKB)
        return PMOVMSKB_xmm;
    if (xmm && c->instr == I_MOVD && form == XMM_RR)
        return is_xmm(c->dst_vector) ? MOVD_to_xmm : MOVD_from_xmm;
    return handlers[c->instr - FIRST][form];
}
#else
typedef int lower_l1_simd_is_empty;
#endif
