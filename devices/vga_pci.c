/* vga_pci.c - the display adapter's PCI side (PCI Local Bus Specification 2.1, chapter 6; QEMU docs/specs/standard-vga.rst).
 *
 * BAR 0 is the linear frame buffer, 16 MiB, prefetchable.  It and the legacy ranges are enabled from power-on, at E0000000, because firmware
 * without a PCI set-up looks for them there; firmware with one moves it.
 * Left out: BAR 2 (the registers as memory: software finds them at 1CEh), VGA palette snooping; Command's I/O bit does not
 * switch the legacy ports off. */
#include "devices/vga_pci.h"

#define HEADER \
    { PCI_ID, 4, 0x11111234, 0, 0 }, \
    { PCI_COMMAND, 2, PCI_IO | PCI_MEMORY, PCI_IO | PCI_MEMORY | PCI_MASTER, 0 }, \
    { PCI_CLASS, 4, 0x03000002, 0, 0 }, \
    { PCI_HEADER, 4, 0, 0x0000FFFF, 0 }, \
    { PCI_BAR, 4, VGA_PCI_LFB | 8, 0u - (u32)VGA_VRAM_BYTES, 0 }, \
    { PCI_SUBSYSTEM, 4, 0x11001AF4, 0, 0 }, \
    { PCI_INTERRUPT, 1, 0, 0xFF, 0 }

static const pci_register_t registers[] = { HEADER };
static const pci_register_t registers_with_rom[] = { HEADER, { PCI_ROM, 4, 0, (0u - (u32)VGA_PCI_ROM_BYTES) | 1, 0 } };

bool vga_pci_is_rom(const u8 *image, u32 bytes)
{
    if (bytes < 0x1A || get(image, W16) != 0xAA55)
        return false;
    u32 at = get(image + 0x18, W16);
    return range_ok(at, 8, bytes) && memcmp(image + at, "PCIR", 4) == 0 && get(image + at + 4, W32) == 0x11111234;
}

static void place(void *self, unsigned bar, u32 base, bool enabled)
{
    vga_pci_t *chip = self;
    if (bar == 0)
        bus_remap(chip->bus, chip->lfb, base, enabled ? VGA_VRAM_BYTES : 0, false);
    else if (bar == PCI_ROM_BAR && chip->rom)
        bus_remap(chip->bus, chip->rom_region, base, enabled ? VGA_PCI_ROM_BYTES : 0, true);
}

bool vga_pci_init(vga_pci_t *chip, pci_t *pci, u8 devfn, bus_t *bus, vga_t *vga, u8 *rom)
{
    const region_t lfb = { .name = "vga frame buffer", .host = vga_vram(vga), .chip = vga, .touched = vga_touched };
    const region_t expansion = { .name = "vga rom", .host = rom, .read_only = true };
    *chip = (vga_pci_t){ .bus = bus, .rom = rom };
    chip->pci = (pci_function_t){ .name = "vga-pci", .devfn = devfn, .rows = rom ? registers_with_rom : registers,
                                  .n_rows = (unsigned)(rom ? COUNT_OF(registers_with_rom) : COUNT_OF(registers)), .chip = chip, .place = place };
    chip->lfb = bus_map(bus, &lfb);
    chip->rom_region = rom ? bus_map(bus, &expansion) : 0;
    return chip->lfb >= 0 && chip->rom_region >= 0 && pci_add(pci, &chip->pci);
}
