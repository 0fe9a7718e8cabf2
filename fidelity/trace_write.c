/* trace_write.c - see trace_write.h: records made small, blocks compressed, an index at the end.  docs/trace-format.md is the document. */
#include "fidelity/trace_write.h"
#include <stdio.h>
#include <stdlib.h>
#include "fidelity/trace_pack.h"
#include "fidelity/trace_site.h"

enum { SITES = 1 << 15,          /* instructions the writer remembers: a power of two */
       LEARN = 8 };              /* records with failed rules that a site learns from */

/* The writer's own part of a site: what it chooses better rules by. */
typedef struct {
    u32 block;                   /* the site is the reader's, too, in the block of this number */
    u32 learn;                   /* how often yet */
    u64 identity;
    u32 known[KNOWN_NUMBERS], value[SITE_SLOTS];             /* as they were at some record of it */
} study_t;

struct trace_writer {
    trace_packer_t *packer;
    u64      state[TRACE_FIELDS];
    u32      known[KNOWN_NUMBERS];                           /* the general registers are here only */
    /* the block: expectations start anew in each */
    u8      *raw, *at;           /* at NULL: none has begun */
    u32      block, n_records;   /* block: its number, from 1 */
    u32      run;                /* records as expected that are not in the file yet */
    u64      first_number, next_number;
    u32      last_where, last_value;
    trace_site_t *last, nowhere; /* whose rule says where the next record is; nowhere: of no instruction */
    trace_site_t *site;
    study_t *study;
    u64      total_records, total_raw;
};

trace_writer_t *trace_create(const char *path, const char *about, char *why, size_t why_bytes)
{
    trace_writer_t *w = calloc(1, sizeof *w);
    if (w) {
        w->site = calloc(SITES, sizeof *w->site);
        w->study = calloc(SITES, sizeof *w->study);
    }
    if (!w || !w->site || !w->study) snprintf(why, why_bytes, "out of memory");
    else if ((w->packer = packer_open(path, about, why, why_bytes)) != NULL) {
        w->raw = packer_put(w->packer, NULL, 0, 0, 0);
        w->last = &w->nowhere;
        return w;
    }
    if (w) { free(w->site); free(w->study); }
    free(w);
    return NULL;
}

void trace_begin(trace_writer_t *w, const u64 state[TRACE_FIELDS])
{
    memcpy(w->state, state, sizeof w->state);
    for (unsigned i = 0; i < TRACE_GPRS; i++) w->known[KNOWN_REGISTERS + i] = (u32)state[i];
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
    for (unsigned i = 0; i < TRACE_GPRS; i++) w->state[i] = w->known[KNOWN_REGISTERS + i];
    for (unsigned i = 0; i < TRACE_FIELDS; i++) fields += w->state[i] != 0;
    memset(w->known + KNOWN_VALUES, 0, (KNOWN_NUMBERS - KNOWN_VALUES) * sizeof *w->known);
    w->block++;
    w->n_records = w->run = 0;
    w->last_where = w->last_value = 0;
    w->first_number = w->next_number = first->number;
    w->last = &w->nowhere;
    site_rule(w->last, SLOT_NEXT, w->known, KNOWN_ZERO, first->linear);
    w->at = put_varint(w->raw, first->number);
    w->at = put_varint(w->at, first->linear);
    w->at = put_varint(w->at, fields);
    for (unsigned i = 0; i < TRACE_FIELDS; i++)
        if (w->state[i]) {
            *w->at++ = (u8)i;
            w->at = put_varint(w->at, w->state[i]);
        }
}

/* What comes next: so many records as expected, then one of which these numbers are not, or, none, a record in full. */
INLINE u8 *put_head(trace_writer_t *w, u8 *at, unsigned missed)
{
    u32 run = w->run;
    w->run = 0;
    at = put_varint(at, missed << HEAD_RUN_BITS | (run < HEAD_RUN_MORE ? run : HEAD_RUN_MORE));
    return run < HEAD_RUN_MORE ? at : put_varint(at, run - HEAD_RUN_MORE);
}

static void end_block(trace_writer_t *w)
{
    if (w->run) w->at = put_head(w, w->at, 0);
    size_t bytes = (size_t)(w->at - w->raw);
    w->total_raw += bytes;
    w->raw = packer_put(w->packer, w->raw, bytes, w->n_records, w->first_number);
    w->at = NULL;
}

/* ---- sites ---- */

INLINE u32 slot_of(u32 linear) { return (linear ^ linear >> 15) & (SITES - 1); }
INLINE study_t *study_of(const trace_writer_t *w, const trace_site_t *s) { return &w->study[s - w->site]; }

bool trace_knows(const trace_writer_t *w, u32 linear, u64 identity)
{
    const trace_site_t *s = &w->site[slot_of(linear)];
    return identity && s->linear == linear && study_of(w, s)->identity == identity && s->length;
}

/* The site of this record, and whether its bytes must be written: from here on the reader knows them. */
static trace_site_t *look_up(trace_writer_t *w, const trace_record_t *r, u64 identity, bool *write)
{
    trace_site_t *s = &w->site[slot_of(r->linear)];
    study_t *study = study_of(w, s);
    bool same = r->length == 0 || (s->linear == r->linear && s->length == r->length && memcmp(s->bytes, r->bytes, r->length) == 0);
    *write = !same || study->block != w->block;
    study->block = w->block;
    study->identity = identity;
    if (!*write) return s;
    u8 bytes[TRACE_INSTRUCTION_BYTES];
    memcpy(bytes, same ? s->bytes : r->bytes, sizeof bytes);
    site_begin(s, r->linear, bytes, same ? s->length : r->length);
    return s;
}

/* ---- numbers by rules ---- */

/* A rule that holds now and held at the record that was kept. */
static u8 better_source(const study_t *study, const trace_site_t *s, unsigned slot, const u32 *known, u32 value)
{
    unsigned n = KNOWN_VALUES + (slot == SLOT_NEXT || slot >= SLOT_ACCESSES + 2u * s->n_accesses ? s->n_accesses : (slot - SLOT_ACCESSES) / 2);
    for (u8 i = 0; i < n; i++)
        if (slot == SLOT_NEXT ? i && value == known[i] : ((value - known[i]) ^ (study->value[slot] - study->known[i])) << s->narrow[slot] == 0) return i;
    return slot != SLOT_NEXT && s->narrow[slot] == 0 && slot < SLOT_ACCESSES + 2u * s->n_accesses && slot % 2 == SLOT_ACCESSES % 2 ? s->source[slot] : KNOWN_ZERO;
}

/* The number is not what the rule says: what it is instead, and perhaps a better rule. */
static u8 *put_number(u8 *at, trace_site_t *s, const study_t *study, unsigned slot, const u32 *known, u32 value)
{
    u8 source = study && study->learn ? better_source(study, s, slot, known, value) : s->source[slot];
    u32 guess = site_guess(s, slot, known) << s->narrow[slot] >> s->narrow[slot];
    if (source != s->source[slot]) {
        at = put_varint(at, (u64)source << 1 | 1);
        at = put_varint(at, zigzag((s32)(value - known[source])));
    } else {
        at = put_varint(at, zigzag((s32)(value - guess)) << 1);
    }
    site_rule(s, slot, known, source, value);
    return at;
}

/* The record is not where the rule of the one before says. */
static u8 *put_address(trace_writer_t *w, u8 *at, const u32 *known, u32 linear)
{
    return put_number(at, w->last, w->last == &w->nowhere ? NULL : study_of(w, w->last), SLOT_NEXT, known, linear);
}

/* ---- records as expected, or nearly ---- */

/* The record's numbers in their order; false: it has another form. */
INLINE bool gather(const trace_writer_t *w, const trace_site_t *s, const trace_record_t *r, u32 *value)
{
    u32 now[TRACE_GPRS];
    u64 eflags = w->state[TRACE_EFLAGS];
    unsigned registers = 0, slot = SLOT_ACCESSES;
    bool odd = r->n_accesses != s->n_accesses;
    if (odd) return false;
    memcpy(now, w->known + KNOWN_REGISTERS, sizeof now);
    for (unsigned i = 0; i < r->n_changes; i++) {
        const trace_change_t *c = &r->change[i];
        if (c->field < TRACE_GPRS) {
            odd |= c->value == now[c->field];
            registers |= 1u << c->field;
            now[c->field] = (u32)c->value;
        } else {
            odd |= c->field != TRACE_EFLAGS || !s->flags || c->value == eflags || c->value > UINT32_MAX;
            eflags = c->value;
        }
    }
    for (unsigned i = 0; i < r->n_accesses; i++) {
        value[slot++] = r->access[i].where;
        value[slot] = r->access[i].value;
        odd |= access_head(&r->access[i]) != s->head[i] || value[slot] >> 1 >> (31 - s->narrow[slot]);
        slot++;
    }
    for (unsigned left = s->registers; left; left &= left - 1) value[slot++] = now[__builtin_ctz(left)];
    value[slot] = (u32)eflags;
    return !odd && !(registers & ~(unsigned)s->registers) && (!s->flags || eflags <= UINT32_MAX);
}

/* was: the known numbers that the address's rule starts from. */
static void put_missed(trace_writer_t *w, trace_site_t *s, const u32 *was, const u32 *value, unsigned missed)
{
    study_t *study = study_of(w, s);
    u8 *at = put_head(w, w->at, missed);
    if (missed & 1) at = put_address(w, at, was, s->linear);
    for (unsigned left = missed & ~1u; left; left &= left - 1) {
        unsigned slot = (unsigned)__builtin_ctz(left);
        if (s->flags && slot == s->n_slots - 1u) {
            at = put_varint(at, fold_flags(value[slot] ^ s->constant[slot]));
            s->constant[slot] = value[slot];
        } else {
            at = put_number(at, s, study, slot, w->known, value[slot]);
        }
    }
    w->at = at;
    if (study->learn && missed & ~1u) {
        study->learn--;
        memcpy(study->known, w->known, sizeof study->known);
        memcpy(study->value, value, sizeof study->value);
    }
}

INLINE void keep_values(trace_writer_t *w, const trace_record_t *r)
{
    unsigned n = r->n_accesses < SITE_ACCESSES ? r->n_accesses : SITE_ACCESSES;
    for (unsigned i = 0; i < n; i++) w->known[KNOWN_VALUES + i] = r->access[i].value;
}

/* What rules say is not written. */
static bool put_expected(trace_writer_t *w, const trace_record_t *r, u64 identity)
{
    trace_site_t *s = &w->site[slot_of(r->linear)];
    const study_t *study = study_of(w, s);
    u32 value[SITE_SLOTS + 1], was[KNOWN_NUMBERS];
    if (s->linear != r->linear || !s->formed || study->block != w->block || r->kind != TRACE_INSTRUCTION || r->faulted || r->continued
        || r->number != w->next_number) return false;
    if (r->length == 0 ? study->identity != identity : s->length != r->length || memcmp(s->bytes, r->bytes, r->length) != 0) return false;
    if (!gather(w, s, r, value)) return false;
    unsigned missed = site_guess(w->last, SLOT_NEXT, w->known) != r->linear;
    if (missed) memcpy(was, w->known, sizeof was);
    keep_values(w, r);
    for (unsigned i = SLOT_ACCESSES; i < s->n_slots; i++) missed |= (unsigned)((site_guess(s, i, w->known) ^ value[i]) << s->narrow[i] != 0) << i;
    if (!missed) w->run++;
    else         put_missed(w, s, was, value, missed);
    unsigned slot = SLOT_ACCESSES + 2u * s->n_accesses;
    for (unsigned left = s->registers; left; left &= left - 1) w->known[KNOWN_REGISTERS + __builtin_ctz(left)] = value[slot++];
    if (s->flags) w->state[TRACE_EFLAGS] = value[slot];
    w->next_number = r->number + 1;
    w->last = s;
    return true;
}

/* ---- records in full ---- */

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
        at = put_varint(at, zigzag((s32)((u32)c->value - w->known[KNOWN_REGISTERS + c->field])));
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
        *at++ = (u8)(access_head(a) | (same_place ? ACCESS_SAME_PLACE : 0) | (same_value ? ACCESS_SAME_VALUE : 0) | (more ? ACCESS_MORE : 0));
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

static u8 *put_kind(trace_writer_t *w, u8 *at, const trace_record_t *r, u64 identity, u8 *tag, trace_site_t **site)
{
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
    trace_site_t *s = *site = look_up(w, r, identity, &write);
    if (!write) return at;
    *tag |= TAG_BYTES;
    *at++ = s->length;
    memcpy(at, s->bytes, s->length);
    return at + s->length;
}

/* What the record teaches, and where the next one is expected. */
static void expect(trace_writer_t *w, const trace_record_t *r, trace_site_t *s)
{
    keep_values(w, r);
    if (s && site_form(s, r, w->known)) {
        study_t *study = study_of(w, s);
        study->learn = LEARN;
        memcpy(study->known, w->known, sizeof study->known);
        for (unsigned i = 0; i < s->n_slots; i++) study->value[i] = site_guess(s, i, w->known);
    }
    for (unsigned i = 0; i < r->n_changes; i++)
        if (r->change[i].field < TRACE_GPRS) w->known[KNOWN_REGISTERS + r->change[i].field] = (u32)r->change[i].value;
    w->next_number = r->number;
    w->last = &w->nowhere;
    if (s && !r->faulted) {
        w->next_number++;
        w->last = s;
    } else {
        site_rule(w->last, SLOT_NEXT, w->known, KNOWN_ZERO, r->linear);
    }
}

static void put_full(trace_writer_t *w, const trace_record_t *r, u64 identity)
{
    trace_site_t *site = NULL;
    u8 *tag = put_head(w, w->at, 0), *at = tag + 1;
    unsigned others = 0;
    *tag = r->kind;
    if (r->linear != site_guess(w->last, SLOT_NEXT, w->known)) {
        *tag |= TAG_JUMP;
        at = put_address(w, at, w->known, r->linear);
    }
    at = put_kind(w, at, r, identity, tag, &site);
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
    w->at = at;
    expect(w, r, site);
}

void trace_put(trace_writer_t *w, const trace_record_t *r, u64 identity)
{
    if (w->at && (w->at - w->raw > TRACE_BLOCK - TRACE_RECORD_MOST || w->n_records == TRACE_BLOCK_RECORDS)) end_block(w);
    if (!w->at) begin_block(w, r);
    if (!put_expected(w, r, identity)) put_full(w, r, identity);
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
    free(w->site);
    free(w->study);
    free(w);
    return good;
}
