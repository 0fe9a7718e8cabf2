/* atapi_pages.c - what a CD-ROM drive tells of itself and of its disc, byte by byte: IDENTIFY PACKET DEVICE (ATA/ATAPI-6 8.16,
 * table 29), the table of contents (SFF-8020i 10.8.20), mode pages (10.8.6), features (MMC-3 5 and 6.5), disc information (6.21).
 *
 * The disc is one session with one data track, complete, as a pressed disc is. */
#include "devices/atapi.h"

/* ---- IDENTIFY PACKET DEVICE ---- */

static void word(u8 *to, unsigned n, u32 value) { put(to + n * 2, W16, value); }

static void text(u8 *to, unsigned first, unsigned words, const char *s)
{
    for (unsigned i = 0; i < words * 2; i++) {
        to[first * 2 + (i ^ 1)] = (u8)(*s ? *s : ' ');
        s += *s != 0;
    }
}

void atapi_identify(const ata_t *d, u8 *to)
{
    char serial[] = "DOPPEL-CD-0000";
    memset(to, 0, ATA_SECTOR_BYTES);
    serial[13] = (char)('0' + d->number % 10);
    word(to, 0, 0x85C0);                                 /* ATAPI, CD-ROM, removable, DRQ within 50 us, packets of 12 bytes */
    text(to, 10, 10, serial);
    text(to, 23, 4, "1.0");
    text(to, 27, 20, "DOPPEL CD-ROM");
    word(to, 49, 0x0A00 | (d->can_dma ? 0x0100 : 0));    /* IORDY, LBA, DMA */
    word(to, 50, 0x4000);
    word(to, 51, 0x0200);                                /* PIO mode 2 without flow control */
    word(to, 53, d->can_dma ? 0x0006 : 0x0002);          /* words 64-70 (and 88) are valid */
    if (d->can_dma) {
        word(to, 63, 0x0007u | (d->dma_mode >> 4 == 2 ? 0x100u << (d->dma_mode & 7) : 0));
        word(to, 88, 0x003Fu | (d->dma_mode >> 4 == 4 ? 0x100u << (d->dma_mode & 7) : 0));
    }
    word(to, 64, 0x0003);                                /* PIO modes 3 and 4 */
    for (unsigned n = 65; n <= 68; n++)
        word(to, n, 120);                                /* ns a cycle */
    word(to, 71, 30);                                    /* us from PACKET to bus release; SERVICE to BSY clear */
    word(to, 72, 30);
    word(to, 80, 0x0070);                                /* ATA/ATAPI-4 .. -6 */
    word(to, 82, 0x0218);                                /* DEVICE RESET, PACKET, power management */
    word(to, 83, 0x4000);
    word(to, 84, 0x4000);
    word(to, 85, 0x0218);
    word(to, 87, 0x4000);
    word(to, 93, d->slave ? 0x6300 : 0x600B);            /* 80-conductor cable, number by jumper, diagnostics passed */
    u8 sum = 0xA5;
    for (unsigned i = 0; i < 510; i++)
        sum = (u8)(sum + to[i]);
    to[510] = 0xA5;
    to[511] = (u8)-sum;
}

/* ---- the table of contents ---- */

enum { LEAD_OUT = 0xAA, DATA_TRACK = 0x14, FRAMES = 75, PREGAP = 2 * FRAMES };

void cd_address(u8 *to, u32 block, bool msf)
{
    if (!msf) {
        put_big32(to, block);
        return;
    }
    u32 frame = block < 0xFFFFFFFF - PREGAP ? block + PREGAP : block;
    to[0] = 0;
    to[1] = (u8)(frame / FRAMES / 60);
    to[2] = (u8)(frame / FRAMES % 60);
    to[3] = (u8)(frame % FRAMES);
}

/* Reserved, ADR and control, number, reserved, address. */
static u32 toc_entry(u8 *to, unsigned number, u32 block, bool msf)
{
    memset(to, 0, 8);
    to[1] = DATA_TRACK;
    to[2] = (u8)number;
    cd_address(to + 4, block, msf);
    return 8;
}

/* Format 2: session, ADR and control, TNO 0, point, three of its time, 0, three of the point's. */
static u32 raw_entry(u8 *to, unsigned point, u8 m, u8 s, u8 f)
{
    const u8 row[11] = { 1, DATA_TRACK, 0, (u8)point, 0, 0, 0, 0, m, s, f };
    memcpy(to, row, sizeof row);
    return sizeof row;
}

static u32 raw_toc(u8 *to, u32 blocks)
{
    u8 out[4];
    u32 n = 0;
    cd_address(out, blocks, true);
    n += raw_entry(to + n, 0xA0, 1, 0, 0);               /* first track; disc type 0: CD-ROM */
    n += raw_entry(to + n, 0xA1, 1, 0, 0);               /* last track */
    n += raw_entry(to + n, 0xA2, out[1], out[2], out[3]);
    return n + raw_entry(to + n, 1, 0, 2, 0);
}

u32 cd_toc(const ata_t *d, u8 *to, unsigned format, unsigned first, bool msf)
{
    u32 n = 4, blocks = cd_blocks(d);
    switch (format) {
    case 0:
        if (first > 1 && first != LEAD_OUT)
            return 0;
        if (first <= 1)
            n += toc_entry(to + n, 1, 0, msf);
        n += toc_entry(to + n, LEAD_OUT, blocks, msf);
        break;
    case 1: n += toc_entry(to + n, 1, 0, msf); break;    /* the first track of the last session */
    case 2:
        if (first > 1)
            return 0;
        n += raw_toc(to + n, blocks);
        break;
    default: return 0;
    }
    put_big16(to, n - 2);
    to[2] = to[3] = 1;                                   /* first and last track, or session */
    return n;
}

/* ---- mode pages ---- */

typedef struct { u8 code, bytes; const u8 *current; bool changes; } page_t;

static const u8 recovery_page[6] = { 0 }, audio_page[14] = { 0x04, 0, 0, 0, 0, 75, 1, 0xFF, 2, 0xFF, 0, 0, 0, 0 }, power_page[10] = { 0 };
/* 2Ah: reads CD-R, CD-RW (2); multi-session, mode 2 (4); READ CD, (5); door: tray, eject, lock (6); 24 x 176 KB/s, buffer of 8 KiB. */
static const u8 abilities_page[18] = { 0x03, 0, 0x70, 0, 0x29, 0, 4224 >> 8, 4224 & 0xFF, 0, 2, 0, 8, 4224 >> 8, 4224 & 0xFF, 0, 0, 0, 0 };

static const page_t pages[] = {
    { 0x01, sizeof recovery_page, recovery_page, true },
    { 0x0E, sizeof audio_page, audio_page, false },
    { 0x1A, sizeof power_page, power_page, false },
    { 0x2A, sizeof abilities_page, abilities_page, false },
};

static u32 mode_page(const ata_t *d, const page_t *page, u8 *to, unsigned control)
{
    to[0] = page->code;
    to[1] = page->bytes;
    memcpy(to + 2, page->current, page->bytes);
    if (control == 1)                                    /* which bits can be changed */
        memset(to + 2, 0, page->bytes);
    if (page->code == 0x01) {
        to[2] = control == 0 ? d->recovery[0] : control == 1 ? 0xFF : 0;
        to[3] = control == 0 ? d->recovery[1] : control == 1 ? 0xFF : 5;
    }
    if (page->code == 0x2A && control != 1 && d->locked)
        to[6] |= 0x02;                                   /* locked now */
    return 2u + page->bytes;
}

/* A header of eight bytes: length, medium type (SFF-8020i table 92), no block descriptors. */
u32 cd_mode_pages(const ata_t *d, u8 *to, unsigned page, unsigned control)
{
    u32 n = 8;
    memset(to, 0, 8);
    to[2] = d->open ? 0x71 : d->disk ? 0x01 : 0x70;
    for (unsigned i = 0; i < COUNT_OF(pages); i++)
        if (page == 0x3F || page == pages[i].code)
            n += mode_page(d, &pages[i], to + n, control);
    put_big16(to, n - 2);
    return n > 8 ? n : 0;
}

/* ---- features ---- */

enum { CURRENT = 1, PERSISTENT = 2, WITH_MEDIUM = 4 };
typedef struct { u16 code; u8 flags, bytes, data[8]; } feature_t;

static const feature_t features[] = {
    { 0x0000, CURRENT | PERSISTENT, 4, { 0x00, 0x08, 0, 0 } },                           /* profiles: CD-ROM */
    { 0x0001, CURRENT | PERSISTENT, 4, { 0, 0, 0, 2 } },                                 /* core: ATAPI */
    { 0x0002, CURRENT | PERSISTENT, 4, { 0, 0, 0, 0 } },                                 /* morphing: events by asking */
    { 0x0003, CURRENT | PERSISTENT, 4, { 0x29, 0, 0, 0 } },                              /* removable medium: tray, eject, lock */
    { 0x0010, WITH_MEDIUM, 8, { 0, 0, CD_BLOCK_BYTES >> 8, CD_BLOCK_BYTES & 0xFF, 0, 1, 0, 0 } },    /* random readable */
    { 0x001E, WITH_MEDIUM, 0, { 0 } },                                                   /* CD read */
    { 0x0100, CURRENT | PERSISTENT, 0, { 0 } },                                          /* power management */
    { 0x0105, CURRENT | PERSISTENT, 0, { 0 } },                                          /* timeout */
};

/* which: 0 all from `first` on, 1 those current, 2 this one. */
u32 cd_configuration(const ata_t *d, u8 *to, unsigned first, unsigned which)
{
    u32 n = 8;
    memset(to, 0, 8);
    for (unsigned i = 0; i < COUNT_OF(features); i++) {
        const feature_t *f = &features[i];
        bool current = f->flags & CURRENT || (f->flags & WITH_MEDIUM && cd_loaded(d));
        bool wanted = which == 2 ? f->code == first : f->code >= first && (which == 0 || current);
        if (!wanted)
            continue;
        put_big16(to + n, f->code);
        to[n + 2] = (u8)((f->flags & PERSISTENT ? 2 : 0) | (current ? 1 : 0));
        to[n + 3] = f->bytes;
        memcpy(to + n + 4, f->data, f->bytes);
        if (f->code == 0)
            to[n + 6] = cd_loaded(d);                    /* the profile is current */
        n += 4u + f->bytes;
    }
    put_big32(to, n - 4);
    put_big16(to + 6, cd_loaded(d) ? 0x0008 : 0);
    return n;
}

u32 cd_disc_information(u8 *to)
{
    memset(to, 0, 34);
    put_big16(to, 32);
    to[2] = 0x0E;                                        /* last session complete, disc complete */
    to[3] = to[4] = to[5] = to[6] = 1;                   /* first track, sessions, first and last track of the last session */
    to[7] = 0x20;                                        /* unrestricted use */
    memset(to + 16, 0xFF, 8);                            /* no next session, no room left */
    return 34;
}
