/* disk.c - the front of every disk (bounds, counting, the final failure), and opening a file as one: what it is by content,
 * whether it may be used, and the sentence for the person where it may not.
 *
 * Content, in this order: QCOW2 by its magic (QEMU docs/interop/qcow2.rst), ISO 9660 by the volume descriptor (ECMA-119 8.1:
 * "CD001" at 32769), a floppy by its size, a Linux kernel by its set-up header (Linux Documentation/arch/x86/boot.rst: 55AAh at
 * 1FEh, "HdrS" at 202h), and a hard disk where the size is whole sectors.
 *
 * A file that may only be read makes a write-protected floppy, as the notch of the real one does; a hard disk has no such
 * notch, so it is refused, as QEMU refuses it, and -snapshot is the way to use it. */
#include "devices/disk_formats.h"
#include <errno.h>
#include <stdio.h>

/* ---- the front ---- */

bool disk_read(disk_t *disk, u64 offset, void *to, u32 bytes)
{
    if (!range_ok(offset, bytes, disk->bytes))
        return false;
    if (!disk->ops->read(disk, offset, to, bytes))
        return false;
    disk->n_read += bytes;
    return true;
}

bool disk_write(disk_t *disk, u64 offset, const void *from, u32 bytes)
{
    if (disk->read_only || disk->failed || !range_ok(offset, bytes, disk->bytes))
        return false;
    if (!disk->ops->write(disk, offset, from, bytes))
        return false;
    disk->n_written += bytes;
    return true;
}

bool disk_flush(disk_t *disk)
{
    if (disk->failed)
        return false;
    if (!disk->read_only && !disk->ops->flush(disk)) {
        disk->failed = true;         /* what was written since the last flush may be lost: never acknowledge again */
        return false;
    }
    disk->n_flushed++;
    return true;
}

void disk_close(disk_t *disk)
{
    if (disk)
        disk->ops->close(disk);
}

/* ---- troubles ---- */

bool disk_read_trouble(disk_t *disk, u64 offset, int error)
{
    if (error == ENODATA)
        snprintf(disk->trouble, sizeof disk->trouble, "%s ends before byte %llu: another program made it shorter while it was in use; the guest got a read error",
                 disk->name, (unsigned long long)offset);
    else
        snprintf(disk->trouble, sizeof disk->trouble, "%s cannot be read at byte %llu: %s; the guest got a read error, check the host's disk",
                 disk->name, (unsigned long long)offset, strerror(error));
    return false;
}

bool disk_write_trouble(disk_t *disk, int error)
{
    const char *help = error == ENOSPC || error == EDQUOT ? "free some space on the host's disk and let the guest try again"
                     : error == EFBIG ? "the host does not let this file grow so large" : "check the host's disk";
    snprintf(disk->trouble, sizeof disk->trouble, "%s cannot be written: %s; the guest got a write error, %s", disk->name, strerror(error), help);
    return false;
}

bool disk_flush_trouble(disk_t *disk, int error)
{
    snprintf(disk->trouble, sizeof disk->trouble, "%s could not be saved by the host: %s; nothing more is written to it, check the host's disk and the image before using it again",
             disk->name, strerror(error));
    return false;
}

/* ---- what a file is ---- */

bool disk_is_floppy_size(u64 bytes)
{
    static const u16 kib[] = { 160, 180, 320, 360, 640, 720, 800, 820, 1200, 1440, 1600, 1680, 1720, 2880 };
    for (unsigned i = 0; i < COUNT_OF(kib); i++)
        if (bytes == (u64)kib[i] * 1024)
            return true;
    return false;
}

/* Do these bytes stand there?  A file too short for them has others; a file that cannot be read is a failure. */
static int has(host_file_t *file, u64 offset, const char *text, u32 bytes, bool *yes)
{
    u8 found[8];
    *yes = false;
    if (!range_ok(offset, bytes, file->bytes) || bytes > sizeof found)
        return 0;
    int error = host_read(file, offset, found, bytes);
    *yes = !error && memcmp(found, text, bytes) == 0;
    return error;
}

static int recognise(host_file_t *file, image_kind_t *kind)
{
    bool qcow2 = false, cd = false, boot = false, kernel = false;
    int error = has(file, 0, "QFI\xFB", 4, &qcow2);
    if (!error) error = has(file, 32769, "CD001", 5, &cd);
    if (!error) error = has(file, 0x1FE, "\x55\xAA", 2, &boot);
    if (!error) error = has(file, 0x202, "HdrS", 4, &kernel);
    *kind = qcow2 ? IMAGE_QCOW2 : cd ? IMAGE_CD
          : disk_is_floppy_size(file->bytes) ? IMAGE_FLOPPY
          : boot && kernel ? IMAGE_KERNEL
          : file->bytes && file->bytes % SECTOR_BYTES == 0 ? IMAGE_HARD_DISK : IMAGE_UNKNOWN;
    return error;
}

/* ---- opening; each step writes its sentence and returns false where it ends ---- */

static bool say_open(const char *path, int error, char *why, size_t n)
{
    switch (error) {
    case ENOENT: case ENOTDIR:
        snprintf(why, n, "%s: there is no such file; check the name (an empty disk of 100 MB is made by: truncate -s 100M FILE)", path);
        break;
    case EACCES: case EPERM:
        snprintf(why, n, "%s: no permission to read it; allow it with chmod u+r, or ask its owner", path);
        break;
    case EISDIR:
        snprintf(why, n, "%s is a folder, not a disk image; name a file in it", path);
        break;
    case ENAMETOOLONG:
        snprintf(why, n, "%.60s... cannot be opened: the name is too long", path);
        break;
    default:
        snprintf(why, n, "%s cannot be opened: %s", path, strerror(error));
    }
    return false;
}

static bool check_kind(const host_file_t *file, const char *path, char *why, size_t n)
{
    if (file->kind == HOST_FOLDER)
        return say_open(path, EISDIR, why, n);
    if (file->kind == HOST_OTHER) {
        snprintf(why, n, "%s is neither a file nor a disk of the host; name a disk image", path);
        return false;
    }
    if (file->bytes == 0) {
        snprintf(why, n, "%s is empty; give it a size first (truncate -s 100M makes a blank disk), or name another image", path);
        return false;
    }
    return true;
}

static bool find_kind(host_file_t *file, const char *path, image_kind_t *kind, char *why, size_t n)
{
    int error = recognise(file, kind);
    if (error) {
        snprintf(why, n, "%s cannot be read: %s", path, strerror(error));
        return false;
    }
    if (*kind == IMAGE_UNKNOWN) {
        snprintf(why, n, "%s is %llu bytes long, not a whole number of %d-byte sectors: it is no disk image, or it was cut short; check how it was copied",
                 path, (unsigned long long)file->bytes, SECTOR_BYTES);
        return false;
    }
    return true;
}

static bool say_locked(const char *path, bool exclusive, const host_holder_t *holder, char *why, size_t n)
{
    if (holder->ourselves) {
        snprintf(why, n, "%s is already in use in this machine; name each image once", path);
        return false;
    }
    char who[120] = "another program";
    if (holder->pid)
        snprintf(who, sizeof who, "%s (process %ld)", holder->program[0] ? holder->program : "another program", holder->pid);
    if (holder->writes)
        snprintf(why, n, "%s is locked by %s, which may write to it; end that program first, or use a copy of the image", path, who);
    else
        snprintf(why, n, "%s is locked by %s, which reads it; end that program first%s", path, who,
                 exclusive ? ", or use -snapshot to share the image without changing it" : "");
    return false;
}

static bool lock(host_file_t *file, const char *path, bool exclusive, char *why, size_t n)
{
    host_holder_t holder;
    int error = host_lock(file, exclusive, &holder);
    if (error == EAGAIN)
        return say_locked(path, exclusive, &holder, why, n);
    if (error)
        snprintf(why, n, "%s cannot be locked: %s; use -snapshot, or a copy on another disk", path, strerror(error));
    return !error;
}

static bool prepare(host_file_t *file, const char *path, disk_options_t options, image_kind_t *kind, bool *read_only, char *why, size_t n)
{
    if (!check_kind(file, path, why, n) || !find_kind(file, path, kind, why, n))
        return false;
    bool never_written = *kind == IMAGE_CD || *kind == IMAGE_KERNEL;
    *read_only = never_written || options.read_only || options.snapshot || !file->writable;
    if (*read_only && !never_written && !options.read_only && !options.snapshot && *kind != IMAGE_FLOPPY) {
        snprintf(why, n, "%s may only be read, and a hard disk is written to; allow it with chmod u+w, or use -snapshot to keep the image as it is", path);
        return false;
    }
    return lock(file, path, !*read_only, why, n);
}

disk_t *disk_open_on(const host_calls_t *calls, const char *path, disk_options_t options, image_kind_t *kind, char *why, size_t why_bytes)
{
    host_file_t file;
    image_kind_t found = IMAGE_UNKNOWN;
    bool read_only = true;
    int error = host_open(&file, calls, path, !options.read_only && !options.snapshot);
    if (error) {
        say_open(path, error, why, why_bytes);
        return NULL;
    }
    if (!prepare(&file, path, options, &found, &read_only, why, why_bytes)) {
        host_close(&file);
        return NULL;
    }
    disk_t *disk = (found == IMAGE_QCOW2 ? disk_qcow2 : disk_raw)(&file, path, read_only, why, why_bytes);
    if (disk && options.snapshot && found != IMAGE_CD && found != IMAGE_KERNEL)
        disk = disk_overlay(disk, calls, why, why_bytes);
    if (disk && kind)
        *kind = found;
    return disk;
}

disk_t *disk_open(const char *path, disk_options_t options, image_kind_t *kind, char *why, size_t why_bytes)
{
    return disk_open_on(&host_posix, path, options, kind, why, why_bytes);
}
