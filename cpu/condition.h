/* condition.h - the sixteen condition codes.  SDM vol. 1, appendix B: the low bit of a code negates it. */
#pragma once
#include "cpu/flags.h"

INLINE bool condition(const flags_t *f, unsigned cc)
{
    bool c;
    switch (cc >> 1) {
    case 0:  c = OF(f); break;                                 /* O  */
    case 1:  c = CF(f); break;                                 /* B  */
    case 2:  c = ZF(f); break;                                 /* Z  */
    case 3:  c = CF(f) || ZF(f); break;                        /* BE */
    case 4:  c = SF(f); break;                                 /* S  */
    case 5:  c = PF(f); break;                                 /* P  */
    case 6:  c = SF(f) != OF(f); break;                        /* L  */
    default: c = ZF(f) || SF_not_OF(f); break;                 /* LE */
    }
    return c != (cc & 1);
}

/* What condition() says of the flags that CMP of these (zero-extended) operands leaves, in words that compilers turn into one comparison. */
INLINE bool compares(const flags_t *f, width_t w, u32 dst, u32 src, unsigned cc)
{
    s32 a = (s32)sext(w, dst), b = (s32)sext(w, src);
    switch (cc) {
    case 2: case 3:   return (dst < src) != (cc & 1);
    case 4: case 5:   return (dst == src) != (cc & 1);
    case 6: case 7:   return (dst <= src) != (cc & 1);
    case 12: case 13: return (a < b) != (cc & 1);
    case 14: case 15: return (a <= b) != (cc & 1);
    default:          return condition(f, cc);                 /* O, S, P and their negations */
    }
}
