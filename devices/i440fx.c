/* i440fx.c - Intel 82441FX PCI and memory controller, PMC (data sheet 290549-001, chapter 3 "PCI Configuration Registers").
 *
 * PAM0-PAM6 (59h-5Fh): two attribute bits for each of thirteen segments of C0000-FFFFF, RE (reads come from RAM) and WE (writes go
 * to RAM); what does not go to RAM goes to the ISA bus, where the ROMs are and writes are lost.  At reset all is ROM.
 * The state is in the configuration space; pci_walk walks it.
 * Left out: SMRAM (72h is kept; the processor has no system management mode), the holes of FDHC, the Turbo Reset Control Register
 * (the reset at CF9h is the PIIX's), DRAM timing, sizes and errors (kept, without effect), the CE bits. */
#include "devices/i440fx.h"

enum { PAM0 = 0x59, PAM_LAST = 0x5F, FDHC = 0x68, SMRAM = 0x72, TRC = 0x93 };
enum { RE = 1, WE = 2 };
enum { SMRAM_D_OPEN = 0x40, SMRAM_G_SMRAME = 0x08 };

static const pci_register_t registers[] = {
    { PCI_ID, 4, 0x12378086, 0, 0 },
    { PCI_COMMAND, 2, 0x0006, 0x0100, 0 },
    { PCI_STATUS, 2, 0x0280, 0, 0x7000 },
    { PCI_CLASS, 4, 0x06000002, 0, 0 },
    { PCI_HEADER, 4, 0, 0x0000FF00, 0 },                     /* master latency timer */
    { 0x50, 2, 0x0100, 0xFFCC, 0 },                          /* PMCCFG */
    { 0x52, 1, 0x00, 0xF8, 0 },                              /* DETURBO */
    { 0x53, 1, 0x80, 0x88, 0 },                              /* DBC */
    { 0x54, 1, 0x00, 0xF7, 0 },                              /* AXC */
    { 0x55, 2, 0x0000, 0xFFFF, 0 },                          /* DRT */
    { 0x57, 1, 0x01, 0xFF, 0 },                              /* DRAMC */
    { 0x58, 1, 0x00, 0xFF, 0 },                              /* DRAMT */
    { PAM0, 1, 0x00, 0x70, 0 },
    { 0x5A, 4, 0x00, 0x77777777, 0 },
    { 0x5E, 2, 0x00, 0x7777, 0 },
    { 0x60, 4, 0x01010101, 0xFFFFFFFF, 0 },                  /* DRB0-7 */
    { 0x64, 4, 0x01010101, 0xFFFFFFFF, 0 },
    { FDHC, 1, 0x00, 0xC0, 0 },
    { 0x70, 1, 0x00, 0xFF, 0 },                              /* MTT */
    { 0x71, 1, 0x10, 0xFF, 0 },                              /* CLT */
    { SMRAM, 1, 0x02, 0x78, 0 },
    { 0x90, 1, 0x00, 0x7B, 0 },                              /* ERRCMD */
    { 0x91, 1, 0x00, 0, 0x11 },                              /* ERRSTS */
    { TRC, 1, 0x00, 0x0E, 0 },
};

/* Segment n's attribute bits: PAM0's upper half is F0000-FFFFF, then come twelve times 16 KiB from C0000, lower half first. */
static unsigned attributes(const i440fx_t *chip, unsigned n)
{
    if (n == I440FX_SEGMENTS - 1)
        return chip->pci.config[PAM0] >> 4 & 3;
    return chip->pci.config[PAM0 + 1 + n / 2] >> 4 * (n & 1) & 3;
}

static void map_segment(i440fx_t *chip, unsigned n)
{
    u32 first = I440FX_FIRST + n * 0x4000u, bytes = n == I440FX_SEGMENTS - 1 ? 0x10000 : 0x4000;
    unsigned bits = attributes(chip, n);
    u8 *ram = chip->bus->ram + first, *rom = chip->roms + (first - I440FX_FIRST);
    region_t r = { .name = "i440fx segment", .first = first, .bytes = bits == (RE | WE) ? 0 : bytes, .read_only = true };
    r.host = bits & RE ? ram : rom;
    r.beneath = bits == WE ? ram : NULL;
    bus_reshape(chip->bus, chip->region[n], &r);
}

static void written(void *self, unsigned at, unsigned bytes)
{
    i440fx_t *chip = self;
    if (at <= PAM_LAST && at + bytes > PAM0)
        for (unsigned n = 0; n < I440FX_SEGMENTS; n++)
            map_segment(chip, n);
    if (chip->pci.config[FDHC])
        lacking("i440fx: the memory holes of FDHC");
    if (chip->pci.config[SMRAM] & (SMRAM_D_OPEN | SMRAM_G_SMRAME))
        lacking("i440fx: SMRAM");
    if (chip->pci.config[TRC])
        lacking("i440fx: reset by TRC");
}

bool i440fx_init(i440fx_t *chip, pci_t *pci, bus_t *bus, u8 *roms)
{
    *chip = (i440fx_t){ .bus = bus, .roms = roms };
    chip->pci = (pci_function_t){ .name = "i440fx", .devfn = 0, .rows = registers, .n_rows = COUNT_OF(registers), .chip = chip, .written = written };
    for (unsigned n = 0; n < I440FX_SEGMENTS; n++) {
        const region_t nothing = { .name = "i440fx segment", .first = I440FX_FIRST, .host = roms, .read_only = true };
        chip->region[n] = bus_map(bus, &nothing);
        if (chip->region[n] < 0)
            return false;
    }
    return pci_add(pci, &chip->pci);
}
