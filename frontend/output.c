/* output.c - a file that the program is told to write (-serial file:, -screenshot, -stats, a script's text) loses what was in
 * it.  Every image in use has a flock(2) (devices/host_posix.c), of this machine and of others, under whatever name: such a file
 * is refused.  Looked at just before the file is opened; a program that locks it in between is not seen. */
#define _DEFAULT_SOURCE
#include "frontend/output.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

bool output_allowed(const char *path, why_t *why)
{
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) return true;       /* opening it says what is wrong */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool used = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (fd >= 0) close(fd);
    return !used || refuse(why, "%s is in use, as a disk image or by another program, and would be overwritten; name another file", path);
}
