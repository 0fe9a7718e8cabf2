/* block.h - the cache of decoded instructions.
 *
 * A block is a run of ops for consecutive instructions inside one physical page; it goes on past a not-taken Jcc and ends at an
 * unconditional transfer, after BLOCK_MAX instructions, at the page's end, or where an instruction may change the mode.  Its key is (physical address,
 * EIP, mode word, limit of CS).  An instruction that crosses a page is a block of its own, keyed on both pages.
 *
 * A block also ends where another begins, or code behind a join would be decoded once for every way that leads there.
 *
 * Ops live in a bump arena; when it is full, everything is dropped.  A block dies (its code was written to) by its
 * first op becoming `stale`, which looks the address up again: whoever still points to it finds the new code. */
#pragma once
#include "cpu/decode.h"

enum { BLOCK_MAX = 48, ARENA_STEP = 1 << 19, ARENA_OPS = 8 * ARENA_STEP, OPS_PER_BLOCK = 8, BLOCK_HASH = 1 << 17, JUMP_CACHE = 1 << 15, HEAD_BITS = 1 << 20,
       PAIR_SLOTS = 1 << 12, LOOK_EVERY = 1 << 14, SCRATCH_OPS = 3 * BLOCK_MAX + 8, NO_PAGE = 0xFFFFFFFF };

typedef struct block {
    u32 physical, second_page;   /* of the first byte; of the second page or NO_PAGE */
    u32 eip, bytes, limit;       /* limit: of CS, part of the key */
    u16 mode;
    op_t *first;
    struct block *next_hashed, *next_on_page[2];             /* on the pages of `physical` and `second_page` */
} block_t;

/* Where an indirect transfer or the main loop finds a block by EIP in a few instructions. */
typedef struct {
    u32 eip, base, stamp;        /* valid with this map_stamp */
    u32 physical;                /* or if the instruction is still found here; NO_PAGE: it lies in two pages */
    const op_t *op;
    u16 mode;
} jump_entry_t;

typedef struct block_cache {
    op_t     *ops;
    cold_t   *cold;              /* parallel to ops */
    block_t  *blocks;
    u32       n_ops, n_blocks;
    u32       most_ops;          /* the arena may be filled so far: see make_room */
    u32       generation;        /* of the arena: changes when it is emptied */
    block_t **hash;              /* BLOCK_HASH heads */
    block_t **page;              /* heads by page of RAM */
    u64      *head;              /* HEAD_BITS bits by physical address: a block may begin there */
    jump_entry_t *jump;          /* JUMP_CACHE entries */
    struct joined *pairs;        /* PAIR_SLOTS entries: see lowering.h */
    u64       n_built, n_killed;
    u64       look_again;        /* with this many blocks built: does the guest want its RAM back? */
} block_cache_t;

bool blocks_init(cpu_t *cpu);    /* false: no memory */
void blocks_free(cpu_t *cpu);
void blocks_flush(cpu_t *cpu);

/* The first op of the block at cpu->eip in the current mode, decoded if need be.  May fault (the fetch).  cpu->current must be NULL and the
 * instruction count settled up to here: see edges.h. */
const op_t *block_find(cpu_t *cpu);

/* Code bytes [physical, +bytes) were changed: kill what was decoded from them. */
void blocks_written(cpu_t *cpu, u32 physical, u32 bytes);

INLINE u32 jump_slot(u32 eip) { return (eip ^ eip >> 12) & (JUMP_CACHE - 1); }
