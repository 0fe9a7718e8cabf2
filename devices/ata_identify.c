/* ata_identify.c - what an ATA disk says of itself: IDENTIFY DEVICE (ATA/ATAPI-6, T13/1410D revision 3b, 8.15, table 27).
 *
 * The drive claims ATA-1 to ATA-6.  Words that ATA-6 calls retired or obsolete hold what ATA-1 put there, for old software.
 * Left out: security, removable media, advanced power and acoustic management, host protected area, queuing. */
#include "devices/ata.h"

enum { MAX_CHS_SECTORS = 16514064 };                     /* 16383 * 16 * 63: all that CHS can name (ATA/ATAPI-6 annex B) */

/* Annex B: 16 heads, 63 sectors, 16383 cylinders at most. */
void ata_default_geometry(u64 sectors, u32 *cylinders, u32 *heads, u32 *sectors_per_track)
{
    *heads = 16;
    *sectors_per_track = 63;
    *cylinders = ata_cylinders(sectors, 16, 63);
}

u32 ata_cylinders(u64 sectors, u32 heads, u32 sectors_per_track)
{
    u64 named = sectors < MAX_CHS_SECTORS ? sectors : MAX_CHS_SECTORS;
    u32 per_cylinder = heads * sectors_per_track;
    u64 cylinders = per_cylinder ? named / per_cylinder : 0;
    return cylinders < 1 ? 1 : cylinders > 65535 ? 65535 : (u32)cylinders;
}

static void word(u8 *to, unsigned n, u64 value)     { put(to + n * 2, W16, (u32)(value & 0xFFFF)); }
static void long_word(u8 *to, unsigned n, u32 value) { put(to + n * 2, W32, value); }

/* Text: two characters a word, the first in the high byte, padded with spaces. */
static void text(u8 *to, unsigned first, unsigned words, const char *s)
{
    for (unsigned i = 0; i < words * 2; i++) {
        to[first * 2 + (i ^ 1)] = (u8)(*s ? *s : ' ');
        s += *s != 0;
    }
}

static void names(const ata_t *d, u8 *to)
{
    char serial[] = "DOPPEL-DISK-0000";
    serial[15] = (char)('0' + d->number % 10);
    text(to, 10, 10, serial);
    text(to, 23, 4, "1.0");
    text(to, 27, 20, "DOPPEL HARDDISK");
}

static void geometry(const ata_t *d, u8 *to)
{
    u64 sectors = d->disk->bytes / ATA_SECTOR_BYTES;
    u32 cylinders, heads, per_track;
    ata_default_geometry(sectors, &cylinders, &heads, &per_track);
    word(to, 1, cylinders);
    word(to, 3, heads);
    word(to, 4, per_track * ATA_SECTOR_BYTES);           /* ATA-1: unformatted bytes per track, per sector */
    word(to, 5, ATA_SECTOR_BYTES);
    word(to, 6, per_track);
    u32 current = ata_cylinders(sectors, d->heads, d->sectors_per_track);
    word(to, 54, current);
    word(to, 55, d->heads);
    word(to, 56, d->sectors_per_track);
    long_word(to, 57, current * d->heads * d->sectors_per_track);
    long_word(to, 60, sectors < 0x0FFFFFFF ? (u32)sectors : 0x0FFFFFFF);
    put64(to + 200, sectors);                            /* words 100-103 */
}

static void dma_modes(const ata_t *d, u8 *to)
{
    if (!d->can_dma)
        return;
    word(to, 49, get(to + 98, W16) | 0x0100);            /* DMA supported */
    word(to, 63, 0x0007u | (d->dma_mode >> 4 == 2 ? 0x100u << (d->dma_mode & 7) : 0));     /* multiword DMA 0-2 and the one selected */
    word(to, 88, 0x003Fu | (d->dma_mode >> 4 == 4 ? 0x100u << (d->dma_mode & 7) : 0));     /* Ultra DMA 0-5 */
}

static void abilities(const ata_t *d, u8 *to)
{
    word(to, 0, 0x0040);                                 /* an ATA disk, fixed */
    word(to, 20, 3);                                     /* ATA-1: dual ported buffer with read ahead, its sectors, ECC bytes of READ LONG */
    word(to, 21, 512);
    word(to, 22, 4);
    word(to, 47, 0x8000 | ATA_MAX_MULTIPLE);
    word(to, 48, 1);                                     /* ATA-1: the data port takes double words */
    word(to, 49, 0x2E00);                                /* standard standby timer, IORDY and its switch, LBA */
    word(to, 50, 0x4000);
    word(to, 51, 0x0200);                                /* PIO mode 2 without flow control */
    word(to, 52, 0x0200);
    word(to, 53, 0x0007);                                /* words 54-58, 64-70, 88 are valid */
    word(to, 59, d->multiple ? 0x0100u | d->multiple : 0);
    word(to, 64, 0x0003);                                /* PIO modes 3 and 4 */
    for (unsigned n = 65; n <= 68; n++)
        word(to, n, 120);                                /* ns a cycle */
    word(to, 80, 0x007E);                                /* ATA-1 .. ATA/ATAPI-6 */
    word(to, 82, 0x7069);                                /* NOP, READ and WRITE BUFFER, look-ahead, write cache, power management, SMART */
    word(to, 83, 0x7400);                                /* FLUSH CACHE EXT, FLUSH CACHE, 48-bit addresses */
    word(to, 84, 0x4000);
    word(to, 85, 0x7008u | (d->look_ahead ? 0x40u : 0) | (d->write_cache ? 0x20u : 0) | (d->smart ? 1u : 0));
    word(to, 86, 0x3400);
    word(to, 87, 0x4000);
    word(to, 93, d->slave ? 0x6300 : 0x600B);            /* 80-conductor cable, number by jumper, diagnostics passed */
}

void ata_identify(const ata_t *d, u8 *to)
{
    memset(to, 0, ATA_SECTOR_BYTES);
    abilities(d, to);
    names(d, to);
    geometry(d, to);
    dma_modes(d, to);
    u8 sum = 0xA5;                                       /* word 255: signature, and a checksum that makes the bytes add up to 0 */
    for (unsigned i = 0; i < 510; i++)
        sum = (u8)(sum + to[i]);
    to[510] = 0xA5;
    to[511] = (u8)-sum;
}
