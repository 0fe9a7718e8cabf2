/* test_disk.c - disk images in the host's files: what is recognised, what is refused and in which words, who may use an image at
 * the same time, and what happens when a call of the host fails (RELIABILITY D3-D6). */
#define _GNU_SOURCE
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "devices/disk.h"
#include "devices/host_file.h"
#include "tests/run_all.h"

static char folder[200], path[300], why[1024];
static const disk_options_t plain = { 0 }, snapshot = { .snapshot = true }, reading = { .read_only = true };

/* ---- a host whose calls fail when told to ---- */

typedef struct {
    host_calls_t calls;
    unsigned count, fail_at;         /* the call that fails (1 = the first), 0: none */
    int      error;
    bool     for_ever;               /* and all after it */
    u32      most;                   /* bytes a read or write does at once, 0: all */
    bool     no_write_permission;
    char     log[64];                /* r, w, s of the calls that went through */
} faulty_t;

static int fault(const host_calls_t *calls, char what)
{
    faulty_t *f = (faulty_t *)(uintptr_t)calls;
    f->count++;
    if (f->fail_at && (f->count == f->fail_at || (f->for_ever && f->count > f->fail_at)))
        return -f->error;
    size_t n = strlen(f->log);
    if (n < sizeof f->log - 1) f->log[n] = what;
    return 0;
}

static u32 most(const host_calls_t *calls, u32 bytes)
{
    const faulty_t *f = (const faulty_t *)calls;
    return f->most && f->most < bytes ? f->most : bytes;
}

static int f_open(const host_calls_t *c, const char *name, bool write)
{
    int e = fault(c, 'o');
    if (!e && write && ((const faulty_t *)c)->no_write_permission) return -EACCES;
    return e ? e : host_posix.open(c, name, write);
}
static int f_temporary(const host_calls_t *c, const char *where)                       { int e = fault(c, 't'); return e ? e : host_posix.temporary(c, where); }
static int f_examine(const host_calls_t *c, int h, host_kind_t *kind, u64 *bytes)      { int e = fault(c, 'e'); return e ? e : host_posix.examine(c, h, kind, bytes); }
static int f_lock(const host_calls_t *c, int h, bool exclusive, host_holder_t *holder) { int e = fault(c, 'l'); return e ? e : host_posix.lock(c, h, exclusive, holder); }
static s64 f_read(const host_calls_t *c, int h, u64 offset, void *to, u32 bytes)           { int e = fault(c, 'r'); return e ? e : host_posix.read(c, h, offset, to, most(c, bytes)); }
static s64 f_write(const host_calls_t *c, int h, u64 offset, const void *from, u32 bytes)  { int e = fault(c, 'w'); return e ? e : host_posix.write(c, h, offset, from, most(c, bytes)); }
static int f_sync(const host_calls_t *c, int h)                                        { int e = fault(c, 's'); return e ? e : host_posix.sync(c, h); }
static void f_close(const host_calls_t *c, int h)                                      { host_posix.close(c, h); }

static faulty_t faulty(void)
{
    return (faulty_t){ .calls = { .open = f_open, .temporary = f_temporary, .examine = f_examine, .lock = f_lock,
                                  .read = f_read, .write = f_write, .sync = f_sync, .close = f_close } };
}

/* ---- files ---- */

static void set_up(void)
{
    snprintf(folder, sizeof folder, "/tmp/doppel-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/disk.img", folder);
    why[0] = 0;
}

static void tear_down(void)
{
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

static void make(u64 bytes)
{
    int f = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    ck_assert(f >= 0 && ftruncate(f, (off_t)bytes) == 0);
    close(f);
}

static void poke(u64 offset, const void *what, size_t bytes)
{
    int f = open(path, O_RDWR);
    ck_assert(f >= 0 && pwrite(f, what, bytes, (off_t)offset) == (ssize_t)bytes);
    close(f);
}

static u8 peek(u64 offset)
{
    u8 b = 0;
    int f = open(path, O_RDONLY);
    ck_assert(f >= 0 && pread(f, &b, 1, (off_t)offset) == 1);
    close(f);
    return b;
}

static int open_files(void)
{
    int n = 0;
    for (int f = 0; f < 256; f++)
        n += fcntl(f, F_GETFD) >= 0;
    return n;
}

static disk_t *open_well(disk_options_t options, image_kind_t *kind)
{
    disk_t *disk = disk_open(path, options, kind, why, sizeof why);
    ck_assert_msg(disk != NULL, "%s", why);
    return disk;
}

static void refused(disk_options_t options, const char *words)
{
    int before = open_files();
    disk_t *disk = disk_open(path, options, NULL, why, sizeof why);
    ck_assert_ptr_null(disk);
    ck_assert_msg(strstr(why, words) && strstr(why, path), "\"%s\" does not say \"%s\"", why, words);
    ck_assert_int_eq(open_files(), before);
}

/* ---- recognition ---- */

START_TEST(an_image_is_known_by_its_content)
{
    static const struct { u64 bytes; image_kind_t kind; u64 at; const char *mark; } rows[] = {
        { 163840, IMAGE_FLOPPY, 0, "" }, { 184320, IMAGE_FLOPPY, 0, "" }, { 327680, IMAGE_FLOPPY, 0, "" }, { 368640, IMAGE_FLOPPY, 0, "" },
        { 737280, IMAGE_FLOPPY, 0, "" }, { 1228800, IMAGE_FLOPPY, 0, "" }, { 1474560, IMAGE_FLOPPY, 0, "" }, { 1720320, IMAGE_FLOPPY, 0, "" },
        { 2949120, IMAGE_FLOPPY, 0, "" }, { 2949120, IMAGE_CD, 32769, "CD001" }, { 512, IMAGE_HARD_DISK, 0, "" }, { 40 << 20, IMAGE_HARD_DISK, 0, "" },
        { 1474560 + 512, IMAGE_HARD_DISK, 0, "" }, { 40 << 20, IMAGE_CD, 32769, "CD001" }, { 40000, IMAGE_CD, 32769, "CD001" },
        { 5000001, IMAGE_KERNEL, 0x1FE, "\x55\xAA\xEB\x66HdrS" }, { 5000192, IMAGE_KERNEL, 0x1FE, "\x55\xAA\xEB\x66HdrS" },
        { 5000192, IMAGE_HARD_DISK, 0x202, "HdrS" }, { (u64)3 << 40, IMAGE_HARD_DISK, 0, "" },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        image_kind_t kind = IMAGE_UNKNOWN;
        make(rows[i].bytes);
        poke(rows[i].at, rows[i].mark, strlen(rows[i].mark));
        disk_t *disk = open_well(plain, &kind);
        ck_assert_msg(kind == rows[i].kind, "row %u is %d", i, (int)kind);
        ck_assert_uint_eq(disk->bytes, rows[i].bytes);
        ck_assert(disk->read_only == (kind == IMAGE_CD || kind == IMAGE_KERNEL));
        disk_close(disk);
    }
}
END_TEST

START_TEST(what_cannot_be_used_is_said_in_one_sentence)
{
    refused(plain, "there is no such file");
    make(0);       refused(plain, "is empty");
    make(1);       refused(plain, "is 1 bytes long, not a whole number of 512-byte sectors");
    make(1000003); refused(plain, "is 1000003 bytes long");
    make(1000003); refused(snapshot, "is 1000003 bytes long");
    unlink(path);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    refused(plain, "is a folder");
    refused(reading, "is a folder");
    rmdir(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    refused(plain, "is neither a file nor a disk");
    unlink(path);
    ck_assert_int_eq(symlink("/dev/null", path), 0);
    refused(plain, "is neither a file nor a disk");
    unlink(path);
    ck_assert_int_eq(symlink(path, path), 0);
    refused(plain, "cannot be opened");
    unlink(path);
    make(1 << 20);
    strcat(path, "/x");
    refused(plain, "there is no such file");
}
END_TEST

START_TEST(without_permission_to_write_a_floppy_is_protected_and_a_hard_disk_refused)
{
    faulty_t f = faulty();
    f.no_write_permission = true;
    image_kind_t kind;
    make(1474560);
    disk_t *disk = disk_open_on(&f.calls, path, plain, &kind, why, sizeof why);
    ck_assert_msg(disk && disk->read_only, "%s", why);
    ck_assert(!disk_write(disk, 0, "x", 1));
    disk_close(disk);
    make(1 << 20);
    ck_assert_ptr_null(disk_open_on(&f.calls, path, plain, &kind, why, sizeof why));
    ck_assert_ptr_nonnull(strstr(why, "may only be read"));
    disk = disk_open_on(&f.calls, path, snapshot, &kind, why, sizeof why);
    ck_assert_msg(disk && !disk->read_only, "%s", why);
    disk_close(disk);
    f.fail_at = f.count + 1; f.error = EACCES; f.for_ever = true;
    ck_assert_ptr_null(disk_open_on(&f.calls, path, plain, &kind, why, sizeof why));
    ck_assert_ptr_nonnull(strstr(why, "no permission to read"));
}
END_TEST

/* ---- reading and writing ---- */

START_TEST(what_is_written_is_in_the_file)
{
    u8 in[1500], out[1500] = { 0 };
    for (unsigned i = 0; i < sizeof in; i++) in[i] = (u8)(i * 7 + 1);
    make(1 << 20);
    disk_t *disk = open_well(plain, NULL);
    ck_assert(disk_write(disk, 12345, in, sizeof in));
    ck_assert(disk_read(disk, 12345, out, sizeof out));
    ck_assert(memcmp(in, out, sizeof in) == 0);
    ck_assert_uint_eq(peek(12345 + 100), in[100]);
    ck_assert(disk_flush(disk));
    ck_assert_uint_eq(disk->n_written, 1500); ck_assert_uint_eq(disk->n_read, 1500); ck_assert_uint_eq(disk->n_flushed, 1);
    ck_assert(!disk_read(disk, (1 << 20) - 100, out, 101));
    ck_assert(!disk_write(disk, UINT64_MAX - 10, out, 100));
    ck_assert(!disk_write(disk, (u64)1 << 63, out, 1));
    ck_assert_str_eq(disk->trouble, "");
    disk_close(disk);
    disk = open_well(reading, NULL);
    ck_assert(!disk_write(disk, 0, in, 1));
    disk_close(disk);
    disk_close(NULL);
}
END_TEST

START_TEST(a_disk_in_memory_is_padded_with_zeros)
{
    u8 b[4];
    disk_t *disk = disk_from_memory("demo", "abc", 3, 1474560);
    ck_assert(disk_read(disk, 0, b, 4) && memcmp(b, "abc", 4) == 0);
    ck_assert(disk_write(disk, 1474559, "z", 1) && disk_read(disk, 1474558, b, 2) && b[0] == 0 && b[1] == 'z');
    ck_assert(!disk_write(disk, 1474560, "z", 1) && disk_flush(disk));
    disk_close(disk);
    disk = disk_from_memory("short", "abc", 3, 2);
    ck_assert(disk->bytes == 2 && !disk_read(disk, 0, b, 3));
    disk_close(disk);
}
END_TEST

/* An overlay against a plain array, by random pieces. */
START_TEST(a_snapshot_reads_what_was_written_and_leaves_the_image_alone)
{
    enum { BYTES = 200 * 512 };
    static u8 model[BYTES], piece[5000];
    make(BYTES);
    for (unsigned i = 0; i < BYTES; i++) model[i] = (u8)(i ^ i >> 8);
    poke(0, model, BYTES);
    disk_t *disk = open_well(snapshot, NULL);
    u32 x = 1;
    bool same = true;
    for (unsigned n = 0; n < 3000; n++) {
        x = x * 1664525 + 1013904223;
        u32 at = x >> 8 & 0x1FFFF, bytes = x >> 3 & 0xFFF;
        if (x >> 28 & 1) { at &= ~511u; bytes &= ~511u; }
        if (at >= BYTES) continue;
        if (bytes > BYTES - at) bytes = BYTES - at;
        if (n % 3) {
            memset(piece, 0, sizeof piece);
            same &= disk_read(disk, at, piece, bytes) && memcmp(piece, model + at, bytes) == 0;
        } else {
            for (u32 i = 0; i < bytes; i++) piece[i] = model[at + i] = (u8)(x + i);
            same &= disk_write(disk, at, piece, bytes);
        }
    }
    ck_assert(same);
    ck_assert(disk_flush(disk));
    disk_close(disk);
    for (unsigned i = 0; i < BYTES; i += 97)
        same &= peek(i) == (u8)(i ^ i >> 8);
    ck_assert(same);
}
END_TEST

START_TEST(a_snapshot_of_a_huge_disk_costs_little_and_leaves_no_file)
{
    char b[3];
    make((u64)2 << 40);
    setenv("TMPDIR", folder, 1);
    disk_t *disk = open_well(snapshot, NULL);
    ck_assert(disk_write(disk, ((u64)2 << 40) - 3, "end", 3) && disk_write(disk, 0, "abc", 3));
    ck_assert(disk_read(disk, ((u64)2 << 40) - 3, b, 3) && memcmp(b, "end", 3) == 0);
    char command[300];
    snprintf(command, sizeof command, "test \"$(ls '%s')\" = disk.img", folder);
    ck_assert_int_eq(system(command), 0);
    disk_close(disk);
    setenv("TMPDIR", "/nowhere", 1);                     /* falls back to /var/tmp */
    disk_close(open_well(snapshot, NULL));
    unsetenv("TMPDIR");
}
END_TEST

/* ---- locks ---- */

static disk_t *second(disk_options_t options) { return disk_open(path, options, NULL, why, sizeof why); }

START_TEST(inside_one_program_an_image_has_one_writer_or_many_readers)
{
    make(1 << 20);
    char other[300];
    snprintf(other, sizeof other, "%s/other.img", folder);
    ck_assert_int_eq(link(path, other), 0);
    disk_t *disk = open_well(plain, NULL), *again;
    ck_assert_ptr_null(second(plain));
    ck_assert_ptr_nonnull(strstr(why, "already in use in this machine"));
    ck_assert_ptr_null(second(reading));
    ck_assert_ptr_null(second(snapshot));
    ck_assert_ptr_null(disk_open(other, plain, NULL, why, sizeof why));      /* a hard link is the same file */
    disk_close(disk);
    disk = open_well(snapshot, NULL);
    again = second(reading);
    ck_assert_ptr_nonnull(again);
    ck_assert_ptr_null(second(plain));
    disk_close(again);
    disk_close(disk);
    disk_close(open_well(plain, NULL));
}
END_TEST

/* Another process holds the image until killed. */
static pid_t holder(disk_options_t options)
{
    int ready[2];
    char go;
    ck_assert_int_eq(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        disk_t *disk = disk_open(path, options, NULL, why, sizeof why);
        if (!disk || write(ready[1], "x", 1) != 1) _exit(1);
        for (;;) pause();
    }
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &go, 1), 1);
    close(ready[0]);
    return pid;
}

static void end_holder(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

START_TEST(another_process_is_named_and_its_lock_dies_with_it)
{
    char who[40];
    make(1 << 20);
    pid_t pid = holder(plain);
    snprintf(who, sizeof who, "(process %d)", (int)pid);
    refused(plain, who);
    refused(plain, "may write to it");
    refused(reading, who);
    refused(snapshot, who);
    end_holder(pid);
    disk_close(open_well(plain, NULL));
    pid = holder(snapshot);
    refused(plain, "use -snapshot");
    refused(plain, who[0] ? "which reads it" : "");
    disk_close(open_well(snapshot, NULL));
    disk_close(open_well(reading, NULL));
    end_holder(pid);
    disk_close(open_well(plain, NULL));
}
END_TEST

/* The bytes that QEMU locks (block/file-posix.c): 100 + n for what it does, 200 + n for what it keeps others from. */
static int qemu(bool writes)
{
    int f = open(path, O_RDWR);
    static const short reader[] = { 100, 201, 203 }, writer[] = { 100, 101, 103, 201, 203 };
    for (unsigned i = 0; i < (writes ? COUNT_OF(writer) : COUNT_OF(reader)); i++) {
        struct flock l = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = writes ? writer[i] : reader[i], .l_len = 1 };
        ck_assert_int_eq(fcntl(f, F_OFD_SETLK, &l), 0);
    }
    return f;
}

START_TEST(qemu_and_we_see_each_other)
{
    make(1 << 20);
    int f = qemu(true);
    ck_assert_ptr_null(second(plain));
    ck_assert_ptr_null(second(reading));
    close(f);
    f = qemu(false);
    ck_assert_ptr_null(second(plain));
    disk_t *disk = open_well(reading, NULL);
    struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 101, .l_len = 1 };
    ck_assert_int_eq(fcntl(f, F_OFD_GETLK, &l), 0);
    ck_assert_int_eq(l.l_type, F_UNLCK);                 /* a QEMU that reads finds no writer */
    l = (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 201, .l_len = 1 };
    ck_assert_int_eq(fcntl(f, F_OFD_GETLK, &l), 0);
    ck_assert_int_eq(l.l_type, F_RDLCK);                 /* one that wants to write finds us against it */
    disk_close(disk);
    close(f);
}
END_TEST

/* ---- faults ---- */

static bool everything(disk_t *disk)
{
    u8 b[3000] = { 1 };
    return disk_write(disk, 100, b, sizeof b) && disk_flush(disk) && disk_read(disk, 512, b, sizeof b);
}

/* Every call of a session fails once, in every way: a sentence with the file's name, no handle left open, never a false success. */
static void each_call_fails(disk_options_t options, int error)
{
    int before = open_files();
    for (unsigned n = 1; n < 100; n++) {
        faulty_t f = faulty();
        f.fail_at = n;
        f.error = error;
        why[0] = 0;
        disk_t *disk = disk_open_on(&f.calls, path, options, NULL, why, sizeof why);
        bool happened = f.count >= n;
        if (disk) {
            bool well = everything(disk);
            happened = f.count >= n;
            ck_assert_msg(well || disk->trouble[0], "call %u, error %d: silent", n, error);
            ck_assert_msg(!well || !happened || error == EINTR || (error == EACCES && n == 1) || strchr(f.log, 't'), "call %u, error %d: %s", n, error, f.log);
            disk_close(disk);
        } else
            ck_assert_msg(strstr(why, path) || strstr(why, "-snapshot needs"), "call %u, error %d: \"%s\"", n, error, why);
        ck_assert_int_eq(open_files(), before);
        if (!happened)
            return;
    }
    ck_abort_msg("never ends");
}

START_TEST(every_call_failing_in_turn_is_reported)
{
    static const int errors[] = { EIO, ENOSPC, EINTR, EDQUOT, EBADF, EFBIG };
    make(1 << 20);
    for (unsigned i = 0; i < COUNT_OF(errors); i++) {
        each_call_fails(plain, errors[i]);
        each_call_fails(snapshot, errors[i]);
    }
}
END_TEST

START_TEST(short_transfers_and_interruptions_are_finished)
{
    u8 in[999], out[999];
    memset(in, 0x5A, sizeof in);
    make(1 << 20);
    faulty_t f = faulty();
    disk_t *disk = disk_open_on(&f.calls, path, plain, NULL, why, sizeof why);
    f.most = 7;
    ck_assert(disk_write(disk, 1, in, sizeof in) && disk_read(disk, 1, out, sizeof out) && memcmp(in, out, sizeof in) == 0);
    f.fail_at = f.count + 3; f.error = EINTR;
    ck_assert(disk_write(disk, 1, in, sizeof in));
    f.fail_at = f.count + 1;
    ck_assert(disk_flush(disk));
    f.fail_at = f.count + 1; f.for_ever = true;          /* but not for ever */
    ck_assert(!disk_read(disk, 1, out, sizeof out));
    f.fail_at = 0;
    disk_close(disk);
}
END_TEST

START_TEST(a_full_disk_is_said_and_can_be_overcome)
{
    make(1 << 20);
    faulty_t f = faulty();
    disk_t *disk = disk_open_on(&f.calls, path, plain, NULL, why, sizeof why);
    f.fail_at = f.count + 1; f.error = ENOSPC;
    ck_assert(!disk_write(disk, 0, "x", 1));
    ck_assert_msg(strstr(disk->trouble, path) && strstr(disk->trouble, "No space left") && strstr(disk->trouble, "free some space"), "%s", disk->trouble);
    ck_assert(!disk->failed && disk_write(disk, 0, "x", 1) && disk_flush(disk));
    disk_close(disk);
}
END_TEST

START_TEST(a_real_host_that_refuses_is_reported)
{
    signal(SIGXFSZ, SIG_IGN);
    make(512);
    ck_assert_int_eq(truncate(path, 1 << 20), 0);
    disk_t *disk = open_well(plain, NULL);
    struct rlimit small = { 1000, RLIM_INFINITY };
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    ck_assert(disk_write(disk, 0, "x", 1));
    ck_assert(!disk_write(disk, 5000, "x", 1));
    ck_assert_msg(strstr(disk->trouble, path) != NULL, "%s", disk->trouble);
    disk_close(disk);
    disk = open_well(snapshot, NULL);
    ck_assert(!disk_write(disk, 5000, "x", 1));
    ck_assert_msg(strstr(disk->trouble, "-snapshot") != NULL, "%s", disk->trouble);
    disk_close(disk);
}
END_TEST

START_TEST(a_flush_that_failed_is_final)
{
    u8 b;
    make(1 << 20);
    faulty_t f = faulty();
    disk_t *disk = disk_open_on(&f.calls, path, plain, NULL, why, sizeof why);
    ck_assert(disk_write(disk, 0, "x", 1));
    f.fail_at = f.count + 1; f.error = EIO;
    ck_assert(!disk_flush(disk));
    ck_assert_msg(disk->failed && strstr(disk->trouble, path), "%s", disk->trouble);
    unsigned calls = f.count;
    ck_assert(!disk_flush(disk) && !disk_write(disk, 0, "y", 1));
    ck_assert_uint_eq(f.count, calls);                   /* the host is not even asked */
    ck_assert(disk_read(disk, 0, &b, 1) && b == 'x');
    disk_close(disk);
}
END_TEST

START_TEST(a_flush_comes_after_the_writes)
{
    make(1 << 20);
    faulty_t f = faulty();
    disk_t *disk = disk_open_on(&f.calls, path, plain, NULL, why, sizeof why);
    memset(f.log, 0, sizeof f.log);
    disk_write(disk, 0, "x", 1);
    disk_write(disk, 9, "y", 1);
    disk_flush(disk);
    ck_assert_str_eq(f.log, "wws");
    disk_close(disk);
}
END_TEST

START_TEST(a_file_cut_short_under_us_is_a_read_error)
{
    u8 b[512];
    make(1 << 20);
    disk_t *disk = open_well(plain, NULL);
    ck_assert_int_eq(truncate(path, 1000), 0);
    ck_assert(!disk_read(disk, 2048, b, 512));
    ck_assert_msg(strstr(disk->trouble, "made it shorter") != NULL, "%s", disk->trouble);
    disk_close(disk);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_image_is_known_by_its_content, what_cannot_be_used_is_said_in_one_sentence,
        without_permission_to_write_a_floppy_is_protected_and_a_hard_disk_refused, what_is_written_is_in_the_file,
        a_disk_in_memory_is_padded_with_zeros, a_snapshot_reads_what_was_written_and_leaves_the_image_alone,
        a_snapshot_of_a_huge_disk_costs_little_and_leaves_no_file, inside_one_program_an_image_has_one_writer_or_many_readers,
        another_process_is_named_and_its_lock_dies_with_it, qemu_and_we_see_each_other, every_call_failing_in_turn_is_reported,
        short_transfers_and_interruptions_are_finished, a_full_disk_is_said_and_can_be_overcome, a_real_host_that_refuses_is_reported,
        a_flush_that_failed_is_final, a_flush_comes_after_the_writes, a_file_cut_short_under_us_is_a_read_error,
    };
    Suite *s = suite_create("disk");
    TCase *tc = tcase_create("images");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    for (unsigned i = 0; i < COUNT_OF(tests); i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    return run_all(s);
}
