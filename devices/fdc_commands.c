/* fdc_commands.c - the commands of the 82077AA (data sheet 290166, section 5).
 *
 * A data command runs sector by sector: each ring of the `work` alarm is one sector passing under the head; it is read, moved through
 * DMA (or byte by byte through the FIFO) and the ID steps on as table 5-5 ("ID information") says, until terminal count, the end of
 * the track or an error.
 *
 * Left out: the SCAN commands (they end as invalid); deleted data marks are read as absent and written as normal ones; FORMAT TRACK
 * can only lay down the layout that the image has. */
#include "devices/fdc.h"

enum { MT = 0x80, MFM = 0x40, SK = 0x20, RELATIVE_UP = 0x40, VERIFY_COUNT = 0x80 };
enum { ND_MODE = 0x01, ST3_WP = 0x40, ST3_READY = 0x20, ST3_TRACK_0 = 0x10, ST3_TWO_SIDES = 0x08 };
enum { READ_TRACK = 0x02, WRITE = 0x05, READ = 0x06, WRITE_DELETED = 0x09, READ_ID = 0x0A, READ_DELETED = 0x0C, FORMAT = 0x0D, VERIFY = 0x16 };

static fdc_drive_t *selected(fdc_t *fdc) { return &fdc->drive[fdc->command[1] & 3]; }
static u8 side(const fdc_t *fdc) { return fdc->command[1] >> 2 & 1; }
static u8 operation(const fdc_t *fdc) { return fdc->command[0] & 0x1F; }

/* ---- the end of a data command ---- */

static void finish(fdc_t *fdc, bool good)
{
    fdc->st0 = (u8)((fdc->st0 & 7) | (good ? 0 : ST0_ABNORMAL));
    const u8 result[7] = { fdc->st0, fdc->st1, fdc->st2, fdc->c, fdc->h, fdc->r, fdc->n };
    alarm_clear(&fdc->work);
    fdc->at = fdc->bytes = 0;
    fdc_give_result(fdc, result, 7, true);
}

static void fail(fdc_t *fdc, u8 st1, u8 st2)
{
    fdc->st1 |= st1;
    fdc->st2 |= st2;
    finish(fdc, false);
}

static void wait_sector(fdc_t *fdc, u64 extra)
{
    fdc->phase = FDC_EXECUTION;
    alarm_set(&fdc->work, fdc->clock->now + extra + fdc_sector_time(fdc, selected(fdc)));
}

/* ---- finding a sector ---- */

/* The ID looked for comes under the head.  false: ST1 and ST2 say why not. */
static bool found(fdc_t *fdc)
{
    const fdc_drive_t *drive = selected(fdc);
    u8 track;
    fdc->st0 = fdc->command[1] & 7;
    u8 missing = fdc_track(fdc, drive, side(fdc), fdc->command[0] & MFM, &track);
    fdc->st1 |= missing;
    if (missing)
        return false;
    if (fdc->c != track)
        fdc->st2 |= ST2_WC;
    if (fdc->c == track && (fdc->h & 1) == side(fdc) && fdc->h < 2 && fdc->n == 2 && fdc->r >= 1 && fdc->r <= drive->medium->sectors)
        return true;
    fdc->st1 |= ST1_ND;
    return false;
}

/* Table 5-5: what C, H and R are after a sector.  true: the command is to go on with this ID if nothing else ends it. */
static bool step_id(fdc_t *fdc)
{
    if (fdc->r != fdc->eot) {
        fdc->r++;
        return true;
    }
    fdc->r = 1;
    bool other_side = fdc->command[0] & MT && operation(fdc) != READ_TRACK;
    if (!other_side || side(fdc))
        fdc->c++;
    if (!other_side)
        return false;
    fdc->h ^= 1;
    fdc->command[1] ^= 4;
    return side(fdc);
}

static void next_sector(fdc_t *fdc)
{
    bool more = step_id(fdc);
    bool counted = operation(fdc) == VERIFY && fdc->command[1] & VERIFY_COUNT;
    if (fdc->tc || (counted && fdc->left-- <= 1)) {
        finish(fdc, true);
    } else if (more) {
        wait_sector(fdc, 0);
    } else if (operation(fdc) == VERIFY && !counted) {
        finish(fdc, true);
    } else {
        fail(fdc, ST1_EN, 0);
    }
}

/* ---- moving bytes ---- */

/* true: the bytes are in the buffer, or out of it; false: the program has to move them, or the command has ended. */
static bool move(fdc_t *fdc, fdc_phase_t direction, u16 bytes)
{
    if (direction == FDC_FROM_HOST)
        memset(fdc->buffer, 0, sizeof fdc->buffer);
    if (fdc->hlt_nd & ND_MODE) {
        fdc->phase = (u8)direction;
        fdc->at = 0;
        fdc->bytes = bytes;
        fdc_set_interrupt(fdc, true);
        return false;
    }
    u32 moved = fdc->transfer ? fdc->transfer(fdc->dma, FDC_DMA_CHANNEL, fdc->buffer, bytes, &fdc->tc) : 0;
    if ((moved < bytes && !fdc->tc) || moved == 0) {     /* nobody took or gave the bytes */
        fail(fdc, ST1_OR, 0);
        return false;
    }
    return true;
}

static void store(fdc_t *fdc)
{
    fdc_drive_t *drive = selected(fdc);
    u8 track;
    if (fdc_track(fdc, drive, side(fdc), true, &track))
        fail(fdc, ST1_MA, 0);
    else if (!fdc_write_sector(drive, track, side(fdc), fdc->r, fdc->buffer))
        fail(fdc, ST1_DE, ST2_DD);
    else
        next_sector(fdc);
}

/* FORMAT TRACK: one sector's ID came from the host. */
static void format_sector(fdc_t *fdc)
{
    fdc->c = fdc->buffer[0];
    fdc->h = fdc->buffer[1];
    fdc->r = fdc->buffer[2];
    fdc->n = fdc->buffer[3];
    if (!found(fdc) || fdc->command[3] != selected(fdc)->medium->sectors) {
        lacking("fdc: FORMAT TRACK with another layout than the image's");
        fdc->st2 = 0;
        fail(fdc, ST1_MA, 0);
        return;
    }
    memset(fdc->buffer, fdc->command[5], sizeof fdc->buffer);
    if (!fdc_write_sector(selected(fdc), fdc->c, side(fdc), fdc->r, fdc->buffer))
        fail(fdc, ST1_DE, ST2_DD);
    else if (fdc->left-- <= 1 || fdc->tc)
        finish(fdc, true);
    else
        wait_sector(fdc, 0);
}

void fdc_host_done(fdc_t *fdc)
{
    fdc->at = fdc->bytes = 0;
    if (!fdc_spinning(fdc, selected(fdc))) {
        fdc->phase = FDC_EXECUTION;                      /* the medium is gone: no more index pulses */
        return;
    }
    switch (operation(fdc)) {
    case WRITE: case WRITE_DELETED: store(fdc); break;
    case FORMAT: format_sector(fdc); break;
    default: next_sector(fdc); break;
    }
}

/* ---- a sector passes ---- */

static void read_pass(fdc_t *fdc)
{
    fdc_drive_t *drive = selected(fdc);
    u8 track, operation_ = operation(fdc);
    if (!found(fdc) && (operation_ != READ_TRACK || fdc->st1 & ST1_MA || fdc->r > drive->medium->sectors)) {
        finish(fdc, false);
        return;
    }
    if (operation_ == READ_DELETED) {                    /* no sector of an image has the deleted mark */
        fdc->st2 |= ST2_CM;
        if (fdc->command[0] & SK) {
            next_sector(fdc);
            return;
        }
    }
    fdc_track(fdc, drive, side(fdc), true, &track);
    if (!fdc_read_sector(drive, track, side(fdc), fdc->r, fdc->buffer)) {
        fail(fdc, ST1_DE, ST2_DD);
        return;
    }
    if (operation_ != VERIFY && !move(fdc, FDC_TO_HOST, FDC_SECTOR))
        return;
    if (operation_ == READ_DELETED)
        fdc->tc = true;                                  /* ends after the first sector with the other mark */
    next_sector(fdc);
}

static void write_pass(fdc_t *fdc)
{
    if (operation(fdc) == WRITE_DELETED)
        lacking("fdc: WRITE DELETED DATA leaves no deleted data mark");
    if (selected(fdc)->disk->read_only)
        fail(fdc, ST1_NW, 0);
    else if (!found(fdc))
        finish(fdc, false);
    else if (move(fdc, FDC_FROM_HOST, FDC_SECTOR))
        store(fdc);
}

static void format_pass(fdc_t *fdc)
{
    if (selected(fdc)->disk->read_only)
        fail(fdc, ST1_NW, 0);
    else if (fdc->left == 0)
        finish(fdc, true);
    else if (move(fdc, FDC_FROM_HOST, 4))
        format_sector(fdc);
}

static void id_pass(fdc_t *fdc)
{
    const fdc_drive_t *drive = selected(fdc);
    u8 track, missing = fdc_track(fdc, drive, side(fdc), fdc->command[0] & MFM, &track);
    if (missing) {
        fail(fdc, missing, 0);
        return;
    }
    fdc->c = track;
    fdc->h = side(fdc);
    fdc->r = (u8)(fdc->clock->now / fdc_sector_time(fdc, drive) % drive->medium->sectors + 1);
    fdc->n = 2;
    finish(fdc, true);
}

void fdc_continue(void *chip)
{
    fdc_t *fdc = chip;
    if (fdc->phase != FDC_EXECUTION || !fdc_spinning(fdc, selected(fdc)))
        return;
    switch (operation(fdc)) {
    case READ: case READ_DELETED: case READ_TRACK: case VERIFY: read_pass(fdc); break;
    case WRITE: case WRITE_DELETED: write_pass(fdc); break;
    case FORMAT: format_pass(fdc); break;
    case READ_ID: id_pass(fdc); break;
    default: finish(fdc, false); break;                  /* no command of ours: a made-up saved state */
    }
}

void fdc_pulses_came(fdc_t *fdc)
{
    if (fdc->phase == FDC_EXECUTION && !alarm_is_set(&fdc->work) && fdc_spinning(fdc, selected(fdc)))
        wait_sector(fdc, 0);
}

/* ---- the commands ---- */

static void begin(fdc_t *fdc)
{
    fdc->st0 = fdc->command[1] & 7;
    fdc->st1 = fdc->st2 = 0;
    fdc->tc = false;
    fdc->phase = FDC_EXECUTION;
}

/* Without index pulses the command waits: fdc_continue finds the drive still and the phase stays. */
static void do_data(fdc_t *fdc)
{
    fdc_drive_t *drive = selected(fdc);
    begin(fdc);
    fdc->c = fdc->command[2];
    fdc->h = fdc->command[3];
    fdc->r = fdc->command[4];
    fdc->n = fdc->command[5];
    fdc->eot = fdc->command[6];
    fdc->left = fdc->command[8] ? fdc->command[8] : 256;
    if (operation(fdc) == READ_TRACK)
        fdc->r = 1;                                      /* from the index hole on */
    u64 steps = 0;
    if (fdc->config & CONFIG_EIS && drive->kind) {       /* implied seek */
        steps = (u64)(drive->pcn > fdc->c ? drive->pcn - fdc->c : fdc->c - drive->pcn);
        fdc_move_head(drive, fdc->c);
        drive->pcn = fdc->c;
    }
    wait_sector(fdc, steps * fdc_step_time(fdc));
}

static void do_format(fdc_t *fdc)
{
    begin(fdc);
    fdc->n = fdc->command[2];
    fdc->eot = fdc->command[3];
    fdc->left = fdc->command[3];
    wait_sector(fdc, 0);
}

static void do_read_id(fdc_t *fdc) { begin(fdc); wait_sector(fdc, 0); }

static void seek(fdc_t *fdc, fdc_drive_t *drive, int target, u8 pcn, u8 st0)
{
    u8 n = fdc->command[1] & 3;
    int steps = target - drive->cylinder;
    drive->target = (u8)(target < 0 ? 0 : target > 255 ? 255 : target);
    drive->pcn = pcn;
    drive->st0 = (u8)(st0 | n);
    drive->seeking = true;
    fdc->seek_done &= (u8)~(1 << n);
    fdc->reset_done &= (u8)~(1 << n);
    alarm_set(&drive->arrival, fdc->clock->now + fdc_step_time(fdc) * (u64)(1 + (steps < 0 ? -steps : steps)));
    fdc_give_result(fdc, NULL, 0, false);
}

void fdc_arrive(void *chip)
{
    fdc_drive_t *drive = chip;
    fdc_t *fdc = drive->fdc;
    fdc_move_head(drive, drive->target);
    drive->seeking = false;
    fdc->seek_done |= (u8)(1 << (drive - fdc->drive));
    fdc_set_interrupt(fdc, true);
}

/* The controller counts steps, it does not see where the head is. */
static void do_seek(fdc_t *fdc)
{
    fdc_drive_t *drive = selected(fdc);
    u8 to = fdc->command[2];
    seek(fdc, drive, drive->cylinder + to - drive->pcn, to, (u8)(ST0_SE | (fdc->command[1] & 4)));
}

static void do_relative_seek(fdc_t *fdc)
{
    fdc_drive_t *drive = selected(fdc);
    int by = fdc->command[0] & RELATIVE_UP ? fdc->command[2] : -fdc->command[2];
    seek(fdc, drive, drive->cylinder + by, (u8)(drive->pcn + by), (u8)(ST0_SE | (fdc->command[1] & 4)));
}

/* At most 79 steps outwards; if the drive then does not see track 0 (or is not there), equipment check. */
static void do_recalibrate(fdc_t *fdc)
{
    fdc_drive_t *drive = selected(fdc);
    int target = drive->cylinder > 79 ? drive->cylinder - 79 : 0;
    bool lost = target || !drive->kind;
    seek(fdc, drive, target, 0, lost ? ST0_SE | ST0_EC | ST0_ABNORMAL : ST0_SE);
}

static void invalid(fdc_t *fdc) { fdc_give_result(fdc, (const u8[]){ ST0_INVALID }, 1, false); }

static void do_sense_interrupt(fdc_t *fdc)
{
    u8 from = fdc->seek_done ? fdc->seek_done : fdc->reset_done;
    if (!from) {
        invalid(fdc);
        return;
    }
    unsigned n = 0;
    while (!(from >> n & 1))
        n++;
    const fdc_drive_t *drive = &fdc->drive[n & 3];
    u8 st0 = fdc->seek_done ? drive->st0 : (u8)(ST0_ATTENTION | n);
    fdc->reset_done &= (u8)~(1u << n);
    fdc->seek_done &= (u8)~(1u << n);
    fdc_set_interrupt(fdc, false);
    fdc_give_result(fdc, (const u8[]){ st0, drive->pcn }, 2, false);
}

static void do_sense_drive(fdc_t *fdc)
{
    const fdc_drive_t *drive = selected(fdc);
    u8 st3 = ST3_READY | ST3_TWO_SIDES | (fdc->command[1] & 7);
    if (drive->kind && drive->cylinder == 0) st3 |= ST3_TRACK_0;
    if (drive->kind && (!drive->disk || drive->disk->read_only)) st3 |= ST3_WP;
    fdc_give_result(fdc, &st3, 1, false);
}

static void do_specify(fdc_t *fdc)
{
    fdc->srt_hut = fdc->command[1];
    fdc->hlt_nd = fdc->command[2];
    fdc_give_result(fdc, NULL, 0, false);
}

static void do_configure(fdc_t *fdc)
{
    fdc->config = fdc->command[2] & 0x7F;
    fdc->pretrk = fdc->command[3];
    fdc_give_result(fdc, NULL, 0, false);
}

static void do_perpendicular(fdc_t *fdc)
{
    u8 mode = fdc->command[1];                           /* OW guards the drive bits D3-D0 */
    fdc->perpendicular = (u8)((mode & 0x80 ? mode & 0x3C : fdc->perpendicular & 0x3C) | (mode & 3));
    fdc_give_result(fdc, NULL, 0, false);
}

static void do_lock(fdc_t *fdc)
{
    fdc->locked = fdc->command[0] & 0x80;
    fdc_give_result(fdc, (const u8[]){ fdc->locked ? 0x10 : 0 }, 1, false);
}

static void do_version(fdc_t *fdc) { fdc_give_result(fdc, (const u8[]){ 0x90 }, 1, false); }

static void do_dumpreg(fdc_t *fdc)
{
    const u8 result[10] = { fdc->drive[0].pcn, fdc->drive[1].pcn, fdc->drive[2].pcn, fdc->drive[3].pcn, fdc->srt_hut, fdc->hlt_nd, fdc->eot,
                            (u8)(fdc->locked << 7 | fdc->perpendicular), fdc->config, fdc->pretrk };
    fdc_give_result(fdc, result, 10, false);
}

static void do_scan(fdc_t *fdc)
{
    lacking("fdc: SCAN commands");
    invalid(fdc);
}

/* Data sheet table 5-1.  bytes: with the opcode. */
typedef struct { u8 opcode, mask, bytes; void (*run)(fdc_t *fdc); } command_t;
static const command_t commands[] = {
    { READ, 0x1F, 9, do_data },          { READ_DELETED, 0x1F, 9, do_data },  { WRITE, 0x3F, 9, do_data },       { WRITE_DELETED, 0x3F, 9, do_data },
    { READ_TRACK, 0x9F, 9, do_data },    { VERIFY, 0x1F, 9, do_data },        { FORMAT, 0xBF, 6, do_format },    { READ_ID, 0xBF, 2, do_read_id },
    { 0x11, 0x1F, 9, do_scan },          { 0x19, 0x1F, 9, do_scan },          { 0x1D, 0x1F, 9, do_scan },
    { 0x03, 0xFF, 3, do_specify },       { 0x04, 0xFF, 2, do_sense_drive },   { 0x07, 0xFF, 2, do_recalibrate }, { 0x08, 0xFF, 1, do_sense_interrupt },
    { 0x0E, 0xFF, 1, do_dumpreg },       { 0x0F, 0xFF, 3, do_seek },          { 0x8F, 0xBF, 3, do_relative_seek }, { 0x10, 0xFF, 1, do_version },
    { 0x12, 0xFF, 2, do_perpendicular }, { 0x13, 0xFF, 4, do_configure },     { 0x14, 0x7F, 1, do_lock },
};

static const command_t *command_of(u8 opcode)
{
    for (unsigned i = 0; i < COUNT_OF(commands); i++)
        if ((opcode & commands[i].mask) == commands[i].opcode)
            return &commands[i];
    return NULL;
}

u8 fdc_command_length(u8 opcode)
{
    const command_t *command = command_of(opcode);
    return command ? command->bytes : 1;
}

void fdc_execute(fdc_t *fdc)
{
    const command_t *command = command_of(fdc->command[0]);
    if (command)
        command->run(fdc);
    else
        invalid(fdc);
}
