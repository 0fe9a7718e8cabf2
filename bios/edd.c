/* edd.c - INT 13h by linear sector: functions 41h to 48h and 4Eh.
 * "BIOS Enhanced Disk Drive Specification" 1.1 and 3.0 (Phoenix / T13 1386D).  Support map: fixed disk access
 * (bit 0) and enhanced parameters (bit 2).  Left out: 64-bit buffer addresses, drive locking (a fixed
 * disk has no door: 45h says "not lockable" the way the specification wants, 46h "not removable"). */
#include "ata.h"

enum { BAD_COMMAND = 0x01, NOT_FOUND = 0x04, NOT_REMOVABLE = 0xB2, DPTE_TYPE_ATA = 1 };

u32 disk_sectors_seen(const disk_t *disk);

/* The packet at DS:SI: size, 0, count, 0 (or a word), buffer, 64-bit sector. */
static bool packet_get(const regs_t *r, transfer_t *t)
{
    if (peek8(r->ds, r->si) < 16)
        return false;
    t->count = peek16(r->ds, r->si + 2u);
    t->offset = peek16(r->ds, r->si + 4u);
    t->segment = peek16(r->ds, r->si + 6u);
    t->low = peek32(r->ds, r->si + 8u);
    t->high = peek32(r->ds, r->si + 12u);
    return !(t->offset == 0xFFFF && t->segment == 0xFFFF);
}

/* The sector and its followers must lie on the disk. */
static bool fits(const disk_t *disk, const transfer_t *t)
{
    u32 left = disk->total[0] - t->low;
    if (t->high > disk->total[1] || (t->high == disk->total[1] && t->low >= disk->total[0]))
        return false;
    return t->high < disk->total[1] || t->count <= left;
}

static u32 transfer(regs_t *r, const disk_t *disk, action_t action)
{
    transfer_t t;
    if (!packet_get(r, &t))
        return BAD_COMMAND;
    if (!fits(disk, &t))
        return NOT_FOUND;
    if (!t.count)
        return 0;
    u32 wanted = t.count, status = ata_transfer(disk, action, &t);
    if (action != SEEK)
        poke16(r->ds, r->si + 2u, wanted - t.count);
    return status;
}

/* AH=43h, AL bit 1: read back what was written. */
static u32 write(regs_t *r, const disk_t *disk)
{
    if (r->al > 2)
        return BAD_COMMAND;
    u32 status = transfer(r, disk, WRITE);
    return status || r->al != 2 ? status : transfer(r, disk, VERIFY);
}

/* The device parameter table extension (EDD 3.0, table 12): how to reach the drive directly. */
static u32 device_table(const disk_t *disk)
{
    u8 t[16];
    memset(t, 0, sizeof t);
    t[0] = (u8)disk->port;
    t[1] = (u8)(disk->port >> 8);
    t[2] = (u8)disk->control;
    t[3] = (u8)(disk->control >> 8);
    t[4] = (u8)(disk->head | (disk->lba & 1 ? 0x40 : 0));
    t[6] = disk->irq;
    t[7] = 1;                                   /* block size for READ MULTIPLE */
    t[10] = (u8)((disk->lba & 1 ? 0x10 : 0) | (disk->translation ? 0x08 : 0));
    t[11] = (u8)(disk->translation == 2 ? 0x02 : 0);    /* bits 9-10 of the flags: kind of translation */
    t[14] = 0x11;
    for (u32 i = 0; i < 15; i++)
        t[15] = (u8)(t[15] - t[i]);
    u32 at = OFFSET(ebda_t, edd_parameters);
    far_copy8(ebda_segment(), at, stack_segment(), (u32)t, sizeof t);
    return ebda_segment() << 16 | at;
}

/* AH=48h: 26 bytes (EDD 1.x), 30 with the pointer to the table above (EDD 2.0 and later). */
static u32 parameters(regs_t *r, const disk_t *disk)
{
    u32 size = peek16(r->ds, r->si);
    if (size < 26)
        return BAD_COMMAND;
    bool small = !disk->total[1] && disk->total[0] <= 0xFBFFC0;     /* 16383 * 16 * 63 */
    poke16(r->ds, r->si, size >= 30 ? 30 : 26);
    poke16(r->ds, r->si + 2u, small ? 0x02 : 0);    /* bit 1: the geometry below is valid */
    poke32(r->ds, r->si + 4u, small ? disk->cylinders : 16383);
    poke32(r->ds, r->si + 8u, disk->heads);
    poke32(r->ds, r->si + 12u, disk->sectors);
    poke32(r->ds, r->si + 16u, disk->total[0]);
    poke32(r->ds, r->si + 20u, disk->total[1]);
    poke16(r->ds, r->si + 24u, 512);
    if (size >= 30) {
        u32 table = device_table(disk);
        poke32(r->ds, r->si + 26u, table);
    }
    return 0;
}

static void installed(regs_t *r)
{
    if (r->bx != 0x55AA) {
        disk_result(r, BAD_COMMAND);
        return;
    }
    disk_result(r, 0);
    r->bx = 0xAA55;
    r->ah = 0x21;                               /* EDD 1.1 and the 2.0 parameter table */
    r->cx = 0x0005;
}

void disk_edd(regs_t *r, u32 number)
{
    disk_t disk;
    disk_get(number, &disk);
    switch (r->ah) {
    case 0x41: installed(r); break;
    case 0x42: disk_result(r, transfer(r, &disk, READ)); break;
    case 0x43: disk_result(r, write(r, &disk)); break;
    case 0x44: disk_result(r, transfer(r, &disk, VERIFY)); break;
    case 0x47: disk_result(r, transfer(r, &disk, SEEK)); break;
    case 0x46: disk_result(r, NOT_REMOVABLE); break;
    case 0x48: disk_result(r, parameters(r, &disk)); break;
    default:   disk_result(r, BAD_COMMAND); break;
    }
}
