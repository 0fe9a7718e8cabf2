/* video_palette.c - attribute palette and DAC: the default colours, INT 10h AH=10h and AH=0Bh.
 * IBM PS/2 BIOS reference; default colours from the IBM VGA technical reference, computed rather than listed. */
#include "video.h"
#include "video_tables.h"

/* ---- the DAC ---- */

void dac_set(u32 index, u32 red, u32 green, u32 blue)
{
    out8(VGA_DAC_WRITE, index);
    out8(VGA_DAC, red);
    out8(VGA_DAC, green);
    out8(VGA_DAC, blue);
}

static void dac_get(u32 index, u8 rgb[3])
{
    out8(VGA_DAC_READ, index);
    for (u32 i = 0; i < 3; i++)
        rgb[i] = in8(VGA_DAC);
}

/* 30 % red, 59 % green, 11 % blue. */
void gray_sum(u32 first, u32 count)
{
    u8 rgb[3];
    for (u32 i = first; i < first + count; i++) {
        dac_get(i & 0xFF, rgb);
        u32 gray = (rgb[0] * 77u + rgb[1] * 151u + rgb[2] * 28u + 128) >> 8;
        dac_set(i & 0xFF, gray, gray, gray);
    }
}

/* EGA: bits 5-3 a third of red, green, blue, bits 2-0 two thirds. */
static void dac_ega(u32 i)
{
    dac_set(i, (i >> 2 & 1) * 0x2A + (i >> 5 & 1) * 0x15, (i >> 1 & 1) * 0x2A + (i >> 4 & 1) * 0x15,
            (i & 1) * 0x2A + (i >> 3 & 1) * 0x15);
}

/* CGA: bit 4 intensity; dark yellow is brown, the monitor halves its green. */
static void dac_cga(u32 i)
{
    u32 bright = i & 0x10 ? 0x15 : 0;
    u32 green = (i & 7) == 6 && !bright ? 0x15 : (i >> 1 & 1) * 0x2A + bright;
    dac_set(i, (i >> 2 & 1) * 0x2A + bright, green, (i & 1) * 0x2A + bright);
}

static void dac_mono(u32 i)
{
    u32 level = i & 8 ? (i & 0x10 ? 0x3F : 0x2A) : 0;
    dac_set(i, level, level, level);
}

/* ---- 256 colours: 16 of the CGA, 16 grays, and 24 hues in 3 saturations and 3 intensities ---- */

/* The five steps between the least and the most of a primary, by intensity and saturation. */
static const rom u8 steps[9][5] = {
    { 0x00, 0x10, 0x1F, 0x2F, 0x3F }, { 0x1F, 0x27, 0x2F, 0x37, 0x3F }, { 0x2D, 0x31, 0x36, 0x3A, 0x3F },
    { 0x00, 0x07, 0x0E, 0x15, 0x1C }, { 0x0E, 0x11, 0x15, 0x18, 0x1C }, { 0x14, 0x16, 0x18, 0x1A, 0x1C },
    { 0x00, 0x04, 0x08, 0x0C, 0x10 }, { 0x08, 0x0A, 0x0C, 0x0E, 0x10 }, { 0x0B, 0x0C, 0x0D, 0x0F, 0x10 },
};

/* How strong a primary is `hue` steps after its own: 4 up to its neighbour, then down in 4, none for 8, up in 4. */
static u32 strength(u32 hue)
{
    hue %= 24;
    return hue <= 4 ? 4 : hue <= 8 ? 8 - hue : hue < 16 ? 0 : hue < 20 ? hue - 16 : 4;
}

static void dac_vga(void)
{
    static const rom u8 grays[16] = { 0x00, 0x05, 0x08, 0x0B, 0x0E, 0x11, 0x14, 0x18,
                                      0x1C, 0x20, 0x24, 0x28, 0x2D, 0x32, 0x38, 0x3F };
    for (u32 i = 0; i < 16; i++) {
        dac_cga(i & 8 ? (i & 7) | 0x10 : i);
        if (i & 8)
            dac_set(i, (i >> 2 & 1) * 0x2A + 0x15, (i >> 1 & 1) * 0x2A + 0x15, (i & 1) * 0x2A + 0x15);
        dac_set(16 + i, grays[i], grays[i], grays[i]);
    }
    for (u32 ring = 0; ring < 9; ring++)
        for (u32 hue = 0; hue < 24; hue++)      /* blue first, then through red and green */
            dac_set(32 + ring * 24 + hue, steps[ring][strength(hue + 16)], steps[ring][strength(hue + 8)],
                    steps[ring][strength(hue)]);
    for (u32 i = 248; i < 256; i++)
        dac_set(i, 0, 0, 0);
}

void palette_load(u32 dac)
{
    u32 count = 64;
    if (dac == DAC_VGA) {
        dac_vga();
        count = 256;
    } else
        for (u32 i = 0; i < 64; i++)
            dac == DAC_EGA ? dac_ega(i) : dac == DAC_CGA ? dac_cga(i) : dac_mono(i);
    if (BDA(video_flags) & 0x02)
        gray_sum(0, count);
}

/* ---- the attribute controller ---- */

static u16 status_port(void) { return (u16)(crtc_port() + 6); }

static void attribute_set(u32 index, u32 value)
{
    in8(status_port());
    out8(VGA_ATTRIBUTE, index);
    out8(VGA_ATTRIBUTE, value);
    out8(VGA_ATTRIBUTE, 0x20);
}

static u32 attribute_get(u32 index)
{
    in8(status_port());
    out8(VGA_ATTRIBUTE, index);
    u32 value = in8(VGA_ATTRIBUTE_READ);
    in8(status_port());
    out8(VGA_ATTRIBUTE, 0x20);
    return value;
}

static void all_set(u32 segment, u32 offset)
{
    for (u32 i = 0; i < 16; i++)
        attribute_set(i, peek8(segment, offset + i));
    attribute_set(0x11, peek8(segment, offset + 16));
}

static void all_get(u32 segment, u32 offset)
{
    for (u32 i = 0; i < 16; i++)
        poke8(segment, offset + i, attribute_get(i));
    poke8(segment, offset + 16, attribute_get(0x11));
}

/* AL=03h: bit 7 of an attribute blinks, or is a bright background. */
static void blink_set(u32 on)
{
    attribute_set(0x10, (attribute_get(0x10) & ~8u) | (on ? 8u : 0));
    BDA_SET(cga_mode, (BDA(cga_mode) & ~0x20u) | (on ? 0x20u : 0));
}

/* AL=13h: BL 0: BH pages of 64 (0) or 16 (1); BL 1: select page BH. */
static void dac_page_set(u32 what, u32 value)
{
    u32 mode = attribute_get(0x10);
    if (what == 0)
        attribute_set(0x10, (mode & 0x7F) | (value & 1) << 7);
    else
        attribute_set(0x14, mode & 0x80 ? value & 15 : value << 2 & 15);
}

static void dac_page_get(regs_t *r)
{
    u32 of_16 = attribute_get(0x10) >> 7, select = attribute_get(0x14) & 15;
    r->bl = (u8)of_16;
    r->bh = (u8)(of_16 ? select : select >> 2);
}

static void block_set(const regs_t *r)
{
    out8(VGA_DAC_WRITE, r->bx);
    for (u32 i = 0; i < r->cx * 3u; i++)
        out8(VGA_DAC, peek8(r->es, (r->dx + i) & 0xFFFF));
}

static void block_get(const regs_t *r)
{
    out8(VGA_DAC_READ, r->bx);
    for (u32 i = 0; i < r->cx * 3u; i++)
        poke8(r->es, (r->dx + i) & 0xFFFF, in8(VGA_DAC));
}

static void single_get(regs_t *r)
{
    u8 rgb[3];
    dac_get(r->bl, rgb);
    r->dh = rgb[0];
    r->ch = rgb[1];
    r->cl = rgb[2];
}

void palette_service(regs_t *r)
{
    switch (r->al) {
    case 0x00: attribute_set(r->bl & 0x1F, r->bh); break;
    case 0x01: attribute_set(0x11, r->bh); break;
    case 0x02: all_set(r->es, r->dx); break;
    case 0x03: blink_set(r->bl); break;
    case 0x07: r->bh = (u8)attribute_get(r->bl & 0x1F); break;
    case 0x08: r->bh = (u8)attribute_get(0x11); break;
    case 0x09: all_get(r->es, r->dx); break;
    case 0x10: dac_set(r->bx & 0xFF, r->dh, r->ch, r->cl); break;
    case 0x12: block_set(r); break;
    case 0x13: dac_page_set(r->bl, r->bh); break;
    case 0x15: single_get(r); break;
    case 0x17: block_get(r); break;
    case 0x18: out8(VGA_PEL_MASK, r->bl); break;
    case 0x19: r->bl = in8(VGA_PEL_MASK); break;
    case 0x1A: dac_page_get(r); break;
    case 0x1B: gray_sum(r->bx, r->cx); break;
    default: break;
    }
}

/* AH=0Bh: BH 0: background (graphics) or border; BH 1: palette of mode 4: green, red, brown or cyan, magenta, white. */
void cga_palette_service(regs_t *r)
{
    u32 old = BDA(cga_palette);
    if (r->bh == 0) {
        u32 colour = (r->bl & 7u) | (r->bl & 8u) << 1;
        if (mode_now()->kind != TEXT_CELLS)
            attribute_set(0, colour);
        attribute_set(0x11, colour);
        for (u32 i = 1; i < 4 && mode_now()->kind == CGA_2; i++)
            attribute_set(i, (attribute_get(i) & ~0x10u) | (r->bl & 0x10));
        BDA_SET(cga_palette, (old & 0xE0) | (r->bl & 0x1F));
    } else {
        for (u32 i = 1; i < 4; i++)
            attribute_set(i, (attribute_get(i) & 0x10) | (i << 1) | (r->bl & 1u));
        BDA_SET(cga_palette, (old & 0xDF) | (r->bl & 1u) << 5);
    }
}
