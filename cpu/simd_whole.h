/* simd_whole.h - integer instructions that move values between lanes, and moves.  SDM vol. 2, under each name.
 *
 * d is the destination with its old value, s the source (never the same object): a register's bytes, or what was read from memory or a general register
 * with zeros above.  bytes: 8 for MMX, 16 for XMM.  What a destination has no room for is not looked at. */
#pragma once
#include "cpu/simd_lanes.h"

/* ---- interleaving: the low or high halves of d and s, d's lanes first ---- */

INLINE void interleave8(vector_t *d, const vector_t *s, unsigned bytes, unsigned from)
{
    vector_t a = *d;
    for (unsigned i = 0; i < bytes / 2; i++) {
        d->b[LANE8(2 * i)] = a.b[LANE8(from + i)];
        d->b[LANE8(2 * i + 1)] = s->b[LANE8(from + i)];
    }
}
INLINE void interleave16(vector_t *d, const vector_t *s, unsigned bytes, unsigned from)
{
    vector_t a = *d;
    for (unsigned i = 0; i < bytes / 4; i++) {
        d->w[LANE16(2 * i)] = a.w[LANE16(from + i)];
        d->w[LANE16(2 * i + 1)] = s->w[LANE16(from + i)];
    }
}
INLINE void interleave32(vector_t *d, const vector_t *s, unsigned bytes, unsigned from)
{
    vector_t a = *d;
    for (unsigned i = 0; i < bytes / 8; i++) {
        d->d[LANE32(2 * i)] = a.d[LANE32(from + i)];
        d->d[LANE32(2 * i + 1)] = s->d[LANE32(from + i)];
    }
}

#define WHOLE(NAME) INLINE void NAME(vector_t *d, const vector_t *s, unsigned bytes, unsigned imm)
#define UNUSED_HERE (void)s, (void)bytes, (void)imm

WHOLE(PUNPCKLBW)  { (void)imm; interleave8(d, s, bytes, 0); }
WHOLE(PUNPCKHBW)  { (void)imm; interleave8(d, s, bytes, bytes / 2); }
WHOLE(PUNPCKLWD)  { (void)imm; interleave16(d, s, bytes, 0); }
WHOLE(PUNPCKHWD)  { (void)imm; interleave16(d, s, bytes, bytes / 4); }
WHOLE(PUNPCKLDQ)  { (void)imm; interleave32(d, s, bytes, 0); }
WHOLE(PUNPCKHDQ)  { (void)imm; interleave32(d, s, bytes, bytes / 8); }
WHOLE(UNPCKLPS)   { (void)imm; interleave32(d, s, bytes, 0); }
WHOLE(UNPCKHPS)   { (void)imm; interleave32(d, s, bytes, bytes / 8); }
WHOLE(PUNPCKLQDQ) { UNUSED_HERE; d->q[1] = s->q[0]; }
WHOLE(PUNPCKHQDQ) { UNUSED_HERE; d->q[0] = d->q[1]; d->q[1] = s->q[1]; }
WHOLE(UNPCKLPD)   { PUNPCKLQDQ(d, s, bytes, imm); }
WHOLE(UNPCKHPD)   { PUNPCKHQDQ(d, s, bytes, imm); }

/* ---- packing: d's lanes narrowed into the low half, s's into the high half ---- */

WHOLE(PACKSSWB)
{
    vector_t a = *d;
    (void)imm;
    for (unsigned i = 0; i < bytes / 2; i++) {
        d->b[LANE8(i)] = saturate_s8((s16)a.w[LANE16(i)]);
        d->b[LANE8(bytes / 2 + i)] = saturate_s8((s16)s->w[LANE16(i)]);
    }
}
WHOLE(PACKUSWB)
{
    vector_t a = *d;
    (void)imm;
    for (unsigned i = 0; i < bytes / 2; i++) {
        d->b[LANE8(i)] = saturate_u8((s16)a.w[LANE16(i)]);
        d->b[LANE8(bytes / 2 + i)] = saturate_u8((s16)s->w[LANE16(i)]);
    }
}
WHOLE(PACKSSDW)
{
    vector_t a = *d;
    (void)imm;
    for (unsigned i = 0; i < bytes / 4; i++) {
        d->w[LANE16(i)] = saturate_s16((s32)a.d[LANE32(i)]);
        d->w[LANE16(bytes / 4 + i)] = saturate_s16((s32)s->d[LANE32(i)]);
    }
}

/* ---- sums across lanes ---- */

INLINE u32 product(u16 a, u16 b) { return (u32)((s16)a * (s16)b); }
WHOLE(PMADDWD)
{
    (void)imm;
    for (unsigned i = 0; i < bytes / 4; i++)
        d->d[i] = product(d->w[2 * i], s->w[2 * i]) + product(d->w[2 * i + 1], s->w[2 * i + 1]);
}
WHOLE(PSADBW)
{
    (void)imm;
    for (unsigned i = 0; i < bytes / 8; i++) {
        u32 sum = 0;
        for (unsigned k = 8 * i; k < 8 * i + 8; k++)
            sum += d->b[k] > s->b[k] ? (u32)(d->b[k] - s->b[k]) : (u32)(s->b[k] - d->b[k]);
        d->q[i] = sum;
    }
}

/* ---- shuffling: two bits of imm a lane ---- */

WHOLE(PSHUFW)
{
    UNUSED_HERE;
    for (unsigned i = 0; i < 4; i++)
        d->w[LANE16(i)] = s->w[LANE16(imm >> 2 * i & 3)];
}
WHOLE(PSHUFLW)
{
    PSHUFW(d, s, bytes, imm);
    d->q[1] = s->q[1];
}
WHOLE(PSHUFHW)
{
    UNUSED_HERE;
    d->q[0] = s->q[0];
    for (unsigned i = 0; i < 4; i++)
        d->w[LANE16(4 + i)] = s->w[LANE16(4 + (imm >> 2 * i & 3))];
}
WHOLE(PSHUFD)
{
    UNUSED_HERE;
    for (unsigned i = 0; i < 4; i++)
        d->d[LANE32(i)] = s->d[LANE32(imm >> 2 * i & 3)];
}
WHOLE(SHUFPS)
{
    vector_t a = *d;
    UNUSED_HERE;
    for (unsigned i = 0; i < 4; i++)
        d->d[LANE32(i)] = (i < 2 ? &a : s)->d[LANE32(imm >> 2 * i & 3)];
}
WHOLE(SHUFPD)     { UNUSED_HERE; d->q[0] = d->q[imm & 1]; d->q[1] = s->q[imm >> 1 & 1]; }

/* ---- by whole bytes: more than 15 clears ---- */

INLINE u8 byte_at(const vector_t *v, unsigned n) { return n < 16 ? v->b[LANE8(n)] : 0; }
WHOLE(PSLLDQ)
{
    vector_t a = *d;
    unsigned count = imm > 16 ? 16 : imm;
    UNUSED_HERE;
    for (unsigned i = 0; i < 16; i++)
        d->b[LANE8(i)] = i >= count ? byte_at(&a, i - count) : 0;
}
WHOLE(PSRLDQ)
{
    vector_t a = *d;
    unsigned count = imm > 16 ? 16 : imm;
    UNUSED_HERE;
    for (unsigned i = 0; i < 16; i++)
        d->b[LANE8(i)] = byte_at(&a, i + count);
}

/* ---- words and signs to and from general registers ---- */

WHOLE(PINSRW)     { unsigned at = imm & (bytes / 2 - 1); d->w[LANE16(at)] = s->w[LANE16(0)]; }
WHOLE(PEXTRW)     { unsigned at = imm & (bytes / 2 - 1); *d = (vector_t){ .q = { s->w[LANE16(at)] } }; }
/* The top bits of eight bytes: the product brings bit 8i + 7 to 56 + i, and nothing else there. */
INLINE u64 signs_of_bytes(u64 v) { return (v >> 7 & 0x0101010101010101) * 0x0102040810204080 >> 56; }
WHOLE(PMOVMSKB)
{
    (void)imm;
    u64 high = bytes == 16 ? signs_of_bytes(s->q[1]) << 8 : 0;
    *d = (vector_t){ .q = { signs_of_bytes(s->q[0]) | high } };
}
WHOLE(MOVMSKPS)
{
    u64 signs = 0;
    UNUSED_HERE;
    for (unsigned i = 0; i < 4; i++)
        signs |= (u64)(s->d[LANE32(i)] >> 31) << i;
    *d = (vector_t){ .q = { signs } };
}
WHOLE(MOVMSKPD)   { UNUSED_HERE; *d = (vector_t){ .q = { s->q[0] >> 63 | s->q[1] >> 63 << 1 } }; }

/* ---- moves ---- */

WHOLE(MOVAPS)     { UNUSED_HERE; *d = *s; }
WHOLE(MOVUPS)     { UNUSED_HERE; *d = *s; }
WHOLE(MOVAPD)     { UNUSED_HERE; *d = *s; }
WHOLE(MOVUPD)     { UNUSED_HERE; *d = *s; }
WHOLE(MOVDQA)     { UNUSED_HERE; *d = *s; }
WHOLE(MOVDQU)     { UNUSED_HERE; *d = *s; }
WHOLE(LDDQU)      { UNUSED_HERE; *d = *s; }
WHOLE(MOVNTQ)     { UNUSED_HERE; *d = *s; }
WHOLE(MOVNTPS)    { UNUSED_HERE; *d = *s; }
WHOLE(MOVNTPD)    { UNUSED_HERE; *d = *s; }
WHOLE(MOVNTDQ)    { UNUSED_HERE; *d = *s; }
WHOLE(MOVSS_m)    { UNUSED_HERE; *d = *s; }
WHOLE(MOVSD_m)    { UNUSED_HERE; *d = *s; }
WHOLE(MOVD)       { UNUSED_HERE; *d = (vector_t){ .q = { (u32)s->q[0] } }; }
WHOLE(MOVQ)       { UNUSED_HERE; *d = (vector_t){ .q = { s->q[0] } }; }
WHOLE(MOVQ2DQ)    { MOVQ(d, s, bytes, imm); }
WHOLE(MOVDQ2Q)    { MOVQ(d, s, bytes, imm); }
WHOLE(MOVSS)      { UNUSED_HERE; d->d[LANE32(0)] = s->d[LANE32(0)]; }
WHOLE(MOVSD)      { UNUSED_HERE; d->q[0] = s->q[0]; }
WHOLE(MOVLPS)     { UNUSED_HERE; d->q[0] = s->q[0]; }
WHOLE(MOVLPD)     { UNUSED_HERE; d->q[0] = s->q[0]; }
WHOLE(MOVHPS)     { UNUSED_HERE; d->q[1] = s->q[0]; }
WHOLE(MOVHPD)     { UNUSED_HERE; d->q[1] = s->q[0]; }
WHOLE(MOVLHPS)    { UNUSED_HERE; d->q[1] = s->q[0]; }
WHOLE(MOVHLPS)    { UNUSED_HERE; d->q[0] = s->q[1]; }
WHOLE(MOVHPS_store) { UNUSED_HERE; d->q[0] = s->q[1]; }
WHOLE(MOVHPD_store) { UNUSED_HERE; d->q[0] = s->q[1]; }
WHOLE(MOVDDUP)    { UNUSED_HERE; d->q[0] = d->q[1] = s->q[0]; }
WHOLE(MOVSHDUP)   { UNUSED_HERE; *d = (vector_t){ .q = { s->q[0] >> 32 | s->q[0] >> 32 << 32, s->q[1] >> 32 | s->q[1] >> 32 << 32 } }; }
WHOLE(MOVSLDUP)   { UNUSED_HERE; *d = (vector_t){ .q = { (u32)s->q[0] | s->q[0] << 32, (u32)s->q[1] | s->q[1] << 32 } }; }
