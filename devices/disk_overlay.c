/* disk_overlay.c - -snapshot: reads come from the image, writes go to a nameless temporary file and are gone at close.
 *
 * The unit is the sector: a bit per sector says where its newest bytes are, and the temporary file keeps them at the same
 * offset (a sparse file: the host stores only what was written).  Bits come in leaves of 16 MiB of disk, made when first needed.
 * A flush does nothing: there is nothing that should outlive the program. */
#define _GNU_SOURCE
#include "devices/disk_formats.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { LEAF_SECTORS = 32768, LEAF_BYTES = LEAF_SECTORS / 8 };

typedef struct {
    disk_t      disk;
    disk_t     *base;
    host_file_t file;
    u8        **leaves;                  /* NULL: nothing written there */
    u64         n_leaves;
    char        folder[200];
} overlay_t;

static bool is_written(const overlay_t *o, u64 sector)
{
    const u8 *leaf = o->leaves[sector / LEAF_SECTORS];
    return leaf && (leaf[sector % LEAF_SECTORS / 8] >> (sector % 8) & 1);
}

/* The leaves that [first, +sectors) needs exist. */
static bool make_leaves(overlay_t *o, u64 first, u64 sectors)
{
    for (u64 leaf = first / LEAF_SECTORS; leaf <= (first + sectors - 1) / LEAF_SECTORS; leaf++)
        if (!o->leaves[leaf] && !(o->leaves[leaf] = calloc(1, LEAF_BYTES)))
            return false;
    return true;
}

static bool read_written(overlay_t *o, u64 offset, void *to, u32 bytes)
{
    int error = host_read(&o->file, offset, to, bytes);
    return error ? disk_read_trouble(&o->disk, offset, error) : true;
}

static bool read_base(overlay_t *o, u64 offset, void *to, u32 bytes)
{
    if (disk_read(o->base, offset, to, bytes))
        return true;
    memcpy(o->disk.trouble, o->base->trouble, sizeof o->disk.trouble);
    return false;
}

static bool read_overlay(disk_t *disk, u64 offset, void *to, u32 bytes)
{
    overlay_t *o = (overlay_t *)disk;
    u64 end = offset + bytes;
    for (u64 at = offset, run; at < end; at = run) {         /* a run of sectors that are in the same place */
        bool written = is_written(o, at / SECTOR_BYTES);
        run = at - at % SECTOR_BYTES;
        do run += SECTOR_BYTES; while (run < end && is_written(o, run / SECTOR_BYTES) == written);
        if (run > end) run = end;
        if (!(written ? read_written : read_base)(o, at, (u8 *)to + (at - offset), (u32)(run - at)))
            return false;
    }
    return true;
}

static bool write_trouble(overlay_t *o, int error)
{
    snprintf(o->disk.trouble, sizeof o->disk.trouble,
             "the temporary file of -snapshot in %s cannot be written: %s; the guest got a write error (the image is untouched), free some space there or set TMPDIR to a folder on another disk",
             o->folder, strerror(error));
    return false;
}

/* Whole sectors. */
static bool write_sectors(overlay_t *o, u64 offset, const void *from, u32 bytes)
{
    u64 first = offset / SECTOR_BYTES, sectors = bytes / SECTOR_BYTES;
    int error = make_leaves(o, first, sectors) ? host_write(&o->file, offset, from, bytes) : ENOMEM;
    if (error)
        return write_trouble(o, error);
    for (u64 sector = first; sector < first + sectors; sector++)
        o->leaves[sector / LEAF_SECTORS][sector % LEAF_SECTORS / 8] |= (u8)(1u << (sector % 8));
    return true;
}

/* A part of one sector. */
static bool write_part(overlay_t *o, u64 offset, const void *from, u32 bytes)
{
    u8 sector[SECTOR_BYTES] = { 0 };
    u32 into = (u32)(offset % SECTOR_BYTES);
    u64 start = offset - into, there = o->disk.bytes - start;
    if (!read_overlay(&o->disk, start, sector, there < SECTOR_BYTES ? (u32)there : SECTOR_BYTES))
        return false;
    memcpy(sector + into, from, bytes);
    return write_sectors(o, start, sector, SECTOR_BYTES);
}

static bool write_overlay(disk_t *disk, u64 offset, const void *from, u32 bytes)
{
    overlay_t *o = (overlay_t *)disk;
    for (u32 at = 0, piece; at < bytes; at += piece) {
        u32 into = (u32)((offset + at) % SECTOR_BYTES), left = bytes - at;
        bool whole = into == 0 && left >= SECTOR_BYTES;
        piece = whole ? left - left % SECTOR_BYTES : left < SECTOR_BYTES - into ? left : SECTOR_BYTES - into;
        if (!(whole ? write_sectors : write_part)(o, offset + at, (const u8 *)from + at, piece))
            return false;
    }
    return true;
}

static bool flush_overlay(disk_t *disk) { (void)disk; return true; }

static void close_overlay(disk_t *disk)
{
    overlay_t *o = (overlay_t *)disk;
    for (u64 i = 0; o->leaves && i < o->n_leaves; i++)
        free(o->leaves[i]);
    free(o->leaves);
    host_close(&o->file);
    disk_close(o->base);
    free(o);
}

static const disk_ops_t overlay_ops = { .read = read_overlay, .write = write_overlay, .flush = flush_overlay, .close = close_overlay };

/* /var/tmp comes before /tmp, which is often memory (file-hierarchy(7)). */
static int open_temporary(overlay_t *o, const host_calls_t *calls)
{
    const char *wish = getenv("TMPDIR");
    const char *folders[] = { wish && wish[0] ? wish : "/var/tmp", "/var/tmp", "/tmp" };
    int error = 0, first_error = 0;
    for (unsigned i = 0; i < COUNT_OF(folders); i++) {
        snprintf(o->folder, sizeof o->folder, "%s", folders[i]);
        error = host_temporary(&o->file, calls, folders[i]);
        if (!error)
            return 0;
        if (!first_error)
            first_error = error;
    }
    snprintf(o->folder, sizeof o->folder, "%s", folders[0]);
    return first_error;
}

disk_t *disk_overlay(disk_t *base, const host_calls_t *calls, char *why, size_t why_bytes)
{
    overlay_t *o = calloc(1, sizeof *o);
    u64 n_leaves = base->bytes / SECTOR_BYTES / LEAF_SECTORS + 1;
    if (o) {
        o->base = base;
        o->file.handle = -1;
        o->n_leaves = n_leaves;
        o->leaves = n_leaves <= SIZE_MAX / sizeof *o->leaves ? calloc((size_t)n_leaves, sizeof *o->leaves) : NULL;
        o->disk = (disk_t){ .ops = &overlay_ops, .bytes = base->bytes };
        memcpy(o->disk.name, base->name, sizeof o->disk.name);
    }
    if (!o || !o->leaves) {
        snprintf(why, why_bytes, "%s: out of memory for -snapshot", base->name);
        if (o) close_overlay(&o->disk); else disk_close(base);
        return NULL;
    }
    int error = open_temporary(o, calls);
    if (error) {
        snprintf(why, why_bytes, "-snapshot needs a temporary file, and none can be made in %s: %s; set TMPDIR to a folder that can be written", o->folder, strerror(error));
        close_overlay(&o->disk);
        return NULL;
    }
    return &o->disk;
}
