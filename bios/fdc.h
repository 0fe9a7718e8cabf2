/* fdc.h - the diskette controller and its drives, below INT 13h. */
#pragma once
#include "system.h"

/* The diskette parameter table, where INT 1Eh points (IBM PS/2 BIOS reference, INT 13h). */
enum { DPT_SPECIFY_1, DPT_SPECIFY_2, DPT_MOTOR_OFF, DPT_SIZE_CODE, DPT_SECTORS, DPT_GAP, DPT_LENGTH,
       DPT_FORMAT_GAP, DPT_FILL, DPT_SETTLE, DPT_MOTOR_ON };
u32 dpt(u32 index);

/* 40:90h media state, bits 7-6 the data rate as port 3F7h takes it. */
enum { RATE_500 = 0x00, RATE_300 = 0x40, RATE_250 = 0x80, RATE_1000 = 0xC0, DOUBLE_STEP = 0x20, ESTABLISHED = 0x10 };

/* INT 13h status codes used here. */
enum { OK = 0, BAD_COMMAND = 0x01, NO_MARK = 0x02, PROTECTED = 0x03, NOT_FOUND = 0x04, CHANGED = 0x06,
       OVERRUN = 0x08, DMA_BOUNDARY = 0x09, UNKNOWN_MEDIA = 0x0C, BAD_CRC = 0x10, CONTROLLER = 0x20,
       BAD_SEEK = 0x40, TIMEOUT = 0x80 };

u32  fdc_reset(void);
void fdc_motor_on(u32 drive, bool writing);
void fdc_motor_later(void);
void fdc_rate(u32 drive, u32 state);
u32  fdc_recalibrate(u32 drive);
u32  fdc_seek(u32 drive, u32 track, bool writing);
u32  fdc_read_id(u32 drive, u32 head);
u32  fdc_run(const u8 *command, u32 bytes);     /* a command with a result phase of 7 bytes */
u32  dma_start_floppy(u32 mode, u32 segment, u32 offset, u32 bytes);
u32  dma_left_floppy(void);
