/* mptable.c - the MP configuration table: MultiProcessor Specification 1.4, chapter 4.  One processor, the PCI and ISA buses, one I/O APIC.
 * Interrupts of PCI pins come to the I/O APIC by the ISA line that PIRQRC chose, as a level that is high when asserted.
 * Left out: further processors. */
#include "tables.h"
#include "pci.h"

enum { IO_APIC = 0xFEC00000u };
enum { PCI_BUS = 0, ISA_BUS = 1, INT = 0, NMI = 1, EXTINT = 3, ACTIVE_HIGH_LEVEL = 0x0D };
enum { PROCESSOR = 0, BUS = 1, IOAPIC = 2, INTERRUPT = 3, LOCAL = 4, FIXED_BYTES = 44 };

static u32 io_apic_read(u32 n)
{
    put32(IO_APIC, n);
    return get32(IO_APIC + 0x10);
}

/* A local APIC by CPUID, an I/O APIC by its version (82093AA: 11h). */
bool apics_found(u32 *local_id)
{
    enum { APIC = 1 << 9 };
    if (!(cpu_features() & APIC))
        return false;
    *local_id = get32(0xFEE00020) >> 24;
    u32 version = io_apic_read(1) & 0xFF;
    if (version < 0x10 || version > 0x2F)
        return false;
    put32(IO_APIC, 0);
    put32(IO_APIC + 0x10, IO_APIC_ID << 24);
    return true;
}

typedef struct { u32 at, entries; } list_t;

static void entry(list_t *list, u32 a, u32 b)
{
    put32(list->at, a);
    put32(list->at + 4, b);
    list->at += 8;
    list->entries++;
}

static void interrupt(list_t *list, u32 kind, u32 flags, u32 from, u32 to)
{
    entry(list, INTERRUPT | kind << 8 | flags << 16, from | (u32)IO_APIC_ID << 16 | to << 24);
}

static void processor(list_t *list, u32 id)
{
    u32 version = get32(0xFEE00030) & 0xFF;
    entry(list, PROCESSOR | id << 8 | version << 16 | 3u << 24, cpu_signature());  /* enabled, the one that started */
    put32(list->at, cpu_features());
    flat_fill(list->at + 4, 8);
    list->at += 12;
}

static void bus(list_t *list, u32 number, u32 name, u32 name_high)
{
    entry(list, BUS | number << 8 | name << 16, name >> 16 | name_high << 16);
}

/* A source bus IRQ of PCI is device << 2 | pin. */
static void pci_interrupts(list_t *list)
{
    u32 last = ~0u;
    for (u32 bdf = pci_next(~0u); bdf != ~0u; bdf = pci_next(bdf)) {
        u32 pin = pci_read8(bdf, INTERRUPT_PIN), source = bdf >> 3 << 2 | (pin - 1);
        if (pin < 1 || pin > 4 || source == last || list->entries >= 50)
            continue;
        u32 irq = pci_read32(bdf, VENDOR) == PIIX4_PM ? (u32)SCI_IRQ : pci_link_irq(pci_link(bdf, pin));
        interrupt(list, INT, ACTIVE_HIGH_LEVEL, PCI_BUS | source << 8, irq);
        last = source;
    }
}

static void entries(list_t *list, u32 id)
{
    processor(list, id);
    bus(list, PCI_BUS, 0x20494350, 0x2020);     /* "PCI   " */
    bus(list, ISA_BUS, 0x20415349, 0x2020);     /* "ISA   " */
    entry(list, IOAPIC | (u32)IO_APIC_ID << 8 | (io_apic_read(1) & 0xFF) << 16 | 1u << 24, IO_APIC);
    pci_interrupts(list);
    for (u32 irq = 0; irq < 16; irq++)
        if (irq != 2 && irq != SCI_IRQ && irq != 10 && irq != 11)
            interrupt(list, INT, 0, ISA_BUS | irq << 8, irq ? irq : 2);
    entry(list, LOCAL | EXTINT << 8, ISA_BUS | 0xFF0000u);
    entry(list, LOCAL | NMI << 8, ISA_BUS | 0x1FF0000u);
}

void mp_start(void)
{
    static const rom char names[] = "DOPPEL  PC          ";
    u32 id, at = FIRMWARE + MP_AT, pointer = FIRMWARE + MP_POINTER_AT;
    list_t list;
    flat_fill(pointer, 16);
    if (!apics_found(&id))
        return;
    flat_fill(at, FIXED_BYTES);
    list.at = at + FIXED_BYTES;
    list.entries = 0;
    entries(&list, id);
    put32(at, 0x504D4350);                  /* "PCMP" */
    put16(at + 4, list.at - at);
    put8(at + 6, 4);                        /* version 1.4 */
    flat_copy(at + 8, names, 20);
    put16(at + 34, list.entries);
    put32(at + 36, 0xFEE00000);
    flat_checksum(at, list.at - at, 7);
    put_signature(pointer, 0x4D5F, 0x5F50);     /* "_MP_" */
    put32(pointer + 4, at);
    put8(pointer + 8, 1);
    put8(pointer + 9, 4);
    flat_checksum(pointer, 16, 10);
}
