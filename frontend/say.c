/* say.c - messages for the person in front of the emulator: one sentence each, on stderr (INTERFACE: bad input ends with
 * one clear sentence and status 1).  Also the host's monotonic clock, which pacing and the progress line go by. */
#define _DEFAULT_SOURCE
#include "frontend/say.h"
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static bool progress_stands;     /* on the terminal, not in any machine */

bool refuse(why_t *why, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(why->text, sizeof why->text, format, list);
    va_end(list);
    return false;
}

void say_progress(const char *text)
{
    if (!isatty(STDERR_FILENO) || (!*text && !progress_stands)) return;
    fprintf(stderr, "\r\033[K%s", text);
    fflush(stderr);
    progress_stands = *text;
}

void say(const char *format, ...)
{
    va_list list;
    say_progress("");
    va_start(list, format);
    fputs("doppel: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
}

int say_hush(void)
{
    fflush(stderr);
    int kept = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) {
        dup2(nowhere, STDERR_FILENO);
        close(nowhere);
    }
    return kept;
}

void say_again(int hushed)
{
    if (hushed < 0) return;
    dup2(hushed, STDERR_FILENO);
    close(hushed);
}

u64 host_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}
