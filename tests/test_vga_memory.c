/* test_vga_memory.c - the processor's window on the planes.  Source: IBM PS/2 Hardware Interface Technical Reference, "Graphics Controller",
 * "Memory Mode Register", "Miscellaneous Register"; IBM EGA schematic for the odd/even page. */
#include "tests/chip_check.h"
#include "tests/vga_modes.h"

static void planar(void)                 /* A0000, 64 KiB, write mode 0, all planes */
{
    set_video_mode(0x12);
}

/* ---- an independent model of one plane's byte, bit by bit, after the block diagrams of the technical reference ---- */

typedef struct { u32 mode, function, rotate, set, enable, bits; } controller_t;

static u8 plane_after(const controller_t *c, u32 plane, u8 cpu, u8 latch)
{
    u8 result = 0;
    for (u32 bit = 0; bit < 8; bit++) {
        bool turned = cpu >> (bit + c->rotate) % 8 & 1, old = latch >> bit & 1, set = c->set >> plane & 1, data, write = c->bits >> bit & 1;
        switch (c->mode) {
        case 0:  data = c->enable >> plane & 1 ? set : turned; break;
        case 1:  data = old; write = false; break;
        case 2:  data = cpu >> plane & 1; break;
        default: data = set; write = write && turned; break;
        }
        bool combined = c->function == 0 ? data : c->function == 1 ? (data && old) : c->function == 2 ? (data || old) : data != old;
        result = (u8)(result | (write ? combined : old) << bit);
    }
    return result;
}

static void program(const controller_t *c)
{
    set_graphics(0, c->set); set_graphics(1, c->enable); set_graphics(3, c->function << 3 | c->rotate);
    set_graphics(5, c->mode); set_graphics(8, c->bits);
}

START_TEST(write_modes_do_to_a_byte_what_the_block_diagram_says)
{
    dice_t dice = { 1 };
    u32 wrong = 0;
    planar();
    u8 *at = vga_vram(&bench) + 0x123 * 4;
    for (u32 setting = 0; setting < 4 * 4 * 8 * 16 * 16; setting++) {
        controller_t c = { setting & 3, setting >> 2 & 3, setting >> 4 & 7, setting >> 7 & 15, setting >> 11 & 15, throw_dice(&dice, 256) };
        u32 map = throw_dice(&dice, 16);
        program(&c);
        set_sequencer(2, map);
        for (u32 cpu = 0; cpu < 256; cpu += 1 + throw_dice(&dice, 9)) {
            u8 latch[4], before[4];
            for (u32 p = 0; p < 4; p++) at[p] = latch[p] = (u8)throw_dice(&dice, 256);
            peek(0xA0123, W8);
            for (u32 p = 0; p < 4; p++) at[p] = before[p] = (u8)throw_dice(&dice, 256);
            poke(0xA0123, W8, cpu);
            for (u32 p = 0; p < 4; p++)
                wrong += at[p] != (map >> p & 1 ? plane_after(&c, p, (u8)cpu, latch[p]) : before[p]);
        }
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(read_modes_give_a_plane_or_a_comparison)
{
    dice_t dice = { 2 };
    u32 wrong = 0;
    planar();
    u8 *at = vga_vram(&bench) + 0x77 * 4;
    for (u32 setting = 0; setting < 4 * 256; setting++) {
        u32 colour = setting & 15, care = setting >> 4 & 15, plane = setting >> 8;
        for (u32 p = 0; p < 4; p++) at[p] = (u8)throw_dice(&dice, 256);
        set_graphics(2, colour); set_graphics(7, care); set_graphics(4, plane);
        set_graphics(5, 0);
        wrong += peek(0xA0077, W8) != at[plane];
        set_graphics(5, 8);
        u32 expected = 0;
        for (u32 bit = 0; bit < 8; bit++) {
            bool same = true;
            for (u32 p = 0; p < 4; p++)
                if (care >> p & 1 && (at[p] >> bit & 1) != (colour >> p & 1)) same = false;
            expected |= (u32)same << bit;
        }
        wrong += peek(0xA0077, W8) != expected;
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(write_mode_1_copies_four_planes)
{
    planar();
    u8 *vram = vga_vram(&bench);
    memcpy(vram + 0x10 * 4, "\x11\x22\x44\x88", 4);
    set_graphics(5, 1);
    peek(0xA0010, W8);
    poke(0xA0020, W8, 0x99);
    ck_assert_mem_eq(vram + 0x20 * 4, "\x11\x22\x44\x88", 4);
}
END_TEST

START_TEST(text_bytes_go_to_planes_0_and_1_at_even_addresses)
{
    set_video_mode(3);
    poke(0xB8000, W16, 0x1F41);
    poke(0xB8002, W8, 'B');
    poke(0xB8003, W8, 0x2E);
    poke(0xB8004, W32, 0x4F444F43);
    u8 *vram = vga_vram(&bench);
    ck_assert_mem_eq(vram, "A\x1F\0\0\0\0\0\0B\x2E\0\0\0\0\0\0" "CO\0\0\0\0\0\0DO\0\0", 28);
    ck_assert_uint_eq(peek(0xB8000, W32), 0x2E421F41);
    poke(0xB8001, W16, 0xAABB);              /* unaligned */
    ck_assert_uint_eq(peek(0xB8000, W32), 0x2EAABB41);
}
END_TEST

/* Bit 5 of Miscellaneous Output set selects even plane addresses; in the 128 KiB window A16 does the selecting. */
START_TEST(odd_even_page_comes_from_misc_bit_5_or_a16)
{
    set_video_mode(3);
    u8 *vram = vga_vram(&bench);
    port_out(0x3C2, 0x47);
    poke(0xB8000, W8, 0x55);
    ck_assert_uint_eq(vram[1 * 4], 0x55);
    port_out(0x3C2, 0x67);
    poke(0xB8000, W8, 0x66);
    ck_assert_uint_eq(vram[0], 0x66);
    set_graphics(6, 0x02);
    poke(0xA0004, W8, 0x77);
    poke(0xB0004, W8, 0x88);
    ck_assert_uint_eq(vram[4 * 4], 0x77);
    ck_assert_uint_eq(vram[5 * 4], 0x88);
    ck_assert_uint_eq(peek(0xB0004, W8), 0x88);
    set_graphics(6, 0x00);                   /* A0 not replaced: odd bytes at odd addresses */
    poke(0xA0009, W8, 0x99);
    ck_assert_uint_eq(vram[9 * 4 + 1], 0x99);
}
END_TEST

START_TEST(fonts_are_written_to_plane_2_alone)
{
    set_video_mode(3);
    set_sequencer(2, 4); set_sequencer(4, 7); set_graphics(4, 2); set_graphics(5, 0); set_graphics(6, 4);
    for (u32 i = 0; i < 32; i++) poke(0xA0000 + 'A' * 32 + i, W8, i + 1);
    for (u32 i = 0; i < 32; i++) {
        ck_assert_uint_eq(vga_vram(&bench)[('A' * 32 + i) * 4 + 2], i + 1);
        ck_assert_uint_eq(peek(0xA0000 + 'A' * 32 + i, W8), i + 1);
    }
}
END_TEST

/* Chain 4: A1:A0 choose the plane, the rest with zeroes in their place is the plane address. */
START_TEST(chain_4_deals_bytes_to_planes)
{
    set_video_mode(0x13);
    u8 *vram = vga_vram(&bench);
    for (u32 i = 0; i < 65536; i++) poke(0xA0000 + i, W8, i * 7 + (i >> 8));
    u32 wrong = 0;
    for (u32 i = 0; i < 65536; i++) {
        wrong += vram[(i & ~3u) * 4 + (i & 3)] != (u8)(i * 7 + (i >> 8));
        wrong += peek(0xA0000 + i, W8) != (u8)(i * 7 + (i >> 8));
    }
    ck_assert_uint_eq(wrong, 0);
    set_sequencer(2, 5);                     /* the map mask still counts */
    poke(0xA0000, W32, 0x44332211);
    ck_assert_uint_eq(peek(0xA0000, W32), (u32)(u8)(3 * 7) << 24 | 0x33u << 16 | 7 << 8 | 0x11);
}
END_TEST

START_TEST(mode_x_writes_whole_columns_of_planes)
{
    set_video_mode(0x13);
    set_sequencer(4, 6);
    for (u32 p = 0; p < 4; p++) { set_sequencer(2, 1u << p); poke(0xA0100, W8, 0x10 + p); }
    ck_assert_mem_eq(vga_vram(&bench) + 0x400, "\x10\x11\x12\x13", 4);
    set_sequencer(2, 15);
    poke(0xA0104, W32, 0x04030201);
    ck_assert_mem_eq(vga_vram(&bench) + 0x410, "\1\1\1\1\2\2\2\2\3\3\3\3\4\4\4\4", 16);
}
END_TEST

START_TEST(gr6_places_the_window)
{
    static const struct { u8 map; u32 first, bytes; } rows[] = { { 0, 0xA0000, 0x20000 }, { 1, 0xA0000, 0x10000 }, { 2, 0xB0000, 0x8000 }, { 3, 0xB8000, 0x8000 } };
    planar();
    vga_vram(&bench)[0] = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        set_graphics(6, (u32)rows[i].map << 2 | 1);
        u32 wrong = 0;
        for (u32 physical = 0xA0000; physical < 0xC0000; physical += 0x4000) {
            u32 within = physical - rows[i].first;
            bool inside = physical >= rows[i].first && within < rows[i].bytes;
            vga_vram(&bench)[(within & 0xFFFF) * 4] = 0x3C;
            wrong += peek(physical, W8) != (inside ? 0x3Cu : 0xFFu);
            vga_vram(&bench)[(within & 0xFFFF) * 4] = 0;
        }
        ck_assert_uint_eq(wrong, 0);
        ck_assert_uint_eq(peek(rows[i].first + rows[i].bytes - 2, W32), 0xFFFFFFFF);     /* over the edge */
    }
    port_out(0x3C2, 0x61);                   /* RAM enable off */
    ck_assert_uint_eq(peek(0xB8000, W8), 0xFF);
}
END_TEST

/* Whatever the registers: a wide access is its bytes in ascending order. */
START_TEST(wide_accesses_are_their_bytes)
{
    dice_t dice = { 3 };
    vga_t twin;
    ck_assert(vga_init(&twin, &bench_clock, 1 << 20));
    u32 wrong = 0;
    for (u32 round = 0; round < 400; round++) {
        set_video_mode((u8[]){ 3, 4, 0x12, 0x13 }[round & 3]);
        if (round & 4) { set_graphics(5, throw_dice(&dice, 256)); set_graphics(3, throw_dice(&dice, 32)); set_graphics(1, throw_dice(&dice, 16)); }
        if (round & 8) { set_sequencer(2, throw_dice(&dice, 16)); set_graphics(8, throw_dice(&dice, 2) ? 0xFF : throw_dice(&dice, 256)); }
        u8 *memory = twin.vram;
        memcpy(memory, bench.vram, bench.vram_bytes);
        twin = bench;
        twin.vram = memory;
        for (u32 i = 0; i < 50; i++) {
            u32 offset = bench.window_first + throw_dice(&dice, 64), v = throw_dice(&dice, 1u << 31) * 2 + 1;
            width_t w = throw_dice(&dice, 2) ? W16 : W32;
            vga_store(&bench, offset, w, v & mask(w));
            for (u32 b = 0; b < w / 8u; b++) vga_store(&twin, offset + b, W8, v >> b * 8 & 0xFF);
            u32 wide = vga_load(&bench, offset, w), bytes = 0;
            for (u32 b = 0; b < w / 8u; b++) bytes |= vga_load(&twin, offset + b, W8) << b * 8;
            wrong += wide != bytes;
        }
        wrong += memcmp(memory, bench.vram, bench.vram_bytes) != 0 || twin.latch != bench.latch;
    }
    vga_free(&twin);
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("VGA memory");
    tcase_add_checked_fixture(tc, bench_on, bench_off);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, write_modes_do_to_a_byte_what_the_block_diagram_says);
    tcase_add_test(tc, read_modes_give_a_plane_or_a_comparison);
    tcase_add_test(tc, write_mode_1_copies_four_planes);
    tcase_add_test(tc, text_bytes_go_to_planes_0_and_1_at_even_addresses);
    tcase_add_test(tc, odd_even_page_comes_from_misc_bit_5_or_a16);
    tcase_add_test(tc, fonts_are_written_to_plane_2_alone);
    tcase_add_test(tc, chain_4_deals_bytes_to_planes);
    tcase_add_test(tc, mode_x_writes_whole_columns_of_planes);
    tcase_add_test(tc, gr6_places_the_window);
    tcase_add_test(tc, wide_accesses_are_their_bytes);
    return run_suite("vga_memory", tc);
}
