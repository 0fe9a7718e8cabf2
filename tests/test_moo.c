/* test_moo.c - the reader of recorded vectors, with good files and with every kind of bad one. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include "fidelity/moo.h"
#include "tests/run_all.h"

enum { REGS_SP = 8, REGS_IP = 12 };      /* places in REGS (doc/moo_format_v1.md) */

/* ---- a small file, built chunk by chunk ---- */

typedef struct { u8 bytes[1024]; u32 n; } file_t;

static void bytes(file_t *f, const void *from, u32 n) { memcpy(f->bytes + f->n, from, n); f->n += n; }
static void value(file_t *f, width_t w, u32 v)        { put(f->bytes + f->n, w, v); f->n += w / 8; }
static u32  begin(file_t *f, const char *kind)        { bytes(f, kind, 4); value(f, W32, 0); return f->n; }
static void end(file_t *f, u32 from)                  { put(f->bytes + from - 4, W32, f->n - from); }

static void header(file_t *f, u8 major)
{
    u32 c = begin(f, "MOO ");
    value(f, W8, major); value(f, W8, 1); value(f, W16, 0); value(f, W32, 1); bytes(f, "C286", 4);
    end(f, c);
}

static void state(file_t *f, const char *kind, u32 present, u32 first_value, u32 n_ram)
{
    u32 c = begin(f, kind), inner = begin(f, "REGS");
    value(f, W16, present);
    for (u32 n = 0; n < 14; n++)
        if (present >> n & 1) value(f, W16, first_value + n);
    end(f, inner);
    inner = begin(f, "RAM ");
    value(f, W32, n_ram);
    for (u32 i = 0; i < n_ram; i++) { value(f, W32, 0x10FFEF - i); value(f, W8, i); }
    end(f, inner);
    inner = begin(f, "QUEU"); value(f, W32, 0); end(f, inner);
    end(f, c);
}

static void good_file(file_t *f)
{
    f->n = 0;
    header(f, 1);
    u32 test = begin(f, "TEST");
    value(f, W32, 7);
    u32 c = begin(f, "GMET"); bytes(f, "whatever", 8); end(f, c);
    c = begin(f, "NAME"); value(f, W32, 5); bytes(f, "div b", 5); end(f, c);
    c = begin(f, "BYTS"); value(f, W32, 3); bytes(f, "\xF6\xF3\xF4", 3); end(f, c);
    state(f, "INIT", 0x3FFF, 0x1000, 3);
    state(f, "FINA", 1 << REGS_SP | 1 << REGS_IP, 0x2000, 2);
    c = begin(f, "EXCP"); value(f, W8, 0); value(f, W32, 0x12345); end(f, c);
    c = begin(f, "HASH"); bytes(f, "01234567890123456789", 20); end(f, c);
    end(f, test);
}

/* Read to the end, in memory of exactly that size, so that the address sanitizer sees one byte too far.  Trouble has an offset inside the file. */
static const char *trouble_of(const u8 *data, size_t n)
{
    static moo_test_t t;
    u8 *exact = malloc(n ? n : 1);
    moo_t moo;
    memcpy(exact, data, n);
    u32 tests = 0;
    if (moo_open(&moo, exact, n))
        while (moo_next(&moo, &t)) {
            tests++;
            if (t.n_code > MOO_MAX_CODE || t.before.n_ram > MOO_MAX_RAM || t.after.n_ram > MOO_MAX_RAM || !memchr(t.name, 0, sizeof t.name))
                ck_abort_msg("a test beyond its bounds");
        }
    if (moo.trouble && moo.trouble_at > n) ck_abort_msg("trouble at %zu of %zu", moo.trouble_at, n);
    if (tests > n / 12) ck_abort_msg("%u tests in %zu bytes", tests, n);
    free(exact);
    return moo.trouble;
}

START_TEST(a_file_is_read_as_the_format_says)
{
    static file_t f;
    static moo_test_t t;
    moo_t moo;
    good_file(&f);
    ck_assert(moo_open(&moo, f.bytes, f.n));
    ck_assert_str_eq(moo.processor, "C286");
    ck_assert(moo_next(&moo, &t));
    ck_assert_uint_eq(t.index, 7);
    ck_assert_str_eq(t.name, "div b");
    ck_assert_uint_eq(t.n_code, 3);
    ck_assert_uint_eq(t.before.r[MOO_EFLAGS], 0x1000 + 13);
    ck_assert_uint_eq(t.after.r[MOO_ESP], 0x2000 + 8);
    ck_assert_uint_eq(t.after.r[MOO_EAX], 0x1000);               /* unchanged: the value before */
    ck_assert(!t.before.wide && t.mask[MOO_EFLAGS] == 0xFFFFFFFF);
    ck_assert_uint_eq(t.before.n_ram, 3);
    ck_assert_uint_eq(t.before.ram[2].physical, 0x10FFED);
    ck_assert(t.has_exception && t.exception == 0 && t.flags_at == 0x12345);
    ck_assert(!moo_next(&moo, &t) && !moo.trouble);
}
END_TEST

/* Cut at a chunk's end the file is only shorter: after the header, and whole. */
START_TEST(a_cut_file_is_refused_wherever_it_is_cut)
{
    static file_t f;
    good_file(&f);
    for (u32 n = 0; n < f.n; n++)
        if (n != 20 && !trouble_of(f.bytes, n)) ck_abort_msg("cut at %u and not noticed", n);
    ck_assert_ptr_null(trouble_of(f.bytes, f.n));
}
END_TEST

START_TEST(a_file_with_any_word_wrong_is_read_inside_its_bounds)
{
    static const u32 words[] = { 0, 1, 5, 0x7F, 0x3FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF8, 0xFFFFFFFF };
    static file_t f;
    for (u32 at = 0; at + 4 <= 500; at++)
        for (unsigned i = 0; i < COUNT_OF(words); i++) {
            good_file(&f);
            if (at + 4 > f.n) return;
            put(f.bytes + at, W32, words[i]);
            trouble_of(f.bytes, f.n);
        }
}
END_TEST

static void write_file(const char *path, const void *from, size_t n)
{
    FILE *out = fopen(path, "wb");
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(from, 1, n, out), n);
    fclose(out);
}

/* A file with registers of 32 bits, masks of both kinds, at the top and in a test; format version 1.1. */
static void masked_file(file_t *f)
{
    static const u8 places[] = { 2, 17 };                        /* EAX, EFLAGS (doc/moo_format_v1.md, RG32) */
    f->n = 0;
    header(f, 1);
    u32 c = begin(f, "RM32");
    value(f, W32, 1u << places[1]); value(f, W32, 0xFFFFF7FF);   /* OF is undefined all over the file */
    end(f, c);
    u32 test = begin(f, "TEST");
    value(f, W32, 0);
    c = begin(f, "BYTS"); value(f, W32, 2); bytes(f, "\x90\xF4", 2); end(f, c);
    for (int after = 0; after < 2; after++) {
        u32 s = begin(f, after ? "FINA" : "INIT");
        c = begin(f, "RG32");
        value(f, W32, after ? 1u << places[0] : 0xFFFFF);
        for (u32 n = 0; n < (after ? 1u : 20u); n++) value(f, W32, 0x12340000 + n + 0x100u * (u32)after);
        end(f, c);
        if (after) {
            c = begin(f, "RMSK"); value(f, W16, 1 << 13); value(f, W16, 0xFFEF); end(f, c);    /* and AF in this test */
            c = begin(f, "RM32"); value(f, W32, 1u << places[0]); value(f, W32, 0xFFFF0000); end(f, c);
            c = begin(f, "EA32"); bytes(f, "something else here", 19); end(f, c);
        }
        end(f, s);
    }
    end(f, test);
}

START_TEST(registers_of_32_bits_and_masks_are_read)
{
    static file_t f;
    static moo_test_t t;
    moo_t moo;
    masked_file(&f);
    ck_assert(moo_open(&moo, f.bytes, f.n) && moo_next(&moo, &t));
    ck_assert(t.before.wide && t.after.wide);
    ck_assert_uint_eq(t.before.r[MOO_CR0], 0x12340000);
    ck_assert_uint_eq(t.before.r[MOO_DR7], 0x12340013);
    ck_assert_uint_eq(t.after.r[MOO_EAX], 0x12340100);
    ck_assert_uint_eq(t.after.r[MOO_EBX], 0x12340003);
    ck_assert_uint_eq(t.mask[MOO_EFLAGS], 0xFFFFF7EF);
    ck_assert_uint_eq(t.mask[MOO_EAX], 0xFFFF0000);
    ck_assert_uint_eq(t.mask[MOO_EBX], 0xFFFFFFFF);
    ck_assert(!moo_next(&moo, &t) && !moo.trouble);
}
END_TEST

/* Bits turned over, bytes replaced, lengths made large, stretches cut out and doubled: one to eight times.  Each ends in tests within their bounds or in
 * trouble with an offset.  DOPPEL_MUTATIONS=200000 tries so many of each file. */
START_TEST(a_mutated_file_is_read_inside_its_bounds)
{
    static file_t f;
    u64 state = 0x9E3779B97F4A7C15u;
    const char *wish = getenv("DOPPEL_MUTATIONS");
    unsigned n = wish ? (unsigned)strtoul(wish, NULL, 10) : 15000, refused = 0;
    for (unsigned i = 0; i < 2 * n; i++) {
        if (i & 1) masked_file(&f); else good_file(&f);
        for (unsigned times = 1 + (unsigned)(i / 2 % 8); times; times--) {
            state ^= state << 13; state ^= state >> 7; state ^= state << 17;
            u32 at = (u32)(state >> 32) % f.n, what = (u32)state & 7;
            if (what < 3)                      f.bytes[at] ^= (u8)(1 << (state >> 8 & 7));
            else if (what < 5)                 f.bytes[at] = (u8)(state >> 8);
            else if (what == 5 && at + 4 < f.n) put(f.bytes + at, W32, (u32)(state >> 16) >> (state >> 8 & 31));
            else if (what == 6)                memmove(f.bytes + at, f.bytes + at + 1, f.n - at - 1), f.n -= f.n > 1;
            else if (f.n < sizeof f.bytes)     memmove(f.bytes + at + 1, f.bytes + at, f.n - at), f.n++;
        }
        refused += trouble_of(f.bytes, f.n) != NULL;
    }
    printf("moo: %u of %u mutated files were refused\n", refused, 2 * n);
    ck_assert_uint_gt(refused, n / 4);
}
END_TEST

/* The same for the container: no byte of a gzip file may be wrong, or missing. */
START_TEST(a_mutated_gzip_file_is_refused_or_whole)
{
    static file_t f;
    static u8 packed[4096];
    char path[] = "/tmp/doppel-moo-XXXXXX";
    moo_why_t why;
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    good_file(&f);
    gzFile out = gzopen(path, "wb");
    gzwrite(out, f.bytes, f.n);
    gzclose(out);
    FILE *in = fopen(path, "rb");
    size_t n_packed = fread(packed, 1, sizeof packed, in), n;
    fclose(in);
    for (size_t cut = 1; cut < n_packed; cut++) {
        write_file(path, packed, cut);
        u8 *data = moo_load(path, &n, &why);
        if (data && cut > 2 && trouble_of(data, n) == NULL) ck_abort_msg("cut at %zu and not noticed", cut);
        if (!data && !why.text[0]) ck_abort_msg("no reason");
        free(data);
    }
    for (size_t at = 0; at < n_packed; at++) {
        packed[at] ^= 0x55;
        write_file(path, packed, n_packed);
        u8 *data = moo_load(path, &n, &why);
        if (data && n == f.n && at >= 10 && memcmp(data, f.bytes, n) != 0) ck_abort_msg("byte %zu is wrong and was not noticed", at);
        if (data) trouble_of(data, n);
        free(data);
        packed[at] ^= 0x55;
    }
    unlink(path);
}
END_TEST

START_TEST(other_versions_and_other_files_are_refused)
{
    static file_t f;
    f.n = 0;
    header(&f, 2);
    ck_assert_ptr_nonnull(trouble_of(f.bytes, f.n));
    ck_assert_ptr_nonnull(trouble_of((const u8 *)"MOO", 3));
    ck_assert_ptr_nonnull(trouble_of((const u8 *)"RIFF\x0C\0\0\0____________", 20));
}
END_TEST

START_TEST(gzip_and_plain_files_load_alike_and_broken_gzip_not_at_all)
{
    static file_t f;
    static u8 packed[4096];
    moo_why_t why;
    char path[] = "/tmp/doppel-moo-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    good_file(&f);
    gzFile out = gzopen(path, "wb");
    gzwrite(out, f.bytes, f.n);
    gzclose(out);
    size_t n = 0, n_packed;
    u8 *data = moo_load(path, &n, &why);
    ck_assert(data && n == f.n && memcmp(data, f.bytes, n) == 0);
    free(data);
    FILE *in = fopen(path, "rb");
    n_packed = fread(packed, 1, sizeof packed, in);
    fclose(in);
    write_file(path, packed, n_packed - 5);
    ck_assert_ptr_null(moo_load(path, &n, &why));                      /* cut */
    packed[n_packed / 2] ^= 0x10;
    write_file(path, packed, n_packed);
    ck_assert_ptr_null(moo_load(path, &n, &why));                      /* damaged */
    write_file(path, f.bytes, f.n);
    data = moo_load(path, &n, &why);
    ck_assert(data && n == f.n);
    free(data);
    unlink(path);
    ck_assert_ptr_null(moo_load(path, &n, &why));                      /* not there */
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("moo");
    tcase_set_timeout(tc, 900);
    tcase_add_test(tc, a_file_is_read_as_the_format_says);
    tcase_add_test(tc, a_cut_file_is_refused_wherever_it_is_cut);
    tcase_add_test(tc, a_file_with_any_word_wrong_is_read_inside_its_bounds);
    tcase_add_test(tc, registers_of_32_bits_and_masks_are_read);
    tcase_add_test(tc, a_mutated_file_is_read_inside_its_bounds);
    tcase_add_test(tc, a_mutated_gzip_file_is_refused_or_whole);
    tcase_add_test(tc, other_versions_and_other_files_are_refused);
    tcase_add_test(tc, gzip_and_plain_files_load_alike_and_broken_gzip_not_at_all);
    Suite *s = suite_create("moo");
    suite_add_tcase(s, tc);
    return run_all(s);
}
