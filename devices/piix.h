/* piix.h - Intel 82371SB PIIX3, function 0: the bridge to the ISA bus and what is on its way, the routing of PCI interrupts.
 *
 * Every interrupt line of the ISA bus passes through here, because a PCI interrupt may share its wire: irq[n] is
 * the OR of ISA line n and of the PCI interrupts routed to it. */
#pragma once
#include "devices/pci.h"

enum { PIIX_IRQS = 16 };

typedef struct piix {
    pci_function_t pci;
    line_t irq[PIIX_IRQS];
    u16    isa;                      /* levels of the ISA side's lines */
    u8     pirq;                     /* levels of PIRQA-D */
    u16    level;                    /* of irq[]; derived */
} piix_t;

bool piix_init(piix_t *chip, pci_t *pci, u8 devfn);
void piix_reset(piix_t *chip);                           /* after pci_reset */
void piix_isa_irq(void *chip, int pin, bool level);      /* line_fn: IRQ 0-15 of the ISA bus */
void piix_pirq(void *chip, int pin, bool level);         /* line_fn: PIRQ 0-3 */
void piix_walk(piix_t *chip, walker_t *w);               /* after pci_walk, which has the configuration space */
