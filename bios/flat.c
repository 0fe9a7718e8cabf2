/* flat.c - memory by linear address from real mode, while FS reaches 4 GiB (flat.S).
 * Functions and not inline: an address in a register is 32 bits wide, one in the instruction the assembler makes 16. */
#include "tables.h"

u32  get8(u32 linear)               { return peek8(0, linear); }
u32  get32(u32 linear)              { return peek32(0, linear); }
void put8(u32 linear, u32 value)    { poke8(0, linear, value); }
void put16(u32 linear, u32 value)   { poke16(0, linear, value); }
void put32(u32 linear, u32 value)   { poke32(0, linear, value); }

void put_signature(u32 linear, u32 low, u32 high)
{
    put16(linear, low);
    put16(linear + 2, high);
}

void flat_copy(u32 to, const rom void *from, u32 bytes)
{
    const rom u8 *at = from;
    for (u32 i = 0; i < bytes; i++)
        put8(to + i, at[i]);
}

void flat_fill(u32 to, u32 bytes)
{
    for (u32 i = 0; i < bytes; i++)
        put8(to + i, 0);
}

void flat_checksum(u32 from, u32 bytes, u32 at)
{
    u32 sum = 0;
    put8(from + at, 0);
    for (u32 i = 0; i < bytes; i++)
        sum += get8(from + i);
    put8(from + at, 0u - sum);
}
