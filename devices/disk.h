/* disk.h - what a drive has in it: a run of bytes that can be read, written and made durable.
 *
 * Drives (FDC, ATA) see only this.  Behind it stand the image formats and the host's files (disk_file.c: raw image, locked; disk_qcow2.c;
 * disk_overlay.c: -snapshot; disk_memory.c: built-in images and tests).  An operation succeeds whole or fails: then the guest gets a medium
 * error and disk->trouble holds one sentence for the person, naming the file. */
#pragma once
#include "mem/base.h"

typedef struct disk disk_t;
typedef struct {
    bool (*read)(disk_t *disk, u64 offset, void *to, u32 bytes);
    bool (*write)(disk_t *disk, u64 offset, const void *from, u32 bytes);
    bool (*flush)(disk_t *disk);         /* returns after the host's fdatasync */
    void (*close)(disk_t *disk);         /* frees the disk */
} disk_ops_t;

struct disk {
    const disk_ops_t *ops;
    u64   bytes;                         /* size of the medium */
    bool  read_only;
    bool  failed;                        /* sticky: a flush failed, nothing more is acknowledged */
    char  name[256];                     /* for messages: the path */
    char  trouble[512];                  /* last error, one sentence; "" if none */
    u64   n_read, n_written, n_flushed;  /* bytes, bytes, times: for -stats */
};

/* Bounds are checked here; out of range or read-only fails without trouble. */
bool disk_read(disk_t *disk, u64 offset, void *to, u32 bytes);
bool disk_write(disk_t *disk, u64 offset, const void *from, u32 bytes);
bool disk_flush(disk_t *disk);
void disk_close(disk_t *disk);           /* NULL is allowed */

/* What an image is, by content and size. */
typedef enum { IMAGE_UNKNOWN, IMAGE_FLOPPY, IMAGE_HARD_DISK, IMAGE_CD, IMAGE_KERNEL, IMAGE_QCOW2 } image_kind_t;

/* Open a file as a disk.  why[]: on failure one sentence: what, where, what to do.  IMAGE_QCOW2 is a format: what is in it goes by
 * the size (disk_is_floppy_size(disk->bytes), else a hard disk). */
typedef struct { bool read_only; bool snapshot; } disk_options_t;
disk_t *disk_open(const char *path, disk_options_t options, image_kind_t *kind, char *why, size_t why_bytes);
/* The same over other calls than the host's own (host_file.h): tests make them fail. */
struct host_calls;
disk_t *disk_open_on(const struct host_calls *calls, const char *path, disk_options_t options, image_kind_t *kind, char *why, size_t why_bytes);
/* Is this the size of a floppy's formatted capacity? */
bool    disk_is_floppy_size(u64 bytes);
/* The same over memory: a copy of `bytes` bytes from `content` (may be shorter: content_bytes, rest zero), gone at close. */
disk_t *disk_from_memory(const char *name, const void *content, u64 content_bytes, u64 bytes);
