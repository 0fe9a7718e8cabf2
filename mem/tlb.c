/* tlb.c - emptying the translation look-aside buffer.  See tlb.h. */
#include "mem/tlb.h"

static void forget(tlb_t *tlb, u32 slot)
{
    tlb->entry[slot] = (tlb_entry_t){ tlb_invalid(slot), tlb_invalid(slot), NULL };
    tlb->code_tag[slot] = tlb_invalid(slot);
}

void tlb_flush(tlb_t *tlb)
{
    for (u32 slot = 0; slot < TLB_ENTRIES; slot++)
        forget(tlb, slot);
}

void tlb_flush_page(tlb_t *tlb, u32 linear) { forget(tlb, tlb_slot(linear)); }

void tlb_protect(tlb_t *tlb, const u8 *host_page)
{
    for (u32 slot = 0; slot < TLB_ENTRIES; slot++)
        if (tlb->entry[slot].host == host_page && tlb->entry[slot].write_tag != tlb_invalid(slot)) {
            tlb->code_tag[slot] = tlb->entry[slot].write_tag;
            tlb->entry[slot].write_tag = tlb_invalid(slot);
        }
}
