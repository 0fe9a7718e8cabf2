/* disk_qcow2.c - QEMU's image format, versions 2 and 3 (QEMU docs/interop/qcow2.rst).
 *
 * The disk is cut into clusters; a two-level table says where in the file each stands: L1 entry -> L2 table, L2 entry -> cluster.  Absent
 * clusters read as zeros.  Reference counts say which clusters of the file are in use.  All numbers are big-endian.
 *
 * All tables are read and checked when the image is opened, so that nothing is ever written to a broken one.  New clusters come from
 * the end of the file, a batch at a time: the batch's counts and its zeros are made durable before any table may point into it.
 * Whatever a power cut then leaves undone, every sector reads as some version of itself and no cluster is used uncounted;
 * at worst some clusters of the batch are counted and unused ("leaked"), which costs space only.
 *
 * Compressed clusters (raw DEFLATE, RFC 1951) are read, and become plain ones when written to; their old place is leaked.
 *
 * Left out, and refused at opening: backing files, encryption, other compressions, external data, extended L2 entries, counts of
 * other than 16 bits (for writing), internal snapshots (for writing), images whose tables need more than 64 MiB of memory.
 * A full reference count table refuses writes: it would have to move. */
#include "devices/disk_formats.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

enum { HEADER_BYTES = 112, TABLES_MAX = 64 << 20, BATCH = 64, BATCH_BYTES = 4 << 20 };
enum { DIRTY = 1, CORRUPT = 2 };                                         /* incompatible features */
#define COPIED     ((u64)1 << 63)
#define COMPRESSED ((u64)1 << 62)
#define ZERO       ((u64)1)                                              /* version 3: reads as zeros, wherever it is */
#define WHERE      0x00FFFFFFFFFFFE00u

typedef struct {
    disk_t      disk;
    host_file_t file;
    u32         version, cluster_bits, l2_entries, n_l1, n_counts;
    u64         cluster_bytes, l1_at, counts_at;
    u64        *l1, **l2;                /* in the host's byte order; l2[i] NULL: absent */
    u64        *counts;                  /* reference count table: where the blocks of counts are */
    u64         end;                     /* of the file, bytes */
    u64         spare, spare_end;        /* counted clusters that nobody uses yet: offsets */
    u64         tables_bytes;            /* memory spent */
    u8         *unpacked;                /* the last compressed cluster that was read, and its L2 entry; 0: none */
    u64         unpacked_entry;
    bool        begun;                   /* something was written: the header says so */
} qcow2_t;

static u64 big(const void *p, u32 bytes)
{
    u64 v = 0;
    for (u32 i = 0; i < bytes; i++)
        v = v << 8 | ((const u8 *)p)[i];
    return v;
}

static void put_big(void *p, u64 v, u32 bytes)
{
    for (u32 i = bytes; i--; v >>= 8)
        ((u8 *)p)[i] = (u8)v;
}

/* ---- opening ---- */

typedef struct { char *text; size_t bytes; const char *path; } why_t;

__attribute__((format(printf, 2, 3)))
static bool refuse(const why_t *why, const char *format, ...)
{
    va_list args;
    int n = snprintf(why->text, why->bytes, "%s: ", why->path);
    va_start(args, format);
    if (n > 0 && (size_t)n < why->bytes)
        vsnprintf(why->text + n, why->bytes - (size_t)n, format, args);
    va_end(args);
    return false;
}

static bool convert(const why_t *why, const char *what)
{
    return refuse(why, "this qcow2 image %s, which is not supported; convert it: qemu-img convert -O raw IMAGE NEW.img", what);
}

static bool broken(const why_t *why, const char *what, u64 at)
{
    return refuse(why, "broken qcow2 image: %s at byte %llu; try: qemu-img check -r all IMAGE", what, (unsigned long long)at);
}

static bool check_features(const u8 *h, bool read_only, const why_t *why)
{
    u64 incompatible = big(h + 4, 4) >= 3 ? big(h + 72, 8) : 0;
    if (big(h + 4, 4) != 2 && big(h + 4, 4) != 3)
        return convert(why, "has an unknown version");
    if (big(h + 8, 8))
        return convert(why, "has a backing file");
    if (big(h + 32, 4))
        return convert(why, "is encrypted");
    if (incompatible & ~(u64)(DIRTY | CORRUPT))
        return convert(why, "has features unknown here");
    if (incompatible && !read_only)
        return refuse(why, "this qcow2 image was not closed properly; repair it: qemu-img check -r all IMAGE");
    if (big(h + 60, 4) && !read_only)
        return refuse(why, "this qcow2 image has internal snapshots and cannot be written; use -snapshot, or a raw copy: qemu-img convert -O raw IMAGE NEW.img");
    if (big(h + 4, 4) >= 3 && big(h + 96, 4) != 4 && !read_only)
        return convert(why, "has reference counts of an unusual size");
    return true;
}

static bool read_header(qcow2_t *q, bool read_only, const why_t *why)
{
    u8 h[HEADER_BYTES] = { 0 };
    u32 there = q->end < HEADER_BYTES ? (u32)q->end : HEADER_BYTES;
    int error = there < 72 ? ENODATA : host_read(&q->file, 0, h, there);
    if (error)
        return broken(why, "its header cannot be read", 0);
    if (!check_features(h, read_only, why))
        return false;
    q->version = (u32)big(h + 4, 4);
    q->cluster_bits = (u32)big(h + 20, 4);
    q->disk.bytes = big(h + 24, 8);
    if (q->cluster_bits < 9 || q->cluster_bits > 21)
        return broken(why, "an impossible cluster size", 20);
    q->cluster_bytes = (u64)1 << q->cluster_bits;
    q->l2_entries = (u32)(q->cluster_bytes / 8);
    u64 n_l1 = (q->disk.bytes >> q->cluster_bits) / q->l2_entries + 1;
    if (!q->disk.bytes || q->disk.bytes % SECTOR_BYTES || q->disk.bytes > (u64)1 << 56)
        return broken(why, "an impossible disk size", 24);
    if (n_l1 > TABLES_MAX / 16)
        return convert(why, "is too large");
    q->n_l1 = (u32)(((q->disk.bytes - 1) >> q->cluster_bits) / q->l2_entries + 1);
    q->l1_at = big(h + 40, 8);
    q->counts_at = big(h + 48, 8);
    u64 n_counts = big(h + 56, 4) * q->l2_entries;
    if (big(h + 36, 4) < q->n_l1)
        return broken(why, "too small an L1 table", 36);
    if (n_counts > TABLES_MAX / 16)
        return broken(why, "too large a reference count table", 56);
    q->n_counts = (u32)n_counts;
    return true;
}

/* A table of `n` entries of the file, in new memory. */
static u64 *read_table(qcow2_t *q, u64 at, u32 n, const char *what, const why_t *why)
{
    u64 bytes = (u64)n * 8;
    if (at % q->cluster_bytes || !range_ok(at, bytes, q->end)) {
        broken(why, what, at);
        return NULL;
    }
    q->tables_bytes += bytes;
    u64 *table = q->tables_bytes <= TABLES_MAX ? malloc((size_t)bytes + 8) : NULL;
    if (!table) {
        convert(why, "is too large");
        return NULL;
    }
    int error = host_read(&q->file, at, table, (u32)bytes);
    for (u32 i = 0; i < n; i++)
        table[i] = big(&table[i], 8);
    if (error) {
        refuse(why, "cannot be read at byte %llu: %s", (unsigned long long)at, strerror(error));
        free(table);
        return NULL;
    }
    return table;
}

static bool cluster_ok(const qcow2_t *q, u64 at) { return at % q->cluster_bytes == 0 && at >= q->cluster_bytes && at < q->end; }

static bool read_l2(qcow2_t *q, u32 n, const why_t *why)
{
    u64 at = q->l1[n] & WHERE;
    if (!at)
        return true;
    q->l2[n] = read_table(q, at, q->l2_entries, "an L2 table that is not there", why);
    if (!q->l2[n])
        return false;
    for (u32 i = 0; i < q->l2_entries; i++) {
        u64 entry = q->l2[n][i];
        if (!(entry & COMPRESSED) && (entry & WHERE) && !cluster_ok(q, entry & WHERE))
            return broken(why, "a cluster outside the file", at + (u64)i * 8);
    }
    return true;
}

static bool read_tables(qcow2_t *q, const why_t *why)
{
    q->l1 = read_table(q, q->l1_at, q->n_l1, "an L1 table that is not there", why);
    q->l2 = calloc(q->n_l1, sizeof *q->l2);
    if (!q->l1 || !q->l2)
        return q->l1 ? convert(why, "is too large") : false;
    for (u32 i = 0; i < q->n_l1; i++)
        if (!read_l2(q, i, why))
            return false;
    q->counts = read_table(q, q->counts_at, q->n_counts, "a reference count table that is not there", why);
    for (u32 i = 0; q->counts && i < q->n_counts; i++)
        if (q->counts[i] && !cluster_ok(q, q->counts[i]))
            return broken(why, "a block of reference counts outside the file", q->counts_at + (u64)i * 8);
    return q->counts != NULL;
}

/* ---- reading ---- */

static u64 entry_of(const qcow2_t *q, u64 offset)
{
    u64 cluster = offset >> q->cluster_bits;
    const u64 *l2 = q->l2[cluster / q->l2_entries];
    return l2 ? l2[cluster % q->l2_entries] : 0;
}

/* Where a cluster is, by its L2 entry; 0: nowhere, or compressed. */
static u64 place(const qcow2_t *q, u64 entry)
{
    return entry & COMPRESSED || (q->version >= 3 && entry & ZERO) ? 0 : entry & WHERE;
}

/* The part of [offset, +bytes) that lies in one cluster. */
static u32 piece_of(const qcow2_t *q, u64 offset, u32 bytes)
{
    u64 room = q->cluster_bytes - (offset & (q->cluster_bytes - 1));
    return bytes < room ? bytes : (u32)room;
}

/* The file may end inside its last cluster: the rest is zeros. */
static int read_cluster(qcow2_t *q, u64 at, void *to, u32 bytes)
{
    u32 there = at >= q->end ? 0 : q->end - at < bytes ? (u32)(q->end - at) : bytes;
    memset((u8 *)to + there, 0, bytes - there);
    return there ? host_read(&q->file, at, to, there) : 0;
}

/* "Compressed Clusters Descriptor": the offset in the low bits, above it the number of further 512-byte sectors. */
static int unpack_from(qcow2_t *q, u64 entry, u8 *packed)
{
    u32 offset_bits = 62 - (q->cluster_bits - 8);
    u64 at = entry & (((u64)1 << offset_bits) - 1), sectors = ((entry & ~(COPIED | COMPRESSED)) >> offset_bits) + 1;
    u32 bytes = (u32)(sectors * SECTOR_BYTES - at % SECTOR_BYTES);
    int error = read_cluster(q, at, packed, bytes);
    z_stream z = { .next_in = packed, .avail_in = bytes, .next_out = q->unpacked, .avail_out = (uInt)q->cluster_bytes };
    if (error || inflateInit2(&z, -15) != Z_OK)
        return error ? error : ENOMEM;
    int end = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    return z.avail_out == 0 && (end == Z_STREAM_END || end == Z_BUF_ERROR || end == Z_OK) ? 0 : EILSEQ;
}

/* The compressed cluster of this L2 entry is in q->unpacked.  Its packed form is at most 2 clusters long by its descriptor. */
static int unpack(qcow2_t *q, u64 entry)
{
    if (q->unpacked_entry == entry)
        return 0;
    q->unpacked_entry = 0;
    if (!q->unpacked)
        q->unpacked = malloc((size_t)q->cluster_bytes);
    u8 *packed = malloc((size_t)q->cluster_bytes * 2 + SECTOR_BYTES);
    int error = packed && q->unpacked ? unpack_from(q, entry, packed) : ENOMEM;
    free(packed);
    q->unpacked_entry = error ? 0 : entry;
    return error;
}

static int read_piece(qcow2_t *q, u64 offset, u8 *to, u32 bytes)
{
    u64 entry = entry_of(q, offset), host = place(q, entry), into = offset & (q->cluster_bytes - 1);
    int error = 0;
    if (host)
        return read_cluster(q, host + into, to, bytes);
    if (entry & COMPRESSED && (error = unpack(q, entry)) == 0)
        memcpy(to, q->unpacked + into, bytes);
    else
        memset(to, 0, bytes);
    return error;
}

static bool broken_cluster(disk_t *disk, u64 offset)
{
    snprintf(disk->trouble, sizeof disk->trouble,
             "%s has a broken compressed cluster at or after byte %llu of the disk; the guest got an error, try: qemu-img check IMAGE",
             disk->name, (unsigned long long)offset);
    return false;
}

static bool read_qcow2(disk_t *disk, u64 offset, void *to, u32 bytes)
{
    qcow2_t *q = (qcow2_t *)disk;
    for (u32 at = 0, piece; at < bytes; at += piece) {
        piece = piece_of(q, offset + at, bytes - at);
        int error = read_piece(q, offset + at, (u8 *)to + at, piece);
        if (error == EILSEQ)
            return broken_cluster(disk, offset + at);
        if (error)
            return disk_read_trouble(disk, offset + at, error);
    }
    return true;
}

/* ---- writing; all return 0 or an errno value ---- */

static int write_big(qcow2_t *q, u64 at, u64 value, u32 bytes)
{
    u8 b[8];
    put_big(b, value, bytes);
    return host_write(&q->file, at, b, bytes);
}

/* Features that a writer who does not know them must clear (autoclear_features). */
static int begin_writing(qcow2_t *q)
{
    int error = q->begun || q->version < 3 ? 0 : write_big(q, 88, 0, 8);
    q->begun = q->begun || !error;
    return error;
}

/* Grows the file by zeros. */
static int grow(qcow2_t *q, u64 end)
{
    u8 zero = 0;
    int error = host_write(&q->file, end - 1, &zero, 1);
    if (!error)
        q->end = end;
    return error;
}

static int set_counts(qcow2_t *q, u64 block, u64 first, u64 n, u16 value)
{
    u8 counts[BATCH * 2];
    for (u64 i = 0; i < n && i < BATCH; i++)
        put_big(counts + i * 2, value, 2);
    u64 per_block = q->cluster_bytes / 2;
    return host_write(&q->file, block + first % per_block * 2, counts, (u32)(n < BATCH ? n : BATCH) * 2);
}

/* A failure here is as final as one of the guest's own flushes: the host may have forgotten what it could not save. */
static int make_durable(qcow2_t *q)
{
    int error = host_sync(&q->file);
    q->disk.failed = q->disk.failed || error;
    return error;
}

/* A batch of new clusters at the end of the file, counted and durable.  Where there is no block of counts for them yet,
 * the first of them becomes it: durable itself before the table points to it. */
static int reserve(qcow2_t *q)
{
    u64 per_block = q->cluster_bytes / 2;
    u64 first = (q->end + q->cluster_bytes - 1) >> q->cluster_bits, n = per_block - first % per_block;
    u64 batch = BATCH_BYTES >> q->cluster_bits;
    batch = batch > BATCH ? BATCH : batch < 4 ? 4 : batch;
    if (n > batch) n = batch;
    if (first / per_block >= q->n_counts)
        return EOVERFLOW;
    u64 block = q->counts[first / per_block], start = first << q->cluster_bits;
    bool new_block = !block;
    if (new_block) block = start;
    int error = grow(q, (first + n) << q->cluster_bits);
    if (!error) error = set_counts(q, block, first, n, 1);
    if (!error) error = make_durable(q);
    if (!error && new_block) {
        error = write_big(q, q->counts_at + first / per_block * 8, block, 8);
        if (!error) error = make_durable(q);
        if (!error) q->counts[first / per_block] = block;
    }
    if (!error) {
        q->spare = start + (new_block ? q->cluster_bytes : 0);
        q->spare_end = start + (n << q->cluster_bits);
    }
    return error;
}

/* A new cluster, full of zeros. */
static int allocate(qcow2_t *q, u64 *at)
{
    int error = 0;
    while (!error && q->spare == q->spare_end)
        error = reserve(q);
    *at = q->spare;
    if (!error)
        q->spare += q->cluster_bytes;
    return error;
}

static int need_l2(qcow2_t *q, u64 n)
{
    u64 at;
    if (q->l2[n])
        return 0;
    u64 *table = q->tables_bytes + q->cluster_bytes <= TABLES_MAX * 2 ? calloc(q->l2_entries, 8) : NULL;
    int error = table ? allocate(q, &at) : ENOMEM;
    if (!error) error = write_big(q, q->l1_at + n * 8, at | COPIED, 8);
    if (error) {
        free(table);
        return error;
    }
    q->tables_bytes += q->cluster_bytes;
    q->l1[n] = at | COPIED;
    q->l2[n] = table;
    return 0;
}

/* The first write to a cluster: the bytes go into a new one (over what was compressed), then the table points to it. */
static int write_new(qcow2_t *q, u64 offset, const void *from, u32 bytes)
{
    u64 cluster = offset >> q->cluster_bits, n = cluster / q->l2_entries, i = cluster % q->l2_entries, at;
    int error = need_l2(q, n);
    u64 entry = error ? 0 : q->l2[n][i];
    if (entry & COMPRESSED) error = unpack(q, entry);
    if (!error) error = allocate(q, &at);
    if (!error && entry & COMPRESSED) error = host_write(&q->file, at, q->unpacked, (u32)q->cluster_bytes);
    if (!error && entry & COMPRESSED) error = make_durable(q);
    if (!error) error = host_write(&q->file, at + (offset & (q->cluster_bytes - 1)), from, bytes);
    if (!error) error = write_big(q, (q->l1[n] & WHERE) + i * 8, at | COPIED, 8);
    if (!error) q->l2[n][i] = at | COPIED;
    return error;
}

static int write_old(qcow2_t *q, u64 at, const void *from, u32 bytes)
{
    int error = host_write(&q->file, at, from, bytes);
    if (!error && at + bytes > q->end)
        q->end = at + bytes;
    return error;
}

static bool write_trouble(disk_t *disk, u64 offset, int error)
{
    if (error == EILSEQ)
        return broken_cluster(disk, offset);
    if (disk->failed)
        return disk_flush_trouble(disk, error);
    if (error != EOVERFLOW)
        return disk_write_trouble(disk, error);
    snprintf(disk->trouble, sizeof disk->trouble, "%s cannot grow: its reference count table is full; the guest got a write error, convert the image: qemu-img convert -O raw IMAGE NEW.img",
             disk->name);
    return false;
}

static bool write_qcow2(disk_t *disk, u64 offset, const void *from, u32 bytes)
{
    qcow2_t *q = (qcow2_t *)disk;
    int error = begin_writing(q);
    for (u32 at = 0, piece; at < bytes && !error; at += piece) {
        piece = piece_of(q, offset + at, bytes - at);
        u64 host = place(q, entry_of(q, offset + at)), into = (offset + at) & (q->cluster_bytes - 1);
        error = host ? write_old(q, host + into, (const u8 *)from + at, piece) : write_new(q, offset + at, (const u8 *)from + at, piece);
    }
    return error ? write_trouble(disk, offset, error) : true;
}

static bool flush_qcow2(disk_t *disk)
{
    int error = host_sync(&((qcow2_t *)disk)->file);
    return error ? disk_flush_trouble(disk, error) : true;
}

/* The rest of the batch is nobody's: not counted any more. */
static void close_qcow2(disk_t *disk)
{
    qcow2_t *q = (qcow2_t *)disk;
    if (q->spare < q->spare_end && !disk->failed) {
        u64 first = q->spare >> q->cluster_bits, n = (q->spare_end - q->spare) >> q->cluster_bits;
        set_counts(q, q->counts[first / (q->cluster_bytes / 2)], first, n, 0);
    }
    for (u32 i = 0; q->l2 && i < q->n_l1; i++)
        free(q->l2[i]);
    free(q->l2);
    free(q->l1);
    free(q->counts);
    free(q->unpacked);
    host_close(&q->file);
    free(q);
}

static const disk_ops_t qcow2_ops = { .read = read_qcow2, .write = write_qcow2, .flush = flush_qcow2, .close = close_qcow2 };

disk_t *disk_qcow2(host_file_t *file, const char *path, bool read_only, char *why, size_t why_bytes)
{
    const why_t reason = { why, why_bytes, path };
    qcow2_t *q = calloc(1, sizeof *q);
    if (!q) {
        host_close(file);
        refuse(&reason, "out of memory");
        return NULL;
    }
    q->file = *file;
    q->end = file->bytes;
    q->disk = (disk_t){ .ops = &qcow2_ops, .read_only = read_only };
    snprintf(q->disk.name, sizeof q->disk.name, "%s", path);
    bool well = file->kind == HOST_FILE ? true : convert(&reason, "is kept on a block device");
    if (!well || !read_header(q, read_only, &reason) || !read_tables(q, &reason)) {
        close_qcow2(&q->disk);
        return NULL;
    }
    return &q->disk;
}
