/* fdc.c - the diskette controller: commands, results, motors, seeks and its DMA channel.
 * Intel 82077AA data sheet, chapter 5 (command set) and 2.1 (registers); 8237A data sheet for channel 2;
 * timings from the diskette parameter table as in the AT BIOS listing. */
#include "fdc.h"

enum { RQM = 0x80, FROM_FDC = 0x40 };

/* ---- bytes ---- */

static bool wait_msr(u32 direction)
{
    for (u32 n = 0; n < 2000; n++) {
        u32 msr = in8(FDC_MSR);
        if ((msr & (RQM | FROM_FDC)) == (RQM | direction))
            return true;
        if ((msr & RQM) && n > 20)
            return false;                       /* it speaks where it should listen, or the reverse */
        delay(15);
    }
    return false;
}

static bool send(u32 byte)
{
    if (!wait_msr(0))
        return false;
    out8(FDC_DATA, byte);
    return true;
}

static bool receive(u8 *byte)
{
    if (!wait_msr(FROM_FDC))
        return false;
    *byte = in8(FDC_DATA);
    return true;
}

/* ---- the interrupt: 40:3Eh bit 7 ---- */

void floppy_interrupt(regs_t *r)
{
    (void)r;
    BDA_SET(floppy_recalibrate, BDA(floppy_recalibrate) | 0x80);
    eoi1();
    sti();
    hook_post(0x01);
    cli();
}

static void expect(void)
{
    cli();
    BDA_SET(floppy_recalibrate, BDA(floppy_recalibrate) & 0x7F);
}

static bool await(void)
{
    limit_t limit;
    limit_start(&limit, 3);
    cli();
    if (!(BDA(floppy_recalibrate) & 0x80))
        hook_wait(0x01);
    cli();
    while (!(BDA(floppy_recalibrate) & 0x80)) {
        wait_idle(6);
        if (limit_over(&limit))
            return false;
    }
    BDA_SET(floppy_recalibrate, BDA(floppy_recalibrate) & 0x7F);
    return true;
}

/* ---- reset ---- */

static u32 dor(void)
{
    u32 motors = BDA(floppy_motors);
    return 0x0C | (motors & 3) << 4 | (motors >> 4 & 3);
}

/* SENSE INTERRUPT STATUS: ST0 and the present cylinder. */
static bool sense(u8 *st0, u8 *track) { return send(0x08) && receive(st0) && receive(track); }

static bool specify(void) { return send(0x03) && send(dpt(DPT_SPECIFY_1)) && send(dpt(DPT_SPECIFY_2) & 0xFE); }

/* 82077AA: reset is DOR bit 2 low; then an interrupt, and four SENSEs answer C0h-C3h. */
u32 fdc_reset(void)
{
    u8 st0 = 0, track;
    expect();
    out8(FDC_DOR, dor() & ~4u);
    delay(15);
    out8(FDC_DOR, dor());
    BDA_SET(floppy_recalibrate, 0);
    if (!await())
        return CONTROLLER;
    for (u32 drive = 0; drive < 4; drive++)
        if (!sense(&st0, &track) || st0 != (0xC0 | drive))
            if (!drive)
                return CONTROLLER;
    return specify() ? OK : CONTROLLER;
}

/* ---- motors: on at once, off by the timer interrupt ---- */

/* Until the disk turns fast enough to be written; reads that come too early just fail and are tried again. */
static void spin_up(u32 eighths)
{
    if (hook_wait(0xFD))
        return;
    cli();
    if (!irq_enabled(0)) {
        delay(eighths * 125000);
        return;
    }
    u32 ticks = (eighths * 18 + 7) / 8;
    u16 start = BDA(ticks);
    limit_t limit;
    limit_start(&limit, eighths / 8 + 1);
    while ((u16)(BDA(ticks) - start) < ticks && !limit_over(&limit))
        sleep();
}

void fdc_motor_on(u32 drive, bool writing)
{
    u32 flags = flags_save();
    u32 motors = BDA(floppy_motors);
    bool running = motors >> drive & 1;
    BDA_SET(floppy_motor_count, 0xFF);
    BDA_SET(floppy_motors, (motors & 0x0F) | 1u << drive | drive << 4 | (writing ? 0x80u : 0));
    out8(FDC_DOR, dor());
    flags_restore(flags);
    if (!running && writing)
        spin_up(dpt(DPT_MOTOR_ON));
}

void fdc_motor_later(void) { BDA_SET(floppy_motor_count, dpt(DPT_MOTOR_OFF)); }

void fdc_rate(u32 drive, u32 state)
{
    out8(FDC_CCR, state >> 6);
    BDA_SET(floppy_rate, (BDA(floppy_rate) & 0x3F) | (state & 0xC0));
    if ((state & 0xC0) == RATE_1000) {          /* PERPENDICULAR MODE for this drive, see 82077AA 5.2.7 */
        send(0x12);
        send(0x80u | 4u << drive);
    }
    specify();
}

/* ---- heads ---- */

static u32 seek_result(u32 drive)
{
    u8 st0, track;
    if (!await())
        return TIMEOUT;
    if (!sense(&st0, &track))
        return CONTROLLER;
    if ((st0 & 0xE0) != 0x20 || (st0 & 3) != drive)
        return BAD_SEEK;
    BDA_SET_AT(floppy_track, drive, track);
    return OK;
}

/* Twice, because one RECALIBRATE makes at most 79 steps. */
u32 fdc_recalibrate(u32 drive)
{
    u32 status = BAD_SEEK;
    for (u32 n = 0; n < 2 && status; n++) {
        expect();
        if (!send(0x07) || !send(drive))
            return CONTROLLER;
        status = seek_result(drive);
    }
    if (!status)
        BDA_SET(floppy_recalibrate, BDA(floppy_recalibrate) | 1u << drive);
    return status;
}

u32 fdc_seek(u32 drive, u32 track, bool writing)
{
    u32 status = OK;
    if (!(BDA(floppy_recalibrate) >> drive & 1))
        status = fdc_recalibrate(drive);
    if (status || BDA_AT(floppy_track, drive) == track)
        return status;
    expect();
    if (!send(0x0F) || !send(drive) || !send(track))
        return CONTROLLER;
    status = seek_result(drive);
    if (status)
        BDA_SET(floppy_recalibrate, BDA(floppy_recalibrate) & ~(1u << drive));
    else if (writing)
        delay(dpt(DPT_SETTLE) * 1000);
    return status;
}

/* ---- commands with results ---- */

/* ST0 bits 7-6 tell how it ended, ST1 why (82077AA chapter 6). */
static u32 result_code(void)
{
    static const rom struct { u8 bit, code; } causes[] = {
        { 0x80, NOT_FOUND }, { 0x20, BAD_CRC }, { 0x10, OVERRUN },
        { 0x04, NOT_FOUND }, { 0x02, PROTECTED }, { 0x01, NO_MARK },
    };
    u32 st0 = BDA_AT(fdc_status, 0), st1 = BDA_AT(fdc_status, 1);
    if (!(st0 & 0xC0))
        return OK;
    if ((st0 & 0xC0) != 0x40)
        return CONTROLLER;
    for (u32 i = 0; i < COUNT_OF(causes); i++)
        if (st1 & causes[i].bit)
            return causes[i].code;
    return CONTROLLER;
}

u32 fdc_run(const u8 *command, u32 bytes)
{
    u8 byte;
    expect();
    for (u32 i = 0; i < bytes; i++)
        if (!send(command[i]))
            return CONTROLLER;
    if (!await()) {
        BDA_SET(floppy_recalibrate, 0);
        fdc_reset();
        return TIMEOUT;
    }
    for (u32 i = 0; i < 7; i++) {
        if (!receive(&byte))
            return CONTROLLER;
        BDA_SET_AT(fdc_status, i, byte);
    }
    return result_code();
}

u32 fdc_read_id(u32 drive, u32 head)
{
    u8 command[2];
    command[0] = 0x4A;
    command[1] = (u8)(head << 2 | drive);
    return fdc_run(command, 2);
}

/* ---- DMA channel 2 ---- */

/* The 8237 counts 16 address bits; the page register does not move. */
u32 dma_start_floppy(u32 mode, u32 segment, u32 offset, u32 bytes)
{
    u32 linear = (segment << 4) + offset, last = bytes - 1;
    if ((linear & 0xFFFF) + last > 0xFFFF)
        return DMA_BOUNDARY;
    u32 flags = flags_save();
    out8(0x0A, 0x06);
    out8(0x0C, 0);
    out8(0x0B, mode);
    out8(0x04, linear);
    out8(0x04, linear >> 8);
    out8(0x81, linear >> 16);
    out8(0x05, last);
    out8(0x05, last >> 8);
    out8(0x0A, 0x02);
    flags_restore(flags);
    return OK;
}

u32 dma_left_floppy(void)
{
    u32 flags = flags_save();
    out8(0x0C, 0);
    u32 left = in8(0x05);
    left |= (u32)in8(0x05) << 8;
    flags_restore(flags);
    return (left + 1) & 0xFFFF;
}
