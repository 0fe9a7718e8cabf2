/* test_keymap.c - keys by position, by character and by name; typed keys over time; a terminal's bytes. */
#include "frontend/keymap.h"
#include "frontend/terminal_keys.h"
#include "frontend/typist.h"
#include "tests/run_all.h"
#include <check.h>
#include <stdio.h>

/* USB HID usage tables 1.12, page 07h, beside Microsoft's "Keyboard Scan Code Specification" 1.3a, set 1. */
START_TEST(usages_are_set_1_make_codes)
{
    static const struct { unsigned usage; pc_key_t key; } rows[] = {
        { 0x04, 0x1E }, { 0x1D, 0x2C }, { 0x1E, 0x02 }, { 0x27, 0x0B }, { 0x28, 0x1C }, { 0x29, 0x01 }, { 0x2A, 0x0E }, { 0x2B, 0x0F }, { 0x2C, 0x39 },
        { 0x2D, 0x0C }, { 0x31, 0x2B }, { 0x33, 0x27 }, { 0x35, 0x29 }, { 0x38, 0x35 }, { 0x39, 0x3A }, { 0x3A, 0x3B }, { 0x43, 0x44 }, { 0x44, 0x57 }, { 0x45, 0x58 },
        { 0x46, 0x137 }, { 0x47, 0x46 }, { 0x48, 0x1E1 }, { 0x49, 0x152 }, { 0x4A, 0x147 }, { 0x4B, 0x149 }, { 0x4C, 0x153 }, { 0x4D, 0x14F }, { 0x4E, 0x151 },
        { 0x4F, 0x14D }, { 0x50, 0x14B }, { 0x51, 0x150 }, { 0x52, 0x148 }, { 0x53, 0x45 }, { 0x54, 0x135 }, { 0x55, 0x37 }, { 0x56, 0x4A }, { 0x57, 0x4E },
        { 0x58, 0x11C }, { 0x59, 0x4F }, { 0x5D, 0x4C }, { 0x61, 0x49 }, { 0x62, 0x52 }, { 0x63, 0x53 }, { 0x64, 0x56 }, { 0x65, 0x15D },
        { 0xE0, 0x1D }, { 0xE1, 0x2A }, { 0xE2, 0x38 }, { 0xE3, 0x15B }, { 0xE4, 0x11D }, { 0xE5, 0x36 }, { 0xE6, 0x138 }, { 0xE7, 0x15C },
        { 0x00, 0 }, { 0x01, 0 }, { 0xFF, 0 }, { 0x100, 0 }, { 100000, 0 },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        ck_assert_msg(key_of_usage(rows[i].usage) == rows[i].key, "usage %02X is key %X, not %X", rows[i].usage, key_of_usage(rows[i].usage), rows[i].key);
}
END_TEST

/* Set 1 codes of a US keyboard without and with shift (IBM PS/2 Hardware Interface Technical Reference, keyboard): the
 * test's own table, read the other way round. */
static char us_keyboard(pc_key_t key, bool shift)
{
    static const char plain[] = "\0\x1B" "1234567890-=\b\tqwertyuiop[]\n\0asdfghjkl;'`\0\\zxcvbnm,./\0\0\0 ";
    static const char shifted[] = "\0\x1B" "!@#$%^&*()_+\b\tQWERTYUIOP{}\n\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0\0\0 ";
    return key < sizeof plain - 1 ? (shift ? shifted : plain)[key] : 0;
}

START_TEST(every_ascii_character_types_itself)
{
    for (unsigned c = ' '; c < 0x7F; c++) {
        stroke_t s = stroke_of_character(c);
        ck_assert_msg(s.key != KEY_NONE && us_keyboard(s.key, s.with & WITH_SHIFT) == (char)c, "%c comes from key %X with %X", c, s.key, s.with);
    }
    ck_assert_uint_eq(stroke_of_character('\n').key, KEY_ENTER);
    ck_assert_uint_eq(stroke_of_character('\r').key, KEY_ENTER);
    ck_assert_uint_eq(stroke_of_character('\t').key, KEY_TAB);
    ck_assert_uint_eq(stroke_of_character('\b').key, KEY_BACKSPACE);
    ck_assert_uint_eq(stroke_of_character(0x1B).key, KEY_ESC);
    static const unsigned no_key[] = { 0, 1, 0x7F, 0x80, 0xE4, 0x20AC };
    for (unsigned i = 0; i < COUNT_OF(no_key); i++) ck_assert_uint_eq(stroke_of_character(no_key[i]).key, KEY_NONE);
}
END_TEST

START_TEST(chords_are_keys_joined_by_hyphens)
{
    static const struct { const char *text; unsigned n; pc_key_t keys[3]; } rows[] = {
        { "ctrl-alt-delete", 3, { KEY_CTRL, KEY_ALT, KEY_DELETE } }, { "Ctrl-C", 2, { KEY_CTRL, 0x2E } }, { "f1", 1, { 0x3B } }, { "F12", 1, { 0x58 } }, { "enter", 1, { 0x1C } },
        { "right-alt-a", 2, { 0x138, 0x1E } }, { "page-up", 1, { 0x149 } }, { "shift-page-down", 2, { KEY_SHIFT, 0x151 } }, { "ctrl-minus", 2, { KEY_CTRL, 0x0C } },
        { "/", 1, { 0x35 } }, { "alt-;", 2, { KEY_ALT, 0x27 } }, { "pad-minus", 1, { 0x4A } }, { "pause", 1, { KEY_PAUSE } }, { "-", 1, { 0x0C } }, { "right", 1, { KEY_RIGHT } },
        { "", 0, { 0 } }, { "ctrl-", 0, { 0 } }, { "ctrl--", 2, { KEY_CTRL, 0x0C } }, { "f0", 0, { 0 } }, { "f25", 0, { 0 } }, { "nokey", 0, { 0 } }, { "ctrl-nokey", 0, { 0 } }, { "!", 0, { 0 } },
        { "a-b-c-d", 0, { 0 } },          /* more than there is room for */
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        pc_key_t keys[3] = { 0 };
        unsigned n = keys_of_chord(rows[i].text, keys, 3);
        ck_assert_msg(n == rows[i].n && memcmp(keys, rows[i].keys, n * sizeof *keys) == 0, "\"%s\" gives %u keys: %X %X %X", rows[i].text, n, keys[0], keys[1], keys[2]);
    }
}
END_TEST

START_TEST(typed_keys_go_down_and_up_in_order_with_time_between)
{
    static typist_t t;
    static const struct { pc_key_t key; bool down; } rows[] = { { KEY_SHIFT, true }, { 0x1E, true }, { 0x1E, false }, { KEY_SHIFT, false }, { 0x30, true }, { 0x30, false } };
    t = (typist_t){ .head = UINT32_MAX, .tail = UINT32_MAX };        /* the counters run over */
    ck_assert(typist_stroke(&t, stroke_of_character('A')) && typist_stroke(&t, stroke_of_character('b')));
    u64 at = 0, down_since = 0;
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        pc_key_t key = 0;
        bool down = false;
        while (!typist_next(&t, at, &key, &down)) at += 1000000;
        ck_assert_msg(key == rows[i].key && down == rows[i].down, "step %u", i);
        if (down) down_since = at;
        else ck_assert_msg(at - down_since >= 20000000, "key %X was down for %llu ns", key, (unsigned long long)(at - down_since));
    }
    ck_assert(!typist_idle(&t, at) && typist_idle(&t, at + 100000000));
}
END_TEST

START_TEST(a_full_typist_takes_nothing_more_and_loses_nothing)
{
    static typist_t t;
    t = (typist_t){ 0 };
    unsigned taken = 0, seen = 0;
    while (typist_stroke(&t, stroke_of_character('x'))) taken++;
    ck_assert_uint_eq(taken, TYPIST_STEPS / 2);
    pc_key_t key;
    bool down;
    for (u64 at = 0; !typist_idle(&t, at); at += 10000000)
        while (typist_next(&t, at, &key, &down)) seen += down;
    ck_assert_uint_eq(seen, taken);
}
END_TEST

/* XTerm Control Sequences, "PC-Style Function Keys"; console_codes(4); rxvtRef. */
static const struct { const char *bytes; pc_key_t key; u8 with; } from_terminal[] = {
    { "a", 0x1E, 0 }, { "A", 0x1E, WITH_SHIFT }, { "\r", KEY_ENTER, 0 }, { "\t", KEY_TAB, 0 }, { "\x7F", KEY_BACKSPACE, 0 }, { "\x03", 0x2E, WITH_CTRL },
    { "\x1C", 0x2B, WITH_CTRL }, { "\x1F", 0x0C, WITH_CTRL | WITH_SHIFT }, { "\x1Bx", 0x2D, WITH_ALT }, { "\x1B\r", KEY_ENTER, WITH_ALT },
    { "\x1B[A", KEY_UP, 0 }, { "\x1BOA", KEY_UP, 0 }, { "\x1B[1;5D", KEY_LEFT, WITH_CTRL }, { "\x1B[1;2C", KEY_RIGHT, WITH_SHIFT }, { "\x1B[1;3B", KEY_DOWN, WITH_ALT },
    { "\x1BOP", 0x3B, 0 }, { "\x1BOS", 0x3E, 0 }, { "\x1B[11~", 0x3B, 0 }, { "\x1B[15~", 0x3F, 0 }, { "\x1B[17~", 0x40, 0 }, { "\x1B[21~", 0x44, 0 }, { "\x1B[23~", 0x57, 0 },
    { "\x1B[24~", 0x58, 0 }, { "\x1B[24;5~", 0x58, WITH_CTRL }, { "\x1B[1;2P", 0x3B, WITH_SHIFT }, { "\x1B[[A", 0x3B, 0 }, { "\x1B[[E", 0x3F, 0 },
    { "\x1B[2~", KEY_INSERT, 0 }, { "\x1B[3~", KEY_DELETE, 0 }, { "\x1B[5~", KEY_PAGE_UP, 0 }, { "\x1B[6~", KEY_PAGE_DOWN, 0 }, { "\x1B[H", KEY_HOME, 0 }, { "\x1B[F", KEY_END, 0 },
    { "\x1B[1~", KEY_HOME, 0 }, { "\x1B[4~", KEY_END, 0 }, { "\x1B[Z", KEY_TAB, WITH_SHIFT }, { "\x1B[3^", KEY_DELETE, WITH_CTRL }, { "\x1B[3$", KEY_DELETE, WITH_SHIFT },
    { "\x1BOa", KEY_UP, WITH_CTRL }, { "\x1B[a", KEY_UP, WITH_SHIFT }, { "\x1B\x1B[A", KEY_UP, 0 },
};

START_TEST(terminal_bytes_are_keys)
{
    terminal_keys_t t = { .n = 0 };
    stroke_t s = { 0, 0 };
    unsigned keys = 0;
    for (const char *at = from_terminal[_i].bytes; *at; at++) keys += terminal_key(&t, (u8)*at, 0, &s);
    ck_assert_msg(keys == 1 && s.key == from_terminal[_i].key && s.with == from_terminal[_i].with, "ESC%s gives %u keys, the last %X with %X", from_terminal[_i].bytes + 1, keys, s.key, s.with);
    ck_assert_uint_eq(t.n, 0);
}
END_TEST

START_TEST(escape_alone_is_the_escape_key_after_a_while)
{
    terminal_keys_t t = { .n = 0 };
    stroke_t s;
    ck_assert(!terminal_key(&t, 0x1B, 1000, &s));
    ck_assert(!terminal_key_alone(&t, 2000, &s));
    ck_assert(terminal_key_alone(&t, 100000000, &s) && s.key == KEY_ESC && s.with == 0);
    ck_assert(!terminal_key_alone(&t, 200000000, &s));
}
END_TEST

/* Whatever a terminal or a pipe sends: no sequence outgrows the buffer, every key is one of the keyboard's. */
START_TEST(any_bytes_are_survived)
{
    terminal_keys_t t = { .n = 0 };
    stroke_t s;
    u32 random = 1;
    unsigned wrong = 0;
    for (unsigned i = 0; i < 1000000; i++) {
        random = random * 1664525 + 1013904223;
        u8 byte = (u8)(random >> 24);
        if (random >> 16 & 1) byte = (u8)"\x1B[O;129~A"[byte % 9];
        if (terminal_key(&t, byte, i, &s)) wrong += s.key == KEY_NONE || s.key >= N_KEYS;
        wrong += t.n > sizeof t.bytes;
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("keys");
    tcase_add_test(tc, usages_are_set_1_make_codes);
    tcase_add_test(tc, every_ascii_character_types_itself);
    tcase_add_test(tc, chords_are_keys_joined_by_hyphens);
    tcase_add_test(tc, typed_keys_go_down_and_up_in_order_with_time_between);
    tcase_add_test(tc, a_full_typist_takes_nothing_more_and_loses_nothing);
    tcase_add_loop_test(tc, terminal_bytes_are_keys, 0, (int)COUNT_OF(from_terminal));
    tcase_add_test(tc, escape_alone_is_the_escape_key_after_a_while);
    tcase_add_test(tc, any_bytes_are_survived);
    Suite *suite = suite_create("keymap");
    suite_add_tcase(suite, tc);
    return run_all(suite);
}
