/* test_smc.c - programs that change themselves.  SDM vol. 3A, 8.1.3 and 11.6: a store to code is seen at the latest behind the next jump; since the
 * P6 at once, whatever the linear address.  Here it is always seen by the next instruction. */
#include "tests/execute.h"

/* inc ax (40) becomes dec ax (48): each test says how often AX went up and down. */

START_TEST(a_store_changes_the_next_instruction)
{
    CODE(0x2E, 0xC6, 0x06, 0x06, 0x01, 0x48, 0x40, 0xF4);                       /* mov byte cs:[106h], 48h; (inc ax) */
    RUN();
    ck_assert_uint_eq(cpu.r[EAX] & 0xFFFF, 0xFFFF);
}
END_TEST

START_TEST(a_store_changes_an_instruction_further_on_in_the_block)
{
    CODE(0x2E, 0xC6, 0x06, 0x09, 0x01, 0x48, 0x40, 0x40, 0x40, 0x40, 0xF4);
    RUN();
    ck_assert_uint_eq(cpu.r[EAX], 2);
}
END_TEST

START_TEST(a_loop_changes_what_stands_behind_and_before_it)
{
    CODE(0xB9, 0x03, 0x00,                                                      /* mov cx, 3 */
         0x40,                                                                  /* 103: inc ax, first time */
         0x2E, 0x80, 0x36, 0x03, 0x01, 0x08,                                    /* xor byte cs:[103h], 8: inc <-> dec */
         0x2E, 0xFE, 0x06, 0x11, 0x01,                                          /* inc byte cs:[111h] */
         0xBB, 0x00, 0x00,                                                      /* 10F: mov bx, imm: its low byte stands at 110 */
         0xE2, 0xEF, 0xF4);                                                     /* loop 103 */
    RUN();
    ck_assert_uint_eq(cpu.r[EAX], 1);                                           /* +1 -1 +1 */
    ck_assert_uint_eq(cpu.r[EBX], 0x300);
}
END_TEST

START_TEST(a_called_routine_is_changed_between_calls)
{
    CODE(0xE8, 0x0D, 0x00, 0x2E, 0xC6, 0x06, 0x10, 0x01, 0x48, 0xE8, 0x04, 0x00, 0xE8, 0x01, 0x00, 0xF4,   /* call; change; call; call; hlt */
         0x40, 0xC3);
    RUN();
    ck_assert_uint_eq(cpu.r[EAX] & 0xFFFF, 0xFFFF);
}
END_TEST

START_TEST(an_immediate_that_changes_in_a_hot_loop_is_always_the_new_one)
{
    CODE(0xB9, 0xC8, 0x00,                                                      /* mov cx, 200 */
         0xBA, 0x01, 0x00,                                                      /* 103: mov dx, imm */
         0x01, 0xD0, 0x2E, 0xFF, 0x06, 0x04, 0x01, 0xE2, 0xF4, 0xF4);           /* add ax, dx; inc word cs:[104h]; loop 103 */
    RUN();
    ck_assert_uint_eq(cpu.r[EAX], 200 * 201 / 2);
}
END_TEST

START_TEST(rep_movs_writes_the_code_it_runs_into)
{
    memset(ram + DATA_SEG * 16, 0x48, 16);
    CODE(0x0E, 0x07, 0xBF, 0x0A, 0x01, 0xB9, 0x04, 0x00, 0xF3, 0xA4, 0x40, 0x40, 0x40, 0x40, 0x40, 0xF4);   /* push cs; pop es; di = 10Ah; cx = 4; rep movsb */
    RUN();
    ck_assert_uint_eq((u16)cpu.r[EAX], (u16)(1 - 4));
}
END_TEST

START_TEST(rep_stos_that_overwrites_itself_goes_on_as_what_it_became)
{
    CODE(0x0E, 0x07, 0xBF, 0x08, 0x01, 0xB8, 0x90, 0x90, 0xF3, 0xAA, 0x43, 0xF4);
    cpu.r[ECX] = 1000;
    RUN();
    ck_assert_uint_eq(cpu.r[ECX], 999);                                         /* F3 became 90 after one iteration: what follows is STOSB alone */
    ck_assert_uint_eq(cpu.r[EDI], 0x10A);
    ck_assert_uint_eq(cpu.r[EBX], 1);
}
END_TEST

START_TEST(a_push_onto_code_changes_it)
{
    segment_set_real(&cpu, SS, CODE_SEG);
    cpu.r[ESP] = 0x106;
    cpu.r[EAX] = 0x4B4B;                                                        /* dec bx, dec bx */
    CODE(0x50, 0x90, 0x90, 0x90, 0x43, 0x43, 0xF4);
    RUN();
    ck_assert_uint_eq(cpu.r[EBX] & 0xFFFF, 0xFFFE);
}
END_TEST

/* ---- from outside ---- */

START_TEST(dma_into_code_is_seen)
{
    static const u8 dec = 0x48;
    CODE(0x40, 0xEB, 0xFD);                                                     /* l: inc ax; jmp l */
    ck_assert_int_eq(run_way(_i, 200), CPU_DEADLINE);
    ck_assert_uint_eq(cpu.r[EAX], 100);
    dma_write(&bus, AT, &dec, 1);
    ck_assert_int_eq(run_way(_i, 200), CPU_DEADLINE);
    ck_assert_uint_eq(cpu.r[EAX], 0);
}
END_TEST

static void dma_on_write(void *self, u16 reg, u32 value)
{
    u8 byte = (u8)value;
    (void)self;
    dma_write(&bus, AT + 0x10 + reg, &byte, 1);
}

START_TEST(dma_started_by_an_out_changes_the_next_instruction)
{
    static const char name[] = "dma";
    bus_attach(&bus, &(port_range_t){ name, 0x80, 1, W8, NULL, dma_on_write, NULL, false });
    CODE(0xB0, 0x4B, 0xEB, 0x0A);
    CODE_AT(AT + 0x0E, 0xE6, 0x80, 0x43, 0x43, 0xF4);                           /* out 80h, al; (inc bx); inc bx */
    RUN();
    ck_assert_uint_eq(cpu.r[EBX], 0);
}
END_TEST

/* ---- pages ---- */

START_TEST(a_store_across_a_pages_end_changes_code_on_both_sides)
{
    CODE(0xE9, 0xF5, 0x0E);                                                     /* jmp FF8h */
    CODE_AT(CODE_SEG * 16 + 0xFF8, 0x2E, 0xC7, 0x06, 0xFF, 0x0F, 0x4B, 0x4B,    /* mov word cs:[FFFh], 4B4Bh */
            0x43, 0x43, 0x43, 0xF4);
    RUN();
    ck_assert_uint_eq((u16)cpu.r[EBX], (u16)(1 - 2));
}
END_TEST

START_TEST(either_half_of_an_instruction_across_pages_can_change)
{
    CODE(0xB9, 0x03, 0x00, 0xE9, 0xF8, 0x0E);                                   /* mov cx, 3; jmp FFEh */
    CODE_AT(CODE_SEG * 16 + 0xFFE, 0xB8, 0x00, 0x00, 0x01, 0xC3,                /* FFE: mov ax, imm (FFF, 1000); add bx, ax */
            0x2E, 0xFE, 0x06, 0xFF, 0x0F, 0x2E, 0xFE, 0x06, 0x00, 0x10,         /* inc byte cs:[FFFh]; inc byte cs:[1000h] */
            0xE2, 0xEF, 0xF4);
    RUN();
    ck_assert_uint_eq(cpu.r[EBX], 0x303);                                       /* 0 + 101h + 202h */
}
END_TEST

START_TEST(a_page_written_to_before_it_becomes_code_is_still_watched)
{
    CODE(0x26, 0xC6, 0x06, 0x00, 0x00, 0x90,                                    /* mov byte es:[0], 90h: the page is in the TLB, writable */
         0x9A, 0x01, 0x00, 0x00, 0x20,                                          /* call 2000:1 */
         0x26, 0xC6, 0x06, 0x01, 0x00, 0x4B,                                    /* mov byte es:[1], 4Bh */
         0x9A, 0x01, 0x00, 0x00, 0x20, 0x9A, 0x01, 0x00, 0x00, 0x20, 0xF4);
    CODE_AT(DATA_SEG * 16 + 1, 0x43, 0xCB);
    RUN();
    ck_assert_uint_eq(cpu.r[EBX] & 0xFFFF, 0xFFFF);                             /* +1 -1 -1 */
}
END_TEST

START_TEST(data_beside_code_does_not_disturb_it)
{
    CODE(0xB9, 0x64, 0x00, 0x2E, 0xFF, 0x06, 0x0C, 0x01, 0xE2, 0xF9, 0xF4, 0x90, 0x00, 0x00);   /* inc word cs:[10Ch] a hundred times */
    RUN();
    ck_assert_uint_eq(word_at(AT + 0x0C), 100);
}
END_TEST

/* Protected mode, flat, the first megabyte mapped to itself and again at 8 MiB. */
static void map_twice(void)
{
    put(ram + 0x40000, W32, 0x41007); put(ram + 0x40008, W32, 0x41007);
    for (u32 page = 0; page < 256; page++) put(ram + 0x41000 + 4 * page, W32, page << 12 | 7);
    for (int seg = 0; seg < N_SEGMENTS; seg++) {
        cpu.seg[seg] = (segment_t){ .selector = seg == CS ? 8 : 16, .attributes = (u16)(seg == CS ? 0xC09B : 0xC093), .limit = 0xFFFFFFFF };
        segment_derive(&cpu.seg[seg]);
    }
    cpu.cr3 = 0x40000;
    cpu.cr0 |= CR0_PE | CR0_PG;
    cpu.eip = AT;
    cpu.r[ESP] = 0x30000;
    cpu_flush_tlb(&cpu, true);
    cpu_mode_changed(&cpu);
}

START_TEST(a_store_through_another_linear_address_is_seen)
{
    map_twice();
    CODE(0xC6, 0x05, 0x09, 0x01, 0x81, 0x00, 0x48, 0x90, 0x90, 0x40,            /* mov byte [810109h], 48h; nop; nop; (inc eax) */
         0xC6, 0x05, 0x11, 0x01, 0x81, 0x00, 0x4B, 0x43, 0xF4);
    RUN();
    ck_assert_uint_eq(cpu.r[EAX], 0xFFFFFFFF);
    ck_assert_uint_eq(cpu.r[EBX], 0xFFFFFFFF);
}
END_TEST

START_TEST(code_that_runs_at_two_addresses_is_one_memory)
{
    map_twice();
    CODE(0xBE, 0x00, 0x02, 0x01, 0x00, 0xBF, 0x00, 0x02, 0x81, 0x00,            /* esi, edi: 10200h and 810200h */
         0xFF, 0xD6, 0xFF, 0xD7, 0xC6, 0x06, 0x4B, 0xFF, 0xD6, 0xFF, 0xD7, 0xC6, 0x07, 0x43, 0xFF, 0xD6, 0xFF, 0xD7, 0xF4);
    CODE_AT(AT + 0x100, 0x43, 0xC3);
    RUN();
    ck_assert_uint_eq(cpu.r[EBX], 2);
}
END_TEST

START_TEST(a_page_mapped_elsewhere_brings_other_code)
{
    map_twice();
    CODE(0xBE, 0x00, 0x50, 0x80, 0x00, 0xFF, 0xD6,                              /* call 805000h */
         0xC7, 0x05, 0x14, 0x10, 0x04, 0x00, 0x07, 0x60, 0x00, 0x00,            /* its page table entry: 6000h */
         0x0F, 0x01, 0x3E, 0xFF, 0xD6, 0xF4);                                   /* invlpg [esi]; call */
    CODE_AT(0x5000, 0x43, 0xC3);
    CODE_AT(0x6000, 0x41, 0xC3);
    RUN();
    ck_assert_uint_eq(cpu.r[EBX], 1); ck_assert_uint_eq(cpu.r[ECX], 1);
}
END_TEST

/* ---- other memory than RAM ---- */

START_TEST(code_in_a_frame_buffer_may_change_itself)
{
    static u8 frame[PAGE_BYTES];
    static const char name[] = "frame";
    bus_map(&bus, &(region_t){ .name = name, .first = 0xA0000, .bytes = PAGE_BYTES, .host = frame });
    static const u8 code[] = { 0xB9, 0x03, 0x00, 0x40, 0x2E, 0x80, 0x36, 0x03, 0x00, 0x08, 0x2E, 0xC6, 0x06, 0x10, 0x00, 0x4B, 0x43, 0xE2, 0xF0, 0xF4 };
    memcpy(frame, code, sizeof code);
    CODE(0xEA, 0x00, 0x00, 0x00, 0xA0);                                         /* jmp A000:0 */
    RUN();
    ck_assert_uint_eq(cpu.r[EAX], 1);                                           /* +1 -1 +1 */
    ck_assert_uint_eq(cpu.r[EBX] & 0xFFFF, 0xFFFD);
}
END_TEST

START_TEST(a_store_to_rom_is_lost_until_shadow_ram_takes_its_place)
{
    static u8 rom[PAGE_BYTES];
    static const char name[] = "rom";
    static const u8 code[] = { 0x40, 0xCB };
    memcpy(rom, code, sizeof code);
    memset(ram + 0xF0000, 0x90, 16);
    ram[0xF0000] = 0x43; ram[0xF0001] = 0xCB;
    int number = bus_map(&bus, &(region_t){ .name = name, .first = 0xF0000, .bytes = PAGE_BYTES, .host = rom, .read_only = true });
    segment_set_real(&cpu, ES, 0xF000);
    cpu_mode_changed(&cpu);
    CODE(0x9A, 0, 0, 0x00, 0xF0, 0x26, 0xC6, 0x06, 0x00, 0x00, 0x48, 0x9A, 0, 0, 0x00, 0xF0, 0xF4);   /* call; mov byte es:[0], 48h; call */
    RUN();
    ck_assert_uint_eq(cpu.r[EAX], 2);
    bus_remap(&bus, number, 0, 0, true);
    cpu.eip = 0x100; cpu.halted = false;
    RUN();
    ck_assert_uint_eq(cpu.r[EBX], 1);                                           /* shadow RAM: inc bx, then dec ax */
    ck_assert_uint_eq(cpu.r[EAX], 1);
}
END_TEST

RUN_TESTS("self-modifying code", a_store_changes_the_next_instruction, a_store_changes_an_instruction_further_on_in_the_block,
    a_loop_changes_what_stands_behind_and_before_it, a_called_routine_is_changed_between_calls,
    an_immediate_that_changes_in_a_hot_loop_is_always_the_new_one, rep_movs_writes_the_code_it_runs_into,
    rep_stos_that_overwrites_itself_goes_on_as_what_it_became, a_push_onto_code_changes_it, dma_into_code_is_seen,
    dma_started_by_an_out_changes_the_next_instruction, a_store_across_a_pages_end_changes_code_on_both_sides,
    either_half_of_an_instruction_across_pages_can_change, a_page_written_to_before_it_becomes_code_is_still_watched,
    data_beside_code_does_not_disturb_it, a_store_through_another_linear_address_is_seen, code_that_runs_at_two_addresses_is_one_memory,
    a_page_mapped_elsewhere_brings_other_code, code_in_a_frame_buffer_may_change_itself, a_store_to_rom_is_lost_until_shadow_ram_takes_its_place)
