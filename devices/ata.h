/* ata.h - one ATA disk drive: its registers, its commands, its sector buffer.  ide.c puts two of them on a cable.
 *
 * A drive has a register block (written by the host for both drives of a cable at once), a data phase, the pins INTRQ and DMARQ,
 * and a clock.  The data phase does not care who moves the bytes: the host by words (ata_data_word_*), or a
 * bus master by blocks while DMARQ is high (ata_data_in, ata_data_out). */
#pragma once
#include "devices/disk.h"
#include "devices/line.h"
#include "devices/state.h"
#include "devices/vclock.h"

enum { ATA_SECTOR_BYTES = 512, ATA_MAX_MULTIPLE = 16, ATA_BUFFER_BYTES = ATA_SECTOR_BYTES * ATA_MAX_MULTIPLE };

/* What hangs on the cable.  A packet device (a CD-ROM drive, atapi.h) has its ATA commands in the same table as a disk. */
typedef enum { ATA_NONE = 0, ATA_DISK = 1, ATA_PACKET = 2 } ata_kind_t;

/* The command block's registers, by their port (ATA/ATAPI-6, clause 7). */
enum { ATA_DATA, ATA_ERROR, ATA_COUNT, ATA_LBA_LOW, ATA_LBA_MID, ATA_LBA_HIGH, ATA_DEVICE, ATA_STATUS,
       ATA_FEATURES = ATA_ERROR, ATA_COMMAND = ATA_STATUS };
/* Status, 7.14; Error, 7.9; Device, 7.7. */
enum { ATA_BSY = 0x80, ATA_DRDY = 0x40, ATA_DF = 0x20, ATA_DSC = 0x10, ATA_DRQ = 0x08, ATA_ERR = 0x01 };
enum { ATA_UNC = 0x40, ATA_IDNF = 0x10, ATA_ABRT = 0x04 };
enum { ATA_DEV = 0x10, ATA_LBA = 0x40 };

typedef struct ata {
    vclock_t  *clock;
    alarm_t    alarm;            /* rings when the drive has done what keeps it busy */
    line_t     intrq, dmarq;     /* INTRQ before the cable's gating by selection and nIEN */
    disk_t    *disk;             /* the medium; NULL: no disk drive, or a packet device without a medium */
    ata_kind_t kind;
    u8         number;           /* in the machine: makes the serial number */
    bool       slave;
    bool       can_dma;          /* somebody drives DMACK: set at power-on by the board */

    /* From here to the end: state and nothing else, without holes (test_ide.c compares it byte by byte). */

    /* the command that runs */
    u64   sector;                /* next sector to move between buffer and medium */
    u32   left;                  /* sectors still to be moved between buffer and medium */
    u32   block;                 /* sectors in the data phase now open */
    u32   at;                    /* bytes of it done (a packet device: place in the buffer) */
    u32   end;                   /* where it ends */
    u32   fill;                  /* packet device: bytes in the buffer */
    u32   limit;                 /*                byte count limit of one data phase by PIO */
    u32   generation;            /* bumped by reset and by a change of medium: who moves data for us compares it */
    u8    buffer[ATA_BUFFER_BYTES];

    /* settings */
    u16   heads, sectors_per_track;          /* current translation (INITIALIZE DEVICE PARAMETERS) */
    u8    multiple;                          /* sectors per block, 0: not set */
    u8    dma_mode;                          /* as in SET FEATURES 03h: 20h+n, 40h+n, 0: none */
    u8    power;
    bool  write_cache, look_ahead, smart, keep_settings;

    /* registers; [1] is the previous content, seen through HOB by the 48-bit commands */
    u8    features[2], count[2], lba_low[2], lba_mid[2], lba_high[2];
    u8    device, error, status, command;
    u8    phase;                 /* where the command stands */

    /* packet device: the command packet, what REQUEST SENSE tells, the drive's door */
    u8    packet[12];
    u8    key, asc, ascq;        /* sense */
    u8    attention;             /* a unit attention waits to be told: its additional sense code, 0: none */
    u8    event;                 /* of the medium, for GET EVENT STATUS NOTIFICATION */
    u8    recovery[2];           /* mode page 01h: error recovery, retries */
    bool  by_dma;                /* the data of this packet go by DMA */
    bool  raw;                   /* READ CD: whole sectors */
    bool  locked, open;

    bool  interrupt;             /* "interrupt pending" */
} ata_t;

void ata_init(ata_t *drive, vclock_t *clock, line_t intrq, u8 number, bool slave);
/* Plug in a disk (NULL: pull it out); what was going on is given up. */
void ata_attach(ata_t *drive, disk_t *disk);
/* A packet device, with a medium or (NULL) without; and another medium for it later. */
void ata_attach_packet(ata_t *drive, disk_t *medium);
void ata_change_medium(ata_t *drive, disk_t *medium);
void ata_power_on(ata_t *drive);             /* hardware reset: every setting to its default */
void ata_reset_begin(ata_t *drive);          /* SRST set */
void ata_reset_end(ata_t *drive);            /* SRST cleared: the drive diagnoses itself */
void ata_diagnose(ata_t *drive);             /* EXECUTE DEVICE DIAGNOSTIC, which goes to both drives */

INLINE bool ata_present(const ata_t *drive) { return drive->kind != ATA_NONE; }
bool ata_busy(const ata_t *drive);           /* a command runs */
u8   ata_read(const ata_t *drive, unsigned reg, bool hob);   /* ATA_ERROR..ATA_STATUS; no side effects */
void ata_write(ata_t *drive, unsigned reg, u8 value);        /* ATA_FEATURES..ATA_DEVICE */
void ata_acknowledge(ata_t *drive);          /* Status was read: INTRQ falls */
void ata_command(ata_t *drive, u8 opcode);

u16  ata_data_word_in(ata_t *drive);         /* the Data port; outside a data phase: nothing happens */
/* Words by PIO, up to but not with the last one of an open block; how many bytes. */
u32  ata_data_run_in(ata_t *d, u8 *to, u32 bytes);
u32  ata_data_run_out(ata_t *d, const u8 *from, u32 bytes);
void ata_data_word_out(ata_t *drive, u16 word);
/* Bus master: moves up to `bytes` of the data phase now open; returns how many (0: no such phase). */
u32  ata_data_in(ata_t *drive, u8 *to, u32 bytes);
u32  ata_data_out(ata_t *drive, const u8 *from, u32 bytes);
bool ata_dma_requested(const ata_t *drive);  /* DMARQ's level, for who loads a state */
u32  ata_dma_bytes(const ata_t *drive, bool in);             /* what ata_data_in (or _out) would move now */

void ata_walk(ata_t *drive, walker_t *w);

/* ata_identify.c: the 512 bytes of IDENTIFY DEVICE, and the geometry they tell. */
void ata_identify(const ata_t *drive, u8 *to);
void ata_default_geometry(u64 sectors, u32 *cylinders, u32 *heads, u32 *sectors_per_track);
u32  ata_cylinders(u64 sectors, u32 heads, u32 sectors_per_track);
