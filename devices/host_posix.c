/* host_posix.c - the host's files on a POSIX system: see host_file.h.
 *
 * Locks are open-file-description locks (Linux fcntl(2), F_OFD_SETLK; in POSIX since Issue 8): they conflict inside one process
 * too, belong to the file and not to its name, and vanish with the process however it dies.  Beside them stands a lock of flock(2),
 * which on Linux does not meet those of fcntl(2) but is what scripts and other programs take; where a file system has no locks at
 * all, we go on without.
 *
 * A writer locks the whole file for itself.  A reader locks the bytes by which QEMU says "I read, nobody may write or resize"
 * and looks at those by which QEMU says "I write, I resize" (QEMU block/file-posix.c: bytes 100 + n for what one does, 200 + n for
 * what one does not share; n = 0 read, 1 write, 3 resize), so the two programs see each other. */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include "devices/host_file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DOES = 100, KEEPS_OTHERS_FROM = 200, READING = 0, WRITING = 1, RESIZING = 3 };

static int result(int r) { return r < 0 ? -errno : r; }

static int open_file(const host_calls_t *host, const char *path, bool write)
{
    (void)host;
    return result(open(path, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));   /* a pipe does not make us wait */
}

static int temporary(const host_calls_t *host, const char *folder)
{
    (void)host;
    char path[4096];
    if (snprintf(path, sizeof path, "%s/doppel-XXXXXX", folder) >= (int)sizeof path)
        return -ENAMETOOLONG;
    int handle = mkostemp(path, O_CLOEXEC);
    if (handle >= 0)
        unlink(path);
    return result(handle);
}

static int examine(const host_calls_t *host, int handle, host_kind_t *kind, u64 *bytes)
{
    (void)host;
    struct stat s;
    if (fstat(handle, &s) < 0)
        return -errno;
    *kind = S_ISREG(s.st_mode) ? HOST_FILE : S_ISBLK(s.st_mode) ? HOST_BLOCK_DEVICE : S_ISDIR(s.st_mode) ? HOST_FOLDER : HOST_OTHER;
    *bytes = (u64)s.st_size;
    if (*kind == HOST_BLOCK_DEVICE) {
        off_t end = lseek(handle, 0, SEEK_END);
        if (end < 0)
            return -errno;
        *bytes = (u64)end;
    }
    return 0;
}

static s64 read_some(const host_calls_t *host, int handle, u64 offset, void *to, u32 bytes)
{
    (void)host;
    ssize_t done = pread(handle, to, bytes, (off_t)offset);
    return done < 0 ? -errno : done;
}

static s64 write_some(const host_calls_t *host, int handle, u64 offset, const void *from, u32 bytes)
{
    (void)host;
    ssize_t done = pwrite(handle, from, bytes, (off_t)offset);
    return done < 0 ? -errno : done;
}

static int sync_file(const host_calls_t *host, int handle)
{
    (void)host;
#if defined(_POSIX_SYNCHRONIZED_IO) && _POSIX_SYNCHRONIZED_IO > 0
    return result(fdatasync(handle));
#else
    return result(fsync(handle));
#endif
}

static void close_file(const host_calls_t *host, int handle)
{
    (void)host;
    close(handle);
}

/* ---- who holds a lock: the kernel names no process for these locks, so look at who has the file open and locked (proc(5)) ---- */

static bool has_lock(const char *fdinfo)
{
    char line[256];
    bool found = false;
    FILE *f = fopen(fdinfo, "re");
    for (int i = 0; f && !found && i < 64 && fgets(line, sizeof line, f); i++)
        found = strncmp(line, "lock:", 5) == 0;
    if (f)
        fclose(f);
    return found;
}

static bool process_locks(const char *pid, const struct stat *file)
{
    char path[600];
    struct stat s;
    snprintf(path, sizeof path, "/proc/%.32s/fd", pid);
    DIR *folder = opendir(path);
    bool found = false;
    for (struct dirent *e; folder && !found && (e = readdir(folder)); ) {
        snprintf(path, sizeof path, "/proc/%.32s/fd/%s", pid, e->d_name);
        if (stat(path, &s) < 0 || s.st_dev != file->st_dev || s.st_ino != file->st_ino)
            continue;
        snprintf(path, sizeof path, "/proc/%.32s/fdinfo/%s", pid, e->d_name);
        found = has_lock(path);
    }
    if (folder)
        closedir(folder);
    return found;
}

static void name_holder(int handle, host_holder_t *holder)
{
    struct stat file;
    DIR *processes = opendir("/proc");
    if (!processes || fstat(handle, &file) < 0) {
        if (processes) closedir(processes);
        return;
    }
    for (struct dirent *e; !holder->pid && (e = readdir(processes)); ) {
        if (e->d_name[0] < '1' || e->d_name[0] > '9' || !process_locks(e->d_name, &file))
            continue;
        holder->pid = strtol(e->d_name, NULL, 10);
        holder->ourselves = holder->pid == (long)getpid();
        char path[600];
        snprintf(path, sizeof path, "/proc/%.32s/comm", e->d_name);
        FILE *f = fopen(path, "re");
        if (f && fgets(holder->program, sizeof holder->program, f))
            holder->program[strcspn(holder->program, "\n")] = 0;
        if (f) fclose(f);
    }
    closedir(processes);
}

/* ---- locks ---- */

#ifdef F_OFD_SETLK

static struct flock span(short type, off_t first, off_t bytes)
{
    return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = first, .l_len = bytes };   /* 0 bytes: to the end and beyond */
}

static int take(int handle, short type, off_t first, off_t bytes)
{
    struct flock lock = span(type, first, bytes);
    return result(fcntl(handle, F_OFD_SETLK, &lock));
}

/* Would a lock of this type meet somebody else's? */
static bool meets(int handle, short type, off_t first, off_t bytes)
{
    struct flock lock = span(type, first, bytes);
    return fcntl(handle, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static int lock_as_reader(int handle)
{
    static const off_t said[] = { DOES + READING, KEEPS_OTHERS_FROM + WRITING, KEEPS_OTHERS_FROM + RESIZING };
    int r = 0;
    for (unsigned i = 0; i < COUNT_OF(said) && r == 0; i++)
        r = take(handle, F_RDLCK, said[i], 1);
    if (r == 0 && (meets(handle, F_WRLCK, DOES + WRITING, 1) || meets(handle, F_WRLCK, DOES + RESIZING, 1)))
        r = -EAGAIN;
    return r;
}

static int lock_ofd(int handle, bool exclusive, host_holder_t *holder)
{
    int r = exclusive ? take(handle, F_WRLCK, 0, 0) : lock_as_reader(handle);
    if (r == -EACCES)                                     /* POSIX allows either for "held" */
        r = -EAGAIN;
    if (r == -EAGAIN) {
        take(handle, F_UNLCK, 0, 0);                      /* a reader's first bytes */
        holder->writes = meets(handle, F_RDLCK, 0, 0) || meets(handle, F_WRLCK, DOES + WRITING, 1);
    }
    return r;
}

#else
static int lock_ofd(int handle, bool exclusive, host_holder_t *holder) { (void)handle; (void)exclusive; (void)holder; return -EINVAL; }
#endif

static bool not_here(int r) { return r == -ENOLCK || r == -EOPNOTSUPP || r == -EINVAL || r == -ENOSYS; }

static int lock_whole(int handle, bool exclusive, host_holder_t *holder)
{
    int r = result(flock(handle, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB));
    if (r == -EWOULDBLOCK)
        holder->writes = !exclusive || flock(handle, LOCK_SH | LOCK_NB) < 0;
    return r == -EWOULDBLOCK ? -EAGAIN : r;
}

static int lock_file(const host_calls_t *host, int handle, bool exclusive, host_holder_t *holder)
{
    (void)host;
    int r = lock_ofd(handle, exclusive, holder);
    if (r == 0 || not_here(r))
        r = lock_whole(handle, exclusive, holder);
    if (r == -EAGAIN)
        name_holder(handle, holder);
    return not_here(r) ? 0 : r;                            /* no locks there: go on without */
}

const host_calls_t host_posix = {
    .open = open_file, .temporary = temporary, .examine = examine, .lock = lock_file,
    .read = read_some, .write = write_some, .sync = sync_file, .close = close_file
};
