/* text.c - printing: the sign-on and the boot messages, through INT 10h teletype, so that whatever
 * video ROM is there shows them.  debug() writes to port E9h, where emulators listen (Bochs, QEMU debugcon). */
#include "system.h"

void print_char(u32 c)
{
    call_t video = call_with(0x0E00 | (c & 0xFF));
    video.bl = 7;
    if (c == '\n')
        print_char('\r');
    call_interrupt(0x10, &video);
}

void print(text_t text)
{
    while (*text)
        print_char((u8)*text++);
}

void print_ram(const char *text)
{
    while (*text)
        print_char((u8)*text++);
}

void print_number(u32 n)
{
    char digits[11];
    u32 i = sizeof digits;
    digits[--i] = 0;
    do digits[--i] = (char)('0' + n % 10); while (n /= 10);
    print_ram(digits + i);
}

void print_hex(u32 n, u32 digits)
{
    while (digits--) {
        u32 d = n >> (digits * 4) & 15;
        print_char(d < 10 ? '0' + d : 'A' + d - 10);
    }
}

/* 2048 sectors are a MiB; the high word counts 4 Gi sectors, that is 2 TiB. */
void print_size(u32 sectors, u32 high)
{
    u32 mib = (sectors >> 11) + (high << 21);
    if (mib >= 10240) {
        print_number(mib >> 10);
        print(TEXT(" GiB"));
    } else if (mib) {
        print_number(mib);
        print(TEXT(" MiB"));
    } else {
        print_number(sectors >> 1);
        print(TEXT(" KiB"));
    }
}

void debug(text_t text)
{
    while (*text)
        out8(DEBUG_OUT, (u8)*text++);
}

u32 bcd_to_binary(u32 bcd) { return (bcd >> 4 & 15) * 10 + (bcd & 15); }
