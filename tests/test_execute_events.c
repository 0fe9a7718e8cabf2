/* test_execute_events.c - what happens between instructions: interrupts on the exact instruction, shadows, single steps, HLT, NMI, REP
 * interrupted and resumed, breakpoints.  Sources stand in each row: SDM volume and section. */
#include "tests/execute.h"

/* Raise INTR after exactly n instructions, then run on to the HLT of its handler. */
static void interrupt_after(int way, u64 n)
{
    ck_assert_int_eq(run_way(way, n), CPU_DEADLINE);
    cpu_intr(&cpu, true);
    ck_assert_int_eq(run_way(way, 5000), CPU_HALTED);
}

START_TEST(interrupts_land_on_the_exact_instruction)
{
    for (u32 n = 1; n <= 100; n++) {
        memset(ram + AT, 0x40, 200);                                            /* inc ax */
        ram[AT + 200] = 0xF4;
        segment_set_real(&cpu, CS, CODE_SEG);
        cpu.r[EAX] = 0; cpu.r[ESP] = SP0; cpu.eip = 0x100; cpu.halted = false;
        cpu_set_eflags(&cpu, FLAG_1 | FLAG_IF);
        interrupt_after(_i, n);
        ENDS_IN(0x40, 0x100 + n);
        ck_assert_uint_eq(cpu.r[EAX], n);
        ck_assert_uint_eq(pushed(2) & FLAG_IF, FLAG_IF);
        ck_assert_uint_eq(cpu_eflags(&cpu) & FLAG_IF, 0);
    }
}
END_TEST

START_TEST(interrupts_land_exactly_in_loops_too)
{
    for (u32 n = 1; n <= 100; n++) {
        CODE(0xB9, 0x00, 0x01, 0x40, 0x43, 0xE2, 0xFC, 0xF4);                   /* mov cx, 256; l: inc ax; inc bx; loop l */
        segment_set_real(&cpu, CS, CODE_SEG);
        cpu.r[EAX] = cpu.r[EBX] = 0; cpu.r[ESP] = SP0; cpu.eip = 0x100; cpu.halted = false;
        cpu_set_eflags(&cpu, FLAG_1 | FLAG_IF);
        interrupt_after(_i, n);
        static const u16 where[] = { 0x103, 0x104, 0x105 };
        ENDS_IN(0x40, where[(n - 1) % 3]);
        ck_assert_uint_eq(cpu.r[EAX], (n + 1) / 3);
        ck_assert_uint_eq(cpu.r[ECX], 0x100 - (n - 1) / 3);
    }
}
END_TEST

/* ---- shadows ---- */

START_TEST(sti_lets_one_more_instruction_pass)                                  /* vol. 2, STI */
{
    CODE(0xFB, 0x40, 0x40, 0xF4);
    cpu_intr(&cpu, true);
    RUN();
    ENDS_IN(0x40, 0x102);
    ck_assert_uint_eq(cpu.r[EAX], 1);
}
END_TEST

START_TEST(a_second_sti_gives_no_second_shadow)                                 /* vol. 2, STI: only if IF was 0 */
{
    CODE(0xFB, 0xFB, 0x40, 0x40, 0xF4);
    cpu_intr(&cpu, true);
    RUN();
    ENDS_IN(0x40, 0x102);
}
END_TEST

START_TEST(sti_cli_lets_nothing_in)
{
    CODE(0xFB, 0xFA, 0x40, 0xF4);
    cpu_intr(&cpu, true);
    RUN();
    ck_assert_uint_eq(cpu.seg[CS].selector, CODE_SEG);
    ck_assert_uint_eq(cpu.r[EAX], 1);
}
END_TEST

START_TEST(mov_ss_and_pop_ss_cover_the_next_instruction)                        /* vol. 3A, 6.8.3 */
{
    cpu_set_eflags(&cpu, FLAG_1 | FLAG_IF);
    cpu.r[EAX] = STACK_SEG;
    CODE(0x8E, 0xD0, 0x43, 0x43, 0x16, 0x17, 0x41, 0x41, 0xF4);                 /* mov ss, ax; inc bx; inc bx; push ss; pop ss; inc cx; inc cx */
    interrupt_after(_i, 1);
    ENDS_IN(0x40, 0x103);
    ck_assert_uint_eq(cpu.r[EBX], 1);
    segment_set_real(&cpu, CS, CODE_SEG);
    cpu.halted = false; cpu.eip = 0x104; cpu.r[ESP] = SP0;
    cpu_set_eflags(&cpu, FLAG_1 | FLAG_IF);
    interrupt_after(_i, 2);
    ENDS_IN(0x40, 0x107);
    ck_assert_uint_eq(cpu.r[ECX], 1);
}
END_TEST

START_TEST(mov_to_other_segments_has_no_shadow)
{
    cpu_set_eflags(&cpu, FLAG_1 | FLAG_IF);
    CODE(0x8E, 0xC0, 0x43, 0xF4);
    interrupt_after(_i, 1);
    ENDS_IN(0x40, 0x102);
}
END_TEST

/* ---- single step: the handler counts and keeps the IPs it saw ---- */

enum { TRACE = 0x8000 };
/* Vector 1: push ax, bx; mov bx, cs:[n]; mov ax, [sp+4]; mov cs:[bx+list], ax; n += 2; pop; iret */
static void trace_steps(void)
{
    CODE_AT(TRACE, 0x50, 0x53, 0x55, 0x2E, 0x8B, 0x1E, 0x80, 0x00, 0x89, 0xE5, 0x8B, 0x46, 0x06, 0x2E, 0x89, 0x87, 0x90, 0x00,
            0x2E, 0x83, 0x06, 0x80, 0x00, 0x02, 0x5D, 0x5B, 0x58, 0xCF);
    put(ram + 4, W16, 0); put(ram + 6, W16, TRACE >> 4);
}
static u32 steps(void)        { return word_at(TRACE + 0x80) / 2; }
static u32 step_ip(u32 n)     { return word_at(TRACE + 0x90 + 2 * n); }
#define STEPS(...) do { static const u16 ips_[] = { __VA_ARGS__ }; \
    for (unsigned i_ = 0; i_ < COUNT_OF(ips_) && i_ < steps(); i_++) ck_assert_uint_eq(step_ip(i_), ips_[i_]); \
    ck_assert_uint_eq(steps(), COUNT_OF(ips_)); } while (0)

START_TEST(tf_traps_after_every_instruction_behind_popf)                        /* vol. 3B, 17.3.1.4 */
{
    trace_steps();
    CODE(0x68, 0x02, 0x01, 0x9D, 0x40, 0xEB, 0x00, 0x6A, 0x02, 0x9D, 0x40, 0xF4);   /* push 102h; popf; inc; jmp +0; push 2; popf; inc; hlt */
    RUN();
    STEPS(0x105, 0x107, 0x109, 0x10A);                                          /* POPF that clears TF is itself still stepped */
}
END_TEST

START_TEST(mov_ss_delays_the_trap_by_one)                                       /* vol. 3A, 6.8.3 */
{
    trace_steps();
    cpu.r[EAX] = STACK_SEG;
    CODE(0x68, 0x02, 0x01, 0x9D, 0x8E, 0xD0, 0x43, 0x6A, 0x02, 0x9D, 0xF4);
    RUN();
    STEPS(0x107, 0x109, 0x10A);
}
END_TEST

START_TEST(int_n_clears_tf_and_its_own_trap_is_not_taken)                       /* vol. 3B, 17.3.1.4 */
{
    trace_steps();
    put(ram + 4 * 0x50, W16, 0x200); put(ram + 4 * 0x50 + 2, W16, CODE_SEG);
    CODE_AT(AT + 0x100, 0x43, 0xCF);                                            /* INT 50h: inc bx; iret */
    CODE(0x68, 0x02, 0x01, 0x9D, 0xCD, 0x50, 0x40, 0x6A, 0x02, 0x9D, 0xF4);
    RUN();
    ck_assert_uint_eq(cpu.r[EBX], 1);
    STEPS(0x107, 0x109, 0x10A);                                                 /* nothing in the handler; IRET brought TF back */
}
END_TEST

START_TEST(a_repeated_instruction_traps_after_every_iteration)                  /* vol. 3B, 17.3.1.4 */
{
    trace_steps();
    cpu.r[EDI] = 0x100;
    CODE(0xB9, 0x03, 0x00, 0x68, 0x02, 0x01, 0x9D, 0xF3, 0xAA, 0x6A, 0x02, 0x9D, 0xF4);
    RUN();
    STEPS(0x107, 0x107, 0x109, 0x10B, 0x10C);
    ck_assert_uint_eq(cpu.r[EDI], 0x103);
    ck_assert_uint_eq(cpu.dr[6] & 0x4000, 0x4000);                              /* BS */
}
END_TEST

START_TEST(a_faulting_instruction_is_not_stepped)
{
    trace_steps();
    put(ram + 4 * UD, W16, 0x200); put(ram + 4 * UD + 2, W16, CODE_SEG);
    CODE_AT(AT + 0x100, 0x55, 0x89, 0xE5, 0x83, 0x46, 0x02, 0x02, 0x5D, 0xCF);  /* #UD: skip two bytes */
    CODE(0x68, 0x02, 0x01, 0x9D, 0x0F, 0x0B, 0x40, 0x6A, 0x02, 0x9D, 0xF4);
    RUN();
    STEPS(0x107, 0x109, 0x10A);
}
END_TEST

/* ---- HLT, NMI ---- */

START_TEST(hlt_waits_for_an_interrupt_and_goes_on_behind_itself)                /* vol. 2, HLT */
{
    CODE(0xFB, 0xF4, 0x40, 0xF4);
    RUN();
    ck_assert_uint_eq(cpu.eip, 0x102);
    ck_assert_uint_eq(cpu.r[EAX], 0);
    cpu_intr(&cpu, true);
    RUN();
    ENDS_IN(0x40, 0x102);
}
END_TEST

START_TEST(hlt_with_interrupts_off_wakes_by_nmi_alone)
{
    CODE(0xF4, 0x40, 0xF4);
    RUN();
    cpu_intr(&cpu, true);
    ck_assert_int_eq(run_way(_i, 10), CPU_HALTED);
    ck_assert_uint_eq(cpu.eip, 0x101);
    cpu_intr(&cpu, false);
    cpu_nmi(&cpu);
    RUN();
    ENDS_IN(NMI, 0x101);
}
END_TEST

START_TEST(nmi_is_blocked_until_iret)                                           /* vol. 3A, 6.7.1 */
{
    put(ram + 4 * NMI, W16, 0x200); put(ram + 4 * NMI + 2, W16, CODE_SEG);
    CODE_AT(AT + 0x100, 0x43, 0x43, 0x43, 0xCF);                                /* inc bx three times; iret */
    CODE(0x40, 0x40, 0x40, 0xF4);
    ck_assert_int_eq(run_way(_i, 1), CPU_DEADLINE);
    cpu_nmi(&cpu);
    ck_assert_int_eq(run_way(_i, 2), CPU_DEADLINE);                             /* two of the handler's instructions */
    ck_assert_uint_eq(cpu.r[EBX], 2);
    cpu_nmi(&cpu);
    ck_assert_int_eq(run_way(_i, 2), CPU_DEADLINE);                             /* the third, and IRET */
    ck_assert_uint_eq(cpu.r[EBX], 3);
    ck_assert_uint_eq(cpu.eip, 0x101);
    RUN();
    ck_assert_uint_eq(cpu.r[EBX], 6);
    ck_assert_uint_eq(cpu.r[EAX], 3);
}
END_TEST

START_TEST(nmi_comes_before_intr)                                               /* vol. 3A, table 6-2 */
{
    put(ram + 4 * NMI, W16, 0x200); put(ram + 4 * NMI + 2, W16, CODE_SEG);
    CODE_AT(AT + 0x100, 0xCF);
    cpu_set_eflags(&cpu, FLAG_1 | FLAG_IF);
    CODE(0x40, 0x40, 0xF4);
    ck_assert_int_eq(run_way(_i, 1), CPU_DEADLINE);
    cpu_nmi(&cpu);
    cpu_intr(&cpu, true);
    RUN();
    ENDS_IN(0x40, 0x101);
    ck_assert_uint_eq((u32)interrupt_at, 2);                                    /* after INC and the NMI handler's IRET */
}
END_TEST

/* ---- REP ---- */

START_TEST(rep_is_interrupted_between_iterations_and_resumed)                   /* vol. 2, REP */
{
    for (u32 n = 1; n < 60; n++) {
        memset(ram + DATA_SEG * 16, 0, 0x200);
        for (u32 i = 0; i < 100; i++) ram[DATA_SEG * 16 + i] = (u8)(i + 1);
        put(ram + 4 * 0x40, W16, 0x200); put(ram + 4 * 0x40 + 2, W16, CODE_SEG);
        CODE_AT(AT + 0x100, 0x43, 0xCF);
        CODE(0xF3, 0xA4, 0xF4);
        cpu.r[ESI] = 0; cpu.r[EDI] = 0x100; cpu.r[ECX] = 50; cpu.r[EBX] = 0; cpu.r[ESP] = SP0;
        cpu.eip = 0x100; cpu.halted = false;
        cpu_set_eflags(&cpu, FLAG_1 | FLAG_IF);
        u64 from = cpu_instructions(&cpu);
        ck_assert_int_eq(run_way(_i, n), n < 52 ? CPU_DEADLINE : CPU_HALTED);
        ck_assert_uint_eq(cpu.r[ECX], n < 50 ? 50 - n : 0);
        ck_assert_uint_eq(cpu.eip, n < 50 ? 0x100 : n == 50 ? 0x102 : 0x103);
        ck_assert_uint_eq(cpu.r[EDI], 0x100 + (n < 50 ? n : 50));
        if (n > 50) continue;
        cpu_intr(&cpu, true);
        RUN();
        ck_assert_uint_eq(cpu.r[EBX], 1);
        ck_assert_uint_eq((u32)(interrupt_at - from), n);
        ck_assert_mem_eq(ram + DATA_SEG * 16 + 0x100, ram + DATA_SEG * 16, 50);
        ck_assert_uint_eq((u32)(cpu_instructions(&cpu) - from), 50 + 2 + 1);
    }
}
END_TEST

START_TEST(a_fault_in_the_middle_of_rep_leaves_the_iterations_done)             /* vol. 2, REP */
{
    CODE(0xF3, 0xAA);
    cpu.r[EDI] = 0xFFF0; cpu.r[ECX] = 0x20;
    cpu.seg[ES].limit = 0xFFF7;
    segment_derive(&cpu.seg[ES]);
    cpu_mode_changed(&cpu);
    RUN();
    ENDS_IN(GP, 0x100);
    ck_assert_uint_eq(cpu.r[EDI], 0xFFF8);
    ck_assert_uint_eq(cpu.r[ECX], 0x18);
}
END_TEST

START_TEST(repe_and_repne_stop_where_the_flag_says)
{
    memcpy(ram + DATA_SEG * 16 + 0x100, "aaaabaaa", 8);
    cpu.r[EDI] = 0x100; cpu.r[ECX] = 8; cpu.r[EAX] = 'a';
    CODE(0xF3, 0xAE, 0xB0, 0x61, 0xF2, 0xAE, 0xE3, 0x00, 0xF2, 0xAE, 0xF4);
    RUN();
    ck_assert_uint_eq(cpu.r[EDI], 0x107);                                       /* stopped behind b; found a; found a */
    ck_assert_uint_eq(cpu.r[ECX], 1);
}
END_TEST

START_TEST(rep_with_a_count_of_zero_does_nothing_and_takes_no_flags)
{
    cpu_set_eflags(&cpu, FLAG_1 | FLAG_ZF | FLAG_CF);
    cpu.r[ECX] = 0x10000;                                                       /* CX is what counts */
    CODE(0xF2, 0xA6, 0xF4);
    RUN();
    ck_assert_uint_eq(cpu.r[ESI], 0);
    ck_assert_uint_eq(cpu_eflags(&cpu), FLAG_1 | FLAG_ZF | FLAG_CF);
}
END_TEST

/* ---- instruction breakpoints ---- */

START_TEST(a_breakpoint_faults_before_its_instruction)                          /* vol. 3B, 17.3.1.1 */
{
    cpu.dr[0] = AT + 1;
    cpu.dr[7] = 0x402;
    CODE(0x40, 0x40, 0x40, 0xF4);
    RUN();
    ENDS_IN(DB, 0x101);
    ck_assert_uint_eq(cpu.r[EAX], 1);
    ck_assert_uint_eq(cpu.dr[6] & 0xF, 1);
}
END_TEST

START_TEST(the_resume_flag_lets_it_run_once)                                    /* vol. 3B, 17.3.1.1 */
{
    cpu.dr[0] = AT;
    cpu.dr[7] = 0x402;
    cpu_set_eflags(&cpu, FLAG_1 | FLAG_RF);
    CODE(0x40, 0x83, 0xF8, 0x02, 0x75, 0xFA, 0xF4);                             /* l: inc ax; cmp ax, 2; jne l */
    RUN();
    ENDS_IN(DB, 0x100);
    ck_assert_uint_eq(cpu.r[EAX], 1);
}
END_TEST

START_TEST(the_resume_flag_covers_all_iterations_of_a_repeated_instruction)      /* vol. 3B, 17.3.1.1 */
{
    cpu.dr[0] = AT;
    cpu.dr[7] = 0x402;
    cpu_set_eflags(&cpu, FLAG_1 | FLAG_RF);
    cpu.r[ECX] = 50;
    CODE(0xF3, 0xAA, 0xF4);
    RUN();
    ck_assert_uint_eq(cpu.seg[CS].selector, CODE_SEG);
    ck_assert_uint_eq(cpu.r[ECX], 0);
    ck_assert_uint_eq(cpu_eflags(&cpu) & FLAG_RF, 0);
}
END_TEST

RUN_TESTS("execute events", interrupts_land_on_the_exact_instruction, interrupts_land_exactly_in_loops_too, sti_lets_one_more_instruction_pass,
    a_second_sti_gives_no_second_shadow, sti_cli_lets_nothing_in, mov_ss_and_pop_ss_cover_the_next_instruction, mov_to_other_segments_has_no_shadow,
    tf_traps_after_every_instruction_behind_popf, mov_ss_delays_the_trap_by_one, int_n_clears_tf_and_its_own_trap_is_not_taken,
    a_repeated_instruction_traps_after_every_iteration, a_faulting_instruction_is_not_stepped, hlt_waits_for_an_interrupt_and_goes_on_behind_itself,
    hlt_with_interrupts_off_wakes_by_nmi_alone, nmi_is_blocked_until_iret, nmi_comes_before_intr, rep_is_interrupted_between_iterations_and_resumed,
    a_fault_in_the_middle_of_rep_leaves_the_iterations_done, repe_and_repne_stop_where_the_flag_says,
    rep_with_a_count_of_zero_does_nothing_and_takes_no_flags, a_breakpoint_faults_before_its_instruction, the_resume_flag_lets_it_run_once,
    the_resume_flag_covers_all_iterations_of_a_repeated_instruction)
