/* smbios.c - System Management BIOS Reference Specification 2.4: the structures that every machine must have (chapter 3.2), and an end.
 * Left out: caches, ports, slots, the event log, boot integrity. */
#include "tables.h"

typedef struct { u32 at, count, longest; u16 handle; } list_t;

enum { HEADER = 4 };

/* One structure: its formatted part, then its strings, each with its 0, and one more 0.  Returns where it begins. */
static u32 add(list_t *list, const rom u8 *formatted, text_t strings, u32 string_bytes)
{
    u32 at = list->at, bytes = formatted[1];
    flat_copy(at, formatted, bytes);
    put16(at + 2, list->handle++);
    flat_copy(at + bytes, strings, string_bytes);
    put16(at + bytes + string_bytes, 0);
    u32 all = bytes + string_bytes + (string_bytes ? 1 : 2);
    list->at += all;
    list->count++;
    if (all > list->longest)
        list->longest = all;
    return at;
}

#define ADD(list, structure, strings) add(list, structure, TEXT(strings), sizeof(strings) - 1)
#define BARE(list, structure) add(list, structure, TEXT(""), 0)

/* Kinds 0, 1, 3, 4: offsets as in 3.3.1, 3.3.2, 3.3.4, 3.3.5. */
static const rom u8 bios[] = {
    0, 24, 0, 0, 1, 2, 0x00, 0xF0, 3, 1,        /* vendor, version, segment, date, 128 KiB */
    0x90, 0x94, 0x09, 0x00, 0x00, 0x00, 0x00, 0x00,     /* ISA, PCI, APM, shadowed, boot from CD, selectable boot, EDD */
    0x01, 0x00, 0, 1, 0xFF, 0xFF,               /* ACPI; release 0.1; no embedded controller */
};
static const rom u8 system[] = {
    1, 27, 0, 0, 1, 2, 3, 0,
    0xD0, 0x99, 0xE1, 0x09, 0x5C, 0x57, 0x4C, 0x1E, 0x9B, 0x25, 0xD0, 0x99, 0xE1, 0x00, 0x00, 0x01,
    6, 0, 0,                                    /* woken by the power switch */
};
static const rom u8 chassis[] = { 3, 13, 0, 0, 1, 3, 2, 0, 0, 3, 3, 3, 2 };    /* desktop; all states safe */
static const rom u8 processor[] = {
    4, 35, 0, 0, 1, 3, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0x41, 6, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0,
};
static const rom u8 memory_array[] = { 16, 15, 0, 0, 3, 3, 3, 0, 0, 0, 0, 0xFE, 0xFF, 1, 0 };
static const rom u8 memory_device[] = { 17, 27, 0, 0, 0, 0, 0xFE, 0xFF, 64, 0, 64, 0, 0, 0, 9, 0, 1, 0, 7, 4, 0, 0, 0, 0, 0, 0, 0 };
static const rom u8 array_address[] = { 19, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };
static const rom u8 boot_information[] = { 32, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
static const rom u8 end_of_table[] = { 127, 4, 0, 0 };

_Static_assert(sizeof bios == 24 && sizeof system == 27 && sizeof chassis == 13 && sizeof processor == 35, "SMBIOS 2.4");
_Static_assert(sizeof memory_array == 15 && sizeof memory_device == 27 && sizeof array_address == 15, "SMBIOS 2.4");

static void memory(list_t *list)
{
    u32 kib = 1024 + memory_all_kib(), array = list->handle, at;
    at = BARE(list, memory_array);
    put32(at + 7, kib);
    at = ADD(list, memory_device, "DIMM 0\0");
    put16(at + 4, array);
    put16(at + 12, kib / 1024);
    at = BARE(list, array_address);
    put32(at + 8, kib - 1);
    put16(at + 12, array);
}

static void structures(list_t *list)
{
    u32 at;
    ADD(list, bios, "doppel\0" "0.1\0" "11/21/2026\0");
    ADD(list, system, "doppel\0" "PC\0" "440FX\0");
    ADD(list, chassis, "doppel\0");
    at = ADD(list, processor, "CPU 0\0");
    put32(at + 8, cpu_signature());
    put32(at + 12, cpu_features());
    memory(list);
    BARE(list, boot_information);
    BARE(list, end_of_table);
}

void smbios_start(void)
{
    u32 at = FIRMWARE + SMBIOS_ENTRY_AT;
    list_t list;
    list.at = FIRMWARE + SMBIOS_AT;
    list.count = list.longest = 0;
    list.handle = 0;
    structures(&list);
    flat_fill(at, 32);
    put_signature(at, 0x535F, 0x5F4D);          /* "_SM_" */
    put8(at + 5, 31);
    put16(at + 6, 0x0402);                  /* 2.4 */
    put16(at + 8, list.longest);
    put32(at + 16, 0x494D445F);             /* "_DMI_" */
    put8(at + 20, '_');
    put16(at + 22, list.at - FIRMWARE - SMBIOS_AT);
    put32(at + 24, FIRMWARE + SMBIOS_AT);
    put16(at + 28, list.count);
    put8(at + 30, 0x24);
    flat_checksum(at + 16, 15, 5);
    flat_checksum(at, 31, 4);
}
