/* operands.c - values that find mistakes: limits of every format, neighbours of limits, and anything. */
#include "tests/silicon/silicon.h"

u64 random_next(u64 *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * 0x2545F4914F6CDD1Dull;
}

u32 random_value(u64 *state)
{
    static const u32 corners[] = { 0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE,
        0x80808080, 0x7F7F7F7F, 0x80008000, 0x7FFF7FFF, 0x00010001, 9, 10, 0x99, 0x9A };
    u64 k = random_next(state);
    u32 v = (u32)(k >> 32);
    switch (k >> 8 & 3) {
    case 0:  return corners[v % COUNT_OF(corners)];
    case 1:  return v >> (k >> 10 & 31);
    case 2:  return (1u << (v & 31)) - (u32)(k >> 10 & 1);
    default: return v;
    }
}

/* Corner significands and exponents, and random ones around them. */
f80_t random_f80(u64 *state)
{
    static const u64 m[] = { 0, 1, 2, 3, 1ull << 62, 1ull << 63, (1ull << 63) | 1, ~0ull, ~0ull >> 1, 0xC000000000000000, 0xC000000000000001,
        0x8000008000000000, 0x8000000000000400, 0xFFFFFF0000000000, 0xFFFFFFFFFFFFF800, 0x8000010000000000, 0xFFFFFE8000000000,
        0xC90FDAA22168C235, 0xB504F333F9DE6484, 0xB504F333F9DE6485, 0xDE0B6B3A763FFFF8 };
    static const u16 x[] = { 0, 0, 1, 2, 3, 64, 65, 0x3FFF, 0x3FFE, 0x3FFD, 0x4000, 0x403D, 0x403E, 0x403F, 0x4040, 0x7FFE, 0x7FFF, 0x7FFD,
        0x3F81, 0x3F80, 0x3F6A, 0x3F69, 0x3C01, 0x3C00, 0x3BCD, 0x407E, 0x407F, 0x43FE, 0x43FF, 0x400D, 0x400E, 0x401E, 0x401D, 0x403A };
    u64 k = random_next(state);
    f80_t a = { 0, 0 };
    switch (k & 3) {
    case 0:  a.m = m[(k >> 8) % COUNT_OF(m)]; break;
    case 1:  a.m = (random_next(state) | 1ull << 63) & ~0ull << (k >> 8) % 64; break;
    default: a.m = random_next(state) | (k >> 4 & 15 ? 1ull << 63 : 0); break;
    }
    k >>= 16;
    switch (k & 3) {
    case 0:  a.se = x[(k >> 8) % COUNT_OF(x)]; break;
    case 1:  a.se = (u16)(0x3FFF - 70 + (k >> 8) % 140); break;
    case 2:  a.se = (u16)(0x3FF0 + (k >> 8) % 32); break;
    default: a.se = (u16)(k >> 8) & 0x7FFF; break;
    }
    a.se |= (u16)((k >> 40 & 1) << 15);
    return a;
}

u32 random_f32(u64 *state)
{
    static const u32 corners[] = { 0, 0x3F800000, 0x3F800001, 0x3F7FFFFF, 0x7F800000, 0x7F7FFFFF, 0x00800000, 0x007FFFFF, 1, 0x7FC00000, 0x7F800001, 0x7FFFFFFF,
        0x40000000, 0x4B000000, 0x4B800000, 0x4EFFFFFF, 0x4F000000, 0x4F000001, 0x5F000000, 0x3F000000, 0x3EFFFFFF, 0x33800000, 0x34000000, 0x7E800000, 0x00400000 };
    u64 k = random_next(state);
    u32 v = (u32)(k >> 32), sign = (u32)(k >> 16 & 1) << 31;
    switch (k & 7) {
    case 0: case 1: return corners[(k >> 8 & 0xFF) % COUNT_OF(corners)] | sign;
    case 2:  return (v & 0x007FFFFF) | sign;                                      /* denormal */
    case 3: case 4: return (v & 0x007FFFFF) | (0x7Fu - 26 + (u32)(k >> 8 & 0xFF) % 52) << 23 | sign;
    case 5:  return (v & (0x007FFFFFu << (k >> 20 & 31))) | (u32)(k >> 8 & 0xFF) << 23 | sign;
    default: return v;
    }
}

u64 random_f64(u64 *state)
{
    static const u64 corners[] = { 0, 0x3FF0000000000000, 0x3FF0000000000001, 0x3FEFFFFFFFFFFFFF, 0x7FF0000000000000, 0x7FEFFFFFFFFFFFFF, 0x0010000000000000,
        0x000FFFFFFFFFFFFF, 1, 0x7FF8000000000000, 0x7FF0000000000001, 0x7FFFFFFFFFFFFFFF, 0x41DFFFFFFFC00000, 0x41E0000000000000, 0x41E0000000100000,
        0x41DFFFFFFFE00000, 0x47EFFFFFE0000000, 0x47EFFFFFF0000000, 0x47F0000000000000, 0x3810000000000000, 0x380FFFFFFFFFFFFF, 0x36A0000000000000,
        0x3690000000000000, 0x4340000000000000, 0x4330000000000000, 0x3FE0000000000000, 0x3FDFFFFFFFFFFFFF, 0x3CA0000000000000, 0x0008000000000000 };
    u64 k = random_next(state), v = random_next(state), sign = (k >> 16 & 1) << 63, fraction = v & 0x000FFFFFFFFFFFFF;
    switch (k & 7) {
    case 0: case 1: return corners[(k >> 8 & 0xFF) % COUNT_OF(corners)] | sign;
    case 2:  return fraction | sign;
    case 3: case 4: return fraction | (0x3FFull - 56 + (k >> 24 & 0xFFFF) % 112) << 52 | sign;
    case 5:  return (fraction & ~0ull << (k >> 20) % 52) | (k >> 30 & 0x7FF) << 52 | sign;
    case 6:  return (fraction & ~0ull << 28) | (0x380 + (k >> 30 & 0xFF)) << 52 | sign;                /* about a float */
    default: return v;
    }
}

u16 random_control(u64 *state)
{
    static const u16 precision[] = { 0x300, 0x300, 0x200, 0x000 };
    u64 k = random_next(state);
    if ((k & 3) == 0)
        return 0x37F;
    return (u16)(((k & 4) ? 0x3F : k >> 3 & 0x3F) | 0x40 | precision[k >> 9 & 3] | (k >> 11 & 3) << 10);
}

void random_fpu(u64 *state, u8 *fx)
{
    u64 k = random_next(state);
    u16 control = random_control(state), status = (u16)(k & (0x7F00 | X87_SF));
    bool pending = (k >> 52 & 15) == 0;
    status |= (u16)(k >> 16 & 0x3F & (pending ? 0x3F : control) & ((k >> 22 & 3) ? 0 : 0x3F));
    if (status & ~control & X87_EXCEPTIONS) status |= X87_ES | X87_B;
    if ((k >> 24 & 3) != 0) status &= (u16)~X87_SF;
    u8 full = 0;
    if ((k >> 26 & 7) == 0) full = (u8)(k >> 32);
    else for (unsigned i = 0; i < 2 + (k >> 32 & 3); i++) full |= (u8)(1u << (((status >> 11) + i) & 7));
    put(fx + FX_CONTROL, W16, control);
    put(fx + FX_STATUS, W16, status);
    put(fx + FX_TAGS, W16, full);
    put(fx + FX_OPCODE, W16, (u32)(k >> 40 & 0x7FF));
    put(fx + FX_IP, W32, (u32)random_next(state)); put(fx + FX_CS, W32, USER_CODE);
    put(fx + FX_DP, W32, (u32)random_next(state)); put(fx + FX_DS, W32, USER_DATA);
    memset(fx + FX_ST, 0, 8 * 16);
    for (unsigned i = 0; i < 8; i++)
        f80_put(fx + FX_ST + 16 * i, i && !(random_next(state) & 15) ? f80_get(fx + FX_ST) : random_f80(state));
}

/* One register: bytes, words, floats or doubles. */
static void random_lanes(u64 *state, u8 *to)
{
    unsigned what = random_next(state) >> 20 & 3;
    for (unsigned i = 0; i < 4; i++)
        if (what == 0)           put64(to + 8 * (i & 1), random_f64(state));
        else if (what == 1)      put(to + 4 * i, W32, random_f32(state));
        else                     put(to + 4 * i, W32, random_value(state));
}

void random_simd(u64 *state, u8 *fx)
{
    u64 k = random_next(state);
    u32 mxcsr = 0x1F80;
    if (k & 3) mxcsr = (u32)((k >> 8 & 0x3F) | (k >> 16 & 3) << 13 | ((k & 4) ? 0x1F80 : k >> 24 & 0x1F80) | ((k & 0x38) ? 0 : 1u << 15) | ((k & 0x1C0) ? 0 : 1u << 6));
    put(fx + FX_MXCSR, W32, mxcsr);
    put(fx + FX_MASK, W32, 0xFFFF);
    for (unsigned i = 0; i < 8; i++) random_lanes(state, fx + FX_XMM + 16 * i);
}

void random_operand(u64 *state, x87_format_t format, u8 *to)
{
    float_env_t e = { .control = 0x37F };
    f80_t a = random_f80(state);
    u64 k = random_next(state);
    for (unsigned i = 0; i < 16; i += 8) put64(to + i, random_next(state));
    switch (format) {
    case X87_single: put(to, W32, k & 1 ? f80_to_f32(&e, a) : random_f32(state)); break;
    case X87_dbl:    put64(to, k & 1 ? f80_to_f64(&e, a) : random_f64(state)); break;
    case X87_word:   put(to, W16, (u32)f80_to_int(&e, a, 16)); break;
    case X87_dword:  put(to, W32, (u32)f80_to_int(&e, a, 32)); break;
    case X87_qword:  put64(to, f80_to_int(&e, a, 64)); break;
    case X87_bcd:    if (k & 7) f80_to_bcd(&e, f80_from_int((s64)k % 1000000000000000000), to); break;
    case X87_two:    put(to, W16, random_control(state)); break;
    case X87_none:   random_lanes(state, to); break;
    default:         f80_put(to, a); break;
    }
}
