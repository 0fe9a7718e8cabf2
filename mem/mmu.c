/* mmu.c - the page walk.  SDM vol. 3A, 4.3 (32-bit paging) and 4.4 (PAE); error codes 4.7; accessed and dirty flags 4.8.
 * Left out: physical addresses above 4 GiB (PSE-36 and PAE bits 32-35): such pages meet no memory. */
#include "mem/mmu.h"

enum { PTE_P = 1, PTE_W = 2, PTE_U = 4, PTE_A = 0x20, PTE_D = 0x40, PTE_PS = 0x80, PTE_G = 0x100 };
#define PTE_NX ((u64)1 << 63)
#define PAE_FRAME 0x000FFFFFFFFFF000u

/* Page tables are read as the processor's own cycles: memory only. */
static u64 read_entry(bus_t *bus, u64 physical, unsigned bytes)
{
    u8 raw[8] = { 0 };
    dma_read(bus, physical & bus->a20_mask, raw, bytes);
    return get64(raw);
}

static void set_bits(bus_t *bus, u64 physical, u64 entry, u64 bits)
{
    u8 low[4];
    if ((entry & bits) == bits)
        return;
    put(low, W32, (u32)(entry | bits));
    dma_write(bus, physical & bus->a20_mask, low, 4);
}

/* 32-bit paging: directory, then table unless PS. */
static mmu_walk_t walk_32(bus_t *bus, const paging_t *regs, u32 linear)
{
    mmu_walk_t w = { .page_mask = 0xFFF };
    w.at[0] = (regs->cr3 & 0xFFFFF000) + (linear >> 22 << 2);
    w.entry[0] = read_entry(bus, w.at[0], 4);
    w.depth = 1;
    if (!(w.entry[0] & PTE_P))
        return w;
    if ((w.entry[0] & PTE_PS) && (regs->cr4 & CR4_PSE)) {
        w.large = w.present = true;
        w.page_mask = 0x3FFFFF;
        w.physical = (w.entry[0] & 0xFFC00000) | (w.entry[0] & 0x1E000) << 19;     /* PSE-36 */
        w.reserved = w.entry[0] & 1u << 21;
        return w;
    }
    w.at[1] = (w.entry[0] & 0xFFFFF000) + (linear >> 12 << 2 & 0xFFC);
    w.entry[1] = read_entry(bus, w.at[1], 4);
    w.depth = 2;
    w.present = w.entry[1] & PTE_P;
    w.physical = w.entry[1] & 0xFFFFF000;
    return w;
}

/* PAE: pointer table (its entries have no rights), directory, table unless PS. */
static mmu_walk_t walk_pae(bus_t *bus, const paging_t *regs, u32 linear)
{
    mmu_walk_t w = { .page_mask = 0xFFF, .pae = true };
    u64 pdpte = read_entry(bus, (regs->cr3 & 0xFFFFFFE0) + (linear >> 30 << 3), 8);
    if (!(pdpte & PTE_P))
        return w;
    w.at[0] = (pdpte & PAE_FRAME) + (linear >> 21 << 3 & 0xFF8);
    w.entry[0] = read_entry(bus, w.at[0], 8);
    w.depth = 1;
    if (!(w.entry[0] & PTE_P))
        return w;
    w.reserved = (w.entry[0] & PTE_NX) && !regs->nx;
    if (w.entry[0] & PTE_PS) {
        w.large = w.present = true;
        w.page_mask = 0x1FFFFF;
        w.physical = w.entry[0] & PAE_FRAME & ~(u64)0x1FFFFF;
        w.reserved |= (w.entry[0] & 0x1FE000) != 0;
        return w;
    }
    w.at[1] = (w.entry[0] & PAE_FRAME) + (linear >> 12 << 3 & 0xFF8);
    w.entry[1] = read_entry(bus, w.at[1], 8);
    w.depth = 2;
    w.present = w.entry[1] & PTE_P;
    w.reserved |= w.present && (w.entry[1] & PTE_NX) && !regs->nx;
    w.physical = w.entry[1] & PAE_FRAME;
    return w;
}

mmu_walk_t mmu_walk(bus_t *bus, const paging_t *regs, u32 linear)
{
    return regs->cr4 & CR4_PAE ? walk_pae(bus, regs, linear) : walk_32(bus, regs, linear);
}

/* May this access use the page?  SDM vol. 3A, 4.6.1. */
static bool allowed(const paging_t *regs, const mmu_walk_t *w, access_t access, bool user)
{
    u64 all = w->entry[0] & (w->depth > 1 ? w->entry[1] : ~(u64)0);
    u64 any = w->entry[0] | (w->depth > 1 ? w->entry[1] : 0);
    if (user && !(all & PTE_U))
        return false;
    if (access == ACCESS_FETCH && w->pae && regs->nx && (any & PTE_NX))
        return false;
    bool protects = user || ((regs->cr0 & CR0_WP) && !regs->no_wp);
    return access != ACCESS_WRITE || !protects || (all & PTE_W);
}

mmu_result_t mmu_translate(bus_t *bus, const paging_t *regs, u32 linear, access_t access, bool user, bool quiet)
{
    if (!(regs->cr0 & CR0_PG))
        return (mmu_result_t){ .ok = true, .physical = linear, .writable = true };
    mmu_walk_t w = mmu_walk(bus, regs, linear);
    bool permitted = w.present && !w.reserved && allowed(regs, &w, access, user);
    if (!permitted) {
        u32 error = (w.present ? PF_PRESENT : 0u) | (access == ACCESS_WRITE ? PF_WRITE : 0u) | (user ? PF_USER : 0u)
                  | (w.reserved && w.present ? PF_RESERVED : 0u)
                  | (access == ACCESS_FETCH && regs->nx && w.pae ? PF_FETCH : 0u);
        return (mmu_result_t){ .error = error };
    }
    int last = w.depth - 1;
    if (!quiet) {
        for (int i = 0; i < last; i++)
            set_bits(bus, w.at[i], w.entry[i], PTE_A);
        set_bits(bus, w.at[last], w.entry[last], PTE_A | (access == ACCESS_WRITE ? PTE_D : 0u));
    }
    bool dirty = access == ACCESS_WRITE || (w.entry[last] & PTE_D);
    return (mmu_result_t){ .ok = true, .physical = w.physical | (linear & w.page_mask),
                           .writable = dirty && allowed(regs, &w, ACCESS_WRITE, user),
                           .global = (w.entry[last] & PTE_G) && (regs->cr4 & CR4_PGE), .large = w.large };
}
