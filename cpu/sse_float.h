/* sse_float.h - arithmetic of the SSE and SSE2 instructions on single and double precision numbers, in integers only.
 * SDM vol. 1, 4.8 (formats, NaNs, rounding), 4.9 and 11.5 (exceptions), 10.2.3 (MXCSR), table 4-7 (NaN operands).
 *
 * Values are bit patterns.  Every operation takes an environment: MXCSR as the program set it, and the exceptions raised so far, in MXCSR's
 * bits 0-5; operations only add to them, so that the elements of a packed operand share one environment.  The result is always the masked
 * one.  Whether an exception is unmasked is for the caller to judge, when all elements are done: sse_faults(), sse_flags().
 * The inline path for normal numbers is in sse_fast.h. */
#pragma once
#include "mem/base.h"

/* 10.2.3, figure 10-3. */
enum { MXCSR_IE = 1, MXCSR_DE = 2, MXCSR_ZE = 4, MXCSR_OE = 8, MXCSR_UE = 16, MXCSR_PE = 32, MXCSR_EXCEPTIONS = 63,
       MXCSR_DAZ = 0x40, MXCSR_MASKS = 0x1F80, MXCSR_UM = 0x800, MXCSR_OM = 0x400, MXCSR_PM = 0x1000, MXCSR_FTZ = 0x8000,
       MXCSR_RC = 0x6000, MXCSR_RC_NEAREST = 0, MXCSR_RC_DOWN = 0x2000, MXCSR_RC_UP = 0x4000, MXCSR_RC_ZERO = 0x6000,
       MXCSR_RESET = 0x1F80 };
enum { MXCSR_MASKS_AT = 7 };                     /* from an exception's bit to its mask's */

typedef struct {
    u32 mxcsr;
    u32 raised;                                  /* by this instruction */
} sse_env_t;

/* Is an exception that was raised not masked? */
INLINE bool sse_faults(const sse_env_t *e) { return e->raised & ~(e->mxcsr >> MXCSR_MASKS_AT) & MXCSR_EXCEPTIONS; }

/* The flags the instruction leaves in MXCSR.  Invalid, denormal and zero divide are found before the result is computed: where one of them
 * is not masked nothing is computed, in no element, and nothing found afterwards is reported (4.9.2, 11.5.3). */
INLINE u32 sse_flags(const sse_env_t *e)
{
    u32 before = e->raised & (MXCSR_IE | MXCSR_DE | MXCSR_ZE);
    return before & ~(e->mxcsr >> MXCSR_MASKS_AT) ? before : e->raised;
}

u32 f32_add(sse_env_t *e, u32 a, u32 b);
u32 f32_sub(sse_env_t *e, u32 a, u32 b);
u32 f32_mul(sse_env_t *e, u32 a, u32 b);
u32 f32_div(sse_env_t *e, u32 a, u32 b);
u32 f32_sqrt(sse_env_t *e, u32 a);
u64 f64_add(sse_env_t *e, u64 a, u64 b);
u64 f64_sub(sse_env_t *e, u64 a, u64 b);
u64 f64_mul(sse_env_t *e, u64 a, u64 b);
u64 f64_div(sse_env_t *e, u64 a, u64 b);
u64 f64_sqrt(sse_env_t *e, u64 a);

/* MINPS and kin: not IEEE 754's: the second operand where one is a NaN, or both are zero. */
u32 f32_min(sse_env_t *e, u32 a, u32 b);
u32 f32_max(sse_env_t *e, u32 a, u32 b);
u64 f64_min(sse_env_t *e, u64 a, u64 b);
u64 f64_max(sse_env_t *e, u64 a, u64 b);

/* a against b.  A signalling NaN is invalid always, a quiet one where the instruction says so: COMISS and CMPLTPS, not UCOMISS and CMPEQPS. */
typedef enum { SSE_LESS, SSE_EQUAL, SSE_GREATER, SSE_UNORDERED } sse_order_t;
sse_order_t f32_compare(sse_env_t *e, u32 a, u32 b, bool quiet_is_invalid);
sse_order_t f64_compare(sse_env_t *e, u64 a, u64 b, bool quiet_is_invalid);

u64 f32_to_f64(sse_env_t *e, u32 a);
u32 f64_to_f32(sse_env_t *e, u64 a);
u32 s32_to_f32(sse_env_t *e, s32 a);
u64 s32_to_f64(sse_env_t *e, s32 a);             /* exact: raises nothing */
/* Rounded by MXCSR.RC, or towards zero (CVTT...); what does not fit is invalid and 80000000h. */
s32 f32_to_s32(sse_env_t *e, u32 a, bool truncate);
s32 f64_to_s32(sse_env_t *e, u64 a, bool truncate);

/* RCPPS, RSQRTPS: no exceptions, no MXCSR; denormals count as zeros, results too small are zero.  The manual allows a relative error of
 * 1.5 * 2^-12; these are the true values rounded to 12 fraction bits (error below 1.01 * 2^-13), so that powers of two come out exact. */
u32 f32_reciprocal(u32 a);
u32 f32_reciprocal_root(u32 a);
