/* atapi.c - the PACKET protocol: twelve bytes in, data phases of at most the host's byte count limit, and a status
 * (ATA/ATAPI-6, T13/1410D revision 3b, 8.23, 9.8-9.11), sense data and unit attentions (SPC-3 4.5, MMC-3), the drive's door.
 *
 * By PIO a data phase is what the buffer still holds, at most the limit; the buffer is filled again when it is empty.  A reply of
 * an odd length ends with a word of which only the first byte counts.
 * Left out: overlap and service interrupts, release, audio, CD-R, and discs of more than one track. */
#include "devices/atapi.h"

enum { EXECUTE_NS = 20000, SEEK_NS = 100000, BLOCK_NS = 20000, BETWEEN_NS = 2000 };

/* ---- sense ---- */

static void sense(ata_t *d, u8 key, unsigned code)
{
    d->key = key;
    d->asc = (u8)(code >> 8);
    d->ascq = (u8)code;
}

/* 9.8: the status phase: interrupt reason C/D and I/O, Error holds the sense key. */
static void end(ata_t *d, u8 error)
{
    d->left = d->fill = d->at = d->end = 0;
    d->by_dma = false;
    d->count[0] = REASON_CD | REASON_IO;
    ata_finish(d, error, 0);
}

void packet_good(ata_t *d) { end(d, 0); }

void packet_fail(ata_t *d, u8 key, unsigned code)
{
    sense(d, key, code);
    end(d, (u8)(key << 4 | (key == KEY_ILLEGAL || key == KEY_ABORTED ? ATA_ABRT : 0)));
}

static void fail_no_medium(ata_t *d) { packet_fail(d, KEY_NOT_READY, d->open ? ASC_NO_MEDIUM_OPEN : ASC_NO_MEDIUM_CLOSED); }

/* ---- data ---- */

static u32 block_bytes(const ata_t *d) { return d->raw ? CD_RAW_BYTES : CD_BLOCK_BYTES; }

/* One sector of 2352 bytes: sync, header, data; mode 1 (ECMA-130, clause 14).  Its error codes are left out: zeros. */
static void frame(u8 *to, u32 block)
{
    memmove(to + 16, to, CD_BLOCK_BYTES);
    memset(to, 0xFF, 16);
    to[0] = to[11] = 0;
    u8 address[4];
    cd_address(address, block, true);
    for (unsigned i = 0; i < 3; i++)
        to[12 + i] = (u8)(address[i + 1] / 10 << 4 | address[i + 1] % 10);
    to[15] = 1;
    memset(to + 16 + CD_BLOCK_BYTES, 0, CD_RAW_BYTES - 16 - CD_BLOCK_BYTES);
}

/* The next sectors into the buffer; those before a bad one still reach the host.  false: the command has failed. */
static bool refill(ata_t *d)
{
    u32 room = ATA_BUFFER_BYTES / block_bytes(d), want = d->left < room ? d->left : room, n = 0;
    if (!cd_loaded(d)) {
        fail_no_medium(d);
        return false;
    }
    for (; n < want; n++) {
        u8 *to = d->buffer + n * block_bytes(d);
        if (!disk_read(d->disk, d->sector * CD_BLOCK_BYTES, to, CD_BLOCK_BYTES))
            break;
        if (d->raw)
            frame(to, (u32)d->sector);
        d->sector++;
    }
    d->left -= n;
    d->at = 0;
    d->fill = n * block_bytes(d);
    if (!n)
        packet_fail(d, KEY_MEDIUM, ASC_READ_ERROR);
    return n != 0;
}

static void open_phase(ata_t *d, ata_phase_t phase)
{
    u32 n = d->fill - d->at;
    if (!d->by_dma && n > d->limit)
        n = d->limit;
    d->count[0] = phase == PHASE_IN ? REASON_IO : 0;
    d->lba_mid[0] = (u8)n;
    d->lba_high[0] = (u8)(n >> 8);
    ata_open(d, phase, d->at + n, true);
}

void atapi_fetch(ata_t *d)
{
    if (d->at >= d->fill && d->left && !refill(d))
        return;
    if (d->at < d->fill)
        open_phase(d, PHASE_IN);
    else
        packet_good(d);
}

void atapi_store(ata_t *d)
{
    if (d->at < d->fill)
        open_phase(d, PHASE_OUT);
    else
        packet_select(d);
}

void atapi_moved(ata_t *d)
{
    bool refills = d->at >= d->fill && d->left;
    if (d->phase == PHASE_PACKET) {
        memcpy(d->packet, d->buffer, PACKET_BYTES);
        ata_wait(d, PHASE_EXECUTE, EXECUTE_NS);
    } else
        ata_wait(d, d->phase == PHASE_OUT ? PHASE_STORE : PHASE_FETCH, refills ? BLOCK_NS : BETWEEN_NS);
}

void packet_reply(ata_t *d, u32 bytes, u32 allocation)
{
    d->left = d->at = 0;
    d->fill = bytes < allocation ? bytes : allocation;
    atapi_fetch(d);
}

void packet_accept(ata_t *d, u32 bytes)
{
    memset(d->buffer, 0, sizeof d->buffer);
    d->at = 0;
    d->fill = bytes < ATA_BUFFER_BYTES ? bytes : ATA_BUFFER_BYTES;
    atapi_store(d);
}

void packet_read(ata_t *d, u32 block, u32 blocks)
{
    if (!range_ok(block, blocks, cd_blocks(d))) {
        packet_fail(d, KEY_ILLEGAL, ASC_LBA);
        return;
    }
    d->sector = block;
    d->left = blocks;
    d->at = d->fill = 0;
    ata_wait(d, PHASE_FETCH, blocks ? SEEK_NS : BETWEEN_NS);
}

/* ---- commands ---- */

/* 8.23: the byte count limit is even; FFFFh means FFFEh. */
static void take_limit(ata_t *d)
{
    u32 limit = d->lba_mid[0] | (u32)d->lba_high[0] << 8;
    d->limit = limit & 0xFFFE;
    if (limit == 1)
        d->limit = 2;
}

void atapi_begin(ata_t *d)
{
    bool dma = d->features[0] & 1, overlap = d->features[0] & 2;
    if (overlap)
        lacking("atapi: overlapped commands");
    if (dma && !d->can_dma)
        lacking("atapi: PACKET by DMA (this channel has no bus master)");
    if (overlap || (dma && !d->can_dma)) {
        ata_finish(d, ATA_ABRT, 0);
        return;
    }
    take_limit(d);
    d->raw = false;
    d->at = d->left = 0;
    d->fill = PACKET_BYTES;
    d->count[0] = REASON_CD;
    ata_open(d, PHASE_PACKET, PACKET_BYTES, false);
}

void atapi_execute(ata_t *d)
{
    const packet_command_t *c = &packet_commands[d->packet[0]];
    d->by_dma = d->features[0] & 1 && d->can_dma;
    if (c->missing)
        lacking(c->missing);
    if (!c->run) {
        packet_fail(d, KEY_ILLEGAL, ASC_INVALID_COMMAND);
    } else if (d->attention && !(c->options & PACKET_ALWAYS)) {
        unsigned code = (unsigned)d->attention << 8;
        d->attention = 0;
        packet_fail(d, KEY_ATTENTION, code);
    } else if (c->options & PACKET_MEDIUM && !cd_loaded(d)) {
        fail_no_medium(d);
    } else if (c->options & PACKET_DATA && !d->by_dma && !d->limit) {
        end(d, ATA_ABRT);
    } else {
        if (d->packet[0] != 0x03)
            sense(d, 0, 0);
        c->run(d);
    }
}

/* ---- the drive ---- */

void atapi_power_on(ata_t *d)
{
    memset(d->packet, 0, sizeof d->packet);
    sense(d, 0, 0);
    d->attention = ASC_POWER_ON >> 8;
    d->event = EVENT_NONE;
    d->recovery[0] = 0;
    d->recovery[1] = 5;
    d->limit = 2;
    d->end = d->fill = 0;
    d->by_dma = d->raw = d->locked = d->open = false;
}

void atapi_medium_changed(ata_t *d)
{
    d->event = d->disk ? EVENT_NEW_MEDIUM : EVENT_REMOVED;
    d->open = false;
    if (d->disk)
        d->attention = ASC_CHANGED >> 8;
}
