/* judge.c - is what happened what the manual defines?  Defined results must be equal; what the manual leaves undefined is told apart, so that it
 * can be counted.  SDM vol. 2, "Flags Affected" of each instruction, vol. 1, appendix A and 8.3; vol. 3A, 6.15 for what faults leave behind. */
#include <stdio.h>
#include "cpu/disasm.h"
#include "fidelity/undefined.h"
#include "tests/silicon/silicon.h"

/* An unmasked exception of the first kind: nothing is stored. */
static bool stopped_by(const u8 *fx) { return get(fx + FX_STATUS, W16) & ~get(fx + FX_CONTROL, W16) & (X87_IE | X87_DE); }

/* ---- flags ---- */

static bool is_shift(u16 instr)
{
    switch (instr) {
    case I_ROL: case I_ROR: case I_RCL: case I_RCR: case I_SHL: case I_SHR: case I_SAR: case I_SHLD: case I_SHRD: return true;
    default: return false;
    }
}

/* The count operand: one, CL, or the last byte. */
static u32 shift_count(const case_t *c, const form_t *f)
{
    bool by_one = f->map == MAP_ONE && (f->opcode & 0xFE) == 0xD0;
    bool by_cl = (f->map == MAP_ONE && (f->opcode & 0xFE) == 0xD2) || (f->map == MAP_TWO && (f->opcode & 7) == 5);
    return (by_one ? 1 : by_cl ? c->before.r[ECX] : c->bytes[c->length - 1]) & 31;
}

/* OF is defined for a count of 1 only; AF never but for rotates, which leave it; CF of SHL and SHR not from the width on.  A count of 0 changes nothing. */
static u32 undefined_by_shift(const case_t *c, const form_t *f)
{
    u32 count = shift_count(c, f), flags = count > 1 ? FLAG_OF : 0;
    bool rotate = c->instr == I_ROL || c->instr == I_ROR || c->instr == I_RCL || c->instr == I_RCR;
    if (count == 0) return 0;
    if (!rotate) flags |= FLAG_AF;
    if ((c->instr == I_SHL || c->instr == I_SHR) && count >= f->width) flags |= FLAG_CF;
    if ((c->instr == I_SHLD || c->instr == I_SHRD) && count > f->width) flags |= FLAGS_STATUS;
    return flags;
}

static u32 undefined_flags(const case_t *c, const form_t *f, bool stopped)
{
    if (is_shift(c->instr)) return undefined_by_shift(c, f);
    switch (c->instr) {
    case I_BT: case I_BTS: case I_BTR: case I_BTC: return FLAG_OF | FLAG_SF | FLAG_AF | FLAG_PF;     /* ours leave them alone */
    case I_FCOMI: case I_FCOMIP: case I_FUCOMI: case I_FUCOMIP: return stopped && !native_facts()->intel ? FLAGS_STATUS : 0;   /* AMD sets them even so */
    default: return instructions[c->instr].undefined;
    }
}

/* Results that the manual leaves undefined: SHLD and SHRD of words by more than 16; bits 16-19 of LAR. */
static bool undefined_result(const case_t *c, const form_t *f, const result_t *a, const result_t *b)
{
    if (c->instr == I_LAR) {
        for (unsigned n = 0; n < 8; n++)
            if ((a->user.r[n] ^ b->user.r[n]) & ~0xF0000u) return false;
        return true;
    }
    return (c->instr == I_SHLD || c->instr == I_SHRD) && shift_count(c, f) > f->width;
}

/* The order of several accesses is the processor's: which of two absent pages CR2 names, and where in it. */
static bool several_accesses(const form_t *f)
{
    switch (f->instr) {
    case I_CMPS: case I_RET_far: case I_IRET: case I_ENTER: case I_PUSHA: case I_POPA: case I_CALL_farm: case I_JMP_farm: case I_CALL_far:
    case I_LDS: case I_LES: case I_LFS: case I_LGS: case I_LSS: case I_BOUND: case I_FLDENV: case I_FRSTOR: case I_FNSTENV: case I_FNSAVE: case I_FXSAVE: case I_FXRSTOR: return true;
    default: return false;
    }
}

/* Those that push or pop much may have done part of it when they fault: below ESP, or in registers that the next try loads again. */
static bool undefined_part(const case_t *c, const result_t *a)
{
    if (a->vector == COMPLETED) return false;
    return c->instr == I_CALL_far || c->instr == I_CALL_farm || c->instr == I_PUSHA || c->instr == I_POPA || c->instr == I_ENTER;
}

/* Two faults that both are due: a target outside of its segment, a stack that ends, a page that is not there or not writable. */
static bool undefined_order(const form_t *f, const result_t *a, const result_t *b)
{
    if (a->vector == COMPLETED || b->vector == COMPLETED) return false;
    return several_accesses(f) || f->instr == I_CALL_near || f->instr == I_CALL;
}

/* INT1 is a trap, but a hypervisor may make it look like a fault. */
static bool undefined_eip(const case_t *c) { return c->instr == I_INT_1; }

/* ---- x87 ---- */

/* Equal, or at most two neighbours apart: either side may err by a unit. */
static bool near_enough(f80_t a, f80_t b)
{
    if (a.m == b.m && a.se == b.se)
        return true;
    s32 ea = a.se, eb = b.se;
    s64 steps = (s64)(a.m - b.m);
    if (ea == eb)     return steps >= -2 && steps <= 2;
    if (ea == eb + 1) return a.m == 1ull << 63 && b.m >= ~0ull - 1;
    if (eb == ea + 1) return b.m == 1ull << 63 && a.m >= ~0ull - 1;
    return false;
}

/* Operands for which the manual defines no result: F2XM1 outside -1..1, FYL2XP1 outside its interval. */
static bool undefined_operand(const case_t *c)
{
    f80_t a = f80_get(c->before.fx + FX_ST);
    s32 exponent = f80_exponent(a);
    bool number = exponent != F80_MAX;
    if (c->instr == I_F2XM1)   return number ? exponent >= F80_BIAS && !(exponent == F80_BIAS && a.m == F80_ONE_BIT) : a.m == F80_ONE_BIT;
    if (c->instr == I_FYL2XP1) return exponent >= F80_BIAS - 2 && number;
    return false;
}

static u32 comparable_status(const case_t *c, const u8 *fx, bool stopped, bool simd)
{
    u32 status = get(fx + FX_STATUS, W16), codes = simd ? X87_CC : x87_defined_codes(c->instr);
    if (stopped && x87_comparison(c->instr)) codes = X87_C1;
    if (x87_transcendental(c->instr)) status &= ~(u32)(X87_PE | X87_ES | X87_B);  /* log2 of 8, 2^1 - 1: exact here, inexact to others */
    return status & ~(X87_CC & ~codes);
}

/* An error was pending before: the instruction did not happen, or is one that does not wait. */
static bool fpu_differs(const case_t *c, const result_t *a, const result_t *b, bool mf, bool simd)
{
    const u8 *x = a->user.fx, *y = b->user.fx;
    bool stopped = stopped_by(y);
    bool codes = mf ? get(x + FX_STATUS, W16) != get(y + FX_STATUS, W16) : comparable_status(c, x, stopped, simd) != comparable_status(c, y, stopped, simd);
    if (get(x, W16) != get(y, W16) || x[FX_TAGS] != y[FX_TAGS] || codes)
        return true;
    for (unsigned i = 0; i < 8; i++) {
        f80_t p = f80_get(x + FX_ST + 16 * i), q = f80_get(y + FX_ST + 16 * i);
        if (x87_transcendental(c->instr) && i < 2 ? !near_enough(p, q) : p.m != q.m || p.se != q.se)
            return true;
    }
    return false;
}

/* The step to MMX (TOP 0, all valid): whether it is taken before the instruction faults; and AMD's do not take it for CVTPI2PS with memory, as every processor
 * does not for CVTPI2PD. */
static bool undefined_step(const case_t *c, const form_t *f, bool fault)
{
    return f->map == MAP_SIMD && (fault || (c->instr == I_CVTPI2PS && f->memory && !native_facts()->intel));
}

/* One faults, the other does not: MASKMOV of no byte at all (vol. 2: "implementation dependent"); CVTPI2PS as above. */
static bool undefined_fault(const case_t *c, const form_t *f, const result_t *a, const result_t *b)
{
    if (c->instr == I_MASKMOVQ || c->instr == I_MASKMOVDQU) return a->vector != COMPLETED && b->vector == COMPLETED;
    return c->instr == I_CVTPI2PS && f->memory && b->vector == MF && !native_facts()->intel;
}

static bool pointers_differ(const case_t *c, const form_t *form, const result_t *a, const result_t *b)
{
    const native_facts_t *f = native_facts();
    const u8 *x = a->user.fx, *y = b->user.fx;
    if (!a->pointers) return false;
    if (c->instr == I_FXRSTOR) return false;                   /* AMD's load them only with a pending exception */
    bool no_opcode = (c->instr == I_FLDENV || c->instr == I_FRSTOR) && form->width == 16;             /* the image of 16 bits has none */
    if (get(x + FX_IP, W32) != get(y + FX_IP, W32) || (!no_opcode && get(x + FX_OPCODE, W16) != get(y + FX_OPCODE, W16))) return true;
    if (!f->dp_on_exception_only && get(x + FX_DP, W32) != get(y + FX_DP, W32)) return true;
    if (f->no_pointer_selectors) return false;
    return get(x + FX_CS, W16) != get(y + FX_CS, W16) || get(x + FX_DS, W16) != get(y + FX_DS, W16);
}

/* RCPPS, RSQRTPS: a relative error of 1.5 * 2^-12 is allowed (SDM vol. 2), so two right answers are within twice that: 3 * 2^-12 < 2^-10 of a float with
 * 23 bits of fraction is 2^13 and a half of them.  Everything else is exact. */
static bool approximate(u16 instr) { return instr == I_RCPPS || instr == I_RCPSS || instr == I_RSQRTPS || instr == I_RSQRTSS; }

static bool close_floats(u32 x, u32 y)
{
    bool numbers = (x >> 23 & 0xFF) != 0xFF && (y >> 23 & 0xFF) != 0xFF && ((x ^ y) >> 31) == 0;
    u32 apart = x > y ? x - y : y - x;
    if ((x << 1) == 0 || (y << 1) == 0) apart = ((x | y) & 0x7FFFFFFF) < 0x803000 ? 0 : apart;        /* too small is zero: where that begins */
    return x == y || (numbers && apart < 0x3000);
}

static bool simd_differs(const case_t *c, const result_t *a, const result_t *b)
{
    const u8 *x = a->user.fx, *y = b->user.fx;
    if (get(x + FX_MXCSR, W32) != get(y + FX_MXCSR, W32)) return true;
    for (unsigned i = FX_XMM; i < FX_USED; i += 4) {
        u32 p = get(x + i, W32), q = get(y + i, W32);
        if (p != q && !(approximate(c->instr) && close_floats(p, q))) return true;
    }
    return false;
}

/* ---- all together ---- */

/* A return from the kernel makes every null selector 0 (SDM vol. 2, IRET, "RETURN-TO-OUTER-PRIVILEGE-LEVEL"), and the kernel may have been there. */
static u16 as_kernels_show(u16 selector) { return selector < 4 ? 0 : selector; }

static bool segments_differ(const result_t *a, const result_t *b)
{
    for (int n = 0; n < N_SEGMENTS; n++)
        if (as_kernels_show(a->user.seg[n]) != as_kernels_show(b->user.seg[n])) return true;
    return false;
}

enum { SYSTEM_FLAGS = FLAG_DF | FLAG_AC | FLAG_ID | FLAG_NT | FLAG_IF | FLAG_IOPL | FLAG_VM };

u32 judge(const case_t *c, const form_t *f, const result_t *a, const result_t *b, bool memory_differs)
{
    u32 d = 0, flags = (a->user.eflags ^ b->user.eflags) & (FLAGS_STATUS | SYSTEM_FLAGS), loose;
    loose = undefined_flags(c, f, stopped_by(b->user.fx));
    bool fault = a->vector != COMPLETED;
    if (undefined_fault(c, f, a, b)) return JUDGED_UNDEFINED;
    if (undefined_operand(c)) return JUDGED_UNDEFINED;
    if (a->vector != b->vector || a->code != b->code || (a->cr2 != b->cr2 && !several_accesses(f)))
        d |= undefined_order(f, a, b) ? JUDGED_UNDEFINED : JUDGED_VECTOR;
    if (a->cr2 != b->cr2)                                               d |= JUDGED_UNDEFINED;
    if (a->user.eip != b->user.eip)                                     d |= JUDGED_EIP;
    if (memcmp(a->user.r, b->user.r, sizeof a->user.r) != 0)            d |= undefined_part(c, a) ? JUDGED_UNDEFINED : JUDGED_REGISTERS;
    if (segments_differ(a, b))                                          d |= JUDGED_SEGMENTS;
    if (memory_differs)                                                 d |= undefined_part(c, a) ? JUDGED_UNDEFINED : JUDGED_MEMORY;
    if (d & JUDGED_EIP && undefined_eip(c)) d = (d & ~(u32)JUDGED_EIP) | JUDGED_UNDEFINED;
    if (undefined_result(c, f, a, b) && d & (JUDGED_REGISTERS | JUDGED_MEMORY))
        d = (d & ~(u32)(JUDGED_REGISTERS | JUDGED_MEMORY)) | JUDGED_UNDEFINED;
    if (flags & loose)  d |= JUDGED_UNDEFINED;
    if (flags & ~loose) d |= JUDGED_FLAGS;
    if (fpu_differs(c, a, b, fault, f->map == MAP_SIMD)) d |= undefined_step(c, f, fault) ? JUDGED_UNDEFINED : JUDGED_FPU;
    if (pointers_differ(c, f, a, b))        d |= JUDGED_POINTERS;
    if (f->map == MAP_SIMD && simd_differs(c, a, b)) d |= JUDGED_SIMD;
    return d;
}

/* ---- words ---- */

static void show_result(const char *who, const result_t *r)
{
    static const char *const names[] = { "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi" };
    static const char *const segments[] = { "es", "cs", "ss", "ds", "fs", "gs" };
    printf("  %-7s", who);
    if (r->vector != COMPLETED) printf("#%d(%X) cr2 %X ", r->vector, r->code, r->cr2);
    printf("eip %X fl %X", r->user.eip, r->user.eflags);
    for (unsigned n = 0; n < 8; n++) printf(" %s %08X", names[n], r->user.r[n]);
    for (unsigned n = 0; n < N_SEGMENTS; n++) if (r->user.seg[n] != USER_DATA) printf(" %s %X", segments[n], r->user.seg[n]);
    putchar('\n');
}

static void show_float(const char *who, bool floats, const form_t *f, const u8 *fx)
{
    if (!floats) return;
    printf("  %-7scw %04X sw %04X full %02X op %03X ip %04X:%X dp %04X:%X", who, get(fx, W16), get(fx + 2, W16), fx[FX_TAGS], get(fx + FX_OPCODE, W16),
           get(fx + FX_CS, W16), get(fx + FX_IP, W32), get(fx + FX_DS, W16), get(fx + FX_DP, W32));
    for (unsigned i = 0; i < 4; i++) {
        f80_t a = f80_get(fx + FX_ST + 16 * i);
        printf("  %04X:%016llX", a.se, (unsigned long long)a.m);
    }
    if (f->map == MAP_SIMD) {
        printf("\n          mxcsr %04X", get(fx + FX_MXCSR, W32));
        for (unsigned i = 0; i < 8; i++) printf(" %016llX%016llX", (unsigned long long)get64(fx + FX_XMM + 16 * i + 8), (unsigned long long)get64(fx + FX_XMM + 16 * i));
    }
    putchar('\n');
}

void judge_show(const case_t *c, const form_t *f, u32 difference, const result_t *want, const result_t *got, const char *who)
{
    static const char *const words[] = { "exception", "eip", "registers", "segments", "memory", "flags", "x87", "x87 pointers", "simd", "undefined" };
    char text[DISASM_BYTES], name[64];
    u16 mode = (u16)(MODE_PROTECTED | MODE_USER | MODE_STACK32 | (c->code16 ? 0 : MODE_CODE32));
    disassemble(mode, MODEL_PENTIUM4, c->before.eip, c->bytes, c->length, text, sizeof text);
    form_text(f, name, sizeof name);
    printf("case %llu (%s, %s):", (unsigned long long)c->number, name, who);
    for (unsigned i = 0; i < c->length; i++) printf(" %02X", c->bytes[i]);
    printf("  %s   differs in", text);
    for (unsigned i = 0; i < COUNT_OF(words); i++) if (difference >> i & 1) printf(" %s", words[i]);
    putchar('\n');
    bool floats = f->map >= MAP_X87 || difference & (JUDGED_FPU | JUDGED_POINTERS | JUDGED_SIMD);
    result_t before = { .user = c->before, .vector = COMPLETED };
    show_result("before", &before); show_float("", floats, f, before.user.fx);
    show_result("silicon", want);   show_float("", floats, f, want->user.fx);
    show_result("ours", got);       show_float("", floats, f, got->user.fx);
}
