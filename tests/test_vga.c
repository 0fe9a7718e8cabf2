/* test_vga.c - the VGA's registers as software sees them.  Sources: IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem";
 * INMOS IMSG171 data sheet. */
#include "tests/chip_check.h"
#include "tests/vga_modes.h"

START_TEST(registers_read_back_the_bits_that_exist)
{
    static const struct { u16 port; u8 index, bits; } rows[] = {
        { 0x3C4, 1, 0x3D }, { 0x3C4, 2, 0x0F }, { 0x3C4, 3, 0x3F }, { 0x3C4, 4, 0x0E },
        { 0x3CE, 0, 0x0F }, { 0x3CE, 3, 0x1F }, { 0x3CE, 4, 0x03 }, { 0x3CE, 5, 0x7B }, { 0x3CE, 6, 0x0F }, { 0x3CE, 8, 0xFF }, { 0x3CE, 9, 0x00 },
        { 0x3D4, 0x0A, 0x3F }, { 0x3D4, 0x0B, 0x7F }, { 0x3D4, 0x08, 0x7F }, { 0x3D4, 0x14, 0x7F }, { 0x3D4, 0x17, 0xEF }, { 0x3D4, 0x18, 0xFF }, { 0x3D4, 0x19, 0x00 } };
    port_out(0x3C2, 0x01);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        set_indexed(rows[i].port, rows[i].index, 0xFF);
        ck_assert_uint_eq(get_indexed(rows[i].port, rows[i].index), rows[i].bits);
    }
}
END_TEST

/* Programs that look for other makers' cards write to such indices (S3: SR8 = 06h, CR38 = 48h). */
START_TEST(indices_without_a_register_reach_nothing)
{
    static const struct { u16 port; u8 first; } rows[] = { { 0x3C4, 5 }, { 0x3CE, 9 }, { 0x3D4, 25 } };
    set_video_mode(3);
    vga_draw(&bench, frame);
    u32 sum = frame->width;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (u32 index = rows[i].first; index < 256; index++) {
            set_indexed(rows[i].port, index, 0x56);
            ck_assert_uint_eq(get_indexed(rows[i].port, index), 0);
        }
    ck_assert_uint_eq(get_indexed(0x3C4, 0), 3);
    ck_assert_uint_eq(get_indexed(0x3CE, 8), 0xFF);
    ck_assert_uint_eq(get_indexed(0x3D4, 0x18), 0xFF);
    vga_draw(&bench, frame);
    ck_assert_uint_eq(frame->width, sum);
}
END_TEST

START_TEST(attribute_index_and_data_alternate_and_status_1_starts_over)
{
    set_video_mode(3);
    port_in(0x3DA);
    port_out(0x3C0, 0x12);
    ck_assert_uint_eq(port_in(0x3C0), 0x12);
    port_out(0x3C0, 0x05);
    ck_assert_uint_eq(port_in(0x3C1), 0x05);
    port_out(0x3C0, 0x13);
    port_in(0x3DA);
    port_out(0x3C0, 0x12);
    ck_assert_uint_eq(port_in(0x3C1), 0x05);
}
END_TEST

START_TEST(palette_loads_only_while_pas_is_clear)
{
    set_video_mode(3);
    port_in(0x3DA);
    port_out(0x3C0, 0x21); port_out(0x3C0, 0x2A);
    ck_assert_uint_eq(port_in(0x3C1), 0x01);
    port_out(0x3C0, 0x01); port_out(0x3C0, 0x2A);
    ck_assert_uint_eq(port_in(0x3C1), 0x2A);
    port_out(0x3C0, 0x31); port_out(0x3C0, 0x07);           /* overscan is no palette register */
    ck_assert_uint_eq(port_in(0x3C1), 0x07);
}
END_TEST

START_TEST(cr11_bit_7_protects_cr0_to_7_but_line_compare_8)
{
    set_video_mode(3);
    for (u32 i = 0; i < 8; i++) {
        u32 before = get_indexed(0x3D4, i);
        set_crtc(i, ~before & 0xFF);
        ck_assert_uint_eq(get_indexed(0x3D4, i), i == 7 ? before ^ 0x10 : before);
    }
    set_crtc(0x11, 0x0E);
    set_crtc(0, 0x12);
    ck_assert_uint_eq(get_indexed(0x3D4, 0), 0x12);
}
END_TEST

START_TEST(misc_bit_0_moves_the_crtc_between_3b4_and_3d4)
{
    for (u32 colour = 0; colour < 2; colour++) {
        u32 here = colour ? 0x3D4 : 0x3B4, there = colour ? 0x3B4 : 0x3D4;
        port_out(0x3C2, colour);
        ck_assert_uint_eq(port_in(0x3CC), colour);
        set_indexed(here, 0x0F, 0x34 + colour);
        set_indexed(there, 0x0F, 0x99);
        ck_assert_uint_eq(get_indexed(here, 0x0F), 0x34 + colour);
        ck_assert_uint_eq(port_in(there + 1), 0xFF);
        port_out(here + 6, 2);
        ck_assert_uint_eq(port_in(0x3CA), 2);
        ck_assert_uint_eq(port_in(there + 6), 0xFF);
    }
}
END_TEST

START_TEST(dac_takes_and_gives_three_bytes_and_moves_on)
{
    port_out(0x3C8, 0xFF);
    for (u32 i = 1; i <= 6; i++) port_out(0x3C9, i * 0x11);  /* entry FF, then 0 */
    ck_assert_uint_eq(port_in(0x3C7) & 3, 0);
    port_out(0x3C7, 0xFF);
    ck_assert_uint_eq(port_in(0x3C7) & 3, 3);
    for (u32 i = 1; i <= 6; i++) ck_assert_uint_eq(port_in(0x3C9), i * 0x11 & 0x3F);
    port_out(0x3C8, 5);
    port_out(0x3C9, 1); port_out(0x3C9, 2);                  /* an unfinished colour is not stored */
    port_out(0x3C7, 5);
    ck_assert_uint_eq(port_in(0x3C9), 0);
    port_out(0x3C6, 0x5A);
    ck_assert_uint_eq(port_in(0x3C6), 0x5A);
}
END_TEST

START_TEST(video_subsystem_enable_hides_ports_and_memory)
{
    set_video_mode(3);
    poke(0xB8000, W8, 'A');
    port_out(0x3C3, 0);
    ck_assert_uint_eq(port_in(0x3CC), 0xFF);
    ck_assert_uint_eq(peek(0xB8000, W8), 0xFF);
    port_out(0x3C3, 1);
    ck_assert_uint_eq(port_in(0x3CC), 0x67);
    ck_assert_uint_eq(peek(0xB8000, W8), 'A');
}
END_TEST

/* ---- time ---- */

typedef struct { u32 frames; u64 sync_ns, hidden_ns; } watch_t;

/* Poll status 1 every half microsecond for `ns`. */
static watch_t watch(u64 ns)
{
    watch_t seen = { 0 };
    bool before = true;
    for (u64 end = bench_clock.now + ns; bench_clock.now < end; bench_clock.now += 500) {
        u32 status = port_in(crtc_port() + 6);
        bool sync = status & 8;
        seen.frames += sync && !before;
        seen.sync_ns += sync ? 500 : 0;
        seen.hidden_ns += status & 1 ? 500 : 0;
        if (sync && !(status & 1)) seen.frames += 1000;      /* never: retrace inside the picture */
        before = sync;
    }
    return seen;
}

/* "BIOS Video Modes": vertical rates of 70 Hz and 60 Hz; two lines of retrace; 400 (480) of 449 (525) lines. */
START_TEST(retrace_comes_at_the_modes_rate)
{
    static const struct { u8 mode; u32 rate, sync_lines, lines, line_ns, per_mille_shown; } rows[] = {
        { 0x03, 70, 2, 449, 31778, 713 }, { 0x01, 70, 2, 449, 31778, 713 }, { 0x13, 70, 2, 449, 31778, 713 }, { 0x0D, 70, 2, 449, 31778, 713 },
        { 0x07, 70, 2, 449, 31778, 713 }, { 0x10, 70, 2, 449, 31778, 624 }, { 0x12, 60, 2, 525, 31778, 731 } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bench_clock.now = 0;
        set_video_mode(rows[i].mode);
        watch_t seen = watch(1000000000);
        ck_assert_uint_ge(seen.frames, rows[i].rate - 1);
        ck_assert_uint_le(seen.frames, rows[i].rate);
        u64 sync = seen.sync_ns / seen.frames, expected = (u64)rows[i].sync_lines * rows[i].line_ns;
        ck_assert_uint_ge(sync + 3000, expected);
        ck_assert_uint_le(sync, expected + 3000);
        u32 shown = (u32)((1000000000 - seen.hidden_ns) / 1000000), ideal = rows[i].per_mille_shown;
        ck_assert_msg(shown + 8 > ideal && shown < ideal + 8, "mode %02X: %u", rows[i].mode, shown);
    }
}
END_TEST

START_TEST(a_frame_of_mode_3_is_as_long_as_its_dots)      /* 900 x 449 dots at 28.322 MHz: 70.087 Hz */
{
    set_video_mode(3);
    ck_assert_uint_ge(watch(10000000000u).frames, 700);
    ck_assert_uint_le(watch(10000000000u).frames, 702);
}
END_TEST

static u32 interrupts;
static void count_interrupt(void *chip, int pin, bool level) { (void)chip; (void)pin; interrupts += level; }

START_TEST(retrace_interrupt_comes_at_retrace_and_stays_until_cleared)
{
    bench.irq = (line_t){ .set = count_interrupt };
    interrupts = 0;
    set_video_mode(3);
    vclock_advance(&bench_clock, 100000000);
    ck_assert_uint_eq(interrupts, 0);                        /* the BIOS's table leaves it off */
    set_crtc(0x11, 0x1E);
    for (u32 i = 1; i <= 5; i++) {
        ck_assert(alarm_is_set(&bench.retrace));
        vclock_advance(&bench_clock, bench.retrace.when - 200);
        ck_assert_uint_eq(port_in(0x3DA) & 8, 0);
        vclock_advance(&bench_clock, bench_clock.now + 400);
        ck_assert_uint_eq(port_in(0x3DA) & 8, 8);
        ck_assert_uint_eq(interrupts, i);
        ck_assert_uint_eq(port_in(0x3C2) & 0x80, 0x80);
        vclock_advance(&bench_clock, bench_clock.now + 50000000);
        ck_assert_uint_eq(interrupts, i);                    /* not again before it is cleared */
        set_crtc(0x11, 0x0E);
        ck_assert_uint_eq(port_in(0x3C2) & 0x80, 0);
        set_crtc(0x11, 0x1E);
    }
    set_crtc(0x11, 0x3E);
    vclock_advance(&bench_clock, bench_clock.now + 100000000);
    ck_assert_uint_eq(interrupts, 5);
}
END_TEST

START_TEST(status_0_senses_a_colour_monitor) { ck_assert_uint_eq(port_in(0x3C2) & 0x90, 0x10); } END_TEST

START_TEST(modes_describe_themselves)
{
    static const struct { u8 mode; const char *text; } rows[] = {
        { 0x01, "40x25 text, 9x16" }, { 0x03, "80x25 text, 9x16" }, { 0x07, "80x25 text, 9x16" }, { 0x04, "320x200 4 colours" }, { 0x06, "640x200 2 colours" },
        { 0x0D, "320x200 16 colours" }, { 0x10, "640x350 16 colours" }, { 0x12, "640x480 16 colours" }, { 0x13, "320x200 256 colours" } };
    char text[64];
    vga_mode_text(&bench, text, sizeof text);
    ck_assert_str_eq(text, "off");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        set_video_mode(rows[i].mode);
        vga_mode_text(&bench, text, sizeof text);
        ck_assert_str_eq(text, rows[i].text);
    }
}
END_TEST

START_TEST(generation_follows_what_changes_the_picture)
{
    set_video_mode(3);
    u64 before = vga_generation(&bench);
    port_in(0x3DA); peek(0xB8000, W16); port_out(0x3D4, 5);
    ck_assert(vga_generation(&bench) == before);
    poke(0xB8000, W16, 0x0741);
    ck_assert(vga_generation(&bench) != before);
    before = vga_generation(&bench);
    set_crtc(0x0D, 1);
    ck_assert(vga_generation(&bench) != before);
}
END_TEST

/* ---- state ---- */

static void walk(void *chip, walker_t *w) { vga_walk(chip, w); }

START_TEST(state_survives_a_walk)
{
    vga_t other;
    vga_free(&bench);
    ck_assert(vga_init(&bench, &bench_clock, 256 << 10));
    ck_assert(vga_init(&other, &bench_clock, 256 << 10));
    check_walk(walk, &bench, &other);
    vga_free(&other);
}
END_TEST

START_TEST(reset_keeps_memory_and_turns_the_screen_off)
{
    set_video_mode(3);
    poke(0xB8000, W16, 0x0741);
    vga_reset(&bench);
    vga_draw(&bench, frame);
    ck_assert_uint_eq(frame->width, 0);
    set_video_mode(3);
    ck_assert_uint_eq(peek(0xB8000, W16), 0x0741);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("VGA registers");
    tcase_add_checked_fixture(tc, bench_on, bench_off);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, registers_read_back_the_bits_that_exist);
    tcase_add_test(tc, indices_without_a_register_reach_nothing);
    tcase_add_test(tc, attribute_index_and_data_alternate_and_status_1_starts_over);
    tcase_add_test(tc, palette_loads_only_while_pas_is_clear);
    tcase_add_test(tc, cr11_bit_7_protects_cr0_to_7_but_line_compare_8);
    tcase_add_test(tc, misc_bit_0_moves_the_crtc_between_3b4_and_3d4);
    tcase_add_test(tc, dac_takes_and_gives_three_bytes_and_moves_on);
    tcase_add_test(tc, video_subsystem_enable_hides_ports_and_memory);
    tcase_add_test(tc, retrace_comes_at_the_modes_rate);
    tcase_add_test(tc, a_frame_of_mode_3_is_as_long_as_its_dots);
    tcase_add_test(tc, retrace_interrupt_comes_at_retrace_and_stays_until_cleared);
    tcase_add_test(tc, status_0_senses_a_colour_monitor);
    tcase_add_test(tc, modes_describe_themselves);
    tcase_add_test(tc, generation_follows_what_changes_the_picture);
    tcase_add_test(tc, state_survives_a_walk);
    tcase_add_test(tc, reset_keeps_memory_and_turns_the_screen_off);
    return run_suite("vga", tc);
}
