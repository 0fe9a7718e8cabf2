/* test_vga_draw.c - from memory to pixels.  Every pixel's colour names its DAC entry (vga_modes.h), so that a test states which entry is shown.
 * Source: IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem" (mode descriptions, CRT controller, attribute controller). */
#include "tests/chip_check.h"
#include "tests/vga_modes.h"

static void draw(void) { vga_draw(&bench, frame); }

/* Glyph row `row` of `code` in font map 0 (plane 2). */
static void glyph(u32 map_offset, u8 code, u32 row, u8 bits) { vga_vram(&bench)[(map_offset + code * 32u + row) * 4 + 2] = bits; }

static u32 row_bits(u32 x, u32 y, u32 dots, u32 ink)         /* dots in ink as bits, the leftmost highest */
{
    u32 bits = 0;
    for (u32 i = 0; i < dots; i++) bits = bits << 1 | (pixel(x + i, y) == ink);
    return bits;
}

/* ---- text ---- */

START_TEST(a_character_is_its_glyph_in_its_colours)
{
    set_video_mode(3);
    set_crtc(0x0A, 0x20);
    glyph(0, 'A', 5, 0xA5);
    poke(0xB8000 + 2 * (80 * 3 + 7), W16, 0x1E41);           /* yellow on blue: palette 3E on 01 */
    draw();
    ck_assert_uint_eq(frame->width, 720);
    ck_assert_uint_eq(frame->height, 400);
    ck_assert_uint_eq(frame->aspect_width * 3, frame->aspect_height * 4);
    u32 wrong = 0;
    for (u32 y = 0; y < 16; y++)
        for (u32 x = 0; x < 9; x++) {
            bool ink = y == 5 && x < 8 && 0xA5 >> (7 - x) & 1;
            wrong += pixel(7 * 9 + x, 3 * 16 + y) != colour_of(ink ? 0x3E : 0x01);
        }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(pixel(0, 0), colour_of(0));
}
END_TEST

START_TEST(box_drawing_continues_through_the_ninth_dot)
{
    static const struct { u8 code; bool line_graphics, joined; } rows[] = {
        { 0xBF, true, false }, { 0xC0, true, true }, { 0xDF, true, true }, { 0xE0, true, false }, { 0xC4, false, false } };
    set_video_mode(3);
    set_crtc(0x0A, 0x20);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        glyph(0, rows[i].code, 0, 0x01);
        poke(0xB8000, W16, 0x0700u | rows[i].code);
        set_attribute(0x10, rows[i].line_graphics ? 0x0C : 0x08);
        draw();
        ck_assert_uint_eq(row_bits(0, 0, 9, colour_of(7)), rows[i].joined ? 3 : 2);
    }
}
END_TEST

START_TEST(attribute_bit_3_chooses_between_two_character_maps)
{
    /* Character Map Select: map A bits 5, 3, 2; map B bits 4, 1, 0; plane 2 offsets 0, 16K, 32K, 48K, 8K, 24K, 40K, 56K */
    static const struct { u8 sr3; u32 a, b; } rows[] = { { 0x00, 0, 0 }, { 0x04, 0x4000, 0 }, { 0x01, 0, 0x4000 }, { 0x0B, 0x8000, 0xC000 }, { 0x20, 0x2000, 0 }, { 0x1C, 0xC000, 0x2000 }, { 0x36, 0x6000, 0xA000 } };
    set_video_mode(3);
    set_crtc(0x0A, 0x20);
    for (u32 map = 0; map < 8; map++) glyph(map << 13, 'x', 2, (u8)(0x10 + map));
    poke(0xB8000, W16, 0x0778);
    poke(0xB8002, W16, 0x0F78);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        set_sequencer(3, rows[i].sr3);
        draw();
        ck_assert_uint_eq(row_bits(0, 2, 8, colour_of(7)), 0x10 + (rows[i].b >> 13));
        ck_assert_uint_eq(row_bits(9, 2, 8, colour_of(0x3F)), 0x10 + (rows[i].a >> 13));
    }
}
END_TEST

static u32 cursor_rows(void)             /* rows of the first cell wholly in ink */
{
    u32 rows = 0;
    draw();
    for (u32 y = 0; y < 16; y++) rows |= (u32)(row_bits(0, y, 9, colour_of(7)) == 0x1FF) << y;
    return rows;
}

START_TEST(cursor_shows_its_rows_and_blinks_every_eight_frames)
{
    static const struct { u8 start, end; u32 rows; } rows[] = { { 0x0D, 0x0E, 0x6000 }, { 0, 15, 0xFFFF }, { 7, 7, 0x80 }, { 0x2D, 0x0E, 0 }, { 9, 8, 0 }, { 14, 31, 0xC000 } };
    set_video_mode(3);
    poke(0xB8000, W16, 0x0720);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        set_crtc(0x0A, rows[i].start); set_crtc(0x0B, rows[i].end);
        ck_assert_uint_eq(cursor_rows(), rows[i].rows);
    }
    set_crtc(0x0A, 13); set_crtc(0x0B, 14);
    for (u32 n = 0; n < 64; n++) {
        bench_clock.now = n * 14268061u + 1000;              /* one frame of 70.087 Hz after the other */
        ck_assert_uint_eq(cursor_rows(), n & 8 ? 0 : 0x6000);
    }
    bench_clock.now = 0;
    set_crtc(0x0B, 0x2E);                                    /* skew: one character later */
    ck_assert_uint_eq(cursor_rows(), 0);
    set_crtc(0x0F, 3); set_crtc(0x0C, 0);
    ck_assert_uint_eq(cursor_rows(), 0);
}
END_TEST

START_TEST(attribute_bit_7_blinks_or_brightens_the_background)
{
    set_video_mode(3);
    set_crtc(0x0A, 0x20);
    glyph(0, 'B', 0, 0xF0);
    poke(0xB8000, W16, 0x9742);
    for (u32 n = 0; n < 96; n++) {
        bench_clock.now = n * 14268061u + 1000;
        draw();
        ck_assert_uint_eq(row_bits(0, 0, 9, colour_of(7)), n & 16 ? 0 : 0x1E0);
        ck_assert_uint_eq(pixel(8, 0), colour_of(1));
    }
    set_attribute(0x10, 0x04);
    draw();
    ck_assert_uint_eq(row_bits(0, 0, 9, colour_of(7)), 0x1E0);
    ck_assert_uint_eq(pixel(8, 0), colour_of(0x39));
}
END_TEST

START_TEST(monochrome_attribute_1_underlines)
{
    set_video_mode(7);
    set_crtc(0x0A, 0x20);
    set_crtc(0x14, 12);
    poke(0xB0000, W32, 0x07200120);
    draw();
    ck_assert_uint_eq(row_bits(0, 12, 9, colour_of(8)), 0x1FF);
    ck_assert_uint_eq(row_bits(0, 11, 9, colour_of(8)), 0);
    ck_assert_uint_eq(row_bits(9, 12, 9, colour_of(8)), 0);
}
END_TEST

START_TEST(forty_columns_have_double_dots)
{
    set_video_mode(1);
    set_crtc(0x0A, 0x20);
    glyph(0, 'A', 0, 0x90);
    poke(0xB8002, W16, 0x0741);
    draw();
    ck_assert_uint_eq(frame->width, 720);
    ck_assert_uint_eq(row_bits(18, 0, 18, colour_of(7)), 0x30C00);
}
END_TEST

/* ---- the CRTC's way through memory ---- */

START_TEST(start_address_preset_row_and_panning_scroll_text)
{
    set_video_mode(3);
    set_crtc(0x0A, 0x20);
    for (u32 row = 0; row < 16; row++) { glyph(0, 1, row, (u8)(0x80 | row)); glyph(0, 2, row, (u8)(0x40 | row)); }
    for (u32 i = 0; i < 81 * 27; i++) poke(0xB8000 + i * 2, W16, 0x0700u | (i >= 80 ? 2 : 1));
    draw();
    ck_assert_uint_eq(row_bits(0, 3, 8, colour_of(7)), 0x83);
    set_crtc(0x0D, 80);
    draw();
    ck_assert_uint_eq(row_bits(0, 3, 8, colour_of(7)), 0x43);
    set_crtc(8, 5);                                          /* five rows of the first line are gone */
    draw();
    ck_assert_uint_eq(row_bits(0, 0, 8, colour_of(7)), 0x45);
    ck_assert_uint_eq(row_bits(0, 11, 8, colour_of(7)), 0x40);
    set_crtc(8, 0); set_crtc(0x0D, 78);
    set_attribute(0x13, 0);                                  /* nine-dot characters: 8 no shift, 0 one dot, 1 two dots */
    draw();
    ck_assert_uint_eq(row_bits(0, 3, 7, colour_of(7)), 0x03);
    ck_assert_uint_eq(row_bits(8, 3, 8, colour_of(7)), 0x83);
    ck_assert_uint_eq(row_bits(17, 3, 8, colour_of(7)), 0x43);
    set_crtc(8, 0x40); set_attribute(0x13, 8);               /* byte panning: two characters */
    draw();
    ck_assert_uint_eq(row_bits(0, 3, 8, colour_of(7)), 0x43);
}
END_TEST

static void line_compare(u32 line)
{
    set_crtc(0x11, 0x0E);
    set_crtc(0x18, line & 0xFF);
    set_crtc(7, (get_indexed(0x3D4, 7) & ~0x10u) | (line >> 8 & 1) << 4);
    set_crtc(9, (get_indexed(0x3D4, 9) & ~0x40u) | (line >> 9 & 1) << 6);
}

START_TEST(line_compare_splits_the_screen)
{
    set_video_mode(0x12);
    u8 *vram = vga_vram(&bench);
    for (u32 n = 0; n < 65536; n++) vram[n * 4] = n >= 80 * 100 ? 0xFF : 0x00;
    vram[0] = 0x81;
    set_crtc(0x0C, 80 * 100 >> 8); set_crtc(0x0D, 80 * 100 & 0xFF);
    line_compare(299);
    set_attribute(0x13, 3);
    for (u32 pan_too = 0; pan_too < 2; pan_too++) {
        set_attribute(0x10, pan_too ? 0x21 : 0x01);
        draw();
        ck_assert_uint_eq(row_bits(0, 299, 8, colour_of(1)), 0xFF);
        ck_assert_uint_eq(row_bits(0, 300, 8, colour_of(1)), pan_too ? 0x81 : 0x08);
        ck_assert_uint_eq(row_bits(0, 301, 8, colour_of(1)), 0);
    }
}
END_TEST

START_TEST(offset_zero_repeats_one_row_and_a_wide_offset_skips)
{
    set_video_mode(0x13);
    for (u32 i = 0; i < 65536; i++) poke(0xA0000 + i, W8, i / 320 + i % 320);
    set_crtc(0x13, 0);
    draw();
    ck_assert_uint_eq(pixel(20, 398), colour_of(10));
    set_crtc(0x13, 80);                                      /* 640 bytes a line */
    draw();
    ck_assert_uint_eq(pixel(20, 20), colour_of(30));
    ck_assert_uint_eq(pixel(0, 102 * 2), colour_of(102 * 2));
    /* Line 103 begins past 64 KiB: address bit 16 returns as bit 0 of the plane address. */
    vga_vram(&bench)[(((103 * 640) & 0xFFFC) + 1) * 4] = 0x5A;
    draw();
    ck_assert_uint_eq(pixel(0, 103 * 2), colour_of(0x5A));
}
END_TEST

START_TEST(address_counter_may_count_every_second_or_fourth_character)
{
    static const struct { u8 cr14, cr17; u32 each; } rows[] = { { 0, 0xE3, 1 }, { 0, 0xEB, 2 }, { 0x20, 0xE3, 4 }, { 0x20, 0xEB, 4 } };
    set_video_mode(0x12);
    for (u32 n = 0; n < 80; n++) vga_vram(&bench)[n * 4] = (u8)n;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        set_crtc(0x14, rows[i].cr14); set_crtc(0x17, rows[i].cr17);
        draw();
        for (u32 n = 0; n < 80; n++) ck_assert_uint_eq(row_bits(n * 8, 0, 8, colour_of(1)), n / rows[i].each);
    }
}
END_TEST

/* CR17 bit 2: all vertical counts are of two lines, but the row scan counts each. */
START_TEST(slow_line_counter_doubles_the_picture)
{
    set_video_mode(0x12);
    set_crtc(0x12, 0xEF); set_crtc(7, 0x2C); set_crtc(0x11, 0x0C); set_crtc(7, 0x2C);   /* 240 counts; line compare bit 8 clear */
    set_crtc(0x17, 0xE7);
    set_crtc(9, 0x00); set_crtc(0x18, 99);
    for (u32 y = 0; y < 480; y++) vga_vram(&bench)[y * 80 * 4] = (u8)y;
    draw();
    ck_assert_uint_eq(frame->height, 480);
    for (u32 y = 0; y < 198; y++) ck_assert_uint_eq(row_bits(0, y, 8, colour_of(1)), y);
    for (u32 y = 200; y < 480; y++) ck_assert_uint_eq(row_bits(0, y, 8, colour_of(1)), (y - 200) & 0xFF);
}
END_TEST

/* ---- graphics ---- */

START_TEST(mode_13_shows_each_byte_as_two_by_two_dots)
{
    set_video_mode(0x13);
    for (u32 i = 0; i < 64000; i++) poke(0xA0000 + i, W8, i * 31 + i / 320);
    draw();
    ck_assert_uint_eq(frame->width, 640);
    ck_assert_uint_eq(frame->height, 400);
    u32 wrong = 0;
    for (u32 y = 0; y < 400; y++)
        for (u32 x = 0; x < 640; x++) {
            u32 i = y / 2 * 320 + x / 2;
            wrong += pixel(x, y) != colour_of(i * 31 + i / 320);
        }
    ck_assert_uint_eq(wrong, 0);
    port_out(0x3C6, 0x0F);                                   /* the pel mask */
    draw();
    ck_assert_uint_eq(pixel(4, 0), colour_of(62 & 0x0F));
    port_out(0x3C6, 0xFF);
    set_attribute(0x13, 4);                                  /* two pixels */
    draw();
    ck_assert_uint_eq(pixel(0, 0), colour_of(62));
}
END_TEST

/* Unchained 256 colours, byte addresses, 400 lines: the "mode X" family. */
START_TEST(mode_x_shows_planes_side_by_side)
{
    set_video_mode(0x13);
    set_sequencer(4, 6); set_crtc(0x14, 0); set_crtc(0x17, 0xE3); set_crtc(9, 0x40);
    for (u32 p = 0; p < 4; p++) {
        set_sequencer(2, 1u << p);
        for (u32 i = 0; i < 80 * 400; i++) poke(0xA0000 + i, W8, i * 4 + p + i / 80);
    }
    draw();
    u32 wrong = 0;
    for (u32 y = 0; y < 400; y++)
        for (u32 x = 0; x < 320; x++) wrong += pixel(x * 2, y) != colour_of((y * 80 + x / 4) * 4 + x % 4 + y);
    ck_assert_uint_eq(wrong, 0);
    char text[64];
    vga_mode_text(&bench, text, sizeof text);
    ck_assert_str_eq(text, "320x400 256 colours");
}
END_TEST

static const u8 ega[16] = { 0, 1, 2, 3, 4, 5, 0x14, 7, 0x38, 0x39, 0x3A, 0x3B, 0x3C, 0x3D, 0x3E, 0x3F };

START_TEST(mode_12_takes_one_bit_from_each_plane)
{
    dice_t dice = { 5 };
    set_video_mode(0x12);
    u8 *vram = vga_vram(&bench);
    for (u32 i = 0; i < 38400 * 4; i++) vram[i] = (u8)throw_dice(&dice, 256);
    draw();
    ck_assert_uint_eq(frame->width, 640);
    ck_assert_uint_eq(frame->height, 480);
    u32 wrong = 0;
    for (u32 y = 0; y < 480; y++)
        for (u32 x = 0; x < 640; x++) {
            u32 value = 0;
            for (u32 p = 0; p < 4; p++) value |= (u32)(vram[(y * 80 + x / 8) * 4 + p] >> (7 - x % 8) & 1) << p;
            wrong += pixel(x, y) != colour_of(ega[value]);
        }
    ck_assert_uint_eq(wrong, 0);
    memcpy(vram, "\x80\x00\x80\x80", 4);
    set_attribute(0x12, 0x07);                               /* plane enable */
    draw();
    ck_assert_uint_eq(pixel(0, 0), colour_of(ega[5]));
    set_attribute(0x14, 0x0C); set_attribute(0x12, 0x0F);    /* colour select: bits 7 and 6 always, 5 and 4 with P54S */
    draw();
    ck_assert_uint_eq(pixel(0, 0), colour_of(0xC0 | ega[13]));
    set_attribute(0x10, 0x81); set_attribute(0x14, 0x06);
    draw();
    ck_assert_uint_eq(pixel(0, 0), colour_of(0x40 | 0x20 | (ega[13] & 15)));
}
END_TEST

START_TEST(mode_0d_doubles_dots_and_lines)
{
    set_video_mode(0x0D);
    set_sequencer(2, 2);
    poke(0xA0000 + 40 * 7 + 3, W8, 0x91);
    draw();
    ck_assert_uint_eq(frame->width, 640);
    ck_assert_uint_eq(frame->height, 400);
    for (u32 y = 13; y <= 16; y++)
        ck_assert_uint_eq(row_bits(48, y, 16, colour_of(2)), y == 14 || y == 15 ? 0xC303 : 0);
}
END_TEST

START_TEST(modes_4_and_6_interleave_lines_at_2000h)
{
    dice_t dice = { 6 };
    static const u8 cga[4] = { 0, 0x13, 0x15, 0x17 };
    for (u32 mode = 4; mode <= 6; mode += 2) {
        u8 image[0x4000];
        set_video_mode((u8)mode);
        for (u32 i = 0; i < sizeof image; i++) { image[i] = (u8)throw_dice(&dice, 256); poke(0xB8000 + i, W8, image[i]); }
        draw();
        ck_assert_uint_eq(frame->width, 640);
        ck_assert_uint_eq(frame->height, 400);
        u32 wrong = 0;
        for (u32 y = 0; y < 400; y++)
            for (u32 x = 0; x < 640; x++) {
                u8 byte = image[(y / 2 & 1) * 0x2000 + y / 4 * 80 + x / 8];
                u32 expected = mode == 4 ? cga[byte >> (6 - x / 2 % 4 * 2) & 3] : byte >> (7 - x % 8) & 1 ? 0x17 : 0;
                wrong += pixel(x, y) != colour_of(expected);
            }
        ck_assert_uint_eq(wrong, 0);
    }
}
END_TEST

/* Mode 0Fh's palette and plane enable: value 4 is blinking, 5 intense (technical reference, "Mode hex F"). */
START_TEST(blinking_graphics_change_bit_3)
{
    static const u8 palette[16] = { 0, 8, 0, 0, 0x18, 0x18, 0, 0, 0, 8, 0, 0, 0, 0x18, 0, 0 };
    set_video_mode(0x10);
    for (u32 i = 0; i < 16; i++) {                           /* PAS off while the palette is loaded */
        port_in(0x3DA);
        port_out(0x3C0, i); port_out(0x3C0, palette[i]);
    }
    set_attribute(0x10, 0x0B); set_attribute(0x12, 0x05);
    memcpy(vga_vram(&bench), "\x50\x00\x30\x00", 4);         /* values 0, 1, 4, 5 */
    u64 frames[2] = { 0, 0 };
    for (u32 phase = 0; phase < 2; phase++) {
        bench_clock.now = phase * 20 * 14268000u;
        draw();
        for (u32 x = 0; x < 4; x++) frames[phase] = frames[phase] << 16 | (pixel(x, 0) >> 8 & 0xFF);
    }
    u64 black = 0, video = colour_of(8) >> 8, bright = colour_of(0x18) >> 8;
    ck_assert_uint_eq(frames[0], black << 48 | video << 32 | bright << 16 | bright);
    ck_assert_uint_eq(frames[1], black << 48 | video << 32 | black << 16 | bright);
}
END_TEST

START_TEST(screen_off_gives_no_picture_and_pas_the_border)
{
    set_video_mode(0x13);
    draw();
    ck_assert_uint_eq(frame->width, 640);
    set_sequencer(1, 0x21);
    draw();
    ck_assert_uint_eq(frame->width * frame->height, 0);
    set_sequencer(1, 0x01);
    set_attribute(0x11, 0x2A);
    port_in(0x3DA);
    port_out(0x3C0, 0x00);
    draw();
    ck_assert_uint_eq(frame->width, 640);
    ck_assert_uint_eq(pixel(100, 100), colour_of(0x2A));
}
END_TEST

/* ---- text as text ---- */

START_TEST(text_is_read_from_where_it_is_shown)
{
    vga_text_t *text = malloc(sizeof *text);
    ck_assert_ptr_nonnull(text);
    set_video_mode(3);
    poke(0xB8000 + 2 * (80 * 2 + 5), W16, 0x1E58);
    set_crtc(0x0E, 0); set_crtc(0x0F, 165);
    vga_read_text(&bench, text);
    ck_assert_uint_eq(text->columns, 80);
    ck_assert_uint_eq(text->rows, 25);
    ck_assert_uint_eq(text->cells[165].code, 'X');
    ck_assert_uint_eq(text->cells[165].attribute, 0x1E);
    ck_assert(text->cursor_on && text->blink);
    ck_assert_uint_eq(text->cursor_row, 2);
    ck_assert_uint_eq(text->cursor_column, 5);
    set_crtc(0x0D, 80);
    vga_read_text(&bench, text);
    ck_assert_uint_eq(text->cells[85].code, 'X');
    ck_assert_uint_eq(text->cursor_row, 1);
    set_crtc(9, 0x47); set_crtc(0x0A, 0x20);                 /* 8-line characters: 50 rows */
    vga_read_text(&bench, text);
    ck_assert_uint_eq(text->rows, 50);
    ck_assert(!text->cursor_on);
    set_video_mode(0x13);
    vga_read_text(&bench, text);
    ck_assert_uint_eq(text->columns, 0);
    free(text);
    u32 colours[16];
    set_video_mode(3);
    vga_text_colours(&bench, colours);
    for (u32 i = 0; i < 16; i++) ck_assert_uint_eq(colours[i], colour_of(ega[i]));
}
END_TEST

START_TEST(code_page_437_maps_to_unicode)
{
    static const struct { u8 code; u16 unicode; } rows[] = { { 1, 0x263A }, { 'A', 'A' }, { 0x7F, 0x2302 }, { 0x80, 0xC7 }, { 0xB0, 0x2591 }, { 0xC9, 0x2554 }, { 0xDB, 0x2588 }, { 0xE1, 0xDF }, { 0xFE, 0x25A0 }, { 0xFF, 0xA0 } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) ck_assert_uint_eq(cp437_to_unicode(rows[i].code), rows[i].unicode);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("VGA drawing");
    tcase_add_checked_fixture(tc, bench_on, bench_off);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_character_is_its_glyph_in_its_colours);
    tcase_add_test(tc, box_drawing_continues_through_the_ninth_dot);
    tcase_add_test(tc, attribute_bit_3_chooses_between_two_character_maps);
    tcase_add_test(tc, cursor_shows_its_rows_and_blinks_every_eight_frames);
    tcase_add_test(tc, attribute_bit_7_blinks_or_brightens_the_background);
    tcase_add_test(tc, monochrome_attribute_1_underlines);
    tcase_add_test(tc, forty_columns_have_double_dots);
    tcase_add_test(tc, start_address_preset_row_and_panning_scroll_text);
    tcase_add_test(tc, line_compare_splits_the_screen);
    tcase_add_test(tc, offset_zero_repeats_one_row_and_a_wide_offset_skips);
    tcase_add_test(tc, address_counter_may_count_every_second_or_fourth_character);
    tcase_add_test(tc, slow_line_counter_doubles_the_picture);
    tcase_add_test(tc, mode_13_shows_each_byte_as_two_by_two_dots);
    tcase_add_test(tc, mode_x_shows_planes_side_by_side);
    tcase_add_test(tc, mode_12_takes_one_bit_from_each_plane);
    tcase_add_test(tc, mode_0d_doubles_dots_and_lines);
    tcase_add_test(tc, modes_4_and_6_interleave_lines_at_2000h);
    tcase_add_test(tc, blinking_graphics_change_bit_3);
    tcase_add_test(tc, screen_off_gives_no_picture_and_pas_the_border);
    tcase_add_test(tc, text_is_read_from_where_it_is_shown);
    tcase_add_test(tc, code_page_437_maps_to_unicode);
    return run_suite("vga_draw", tc);
}
