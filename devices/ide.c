/* ide.c - one IDE channel: which of two ATA drives answers (ATA/ATAPI-6, T13/1410D revision 3b, 5.2, 7.8, 9.16).
 *
 * Both drives see every write to the command block and to Device Control; the one that DEV selects answers and drives INTRQ.
 * Where device 1 is selected and missing, device 0 answers for it: its registers, but 00h as Status (9.16.1).  Where nobody can answer
 * (an empty cable, or device 0 missing: device 1 does not know) the lines float high, but for DD7: the standard asks the host for a
 * pull-down there, so that BSY is seen clear where there is no drive: 7Fh.
 * A bus master (piix_ide.c) hears the selected drive's DMARQ and uses ata.h's data phase.
 * Left out: native PCI mode. */
#include "devices/ide.h"

enum { HOB = 0x80, SRST = 0x04, nIEN = 0x02 };           /* Device Control, 7.8 */
enum { FLOATING = 0x7F, FLOATING_WORD = 0xFF7F };

/* INTRQ: of the selected drive, unless nIEN releases it (5.2.9). */
static void update(ide_t *ide)
{
    const ata_t *d = &ide->drive[ide->selected & 1];
    bool level = ata_present(d) && d->interrupt && !(ide->control & nIEN);
    if (level != ide->level) {
        ide->level = level;
        line_set(&ide->irq, level);
    }
}

static void dmarq(void *chip, int pin, bool level)
{
    ide_t *ide = chip;
    if ((ide->selected & 1) == pin)
        line_set(&ide->dmarq, level);
}

static void intrq(void *chip, int pin, bool level)
{
    (void)pin; (void)level;
    update(chip);
}

/* Who answers; NULL: nobody.  *stands_in: it is device 0 for a missing device 1. */
static ata_t *responder(ide_t *ide, bool *stands_in)
{
    ata_t *d = &ide->drive[ide->selected & 1];
    *stands_in = false;
    if (ata_present(d))
        return d;
    *stands_in = ide->selected && ata_present(&ide->drive[0]);
    return *stands_in ? &ide->drive[0] : NULL;
}

static void select_drive(ide_t *ide, unsigned unit)
{
    ide->selected = unit & 1;
    update(ide);
    line_set(&ide->dmarq, ata_dma_requested(&ide->drive[unit & 1]));
}

/* ---- ports ---- */

u32 ide_data_read(void *chip, u16 reg)
{
    (void)reg;
    bool stands_in;
    ata_t *d = responder(chip, &stands_in);
    return !d ? FLOATING_WORD : stands_in ? 0xFFFF : ata_data_word_in(d);
}

void ide_data_write(void *chip, u16 reg, u32 value)
{
    (void)reg;
    bool stands_in;
    ata_t *d = responder(chip, &stands_in);
    if (d && !stands_in)
        ata_data_word_out(d, (u16)value);
}

/* Inside a block a word is only moved; its last one goes the long way. */
static u32 data_read_run(void *chip, u8 *to, u32 bytes)
{
    bool stands_in;
    ata_t *d = responder(chip, &stands_in);
    return d && !stands_in ? ata_data_run_in(d, to, bytes) : 0;
}

static u32 data_write_run(void *chip, const u8 *from, u32 bytes)
{
    bool stands_in;
    ata_t *d = responder(chip, &stands_in);
    return d && !stands_in ? ata_data_run_out(d, from, bytes) : 0;
}

static u8 status(ide_t *ide, bool acknowledge)
{
    bool stands_in;
    ata_t *d = responder(ide, &stands_in);
    if (!d || stands_in)
        return d ? 0 : FLOATING;
    if (acknowledge)
        ata_acknowledge(d);
    return ata_read(d, ATA_STATUS, false);
}

u32 ide_command_read(void *chip, u16 reg)
{
    ide_t *ide = chip;
    unsigned which = (reg + 1u) & 7;
    bool stands_in;
    if (which == ATA_STATUS)
        return status(ide, true);
    const ata_t *d = responder(ide, &stands_in);
    u8 value = d ? ata_read(d, which, (ide->control & HOB) != 0) : FLOATING;
    return stands_in && which == ATA_DEVICE ? value | ATA_DEV : value;
}

/* EXECUTE DEVICE DIAGNOSTIC goes to both drives, whoever is selected (8.11); any other command to the selected one, if it is there. */
static void command(ide_t *ide, u8 opcode)
{
    ata_t *d = &ide->drive[ide->selected & 1];
    if (opcode != 0x90) {
        ata_command(d, opcode);
        return;
    }
    for (unsigned unit = 0; unit < IDE_DRIVES; unit++)
        if (!(ide->drive[unit].status & ATA_BSY))
            ata_diagnose(&ide->drive[unit]);
    select_drive(ide, 0);
}

void ide_command_write(void *chip, u16 reg, u32 value)
{
    ide_t *ide = chip;
    unsigned which = (reg + 1u) & 7;
    bool stands_in;
    const ata_t *d = responder(ide, &stands_in);
    ide->control &= (u8)~HOB;                            /* 7.8: any write to the command block clears it */
    bool device_reset = which == ATA_COMMAND && (u8)value == 0x08 && d && d->kind == ATA_PACKET;
    if (d && d->status & ATA_BSY && !device_reset)
        return;
    if (which == ATA_COMMAND) {
        command(ide, (u8)value);
        return;
    }
    for (unsigned unit = 0; unit < IDE_DRIVES; unit++)
        ata_write(&ide->drive[unit], which, (u8)value);
    if (which == ATA_DEVICE)
        select_drive(ide, value >> 4 & 1);
}

u32 ide_control_read(void *chip, u16 reg)
{
    (void)reg;
    return status(chip, false);
}

void ide_control_write(void *chip, u16 reg, u32 value)
{
    ide_t *ide = chip;
    (void)reg;
    u8 rising = (u8)(value & ~ide->control), falling = (u8)(ide->control & ~value);
    ide->control = value & (HOB | SRST | nIEN);
    if (rising & SRST)
        ide->selected = 0;
    for (unsigned unit = 0; unit < IDE_DRIVES; unit++) {
        if (rising & SRST)  ata_reset_begin(&ide->drive[unit]);
        if (falling & SRST) ata_reset_end(&ide->drive[unit]);
    }
    update(ide);
}

bool ide_ports(ide_t *ide, bus_t *bus, u16 command_block, u16 control_block)
{
    const port_range_t rows[] = {
        { "ide data", command_block, 1, W16, ide_data_read, ide_data_write, ide, true },
        { "ide command block", (u16)(command_block + 1), 7, W8, ide_command_read, ide_command_write, ide, false },
        { "ide control block", control_block, 1, W8, ide_control_read, ide_control_write, ide, false },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        if (!bus_attach(bus, &rows[i]))
            return false;
    bus_set_run(bus, command_block, data_read_run, data_write_run);
    return true;
}

/* ---- the channel as a whole ---- */

void ide_init(ide_t *ide, vclock_t *clock, line_t irq, unsigned number)
{
    *ide = (ide_t){ .irq = irq };
    for (unsigned unit = 0; unit < IDE_DRIVES; unit++)
        ata_init(&ide->drive[unit], clock, (line_t){ intrq, ide, (int)unit }, (u8)(number * IDE_DRIVES + unit), unit == 1);
    for (unsigned unit = 0; unit < IDE_DRIVES; unit++)
        ide->drive[unit].dmarq = (line_t){ dmarq, ide, (int)unit };
}

void ide_attach(ide_t *ide, unsigned unit, disk_t *disk)
{
    ata_attach(&ide->drive[unit & 1], disk);
    update(ide);
}

void ide_attach_cdrom(ide_t *ide, unsigned unit, disk_t *medium)
{
    ata_attach_packet(&ide->drive[unit & 1], medium);
    update(ide);
}

void ide_change_medium(ide_t *ide, unsigned unit, disk_t *medium) { ata_change_medium(&ide->drive[unit & 1], medium); }

void ide_reset(ide_t *ide)
{
    ide->control = 0;
    ide->selected = 0;
    for (unsigned unit = 0; unit < IDE_DRIVES; unit++)
        ata_power_on(&ide->drive[unit]);
    update(ide);
}

bool ide_active(const ide_t *ide, unsigned unit) { return ata_busy(&ide->drive[unit & 1]); }

void ide_walk(ide_t *ide, walker_t *w)
{
    walk_chip(w, "ide", 1);
    FIELD_MAX(w, ide->selected, 1);
    FIELD(w, ide->control);
    for (unsigned unit = 0; unit < IDE_DRIVES; unit++)
        ata_walk(&ide->drive[unit], w);
    if (walk_loading(w)) {
        ide->control &= HOB | SRST | nIEN;
        update(ide);
        line_set(&ide->irq, ide->level);                 /* even if it did not change here: the other end may have been loaded */
    }
}
