/* fwcfg.c - option ROMs that an emulator hands over: the files "genroms/..." of fw_cfg (QEMU docs/specs/fw_cfg.rst) are
 * copied to the memory behind the video ROM, where the search for option ROMs finds them.
 * Left out: everything else in fw_cfg, and its DMA interface. */
#include "system.h"

enum { SELECT = 0x510, DATA = 0x511, SIGNATURE = 0x00, DIRECTORY = 0x19, MOST_FILES = 64, ENTRY = 64, NAME = 56 };
enum { FIRST = 0xC800, END = 0xE000 };

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

/* Entry n of the directory: size, item, and is it a ROM for us? */
static bool find(u32 n, u32 *bytes, u32 *item)
{
    static const rom char folder[] = "genroms/";
    bool ours = true;
    out16(SELECT, DIRECTORY);
    for (u32 skip = 4 + n * ENTRY; skip; skip--)
        in8(DATA);
    *bytes = read_big(4);
    *item = read_big(2);
    read_big(2);
    for (u32 i = 0; i < sizeof folder - 1; i++)
        ours &= in8(DATA) == (u8)folder[i];
    return ours;
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
    u32 segment = FIRST, bytes, item;
    if (!present())
        return;
    if (peek16(0xC000, 0) == 0xAA55 && 0xC000 + peek8(0xC000, 2) * 32u > segment)
        segment = (0xC000 + peek8(0xC000, 2) * 32u + 0x7F) & ~0x7Fu;
    out16(SELECT, DIRECTORY);
    u32 files = read_big(4);
    for (u32 n = 0; n < files && n < MOST_FILES; n++) {
        if (!find(n, &bytes, &item) || !bytes || bytes > 0x10000 || segment + (bytes >> 4) >= END)
            continue;
        if (!copy(item, bytes, segment))
            return;
        segment = (segment + (bytes >> 4) + 0x80) & ~0x7Fu;
    }
}
