/* test_ide.c - an IDE channel as software sees it: through its ports, over virtual time.  Facts are those of ATA/ATAPI-6
 * (T13/1410D revision 3b); the clause stands at each. */
#include <check.h>
#include <stdlib.h>
#include "devices/disk.h"
#include "devices/ide.h"

enum { DATA = 0x1F0, ERROR = 0x1F1, COUNT = 0x1F2, LOW = 0x1F3, MID = 0x1F4, HIGH = 0x1F5, DEVICE = 0x1F6, STATUS = 0x1F7, COMMAND = 0x1F7, CONTROL = 0x3F6 };
enum { SECTORS = 40 * 2016 };                            /* 40 MB: 80 cylinders of 16 * 63 */
enum { READY = ATA_DRDY | ATA_DSC };

static vclock_t clock_;
static bus_t bus;
static ide_t ide;
static bool line;
static unsigned edges;

static void watch_line(void *chip, int pin, bool level)
{
    (void)chip; (void)pin;
    edges += level && !line;
    line = level;
}

/* A disk whose operations fail on demand and are counted. */
typedef struct { disk_t disk; u8 *content; unsigned reads, writes, flushes; u64 bad_sector; bool fail_writes, fail_flush; } fake_t;

static bool hit(const fake_t *f, u64 offset, u32 bytes)
{
    return f->bad_sector != UINT64_MAX && f->bad_sector * 512 + 512 > offset && f->bad_sector * 512 < offset + bytes;
}

static bool fake_read(disk_t *disk, u64 offset, void *to, u32 bytes)
{
    fake_t *f = (fake_t *)disk;
    f->reads++;
    if (hit(f, offset, bytes)) return false;
    memcpy(to, f->content + offset, bytes);
    return true;
}

static bool fake_write(disk_t *disk, u64 offset, const void *from, u32 bytes)
{
    fake_t *f = (fake_t *)disk;
    f->writes++;
    if (f->fail_writes || hit(f, offset, bytes)) return false;
    memcpy(f->content + offset, from, bytes);
    return true;
}

static bool fake_flush(disk_t *disk) { fake_t *f = (fake_t *)disk; f->flushes++; return !f->fail_flush; }
static const disk_ops_t fake_ops = { fake_read, fake_write, fake_flush, NULL };
static fake_t disks[2];

/* Sector n of disk d says so in its first bytes. */
static void make_disk(unsigned n, u64 sectors)
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

static void wire(void)
{
    vclock_init(&clock_);
    bus_init(&bus, NULL, 0);
    line = false;
    edges = 0;
    lacking_quiet(true);
    ide_init(&ide, &clock_, (line_t){ watch_line, NULL, 0 }, 0);
    ck_assert(ide_ports(&ide, &bus, 0x1F0, 0x3F6));
}

static u8   in8(u16 port)          { return (u8)bus_in(&bus, port, W8); }
static void out8(u16 port, u8 v)   { bus_out(&bus, port, W8, v); }
static void pass(u64 ns)           { vclock_advance(&clock_, clock_.now + ns); }

/* Wait as software does: until BSY is clear, by Alternate Status. */
static u8 settle(void)
{
    for (int i = 0; i < 1000000 && in8(CONTROL) & ATA_BSY; i++)
        pass(1000);
    return in8(CONTROL);
}

static void power_on(void)
{
    wire();
    make_disk(0, SECTORS);
    ide_attach(&ide, 0, &disks[0].disk);
    settle();
}

static void power_on_two(void)
{
    power_on();
    make_disk(1, 1000);
    ide_attach(&ide, 1, &disks[1].disk);
    pass(10000000);
}

static void power_off(void)
{
    for (unsigned n = 0; n < 2; n++) { free(disks[n].content); disks[n].content = NULL; }
    lacking_quiet(false);
}

static void lba28(u8 command, u32 lba, u8 count)
{
    out8(COUNT, count);
    out8(LOW, (u8)lba); out8(MID, (u8)(lba >> 8)); out8(HIGH, (u8)(lba >> 16));
    out8(DEVICE, (u8)(0xE0u | (u32)ide.selected << 4 | (lba >> 24 & 15)));
    out8(COMMAND, command);
}

static void lba48(u8 command, u64 lba, u16 count)
{
    out8(COUNT, (u8)(count >> 8));
    out8(LOW, (u8)(lba >> 24)); out8(MID, (u8)(lba >> 32)); out8(HIGH, (u8)(lba >> 40));
    out8(COUNT, (u8)count);
    out8(LOW, (u8)lba); out8(MID, (u8)(lba >> 8)); out8(HIGH, (u8)(lba >> 16));
    out8(DEVICE, 0x40);
    out8(COMMAND, command);
}

static void chs(u8 command, u16 cylinder, u8 head, u8 sector, u8 count)
{
    out8(COUNT, count);
    out8(LOW, sector); out8(MID, (u8)cylinder); out8(HIGH, (u8)(cylinder >> 8));
    out8(DEVICE, (u8)(0xA0 | head));
    out8(COMMAND, command);
}

static void take(u8 *to, unsigned bytes)  { for (unsigned i = 0; i < bytes; i += 2) put(to + i, W16, bus_in(&bus, DATA, W16)); }
static void give(u8 fill, unsigned bytes) { for (unsigned i = 0; i < bytes; i += 2) bus_out(&bus, DATA, W16, fill * 0x101u); }

static u8 simple(u8 command, u8 features, u8 count)
{
    out8(ERROR, features);
    out8(COUNT, count);
    out8(COMMAND, command);
    settle();
    return in8(STATUS);
}

static void identify(u8 *to)
{
    out8(COMMAND, 0xEC);
    ck_assert_uint_eq(settle(), READY | ATA_DRQ);
    in8(STATUS);
    take(to, 512);
}

static u32 word(const u8 *id, unsigned n) { return get(id + n * 2, W16); }

/* ---- signature and selection ---- */

START_TEST(after_power_on_a_disk_is_ready_and_signs)             /* 9.12 */
{
    ck_assert_uint_eq(in8(STATUS), READY);
    ck_assert_uint_eq(in8(ERROR), 1);
    ck_assert_uint_eq(in8(COUNT), 1); ck_assert_uint_eq(in8(LOW), 1);
    ck_assert_uint_eq(in8(MID), 0);   ck_assert_uint_eq(in8(HIGH), 0);
    ck_assert_uint_eq(in8(DEVICE), 0xA0);
    ck_assert_uint_eq(edges, 0);
}
END_TEST

START_TEST(device_0_answers_for_a_missing_device_1_with_status_0)   /* 9.16.1 */
{
    out8(DEVICE, 0xB0);
    out8(COUNT, 0x55);
    ck_assert_uint_eq(in8(STATUS), 0);
    ck_assert_uint_eq(in8(CONTROL), 0);
    ck_assert_uint_eq(in8(COUNT), 0x55);
    ck_assert_uint_eq(in8(DEVICE), 0xB0);
    out8(COMMAND, 0xEC);                                         /* ignored */
    pass(1000000);
    ck_assert_uint_eq(in8(STATUS), 0);
    out8(DEVICE, 0xA0);
    ck_assert_uint_eq(in8(STATUS), READY);
    out8(DEVICE, 0xB0);
    out8(COMMAND, 0x90);                                         /* but EXECUTE DEVICE DIAGNOSTIC is obeyed */
    ck_assert_uint_eq(settle(), READY);
    ck_assert_uint_eq(in8(ERROR), 1);
    ck_assert_uint_eq(in8(DEVICE) & ATA_DEV, 0);
    ck_assert(line);
}
END_TEST

START_TEST(an_empty_cable_floats_with_bsy_clear)
{
    ck_assert_uint_eq(in8(STATUS), 0x7F);
    ck_assert_uint_eq(in8(CONTROL), 0x7F);
    out8(COUNT, 0x55);
    ck_assert_uint_eq(in8(COUNT), 0x7F);
    ck_assert_uint_eq(bus_in(&bus, DATA, W16), 0xFF7F);
    out8(COMMAND, 0xEC);
    pass(1000000);
    ck_assert_uint_eq(edges, 0);
}
END_TEST

START_TEST(two_drives_keep_apart)
{
    u8 id[512], sector[512];
    out8(DEVICE, 0xB0);
    identify(id);
    ck_assert_uint_eq(get(id + 120, W32), 1000);
    out8(DEVICE, 0xA0);
    identify(id);
    ck_assert_uint_eq(get(id + 120, W32), SECTORS);
    out8(DEVICE, 0xF0);
    lba28(0x20, 5, 1);
    settle();
    take(sector, 512);
    ck_assert_uint_eq(get64(sector), 5);
    ck_assert_uint_eq(sector[511], 1);
}
END_TEST

START_TEST(intrq_belongs_to_the_selected_drive)                  /* 5.2.9 */
{
    lba28(0x20, 0, 1);
    settle();
    ck_assert(line);
    out8(DEVICE, 0xB0);
    ck_assert(!line);
    in8(STATUS);                                                 /* of device 1: leaves device 0's request */
    out8(DEVICE, 0xA0);
    ck_assert(line);
    in8(CONTROL);
    ck_assert(line);                                             /* Alternate Status does not acknowledge */
    in8(STATUS);
    ck_assert(!line);
}
END_TEST

/* ---- identify ---- */

START_TEST(identify_tells_what_the_drive_is)                     /* 8.15 */
{
    u8 id[512];
    static const struct { u8 n; u16 value; } rows[] = {
        { 0, 0x0040 }, { 1, 80 }, { 3, 16 }, { 6, 63 }, { 47, 0x8010 }, { 49, 0x2E00 }, { 53, 7 }, { 54, 80 }, { 55, 16 }, { 56, 63 },
        { 59, 0 }, { 63, 0 }, { 80, 0x7E }, { 83, 0x7400 }, { 88, 0 }, { 93, 0x600B },
    };
    identify(id);
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        ck_assert_msg(word(id, rows[i].n) == rows[i].value, "word %u is %04x", rows[i].n, word(id, rows[i].n));
    ck_assert_uint_eq(get(id + 57 * 2, W32), 80 * 16 * 63);
    ck_assert_uint_eq(get(id + 60 * 2, W32), SECTORS);
    ck_assert_uint_eq(get64(id + 200), SECTORS);
    char model[41] = { 0 };
    for (unsigned i = 0; i < 40; i++) model[i] = (char)id[54 + (i ^ 1)];
    ck_assert_str_eq(model, "DOPPEL HARDDISK                         ");
    u8 sum = 0;
    for (unsigned i = 0; i < 512; i++) sum = (u8)(sum + id[i]);
    ck_assert_uint_eq(sum, 0);
    ck_assert_uint_eq(in8(STATUS), READY);
    ck_assert_uint_eq(edges, 1);
}
END_TEST

START_TEST(default_geometry_follows_annex_b)
{
    static const struct { u64 sectors; u32 cylinders; } rows[] = {
        { 1, 1 }, { 1007, 1 }, { 1008, 1 }, { 2016, 2 }, { 80640, 80 }, { 16514063, 16382 }, { 16514064, 16383 }, { 16514065, 16383 },
        { 0x0FFFFFFF, 16383 }, { (u64)1 << 40, 16383 },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        u32 c, h, s;
        ata_default_geometry(rows[i].sectors, &c, &h, &s);
        ck_assert_uint_eq(c, rows[i].cylinders); ck_assert_uint_eq(h, 16); ck_assert_uint_eq(s, 63);
    }
}
END_TEST

/* ---- reading ---- */

START_TEST(reading_interrupts_before_each_sector_and_not_after)  /* 9.7 */
{
    u8 sector[512];
    lba28(0x20, 100, 3);
    ck_assert_uint_eq(in8(CONTROL) & (ATA_BSY | ATA_DRQ), ATA_BSY);
    ck_assert(!line);
    for (u32 n = 0; n < 3; n++) {
        ck_assert_uint_eq(settle(), READY | ATA_DRQ);
        ck_assert(line);
        in8(STATUS);
        take(sector, 512);
        ck_assert_uint_eq(get64(sector), 100 + n);
    }
    pass(1000000);
    ck_assert_uint_eq(in8(CONTROL), READY);
    ck_assert(!line);
    ck_assert_uint_eq(edges, 3);
    ck_assert_uint_eq(in8(COUNT), 0);
    ck_assert_uint_eq(in8(LOW), 102);
}
END_TEST

START_TEST(the_data_port_takes_double_words)
{
    lba28(0x20, 0x1234, 1);
    settle();
    ck_assert_uint_eq(bus_in(&bus, DATA, W32), 0x1234);
    for (int i = 0; i < 126; i++) bus_in(&bus, DATA, W32);
    ck_assert_uint_eq(in8(CONTROL), READY | ATA_DRQ);
    bus_in(&bus, DATA, W32);
    ck_assert_uint_eq(in8(CONTROL), READY);
    ck_assert_uint_eq(bus_in(&bus, DATA, W16), 0xFFFF);          /* nothing there any more */
}
END_TEST

START_TEST(a_count_of_0_is_256_sectors_or_65536)                 /* 8.27, 8.28 */
{
    u8 sector[512];
    lba28(0x20, 0, 0);
    for (u32 n = 0; n < 256; n++) { settle(); take(sector, 512); }
    ck_assert_uint_eq(get64(sector), 255);
    ck_assert_uint_eq(settle(), READY);
    lba48(0x24, 0, 0);
    for (u32 n = 0; n < 65536; n++) { settle(); take(sector, 512); }
    ck_assert_uint_eq(get64(sector), 65535);
    ck_assert_uint_eq(settle(), READY);
}
END_TEST

START_TEST(read_multiple_moves_blocks)                           /* 8.25 */
{
    static u8 data[16 * 512];
    lba28(0xC4, 0, 20);
    settle();
    ck_assert_uint_eq(in8(STATUS), READY | ATA_ERR);             /* not set yet: aborts */
    ck_assert_uint_eq(in8(ERROR), ATA_ABRT);
    ck_assert_uint_eq(simple(0xC6, 0, 3), READY | ATA_ERR);      /* no power of two */
    ck_assert_uint_eq(simple(0xC6, 0, 32), READY | ATA_ERR);     /* more than word 47 says */
    ck_assert_uint_eq(simple(0xC6, 0, 8), READY);
    edges = 0;
    lba28(0xC4, 7, 20);                                          /* 8 + 8 + 4 */
    for (unsigned block = 0; block < 3; block++) {
        ck_assert_uint_eq(settle(), READY | ATA_DRQ);
        in8(STATUS);
        take(data, block < 2 ? 8 * 512 : 4 * 512);
        ck_assert_uint_eq(get64(data), 7 + block * 8);
    }
    ck_assert_uint_eq(settle(), READY);
    ck_assert_uint_eq(edges, 3);
    ck_assert_uint_eq(get64(data + 3 * 512), 26);
}
END_TEST

START_TEST(addresses_of_all_three_kinds_name_the_same_sectors)
{
    u8 sector[512];
    for (u32 lba = 0; lba < SECTORS; lba += 997) {
        bool good = true;
        chs(0x20, (u16)(lba / 1008), (u8)(lba / 63 % 16), (u8)(lba % 63 + 1), 1);
        settle(); take(sector, 512);
        good &= get64(sector) == lba && in8(LOW) == lba % 63 + 1 && in8(MID) == (u8)(lba / 1008) && (in8(DEVICE) & 15) == lba / 63 % 16;
        lba28(0x20, lba, 1);
        settle(); take(sector, 512);
        good &= get64(sector) == lba;
        lba48(0x24, lba, 1);
        settle(); take(sector, 512);
        good &= get64(sector) == lba;
        ck_assert_msg(good, "lba %u", lba);
    }
}
END_TEST

START_TEST(the_translation_can_be_changed)                       /* INITIALIZE DEVICE PARAMETERS, 8.16 */
{
    u8 sector[512], id[512];
    out8(DEVICE, 0xA0 | 4);                                      /* 5 heads of 17 sectors */
    ck_assert_uint_eq(simple(0x91, 0, 17), READY);
    identify(id);
    ck_assert_uint_eq(word(id, 54), SECTORS / 85); ck_assert_uint_eq(word(id, 55), 5); ck_assert_uint_eq(word(id, 56), 17);
    ck_assert_uint_eq(word(id, 1), 80);                          /* the default stays */
    chs(0x20, 10, 3, 17, 1);
    settle(); take(sector, 512);
    ck_assert_uint_eq(get64(sector), (10 * 5 + 3) * 17 + 16);
    chs(0x20, 0, 5, 1, 1);                                       /* no such head */
    settle();
    ck_assert_uint_eq(in8(ERROR), ATA_IDNF);
    out8(DEVICE, 0xA0);
    ck_assert_uint_eq(simple(0x91, 0, 0), READY | ATA_ERR);
}
END_TEST

START_TEST(addresses_outside_the_disk_are_not_found)
{
    static const struct { u32 lba; u8 count; } rows[] = { { SECTORS, 1 }, { SECTORS - 1, 2 }, { 0x0FFFFFFF, 1 }, { SECTORS - 255, 0 } };
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        for (unsigned c = 0; c < 3; c++) {
            static const u8 commands[] = { 0x20, 0x30, 0x40 };
            lba28(commands[c], rows[i].lba, rows[i].count);
            ck_assert_uint_eq(settle(), READY | ATA_ERR);
            ck_assert_uint_eq(in8(ERROR), ATA_IDNF);
            ck_assert(line);
            in8(STATUS);
        }
    chs(0x20, 0, 0, 0, 1);  settle(); ck_assert_uint_eq(in8(ERROR), ATA_IDNF);   /* sectors count from 1 */
    chs(0x20, 0, 0, 64, 1); settle(); ck_assert_uint_eq(in8(ERROR), ATA_IDNF);
    chs(0x20, 80, 0, 1, 1); settle(); ck_assert_uint_eq(in8(ERROR), ATA_IDNF);
    lba48(0x24, 0xFFFFFFFFFFFF, 0xFFFF); settle(); ck_assert_uint_eq(in8(ERROR), ATA_IDNF);
    lba28(0x70, SECTORS, 1);  settle(); ck_assert_uint_eq(in8(ERROR), ATA_IDNF);  /* SEEK */
    lba28(0x70, SECTORS - 1, 0); ck_assert_uint_eq(settle(), READY);
}
END_TEST

START_TEST(a_bad_sector_is_uncorrectable_and_named)
{
    u8 sector[512];
    disks[0].bad_sector = 12;
    lba28(0x20, 10, 5);
    settle(); take(sector, 512);
    settle(); take(sector, 512);
    ck_assert_uint_eq(get64(sector), 11);
    in8(STATUS);
    settle();
    ck_assert(line);
    ck_assert_uint_eq(in8(STATUS), READY | ATA_ERR);
    ck_assert_uint_eq(in8(ERROR), ATA_UNC);
    ck_assert_uint_eq(in8(LOW), 12);
    ck_assert_uint_eq(in8(COUNT), 3);
    simple(0xC6, 0, 16);
    lba28(0xC4, 0, 16);                                          /* inside a block, too */
    ck_assert_uint_eq(settle(), READY | ATA_ERR);
    ck_assert_uint_eq(in8(LOW), 12);
    lba28(0x40, 0, 200);                                         /* and when nothing is transferred */
    settle();
    ck_assert_uint_eq(in8(ERROR), ATA_UNC);
    ck_assert_uint_eq(in8(LOW), 12);
}
END_TEST

START_TEST(verifying_reads_everything_and_moves_nothing)
{
    disks[0].reads = 0;
    lba48(0x42, 100, 50000);
    settle();
    ck_assert_uint_eq(in8(STATUS), READY);
    ck_assert_uint_eq(edges, 1);
    ck_assert_uint_eq(disks[0].disk.n_read, 50000u * 512);
}
END_TEST

/* ---- writing ---- */

START_TEST(writing_interrupts_after_each_sector_and_not_before_the_first)   /* 9.8 */
{
    lba28(0x30, 50, 2);
    ck_assert_uint_eq(settle(), READY | ATA_DRQ);
    ck_assert_uint_eq(edges, 0);
    give(0xA1, 510);
    ck_assert_uint_eq(disks[0].writes, 0);
    give(0xA2, 2);
    ck_assert_uint_eq(in8(CONTROL) & ATA_BSY, ATA_BSY);
    ck_assert_uint_eq(settle(), READY | ATA_DRQ);
    ck_assert_uint_eq(edges, 1);
    in8(STATUS);
    give(0xA3, 512);
    ck_assert_uint_eq(settle(), READY);
    ck_assert_uint_eq(edges, 2);
    ck_assert_uint_eq(disks[0].content[50 * 512 + 509], 0xA1);
    ck_assert_uint_eq(disks[0].content[50 * 512 + 511], 0xA2);
    ck_assert_uint_eq(disks[0].content[51 * 512], 0xA3);
    ck_assert_uint_eq(get64(disks[0].content + 52 * 512), 52);
    ck_assert_uint_eq(disks[0].flushes, 0);
}
END_TEST

START_TEST(write_multiple_moves_blocks)
{
    simple(0xC6, 0, 16);
    edges = 0;
    lba48(0x39, 1000, 20);
    settle(); give(0x55, 16 * 512);
    ck_assert_uint_eq(settle(), READY | ATA_DRQ);
    give(0x66, 4 * 512);
    ck_assert_uint_eq(settle(), READY);
    in8(STATUS);
    ck_assert_uint_eq(disks[0].content[1015 * 512 + 511], 0x55);
    ck_assert_uint_eq(disks[0].content[1016 * 512], 0x66);
    ck_assert_uint_eq(disks[0].content[1019 * 512 + 511], 0x66);
    ck_assert_uint_eq(get64(disks[0].content + 1020 * 512), 1020);
}
END_TEST

START_TEST(a_write_that_fails_is_a_device_fault)
{
    disks[0].fail_writes = true;
    lba28(0x30, 9, 2);
    settle(); give(1, 512);
    settle();
    ck_assert(line);
    ck_assert_uint_eq(in8(STATUS), READY | ATA_DF | ATA_ERR);
    ck_assert_uint_eq(in8(ERROR), ATA_ABRT);
    ck_assert_uint_eq(in8(LOW), 9);
    disks[0].fail_writes = false;                                /* there is space again */
    lba28(0x30, 9, 1);
    settle(); give(1, 512);
    ck_assert_uint_eq(settle(), READY);
}
END_TEST

START_TEST(a_write_protected_disk_aborts_writes)
{
    disks[0].disk.read_only = true;
    lba28(0x30, 9, 1);
    settle();
    ck_assert_uint_eq(in8(STATUS), READY | ATA_ERR);
    ck_assert_uint_eq(in8(ERROR), ATA_ABRT);
    ck_assert_uint_eq(disks[0].writes, 0);
}
END_TEST

START_TEST(flush_ends_after_the_host_has_flushed)                /* RELIABILITY D3 */
{
    out8(COMMAND, 0xE7);
    ck_assert_uint_eq(disks[0].flushes, 0);
    ck_assert_uint_eq(in8(CONTROL) & ATA_BSY, ATA_BSY);
    ck_assert_uint_eq(settle(), READY);
    ck_assert_uint_eq(disks[0].flushes, 1);
    out8(COMMAND, 0xEA);
    settle();
    ck_assert_uint_eq(disks[0].flushes, 2);
    in8(STATUS);
    disks[0].fail_flush = true;
    out8(COMMAND, 0xE7);
    settle();
    ck_assert_uint_eq(in8(STATUS), READY | ATA_DF | ATA_ERR);
    disks[0].fail_flush = false;                                 /* too late: what was lost is lost */
    out8(COMMAND, 0xE7);
    settle();
    ck_assert_uint_eq(in8(STATUS), READY | ATA_DF | ATA_ERR);
    lba28(0x30, 0, 1);
    settle(); give(0, 512); settle();
    ck_assert_uint_eq(in8(STATUS), READY | ATA_DF | ATA_ERR);
}
END_TEST

START_TEST(without_write_cache_every_write_ends_flushed)         /* 8.46.3 */
{
    ck_assert_uint_eq(simple(0xEF, 0x82, 0), READY);
    disks[0].flushes = 0;
    lba28(0x30, 0, 2);
    settle(); give(0, 512); settle(); give(0, 512);
    ck_assert_uint_eq(settle(), READY);
    ck_assert_uint_eq(disks[0].flushes, 1);
    u8 id[512];
    identify(id);
    ck_assert_uint_eq(word(id, 85) & 0x20, 0);
}
END_TEST

/* ---- other commands ---- */

START_TEST(commands_end_as_the_standard_says)
{
    static const struct { u8 command, features, count, error; } rows[] = {
        { 0x00, 0, 0, ATA_ABRT },        /* NOP */
        { 0x08, 0, 0, ATA_ABRT },        /* DEVICE RESET: packet devices only */
        { 0x10, 0, 0, 0 }, { 0x1F, 0, 0, 0 }, { 0x70, 0, 0, 0 }, { 0x7F, 0, 0, 0 },
        { 0xA0, 0, 0, ATA_ABRT }, { 0xA1, 0, 0, ATA_ABRT },
        { 0xC8, 0, 1, ATA_ABRT }, { 0xCA, 0, 1, ATA_ABRT }, { 0x25, 0, 1, ATA_ABRT }, { 0x35, 0, 1, ATA_ABRT },    /* no bus master */
        { 0xEF, 0x02, 0, 0 }, { 0xEF, 0x82, 0, 0 }, { 0xEF, 0x55, 0, 0 }, { 0xEF, 0xAA, 0, 0 }, { 0xEF, 0x66, 0, 0 }, { 0xEF, 0xCC, 0, 0 },
        { 0xEF, 0x03, 0x00, 0 }, { 0xEF, 0x03, 0x0C, 0 }, { 0xEF, 0x03, 0x0D, ATA_ABRT }, { 0xEF, 0x03, 0x22, ATA_ABRT }, { 0xEF, 0x03, 0x45, ATA_ABRT },
        { 0xEF, 0x77, 0, ATA_ABRT }, { 0xB0, 0xDA, 0, ATA_ABRT }, { 0xF9, 0, 0, ATA_ABRT }, { 0xFF, 0, 0, ATA_ABRT }, { 0x22, 0, 1, ATA_ABRT },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        edges = 0;
        out8(DEVICE, 0xE0);
        u8 status = simple(rows[i].command, rows[i].features, rows[i].count);
        ck_assert_msg(status == (READY | (rows[i].error ? ATA_ERR : 0)), "row %u: status %02x", i, status);
        ck_assert_msg(in8(ERROR) == rows[i].error, "row %u: error %02x", i, in8(ERROR));
        ck_assert_uint_eq(edges, 1);
    }
}
END_TEST

START_TEST(power_modes_are_told_and_sleep_needs_a_reset)         /* 6.9, 8.7, 8.42 */
{
    static const struct { u8 command, told; } rows[] = { { 0xE0, 0 }, { 0xE1, 0x80 }, { 0xE2, 0 }, { 0xE3, 0x80 }, { 0x94, 0 }, { 0x97, 0x80 } };
    simple(0xE5, 0, 0); ck_assert_uint_eq(in8(COUNT), 0xFF);
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        simple(rows[i].command, 0, 0);
        simple(i & 1 ? 0xE5 : 0x98, 0, 0x12); ck_assert_uint_eq(in8(COUNT), rows[i].told);
    }
    lba28(0x40, 0, 1); settle();                                 /* wakes it */
    simple(0xE5, 0, 0); ck_assert_uint_eq(in8(COUNT), 0xFF);
    ck_assert_uint_eq(simple(0xE6, 0, 0), READY);
    edges = 0;
    out8(COMMAND, 0xE5); pass(1000000);
    ck_assert_uint_eq(edges, 0);
    out8(CONTROL, 4); pass(5000); out8(CONTROL, 0); settle();
    ck_assert_uint_eq(simple(0xE5, 0, 0), READY);
    ck_assert_uint_eq(in8(COUNT), 0xFF);
}
END_TEST

START_TEST(smart_says_the_drive_is_well_until_its_file_fails)    /* 8.54 */
{
    out8(MID, 0x4F); out8(HIGH, 0xC2);
    ck_assert_uint_eq(simple(0xB0, 0xD8, 0), READY);
    ck_assert_uint_eq(simple(0xB0, 0xDA, 0), READY);
    ck_assert_uint_eq(in8(MID), 0x4F); ck_assert_uint_eq(in8(HIGH), 0xC2);
    disks[0].disk.failed = true;
    ck_assert_uint_eq(simple(0xB0, 0xDA, 0), READY);
    ck_assert_uint_eq(in8(MID), 0xF4); ck_assert_uint_eq(in8(HIGH), 0x2C);
}
END_TEST

START_TEST(read_native_max_tells_the_last_sector)
{
    out8(DEVICE, 0x40);
    ck_assert_uint_eq(simple(0xF8, 0, 0), READY);
    ck_assert_uint_eq(in8(LOW) | (u32)in8(MID) << 8 | (u32)in8(HIGH) << 16, SECTORS - 1);
    ck_assert_uint_eq(simple(0x27, 0, 0), READY);
    ck_assert_uint_eq(in8(LOW) | (u32)in8(MID) << 8 | (u32)in8(HIGH) << 16, SECTORS - 1);
    out8(CONTROL, 0x80);                                         /* HOB */
    ck_assert_uint_eq(in8(LOW), 0);
}
END_TEST

START_TEST(hob_shows_the_previous_content_until_a_register_is_written)   /* 7.8 */
{
    out8(COUNT, 0x12); out8(COUNT, 0x34);
    ck_assert_uint_eq(in8(COUNT), 0x34);
    out8(CONTROL, 0x80);
    ck_assert_uint_eq(in8(COUNT), 0x12);
    out8(LOW, 0);
    ck_assert_uint_eq(in8(COUNT), 0x34);
}
END_TEST

START_TEST(the_buffer_keeps_what_was_written_to_it)              /* 8.23, 8.57 */
{
    u8 data[512];
    out8(COMMAND, 0xE8);
    ck_assert_uint_eq(settle(), READY | ATA_DRQ);
    give(0x77, 512);
    ck_assert_uint_eq(settle(), READY);
    out8(COMMAND, 0xE4);
    settle(); take(data, 512);
    ck_assert_uint_eq(data[0], 0x77); ck_assert_uint_eq(data[511], 0x77);
    ck_assert_uint_eq(disks[0].writes, 0);
}
END_TEST

/* ---- interrupts off, resets ---- */

START_TEST(nien_releases_the_line_and_keeps_the_request)
{
    out8(CONTROL, 2);
    lba28(0x20, 0, 1); settle();
    ck_assert_uint_eq(edges, 0);
    out8(CONTROL, 0);
    ck_assert(line);
    out8(CONTROL, 2);
    ck_assert(!line);
    in8(STATUS);
    out8(CONTROL, 0);
    ck_assert(!line);
}
END_TEST

START_TEST(a_new_command_drops_the_old_request)
{
    lba28(0x20, 0, 1); settle();
    ck_assert(line);
    out8(COMMAND, 0xE5);
    ck_assert(!line);
    settle();
    ck_assert_uint_eq(edges, 2);
}
END_TEST

/* RELIABILITY section 2, CVE-2023-5088 and item 4052: a reset in the middle of a write neither writes nor moves the write elsewhere. */
START_TEST(soft_reset_in_a_transfer_drops_it_on_both_drives)
{
    static const u64 waits[] = { 0, 5000, 20000, 49999, 50001, 60000 };
    for (unsigned when = 0; when < COUNT_OF(waits); when++) {
        for (unsigned bytes = 0; bytes <= 512; bytes += 128) {
            lba28(0x30, 77, 2);
            settle();
            give(0xEE, bytes);
            pass(bytes == 512 ? 0 : waits[when]);
            out8(CONTROL, 4);
            ck_assert_uint_eq(in8(CONTROL), ATA_BSY);
            pass(10000000);
            ck_assert_uint_eq(in8(CONTROL), ATA_BSY);            /* as long as SRST is set */
            out8(CONTROL, 0);
            ck_assert_uint_eq(settle(), READY);
            ck_assert_uint_eq(in8(ERROR), 1);
            ck_assert_uint_eq(in8(COUNT), 1);
            out8(DEVICE, 0xB0);
            ck_assert_uint_eq(in8(STATUS), READY);
            ck_assert_uint_eq(in8(ERROR), 1);
            out8(DEVICE, 0xA0);
            give(0xEE, 1024);                                    /* goes nowhere */
            pass(10000000);
        }
    }
    ck_assert_uint_eq(disks[0].writes, 0);
    ck_assert_uint_eq(get64(disks[0].content + 77 * 512), 77);
    ck_assert_uint_eq(get64(disks[0].content), 0);
    ck_assert_uint_eq(edges, 0);
}
END_TEST

START_TEST(a_reset_takes_the_defaults_back_unless_told_to_keep)  /* SET FEATURES 66h, CCh */
{
    u8 id[512];
    simple(0xC6, 0, 8);
    out8(CONTROL, 4); out8(CONTROL, 0); settle();
    identify(id);
    ck_assert_uint_eq(word(id, 59), 0);
    simple(0xC6, 0, 8);
    simple(0xEF, 0x66, 0);
    out8(CONTROL, 4); out8(CONTROL, 0); settle();
    identify(id);
    ck_assert_uint_eq(word(id, 59), 0x0108);
}
END_TEST

START_TEST(a_busy_drive_keeps_its_parameters)
{
    u8 sector[512];
    lba28(0x20, 33, 1);
    out8(LOW, 99); out8(DEVICE, 0xB0); out8(COMMAND, 0xEC);
    settle(); take(sector, 512);
    ck_assert_uint_eq(get64(sector), 33);
}
END_TEST

START_TEST(pulling_the_disk_out_ends_its_command)
{
    lba28(0x30, 5, 1);
    settle();
    give(0xAA, 512);
    ide_attach(&ide, 0, NULL);
    pass(10000000);
    ck_assert_uint_eq(disks[0].writes, 0);
    ck_assert_uint_eq(in8(STATUS), 0x7F);
    ck_assert(!line && !ide_active(&ide, 0));
    ide_attach(&ide, 0, &disks[0].disk);
    ck_assert_uint_eq(settle(), READY);
}
END_TEST

START_TEST(the_light_is_on_while_a_command_runs)
{
    ck_assert(!ide_active(&ide, 0));
    lba28(0x20, 0, 1);
    ck_assert(ide_active(&ide, 0));
    settle();
    ck_assert(ide_active(&ide, 0));
    for (int i = 0; i < 256; i++) bus_in(&bus, DATA, W16);
    ck_assert(!ide_active(&ide, 0));
}
END_TEST

/* ---- the seam for a bus master ---- */

static u8 memory[64 * 512];
static u32 memory_at;
static bool to_memory;

/* Moves odd pieces whenever DMARQ is high. */
static void engine(void *chip, int pin, bool level)
{
    (void)pin;
    u32 n = 1;
    while (level && n && ata_dma_requested(chip)) {
        u32 want = sizeof memory - memory_at < 999 ? (u32)sizeof memory - memory_at : 999;
        n = to_memory ? ata_data_in(chip, memory + memory_at, want) : ata_data_out(chip, memory + memory_at, want);
        memory_at += n;
    }
}

START_TEST(a_bus_master_moves_whole_transfers_with_one_interrupt)   /* 9.10 */
{
    ide.drive[0].can_dma = true;
    ide.drive[0].dmarq = (line_t){ engine, &ide.drive[0], 0 };
    memory_at = 0;
    to_memory = true;
    lba28(0xC8, 300, 40);
    ck_assert_uint_eq(settle(), READY);
    ck_assert_uint_eq(memory_at, 40 * 512);
    ck_assert_uint_eq(get64(memory + 39 * 512), 339);
    ck_assert_uint_eq(edges, 1);
    in8(STATUS);
    memory_at = 0;
    to_memory = false;
    lba48(0x35, 500, 40);
    ck_assert_uint_eq(settle(), READY);
    ck_assert_uint_eq(get64(disks[0].content + 500 * 512), 300);
    ck_assert_uint_eq(get64(disks[0].content + 539 * 512), 339);
    ck_assert_uint_eq(edges, 2);
    u8 id[512];
    out8(DEVICE, 0xA0);
    simple(0xEF, 3, 0x45);
    identify(id);
    ck_assert_uint_eq(word(id, 88), 0x203F);
    ck_assert_uint_eq(word(id, 49) & 0x100, 0x100);
}
END_TEST

/* ---- state ---- */

static void save(blob_t *to) { walker_t w = walk_saver(to); ide_walk(&ide, &w); ck_assert_msg(!w.failed, "%s", w.why); }

START_TEST(a_walk_saves_and_loads_everything)
{
    for (u64 seed = 1; seed <= 300; seed++) {
        walker_t r = walk_randomiser(seed);
        ide_walk(&ide, &r);
        blob_t first = { 0 }, second = { 0 };
        save(&first);
        bool level = line;
        ide_reset(&ide);
        pass(10000000);
        walker_t l = walk_loader(&first);
        ide_walk(&ide, &l);
        ck_assert_msg(!l.failed, "%s", l.why);
        save(&second);
        ck_assert(first.bytes == second.bytes && memcmp(first.data, second.data, first.bytes) == 0);
        ck_assert(line == level);
        pass(seed * 1000);                                       /* and goes on */
        settle();
        blob_free(&first); blob_free(&second);
    }
}
END_TEST

START_TEST(a_load_in_the_middle_of_a_read_goes_on_there)
{
    u8 sector[512];
    lba28(0x20, 60, 2);
    settle(); take(sector, 100);
    blob_t blob = { 0 };
    save(&blob);
    ide_reset(&ide); settle();
    walker_t l = walk_loader(&blob);
    ide_walk(&ide, &l);
    ck_assert(line);
    take(sector, 412); settle(); take(sector, 512);
    ck_assert_uint_eq(get64(sector), 61);
    blob_free(&blob);
}
END_TEST

/* RELIABILITY F1, F6: any sequence of port accesses, any failure of the disk, any loaded state. */
START_TEST(random_port_accesses_do_no_harm)
{
    u64 x = 0x9E3779B97F4A7C15u;
    for (u32 i = 0; i < 1000000; i++) {
        x ^= x << 13; x ^= x >> 7; x ^= x << 17;
        u16 port = (u16)((x >> 8 & 15) == 15 ? 0x3F6 : 0x1F0 + (x >> 8 & 7));
        width_t w = (x >> 16 & 7) == 0 ? W32 : (x >> 16 & 7) < 3 ? W16 : W8;
        u32 value = (u32)(x >> 24);
        if (port == 0x3F6 && (x >> 40 & 15)) value &= ~4u;
        if (x >> 20 & 1) bus_out(&bus, port, w, value); else bus_in(&bus, port, w);
        if ((x >> 44 & 3) == 0) pass(x >> 46 & 0xFFFF);
        if ((x >> 50 & 0x3F) == 0) for (int n = 0; n < 300; n++) bus_in(&bus, DATA, W16);
        disks[0].fail_writes = (x >> 56 & 7) == 0;
        disks[0].bad_sector = (x >> 59 & 3) ? UINT64_MAX : x >> 48 & 0xFF;
        if (i % 9973 == 0) { walker_t r = walk_randomiser(x); ide_walk(&ide, &r); }
        if (i % 20011 == 0) ide_attach(&ide, 1, x >> 60 & 1 ? &disks[1].disk : NULL);
    }
    out8(CONTROL, 4); out8(CONTROL, 0);
    out8(DEVICE, 0xA0);
    ck_assert_uint_eq(settle(), READY);
}
END_TEST

static void add(Suite *s, const char *name, void (*setup)(void), const TTest *const *tests, unsigned n)
{
    TCase *tc = tcase_create(name);
    tcase_add_checked_fixture(tc, setup, power_off);
    tcase_set_timeout(tc, 120);
    for (unsigned i = 0; i < n; i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
}

int main(void)
{
    const TTest *const none[] = { an_empty_cable_floats_with_bsy_clear };
    const TTest *const one[] = {
        after_power_on_a_disk_is_ready_and_signs, device_0_answers_for_a_missing_device_1_with_status_0, identify_tells_what_the_drive_is,
        default_geometry_follows_annex_b, reading_interrupts_before_each_sector_and_not_after, the_data_port_takes_double_words,
        a_count_of_0_is_256_sectors_or_65536, read_multiple_moves_blocks, addresses_of_all_three_kinds_name_the_same_sectors,
        the_translation_can_be_changed, addresses_outside_the_disk_are_not_found, a_bad_sector_is_uncorrectable_and_named,
        verifying_reads_everything_and_moves_nothing, writing_interrupts_after_each_sector_and_not_before_the_first, write_multiple_moves_blocks,
        a_write_that_fails_is_a_device_fault, a_write_protected_disk_aborts_writes, flush_ends_after_the_host_has_flushed,
        without_write_cache_every_write_ends_flushed, commands_end_as_the_standard_says, power_modes_are_told_and_sleep_needs_a_reset,
        smart_says_the_drive_is_well_until_its_file_fails, read_native_max_tells_the_last_sector,
        hob_shows_the_previous_content_until_a_register_is_written, the_buffer_keeps_what_was_written_to_it,
        nien_releases_the_line_and_keeps_the_request, a_new_command_drops_the_old_request, a_reset_takes_the_defaults_back_unless_told_to_keep,
        pulling_the_disk_out_ends_its_command, the_light_is_on_while_a_command_runs, a_bus_master_moves_whole_transfers_with_one_interrupt,
        a_walk_saves_and_loads_everything, a_load_in_the_middle_of_a_read_goes_on_there,
    };
    const TTest *const two[] = {
        two_drives_keep_apart, intrq_belongs_to_the_selected_drive, soft_reset_in_a_transfer_drops_it_on_both_drives, a_busy_drive_keeps_its_parameters,
        random_port_accesses_do_no_harm,
    };
    Suite *s = suite_create("ide");
    add(s, "no drive", wire, none, COUNT_OF(none));
    add(s, "one drive", power_on, one, COUNT_OF(one));
    add(s, "two drives", power_on_two, two, COUNT_OF(two));
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed != 0;
}
