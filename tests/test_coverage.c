/* test_coverage.c - every line of opcodes.def, opcodes_x87.def and opcodes_simd.def has been executed; the list of those that have not is empty.
 *
 * What user mode can execute comes from the generator of tests/silicon: every form is tried many times on a processor with lowering L0 and on one with L1,
 * which must agree (that they are right is test_host_i386.c's), and counts if it completes.  What remains are rows here, with the effect that they have at
 * level 0. */
#include <stdio.h>
#include <stdlib.h>
#include "tests/protected_machine.h"
#include "tests/silicon/silicon.h"

/* ---- which lines were executed ---- */

static bool plain[0x200], grouped[N_NAMES - N_INSTR][8], fpu_memory[8][8], fpu_register[8][64], simd[0x100][N_MANDATORY][2],
            simd_grouped[N_NAMES - I_GRP12][8][2], simd_whole[0x100][0x100];

typedef struct { u16 opcode; u8 modrm; unsigned prefix; } parts_t;

static parts_t parts_of(const u8 *code)
{
    parts_t p = { .prefix = PREFIX_NP };
    for (;; code++) {
        if (*code == 0xF3)                              p.prefix = PREFIX_F3;
        else if (*code == 0xF2)                         p.prefix = PREFIX_F2;
        else if (*code == 0x66 && p.prefix == PREFIX_NP) p.prefix = PREFIX_66;
        else if (!strchr("\x26\x2E\x36\x3E\x64\x65\x66\x67\xF0", *code) || !*code) break;
    }
    p.opcode = *code++;
    if (p.opcode == 0x0F) p.opcode = (u16)(0x100 | *code++);
    p.modrm = *code;
    return p;
}

/* opcodes_simd.def goes first: where it has a row, opcodes.def is not asked. */
static bool mark_simd(const parts_t *p)
{
    unsigned opcode = p->opcode & 0xFF, rm = p->modrm >> 6 == 3 ? RM_REGISTER : RM_MEMORY, reg = p->modrm >> 3 & 7;
    row_t row = simd_map[opcode][p->prefix][rm];
    for (const simd_one_t *one = simd_ones; one->opcode; one++)
        if (one->opcode == opcode && one->modrm == p->modrm)
            return simd_whole[opcode][p->modrm] = true;
    if (row.instr == I_INVALID || (row.instr >= I_GRP12 && simd_extension[row.instr - I_GRP12][reg][rm].instr == I_INVALID))
        return false;
    if (row.instr >= I_GRP12) simd_grouped[row.instr - I_GRP12][reg][rm] = true;
    simd[opcode][p->prefix][rm] = true;
    if (row.dst == __ && row.src == __) simd[opcode][p->prefix][!rm] = true;   /* without ModRM */
    return true;
}

static void mark(const u8 *code)
{
    parts_t p = parts_of(code);
    row_t row = opcode_map[p.opcode];
    if (p.opcode & 0x100 && mark_simd(&p))
        return;
    plain[p.opcode] = true;
    if (row.instr >= N_INSTR) grouped[row.instr - N_INSTR][p.modrm >> 3 & 7] = true;
    if (row.instr != I_ESC)   return;
    if (p.modrm >> 6 == 3)    fpu_register[p.opcode & 7][p.modrm & 63] = true;
    else                      fpu_memory[p.opcode & 7][p.modrm >> 3 & 7] = true;
}

/* ---- the lines ---- */

typedef enum { ONE_OPCODE, EIGHT_OPCODES, EXTENSION, FPU_MEMORY, FPU_EIGHT, FPU_ONE, SIMD_BOTH, SIMD_MEMORY, SIMD_REGISTER, SIMD_GROUP_M, SIMD_GROUP_R,
               SIMD_WHOLE } line_kind_t;
typedef struct { const char *text; u16 a; u8 b, kind; } line_t_;
static const line_t_ lines[] = {
#define OP(opcode, NAME, dst, src)  { #opcode " " #NAME " " #dst " " #src, opcode, 0, ONE_OPCODE },
#define OP8(opcode, NAME, dst, src) { #opcode "+ " #NAME " " #dst " " #src, opcode, 0, EIGHT_OPCODES },
#define EXT(GROUP, reg, NAME, operand) { #GROUP " /" #reg " " #NAME, I_##GROUP - N_INSTR, reg, EXTENSION },
#include "cpu/opcodes.def"
#undef OP
#undef OP8
#undef EXT
#define MEM(escape, reg, NAME, format)   { "D8+" #escape " /" #reg " " #NAME " " #format, escape, reg, FPU_MEMORY },
#define REG(escape, first, NAME, format) { "D8+" #escape " " #first "+ " #NAME, escape, first, FPU_EIGHT },
#define ONE(escape, modrm, NAME)         { "D8+" #escape " " #modrm " " #NAME, escape, modrm, FPU_ONE },
#include "cpu/opcodes_x87.def"
#undef MEM
#undef REG
#undef ONE
#define SIMD(opcode, prefix, NAME, x, y, z, feature)   { "0F " #opcode " " #prefix " " #NAME, opcode, PREFIX_##prefix, SIMD_BOTH },
#define SIMD_M(opcode, prefix, NAME, x, y, z, feature) { "0F " #opcode " " #prefix " " #NAME " memory", opcode, PREFIX_##prefix, SIMD_MEMORY },
#define SIMD_R(opcode, prefix, NAME, x, y, z, feature) { "0F " #opcode " " #prefix " " #NAME " register", opcode, PREFIX_##prefix, SIMD_REGISTER },
#define GROUP_M(GROUP, reg, NAME, operand, feature)    { #GROUP " /" #reg " " #NAME " memory", I_##GROUP - I_GRP12, reg, SIMD_GROUP_M },
#define GROUP_R(GROUP, reg, NAME, operand, feature)    { #GROUP " /" #reg " " #NAME " register", I_##GROUP - I_GRP12, reg, SIMD_GROUP_R },
#define ONE(opcode, modrm, NAME, feature)              { "0F " #opcode " " #modrm " " #NAME, opcode, modrm, SIMD_WHOLE },
#include "cpu/opcodes_simd.def"
#undef SIMD
#undef SIMD_M
#undef SIMD_R
#undef GROUP_M
#undef GROUP_R
#undef ONE
};

static bool all_eight(const bool *first)
{
    for (unsigned i = 0; i < 8; i++) if (!first[i]) return false;
    return true;
}

/* 90h stands among XCHG's eight, and is NOP's.  Group 16 has memory forms only. */
static bool executed(const line_t_ *l)
{
    switch ((line_kind_t)l->kind) {
    case ONE_OPCODE:    return plain[l->a];
    case EIGHT_OPCODES: return all_eight(&plain[l->a]);
    case EXTENSION:     return grouped[l->a][l->b];
    case FPU_MEMORY:    return fpu_memory[l->a][l->b];
    case FPU_EIGHT:     return all_eight(&fpu_register[l->a][l->b - 0xC0]);
    case FPU_ONE:       return fpu_register[l->a][l->b - 0xC0];
    case SIMD_BOTH:     return simd[l->a][l->b][RM_MEMORY] && (simd[l->a][l->b][RM_REGISTER] || simd_map[l->a][l->b][RM_REGISTER].instr == I_GRP16);
    case SIMD_MEMORY:   return simd[l->a][l->b][RM_MEMORY];
    case SIMD_REGISTER: return simd[l->a][l->b][RM_REGISTER];
    case SIMD_GROUP_M:  return simd_grouped[l->a][l->b][RM_MEMORY];
    case SIMD_GROUP_R:  return simd_grouped[l->a][l->b][RM_REGISTER];
    default:            return simd_whole[l->a][l->b];
    }
}

/* ---- user mode ---- */

enum { TRIES = 40 };

/* Complete, or ended in the trap that it is for. */
static bool done(const case_t *c, const result_t *r)
{
    switch (c->instr) {
    case I_INT_1: return r->vector == DB;
    case I_INT_3: return r->vector == BP;
    case I_INT_O: return r->vector == OF_TRAP;
    case I_UD2:   return r->vector == UD;
    default:      return r->vector == COMPLETED;
    }
}

static bool agree(const result_t *a, const result_t *b, emulated_t *const m[2])
{
    bool same = a->vector == b->vector && a->code == b->code && a->cr2 == b->cr2 && !memcmp(&a->user, &b->user, sizeof a->user);
    for (unsigned page = 0; page < DATA_PAGES && same; page++)
        same = !memcmp(emulated_page(m[0], page), emulated_page(m[1], page), PAGE_BYTES);
    return same;
}

START_TEST(user_mode_instructions_complete)
{
    static generator_t g;
    static result_t r[2];
    emulated_t *m[2] = { emulated_new(MODEL_PENTIUM4, true), emulated_new(MODEL_PENTIUM4, false) };
    unsigned differ = 0;
    generator_init(&g, 1);
    for (u64 n = 0; n < (u64)g.n_forms * TRIES; n++) {
        generator_make(&g, 1, n);
        for (unsigned k = 0; k < 2; k++) {
            for (unsigned page = 0; page < DATA_PAGES; page++) memcpy(emulated_page(m[k], page), g.memory + page * PAGE_BYTES, PAGE_BYTES);
            emulated_run(m[k], &g.c, &r[k]);
        }
        differ += !agree(&r[0], &r[1], m);
        if (done(&g.c, &r[0])) mark(g.c.bytes);
    }
    for (unsigned k = 0; k < 2; k++) emulated_free(m[k]);
    ck_assert_uint_eq(differ, 0);
}
END_TEST

/* ---- level 0 ---- */

enum { CODE_AT = 0xD000, DATA_AT = 0xE000, HANDLER = 0xD800, PORT = 0x80 };
static u32 port_value;
static u32  port_in(void *self, u16 reg)             { (void)self; (void)reg; return 0x5A5A5A5A; }
static void port_out(void *self, u16 reg, u32 value) { (void)self; (void)reg; port_value = value; }

/* `where`, masked, is `want` afterwards; NULL: it is over, nothing else shows. */
typedef struct { u8 bytes[10]; model_t model; u32 eax, ecx, edx; const void *where; u32 mask, want; } row_t_;
#define X(...) { __VA_ARGS__ }
#define ALL 0xFFFFFFFF
static const row_t_ rows[] = {
    { X(0xF4), MODEL_386, 0, 0, 0, &cpu.halted, 0xFF, 1 },                                   /* HLT */
    { X(0xFA), MODEL_386, 0, 0, 0, &cpu.eflags, FLAG_IF, 0 },                                /* CLI */
    { X(0xFB), MODEL_386, 0, 0, 0, &cpu.eflags, FLAG_IF, FLAG_IF },                          /* STI */
    { X(0x0F, 0x06), MODEL_386, 0, 0, 0, &cpu.cr0, CR0_TS, 0 },                              /* CLTS */
    { X(0x0F, 0x08), MODEL_486, 0, 0, 0, NULL, 0, 0 },                                       /* INVD */
    { X(0x0F, 0x09), MODEL_486, 0, 0, 0, NULL, 0, 0 },                                       /* WBINVD */
    { X(0x0F, 0x01, 0x3D, 0x00, 0xE0), MODEL_486, 0, 0, 0, NULL, 0, 0 },                     /* INVLPG [E000] */
    { X(0x0F, 0x01, 0x15, 0x00, 0xE0), MODEL_386, 0, 0, 0, &cpu.gdtr.base, ALL, 0x00012345 },/* LGDT */
    { X(0x0F, 0x01, 0x1D, 0x00, 0xE0), MODEL_386, 0, 0, 0, &cpu.idtr.base, ALL, 0x00012345 },/* LIDT */
    { X(0x0F, 0x01, 0x05, 0x10, 0xE0), MODEL_386, 0, 0, 0, ram + DATA_AT + 0x12, ALL, GDT }, /* SGDT */
    { X(0x0F, 0x01, 0x0D, 0x10, 0xE0), MODEL_386, 0, 0, 0, ram + DATA_AT + 0x12, ALL, IDT }, /* SIDT */
    { X(0x0F, 0x00, 0xD0), MODEL_386, SEL_LDT, 0, 0, &cpu.seg[LDTR].base, ALL, LDT },        /* LLDT AX */
    { X(0x0F, 0x00, 0xD8), MODEL_386, SEL_B, 0, 0, &cpu.seg[TR].base, ALL, TSS_B },          /* LTR AX */
    { X(0x0F, 0x00, 0xC0), MODEL_386, 0x77777777, 0, 0, &cpu.r[EAX], ALL, 0 },               /* SLDT EAX */
    { X(0x0F, 0x00, 0xC8), MODEL_386, 0x77777777, 0, 0, &cpu.r[EAX], ALL, SEL_A },           /* STR EAX */
    { X(0x0F, 0x01, 0xE0), MODEL_386, 0, 0, 0, &cpu.r[EAX], 0xF, CR0_PE | CR0_TS },          /* SMSW EAX */
    { X(0x0F, 0x01, 0xF0), MODEL_386, CR0_MP | CR0_PE, 0, 0, &cpu.cr0, 0xF, CR0_PE | CR0_MP },             /* LMSW AX */
    { X(0x0F, 0x20, 0xD0), MODEL_386, 0, 0, 0, &cpu.r[EAX], ALL, 0xABCDE },                  /* MOV EAX, CR2 */
    { X(0x0F, 0x22, 0xD0), MODEL_386, 0x123, 0, 0, &cpu.cr2, ALL, 0x123 },                   /* MOV CR2, EAX */
    { X(0x0F, 0x21, 0xC0), MODEL_386, 0, 0, 0, &cpu.r[EAX], ALL, 0xDEB },                    /* MOV EAX, DR0 */
    { X(0x0F, 0x23, 0xC8), MODEL_386, 0x456, 0, 0, &cpu.dr[1], ALL, 0x456 },                 /* MOV DR1, EAX */
    { X(0x0F, 0x26, 0xF0), MODEL_386, 0x789, 0, 0, &cpu.tr_test[6], ALL, 0x789 },            /* MOV TR6, EAX */
    { X(0x0F, 0x24, 0xF8), MODEL_386, 1, 0, 0, &cpu.r[EAX], ALL, 0x7E57 },                   /* MOV EAX, TR7 */
    { X(0x0F, 0x30), MODEL_PENTIUM2, 0x1234, 0x174, 0, &cpu.sysenter_cs, 0xFFFF, 0x1234 },   /* WRMSR IA32_SYSENTER_CS */
    { X(0x0F, 0x32), MODEL_PENTIUM2, 1, 0x176, 1, &cpu.r[EAX], ALL, HANDLER },               /* RDMSR IA32_SYSENTER_EIP */
    { X(0x0F, 0x31), MODEL_PENTIUM, 0, 0, 0x77, &cpu.r[EDX], ALL, 5 },                       /* RDTSC */
    { X(0x0F, 0x33), MODEL_PENTIUM2, 0x77777777, 0, 0x77, &cpu.r[EDX], ALL, 0 },             /* RDPMC */
    { X(0x0F, 0x34), MODEL_PENTIUM2, 0, 0, 0, &cpu.eip, ALL, HANDLER },                      /* SYSENTER */
    { X(0x0F, 0x35), MODEL_PENTIUM2, 0, STACK3, HANDLER, &cpu.cpl, 0xFF, 3 },                /* SYSEXIT */
    { X(0x0F, 0xA2), MODEL_PENTIUM, 0, 0, 0, &cpu.r[EDX], ALL, 0x49656E69 },                 /* CPUID: "ineI" */
    { X(0x0F, 0xAA), MODEL_PENTIUM, 0, 0, 0, &cpu.eip, ALL, HANDLER + UD + 1 },              /* RSM: #UD outside of system management mode, whose handler halts */
    { X(0x0F, 0x01, 0xC8), MODEL_PENTIUM4, DATA_AT, 0, 0, NULL, 0, 0 },                      /* MONITOR */
    { X(0x0F, 0x01, 0xC9), MODEL_PENTIUM4, 0, 0, 0, NULL, 0, 0 },                            /* MWAIT */
    { X(0xE4, PORT), MODEL_386, 0x11111111, 0, 0, &cpu.r[EAX], ALL, 0x1111115A },            /* IN AL, 80h */
    { X(0xE5, PORT), MODEL_386, 0x11111111, 0, 0, &cpu.r[EAX], ALL, 0x5A5A5A5A },            /* IN EAX, 80h */
    { X(0xEC), MODEL_386, 0x11111111, 0, PORT, &cpu.r[EAX], ALL, 0x1111115A },               /* IN AL, DX */
    { X(0xED), MODEL_386, 0x11111111, 0, PORT, &cpu.r[EAX], ALL, 0x5A5A5A5A },               /* IN EAX, DX */
    { X(0xE6, PORT), MODEL_386, 0x77A1, 0, 0, &port_value, ALL, 0xA1 },                      /* OUT 80h, AL */
    { X(0xE7, PORT), MODEL_386, 0x77A1, 0, 0, &port_value, ALL, 0x77A1 },                    /* OUT 80h, EAX */
    { X(0xEE), MODEL_386, 0x77A1, 0, PORT, &port_value, ALL, 0xA1 },                         /* OUT DX, AL */
    { X(0xEF), MODEL_386, 0x77A1, 0, PORT, &port_value, ALL, 0x77A1 },                       /* OUT DX, EAX */
    { X(0x6C), MODEL_386, 0, 0, PORT, ram + DATA_AT + 0x20, ALL, 0x5A },                     /* INSB */
    { X(0x6D), MODEL_386, 0, 0, PORT, ram + DATA_AT + 0x20, ALL, 0x5A5A5A5A },               /* INSD */
    { X(0x6E), MODEL_386, 0, 0, PORT, &port_value, ALL, 0x67 },                              /* OUTSB */
    { X(0x6F), MODEL_386, 0, 0, PORT, &port_value, ALL, 0x01234567 },                        /* OUTSD */
    { X(0xCD, 0x40), MODEL_386, 0, 0, 0, &cpu.eip, ALL, HANDLER + 0x40 },                    /* INT 40h */
};

static void set_stage(const row_t_ *r)
{
    cpu_flush_blocks(&cpu);
    make_tables();
    cpu.model = r->model;
    cpu.gdtr.base = GDT; cpu.gdtr.limit = GDT_LIMIT;
    cpu.idtr.base = IDT; cpu.idtr.limit = 0x7FF;
    protect(0);
    segment_set_null(&cpu.seg[LDTR], 0);
    cpu.cr0 |= CR0_TS;
    cpu.cr0 &= ~(u32)CR0_MP;
    cpu.cr2 = 0xABCDE; cpu.dr[0] = 0xDEB; cpu.tr_test[7] = 0x7E57;
    cpu.tsc_offset = 5ull << 32;
    cpu.sysenter_cs = CODE0; cpu.sysenter_eip = HANDLER; cpu.sysenter_esp = STACK0;
    cpu.halted = false;
    cpu_set_eflags(&cpu, FLAG_1 | (r->bytes[0] == 0xFA ? FLAG_IF : 0));
    cpu.r[EAX] = r->eax; cpu.r[ECX] = r->ecx; cpu.r[EDX] = r->edx;
    cpu.r[EDI] = DATA_AT + 0x20; cpu.r[ESI] = DATA_AT + 0x30;
    for (u32 v = 0; v < 256; v++) set_gate(IDT, 8 * v, CODE0, HANDLER + v, 0x8E, 0);
    memset(ram + HANDLER, 0xF4, 256);
    memset(ram + DATA_AT, 0, 64);
    put(ram + DATA_AT, W16, 0xFF); put(ram + DATA_AT + 2, W32, 0x00012345); put(ram + DATA_AT + 0x30, W32, 0x01234567);
    memcpy(ram + CODE_AT, r->bytes, sizeof r->bytes);
    port_value = 0;
    cpu.eip = CODE_AT;
}

static bool has_effect(const row_t_ *r)
{
    if (r->where == NULL) return cpu.eip != CODE_AT && cpu.eip < CODE_AT + 16;
    u32 value;
    const u8 *p = r->where;
    bool guest = p >= ram && p < ram + RAM;
    memcpy(&value, p, r->mask == 0xFF ? 1 : r->mask == 0xFFFF ? 2 : 4);
    if (r->mask == 0xFF) value = *p;
    else if (guest)      value = get(p, W32);
    return (value & r->mask) == r->want;
}

START_TEST(system_instructions_have_their_effect)
{
    static const char name[] = "coverage";
    bus_attach(&bus, &(port_range_t){ name, PORT, 1, W32, port_in, port_out, NULL, false });
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        for (unsigned l1 = 0; l1 < 2; l1++) {
            cpu.l1 = l1 && cpu_has_l1();
            set_stage(&rows[i]);
            cpu_run(&cpu, cpu_instructions(&cpu) + 1);
            bool good = has_effect(&rows[i]);
            if (!good) printf("%02X %02X %02X does not do it (eip %X)\n", rows[i].bytes[0], rows[i].bytes[1], rows[i].bytes[2], cpu.eip);
            ck_assert(good);
            mark(rows[i].bytes);
        }
}
END_TEST

/* ---- the list ---- */

START_TEST(no_line_is_left)
{
    unsigned left = 0;
    for (unsigned i = 0; i < COUNT_OF(lines); i++)
        if (!executed(&lines[i])) printf("%snever executed: %s", left++ ? "; " : "", lines[i].text);
    if (left) putchar('\n');
    printf("coverage: %zu lines of the opcode tables, %u never executed\n", COUNT_OF(lines), left);
    ck_assert_uint_eq(left, 0);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("coverage");
    tcase_set_timeout(tc, 0);
    tcase_add_checked_fixture(tc, power_on, power_off);
    tcase_add_test(tc, user_mode_instructions_complete);
    tcase_add_test(tc, system_instructions_have_their_effect);
    tcase_add_test(tc, no_line_is_left);
    Suite *s = suite_create("coverage");
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_set_fork_status(sr, CK_NOFORK);                    /* the marks are kept from test to test */
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed != 0;
}
