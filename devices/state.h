/* state.h - one walk over a chip's state serves saving, loading, validating, hashing, showing and comparing.
 * A chip lists its fields once, in one function, with their bounds; the walker decides what to do.
 *
 *   void pit_walk(pit_t *pit, walker_t *w)
 *   {
 *       walk_chip(w, "pit", 1);
 *       FIELD(w, pit->reload);                 any unsigned integer or bool: 1, 2, 4 or 8 bytes
 *       FIELD_MAX(w, pit->mode, 5);            a loaded value above 5 is refused
 *       FIELD_ARRAY(w, pit->page);             array of integers
 *       FIELD_BYTES(w, chip->vram, bytes);     raw memory
 *       alarm_walk(&pit->alarm, w, "alarm");
 *       if (walk_loading(w)) recompute(pit);   derived values are never loaded
 *   }
 *
 * Format of the saved bytes: per chip a header {name, version}, per field {name, element bytes, count, values little-endian}. */
#pragma once
#include "mem/base.h"
#include <stdio.h>

typedef enum { WALK_SAVE, WALK_LOAD, WALK_HASH, WALK_SHOW, WALK_RANDOMISE, WALK_LIST } walk_kind_t;

typedef struct { u8 *data; size_t bytes, capacity; } blob_t;     /* grows; free with blob_free */

typedef struct walker {
    walk_kind_t kind;
    blob_t     *blob;                /* SAVE: grows; LOAD: read */
    size_t      at;                  /* LOAD: position */
    FILE       *file;                /* SHOW, LIST */
    const char *chip;
    u64         hash;                /* HASH: result; RANDOMISE: generator state */
    bool        failed;
    char        why[160];            /* first failure: chip, field, reason */
} walker_t;

walker_t walk_saver(blob_t *to);
walker_t walk_loader(blob_t *from);
walker_t walk_hasher(void);
walker_t walk_viewer(FILE *to);      /* name value lines */
walker_t walk_randomiser(u64 seed);  /* fills every field with random values inside its bounds (tests) */
walker_t walk_lister(FILE *to);      /* "chip field bytes count" lines: the golden list */
void     blob_free(blob_t *blob);

INLINE bool walk_loading(const walker_t *w) { return w->kind == WALK_LOAD || w->kind == WALK_RANDOMISE; }

void walk_chip(walker_t *w, const char *chip, u16 version);
void walk_scalar(walker_t *w, const char *name, void *at, u32 bytes, u64 max);
void walk_array(walker_t *w, const char *name, void *at, u32 element_bytes, u32 count, u64 max);
void walk_bytes(walker_t *w, const char *name, void *at, u64 bytes);

#define FIELD_LIMIT_(x) _Generic((x), bool: (u64)1, default: UINT64_MAX)
#define FIELD(w, x)               walk_scalar((w), #x, &(x), (u32)sizeof(x), FIELD_LIMIT_(x))
#define FIELD_MAX(w, x, max)      walk_scalar((w), #x, &(x), (u32)sizeof(x), (max))
#define FIELD_ARRAY(w, x)         walk_array((w), #x, (x), (u32)sizeof(x)[0], (u32)(sizeof(x) / sizeof(x)[0]), FIELD_LIMIT_((x)[0]))
#define FIELD_ARRAY_MAX(w, x, max) walk_array((w), #x, (x), (u32)sizeof(x)[0], (u32)(sizeof(x) / sizeof(x)[0]), (max))
#define FIELD_BYTES(w, x, bytes)  walk_bytes((w), #x, (x), (bytes))
