/* trace_read_records.c - the records of a block: as expected of the instruction, nearly so, or in full.  docs/trace-format.md. */
#include "fidelity/trace_read_inside.h"

static void change(trace_reader_t *r, trace_record_t *out, u8 field, u64 value)
{
    if (field >= TRACE_FIELDS) return;                          /* of a later version */
    if (out->n_changes < TRACE_FIELDS) out->change[out->n_changes++] = (trace_change_t){ field, value, r->state[field] };
    r->state[field] = value;
}

static void take_kind(trace_reader_t *r, trace_record_t *out, u8 tag)
{
    u8 head;
    switch (out->kind) {
    case TRACE_EVENT:
        head = take(r);
        out->source = head & 3;
        out->has_code = head & EVENT_HAS_CODE;
        out->vector = take(r);
        out->code = out->has_code ? (u32)take_varint(r) : 0;
        break;
    case TRACE_NOTE:
        out->note = take(r);
        out->note_length = take(r);
        for (unsigned i = 0; i < out->note_length; i++) out->text[i] = (char)take(r);
        out->text[out->note_length] = 0;
        break;
    case TRACE_INSTRUCTION:
        if (tag & TAG_BYTES) {
            out->length = take(r);
            if (out->length > TRACE_INSTRUCTION_BYTES || out->length == 0) { r->bad = true; break; }
            for (unsigned i = 0; i < out->length; i++) out->bytes[i] = take(r);
        }
        break;
    default: r->bad = true;
    }
}

/* At most SITES of PLACES are taken, so a search ends.  NULL: the block has not told of an instruction there. */
static trace_site_t *find_site(const trace_reader_t *r, u32 linear, u32 *slot)
{
    for (*slot = linear * 0x9E3779B1u >> 15;; ++*slot) {
        *slot &= PLACES - 1;
        trace_site_t *s = r->place[*slot] ? &r->site[r->place[*slot] - 1] : NULL;
        if (!s || s->linear == linear) return s;
    }
}

static trace_site_t *look_up(trace_reader_t *r, trace_record_t *out)
{
    u32 slot;
    trace_site_t *s = find_site(r, out->linear, &slot);
    if (out->length) {
        if (!s && r->n_sites == SITES) return r->bad = true, NULL;
        if (!s) {
            s = &r->site[r->n_sites++];
            s->follows = 0;
            r->place[slot] = r->n_sites;
        }
        s->length = out->length;
        memcpy(s->bytes, out->bytes, sizeof s->bytes);
        site_begin(s, out->linear);
    } else if (s) {
        out->length = s->length;
        memcpy(out->bytes, s->bytes, sizeof s->bytes);
    } else {
        r->bad = true;
    }
    return s;
}

/* ---- numbers by rules ---- */

static u32 take_number(trace_reader_t *r, trace_site_t *s, unsigned slot)
{
    u32 value = site_guess(s, slot, r->known) << site_narrow(s, slot) >> site_narrow(s, slot);
    u64 v = take_varint(r);
    if (v & 1) {
        if (v >> 1 >= KNOWN_NUMBERS) return r->bad = true, 0;
        site_rule(s, slot, r->known, (unsigned)(v >> 1), 0);
        value = r->known[v >> 1] + (u32)unzigzag(take_varint(r));
    } else {
        value += (u32)unzigzag(v >> 1);
    }
    site_rule(s, slot, r->known, s->source[slot], value);
    return value;
}

static u32 take_address(trace_reader_t *r, bool told)
{
    return told ? take_number(r, r->last, SLOT_NEXT) : site_guess(r->last, SLOT_NEXT, r->known);
}

/* The site at this address, quickly if it came behind the last one before. */
static trace_site_t *next_site(trace_reader_t *r, u32 linear)
{
    u32 slot, hint = r->last->follows;      /* the site that came next may be this one */
    if (hint < r->n_sites && r->site[hint].linear == linear) return &r->site[hint];
    trace_site_t *s = find_site(r, linear, &slot);
    if (s) r->last->follows = (u32)(s - r->site);
    return s;
}

/* ---- records as expected, or nearly ---- */

static void take_expected_accesses(trace_reader_t *r, trace_site_t *s, trace_record_t *out, u32 missed)
{
    unsigned slot = SLOT_ACCESSES;
    out->n_accesses = s->n_accesses;
    for (unsigned i = 0; i < s->n_accesses; i++) {
        trace_access_t *a = &out->access[i];
        a->way = s->head[i] & 3;
        a->log2_bytes = s->head[i] >> 2 & 3;
        a->where = missed >> slot & 1 ? take_number(r, s, slot) : site_guess(s, slot, r->known);
        slot++;
        a->value = missed >> slot & 1 ? take_number(r, s, slot) : site_guess(s, slot, r->known) << s->narrow[i] >> s->narrow[i];
        r->known[KNOWN_VALUES + i] = a->value;
        slot++;
    }
}

static void take_expected_registers(trace_reader_t *r, trace_site_t *s, trace_record_t *out, u32 missed)
{
    unsigned slot = SLOT_ACCESSES + 2u * s->n_accesses;
    for (unsigned left = s->registers; left; left &= left - 1, slot++) {
        u8 field = (u8)__builtin_ctz(left);
        u32 value = missed >> slot & 1 ? take_number(r, s, slot) : site_guess(s, slot, r->known);
        if (value != r->state[field]) change(r, out, field, value);
    }
    if (s->flags) {
        if (missed >> slot & 1) s->constant[slot] ^= fold_flags((u32)take_varint(r));
        if (s->constant[slot] != r->state[TRACE_EFLAGS]) change(r, out, TRACE_EFLAGS, s->constant[slot]);
    }
}

static trace_answer_t take_expected(trace_reader_t *r, trace_record_t *out, u32 missed)
{
    out->kind = TRACE_INSTRUCTION;
    out->number = r->next_number;
    out->faulted = out->continued = out->has_code = false;
    out->n_changes = out->n_accesses = 0;
    out->linear = take_address(r, missed & 1);
    trace_site_t *s = next_site(r, out->linear);
    if (!s || !s->formed || missed >> s->n_slots) return trace_bad_block(r);
    out->length = s->length;
    memcpy(out->bytes, s->bytes, sizeof s->bytes);
    take_expected_accesses(r, s, out, missed);
    take_expected_registers(r, s, out, missed);
    for (unsigned i = 0; i < out->n_changes; i++)
        if (out->change[i].field < TRACE_GPRS) r->known[KNOWN_REGISTERS + out->change[i].field] = (u32)out->change[i].value;
    r->next_number++;
    r->last = s;
    return r->bad ? trace_bad_block(r) : TRACE_GOT;
}

/* ---- records in full ---- */

static void take_registers(trace_reader_t *r, trace_record_t *out)
{
    u8 mask = take(r);
    for (u8 i = 0; i < TRACE_GPRS; i++)
        if (mask >> i & 1) change(r, out, i, (u32)(r->state[i] + (u64)unzigzag(take_varint(r))));
}

static void take_accesses(trace_reader_t *r, trace_record_t *out)
{
    for (u8 head = ACCESS_MORE; head & ACCESS_MORE && !r->bad;) {
        head = take(r);
        trace_access_t a = { .way = head & 3, .log2_bytes = head >> 2 & 3, .where = r->last_where, .value = r->last_value };
        bool port = a.way >= TRACE_IN;
        if (port) a.where = (u32)take_varint(r);
        else if (!(head & ACCESS_SAME_PLACE)) a.where += (u32)unzigzag(take_varint(r));
        if (!(head & ACCESS_SAME_VALUE)) a.value = (u32)take_varint(r);
        if (!port) r->last_where = a.where;
        r->last_value = a.value;
        if (out->n_accesses == TRACE_ACCESSES) r->bad = true;
        else out->access[out->n_accesses++] = a;
    }
}

static void take_more(trace_reader_t *r, trace_record_t *out)
{
    u8 more = take(r);
    out->faulted = more & MORE_FAULTED;
    out->continued = more & MORE_CONTINUED;
    if (more & MORE_NUMBER) out->number += (u64)unzigzag(take_varint(r));
    if (!(more & MORE_FIELDS)) return;
    for (u64 n = take_varint(r); n && !r->bad; n--) {
        u8 field = take(r);
        change(r, out, field, take_varint(r) ^ (field < TRACE_FIELDS ? r->state[field] : 0));
    }
}

/* What the record teaches, and where the next one is expected. */
static void expect(trace_reader_t *r, const trace_record_t *record, trace_site_t *s)
{
    for (unsigned i = 0; i < record->n_accesses && i < SITE_ACCESSES; i++) r->known[KNOWN_VALUES + i] = record->access[i].value;
    if (s) site_form(s, record, r->known);
    for (unsigned i = 0; i < TRACE_GPRS; i++) r->known[KNOWN_REGISTERS + i] = (u32)r->state[i];
    r->last = site_after(s, &r->nowhere, r->known, record);
    r->next_number = record->number + (r->last != &r->nowhere);
}

static trace_answer_t take_full(trace_reader_t *r, trace_record_t *out)
{
    trace_site_t *s = NULL;
    u8 tag = take(r);
    out->kind = tag & TAG_KIND;
    out->number = r->next_number;
    out->faulted = out->continued = out->has_code = false;
    out->length = 0;
    out->n_changes = out->n_accesses = 0;
    out->linear = take_address(r, tag & TAG_JUMP);
    take_kind(r, out, tag);
    if (out->kind == TRACE_INSTRUCTION && !r->bad) s = look_up(r, out);
    if (tag & TAG_REGISTERS) take_registers(r, out);
    if (tag & TAG_FLAGS)     change(r, out, TRACE_EFLAGS, take_varint(r) ^ r->state[TRACE_EFLAGS]);
    if (tag & TAG_ACCESSES)  take_accesses(r, out);
    if (tag & TAG_MORE)      take_more(r, out);
    if (r->bad) return trace_bad_block(r);
    expect(r, out, s);
    return TRACE_GOT;
}

trace_answer_t trace_take_record(trace_reader_t *r, trace_record_t *out)
{
    if (r->run == 0 && !r->behind) {
        u64 head = take_varint(r), run = head & HEAD_RUN_MORE;
        if (run == HEAD_RUN_MORE) run += take_varint(r);
        if (r->bad || run > r->left || head >> HEAD_RUN_BITS >> SITE_SLOTS) return trace_bad_block(r);
        r->run = (u32)run;
        r->missed = (u32)(head >> HEAD_RUN_BITS);
        r->behind = true;
    }
    r->left--;
    if (r->run) {
        r->run--;
        return take_expected(r, out, 0);
    }
    r->behind = false;
    return r->missed ? take_expected(r, out, r->missed) : take_full(r, out);
}
