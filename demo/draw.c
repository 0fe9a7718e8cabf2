/*
 * draw.c: drawing in planar modes. A write of the processor reaches all four planes at once; the Graphics Controller
 * decides what arrives in each. Set/Reset gives every plane its bit of the colour, the Bit Mask says which of the 8
 * dots change; the others are taken from the latches, which hold what the last read found. So a read comes first.
 *
 * Document: IBM VGA Technical Reference, Graphics Controller, indices 0 (Set/Reset), 1 (Enable Set/Reset), 3 (Data
 * Rotate and function), 5 (mode), 8 (Bit Mask). Left out: write modes 1 to 3 (scene_planes.c uses mode 1).
 */
#include "draw.h"
#include "format.h"

enum { GC = 0x3CE, SET_RESET = 0, ENABLE_SET_RESET = 1, FUNCTION = 3, MODE = 5, BIT_MASK = 8 };

static u32 row_bytes;

/* INT 10h AX=1130h tells where the video BIOS keeps its glyphs: BH 3 for 8x8, 2 for 8x14, 6 for 8x16. */
font_t font_find(u32 height)
{
    regs_t regs = {.eax = 0x1130, .ebx = height == 8 ? 0x0300 : height == 14 ? 0x0200 : 0x0600};
    bios_call(0x10, &regs);
    return (font_t){regs.es, regs.ebp & 0xFFFF, height};
}

u8 font_row(const font_t *font, u32 character, u32 row)
{
    return far_read8(font->segment, font->offset + (character & 255) * font->height + row);
}

void draw_start(u32 bytes_per_row)
{
    row_bytes = bytes_per_row;
    indexed_write(GC, MODE, 0x00);
    indexed_write(GC, ENABLE_SET_RESET, 0x0F);
    indexed_write(GC, FUNCTION, OVER);
}

void draw_rule(u32 rule) { indexed_write(GC, FUNCTION, rule); }

/* The dots of `mask` at this byte take the colour in Set/Reset. The value written does not matter. */
static void touch(u32 offset)
{
    far_read8(VIDEO_GRAPHICS, offset);
    far_write8(VIDEO_GRAPHICS, offset, 0xFF);
}

static void column(u32 offset, u32 rows, u32 mask)
{
    indexed_write(GC, BIT_MASK, mask);
    for (u32 y = 0; y < rows; y++, offset += row_bytes)
        touch(offset);
}

void draw_box(u32 x, u32 y, u32 width, u32 height, u32 colour)
{
    if (!width || !height)
        return;
    u32 first = x / 8, last = (x + width - 1) / 8;
    u32 left = 0xFF >> (x & 7), right = 0xFF << (7 - ((x + width - 1) & 7)) & 0xFF;
    u32 offset = y * row_bytes;
    indexed_write(GC, SET_RESET, colour);
    if (first == last) {
        column(offset + first, height, left & right);
        return;
    }
    column(offset + first, height, left);
    column(offset + last, height, right);
    indexed_write(GC, BIT_MASK, 0xFF);
    for (u32 byte = first + 1; byte < last; byte++)
        column(offset + byte, height, 0xFF);
}

void draw_outline(u32 x, u32 y, u32 width, u32 height, u32 colour)
{
    draw_box(x, y, width, 1, colour);
    draw_box(x, y + height - 1, width, 1, colour);
    draw_box(x, y + 1, 1, height - 2, colour);
    draw_box(x + width - 1, y + 1, 1, height - 2, colour);
}

/* A glyph's row is the bit mask itself, shifted over two bytes where x is not a multiple of 8. */
static void draw_glyph(const font_t *font, u32 x, u32 y, u32 character)
{
    u32 offset = y * row_bytes + x / 8, shift = x & 7;
    for (u32 row = 0; row < font->height; row++, offset += row_bytes) {
        u32 bits = (u32)font_row(font, character, row) << 8 >> shift;
        if (bits >> 8) {
            indexed_write(GC, BIT_MASK, bits >> 8);
            touch(offset);
        }
        if (bits & 0xFF) {
            indexed_write(GC, BIT_MASK, bits & 0xFF);
            touch(offset + 1);
        }
    }
}

void draw_text(const font_t *font, u32 x, u32 y, u32 colour, const char *text)
{
    indexed_write(GC, SET_RESET, colour);
    for (; *text; text++, x += 8)
        draw_glyph(font, x, y, (u8)*text);
}

void draw_print(const font_t *font, u32 x, u32 y, u32 colour, const char *pattern, ...)
{
    char text[81];
    __builtin_va_list list;
    __builtin_va_start(list, pattern);
    format_list(text, sizeof text, pattern, list);
    __builtin_va_end(list);
    draw_text(font, x, y, colour, text);
}

/*
 * A colour of 4 bits passes through the Attribute Controller's palette before it reaches the DAC. INT 10h AX=1000h
 * makes palette register n point at DAC register n; then the DAC gets the colours.
 */
void draw_colours(const u8 (*rgb)[3], u32 count)
{
    for (u32 i = 0; i < count; i++) {
        regs_t regs = {.eax = 0x1000, .ebx = i << 8 | i};
        bios_call(0x10, &regs);
        port_write(0x3C8, i);
        for (u32 part = 0; part < 3; part++)
            port_write(0x3C9, rgb[i][part]);
    }
}

void draw_page(const font_t *font, const char *title, const char *keys)
{
    static const u8 look[][3] = {{3, 7, 18}, {6, 12, 26}, {16, 24, 42}, {26, 34, 46}, {46, 48, 52}, {63, 63, 63},
                                 {63, 54, 22}, {26, 56, 32}, {63, 28, 24}, {12, 28, 36}, {24, 36, 58},
                                 /* 11 to 15: what the exclusive or with 15 makes of the others */
                                 {40, 20, 50}, {10, 50, 60}, {50, 50, 20}, {58, 60, 63}, {63, 63, 63}};
    video_mode(0x12);
    draw_start(80);
    draw_colours(look, sizeof look / sizeof look[0]);
    draw_box(0, 0, 640, 22, INK_TEAL);
    draw_text(font, 16, 3, INK_WHITE, title);
    draw_text(font, 520, 3, INK_YELLOW, "doppel");
    draw_text(font, 576, 3, INK_WHITE, "demo");
    draw_box(0, 458, 640, 22, INK_TEAL);
    draw_text(font, 16, 461, INK_WHITE, keys);
    draw_text(font, 552, 461, INK_YELLOW, "Esc");
    draw_text(font, 584, 461, INK_WHITE, "Menu");
}
