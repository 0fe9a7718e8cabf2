/* keyboard.c - the enhanced keyboard of the PS/2, as seen at the end of its cable.
 *
 * Document: IBM PS/2 Hardware Interface Technical Reference (1990), "Keyboards (101- and 102-Key)": scan code tables with their
 * shift states, commands, typematic rates, the 16-byte buffer with its overrun code.  Codes of keys newer than that from
 * Microsoft's "Keyboard Scan Code Specification" 1.3a.
 *
 * Differs: the self-test takes 10 ms (500 on a keyboard), so that firmware starts quickly; at power-on its AAh is not sent,
 * because the controller keeps the cable quiet until firmware resets the keyboard anyway. */
#include "devices/keyboard.h"

enum { BUFFER = 16, ACK = 0xFA, RESEND = 0xFE, PASSED = 0xAA, BAT_NS = 10000000, DEFAULT_RATE = 0x2B };
enum { BREAK = 0xF0, E0 = 0xE0, E1 = 0xE1 };
enum { KEY_PAUSE = 0x1E1, KEY_PRINT = 0x137, KEY_SYSRQ = 0x54, KEY_DIVIDE = 0x135 };
enum { TYPEMATIC = 1, BREAKS = 2 };                          /* how3 */

/* Set 1 make code to set 2 make code; E0h keys follow the same table. */
static const u8 set_2_of[128] = {
    0x00, 0x76, 0x16, 0x1E, 0x26, 0x25, 0x2E, 0x36, 0x3D, 0x3E, 0x46, 0x45, 0x4E, 0x55, 0x66, 0x0D,   /* 00: Esc 1..0 - = Bksp Tab */
    0x15, 0x1D, 0x24, 0x2D, 0x2C, 0x35, 0x3C, 0x43, 0x44, 0x4D, 0x54, 0x5B, 0x5A, 0x14, 0x1C, 0x1B,   /* 10: Q..] Enter Ctrl A S */
    0x23, 0x2B, 0x34, 0x33, 0x3B, 0x42, 0x4B, 0x4C, 0x52, 0x0E, 0x12, 0x5D, 0x1A, 0x22, 0x21, 0x2A,   /* 20: D..` Shift \ Z X C V */
    0x32, 0x31, 0x3A, 0x41, 0x49, 0x4A, 0x59, 0x7C, 0x11, 0x29, 0x58, 0x05, 0x06, 0x04, 0x0C, 0x03,   /* 30: B../ RShift * Alt Space Caps F1..F5 */
    0x0B, 0x83, 0x0A, 0x01, 0x09, 0x77, 0x7E, 0x6C, 0x75, 0x7D, 0x7B, 0x6B, 0x73, 0x74, 0x79, 0x69,   /* 40: F6..F10 Num Scroll keypad */
    0x72, 0x7A, 0x70, 0x71, 0x84, 0x60, 0x61, 0x78, 0x07, 0x0F, 0x17, 0x1F, 0x27, 0x2F, 0x37, 0x3F,   /* 50: ... 102nd key F11 F12, Windows keys */
    0x47, 0x4F, 0x56, 0x5E, 0x08, 0x10, 0x18, 0x20, 0x28, 0x30, 0x38, 0x40, 0x48, 0x50, 0x57, 0x6F,   /* 60: F13.. */
    0x13, 0x19, 0x39, 0x51, 0x53, 0x5C, 0x5F, 0x62, 0x63, 0x64, 0x65, 0x67, 0x68, 0x6A, 0x6D, 0x6E,   /* 70: Japanese and Korean keys */
};

/* Set 1 make code to set 3; 0: no such key. */
static const u8 set_3_of[128] = {
    0x00, 0x08, 0x16, 0x1E, 0x26, 0x25, 0x2E, 0x36, 0x3D, 0x3E, 0x46, 0x45, 0x4E, 0x55, 0x66, 0x0D,
    0x15, 0x1D, 0x24, 0x2D, 0x2C, 0x35, 0x3C, 0x43, 0x44, 0x4D, 0x54, 0x5B, 0x5A, 0x11, 0x1C, 0x1B,
    0x23, 0x2B, 0x34, 0x33, 0x3B, 0x42, 0x4B, 0x4C, 0x52, 0x0E, 0x12, 0x5C, 0x1A, 0x22, 0x21, 0x2A,
    0x32, 0x31, 0x3A, 0x41, 0x49, 0x4A, 0x59, 0x7E, 0x19, 0x29, 0x14, 0x07, 0x0F, 0x17, 0x1F, 0x27,
    0x2F, 0x37, 0x3F, 0x47, 0x4F, 0x76, 0x5F, 0x6C, 0x75, 0x7D, 0x84, 0x6B, 0x73, 0x74, 0x7C, 0x69,
    0x72, 0x7A, 0x70, 0x71, 0x57, 0x00, 0x13, 0x56, 0x5E, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
};
/* E0h keys in set 3 have codes of their own. */
static const struct { u8 set_1, set_3; } extended_3[] = {
    { 0x1C, 0x79 }, { 0x1D, 0x58 }, { 0x35, 0x77 }, { 0x37, 0x57 }, { 0x38, 0x39 }, { 0x46, 0x62 }, { 0x47, 0x6E }, { 0x48, 0x63 },
    { 0x49, 0x6F }, { 0x4B, 0x61 }, { 0x4D, 0x6A }, { 0x4F, 0x65 }, { 0x50, 0x60 }, { 0x51, 0x6D }, { 0x52, 0x67 }, { 0x53, 0x64 },
    { 0x5B, 0x8B }, { 0x5C, 0x8C }, { 0x5D, 0x8D },
};
/* Set 3 after reset: these make and break, these only make, all others repeat ("Default" column of the set 3 table). */
static const u8 default_make_break[] = { 0x11, 0x12, 0x14, 0x19, 0x59 };
static const u8 default_make[] = {
    0x07, 0x08, 0x0F, 0x17, 0x1F, 0x27, 0x2F, 0x37, 0x39, 0x3F, 0x47, 0x4F, 0x56, 0x57, 0x58, 0x5E, 0x5F, 0x62, 0x65, 0x67, 0x69, 0x6B,
    0x6C, 0x6D, 0x6E, 0x6F, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x79, 0x7A, 0x7D, 0x7E, 0x84, 0x8B, 0x8C, 0x8D,
};

static u8 code_3(u16 key)
{
    if (key == KEY_PAUSE)
        return 0x62;
    if (!(key & 0x100))
        return set_3_of[key & 0x7F];
    for (unsigned i = 0; i < COUNT_OF(extended_3); i++)
        if (extended_3[i].set_1 == (key & 0x7F))
            return extended_3[i].set_3;
    return 0;
}

/* ---- bytes to the controller ---- */

static void tell(keyboard_t *kb) { line_set(&kb->attention, kb->count || kb->reply_count); }

static void reply(keyboard_t *kb, u8 byte)
{
    if (kb->reply_count < sizeof kb->reply)
        kb->reply[(kb->reply_first + kb->reply_count++) & 7] = byte;
    tell(kb);
}

/* A sequence goes into the buffer whole, or an overrun code takes its place. */
static void put_codes(keyboard_t *kb, const u8 *codes, u8 n)
{
    if (kb->count > BUFFER)
        return;                                              /* overrun already noted */
    if (kb->count + n > BUFFER) {
        kb->buffer[(kb->first + kb->count++) & 31] = kb->set == 1 ? 0xFF : 0x00;
        return;
    }
    for (u8 i = 0; i < n; i++)
        kb->buffer[(kb->first + kb->count++) & 31] = codes[i];
    tell(kb);
}

static bool ready(void *device) { const keyboard_t *kb = device; return kb->count || kb->reply_count; }

static u8 take(void *device)
{
    keyboard_t *kb = device;
    if (kb->reply_count) {
        kb->last_sent = kb->reply[kb->reply_first & 7];
        kb->reply_first = (kb->reply_first + 1) & 7;
        kb->reply_count--;
    } else if (kb->count) {
        kb->last_sent = kb->buffer[kb->first & 31];
        kb->first = (kb->first + 1) & 31;
        kb->count--;
    }
    tell(kb);
    return kb->last_sent;
}

/* ---- from keys to codes ---- */

static bool held(const keyboard_t *kb, u16 key) { return kb->down[(key >> 3) & 63] >> (key & 7) & 1; }

typedef struct { u8 codes[16]; u8 n; } sequence_t;

static void add(sequence_t *s, u8 code) { if (s->n < sizeof s->codes) s->codes[s->n++] = code; }

/* One make or break code in sets 1 and 2, with its prefix. */
static void add_key(const keyboard_t *kb, sequence_t *s, u8 prefix, u8 set_1, bool down)
{
    if (prefix)
        add(s, prefix);
    if (kb->set == 1) {
        add(s, (u8)((set_1 & 0x7F) | (down ? 0 : 0x80)));
        return;
    }
    if (!down)
        add(s, BREAK);
    add(s, set_2_of[set_1 & 0x7F]);
}

/* The keys between typewriter and keypad, and the keypad's slash, pretend that Shift is as the 84-key keyboard would have needed it
 * ("Base case, shift case, Num Lock on" columns).  want: the state to pretend for the key's code; false: nothing to pretend. */
static bool pretends(const keyboard_t *kb, u16 key, bool *want_shift)
{
    bool shift = held(kb, 0x2A) || held(kb, 0x36), num = kb->leds & KEYBOARD_LED_NUM;
    bool grey = key >= 0x147 && key <= 0x153 && key != 0x14A && key != 0x14C && key != 0x14E;
    if (!grey && key != KEY_DIVIDE)
        return false;
    *want_shift = !shift;
    return key == KEY_DIVIDE ? shift : shift != num;
}

static void add_shifts(const keyboard_t *kb, sequence_t *s, bool down, bool want_shift)
{
    if (want_shift) {                                        /* none is held, Num Lock is on */
        add_key(kb, s, E0, 0x2A, down);
        return;
    }
    if (held(kb, 0x2A)) add_key(kb, s, E0, 0x2A, !down);
    if (held(kb, 0x36)) add_key(kb, s, E0, 0x36, !down);
}

static void print_screen(keyboard_t *kb, sequence_t *s, bool down)
{
    bool alt = held(kb, 0x38) || held(kb, 0x138);
    bool plain = !(held(kb, 0x2A) || held(kb, 0x36) || held(kb, 0x1D) || held(kb, 0x11D));
    if (down)
        kb->sys_rq = alt;
    if (kb->sys_rq) {
        add_key(kb, s, 0, KEY_SYSRQ, down);
        return;
    }
    if (plain && down) add_key(kb, s, E0, 0x2A, true);
    add_key(kb, s, E0, 0x37, down);
    if (plain && !down) add_key(kb, s, E0, 0x2A, false);
}

/* Pause sends make and break at once and never repeats; with Ctrl it is Break. */
static void pause(const keyboard_t *kb, sequence_t *s)
{
    if (held(kb, 0x1D) || held(kb, 0x11D)) {
        add_key(kb, s, E0, 0x46, true);
        add_key(kb, s, E0, 0x46, false);
        return;
    }
    add_key(kb, s, E1, 0x1D, true);
    add_key(kb, s, 0, 0x45, true);
    add_key(kb, s, E1, 0x1D, false);
    add_key(kb, s, 0, 0x45, false);
}

static void codes_1_2(keyboard_t *kb, sequence_t *s, u16 key, bool down, bool repeated)
{
    bool want_shift = false;
    if (key == KEY_PAUSE) {
        if (down) pause(kb, s);
    } else if (key == KEY_PRINT && !repeated) {
        print_screen(kb, s, down);
    } else {
        bool shifts = !repeated && pretends(kb, key, &want_shift);
        if (shifts && down) add_shifts(kb, s, true, want_shift);
        bool sys_rq = key == KEY_PRINT && kb->sys_rq;
        add_key(kb, s, key & 0x100 && !sys_rq ? E0 : 0, sys_rq ? KEY_SYSRQ : (u8)key, down);
        if (shifts && !down) add_shifts(kb, s, false, want_shift);
    }
}

static u8 manner_3(const keyboard_t *kb, u16 key)
{
    u8 code = code_3(key);
    return code < sizeof kb->how3 ? kb->how3[code] : 0;
}

static void codes_3(const keyboard_t *kb, sequence_t *s, u16 key, bool down)
{
    u8 code = code_3(key);
    if (!code || (!down && !(manner_3(kb, key) & BREAKS)))
        return;
    if (!down)
        add(s, BREAK);
    add(s, code);
}

static void report(keyboard_t *kb, u16 key, bool down, bool repeated)
{
    sequence_t s = { .n = 0 };
    if (kb->set == 3)
        codes_3(kb, &s, key, down);
    else
        codes_1_2(kb, &s, key, down, repeated);
    if (s.n)
        put_codes(kb, s.codes, s.n);
}

/* ---- typematic ---- */

static u64 delay(const keyboard_t *kb) { return ((kb->rate >> 5 & 3) + 1u) * 250000000ull; }
/* "Set typematic rate/delay": period = (8 + A) * 2^B / 240 s. */
static u64 period(const keyboard_t *kb) { return (8u + (kb->rate & 7)) * (1ull << (kb->rate >> 3 & 3)) * 1000000000ull / 240; }

static void repeat(void *chip)
{
    keyboard_t *kb = chip;
    if (!kb->repeating || !kb->scanning)
        return;
    report(kb, kb->repeating, true, true);
    alarm_set(&kb->repeat, kb->clock->now + period(kb));
}

static void stop_repeating(keyboard_t *kb)
{
    kb->repeating = 0;
    alarm_clear(&kb->repeat);
}

static void start_repeating(keyboard_t *kb, u16 key)
{
    stop_repeating(kb);
    if (key == KEY_PAUSE || (kb->set == 3 && !(manner_3(kb, key) & TYPEMATIC)))
        return;
    kb->repeating = key;
    alarm_set(&kb->repeat, kb->clock->now + delay(kb));
}

void keyboard_key(keyboard_t *kb, u16 key, bool down)
{
    if (key == 0 || key > 0x1FF || (key & 0x80 && key != KEY_PAUSE) || held(kb, key) == down)
        return;
    if (!down)
        kb->down[key >> 3 & 63] &= (u8)~(1u << (key & 7));
    if (kb->scanning) {
        report(kb, key, down, false);
        if (down) start_repeating(kb, key);
    }
    if (!down && kb->repeating == key)
        stop_repeating(kb);
    if (down)
        kb->down[key >> 3 & 63] |= (u8)(1u << (key & 7));
}

u8 keyboard_leds(const keyboard_t *kb) { return kb->leds; }

/* ---- commands ---- */

static void set_all(keyboard_t *kb, u8 manner) { memset(kb->how3, manner, sizeof kb->how3); }

static void defaults(keyboard_t *kb)
{
    kb->rate = DEFAULT_RATE;
    kb->set = 2;
    set_all(kb, TYPEMATIC);
    for (unsigned i = 0; i < COUNT_OF(default_make_break); i++)
        kb->how3[default_make_break[i]] = BREAKS;
    for (unsigned i = 0; i < COUNT_OF(default_make); i++)
        kb->how3[default_make[i]] = 0;
    stop_repeating(kb);
}

static void clear(keyboard_t *kb) { kb->first = kb->count = kb->reply_first = kb->reply_count = 0; }

static void finish_bat(void *chip)
{
    keyboard_t *kb = chip;
    kb->scanning = true;
    reply(kb, PASSED);
}

static void do_reset(keyboard_t *kb)
{
    clear(kb);
    reply(kb, ACK);
    defaults(kb);
    kb->leds = 0;
    kb->scanning = false;
    alarm_set(&kb->bat, kb->clock->now + BAT_NS);
}

static void do_echo(keyboard_t *kb)   { reply(kb, 0xEE); }
static void do_id(keyboard_t *kb)     { reply(kb, ACK); reply(kb, 0xAB); reply(kb, 0x83); }
static void do_enable(keyboard_t *kb) { clear(kb); kb->scanning = true; stop_repeating(kb); reply(kb, ACK); }
static void do_disable(keyboard_t *kb){ clear(kb); defaults(kb); kb->scanning = false; reply(kb, ACK); }
static void do_default(keyboard_t *kb){ clear(kb); defaults(kb); reply(kb, ACK); }
static void do_resend(keyboard_t *kb) { reply(kb, kb->last_sent); }
static void do_all_t(keyboard_t *kb)  { set_all(kb, TYPEMATIC);          reply(kb, ACK); }
static void do_all_mb(keyboard_t *kb) { set_all(kb, BREAKS);             reply(kb, ACK); }
static void do_all_m(keyboard_t *kb)  { set_all(kb, 0);                  reply(kb, ACK); }
static void do_all_tmb(keyboard_t *kb){ set_all(kb, TYPEMATIC | BREAKS); reply(kb, ACK); }

static void do_wait(keyboard_t *kb)   { reply(kb, ACK); }             /* a parameter follows */

static void (*const commands[32])(keyboard_t *kb) = {        /* from E0h */
    [0x0D] = do_wait,   [0x0E] = do_echo,                            /* ED EE */
    [0x10] = do_wait,   [0x12] = do_id,      [0x13] = do_wait,       /* F0 F2 F3 */
    [0x14] = do_enable, [0x15] = do_disable, [0x16] = do_default,    /* F4 F5 F6 */
    [0x17] = do_all_t,  [0x18] = do_all_mb,  [0x19] = do_all_m, [0x1A] = do_all_tmb,   /* F7 F8 F9 FA */
    [0x1B] = do_wait,   [0x1C] = do_wait,    [0x1D] = do_wait,       /* FB FC FD */
    [0x1E] = do_resend, [0x1F] = do_reset,                           /* FE FF */
};

static void choose_set(keyboard_t *kb, u8 set)
{
    if (set > 3) {
        reply(kb, RESEND);
        return;
    }
    clear(kb);
    reply(kb, ACK);
    if (set == 0)
        reply(kb, kb->set);
    else
        kb->set = set;
    stop_repeating(kb);
}

/* A parameter has bit 7 clear; anything else is a command again.  true: it was the parameter. */
static bool parameter(keyboard_t *kb, u8 byte)
{
    static const u8 manner[] = { TYPEMATIC, BREAKS, 0 };     /* FB, FC, FD take any number of key codes */
    u8 command = kb->waiting;
    bool key_list = command >= 0xFB && command <= 0xFD && byte < sizeof kb->how3;
    if (!command || (byte & 0x80 && !key_list)) {
        kb->waiting = 0;
        return false;
    }
    if (!key_list)
        kb->waiting = 0;
    if (command == 0xF0) {
        choose_set(kb, byte);
        return true;
    }
    if (command == 0xED) kb->leds = byte & 7;
    if (command == 0xF3) kb->rate = byte & 0x7F;
    if (key_list)        kb->how3[byte] = manner[(command - 0xFB) % 3];
    reply(kb, ACK);
    return true;
}

static void give(void *device, u8 byte)
{
    keyboard_t *kb = device;
    if (parameter(kb, byte))
        return;
    if (byte < 0xE0 || !commands[byte & 31]) {
        reply(kb, RESEND);
        return;
    }
    if (alarm_is_set(&kb->bat)) {                            /* a command during the self-test ends it */
        alarm_clear(&kb->bat);
        kb->scanning = true;
    }
    kb->waiting = commands[byte & 31] == do_wait ? byte : 0;
    commands[byte & 31](kb);
}

/* ---- life ---- */

ps2_plug_t keyboard_plug(keyboard_t *kb) { return (ps2_plug_t){ .ready = ready, .take = take, .give = give, .device = kb }; }

void keyboard_reset(keyboard_t *kb)
{
    clear(kb);
    defaults(kb);
    kb->leds = kb->waiting = kb->last_sent = 0;
    kb->scanning = true;
    kb->sys_rq = false;
    alarm_clear(&kb->bat);
    tell(kb);
}

void keyboard_init(keyboard_t *kb, vclock_t *clock)
{
    *kb = (keyboard_t){ .clock = clock };
    alarm_init(&kb->repeat, clock, repeat, kb);
    alarm_init(&kb->bat, clock, finish_bat, kb);
    keyboard_reset(kb);
}

void keyboard_walk(keyboard_t *kb, walker_t *w)
{
    walk_chip(w, "keyboard", 1);
    FIELD_ARRAY(w, kb->buffer); FIELD_MAX(w, kb->first, 31);      FIELD_MAX(w, kb->count, BUFFER + 1);
    FIELD_ARRAY(w, kb->reply);  FIELD_MAX(w, kb->reply_first, 7); FIELD_MAX(w, kb->reply_count, 8);
    FIELD(w, kb->last_sent);    FIELD_MAX(w, kb->set, 3);         FIELD_MAX(w, kb->leds, 7);   FIELD_MAX(w, kb->rate, 0x7F);
    FIELD(w, kb->scanning);     FIELD(w, kb->waiting);            FIELD_ARRAY_MAX(w, kb->how3, TYPEMATIC | BREAKS);
    FIELD_MAX(w, kb->repeating, 0x1FF);                           FIELD(w, kb->sys_rq);        FIELD_ARRAY(w, kb->down);
    alarm_walk(&kb->repeat, w, "repeat");
    alarm_walk(&kb->bat, w, "bat");
}
