/* tlb.c - filling and emptying the translation look-aside buffer.  See tlb.h.
 *
 * A guest that switches tasks loads CR3 thousands of times a second with a few dozen entries in use: what is emptied is
 * found in a bit map, so that a flush costs what was filled and not what there is room for. */
#include "mem/tlb.h"

static void forget(tlb_t *tlb, u32 slot)
{
    tlb->entry[slot] = (tlb_entry_t){ tlb_invalid(slot), tlb_invalid(slot), NULL };
    tlb->code_tag[slot] = tlb_invalid(slot);
    tlb->filled[slot / 64] &= ~((u64)1 << slot % 64);
}

static void set_bit(u64 *bits, u32 n, bool value)
{
    u64 bit = (u64)1 << n % 64;
    bits[n / 64] = value ? bits[n / 64] | bit : bits[n / 64] & ~bit;
}

void tlb_init(tlb_t *tlb)
{
    memset(tlb, 0, sizeof *tlb);
    for (u32 slot = 0; slot < TLB_ENTRIES; slot++)
        forget(tlb, slot);
}

void tlb_fill(tlb_t *tlb, const tlb_page_t *p)
{
    u32 slot = tlb_slot(p->page);
    tlb->entry[slot] = (tlb_entry_t){ p->page, p->may_store && !p->tells ? p->page : tlb_invalid(slot), p->host };
    tlb->code_tag[slot] = p->may_store && p->tells ? p->page : tlb_invalid(slot);
    set_bit(tlb->filled, slot, true);
    set_bit(tlb->global, slot, p->global);
    if (p->large)
        set_bit(tlb->large, p->page >> 22, true);
}

void tlb_fill_device(tlb_t *tlb, const tlb_device_t *device)
{
    tlb->device[device->page >> 12 & (TLB_DEVICES - 1)] = *device;
    tlb->devices = true;
}

static void forget_devices(tlb_t *tlb)                         /* global or not: a flush too many is always right */
{
    if (tlb->devices)
        memset(tlb->device, 0, sizeof tlb->device);
    tlb->devices = false;
}

void tlb_flush(tlb_t *tlb, bool globals_too)
{
    forget_devices(tlb);
    for (u32 n = 0; n < COUNT_OF(tlb->filled); n++) {
        u64 going = globals_too ? tlb->filled[n] : tlb->filled[n] & ~tlb->global[n];
        for (u32 slot = n * 64; going; slot++, going >>= 1)
            if (going & 1) forget(tlb, slot);
    }
    if (globals_too)
        memset(tlb->large, 0, sizeof tlb->large);
}

bool tlb_flush_page(tlb_t *tlb, u32 linear)
{
    forget(tlb, tlb_slot(linear));
    forget_devices(tlb);
    u32 region = linear >> 22;
    if (!(tlb->large[region / 64] >> region % 64 & 1))
        return false;
    for (u32 slot = 0; slot < TLB_ENTRIES; slot++)             /* pages of 4 KiB may go with it: a flush too many is always right */
        if (tlb->entry[slot].host && tlb->entry[slot].read_tag >> 22 == region)
            forget(tlb, slot);
    return true;
}

void tlb_protect(tlb_t *tlb, const u8 *host, u32 bytes)
{
    for (u32 slot = 0; slot < TLB_ENTRIES; slot++)
        if ((uintptr_t)tlb->entry[slot].host - (uintptr_t)host < bytes && tlb->entry[slot].write_tag != tlb_invalid(slot)) {
            tlb->code_tag[slot] = tlb->entry[slot].write_tag;
            tlb->entry[slot].write_tag = tlb_invalid(slot);
        }
}

void tlb_release(tlb_t *tlb, u32 linear)
{
    u32 slot = tlb_slot(linear);
    if (tlb->code_tag[slot] != (linear & ~0xFFFu))
        return;
    tlb->entry[slot].write_tag = tlb->code_tag[slot];
    tlb->code_tag[slot] = tlb_invalid(slot);
}
