/* test_ide.c - an IDE channel: who answers, whose interrupt it is, resets, state, and any port access at all. */
#include "tests/ide_bench.h"

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

/* The state in ata_t is one stretch without holes: whatever stood there before a load, the same stands there after it. */
enum { STATE_FIRST = offsetof(ata_t, sector), STATE_BYTES = offsetof(ata_t, interrupt) + sizeof(bool) - STATE_FIRST };

static void load_over(u8 filling, blob_t *blob, u8 *after)
{
    for (unsigned unit = 0; unit < IDE_DRIVES; unit++)
        memset((u8 *)&ide.drive[unit] + STATE_FIRST, filling, STATE_BYTES);
    ide.selected = filling;
    ide.control = (u8)(filling * 2);
    walker_t l = walk_loader(blob);
    ide_walk(&ide, &l);
    ck_assert_msg(!l.failed, "%s", l.why);
    for (unsigned unit = 0; unit < IDE_DRIVES; unit++)
        memcpy(after + unit * STATE_BYTES, (u8 *)&ide.drive[unit] + STATE_FIRST, STATE_BYTES);
    after[2 * STATE_BYTES] = ide.selected;
    after[2 * STATE_BYTES + 1] = ide.control;
}

START_TEST(a_walk_forgets_no_field)
{
    static u8 over_zeros[2 * STATE_BYTES + 2], over_ones[2 * STATE_BYTES + 2];
    walker_t r = walk_randomiser(1);
    ide_walk(&ide, &r);
    blob_t blob = { 0 };
    save(&blob);
    load_over(0, &blob, over_zeros);
    load_over(1, &blob, over_ones);
    ck_assert(memcmp(over_zeros, over_ones, sizeof over_ones) == 0);
    blob_free(&blob);
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

int main(void)
{
    const TTest *const none[] = {
        an_empty_cable_floats_with_bsy_clear,
    };
    const TTest *const one[] = {
        after_power_on_a_disk_is_ready_and_signs, device_0_answers_for_a_missing_device_1_with_status_0,
        nien_releases_the_line_and_keeps_the_request, a_new_command_drops_the_old_request,
        a_reset_takes_the_defaults_back_unless_told_to_keep, pulling_the_disk_out_ends_its_command,
        the_light_is_on_while_a_command_runs, a_walk_saves_and_loads_everything, a_walk_forgets_no_field, a_load_in_the_middle_of_a_read_goes_on_there,
    };
    const TTest *const two[] = {
        two_drives_keep_apart, intrq_belongs_to_the_selected_drive, soft_reset_in_a_transfer_drops_it_on_both_drives,
        a_busy_drive_keeps_its_parameters, random_port_accesses_do_no_harm,
    };
    const bench_t benches[] = {
        { "no drive", wire, none, COUNT_OF(none) },
        { "one drive", power_on, one, COUNT_OF(one) },
        { "two drives", power_on_two, two, COUNT_OF(two) },
    };
    return run_benches("ide", benches, COUNT_OF(benches));
}
