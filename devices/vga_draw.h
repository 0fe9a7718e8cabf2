/* vga_draw.h - from the VGA's state to pixels and to text: a pure function of registers, planes and the time. */
#pragma once
#include "mem/base.h"

struct vga;
enum { VGA_MAX_WIDTH = 2048, VGA_MAX_HEIGHT = 1536 };

typedef struct {
    u32  width, height;          /* pixels as the CRTC makes them (dots and lines after double scanning), 0x0 when the screen is off */
    u32  aspect_width, aspect_height;  /* shape of the whole picture on a monitor: 4:3 for VGA modes, width:height for VBE modes */
    u32  pixels[VGA_MAX_WIDTH * VGA_MAX_HEIGHT];   /* 0x00RRGGBB, row after row without gaps (stride = width) */
    /* Of vga_update. */
    u64  changed[VGA_MAX_HEIGHT / 64];             /* a bit a line: not what it was before the last call */
    bool resized;                                  /* width or height are not what they were */
    u64  look;                                     /* when it was drawn; 0: it shows nothing */
    bool cursor_shown, blink_off;
    u32  painted;                                  /* lines that were drawn by the last call, changed or not */
} vga_frame_t;

INLINE bool vga_line_changed(const vga_frame_t *frame, u32 y) { return frame->changed[y / 64] >> y % 64 & 1; }

/* Draw what the monitor shows now. */
void vga_draw(const struct vga *vga, vga_frame_t *frame);
/* The same for a frame that was brought up to date before (or is all zero): only lines are drawn whose memory was stored to since, or in which something
 * blinks, or all after a change of registers.  true: the picture is another; frame->changed says where.  Call vga_look before. */
bool vga_update(const struct vga *vga, vga_frame_t *frame);

/* The text screen, if a text mode is on: character codes (code page 437 by default) and attributes. */
enum { VGA_MAX_COLUMNS = 160, VGA_MAX_ROWS = 100 };
typedef struct {
    u32  columns, rows;          /* 0x0 in graphics modes */
    bool cursor_on;              /* enabled (blink phase aside) and inside the screen */
    u32  cursor_column, cursor_row;
    bool blink;                  /* attribute bit 7 blinks (else bright background) */
    struct { u8 code, attribute; } cells[VGA_MAX_ROWS * VGA_MAX_COLUMNS];   /* row * columns + column */
} vga_text_t;
void vga_read_text(const struct vga *vga, vga_text_t *text);
/* The 16 text colours as 0x00RRGGBB through attribute controller and DAC. */
void vga_text_colours(const struct vga *vga, u32 colours[16]);
/* Unicode of a code page 437 character. */
u16  cp437_to_unicode(u8 code);
