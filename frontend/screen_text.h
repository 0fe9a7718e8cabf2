/* screen_text.h - the guest's text screen as UTF-8. */
#pragma once
#include "devices/vga_draw.h"
#include <stdio.h>

/* A character's bytes in UTF-8 (1 to 3), not terminated. */
unsigned utf8_put(char *to, u32 character);

enum { SCREEN_TEXT_BYTES = VGA_MAX_ROWS * (VGA_MAX_COLUMNS * 3 + 1) + 1 };
/* Rows, each ended by \n; blanks at their ends are kept.  "" in graphics modes.  `to` holds SCREEN_TEXT_BYTES. */
void screen_text(const vga_text_t *text, char *to);
/* The same for people: without blanks at the ends of rows, each row after `prefix`; all rows, or those down to the last
 * that is not empty. */
void screen_print(const vga_text_t *text, FILE *to, const char *prefix, bool all);
