/* piix_ide.h - Intel 82371AB PIIX4, function 1: the bus master of the two IDE channels. */
#pragma once
#include "devices/ide.h"
#include "devices/pci.h"

enum { PIIX_IDE_CHANNELS = 2, PIIX_IDE_PORTS = 16 };

typedef struct {
    ide_t   *ide;
    vclock_t *clock;
    bus_t   *bus;
    alarm_t  alarm;                  /* rings when the burst that the drive asked for is over */
    line_t   irq;                    /* the channel's interrupt, passed on */
    u8       command, status;        /* BMIC, BMIS */
    u32      table;                  /* BMIDTP */
    u32      next;                   /* of the descriptor table: where the next descriptor is */
    u32      base, left;             /* of the region now open */
    bool     last;                   /* it is the table's last */
    u32      generation;             /* the drive's when the burst began */
    bool     intrq;                  /* the channel's interrupt line */
} bus_master_t;

typedef struct piix_ide {
    pci_function_t pci;
    bus_t       *bus;
    unsigned     row;                /* of the port table */
    bus_master_t channel[PIIX_IDE_CHANNELS];
} piix_ide_t;

/* Wires itself to the channels' DMARQ and INTRQ; what the channels' irq lines led to is where the interrupts go on. */
bool piix_ide_init(piix_ide_t *chip, pci_t *pci, u8 devfn, vclock_t *clock, bus_t *bus, ide_t *first, ide_t *second);
void piix_ide_reset(piix_ide_t *chip);
u32  piix_ide_read(void *chip, u16 reg, width_t w);          /* a wide row of 16 ports */
void piix_ide_write(void *chip, u16 reg, width_t w, u32 value);
void piix_ide_walk(piix_ide_t *chip, walker_t *w);           /* after the channels */
