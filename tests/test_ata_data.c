/* test_ata_data.c - an ATA disk's sectors: reading, writing, addresses, failures, and the seam for a bus master. */
#include "tests/ide_bench.h"

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

START_TEST(a_write_asks_for_its_first_block_at_once)                /* X3.221 (ATA-1), 7.2.13: BSY comes when a write's data have come */
{
    static const u8 commands[] = { 0x30, 0x31, 0x3C, 0xE8 };
    for (unsigned n = 0; n < COUNT_OF(commands); n++) {
        lba28(commands[n], 50, 1);
        ck_assert_uint_eq(in8(CONTROL), READY | ATA_DRQ);
        give((u8)(0xB0 + n), 512);
        ck_assert_uint_eq(settle(), READY);
        ck_assert_uint_eq(disks[0].content[50 * 512], n < 3 ? 0xB0 + n : 0xB2);
    }
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

int main(void)
{
    const TTest *const one[] = {
        reading_interrupts_before_each_sector_and_not_after, the_data_port_takes_double_words,
        a_count_of_0_is_256_sectors_or_65536, read_multiple_moves_blocks, addresses_of_all_three_kinds_name_the_same_sectors,
        the_translation_can_be_changed, addresses_outside_the_disk_are_not_found, a_bad_sector_is_uncorrectable_and_named,
        verifying_reads_everything_and_moves_nothing, writing_interrupts_after_each_sector_and_not_before_the_first,
        verifying_reads_everything_and_moves_nothing, a_write_asks_for_its_first_block_at_once,
        write_multiple_moves_blocks, a_write_that_fails_is_a_device_fault, a_write_protected_disk_aborts_writes,
        flush_ends_after_the_host_has_flushed, without_write_cache_every_write_ends_flushed,
        a_bus_master_moves_whole_transfers_with_one_interrupt,
    };
    const bench_t benches[] = {
        { "one drive", power_on, one, COUNT_OF(one) },
    };
    return run_benches("ata_data", benches, COUNT_OF(benches));
}
