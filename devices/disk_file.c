/* disk_file.c - a raw image: the file's bytes are the disk's bytes.  Also a disk of the host (a block device). */
#include "devices/disk_formats.h"
#include <stdio.h>
#include <stdlib.h>

typedef struct { disk_t disk; host_file_t file; } raw_t;

static bool read_raw(disk_t *disk, u64 offset, void *to, u32 bytes)
{
    raw_t *raw = (raw_t *)disk;
    int error = host_read(&raw->file, offset, to, bytes);
    return error ? disk_read_trouble(disk, offset, error) : true;
}

static bool write_raw(disk_t *disk, u64 offset, const void *from, u32 bytes)
{
    raw_t *raw = (raw_t *)disk;
    int error = host_write(&raw->file, offset, from, bytes);
    return error ? disk_write_trouble(disk, error) : true;
}

static bool flush_raw(disk_t *disk)
{
    raw_t *raw = (raw_t *)disk;
    int error = host_sync(&raw->file);
    return error ? disk_flush_trouble(disk, error) : true;
}

static void close_raw(disk_t *disk)
{
    host_close(&((raw_t *)disk)->file);
    free(disk);
}

static const disk_ops_t raw_ops = { .read = read_raw, .write = write_raw, .flush = flush_raw, .close = close_raw };

disk_t *disk_raw(host_file_t *file, const char *path, bool read_only, char *why, size_t why_bytes)
{
    raw_t *raw = calloc(1, sizeof *raw);
    if (!raw) {
        snprintf(why, why_bytes, "%s: out of memory", path);
        host_close(file);
        return NULL;
    }
    raw->file = *file;
    raw->disk = (disk_t){ .ops = &raw_ops, .bytes = file->bytes, .read_only = read_only };
    snprintf(raw->disk.name, sizeof raw->disk.name, "%s", path);
    return &raw->disk;
}
