/* video_draw.c - pixels and characters in the graphics modes.  IBM VGA technical reference: write modes, latches, bit mask.
 * Glyphs come from where INT 43h points; in modes 4-6 the upper half from INT 1Fh, as on the CGA. */
#include "video.h"

/* ---- glyphs ---- */

static u32 glyph_row(u32 c, u32 line, u32 height)
{
    const rom mode_t *m = mode_now();
    u32 table = peek32(0, 0x43 * 4);
    if ((m->kind == CGA_1 || m->kind == CGA_2) && c >= 128) {
        table = peek32(0, 0x1F * 4);
        c -= 128;
    }
    return peek8(table >> 16, (table & 0xFFFF) + c * height + line);
}

static u32 stride(const rom mode_t *m)
{
    return m->kind == LINEAR ? BDA(columns) * 8u : m->kind == PLANAR ? BDA(columns) : 80;
}

static u32 page_offset(const rom mode_t *m, u32 page)
{
    return m->kind == PLANAR ? (page & 7) * BDA(page_bytes) : 0;
}

/* CGA: odd lines lie 8 KiB up. */
static u32 cga_line(u32 y) { return (y >> 1) * 80 + (y & 1) * 0x2000; }

/* ---- planar: set/reset for the colour, bit mask for the pixels ---- */

static void planar_begin(u32 colour, bool xor)
{
    gfx(0, colour & 15);
    gfx(1, 15);
    gfx(3, xor ? 0x18 : 0);
}

static void planar_pixels(u32 segment, u32 offset, u32 mask)
{
    gfx(8, mask);
    peek8(segment, offset);                     /* fill the latches */
    poke8(segment, offset, 0);
}

static void planar_end(void)
{
    gfx(0, 0);
    gfx(1, 0);
    gfx(3, 0);
    gfx(8, 0xFF);
}

static void planar_char(const rom mode_t *m, u32 offset, u32 c, u32 colour)
{
    u32 height = BDA(char_height), step = stride(m);
    bool xor = colour & 0x80;
    for (u32 line = 0; line < height; line++, offset += step) {
        u32 bits = glyph_row(c, line, height);
        planar_begin(colour, xor);
        planar_pixels(m->segment, offset, bits);
        if (!xor) {
            gfx(0, 0);
            planar_pixels(m->segment, offset, ~bits & 0xFF);
        }
    }
    planar_end();
}

/* ---- CGA ---- */

/* Spreads eight pixels of a glyph row over 16 bits of two-bit colour. */
static u32 spread(u32 bits, u32 colour)
{
    u32 wide = 0;
    for (u32 i = 0; i < 8; i++)
        if (bits >> i & 1)
            wide |= (colour & 3) << (i * 2);
    return wide;
}

static void cga_char(const rom mode_t *m, u32 row, u32 column, u32 c, u32 colour)
{
    for (u32 line = 0; line < 8; line++) {
        u32 bits = glyph_row(c, line, 8), at = cga_line(row * 8 + line);
        if (m->kind == CGA_1) {
            u32 v = colour & 1 ? bits : 0;
            at += column;
            poke8(m->segment, at, colour & 0x80 ? peek8(m->segment, at) ^ v : v);
        } else {
            u32 v = spread(bits, colour);
            at += column * 2;
            v = v >> 8 | (v & 0xFF) << 8;
            poke16(m->segment, at, colour & 0x80 ? peek16(m->segment, at) ^ v : v);
        }
    }
}

/* ---- 256 colours: `page` is the background ---- */

static void linear_char(const rom mode_t *m, u32 row, u32 column, u32 c, u32 colour, u32 background)
{
    u32 height = BDA(char_height);
    for (u32 line = 0; line < height; line++) {
        u32 bits = glyph_row(c, line, height), at = (row * height + line) * stride(m) + column * 8;
        for (u32 i = 0; i < 8; i++)
            poke8(m->segment, at + i, bits & 0x80 >> i ? colour : background);
    }
}

/* Off-screen places are left alone: programs may have put the cursor anywhere. */
static bool on_screen(u32 row, u32 column) { return row <= BDA(rows) && column < BDA(columns); }

void draw_char(u32 page, u32 row, u32 column, u32 c, u32 colour)
{
    const rom mode_t *m = mode_now();
    if (!on_screen(row, column))
        return;
    if (m->kind == PLANAR)
        planar_char(m, page_offset(m, page) + row * BDA(char_height) * stride(m) + column, c, colour);
    else if (m->kind == LINEAR)
        linear_char(m, row, column, c, colour, page);
    else
        cga_char(m, row, column, c, colour);
}

/* ---- pixels ---- */

static u32 shift_of(const rom mode_t *m, u32 x) { return m->kind == CGA_1 ? 7 - (x & 7) : 6 - (x & 3) * 2; }
static u32 cga_at(const rom mode_t *m, u32 x, u32 y) { return (cga_line(y) + (m->kind == CGA_1 ? x >> 3 : x >> 2)) & 0x3FFF; }

void pixel_write(u32 page, u32 x, u32 y, u32 colour)
{
    const rom mode_t *m = mode_now();
    u32 mask = m->kind == CGA_1 ? 1 : 3;
    switch (m->kind) {
    case PLANAR:
        planar_begin(colour, colour & 0x80);
        planar_pixels(m->segment, (page_offset(m, page) + y * stride(m) + (x >> 3)) & 0xFFFF, 0x80 >> (x & 7));
        planar_end();
        break;
    case LINEAR:
        poke8(m->segment, (y * stride(m) + x) & 0xFFFF, colour);
        break;
    case CGA_1: case CGA_2: {
        u32 at = cga_at(m, x, y), shift = shift_of(m, x), old = peek8(m->segment, at);
        u32 bits = (colour & mask) << shift;
        poke8(m->segment, at, colour & 0x80 ? old ^ bits : (old & ~(mask << shift)) | bits);
        break;
    }
    default: break;
    }
}

static u32 planar_read(const rom mode_t *m, u32 offset, u32 bit)
{
    u32 colour = 0;
    for (u32 plane = 0; plane < 4; plane++) {
        gfx(4, plane);
        colour |= (u32)(peek8(m->segment, offset) >> bit & 1) << plane;
    }
    gfx(4, 0);
    return colour;
}

u32 pixel_read(u32 page, u32 x, u32 y)
{
    const rom mode_t *m = mode_now();
    switch (m->kind) {
    case PLANAR: return planar_read(m, (page_offset(m, page) + y * stride(m) + (x >> 3)) & 0xFFFF, 7 - (x & 7));
    case LINEAR: return peek8(m->segment, (y * stride(m) + x) & 0xFFFF);
    case CGA_1:  return peek8(m->segment, cga_at(m, x, y)) >> shift_of(m, x) & 1;
    case CGA_2:  return peek8(m->segment, cga_at(m, x, y)) >> shift_of(m, x) & 3;
    default:     return 0;
    }
}

/* ---- AH=08h in graphics: which glyph looks like what is there?  Any colour but 0 is ink. ---- */

static u32 ink(const rom mode_t *m, u32 page, u32 x, u32 y)
{
    u32 bits = 0;
    if (m->kind == PLANAR) {                    /* read mode 1, colour 0: a set bit is a 0 pixel */
        gfx(2, 0);
        gfx(7, 15);
        gfx(5, 8);
        bits = ~(u32)peek8(m->segment, page_offset(m, page) + y * stride(m) + x / 8) & 0xFF;
        gfx(5, 0);
        return bits;
    }
    for (u32 i = 0; i < 8; i++)
        bits = bits << 1 | (pixel_read(page, x + i, y) ? 1 : 0);
    return bits;
}

u32 recognise_char(u32 page, u32 row, u32 column)
{
    const rom mode_t *m = mode_now();
    u32 height = BDA(char_height);
    u8 seen[32];
    if (!on_screen(row, column) || height > sizeof seen)
        return 0;
    for (u32 line = 0; line < height; line++)
        seen[line] = (u8)ink(m, page, column * 8, row * height + line);
    for (u32 c = 0; c < 256; c++) {
        u32 line = 0;
        while (line < height && glyph_row(c, line, height) == seen[line])
            line++;
        if (line == height)
            return c;
    }
    return 0;
}

/* ---- scrolling ---- */

/* Copies or fills one pixel line of the window. */
static void line_copy(const rom mode_t *m, u32 to, u32 from, u32 left, u32 columns)
{
    u32 unit = m->kind == LINEAR ? 8 : m->kind == CGA_2 ? 2 : 1;
    bool cga = m->kind == CGA_1 || m->kind == CGA_2;
    u32 a = cga ? cga_line(to) : to * stride(m) + page_offset(m, BDA(page));
    u32 b = cga ? cga_line(from) : from * stride(m) + page_offset(m, BDA(page));
    far_copy8(m->segment, a + left * unit, m->segment, b + left * unit, columns * unit);
}

static void line_fill(const rom mode_t *m, u32 to, u32 left, u32 columns, u32 value)
{
    u32 unit = m->kind == LINEAR ? 8 : m->kind == CGA_2 ? 2 : 1;
    bool cga = m->kind == CGA_1 || m->kind == CGA_2;
    u32 a = cga ? cga_line(to) : to * stride(m) + page_offset(m, BDA(page));
    far_fill8(m->segment, a + left * unit, value, columns * unit);
}

void draw_scroll(u32 top, u32 left, u32 bottom, u32 right, u32 lines, u32 colour, bool up)
{
    const rom mode_t *m = mode_now();
    u32 height = BDA(char_height), first = top * height, count = (bottom - top + 1) * height;
    u32 skip = lines * height, columns = right - left + 1;
    for (u32 i = 0; i < count; i++) {
        u32 y = up ? first + i : first + count - 1 - i;
        if (i + skip < count) {
            if (m->kind == PLANAR)
                gfx(5, 1);                      /* write mode 1: the latches carry all four planes */
            line_copy(m, y, up ? y + skip : y - skip, left, columns);
            if (m->kind == PLANAR)
                gfx(5, 0);
        } else {
            if (m->kind == PLANAR)
                planar_begin(colour, false);
            line_fill(m, y, left, columns, m->kind == PLANAR ? 0 : colour);
            if (m->kind == PLANAR)
                planar_end();
        }
    }
}
