/* mmu.h - paging: from linear to physical addresses.  SDM vol. 3A, chapter 4.
 *
 * 32-bit paging with 4 KiB and (CR4.PSE) 4 MiB pages, PSE-36 reduced to 32 bits of physical address, and PAE with
 * 4 KiB and 2 MiB pages and NX.  Physical addresses above 4 GiB meet no memory. */
#pragma once
#include "mem/bus.h"

enum { CR0_PE = 1u << 0, CR0_MP = 1u << 1, CR0_EM = 1u << 2, CR0_TS = 1u << 3, CR0_ET = 1u << 4, CR0_NE = 1u << 5,
       CR0_WP = 1u << 16, CR0_AM = 1u << 18, CR0_NW = 1u << 29, CR0_CD = 1u << 30 };
#define CR0_PG (1u << 31)
enum { CR4_VME = 1u << 0, CR4_PVI = 1u << 1, CR4_TSD = 1u << 2, CR4_DE = 1u << 3, CR4_PSE = 1u << 4, CR4_PAE = 1u << 5,
       CR4_MCE = 1u << 6, CR4_PGE = 1u << 7, CR4_PCE = 1u << 8, CR4_OSFXSR = 1u << 9, CR4_OSXMMEXCPT = 1u << 10 };

/* Page-fault error code, SDM vol. 3A, 4.7. */
enum { PF_PRESENT = 1, PF_WRITE = 2, PF_USER = 4, PF_RESERVED = 8, PF_FETCH = 16 };

typedef enum { ACCESS_READ, ACCESS_WRITE, ACCESS_FETCH } access_t;

typedef struct { u32 cr0, cr3, cr4; bool nx, no_wp; } paging_t;     /* nx: EFER.NXE; no_wp: a 386, which has no CR0.WP */

typedef struct {
    bool ok;
    u32  error;                  /* !ok: the page fault's error code */
    u64  physical;               /* ok: of the byte asked for, before the A20 gate */
    bool writable;               /* a store by the same privilege would succeed without any change to the tables (D set) */
    bool global, large;          /* of a 4 MiB or 2 MiB page */
} mmu_result_t;

/* Walk the tables, setting A (and D for a write) as the processor does, unless `quiet` (a debugger's look). */
mmu_result_t mmu_translate(bus_t *bus, const paging_t *regs, u32 linear, access_t access, bool user, bool quiet);

/* The entries that lead to a page, as they are: nothing is set.  Only with CR0.PG. */
typedef struct {
    u64  at[2], entry[2];        /* directory, then table; physical addresses and values */
    int  depth;                  /* how many were read; 0: the PAE pointer table's entry is not present */
    bool pae, large, present, reserved;
    u64  physical;               /* of the page */
    u32  page_mask;              /* offset bits */
} mmu_walk_t;
mmu_walk_t mmu_walk(bus_t *bus, const paging_t *regs, u32 linear);
