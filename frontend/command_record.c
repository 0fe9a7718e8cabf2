/* command_record.c - `doppel record`: what silicon does with a 32-bit program, as a trace and as vectors (fidelity/record.h). */
#define _DEFAULT_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <sys/wait.h>
#include "fidelity/record.h"
#include "frontend/commands.h"
#include "frontend/session.h"

#ifndef DOPPEL_VERSION
#  define DOPPEL_VERSION "unknown"
#endif

static const char about_command[] =
    "Executes a 32-bit (i386) program of this host one instruction at a time and\n"
    "records what the processor did: a trace, like doppel trace's, and vectors for\n"
    "doppel conform. On Linux on x86 processors only.\n\n"
    "  doppel record -o ls.trace -- ./ls32 /\n"
    "  doppel record -o ls.trace -vectors ls.moo.gz -limit 8 -- ./ls32 /\n"
    "  doppel trace -print ls.trace -count 20\n"
    "  doppel conform ls.moo.gz\n\n"
    "Build programs with cc -m32; static ones without a C library are the shortest.\n"
    "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-AVX,-SSE4_2,-SSSE3 keeps a C library\n"
    "from instructions that doppel has not.";

static void show_progress(u64 instructions)
{
    char text[80];
    snprintf(text, sizeof text, "record: %" PRIu64 " instructions", instructions);
    say_progress(text);
}

static void report(const record_options_t *o, const record_summary_t *s)
{
    say_progress("");
    printf("%s: %" PRIu64 " instructions, %" PRIu64 " system calls, %" PRIu64 " exceptions and signals, %" PRIu64 " bytes\n", o->trace, s->instructions, s->system_calls, s->events, s->bytes);
    if (o->vectors) printf("%s: %u vectors of %u forms\n", o->vectors, s->vectors, s->forms);
    if (s->left)                                      puts("the program became one that is not 32-bit; recording ended there");
    else if (s->ended && WIFSIGNALED(s->status))      printf("the program was ended by signal %d\n", WTERMSIG(s->status));
    else if (s->ended)                                printf("the program ended with status %d\n", WEXITSTATUS(s->status));
    else                                              puts("the program was ended after that");
}

int command_record(int argc, char **argv)
{
    const char *output = NULL, *vectors = NULL, *limit = NULL, *count = NULL;
    const command_option_t options[] = {
        { "o",       "FILE",       "where the trace goes", .text = &output },
        { "vectors", "FILE",       "where vectors go: FILE.moo or FILE.moo.gz", .text = &vectors },
        { "limit",   "N",          "vectors of an instruction's form, at most (16)", .text = &limit },
        { "count",   "N",          "stop after so many instructions", .text = &count },
    };
    const command_usage_t usage = { "record", "-o FILE [options] [--] PROGRAM [arguments]", about_command, options, COUNT_OF(options), true };
    why_t why = { "" };
    moo_why_t trouble = { "" };
    int first = argc;
    u64 n = 16, most = 0;
    command_result_t result = command_parse(&usage, argc, argv, &first, &why);
    if (result == COMMAND_HELPED) return STATUS_GOOD;
    bool good = result == COMMAND_RUN;
    if (good && (!output || first >= argc)) good = refuse(&why, "record wants -o FILE and a program; doppel help record tells more");
    if (good && vectors && strcmp(output, vectors) == 0) good = refuse(&why, "record: -o and -vectors name the same file, %s", output);
    if (good && limit && (!command_number(limit, &n) || n == 0 || n > 1000000)) good = refuse(&why, "record: -limit wants a number from 1 to 1000000, not \"%s\"", limit);
    if (good && count && (!command_number(count, &most) || most == 0)) good = refuse(&why, "record: -count wants a number, not \"%s\"", count);
    if (!good) { say("%s", why.text); return STATUS_TROUBLE; }
    const record_options_t o = { output, vectors, (unsigned)n, most, "doppel " DOPPEL_VERSION, show_progress };
    record_summary_t summary;
    if (!record_program(&o, argv + first, &summary, &trouble)) {
        say("record: %s: %s", argv[first], trouble.text);
        return STATUS_TROUBLE;
    }
    report(&o, &summary);
    return STATUS_GOOD;
}
