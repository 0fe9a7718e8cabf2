/* simd.h - XMM registers and MXCSR as programs see them.  SDM vol. 1, 10.2 "SSE Programming Environment".  The MMX registers are the significands of
 * the x87's (9.2): fpu.h. */
#pragma once
#include "cpu/sse_float.h"

/* Sixteen bytes (or eight: the first quadword).  Quadwords are host integers; within each the smaller lanes are found through LANE*(), since
 * a host of the other byte order keeps them the other way round.  Where order does not matter lanes are simply counted. */
typedef union { u8 b[16]; u16 w[8]; u32 d[4]; u64 q[2]; } vector_t;

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#  define LANE8(n)  ((n) ^ 7u)
#  define LANE16(n) ((n) ^ 3u)
#  define LANE32(n) ((n) ^ 1u)
#else
#  define LANE8(n)  (n)
#  define LANE16(n) (n)
#  define LANE32(n) (n)
#endif

typedef struct {
    vector_t xmm[8];
    u32 mxcsr;
} simd_t;

void simd_reset(simd_t *s);      /* RESET: SDM vol. 3A, table 9-1 */

INLINE vector_t vector_get(const u8 *p)          { return (vector_t){ .q = { get64(p), get64(p + 8) } }; }
INLINE void     vector_put(u8 *p, vector_t v)    { put64(p, v.q[0]); put64(p + 8, v.q[1]); }
