/* test_kbc.c - the keyboard controller and the keyboard as software sees them: through ports 60h and 64h, over time.
 * Facts: [AT] IBM PC AT Technical Reference, [PS2] IBM PS/2 Hardware Interface Technical Reference, [MS] Microsoft Keyboard Scan Code
 * Specification 1.3a. */
#include "tests/chip_check.h"
#include "devices/kbc.h"
#include "devices/keyboard.h"
#include "devices/mouse.h"
#include "mem/bus.h"

enum { MS = 1000000 };

static vclock_t clock_, clock_2;
static kbc_t kbc, kbc_2;
static keyboard_t kb, kb_2;
static unsigned edges[2], resets;
static bool level[2], a20;

static void on_irq(void *chip, int pin, bool up) { (void)chip; edges[pin] += up && !level[pin]; level[pin] = up; }
static void on_a20(void *chip, int pin, bool up) { (void)chip; (void)pin; a20 = up; }
static void on_reset(void *chip, int pin, bool up) { (void)chip; (void)pin; resets += up; }

/* A device on the auxiliary port that remembers what it gets and says what it is told. */
static u8 aux_got[4], aux_n, aux_say[4], aux_left;
static bool aux_ready(void *d) { (void)d; return aux_left; }
static u8 aux_take(void *d) { (void)d; return aux_left ? aux_say[--aux_left & 3] : 0; }
static void aux_give(void *d, u8 byte) { (void)d; aux_got[aux_n++ & 3] = byte; }

static void power_on(void)
{
    vclock_init(&clock_);
    kbc_init(&kbc, &clock_);
    keyboard_init(&kb, &clock_);
    kbc.irq[0] = (line_t){ on_irq, NULL, 0 };
    kbc.irq[1] = (line_t){ on_irq, NULL, 1 };
    kbc.a20 = (line_t){ on_a20, NULL, 0 };
    kbc.reset = (line_t){ on_reset, NULL, 0 };
    kbc.plug[KBC_KEYBOARD] = keyboard_plug(&kb);
    kbc.plug[KBC_AUX] = (ps2_plug_t){ aux_ready, aux_take, aux_give, &kbc };
    kb.attention = (line_t){ kbc_attention, &kbc, KBC_KEYBOARD };
    edges[0] = edges[1] = resets = aux_n = aux_left = 0;
    level[0] = level[1] = false;
    kbc_reset(&kbc);
}

static void pass(u64 ns) { vclock_advance(&clock_, clock_.now + ns); }
static u8 status(void) { return (u8)kbc_status(&kbc, 0); }
static void command(u8 c) { kbc_command(&kbc, 0, c); }
static void data(u8 d) { kbc_write(&kbc, 0, d); }
static u8 in(void) { return (u8)kbc_read(&kbc, 0); }
static void mode(u8 m) { command(0x60); data(m); }

/* All bytes that come, waiting 2 ms for each. */
static u8 bytes[64];
static unsigned n_bytes;
static void drain(void)
{
    for (n_bytes = 0; n_bytes < 64; bytes[n_bytes++] = in()) {
        pass(2 * MS);
        if (!(status() & 1))
            return;
    }
}

static bool came(const char *expected)          /* "E0 48", space separated hex */
{
    char text[256] = "";
    drain();
    for (unsigned i = 0; i < n_bytes; i++)
        sprintf(text + strlen(text), "%s%02X", i ? " " : "", bytes[i]);
    if (strcmp(text, expected) != 0)
        fprintf(stderr, "expected [%s], came [%s]\n", expected, text);
    return strcmp(text, expected) == 0;
}

static void tell_keyboard(u8 byte) { data(byte); pass(2 * MS); }
static void tap(u16 key) { keyboard_key(&kb, key, true); keyboard_key(&kb, key, false); }

/* ---- controller ---- */

START_TEST(self_test_answers_55_and_sets_the_system_flag)        /* [AT] command AA */
{
    ck_assert_uint_eq(status() & 4, 0);
    command(0xAA);
    ck_assert_uint_eq(status() & 0x0D, 0x0D);
    ck_assert_uint_eq(in(), 0x55);
    ck_assert_uint_eq(status() & 1, 0);
}
END_TEST

START_TEST(controller_commands_answer_as_documented)
{
    static const struct { u8 command, answer; const char *what; } rows[] = {
        { 0xA4, 0xF1, "no password [PS2]" }, { 0xA9, 0x00, "aux interface test [PS2]" }, { 0xAB, 0x00, "keyboard interface test [AT]" },
        { 0xC0, 0xB0, "input port, lock open [AT]" }, { 0xD0, 0xC3, "output port: lines high, A20, no reset [AT]" },
        { 0x20, 0x30, "command byte after reset: both ports off" }, { 0xE0, 0x00, "test inputs, keyboard off [AT]" },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        command(rows[i].command);
        ck_assert_msg((status() & 1) && in() == rows[i].answer, "%s", rows[i].what);
    }
}
END_TEST

START_TEST(ram_is_read_and_written_by_20_and_60)
{
    for (unsigned i = 1; i < 32; i++) { command((u8)(0x60 + i)); data((u8)(i * 7)); }
    for (unsigned i = 1; i < 32; i++) { command((u8)(0x20 + i)); ck_assert_uint_eq(in(), (u8)(i * 7)); }
    mode(0x65);
    command(0x20);
    ck_assert_uint_eq(in(), 0x65);
    ck_assert_uint_eq(status() & 4, 4);
}
END_TEST

START_TEST(port_commands_switch_bits_4_and_5)                    /* [AT] AD AE, [PS2] A7 A8 */
{
    static const struct { u8 command, bits; } rows[] = { { 0xA8, 0x10 }, { 0xAE, 0x00 }, { 0xA7, 0x20 }, { 0xAD, 0x30 } };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        command(rows[i].command);
        command(0x20);
        ck_assert_uint_eq(in() & 0x30, rows[i].bits);
    }
}
END_TEST

START_TEST(a20_follows_the_output_port)
{
    ck_assert(a20);
    command(0xD1); data(0xDD); ck_assert(!a20);
    command(0xD0); ck_assert_uint_eq(in() & 3, 1);
    command(0xD1); data(0xDF); ck_assert(a20);
    command(0xDD); ck_assert(!a20);
    command(0xDF); ck_assert(a20 && kbc_a20(&kbc));
    ck_assert_uint_eq(resets, 0);
}
END_TEST

START_TEST(only_a_pulse_on_bit_0_resets)                         /* [AT] F0-FF: 0 bits pulse */
{
    for (unsigned c = 0xF0; c <= 0xFF; c++) {
        resets = 0;
        command((u8)c);
        ck_assert_uint_eq(resets, !(c & 1));
    }
    command(0xD1); data(0xFE);
    ck_assert_uint_eq(resets, 1);
}
END_TEST

START_TEST(d2_and_d3_fill_the_buffer_as_the_devices_do)          /* [PS2] */
{
    mode(0x47);
    command(0xD2); data(0x1C);
    ck_assert_uint_eq(status() & 0x21, 0x01);
    ck_assert(level[0] && !level[1]);
    ck_assert_uint_eq(in(), 0x1C);                               /* not translated */
    command(0xD3); data(0xAA);
    ck_assert_uint_eq(status() & 0x21, 0x21);
    ck_assert(!level[0] && level[1]);
    ck_assert_uint_eq(in(), 0xAA);
    ck_assert(!level[0] && !level[1]);
}
END_TEST

START_TEST(d4_sends_to_the_auxiliary_device)
{
    command(0xD4); data(0xF4);
    ck_assert_uint_eq(status() & 2, 2);                          /* IBF while the byte travels */
    pass(MS);
    ck_assert_uint_eq(status() & 2, 0);
    ck_assert_uint_eq(aux_n, 1);
    ck_assert_uint_eq(aux_got[0], 0xF4);
    command(0x20);
    ck_assert_uint_eq(in() & 0x20, 0);                           /* and its port is on now */
}
END_TEST

START_TEST(bytes_written_without_looking_at_ibf_all_arrive)
{
    command(0xD4); data(1);
    command(0xD4); data(2);
    command(0xD4); data(3);
    pass(MS);
    ck_assert_uint_eq(aux_n, 3);
}
END_TEST

START_TEST(a_missing_device_times_out_with_fe)                   /* [PS2] */
{
    kbc.plug[KBC_AUX] = (ps2_plug_t){ 0 };
    command(0xD4); data(0xF2);
    pass(MS);
    ck_assert_uint_eq(status() & 0x61, 0x61);
    ck_assert_uint_eq(in(), 0xFE);
}
END_TEST

START_TEST(aux_bytes_raise_irq_12_and_mark_bit_5)
{
    mode(0x03);
    aux_say[0] = 0x5A;
    aux_left = 1;
    kbc_attention(&kbc, KBC_AUX, true);
    pass(MS);
    ck_assert(level[1] && !level[0]);
    ck_assert_uint_eq(status() & 0x21, 0x21);
    ck_assert_uint_eq(in(), 0x5A);
}
END_TEST

START_TEST(a_byte_waits_while_its_port_is_off)
{
    mode(0x41);
    keyboard_key(&kb, 0x1E, true);
    command(0xAD);
    pass(5 * MS);
    ck_assert_uint_eq(status() & 1, 0);
    command(0xAE);
    pass(MS);
    ck_assert_uint_eq(in(), 0x1E);
}
END_TEST

START_TEST(the_same_byte_can_be_read_twice)       /* interrupt 9 handlers that chain to the BIOS read it again */
{
    mode(0x41);
    tap(0x1E);
    pass(MS);
    ck_assert_uint_eq(in(), 0x1E);
    pass(MS / 10);
    ck_assert_uint_eq(in(), 0x1E);
    pass(2 * MS);                                                /* F0 and the code */
    ck_assert_uint_eq(in(), 0x9E);
}
END_TEST

START_TEST(every_byte_makes_one_edge)
{
    mode(0x41);
    tap(0x148);
    drain();
    ck_assert_uint_eq(n_bytes, 4);
    ck_assert_uint_eq(edges[0], 4);
}
END_TEST

START_TEST(keyboard_and_mouse_share_the_controller_without_losses)
{
    static mouse_t mouse;
    mouse_init(&mouse, &clock_);
    mouse.attention = (line_t){ kbc_attention, &kbc, KBC_AUX };
    kbc.plug[KBC_AUX] = mouse_plug(&mouse);
    mode(0x43);
    command(0xD4); data(0xF4);
    drain();
    ck_assert(n_bytes == 1 && bytes[0] == 0xFA);
    unsigned keys = 0, reports = 0, dx = 0;
    for (unsigned t = 0; t < 20000; t++) {               /* two seconds, 100 us at a time */
        if (t % 500 == 0) keyboard_key(&kb, 0x14D, t % 1000 == 0);
        if (t % 37 == 0 && t < 19000) mouse_move(&mouse, 1, 0, 0, 0);
        pass(MS / 10);
        u8 s = status();
        if (!(s & 1)) continue;
        ck_assert(s & 0x20 ? level[1] : level[0]);
        u8 byte = in();
        if (s & 0x20) {
            if (reports++ % 3 == 1) dx += byte;
        } else {
            ck_assert_uint_eq(byte, keys % 2 == 0 ? 0xE0 : keys % 4 == 1 ? 0x4D : 0xCD);
            keys++;
        }
    }
    ck_assert_uint_eq(keys, 80);
    ck_assert_uint_eq(reports % 3, 0);
    ck_assert_uint_eq(dx, (19000 + 36) / 37);
}
END_TEST

START_TEST(an_answer_does_not_destroy_a_scan_code)
{
    mode(0x41);
    keyboard_key(&kb, 0x1E, true);
    pass(MS);
    command(0x20);
    ck_assert_uint_eq(in(), 0x41);
    pass(MS);
    ck_assert_uint_eq(status() & 1, 1);
    ck_assert_uint_eq(in(), 0x1E);
}
END_TEST

START_TEST(asking_for_the_command_byte_with_the_keyboard_off_is_silent)
{
    mode(0x51);
    command(0x20);
    ck_assert_uint_eq(in(), 0x51);
    ck_assert_uint_eq(edges[0], 0);
}
END_TEST

/* ---- keyboard ---- */

START_TEST(every_key_translates_to_its_own_name)                 /* the names are set 1 codes: [AT], [MS] */
{
    mode(0x40);
    for (u16 key = 1; key < 0x80; key++)
        for (unsigned e0 = 0; e0 <= 0x100; e0 += 0x100) {
            u16 k = (u16)(key | e0);
            if (k == 0x137)
                continue;
            tap(k);
            drain();
            unsigned i = e0 ? 1 : 0;
            bool right = n_bytes == 2 + 2 * i && (!e0 || (bytes[0] == 0xE0 && bytes[2] == 0xE0))
                         && bytes[i] == key && bytes[1 + 2 * i] == (key | 0x80);
            ck_assert_msg(right, "key %03X", k);
        }
}
END_TEST

/* Names of the keys held before (0: none), the key, what make and break send.  [PS2] scan code tables. */
typedef struct { u16 before; u8 leds; u16 key; const char *make, *release; } shape_t;
static void check_shapes(const shape_t *rows, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        const shape_t *r = &rows[i];
        kb.leds = r->leds;
        if (r->before) { keyboard_key(&kb, r->before, true); drain(); }
        keyboard_key(&kb, r->key, true);
        ck_assert_msg(came(r->make), "row %u: make", i);
        keyboard_key(&kb, r->key, false);
        ck_assert_msg(came(r->release), "row %u: break", i);
        if (r->before) { keyboard_key(&kb, r->before, false); drain(); }
    }
}

START_TEST(set_1_sequences_follow_the_shift_state)
{
    static const shape_t rows[] = {
        { 0, 0, 0x1E, "1E", "9E" }, { 0, 0, 0x148, "E0 48", "E0 C8" },
        { 0, 2, 0x148, "E0 2A E0 48", "E0 C8 E0 AA" },              /* Num Lock on */
        { 0x2A, 0, 0x148, "E0 AA E0 48", "E0 C8 E0 2A" },           /* left Shift */
        { 0x36, 0, 0x153, "E0 B6 E0 53", "E0 D3 E0 36" },           /* right Shift */
        { 0x2A, 2, 0x148, "E0 48", "E0 C8" },                       /* both: nothing to pretend */
        { 0, 0, 0x135, "E0 35", "E0 B5" }, { 0, 2, 0x135, "E0 35", "E0 B5" },
        { 0x2A, 0, 0x135, "E0 AA E0 35", "E0 B5 E0 2A" }, { 0x2A, 2, 0x135, "E0 AA E0 35", "E0 B5 E0 2A" },
        { 0, 2, 0x11C, "E0 1C", "E0 9C" }, { 0, 2, 0x48, "48", "C8" },
        { 0, 0, 0x137, "E0 2A E0 37", "E0 B7 E0 AA" }, { 0x2A, 0, 0x137, "E0 37", "E0 B7" },
        { 0x1D, 0, 0x137, "E0 37", "E0 B7" }, { 0x38, 0, 0x137, "54", "D4" }, { 0x138, 0, 0x137, "54", "D4" },
        { 0, 0, 0x1E1, "E1 1D 45 E1 9D C5", "" }, { 0x1D, 0, 0x1E1, "E0 46 E0 C6", "" }, { 0x11D, 0, 0x1E1, "E0 46 E0 C6", "" },
    };
    mode(0x40);
    check_shapes(rows, COUNT_OF(rows));
}
END_TEST

START_TEST(set_2_sequences_follow_the_shift_state)
{
    static const shape_t rows[] = {
        { 0, 0, 0x1E, "1C", "F0 1C" }, { 0, 0, 0x41, "83", "F0 83" }, { 0, 0, 0x148, "E0 75", "E0 F0 75" },
        { 0, 2, 0x14B, "E0 12 E0 6B", "E0 F0 6B E0 F0 12" }, { 0x2A, 0, 0x14B, "E0 F0 12 E0 6B", "E0 F0 6B E0 12" },
        { 0x36, 0, 0x135, "E0 F0 59 E0 4A", "E0 F0 4A E0 59" },
        { 0, 0, 0x137, "E0 12 E0 7C", "E0 F0 7C E0 F0 12" }, { 0x38, 0, 0x137, "84", "F0 84" },
        { 0, 0, 0x1E1, "E1 14 77 E1 F0 14 F0 77", "" }, { 0x1D, 0, 0x1E1, "E0 7E E0 F0 7E", "" },
        { 0, 0, 0x15B, "E0 1F", "E0 F0 1F" }, { 0, 0, 0x15D, "E0 2F", "E0 F0 2F" },
    };
    mode(0x00);
    check_shapes(rows, COUNT_OF(rows));
}
END_TEST

START_TEST(the_keyboard_itself_can_send_set_1)
{
    static const shape_t rows[] = {
        { 0, 0, 0x1E, "1E", "9E" }, { 0, 2, 0x148, "E0 2A E0 48", "E0 C8 E0 AA" }, { 0, 0, 0x137, "E0 2A E0 37", "E0 B7 E0 AA" },
        { 0, 0, 0x1E1, "E1 1D 45 E1 9D C5", "" },
    };
    mode(0x00);
    tell_keyboard(0xF0); in(); tell_keyboard(1);
    ck_assert(came("FA"));
    check_shapes(rows, COUNT_OF(rows));
}
END_TEST

START_TEST(set_3_has_one_code_a_key_and_three_manners)
{
    static const shape_t rows[] = {
        { 0, 0, 0x1E, "1C", "" }, { 0, 0, 0x2A, "12", "F0 12" }, { 0, 0, 0x1D, "11", "F0 11" }, { 0, 0, 0x148, "63", "" },
        { 0, 2, 0x14B, "61", "" }, { 0, 0, 0x1E1, "62", "" }, { 0, 0, 0x137, "57", "" }, { 0, 0, 0x11D, "58", "" }, { 0, 0, 0x35, "4A", "" },
    };
    mode(0x00);
    tell_keyboard(0xF0); in(); tell_keyboard(3); in();
    check_shapes(rows, COUNT_OF(rows));
    tell_keyboard(0xF8);                                         /* all make/break */
    ck_assert(came("FA"));
    tap(0x1E);
    ck_assert(came("1C F0 1C"));
    tell_keyboard(0xFD); in(); tell_keyboard(0x1C);              /* A: make only */
    ck_assert(came("FA"));
    tap(0x1E);
    ck_assert(came("1C"));
}
END_TEST

START_TEST(commands_answer_as_documented)                        /* [PS2] "Commands from the system" */
{
    static const struct { u8 send; const char *answer; } rows[] = {
        { 0xEE, "EE" }, { 0xED, "FA" }, { 0x07, "FA" }, { 0xF2, "FA AB 83" }, { 0xF0, "FA" }, { 0x00, "FA 02" }, { 0xF3, "FA" }, { 0x20, "FA" },
        { 0xF4, "FA" }, { 0xF5, "FA" }, { 0xF6, "FA" }, { 0xFE, "FA" }, { 0xEF, "FE" }, { 0x12, "FE" }, { 0xF0, "FA" }, { 0x04, "FE" },
        { 0xED, "FA" }, { 0xF4, "FA" }, { 0xFF, "FA AA" },
    };
    mode(0x00);
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        data(rows[i].send);
        pass(15 * MS);
        ck_assert_msg(came(rows[i].answer), "row %u", i);
    }
}
END_TEST

START_TEST(leds_follow_ed)
{
    mode(0x00);
    tell_keyboard(0xED); in(); tell_keyboard(0x05);
    ck_assert_uint_eq(keyboard_leds(&kb), 5);
}
END_TEST

START_TEST(an_answer_between_f0_and_the_code_does_not_lose_the_release)
{
    mode(0x40);
    tap(0x1E);
    pass(MS); in();                                              /* 1E; F0 is on its way */
    pass(PS2_BYTE_NS + 1000);                                    /* F0 was swallowed */
    data(0xF4 - 6);                                              /* EE: echo */
    ck_assert(came("EE 9E"));
}
END_TEST

START_TEST(typematic_starts_after_the_delay_and_keeps_its_rate)
{
    static const struct { u8 rate; unsigned delay, n_in_second; } rows[] = {    /* [PS2] table of rates: 30.0, 10.9, 2.0 a second */
        { 0x00, 250, 30 }, { 0x2B, 500, 11 }, { 0x7F, 1000, 2 }, { 0x24, 500, 20 },
    };
    mode(0x40);
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        tell_keyboard(0xF3); in(); tell_keyboard(rows[i].rate); in();
        keyboard_key(&kb, 0x1E, true);
        pass(2 * MS); in();
        pass((u64)(rows[i].delay - 3) * MS);
        ck_assert_uint_eq(status() & 1, 0);
        unsigned n = 0;
        for (unsigned t = 0; t < 1010; t++) {
            pass(MS);
            if (status() & 1) { ck_assert_uint_eq(in(), 0x1E); n++; }
        }
        ck_assert_msg(n >= rows[i].n_in_second && n <= rows[i].n_in_second + 1, "row %u: %u", i, n);
        keyboard_key(&kb, 0x1E, false);
        drain();
        ck_assert_uint_eq(bytes[n_bytes - 1], 0x9E);
        pass(2000ull * MS);
        ck_assert_uint_eq(status() & 1, 0);
    }
}
END_TEST

START_TEST(the_17th_byte_is_an_overrun_code)
{
    mode(0x50);                                                  /* keyboard off: nothing leaves the buffer */
    for (u16 key = 2; key < 14; key++)
        tap(key);
    command(0xAE);
    drain();                                                     /* 5 whole keys of 3 bytes and one more make: 16, then 00 */
    ck_assert_uint_eq(bytes[n_bytes - 1], 0xFF);                 /* 00 translates to FF */
    ck_assert_uint_eq(n_bytes, 12);
    tap(0x1E);
    ck_assert(came("1E 9E"));
}
END_TEST

START_TEST(a_disabled_keyboard_is_silent_and_knows_held_keys_after)
{
    mode(0x40);
    tell_keyboard(0xF5); in();
    keyboard_key(&kb, 0x2A, true);
    drain();
    ck_assert_uint_eq(n_bytes, 0);
    tell_keyboard(0xF4); in();
    keyboard_key(&kb, 0x148, true);
    ck_assert(came("E0 AA E0 48"));
}
END_TEST

static void walk_kbc(void *chip, walker_t *w) { kbc_walk(chip, w); }
static void walk_keyboard(void *chip, walker_t *w) { keyboard_walk(chip, w); }

START_TEST(walks_save_everything)
{
    vclock_init(&clock_2);
    kbc_init(&kbc_2, &clock_2);
    keyboard_init(&kb_2, &clock_2);
    kbc.plug[KBC_AUX] = (ps2_plug_t){ 0 };
    check_walk(walk_kbc, &kbc, &kbc_2);
    check_walk(walk_keyboard, &kb, &kb_2);
}
END_TEST

START_TEST(random_programs_find_nothing)
{
    dice_t d = { 1 };
    lacking_quiet(true);
    for (unsigned i = 0; i < 300000; i++) {
        switch (throw_dice(&d, 5)) {
        case 0:  kbc_read(&kbc, (u16)throw_dice(&d, 8)); break;
        case 1:  kbc_command(&kbc, 0, throw_dice(&d, 256)); break;
        case 2:  kbc_write(&kbc, 0, throw_dice(&d, 256)); break;
        case 3:  keyboard_key(&kb, (u16)throw_dice(&d, 0x10000 >> throw_dice(&d, 8)), throw_dice(&d, 2)); break;
        default: pass(throw_dice(&d, 1u << throw_dice(&d, 31)));
        }
        if (i % 5000 == 0) {
            walker_t w = walk_randomiser(i);
            kbc_walk(&kbc, &w);
            keyboard_walk(&kb, &w);
        }
        bool sane = kb.count <= 17 && kb.reply_count <= 8;
        if (!sane) ck_abort_msg("step %u", i);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("8042");
    tcase_add_checked_fixture(tc, power_on, NULL);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, self_test_answers_55_and_sets_the_system_flag);
    tcase_add_test(tc, controller_commands_answer_as_documented);
    tcase_add_test(tc, ram_is_read_and_written_by_20_and_60);
    tcase_add_test(tc, port_commands_switch_bits_4_and_5);
    tcase_add_test(tc, a20_follows_the_output_port);
    tcase_add_test(tc, only_a_pulse_on_bit_0_resets);
    tcase_add_test(tc, d2_and_d3_fill_the_buffer_as_the_devices_do);
    tcase_add_test(tc, d4_sends_to_the_auxiliary_device);
    tcase_add_test(tc, bytes_written_without_looking_at_ibf_all_arrive);
    tcase_add_test(tc, a_missing_device_times_out_with_fe);
    tcase_add_test(tc, aux_bytes_raise_irq_12_and_mark_bit_5);
    tcase_add_test(tc, a_byte_waits_while_its_port_is_off);
    tcase_add_test(tc, the_same_byte_can_be_read_twice);
    tcase_add_test(tc, every_byte_makes_one_edge);
    tcase_add_test(tc, keyboard_and_mouse_share_the_controller_without_losses);
    tcase_add_test(tc, an_answer_does_not_destroy_a_scan_code);
    tcase_add_test(tc, asking_for_the_command_byte_with_the_keyboard_off_is_silent);
    tcase_add_test(tc, every_key_translates_to_its_own_name);
    tcase_add_test(tc, set_1_sequences_follow_the_shift_state);
    tcase_add_test(tc, set_2_sequences_follow_the_shift_state);
    tcase_add_test(tc, the_keyboard_itself_can_send_set_1);
    tcase_add_test(tc, set_3_has_one_code_a_key_and_three_manners);
    tcase_add_test(tc, commands_answer_as_documented);
    tcase_add_test(tc, leds_follow_ed);
    tcase_add_test(tc, an_answer_between_f0_and_the_code_does_not_lose_the_release);
    tcase_add_test(tc, typematic_starts_after_the_delay_and_keeps_its_rate);
    tcase_add_test(tc, the_17th_byte_is_an_overrun_code);
    tcase_add_test(tc, a_disabled_keyboard_is_silent_and_knows_held_keys_after);
    tcase_add_test(tc, walks_save_everything);
    tcase_add_test(tc, random_programs_find_nothing);
    return run_suite("kbc", tc);
}
