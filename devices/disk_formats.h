/* disk_formats.h - what disk.c puts together: one constructor per way of keeping a disk.  For disk*.c only. */
#pragma once
#include "devices/disk.h"
#include "devices/host_file.h"

enum { SECTOR_BYTES = 512 };

/* Each takes over the file (or disk) whatever happens; NULL: why[] says it. */
disk_t *disk_raw(host_file_t *file, const char *path, bool read_only, char *why, size_t why_bytes);
disk_t *disk_qcow2(host_file_t *file, const char *path, bool read_only, char *why, size_t why_bytes);
disk_t *disk_overlay(disk_t *base, const host_calls_t *calls, char *why, size_t why_bytes);

/* The trouble of a disk whose file failed, as a sentence for the person; always false. */
bool disk_read_trouble(disk_t *disk, u64 offset, int error);
bool disk_write_trouble(disk_t *disk, int error);
bool disk_flush_trouble(disk_t *disk, int error);
