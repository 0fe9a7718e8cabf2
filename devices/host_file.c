/* host_file.c - finishes what the host's calls may do by halves: short reads and writes, interruptions (POSIX.1-2017, pread,
 * pwrite: "may return fewer bytes", EINTR).
 *
 * An interrupted sync is repeated: it has not failed.  A failed one is never repeated here: the kernel may have dropped the
 * pages and report success the second time; disk.c makes such a failure final. */
#include "devices/host_file.h"
#include <errno.h>

enum { MAX_INTERRUPTIONS = 1000 };           /* in a row without a byte of progress: then it is an error */

static int failed(int result) { return result < 0 ? -result : 0; }

int host_open(host_file_t *file, const host_calls_t *calls, const char *path, bool write)
{
    *file = (host_file_t){ .calls = calls, .writable = write };
    file->handle = calls->open(calls, path, write);
    if (write && (file->handle == -EACCES || file->handle == -EROFS || file->handle == -EPERM)) {
        file->writable = false;
        file->handle = calls->open(calls, path, false);
    }
    if (file->handle < 0)
        return -file->handle;
    int error = failed(calls->examine(calls, file->handle, &file->kind, &file->bytes));
    if (error)
        host_close(file);
    return error;
}

int host_temporary(host_file_t *file, const host_calls_t *calls, const char *folder)
{
    *file = (host_file_t){ .calls = calls, .writable = true };
    file->handle = calls->temporary(calls, folder);
    return failed(file->handle);
}

/* One piece of a transfer is through: counts it.  0: go on, else an errno value. */
static int progress(s64 done, u32 *at, u32 bytes, unsigned *interruptions, int at_end)
{
    if (done == -EINTR)
        return ++*interruptions > MAX_INTERRUPTIONS ? EINTR : 0;
    if (done < 0)
        return (int)-done;
    if (done == 0)
        return at_end;
    if ((u64)done > bytes - *at)             /* no host does this */
        return EIO;
    *interruptions = 0;
    *at += (u32)done;
    return 0;
}

int host_read(host_file_t *file, u64 offset, void *to, u32 bytes)
{
    unsigned interruptions = 0;
    int error = 0;
    for (u32 at = 0; at < bytes && !error; ) {
        s64 done = file->calls->read(file->calls, file->handle, offset + at, (u8 *)to + at, bytes - at);
        error = progress(done, &at, bytes, &interruptions, ENODATA);
    }
    return error;
}

int host_write(host_file_t *file, u64 offset, const void *from, u32 bytes)
{
    unsigned interruptions = 0;
    int error = 0;
    for (u32 at = 0; at < bytes && !error; ) {
        s64 done = file->calls->write(file->calls, file->handle, offset + at, (const u8 *)from + at, bytes - at);
        error = progress(done, &at, bytes, &interruptions, ENOSPC);
    }
    return error;
}

int host_sync(host_file_t *file)
{
    int result = -EINTR;
    for (unsigned i = 0; result == -EINTR && i <= MAX_INTERRUPTIONS; i++)
        result = file->calls->sync(file->calls, file->handle);
    return failed(result);
}

int host_lock(host_file_t *file, bool exclusive, host_holder_t *holder)
{
    *holder = (host_holder_t){ 0 };
    return failed(file->calls->lock(file->calls, file->handle, exclusive, holder));
}

void host_close(host_file_t *file)
{
    if (file->handle >= 0)
        file->calls->close(file->calls, file->handle);
    file->handle = -1;
}
