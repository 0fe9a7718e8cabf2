/* places.c - where operands and targets are: linear addresses at the corners of pages, segments and address sizes, and the bytes that lead there.
 *
 * Left out: operands that cross 4 GiB (the SDM, vol. 3A, 5.3, leaves those to the processor). */
#include "tests/silicon/generate.h"

/* ---- addresses and selectors ---- */

/* A linear address for an operand: mostly about the end of the first page, sometimes where rights end. */
u32 any_place(generator_t *g)
{
    static const struct { u32 at; u16 before, span; } corners[] = {
        { 0xA000, 24, 32 }, { 0xA000, 0, 0xFF0 }, { 0xB000, 40, 48 }, { 0x8000, 16, 40 }, { 0x10000, 24, 32 }, { 0x11000, 48, 56 }, { 0xC000, 0, 64 }, { 0, 0, 64 },
    };
    u32 k = below(g, 32);
    if (k < COUNT_OF(corners)) {
        u32 at = corners[k].at - corners[k].before + below(g, corners[k].span);
        return k == 7 && one_in(g, 2) ? NOWHERE + below(g, 4096) : at + silicon_low;
    }
    return silicon_low + 0x8E00 + below(g, 0x400);
}

u32 any_stack(generator_t *g)
{
    if (one_in(g, 12)) return any_place(g);
    return silicon_low + 0x8F80 + below(g, 0x100) * (one_in(g, 6) ? 1 : 4) % 0x100;
}

/* A selector, for those who load one. */
u16 any_selector(generator_t *g)
{
    static const u16 others[] = { 0, 0, 1, 3, 0x08, 0x10, 0x20, 0x21, 0x28, 0x2A, 0xFFF8, 0xFFFF, LOCAL(N_LOCALS), LOCAL(40) };
    switch (below(g, 4)) {
    case 0:  return USER_DATA;
    case 1:  return one_in(g, 4) ? USER_CODE : USER_DATA;
    case 2:  return (u16)(LOCAL(below(g, N_LOCALS)) - (one_in(g, 4) ? below(g, 4) : 0u));
    default: return others[below(g, COUNT_OF(others))];
    }
}

/* ---- memory ---- */

void poke(generator_t *g, u32 linear, const void *from, u32 bytes)
{
    const u8 *p = from;
    if (g->c.n_changed == CASE_RANGES) return;
    for (u32 i = 0; i < bytes; i++) {
        s32 at = data_place(linear + i);
        if (at >= 0) g->memory[at] = p[i];
    }
    g->c.changed[g->c.n_changed++] = (range_t){ linear, bytes };
}

void poke_value(generator_t *g, u32 linear, width_t w, u32 v)
{
    u8 raw[4];
    put(raw, w, v);
    poke(g, linear, raw, w / 8);
}

/* ---- ModRM ---- */

/* Make the sum of base and the rest come out at `target` (modulo the address size). */
static void fit(generator_t *g, unsigned base, u32 target, u32 rest, u32 mask)
{
    u32 v = target - rest;
    *gpr(g, base) = (*gpr(g, base) & ~mask) | (v & mask);
}

static void address16(generator_t *g, unsigned field, u32 target)
{
    static const s8 base_of[8] = { EBX, EBX, EBP, EBP, ESI, EDI, EBP, EBX }, index_of[8] = { ESI, EDI, ESI, EDI, -1, -1, -1, -1 };
    unsigned mod = below(g, 3), rm = below(g, 8);
    if (g->avoid >= 0 && (base_of[rm] == g->avoid || index_of[rm] == g->avoid)) mod = 0, rm = 6;
    bool absolute = mod == 0 && rm == 6;
    byte(g, mod << 6 | field << 3 | rm);
    u32 disp = mod == 1 ? sext(W8, below(g, 256)) : value(g);
    if (absolute) disp = target;
    else {
        u32 rest = (mod ? disp : 0) + (index_of[rm] >= 0 ? *gpr(g, (unsigned)index_of[rm]) : 0);
        fit(g, (unsigned)base_of[rm], target, rest, 0xFFFF);
    }
    if (mod == 1)                    byte(g, disp);
    else if (mod == 2 || absolute)   bytes(g, 2, disp);
}

/* The displacement makes it fit where there is a wide one, else the base register does. */
static void settle(generator_t *g, unsigned mod, bool absolute, u32 base, u32 index, unsigned scale, u32 target)
{
    u32 scaled = index == NOREG ? 0 : *gpr(g, index) << scale, disp;
    if (mod == 2 || absolute) {
        u32 sum = scaled + (absolute ? 0 : *gpr(g, base));
        bytes(g, 4, target - sum);
        return;
    }
    disp = mod == 1 ? sext(W8, below(g, 256)) : 0;
    if (base == index) {
        u32 factor = 1u + (1u << scale);
        *gpr(g, base) = (target - disp) / factor;
        g->operand = *gpr(g, base) * factor + disp;
    } else {
        fit(g, base, target, scaled + disp, 0xFFFFFFFF);
    }
    if (mod == 1) byte(g, disp);
}

static bool avoided(const generator_t *g, unsigned n) { return g->avoid >= 0 && n == (unsigned)g->avoid; }

static void address32(generator_t *g, unsigned field, u32 target)
{
    unsigned mod = below(g, 3), rm = below(g, 8), sib, index, scale;
    if (avoided(g, rm)) rm = (rm + 1) & 7;
    byte(g, mod << 6 | field << 3 | rm);
    if (rm != 4) {
        settle(g, mod, mod == 0 && rm == 5, rm, NOREG, 0, target);
        return;
    }
    do sib = below(g, 256); while (avoided(g, sib & 7) || avoided(g, sib >> 3 & 7));
    byte(g, sib);
    index = (sib >> 3 & 7) == ESP ? NOREG : sib >> 3 & 7;
    scale = sib >> 6;
    settle(g, mod, mod == 0 && (sib & 7) == 5, sib & 7, index, scale, target);
}

void memory_operand(generator_t *g, unsigned field, u32 target)
{
    g->operand = target;
    if (g->addr32) {
        address32(g, field, target);
    } else {
        address16(g, field, target);
        g->operand = target & 0xFFFF;
    }
}

/* ---- where code goes ---- */

/* A linear address in the filling of the code pages, not in the instruction and the bytes behind it. */
static u32 any_landing(generator_t *g)
{
    u32 t;
    do t = CODE_LINEAR + below(g, CODE_BYTES); while (t + 16 > g->c.at && t < g->c.at + 32);
    return t;
}

/* An offset to go to with operand size `w`, in the segment of the case. */
u32 any_target(generator_t *g, width_t w)
{
    static const u32 absent[] = { 0x8123, 0xA010, 0xB444, 0xFFF0, 5 };
    case_t *c = &g->c;
    u32 base = code_base(c), t = any_landing(g) - base;
    if (w == W16 && !c->code16) t = silicon_low ? below(g, 0x10000) : absent[below(g, COUNT_OF(absent))];
    else if (one_in(g, 16))     t = c->code16 ? 0x3000 + below(g, 0xC000) : NOWHERE + below(g, 4096);
    else if (c->code16 && w == W32 && one_in(g, 8)) t |= 0x10000u << below(g, 16);          /* beyond the limit */
    u32 linear = base + t;
    c->returns = c->returns && linear >= CODE_LINEAR && linear < CODE_LINEAR + CODE_BYTES && !(c->code16 && t > 0xFFFF);
    return t;
}

/* A far pointer: mostly a segment that can be gone to. */
void any_far(generator_t *g, u32 *offset, u16 *selector)
{
    static const u16 good[] = { USER_CODE, USER_CODE, LOCAL(LOCAL_CODE16), LOCAL(LOCAL_EXECUTE_ONLY) };
    g->c.returns = false;
    *selector = one_in(g, 4) ? any_selector(g) : good[below(g, COUNT_OF(good))];
    bool code16 = (*selector | 3) == LOCAL(LOCAL_CODE16);
    *offset = any_landing(g) - (code16 ? CODE_LINEAR : 0);
    if (code16 && one_in(g, 8)) *offset |= 0x10000u << below(g, 16);
    if (!g->data32) *offset &= 0xFFFF;
    if (!code16 && *offset >= CODE_LINEAR + CODE_BYTES) *offset = NOWHERE;
}
