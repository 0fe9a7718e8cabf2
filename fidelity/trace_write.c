/* trace_write.c - see trace_write.h: records made small, blocks compressed, an index at the end.  docs/trace-format.md is the document. */
#define _FILE_OFFSET_BITS 64
#include "fidelity/trace_write.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

enum { KNOWN = 1 << 15 };        /* instructions whose bytes the writer remembers: a power of two */

typedef struct { u32 linear, block; u64 identity; u8 length, bytes[TRACE_INSTRUCTION_BYTES]; } known_t;
typedef struct { u64 offset, number; } index_t;

struct trace_writer {
    FILE    *file;
    char     path[512], trouble[600];
    u64      offset;             /* of the file */
    u64      state[TRACE_FIELDS];
    /* the block: predictions start anew in each */
    u8      *raw, *packed, *at;
    u32      block, n_records;   /* block: its number, from 1 */
    u64      first_number;
    u64      next_number;
    u32      next_linear, last_where, last_value;
    known_t *known;
    index_t *index;
    size_t   n_index, index_room;
    u64      total_records, total_raw;
    z_stream z;
};

/* ---- the file ---- */

static void trouble(trace_writer_t *w, const char *what)
{
    if (!*w->trouble) snprintf(w->trouble, sizeof w->trouble, "%s: %s: %s", w->path, what, errno ? strerror(errno) : "no memory");
}

static void put_file(trace_writer_t *w, const void *from, size_t bytes)
{
    errno = 0;
    if (!*w->trouble && fwrite(from, 1, bytes, w->file) != bytes) trouble(w, "cannot be written");
    w->offset += bytes;
}

static void put_header(trace_writer_t *w, const char *about)
{
    u8 head[16], crc[4];
    size_t bytes = strlen(about);
    if (bytes > TRACE_ABOUT_BYTES) bytes = TRACE_ABOUT_BYTES;
    memcpy(head, TRACE_MAGIC, 8);
    put(head + 8, W16, TRACE_MAJOR);
    put(head + 10, W16, TRACE_MINOR);
    put(head + 12, W32, (u32)bytes);
    put(crc, W32, (u32)crc32(crc32(0, head, sizeof head), (const u8 *)about, (uInt)bytes));
    put_file(w, head, sizeof head);
    put_file(w, about, bytes);
    put_file(w, crc, sizeof crc);
}

trace_writer_t *trace_create(const char *path, const char *about, const u64 state[TRACE_FIELDS], char *why, size_t why_bytes)
{
    trace_writer_t *w = calloc(1, sizeof *w);
    if (w) {
        w->raw = malloc(TRACE_BLOCK);
        w->packed = malloc(TRACE_PACKED);
        w->known = calloc(KNOWN, sizeof *w->known);
    }
    if (!w || !w->raw || !w->packed || !w->known || deflateInit(&w->z, 1) != Z_OK) {
        snprintf(why, why_bytes, "out of memory");
        if (w) { free(w->raw); free(w->packed); free(w->known); free(w); }
        return NULL;
    }
    snprintf(w->path, sizeof w->path, "%s", path);
    memcpy(w->state, state, sizeof w->state);
    w->file = fopen(path, "wb");
    if (!w->file) {
        snprintf(why, why_bytes, "%s: cannot be created: %s", path, strerror(errno));
        deflateEnd(&w->z);
        free(w->raw); free(w->packed); free(w->known); free(w);
        return NULL;
    }
    put_header(w, about);
    return w;
}

/* ---- blocks ---- */

INLINE u8 *put_varint(u8 *at, u64 v)
{
    for (; v >= 0x80; v >>= 7) *at++ = (u8)(v | 0x80);
    *at++ = (u8)v;
    return at;
}

/* A block begins with all there is to know: number, address, the fields that are not 0. */
static void begin_block(trace_writer_t *w, const trace_record_t *first)
{
    unsigned fields = 0;
    for (unsigned i = 0; i < TRACE_FIELDS; i++) fields += w->state[i] != 0;
    w->block++;
    w->n_records = 0;
    w->last_where = w->last_value = 0;
    w->first_number = w->next_number = first->number;
    w->next_linear = first->linear;
    w->at = put_varint(w->raw, first->number);
    w->at = put_varint(w->at, first->linear);
    w->at = put_varint(w->at, fields);
    for (unsigned i = 0; i < TRACE_FIELDS; i++)
        if (w->state[i]) {
            *w->at++ = (u8)i;
            w->at = put_varint(w->at, w->state[i]);
        }
}

static void note_index(trace_writer_t *w)
{
    if (w->n_index == w->index_room) {
        size_t room = w->index_room ? w->index_room * 2 : 256;
        index_t *more = realloc(w->index, room * sizeof *more);
        if (!more) { errno = 0; trouble(w, "the index"); return; }
        w->index = more;
        w->index_room = room;
    }
    w->index[w->n_index++] = (index_t){ w->offset, w->first_number };
}

static void end_block(trace_writer_t *w)
{
    u8 head[TRACE_BLOCK_HEADER];
    size_t raw = (size_t)(w->at - w->raw);
    deflateReset(&w->z);
    w->z.next_in = w->raw;
    w->z.avail_in = (uInt)raw;
    w->z.next_out = w->packed;
    w->z.avail_out = TRACE_PACKED;
    errno = 0;
    if (deflate(&w->z, Z_FINISH) != Z_STREAM_END) trouble(w, "cannot be compressed");
    size_t packed = TRACE_PACKED - w->z.avail_out;
    put(head, W32, TRACE_BLOCK_MARK);
    put(head + 4, W32, (u32)packed);
    put(head + 8, W32, (u32)raw);
    put(head + 12, W32, w->n_records);
    put64(head + 16, w->first_number);
    put(head + 24, W32, (u32)crc32(0, w->packed, (uInt)packed));
    put(head + 28, W32, (u32)crc32(0, head, 28));
    note_index(w);
    put_file(w, head, sizeof head);
    put_file(w, w->packed, packed);
    w->total_raw += raw;
    w->at = NULL;
}

/* ---- the dictionary of instructions ---- */

static known_t *known_at(const trace_writer_t *w, u32 linear) { return &w->known[(linear ^ linear >> 15) & (KNOWN - 1)]; }

bool trace_knows(const trace_writer_t *w, u32 linear, u64 identity)
{
    const known_t *k = known_at(w, linear);
    return identity && k->linear == linear && k->identity == identity && k->length;
}

/* The instruction of this record, and whether its bytes must be written: from here on the reader knows them. */
static const known_t *look_up(trace_writer_t *w, const trace_record_t *r, u64 identity, bool *write)
{
    known_t *k = known_at(w, r->linear);
    bool same = r->length == 0 || (k->linear == r->linear && k->length == r->length && memcmp(k->bytes, r->bytes, r->length) == 0);
    *write = !same || k->block != w->block;
    k->block = w->block;
    k->identity = identity;
    if (same) return k;
    k->linear = r->linear;
    k->length = r->length;
    memcpy(k->bytes, r->bytes, r->length);
    return k;
}

/* ---- records ---- */

/* General registers by a mask, as differences; the rest by field. */
static u8 *put_registers(trace_writer_t *w, u8 *at, const trace_record_t *r, u8 *tag, unsigned *others)
{
    u8 *mask_at = at, mask = 0;
    for (unsigned i = 0; i < r->n_changes; i++) {
        const trace_change_t *c = &r->change[i];
        if (c->field >= TRACE_GPRS) {
            *others += c->field != TRACE_EFLAGS;
            continue;
        }
        if (!mask) at++;
        mask |= (u8)(1 << c->field);
        at = put_varint(at, zigzag((s32)(u32)(c->value - w->state[c->field])));
        w->state[c->field] = c->value;
    }
    if (!mask) return at;
    *mask_at = mask;
    *tag |= TAG_REGISTERS;
    return at;
}

static u8 *put_flags(trace_writer_t *w, u8 *at, const trace_record_t *r, u8 *tag)
{
    for (unsigned i = 0; i < r->n_changes; i++)
        if (r->change[i].field == TRACE_EFLAGS) {
            *tag |= TAG_FLAGS;
            at = put_varint(at, r->change[i].value ^ w->state[TRACE_EFLAGS]);
            w->state[TRACE_EFLAGS] = r->change[i].value;
        }
    return at;
}

static u8 *put_accesses(trace_writer_t *w, u8 *at, const trace_record_t *r)
{
    at = put_varint(at, r->n_accesses);
    for (unsigned i = 0; i < r->n_accesses; i++) {
        const trace_access_t *a = &r->access[i];
        bool port = a->way >= TRACE_IN, same_place = !port && a->where == w->last_where, same_value = a->value == w->last_value;
        *at++ = (u8)(a->way | a->log2_bytes << 2 | (same_place ? ACCESS_SAME_PLACE : 0) | (same_value ? ACCESS_SAME_VALUE : 0));
        if (port) at = put_varint(at, a->where);
        else if (!same_place) at = put_varint(at, zigzag((s32)(a->where - w->last_where)));
        if (!same_value) at = put_varint(at, a->value);
        if (!port) w->last_where = a->where;
        w->last_value = a->value;
    }
    return at;
}

static u8 *put_more(trace_writer_t *w, u8 *at, const trace_record_t *r, unsigned others)
{
    s64 skip = (s64)(r->number - w->next_number);
    *at++ = (u8)((others ? MORE_FIELDS : 0) | (r->faulted ? MORE_FAULTED : 0) | (skip ? MORE_NUMBER : 0) | (r->continued ? MORE_CONTINUED : 0));
    if (skip) at = put_varint(at, zigzag(skip));
    if (!others) return at;
    at = put_varint(at, others);
    for (unsigned i = 0; i < r->n_changes; i++) {
        const trace_change_t *c = &r->change[i];
        if (c->field <= TRACE_EFLAGS) continue;
        *at++ = c->field;
        at = put_varint(at, c->value ^ w->state[c->field]);
        w->state[c->field] = c->value;
    }
    return at;
}

static u8 *put_kind(trace_writer_t *w, u8 *at, const trace_record_t *r, u64 identity, u8 *tag, u8 *length)
{
    *length = 0;
    if (r->kind == TRACE_EVENT) {
        *at++ = (u8)(r->source | (r->has_code ? EVENT_HAS_CODE : 0));
        *at++ = r->vector;
        return r->has_code ? put_varint(at, r->code) : at;
    }
    if (r->kind == TRACE_NOTE) {
        *at++ = r->note;
        *at++ = r->note_length;
        memcpy(at, r->text, r->note_length);
        return at + r->note_length;
    }
    bool write;
    const known_t *k = look_up(w, r, identity, &write);
    *length = k->length;
    if (!write) return at;
    *tag |= TAG_BYTES;
    *at++ = k->length;
    memcpy(at, k->bytes, k->length);
    return at + k->length;
}

void trace_put(trace_writer_t *w, const trace_record_t *r, u64 identity)
{
    if (w->at && w->at - w->raw > TRACE_BLOCK - TRACE_RECORD_MOST) end_block(w);
    if (!w->at) begin_block(w, r);
    u8 *tag = w->at, *at = tag + 1, length;
    unsigned others = 0;
    *tag = r->kind;
    if (r->linear != w->next_linear) {
        *tag |= TAG_JUMP;
        at = put_varint(at, zigzag((s32)(r->linear - w->next_linear)));
    }
    at = put_kind(w, at, r, identity, tag, &length);
    at = put_registers(w, at, r, tag, &others);
    at = put_flags(w, at, r, tag);
    if (r->n_accesses) {
        *tag |= TAG_ACCESSES;
        at = put_accesses(w, at, r);
    }
    if (others || r->faulted || r->continued || r->number != w->next_number) {
        *tag |= TAG_MORE;
        at = put_more(w, at, r, others);
    }
    bool retired = r->kind == TRACE_INSTRUCTION && !r->faulted;
    w->next_number = r->number + retired;
    w->next_linear = r->linear + (retired ? length : 0);
    w->at = at;
    w->n_records++;
    w->total_records++;
}

/* ---- the end ---- */

trace_size_t trace_size(const trace_writer_t *w)
{
    return (trace_size_t){ w->total_records, w->total_raw + (w->at ? (u64)(w->at - w->raw) : 0), w->offset };
}

bool trace_failed(const trace_writer_t *w) { return *w->trouble; }

static void put_index(trace_writer_t *w)
{
    u64 begins = w->offset;
    u8 piece[16];
    put(piece, W32, TRACE_INDEX_MARK);
    put(piece + 4, W32, (u32)w->n_index);
    u32 crc = (u32)crc32(0, piece, 8);
    put_file(w, piece, 8);
    for (size_t i = 0; i < w->n_index; i++) {
        put64(piece, w->index[i].offset);
        put64(piece + 8, w->index[i].number);
        crc = (u32)crc32(crc, piece, 16);
        put_file(w, piece, 16);
    }
    put(piece, W32, crc);
    put_file(w, piece, 4);
    put64(piece, begins);
    put(piece + 8, W32, TRACE_TRAILER_MARK);
    put(piece + 12, W32, (u32)crc32(0, piece, 12));
    put_file(w, piece, TRACE_TRAILER);
}

bool trace_finish(trace_writer_t *w, char *why, size_t why_bytes)
{
    if (w->at) end_block(w);
    put_index(w);
    errno = 0;
    if (fclose(w->file) != 0) trouble(w, "cannot be written");
    bool good = !*w->trouble;
    if (!good) snprintf(why, why_bytes, "%s", w->trouble);
    deflateEnd(&w->z);
    free(w->raw); free(w->packed); free(w->known); free(w->index); free(w);
    return good;
}
