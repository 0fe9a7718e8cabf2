/* test_options.c - the command line, as docs and help state it: what is taken, what is refused and in which words. */
#include "frontend/options.h"
#include "tests/run_all.h"
#include <check.h>
#include <stdio.h>

static options_t o;
static why_t why;

/* Splits at blanks, as a shell does. */
static options_result_t parse(const char *line)
{
    static char words[512];
    char *argv[32] = { (char *)"doppel" };
    int argc = 1;
    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word && argc < 31; word = strtok(NULL, " ")) argv[argc++] = word;
    why.text[0] = 0;
    return options_parse(&o, argc, argv, &why);
}

START_TEST(without_words_a_pentium_4_with_128_mib)
{
    ck_assert_int_eq(parse(""), OPTIONS_RUN);
    ck_assert_uint_eq(o.ram_bytes, 128u << 20);
    ck_assert_int_eq(o.cpu, CPU_PENTIUM4);
    ck_assert_uint_eq(o.ips, 100000000);
    ck_assert(o.engine_auto && !o.snapshot && !o.hash && !o.script && o.images == 0);
    ck_assert(o.stop_after == UINT64_MAX && o.timeout == UINT64_MAX);
}
END_TEST

START_TEST(one_and_two_dashes_are_the_same)
{
    ck_assert_int_eq(parse("--m 64 --display=none -hda=d.img -snapshot --no-reboot a.img"), OPTIONS_RUN);
    ck_assert_uint_eq(o.ram_bytes, 64u << 20);
    ck_assert_int_eq(o.display, DISPLAY_NONE);
    ck_assert_str_eq(o.disk[0], "d.img");
    ck_assert_str_eq(o.image[0], "a.img");
    ck_assert(o.snapshot && o.no_reboot && o.images == 1);
}
END_TEST

START_TEST(sizes_take_suffixes)
{
    static const struct { const char *text; u64 value; } rows[] = {
        { "1", 1 << 20 }, { "1024K", 1 << 20 }, { "3G", (u64)3 << 30 }, { "3072m", (u64)3 << 30 }, { "640k", 640 << 10 },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        u64 value = 0;
        ck_assert_msg(parse_size(rows[i].text, 1 << 20, 1024, &value, &why) && value == rows[i].value, "%s", rows[i].text);
    }
}
END_TEST

/* Every refusal is one sentence that names the option or the word. */
static const struct { const char *line, *says; } refused[] = {
    { "-m 0", "1M to 3G" }, { "-m 64G", "1M to 3G" }, { "-m 12Q", "\"Q\"" }, { "-m 12Mx", "after the suffix" }, { "-m x", "not a number" },
    { "-m -5", "not a number" }, { "-m 1025K", "whole MiB" }, { "-m 99999999999999999999", "too large" }, { "-m", "wants a value" },
    { "-dispaly none", "did you mean -display" }, { "-hdx f", "did you mean -hd" }, { "-snapshto", "did you mean -snapshot" }, { "-zzzzz", "no option -zzzzz" },
    { "-cpu 80286", "there are 386" }, { "-display gtk", "there are sdl, term, none" }, { "-clock fast", "real, virtual" }, { "-engine L9", "L0, L1" },
    { "-boot q", "letters" }, { "-boot aa", "twice" }, { "-boot dd", "twice" }, { "-fda a -fda b", "given twice" },
    { "-rtc base=2000-02-30", "base=DATE" }, { "-rtc utc", "base=utc" }, { "-device e1000", "isa-debug-exit" },
    { "-device isa-debug-exit,iobase=x", "iobase=0xf4" }, { "-device isa-debug-exit,iobase=0x10000", "iobase=0xf4" }, { "-ips 0", "1 to 10G" }, { "-ips 11G", "1 to 10G" },
    { "-stop-after 5x", "K, M or G" }, { "-timeout soon", "seconds" }, { "-serial null -serial null -serial null", "2 serial ports" },
    { "-serial stdio -serial stdio", "only one" }, { "-display term -serial stdio", "both want" }, { "-S -display none", "paused" },
    { "a b c d e f g", "too many images" },
    { "-cdrom x -hdc y", "same place" }, { "-gdb x", "not yet" }, { "-s", "not yet" },
};

START_TEST(wrong_lines_are_refused_with_the_reason)
{
    ck_assert_msg(parse(refused[_i].line) == OPTIONS_WRONG, "taken: %s", refused[_i].line);
    ck_assert_msg(strstr(why.text, refused[_i].says) != NULL, "%s says: %s", refused[_i].line, why.text);
    ck_assert_msg(!strchr(why.text, '\n'), "%s says more than a line", refused[_i].line);
}
END_TEST

START_TEST(right_lines_are_taken)
{
    static const char *const lines[] = { "-boot ca", "-boot order=ac", "-boot d", "-cdrom x", "-rtc base=utc", "-rtc base=localtime", "-rtc base=2099-12-31", "-ips 10G", "-nographic",
        "-device isa-debug-exit", "-device pc-testdev", "-device isa-debug-exit,iobase=0x501,iosize=0x04", "-stats - -hash -stop-after 1M -timeout 2.5", "-serial file:x -serial pty",
        "-cpu 386 -engine L0 -clock virtual -display sdl", "-- -odd-name.img" };
    for (unsigned i = 0; i < COUNT_OF(lines); i++) ck_assert_msg(parse(lines[i]) == OPTIONS_RUN, "%s: %s", lines[i], why.text);
    ck_assert_str_eq(o.image[0], "-odd-name.img");
}
END_TEST

START_TEST(nographic_is_none_and_com1_on_stdio)
{
    ck_assert_int_eq(parse("-nographic"), OPTIONS_RUN);
    ck_assert_int_eq(o.display, DISPLAY_NONE);
    ck_assert_str_eq(o.serial[0], "stdio");
    ck_assert_int_eq(parse("-serial null -nographic"), OPTIONS_RUN);
    ck_assert_str_eq(o.serial[0], "null");
}
END_TEST

/* Counted by date -u -d ... +%s. */
START_TEST(dates_are_seconds_since_1970)
{
    static const struct { const char *text; s64 seconds; } rows[] = {
        { "1999-12-31T23:59:00", 946684740 }, { "2000-02-29", 951782400 }, { "1980-01-01", 315532800 }, { "2099-12-31T23:59:59", 4102444799 }, { "2026-11-21T11:02:58", 1795258978 },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        s64 seconds = 0;
        ck_assert_msg(parse_date(rows[i].text, &seconds, &why), "%s: %s", rows[i].text, why.text);
        ck_assert_int_eq(seconds, rows[i].seconds);
    }
    static const char *const wrong[] = { "", "2000", "2001-02-29", "1979-12-31", "2100-01-01", "2000-01-01T24:00:00", "2000-01-01T1:00", "2000-01-01x", "2000-13-01" };
    s64 seconds;
    for (unsigned i = 0; i < COUNT_OF(wrong); i++) ck_assert_msg(!parse_date(wrong[i], &seconds, &why), "taken: %s", wrong[i]);
}
END_TEST

START_TEST(seconds_have_fractions)
{
    u64 ns = 0;
    ck_assert(parse_seconds("2.5", &ns, &why) && ns == 2500000000);
    ck_assert(parse_seconds("0.000000001", &ns, &why) && ns == 1);
    ck_assert(parse_seconds("30", &ns, &why) && ns == 30000000000);
    ck_assert(!parse_seconds(".", &ns, &why) && !parse_seconds("", &ns, &why) && !parse_seconds("-1", &ns, &why) && !parse_seconds("1s", &ns, &why));
}
END_TEST

/* The help promises that each group fits a screen of 24 lines and 80 columns. */
START_TEST(every_group_of_the_help_fits_a_screen)
{
    static const char *const groups[] = { "", "machine", "drives", "screen", "time", "control", "later" };
    for (unsigned g = 0; g < COUNT_OF(groups); g++) {
        unsigned lines = 1;
        for (unsigned i = 0; i < n_option_rows; i++) {
            const option_row_t *row = &option_rows[i];
            if (strcmp(row->group, groups[g]) != 0) continue;
            size_t widest = 0;
            for (const char *at = row->help; ; at++) {
                size_t n = strcspn(at, "\n");
                if (n > widest) widest = n;
                lines++;
                at += n;
                if (!*at) break;
            }
            ck_assert_msg(widest + 21 <= 80, "-%s is too wide", row->name);
        }
        ck_assert_msg(lines <= 24 && (lines > 1 || !*groups[g]), "group %s has %u lines", groups[g], lines);
    }
    for (unsigned i = 0; i < n_option_rows; i++) ck_assert_msg(options_group(option_rows[i].group) || !*option_rows[i].group, "-%s", option_rows[i].name);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("command line");
    tcase_add_test(tc, without_words_a_pentium_4_with_128_mib);
    tcase_add_test(tc, one_and_two_dashes_are_the_same);
    tcase_add_test(tc, sizes_take_suffixes);
    tcase_add_loop_test(tc, wrong_lines_are_refused_with_the_reason, 0, (int)COUNT_OF(refused));
    tcase_add_test(tc, right_lines_are_taken);
    tcase_add_test(tc, nographic_is_none_and_com1_on_stdio);
    tcase_add_test(tc, dates_are_seconds_since_1970);
    tcase_add_test(tc, seconds_have_fractions);
    tcase_add_test(tc, every_group_of_the_help_fits_a_screen);
    Suite *suite = suite_create("options");
    suite_add_tcase(suite, tc);
    return run_all(suite);
}
