/* random_program.h - random guest programs, for comparing one way of running with another.
 *
 * Not random bytes: mostly valid instructions with operands that mostly lie in memory, so that programs live long.  Loops run often
 * enough to become hot, stores go into the program itself, flags are read after they were written, ports and memory-mapped registers tell
 * the time.  16- and 32-bit code come from the same emitters.  The generator is splitmix64 (Steele, Lea and Flood, 2014). */
#pragma once
#include "mem/base.h"

typedef struct { u64 state; } random_t;

static inline u64 random64(random_t *r)
{
    u64 z = r->state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}
static inline u32 below(random_t *r, u32 n) { return (u32)(random64(r) >> 33) % n; }
static inline bool chance(random_t *r, u32 one_in) { return below(r, one_in) == 0; }

typedef struct {
    random_t *random;
    u8  *at, *end;               /* room for the program */
    u8  *start;
    u32  first;                  /* offset of `start` in the code segment */
    bool code32, user;
    u32  code_in_data;           /* offset of `start` as the data segment shows it */
    u32  data, data_bytes;       /* offsets in the data segment that exist */
    u32  alias;                  /* added to data offsets: the same memory, elsewhere; 0: none */
    u32  stack_top;
    bool gates;                  /* a call gate and a task gate may be called */
} program_t;

enum { PROGRAM_CALL_GATE = 0x48, PROGRAM_TASK_GATE = 0x50 };

enum { PROGRAM_PORT = 0x10 };    /* ports 10h-1Fh do odd things: see twin_machine.h */

static inline void b1(program_t *p, u32 v) { if (p->at < p->end) *p->at++ = (u8)v; }
static inline void b2(program_t *p, u32 v) { b1(p, v); b1(p, v >> 8); }
static inline void b4(program_t *p, u32 v) { b2(p, v); b2(p, v >> 16); }
static inline void bz(program_t *p, u32 v, bool data32) { if (data32) b4(p, v); else b2(p, v); }

static inline u32 any(program_t *p, u32 n) { return below(p->random, n); }
static inline u32 value32(program_t *p)
{
    static const u32 edges[] = { 0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF };
    return any(p, 3) ? (u32)random64(p->random) : edges[any(p, COUNT_OF(edges))];
}
static inline u32 data_offset(program_t *p)
{
    u32 offset = p->data + any(p, p->data_bytes);
    if (chance(p->random, 6)) offset = (offset | 0xFFF) - any(p, 4);             /* across a page's end */
    return p->alias && chance(p->random, 4) ? offset + p->alias : offset;
}
/* A place in the program: mostly near, so that it is running or will soon run. */
static inline u32 code_offset(program_t *p)
{
    s32 here = (s32)(p->at - p->start), to = here + (s32)any(p, 96) - 40;
    u32 offset = p->code_in_data + (u32)(to < 0 ? 0 : to);
    return p->alias && chance(p->random, 3) ? offset + p->alias : offset;
}

/* The operand-size prefix now and then; true: operands are 32 bits. */
static inline bool operand_size(program_t *p)
{
    bool other = chance(p->random, 5);
    if (other) b1(p, 0x66);
    return p->code32 != other;
}

static inline void absolute(program_t *p, u32 reg, u32 offset)
{
    b1(p, reg << 3 | (p->code32 ? 5 : 6));
    bz(p, offset, p->code32);
}
/* ModRM for a memory operand. */
static inline void memory(program_t *p, u32 reg)
{
    u32 rm = any(p, 8);
    switch (any(p, 5)) {
    case 0: case 1: absolute(p, reg, data_offset(p)); break;
    case 2:
        if (p->code32 ? rm == 5 : rm == 6) rm = 7;
        b1(p, reg << 3 | rm);
        if (p->code32 && rm == 4) b1(p, any(p, 3) ? 0x00 | any(p, 4) << 6 | 0x26 : any(p, 256) & 0xF8);
        break;
    default:
        b1(p, 0x40 | reg << 3 | rm);
        if (p->code32 && rm == 4) b1(p, any(p, 256));
        b1(p, any(p, 256));
    }
}
static inline void modrm(program_t *p, u32 reg)
{
    if (chance(p->random, 2)) b1(p, 0xC0 | reg << 3 | any(p, 8));
    else                      memory(p, reg);
}

/* ---- instructions ---- */

static inline void alu(program_t *p)
{
    u32 op = any(p, 8);
    if (chance(p->random, 12)) b1(p, 0xF0);                                      /* LOCK: mostly #UD */
    bool data32 = operand_size(p);
    switch (any(p, 6)) {
    case 0: b1(p, op << 3 | any(p, 4)); modrm(p, any(p, 8)); break;
    case 1: b1(p, op << 3 | 4); b1(p, any(p, 256)); break;
    case 2: b1(p, op << 3 | 5); bz(p, value32(p), data32); break;
    case 3: b1(p, 0x80); modrm(p, op); b1(p, any(p, 256)); break;
    case 4: b1(p, 0x81); modrm(p, op); bz(p, value32(p), data32); break;
    default: b1(p, 0x83); modrm(p, op); b1(p, any(p, 256));
    }
}
static inline void shift_or_group3(program_t *p)
{
    static const u8 shifts[] = { 0xC0, 0xC1, 0xD0, 0xD1, 0xD2, 0xD3 };
    bool data32 = operand_size(p);
    u32 n = any(p, 10), reg = any(p, 8);
    if (n < 6) {
        b1(p, shifts[n]);
        modrm(p, reg);
        if (n < 2) b1(p, any(p, 3) ? any(p, 34) : any(p, 256));
        return;
    }
    b1(p, n & 1 ? 0xF7 : 0xF6);
    modrm(p, reg);
    if (reg < 2 && n & 1) bz(p, value32(p), data32);
    else if (reg < 2)     b1(p, any(p, 256));
}
static inline void move(program_t *p)
{
    bool data32 = operand_size(p);
    u32 reg = any(p, 8);
    switch (any(p, 9)) {
    case 0: b1(p, 0x88 | any(p, 4)); modrm(p, reg); break;
    case 1: b1(p, 0xB0 | reg); b1(p, any(p, 256)); break;
    case 2: b1(p, 0xB8 | reg); bz(p, value32(p), data32); break;
    case 3: b1(p, 0xA0 | any(p, 4)); bz(p, data_offset(p), p->code32); break;
    case 4: b1(p, 0xC6 | any(p, 2)); { bool wide = p->at[-1] & 1; memory(p, 0); if (wide) bz(p, value32(p), data32); else b1(p, value32(p)); } break;
    case 5: b1(p, 0x86 | any(p, 2)); modrm(p, reg); break;
    case 6: b1(p, 0x0F); b1(p, (any(p, 2) ? 0xB6 : 0xBE) | any(p, 2)); modrm(p, reg); break;
    case 7: b1(p, 0x8D); memory(p, reg); break;
    default: b1(p, 0x0F); b1(p, 0x40 | any(p, 16)); modrm(p, reg);               /* CMOVcc */
    }
}
static inline void bits_and_more(program_t *p)
{
    static const u8 two[] = { 0xA3, 0xAB, 0xB3, 0xBB, 0xBC, 0xBD, 0xA5, 0xAD, 0xAF, 0xB0, 0xB1, 0xC0, 0xC1 };
    static const u8 one[] = { 0x27, 0x2F, 0x37, 0x3F, 0x98, 0x99, 0x9E, 0x9F, 0xF5, 0xF8, 0xF9, 0xD6, 0xD7, 0x91, 0x93, 0x96 };
    operand_size(p);
    switch (any(p, 7)) {
    case 0: b1(p, 0x0F); b1(p, two[any(p, COUNT_OF(two))]); modrm(p, any(p, 8)); break;
    case 1: b1(p, 0x0F); b1(p, 0xBA); modrm(p, 4 + any(p, 4)); b1(p, any(p, 256)); break;
    case 2: b1(p, 0x0F); b1(p, any(p, 2) ? 0xA4 : 0xAC); modrm(p, any(p, 8)); b1(p, any(p, 40)); break;
    case 3: b1(p, one[any(p, COUNT_OF(one))]); break;
    case 4: b1(p, 0xD4 | any(p, 2)); b1(p, any(p, 8) ? 10 : any(p, 256)); break;
    case 5: b1(p, 0x0F); b1(p, 0x90 | any(p, 16)); modrm(p, 0); break;           /* SETcc */
    default: b1(p, 0x6B); modrm(p, any(p, 8)); b1(p, any(p, 256));
    }
}
static inline void inc_dec(program_t *p)
{
    operand_size(p);
    if (any(p, 3)) b1(p, 0x40 | any(p, 16));
    else { b1(p, 0xFE | any(p, 2)); modrm(p, any(p, 2)); }
}

/* ---- the stack ---- */

static inline void stack(program_t *p)
{
    bool data32 = operand_size(p);
    switch (any(p, 12)) {
    case 0: case 1: case 2: b1(p, 0x50 | any(p, 8)); break;
    case 3: case 4: b1(p, 0x58 | any(p, 8)); break;
    case 5: b1(p, 0x68); bz(p, value32(p), data32); break;
    case 6: b1(p, 0x6A); b1(p, any(p, 256)); break;
    case 7: b1(p, 0xFF); modrm(p, 6); break;
    case 8: b1(p, 0x8F); modrm(p, 0); break;
    case 9: b1(p, 0x60 | any(p, 2)); break;
    case 10: b1(p, 0xC8); b2(p, any(p, 64)); b1(p, any(p, 4)); break;
    default: b1(p, any(p, 2) ? 0x9C : 0x1E);
    }
}
/* Push flags and pop them: TF, IF, DF come and go. */
static inline void load_flags(program_t *p)
{
    static const u32 images[] = { 0x002, 0x202, 0x202, 0x2D7, 0x602, 0x302, 0x102, 0xAD7, 0x242, 0x40202 };
    b1(p, 0x68);
    bz(p, images[any(p, COUNT_OF(images))] | (any(p, 2) ? value32(p) & 0xD5 : 0), p->code32);
    b1(p, 0x9D);
}
static inline void reload_stack(program_t *p)
{
    b1(p, 0xBC);
    bz(p, p->stack_top - 4 * any(p, 64), p->code32);
}

/* ---- registers that point somewhere again ---- */

static inline void point(program_t *p)
{
    static const u8 pointers[] = { 3, 5, 6, 7, 3, 6, 7, 0 };
    for (u32 i = 1 + any(p, 3); i--;) {
        b1(p, 0xB8 | pointers[any(p, COUNT_OF(pointers))]);
        bz(p, data_offset(p), p->code32);
    }
}

/* ---- strings ---- */

static inline void string(program_t *p)
{
    static const u8 ops[] = { 0xA4, 0xA5, 0xA6, 0xA7, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF, 0x6C, 0x6D, 0x6E, 0x6F };
    if (any(p, 3)) {
        b1(p, 0xB9); bz(p, any(p, 3) ? any(p, 12) : any(p, 300), p->code32);
        b1(p, 0xBE); bz(p, data_offset(p), p->code32);
        b1(p, 0xBF); bz(p, chance(p->random, 6) ? code_offset(p) : data_offset(p), p->code32);
    }
    u8 op = ops[any(p, any(p, 4) ? 10 : (u32)COUNT_OF(ops))];
    if ((op & 0xFC) == 0x6C) { b1(p, 0xBA); bz(p, PROGRAM_PORT, p->code32); }
    if (chance(p->random, 10)) b1(p, 0x67);
    operand_size(p);
    if (any(p, 4)) b1(p, 0xF2 | any(p, 2));
    b1(p, op);
}

/* ---- stores into the program ---- */

static inline u32 harmless(program_t *p)
{
    static const u8 bytes[] = { 0x40, 0x41, 0x42, 0x48, 0x4A, 0x90, 0xF5, 0xF8, 0xF9, 0x98, 0x99, 0x9F, 0x27, 0x50, 0xCC, 0xC3 };
    return bytes[any(p, COUNT_OF(bytes))];
}
static inline void modify_self(program_t *p)
{
    static const u8 room[] = { 0x90, 0x40, 0x41, 0x42, 0x90, 0x48, 0x90, 0x90 };
    u32 to = chance(p->random, 3) ? p->code_in_data + (u32)(p->at - p->start) + (p->code32 ? 7 : 5) + any(p, 4) : code_offset(p);
    switch (any(p, 4)) {
    case 0: b1(p, 0xC7); absolute(p, 0, to); bz(p, harmless(p) * 0x01010101u, p->code32); break;
    case 1: b1(p, 0x80); absolute(p, any(p, 2) ? 6 : 0, to); b1(p, any(p, 2)); break;
    case 2: b1(p, 0xFE); absolute(p, any(p, 2), to); break;
    default: b1(p, 0xC6); absolute(p, 0, to); b1(p, harmless(p));
    }
    for (u32 i = any(p, 6); i--;) b1(p, room[any(p, COUNT_OF(room))]);
}

/* ---- ports, time, system ---- */

static inline void ports(program_t *p)
{
    switch (any(p, 4)) {
    case 0: b1(p, 0xE4 | any(p, 2)); b1(p, PROGRAM_PORT + any(p, 4)); break;
    case 1: b1(p, 0xE6 | any(p, 2)); b1(p, PROGRAM_PORT + any(p, 16)); break;
    case 2: b1(p, 0xB8); bz(p, value32(p), p->code32); b1(p, 0xE7); b1(p, PROGRAM_PORT + any(p, 16)); break;
    default: b1(p, 0x0F); b1(p, 0x31);                                           /* RDTSC: the instruction count */
    }
}
static inline void system_things(program_t *p)
{
    static const u8 few[] = { 0xFA, 0xFB, 0xFB, 0xFC, 0xFD, 0xFC, 0xF4, 0xCC, 0xCE, 0xF1, 0x9B };
    switch (any(p, 10)) {
    case 0: case 1: case 2: case 3: b1(p, few[any(p, COUNT_OF(few))]); break;
    case 4: b1(p, 0xCD); b1(p, any(p, 2) ? 0x30 + any(p, 4) : any(p, 256)); break;
    case 5: b1(p, 0x8C); b1(p, 0xC0 | any(p, 8) << 3); b1(p, 0x8E); b1(p, p->at[-2]); break;     /* MOV AX, sreg and back: SS too */
    case 6: b1(p, 0x16); b1(p, 0x17); b1(p, 0x40 | any(p, 16)); break;                           /* PUSH SS, POP SS, its shadow */
    case 7: b1(p, 0x0F); b1(p, 0x20); b1(p, 0xD8); b1(p, 0x0F); b1(p, 0x22); b1(p, 0xD8); break; /* CR3 to itself */
    case 8: b1(p, 0x0F); b1(p, 0x01); absolute(p, 7, data_offset(p)); break;                     /* INVLPG */
    default: b1(p, 0x0F); b1(p, any(p, 2) ? 0x0B : 0xA2);
    }
}

/* ---- control flow ---- */

static inline void emit(program_t *p);

static inline void jump_ahead(program_t *p)
{
    u8 *site;
    if (any(p, 4)) { b1(p, 0x70 | any(p, 16)); b1(p, 0); site = p->at; }
    else           { b1(p, 0xEB); b1(p, 0); site = p->at; }
    for (u32 n = 1 + any(p, 3); n--;) emit(p);
    if (p->at < p->end && p->at - site < 127) site[-1] = (u8)(p->at - site);
}
static inline void loop(program_t *p)
{
    b1(p, 0xB9); bz(p, any(p, 3) ? 2 + any(p, 6) : any(p, 60), p->code32);
    u8 *top = p->at;
    for (u32 n = 1 + any(p, 5); n--;) emit(p);
    u32 kind = any(p, 4);
    if (kind == 3) { b1(p, 0x49); b1(p, 0x75); }                                 /* dec ecx; jnz */
    else b1(p, 0xE0 + (kind == 2 ? any(p, 3) : 2));
    s64 back = top - (p->at + 1);
    b1(p, back >= -128 ? (u32)back : 0);
}
static inline void call(program_t *p)
{
    u32 kind = any(p, 4), size = p->code32 ? 4 : 2;
    u32 here = p->first + (u32)(p->at - p->start);
    u8 *site;
    switch (kind) {
    case 0: b1(p, 0x68); bz(p, here + 1 + size + 1, p->code32); b1(p, 0xC3); return;             /* PUSH next; RET */
    case 1: b1(p, 0xB8 | 2); bz(p, here + 1 + size + 2, p->code32); b1(p, 0xFF); b1(p, (any(p, 2) ? 0xE0 : 0xD0) | 2); return;
    default:                                                                     /* CALL f; JMP over; f: ...; RET */
        b1(p, 0xE8); bz(p, 2, p->code32);
        b1(p, 0xEB); b1(p, 0);
        site = p->at;
        for (u32 n = 1 + any(p, 3); n--;) emit(p);
        b1(p, any(p, 8) ? 0xC3 : 0xC2);
        if (p->at[-1] == 0xC2) b2(p, any(p, 3) * 4);
        if (p->at < p->end && p->at - site < 127) site[-1] = (u8)(p->at - site);
    }
}
static inline void far_call(program_t *p)
{
    bool task = chance(p->random, 2);
    if (!task) { b1(p, 0x6A); b1(p, any(p, 256)); if (!p->code32) { b1(p, 0x6A); b1(p, 0); } }    /* the parameter */
    b1(p, 0x9A);
    bz(p, value32(p), p->code32);                                                /* gates do not look at the offset */
    b2(p, task ? PROGRAM_TASK_GATE : PROGRAM_CALL_GATE);
}
static inline void segments(program_t *p)
{
    static const u8 overrides[] = { 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65 };
    b1(p, overrides[any(p, COUNT_OF(overrides))]);
    if (chance(p->random, 4)) b1(p, 0x67);
    alu(p);
}

/* ---- x87, MMX, SSE ---- */

/* Mostly aligned, mostly there. */
static inline void vector_operand(program_t *p, u32 reg)
{
    switch (any(p, 8)) {
    case 0:          memory(p, reg); break;
    case 1: case 2:  absolute(p, reg, data_offset(p) & ~15u); break;
    default:         b1(p, 0xC0 | reg << 3 | any(p, 8));
    }
}
/* Every opcode with every prefix: what is nobody's is #UD. */
static inline void vector(program_t *p)
{
    static const u8 prefixes[] = { 0, 0, 0x66, 0x66, 0xF3, 0xF2 };
    static const struct { u8 first, last; } ranges[] = { { 0x10, 0x17 }, { 0x28, 0x2F }, { 0x50, 0x5F }, { 0x58, 0x5F }, { 0x60, 0x6F }, { 0x70, 0x76 }, { 0x7C, 0x7F },
                                                         { 0xC2, 0xC6 }, { 0xD0, 0xEF }, { 0xD0, 0xEF }, { 0xF0, 0xFE }, { 0xF0, 0xFE } };
    u32 range = any(p, COUNT_OF(ranges)), opcode = ranges[range].first + any(p, ranges[range].last - ranges[range].first + 1u);
    u8 prefix = prefixes[any(p, COUNT_OF(prefixes))];
    if (prefix) b1(p, prefix);
    b1(p, 0x0F);
    b1(p, opcode);
    if (opcode >= 0x71 && opcode <= 0x73) b1(p, 0xC0 | (2 + 2 * any(p, 3)) << 3 | any(p, 8));
    else                                  vector_operand(p, any(p, 8));
    if ((opcode >= 0x70 && opcode <= 0x73) || opcode == 0xC2 || (opcode >= 0xC4 && opcode <= 0xC6)) b1(p, any(p, 3) ? any(p, 40) : any(p, 256));
}
static inline void vectors(program_t *p)
{
    for (u32 n = 1 + any(p, 5); n--;) vector(p);
}
/* Control words, and the state to memory and back. */
static inline void vector_state(program_t *p)
{
    static const u32 words[] = { 0x1F80, 0x1FA0, 0x1FA0, 0x9FC0, 0x7F80, 0x3FA0, 0x5FBF, 0x0F80, 0x1F00, 0x0000 };
    u32 at = data_offset(p) & ~15u;
    switch (any(p, 4)) {
    case 0:                                                                      /* mov [at], word; ldmxcsr [at] */
        if (!p->code32) b1(p, 0x66);
        b1(p, 0xC7); absolute(p, 0, at); b4(p, words[any(p, COUNT_OF(words))]);
        b1(p, 0x0F); b1(p, 0xAE); absolute(p, 2, at);
        break;
    case 1: b1(p, 0x0F); b1(p, 0xAE); absolute(p, any(p, 4), at); break;
    case 2: b1(p, 0x0F); b1(p, 0x77); break;
    default: b1(p, 0xDB); b1(p, 0xE3);
    }
}
static inline void x87(program_t *p)
{
    if (any(p, 4) == 0) { b1(p, 0xDB); b1(p, 0xE3); }
    for (u32 n = 1 + any(p, 3); n--;) {
        b1(p, 0xD8 | any(p, 8));
        modrm(p, any(p, 8));
    }
}

static inline void emit(program_t *p)
{
    static void (*const kinds[])(program_t *) = { alu, alu, alu, alu, alu, shift_or_group3, shift_or_group3, move, move, move, move,
        bits_and_more, bits_and_more, inc_dec, inc_dec, inc_dec, stack, stack, stack, string, point, point, modify_self, ports, system_things,
        vectors, vectors, vectors, vector_state, x87 };
    kinds[any(p, COUNT_OF(kinds))](p);
}

/* Fill the program's room; its end jumps back to its start. */
static inline void write_program(program_t *p)
{
    u8 *last = p->end - 8;
    point(p);
    while (p->at < last - 60) {
        switch (any(p, 12)) {
        case 0: case 1: loop(p); break;
        case 2: jump_ahead(p); break;
        case 3: if (p->gates && chance(p->random, 2)) far_call(p); else call(p); break;
        case 4: if (chance(p->random, 3)) load_flags(p); else segments(p); break;
        case 5: if (chance(p->random, 4)) reload_stack(p); else emit(p); break;
        default: emit(p);
        }
    }
    while (p->at < last) b1(p, 0x90);
    b1(p, 0xE9);
    u32 size = p->code32 ? 4 : 2;
    bz(p, (u32)(p->start - (p->at + size)), p->code32);
}
