/* arith.c - multiplication, division, decimal adjustment, bit tests, and the flags as data.
 * SDM vol. 2, under each instruction's name.  Flags that the manual leaves undefined are set as noted at each place. */
#include "cpu/bodies.h"
#include "cpu/access.h"
#include "cpu/alu.h"
#include "cpu/multiply.h"

/* ---- multiply and divide: accumulator pairs AX, DX:AX, EDX:EAX ---- */

void MUL(cpu_t *cpu, const op_t *op, width_t w, u32 src)    { (void)op; multiply(cpu, w, src); }
void IMUL_1(cpu_t *cpu, const op_t *op, width_t w, u32 src) { (void)op; multiply_signed(cpu, w, src); }

/* The quotient must fit; otherwise #DE and nothing changes. */
void DIV(cpu_t *cpu, const op_t *op, width_t w, u32 src)
{
    (void)op;
    if (!divides(cpu, w, src))
        fault(cpu, DE, 0);
    divide(cpu, w, src);
}

void IDIV(cpu_t *cpu, const op_t *op, width_t w, u32 src)
{
    (void)op;
    u64 bits = dividend(cpu, w);
    s64 n = w == W32 ? (s64)bits : (s64)(s32)sext(w == W8 ? W16 : W32, (u32)bits), d = (s32)sext(w, src);
    if (d == 0 || (n == INT64_MIN && d == -1))
        fault(cpu, DE, 0);
    s64 quotient = n / d;
    if (quotient != (s64)(s32)sext(w, (u32)quotient))
        fault(cpu, DE, 0);
    set_quotient(cpu, w, (u32)quotient, (u32)(n % d));
}

/* ---- decimal ---- */

static u32  al(const cpu_t *cpu)          { return cpu->r[EAX] & 0xFF; }
static u32  ah(const cpu_t *cpu)          { return cpu->r[EAX] >> 8 & 0xFF; }
static void set_al(cpu_t *cpu, u32 v)     { set_reg(cpu, reg_at(EAX, W8), W8, v); }
static void set_ax(cpu_t *cpu, u32 v)     { set_reg(cpu, reg_at(EAX, W16), W16, v); }

/* Status flags of a byte result with CF and AF given; OF as given (undefined by the manual). */
static void byte_flags(cpu_t *cpu, u32 result, bool cf, bool af, bool of)
{
    flags_set_logic(&cpu->f, W8, result);
    flags_set_cf_of(&cpu->f, cf, of);
    if (af) cpu->f.cross ^= CROSS_AF;
}

static void decimal_adjust(cpu_t *cpu, bool subtract)
{
    u32 before = al(cpu), v = before;
    bool cf = CF(&cpu->f), af = AF(&cpu->f), carry = false;
    if ((v & 15) > 9 || af) {
        carry = cf || (subtract ? v < 6 : v > 0xF9);
        v = (subtract ? v - 6 : v + 6) & 0xFF;
        af = true;
    } else {
        af = false;
    }
    if (before > 0x99 || cf) {
        v = (subtract ? v - 0x60 : v + 0x60) & 0xFF;
        carry = true;
    }
    set_al(cpu, v);
    bool of = subtract ? (before & ~v & 0x80) != 0 : (~before & v & 0x80) != 0;
    byte_flags(cpu, v, carry, af, of);
}
void DAA(cpu_t *cpu, const op_t *op, width_t w) { (void)op; (void)w; decimal_adjust(cpu, false); }
void DAS(cpu_t *cpu, const op_t *op, width_t w) { (void)op; (void)w; decimal_adjust(cpu, true); }

/* AAA AAS on the 286 and later adjust AX as a whole (106h), so a carry out of AL reaches AH. */
static void ascii_adjust(cpu_t *cpu, bool subtract)
{
    bool adjust = (al(cpu) & 15) > 9 || AF(&cpu->f);
    u32 ax = cpu->r[EAX] & 0xFFFF;
    if (adjust)
        ax = subtract ? ax - 0x106 : ax + 0x106;
    set_ax(cpu, ax & 0xFF0F);
    byte_flags(cpu, ax & 0x0F, adjust, adjust, false);
}
void AAA(cpu_t *cpu, const op_t *op, width_t w) { (void)op; (void)w; ascii_adjust(cpu, false); }
void AAS(cpu_t *cpu, const op_t *op, width_t w) { (void)op; (void)w; ascii_adjust(cpu, true); }

void AAM(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    u32 base = op->imm & 0xFF, v = al(cpu);
    if (base == 0)
        fault(cpu, DE, 0);
    set_ax(cpu, v / base << 8 | v % base);
    byte_flags(cpu, v % base, false, false, false);
}

void AAD(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    u32 product = ah(cpu) * (op->imm & 0xFF);
    set_ax(cpu, ADD(&cpu->f, W8, al(cpu), product & 0xFF) & 0xFF);
}

/* ---- bits ---- */

/* With a register index and a memory operand the bit string reaches +-2^31 bits from the address: the operand's address moves by whole
 * operands.  An immediate index, and any index into a register, is taken modulo the width. */
typedef enum { BIT_TEST, BIT_SET, BIT_RESET, BIT_COMPLEMENT } bit_action_t;

static u32 bit_changed(u32 v, u32 bit, bit_action_t action)
{
    switch (action) {
    case BIT_SET:        return v | bit;
    case BIT_RESET:      return v & ~bit;
    case BIT_COMPLEMENT: return v ^ bit;
    default:             return v;
    }
}

static void bit_test(cpu_t *cpu, const op_t *op, width_t w, bit_action_t action)
{
    const cold_t *c = cold_of(cpu, op);
    u32 index = c->src_kind == I ? op->imm : sext(w, reg(cpu, op->src, w)), bit = 1u << (index & (w - 1)), v;
    if (c->dst_kind == R) {
        v = reg(cpu, op->dst, w);
        set_reg(cpu, op->dst, w, bit_changed(v, bit, action));
    } else {
        u32 shift = w == W32 ? 5 : 4;
        s32 operands = c->src_kind == I ? 0 : (s32)index >> shift;
        u32 offset = (offset_of(cpu, op) + (u32)operands * (w / 8)) & address_mask(op);
        place_t m = open_at(cpu, op->seg, offset, w, action == BIT_TEST ? ACCESS_READ : ACCESS_WRITE);
        v = place_get(cpu, m, w);
        if (action != BIT_TEST) place_put(cpu, m, w, bit_changed(v, bit, action));
    }
    flags_set_cf_of(&cpu->f, (v & bit) != 0, OF(&cpu->f));
}
void BT(cpu_t *cpu, const op_t *op, width_t w)  { bit_test(cpu, op, w, BIT_TEST); }
void BTS(cpu_t *cpu, const op_t *op, width_t w) { bit_test(cpu, op, w, BIT_SET); }
void BTR(cpu_t *cpu, const op_t *op, width_t w) { bit_test(cpu, op, w, BIT_RESET); }
void BTC(cpu_t *cpu, const op_t *op, width_t w) { bit_test(cpu, op, w, BIT_COMPLEMENT); }

/* ---- flags as data ---- */

void SALC(cpu_t *cpu, const op_t *op, width_t w) { (void)op; (void)w; set_al(cpu, CF(&cpu->f) ? 0xFF : 0); }

void LAHF(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op; (void)w;
    set_reg(cpu, reg_at(4, W8), W8, (flags_status(&cpu->f) & 0xFF) | FLAG_1);
}
void SAHF(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op; (void)w;
    flags_load(&cpu->f, (ah(cpu) & 0xD5) | (OF(&cpu->f) ? FLAG_OF : 0u));
}
void CLC(cpu_t *cpu, const op_t *op, width_t w) { (void)op; (void)w; flags_set_cf_of(&cpu->f, false, OF(&cpu->f)); }
void STC(cpu_t *cpu, const op_t *op, width_t w) { (void)op; (void)w; flags_set_cf_of(&cpu->f, true, OF(&cpu->f)); }
void CMC(cpu_t *cpu, const op_t *op, width_t w) { (void)op; (void)w; flags_set_cf_of(&cpu->f, !CF(&cpu->f), OF(&cpu->f)); }
void CLD(cpu_t *cpu, const op_t *op, width_t w) { (void)op; (void)w; cpu->eflags &= ~(u32)FLAG_DF; }
void STD(cpu_t *cpu, const op_t *op, width_t w) { (void)op; (void)w; cpu->eflags |= FLAG_DF; }
