/* test_dma.c - the 8237A pair of a PC as software and the chips on its channels see it.  Sources: Intel 8237A data sheet
 * 231466-005 ("DS"), IBM PC AT Technical Reference ("AT"). */
#include <check.h>
#include "devices/dma.h"
#include "tests/run_all.h"
#include "tests/walks.h"

enum { RAM_BYTES = 1 << 20 };
static u8 ram[RAM_BYTES];
static bus_t bus;
static dma_t dma;

static void out(u16 port, u8 value) { bus_out(&bus, port, W8, value); }
static u8   in(u16 port)            { return (u8)bus_in(&bus, port, W8); }
static u32  in16(u16 port)          { u32 low = in(port); return low | (u32)in(port) << 8; }
static void out16(u16 port, u32 v)  { out(port, (u8)v); out(port, (u8)(v >> 8)); }

static void wire(void)
{
    memset(ram, 0, sizeof ram);
    bus_init(&bus, ram, RAM_BYTES);
    dma_init(&dma, &bus);
    bus_attach(&bus, &(port_range_t){ "dma1", 0x00, 16, W8, dma_low_read, dma_low_write, &dma, false });
    bus_attach(&bus, &(port_range_t){ "dma2", 0xC0, 32, W8, dma_high_read, dma_high_write, &dma, false });
    bus_attach(&bus, &(port_range_t){ "page", 0x81, 15, W8, dma_page_read, dma_page_write, &dma, false });
}

/* As a PC BIOS leaves it: channel 4 cascades. */
static void power_on(void)
{
    wire();
    out(0xD6, 0xC0);
    out(0xD4, 0x00);
}

static const u16 page_port[8] = { 0x87, 0x83, 0x81, 0x82, 0x8F, 0x8B, 0x89, 0x8A };

/* mode: without the channel.  address and count as the registers take them. */
static void program(unsigned channel, u8 mode, u8 page, u16 address, u16 count)
{
    bool low = channel < 4;
    u16 n = channel & 3;
    out(low ? 0x0A : 0xD4, (u8)(4 | n));
    out(low ? 0x0C : 0xD8, 0);
    out(low ? 0x0B : 0xD6, (u8)(mode | n));
    out16((u16)(low ? n * 2 : 0xC0 + n * 4), address);
    out16((u16)(low ? n * 2 + 1 : 0xC2 + n * 4), count);
    out(page_port[channel], page);
    out(low ? 0x0A : 0xD4, (u8)n);
}

static u32 transfer(unsigned channel, u8 *buffer, u32 bytes, bool *tc)
{
    return dma_channel_transfer(&dma, (int)channel, buffer, bytes, tc);
}

static void count_up(u8 *buffer, u32 bytes) { for (u32 i = 0; i < bytes; i++) buffer[i] = (u8)(i + 1); }

START_TEST(a_write_transfer_reaches_memory_and_ends_with_tc)
{
    u8 buffer[512];
    bool tc;
    count_up(buffer, 512);
    program(2, 0x46, 0x01, 0x2345, 511);
    ck_assert_uint_eq(transfer(2, buffer, 512, &tc), 512);
    ck_assert(tc);
    ck_assert_mem_eq(ram + 0x12345, buffer, 512);
    ck_assert_uint_eq(ram[0x12344] | ram[0x12345 + 512], 0);
    ck_assert_uint_eq(in(0x08), 0x04);
    ck_assert_uint_eq(in(0x08), 0x00);                   /* DS "Status register": cleared by reading */
    out(0x0C, 0);
    ck_assert_uint_eq(in16(0x04), 0x2545);
    ck_assert_uint_eq(in16(0x05), 0xFFFF);
    ck_assert_uint_eq(transfer(2, buffer, 1, &tc), 0);   /* masked by TC */
    ck_assert(!tc);
}
END_TEST

START_TEST(a_read_transfer_takes_from_memory)
{
    u8 buffer[16] = { 0 };
    bool tc;
    count_up(ram + 0x5000, 16);
    program(1, 0x48, 0, 0x5000, 31);
    ck_assert_uint_eq(transfer(1, buffer, 16, &tc), 16);
    ck_assert(!tc);
    ck_assert_mem_eq(buffer, ram + 0x5000, 16);
    ck_assert_uint_eq(transfer(1, buffer, 100, &tc), 16); /* only so much is left */
    ck_assert(tc);
}
END_TEST

START_TEST(verify_counts_and_moves_nothing)
{
    u8 buffer[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    bool tc;
    program(2, 0x40, 0, 0x1000, 7);
    ck_assert_uint_eq(transfer(2, buffer, 8, &tc), 8);
    ck_assert(tc);
    ck_assert_uint_eq(ram[0x1000], 0);
    ck_assert_uint_eq(buffer[7], 8);
}
END_TEST

START_TEST(addresses_can_descend)
{
    u8 buffer[4] = { 1, 2, 3, 4 };
    program(3, 0x64 | 0x00, 0, 0x2003, 3);
    transfer(3, buffer, 4, NULL);
    ck_assert_mem_eq(ram + 0x2000, ((u8[]){ 4, 3, 2, 1 }), 4);
    out(0x0C, 0);
    ck_assert_uint_eq(in16(0x06), 0x1FFF);
}
END_TEST

/* AT: the page registers are not counted: an address wraps inside its 64 KiB. */
START_TEST(bytes_wrap_inside_64_kib)
{
    u8 buffer[8];
    count_up(buffer, 8);
    program(2, 0x44, 0x03, 0xFFFC, 7);
    transfer(2, buffer, 8, NULL);
    ck_assert_mem_eq(ram + 0x3FFFC, buffer, 4);
    ck_assert_mem_eq(ram + 0x30000, buffer + 4, 4);
    ck_assert_uint_eq(ram[0x40000], 0);
    program(2, 0x64, 0x03, 0x0001, 3);
    transfer(2, buffer, 4, NULL);
    ck_assert_uint_eq(ram[0x3FFFF], 3);
}
END_TEST

START_TEST(words_wrap_inside_128_kib_and_shift_the_address)
{
    u8 buffer[8];
    bool tc;
    count_up(buffer, 8);
    program(5, 0x44, 0x05, 0xFFFE, 3);                   /* page bit 0 is not used */
    ck_assert_uint_eq(transfer(5, buffer, 9, &tc), 8);
    ck_assert(tc);
    ck_assert_mem_eq(ram + 0x5FFFC, buffer, 4);
    ck_assert_mem_eq(ram + 0x40000, buffer + 4, 4);
    ck_assert_uint_eq(in(0xD0), 0x02);
}
END_TEST

START_TEST(a_single_byte_is_no_word)
{
    u8 buffer[3] = { 1, 2, 3 };
    bool tc;
    program(6, 0x44, 0, 0x100, 9);
    ck_assert_uint_eq(transfer(6, buffer, 1, &tc), 0);
    ck_assert_uint_eq(transfer(6, buffer, 3, &tc), 2);
    ck_assert_uint_eq(ram[0x202], 0);
}
END_TEST

START_TEST(words_descend_as_words)
{
    u8 buffer[4] = { 1, 2, 3, 4 };
    program(7, 0x64, 0, 0x101, 1);
    transfer(7, buffer, 4, NULL);
    ck_assert_mem_eq(ram + 0x200, ((u8[]){ 3, 4, 1, 2 }), 4);
}
END_TEST

START_TEST(autoinitialise_starts_over_unmasked)
{
    u8 buffer[8];
    bool tc;
    count_up(buffer, 8);
    program(1, 0x54, 0, 0x3000, 3);
    ck_assert_uint_eq(transfer(1, buffer, 8, &tc), 4);
    ck_assert(tc);
    ck_assert_uint_eq(transfer(1, buffer + 4, 2, &tc), 2);
    ck_assert(!tc);
    ck_assert_mem_eq(ram + 0x3000, ((u8[]){ 5, 6, 3, 4 }), 4);
    ck_assert_uint_eq(in(0x08), 0x02);
}
END_TEST

START_TEST(the_largest_count_is_64_ki_transfers)
{
    static u8 buffer[0x20000];
    bool tc;
    program(1, 0x44, 2, 0, 0xFFFF);
    ck_assert_uint_eq(transfer(1, buffer, 0x20000, &tc), 0x10000);
    ck_assert(tc);
    program(5, 0x44, 2, 0, 0xFFFF);
    ck_assert_uint_eq(transfer(5, buffer, 0x20000, &tc), 0x20000);
    ck_assert(tc);
}
END_TEST

/* What keeps channel 2 (and 6) from being served. */
static const struct { const char *name; u16 port; u8 value; bool low, high; } stops[] = {
    { "single mask",                    0x0A, 0x06, false, true },
    { "all mask bits",                  0x0F, 0x04, false, true },
    { "another channel's mask",         0x0A, 0x05, true,  true },
    { "controller disabled",            0x08, 0x04, false, true },
    { "master clear masks all",         0x0D, 0x00, false, true },
    { "cascade mode",                   0x0B, 0xC2, false, true },
    { "channel 4 masked",               0xD4, 0x04, false, true },
    { "channel 4 not cascading",        0xD6, 0x40, false, true },
    { "second controller disabled",     0xD0, 0x04, false, false },
    { "master clear of the second",     0xDA, 0x00, false, false },
    { "channel 6 masked",               0xD4, 0x06, true,  false },
    { "masks cleared together",         0x0E, 0x00, true,  true },
};

START_TEST(a_channel_that_is_stopped_serves_nobody)
{
    u8 buffer[4];
    bool tc;
    program(2, 0x44, 0, 0x1000, 99);
    program(6, 0x44, 0, 0x1000, 99);
    out(stops[_i].port, stops[_i].value);
    ck_assert_int_eq(dma_ready(&dma, 2), stops[_i].low);
    ck_assert_int_eq(dma_ready(&dma, 6), stops[_i].high);
    ck_assert_uint_eq(transfer(2, buffer, 4, &tc), stops[_i].low ? 4 : 0);
    ck_assert_uint_eq(transfer(6, buffer, 4, &tc), stops[_i].high ? 4 : 0);
}
END_TEST

START_TEST(nothing_moves_before_the_bios_has_set_up_the_cascade)
{
    wire();
    program(2, 0x44, 0, 0x1000, 99);
    ck_assert(!dma_ready(&dma, 2));
}
END_TEST

START_TEST(the_flip_flop_alternates_and_can_be_cleared)
{
    out(0x0C, 0);
    out(0x00, 0x34); out(0x00, 0x12);
    ck_assert_uint_eq(in(0x00), 0x34);
    ck_assert_uint_eq(in(0x01), 0x00);                   /* one flip-flop for all registers */
    ck_assert_uint_eq(in(0x00), 0x34);
    out(0x0C, 0);
    ck_assert_uint_eq(in(0x00), 0x34);
    out(0x0D, 0);
    ck_assert_uint_eq(in16(0x00), 0x1234);               /* master clear keeps addresses */
}
END_TEST

START_TEST(the_mask_register_reads_back)
{
    ck_assert_uint_eq(in(0x0F), 0x0F);
    out(0x0F, 0xF5);
    ck_assert_uint_eq(in(0x0F), 0x05);
    out(0x0A, 0x01);                                     /* mask bit of channel 1: clear, was clear */
    out(0x0A, 0x02);
    ck_assert_uint_eq(in(0x0F), 0x01);
    out(0x0E, 0);
    ck_assert_uint_eq(in(0x0F), 0x00);
}
END_TEST

START_TEST(status_shows_requests)
{
    dma_dreq(&dma, 2, true); dma_dreq(&dma, 5, true);
    ck_assert_uint_eq(in(0x08), 0x40);
    ck_assert_uint_eq(in(0xD0), 0x20);
    out(0x09, 0x05);                                     /* software: channel 1, single mode: waits */
    ck_assert_uint_eq(in(0x08), 0x60);
    out(0x09, 0x01);
    dma_dreq(&dma, 2, false);
    ck_assert_uint_eq(in(0x08), 0x00);
}
END_TEST

/* DS "Memory-to-memory". */
START_TEST(memory_to_memory_copies_and_leaves_the_last_byte_in_temporary)
{
    count_up(ram + 0x4000, 100);
    program(0, 0x88, 0, 0x4000, 99);
    program(1, 0x84, 0, 0x6000, 99);
    out(0x08, 0x01);
    out(0x09, 0x04);
    ck_assert_mem_eq(ram + 0x6000, ram + 0x4000, 100);
    ck_assert_uint_eq(ram[0x6064], 0);
    ck_assert_uint_eq(in(0x0D), 100);
    ck_assert_uint_eq(in(0x08), 0x02);
}
END_TEST

START_TEST(memory_to_memory_can_hold_its_source)
{
    ram[0x4000] = 0x77;
    program(0, 0x88, 0, 0x4000, 0);
    program(1, 0x84, 0, 0x6000, 999);
    out(0x08, 0x03);
    out(0x09, 0x04);
    for (u32 i = 0; i < 1000; i++)
        ck_assert_uint_eq(ram[0x6000 + i], 0x77);
    ck_assert_uint_eq(ram[0x6000 + 1000], 0);
}
END_TEST

START_TEST(memory_to_memory_can_start_over)
{
    for (unsigned i = 0; i < 2; i++) {
        count_up(ram + 0x4000 + i, 10);
        if (i == 0) {
            program(0, 0x98, 0, 0x4000, 9);
            program(1, 0x94, 0, 0x6000, 9);
            out(0x08, 0x01);
        }
        out(0x09, 0x04);
        ck_assert_mem_eq(ram + 0x6000, ram + 0x4000, 10);
    }
    out(0x0C, 0);
    ck_assert_uint_eq(in16(0x00), 0x4000);
    ck_assert_uint_eq(in16(0x01), 9);
    ck_assert_uint_eq(in16(0x03), 9);
}
END_TEST

/* The second controller stops everything; a request waits until it may be served. */
START_TEST(a_request_waits_for_the_controller)
{
    program(3, 0x84, 0, 0x7000, 9);
    out(0x08, 0x04);
    out(0x09, 0x07);
    ck_assert_uint_eq(ram[0x7000], 0);
    ck_assert_uint_eq(in(0x08), 0x80);
    out(0x08, 0x00);
    ck_assert_uint_eq(ram[0x7009], 0xFF);
    ck_assert_uint_eq(in(0x08), 0x08);
}
END_TEST

START_TEST(reset_masks_everything)
{
    out(0x0E, 0);
    dma_reset(&dma);
    ck_assert_uint_eq(in(0x0F), 0x0F);
    ck_assert_uint_eq(in(0xDE), 0x0F);
}
END_TEST

START_TEST(a_software_request_in_block_mode_runs_to_tc_on_an_empty_bus)
{
    program(3, 0x84, 0, 0x7000, 1999);
    out(0x0A, 0x07);                                     /* DS: software requests are non-maskable */
    out(0x09, 0x07);
    ck_assert_uint_eq(ram[0x7000], 0xFF);
    ck_assert_uint_eq(ram[0x7000 + 1999], 0xFF);
    ck_assert_uint_eq(ram[0x7000 + 2000], 0x00);
    ck_assert_uint_eq(in(0x08), 0x08);
}
END_TEST

START_TEST(page_registers_keep_what_is_written)
{
    for (u16 port = 0x81; port <= 0x8F; port++)
        out(port, (u8)(port * 3));
    for (u16 port = 0x81; port <= 0x8F; port++)
        ck_assert_uint_eq(in(port), (u8)(port * 3));
    ck_assert_uint_eq(in(0x80), 0xFF);                   /* another chip's */
}
END_TEST

START_TEST(memory_that_is_not_there_reads_as_ones)
{
    u8 buffer[4] = { 0 };
    program(2, 0x48, 0xF0, 0, 3);
    ck_assert_uint_eq(transfer(2, buffer, 4, NULL), 4);
    ck_assert_mem_eq(buffer, ((u8[]){ 0xFF, 0xFF, 0xFF, 0xFF }), 4);
}
END_TEST

static void walk(void *chip, walker_t *w) { (void)chip; dma_walk(&dma, w); }
static void clear(void *chip)             { (void)chip; wire(); }

START_TEST(the_walk_carries_the_whole_state)
{
    const char *wrong = walk_round_trip(NULL, walk, clear, (u64)_i + 1);
    ck_assert_msg(!wrong, "%s", wrong);
}
END_TEST

START_TEST(reset_clears_commands_flags_and_pages)
{
    u8 buffer[4];
    program(1, 0x44, 7, 0x1000, 3);
    transfer(1, buffer, 4, NULL);
    out(0x09, 0x06); out(0x08, 0x04); out(0x00, 1);
    dma_reset(&dma);
    ck_assert_uint_eq(in(0x08), 0);
    ck_assert_uint_eq(in(0x83), 0);
    power_on();
    out(0x08, 0x04);
    out(0x0D, 0);
    program(2, 0x44, 0, 0x1000, 3);
    ck_assert(dma_ready(&dma, 2));                       /* master clear ended the "disable" */
}
END_TEST

START_TEST(write_only_registers_float)
{
    static const u16 ports[] = { 0x09, 0x0A, 0x0B, 0x0C, 0x0E, 0xD2, 0xD4, 0xD6, 0xD8, 0xDC };
    for (u32 i = 0; i < COUNT_OF(ports); i++)
        ck_assert_uint_eq(in(ports[i]), 0xFF);
}
END_TEST

START_TEST(a_request_on_channel_0_is_memory_to_memory_only_when_enabled)
{
    program(0, 0x84, 0, 0x7000, 1);
    program(1, 0x84, 0, 0x6000, 1);
    out(0x09, 0x04);
    ck_assert_uint_eq(ram[0x7001], 0xFF);
    ck_assert_uint_eq(ram[0x6000] | ram[0x7002], 0);
    out(0x08, 0x01);                                     /* and enabled, another channel's request is its own */
    program(3, 0x84, 0, 0x5000, 1);
    out(0x09, 0x07);
    ck_assert_uint_eq(ram[0x5001], 0xFF);
    ck_assert_uint_eq(ram[0x6000], 0);
}
END_TEST

START_TEST(what_is_lacking_is_said)
{
    lacking_quiet(true);
    unsigned before = lacking_count();
    out(0x08, 0x01);
    ck_assert_uint_eq(lacking_count(), before);
    out(0xD0, 0x01);
    ck_assert_uint_eq(lacking_count(), before + 1);
    out(0x08, 0x40);
    ck_assert_uint_eq(lacking_count(), before + 2);
}
END_TEST

START_TEST(the_byte_registers_take_low_then_high)
{
    out(0x0C, 0);
    out16(0x02, 0xABCD);
    out(0x02, 0x11);                                     /* only the low byte again */
    out(0x0C, 0);
    ck_assert_uint_eq(in16(0x02), 0xAB11);
}
END_TEST

/* Guard bytes around the chip's buffer: no transfer may touch more than it says. */
START_TEST(random_accesses_do_no_harm)
{
    static u8 buffer[0x1100];
    u32 seed = 42, bad = 0;
    lacking_quiet(true);
    for (int i = 0; i < 100000; i++) {
        seed = seed * 1664525 + 1013904223;
        u8 value = (u8)(seed >> 24), what = (u8)(seed >> 16);
        u16 port = (u16)(what % 3 == 0 ? what & 15 : what % 3 == 1 ? 0xC0 + (what & 31) : 0x81 + (what & 15) % 15);
        if (value % 64 == 0) out(0xD6, 0xC0), out(0xD4, 0), out(0xD0, 0), out(0x08, 0), out(0x0E, 0);
        if ((port == 9 || port == 0xD2) && value % 16) continue;   /* block requests: some */
        u32 n = seed >> 8 & 0xFFF;
        bool tc;
        switch (seed >> 13 & 3) {
        case 0: in(port); break;
        case 1: case 2: out(port, value); break;
        case 3:
            buffer[n] = 0xA5;
            bad += transfer(value, buffer, n, &tc) > n || buffer[n] != 0xA5;
        }
    }
    ck_assert_uint_eq(bad, 0);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("8237A");
    tcase_add_checked_fixture(tc, power_on, NULL);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_write_transfer_reaches_memory_and_ends_with_tc);
    tcase_add_test(tc, a_read_transfer_takes_from_memory);
    tcase_add_test(tc, verify_counts_and_moves_nothing);
    tcase_add_test(tc, addresses_can_descend);
    tcase_add_test(tc, bytes_wrap_inside_64_kib);
    tcase_add_test(tc, words_wrap_inside_128_kib_and_shift_the_address);
    tcase_add_test(tc, a_single_byte_is_no_word);
    tcase_add_test(tc, words_descend_as_words);
    tcase_add_test(tc, autoinitialise_starts_over_unmasked);
    tcase_add_test(tc, the_largest_count_is_64_ki_transfers);
    tcase_add_loop_test(tc, a_channel_that_is_stopped_serves_nobody, 0, COUNT_OF(stops));
    tcase_add_test(tc, nothing_moves_before_the_bios_has_set_up_the_cascade);
    tcase_add_test(tc, the_flip_flop_alternates_and_can_be_cleared);
    tcase_add_test(tc, the_mask_register_reads_back);
    tcase_add_test(tc, status_shows_requests);
    tcase_add_test(tc, memory_to_memory_copies_and_leaves_the_last_byte_in_temporary);
    tcase_add_test(tc, memory_to_memory_can_hold_its_source);
    tcase_add_test(tc, memory_to_memory_can_start_over);
    tcase_add_test(tc, a_request_waits_for_the_controller);
    tcase_add_test(tc, reset_masks_everything);
    tcase_add_test(tc, a_software_request_in_block_mode_runs_to_tc_on_an_empty_bus);
    tcase_add_test(tc, page_registers_keep_what_is_written);
    tcase_add_test(tc, memory_that_is_not_there_reads_as_ones);
    tcase_add_loop_test(tc, the_walk_carries_the_whole_state, 0, 20);
    tcase_add_test(tc, reset_clears_commands_flags_and_pages);
    tcase_add_test(tc, write_only_registers_float);
    tcase_add_test(tc, a_request_on_channel_0_is_memory_to_memory_only_when_enabled);
    tcase_add_test(tc, what_is_lacking_is_said);
    tcase_add_test(tc, the_byte_registers_take_low_then_high);
    tcase_add_test(tc, random_accesses_do_no_harm);
    Suite *s = suite_create("dma");
    suite_add_tcase(s, tc);
    return run_all(s);
}
