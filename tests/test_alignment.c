/* test_alignment.c - #AC: SDM vol. 3A, 6.15 "Interrupt 17", table 6-7.  tests/test_host_i386.c compares every instruction with this host's processor;
 * here is what turns the check on, and what each kind of operand must be a multiple of. */
#include "tests/protected_machine.h"

enum { CODE = 0x40000, OPERAND = 0x41000, HANDLER = 0x42000 };

/* Run `code` at this level; true: it ended in #AC with error code 0. */
static bool ends_in_ac(const u8 *code, size_t n, u8 level, u32 cr0, u32 eflags, u32 esi)
{
    for (u32 v = 0; v < 32; v++) {
        set_gate(IDT, 8 * v, CODE0, HANDLER + v, 0x8E, 0);
        ram[HANDLER + v] = 0xF4;                                         /* HLT */
    }
    memset(ram + CODE, 0x90, 64);
    memcpy(ram + CODE, code, n);
    protect(level);
    cpu.cr0 = (cpu.cr0 & ~(u32)(CR0_AM | CR0_EM | CR0_TS)) | cr0;
    cpu.cr4 |= CR4_OSFXSR;
    cpu.eip = CODE;
    cpu.r[ESI] = esi;
    cpu.r[ESP] = STACK3 + 0x800;
    cpu_set_eflags(&cpu, FLAG_1 | eflags);
    cpu_run(&cpu, cpu_instructions(&cpu) + 1);                            /* a fault counts nothing: then HLT is the one */
    bool fault = cpu.halted && cpu.eip == HANDLER + AC + 1;
    if (fault) ck_assert_uint_eq(get(ram + cpu.r[ESP], W32), 0);
    return fault;
}

START_TEST(alignment_is_checked_at_level_3_with_both_bits_set)
{
    static const u8 code[] = { 0x8B, 0x06 };                             /* mov eax, [esi] */
    for (u32 bits = 0; bits < 8; bits++) {
        power_off();
        power_on();
        bool fault = ends_in_ac(code, sizeof code, bits & 1 ? 3 : 0, bits & 2 ? CR0_AM : 0, bits & 4 ? FLAG_AC : 0, OPERAND + 1);
        ck_assert_int_eq(fault, bits == 7);
    }
}
END_TEST

/* Table 6-7: what must be a multiple of what. */
typedef struct { const char *name; u8 code[6], n, alignment; } row_t_;
#define BYTES(...) { __VA_ARGS__ }, sizeof((u8[]){ __VA_ARGS__ })
static const row_t_ rows[] = {
    { "byte", BYTES(0x8A, 0x06), 1 }, { "word", BYTES(0x66, 0x8B, 0x06), 2 }, { "doubleword", BYTES(0x8B, 0x06), 4 }, { "store", BYTES(0x89, 0x06), 4 },
    { "read-modify-write", BYTES(0x01, 0x06), 4 }, { "single", BYTES(0xD9, 0x06), 4 }, { "double", BYTES(0xDD, 0x06), 8 }, { "extended", BYTES(0xDB, 0x2E), 8 },
    { "FSTENV", BYTES(0xD9, 0x36), 4 }, { "FSTENV, 16 bits", BYTES(0x66, 0xD9, 0x36), 2 }, { "LODSD", BYTES(0xAD), 4 }, { "CMPXCHG8B", BYTES(0x0F, 0xC7, 0x0E), 8 },
    { "MOVQ mm", BYTES(0x0F, 0x6F, 0x06), 8 }, { "MOVSS", BYTES(0xF3, 0x0F, 0x10, 0x06), 4 }, { "MOVSD", BYTES(0xF2, 0x0F, 0x10, 0x06), 8 },
    { "MOVUPS", BYTES(0x0F, 0x10, 0x06), 16 }, { "PUSH m", BYTES(0xFF, 0x36), 4 },
};

START_TEST(operands_have_their_alignment)
{
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        for (u32 offset = 0; offset < 16; offset++) {
            power_off();
            power_on();
            bool fault = ends_in_ac(rows[i].code, rows[i].n, 3, CR0_AM, FLAG_AC, OPERAND + offset);
            ck_assert_msg(fault == (offset % rows[i].alignment != 0), "%s at %u", rows[i].name, offset);
        }
}
END_TEST

RUN_TESTS("alignment", alignment_is_checked_at_level_3_with_both_bits_set, operands_have_their_alignment)
