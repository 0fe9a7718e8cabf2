/* cdrom.c - starting systems from a CD-ROM, and INT 13h for it.
 * "El Torito" Bootable CD-ROM Format Specification 1.0 (Phoenix, IBM): boot record, catalog, INT 13h/4Bh; ISO 9660 (ECMA-119) for
 * where the boot record stands; "Enhanced Disk Drive Specification" 3.0 for 41h-49h; commands: SFF-8020i.
 *
 * No emulation: the CD is drive E0h, in blocks of 2048 bytes.  Diskette emulation (1.2, 1.44, 2.88 MB): the image is drive 0,
 * write-protected, and the machine's own diskette drives count from 1 (INT 40h is led here).
 * Left out: hard disk emulation, catalog entries other than the default one, a second CD-ROM drive. */
#include "cdrom.h"

void boot_jump(u32 segment_offset, u32 drive);
void floppy_service(regs_t *r);
extern char int40_cd[];

enum { BAD_COMMAND = 0x01, WRITE_PROTECTED = 0x03, NOT_FOUND = 0x04, TIMEOUT = 0x80, NO_MEDIUM = 0x31, BAD_DATA = 0x10, FAILED = 0x20, LOCKED = 0xB1 };
enum { CD_DRIVE = 0xE0, BLOCK = 2048, SCRATCH = 0x0800 };
enum { ATTENTION = 0x106, NOT_READY = 0x102 };

void cd_floppies_back(void);
extern char int40_entry[];

static void cd_get(cd_t *cd)       { far_copy8(stack_segment(), (u32)cd, ebda_segment(), OFFSET(ebda_t, cd), sizeof *cd); }
static void cd_put(const cd_t *cd) { far_copy8(ebda_segment(), OFFSET(ebda_t, cd), stack_segment(), (u32)cd, sizeof *cd); }

void cd_found(const disk_t *disk)
{
    cd_t cd;
    if (EBDA(cd.found))
        return;
    memset(&cd, 0, sizeof cd);
    cd.found = true;
    cd.head = disk->head;
    cd.irq = disk->irq;
    cd.port = disk->port;
    cd.control = disk->control;
    cd.drive = CD_DRIVE;
    cd_put(&cd);
}

/* ---- packets ---- */

static u32 run(const u8 packet[12], packet_data_t *data)
{
    cd_t cd;
    disk_t disk;
    cd_get(&cd);
    memset(&disk, 0, sizeof disk);
    disk.head = cd.head;
    disk.irq = cd.irq;
    disk.port = cd.port;
    disk.control = cd.control;
    return ata_packet(&disk, packet, data);
}

/* Unit attentions (power-on, a new disc) are told once each. */
static u32 run_patiently(const u8 packet[12], const packet_data_t *wanted)
{
    u32 status = 0;
    for (u32 tries = 0; tries < 5; tries++) {
        packet_data_t data;
        memcpy(&data, wanted, sizeof data);
        status = run(packet, &data);
        if (status != ATTENTION)
            break;
    }
    return status;
}

static u32 simple(u32 operation, u32 byte_4)
{
    u8 packet[12];
    packet_data_t none;
    memset(packet, 0, sizeof packet);
    memset(&none, 0, sizeof none);
    packet[0] = (u8)operation;
    packet[4] = (u8)byte_4;
    return run_patiently(packet, &none);
}

/* The INT 13h code for what a packet came to: sense keys, SPC-3 table 27. */
static u32 code_of(u32 status)
{
    switch (status) {
    case 0:         return 0;
    case NOT_READY: return NO_MEDIUM;
    case 0x103:     return BAD_DATA;
    case 0x105:     return NOT_FOUND;
    default:        return status == TIMEOUT ? TIMEOUT : FAILED;
    }
}

/* READ(10) of one block, of which `take` bytes from `skip` on are wanted. */
static u32 read_part(u32 block, u32 skip, u32 take, u32 segment, u32 offset)
{
    u8 packet[12];
    packet_data_t data;
    memset(packet, 0, sizeof packet);
    packet[0] = 0x28;
    packet[2] = (u8)(block >> 24);
    packet[3] = (u8)(block >> 16);
    packet[4] = (u8)(block >> 8);
    packet[5] = (u8)block;
    packet[8] = 1;
    data.skip = skip;
    data.take = take;
    data.segment = segment;
    data.offset = offset;
    return code_of(run_patiently(packet, &data));
}

/* ---- INT 13h, drive E0h ---- */

/* AH=42h; blocks in the packet at DS:SI are of 2048 bytes.  *done: how many came. */
static u32 read_blocks(regs_t *r, bool verify)
{
    if (peek8(r->ds, r->si) < 16)
        return BAD_COMMAND;
    u32 count = peek16(r->ds, r->si + 2u), segment = peek16(r->ds, r->si + 6u), offset = peek16(r->ds, r->si + 4u);
    u32 block = peek32(r->ds, r->si + 8u), status = peek32(r->ds, r->si + 12u) ? NOT_FOUND : 0, n = 0;
    for (; n < count && !status; n++) {
        segment = (segment + (offset >> 4)) & 0xFFFF;
        offset &= 15;
        status = read_part(block + n, 0, verify ? 0 : BLOCK, segment, offset);
        offset += BLOCK;
    }
    poke16(r->ds, r->si + 2u, status && n ? n - 1 : n);
    return status;
}

/* AH=48h, EDD 1.x: removable, change line, lockable, geometry not valid; as large as anyone asks. */
static u32 parameters(regs_t *r)
{
    u32 size = peek16(r->ds, r->si);
    if (size < 26)
        return BAD_COMMAND;
    poke16(r->ds, r->si, 26);
    poke16(r->ds, r->si + 2u, 0x74);
    for (u32 at = 4; at < 24; at += 4)
        poke32(r->ds, r->si + at, 0xFFFFFFFF);
    poke16(r->ds, r->si + 24u, BLOCK);
    return 0;
}

/* AH=45h: AL 0 lock, 1 unlock, 2 ask. */
static u32 lock(regs_t *r)
{
    if (r->al > 1)
        return BAD_COMMAND;
    return code_of(simple(0x1E, r->al == 0));
}

static u32 eject(void)
{
    u32 status = simple(0x1B, 2);
    return status == 0x105 ? LOCKED : code_of(status);
}

static void installed(regs_t *r)
{
    if (r->bx != 0x55AA) {
        disk_result(r, BAD_COMMAND);
        return;
    }
    disk_result(r, 0);
    r->bx = 0xAA55;
    r->ah = 0x21;
    r->cx = 0x0007;                             /* packets, removable media, parameters */
}

/* AH=4Bh: the specification packet of El Torito, figure 8; AL 0 also ends the emulation. */
static void emulation_status(regs_t *r)
{
    static const rom u8 sectors[] = { 0, 15, 18, 36 };
    cd_t cd;
    cd_get(&cd);
    if (!cd.active || r->al > 1) {
        disk_result(r, BAD_COMMAND);
        return;
    }
    bool floppy = cd.media != 0;
    poke8(r->ds, r->si, 0x13);
    poke8(r->ds, r->si + 1u, cd.media);
    poke8(r->ds, r->si + 2u, cd.drive);
    poke8(r->ds, r->si + 3u, cd.port == 0x170);
    poke32(r->ds, r->si + 4u, cd.image);
    poke16(r->ds, r->si + 8u, cd.head >> 4 & 1);
    poke16(r->ds, r->si + 10u, 0);
    poke16(r->ds, r->si + 12u, cd.load_segment);
    poke16(r->ds, r->si + 14u, cd.load_sectors);
    poke8(r->ds, r->si + 16u, floppy ? 79 : 0);
    poke8(r->ds, r->si + 17u, floppy ? sectors[cd.media & 3] : 0);
    poke8(r->ds, r->si + 18u, floppy ? 1 : 0);
    if (r->al == 0) {
        if (floppy)
            cd_floppies_back();
        EBDA_SET(cd.active, 0);
    }
    disk_result(r, 0);
}

bool cd_service(regs_t *r)
{
    if (!EBDA(cd.found) || r->dl != CD_DRIVE)
        return false;
    switch (r->ah) {
    case 0x00:
    case 0x0D:
    case 0x47: disk_result(r, 0); break;
    case 0x01: r->ah = BDA(disk_status); carry(r, r->ah); break;
    case 0x03:
    case 0x43: disk_result(r, WRITE_PROTECTED); break;
    case 0x10:
    case 0x49: disk_result(r, code_of(simple(0x00, 0))); break;
    case 0x41: installed(r); break;
    case 0x42: disk_result(r, read_blocks(r, false)); break;
    case 0x44: disk_result(r, read_blocks(r, true)); break;
    case 0x45: disk_result(r, lock(r)); break;
    case 0x46: disk_result(r, eject()); break;
    case 0x48: disk_result(r, parameters(r)); break;
    case 0x4B: emulation_status(r); break;
    default:   disk_result(r, BAD_COMMAND); break;
    }
    return true;
}

/* ---- diskette emulation: INT 40h while it lasts ---- */

static u32 sectors_a_track(void)
{
    u32 media = EBDA(cd.media);
    return media == 1 ? 15 : media == 3 ? 36 : 18;
}

static u32 read_sectors(regs_t *r, bool verify)
{
    u32 sectors = sectors_a_track(), sector = r->cl & 0x3F, wanted = r->al, done = 0, status = 0;
    if (!wanted)
        return BAD_COMMAND;
    r->al = 0;
    if (!sector || sector > sectors || r->dh > 1 || r->ch > 79)
        return NOT_FOUND;
    u32 at = (r->ch * 2u + r->dh) * sectors + sector - 1, image = EBDA(cd.image);
    while (done < wanted && !status) {
        u32 in_block = (at + done) & 3, n = 4 - in_block < wanted - done ? 4 - in_block : wanted - done;
        u32 to = r->bx + done * 512;
        status = read_part(image + (at + done) / 4, in_block * 512, verify ? 0 : n * 512,
                           (r->es + (to >> 4)) & 0xFFFF, to & 15);
        if (!status)
            done += n;
    }
    r->al = (u8)done;
    return status;
}

static void floppy_parameters(regs_t *r)
{
    u32 table = peek32(0, 0x1E * 4), media = EBDA(cd.media), equipment = BDA(equipment);
    r->ax = 0;
    r->bx = (u16)(media == 1 ? 2 : media == 3 ? 6 : 4);
    r->ch = 79;
    r->cl = (u8)sectors_a_track();
    r->dh = 1;
    r->dl = (u8)((equipment >> 6 & 3) + 1);
    r->es = (u16)(table >> 16);
    r->di = (u16)table;
}

static void floppy_result(regs_t *r, u32 status)
{
    BDA_SET(floppy_status, status);
    r->ah = (u8)status;
    carry(r, status != 0);
}

static void emulated(regs_t *r)
{
    switch (r->ah) {
    case 0x00: case 0x16: floppy_result(r, 0); break;
    case 0x01: r->ah = BDA(floppy_status); carry(r, r->ah); break;
    case 0x02: floppy_result(r, read_sectors(r, false)); break;
    case 0x04: floppy_result(r, read_sectors(r, true)); break;
    case 0x03: case 0x05: floppy_result(r, WRITE_PROTECTED); break;
    case 0x08: floppy_parameters(r); floppy_result(r, 0); break;
    case 0x15: floppy_result(r, 0); r->ah = 1; break;   /* a diskette drive without a change line */
    case 0x4B: emulation_status(r); break;
    default:   floppy_result(r, BAD_COMMAND); break;
    }
}

void cd_floppy_service(regs_t *r)
{
    u32 drive = r->dl;
    if (drive == 0 || (drive == 0x7F && r->ah == 0x4B)) {
        emulated(r);
        return;
    }
    bool answers_in_dl = r->ah == 0x08;
    r->dl = (u8)(drive - 1);
    floppy_service(r);
    if (!answers_in_dl)
        r->dl = (u8)drive;
}

/* One diskette drive more, or the real ones again. */
static void count_floppies(bool emulate)
{
    u32 types = cmos_read(0x10), real = (types >> 4 ? 1u : 0) + (types & 15 ? 1u : 0);
    u32 count = emulate ? (real < 2 ? real + 1 : 2) : real;
    BDA_SET(equipment, (BDA(equipment) & ~0xC1u) | (count ? 1 | (count - 1) << 6 : 0));
}

void cd_floppies_back(void)
{
    poke32(0, 0x40 * 4, 0xF0000000u | (u32)int40_entry);
    count_floppies(false);
}

static void emulate_floppy(void)
{
    poke32(0, 0x40 * 4, my_segment() << 16 | (u32)int40_cd);
    count_floppies(true);
}

/* ---- starting ---- */

static bool scratch_is(u32 at, text_t text)
{
    for (; *text; at++, text++)
        if (peek8(SCRATCH, at) != (u8)*text)
            return false;
    return true;
}

/* El Torito 2.1: the validation entry: 1, platform 0 (80x86), 55 AA, all words add up to 0. */
static bool catalog_good(void)
{
    u16 sum = 0;
    for (u32 at = 0; at < 32; at += 2)
        sum = (u16)(sum + peek16(SCRATCH, at));
    return peek16(SCRATCH, 0) == 0x0001 && peek16(SCRATCH, 30) == 0xAA55 && !sum;
}

/* `sectors` are of 512 bytes, from the image's beginning. */
static u32 load(u32 image, u32 sectors, u32 segment)
{
    u32 status = 0;
    for (u32 n = 0; n < sectors && !status; n += 4) {
        u32 bytes = sectors - n < 4 ? (sectors - n) * 512 : BLOCK;
        status = read_part(image + n / 4, 0, bytes, segment + n * 32, 0);
    }
    return status;
}

/* The default entry, 2.2: 88h, media, load segment, system type, 0, sectors, image. */
static text_t start(void)
{
    cd_t cd;
    cd_get(&cd);
    cd.media = peek8(SCRATCH, 33) & 15;
    cd.load_segment = peek16(SCRATCH, 34);
    cd.load_sectors = peek16(SCRATCH, 38);
    cd.image = peek32(SCRATCH, 40);
    if (peek8(SCRATCH, 32) != 0x88)
        return TEXT("its boot entry is marked as not bootable");
    if (cd.media == 4)
        return TEXT("it wants hard disk emulation, which this BIOS does not have");
    if (cd.media > 4)
        return TEXT("its boot catalog names an unknown medium");
    u32 segment = cd.load_segment ? cd.load_segment : 0x7C0, sectors = cd.load_sectors ? cd.load_sectors : cd.media ? 1 : 4;
    if (segment + sectors * 32 > ebda_segment())
        return TEXT("its boot image does not fit below 640 KiB");
    u32 status = load(cd.image, sectors, segment);
    if (status)
        return TEXT("its boot image cannot be read");
    cd.active = true;
    cd.drive = cd.media ? 0 : CD_DRIVE;
    cd_put(&cd);
    if (cd.media)
        emulate_floppy();
    boot_jump((segment & 0xF000) << 16 | (segment & 0x0FFF) << 4, cd.drive);
    return 0;
}

text_t cd_boot(void)
{
    if (!EBDA(cd.found))
        return TEXT("not installed");
    if (EBDA(cd.active) && EBDA(cd.media))      /* an emulated diskette's system gave up */
        cd_floppies_back();
    EBDA_SET(cd.active, 0);
    u32 status = read_part(17, 0, BLOCK, SCRATCH, 0);
    if (status)
        return status == NO_MEDIUM ? TEXT("no disc") : TEXT("it cannot be read");
    if (peek8(SCRATCH, 0) || !scratch_is(1, TEXT("CD001")) || !scratch_is(7, TEXT("EL TORITO SPECIFICATION")))
        return TEXT("the disc is not bootable (no El Torito boot record)");
    status = read_part(peek32(SCRATCH, 0x47), 0, BLOCK, SCRATCH, 0);
    if (status || !catalog_good())
        return TEXT("the disc's boot catalog is damaged");
    return start();
}
