/* memory.c - how much memory there is, and who asks: INT 11h, 12h, 15h/88h, E801h, E820h.
 * CMOS: 17-18h / 30-31h KiB above 1 MiB (up to 64 MiB - 1 KiB), 34-35h 64 KiB units above 16 MiB (Bochs, QEMU).
 * E820h follows ACPI 1.0b, chapter 14. */
#include "system.h"
#include "memory.h"

u32 memory_above_kib(void)
{
    u32 low = cmos_read(0x30) | (u32)cmos_read(0x31) << 8;
    u32 high = cmos_read(0x34) | (u32)cmos_read(0x35) << 8;
    if (high)
        return 15 * 1024 + high * 64;
    return low ? low : cmos_read(0x17) | (u32)cmos_read(0x18) << 8;
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

enum { USABLE = 1, RESERVED = 2, MAP_ROWS = 5 };

/* Row n of the map: base, bytes, type. */
static void map_row(u32 n, u32 row[3])
{
    u32 ebda = ebda_segment() << 4;
    row[2] = RESERVED;
    switch (n) {
    case 0: row[0] = 0;          row[1] = ebda;               row[2] = USABLE; break;
    case 1: row[0] = ebda;       row[1] = 0xA0000 - ebda;     break;
    case 2: row[0] = 0xE0000;    row[1] = 0x20000;            break;
    case 3: row[0] = 0x100000;   row[1] = EBDA(memory_above) << 10; row[2] = USABLE; break;
    default: row[0] = 0xFFFE0000; row[1] = 0x20000;           break;
    }
}

void memory_e820(regs_t *r)
{
    enum { SMAP = 0x534D4150 };
    u32 row[3], n = r->ebx;
    carry(r, true);
    if (r->edx != SMAP || r->ecx < 20 || n >= MAP_ROWS) {
        r->ah = 0x86;
        return;
    }
    map_row(n, row);
    if (n == 3 && !row[1])
        map_row(++n, row);
    poke32(r->es, r->di, row[0]);
    poke32(r->es, r->di + 4u, 0);
    poke32(r->es, r->di + 8u, row[1]);
    poke32(r->es, r->di + 12u, 0);
    poke32(r->es, r->di + 16u, row[2]);
    r->eax = SMAP;
    r->ecx = 20;
    r->ebx = n + 1 < MAP_ROWS ? n + 1 : 0;
    carry(r, false);
}
