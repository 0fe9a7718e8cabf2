/* code_pages.h - which stretches of RAM have been decoded into blocks.
 * One bit per 64-byte granule, one 64-bit word per page: a store asks "is there decoded code under me?" in one load. */
#pragma once
#include "mem/base.h"

enum { GRANULE_SHIFT = 6 };

typedef struct { u64 *page; u32 n_pages; } code_pages_t;

bool code_pages_init(code_pages_t *code, u32 ram_bytes);
void code_pages_free(code_pages_t *code);
void code_pages_clear(code_pages_t *code);

/* The granules that [offset, offset + bytes) of a page touches; the range ends inside the page. */
INLINE u64 granules(u32 offset, u32 bytes)
{
    u32 first = offset >> GRANULE_SHIFT, last = (offset + bytes - 1) >> GRANULE_SHIFT;
    return (~(u64)0 >> (63 - (last & 63))) & (~(u64)0 << (first & 63));
}
INLINE u64 code_pages_at(const code_pages_t *code, u32 physical)
{
    u32 n = physical >> 12;
    return n < code->n_pages ? code->page[n] : 0;
}
INLINE bool code_pages_track(const code_pages_t *code, u32 physical) { return physical >> 12 < code->n_pages; }
