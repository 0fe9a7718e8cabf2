/* tty.h - the terminal this program was started in: raw while we use it, given back whatever happens. */
#pragma once
#include "mem/base.h"

/* Raw keys from stdin, until tty_restore.  `goodbye` is written to stdout when the terminal is given back ("" for nothing).
 * hold_messages: what is written to stderr meanwhile appears after that, not amid the picture. */
bool tty_take(const char *goodbye, bool hold_messages);
void tty_restore(void);
/* Keys that have come; never waits. */
unsigned tty_read(u8 *to, unsigned most);
bool tty_ended(void);                    /* stdin is at its end */
void tty_write(const char *bytes, size_t n);
void tty_size(unsigned *columns, unsigned *rows);
/* Was the window resized, or the program brought back after a stop, since the last call? */
bool tty_changed(void);
