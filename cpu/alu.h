/* alu.h - the integer arithmetic and logic instructions.  SDM vol. 1, 7.3.2 and 7.3.4.
 *
 * One function per instruction, named as in the manual; `w` is the operand width and a constant wherever the function is used.
 * Operands arrive zero-extended; bits of the result above the width are ignored.  Flags go to `f`, which the caller may drop. */
#pragma once
#include "cpu/flags.h"

/* ADD: dst <- dst + src.  Sets OF SF ZF AF CF PF. */
INLINE u32 ADD(flags_t *f, width_t w, u32 dst, u32 src)
{
    u32 sum = dst + src;
    flags_set(f, w, sum, dst, src, w == W32 ? sum < dst : sum >> w & 1);
    return sum;
}

/* ADC: dst <- dst + src + CF. */
INLINE u32 ADC(flags_t *f, width_t w, u32 dst, u32 src)
{
    u64 sum = (u64)dst + src + CF(f);
    flags_set(f, w, (u32)sum, dst, src, sum >> w & 1);
    return (u32)sum;
}

/* SUB: dst <- dst - src.  CF is the borrow. */
INLINE u32 SUB(flags_t *f, width_t w, u32 dst, u32 src)
{
    u32 diff = dst - src;
    flags_set(f, w, diff, dst, src, dst < src);
    return diff;
}

INLINE u32 SBB(flags_t *f, width_t w, u32 dst, u32 src)
{
    u64 subtrahend = (u64)src + CF(f);
    u32 diff = dst - (u32)subtrahend;
    flags_set(f, w, diff, dst, src, dst < subtrahend);
    return diff;
}

/* CMP: SUB that keeps only the flags. */
INLINE void CMP(flags_t *f, width_t w, u32 dst, u32 src) { SUB(f, w, dst, src); }

/* AND OR XOR: clear OF and CF; AF is undefined, we clear it. */
INLINE u32 AND(flags_t *f, width_t w, u32 dst, u32 src)
{
    flags_set_logic(f, w, dst & src);
    return dst & src;
}
INLINE u32 OR(flags_t *f, width_t w, u32 dst, u32 src)
{
    flags_set_logic(f, w, dst | src);
    return dst | src;
}
INLINE u32 XOR(flags_t *f, width_t w, u32 dst, u32 src)
{
    flags_set_logic(f, w, dst ^ src);
    return dst ^ src;
}
INLINE void TEST(flags_t *f, width_t w, u32 dst, u32 src) { AND(f, w, dst, src); }

/* INC DEC: as ADD and SUB of 1, but CF is not affected. */
INLINE u32 INC(flags_t *f, width_t w, u32 dst)
{
    bool cf = CF(f);
    u32 sum = ADD(f, w, dst, 1);
    flags_keep_cf(f, cf);
    return sum;
}
INLINE u32 DEC(flags_t *f, width_t w, u32 dst)
{
    bool cf = CF(f);
    u32 diff = SUB(f, w, dst, 1);
    flags_keep_cf(f, cf);
    return diff;
}
INLINE u32 NEG(flags_t *f, width_t w, u32 dst) { return SUB(f, w, 0, dst); }
INLINE u32 NOT(width_t w, u32 dst)             { (void)w; return ~dst; }

/* BSWAP: of a 16-bit register undefined by the manual; processors give zero. */
INLINE u32 BSWAP(width_t w, u32 dst) { return w == W32 ? __builtin_bswap32(dst) : 0; }

INLINE u32 MOV(width_t w, u32 src) { (void)w; return src; }
INLINE u32 MOVZX_8(u32 src)        { return src & 0xFF; }
INLINE u32 MOVZX_16(u32 src)       { return src & 0xFFFF; }
INLINE u32 MOVSX_8(u32 src)        { return sext(W8, src); }
INLINE u32 MOVSX_16(u32 src)       { return sext(W16, src); }

/* IMUL with a truncated product: CF and OF say that bits were lost.  SF follows the result as on the P6 family and
 * later, ZF, AF and PF are undefined; we set them from the result too. */
INLINE u32 imul(flags_t *f, width_t w, u32 a, u32 b)
{
    s64 product = (s64)(s32)sext(w, a) * (s32)sext(w, b);
    u32 low = sext(w, (u32)product);
    flags_set_logic(f, w, low);
    bool lost = product != (s64)(s32)low;
    flags_set_cf_of(f, lost, lost);
    return low;
}
INLINE u32 IMUL_2(flags_t *f, width_t w, u32 dst, u32 src) { return imul(f, w, dst, src); }
INLINE u32 IMUL_3(flags_t *f, width_t w, u32 src, u32 imm) { return imul(f, w, src, imm); }

/* BSF BSR: the index of the first set bit from below or above; nothing is found in zero. */
INLINE bool BSF(width_t w, u32 src, u32 *index)
{
    (void)w;
    if (src) *index = (u32)__builtin_ctz(src);
    return src != 0;
}
INLINE bool BSR(width_t w, u32 src, u32 *index)
{
    (void)w;
    if (src) *index = 31u - (u32)__builtin_clz(src);
    return src != 0;
}
