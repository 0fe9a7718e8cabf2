/* i440fx.h - Intel 82441FX PCI and memory controller (data sheet 290549): the host bridge, device 0 of the bus.
 * Its registers decide what is seen between C0000 and FFFFF: RAM, or the ROMs of the ISA bus. */
#pragma once
#include "devices/pci.h"
#include "mem/bus.h"

enum { I440FX_SEGMENTS = 13, I440FX_FIRST = 0xC0000, I440FX_BYTES = 0x40000 };

typedef struct i440fx {
    pci_function_t pci;
    bus_t *bus;
    u8    *roms;                         /* what the ISA bus shows at C0000-FFFFF: I440FX_BYTES, FFh where nobody answers */
    int    region[I440FX_SEGMENTS];      /* of the bus, laid over RAM */
} i440fx_t;

/* roms stays the caller's.  false: the bus has no room. */
bool i440fx_init(i440fx_t *chip, pci_t *pci, bus_t *bus, u8 *roms);
