/* serial.c - destinations of ports on the host (INTERFACE: stdio, file:PATH, null, pty).
 *
 * Output is gathered and written once per slice.  A pseudo-terminal nobody reads loses what does not fit, as a line
 * without a listener does; stdout and files get everything, and a write that fails is said once, with the name. */
#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE
#include "frontend/output.h"
#include "frontend/serial.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static bool open_pty(port_t *port, why_t *why)
{
    int fd = posix_openpt(O_RDWR | O_NOCTTY);
    const char *name = NULL;
    if (fd < 0 || grantpt(fd) != 0 || unlockpt(fd) != 0 || !(name = ptsname(fd))) {
        int error = errno;
        if (fd >= 0) close(fd);
        return refuse(why, "%s: cannot make a pseudo-terminal: %s", port->name, strerror(error));
    }
    struct termios t;
    if (tcgetattr(fd, &t) == 0) {                       /* a plain line: no echo, no translation */
        t.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG | IEXTEN);
        t.c_oflag &= ~(tcflag_t)OPOST;
        t.c_iflag &= ~(tcflag_t)(ICRNL | IXON);
        tcsetattr(fd, TCSANOW, &t);
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    port->in = port->out = fd;
    say("%s is %s", port->name, name);
    return true;
}

bool port_open(port_t *port, const char *option, const char *destination, why_t *why)
{
    *port = (port_t){ .kind = PORT_NULL, .in = -1, .out = -1 };
    if (!destination) return true;
    snprintf(port->name, sizeof port->name, "-%s %s", option, destination);
    if (strcmp(destination, "null") == 0) return true;
    if (strcmp(destination, "stdio") == 0) {
        port->kind = PORT_STDIO;
        port->in = STDIN_FILENO;
        port->out = STDOUT_FILENO;
        return true;
    }
    if (strcmp(destination, "pty") == 0) {
        if (!open_pty(port, why)) return false;
        port->kind = PORT_PTY;
        return true;
    }
    if (strncmp(destination, "file:", 5) != 0 || !destination[5])
        return refuse(why, "%s: a port goes to stdio, file:PATH, null or pty", port->name);
    if (!output_allowed(destination + 5, why)) return false;
    port->out = open(destination + 5, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (port->out >= 0) port->kind = PORT_FILE;
    return port->out >= 0 || refuse(why, "%s: cannot write the file: %s", port->name, strerror(errno));
}

void port_put(port_t *port, u8 byte)
{
    if (port->kind == PORT_NULL || port->failed) return;
    if (port->used == PORT_BUFFER) port_flush(port);
    if (port->used < PORT_BUFFER) port->buffer[port->used++] = byte;
}

void port_flush(port_t *port)
{
    u32 done = 0;
    while (done < port->used && !port->failed) {
        ssize_t n = write(port->out, port->buffer + done, port->used - done);
        if (n >= 0) { done += (u32)n; continue; }
        if (errno == EINTR) continue;
        if (port->kind == PORT_PTY) break;              /* full, or nobody there: lost */
        if (errno == EAGAIN) { poll(&(struct pollfd){ .fd = port->out, .events = POLLOUT }, 1, 100); continue; }
        port->failed = true;
        say("%s: cannot write: %s; what the port sends from now on is lost", port->name, strerror(errno));
    }
    port->used = 0;
}

unsigned port_get(port_t *port, u8 *to, unsigned most)
{
    struct pollfd in = { .fd = port->in, .events = POLLIN };
    if (port->in < 0 || port->input_ended || poll(&in, 1, 0) <= 0 || !(in.revents & (POLLIN | POLLHUP | POLLNVAL))) return 0;
    if (port->kind == PORT_PTY && !(in.revents & POLLIN)) return 0;      /* no one has the other end open now */
    ssize_t n = read(port->in, to, most);
    if (port->kind == PORT_STDIO && (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))) port->input_ended = true;
    return n > 0 ? (unsigned)n : 0;
}

void port_close(port_t *port)
{
    port_flush(port);
    if (port->kind == PORT_FILE && close(port->out) != 0 && !port->failed) say("%s: cannot write: %s", port->name, strerror(errno));
    if (port->kind == PORT_PTY) close(port->out);
    *port = (port_t){ .kind = PORT_NULL, .in = -1, .out = -1 };
}
