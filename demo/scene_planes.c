/*
 * scene_planes.c: mode 0Dh, 320x200 with 16 colours from four planes, and the registers that scroll. The picture is
 * 640x256, larger than the screen: the CRT controller's Offset register says how far apart its rows are, Start Address
 * which byte comes first, and Pixel Panning where in that byte to begin. At the line of Line Compare the address
 * starts again at 0, where a still panel with the text stands.
 *
 * Document: IBM VGA Technical Reference (CRTC 07h, 09h, 0Ch, 0Dh, 13h, 18h; Attribute Controller 10h, 12h, 13h; write
 * mode 1). Left out: Preset Row Scan, which text modes would need.
 */
#include "draw.h"
#include "scenes.h"
#include "screen.h"

enum { CRTC = 0x3D4, GC = 0x3CE, ATTRIBUTE = 0x3C0, STATUS = 0x3DA };
enum { STRIDE = 80, WIDTH = 640, HEIGHT = 256, VIEW = 144, PANEL = 200 - VIEW };
enum { NIGHT, NIGHT_2, NIGHT_3, NIGHT_4, GLOW, FAR_HILL, NEAR_HILL, TREE, WATER, RIPPLE, MOON, STAR, PAPER, INK, YELLOW, LIT };

static const u8 colours[][3] = {{2, 3, 12},  {4, 6, 20},  {8, 10, 28},  {16, 14, 34}, {30, 18, 34}, {12, 10, 24}, {6, 6, 16},  {2, 8, 8},
                                {5, 10, 24}, {14, 22, 40}, {58, 58, 46}, {50, 52, 60}, {3, 7, 18},  {46, 48, 52}, {63, 54, 22}, {60, 44, 16}};

static font_t font;
static u32 noise;

static u32 chance(u32 below)
{
    noise = noise * 1664525 + 1013904223;
    return (noise >> 16) % below;
}

/* The picture begins below the panel in video memory. */
static void box(u32 x, u32 y, u32 width, u32 height, u32 colour)
{
    if (y < HEIGHT && x < WIDTH)
        draw_box(x, PANEL + y, x + width > WIDTH ? WIDTH - x : width, y + height > HEIGHT ? HEIGHT - y : height, colour);
}

static void draw_sky(void)
{
    static const u8 bands[] = {40, 66, 88, 106, 120, 140};
    for (u32 i = 0, y = 0; i < sizeof bands; y = bands[i++])
        box(0, y, WIDTH, bands[i] - y, i < 5 ? NIGHT + i : GLOW);
    for (u32 i = 0; i + 2 < sizeof bands; i++) /* between two shades a few dots of both */
        for (u32 line = 1; line <= 6; line++)
            for (u32 x = line * 5 % 16; x < WIDTH; x += 3 * line) {
                box(x, bands[i] - line, 1, 1, NIGHT + i + 1);
                box(x, bands[i] + line - 1, 1, 1, NIGHT + i);
            }
    for (u32 i = 0; i < 130; i++) {
        u32 x = chance(WIDTH), y = chance(96);
        box(x, y, 1, 1, STAR);
        if (i % 12 == 0) {
            box(x - 1, y, 3, 1, STAR);
            box(x, y - 1, 1, 3, STAR);
        }
    }
}

static void draw_disc(u32 x, u32 y, u32 radius, u32 colour)
{
    for (u32 dy = 0, dx = radius; dy <= radius; dy++) {
        while (dx * dx + dy * dy > radius * radius + radius)
            dx--;
        box(x - dx, y + dy, 2 * dx + 1, 1, colour);
        box(x - dx, y - dy, 2 * dx + 1, 1, colour);
    }
}

/* Hills: a height that wanders, slope by slope. */
static void draw_hills(u32 top, u32 depth, u32 base, u32 colour, u32 stretch)
{
    u32 height = depth / 2, target = height, left = 0;
    for (u32 x = 0; x < WIDTH; x++) {
        if (!left--) {
            target = chance(depth);
            left = stretch + chance(stretch);
        }
        if (x % 2 == 0 && height != target)
            height = height < target ? height + 1 : height - 1;
        u32 y = top + depth - height;
        box(x, y, 1, base - y, colour);
    }
}

static void draw_tree(u32 x, u32 foot, u32 size)
{
    for (u32 i = 0; i < size; i++) {
        u32 half = (i % 7 + i / 3) / 2 + 1;
        box(x - half, foot - size + i, 2 * half + 1, 1, TREE);
    }
    box(x - 1, foot, 3, 4, TREE);
}

/* Some windows are lit in a village at the shore. */
static void draw_village(void)
{
    for (u32 i = 0; i < 7; i++) {
        u32 x = 250 + i * 19, y = 182 - (i * 5 + 3) % 9;
        box(x, y, 14, 194 - y, NIGHT);
        for (u32 row = 0; row < 6; row++)
            box(x - 2 + row, y - row, 18 - 2 * row, 1, NIGHT);
        box(x + 3, y + 4, 2, 3, LIT);
        if (i % 2)
            box(x + 9, y + 4, 2, 3, LIT);
    }
}

/*
 * Water: one tile of 64x20 dots is drawn, the others are copied by the latches. In write mode 1 a read fills them with
 * 8 dots of all four planes, and a write puts them down again: 8 dots of 16 colours in two accesses.
 */
static void draw_water(u32 top)
{
    u32 first = (PANEL + top) * STRIDE;
    box(0, top, 64, 20, WATER);
    for (u32 i = 0; i < 26; i++)
        box(chance(52), top + 1 + i * 19 / 26, 3 + chance(9), 1, i % 3 ? RIPPLE : NIGHT_2);
    indexed_write(GC, 5, 0x01);
    for (u32 row = 0; row < HEIGHT - top; row++)
        for (u32 byte = 0; byte < STRIDE; byte++) {
            u32 from = first + row % 20 * STRIDE + (byte + row / 20 * 3) % 8;
            far_read8(VIDEO_GRAPHICS, from);
            far_write8(VIDEO_GRAPHICS, first + row * STRIDE + byte, 0);
        }
    indexed_write(GC, 5, 0x00);
}

static void draw_picture(void)
{
    noise = 8;
    draw_sky();
    draw_disc(470, 46, 22, MOON);
    draw_disc(462, 40, 4, STAR);
    draw_disc(476, 54, 6, STAR);
    draw_hills(80, 60, 196, FAR_HILL, 30);
    draw_hills(128, 40, 196, NEAR_HILL, 44);
    draw_village();
    for (u32 i = 0; i < 46; i++) {
        u32 x = 8 + i * 13 + chance(9);
        if (x < 240 || x > 386)
            draw_tree(x, 190 + chance(5), 16 + chance(16));
    }
    draw_water(196);
    for (u32 i = 0; i < 18; i++) /* the moon in the water */
        box(462 - i % 5 - chance(6), 200 + i * 3, 10 + chance(14), 1, MOON);
}

static void draw_panel(void)
{
    draw_box(0, 0, WIDTH, PANEL, PAPER);
    draw_box(0, 0, 320, 12, NIGHT_4);
    draw_text(&font, 8, 2, INK, "Planes");
    draw_text(&font, 248, 2, YELLOW, "Esc");
    draw_text(&font, 280, 2, INK, "Menu");
    draw_text(&font, 8, 15, INK, "640x256 dots, seen through 320x144.");
    draw_text(&font, 8, 24, INK, "This panel is split off: Line Compare.");
    draw_text(&font, 8, 46, YELLOW, "\x1B\x18\x19\x1A");
    draw_text(&font, 48, 46, INK, "Move");
    draw_text(&font, 96, 46, YELLOW, "A");
    draw_text(&font, 112, 46, INK, "Alone");
    draw_text(&font, 168, 46, YELLOW, "1-4");
    draw_text(&font, 200, 46, INK, "Planes on/off");
}

/* The Attribute Controller's index and data share port 3C0h; reading 3DAh makes the index come first. Bit 5 keeps the picture on. */
static void attribute_write(u32 index, u32 value)
{
    port_read(STATUS);
    port_write(ATTRIBUTE, 0x20 | index);
    port_write(ATTRIBUTE, value);
}

static u8 attribute_read(u32 index)
{
    port_read(STATUS);
    port_write(ATTRIBUTE, 0x20 | index);
    u8 value = port_read(ATTRIBUTE + 1);
    port_read(STATUS);
    return value;
}

static void split_screen(void)
{
    u32 line = VIEW * 2 - 1; /* every row is shown twice: 400 lines */
    indexed_write(CRTC, 0x18, line & 255);
    indexed_write(CRTC, 0x07, (indexed_read(CRTC, 0x07) & ~0x10u) | (line >> 8 & 1) << 4);
    indexed_write(CRTC, 0x09, (indexed_read(CRTC, 0x09) & ~0x40u) | (line >> 9 & 1) << 6);
    indexed_write(CRTC, 0x13, STRIDE / 2);
    attribute_write(0x10, attribute_read(0x10) | 0x20); /* the panel is not panned */
}

static void wait_retrace(u32 wanted)
{
    for (u32 patience = 100000; patience && (port_read(STATUS) & 8) != wanted; patience--)
        ;
}

/* The start address counts from the next retrace on, panning at once: so write one before and the other in it. */
static void show_at(u32 x, u32 y)
{
    u32 start = (PANEL + y) * STRIDE + x / 8;
    wait_retrace(0);
    indexed_write(CRTC, 0x0C, start >> 8);
    indexed_write(CRTC, 0x0D, start & 255);
    wait_retrace(8);
    attribute_write(0x13, x & 7);
}

static void show_registers(u32 x, u32 y, u32 planes)
{
    draw_box(0, 33, 320, 10, PAPER);
    draw_print(&font, 8, 34, YELLOW, "Start %04X  pan %u  planes %c%c%c%c %3u,%-3u", (PANEL + y) * STRIDE + x / 8, x & 7,
               planes & 8 ? '4' : '-', planes & 4 ? '3' : '-', planes & 2 ? '2' : '-', planes & 1 ? '1' : '-', x, y);
}

typedef struct {
    u32 x, y, planes, alone, to_left, to_top;
} view_t;

static void wander(view_t *view, u32 frame)
{
    if (view->x == 0 || view->x == WIDTH - 320)
        view->to_left = view->x != 0;
    if (view->y == 0 || view->y == HEIGHT - VIEW)
        view->to_top = view->y != 0;
    view->x = view->to_left ? view->x - 1 : view->x + 1;
    if (frame % 3 == 0)
        view->y = view->to_top ? view->y - 1 : view->y + 1;
}

static void take_key(view_t *view, u16 key)
{
    u32 digit = (u32)key_letter(key) - '1';
    if (key == KEY_LEFT && view->x >= 3)
        view->x -= 3;
    if (key == KEY_RIGHT && view->x + 3 <= WIDTH - 320)
        view->x += 3;
    if (key == KEY_UP && view->y >= 3)
        view->y -= 3;
    if (key == KEY_DOWN && view->y + 3 <= HEIGHT - VIEW)
        view->y += 3;
    if (key == KEY_LEFT || key == KEY_RIGHT || key == KEY_UP || key == KEY_DOWN)
        view->alone = 0;
    if (key_letter(key) == 'A')
        view->alone = 1;
    if (digit < 4) {
        view->planes ^= 1u << digit;
        attribute_write(0x12, view->planes); /* Color Plane Enable: what of the memory is shown */
    }
}

void scene_planes(void)
{
    view_t view = {.x = 60, .y = 30, .planes = 15, .alone = 1};
    video_mode(0x0D);
    font = font_find(8);
    draw_colours(colours, COUNT(colours));
    draw_start(STRIDE);
    split_screen();
    draw_panel();
    show_at(view.x, view.y);
    draw_picture();
    for (u32 frame = 0;; frame++) {
        u16 key = key_poll();
        if (key == KEY_ESC)
            break;
        take_key(&view, key);
        if (view.alone)
            wander(&view, frame);
        show_at(view.x, view.y);
        if (frame % 8 == 0 || key)
            show_registers(view.x, view.y, view.planes);
    }
}
