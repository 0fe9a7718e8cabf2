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
    u32 learn;                   /* how often yet */
    u32 known[KNOWN_NUMBERS], value[SITE_SLOTS];             /* as they were at some record of it */
} study_t;

struct trace_writer {
    trace_packer_t *packer;
    u64      state[TRACE_FIELDS];
    u32      known[KNOWN_NUMBERS];                           /* the general registers are here only */
    /* the block: expectations start anew in each */
    u8      *raw, *at;           /* at NULL: none has begun */
    u32      block, n_records;   /* block: its number, from 1 */
    u32      room;               /* for so many more records; 0 also if there is none for another's bytes, or no block */
    u32      run;                /* records as expected that are not in the file yet */
    u64      first_number, next_number;
    u32      last_where, last_value;
    trace_site_t *last, nowhere; /* whose rule says where the next record is; nowhere: of no instruction */
    trace_site_t *site, *found;  /* found: by trace_knows.  A site's mark: the block in which the reader has it too */
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
    w->room = TRACE_BLOCK_RECORDS;
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
    w->total_records += w->n_records;
    w->raw = packer_put(w->packer, w->raw, bytes, w->n_records, w->first_number);
    w->at = NULL;
    w->n_records = w->room = 0;
}

/* ---- sites ---- */

INLINE u32 slot_of(u32 linear) { return (linear ^ linear >> 15) & (SITES - 1); }
INLINE study_t *study_of(const trace_writer_t *w, const trace_site_t *s) { return &w->study[s - w->site]; }

/* An instruction may have two identities: it may have been decoded twice, by itself and in a block. */
INLINE bool has_identity(const trace_site_t *s, u64 identity) { return s->identity[0] == identity || s->identity[1] == identity; }
static void add_identity(trace_site_t *s, u64 identity)
{
    if (!identity || has_identity(s, identity)) return;
    s->identity[1] = s->identity[0];
    s->identity[0] = identity;
}

bool trace_knows(trace_writer_t *w, u32 linear, u64 identity)
{
    w->found = &w->site[slot_of(linear)];
    __builtin_prefetch(w->found->constant);                  /* it will be wanted soon; and then, as likely as not, what came behind it the last time */
    __builtin_prefetch(&w->site[w->found->follows]);
    return identity && w->found->linear == linear && has_identity(w->found, identity);
}

/* Is it the instruction of this record? */
INLINE bool is_of(const trace_site_t *s, const trace_record_t *r)
{
    return r->length == 0 || (s->linear == r->linear && s->length == r->length && memcmp(s->bytes, r->bytes, r->length) == 0);
}

/* The site of this record, and whether its bytes must be written: from here on the reader knows them. */
static trace_site_t *look_up(trace_writer_t *w, const trace_record_t *r, u64 identity, bool *write)
{
    trace_site_t *s = r->length == 0 ? w->found : &w->site[slot_of(r->linear)];
    bool same = is_of(s, r);
    *write = !same || s->mark != w->block;
    s->mark = w->block;
    if (!same) s->identity[0] = s->identity[1] = 0;
    add_identity(s, identity);
    if (!same) memcpy(s->bytes, r->bytes, s->length = r->length);
    if (*write) site_begin(s, r->linear);
    return s;
}

/* ---- numbers by rules ---- */

/* A rule that holds now and held at the record that was kept. */
static unsigned better_source(const study_t *study, const trace_site_t *s, unsigned slot, const u32 *known, u32 value)
{
    unsigned n = KNOWN_VALUES + (slot == SLOT_NEXT || slot >= SLOT_ACCESSES + 2u * s->n_accesses ? s->n_accesses : (slot - SLOT_ACCESSES) / 2);
    for (unsigned i = 0; i < n; i++)
        if (slot == SLOT_NEXT ? i && value == known[i] : ((value - known[i]) ^ (study->value[slot] - study->known[i])) << site_narrow(s, slot) == 0) return i;
    return slot != SLOT_NEXT && site_narrow(s, slot) == 0 && slot < SLOT_ACCESSES + 2u * s->n_accesses && slot % 2 == SLOT_ACCESSES % 2 ? s->source[slot] : KNOWN_ZERO;
}

/* The number is not what the rule says: what it is instead, and perhaps a better rule. */
static u8 *put_number(u8 *at, trace_site_t *s, const study_t *study, unsigned slot, const u32 *known, u32 value)
{
    unsigned source = study && study->learn ? better_source(study, s, slot, known, value) : s->source[slot];
    u32 guess = site_guess(s, slot, known) << site_narrow(s, slot) >> site_narrow(s, slot);
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

/* These numbers are not what rules say.  was: the values that the address's rule starts from; w->known has the record's, and the registers before it. */
static __attribute__((noinline)) void put_missed(trace_writer_t *w, trace_site_t *s, const trace_record_t *r, const u32 *was, const u32 *registers, u32 eflags, unsigned missed)
{
    study_t *study = study_of(w, s);
    u32 value[SITE_SLOTS + 1], known[KNOWN_NUMBERS];
    unsigned slot = SLOT_ACCESSES;
    u8 *at = put_head(w, w->at, missed);
    if (missed & 1) {
        memcpy(known, w->known, sizeof known);
        memcpy(known + KNOWN_VALUES, was, SITE_ACCESSES * sizeof *was);
        at = put_address(w, at, known, s->linear);
    }
    for (unsigned i = 0; i < s->n_accesses; i++) {
        value[slot++] = r->access[i].where;
        value[slot++] = r->access[i].value;
    }
    for (unsigned left = s->registers; left; left &= left - 1) value[slot++] = registers[__builtin_ctz(left)];
    value[slot] = eflags;
    for (unsigned left = missed & ~1u; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        if (i < slot) {
            at = put_number(at, s, study, i, w->known, value[i]);
        } else {
            at = put_varint(at, fold_flags(eflags ^ s->constant[i]));
            s->constant[i] = eflags;
        }
    }
    w->at = at;
    if (w->at - w->raw > TRACE_BLOCK - TRACE_RECORD_MOST) w->room = 0;
    if (study->learn && missed & ~1u) {
        study->learn--;
        memcpy(study->known, w->known, sizeof study->known);
        memcpy(study->value, value, sizeof study->value);
    }
}

/* Which numbers of accesses, slots from SLOT_ACCESSES on, are not as expected; odd: it is another form.  known gets the values. */
INLINE unsigned missed_accesses(const trace_site_t *s, const trace_record_t *r, u32 *known, bool *odd)
{
    unsigned missed = 0, n = r->n_accesses;
    *odd = n != s->n_accesses;
    if (UNLIKELY(*odd)) return 0;
    for (unsigned i = 0; i < n; i++) {
        const trace_access_t *a = &r->access[i];
        unsigned slot = SLOT_ACCESSES + 2 * i;
        *odd |= access_head(a) != s->head[i];
        missed |= (unsigned)(site_guess(s, slot, known) != a->where) << slot;
        missed |= (unsigned)((site_guess(s, slot + 1, known) ^ a->value) << s->narrow[i] != 0) << slot << 1;
        known[KNOWN_VALUES + i] = a->value;
    }
    return missed;
}

/* Does a register change that the form has not? */
INLINE bool others_change(const trace_site_t *s, const u32 *known, const u32 *registers)
{
    unsigned differ = 0;
#pragma GCC unroll 8
    for (unsigned i = 0; i < TRACE_GPRS; i++) differ |= (unsigned)(registers[i] != known[KNOWN_REGISTERS + i]) << i;
    return differ & ~(unsigned)s->registers;
}

/* What rules say is not written. */
bool trace_put_brief(trace_writer_t *w, const trace_record_t *r, u64 identity, const u32 registers[TRACE_GPRS], u32 eflags)
{
    if (!w->room || r->number != w->next_number) return false;
    trace_site_t *s = r->length == 0 ? w->found : &w->site[slot_of(r->linear)];
    if (!s->formed || s->mark != w->block || !is_of(s, r) || others_change(s, w->known, registers)) return false;
    if (!s->flags && eflags != (u32)w->state[TRACE_EFLAGS]) return false;
    u32 was[SITE_ACCESSES];
    bool odd;
    unsigned missed = site_guess(w->last, SLOT_NEXT, w->known) != r->linear, slot = SLOT_ACCESSES + 2u * s->n_accesses;
    memcpy(was, w->known + KNOWN_VALUES, sizeof was);
    missed |= missed_accesses(s, r, w->known, &odd);
    if (UNLIKELY(odd)) {
        memcpy(w->known + KNOWN_VALUES, was, sizeof was);
        return false;
    }
    for (unsigned left = s->registers; left; left &= left - 1, slot++)
        missed |= (unsigned)(site_guess(s, slot, w->known) != registers[__builtin_ctz(left)]) << slot;
    missed |= (unsigned)(s->constant[slot] != eflags && s->flags) << slot;
    if (r->length) add_identity(s, identity);
    if (missed) put_missed(w, s, r, was, registers, eflags, missed);
    else        w->run++;
    memcpy(w->known + KNOWN_REGISTERS, registers, TRACE_GPRS * sizeof *registers);
    w->state[TRACE_EFLAGS] = eflags;
    w->next_number++;
    w->last->follows = (u32)(s - w->site);
    w->last = s;
    w->n_records++;
    if (w->room) w->room--;
    return true;
}

/* The same from a list of changes. */
static bool put_expected(trace_writer_t *w, const trace_record_t *r, u64 identity)
{
    u32 now[TRACE_GPRS];
    u64 eflags = w->state[TRACE_EFLAGS];
    if (r->kind != TRACE_INSTRUCTION || r->faulted || r->continued) return false;
    memcpy(now, w->known + KNOWN_REGISTERS, sizeof now);
    for (unsigned i = 0; i < r->n_changes; i++) {
        const trace_change_t *c = &r->change[i];
        if (c->field > TRACE_EFLAGS || c->value == (c->field == TRACE_EFLAGS ? eflags : now[c->field])) return false;
        if (c->field == TRACE_EFLAGS) eflags = c->value;
        else                          now[c->field] = (u32)c->value;
    }
    for (unsigned i = 0; i < r->n_accesses; i++)
        if (r->access[i].log2_bytes < 2 && r->access[i].value >> (8 << r->access[i].log2_bytes)) return false;
    return eflags <= UINT32_MAX && w->state[TRACE_EFLAGS] <= UINT32_MAX && trace_put_brief(w, r, identity, now, (u32)eflags);
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
    for (unsigned i = 0; i < r->n_accesses && i < SITE_ACCESSES; i++) w->known[KNOWN_VALUES + i] = r->access[i].value;
    if (s && site_form(s, r, w->known)) {
        study_t *study = study_of(w, s);
        study->learn = LEARN;
        memcpy(study->known, w->known, sizeof study->known);
        for (unsigned i = 0; i < s->n_slots; i++) study->value[i] = site_guess(s, i, w->known);
    }
    for (unsigned i = 0; i < r->n_changes; i++)
        if (r->change[i].field < TRACE_GPRS) w->known[KNOWN_REGISTERS + r->change[i].field] = (u32)r->change[i].value;
    w->last = site_after(s, &w->nowhere, w->known, r);
    w->next_number = r->number + (w->last != &w->nowhere);
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
    if (put_expected(w, r, identity)) return;
    if (w->at && !w->room) end_block(w);
    if (!w->at) begin_block(w, r);
    put_full(w, r, identity);
    w->n_records++;
    if (--w->room && w->at - w->raw > TRACE_BLOCK - TRACE_RECORD_MOST) w->room = 0;
}

/* ---- the end ---- */

trace_size_t trace_size(const trace_writer_t *w)
{
    return (trace_size_t){ w->total_records + w->n_records, w->total_raw + (w->at ? (u64)(w->at - w->raw) : 0), packer_written(w->packer) };
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
