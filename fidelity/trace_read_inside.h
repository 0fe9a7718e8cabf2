/* trace_read_inside.h - the reader's state, shared by trace_read.c (the file, its blocks) and trace_read_records.c (what is in a block). */
#pragma once
#include <stdio.h>
#include <zlib.h>
#include "fidelity/trace_read.h"
#include "fidelity/trace_site.h"

enum { SITES = TRACE_BLOCK / 4,  /* a block tells the bytes of fewer instructions: each takes four of its own at least */
       PLACES = 2 * SITES };     /* where they are looked for; a power of two */

struct trace_reader {
    FILE    *file;
    char    *about;
    char     path[512], why[800];
    u64      bytes, first_block, at_block, next_block;          /* file offsets */
    bool     whole;                                             /* there is an index at the end */
    u64      index_at;
    u64      state[TRACE_FIELDS];
    u32      known[KNOWN_NUMBERS];                              /* the general registers as in `state` */
    u8      *raw, *packed;
    const u8 *at, *end;                                         /* in raw */
    u32      block, left;                                       /* records that are left in the block */
    u32      run, missed;                                       /* of them: as expected; numbers of the one behind that are not */
    bool     behind;                                            /* there is one behind */
    u64      next_number;
    u32      last_where, last_value;
    bool     bad;                                               /* a varint went beyond the block, or a rule was broken */
    trace_site_t *site, *last, nowhere;                         /* last: whose rule says where the next record is; nowhere: of no instruction */
    u32      n_sites;
    u32     *place;                                             /* by address: 1 + number of a site, 0: none */
    z_stream z;
    bool     held;                                              /* a record was read ahead by trace_seek */
    trace_record_t ahead;
};

INLINE u8 take(trace_reader_t *r)
{
    if (UNLIKELY(r->at == r->end)) {
        r->bad = true;
        return 0;
    }
    return *r->at++;
}

static inline u64 take_varint(trace_reader_t *r)
{
    u64 v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        u8 b = take(r);
        v |= (u64)(b & 0x7F) << shift;
        if (!(b & 0x80)) return v;
    }
    r->bad = true;
    return 0;
}

/* The block breaks a rule of the format: TRACE_WRONG, with the place in the reader's `why`. */
trace_answer_t trace_bad_block(trace_reader_t *r);
/* The next record of the block; there is one. */
trace_answer_t trace_take_record(trace_reader_t *r, trace_record_t *out);
