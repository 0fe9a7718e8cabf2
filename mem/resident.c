/* resident.c - how much of a piece of memory the host really holds: mincore(2), where there is one.  See resident.h. */
#define _DEFAULT_SOURCE
#include "mem/resident.h"

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>

size_t memory_resident(const void *memory, size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), resident = 0;
    uintptr_t from = (uintptr_t)memory & ~(uintptr_t)(page - 1), to = (uintptr_t)memory + bytes;
    unsigned char present[4096];
    while (from < to) {
        size_t pages = (to - from + page - 1) / page;
        if (pages > sizeof present) pages = sizeof present;
        if (mincore((void *)from, pages * page, present) != 0)
            return bytes;
        for (size_t n = 0; n < pages; n++)
            resident += present[n] & 1 ? page : 0;
        from += pages * page;
    }
    return resident < bytes ? resident : bytes;
}
#else
size_t memory_resident(const void *memory, size_t bytes)
{
    (void)memory;
    return bytes;
}
#endif
