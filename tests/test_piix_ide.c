/* test_piix_ide.c - facts about the IDE bus master ("Programming Interface for Bus Master IDE Controller" 1.0; Intel 82371AB, 290562). */
#include "devices/piix_ide.h"
#include "tests/chip_check.h"
#include "tests/ide_bench.h"

enum { RAM_BYTES = 1 << 20, BM = 0xC000, TABLE = 0x1000 };
enum { START = 1, TO_MEMORY = 8, ACTIVE = 1, FAILED = 2, INTERRUPTED = 4 };

static pci_t pci;
static piix_ide_t chip;
static ide_t second;
static u8 *ram;

static void config(u32 at, u32 v)
{
    pci_address_write(&pci, 0x80000900u | at);
    pci_data_write(&pci, 0, W32, v);
}

static void setup(void)
{
    power_on();
    ram = calloc(1, RAM_BYTES);
    ck_assert_ptr_nonnull(ram);
    bus.ram = ram;
    bus.ram_bytes = RAM_BYTES;
    pci_init(&pci, RAM_BYTES, 0xFEC00000);
    ide_init(&second, &clock_, (line_t){ 0 }, 1);
    ck_assert(piix_ide_init(&chip, &pci, 9, &clock_, &bus, &ide, &second));
    pci_reset(&pci);
    config(0x20, BM);
    config(0x04, PCI_IO | PCI_MASTER);
}
static void teardown(void) { free(ram); ram = NULL; power_off(); }

static unsigned n_prd;
static void prd(u32 base, u32 count, bool last)
{
    put(ram + TABLE + n_prd * 8, W32, base);
    put(ram + TABLE + n_prd * 8 + 4, W32, (count & 0xFFFF) | (last ? 0x80000000 : 0));
    n_prd++;
}
static void prepare(void) { n_prd = 0; out8(BM + 2, 6); bus_out(&bus, BM + 4, W32, TABLE); }
static u8 bm_status(void) { return in8(BM + 2); }
static void wait(void) { for (int i = 0; i < 1000 && !(bm_status() & INTERRUPTED); i++) pass(100000); }

START_TEST(the_ports_are_where_bmiba_says)
{
    out8(BM + 2, 0x60);
    ck_assert_uint_eq(in8(BM + 2), 0x60);
    bus_out(&bus, BM + 4, W32, 0x12345678 | 3);
    ck_assert_uint_eq(bus_in(&bus, BM + 4, W32), 0x12345678);                   /* bits 1-0 are not there */
    bus_out(&bus, BM + 12, W32, 0x87654321);
    ck_assert_uint_eq(bus_in(&bus, BM + 12, W32), 0x87654320);
    config(0x20, 0xD000);
    ck_assert_uint_eq(in8(BM + 2), 0xFF);
    ck_assert_uint_eq(in8(0xD002), 0x60);
    config(0x04, 0);
    ck_assert_uint_eq(in8(0xD002), 0xFF);
}
END_TEST

START_TEST(the_ultra_dma_registers_keep_their_bits)                              /* 82371AB data sheet, 4.1.13, 4.1.14 */
{
    config(0x48, 0xFFFFFFFF);
    pci_address_write(&pci, 0x80000948u);
    ck_assert_uint_eq(pci_data_read(&pci, 0, W32), 0x3333000F);
}
END_TEST

START_TEST(the_drives_offer_dma)                                                /* ATA-6 table 27: words 49, 63, 88 */
{
    u8 id[512];
    identify(id);
    ck_assert_uint_eq(word(id, 49) & 0x100, 0x100);
    ck_assert_uint_eq(word(id, 63) & 7, 7);
    ck_assert_uint_eq(word(id, 88) & 0x3F, 0x3F);
    simple(0xEF, 0x03, 0x42);                                                   /* Ultra DMA mode 2 */
    identify(id);
    ck_assert_uint_eq(word(id, 88), 0x043F);
}
END_TEST

START_TEST(a_read_is_scattered_over_its_regions)
{
    static const u32 pieces[] = { 512, 2, 1022, 8192, 30000, 25808 };           /* 128 sectors */
    u32 at = 0x10000, total = 0;
    for (u32 i = 0; i < SECTORS * 512; i++) disks[0].content[i] = (u8)(i * 7 + i / 512);
    prepare();
    for (unsigned i = 0; i < COUNT_OF(pieces); i++) {
        prd(at, pieces[i], i + 1 == COUNT_OF(pieces));
        at += pieces[i] + 64;
        total += pieces[i];
    }
    ck_assert_uint_eq(total, 128 * 512);
    out8(BM, TO_MEMORY);
    lba28(0xC8, 1000, 128);
    out8(BM, TO_MEMORY | START);
    ck_assert_uint_eq(bm_status(), ACTIVE);
    wait();
    ck_assert_uint_eq(bm_status(), INTERRUPTED);                                /* regions and transfer of equal size: not active, interrupt */
    ck_assert_uint_eq(in8(STATUS), READY);
    at = 0x10000;
    const u8 *from = disks[0].content + 1000 * 512;
    for (unsigned i = 0; i < COUNT_OF(pieces); i++) {
        ck_assert_mem_eq(ram + at, from, pieces[i]);
        ck_assert_uint_eq(ram[at + pieces[i]], 0);                              /* not a byte further */
        at += pieces[i] + 64;
        from += pieces[i];
    }
    out8(BM + 2, INTERRUPTED);
    ck_assert_uint_eq(bm_status(), 0);
}
END_TEST

START_TEST(a_write_is_gathered)
{
    for (u32 i = 0; i < 0x4000; i++) ram[0x20000 + i] = (u8)(i * 5 + i / 256);
    prepare();
    prd(0x20000, 0x1000, false);
    prd(0x21000, 0x3000, true);
    lba48(0x35, 50000, 32);
    out8(BM, START);
    wait();
    ck_assert_uint_eq(bm_status(), INTERRUPTED);
    ck_assert_mem_eq(disks[0].content + 50000 * 512, ram + 0x20000, 0x4000);
    ck_assert_uint_eq(get64(disks[0].content + 50032 * 512), 50032);
}
END_TEST

START_TEST(count_0_is_64_kib)
{
    prepare();
    prd(0x30000, 0, true);
    lba28(0xC8, 0, 128);
    out8(BM, TO_MEMORY | START);
    wait();
    ck_assert_uint_eq(bm_status(), INTERRUPTED);
    ck_assert_uint_eq(get64(ram + 0x30000 + 127 * 512), 127);
}
END_TEST

START_TEST(regions_longer_than_the_transfer_leave_it_active)                    /* 3.1, "status bits": 1, 1 */
{
    prepare();
    prd(0x30000, 4096, true);
    lba28(0xC8, 5, 1);
    out8(BM, TO_MEMORY | START);
    wait();
    ck_assert_uint_eq(bm_status(), ACTIVE | INTERRUPTED);
    out8(BM, 0);
    ck_assert_uint_eq(bm_status(), INTERRUPTED);
    ck_assert_uint_eq(get64(ram + 0x30000), 5);
}
END_TEST

START_TEST(regions_shorter_than_the_transfer_stop_without_interrupt)            /* 0, 0 */
{
    prepare();
    prd(0x30000, 512, true);
    lba28(0xC8, 5, 2);
    out8(BM, TO_MEMORY | START);
    pass(100000000);
    ck_assert_uint_eq(bm_status(), 0);
    ck_assert_uint_eq(in8(CONTROL) & ATA_DRQ, ATA_DRQ);                         /* the drive waits */
    ck_assert_uint_eq(get64(ram + 0x30000 + 512), 0);
}
END_TEST

START_TEST(memory_that_is_not_there_is_an_error)
{
    static const struct { u32 table, base; u8 command, direction; } facts[] = {
        { TABLE, RAM_BYTES, 0xC8, TO_MEMORY }, { TABLE, RAM_BYTES - 256, 0xC8, TO_MEMORY }, { TABLE, RAM_BYTES, 0xCA, 0 },
        { RAM_BYTES, 0, 0xC8, TO_MEMORY }, { RAM_BYTES - 4, 0, 0xC8, TO_MEMORY }, { 0xFFFFFFFC, 0, 0xCA, 0 }, { TABLE, 0xFFFFFF00, 0xC8, TO_MEMORY },
    };
    for (unsigned i = 0; i < COUNT_OF(facts); i++) {
        u64 before = get64(disks[0].content + 7 * 512);
        prepare();
        prd(facts[i].base, 512, true);
        bus_out(&bus, BM + 4, W32, facts[i].table);
        lba28(facts[i].command, 7, 1);
        out8(BM, facts[i].direction | START);
        pass(100000000);
        ck_assert_msg((bm_status() & (FAILED | ACTIVE)) == FAILED, "row %u: %02X", i, bm_status());
        ck_assert_uint_eq(get64(disks[0].content + 7 * 512), before);
        out8(BM, 0);
        out8(CONTROL, 4); out8(CONTROL, 0);                                     /* SRST: the way out of it */
        settle();
    }
}
END_TEST

START_TEST(the_wrong_direction_moves_nothing)
{
    prepare();
    prd(0x30000, 512, true);
    memset(ram + 0x30000, 0xEE, 512);
    lba28(0xC8, 7, 1);
    out8(BM, START);                                                            /* memory read, but the drive gives */
    pass(100000000);
    ck_assert_uint_eq(bm_status(), ACTIVE);
    ck_assert_uint_eq(ram[0x30000], 0xEE);
}
END_TEST

/* A reset while a transfer runs: what was under way reaches neither memory nor the medium. */
START_TEST(a_reset_drops_what_was_under_way)
{
    for (u64 ns = 1000; ns < 400000; ns += 3700) {
        memset(ram + 0x30000, 0xEE, 16 * 512);
        u64 sector_0 = get64(disks[0].content), sector_9 = get64(disks[0].content + 9 * 512);
        prepare();
        prd(0x30000, 8192, true);
        lba28(0xCA, 9, 16);
        out8(BM, START);
        pass(ns);
        unsigned writes = disks[0].writes;
        out8(CONTROL, 4);
        u8 after = ram[0x30000];
        pass(10000000);
        ck_assert_uint_eq(disks[0].writes, writes);
        ck_assert_uint_eq(get64(disks[0].content), sector_0);
        if (!writes) ck_assert_uint_eq(get64(disks[0].content + 9 * 512), sector_9);
        ck_assert_uint_eq(ram[0x30000], after);
        out8(CONTROL, 0);
        out8(BM, 0);
        settle();
        disks[0].writes = 0;
        put64(disks[0].content + 9 * 512, 9);
    }
}
END_TEST

START_TEST(stopping_ends_the_transfer)
{
    prepare();
    prd(0x30000, 8192, true);
    lba28(0xC8, 0, 16);
    out8(BM, TO_MEMORY | START);
    pass(1000);
    out8(BM, TO_MEMORY);
    ck_assert_uint_eq(bm_status(), 0);
    pass(100000000);
    ck_assert_uint_eq(get64(ram + 0x30000 + 512), 0);
    out8(BM, TO_MEMORY | START);                                                /* again, from the first descriptor */
    wait();
    ck_assert_uint_eq(bm_status(), INTERRUPTED);
    ck_assert_uint_eq(get64(ram + 0x30000 + 512), 1);
}
END_TEST

START_TEST(every_interrupt_of_the_channel_is_latched)
{
    u8 id[512];
    out8(COMMAND, 0xEC);
    settle();
    ck_assert_uint_eq(bm_status(), INTERRUPTED);
    ck_assert(line);
    out8(BM + 2, INTERRUPTED);
    ck_assert_uint_eq(bm_status(), 0);                                          /* even while the line is up */
    in8(STATUS);
    ck_assert(!line);
    take(id, 512);
}
END_TEST

START_TEST(it_takes_virtual_time)
{
    prepare();
    prd(0x30000, 8192, true);
    lba28(0xC8, 0, 16);
    out8(BM, TO_MEMORY | START);
    u64 start = clock_.now;
    while (!(bm_status() & INTERRUPTED) && clock_.now < start + 1000000000) pass(1000);
    ck_assert_uint_ge(clock_.now - start, 8192 * 10);
    ck_assert_uint_le(clock_.now - start, 2000000);
}
END_TEST

START_TEST(random_use_finds_nothing)
{
    dice_t d = { 7 };
    for (unsigned i = 0; i < 200000; i++) {
        switch (throw_dice(&d, 8)) {
        case 0: put(ram + TABLE + throw_dice(&d, 64) * 4, W32, throw_dice(&d, 4) ? throw_dice(&d, RAM_BYTES) : throw_dice(&d, UINT32_MAX)); break;
        case 1: bus_out(&bus, (u16)(BM + throw_dice(&d, 16)), (width_t)(8 << throw_dice(&d, 3)), throw_dice(&d, UINT32_MAX)); break;
        case 2: bus_out(&bus, BM + 4, W32, throw_dice(&d, 4) ? TABLE : throw_dice(&d, UINT32_MAX)); break;
        case 3: out8(BM, (u8)throw_dice(&d, 16)); break;
        case 4: lba28((u8)(0xC8 + throw_dice(&d, 4)), throw_dice(&d, 1000), (u8)throw_dice(&d, 256)); break;
        case 5: out8((u16)(0x1F0 + throw_dice(&d, 8)), (u8)throw_dice(&d, 256)); break;
        case 6: if (!throw_dice(&d, 20)) { out8(CONTROL, 4); out8(CONTROL, 0); } break;
        case 7: pass(throw_dice(&d, 200000)); break;
        }
    }
}
END_TEST

static void walk(void *c, walker_t *w) { piix_ide_walk(c, w); }
START_TEST(the_state_comes_back)
{
    static piix_ide_t empty;
    static ide_t a, b;
    static pci_t other;
    pci_init(&other, RAM_BYTES, 0xFEC00000);
    ide_init(&a, &clock_, (line_t){ 0 }, 0);
    ide_init(&b, &clock_, (line_t){ 0 }, 1);
    ck_assert(piix_ide_init(&empty, &other, 9, &clock_, &bus, &a, &b));
    check_walk(walk, &chip, &empty);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("bus master");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, the_ports_are_where_bmiba_says);
    tcase_add_test(tc, the_ultra_dma_registers_keep_their_bits);
    tcase_add_test(tc, the_drives_offer_dma);
    tcase_add_test(tc, a_read_is_scattered_over_its_regions);
    tcase_add_test(tc, a_write_is_gathered);
    tcase_add_test(tc, count_0_is_64_kib);
    tcase_add_test(tc, regions_longer_than_the_transfer_leave_it_active);
    tcase_add_test(tc, regions_shorter_than_the_transfer_stop_without_interrupt);
    tcase_add_test(tc, memory_that_is_not_there_is_an_error);
    tcase_add_test(tc, the_wrong_direction_moves_nothing);
    tcase_add_test(tc, a_reset_drops_what_was_under_way);
    tcase_add_test(tc, stopping_ends_the_transfer);
    tcase_add_test(tc, every_interrupt_of_the_channel_is_latched);
    tcase_add_test(tc, it_takes_virtual_time);
    tcase_add_test(tc, random_use_finds_nothing);
    tcase_add_test(tc, the_state_comes_back);
    return run_suite("piix ide", tc);
}
