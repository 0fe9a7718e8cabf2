/* terminal_keys.c - control characters, ESC for Alt, and the function key sequences of xterm ("XTerm Control Sequences",
 * PC-Style Function Keys), of the Linux console (console_codes(4)) and of rxvt.
 *
 * A terminal cannot tell Ctrl+I from Tab or Ctrl+M from Enter, nor report a key going up, a lone modifier, or Ctrl with
 * a digit.  Characters outside ASCII have no key on a US keyboard and are dropped. */
#include "frontend/terminal_keys.h"

enum { ESC = 0x1B, ALONE_NS = 50000000 };

/* CSI number ~ : what the numbers stand for (0: none). */
static const u16 of_number[] = { [1] = KEY_HOME, KEY_INSERT, KEY_DELETE, KEY_END, KEY_PAGE_UP, KEY_PAGE_DOWN, KEY_HOME, KEY_END,
    [11] = KEY_F1, KEY_F1 + 1, KEY_F1 + 2, KEY_F1 + 3, KEY_F1 + 4, [17] = KEY_F1 + 5, KEY_F1 + 6, KEY_F1 + 7, KEY_F1 + 8, KEY_F1 + 9,
    [23] = KEY_F11, KEY_F12 };

static pc_key_t of_letter(u8 letter)                       /* CSI letter, SS3 letter */
{
    switch (letter) {
    case 'A': return KEY_UP;
    case 'B': return KEY_DOWN;
    case 'C': return KEY_RIGHT;
    case 'D': return KEY_LEFT;
    case 'E': return 0x4C;                                 /* the 5 of the pad */
    case 'F': return KEY_END;
    case 'H': return KEY_HOME;
    case 'P': case 'Q': case 'R': case 'S': return (pc_key_t)(KEY_F1 + letter - 'P');
    case 'M': return 0x11C;                                /* Enter of the pad */
    case 'Z': return KEY_TAB;
    default:  return KEY_NONE;
    }
}

/* xterm's modifier parameter is 1 + shift 1 + alt 2 + ctrl 4. */
static u8 modifiers(u32 parameter)
{
    u32 m = parameter ? parameter - 1 : 0;
    return (u8)((m & 1 ? WITH_SHIFT : 0) | (m & 2 ? WITH_ALT : 0) | (m & 4 ? WITH_CTRL : 0));
}

/* ESC [ ... final  or  ESC O final; n bytes, the last one is the final. */
static stroke_t of_sequence(const u8 *b, u32 n)
{
    u32 parameter[3] = { 0 }, at = 0;
    if (n == 4 && b[1] == '[' && b[2] == '[') return (stroke_t){ b[3] >= 'A' && b[3] <= 'E' ? (pc_key_t)(KEY_F1 + b[3] - 'A') : KEY_NONE, 0 };
    for (u32 i = 2; i < n - 1; i++) {
        if (b[i] == ';' && at < 2) at++;
        else if (b[i] >= '0' && b[i] <= '9' && parameter[at] < 1000) parameter[at] = parameter[at] * 10 + b[i] - '0';
    }
    u8 final = b[n - 1];
    if (final == '~' || final == '$' || final == '^' || final == '@') {            /* rxvt: $ shift, ^ ctrl, @ both */
        u8 with = final == '~' ? modifiers(parameter[1]) : (u8)((final != '^' ? WITH_SHIFT : 0) | (final != '$' ? WITH_CTRL : 0));
        return (stroke_t){ parameter[0] < COUNT_OF(of_number) ? of_number[parameter[0]] : KEY_NONE, with };
    }
    if (final >= 'a' && final <= 'd') return (stroke_t){ of_letter((u8)(final - 0x20)), b[1] == 'O' ? WITH_CTRL : WITH_SHIFT };   /* rxvt */
    return (stroke_t){ of_letter(final), (u8)(modifiers(parameter[1]) | (final == 'Z' ? WITH_SHIFT : 0)) };
}

/* A single byte without ESC before it. */
static stroke_t of_byte(u8 byte)
{
    if (byte == 0x7F) return (stroke_t){ KEY_BACKSPACE, 0 };
    if (byte == 0x08) return (stroke_t){ KEY_BACKSPACE, WITH_CTRL };
    if (byte == 0x00) return (stroke_t){ KEY_SPACE, WITH_CTRL };
    if (byte == '\r' || byte == '\t' || byte == ESC || (byte >= 0x20 && byte < 0x7F)) return stroke_of_character(byte);
    if (byte >= 0x80) return (stroke_t){ KEY_NONE, 0 };
    stroke_t stroke = stroke_of_character(byte < 0x1B ? (u8)(byte + 0x60) : (u8)(byte + 0x40));    /* ^A .. ^Z, ^\ ^] ^^ ^_ */
    stroke.with |= WITH_CTRL;
    return stroke;
}

static bool finished(const terminal_keys_t *t)
{
    const u8 *b = t->bytes;
    u8 last = b[t->n - 1];
    if (b[0] != ESC) return true;
    if (t->n == 1) return false;
    if (b[1] != '[' && b[1] != 'O') return b[1] != ESC || t->n > 2;                /* Alt + a character */
    if (t->n == 2) return false;
    if (t->n == 3 && b[1] == '[' && last == '[') return false;                     /* Linux console: ESC [ [ A */
    return last == '$' || (last >= 0x40 && last <= 0x7E) || t->n == sizeof t->bytes;
}

static stroke_t meant(const terminal_keys_t *t)
{
    const u8 *b = t->bytes;
    if (b[0] != ESC || t->n == 1) return of_byte(b[0]);
    if (t->n > 2) return of_sequence(b, t->n);
    stroke_t stroke = of_byte(b[1]);
    stroke.with |= WITH_ALT;
    return stroke;
}

bool terminal_key(terminal_keys_t *t, u8 byte, u64 now, stroke_t *stroke)
{
    if (t->n == 2 && t->bytes[0] == ESC && t->bytes[1] == ESC) t->n = 1;           /* ESC ESC [ A: Alt is lost, the key is not */
    if (t->n == 0) t->since = now;
    t->bytes[t->n++] = byte;
    if (!finished(t)) return false;
    *stroke = meant(t);
    t->n = 0;
    return stroke->key != KEY_NONE;
}

bool terminal_key_alone(terminal_keys_t *t, u64 now, stroke_t *stroke)
{
    if (t->n == 0 || now - t->since < ALONE_NS) return false;
    *stroke = meant(&(terminal_keys_t){ .bytes = { t->bytes[0], t->bytes[1] }, .n = t->n < 2 ? t->n : 2 });
    t->n = 0;
    return stroke->key != KEY_NONE;
}
