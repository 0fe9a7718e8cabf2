/* test_atapi.c - a CD-ROM drive on the IDE channel: ATA/ATAPI-6 (T13/1410D revision 3b) for the protocol, SFF-8020i revision 2.6 and MMC-3
 * (T10/1363D) for the commands, SPC-3 for sense data; and the shapes of RELIABILITY section 2: odd and zero byte counts, replies read past
 * their end, disk commands to a drive without a disc, resets and media changes in the middle of things. */
#include "tests/ide_bench.h"
#include "devices/atapi.h"

enum { BLOCKS = 1000, GOOD = ATA_DRDY | ATA_DSC };

/* Block n of the disc says so in its first bytes; the disc is disks[0] in sectors of 512. */
static void make_disc(unsigned which)
{
    make_disk(which, BLOCKS * 4);
    for (u32 n = 0; n < BLOCKS; n++)
        put(disks[which].content + n * 2048u, W32, n | which << 24);
    disks[which].disk.read_only = true;
}

static void forget_attention(void);
static void insert_disc(void)
{
    wire();
    make_disc(0);
    make_disc(1);
    ide_attach_cdrom(&ide, 0, &disks[0].disk);
    settle();
    forget_attention();
}

static void empty_drive(void)
{
    wire();
    make_disc(0);
    make_disc(1);
    ide_attach_cdrom(&ide, 0, NULL);
    settle();
    forget_attention();
}

/* Begin a packet; what follows is the data phase or the end. */
static u8 begin(const u8 *packet, u16 limit)
{
    out8(ERROR, 0);
    out8(MID, (u8)limit); out8(HIGH, (u8)(limit >> 8));
    out8(COMMAND, 0xA0);
    u8 status = settle();
    if (!(status & ATA_DRQ)) return status;
    ck_assert_uint_eq(in8(COUNT), REASON_CD);
    for (int i = 0; i < 12; i += 2) bus_out(&bus, DATA, W16, get(packet + i, W16));
    return settle();
}

/* All of a packet's data; *got: how many bytes; the last status. */
static u8 run(const u8 *packet, u16 limit, u8 *to, u32 room, u32 *got)
{
    u8 status = begin(packet, limit);
    u32 n = 0;
    for (; status & ATA_DRQ; status = settle()) {
        ck_assert_uint_eq(in8(COUNT), REASON_IO);
        ck_assert(line);
        in8(STATUS);
        ck_assert(!line);
        u32 bytes = in8(MID) | (u32)in8(HIGH) << 8;
        ck_assert_uint_le(bytes, limit == 0xFFFF ? 0xFFFE : limit);
        for (u32 i = 0; i < bytes; i += 2) {
            u32 word = bus_in(&bus, DATA, W16);
            if (n < room) to[n++] = (u8)word;
            if (n < room && i + 1 < bytes) to[n++] = (u8)(word >> 8);
        }
    }
    if (got) *got = n;
    if (!(status & ATA_ERR) || in8(ERROR) != ATA_ABRT) ck_assert_uint_eq(in8(COUNT), REASON_CD | REASON_IO);
    ck_assert(line);
    in8(STATUS);
    return status;
}

#define P(...) (const u8[12]){ __VA_ARGS__ }
static u8 data[70000];
static u32 got;
static u8 ask(const u8 *packet) { return run(packet, 0xFFFE, data, sizeof data, &got); }

/* The sense of the last failure: key << 16 | ASC << 8 | ASCQ. */
static u32 sense(void)
{
    ck_assert_uint_eq(ask(P(0x03, 0, 0, 0, 18)), GOOD);
    ck_assert_uint_eq(got, 18);
    ck_assert_uint_eq(data[0], 0x70);
    return (u32)data[2] << 16 | (u32)data[12] << 8 | data[13];
}

static void forget_attention(void)
{
    ck_assert_uint_eq(sense(), 0x062900);                        /* power on */
    ck_assert_uint_eq(sense(), 0);
    edges = 0;
}

static const u8 test_unit_ready[12] = { 0 };

/* ---- the ATA side ---- */

START_TEST(it_signs_as_a_packet_device)                          /* 9.12: 01 01 14 EB, Status 00 */
{
    for (int i = 0; i < 3; i++) {
        if (i == 0) { ide_reset(&ide); settle(); }
        if (i == 1) { out8(CONTROL, 4); out8(CONTROL, 0); settle(); }
        if (i == 2) { out8(COMMAND, 0x08); settle(); }
        ck_assert_uint_eq(in8(STATUS), 0);
        ck_assert_uint_eq(in8(ERROR), 1);
        ck_assert_uint_eq(in8(COUNT), 1); ck_assert_uint_eq(in8(LOW), 1);
        ck_assert_uint_eq(in8(MID), 0x14); ck_assert_uint_eq(in8(HIGH), 0xEB);
        ck_assert(!line);
        out8(MID, 0); out8(HIGH, 0);
    }
}
END_TEST

START_TEST(identify_device_and_read_sectors_are_aborted_with_the_signature)   /* 8.15, 8.34 */
{
    static const u8 commands[] = { 0xEC, 0x20, 0x21 };
    for (unsigned i = 0; i < COUNT_OF(commands); i++) {
        out8(MID, 0); out8(HIGH, 0);
        ck_assert_uint_eq(simple(commands[i], 0, 1), GOOD | ATA_ERR);
        ck_assert_uint_eq(in8(ERROR), ATA_ABRT);
        ck_assert_uint_eq(in8(MID), 0x14); ck_assert_uint_eq(in8(HIGH), 0xEB);
    }
}
END_TEST

/* RELIABILITY section 2, 2015-6855 and its like: no disk command reaches a packet device, with a disc or without. */
START_TEST(every_disk_command_is_aborted)
{
    static const u8 own[] = { 0x08, 0xA0, 0xA1, 0x90, 0xEF, 0xE0, 0xE1, 0xE2, 0xE3, 0xE5, 0xE6, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99 };
    for (int disc = 0; disc < 2; disc++) {
        ide_change_medium(&ide, 0, disc ? &disks[0].disk : NULL);
        for (unsigned c = 0; c < 256; c++) {
            if (memchr(own, (int)c, sizeof own)) continue;
            lba28((u8)c, 5, 1);
            ck_assert_msg(settle() == (GOOD | ATA_ERR) && in8(ERROR) == ATA_ABRT, "%02X", c);
        }
    }
}
END_TEST

START_TEST(identify_packet_device_says_cd_rom)                   /* 8.16, table 29 */
{
    u8 id[512];
    out8(COMMAND, 0xA1);
    ck_assert_uint_eq(settle(), GOOD | ATA_DRQ);
    take(id, 512);
    ck_assert_uint_eq(word(id, 0), 0x85C0);
    ck_assert_uint_eq(word(id, 49) & 0x0200, 0x0200);
    ck_assert_uint_eq(word(id, 82) & 0x0210, 0x0210);            /* PACKET, DEVICE RESET */
    ck_assert(memcmp(id + 54, "ODPPLEC -DOR", 12) == 0);
    u8 sum = 0;
    for (int i = 0; i < 512; i++) sum = (u8)(sum + id[i]);
    ck_assert_uint_eq(sum, 0);
}
END_TEST

START_TEST(device_reset_ends_anything_without_intrq)             /* 8.10 */
{
    begin(P(0x28, 0, 0, 0, 0, 0, 0, 0, 4), 2048);
    in8(STATUS);
    out8(COMMAND, 0x08);
    settle();
    ck_assert_uint_eq(in8(STATUS), 0);
    ck_assert(!line);
    begin(P(0x28, 0, 0, 0, 0, 0, 0, 0, 1), 2048);
    out8(COMMAND, 0xA0);                                         /* and while the drive is busy */
    out8(COMMAND, 0x08);
    ck_assert_uint_eq(settle(), 0);
    ck_assert_uint_eq(ask(test_unit_ready), GOOD);
}
END_TEST

/* ---- the PACKET protocol ---- */

START_TEST(a_byte_count_limit_cuts_the_data_into_phases)         /* 8.23 */
{
    static const u16 limits[] = { 2, 64, 512, 2048, 2049, 3000, 4096, 8192, 65534, 65535 };
    for (unsigned i = 0; i < COUNT_OF(limits); i++) {
        memset(data, 0xEE, sizeof data);
        ck_assert_uint_eq(run(P(0x28, 0, 0, 0, 0, 7, 0, 0, 20), limits[i], data, sizeof data, &got), GOOD);
        ck_assert_uint_eq(got, 20 * 2048);
        for (u32 n = 0; n < 20; n++)
            ck_assert_uint_eq(get(data + n * 2048, W32), 7 + n);
    }
}
END_TEST

START_TEST(a_limit_of_0_is_an_error_where_data_would_move)       /* 2020-29443's neighbourhood */
{
    ck_assert_uint_eq(begin(P(0x28, 0, 0, 0, 0, 0, 0, 0, 1), 0), GOOD | ATA_ERR);
    ck_assert_uint_eq(in8(ERROR), ATA_ABRT);
    ck_assert_uint_eq(run(test_unit_ready, 0, data, 0, NULL), GOOD);
}
END_TEST

START_TEST(an_odd_reply_ends_in_half_a_word_and_an_odd_limit_is_made_even)
{
    ck_assert_uint_eq(begin(P(0x12, 0, 0, 0, 5), 0xFFFE), GOOD | ATA_DRQ);
    ck_assert_uint_eq(in8(MID), 5);
    for (int i = 0; i < 3; i++) bus_in(&bus, DATA, W16);
    ck_assert_uint_eq(settle(), GOOD);
    ck_assert_uint_eq(begin(P(0x12, 0, 0, 0, 36), 7), GOOD | ATA_DRQ);
    ck_assert_uint_eq(in8(MID), 6);
}
END_TEST

START_TEST(reading_past_the_end_of_a_reply_gets_nothing)         /* 2020-29443, 2015-5154 */
{
    ck_assert_uint_eq(ask(P(0x12, 0, 0, 0, 36)), GOOD);
    for (int i = 0; i < 10000; i++) ck_assert_uint_eq(bus_in(&bus, DATA, W16), 0xFFFF);
    for (int i = 0; i < 10000; i++) bus_out(&bus, DATA, W16, 0x1234);
    ck_assert_uint_eq(ask(test_unit_ready), GOOD);
}
END_TEST

START_TEST(an_allocation_length_of_0_is_no_error)
{
    ck_assert_uint_eq(ask(P(0x12)), GOOD);
    ck_assert_uint_eq(got, 0);
    ck_assert_uint_eq(ask(P(0x28, 0, 0, 0, 0, 3)), GOOD);        /* a read of no blocks */
    ck_assert_uint_eq(got, 0);
}
END_TEST

START_TEST(by_dma_the_blocks_go_through_the_seam)
{
    ata_t *d = &ide.drive[0];
    d->can_dma = true;
    out8(ERROR, 1);
    out8(COMMAND, 0xA0);
    settle();
    const u8 *p = P(0x28, 0, 0, 0, 0, 9, 0, 0, 6);
    for (int i = 0; i < 12; i += 2) bus_out(&bus, DATA, W16, get(p + i, W16));
    u32 n = 0;
    for (int i = 0; i < 1000 && n < 6 * 2048; i++) {
        pass(10000);
        ck_assert_uint_eq(bus_in(&bus, DATA, W16), 0xFFFF);      /* the data port has no part in it */
        if (ata_dma_requested(d)) n += ata_data_in(d, data + n, 1000);
    }
    ck_assert_uint_eq(n, 6 * 2048);
    ck_assert_uint_eq(settle(), GOOD);
    for (u32 b = 0; b < 6; b++) ck_assert_uint_eq(get(data + b * 2048, W32), 9 + b);
    d->can_dma = false;
    out8(ERROR, 1); out8(COMMAND, 0xA0);
    ck_assert_uint_eq(settle(), GOOD | ATA_ERR);                 /* no bus master */
}
END_TEST

/* ---- commands ---- */

START_TEST(reads_end_at_the_end_of_the_disc)
{
    static const struct { u32 block, count; bool good; } rows[] = { { 0, 1, true }, { 999, 1, true }, { 999, 2, false }, { 1000, 1, false },
        { 1000, 0, true }, { 1001, 0, false }, { 0xFFFFFFFF, 1, false }, { 0xFFFFFFFF, 0xFFFF, false } };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        for (int twelve = 0; twelve < 2; twelve++) {
            u8 p[12] = { twelve ? 0xA8 : 0x28 };
            put_big32(p + 2, rows[i].block);
            if (twelve) put_big32(p + 6, rows[i].count); else put_big16(p + 7, rows[i].count);
            u8 status = ask(p);
            ck_assert_uint_eq(status, rows[i].good ? GOOD : GOOD | ATA_ERR);
            if (!rows[i].good) {
                ck_assert_uint_eq(in8(ERROR), 0x54);             /* sense key 5, ABRT */
                ck_assert_uint_eq(sense(), 0x052100);
            } else if (rows[i].count)
                ck_assert_uint_eq(get(data, W32), rows[i].block);
        }
    }
}
END_TEST

START_TEST(a_bad_block_is_a_medium_error_after_the_good_ones)
{
    disks[0].bad_sector = 12 * 4 + 1;
    ck_assert_uint_eq(run(P(0x28, 0, 0, 0, 0, 10, 0, 0, 5), 2048, data, sizeof data, &got), GOOD | ATA_ERR);
    ck_assert_uint_eq(got, 2 * 2048);
    ck_assert_uint_eq(sense(), 0x031100);
}
END_TEST

START_TEST(unknown_commands_are_illegal_requests)
{
    for (unsigned c = 0; c < 256; c++) {
        if (packet_commands[c].run) continue;
        u8 p[12] = { (u8)c };
        ck_assert_uint_eq(ask(p), GOOD | ATA_ERR);
        ck_assert_uint_eq(sense(), 0x052000);
    }
}
END_TEST

START_TEST(capacity_is_the_last_block)
{
    ck_assert_uint_eq(ask(P(0x25)), GOOD);
    ck_assert_uint_eq(got, 8);
    ck_assert_uint_eq(big32(data), BLOCKS - 1);
    ck_assert_uint_eq(big32(data + 4), 2048);
}
END_TEST

/* SFF-8020i 10.8.20.  1000 blocks + 150 frames = 00:15:25. */
START_TEST(the_table_of_contents_has_one_data_track)
{
    static const struct { u8 packet[12]; u32 bytes; u8 reply[48]; } rows[] = {
        { { 0x43, 0, 0, 0, 0, 0, 0, 0, 100 }, 20, { 0, 18, 1, 1,  0, 0x14, 1, 0, 0, 0, 0, 0,  0, 0x14, 0xAA, 0, 0, 0, 3, 0xE8 } },
        { { 0x43, 2, 0, 0, 0, 0, 1, 0, 100 }, 20, { 0, 18, 1, 1,  0, 0x14, 1, 0, 0, 0, 2, 0,  0, 0x14, 0xAA, 0, 0, 0, 15, 25 } },
        { { 0x43, 0, 0, 0, 0, 0, 0xAA, 0, 100 }, 12, { 0, 10, 1, 1,  0, 0x14, 0xAA, 0, 0, 0, 3, 0xE8 } },
        { { 0x43, 0, 0, 0, 0, 0, 0, 0, 12, 0x40 }, 12, { 0, 10, 1, 1,  0, 0x14, 1, 0, 0, 0, 0, 0 } },          /* format 1 where SFF-8020i has it */
        { { 0x43, 0, 2, 0, 0, 0, 0, 0, 100 }, 48, { 0, 46, 1, 1,  1, 0x14, 0, 0xA0, 0, 0, 0, 0, 1, 0, 0,  1, 0x14, 0, 0xA1, 0, 0, 0, 0, 1, 0, 0,
            1, 0x14, 0, 0xA2, 0, 0, 0, 0, 0, 15, 25,  1, 0x14, 0, 1, 0, 0, 0, 0, 0, 2, 0 } },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        ck_assert_uint_eq(ask(rows[i].packet), GOOD);
        ck_assert_uint_eq(got, rows[i].bytes);
        ck_assert_msg(memcmp(data, rows[i].reply, got) == 0, "row %u", i);
    }
    ck_assert_uint_eq(ask(P(0x43, 0, 0, 0, 0, 0, 2, 0, 100)), GOOD | ATA_ERR);   /* no second track */
    ck_assert_uint_eq(sense(), 0x052400);
    ck_assert_uint_eq(ask(P(0x43, 0, 5, 0, 0, 0, 0, 0, 100)), GOOD | ATA_ERR);
}
END_TEST

START_TEST(read_cd_gives_user_data_or_whole_sectors)             /* MMC-3 6.17, ECMA-130 14 */
{
    ck_assert_uint_eq(ask(P(0xBE, 0, 0, 0, 0, 3, 0, 0, 2, 0x10)), GOOD);
    ck_assert_uint_eq(got, 4096);
    ck_assert_uint_eq(get(data + 2048, W32), 4);
    ck_assert_uint_eq(ask(P(0xBE, 0, 0, 0, 0, 76, 0, 0, 5, 0xF8)), GOOD);
    ck_assert_uint_eq(got, 5 * 2352);
    static const u8 head[16] = { 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0x00, 0x03, 0x01, 1 };
    ck_assert(memcmp(data, head, 16) == 0);                      /* block 76 is 00:03:01 */
    ck_assert_uint_eq(get(data + 4 * 2352 + 16, W32), 80);
    ck_assert_uint_eq(ask(P(0xBE, 0x04, 0, 0, 0, 0, 0, 0, 1, 0x10)), GOOD);
    ck_assert_uint_eq(ask(P(0xBE, 0x0C, 0, 0, 0, 0, 0, 0, 1, 0x10)), GOOD | ATA_ERR);
    ck_assert_uint_eq(sense(), 0x056400);
}
END_TEST

START_TEST(replies_tell_their_own_lengths)
{
    static const struct { u8 packet[12]; u32 bytes, length, plus; } rows[] = {
        { { 0x5A, 0, 0x01, 0, 0, 0, 0, 1, 0 }, 16, 14, 2 }, { { 0x5A, 0, 0x0E, 0, 0, 0, 0, 1, 0 }, 24, 22, 2 },
        { { 0x5A, 0, 0x1A, 0, 0, 0, 0, 1, 0 }, 20, 18, 2 }, { { 0x5A, 0, 0x2A, 0, 0, 0, 0, 1, 0 }, 28, 26, 2 },
        { { 0x5A, 0, 0x3F, 0, 0, 0, 0, 1, 0 }, 64, 62, 2 }, { { 0x51, 0, 0, 0, 0, 0, 0, 1, 0 }, 34, 32, 2 },
        { { 0x4A, 1, 0, 0, 0x10, 0, 0, 1, 0 }, 8, 6, 2 },   { { 0x4A, 1, 0, 0, 0x02, 0, 0, 1, 0 }, 4, 2, 2 },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        ck_assert_uint_eq(ask(rows[i].packet), GOOD);
        ck_assert_uint_eq(got, rows[i].bytes);
        ck_assert_uint_eq(big16(data), rows[i].length);
    }
    ck_assert_uint_eq(ask(P(0x46, 0, 0, 0, 0, 0, 0, 1, 0)), GOOD);
    ck_assert_uint_eq(big32(data), got - 4);
    ck_assert_uint_eq(big16(data + 6), 0x0008);                  /* CD-ROM is the current profile */
    ck_assert_uint_eq(ask(P(0x46, 2, 0, 0x1E, 0, 0, 0, 1, 0)), GOOD);
    ck_assert_uint_eq(got, 12);
    ck_assert_uint_eq(ask(P(0x42, 0, 0x40, 1, 0, 0, 0, 1, 0)), GOOD);
    ck_assert_uint_eq(got, 16);
    ck_assert_uint_eq(ask(P(0xBD, 0, 0, 0, 0, 0, 0, 0, 1, 0)), GOOD);
    ck_assert_uint_eq(got, 8);
    ck_assert_uint_eq(ask(P(0x5A, 0, 0xC1, 0, 0, 0, 0, 1, 0)), GOOD | ATA_ERR);      /* saved pages */
    ck_assert_uint_eq(sense(), 0x053900);
    ck_assert_uint_eq(ask(P(0x5A, 0, 0x05, 0, 0, 0, 0, 1, 0)), GOOD | ATA_ERR);      /* write parameters: no writer */
}
END_TEST

static u8 select_pages(const u8 *list, u32 bytes, u16 limit)
{
    u8 p[12] = { 0x55, 0x10 };
    put_big16(p + 7, bytes);
    u8 status = begin(p, limit);
    u32 n = 0;
    for (; status & ATA_DRQ; status = settle()) {
        ck_assert_uint_eq(in8(COUNT), 0);
        u32 piece = in8(MID) | (u32)in8(HIGH) << 8;
        for (u32 i = 0; i < piece; i += 2, n += 2)
            bus_out(&bus, DATA, W16, n < bytes ? get(list + n, W16) : 0);
    }
    return status;
}

START_TEST(mode_select_changes_the_error_recovery_page)
{
    const u8 list[16] = { [8] = 0x01, 6, 0x20, 9 };
    ck_assert_uint_eq(select_pages(list, 16, 4), GOOD);
    ck_assert_uint_eq(ask(P(0x5A, 0, 0x01, 0, 0, 0, 0, 1, 0)), GOOD);
    ck_assert_uint_eq(data[10], 0x20);
    ck_assert_uint_eq(data[11], 9);
    ck_assert_uint_eq(ask(P(0x5A, 0, 0x81, 0, 0, 0, 0, 1, 0)), GOOD);    /* the default */
    ck_assert_uint_eq(data[11], 5);
    const u8 unknown[16] = { [8] = 0x05, 6 }, longer[16] = { [8] = 0x01, 200 }, far[16] = { [6] = 0xFF, 0xFF };
    ck_assert_uint_eq(select_pages(unknown, 16, 0xFFFE), GOOD | ATA_ERR);
    ck_assert_uint_eq(sense(), 0x052600);
    ck_assert_uint_eq(select_pages(longer, 16, 0xFFFE), GOOD | ATA_ERR);
    ck_assert_uint_eq(select_pages(far, 16, 0xFFFE), GOOD);              /* block descriptors fill the list: no page */
    static const u8 much[65536];
    settle();
    select_pages(much, 65535, 0xFFFE);
    ck_assert_uint_eq(ask(test_unit_ready), GOOD);
}
END_TEST

/* ---- discs come and go ---- */

START_TEST(without_a_disc_what_needs_one_is_not_ready)
{
    for (unsigned c = 0; c < 256; c++) {
        if (!packet_commands[c].run) continue;
        bool medium = packet_commands[c].options & PACKET_MEDIUM;
        u8 p[12] = { (u8)c };
        u8 status = ask(p);
        if (!medium) continue;
        ck_assert_uint_eq(status, GOOD | ATA_ERR);
        ck_assert_uint_eq(in8(ERROR), 0x20);
        ck_assert_uint_eq(sense(), 0x023A01);
    }
}
END_TEST

START_TEST(a_new_disc_is_a_unit_attention_once)
{
    ck_assert_uint_eq(ask(test_unit_ready), GOOD | ATA_ERR);
    ide_change_medium(&ide, 0, &disks[1].disk);
    ck_assert_uint_eq(ask(P(0x12, 0, 0, 0, 36)), GOOD);          /* INQUIRY does not tell of it */
    ck_assert_uint_eq(ask(test_unit_ready), GOOD | ATA_ERR);
    ck_assert_uint_eq(in8(ERROR), 0x60);
    ck_assert_uint_eq(sense(), 0x062800);
    ck_assert_uint_eq(ask(test_unit_ready), GOOD);
    ck_assert_uint_eq(ask(P(0x4A, 1, 0, 0, 0x10, 0, 0, 1, 0)), GOOD);
    ck_assert_uint_eq(data[4], EVENT_NEW_MEDIUM);
    ck_assert_uint_eq(data[5], 2);
    ck_assert_uint_eq(ask(P(0x4A, 1, 0, 0, 0x10, 0, 0, 1, 0)), GOOD);
    ck_assert_uint_eq(data[4], EVENT_NONE);
    ide_change_medium(&ide, 0, NULL);
    ck_assert_uint_eq(ask(test_unit_ready), GOOD | ATA_ERR);
    ck_assert_uint_eq(sense(), 0x023A01);
}
END_TEST

START_TEST(a_disc_pulled_out_in_a_read_ends_it)
{
    begin(P(0x28, 0, 0, 0, 0, 0, 0, 0, 100), 2048);
    for (int n = 0; n < 2 * 1024; n++) { bus_in(&bus, DATA, W16); if ((n & 1023) == 1023) settle(); }
    ide_change_medium(&ide, 0, NULL);
    u8 status = in8(STATUS);
    for (int i = 0; i < 8192 && status & ATA_DRQ; i++) { bus_in(&bus, DATA, W16); status = settle(); }
    ck_assert_uint_eq(status, GOOD | ATA_ERR);
    ck_assert_uint_eq(sense(), 0x023A01);
}
END_TEST

START_TEST(the_door_opens_unless_it_is_locked)
{
    ck_assert_uint_eq(ask(P(0x1E, 0, 0, 0, 1)), GOOD);
    ck_assert_uint_eq(ask(P(0x1B, 0, 0, 0, 2)), GOOD | ATA_ERR);
    ck_assert_uint_eq(sense(), 0x055302);
    ck_assert_uint_eq(ask(P(0x1E)), GOOD);
    ck_assert_uint_eq(ask(P(0x1B, 0, 0, 0, 2)), GOOD);
    ck_assert_uint_eq(ask(test_unit_ready), GOOD | ATA_ERR);
    ck_assert_uint_eq(sense(), 0x023A02);
    ck_assert_uint_eq(ask(P(0xBD, 0, 0, 0, 0, 0, 0, 0, 0, 8)), GOOD);
    ck_assert_uint_eq(data[1], 0x10);
    ck_assert_uint_eq(ask(P(0x1B, 0, 0, 0, 3)), GOOD);           /* load */
    ck_assert_uint_eq(ask(test_unit_ready), GOOD | ATA_ERR);
    ck_assert_uint_eq(sense(), 0x062800);
    ck_assert_uint_eq(ask(test_unit_ready), GOOD);
    ck_assert_uint_eq(ask(P(0x1B, 0, 0, 0, 2)), GOOD);
    ide_change_medium(&ide, 0, &disks[1].disk);                  /* by hand: the tray goes in with the disc */
    ck_assert_uint_eq(sense(), 0x062800);
    ck_assert_uint_eq(ask(P(0x28, 0, 0, 0, 0, 3, 0, 0, 1)), GOOD);
    ck_assert_uint_eq(get(data, W32), 0x01000003);
}
END_TEST

/* ---- state, and anything at all ---- */

static void save(blob_t *to) { walker_t w = walk_saver(to); ide_walk(&ide, &w); ck_assert_msg(!w.failed, "%s", w.why); }

START_TEST(a_walk_in_a_read_goes_on_there)
{
    begin(P(0x28, 0, 0, 0, 0, 50, 0, 0, 30), 512);
    for (int n = 0; n < 100; n++) bus_in(&bus, DATA, W16);
    blob_t blob = { 0 };
    save(&blob);
    ide_reset(&ide); settle();
    walker_t l = walk_loader(&blob);
    ide_walk(&ide, &l);
    u32 n = 200;
    for (u8 status = in8(STATUS); status & ATA_DRQ && n < 70000; status = settle(), n += 2) {
        if (n % 512 == 0) ck_assert_uint_eq(in8(MID) | (unsigned)in8(HIGH) << 8, 512);
        put(data + n, W16, bus_in(&bus, DATA, W16));
    }
    ck_assert_uint_eq(n, 30 * 2048);
    for (u32 b = 1; b < 30; b++) ck_assert_uint_eq(get(data + b * 2048, W32), 50 + b);
    blob_free(&blob);
}
END_TEST

START_TEST(a_walk_saves_and_loads_everything)
{
    for (u64 seed = 1; seed <= 300; seed++) {
        walker_t r = walk_randomiser(seed);
        ide_walk(&ide, &r);
        blob_t first = { 0 }, second = { 0 };
        save(&first);
        ide_reset(&ide);
        walker_t l = walk_loader(&first);
        ide_walk(&ide, &l);
        ck_assert_msg(!l.failed, "%s", l.why);
        save(&second);
        ck_assert(first.bytes == second.bytes && memcmp(first.data, second.data, first.bytes) == 0);
        blob_free(&first); blob_free(&second);
    }
}
END_TEST

/* RELIABILITY F1, F6: packets of every kind with random fields, random port accesses, failures, media changes, loaded states. */
START_TEST(random_packets_and_accesses_do_no_harm)
{
    u64 x = 0x9E3779B97F4A7C15u;
    ide.drive[0].can_dma = true;
    for (u32 i = 0; i < 300000; i++) {
        x ^= x << 13; x ^= x >> 7; x ^= x << 17;
        switch (x >> 60) {
        case 0: case 1: case 2: case 3: {
            u8 p[12] = { (u8)(x >> 8) };
            for (int k = 1; k < 12; k++) p[k] = (u8)(x >> (k * 5) & (x >> 20 & 1 ? 0xFF : 0x03));
            out8(ERROR, x >> 21 & 1);
            out8(MID, (u8)(x >> 22)); out8(HIGH, (u8)(x >> 30 & 0x1F));
            out8(COMMAND, 0xA0);
            pass(50000);
            for (int k = 0; k < 12; k += 2) bus_out(&bus, DATA, W16, get(p + k, W16));
            pass(x >> 40 & 0x3FFFF);
            break;
        }
        case 4: for (u64 n = x >> 8 & 0xFFF; n; n--) bus_in(&bus, DATA, x & 1 ? W16 : W32); break;
        case 5: for (u64 n = x >> 8 & 0xFFF; n; n--) bus_out(&bus, DATA, W16, (u32)x); break;
        case 6: ata_data_in(&ide.drive[0], data, (u32)(x >> 8 & 0xFFFF)); break;
        case 7: ata_data_out(&ide.drive[0], data, (u32)(x >> 8 & 0xFFFF)); break;
        case 8: ide_change_medium(&ide, 0, x & 1 ? &disks[x >> 1 & 1].disk : NULL); break;
        case 9: if (!(x & 0xFF0)) { walker_t r = walk_randomiser(x); ide_walk(&ide, &r); } break;
        case 10: disks[0].bad_sector = x & 1 ? x >> 8 & 0xFFF : UINT64_MAX; break;
        case 11: out8((u16)(0x1F1 + (x >> 8 & 7) % 7), (u8)(x >> 16)); break;
        case 12: if (!(x & 0xF0)) { out8(CONTROL, 4); out8(CONTROL, 0); } break;
        default: pass(x >> 40 & 0xFFFFF);
        }
    }
    out8(CONTROL, 4); out8(CONTROL, 0);
    out8(DEVICE, 0xA0);
    ck_assert_uint_eq(settle(), 0);
    ck_assert_uint_eq(in8(MID), 0x14);
    ck_assert_uint_eq(disks[0].writes + disks[1].writes, 0);
}
END_TEST

int main(void)
{
    const TTest *const disc[] = {
        it_signs_as_a_packet_device, identify_device_and_read_sectors_are_aborted_with_the_signature, every_disk_command_is_aborted,
        identify_packet_device_says_cd_rom, device_reset_ends_anything_without_intrq, a_byte_count_limit_cuts_the_data_into_phases,
        a_limit_of_0_is_an_error_where_data_would_move, an_odd_reply_ends_in_half_a_word_and_an_odd_limit_is_made_even,
        reading_past_the_end_of_a_reply_gets_nothing, an_allocation_length_of_0_is_no_error, by_dma_the_blocks_go_through_the_seam,
        reads_end_at_the_end_of_the_disc, a_bad_block_is_a_medium_error_after_the_good_ones, unknown_commands_are_illegal_requests,
        capacity_is_the_last_block, the_table_of_contents_has_one_data_track, read_cd_gives_user_data_or_whole_sectors,
        replies_tell_their_own_lengths, mode_select_changes_the_error_recovery_page, a_disc_pulled_out_in_a_read_ends_it,
        the_door_opens_unless_it_is_locked, a_walk_in_a_read_goes_on_there, a_walk_saves_and_loads_everything, random_packets_and_accesses_do_no_harm,
    };
    const TTest *const empty[] = { without_a_disc_what_needs_one_is_not_ready, a_new_disc_is_a_unit_attention_once };
    const bench_t benches[] = {
        { "with a disc", insert_disc, disc, COUNT_OF(disc) },
        { "without a disc", empty_drive, empty, COUNT_OF(empty) },
    };
    return run_benches("atapi", benches, COUNT_OF(benches));
}
