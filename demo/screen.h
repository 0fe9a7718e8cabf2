/* screen.h: the 80x25 text screen, a character and an attribute per cell at B800:0000. */
#ifndef SCREEN_H
#define SCREEN_H

#include "pc.h"

/* Attributes: ink in bits 0-3, paper in bits 4-6, blink in bit 7. The program's own palette makes blue deep, cyan dark. */
enum {
    PAGE = 0x17, HEAD = 0x1F, QUIET = 0x13, MARK = 0x1E, GOOD = 0x1A, BAD = 0x1C, BAR = 0x3F, BAR_KEY = 0x3E, FRAME = 0x19
};

void screen_start(void);   /* mode 3, no cursor, the program's palette */
void screen_palette(void);
void screen_page(const char *title, const char *keys);
void screen_fill(u32 row, u32 column, u32 rows, u32 columns, u32 character, u32 attribute);
void screen_cell(u32 row, u32 column, u32 character, u32 attribute);
void screen_text(u32 row, u32 column, u32 attribute, const char *text);
__attribute__((format(printf, 4, 5))) void screen_print(u32 row, u32 column, u32 attribute, const char *pattern, ...);
void screen_lines(u32 row, u32 column, u32 attribute, const char *const *lines, u32 count);
void screen_frame(u32 row, u32 column, u32 rows, u32 columns, u32 attribute, const char *title);
void screen_meter(u32 row, u32 column, u32 columns, u32 part, u32 whole, u32 attribute);

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#endif
