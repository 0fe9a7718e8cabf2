/* dialogue.c - a conversation with a program that has a guest's serial line: ./dialogue SCRIPT PROGRAM ARGS...
 *
 * SCRIPT has a line for each step, two words apart by a TAB: what to wait for, what to answer then.  The line is a pseudo-terminal: the program's standard
 * input and output, and by name in the environment's TTY for one that opens it itself.  Ends with the program's status; 2: a step did not come.  What
 * was said goes to standard error.  For speed.sh. */
#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 1200000 };

static char heard[65536];
static size_t n_heard;

static FILE *marks;
static clockid_t child_clock;
static char line_said[256];
static size_t n_line;

static void note(char c)
{
    if (c != '\n' && c != '\r') {
        if (n_line < sizeof line_said - 1)
            line_said[n_line++] = c;
        return;
    }
    line_said[n_line] = 0;
    n_line = 0;
    const char *mark = strstr(line_said, "MARK ");
    struct timespec t;
    if (marks && mark && clock_gettime(child_clock, &t) == 0)
        fprintf(marks, "%ld.%06ld %s\n", (long)t.tv_sec, t.tv_nsec / 1000, mark + 5);
}

/* What came since the last answer, the older half forgotten when it is too much; false: the program is gone, or silent for too long. */
static int listen_to(int line)
{
    struct pollfd p = { .fd = line, .events = POLLIN };
    if (poll(&p, 1, PATIENCE_MS) <= 0)
        return 0;
    if (n_heard > sizeof heard / 2) {
        memmove(heard, heard + n_heard - 4096, 4096);
        n_heard = 4096;
    }
    ssize_t n = read(line, heard + n_heard, sizeof heard - 1 - n_heard);
    if (n <= 0)
        return 0;
    (void)!write(2, heard + n_heard, (size_t)n);
    for (ssize_t i = 0; i < n; i++) {
        char *c = &heard[n_heard + (size_t)i];
        note(*c);
        if (!*c)
            *c = ' ';
    }
    n_heard += (size_t)n;
    heard[n_heard] = 0;
    return 1;
}

static int answer(int line, const char *text)
{
    n_heard = 0;
    heard[0] = 0;
    return write(line, text, strlen(text)) >= 0 && write(line, "\n", 1) == 1;
}

static int follow(int line, FILE *script)
{
    char step[2048];
    while (fgets(step, sizeof step, script)) {
        step[strcspn(step, "\n")] = 0;
        char *tab = strchr(step, '\t');
        if (!tab)
            continue;
        *tab = 0;
        while (!strstr(heard, step))
            if (!listen_to(line))
                return 0;
        if (!answer(line, tab + 1))
            return 0;
    }
    while (listen_to(line))
        ;
    return 1;
}

static void become(char **argv, const char *name)
{
    setenv("TTY", name, 1);
    int fd = open(name, O_RDWR | O_NOCTTY);
    if (fd < 0 || dup2(fd, 0) < 0 || dup2(fd, 1) < 0)
        _exit(127);
    execvp(argv[0], argv);
    _exit(127);
}

int main(int argc, char **argv)
{
    FILE *script = argc > 2 ? fopen(argv[1], "r") : NULL;
    int line = posix_openpt(O_RDWR | O_NOCTTY), status = 0;
    if (!script || line < 0 || grantpt(line) || unlockpt(line))
        return 2;
    char name[256];
    snprintf(name, sizeof name, "%s", ptsname(line));
    struct termios raw;
    int slave = open(name, O_RDWR | O_NOCTTY);
    if (slave < 0 || tcgetattr(slave, &raw))
        return 2;
    cfmakeraw(&raw);
    tcsetattr(slave, TCSANOW, &raw);
    pid_t child = fork();
    if (child == 0)
        become(argv + 2, name);
    marks = getenv("MARKS") ? fopen(getenv("MARKS"), "w") : NULL;
    if (child > 0 && clock_getcpuclockid(child, &child_clock))
        marks = NULL;
    close(slave);                                              /* now only the child has it: reading ends when the child does */
    int done = child > 0 && follow(line, script);
    if (!done && child > 0)
        kill(child, 15);
    if (marks)
        fclose(marks);
    if (child < 0 || waitpid(child, &status, 0) != child || !done)
        return 2;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
