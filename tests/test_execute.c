/* test_execute.c - bytes in, state out: addressing, prefixes, limits, exceptions, transfers.  Sources stand in each row: SDM volume and section. */
#include "tests/execute.h"

/* ---- addressing forms: LEA shows the sum, a load shows the segment ---- */

typedef struct { u8 bytes[9]; u8 length; u32 expected; } lea_t;

/* bx = 1000h bp = 200h si = 30h di = 4h; vol. 2A, table 2-1 */
static const lea_t lea16[] = {
    { { 0x8D, 0x00 }, 2, 0x1030 }, { { 0x8D, 0x01 }, 2, 0x1004 }, { { 0x8D, 0x02 }, 2, 0x230 }, { { 0x8D, 0x03 }, 2, 0x204 },
    { { 0x8D, 0x04 }, 2, 0x30 }, { { 0x8D, 0x05 }, 2, 0x04 }, { { 0x8D, 0x06, 0x78, 0x56 }, 4, 0x5678 }, { { 0x8D, 0x07 }, 2, 0x1000 },
    { { 0x8D, 0x40, 0xFF }, 3, 0x102F }, { { 0x8D, 0x46, 0x10 }, 3, 0x210 }, { { 0x8D, 0x86, 0x00, 0x80 }, 4, 0x8200 },
    { { 0x8D, 0x87, 0x00, 0xF0 }, 4, 0x0000 },                                  /* wraps at 64 KiB */
};
/* the same registers and eax = 100000h; table 2-2 and 2-3 */
static const lea_t lea32[] = {
    { { 0x66, 0x67, 0x8D, 0x03 }, 4, 0x1000 }, { { 0x66, 0x67, 0x8D, 0x45, 0x80 }, 5, 0x180 }, { { 0x66, 0x67, 0x8D, 0x04, 0x58 }, 5, 0x102000 },
    { { 0x66, 0x67, 0x8D, 0x04, 0xC7 }, 5, 0x800004 }, { { 0x66, 0x67, 0x8D, 0x04, 0x23 }, 5, 0x1000 },   /* index 4: none */
    { { 0x66, 0x67, 0x8D, 0x04, 0x63 }, 5, 0x1000 },                            /* ... whatever the scale */
    { { 0x66, 0x67, 0x8D, 0x04, 0xB5, 4, 0, 0, 0 }, 9, 0xC4 },                  /* no base: si*4 + disp32 */
    { { 0x66, 0x67, 0x8D, 0x44, 0x35, 0x01 }, 6, 0x231 },                       /* [ebp+esi+1] */
    { { 0x66, 0x67, 0x8D, 0x05, 0, 0, 0, 0x80 }, 8, 0x80000000 },
};

static u32 lea(int way, const lea_t *row)
{
    memcpy(ram + AT, row->bytes, row->length);
    ram[AT + row->length] = 0xF4;
    cpu.eip = 0x100;
    cpu.halted = false;
    cpu_flush_blocks(&cpu);
    cpu.r[EAX] = 0x100000; cpu.r[EBX] = 0x1000; cpu.r[EBP] = 0x200; cpu.r[ESI] = 0x30; cpu.r[EDI] = 4;
    return run_way(way, 10) == CPU_HALTED ? cpu.r[EAX] : 0xDEAD;
}

START_TEST(addresses_are_the_sums_of_tables_2_1_to_2_3)
{
    for (unsigned i = 0; i < COUNT_OF(lea16); i++) ck_assert_uint_eq(lea(_i, &lea16[i]) & 0xFFFF, lea16[i].expected);
    for (unsigned i = 0; i < COUNT_OF(lea32); i++) ck_assert_uint_eq(lea(_i, &lea32[i]), lea32[i].expected);
}
END_TEST

START_TEST(bp_and_sp_address_the_stack_segment_unless_overridden)               /* vol. 1, 3.7.4, table 3-5 */
{
    put(ram + DATA_SEG * 16 + 0x50, W16, 0xD0D0); put(ram + STACK_SEG * 16 + 0x50, W16, 0x5050);
    CODE(0xBD, 0x50, 0x00, 0x8B, 0x46, 0x00,                                    /* mov bp, 50h; mov ax, [bp] */
         0x3E, 0x8B, 0x5E, 0x00,                                                /* mov bx, ds:[bp] */
         0x36, 0x8B, 0x0E, 0x50, 0x00,                                          /* mov cx, ss:[50h] */
         0x67, 0x8B, 0x55, 0x00,                                                /* mov dx, [ebp] */
         0x3E, 0x36, 0x26, 0x8B, 0x36, 0x50, 0x00, 0xF4);                       /* the last override counts: es */
    RUN();
    ck_assert_uint_eq(cpu.r[EAX], 0x5050); ck_assert_uint_eq(cpu.r[EBX], 0xD0D0);
    ck_assert_uint_eq(cpu.r[ECX], 0x5050); ck_assert_uint_eq(cpu.r[EDX], 0x5050); ck_assert_uint_eq(cpu.r[ESI], 0xD0D0);
}
END_TEST

/* ---- prefixes ---- */

START_TEST(fifteen_bytes_run_and_sixteen_do_not)                                /* vol. 2A, 2.3.11: #GP(0) */
{
    memset(ram + AT, 0x26, 14);
    ram[AT + 14] = 0x40;                                                        /* inc ax, behind 14 prefixes */
    memset(ram + AT + 15, 0x2E, 15);
    ram[AT + 30] = 0x40;                                                        /* behind 15 */
    RUN();
    ENDS_IN(GP, 0x10F);
    ck_assert_uint_eq(cpu.r[EAX], 1);
}
END_TEST

START_TEST(lock_is_for_memory_destinations_of_some_instructions)                /* vol. 2A, LOCK: #UD */
{
    static const struct { u8 bytes[6]; bool good; } rows[] = {
        { { 0xF0, 0xFF, 0x06, 0x10, 0x00 }, true }, { { 0xF0, 0x01, 0x06, 0x10, 0x00 }, true }, { { 0xF0, 0x87, 0x06, 0x10, 0x00 }, true },
        { { 0xF0, 0x40, 0x90, 0x90, 0x90 }, false }, { { 0xF0, 0x39, 0x06, 0x10, 0x00 }, false }, { { 0xF0, 0x03, 0x06, 0x10, 0x00 }, false },
        { { 0xF0, 0x01, 0xC0, 0x90, 0x90 }, false }, { { 0xF0, 0x89, 0x06, 0x10, 0x00 }, false }, { { 0xF0, 0x90, 0x90, 0x90, 0x90 }, false },
        { { 0xF0, 0xA4, 0x90, 0x90, 0x90 }, false }, { { 0xF0, 0x0F, 0xA3, 0x07, 0x90 }, false }, { { 0xF0, 0x0F, 0xAB, 0x07, 0x90 }, true },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        memcpy(ram + AT, rows[i].bytes, 5);
        ram[AT + 5] = 0xF4;
        segment_set_real(&cpu, CS, CODE_SEG);
        cpu.eip = 0x100; cpu.halted = false; cpu.r[ESP] = SP0;
        cpu_mode_changed(&cpu);
        cpu_flush_blocks(&cpu);
        RUN();
        ck_assert_uint_eq(cpu.seg[CS].selector, rows[i].good ? CODE_SEG : HANDLER_SEG);
        ck_assert_uint_eq(cpu.eip, rows[i].good ? 0x106 : UD + 1);
    }
}
END_TEST

/* ---- limits ---- */

START_TEST(the_whole_operand_must_lie_below_the_limit)                          /* vol. 3A, 5.3, 20.1.1: #GP, #SS for the stack segment */
{
    static const struct { u8 bytes[5]; u8 vector; } rows[] = {
        { { 0xA1, 0xFF, 0xFF, 0xF4 }, GP }, { { 0xA0, 0xFF, 0xFF, 0xF4 }, 0 }, { { 0xA1, 0xFE, 0xFF, 0xF4 }, 0 },
        { { 0x66, 0xA1, 0xFD, 0xFF, 0xF4 }, GP }, { { 0x66, 0xA1, 0xFC, 0xFF, 0xF4 }, 0 }, { { 0x36, 0xA1, 0xFF, 0xFF, 0xF4 }, SS_FAULT },
        { { 0xA3, 0xFF, 0xFF, 0xF4 }, GP }, { { 0x36, 0xA3, 0xFF, 0xFF, 0xF4 }, SS_FAULT },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        memcpy(ram + AT, rows[i].bytes, 5);
        segment_set_real(&cpu, CS, CODE_SEG);
        cpu.eip = 0x100; cpu.halted = false; cpu.r[ESP] = SP0;
        cpu_mode_changed(&cpu);
        cpu_flush_blocks(&cpu);
        RUN();
        if (rows[i].vector) ENDS_IN(rows[i].vector, 0x100);
        else                ck_assert_uint_eq(cpu.seg[CS].selector, CODE_SEG);
    }
}
END_TEST

START_TEST(a_32_bit_offset_beyond_the_limit_faults)
{
    CODE(0x66, 0xBB, 0x00, 0x00, 0x01, 0x00, 0x67, 0x8A, 0x03);                 /* mov ebx, 10000h; mov al, [ebx] */
    RUN();
    ENDS_IN(GP, 0x106);
}
END_TEST

START_TEST(unreal_mode_reaches_beyond_64_kib)                                   /* vol. 3A, 9.9.2: hidden limits stay */
{
    cpu.seg[DS].limit = 0xFFFFFFFF;
    cpu.seg[DS].attributes |= SEG_GRANULAR;
    segment_derive(&cpu.seg[DS]);
    cpu_mode_changed(&cpu);
    ram[0x110000 + DATA_SEG * 16] = 0x77;
    CODE(0x66, 0xBB, 0x00, 0x00, 0x11, 0x00, 0x67, 0x8A, 0x03,
         0xB8, 0x00, 0x00, 0x8E, 0xD8,                                          /* mov ds, 0: the limit stays */
         0x67, 0x8A, 0xA3, 0x00, 0x00, 0x02, 0x00, 0xF4);                       /* mov ah, [ebx+20000h] */
    ram[0x130000] = 0x66;
    RUN();
    ck_assert_uint_eq(cpu.r[EAX], 0x6600);
}
END_TEST

START_TEST(the_stack_wraps_at_64_kib_between_items_but_not_inside_one)          /* vol. 3A, 20.1.1; vol. 2, PUSH */
{
    cpu.r[ESP] = 0;
    cpu.r[EAX] = 0xABCD;
    CODE(0x50, 0x5B, 0xF4);                                                     /* push ax at FFFEh; pop bx */
    RUN();
    ck_assert_uint_eq(cpu.r[EBX], 0xABCD);
    ck_assert_uint_eq(cpu.r[ESP], 0);
}
END_TEST

START_TEST(a_word_pushed_at_sp_1_does_not_fit)                                  /* vol. 2, PUSH, real-address mode: #SS; its delivery fails too: shutdown */
{
    cpu.r[ESP] = 1;
    CODE(0x50);
    ck_assert_int_eq(run_way(_i, 10), CPU_SHUTDOWN);
    ck_assert_uint_eq(cpu.r[ESP], 1);
}
END_TEST

START_TEST(esp_keeps_its_upper_half_on_a_16_bit_stack)
{
    cpu.r[ESP] = 0x12340002;
    CODE(0x50, 0x50, 0xF4);
    RUN();
    ck_assert_uint_eq(cpu.r[ESP], 0x1234FFFE);
}
END_TEST

/* ---- exceptions in real mode: the saved IP ---- */

typedef struct { u8 bytes[6]; u8 vector; u16 ip; u32 eax; } exception_t;
static const exception_t exceptions[] = {                                       /* vol. 3A, table 6-1: faults save their own IP, traps the next */
    { { 0x40, 0xF6, 0xF1 }, DE, 0x101, 0x10 },                                  /* div cl = 0 */
    { { 0x40, 0xD4, 0x00 }, DE, 0x101, 0x10 },                                  /* aam 0 */
    { { 0x40, 0xB1, 0x01, 0xF6, 0xF1 }, DE, 0x103, 0x7FF },                    /* quotient too large */
    { { 0x40, 0xCC }, BP, 0x102, 0 }, { { 0x40, 0xCD, 0x55 }, 0x55, 0x103, 0 }, { { 0x40, 0xF1 }, DB, 0x102, 0 },
    { { 0xB0, 0x7F, 0x04, 0x01, 0xCE }, OF_TRAP, 0x105, 0 },                    /* into */
    { { 0x40, 0x62, 0x06, 0x10, 0x00 }, BR, 0x101, 0x20 },                      /* bound: 0..0 */
    { { 0x40, 0x0F, 0x0B }, UD, 0x101, 0 }, { { 0x40, 0x0F, 0xFF, 0xC0 }, UD, 0x101, 0 }, { { 0x40, 0x8E, 0xC8 }, UD, 0x101, 0 },   /* mov cs, ax */
    { { 0x40, 0xFE, 0xF8 }, UD, 0x101, 0 }, { { 0x40, 0x8D, 0xC0 }, UD, 0x101, 0 }, { { 0x40, 0xC4, 0xC0 }, UD, 0x101, 0 },         /* lea, les of a register */
    { { 0x40, 0x0F, 0x00, 0xC0 }, UD, 0x101, 0 }, { { 0x40, 0x0F, 0x20, 0xC8 }, UD, 0x101, 0 },                                     /* sldt; mov eax, cr1 */
    { { 0x40, 0x63, 0xC0 }, UD, 0x101, 0 }, { { 0x40, 0x0F, 0x02, 0xC0 }, UD, 0x101, 0 },                                           /* arpl; lar */
};

START_TEST(exceptions_save_the_right_instruction_and_no_error_code)
{
    for (unsigned i = 0; i < COUNT_OF(exceptions); i++) {
        memcpy(ram + AT, exceptions[i].bytes, 6);
        segment_set_real(&cpu, CS, CODE_SEG);
        cpu.eip = 0x100; cpu.halted = false;
        cpu.r[ESP] = SP0; cpu.r[EAX] = exceptions[i].eax; cpu.r[ECX] = 0;
        cpu_mode_changed(&cpu);
        cpu_flush_blocks(&cpu);
        RUN();
        ENDS_IN(exceptions[i].vector, exceptions[i].ip);
        ck_assert_uint_eq(cpu.r[ESP], SP0 - 6);
    }
}
END_TEST

START_TEST(coprocessor_escapes_raise_nm_when_told_to)                           /* vol. 3A, table 9-3 */
{
    cpu.cr0 |= CR0_EM;
    CODE(0xD9, 0xE8);
    RUN();
    ENDS_IN(NM, 0x100);
}
END_TEST

/* ---- where code may stand ---- */

START_TEST(code_runs_across_page_ends)
{
    CODE_AT(AT, 0xE9, 0xFB, 0x0E);                                              /* jmp 0FFEh */
    CODE_AT(CODE_SEG * 16 + 0xFFE, 0xB8, 0x34, 0x12, 0x05, 0x01, 0x00, 0xF4);   /* mov ax, 1234h over the end; add ax, 1 */
    RUN();
    ck_assert_uint_eq(cpu.r[EAX], 0x1235);
}
END_TEST

START_TEST(code_ends_at_the_segments_end)                                       /* vol. 3A, 20.1.1: fetching beyond FFFFh is #GP */
{
    ram[CODE_SEG * 16 + 0xFFFF] = 0x40;                                         /* inc ax is the last byte */
    cpu.eip = 0xFFFF;
    CODE_AT(CODE_SEG * 16 + 0x10000, 0x40, 0x40);
    RUN();
    ck_assert_uint_eq(cpu.r[EAX], 1);
    ENDS_IN(GP, 0);                                                             /* 10000h, of which 16 bits are saved */
}
END_TEST

START_TEST(an_instruction_that_sticks_out_of_the_segment_faults)
{
    CODE_AT(CODE_SEG * 16 + 0xFFFE, 0x40, 0xB8, 0x11, 0x22);                    /* inc ax; mov ax, 2211h with its operand beyond */
    cpu.eip = 0xFFFE;
    RUN();
    ENDS_IN(GP, 0xFFFF);
}
END_TEST

START_TEST(branches_out_of_the_limit_fault_before_they_change_anything)         /* vol. 2, JMP, CALL, LOOP */
{
    static const struct { u8 bytes[8]; u8 length; } rows[] = {
        { { 0x66, 0xE9, 0, 0, 1, 0 }, 6 }, { { 0x66, 0xE8, 0, 0, 1, 0 }, 6 }, { { 0x66, 0x0F, 0x84, 0, 0, 1, 0 }, 7 },
        { { 0x66, 0xFF, 0xE3 }, 3 }, { { 0x66, 0xFF, 0xD3 }, 3 },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        memcpy(ram + AT, rows[i].bytes, rows[i].length);
        segment_set_real(&cpu, CS, CODE_SEG);
        cpu.eip = 0x100; cpu.halted = false; cpu.r[ESP] = SP0; cpu.r[EBX] = 0x10000;
        cpu_set_eflags(&cpu, FLAG_1 | FLAG_ZF);
        cpu_flush_blocks(&cpu);
        RUN();
        ENDS_IN(GP, 0x100);
        ck_assert_uint_eq(cpu.r[ESP], SP0 - 6);
    }
}
END_TEST

START_TEST(sixteen_bit_branches_wrap)                                           /* vol. 2, Jcc: EIP AND 0000FFFFh */
{
    CODE_AT(CODE_SEG * 16 + 0xFFF0, 0xEB, 0x20);                                /* jmp 12h */
    CODE_AT(CODE_SEG * 16 + 0x12, 0x40, 0xF4);
    cpu.eip = 0xFFF0;
    RUN();
    ck_assert_uint_eq(cpu.r[EAX], 1);
    ck_assert_uint_eq(cpu.eip, 0x14);
}
END_TEST

START_TEST(far_transfers_go_and_come_back)                                      /* vol. 2, CALL, RET */
{
    CODE(0x9A, 0x10, 0x00, 0x00, 0x18, 0x43, 0xF4);                             /* call 1800:10; inc bx */
    CODE_AT(0x18010, 0x40, 0xCA, 0x02, 0x00);                                   /* inc ax; retf 2 */
    RUN();
    ck_assert_uint_eq(cpu.r[EAX], 1); ck_assert_uint_eq(cpu.r[EBX], 1);
    ck_assert_uint_eq(cpu.r[ESP], SP0 + 2);
    ck_assert_uint_eq(cpu.seg[CS].base, CODE_SEG * 16);
}
END_TEST

START_TEST(a20_wraps_the_first_megabyte)                                        /* IBM PC AT: address bit 20 forced low */
{
    ram[0x00010] = 0x11; ram[0x100010] = 0x22;
    segment_set_real(&cpu, ES, 0xFFFF);
    bus_set_a20(&bus, _i & 1);
    CODE(0x26, 0xA0, 0x20, 0x00, 0xF4);                                         /* mov al, es:[20h] */
    RUN();
    ck_assert_uint_eq(cpu.r[EAX], _i & 1 ? 0x22 : 0x11);
}
END_TEST

START_TEST(an_a20_change_is_seen_by_code_and_data_at_once)
{
    ram[0x00010] = 0x11; ram[0x100010] = 0x22;
    segment_set_real(&cpu, ES, 0xFFFF);
    CODE(0x26, 0xA0, 0x20, 0x00, 0xF4);
    RUN();
    ck_assert_uint_eq(cpu.r[EAX], 0x22);
    bus_set_a20(&bus, false);
    cpu.eip = 0x100; cpu.halted = false;
    RUN();
    ck_assert_uint_eq(cpu.r[EAX], 0x11);
}
END_TEST

RUN_TESTS("execute", addresses_are_the_sums_of_tables_2_1_to_2_3, bp_and_sp_address_the_stack_segment_unless_overridden,
    fifteen_bytes_run_and_sixteen_do_not, lock_is_for_memory_destinations_of_some_instructions, the_whole_operand_must_lie_below_the_limit,
    a_32_bit_offset_beyond_the_limit_faults, unreal_mode_reaches_beyond_64_kib, the_stack_wraps_at_64_kib_between_items_but_not_inside_one,
    a_word_pushed_at_sp_1_does_not_fit, esp_keeps_its_upper_half_on_a_16_bit_stack, exceptions_save_the_right_instruction_and_no_error_code,
    coprocessor_escapes_raise_nm_when_told_to, code_runs_across_page_ends, code_ends_at_the_segments_end,
    an_instruction_that_sticks_out_of_the_segment_faults, branches_out_of_the_limit_fault_before_they_change_anything,
    sixteen_bit_branches_wrap, far_transfers_go_and_come_back, a20_wraps_the_first_megabyte, an_a20_change_is_seen_by_code_and_data_at_once)
