/* pci.h - PCI configuration space by mechanism 1 (PCI Local Bus Specification 2.1, 3.7.4.1), and what the board is.
 * `bdf` is bus << 8 | device << 3 | function. */
#pragma once
#include "abi.h"

enum { CONFIG_ADDRESS = 0xCF8, CONFIG_DATA = 0xCFC };
enum { VENDOR = 0x00, COMMAND = 0x04, REVISION = 0x08, CLASS = 0x0A, HEADER_TYPE = 0x0E, BAR_0 = 0x10, ROM_BAR = 0x30,
       INTERRUPT_LINE = 0x3C, INTERRUPT_PIN = 0x3D };
enum { CAN_IO = 1, CAN_MEMORY = 2, CAN_MASTER = 4 };
enum { CLASS_IDE = 0x0101, CLASS_VGA = 0x0300 };
#define I440FX  0x12378086u             /* host bridge 82441FX */
#define PIIX3   0x70008086u             /* ISA bridge 82371SB */
#define PIIX4_PM 0x71138086u            /* power management 82371AB */

INLINE u16 pci_select(u32 bdf, u32 at)
{
    out32(CONFIG_ADDRESS, 0x80000000u | bdf << 8 | (at & 0xFC));
    return (u16)(CONFIG_DATA + (at & 3));
}

INLINE u8  pci_read8(u32 bdf, u32 at)  { return in8(pci_select(bdf, at)); }
INLINE u16 pci_read16(u32 bdf, u32 at) { return in16(pci_select(bdf, at)); }
INLINE u32 pci_read32(u32 bdf, u32 at) { return in32(pci_select(bdf, at)); }
INLINE void pci_write8(u32 bdf, u32 at, u32 v)  { out8(pci_select(bdf, at), v); }
INLINE void pci_write16(u32 bdf, u32 at, u32 v) { out16(pci_select(bdf, at), v); }
INLINE void pci_write32(u32 bdf, u32 at, u32 v) { out32(pci_select(bdf, at), v); }

/* Addresses this firmware gives: also in dsdt.asl. */
enum { PM_BASE = 0xB000, SMBUS_BASE = 0xB100, PCI_IO_FIRST = 0xC000, PCI_IO_END = 0x10000 };
#define PCI_MEMORY_FIRST 0xE0000000u
#define PCI_MEMORY_END   0xFEC00000u    /* the I/O APIC follows */
enum { SCI_IRQ = 9, PCI_IRQS = 1 << 5 | 1 << 10 | 1 << 11 };

/* Which of the links A-D an interrupt pin (1: INTA) is wired to: the board turns the pins by one from slot to slot. */
INLINE u32 pci_link(u32 bdf, u32 pin) { return ((bdf >> 3) + pin + 2) & 3; }
INLINE u32 pci_link_irq(u32 link) { return link < 2 ? 10 : 11; }

/* pci.c */
void pci_start(void);
/* The next function after `bdf` (start with ~0) on bus 0; ~0: no more. */
u32  pci_next(u32 bdf);

/* flat.S, shadow.c */
void shadow_copy(void);
void flat_on(void);
void flat_off(void);
void shadow_start(void);
void shadow_open_roms(void);
void shadow_lock(void);
bool video_shadow(void);
