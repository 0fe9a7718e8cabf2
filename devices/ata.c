/* ata.c - an ATA disk drive's registers, data phases and time (ATA/ATAPI-6, T13/1410D revision 3b).
 *
 * The protocols are clause 9's: PIO data-in (9.7) raises INTRQ for each block and not at the end, PIO data-out (9.8) asks for its first
 * block without INTRQ and raises it for each later one and at the end, a command without data (9.9) at the end.
 * The medium is read and written block by block as the data moves; FLUSH CACHE and, with the write cache off, every write
 * end only after the host's file is durable.  Times are those of no real drive: short, fixed, and never zero.
 * What a packet device does differently is in atapi.c.
 * Left out: overlap and queuing, 8-bit transfers, the PDIAG-/DASP- handshake of two drives. */
#include "devices/atapi.h"

enum { THINK_NS = 10000, SEEK_NS = 40000, SECTOR_NS = 10000, DIAGNOSE_NS = 500000, SPIN_UP_NS = 10000000 };
enum { VERIFY_SECTORS = 128 };               /* at one alarm: bounded work */

static void interrupt(ata_t *d, bool pending)
{
    d->interrupt = pending;
    line_set(&d->intrq, pending);
}

/* BSY until the alarm rings; what happens then is the phase's. */
static void busy(ata_t *d, ata_phase_t phase, u64 ns)
{
    d->phase = (u8)phase;
    d->status = ATA_BSY | ATA_DRDY | ATA_DSC;
    line_set(&d->dmarq, false);
    alarm_set(&d->alarm, d->clock->now + ns);
}

void ata_wait(ata_t *d, ata_phase_t phase, u64 ns) { busy(d, phase, ns); }

/* Forget whatever was going on. */
static void give_up(ata_t *d)
{
    d->generation++;
    d->left = d->block = d->at = d->end = d->fill = 0;
    d->by_dma = false;
    alarm_clear(&d->alarm);
    line_set(&d->dmarq, false);
    interrupt(d, false);
}

/* ---- where the data is (6.2: CHS by the current translation, LBA28, LBA48) ---- */

static bool aim_chs(ata_t *d)
{
    u32 cylinder = d->lba_mid[0] | (u32)d->lba_high[0] << 8, head = d->device & 15, sector = d->lba_low[0];
    if (sector < 1 || sector > d->sectors_per_track || head >= d->heads
        || cylinder >= ata_cylinders(sectors_of(d), d->heads, d->sectors_per_track))
        return false;
    d->sector = ((u64)cylinder * d->heads + head) * d->sectors_per_track + sector - 1;
    return true;
}

bool ata_aim(ata_t *d, bool counted)
{
    u64 low = d->lba_low[0] | (u64)d->lba_mid[0] << 8 | (u64)d->lba_high[0] << 16;
    bool ext = option(d, OPT_EXT);
    u32 count = d->count[0] | (ext ? (u32)d->count[1] << 8 : 0);
    d->left = count ? count : ext ? 65536 : 256;
    if (ext)
        d->sector = low | (u64)d->lba_low[1] << 24 | (u64)d->lba_mid[1] << 32 | (u64)d->lba_high[1] << 40;
    else if (d->device & ATA_LBA)
        d->sector = low | (u64)(d->device & 15) << 24;
    else if (!aim_chs(d))
        return false;
    return range_ok(d->sector, counted ? d->left : 1, sectors_of(d));
}

/* The registers tell the sector that was moved last, or failed, and how many are still to come. */
static void tell(ata_t *d, u64 sector)
{
    bool ext = option(d, OPT_EXT);
    d->count[0] = (u8)d->left;
    if (!ext && !(d->device & ATA_LBA)) {
        u64 track = sector / d->sectors_per_track, cylinder = track / d->heads;
        d->lba_low[0] = (u8)(sector % d->sectors_per_track + 1);
        d->device = (u8)((d->device & 0xF0) | track % d->heads);
        d->lba_mid[0] = (u8)cylinder;
        d->lba_high[0] = (u8)(cylinder >> 8);
        return;
    }
    d->lba_low[0] = (u8)sector;
    d->lba_mid[0] = (u8)(sector >> 8);
    d->lba_high[0] = (u8)(sector >> 16);
    if (!ext) {
        d->device = (u8)((d->device & 0xF0) | (sector >> 24 & 15));
        return;
    }
    d->count[1] = (u8)(d->left >> 8);
    d->lba_low[1] = (u8)(sector >> 24);
    d->lba_mid[1] = (u8)(sector >> 32);
    d->lba_high[1] = (u8)(sector >> 40);
}

/* ---- the medium ---- */

static u32 block_sectors(const ata_t *d)
{
    u32 most = option(d, OPT_DMA) ? ATA_MAX_MULTIPLE : option(d, OPT_MULTIPLE) && d->multiple ? d->multiple : 1;
    return d->left < most ? d->left : most;
}

static bool move(ata_t *d, u64 sector, u32 sectors, u8 *buffer, bool write)
{
    u64 offset = sector * ATA_SECTOR_BYTES;
    u32 bytes = sectors * ATA_SECTOR_BYTES;
    return d->disk && (write ? disk_write(d->disk, offset, buffer, bytes) : disk_read(d->disk, offset, buffer, bytes));
}

/* `sectors` (at most a buffer) between buffer and medium.  Where the whole does not succeed, sector by sector finds the one to blame. */
static bool move_block(ata_t *d, u32 sectors, bool write)
{
    bool whole = move(d, d->sector, sectors, d->buffer, write);
    u32 done = whole ? sectors : 0;
    while (!whole && done < sectors && move(d, d->sector + done, 1, d->buffer + done * ATA_SECTOR_BYTES, write))
        done++;
    d->sector += done;
    d->left -= done < d->left ? done : d->left;
    tell(d, done == sectors && done ? d->sector - 1 : d->sector);
    return done == sectors;
}

/* ---- data phases ---- */

void ata_finish(ata_t *d, u8 error, u8 status)
{
    d->phase = PHASE_IDLE;
    d->error = error;
    d->status = (u8)(ATA_DRDY | ATA_DSC | status | (error ? ATA_ERR : 0));
    line_set(&d->dmarq, false);
    interrupt(d, true);
}

/* A bus master is asked by DMARQ, the host by INTRQ. */
void ata_open(ata_t *d, ata_phase_t phase, u32 end, bool with_interrupt)
{
    d->phase = (u8)phase;
    d->end = end;
    d->status = ATA_DRDY | ATA_DSC | ATA_DRQ;
    if (data_by_dma(d))
        line_set(&d->dmarq, true);
    else if (with_interrupt)
        interrupt(d, true);
}

/* DRQ for a block of `sectors`. */
static void open_phase(ata_t *d, ata_phase_t phase, u32 sectors, bool with_interrupt)
{
    d->block = sectors;
    d->at = 0;
    ata_open(d, phase, sectors * ATA_SECTOR_BYTES, with_interrupt);
}

static void fetch(ata_t *d)
{
    if (d->kind == ATA_PACKET && !option(d, OPT_OWN_BUFFER)) {
        atapi_fetch(d);
        return;
    }
    u32 sectors = option(d, OPT_OWN_BUFFER) ? 1 : block_sectors(d);
    if (!option(d, OPT_OWN_BUFFER) && !move_block(d, sectors, false))
        ata_finish(d, ATA_UNC, 0);
    else
        open_phase(d, PHASE_IN, sectors, true);
}

void ata_begin_in(ata_t *d)  { fetch(d); }
void ata_begin_out(ata_t *d) { open_phase(d, PHASE_OUT, option(d, OPT_OWN_BUFFER) ? 1 : block_sectors(d), false); }

static void store(ata_t *d)
{
    if (d->kind == ATA_PACKET) {
        atapi_store(d);
        return;
    }
    if (option(d, OPT_OWN_BUFFER)) {
        ata_finish(d, 0, 0);
        return;
    }
    bool well = move_block(d, d->block, true);
    if (well && d->left) {
        open_phase(d, PHASE_OUT, block_sectors(d), true);
        return;
    }
    if (well && !d->write_cache)
        well = disk_flush(d->disk);
    ata_finish(d, well ? 0 : ATA_ABRT, well ? 0 : ATA_DF);
}

static void verify(ata_t *d)
{
    for (u32 done = 0, piece; d->left && done < VERIFY_SECTORS; done += piece) {
        piece = d->left < ATA_MAX_MULTIPLE ? d->left : ATA_MAX_MULTIPLE;
        if (!move_block(d, piece, false)) {
            ata_finish(d, ATA_UNC, 0);
            return;
        }
    }
    if (d->left)
        busy(d, PHASE_VERIFY, VERIFY_SECTORS * SECTOR_NS);
    else
        ata_finish(d, 0, 0);
}

void ata_begin_verify(ata_t *d) { verify(d); }

/* Some bytes of the open block were moved. */
static void moved(ata_t *d, u32 bytes)
{
    d->at += bytes;
    if (d->at < d->end)
        return;
    if (d->kind == ATA_PACKET && !option(d, OPT_OWN_BUFFER))
        atapi_moved(d);
    else if (d->phase == PHASE_OUT)
        busy(d, PHASE_STORE, d->block * SECTOR_NS);
    else if (d->left && !option(d, OPT_OWN_BUFFER))
        busy(d, PHASE_FETCH, block_sectors(d) * SECTOR_NS);
    else if (option(d, OPT_DMA))
        ata_finish(d, 0, 0);
    else {
        d->phase = PHASE_IDLE;                           /* data-in ends without INTRQ */
        d->status = ATA_DRDY | ATA_DSC;
    }
}

static u8 *byte_at(ata_t *d, u32 at) { return &d->buffer[at & (ATA_BUFFER_BYTES - 1)]; }

u16 ata_data_word_in(ata_t *d)
{
    if (d->phase != PHASE_IN || data_by_dma(d))
        return 0xFFFF;
    u16 word = (u16)(*byte_at(d, d->at) | *byte_at(d, d->at + 1) << 8);
    moved(d, 2);
    return word;
}

void ata_data_word_out(ata_t *d, u16 word)
{
    bool packet = d->phase == PHASE_PACKET && d->kind == ATA_PACKET;
    if (!packet && (d->phase != PHASE_OUT || data_by_dma(d)))
        return;
    *byte_at(d, d->at) = (u8)word;
    *byte_at(d, d->at + 1) = (u8)(word >> 8);
    moved(d, 2);
}

/* ---- many bytes; the buffer is a ring ---- */

static u32 to_the_rings_end(u32 at, u32 bytes)
{
    u32 room = ATA_BUFFER_BYTES - (at & (ATA_BUFFER_BYTES - 1));
    return bytes < room ? bytes : room;
}

static void take(ata_t *d, u8 *to, u32 bytes)
{
    for (u32 i = 0, n; i < bytes; i += n) {
        n = to_the_rings_end(d->at + i, bytes - i);
        memcpy(to + i, byte_at(d, d->at + i), n);
    }
}

static void give(ata_t *d, const u8 *from, u32 bytes)
{
    for (u32 i = 0, n; i < bytes; i += n) {
        n = to_the_rings_end(d->at + i, bytes - i);
        memcpy(byte_at(d, d->at + i), from + i, n);
    }
}

/* A multiple of 4, because the host may fetch two words at a time. */
static u32 words_before_last(const ata_t *d, ata_phase_t phase, u32 bytes)
{
    if (d->phase != phase || data_by_dma(d) || d->at + 2 >= d->end)
        return 0;
    u32 most = d->end - 2 - d->at;
    return (bytes < most ? bytes : most) & ~3u;
}

u32 ata_data_run_in(ata_t *d, u8 *to, u32 bytes)
{
    u32 n = words_before_last(d, PHASE_IN, bytes);
    take(d, to, n);
    d->at += n;
    return n;
}

u32 ata_data_run_out(ata_t *d, const u8 *from, u32 bytes)
{
    u32 n = words_before_last(d, PHASE_OUT, bytes);
    give(d, from, n);
    d->at += n;
    return n;
}

static u32 block_left(const ata_t *d, ata_phase_t phase)
{
    return d->phase == phase && data_by_dma(d) && d->at < d->end ? d->end - d->at : 0;
}

u32 ata_data_in(ata_t *d, u8 *to, u32 bytes)
{
    u32 room = block_left(d, PHASE_IN), n = bytes < room ? bytes : room;
    take(d, to, n);
    if (n) moved(d, n);
    return n;
}

u32 ata_data_out(ata_t *d, const u8 *from, u32 bytes)
{
    u32 room = block_left(d, PHASE_OUT), n = bytes < room ? bytes : room;
    give(d, from, n);
    if (n) moved(d, n);
    return n;
}

/* ---- reset and diagnostics ---- */

/* 9.12: the signature of a device without, or with, the PACKET commands.  Device reads A0h: bits 7 and 5 are obsolete, and
 * ones, as on the drives of the time. */
void ata_sign(ata_t *d)
{
    bool packet = d->kind == ATA_PACKET;
    d->count[0] = d->lba_low[0] = 1;
    d->lba_mid[0] = packet ? 0x14 : 0;
    d->lba_high[0] = packet ? 0xEB : 0;
}

static void sign(ata_t *d)
{
    ata_sign(d);
    d->device &= d->command == 0x08 ? ATA_DEV : 0;       /* DEVICE RESET leaves the selection (8.10) */
    d->error = 1;                            /* diagnostic code: passed (and so did device 1, or it is not there) */
    d->status = d->kind == ATA_PACKET ? 0 : ATA_DRDY | ATA_DSC;
    d->phase = PHASE_IDLE;
}

static void diagnosed(ata_t *d)
{
    sign(d);
    if (d->command == 0x90 && !d->slave)     /* by command: device 0 speaks for both (8.11) */
        interrupt(d, true);
}

void ata_diagnose(ata_t *d)
{
    if (!ata_present(d))
        return;
    give_up(d);
    d->command = 0x90;
    busy(d, PHASE_DIAGNOSE, DIAGNOSE_NS);
}

void ata_defaults(ata_t *d)
{
    u32 cylinders, heads, per_track;
    ata_default_geometry(sectors_of(d), &cylinders, &heads, &per_track);
    d->heads = (u16)heads;
    d->sectors_per_track = (u16)per_track;
    d->multiple = 0;
    d->write_cache = d->look_ahead = true;
}

void ata_reset_begin(ata_t *d)
{
    if (!ata_present(d))
        return;
    give_up(d);
    d->command = 0;
    d->phase = PHASE_RESET;
    d->status = ATA_BSY;
    d->power = POWER_ACTIVE;
    if (!d->keep_settings)                   /* SET FEATURES 66h, CCh */
        ata_defaults(d);
}

void ata_reset_end(ata_t *d)
{
    if (d->phase == PHASE_RESET)
        busy(d, PHASE_DIAGNOSE, DIAGNOSE_NS);
}

void ata_power_on(ata_t *d)
{
    d->keep_settings = d->smart = false;
    d->dma_mode = 0;
    memset(d->buffer, 0, sizeof d->buffer);
    atapi_power_on(d);
    memset(d->features, 0, 2); memset(d->count, 0, 2);
    memset(d->lba_low, 0, 2);  memset(d->lba_mid, 0, 2); memset(d->lba_high, 0, 2);
    d->sector = 0;
    ata_reset_begin(d);
    ata_reset_end(d);
}

/* ---- registers ---- */

u8 ata_read(const ata_t *d, unsigned reg, bool hob)
{
    switch (reg) {
    case ATA_ERROR:    return d->error;
    case ATA_COUNT:    return d->count[hob];
    case ATA_LBA_LOW:  return d->lba_low[hob];
    case ATA_LBA_MID:  return d->lba_mid[hob];
    case ATA_LBA_HIGH: return d->lba_high[hob];
    case ATA_DEVICE:   return d->device | 0xA0;
    default:           return d->status;
    }
}

static void push(u8 reg[2], u8 value) { reg[1] = reg[0]; reg[0] = value; }

void ata_write(ata_t *d, unsigned reg, u8 value)
{
    if (d->status & ATA_BSY)                 /* 7.x: "shall not be written"; a command keeps its parameters */
        return;
    switch (reg) {
    case ATA_FEATURES: push(d->features, value); break;
    case ATA_COUNT:    push(d->count, value); break;
    case ATA_LBA_LOW:  push(d->lba_low, value); break;
    case ATA_LBA_MID:  push(d->lba_mid, value); break;
    case ATA_LBA_HIGH: push(d->lba_high, value); break;
    case ATA_DEVICE:   d->device = value; break;
    default: break;
    }
}

void ata_acknowledge(ata_t *d) { interrupt(d, false); }
bool ata_dma_requested(const ata_t *d) { return block_left(d, PHASE_IN) || block_left(d, PHASE_OUT); }
u32  ata_dma_bytes(const ata_t *d, bool in) { return block_left(d, in ? PHASE_IN : PHASE_OUT); }
bool ata_busy(const ata_t *d)  { return d->phase != PHASE_IDLE; }

static void run_command(ata_t *d);

/* A command during DRQ gives up the data phase, as the drives of ATA-1 do; during BSY it is not seen; asleep, only a reset is.
 * The drive of ATA-1 (X3.221, 7.2.13) goes busy when a write's data have come, not with the command: drivers of that time
 * send the data without a look at DRQ. */
void ata_command(ata_t *d, u8 opcode)
{
    if (d->kind == ATA_PACKET && opcode == 0x08) {       /* DEVICE RESET: always, and without INTRQ (8.10, 9.14) */
        give_up(d);
        d->command = opcode;
        d->power = POWER_ACTIVE;
        busy(d, PHASE_DIAGNOSE, DIAGNOSE_NS);
        return;
    }
    if (!ata_present(d) || d->status & ATA_BSY || d->power == POWER_SLEEP)
        return;
    give_up(d);
    d->command = opcode;
    d->error = 0;
    bool medium = option(d, OPT_MEDIUM);
    u64 ns = THINK_NS;
    ns += medium ? SEEK_NS : 0;
    ns += medium && d->power == POWER_STANDBY ? SPIN_UP_NS : 0;
    if (medium)
        d->power = POWER_ACTIVE;
    if (option(d, OPT_TAKES))
        run_command(d);
    else
        busy(d, PHASE_COMMAND, ns);
}

static void run_command(ata_t *d)
{
    const ata_command_t *c = &ata_commands[d->command];
    if (c->missing)
        lacking(c->missing);
    if (c->run && c->kinds >> d->kind & 1)
        c->run(d);
    else {
        if (d->kind == ATA_PACKET && c->options & OPT_SIGNS)
            ata_sign(d);
        ata_finish(d, ATA_ABRT, 0);
    }
}

static void ring(void *chip)
{
    ata_t *d = chip;
    switch (d->phase) {
    case PHASE_COMMAND:  run_command(d); break;
    case PHASE_FETCH:    fetch(d); break;
    case PHASE_STORE:    store(d); break;
    case PHASE_VERIFY:   verify(d); break;
    case PHASE_DIAGNOSE: diagnosed(d); break;
    case PHASE_EXECUTE:  atapi_execute(d); break;
    default: break;
    }
}

/* ---- the drive as a whole ---- */

void ata_init(ata_t *d, vclock_t *clock, line_t intrq, u8 number, bool slave)
{
    *d = (ata_t){ .clock = clock, .intrq = intrq, .number = number, .slave = slave };
    alarm_init(&d->alarm, clock, ring, d);
    ata_defaults(d);
}

static void attach(ata_t *d, disk_t *disk, ata_kind_t kind)
{
    give_up(d);
    d->phase = PHASE_IDLE;
    d->status = 0;
    d->disk = disk;
    d->kind = kind;
    ata_power_on(d);
}

void ata_attach(ata_t *d, disk_t *disk)          { attach(d, disk, disk && disk->bytes >= ATA_SECTOR_BYTES ? ATA_DISK : ATA_NONE); }
void ata_attach_packet(ata_t *d, disk_t *medium) { attach(d, medium, ATA_PACKET); }

/* A command under way goes on: it finds its medium missing, or another one there, at its next sector. */
void ata_change_medium(ata_t *d, disk_t *medium)
{
    if (d->kind != ATA_PACKET)
        return;
    d->generation++;
    d->disk = medium;
    atapi_medium_changed(d);
}

/* Derived: BSY and DRQ follow from the phase; a translation cannot be empty; no drive, no command. */
static void recompute(ata_t *d)
{
    if (!ata_present(d)) {
        d->phase = PHASE_IDLE;
        d->status = 0;
        d->interrupt = false;
        alarm_clear(&d->alarm);
        return;
    }
    if (d->kind != ATA_PACKET && (d->phase == PHASE_PACKET || d->phase == PHASE_EXECUTE))
        d->phase = PHASE_IDLE;
    bool drq = d->phase == PHASE_IN || d->phase == PHASE_OUT || d->phase == PHASE_PACKET, bsy = d->phase != PHASE_IDLE && !drq;
    d->status = (u8)((d->status & ~(ATA_BSY | ATA_DRQ)) | (drq ? ATA_DRQ : 0) | (bsy ? ATA_BSY : 0));
    if (!d->heads) d->heads = 1;
    if (!d->sectors_per_track) d->sectors_per_track = 1;
    if (d->limit < 2) d->limit = 2;
    line_set(&d->intrq, d->interrupt);
}

void ata_walk(ata_t *d, walker_t *w)
{
    walk_chip(w, "ata", 2);
    FIELD_ARRAY(w, d->features); FIELD_ARRAY(w, d->count);
    FIELD_ARRAY(w, d->lba_low); FIELD_ARRAY(w, d->lba_mid); FIELD_ARRAY(w, d->lba_high);
    FIELD(w, d->device); FIELD(w, d->error); FIELD(w, d->status); FIELD(w, d->command);
    FIELD(w, d->interrupt);
    FIELD_MAX(w, d->phase, PHASE_EXECUTE);
    FIELD(w, d->generation);
    FIELD_MAX(w, d->sector, (u64)1 << 48);
    FIELD_MAX(w, d->left, 65536);
    FIELD_MAX(w, d->block, ATA_MAX_MULTIPLE);
    FIELD_MAX(w, d->at, ATA_BUFFER_BYTES);
    FIELD_MAX(w, d->end, ATA_BUFFER_BYTES);
    FIELD_MAX(w, d->fill, ATA_BUFFER_BYTES);
    FIELD_MAX(w, d->limit, 0xFFFE);
    FIELD_BYTES(w, d->buffer, sizeof d->buffer);
    FIELD_MAX(w, d->heads, 16);
    FIELD_MAX(w, d->sectors_per_track, 255);
    FIELD_MAX(w, d->multiple, ATA_MAX_MULTIPLE);
    FIELD(w, d->dma_mode);
    FIELD_MAX(w, d->power, POWER_SLEEP);
    FIELD(w, d->write_cache); FIELD(w, d->look_ahead); FIELD(w, d->smart); FIELD(w, d->keep_settings);
    FIELD_ARRAY(w, d->packet); FIELD(w, d->key); FIELD(w, d->asc); FIELD(w, d->ascq); FIELD(w, d->attention); FIELD_MAX(w, d->event, 4);
    FIELD_ARRAY(w, d->recovery); FIELD(w, d->by_dma); FIELD(w, d->raw); FIELD(w, d->locked); FIELD(w, d->open);
    alarm_walk(&d->alarm, w, "alarm");
    if (walk_loading(w))
        recompute(d);
}
