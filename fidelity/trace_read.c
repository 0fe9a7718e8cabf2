/* trace_read.c - see trace_read.h. */
#define _FILE_OFFSET_BITS 64
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include "fidelity/trace_read_inside.h"

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

trace_answer_t trace_bad_block(trace_reader_t *r)
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
    return r->bad ? trace_bad_block(r) : TRACE_GOT;
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

/* ---- reading on ---- */

trace_answer_t trace_next(trace_reader_t *r, trace_record_t *record)
{
    if (r->held) {
        *record = r->ahead;
        r->held = false;
        return TRACE_GOT;
    }
    if (*r->why) return TRACE_WRONG;
    while (r->left == 0) {
        if (r->at != r->end) return trace_bad_block(r);
        trace_answer_t answer = read_block(r);
        if (answer != TRACE_GOT) return answer;
    }
    return trace_take_record(r, record);
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
