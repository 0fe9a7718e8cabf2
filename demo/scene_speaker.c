/*
 * scene_speaker.c: the speaker. Channel 2 of the timer divides 1,193,182 Hz by a number of 16 bits; in mode 3 its
 * output is a square wave. Port 61h, bit 0, lets it count, bit 1 lets its output through to the speaker.
 *
 * Documents: 8254 data sheet (mode 3, control word B6h), IBM PC/AT Technical Reference (port 61h). Left out: playing
 * samples by the width of pulses.
 */
#include "draw.h"
#include "format.h"
#include "scenes.h"
#include "screen.h"
#include "timer.h"

enum { HERTZ = 60, SCOPE_X = 24, SCOPE_Y = 196, SCOPE_W = 592, SCOPE_H = 84, PIANO_X = 26, PIANO_Y = 316, WHITE_W = 42 };
enum { KEYS = 24, NONE = 255 };

/* Divisors of the octave from C4 (261.6 Hz) in equal temperament: 1193182 / (440 * 2^((n - 9) / 12)). */
static const u16 octave[12] = {4561, 4305, 4063, 3835, 3620, 3417, 3225, 3044, 2873, 2712, 2560, 2416};
static const char *const names[12] = {"C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"};
static const char letters[KEYS + 1] = "ZSXDCVGBHNJMQ2W3ER5T6Y7U";

/* Beethoven, the theme of the Ninth Symphony's last movement: semitones above C4, and eighths. */
static const u8 tune[][2] = {{4, 2}, {4, 2}, {5, 2}, {7, 2}, {7, 2}, {5, 2}, {4, 2}, {2, 2}, {0, 2}, {0, 2}, {2, 2},
                             {4, 2}, {4, 3}, {2, 1}, {2, 4}, {4, 2}, {4, 2}, {5, 2}, {7, 2}, {7, 2}, {5, 2}, {4, 2},
                             {2, 2}, {0, 2}, {0, 2}, {2, 2}, {4, 2}, {2, 3}, {0, 1}, {0, 4}};

typedef struct {
    u32 divisor, note, silent_at, playing, position;
} player_t;

static font_t small, large;

static void speaker_on(u32 divisor)
{
    port_write(0x43, 0xB6); /* channel 2, low byte then high byte, mode 3, binary */
    port_write(0x42, divisor & 255);
    port_write(0x42, divisor >> 8);
    port_write(0x61, port_read(0x61) | 0x03);
}

static void speaker_off(void) { port_write(0x61, port_read(0x61) & ~0x03u); }

static u32 note_divisor(u32 note) { return octave[note % 12] >> note / 12; }

static u32 is_black(u32 note) { return 0x54A >> note % 12 & 1; }

/* White keys stand side by side; a black one between its neighbours, above. */
static void draw_piano_key(u32 note, u32 lit)
{
    u32 whites = 0;
    for (u32 i = 0; i < note; i++)
        whites += !is_black(i);
    u32 x = PIANO_X + whites * WHITE_W;
    char letter[2] = {letters[note], 0};
    if (is_black(note)) {
        draw_box(x - 13, PIANO_Y, 26, 66, lit ? INK_YELLOW : INK_PAPER);
        draw_outline(x - 13, PIANO_Y, 26, 66, INK_LINE);
        draw_text(&large, x - 4, PIANO_Y + 44, lit ? INK_PAPER : INK_TEXT, letter);
        return;
    }
    draw_box(x, PIANO_Y + 66, WHITE_W - 2, 44, lit ? INK_YELLOW : INK_TEXT);
    u32 from = note && is_black(note - 1) ? 13 : 0, to = note + 1 < KEYS && is_black(note + 1) ? 13 : 0;
    draw_box(x + from, PIANO_Y, WHITE_W - 2 - from - (to ? to - 2 : 0), 66, lit ? INK_YELLOW : INK_TEXT);
    draw_text(&large, x + 16, PIANO_Y + 88, INK_PAPER, letter);
}

static void draw_stage(u32 x, u32 width, const char *above, const char *below)
{
    draw_box(x, 100, width, 64, INK_PANEL);
    draw_outline(x, 100, width, 64, INK_LINE);
    draw_text(&large, x + (width - strlen(above) * 8) / 2, 106, INK_WHITE, above);
    draw_text(&large, x + (width - strlen(below) * 8) / 2, 142, INK_QUIET, below);
}

static void draw_arrow(u32 x, u32 width)
{
    draw_box(x, 131, width - 6, 2, INK_BLUE);
    for (u32 i = 0; i < 7; i++)
        draw_box(x + width - 7 + i, 125 + i, 1, 14 - 2 * i, INK_BLUE);
}

static void draw_scene(void)
{
    draw_page(&large, "Speaker: a counter and a gate", "Space Tune   Z-M Q-U Notes   \x18\x19 Divisor   0 Silence");
    draw_text(&large, 16, 34, INK_TEXT, "The timer's channel 2 counts its input down from the divisor and turns its");
    draw_text(&large, 16, 54, INK_TEXT, "output over at every half: a square wave. Port 61h lets it to the speaker.");
    draw_stage(16, 136, "Oscillator", "14.318 MHz / 12");
    draw_stage(184, 136, "Channel 2", "port 42h");
    draw_stage(352, 120, "Gate", "61h, bits 1-0");
    draw_stage(504, 120, "Speaker", "");
    draw_text(&large, 44, 124, INK_TEXT, "1193182 Hz");
    draw_arrow(155, 26);
    draw_arrow(323, 26);
    draw_arrow(475, 26);
    draw_text(&small, SCOPE_X - 8, SCOPE_Y - 20, INK_QUIET, "The output, over 10 milliseconds");
    for (u32 note = 0; note < KEYS; note++)
        draw_piano_key(note, 0);
}

/* 10 ms are 11932 clocks of the counter: a column of dots is 11932 / 592 of them. */
static void draw_wave(u32 divisor, u32 audible)
{
    u32 ink = audible ? INK_GREEN : INK_LINE, high_before = 1;
    draw_box(SCOPE_X - 8, SCOPE_Y - 8, SCOPE_W + 16, SCOPE_H + 16, INK_PANEL);
    for (u32 i = 0; i <= 10; i++)
        draw_box(SCOPE_X + i * (SCOPE_W / 10), SCOPE_Y - 8, 1, SCOPE_H + 16, INK_PAPER);
    for (u32 x = 0; x < SCOPE_W; x++) {
        u32 clock = x * 11932 / SCOPE_W % divisor, high = clock < (divisor + 1) / 2;
        draw_box(SCOPE_X + x, high ? SCOPE_Y : SCOPE_Y + SCOPE_H - 3, 1, 3, ink);
        if (high != high_before)
            draw_box(SCOPE_X + x, SCOPE_Y, 2, SCOPE_H, ink);
        high_before = high;
    }
}

static void show_numbers(const player_t *player, u32 audible)
{
    u32 centihertz = PIT_HERTZ * 100u / player->divisor;
    draw_box(188, 124, 128, 16, INK_PANEL);
    draw_print(&large, 204, 124, INK_YELLOW, "\xF6 %u", player->divisor);
    draw_box(356, 124, 112, 16, INK_PANEL);
    draw_text(&large, 388, 124, audible ? INK_GREEN : INK_RED, audible ? "open" : "closed");
    draw_box(508, 120, 112, 40, INK_PANEL);
    draw_print(&large, 524, 124, audible ? INK_GREEN : INK_QUIET, "%u.%02u Hz", centihertz / 100, centihertz % 100);
    if (player->note != NONE)
        draw_print(&large, 524, 142, INK_YELLOW, "\x0E %s%u", names[player->note % 12], 4 + player->note / 12);
}

static void sound(player_t *player, u32 divisor, u32 note, u32 ticks)
{
    if (player->note != NONE && player->note != note)
        draw_piano_key(player->note, 0);
    u32 same = player->divisor == divisor && player->note == note && player->silent_at;
    player->divisor = divisor;
    player->note = note;
    player->silent_at = timer_ticks + ticks;
    speaker_on(divisor);
    if (same)
        return;
    if (note != NONE)
        draw_piano_key(note, 1);
    draw_wave(divisor, 1);
    show_numbers(player, 1);
}

static void silence(player_t *player)
{
    speaker_off();
    player->silent_at = 0;
    if (player->note != NONE)
        draw_piano_key(player->note, 0);
    draw_wave(player->divisor, 0);
    show_numbers(player, 0);
}

static void take_key(player_t *player, u16 key)
{
    u32 step = player->divisor / 16 + 1;
    if (key)
        player->playing = 0;
    if (key == KEY_SPACE)
        player->playing = 1, player->position = 0;
    if (key == KEY_UP && player->divisor + step < 0xFFFF)
        sound(player, player->divisor + step, NONE, HERTZ);
    if (key == KEY_DOWN && player->divisor - step > 40)
        sound(player, player->divisor - step, NONE, HERTZ);
    if (key_letter(key) == '0')
        silence(player);
    for (u32 note = 0; key && note < KEYS; note++)
        if (key_letter(key) == (u8)letters[note])
            sound(player, note_divisor(note), note, HERTZ / 3);
}

/* One note after the other, with a breath of two ticks between them. */
static void go_on(player_t *player)
{
    if (player->silent_at && (int)(timer_ticks - player->silent_at) < 0)
        return;
    if (player->silent_at) {
        silence(player);
        if (player->playing)
            player->silent_at = 0;
        return;
    }
    if (!player->playing)
        return;
    if (player->position == COUNT(tune)) {
        player->playing = 0;
        return;
    }
    const u8 *note = tune[player->position++];
    sound(player, note_divisor(note[0]), note[0], note[1] * 12u - 2);
}

void scene_speaker(void)
{
    player_t player = {.divisor = 2712, .note = NONE};
    small = font_find(8);
    large = font_find(16);
    draw_scene();
    draw_wave(player.divisor, 0);
    show_numbers(&player, 0);
    timer_start(HERTZ);
    for (;;) {
        u16 key = key_poll();
        if (key == KEY_ESC)
            break;
        take_key(&player, key);
        go_on(&player);
        timer_wait();
    }
    speaker_off();
}
