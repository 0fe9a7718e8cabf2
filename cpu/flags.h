/* flags.h - EFLAGS status bits, computed only when somebody looks.
 * SDM vol. 1, 3.4.3.1 "Status Flags".
 *
 * An arithmetic instruction leaves three words behind:
 *   result  its result, sign-extended to 32 bits          -> ZF SF PF
 *   cross   its operands' XOR, sign-extended: with the
 *           result, the carry into every bit              -> AF, OF (with CF)
 *   carry   bit 0: carry out of the operand's top bit     -> CF
 *           bits 1, 31: flip PF, flip SF (only where flags are loaded as such: POPF, SAHF, ...)
 *
 * Instructions get a flags_t of their own to write to: a handler whose flags nobody will see simply drops it. */
#pragma once
#include "mem/base.h"

typedef struct { u32 result, cross, carry; } flags_t;

#define FLIP_SF 0x80000000u
enum { CARRY = 1, FLIP_PF = 2, CROSS_AF = 16 };

/* EFLAGS. */
enum { FLAG_CF = 1u << 0, FLAG_1 = 1u << 1, FLAG_PF = 1u << 2, FLAG_AF = 1u << 4, FLAG_ZF = 1u << 6, FLAG_SF = 1u << 7,
       FLAG_TF = 1u << 8, FLAG_IF = 1u << 9, FLAG_DF = 1u << 10, FLAG_OF = 1u << 11, FLAG_IOPL = 3u << 12, FLAG_NT = 1u << 14,
       FLAG_RF = 1u << 16, FLAG_VM = 1u << 17, FLAG_AC = 1u << 18, FLAG_VIF = 1u << 19, FLAG_VIP = 1u << 20, FLAG_ID = 1u << 21,
       FLAGS_STATUS = FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF };

/* After an addition or subtraction of a and b: what went out of the top bit. */
INLINE void flags_set(flags_t *f, width_t w, u32 result, u32 a, u32 b, bool carry)
{
    f->result = sext(w, result);
    f->cross = sext(w, a ^ b);
    f->carry = carry;
}
/* No carries anywhere: CF, OF and AF are clear. */
INLINE void flags_set_logic(flags_t *f, width_t w, u32 result)
{
    f->result = f->cross = sext(w, result);
    f->carry = 0;
}

INLINE bool CF(const flags_t *f) { return f->carry & CARRY; }
INLINE bool OF(const flags_t *f) { return (f->cross ^ f->result) >> 31 ^ (f->carry & CARRY); }
INLINE bool AF(const flags_t *f) { return ((f->cross ^ f->result) & CROSS_AF) != 0; }
INLINE bool ZF(const flags_t *f) { return f->result == 0; }
INLINE bool SF(const flags_t *f) { return (f->result ^ f->carry) >> 31; }
INLINE bool PF(const flags_t *f)
{
    u32 b = f->result & 0xFF;
    b ^= b >> 4;
    return (0x9669u >> (b & 15) ^ f->carry >> 1) & 1;          /* 9669h: the even-parity nibbles */
}
/* SF != OF, which "less" and its kin ask for: the result's top bit, in both, cancels out. */
INLINE bool SF_not_OF(const flags_t *f) { return (f->cross ^ f->carry) >> 31 ^ (f->carry & CARRY); }

/* Choose CF and OF, leave the rest. */
INLINE void flags_set_cf_of(flags_t *f, bool cf, bool of)
{
    f->carry = (f->carry & ~(u32)CARRY) | cf;
    f->cross = (f->cross & 0x7FFFFFFF) | (((f->result >> 31) ^ (u32)(cf ^ of)) << 31);
}
/* INC and DEC leave CF alone. */
INLINE void flags_keep_cf(flags_t *f, bool cf)
{
    f->cross ^= (u32)((f->carry & CARRY) ^ cf) << 31;          /* OF stays what it is */
    f->carry = cf;
}

/* The six status bits in their EFLAGS places, and back. */
INLINE u32 flags_status(const flags_t *f)
{
    return (CF(f) ? FLAG_CF : 0u) | (PF(f) ? FLAG_PF : 0u) | (AF(f) ? FLAG_AF : 0u)
         | (ZF(f) ? FLAG_ZF : 0u) | (SF(f) ? FLAG_SF : 0u) | (OF(f) ? FLAG_OF : 0u);
}
INLINE void flags_load(flags_t *f, u32 eflags)
{
    bool cf = eflags & FLAG_CF, of = (eflags & FLAG_OF) != 0;
    f->result = eflags & FLAG_ZF ? 0 : 1;                      /* 0: PF 1, SF 0;  1: PF 0, SF 0; the flips do the rest */
    f->cross = f->result ^ (u32)(cf ^ of) << 31 ^ (eflags & FLAG_AF ? (u32)CROSS_AF : 0);
    f->carry = cf;
    if (PF(f) != ((eflags & FLAG_PF) != 0)) f->carry |= FLIP_PF;
    if (eflags & FLAG_SF) f->carry |= FLIP_SF;
}
