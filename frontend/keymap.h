/* keymap.h - which key of the guest's keyboard is meant: by position, by name, by character. */
#pragma once
#include "devices/pc.h"

/* The keys the frontend itself speaks of; the numbers are pc_key_t's: set 1 make codes, 0x100 for E0 keys. */
enum {
    KEY_NONE = 0, KEY_ESC = 0x01, KEY_BACKSPACE = 0x0E, KEY_TAB = 0x0F, KEY_ENTER = 0x1C, KEY_CTRL = 0x1D, KEY_SHIFT = 0x2A, KEY_ALT = 0x38,
    KEY_SPACE = 0x39, KEY_F1 = 0x3B, KEY_F11 = 0x57, KEY_F12 = 0x58, KEY_HOME = 0x147, KEY_UP = 0x148, KEY_PAGE_UP = 0x149, KEY_LEFT = 0x14B,
    KEY_RIGHT = 0x14D, KEY_END = 0x14F, KEY_DOWN = 0x150, KEY_PAGE_DOWN = 0x151, KEY_INSERT = 0x152, KEY_DELETE = 0x153,
    KEY_PRINT_SCREEN = 0x137, KEY_PAUSE = 0x1E1, N_KEYS = 0x200
};

/* Keys to hold while another is pressed. */
enum { WITH_SHIFT = 1, WITH_CTRL = 2, WITH_ALT = 4 };
typedef struct { pc_key_t key; u8 with; } stroke_t;

/* By position: a key of USB's HID usage page 7, which is what SDL's scancodes are.  KEY_NONE: the guest has no such key. */
pc_key_t key_of_usage(unsigned usage);
/* By character, on a US keyboard: printable ASCII, \n and \r (Enter), \t, \b, 1Bh.  key KEY_NONE: cannot be typed. */
stroke_t stroke_of_character(unsigned character);
/* By name: a letter, a digit or another character, f1..f24, enter, ctrl, right-alt ...; upper or lower case. */
pc_key_t key_of_name(const char *name);
/* "ctrl-alt-delete": at most max keys, in the order they are pressed; 0: not understood.  "-" itself is called minus. */
unsigned keys_of_chord(const char *text, pc_key_t *keys, unsigned max);
