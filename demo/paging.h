/* paging.h: one visit to protected mode with paging, made by protected.S. */
#ifndef PAGING_H
#define PAGING_H

#include "pc.h"

/* The order of these is known to protected.S. */
typedef struct {
    u32 linear;    /*  0  in: the address to read or write, 4 bytes */
    u32 value;     /*  4  in: what to write; out: what was read */
    u32 write;     /*  8  in: write if not 0 */
    u32 cr0_bits;  /* 12  in: bits of CR0 to set beside PE and PG */
    u32 cr3;       /* 16  in: the physical address of the page directory */
    u32 vector;    /* 20  out: the exception, or 0 */
    u32 error;     /* 24  out: its error code */
    u32 cr2;       /* 28  out: the address of a page fault */
    u32 cr0;       /* 32  out: CR0 as it was there */
} visit_t;

void paging_visit(visit_t *visit);

/* Selectors, each 8 times an entry of the global descriptor table in scene_paging.c. */
#define SELECTOR_CODE 0x08 /* this program's segment */
#define SELECTOR_DATA 0x10 /* the same, as data */
#define SELECTOR_FLAT 0x18 /* all 4 GiB */

#endif
