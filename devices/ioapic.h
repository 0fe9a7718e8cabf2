/* ioapic.h - Intel 82093AA I/O APIC (data sheet 290566): 24 interrupt pins, each with a redirection entry that says what message it
 * becomes on the APIC bus. */
#pragma once
#include "devices/apic.h"

enum { IOAPIC_PINS = 24, IOAPIC_BYTES = 4096 };
#define IOAPIC_BASE 0xFEC00000u

typedef struct ioapic {
    bool (*send)(void *owner, const apic_message_t *message);    /* onto the APIC bus; false: nobody accepted */
    void  *owner;
    u64    entry[IOAPIC_PINS];       /* figure 6, IOREDTBL */
    u32    pins;                     /* levels */
    u32    pending;                  /* delivery status: requests nobody has accepted yet */
    u8     select, id;
} ioapic_t;

/* A processor without an APIC has no I/O APIC on its board: then `present` is false, and nothing is mapped. */
bool ioapic_init(ioapic_t *io, bus_t *bus, bool present);
void ioapic_reset(ioapic_t *io);
void ioapic_line(void *io, int pin, bool level);             /* line_fn: true means the device asserts, whatever the polarity */
void ioapic_eoi(ioapic_t *io, u8 vector);                    /* a processor finished a level-triggered interrupt */
void ioapic_retry(ioapic_t *io);                             /* the processor may accept now what it refused */
u32  ioapic_read(void *io, u32 offset, width_t w);
void ioapic_write(void *io, u32 offset, width_t w, u32 value);
void ioapic_walk(ioapic_t *io, walker_t *w);
