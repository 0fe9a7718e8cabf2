/* test_x87_host.c - this host's own x87 as the oracle: every escape encoding, the same registers, memory, control word, flags and tags in the host
 * and in the emulated unit, whole states compared afterwards.
 *
 * Compared: all registers, control and status word, tags, EFLAGS, AX and 128 bytes of memory.  Left out, because the manual leaves it
 * undefined or processors differ: last-instruction pointers (tests/test_fpu.c), condition codes an instruction does not define, C1 and
 * exactness of transcendental results (their values within a unit in the last place; special operands exactly).  Runs on x86-64; elsewhere it
 * says so and passes.   test_x87_host [CASES [SEED]] */
#include <stdio.h>
#include <stdlib.h>
#include "tests/protected_machine.h"
#include "cpu/tables.h"

#if defined(__x86_64__) && defined(__GNUC__)

enum { CODE = 0x20000, OPERAND = 0x40000, OPERAND_BYTES = 128, STATE_BYTES = 108, ENV_BYTES = 28 };

/* Every two-byte encoding as a function: escape, ModRM, RET; four bytes each.  Memory is addressed by RSI: mod 0, r/m 6. */
__asm__(".text\n.balign 16\nx87_stubs:\n.set n, 0\n.rept 2048\n.byte 0xD8 + n / 256, n & 255, 0xC3, 0x90\n.set n, n + 1\n.endr\n");
extern const u8 x87_stubs[];

typedef struct {
    u8  state[STATE_BYTES];      /* as FNSAVE stores it, 32-bit protected mode */
    u8  memory[OPERAND_BYTES];
    u64 eflags;
    u64 rax;
} shot_t;

static void run_on_host(shot_t *s, unsigned escape, unsigned modrm)
{
    const u8 *stub = x87_stubs + (escape << 8 | modrm) * 4;
    __asm__ volatile("lea -256(%%rsp), %%rsp\n\t"
                     "frstor (%[state])\n\t"
                     "push %[flags]\n\tpopfq\n\t"
                     "call *%[stub]\n\t"
                     "pushfq\n\tpop %[flags]\n\t"
                     "fnsave (%[state])\n\t"
                     "cld\n\t"
                     "lea 256(%%rsp), %%rsp"
                     : [flags] "+r"(s->eflags), "+a"(s->rax)
                     : [state] "D"(s->state), "S"(s->memory), [stub] "r"(stub)
                     : "memory", "cc");
}

static void run_here(shot_t *s, unsigned escape, unsigned modrm)
{
    fpu_t *f = &cpu.fpu;
    f->control = (u16)get(s->state, W16);
    fpu_set_status(f, (u16)get(s->state + 4, W16));
    fpu_set_tags(f, (u16)get(s->state + 8, W16));
    for (unsigned i = 0; i < 8; i++)
        f->r[(f->top + i) & 7] = f80_get(s->state + ENV_BYTES + 10 * i);
    fpu_summarise(&cpu);
    memcpy(ram + OPERAND, s->memory, OPERAND_BYTES);
    flags_load(&cpu.f, (u32)s->eflags);
    cpu.r[EAX] = (u32)s->rax;
    cpu.r[ESI] = OPERAND;
    cpu.eip = CODE + (escape << 8 | modrm) * 4;
    cpu_run(&cpu, cpu_instructions(&cpu) + 1);
    put(s->state, W16, f->control);
    put(s->state + 4, W16, fpu_status(f));
    put(s->state + 8, W16, fpu_tags(f));
    for (unsigned i = 0; i < 8; i++)
        f80_put(s->state + ENV_BYTES + 10 * i, f->r[(f->top + i) & 7]);
    memcpy(s->memory, ram + OPERAND, OPERAND_BYTES);
    s->eflags = flags_status(&cpu.f);
    s->rax = cpu.r[EAX];
}

/* ---- cases ---- */

static u64 seed = 88172645463325252ull;
static u64 next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * 0x2545F4914F6CDD1Dull;
}

/* Corner significands and exponents (limits of every format), and random ones around them. */
static f80_t any_number(void)
{
    static const u64 m[] = { 0, 1, 2, 3, 1ull << 62, 1ull << 63, (1ull << 63) | 1, ~0ull, ~0ull >> 1, 0xC000000000000000, 0xC000000000000001,
        0x8000008000000000, 0x8000000000000400, 0xFFFFFF0000000000, 0xFFFFFFFFFFFFF800, 0x8000010000000000, 0xFFFFFE8000000000,
        0xC90FDAA22168C235, 0xB504F333F9DE6484, 0xB504F333F9DE6485, 0xDE0B6B3A763FFFF8 };
    static const u16 x[] = { 0, 0, 1, 2, 3, 64, 65, 0x3FFF, 0x3FFE, 0x3FFD, 0x4000, 0x403D, 0x403E, 0x403F, 0x4040, 0x7FFE, 0x7FFF, 0x7FFD,
        0x3F81, 0x3F80, 0x3F6A, 0x3F69, 0x3C01, 0x3C00, 0x3BCD, 0x407E, 0x407F, 0x43FE, 0x43FF, 0x400D, 0x400E, 0x401E, 0x401D, 0x403A };
    u64 k = next();
    f80_t a = { 0, 0 };
    switch (k & 3) {
    case 0:  a.m = m[(k >> 8) % COUNT_OF(m)]; break;
    case 1:  a.m = (next() | 1ull << 63) & ~0ull << (k >> 8) % 64; break;
    default: a.m = next() | (k >> 4 & 15 ? 1ull << 63 : 0); break;
    }
    k >>= 16;
    switch (k & 3) {
    case 0:  a.se = x[(k >> 8) % COUNT_OF(x)]; break;
    case 1:  a.se = (u16)(0x3FFF - 70 + (k >> 8) % 140); break;
    case 2:  a.se = (u16)(0x3FF0 + (k >> 8) % 32); break;
    default: a.se = (u16)(k >> 8) & 0x7FFF; break;
    }
    a.se |= (u16)((k >> 40 & 1) << 15);
    return a;
}

static u16 any_control(void)
{
    static const u16 precision[] = { 0x300, 0x300, 0x200, 0x000 };
    u64 k = next();
    if ((k & 3) == 0)
        return 0x37F;
    return (u16)(((k & 4) ? 0x3F : k >> 3 & 0x3F) | 0x40 | precision[k >> 9 & 3] | (k >> 11 & 3) << 10);
}

static void any_operand(u8 *to, x87_format_t format)
{
    float_env_t e = { .control = 0x37F };
    f80_t a = any_number();
    u64 k = next();
    for (unsigned i = 0; i < OPERAND_BYTES; i++)
        to[i] = (u8)next();
    switch (format) {
    case X87_single: put(to, W32, k & 1 ? f80_to_f32(&e, a) : k & 2 ? (u32)k & 0x807FFFFF : (u32)(k >> 8)); break;
    case X87_dbl:    put64(to, k & 1 ? f80_to_f64(&e, a) : k & 2 ? k & 0x800FFFFFFFFFFFFF : k); break;
    case X87_word:   put(to, W16, (u32)f80_to_int(&e, a, 16)); break;
    case X87_dword:  put(to, W32, (u32)f80_to_int(&e, a, 32)); break;
    case X87_qword:  put64(to, f80_to_int(&e, a, 64)); break;
    case X87_bcd:    f80_to_bcd(&e, f80_from_int((s64)k % 1000000000000000000), to); break;
    case X87_two:    put(to, W16, any_control()); break;
    default:         f80_put(to, a); break;
    }
}

static void any_state(u8 *s)
{
    u64 k = next();
    u16 control = any_control(), status = (u16)(k & (0x7F00 | X87_SF)), tags = 0;
    status |= (u16)(k >> 16 & 0x3F & control & ((k >> 22 & 3) ? 0 : 0x3F));      /* nothing pending */
    if ((k >> 24 & 3) != 0) status &= (u16)~X87_SF;
    if ((k >> 26 & 7) == 0) tags = (u16)((k >> 32 & 0x5555) * 3);               /* some empty */
    else for (unsigned i = 2 + (unsigned)(k >> 32 & 3); i < 8; i++) tags |= (u16)(3u << 2 * (((status >> 11) + i) & 7));
    memset(s, 0, STATE_BYTES);
    put(s, W32, control | 0xFFFF0000);
    put(s + 4, W32, status | 0xFFFF0000);
    put(s + 8, W32, tags | 0xFFFF0000);
    for (unsigned i = 0; i < 8; i++)
        f80_put(s + ENV_BYTES + 10 * i, i && !(next() & 15) ? f80_get(s + ENV_BYTES) : any_number());
}

/* ---- what may differ ---- */

/* Condition codes that the manual defines for an instruction; the others are masked out (vol. 1, table 8-1 and each instruction's page). */
static u16 defined_codes(u16 instr)
{
    switch (instr) {
    case I_FCOM: case I_FCOMP: case I_FCOMPP: case I_FICOM: case I_FICOMP: case I_FUCOM: case I_FUCOMP: case I_FUCOMPP: case I_FTST:
    case I_FXAM: case I_FPREM: case I_FPREM1:
    case I_FLDENV: case I_FRSTOR: case I_FNSAVE: case I_FNINIT: case I_FNSTENV:
        return X87_CC;
    case I_FSIN: case I_FCOS: case I_FSINCOS: case I_FPTAN:
        return X87_C2;
    case I_FPATAN: case I_F2XM1: case I_FYL2X: case I_FYL2XP1:
    case I_FCOMI: case I_FCOMIP: case I_FUCOMI: case I_FUCOMIP:   /* the manual's C1 = 0 is Intel's; AMD leaves C1 alone */
    case I_FFREE: case I_FFREEP: case I_FNOP: case I_FLDCW: case I_FNSTCW: case I_FNCLEX: case I_FNENI: case I_FNDISI: case I_FNSETPM:
        return 0;
    default:
        return X87_C1;
    }
}

static bool is_transcendental(u16 instr)
{
    switch (instr) {
    case I_FSIN: case I_FCOS: case I_FSINCOS: case I_FPTAN: case I_FPATAN: case I_F2XM1: case I_FYL2X: case I_FYL2XP1: return true;
    default: return false;
    }
}

/* Equal, or neighbours (the host's own error is up to a unit). */
static bool near_enough(f80_t a, f80_t b)
{
    if (a.m == b.m && a.se == b.se)
        return true;
    s32 ea = a.se, eb = b.se;
    s64 steps = (s64)(a.m - b.m);
    if (ea == eb)     return steps >= -2 && steps <= 2;
    if (ea == eb + 1) return a.m == 1ull << 63 && b.m >= ~0ull - 1;
    if (eb == ea + 1) return b.m == 1ull << 63 && a.m >= ~0ull - 1;
    return false;
}

typedef struct { u16 instr; u8 format; unsigned escape, modrm; } encoding_t;

/* Operands for which the manual defines no result. */
static bool is_undefined(const encoding_t *x, const shot_t *s)
{
    f80_t a = f80_get(s->state + ENV_BYTES);
    s32 exponent = f80_exponent(a);
    bool number = exponent != F80_MAX;
    if (x->instr == I_F2XM1)   return exponent >= F80_BIAS && !(exponent == F80_BIAS && a.m == F80_ONE_BIT) && number;
    if (x->instr == I_F2XM1)   return exponent == F80_MAX && a.m == F80_ONE_BIT;
    if (x->instr == I_FYL2XP1) return exponent >= F80_BIAS - 2 && number;
    return false;
}

static u32 masked_status(const shot_t *s, const encoding_t *x, bool stopped)
{
    u32 status = get(s->state + 4, W16), codes = defined_codes(x->instr);
    if (stopped && codes == X87_CC && x->instr <= I_FTST)
        codes = X87_C1;                                        /* a comparison stopped by an unmasked exception: see fpu_arith.c */
    if (is_transcendental(x->instr)) {
        codes &= X87_C2;
        status &= ~(u32)(X87_PE | X87_ES | X87_B);                               /* log2 of 8, 2^1 - 1: exact here, inexact to the host */
    }
    return status & ~(X87_CC & ~codes);
}

static bool same(const shot_t *host, const shot_t *here, const encoding_t *x)
{
    bool stopped = get(here->state + 4, W16) & ~get(here->state, W16) & (X87_IE | X87_DE);
    if (get(host->state, W16) != get(here->state, W16) || masked_status(host, x, stopped) != masked_status(here, x, stopped))
        return false;
    if (get(host->state + 8, W16) != get(here->state + 8, W16))
        return false;
    for (unsigned i = 0; i < 8; i++) {
        f80_t a = f80_get(host->state + ENV_BYTES + 10 * i), b = f80_get(here->state + ENV_BYTES + 10 * i);
        if (is_transcendental(x->instr) && i < 2 ? !near_enough(a, b) : a.m != b.m || a.se != b.se)
            return false;
    }
    bool moves_flags = x->instr == I_FCOMI || x->instr == I_FCOMIP || x->instr == I_FUCOMI || x->instr == I_FUCOMIP;
    if (!(moves_flags && stopped) && ((host->eflags ^ here->eflags) & FLAGS_STATUS))
        return false;
    if (x->instr != I_FNSTSW_AX ? (u32)host->rax != (u32)here->rax : false)
        return false;
    return !memcmp(host->memory, here->memory, OPERAND_BYTES);
}

/* ---- the run ---- */

static void show(const char *who, const shot_t *s)
{
    printf("  %s cw %04X sw %04X tw %04X fl %02X ax %04X mem", who, get(s->state, W16), get(s->state + 4, W16), get(s->state + 8, W16),
           (unsigned)(s->eflags & FLAGS_STATUS), (unsigned)(s->rax & 0xFFFF));
    for (unsigned i = 0; i < 10; i++) printf(" %02X", s->memory[i]);
    for (unsigned i = 0; i < 3; i++) {
        f80_t a = f80_get(s->state + ENV_BYTES + 10 * i);
        printf("  %04X:%016llX", a.se, (unsigned long long)a.m);
    }
    putchar('\n');
}

static unsigned list_encodings(encoding_t *list)
{
    unsigned n = 0;
    for (unsigned escape = 0; escape < 8; escape++) {
        for (unsigned reg = 0; reg < 8; reg++)
            if (x87_memory[escape][reg].instr)
                list[n++] = (encoding_t){ x87_memory[escape][reg].instr, x87_memory[escape][reg].format, escape, reg << 3 | 6 };
        for (unsigned low = 0; low < 64; low++)
            if (x87_register[escape][low].instr)
                list[n++] = (encoding_t){ x87_register[escape][low].instr, x87_register[escape][low].format, escape, 0xC0 | low };
    }
    return n;
}

static unsigned long cases = 600000, differences, compared;

/* Environment images name host addresses: they are compared by test_fpu.c. */
static bool has_pointers(u16 instr) { return instr == I_FNSTENV || instr == I_FNSAVE || instr == I_FLDENV || instr == I_FRSTOR; }

static void one_case(const encoding_t *x)
{
    static unsigned shown[N_INSTR];
    shot_t start, host, here;
    any_state(start.state);
    any_operand(start.memory, (x87_format_t)x->format);
    start.eflags = (next() & FLAGS_STATUS) | FLAG_1 | FLAG_IF;
    start.rax = next() & 0xFFFF;
    if (is_undefined(x, &start))
        return;
    host = here = start;
    run_on_host(&host, x->escape, x->modrm);
    run_here(&here, x->escape, x->modrm);
    compared++;
    if (same(&host, &here, x))
        return;
    differences++;
    if (shown[x->instr]++ < 3) {
        printf("%s (%02X %02X)\n", instructions[x->instr].name, 0xD8 + x->escape, x->modrm);
        show("start", &start);
        show("host ", &host);
        show("here ", &here);
    }
}

/* With both lowerings. */
START_TEST(the_hosts_unit_gives_the_same_state)
{
    cpu.l1 = cpu.l1 && _i;
    static encoding_t list[8 * 72];
    unsigned n = list_encodings(list);
    differences = compared = 0;
    protect(0);
    for (unsigned i = 0; i < 2048; i++)
        memcpy(ram + CODE + 4 * i, x87_stubs + 4 * i, 4);
    for (unsigned long i = 0; i < cases / 2; i++) {
        const encoding_t *x = &list[i % n];
        if (!has_pointers(x->instr))
            one_case(x);
    }
    printf("%lu cases of %u encodings, %lu differences\n", compared, n, differences);
    ck_assert_uint_eq(differences, 0);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc > 1) cases = strtoul(argv[1], NULL, 0);
    if (argc > 2) seed ^= strtoull(argv[2], NULL, 0) * 0x9E3779B97F4A7C15ull;
    TCase *tc = tcase_create("host");
    tcase_set_timeout(tc, 0);
    tcase_add_checked_fixture(tc, power_on, power_off);
    tcase_add_loop_test(tc, the_hosts_unit_gives_the_same_state, 0, 2);
    Suite *s = suite_create("x87 against this host");
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
    puts("skipped: this host is not an x86-64, so it has no x87 to ask");
    return 0;
}
#endif
