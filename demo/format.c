/*
 * format.c: numbers and words into a string. Also the three functions that a compiler may call on its own account.
 *
 * Document: C11, 7.21.6.1, of which this is a small part: no signs, no fractions, no length letters.
 */
#include "format.h"

typedef struct {
    char *next, *end;
} out_t;

typedef struct {
    char fill;
    u32 width, left;
} field_t;

static void put(out_t *out, char c)
{
    if (out->next < out->end)
        *out->next++ = c;
}

static void put_field(out_t *out, const char *text, field_t field)
{
    u32 length = (u32)strlen(text);
    for (u32 i = length; i < field.width && !field.left; i++)
        put(out, field.fill);
    for (u32 i = 0; i < length; i++)
        put(out, text[i]);
    for (u32 i = length; i < field.width && field.left; i++)
        put(out, ' ');
}

static const char *digits(char buffer[12], u32 value, u32 base)
{
    char *at = buffer + 11;
    *at = 0;
    do {
        *--at = "0123456789ABCDEF"[value % base];
        value /= base;
    } while (value);
    return at;
}

void format_list(char *text, u32 bytes, const char *pattern, __builtin_va_list list)
{
    out_t out = {text, text + bytes - 1};
    for (; *pattern; pattern++) {
        if (*pattern != '%') {
            put(&out, *pattern);
            continue;
        }
        field_t field = {' ', 0, 0};
        char buffer[12];
        pattern++;
        if (*pattern == '-')
            field.left = 1, pattern++;
        if (*pattern == '0')
            field.fill = '0', pattern++;
        while (*pattern >= '0' && *pattern <= '9')
            field.width = field.width * 10 + (u32)(*pattern++ - '0');
        if (*pattern == 'u' || *pattern == 'X')
            put_field(&out, digits(buffer, __builtin_va_arg(list, u32), *pattern == 'u' ? 10 : 16), field);
        else if (*pattern == 's')
            put_field(&out, __builtin_va_arg(list, const char *), field);
        else if (*pattern == 'c')
            put(&out, (char)__builtin_va_arg(list, int));
        else
            put(&out, *pattern);
    }
    *out.next = 0;
}

void format(char *out, u32 bytes, const char *pattern, ...)
{
    __builtin_va_list list;
    __builtin_va_start(list, pattern);
    format_list(out, bytes, pattern, list);
    __builtin_va_end(list);
}

void *memcpy(void *to, const void *from, __SIZE_TYPE__ bytes)
{
    void *start = to;
    ASM("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
    return start;
}

void *memset(void *to, int value, __SIZE_TYPE__ bytes)
{
    void *start = to;
    ASM("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
    return start;
}

__SIZE_TYPE__ strlen(const char *text)
{
    const char *end = text;
    while (*end)
        end++;
    return (__SIZE_TYPE__)(end - text);
}
