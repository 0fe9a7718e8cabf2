/* shadow.c - finds the chipset, and turns E0000-FFFFF (and C0000-C7FFF) into write-protected RAM with the ROM's contents.
 * Intel 82441FX data sheet 290549, PAM[6:0].  The tables of tables_start() are written between the two.
 * A board without this chipset keeps its ROMs as they are.  Left out: SMRAM; C8000-DFFFF stay with the ISA bus. */
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
    pci_write16(0, PAM1, READ_WRITE * 0x101u);
    far_copy8(0xC000, 0, 0xE000, 0, blocks * 512);
    far_fill8(0xC000, blocks * 512, 0xFF, 0x8000 - blocks * 512);
    pci_write16(0, PAM1, READ * 0x101u);
    return true;
}

void shadow_lock(void)
{
    if (!EBDA(pci))
        return;
    pci_write8(0, PAM0, READ & 0xF0);
    pci_write16(0, PAM5, READ * 0x101u);
    out32(CONFIG_ADDRESS, 0);
}
