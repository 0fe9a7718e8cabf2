/* piix_ide.c - Intel 82371AB PIIX4, function 1: IDE with bus master and Ultra DMA/33 (data sheet 290562-001, 4.1 and 4.2; "Programming Interface for Bus
 * Master IDE Controller", revision 1.0, 1994).
 *
 * A drive raises DMARQ when a block of it is ready; the burst then takes a time by its length, and moves between the drive's
 * buffer and the memory that the physical region descriptors name.  Each descriptor is fetched once, by value.  A descriptor or
 * region that meets no memory is a master abort: Error, and the engine stops.  When the table ends before the drive does, the
 * engine stops too, and the drive waits.  A drive that was reset in between (its generation moved on) gets nothing.
 * Left out: IDETIM, SIDETIM, UDMACTL and UDMATIM are kept without effect (bursts have one speed, whatever mode is set): both channels answer at their legacy ports whatever they say; a region across
 * a 64 KiB boundary, which the interface forbids, is followed straight on; a table across one too. */
#include "devices/piix_ide.h"

enum { BMIC = 0, BMIS = 2, BMIDTP = 4 };
enum { SSBM = 0x01, RWCON = 0x08 };                          /* BMIC: start; 1: the drive is read, memory written */
enum { ACTIVE = 0x01, ERROR = 0x02, INTERRUPT = 0x04, CAPABLE = 0x60 };
enum { EOT = 0x80 };
enum { START_NS = 1000, NS_PER_BYTE = 10 };                  /* a burst: about Ultra DMA mode 5's 100 MB/s */

static const pci_register_t registers[] = {
    { PCI_ID, 4, 0x71118086, 0, 0 },
    { PCI_COMMAND, 2, 0x0000, 0x0005, 0 },
    { PCI_STATUS, 2, 0x0280, 0, 0x3800 },
    { PCI_CLASS, 4, 0x01018000, 0, 0 },                      /* IDE, master capable, both channels at the legacy ports */
    { PCI_HEADER, 4, 0, 0x0000F000, 0 },
    { PCI_BAR + 16, 4, 1, 0xFFFFFFF0, 0 },                   /* BMIBA; the data sheet has bits 31-16 fixed, firmware (SeaBIOS) sizes 32 */
    { 0x40, 4, 0x80008000, 0xF3FFF3FF, 0 },                  /* IDETIM; set up as firmware does: both channels decode */
    { 0x44, 1, 0x00, 0xFF, 0 },                              /* SIDETIM */
    { 0x48, 1, 0x00, 0x0F, 0 },                              /* UDMACTL */
    { 0x4A, 2, 0x0000, 0x3333, 0 },                          /* UDMATIM */
};

/* ---- moving ---- */

static ata_t *drive_of(const bus_master_t *bm) { return &bm->ide->drive[bm->ide->selected & 1]; }

static void stop(bus_master_t *bm, u8 error)
{
    bm->status = (u8)((bm->status & ~ACTIVE) | error);
    bm->left = 0;
    alarm_clear(&bm->alarm);
}

/* The next descriptor: base, count (0: 64 KiB; bit 0 is not there), EOT in the last byte. */
static bool open_region(bus_master_t *bm)
{
    u8 prd[8];
    if (dma_read(bm->bus, bm->next, prd, sizeof prd) != sizeof prd)
        return false;
    bm->next += sizeof prd;
    u32 count = get(prd + 4, W16) & 0xFFFE;
    bm->base = get(prd, W32) & ~1u;
    bm->left = count ? count : 0x10000;
    bm->last = prd[7] & EOT;
    if (((bm->base + bm->left - 1) ^ bm->base) & ~0xFFFFu)
        lacking("piix ide: a region across a 64 KiB boundary");
    return true;
}

/* One piece: the region's or the drive's rest.  Returns 0 where the memory is not there. */
static u32 move(bus_master_t *bm, ata_t *d, u32 bytes)
{
    u8 buffer[ATA_BUFFER_BYTES];
    if (bytes > sizeof buffer)
        bytes = sizeof buffer;
    if (bm->command & RWCON) {
        bytes = ata_data_in(d, buffer, bytes);
        return dma_write(bm->bus, bm->base, buffer, bytes) == bytes ? bytes : 0;
    }
    return dma_read(bm->bus, bm->base, buffer, bytes) == bytes ? ata_data_out(d, buffer, bytes) : 0;
}

static void ring(void *self)
{
    bus_master_t *bm = self;
    ata_t *d = drive_of(bm);
    if (!(bm->status & ACTIVE) || d->generation != bm->generation)
        return;
    for (u32 wanted; (wanted = ata_dma_bytes(d, bm->command & RWCON)) != 0;) {
        if (!bm->left && !open_region(bm)) {
            stop(bm, ERROR);
            return;
        }
        u32 done = move(bm, d, wanted < bm->left ? wanted : bm->left);
        if (!done) {
            stop(bm, ERROR);
            return;
        }
        bm->base += done;
        bm->left -= done;
        if (!bm->left && bm->last) {                          /* "Active: cleared when the last transfer for a region is performed" */
            stop(bm, 0);
            return;
        }
    }
}

/* DMARQ, or the start bit while DMARQ is up. */
static void consider(bus_master_t *bm)
{
    const ata_t *d = drive_of(bm);
    u32 bytes = ata_dma_bytes(d, bm->command & RWCON);
    if (!(bm->status & ACTIVE) || !bytes) {
        alarm_clear(&bm->alarm);
        return;
    }
    bm->generation = d->generation;
    alarm_set(&bm->alarm, bm->clock->now + START_NS + (u64)bytes * NS_PER_BYTE);
}

static void dmarq(void *self, int pin, bool level)
{
    (void)pin; (void)level;
    consider(self);
}

static void intrq(void *self, int pin, bool level)
{
    bus_master_t *bm = self;
    (void)pin;
    if (level && !bm->intrq)
        bm->status |= INTERRUPT;
    bm->intrq = level;
    line_set(&bm->irq, level);
}

/* ---- ports ---- */

static void write_command(bus_master_t *bm, u8 value)
{
    bool start = value & SSBM && !(bm->command & SSBM), halt = !(value & SSBM);
    bm->command = value & (SSBM | RWCON);
    if (halt) {
        stop(bm, 0);
    } else if (start) {
        bm->status |= ACTIVE;
        bm->next = bm->table;
        bm->left = 0;
        bm->last = false;
        consider(bm);
    }
}

static u8 read_byte(const bus_master_t *bm, unsigned at)
{
    switch (at) {
    case BMIC: return bm->command;
    case BMIS: return bm->status;
    case 4: case 5: case 6: case 7: return (u8)(bm->table >> 8 * (at - BMIDTP));
    default:   return 0;
    }
}

static void write_byte(bus_master_t *bm, unsigned at, u8 value)
{
    switch (at) {
    case BMIC: write_command(bm, value); break;
    case BMIS: bm->status = (u8)((bm->status & ~CAPABLE & ~(value & (ERROR | INTERRUPT))) | (value & CAPABLE)); break;
    case 4: case 5: case 6: case 7: {
        unsigned shift = 8 * (at - BMIDTP);
        bm->table = ((bm->table & ~(0xFFu << shift)) | (u32)value << shift) & ~3u;
        break;
    }
    default: break;
    }
}

u32 piix_ide_read(void *self, u16 reg, width_t w)
{
    const piix_ide_t *chip = self;
    u32 value = 0;
    for (unsigned k = 0; k < (unsigned)w / 8; k++)
        value |= (u32)read_byte(&chip->channel[(reg + k) >> 3 & 1], (reg + k) & 7) << 8 * k;
    return value;
}

void piix_ide_write(void *self, u16 reg, width_t w, u32 value)
{
    piix_ide_t *chip = self;
    for (unsigned k = 0; k < (unsigned)w / 8; k++)
        write_byte(&chip->channel[(reg + k) >> 3 & 1], (reg + k) & 7, (u8)(value >> 8 * k));
}

/* ---- life ---- */

static void place(void *self, unsigned bar, u32 base, bool enabled)
{
    piix_ide_t *chip = self;
    (void)bar;
    bus_move_ports(chip->bus, chip->row, (u16)base, enabled ? PIIX_IDE_PORTS : 0);
}

bool piix_ide_init(piix_ide_t *chip, pci_t *pci, u8 devfn, vclock_t *clock, bus_t *bus, ide_t *first, ide_t *second)
{
    *chip = (piix_ide_t){ .bus = bus };
    chip->pci = (pci_function_t){ .name = "piix-ide", .devfn = devfn, .rows = registers, .n_rows = COUNT_OF(registers), .chip = chip, .place = place };
    const wide_range_t row = { .name = "bus master ide", .read = piix_ide_read, .write = piix_ide_write, .chip = chip };
    chip->row = bus_attach_movable(bus, &row);
    for (unsigned n = 0; n < PIIX_IDE_CHANNELS; n++) {
        bus_master_t *bm = &chip->channel[n];
        ide_t *ide = n ? second : first;
        *bm = (bus_master_t){ .ide = ide, .clock = clock, .bus = bus, .irq = ide->irq };
        alarm_init(&bm->alarm, clock, ring, bm);
        ide->irq = (line_t){ intrq, bm, (int)n };
        ide->dmarq = (line_t){ dmarq, bm, (int)n };
        for (unsigned unit = 0; unit < IDE_DRIVES; unit++)
            ide->drive[unit].can_dma = true;
    }
    return chip->row && pci_add(pci, &chip->pci);
}

void piix_ide_reset(piix_ide_t *chip)
{
    for (unsigned n = 0; n < PIIX_IDE_CHANNELS; n++) {
        bus_master_t *bm = &chip->channel[n];
        stop(bm, 0);
        bm->command = bm->status = 0;
        bm->table = bm->next = bm->base = bm->generation = 0;
        bm->last = false;
    }
}

static void walk_channel(bus_master_t *bm, walker_t *w)
{
    FIELD(w, bm->command); FIELD(w, bm->status); FIELD(w, bm->table);
    FIELD(w, bm->next); FIELD(w, bm->base); FIELD_MAX(w, bm->left, 0x10000); FIELD(w, bm->last);
    FIELD(w, bm->generation); FIELD(w, bm->intrq);
    alarm_walk(&bm->alarm, w, "alarm");
    if (walk_loading(w)) {
        bm->command &= SSBM | RWCON;
        bm->status &= CAPABLE | ACTIVE | ERROR | INTERRUPT;
        bm->table &= ~3u;
        bm->base &= ~1u;
        bm->left &= ~1u;
    }
}

void piix_ide_walk(piix_ide_t *chip, walker_t *w)
{
    walk_chip(w, "bus-master", 1);
    for (unsigned n = 0; n < PIIX_IDE_CHANNELS; n++)
        walk_channel(&chip->channel[n], w);
}
