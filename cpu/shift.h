/* shift.h - shifts and rotates.  SDM vol. 2, "RCL/RCR/ROL/ROR", "SAL/SAR/SHL/SHR", "SHLD", "SHRD".
 *
 * The count is masked to five bits (386 and later); a masked count of zero changes no flag.  OF is defined for counts of one
 * only; for others we leave what processors leave: the formula of the last one-bit step.  AF is undefined after shifts; we clear it. */
#pragma once
#include "cpu/flags.h"

/* SF ZF PF of the result, AF clear, CF and OF as given. */
INLINE void shift_flags(flags_t *f, width_t w, u32 result, bool cf, bool of)
{
    f->result = sext(w, result);
    f->cross = f->result ^ (u32)(cf ^ of) << 31;
    f->carry = cf;
}

INLINE bool top(width_t w, u32 v) { return v >> (w - 1) & 1; }

/* SHL: CF is the last bit shifted out; counts above the width shift everything out. */
INLINE u32 SHL(flags_t *f, width_t w, u32 dst, u32 count)
{
    count &= 31;
    if (count == 0) return dst;
    u64 wide = (u64)(dst & mask(w)) << count;
    u32 result = (u32)wide & mask(w);
    bool cf = wide >> w & 1;
    shift_flags(f, w, result, cf, cf ^ top(w, result));
    return result;
}

INLINE u32 SHR(flags_t *f, width_t w, u32 dst, u32 count)
{
    count &= 31;
    if (count == 0) return dst;
    u32 v = dst & mask(w), result = v >> count;
    shift_flags(f, w, result, v >> (count - 1) & 1, top(w, result) ^ top(w, result << 1));   /* count 1: the old top bit */
    return result;
}

INLINE u32 SAR(flags_t *f, width_t w, u32 dst, u32 count)
{
    count &= 31;
    if (count == 0) return dst;
    s32 v = (s32)sext(w, dst);
    u32 result = (u32)(v >> count);
    shift_flags(f, w, result, v >> (count - 1) & 1, false);
    return result & mask(w);
}

/* ROL ROR: CF is the bit that went round; SF ZF AF PF are not affected. */
INLINE u32 ROL(flags_t *f, width_t w, u32 dst, u32 count)
{
    if ((count & 31) == 0) return dst;
    u32 n = count & (w - 1), v = dst & mask(w);
    u32 result = n ? (v << n | v >> (w - n)) & mask(w) : v;
    flags_set_cf_of(f, result & 1, (result & 1) ^ top(w, result));
    return result;
}
INLINE u32 ROR(flags_t *f, width_t w, u32 dst, u32 count)
{
    if ((count & 31) == 0) return dst;
    u32 n = count & (w - 1), v = dst & mask(w);
    u32 result = n ? (v >> n | v << (w - n)) & mask(w) : v;
    flags_set_cf_of(f, top(w, result), top(w, result) ^ top(w, result << 1));
    return result;
}

/* RCL RCR: rotate through CF, w + 1 bits wide. */
INLINE u32 RCL(flags_t *f, width_t w, u32 dst, u32 count)
{
    u32 n = (count & 31) % (w + 1u);
    if ((count & 31) == 0) return dst;
    u64 wide = (u64)CF(f) << w | (dst & mask(w));
    if (n) wide = wide << n | wide >> (w + 1u - n);
    u32 result = (u32)wide & mask(w);
    bool cf = wide >> w & 1;
    flags_set_cf_of(f, cf, cf ^ top(w, result));
    return result;
}
INLINE u32 RCR(flags_t *f, width_t w, u32 dst, u32 count)
{
    u32 n = (count & 31) % (w + 1u);
    if ((count & 31) == 0) return dst;
    u64 wide = (u64)CF(f) << w | (dst & mask(w));
    if (n) wide = wide >> n | wide << (w + 1u - n);
    u32 result = (u32)wide & mask(w);
    bool cf = wide >> w & 1;
    flags_set_cf_of(f, cf, top(w, result) ^ top(w, result << 1));
    return result;
}

/* SHLD SHRD: dst shifted, filled from src.  Counts above the width are undefined for 16-bit operands: processors of the P6
 * family on continue with dst again behind src, which is what a 48-bit {dst, src, dst} gives. */
INLINE u32 SHLD(flags_t *f, width_t w, u32 dst, u32 src, u32 count)
{
    count &= 31;
    if (count == 0) return dst;
    u64 wide = w == W16 ? (u64)(dst & 0xFFFF) << 32 | (src & 0xFFFF) << 16 | (dst & 0xFFFF) : (u64)dst << 32 | src;
    u32 bits = w == W16 ? 48 : 64;
    u32 result = (u32)(wide << count >> (bits - w)) & mask(w);
    bool cf = wide >> (bits - count) & 1;
    shift_flags(f, w, result, cf, top(w, result) ^ top(w, dst));
    return result;
}
INLINE u32 SHRD(flags_t *f, width_t w, u32 dst, u32 src, u32 count)
{
    count &= 31;
    if (count == 0) return dst;
    u64 wide = w == W16 ? (u64)(dst & 0xFFFF) << 32 | (src & 0xFFFF) << 16 | (dst & 0xFFFF) : (u64)src << 32 | dst;
    u32 result = (u32)(wide >> count) & mask(w);
    bool cf = wide >> (count - 1) & 1;
    shift_flags(f, w, result, cf, top(w, result) ^ top(w, dst));
    return result;
}
