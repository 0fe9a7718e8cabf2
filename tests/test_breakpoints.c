/* test_breakpoints.c - data and I/O breakpoints, and how they meet single steps, shadows, strings, interrupts.  Sources: SDM vol. 3B, 17.2
 * (registers), 17.3.1 (#DB).  Instruction breakpoints are in test_execute_events.c, general detect in test_system.c. */
#include "tests/execute.h"
#include "cpu/breakpoint.h"

enum { WRITES = 1, PORTS = 2, ACCESSES = 3, BYTE = 0, WORD = 1, DWORD = 3, DATA = DATA_SEG * 16, DB_STACK = STACK_SEG * 16 };

static void set_breakpoint(unsigned i, u32 linear, u32 condition, u32 length)
{
    cpu.dr[i] = linear;
    cpu.dr[7] |= 0x400 | 2u << 2 * i | condition << (16 + 4 * i) | length << (18 + 4 * i);
    cpu_mode_changed(&cpu);
}

/* Back to the first instruction, which may be another one now. */
static void again(void)
{
    cpu_memory_written(&cpu, AT, 64);
    segment_set_real(&cpu, CS, CODE_SEG);
    cpu.eip = 0x100; cpu.r[ESP] = SP0; cpu.halted = false; cpu.debug_pending = 0;
    cpu.dr[6] = 0xFFFF0FF0;
    cpu_set_eflags(&cpu, FLAG_1);
    cpu_mode_changed(&cpu);
}

static u32 hits(void) { return cpu.dr[6] & 0xF; }
static bool handled(void) { return cpu.seg[CS].selector == HANDLER_SEG; }

START_TEST(a_store_traps_behind_its_instruction)                                /* 17.2.4 R/W 01; 17.3.1.2: a trap, IP of the next instruction */
{
    CODE(0xC6, 0x06, 0x10, 0x00, 0x55, 0x40, 0xF4);                             /* mov byte [10h], 55h; inc ax; hlt */
    set_breakpoint(2, DATA + 0x10, WRITES, BYTE);
    RUN();
    ENDS_IN(DB, 0x105);
    ck_assert_uint_eq(hits(), 4);
    ck_assert_uint_eq(ram[DATA + 0x10], 0x55);
    ck_assert_uint_eq(cpu.r[EAX], 0);
}
END_TEST

START_TEST(reads_meet_access_breakpoints_only)                                  /* 17.2.4: 01 writes, 11 reads or writes */
{
    CODE(0xA0, 0x10, 0x00, 0xF4);                                               /* mov al, [10h] */
    set_breakpoint(0, DATA + 0x10, WRITES, BYTE);
    RUN();
    ck_assert(!handled());
    again();
    set_breakpoint(1, DATA + 0x10, ACCESSES, BYTE);
    RUN();
    ENDS_IN(DB, 0x103);
    ck_assert_uint_eq(hits(), 2);
}
END_TEST

/* 17.2.5: the address is aligned to the length; every byte of an access counts. */
START_TEST(ranges_meet_as_table_17_2_says)
{
    static const struct { u32 at, length; u8 first, last; } rows[] = {           /* a breakpoint, the bytes that meet it */
        { 0x20, BYTE, 0x20, 0x20 }, { 0x21, BYTE, 0x21, 0x21 }, { 0x22, WORD, 0x22, 0x23 }, { 0x23, WORD, 0x22, 0x23 },
        { 0x20, DWORD, 0x20, 0x23 }, { 0x22, DWORD, 0x20, 0x23 }, { 0x27, DWORD, 0x24, 0x27 },
    };
    static const u8 store[3][5] = { { 0x88, 0x07, 0x90, 0xF4 }, { 0x89, 0x07, 0x90, 0xF4 }, { 0x66, 0x89, 0x07, 0x90, 0xF4 } };
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        for (u32 at = 0x18; at < 0x30; at++)
            for (unsigned size = 0; size < 3; size++) {
                memcpy(ram + AT, store[size], sizeof store[size]);
                cpu.dr[7] = 0x400;
                again();
                cpu.r[EBX] = at;
                set_breakpoint(3, DATA + rows[i].at, WRITES, rows[i].length);
                RUN();
                bool meets = at <= rows[i].last && at + (1u << size) - 1 >= rows[i].first;
                ck_assert_msg(handled() == meets && hits() == (meets ? 8 : 0), "row %u, %u bytes at %X", i, 1u << size, at);
            }
}
END_TEST

START_TEST(without_an_enable_bit_nothing_happens)
{
    CODE(0xC6, 0x06, 0x10, 0x00, 0x55, 0xF4);
    set_breakpoint(0, DATA + 0x10, WRITES, BYTE);
    cpu.dr[7] &= ~0xFFu;
    cpu_mode_changed(&cpu);
    RUN();
    ck_assert(!handled());
    again();
    cpu.dr[7] |= 1;                                                             /* the local enable does as well */
    cpu_mode_changed(&cpu);
    RUN();
    ck_assert(handled());
}
END_TEST

START_TEST(all_kinds_of_operands_count)
{
    static const struct { const char *name; u8 bytes[8]; u8 length; u32 at; bool write; } rows[] = {
        { "push", { 0x50 }, 1, DB_STACK + SP0 - 2, true },            { "pop", { 0x58 }, 1, DB_STACK + SP0, false },
        { "call", { 0xE8, 0, 0 }, 3, DB_STACK + SP0 - 2, true },      { "pusha", { 0x60 }, 1, DB_STACK + SP0 - 10, true },
        { "inc [10]", { 0xFF, 0x06, 0x10, 0 }, 4, DATA + 0x11, true },{ "xchg", { 0x87, 0x06, 0x10, 0 }, 4, DATA + 0x10, true },
        { "movsb from", { 0xA4 }, 1, DATA + 0x40, false },            { "movsb to", { 0xA4 }, 1, DATA + 0x50, true },
        { "cmpsb", { 0xA6 }, 1, DATA + 0x50, false },                 { "xlat", { 0xD7 }, 1, DATA, false },
        { "bts", { 0x0F, 0xBA, 0x2E, 0x10, 0, 15 }, 6, DATA + 0x11, true }, { "fild", { 0xDF, 0x06, 0x10, 0 }, 4, DATA + 0x11, false },
        { "fnsave", { 0xDD, 0x36, 0x10, 0 }, 4, DATA + 0x10 + 93, true }, { "lds", { 0xC5, 0x06, 0x10, 0 }, 4, DATA + 0x13, false },
        { "sgdt", { 0x0F, 0x01, 0x06, 0x10, 0 }, 5, DATA + 0x15, true }, { "cmpxchg8b", { 0x0F, 0xC7, 0x0E, 0x10, 0 }, 5, DATA + 0x17, true },
        { "enter", { 0xC8, 0, 0, 1 }, 4, DB_STACK + SP0 - 4, true },  { "leave", { 0xC9 }, 1, DB_STACK + 0x800, false },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        for (unsigned miss = 0; miss < 2; miss++) {
            memcpy(ram + AT, rows[i].bytes, rows[i].length);
            ram[AT + rows[i].length] = 0x90;
            ram[AT + rows[i].length + 1] = 0xF4;
            cpu.dr[7] = 0x400;
            again();
            cpu.r[ESI] = 0x40; cpu.r[EDI] = 0x50; cpu.r[EBX] = cpu.r[EAX] = 0; cpu.r[EBP] = 0x800;
            memset(ram + DATA, 0, 0x100);
            put(ram + DATA + 0x12, W16, DATA_SEG);
            set_breakpoint(0, miss ? DATA + 0x200 : rows[i].at, rows[i].write ? WRITES : ACCESSES, BYTE);
            RUN();
            ck_assert_msg(handled() == !miss && hits() == !miss, "%s", rows[i].name);
            if (!miss && (rows[i].write || rows[i].at < DB_STACK))              /* else the exception's own pushes meet it as well */
                ck_assert_msg(pushed(0) == 0x100u + rows[i].length, "%s traps at %X", rows[i].name, pushed(0));
        }
}
END_TEST

START_TEST(a_repeated_string_instruction_traps_after_the_iteration)             /* 17.3.1.2 */
{
    CODE(0xF3, 0xAA, 0xF4);                                                     /* rep stosb */
    cpu.r[ECX] = 8; cpu.r[EDI] = 0x20;
    set_breakpoint(0, DATA + 0x22, WRITES, BYTE);
    RUN();
    ENDS_IN(DB, 0x100);
    ck_assert_uint_eq(cpu.r[ECX], 5);
    ck_assert_uint_eq(cpu.r[EDI], 0x23);
    again();
    cpu.r[ECX] = 3; cpu.r[EDI] = 0x20;
    RUN();
    ENDS_IN(DB, 0x102);
    ck_assert_uint_eq(cpu.r[ECX], 0);
}
END_TEST

START_TEST(mov_ss_puts_a_data_breakpoint_off_by_one_instruction)                /* vol. 3A, 6.8.3; 17.3.1.2 */
{
    CODE(0x8E, 0x16, 0x10, 0x00, 0x40, 0x40, 0xF4);                             /* mov ss, [10h]; inc ax; inc ax */
    put(ram + DATA + 0x10, W16, STACK_SEG);
    set_breakpoint(0, DATA + 0x10, ACCESSES, WORD);
    RUN();
    ENDS_IN(DB, 0x105);
    ck_assert_uint_eq(hits(), 1);
}
END_TEST

START_TEST(mov_ss_hides_an_instruction_breakpoint_on_the_next_instruction)       /* vol. 3A, 6.8.3 */
{
    CODE(0x8E, 0xD0, 0x43, 0x43, 0xF4);                                         /* mov ss, ax; inc bx; inc bx */
    cpu.r[EAX] = STACK_SEG;
    set_breakpoint(0, AT + 2, 0, BYTE);
    RUN();
    ck_assert(!handled());
    again();
    cpu.r[EAX] = STACK_SEG;
    set_breakpoint(0, AT + 3, 0, BYTE);
    RUN();
    ENDS_IN(DB, 0x103);
}
END_TEST

START_TEST(a_single_step_and_a_breakpoint_are_one_exception)                    /* 17.3.1.1: DR6 tells all */
{
    CODE(0xC6, 0x06, 0x10, 0x00, 0x55, 0x40, 0xF4);
    set_breakpoint(1, DATA + 0x10, WRITES, BYTE);
    cpu_set_eflags(&cpu, FLAG_1 | FLAG_TF);
    RUN();
    ENDS_IN(DB, 0x105);
    ck_assert_uint_eq(cpu.dr[6] & 0xE00F, 0x4002);
    ck_assert_uint_eq(cpu.r[ESP], SP0 - 6);
}
END_TEST

START_TEST(a_fault_drops_what_the_instruction_had_met)                          /* it is restarted and meets it again */
{
    CODE(0xFF, 0x36, 0x10, 0x00, 0xF4);                                         /* push [10h], the stack has no room */
    set_breakpoint(0, DATA + 0x10, ACCESSES, WORD);
    cpu.r[ESP] = 1;
    CODE_AT(HANDLER_SEG * 16 + SS_FAULT, 0x90, 0xF4);
    run_way(_i, 2000);
    ck_assert_uint_eq(hits(), 0);
}
END_TEST

START_TEST(the_push_of_an_interrupt_counts)
{
    CODE(0x90, 0x90, 0x90, 0xF4);
    CODE_AT(HANDLER_SEG * 16 + 0x40, 0x90, 0xF4);
    cpu_set_eflags(&cpu, FLAG_1 | FLAG_IF);
    set_breakpoint(0, DB_STACK + SP0 - 4, WRITES, WORD);
    run_way(_i, 1);
    cpu_intr(&cpu, true);
    ck_assert_int_eq(run_way(_i, 5000), CPU_HALTED);
    ck_assert_uint_eq(cpu.eip, DB + 1u);                                        /* at the first instruction of the handler */
    ck_assert_uint_eq(pushed(0), 0x40);
    ck_assert_uint_eq(pushed(1), HANDLER_SEG);
    ck_assert_uint_eq(hits(), 1);
}
END_TEST

START_TEST(ports_need_cr4_de)                                                   /* 17.2.4: R/W 10 */
{
    static const struct { u8 bytes[3]; u8 length; bool meets; } rows[] = {
        { { 0xE4, 0x61 }, 2, true }, { { 0xE6, 0x61 }, 2, true }, { { 0xE5, 0x60 }, 2, true }, { { 0xE4, 0x60 }, 2, false },
        { { 0xE4, 0x62 }, 2, false }, { { 0xEE }, 1, true }, { { 0x6E }, 1, true }, { { 0xF3, 0x6E }, 2, true },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        for (unsigned de = 0; de < 2; de++) {
            memcpy(ram + AT, rows[i].bytes, rows[i].length);
            ram[AT + rows[i].length] = 0xF4;
            cpu.dr[7] = 0x400;
            again();
            cpu.r[EDX] = 0x61; cpu.r[ECX] = 1;
            cpu.cr4 = de ? CR4_DE : 0;
            set_breakpoint(0, 0x61, PORTS, BYTE);
            RUN();
            ck_assert_msg(handled() == (rows[i].meets && de), "row %u, DE %u", i, de);
            if (handled())
                ck_assert_uint_eq(pushed(0), 0x100u + rows[i].length);
        }
}
END_TEST

START_TEST(a_breakpoint_set_by_a_program_works_at_once)                         /* mov eax, dr7 ...; the next instruction already */
{
    CODE(0x66, 0xB8, 0x10, 0x00, 0x02, 0x00,                                    /* mov eax, 20010h */
         0x0F, 0x23, 0xC0,                                                      /* mov dr0, eax */
         0x66, 0xB8, 0x02, 0x00, 0x01, 0x00, 0x0F, 0x23, 0xF8,                  /* mov eax, 10002h; mov dr7, eax */
         0xC6, 0x06, 0x10, 0x00, 0x55,                                          /* mov byte [10h], 55h */
         0x43, 0xF4);
    RUN();
    ENDS_IN(DB, 0x100 + 6 + 3 + 6 + 3 + 5);
    ck_assert_uint_eq(cpu.r[EBX], 0);
}
END_TEST

START_TEST(a_handler_that_meets_its_own_breakpoint_cannot_stop_time)
{
    CODE(0x90, 0xF4);
    set_breakpoint(0, 4, ACCESSES, DWORD);                                      /* the vector of #DB itself */
    CODE(0xA1, 0x04, 0x00, 0xF4);
    segment_set_real(&cpu, DS, 0);
    cpu_mode_changed(&cpu);
    ck_assert_int_eq(run_way(_i, 3000), CPU_DEADLINE);
}
END_TEST

RUN_TESTS("breakpoints", a_store_traps_behind_its_instruction, reads_meet_access_breakpoints_only, ranges_meet_as_table_17_2_says,
          without_an_enable_bit_nothing_happens, all_kinds_of_operands_count, a_repeated_string_instruction_traps_after_the_iteration,
          mov_ss_puts_a_data_breakpoint_off_by_one_instruction,
          mov_ss_hides_an_instruction_breakpoint_on_the_next_instruction, a_single_step_and_a_breakpoint_are_one_exception,
          a_fault_drops_what_the_instruction_had_met, the_push_of_an_interrupt_counts, ports_need_cr4_de,
          a_breakpoint_set_by_a_program_works_at_once, a_handler_that_meets_its_own_breakpoint_cannot_stop_time)
