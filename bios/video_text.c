/* video_text.c - INT 10h: cursor, pages, scrolling, characters, teletype and strings, in text modes directly and in
 * graphics modes through video_draw.c.  IBM PS/2 BIOS reference, INT 10h AH=01h-03h, 05h-0Ah, 0Eh, 13h. */
#include "video.h"

static bool is_text(void) { return mode_now()->kind == TEXT_CELLS; }

static u32 cell(u32 page, u32 row, u32 column)
{
    return (page * BDA(page_bytes) + (row * BDA(columns) + column) * 2) & 0x7FFF;
}

/* ---- cursor and pages ---- */

static void cursor_place(u32 word_offset)
{
    crtc(0x0E, word_offset >> 8 & 0xFF);
    crtc(0x0F, word_offset & 0xFF);
}

void cursor_move(u32 page, u32 row, u32 column)
{
    page &= 7;
    BDA_SET_AT(cursor, page, row << 8 | column);
    if (page == BDA(page) && is_text())
        cursor_place(cell(page, row, column) / 2);
}

/* Programs ask in lines of an 8-line cell; with emulation on (40:87h bit 0 clear) taller cells are scaled. */
void cursor_shape(u32 start_end)
{
    u32 start = start_end >> 8 & 0x3F, end = start_end & 0x1F, height = BDA(char_height);
    BDA_SET(cursor_shape, start_end);
    if (!(BDA(video_control) & 1) && height > 8 && !(start & 0x20) && start < 8 && end < 8) {
        if (start + 1 >= end && end >= 6) {     /* the underline keeps off the last line */
            start = height - (end - start) - 2;
            end = height - 2;
        } else if (start <= end) {
            start = start * height / 8;
            end = (end + 1) * height / 8 - 1;
        }
    }
    crtc(0x0A, start);
    crtc(0x0B, end);
}

void page_show(u32 page)
{
    const rom mode_t *m = mode_now();
    if (page > 7 || m->kind == LINEAR || m->kind == CGA_1 || m->kind == CGA_2)
        return;
    u32 start = page * BDA(page_bytes);
    BDA_SET(page, page);
    BDA_SET(page_start, start);
    if (m->kind == TEXT_CELLS)
        start /= 2;
    crtc(0x0C, start >> 8 & 0xFF);
    crtc(0x0D, start & 0xFF);
    u32 at = BDA_AT(cursor, page);
    cursor_move(page, at >> 8, at & 0xFF);
}

/* ---- scrolling a window ---- */

typedef struct { u32 top, left, bottom, right; } window_t;

static void text_scroll(u32 page, const window_t *w, u32 lines, u32 attribute, bool up)
{
    u32 segment = mode_now()->segment, width = w->right - w->left + 1, height = w->bottom - w->top + 1;
    for (u32 i = 0; i < height; i++) {
        u32 row = up ? w->top + i : w->bottom - i;
        u32 to = cell(page, row, w->left);
        if (i + lines < height) {
            u32 from = cell(page, up ? row + lines : row - lines, w->left);
            far_copy8(segment, to, segment, from, width * 2);
        } else
            far_fill16(segment, to, attribute << 8 | ' ', width);
    }
}

static void scroll(u32 page, const window_t *w, u32 lines, u32 attribute, bool up)
{
    if (is_text())
        text_scroll(page, w, lines, attribute, up);
    else
        draw_scroll(w->top, w->left, w->bottom, w->right, lines, attribute, up);
}

/* Lines 0, or more than there are, clear the window. */
void scroll_service(regs_t *r, bool up)
{
    u32 last_row = BDA(rows), last_column = BDA(columns) - 1u;
    window_t w = { .top = r->ch };
    w.left = r->cl;
    w.bottom = r->dh > last_row ? last_row : r->dh;
    w.right = r->dl > last_column ? last_column : r->dl;
    if (w.top > w.bottom || w.left > w.right)
        return;
    u32 height = w.bottom - w.top + 1, lines = r->al;
    scroll(BDA(page), &w, !lines || lines > height ? height : lines, r->bh, up);
}

/* ---- characters ---- */

void char_read(regs_t *r)
{
    u32 page = r->bh & 7, at = BDA_AT(cursor, page);
    if (is_text())
        r->ax = peek16(mode_now()->segment, cell(page, at >> 8, at & 0xFF));
    else {
        r->al = (u8)recognise_char(page, at >> 8, at & 0xFF);
        r->ah = 0;
    }
}

static void put_cell(u32 page, u32 row, u32 column, u32 c, u32 attribute, bool with_attribute)
{
    u32 segment = mode_now()->segment, at = cell(page, row, column);
    if (with_attribute)
        poke16(segment, at, attribute << 8 | c);
    else
        poke8(segment, at, c);
}

/* AH=09h, 0Ah: the cursor stays; `count` may run over the end of the row in text, not in graphics. */
void char_write(u32 page, u32 c, u32 attribute, u32 count, bool with_attribute)
{
    bool text = is_text();
    u32 shown = text || mode_now()->kind != LINEAR ? page & 7 : 0;
    u32 at = BDA_AT(cursor, shown), row = at >> 8, column = at & 0xFF, columns = BDA(columns);
    for (; count; count--) {
        if (text)
            put_cell(shown, row, column, c, attribute, with_attribute);
        else
            draw_char(page, row, column, c, attribute);
        if (++column == columns) {
            if (!text)
                return;
            column = 0;
            if (++row > BDA(rows))
                return;
        }
    }
}

/* ---- teletype ---- */

/* 896 Hz for a short while, on channel 2 of the timer. */
static void bell(void)
{
    u32 saved = in8(0x61);
    out8(0x43, 0xB6);
    out8(0x42, 0x33);
    out8(0x42, 0x05);
    out8(0x61, saved | 3);
    u16 start = BDA(ticks);
    for (u32 n = 0; n < 60000 && (u16)(BDA(ticks) - start) < 3; n++)
        in8(0x61);
    out8(0x61, saved);
}

/* A new line at the bottom has the attribute the cursor stood on; in graphics it is black. */
static void new_line(u32 page, u32 *row)
{
    u32 last = BDA(rows);
    if (*row < last) {
        ++*row;
        return;
    }
    window_t w = { .bottom = last };
    w.right = BDA(columns) - 1u;
    u32 at = BDA_AT(cursor, page & 7);
    u32 attribute = is_text() ? peek8(mode_now()->segment, cell(page, at >> 8, at & 0xFF) + 1) : 0;
    scroll(page, &w, 1, attribute, true);
}

void teletype(u32 page, u32 c, u32 colour, u32 attribute, bool with_attribute)
{
    u32 at = BDA_AT(cursor, page & 7), row = at >> 8, column = at & 0xFF;
    switch (c) {
    case 7: bell(); return;
    case 8: if (column) column--; break;
    case 10: new_line(page, &row); break;
    case 13: column = 0; break;
    default:
        if (is_text())
            put_cell(page, row, column, c, attribute, with_attribute);
        else
            draw_char(page, row, column, c, colour);
        if (++column >= BDA(columns)) {
            column = 0;
            new_line(page, &row);
        }
    }
    cursor_move(page, row, column);
}

/* AH=13h: AL bit 0: move the cursor, bit 1: the string holds attributes too. */
void write_string(regs_t *r)
{
    u32 page = r->bh & 7, before = BDA_AT(cursor, page), at = r->bp, attribute = r->bl;
    u32 row = r->dh == 0xFF ? before >> 8 : r->dh, column = r->dh == 0xFF ? before & 0xFF : r->dl;
    if (r->al > 3)
        return;
    cursor_move(page, row, column);
    for (u32 n = r->cx; n; n--) {
        u32 c = peek8(r->es, at++ & 0xFFFF);
        if (r->al & 2)
            attribute = peek8(r->es, at++ & 0xFFFF);
        teletype(page, c, attribute, attribute, true);
    }
    if (!(r->al & 1))
        cursor_move(page, before >> 8, before & 0xFF);
}
