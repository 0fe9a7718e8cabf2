/* format.h: a printf as small as this program needs. */
#ifndef FORMAT_H
#define FORMAT_H

#include "pc.h"

void *memcpy(void *to, const void *from, __SIZE_TYPE__ bytes);
void *memset(void *to, int value, __SIZE_TYPE__ bytes);
__SIZE_TYPE__ strlen(const char *text);

/* %s %c %u %X, each with an optional width, a 0 before it for zeros instead of blanks, and - for left. */
__attribute__((format(printf, 3, 4))) void format(char *out, u32 bytes, const char *pattern, ...);
void format_list(char *out, u32 bytes, const char *pattern, __builtin_va_list list);

#endif
