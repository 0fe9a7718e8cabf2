/* test_floppy_dma.c - floppy controller, DMA controller and memory together, programmed as an INT 13h does it
 * (IBM PC AT Technical Reference, BIOS listing, "DISKETTE_IO"), and a machine copied in the middle of a transfer. */
#include "tests/chip_check.h"
#include "devices/dma.h"
#include "devices/fdc.h"

enum { SECTOR = FDC_SECTOR, DISK_BYTES = 1440 * 1024 };

typedef struct { vclock_t clock; bus_t bus; dma_t dma; fdc_t fdc; u8 ram[1 << 20]; } rig_t;
static rig_t rigs[2], *rig = &rigs[0];
static u8 content[DISK_BYTES];

static bool get_bytes(disk_t *d, u64 offset, void *to, u32 n) { (void)d; memcpy(to, content + offset, n); return true; }
static bool put_bytes(disk_t *d, u64 offset, const void *from, u32 n) { (void)d; memcpy(content + offset, from, n); return true; }
static bool sync_disk(disk_t *d) { (void)d; return true; }
static const disk_ops_t ops = { get_bytes, put_bytes, sync_disk, NULL };
static disk_t disk = { .ops = &ops, .bytes = DISK_BYTES };

static u32 transfer(void *dma, int channel, u8 *buffer, u32 n, bool *tc) { return dma_channel_transfer(dma, channel, buffer, n, tc); }
static void pass(u64 ns) { vclock_advance(&rig->clock, rig->clock.now + ns); }

static void build(rig_t *r)
{
    vclock_init(&r->clock);
    bus_init(&r->bus, r->ram, sizeof r->ram);
    dma_init(&r->dma, &r->bus);
    fdc_init(&r->fdc, &r->clock, transfer, &r->dma);
    fdc_set_drive(&r->fdc, 0, FDC_DRIVE_1440);
    fdc_insert(&r->fdc, 0, &disk);
}

static void power_on(void)
{
    for (u32 i = 0; i < DISK_BYTES; i++) content[i] = (u8)(i * 31 + i / SECTOR);
    rig = &rigs[0];
    build(&rigs[0]);
    build(&rigs[1]);
    fdc_write(&rig->fdc, 2, 0x1C);
    fdc_write_ccr(&rig->fdc, 0, 0);
    pass(1000000);
    dma_high_write(&rig->dma, 0x16, 0xC0);           /* D6h: channel 4 cascades */
    dma_high_write(&rig->dma, 0x14, 0x00);               /* D4h: and is not masked */
}

static void program_dma(u8 mode, u32 physical, u32 bytes)
{
    dma_low_write(&rig->dma, 0x0C, 0);
    dma_low_write(&rig->dma, 0x0B, mode);
    dma_low_write(&rig->dma, 4, physical & 0xFF);
    dma_low_write(&rig->dma, 4, physical >> 8 & 0xFF);
    dma_page_write(&rig->dma, 0, physical >> 16);        /* 81h */
    dma_low_write(&rig->dma, 5, (bytes - 1) & 0xFF);
    dma_low_write(&rig->dma, 5, (bytes - 1) >> 8);
    dma_low_write(&rig->dma, 0x0A, 2);
}

static void start(u8 opcode, u8 head, u8 sector)
{
    const u8 c[9] = { opcode, (u8)(head << 2), 0, head, sector, 2, 18, 27, 255 };
    for (unsigned i = 0; i < 9; i++) fdc_write(&rig->fdc, 5, c[i]);
}

static void results(u8 to[7])
{
    for (unsigned i = 0; i < 7; i++) to[i] = (u8)fdc_read(&rig->fdc, 5);
}

START_TEST(a_track_is_read_into_memory)
{
    u8 r[7];
    program_dma(0x46, 0x12000, 36 * SECTOR);
    start(0xE6, 0, 1);
    pass(100000000);
    results(r);
    ck_assert_uint_eq(r[0] & 0xC0, 0);
    ck_assert(memcmp(rig->ram + 0x12000, content, 36 * SECTOR) == 0);
    ck_assert_uint_eq(rig->ram[0x12000 + 36 * SECTOR], 0);
    ck_assert_uint_eq(dma_low_read(&rig->dma, 8) & 4, 4);   /* terminal count of channel 2 */
}
END_TEST

START_TEST(sectors_are_written_from_memory)
{
    u8 r[7];
    for (u32 i = 0; i < 3 * SECTOR; i++) rig->ram[0x20000 + i] = (u8)~i;
    program_dma(0x4A, 0x20000, 3 * SECTOR);
    start(0xC5, 0, 17);                                  /* over the end of head 0 */
    pass(100000000);
    results(r);
    ck_assert_uint_eq(r[0] & 0xC0, 0);
    ck_assert(memcmp(rig->ram + 0x20000, content + 16 * SECTOR, 3 * SECTOR) == 0);
}
END_TEST

START_TEST(verify_mode_moves_nothing_and_ends)
{
    u8 r[7];
    program_dma(0x42, 0x30000, 4 * SECTOR);
    start(0xE6, 0, 1);
    pass(100000000);
    results(r);
    ck_assert_uint_eq(r[0] & 0xC0, 0);
    ck_assert_uint_eq(r[5], 5);
    ck_assert_uint_eq(rig->ram[0x30000], 0);
}
END_TEST

START_TEST(a_masked_channel_overruns)
{
    u8 r[7];
    program_dma(0x46, 0x12000, SECTOR);
    dma_low_write(&rig->dma, 0x0A, 6);
    start(0xE6, 0, 1);
    pass(100000000);
    results(r);
    ck_assert_uint_eq(r[0] & 0xC0, 0x40);
    ck_assert_uint_eq(r[1], 0x10);
}
END_TEST

static void walk_rig(rig_t *r, walker_t *w)
{
    vclock_walk(&r->clock, w);
    dma_walk(&r->dma, w);
    fdc_walk(&r->fdc, w);
    FIELD_BYTES(w, r->ram, sizeof r->ram);
}

/* RELIABILITY S1 at small scale: copied at any moment of a transfer, both machines end alike. */
START_TEST(a_machine_copied_in_mid_transfer_ends_the_same)
{
    for (u64 cut = 0; cut < 9000000; cut += 370000) {
        power_on();
        program_dma(0x46, 0x12000, 36 * SECTOR);
        start(0xE6, 0, 1);
        pass(cut);
        blob_t saved = { 0 };
        walker_t w = walk_saver(&saved);
        walk_rig(&rigs[0], &w);
        w = walk_loader(&saved);
        walk_rig(&rigs[1], &w);
        ck_assert_msg(!w.failed, "%s", w.why);
        blob_free(&saved);
        u64 hash[2];
        for (unsigned i = 0; i < 2; i++) {
            rig = &rigs[i];
            pass(20000000);
            walker_t h = walk_hasher();
            walk_rig(rig, &h);
            hash[i] = h.hash;
        }
        ck_assert(hash[0] == hash[1]);
        ck_assert(memcmp(rigs[1].ram + 0x12000, content, 36 * SECTOR) == 0);
        memset(rigs[1].ram, 0, sizeof rigs[1].ram);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("floppy and DMA");
    tcase_add_checked_fixture(tc, power_on, NULL);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_track_is_read_into_memory);
    tcase_add_test(tc, sectors_are_written_from_memory);
    tcase_add_test(tc, verify_mode_moves_nothing_and_ends);
    tcase_add_test(tc, a_masked_channel_overruns);
    tcase_add_test(tc, a_machine_copied_in_mid_transfer_ends_the_same);
    return run_suite("floppy_dma", tc);
}
