/* text.h - writing into a buffer of fixed size: what does not fit is cut, the end is always 0. */
#pragma once
#include "mem/base.h"

typedef struct { char *text; size_t bytes, at; } text_t;      /* at: may pass `bytes` when the text was cut */

__attribute__((format(printf, 2, 3))) void text_say(text_t *t, const char *format, ...);
