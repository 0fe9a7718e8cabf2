/* test_vga_vbe.c - the Bochs VBE registers and their modes; and everything at once, at random.
 * Source: the Bochs VBE interface, version B0C5 (OSDev wiki, "Bochs VBE Extensions"; Bochs VGA BIOS). */
#include "tests/chip_check.h"
#include "tests/vga_modes.h"

enum { ID, XRES, YRES, BPP, ENABLE, BANK, VIRT_WIDTH, VIRT_HEIGHT, X_OFFSET, Y_OFFSET, MEMORY_64K };

static void vbe_mode(u32 width, u32 height, u32 bpp, u32 flags)
{
    vbe_set(ENABLE, 0);
    vbe_set(XRES, width); vbe_set(YRES, height); vbe_set(BPP, bpp);
    vbe_set(ENABLE, flags);
}

static void big_bench(void)              /* 16 MiB, and a mode behind the VBE's as a BIOS leaves it */
{
    bench_on();
    vga_free(&bench);
    if (!vga_init(&bench, &bench_clock, VGA_VRAM_BYTES)) abort();
    set_video_mode(3);
}

START_TEST(identity_and_limits_can_be_asked)
{
    ck_assert_uint_eq(vbe_get(ID), 0xB0C5);
    vbe_set(ID, 0xB0C2);
    ck_assert_uint_eq(vbe_get(ID), 0xB0C2);
    vbe_set(ID, 0xB0C6);
    ck_assert_uint_eq(vbe_get(ID), 0xB0C2);
    ck_assert_uint_eq(vbe_get(MEMORY_64K), 256);
    vbe_mode(640, 480, 8, 1);
    vbe_set(ENABLE, 3);
    ck_assert_uint_eq(vbe_get(XRES), VGA_MAX_WIDTH);
    ck_assert_uint_eq(vbe_get(YRES), VGA_MAX_HEIGHT);
    ck_assert_uint_eq(vbe_get(BPP), 32);
    vbe_set(ENABLE, 1);
    ck_assert_uint_eq(vbe_get(XRES), 640);
    ck_assert_uint_eq(vga_vbe_read(&bench, 0), XRES);
}
END_TEST

START_TEST(size_is_set_while_disabled_and_refused_if_it_cannot_be)
{
    static const struct { u32 width, height, bpp; bool fits; } rows[] = {
        { 640, 480, 8, true }, { 1024, 768, 32, true }, { 1600, 1200, 32, true }, { 2048, 1536, 32, true }, { 800, 600, 4, true }, { 320, 200, 15, true },
        { 0, 480, 8, false }, { 640, 0, 8, false }, { 7, 1, 8, false } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        vbe_mode(rows[i].width, rows[i].height, rows[i].bpp, 1);
        ck_assert_uint_eq(vbe_get(ENABLE) & 1, rows[i].fits);
    }
    vbe_mode(640, 480, 16, 0x41);
    vbe_set(XRES, 800); vbe_set(BPP, 32);                    /* enabled: ignored */
    ck_assert_uint_eq(vbe_get(XRES), 640);
    ck_assert_uint_eq(vbe_get(BPP), 16);
    vbe_set(ENABLE, 0);
    vbe_set(XRES, 2049); vbe_set(YRES, 1537); vbe_set(BPP, 7);
    ck_assert_uint_eq(vbe_get(XRES), 640);
    ck_assert_uint_eq(vbe_get(YRES), 480);
    ck_assert_uint_eq(vbe_get(BPP), 16);
    vbe_set(BPP, 0);
    ck_assert_uint_eq(vbe_get(BPP), 8);
}
END_TEST

START_TEST(enabling_clears_the_picture_unless_told_not_to)
{
    memset(vga_vram(&bench), 0x5A, VGA_VRAM_BYTES);
    vbe_mode(640, 480, 8, 0x81);
    ck_assert_uint_eq(vga_vram(&bench)[0], 0x5A);
    vbe_mode(640, 480, 8, 0x01);
    ck_assert_uint_eq(vga_vram(&bench)[640 * 480 - 1], 0);
    ck_assert_uint_eq(vga_vram(&bench)[640 * 480], 0x5A);
}
END_TEST

START_TEST(bank_moves_the_window_through_memory)
{
    vbe_mode(1024, 768, 32, 1);
    for (u32 bank = 0; bank < 256; bank++) {
        vbe_set(BANK, bank);
        poke(0xA0000, W32, 0xDEAD0000 + bank);
        poke(0xAFFFF, W8, bank);
    }
    u32 wrong = 0;
    for (u32 bank = 0; bank < 256; bank++) {
        wrong += get(vga_vram(&bench) + bank * 65536, W32) != 0xDEAD0000 + bank;
        wrong += vga_vram(&bench)[bank * 65536 + 65535] != bank;
    }
    ck_assert_uint_eq(wrong, 0);
    vbe_set(BANK, 256);                                      /* beyond memory: ignored */
    ck_assert_uint_eq(vbe_get(BANK), 255);
    ck_assert_uint_eq(peek(0xB0000, W8), 0xFF);
    ck_assert_uint_eq(peek(0xA0000, W32), 0xDEAD00FF);
    vbe_set(ENABLE, 0);
    ck_assert_uint_eq(vbe_get(BANK), 0);
}
END_TEST

/* Direct colours: 15 bits 5:5:5, 16 bits 5:6:5, 24 and 32 bits blue first. */
START_TEST(depths_show_their_colours)
{
    static const struct { u32 bpp; u8 bytes[4]; u32 colour; } rows[] = {
        { 15, { 0xFF, 0x7F }, 0xFFFFFF }, { 15, { 0x00, 0x7C }, 0xFF0000 }, { 15, { 0xE0, 0x03 }, 0x00FF00 }, { 15, { 0x10, 0x80 }, 0x000084 },
        { 16, { 0x00, 0xF8 }, 0xFF0000 }, { 16, { 0xE0, 0x07 }, 0x00FF00 }, { 16, { 0x1F, 0x00 }, 0x0000FF }, { 16, { 0x20, 0x00 }, 0x000400 },
        { 24, { 0x11, 0x22, 0x33 }, 0x332211 }, { 32, { 0x11, 0x22, 0x33, 0x44 }, 0x332211 }, { 8, { 0x7B }, 0 } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        vbe_mode(640, 480, rows[i].bpp, 0x41);
        u32 bytes = (rows[i].bpp + 7) / 8;
        memcpy(vga_vram(&bench) + (640 * 7 + 5) * bytes, rows[i].bytes, bytes);
        vga_draw(&bench, frame);
        ck_assert_uint_eq(frame->width, 640);
        ck_assert_uint_eq(frame->height, 480);
        ck_assert_uint_eq(frame->aspect_width * 3, frame->aspect_height * 4);
        ck_assert_uint_eq(pixel(5, 7), rows[i].bpp == 8 ? colour_of(0x7B) : rows[i].colour);
        ck_assert_uint_eq(pixel(6, 7), 0);
    }
}
END_TEST

START_TEST(four_bits_are_planes_in_banks_of_256_k)
{
    vbe_mode(1024, 768, 4, 1);
    set_graphics(5, 0); set_graphics(6, 5); set_sequencer(4, 6); set_sequencer(2, 5); set_graphics(8, 0xFF);
    vbe_set(BANK, 1);
    poke(0xA0000 + 128 * 600 - 65536 + 3, W8, 0x81);         /* line 600, pixels 24 and 31, planes 0 and 2 */
    vga_draw(&bench, frame);
    ck_assert_uint_eq(pixel(24, 600), colour_of(5));
    ck_assert_uint_eq(pixel(25, 600), colour_of(0));
    ck_assert_uint_eq(pixel(31, 600), colour_of(5));
    vbe_set(X_OFFSET, 3); vbe_set(Y_OFFSET, 100);
    vga_draw(&bench, frame);
    ck_assert_uint_eq(pixel(21, 500), colour_of(5));
    vbe_mode(100, 50, 4, 1);                                 /* lines are whole bytes of a plane: 13 */
    vga_vram(&bench)[13 * 4 + 1] = 0x80;
    vga_draw(&bench, frame);
    ck_assert_uint_eq(pixel(0, 1), colour_of(2));
}
END_TEST

START_TEST(virtual_screen_is_wider_and_moves)
{
    vbe_mode(640, 480, 16, 0x41);
    vbe_set(VIRT_WIDTH, 1000);
    ck_assert_uint_eq(vbe_get(VIRT_WIDTH), 1000);
    ck_assert_uint_eq(vbe_get(VIRT_HEIGHT), VGA_VRAM_BYTES / 2000);
    vbe_set(X_OFFSET, 200); vbe_set(Y_OFFSET, 3000);
    put(vga_vram(&bench) + (3002 * 1000 + 201) * 2, W16, 0xFFFF);
    vga_draw(&bench, frame);
    ck_assert_uint_eq(pixel(1, 2), 0xFFFFFF);
    vbe_set(VIRT_WIDTH, 100);                                /* narrower than the picture: the picture's width */
    ck_assert_uint_eq(vbe_get(VIRT_WIDTH), 640);
    vbe_set(VIRT_WIDTH, 0xFFFF);                             /* 480 lines would not fit any more: ignored */
    ck_assert_uint_eq(vbe_get(VIRT_WIDTH), 640);
    vbe_set(VIRT_HEIGHT, 1);
    ck_assert_uint_eq(vbe_get(VIRT_HEIGHT), VGA_VRAM_BYTES / 1280);
    vbe_set(X_OFFSET, 640);
    ck_assert_uint_eq(vbe_get(X_OFFSET), 200);
    vbe_set(Y_OFFSET, VGA_VRAM_BYTES / 1280 - 1);            /* the picture goes on at the start of memory */
    u32 last = VGA_VRAM_BYTES / 1280 - 1, before_end = (VGA_VRAM_BYTES - last * 1280) / 2;
    ck_assert_uint_eq(vbe_get(Y_OFFSET), last);
    ck_assert_uint_eq(vbe_get(0x0B), 0);                     /* no such register */
    put(vga_vram(&bench) + 10 * 2, W16, 0x001F);
    vga_draw(&bench, frame);
    ck_assert_uint_eq(pixel((before_end + 10 - 200) % 640, (before_end + 10 - 200) / 640), 0x0000FF);
    vbe_set(ENABLE, 0);
    vga_draw(&bench, frame);
    ck_assert_uint_eq(frame->width, 720);
}
END_TEST

START_TEST(eight_bit_dac_converts_and_widens)
{
    vbe_mode(640, 480, 8, 0x61);
    port_out(0x3C7, 63);
    ck_assert_uint_eq(port_in(0x3C9), 0);
    ck_assert_uint_eq(port_in(0x3C9), 63 << 2);
    port_out(0x3C8, 1);
    port_out(0x3C9, 0xAB); port_out(0x3C9, 0xCD); port_out(0x3C9, 0xEF);
    vga_vram(&bench)[0] = 1;
    vga_draw(&bench, frame);
    ck_assert_uint_eq(pixel(0, 0), 0xABCDEF);
    vbe_set(ENABLE, 0x41);
    port_out(0x3C7, 1);
    ck_assert_uint_eq(port_in(0x3C9), 0xAB >> 2);
}
END_TEST

START_TEST(retrace_goes_on_at_60_hz)
{
    vbe_mode(1024, 768, 32, 0x41);
    u32 frames = 0;
    bool before = true;
    for (u64 t = 0; t < 1000000000; t += 20000) {
        bench_clock.now = t;
        bool sync = port_in(0x3DA) & 8;
        frames += sync && !before;
        before = sync;
    }
    ck_assert_uint_ge(frames, 59);
    ck_assert_uint_le(frames, 60);
    ck_assert(vga_direct(&bench));
    char text[64];
    vga_mode_text(&bench, text, sizeof text);
    ck_assert_str_eq(text, "1024x768x32");
}
END_TEST

/* ---- anything at all: nothing but the sanitizers and the bounds to hold it (Dark Portal, CVE-2016-3710) ---- */

static void look(vga_text_t *text)
{
    char line[64];
    vga_draw(&bench, frame);
    ck_assert_uint_le(frame->width, VGA_MAX_WIDTH);
    ck_assert_uint_le(frame->height, VGA_MAX_HEIGHT);
    vga_read_text(&bench, text);
    ck_assert_uint_le(text->columns, VGA_MAX_COLUMNS);
    ck_assert_uint_le(text->rows, VGA_MAX_ROWS);
    vga_mode_text(&bench, line, sizeof line);
}

static void act(dice_t *dice)
{
    u32 value = throw_dice(dice, 1u << 31) ^ throw_dice(dice, 1u << 16) << 16;
    switch (throw_dice(dice, 6)) {
    case 0:  vga_write(&bench, (u16)throw_dice(dice, 48), value & 0xFF); break;
    case 1:  vga_read(&bench, (u16)throw_dice(dice, 48)); break;
    case 2:  vbe_set(throw_dice(dice, 12), throw_dice(dice, 2) ? value & 0xFFFF : value & 0x3FF); break;
    case 3:  vga_store(&bench, throw_dice(dice, 0x20000), (width_t)(8 << throw_dice(dice, 3)), value); break;
    case 4:  vga_load(&bench, throw_dice(dice, 0x20000), (width_t)(8 << throw_dice(dice, 3))); break;
    default: bench_clock.now += value; break;
    }
}

START_TEST(random_accesses_and_states_are_safe)
{
    dice_t dice = { 7 };
    vga_text_t *text = malloc(sizeof *text);
    ck_assert_ptr_nonnull(text);
    vga_free(&bench);
    ck_assert(vga_init(&bench, &bench_clock, 256 << 10));
    for (u32 round = 0; round < 400; round++) {
        if (round % 3 == 0)
            set_video_mode(video_modes[round / 3 % COUNT_OF(video_modes)].number);
        if (round % 3 == 1) {
            walker_t w = walk_randomiser(round);
            vga_walk(&bench, &w);
            port_out(0x3C3, 1);                              /* so that there is a picture */
            if (round & 4) vbe_set(ENABLE, 0);
            set_sequencer(0, 3); set_sequencer(1, round & 0x1F);
            set_crtc(0x17, get_indexed(crtc_port(), 0x17) | 0x80);
        }
        for (u32 i = 0; i < 4000; i++) act(&dice);
        look(text);
    }
    free(text);
}
END_TEST

START_TEST(every_vbe_value_is_safe)
{
    vga_free(&bench);
    ck_assert(vga_init(&bench, &bench_clock, 256 << 10));
    set_video_mode(3);
    dice_t dice = { 8 };
    static const u16 edges[] = { 0, 1, 7, 8, 0xFF, 0x100, 0x3FF, 0x400, 0x640, 0x7FF, 0x800, 0x801, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF };
    for (u32 i = 0; i < 3000; i++) {
        vbe_mode(edges[throw_dice(&dice, 12)], edges[throw_dice(&dice, 10)], (u32[]){ 4, 8, 15, 16, 24, 32 }[throw_dice(&dice, 6)], 0xC1);
        for (u32 k = 0; k < 6; k++) vbe_set(5 + throw_dice(&dice, 5), edges[throw_dice(&dice, COUNT_OF(edges))]);
        vga_store(&bench, throw_dice(&dice, 0x20000), W32, i);
        vga_load(&bench, throw_dice(&dice, 0x20000), W32);
        if (i % 30 == 0) vga_draw(&bench, frame);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("Bochs VBE");
    tcase_add_checked_fixture(tc, big_bench, bench_off);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, identity_and_limits_can_be_asked);
    tcase_add_test(tc, size_is_set_while_disabled_and_refused_if_it_cannot_be);
    tcase_add_test(tc, enabling_clears_the_picture_unless_told_not_to);
    tcase_add_test(tc, bank_moves_the_window_through_memory);
    tcase_add_test(tc, depths_show_their_colours);
    tcase_add_test(tc, four_bits_are_planes_in_banks_of_256_k);
    tcase_add_test(tc, virtual_screen_is_wider_and_moves);
    tcase_add_test(tc, eight_bit_dac_converts_and_widens);
    tcase_add_test(tc, retrace_goes_on_at_60_hz);
    tcase_add_test(tc, random_accesses_and_states_are_safe);
    tcase_add_test(tc, every_vbe_value_is_safe);
    return run_suite("vga_vbe", tc);
}
