/* test_length.c - the length that the decoder says is the length that the processor executes: EIP behind an instruction that is no jump and does not fault.
 * And a reader that has fewer bytes says so, never anything else.
 *
 * Random bytes, in real mode and in flat protected mode, in all lowerings; the processor is set up anew for each. */
#include <stdio.h>
#include <stdlib.h>
#include "cpu/decode.h"
#include "cpu/disasm.h"
#include "tests/protected_machine.h"
#include "tests/run_all.h"

enum { PROGRAM = 0x18000 };

static u64 state = 88172645463325252u;
static u64 next(void)
{
    state ^= state << 13; state ^= state >> 7; state ^= state << 17;
    return state * 0x2545F4914F6CDD1Du;
}

static void random_string(u8 code[16])
{
    put64(code, next());
    put64(code + 8, next());
    u64 r = next();
    if (r & 1) code[0] = r & 2 ? 0x66 : 0x67;
    if (r & 4) code[r & 1] = 0x0F;
    if (r & 8) code[(r & 1) + (r >> 2 & 1)] = (u8)(r >> 8 & 0x3F);
}

static void fresh(bool code32)
{
    cpu_reset(&cpu);
    cpu.gdtr.base = GDT; cpu.gdtr.limit = GDT_LIMIT;
    cpu.idtr.base = IDT; cpu.idtr.limit = 0x7FF;
    make_tables();
    for (unsigned n = 0; n < 8; n++) cpu.r[n] = (u32)next() & 0x7FFF;
    cpu.r[ECX] = 1;                                             /* one iteration */
    cpu.r[ESP] = 0x7F00;
    if (code32) {
        cpu.cr0 |= CR0_PE;
        put_segment(CS, CODE0);
        for (int n = 0; n < N_SEGMENTS; n++)
            if (n != CS) put_segment(n, DATA0);
        cpu.eip = PROGRAM;
    } else {
        for (int n = 0; n < N_SEGMENTS; n++) segment_set_real(&cpu, n, n == CS ? PROGRAM >> 4 : 0x2000);
        cpu.eip = 0;
    }
    cpu_set_eflags(&cpu, FLAG_1);
    cpu_mode_changed(&cpu);
}

/* Those that leave EIP elsewhere, or the processor halted. */
static bool goes_elsewhere(const decoded_t *d)
{
    u8 shape = instructions[d->cold.instr].shape;
    return shape == SHAPE_branch || shape == SHAPE_flow || d->cold.instr == I_HLT;
}

static unsigned run_some(bool code32, bool l1, unsigned n)
{
    unsigned executed = 0;
    cpu.l1 = l1 && cpu_has_l1();
    for (unsigned i = 0; i < n; i++) {
        u8 code[16];
        decoded_t d;
        random_string(code);
        fresh(code32);
        memcpy(ram + PROGRAM, code, sizeof code);
        cpu_memory_written(&cpu, PROGRAM, sizeof code);
        u32 eip = cpu.eip;
        unsigned length = decode(cpu.mode, cpu.model, eip, code, sizeof code, &d);
        u64 faults = cpu.count.faults;
        cpu_run(&cpu, cpu_instructions(&cpu) + 1);
        if (cpu.count.faults != faults || cpu.shut_down || goes_elsewhere(&d)) continue;
        executed++;
        if (cpu_eip(&cpu) == eip + length) continue;
        char text[DISASM_BYTES];
        disassemble(code32 ? MODE_PROTECTED | MODE_CODE32 : 0, cpu.model, eip, code, sizeof code, text, sizeof text);
        ck_abort_msg("%s: EIP went on by %u, decoded length %u", text, cpu_eip(&cpu) - eip, length);
    }
    return executed;
}

START_TEST(what_is_executed_is_as_long_as_what_is_decoded)
{
    const char *wish = getenv("DOPPEL_LENGTHS");
    unsigned n = wish ? (unsigned)strtoul(wish, NULL, 10) : 40000;
    for (int way = 0; way < 4; way++) {
        unsigned executed = run_some(way & 1, way >> 1, n);
        printf("length: %u strings in %s-bit code, %s: %u were executed\n", n, way & 1 ? "32" : "16", way >> 1 ? "L1" : "L0", executed);
        ck_assert_uint_gt(executed, n / 4);
    }
    fflush(stdout);
}
END_TEST

START_TEST(a_string_that_is_cut_off_is_told_from_a_whole_one)
{
    for (unsigned i = 0; i < 200000; i++) {
        u8 code[16];
        decoded_t d, whole;
        random_string(code);
        u16 mode = i & 1 ? MODE_PROTECTED | MODE_CODE32 : MODE_PROTECTED;
        unsigned length = decode(mode, MODEL_PENTIUM4, 0, code, sizeof code, &whole), available = (unsigned)(next() % MAX_INSTRUCTION);
        unsigned answer = decode(mode, MODEL_PENTIUM4, 0, code, available, &d);
        unsigned want = available >= length ? length : 0;
        if (answer != want) ck_abort_msg("%u bytes of an instruction of %u: %u", available, length, answer);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("length");
    tcase_set_timeout(tc, 600);
    tcase_add_checked_fixture(tc, power_on, power_off);
    tcase_add_test(tc, what_is_executed_is_as_long_as_what_is_decoded);
    tcase_add_test(tc, a_string_that_is_cut_off_is_told_from_a_whole_one);
    Suite *s = suite_create("length");
    suite_add_tcase(s, tc);
    return run_all(s);
}
