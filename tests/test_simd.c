/* test_simd.c - MMX, SSE, SSE2 and SSE3: bytes in, state out.  SDM vol. 2, under each name; vol. 1, chapters 9 to 12; vol. 3A, chapters 12 and 13.
 * tests/test_host_i386.c compares all of them with this host's processor; here are the facts in numbers, and what a program under an
 * operating system cannot see: faults, control registers, the saved state. */
#include "tests/execute.h"

enum { DATA = DATA_SEG * 16 };

static void begin(void)
{
    cpu.cr4 |= CR4_OSFXSR | CR4_OSXMMEXCPT;
    cpu.r[EBX] = 0;
}
static void put128(u32 at, u64 low, u64 high) { put64(ram + DATA + at, low); put64(ram + DATA + at + 8, high); }
static u64 data(u32 at)                       { return get64(ram + DATA + at); }

/* ---- values ---- */

/* op mm0, mm1 and the low half of op xmm0, xmm1, from 0F `opcode`. */
typedef struct { u8 opcode; u64 a, b, result; } lanes_row_t;
static const lanes_row_t lanes[] = {
    /* vol. 1, 9.4: saturation goes to the ends of the range and stays there */
    { 0xEC, 0x7F7F808080017F00, 0x01FF8001FF7F8000, 0x7F7E8081807FFF00 },                    /* PADDSB */
    { 0xED, 0x7FFF800080007FFF, 0x0001FFFF00017FFF, 0x7FFF800080017FFF },                    /* PADDSW */
    { 0xDC, 0xFF80017FFF00FE01, 0x0180FE80FF000101, 0xFFFFFFFFFF00FF02 },                    /* PADDUSB */
    { 0xDD, 0xFFFF8000FFFE0001, 0x0001800000010001, 0xFFFFFFFFFFFF0002 },                    /* PADDUSW */
    { 0xE8, 0x8080007F7F808000, 0x01FF80FF80807F80, 0x80817F7F7F00807F },                    /* PSUBSB */
    { 0xE9, 0x8000000080007FFF, 0x00018000FFFFFFFF, 0x80007FFF80017FFF },                    /* PSUBSW */
    { 0xD8, 0x0001FF8000FF0102, 0x01018180FF000201, 0x00007E0000FF0001 },                    /* PSUBUSB */
    { 0xD9, 0x00000001FFFF8000, 0x0001000180008001, 0x000000007FFF0000 },                    /* PSUBUSW */
    { 0xFC, 0xFF7F80000102FFFF, 0x0101800001FF01FF, 0x00800000020100FE },                    /* PADDB wraps */
    { 0xFE, 0xFFFFFFFF7FFFFFFF, 0x0000000100000001, 0x0000000080000000 },                    /* PADDD */
    { 0xD4, 0xFFFFFFFFFFFFFFFF, 0x0000000000000001, 0x0000000000000000 },                    /* PADDQ */
    { 0xE5, 0x7FFF800080007FFF, 0x7FFF80007FFF0002, 0x3FFF4000C0000000 },                    /* PMULHW */
    { 0xE4, 0xFFFF800080007FFF, 0xFFFF80007FFF0002, 0xFFFE40003FFF0000 },                    /* PMULHUW */
    { 0xD5, 0xFFFF80001234FFFF, 0xFFFF00020010FFFE, 0x0001000023400002 },                    /* PMULLW */
    { 0xF4, 0x12345678FFFFFFFF, 0x9ABCDEF0FFFFFFFF, 0xFFFFFFFE00000001 },                    /* PMULUDQ: low doublewords alone */
    { 0xF5, 0x8000800000010002, 0x8000800000030004, 0x800000000000000B },                    /* PMADDWD: the one sum that wraps */
    { 0xF6, 0x00FF00FF01020304, 0xFF00FF0004030201, 0x0000000000000404 },                    /* PSADBW */
    { 0xE0, 0x00FF01FEFF00FF01, 0x01FF00FFFF010002, 0x01FF01FFFF018002 },                    /* PAVGB rounds up */
    { 0xDA, 0x00FF807F01020304, 0xFF007F8004030201, 0x00007F7F01020201 },                    /* PMINUB */
    { 0xEE, 0x80007FFF00000001, 0x7FFF80000001FFFF, 0x7FFF7FFF00010001 },                    /* PMAXSW */
    { 0x64, 0x7F80000100FFFF00, 0x807F000000FF00FF, 0xFF0000FF000000FF },                    /* PCMPGTB: signed */
    { 0xDF, 0xFFFF0000F0F0AAAA, 0x123412340FF0FFFF, 0x000012340F005555 },                    /* PANDN: the destination is inverted */
    /* a count beyond the width clears, or leaves signs: PSLLW, PSRAW, PSLLD, PSRLD, PSRAD, PSLLQ, PSRLQ */
    { 0xF1, 0x1234567889ABCDEF, 16, 0 }, { 0xF1, 0x1234567889ABCDEF, 4, 0x234067809AB0DEF0 },
    { 0xD1, 0x1234567889ABCDEF, 0x100000001, 0 },                                            /* all 64 bits of the count are read */
    { 0xE1, 0x7FFF800089AB0001, 16, 0x0000FFFFFFFF0000 }, { 0xE1, 0x7FFF800089AB0001, ~0ull, 0x0000FFFFFFFF0000 },
    { 0xF2, 0xFFFFFFFF00000001, 31, 0x8000000080000000 }, { 0xF2, 0xFFFFFFFF00000001, 32, 0 },
    { 0xD2, 0xFFFFFFFF80000000, 31, 0x0000000100000001 }, { 0xE2, 0x8000000040000000, 255, 0xFFFFFFFF00000000 },
    { 0xF3, 0x8000000000000001, 63, 0x8000000000000000 }, { 0xF3, 0x8000000000000001, 64, 0 }, { 0xD3, 0x8000000000000001, 63, 1 },
};

START_TEST(lanes_wrap_saturate_and_shift_as_the_manual_says)
{
    for (unsigned i = 0; i < COUNT_OF(lanes); i++) {
        power_off();
        power_on();
        begin();
        CODE(0x0F, 0x6F, 0x07, 0x0F, 0xFC, 0x47, 0x08, 0x0F, 0x7F, 0x47, 0x20,               /* movq mm0, [bx]; op mm0, [bx+8]; movq [bx+20h], mm0 */
             0x66, 0x0F, 0x6F, 0x47, 0x30, 0x66, 0x0F, 0xFC, 0x47, 0x40, 0x66, 0x0F, 0x7F, 0x47, 0x50, 0xF4);
        ram[AT + 4] = ram[AT + 18] = lanes[i].opcode;
        put128(0, lanes[i].a, lanes[i].b);
        put128(0x30, lanes[i].a, lanes[i].a);
        put128(0x40, lanes[i].b, lanes[i].b);
        RUN();
        ck_assert_msg(data(0x20) == lanes[i].result, "mm, 0F %02X: %016llX", lanes[i].opcode, (unsigned long long)data(0x20));
        ck_assert_msg(data(0x50) == lanes[i].result, "xmm, 0F %02X: %016llX", lanes[i].opcode, (unsigned long long)data(0x50));
    }
}
END_TEST

/* movdqa xmm0, [bx]; movdqa xmm1, [bx+10h]; `op` xmm0, xmm1 [, imm]; movdqa [bx+20h], xmm0; hlt */
typedef struct { u8 op[6], n; u64 a[2], b[2], result[2]; } across_row_t;
#define BYTES(...) { __VA_ARGS__ }, sizeof((u8[]){ __VA_ARGS__ })
#define A { 0x0706050403020100, 0x0F0E0D0C0B0A0908 }
#define B { 0x1716151413121110, 0x1F1E1D1C1B1A1918 }
static const across_row_t across[] = {
    { BYTES(0x66, 0x0F, 0x60, 0xC1), A, B, { 0x1303120211011000, 0x1707160615051404 } },        /* PUNPCKLBW */
    { BYTES(0x66, 0x0F, 0x69, 0xC1), A, B, { 0x1B1A0B0A19180908, 0x1F1E0F0E1D1C0D0C } },        /* PUNPCKHWD */
    { BYTES(0x66, 0x0F, 0x6D, 0xC1), A, B, { 0x0F0E0D0C0B0A0908, 0x1F1E1D1C1B1A1918 } },        /* PUNPCKHQDQ */
    { BYTES(0x66, 0x0F, 0x63, 0xC1), { 0x8000007FFF80FF7F, 0x00800001FFFF7FFF }, B, { 0x7F01FF7F807F8080, 0x7F7F7F7F7F7F7F7F } },      /* PACKSSWB */
    { BYTES(0x66, 0x0F, 0x67, 0xC1), { 0x8000007F00FF0100, 0xFFFF0001800000FE }, A, { 0x000100FE007FFFFF, 0xFFFFFFFFFFFFFFFF } },      /* PACKUSWB */
    { BYTES(0x66, 0x0F, 0x6B, 0xC1), { 0x0000800000007FFF, 0xFFFF7FFFFFFF8000 }, { 1, 2 }, { 0x800080007FFF7FFF, 0x0000000200000001 } }, /* PACKSSDW */
    { BYTES(0x66, 0x0F, 0x70, 0xC1, 0x1B), A, B, { 0x1B1A19181F1E1D1C, 0x1312111017161514 } },  /* PSHUFD: reversed */
    { BYTES(0xF2, 0x0F, 0x70, 0xC1, 0x1B), A, B, { 0x1110131215141716, 0x1F1E1D1C1B1A1918 } },  /* PSHUFLW */
    { BYTES(0xF3, 0x0F, 0x70, 0xC1, 0x00), A, B, { 0x1716151413121110, 0x1918191819181918 } },  /* PSHUFHW */
    { BYTES(0x0F, 0xC6, 0xC1, 0xE4), A, B, { 0x0706050403020100, 0x1F1E1D1C1B1A1918 } },        /* SHUFPS: low from the first, high from the second */
    { BYTES(0x66, 0x0F, 0xC6, 0xC1, 0x01), A, B, { 0x0F0E0D0C0B0A0908, 0x1716151413121110 } },  /* SHUFPD */
    { BYTES(0x66, 0x0F, 0x73, 0xF8, 0x03), A, B, { 0x0403020100000000, 0x0C0B0A0908070605 } },  /* PSLLDQ */
    { BYTES(0x66, 0x0F, 0x73, 0xD8, 0x0F), A, B, { 0x0F, 0 } },                                 /* PSRLDQ */
    { BYTES(0x66, 0x0F, 0x73, 0xD8, 0x10), A, B, { 0, 0 } },                                    /*   by 16 */
    { BYTES(0xF3, 0x0F, 0x10, 0xC1), A, B, { 0x0706050413121110, 0x0F0E0D0C0B0A0908 } },        /* MOVSS between registers: the rest stays */
    { BYTES(0xF2, 0x0F, 0x10, 0xC1), A, B, { 0x1716151413121110, 0x0F0E0D0C0B0A0908 } },        /* MOVSD */
    { BYTES(0xF3, 0x0F, 0x7E, 0xC1), A, B, { 0x1716151413121110, 0 } },                         /* MOVQ: the rest is cleared */
    { BYTES(0x0F, 0x12, 0xC1), A, B, { 0x1F1E1D1C1B1A1918, 0x0F0E0D0C0B0A0908 } },              /* MOVHLPS */
    { BYTES(0x0F, 0x16, 0xC1), A, B, { 0x0706050403020100, 0x1716151413121110 } },              /* MOVLHPS */
    { BYTES(0xF2, 0x0F, 0x12, 0xC1), A, B, { 0x1716151413121110, 0x1716151413121110 } },        /* MOVDDUP */
    { BYTES(0xF3, 0x0F, 0x16, 0xC1), A, B, { 0x1716151417161514, 0x1F1E1D1C1F1E1D1C } },        /* MOVSHDUP */
    { BYTES(0xF3, 0x0F, 0x12, 0xC1), A, B, { 0x1312111013121110, 0x1B1A19181B1A1918 } },        /* MOVSLDUP */
    /* 1, 2, 3, 4 and 10, 20, 30, 40 */
    { BYTES(0xF2, 0x0F, 0x7C, 0xC1), { 0x400000003F800000, 0x4080000040400000 }, { 0x41A0000041200000, 0x4220000041F00000 },
      { 0x40E0000040400000, 0x428C000041F00000 } },                                          /* HADDPS: 3, 7, 30, 70 */
    { BYTES(0xF2, 0x0F, 0xD0, 0xC1), { 0x400000003F800000, 0x4080000040400000 }, { 0x41A0000041200000, 0x4220000041F00000 },
      { 0x41B00000C1100000, 0x42300000C1D80000 } },                                          /* ADDSUBPS: -9, 22, -27, 44 */
    { BYTES(0x66, 0x0F, 0x7D, 0xC1), { 0x3FF0000000000000, 0x4000000000000000 }, { 0x4008000000000000, 0x3FF0000000000000 },
      { 0xBFF0000000000000, 0x4000000000000000 } },                                          /* HSUBPD: 1 - 2, 3 - 1 */
    { BYTES(0xF3, 0x0F, 0xE6, 0xC1), A, { 0xFFFFFFFF00000003, 99 }, { 0x4008000000000000, 0xBFF0000000000000 } },   /* CVTDQ2PD: 3, -1 */
    { BYTES(0x66, 0x0F, 0xE6, 0xC1), A, { 0xC004000000000000, 0x41E0000000000000 }, { 0x80000000FFFFFFFE, 0 } },    /* CVTTPD2DQ: -2.5, 2^31 */
    { BYTES(0x0F, 0xC2, 0xC1, 0x03), { 0x7FC000003F800000, 0 }, { 0, 0x7FC00000 }, { 0xFFFFFFFF00000000, 0x00000000FFFFFFFF } },         /* CMPUNORDPS */
    { BYTES(0x0F, 0xC2, 0xC1, 0x05), { 0x7FC000003F800000, 0 }, { 0x3F80000040000000, 0 }, { 0xFFFFFFFF00000000, 0xFFFFFFFFFFFFFFFF } }, /* CMPNLTPS: unordered counts */
};

START_TEST(lanes_move_as_the_manual_says)
{
    for (unsigned i = 0; i < COUNT_OF(across); i++) {
        power_off();
        power_on();
        begin();
        memset(ram + AT, 0x90, 32);
        CODE(0x66, 0x0F, 0x6F, 0x07, 0x66, 0x0F, 0x6F, 0x4F, 0x10);
        memcpy(ram + AT + 9, across[i].op, across[i].n);
        CODE_AT(AT + 15, 0x66, 0x0F, 0x7F, 0x47, 0x20, 0xF4);
        put128(0, across[i].a[0], across[i].a[1]);
        put128(0x10, across[i].b[0], across[i].b[1]);
        RUN();
        ck_assert_msg(data(0x20) == across[i].result[0] && data(0x28) == across[i].result[1], "row %u: %016llX %016llX", i,
                      (unsigned long long)data(0x28), (unsigned long long)data(0x20));
    }
}
END_TEST

START_TEST(words_and_masks_go_to_and_from_general_registers)
{
    begin();
    CODE(0x66, 0x0F, 0x6F, 0x07, 0x66, 0x0F, 0xC4, 0xC0, 0x0F,           /* movdqa xmm0, [bx]; pinsrw xmm0, eax, 15 (of which 7) */
         0x66, 0x0F, 0xD7, 0xC8, 0x66, 0x0F, 0xC5, 0xD0, 0x08,           /* pmovmskb ecx, xmm0; pextrw edx, xmm0, 8 (0) */
         0x66, 0x0F, 0x50, 0xF0, 0x0F, 0x50, 0xF8, 0xF4);                /* movmskpd esi, xmm0; movmskps edi, xmm0 */
    put128(0, 0x80FF7F0000018002, 0x0102038405060708);
    cpu.r[EAX] = 0x1234FEDC;
    cpu.r[ECX] = cpu.r[EDX] = 0xFFFFFFFF;
    RUN();
    ck_assert_uint_eq(cpu.simd.xmm[0].q[1], 0xFEDC038405060708);
    ck_assert_uint_eq(cpu.r[ECX], 0xD0C2);
    ck_assert_uint_eq(cpu.r[EDX], 0x8002);
    ck_assert_uint_eq(cpu.r[ESI], 3);
    ck_assert_uint_eq(cpu.r[EDI], 0xA);
}
END_TEST

START_TEST(a_masked_store_writes_the_bytes_whose_mask_says_so)   /* vol. 2, MASKMOVDQU */
{
    begin();
    CODE(0x66, 0x0F, 0x6F, 0x07, 0x66, 0x0F, 0x6F, 0x4F, 0x10, 0x66, 0x0F, 0xF7, 0xC1, 0xF4);
    put128(0, 0x1716151413121110, 0x1F1E1D1C1B1A1918);
    put128(0x10, 0x80007FFF00808000, 0xFF00000000000000);
    cpu.r[EDI] = 0x43;
    RUN();
    ck_assert_uint_eq(data(0x43), 0x1700001400121100 & 0xFFFFFFFFFFFFFFFF);
    ck_assert_uint_eq(data(0x4B), 0x1F00000000000000);
}
END_TEST

/* ---- MMX and the x87: vol. 3A, 12.2 ---- */

START_TEST(mmx_registers_are_the_x87s_significands)
{
    begin();
    CODE(0xDB, 0xE3, 0xD9, 0xE8, 0xD9, 0xE8, 0xD9, 0xE8,                 /* fninit; fld1; fld1; fld1: TOP 5 */
         0x0F, 0x6F, 0x1F, 0xF4);                                        /* movq mm3, [bx] */
    put128(0, 0x0123456789ABCDEF, 0);
    RUN();
    ck_assert_uint_eq(cpu.fpu.top, 0);
    ck_assert_uint_eq(cpu.fpu.full, 0xFF);
    ck_assert_uint_eq(cpu.fpu.r[3].m, 0x0123456789ABCDEF);
    ck_assert_uint_eq(cpu.fpu.r[3].se, 0xFFFF);
    ck_assert_uint_eq(cpu.fpu.r[7].m, 0x8000000000000000);               /* the first fld1 is MM7 */
    ck_assert_uint_eq(cpu.fpu.r[7].se, 0x3FFF);                          /* and keeps its exponent until MM7 is written */
}
END_TEST

START_TEST(reading_an_mmx_register_turns_the_stack_too_and_emms_empties_it)
{
    begin();
    CODE(0xDB, 0xE3, 0xD9, 0xE8, 0x0F, 0x7F, 0x3F, 0x0F, 0x77, 0xF4);    /* fninit; fld1; movq [bx], mm7; emms */
    cpu_run(&cpu, cpu_instructions(&cpu) + 3);
    ck_assert_uint_eq(cpu.fpu.top, 0);
    ck_assert_uint_eq(cpu.fpu.full, 0xFF);
    ck_assert_uint_eq(cpu.fpu.r[7].se, 0x3FFF);
    RUN();
    ck_assert_uint_eq(data(0), 0x8000000000000000);
    ck_assert_uint_eq(cpu.fpu.full, 0);
}
END_TEST

START_TEST(sse_does_not_touch_the_x87)
{
    begin();
    CODE(0xDB, 0xE3, 0xD9, 0xE8, 0x66, 0x0F, 0xEF, 0xC0, 0x66, 0x0F, 0x2A, 0x07, 0xF4);      /* pxor xmm0, xmm0; cvtpi2pd xmm0, [bx] */
    put128(0, 0xFFFFFFFF00000002, 0);
    RUN();
    ck_assert_uint_eq(cpu.fpu.top, 7);
    ck_assert_uint_eq(cpu.fpu.full, 0x80);
    ck_assert_uint_eq(cpu.simd.xmm[0].q[0], 0x4000000000000000);
    ck_assert_uint_eq(cpu.simd.xmm[0].q[1], 0xBFF0000000000000);
}
END_TEST

/* ---- faults ---- */

enum { OK = 0xFF, ES_PENDING = 1 };      /* vector 0xFF: none */
typedef struct { u8 code[8], n; u32 cr0, cr4_off; u8 pending, vector; const char *name; } fault_row_t;
/* vol. 3B, 23.25.3; vol. 2, each instruction's exceptions.  DS:BX is aligned, [bx+1] is not. */
static const fault_row_t faults[] = {
    { BYTES(0x0F, 0xFC, 0xC1), CR0_EM, 0, 0, UD, "PADDB mm, EM" }, { BYTES(0x0F, 0xFC, 0xC1), CR0_TS, 0, 0, NM, "PADDB mm, TS" },
    { BYTES(0x0F, 0xFC, 0xC1), CR0_EM | CR0_TS, 0, 0, UD, "PADDB mm, EM and TS" }, { BYTES(0x0F, 0xFC, 0xC1), 0, CR4_OSFXSR, 0, OK, "PADDB mm needs no OSFXSR" },
    { BYTES(0x66, 0x0F, 0xFC, 0xC1), 0, CR4_OSFXSR, 0, UD, "PADDB xmm, OSFXSR" }, { BYTES(0x66, 0x0F, 0xFC, 0xC1), CR0_TS, 0, 0, NM, "PADDB xmm, TS" },
    { BYTES(0x66, 0x0F, 0xFC, 0xC1), CR0_EM, 0, 0, UD, "PADDB xmm, EM" },
    { BYTES(0x0F, 0xFC, 0xC1), CR0_NE, 0, ES_PENDING, MF, "PADDB mm, pending" }, { BYTES(0x0F, 0x77), CR0_NE, 0, ES_PENDING, MF, "EMMS, pending" },
    { BYTES(0x66, 0x0F, 0xFC, 0xC1), CR0_NE, 0, ES_PENDING, OK, "PADDB xmm, pending" }, { BYTES(0x0F, 0x58, 0xC1), CR0_NE, 0, ES_PENDING, OK, "ADDPS, pending" },
    { BYTES(0x0F, 0x2C, 0xC1), CR0_NE, 0, ES_PENDING, MF, "CVTTPS2PI, pending" }, { BYTES(0x66, 0x0F, 0x2A, 0x07), CR0_NE, 0, ES_PENDING, OK, "CVTPI2PD m64, pending" },
    { BYTES(0x66, 0x0F, 0x2A, 0xC1), CR0_NE, 0, ES_PENDING, MF, "CVTPI2PD mm, pending" }, { BYTES(0x0F, 0x2A, 0x07), CR0_NE, 0, ES_PENDING, MF, "CVTPI2PS m64, pending" },
    { BYTES(0xF2, 0x0F, 0xD6, 0xC1), CR0_NE, 0, ES_PENDING, MF, "MOVDQ2Q, pending" }, { BYTES(0xF2, 0x0F, 0xD6, 0xC1), 0, CR4_OSFXSR, 0, UD, "MOVDQ2Q, OSFXSR" },
    { BYTES(0x0F, 0x28, 0x47, 0x01), 0, 0, 0, GP, "MOVAPS, unaligned" }, { BYTES(0x0F, 0x10, 0x47, 0x01), 0, 0, 0, OK, "MOVUPS, unaligned" },
    { BYTES(0x0F, 0x29, 0x47, 0x01), 0, 0, 0, GP, "MOVAPS store, unaligned" }, { BYTES(0x0F, 0x58, 0x47, 0x04), 0, 0, 0, GP, "ADDPS, unaligned" },
    { BYTES(0xF3, 0x0F, 0x58, 0x47, 0x01), 0, 0, 0, OK, "ADDSS, unaligned" }, { BYTES(0x66, 0x0F, 0xE7, 0x47, 0x08), 0, 0, 0, GP, "MOVNTDQ, unaligned" },
    { BYTES(0x0F, 0xFC, 0x47, 0x01), 0, 0, 0, OK, "PADDB mm, unaligned" }, { BYTES(0x66, 0x0F, 0xFC, 0x47, 0x01), 0, 0, 0, GP, "PADDB xmm, unaligned" },
    { BYTES(0xF2, 0x0F, 0xF0, 0x47, 0x01), 0, 0, 0, OK, "LDDQU, unaligned" }, { BYTES(0xF2, 0x0F, 0x12, 0x47, 0x01), 0, 0, 0, OK, "MOVDDUP, unaligned" },
    { BYTES(0x0F, 0xC3, 0x07), CR0_EM | CR0_TS, CR4_OSFXSR, 0, OK, "MOVNTI asks nothing" }, { BYTES(0x0F, 0xAE, 0xF0), CR0_EM | CR0_TS, CR4_OSFXSR, 0, OK, "MFENCE asks nothing" },
    { BYTES(0x0F, 0x18, 0x07), CR0_EM | CR0_TS, CR4_OSFXSR, 0, OK, "PREFETCHNTA asks nothing" },
    { BYTES(0x0F, 0xAE, 0x07), CR0_EM, 0, 0, NM, "FXSAVE, EM" }, { BYTES(0x0F, 0xAE, 0x07), CR0_TS, 0, 0, NM, "FXSAVE, TS" },
    { BYTES(0x0F, 0xAE, 0x47, 0x08), 0, 0, 0, GP, "FXSAVE, unaligned" }, { BYTES(0x0F, 0xAE, 0x07), CR0_NE, CR4_OSFXSR, ES_PENDING, OK, "FXSAVE, pending" },
    { BYTES(0x0F, 0xAE, 0x5F, 0x01), 0, CR4_OSFXSR, 0, UD, "STMXCSR, OSFXSR" }, { BYTES(0x0F, 0xAE, 0x5F, 0x01), CR0_TS, 0, 0, NM, "STMXCSR, TS" },
    { BYTES(0x0F, 0xAE, 0x57, 0x20), 0, 0, 0, GP, "LDMXCSR, reserved bits" },
    { BYTES(0xF0, 0x0F, 0xFC, 0xC1), 0, 0, 0, UD, "LOCK PADDB" }, { BYTES(0xF3, 0x0F, 0x57, 0xC1), 0, 0, 0, UD, "F3 XORPS" }, { BYTES(0xF2, 0x0F, 0xFC, 0xC1), 0, 0, 0, UD, "F2 PADDB" },
    { BYTES(0x0F, 0x71, 0xD9, 0x01), 0, 0, 0, UD, "group 12 /3" }, { BYTES(0x0F, 0x71, 0x17, 0x01), 0, 0, 0, UD, "group 12, memory" }, { BYTES(0x0F, 0x73, 0xD9, 0x01), 0, 0, 0, UD, "PSRLDQ mm" },
    { BYTES(0x0F, 0x50, 0x07), 0, 0, 0, UD, "MOVMSKPS, memory" }, { BYTES(0x0F, 0x13, 0xC1), 0, 0, 0, UD, "MOVLPS store, register" }, { BYTES(0x66, 0x0F, 0x12, 0xC1), 0, 0, 0, UD, "MOVLPD, register" },
    { BYTES(0x66, 0x0F, 0x77), 0, 0, 0, UD, "66 EMMS" }, { BYTES(0x0F, 0x6C, 0xC1), 0, 0, 0, UD, "PUNPCKLQDQ mm" }, { BYTES(0x0F, 0xAE, 0x27), 0, 0, 0, UD, "group 15 /4" },
    { BYTES(0x66, 0xF3, 0x0F, 0x58, 0xC1), 0, 0, 0, OK, "66 F3: F3 chooses" },
};

START_TEST(faults_come_as_the_manual_says)
{
    for (unsigned i = 0; i < COUNT_OF(faults); i++) {
        power_off();
        power_on();
        begin();
        const fault_row_t *row = &faults[i];
        memset(ram + AT, 0xF4, 16);
        memcpy(ram + AT, row->code, row->n);
        put(ram + DATA + 0x20, W32, 0x11F80);
        cpu.cr0 |= row->cr0;
        cpu.cr4 &= ~row->cr4_off;
        if (row->pending) { fpu_set_control(&cpu.fpu, 0x340); cpu.fpu.status = X87_ZE; fpu_summarise(&cpu); }
        RUN();
        u32 vector = cpu.seg[CS].selector == HANDLER_SEG ? cpu.eip - 1 : OK;
        ck_assert_msg(vector == row->vector, "%s: %u", row->name, vector);
        if (vector != OK) ck_assert_uint_eq(pushed(0), 0x100);
    }
}
END_TEST

START_TEST(an_operand_beyond_the_limit_changes_nothing)
{
    begin();
    CODE(0x66, 0x0F, 0x6F, 0x07, 0xF3, 0x0F, 0x7F, 0x04, 0xF4);          /* movdqa xmm0, [bx]; movdqu [si], xmm0 */
    put128(0, ~0ull, ~0ull);
    cpu.r[ESI] = 0xFFF8;
    RUN();
    ENDS_IN(GP, 0x104);
    ck_assert_uint_eq(data(0xFFF8), 0);
}
END_TEST

/* ---- floating-point exceptions: vol. 1, 11.5 ---- */

/* ldmxcsr [bx+20h]; movaps xmm0, [bx]; `op` xmm0, [bx+10h]; hlt */
typedef struct { u8 op[4]; u32 mxcsr; u64 a, b; u32 left; u8 vector; const char *name; } exception_row_t;
#define SET(...) { __VA_ARGS__ }
static const exception_row_t exceptions[] = {
    { SET(0x0F, 0x5E, 0x47, 0x10), 0x1F80, 0x3F8000003F800000, 0x3F80000000000000, 0x1F84, OK, "1/0, masked" },
    { SET(0x0F, 0x5E, 0x47, 0x10), 0x1D80, 0x3F8000003F800000, 0x3F80000000000000, 0x1D84, XM, "1/0, unmasked" },
    { SET(0x0F, 0x5E, 0x47, 0x10), 0x0D80, 0x3F8000003F800000, 0x4040000000000000, 0x0D84, XM, "1/0 and 1/3: the inexact lane is not computed" },
    { SET(0x0F, 0x5E, 0x47, 0x10), 0x0F80, 0x3F8000003F800000, 0x4040000000000000, 0x0FA4, XM, "1/0 masked, 1/3 unmasked: both are told" },
    { SET(0x0F, 0x51, 0x47, 0x10), 0x1F00, 0, 0x3F800000BF800000, 0x1F01, XM, "root of -1" },
    { SET(0x0F, 0x58, 0x47, 0x10), 0x1E80, 1, 0, 0x1E82, XM, "a denormal" }, { SET(0x0F, 0x58, 0x47, 0x10), 0x1EC0, 1, 0, 0x1EC0, OK, "a denormal, DAZ" },
    { SET(0x0F, 0x59, 0x47, 0x10), 0x1B80, 0x7F7FFFFF, 0x7F7FFFFF, 0x1BA8, XM, "overflow, with precision" },
    { SET(0x0F, 0x59, 0x47, 0x10), 0x1780, 0x00800000, 0x3F000000, 0x1790, XM, "underflow, exact" },
    { SET(0x0F, 0x5B, 0x47, 0x10), 0x1F84, 0, 0, 0x1F84, OK, "flags stick" },
};

START_TEST(unmasked_exceptions_write_nothing)
{
    for (unsigned i = 0; i < 2 * COUNT_OF(exceptions); i++) {
        const exception_row_t *row = &exceptions[i / 2];
        bool known = i & 1;
        power_off();
        power_on();
        begin();
        if (!known) cpu.cr4 &= ~(u32)CR4_OSXMMEXCPT;
        CODE(0x0F, 0xAE, 0x57, 0x20, 0x0F, 0x28, 0x07, 0, 0, 0, 0, 0xF4);
        memcpy(ram + AT + 7, row->op, 4);
        put128(0, row->a, 0);
        put128(0x10, row->b, 0x3F8000003F800000);
        put(ram + DATA + 0x20, W32, row->mxcsr);
        if (row->op[1] == 0x5E) put128(0, row->a, 0x3F8000003F800000);
        RUN();
        u32 vector = cpu.seg[CS].selector == HANDLER_SEG ? cpu.eip - 1 : OK;
        ck_assert_msg(vector == (row->vector == XM && !known ? UD : row->vector), "%s: vector %u", row->name, vector);
        ck_assert_msg(cpu.simd.mxcsr == row->left, "%s: MXCSR %04X", row->name, cpu.simd.mxcsr);
        if (vector != OK) {
            ck_assert_uint_eq(pushed(0), 0x107);
            ck_assert_uint_eq(cpu.simd.xmm[0].q[0], row->a);
        }
    }
}
END_TEST

START_TEST(a_comparison_that_faults_leaves_the_flags)
{
    static const struct { u32 a, b; u32 flags; } rows[] = {              /* vol. 2, UCOMISS */
        { 0x3F800000, 0x40000000, FLAG_CF }, { 0x40000000, 0x3F800000, 0 }, { 0x80000000, 0, FLAG_ZF }, { 0x7FC00000, 0, FLAG_ZF | FLAG_PF | FLAG_CF },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        power_off();
        power_on();
        begin();
        CODE(0x0F, 0x28, 0x07, 0x0F, 0x2E, 0x47, 0x10, 0xF4);            /* movaps xmm0, [bx]; ucomiss xmm0, [bx+10h] */
        put128(0, rows[i].a, 0);
        put128(0x10, rows[i].b, 0);
        cpu_set_eflags(&cpu, FLAG_1 | FLAGS_STATUS);
        RUN();
        ck_assert_uint_eq(cpu_eflags(&cpu) & FLAGS_STATUS, rows[i].flags);
        ck_assert_uint_eq(cpu.simd.mxcsr, 0x1F80);
    }
    power_off();
    power_on();
    begin();
    CODE(0x0F, 0x28, 0x07, 0x0F, 0x2F, 0x47, 0x10, 0xF4);                /* comiss: a quiet NaN is invalid */
    put128(0, 0x7FC00000, 0);
    cpu.simd.mxcsr = 0x1F00;
    cpu_set_eflags(&cpu, FLAG_1 | FLAG_SF | FLAG_AF);
    RUN();
    ENDS_IN(XM, 0x103);
    ck_assert_uint_eq(pushed(2) & FLAGS_STATUS, FLAG_SF | FLAG_AF);
}
END_TEST

/* ---- the saved state: vol. 1, table 10-2 ---- */

START_TEST(fxsave_lays_the_state_out_as_the_manual_draws_it)
{
    begin();
    CODE(0xDB, 0xE3, 0xD9, 0xE8, 0xD9, 0xEE, 0xD9, 0x47, 0x40,           /* fninit; fld1; fldz; fld dword [bx+40h] (2.0): TOP 5 */
         0x0F, 0xAE, 0x87, 0x00, 0x01, 0xF4);                            /* fxsave [bx+100h] */
    put(ram + DATA + 0x40, W32, 0x40000000);
    memset(ram + DATA + 0x100, 0xEE, 512);
    cpu.simd.mxcsr = 0x9FA0;
    for (unsigned n = 0; n < 8; n++) cpu.simd.xmm[n] = (vector_t){ .q = { 0x1111111111111111 * n, 0xF0 + n } };
    RUN();
    const u8 *image = ram + DATA + 0x100;
    ck_assert_uint_eq(get(image, W16), 0x37F);
    ck_assert_uint_eq(get(image + 2, W16), 5 << 11);
    ck_assert_uint_eq(image[4], 0xE0);                                   /* a bit a register, by number, not by place on the stack */
    ck_assert_uint_eq(get(image + 8, W32), 0x106);
    ck_assert_uint_eq(get(image + 12, W16), CODE_SEG);
    ck_assert_uint_eq(get(image + 16, W32), 0x40);
    ck_assert_uint_eq(get(image + 20, W16), DATA_SEG);
    ck_assert_uint_eq(get(image + 24, W32), 0x9FA0);
    ck_assert_uint_eq(get(image + 28, W32), 0xFFFF);
    ck_assert_uint_eq(get64(image + 32), 0x8000000000000000);            /* ST(0): 2.0 */
    ck_assert_uint_eq(get(image + 40, W16), 0x4000);
    ck_assert_uint_eq(get(image + 32 + 32 + 8, W16), 0x3FFF);            /* ST(2): 1.0 */
    ck_assert_uint_eq(get64(image + 160 + 16 * 3), 0x3333333333333333);
    ck_assert_uint_eq(get64(image + 160 + 16 * 7 + 8), 0xF7);
    static const u16 reserved[] = { 5, 14, 15, 22, 23, 42, 47, 58, 159, 288, 463, 464, 511 };
    for (unsigned i = 0; i < COUNT_OF(reserved); i++) ck_assert_uint_eq(image[reserved[i]], 0xEE);
}
END_TEST

START_TEST(fxrstor_brings_back_what_fxsave_saved_or_nothing)
{
    begin();
    CODE(0xD9, 0xEB, 0x0F, 0xAE, 0x07, 0xDB, 0xE3, 0x0F, 0x57, 0xC0, 0x0F, 0xAE, 0x0F,       /* fldpi; fxsave [bx]; fninit; xorps xmm0, xmm0; fxrstor [bx] */
         0xC6, 0x47, 0x1A, 0x01, 0x0F, 0xAE, 0x0F, 0xF4);                /* mov byte [bx+26], 1: MXCSR bit 16; fxrstor [bx] */
    cpu.simd.xmm[0] = (vector_t){ .q = { 5, 6 } };
    fpu_init(&cpu.fpu);
    RUN();
    ENDS_IN(GP, 0x111);
    ck_assert_uint_eq(cpu.simd.xmm[0].q[0], 5);
    ck_assert_uint_eq(cpu.fpu.top, 7);
    ck_assert_uint_eq(cpu.fpu.full, 0x80);
    ck_assert_uint_eq(cpu.fpu.r[7].m, 0xC90FDAA22168C235);
    ck_assert_uint_eq(cpu.simd.mxcsr, 0x1F80);
}
END_TEST

START_TEST(mxcsr_has_the_bits_of_its_model)                      /* vol. 1, 11.6.6 */
{
    static const struct { model_t model; u32 mask, stored; } rows[] = { { MODEL_PENTIUM3, 0xFFBF, 0 }, { MODEL_PENTIUM4, 0xFFFF, 0xFFFF } };
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        for (unsigned bit = 0; bit < 32; bit++) {
            power_off();
            power_on_model(rows[i].model);
            begin();
            CODE(0x0F, 0xAE, 0x57, 0x20, 0x0F, 0xAE, 0x87, 0x00, 0x01, 0xF4);
            put(ram + DATA + 0x20, W32, 0x1F80 | 1u << bit);
            RUN();
            bool fits = (1u << bit & rows[i].mask) != 0;
            ck_assert_uint_eq(cpu.seg[CS].selector == HANDLER_SEG, !fits);
            if (fits) ck_assert_uint_eq(get(ram + DATA + 0x100 + 28, W32), rows[i].stored);
        }
}
END_TEST

START_TEST(without_osfxsr_fxsave_leaves_xmm_out)
{
    begin();
    cpu.cr4 &= ~(u32)CR4_OSFXSR;
    CODE(0x0F, 0xAE, 0x87, 0x00, 0x01, 0xF4);
    cpu.simd.xmm[0] = (vector_t){ .q = { 5, 6 } };
    RUN();
    ck_assert_uint_eq(get(ram + DATA + 0x100 + 24, W32), 0x1F80);
    ck_assert_uint_eq(data(0x100 + 160), 0);
}
END_TEST

/* ---- MONITOR and MWAIT ---- */

START_TEST(mwait_halts_until_an_interrupt_unless_the_line_changed)
{
    begin();
    CODE(0xFB, 0x31, 0xC0, 0x31, 0xC9, 0x0F, 0x01, 0xC8,                 /* sti; xor ax, ax; xor cx, cx; monitor */
         0xFF, 0x06, 0x10, 0x00, 0x0F, 0x01, 0xC9, 0x42,                 /* inc word [10h]; mwait; inc dx: falls through */
         0x0F, 0x01, 0xC9, 0x42, 0x0F, 0x01, 0xC8, 0x0F, 0x01, 0xC9, 0x42, 0xF4);            /* mwait: not armed; inc dx; monitor; mwait; inc dx */
    RUN();
    ck_assert_uint_eq(cpu.r[EDX], 2);
    ck_assert_uint_eq(cpu.eip, 0x11A);
    cpu_intr(&cpu, true);
    interrupt_vector = 0x40;
    RUN();
    ENDS_IN(0x40, 0x11A);
}
END_TEST

START_TEST(monitor_refuses_extensions)
{
    begin();
    CODE(0xB9, 0x01, 0x00, 0x0F, 0x01, 0xC8, 0xF4);
    RUN();
    ENDS_IN(GP, 0x103);
}
END_TEST

RUN_TESTS("simd", lanes_wrap_saturate_and_shift_as_the_manual_says, lanes_move_as_the_manual_says, words_and_masks_go_to_and_from_general_registers,
          a_masked_store_writes_the_bytes_whose_mask_says_so, mmx_registers_are_the_x87s_significands,
          reading_an_mmx_register_turns_the_stack_too_and_emms_empties_it, sse_does_not_touch_the_x87, faults_come_as_the_manual_says,
          an_operand_beyond_the_limit_changes_nothing, unmasked_exceptions_write_nothing, a_comparison_that_faults_leaves_the_flags,
          fxsave_lays_the_state_out_as_the_manual_draws_it, fxrstor_brings_back_what_fxsave_saved_or_nothing, mxcsr_has_the_bits_of_its_model,
          without_osfxsr_fxsave_leaves_xmm_out, mwait_halts_until_an_interrupt_unless_the_line_changed, monitor_refuses_extensions)
