/* text.c - see text.h. */
#include "cpu/text.h"
#include <stdarg.h>
#include <stdio.h>

void text_say(text_t *t, const char *format, ...)
{
    if (t->at >= t->bytes)
        return;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(t->text + t->at, t->bytes - t->at, format, args);
    va_end(args);
    t->at += n > 0 ? (size_t)n : 0;
}
