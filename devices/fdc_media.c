/* fdc_media.c - floppy drives and what is in them: formats by image size, head movement, motor, the disk change line.
 *
 * Formats: IBM DOS Technical Reference and the drives' manuals; 1680K is Microsoft's Distribution Media Format (21 sectors).
 * All have 512-byte sectors numbered from 1, MFM.  An image is the sectors in order of cylinder, head, sector.
 *
 * Left out: FM, other sector sizes, bad or deleted sectors: an image cannot hold them. */
#include "devices/fdc.h"

enum { HEAD_STOP = 82, REVOLUTION_NS = 200000000 };      /* 300 rpm; 1.2 MB drives turn a fifth faster, which no program measures here */
enum { RATE_500, RATE_300, RATE_250, RATE_1000 };        /* DSR bits 1-0 */

static const fdc_medium_t media[] = {                    /* by rising size */
    {  160, 40, 1,  8, FDC_DRIVE_360 },  {  180, 40, 1,  9, FDC_DRIVE_360 },  {  320, 40, 2,  8, FDC_DRIVE_360 },
    {  360, 40, 2,  9, FDC_DRIVE_360 },  {  640, 80, 2,  8, FDC_DRIVE_720 },  {  720, 80, 2,  9, FDC_DRIVE_720 },
    { 1200, 80, 2, 15, FDC_DRIVE_1200 }, { 1440, 80, 2, 18, FDC_DRIVE_1440 }, { 1680, 80, 2, 21, FDC_DRIVE_1440 },
    { 1722, 82, 2, 21, FDC_DRIVE_1440 }, { 2880, 80, 2, 36, FDC_DRIVE_2880 },
};

/* The smallest format that holds the image. */
static const fdc_medium_t *medium_for(u64 bytes)
{
    for (unsigned i = 0; i < COUNT_OF(media); i++)
        if (bytes <= media[i].kib * 1024ull)
            return &media[i];
    return &media[COUNT_OF(media) - 1];
}

fdc_drive_kind_t fdc_drive_for(u64 bytes) { return medium_for(bytes)->home; }

void fdc_set_drive(fdc_t *fdc, unsigned drive, fdc_drive_kind_t kind) { fdc->drive[drive & 3].kind = (u8)kind; }

static void flush(fdc_drive_t *drive)
{
    if (drive->disk && drive->unsaved)
        disk_flush(drive->disk);
    drive->unsaved = false;
}

void fdc_flush(fdc_t *fdc)
{
    for (unsigned i = 0; i < FDC_DRIVES; i++)
        flush(&fdc->drive[i]);
}

void fdc_insert(fdc_t *fdc, unsigned number, disk_t *disk)
{
    fdc_drive_t *drive = &fdc->drive[number & 3];
    flush(drive);
    drive->disk = disk;
    drive->medium = disk ? medium_for(disk->bytes) : NULL;
    drive->changed = true;
    fdc_pulses_came(fdc);
}

/* ---- mechanics ---- */

bool fdc_motor(const fdc_t *fdc, const fdc_drive_t *drive)
{
    return drive->kind != FDC_NO_DRIVE && fdc->dor >> 4 >> (drive - fdc->drive) & 1;
}

bool fdc_spinning(const fdc_t *fdc, const fdc_drive_t *drive) { return drive->disk && fdc_motor(fdc, drive); }

/* Any step pulse with a medium inside resets the change line. */
void fdc_move_head(fdc_drive_t *drive, u8 cylinder)
{
    u8 to = cylinder > HEAD_STOP ? HEAD_STOP : cylinder;
    if (to != drive->cylinder && drive->disk)
        drive->changed = false;
    drive->cylinder = to;
}

static u64 faster(const fdc_t *fdc, u64 ns)
{
    u64 t = ns / (fdc->speedup ? fdc->speedup : 1);
    return t < 10000 ? 10000 : t;
}

u64 fdc_sector_time(const fdc_t *fdc, const fdc_drive_t *drive)
{
    return faster(fdc, REVOLUTION_NS / (drive->medium ? drive->medium->sectors : 18u));
}

/* Data sheet, SPECIFY: SRT counts down from 16 units of 0.5 ms at 1 Mb/s, longer at lower rates. */
u64 fdc_step_time(const fdc_t *fdc)
{
    static const u32 unit[4] = { [RATE_500] = 1000000, [RATE_300] = 1666667, [RATE_250] = 2000000, [RATE_1000] = 500000 };
    return faster(fdc, (16u - (fdc->srt_hut >> 4)) * (u64)unit[fdc->dsr & DSR_RATE]);
}

/* ---- what is under the head ---- */

/* A double density disk turns faster in a 1.2 MB drive: 300 instead of 250 kb/s. */
static unsigned rate_of(const fdc_drive_t *drive)
{
    if (drive->medium->kib >= 2880) return RATE_1000;
    if (drive->medium->sectors >= 15) return RATE_500;
    return drive->kind == FDC_DRIVE_1200 ? RATE_300 : RATE_250;
}

u8 fdc_track(const fdc_t *fdc, const fdc_drive_t *drive, u8 side, bool mfm, u8 *track)
{
    const fdc_medium_t *m = drive->medium;
    *track = drive->cylinder;
    if (!m || !mfm || (fdc->dsr & DSR_RATE) != rate_of(drive) || side >= m->heads)
        return ST1_MA;
    if (drive->kind == FDC_DRIVE_1200 && m->cylinders == 40) {   /* 96 tracks an inch over 48: every second position */
        if (drive->cylinder & 1)
            return ST1_MA;
        *track = drive->cylinder / 2;
    }
    return *track < m->cylinders ? 0 : ST1_MA;
}

static bool place(const fdc_drive_t *drive, u8 track, u8 side, u8 sector, u64 *offset)
{
    const fdc_medium_t *m = drive->medium;
    if (!drive->disk || !m || track >= m->cylinders || side >= m->heads || sector < 1 || sector > m->sectors)
        return false;
    *offset = (((u64)track * m->heads + side) * m->sectors + sector - 1) * FDC_SECTOR;
    return true;
}

bool fdc_read_sector(fdc_drive_t *drive, u8 track, u8 side, u8 sector, u8 *to)
{
    u64 offset;
    return place(drive, track, side, sector, &offset) && disk_read(drive->disk, offset, to, FDC_SECTOR);
}

bool fdc_write_sector(fdc_drive_t *drive, u8 track, u8 side, u8 sector, const u8 *from)
{
    u64 offset;
    if (!place(drive, track, side, sector, &offset) || !disk_write(drive->disk, offset, from, FDC_SECTOR))
        return false;
    drive->unsaved = true;
    return true;
}
