/* multiply.h - multiplication into an accumulator pair: AX, DX:AX, EDX:EAX.  SDM vol. 2, "MUL" and "IMUL".  Big numbers are made of it. */
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
    flags_set(&cpu->f, w, (u32)product, 0);
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
