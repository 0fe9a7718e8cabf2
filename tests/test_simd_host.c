/* test_simd_host.c - this host's own processor as the oracle for MMX, SSE, SSE2 and SSE3: every encoding that opcodes_simd.def gives the Pentium 4, the same
 * registers, memory, MXCSR and x87 state in the host and in the emulated processor, whole states compared afterwards, with both lowerings.
 *
 * Exceptions are masked here (tests/test_simd.c has the others).  Left out: RCPPS and RSQRTPS, whose last bits are each processor's own, FXSAVE and
 * FXRSTOR, MONITOR and MWAIT.  Runs on x86-64 with Linux; elsewhere it says so and passes.   test_simd_host [CASES [SEED]] */
#include <stdio.h>
#include <stdlib.h>
#include "tests/protected_machine.h"
#include "cpu/decode.h"

#if defined(__x86_64__) && defined(__linux__)
#include <sys/mman.h>

enum { CODE = 0x20000, STUB_BYTES = 16, MAX_STUBS = 12000, OPERAND = 0x80040, OPERAND_BYTES = 64, PC_FPU = 0, PC_XMM = 160 };

typedef struct {
    u8  state[512] __attribute__((aligned(64)));       /* as FXSAVE stores it */
    u8  memory[OPERAND_BYTES] __attribute__((aligned(64)));
    u64 eflags, gpr[3];
    u32 at;                                            /* of the operand in `memory` */
} shot_t;

typedef struct { u16 instr; u8 dst, src; u8 modrm; bool memory; u8 code[STUB_BYTES]; } encoding_t;
static encoding_t list[MAX_STUBS];
static unsigned n_list;
static u8 *stubs;

static u64 seed = 88172645463325252ull;
static u64 next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * 0x2545F4914F6CDD1Dull;
}

/* ---- encodings ---- */

static bool left_out(u16 instr)
{
    switch (instr) {
    case I_FXSAVE: case I_FXRSTOR: case I_MONITOR: case I_MWAIT:
    case I_RCPPS: case I_RCPSS: case I_RSQRTPS: case I_RSQRTSS: return true;
    default: return false;
    }
}

/* General registers are EAX, ECX, EDX only. */
static bool uses_other_registers(const decoded_t *d)
{
    bool dst = simd_operands[d->cold.dst_vector].registers == GENERAL && d->cold.dst_kind == R && d->op.dst > 8;
    bool src = simd_operands[d->cold.src_vector].registers == GENERAL && d->cold.src_kind == R && d->op.src > 8;
    return dst || src;
}

static void add(unsigned prefix, unsigned opcode, unsigned modrm)
{
    static const u8 bytes[] = { 0, 0x66, 0xF3, 0xF2 };
    encoding_t x = { .modrm = (u8)modrm };
    unsigned n = 0;
    decoded_t d;
    if (prefix) x.code[n++] = bytes[prefix];
    x.code[n++] = 0x0F;
    x.code[n++] = (u8)opcode;
    x.code[n++] = (u8)modrm;
    x.code[n] = (u8)next();
    unsigned length = decode(MODE_PROTECTED | MODE_CODE32, MODEL_PENTIUM4, 0, x.code, STUB_BYTES, &d);
    if (d.cold.instr == I_CVTPI2PS && d.cold.src_kind == M)
        return;                                        /* from memory: AMD's processors do not touch the x87, against SDM vol. 2 */
    if (d.cold.instr < I_PADDB || d.cold.instr >= I_UD2 || left_out(d.cold.instr) || uses_other_registers(&d) || n_list == MAX_STUBS)
        return;
    x.instr = d.cold.instr;
    x.dst = d.cold.dst_vector;
    x.src = d.cold.src_vector;
    x.memory = d.cold.dst_kind == M || d.cold.src_kind == M;
    x.code[length] = 0xC3;
    list[n_list++] = x;
}

/* Memory is addressed by ESI (and EDI): mod 0, r/m 6. */
static void make_list(void)
{
    for (unsigned opcode = 0; opcode < 0x100; opcode++)
        for (unsigned prefix = 0; prefix < N_MANDATORY; prefix++)
            for (unsigned reg = 0; reg < 8; reg++) {
                add(prefix, opcode, reg << 3 | 6);
                add(prefix, opcode, 0xC0 | reg << 3 | (unsigned)(next() & 7));
                add(prefix, opcode, 0xC0 | reg << 3 | (unsigned)(next() % 3));
            }
    stubs = mmap(NULL, MAX_STUBS * STUB_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(stubs, MAP_FAILED);
    for (unsigned i = 0; i < n_list; i++) {
        memcpy(stubs + i * STUB_BYTES, list[i].code, STUB_BYTES);
        memcpy(ram + CODE + i * STUB_BYTES, list[i].code, STUB_BYTES);
    }
}

/* ---- running ---- */

static void run_on_host(shot_t *s, unsigned n)
{
    static u32 mxcsr = 0x1F80;
    const u8 *stub = stubs + n * STUB_BYTES;
    u8 *at = s->memory + s->at, *also = at;
    __asm__ volatile("lea -256(%%rsp), %%rsp\n\t"
                     "fxrstor (%[state])\n\t"
                     "push %[flags]\n\tpopfq\n\t"
                     "call *%[stub]\n\t"
                     "pushfq\n\tpop %[flags]\n\t"
                     "fxsave (%[state])\n\t"
                     "fninit\n\tldmxcsr (%[mxcsr])\n\tcld\n\t"
                     "lea 256(%%rsp), %%rsp"
                     : [flags] "+&r"(s->eflags), "+&a"(s->gpr[0]), "+&c"(s->gpr[1]), "+&d"(s->gpr[2]), "+&S"(at), "+&D"(also)
                     : [state] "r"(s->state), [stub] "r"(stub), [mxcsr] "r"(&mxcsr)
                     : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7");
}

static void run_here(shot_t *s, unsigned n)
{
    fpu_t *f = &cpu.fpu;
    fpu_set_status(f, (u16)get(s->state + 2, W16));
    fpu_set_control(f, get(s->state, W16));
    f->full = s->state[4];
    for (unsigned i = 0; i < 8; i++)
        f->r[(f->top + i) & 7] = f80_get(s->state + 32 + 16 * i);
    for (unsigned i = 0; i < 8; i++)
        cpu.simd.xmm[i] = vector_get(s->state + PC_XMM + 16 * i);
    cpu.simd.mxcsr = get(s->state + 24, W32);
    fpu_summarise(&cpu);
    memcpy(ram + OPERAND, s->memory, OPERAND_BYTES);
    flags_load(&cpu.f, (u32)s->eflags);
    for (unsigned i = 0; i < 3; i++) cpu.r[i] = (u32)s->gpr[i];
    cpu.r[ESI] = cpu.r[EDI] = OPERAND + s->at;
    cpu.eip = CODE + n * STUB_BYTES;
    cpu_run(&cpu, cpu_instructions(&cpu) + 1);
    put(s->state, W16, f->control);
    put(s->state + 2, W16, fpu_status(f));
    s->state[4] = f->full;
    put(s->state + 24, W32, cpu.simd.mxcsr);
    for (unsigned i = 0; i < 8; i++)
        f80_put(s->state + 32 + 16 * i, f->r[(f->top + i) & 7]);
    for (unsigned i = 0; i < 8; i++)
        vector_put(s->state + PC_XMM + 16 * i, cpu.simd.xmm[i]);
    memcpy(s->memory, ram + OPERAND, OPERAND_BYTES);
    s->eflags = flags_status(&cpu.f);
    for (unsigned i = 0; i < 3; i++) s->gpr[i] = cpu.r[i];
}

/* ---- cases ---- */

/* Integers at the edges of saturation, floating-point numbers at the edges of their formats, small counts, noise. */
static u64 any_quadword(void)
{
    static const u64 edges[] = { 0, 1, 7, 8, 15, 16, 31, 32, 63, 64, 0x7F80FF0180017F7F, 0x8000800080008000, 0x7FFF7FFF7FFF7FFF, ~0ull, 0x8000000000000000,
        0x7FFFFFFFFFFFFFFF, 0x3F80000040000000, 0x7F8000007F800001, 0xFF800000FFC00000, 0x00000001807FFFFF, 0x008000007F7FFFFF, 0x4F0000004EFFFFFF, 0xCF000000CF000001,
        0x3F000000BF000000, 0x3FC0000040200000, 0x3FF0000000000000, 0x7FF0000000000000, 0x7FF0000000000001, 0x7FF8000000000000, 0xFFF8000000000001,
        0x0000000000000001, 0x000FFFFFFFFFFFFF, 0x0010000000000000, 0x7FEFFFFFFFFFFFFF, 0x41DFFFFFFFC00000, 0xC1E0000000000000, 0x41E0000000000000,
        0x47EFFFFFE0000000, 0x47EFFFFFF0000000, 0x3690000000000000, 0x380FFFFFFFFFFFFF, 0x3FE0000000000000, 0x3FF8000000000000, 0x4004000000000000 };
    u64 k = next();
    switch (k & 7) {
    case 0: case 1: return edges[(k >> 8) % COUNT_OF(edges)];
    case 2: return edges[(k >> 8) % COUNT_OF(edges)] ^ (u64)1 << (k >> 20 & 63);
    case 3: return (next() & 0x807FFFFF807FFFFF) | ((k >> 8 & 0xFF) % 40 + 108) << 23 | ((k >> 16 & 0xFF) % 40 + 108) << 55;    /* two singles near one */
    case 4: return (next() & 0x800FFFFFFFFFFFFF) | ((k >> 8 & 0xFFF) % 80 + 983) << 52;                                         /* a double near one */
    case 5: return (k >> 8) & 0xFF;
    default: return next();
    }
}

static void any_state(shot_t *s, const encoding_t *x)
{
    u64 k = next();
    memset(s, 0, sizeof *s);
    put(s->state, W16, 0x37F);
    put(s->state + 2, W16, (u32)k & 0x7F3F);
    s->state[4] = (u8)(k >> 16);
    put(s->state + 24, W32, 0x1F80 | ((k >> 24 & 3) ? (u32)(k >> 32) & 0xE07F & ~(k >> 26 & 1 ? 0x8040u : 0u) : 0x20));
    put(s->state + 28, W32, 0xFFFF);
    for (unsigned i = 0; i < 8; i++)
        f80_put(s->state + 32 + 16 * i, (f80_t){ any_quadword(), (u16)next() });
    for (unsigned i = 0; i < 8; i++)
        vector_put(s->state + PC_XMM + 16 * i, (vector_t){ .q = { any_quadword(), any_quadword() } });
    for (unsigned i = 0; i < 3; i++) s->gpr[i] = (u32)any_quadword();
    for (unsigned i = 0; i < OPERAND_BYTES; i += 8) put64(s->memory + i, any_quadword());
    bool aligned = (x->dst && simd_operands[x->dst].aligned && x->dst != Vx) || (x->src && simd_operands[x->src].aligned && x->src != Vx);
    s->at = 16 + (aligned || (k >> 40 & 1) ? 0 : (u32)(k >> 41 & 15));
    if (x->instr == I_LDMXCSR) put(s->memory + s->at, W32, 0x1F80 | ((u32)k & 0xFFFF));
    s->eflags = (k >> 45 & FLAGS_STATUS) | FLAG_1 | FLAG_IF;
}

static bool same(const shot_t *host, const shot_t *here)
{
    for (unsigned i = 0; i < 8; i++)
        if (memcmp(host->state + 32 + 16 * i, here->state + 32 + 16 * i, 10) != 0)
            return false;
    return get(host->state, W32) == get(here->state, W32) && host->state[4] == here->state[4]
        && get(host->state + 24, W32) == get(here->state + 24, W32) && !memcmp(host->state + PC_XMM, here->state + PC_XMM, 128)
        && !memcmp(host->memory, here->memory, OPERAND_BYTES) && !((host->eflags ^ here->eflags) & FLAGS_STATUS)
        && (u32)host->gpr[0] == (u32)here->gpr[0] && (u32)host->gpr[1] == (u32)here->gpr[1] && (u32)host->gpr[2] == (u32)here->gpr[2];
}

static void show(const char *who, const shot_t *s, const encoding_t *x)
{
    unsigned reg = x->modrm >> 3 & 7, rm = x->modrm & 7, top = get(s->state + 2, W16) >> 11 & 7;
    printf("  %s mxcsr %04X sw %04X tags %02X flags %03X eax %08X ecx %08X edx %08X mem", who, get(s->state + 24, W32), get(s->state + 2, W16), s->state[4],
           (unsigned)(s->eflags & FLAGS_STATUS), (u32)s->gpr[0], (u32)s->gpr[1], (u32)s->gpr[2]);
    printf(" %016llX %016llX\n", (unsigned long long)get64(s->memory + s->at), (unsigned long long)get64(s->memory + s->at + 8));
    for (unsigned i = 0; i < 2; i++) {
        unsigned n = i ? rm : reg;
        printf("    xmm%u %016llX %016llX  mm%u %016llX\n", n, (unsigned long long)get64(s->state + PC_XMM + 16 * n + 8), (unsigned long long)get64(s->state + PC_XMM + 16 * n),
               n, (unsigned long long)get64(s->state + 32 + 16 * ((n - top) & 7)));
    }
}

static unsigned long cases = 600000, differences, compared;

static void one_case(unsigned n)
{
    static unsigned shown[N_INSTR];
    const encoding_t *x = &list[n];
    shot_t start, host, here;
    any_state(&start, x);
    host = here = start;
    run_on_host(&host, n);
    run_here(&here, n);
    compared++;
    if (same(&host, &here))
        return;
    differences++;
    if (shown[x->instr]++ < 2) {
        printf("%s", instructions[x->instr].name);
        for (unsigned i = 0; i < 6; i++) printf(" %02X", x->code[i]);
        printf("\n");
        show("start", &start, x);
        show("host ", &host, x);
        show("here ", &here, x);
    }
}

START_TEST(the_hosts_processor_gives_the_same_state)
{
    cpu.l1 = cpu.l1 && _i;
    differences = compared = n_list = 0;
    protect(0);
    cpu.cr4 |= CR4_OSFXSR | CR4_OSXMMEXCPT;
    cpu.cr0 &= ~(u32)(CR0_EM | CR0_TS);
    make_list();
    for (unsigned long i = 0; i < cases / 2; i++)
        one_case((unsigned)(i % n_list));
    printf("%lu cases of %u encodings, %lu differences\n", compared, n_list, differences);
    ck_assert_uint_eq(differences, 0);
    munmap(stubs, MAX_STUBS * STUB_BYTES);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc > 1) cases = strtoul(argv[1], NULL, 0);
    if (argc > 2) seed ^= strtoull(argv[2], NULL, 0) * 0x9E3779B97F4A7C15ull;
    TCase *tc = tcase_create("host");
    tcase_set_timeout(tc, 0);
    tcase_add_checked_fixture(tc, power_on, power_off);
    tcase_add_loop_test(tc, the_hosts_processor_gives_the_same_state, 0, 2);
    Suite *s = suite_create("SIMD against this host");
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed != 0;
}

#else
int main(void)
{
    puts("skipped: this host is not an x86-64 with Linux, so it has no SSE to ask");
    return 0;
}
#endif
