/* atapi_commands.c - what a CD-ROM drive does when told so in a packet: the commands as a table.
 * SFF-8020i revision 2.6, clause 10 (CD-ROM drives); MMC-3 (T10/1363D) where it came later: GET CONFIGURATION, GET EVENT
 * STATUS NOTIFICATION, READ DISC INFORMATION; INQUIRY, REQUEST SENSE as in SPC-3.
 *
 * The disc is one data track in mode 1.  Lacking: audio (the commands are refused), READ CD of anything but the user data or the whole
 * sector, sub-channel data of every sector, READ HEADER. */
#include "devices/atapi.h"

static void invalid_field(ata_t *d) { packet_fail(d, KEY_ILLEGAL, ASC_INVALID_FIELD); }

/* ---- who and how ---- */

static void request_sense(ata_t *d)
{
    u8 *to = d->buffer;
    if (!d->key && d->attention) {
        d->key = KEY_ATTENTION;
        d->asc = d->attention;
        d->ascq = d->attention = 0;
    }
    memset(to, 0, 18);
    to[0] = 0x70;                                        /* current, fixed format */
    to[2] = d->key;
    to[7] = 10;
    to[12] = d->asc;
    to[13] = d->ascq;
    d->key = d->asc = d->ascq = 0;
    packet_reply(d, 18, d->packet[4]);
}

static void inquiry(ata_t *d)
{
    if (d->packet[1] & 3 || d->packet[2]) {              /* no vital product data */
        invalid_field(d);
        return;
    }
    memset(d->buffer, 0, 36);
    d->buffer[0] = 0x05;                                 /* a CD-ROM drive */
    d->buffer[1] = 0x80;                                 /* removable medium */
    d->buffer[3] = 0x21;                                 /* ATAPI version 2, response format 1 (SFF-8020i 10.8.1) */
    d->buffer[4] = 31;
    memcpy(d->buffer + 8, "DOPPEL  CD-ROM          1.0 ", 28);
    packet_reply(d, 36, d->packet[4]);
}

static void get_configuration(ata_t *d)
{
    unsigned which = d->packet[1] & 3;
    if (which == 3)
        invalid_field(d);
    else
        packet_reply(d, cd_configuration(d, d->buffer, big16(d->packet + 2), which), big16(d->packet + 7));
}

/* MMC-3 6.6: only asked (bit 0), and only of the medium (class 4). */
static void get_event(ata_t *d)
{
    u8 *to = d->buffer;
    bool medium = d->packet[4] & 0x10;
    if (!(d->packet[1] & 1)) {                           /* asynchronous: needs overlap */
        invalid_field(d);
        return;
    }
    memset(to, 0, 8);
    put_big16(to, medium ? 6 : 2);
    to[2] = medium ? 4 : 0x80;                           /* bit 7: no such event */
    to[3] = 0x10;
    to[4] = d->event;
    to[5] = (u8)((d->open ? 1 : 0) | (cd_loaded(d) ? 2 : 0));
    if (medium)
        d->event = EVENT_NONE;
    packet_reply(d, medium ? 8 : 4, big16(d->packet + 7));
}

static void mechanism_status(ata_t *d)
{
    memset(d->buffer, 0, 8);
    d->buffer[1] = d->open ? 0x10 : 0;
    packet_reply(d, 8, big16(d->packet + 8));
}

static void mode_sense(ata_t *d)
{
    unsigned control = d->packet[2] >> 6;
    u32 bytes = control == 3 ? 0 : cd_mode_pages(d, d->buffer, d->packet[2] & 0x3F, control);
    if (control == 3)
        packet_fail(d, KEY_ILLEGAL, ASC_NO_SAVING);
    else if (!bytes)
        invalid_field(d);
    else
        packet_reply(d, bytes, big16(d->packet + 7));
}

static void mode_select(ata_t *d)
{
    u32 bytes = big16(d->packet + 7);
    if (d->packet[1] & 1)                                /* SP: nothing can be saved */
        invalid_field(d);
    else if (!bytes)
        packet_good(d);
    else if (bytes < 8)
        packet_fail(d, KEY_ILLEGAL, ASC_PARAMETER_LENGTH);
    else
        packet_accept(d, bytes);
}

/* A header of eight bytes, block descriptors, pages.  Of these the error recovery page can be changed; the others are taken
 * and change nothing (audio volumes, timers). */
void packet_select(ata_t *d)
{
    u32 at = 8 + big16(d->buffer + 6), end = d->fill < ATA_BUFFER_BYTES ? d->fill : ATA_BUFFER_BYTES;
    u8 recovery[2] = { d->recovery[0], d->recovery[1] };
    while (range_ok(at, 2, end)) {
        const u8 *page = d->buffer + at;
        u32 code = page[0] & 0x3F, bytes = page[1];
        bool known = (code == 0x01 && bytes >= 6) || (code == 0x0E && bytes == 14) || (code == 0x1A && bytes == 10);
        if (!known || !range_ok(at + 2, bytes, end)) {
            packet_fail(d, KEY_ILLEGAL, ASC_INVALID_PARAMETER);
            return;
        }
        if (code == 0x01)
            memcpy(recovery, page + 2, 2);
        at += 2 + bytes;
    }
    memcpy(d->recovery, recovery, 2);
    packet_good(d);
}

/* ---- the door ---- */

static void start_stop(ata_t *d)
{
    bool load = d->packet[4] & 1, door = d->packet[4] & 2;
    if (door && !load && d->locked) {
        packet_fail(d, KEY_ILLEGAL, ASC_LOCKED);
        return;
    }
    if (door && d->open == load) {
        d->open = !load;
        d->event = d->open ? EVENT_REMOVED : d->disk ? EVENT_NEW_MEDIUM : EVENT_NONE;
        if (!d->open && d->disk)
            d->attention = ASC_CHANGED >> 8;
    }
    packet_good(d);
}

static void prevent_allow(ata_t *d)
{
    d->locked = d->packet[4] & 1;
    packet_good(d);
}

/* ---- the disc ---- */

static void read_capacity(ata_t *d)
{
    u32 blocks = cd_blocks(d);
    put_big32(d->buffer, blocks ? blocks - 1 : 0);
    put_big32(d->buffer + 4, CD_BLOCK_BYTES);
    packet_reply(d, 8, 8);
}

static void read_10(ata_t *d) { packet_read(d, big32(d->packet + 2), big16(d->packet + 7)); }
static void read_12(ata_t *d) { packet_read(d, big32(d->packet + 2), big32(d->packet + 6)); }

/* MMC-3 6.17, table for mode 1: byte 9 names the parts of a sector that are wanted. */
static void read_cd(ata_t *d)
{
    u32 block = big32(d->packet + 2), blocks = big24(d->packet + 6);
    u8 parts = d->packet[9] & 0xF8, type = d->packet[1] >> 2 & 7;
    if (d->packet[9] & 6 || d->packet[10] & 7)
        lacking("atapi: error flags and sub-channel data of READ CD");
    if (type > 2)
        packet_fail(d, KEY_ILLEGAL, ASC_ILLEGAL_MODE);
    else if (!blocks || !parts)
        packet_good(d);
    else if ((parts != 0x10 && parts != 0xF8) || d->packet[9] & 6 || d->packet[10] & 7)
        invalid_field(d);
    else {
        d->raw = parts == 0xF8;
        packet_read(d, block, blocks);
    }
}

static void seek(ata_t *d)
{
    if (big32(d->packet + 2) < cd_blocks(d))
        packet_good(d);
    else
        packet_fail(d, KEY_ILLEGAL, ASC_LBA);
}

/* The format stands in byte 2 (MMC) or in bits 7:6 of byte 9 (SFF-8020i 10.8.20). */
static void read_toc(ata_t *d)
{
    unsigned format = d->packet[2] & 15 ? d->packet[2] & 15 : d->packet[9] >> 6;
    u32 bytes = cd_toc(d, d->buffer, format, d->packet[6], d->packet[1] & 2);
    if (bytes)
        packet_reply(d, bytes, big16(d->packet + 7));
    else
        invalid_field(d);
}

static void read_disc_information(ata_t *d) { packet_reply(d, cd_disc_information(d->buffer), big16(d->packet + 7)); }

/* SFF-8020i 10.8.19.  Nothing ever plays; the place is the disc's first block; there are no catalogue numbers. */
static void read_subchannel(ata_t *d)
{
    u8 *to = d->buffer;
    unsigned format = d->packet[3];
    bool q = d->packet[2] & 0x40;
    u32 bytes = !q ? 4 : format == 1 ? 16 : 24;
    memset(to, 0, 24);
    if (q && (format < 1 || format > 3)) {
        invalid_field(d);
        return;
    }
    to[1] = 0x15;                                        /* no current audio status */
    put_big16(to + 2, bytes - 4);
    to[4] = (u8)format;
    to[5] = 0x14;                                        /* position in Q, a data track */
    to[6] = to[7] = q && format == 1 ? 1 : 0;
    if (q && format == 1) {
        cd_address(to + 8, 0, d->packet[1] & 2);
        cd_address(to + 12, 0, false);
    }
    packet_reply(d, bytes, big16(d->packet + 7));
}

#define PACKET(fn, opt) { .run = fn, .options = opt }

const packet_command_t packet_commands[256] = {
    [0x00] = PACKET(packet_good, PACKET_MEDIUM),                         /* TEST UNIT READY */
    [0x03] = PACKET(request_sense, PACKET_ALWAYS | PACKET_DATA),         /* REQUEST SENSE */
    [0x12] = PACKET(inquiry, PACKET_ALWAYS | PACKET_DATA),               /* INQUIRY */
    [0x1B] = PACKET(start_stop, 0),                                      /* START STOP UNIT */
    [0x1E] = PACKET(prevent_allow, 0),                                   /* PREVENT ALLOW MEDIUM REMOVAL */
    [0x25] = PACKET(read_capacity, PACKET_MEDIUM | PACKET_DATA),         /* READ CD-ROM CAPACITY */
    [0x28] = PACKET(read_10, PACKET_MEDIUM | PACKET_DATA),               /* READ(10) */
    [0x2B] = PACKET(seek, PACKET_MEDIUM),                                /* SEEK(10) */
    [0x42] = PACKET(read_subchannel, PACKET_MEDIUM | PACKET_DATA),       /* READ SUB-CHANNEL */
    [0x43] = PACKET(read_toc, PACKET_MEDIUM | PACKET_DATA),              /* READ TOC */
    [0x44] = { .missing = "atapi: READ HEADER" },
    [0x45] = { .missing = "atapi: PLAY AUDIO (discs have no audio tracks)" },
    [0x46] = PACKET(get_configuration, PACKET_ALWAYS | PACKET_DATA),     /* GET CONFIGURATION */
    [0x47] = { .missing = "atapi: PLAY AUDIO MSF (discs have no audio tracks)" },
    [0x4A] = PACKET(get_event, PACKET_ALWAYS | PACKET_DATA),             /* GET EVENT STATUS NOTIFICATION */
    [0x4B] = { .missing = "atapi: PAUSE/RESUME (discs have no audio tracks)" },
    [0x4E] = PACKET(packet_good, PACKET_MEDIUM),                         /* STOP PLAY/SCAN */
    [0x51] = PACKET(read_disc_information, PACKET_MEDIUM | PACKET_DATA), /* READ DISC INFORMATION */
    [0x55] = PACKET(mode_select, PACKET_DATA),                           /* MODE SELECT(10) */
    [0x5A] = PACKET(mode_sense, PACKET_DATA),                            /* MODE SENSE(10) */
    [0xA8] = PACKET(read_12, PACKET_MEDIUM | PACKET_DATA),               /* READ(12) */
    [0xB9] = { .missing = "atapi: READ CD MSF" },
    [0xBB] = PACKET(packet_good, 0),                                     /* SET CD SPEED: reads are as fast as they are */
    [0xBD] = PACKET(mechanism_status, PACKET_DATA),                      /* MECHANISM STATUS */
    [0xBE] = PACKET(read_cd, PACKET_MEDIUM | PACKET_DATA),               /* READ CD */
};
