/* trace_write.c - see trace_write.h: records made small, blocks compressed, an index at the end.  docs/trace-format.md is the document. */
#include "fidelity/trace_write.h"
#include <stdio.h>
#include <stdlib.h>
#include "fidelity/trace_pack.h"

enum { KNOWN = 1 << 15 };        /* instructions whose bytes the writer remembers: a power of two */

typedef struct { u32 linear, block; u64 identity; u8 length, bytes[TRACE_INSTRUCTION_BYTES]; } known_t;

struct trace_writer {
    trace_packer_t *packer;
    u64      state[TRACE_FIELDS];
    /* the block: predictions start anew in each */
    u8      *raw, *at;           /* at NULL: none has begun */
    u32      block, n_records;   /* block: its number, from 1 */
    u64      first_number;
    u64      next_number;
    u32      next_linear, last_where, last_value;
    known_t *known;
    u64      total_records, total_raw;
};

trace_writer_t *trace_create(const char *path, const char *about, char *why, size_t why_bytes)
{
    trace_writer_t *w = calloc(1, sizeof *w);
    if (w) w->known = calloc(KNOWN, sizeof *w->known);
    if (!w || !w->known) snprintf(why, why_bytes, "out of memory");
    else if ((w->packer = packer_open(path, about, why, why_bytes)) != NULL) {
        w->raw = packer_put(w->packer, NULL, 0, 0, 0);
        return w;
    }
    if (w) free(w->known);
    free(w);
    return NULL;
}

void trace_begin(trace_writer_t *w, const u64 state[TRACE_FIELDS]) { memcpy(w->state, state, sizeof w->state); }

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

static void end_block(trace_writer_t *w)
{
    size_t bytes = (size_t)(w->at - w->raw);
    w->total_raw += bytes;
    w->raw = packer_put(w->packer, w->raw, bytes, w->n_records, w->first_number);
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
    for (unsigned i = 0; i < r->n_accesses; i++) {
        const trace_access_t *a = &r->access[i];
        bool port = a->way >= TRACE_IN, same_place = !port && a->where == w->last_where, same_value = a->value == w->last_value;
        bool more = i + 1 < r->n_accesses;
        *at++ = (u8)(a->way | a->log2_bytes << 2 | (same_place ? ACCESS_SAME_PLACE : 0) | (same_value ? ACCESS_SAME_VALUE : 0) | (more ? ACCESS_MORE : 0));
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
    return (trace_size_t){ w->total_records, w->total_raw + (w->at ? (u64)(w->at - w->raw) : 0), packer_written(w->packer) };
}

bool trace_failed(const trace_writer_t *w) { return packer_failed(w->packer); }

bool trace_finish(trace_writer_t *w, trace_size_t *size, char *why, size_t why_bytes)
{
    if (w->at) end_block(w);
    *size = trace_size(w);
    bool good = packer_close(w->packer, &size->packed, why, why_bytes);
    free(w->known);
    free(w);
    return good;
}
