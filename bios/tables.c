/* tables.c - tables at addresses that software knows, and those that are made at power-on (tables.h).
 * AT Technical Reference: fixed disk parameters at F000:E401h (types 1-23 as IBM defined them; 15 is reserved),
 * video parameters of the 6845 at F000:F0A4h (INT 1Dh). */
#include "tables.h"
#include "pci.h"

typedef struct PACKED { u16 cylinders; u8 heads; u16 reduced; u16 precompensation; u8 ecc, control, timeouts[3];
                        u16 landing; u8 sectors, spare; } fixed_disk_t;
_Static_assert(sizeof(fixed_disk_t) == 16, "fixed disk parameter table");

#define DISK(c, h, p, l) { c, h, 0, p, 0, (h) > 8 ? 8 : 0, { 0 }, l, 17, 0 }

__attribute__((section(".fixed_e401"), used))
const fixed_disk_t fixed_disk_table[47] = {
    DISK(306, 4, 128, 305), DISK(615, 4, 300, 615), DISK(615, 6, 300, 615), DISK(940, 8, 512, 940),
    DISK(940, 6, 512, 940), DISK(615, 4, 0xFFFF, 615), DISK(462, 8, 256, 511), DISK(733, 5, 0xFFFF, 733),
    DISK(900, 15, 0xFFFF, 901), DISK(820, 3, 0xFFFF, 820), DISK(855, 5, 0xFFFF, 855), DISK(855, 7, 0xFFFF, 855),
    DISK(306, 8, 128, 319), DISK(733, 7, 0xFFFF, 733), { 0 }, DISK(612, 4, 0, 663), DISK(977, 5, 300, 977),
    DISK(977, 7, 0xFFFF, 977), DISK(1024, 7, 512, 1023), DISK(733, 5, 300, 732), DISK(733, 7, 300, 732),
    DISK(733, 5, 300, 733), DISK(306, 4, 0, 336),
};

/* 16 registers each for 40x25, 80x25, graphics, monochrome; then page sizes, columns and mode bytes. */
__attribute__((section(".fixed_f0a4"), used))
const u8 video_6845_table[88] = {
    0x38, 0x28, 0x2D, 0x0A, 0x1F, 0x06, 0x19, 0x1C, 0x02, 0x07, 0x06, 0x07, 0, 0, 0, 0,
    0x71, 0x50, 0x5A, 0x0A, 0x1F, 0x06, 0x19, 0x1C, 0x02, 0x07, 0x06, 0x07, 0, 0, 0, 0,
    0x38, 0x28, 0x2D, 0x0A, 0x7F, 0x06, 0x64, 0x70, 0x02, 0x01, 0x06, 0x07, 0, 0, 0, 0,
    0x61, 0x50, 0x52, 0x0F, 0x19, 0x06, 0x19, 0x19, 0x02, 0x0D, 0x0B, 0x0C, 0, 0, 0, 0,
    0x00, 0x08, 0x00, 0x10, 0x00, 0x40, 0x00, 0x40, 40, 40, 80, 80, 40, 40, 80, 80,
    0x2C, 0x28, 0x2D, 0x29, 0x2A, 0x2E, 0x1E, 0x29,
};

/* ---- tables made at power-on ---- */

extern char bios32_entry[];

static void bios32_start(void)
{
    u32 at = FIRMWARE + BIOS32_AT;
    flat_fill(at, 16);
    put_signature(at, 0x335F, 0x5F32);          /* "_32_" */
    put32(at + 4, FIRMWARE + (u32)bios32_entry);
    put8(at + 9, 1);                        /* paragraphs */
    flat_checksum(at, 16, 10);
}

/* Between shadow_start and shadow_lock. */
void tables_start(void)
{
    u32 router = ~0u;
    if (!EBDA(pci))
        return;
    for (u32 bdf = pci_next(~0u); bdf != ~0u; bdf = pci_next(bdf))
        if (pci_read32(bdf, VENDOR) == PIIX3)
            router = bdf;
    flat_on();
    bios32_start();
    if (router != ~0u)
        pir_start(router);
    mp_start();
    smbios_start();
    acpi_start();
    flat_off();
}
