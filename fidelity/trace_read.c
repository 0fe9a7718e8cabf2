/* trace_read.c - see trace_read.h. */
#define _FILE_OFFSET_BITS 64
#define _POSIX_C_SOURCE 200809L
#include "fidelity/trace_read.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <zlib.h>
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

static trace_answer_t wrong(trace_reader_t *r, u64 offset, const char *format, ...) __attribute__((format(printf, 3, 4)));
static trace_answer_t wrong(trace_reader_t *r, u64 offset, const char *format, ...)
{
    char what[200];
    va_list list;
    va_start(list, format);
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    snprintf(r->why, sizeof r->why, "%s: offset %llu: %s", r->path, (unsigned long long)offset, what);
    return TRACE_WRONG;
}

/* ---- the file ---- */

static size_t read_at(trace_reader_t *r, u64 offset, void *to, size_t bytes)
{
    if (offset > r->bytes || fseeko(r->file, (off_t)offset, SEEK_SET) != 0) return 0;
    return fread(to, 1, bytes, r->file);
}

static bool read_header(trace_reader_t *r)
{
    u8 head[16], crc[4];
    if (read_at(r, 0, head, sizeof head) != sizeof head || memcmp(head, TRACE_MAGIC, 8) != 0) return wrong(r, 0, "this is no doppel trace"), false;
    u32 major = get(head + 8, W16), bytes = get(head + 12, W32);
    if (major != TRACE_MAJOR) return wrong(r, 8, "the trace is of version %u, this reads version %u", major, TRACE_MAJOR), false;
    if (bytes > TRACE_ABOUT_BYTES || 20u + bytes > r->bytes) return wrong(r, 12, "a description of %u bytes", bytes), false;
    r->about = calloc(1, bytes + 1u);
    if (!r->about) return wrong(r, 12, "out of memory"), false;
    if (read_at(r, 16, r->about, bytes) != bytes || fread(crc, 1, 4, r->file) != 4
        || get(crc, W32) != (u32)crc32(crc32(0, head, sizeof head), (u8 *)r->about, (uInt)bytes))
        return wrong(r, 16, "the description is damaged: its check sum is wrong"), false;
    r->first_block = r->next_block = 20u + bytes;
    return true;
}

static void read_trailer(trace_reader_t *r)
{
    u8 end[TRACE_TRAILER], mark[4];
    if (r->bytes < TRACE_TRAILER || read_at(r, r->bytes - TRACE_TRAILER, end, sizeof end) != sizeof end) return;
    u64 at = get64(end);
    if (get(end + 8, W32) != TRACE_TRAILER_MARK || get(end + 12, W32) != (u32)crc32(0, end, 12)) return;
    if (at < r->first_block || at > r->bytes - TRACE_TRAILER - 12 || read_at(r, at, mark, 4) != 4 || get(mark, W32) != TRACE_INDEX_MARK) return;
    r->whole = true;
    r->index_at = at;
}

trace_reader_t *trace_open(const char *path, char *why, size_t why_bytes)
{
    trace_reader_t *r = calloc(1, sizeof *r);
    if (r) {
        r->raw = malloc(TRACE_BLOCK);
        r->packed = malloc(TRACE_PACKED);
    }
    if (!r || !r->raw || !r->packed || inflateInit(&r->z) != Z_OK) {
        snprintf(why, why_bytes, "out of memory");
        if (r) { free(r->raw); free(r->packed); free(r); }
        return NULL;
    }
    snprintf(r->path, sizeof r->path, "%s", path);
    r->file = fopen(path, "rb");
    off_t bytes = r->file && fseeko(r->file, 0, SEEK_END) == 0 ? ftello(r->file) : -1;
    if (bytes < 0) snprintf(r->why, sizeof r->why, "%s: cannot be read: %s", path, strerror(errno));
    r->bytes = bytes < 0 ? 0 : (u64)bytes;
    if (bytes >= 0 && read_header(r)) {
        read_trailer(r);
        return r;
    }
    snprintf(why, why_bytes, "%s", r->why);
    trace_close(r);
    return NULL;
}

void trace_close(trace_reader_t *r)
{
    if (!r) return;
    if (r->file) fclose(r->file);
    inflateEnd(&r->z);
    free(r->about); free(r->raw); free(r->packed); free(r->site); free(r->place); free(r);
}

const char *trace_about(const trace_reader_t *r) { return r->about; }
bool trace_truncated(const trace_reader_t *r)    { return !r->whole; }
const char *trace_why(const trace_reader_t *r)   { return r->why; }
const u64 *trace_state(const trace_reader_t *r)  { return r->state; }

bool trace_about_value(const trace_reader_t *r, const char *key, char *to, size_t bytes)
{
    size_t length = strlen(key);
    for (const char *line = r->about; *line; line += strcspn(line, "\n"), line += *line == '\n')
        if (strncmp(line, key, length) == 0 && line[length] == ':') {
            line += length + 1;
            line += *line == ' ';
            snprintf(to, bytes, "%.*s", (int)strcspn(line, "\n"), line);
            return true;
        }
    return false;
}

void trace_progress(const trace_reader_t *r, u64 *at, u64 *of)
{
    *at = r->next_block;
    *of = r->whole ? r->index_at : r->bytes;
}

/* ---- blocks ---- */

typedef struct { u32 packed, raw, records, crc; u64 number; } block_t;

/* The header of the block at r->next_block. */
static trace_answer_t read_block_header(trace_reader_t *r, block_t *b)
{
    u8 head[TRACE_BLOCK_HEADER];
    u64 offset = r->next_block;
    if (r->whole && offset == r->index_at) return TRACE_END;
    if (read_at(r, offset, head, sizeof head) != sizeof head)
        return r->whole ? wrong(r, offset, "a block was expected here") : TRACE_END;
    if (get(head, W32) == TRACE_INDEX_MARK) return TRACE_END;
    if (get(head, W32) != TRACE_BLOCK_MARK || get(head + 28, W32) != (u32)crc32(0, head, 28)) return wrong(r, offset, "a block was expected here");
    *b = (block_t){ get(head + 4, W32), get(head + 8, W32), get(head + 12, W32), get(head + 24, W32), get64(head + 16) };
    if (b->packed > TRACE_PACKED || b->raw > TRACE_BLOCK || b->records > TRACE_BLOCK_RECORDS)
        return wrong(r, offset, "a block of %u bytes for %u and %u records", b->packed, b->raw, b->records);
    if (b->packed > r->bytes - offset - TRACE_BLOCK_HEADER)
        return r->whole ? wrong(r, offset, "a block that goes beyond the file's end") : TRACE_END;
    return TRACE_GOT;
}

INLINE u8 take(trace_reader_t *r)
{
    if (UNLIKELY(r->at == r->end)) {
        r->bad = true;
        return 0;
    }
    return *r->at++;
}

static u64 take_varint(trace_reader_t *r)
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

static trace_answer_t bad_block(trace_reader_t *r)
{
    return wrong(r, r->at_block, "block %u breaks the format's rules %u bytes from its beginning", r->block, (unsigned)(r->at - r->raw));
}

static trace_answer_t begin_block(trace_reader_t *r, const block_t *b)
{
    r->block++;
    r->left = b->records;
    r->run = r->missed = 0;
    r->behind = false;
    r->n_sites = 0;
    memset(r->place, 0, PLACES * sizeof *r->place);
    r->last_where = r->last_value = 0;
    r->at = r->raw;
    r->end = r->raw + b->raw;
    r->bad = false;
    r->next_number = take_varint(r);
    u32 linear = (u32)take_varint(r);
    memset(r->state, 0, sizeof r->state);
    for (u64 n = take_varint(r); n && !r->bad; n--) {
        u8 field = take(r);
        u64 value = take_varint(r);
        if (field < TRACE_FIELDS) r->state[field] = value;      /* else: of a later version */
    }
    memset(r->known, 0, sizeof r->known);
    for (unsigned i = 0; i < TRACE_GPRS; i++) r->known[KNOWN_REGISTERS + i] = (u32)r->state[i];
    r->last = &r->nowhere;
    site_rule(r->last, SLOT_NEXT, r->known, KNOWN_ZERO, linear);
    return r->bad ? bad_block(r) : TRACE_GOT;
}

static trace_answer_t read_block(trace_reader_t *r)
{
    block_t b;
    trace_answer_t answer = read_block_header(r, &b);
    if (answer != TRACE_GOT) return answer;
    u64 offset = r->next_block;
    r->at_block = offset;
    if (!r->site) r->site = malloc(SITES * sizeof *r->site);
    if (!r->place) r->place = malloc(PLACES * sizeof *r->place);
    if (!r->site || !r->place) return wrong(r, offset, "out of memory");
    if (read_at(r, offset + TRACE_BLOCK_HEADER, r->packed, b.packed) != b.packed) return r->whole ? wrong(r, offset, "cannot be read") : TRACE_END;
    if ((u32)crc32(0, r->packed, b.packed) != b.crc) return wrong(r, offset, "a block is damaged: its check sum is wrong");
    inflateReset(&r->z);
    r->z.next_in = r->packed;
    r->z.avail_in = b.packed;
    r->z.next_out = r->raw;
    r->z.avail_out = b.raw;
    if (inflate(&r->z, Z_FINISH) != Z_STREAM_END || r->z.avail_out) return wrong(r, offset, "a block does not decompress to its %u bytes", b.raw);
    r->next_block = offset + TRACE_BLOCK_HEADER + b.packed;
    return begin_block(r, &b);
}

/* ---- records ---- */

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
    if (!s || !s->formed || missed >> s->n_slots) return bad_block(r);
    out->length = s->length;
    memcpy(out->bytes, s->bytes, sizeof s->bytes);
    take_expected_accesses(r, s, out, missed);
    take_expected_registers(r, s, out, missed);
    for (unsigned i = 0; i < out->n_changes; i++)
        if (out->change[i].field < TRACE_GPRS) r->known[KNOWN_REGISTERS + out->change[i].field] = (u32)out->change[i].value;
    r->next_number++;
    r->last = s;
    return r->bad ? bad_block(r) : TRACE_GOT;
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
    r->next_number = record->number;
    r->last = &r->nowhere;
    if (s && !record->faulted) {
        r->next_number++;
        r->last = s;
    } else {
        site_rule(r->last, SLOT_NEXT, r->known, KNOWN_ZERO, record->linear);
    }
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
    if (r->bad) return bad_block(r);
    expect(r, out, s);
    return TRACE_GOT;
}

static trace_answer_t take_record(trace_reader_t *r, trace_record_t *out)
{
    if (r->run == 0 && !r->behind) {
        u64 head = take_varint(r), run = head & HEAD_RUN_MORE;
        if (run == HEAD_RUN_MORE) run += take_varint(r);
        if (r->bad || run > r->left || head >> HEAD_RUN_BITS >> SITE_SLOTS) return bad_block(r);
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

trace_answer_t trace_next(trace_reader_t *r, trace_record_t *record)
{
    if (r->held) {
        *record = r->ahead;
        r->held = false;
        return TRACE_GOT;
    }
    if (*r->why) return TRACE_WRONG;
    while (r->left == 0) {
        if (r->at != r->end) return bad_block(r);
        trace_answer_t answer = read_block(r);
        if (answer != TRACE_GOT) return answer;
    }
    return take_record(r, record);
}

/* Block headers tell where their blocks begin; they are few, and read quickly. */
trace_answer_t trace_seek(trace_reader_t *r, u64 number)
{
    block_t b;
    u64 best = r->first_block;
    if (*r->why) return TRACE_WRONG;
    r->held = false;
    r->left = 0;
    r->at = r->end = r->raw;
    for (r->next_block = r->first_block;;) {
        trace_answer_t answer = read_block_header(r, &b);
        if (answer == TRACE_WRONG) return answer;
        if (answer == TRACE_END || b.number > number) break;
        best = r->next_block;
        r->next_block += TRACE_BLOCK_HEADER + b.packed;
    }
    r->next_block = best;
    for (;;) {
        trace_answer_t answer = trace_next(r, &r->ahead);
        if (answer != TRACE_GOT) return answer;
        if (r->ahead.number >= number && r->ahead.kind == TRACE_INSTRUCTION) break;
    }
    r->held = true;
    return TRACE_GOT;
}
