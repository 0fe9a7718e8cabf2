/* commands.h - the commands beside running a machine: `doppel disasm ...`.  The first word of the command line is looked up here; what is no
 * command is an image (a file that is called like a command opens as ./disasm). */
#pragma once
#include "frontend/say.h"

/* One per command, in the table of commands.c.  `run` gets the command line from the command's name on, its answer is the exit status; it
 * answers --help itself, which `doppel help NAME` asks it for. */
typedef struct { const char *name, *help; int (*run)(int argc, char **argv); } command_t;

const command_t *command_find(const char *word);                    /* NULL: there is none of this name */
void commands_list(void);                                           /* a line each on the standard output */

/* ---- for those who write one ---- */

/* An option of a command: one or two dashes, as everywhere.  A flag if it has no argument. */
typedef struct {
    const char *name, *argument, *help;
    bool        *flag;                                              /* set; or */
    const char **text;                                              /* the argument, pointing into argv; twice is refused */
} command_option_t;

typedef struct {
    const char *name, *synopsis;                                    /* "disasm", "[options] BYTES" */
    const char *about;                                              /* what it does, and examples */
    const command_option_t *options;
    unsigned    n_options;
    bool        options_first;                                      /* the first word that is no option ends the options */
} command_usage_t;

typedef enum { COMMAND_RUN, COMMAND_HELPED, COMMAND_WRONG } command_result_t;
/* Read the options; the words that are none stand in argv[*first] and after.  HELPED: help was written to stdout.  WRONG: why says it. */
command_result_t command_parse(const command_usage_t *usage, int argc, char **argv, int *first, why_t *why);

/* A number as people write it here: 4096, 0x1000, 1000h, with K, M or G behind a decimal one. */
bool command_number(const char *text, u64 *value);

/* The commands. */
int command_help(int argc, char **argv);
int command_conform(int argc, char **argv);
int command_disasm(int argc, char **argv);
int command_trace(int argc, char **argv);
int command_diff(int argc, char **argv);
int command_record(int argc, char **argv);
