/* vga_text.c - the VGA's text modes: characters to dots, and the screen as characters.
 *
 * Documents: IBM PS/2 Hardware Interface Technical Reference, "Character Map Select", "Attribute Controller" and "CRT Controller" (cursor,
 * underline).  Codes lie in plane 0, attributes in plane 1, fonts in plane 2: 8 KiB maps of 256 characters of 32 bytes. */
#include "devices/vga_inside.h"

/* Plane addresses of the two fonts: [0] map B, for attribute bit 3 clear; [1] map A, for bit 3 set. */
static void font_maps(const vga_t *vga, u32 font[2])
{
    u32 sr3 = vga->sequencer[SR_CHARACTER_MAP];
    font[0] = (sr3 & 3) << 14 | (sr3 >> 4 & 1) << 13;
    font[1] = (sr3 >> 2 & 3) << 14 | (sr3 >> 5 & 1) << 13;
}

static bool cursor_row(const vga_t *vga, u32 row)            /* start beyond end: no cursor */
{
    return !(vga->crtc[CR_CURSOR_START] & CRA_CURSOR_OFF) && row >= (vga->crtc[CR_CURSOR_START] & 0x1Fu) && row <= (vga->crtc[CR_CURSOR_END] & 0x1Fu);
}

/* The row of dots of one character: bit 8 is the leftmost, bit 0 the ninth. */
static u32 glyph_row(const vga_painter_t *p, const u32 font[2], u8 code, u8 attribute, u32 row)
{
    const vga_t *vga = p->vga;
    u32 bits = (u32)vga_planes(vga, (font[attribute >> 3 & 1] + code * 32u + row) & 0xFFFF)[2] << 1;
    if (vga->attribute[AR_MODE] & AR10_LINE_GRAPHICS && code >= 0xC0 && code <= 0xDF)
        bits |= bits >> 1 & 1;                               /* box drawing goes on through the ninth dot */
    if (attribute & 0x80 && p->blink_off)
        bits = 0;
    bool underlined = vga->attribute[AR_MODE] & AR10_MONO && (attribute & 0x77) == 0x01 && row == (vga->crtc[CR_UNDERLINE] & 0x1Fu);
    return underlined ? 0x1FF : bits;
}

void vga_paint_text(const vga_painter_t *p, u32 ma, u32 row, u32 count, u32 *out)
{
    const vga_t *vga = p->vga;
    u32 font[2], cursor = p->cursor_shown && cursor_row(vga, row) ? p->cursor & 0xFFFF : UINT32_MAX;
    u32 background_bits = vga->attribute[AR_MODE] & AR10_BLINK ? 7 : 15;
    font_maps(vga, font);
    for (u32 i = 0; i < count; i++, out += p->dots) {
        u32 at = ma + (i >> p->slow);
        const u8 *cell = vga_planes(vga, vga_wire(vga, at, row));
        u32 ink = p->colour[cell[1] & 15], paper = p->colour[cell[1] >> 4 & background_bits];
        u32 bits = (at & 0xFFFF) == cursor ? 0x1FF : glyph_row(p, font, cell[0], cell[1], row);
        for (u32 x = 0; x < 8; x++)
            out[x] = bits & 0x100u >> x ? ink : paper;
        if (p->dots == 9)
            out[8] = bits & 1 ? ink : paper;
    }
}

bool vga_text_wanted(const vga_painter_t *p, const vga_pass_t *pass, u32 ma, u32 count)
{
    const vga_t *vga = p->vga;
    for (u32 i = 0; i < count; i++) {
        u32 at = ma + (i >> p->slow), n = vga_wire(vga, at, 0);
        if (vga_pass_touched(vga, pass, n * 4, 4))
            return true;
        if (pass->cursor_flips && (at & 0xFFFF) == (p->cursor & 0xFFFF))
            return true;
        if (pass->blink_flips && vga_planes(vga, n)[1] & 0x80)
            return true;
    }
    return false;
}

/* ---- the screen as text ---- */

void vga_read_text(const struct vga *vga, vga_text_t *text)
{
    const u8 *cr = vga->crtc;
    text->columns = text->rows = text->cursor_column = text->cursor_row = 0;
    text->cursor_on = false;
    text->blink = vga->attribute[AR_MODE] & AR10_BLINK;
    if (vga_screen_off(vga) || vbe_on(vga) || vga->graphics[GR_MISCELLANEOUS] & GR6_GRAPHICS)
        return;
    vga_raster_t r = vga_raster(vga);
    u32 height = ((cr[CR_MAX_SCAN] & 0x1Fu) + 1) * (cr[CR_MAX_SCAN] & CR9_DOUBLE_SCAN ? 2 : 1);
    text->columns = r.characters < VGA_MAX_COLUMNS ? r.characters : VGA_MAX_COLUMNS;
    text->rows = r.lines / height < VGA_MAX_ROWS ? r.lines / height : VGA_MAX_ROWS;
    u32 slow = vga_slow(vga), start = (u32)cr[CR_START_HIGH] << 8 | cr[CR_START_LOW], cursor = (u32)cr[CR_CURSOR_HIGH] << 8 | cr[CR_CURSOR_LOW];
    bool shown = !(cr[CR_CURSOR_START] & CRA_CURSOR_OFF) && (cr[CR_CURSOR_START] & 0x1F) <= (cr[CR_CURSOR_END] & 0x1F);
    for (u32 y = 0; y < text->rows; y++)
        for (u32 x = 0; x < text->columns; x++) {
            u32 ma = start + y * cr[CR_OFFSET] * 2 + (x >> slow);
            const u8 *cell = vga_planes(vga, vga_wire(vga, ma, 0));
            text->cells[y * text->columns + x].code = cell[0];
            text->cells[y * text->columns + x].attribute = cell[1];
            if (shown && (ma & 0xFFFF) == cursor && !text->cursor_on) {
                text->cursor_on = true;
                text->cursor_column = x;
                text->cursor_row = y;
            }
        }
}
