/* codesize.c - a guest that makes a program of K thousand instructions and runs it round and round.  growth.sh links it with shared/bench/src/start_mb.S and
 * writes what to do into that file's word `scale`: bits 0-15 K / 1024, bits 16-17 how often: 0 never, 1 once, 2 until 400 (up to K = 64) or
 * 100 million instructions are through.
 *
 * The program is what a compiler's output looks like from afar: functions of some 64 instructions, moves, loads and stores, arithmetic, every seventh
 * a conditional jump over one instruction.  A generator with a fixed seed draws it, so it is the same on every machine. */
#include "kern.h"

enum { CODE = 0x1000000 };

static u8 *at = (u8 *)CODE;
static u32 seed = 1, data[64];

static u32 draw(u32 below) { seed = seed * 1664525 + 1013904223; return (seed >> 8) % below; }
static void byte(u32 b) { *at++ = (u8)b; }
static u32 reg(void) { return "\0\1\2\3\6\7"[draw(6)]; }                       /* not ESP, not EBP: that one points to the data */
static u32 place(void) { return draw(31) * 4; }

/* Returns how many instructions it wrote. */
static u32 one(void)
{
    static const u8 alu[] = { 0x01, 0x29, 0x31, 0x21, 0x09 };
    u32 a = reg(), b = reg();
    switch (draw(16)) {
    case 0: case 1: byte(0x89); byte(0xC0 | a << 3 | b); return 1;               /* mov r, r */
    case 2: byte(0xB8 | a); for (u32 i = 0; i < 4; i++) byte(draw(256)); return 1;                 /* mov r, imm */
    case 3: case 4: case 5: byte(0x8B); byte(0x45 | a << 3); byte(place()); return 1;              /* mov r, [ebp + n] */
    case 6: case 7: byte(0x89); byte(0x45 | a << 3); byte(place()); return 1;    /* mov [ebp + n], r */
    case 8: case 9: byte(alu[draw(5)]); byte(0xC0 | a << 3 | b); return 1;       /* add, sub, xor, and, or r, r */
    case 10: byte(0x83); byte(0xC0 | (draw(2) ? 0 : 5) << 3 | a); byte(draw(128)); return 1;       /* add, sub r, imm */
    case 11: byte(0x8D); byte(0x44 | a << 3); byte(draw(4) << 6 | b << 3 | reg()); byte(draw(128)); return 1;      /* lea r, [r + r * s + n] */
    case 12: byte(0xC1); byte(0xE0 | draw(2) << 3 | a); byte(1 + draw(30)); return 1;              /* shl, shr r, n */
    case 13: byte(0x0F); byte(0xB6); byte(0x45 | a << 3); byte(place()); return 1;                 /* movzx r, byte [ebp + n] */
    case 14: byte(0x83); byte(0xF8 | a); byte(draw(128)); byte(0x70 | draw(16)); byte(2); byte(0x89); byte(0xC0 | b << 3 | a); return 3;
    default: byte(0x85); byte(0xC0 | a << 3 | a); byte(0x74 | draw(2)); byte(3); byte(0x8B); byte(0x45 | b << 3); byte(place()); return 3;
    }
}

static u8 *make(u32 wanted)
{
    static u8 *functions[65536];
    u32 made = 0, n = 0;
    while (made < wanted && n < 65536) {
        functions[n++] = at;
        for (u32 m = 0; m < 62;) { u32 written = one(); m += written; made += written; }
        byte(0xC3);
        made += 2;                                             /* its CALL too */
    }
    u8 *entry = at;
    for (u32 i = 0; i < n; i++) {
        byte(0xE8);
        u32 distance = (u32)functions[i] - (u32)at - 4;
        for (u32 k = 0; k < 4; k++) byte(distance >> 8 * k);
    }
    byte(0xC3);
    return entry;
}

void kmain(void)
{
    u32 wanted = (scale & 0xFFFF) << 10, mode = scale >> 16;
    u8 *entry = make(wanted);
    for (u32 n = mode == 0 ? 0 : mode == 1 ? 1 : (wanted <= 65536 ? 400000000 : 100000000) / wanted; n--;)
        __asm__ volatile("pusha; movl %0, %%ebp; call *%1; popa" : : "d"(data), "a"(entry) : "memory", "cc");
}
