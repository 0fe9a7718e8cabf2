/* pci.c - power-on of the PCI bus: addresses, interrupts, and the chipset's own registers.
 * PCI Local Bus Specification 2.1, chapter 6; Intel data sheets 290549 (82441FX), 290550 (82371SB), 290562 (82371AB).
 * Left out: buses behind bridges, resources of CardBus, memory below 1 MiB, option ROMs of adapters (the built-in video ROM
 * serves the display; others are given an address, and stay silent). */
#include "system.h"
#include "pci.h"

enum { BARS_MAX = 64 };

typedef struct { u32 bytes; u16 bdf; u8 at, io; } bar_t;
typedef struct { bar_t bar[BARS_MAX]; u32 count, io, memory; } plan_t;

u32 pci_next(u32 bdf)
{
    bool first = bdf == ~0u;
    if (!first && !(bdf & 7) && !(pci_read8(bdf, HEADER_TYPE) & 0x80))
        bdf |= 7;                               /* a single function */
    for (bdf = first ? 0 : bdf + 1; bdf < 0x100; bdf++) {
        if (pci_read16(bdf, VENDOR) != 0xFFFF)
            return bdf;
        if (!(bdf & 7))
            bdf |= 7;                           /* no function 0: no device */
    }
    return ~0u;
}

/* ---- base address registers ---- */

/* The size a register asks for, 0: none.  "Decoding must be off" (6.2.5.1). */
static u32 size_of(u32 bdf, u32 at, u32 fixed)
{
    u32 saved = pci_read32(bdf, at);
    pci_write32(bdf, at, ~fixed);
    u32 mask = pci_read32(bdf, at) & ~fixed;
    pci_write32(bdf, at, saved);
    if (fixed == 3)
        mask |= mask ? 0xFFFF0000 : 0;          /* an I/O register may have 16 bits only */
    return 0u - mask;
}

static void note(plan_t *plan, u32 bdf, u32 at, u32 bytes, bool io)
{
    if (!bytes || plan->count == BARS_MAX)
        return;
    bar_t *b = &plan->bar[plan->count++];
    b->bytes = bytes;
    b->bdf = (u16)bdf;
    b->at = (u8)at;
    b->io = io;
}

static void measure(plan_t *plan, u32 bdf)
{
    if (pci_read8(bdf, HEADER_TYPE) & 0x7F)
        return;
    pci_write16(bdf, COMMAND, pci_read16(bdf, COMMAND) & ~(u32)(CAN_IO | CAN_MEMORY | CAN_MASTER));
    for (u32 at = BAR_0; at < BAR_0 + 6 * 4; at += 4) {
        u32 kind = pci_read32(bdf, at);
        bool io = kind & 1;
        note(plan, bdf, at, size_of(bdf, at, io ? 3 : 15), io);
        if (!io && (kind & 6) == 4) {           /* 64 bits wide: the upper half is 0 */
            at += 4;
            pci_write32(bdf, at, 0);
        }
    }
    note(plan, bdf, ROM_BAR, size_of(bdf, ROM_BAR, 0x7FF), false);
}

/* What a function is allowed to answer, besides what it was given: a display its legacy addresses, a disk controller memory. */
static u32 abilities(u32 bdf)
{
    u32 class = pci_read16(bdf, CLASS);
    return class == CLASS_VGA ? CAN_IO | CAN_MEMORY : class == CLASS_IDE ? CAN_IO | CAN_MASTER : 0;
}

static void give(plan_t *plan, const bar_t *b)
{
    u32 *next = b->io ? &plan->io : &plan->memory;
    u32 end = b->io ? PCI_IO_END : PCI_MEMORY_END;
    u32 base = (*next + b->bytes - 1) & ~(b->bytes - 1);
    if (base < *next || base > end || b->bytes > end - base)
        return;                                 /* full: the function stays silent there */
    *next = base + b->bytes;
    pci_write32(b->bdf, b->at, base);
    if (b->at != ROM_BAR)
        pci_write16(b->bdf, COMMAND, pci_read16(b->bdf, COMMAND) | (b->io ? (u32)CAN_IO : CAN_MEMORY));
}

/* Largest first, so that alignment wastes nothing. */
static void place_all(plan_t *plan)
{
    plan->io = PCI_IO_FIRST;
    plan->memory = PCI_MEMORY_FIRST;
    for (u32 bytes = 0x80000000; bytes; bytes >>= 1)
        for (u32 i = 0; i < plan->count; i++)
            if (plan->bar[i].bytes == bytes)
                give(plan, &plan->bar[i]);
}

/* ---- the board's own functions ---- */

/* PIRQRC[A:D] to IRQ 10 and 11, which ELCR makes level triggered as PCI's are, and the SCI's; XBCS lets the I/O APIC answer. */
static void isa_bridge(u32 bdf)
{
    u32 levels = 1u << SCI_IRQ;
    for (u32 link = 0; link < 4; link++) {
        pci_write8(bdf, 0x60 + link, pci_link_irq(link));
        levels |= 1u << pci_link_irq(link);
    }
    out8(ELCR1, levels);
    out8(ELCR2, levels >> 8);
    pci_write16(bdf, 0x4E, pci_read16(bdf, 0x4E) | 0x0100);
}

/* PMBA, PMREGMISC: on; SMBBA, SMBHSTCFG: on, interrupts as IRQ 9. */
static void power_management(u32 bdf)
{
    pci_write32(bdf, 0x40, PM_BASE | 1);
    pci_write8(bdf, 0x80, 1);
    pci_write32(bdf, 0x90, SMBUS_BASE | 1);
    pci_write8(bdf, 0xD2, 9);
    pci_write16(bdf, COMMAND, pci_read16(bdf, COMMAND) | CAN_IO);
    pci_write8(bdf, INTERRUPT_LINE, SCI_IRQ);
    EBDA_SET(pm_base, PM_BASE);
}

static void set_up(u32 bdf)
{
    u32 id = pci_read32(bdf, VENDOR), pin = pci_read8(bdf, INTERRUPT_PIN);
    if (pin >= 1 && pin <= 4)
        pci_write8(bdf, INTERRUPT_LINE, pci_link_irq(pci_link(bdf, pin)));
    if (id == PIIX3)
        isa_bridge(bdf);
    else if (id == PIIX4_PM)
        power_management(bdf);
    else if (pci_read16(bdf, CLASS) == CLASS_IDE)
        pci_write32(bdf, 0x40, 0x80008000);     /* IDETIM: both channels decode their ports, compatible timing */
    pci_write16(bdf, COMMAND, pci_read16(bdf, COMMAND) | abilities(bdf));
}

void pci_start(void)
{
    plan_t plan;
    if (!EBDA(pci))
        return;
    plan.count = 0;
    for (u32 bdf = pci_next(~0u); bdf != ~0u; bdf = pci_next(bdf))
        measure(&plan, bdf);
    place_all(&plan);
    for (u32 bdf = pci_next(~0u); bdf != ~0u; bdf = pci_next(bdf))
        set_up(bdf);
}
