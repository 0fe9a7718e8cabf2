/*
 * scene_text.c: what the text screen can do. A cell is two bytes, a character and an attribute; the glyphs are bits in
 * plane 2 of the video memory and can be changed; the cursor is drawn by the CRT controller between two rows.
 *
 * Documents: IBM VGA Technical Reference (attribute byte; CRTC 0Ah, 0Bh, 0Eh, 0Fh), INT 10h AH=10h and 11h.
 * Left out: 512 characters at once (Character Map Select), other glyph heights.
 */
#include "scenes.h"
#include "screen.h"

enum { CRTC = 0x3D4, CURSOR_START = 0x0A, CURSOR_END = 0x0B, CURSOR_HIGH = 0x0E, CURSOR_LOW = 0x0F };
enum { GLYPH = 0xD0, LOWER = 20 };

/* A picture of 16 by 32 dots becomes the four glyphs D0 to D3. The VGA repeats the eighth dot of C0-DF in the ninth. */
static const char picture[32][17] = {
    "................", "..############..", ".##############.", ".##..........##.", ".##..........##.", ".##.##.......##.",
    ".##..##......##.", ".##...##.....##.", ".##..##......##.", ".##.##.####..##.", ".##..........##.", ".##..........##.",
    ".##..........##.", ".##############.", "..############..", "......####......", "......####......", "....########....",
    "................", ".##############.", "################", "##............##", "##.##....#####..", "##.##....#####..",
    "##............##", "################", ".##############.", "................", "..############..", ".#.#.#.#.#.#.##.",
    "##############.#", "................",
};

static const struct {
    u8 start, end;
    const char *name;
} cursors[] = {{13, 14, "underline"}, {0, 15, "block"}, {8, 15, "half"}, {2, 3, "overline"}, {0x20, 0, "off"}};

static void load_picture(void)
{
    u8 glyphs[4][16];
    for (u32 glyph = 0; glyph < 4; glyph++)
        for (u32 row = 0; row < 16; row++) {
            u32 bits = 0;
            for (u32 dot = 0; dot < 8; dot++)
                bits = bits << 1 | (picture[glyph / 2 * 16 + row][glyph % 2 * 8 + dot] == '#');
            glyphs[glyph][row] = (u8)bits;
        }
    /* AX=1100h: CX glyphs of BH rows at ES:BP into block BL, from character DX on. */
    regs_t regs = {.eax = 0x1100, .ebx = 0x1000, .ecx = 4, .edx = GLYPH, .es = own_segment(), .ebp = (u32)glyphs};
    bios_call(0x10, &regs);
}

static void load_rom_glyphs(void)
{
    regs_t regs = {.eax = 0x1104};
    bios_call(0x10, &regs);
}

/* Attribute Mode Control bit 3: is bit 7 of the attribute a blink or a brighter paper? */
static void set_blink(u32 blink)
{
    regs_t regs = {.eax = 0x1003, .ebx = blink};
    bios_call(0x10, &regs);
    screen_text(LOWER + 2, 45, PAGE, blink ? "Bit 7 blinks: 8 papers, and blink." : "Bit 7 is paper: 16 papers.        ");
}

static void set_cursor(u32 shape)
{
    u32 cell = (LOWER + 2) * 80 + 4;
    indexed_write(CRTC, CURSOR_START, cursors[shape].start);
    indexed_write(CRTC, CURSOR_END, cursors[shape].end);
    indexed_write(CRTC, CURSOR_HIGH, cell >> 8);
    indexed_write(CRTC, CURSOR_LOW, cell & 255);
    screen_print(LOWER + 2, 6, PAGE, "Cursor: 0Ah=%02X 0Bh=%02X %-9s", cursors[shape].start, cursors[shape].end,
                 cursors[shape].name);
}

static void show_characters(void)
{
    screen_frame(1, 2, 19, 37, FRAME, "256 characters: code page 437");
    for (u32 i = 0; i < 16; i++) {
        screen_print(2, 6 + 2 * i, QUIET, "%X", i);
        screen_print(3 + i, 4, QUIET, "%X", i);
    }
    for (u32 i = 0; i < 256; i++)
        screen_cell(3 + i / 16, 6 + i % 16 * 2, i, HEAD);
}

static void show_attributes(void)
{
    screen_frame(1, 41, 19, 37, FRAME, "256 attributes: paper and ink");
    for (u32 i = 0; i < 16; i++) {
        screen_print(2, 45 + 2 * i, QUIET, "%X", i);
        screen_print(3 + i, 43, QUIET, "%X", i);
    }
    for (u32 i = 0; i < 256; i++) {
        screen_cell(3 + i / 16, 45 + i % 16 * 2, 'A', i);
        screen_cell(3 + i / 16, 46 + i % 16 * 2, 0xFE, i);
    }
}

static void show_own_glyphs(u32 own)
{
    if (own)
        load_picture();
    else
        load_rom_glyphs();
    for (u32 i = 0; i < 4; i++)
        screen_cell(LOWER + 1 + i / 2, 41 + i % 2, GLYPH + i, MARK);
    screen_text(LOWER + 3, 45, PAGE, own ? "D0h-D3h: a picture of our own.    " : "D0h-D3h: the BIOS's glyphs again. ");
}

void scene_text(void)
{
    u32 blink = 0, shape = 0, own = 1;
    video_mode(3); /* and with it the sixteen colours of the BIOS, which the menu had changed */
    screen_page("Text: a character and an attribute", "B Blink or bright paper   C Cursor   G Glyphs");
    show_characters();
    show_attributes();
    screen_text(LOWER + 1, 4, PAGE, "At B8000h: character, attribute.");
    screen_text(LOWER + 1, 45, PAGE, "An attribute is 16 x paper + ink.");
    screen_text(LOWER + 3, 4, PAGE, "The CRTC counts rows of the cell.");
    set_blink(blink);
    set_cursor(shape);
    show_own_glyphs(own);
    for (;;) {
        u16 key = key_wait();
        if (key == KEY_ESC)
            break;
        if (key_letter(key) == 'B')
            set_blink(blink = !blink);
        if (key_letter(key) == 'C')
            set_cursor(shape = (shape + 1) % COUNT(cursors));
        if (key_letter(key) == 'G')
            show_own_glyphs(own = !own);
    }
}
