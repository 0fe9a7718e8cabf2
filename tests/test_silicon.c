/* test_silicon.c - the processor against silicon: every vector of the 80286 collection of SingleStepTests (recorded from a Harris
 * N80C286-12 in real mode; github.com/SingleStepTests/80286, v1_real_mode, README.md), on a cpu_t of model 386, in every way of running;
 * and vectors made here, which show that each way to differ is noticed.
 *
 * The folder is $DOPPEL_SHARED/vectors/80286 or ../shared/vectors/80286; where it is missing the test says so and passes.
 *
 * Compared: all registers (the upper halves of the 32-bit ones must not change), FLAGS, CS:IP behind the closing HLT, every byte that the
 * vector names, and that no other byte of memory was written.  A difference passes only if the manual leaves it undefined or a row of
 * fidelity/known.c explains it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "fidelity/conform.h"
#include "tests/run_all.h"

typedef struct { const char *name; bool l0, no_cache; model_t model; } way_t;
static const way_t ways[] = {
    { "L1", false, false, MODEL_386 }, { "L0", true, false, MODEL_386 }, { "L0, nothing kept", true, true, MODEL_386 }, { "Pentium 4", false, false, MODEL_PENTIUM4 },
};

static const char *folder_of_vectors(void)
{
    static char folder[1024];
    const char *shared = getenv("DOPPEL_SHARED");
    snprintf(folder, sizeof folder, "%s/vectors/80286", shared ? shared : "../shared");
    return folder;
}

static void summary(const way_t *way, const conform_t *c)
{
    const u64 *r = c->total.result;
    printf("silicon, %s: %u files, %llu vectors: %llu the same, %llu differ only in what is undefined, %llu excepted, %llu revoked, %llu wrong\n", way->name, c->n_files,
           (unsigned long long)conform_vectors(&c->total), (unsigned long long)r[VECTOR_PASSED], (unsigned long long)r[VECTOR_UNDEFINED],
           (unsigned long long)r[VECTOR_EXCEPTED], (unsigned long long)c->total.revoked, (unsigned long long)r[VECTOR_FAILED]);
    for (unsigned i = 0; i < n_known_differences; i++)
        if (c->row[i]) printf("  %5llu %s: %s\n", (unsigned long long)c->row[i], known_differences[i].name, known_differences[i].reason);
    for (unsigned i = 0; i < c->n_files; i++)
        if (c->files[i].report) fputs(c->files[i].report, stdout);
    fflush(stdout);
}

START_TEST(every_recorded_vector_is_reproduced_or_its_difference_documented)
{
    const way_t *way = &ways[_i];
    conform_t c = { .model = way->model, .l0 = way->l0, .no_cache = way->no_cache, .verbose = true, .jobs = 2 };
    conform_why_t why;
    struct stat status;
    if (!way->l0 && way->model == MODEL_386 && !cpu_has_l1()) {
        printf("silicon, %s: skipped, this build has none\n", way->name);
        return;
    }
    if (stat(folder_of_vectors(), &status) != 0) {
        printf("silicon: skipped, there are no vectors in %s\n", folder_of_vectors());
        return;
    }
    lacking_quiet(true);
    ck_assert_msg(conform_add(&c, folder_of_vectors(), &why), "%s", why.text);
    ck_assert(conform_run(&c));
    summary(way, &c);
    ck_assert_uint_eq(c.total.result[VECTOR_FAILED], 0);
    ck_assert_uint_eq(c.bad_files, 0);
    ck_assert_uint_eq(conform_vectors(&c.total), 81250);
    ck_assert_uint_gt(c.total.result[VECTOR_PASSED], 72000);
    conform_free(&c);
}
END_TEST

/* ---- one vector, made here: ADD AL, 1; AL 7Fh becomes 80h with OF, SF, AF ---- */

enum { CODE = 0x12340, BEFORE_FLAGS = 0x002, AFTER_FLAGS = 0x892 };
static vector_machine_t machine;
static moo_test_t made;
static vector_run_t v;

static void make(void)
{
    static const u8 code[] = { 0x04, 0x01, 0xF4 };
    memset(&made, 0, sizeof made);
    memset(made.mask, 0xFF, sizeof made.mask);
    made.n_code = sizeof code;
    memcpy(made.code, code, sizeof code);
    made.before.present = made.after.present = (1u << MOO_REGISTERS) - 1;
    made.before.r[MOO_EAX] = 0x557F;
    made.before.r[MOO_CS] = CODE >> 4;
    made.before.r[MOO_EFLAGS] = BEFORE_FLAGS;
    made.before.r[MOO_ESP] = 0x100;
    memcpy(made.after.r, made.before.r, sizeof made.after.r);
    made.after.r[MOO_EAX] = 0x5580;
    made.after.r[MOO_EIP] = 3;
    made.after.r[MOO_EFLAGS] = AFTER_FLAGS;
    made.before.n_ram = sizeof code;
    for (u32 i = 0; i < sizeof code; i++) made.before.ram[i] = (moo_byte_t){ CODE + i, code[i] };
}

static vector_result_t result_of_made(void)
{
    unsigned row = 0;
    vector_run(&machine, &v, RECORDED_286, &made);
    vector_result_t result = vector_judge(&machine, &v, &row);
    vector_blank(&machine, &made);
    ck_assert(!vector_strayed(&machine));
    return result;
}

static void open_machine(void) { ck_assert(vector_machine_open(&machine, MODEL_386, true, false)); }
static void close_machine(void) { vector_machine_close(&machine); }

START_TEST(a_right_vector_passes_and_any_wrong_value_fails)
{
    make();
    ck_assert_int_eq(result_of_made(), VECTOR_PASSED);
    for (unsigned n = MOO_EAX; n <= MOO_EFLAGS; n++)
        for (unsigned bit = 0; bit < 16; bit++) {
            if (n == MOO_FS || n == MOO_GS) continue;
            make();
            made.after.r[n] ^= 1u << bit;
            vector_result_t result = result_of_made();
            if (result != VECTOR_FAILED) ck_abort_msg("register %u, bit %u: result %d", n, bit, result);
        }
    make();
    made.after.n_ram = 1;
    made.after.ram[0] = (moo_byte_t){ 0x500, 0x12 };                 /* a byte that was not written */
    ck_assert_int_eq(result_of_made(), VECTOR_FAILED);
}
END_TEST

/* AND AL, 0FFh: AF is undefined (SDM vol. 2, AND); the other flags are not. */
START_TEST(an_undefined_flag_is_told_from_a_defined_one)
{
    make();
    made.code[0] = 0x24;
    made.code[1] = 0xFF;
    made.before.ram[0].value = 0x24;
    made.before.ram[1].value = 0xFF;
    made.after.r[MOO_EAX] = 0x557F;
    made.after.r[MOO_EFLAGS] = 0x002;
    vector_run(&machine, &v, RECORDED_286, &made);
    vector_blank(&machine, &made);
    made.after.r[MOO_EFLAGS] = v.ours[MOO_EFLAGS];
    ck_assert_int_eq(result_of_made(), VECTOR_PASSED);
    made.after.r[MOO_EFLAGS] ^= FLAG_AF;
    ck_assert_int_eq(result_of_made(), VECTOR_UNDEFINED);
    made.after.r[MOO_EFLAGS] ^= FLAG_AF | FLAG_CF;
    ck_assert_int_eq(result_of_made(), VECTOR_FAILED);
    made.mask[MOO_EFLAGS] = ~(u32)FLAG_CF;                           /* RMSK, RM32 */
    ck_assert_int_eq(result_of_made(), VECTOR_UNDEFINED);
}
END_TEST

/* 66 01 C8: ADD EAX, ECX, as the 386 collection has it: 32 bits everywhere. */
START_TEST(vectors_of_32_bits_count_all_bits)
{
    static const u8 code[] = { 0x66, 0x01, 0xC8, 0xF4 };
    for (int wrong = 0; wrong < 2; wrong++) {
        make();
        made.before.wide = made.after.wide = true;
        made.n_code = made.before.n_ram = sizeof code;
        for (u32 i = 0; i < sizeof code; i++) made.before.ram[i] = (moo_byte_t){ CODE + i, made.code[i] = code[i] };
        made.before.r[MOO_EAX] = 0x7FFFFFFF;
        made.before.r[MOO_ECX] = made.after.r[MOO_ECX] = 0x12340001;
        made.before.r[MOO_EFLAGS] = 0xFFFC0002;
        made.after.r[MOO_EAX] = 0x92340000 ^ (wrong ? 0x10000u : 0);
        made.after.r[MOO_EIP] = 4;
        made.after.r[MOO_EFLAGS] = 0xFFFC0002 | FLAG_OF | FLAG_SF | FLAG_AF | FLAG_PF;
        ck_assert_int_eq(result_of_made(), wrong ? VECTOR_FAILED : VECTOR_PASSED);
    }
}
END_TEST

/* A store beside what the vector names: MOV [1000h], AL. */
START_TEST(bytes_that_no_vector_names_are_found)
{
    static const u8 code[] = { 0xA2, 0x00, 0x10, 0xF4 };
    make();
    made.n_code = made.before.n_ram = sizeof code;
    for (u32 i = 0; i < sizeof code; i++) made.before.ram[i] = (moo_byte_t){ CODE + i, made.code[i] = code[i] };
    vector_run(&machine, &v, RECORDED_286, &made);
    vector_blank(&machine, &made);
    ck_assert(vector_strayed(&machine));
    ck_assert(!vector_strayed(&machine));
}
END_TEST

/* ---- programs: flat, with paging ---- */

enum { PROGRAM = 0x08048FFE, DATA = 0xFFFFDFFE };                    /* both across the end of a page */

static void make_program(const u8 *code, u32 n)
{
    make();
    made.before.wide = made.after.wide = true;
    for (int after = 0; after < 2; after++) {
        u32 *r = after ? made.after.r : made.before.r;
        r[MOO_CR0] = 0x80000011;
        r[MOO_CS] = 0x23;
        r[MOO_SS] = r[MOO_DS] = r[MOO_ES] = 0x2B;
        r[MOO_EAX] = 0x11223344;
        r[MOO_EBX] = DATA;
        r[MOO_EFLAGS] = FLAG_1 | FLAG_IF;
        r[MOO_EIP] = PROGRAM + (after ? n : 0);
    }
    made.n_code = n;
    memcpy(made.code, code, n);
    made.before.n_ram = n;
    for (u32 i = 0; i < n; i++) made.before.ram[i] = (moo_byte_t){ PROGRAM + i, code[i] };
}

static vector_result_t result_of_program(void)
{
    unsigned row = 0;
    ck_assert_ptr_null(vector_trouble(RECORDED_HOST, &made));
    vector_run(&machine, &v, RECORDED_HOST, &made);
    vector_result_t result = vector_judge(&machine, &v, &row);
    vector_blank(&machine, &made);
    return result;
}

/* ADD [EBX], EAX. */
START_TEST(programs_run_in_pages_of_their_own)
{
    static const u8 code[] = { 0x01, 0x03 };
    vector_machine_model(&machine, MODEL_PENTIUM4);
    for (int wrong = 0; wrong < 2; wrong++) {
        make_program(code, sizeof code);
        for (u32 i = 0; i < 4; i++) {
            made.before.ram[made.before.n_ram++] = (moo_byte_t){ DATA + i, 0x01 };
            made.after.ram[made.after.n_ram++] = (moo_byte_t){ DATA + i, (u8)(0x45 - 0x11 * i + (unsigned)wrong * (i == 3)) };
        }
        ck_assert_int_eq(result_of_program(), wrong ? VECTOR_FAILED : VECTOR_PASSED);
        ck_assert(!vector_strayed(&machine));
        ck_assert_int_eq(v.n_memory, wrong);
        if (wrong) ck_assert_uint_eq(v.memory[0].physical, DATA + 3);
    }
    made.before.n_ram = made.after.n_ram = sizeof code;                /* now nobody names the data: there is no page */
    ck_assert_int_eq(result_of_program(), VECTOR_FAILED);
    ck_assert_int_eq(v.fault, PF_FAULT);
    make();
    ck_assert_int_eq(result_of_made(), VECTOR_PASSED);                /* and real mode as before */
}
END_TEST

/* DIV EBX with EBX = 0: SIGFPE, nothing changed.  MOV [EBX], AL beside what is named is found. */
START_TEST(exceptions_of_programs_change_nothing_and_stray_bytes_are_found)
{
    static const u8 divide[] = { 0xF7, 0xF3 }, store[] = { 0x88, 0x03 };
    make_program(divide, sizeof divide);
    made.before.r[MOO_EBX] = made.after.r[MOO_EBX] = 0;
    made.after.r[MOO_EIP] = PROGRAM;
    ck_assert_int_eq(result_of_program(), VECTOR_FAILED);
    made.has_exception = true;
    made.exception = DE;
    ck_assert_int_eq(result_of_program(), VECTOR_PASSED);
    make_program(store, sizeof store);
    made.before.r[MOO_EBX] = made.after.r[MOO_EBX] = PROGRAM - 0x100;
    ck_assert_int_eq(result_of_program(), VECTOR_PASSED);
    ck_assert(vector_strayed(&machine));
    ck_assert(!vector_strayed(&machine));
}
END_TEST

/* REP STOSB: all iterations are one instruction. */
START_TEST(a_repeated_instruction_is_one_vector)
{
    static const u8 code[] = { 0xF3, 0xAA };
    make_program(code, sizeof code);
    made.before.r[MOO_ECX] = 5;
    made.before.r[MOO_EDI] = DATA;
    made.after.r[MOO_EDI] = DATA + 5;
    for (u32 i = 0; i < 5; i++) {
        made.before.ram[made.before.n_ram++] = (moo_byte_t){ DATA + i, 0 };
        made.after.ram[made.after.n_ram++] = (moo_byte_t){ DATA + i, 0x44 };
    }
    ck_assert_int_eq(result_of_program(), VECTOR_PASSED);
}
END_TEST

START_TEST(programs_in_too_many_pages_are_refused)
{
    static const u8 code[] = { 0x90 };
    make_program(code, sizeof code);
    for (u32 i = 0; i < 17; i++) made.before.ram[made.before.n_ram++] = (moo_byte_t){ 0x10000000 * (i & 15) + 0x1000 * i, 0 };
    ck_assert_ptr_nonnull(vector_trouble(RECORDED_HOST, &made));
    made.before.n_ram = sizeof code;
    made.before.r[MOO_CR0] = 0;
    ck_assert_ptr_nonnull(vector_trouble(RECORDED_HOST, &made));
    made.before.r[MOO_CR0] = 0x80000011;
    ck_assert_ptr_nonnull(vector_trouble(RECORDED_386, &made));
}
END_TEST

START_TEST(forms_are_called_like_the_files_of_collections)
{
    static const struct { u8 code[6]; unsigned n; const char *form; } rows[] = {
        { { 0x00, 0xC0, 0xF4 }, 3, "00" },              { { 0x66, 0x01, 0xC0 }, 3, "6601" },          { { 0x67, 0x66, 0x01, 0x00 }, 4, "676601" },
        { { 0x66, 0x67, 0x01, 0x00 }, 4, "676601" },    { { 0x26, 0xF0, 0x80, 0x20, 0x01 }, 5, "80.4" }, { { 0x0F, 0xAF, 0xC0 }, 3, "0FAF" },
        { { 0x67, 0x66, 0x0F, 0xBA, 0x20 }, 5, "67660FBA.4" }, { { 0xD8, 0x29 }, 2, "D8.5" },         { { 0xFF, 0xDD }, 2, "FF.3" },
        { { 0x0F, 0x6F, 0xC0 }, 3, "0F6F" },            { { 0x66, 0x0F, 0x6F, 0xC0 }, 4, "660F6F" },  { { 0xF3, 0x0F, 0x6F, 0xC0 }, 4, "F30F6F" },
        { { 0x0F, 0x73, 0xD0, 0x01 }, 4, "0F73.2" },    { { 0xF3, 0xA5 }, 2, "A5" },                  { { 0xF3, 0x0F, 0xAF, 0xC0 }, 4, "0FAF" },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        char form[FORM_NAME];
        make();
        memcpy(made.code, rows[i].code, sizeof rows[i].code);
        made.n_code = rows[i].n;
        vector_parse(&v, &made);
        vector_form(&v, form);
        ck_assert_str_eq(form, rows[i].form);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("silicon");
    tcase_set_timeout(tc, 600);
    tcase_add_loop_test(tc, every_recorded_vector_is_reproduced_or_its_difference_documented, 0, COUNT_OF(ways));
    TCase *made_here = tcase_create("made here");
    tcase_add_checked_fixture(made_here, open_machine, close_machine);
    tcase_add_test(made_here, a_right_vector_passes_and_any_wrong_value_fails);
    tcase_add_test(made_here, an_undefined_flag_is_told_from_a_defined_one);
    tcase_add_test(made_here, vectors_of_32_bits_count_all_bits);
    tcase_add_test(made_here, bytes_that_no_vector_names_are_found);
    tcase_add_test(made_here, programs_run_in_pages_of_their_own);
    tcase_add_test(made_here, exceptions_of_programs_change_nothing_and_stray_bytes_are_found);
    tcase_add_test(made_here, a_repeated_instruction_is_one_vector);
    tcase_add_test(made_here, programs_in_too_many_pages_are_refused);
    tcase_add_test(made_here, forms_are_called_like_the_files_of_collections);
    Suite *s = suite_create("silicon");
    suite_add_tcase(s, tc);
    suite_add_tcase(s, made_here);
    return run_all(s);
}
