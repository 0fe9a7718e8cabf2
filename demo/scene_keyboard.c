/*
 * scene_keyboard.c: what a keyboard sends. Every key sends its scan code when it goes down (make), again and again
 * while it is held, and the same with bit 7 set when it comes up (break). Keys that the first PC did not have put an
 * E0h before it. The BIOS shows each byte to INT 15h AH=4Fh before it makes characters of them: there we listen.
 *
 * Documents: IBM PS/2 Hardware Interface Technical Reference, keyboard (scan code set 1); BIOS INT 15h AH=4Fh.
 * Left out: set 2 before the controller's translation, the lights, typematic rate.
 */
#include "draw.h"
#include "format.h"
#include "scenes.h"
#include "screen.h"

enum { UNIT = 7, LEFT = 5, TOP = 150, KEY_ROWS = 34, KEY_TALL = 32, LOG_ROW = 380, LOG_SIZE = 22 };
enum { E0 = 0x80, PAUSE = 0xFF }; /* in `code`: the key has the prefix; the one key with E1h and no break */

typedef struct {
    u8 code, column, width, row; /* column and width in quarters of a key */
    const char *label;
} key_t;

static const key_t keys[] = {
    {0x01, 0, 4, 0, "Esc"}, {0x3B, 8, 4, 0, "F1"}, {0x3C, 12, 4, 0, "F2"}, {0x3D, 16, 4, 0, "F3"}, {0x3E, 20, 4, 0, "F4"},
    {0x3F, 26, 4, 0, "F5"}, {0x40, 30, 4, 0, "F6"}, {0x41, 34, 4, 0, "F7"}, {0x42, 38, 4, 0, "F8"}, {0x43, 44, 4, 0, "F9"},
    {0x44, 48, 4, 0, "F10"}, {0x57, 52, 4, 0, "F11"}, {0x58, 56, 4, 0, "F12"}, {E0 | 0x37, 61, 4, 0, "Prt"},
    {0x46, 65, 4, 0, "Scr"}, {PAUSE, 69, 4, 0, "Pau"},

    {0x29, 0, 4, 1, "`"}, {0x02, 4, 4, 1, "1"}, {0x03, 8, 4, 1, "2"}, {0x04, 12, 4, 1, "3"}, {0x05, 16, 4, 1, "4"},
    {0x06, 20, 4, 1, "5"}, {0x07, 24, 4, 1, "6"}, {0x08, 28, 4, 1, "7"}, {0x09, 32, 4, 1, "8"}, {0x0A, 36, 4, 1, "9"},
    {0x0B, 40, 4, 1, "0"}, {0x0C, 44, 4, 1, "-"}, {0x0D, 48, 4, 1, "="}, {0x0E, 52, 8, 1, "\x1B\xC4\xC4"},
    {E0 | 0x52, 61, 4, 1, "Ins"}, {E0 | 0x47, 65, 4, 1, "Hom"}, {E0 | 0x49, 69, 4, 1, "PgU"},
    {0x45, 74, 4, 1, "Num"}, {E0 | 0x35, 78, 4, 1, "/"}, {0x37, 82, 4, 1, "*"}, {0x4A, 86, 4, 1, "-"},

    {0x0F, 0, 6, 2, "Tab"}, {0x10, 6, 4, 2, "Q"}, {0x11, 10, 4, 2, "W"}, {0x12, 14, 4, 2, "E"}, {0x13, 18, 4, 2, "R"},
    {0x14, 22, 4, 2, "T"}, {0x15, 26, 4, 2, "Y"}, {0x16, 30, 4, 2, "U"}, {0x17, 34, 4, 2, "I"}, {0x18, 38, 4, 2, "O"},
    {0x19, 42, 4, 2, "P"}, {0x1A, 46, 4, 2, "["}, {0x1B, 50, 4, 2, "]"}, {0x2B, 54, 6, 2, "\\"},
    {E0 | 0x53, 61, 4, 2, "Del"}, {E0 | 0x4F, 65, 4, 2, "End"}, {E0 | 0x51, 69, 4, 2, "PgD"},
    {0x47, 74, 4, 2, "7"}, {0x48, 78, 4, 2, "8"}, {0x49, 82, 4, 2, "9"}, {0x4E, 86, 4, 2, "+"},

    {0x3A, 0, 7, 3, "Caps"}, {0x1E, 7, 4, 3, "A"}, {0x1F, 11, 4, 3, "S"}, {0x20, 15, 4, 3, "D"}, {0x21, 19, 4, 3, "F"},
    {0x22, 23, 4, 3, "G"}, {0x23, 27, 4, 3, "H"}, {0x24, 31, 4, 3, "J"}, {0x25, 35, 4, 3, "K"}, {0x26, 39, 4, 3, "L"},
    {0x27, 43, 4, 3, ";"}, {0x28, 47, 4, 3, "'"}, {0x1C, 51, 9, 3, "Enter"},
    {0x4B, 74, 4, 3, "4"}, {0x4C, 78, 4, 3, "5"}, {0x4D, 82, 4, 3, "6"},

    {0x2A, 0, 9, 4, "Shift"}, {0x2C, 9, 4, 4, "Z"}, {0x2D, 13, 4, 4, "X"}, {0x2E, 17, 4, 4, "C"}, {0x2F, 21, 4, 4, "V"},
    {0x30, 25, 4, 4, "B"}, {0x31, 29, 4, 4, "N"}, {0x32, 33, 4, 4, "M"}, {0x33, 37, 4, 4, ","}, {0x34, 41, 4, 4, "."},
    {0x35, 45, 4, 4, "/"}, {0x36, 49, 11, 4, "Shift"}, {E0 | 0x48, 65, 4, 4, "\x18"},
    {0x4F, 74, 4, 4, "1"}, {0x50, 78, 4, 4, "2"}, {0x51, 82, 4, 4, "3"}, {E0 | 0x1C, 86, 4, 4, "Ent"},

    {0x1D, 0, 6, 5, "Ctrl"}, {E0 | 0x5B, 6, 5, 5, "Win"}, {0x38, 11, 5, 5, "Alt"}, {0x39, 16, 23, 5, ""},
    {E0 | 0x38, 39, 5, 5, "Alt"}, {E0 | 0x5C, 44, 5, 5, "Win"}, {E0 | 0x5D, 49, 5, 5, "Menu"}, {E0 | 0x1D, 54, 6, 5, "Ctrl"},
    {E0 | 0x4B, 61, 4, 5, "\x1B"}, {E0 | 0x50, 65, 4, 5, "\x19"}, {E0 | 0x4D, 69, 4, 5, "\x1A"},
    {0x52, 74, 8, 5, "0"}, {0x53, 82, 4, 5, "."},
};

volatile u8 key_ring[64], key_head; /* keyboard_hook in interrupts.S fills them */
u32 keyboard_previous;
void keyboard_hook(void);

static font_t small, large;

typedef struct {
    u32 prefix, skip;      /* E0h seen; bytes of the Pause key still to come */
    u8 log[LOG_SIZE];
    u32 logged;
} state_t;

static void draw_key(const key_t *key, u32 paper, u32 ink)
{
    u32 x = LEFT + (u32)key->column * UNIT, y = TOP + (u32)key->row * KEY_ROWS + (key->row ? 8u : 0u);
    u32 width = (u32)key->width * UNIT - 2, length = strlen(key->label);
    draw_box(x, y, width, KEY_TALL, paper);
    draw_box(x, y + KEY_TALL - 3, width, 3, paper == INK_PANEL ? INK_PAPER : INK_TEAL);
    draw_outline(x, y, width, KEY_TALL, INK_LINE);
    draw_text(&small, x + (width - length * 8 + 1) / 2, y + 11, ink, key->label);
}

static u32 find_key(u32 code)
{
    u32 i = 0;
    while (i < COUNT(keys) && keys[i].code != code)
        i++;
    return i;
}

/* The bytes in the order they came, the newest at the right. */
static void show_log(const state_t *state)
{
    draw_box(16, LOG_ROW, 608, 24, INK_PANEL);
    u32 shown = state->logged < LOG_SIZE ? state->logged : LOG_SIZE;
    for (u32 i = 0; i < shown; i++) {
        u8 byte = state->log[(state->logged - shown + i) % LOG_SIZE];
        u32 ink = byte >= 0xE0 && byte <= 0xE1 ? INK_WHITE : byte & 0x80 ? INK_BLUE : INK_YELLOW;
        draw_print(&large, 24 + i * 27, LOG_ROW + 4, ink, "%02X", byte);
    }
}

static void show_event(const key_t *key, u32 byte, u32 prefixed, u32 is_break)
{
    draw_box(16, LOG_ROW + 32, 608, 18, INK_PAPER);
    draw_print(&large, 24, LOG_ROW + 33, is_break ? INK_BLUE : INK_YELLOW, "%s%02X", prefixed ? "E0 " : "", byte);
    draw_print(&large, 80, LOG_ROW + 33, INK_TEXT, is_break ? "break: %s came up, %02Xh + 80h" : "make: %s went down",
               key->label[0] ? key->label : "the space bar", byte & 0x7F);
}

static void take_code(state_t *state, u8 byte)
{
    u32 is_break = byte & 0x80, prefixed = state->prefix;
    u32 i = find_key((byte & 0x7Fu) | prefixed);
    state->prefix = 0;
    if (i == COUNT(keys)) /* E0 2A and E0 AA: the shifts a keyboard adds around the grey keys */
        return;
    draw_key(&keys[i], is_break ? INK_TEAL : INK_YELLOW, is_break ? INK_WHITE : INK_PAPER);
    show_event(&keys[i], byte, prefixed, is_break);
}

static void take_byte(state_t *state, u8 byte)
{
    state->log[state->logged++ % LOG_SIZE] = byte;
    if (state->skip) {
        if (!--state->skip)
            draw_key(&keys[find_key(PAUSE)], INK_TEAL, INK_WHITE);
    } else if (byte == 0xE1) {
        state->skip = 5; /* Pause: E1 1D 45 E1 9D C5, all at once when it goes down */
    } else if (byte == 0xE0) {
        state->prefix = E0;
    } else {
        take_code(state, byte);
    }
}

static void draw_scene(void)
{
    draw_page(&large, "Keyboard: a byte down, a byte up", "Press anything, hold it, let go");
    draw_text(&large, 16, 36, INK_TEXT, "Each key sends its scan code when it goes down (make) and the code + 80h when");
    draw_text(&large, 16, 56, INK_TEXT, "it comes up (break). Held down, it repeats the make. The BIOS's INT 9 reads");
    draw_text(&large, 16, 76, INK_TEXT, "the byte from port 60h, shows it to INT 15h AH=4Fh, where this scene listens,");
    draw_text(&large, 16, 96, INK_TEXT, "and makes a character of it, which a program then gets from INT 16h.");
    for (u32 i = 0; i < COUNT(keys); i++)
        draw_key(&keys[i], INK_PANEL, INK_TEXT);
    draw_box(16, LOG_ROW, 608, 24, INK_PANEL);
    draw_text(&large, 16, 432, INK_QUIET, "INT 16h");
}

static void show_character(u16 key)
{
    draw_box(80, 430, 400, 20, INK_PAPER);
    draw_print(&large, 80, 432, INK_TEXT, "AX=%04X", key);
    if (key & 0xFF)
        draw_print(&large, 152, 432, INK_TEXT, "scan code %02X, character %02X", key >> 8, key & 0xFF);
    else
        draw_print(&large, 152, 432, INK_TEXT, "scan code %02X, no character", key >> 8);
    char glyph[2] = {(char)(key & 0xFF), 0};
    draw_text(&large, 392, 432, INK_YELLOW, glyph);
}

void scene_keyboard(void)
{
    static state_t state;
    u32 tail;
    memset(&state, 0, sizeof state);
    small = font_find(8);
    large = font_find(16);
    draw_scene();
    tail = key_head;
    keyboard_previous = vector_get(0x15);
    vector_set(0x15, (u32)own_segment() << 16 | ((u32)&keyboard_hook & 0xFFFF));
    for (;;) {
        u32 fresh = tail != key_head;
        while (tail != key_head) {
            take_byte(&state, key_ring[tail]);
            tail = (tail + 1) & 63;
        }
        if (fresh)
            show_log(&state);
        u16 key = key_poll();
        if (key == KEY_ESC)
            break;
        if (key)
            show_character(key);
        if (!fresh && !key)
            sleep_until_interrupt();
    }
    vector_set(0x15, keyboard_previous);
}
