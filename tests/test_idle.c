/* test_idle.c - circles of a waiting guest are counted instead of executed (cpu/idle.h), and nobody can tell.
 *
 * Every program runs twice: in one piece, where circles are looked for, and in pieces too short for that.  The states must be equal to the last bit; how
 * much was skipped must be as the program deserves. */
#include <check.h>
#include <string.h>
#include "cpu/cpu.h"
#include "devices/pc.h"
#include "tests/run_all.h"

enum { ROM = 64 << 10, RUN = 3000000, PIECE = 20000 };

typedef struct { const char *name; u8 code[48]; bool skips; } program_t;

/* At F000:0000, real mode, interrupts off unless STI; SS:SP is 0000:7C00 and DS is 0. */
#define START 0x31, 0xC0, 0x8E, 0xD8, 0x8E, 0xD0, 0xBC, 0x00, 0x7C      /* xor ax,ax; mov ds,ax; mov ss,ax; mov sp,7C00h */
static const program_t programs[] = {
    { "jumps to itself",                   { START, 0xEB, 0xFE }, true },
    { "compares a byte in memory",         { START, 0x80, 0x3E, 0x1A, 0x04, 0x00, 0x74, 0xF9, 0xF4 }, true },                   /* L: cmp byte [41Ah],0; je L; hlt */
    { "pushes, calls and pops",            { START, 0x50, 0xE8, 0x03, 0x00, 0x58, 0xEB, 0xF9, 0x53, 0x5B, 0xC3 }, true },       /* L: push ax; call F; pop ax; jmp L; F: push bx; pop bx; ret */
    { "flips a byte to and fro",           { START, 0x80, 0x36, 0x00, 0x05, 0xFF, 0xEB, 0xF9 }, true },                         /* L: xor byte [500h],FFh; jmp L */
    { "sets a flag and clears it again",   { START, 0xFE, 0x06, 0x00, 0x05, 0xFE, 0x0E, 0x00, 0x05, 0xEB, 0xF6 }, true },       /* L: inc byte [500h]; dec byte [500h]; jmp L */
    { "counts down and starts anew",       { START, 0xB9, 0x40, 0x00, 0xE2, 0xFE, 0xEB, 0xF9 }, true },                         /* L: mov cx,40h; loop $; jmp L */
    { "repeats a string instruction",      { START, 0xBF, 0x00, 0x06, 0x8E, 0xC0, 0xB9, 0x20, 0x00, 0xF3, 0xAA, 0x30, 0xC0, 0xEB, 0xF2 }, true },
    { "counts in a register",              { START, 0x40, 0xEB, 0xFD }, false },                                                /* L: inc ax; jmp L: a circle of 65,536 rounds */
    { "counts in memory",                  { START, 0x83, 0x06, 0x00, 0x05, 0x01, 0x83, 0x16, 0x02, 0x05, 0x00, 0xEB, 0xF4 }, false },    /* L: add word [500h],1; adc word [502h],0; jmp L */
    { "reads a port",                      { START, 0xE4, 0x64, 0xA8, 0x01, 0x74, 0xFA }, false },                              /* L: in al,64h; test al,1; jz L */
    { "reads the time stamp counter",      { START, 0x0F, 0x31, 0xEB, 0xFC }, false },                                          /* L: rdtsc; jmp L */
    { "writes on the screen",              { START, 0xB8, 0x00, 0xB8, 0x8E, 0xC0, 0x26, 0xA2, 0x00, 0x00, 0xEB, 0xFA }, false },/* L: mov es:[0],al; jmp L */
    { "moves through memory",              { START, 0xBF, 0x00, 0x10, 0x88, 0x05, 0x47, 0xEB, 0xFB }, false },                  /* L: mov [di],al; inc di; jmp L */
};

static pc_t *power_on(const program_t *p, u8 *rom)
{
    char why[200];
    memset(rom, 0xF4, ROM);
    memcpy(rom, p->code, sizeof p->code);
    memcpy(rom + 0xFFF0, (const u8[]){ 0xEA, 0x00, 0x00, 0x00, 0xF0 }, 5);     /* jmp F000:0000 */
    pc_config_t config = { .ram_bytes = 2 << 20, .cpu = CPU_PENTIUM, .engine = cpu_has_l1() ? ENGINE_L1 : ENGINE_L0, .ips = 100000000,
                           .bios = rom, .bios_bytes = ROM };
    pc_t *pc = pc_new(&config, why, sizeof why);
    ck_assert_msg(pc != NULL, "%s", why);
    return pc;
}

static u64 skipped(const pc_t *pc)
{
    pc_stats_t stats;
    pc_stats(pc, &stats);
    return stats.skipped;
}

START_TEST(a_circle_is_skipped_and_the_state_is_as_if_it_had_not_been)
{
    static u8 rom[ROM];
    const program_t *p = &programs[_i];
    pc_t *whole = power_on(p, rom), *pieces = power_on(p, rom);
    for (u64 at = 0; at < RUN; at += RUN / 4) {
        pc_run(whole, UINT64_MAX, RUN / 4);
        while (pc_instructions(pieces) < pc_instructions(whole)) {
            u64 left = pc_instructions(whole) - pc_instructions(pieces);
            pc_run(pieces, UINT64_MAX, left < PIECE ? left : PIECE);
        }
        ck_assert_msg(pc_hash(whole) == pc_hash(pieces), "%s: another state after %llu instructions", p->name, (unsigned long long)pc_instructions(whole));
    }
    ck_assert_uint_eq(skipped(pieces), 0);
    if (p->skips) ck_assert_msg(skipped(whole) > RUN * 9 / 10, "%s: only %llu skipped", p->name, (unsigned long long)skipped(whole));
    else          ck_assert_msg(skipped(whole) == 0, "%s: %llu skipped", p->name, (unsigned long long)skipped(whole));
    pc_free(whole);
    pc_free(pieces);
}
END_TEST

/* The timer interrupts a waiting loop 18.2 times a second and counts: the circle is found anew after each, and no tick is lost. */
START_TEST(ticks_are_counted_while_circles_are_skipped)
{
    static const program_t ticking = { "waits for ticks", {
        START, 0xC7, 0x06, 0x20, 0x00, 0x1C, 0x00, 0xC7, 0x06, 0x22, 0x00, 0x00, 0xF0,     /* int 8: F000:001C */
        0xB0, 0xFE, 0xE6, 0x21, 0xFB,                          /* mov al,FEh; out 21h,al; sti */
        0xEB, 0xFE,                                            /* 1Ah: jmp $ */
    }, true };
    static u8 rom[ROM];
    pc_t *pc = power_on(&ticking, rom);
    const u8 handler[] = { 0x50, 0xFF, 0x06, 0x6C, 0x04, 0xB0, 0x20, 0xE6, 0x20, 0x58, 0xCF };     /* push ax; inc word [46Ch]; mov al,20h; out 20h,al; pop ax; iret */
    const u8 setup[] = { 0xB0, 0x11, 0xE6, 0x20, 0xB0, 0x08, 0xE6, 0x21, 0xB0, 0x04, 0xE6, 0x21, 0xB0, 0x01, 0xE6, 0x21,   /* PIC: ICW1-4 */
                         0xB0, 0x36, 0xE6, 0x43, 0xB0, 0x00, 0xE6, 0x40, 0xE6, 0x40, 0xEA, 0x00, 0x00, 0x00, 0xF0 };       /* PIT: mode 3, 65536; go on */
    pc_free(pc);
    u8 image[ROM];
    memcpy(image, rom, ROM);
    memcpy(image + 0x1C, handler, sizeof handler);
    memcpy(image + 0x100, setup, sizeof setup);
    memcpy(image + 0xFFF0, (const u8[]){ 0xEA, 0x00, 0x01, 0x00, 0xF0 }, 5);
    char why[200];
    pc_config_t config = { .ram_bytes = 2 << 20, .cpu = CPU_PENTIUM, .engine = cpu_has_l1() ? ENGINE_L1 : ENGINE_L0, .ips = 100000000, .bios = image, .bios_bytes = ROM };
    pc = pc_new(&config, why, sizeof why);
    ck_assert_msg(pc != NULL, "%s", why);
    pc_run(pc, UINT64_MAX, 500000000);                         /* five seconds */
    u8 ticks[2] = { 0 };
    ck_assert(pc_peek(pc, 0x46C, ticks, 2));
    ck_assert_int_ge(ticks[0], 90);
    ck_assert_int_le(ticks[0], 92);
    ck_assert_uint_gt(skipped(pc), 490000000);
    pc_free(pc);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("idle");
    TCase *t = tcase_create("circles");
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, a_circle_is_skipped_and_the_state_is_as_if_it_had_not_been, 0, COUNT_OF(programs));
    tcase_add_test(t, ticks_are_counted_while_circles_are_skipped);
    suite_add_tcase(s, t);
    return run_all(s);
}
