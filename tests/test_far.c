/* test_far.c - far calls, jumps and returns.  SDM vol. 3A, 5.8; vol. 2, CALL, JMP, RET. */
#include "tests/protected_machine.h"

START_TEST(a_real_mode_far_call_pushes_cs_and_ip)                               /* vol. 2, CALL */
{
    segment_set_real(&cpu, SS, 0x100); segment_set_real(&cpu, CS, 0x50);
    cpu.r[ESP] = 0xABCD0002;
    WORKS(far_call(&cpu, 0x1234, 0x5678, W16, 0x1111));
    ck_assert_uint_eq(cpu.r[ESP], 0xABCDFFFE);                   /* only SP, and it wraps */
    ck_assert_uint_eq(get(ram + 0x1000, W16), 0x50);
    ck_assert_uint_eq(get(ram + 0x1000 + 0xFFFE, W16), 0x1111);
    ck_assert_uint_eq(cpu.seg[CS].base, 0x12340);
    ck_assert_uint_eq(cpu.eip, 0x5678);
    FAULTS(far_jump(&cpu, 0x1000, 0x10000, W32), GP, 0);         /* IP beyond the limit */
    cpu.r[ESP] = 1;
    ck_assert_int_eq(FAULT_OF(far_call(&cpu, 0, 0, W16, 0)), SS_FAULT);
    ck_assert_uint_eq(cpu.r[ESP], 1);
}
END_TEST

START_TEST(a_call_gate_switches_stacks_and_copies_parameters)                   /* vol. 3A, 5.8.5 */
{
    protect(3);
    set_stack(0, 0xAAAA); set_stack(1, 0xBBBB);
    WORKS(far_call(&cpu, GATE32 | 3, 0xDEAD, W32, 0x4444));
    ck_assert_uint_eq(cpu.cpl, 0);
    ck_assert_uint_eq(cpu.seg[CS].selector, CODE0);
    ck_assert_uint_eq(cpu.eip, 0x00123456);
    ck_assert_uint_eq(cpu.seg[SS].selector, DATA0);
    ck_assert_uint_eq(cpu.r[ESP], STACK0 - 24);
    static const u32 expected[] = { 0x4444, CODE3, 0xAAAA, 0xBBBB, STACK3, DATA3 };
    for (u32 i = 0; i < COUNT_OF(expected); i++)
        ck_assert_uint_eq(on_stack(i), expected[i]);

    WORKS(far_return(&cpu, W32, 8));                             /* and back, releasing the parameters on both stacks */
    ck_assert_uint_eq(cpu.cpl, 3);
    ck_assert_uint_eq(cpu.eip, 0x4444);
    ck_assert_uint_eq(cpu.r[ESP], STACK3 + 8);
    ck_assert_uint_eq(cpu.seg[SS].selector, DATA3);
}
END_TEST

START_TEST(a_16_bit_gate_pushes_words_and_takes_16_bits_of_offset)              /* vol. 3A, 5.8.3, 21.4 */
{
    protect(3);
    WORKS(far_call(&cpu, GATE16 | 3, 0, W32, 0x12344444));
    ck_assert_uint_eq(cpu.eip, 0x4321);
    ck_assert_uint_eq(cpu.r[ESP], STACK0 - 8);
    ck_assert_uint_eq(word_on_stack(0), 0x4444);
    ck_assert_uint_eq(word_on_stack(1), CODE3);
    ck_assert_uint_eq(word_on_stack(2), STACK3 & 0xFFFF);
    ck_assert_uint_eq(word_on_stack(3), DATA3);
}
END_TEST

START_TEST(gates_refuse_those_who_may_not_use_them)                             /* vol. 3A, 5.8.4 */
{
    protect(3);
    FAULTS(far_call(&cpu, GATE_INNER | 3, 0, W32, 0), GP, GATE_INNER);
    FAULTS(far_call(&cpu, GATE_ABSENT | 3, 0, W32, 0), NP, GATE_ABSENT);
    FAULTS(far_jump(&cpu, GATE32 | 3, 0, W32), GP, CODE0);       /* JMP cannot change the level */
    put(ram + TSS_A + 8, W16, 0);
    FAULTS(far_call(&cpu, GATE32 | 3, 0, W32, 0), TS, 0);
    put(ram + TSS_A + 8, W16, DATA3);
    FAULTS(far_call(&cpu, GATE32 | 3, 0, W32, 0), TS, DATA3 & ~3);
    put(ram + TSS_A + 8, W16, DATA0 | 1);                        /* RPL, then type, then presence of the inner SS */
    FAULTS(far_call(&cpu, GATE32 | 3, 0, W32, 0), TS, DATA0);
    put(ram + TSS_A + 8, W16, READ_ONLY);
    FAULTS(far_call(&cpu, GATE32 | 3, 0, W32, 0), TS, READ_ONLY);
    set_descriptor(GDT, VARIABLE, 0, 0xFFFF, 0x12, 0);
    put(ram + TSS_A + 8, W16, VARIABLE);
    FAULTS(far_call(&cpu, GATE32 | 3, 0, W32, 0), SS_FAULT, VARIABLE);
    put(ram + TSS_A + 8, W16, DATA0); put(ram + TSS_A + 4, W32, 8);
    put_segment(TR, SEL_A);
    set_descriptor(GDT, DATA0, 0, 0xFFF, 0x92, 4);               /* no room: offsets below 0 */
    FAULTS(far_call(&cpu, GATE32 | 3, 0, W32, 0), SS_FAULT, DATA0);
    cpu.seg[TR].limit = 8;
    FAULTS(far_call(&cpu, GATE32 | 3, 0, W32, 0), TS, SEL_A);
    ck_assert_uint_eq(cpu.cpl, 3);
    ck_assert_uint_eq(cpu.r[ESP], STACK3);
}
END_TEST

START_TEST(conforming_code_keeps_the_callers_level)                             /* vol. 3A, 5.8.1.2 */
{
    protect(3);
    WORKS(far_call(&cpu, CONFORMING0, 0x500, W32, 0x600));
    ck_assert_uint_eq(cpu.cpl, 3);
    ck_assert_uint_eq(cpu.seg[CS].selector, CONFORMING0 | 3);
    FAULTS(far_jump(&cpu, CODE0, 0, W32), GP, CODE0);
}
END_TEST

START_TEST(eip_must_lie_in_the_new_segment)                                     /* vol. 2, JMP */
{
    protect(0);
    WORKS(far_jump(&cpu, SMALL, 0xFF, W32));
    protect(0);
    FAULTS(far_jump(&cpu, SMALL, 0x100, W32), GP, 0);
    ck_assert_uint_eq(cpu.seg[CS].selector, CODE0);
}
END_TEST

START_TEST(returning_outward_hides_inner_segments)                              /* vol. 3A, 5.8.6 */
{
    protect(0);
    put_segment(FS, DATA3); put_segment(GS, CONFORMING0);
    set_stack(0, 0x100); set_stack(1, CODE3); set_stack(2, 0x8000); set_stack(3, DATA3);
    WORKS(far_return(&cpu, W32, 0));
    ck_assert_uint_eq(cpu.seg[DS].selector, 0);
    ck_assert(cpu.seg[DS].read_span == -1);
    ck_assert_uint_eq(cpu.seg[FS].selector, DATA3);
    ck_assert_uint_eq(cpu.seg[GS].selector, CONFORMING0);
    ck_assert_uint_eq(cpu.r[ESP], 0x8000);
}
END_TEST

START_TEST(a_return_that_faults_changes_nothing)
{
    protect(0);
    set_stack(0, 0x100); set_stack(1, CODE3); set_stack(2, 0x8000); set_stack(3, DATA0);
    FAULTS(far_return(&cpu, W32, 0), GP, DATA0);
    set_stack(3, 0);
    FAULTS(far_return(&cpu, W32, 0), GP, 0);
    set_stack(1, 0);
    FAULTS(far_return(&cpu, W32, 0), GP, 0);
    ck_assert_uint_eq(cpu.r[ESP], STACK0);
    ck_assert_uint_eq(cpu.cpl, 0);
    ck_assert_uint_eq(cpu.eip, 0x7777);
}
END_TEST

RUN_TESTS("far", a_real_mode_far_call_pushes_cs_and_ip,
          a_call_gate_switches_stacks_and_copies_parameters,
          a_16_bit_gate_pushes_words_and_takes_16_bits_of_offset,
          gates_refuse_those_who_may_not_use_them,
          conforming_code_keeps_the_callers_level,
          eip_must_lie_in_the_new_segment,
          returning_outward_hides_inner_segments,
          a_return_that_faults_changes_nothing)
