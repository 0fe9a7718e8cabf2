/* test_alu.c - the value functions of cpu/alu.h, shift.h and arith.c against models that work differently: sums in wider integers, shifts and
 * rotates one bit at a time, products and quotients by 64-bit arithmetic, decimal adjustments by the pseudo-code of SDM vol. 2 written out again.
 * 8 bits exhaustively, 16 and 32 bits at their corners and at random.  Every flag is compared, except those that the SDM leaves undefined.
 *
 * Functions that need a processor (MUL ... BTC) run as instructions on a cpu_t. */
#include <check.h>
#include <stdio.h>
#include "cpu/alu.h"
#include "cpu/cpu.h"
#include "cpu/segment.h"
#include "cpu/shift.h"
#include "tests/run_all.h"

enum { O = FLAG_OF, S = FLAG_SF, Z = FLAG_ZF, A = FLAG_AF, P = FLAG_PF, C = FLAG_CF, ALL = FLAGS_STATUS };
typedef struct { u32 result, flags, undefined; } outcome_t;

static const width_t widths[] = { W8, W16, W32 };

/* ---- chance and corners ---- */

static u64 seed = 0x9E3779B97F4A7C15;
static u32 chance(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (u32)(seed >> 32);
}
static u32 operand(void)
{
    u32 v = 1u << (chance() & 31);
    switch (chance() & 3) {
    case 0:  return v - 1;
    case 1:  return chance() & 1 ? v : 0u - v;
    default: v = chance(); return v >> (chance() & 31);
    }
}

/* ---- the models ---- */

static bool top_bit(width_t w, u64 v)       { return v >> (w - 1) & 1; }
static s64  as_signed(width_t w, u32 v)     { return top_bit(w, v) ? (s64)v - ((s64)1 << w) : (s64)v; }
static bool fits(width_t w, s64 v)          { return v >= -((s64)1 << (w - 1)) && v < (s64)1 << (w - 1); }

static u32 result_flags(width_t w, u32 v)
{
    unsigned ones = 0;
    for (unsigned i = 0; i < 8; i++) ones += v >> i & 1;
    return (v == 0 ? Z : 0u) | (top_bit(w, v) ? S : 0u) | (ones % 2 ? 0u : P);
}

static outcome_t model_add(width_t w, u32 a, u32 b, u32 carry)
{
    u64 sum = (u64)a + b + carry;
    u32 v = (u32)sum & mask(w);
    return (outcome_t){ v, result_flags(w, v) | (sum > mask(w) ? C : 0u) | ((a & 15) + (b & 15) + carry > 15 ? A : 0u)
                         | (fits(w, as_signed(w, a) + as_signed(w, b) + (s64)carry) ? 0u : O), 0 };
}
static outcome_t model_subtract(width_t w, u32 a, u32 b, u32 borrow)
{
    u32 v = (u32)((u64)a - b - borrow) & mask(w);
    return (outcome_t){ v, result_flags(w, v) | ((u64)a < (u64)b + borrow ? C : 0u) | ((a & 15) < (b & 15) + borrow ? A : 0u)
                         | (fits(w, as_signed(w, a) - as_signed(w, b) - (s64)borrow) ? 0u : O), 0 };
}
static outcome_t model_logic(width_t w, u32 v) { return (outcome_t){ v, result_flags(w, v), A }; }

static outcome_t model_two(unsigned instr, width_t w, u32 a, u32 b, u32 flags)
{
    switch (instr) {
    case 0:  return model_add(w, a, b, 0);
    case 1:  return model_logic(w, a | b);
    case 2:  return model_add(w, a, b, flags & C);
    case 3:  return model_subtract(w, a, b, flags & C);
    case 4:  return model_logic(w, a & b);
    case 5:  return model_subtract(w, a, b, 0);
    default: return model_logic(w, a ^ b);
    }
}

/* One bit at a time.  OF after one step: SDM vol. 2, "RCL/RCR/ROL/ROR" and "SAL/SAR/SHL/SHR". */
typedef enum { ROTATE_L, ROTATE_R, CARRY_L, CARRY_R, SHIFT_L, SHIFT_R, SHIFT_AR } shift_t;

static u32 step(shift_t kind, width_t w, u32 v, bool *cf)
{
    bool high = top_bit(w, v), low = v & 1, in = *cf;
    bool left = kind == ROTATE_L || kind == CARRY_L || kind == SHIFT_L;
    *cf = left ? high : low;
    switch (kind) {
    case ROTATE_L: return (v << 1 & mask(w)) | high;
    case CARRY_L:  return (v << 1 & mask(w)) | in;
    case SHIFT_L:  return v << 1 & mask(w);
    case ROTATE_R: return v >> 1 | (u32)low << (w - 1);
    case CARRY_R:  return v >> 1 | (u32)in << (w - 1);
    case SHIFT_AR: return v >> 1 | (u32)high << (w - 1);
    default:       return v >> 1;
    }
}

static outcome_t model_shift(shift_t kind, width_t w, u32 v, u32 count, u32 flags)
{
    bool cf = flags & C, rotate = kind <= CARRY_R;
    u32 n = count & 31, before = v;
    if (n == 0)
        return (outcome_t){ v, flags, 0 };
    for (u32 i = 0; i < n; i++)
        v = step(kind, w, v, &cf);
    bool left = kind == ROTATE_L || kind == CARRY_L || kind == SHIFT_L;
    bool of = left ? top_bit(w, v) ^ cf : kind == SHIFT_AR ? false : kind == SHIFT_R ? top_bit(w, before) : top_bit(w, v) ^ top_bit(w, (u64)v << 1);
    u32 out = (rotate ? flags & (S | Z | A | P) : result_flags(w, v)) | (cf ? C : 0u) | (of ? O : 0u);
    return (outcome_t){ v, out, (n == 1 ? 0u : O) | (rotate ? 0u : A) };
}

/* Bits enter from `src` one by one; beyond the width (16 bits only) everything is undefined. */
static outcome_t model_double(bool left, width_t w, u32 dst, u32 src, u32 count, u32 flags)
{
    u32 n = count & 31, v = dst;
    bool cf = false;
    if (n == 0)
        return (outcome_t){ dst, flags, 0 };
    for (u32 i = 0; i < n && i < (u32)w; i++) {
        cf = left ? top_bit(w, v) : v & 1;
        u32 in = left ? src >> (w - 1 - i) & 1 : src >> i & 1;
        v = left ? (v << 1 & mask(w)) | in : v >> 1 | in << (w - 1);
    }
    u32 out = result_flags(w, v) | (cf ? C : 0u) | (top_bit(w, v) != top_bit(w, dst) ? O : 0u);
    return (outcome_t){ v, out, n > (u32)w ? ALL : (n == 1 ? A : A | O) };
}

/* ---- comparing ---- */

static unsigned n_wrong;
static char first_wrong[200];

static void compare(const char *name, width_t w, u32 a, u32 b, u32 before, u32 result, const flags_t *f, outcome_t want)
{
    u32 got = flags_status(f), differ = (got ^ want.flags) & ~want.undefined & ALL;
    bool all_undefined = want.undefined == ALL;
    if (differ == 0 && (((result ^ want.result) & mask(w)) == 0 || all_undefined))
        return;
    if (n_wrong++ == 0)
        snprintf(first_wrong, sizeof first_wrong, "%s %d: %X, %X, flags %03X: %X and %03X, want %X and %03X (undefined %03X)", name, (int)w, a, b, before,
                 result & mask(w), got, want.result, want.flags, want.undefined);
}
static void check_all_right(void) { ck_assert_msg(n_wrong == 0, "%u wrong; first: %s", n_wrong, first_wrong); }

/* Every way to hold the same flags must work: as loaded (POPF), and as left by arithmetic. */
static flags_t holding(u32 flags)
{
    flags_t f;
    flags_load(&f, flags);
    return f;
}

/* ---- two operands, one operand ---- */

static void check_two(width_t w, u32 a, u32 b, u32 flags)
{
    static const struct { const char *name; u32 (*F)(flags_t *, width_t, u32, u32); } table[] = {
        { "ADD", ADD }, { "OR", OR }, { "ADC", ADC }, { "SBB", SBB }, { "AND", AND }, { "SUB", SUB }, { "XOR", XOR } };
    for (unsigned i = 0; i < COUNT_OF(table); i++) {
        flags_t f = holding(flags);
        u32 v = table[i].F(&f, w, a, b);
        compare(table[i].name, w, a, b, flags, v, &f, model_two(i, w, a, b, flags));
    }
    flags_t f = holding(flags), g = f;
    CMP(&f, w, a, b);
    compare("CMP", w, a, b, flags, 0, &f, (outcome_t){ 0, model_subtract(w, a, b, 0).flags, 0 });
    TEST(&g, w, a, b);
    compare("TEST", w, a, b, flags, 0, &g, (outcome_t){ 0, model_logic(w, a & b).flags, A });
}

static void check_one(width_t w, u32 a, u32 flags)
{
    flags_t f = holding(flags), g = f, h = f;
    outcome_t inc = model_add(w, a, 1, 0), dec = model_subtract(w, a, 1, 0);
    inc.flags = (inc.flags & ~(u32)C) | (flags & C);             /* CF is not affected */
    dec.flags = (dec.flags & ~(u32)C) | (flags & C);
    u32 v = INC(&f, w, a);
    compare("INC", w, a, 1, flags, v, &f, inc);
    v = DEC(&g, w, a);
    compare("DEC", w, a, 1, flags, v, &g, dec);
    v = NEG(&h, w, a);
    compare("NEG", w, a, 0, flags, v, &h, model_subtract(w, 0, a, 0));
    if ((NOT(w, a) & mask(w)) != (a ^ mask(w))) n_wrong++;
}

static u32 any_flags(u32 n) { return (n & 1 ? C : 0u) | (n & 2 ? P : 0u) | (n & 4 ? A : 0u) | (n & 8 ? Z : 0u) | (n & 16 ? S : 0u) | (n & 32 ? O : 0u); }

START_TEST(bytes_add_and_subtract_as_integers_do)
{
    for (u32 a = 0; a < 256; a++)
        for (u32 b = 0; b < 256; b++)
            for (u32 c = 0; c < 2; c++) check_two(W8, a, b, c ? C : 0);
    for (u32 a = 0; a < 256; a++)
        for (u32 n = 0; n < 64; n++) check_one(W8, a, any_flags(n));
    check_all_right();
}
END_TEST

START_TEST(words_and_doublewords_add_and_subtract_as_integers_do)
{
    for (unsigned i = 0; i < 300000; i++) {
        width_t w = widths[1 + (i & 1)];
        u32 a = operand() & mask(w), b = operand() & mask(w), flags = any_flags(chance());
        check_two(w, a, b, flags);
        check_one(w, a, flags);
    }
    check_all_right();
}
END_TEST

/* ---- flags ---- */

START_TEST(all_64_states_of_the_flags_are_kept)
{
    for (u32 n = 0; n < 64; n++) {
        flags_t f = holding(any_flags(n));
        ck_assert_uint_eq(flags_status(&f), any_flags(n));
        flags_set_cf_of(&f, true, false);
        ck_assert_uint_eq(flags_status(&f), (any_flags(n) & ~(u32)(C | O)) | C);
        flags_set_cf_of(&f, false, true);
        ck_assert_uint_eq(flags_status(&f), (any_flags(n) & ~(u32)(C | O)) | O);
    }
}
END_TEST

/* ---- shifts ---- */

static void check_shifts(width_t w, u32 a, u32 count, u32 flags)
{
    static const struct { const char *name; u32 (*F)(flags_t *, width_t, u32, u32); } table[] = {
        { "ROL", ROL }, { "ROR", ROR }, { "RCL", RCL }, { "RCR", RCR }, { "SHL", SHL }, { "SHR", SHR }, { "SAR", SAR } };
    for (unsigned i = 0; i < COUNT_OF(table); i++) {
        flags_t f = holding(flags);
        u32 v = table[i].F(&f, w, a, count);
        compare(table[i].name, w, a, count, flags, v, &f, model_shift((shift_t)i, w, a, count, flags));
    }
}

static void check_doubles(width_t w, u32 a, u32 b, u32 count, u32 flags)
{
    flags_t f = holding(flags), g = f;
    u32 v = SHLD(&f, w, a, b, count);
    compare("SHLD", w, a, count, flags, v, &f, model_double(true, w, a, b, count, flags));
    v = SHRD(&g, w, a, b, count);
    compare("SHRD", w, a, count, flags, v, &g, model_double(false, w, a, b, count, flags));
}

/* Counts up to 255: only their low five bits count. */
START_TEST(bytes_shift_and_rotate_bit_by_bit)
{
    for (u32 a = 0; a < 256; a++)
        for (u32 count = 0; count < 256; count++)
            for (u32 c = 0; c < 2; c++) check_shifts(W8, a, count, c ? C | Z : O | S | A | P);
    check_all_right();
}
END_TEST

START_TEST(words_and_doublewords_shift_and_rotate_bit_by_bit)
{
    for (unsigned i = 0; i < 4000; i++)
        for (u32 count = 0; count < 34; count++) {
            width_t w = widths[1 + (i & 1)];
            check_shifts(w, operand() & mask(w), count, any_flags(chance()));
            check_doubles(w, operand() & mask(w), operand() & mask(w), count, any_flags(chance()));
        }
    check_all_right();
}
END_TEST

/* ---- multiply, scan, swap ---- */

START_TEST(truncated_products_say_what_was_lost)
{
    for (unsigned i = 0; i < 200000; i++) {
        width_t w = widths[1 + (i & 1)];
        u32 a = operand() & mask(w), b = operand() & mask(w);
        s64 product = as_signed(w, a) * as_signed(w, b);
        flags_t f = holding(any_flags(chance()));
        u32 v = IMUL_2(&f, w, a, b);
        compare("IMUL", w, a, b, 0, v, &f, (outcome_t){ (u32)product & mask(w), fits(w, product) ? 0 : C | O, S | Z | A | P });
    }
    check_all_right();
}
END_TEST

START_TEST(bits_are_found_and_bytes_swapped)
{
    for (u32 low = 0; low < 32; low++)
        for (u32 high = low; high < 32; high++) {
            u32 forward = 99, reverse = 99, v = 1u << low | 1u << high;
            ck_assert(BSF(W32, v, &forward) && BSR(W32, v, &reverse));
            ck_assert_uint_eq(forward, low);
            ck_assert_uint_eq(reverse, high);
        }
    u32 index = 99;
    ck_assert(!BSF(W32, 0, &index) && !BSR(W16, 0, &index) && index == 99);
    ck_assert_uint_eq(BSWAP(W32, 0x12345678), 0x78563412);
    ck_assert_uint_eq(MOVSX_8(0x80), 0xFFFFFF80);
    ck_assert_uint_eq(MOVSX_16(0x8000), 0xFFFF8000);
    ck_assert_uint_eq(MOVZX_8(0xFFFFFF80), 0x80);
    ck_assert_uint_eq(MOVZX_16(0xFFFF8000), 0x8000);
}
END_TEST

/* ---- instructions on a processor ---- */

enum { RAM = 1 << 20, CODE_AT = 0x1000, HANDLER = 0x2000, BITS_AT = 0x80000 };

static u8 ram[RAM];
static bus_t bus;
static cpu_t cpu;

/* Flat 32-bit code; #DE is a gate to a HLT at HANDLER. */
static void power_on(void)
{
    memset(ram, 0, sizeof ram);
    bus_init(&bus, ram, RAM);
    ck_assert(cpu_init(&cpu, MODEL_PENTIUM4, &bus));
    cpu.cr0 |= CR0_PE;
    put(ram + 0x508, W32, 0x0000FFFF);
    put(ram + 0x50C, W32, 0x00CF9A00);
    cpu.gdtr.base = 0x500;
    cpu.gdtr.limit = 0x17;
    put(ram, W32, HANDLER | 8u << 16);                           /* IDT at 0, vector 0 */
    put(ram + 4, W32, 0x8E00);
    ram[HANDLER] = 0xF4;
    for (int n = 0; n < N_SEGMENTS; n++) {
        cpu.seg[n] = (segment_t){ .selector = n == CS ? 8 : 16, .attributes = n == CS ? 0xC09B : 0xC093, .limit = 0xFFFFFFFF };
        segment_derive(&cpu.seg[n]);
    }
    cpu_mode_changed(&cpu);
}
static void power_off(void) { cpu_free(&cpu); }

static void load_code(const u8 *code, u32 n)
{
    memcpy(ram + CODE_AT, code, n);
    ram[CODE_AT + n] = 0xF4;
    cpu_memory_written(&cpu, CODE_AT, n + 1);
}

/* true: reached the HLT behind the instruction; false: #DE. */
static bool run_from(u32 eax, u32 ecx, u32 edx, u32 flags)
{
    cpu.r[EAX] = eax;
    cpu.r[ECX] = ecx;
    cpu.r[EDX] = edx;
    cpu.r[ESP] = 0x9000;
    cpu.eip = CODE_AT;
    cpu.halted = false;
    cpu_set_eflags(&cpu, flags);
    ck_assert_int_eq(cpu_run(&cpu, cpu_instructions(&cpu) + 100), CPU_HALTED);
    if (cpu.eip != HANDLER + 1)
        return true;
    ck_assert_uint_eq(get(ram + cpu.r[ESP], W32), CODE_AT);      /* the fault is the instruction's own */
    ck_assert(cpu.r[EAX] == eax && cpu.r[EDX] == edx && cpu.r[ECX] == ecx);
    return false;
}
static void check_flags(const char *name, u32 a, u32 b, u32 before, u32 result, outcome_t want)
{
    compare(name, W32, a, b, before, result, &cpu.f, want);
}

/* Pseudo-code of DAA and DAS, SDM vol. 2 (OF undefined). */
static outcome_t model_daa(u32 al, u32 flags, bool subtract)
{
    u32 v = al, cf = 0, af = 0;
    if ((al & 15) > 9 || flags & A) {
        cf = (flags & C) || (subtract ? al < 6 : al + 6 > 255);
        v = (subtract ? v - 6 : v + 6) & 255;
        af = 1;
    }
    if (al > 0x99 || flags & C) {
        v = (subtract ? v - 0x60 : v + 0x60) & 255;
        cf = 1;
    }
    return (outcome_t){ v, result_flags(W8, v) | (cf ? C : 0u) | (af ? A : 0u), O };
}

START_TEST(decimal_adjustments_follow_the_pseudo_code)
{
    for (u32 subtract = 0; subtract < 2; subtract++) {
        load_code((const u8[]){ subtract ? 0x2F : 0x27 }, 1);
        for (u32 al = 0; al < 256; al++)
            for (u32 n = 0; n < 64; n++) {
                run_from(0xAABBCC00 | al, 0, 0, any_flags(n));
                outcome_t want = model_daa(al, any_flags(n), subtract);
                want.result |= 0xAABBCC00;
                check_flags(subtract ? "DAS" : "DAA", al, 0, any_flags(n), cpu.r[EAX], want);
            }
    }
    check_all_right();
}
END_TEST

/* AAA: AX <- AX + 106h, AAS: AX <- AX - 6, AH <- AH - 1; AL <- AL AND 0Fh.  OF, SF, ZF, PF undefined. */
START_TEST(ascii_adjustments_follow_the_pseudo_code)
{
    for (u32 subtract = 0; subtract < 2; subtract++) {
        load_code((const u8[]){ subtract ? 0x3F : 0x37 }, 1);
        for (u32 ax = 0; ax < 0x10000; ax++) {
            u32 flags = any_flags(ax * 7 + (ax >> 8)), adjust = (ax & 15) > 9 || flags & A, v = ax;
            if (adjust) v = subtract ? ax - 6 - 0x100 : ax + 0x106;
            run_from(0x12340000 | ax, 0, 0, flags);
            check_flags(subtract ? "AAS" : "AAA", ax, 0, flags, cpu.r[EAX],
                        (outcome_t){ 0x12340000 | (v & 0xFF0F), adjust ? A | C : 0, O | S | Z | P });
        }
    }
    check_all_right();
}
END_TEST

START_TEST(aam_divides_by_any_base_and_refuses_zero)
{
    for (u32 base = 0; base < 256; base++) {
        load_code((const u8[]){ 0xD4, (u8)base }, 2);
        for (u32 al = 0; al < 256; al += base % 10 ? 5 : 1) {
            bool done = run_from(0x5500 | al, 0, 0, C);
            ck_assert_int_eq(done, base != 0);
            if (done) check_flags("AAM", al, base, C, cpu.r[EAX], (outcome_t){ al / base << 8 | al % base, result_flags(W8, al % base), O | A | C });
        }
    }
    check_all_right();
}
END_TEST

START_TEST(aad_multiplies_by_any_base)
{
    for (u32 base = 0; base < 256; base += 5) {
        load_code((const u8[]){ 0xD5, (u8)base }, 2);
        for (u32 ax = 0; ax < 0x10000; ax += 13) {
            u32 al = ((ax & 255) + (ax >> 8) * base) & 255;
            run_from(ax, 0, 0, 0);
            check_flags("AAD", ax, base, 0, cpu.r[EAX], (outcome_t){ al, result_flags(W8, al), O | A | C });
        }
    }
    check_all_right();
}
END_TEST

/* F6 and F7 with ECX (CL, CX) as operand. */
static void load_unary(width_t w, u32 ext)
{
    u8 code[3] = { 0x66, (u8)(w == W8 ? 0xF6 : 0xF7), (u8)(0xC0 | ext << 3 | ECX) };
    load_code(w == W16 ? code : code + 1, w == W16 ? 3 : 2);
}
static u64 pair_of(width_t w, u32 eax, u32 edx)
{
    return w == W8 ? eax & 0xFFFF : w == W16 ? (u64)(edx & 0xFFFF) << 16 | (eax & 0xFFFF) : (u64)edx << 32 | eax;
}

static void check_product(width_t w, u32 a, u32 b, bool is_signed)
{
    u64 product = is_signed ? (u64)(as_signed(w, a & mask(w)) * as_signed(w, b & mask(w))) : (u64)(a & mask(w)) * (b & mask(w));
    bool lost = is_signed ? !fits(w, (s64)product) : product > mask(w);
    run_from(a, b, 0x11112222, any_flags(a + b));
    u64 got = pair_of(w, cpu.r[EAX], cpu.r[EDX]), all = w == W32 ? ~(u64)0 : ((u64)1 << 2 * w) - 1;
    if (got != (product & all)) n_wrong++;
    if (w == W8 && cpu.r[EDX] != 0x11112222) n_wrong++;
    check_flags(is_signed ? "IMUL" : "MUL", a, b, 0, 0, (outcome_t){ 0, lost ? C | O : 0, S | Z | A | P });
}

START_TEST(products_are_twice_as_wide)
{
    for (u32 is_signed = 0; is_signed < 2; is_signed++) {
        load_unary(W8, 4 + is_signed);
        for (u32 a = 0; a < 256; a++)
            for (u32 b = 0; b < 256; b++) check_product(W8, a, b, is_signed);
        for (unsigned k = 1; k < 3; k++) {
            load_unary(widths[k], 4 + is_signed);
            for (unsigned i = 0; i < 30000; i++) check_product(widths[k], operand(), operand(), is_signed);
        }
    }
    check_all_right();
}
END_TEST

/* |dividend| and |divisor| divided as naturals, signs put back; too large or by zero: #DE. */
static void check_quotient(width_t w, u32 eax, u32 edx, u32 divisor, bool is_signed)
{
    u64 n = pair_of(w, eax, edx), d = divisor & mask(w), limit = mask(w);
    bool n_minus = is_signed && (w == W32 ? n >> 63 : n >> (2 * w - 1) & 1), d_minus = is_signed && top_bit(w, d);
    u64 all = w == W32 ? ~(u64)0 : ((u64)1 << 2 * w) - 1;
    if (n_minus) n = (0 - n) & all;
    if (d_minus) d = (0 - d) & mask(w);
    if (is_signed) limit = (mask(w) >> 1) + (n_minus != d_minus);
    bool possible = d != 0 && n / d <= limit;
    bool done = run_from(eax, divisor, edx, 0);
    if (done != possible) {
        if (n_wrong++ == 0) snprintf(first_wrong, sizeof first_wrong, "divide %d: %X:%X by %X: #DE or not", (int)w, edx, eax, divisor);
        return;
    }
    if (!possible) return;
    u32 quotient = (u32)(n_minus != d_minus ? 0 - n / d : n / d) & mask(w), remainder = (u32)(n_minus ? 0 - n % d : n % d) & mask(w);
    u32 got_q = cpu.r[EAX] & mask(w), got_r = w == W8 ? cpu.r[EAX] >> 8 & 0xFF : cpu.r[EDX] & mask(w);
    if ((got_q != quotient || got_r != remainder) && n_wrong++ == 0)
        snprintf(first_wrong, sizeof first_wrong, "divide %d: %X:%X by %X: %X, %X, want %X, %X", (int)w, edx, eax, divisor, got_q, got_r, quotient, remainder);
}

START_TEST(quotients_fit_or_raise_divide_error)
{
    for (u32 is_signed = 0; is_signed < 2; is_signed++) {
        load_unary(W8, 6 + is_signed);
        for (u32 ax = 0; ax < 0x10000; ax += 7)
            for (u32 d = 0; d < 256; d += d % 128 > 3 && d % 128 < 124 ? 17 : 1) check_quotient(W8, ax, 0, d, is_signed);
        for (unsigned k = 1; k < 3; k++) {
            load_unary(widths[k], 6 + is_signed);
            for (unsigned i = 0; i < 60000; i++) {
                u32 d = operand(), high = chance() & 1 ? operand() : (d >> (chance() & 3)) + (chance() & 1);
                check_quotient(widths[k], operand(), chance() & 1 ? 0u - high : high, d, is_signed);
            }
            check_quotient(widths[k], 0, 1u << (widths[k] - 1), mask(widths[k]), is_signed);      /* the lowest number by -1 */
        }
    }
    check_all_right();
}
END_TEST

/* BT BTS BTR BTC mem, reg: the index is signed and reaches before and behind the operand.  SDM vol. 1, 3.1.1.9 (bit strings), vol. 2, BT. */
static void check_bit(u32 instr, width_t w, s32 index)
{
    static const u8 opcode[] = { 0xA3, 0xAB, 0xB3, 0xBB };
    u8 code[8] = { 0x66, 0x0F, opcode[instr], 0x0D };            /* [disp32], ECX */
    put(code + 4, W32, BITS_AT);
    load_code(w == W16 ? code : code + 1, w == W16 ? 8 : 7);
    s64 reached = w == W16 ? (s64)(s16)index : index;
    u8 *byte = ram + BITS_AT + (reached >> 3), bit = (u8)(1u << (reached & 7)), before = (u8)chance();
    *byte = before;
    run_from(0, (u32)index, 0, any_flags(chance()));
    u8 want = instr == 0 ? before : instr == 1 ? before | bit : instr == 2 ? before & (u8)~bit : before ^ bit;
    if ((CF(&cpu.f) != ((before & bit) != 0) || *byte != want) && n_wrong++ == 0)
        snprintf(first_wrong, sizeof first_wrong, "bit instruction %u, %d bits, index %d: %02X became %02X, CF %d", instr, (int)w, index, before, *byte, CF(&cpu.f));
    *byte = 0;
}

START_TEST(bit_strings_reach_before_and_behind_their_address)
{
    static const s32 indices[] = { 0, 1, 7, 8, 15, 16, 31, 32, 33, 1000, 32767, 0x30000, 0x3EFFFF, -1, -8, -16, -17, -31, -32, -33, -1000, -32768, -0x30000,
                                   -0x380000 };
    for (u32 instr = 0; instr < 4; instr++)
        for (unsigned k = 1; k < 3; k++) {
            for (unsigned i = 0; i < COUNT_OF(indices); i++) check_bit(instr, widths[k], indices[i]);
            for (unsigned i = 0; i < 500; i++) check_bit(instr, widths[k], (s32)(chance() % 0x700000) - 0x380000);
        }
    for (u32 at = BITS_AT - 0x70000; at < RAM; at++) n_wrong += ram[at] != 0;     /* nothing else was touched */
    check_all_right();
}
END_TEST

int main(void)
{
    TCase *values = tcase_create("values"), *machine = tcase_create("machine");
    tcase_set_timeout(values, 300);
    tcase_set_timeout(machine, 300);
    tcase_add_test(values, bytes_add_and_subtract_as_integers_do);
    tcase_add_test(values, words_and_doublewords_add_and_subtract_as_integers_do);
    tcase_add_test(values, all_64_states_of_the_flags_are_kept);
    tcase_add_test(values, bytes_shift_and_rotate_bit_by_bit);
    tcase_add_test(values, words_and_doublewords_shift_and_rotate_bit_by_bit);
    tcase_add_test(values, truncated_products_say_what_was_lost);
    tcase_add_test(values, bits_are_found_and_bytes_swapped);
    tcase_add_checked_fixture(machine, power_on, power_off);
    tcase_add_test(machine, decimal_adjustments_follow_the_pseudo_code);
    tcase_add_test(machine, ascii_adjustments_follow_the_pseudo_code);
    tcase_add_test(machine, aam_divides_by_any_base_and_refuses_zero);
    tcase_add_test(machine, aad_multiplies_by_any_base);
    tcase_add_test(machine, products_are_twice_as_wide);
    tcase_add_test(machine, quotients_fit_or_raise_divide_error);
    tcase_add_test(machine, bit_strings_reach_before_and_behind_their_address);
    Suite *s = suite_create("alu");
    suite_add_tcase(s, values);
    suite_add_tcase(s, machine);
    return run_all(s);
}
