/* pci.c - the PCI bus's configuration side (PCI Local Bus Specification 2.1, chapters 3.7.4.1 and 6; Intel 82441FX data sheet 290549,
 * "CONFADD" and "CONFDATA").
 *
 * One bus, number 0.  A function that is absent reads as all ones.  A range is decoded while Command allows it, at the place
 * its register names; what the host bridge would not pass on (RAM, the firmware and APIC space at the top) is not decoded.
 * Left out: further buses (type 1 accesses find nobody), mechanism 2, special cycles, parity and system errors. */
#include "devices/pci.h"

enum { ENABLE = 0x80000000u, ADDRESS_BITS = 0x80FFFFFCu };

/* ---- functions ---- */

static void read_rows(pci_function_t *f)
{
    memset(f->writable, 0, sizeof f->writable);
    memset(f->clear, 0, sizeof f->clear);
    for (unsigned i = 0; i < f->n_rows; i++)
        for (unsigned k = 0; k < f->rows[i].bytes; k++) {
            unsigned at = (f->rows[i].at + k) & (PCI_CONFIG_BYTES - 1);
            f->writable[at] = (u8)(f->rows[i].writable >> 8 * k);
            f->clear[at] = (u8)(f->rows[i].clear >> 8 * k);
        }
}

static void reset_values(pci_function_t *f)
{
    memset(f->config, 0, sizeof f->config);
    for (unsigned i = 0; i < f->n_rows; i++)
        for (unsigned k = 0; k < f->rows[i].bytes; k++)
            f->config[(f->rows[i].at + k) & (PCI_CONFIG_BYTES - 1)] = (u8)(f->rows[i].value >> 8 * k);
}

static unsigned bar_at(unsigned bar) { return bar == PCI_ROM_BAR ? PCI_ROM : PCI_BAR + 4 * bar; }

/* How many bytes a base address register decodes: its lowest writable address bit; 0: there is no such register. */
static u32 bar_bytes(const pci_function_t *f, unsigned bar)
{
    u32 bits = get(f->writable + bar_at(bar), W32) & ~(u32)(bar == PCI_ROM_BAR ? 0x7FF : 3);
    return bits & -bits;
}

static bool decodes(const pci_function_t *f, unsigned bar, u32 *base)
{
    u32 value = pci_get(f, bar_at(bar), W32), bytes = bar_bytes(f, bar), command = pci_get(f, PCI_COMMAND, W16);
    *base = bytes ? value & ~(bytes - 1) : 0;
    if (!bytes || !*base)
        return false;
    if (bar != PCI_ROM_BAR && value & 1)                     /* I/O space; 16 bits are decoded, the others must be 0 */
        return command & PCI_IO && *base <= 0x10000 - bytes;
    if (bar == PCI_ROM_BAR && !(value & 1))
        return false;
    return command & PCI_MEMORY && *base >= f->bus->memory_first && *base <= f->bus->memory_end - bytes;
}

/* Tell the chip where its ranges are, as far as that changed. */
static void place_all(pci_function_t *f, bool again)
{
    for (unsigned bar = 0; bar < PCI_BARS && f->place; bar++) {
        u32 base;
        bool enabled = decodes(f, bar, &base);
        if (!enabled)
            base = 0;
        if (!again && f->placed[bar].enabled == enabled && f->placed[bar].base == base)
            continue;
        f->placed[bar].base = base;
        f->placed[bar].enabled = enabled;
        if (bar_bytes(f, bar))
            f->place(f->chip, bar, base, enabled);
    }
}

static void changed(pci_function_t *f, unsigned at, unsigned bytes)
{
    if (f->written)
        f->written(f->chip, at, bytes);
    if (at < 0x40)
        place_all(f, bytes == PCI_CONFIG_BYTES);
}

static pci_function_t *find(const pci_t *pci, u8 devfn)
{
    for (unsigned i = 0; i < pci->n_functions; i++)
        if (pci->function[i]->devfn == devfn)
            return pci->function[i];
    return NULL;
}

/* ---- mechanism 1 ---- */

/* The function that CONFADD names, NULL: nobody. */
static pci_function_t *selected(const pci_t *pci)
{
    bool here = pci->address & ENABLE && !(pci->address >> 16 & 0xFF);
    return here ? find(pci, (u8)(pci->address >> 8)) : NULL;
}

u32  pci_address_read(void *chip)              { return ((const pci_t *)chip)->address; }
void pci_address_write(void *chip, u32 value)  { ((pci_t *)chip)->address = value & ADDRESS_BITS; }

u32 pci_data_read(void *chip, u16 reg, width_t w)
{
    const pci_t *pci = chip;
    const pci_function_t *f = selected(pci);
    return f ? pci_get(f, pci->address & 0xFC, W32) >> 8 * (reg & 3) & mask(w) : mask(w);
}

void pci_data_write(void *chip, u16 reg, width_t w, u32 value)
{
    pci_t *pci = chip;
    pci_function_t *f = selected(pci);
    unsigned at = (pci->address & 0xFC) + (reg & 3u), bytes = (unsigned)w / 8;
    if (!f || (reg & 3u) + bytes > 4)
        return;
    for (unsigned k = 0; k < bytes; k++) {
        u8 byte = (u8)(value >> 8 * k), *to = &f->config[at + k];
        *to = (u8)((*to & ~f->writable[at + k]) | (byte & f->writable[at + k]));
        *to = (u8)(*to & ~(byte & f->clear[at + k]));
    }
    changed(f, at, bytes);
}

/* ---- interrupts ---- */

/* INTA of device 1 is on the first wire, and each device's pins are turned by one against its neighbour's (PCI 2.1, 2.2.6, "implementation
 * note"; the boards with this chipset do so). */
static unsigned wire_of(const pci_function_t *f)
{
    unsigned pin = f->config[PCI_INTERRUPT + 1];
    return ((f->devfn >> 3) + pin + 2) & 3;                   /* device - 1 + pin - 1 */
}

static void find_levels(const pci_t *pci, bool level[PCI_PIRQS])
{
    for (unsigned n = 0; n < PCI_PIRQS; n++)
        level[n] = false;
    for (unsigned i = 0; i < pci->n_functions; i++)
        if (pci->function[i]->intx && pci->function[i]->config[PCI_INTERRUPT + 1])
            level[wire_of(pci->function[i])] = true;
}

static void drive(pci_t *pci)
{
    bool level[PCI_PIRQS];
    find_levels(pci, level);
    for (unsigned n = 0; n < PCI_PIRQS; n++)
        if (level[n] != pci->pirq_level[n]) {
            pci->pirq_level[n] = level[n];
            line_set(&pci->pirq[n], level[n]);
        }
}

void pci_interrupt(pci_function_t *f, bool level)
{
    f->intx = level;
    drive(f->bus);
}

/* ---- the bus as a whole ---- */

void pci_init(pci_t *pci, u32 memory_first, u32 memory_end)
{
    *pci = (pci_t){ .memory_first = memory_first, .memory_end = memory_end };
}

bool pci_add(pci_t *pci, pci_function_t *f)
{
    if (pci->n_functions == PCI_FUNCTIONS || find(pci, f->devfn))
        return false;
    f->bus = pci;
    read_rows(f);
    reset_values(f);
    pci->function[pci->n_functions++] = f;
    return true;
}

void pci_reset(pci_t *pci)
{
    pci->address = 0;
    for (unsigned i = 0; i < pci->n_functions; i++) {
        pci_function_t *f = pci->function[i];
        reset_values(f);
        f->intx = false;
        changed(f, 0, PCI_CONFIG_BYTES);
    }
    drive(pci);
}

/* Bits that nobody can write are what the table says, whatever the file says: a chip may rely on them. */
static void keep_constants(pci_function_t *f)
{
    u8 loaded[PCI_CONFIG_BYTES];
    memcpy(loaded, f->config, sizeof loaded);
    reset_values(f);
    for (unsigned at = 0; at < PCI_CONFIG_BYTES; at++) {
        u8 free_bits = f->writable[at] | f->clear[at];
        f->config[at] = (u8)((f->config[at] & ~free_bits) | (loaded[at] & free_bits));
    }
}

void pci_walk(pci_t *pci, walker_t *w)
{
    walk_chip(w, "pci", 1);
    FIELD(w, pci->address);
    if (walk_loading(w))
        pci->address &= ADDRESS_BITS;
    for (unsigned i = 0; i < pci->n_functions; i++) {
        pci_function_t *f = pci->function[i];
        walk_chip(w, f->name, 1);
        FIELD(w, f->intx);
        FIELD_BYTES(w, f->config, sizeof f->config);
        if (!walk_loading(w))
            continue;
        keep_constants(f);
        changed(f, 0, PCI_CONFIG_BYTES);
    }
    if (walk_loading(w))                                     /* no line moves: who listens has the level in its own state */
        find_levels(pci, pci->pirq_level);
}
