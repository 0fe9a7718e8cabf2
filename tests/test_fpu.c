/* test_fpu.c - the x87 as part of the processor: #NM and #MF, FERR# and IGNNE#, last-instruction pointers, the images of environment and state,
 * faulting operands, models.  What instructions compute is tests/test_host_i386.c's.  SDM vol. 1, chapter 8; vol. 3A, table 9-3 and 6.15. */
#include <stdio.h>
#include "tests/protected_machine.h"
#include "tests/run_all.h"

enum { CODE = 0x50000, HANDLERS = 0x30000, DATA = 0x40000, FAULTED = 0x100 };

static bool ferr;
static unsigned ferr_changes;
static void on_ferr(void *owner, bool level)
{
    (void)owner;
    ferr_changes += level != ferr;
    ferr = level;
}

/* Every vector leads to a HLT of its own. */
static void start(u32 cr0)
{
    for (u32 v = 0; v < 64; v++) {
        set_gate(IDT, v * 8, CODE0, HANDLERS + 16 * v, 0x8E, 0);
        ram[HANDLERS + 16 * v] = 0xF4;
    }
    protect(0);
    cpu.cr0 |= cr0;
    fpu_init(&cpu.fpu);
    cpu.ferr = on_ferr;
    ferr = false;
    ferr_changes = 0;
    cpu.r[ESI] = DATA;
    cpu_flush_blocks(&cpu);
}

/* Run `count` instructions; FAULTED + vector if an exception came. */
static int run_code(const u8 *code, size_t bytes, u64 count)
{
    memcpy(ram + CODE, code, bytes);
    cpu_flush_blocks(&cpu);
    cpu.eip = CODE;
    cpu.halted = false;
    cpu_run(&cpu, cpu_instructions(&cpu) + count);
    return cpu.eip >= HANDLERS && cpu.eip < HANDLERS + 16 * 64 ? FAULTED + (int)(cpu.eip - HANDLERS) / 16 : 0;
}
#define RUN(count, ...) run_code((const u8[]){ __VA_ARGS__ }, sizeof (const u8[]){ __VA_ARGS__ }, count)

#define FLD1    0xD9, 0xE8
#define FLDZ    0xD9, 0xEE
#define FDIVP   0xDE, 0xF9
#define FNOP    0xD9, 0xD0
#define FNSTSW  0xDF, 0xE0
#define FNCLEX  0xDB, 0xE2
#define FNINIT  0xDB, 0xE3
#define WAIT_   0x9B

/* ---- #NM: table 9-3 ---- */

static const struct { u32 cr0; int escape, wait; } availability[] = {
    { 0, 0, 0 }, { CR0_MP, 0, 0 }, { CR0_EM, FAULTED + NM, 0 }, { CR0_TS, FAULTED + NM, 0 }, { CR0_MP | CR0_TS, FAULTED + NM, FAULTED + NM },
    { CR0_EM | CR0_MP, FAULTED + NM, 0 }, { CR0_EM | CR0_TS, FAULTED + NM, 0 }, { CR0_EM | CR0_MP | CR0_TS, FAULTED + NM, FAULTED + NM },
};
START_TEST(em_ts_and_mp_decide_who_traps)
{
    start(availability[_i].cr0);
    ck_assert_int_eq(RUN(1, FLD1), availability[_i].escape);
    start(availability[_i].cr0);
    ck_assert_int_eq(RUN(1, FNSTSW), availability[_i].escape);
    start(availability[_i].cr0);
    ck_assert_int_eq(RUN(1, 0xD9, 0xD1), availability[_i].escape ? FAULTED + NM : FAULTED + UD);   /* a reserved one */
    start(availability[_i].cr0);
    ck_assert_int_eq(RUN(1, WAIT_), availability[_i].wait);
}
END_TEST

/* ---- errors ---- */

static void divide_by_zero(void)                                 /* 1 / 0 with ZM clear */
{
    cpu.fpu.control = 0x37B;
    ck_assert_int_eq(RUN(3, FLD1, FLDZ, FDIVP), 0);
    ck_assert_uint_eq(fpu_status(&cpu.fpu) & (X87_ES | X87_B | X87_EXCEPTIONS), X87_ES | X87_B | X87_ZE);
    ck_assert_uint_eq(cpu.fpu.top, 6);                           /* neither stored nor popped */
}

START_TEST(an_error_is_reported_by_the_next_waiting_instruction)
{
    static const struct { u8 code[2]; bool waits; } rows[] = {
        { { FNOP }, true }, { { FLD1 }, true }, { { WAIT_ }, true }, { { 0xD9, 0x2E }, true } /* fldcw */, { { 0xDD, 0x26 }, true } /* frstor */,
        { { FNSTSW }, false }, { { FNCLEX }, false }, { { FNINIT }, false }, { { 0xD9, 0x3E }, false } /* fnstcw */,
        { { 0xD9, 0x36 }, false } /* fnstenv */, { { 0xDD, 0x36 }, false } /* fnsave */, { { 0xDB, 0xE4 }, false } /* fnsetpm */,
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        start(CR0_NE);
        divide_by_zero();
        ck_assert_int_eq(run_code(rows[i].code, 2, 1), rows[i].waits ? FAULTED + MF : 0);
        if (rows[i].waits)
            ck_assert_uint_eq(on_stack(0), CODE);                /* a fault: EIP of the waiting one */
        ck_assert(ferr == !!(cpu.fpu.status & X87_ES));
    }
}
END_TEST

START_TEST(without_ne_the_error_goes_out_by_ferr_and_the_processor_waits)
{
    start(0);
    divide_by_zero();
    ck_assert(ferr);
    memcpy(ram + CODE, (const u8[]){ FNOP }, 2);
    cpu_flush_blocks(&cpu);
    cpu.eip = CODE;
    u64 before = cpu_instructions(&cpu);
    ck_assert_int_eq(cpu_run(&cpu, before + 5), CPU_HALTED);     /* frozen before the FNOP */
    ck_assert_uint_eq(cpu.eip, CODE);
    ck_assert(cpu_instructions(&cpu) == before);
    cpu_nmi(&cpu);                                               /* an interrupt finds it there */
    cpu_run(&cpu, before + 5);
    ck_assert_uint_eq(cpu.eip, HANDLERS + 16 * NMI + 1);
    ck_assert_uint_eq(on_stack(0), CODE);
    cpu_ignne(&cpu, true);
    ck_assert_int_eq(RUN(1, FNOP), 0);                           /* IGNNE#: goes on */
    cpu_ignne(&cpu, false);
    ck_assert_int_eq(RUN(1, FNCLEX), 0);
    ck_assert(!ferr);
    ck_assert_int_eq(RUN(1, FNOP), 0);
}
END_TEST

START_TEST(unmasking_a_recorded_error_makes_it_pending)          /* 8.1.3.3, FLDCW */
{
    start(CR0_NE);
    ck_assert_int_eq(RUN(3, FLD1, FLDZ, FDIVP), 0);
    ck_assert_uint_eq(fpu_status(&cpu.fpu) & (X87_ES | X87_ZE), X87_ZE);
    put(ram + DATA, W16, 0x37B);
    ck_assert_int_eq(RUN(1, 0xD9, 0x2E), 0);                     /* fldcw [esi] */
    ck_assert_uint_eq(fpu_status(&cpu.fpu) & (X87_ES | X87_B), X87_ES | X87_B);
    ck_assert_int_eq(RUN(1, FNOP), FAULTED + MF);
    ck_assert_int_eq(RUN(1, 0xD9, 0x36), 0);                     /* fnstenv masks everything */
    ck_assert_uint_eq(cpu.fpu.control, 0x37F);
    ck_assert_uint_eq(fpu_status(&cpu.fpu) & (X87_ES | X87_B), 0);
}
END_TEST

START_TEST(ne_decides_about_mf_and_not_about_ferr)               /* vol. 1, D.4.2 */
{
    start(CR0_NE);
    divide_by_zero();
    ck_assert(ferr);
    cpu.r[EAX] = cpu.cr0 & ~(u32)CR0_NE;
    cpu.r[ECX] = cpu.cr0;
    ck_assert_int_eq(RUN(1, 0x0F, 0x22, 0xC0), 0);               /* mov cr0, eax */
    ck_assert_int_eq(RUN(1, WAIT_), 0);
    ck_assert_uint_eq(cpu.eip, CODE);                            /* it waits */
    cpu_ignne(&cpu, true);
    ck_assert_int_eq(RUN(1, 0x0F, 0x22, 0xC1), 0);               /* mov cr0, ecx */
    ck_assert_int_eq(RUN(1, WAIT_), FAULTED + MF);
    cpu_ignne(&cpu, false);
    ck_assert_int_eq(RUN(1, FNCLEX), 0);
    ck_assert(!ferr);
    ck_assert_uint_eq(ferr_changes, 2);
}
END_TEST

/* ---- reset ---- */

START_TEST(reset_and_fninit_leave_their_states)                  /* vol. 3A, table 9-1 */
{
    start(0);
    cpu_reset(&cpu);
    ck_assert_uint_eq(cpu.fpu.control, 0x40);
    ck_assert_uint_eq(fpu_status(&cpu.fpu), 0);
    ck_assert_uint_eq(fpu_tags(&cpu.fpu), 0x5555);
    start(0);
    ck_assert_int_eq(RUN(2, FLD1, FNINIT), 0);
    ck_assert_uint_eq(cpu.fpu.control, 0x37F);
    ck_assert_uint_eq(fpu_tags(&cpu.fpu), 0xFFFF);
    ck_assert_uint_eq(cpu.fpu.ip | cpu.fpu.cs | cpu.fpu.opcode, 0);
}
END_TEST

/* ---- pointers and images ---- */

static void last_instruction(void)                               /* fld dword [esi+8]: opcode 146h */
{
    put(ram + DATA + 8, W32, 0x3F800000);
    ck_assert_int_eq(RUN(1, 0xD9, 0x46, 0x08), 0);
}

START_TEST(the_environment_has_four_layouts)                     /* figures 8-9 to 8-12 */
{
    u32 at = DATA + 0x100;
    start(0);
    cpu.misc_enable |= 4;                                        /* FOP of every instruction, as before the Pentium 4 */
    last_instruction();
    ck_assert_int_eq(RUN(1, 0xD9, 0xB6, 0, 1, 0, 0), 0);         /* fnstenv [esi+100h] */
    static const u32 want[] = { 0xFFFF037F, 0xFFFF3800, 0xFFFF3FFF, CODE, 0x01460000 | CODE0, DATA + 8, 0xFFFF0000 | DATA0 };
    for (unsigned i = 0; i < 7; i++)
        ck_assert_uint_eq(get(ram + at + 4 * i, W32), want[i]);
    ck_assert_int_eq(RUN(1, 0x66, 0xD9, 0xB6, 0, 1, 0, 0), 0);   /* 16 bits: no opcode, the low halves */
    static const u16 want16[] = { 0x037F, 0x3800, 0x3FFF, CODE & 0xFFFF, CODE0, (DATA + 8) & 0xFFFF, DATA0 };
    for (unsigned i = 0; i < 7; i++)
        ck_assert_uint_eq(get(ram + at + 2 * i, W16), want16[i]);
}
END_TEST

START_TEST(in_v86_mode_the_pointers_are_linear)
{
    start(0);
    v86(3);
    cpu.misc_enable |= 4;
    segment_set_real(&cpu, CS, 0x5000);
    segment_set_real(&cpu, DS, 0x4000);
    cpu_mode_changed(&cpu);
    memcpy(ram + CODE, (const u8[]){ 0xD9, 0x06, 0x08, 0x00, 0xD9, 0x36, 0x00, 0x01, 0x66, 0xD9, 0x36, 0x40, 0x01 }, 13);
    cpu.eip = 0;
    cpu_run(&cpu, cpu_instructions(&cpu) + 3);                   /* fld dword [8]; fnstenv [100h]; o32 fnstenv [140h] */
    ck_assert_uint_eq(cpu.eip, 13);
    static const u16 want16[] = { 0x037F, 0x3800, 0x7FFF, 0x0000, 0x5106, 0x0008, 0x4000 };
    static const u32 want[] = { 0xFFFF037F, 0xFFFF3800, 0xFFFF7FFF, 0xFFFF0000, 0x00005106, 0xFFFF0008, 0x00004000 };
    for (unsigned i = 0; i < 7; i++) {
        ck_assert_uint_eq(get(ram + DATA + 0x100 + 2 * i, W16), want16[i]);
        ck_assert_uint_eq(get(ram + DATA + 0x140 + 4 * i, W32), want[i]);
    }
}
END_TEST

START_TEST(the_pentium_4_keeps_the_opcode_of_errors_only)        /* 8.1.9.1 */
{
    start(0);
    last_instruction();
    ck_assert_int_eq(RUN(1, 0xD9, 0x36), 0);
    ck_assert_uint_eq(get(ram + DATA + 16, W32) >> 16, 0);
    start(CR0_NE);
    divide_by_zero();
    ck_assert_int_eq(RUN(1, 0xD9, 0x36), 0);
    ck_assert_uint_eq(get(ram + DATA + 16, W32) >> 16, 0x6F9);
}
END_TEST

START_TEST(control_instructions_leave_the_pointers_alone)
{
    start(0);
    last_instruction();
    put(ram + DATA, W16, 0x27F);
    ck_assert_int_eq(RUN(4, 0x90, 0xD9, 0x2E, 0xDB, 0xE2, 0xD9, 0x3E), 0);
    ck_assert_uint_eq(cpu.fpu.ip, CODE);
    ck_assert_uint_eq(cpu.fpu.dp, DATA + 8);
    ck_assert_int_eq(RUN(2, 0x90, FLD1), 0);
    ck_assert_uint_eq(cpu.fpu.ip, CODE + 1);
    ck_assert_uint_eq(cpu.fpu.dp, DATA + 8);                     /* no memory operand */
}
END_TEST

/* 8.1.8: FLDCW, FNSTCW, FNSTSW, FNSTENV, FNCLEX leave the last instruction and operand alone; FNINIT and FNSAVE clear them; FLDENV and FRSTOR load
 * them.  What the 387 does not know any more (FENI, FDISI, FSETPM) does nothing. */
typedef enum { REMEMBERED, KEPT, CLEARED } remembering_t;
static remembering_t remembering_of(unsigned escape, unsigned modrm)
{
    static const struct { u8 escape, least, most, what; } rows[] = {
        { 1, 0x26, 0x26, CLEARED } /* fldenv, of zeros */, { 1, 0x2E, 0x2E, KEPT } /* fldcw */, { 1, 0x36, 0x36, KEPT } /* fnstenv */, { 1, 0x3E, 0x3E, KEPT } /* fnstcw */,
        { 3, 0xE0, 0xE2, KEPT } /* feni, fdisi, fnclex */, { 3, 0xE3, 0xE3, CLEARED } /* fninit */, { 3, 0xE4, 0xE4, KEPT } /* fsetpm */,
        { 5, 0x26, 0x26, CLEARED } /* frstor, of zeros */, { 5, 0x36, 0x36, CLEARED } /* fnsave */, { 5, 0x3E, 0x3E, KEPT } /* fnstsw */, { 7, 0xE0, 0xE0, KEPT } /* fnstsw ax */,
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].escape == escape && modrm >= rows[i].least && modrm <= rows[i].most)
            return (remembering_t)rows[i].what;
    return REMEMBERED;
}

typedef struct { u32 ip, dp; u16 cs, ds, opcode; } pointers_t;
static pointers_t pointers_now(void) { return (pointers_t){ cpu.fpu.ip, cpu.fpu.dp, cpu.fpu.cs, cpu.fpu.ds, cpu.fpu.opcode & 0x7FF }; }

/* One instruction behind a NOP, its operand at GS:[ESI]; the pointers afterwards. */
static pointers_t pointers_after(unsigned escape, unsigned modrm, bool *refused)
{
    start(0);
    memset(ram + DATA, 0, 128);
    cpu.seg[GS] = cpu.seg[DS];
    cpu.seg[GS].selector = DATA3;
    cpu_mode_changed(&cpu);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_int_eq(RUN(1, FLD1), 0);
    cpu.fpu.ip = 0x11111111; cpu.fpu.dp = 0x22222222; cpu.fpu.cs = 0x3333; cpu.fpu.ds = 0x4444; cpu.fpu.opcode = 0x555;
    *refused = RUN(2, 0x90, 0x65, (u8)(0xD8 | escape), (u8)modrm) == FAULTED + UD;
    return pointers_now();
}

START_TEST(every_instruction_is_remembered_but_those_for_control)
{
    unsigned wrong = 0, executed = 0;
    for (unsigned escape = 0; escape < 8; escape++)
        for (unsigned modrm = 6; modrm < 0x100; modrm += modrm < 0x3E ? 8 : modrm < 0xC0 ? 0xC0 - modrm : 1) {
            bool refused, memory = modrm < 0xC0;
            pointers_t got = pointers_after(escape, modrm, &refused), want = { 0x11111111, 0x22222222, 0x3333, 0x4444, 0x555 };
            remembering_t what = refused ? KEPT : remembering_of(escape, modrm);
            if (what == CLEARED) want = (pointers_t){ 0 };
            if (what == REMEMBERED) want = (pointers_t){ CODE + 1, memory ? DATA : want.dp, CODE0, memory ? DATA3 : want.ds, (u16)(escape << 8 | modrm) };
            bool same = got.ip == want.ip && got.dp == want.dp && got.cs == want.cs && got.ds == want.ds && got.opcode == want.opcode;
            if (!same) printf("D%X %02X: ip %X dp %X cs %X ds %X opcode %X\n", 8 + escape, modrm, got.ip, got.dp, got.cs, got.ds, got.opcode);
            wrong += !same;
            executed += !refused;
        }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_gt(executed, 400);
}
END_TEST

static bool same_registers(const fpu_t *a, const fpu_t *b)
{
    bool same = true;
    for (unsigned i = 0; i < COUNT_OF(a->r); i++)
        same = same && a->r[i].m == b->r[i].m && a->r[i].se == b->r[i].se;
    return same;
}

START_TEST(save_and_restore_bring_everything_back)
{
    start(0);
    ck_assert_int_eq(RUN(3, FLD1, 0xD9, 0xEB, FLDZ), 0);
    fpu_t before = cpu.fpu;
    ck_assert_int_eq(RUN(1, 0xDD, 0x36), 0);
    ck_assert_uint_eq(cpu.fpu.full, 0);
    ck_assert_uint_eq(get(ram + DATA + 28 + 18, W16), 0x4000);   /* ST(1) is pi */
    ck_assert_int_eq(RUN(2, FLD1, 0xDD, 0x26), 0);
    ck_assert_uint_eq(cpu.fpu.full, before.full);
    ck_assert_uint_eq(cpu.fpu.top, before.top);
    ck_assert(same_registers(&cpu.fpu, &before));
    ck_assert_int_eq(RUN(2, 0x66, 0xDD, 0x36, 0x66, 0xDD, 0x26), 0);      /* 94 bytes */
    ck_assert(same_registers(&cpu.fpu, &before));
    ck_assert_uint_eq(cpu.fpu.full, before.full);
}
END_TEST

/* ---- operands that fault ---- */

/* The second of two pages is absent; the operand crosses into it. */
START_TEST(a_faulting_operand_changes_nothing)
{
    static const u8 codes[][2] = {
        { 0xD9, 0x06 }, { 0xDD, 0x06 }, { 0xDB, 0x2E }, { 0xD8, 0x06 }, { 0xDC, 0x36 }, { 0xDD, 0x1E }, { 0xDB, 0x3E }, { 0xDF, 0x36 },
        { 0xDF, 0x3E }, { 0xD9, 0x1E }, { 0xDB, 0x1E }, { 0xDC, 0x1E }, { 0xDD, 0x36 }, { 0xD9, 0x36 }, { 0xDD, 0x26 }, { 0xD9, 0x26 },
    };
    for (unsigned i = 0; i < COUNT_OF(codes); i++) {
        start(0);
        ck_assert_int_eq(RUN(2, FLD1, 0xD9, 0xEB), 0);
        paging();
        put(ram + 0x21000 + 4 * 0x41, W32, 0);
        cpu_flush_tlb(&cpu, true);
        cpu.r[ESI] = 0x41000 - 3;
        u8 old[3];
        memcpy(old, ram + cpu.r[ESI], 3);
        fpu_t before = cpu.fpu;
        ck_assert_int_eq(run_code(codes[i], 2, 1), FAULTED + PF_FAULT);
        ck_assert_uint_eq(cpu.cr2, 0x41000);
        ck_assert_mem_eq(&cpu.fpu, &before, sizeof before);
        ck_assert_mem_eq(old, ram + 0x41000 - 3, 3);
        cpu.cr0 &= ~(u32)CR0_PG;
        cpu_flush_tlb(&cpu, true);
    }
}
END_TEST

START_TEST(an_operand_across_two_pages_is_whole)
{
    start(0);
    paging();
    cpu.r[ESI] = 0x41000 - 3;
    ck_assert_int_eq(RUN(2, 0xD9, 0xEB, 0xDB, 0x3E), 0);         /* fldpi; fstp tword [esi] */
    ck_assert_mem_eq(ram + 0x41000 - 3, "\x35\xC2\x68\x21\xA2\xDA\x0F\xC9\x00\x40", 10);
    ck_assert_int_eq(RUN(1, 0xDB, 0x2E), 0);
    ck_assert(cpu.fpu.r[7].m == 0xC90FDAA22168C235 && cpu.fpu.r[7].se == 0x4000);
}
END_TEST

/* ---- models ---- */

START_TEST(models_have_their_instructions)
{
    static const struct { u8 code[2]; u8 since; } rows[] = {
        { { 0xDB, 0xF0 }, MODEL_PENTIUM2 } /* fcomi */, { { 0xDF, 0xE8 }, MODEL_PENTIUM2 } /* fucomip */, { { 0xDA, 0xC0 }, MODEL_PENTIUM2 } /* fcmovb */,
        { { 0xD9, 0xF5 }, MODEL_386 } /* fprem1 */, { { 0xD9, 0xFE }, MODEL_386 } /* fsin */, { { 0xDD, 0xE0 }, MODEL_386 } /* fucom */,
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        for (int model = 0; model < N_MODELS; model++) {
            start(0);
            cpu.model = (model_t)model;
            ck_assert_int_eq(run_code(rows[i].code, 2, 1), model >= rows[i].since ? 0 : FAULTED + UD);
        }
}
END_TEST

START_TEST(old_encodings_do_what_they_are_aliases_of)            /* DC D0, DC D8, DD C8, DE D0, DF C0, DF C8, DF D0 */
{
    static const struct { u8 alias[2], real[2]; } rows[] = {
        { { 0xDC, 0xD1 }, { 0xD8, 0xD1 } }, { { 0xDC, 0xD9 }, { 0xD8, 0xD9 } }, { { 0xDD, 0xC9 }, { 0xD9, 0xC9 } }, { { 0xDE, 0xD1 }, { 0xD8, 0xD9 } },
        { { 0xDF, 0xC9 }, { 0xD9, 0xC9 } }, { { 0xDF, 0xD1 }, { 0xDD, 0xD9 } }, { { 0xDF, 0xD9 }, { 0xDD, 0xD9 } }, { { 0xD9, 0xD9 }, { 0xDD, 0xD9 } },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        start(0);
        RUN(2, FLD1, 0xD9, 0xEB);
        ck_assert_int_eq(run_code(rows[i].alias, 2, 1), 0);
        fpu_t alias = cpu.fpu;
        start(0);
        RUN(2, FLD1, 0xD9, 0xEB);
        ck_assert_int_eq(run_code(rows[i].real, 2, 1), 0);
        ck_assert(alias.top == cpu.fpu.top && alias.full == cpu.fpu.full && alias.status == cpu.fpu.status);
        ck_assert(alias.r[6].m == cpu.fpu.r[6].m && alias.r[6].se == cpu.fpu.r[6].se);
        ck_assert(alias.r[7].m == cpu.fpu.r[7].m && alias.r[7].se == cpu.fpu.r[7].se);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("fpu");
    tcase_add_checked_fixture(tc, power_on, power_off);
    tcase_add_loop_test(tc, em_ts_and_mp_decide_who_traps, 0, COUNT_OF(availability));
    tcase_add_test(tc, an_error_is_reported_by_the_next_waiting_instruction);
    tcase_add_test(tc, without_ne_the_error_goes_out_by_ferr_and_the_processor_waits);
    tcase_add_test(tc, unmasking_a_recorded_error_makes_it_pending);
    tcase_add_test(tc, ne_decides_about_mf_and_not_about_ferr);
    tcase_add_test(tc, reset_and_fninit_leave_their_states);
    tcase_add_test(tc, the_environment_has_four_layouts);
    tcase_add_test(tc, in_v86_mode_the_pointers_are_linear);
    tcase_add_test(tc, the_pentium_4_keeps_the_opcode_of_errors_only);
    tcase_add_test(tc, control_instructions_leave_the_pointers_alone);
    tcase_add_test(tc, every_instruction_is_remembered_but_those_for_control);
    tcase_add_test(tc, save_and_restore_bring_everything_back);
    tcase_add_test(tc, a_faulting_operand_changes_nothing);
    tcase_add_test(tc, an_operand_across_two_pages_is_whole);
    tcase_add_test(tc, models_have_their_instructions);
    tcase_add_test(tc, old_encodings_do_what_they_are_aliases_of);
    Suite *s = suite_create("x87 in the processor");
    suite_add_tcase(s, tc);
    return run_all(s);
}
