/* acpi.c - the ACPI tables: Advanced Configuration and Power Interface specification 1.0b, chapter 5.2.
 * RSDP in F0000-FFFFF; RSDT, FADT, DSDT (dsdt.asl) and MADT at the top of memory, the FACS in its last part (tables.h).
 * The board has no system management mode to hand over: SMI_CMD's two values are answered by the chipset itself.
 * Left out: sleep states but S5 (soft off), C2 and C3, general purpose events, further processors, SSDT, SBST. */
#include "tables.h"
#include "pci.h"
#include "dsdt.h"

enum { HEADER_BYTES = 36, FADT_BYTES = 116, FACS_BYTES = 64, FACS_AT = (ACPI_KIB - FACS_KIB) * 1024 };
enum { LENGTH = 4, REVISION_AT = 8, CHECKSUM = 9, OEM_ID = 10, CREATOR = 28 };
#define RSDT 0x54445352u
#define FADT 0x50434146u                /* "FACP" */
#define MADT 0x43495041u                /* "APIC" */
#define FACS 0x53434146u

typedef struct { u32 base, next; } room_t;

static u32 allocate(room_t *room, u32 bytes)
{
    u32 at = room->next;
    room->next += (bytes + 15) & ~15u;
    flat_fill(at, bytes);
    return at;
}

/* 5.2.3: signature, length, revision, checksum (when all is written), OEM, table, OEM revision, creator. */
static void header(u32 at, u32 signature, u32 bytes)
{
    static const rom char oem[] = "DOPPELDOPPELPC";
    static const rom u8 tail[] = { 1, 0, 0, 0, 'D', 'O', 'P', 'L', 1, 0, 0, 0 };
    put32(at, signature);
    put32(at + LENGTH, bytes);
    put8(at + REVISION_AT, 1);
    flat_copy(at + OEM_ID, oem, 14);
    flat_copy(at + OEM_ID + 14, tail, sizeof tail);
    flat_checksum(at, bytes, CHECKSUM);
}

/* ---- DSDT ---- */

/* dsdt.asl's PORT: bits 0, 1: COM1, COM2; 4: LPT1, at the addresses that it says. */
static u32 ports_found(void)
{
    u32 found = 0;
    for (u32 i = 0; i < 4; i++) {
        if (BDA_AT(com, i) == 0x3F8) found |= 1;
        if (BDA_AT(com, i) == 0x2F8) found |= 2;
    }
    for (u32 i = 0; i < 3; i++)
        if (BDA_AT(lpt, i) == 0x378) found |= 0x10;
    return found;
}

static u32 dsdt_start(room_t *room)
{
    u32 at = allocate(room, sizeof dsdt);
    flat_copy(at, dsdt, sizeof dsdt);
    for (u32 i = HEADER_BYTES; i + 6 <= sizeof dsdt; i++)       /* Name (PORT, 0xFF): 08 "PORT" 0A FF */
        if (get32(at + i) == 0x54524F50 && get8(at + i - 1) == 0x08)
            put8(at + i + 5, ports_found());
    flat_checksum(at, sizeof dsdt, CHECKSUM);
    return at;
}

/* ---- FACS and FADT (5.2.5, 5.2.6) ---- */

static u32 facs_start(const room_t *room)
{
    u32 at = room->base + FACS_AT;
    flat_fill(at, FACS_BYTES);
    put32(at, FACS);
    put32(at + LENGTH, FACS_BYTES);
    return at;
}

typedef struct { u8 at, bytes; u32 value; } field_t;

static void put_fields(u32 at, const rom field_t *field, u32 count)
{
    for (; count; count--, field++)
        if (field->bytes == 1)      put8(at + field->at, field->value);
        else if (field->bytes == 2) put16(at + field->at, field->value);
        else                        put32(at + field->at, field->value);
}

static const rom field_t fadt_fields[] = {
    { 46, 2, SCI_IRQ }, { 48, 4, 0xB2 }, { 52, 1, 0xF1 }, { 53, 1, 0xF0 },      /* SMI_CMD, ACPI_ENABLE, ACPI_DISABLE */
    { 56, 4, PM_BASE }, { 64, 4, PM_BASE + 4 }, { 76, 4, PM_BASE + 8 },         /* PM1a event, control; timer */
    { 88, 1, 4 }, { 89, 1, 2 }, { 91, 1, 4 },
    { 96, 2, 0xFFF }, { 98, 2, 0xFFF },                                         /* no C2, no C3 */
    { 108, 1, 0x32 },                                                           /* the century's place in the clock */
    /* WBINVD and its like work; C1; no sleep button; the clock's alarm is no fixed event of sleep; the timer has 24 bits. */
    { 112, 4, 1 << 0 | 1 << 2 | 1 << 5 | 1 << 6 },
};

static u32 fadt_start(room_t *room, u32 facs, u32 description)
{
    u32 at = allocate(room, FADT_BYTES);
    put32(at + 36, facs);
    put32(at + 40, description);
    put_fields(at, fadt_fields, COUNT_OF(fadt_fields));
    header(at, FADT, FADT_BYTES);
    return at;
}

/* ---- MADT (5.2.8) ---- */

/* ISA lines that come otherwise than "their own number, edges, high": the timer on pin 2; the SCI and PCI's as high levels. */
static u32 overrides(u32 at)
{
    for (u32 irq = 0; irq < 16; irq++) {
        bool level = (PCI_IRQS | 1 << SCI_IRQ) >> irq & 1;
        if (irq && !level)
            continue;
        put32(at, 0x00000A02u | irq << 24);     /* type 2, 10 bytes, bus ISA */
        put32(at + 4, irq ? irq : 2);
        put16(at + 8, level ? 0x0D : 0);
        at += 10;
    }
    return at;
}

static u32 madt_start(room_t *room)
{
    u32 id, at = room->next, next = at + 44;
    if (!apics_found(&id))
        return 0;
    flat_fill(at, 128);
    put32(at + 36, 0xFEE00000);
    put32(at + 40, 1);                          /* there are 8259s as well */
    put32(next, 0x00000800u | id << 24);        /* local APIC of processor 0, enabled */
    put32(next + 4, 1);
    put32(next + 8, 0x00000C01u | (u32)IO_APIC_ID << 16);
    put32(next + 12, 0xFEC00000);
    put32(next + 16, 0);                        /* its first interrupt */
    next = overrides(next + 20);
    put32(next, 0x00FF0604u);                   /* NMI of all processors at LINT1 */
    put16(next + 4, 0x0100);
    room->next = (next + 6 + 15) & ~15u;
    header(at, MADT, next + 6 - at);
    return at;
}

/* ---- RSDT and RSDP ---- */

static void rsdp_start(u32 rsdt)
{
    static const rom char oem[] = "DOPPEL";
    u32 at = FIRMWARE + RSDP_AT;
    flat_fill(at, 20);
    put_signature(at, 0x5352, 0x2044);          /* "RSD PTR " */
    put_signature(at + 4, 0x5450, 0x2052);
    flat_copy(at + 9, oem, 6);
    put32(at + 16, rsdt);
    flat_checksum(at, 20, 8);
}

void acpi_start(void)
{
    room_t room;
    room.base = room.next = EBDA(tables);
    if (!room.base || !EBDA(pm_base))
        return;
    u32 rsdt = allocate(&room, HEADER_BYTES + 2 * 4);
    u32 facs = facs_start(&room), description = dsdt_start(&room);
    u32 fadt = fadt_start(&room, facs, description), madt = madt_start(&room);
    put32(rsdt + HEADER_BYTES, fadt);
    put32(rsdt + HEADER_BYTES + 4, madt);
    header(rsdt, RSDT, HEADER_BYTES + (madt ? 8 : 4));
    rsdp_start(rsdt);
}
