/* host_memory.c - mmap(2) and mincore(2), where there are such; else the C library's heap.  See host_memory.h. */
#define _DEFAULT_SOURCE
#include "mem/host_memory.h"
#include <stdlib.h>

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>

void *memory_reserve(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void memory_release(void *memory, size_t bytes)
{
    if (memory) munmap(memory, bytes);
}

void memory_forget(void *memory, size_t bytes)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = ((uintptr_t)memory + page - 1) & ~(page - 1), to = ((uintptr_t)memory + bytes) & ~(page - 1);
    if (from < to) madvise((void *)from, to - from, MADV_DONTNEED);
}

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
void *memory_reserve(size_t bytes) { return calloc(1, bytes); }

void memory_release(void *memory, size_t bytes)
{
    (void)bytes;
    free(memory);
}

void memory_forget(void *memory, size_t bytes)
{
    (void)memory; (void)bytes;
}

size_t memory_resident(const void *memory, size_t bytes)
{
    (void)memory;
    return bytes;
}
#endif
