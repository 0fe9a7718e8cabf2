/* test_screenshot.c - frames as PNG files, and the text screen as UTF-8. */
#define _DEFAULT_SOURCE
#include "frontend/screen_text.h"
#include "frontend/screenshot.h"
#include "tests/run_all.h"
#include <check.h>
#include <png.h>
#include <stdlib.h>
#include <unistd.h>

static vga_frame_t *frame;
static char path[256];
static why_t why;

static void start(void)
{
    const char *folder = getenv("TMPDIR");
    frame = calloc(1, sizeof *frame);
    snprintf(path, sizeof path, "%s/doppel-test-%ld.png", folder && *folder ? folder : "/tmp", (long)getpid());
}

static void stop(void)
{
    remove(path);
    free(frame);
}

/* Read back by libpng's simplified interface: another path than the one that wrote. */
static u8 *read_back(png_image *image)
{
    *image = (png_image){ .version = PNG_IMAGE_VERSION };
    ck_assert_msg(png_image_begin_read_from_file(image, path), "%s", image->message);
    image->format = PNG_FORMAT_RGB;
    u8 *pixels = malloc(PNG_IMAGE_SIZE(*image));
    ck_assert(pixels && png_image_finish_read(image, NULL, pixels, 0, NULL));
    return pixels;
}

START_TEST(pixels_are_read_back_as_they_were)
{
    static const struct { u32 width, height; } sizes[] = { { 1, 1 }, { 3, 2 }, { 720, 400 }, { 320, 200 }, { VGA_MAX_WIDTH, 3 } };
    for (unsigned i = 0; i < COUNT_OF(sizes); i++) {
        u32 n = sizes[i].width * sizes[i].height, wrong = 0;
        frame->width = sizes[i].width;
        frame->height = sizes[i].height;
        for (u32 p = 0; p < n; p++) frame->pixels[p] = (p * 2654435761u) >> 8;
        ck_assert_msg(screenshot_write(frame, path, &why), "%s", why.text);
        png_image image;
        u8 *pixels = read_back(&image);
        ck_assert_uint_eq(image.width, sizes[i].width);
        ck_assert_uint_eq(image.height, sizes[i].height);
        for (u32 p = 0; p < n; p++) wrong += frame->pixels[p] != ((u32)pixels[p * 3] << 16 | (u32)pixels[p * 3 + 1] << 8 | pixels[p * 3 + 2]);
        ck_assert_uint_eq(wrong, 0);
        free(pixels);
    }
}
END_TEST

START_TEST(a_screen_that_is_off_is_black)
{
    ck_assert(screenshot_write(frame, path, &why));
    png_image image;
    u8 *pixels = read_back(&image);
    u32 lit = 0;
    for (u32 p = 0; p < PNG_IMAGE_SIZE(image); p++) lit += pixels[p];
    ck_assert(image.width == 640 && image.height == 400 && lit == 0);
    free(pixels);
}
END_TEST

START_TEST(equal_frames_are_equal_files)
{
    static u8 first[65536], second[65536];
    size_t bytes[2];
    frame->width = frame->height = 64;
    for (int i = 0; i < 2; i++) {
        ck_assert(screenshot_write(frame, path, &why));
        FILE *file = fopen(path, "rb");
        ck_assert(file != NULL);
        bytes[i] = fread(i ? second : first, 1, sizeof first, file);
        fclose(file);
    }
    ck_assert(bytes[0] > 0 && bytes[0] == bytes[1] && memcmp(first, second, bytes[0]) == 0);
}
END_TEST

START_TEST(a_file_that_cannot_be_written_is_said_by_name)
{
    frame->width = frame->height = 8;
    ck_assert(!screenshot_write(frame, "/nonexistent/a.png", &why));
    ck_assert(strstr(why.text, "/nonexistent/a.png") != NULL);
    if (access("/dev/full", W_OK) != 0) return;
    /* A full disk, Linux's /dev/full behind the name that is written first. */
    char beside[300];
    snprintf(beside, sizeof beside, "%s.part", path);
    ck_assert_int_eq(symlink("/dev/full", beside), 0);
    ck_assert(!screenshot_write(frame, path, &why));
    ck_assert_msg(strstr(why.text, path) != NULL && access(path, F_OK) != 0, "%s", why.text);
    remove(beside);
}
END_TEST

/* RFC 3629's examples and the corners of its lengths. */
START_TEST(utf_8_of_characters)
{
    static const struct { u32 character; const char *bytes; } rows[] = {
        { 0x41, "A" }, { 0x7F, "\x7F" }, { 0x80, "\xC2\x80" }, { 0x7FF, "\xDF\xBF" }, { 0x800, "\xE0\xA0\x80" }, { 0x2262, "\xE2\x89\xA2" }, { 0xFFFD, "\xEF\xBF\xBD" }, { 0x2554, "\xE2\x95\x94" },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        char bytes[4] = { 0 };
        ck_assert_uint_eq(utf8_put(bytes, rows[i].character), strlen(rows[i].bytes));
        ck_assert_str_eq(bytes, rows[i].bytes);
    }
}
END_TEST

/* Code page 437: C9h CDh BBh are the double frame's upper edge; 00h shows as a blank. */
START_TEST(the_text_screen_as_utf_8)
{
    static vga_text_t text;
    static char bytes[SCREEN_TEXT_BYTES];
    static const u8 codes[] = { 0xC9, 0xCD, 0xBB, ' ', 'A', 0, ':', ' ' };
    text.columns = 4;
    text.rows = 3;
    for (u32 i = 0; i < 8; i++) text.cells[i].code = codes[i];
    for (u32 i = 8; i < 12; i++) text.cells[i].code = ' ';
    screen_text(&text, bytes);
    ck_assert_str_eq(bytes, "\xE2\x95\x94\xE2\x95\x90\xE2\x95\x97 \nA : \n    \n");
    char printed[2][64] = { "" };
    for (int all = 0; all < 2; all++) {
        FILE *file = fmemopen(printed[all], sizeof printed[all], "w");
        ck_assert(file != NULL);
        screen_print(&text, file, "|", all);
        fclose(file);
    }
    ck_assert_str_eq(printed[0], "|\xE2\x95\x94\xE2\x95\x90\xE2\x95\x97\n|A :\n");
    ck_assert_str_eq(printed[1], "|\xE2\x95\x94\xE2\x95\x90\xE2\x95\x97\n|A :\n|\n");
}
END_TEST

START_TEST(the_largest_text_screen_fits)
{
    static vga_text_t text;
    char *bytes = malloc(SCREEN_TEXT_BYTES);
    text.columns = VGA_MAX_COLUMNS;
    text.rows = VGA_MAX_ROWS;
    for (u32 i = 0; i < VGA_MAX_COLUMNS * VGA_MAX_ROWS; i++) text.cells[i].code = 0xDB;          /* three bytes each */
    screen_text(&text, bytes);
    ck_assert_uint_eq(strlen(bytes), SCREEN_TEXT_BYTES - 1);
    free(bytes);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("pictures");
    tcase_add_checked_fixture(tc, start, stop);
    tcase_add_test(tc, pixels_are_read_back_as_they_were);
    tcase_add_test(tc, a_screen_that_is_off_is_black);
    tcase_add_test(tc, equal_frames_are_equal_files);
    tcase_add_test(tc, a_file_that_cannot_be_written_is_said_by_name);
    tcase_add_test(tc, utf_8_of_characters);
    tcase_add_test(tc, the_text_screen_as_utf_8);
    tcase_add_test(tc, the_largest_text_screen_fits);
    Suite *suite = suite_create("screenshot");
    suite_add_tcase(suite, tc);
    return run_all(suite);
}
