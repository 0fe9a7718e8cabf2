/* fwcfg.c - option ROMs that an emulator hands over: the files "genroms/..." of fw_cfg (QEMU docs/specs/fw_cfg.rst) are
 * copied to the memory behind the video ROM, where the search for option ROMs finds them; "bootorder" may name one of them for the start.
 * Left out: everything else in fw_cfg and in "bootorder", and the DMA interface. */
#include "system.h"
#include "bda.h"

enum { SELECT = 0x510, DATA = 0x511, SIGNATURE = 0x00, DIRECTORY = 0x19, MOST_FILES = 64, ENTRY = 64, NAME = 56 };
enum { FIRST = 0xC800, END = 0xE000, MOST_BYTES = 0x18000 };

static u32 read_big(u32 bytes)
{
    u32 n = 0;
    while (bytes--)
        n = n << 8 | in8(DATA);
    return n;
}

static bool present(void)
{
    out16(SELECT, SIGNATURE);
    return read_big(4) == 0x51454D55;           /* "QEMU" */
}

typedef struct { u32 bytes, item; char name[NAME]; } file_t;

/* Entry n of the directory. */
static void read_entry(u32 n, file_t *f)
{
    out16(SELECT, DIRECTORY);
    for (u32 skip = 4 + n * ENTRY; skip; skip--)
        in8(DATA);
    f->bytes = read_big(4);
    f->item = read_big(2);
    read_big(2);
    for (u32 i = 0; i < NAME; i++)
        f->name[i] = (char)in8(DATA);
}

static bool begins(const char *text, text_t with)
{
    for (; *with; with++, text++)
        if (*text != *with)
            return false;
    return true;
}

/* Is the first line of the file "bootorder" this ROM, "/rom@NAME" (SeaBIOS docs, "Runtime config")? */
static bool comes_first(u32 files, const char *name)
{
    file_t f;
    for (u32 n = 0; n < files && n < MOST_FILES; n++) {
        read_entry(n, &f);
        if (!begins(f.name, TEXT("bootorder")) || f.name[9])
            continue;
        char line[NAME + 6];
        out16(SELECT, f.item);
        for (u32 i = 0; i < sizeof line; i++)
            line[i] = i < f.bytes ? (char)in8(DATA) : 0;
        if (!begins(line, TEXT("/rom@")))
            return false;
        u32 i = 0;
        while (i < NAME && name[i] && line[5 + i] == name[i])
            i++;
        return (i == NAME || !name[i]) && (!line[5 + i] || line[5 + i] == '\n');
    }
    return false;
}

/* Copies what the selector names; false: this memory keeps nothing. */
static bool copy(u32 item, u32 bytes, u32 segment)
{
    out16(SELECT, item);
    for (u32 i = 0; i < bytes; i++)
        poke8(segment + (i >> 9 << 5), i & 511, in8(DATA));
    return peek16(segment, 0) == 0xAA55;
}

void fwcfg_roms(void)
{
    u32 segment = FIRST;
    file_t f;
    if (!present())
        return;
    if (peek16(0xC000, 0) == 0xAA55 && 0xC000 + peek8(0xC000, 2) * 32u > segment)
        segment = (0xC000 + peek8(0xC000, 2) * 32u + 0x7F) & ~0x7Fu;
    out16(SELECT, DIRECTORY);
    u32 files = read_big(4);
    for (u32 n = 0; n < files && n < MOST_FILES; n++) {
        read_entry(n, &f);
        if (!begins(f.name, TEXT("genroms/")) || !f.bytes || f.bytes > MOST_BYTES || segment + (f.bytes >> 4) > END)
            continue;
        if (!copy(f.item, f.bytes, segment))
            return;
        if (comes_first(files, f.name))
            EBDA_SET(first_rom, segment);
        segment = (segment + ((f.bytes + 15) >> 4) + 0x7F) & ~0x7Fu;
    }
}
