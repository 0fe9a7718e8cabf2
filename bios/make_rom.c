/* make_rom.c - builds the 128 KiB ROM image from its two halves, on the host.
 *
 *     make_rom video.bin system.bin linuxboot.bin bios.bin bios_rom.c
 *
 * The lower half begins with the video option ROM, which gets its length (byte 2, in 512 bytes) and a last byte
 * that makes its sum 0.  The upper half gets the 8x8 glyphs of characters 0-127 at FA6Eh, and the same kind of checksum.
 * The third is an option ROM of its own, in whole blocks of 512 bytes, with the checksum of its $PnP header too.
 * The image is written as it is, for other emulators, and as a C array, for this one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "font_data.h"

enum { HALF = 0x10000, FONT_AT = HALF + 0xFA6E };

static unsigned char image[2 * HALF], linux_rom[HALF];
static size_t linux_bytes;

static void fail(const char *what, const char *file)
{
    fprintf(stderr, "make_rom: %s: %s\n", file, what);
    exit(1);
}

static size_t load(const char *file, unsigned char *to)
{
    FILE *f = fopen(file, "rb");
    if (!f)
        fail(strerror(errno), file);
    size_t bytes = fread(to, 1, HALF, f);
    if (fgetc(f) != EOF)
        fail("larger than 64 KiB", file);
    fclose(f);
    return bytes;
}

/* Sets the last byte so that all add up to 0 modulo 256. */
static void checksum(unsigned char *from, size_t bytes)
{
    unsigned sum = 0;
    for (size_t i = 0; i + 1 < bytes; i++)
        sum += from[i];
    from[bytes - 1] = (unsigned char)(0u - sum);
}

static void finish_video(const char *file, size_t used)
{
    size_t blocks = (used + 1 + 511) / 512;     /* and a byte for the sum */
    if (used < 4 || image[0] != 0x55 || image[1] != 0xAA)
        fail("does not begin with 55 AA", file);
    if (blocks > 127)
        fail("longer than 127 blocks of 512 bytes", file);
    image[2] = (unsigned char)blocks;
    checksum(image, blocks * 512);
}

static void finish_system(const char *file, size_t used)
{
    if (used != HALF)
        fail("is not 64 KiB", file);
    memcpy(image + FONT_AT, font_8x8, 128 * 8);
    checksum(image + HALF, HALF);
}

/* "$PnP" on a paragraph; byte 5 is its length in 16 bytes, byte 9 makes its sum 0 ("Plug and Play BIOS Specification" 1.0A). */
static void finish_linux(const char *file, size_t used)
{
    size_t pnp = (size_t)linux_rom[0x1A] | (size_t)linux_rom[0x1B] << 8, blocks = (used + 1 + 511) / 512;
    if (used < 0x40 || linux_rom[0] != 0x55 || linux_rom[1] != 0xAA || pnp + 32 > used || memcmp(linux_rom + pnp, "$PnP", 4))
        fail("is no option ROM with a $PnP header", file);
    if (blocks > 127)
        fail("longer than 127 blocks of 512 bytes", file);
    unsigned sum = 0;
    for (size_t i = 0; i < linux_rom[pnp + 5] * 16u; i++)
        sum += linux_rom[pnp + i];
    linux_rom[pnp + 9] = (unsigned char)(linux_rom[pnp + 9] - sum);
    linux_rom[2] = (unsigned char)blocks;
    linux_bytes = blocks * 512;
    checksum(linux_rom, linux_bytes);
}

static void write_image(const char *file)
{
    FILE *f = fopen(file, "wb");
    if (!f || fwrite(image, 1, sizeof image, f) != sizeof image || fclose(f))
        fail(strerror(errno), file);
}

static void write_c(const char *file)
{
    FILE *f = fopen(file, "w");
    if (!f)
        fail(strerror(errno), file);
    fputs("/* Made by bios/make_rom.c; do not edit. */\n#include \"bios/bios_rom.h\"\n\n"
          "const unsigned long bios_rom_bytes = sizeof bios_rom;\n"
          "const unsigned char bios_rom[131072] = {", f);
    for (size_t i = 0; i < sizeof image; i++)
        fprintf(f, "%s%u,", i % 24 ? "" : "\n", image[i]);
    fprintf(f, "\n};\n\nconst unsigned long linuxboot_rom_bytes = %zu;\nconst unsigned char linuxboot_rom[] = {", linux_bytes);
    for (size_t i = 0; i < linux_bytes; i++)
        fprintf(f, "%s%u,", i % 24 ? "" : "\n", linux_rom[i]);
    fputs("\n};\n", f);
    if (fclose(f))
        fail(strerror(errno), file);
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fputs("usage: make_rom video.bin system.bin linuxboot.bin bios.bin bios_rom.c\n", stderr);
        return 2;
    }
    memset(image, 0, sizeof image);
    finish_video(argv[1], load(argv[1], image));
    finish_system(argv[2], load(argv[2], image + HALF));
    finish_linux(argv[3], load(argv[3], linux_rom));
    write_image(argv[4]);
    write_c(argv[5]);
    return 0;
}
