/* test_interrupt.c - delivering interrupts and exceptions, and IRET.  SDM vol. 3A, chapter 6, 20.1.4, 20.3. */
#include "tests/protected_machine.h"

START_TEST(real_mode_interrupts_use_the_table_at_idtr)                          /* vol. 3A, 20.1.4 */
{
    cpu.idtr.base = 0; cpu.idtr.limit = 0x3FF;
    put(ram + 4 * 0x21, W16, 0x1234); put(ram + 4 * 0x21 + 2, W16, 0xF000);
    segment_set_real(&cpu, SS, 0x100); segment_set_real(&cpu, CS, 0x50);
    cpu.r[ESP] = 0x100;
    cpu_set_eflags(&cpu, FLAG_1 | FLAG_IF | FLAG_TF | FLAG_CF | FLAG_NT);
    WORKS(interrupt(&cpu, 0x21, INT_SOFTWARE, 0x777, false, 0));
    ck_assert_uint_eq(word_on_stack(0), 0x777);
    ck_assert_uint_eq(word_on_stack(1), 0x50);
    ck_assert_uint_eq(word_on_stack(2), FLAG_1 | FLAG_IF | FLAG_TF | FLAG_CF | FLAG_NT);
    ck_assert_uint_eq(cpu_eflags(&cpu), FLAG_1 | FLAG_CF | FLAG_NT);
    ck_assert_uint_eq(cpu.seg[CS].base, 0xF0000);
    WORKS(interrupt_return(&cpu, W16));
    ck_assert_uint_eq(cpu.eip, 0x777);
    ck_assert_uint_eq(cpu_eflags(&cpu), FLAG_1 | FLAG_IF | FLAG_TF | FLAG_CF | FLAG_NT);
    cpu.idtr.limit = 4 * 0x21 + 2;
    ck_assert_int_eq(FAULT_OF(interrupt(&cpu, 0x21, INT_SOFTWARE, 0, false, 0)), GP);
}
END_TEST

START_TEST(a_fault_from_level_3_arrives_on_the_inner_stack)                     /* vol. 3A, 6.12.1, figure 6-4 */
{
    protect(3);
    set_gate(IDT, 8 * 13, CODE0, 0x2000, 0x8E, 0);
    cpu_set_eflags(&cpu, FLAG_1 | FLAG_IF | FLAG_TF | FLAG_NT | FLAG_ZF);
    WORKS(interrupt(&cpu, GP, INT_EXCEPTION, 0x555, true, 0x48));
    static const u32 expected[] = { 0x48, 0x555, CODE3, FLAG_1 | FLAG_IF | FLAG_TF | FLAG_NT | FLAG_ZF | FLAG_RF, STACK3, DATA3 };
    for (u32 i = 0; i < COUNT_OF(expected); i++)
        ck_assert_uint_eq(on_stack(i), expected[i]);
    ck_assert_uint_eq(cpu_eflags(&cpu), FLAG_1 | FLAG_ZF);
    ck_assert_uint_eq(cpu.cpl, 0);
    cpu.r[ESP] += 4;
    WORKS(interrupt_return(&cpu, W32));
    ck_assert_uint_eq(cpu.cpl, 3);
    ck_assert_uint_eq(cpu.r[ESP], STACK3);
    ck_assert_uint_eq(cpu_eflags(&cpu), expected[3]);
}
END_TEST

static u32 pushed_rf(u8 vector, int_source_t source)
{
    protect(0);
    set_gate(IDT, 8u * vector, CODE0, 0x2000, 0x8E, 0);
    cpu_set_eflags(&cpu, FLAG_1);
    interrupt(&cpu, vector, source, 0x10, false, 0);
    return on_stack(2) & FLAG_RF;
}

START_TEST(only_faults_push_the_resume_flag)                                    /* vol. 3B, 17.3.1.1 */
{
    static const u8 faults[] = { DE, BR, UD, NM, TS, NP, SS_FAULT, GP, PF_FAULT, MF, AC, XM }, others[] = { DB, BP, OF_TRAP, DF, MC };
    for (unsigned i = 0; i < COUNT_OF(faults); i++)
        ck_assert_uint_eq(pushed_rf(faults[i], INT_EXCEPTION), FLAG_RF);
    for (unsigned i = 0; i < COUNT_OF(others); i++)
        ck_assert_uint_eq(pushed_rf(others[i], INT_EXCEPTION), 0);
    ck_assert_uint_eq(pushed_rf(GP, INT_SOFTWARE), 0);
    ck_assert_uint_eq(pushed_rf(0x40, INT_HARDWARE), 0);
}
END_TEST

START_TEST(a_page_fault_on_the_inner_stack_leaves_everything_as_it_was)         /* vol. 3A, 6.12.1: checks before pushes */
{
    protect(3);
    paging();
    set_gate(IDT, 8 * 0x30, CODE0, 0x2000, 0xEE, 0);
    put(ram + TSS_A + 4, W32, STACK0 + 8);                       /* two pushes fit, three lie in a page that is not there */
    put(ram + 0x21000 + 4 * (STACK0 / PAGE_BYTES - 1), W32, 0);
    FAULTS(interrupt(&cpu, 0x30, INT_SOFTWARE, 0x10, false, 0), PF_FAULT, PF_WRITE);
    ck_assert_uint_eq(cpu.cr2, STACK0 - 4);
    ck_assert_uint_eq(get(ram + STACK0, W32), 0);
    ck_assert_uint_eq(get(ram + STACK0 + 4, W32), 0);
    ck_assert_uint_eq(cpu.r[ESP], STACK3);
    ck_assert_uint_eq(cpu.cpl, 3);
    ck_assert_uint_eq(cpu.seg[SS].selector, DATA3);
}
END_TEST

START_TEST(tables_are_read_as_supervisor_from_every_level)                      /* vol. 3A, 4.6.1 */
{
    protect(3);
    paging();
    for (u32 page = GDT / PAGE_BYTES; page <= TSS_A / PAGE_BYTES; page++)
        put(ram + 0x21000 + 4 * page, W32, page << 12 | 3);      /* GDT, IDT, LDT, TSS: supervisor pages */
    set_gate(IDT, 8 * 0x30, CODE0, 0x2000, 0xEE, 0);
    WORKS(load_segment(&cpu, ES, DATA3));
    FAULTS(load(&cpu, ES, GDT, W32), PF_FAULT, PF_PRESENT | PF_USER);
    WORKS(interrupt(&cpu, 0x30, INT_SOFTWARE, 0x10, false, 0));
    ck_assert_uint_eq(cpu.cpl, 0);
}
END_TEST

START_TEST(software_interrupts_obey_the_gates_dpl)                              /* vol. 3A, 6.12.1.1 */
{
    protect(3);
    set_gate(IDT, 8 * 0x30, CODE0, 0x2000, 0x8E, 0);
    set_gate(IDT, 8 * 0x31, CODE0, 0x2000, 0x6F, 0);
    FAULTS(interrupt(&cpu, 0x30, INT_SOFTWARE, 0, false, 0), GP, 0x30 * 8 + 2);
    FAULTS(interrupt(&cpu, 0x31, INT_SOFTWARE, 0, false, 0), NP, 0x31 * 8 + 2);
    FAULTS(interrupt(&cpu, 0x32, INT_HARDWARE, 0, false, 0), GP, 0x32 * 8 + 3);   /* no gate; EXT */
    WORKS(interrupt(&cpu, 0x30, INT_HARDWARE, 0, false, 0));
}
END_TEST

START_TEST(trap_gates_leave_if_alone)                                           /* vol. 3A, 6.12.1.3 */
{
    protect(0);
    set_gate(IDT, 8 * 0x30, CODE0, 0x2000, 0x8F, 0);
    cpu_set_eflags(&cpu, FLAG_1 | FLAG_IF);
    WORKS(interrupt(&cpu, 0x30, INT_SOFTWARE, 0x10, false, 0));
    ck_assert_uint_eq(cpu_eflags(&cpu), FLAG_1 | FLAG_IF);
    ck_assert_uint_eq(cpu.r[ESP], STACK0 - 12);                  /* same level: no SS, ESP */
    ck_assert_uint_eq(on_stack(2), FLAG_1 | FLAG_IF);            /* no RF: not a fault */
}
END_TEST

START_TEST(v86_interrupts_save_all_segments_and_iret_restores_them)             /* vol. 3A, 20.3.1.1 */
{
    v86(3);
    set_gate(IDT, 8 * 0x30, CODE0, 0x2000, 0xEE, 0);
    WORKS(interrupt(&cpu, 0x30, INT_SOFTWARE, 0x44, false, 0));
    static const u32 expected[] = { 0x44, 0x200, FLAG_VM | FLAG_IF | FLAG_IOPL | FLAG_1, 0x800, 0x300, 0x100, 0x400, 0x500, 0x600 };
    for (u32 i = 0; i < COUNT_OF(expected); i++)                 /* EIP CS EFLAGS ESP SS ES DS FS GS */
        ck_assert_uint_eq(on_stack(i), expected[i]);
    ck_assert(!is_v86(&cpu));
    ck_assert_uint_eq(cpu.seg[DS].selector, 0);
    WORKS(interrupt_return(&cpu, W32));
    ck_assert(is_v86(&cpu));
    ck_assert_uint_eq(cpu.cpl, 3);
    ck_assert_uint_eq(cpu.seg[GS].base, 0x6000);
    ck_assert_uint_eq(cpu.r[ESP], 0x800);
    ck_assert_uint_eq(cpu_eflags(&cpu), expected[2]);
}
END_TEST

START_TEST(v86_with_low_iopl_traps_sensitive_instructions)                      /* vol. 3A, 20.2.7 */
{
    v86(0);
    set_gate(IDT, 8 * 3, CODE0, 0x2000, 0xEE, 0);
    FAULTS(interrupt(&cpu, 0x21, INT_SOFTWARE, 0, false, 0), GP, 0);
    FAULTS(PUSHF_value(&cpu, W16), GP, 0);
    FAULTS(POPF_value(&cpu, W16, 0), GP, 0);
    FAULTS(interrupt_return(&cpu, W16), GP, 0);
    FAULTS(flags_cli(&cpu), GP, 0);
    FAULTS(flags_sti(&cpu), GP, 0);
    WORKS(interrupt(&cpu, 3, INT_IMPLIED, 0, false, 0));         /* INT3 is not IOPL-sensitive */
    ck_assert_uint_eq(cpu.cpl, 0);
}
END_TEST

START_TEST(v86_handlers_must_run_at_level_0)                                    /* vol. 2, INT n */
{
    v86(3);
    set_gate(IDT, 8 * 0x30, CONFORMING0, 0x2000, 0xEE, 0);
    FAULTS(interrupt(&cpu, 0x30, INT_SOFTWARE, 0, false, 0), GP, CONFORMING0);
    set_gate(IDT, 8 * 0x30, CODE1, 0x2000, 0xEE, 0);
    FAULTS(interrupt(&cpu, 0x30, INT_SOFTWARE, 0, false, 0), GP, CODE1 & ~3);
}
END_TEST

START_TEST(vme_keeps_interrupts_in_the_8086_program)                            /* vol. 3A, 20.3.3 */
{
    v86(0);
    cpu.cr4 |= CR4_VME;
    put(ram + 4 * 0x21, W16, 0x1234); put(ram + 4 * 0x21 + 2, W16, 0x777);
    ram[TSS_A + 0x88 - 32 + 0x22 / 8] = 1 << (0x22 & 7);         /* INT 22h goes to the monitor */
    ck_assert(flags_sti(&cpu) == false);
    ck_assert(cpu.eflags & FLAG_VIF);
    WORKS(interrupt(&cpu, 0x21, INT_SOFTWARE, 0x99, false, 0));
    ck_assert(is_v86(&cpu));
    ck_assert_uint_eq(cpu.seg[CS].selector, 0x777);
    ck_assert_uint_eq(word_on_stack(0), 0x99);
    ck_assert_uint_eq(word_on_stack(2), FLAG_1 | FLAG_IF | FLAG_IOPL);
    ck_assert(!(cpu.eflags & FLAG_VIF));
    WORKS(interrupt_return(&cpu, W16));
    ck_assert(cpu.eflags & FLAG_VIF && iopl(&cpu) == 0);
    FAULTS(interrupt(&cpu, 0x22, INT_SOFTWARE, 0, false, 0), GP, 0);
    cpu.eflags |= FLAG_VIP;
    FAULTS(flags_sti(&cpu), GP, 0);
    FAULTS(POPF_value(&cpu, W16, FLAG_IF), GP, 0);
    FAULTS(POPF_value(&cpu, W32, 0), GP, 0);
}
END_TEST

START_TEST(exceptions_combine_as_table_6_5_says)
{
    static const struct { u8 first, second; combine_t what; } rows[] = {
        { DB, GP, DELIVER_SECOND }, { UD, PF_FAULT, DELIVER_SECOND }, { 32, GP, DELIVER_SECOND },
        { GP, UD, DELIVER_SECOND }, { GP, NP, DELIVER_DOUBLE }, { DE, TS, DELIVER_DOUBLE }, { GP, PF_FAULT, DELIVER_SECOND },
        { PF_FAULT, GP, DELIVER_DOUBLE }, { PF_FAULT, PF_FAULT, DELIVER_DOUBLE }, { PF_FAULT, DB, DELIVER_SECOND },
        { DF, GP, DELIVER_SHUTDOWN }, { DF, PF_FAULT, DELIVER_SHUTDOWN },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        cpu.delivering = rows[i].first == DF ? 2 : 1;
        cpu.delivering_vector = rows[i].first;
        ck_assert_int_eq(combine_faults(&cpu, rows[i].second), rows[i].what);
    }
    cpu.delivering = 0;
    ck_assert_int_eq(combine_faults(&cpu, GP), DELIVER_SECOND);
    for (int v = 0; v < 32; v++)                                 /* table 6-1 */
        ck_assert_int_eq(vector_has_code(v), v == 8 || (v >= 10 && v <= 14) || v == 17);
}
END_TEST

RUN_TESTS("interrupt", real_mode_interrupts_use_the_table_at_idtr,
          a_fault_from_level_3_arrives_on_the_inner_stack,
          only_faults_push_the_resume_flag,
          a_page_fault_on_the_inner_stack_leaves_everything_as_it_was,
          tables_are_read_as_supervisor_from_every_level,
          software_interrupts_obey_the_gates_dpl,
          trap_gates_leave_if_alone,
          v86_interrupts_save_all_segments_and_iret_restores_them,
          v86_with_low_iopl_traps_sensitive_instructions,
          v86_handlers_must_run_at_level_0,
          vme_keeps_interrupts_in_the_8086_program,
          exceptions_combine_as_table_6_5_says)
