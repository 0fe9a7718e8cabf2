/* screen_text.c - cells of the text screen to UTF-8, by code page 437 (vga_draw.h has the table). */
#include "frontend/screen_text.h"

unsigned utf8_put(char *to, u32 character)
{
    if (character < 0x80) { to[0] = (char)character; return 1; }
    if (character < 0x800) {
        to[0] = (char)(0xC0 | character >> 6);
        to[1] = (char)(0x80 | (character & 0x3F));
        return 2;
    }
    to[0] = (char)(0xE0 | (character >> 12 & 0xF));
    to[1] = (char)(0x80 | (character >> 6 & 0x3F));
    to[2] = (char)(0x80 | (character & 0x3F));
    return 3;
}

static char *put_row(const vga_text_t *text, u32 row, u32 columns, char *to)
{
    for (u32 column = 0; column < columns; column++) {
        u8 code = text->cells[row * text->columns + column].code;
        to += utf8_put(to, code ? cp437_to_unicode(code) : ' ');      /* 00h shows as a blank */
    }
    return to;
}

static u32 rows_of(const vga_text_t *text)    { return text->rows < VGA_MAX_ROWS ? text->rows : VGA_MAX_ROWS; }
static u32 columns_of(const vga_text_t *text) { return text->columns < VGA_MAX_COLUMNS ? text->columns : VGA_MAX_COLUMNS; }

void screen_text(const vga_text_t *text, char *to)
{
    for (u32 row = 0; row < rows_of(text); row++) {
        to = put_row(text, row, columns_of(text), to);
        *to++ = '\n';
    }
    *to = 0;
}

/* How many columns of a row there are to print. */
static u32 used_columns(const vga_text_t *text, u32 row)
{
    u32 columns = columns_of(text);
    for (; columns; columns--) {
        u8 code = text->cells[row * text->columns + columns - 1].code;
        if (code != ' ' && code != 0) break;
    }
    return columns;
}

void screen_print(const vga_text_t *text, FILE *to, const char *prefix, bool all)
{
    char line[VGA_MAX_COLUMNS * 3 + 1];
    u32 rows = rows_of(text);
    while (!all && rows && used_columns(text, rows - 1) == 0) rows--;
    for (u32 row = 0; row < rows; row++) {
        *put_row(text, row, used_columns(text, row), line) = 0;
        fprintf(to, "%s%s\n", prefix, line);
    }
}
