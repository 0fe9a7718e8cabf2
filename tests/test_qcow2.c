/* test_qcow2.c - QEMU's image format (docs/interop/qcow2.rst): images made here by hand, byte for byte from the specification;
 * what is written is read back, the tables and counts stay right, and broken images are refused without being touched. */
#define _GNU_SOURCE
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include "devices/disk.h"
#include "devices/host_file.h"
#include "tests/run_all.h"

static char path[200], why[1024];
static const disk_options_t plain = { 0 }, snapshot = { .snapshot = true }, reading = { .read_only = true };

static void put_big(u8 *p, u64 v, unsigned bytes) { while (bytes--) { p[bytes] = (u8)v; v >>= 8; } }
static u64  get_big(const u8 *p, unsigned bytes)  { u64 v = 0; while (bytes--) v = v << 8 | *p++; return v; }

static void set_up(void)
{
    snprintf(path, sizeof path, "/tmp/doppel-qcow2-XXXXXX");
    int f = mkstemp(path);
    ck_assert(f >= 0);
    close(f);
}

static void tear_down(void) { unlink(path); }

/* The host's calls without the wait for its disk: thousands of images are made here. */
static int no_wait(const host_calls_t *calls, int handle) { (void)calls; (void)handle; return 0; }

static host_calls_t quick(void)
{
    host_calls_t calls = host_posix;
    calls.sync = no_wait;
    return calls;
}

static disk_t *open_quick(disk_options_t options, image_kind_t *kind)
{
    static host_calls_t calls;
    calls = quick();
    return disk_open_on(&calls, path, options, kind, why, sizeof why);
}

/* ---- an empty image: header, count table, one block of counts, L1 ---- */

static void write_file(u64 offset, const void *what, size_t bytes)
{
    int f = open(path, O_RDWR);
    ck_assert(f >= 0 && pwrite(f, what, bytes, (off_t)offset) == (ssize_t)bytes);
    close(f);
}

/* A new empty file: cutting the old one to nothing would make some file systems wait for the disk. */
static void fresh(void)
{
    unlink(path);
    int f = open(path, O_RDWR | O_CREAT, 0600);
    ck_assert(f >= 0);
    close(f);
}

static void make(unsigned version, unsigned bits, u64 disk_bytes)
{
    u64 cluster = (u64)1 << bits, per_l2 = cluster / 8, l2s = (disk_bytes + cluster * per_l2 - 1) / (cluster * per_l2);
    u64 l1_clusters = (l2s * 8 + cluster - 1) / cluster, total = 3 + l1_clusters;
    u8 *image = calloc(total, cluster);
    memcpy(image, "QFI\xFB", 4);
    put_big(image + 4, version, 4);
    put_big(image + 20, bits, 4);
    put_big(image + 24, disk_bytes, 8);
    put_big(image + 36, l2s, 4);
    put_big(image + 40, 3 * cluster, 8);
    put_big(image + 48, cluster, 8);
    put_big(image + 56, 1, 4);
    if (version == 3) {
        put_big(image + 88, 1, 8);               /* autoclear: bitmaps */
        put_big(image + 96, 4, 4);
        put_big(image + 100, 104, 4);
    }
    put_big(image + cluster, 2 * cluster, 8);
    for (u64 i = 0; i < total; i++)
        put_big(image + 2 * cluster + i * 2, 1, 2);
    fresh();
    write_file(0, image, total * cluster);
    free(image);
}

static u8 *read_file(u64 *bytes)
{
    int f = open(path, O_RDONLY);
    off_t end = lseek(f, 0, SEEK_END);
    u8 *all = calloc((size_t)end + 1, 1);
    ck_assert(f >= 0 && pread(f, all, (size_t)end, 0) == end);
    close(f);
    *bytes = (u64)end;
    return all;
}

/* ---- the tables, checked by their definition: every cluster that is used is used once and counted once ---- */

typedef struct { u8 *file, *used; u64 bytes, cluster, clusters; bool well; } checker_t;

static void use(checker_t *c, u64 at)
{
    if (at % c->cluster || at >= c->bytes || c->used[at / c->cluster]++)
        c->well = false;
}

/* leaked: clusters counted and not used. */
static bool tables_well(u64 *leaked)
{
    checker_t c = { .well = true };
    c.file = read_file(&c.bytes);
    c.cluster = (u64)1 << get_big(c.file + 20, 4);
    c.clusters = c.bytes / c.cluster + 1;
    c.used = calloc(c.clusters, 1);
    u64 l1 = get_big(c.file + 40, 8), n_l1 = get_big(c.file + 36, 4), counts = get_big(c.file + 48, 8);
    use(&c, 0);
    use(&c, counts);
    for (u64 at = 0; at < n_l1 * 8; at += c.cluster) use(&c, l1 + at);
    for (u64 i = 0; i < n_l1 && c.well; i++) {
        u64 l2 = get_big(c.file + l1 + i * 8, 8) & 0x00FFFFFFFFFFFE00;
        if (l2) use(&c, l2);
        for (u64 k = 0; l2 && c.well && k < c.cluster / 8; k++)
            if (get_big(c.file + l2 + k * 8, 8)) use(&c, get_big(c.file + l2 + k * 8, 8) & 0x00FFFFFFFFFFFE00);
    }
    u64 per_block = c.cluster / 2;
    for (u64 i = 0; c.well && i < c.cluster / 8; i++)
        if (get_big(c.file + counts + i * 8, 8)) use(&c, get_big(c.file + counts + i * 8, 8));
    *leaked = 0;
    for (u64 i = 0; c.well && i < c.clusters; i++) {
        u64 block = get_big(c.file + counts + i / per_block * 8, 8);
        u64 count = block ? get_big(c.file + block + i % per_block * 2, 2) : 0;
        *leaked += count > c.used[i];
        c.well = c.well && count >= c.used[i] && count <= 1;
    }
    free(c.file);
    free(c.used);
    return c.well;
}

/* ---- a model: the same bytes in an array ---- */

enum { MODEL = 1 << 20 };
static u8 model[MODEL], piece[1 << 16];

static bool random_use(disk_t *disk, u64 seed, unsigned n)
{
    u64 x = seed * 0x9E3779B97F4A7C15u + 1;
    bool same = true;
    while (n--) {
        x ^= x << 13; x ^= x >> 7; x ^= x << 17;
        u32 at = (u32)(x >> 8) & (MODEL - 1), bytes = (u32)(x >> 40) & (x >> 63 ? 0xFFFF : 0x1FF);
        if (bytes > MODEL - at) bytes = MODEL - at;
        if (n % 2) {
            same &= disk_read(disk, at, piece, bytes) && memcmp(piece, model + at, bytes) == 0;
            continue;
        }
        for (u32 i = 0; i < bytes; i++) piece[i] = (u8)(x >> 3 ^ i);
        if (!disk_write(disk, at, piece, bytes)) return false;
        memcpy(model + at, piece, bytes);
    }
    return same;
}

static disk_t *open_well(disk_options_t options)
{
    image_kind_t kind = IMAGE_UNKNOWN;
    disk_t *disk = open_quick(options, &kind);
    ck_assert_msg(disk && kind == IMAGE_QCOW2, "%s", why);
    return disk;
}

START_TEST(an_empty_image_reads_as_zeros)
{
    make(3, 16, (u64)100 << 30);
    disk_t *disk = open_well(reading);
    ck_assert_uint_eq(disk->bytes, (u64)100 << 30);
    memset(piece, 1, sizeof piece);
    ck_assert(disk_read(disk, ((u64)100 << 30) - sizeof piece, piece, sizeof piece));
    ck_assert(piece[0] == 0 && piece[sizeof piece - 1] == 0);
    disk_close(disk);
}
END_TEST

START_TEST(what_is_written_is_read_back_and_the_tables_stay_right)
{
    static const struct { unsigned version, bits; } rows[] = { { 2, 16 }, { 3, 16 }, { 2, 12 }, { 3, 9 }, { 3, 21 } };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        u64 leaked;
        make(rows[i].version, rows[i].bits, MODEL);
        memset(model, 0, sizeof model);
        for (unsigned session = 0; session < 4; session++) {
            disk_t *disk = open_well(plain);
            ck_assert_msg(random_use(disk, session + 1, 60), "row %u", i);
            ck_assert(disk_flush(disk));
            disk_close(disk);
            ck_assert_msg(tables_well(&leaked) && leaked == 0, "row %u: %u leaked", i, (unsigned)leaked);
        }
        disk_t *disk = open_well(snapshot);
        u64 before, after;
        u8 *old = read_file(&before);
        ck_assert(random_use(disk, 99, 60));
        disk_close(disk);
        u8 *new = read_file(&after);
        ck_assert(before == after && memcmp(old, new, before) == 0);
        free(old); free(new);
    }
}
END_TEST

START_TEST(clusters_marked_zero_read_as_zeros_and_can_be_written)
{
    u8 entry[8], b[2] = { 9, 9 };
    make(3, 16, MODEL);
    disk_t *disk = open_well(plain);
    ck_assert(disk_write(disk, 70000, "xy", 2));
    disk_close(disk);
    u64 bytes;
    u8 *file = read_file(&bytes);
    u64 l2 = get_big(file + get_big(file + 40, 8), 8) & 0x00FFFFFFFFFFFE00;
    put_big(entry, get_big(file + l2 + 8, 8) | 1, 8);
    ck_assert_uint_eq(get_big(file + 88, 8), 0);         /* autoclear features were cleared */
    free(file);
    write_file(l2 + 8, entry, 8);
    disk = open_well(plain);
    ck_assert(disk_read(disk, 70000, b, 2) && b[0] == 0 && b[1] == 0);
    ck_assert(disk_write(disk, 70001, "z", 1) && disk_read(disk, 70000, b, 2) && b[0] == 0 && b[1] == 'z');
    disk_close(disk);
}
END_TEST

/* Compressed Clusters Descriptor, for 64 KiB clusters: 54 bits of offset, above them the number of further sectors. */
static void compress_cluster(u64 cluster, const u8 *content, bool truncated)
{
    static u8 packed[70000];
    u8 entry[8];
    u64 bytes;
    z_stream z = { .next_in = (u8 *)(uintptr_t)content, .avail_in = 65536, .next_out = packed, .avail_out = sizeof packed };
    ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, -12, 9, Z_DEFAULT_STRATEGY), Z_OK);
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    u8 *file = read_file(&bytes);
    u64 l2 = get_big(file + get_big(file + 40, 8), 8) & 0x00FFFFFFFFFFFE00, at = bytes + 100;
    free(file);
    write_file(at, packed, z.total_out);
    u64 sectors = truncated ? 0 : (at % 512 + z.total_out - 1) / 512;
    put_big(entry, (u64)1 << 62 | sectors << 54 | at, 8);
    write_file(l2 + cluster * 8, entry, 8);
}

START_TEST(compressed_clusters_are_read_and_become_plain_when_written)
{
    static u8 content[65536];
    make(3, 16, MODEL);
    memset(model, 0, sizeof model);
    for (unsigned i = 0; i < sizeof content; i++) content[i] = (u8)(i * i >> 9);
    disk_t *disk = open_well(plain);
    ck_assert(disk_write(disk, 0, "a", 1));
    disk_close(disk);
    for (u64 cluster = 3; cluster < 16; cluster += 4) {
        compress_cluster(cluster, content, false);
        memcpy(model + cluster * 65536, content, sizeof content);
    }
    model[0] = 'a';
    disk = open_well(plain);
    ck_assert(disk_read(disk, 3 * 65536 + 1000, piece, 60000) && memcmp(piece, content + 1000, 60000) == 0);
    ck_assert(random_use(disk, 5, 100));
    disk_close(disk);
    disk = open_well(reading);
    for (u32 at = 0; at < MODEL; at += sizeof piece)
        ck_assert(disk_read(disk, at, piece, sizeof piece) && memcmp(piece, model + at, sizeof piece) == 0);
    disk_close(disk);
    compress_cluster(1, content, true);
    disk = open_well(plain);
    ck_assert(!disk_read(disk, 65536, piece, 512) && strstr(disk->trouble, "broken compressed cluster") && strstr(disk->trouble, path));
    disk->trouble[0] = 0;
    ck_assert(!disk_write(disk, 65536, piece, 512) && strstr(disk->trouble, "broken compressed cluster"));
    disk_close(disk);
}
END_TEST

START_TEST(what_is_not_supported_is_refused_by_name)
{
    static const struct { unsigned at, bytes; u64 value; const char *words; bool readable; } rows[] = {
        { 4, 4, 1, "unknown version", false }, { 4, 4, 4, "unknown version", false }, { 8, 8, 512, "backing file", false },
        { 32, 4, 1, "encrypted", false }, { 72, 8, 4, "features unknown", false }, { 72, 8, 16, "features unknown", false },
        { 72, 8, 1, "not closed properly", true }, { 72, 8, 2, "not closed properly", true }, { 60, 4, 1, "internal snapshots", true },
        { 96, 4, 6, "counts of an unusual size", true }, { 20, 4, 8, "impossible cluster size", false }, { 20, 4, 40, "impossible cluster size", false },
        { 24, 8, 0, "impossible disk size", false }, { 24, 8, 1001, "impossible disk size", false }, { 24, 8, (u64)1 << 63, "impossible disk size", false },
        { 36, 4, 0, "too small an L1", false }, { 40, 8, 12345, "L1 table", false }, { 40, 8, (u64)1 << 40, "L1 table", false },
        { 48, 8, (u64)1 << 40, "reference count table", false }, { 56, 4, 0xFFFFFFFF, "too large a reference count table", false },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        u8 b[8];
        make(3, 16, MODEL);
        put_big(b, rows[i].value, rows[i].bytes);
        write_file(rows[i].at, b, rows[i].bytes);
        ck_assert_ptr_null(disk_open(path, plain, NULL, why, sizeof why));
        ck_assert_msg(strstr(why, rows[i].words) && strstr(why, path), "row %u: %s", i, why);
        disk_t *disk = disk_open(path, snapshot, NULL, why, sizeof why);
        ck_assert_msg((disk != NULL) == rows[i].readable, "row %u: %s", i, why);
        disk_close(disk);
    }
}
END_TEST

/* RELIABILITY D7: any length, any damage of the tables: refused with the file unchanged, or usable. */
START_TEST(damaged_images_do_no_harm)
{
    u64 bytes, x = 88172645463325252u;
    make(3, 9, MODEL / 8);
    memset(model, 0, sizeof model);
    disk_t *disk = open_well(plain);
    for (u32 at = 0; at < MODEL / 8; at += 40 * 512) ck_assert(disk_write(disk, at, model, 512));
    disk_close(disk);
    u8 *good = read_file(&bytes), *bad = malloc(bytes);
    unsigned opened = 0, refused = 0;
    for (unsigned n = 0; n < 4000; n++) {
        u64 length = n < 700 ? n * 3 : bytes;
        memcpy(bad, good, bytes);
        for (unsigned k = 0; n >= 700 && k < 1 + n % 3; k++) {
            x ^= x << 13; x ^= x >> 7; x ^= x << 17;
            bad[(x >> 32) % (n % 2 ? bytes : 112)] ^= (u8)(1u << (x & 7));
        }
        fresh();
        if (length) write_file(0, bad, length);
        disk = open_quick(plain, NULL);
        if (disk) {
            opened++;
            u64 last = disk->bytes - 512;
            disk_read(disk, 0, piece, (u32)(disk->bytes < sizeof piece ? disk->bytes : sizeof piece));
            disk_write(disk, 0, piece, 5000);
            disk_write(disk, last, piece, 512);
            disk_close(disk);
        } else {
            refused++;
            u64 now;
            u8 *still = read_file(&now);
            ck_assert(now == length && memcmp(still, bad, length) == 0 && strstr(why, path));
            free(still);
        }
    }
    ck_assert(opened > 100 && refused > 100);
    free(good);
    free(bad);
}
END_TEST

/* ---- faults ---- */

typedef struct { host_calls_t calls; unsigned count, fail_at; bool for_ever; } faulty_t;

static bool fault(const host_calls_t *calls)
{
    faulty_t *f = (faulty_t *)(uintptr_t)calls;
    f->count++;
    return f->fail_at && (f->count == f->fail_at || (f->for_ever && f->count > f->fail_at));
}

static s64 f_write(const host_calls_t *c, int h, u64 offset, const void *from, u32 bytes) { return fault(c) ? -ENOSPC : host_posix.write(c, h, offset, from, bytes); }
static int f_sync(const host_calls_t *c, int h) { (void)h; return fault(c) ? -EIO : 0; }

/* Every write and sync of a session fails once, or from then on (the program killed there): no write that was said to be well is lost, and the tables stay right. */
static void session_with_fault(unsigned fail_at, bool for_ever, bool *happened)
{
    enum { PLACES = 12 };
    u64 leaked;
    bool well[PLACES];
    faulty_t f = { .calls = host_posix, .fail_at = fail_at, .for_ever = for_ever };
    f.calls.write = f_write;
    f.calls.sync = f_sync;
    make(3, 9, MODEL);
    disk_t *disk = disk_open_on(&f.calls, path, plain, NULL, why, sizeof why);
    ck_assert_ptr_nonnull(disk);
    for (u32 i = 0; i < PLACES; i++) {
        memset(piece, (int)i + 1, 3000);
        well[i] = disk_write(disk, i * 70000, piece, 3000);
        ck_assert(well[i] || strstr(disk->trouble, path));
    }
    disk_flush(disk);
    *happened = f.count >= fail_at;
    disk_close(disk);
    ck_assert_msg(tables_well(&leaked), "fault at %u", fail_at);
    disk = open_well(reading);
    for (u32 i = 0; i < PLACES; i++)
        ck_assert_msg(disk_read(disk, i * 70000, piece, 3000) && (!well[i] || (piece[0] == i + 1 && piece[2999] == i + 1)), "fault at %u, place %u", fail_at, i);
    disk_close(disk);
}

START_TEST(every_call_failing_in_turn_leaves_an_image_that_is_right)
{
    for (unsigned kill = 0; kill < 2; kill++) {
        bool happened = true;
        for (unsigned n = 1; happened && n < 2000; n++)
            session_with_fault(n, kill, &happened);
        ck_assert(!happened);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_empty_image_reads_as_zeros, what_is_written_is_read_back_and_the_tables_stay_right, clusters_marked_zero_read_as_zeros_and_can_be_written,
        compressed_clusters_are_read_and_become_plain_when_written, what_is_not_supported_is_refused_by_name, damaged_images_do_no_harm, every_call_failing_in_turn_leaves_an_image_that_is_right,
    };
    Suite *s = suite_create("qcow2");
    TCase *tc = tcase_create("images");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 120);
    for (unsigned i = 0; i < COUNT_OF(tests); i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    return run_all(s);
}
