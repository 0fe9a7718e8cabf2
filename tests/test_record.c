/* test_record.c - a 32-bit program recorded on this host's processor (fidelity/record.h): the trace tells its instructions, the vectors pass.
 *
 * The program is made here: an ELF header, one segment, machine code.  On other hosts, and where ptrace(2) is not permitted, the tests say so and pass. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fidelity/conform.h"
#include "fidelity/record.h"
#include "fidelity/trace_read.h"
#include "tests/run_all.h"

enum { BASE = 0x08048000, HEADERS = 84, SCRATCH = 0x100 };

/* Adds, divides, repeats, x87 and SSE; a division by zero at the end if asked: exit(42). */
static const u8 good[] = {
    0xB8, 0x05, 0, 0, 0, 0xBB, 0xFF, 0xFF, 0xFF, 0x7F, 0x01, 0xD8, 0x50, 0x59,      /* mov eax, 5; mov ebx, 7FFFFFFFh; add eax, ebx; push eax; pop ecx */
    0xBF, 0x00, 0x81, 0x04, 0x08, 0xB9, 3, 0, 0, 0, 0xF3, 0xAA,                     /* mov edi, BASE + SCRATCH; mov ecx, 3; rep stosb */
    0xD9, 0xE8, 0xD8, 0xC0, 0xDD, 0x1D, 0x10, 0x81, 0x04, 0x08,                     /* fld1; fadd st, st; fstp qword [BASE + 110h] */
    0x66, 0x0F, 0x6E, 0xC0, 0x66, 0x0F, 0xFE, 0xC0,                                 /* movd xmm0, eax; paddd xmm0, xmm0 */
    0xB8, 1, 0, 0, 0, 0xBB, 42, 0, 0, 0, 0xCD, 0x80,                                /* exit(42) */
};
enum { GOOD_INSTRUCTIONS = 5 + 2 + 3 + 3 + 2 + 2 };
static const u8 divides[] = { 0x31, 0xC9, 0xF7, 0xF1 };                            /* xor ecx, ecx; div ecx */

static char folder[] = "/tmp/doppel-record-XXXXXX", program[64], trace[64], vectors[64];

static void setup(void)
{
    strcpy(strrchr(folder, '-') + 1, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(program, sizeof program, "%s/program", folder);
    snprintf(trace, sizeof trace, "%s/trace", folder);
    snprintf(vectors, sizeof vectors, "%s/v.moo.gz", folder);
}

static void teardown(void)
{
    unlink(program), unlink(trace), unlink(vectors);
    rmdir(folder);
}

/* System V ABI, Intel386 supplement, chapter 4: one PT_LOAD, all rights. */
static void write_program(const u8 *code, u32 n)
{
    u8 image[0x200] = { 0x7F, 'E', 'L', 'F', 1, 1, 1 };
    put(image + 16, W16, 2); put(image + 18, W16, 3); put(image + 20, W32, 1);
    put(image + 24, W32, BASE + HEADERS); put(image + 28, W32, 52); put(image + 40, W16, 52); put(image + 42, W16, 32); put(image + 44, W16, 1);
    put(image + 52, W32, 1); put(image + 60, W32, BASE); put(image + 64, W32, BASE); put(image + 68, W32, sizeof image); put(image + 72, W32, sizeof image);
    put(image + 76, W32, 7); put(image + 80, W32, 0x1000);
    ck_assert_uint_le(HEADERS + n, SCRATCH);
    memcpy(image + HEADERS, code, n);
    FILE *file = fopen(program, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(image, 1, sizeof image, file), sizeof image);
    fclose(file);
    ck_assert_int_eq(chmod(program, 0700), 0);
}

/* false: this host cannot, and it was said. */
static bool record(const u8 *code, u32 n, record_summary_t *s)
{
    const record_options_t o = { trace, vectors, 4, 1000, "doppel test", NULL };
    moo_why_t why;
    char *argv[] = { program, NULL };
    write_program(code, n);
    if (record_program(&o, argv, s, &why)) return true;
    printf("record: skipped: %s\n", why.text);
    ck_assert_msg(strstr(why.text, "ptrace") || strstr(why.text, "another host") || strstr(why.text, "not a program"), "%s", why.text);
    return false;
}

static u64 conform(u64 *exceptions)
{
    conform_t c = { .model = MODEL_386, .host_model = MODEL_PENTIUM4, .jobs = 1, .verbose = true };
    conform_why_t why;
    ck_assert_msg(conform_add(&c, vectors, &why), "%s", why.text);
    ck_assert(conform_run(&c));
    if (c.files[0].report) fputs(c.files[0].report, stdout);
    ck_assert_msg(c.bad_files == 0, "%s", c.bad_files ? c.files[0].trouble : "");
    ck_assert_uint_eq(c.total.result[VECTOR_FAILED], 0);
    u64 n = conform_vectors(&c.total);
    conform_free(&c);
    moo_why_t load;
    size_t bytes;
    u8 *data = moo_load(vectors, &bytes, &load);
    moo_t moo;
    static moo_test_t t;
    ck_assert(data && moo_open(&moo, data, bytes));
    for (*exceptions = 0; moo_next(&moo, &t);) *exceptions += t.has_exception;
    ck_assert_uint_gt(strlen(moo.host), 10);
    free(data);
    return n;
}

START_TEST(a_program_is_recorded_instruction_by_instruction)
{
    record_summary_t s;
    u64 exceptions;
    if (!record(good, sizeof good, &s)) return;
    ck_assert(s.ended && WIFEXITED(s.status));
    ck_assert_int_eq(WEXITSTATUS(s.status), 42);
    ck_assert_uint_ge(s.instructions, GOOD_INSTRUCTIONS - 1);          /* the last one does not come back */
    ck_assert_uint_eq(conform(&exceptions), s.vectors);
    ck_assert_uint_ge(s.vectors, 12);
    ck_assert_uint_eq(exceptions, 0);
}
END_TEST

START_TEST(the_trace_tells_what_silicon_did)
{
    record_summary_t s;
    char why[256];
    if (!record(good, sizeof good, &s)) return;
    trace_reader_t *r = trace_open(trace, why, sizeof why);
    ck_assert_msg(r != NULL, "%s", why);
    static trace_record_t t;
    bool sum = false, stored = false;
    unsigned n = 0;
    while (trace_next(r, &t) == TRACE_GOT) {
        if (t.kind != TRACE_INSTRUCTION) continue;
        for (unsigned i = 0; i < t.n_changes; i++)                     /* 7FFFFFFFh + 5: OF, SF, AF, PF */
            sum |= t.linear == BASE + HEADERS + 10 && t.change[i].field == TRACE_EAX && t.change[i].value == 0x80000004;
        for (unsigned i = 0; i < t.n_accesses; i++)
            stored |= t.access[i].way == TRACE_WRITE && t.access[i].where == BASE + SCRATCH + 2 && t.access[i].value == 4;
        n++;
    }
    trace_close(r);
    ck_assert_uint_eq(n, s.instructions);
    ck_assert(sum);
    ck_assert(stored);
}
END_TEST

START_TEST(an_exception_is_an_event_and_a_vector)
{
    record_summary_t s;
    u64 exceptions;
    if (!record(divides, sizeof divides, &s)) return;
    ck_assert(s.ended && WIFSIGNALED(s.status));
    ck_assert_uint_eq(s.instructions, 1);
    ck_assert_uint_eq(s.events, 1);
    ck_assert_uint_eq(conform(&exceptions), 2);
    ck_assert_uint_eq(exceptions, 1);
}
END_TEST

START_TEST(what_is_no_program_is_refused_with_a_sentence)
{
    const record_options_t o = { trace, NULL, 1, 0, "doppel test", NULL };
    record_summary_t s;
    moo_why_t why = { "" };
    char *argv[] = { program, NULL };
    ck_assert(!record_program(&o, argv, &s, &why));
    ck_assert_uint_gt(strlen(why.text), 10);
    argv[0] = (char[]){ "/proc/self/exe" };                            /* ourselves: 64 bits on an x86-64 */
    if (sizeof(void *) == 8) ck_assert(!record_program(&o, argv, &s, &why));
    ck_assert_uint_gt(strlen(why.text), 10);
}
END_TEST

START_TEST(what_is_no_recording_is_not_written_over_and_the_program_does_not_run)
{
    record_options_t o = { trace, program, 4, 1000, "doppel test", NULL };
    record_summary_t s;
    moo_why_t why = { "" };
    char *argv[] = { program, NULL };
    if (!record(good, sizeof good, &s)) return;
    ck_assert(!record_program(&o, argv, &s, &why) && s.instructions == 0);
    ck_assert_msg(strstr(why.text, "is no file of vectors"), "%s", why.text);
    o.trace = program;
    o.vectors = NULL;
    ck_assert(!record_program(&o, argv, &s, &why) && s.instructions == 0);
    ck_assert_msg(strstr(why.text, "is no trace"), "%s", why.text);
    o.trace = trace;
    o.vectors = "/nowhere/v.moo";
    ck_assert(!record_program(&o, argv, &s, &why) && s.instructions == 0);
    ck_assert_msg(strstr(why.text, "/nowhere/v.moo"), "%s", why.text);
    ck_assert(record(good, sizeof good, &s));                          /* the program is still one */
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("record");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_program_is_recorded_instruction_by_instruction);
    tcase_add_test(tc, the_trace_tells_what_silicon_did);
    tcase_add_test(tc, an_exception_is_an_event_and_a_vector);
    tcase_add_test(tc, what_is_no_program_is_refused_with_a_sentence);
    tcase_add_test(tc, what_is_no_recording_is_not_written_over_and_the_program_does_not_run);
    Suite *s = suite_create("record");
    suite_add_tcase(s, tc);
    return run_all(s);
}
