/* fdc.h - the 82077AA floppy disk controller and its drives: ports 3F0h-3F5h and 3F7h, IRQ 6, DMA channel 2. */
#pragma once
#include "devices/disk.h"
#include "devices/line.h"
#include "devices/state.h"
#include "devices/vclock.h"

enum { FDC_DRIVES = 4, FDC_SECTOR = 512, FDC_DMA_CHANNEL = 2 };
/* Drives as the CMOS byte 10h numbers them. */
typedef enum { FDC_NO_DRIVE, FDC_DRIVE_360, FDC_DRIVE_1200, FDC_DRIVE_720, FDC_DRIVE_1440, FDC_DRIVE_2880 } fdc_drive_kind_t;

/* A format: what the image's size says. */
typedef struct { u16 kib; u8 cylinders, heads, sectors; fdc_drive_kind_t home; } fdc_medium_t;

/* The DMA controller: move up to `bytes` between buffer and memory as programmed; returns how many, *tc: terminal count was reached. */
typedef u32 fdc_transfer_fn(void *dma, int channel, u8 *buffer, u32 bytes, bool *tc);

typedef struct fdc_drive {
    struct fdc *fdc;
    disk_t  *disk;                   /* medium, or NULL */
    const fdc_medium_t *medium;      /* derived from disk */
    bool     unsaved;                /* written since the host's file was last flushed; nothing a guest can see */
    alarm_t  arrival;                /* a seek ends */
    u8       kind;                   /* fdc_drive_kind_t */
    u8       cylinder;               /* where the head is */
    u8       target;                 /* where a seek goes */
    u8       pcn;                    /* where the controller believes it is */
    u8       st0;                    /* for SENSE INTERRUPT */
    bool     seeking, changed;       /* busy bit in MSR; disk change line */
} fdc_drive_t;

typedef enum { FDC_IDLE, FDC_COMMAND, FDC_EXECUTION, FDC_TO_HOST, FDC_FROM_HOST, FDC_RESULT } fdc_phase_t;

typedef struct fdc {
    vclock_t *clock;
    line_t    irq;
    fdc_transfer_fn *transfer;
    void     *dma;
    alarm_t   work;                  /* the next thing of the command in execution */
    alarm_t   ready;                 /* the interrupt after a reset */
    fdc_drive_t drive[FDC_DRIVES];
    u16  speedup;                    /* mechanics run so many times faster than in a real drive */
    u8   dor, tdr, dsr;              /* dsr's rate bits are also written through CCR */
    u8   srt_hut, hlt_nd;            /* SPECIFY */
    u8   config, pretrk;             /* CONFIGURE: EIS EFIFO POLL FIFOTHR */
    u8   perpendicular;
    bool locked;
    bool interrupt;                  /* INT, before DOR's gate */
    u8   seek_done, reset_done;      /* drives with something for SENSE INTERRUPT */
    u8   phase;                      /* fdc_phase_t */
    u8   command[16], n_command;     /* as received; [0] is the opcode */
    u8   result[16], n_result, result_at;
    /* The command in execution. */
    u8   c, h, r, n, eot;            /* the ID looked for; DUMPREG shows eot */
    u8   st0, st1, st2;
    u16  left;                       /* sectors to go where the command says how many */
    bool tc;
    u8   buffer[FDC_SECTOR];
    u16  at, bytes;                  /* non-DMA: next byte and how many */
} fdc_t;

enum { FDC_SPEEDUP = 50 };

void fdc_init(fdc_t *fdc, vclock_t *clock, fdc_transfer_fn *transfer, void *dma);
void fdc_reset(fdc_t *fdc);                              /* the RESET pin; drives keep their media and head positions */
void fdc_set_drive(fdc_t *fdc, unsigned drive, fdc_drive_kind_t kind);
/* Put a medium in (NULL: take it out).  The disk stays the caller's; an old one is flushed and no longer used after the return. */
void fdc_insert(fdc_t *fdc, unsigned drive, disk_t *disk);
fdc_drive_kind_t fdc_drive_for(u64 bytes);               /* the drive a medium of this size belongs in */
unsigned fdc_active(const fdc_t *fdc);                   /* bit mask of drives a command runs on */
void fdc_flush(fdc_t *fdc);                              /* make what was written durable on the host */

u32  fdc_read(void *fdc, u16 reg);                       /* 3F0h.. 3F5h */
void fdc_write(void *fdc, u16 reg, u32 value);
u32  fdc_read_dir(void *fdc, u16 reg);                   /* 3F7h */
void fdc_write_ccr(void *fdc, u16 reg, u32 value);
void fdc_walk(fdc_t *fdc, walker_t *w);

/* ---- between fdc.c, fdc_commands.c and fdc_media.c ---- */

enum { DSR_RATE = 0x03, DOR_NOT_RESET = 0x04, DOR_DMA_GATE = 0x08, CONFIG_EIS = 0x40, CONFIG_NO_POLL = 0x10 };
enum { ST0_ABNORMAL = 0x40, ST0_INVALID = 0x80, ST0_ATTENTION = 0xC0, ST0_SE = 0x20, ST0_EC = 0x10 };
enum { ST1_EN = 0x80, ST1_DE = 0x20, ST1_OR = 0x10, ST1_ND = 0x04, ST1_NW = 0x02, ST1_MA = 0x01 };
enum { ST2_CM = 0x40, ST2_DD = 0x20, ST2_WC = 0x10, ST2_BC = 0x02 };

void fdc_set_interrupt(fdc_t *fdc, bool level);
void fdc_give_result(fdc_t *fdc, const u8 *bytes, u8 n, bool interrupt);   /* n 0: back to the command phase */
u8   fdc_command_length(u8 opcode);                      /* bytes, the opcode included */
void fdc_execute(fdc_t *fdc);
void fdc_continue(void *fdc);                            /* rings: the next sector is under the head */
void fdc_host_done(fdc_t *fdc);                          /* non-DMA: the buffer was emptied or filled */
void fdc_arrive(void *drive);                            /* rings: a seek ends */
void fdc_pulses_came(fdc_t *fdc);                        /* a motor or a medium may let a waiting command go on */

bool fdc_motor(const fdc_t *fdc, const fdc_drive_t *drive);
bool fdc_spinning(const fdc_t *fdc, const fdc_drive_t *drive);   /* index pulses come */
/* ST1 bits of a track under the head that cannot be read at all, 0: sector IDs are found.  *track: the ID's cylinder. */
u8   fdc_track(const fdc_t *fdc, const fdc_drive_t *drive, u8 side, bool mfm, u8 *track);
bool fdc_read_sector(fdc_drive_t *drive, u8 track, u8 side, u8 sector, u8 *to);     /* false: the host's file failed */
bool fdc_write_sector(fdc_drive_t *drive, u8 track, u8 side, u8 sector, const u8 *from);
void fdc_move_head(fdc_drive_t *drive, u8 cylinder);
u64  fdc_sector_time(const fdc_t *fdc, const fdc_drive_t *drive);
u64  fdc_step_time(const fdc_t *fdc);
