/* diff_side.c - see diff_side.h. */
#include "fidelity/diff_side.h"
#include <stdio.h>
#include <stdlib.h>
#include "fidelity/trace_text.h"

enum { HEAD = offsetof(trace_record_t, text) };          /* of a record read ahead, only the head and what it has of changes and accesses are kept */

/* ---- records ahead ---- */

static size_t packed_bytes(const trace_record_t *r)
{
    return HEAD + sizeof(unsigned) * 2 + r->n_changes * sizeof r->change[0] + r->n_accesses * sizeof r->access[0];
}

static bool keep(diff_side_t *s, const trace_record_t *r)
{
    size_t bytes = packed_bytes(r);
    if (s->first > s->room / 2) {
        memmove(s->ahead, s->ahead + s->first, s->end - s->first);
        s->end -= s->first;
        s->first = 0;
    }
    if (s->end + bytes > s->room) {
        size_t room = (s->room + bytes) * 2 + 4096;
        u8 *more = realloc(s->ahead, room);
        if (!more) return false;
        s->ahead = more;
        s->room = room;
    }
    u8 *at = s->ahead + s->end;
    memcpy(at, r, HEAD);
    memcpy(at += HEAD, &r->n_changes, sizeof(unsigned));
    memcpy(at += sizeof(unsigned), &r->n_accesses, sizeof(unsigned));
    memcpy(at += sizeof(unsigned), r->change, r->n_changes * sizeof r->change[0]);
    memcpy(at + r->n_changes * sizeof r->change[0], r->access, r->n_accesses * sizeof r->access[0]);
    s->end += bytes;
    s->n_ahead++;
    return true;
}

/* The record at `at` of those kept; returns where the next stands. */
static size_t unpack(const diff_side_t *s, size_t at, trace_record_t *r)
{
    const u8 *from = s->ahead + at;
    memcpy(r, from, HEAD);
    memcpy(&r->n_changes, from += HEAD, sizeof(unsigned));
    memcpy(&r->n_accesses, from += sizeof(unsigned), sizeof(unsigned));
    memcpy(r->change, from += sizeof(unsigned), r->n_changes * sizeof r->change[0]);
    memcpy(r->access, from + r->n_changes * sizeof r->change[0], r->n_accesses * sizeof r->access[0]);
    return at + packed_bytes(r);
}

static trace_answer_t read_ahead(diff_side_t *s)
{
    trace_answer_t answer = s->ended ? TRACE_END : s->input->next(s->input, &s->record);
    if (answer != TRACE_GOT) {
        s->ended = true;
        return answer;
    }
    if (!s->begun) {                                           /* the state at the very beginning */
        memcpy(s->after, s->input->state(s->input), sizeof s->after);
        for (unsigned i = s->record.n_changes; i--;) s->after[s->record.change[i].field] = s->record.change[i].old;
        s->begun = true;
        s->n_moved = SIDE_MOVED + 1;
    }
    return keep(s, &s->record) ? TRACE_GOT : TRACE_WRONG;
}

/* ---- steps ---- */

static bool is_prefix(u8 b) { return b == 0x66 || b == 0x67 || b == 0x26 || b == 0x2E || b == 0x36 || b == 0x3E || b == 0x64 || b == 0x65 || b == 0xF0 || b == 0xF2 || b == 0xF3; }

static bool is_string(u8 b) { return (b >= 0xA4 && b <= 0xAF && b != 0xA8 && b != 0xA9) || (b >= 0x6C && b <= 0x6F); }

/* A string instruction with a repeat prefix.  Without bytes: one that counts ECX down by one and moves an index. */
static bool repeats(const diff_side_t *s)
{
    const diff_step_t *t = &s->step;
    bool rep = false;
    unsigned i = 0;
    for (; i < t->length && is_prefix(t->bytes[i]); i++) rep |= t->bytes[i] >= 0xF2;
    if (t->length) return rep && i < t->length && is_string(t->bytes[i]);
    return ((s->ecx - s->after[TRACE_ECX]) & 0xFFFF) == 1 && (s->esi != s->after[TRACE_ESI] || s->edi != s->after[TRACE_EDI]);
}

static void apply(u64 *state, const trace_record_t *r)
{
    for (unsigned i = 0; i < r->n_changes; i++) state[r->change[i].field] = r->change[i].value;
}

/* To the state after the step; what differs from `before` is kept in mind, up to a number. */
static void apply_to_step(diff_side_t *s, const trace_record_t *r)
{
    apply(s->after, r);
    for (unsigned i = 0; i < r->n_changes; i++)
        if (s->n_moved < SIDE_MOVED) s->moved[s->n_moved++] = r->change[i].field;
        else                         s->n_moved = SIDE_MOVED + 1;
}

static void begin_step(diff_side_t *s)
{
    if (s->n_moved > SIDE_MOVED) memcpy(s->before, s->after, sizeof s->before);
    else for (unsigned i = 0; i < s->n_moved; i++) s->before[s->moved[i]] = s->after[s->moved[i]];
    s->n_moved = 0;
}

static void add_accesses(diff_step_t *t, const trace_record_t *r)
{
    for (unsigned i = 0; i < r->n_accesses; i++) {
        const trace_access_t *a = &r->access[i];
        if (t->n_accesses < TRACE_ACCESSES) t->access[t->n_accesses++] = *a;
        t->all_accesses++;
        t->reads |= a->way == TRACE_IN || a->way == TRACE_READ;
        t->access_digest = (t->access_digest ^ a->where ^ (u64)a->value << 32 ^ (u64)a->way << 20 ^ (u64)a->log2_bytes << 24) * 0x9E3779B97F4A7C15u;
        t->access_digest ^= t->access_digest >> 31;
    }
}

static void take_instruction(diff_side_t *s, const trace_record_t *r)
{
    diff_step_t *t = &s->step;
    begin_step(s);
    t->number = r->number;
    t->linear = r->linear;
    t->cs = (u16)s->before[TRACE_SELECTOR + TRACE_CS];
    t->eip = r->linear - (u32)s->before[TRACE_BASE + TRACE_CS];
    t->mode = trace_mode(s->before);
    t->faulted = r->faulted;
    t->length = r->length;
    memcpy(t->bytes, r->bytes, sizeof t->bytes);
    t->reads = t->open = false;
    t->n_accesses = t->all_accesses = 0;
    t->access_digest = 0;
}

/* Does this record go on with the step? */
static bool belongs(const diff_side_t *s, const trace_record_t *r)
{
    return r->kind == TRACE_INSTRUCTION && (r->continued || (r->linear == s->step.linear && !s->step.faulted && repeats(s)));
}

trace_answer_t side_next(diff_side_t *s)
{
    trace_record_t *r = &s->record;
    bool taken = false;
    s->step.event = false;
    for (;;) {
        trace_answer_t answer = s->n_ahead ? TRACE_GOT : read_ahead(s);
        if (answer == TRACE_WRONG || (answer == TRACE_END && !taken)) return answer;
        if (answer == TRACE_END) {
            s->step.open = s->input->cut || repeats(s);
            return TRACE_GOT;
        }
        size_t next = unpack(s, s->first, r);
        if (taken && !belongs(s, r)) return TRACE_GOT;
        s->first = next;
        s->n_ahead--;
        s->taken += r->kind == TRACE_INSTRUCTION;
        if (r->kind == TRACE_INSTRUCTION && !taken) {
            take_instruction(s, r);
            taken = true;
        } else if (r->kind == TRACE_EVENT) {
            s->step.event = true;
            s->step.hardware = r->source == TRACE_INTERRUPT;
            s->step.vector = r->vector;
        }
        if (taken) {
            s->step.faulted = r->faulted;
            add_accesses(&s->step, r);
        }
        s->ecx = (u32)s->after[TRACE_ECX];
        s->esi = (u32)s->after[TRACE_ESI];
        s->edi = (u32)s->after[TRACE_EDI];
        apply_to_step(s, r);
    }
}

unsigned side_look(diff_side_t *s, diff_place_t *places, unsigned most)
{
    u64 state[TRACE_FIELDS];
    unsigned n = 0, seen = 0;
    u32 last = s->step.linear, records = 0;
    memcpy(state, s->after, sizeof state);
    for (size_t at = s->first; n < most && seen < LOOK_MOST; seen++) {
        if (seen == s->n_ahead) {
            size_t passed = at - s->first;
            if (s->end - s->first > LOOK_BYTES || read_ahead(s) != TRACE_GOT) break;
            at = s->first + passed;
        }
        at = unpack(s, at, &s->record);
        if (s->record.kind == TRACE_INSTRUCTION && !s->record.continued && s->record.linear != last) {
            places[n] = (diff_place_t){ (u32)state[TRACE_SELECTOR + TRACE_CS], s->record.linear - (u32)state[TRACE_BASE + TRACE_CS], s->record.linear, records, { 0 } };
            for (unsigned i = 0; i < TRACE_GPRS; i++) places[n].r[i] = (u32)state[i];
            n++;
        }
        if (s->record.kind == TRACE_INSTRUCTION) {
            last = s->record.linear;
            records++;
        }
        apply(state, &s->record);
    }
    return n;
}

void side_open(diff_side_t *s, diff_input_t *input)
{
    memset(s, 0, sizeof *s);
    s->input = input;
}

void side_close(diff_side_t *s)
{
    free(s->ahead);
    if (s->input) s->input->close(s->input);
}

/* ---- trace files ---- */

typedef struct { diff_input_t input; trace_reader_t *reader; } trace_input_t;

static trace_answer_t next(diff_input_t *self, trace_record_t *record) { return trace_next(((trace_input_t *)self)->reader, record); }
static const u64 *state(diff_input_t *self)  { return trace_state(((trace_input_t *)self)->reader); }
static const char *why_of(diff_input_t *self) { return trace_why(((trace_input_t *)self)->reader); }
static void progress(diff_input_t *self, u64 *at, u64 *of) { trace_progress(((trace_input_t *)self)->reader, at, of); }
static void close_trace(diff_input_t *self)
{
    trace_close(((trace_input_t *)self)->reader);
    free(self);
}

diff_input_t *input_trace(const char *path, char *why, size_t why_bytes)
{
    trace_input_t *t = calloc(1, sizeof *t);
    if (!t) { snprintf(why, why_bytes, "out of memory"); return NULL; }
    t->reader = trace_open(path, why, why_bytes);
    if (!t->reader) { free(t); return NULL; }
    char kinds[64] = "memory,ports,events,state", model[32] = "";
    trace_about_value(t->reader, "kinds", kinds, sizeof kinds);
    trace_about_value(t->reader, "model", model, sizeof model);
    bool whole = strstr(kinds, "state");
    for (unsigned i = 0; i < TRACE_FIELDS; i++) t->input.known[i] = whole || i <= TRACE_EFLAGS;
    t->input.known[TRACE_SELECTOR + TRACE_CS] = t->input.known[TRACE_BASE + TRACE_CS] = true;
    t->input.bytes = true;
    t->input.accesses = strstr(kinds, "memory") && strstr(kinds, "ports");
    t->input.events = strstr(kinds, "events");
    t->input.cut = trace_truncated(t->reader);
    t->input.model = trace_model(model);
    snprintf(t->input.name, sizeof t->input.name, "%s", path);
    t->input.next = next;
    t->input.state = state;
    t->input.why = why_of;
    t->input.progress = progress;
    t->input.close = close_trace;
    return &t->input;
}
