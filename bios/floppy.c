/* floppy.c - INT 13h for diskettes (INT 40h): 160 KB to 2.88 MB in drives of five types.
 * AT Technical Reference and IBM PS/2 BIOS reference, INT 13h; the media state at 40:90h is kept as the AT keeps it.
 * A new diskette's data rate is found by READ ID at each rate the drive can do.
 * Left out: drives above 1, and 8-inch anything. */
#include "fdc.h"

/* ---- what drives and media are ---- */

typedef struct { u8 tracks, sectors, rate, double_step; } format_t;

enum { TYPE_NONE, TYPE_360, TYPE_1200, TYPE_720, TYPE_1440, TYPE_2880_OLD, TYPE_2880, TYPES };

/* By CMOS drive type; the first format is the drive's best. */
static const rom format_t formats[TYPES][3] = {
    [TYPE_360]  = { { 40, 9, RATE_250, 0 } },
    [TYPE_1200] = { { 80, 15, RATE_500, 0 }, { 40, 9, RATE_300, 1 } },
    [TYPE_720]  = { { 80, 9, RATE_250, 0 } },
    [TYPE_1440] = { { 80, 18, RATE_500, 0 }, { 80, 9, RATE_250, 0 } },
    [TYPE_2880_OLD] = { { 80, 36, RATE_1000, 0 }, { 80, 18, RATE_500, 0 }, { 80, 9, RATE_250, 0 } },
    [TYPE_2880] = { { 80, 36, RATE_1000, 0 }, { 80, 18, RATE_500, 0 }, { 80, 9, RATE_250, 0 } },
};

/* Parameter tables by sectors a track, for INT 13h/08h and 18h. */
typedef struct { u8 tracks, sectors, table[11]; } medium_t;
static const rom medium_t media[] = {
    { 40,  8, { 0xDF, 0x02, 0x25, 0x02,  8, 0x2A, 0xFF, 0x50, 0xF6, 0x0F, 0x08 } },
    { 40,  9, { 0xDF, 0x02, 0x25, 0x02,  9, 0x2A, 0xFF, 0x50, 0xF6, 0x0F, 0x08 } },
    { 80, 15, { 0xDF, 0x02, 0x25, 0x02, 15, 0x1B, 0xFF, 0x54, 0xF6, 0x0F, 0x08 } },
    { 80,  9, { 0xDF, 0x02, 0x25, 0x02,  9, 0x2A, 0xFF, 0x50, 0xF6, 0x0F, 0x04 } },
    { 80, 18, { 0xDF, 0x02, 0x25, 0x02, 18, 0x1B, 0xFF, 0x6C, 0xF6, 0x0F, 0x04 } },
    { 80, 36, { 0xAF, 0x02, 0x25, 0x02, 36, 0x1B, 0xFF, 0x53, 0xF6, 0x0F, 0x04 } },
};

/* F000:EFC7, where INT 1Eh points until DOS points it elsewhere. */
__attribute__((section(".fixed_efc7"), used))
static const u8 default_table[11] = { 0xDF, 0x02, 0x25, 0x02, 18, 0x1B, 0xFF, 0x6C, 0xF6, 0x0F, 0x04 };

u32 dpt(u32 index)
{
    u32 at = peek32(0, 0x1E * 4);
    return peek8(at >> 16, (at & 0xFFFF) + index);
}

static u32 drive_type(u32 drive)
{
    u32 types = cmos_read(0x10), type = drive ? types & 15 : types >> 4;
    return drive > 1 || type >= TYPES ? TYPE_NONE : type;
}

static u32 drive_count(void)
{
    u32 equipment = BDA(equipment);
    return equipment & 1 ? (equipment >> 6 & 3) + 1 : 0;
}

static const rom medium_t *medium_for(u32 tracks, u32 sectors)
{
    for (u32 i = 0; i < COUNT_OF(media); i++)
        if (media[i].tracks == tracks && media[i].sectors == sectors)
            return &media[i];
    return 0;
}

/* ---- media state, 40:90h ---- */

static u32  state_get(u32 drive)          { return BDA_AT(floppy_media, drive); }
static void state_set(u32 drive, u32 v)   { BDA_SET_AT(floppy_media, drive, v); }

/* Bits 2-0: 3, 4, 5 as the AT names its three cases, 7 for all 3.5 inch media. */
static u32 state_of(u32 type, const rom format_t *f)
{
    u32 name = type == TYPE_360 ? 3 : type == TYPE_1200 ? (f->double_step ? 4 : 5) : 7;
    return f->rate | (f->double_step ? DOUBLE_STEP : 0u) | ESTABLISHED | name;
}

static bool change_line(u32 drive) { return drive_type(drive) != TYPE_360 && (in8(FDC_DIR) & 0x80); }

/* The door was opened: forget the medium.  A step clears the line if a diskette is in. */
static u32 changed(u32 drive)
{
    state_set(drive, state_get(drive) & ~(u32)ESTABLISHED & 0xF8);
    fdc_rate(drive, formats[drive_type(drive)][0].rate);
    BDA_SET(floppy_recalibrate, BDA(floppy_recalibrate) & ~(1u << drive));
    u32 status = fdc_seek(drive, 1, false);
    if (!status)
        status = fdc_seek(drive, 0, false);
    if (status == TIMEOUT || status == CONTROLLER) {
        fdc_reset();
        return TIMEOUT;
    }
    return change_line(drive) ? TIMEOUT : CHANGED;
}

/* Which of the drive's rates reads an address mark? */
static u32 establish(u32 drive)
{
    u32 type = drive_type(drive), status = NO_MARK;
    for (u32 i = 0; i < 3 && formats[type][i].tracks; i++) {
        const rom format_t *f = &formats[type][i];
        fdc_rate(drive, f->rate);
        status = fdc_seek(drive, 0, false);
        if (!status)
            status = fdc_read_id(drive, 0);
        if (!status) {
            state_set(drive, state_of(type, f));
            return OK;
        }
        if (status == TIMEOUT)
            break;
    }
    return status;
}

/* Motor, change line, medium, rate: what every transfer needs first. */
static u32 prepare(u32 drive, bool writing, bool formatting)
{
    fdc_motor_on(drive, writing);
    if (change_line(drive))
        return changed(drive);
    if (!(state_get(drive) & ESTABLISHED)) {
        if (formatting)
            return UNKNOWN_MEDIA;
        u32 status = establish(drive);
        if (status)
            return status;
    }
    fdc_rate(drive, state_get(drive));
    return OK;
}

/* ---- read, write, verify, format ---- */

/* 8237A mode bytes for channel 2, single transfers. */
enum { DMA_VERIFY = 0x42, DMA_TO_MEMORY = 0x46, DMA_FROM_MEMORY = 0x4A };

static u32 track_of(const regs_t *r, u32 drive) { return state_get(drive) & DOUBLE_STEP ? r->ch * 2u : r->ch; }

static u32 transfer(regs_t *r, u32 command, u32 dma_mode, bool writing)
{
    u32 drive = r->dl, size = 128u << (dpt(DPT_SIZE_CODE) & 7), wanted = r->al;
    if (!wanted || r->dh > 1)
        return BAD_COMMAND;
    r->al = 0;
    u32 status = prepare(drive, writing, false);
    if (!status)
        status = dma_mode == DMA_VERIFY ? dma_start_floppy(dma_mode, 0, 0, wanted * size)
                                        : dma_start_floppy(dma_mode, r->es, r->bx, wanted * size);
    if (!status)
        status = fdc_seek(drive, track_of(r, drive), writing);
    if (status)
        return status;
    u8 c[9];
    c[0] = (u8)command;
    c[1] = (u8)((u32)r->dh << 2 | drive);
    c[2] = r->ch;
    c[3] = r->dh;
    c[4] = r->cl & 0x3F;
    c[5] = (u8)dpt(DPT_SIZE_CODE);
    c[6] = (u8)dpt(DPT_SECTORS);
    c[7] = (u8)dpt(DPT_GAP);
    c[8] = (u8)dpt(DPT_LENGTH);
    status = fdc_run(c, sizeof c);
    r->al = (u8)(status ? (wanted * size - dma_left_floppy()) / size : wanted);
    if (status == TIMEOUT)
        r->al = 0;
    return status;
}

static u32 format_track(regs_t *r)
{
    u32 drive = r->dl, sectors = dpt(DPT_SECTORS);
    u32 status = prepare(drive, true, true);
    if (!status)
        status = dma_start_floppy(DMA_FROM_MEMORY, r->es, r->bx, sectors * 4);
    if (!status)
        status = fdc_seek(drive, track_of(r, drive), true);
    if (status)
        return status;
    u8 c[6];
    c[0] = 0x4D;
    c[1] = (u8)((u32)r->dh << 2 | drive);
    c[2] = (u8)dpt(DPT_SIZE_CODE);
    c[3] = (u8)sectors;
    c[4] = (u8)dpt(DPT_FORMAT_GAP);
    c[5] = (u8)dpt(DPT_FILL);
    return fdc_run(c, sizeof c);
}

/* ---- the questions ---- */

static void finish(regs_t *r, u32 status)
{
    BDA_SET(floppy_status, status);
    r->ah = (u8)status;
    carry(r, status != OK);
}

/* AH=08h */
static void parameters(regs_t *r, u32 drive)
{
    u32 type = drive_type(drive);
    const rom format_t *best = &formats[type][0];
    r->bx = (u16)type;
    r->ax = 0;
    r->cx = 0;
    r->dx = (u16)drive_count();
    r->es = 0;
    r->di = 0;
    if (type) {
        const rom medium_t *m = medium_for(best->tracks, best->sectors);
        r->ch = (u8)(best->tracks - 1);
        r->cl = best->sectors;
        r->dh = 1;
        r->es = (u16)my_segment();
        r->di = (u16)(u32)m->table;
    }
    finish(r, OK);
}

/* AH=15h: 1: no change line, 2: with. */
static void kind(regs_t *r, u32 drive)
{
    u32 type = drive_type(drive);
    finish(r, OK);
    r->ah = type == TYPE_NONE ? 0 : type == TYPE_360 ? 1 : 2;
}

/* AH=16h */
static u32 change_status(u32 drive)
{
    if (drive_type(drive) == TYPE_360)
        return OK;
    fdc_motor_on(drive, false);
    return change_line(drive) ? changed(drive) : OK;
}

/* AH=17h: 1: 360 in 360, 2: 360 in 1.2, 3: 1.2 in 1.2, 4: 720. */
static u32 set_kind(regs_t *r, u32 drive)
{
    static const rom u8 states[] = { RATE_250 | ESTABLISHED | 3, RATE_300 | DOUBLE_STEP | ESTABLISHED | 4,
                                     RATE_500 | ESTABLISHED | 5, RATE_250 | ESTABLISHED | 7 };
    if (r->al < 1 || r->al > COUNT_OF(states))
        return BAD_COMMAND;
    fdc_motor_on(drive, false);
    if (change_line(drive) && changed(drive) == TIMEOUT)
        return TIMEOUT;
    state_set(drive, states[r->al - 1]);
    return OK;
}

/* AH=18h: CH, CL the last track and sector of the format to come; ES:DI its parameter table. */
static u32 set_medium(regs_t *r, u32 drive)
{
    u32 type = drive_type(drive), tracks = r->ch + 1u, sectors = r->cl & 0x3F;
    fdc_motor_on(drive, false);
    if (change_line(drive) && changed(drive) == TIMEOUT)
        return TIMEOUT;
    for (u32 i = 0; i < 3 && formats[type][i].tracks; i++) {
        const rom format_t *f = &formats[type][i];
        bool eight = sectors == 8 && f->sectors == 9 && f->tracks == 40;
        if (f->tracks != tracks || (f->sectors != sectors && !eight))
            continue;
        const rom medium_t *m = medium_for(tracks, sectors);
        state_set(drive, state_of(type, f));
        r->es = (u16)my_segment();
        r->di = (u16)(u32)m->table;
        return OK;
    }
    return UNKNOWN_MEDIA;
}

void floppy_service(regs_t *r)
{
    u32 drive = r->dl;
    if (r->ah == 0x00) {
        finish(r, fdc_reset());
        return;
    }
    if (r->ah == 0x01) {
        r->ah = BDA(floppy_status);
        carry(r, r->ah);
        return;
    }
    if (r->ah == 0x08 && drive <= 1) {
        parameters(r, drive);
        return;
    }
    if (drive > 1 || (drive_type(drive) == TYPE_NONE && r->ah != 0x15)) {
        u32 status = r->ah == 0x15 ? 0 : BAD_COMMAND;
        if (r->ah >= 0x02 && r->ah <= 0x04)
            r->al = 0;
        finish(r, status);
        return;
    }
    switch (r->ah) {
    case 0x02: finish(r, transfer(r, 0xE6, DMA_TO_MEMORY, false)); break;
    case 0x03: finish(r, transfer(r, 0xC5, DMA_FROM_MEMORY, true)); break;
    case 0x04: finish(r, transfer(r, 0xE6, DMA_VERIFY, false)); break;
    case 0x05: finish(r, format_track(r)); break;
    case 0x15: kind(r, drive); return;
    case 0x16: finish(r, change_status(drive)); break;
    case 0x17: finish(r, set_kind(r, drive)); break;
    case 0x18: finish(r, set_medium(r, drive)); break;
    default:   finish(r, BAD_COMMAND); break;
    }
    fdc_motor_later();
}

/* ---- power-on ---- */

static void say_drive(u32 drive, u32 type)
{
    static const rom char names[TYPES][14] = { "none", "360 KB 5.25\"", "1.2 MB 5.25\"", "720 KB 3.5\"",
                                               "1.44 MB 3.5\"", "2.88 MB 3.5\"", "2.88 MB 3.5\"" };
    print(TEXT("Diskette "));
    print_char('A' + drive);
    print(TEXT(" "));
    print(names[type]);
    print_char('\n');
}

void floppy_start(void)
{
    u32 count = drive_type(1) ? 2 : drive_type(0) ? 1 : 0;
    if (!count)
        return;
    BDA_SET(equipment, (BDA(equipment) & ~0xC1u) | 1 | (count - 1) << 6);
    BDA_SET(floppy_info, (drive_type(0) ? 0x07u : 0) | (drive_type(1) ? 0x70u : 0));
    irq_enable(6);
    if (fdc_reset()) {
        print(TEXT("Diskette controller does not answer\n"));
        BDA_SET(equipment, BDA(equipment) & ~0xC1u);
        return;
    }
    for (u32 drive = 0; drive < 2; drive++)
        if (drive_type(drive))
            say_drive(drive, drive_type(drive));
}
