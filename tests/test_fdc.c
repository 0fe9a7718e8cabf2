/* test_fdc.c - the 82077AA as a driver sees it: commands through the FIFO, results, interrupts, DMA.
 * Facts are from the data sheet 290166 (sections in brackets) unless a row says otherwise. */
#include "tests/chip_check.h"
#include "devices/fdc.h"
#include "mem/bus.h"
#include <stdarg.h>

enum { MS = 1000000, BIG = 2880 * 1024 };

static vclock_t clock_, clock_2;
static fdc_t fdc, fdc_2;
static bool irq;
static unsigned irqs;
static void on_irq(void *chip, int pin, bool level) { (void)chip; (void)pin; irqs += level && !irq; irq = level; }

/* A disk in memory that can be made to fail. */
static u8 content[2][BIG];
static disk_t disk[2];
static bool broken;
static unsigned flushes;
static bool disk_get(disk_t *d, u64 offset, void *to, u32 bytes) { memcpy(to, content[d - disk] + offset, bytes); return !broken; }
static bool disk_put(disk_t *d, u64 offset, const void *from, u32 bytes)
{
    if (!broken) memcpy(content[d - disk] + offset, from, bytes);
    return !broken;
}
static bool disk_sync(disk_t *d) { (void)d; flushes++; return true; }
static const disk_ops_t ops = { disk_get, disk_put, disk_sync, NULL };

/* A DMA channel over a memory of its own. */
static u8 memory[65536 * 4];
static u32 dma_at, dma_left;
static bool dma_to_memory;
static u32 transfer(void *dma, int channel, u8 *buffer, u32 n_bytes, bool *tc)
{
    ck_assert_ptr_eq(dma, memory);
    ck_assert_int_eq(channel, 2);
    u32 n = n_bytes < dma_left ? n_bytes : dma_left;
    if (dma_to_memory) memcpy(memory + dma_at, buffer, n);
    else               memcpy(buffer, memory + dma_at, n);
    dma_at += n;
    dma_left -= n;
    *tc = n && dma_left == 0;
    return n;
}
static void dma(bool to_memory, u32 n_bytes) { dma_to_memory = to_memory; dma_at = 0; dma_left = n_bytes; }

static void pass(u64 ns) { vclock_advance(&clock_, clock_.now + ns); }
static u8 msr(void) { return (u8)fdc_read(&fdc, 4); }
static u8 result[16];

/* A command, 40 ms for it to be done, its results; the number of result bytes. */
static unsigned finish_command(void)
{
    pass(40 * MS);
    unsigned n = 0;
    while ((msr() & 0xF0) == 0xD0 && n < 16)
        result[n++] = (u8)fdc_read(&fdc, 5);
    return n;
}
static unsigned command(unsigned n, ...)
{
    va_list list;
    va_start(list, n);
    for (unsigned i = 0; i < n; i++)
        fdc_write(&fdc, 5, va_arg(list, u32) & 0xFF);
    va_end(list);
    return finish_command();
}

static void insert(unsigned drive, u32 kib)
{
    disk[drive] = (disk_t){ .ops = &ops, .bytes = kib * 1024ull };
    for (u32 sector = 0; sector < kib * 2; sector++) {
        memset(content[drive] + sector * 512, (int)(sector * 7 + drive), 512);
        put(content[drive] + sector * 512, W32, sector);
    }
    fdc_insert(&fdc, drive, &disk[drive]);
}

static void recalibrate(u32 drive) { command(2, 7u, drive); command(1, 8u); }
static void seek(u32 drive, u32 cylinder) { command(3, 0x0Fu, drive, cylinder); command(1, 8u); }
static void rate(u32 r) { fdc_write_ccr(&fdc, 0, r); }

static void reset_and_sense(void)
{
    fdc_write(&fdc, 2, 0x30);
    fdc_write(&fdc, 2, 0x3C);                            /* motors of 0 and 1, DMA gate */
    pass(MS);
    for (unsigned i = 0; i < 4; i++) command(1, 8u);
}

static void power_on(void)
{
    vclock_init(&clock_);
    fdc_init(&fdc, &clock_, transfer, memory);
    fdc.irq = (line_t){ on_irq, NULL, 0 };
    fdc_set_drive(&fdc, 0, FDC_DRIVE_1440);
    fdc_set_drive(&fdc, 1, FDC_DRIVE_1200);
    irq = broken = false;
    irqs = flushes = 0;
    insert(0, 1440);
    reset_and_sense();
    command(3, 3u, 0xDFu, 0x02u);                        /* SPECIFY: DMA */
    rate(0);
    recalibrate(0);
    irqs = 0;
}

static u32 first_sector(void) { return get(memory, W32); }

/* ---- controller ---- */

START_TEST(reset_interrupts_and_reports_four_drives)     /* [4.1, 5.2.4 polling] */
{
    fdc_write(&fdc, 2, 0);
    ck_assert_uint_eq(msr(), 0);
    fdc_write(&fdc, 2, 0x0C);
    ck_assert(!irq);
    pass(MS);
    ck_assert(irq);
    for (u8 drive = 0; drive < 4; drive++) {
        ck_assert_uint_eq(command(1, 8u), 2);
        ck_assert_uint_eq(result[0], 0xC0 | drive);
        ck_assert(!irq);
    }
    ck_assert_uint_eq(command(1, 8u), 1);
    ck_assert_uint_eq(result[0], 0x80);
}
END_TEST

START_TEST(without_polling_a_reset_is_silent)            /* [5.2.7 CONFIGURE] */
{
    command(4, 0x13u, 0u, 0x10u, 0u);
    fdc_write(&fdc, 4, 0x80);
    pass(MS);
    ck_assert(!irq);
    ck_assert_uint_eq(msr(), 0x80);
}
END_TEST

START_TEST(the_dma_gate_holds_the_interrupt_back)        /* [2.1.3 DOR] */
{
    fdc_write(&fdc, 2, 0x34);
    command(3, 0x0Fu, 0u, 5u);
    ck_assert(!irq);
    ck_assert_uint_eq(fdc_read(&fdc, 0) & 0x80, 0x80);
    fdc_write(&fdc, 2, 0x3C);
    ck_assert(irq);
}
END_TEST

START_TEST(commands_without_motion_answer)
{
    ck_assert_uint_eq(command(1, 0x10u), 1);             /* VERSION */
    ck_assert_uint_eq(result[0], 0x90);
    ck_assert_uint_eq(command(1, 0x94u), 1);             /* LOCK */
    ck_assert_uint_eq(result[0], 0x10);
    command(3, 3u, 0xAFu, 0x1Eu);
    command(4, 0x13u, 0u, 0x57u, 0x12u);
    command(2, 0x12u, 0x83u | 0x04);
    ck_assert_uint_eq(command(1, 0x0Eu), 10);            /* DUMPREG [5.2.8] */
    static const u8 dump[10] = { 0, 0, 0, 0, 0xAF, 0x1E, 0, 0x87, 0x57, 0x12 };
    for (unsigned i = 0; i < 10; i++)
        ck_assert_msg(i == 6 || result[i] == dump[i], "byte %u is %02X", i, result[i]);
    fdc_write(&fdc, 4, 0x80);                            /* locked: FIFO and precompensation track survive [5.2.9] */
    pass(MS);
    for (unsigned i = 0; i < 4; i++) command(1, 8u);
    command(1, 0x0Eu);
    ck_assert_uint_eq(result[8] & 0x2F, 0x07);
    ck_assert_uint_eq(result[9], 0x12);
    command(1, 0x14u);
    fdc_write(&fdc, 4, 0x80);
    pass(MS);
    command(1, 0x0Eu);
    ck_assert_uint_eq(result[8] & 0x2F, 0x20);
}
END_TEST

START_TEST(every_other_opcode_is_invalid)                /* [table 5-1] */
{
    static const u8 known[] = { 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0C, 0x0D, 0x0E, 0x0F, 0x10, 0x12, 0x13, 0x14, 0x16, 0x11, 0x19, 0x1D };
    for (u32 opcode = 0; opcode < 32; opcode++) {
        bool is_known = false;
        for (unsigned i = 0; i < COUNT_OF(known); i++) is_known |= known[i] == opcode;
        if (is_known) continue;
        ck_assert_uint_eq(command(1, opcode), 1);
        ck_assert_uint_eq(result[0], 0x80);
        ck_assert_uint_eq(msr(), 0x80);
    }
}
END_TEST

START_TEST(scan_ends_as_invalid)
{
    lacking_quiet(true);
    ck_assert_uint_eq(command(9, 0x51u, 0u, 0u, 0u, 1u, 2u, 18u, 27u, 1u), 1);
    ck_assert_uint_eq(result[0], 0x80);
}
END_TEST

/* ---- seeks ---- */

START_TEST(seek_and_recalibrate_end_with_an_interrupt)
{
    fdc_write(&fdc, 5, 0x0F); fdc_write(&fdc, 5, 4); fdc_write(&fdc, 5, 40);
    ck_assert_uint_eq(msr(), 0x81);                      /* drive 0 busy, controller free */
    ck_assert_uint_eq(fdc_active(&fdc), 1);
    pass(40 * MS);
    ck_assert(irq);
    ck_assert_uint_eq(msr(), 0x80);
    command(1, 8u);
    ck_assert_uint_eq(result[0], 0x24);
    ck_assert_uint_eq(result[1], 40);
    ck_assert(!irq);
    command(2, 7u, 0u);
    command(1, 8u);
    ck_assert_uint_eq(result[0], 0x20);
    ck_assert_uint_eq(result[1], 0);
}
END_TEST

START_TEST(seeks_of_two_drives_overlap)
{
    fdc_write(&fdc, 5, 0x0F); fdc_write(&fdc, 5, 1); fdc_write(&fdc, 5, 20);
    fdc_write(&fdc, 5, 0x0F); fdc_write(&fdc, 5, 0); fdc_write(&fdc, 5, 60);
    ck_assert_uint_eq(msr(), 0x83);
    pass(40 * MS);
    command(1, 8u); ck_assert_uint_eq(result[0], 0x20); ck_assert_uint_eq(result[1], 60);
    ck_assert(irq);
    command(1, 8u); ck_assert_uint_eq(result[0], 0x21); ck_assert_uint_eq(result[1], 20);
    ck_assert(!irq);
}
END_TEST

START_TEST(an_interrupt_left_alone_does_not_hide_the_next_one)
{
    fdc_write(&fdc, 2, 0x38);
    fdc_write(&fdc, 2, 0x3C);
    pass(MS);
    ck_assert_uint_eq(irqs, 1);                          /* the reset's, without SENSE INTERRUPT STATUS */
    fdc_write(&fdc, 2, 0x3C);
    ck_assert_uint_eq(irqs, 1);
    command(3, 0x0Fu, 0u, 5u);
    ck_assert_uint_eq(irqs, 2);
    command(1, 8u);
    ck_assert_uint_eq(result[0], 0x20);                  /* a seek is told before what is left of the reset */
    ck_assert_uint_eq(result[1], 5);
}
END_TEST

START_TEST(recalibrate_steps_79_times_at_most)           /* [5.2.1]: a missing drive or a head too far out: equipment check */
{
    seek(0, 82);
    command(2, 7u, 0u); command(1, 8u);
    ck_assert_uint_eq(result[0], 0x70);
    command(2, 7u, 0u); command(1, 8u);
    ck_assert_uint_eq(result[0], 0x20);
    command(2, 7u, 2u); command(1, 8u);
    ck_assert_uint_eq(result[0], 0x72);
}
END_TEST

START_TEST(relative_seek_moves_from_where_the_head_is)   /* [5.2.5] */
{
    seek(0, 10);
    command(3, 0xCFu, 0u, 5u); command(1, 8u);
    ck_assert_uint_eq(result[1], 15);
    command(3, 0x8Fu, 0u, 3u); command(1, 8u);
    ck_assert_uint_eq(result[1], 12);
    command(2, 0x4Au, 0u);
    ck_assert_uint_eq(result[3], 12);
}
END_TEST

START_TEST(sense_drive_tells_track_0_and_write_protect)  /* [6.4 ST3] */
{
    command(2, 4u, 0u); ck_assert_uint_eq(result[0], 0x38);
    seek(0, 3);
    disk[0].read_only = true;
    command(2, 4u, 4u); ck_assert_uint_eq(result[0], 0x6C);
}
END_TEST

/* ---- reading and writing ---- */

START_TEST(each_format_reads_its_last_sector)
{
    static const struct { u16 kib; u8 kind, rate, cylinders, heads, sectors; } rows[] = {
        { 160, FDC_DRIVE_360, 2, 40, 1, 8 },   { 180, FDC_DRIVE_360, 2, 40, 1, 9 },   { 320, FDC_DRIVE_360, 2, 40, 2, 8 },
        { 360, FDC_DRIVE_360, 2, 40, 2, 9 },   { 720, FDC_DRIVE_720, 2, 80, 2, 9 },   { 720, FDC_DRIVE_1440, 2, 80, 2, 9 },
        { 1200, FDC_DRIVE_1200, 0, 80, 2, 15 },{ 1440, FDC_DRIVE_1440, 0, 80, 2, 18 },{ 1680, FDC_DRIVE_1440, 0, 80, 2, 21 },
        { 2880, FDC_DRIVE_2880, 3, 80, 2, 36 },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        u32 head = rows[i].heads - 1u, c = rows[i].cylinders - 1u, s = rows[i].sectors;
        fdc_set_drive(&fdc, 0, (fdc_drive_kind_t)rows[i].kind);
        insert(0, rows[i].kib);
        rate(rows[i].rate);
        recalibrate(0);
        seek(0, c);
        dma(true, 512);
        ck_assert_uint_eq(command(9, 0x46u, head << 2, c, head, s, 2u, s, 27u, 255u), 7);
        ck_assert_msg(result[0] == head << 2 && !result[1] && !result[2], "row %u: %02X %02X %02X", i, result[0], result[1], result[2]);
        ck_assert_uint_eq(first_sector(), rows[i].kib * 2u - 1);
        for (u32 wrong = 0; wrong < 4; wrong++) {        /* any other data rate: no address mark */
            if (wrong == rows[i].rate) continue;
            rate(wrong);
            command(9, 0x46u, head << 2, c, head, s, 2u, s, 27u, 255u);
            ck_assert_uint_eq(result[0] & 0xC0, 0x40);
            ck_assert_uint_eq(result[1], 0x01);
        }
    }
}
END_TEST

START_TEST(a_360k_disk_in_a_1200k_drive_needs_double_steps_and_300_kbs)
{
    insert(1, 360);
    rate(1);
    recalibrate(1);
    seek(1, 20);
    dma(true, 512);
    command(9, 0x46u, 1u, 10u, 0u, 1u, 2u, 9u, 27u, 255u);
    ck_assert_uint_eq(result[0], 0x01);
    ck_assert_uint_eq(first_sector(), 180);
    seek(1, 21);
    command(2, 0x4Au, 1u);
    ck_assert_uint_eq(result[1], 0x01);
}
END_TEST

/* Table 5-5: where the ID stands after a transfer of n sectors. */
START_TEST(ids_after_a_transfer_follow_the_table)
{
    static const struct { u8 opcode, head, first, n, c, h, r; } rows[] = {
        { 0x46, 0, 1, 5, 7, 0, 6 },   { 0x46, 0, 14, 5, 8, 0, 1 },  { 0x46, 1, 1, 5, 7, 1, 6 },  { 0x46, 1, 14, 5, 8, 1, 1 },
        { 0xC6, 0, 1, 5, 7, 0, 6 },   { 0xC6, 0, 14, 5, 7, 1, 1 },  { 0xC6, 1, 1, 5, 7, 1, 6 },  { 0xC6, 1, 14, 5, 8, 0, 1 },
        { 0xC6, 0, 1, 36, 8, 0, 1 },  { 0xC6, 0, 18, 2, 7, 1, 2 },
    };
    seek(0, 7);
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        u32 head = rows[i].head;
        dma(true, rows[i].n * 512u);
        irqs = 0;
        ck_assert_uint_eq(command(9, (u32)rows[i].opcode, head << 2, 7u, head, (u32)rows[i].first, 2u, 18u, 27u, 255u), 7);
        ck_assert_uint_eq(irqs, 1);
        bool right = !(result[0] & 0xC0) && result[3] == rows[i].c && result[4] == rows[i].h && result[5] == rows[i].r && result[6] == 2;
        ck_assert_msg(right, "row %u: %02X %u %u %u", i, result[0], result[3], result[4], result[5]);
        for (u32 s = 0; s < rows[i].n; s++)
            ck_assert_uint_eq(get(memory + s * 512, W32), 7u * 36 + head * 18 + rows[i].first - 1 + s);
    }
}
END_TEST

START_TEST(no_terminal_count_is_end_of_cylinder)         /* [6.2 ST1 EN] */
{
    dma(true, 65536);
    command(9, 0x46u, 0u, 0u, 0u, 17u, 2u, 18u, 27u, 255u);
    ck_assert_uint_eq(result[0], 0x40);
    ck_assert_uint_eq(result[1], 0x80);
    ck_assert_uint_eq(dma_at, 1024);
}
END_TEST

START_TEST(terminal_count_inside_a_sector_pads_with_zeros)
{
    memset(memory, 0x5A, 1024);
    dma(false, 612);
    command(9, 0x45u, 0u, 0u, 0u, 1u, 2u, 18u, 27u, 255u);
    ck_assert_uint_eq(result[0], 0);
    ck_assert_uint_eq(result[5], 3);
    ck_assert_uint_eq(content[0][611], 0x5A);
    ck_assert_uint_eq(content[0][612], 0);
    ck_assert_uint_eq(content[0][1023], 0);
    ck_assert_uint_eq(get(content[0] + 1024, W32), 2);
}
END_TEST

START_TEST(errors_are_reported_as_the_data_sheet_names_them)
{
    static const struct { u8 opcode, c, h, r, n, st1, st2; const char *what; } rows[] = {
        { 0x46, 0, 0, 19, 2, 0x04, 0x00, "no such sector" },   { 0x46, 0, 0, 0, 2, 0x04, 0x00, "sector 0" },
        { 0x46, 5, 0, 1, 2, 0x04, 0x10, "another cylinder" },  { 0x46, 0, 1, 1, 2, 0x04, 0x00, "another head" },
        { 0x46, 0, 0, 1, 3, 0x04, 0x00, "1024-byte sectors" }, { 0x06, 0, 0, 1, 2, 0x01, 0x00, "FM" },
        { 0x46, 0, 0, 255, 2, 0x04, 0x00, "sector 255" },      { 0x45, 0, 0, 19, 2, 0x04, 0x00, "write past the track" },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        dma(true, 512);
        command(9, (u32)rows[i].opcode, 0u, (u32)rows[i].c, (u32)rows[i].h, (u32)rows[i].r, (u32)rows[i].n, 18u, 27u, 255u);
        ck_assert_msg(result[0] == 0x40 && result[1] == rows[i].st1 && result[2] == rows[i].st2, "%s: %02X %02X %02X", rows[i].what, result[0], result[1], result[2]);
        ck_assert_uint_eq(dma_at, 0);
    }
}
END_TEST

START_TEST(a_write_protected_disk_is_not_written)
{
    disk[0].read_only = true;
    dma(false, 512);
    command(9, 0x45u, 0u, 0u, 0u, 1u, 2u, 18u, 27u, 255u);
    ck_assert_uint_eq(result[0], 0x40);
    ck_assert_uint_eq(result[1], 0x02);
    command(6, 0x4Du, 0u, 2u, 18u, 27u, 0xF6u);
    ck_assert_uint_eq(result[1], 0x02);
    ck_assert_uint_eq(dma_at, 0);
}
END_TEST

START_TEST(trouble_of_the_hosts_file_is_a_data_error)
{
    broken = true;
    dma(true, 512);
    command(9, 0x46u, 0u, 0u, 0u, 1u, 2u, 18u, 27u, 255u);
    ck_assert_uint_eq(result[1], 0x20);
    ck_assert_uint_eq(result[2], 0x20);
    dma(false, 512);
    command(9, 0x45u, 0u, 0u, 0u, 1u, 2u, 18u, 27u, 255u);
    ck_assert_uint_eq(result[0], 0x40);
    ck_assert_uint_eq(result[1], 0x20);
}
END_TEST

START_TEST(a_masked_dma_channel_is_an_overrun)
{
    dma(true, 0);
    command(9, 0x46u, 0u, 0u, 0u, 1u, 2u, 18u, 27u, 255u);
    ck_assert_uint_eq(result[0], 0x40);
    ck_assert_uint_eq(result[1], 0x10);
}
END_TEST

START_TEST(without_index_pulses_a_command_waits_until_reset)
{
    fdc_insert(&fdc, 0, NULL);
    dma(true, 512);
    ck_assert_uint_eq(command(9, 0x46u, 0u, 0u, 0u, 1u, 2u, 18u, 27u, 255u), 0);
    pass(5000ull * MS);
    ck_assert_uint_eq(msr(), 0x10);
    reset_and_sense();
    ck_assert_uint_eq(msr(), 0x80);
    insert(0, 1440);
    fdc_write(&fdc, 2, 0x0C);                            /* motor off */
    ck_assert_uint_eq(command(9, 0x46u, 0u, 0u, 0u, 1u, 2u, 18u, 27u, 255u), 0);
    fdc_write(&fdc, 2, 0x1C);                            /* and on: the disk turns, the command goes on */
    ck_assert_uint_eq(finish_command(), 7);
    ck_assert_uint_eq(result[0], 0);
}
END_TEST

START_TEST(read_id_names_a_sector_of_the_track)
{
    seek(0, 33);
    bool seen[19] = { false };
    for (unsigned i = 0; i < 100; i++) {
        command(2, 0x4Au, 4u);
        ck_assert_uint_eq(result[0], 4);
        ck_assert_uint_eq(result[3], 33);
        ck_assert_uint_eq(result[4], 1);
        ck_assert(result[5] >= 1 && result[5] <= 18);
        seen[result[5]] = true;
        pass(77777);
    }
    for (unsigned s = 1; s <= 18; s++) ck_assert(seen[s]);
}
END_TEST

START_TEST(read_track_starts_at_the_index_hole)
{
    dma(true, 18 * 512);
    command(9, 0x42u, 0u, 0u, 0u, 9u, 2u, 18u, 27u, 255u);
    ck_assert_uint_eq(result[0], 0);
    ck_assert_uint_eq(first_sector(), 0);
    ck_assert_uint_eq(get(memory + 17 * 512, W32), 17);
    dma(true, 2 * 512);
    command(9, 0x42u, 0u, 5u, 0u, 1u, 2u, 18u, 27u, 255u);   /* IDs do not match: ND is set, data come */
    ck_assert_uint_eq(result[1] & 4, 4);
    ck_assert_uint_eq(dma_at, 1024);
}
END_TEST

START_TEST(verify_moves_nothing)                         /* [5.1.6] */
{
    dma(true, 512);
    command(9, 0x56u, 0u, 0u, 0u, 1u, 2u, 18u, 27u, 255u);
    ck_assert_uint_eq(result[0], 0);
    command(9, 0x56u, 0x80u, 0u, 0u, 1u, 2u, 18u, 27u, 4u);  /* EC: count in the last byte */
    ck_assert_uint_eq(result[0], 0);
    ck_assert_uint_eq(result[5], 5);
    command(9, 0x56u, 0u, 0u, 0u, 1u, 2u, 19u, 27u, 255u);
    ck_assert_uint_eq(result[1], 4);
    ck_assert_uint_eq(dma_at, 0);
}
END_TEST

START_TEST(read_deleted_stops_at_normal_data_or_skips_it)    /* [5.1.2, table 5-6] */
{
    dma(true, 2048);
    command(9, 0x4Cu, 0u, 0u, 0u, 1u, 2u, 18u, 27u, 255u);
    ck_assert_uint_eq(result[0], 0);
    ck_assert_uint_eq(result[2], 0x40);
    ck_assert_uint_eq(dma_at, 512);
    dma(true, 2048);
    command(9, 0x6Cu, 0u, 0u, 0u, 1u, 2u, 18u, 27u, 255u);
    ck_assert_uint_eq(result[1], 0x80);
    ck_assert_uint_eq(dma_at, 0);
}
END_TEST

START_TEST(format_fills_the_sectors_named)               /* [5.1.7] */
{
    seek(0, 2);
    for (u8 s = 0; s < 18; s++) { u8 id[4] = { 2, 1, (u8)(s + 1), 2 }; memcpy(memory + s * 4, id, 4); }
    dma(false, 18 * 4);
    ck_assert_uint_eq(command(6, 0x4Du, 4u, 2u, 18u, 27u, 0xF6u), 7);
    ck_assert_uint_eq(result[0], 4);
    const u8 *track = content[0] + (2 * 36 + 18) * 512;
    for (u32 i = 0; i < 18 * 512; i++) ck_assert_uint_eq(track[i], 0xF6);
    ck_assert_uint_eq(get(track - 512, W32), 2 * 36 + 17);
    ck_assert_uint_eq(get(track + 18 * 512, W32), 3 * 36);
}
END_TEST

START_TEST(format_with_another_layout_fails)
{
    lacking_quiet(true);
    for (u8 s = 0; s < 9; s++) { u8 id[4] = { 0, 0, (u8)(s + 1), 2 }; memcpy(memory + s * 4, id, 4); }
    dma(false, 9 * 4);
    command(6, 0x4Du, 0u, 2u, 9u, 27u, 0xF6u);
    ck_assert_uint_eq(result[0], 0x40);
    ck_assert_uint_eq(get(content[0], W32), 0);
}
END_TEST

START_TEST(implied_seek_moves_the_head)                  /* CONFIGURE EIS */
{
    command(4, 0x13u, 0u, 0x57u, 0u);
    dma(true, 512);
    command(9, 0x46u, 0u, 44u, 0u, 1u, 2u, 18u, 27u, 255u);
    ck_assert_uint_eq(result[0], 0);
    ck_assert_uint_eq(first_sector(), 44 * 36);
    command(2, 0x4Au, 0u);
    ck_assert_uint_eq(result[3], 44);
}
END_TEST

START_TEST(non_dma_mode_interrupts_for_each_byte)        /* [5.2] execution phase, non-DMA */
{
    command(3, 3u, 0xDFu, 0x03u);
    irqs = 0;
    ck_assert_uint_eq(command(9, 0x46u, 0u, 0u, 0u, 18u, 2u, 18u, 27u, 255u), 0);
    for (u32 i = 0; i < 512; i++) {
        ck_assert(irq);
        ck_assert_uint_eq(msr(), 0xF0);
        ck_assert_uint_eq(fdc_read(&fdc, 5), content[0][17 * 512 + i]);
    }
    ck_assert_uint_eq(finish_command(), 7);
    ck_assert_uint_eq(result[1], 0x80);                  /* nobody can give terminal count */
    ck_assert_uint_eq(irqs, 513);
    command(9, 0x45u, 0u, 0u, 0u, 18u, 2u, 18u, 27u, 255u);
    for (u32 i = 0; i < 512; i++) {
        ck_assert_uint_eq(msr(), 0xB0);
        fdc_write(&fdc, 5, i & 0xFF);
    }
    finish_command();
    for (u32 i = 0; i < 512; i++) ck_assert_uint_eq(content[0][17 * 512 + i], i & 0xFF);
}
END_TEST

/* ---- drives ---- */

START_TEST(the_change_line_falls_with_a_step_and_a_medium)
{
    insert(0, 1440);
    ck_assert_uint_eq(fdc_read_dir(&fdc, 0), 0x80);
    fdc_write(&fdc, 2, 0x0C);
    ck_assert_uint_eq(fdc_read_dir(&fdc, 0), 0);         /* not driven with the motor off */
    fdc_write(&fdc, 2, 0x1C);
    recalibrate(0);
    ck_assert_uint_eq(fdc_read_dir(&fdc, 0), 0x80);      /* on track 0 already: no step */
    seek(0, 1);
    ck_assert_uint_eq(fdc_read_dir(&fdc, 0), 0);
    fdc_insert(&fdc, 0, NULL);
    seek(0, 5);
    ck_assert_uint_eq(fdc_read_dir(&fdc, 0), 0x80);
}
END_TEST

START_TEST(a_disk_taken_out_while_it_is_read_does_no_harm)
{
    for (unsigned mode = 2; mode <= 3; mode++) {
        insert(0, 1440);
        command(3, 3u, 0xDFu, mode);
        dma(true, 65536);
        for (unsigned i = 0; i < 9; i++) { static const u8 c[9] = { 0xC6, 0, 0, 0, 1, 2, 18, 27, 255 }; fdc_write(&fdc, 5, c[i]); }
        pass(MS);
        fdc_insert(&fdc, 0, NULL);
        pass(100 * MS);
        for (unsigned i = 0; i < 2000; i++) fdc_read(&fdc, 5);
        ck_assert_uint_eq(msr(), 0x10);
        reset_and_sense();
    }
}
END_TEST

START_TEST(what_was_written_is_flushed_when_the_motor_stops)
{
    dma(false, 512);
    command(9, 0x45u, 0u, 0u, 0u, 1u, 2u, 18u, 27u, 255u);
    ck_assert_uint_eq(flushes, 0);
    fdc_write(&fdc, 2, 0x2C);
    ck_assert_uint_eq(flushes, 1);
    fdc_write(&fdc, 2, 0x0C);
    ck_assert_uint_eq(flushes, 1);
}
END_TEST

START_TEST(drives_for_images)
{
    static const struct { u32 kib; fdc_drive_kind_t kind; } rows[] = {
        { 160, FDC_DRIVE_360 }, { 360, FDC_DRIVE_360 }, { 720, FDC_DRIVE_720 }, { 1200, FDC_DRIVE_1200 }, { 1440, FDC_DRIVE_1440 }, { 1680, FDC_DRIVE_1440 },
        { 2880, FDC_DRIVE_2880 },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        ck_assert_uint_eq(fdc_drive_for(rows[i].kib * 1024ull), rows[i].kind);
}
END_TEST

/* ---- CVE shapes, walks, random programs ---- */

START_TEST(cve_2015_3456_more_parameters_than_the_command_has)   /* VENOM: the FIFO index must not run on */
{
    fdc_write(&fdc, 5, 0x8E);                            /* DRIVE SPECIFICATION, and what follows it */
    for (unsigned i = 0; i < 10000; i++) fdc_write(&fdc, 5, 0x42);
    fdc_write(&fdc, 5, 0x4A);
    for (unsigned i = 0; i < 10000; i++) fdc_write(&fdc, 5, 0x00);
    for (unsigned i = 0; i < 10000; i++) fdc_read(&fdc, 5);
    reset_and_sense();
    ck_assert_uint_eq(msr(), 0x80);
}
END_TEST

static void walk_fdc(void *chip, walker_t *w) { fdc_walk(chip, w); }
START_TEST(walk_saves_everything)
{
    vclock_init(&clock_2);
    fdc_init(&fdc_2, &clock_2, NULL, NULL);
    check_walk(walk_fdc, &fdc, &fdc_2);
}
END_TEST

static const u8 opcodes[] = { 0x46, 0xC6, 0xE6, 0x45, 0xC5, 0x49, 0x4C, 0x42, 0x56, 0x4D, 0x4A, 7, 8, 3, 4, 0x0E, 0x0F, 0x8F, 0xCF, 0x12, 0x13, 0x14, 0x94 };

static void random_step(dice_t *d)
{
    switch (throw_dice(d, 12)) {
    case 0: fdc_write(&fdc, (u16)throw_dice(d, 8), throw_dice(d, 256)); break;
    case 1: fdc_read(&fdc, (u16)throw_dice(d, 8)); break;
    case 2: fdc_write_ccr(&fdc, 0, throw_dice(d, 256)); fdc_read_dir(&fdc, 0); break;
    case 3: pass(throw_dice(d, 1u << throw_dice(d, 27))); break;
    case 4: dma(throw_dice(d, 2), throw_dice(d, 1u << throw_dice(d, 17))); break;
    case 5: fdc_write(&fdc, 2, 0x3C | throw_dice(d, 4)); break;
    case 6: for (u32 n = throw_dice(d, 1000); n--;) fdc_read(&fdc, 5); break;
    case 7: for (u32 n = throw_dice(d, 1000); n--;) fdc_write(&fdc, 5, throw_dice(d, 4)); break;
    case 8:
        if (throw_dice(d, 40) == 0) {
            static const u16 sizes[] = { 160, 360, 1440, 2880 };
            unsigned drive = throw_dice(d, 2);
            disk[drive] = (disk_t){ .ops = &ops, .bytes = sizes[throw_dice(d, 4)] * 1024u, .read_only = throw_dice(d, 4) == 0 };
            fdc_insert(&fdc, throw_dice(d, 4), throw_dice(d, 3) ? &disk[drive] : NULL);
            fdc_set_drive(&fdc, drive, (fdc_drive_kind_t)throw_dice(d, 6));
        }
        break;
    default: {
        static const u8 likely[9] = { 0, 0, 0, 0, 1, 2, 18, 27, 255 };
        fdc_write(&fdc, 5, opcodes[throw_dice(d, COUNT_OF(opcodes))]);
        for (unsigned i = 1; i < 9; i++)
            fdc_write(&fdc, 5, throw_dice(d, 8) ? likely[i] : throw_dice(d, 256));
    }
    }
}

START_TEST(random_programs_find_nothing)
{
    dice_t d = { 3 };
    lacking_quiet(true);
    for (unsigned i = 0; i < 200000; i++) {
        random_step(&d);
        if (i % 10000 == 0) {
            walker_t w = walk_randomiser(i);
            fdc_walk(&fdc, &w);
        }
        if (fdc.n_result > 15 || fdc.bytes > FDC_SECTOR) ck_abort_msg("step %u", i);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("82077AA");
    tcase_add_checked_fixture(tc, power_on, NULL);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, reset_interrupts_and_reports_four_drives);
    tcase_add_test(tc, without_polling_a_reset_is_silent);
    tcase_add_test(tc, the_dma_gate_holds_the_interrupt_back);
    tcase_add_test(tc, commands_without_motion_answer);
    tcase_add_test(tc, every_other_opcode_is_invalid);
    tcase_add_test(tc, scan_ends_as_invalid);
    tcase_add_test(tc, seek_and_recalibrate_end_with_an_interrupt);
    tcase_add_test(tc, seeks_of_two_drives_overlap);
    tcase_add_test(tc, an_interrupt_left_alone_does_not_hide_the_next_one);
    tcase_add_test(tc, recalibrate_steps_79_times_at_most);
    tcase_add_test(tc, relative_seek_moves_from_where_the_head_is);
    tcase_add_test(tc, sense_drive_tells_track_0_and_write_protect);
    tcase_add_test(tc, each_format_reads_its_last_sector);
    tcase_add_test(tc, a_360k_disk_in_a_1200k_drive_needs_double_steps_and_300_kbs);
    tcase_add_test(tc, ids_after_a_transfer_follow_the_table);
    tcase_add_test(tc, no_terminal_count_is_end_of_cylinder);
    tcase_add_test(tc, terminal_count_inside_a_sector_pads_with_zeros);
    tcase_add_test(tc, errors_are_reported_as_the_data_sheet_names_them);
    tcase_add_test(tc, a_write_protected_disk_is_not_written);
    tcase_add_test(tc, trouble_of_the_hosts_file_is_a_data_error);
    tcase_add_test(tc, a_masked_dma_channel_is_an_overrun);
    tcase_add_test(tc, without_index_pulses_a_command_waits_until_reset);
    tcase_add_test(tc, read_id_names_a_sector_of_the_track);
    tcase_add_test(tc, read_track_starts_at_the_index_hole);
    tcase_add_test(tc, verify_moves_nothing);
    tcase_add_test(tc, read_deleted_stops_at_normal_data_or_skips_it);
    tcase_add_test(tc, format_fills_the_sectors_named);
    tcase_add_test(tc, format_with_another_layout_fails);
    tcase_add_test(tc, implied_seek_moves_the_head);
    tcase_add_test(tc, non_dma_mode_interrupts_for_each_byte);
    tcase_add_test(tc, the_change_line_falls_with_a_step_and_a_medium);
    tcase_add_test(tc, a_disk_taken_out_while_it_is_read_does_no_harm);
    tcase_add_test(tc, what_was_written_is_flushed_when_the_motor_stops);
    tcase_add_test(tc, drives_for_images);
    tcase_add_test(tc, cve_2015_3456_more_parameters_than_the_command_has);
    tcase_add_test(tc, walk_saves_everything);
    tcase_add_test(tc, random_programs_find_nothing);
    return run_suite("fdc", tc);
}
