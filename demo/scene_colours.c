/*
 * scene_colours.c: mode 13h, 320x200 with a byte a dot at A0000h, each byte an index into the DAC's 256 colours.
 * Three effects: a plasma (a sum of four sines), a fire (averages that cool), and a still picture whose palette turns.
 * The timer's interrupt sets the pace: compute a frame, then sleep until the next tick.
 *
 * Documents: IBM VGA Technical Reference (mode 13h, DAC registers 3C8h and 3C9h, Input Status 1). Left out: double
 * buffering, which mode 13h has no memory for without leaving it.
 */
#include "draw.h"
#include "format.h"
#include "scenes.h"
#include "screen.h"
#include "timer.h"

enum { WIDTH = 320, TOP = 14, HEIGHT = 144, HERTZ = 70, COLOURS = 240 };
enum { PAPER = 240, BAND, TEXT_INK, WHITE_INK, YELLOW_INK };

typedef struct {
    const char *name;
    void (*begin)(void);
    void (*frame)(u32 time);
    u32 in_retrace; /* the frame is to be made then */
    const char *about[3];
} effect_t;

static font_t font;
static u8 sine[256];            /* 127 + 127 sin(2 pi i / 256) */
static u8 heat[HEIGHT / 2 + 2][WIDTH / 2];
static u32 noise = 1;

/* Without a floating-point unit: sin x is nearly 16 p / (5 pi^2 - 4 p) with p = x (pi - x), said by Bhaskara I about 629. */
static void make_sine(void)
{
    for (u32 i = 0; i < 128; i++) {
        u32 p = i * (128 - i), s = 127 * 16 * p / (5 * 128 * 128 - 4 * p);
        sine[i] = (u8)(127 + s);
        sine[i + 128] = (u8)(127 - s);
    }
}

static void set_colour(u32 index, u32 red, u32 green, u32 blue)
{
    port_write(0x3C8, index);
    port_write(0x3C9, red);
    port_write(0x3C9, green);
    port_write(0x3C9, blue);
}

/* 8x8 letters of the video BIOS, dot by dot. */
static void text(u32 column, u32 y, u32 ink, u32 paper, const char *string)
{
    for (; *string && column < 40; string++, column++)
        for (u32 row = 0; row < 8; row++) {
            u32 bits = font_row(&font, (u8)*string, row), at = (y + row) * WIDTH + column * 8;
            for (u32 dot = 0; dot < 8; dot++)
                far_write8(VIDEO_GRAPHICS, at + dot, bits >> (7 - dot) & 1 ? ink : paper);
        }
}

static void show_row(u32 y, const u8 *row)
{
    far_copy32(VIDEO_GRAPHICS, (TOP + y) * WIDTH, own_segment(), (u32)row, WIDTH / 4);
}

/* Four sines of different length and speed: one over x, two over y, one along the diagonal. */
static void plasma_begin(void)
{
    for (u32 i = 0; i < COLOURS; i++) {
        u32 turn = i * 256 / COLOURS;
        set_colour(i, sine[turn] / 5 + 10, sine[(turn + 85) & 255] / 6, sine[(turn + 160) & 255] / 6 + 20);
    }
}

static void plasma_frame(u32 time)
{
    u8 row[WIDTH];
    for (u32 y = 0; y < HEIGHT; y++) {
        u32 across = sine[(y * 2 + time) & 255] + sine[(y + 3 * time / 2) & 255] / 2u;
        for (u32 x = 0; x < WIDTH; x++) {
            u32 sum = across + sine[(x + time * 2) & 255] + sine[((x + y) / 2 - time) & 255];
            row[x] = (u8)((sum + time) % COLOURS);
        }
        show_row(y, row);
    }
}

/* Every cell becomes the average of those below it, a little cooler; the lowest row is fed with noise. */
static void fire_begin(void)
{
    for (u32 i = 0; i < COLOURS; i++) {
        u32 red = i < 80 ? i * 63 / 80 : 63, green = i < 60 ? 0 : i < 180 ? (i - 60) * 63 / 120 : 63;
        set_colour(i, red, green, i < 180 ? 0 : (i - 180) * 63 / 60);
    }
    memset(heat, 0, sizeof heat);
}

static void fire_feed(void)
{
    for (u32 x = 0; x < WIDTH / 2; x++) {
        noise = noise * 1664525 + 1013904223; /* the linear congruence of Numerical Recipes */
        heat[HEIGHT / 2][x] = heat[HEIGHT / 2 + 1][x] = (noise >> 24) > 110 ? 239 : 60;
    }
}

static void fire_frame(u32 time)
{
    u8 row[WIDTH];
    if (time & 1)
        return; /* at half the rate it burns more calmly */
    fire_feed();
    for (u32 y = 0; y < HEIGHT / 2; y++) {
        for (u32 x = 0; x < WIDTH / 2; x++) {
            const u8 *below = heat[y + 1];
            u32 left = x ? x - 1 : WIDTH / 2 - 1, right = x + 1 < WIDTH / 2 ? x + 1 : 0;
            u32 mean = (u32)(below[left] + below[x] + below[right] + heat[y + 2][x]) / 4;
            heat[y][x] = (u8)(mean > 2 ? mean - 2 : 0);
            row[2 * x] = row[2 * x + 1] = heat[y][x];
        }
        show_row(2 * y, row);
        show_row(2 * y + 1, row);
    }
}

/* The picture is drawn once: rings and spokes. Only the 720 bytes of the palette change from frame to frame. */
static void wheel_begin(void)
{
    u8 row[WIDTH];
    for (u32 y = 0; y < HEIGHT; y++) {
        for (u32 x = 0; x < WIDTH; x++) {
            u32 dx = x < 160 ? 160 - x : x - 160, dy = y < 72 ? 72 - y : y - 72;
            u32 ring = (dx * dx + dy * dy) / 48, wave = sine[(x * 2 + y) & 255] / 4u + sine[(y * 3 - x) & 255] / 4u;
            row[x] = (u8)((ring + wave) % COLOURS);
        }
        show_row(y, row);
    }
}

static void wheel_frame(u32 time)
{
    port_write(0x3C8, 0);
    for (u32 i = 0; i < COLOURS; i++) {
        u32 turn = (i * 256 / COLOURS + time * 2) & 255;
        port_write(0x3C9, sine[turn] / 4);
        port_write(0x3C9, sine[(turn + 40) & 255] / 5);
        port_write(0x3C9, sine[(turn + 128) & 255] / 4);
    }
}

/* Between two pictures, in the vertical retrace, nobody sees the colours change half way. */
static void wait_retrace(void)
{
    for (u32 patience = 100000; patience && !(port_read(0x3DA) & 8); patience--)
        ;
}

static const effect_t effects[] = {
    {"Plasma", plasma_begin, plasma_frame, 0,
     {"Each dot adds up four waves. A frame", "writes 46,080 bytes to A0000h, then", "HLT waits for the timer's next tick."}},
    {"Fire", fire_begin, fire_frame, 0,
     {"Each dot becomes the mean of those", "below it, a little cooler. The colours", "go from black over red to white."}},
    {"Palette", wheel_begin, wheel_frame, 1,
     {"The picture stands still, the colours", "turn: 720 bytes to the DAC's port 3C9h", "and 46,080 dots have changed."}},
};

static void show_effect(const effect_t *effect)
{
    far_fill32(VIDEO_GRAPHICS, 0, BAND * 0x01010101u, 12 * WIDTH / 4);
    far_fill32(VIDEO_GRAPHICS, 12 * WIDTH, PAPER * 0x01010101u, 188 * WIDTH / 4);
    text(1, 2, WHITE_INK, BAND, "256 colours:");
    text(14, 2, YELLOW_INK, BAND, effect->name);
    text(31, 2, YELLOW_INK, BAND, "Esc");
    text(35, 2, WHITE_INK, BAND, "Menu");
    for (u32 i = 0; i < 3; i++)
        text(1, TOP + HEIGHT + 4 + 9 * i, TEXT_INK, PAPER, effect->about[i]);
    set_colour(PAPER, 3, 7, 18);
    set_colour(BAND, 12, 28, 36);
    set_colour(TEXT_INK, 46, 48, 52);
    set_colour(WHITE_INK, 63, 63, 63);
    set_colour(YELLOW_INK, 63, 54, 22);
    text(1, 191, YELLOW_INK, PAPER, "1 2 3");
    text(7, 191, TEXT_INK, PAPER, "Effect");
    effect->begin();
}

/* What a second was made of: frames, and the part of it that went into computing them. */
static void show_rate(u32 frames, u32 busy)
{
    char line[32];
    format(line, sizeof line, "%3u frames/s  work %3u%%", frames, busy / (PIT_HERTZ / 100));
    text(15, 191, WHITE_INK, PAPER, line);
}

void scene_colours(void)
{
    u32 chosen = 0, time = 0, frames = 0, busy = 0, second = 0;
    video_mode(0x13);
    font = font_find(8);
    make_sine();
    show_effect(&effects[chosen]);
    timer_start(HERTZ);
    for (;;) {
        u16 key = key_poll();
        u32 digit = (u32)key_letter(key) - '1';
        if (key == KEY_ESC)
            break;
        if (digit < COUNT(effects))
            show_effect(&effects[chosen = digit]);
        if (effects[chosen].in_retrace)
            wait_retrace();
        u32 start = timer_now();
        effects[chosen].frame(time++);
        busy += timer_now() - start;
        frames++;
        if (timer_ticks - second >= HERTZ) {
            show_rate(frames, busy);
            second = timer_ticks;
            frames = busy = 0;
        }
        timer_wait();
    }
}
