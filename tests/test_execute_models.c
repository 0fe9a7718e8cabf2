/* test_execute_models.c - what each processor model has and has not.  Sources: SDM vol. 3A, 22.13-22.15 (new instructions by model), 22.17
 * (EFLAGS); Intel application note 485 (CPUID signatures and feature flags). */
#include "tests/execute.h"

static u8 code_of(model_t model, const u8 *bytes, unsigned length)
{
    power_off();
    power_on_model(model);
    memcpy(ram + AT, bytes, length);
    ram[AT + length] = 0xF4;
    cpu.r[EAX] = cpu.r[ECX] = 0;
    if (run_way(0, 50) != CPU_HALTED)
        return 0xFF;
    return cpu.seg[CS].selector == HANDLER_SEG ? (u8)(cpu.eip - 1) : 0;          /* the exception, 0: it ran */
}

typedef struct { const char *name; u8 bytes[5]; u8 length; model_t since, until; } instruction_t;
static const instruction_t news[] = {
    { "BSWAP", { 0x0F, 0xC8 }, 2, MODEL_486, N_MODELS }, { "XADD", { 0x0F, 0xC1, 0xC0 }, 3, MODEL_486, N_MODELS },
    { "CMPXCHG", { 0x0F, 0xB1, 0xC8 }, 3, MODEL_486, N_MODELS }, { "INVLPG", { 0x0F, 0x01, 0x3F }, 3, MODEL_486, N_MODELS },
    { "INVD", { 0x0F, 0x08 }, 2, MODEL_486, N_MODELS }, { "WBINVD", { 0x0F, 0x09 }, 2, MODEL_486, N_MODELS },
    { "CPUID", { 0x0F, 0xA2 }, 2, MODEL_PENTIUM, N_MODELS }, { "RDTSC", { 0x0F, 0x31 }, 2, MODEL_PENTIUM, N_MODELS },
    { "CMPXCHG8B", { 0x0F, 0xC7, 0x0F }, 3, MODEL_PENTIUM, N_MODELS }, { "MOV from CR4", { 0x0F, 0x20, 0xE0 }, 3, MODEL_PENTIUM, N_MODELS },
    { "RDPMC", { 0x0F, 0x33 }, 2, MODEL_PENTIUM_MMX, N_MODELS }, { "CMOVcc", { 0x0F, 0x44, 0xC1 }, 3, MODEL_PENTIUM2, N_MODELS },
    { "long NOP", { 0x0F, 0x1F, 0xC0 }, 3, MODEL_PENTIUM2, N_MODELS }, { "MOV from TR6", { 0x0F, 0x24, 0xF0 }, 3, MODEL_386, MODEL_486 + 1 },
    { "MOV from TR3", { 0x0F, 0x24, 0xD8 }, 3, MODEL_486, MODEL_486 + 1 }, { "MOVZX", { 0x0F, 0xB6, 0xC1 }, 3, MODEL_386, N_MODELS },
    { "EMMS", { 0x0F, 0x77 }, 2, MODEL_PENTIUM_MMX, N_MODELS }, { "PADDB", { 0x0F, 0xFC, 0xC1 }, 3, MODEL_PENTIUM_MMX, N_MODELS },
    { "FXSAVE", { 0x0F, 0xAE, 0x05 }, 3, MODEL_PENTIUM2, N_MODELS }, { "PAVGB", { 0x0F, 0xE0, 0xC1 }, 3, MODEL_PENTIUM3, N_MODELS },
    { "SFENCE", { 0x0F, 0xAE, 0xF8 }, 3, MODEL_PENTIUM3, N_MODELS }, { "LFENCE", { 0x0F, 0xAE, 0xE8 }, 3, MODEL_PENTIUM4, N_MODELS },
    { "MOVNTI", { 0x0F, 0xC3, 0x0D }, 3, MODEL_PENTIUM4, N_MODELS }, { "PADDQ", { 0x0F, 0xD4, 0xC1 }, 3, MODEL_PENTIUM4, N_MODELS },
    { "FISTTP", { 0xDF, 0x0D }, 2, MODEL_PENTIUM4, N_MODELS }, { "MWAIT", { 0x31, 0xC9, 0x0F, 0x01, 0xC9 }, 5, MODEL_PENTIUM4, N_MODELS },
    { "UD2", { 0x0F, 0x0B }, 2, N_MODELS, N_MODELS }, { "RSM", { 0x0F, 0xAA }, 2, N_MODELS, N_MODELS },
};

START_TEST(instructions_are_undefined_before_their_model)
{
    for (unsigned i = 0; i < COUNT_OF(news); i++)
        for (unsigned model = 0; model < N_MODELS; model++) {
            bool has = model >= news[i].since && model < news[i].until;
            u8 vector = code_of((model_t)model, news[i].bytes, news[i].length);
            ck_assert_msg(vector == (has ? 0 : UD), "%s, model %u: exception %u", news[i].name, model, vector);
        }
}
END_TEST

START_TEST(cpuid_says_what_application_note_485_says)
{
    static const struct { model_t model; u32 max, signature, has, has_not; } rows[] = {
        { MODEL_PENTIUM, 1, 0x052C, 1 << 4 | 1 << 8 | 1 << 3, 1 << 15 | 1 << 11 | 1 << 6 },
        { MODEL_PENTIUM_MMX, 1, 0x0543, 1 << 4 | 1 << 5, 1 << 15 | 1 << 11 },
        { MODEL_PENTIUM2, 2, 0x0652, 1 << 15 | 1 << 11 | 1 << 6 | 1 << 13, 1 << 25 },
        { MODEL_PENTIUM3, 2, 0x0686, 1 << 15 | 1 << 12, 1 << 26 },
        { MODEL_PENTIUM4, 5, 0x0F41, 1 << 15 | 1 << 16 | 1 << 17 | 1 << 9, 1 << 30 },
    };
    static const u8 leaf0[] = { 0x0F, 0xA2 }, leaf1[] = { 0x40, 0x0F, 0xA2 };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        ck_assert_uint_eq(code_of(rows[i].model, leaf0, sizeof leaf0), 0);
        ck_assert_uint_eq(cpu.r[EAX], rows[i].max);
        ck_assert(cpu.r[EBX] == 0x756E6547 && cpu.r[EDX] == 0x49656E69 && cpu.r[ECX] == 0x6C65746E);       /* "GenuineIntel" */
        ck_assert_uint_eq(code_of(rows[i].model, leaf1, sizeof leaf1), 0);
        ck_assert_uint_eq(cpu.r[EAX], rows[i].signature);
        ck_assert_uint_eq(cpu.r[EDX] & rows[i].has, rows[i].has);
        ck_assert_uint_eq(cpu.r[EDX] & rows[i].has_not, 0);
    }
}
END_TEST

/* pushfd; pop eax; xor eax, ...; push eax; popfd; pushfd; pop eax: which bits can a program change? */
static u32 changeable(model_t model)
{
    static const u8 bytes[] = { 0x66, 0x6A, 0x00, 0x66, 0x9D, 0x66, 0x9C, 0x66, 0x5B,                    /* 0 -> ebx */
                                0x66, 0x68, 0xFF, 0xFE, 0xFF, 0xFF, 0x66, 0x9D, 0x66, 0x9C, 0x66, 0x58,  /* all but TF -> eax */
                                0x66, 0x31, 0xD8 };                                                      /* xor eax, ebx */
    return code_of(model, bytes, sizeof bytes) == 0 ? cpu.r[EAX] : 0xDEAD;
}

START_TEST(programs_tell_models_apart_by_eflags)                                /* vol. 1, 3.4.3; vol. 3A, 22.17.1: AC from the 486, ID with CPUID */
{
    u32 common = 0xFED5 & ~(u32)0x8100;
    ck_assert_uint_eq(changeable(MODEL_386), common);
    ck_assert_uint_eq(changeable(MODEL_486), common | FLAG_AC);
    for (unsigned model = MODEL_PENTIUM; model < N_MODELS; model++)
        ck_assert_uint_eq(changeable((model_t)model), common | FLAG_AC | FLAG_ID);
}
END_TEST

START_TEST(dx_after_reset_names_the_model)                                      /* vol. 3A, 9.1.2 */
{
    for (unsigned model = 0; model < N_MODELS; model++) {
        power_off();
        power_on_model((model_t)model);
        cpu_reset(&cpu);
        ck_assert_uint_eq(cpu.r[EDX], model_identity((model_t)model)->signature);
        ck_assert_uint_eq(cpu.seg[CS].base + cpu.eip, 0xFFFFFFF0);
        ck_assert_uint_eq(cpu_eflags(&cpu), FLAG_1);
    }
}
END_TEST

/* test386.asm, POST 09 (its author measured a 386 and a 486); vol. 2, PUSH: "all recent Intel Core and Intel Atom processors perform a 16-bit move". */
START_TEST(a_segment_register_is_pushed_as_16_bits_of_a_32_bit_slot)
{
    static const u8 push_ds[] = { 0x66, 0x68, 0xEF, 0xBE, 0xAD, 0xDE, 0x66, 0x58, 0x66, 0x1E };
    for (unsigned model = 0; model < N_MODELS; model++) {
        ck_assert_uint_eq(code_of((model_t)model, push_ds, sizeof push_ds), 0);
        ck_assert_uint_eq(get(ram + STACK_SEG * 16 + SP0 - 4, W32), 0xDEAD0000 | DATA_SEG);
        ck_assert_uint_eq(cpu.r[ESP], SP0 - 4);
    }
}
END_TEST

START_TEST(enter_with_32_bits_on_a_16_bit_stack_keeps_the_upper_half_of_esp_in_ebp)      /* vol. 2, ENTER: FrameTemp is ESP */
{
    static const u8 enter[] = { 0x66, 0xBC, 0x00, 0x00, 0x34, 0x12, 0x66, 0xC8, 0x10, 0x00, 0x01 };      /* mov esp, 12340000h; enter 16, 1 */
    ck_assert_uint_eq(code_of(MODEL_PENTIUM, enter, sizeof enter), 0);
    ck_assert_uint_eq(cpu.r[EBP], 0x1234FFFC);
    ck_assert_uint_eq(cpu.r[ESP], 0x1234FFE8);
    ck_assert_uint_eq(get(ram + STACK_SEG * 16 + 0xFFF8, W32), 0x1234FFFC);
}
END_TEST

START_TEST(popad_on_a_386_loads_the_upper_half_of_esp)                           /* test386.asm, POST 09: with a 16-bit stack */
{
    static const u8 popad[] = { 0x66, 0x68, 0x00, 0x00, 0xAD, 0xDE, 0x83, 0xEC, 0x0C, 0x66, 0x61 };      /* push dword; sub sp, 12; popad */
    ck_assert_uint_eq(code_of(MODEL_386, popad, sizeof popad), 0);
    ck_assert_uint_eq(cpu.r[ESP], 0xDEAD0000 | ((SP0 - 4 - 12 + 32) & 0xFFFF));
    ck_assert_uint_eq(code_of(MODEL_486, popad, sizeof popad), 0);
    ck_assert_uint_eq(cpu.r[ESP], SP0 - 4 - 12 + 32);
}
END_TEST

RUN_TESTS("execute models", instructions_are_undefined_before_their_model, cpuid_says_what_application_note_485_says,
          programs_tell_models_apart_by_eflags, dx_after_reset_names_the_model,
          a_segment_register_is_pushed_as_16_bits_of_a_32_bit_slot,
          enter_with_32_bits_on_a_16_bit_stack_keeps_the_upper_half_of_esp_in_ebp, popad_on_a_386_loads_the_upper_half_of_esp)
