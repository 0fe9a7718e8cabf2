/* video_font.c - glyphs: the ROM's fonts, plane 2 of text modes, the vectors 1Fh and 43h, INT 10h AH=11h.
 * IBM PS/2 BIOS reference, "Character generator interface"; plane 2 as in the IBM VGA technical reference:
 * eight blocks of 8 KiB, 32 bytes a character. */
#include "video.h"
#include "font_data.h"

u32 font_rom(u32 height)
{
    u32 offset = height == 8 ? (u32)font_8x8 : height == 14 ? (u32)font_8x14 : (u32)font_8x16;
    return my_segment() << 16 | offset;
}

/* ---- into plane 2 ---- */

static void plane_2_open(void)
{
    seq(0, 1);
    seq(2, 4);
    seq(4, 7);
    seq(0, 3);
    gfx(4, 2);
    gfx(5, 0);
    gfx(6, 4);
}

static void plane_2_close(void)
{
    seq(0, 1);
    seq(2, 3);
    seq(4, 3);
    seq(0, 3);
    gfx(4, 0);
    gfx(5, 0x10);
    gfx(6, (BDA(crtc) & 0xFF) == 0xB4 ? 0x0A : 0x0E);
}

void font_load(u32 segment, u32 offset, u32 block, u32 first, u32 count, u32 height)
{
    u32 at = ((block & 3) << 14 | (block & 4) << 11) + first * 32;
    u32 flags = flags_save();
    plane_2_open();
    for (; count; count--, at += 32, offset += height)
        far_copy8(0xA000, at & 0xFFFF, segment, offset & 0xFFFF, height);
    plane_2_close();
    flags_restore(flags);
}

void font_load_rom(u32 height, u32 block)
{
    u32 font = font_rom(height);
    font_load(font >> 16, font & 0xFFFF, block, 0, 256, height);
}

/* ---- the cell's height ---- */

static u32 scan_lines(void)
{
    u32 overflow = crtc_get(0x07);
    u32 lines = crtc_get(0x12) | (overflow & 2) << 7 | (overflow & 0x40) << 3;
    lines++;
    return crtc_get(0x09) & 0x80 ? lines / 2 : lines;
}

/* AL=10h-14h: the cell and with it the number of rows, the cursor and the page size change. */
static void cell_height(u32 height)
{
    u32 rows = scan_lines() / height;
    crtc(0x09, (crtc_get(0x09) & 0xE0) | (height - 1));
    if ((BDA(crtc) & 0xFF) == 0xB4)
        crtc(0x14, height - 1);                 /* underline, monochrome only */
    crtc(0x12, ((rows * height) << (crtc_get(0x09) >> 7)) - 1);
    crtc(0x0A, height > 8 ? height - 3 : height - 2);
    crtc(0x0B, height > 8 ? height - 2 : height - 1);
    BDA_SET(cursor_shape, height > 8 ? (height - 3) << 8 | (height - 2) : (height - 2) << 8 | (height - 1));
    BDA_SET(rows, rows - 1);
    BDA_SET(char_height, height);
    BDA_SET(page_bytes, (rows * BDA(columns) * 2 + 0x7FF) & ~0x7FFu);
}

static void load_user(const regs_t *r, bool reprogram)
{
    if (!r->bh || r->bh > 32)
        return;
    font_load(r->es, r->bp, r->bl, r->dx & 0xFF, r->cx, r->bh);
    if (reprogram)
        cell_height(r->bh);
}

static void load_rom(u32 height, u32 block, bool reprogram)
{
    font_load_rom(height, block);
    if (reprogram)
        cell_height(height);
}

/* ---- graphics modes: INT 43h points at the glyphs ---- */

void font_graphics(u32 height)
{
    u32 font = font_rom(height), small = font_rom(8);
    poke32(0, 0x43 * 4, font);
    poke32(0, 0x1F * 4, small + 128 * 8);
}

/* BL: 1: 14 rows, 2: 25, 3: 43, 0: DL rows. */
static void graphics_rows(const regs_t *r, u32 height)
{
    u32 rows = r->bl == 1 ? 14 : r->bl == 3 ? 43 : r->bl == 2 ? 25 : r->dl;
    BDA_SET(char_height, height);
    BDA_SET(rows, rows ? rows - 1 : 0);
}

static void graphics_user(const regs_t *r)
{
    poke32(0, 0x43 * 4, (u32)r->es << 16 | r->bp);
    graphics_rows(r, r->cx);
}

static void graphics_rom(const regs_t *r, u32 height)
{
    u32 font = font_rom(height);
    poke32(0, 0x43 * 4, font);
    graphics_rows(r, height);
}

/* AL=30h: BH chooses the pointer; CX bytes a character now in use, DL the last row. */
static void information(regs_t *r)
{
    u32 pointer;
    switch (r->bh) {
    case 0:  pointer = peek32(0, 0x1F * 4); break;
    case 1:  pointer = peek32(0, 0x43 * 4); break;
    case 2:  case 5: pointer = font_rom(14); break;
    case 3:  pointer = font_rom(8); break;
    case 4:  pointer = font_rom(8) + 128 * 8; break;
    case 6:  case 7: pointer = font_rom(16); break;
    default: return;
    }
    if (r->bh == 5 || r->bh == 7)               /* the 9-dot exceptions: we have none, the list is empty */
        pointer = my_segment() << 16 | (u32)font_8x8;
    r->es = (u16)(pointer >> 16);
    r->bp = (u16)pointer;
    r->cx = BDA(char_height);
    r->dl = BDA(rows);
}

void font_service(regs_t *r)
{
    switch (r->al) {
    case 0x00: load_user(r, false); break;
    case 0x01: load_rom(14, r->bl, false); break;
    case 0x02: load_rom(8, r->bl, false); break;
    case 0x03: seq(3, r->bl); break;
    case 0x04: load_rom(16, r->bl, false); break;
    case 0x10: load_user(r, true); break;
    case 0x11: load_rom(14, r->bl, true); break;
    case 0x12: load_rom(8, r->bl, true); break;
    case 0x14: load_rom(16, r->bl, true); break;
    case 0x20: poke32(0, 0x1F * 4, (u32)r->es << 16 | r->bp); break;
    case 0x21: graphics_user(r); break;
    case 0x22: graphics_rom(r, 14); break;
    case 0x23: graphics_rom(r, 8); break;
    case 0x24: graphics_rom(r, 16); break;
    case 0x30: information(r); break;
    default: break;
    }
}
