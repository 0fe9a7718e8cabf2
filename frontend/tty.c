/* tty.c - POSIX termios, and the promise that a terminal taken is given back: at exit, on a fatal signal (which then
 * goes its way), and on SIGTSTP until SIGCONT.
 *
 * What signal handlers need is in file-scope variables, of the program, not of any machine; handlers call only
 * async-signal-safe functions (POSIX.1-2008, 2.4.3). */
#define _DEFAULT_SOURCE
#include "frontend/tty.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios before;
static volatile sig_atomic_t taken, changed;
static const char *farewell = "";
static bool at_end;
static int real_stderr = -1, held_messages = -1;

static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT };
static struct sigaction fatal_before[COUNT_OF(fatal)];

void tty_write(const char *bytes, size_t n)
{
    while (n) {
        ssize_t done = write(STDOUT_FILENO, bytes, n);
        if (done < 0 && errno == EAGAIN) poll(&(struct pollfd){ .fd = STDOUT_FILENO, .events = POLLOUT }, 1, 100);
        else if (done < 0 && errno != EINTR) return;
        if (done > 0) { bytes += done; n -= (size_t)done; }
    }
}

static void make_raw(void)
{
    struct termios raw = before;
    raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INLCR | IGNCR | ISTRIP | IXON);
    raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static void release_messages(void)
{
    if (held_messages < 0) return;
    char bytes[512];
    dup2(real_stderr, STDERR_FILENO);
    lseek(held_messages, 0, SEEK_SET);
    for (ssize_t n; (n = read(held_messages, bytes, sizeof bytes)) > 0;)
        if (write(STDERR_FILENO, bytes, (size_t)n) != n) break;
    close(held_messages);
    close(real_stderr);
    held_messages = real_stderr = -1;
}

static void hold(void)
{
    FILE *file = tmpfile();
    if (!file || !isatty(STDERR_FILENO)) { if (file) fclose(file); return; }
    real_stderr = dup(STDERR_FILENO);
    held_messages = dup(fileno(file));
    fclose(file);
    fflush(stderr);
    dup2(held_messages, STDERR_FILENO);
}

void tty_restore(void)
{
    if (!taken) return;
    taken = 0;
    tty_write(farewell, strlen(farewell));
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    release_messages();
}

static void on_fatal(int number)
{
    tty_restore();
    for (unsigned i = 0; i < COUNT_OF(fatal); i++)
        if (fatal[i] == number) sigaction(number, &fatal_before[i], NULL);
    raise(number);
}

static void on_stop(int number)
{
    (void)number;
    int error = errno;
    tty_write(farewell, strlen(farewell));
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    raise(SIGSTOP);
    make_raw();                          /* SIGCONT brings us here */
    changed = 1;
    errno = error;
}

static void on_resize(int number) { (void)number; changed = 1; }

static void watch_signals(void)
{
    struct sigaction action = { .sa_handler = on_fatal };
    sigemptyset(&action.sa_mask);
    for (unsigned i = 0; i < COUNT_OF(fatal); i++) sigaction(fatal[i], &action, &fatal_before[i]);
    action.sa_handler = on_stop;
    action.sa_flags = SA_RESTART;
    sigaction(SIGTSTP, &action, NULL);
    action.sa_handler = on_resize;
    sigaction(SIGWINCH, &action, NULL);
}

bool tty_take(const char *goodbye, bool hold_messages)
{
    if (taken || tcgetattr(STDIN_FILENO, &before) != 0) return false;
    farewell = goodbye;
    atexit(tty_restore);
    watch_signals();
    taken = 1;
    if (hold_messages) hold();
    make_raw();
    return true;
}

unsigned tty_read(u8 *to, unsigned most)
{
    struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
    if (at_end || poll(&in, 1, 0) <= 0 || !(in.revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL))) return 0;
    ssize_t n = read(STDIN_FILENO, to, most);
    at_end = n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN);
    return n > 0 ? (unsigned)n : 0;
}

bool tty_ended(void) { return at_end; }

void tty_size(unsigned *columns, unsigned *rows)
{
    struct winsize size = { 0 };
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row;
    *columns = known ? size.ws_col : 80;
    *rows = known ? size.ws_row : 25;
}

bool tty_changed(void)
{
    bool was = changed;
    changed = 0;
    return was;
}
