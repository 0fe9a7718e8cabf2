/* test_ata.c - an ATA disk's commands without sectors: what it says of itself, settings, power, SMART. */
#include "tests/ide_bench.h"

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

int main(void)
{
    const TTest *const one[] = {
        identify_tells_what_the_drive_is, default_geometry_follows_annex_b, commands_end_as_the_standard_says,
        power_modes_are_told_and_sleep_needs_a_reset, smart_says_the_drive_is_well_until_its_file_fails,
        read_native_max_tells_the_last_sector, hob_shows_the_previous_content_until_a_register_is_written,
        the_buffer_keeps_what_was_written_to_it,
    };
    const bench_t benches[] = {
        { "one drive", power_on, one, COUNT_OF(one) },
    };
    return run_benches("ata", benches, COUNT_OF(benches));
}
