/* memory.c - how much memory there is, and who asks: INT 11h, 12h, 15h/88h, E801h, E820h.
 * CMOS: 17-18h / 30-31h KiB above 1 MiB (up to 64 MiB - 1 KiB), 34-35h 64 KiB units above 16 MiB (Bochs, QEMU).
 * E820h follows ACPI 1.0b, chapter 14. */
#include "system.h"
#include "memory.h"
#include "tables.h"

u32 memory_all_kib(void)
{
    u32 low = cmos_read(0x30) | (u32)cmos_read(0x31) << 8;
    u32 high = cmos_read(0x34) | (u32)cmos_read(0x35) << 8;
    if (high)
        return 15 * 1024 + high * 64;
    return low ? low : cmos_read(0x17) | (u32)cmos_read(0x18) << 8;
}

/* A PCI board's tables lie at the top (tables.h), where there is room for them. */
u32 memory_above_kib(void)
{
    u32 all = memory_all_kib();
    if (!EBDA(pci) || all < 1024)
        return all;
    EBDA_SET(tables, 0x100000 + ((all - ACPI_KIB) << 10));
    return all - ACPI_KIB;
}

void equipment_service(regs_t *r) { r->ax = BDA(equipment); }
void memory_service(regs_t *r)    { r->ax = BDA(memory_kib); }

/* AH=88h: KiB above 1 MiB, at most what 24 address bits or 16 bits of KiB reach (63 MiB: later DOS ware). */
void memory_88(regs_t *r)
{
    u32 above = EBDA(memory_above);
    r->ax = (u16)(above > 0xFC00 ? 0xFC00 : above);
    carry(r, false);
}

/* AX=E801h: KiB between 1 and 16 MiB, then 64 KiB units above 16 MiB. */
void memory_e801(regs_t *r)
{
    u32 above = EBDA(memory_above);
    r->ax = r->cx = (u16)(above > 15 * 1024 ? 15 * 1024 : above);
    r->bx = r->dx = (u16)(above > 15 * 1024 ? (above - 15 * 1024) / 64 : 0);
    carry(r, false);
}

enum { USABLE = 1, RESERVED = 2, ACPI = 3, ACPI_NVS = 4, END = 0 };

typedef struct { u32 base, high, bytes, bytes_high, type; } row_t;

static void set(row_t *row, u32 base, u32 bytes, u32 type)
{
    row->base = base;
    row->bytes = bytes;
    row->type = bytes ? type : END;
    row->high = row->bytes_high = 0;
}

/* CMOS 5B-5Dh: 64 KiB units above 4 GiB (Bochs, QEMU); a board without PCI has none. */
static void set_above_4g(row_t *row)
{
    u32 units = EBDA(pci) ? cmos_read(0x5B) | (u32)cmos_read(0x5C) << 8 | (u32)cmos_read(0x5D) << 16 : 0;
    set(row, 0, units << 16, USABLE);
    row->high = 1;
    row->bytes_high = units >> 16;
    row->type = units ? USABLE : END;
}

/* Row n of the map; type END: nothing there. */
static bool map_row(u32 n, row_t *row)
{
    u32 ebda = ebda_segment() << 4, tables = EBDA(tables), apics = cpu_features() & 1 << 9 ? 0x1000 : 0;
    switch (n) {
    case 0: set(row, 0, ebda, USABLE); break;
    case 1: set(row, ebda, 0xA0000 - ebda, RESERVED); break;
    case 2: set(row, 0xE0000, 0x20000, RESERVED); break;
    case 3: set(row, 0x100000, EBDA(memory_above) << 10, USABLE); break;
    case 4: set(row, tables, tables ? (ACPI_KIB - FACS_KIB) << 10 : 0, ACPI); break;
    case 5: set(row, tables + ((ACPI_KIB - FACS_KIB) << 10), tables ? FACS_KIB << 10 : 0, ACPI_NVS); break;
    case 6: set(row, 0xFEC00000, apics, RESERVED); break;
    case 7: set(row, 0xFEE00000, apics, RESERVED); break;
    case 8: set(row, 0xFFFE0000, 0x20000, RESERVED); break;
    case 9: set_above_4g(row); break;
    default: return false;
    }
    return true;
}

/* The number of the first row from n on that is not empty, in `row`; 0: no more. */
static u32 next_row(u32 n, row_t *row)
{
    for (; map_row(n, row); n++)
        if (row->type != END)
            return n + 1;
    return 0;
}

void memory_e820(regs_t *r)
{
    enum { SMAP = 0x534D4150 };
    row_t row, following;
    u32 n = r->edx == SMAP && r->ecx >= 20 ? next_row(r->ebx, &row) : 0;
    carry(r, true);
    if (!n) {
        r->ah = 0x86;
        return;
    }
    poke32(r->es, r->di, row.base);
    poke32(r->es, r->di + 4u, row.high);
    poke32(r->es, r->di + 8u, row.bytes);
    poke32(r->es, r->di + 12u, row.bytes_high);
    poke32(r->es, r->di + 16u, row.type);
    r->eax = SMAP;
    r->ecx = 20;
    r->ebx = next_row(n, &following) ? n : 0;
    carry(r, false);
}
