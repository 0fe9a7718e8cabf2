/* piix.c - Intel 82371SB PIIX3, function 0: PCI to ISA bridge (data sheet 290550-002, 3.1 "PCI configuration registers, function 0").
 *
 * PIRQRC[A:D] (60h-63h): bit 7 set: not routed; bits 3-0 the IRQ, of which 0-2, 8 and 13 are reserved.  The interrupt controllers, the
 * timer, DMA, ELCR and the reset at CF9h are rooms of their own (pic.c, pit.c, dma.c, board.c).
 * Left out: XBCS, IORT, MSTAT and timing registers are kept without effect (the BIOS ranges are those of power-on, E0000-FFFFF and the
 * top of 4 GiB); motherboard device interrupts and DMA (70h-77h), USB, SMI and clock control. */
#include "devices/piix.h"

enum { PIRQRC = 0x60, NOT_ROUTED = 0x80, MBIRQ0 = 0x70 };
enum { ROUTABLE = 0xDEF8 };                                  /* IRQ 3-7, 9-12, 14, 15 */

static const pci_register_t registers[] = {
    { PCI_ID, 4, 0x70008086, 0, 0 },
    { PCI_COMMAND, 2, 0x0007, 0x0008, 0 },
    { PCI_STATUS, 2, 0x0200, 0, 0x7800 },
    { PCI_CLASS, 4, 0x06010000, 0, 0 },
    { PCI_HEADER, 4, 0x00800000, 0, 0 },                     /* several functions */
    { 0x4C, 1, 0x4D, 0xFF, 0 },                              /* IORT */
    { 0x4E, 2, 0x0003, 0x01FF, 0 },                          /* XBCS */
    { PIRQRC, 4, 0x80808080, 0x8F8F8F8F, 0 },
    { 0x69, 1, 0x02, 0xFE, 0 },                              /* TOM */
    { 0x6A, 2, 0x0000, 0x80F3, 0 },                          /* MSTAT */
    { MBIRQ0, 1, 0x80, 0xEF, 0 },
    { 0x76, 2, 0x0C0C, 0x8787, 0 },                          /* MBDMA */
    { 0x78, 2, 0x0002, 0xFFFF, 0 },                          /* PCSC */
    { 0x80, 1, 0x00, 0x3F, 0 },                              /* APICBASE: the position is fixed here */
    { 0x82, 1, 0x00, 0x0F, 0 },                              /* DLC */
    { 0xA0, 1, 0x08, 0x1F, 0 },                              /* SMICNTL */
    { 0xA2, 2, 0x0000, 0x01FF, 0 },                          /* SMIEN */
    { 0xA4, 4, 0x00000000, 0xFFFFFFFF, 0 },                  /* SEE */
    { 0xA8, 1, 0x0F, 0xFF, 0 },                              /* FTMR */
    { 0xAA, 2, 0x0000, 0, 0x01FF },                          /* SMIREQ */
    { 0xAC, 1, 0x00, 0xFF, 0 },                              /* CTLTMR */
    { 0xAE, 1, 0x00, 0xFF, 0 },                              /* CTHTMR */
};

/* Which IRQ a PIRQ goes to, as a bit; 0: none. */
static u16 route(const piix_t *chip, unsigned n)
{
    u8 control = chip->pci.config[PIRQRC + n];
    u32 line = 1u << (control & 15);
    return (u16)(control & NOT_ROUTED ? 0 : line & ROUTABLE);
}

static u16 levels(const piix_t *chip)
{
    u16 level = chip->isa;
    for (unsigned n = 0; n < PCI_PIRQS; n++)
        if (chip->pirq >> n & 1)
            level |= route(chip, n);
    return level;
}

static void update(piix_t *chip)
{
    u16 level = levels(chip), changed = level ^ chip->level;
    chip->level = level;
    for (unsigned n = 0; n < PIIX_IRQS; n++)
        if (changed >> n & 1)
            line_set(&chip->irq[n], level >> n & 1);
}

void piix_isa_irq(void *self, int pin, bool level)
{
    piix_t *chip = self;
    u16 bit = (u16)(1u << (pin & 15));
    chip->isa = level ? chip->isa | bit : chip->isa & (u16)~bit;
    update(chip);
}

void piix_pirq(void *self, int pin, bool level)
{
    piix_t *chip = self;
    u8 bit = (u8)(1u << (pin & 3));
    chip->pirq = level ? chip->pirq | bit : chip->pirq & (u8)~bit;
    update(chip);
}

/* Of all of the space: it was reset or loaded, and piix_reset or piix_walk follows. */
static void written(void *self, unsigned at, unsigned bytes)
{
    piix_t *chip = self;
    if (bytes == PCI_CONFIG_BYTES)
        return;
    if (at <= PIRQRC + 3 && at + bytes > PIRQRC)
        update(chip);
    if (at <= MBIRQ0 && at + bytes > MBIRQ0 && !(chip->pci.config[MBIRQ0] & NOT_ROUTED))
        lacking("piix: motherboard device interrupts");
}

void piix_reset(piix_t *chip) { update(chip); }

bool piix_init(piix_t *chip, pci_t *pci, u8 devfn)
{
    *chip = (piix_t){ 0 };
    chip->pci = (pci_function_t){ .name = "piix-isa", .devfn = devfn, .rows = registers, .n_rows = COUNT_OF(registers), .chip = chip, .written = written };
    for (unsigned n = 0; n < PCI_PIRQS; n++)
        pci->pirq[n] = (line_t){ piix_pirq, chip, (int)n };
    return pci_add(pci, &chip->pci);
}

void piix_walk(piix_t *chip, walker_t *w)
{
    walk_chip(w, "piix", 1);
    FIELD(w, chip->isa);
    FIELD_MAX(w, chip->pirq, 15);
    if (walk_loading(w))             /* no line moves: who listens has the level in its own state */
        chip->level = levels(chip);
}
