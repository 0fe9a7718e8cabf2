/* tlb.h - the software translation look-aside buffer.
 *
 * An entry answers one question: may this access go straight to host memory?  Read and write have tags of their own, so that
 * write protection, a dirty bit not yet set, decoded code in the page, memory-mapped devices and watchpoints all look
 * like a miss, and the slow path sorts them out.  The tag is the page's linear address; `linear - tag` is the offset
 * in the page, and one comparison with (page size - operand size) also sees an operand that crosses the page's end. */
#pragma once
#include "mem/base.h"

enum { TLB_ENTRIES = 1024, TLB_DEVICES = 32 };

typedef struct {
    u32 read_tag, write_tag;
    u8 *host;                    /* first byte of the page */
} __attribute__((aligned(16))) tlb_entry_t;
struct region;                   /* bus.h */
typedef struct { u32 page, physical; const struct region *region; bool may_store; } tlb_device_t;        /* a page of a device's registers; region NULL: none */
typedef struct {
    tlb_entry_t entry[TLB_ENTRIES];
    u32 code_tag[TLB_ENTRIES];   /* writable memory that holds decoded code, or whose owner is told of stores: the slow path may store, and tell */
    u64 filled[TLB_ENTRIES / 64], global[TLB_ENTRIES / 64];      /* a bit a slot: in use; a global page, which a load of CR3 leaves alone */
    tlb_device_t device[TLB_DEVICES];    /* beside the entries, for the slow path alone */
    bool devices;                /* any of them */
    u64 large[16];               /* a bit for each 4 MiB of linear space: entries of a large page were made there */
} tlb_t;

/* What an entry is made of.  A large page (4 or 2 MiB) sits here as many entries of 4 KiB. */
typedef struct { u32 page; u8 *host; bool may_store, tells, global, large; } tlb_page_t;       /* tells: see code_tag */

INLINE u32 tlb_slot(u32 linear) { return linear >> 12 & (TLB_ENTRIES - 1); }

/* A tag that no address in this slot can match: the page of the next slot. */
INLINE u32 tlb_invalid(u32 slot) { return (slot + 1) << 12; }

INLINE u8 *tlb_probe(const tlb_entry_t *e, u32 tag, u32 linear, u32 bytes)
{
    u32 x = linear - tag;
    if (UNLIKELY(x > 4096 - bytes))
        return NULL;
    u8 *host = e->host + x;
    if (!host)
        __builtin_unreachable();                               /* a tag that matches has memory behind it: callers test NULL once */
    return host;
}
/* The slot's entry, its place computed in bytes: one shift less than an index. */
INLINE const tlb_entry_t *tlb_entry(const tlb_t *tlb, u32 linear)
{
    enum { ENTRY_SHIFT = 4, MASK = (TLB_ENTRIES - 1) << ENTRY_SHIFT };
    _Static_assert(sizeof(tlb_entry_t) == 1 << ENTRY_SHIFT, "a power of two");
    return (const tlb_entry_t *)((const char *)tlb->entry + (linear >> (12 - ENTRY_SHIFT) & MASK));
}
INLINE u8 *tlb_read(const tlb_t *tlb, u32 linear, u32 bytes)
{
    const tlb_entry_t *e = tlb_entry(tlb, linear);
    return tlb_probe(e, e->read_tag, linear, bytes);
}
INLINE u8 *tlb_write(const tlb_t *tlb, u32 linear, u32 bytes)
{
    const tlb_entry_t *e = tlb_entry(tlb, linear);
    return tlb_probe(e, e->write_tag, linear, bytes);
}

/* The host address if the operand lies in one page of writable memory whose stores the slow path tells. */
INLINE u8 *tlb_code(const tlb_t *tlb, u32 linear, u32 bytes)
{
    u32 slot = tlb_slot(linear);
    return tlb_probe(&tlb->entry[slot], tlb->code_tag[slot], linear, bytes);
}

INLINE const tlb_device_t *tlb_device(const tlb_t *tlb, u32 linear, bool store)
{
    const tlb_device_t *d = &tlb->device[linear >> 12 & (TLB_DEVICES - 1)];
    return d->region && d->page == (linear & ~0xFFFu) && (!store || d->may_store) ? d : NULL;
}

void tlb_init(tlb_t *tlb);
void tlb_fill(tlb_t *tlb, const tlb_page_t *page);
void tlb_fill_device(tlb_t *tlb, const tlb_device_t *device);
/* As a load of CR3 does: all, or all but global pages.  SDM vol. 3A, 4.10.4.1. */
void tlb_flush(tlb_t *tlb, bool globals_too);
/* As INVLPG does: the page that holds this address, whatever its size.  true: it may have been a large one. */
bool tlb_flush_page(tlb_t *tlb, u32 linear);
/* No store may go straight to these pages of host memory any more: code was decoded from them, or their owner is to be told.  Rights are
 * kept: the store that follows does not walk the page tables again. */
void tlb_protect(tlb_t *tlb, const u8 *host, u32 bytes);
/* Told: further stores to this page may go straight to memory. */
void tlb_release(tlb_t *tlb, u32 linear);
