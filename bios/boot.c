/* boot.c - INT 19h: the first sector of the first device that has one, or an option ROM's bootstrap entry.  INT 18h tries the next.
 * "BIOS Boot Specification" 1.01; CMOS 3Dh and 38h hold the order as on Bochs and QEMU: 1 diskette, 2 hard disk, 3 CD-ROM (cdrom.c),
 * 4 option ROMs (roms.c).  Where the order does not name these, they come last; the one that the machine named for the start
 * (fwcfg.c) comes first in any case. */
#include "cdrom.h"

void boot_jump(u32 segment_offset, u32 drive);

enum { NOTHING, DISKETTE, HARD_DISK, CD_ROM, OPTION_ROM, KINDS };

static u32 order(u32 n)
{
    u32 first = cmos_read(0x3D);
    u32 entry = n == 0 ? first & 15 : n == 1 ? first >> 4 : cmos_read(0x38) >> 4;
    if (!first)                                 /* never set: diskette, then disk */
        entry = n == 0 ? DISKETTE : n == 1 ? HARD_DISK : CD_ROM;
    return entry < KINDS ? entry : NOTHING;
}

static u32 read_sector(u32 drive, u32 *status)
{
    for (u32 tries = 0; tries < 4; tries++) {
        call_t disk = call_with(0x0201);
        disk.bx = 0x7C00;
        disk.cx = 1;
        disk.dx = (u16)drive;
        call_interrupt(0x13, &disk);
        *status = disk.ah;
        if (!(disk.flags & CF))
            return true;
        call_t reset = call_with(0);
        reset.dx = (u16)drive;
        call_interrupt(0x13, &reset);
        if (*status == 0x80)
            break;
    }
    return false;
}

/* A diskette may hold any code, but not nothing; a disk needs its signature. */
static text_t refuse(u32 drive)
{
    u32 first = peek16(0, 0x7C00);
    bool blank = true;
    for (u32 i = 0; i < 16; i++)
        blank &= peek16(0, 0x7C00 + i * 2) == first;
    if (blank)
        return TEXT("the first sector is blank");
    if (drive >= 0x80 && peek16(0, 0x7DFE) != 0xAA55)
        return TEXT("the first sector has no boot signature (55 AA)");
    return 0;
}

static text_t reason(u32 status)
{
    switch (status) {
    case 0x80: return TEXT("no answer (no medium?)");
    case 0x01: case 0x07: return TEXT("no such drive");
    case 0xAA: return TEXT("not ready");
    default:   return TEXT("it cannot be read");
    }
}

static void complain(text_t what, text_t why)
{
    print(TEXT("  "));
    print(what);
    print(TEXT(": "));
    print(why);
    print_char('\n');
}

static void try_drive(u32 drive, text_t name)
{
    u32 status;
    text_t why;
    if (drive >= 0x80 ? !BDA(disks) : !(BDA(equipment) & 1)) {
        complain(name, TEXT("not installed"));
        return;
    }
    if (!read_sector(drive, &status)) {
        complain(name, reason(status));
        return;
    }
    why = refuse(drive);
    if (why) {
        complain(name, why);
        return;
    }
    boot_jump(0x00007C00, drive);
}

static void try_device(u32 kind)
{
    switch (kind) {
    case DISKETTE:  try_drive(0x00, TEXT("Diskette A")); break;
    case HARD_DISK: try_drive(0x80, TEXT("Hard disk 0")); break;
    case CD_ROM:    complain(TEXT("CD-ROM"), cd_boot()); break;
    default: break;
    }
}

static bool is_first(u32 bev)
{
    u32 first = EBDA(first_rom);
    return first && peek16(ebda_segment(), OFFSET(ebda_t, bev) + bev * (u32)sizeof(bev_t)) == first;
}

/* The n-th thing to try: its kind, with the number of a bootstrap entry from bit 4 up; NOTHING: there are no more. */
static u32 candidate(u32 n)
{
    u32 bevs = EBDA(bevs), kinds[4], roms_at = 3;
    for (u32 i = 0; i < bevs; i++)
        if (is_first(i) && !n--)
            return OPTION_ROM | i << 4;
    for (u32 i = 0; i < 3; i++) {
        kinds[i] = order(i);
        if (kinds[i] == OPTION_ROM && roms_at == 3)
            roms_at = i;
    }
    kinds[3] = roms_at == 3 ? OPTION_ROM : NOTHING;
    for (u32 k = 0; k < 4; k++) {
        for (u32 i = 0; kinds[k] == OPTION_ROM && i < bevs; i++)
            if (!is_first(i) && !n--)
                return OPTION_ROM | i << 4;
        if (kinds[k] != OPTION_ROM && kinds[k] != NOTHING && !n--)
            return kinds[k];
    }
    return NOTHING;
}

/* `next` is false for INT 19h, true for INT 18h, when a boot sector gave up. */
void boot(u32 next)
{
    EBDA_SET(free_levels, (1 << LEVELS) - 1);   /* whoever was interrupted is gone */
    u32 n = next ? EBDA(boot_device) + 1u : 0;
    for (;;) {
        for (u32 what; (what = candidate(n)) != NOTHING; n++) {
            EBDA_SET(boot_device, n);
            if ((what & 15) == OPTION_ROM)
                rom_boot(what >> 4);
            else
                try_device(what);
        }
        print(TEXT("Nothing to start from; this is what was tried, in this order.\n"
                   "Insert a system diskette and press any key.\n"));
        call_t key = call_with(0);
        call_interrupt(0x16, &key);
        n = 0;
    }
}
