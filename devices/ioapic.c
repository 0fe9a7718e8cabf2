/* ioapic.c - Intel 82093AA I/O APIC (data sheet 290566-001, chapter 3 "Register description").
 *
 * An edge on a masked pin is lost; a level is seen when the entry is unmasked.  A level-triggered entry that was accepted sets its
 * Remote IRR and waits for the end-of-interrupt message with its vector; if the pin is still asserted then, it sends again.
 * INTPOL is kept without effect: lines of this machine say "asserted", and the board is taken to have the inverters an entry asks for.
 * Left out: the arbitration ID (reads as the ID), SMI and INIT delivery end in the local APIC's "lacking". */
#include "devices/ioapic.h"

enum { REGSEL = 0x00, WIN = 0x10, IOAPICID = 0, IOAPICVER = 1, IOAPICARB = 2, IOREDTBL = 0x10 };
enum { LOGICAL = 0x800, DELIVERY_STATUS = 0x1000, REMOTE_IRR = 0x4000, LEVEL = 0x8000, MASKED = 0x10000 };
enum { VERSION = 0x11, WRITABLE_LOW = 0x1AFFF };             /* mask, trigger, polarity, destination mode, delivery mode, vector */

static u32 low(const ioapic_t *io, unsigned n) { return (u32)io->entry[n]; }
static bool by_level(u32 entry)
{
    unsigned mode = entry >> 8 & 7;
    return entry & LEVEL && mode <= APIC_LOWEST;             /* other modes are treated as edges: 3.2.4, "delivery mode" */
}

/* Offer pin n's request to the bus. */
static void service(ioapic_t *io, unsigned n)
{
    u32 entry = low(io, n), bit = 1u << n;
    bool level = by_level(entry);
    if (!(io->pending & bit) || entry & MASKED || (level && entry & REMOTE_IRR))
        return;
    apic_message_t m = { .destination = (u8)(io->entry[n] >> 56), .vector = (u8)entry, .mode = entry >> 8 & 7,
                         .logical = entry & LOGICAL, .level = level };
    if (!io->send || !io->send(io->owner, &m))
        return;
    if (level) io->entry[n] |= REMOTE_IRR;
    else       io->pending &= ~bit;
}

void ioapic_line(void *self, int pin, bool level)
{
    ioapic_t *io = self;
    unsigned n = (unsigned)pin % IOAPIC_PINS;
    u32 bit = 1u << n, entry = low(io, n);
    bool rises = level && !(io->pins & bit);
    io->pins = level ? io->pins | bit : io->pins & ~bit;
    if (by_level(entry))
        io->pending = level ? io->pending | bit : io->pending & ~bit;
    else if (rises && !(entry & MASKED))
        io->pending |= bit;
    service(io, n);
}

void ioapic_eoi(ioapic_t *io, u8 vector)
{
    for (unsigned n = 0; n < IOAPIC_PINS; n++)
        if (io->entry[n] & REMOTE_IRR && (u8)io->entry[n] == vector) {
            io->entry[n] &= ~(u64)REMOTE_IRR;
            service(io, n);
        }
}

void ioapic_retry(ioapic_t *io)
{
    for (unsigned n = 0; n < IOAPIC_PINS && io->pending; n++)
        service(io, n);
}

/* ---- registers ---- */

static void write_entry(ioapic_t *io, unsigned n, bool upper, u32 value)
{
    u32 bit = 1u << n;
    if (upper) {
        io->entry[n] = (u32)io->entry[n] | (u64)(value & 0xFF000000) << 32;
        return;
    }
    io->entry[n] = (io->entry[n] & (0xFFFFFFFF00000000 | REMOTE_IRR)) | (value & WRITABLE_LOW);
    if (!by_level(low(io, n))) {
        io->entry[n] &= ~(u64)REMOTE_IRR;
        if (value & MASKED) io->pending &= ~bit;
    } else {
        io->pending = io->pins & bit ? io->pending | bit : io->pending & ~bit;
    }
    service(io, n);
}

static u32 read_register(const ioapic_t *io)
{
    unsigned n = ((unsigned)io->select - IOREDTBL) >> 1;
    switch (io->select) {
    case IOAPICID: case IOAPICARB: return (u32)io->id << 24;
    case IOAPICVER: return VERSION | (IOAPIC_PINS - 1) << 16;
    }
    if (io->select < IOREDTBL || n >= IOAPIC_PINS)
        return 0;
    if (io->select & 1)
        return (u32)(io->entry[n] >> 32);
    bool waiting = io->pending >> n & 1 && !(io->entry[n] & (MASKED | REMOTE_IRR));
    return low(io, n) | (waiting ? (u32)DELIVERY_STATUS : 0);
}

static void write_register(ioapic_t *io, u32 value)
{
    unsigned n = ((unsigned)io->select - IOREDTBL) >> 1;
    if (io->select == IOAPICID)
        io->id = value >> 24 & 15;
    else if (io->select >= IOREDTBL && n < IOAPIC_PINS)
        write_entry(io, n, io->select & 1, value);
}

u32 ioapic_read(void *self, u32 offset, width_t w)
{
    const ioapic_t *io = self;
    u32 value = (offset & ~3u) == WIN ? read_register(io) : (offset & ~3u) == REGSEL ? io->select : 0;
    return value >> 8 * (offset & 3) & mask(w);
}

void ioapic_write(void *self, u32 offset, width_t w, u32 value)
{
    ioapic_t *io = self;
    if (offset == REGSEL)
        io->select = (u8)value;
    else if (offset == WIN && w == W32)
        write_register(io, value);
}

/* ---- life ---- */

void ioapic_reset(ioapic_t *io)
{
    for (unsigned n = 0; n < IOAPIC_PINS; n++)
        io->entry[n] = MASKED;
    io->pending = 0;                 /* the levels at the pins stay */
    io->select = io->id = 0;
}

bool ioapic_init(ioapic_t *io, bus_t *bus, bool present)
{
    *io = (ioapic_t){ 0 };
    ioapic_reset(io);
    const region_t region = { .name = "i/o apic", .first = IOAPIC_BASE, .bytes = IOAPIC_BYTES, .read = ioapic_read, .write = ioapic_write, .chip = io };
    return !present || bus_map(bus, &region) >= 0;
}

void ioapic_walk(ioapic_t *io, walker_t *w)
{
    walk_chip(w, "ioapic", 1);
    FIELD_ARRAY(w, io->entry);
    FIELD_MAX(w, io->pins, 0xFFFFFF);
    FIELD_MAX(w, io->pending, 0xFFFFFF);
    FIELD(w, io->select);
    FIELD_MAX(w, io->id, 15);
    for (unsigned n = 0; n < IOAPIC_PINS && walk_loading(w); n++)
        io->entry[n] &= 0xFF00000000000000 | REMOTE_IRR | WRITABLE_LOW;
}
