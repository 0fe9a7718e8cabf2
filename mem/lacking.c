/* lacking.c - says once what the emulator does not implement when a guest reaches for it.
 * The list is about the program, not about a machine: it is no machine state.  Machines may run on several threads. */
#include "mem/base.h"
#include <stdatomic.h>
#include <stdio.h>

enum { MAX_SAID = 256 };

static const char *said[MAX_SAID];
static unsigned n_said;
static bool quiet_now;
static atomic_flag taken = ATOMIC_FLAG_INIT;

static bool is_new(const char *what)
{
    for (unsigned i = 0; i < n_said; i++)
        if (strcmp(said[i], what) == 0)
            return false;
    if (n_said == MAX_SAID)
        return false;
    said[n_said++] = what;
    return true;
}

void lacking(const char *what)
{
    while (atomic_flag_test_and_set_explicit(&taken, memory_order_acquire)) {}
    bool say = is_new(what) && !quiet_now;
    atomic_flag_clear_explicit(&taken, memory_order_release);
    if (say)
        fprintf(stderr, "doppel: not implemented: %s\n", what);
}

unsigned lacking_count(void) { return n_said; }
void lacking_quiet(bool quiet) { quiet_now = quiet; }
