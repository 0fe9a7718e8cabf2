/* test_host.c - this host's own processor as oracle: where it is an x86-64, integer instructions whose encoding means the same in 64-bit mode
 * are executed natively and by a cpu_t in 32-bit protected mode, from the same registers, flags and memory; then everything is compared.
 *
 * Code is made in an executable page: load FLAGS and registers, the instruction, store registers and FLAGS.  Memory operands lie at the same
 * address on both sides (the host maps it low), around the end of a page.  Not compared: flags and results that the SDM (vol. 2, each instruction; vol. 1, appendix A)
 * leaves undefined; they are listed at `undefined` and `skipped`.
 *
 * Left out: what 64-bit mode does not have or does otherwise (DAA..AAD, SALC, PUSHA, one-byte INC and DEC, segment registers, stack, moffs,
 * jumps), ESP as an operand, faults.  On other hosts the test says so and passes. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include "cpu/cpu.h"
#include "cpu/segment.h"

#if defined(__x86_64__) && defined(__linux__)
#include <sys/mman.h>

enum { RAM = 4 << 20, DATA = 0x200000, DATA_BYTES = 2 * PAGE_BYTES, WINDOW = 1024, WINDOW_AT = DATA + PAGE_BYTES - WINDOW / 2,
       CODE = 0x1000 };
enum { SHAPES_PER_ROW = 32, STATES_PER_SHAPE = 56 };
enum { O = FLAG_OF, S = FLAG_SF, Z = FLAG_ZF, A = FLAG_AF, P = FLAG_PF, C = FLAG_CF };

/* ---- the instructions ---- */

typedef enum { E_G, G_E, E_ONLY, E_I, E_IBS, ACC_I, REG_ONLY, REG_I, G_E_I, G_E_IBS, G_E8, G_E16, G_M, NO_OPERANDS, STRING, M64, E_G_I8 } form_t;
typedef enum { PLAIN, SHIFT, DOUBLE, DIVIDE, IDIVIDE, SCAN, BITS } kind_t_;

/* opcode: its byte form; with `sizes` 1, 2, 4 (8, 16, 32 bits), the wider ones are opcode + 1 if there is a byte form.  count: rows that follow with
 * opcode + 1 (condition codes, registers). */
typedef struct { const char *name; u16 opcode; u8 form, ext, sizes, kind, variants; u16 undefined; } row_t_;
static const row_t_ rows[] = {
#define ALU(name, base, ext, undef) \
    { name, base, E_G, 0, 7, PLAIN, 1, undef }, { name, (base) + 2, G_E, 0, 7, PLAIN, 1, undef }, { name, (base) + 4, ACC_I, 0, 7, PLAIN, 1, undef }, \
    { name, 0x80, E_I, ext, 7, PLAIN, 1, undef }, { name, 0x83, E_IBS, ext, 6, PLAIN, 1, undef }
    ALU("ADD", 0x00, 0, 0), ALU("OR", 0x08, 1, A), ALU("ADC", 0x10, 2, 0), ALU("SBB", 0x18, 3, 0),
    ALU("AND", 0x20, 4, A), ALU("SUB", 0x28, 5, 0), ALU("XOR", 0x30, 6, A), ALU("CMP", 0x38, 7, 0),
    { "TEST", 0x84, E_G, 0, 7, PLAIN, 1, A }, { "TEST", 0xA8, ACC_I, 0, 7, PLAIN, 1, A }, { "TEST", 0xF6, E_I, 0, 7, PLAIN, 1, A },
    { "NOT", 0xF6, E_ONLY, 2, 7, PLAIN, 1, 0 }, { "NEG", 0xF6, E_ONLY, 3, 7, PLAIN, 1, 0 },
    { "INC", 0xFE, E_ONLY, 0, 7, PLAIN, 1, 0 }, { "DEC", 0xFE, E_ONLY, 1, 7, PLAIN, 1, 0 },
    { "MUL", 0xF6, E_ONLY, 4, 7, PLAIN, 1, S | Z | A | P }, { "IMUL", 0xF6, E_ONLY, 5, 7, PLAIN, 1, S | Z | A | P },
    { "DIV", 0xF6, E_ONLY, 6, 7, DIVIDE, 1, O | S | Z | A | P | C }, { "IDIV", 0xF6, E_ONLY, 7, 7, IDIVIDE, 1, O | S | Z | A | P | C },
    { "IMUL", 0x1AF, G_E, 0, 6, PLAIN, 1, S | Z | A | P }, { "IMUL", 0x69, G_E_I, 0, 6, PLAIN, 1, S | Z | A | P },
    { "IMUL", 0x6B, G_E_IBS, 0, 6, PLAIN, 1, S | Z | A | P },
#define SHIFTS(name, ext) \
    { name, 0xC0, E_I, ext, 7, SHIFT, 1, 0 }, { name, 0xD0, E_ONLY, ext, 7, SHIFT, 1, 0 }, { name, 0xD2, E_ONLY, ext, 7, SHIFT, 1, 0 }
    SHIFTS("ROL", 0), SHIFTS("ROR", 1), SHIFTS("RCL", 2), SHIFTS("RCR", 3), SHIFTS("SHL", 4), SHIFTS("SHR", 5), SHIFTS("SHL", 6), SHIFTS("SAR", 7),
    { "SHLD", 0x1A4, E_G_I8, 0, 6, DOUBLE, 1, 0 }, { "SHLD", 0x1A5, E_G, 0, 6, DOUBLE, 1, 0 },
    { "SHRD", 0x1AC, E_G_I8, 0, 6, DOUBLE, 1, 0 }, { "SHRD", 0x1AD, E_G, 0, 6, DOUBLE, 1, 0 },
    { "BT", 0x1A3, E_G, 0, 6, BITS, 1, O | S | A | P }, { "BTS", 0x1AB, E_G, 0, 6, BITS, 1, O | S | A | P },
    { "BTR", 0x1B3, E_G, 0, 6, BITS, 1, O | S | A | P }, { "BTC", 0x1BB, E_G, 0, 6, BITS, 1, O | S | A | P },
    { "BT", 0x1BA, E_IBS, 4, 6, BITS, 1, O | S | A | P }, { "BTS", 0x1BA, E_IBS, 5, 6, BITS, 1, O | S | A | P },
    { "BTR", 0x1BA, E_IBS, 6, 6, BITS, 1, O | S | A | P }, { "BTC", 0x1BA, E_IBS, 7, 6, BITS, 1, O | S | A | P },
    { "BSF", 0x1BC, G_E, 0, 6, SCAN, 1, O | S | A | P | C }, { "BSR", 0x1BD, G_E, 0, 6, SCAN, 1, O | S | A | P | C },
    { "MOV", 0x88, E_G, 0, 7, PLAIN, 1, 0 }, { "MOV", 0x8A, G_E, 0, 7, PLAIN, 1, 0 }, { "MOV", 0xC6, E_I, 0, 7, PLAIN, 1, 0 },
    { "MOV", 0xB0, REG_I, 0, 1, PLAIN, 8, 0 }, { "MOV", 0xB8, REG_I, 0, 6, PLAIN, 8, 0 },
    { "MOVZX", 0x1B6, G_E8, 0, 6, PLAIN, 1, 0 }, { "MOVZX", 0x1B7, G_E16, 0, 6, PLAIN, 1, 0 },
    { "MOVSX", 0x1BE, G_E8, 0, 6, PLAIN, 1, 0 }, { "MOVSX", 0x1BF, G_E16, 0, 6, PLAIN, 1, 0 },
    { "LEA", 0x8D, G_M, 0, 6, PLAIN, 1, 0 }, { "XCHG", 0x86, E_G, 0, 7, PLAIN, 1, 0 }, { "XCHG", 0x90, REG_ONLY, 0, 6, PLAIN, 8, 0 },
    { "XADD", 0x1C0, E_G, 0, 7, PLAIN, 1, 0 }, { "CMPXCHG", 0x1B0, E_G, 0, 7, PLAIN, 1, 0 }, { "CMPXCHG8B", 0x1C7, M64, 1, 4, PLAIN, 1, 0 },
    { "BSWAP", 0x1C8, REG_ONLY, 0, 4, PLAIN, 8, 0 },
    { "SETcc", 0x190, E_ONLY, 0, 1, PLAIN, 16, 0 }, { "CMOVcc", 0x140, G_E, 0, 6, PLAIN, 16, 0 },
    { "CBW", 0x98, NO_OPERANDS, 0, 6, PLAIN, 1, 0 }, { "CWD", 0x99, NO_OPERANDS, 0, 6, PLAIN, 1, 0 },
    { "SAHF", 0x9E, NO_OPERANDS, 0, 4, PLAIN, 1, 0 }, { "LAHF", 0x9F, NO_OPERANDS, 0, 4, PLAIN, 1, 0 },
    { "CMC", 0xF5, NO_OPERANDS, 0, 4, PLAIN, 1, 0 }, { "CLC", 0xF8, NO_OPERANDS, 0, 4, PLAIN, 1, 0 }, { "STC", 0xF9, NO_OPERANDS, 0, 4, PLAIN, 1, 0 },
    { "CLD", 0xFC, NO_OPERANDS, 0, 4, PLAIN, 1, 0 }, { "STD", 0xFD, NO_OPERANDS, 0, 4, PLAIN, 1, 0 }, { "XLAT", 0xD7, NO_OPERANDS, 0, 4, PLAIN, 1, 0 },
    { "MOVS", 0xA4, STRING, 0, 7, PLAIN, 1, 0 }, { "CMPS", 0xA6, STRING, 0, 7, PLAIN, 1, 0 }, { "STOS", 0xAA, STRING, 0, 7, PLAIN, 1, 0 },
    { "LODS", 0xAC, STRING, 0, 7, PLAIN, 1, 0 }, { "SCAS", 0xAE, STRING, 0, 7, PLAIN, 1, 0 },
};

/* ---- chance ---- */

static u64 seed = 0x243F6A8885A308D3;
static u32 chance(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (u32)(seed >> 32);
}
static u32 below(u32 n) { return chance() % n; }

/* Operands gather at the corners. */
static u32 operand(void)
{
    static const u32 corners[] = { 0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE };
    u32 v;
    switch (below(4)) {
    case 0:  return corners[below(COUNT_OF(corners))];
    case 1:  v = chance(); return v >> below(32);
    case 2:  return 1u << below(32);
    default: return chance();
    }
}

/* ---- one instruction ---- */

typedef struct {
    u8      bytes[15];
    u32     n, imm;
    bool    memory;
    u8      rm, reg, variant;
    u32     disp;                /* with index: [EBX + ESI * scale], without: [EBX + disp] */
    bool    indexed;
    u8      scale;
    width_t w;
} shape_t_;

static void byte(shape_t_ *s, u32 v) { s->bytes[s->n++] = (u8)v; }
static void immediate(shape_t_ *s, unsigned bytes, u32 v)
{
    s->imm = v;
    for (unsigned i = 0; i < bytes; i++) byte(s, v >> 8 * i);
}

static u8 any_register(bool byte_sized)                          /* not ESP */
{
    u8 n = (u8)below(8);
    return !byte_sized && n == ESP ? EDI : n;
}

static void modrm(shape_t_ *s, u32 reg_, bool rm_byte, bool memory)
{
    s->memory = memory;
    s->reg = (u8)reg_;
    if (!memory) {
        s->rm = any_register(rm_byte);
        byte(s, 0xC0 | reg_ << 3 | s->rm);
        return;
    }
    s->indexed = below(2);
    s->scale = (u8)below(4);
    s->disp = below(64);
    if (s->indexed) {
        byte(s, 0x04 | reg_ << 3);
        byte(s, (u32)s->scale << 6 | ESI << 3 | EBX);
    } else {
        byte(s, 0x40 | reg_ << 3 | EBX);
        byte(s, s->disp);
    }
}

static void encode_operands(const row_t_ *r, shape_t_ *s)
{
    bool byte_sized = s->w == W8, memory = r->form == G_M || r->form == M64 || below(2);
    unsigned imm_bytes = s->w / 8;
    switch (r->form) {
    case E_G: case G_E:   modrm(s, r->kind == BITS ? below(3) : any_register(byte_sized), byte_sized, memory); break;   /* bit index: not EBX, ESI */
    case G_M:             modrm(s, any_register(false), false, true); break;
    case G_E8: case G_E16: modrm(s, any_register(false), r->form == G_E8, memory); break;
    case E_ONLY: case M64: modrm(s, r->ext, byte_sized, memory); break;
    case E_I:             modrm(s, r->ext, byte_sized, memory); immediate(s, r->kind == SHIFT ? 1 : imm_bytes, operand()); break;
    case E_IBS:           modrm(s, r->ext, byte_sized, memory); immediate(s, 1, operand()); break;
    case G_E_I:           modrm(s, any_register(false), false, memory); immediate(s, imm_bytes, operand()); break;
    case G_E_IBS: case E_G_I8: modrm(s, any_register(false), false, memory); immediate(s, 1, operand()); break;
    case ACC_I: case REG_I: immediate(s, imm_bytes, operand()); break;
    default: break;
    }
}

static shape_t_ encode(const row_t_ *r, width_t w)
{
    shape_t_ s = { .w = w, .variant = (u8)below(r->variants) };
    bool named = r->form == REG_ONLY || (r->form == REG_I && w != W8);
    if (named && s.variant == ESP) s.variant = EBP;
    if (r->form == STRING && below(4)) byte(&s, below(2) ? 0xF2 : 0xF3);
    if (w == W16) byte(&s, 0x66);
    if (r->opcode & 0x100) byte(&s, 0x0F);
    bool wider = w != W8 && r->sizes & 1;
    byte(&s, (r->opcode & 0xFF) + (wider ? 1u : 0u) + s.variant);
    encode_operands(r, &s);
    return s;
}

/* ---- both sides ---- */

typedef struct { u32 r[8]; u32 flags, filler; u64 rflags; } state_t;
typedef struct { u8 *ram; bus_t bus; cpu_t cpu; } machine_t;
enum { MACHINES = 2 };

static machine_t machine[MACHINES];
static u8 *host_code, *const host_data = (u8 *)(uintptr_t)DATA, *const host_window = (u8 *)(uintptr_t)WINDOW_AT;
static u8 before_window[WINDOW];

static void make_native(const shape_t_ *s)
{
    static const u8 enter[] = { 0x53, 0x55, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57, 0x49, 0x89, 0xFF,   /* push rbx rbp r12-r15; mov r15, rdi */
                                0x41, 0xFF, 0x77, 0x28, 0x9D };                                                 /* push [r15+40]; popfq */
    static const u8 leave[] = { 0x9C, 0x41, 0x5E, 0x4D, 0x89, 0x77, 0x28, 0xFC,                                 /* pushfq; pop r14; mov [r15+40], r14; cld */
                                0x41, 0x5F, 0x41, 0x5E, 0x41, 0x5D, 0x41, 0x5C, 0x5D, 0x5B, 0xC3 };
    u8 *p = host_code;
    memcpy(p, enter, sizeof enter); p += sizeof enter;
    for (unsigned n = 0; n < 8; n++)
        if (n != ESP) { *p++ = 0x41; *p++ = 0x8B; *p++ = (u8)(0x47 | n << 3); *p++ = (u8)(4 * n); }              /* mov reg, [r15+4n] */
    memcpy(p, s->bytes, s->n); p += s->n;
    for (unsigned n = 0; n < 8; n++)
        if (n != ESP) { *p++ = 0x41; *p++ = 0x89; *p++ = (u8)(0x47 | n << 3); *p++ = (u8)(4 * n); }
    memcpy(p, leave, sizeof leave);
}

static void run_native(state_t *s)
{
    void (*code)(state_t *);
    memcpy(&code, &host_code, sizeof code);
    s->rflags = s->flags | FLAG_1 | FLAG_IF;
    code(s);
    s->flags = (u32)s->rflags & (FLAGS_STATUS | FLAG_DF);
}

static void load_machine(machine_t *m, const shape_t_ *s)
{
    memcpy(m->ram + CODE, s->bytes, s->n);
    m->ram[CODE + s->n] = 0xF4;
    cpu_memory_written(&m->cpu, CODE, s->n + 1);
}

static bool run_machine(machine_t *m, const shape_t_ *shape, state_t *s)
{
    cpu_t *c = &m->cpu;
    for (unsigned n = 0; n < 8; n++)
        if (n != ESP) c->r[n] = s->r[n];
    c->halted = false;
    c->eip = CODE;
    cpu_set_eflags(c, s->flags);
    bool halted = cpu_run(c, cpu_instructions(c) + 2000) == CPU_HALTED && c->eip == CODE + shape->n + 1 && !c->count.faults;
    for (unsigned n = 0; n < 8; n++)
        if (n != ESP) s->r[n] = c->r[n];
    s->flags = cpu_eflags(c) & (FLAGS_STATUS | FLAG_DF);
    return halted;
}

static void power_on(machine_t *m, bool l1)
{
    m->ram = calloc(1, RAM);
    ck_assert_ptr_nonnull(m->ram);
    bus_init(&m->bus, m->ram, RAM);
    ck_assert(cpu_init(&m->cpu, MODEL_PENTIUM4, &m->bus));
    m->cpu.l1 = l1 && cpu_has_l1();
    m->cpu.cr0 |= CR0_PE;
    for (int n = 0; n < N_SEGMENTS; n++) {
        m->cpu.seg[n] = (segment_t){ .selector = 8, .attributes = n == CS ? 0xC09B : 0xC093, .limit = 0xFFFFFFFF };
        segment_derive(&m->cpu.seg[n]);
    }
    cpu_mode_changed(&m->cpu);
}

/* ---- cases ---- */

static u32 register_value(const state_t *s, unsigned n, width_t w)
{
    return w == W8 ? s->r[n & 3] >> (n & 4 ? 8 : 0) & 0xFF : s->r[n] & mask(w);
}
static u32 place_of(const state_t *s, const shape_t_ *shape)
{
    return s->r[EBX] + (shape->indexed ? s->r[ESI] << shape->scale : shape->disp);
}
static u32 source(const state_t *s, const shape_t_ *shape)       /* the r/m operand */
{
    return shape->memory ? get(host_data + (place_of(s, shape) - DATA), shape->w) : register_value(s, shape->rm, shape->w);
}

static state_t any_state(const row_t_ *r, const shape_t_ *shape)
{
    static const u32 bits[] = { C, P, A, Z, S, O };
    state_t s = { .flags = 0 };
    for (unsigned n = 0; n < 8; n++) s.r[n] = operand();
    for (unsigned i = 0; i < COUNT_OF(bits); i++) if (below(2)) s.flags |= bits[i];
    if (shape->memory || r->opcode == 0xD7) {
        s.r[EBX] = DATA + PAGE_BYTES - 64 + below(64);
        if (shape->indexed) s.r[ESI] = below(16);
        if (r->kind == BITS && r->form == E_G) s.r[shape->reg] = below(2000) - 1000;
    }
    if (r->form == STRING) {
        s.r[ESI] = DATA + PAGE_BYTES + below(32) - 16;
        s.r[EDI] = DATA + PAGE_BYTES + below(32) - 16;
        s.r[ECX] = below(48);
        if (below(2)) s.flags |= FLAG_DF;
    }
    return s;
}

/* Memory with runs of equal bytes, so that CMPS and SCAS go on for a while. */
static void any_memory(void)
{
    u8 v = (u8)chance();
    for (unsigned i = 0; i < WINDOW; i++) {
        if (below(6) == 0) v = (u8)operand();
        before_window[i] = v;
    }
}

static u32 count_of(const row_t_ *r, const shape_t_ *shape, const state_t *s)
{
    bool by_cl = r->opcode == 0xD2 || r->opcode == 0x1A5 || r->opcode == 0x1AD;
    return (by_cl ? s->r[ECX] : r->opcode == 0xD0 ? 1 : shape->imm) & 31;
}

/* SDM vol. 2, RCL and SAL: OF is defined for a count of 1 only, AF never (shifts), CF of SHL and SHR not from the width on; a count of 0
 * changes nothing.  SHLD, SHRD: all but the count-of-1 OF is defined, AF never. */
static u32 undefined(const row_t_ *r, const shape_t_ *shape, const state_t *s)
{
    if (r->kind == SHIFT || r->kind == DOUBLE) {
        u32 count = count_of(r, shape, s), flags = count > 1 ? O : 0;
        if (count == 0) return 0;
        if (r->kind == DOUBLE || r->ext >= 4) flags |= A;
        if (r->kind == SHIFT && r->ext >= 4 && r->ext != 7 && count >= (u32)shape->w) flags |= C;
        return flags;
    }
    return r->undefined;
}

/* Undefined results, or a fault on the host: SHLD and SHRD of words by more than 16; BSF and BSR of zero; quotients that do not fit. */
static bool skipped(const row_t_ *r, const shape_t_ *shape, const state_t *s)
{
    u32 v = r->kind == PLAIN ? 0 : source(s, shape), w = shape->w;
    u64 pair = w == W8 ? s->r[EAX] & 0xFFFF : w == W16 ? (s->r[EDX] & 0xFFFF) << 16 | (s->r[EAX] & 0xFFFF) : (u64)s->r[EDX] << 32 | s->r[EAX];
    if (r->kind == DOUBLE) return w == W16 && count_of(r, shape, s) > 16;
    if (r->kind == SCAN)   return v == 0;
    if (r->kind == DIVIDE) return v == 0 || pair / v > mask(shape->w);
    if (r->kind != IDIVIDE) return false;
    __int128 n = w == W8 ? (s16)pair : w == W16 ? (s32)pair : (s64)pair, d = (s32)sext(shape->w, v);
    return d == 0 || n / d > (s64)(mask(shape->w) >> 1) || n / d < -(s64)(mask(shape->w) >> 1) - 1;
}

static unsigned n_cases, n_wrong, n_skipped;

static void complain(const row_t_ *r, const shape_t_ *shape, const state_t *from, const state_t *want, const state_t *got, u32 flags, bool memory)
{
    if (n_wrong++ >= 20) return;
    printf("  %s:", r->name);
    for (unsigned i = 0; i < shape->n; i++) printf(" %02X", shape->bytes[i]);
    printf(" flags %03X -> host %03X, ours %03X (differ in %03X)%s", from->flags, want->flags, got->flags, flags, memory ? ", memory" : "");
    for (unsigned n = 0; n < 8; n++)
        if (n != ESP) printf("; r%u %08X -> %08X%s", n, from->r[n], want->r[n], want->r[n] == got->r[n] ? "" : " NOT OURS");
    putchar('\n');
}

static void run_case(const row_t_ *r, const shape_t_ *shape)
{
    any_memory();
    memcpy(host_window, before_window, WINDOW);
    state_t from = any_state(r, shape), want;
    if (skipped(r, shape, &from)) {
        n_skipped++;
        return;
    }
    want = from;
    run_native(&want);
    for (unsigned k = 0; k < MACHINES; k++) {
        state_t got = from;
        memcpy(machine[k].ram + WINDOW_AT, before_window, WINDOW);
        bool halted = run_machine(&machine[k], shape, &got), memory = memcmp(machine[k].ram + WINDOW_AT, host_window, WINDOW) != 0;
        u32 flags = (want.flags ^ got.flags) & ~undefined(r, shape, &from);
        bool registers = false;
        for (unsigned n = 0; n < 8; n++) registers |= n != ESP && want.r[n] != got.r[n];
        if (!halted || memory || registers || flags) complain(r, shape, &from, &want, &got, flags, memory);
    }
    n_cases++;
}

START_TEST(instructions_do_what_this_host_does)
{
    host_code = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void *low = mmap(host_data, DATA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (host_code == MAP_FAILED || low != host_data) {
        printf("host: skipped, this system maps no executable or no low memory\n");
        return;
    }
    power_on(&machine[0], true);
    power_on(&machine[1], false);
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        for (unsigned k = 0; k < 3; k++) {
            if (!(rows[i].sizes >> k & 1)) continue;
            for (unsigned n = 0; n < SHAPES_PER_ROW; n++) {
                shape_t_ shape = encode(&rows[i], (width_t)(8u << k));
                make_native(&shape);
                for (unsigned m = 0; m < MACHINES; m++) load_machine(&machine[m], &shape);
                for (unsigned j = 0; j < STATES_PER_SHAPE; j++) run_case(&rows[i], &shape);
            }
        }
    for (unsigned m = 0; m < MACHINES; m++) {
        cpu_free(&machine[m].cpu);
        free(machine[m].ram);
    }
    printf("host: %u cases, each by two lowerings, %u wrong; %u left out (undefined results, divisions that fault)\n", n_cases, n_wrong, n_skipped);
    ck_assert_uint_eq(n_wrong, 0);
    ck_assert_uint_ge(n_cases, 500000);
}
END_TEST
#else
START_TEST(instructions_do_what_this_host_does)
{
    printf("host: skipped, this is not an x86-64 under Linux\n");
}
END_TEST
#endif

int main(void)
{
    TCase *tc = tcase_create("host");
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, instructions_do_what_this_host_does);
    Suite *s = suite_create("host");
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed != 0;
}
