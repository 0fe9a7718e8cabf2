/* fdc.c - the 82077AA floppy disk controller: registers, phases and the interrupt.
 *
 * Document: Intel 82077AA data sheet (290166), sections 2 (registers), 4 (reset, controller phases), 5 (commands) and 6 (status bytes).
 * Commands are in fdc_commands.c, drives and media in fdc_media.c.
 *
 * Time: heads and disks move `speedup` times faster than real ones (fdc.h), by virtual time only; a sector passes in 1/n of a
 * revolution, there is no rotational latency and no motor spin-up.  As in the chip, a command to a drive without index pulses
 * (no medium, motor off) waits until it is reset.
 *
 * Left out: SCAN commands, FM, the tape register's effect, power down, write precompensation, head load and unload times, overrun of
 * a slow program in non-DMA mode (the next byte waits for it). */
#include "devices/fdc.h"

enum { MSR_RQM = 0x80, MSR_DIO = 0x40, MSR_NON_DMA = 0x20, MSR_BUSY = 0x10 };
enum { DSR_RESET = 0x80, RESET_NS = 50000 };

static void drive_line(const fdc_t *fdc) { line_set(&fdc->irq, fdc->interrupt && (fdc->dor & DOR_DMA_GATE)); }

/* A second event while INT is still high makes an edge of its own: an edge-triggered 8259A would otherwise never see it when a
 * program left the first one without SENSE INTERRUPT STATUS. */
void fdc_set_interrupt(fdc_t *fdc, bool level)
{
    if (level && fdc->interrupt) {
        fdc->interrupt = false;
        drive_line(fdc);
    }
    fdc->interrupt = level;
    drive_line(fdc);
}

/* ---- reset ---- */

/* DOR bit 2, DSR bit 7 or the pin: everything stops; with polling on, all four drives then report a change of their ready line. */
static void stop(fdc_t *fdc)
{
    alarm_clear(&fdc->work);
    alarm_clear(&fdc->ready);
    for (unsigned i = 0; i < FDC_DRIVES; i++) {
        alarm_clear(&fdc->drive[i].arrival);
        fdc->drive[i].seeking = false;
    }
    fdc->phase = FDC_IDLE;
    fdc->n_command = fdc->n_result = fdc->result_at = 0;
    fdc->at = fdc->bytes = 0;
    fdc->seek_done = fdc->reset_done = 0;
    fdc->config &= CONFIG_EIS | CONFIG_NO_POLL | (fdc->locked ? 0x2F : 0);
    if (!fdc->locked) {
        fdc->config |= 0x20;                             /* FIFO off */
        fdc->pretrk = 0;
    }
    fdc_set_interrupt(fdc, false);
}

static void start(fdc_t *fdc)
{
    if (!(fdc->config & CONFIG_NO_POLL))
        alarm_set(&fdc->ready, fdc->clock->now + RESET_NS);
}

static void report_reset(void *chip)
{
    fdc_t *fdc = chip;
    fdc->reset_done = 0x0F;
    fdc_set_interrupt(fdc, true);
}

void fdc_reset(fdc_t *fdc)
{
    fdc->locked = false;
    fdc->config = 0;
    fdc->dor = fdc->tdr = fdc->perpendicular = fdc->srt_hut = fdc->hlt_nd = 0;
    fdc->dsr = 0x02;                                     /* 250 kb/s */
    stop(fdc);
    fdc->c = fdc->h = fdc->r = fdc->n = fdc->eot = fdc->st0 = fdc->st1 = fdc->st2 = 0;
    for (unsigned i = 0; i < FDC_DRIVES; i++)
        fdc->drive[i].pcn = fdc->drive[i].st0 = 0;
}

/* ---- phases ---- */

void fdc_give_result(fdc_t *fdc, const u8 *bytes, u8 n, bool interrupt)
{
    fdc->n_command = fdc->result_at = 0;
    fdc->n_result = n & 15;
    for (u8 i = 0; i < (n & 15); i++)
        fdc->result[i] = bytes[i];
    fdc->phase = n ? FDC_RESULT : FDC_IDLE;
    if (interrupt)
        fdc_set_interrupt(fdc, true);
}

static u8 main_status(const fdc_t *fdc)
{
    static const u8 of_phase[8] = { [FDC_IDLE] = MSR_RQM, [FDC_COMMAND] = MSR_RQM | MSR_BUSY, [FDC_EXECUTION] = MSR_BUSY,
        [FDC_TO_HOST] = MSR_RQM | MSR_DIO | MSR_NON_DMA | MSR_BUSY, [FDC_FROM_HOST] = MSR_RQM | MSR_NON_DMA | MSR_BUSY,
        [FDC_RESULT] = MSR_RQM | MSR_DIO | MSR_BUSY };
    if (!(fdc->dor & DOR_NOT_RESET))
        return 0;
    u8 status = of_phase[fdc->phase & 7];
    for (unsigned i = 0; i < FDC_DRIVES; i++)
        status |= (u8)(fdc->drive[i].seeking << i);
    return status;
}

/* In non-DMA mode each byte has its interrupt (data sheet 5.2). */
static void byte_done(fdc_t *fdc)
{
    fdc_set_interrupt(fdc, false);
    if (++fdc->at >= fdc->bytes)
        fdc_host_done(fdc);
    else
        fdc_set_interrupt(fdc, true);
}

static u8 read_fifo(fdc_t *fdc)
{
    if (fdc->phase == FDC_TO_HOST) {
        u8 byte = fdc->buffer[fdc->at & (FDC_SECTOR - 1)];
        byte_done(fdc);
        return byte;
    }
    if (fdc->phase != FDC_RESULT)
        return 0;
    if (fdc->result_at == 0)
        fdc_set_interrupt(fdc, false);
    u8 byte = fdc->result[fdc->result_at++ & 15];
    if (fdc->result_at >= fdc->n_result) {
        fdc->phase = FDC_IDLE;
        if (fdc->seek_done)                              /* another drive has arrived */
            fdc_set_interrupt(fdc, true);
    }
    return byte;
}

static void write_fifo(fdc_t *fdc, u8 byte)
{
    if (!(fdc->dor & DOR_NOT_RESET))
        return;
    if (fdc->phase == FDC_FROM_HOST) {
        fdc->buffer[fdc->at & (FDC_SECTOR - 1)] = byte;
        byte_done(fdc);
        return;
    }
    if (fdc->phase == FDC_IDLE) {
        fdc->n_command = 0;
        fdc->phase = FDC_COMMAND;
    }
    if (fdc->phase != FDC_COMMAND)
        return;
    fdc->command[fdc->n_command++ & 15] = byte;
    if (fdc->n_command >= fdc_command_length(fdc->command[0])) {
        fdc->n_command = 0;
        fdc_execute(fdc);
    }
}

/* ---- registers ---- */

static void write_dor(fdc_t *fdc, u8 value)
{
    u8 old = fdc->dor;
    fdc->dor = value;
    if ((old & ~value) & 0xF0)                           /* a motor stops: a good moment to make the image durable */
        fdc_flush(fdc);
    if (!(value & DOR_NOT_RESET))
        stop(fdc);
    else if (!(old & DOR_NOT_RESET))
        start(fdc);
    drive_line(fdc);
    fdc_pulses_came(fdc);
}

static void write_dsr(fdc_t *fdc, u8 value)
{
    fdc->dsr = value & 0x7F;
    if (value & DSR_RESET) {                             /* clears itself */
        stop(fdc);
        start(fdc);
    }
}

static u8 status_a(const fdc_t *fdc)
{
    const fdc_drive_t *drive = &fdc->drive[fdc->dor & 3];
    bool track_0 = drive->kind && drive->cylinder == 0, protect = drive->kind && (!drive->disk || drive->disk->read_only);
    return (u8)(fdc->interrupt << 7 | 0x44 | !track_0 << 4 | (fdc->st0 & 4) << 1 | !protect << 1);
}

static u8 status_b(const fdc_t *fdc) { return (u8)(0xC0 | (fdc->dor & 1) << 5 | (fdc->dor >> 4 & 3)); }

u32 fdc_read(void *chip, u16 reg)
{
    fdc_t *fdc = chip;
    switch (reg & 7) {
    case 0: return status_a(fdc);
    case 1: return status_b(fdc);
    case 2: return fdc->dor;
    case 3: return 0xFC | fdc->tdr;
    case 4: return main_status(fdc);
    case 5: return read_fifo(fdc);
    default: return 0xFF;
    }
}

void fdc_write(void *chip, u16 reg, u32 value)
{
    fdc_t *fdc = chip;
    switch (reg & 7) {
    case 2: write_dor(fdc, (u8)value); break;
    case 3: fdc->tdr = value & 3; break;
    case 4: write_dsr(fdc, (u8)value); break;
    case 5: write_fifo(fdc, (u8)value); break;
    default: break;
    }
}

/* Bit 7 is the selected drive's change line, driven while its motor runs; the other bits belong to the hard disk's controller. */
u32 fdc_read_dir(void *chip, u16 reg)
{
    (void)reg;
    const fdc_t *fdc = chip;
    const fdc_drive_t *drive = &fdc->drive[fdc->dor & 3];
    return fdc_motor(fdc, drive) && (drive->changed || !drive->disk) ? 0x80 : 0;
}

void fdc_write_ccr(void *chip, u16 reg, u32 value)
{
    (void)reg;
    fdc_t *fdc = chip;
    fdc->dsr = (u8)((fdc->dsr & 0xFC) | (value & DSR_RATE));
}

/* ---- life ---- */

unsigned fdc_active(const fdc_t *fdc)
{
    unsigned active = 0;
    for (unsigned i = 0; i < FDC_DRIVES; i++)
        active |= (unsigned)fdc->drive[i].seeking << i;
    if (fdc->phase >= FDC_EXECUTION && fdc->phase <= FDC_FROM_HOST)
        active |= 1u << (fdc->command[1] & 3);
    return active;
}

void fdc_init(fdc_t *fdc, vclock_t *clock, fdc_transfer_fn *transfer, void *dma)
{
    *fdc = (fdc_t){ .clock = clock, .transfer = transfer, .dma = dma, .speedup = FDC_SPEEDUP };
    alarm_init(&fdc->work, clock, fdc_continue, fdc);
    alarm_init(&fdc->ready, clock, report_reset, fdc);
    for (unsigned i = 0; i < FDC_DRIVES; i++) {
        fdc->drive[i].fdc = fdc;
        alarm_init(&fdc->drive[i].arrival, clock, fdc_arrive, &fdc->drive[i]);
    }
    fdc_reset(fdc);
}

static void drive_walk(fdc_drive_t *drive, walker_t *w)
{
    FIELD_MAX(w, drive->kind, FDC_DRIVE_2880);
    FIELD(w, drive->cylinder); FIELD(w, drive->target);  FIELD(w, drive->pcn);
    FIELD(w, drive->st0);      FIELD(w, drive->seeking); FIELD(w, drive->changed);
    alarm_walk(&drive->arrival, w, "arrival");
}

/* Media are not part of the state: the machine's owner puts the same ones in. */
void fdc_walk(fdc_t *fdc, walker_t *w)
{
    walk_chip(w, "fdc", 1);
    FIELD(w, fdc->speedup);
    FIELD(w, fdc->dor);         FIELD_MAX(w, fdc->tdr, 3); FIELD(w, fdc->dsr);
    FIELD(w, fdc->srt_hut);     FIELD(w, fdc->hlt_nd);     FIELD(w, fdc->config);
    FIELD(w, fdc->pretrk);      FIELD(w, fdc->perpendicular);
    FIELD(w, fdc->locked);      FIELD(w, fdc->interrupt);
    FIELD_MAX(w, fdc->seek_done, 15); FIELD_MAX(w, fdc->reset_done, 15);
    FIELD_MAX(w, fdc->phase, FDC_RESULT);
    FIELD_ARRAY(w, fdc->command); FIELD_MAX(w, fdc->n_command, 15);
    FIELD_ARRAY(w, fdc->result);  FIELD_MAX(w, fdc->n_result, 15); FIELD_MAX(w, fdc->result_at, 15);
    FIELD(w, fdc->c);   FIELD(w, fdc->h);   FIELD(w, fdc->r);   FIELD(w, fdc->n); FIELD(w, fdc->eot);
    FIELD(w, fdc->st0); FIELD(w, fdc->st1); FIELD(w, fdc->st2);
    FIELD(w, fdc->left); FIELD(w, fdc->tc);
    FIELD_BYTES(w, fdc->buffer, sizeof fdc->buffer);
    FIELD_MAX(w, fdc->at, FDC_SECTOR - 1); FIELD_MAX(w, fdc->bytes, FDC_SECTOR);
    alarm_walk(&fdc->work, w, "work");
    alarm_walk(&fdc->ready, w, "ready");
    for (unsigned i = 0; i < FDC_DRIVES; i++)
        drive_walk(&fdc->drive[i], w);
}
