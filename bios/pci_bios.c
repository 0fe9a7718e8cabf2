/* pci_bios.c - INT 1Ah/B1h: the PCI BIOS for real mode, and the interrupt routing table.
 * PCI BIOS Specification 2.1; Microsoft, "PCI IRQ Routing Table Specification" 1.0 ($PIR).
 * An upper byte 80h in AL (B181h...) is how BIOS32's callers say the same: answered alike. */
#include "system.h"
#include "tables.h"
#include "pci_service.h"

enum { SLOTS = 8, SLOT_BYTES = 16, HEADER = 32 };

/* One entry: bus, device, four times {link, IRQs it may have}, slot (0: on the board). */
static void slot_entry(u32 at, u32 device)
{
    put8(at, 0);
    put8(at + 1, device << 3);
    for (u32 pin = 0; pin < 4; pin++) {
        put8(at + 2 + pin * 3, 0x60 + pci_link(device << 3, pin + 1));
        put16(at + 3 + pin * 3, PCI_IRQS);
    }
    put8(at + 14, device > 2 ? device - 2 : 0);
    put8(at + 15, 0);
}

void pir_start(u32 router)
{
    u32 at = FIRMWARE + PIR_AT, bytes = HEADER + SLOTS * SLOT_BYTES;
    _Static_assert(PIR_AT + HEADER + SLOTS * SLOT_BYTES <= MP_AT, "tables.h");
    flat_fill(at, bytes);
    put_signature(at, 0x5024, 0x5249);          /* "$PIR" */
    put16(at + 4, 0x0100);
    put16(at + 6, bytes);
    put8(at + 9, router);
    put32(at + 12, 0x122E8086);             /* compatible with the first PIIX */
    for (u32 n = 0; n < SLOTS; n++)
        slot_entry(at + HEADER + n * SLOT_BYTES, n + 1);
    flat_checksum(at, bytes, 31);
}

/* AL=0Eh: the entries into the caller's buffer.  ES:DI: its size, then its far address. */
static u32 routing_options(regs_t *r)
{
    u32 bytes = SLOTS * SLOT_BYTES, room = peek16(r->es, r->di);
    u32 offset = peek16(r->es, r->di + 2u), segment = peek16(r->es, r->di + 4u);
    poke16(r->es, r->di, bytes);
    if (room < bytes)
        return BUFFER_TOO_SMALL;
    far_copy8(segment, offset, my_segment(), PIR_AT + HEADER, bytes);
    r->bx = 0;                                  /* no IRQ is PCI's alone */
    return SUCCESSFUL;
}

void pci_bios(regs_t *r)
{
    u32 status = NOT_SUPPORTED;
    pci_call_t c;
    if (EBDA(pci)) {
        c.eax = r->eax; c.ebx = r->ebx; c.ecx = r->ecx; c.edx = r->edx;
        c.esi = r->esi; c.edi = r->edi;
        c.al &= 0x7F;
        if (c.al == 0x0E) {
            status = routing_options(r);
        } else {
            status = pci_function(&c);
            if (c.al == 0x01) r->al = 1;
            r->ebx = c.ebx; r->ecx = c.ecx; r->edx = c.edx;
        }
    }
    r->ah = (u8)status;
    carry(r, status != SUCCESSFUL);
}
