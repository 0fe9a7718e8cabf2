/* keymap.c - three ways to say a key, one table each.
 *
 * Positions follow the USB HID usage tables 1.12, chapter 10 (keyboard page 07h) and Microsoft's "Keyboard Scan Code
 * Specification" 1.3a, appendix C, which pairs those usages with set 1 make codes; characters follow the US layout.
 * Left out: media keys. */
#include "frontend/keymap.h"
#include <ctype.h>
#include <stdlib.h>

/* --- position -------------------------------------------------------------------------------------------------------- */

static const u16 of_usage[256] = {
    [0x04] = 0x1E, 0x30, 0x2E, 0x20, 0x12, 0x21, 0x22, 0x23, 0x17, 0x24, 0x25, 0x26, 0x32,      /* a .. m */
    [0x11] = 0x31, 0x18, 0x19, 0x10, 0x13, 0x1F, 0x14, 0x16, 0x2F, 0x11, 0x2D, 0x15, 0x2C,      /* n .. z */
    [0x1E] = 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B,                        /* 1 .. 9, 0 */
    [0x28] = KEY_ENTER, KEY_ESC, KEY_BACKSPACE, KEY_TAB, KEY_SPACE,
    [0x2D] = 0x0C, 0x0D, 0x1A, 0x1B, 0x2B, 0x2B, 0x27, 0x28, 0x29, 0x33, 0x34, 0x35,            /* - = [ ] \ # ; ' ` , . / */
    [0x39] = 0x3A,                                                                              /* caps lock */
    [0x3A] = 0x3B, 0x3C, 0x3D, 0x3E, 0x3F, 0x40, 0x41, 0x42, 0x43, 0x44, 0x57, 0x58,            /* F1 .. F12 */
    [0x46] = KEY_PRINT_SCREEN, 0x46, KEY_PAUSE, KEY_INSERT, KEY_HOME, KEY_PAGE_UP, KEY_DELETE, KEY_END, KEY_PAGE_DOWN,
    [0x4F] = KEY_RIGHT, KEY_LEFT, KEY_DOWN, KEY_UP,
    [0x53] = 0x45, 0x135, 0x37, 0x4A, 0x4E, 0x11C,                                              /* num lock, pad / * - + Enter */
    [0x59] = 0x4F, 0x50, 0x51, 0x4B, 0x4C, 0x4D, 0x47, 0x48, 0x49, 0x52, 0x53,                  /* pad 1 .. 9, 0, . */
    [0x64] = 0x56, 0x15D, 0x15E, 0x59,                                                          /* 102nd key, menu, power, pad = */
    [0x68] = 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x76,            /* F13 .. F24 */
    [0x85] = 0x7E, [0x87] = 0x73, 0x70, 0x7D, 0x79, 0x7B,                                       /* pad comma, Japanese keys */
    [0xE0] = 0x1D, 0x2A, 0x38, 0x15B, 0x11D, 0x36, 0x138, 0x15C,                                /* ctrl shift alt windows, left and right */
};

pc_key_t key_of_usage(unsigned usage)
{
    return usage < COUNT_OF(of_usage) ? of_usage[usage] : KEY_NONE;
}

/* --- character ------------------------------------------------------------------------------------------------------- */

/* Rows of the US keyboard: what the keys from `first` on give without and with shift. */
static const struct { u8 first; const char *plain, *shifted; } us_rows[] = {
    { 0x02, "1234567890-=", "!@#$%^&*()_+" },
    { 0x10, "qwertyuiop[]", "QWERTYUIOP{}" },
    { 0x1E, "asdfghjkl;'`", "ASDFGHJKL:\"~" },
    { 0x2B, "\\zxcvbnm,./", "|ZXCVBNM<>?" },
    { KEY_SPACE, " ", "" }, { KEY_ENTER, "\n", "" }, { KEY_ENTER, "\r", "" }, { KEY_TAB, "\t", "" }, { KEY_BACKSPACE, "\b", "" }, { KEY_ESC, "\x1B", "" },
};

stroke_t stroke_of_character(unsigned character)
{
    for (unsigned i = 0; character && character < 0x80 && i < COUNT_OF(us_rows); i++) {
        const char *plain = strchr(us_rows[i].plain, (int)character), *shifted = strchr(us_rows[i].shifted, (int)character);
        if (plain)   return (stroke_t){ (pc_key_t)(us_rows[i].first + (plain - us_rows[i].plain)), 0 };
        if (shifted) return (stroke_t){ (pc_key_t)(us_rows[i].first + (shifted - us_rows[i].shifted)), WITH_SHIFT };
    }
    return (stroke_t){ KEY_NONE, 0 };
}

/* --- name ------------------------------------------------------------------------------------------------------------ */

static const struct { const char *name; u16 key; } named[] = {
    { "esc", KEY_ESC }, { "escape", KEY_ESC }, { "backspace", KEY_BACKSPACE }, { "tab", KEY_TAB }, { "enter", KEY_ENTER }, { "return", KEY_ENTER },
    { "ret", KEY_ENTER }, { "space", KEY_SPACE }, { "spc", KEY_SPACE }, { "minus", 0x0C }, { "equal", 0x0D }, { "comma", 0x33 }, { "dot", 0x34 },
    { "slash", 0x35 }, { "backslash", 0x2B }, { "semicolon", 0x27 }, { "quote", 0x28 }, { "backquote", 0x29 },
    { "ctrl", KEY_CTRL }, { "control", KEY_CTRL }, { "shift", KEY_SHIFT }, { "alt", KEY_ALT }, { "win", 0x15B }, { "menu", 0x15D },
    { "right-ctrl", 0x11D }, { "right-shift", 0x36 }, { "right-alt", 0x138 }, { "altgr", 0x138 }, { "right-win", 0x15C },
    { "left-ctrl", KEY_CTRL }, { "left-shift", KEY_SHIFT }, { "left-alt", KEY_ALT },
    { "caps-lock", 0x3A }, { "num-lock", 0x45 }, { "scroll-lock", 0x46 }, { "print-screen", KEY_PRINT_SCREEN }, { "sysrq", 0x54 }, { "pause", KEY_PAUSE },
    { "break", 0x146 },                                            /* what ctrl-pause sends */
    { "insert", KEY_INSERT }, { "delete", KEY_DELETE }, { "del", KEY_DELETE }, { "home", KEY_HOME }, { "end", KEY_END },
    { "page-up", KEY_PAGE_UP }, { "page-down", KEY_PAGE_DOWN }, { "pgup", KEY_PAGE_UP }, { "pgdn", KEY_PAGE_DOWN },
    { "up", KEY_UP }, { "down", KEY_DOWN }, { "left", KEY_LEFT }, { "right", KEY_RIGHT },
    { "pad-0", 0x52 }, { "pad-1", 0x4F }, { "pad-2", 0x50 }, { "pad-3", 0x51 }, { "pad-4", 0x4B }, { "pad-5", 0x4C }, { "pad-6", 0x4D }, { "pad-7", 0x47 },
    { "pad-8", 0x48 }, { "pad-9", 0x49 }, { "pad-dot", 0x53 }, { "pad-minus", 0x4A }, { "pad-plus", 0x4E }, { "pad-star", 0x37 }, { "pad-slash", 0x135 },
    { "pad-enter", 0x11C }, { "102nd", 0x56 },
};

static bool same_word(const char *a, const char *b, size_t n)      /* a's first n characters are b, whatever their case */
{
    for (size_t i = 0; i < n; i++)
        if (tolower((unsigned char)a[i]) != (unsigned char)b[i]) return false;
    return b[n] == 0;
}

static pc_key_t key_of_word(const char *word, size_t n)
{
    if (n == 1) {
        stroke_t stroke = stroke_of_character((unsigned)tolower((unsigned char)*word));
        return stroke.with ? KEY_NONE : stroke.key;                /* a key, not a character: no hidden shift */
    }
    if (n <= 3 && tolower((unsigned char)*word) == 'f' && isdigit((unsigned char)word[1])) {
        char *end;
        long number = strtol(word + 1, &end, 10);
        return end == word + n && number >= 1 && number <= 24 ? key_of_usage((unsigned)(number <= 12 ? 0x39 + number : 0x5B + number)) : KEY_NONE;
    }
    for (unsigned i = 0; i < COUNT_OF(named); i++)
        if (same_word(word, named[i].name, n)) return named[i].key;
    return KEY_NONE;
}

pc_key_t key_of_name(const char *name) { return key_of_word(name, strlen(name)); }

/* A hyphen both joins keys and stands in names: the longest name wins. */
unsigned keys_of_chord(const char *text, pc_key_t *keys, unsigned max)
{
    unsigned n = 0;
    while (*text) {
        size_t length = strlen(text);
        pc_key_t key = KEY_NONE;
        for (; length; length--)
            if ((text[length] == 0 || text[length] == '-') && (key = key_of_word(text, length)) != KEY_NONE) break;
        if (!length || n == max) return 0;
        keys[n++] = key;
        if (text[length] == '-' && !text[length + 1]) return 0;
        text += length + (text[length] == '-');
    }
    return n;
}
