/*
 * screen.c: the text screen. Every cell is a word: the character in the low byte, its attribute in the high one.
 * The VGA reads them 70 times a second and draws them with the glyphs in plane 2; nothing else is to be done.
 *
 * Documents: IBM VGA Technical Reference (text modes, attribute byte); INT 10h. Left out: other widths, pages 1 to 7.
 */
#include "screen.h"
#include "format.h"

/* The DAC's colours are 6 bits of red, green and blue. In text the colours 0-5 and 7 are DAC registers 0-5 and 7. */
static const struct {
    u8 dac, red, green, blue;
} palette[] = {{1, 3, 7, 18}, {3, 12, 28, 36}, {7, 44, 46, 50}, {0x39, 24, 36, 58}, {0x3A, 26, 56, 32}, {0x3C, 63, 28, 24},
               {0x3E, 63, 54, 22}};

void screen_palette(void)
{
    for (u32 i = 0; i < COUNT(palette); i++) {
        port_write(0x3C8, palette[i].dac);
        port_write(0x3C9, palette[i].red);
        port_write(0x3C9, palette[i].green);
        port_write(0x3C9, palette[i].blue);
    }
}

void screen_start(void)
{
    regs_t regs = {.eax = 0x0003};
    bios_call(0x10, &regs);
    regs = (regs_t){.eax = 0x0100, .ecx = 0x2000}; /* bit 5 of CH: no cursor */
    bios_call(0x10, &regs);
    screen_palette();
}

void screen_cell(u32 row, u32 column, u32 character, u32 attribute)
{
    if (row < 25 && column < 80)
        far_write16(VIDEO_TEXT, (row * 80 + column) * 2, (character & 255) | attribute << 8);
}

void screen_fill(u32 row, u32 column, u32 rows, u32 columns, u32 character, u32 attribute)
{
    for (u32 y = row; y < row + rows; y++)
        for (u32 x = column; x < column + columns; x++)
            screen_cell(y, x, character, attribute);
}

void screen_text(u32 row, u32 column, u32 attribute, const char *text)
{
    while (*text)
        screen_cell(row, column++, (u8)*text++, attribute);
}

void screen_print(u32 row, u32 column, u32 attribute, const char *pattern, ...)
{
    char text[81];
    __builtin_va_list list;
    __builtin_va_start(list, pattern);
    format_list(text, sizeof text, pattern, list);
    __builtin_va_end(list);
    screen_text(row, column, attribute, text);
}

void screen_lines(u32 row, u32 column, u32 attribute, const char *const *lines, u32 count)
{
    for (u32 i = 0; i < count; i++)
        screen_text(row + i, column, attribute, lines[i]);
}

/* A frame of code page 437's single lines. */
void screen_frame(u32 row, u32 column, u32 rows, u32 columns, u32 attribute, const char *title)
{
    u32 bottom = row + rows - 1, right = column + columns - 1;
    screen_fill(row, column, 1, columns, 0xC4, attribute);
    screen_fill(bottom, column, 1, columns, 0xC4, attribute);
    screen_fill(row, column, rows, 1, 0xB3, attribute);
    screen_fill(row, right, rows, 1, 0xB3, attribute);
    screen_cell(row, column, 0xDA, attribute);
    screen_cell(row, right, 0xBF, attribute);
    screen_cell(bottom, column, 0xC0, attribute);
    screen_cell(bottom, right, 0xD9, attribute);
    if (title[0])
        screen_print(row, column + 2, (attribute & 0xF0) | 0x0F, " %s ", title);
}

/* A bar of full and half blocks. */
void screen_meter(u32 row, u32 column, u32 columns, u32 part, u32 whole, u32 attribute)
{
    while (whole > 0x1000000)
        whole >>= 4, part >>= 4;
    u32 halves = whole ? part * columns * 2 / whole : 0;
    for (u32 i = 0; i < columns; i++)
        screen_cell(row, column + i, halves >= 2 * i + 2 ? 0xDB : halves == 2 * i + 1 ? 0xDD : 0xFA, attribute);
}

/* The page all text scenes share: a title above, the keys below, and between them empty paper. */
void screen_page(const char *title, const char *keys)
{
    screen_fill(0, 0, 1, 80, ' ', BAR);
    screen_text(0, 2, BAR, title);
    screen_text(0, 65, BAR_KEY, "doppel");
    screen_text(0, 72, BAR, "demo");
    screen_fill(1, 0, 23, 80, ' ', PAGE);
    screen_fill(24, 0, 1, 80, ' ', BAR);
    screen_text(24, 2, BAR, keys);
    screen_text(24, 69, BAR_KEY, "Esc");
    screen_text(24, 73, BAR, "Menu");
}
