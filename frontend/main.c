/* main.c - the program: a command (commands.c), or options, a session, an exit status.
 *
 * Exit status (INTERFACE): 0 the guest powered off or a script said quit, 1 the command line or the host, 2 triple fault
 * with -no-reboot, 3 a script's wait failed, 4 time is up; with isa-debug-exit what the guest said. */
#define _DEFAULT_SOURCE
#include "frontend/commands.h"
#include "frontend/session.h"
#include "frontend/tty.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static volatile sig_atomic_t asked_to_end;

int session_signal(void) { return asked_to_end; }

/* Once: end in good order.  Twice: at once. */
static void on_signal(int number)
{
    if (asked_to_end) { tty_restore(); _Exit(STATUS_TROUBLE); }
    asked_to_end = number;
}

/* What was ignored when we were started (by nohup, or by a shell for a job in the background) stays so. */
static void watch_signals(void)
{
    static const int ends[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction action = { .sa_handler = on_signal }, before;
    sigemptyset(&action.sa_mask);
    for (unsigned i = 0; i < COUNT_OF(ends); i++)
        if (sigaction(ends[i], NULL, &before) != 0 || before.sa_handler != SIG_IGN) sigaction(ends[i], &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);       /* a reader that went away is a failed write, said by name */
    sigaction(SIGXFSZ, &action, NULL);       /* so is a file that may not grow */
}

/* A standard stream that is closed would be the next file that is opened: a message would be written into a disk image. */
static bool occupy_standard_streams(void)
{
    int fd;
    do fd = open("/dev/null", O_RDWR); while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd < 0) return false;
    close(fd);
    return true;
}

/* What was written to the standard output is only said when it has arrived there. */
static int written(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    say("cannot write to the standard output: %s", strerror(errno));
    return STATUS_TROUBLE;
}

int main(int argc, char **argv)
{
    if (!occupy_standard_streams()) return STATUS_TROUBLE;
    const command_t *command = argc > 1 ? command_find(argv[1]) : NULL;
    if (command) {
        watch_signals();
        return written(command->run(argc - 1, argv + 1));
    }
    options_t options;
    why_t why = { "" };
    switch (options_parse(&options, argc, argv, &why)) {
    case OPTIONS_DONE: return written(STATUS_GOOD);
    case OPTIONS_WRONG: say("%s", why.text); return STATUS_TROUBLE;
    case OPTIONS_RUN: break;
    }
    watch_signals();
    session_t *session = session_open(&options, &why);
    if (!session) { say("%s", why.text); return STATUS_TROUBLE; }
    session_run(session);
    return session_close(session);
}
