/* test_task.c - task switches and the I/O permission map.  SDM vol. 3A, chapter 7; vol. 1, 18.5. */
#include "tests/protected_machine.h"

static void fill_task_b(void)
{
    static const struct { u8 at; u32 v; } rows[] = {
        { 0x20, 0x3000 }, { 0x24, FLAG_1 | FLAG_CF }, { 0x28, 0xA0 }, { 0x38, STACK_B }, { 0x48, DATA0 }, { 0x4C, CODE0 },
        { 0x50, DATA0 }, { 0x54, DATA0 }, { 0x60, SEL_LDT },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        put(ram + TSS_B + rows[i].at, W32, rows[i].v);
}

START_TEST(a_task_gate_switches_and_iret_comes_back)                            /* vol. 3A, 7.3, 7.4 */
{
    protect(0);
    fill_task_b();
    set_gate(IDT, 8 * 8, SEL_B, 0, 0x85, 0);
    cpu.r[EAX] = 0x1111; cpu.r[EDI] = 0x2222;
    WORKS(interrupt(&cpu, DF, INT_EXCEPTION, 0x4321, true, 0));
    ck_assert_uint_eq(cpu.eip, 0x3000);
    ck_assert_uint_eq(cpu.r[EAX], 0xA0);
    ck_assert_uint_eq(cpu.r[ESP], STACK_B - 4);                  /* the error code */
    ck_assert_uint_eq(cpu_eflags(&cpu), FLAG_1 | FLAG_CF | FLAG_NT);
    ck_assert_uint_eq(cpu.seg[TR].selector, SEL_B);
    ck_assert_uint_eq(cpu.seg[LDTR].base, LDT);
    ck_assert(cpu.cr0 & CR0_TS);
    ck_assert_uint_eq(get(ram + TSS_B, W16), SEL_A);             /* back link */
    ck_assert_uint_eq(get(ram + TSS_A + 0x20, W32), 0x4321);
    ck_assert_uint_eq(get(ram + TSS_A + 0x28, W32), 0x1111);
    ck_assert_uint_eq(get(ram + TSS_A + 0x44, W32), 0x2222);
    ck_assert_uint_eq(ram[GDT + SEL_A + 5] & 0xF, 0xB);          /* both busy */
    ck_assert_uint_eq(ram[GDT + SEL_B + 5] & 0xF, 0xB);

    WORKS(task_switch(&cpu, SEL_A, &(task_entry_t){ .kind = TASK_IRET, .return_eip = 0x3005 }));
    ck_assert_uint_eq(cpu.eip, 0x4321);
    ck_assert_uint_eq(cpu.r[EDI], 0x2222);
    ck_assert_uint_eq(ram[GDT + SEL_B + 5] & 0xF, 9);            /* available again */
    ck_assert_uint_eq(get(ram + TSS_B + 0x20, W32), 0x3005);
    ck_assert_uint_eq(get(ram + TSS_B + 0x24, W32) & FLAG_NT, 0);
}
END_TEST

START_TEST(switching_refuses_bad_task_segments)                                 /* vol. 3A, 7.3, table 7-1 */
{
    protect(3);
    fill_task_b();
    FAULTS(far_call(&cpu, SEL_B, 0, W32, 0), GP, SEL_B);         /* DPL 0 */
    protect(0);
    FAULTS(far_call(&cpu, SEL_A, 0, W32, 0), GP, SEL_A);         /* busy */
    FAULTS(far_call(&cpu, SHORT_TSS, 0, W32, 0), TS, SHORT_TSS);
    FAULTS(task_switch(&cpu, SEL_B, &(task_entry_t){ .kind = TASK_IRET }), TS, SEL_B);  /* not busy */
    ram[GDT + SEL_B + 5] = 0x09;
    FAULTS(far_call(&cpu, TASK_GATE, 0, W32, 0), NP, SEL_B);
    ck_assert_uint_eq(cpu.eip, 0x7777);
}
END_TEST

static int switch_with(u8 at, u16 selector)
{
    make_tables();
    protect(0);
    fill_task_b();
    put(ram + TSS_B + at, W16, selector);
    if (setjmp(cpu.on_fault))
        return cpu.fault.vector;
    far_call(&cpu, SEL_B, 0, W32, 0x10);
    return -1;
}

START_TEST(bad_segments_in_the_new_task_fault_there)                            /* vol. 3A, 7.3, items 12-13 */
{
    static const struct { u8 at; u16 selector; int vector; u32 code; } rows[] = {
        { 0x60, DATA0, TS, DATA0 }, { 0x4C, DATA0, TS, DATA0 }, { 0x4C, 0, TS, 0 }, { 0x50, CODE0, TS, CODE0 }, { 0x50, 0, TS, 0 },
        { 0x54, EXEC_ONLY, TS, EXEC_ONLY }, { 0x54, ABSENT, NP, ABSENT }, { 0x4C, SMALL, GP, 0 },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        ck_assert_int_eq(switch_with(rows[i].at, rows[i].selector), rows[i].vector);
        ck_assert_uint_eq(cpu.fault.code, rows[i].code);
        ck_assert_uint_eq(cpu.seg[TR].selector, SEL_B);
        ck_assert_uint_eq(cpu.eip, 0x3000);
    }
}
END_TEST

START_TEST(a_16_bit_task_keeps_words)                                           /* vol. 3A, 7.6 */
{
    protect(0);
    put(ram + TSS_16 + 0x0E, W16, 0x1234); put(ram + TSS_16 + 0x10, W16, FLAG_1 | FLAG_IF);
    put(ram + TSS_16 + 0x12, W16, 0x5555); put(ram + TSS_16 + 0x1A, W16, 0x8000);
    put(ram + TSS_16 + 0x22, W16, DATA0); put(ram + TSS_16 + 0x24, W16, CODE0_16);
    put(ram + TSS_16 + 0x26, W16, STACK0_16); put(ram + TSS_16 + 0x28, W16, DATA0);
    WORKS(far_call(&cpu, SEL_16, 0, W32, 0x10));
    ck_assert_uint_eq(cpu.eip, 0x1234);
    ck_assert_uint_eq(cpu.r[EAX] & 0xFFFF, 0x5555);
    ck_assert_uint_eq(cpu.seg[SS].selector, STACK0_16);
    ck_assert_uint_eq(cpu.seg[FS].selector, 0);
    ck_assert_uint_eq(get(ram + TSS_A + 0x20, W32), 0x10);
    ck_assert_uint_eq(cpu_eflags(&cpu), FLAG_1 | FLAG_IF | FLAG_NT);
}
END_TEST

START_TEST(a_set_t_bit_traps)                                                   /* vol. 3B, 17.3.1.5 */
{
    protect(0);
    fill_task_b();
    put(ram + TSS_B + 0x64, W16, 1);
    WORKS(far_call(&cpu, SEL_B, 0, W32, 0x10));
    ck_assert_uint_eq(cpu.debug_pending, 1u << 15);
}
END_TEST

START_TEST(the_io_map_decides_below_iopl)                                       /* vol. 1, 18.5.2 */
{
    protect(3);
    memset(ram + TSS_A + 0x88, 0xFF, 0x1FF - 0x88 + 1);
    ram[TSS_A + 0x88 + 0x60 / 8] = 0xFE;                         /* only 60h */
    ram[TSS_A + 0x88 + 0x3F8 / 8] = 0;                           /* 3F8h-3FFh */
    ck_assert(io_permitted(&cpu, 0x60, W8) && !io_permitted(&cpu, 0x60, W16) && !io_permitted(&cpu, 0x61, W8));
    ck_assert(io_permitted(&cpu, 0x3FC, W32) && !io_permitted(&cpu, 0x3FD, W32));
    ck_assert(!io_permitted(&cpu, 0xFFFF, W8));                  /* beyond the map */
    ram[TSS_A + 0x1FF] = ram[TSS_A + 0x1FE] = 0;
    ck_assert(io_permitted(&cpu, (0x1FE - 0x88) * 8, W8));
    ck_assert(!io_permitted(&cpu, (0x1FF - 0x88) * 8, W8));      /* two bytes are read, and the second lies outside */
    cpu_set_eflags(&cpu, FLAG_1 | FLAG_IOPL);
    ck_assert(io_permitted(&cpu, 0x61, W32));
    v86(3);
    ck_assert(!io_permitted(&cpu, 0x61, W8));                    /* V86: the map whatever IOPL is */
    cpu.seg[TR].attributes &= (u16)~8u;
    ck_assert(!io_permitted(&cpu, 0x60, W8));                    /* a 16-bit TSS has none */
    cpu.cr0 = 0;
    ck_assert(io_permitted(&cpu, 0x61, W8));
}
END_TEST

RUN_TESTS("task", a_task_gate_switches_and_iret_comes_back,
          switching_refuses_bad_task_segments,
          bad_segments_in_the_new_task_fault_there,
          a_16_bit_task_keeps_words,
          a_set_t_bit_traps,
          the_io_map_decides_below_iopl)
