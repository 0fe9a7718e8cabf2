/* tables.h - the tables the firmware leaves for operating systems on a PCI board: where they are, how they are written.
 * Those that are searched for in F0000-FFFFF have their room in system.ld (`.tables`); the rest lies at the top of memory. */
#pragma once
#include "system.h"

#define FIRMWARE 0xF0000u
enum { IO_APIC_ID = 2 };
enum {                                          /* offsets in the segment F000h */
    RSDP_AT = 0xDA00, BIOS32_AT = 0xDA20, MP_POINTER_AT = 0xDA30, SMBIOS_ENTRY_AT = 0xDA40, PIR_AT = 0xDA60,
    MP_AT = 0xDB20, SMBIOS_AT = 0xDD80, TABLES_END = 0xE000,
};
enum { ACPI_KIB = 64, FACS_KIB = 4 };           /* at the top of memory; the last part is the FACS's */

/* flat.c: memory by linear address, while FS is flat (flat_on). */
u32  get8(u32 linear);
u32  get32(u32 linear);
void put8(u32 linear, u32 value);
void put16(u32 linear, u32 value);
void put32(u32 linear, u32 value);
/* A signature that is searched for, in two halves: so nobody finds it in the ROM's own code or constants. */
void put_signature(u32 linear, u32 low, u32 high);
void flat_copy(u32 to, const rom void *from, u32 bytes);
void flat_fill(u32 to, u32 bytes);
void flat_checksum(u32 from, u32 bytes, u32 at);    /* sets the byte `at` so that all add up to 0 */

void tables_start(void);                        /* tables.c */

void pir_start(u32 router);                     /* pci_bios.c */
void mp_start(void);                            /* mptable.c */
void acpi_start(void);                          /* acpi.c */
void smbios_start(void);                        /* smbios.c */
bool apics_found(u32 *local_id);                /* mptable.c */
