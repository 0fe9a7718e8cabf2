/* atapi.h - the packet device: a CD-ROM drive behind an ATA interface.  For ata.c and atapi*.c.
 *
 * ata.c has the registers, the data phases and the time; here are the PACKET protocol (atapi.c), the commands in a packet
 * (atapi_commands.c) and the tables of numbers they answer with (atapi_pages.c).
 * ATA/ATAPI-6 (T13/1410D) 9.8-9.11; SFF-8020i revision 2.6 and MMC-3 (T10/1363D) for the commands. */
#pragma once
#include "devices/ata_inside.h"

enum { CD_BLOCK_BYTES = 2048, CD_RAW_BYTES = 2352, PACKET_BYTES = 12 };

/* Interrupt Reason, in the Sector Count register (ATA/ATAPI-6, 7.11). */
enum { REASON_CD = 1, REASON_IO = 2 };

/* Sense keys and additional sense codes (SPC-3 tables 27 and 28), code << 8 | qualifier. */
enum { KEY_NONE_ = 0, KEY_NOT_READY = 2, KEY_MEDIUM = 3, KEY_ILLEGAL = 5, KEY_ATTENTION = 6, KEY_ABORTED = 0xB };
enum { ASC_READ_ERROR = 0x1100, ASC_PARAMETER_LENGTH = 0x1A00, ASC_INVALID_COMMAND = 0x2000, ASC_LBA = 0x2100, ASC_INVALID_FIELD = 0x2400,
       ASC_INVALID_PARAMETER = 0x2600, ASC_CHANGED = 0x2800, ASC_POWER_ON = 0x2900, ASC_NO_SAVING = 0x3900,
       ASC_NO_MEDIUM_CLOSED = 0x3A01, ASC_NO_MEDIUM_OPEN = 0x3A02, ASC_LOCKED = 0x5302, ASC_ILLEGAL_MODE = 0x6400 };
/* Media events (MMC-3 table 6.11, "Media event codes"). */
enum { EVENT_NONE = 0, EVENT_EJECT_REQUEST = 1, EVENT_NEW_MEDIUM = 2, EVENT_REMOVED = 3, EVENT_CHANGED = 4 };

enum { PACKET_MEDIUM = 1,        /* needs a medium */
       PACKET_ALWAYS = 2,        /* does not tell of a unit attention */
       PACKET_DATA = 4 };        /* moves data: a byte count limit of 0 is an error */

typedef struct {
    void      (*run)(ata_t *drive);      /* NULL: the drive has no such command */
    u8          options;
    const char *missing;                 /* a real drive has it: said once */
} packet_command_t;

extern const packet_command_t packet_commands[256];

/* atapi.c: called by ata.c */
void atapi_begin(ata_t *drive);          /* the command PACKET */
void atapi_execute(ata_t *drive);        /* its packet has come */
void atapi_moved(ata_t *drive);          /* the open data phase has ended */
void atapi_fetch(ata_t *drive);          /* the next data phase, or the end */
void atapi_store(ata_t *drive);          /* data from the host have come */
void atapi_power_on(ata_t *drive);
void atapi_medium_changed(ata_t *drive);
void atapi_identify(const ata_t *drive, u8 *to);     /* atapi_pages.c */

/* atapi.c: called by the commands */
void packet_good(ata_t *drive);
void packet_fail(ata_t *drive, u8 key, unsigned code);
void packet_reply(ata_t *drive, u32 bytes, u32 allocation);  /* so many bytes of the buffer, at most what the host allocated */
void packet_read(ata_t *drive, u32 block, u32 blocks);       /* sectors of the medium; checks the range */
void packet_accept(ata_t *drive, u32 bytes);                 /* data from the host */
void packet_select(ata_t *drive);                            /* the parameter list of MODE SELECT stands in the buffer */

INLINE bool cd_loaded(const ata_t *d)    { return d->disk && !d->open; }
INLINE u32  cd_blocks(const ata_t *d)    { u64 n = d->disk ? d->disk->bytes / CD_BLOCK_BYTES : 0; return n < 0xFFFFFFFF ? (u32)n : 0xFFFFFFFE; }

/* Packets are big-endian. */
INLINE u32  big16(const u8 *p)           { return (u32)p[0] << 8 | p[1]; }
INLINE u32  big24(const u8 *p)           { return (u32)p[0] << 16 | big16(p + 1); }
INLINE u32  big32(const u8 *p)           { return big16(p) << 16 | big16(p + 2); }
INLINE void put_big16(u8 *p, u32 v)      { p[0] = (u8)(v >> 8); p[1] = (u8)v; }
INLINE void put_big32(u8 *p, u32 v)      { put_big16(p, v >> 16); put_big16(p + 2, v); }

/* atapi_pages.c: each fills the buffer and answers how many bytes; 0: there is no such thing. */
u32  cd_toc(const ata_t *drive, u8 *to, unsigned format, unsigned first, bool msf);
u32  cd_mode_pages(const ata_t *drive, u8 *to, unsigned page, unsigned control);
u32  cd_configuration(const ata_t *drive, u8 *to, unsigned first, unsigned which);
u32  cd_disc_information(u8 *to);
void cd_address(u8 *to, u32 block, bool msf);            /* 4 bytes: a block number, or minute, second, frame */
