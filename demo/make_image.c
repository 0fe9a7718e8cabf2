/*
 * make_image: puts the boot sector and the program together as a 1.44 MB floppy, and writes its used front part as a C
 * array (demo_floppy.h) or, for other machines, the whole image as a file.
 *
 *     make_image boot.bin program.bin demo_floppy.c
 *     make_image boot.bin program.bin demo.img
 *
 * The layout, after ECMA-107: the boot sector, the program in reserved sectors, two FATs, the root directory with the
 * volume's label and nothing else. A program for the host; standard C. Left out: every other format.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR = 512, SECTORS = 2880, FAT_SECTORS = 9, ROOT_SECTORS = 14, RESERVED_AT = 14, PROGRAM_LIMIT = 0xE000 };

static unsigned char image[SECTORS * SECTOR];

static int trouble(const char *path, const char *what)
{
    fprintf(stderr, "%s: %s\n", path, what);
    exit(1);
}

static size_t read_into(const char *path, unsigned char *to, size_t limit)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        trouble(path, strerror(errno));
    size_t bytes = fread(to, 1, limit, file);
    if (ferror(file))
        trouble(path, strerror(errno));
    if (bytes == limit && fgetc(file) != EOF)
        trouble(path, "too large");
    fclose(file);
    return bytes;
}

/* The front part of the image; its length in bytes is returned. */
static size_t lay_out(const char *boot, const char *program)
{
    static const unsigned char fat_start[3] = {0xF0, 0xFF, 0xFF};
    if (read_into(boot, image, SECTOR) != SECTOR || image[510] != 0x55 || image[511] != 0xAA)
        trouble(boot, "a boot sector must have 512 bytes and end in 55 AA");
    size_t bytes = read_into(program, image + SECTOR, PROGRAM_LIMIT);
    size_t reserved = 1 + (bytes + SECTOR - 1) / SECTOR;
    image[RESERVED_AT] = (unsigned char)(reserved & 255);
    image[RESERVED_AT + 1] = (unsigned char)(reserved >> 8);
    unsigned char *fat = image + reserved * SECTOR;
    memcpy(fat, fat_start, sizeof fat_start);
    memcpy(fat + FAT_SECTORS * SECTOR, fat_start, sizeof fat_start);
    unsigned char *root = fat + 2 * FAT_SECTORS * SECTOR;
    memcpy(root, "DOPPEL DEMO", 11);
    root[11] = 0x08; /* a volume label */
    root[24] = 0x21; /* 1 January 1980, the first day DOS knows */
    return (reserved + 2 * FAT_SECTORS) * SECTOR + 32;
}

static void write_array(FILE *out, size_t bytes)
{
    fprintf(out, "/* Written by demo/make_image.c. */\n#include \"demo_floppy.h\"\n\n"
                 "const unsigned long demo_floppy_bytes = %lu;\nconst unsigned long demo_floppy_image_bytes = %lu;\n"
                 "const unsigned char demo_floppy[] = {",
            (unsigned long)bytes, (unsigned long)sizeof image);
    for (size_t i = 0; i < bytes; i++)
        fprintf(out, "%s%u,", i % 24 ? "" : "\n    ", image[i]);
    fprintf(out, "\n};\n");
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: make_image boot.bin program.bin demo_floppy.c|demo.img\n");
        return 1;
    }
    size_t bytes = lay_out(argv[1], argv[2]), length = strlen(argv[3]);
    FILE *out = fopen(argv[3], "wb");
    if (!out)
        trouble(argv[3], strerror(errno));
    if (length > 2 && strcmp(argv[3] + length - 2, ".c") == 0)
        write_array(out, bytes);
    else if (fwrite(image, 1, sizeof image, out) != sizeof image)
        trouble(argv[3], strerror(errno));
    if (ferror(out) || fclose(out))
        trouble(argv[3], strerror(errno));
    return 0;
}
