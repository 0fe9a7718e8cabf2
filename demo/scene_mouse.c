/*
 * scene_mouse.c: the PS/2 mouse. At every movement it sends a packet of three bytes: signs, overflows and buttons;
 * then how far it went in x and in y, as numbers with a sign of nine bits. The BIOS collects them (INT 15h AH=C2h) and
 * calls a function of ours. The pointer is drawn by exclusive or, so that drawing it again takes it away.
 *
 * Documents: IBM PS/2 Hardware Interface Technical Reference, auxiliary device; BIOS INT 15h AH=C2h.
 * Left out: the wheel, which needs four bytes that this BIOS interface does not carry, and serial mice.
 */
#include "draw.h"
#include "format.h"
#include "scenes.h"
#include "screen.h"
#include "timer.h"

enum { CANVAS_X = 16, CANVAS_Y = 84, CANVAS_W = 440, CANVAS_H = 360, SIDE = 472, HERTZ = 60 };
enum { LEFT_BUTTON = 1, RIGHT_BUTTON = 2, MIDDLE_BUTTON = 4, X_SIGN = 0x10, Y_SIGN = 0x20 };

volatile u32 mouse_ring[64]; /* mouse_packet in interrupts.S fills them */
volatile u8 mouse_head;
void mouse_packet(void);

static font_t small, large;

typedef struct {
    u32 x, y, buttons, ink, packets, rate, shown;
} mouse_t;

static const u8 inks[] = {INK_YELLOW, INK_GREEN, INK_RED, INK_BLUE, INK_WHITE};

/* The calls of INT 15h AH=C2h that set the mouse up; AH afterwards says what went wrong, 0 for nothing. */
static u32 mouse_start(void)
{
    static const struct {
        u16 ax, bx;
    } calls[] = {
        {0xC205, 0x0300}, /* initialise, packets of 3 bytes */
        {0xC202, 0x0500}, /* 100 reports a second */
        {0xC203, 0x0200}, /* 4 counts a millimetre */
    };
    for (u32 i = 0; i < COUNT(calls); i++) {
        regs_t regs = {.eax = calls[i].ax, .ebx = calls[i].bx};
        bios_call(0x15, &regs);
        if (regs.flags & CF)
            return regs.eax >> 8 & 255;
    }
    regs_t regs = {.eax = 0xC207, .ebx = (u32)&mouse_packet & 0xFFFF, .es = own_segment()}; /* call this */
    bios_call(0x15, &regs);
    if (!(regs.flags & CF)) {
        regs = (regs_t){.eax = 0xC200, .ebx = 0x0100}; /* enable */
        bios_call(0x15, &regs);
    }
    return regs.flags & CF ? regs.eax >> 8 & 255 : 0;
}

static void mouse_stop(void)
{
    regs_t regs = {.eax = 0xC200, .ebx = 0x0000}; /* disable, and nobody to call */
    bios_call(0x15, &regs);
    regs = (regs_t){.eax = 0xC207};
    bios_call(0x15, &regs);
}

/* An arrow of 12 by 18 dots, flipped in place. It may hang over the canvas's edges by its own size. */
static void flip_pointer(mouse_t *mouse)
{
    static const u16 arrow[] = {0x8000, 0xC000, 0xE000, 0xF000, 0xF800, 0xFC00, 0xFE00, 0xFF00, 0xFF80,
                                0xFFC0, 0xFC00, 0xEC00, 0xC600, 0x8600, 0x0300, 0x0300, 0x0180, 0x0180};
    draw_rule(EXCLUSIVE_OR);
    for (u32 row = 0; row < COUNT(arrow); row++)
        for (u32 dot = 0; dot < 12; dot++) {
            u32 end = dot;
            while (end < 12 && arrow[row] << end & 0x8000)
                end++;
            if (end > dot) {
                draw_box(CANVAS_X + mouse->x + dot, CANVAS_Y + mouse->y + row, end - dot, 1, 15);
                dot = end;
            }
        }
    draw_rule(OVER);
    mouse->shown ^= 1;
}

static void brush(u32 x, u32 y, u32 size, u32 ink)
{
    u32 left = x > size / 2 ? x - size / 2 : 0, top = y > size / 2 ? y - size / 2 : 0;
    u32 width = left + size > CANVAS_W ? CANVAS_W - left : size, height = top + size > CANVAS_H ? CANVAS_H - top : size;
    draw_box(CANVAS_X + left, CANVAS_Y + top, width, height, ink);
}

/* Bresenham's line, with a square brush at every dot. */
static void stroke(u32 x, u32 y, u32 to_x, u32 to_y, u32 size, u32 ink)
{
    int dx = x < to_x ? (int)(to_x - x) : (int)(x - to_x), dy = y < to_y ? (int)(to_y - y) : (int)(y - to_y);
    int error = dx - dy;
    for (;;) {
        brush(x, y, size, ink);
        if (x == to_x && y == to_y)
            return;
        int twice = 2 * error;
        if (twice > -dy)
            error -= dy, x = x < to_x ? x + 1 : x - 1;
        if (twice < dx)
            error += dx, y = y < to_y ? y + 1 : y - 1;
    }
}

static void show_byte(u32 y, const char *name, u32 byte, const char *const *bits)
{
    draw_box(SIDE + 12, y, 136, 18, INK_PANEL);
    draw_print(&large, SIDE + 12, y + 1, INK_TEXT, "%s", name);
    draw_print(&large, SIDE + 132, y + 1, INK_YELLOW, "%02X", byte);
    for (u32 i = 0; i < 8; i++) {
        u32 set = byte >> (7 - i) & 1, x = SIDE + 12 + i * 17;
        draw_box(x, y + 20, 16, 16, set ? INK_YELLOW : INK_LINE);
        if (bits)
            draw_text(&small, x + (strlen(bits[i]) == 1 ? 4 : 0), y + 24, set ? INK_PAPER : INK_TEXT, bits[i]);
        else
            draw_text(&small, x + 4, y + 24, set ? INK_PAPER : INK_QUIET, set ? "1" : "0");
    }
}

static void show_packet(const mouse_t *mouse, u32 packet)
{
    static const char *const names[8] = {"Yo", "Xo", "Y-", "X-", "1", "M", "R", "L"};
    show_byte(112, "first byte", packet & 255, names);
    show_byte(164, "x movement", packet >> 8 & 255, 0);
    show_byte(216, "y movement", packet >> 16 & 255, 0);
    draw_box(SIDE + 12, 276, 136, 60, INK_PANEL);
    draw_print(&large, SIDE + 12, 276, INK_TEXT, "x %u", mouse->x);
    draw_print(&large, SIDE + 84, 276, INK_TEXT, "y %u", mouse->y);
    draw_print(&large, SIDE + 12, 296, INK_TEXT, "%u packets", mouse->packets);
    draw_print(&large, SIDE + 12, 316, INK_TEXT, "%u a second", mouse->rate);
}

static void draw_scene(void)
{
    draw_page(&large, "Mouse: three bytes a movement", "C Colour   X Clear   Buttons: left draws, right rubs out");
    draw_text(&large, 16, 32, INK_TEXT, "The mouse sends packets through the keyboard controller and IRQ 12. The BIOS");
    draw_text(&large, 16, 52, INK_TEXT, "hands them to a function of this scene, which moves the pointer and draws.");
    draw_box(CANVAS_X, CANVAS_Y, CANVAS_W, CANVAS_H, INK_PANEL);
    draw_outline(CANVAS_X - 1, CANVAS_Y - 1, CANVAS_W + 2, CANVAS_H + 2, INK_LINE);
    draw_box(SIDE, CANVAS_Y, 160, CANVAS_H, INK_PANEL);
    draw_outline(SIDE - 1, CANVAS_Y - 1, 162, CANVAS_H + 2, INK_LINE);
    draw_text(&large, SIDE + 12, CANVAS_Y + 6, INK_WHITE, "The packet");
    draw_text(&large, SIDE + 12, 380, INK_QUIET, "dx = byte 2, less");
    draw_text(&large, SIDE + 12, 398, INK_QUIET, "256 where X- is");
    draw_text(&large, SIDE + 12, 416, INK_QUIET, "set; dy so too.");
}

static u32 moved(u32 position, int by, u32 limit)
{
    int at = (int)position + by;
    return at < 0 ? 0 : at >= (int)limit ? limit - 1 : (u32)at;
}

static void take_packet(mouse_t *mouse, u32 packet)
{
    int dx = (int)(packet >> 8 & 255) - (packet & X_SIGN ? 256 : 0);
    int dy = (int)(packet >> 16 & 255) - (packet & Y_SIGN ? 256 : 0);
    u32 x = moved(mouse->x, dx, CANVAS_W), y = moved(mouse->y, -dy, CANVAS_H); /* the mouse counts y upwards */
    if (packet & LEFT_BUTTON)
        stroke(mouse->x, mouse->y, x, y, 3, inks[mouse->ink]);
    if (packet & RIGHT_BUTTON)
        stroke(mouse->x, mouse->y, x, y, 15, INK_PANEL);
    if (packet & MIDDLE_BUTTON & ~mouse->buttons)
        mouse->ink = (mouse->ink + 1) % COUNT(inks);
    mouse->buttons = packet & 7;
    mouse->x = x;
    mouse->y = y;
    mouse->packets++;
}

static void show_ink(const mouse_t *mouse)
{
    draw_text(&large, SIDE + 12, 348, INK_TEXT, "Colour");
    draw_box(SIDE + 76, 348, 72, 16, inks[mouse->ink]);
}

static void take_key(mouse_t *mouse, u16 key)
{
    if (key_letter(key) == 'C')
        mouse->ink = (mouse->ink + 1) % COUNT(inks);
    if (key_letter(key) == 'X')
        draw_box(CANVAS_X, CANVAS_Y, CANVAS_W, CANVAS_H, INK_PANEL);
}

static void follow(mouse_t *mouse)
{
    u32 tail = mouse_head, last = 0, second = 0, counted = 0;
    for (;;) {
        u16 key = key_poll();
        u32 fresh = tail != mouse_head, tick = timer_ticks - second >= HERTZ;
        if (key == KEY_ESC)
            return;
        if (tick) {
            mouse->rate = mouse->packets - counted;
            counted = mouse->packets;
            second = timer_ticks;
        }
        if (fresh || key) {
            flip_pointer(mouse);
            take_key(mouse, key);
            for (; tail != mouse_head; tail = (tail + 1) & 63)
                take_packet(mouse, last = mouse_ring[tail]);
            show_ink(mouse);
            flip_pointer(mouse);
        }
        if (fresh || tick)
            show_packet(mouse, last);
        timer_wait();
    }
}

void scene_mouse(void)
{
    mouse_t mouse = {.x = CANVAS_W / 2, .y = CANVAS_H / 2};
    small = font_find(8);
    large = font_find(16);
    draw_scene();
    show_ink(&mouse);
    show_packet(&mouse, 0x08);
    u32 error = mouse_start();
    if (error) {
        draw_print(&large, CANVAS_X + 24, CANVAS_Y + 20, INK_YELLOW, "No PS/2 mouse answers (INT 15h AH=C2h: AH=%02X).", error);
        while (key_wait() != KEY_ESC)
            ;
        return;
    }
    timer_start(HERTZ);
    flip_pointer(&mouse);
    follow(&mouse);
    mouse_stop();
}
