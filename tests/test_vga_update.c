/* test_vga_update.c - a picture that is kept up to date costs what changes, and is always the one that drawing everything gives.
 * Source for the rates: IBM PS/2 Hardware Interface Technical Reference, "Cursor Start" (the cursor blinks at a sixteenth of the frame rate). */
#include "devices/pc_inside.h"
#include "tests/chip_check.h"
#include "tests/vga_modes.h"

static vga_frame_t *kept;

static void on(void)
{
    bench_on();
    kept = calloc(1, sizeof *kept);
    if (!kept) abort();
}

static void off(void)
{
    free(kept);
    bench_off();
}

static bool update(void)
{
    vga_look(&bench);
    return vga_update(&bench, kept);
}

static unsigned changed_lines(void)
{
    unsigned n = 0;
    for (u32 y = 0; y < VGA_MAX_HEIGHT; y++) n += vga_line_changed(kept, y);
    return n;
}

/* To the moment at which the cursor's phase is another. */
static void next_blink(void)
{
    u64 frame_ns = 1000000000u / 70 + 100000;
    bench_clock.now += 8 * frame_ns;
}

static void same_as_drawn(const char *what)
{
    vga_draw(&bench, frame);
    ck_assert_msg(kept->width == frame->width && kept->height == frame->height && kept->aspect_width == frame->aspect_width
                  && kept->aspect_height == frame->aspect_height, "%s: the size", what);
    ck_assert_msg(memcmp(kept->pixels, frame->pixels, (size_t)frame->width * frame->height * 4) == 0, "%s: the pixels", what);
}

static void text_screen(void)
{
    set_video_mode(3);
    for (u32 i = 0; i < 80 * 25; i++) poke(0xB8000 + i * 2, W16, 0x0720);
    set_crtc(0x0A, 13); set_crtc(0x0B, 14);
    set_crtc(0x0E, 0); set_crtc(0x0F, 80 * 3 + 5);           /* row 3 */
    bench_clock.now = 0;
    ck_assert(update());
}

START_TEST(what_does_not_change_is_not_drawn)
{
    text_screen();
    for (u32 i = 0; i < 100; i++) {
        bench_clock.now += 1000000;                          /* 100 ms, while the cursor stays on */
        ck_assert(!update());
        ck_assert_uint_eq(kept->painted, 0);
    }
    set_video_mode(0x12);
    update();
    bench_clock.now += 3000000000u;
    ck_assert(!update());
    ck_assert_uint_eq(kept->painted, 0);
}
END_TEST

START_TEST(a_blink_touches_the_cursor_s_row_alone)
{
    text_screen();
    next_blink();
    ck_assert(update());
    ck_assert_uint_eq(kept->painted, 16);                    /* one row of characters was looked at */
    ck_assert_uint_eq(changed_lines(), 2);                   /* and the cursor has two lines */
    ck_assert(vga_line_changed(kept, 3 * 16 + 13) && vga_line_changed(kept, 3 * 16 + 14));
    same_as_drawn("blinked");
    ck_assert(!update());
}
END_TEST

START_TEST(blinking_characters_blink_in_their_rows)
{
    text_screen();
    set_crtc(0x0A, 0x20);
    poke(0xA0000, W8, 0);
    set_sequencer(2, 4); set_sequencer(4, 7); set_graphics(6, 4); set_graphics(5, 0);        /* plane 2: glyph 41h, all ink */
    for (u32 i = 0; i < 16; i++) poke(0xA0000 + 0x41 * 32 + i, W8, 0xFF);
    set_sequencer(2, 3); set_sequencer(4, 3); set_graphics(6, 14); set_graphics(5, 0x10);
    poke(0xB8000 + 10 * 160, W16, 0x8741);
    update();
    for (u32 i = 0; i < 2; i++) {
        next_blink(); next_blink();
        ck_assert(update());
        ck_assert_uint_eq(kept->painted, 16);
        ck_assert_uint_eq(changed_lines(), 16);
        same_as_drawn("blinking");
    }
}
END_TEST

START_TEST(a_character_is_drawn_with_the_rows_of_its_page)
{
    text_screen();
    poke(0xB8000, W16, 0x1F20);
    ck_assert(update());
    ck_assert_uint_le(kept->painted, 7 * 16);                /* 4 KiB of four planes: 512 cells, 6.4 rows */
    ck_assert_uint_eq(changed_lines(), 16);
    same_as_drawn("a character");
}
END_TEST

START_TEST(a_new_glyph_a_colour_or_a_start_address_draws_all)
{
    text_screen();
    port_out(0x3C8, 7); port_out(0x3C9, 1); port_out(0x3C9, 2); port_out(0x3C9, 3);
    update();
    ck_assert_uint_eq(kept->painted, 400);
    same_as_drawn("a colour");
    set_crtc(0x0D, 80);
    update();
    ck_assert_uint_eq(kept->painted, 400);
    same_as_drawn("start address");
    set_sequencer(2, 4); set_sequencer(4, 7); set_graphics(6, 4);
    poke(0xA0000 + 0x20 * 32, W8, 0x18);
    set_sequencer(2, 3); set_sequencer(4, 3); set_graphics(6, 14);
    update();
    same_as_drawn("a glyph");
}
END_TEST

START_TEST(registers_between_processor_and_memory_draw_nothing)
{
    set_video_mode(0x12);
    update();
    set_sequencer(2, 5); set_graphics(0, 3); set_graphics(1, 15); set_graphics(3, 0x10); set_graphics(4, 2); set_graphics(8, 0x3C);
    ck_assert(!update());
    ck_assert_uint_eq(kept->painted, 0);
    poke(0xA0000 + 80 * 100, W8, 0xFF);
    ck_assert(update());
    ck_assert_uint_le(kept->painted, 14);                    /* a page: 1024 bytes of each plane, 12.8 lines of 80 */
    ck_assert_uint_eq(changed_lines(), 1);
    same_as_drawn("mode 12h");
}
END_TEST

START_TEST(two_who_look_both_see_everything)
{
    vga_frame_t *other = calloc(1, sizeof *other);
    text_screen();
    vga_look(&bench);
    vga_update(&bench, other);
    poke(0xB8000, W16, 0x1F20);
    ck_assert(update());
    vga_look(&bench);
    ck_assert(vga_update(&bench, other));
    ck_assert(memcmp(kept->pixels, other->pixels, 720 * 400 * 4) == 0);
    free(other);
}
END_TEST

/* Whatever a guest does between two looks, in every mode: the frame that is kept is the one that is drawn. */
static u32 seed;
static u32 random_bits(void) { seed = seed * 1664525 + 1013904223; return seed >> 8; }

START_TEST(random_activity_never_leaves_a_stale_line)
{
    static const u8 modes[] = { 0x03, 0x04, 0x06, 0x0D, 0x10, 0x12, 0x13, 0x07 };
    seed = 1;
    for (u32 round = 0; round < 200; round++) {
        char what[40];
        if (round % 10 == 0) set_video_mode(modes[round / 10 % COUNT_OF(modes)]);
        snprintf(what, sizeof what, "round %u", round);
        for (u32 n = random_bits() % 20; n; n--) {
            switch (random_bits() % 12) {
            case 0: port_out(0x3C8, random_bits() & 255); port_out(0x3C9, random_bits() & 63); port_out(0x3C9, 5); port_out(0x3C9, 9); break;
            case 1: set_graphics(random_bits() % 9, random_bits() & 255); break;
            case 2: set_sequencer(2, random_bits() & 15); break;
            case 3: set_crtc(random_bits() % 2 ? 0x0F : 0x0D, random_bits() & 255); break;
            case 4: bench_clock.now += random_bits() % 300000000; break;
            default: { u32 at = random_bits() & 0x1FFFC, w = 8u << random_bits() % 3; poke(0xA0000 + at, (width_t)w, random_bits() << 8 | 0x71); }
            }
        }
        update();
        same_as_drawn(what);
    }
}
END_TEST

/* ---- the linear frame buffer, through the processor ---- */

enum { ROM_BYTES = 0x10000, WIDTH = 64, HEIGHT = 128, LINE = WIDTH * 4 };    /* a page: 16 lines */
static u8 rom[ROM_BYTES];

static pc_t *machine(const u8 *code, u32 bytes)
{
    static const u8 jump[] = { 0xEA, 0x00, 0x00, 0x00, 0xF0 };
    char why[200];
    memset(rom, 0xF4, sizeof rom);
    memcpy(rom, code, bytes);
    memcpy(rom + 0xFFF0, jump, sizeof jump);
    pc_config_t config = { .ram_bytes = 1 << 20, .cpu = CPU_PENTIUM3, .ips = 100000000, .bios = rom, .bios_bytes = ROM_BYTES };
    pc_t *pc = pc_new(&config, why, sizeof why);
    ck_assert_msg(pc != NULL, "%s", why);
    static const u16 mode[][2] = { { 4, 0 }, { 1, WIDTH }, { 2, HEIGHT }, { 3, 32 }, { 4, 0x41 } };
    for (unsigned i = 0; i < COUNT_OF(mode); i++) { vga_vbe_write(&pc->vga, 0, mode[i][0]); vga_vbe_write(&pc->vga, 1, mode[i][1]); }
    vga_write(&pc->vga, 0x10, 0x20);                         /* PAS */
    for (u32 i = 0; i < 2; i++) { vga_write(&pc->vga, 0x14, i ? 4 : 0); vga_write(&pc->vga, 0x15, i ? 6 : 3); }      /* the sequencer runs */
    return pc;
}

/* Unreal mode by hand: DS is flat.  Each store adds one to the pixel and moves on by DX bytes, then halts. */
START_TEST(stores_to_the_frame_buffer_are_told_once_a_look)
{
    static const u8 code[] = { 0x67, 0x66, 0xFF, 0x03,       /* inc dword [ebx] */
                               0x67, 0x66, 0x89, 0x43, 0x08, /* mov [ebx+8], eax */
                               0xEB, 0xF5 };
    pc_t *pc = machine(code, sizeof code);
    pc_run(pc, UINT64_MAX, 1);
    cpu_t *cpu = pc_cpu(pc);
    segment_t *ds = &cpu->seg[DS];
    ds->read_span = ds->write_span = UINT32_MAX;
    ds->limit = UINT32_MAX;
    cpu_mode_changed(cpu);
    vga_frame_t *f = calloc(1, sizeof *f);
    ck_assert(pc_show(pc, f));
    ck_assert_uint_eq(f->width, WIDTH);
    for (u32 line = 0; line < HEIGHT; line += 40) {
        cpu->r[EBX] = 0xE0000000 + line * LINE;
        cpu->r[EAX] = line + 1;
        ck_assert(!pc_show(pc, f));
        for (unsigned piece = 0; piece < 3; piece++) {
            pc_run(pc, UINT64_MAX, 300);
            ck_assert(pc_show(pc, f));
            ck_assert_uint_eq(f->painted, 16);
            ck_assert_uint_eq(f->pixels[line * WIDTH], (piece + 1) * 100);
            ck_assert(vga_line_changed(f, line));
            ck_assert(!pc_show(pc, f));
        }
        u64 misses = cpu->count.tlb_misses;
        pc_run(pc, UINT64_MAX, 300);
        ck_assert_uint_eq(cpu->count.tlb_misses, misses);    /* to be told again costs no walk: what the guest sees cannot depend on looks */
        pc_show(pc, f);
    }
    free(f);
    pc_free(pc);
}
END_TEST

START_TEST(direct_memory_access_to_the_frame_buffer_is_seen)
{
    static const u8 code[] = { 0xF4 };
    pc_t *pc = machine(code, sizeof code);
    vga_frame_t *f = calloc(1, sizeof *f);
    u8 bytes[4] = { 1, 2, 3, 0 };
    pc_show(pc, f);
    dma_write(&pc->bus, 0xE0000000 + 70 * LINE, bytes, 4);
    ck_assert(pc_show(pc, f));
    ck_assert(vga_line_changed(f, 70));
    ck_assert_uint_eq(f->pixels[70 * WIDTH], 0x030201);
    free(f);
    pc_free(pc);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("core");
    tcase_add_checked_fixture(tc, on, off);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, what_does_not_change_is_not_drawn);
    tcase_add_test(tc, a_blink_touches_the_cursor_s_row_alone);
    tcase_add_test(tc, blinking_characters_blink_in_their_rows);
    tcase_add_test(tc, a_character_is_drawn_with_the_rows_of_its_page);
    tcase_add_test(tc, a_new_glyph_a_colour_or_a_start_address_draws_all);
    tcase_add_test(tc, registers_between_processor_and_memory_draw_nothing);
    tcase_add_test(tc, two_who_look_both_see_everything);
    tcase_add_test(tc, random_activity_never_leaves_a_stale_line);
    tcase_add_test(tc, stores_to_the_frame_buffer_are_told_once_a_look);
    tcase_add_test(tc, direct_memory_access_to_the_frame_buffer_is_seen);
    return run_suite("vga_update", tc);
}
