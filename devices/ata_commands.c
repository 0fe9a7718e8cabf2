/* ata_commands.c - the command set of an ATA disk, as a table (ATA/ATAPI-6 clause 8; the obsolete opcodes as in ATA-1, X3.221).
 *
 * A command runs when the drive has thought about it, with BSY set and its parameters in the registers, and ends by
 * ata_finish or opens a data phase.  What is not in the table ends with ABRT.
 * Lacking: SET MAX, READ LONG, WRITE LONG, FORMAT TRACK; DMA where no bus master is wired. */
#include "devices/atapi.h"

static void well(ata_t *d)  { ata_finish(d, 0, 0); }
static void abort_(ata_t *d) { ata_finish(d, ATA_ABRT, 0); }

/* ---- sectors ---- */

/* 8.x, "IDNF shall be set ... if an address outside of the range of user-accessible addresses is requested". */
static bool ready(ata_t *d)
{
    bool no_block = option(d, OPT_MULTIPLE) && !d->multiple;
    if (option(d, OPT_DMA) && !d->can_dma)
        lacking("ata: READ/WRITE DMA (this channel has no bus master)");
    if (no_block || (option(d, OPT_DMA) && !d->can_dma))
        ata_finish(d, ATA_ABRT, 0);
    else if (!ata_aim(d, true))
        ata_finish(d, ATA_IDNF, 0);
    else
        return true;
    return false;
}

static void read_sectors(ata_t *d)   { if (ready(d)) ata_begin_in(d); }
static void verify_sectors(ata_t *d) { if (ready(d)) ata_begin_verify(d); }

static void write_sectors(ata_t *d)
{
    if (d->disk->read_only)
        abort_(d);
    else if (ready(d))
        ata_begin_out(d);
}

static void flush(ata_t *d)
{
    bool durable = disk_flush(d->disk);
    ata_finish(d, durable ? 0 : ATA_ABRT, durable ? 0 : ATA_DF);
}

/* Obsolete in ATA-6; ATA-4 8.35: no data, the address is checked. */
static void seek(ata_t *d)
{
    ata_finish(d, ata_aim(d, false) ? 0 : ATA_IDNF, 0);
}

/* ---- what the drive says ---- */

static void identify(ata_t *d)
{
    ata_identify(d, d->buffer);
    ata_begin_in(d);
}

static void write_buffer(ata_t *d) { ata_begin_out(d); }

static void tell_lba(ata_t *d, u64 lba)
{
    d->lba_low[0] = (u8)lba;
    d->lba_mid[0] = (u8)(lba >> 8);
    d->lba_high[0] = (u8)(lba >> 16);
}

/* 8.33, 8.34: the last address. */
static void read_native_max(ata_t *d)
{
    u64 last = sectors_of(d) - 1;
    if (option(d, OPT_EXT)) {
        d->lba_low[1] = (u8)(last >> 24);
        d->lba_mid[1] = (u8)(last >> 32);
        d->lba_high[1] = (u8)(last >> 40);
    } else {
        last = last < 0x0FFFFFFE ? last : 0x0FFFFFFE;
        d->device = (u8)((d->device & 0xF0) | (last >> 24 & 15));
    }
    tell_lba(d, last);
    well(d);
}

/* ---- settings ---- */

static void initialize_parameters(ata_t *d)
{
    if (!d->count[0]) {
        abort_(d);
        return;
    }
    d->heads = (u16)((d->device & 15) + 1);
    d->sectors_per_track = d->count[0];
    well(d);
}

static void set_multiple(ata_t *d)
{
    u8 n = d->count[0];
    if (n > ATA_MAX_MULTIPLE || (n & (n - 1))) {         /* a power of two; 0 switches READ and WRITE MULTIPLE off */
        abort_(d);
        return;
    }
    d->multiple = n;
    well(d);
}

/* 8.46, table 45: bits 7:3 of Sector Count name the kind, 2:0 the mode. */
static bool set_transfer_mode(ata_t *d)
{
    u8 mode = d->count[0] & 7;
    switch (d->count[0] >> 3) {
    case 0: return mode <= 1;                            /* PIO default */
    case 1: return mode <= 4;                            /* PIO with flow control */
    case 4: if (!d->can_dma || mode > 2) return false; break;
    case 8: if (!d->can_dma || mode > 5) return false; break;
    default: return false;
    }
    d->dma_mode = d->count[0];
    return true;
}

static bool change_feature(ata_t *d)
{
    switch (d->features[0]) {
    case 0x02: case 0x82: case 0x55: case 0xAA: if (d->kind == ATA_PACKET) return false; break;
    default: break;
    }
    switch (d->features[0]) {
    case 0x02: d->write_cache = true; return true;
    case 0x82: d->write_cache = false; return disk_flush(d->disk);
    case 0x03: return set_transfer_mode(d);
    case 0x55: d->look_ahead = false; return true;
    case 0xAA: d->look_ahead = true; return true;
    case 0x66: d->keep_settings = true; return true;
    case 0xCC: d->keep_settings = false; return true;
    default:   return false;
    }
}

static void set_features(ata_t *d) { ata_finish(d, change_feature(d) ? 0 : ATA_ABRT, 0); }

/* 8.54: the key C24Fh in LBA High/Mid; RETURN STATUS gives it back, or 2CF4h when the drive is failing: here, when the host's file did. */
static void smart(ata_t *d)
{
    bool key = d->lba_mid[0] == 0x4F && d->lba_high[0] == 0xC2;
    u8 sub = d->features[0];
    bool known = sub == 0xD8 || (d->smart && (sub == 0xD9 || sub == 0xDA || sub == 0xD2));
    if (!key || !known) {
        abort_(d);
        return;
    }
    if (sub == 0xDA && d->disk->failed) {
        d->lba_mid[0] = 0xF4;
        d->lba_high[0] = 0x2C;
    }
    if (sub == 0xD8 || sub == 0xD9)
        d->smart = sub == 0xD8;
    well(d);
}

/* ---- power (6.9): nothing turns, but the drive tells its state as one that does ---- */

static void power(ata_t *d, ata_power_t state) { d->power = (u8)state; well(d); }
static void standby(ata_t *d) { power(d, POWER_STANDBY); }
static void idle(ata_t *d)    { power(d, POWER_IDLE); }
static void sleep_(ata_t *d)  { power(d, POWER_SLEEP); }

static void check_power(ata_t *d)
{
    d->count[0] = d->power == POWER_STANDBY ? 0x00 : d->power == POWER_IDLE ? 0x80 : 0xFF;
    well(d);
}

static void identify_packet(ata_t *d)
{
    atapi_identify(d, d->buffer);
    ata_begin_in(d);
}

#define CMD(fn, opt)        { .run = fn, .kinds = 1 << ATA_DISK, .options = opt }
#define BOTH(fn, opt)       { .run = fn, .kinds = 1 << ATA_DISK | 1 << ATA_PACKET, .options = opt }
#define PACKET_CMD(fn, opt) { .run = fn, .kinds = 1 << ATA_PACKET, .options = opt }

const ata_command_t ata_commands[256] = {
    [0x00] = BOTH(abort_, 0),                                            /* NOP: always ABRT */
    [0x10 ... 0x1F] = CMD(well, OPT_MEDIUM),                             /* RECALIBRATE */
    [0x20 ... 0x21] = CMD(read_sectors, OPT_MEDIUM | OPT_SIGNS),         /* READ SECTOR(S), with and without retries */
    [0x22 ... 0x23] = { .missing = "ata: READ LONG" },
    [0x24] = CMD(read_sectors, OPT_MEDIUM | OPT_EXT),                    /* READ SECTOR(S) EXT */
    [0x25] = CMD(read_sectors, OPT_MEDIUM | OPT_EXT | OPT_DMA),          /* READ DMA EXT */
    [0x27] = CMD(read_native_max, OPT_EXT),                              /* READ NATIVE MAX ADDRESS EXT */
    [0x29] = CMD(read_sectors, OPT_MEDIUM | OPT_EXT | OPT_MULTIPLE),     /* READ MULTIPLE EXT */
    [0x30 ... 0x31] = CMD(write_sectors, OPT_TAKES | OPT_MEDIUM),                    /* WRITE SECTOR(S) */
    [0x32 ... 0x33] = { .missing = "ata: WRITE LONG" },
    [0x34] = CMD(write_sectors, OPT_TAKES | OPT_MEDIUM | OPT_EXT),                   /* WRITE SECTOR(S) EXT */
    [0x35] = CMD(write_sectors, OPT_MEDIUM | OPT_EXT | OPT_DMA),         /* WRITE DMA EXT */
    [0x37] = { .missing = "ata: SET MAX ADDRESS EXT" },
    [0x39] = CMD(write_sectors, OPT_TAKES | OPT_MEDIUM | OPT_EXT | OPT_MULTIPLE),    /* WRITE MULTIPLE EXT */
    [0x3C] = CMD(write_sectors, OPT_TAKES | OPT_MEDIUM),                             /* WRITE VERIFY (ATA-1): the host's write is its verification */
    [0x40 ... 0x41] = CMD(verify_sectors, OPT_MEDIUM),                   /* READ VERIFY SECTOR(S) */
    [0x42] = CMD(verify_sectors, OPT_MEDIUM | OPT_EXT),                  /* READ VERIFY SECTOR(S) EXT */
    [0x50] = { .missing = "ata: FORMAT TRACK" },
    [0x70 ... 0x7F] = CMD(seek, OPT_MEDIUM),                             /* SEEK */
    [0x91] = CMD(initialize_parameters, 0),                              /* INITIALIZE DEVICE PARAMETERS */
    [0x94] = BOTH(standby, 0), [0xE0] = BOTH(standby, 0),                  /* STANDBY IMMEDIATE (ATA-1's opcode first, here and below) */
    [0x95] = BOTH(idle, 0),    [0xE1] = BOTH(idle, 0),                     /* IDLE IMMEDIATE */
    [0x96] = BOTH(standby, 0), [0xE2] = BOTH(standby, 0),                  /* STANDBY: the timer never runs out */
    [0x97] = BOTH(idle, 0),    [0xE3] = BOTH(idle, 0),                     /* IDLE */
    [0x98] = BOTH(check_power, 0), [0xE5] = BOTH(check_power, 0),          /* CHECK POWER MODE */
    [0x99] = BOTH(sleep_, 0),  [0xE6] = BOTH(sleep_, 0),                   /* SLEEP */
    [0xA0] = PACKET_CMD(atapi_begin, 0),                                 /* PACKET */
    [0xA1] = PACKET_CMD(identify_packet, OPT_OWN_BUFFER),                /* IDENTIFY PACKET DEVICE */
    [0xB0] = CMD(smart, 0),                                              /* SMART */
    [0xC4] = CMD(read_sectors, OPT_MEDIUM | OPT_MULTIPLE),               /* READ MULTIPLE */
    [0xC5] = CMD(write_sectors, OPT_TAKES | OPT_MEDIUM | OPT_MULTIPLE),              /* WRITE MULTIPLE */
    [0xC6] = CMD(set_multiple, 0),                                       /* SET MULTIPLE MODE */
    [0xC8 ... 0xC9] = CMD(read_sectors, OPT_MEDIUM | OPT_DMA),           /* READ DMA */
    [0xCA ... 0xCB] = CMD(write_sectors, OPT_MEDIUM | OPT_DMA),          /* WRITE DMA */
    [0xE4] = CMD(ata_begin_in, OPT_OWN_BUFFER),                          /* READ BUFFER */
    [0xE7] = CMD(flush, OPT_MEDIUM),                                     /* FLUSH CACHE */
    [0xE8] = CMD(write_buffer, OPT_TAKES | OPT_OWN_BUFFER),                          /* WRITE BUFFER */
    [0xEA] = CMD(flush, OPT_MEDIUM | OPT_EXT),                           /* FLUSH CACHE EXT */
    [0xEC] = CMD(identify, OPT_OWN_BUFFER | OPT_SIGNS),                             /* IDENTIFY DEVICE */
    [0xEF] = BOTH(set_features, 0),                                      /* SET FEATURES */
    [0xF8] = CMD(read_native_max, 0),                                    /* READ NATIVE MAX ADDRESS */
    [0xF9] = { .missing = "ata: SET MAX" },
};
