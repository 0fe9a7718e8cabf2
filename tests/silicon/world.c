/* world.c - the memory and the descriptors that both processors see.  See silicon.h. */
#include "tests/silicon/silicon.h"

u32 silicon_low;

static const u16 pages[DATA_PAGES] = { 0x8, 0x9, 0xA, 0xF, 0x10 };

u32 data_linear(unsigned page) { return silicon_low + (u32)pages[page] * PAGE_BYTES; }

s32 data_place(u32 linear)
{
    for (unsigned page = 0; page < DATA_PAGES; page++)
        if ((linear & ~(u32)(PAGE_BYTES - 1)) == data_linear(page))
            return (s32)(page * PAGE_BYTES + (linear & (PAGE_BYTES - 1)));
    return -1;
}

const local_t locals[N_LOCALS] = {
    [LOCAL_CODE16]       = { .base = CODE_LINEAR, .limit = 0xFFFF, .code = true, .writable = true },
    [LOCAL_DATA16]       = { .base = 0, .limit = 0xFFFF, .writable = true },
    [LOCAL_SMALL]        = { .base = 0, .limit = 0x9FFF, .writable = true, .big = true },
    [LOCAL_READ_ONLY]    = { .base = 0, .limit = 0xFFFFF, .pages = true, .big = true },
    [LOCAL_DOWN]         = { .base = 0, .limit = 0x8FFF, .odd = true, .writable = true, .big = true },
    [LOCAL_ABSENT]       = { .base = 0, .limit = 0xFFFFF, .writable = true, .pages = true, .big = true, .absent = true },
    [LOCAL_EXECUTE_ONLY] = { .base = 0, .limit = 0xFFFFF, .code = true, .pages = true, .big = true },
    [LOCAL_CONFORMING]   = { .base = 0, .limit = 0xFFFFF, .code = true, .writable = true, .odd = true, .pages = true, .big = true, .absent = true },   /* Linux grants no other */
};
