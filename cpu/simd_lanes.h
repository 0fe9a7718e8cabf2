/* simd_lanes.h - what the lane-by-lane integer instructions do to values.  SDM vol. 2, under each name; vol. 1, 9.4 (saturation). */
#pragma once
#include "cpu/simd.h"

/* ---- wrap-around ---- */

INLINE u8  PADDB(u8 a, u8 b)     { return (u8)(a + b); }
INLINE u16 PADDW(u16 a, u16 b)   { return (u16)(a + b); }
INLINE u32 PADDD(u32 a, u32 b)   { return a + b; }
INLINE u64 PADDQ(u64 a, u64 b)   { return a + b; }
INLINE u8  PSUBB(u8 a, u8 b)     { return (u8)(a - b); }
INLINE u16 PSUBW(u16 a, u16 b)   { return (u16)(a - b); }
INLINE u32 PSUBD(u32 a, u32 b)   { return a - b; }
INLINE u64 PSUBQ(u64 a, u64 b)   { return a - b; }

/* ---- saturation: table 9-1 ---- */

INLINE u8  saturate_s8(s32 v)    { return (u8)(v < -0x80 ? -0x80 : v > 0x7F ? 0x7F : v); }
INLINE u16 saturate_s16(s32 v)   { return (u16)(v < -0x8000 ? -0x8000 : v > 0x7FFF ? 0x7FFF : v); }
INLINE u8  saturate_u8(s32 v)    { return (u8)(v < 0 ? 0 : v > 0xFF ? 0xFF : v); }
INLINE u16 saturate_u16(s32 v)   { return (u16)(v < 0 ? 0 : v > 0xFFFF ? 0xFFFF : v); }

INLINE u8  PADDSB(u8 a, u8 b)    { return saturate_s8((s8)a + (s8)b); }
INLINE u16 PADDSW(u16 a, u16 b)  { return saturate_s16((s16)a + (s16)b); }
INLINE u8  PADDUSB(u8 a, u8 b)   { return saturate_u8(a + b); }
INLINE u16 PADDUSW(u16 a, u16 b) { return saturate_u16(a + b); }
INLINE u8  PSUBSB(u8 a, u8 b)    { return saturate_s8((s8)a - (s8)b); }
INLINE u16 PSUBSW(u16 a, u16 b)  { return saturate_s16((s16)a - (s16)b); }
INLINE u8  PSUBUSB(u8 a, u8 b)   { return saturate_u8(a - b); }
INLINE u16 PSUBUSW(u16 a, u16 b) { return saturate_u16(a - b); }

/* ---- comparison, greatest and least, average ---- */

INLINE u8  PCMPEQB(u8 a, u8 b)   { return a == b ? 0xFF : 0; }
INLINE u16 PCMPEQW(u16 a, u16 b) { return a == b ? 0xFFFF : 0; }
INLINE u32 PCMPEQD(u32 a, u32 b) { return a == b ? 0xFFFFFFFF : 0; }
INLINE u8  PCMPGTB(u8 a, u8 b)   { return (s8)a > (s8)b ? 0xFF : 0; }
INLINE u16 PCMPGTW(u16 a, u16 b) { return (s16)a > (s16)b ? 0xFFFF : 0; }
INLINE u32 PCMPGTD(u32 a, u32 b) { return (s32)a > (s32)b ? 0xFFFFFFFF : 0; }
INLINE u8  PMAXUB(u8 a, u8 b)    { return a > b ? a : b; }
INLINE u8  PMINUB(u8 a, u8 b)    { return a < b ? a : b; }
INLINE u16 PMAXSW(u16 a, u16 b)  { return (s16)a > (s16)b ? a : b; }
INLINE u16 PMINSW(u16 a, u16 b)  { return (s16)a < (s16)b ? a : b; }
INLINE u8  PAVGB(u8 a, u8 b)     { return (u8)((a + b + 1) >> 1); }
INLINE u16 PAVGW(u16 a, u16 b)   { return (u16)((a + b + 1) >> 1); }

/* ---- products ---- */

INLINE u16 PMULLW(u16 a, u16 b)  { return (u16)((u32)a * b); }
INLINE u16 PMULHW(u16 a, u16 b)  { return (u16)((u32)((s16)a * (s16)b) >> 16); }
INLINE u16 PMULHUW(u16 a, u16 b) { return (u16)((u32)a * b >> 16); }
INLINE u64 PMULUDQ(u64 a, u64 b) { return (u64)(u32)a * (u32)b; }

/* ---- logic ---- */

INLINE u64 PAND(u64 a, u64 b)    { return a & b; }
INLINE u64 PANDN(u64 a, u64 b)   { return ~a & b; }
INLINE u64 POR(u64 a, u64 b)     { return a | b; }
INLINE u64 PXOR(u64 a, u64 b)    { return a ^ b; }
INLINE u64 ANDPS(u64 a, u64 b)   { return a & b; }
INLINE u64 ANDPD(u64 a, u64 b)   { return a & b; }
INLINE u64 ANDNPS(u64 a, u64 b)  { return ~a & b; }
INLINE u64 ANDNPD(u64 a, u64 b)  { return ~a & b; }
INLINE u64 ORPS(u64 a, u64 b)    { return a | b; }
INLINE u64 ORPD(u64 a, u64 b)    { return a | b; }
INLINE u64 XORPS(u64 a, u64 b)   { return a ^ b; }
INLINE u64 XORPD(u64 a, u64 b)   { return a ^ b; }

/* ---- shifts: a count beyond the width clears, or leaves the sign everywhere ---- */

INLINE u16 PSLLW(u16 a, u64 n)   { return (u16)(n > 15 ? 0 : a << n); }
INLINE u32 PSLLD(u32 a, u64 n)   { return n > 31 ? 0 : a << n; }
INLINE u64 PSLLQ(u64 a, u64 n)   { return n > 63 ? 0 : a << n; }
INLINE u16 PSRLW(u16 a, u64 n)   { return (u16)(n > 15 ? 0 : a >> n); }
INLINE u32 PSRLD(u32 a, u64 n)   { return n > 31 ? 0 : a >> n; }
INLINE u64 PSRLQ(u64 a, u64 n)   { return n > 63 ? 0 : a >> n; }
INLINE u16 PSRAW(u16 a, u64 n)   { return (u16)((s16)a >> (n > 15 ? 15 : n)); }
INLINE u32 PSRAD(u32 a, u64 n)   { return (u32)((s32)a >> (n > 31 ? 31 : n)); }
