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
    default: c = ZF(f) || SF(f) != OF(f); break;               /* LE */
    }
    return c != (cc & 1);
}
