/* vga_pci.h - the display adapter as a function of the PCI bus: QEMU's and Bochs's "standard VGA", 1234:1111.
 * The legacy ports and A0000-BFFFF answer always; the frame buffer and the ROM are where their registers say. */
#pragma once
#include "devices/pci.h"
#include "devices/vga.h"
#include "mem/bus.h"

enum { VGA_PCI_ROM_BYTES = 0x10000 };
#define VGA_PCI_LFB 0xE0000000u      /* the frame buffer's place at power-on */

typedef struct vga_pci {
    pci_function_t pci;
    bus_t *bus;
    u8    *rom;                      /* VGA_PCI_ROM_BYTES, or NULL */
    int    lfb, rom_region;          /* of the bus */
} vga_pci_t;

/* Is this an option ROM for this adapter: does its PCI data structure name it? (PCI 2.1, 6.3.1.2) */
bool vga_pci_is_rom(const u8 *image, u32 bytes);
/* rom: VGA_PCI_ROM_BYTES that stay the caller's, NULL: no ROM.  false: no room on a bus. */
bool vga_pci_init(vga_pci_t *chip, pci_t *pci, u8 devfn, bus_t *bus, vga_t *vga, u8 *rom);
