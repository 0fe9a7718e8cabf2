/* enlarge.h - a picture at another size, row by row.
 *
 * Each pixel of the result is the average of what it covers of the picture (a box filter).  Between whole multiples edges stay as sharp as they can be
 * and all pixels of the picture look the same size; at whole multiples it is plain repetition; smaller pictures lose no thin line. */
#pragma once
#include "mem/base.h"

typedef struct {
    u32  from, to;                   /* lengths */
    u32 *first;                      /* of the result's pixel i: the first pixel of the picture it covers, and where its weights begin; to + 1 entries */
    u32 *tap;
    u16 *weight;                     /* of 256 */
} enlarge_axis_t;

typedef struct {
    enlarge_axis_t x, y;
    u32 *row[2]; u32 row_of[2];      /* rows of the picture brought to the result's width: the last two */
    unsigned older;
    u32 *sum;                        /* of a row's blue and red, then green */
} enlarge_t;

/* Sizes are at least 1.  Does nothing if they are what they were.  false: out of memory, and nothing may be drawn. */
bool enlarge_set(enlarge_t *e, u32 from_width, u32 from_height, u32 to_width, u32 to_height);
void enlarge_free(enlarge_t *e);
/* The rows of the result, [*first, *end), that show anything of the picture's rows [from, to). */
void enlarge_rows_of(const enlarge_t *e, u32 from, u32 to, u32 *first, u32 *end);
/* Draw rows [first, end) of the result.  pixels: 0x00RRGGBB without gaps; out: row `first`, rows `pitch` bytes apart. */
void enlarge_draw(enlarge_t *e, const u32 *pixels, u32 first, u32 end, void *out, size_t pitch);
