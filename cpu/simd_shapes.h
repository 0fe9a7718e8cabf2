/* simd_shapes.h - how a function of lanes becomes one of vectors: the shapes of instructions_simd.def. */
#pragma once
#include "cpu/simd.h"

typedef u8   lane8_fn(u8 dst, u8 src);
typedef u16  lane16_fn(u16 dst, u16 src);
typedef u32  lane32_fn(u32 dst, u32 src);
typedef u64  lane64_fn(u64 dst, u64 src);
typedef u16  count16_fn(u16 dst, u64 count);
typedef u32  count32_fn(u32 dst, u64 count);
typedef u64  count64_fn(u64 dst, u64 count);
typedef void whole_fn(vector_t *d, const vector_t *s, unsigned bytes, unsigned imm);

INLINE void lanes8(lane8_fn *F, vector_t *d, const vector_t *s, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        d->b[i] = F(d->b[i], s->b[i]);
}
INLINE void lanes16(lane16_fn *F, vector_t *d, const vector_t *s, unsigned bytes)
{
    for (unsigned i = 0; i < bytes / 2; i++)
        d->w[i] = F(d->w[i], s->w[i]);
}
INLINE void lanes32(lane32_fn *F, vector_t *d, const vector_t *s, unsigned bytes)
{
    for (unsigned i = 0; i < bytes / 4; i++)
        d->d[i] = F(d->d[i], s->d[i]);
}
INLINE void lanes64(lane64_fn *F, vector_t *d, const vector_t *s, unsigned bytes)
{
    for (unsigned i = 0; i < bytes / 8; i++)
        d->q[i] = F(d->q[i], s->q[i]);
}
INLINE void counts16(count16_fn *F, vector_t *d, u64 count, unsigned bytes)
{
    for (unsigned i = 0; i < bytes / 2; i++)
        d->w[i] = F(d->w[i], count);
}
INLINE void counts32(count32_fn *F, vector_t *d, u64 count, unsigned bytes)
{
    for (unsigned i = 0; i < bytes / 4; i++)
        d->d[i] = F(d->d[i], count);
}
INLINE void counts64(count64_fn *F, vector_t *d, u64 count, unsigned bytes)
{
    for (unsigned i = 0; i < bytes / 8; i++)
        d->q[i] = F(d->q[i], count);
}

typedef u32  f32_fn(sse_env_t *e, u32 dst, u32 src);
typedef u64  f64_fn(sse_env_t *e, u64 dst, u64 src);

INLINE void f32_lanes(f32_fn *F, sse_env_t *e, vector_t *d, const vector_t *s)
{
    for (unsigned i = 0; i < 4; i++)
        d->d[i] = F(e, d->d[i], s->d[i]);
}
INLINE void f32_low(f32_fn *F, sse_env_t *e, vector_t *d, const vector_t *s) { d->d[LANE32(0)] = F(e, d->d[LANE32(0)], s->d[LANE32(0)]); }
INLINE void f64_lanes(f64_fn *F, sse_env_t *e, vector_t *d, const vector_t *s)
{
    for (unsigned i = 0; i < 2; i++)
        d->q[i] = F(e, d->q[i], s->q[i]);
}
INLINE void f64_low(f64_fn *F, sse_env_t *e, vector_t *d, const vector_t *s) { d->q[0] = F(e, d->q[0], s->q[0]); }
