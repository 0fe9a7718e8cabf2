/* pci_bios32.c - the PCI BIOS for 32-bit callers: pci_service.h compiled for protected mode, entered from bios32.S.
 * Left out: AL=0Eh (the routing table is to be found at F0000). */
#include "pci_service.h"

void pci_service32(pci_call_t *c);

void pci_service32(pci_call_t *c)
{
    c->al &= 0x7F;
    c->ah = (u8)pci_function(c);
}
