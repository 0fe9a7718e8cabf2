/* shadow.c - finds the chipset, and turns E0000-FFFFF (and C0000-C7FFF) into write-protected RAM with the ROM's contents.
 * Intel 82441FX data sheet 290549, PAM[6:0].  The tables of tables_start() are written between the two.
 * C8000-DFFFF is RAM while option ROMs start, then write-protected where some lie; where there are none, and where the ISA bus
 * has ROMs of its own, it stays with the ISA bus.  A board without this chipset keeps its ROMs as they are.  Left out: SMRAM. */
#include "system.h"
#include "pci.h"

enum { PAM0 = 0x59, PAM1 = 0x5A, PAM2 = 0x5B, PAM5 = 0x5E };
enum { READ = 0x11, READ_WRITE = 0x33 };        /* both 16 KiB of a register alike */

void shadow_start(void)
{
    u32 saved = in32(CONFIG_ADDRESS);
    bool found = pci_read32(0, VENDOR) == I440FX && in32(CONFIG_ADDRESS) == 0x80000000u;
    EBDA_SET(pci, found);
    if (!found)
        out32(CONFIG_ADDRESS, saved);
    else if (pci_read8(0, PAM0) & 0x10) {       /* done before, and started again without a reset */
        pci_write8(0, PAM0, READ_WRITE & 0xF0);
        pci_write16(0, PAM5, READ_WRITE * 0x101u);
    } else
        shadow_copy();
}

/* The built-in video ROM to C0000, where a card's would be; false: it stays where it is. */
bool video_shadow(void)
{
    u32 blocks = peek8(0xE000, 2);
    if (!EBDA(pci) || blocks > 64)
        return false;
    pci_write8(0, PAM1, READ_WRITE);
    far_copy8(0xC000, 0, 0xE000, 0, blocks * 512);
    far_fill8(0xC000, blocks * 512, 0xFF, 0x8000 - blocks * 512);
    pci_write8(0, PAM1, READ);
    return true;
}

/* 32 KiB in which something differs: neither an empty bus nor untouched RAM. */
static bool used(u32 segment)
{
    u32 first = peek32(segment, 0);
    for (u32 at = 4; at < 0x8000; at += 4)
        if (peek32(segment, at) != first)
            return true;
    return false;
}

void shadow_open_roms(void)
{
    for (u32 n = 0; EBDA(pci) && n < 3; n++) {
        u32 segment = 0xC800 + n * 0x800;
        if (pci_read8(0, PAM2 + n) || used(segment))
            continue;
        pci_write8(0, PAM2 + n, READ_WRITE);
        far_fill8(segment, 0, 0xFF, 0x8000);
    }
}

void shadow_lock(void)
{
    if (!EBDA(pci))
        return;
    for (u32 n = 0; n < 3; n++)
        if (pci_read8(0, PAM2 + n) == READ_WRITE)
            pci_write8(0, PAM2 + n, used(0xC800 + n * 0x800) ? (u32)READ : 0);
    pci_write8(0, PAM0, READ & 0xF0);
    pci_write16(0, PAM5, READ * 0x101u);
    out32(CONFIG_ADDRESS, 0);
}
