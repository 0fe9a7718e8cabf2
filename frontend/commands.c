/* commands.c - see commands.h: the table of commands, their help, their options (getopt_long_only, like the machine's). */
#define _DEFAULT_SOURCE
#include "frontend/commands.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include "frontend/session.h"

static const command_t commands[] = {
    { "conform", "instructions recorded on hardware against this processor", command_conform },
    { "disasm",  "bytes, or a file's, as instructions", command_disasm },
    { "help",    "what a command does: doppel help disasm", command_help },
    { "trace",   "what a machine's processor does, recorded", command_trace },
    { "record",  "what silicon does with a 32-bit program, recorded", command_record },
    { "diff",    "two runs compared: where they part", command_diff },
};

const command_t *command_find(const char *word)
{
    for (unsigned i = 0; i < COUNT_OF(commands); i++)
        if (strcmp(word, commands[i].name) == 0) return &commands[i];
    return NULL;
}

void commands_list(void)
{
    for (unsigned i = 0; i < COUNT_OF(commands); i++) printf("  doppel %-8s %s\n", commands[i].name, commands[i].help);
}

/* ---- help ---- */

int command_help(int argc, char **argv)
{
    char option[] = "--help";
    const command_t *command = argc > 1 ? command_find(argv[1]) : NULL;
    if (argc > 2 || (argc > 1 && !command)) {
        say("help: there is no command \"%s\"; doppel help lists them", argv[argc - 1]);
        return STATUS_TROUBLE;
    }
    if (command && command->run != command_help)
        return command->run(2, (char *[]){ argv[1], option, NULL });
    puts("Commands, beside running a machine (doppel -help):\n");
    commands_list();
    puts("\ndoppel help COMMAND tells more about one. An image that is called like a\ncommand is ./disasm.");
    return STATUS_GOOD;
}

static void usage_help(const command_usage_t *usage)
{
    printf("doppel %s %s\n\n%s\n", usage->name, usage->synopsis, usage->about);
    if (usage->n_options) puts("\nOptions, with one dash or two:");
    for (unsigned i = 0; i < usage->n_options; i++) {
        const command_option_t *o = &usage->options[i];
        char left[40];
        snprintf(left, sizeof left, "-%s %s", o->name, o->argument ? o->argument : "");
        printf("  %-18s ", left);
        for (const char *at = o->help; *at; at++) {
            putchar(*at);
            if (*at == '\n') printf("%21s", "");
        }
        putchar('\n');
    }
}

/* ---- options ---- */

static command_result_t wrong(void) { return COMMAND_WRONG; }

static command_result_t take(const command_usage_t *usage, const command_option_t *o, const char *text, why_t *why)
{
    if (o->flag) {
        *o->flag = true;
        return COMMAND_RUN;
    }
    if (*o->text) return refuse(why, "%s: -%s is given twice: \"%s\" and \"%s\"", usage->name, o->name, *o->text, text), wrong();
    if (!*text) return refuse(why, "%s: -%s wants %s, not an empty word", usage->name, o->name, o->argument), wrong();
    *o->text = text;
    return COMMAND_RUN;
}

command_result_t command_parse(const command_usage_t *usage, int argc, char **argv, int *first, why_t *why)
{
    enum { MOST = 40 };
    struct option list[MOST + 2] = { 0 };
    unsigned n = usage->n_options < MOST ? usage->n_options : MOST;
    for (unsigned i = 0; i < n; i++)
        list[i] = (struct option){ usage->options[i].name, usage->options[i].argument ? required_argument : no_argument, NULL, (int)i };
    list[n] = (struct option){ "help", no_argument, NULL, (int)n };
    options_restart();
    int chosen = -1;
    for (int answer; (answer = getopt_long_only(argc, argv, usage->options_first ? "+:" : ":", list, &chosen)) != -1;) {
        const char *word = argv[optind - 1];
        if (answer == '?') return refuse(why, "%s has no option %s; doppel help %s lists them", usage->name, word, usage->name), wrong();
        if (answer == ':') return refuse(why, "%s: %s wants a value after it", usage->name, word), wrong();
        if (chosen == (int)n) {
            usage_help(usage);
            return COMMAND_HELPED;
        }
        if (take(usage, &usage->options[chosen], optarg ? optarg : "", why) != COMMAND_RUN) return COMMAND_WRONG;
    }
    *first = optind;
    return COMMAND_RUN;
}

bool command_number(const char *text, u64 *value)
{
    size_t n = strlen(text);
    bool hex = n && (text[n - 1] == 'h' || text[n - 1] == 'H');
    if (!n || !strchr("0123456789abcdefABCDEF", text[0])) return false;
    char *end;
    errno = 0;
    u64 v = strtoull(text, &end, hex || text[1] == 'x' || text[1] == 'X' ? 16 : 10), unit = 1;
    if (errno == ERANGE) return false;
    if (hex) end++;
    else if (*end && strchr("kKmMgG", *end)) {
        unit = strchr("kK", *end) ? 1u << 10 : strchr("mM", *end) ? 1u << 20 : 1u << 30;
        end++;
    }
    if (end != text + n || v > UINT64_MAX / unit) return false;
    *value = v * unit;
    return true;
}
