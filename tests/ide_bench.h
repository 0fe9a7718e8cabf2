/* ide_bench.h - an IDE channel on a bench: ports, virtual time, a line that is watched, disks that fail on demand.
 * For test_ide.c, test_ata.c and test_ata_data.c; the facts they state are those of ATA/ATAPI-6 (T13/1410D revision 3b). */
#pragma once
#include <check.h>
#include <stdlib.h>
#include "devices/disk.h"
#include "devices/ide.h"
#include "tests/run_all.h"

enum { DATA = 0x1F0, ERROR = 0x1F1, COUNT = 0x1F2, LOW = 0x1F3, MID = 0x1F4, HIGH = 0x1F5, DEVICE = 0x1F6, STATUS = 0x1F7, COMMAND = 0x1F7, CONTROL = 0x3F6 };
enum { SECTORS = 40 * 2016 };                            /* 40 MB: 80 cylinders of 16 * 63 */
enum { READY = ATA_DRDY | ATA_DSC };

static vclock_t clock_;
static bus_t bus;
static ide_t ide;
static bool line;
static unsigned edges;

static inline void watch_line(void *chip, int pin, bool level)
{
    (void)chip; (void)pin;
    edges += level && !line;
    line = level;
}

/* A disk whose operations fail on demand and are counted. */
typedef struct { disk_t disk; u8 *content; unsigned reads, writes, flushes; u64 bad_sector; bool fail_writes, fail_flush; } fake_t;

static inline bool hit(const fake_t *f, u64 offset, u32 bytes)
{
    return f->bad_sector != UINT64_MAX && f->bad_sector * 512 + 512 > offset && f->bad_sector * 512 < offset + bytes;
}

static inline bool fake_read(disk_t *disk, u64 offset, void *to, u32 bytes)
{
    fake_t *f = (fake_t *)disk;
    f->reads++;
    if (hit(f, offset, bytes)) return false;
    memcpy(to, f->content + offset, bytes);
    return true;
}

static inline bool fake_write(disk_t *disk, u64 offset, const void *from, u32 bytes)
{
    fake_t *f = (fake_t *)disk;
    f->writes++;
    if (f->fail_writes || hit(f, offset, bytes)) return false;
    memcpy(f->content + offset, from, bytes);
    return true;
}

static inline bool fake_flush(disk_t *disk) { fake_t *f = (fake_t *)disk; f->flushes++; return !f->fail_flush; }
static const disk_ops_t fake_ops = { fake_read, fake_write, fake_flush, NULL };
static fake_t disks[2];

/* Sector n of disk d says so in its first bytes. */
static inline void make_disk(unsigned n, u64 sectors)
{
    fake_t *f = &disks[n];
    free(f->content);
    *f = (fake_t){ .disk = { .ops = &fake_ops, .bytes = sectors * 512 }, .bad_sector = UINT64_MAX };
    f->content = calloc(sectors, 512);
    ck_assert_ptr_nonnull(f->content);
    for (u64 s = 0; s < sectors; s++) {
        put64(f->content + s * 512, s);
        f->content[s * 512 + 511] = (u8)n;
    }
}

static inline void wire(void)
{
    vclock_init(&clock_);
    bus_init(&bus, NULL, 0);
    line = false;
    edges = 0;
    lacking_quiet(true);
    ide_init(&ide, &clock_, (line_t){ watch_line, NULL, 0 }, 0);
    ck_assert(ide_ports(&ide, &bus, 0x1F0, 0x3F6));
}

static inline u8   in8(u16 port)          { return (u8)bus_in(&bus, port, W8); }
static inline void out8(u16 port, u8 v)   { bus_out(&bus, port, W8, v); }
static inline void pass(u64 ns)           { vclock_advance(&clock_, clock_.now + ns); }

/* Wait as software does: until BSY is clear, by Alternate Status. */
static inline u8 settle(void)
{
    for (int i = 0; i < 1000000 && in8(CONTROL) & ATA_BSY; i++)
        pass(1000);
    return in8(CONTROL);
}

static inline void power_on(void)
{
    wire();
    make_disk(0, SECTORS);
    ide_attach(&ide, 0, &disks[0].disk);
    settle();
}

static inline void power_on_two(void)
{
    power_on();
    make_disk(1, 1000);
    ide_attach(&ide, 1, &disks[1].disk);
    pass(10000000);
}

static inline void power_off(void)
{
    for (unsigned n = 0; n < 2; n++) { free(disks[n].content); disks[n].content = NULL; }
    lacking_quiet(false);
}

static inline void lba28(u8 command, u32 lba, u8 count)
{
    out8(COUNT, count);
    out8(LOW, (u8)lba); out8(MID, (u8)(lba >> 8)); out8(HIGH, (u8)(lba >> 16));
    out8(DEVICE, (u8)(0xE0u | (u32)ide.selected << 4 | (lba >> 24 & 15)));
    out8(COMMAND, command);
}

static inline void lba48(u8 command, u64 lba, u16 count)
{
    out8(COUNT, (u8)(count >> 8));
    out8(LOW, (u8)(lba >> 24)); out8(MID, (u8)(lba >> 32)); out8(HIGH, (u8)(lba >> 40));
    out8(COUNT, (u8)count);
    out8(LOW, (u8)lba); out8(MID, (u8)(lba >> 8)); out8(HIGH, (u8)(lba >> 16));
    out8(DEVICE, 0x40);
    out8(COMMAND, command);
}

static inline void chs(u8 command, u16 cylinder, u8 head, u8 sector, u8 count)
{
    out8(COUNT, count);
    out8(LOW, sector); out8(MID, (u8)cylinder); out8(HIGH, (u8)(cylinder >> 8));
    out8(DEVICE, (u8)(0xA0 | head));
    out8(COMMAND, command);
}

static inline void take(u8 *to, unsigned bytes)  { for (unsigned i = 0; i < bytes; i += 2) put(to + i, W16, bus_in(&bus, DATA, W16)); }
static inline void give(u8 fill, unsigned bytes) { for (unsigned i = 0; i < bytes; i += 2) bus_out(&bus, DATA, W16, fill * 0x101u); }

static inline u8 simple(u8 command, u8 features, u8 count)
{
    out8(ERROR, features);
    out8(COUNT, count);
    out8(COMMAND, command);
    settle();
    return in8(STATUS);
}

static inline void identify(u8 *to)
{
    out8(COMMAND, 0xEC);
    ck_assert_uint_eq(settle(), READY | ATA_DRQ);
    in8(STATUS);
    take(to, 512);
}

static inline u32 word(const u8 *id, unsigned n) { return get(id + n * 2, W16); }

typedef struct { const char *name; void (*setup)(void); const TTest *const *tests; unsigned n; } bench_t;

static inline int run_benches(const char *name, const bench_t *benches, unsigned n)
{
    Suite *s = suite_create(name);
    for (unsigned b = 0; b < n; b++) {
        TCase *tc = tcase_create(benches[b].name);
        tcase_add_checked_fixture(tc, benches[b].setup, power_off);
        tcase_set_timeout(tc, 120);
        for (unsigned i = 0; i < benches[b].n; i++)
            tcase_add_test(tc, benches[b].tests[i]);
        suite_add_tcase(s, tc);
    }
    return run_all(s);
}
