/* test_diff.c - two runs compared: what agrees, where they part, and logs of other emulators.  DIFF_MUTATIONS=n for another number of mutated logs than 600. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "fidelity/diff.h"
#include "fidelity/trace_record.h"
#include "fidelity/trace_write.h"
#include "tests/twin_machine.h"

static char path_a[64], path_b[64], path_out[64];
static char report[1 << 16];

/* ---- traces of random programs ---- */

enum { STEPS = 2500 };

static void to_file(void *owner, const trace_record_t *record, u64 identity) { trace_put(owner, record, identity); }

/* After instruction `at` (0: never) something in the processor changes as if that instruction had done it. */
enum { A_REGISTER, A_FLAG, A_BASE, AN_X87 };
typedef struct { u64 at; unsigned what; } fault_in_t;

static void write_trace(twin_t *t, const char *path, program_mode_t mode, u64 seed, fault_in_t fault_in)
{
    static trace_recorder_t recorder;
    char why[600] = "";
    trace_size_t size;
    twin_prepare(t, mode, seed);
    unlink(path);
    ck_assert(recorder_init(&recorder, RECORD_ALL));
    recorder.owner = trace_create(path, "model: pentium4\nkinds: instructions,memory,ports,events,state\n", why, sizeof why);
    ck_assert_msg(recorder.owner != NULL, "%s", why);
    recorder.sink = to_file;
    recorder_begin(&recorder, &t->cpu);
    trace_begin(recorder.owner, recorder.state);
    if (fault_in.at) {
        cpu_run(&t->cpu, fault_in.at);
        recorder.whole = true;
        switch (fault_in.what) {
        case A_REGISTER: t->cpu.r[EBP] ^= 0x40000; break;
        case A_FLAG:     flags_set_cf_of(&t->cpu.f, !CF(&t->cpu.f), OF(&t->cpu.f)); break;
        case A_BASE:     t->cpu.seg[GS].base ^= 0x100; break;
        case AN_X87:     t->cpu.fpu.r[3].m ^= 1ull << 40; break;
        }
    }
    cpu_run(&t->cpu, STEPS);
    recorder_end(&recorder, &t->cpu);
    ck_assert_msg(trace_finish(recorder.owner, &size, why, sizeof why), "%s", why);
    recorder_free(&recorder);
}

static diff_result_t diff_files(diff_input_t *a, diff_input_t *b, diff_options_t o, diff_counts_t *counts)
{
    char why[600] = "";
    FILE *out = fopen(path_out, "w+");
    ck_assert(a && b && out);
    o.out = out;
    if (!o.most) o.most = UINT64_MAX;
    memset(counts, 0, sizeof *counts);
    diff_result_t result = diff_run(a, b, &o, counts, why, sizeof why);
    ck_assert_msg(result != DIFF_TROUBLE, "%s", why);
    rewind(out);
    report[fread(report, 1, sizeof report - 1, out)] = 0;
    fclose(out);
    return result;
}

static diff_result_t diff_traces(diff_options_t o, diff_counts_t *counts)
{
    char why[600];
    return diff_files(input_trace(path_a, why, sizeof why), input_trace(path_b, why, sizeof why), o, counts);
}

/* The number in "-> NUMBER CS:EIP": the instruction that is named. */
static u64 named(void)
{
    const char *arrow = strstr(report, "\n-> ");
    return arrow ? strtoull(arrow + 4, NULL, 10) : UINT64_MAX;
}

START_TEST(a_run_is_the_same_as_itself_on_either_lowering)
{
    twin_t *t = malloc(sizeof *t);
    diff_counts_t n;
    lacking_quiet(true);
    ck_assert(t && twin_init(t, MODEL_PENTIUM4));
    for (u64 seed = 100; seed < 114; seed++) {
        program_mode_t mode = (program_mode_t)(seed % N_PROGRAM_MODES);
        t->cpu.l1 = false;
        write_trace(t, path_a, mode, seed, (fault_in_t){ 0 });
        t->cpu.l1 = cpu_has_l1();
        write_trace(t, path_b, mode, seed, (fault_in_t){ 0 });
        ck_assert_msg(diff_traces((diff_options_t){ 0 }, &n) == DIFF_SAME, "seed %llu: %s", (unsigned long long)seed, report);
        ck_assert_uint_gt(n.steps, 1);
    }
    cpu_free(&t->cpu);
    free(t);
}
END_TEST

START_TEST(a_changed_state_is_found_at_the_instruction_that_changed_it)
{
    static const char *const says[] = { "\n  ebp ", "CF: defined", "\n  gs.base ", "\n  r3.significand " };
    static trace_record_t record;
    twin_t *t = malloc(sizeof *t);
    diff_counts_t n;
    unsigned found = 0;
    char why[600];
    lacking_quiet(true);
    ck_assert(t && twin_init(t, MODEL_PENTIUM4));
    for (u64 seed = 200; seed < 256; seed++) {
        program_mode_t mode = (program_mode_t)(seed % N_PROGRAM_MODES);
        fault_in_t in = { 20 + seed * 7 % 300, (unsigned)(seed % 4) };
        write_trace(t, path_a, mode, seed, (fault_in_t){ 0 });
        write_trace(t, path_b, mode, seed, in);
        trace_reader_t *r = trace_open(path_a, why, sizeof why);
        u64 culprit = UINT64_MAX;                              /* the last one that began before the change */
        bool quiet = true;                                     /* and no event came just there */
        while (r && trace_next(r, &record) == TRACE_GOT && record.number < in.at) {
            quiet = record.kind == TRACE_INSTRUCTION && !record.faulted;
            if (record.kind == TRACE_INSTRUCTION) culprit = record.number;
        }
        bool reached = r && record.number == in.at && record.kind == TRACE_INSTRUCTION;
        trace_close(r);
        if (!quiet || !reached) continue;
        diff_result_t result = diff_traces((diff_options_t){ 0 }, &n);
        if (in.what == A_FLAG && result == DIFF_DIFFERENT && named() == culprit && strstr(report, "undefined")) continue;
        ck_assert_msg(result == DIFF_DIFFERENT && named() == culprit, "seed %llu, changed at %llu: %s", (unsigned long long)seed, (unsigned long long)culprit, report);
        if (in.what == A_FLAG) { found += strstr(report, "CF") != NULL; continue; }
        ck_assert_msg(strstr(report, says[in.what]), "seed %llu: %s", (unsigned long long)seed, report);
        found++;
    }
    ck_assert_uint_gt(found, 20);
    cpu_free(&t->cpu);
    free(t);
}
END_TEST

/* ---- logs ---- */

typedef struct { u32 r[8], eflags, eip, cs; } regs_t;

static void bochs_step(FILE *f, unsigned n, const regs_t *r, const char *code)
{
    static const char *const names[] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi" };
    fprintf(f, "CPU0:\n");
    for (unsigned i = 0; i < 8; i++) fprintf(f, "%s: 00000000_%08x\n", names[i], r->r[i]);
    fprintf(f, "rip: 00000000_%08x\neflags 0x%08x: id vip\n(0).[%u] [0x%012x] %04x:%04x (unk. ctxt): words ; %s\n", r->eip, r->eflags, 1000 + n, r->cs * 16 + r->eip, r->cs, r->eip, code);
}

static void qemu_step(FILE *f, const regs_t *r)
{
    fprintf(f, "Trace 0: 0x7f00 [0/0/0/0]\nEAX=%08x EBX=%08x ECX=%08x EDX=%08x\nESI=%08x EDI=%08x EBP=%08x ESP=%08x\nEIP=%08x EFL=%08x [-------] CPL=0 II=0\n",
            r->r[EAX], r->r[EBX], r->r[ECX], r->r[EDX], r->r[ESI], r->r[EDI], r->r[EBP], r->r[ESP], r->eip, r->eflags);
    fprintf(f, "CS =%04x %08x 0000ffff 00009b00\nCR0=00000010 CR2=00000000 CR3=00000000 CR4=00000000\nEFER=0000000000000000\n", r->cs, r->cs * 16);
}

/* What a log may have that the other has not. */
typedef struct { unsigned wrong_at, interrupt_at, port_at, steps; bool undefined; } log_plan_t;

/* A program of INC AX, IN AL and AND BL, now and then interrupted. */
static void write_log(const char *path, bool bochs, log_plan_t plan)
{
    FILE *f = fopen(path, "w");
    regs_t r = { .cs = 0x70, .eip = 0x100, .r = { 0, 1, 2, 3, 0x1000, 5, 6, 7 }, .eflags = 0x202 };
    ck_assert(f != NULL);
    for (unsigned n = 0; n < plan.steps; n++) {
        bool in = n % 10 == 5, and = n % 10 == 7;
        if (n && n == plan.interrupt_at) {
            regs_t h = r;
            h.cs = 0xF000;
            h.r[ESP] -= 6;
            for (unsigned i = 0; i < 7; i++, h.eip++) {
                h.eip = 0xFEA5 + i;
                if (bochs) bochs_step(f, n, &h, i == 6 ? "cf" : "90");
                else       qemu_step(f, &h);
            }
        }
        if (bochs) bochs_step(f, n, &r, in ? "ec" : and ? "20fb" : "40");
        else       qemu_step(f, &r);
        r.eip += and ? 2 : 1;
        if (in) r.r[EAX] = (r.r[EAX] & ~0xFFu) | (n == plan.port_at ? 0x77 : 0x55);
        else if (!and) r.r[EAX]++;
        r.eflags = 0x202 | (and && plan.undefined ? 0x10u : 0);
        if (n + 1 == plan.wrong_at) r.r[EDX] ^= 0x8000;
    }
    fclose(f);
}

static diff_result_t diff_logs(diff_options_t o, diff_counts_t *n)
{
    char why[600] = "";
    diff_input_t *a = input_log(path_a, why, sizeof why), *b = a ? input_log(path_b, why, sizeof why) : NULL;
    ck_assert_msg(b != NULL, "%s", why);
    return diff_files(a, b, o, n);
}

START_TEST(logs_of_bochs_and_qemu_are_read_and_compared)
{
    diff_counts_t n;
    write_log(path_a, true, (log_plan_t){ .steps = 60 });
    write_log(path_b, false, (log_plan_t){ .steps = 60 });
    ck_assert_msg(diff_logs((diff_options_t){ 0 }, &n) == DIFF_SAME && n.steps == 59, "%s", report);
    write_log(path_b, false, (log_plan_t){ .steps = 60, .wrong_at = 33 });
    ck_assert(diff_logs((diff_options_t){ 0 }, &n) == DIFF_DIFFERENT);
    ck_assert_msg(n.steps == 33 && named() == 32 && strstr(report, "\n  edx        A 00000002  B 00008002"), "%s", report);
    ck_assert(diff_logs((diff_options_t){ .sync = { true, true, 0x70, 0x12A } }, &n) == DIFF_DIFFERENT);
    ck_assert_msg(strstr(report, "begin with differ"), "%s", report);
    ck_assert(diff_logs((diff_options_t){ .most = 20 }, &n) == DIFF_SAME && n.steps == 20);
    ck_assert(diff_logs((diff_options_t){ .n_skips = 1, .skip = { { 0x70 * 16 + 0x110, 0xFFFF } } }, &n) == DIFF_SAME);
}
END_TEST

START_TEST(flags_that_the_manual_leaves_undefined_can_be_ignored)
{
    diff_counts_t n;
    write_log(path_a, true, (log_plan_t){ .steps = 60 });
    write_log(path_b, true, (log_plan_t){ .steps = 60, .undefined = true });
    ck_assert(diff_logs((diff_options_t){ 0 }, &n) == DIFF_DIFFERENT);
    ck_assert_msg(named() == 7 && strstr(report, "AF: left undefined by the manual here"), "%s", report);
    ck_assert_msg(diff_logs((diff_options_t){ .ignore_undefined = true }, &n) == DIFF_SAME && n.undefined == 6, "%s", report);
}
END_TEST

START_TEST(what_devices_do_can_be_ignored)
{
    diff_counts_t n;
    write_log(path_a, true, (log_plan_t){ .steps = 60 });
    write_log(path_b, true, (log_plan_t){ .steps = 60, .interrupt_at = 24 });
    ck_assert(diff_logs((diff_options_t){ 0 }, &n) == DIFF_DIFFERENT);
    ck_assert_msg(named() == 23 && strstr(report, "different ways"), "%s", report);
    ck_assert_msg(diff_logs((diff_options_t){ .ignore_devices = true }, &n) == DIFF_SAME && n.excursions == 1 && n.excursion_steps == 7, "%s", report);
    write_log(path_b, true, (log_plan_t){ .steps = 60, .interrupt_at = 24, .port_at = 35 });
    ck_assert_msg(diff_logs((diff_options_t){ .ignore_devices = true }, &n) == DIFF_SAME && n.device_values == 1, "%s", report);
    write_log(path_b, true, (log_plan_t){ .steps = 60, .interrupt_at = 24, .wrong_at = 33 });
    ck_assert_msg(diff_logs((diff_options_t){ .ignore_devices = true }, &n) == DIFF_DIFFERENT && named() == 32, "%s", report);
}
END_TEST

/* NOP, then REP MOVSB of so many iterations in records of one each, and a NOP if it is told to its end. */
static void write_repetition(const char *path, unsigned iterations, bool to_the_end)
{
    static u64 state[TRACE_FIELDS];
    static trace_record_t record;
    char why[600] = "";
    trace_size_t size;
    unlink(path);                                                  /* a log was there; what is no trace is not written over */
    trace_writer_t *w = trace_create(path, "kinds: instructions,memory,ports,events,state\n", why, sizeof why);
    ck_assert_msg(w != NULL, "%s", why);
    trace_begin(w, state);
    record = (trace_record_t){ .linear = 0x100, .length = 1, .bytes = { 0x90 } };
    trace_put(w, &record, 0);
    for (unsigned i = 0; i < iterations; i++) {
        record = (trace_record_t){ .number = 1 + i, .linear = 0x101, .length = 2, .bytes = { 0xF3, 0xA4 }, .continued = i, .n_accesses = 2,
                                   .access = { { TRACE_READ, 0, 0x1000 + i, i & 0xFF }, { TRACE_WRITE, 0, 0x2000 + i, i & 0xFF } } };
        trace_put(w, &record, 0);
    }
    record = (trace_record_t){ .number = 1 + iterations, .linear = 0x103, .length = 1, .bytes = { 0x90 } };
    if (to_the_end) trace_put(w, &record, 0);
    ck_assert_msg(trace_finish(w, &size, why, sizeof why), "%s", why);
}

START_TEST(a_recording_that_ends_inside_a_repetition_is_no_difference)
{
    diff_counts_t n;
    write_repetition(path_a, 7, false);
    write_repetition(path_b, 20, true);
    ck_assert_msg(diff_traces((diff_options_t){ 0 }, &n) == DIFF_SAME && n.steps == 2, "%s", report);
    ck_assert_msg(strstr(report, "A ends here"), "%s", report);
    write_repetition(path_a, 7, true);                             /* but one that was shorter is one */
    ck_assert_msg(diff_traces((diff_options_t){ 0 }, &n) == DIFF_DIFFERENT && n.steps == 1, "%s", report);
    write_repetition(path_a, 21, false);                           /* and one that went beyond the other's end */
    ck_assert_msg(diff_traces((diff_options_t){ 0 }, &n) == DIFF_DIFFERENT && n.steps == 1, "%s", report);
}
END_TEST

static bool ends(void *owner, u64 steps) { (void)owner; return steps < 100000; }

START_TEST(a_comparison_that_is_ended_says_so_and_not_that_the_runs_agree)
{
    diff_counts_t n = { 0 };
    static trace_record_t record;
    static u64 state[TRACE_FIELDS];
    char why[600] = "";
    trace_size_t size;
    unlink(path_a);
    trace_writer_t *w = trace_create(path_a, "", why, sizeof why);
    ck_assert_msg(w != NULL, "%s", why);
    trace_begin(w, state);
    for (unsigned i = 0; i < 200000; i++) {
        record = (trace_record_t){ .number = i, .linear = 0x100 + i % 7, .length = 1, .bytes = { 0x90 } };
        trace_put(w, &record, 0);
    }
    ck_assert(trace_finish(w, &size, why, sizeof why));
    const diff_options_t o = { .most = UINT64_MAX, .out = stdout, .go_on = ends };
    ck_assert(diff_run(input_trace(path_a, why, sizeof why), input_trace(path_a, why, sizeof why), &o, &n, why, sizeof why) == DIFF_TROUBLE);
    ck_assert_msg(strstr(why, "ended after 131072 instructions"), "%s", why);
}
END_TEST

START_TEST(mutated_logs_break_nothing)
{
    random_t r = { 9 };
    static char text[1 << 16];
    diff_counts_t n;
    write_log(path_a, true, (log_plan_t){ .steps = 40 });
    const char *wish = getenv("DIFF_MUTATIONS");
    unsigned mutations = wish ? (unsigned)strtoul(wish, NULL, 10) : 600;
    for (unsigned i = 0; i < mutations; i++) {
        bool bochs = i & 1;
        write_log(path_b, bochs, (log_plan_t){ .steps = 40 });
        FILE *f = fopen(path_b, "r");
        size_t bytes = fread(text, 1, sizeof text, f);
        fclose(f);
        for (u32 flips = 1 + below(&r, 20); flips; flips--) text[random64(&r) % bytes] = chance(&r, 3) ? '\n' : (char)random64(&r);
        f = fopen(path_b, "w");
        ck_assert(f && fwrite(text, 1, bytes, f) == bytes && fclose(f) == 0);
        char why[600] = "";
        diff_input_t *a = input_log(path_a, why, sizeof why), *b = input_log(path_b, why, sizeof why);
        if (a && b) diff_files(a, b, (diff_options_t){ .ignore_devices = chance(&r, 2) }, &n);
        else if (a) a->close(a);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("diff");
    snprintf(path_a, sizeof path_a, "/tmp/doppel-diff-a-%d", (int)getpid());
    snprintf(path_b, sizeof path_b, "/tmp/doppel-diff-b-%d", (int)getpid());
    snprintf(path_out, sizeof path_out, "/tmp/doppel-diff-%d", (int)getpid());
    tcase_set_timeout(tc, 600);
    tcase_add_test(tc, a_run_is_the_same_as_itself_on_either_lowering);
    tcase_add_test(tc, a_changed_state_is_found_at_the_instruction_that_changed_it);
    tcase_add_test(tc, logs_of_bochs_and_qemu_are_read_and_compared);
    tcase_add_test(tc, flags_that_the_manual_leaves_undefined_can_be_ignored);
    tcase_add_test(tc, what_devices_do_can_be_ignored);
    tcase_add_test(tc, a_recording_that_ends_inside_a_repetition_is_no_difference);
    tcase_add_test(tc, a_comparison_that_is_ended_says_so_and_not_that_the_runs_agree);
    tcase_add_test(tc, mutated_logs_break_nothing);
    Suite *s = suite_create("diff");
    suite_add_tcase(s, tc);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    unlink(path_a), unlink(path_b), unlink(path_out);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
