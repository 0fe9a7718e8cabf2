/* simd_numbers.h - what the floating-point instructions of SSE, SSE2 and SSE3 do to values.  SDM vol. 2, under each name.  The arithmetic itself is in
 * sse_float.h. */
#pragma once
#include "cpu/simd.h"

/* ---- one function, four instructions: packed and scalar, single and double precision ---- */

#define FOUR(NAME, f) \
    INLINE u32 NAME##PS(sse_env_t *e, u32 a, u32 b) { return f32_##f(e, a, b); } \
    INLINE u32 NAME##SS(sse_env_t *e, u32 a, u32 b) { return f32_##f(e, a, b); } \
    INLINE u64 NAME##PD(sse_env_t *e, u64 a, u64 b) { return f64_##f(e, a, b); } \
    INLINE u64 NAME##SD(sse_env_t *e, u64 a, u64 b) { return f64_##f(e, a, b); }
FOUR(ADD, add) FOUR(SUB, sub) FOUR(MUL, mul) FOUR(DIV, div) FOUR(MIN, min) FOUR(MAX, max)
#undef FOUR

INLINE u32 SQRTPS(sse_env_t *e, u32 a, u32 b)  { (void)a; return f32_sqrt(e, b); }
INLINE u32 SQRTSS(sse_env_t *e, u32 a, u32 b)  { (void)a; return f32_sqrt(e, b); }
INLINE u64 SQRTPD(sse_env_t *e, u64 a, u64 b)  { (void)a; return f64_sqrt(e, b); }
INLINE u64 SQRTSD(sse_env_t *e, u64 a, u64 b)  { (void)a; return f64_sqrt(e, b); }
INLINE u32 RCPPS(sse_env_t *e, u32 a, u32 b)   { (void)e; (void)a; return f32_reciprocal(b); }
INLINE u32 RCPSS(sse_env_t *e, u32 a, u32 b)   { (void)e; (void)a; return f32_reciprocal(b); }
INLINE u32 RSQRTPS(sse_env_t *e, u32 a, u32 b) { (void)e; (void)a; return f32_reciprocal_root(b); }
INLINE u32 RSQRTSS(sse_env_t *e, u32 a, u32 b) { (void)e; (void)a; return f32_reciprocal_root(b); }

/* ---- comparison ---- */

/* The low three bits of imm8: equal, less, less or equal, unordered, and their opposites (vol. 2, CMPPS, table 3-1).  Where order is asked for, a quiet
 * NaN is invalid. */
INLINE bool asks_for_order(unsigned predicate) { return (predicate & 3) == 1 || (predicate & 3) == 2; }
INLINE bool holds(sse_order_t order, unsigned predicate)
{
    bool is[4] = { order == SSE_EQUAL, order == SSE_LESS, order == SSE_LESS || order == SSE_EQUAL, order == SSE_UNORDERED };
    return is[predicate & 3] != (predicate >> 2 & 1);
}
INLINE u32 compared32(sse_env_t *e, u32 a, u32 b, unsigned predicate)
{
    return holds(f32_compare(e, a, b, asks_for_order(predicate)), predicate) ? 0xFFFFFFFF : 0;
}
INLINE u64 compared64(sse_env_t *e, u64 a, u64 b, unsigned predicate)
{
    return holds(f64_compare(e, a, b, asks_for_order(predicate)), predicate) ? ~(u64)0 : 0;
}

#define NUMBERS(NAME) INLINE void NAME(sse_env_t *e, vector_t *d, const vector_t *s, unsigned imm)

NUMBERS(CMPPS)
{
    for (unsigned i = 0; i < 4; i++)
        d->d[i] = compared32(e, d->d[i], s->d[i], imm);
}
NUMBERS(CMPPD)
{
    for (unsigned i = 0; i < 2; i++)
        d->q[i] = compared64(e, d->q[i], s->q[i], imm);
}
NUMBERS(CMPSS)     { d->d[LANE32(0)] = compared32(e, d->d[LANE32(0)], s->d[LANE32(0)], imm); }
NUMBERS(CMPSD)     { d->q[0] = compared64(e, d->q[0], s->q[0], imm); }

#define ORDERS(NAME) INLINE sse_order_t NAME(sse_env_t *e, const vector_t *d, const vector_t *s)
ORDERS(COMISS)     { return f32_compare(e, d->d[LANE32(0)], s->d[LANE32(0)], true); }
ORDERS(UCOMISS)    { return f32_compare(e, d->d[LANE32(0)], s->d[LANE32(0)], false); }
ORDERS(COMISD)     { return f64_compare(e, d->q[0], s->q[0], true); }
ORDERS(UCOMISD)    { return f64_compare(e, d->q[0], s->q[0], false); }

/* ---- conversion ---- */

INLINE u32 single_of(const vector_t *v, unsigned n) { return v->d[LANE32(n)]; }
INLINE u64 both(u32 low, u32 high)                  { return low | (u64)high << 32; }
INLINE u64 doubles_to_integers(sse_env_t *e, const vector_t *s, bool truncate)
{
    u32 low = (u32)f64_to_s32(e, s->q[0], truncate);
    return both(low, (u32)f64_to_s32(e, s->q[1], truncate));
}
INLINE u64 singles_to_integers(sse_env_t *e, u64 singles, bool truncate)
{
    u32 low = (u32)f32_to_s32(e, (u32)singles, truncate);
    return both(low, (u32)f32_to_s32(e, (u32)(singles >> 32), truncate));
}
INLINE u64 integers_to_singles(sse_env_t *e, u64 integers)
{
    u32 low = s32_to_f32(e, (s32)(u32)integers);
    return both(low, s32_to_f32(e, (s32)(u32)(integers >> 32)));
}

NUMBERS(CVTPI2PS)  { (void)imm; d->q[0] = integers_to_singles(e, s->q[0]); }
NUMBERS(CVTDQ2PS)  { (void)imm; d->q[0] = integers_to_singles(e, s->q[0]); d->q[1] = integers_to_singles(e, s->q[1]); }
NUMBERS(CVTSI2SS)  { (void)imm; d->d[LANE32(0)] = s32_to_f32(e, (s32)single_of(s, 0)); }
NUMBERS(CVTSI2SD)  { (void)imm; d->q[0] = s32_to_f64(e, (s32)single_of(s, 0)); }
NUMBERS(CVTDQ2PD)  { (void)imm; d->q[0] = s32_to_f64(e, (s32)single_of(s, 0)); d->q[1] = s32_to_f64(e, (s32)single_of(s, 1)); }
NUMBERS(CVTPI2PD)  { CVTDQ2PD(e, d, s, imm); }

NUMBERS(CVTPS2PI)  { (void)imm; d->q[0] = singles_to_integers(e, s->q[0], false); }
NUMBERS(CVTTPS2PI) { (void)imm; d->q[0] = singles_to_integers(e, s->q[0], true); }
NUMBERS(CVTPS2DQ)  { (void)imm; d->q[0] = singles_to_integers(e, s->q[0], false); d->q[1] = singles_to_integers(e, s->q[1], false); }
NUMBERS(CVTTPS2DQ) { (void)imm; d->q[0] = singles_to_integers(e, s->q[0], true); d->q[1] = singles_to_integers(e, s->q[1], true); }
NUMBERS(CVTPD2PI)  { (void)imm; d->q[0] = doubles_to_integers(e, s, false); }
NUMBERS(CVTTPD2PI) { (void)imm; d->q[0] = doubles_to_integers(e, s, true); }
NUMBERS(CVTPD2DQ)  { (void)imm; *d = (vector_t){ .q = { doubles_to_integers(e, s, false) } }; }
NUMBERS(CVTTPD2DQ) { (void)imm; *d = (vector_t){ .q = { doubles_to_integers(e, s, true) } }; }
NUMBERS(CVTSS2SI)  { (void)imm; *d = (vector_t){ .q = { (u32)f32_to_s32(e, single_of(s, 0), false) } }; }
NUMBERS(CVTTSS2SI) { (void)imm; *d = (vector_t){ .q = { (u32)f32_to_s32(e, single_of(s, 0), true) } }; }
NUMBERS(CVTSD2SI)  { (void)imm; *d = (vector_t){ .q = { (u32)f64_to_s32(e, s->q[0], false) } }; }
NUMBERS(CVTTSD2SI) { (void)imm; *d = (vector_t){ .q = { (u32)f64_to_s32(e, s->q[0], true) } }; }

NUMBERS(CVTPS2PD)  { (void)imm; d->q[0] = f32_to_f64(e, single_of(s, 0)); d->q[1] = f32_to_f64(e, single_of(s, 1)); }
NUMBERS(CVTSS2SD)  { (void)imm; d->q[0] = f32_to_f64(e, single_of(s, 0)); }
NUMBERS(CVTSD2SS)  { (void)imm; d->d[LANE32(0)] = f64_to_f32(e, s->q[0]); }
NUMBERS(CVTPD2PS)
{
    u32 low = f64_to_f32(e, s->q[0]), high = f64_to_f32(e, s->q[1]);
    (void)imm;
    *d = (vector_t){ .q = { both(low, high) } };
}

/* ---- SSE3: across lanes ---- */

NUMBERS(ADDSUBPS)
{
    (void)imm;
    for (unsigned i = 0; i < 4; i++)
        d->d[LANE32(i)] = (i & 1 ? f32_add : f32_sub)(e, single_of(d, i), single_of(s, i));
}
NUMBERS(ADDSUBPD)  { (void)imm; d->q[0] = f64_sub(e, d->q[0], s->q[0]); d->q[1] = f64_add(e, d->q[1], s->q[1]); }

/* Neighbours of d, then neighbours of s. */
INLINE void neighbours32(sse_env_t *e, vector_t *d, const vector_t *s, u32 (*F)(sse_env_t *, u32, u32))
{
    vector_t a = *d;
    for (unsigned i = 0; i < 4; i++) {
        const vector_t *from = i < 2 ? &a : s;
        d->d[LANE32(i)] = F(e, single_of(from, 2 * i & 2), single_of(from, (2 * i & 2) + 1));
    }
}
NUMBERS(HADDPS)    { (void)imm; neighbours32(e, d, s, f32_add); }
NUMBERS(HSUBPS)    { (void)imm; neighbours32(e, d, s, f32_sub); }
NUMBERS(HADDPD)    { (void)imm; d->q[0] = f64_add(e, d->q[0], d->q[1]); d->q[1] = f64_add(e, s->q[0], s->q[1]); }
NUMBERS(HSUBPD)    { (void)imm; d->q[0] = f64_sub(e, d->q[0], d->q[1]); d->q[1] = f64_sub(e, s->q[0], s->q[1]); }
