/* test_system.c - flags, control, debug and model-specific registers, by privilege and by model.  SDM vol. 2 under each
 * instruction; vol. 3A, 2.5, 5.9; vol. 4; AP-485. */
#include "tests/protected_machine.h"

/* Sensitive instructions by who runs them: 0 level 0, 1 level 1, 3 level 3, R real mode, V V86.  Vol. 3A, 5.9, 20.2.7; vol. 2 under
 * each.  Answers: '.' it runs, G #GP(0), U #UD. */
typedef struct { void (*run)(cpu_t *, const op_t *, width_t); const char *answers; } sensitive_t;
static void lldt(cpu_t *c, const op_t *op, width_t w) { (void)op; (void)w; load_ldtr(c, 0); }
static void ltr(cpu_t *c, const op_t *op, width_t w)  { (void)op; (void)w; load_tr(c, SEL_B); }
static void lmsw(cpu_t *c, const op_t *op, width_t w) { (void)op; (void)w; need_cpl0(c); load_msw(c, 0); }
static void sldt(cpu_t *c, const op_t *op, width_t w) { SLDT(c, op, w); }
static void str(cpu_t *c, const op_t *op, width_t w)  { STR(c, op, w); }
static void smsw(cpu_t *c, const op_t *op, width_t w) { SMSW(c, op, w); }
static void verr(cpu_t *c, const op_t *op, width_t w) { VERR(c, op, w, DATA0); }
static const sensitive_t sensitive[] = {                         /* 013RV */
    { LGDT, ".GG.G" }, { LIDT, ".GG.G" }, { SGDT, "....." }, { SIDT, "....." }, { lldt, ".GGUU" }, { ltr, ".GGUU" }, { sldt, "...UU" },
    { str, "...UU" }, { lmsw, ".GG.G" }, { smsw, "....." }, { CLTS, ".GG.G" }, { verr, "...UU" }, { MOV_from_CR, ".GG.G" },
    { MOV_to_CR, ".GG.G" }, { MOV_from_DR, ".GG.G" }, { MOV_to_DR, ".GG.G" }, { MOV_from_TR, "UUUUU" }, { INVLPG, ".GG.G" },
    { INVD, ".GG.G" }, { WBINVD, ".GG.G" }, { RDMSR, ".GG.G" }, { WRMSR, ".GG.G" }, { HLT, ".GG.G" }, { RDTSC, "....." },
    { RDPMC, ".GG.G" }, { CPUID, "....." }, { CLI, ".GG.G" }, { STI, ".GG.G" },
};
static void enter_mode(unsigned column)
{
    static const u8 levels[] = { 0, 1, 3 };
    make_tables();
    cpu.gdtr.base = GDT; cpu.gdtr.limit = GDT_LIMIT;
    cpu_set_eflags(&cpu, FLAG_1);
    if (column < 3)       protect(levels[column]);
    else if (column == 4) v86(0);
    else                  protect(0), cpu.cr0 &= ~(u32)CR0_PE, cpu_mode_changed(&cpu);
    cpu.cr3 = 0;
    cpu.r[ECX] = 0x174;
}
static char answer_of(const sensitive_t *it)
{
    op_t op = { .base = NOREG, .index = NOREG, .seg = DS, .disp = 0x100, .dst = reg_at(EBX, W32), .src = 3 };
    cpu.r[EBX] = 0;
    if (it->run == RDPMC) cpu.r[ECX] = 0;
    if (setjmp(cpu.on_fault))
        return cpu.fault.vector == GP && cpu.fault.code == 0 ? 'G' : cpu.fault.vector == UD ? 'U' : '?';
    it->run(&cpu, &op, W32);
    return '.';
}

START_TEST(sensitive_instructions_run_where_the_manual_lets_them)
{
    for (unsigned i = 0; i < COUNT_OF(sensitive); i++) {
        char answers[6] = { 0 };
        for (unsigned column = 0; column < 5; column++) {
            enter_mode(column);
            answers[column] = answer_of(&sensitive[i]);
        }
        ck_assert_msg(strcmp(answers, sensitive[i].answers) == 0, "row %u: %s, expected %s", i, answers, sensitive[i].answers);
    }
}
END_TEST

START_TEST(popf_changes_what_the_level_allows)                                  /* vol. 2, POPF */
{
    static const struct { u8 cpl, iopl; u32 may; } rows[] = {
        { 0, 0, FLAG_IF | FLAG_IOPL }, { 3, 3, FLAG_IF }, { 3, 2, 0 }, { 1, 1, FLAG_IF }, { 1, 0, 0 },
    };
    u32 always = FLAGS_STATUS | FLAG_TF | FLAG_DF | FLAG_NT;
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        protect(rows[i].cpl);
        u32 before = FLAG_1 | (u32)rows[i].iopl << 12;
        cpu_set_eflags(&cpu, before);
        POPF_value(&cpu, W16, 0xFFFFFFFF & ~(u32)FLAG_IOPL);
        ck_assert_uint_eq(cpu_eflags(&cpu) & ~(u32)FLAG_IOPL, FLAG_1 | always | (rows[i].may & FLAG_IF));
        ck_assert_uint_eq(cpu_eflags(&cpu) & FLAG_IOPL, rows[i].may & FLAG_IOPL ? 0 : before & FLAG_IOPL);
        cpu_set_eflags(&cpu, before);
        POPF_value(&cpu, W32, 0xFFFFFFFF);
        ck_assert_uint_eq(cpu_eflags(&cpu) & (FLAG_AC | FLAG_ID | FLAG_VM | FLAG_RF | FLAG_VIF | FLAG_VIP), FLAG_AC | FLAG_ID);
    }
}
END_TEST

START_TEST(models_have_the_flags_of_their_time)                                 /* AP-485: how software tells them apart */
{
    static const struct { u8 model; u32 may; } rows[] = {
        { MODEL_386, 0 }, { MODEL_486, FLAG_AC }, { MODEL_PENTIUM, FLAG_AC | FLAG_ID }, { MODEL_PENTIUM4, FLAG_AC | FLAG_ID },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        cpu.model = (model_t)rows[i].model;
        cpu_set_eflags(&cpu, FLAG_1);
        POPF_value(&cpu, W32, FLAG_AC | FLAG_ID);
        ck_assert_uint_eq(cpu_eflags(&cpu) & (FLAG_AC | FLAG_ID), rows[i].may);
    }
}
END_TEST

START_TEST(control_registers_check_their_values)                                /* vol. 3A, 2.5; vol. 2, MOV */
{
    protect(0);
    FAULTS(write_control(&cpu, 0, CR0_PG), GP, 0);
    FAULTS(write_control(&cpu, 0, CR0_PE | CR0_NW), GP, 0);
    FAULTS(write_control(&cpu, 4, 1u << 31), GP, 0);
    ck_assert_int_eq(FAULT_OF(read_control(&cpu, 1)), UD);
    WORKS(write_control(&cpu, 4, CR4_PSE | CR4_PGE));
    WORKS(write_control(&cpu, 0, 0xFFFFFFFF & ~(u32)CR0_PG));
    ck_assert_uint_eq(cpu.cr0, CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD);
    load_msw(&cpu, 0);
    ck_assert_uint_eq(cpu.cr0 & 0xF, CR0_PE);                    /* LMSW cannot clear PE */
    cpu.cr4 = CR4_PAE; cpu.cr3 = 0x7000;
    put(ram + 0x7000, W32, 0x8003);                              /* PDPTE: bit 1 is reserved */
    FAULTS(write_control(&cpu, 0, CR0_PG | CR0_PE), GP, 0);
    protect(3);
    FAULTS(read_control(&cpu, 0), GP, 0);
    FAULTS(load_msw(&cpu, 0), GP, 0);
    v86(3);
    FAULTS(write_control(&cpu, 3, 0), GP, 0);
    FAULTS(CLTS(&cpu, NULL, W32), GP, 0);
    cpu.model = MODEL_486;
    protect(0);
    ck_assert_int_eq(FAULT_OF(read_control(&cpu, 4)), UD);
}
END_TEST

START_TEST(ltr_and_lldt_take_their_own_kind_only)                               /* vol. 2, LTR, LLDT */
{
    protect(0);
    FAULTS(load_tr(&cpu, 0), GP, 0);
    FAULTS(load_tr(&cpu, DATA0), GP, DATA0);
    FAULTS(load_tr(&cpu, SEL_A), GP, SEL_A);              /* busy */
    WORKS(load_tr(&cpu, SEL_B));
    ck_assert_uint_eq(ram[GDT + SEL_B + 5], 0x8B);
    ck_assert_uint_eq(STR(&cpu, NULL, W16), SEL_B);
    FAULTS(load_ldtr(&cpu, DATA0), GP, DATA0);
    FAULTS(load_ldtr(&cpu, SEL_LDT | 4), GP, SEL_LDT | 4);
    WORKS(load_ldtr(&cpu, SEL_LDT));
    set_descriptor(LDT, 8, 0x5000, 0xFF, 0x92, 0);
    WORKS(load_segment(&cpu, ES, 0x0C));                         /* entry 1 of the LDT */
    ck_assert_uint_eq(cpu.seg[ES].base, 0x5000);
    WORKS(load_ldtr(&cpu, 0));
    FAULTS(load_segment(&cpu, ES, 0x0C), GP, 0x0C);
    cpu.cr0 = 0;
    ck_assert_int_eq(FAULT_OF(STR(&cpu, NULL, W16)), UD);
}
END_TEST

START_TEST(debug_registers_are_guarded)                                         /* vol. 3B, 17.2 */
{
    protect(0);
    WORKS(write_debug(&cpu, 0, 0x1234));
    WORKS(write_debug(&cpu, 7, 1));
    ck_assert_uint_eq(read_debug(&cpu, 5), 0x401);               /* DR5 is DR7 */
    ck_assert_uint_eq(breakpoint_execute(&cpu, 0x1234), 1);
    ck_assert_uint_eq(breakpoint_execute(&cpu, 0x1235), 0);
    WORKS(write_debug(&cpu, 6, 0));
    ck_assert_uint_eq(read_debug(&cpu, 6), 0xFFFF0FF0);
    cpu.cr4 |= CR4_DE;
    ck_assert_int_eq(FAULT_OF(read_debug(&cpu, 4)), UD);
    WORKS(write_debug(&cpu, 7, 1 << 13));
    ck_assert_int_eq(FAULT_OF(read_debug(&cpu, 0)), DB);
    ck_assert(cpu.dr[6] & 1 << 13);
    protect(3);
    FAULTS(read_debug(&cpu, 0), GP, 0);
}
END_TEST

static int read_msr(unsigned model, u32 number)
{
    cpu.model = (model_t)model;
    cpu.r[ECX] = number;
    if (setjmp(cpu.on_fault))
        return cpu.fault.vector;
    RDMSR(&cpu, NULL, W32);
    return -1;
}

START_TEST(msrs_exist_by_model)                                                 /* SDM vol. 4 */
{
    static const struct { u32 number; u8 since; } rows[] = {
        { 0x10, MODEL_PENTIUM }, { 0x174, MODEL_PENTIUM2 }, { 0x277, MODEL_PENTIUM2 }, { 0x1A0, MODEL_PENTIUM4 },
        { 0xC0000080, MODEL_PENTIUM4 }, { 0x20F, MODEL_PENTIUM2 }, { 0x210, N_MODELS }, { 0x12345678, N_MODELS },
    };
    for (unsigned model = 0; model < N_MODELS; model++)
        for (unsigned i = 0; i < COUNT_OF(rows); i++) {
            int expected = model < MODEL_PENTIUM ? UD : model < rows[i].since ? GP : -1;
            ck_assert_int_eq(read_msr(model, rows[i].number), expected);
        }
    cpu.model = MODEL_PENTIUM4;
    cpu.r[ECX] = 0x277; cpu.r[EAX] = 2; cpu.r[EDX] = 0;          /* PAT type 2 is reserved */
    FAULTS(WRMSR(&cpu, NULL, W32), GP, 0);
    cpu.r[ECX] = 0xFE;
    FAULTS(WRMSR(&cpu, NULL, W32), GP, 0);
    cpu.r[ECX] = 0x175; cpu.r[EAX] = 0x1234;
    WORKS(WRMSR(&cpu, NULL, W32));
    ck_assert_uint_eq((u32)cpu.sysenter_esp, 0x1234);
    cpu.r[ECX] = 0x10; cpu.r[EAX] = 1000; cpu.r[EDX] = 5;
    WORKS(WRMSR(&cpu, NULL, W32));
    ck_assert(cpu_tsc(&cpu) >= 0x5000003E8 && cpu_tsc(&cpu) < 0x5000103E8);
}
END_TEST

static u64 heard;
static void hear_base(void *owner, u64 base) { (void)owner; heard = base; }

START_TEST(the_apic_base_register_hides_the_apic)                               /* SDM vol. 3A, 10.4.3, 10.4.4 */
{
    cpu.model = MODEL_PENTIUM3;
    cpu.apic_base_written = hear_base;
    cpu.r[ECX] = 0x1B; cpu.r[EAX] = 0xFEE00100; cpu.r[EDX] = 0;
    WORKS(WRMSR(&cpu, NULL, W32));
    ck_assert_uint_eq(heard, 0xFEE00100);
    cpu.r[EAX] = 1;
    CPUID(&cpu, NULL, W32);
    ck_assert_uint_eq(cpu.r[EDX] >> 9 & 1, 0);
    cpu.r[ECX] = 0x1B; cpu.r[EAX] = 0xD0000900; cpu.r[EDX] = 0;
    WORKS(WRMSR(&cpu, NULL, W32));
    ck_assert_uint_eq(heard, 0xD0000900);
    cpu.r[EAX] = 1;
    CPUID(&cpu, NULL, W32);
    ck_assert_uint_eq(cpu.r[EDX] >> 9 & 1, 1);
    cpu.r[ECX] = 0x1B; cpu.r[EAX] = 0xFEE00001; cpu.r[EDX] = 0;                 /* a reserved bit */
    FAULTS(WRMSR(&cpu, NULL, W32), GP, 0);
    cpu_reset(&cpu);
    ck_assert_uint_eq(heard, 0xFEE00900);
    cpu.apic_base_written = NULL;
}
END_TEST

START_TEST(cpuid_names_each_model)                                              /* AP-485 */
{
    static const struct { u8 model; u32 family, has, lacks; } rows[] = {
        { MODEL_PENTIUM, 5, 0x3BF, 0x8040 }, { MODEL_PENTIUM_MMX, 5, 0x8003BF, 0x07000040 }, { MODEL_PENTIUM2, 6, 0x183FBFF, 0x06000000 },
        { MODEL_PENTIUM3, 6, 0x383FBFF, 0x04000000 }, { MODEL_PENTIUM4, 15, 0x78BFBFF, 0 },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        cpu.model = (model_t)rows[i].model;
        cpu.r[EAX] = 0;
        CPUID(&cpu, NULL, W32);
        ck_assert_uint_eq(cpu.r[EBX], 0x756E6547);               /* "Genu" */
        ck_assert_uint_eq(cpu.r[EDX], 0x49656E69);
        ck_assert_uint_eq(cpu.r[ECX], 0x6C65746E);
        cpu.r[EAX] = 1;
        CPUID(&cpu, NULL, W32);
        ck_assert_uint_eq(cpu.r[EAX] >> 8 & 15, rows[i].family);
        ck_assert_uint_eq(cpu.r[EDX] & rows[i].has, rows[i].has);
        ck_assert_uint_eq(cpu.r[EDX] & rows[i].lacks, 0);
    }
    cpu.r[EAX] = 0x80000002;
    CPUID(&cpu, NULL, W32);
    ck_assert_uint_eq(cpu.r[EAX], 0x65746E49);                   /* "Inte" */
    cpu.model = MODEL_486;
    ck_assert_int_eq(FAULT_OF(CPUID(&cpu, NULL, W32)), UD);
}
END_TEST

RUN_TESTS("system", sensitive_instructions_run_where_the_manual_lets_them,
          popf_changes_what_the_level_allows,
          models_have_the_flags_of_their_time,
          control_registers_check_their_values,
          ltr_and_lldt_take_their_own_kind_only,
          debug_registers_are_guarded,
          msrs_exist_by_model,
          the_apic_base_register_hides_the_apic, cpuid_names_each_model)
