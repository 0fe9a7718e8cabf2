/* pci_service.h - the PCI BIOS's functions, once for real mode (pci_bios.c) and once for 32-bit callers (pci_bios32.c).
 * PCI BIOS Specification 2.1.  No constant in memory, no table: the 32-bit copy runs at whatever address it finds itself.
 * Left out: special cycles (answered "not supported"); buses other than 0 have no functions. */
#pragma once
#include "pci.h"

typedef struct { REGISTER(a); REGISTER(b); REGISTER(c); REGISTER(d); u32 esi, edi; } pci_call_t;

enum { SUCCESSFUL = 0x00, NOT_SUPPORTED = 0x81, BAD_VENDOR = 0x83, DEVICE_NOT_FOUND = 0x86, BAD_REGISTER = 0x87, SET_FAILED = 0x88,
       BUFFER_TOO_SMALL = 0x89 };

/* The SI-th function whose `at` register, under `mask`, is `wanted`. */
static u32 pci_find(pci_call_t *c, u32 at, u32 shift, u32 wanted)
{
    u32 index = c->esi & 0xFFFF;
    for (u32 bdf = 0; bdf < 0x100; bdf++) {
        if (pci_read16(bdf, VENDOR) != 0xFFFF && pci_read32(bdf, at) >> shift == wanted && !index--) {
            c->bx = (u16)bdf;
            return SUCCESSFUL;
        }
        if (!(bdf & 7) && (pci_read16(bdf, VENDOR) == 0xFFFF || !(pci_read8(bdf, HEADER_TYPE) & 0x80)))
            bdf |= 7;
    }
    return DEVICE_NOT_FOUND;
}

/* AL=08h-0Dh: read or write a byte, word or dword. */
static u32 pci_access(pci_call_t *c)
{
    u32 size = (c->al - 8u) % 3, at = c->edi & 0xFFFF, bdf = c->bx;
    if (at > 0xFF || at & ((1u << size) - 1))
        return BAD_REGISTER;
    if (c->al >= 0x0B) {
        if (size == 0)      pci_write8(bdf, at, c->cl);
        else if (size == 1) pci_write16(bdf, at, c->cx);
        else                pci_write32(bdf, at, c->ecx);
    } else if (size == 0)   c->cl = pci_read8(bdf, at);
    else if (size == 1)     c->cx = pci_read16(bdf, at);
    else                    c->ecx = pci_read32(bdf, at);
    return SUCCESSFUL;
}

/* AL=0Fh: CL = pin 0Ah-0Dh of the device BX, CH = IRQ.  The bridge is wherever its id is found. */
static u32 pci_route(pci_call_t *c)
{
    u32 pin = c->cl - 0x0Au, irq = c->ch;
    if (pin > 3 || irq > 15 || !(PCI_IRQS >> irq & 1))
        return SET_FAILED;
    u32 link = pci_link(c->bx, pin + 1), port = irq < 8 ? 0x4D0 : 0x4D1;
    for (u32 bdf = 0; bdf < 0x100; bdf++)
        if (pci_read32(bdf, VENDOR) == PIIX3) {
            pci_write8(bdf, 0x60 + link, irq);
            out8((u16)port, in8((u16)port) | 1u << (irq & 7));
            return SUCCESSFUL;
        }
    return SET_FAILED;
}

static u32 pci_function(pci_call_t *c)
{
    if (c->al == 0x01) {
        c->edx = 0x20494350;                    /* "PCI " */
        c->al = 0x01;                           /* mechanism 1, no special cycles */
        c->bx = 0x0210;                         /* version 2.10 */
        c->cl = 0;                              /* the last bus */
        return SUCCESSFUL;
    }
    if (c->al == 0x02)
        return c->dx == 0xFFFF ? BAD_VENDOR : pci_find(c, VENDOR, 0, (u32)c->cx << 16 | c->dx);
    if (c->al == 0x03)
        return pci_find(c, REVISION, 8, c->ecx & 0xFFFFFF);
    if (c->al >= 0x08 && c->al <= 0x0D)
        return pci_access(c);
    return c->al == 0x0F ? pci_route(c) : NOT_SUPPORTED;
}
