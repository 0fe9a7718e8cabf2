/* multiply.h - multiplication into an accumulator pair, AX, DX:AX, EDX:EAX, and division of one.  SDM vol. 2, "MUL", "IMUL", "DIV".  Big numbers are made
 * of them. */
#pragma once
#include "cpu/alu.h"
#include "cpu/op.h"

INLINE void set_product(cpu_t *cpu, width_t w, u64 product)
{
    if (w == W8) {
        set_reg(cpu, reg_at(EAX, W16), W16, (u32)product);
        return;
    }
    set_reg(cpu, reg_at(EAX, w), w, (u32)product);
    set_reg(cpu, reg_at(EDX, w), w, (u32)(product >> w));
}

/* SF, ZF, AF, PF are undefined: set from the low half. */
INLINE void multiply_flags(cpu_t *cpu, width_t w, u64 product, bool lost)
{
    flags_set_logic(&cpu->f, w, (u32)product);
    flags_set_cf_of(&cpu->f, lost, lost);
}

INLINE void multiply(cpu_t *cpu, width_t w, u32 src)
{
    u64 product = (u64)(cpu->r[EAX] & mask(w)) * src;
    set_product(cpu, w, product);
    multiply_flags(cpu, w, product, product >> w != 0);
}

INLINE void multiply_signed(cpu_t *cpu, width_t w, u32 src)
{
    s64 product = (s64)(s32)sext(w, cpu->r[EAX]) * (s32)sext(w, src);
    set_product(cpu, w, (u64)product);
    multiply_flags(cpu, w, (u64)product, product != (s64)(s32)sext(w, (u32)product));
}

/* Quotient and remainder; all flags are undefined: left alone. */
INLINE void set_quotient(cpu_t *cpu, width_t w, u32 quotient, u32 remainder)
{
    set_reg(cpu, reg_at(EAX, w), w, quotient);
    set_reg(cpu, w == W8 ? reg_at(4, W8) : reg_at(EDX, w), w, remainder);
}

INLINE u64 dividend(const cpu_t *cpu, width_t w)
{
    if (w == W8)  return cpu->r[EAX] & 0xFFFF;
    if (w == W16) return (cpu->r[EDX] & 0xFFFF) << 16 | (cpu->r[EAX] & 0xFFFF);
    return (u64)cpu->r[EDX] << 32 | cpu->r[EAX];
}

/* Does the quotient fit?  Not if the divisor is not above the dividend's upper half, zero among them. */
INLINE bool divides(const cpu_t *cpu, width_t w, u32 src) { return dividend(cpu, w) >> w < src; }
INLINE void divide(cpu_t *cpu, width_t w, u32 src)
{
    u64 n = dividend(cpu, w);
    set_quotient(cpu, w, (u32)(n / src), (u32)(n % src));
}
