/* draw.h: rectangles and letters in the VGA's planar modes, where a byte of address is 8 dots in 4 planes. */
#ifndef DRAW_H
#define DRAW_H

#include "pc.h"

enum { OVER = 0x00, EXCLUSIVE_OR = 0x18 }; /* Data Rotate register: how new dots meet those in the latches */

typedef struct {
    u32 segment, offset; /* of the glyphs, a byte a row */
    u32 height;
} font_t;

font_t font_find(u32 height);           /* 8, 14 or 16 rows, from the video BIOS */
u8 font_row(const font_t *font, u32 character, u32 row);

void draw_start(u32 bytes_per_row);     /* after video_mode(12h or 0Dh) */
void draw_rule(u32 rule);               /* OVER or EXCLUSIVE_OR */
void draw_box(u32 x, u32 y, u32 width, u32 height, u32 colour);
void draw_outline(u32 x, u32 y, u32 width, u32 height, u32 colour);
void draw_text(const font_t *font, u32 x, u32 y, u32 colour, const char *text);
__attribute__((format(printf, 5, 6)))
void draw_print(const font_t *font, u32 x, u32 y, u32 colour, const char *pattern, ...);
void draw_colours(const u8 (*rgb)[3], u32 count); /* colours 0.. as 6-bit red, green, blue, in the 16-colour modes */

/* The look of the 16-colour scenes. */
enum { INK_PAPER, INK_PANEL, INK_LINE, INK_QUIET, INK_TEXT, INK_WHITE, INK_YELLOW, INK_GREEN, INK_RED, INK_TEAL, INK_BLUE };
void draw_page(const font_t *font, const char *title, const char *keys); /* mode 12h's title and key bar */

#endif
