/* test_disasm.c - machine code as text.  The bytes and their meaning: SDM vol. 2, under each instruction, and appendix A. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include "cpu/decode.h"
#include "cpu/disasm.h"
#include "tests/run_all.h"

#define B(...) .code = { __VA_ARGS__ }, .n = sizeof((u8[]){ __VA_ARGS__ })
typedef struct { u8 code[16]; size_t n; const char *text; } row_of_text_t;

/* At EIP 100h, 16-bit code. */
static const row_of_text_t rows16[] = {
    { B(0x89, 0xD8), "mov ax, bx" },
    { B(0x66, 0x89, 0xD8), "mov eax, ebx" },
    { B(0x88, 0xE5), "mov ch, ah" },
    { B(0x8B, 0x46, 0xFC), "mov ax, word [bp-4]" },
    { B(0x8B, 0x00), "mov ax, word [bx+si]" },
    { B(0x26, 0x8A, 0x05), "mov al, byte [es:di]" },
    { B(0x3E, 0x8B, 0x46, 0x02), "mov ax, word [ds:bp+2]" },
    { B(0x3E, 0x8B, 0x07), "mov ax, word [bx]" },
    { B(0xA1, 0x6C, 0x04), "mov ax, word [46Ch]" },
    { B(0x64, 0xA2, 0x08, 0x00), "mov byte [fs:8], al" },
    { B(0x67, 0x8B, 0x44, 0x8B, 0x10), "mov ax, word [ebx+ecx*4+10h]" },
    { B(0xC7, 0x06, 0x34, 0x12, 0x78, 0x56), "mov word [1234h], 5678h" },
    { B(0x8E, 0xD8), "mov ds, ax" },
    { B(0x8C, 0xC8), "mov ax, cs" },
    { B(0x8E, 0x17), "mov ss, word [bx]" },
    { B(0x8E, 0xF8), "db 8Eh, 0F8h" },
    { B(0x2E, 0x8D, 0x47, 0x01), "lea ax, [bx+1]" },
    { B(0x83, 0xC4, 0xF8), "add sp, -8" },
    { B(0x83, 0xE4, 0xF0), "and sp, 0FFF0h" },
    { B(0x05, 0x09, 0x00), "add ax, 9" },
    { B(0xF6, 0x07, 0x80), "test byte [bx], 80h" },
    { B(0xD0, 0xE8), "shr al, 1" },
    { B(0xD3, 0x27), "shl word [bx], cl" },
    { B(0xC1, 0xC8, 0x04), "ror ax, 4" },
    { B(0x0F, 0xA4, 0xD8, 0x04), "shld ax, bx, 4" },
    { B(0x0F, 0xAD, 0xD8), "shrd ax, bx, cl" },
    { B(0x6B, 0xC3, 0xFE), "imul ax, bx, -2" },
    { B(0x69, 0xC3, 0x00, 0x01), "imul ax, bx, 100h" },
    { B(0x0F, 0xAF, 0xC3), "imul ax, bx" },
    { B(0xF7, 0xEB), "imul bx" },
    { B(0x0F, 0xB6, 0xC4), "movzx ax, ah" },
    { B(0x66, 0x0F, 0xBF, 0x07), "movsx eax, word [bx]" },
    { B(0x98), "cbw" }, { B(0x66, 0x98), "cwde" }, { B(0x99), "cwd" }, { B(0x66, 0x99), "cdq" },
    { B(0x60), "pusha" }, { B(0x66, 0x61), "popad" }, { B(0x9C), "pushf" }, { B(0x66, 0x9D), "popfd" },
    { B(0xCF), "iret" }, { B(0x66, 0xCF), "iretd" },
    { B(0x6A, 0xFF), "push -1" }, { B(0x66, 0x68, 1, 2, 3, 4), "push dword 4030201h" },
    { B(0x06), "push es" }, { B(0x66, 0x0F, 0xA1), "o32 pop fs" }, { B(0x8F, 0x07), "pop word [bx]" },
    { B(0x74, 0x0E), "jz 0110" }, { B(0x7F, 0xFE), "jg 0100" }, { B(0x0F, 0x83, 0xFC, 0xFE), "jae 0000" },
    { B(0x66, 0xE9, 0xFA, 0xFE, 0x00, 0x00), "jmp 00010000" },
    { B(0xE3, 0x00), "jcxz 0102" }, { B(0x67, 0xE3, 0x00), "jecxz 0103" }, { B(0xE0, 0x00), "loopne 0102" }, { B(0x67, 0xE2, 0x00), "a32 loop 0103" },
    { B(0xE8, 0xFD, 0xFF), "call 0100" }, { B(0xEA, 0x5B, 0xE0, 0x00, 0xF0), "jmp F000:E05B" },
    { B(0x66, 0x9A, 1, 0, 0, 0, 8, 0), "call 0008:00000001" },
    { B(0xFF, 0x17), "call word [bx]" }, { B(0xFF, 0x1F), "call far dword [bx]" }, { B(0x66, 0xFF, 0x2F), "jmp far fword [bx]" },
    { B(0xC3), "ret" }, { B(0xC2, 4, 0), "ret 4" }, { B(0xCB), "retf" }, { B(0x66, 0xCA, 4, 0), "o32 retf 4" },
    { B(0xCD, 0x21), "int 21h" }, { B(0xCC), "int3" }, { B(0xF1), "int1" }, { B(0xCE), "into" },
    { B(0xA4), "movsb" }, { B(0xF3, 0x66, 0xA5), "rep movsd" }, { B(0xF2, 0xAE), "repne scasb" }, { B(0xF3, 0xA7), "repe cmpsw" },
    { B(0x2E, 0xAC), "cs lodsb" }, { B(0x67, 0xAB), "a32 stosw" }, { B(0x2E, 0xAA), "stosb" }, { B(0x6C), "insb" }, { B(0xF3, 0x6F), "rep outsw" },
    { B(0xF3, 0x00, 0xC0), "add al, al" },
    { B(0xE4, 0x60), "in al, 60h" }, { B(0xE7, 0x80), "out 80h, ax" }, { B(0xEC), "in al, dx" }, { B(0x66, 0xEF), "out dx, eax" },
    { B(0x0F, 0x20, 0xC0), "mov eax, cr0" }, { B(0x0F, 0x22, 0xD8), "mov cr3, eax" }, { B(0x0F, 0x23, 0xFA), "mov dr7, edx" },
    { B(0x0F, 0x01, 0x16, 0x00, 0x7C), "lgdt [7C00h]" }, { B(0x66, 0x0F, 0x01, 0x1F), "o32 lidt [bx]" },
    { B(0x0F, 0x01, 0xE0), "smsw ax" }, { B(0x0F, 0x01, 0xF0), "lmsw ax" },
    { B(0xC4, 0x1E, 0x10, 0x00), "les bx, [10h]" }, { B(0x62, 0x07), "bound ax, [bx]" },
    { B(0xC8, 0x10, 0x00, 0x01), "enter 10h, 1" }, { B(0xC9), "leave" },
    { B(0xD4, 0x0A), "aam" }, { B(0xD5, 0x10), "aad 10h" }, { B(0xD7), "xlatb" }, { B(0x36, 0xD7), "ss xlatb" }, { B(0xD6), "salc" },
    { B(0x90), "nop" }, { B(0xF3, 0x90), "pause" }, { B(0x93), "xchg bx, ax" }, { B(0x86, 0xE0), "xchg al, ah" },
    { B(0xF0, 0x01, 0x07), "lock add word [bx], ax" }, { B(0xF0, 0x01, 0xC0), "db 0F0h, 1, 0C0h" },
    { B(0x0F, 0x0B), "ud2" }, { B(0x0F, 0xC7, 0x0F), "cmpxchg8b qword [bx]" }, { B(0x0F, 0xC8), "bswap ax" },
    { B(0x0F, 0xBA, 0xE0, 0x07), "bt ax, 7" }, { B(0x0F, 0x94, 0xC0), "setz al" }, { B(0x0F, 0x45, 0xC3), "cmovnz ax, bx" },
    { B(0x0F, 0xFF, 0xC0), "ud0 ax" }, { B(0x0F, 0x04), "db 0Fh, 4" }, { B(0xFF, 0xF8), "db 0FFh, 0F8h" }, { B(0x8D, 0xC0), "db 8Dh, 0C0h" },
    { B(0xF4), "hlt" }, { B(0xFA), "cli" }, { B(0x0F, 0xA2), "cpuid" }, { B(0x0F, 0x00, 0xD8), "ltr ax" },
    { B(0x9B), "wait" }, { B(0x0F, 0x34), "sysenter" },
};
/* At EIP 401000h, 32-bit code. */
static const row_of_text_t rows32[] = {
    { B(0x8B, 0x44, 0x8B, 0x10), "mov eax, dword [ebx+ecx*4+10h]" },
    { B(0x66, 0x8B, 0x04, 0x24), "mov ax, word [esp]" },
    { B(0x8B, 0x45, 0x80), "mov eax, dword [ebp-80h]" },
    { B(0x8B, 0x80, 0x00, 0x00, 0x00, 0xC0), "mov eax, dword [eax+0C0000000h]" },
    { B(0x8B, 0x04, 0x95, 0x10, 0, 0, 0), "mov eax, dword [edx*4+10h]" },
    { B(0x8B, 0x15, 0x00, 0x80, 0x0B, 0x00), "mov edx, dword [0B8000h]" },
    { B(0x65, 0xA1, 0x14, 0, 0, 0), "mov eax, dword [gs:14h]" },
    { B(0x67, 0x8B, 0x47, 0x02), "mov eax, dword [bx+2]" },
    { B(0x0F, 0x84, 0xFA, 0x0F, 0, 0), "jz 00402000" }, { B(0xEB, 0xFE), "jmp 00401000" },
    { B(0x66, 0xEB, 0xFD), "jmp 1000" },
    { B(0xE3, 0), "jecxz 00401002" }, { B(0x67, 0xE3, 0), "jcxz 00401003" },
    { B(0xEA, 0x78, 0x56, 0x34, 0x12, 0x08, 0x00), "jmp 0008:12345678" },
    { B(0xFF, 0x24, 0x85, 0x00, 0x20, 0x40, 0x00), "jmp dword [eax*4+402000h]" }, { B(0xFF, 0xD0), "call eax" },
    { B(0x68, 0x78, 0x56, 0x34, 0x12), "push 12345678h" }, { B(0x66, 0x6A, 0x05), "push word 5" },
    { B(0xF3, 0xA5), "rep movsd" }, { B(0x67, 0xA4), "a16 movsb" }, { B(0x98), "cwde" }, { B(0x66, 0x60), "pusha" }, { B(0xCF), "iretd" },
    { B(0x0F, 0xB1, 0x0A), "cmpxchg dword [edx], ecx" }, { B(0xF0, 0x0F, 0xC1, 0x02), "lock xadd dword [edx], eax" },
    { B(0x0F, 0x1F, 0x44, 0x00, 0x00), "nop dword [eax+eax]" }, { B(0x0F, 0x01, 0x38), "invlpg [eax]" },
    { B(0xD9, 0x07), "fld dword [edi]" }, { B(0xDF, 0xE0), "fnstsw ax" }, { B(0xD9, 0x0F), "esc 9, [edi]" }, { B(0xDF, 0xE1), "esc 3Ch, ecx" },
    { B(0xD8, 0xC1), "fadd st0, st1" }, { B(0xDC, 0xE9), "fsub st1, st0" }, { B(0xDE, 0xC9), "fmulp st1, st0" }, { B(0xD9, 0xC9), "fxch st1" },
    { B(0xDB, 0x2C, 0x24), "fld tword [esp]" }, { B(0xDD, 0x5D, 0xF8), "fstp qword [ebp-8]" }, { B(0xDB, 0xF1), "fcomi st0, st1" },
    { B(0xDB, 0xC2), "fcmovnb st0, st2" }, { B(0xDA, 0xD9), "fcmovu st0, st1" }, { B(0xD9, 0x28), "fldcw word [eax]" }, { B(0xDD, 0x20), "frstor [eax]" },
    { B(0xD9, 0xFB), "fsincos" }, { B(0xDF, 0x30), "fbstp tword [eax]" },
    { B(0x0F, 0xFC, 0xCA), "paddb mm1, mm2" }, { B(0x66, 0x0F, 0xFC, 0x0B), "paddb xmm1, oword [ebx]" }, { B(0x0F, 0x60, 0x03), "punpcklbw mm0, dword [ebx]" },
    { B(0x0F, 0x71, 0xD3, 0x05), "psrlw mm3, 5" }, { B(0x66, 0x0F, 0x73, 0xFB, 0x0C), "pslldq xmm3, 0Ch" }, { B(0x0F, 0x73, 0xFB), "db 0Fh, 73h, 0FBh" },
    { B(0x0F, 0x6E, 0xC8), "movd mm1, eax" }, { B(0x66, 0x0F, 0x7E, 0x08), "movd dword [eax], xmm1" }, { B(0x66, 0x0F, 0xD6, 0x08), "movq qword [eax], xmm1" },
    { B(0xF3, 0x0F, 0x10, 0x08), "movss xmm1, dword [eax]" }, { B(0xF2, 0x0F, 0x11, 0xCA), "movsd xmm2, xmm1" }, { B(0x0F, 0x12, 0xCA), "movhlps xmm1, xmm2" },
    { B(0x66, 0x0F, 0x70, 0xCA, 0x1B), "pshufd xmm1, xmm2, 1Bh" }, { B(0x0F, 0xC4, 0x08, 0x02), "pinsrw mm1, word [eax], 2" }, { B(0x66, 0x0F, 0xC5, 0xC2, 0x02), "pextrw eax, xmm2, 2" },
    { B(0x0F, 0xAE, 0x00), "fxsave [eax]" }, { B(0x0F, 0xAE, 0x10), "ldmxcsr dword [eax]" }, { B(0x0F, 0xAE, 0xE8), "lfence" }, { B(0x0F, 0x18, 0x08), "prefetcht0 [eax]" },
    { B(0x0F, 0x01, 0xC8), "monitor" }, { B(0x0F, 0x77), "emms" }, { B(0x0F, 0xC3, 0x08), "movnti dword [eax], ecx" },
    { B(0x0F, 0xB4, 0x03), "lfs eax, [ebx]" }, { B(0x63, 0xC3), "arpl bx, ax" }, { B(0x0F, 0x02, 0xC3), "lar eax, bx" },
};

static void check_row(const row_of_text_t *row, u16 mode, u32 eip)
{
    char text[DISASM_BYTES];
    unsigned length = disassemble(mode, MODEL_PENTIUM4, eip, row->code, sizeof row->code, text, sizeof text);
    ck_assert_str_eq(text, row->text);
    ck_assert_uint_eq(length, row->n);
}

START_TEST(sixteen_bit_code_reads_as_the_manual_writes_it) { check_row(&rows16[_i], MODE_PROTECTED, 0x100); }
END_TEST
START_TEST(thirty_two_bit_code_reads_as_the_manual_writes_it) { check_row(&rows32[_i], MODE_PROTECTED | MODE_CODE32, 0x401000); }
END_TEST

START_TEST(what_a_model_or_mode_lacks_is_data)
{
    char text[DISASM_BYTES];
    disassemble(MODE_PROTECTED, MODEL_386, 0, (const u8[]){ 0x0F, 0xC8 }, 2, text, sizeof text);
    ck_assert_str_eq(text, "db 0Fh, 0C8h");                      /* BSWAP: SDM vol. 2, from the 486 on */
    disassemble(0, MODEL_PENTIUM4, 0, (const u8[]){ 0x0F, 0x00, 0xD8 }, 3, text, sizeof text);
    ck_assert_str_eq(text, "db 0Fh, 0, 0D8h");                   /* LTR: #UD in real mode */
}
END_TEST

START_TEST(instructions_that_do_not_end_say_so)
{
    char text[DISASM_BYTES];
    u8 prefixes[16];
    memset(prefixes, 0x66, sizeof prefixes);
    ck_assert_uint_eq(disassemble(0, MODEL_PENTIUM4, 0, (const u8[]){ 0xEA, 1, 2 }, 3, text, sizeof text), 0);
    ck_assert_str_eq(text, "(goes on)");
    ck_assert_uint_eq(disassemble(0, MODEL_PENTIUM4, 0, prefixes, 16, text, sizeof text), MAX_INSTRUCTION + 1);
    ck_assert_str_eq(text, "(longer than 15 bytes)");
}
END_TEST

/* A sensible text: a mnemonic, perhaps operands, none of them empty, nothing unknown. */
static bool sensible(const char *text)
{
    return text[0] >= 'a' && text[0] <= 'z' && !strchr(text, '?') && !strstr(text, ", ,") && !strchr(text, '_') && text[strlen(text) - 1] != ' '
        && !strstr(text, "  ") && text[strlen(text) - 1] != ',' && !strstr(text, "cc ") && !strstr(text, "invalid");
}

/* Every line of the opcode map, with every ModRM.reg, memory and register. */
START_TEST(every_opcode_and_extension_has_a_text)
{
    unsigned named = 0, silly = 0;
    for (unsigned opcode = 0; opcode < 0x200; opcode++)
        for (unsigned modrm = 0; modrm < 0x100; modrm++) {
            const row_t *row = &opcode_map[opcode];
            u8 code[16] = { [0] = opcode >> 8 ? 0x0F : (u8)opcode, [1] = opcode >> 8 ? (u8)opcode : (u8)modrm, [2] = (u8)modrm };
            char text[DISASM_BYTES];
            decoded_t d;
            unsigned length = disassemble(MODE_PROTECTED | MODE_CODE32, MODEL_PENTIUM4, 0, code, 15, text, sizeof text);
            decode(MODE_PROTECTED | MODE_CODE32, MODEL_PENTIUM4, 0, code, 15, &d);
            bool data = strncmp(text, "db ", 3) == 0;
            silly += !sensible(text) || length == 0;
            silly += row->instr == I_INVALID && !data && d.opcode == opcode && !d.cold.dst_vector && d.cold.instr < I_PADDB;
            silly += data && row->instr < N_INSTR && row->instr != I_INVALID && modrm < 0x28 && opcode != 0x8E && d.opcode == opcode;
            named += !data && d.opcode == opcode && modrm == 0;
        }
    ck_assert_uint_eq(silly, 0);
    ck_assert_uint_gt(named, 340);                               /* lines of opcodes.def; it only grows */
}
END_TEST

static u8 next_random(u64 *s)
{
    *s ^= *s << 13; *s ^= *s >> 7; *s ^= *s << 17;
    return (u8)(*s >> 32);
}

START_TEST(lengths_are_the_decoders_and_the_buffer_is_respected)
{
    static const u8 prefixes[] = { 0x66, 0x67, 0xF3, 0xF2, 0xF0, 0x2E, 0x0F, 0x0F };
    u64 s = 88172645463325252u;
    unsigned wrong = 0, longest = 0;
    for (unsigned i = 0; i < 1000000; i++) {
        u8 code[16], n = 0;
        for (; n < 4 && next_random(&s) % 3 == 0; n++) code[n] = prefixes[next_random(&s) % sizeof prefixes];
        for (; n < 16; n++)                            code[n] = next_random(&s);
        u16 mode = (u16)((i & 1 ? MODE_CODE32 : 0) | (i & 2 ? MODE_PROTECTED : 0));
        unsigned available = i & 4 ? 16 : next_random(&s) % 17;
        model_t model = (model_t)(next_random(&s) % N_MODELS);
        char text[DISASM_BYTES + 8];
        memset(text, '#', sizeof text);
        decoded_t d;
        unsigned length = decode(mode, model, 0x1000, code, available, &d);
        wrong += disassemble(mode, model, 0x1000, code, available, text, DISASM_BYTES) != length;
        wrong += memchr(text, 0, DISASM_BYTES) == NULL || text[DISASM_BYTES] != '#';
        if (strlen(text) > longest) longest = (unsigned)strlen(text);
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_lt(longest, DISASM_BYTES - 1);                /* never cut */
}
END_TEST

START_TEST(a_short_buffer_cuts_the_text)
{
    static const u8 code[] = { 0x8B, 0x44, 0x8B, 0x10 };
    for (size_t bytes = 0; bytes <= 40; bytes++) {
        char *text = malloc(bytes + 1);                          /* sanitizers watch the end */
        text[bytes] = '#';
        disassemble(MODE_CODE32, MODEL_386, 0, code, 4, text, bytes);
        ck_assert_int_eq(text[bytes], '#');
        if (bytes) ck_assert_uint_eq(strlen(text), bytes - 1 < 30 ? bytes - 1 : 30);
        free(text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("disasm");
    TCase *tc = tcase_create("disasm");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, sixteen_bit_code_reads_as_the_manual_writes_it, 0, COUNT_OF(rows16));
    tcase_add_loop_test(tc, thirty_two_bit_code_reads_as_the_manual_writes_it, 0, COUNT_OF(rows32));
    tcase_add_test(tc, what_a_model_or_mode_lacks_is_data);
    tcase_add_test(tc, instructions_that_do_not_end_say_so);
    tcase_add_test(tc, every_opcode_and_extension_has_a_text);
    tcase_add_test(tc, lengths_are_the_decoders_and_the_buffer_is_respected);
    tcase_add_test(tc, a_short_buffer_cuts_the_text);
    suite_add_tcase(suite, tc);
    return run_all(suite);
}
