/* ata_inside.h - what ata.c (registers, data phases, time) and ata_commands.c (the commands) say to each other. */
#pragma once
#include "devices/ata.h"

/* Where a command stands.  The alarm runs in the phases that are busy. */
typedef enum {
    PHASE_IDLE,
    PHASE_COMMAND,               /* BSY: a command was written, the drive thinks */
    PHASE_FETCH,                 /* BSY: the next block comes from the medium */
    PHASE_IN,                    /* DRQ: the host takes it */
    PHASE_OUT,                   /* DRQ: the host gives a block */
    PHASE_STORE,                 /* BSY: it goes to the medium */
    PHASE_VERIFY,                /* BSY: sectors are read and thrown away */
    PHASE_RESET,                 /* BSY: SRST is set */
    PHASE_DIAGNOSE,              /* BSY: self-test after a reset or by command */
    PHASE_PACKET,                /* DRQ: the host gives a command packet */
    PHASE_EXECUTE                /* BSY: it is obeyed */
} ata_phase_t;

typedef enum { POWER_ACTIVE, POWER_IDLE, POWER_STANDBY, POWER_SLEEP } ata_power_t;    /* ATA/ATAPI-6, 6.9 */

enum { OPT_EXT = 1,              /* 48-bit address and 16-bit count */
       OPT_MULTIPLE = 2,         /* blocks of `multiple` sectors */
       OPT_DMA = 4,              /* a bus master moves the data */
       OPT_MEDIUM = 8,           /* needs the platters: takes longer, wakes from standby */
       OPT_OWN_BUFFER = 16,      /* the data is the drive's, not the medium's */
       OPT_TAKES = 64,           /* data from the host by PIO: its buffer is ready at once */
       OPT_SIGNS = 32 };         /* a packet device aborts it and shows its signature (8.15, 8.27, 8.34) */

typedef struct {
    void      (*run)(ata_t *drive);   /* NULL: the drive has no such command */
    u8          kinds;                /* 1 << ata_kind_t */
    u8          options;
    const char *missing;              /* a real drive has it: said once */
} ata_command_t;

extern const ata_command_t ata_commands[256];

INLINE bool option(const ata_t *d, u8 which) { return (ata_commands[d->command].options & which) != 0; }
INLINE u64  sectors_of(const ata_t *d)       { return d->disk ? d->disk->bytes / ATA_SECTOR_BYTES : 0; }

/* Does a bus master move the data of this command? */
INLINE bool data_by_dma(const ata_t *d)      { return option(d, OPT_DMA) || d->by_dma; }

void ata_wait(ata_t *drive, ata_phase_t phase, u64 ns);  /* BSY, until the alarm goes on with `phase` */
void ata_open(ata_t *drive, ata_phase_t phase, u32 end, bool with_interrupt);   /* DRQ for the buffer from `at` to `end` */
void ata_sign(ata_t *drive);                 /* the signature of 9.12 into the registers */
void ata_defaults(ata_t *drive);             /* settings as at power-on */
void ata_begin_in(ata_t *drive);             /* fetch the first block at once */
void ata_begin_out(ata_t *drive);            /* ask for the first block, without INTRQ (ATA/ATAPI-6, 9.8) */
void ata_begin_verify(ata_t *drive);
void ata_finish(ata_t *drive, u8 error, u8 status);      /* both 0: well; raises INTRQ */
/* Does the command's address (and count) name sectors of this disk?  Sets sector and left. */
bool ata_aim(ata_t *drive, bool counted);
