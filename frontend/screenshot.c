/* screenshot.c - PNG files through libpng (PNG specification 1.2): 8-bit RGB, no time stamps, so that equal frames are
 * equal files.  The file appears whole or not at all: it is written beside its place and renamed.  Where a link, a pipe or a
 * device of the host has the name, that is written to, and stays what it is. */
#define _DEFAULT_SOURCE
#include "frontend/output.h"
#include "frontend/screenshot.h"
#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static void png_trouble(png_structp png, png_const_charp message)
{
    refuse(png_get_error_ptr(png), "%s", errno ? strerror(errno) : message);
    png_longjmp(png, 1);
}

static void png_warn(png_structp png, png_const_charp message) { (void)png; (void)message; }

static void put_rows(png_structp png, const vga_frame_t *frame, u32 width, u32 height)
{
    u8 row[VGA_MAX_WIDTH * 3];
    bool off = !frame->width || !frame->height;
    for (u32 y = 0; y < height; y++) {
        for (u32 x = 0; x < width; x++) {
            u32 pixel = off ? 0 : frame->pixels[y * width + x];
            row[x * 3] = (u8)(pixel >> 16);
            row[x * 3 + 1] = (u8)(pixel >> 8);
            row[x * 3 + 2] = (u8)pixel;
        }
        png_write_row(png, row);
    }
}

/* All that may longjmp, with no variable that lives across it. */
static bool write_png(FILE *file, const vga_frame_t *frame, why_t *why)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, why, png_trouble, png_warn);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        png_destroy_write_struct(&png, NULL);
        return refuse(why, "out of memory");
    }
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_write_struct(&png, &info);
        return false;
    }
    bool off = !frame->width || !frame->height;
    u32 width = off ? 640 : frame->width, height = off ? 400 : frame->height;
    png_init_io(png, file);
    png_set_compression_level(png, 6);
    png_set_IHDR(png, info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    put_rows(png, frame, width, height);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return true;
}

static bool is_plain(const char *path)
{
    struct stat st;
    return lstat(path, &st) != 0 || S_ISREG(st.st_mode);
}

bool screenshot_write(const vga_frame_t *frame, const char *path, why_t *why)
{
    char beside[4096];
    why_t reason;
    bool plain = is_plain(path);
    if (snprintf(beside, sizeof beside, plain ? "%s.part" : "%s", path) >= (int)sizeof beside) return refuse(why, "the name %.60s... is too long", path);
    if (!output_allowed(path, why)) return false;
    FILE *file = fopen(beside, "wb");
    if (!file) return refuse(why, "cannot write %s: %s", path, strerror(errno));
    errno = 0;
    bool good = write_png(file, frame, &reason);
    errno = 0;
    if (fclose(file) != 0 && good) good = refuse(&reason, "%s", strerror(errno));
    if (good && plain && rename(beside, path) != 0) good = refuse(&reason, "%s", strerror(errno));
    if (good) return true;
    if (plain) remove(beside);
    return refuse(why, "cannot write %s: %s", path, reason.text);
}
