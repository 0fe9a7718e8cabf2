/* disk.c - hard disks: what is there, the geometry programs see, and INT 13h for drives 80h and up.
 * AT Technical Reference (fixed disk BIOS), IBM PS/2 BIOS reference; geometry: ATA-6 Annex (CHS), and
 * "Enhanced Disk Drive Specification" 3.0 section 5 for the translations.  EDD calls are in edd.c.
 * AH=05h (format track) is refused: ATA drives have had no low-level format since ATA-2. */
#include "ata.h"
#include "cdrom.h"

/* ---- finding the drives ---- */

/* INT 13h reaches 1024 cylinders, 255 heads, 63 sectors.  Bigger drives are shown with more heads:
 * "large" doubles heads while it halves cylinders; "LBA assist" takes 63 sectors and as few heads as will do. */
static void translate(disk_t *disk)
{
    u32 cylinders = disk->cylinders, heads = disk->heads;
    disk->translation = 0;
    if (cylinders > 1024 && (disk->lba & 1)) {
        u32 total = disk->total[1] ? 0xFFFFFFFF : disk->total[0];
        disk->translation = 2;
        for (heads = 16; heads < 128 && total > heads * 63 * 1024; heads *= 2)
            ;
        if (total > heads * 63 * 1024)
            heads = 255;
        cylinders = total / (heads * 63);
    } else if (cylinders > 1024) {
        disk->translation = 1;
        while (cylinders > 1024 && heads * 2 <= 255) {
            cylinders >>= 1;
            heads <<= 1;
        }
    }
    disk->cylinders_seen = (u16)(cylinders > 1024 ? 1024 : cylinders);
    disk->heads_seen = (u16)heads;
}

/* IDENTIFY words: 1, 3, 6 geometry; 49 bit 9 LBA; 53 bit 0 with 54-56 present geometry; 60-61, 100-103 sizes. */
static void learn(disk_t *disk, const u16 id[256])
{
    bool current = (id[53] & 1) && id[54] && id[55] && id[56];
    disk->cylinders = current ? id[54] : id[1];
    disk->heads = current ? id[55] : id[3];
    disk->sectors = current ? id[56] : id[6];
    if (!disk->heads || disk->heads > 16)
        disk->heads = 16;
    if (!disk->sectors || disk->sectors > 63)
        disk->sectors = 63;
    disk->lba = (u8)((id[49] & 0x200 ? 1 : 0) | (id[83] & 0x400 ? 2 : 0));
    disk->total[0] = disk->lba & 1 ? id[60] | (u32)id[61] << 16
                                   : (u32)disk->cylinders * disk->heads * disk->sectors;
    disk->total[1] = 0;
    if (disk->lba & 2) {
        disk->total[0] = id[100] | (u32)id[101] << 16;
        disk->total[1] = id[102] | (u32)id[103] << 16;
    }
    translate(disk);
    if (disk->translation == 2)
        disk->sectors = disk->sectors ? disk->sectors : 63;
}

u32 disk_sectors_seen(const disk_t *disk) { return disk->translation == 2 ? 63 : disk->sectors; }

/* The tables INT 41h and 46h point to; a translated one is marked A0h and adds the drive's own numbers. */
static void parameter_table(u32 number, const disk_t *disk)
{
    u8 t[16];
    memset(t, 0, sizeof t);
    t[0] = (u8)disk->cylinders_seen;
    t[1] = (u8)(disk->cylinders_seen >> 8);
    t[2] = (u8)disk->heads_seen;
    t[5] = t[6] = 0xFF;
    t[8] = disk->heads_seen > 8 ? 0xC8 : 0xC0;
    t[12] = t[0];
    t[13] = t[1];
    t[14] = (u8)disk_sectors_seen(disk);
    if (disk->translation) {
        t[3] = 0xA0;
        t[4] = (u8)disk->sectors;
        t[9] = (u8)disk->cylinders;
        t[10] = (u8)(disk->cylinders >> 8);
        t[11] = (u8)disk->heads;
        for (u32 i = 0; i < 15; i++)
            t[15] = (u8)(t[15] - t[i]);
    }
    u32 at = OFFSET(ebda_t, fixed_disk) + number * 16;
    far_copy8(ebda_segment(), at, stack_segment(), (u32)t, 16);
    poke32(0, (number ? 0x46 : 0x41) * 4, ebda_segment() << 16 | at);
}

/* Words 27-46: the model, two characters a word, the first in the high byte, padded with blanks. */
static void say_model(const u16 id[256])
{
    u32 last = 40;
    while (last && ((id[27 + (last - 1) / 2] >> ((last & 1) ? 8 : 0)) & 0xFF) <= ' ')
        last--;
    for (u32 i = 0; i < last; i++) {
        u32 c = id[27 + i / 2] >> (i & 1 ? 0 : 8) & 0xFF;
        print_char(c < 0x20 || c > 0x7E ? '?' : c);
    }
}

static void say_drive(u32 channel, const disk_t *disk, const u16 id[256], bool packet)
{
    print(TEXT("IDE "));
    print_char('0' + channel);
    print(disk->head & 0x10 ? TEXT(" slave  ") : TEXT(" master "));
    say_model(id);
    if (packet) {
        print(TEXT(" (CD-ROM)\n"));
        return;
    }
    print(TEXT(", "));
    print_size(disk->total[0], disk->total[1]);
    print(TEXT(", C/H/S "));
    print_number(disk->cylinders_seen);
    print_char('/');
    print_number(disk->heads_seen);
    print_char('/');
    print_number(disk_sectors_seen(disk));
    print(disk->translation == 2 ? TEXT(" LBA\n") : disk->translation ? TEXT(" large\n") : TEXT("\n"));
}

static void try_device(u32 channel, disk_t *disk)
{
    u16 id[256];
    bool packet = false;
    if (!ata_identify(disk, 0xEC, id)) {
        packet = in8((u16)(disk->port + 4)) == 0x14 && in8((u16)(disk->port + 5)) == 0xEB;
        if (!packet || !ata_identify(disk, 0xA1, id))
            return;
    }
    if (packet || (id[0] & 0x8000)) {
        say_drive(channel, disk, id, true);
        if (packet && (id[0] & 0x1F00) == 0x0500)   /* a CD-ROM drive */
            cd_found(disk);
        return;
    }
    u32 number = BDA(disks);
    learn(disk, id);
    say_drive(channel, disk, id, false);
    disk_put(number, disk);
    if (number < 2)
        parameter_table(number, disk);
    BDA_SET(disks, number + 1);
}

void disk_start(void)
{
    static const rom struct { u16 port, control; u8 irq; } channels[] = { { 0x1F0, 0x3F6, 14 }, { 0x170, 0x376, 15 } };
    for (u32 c = 0; c < COUNT_OF(channels); c++) {
        if (!ata_reset_channel(channels[c].port, channels[c].control))
            continue;
        for (u32 device = 0; device < 2; device++) {
            disk_t disk;
            memset(&disk, 0, sizeof disk);
            disk.port = channels[c].port;
            disk.control = channels[c].control;
            disk.irq = channels[c].irq;
            disk.head = (u8)(0xA0 | device << 4);
            try_device(c, &disk);
        }
        out8(channels[c].control, 0x08);
        in8((u16)(channels[c].port + 7));       /* nothing pending when the line opens */
        irq_enable(2);
        irq_enable(channels[c].irq);
    }
    BDA_SET(disk_control, 0xC0);
}

void disk_report(void)
{
    if (!BDA(disks))
        print(TEXT("No hard disk\n"));
}

void disk_interrupt(regs_t *r)
{
    (void)r;
    BDA_SET(disk_interrupt, 0xFF);
    eoi2();
    sti();
    hook_post(0x00);
    cli();
}

void disk_interrupt_2(regs_t *r) { disk_interrupt(r); }

/* ---- INT 13h ---- */

enum { BAD_COMMAND = 0x01, NOT_FOUND = 0x04, NO_DISK = 0x07 };

void disk_result(regs_t *r, u32 status)
{
    BDA_SET(disk_status, status);
    r->ah = (u8)status;
    carry(r, status != 0);
}

/* CHS of the caller to a linear sector; false: outside the geometry shown. */
static bool locate(const regs_t *r, const disk_t *disk, transfer_t *t)
{
    u32 sector = r->cl & 0x3F, cylinder = r->ch | (u32)(r->cl & 0xC0) << 2;
    u32 sectors = disk_sectors_seen(disk);
    if (!sector || sector > sectors || r->dh >= disk->heads_seen || cylinder >= disk->cylinders_seen)
        return false;
    t->low = (cylinder * disk->heads_seen + r->dh) * sectors + sector - 1;
    t->high = 0;
    return true;
}

static u32 transfer(regs_t *r, const disk_t *disk, action_t action)
{
    transfer_t t = { .count = r->al, .segment = r->es, .offset = r->bx };
    if (action != SEEK && (!t.count || t.count > 128))
        return BAD_COMMAND;
    if (!locate(r, disk, &t))
        return NOT_FOUND;
    u32 wanted = t.count, status = ata_transfer(disk, action, &t);
    if (action != SEEK)
        r->al = (u8)(wanted - t.count);
    return status;
}

/* AH=08h.  Drives may be absent: then 07h, with nothing reported. */
static void parameters(regs_t *r, const disk_t *disk)
{
    u32 last = disk->cylinders_seen - 1u;
    r->al = 0;
    r->ch = (u8)last;
    r->cl = (u8)((last >> 2 & 0xC0) | disk_sectors_seen(disk));
    r->dh = (u8)(disk->heads_seen - 1);
    r->dl = BDA(disks);
    disk_result(r, 0);
}

/* AH=15h: 3: a fixed disk; CX:DX sectors. */
static void type(regs_t *r, const disk_t *disk)
{
    u32 total = (u32)disk->cylinders_seen * disk->heads_seen * disk_sectors_seen(disk);
    disk_result(r, 0);
    r->ah = 3;
    r->cx = (u16)(total >> 16);
    r->dx = (u16)total;
}

static u32 reset(u32 drive, const disk_t *disk)
{
    call_t floppy = call_with(0);
    floppy.dl = (u8)(drive & 0x7F);
    call_interrupt(0x40, &floppy);              /* the AT resets both controllers */
    out8(disk->control, 0x0C);
    delay(15);
    out8(disk->control, 0x08);
    delay(2000);
    return ata_ready(disk);
}

static void absent(regs_t *r)
{
    switch (r->ah) {
    case 0x08: r->cx = r->dx = 0; disk_result(r, NO_DISK); break;
    case 0x15: disk_result(r, 0); r->ah = 0; r->cx = r->dx = 0; break;  /* 0: no such drive */
    case 0x01: r->ah = BDA(disk_status); carry(r, r->ah); break;
    default:   disk_result(r, BAD_COMMAND); break;
    }
}

void disk_service(regs_t *r)
{
    disk_t disk;
    u32 number = r->dl & 0x7F;
    if (cd_service(r))
        return;
    if (number >= BDA(disks) || number >= DISKS) {
        absent(r);
        return;
    }
    disk_get(number, &disk);
    switch (r->ah) {
    case 0x00:
    case 0x0D: disk_result(r, reset(r->dl, &disk)); break;
    case 0x01:
        r->ah = BDA(disk_status);
        BDA_SET(disk_status, 0);
        carry(r, r->ah);
        break;
    case 0x02: disk_result(r, transfer(r, &disk, READ)); break;
    case 0x03: disk_result(r, transfer(r, &disk, WRITE)); break;
    case 0x04: disk_result(r, transfer(r, &disk, VERIFY)); break;
    case 0x08: parameters(r, &disk); break;
    case 0x09: disk_result(r, ata_simple(&disk, 0x91, disk.sectors, disk.head | (disk.heads - 1u))); break;
    case 0x0C: disk_result(r, transfer(r, &disk, SEEK)); break;
    case 0x10: disk_result(r, ata_ready(&disk)); break;
    case 0x11: disk_result(r, ata_simple(&disk, 0x10, 0, disk.head)); break;
    case 0x14: disk_result(r, ata_ready(&disk)); r->al = 0; break;
    case 0x15: type(r, &disk); break;
    case 0x41: case 0x42: case 0x43: case 0x44: case 0x45: case 0x46: case 0x47: case 0x48: case 0x4E:
        disk_edd(r, number);
        break;
    default: disk_result(r, BAD_COMMAND); break;
    }
}
