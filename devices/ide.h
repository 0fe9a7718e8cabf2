/* ide.h - one IDE channel of a PC: the ports of an ATA cable with up to two drives on it, and its interrupt line.
 * A PC has two: 1F0h-1F7h, 3F6h, IRQ 14, and 170h-177h, 376h, IRQ 15. */
#pragma once
#include "devices/ata.h"
#include "mem/bus.h"

enum { IDE_DRIVES = 2 };

typedef struct ide {
    line_t irq;
    line_t dmarq;                /* of the selected drive; unconnected: no bus master.  Who connects it sets can_dma in the drives */
    ata_t  drive[IDE_DRIVES];    /* device 0 (master), device 1 (slave) */
    u8     selected;             /* DEV of the last write to the Device register */
    u8     control;              /* Device Control: HOB, SRST, nIEN */
    bool   level;                /* of irq; derived */
} ide_t;

/* number: 0 primary, 1 secondary; only serial numbers depend on it. */
void ide_init(ide_t *ide, vclock_t *clock, line_t irq, unsigned number);
/* A disk on the cable (NULL: taken off).  The channel does not close it.  An ATA disk has no write protection: one that is
 * read-only refuses writes with ABRT. */
void ide_attach(ide_t *ide, unsigned unit, disk_t *disk);
/* A CD-ROM drive on the cable, its medium NULL: none; and another medium for it. */
void ide_attach_cdrom(ide_t *ide, unsigned unit, disk_t *medium);
void ide_change_medium(ide_t *ide, unsigned unit, disk_t *medium);
void ide_reset(ide_t *ide);                              /* RESET-: as at power-on */
/* The three rows of the port table: data (16 bits, wider accesses repeat it), command block + 1 to + 7, control block. */
bool ide_ports(ide_t *ide, bus_t *bus, u16 command_block, u16 control_block);

u32  ide_data_read(void *ide, u16 reg);                  /* command block + 0 */
void ide_data_write(void *ide, u16 reg, u32 value);
u32  ide_command_read(void *ide, u16 reg);               /* command block + 1 is reg 0 */
void ide_command_write(void *ide, u16 reg, u32 value);
u32  ide_control_read(void *ide, u16 reg);               /* Alternate Status */
void ide_control_write(void *ide, u16 reg, u32 value);   /* Device Control */

bool ide_active(const ide_t *ide, unsigned unit);        /* a command runs: the drive's light */
void ide_walk(ide_t *ide, walker_t *w);
