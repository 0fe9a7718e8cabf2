/* lacking.c - says once what the emulator does not implement when a guest reaches for it.
 * The list is about the program, not about a machine: it is no machine state. */
#include "mem/base.h"
#include <stdio.h>

enum { MAX_SAID = 256 };

static const char *said[MAX_SAID];
static unsigned n_said;
static bool quiet_now;

void lacking(const char *what)
{
    for (unsigned i = 0; i < n_said; i++)
        if (strcmp(said[i], what) == 0)
            return;
    if (n_said == MAX_SAID)
        return;
    said[n_said++] = what;
    if (!quiet_now)
        fprintf(stderr, "doppel: not implemented: %s\n", what);
}

unsigned lacking_count(void) { return n_said; }
void lacking_quiet(bool quiet) { quiet_now = quiet; }
