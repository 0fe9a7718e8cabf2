/* state.c - the walkers over machine state: see state.h.  A saved state is untrusted input: every length, name and bound
 * is checked before a byte is used. */
#include "devices/state.h"
#include <stdlib.h>

static void fail(walker_t *w, const char *field, const char *reason)
{
    if (w->failed)
        return;
    w->failed = true;
    snprintf(w->why, sizeof w->why, "%s: %s: %s", w->chip ? w->chip : "state", field, reason);
}

/* ---- bytes in and out ---- */

static void append(walker_t *w, const void *from, size_t bytes)
{
    blob_t *b = w->blob;
    if (b->capacity - b->bytes < bytes) {
        size_t capacity = (b->capacity + bytes) * 2;
        u8 *data = realloc(b->data, capacity);
        if (!data) {
            fail(w, "save", "out of memory");
            return;
        }
        b->data = data;
        b->capacity = capacity;
    }
    memcpy(b->data + b->bytes, from, bytes);
    b->bytes += bytes;
}

static void append32(walker_t *w, u32 v) { u8 b[4]; put(b, W32, v); append(w, b, 4); }

static bool take(walker_t *w, void *to, size_t bytes)
{
    if (w->failed || !range_ok(w->at, bytes, w->blob->bytes)) {
        fail(w, "load", "ends early");
        return false;
    }
    memcpy(to, w->blob->data + w->at, bytes);
    w->at += bytes;
    return true;
}

static u32 take32(walker_t *w) { u8 b[4] = { 0 }; return take(w, b, 4) ? get(b, W32) : 0; }

static void append_name(walker_t *w, const char *name)
{
    u32 length = (u32)strlen(name);
    append32(w, length);
    append(w, name, length);
}

static bool take_name(walker_t *w, const char *name)
{
    char found[80] = { 0 };
    u32 length = take32(w);
    if (w->failed || length >= sizeof found || length != strlen(name) || !take(w, found, length) || strcmp(found, name) != 0) {
        fail(w, name, "another field stands here");
        return false;
    }
    return true;
}

/* ---- values ---- */

static u64 value_at(const void *at, u32 bytes)
{
    u8 b; u16 h; u32 d; u64 q;
    switch (bytes) {
    case 1: memcpy(&b, at, 1); return b;
    case 2: memcpy(&h, at, 2); return h;
    case 4: memcpy(&d, at, 4); return d;
    default: memcpy(&q, at, 8); return q;
    }
}

static void set_value(void *at, u32 bytes, u64 v)
{
    u8 b = (u8)v; u16 h = (u16)v; u32 d = (u32)v;
    switch (bytes) {
    case 1: memcpy(at, &b, 1); break;
    case 2: memcpy(at, &h, 2); break;
    case 4: memcpy(at, &d, 4); break;
    default: memcpy(at, &v, 8); break;
    }
}

/* A multiply-xorshift mixer; any good 64-bit mixer serves, nothing depends on this one. */
static u64 mix(u64 hash, u64 v)
{
    hash = (hash ^ v) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 29;
}

static u64 next_random(walker_t *w)
{
    w->hash += 0x9E3779B97F4A7C15u;
    u64 z = w->hash;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static void hash_bytes(walker_t *w, const u8 *p, u64 bytes)
{
    u64 h[4] = { w->hash, 1, 2, 3 };                 /* four lanes: RAM is large */
    u64 i = 0;
    for (; i + 32 <= bytes; i += 32)
        for (unsigned lane = 0; lane < 4; lane++)
            h[lane] = mix(h[lane], get64(p + i + lane * 8));
    for (; i < bytes; i++)
        h[0] = mix(h[0], p[i]);
    w->hash = mix(mix(mix(h[0], h[1]), h[2]), h[3]);
}

static void load_element(walker_t *w, const char *name, u8 *at, u32 bytes, u64 max)
{
    u8 raw[8] = { 0 };
    if (!take(w, raw, bytes))
        return;
    u64 v = get64(raw);
    if (v > max)
        fail(w, name, "out of bounds");
    else
        set_value(at, bytes, v);
}

static void walk_element(walker_t *w, const char *name, u8 *at, u32 bytes, u64 max)
{
    u8 raw[8];
    switch (w->kind) {
    case WALK_SAVE: put64(raw, value_at(at, bytes)); append(w, raw, bytes); break;
    case WALK_LOAD: load_element(w, name, at, bytes, max); break;
    case WALK_HASH: w->hash = mix(w->hash, value_at(at, bytes)); break;
    case WALK_SHOW: fprintf(w->file, " %0*llx", (int)bytes * 2, (unsigned long long)value_at(at, bytes)); break;
    case WALK_RANDOMISE: {
        u64 v = next_random(w);
        set_value(at, bytes, max == UINT64_MAX ? v : v % (max + 1));
        break;
    }
    case WALK_LIST: break;
    }
}

/* Before a field's values. */
static bool begin(walker_t *w, const char *name, u32 element_bytes, u64 count)
{
    switch (w->kind) {
    case WALK_SAVE:
        append_name(w, name);
        append32(w, element_bytes);
        append32(w, (u32)count);
        break;
    case WALK_LOAD:
        if (!take_name(w, name)) return false;
        if (take32(w) != element_bytes || take32(w) != (u32)count) {
            fail(w, name, "has another size");
            return false;
        }
        break;
    case WALK_SHOW: fprintf(w->file, "%s %s", w->chip, name); break;
    case WALK_LIST: fprintf(w->file, "%s %s %u %llu\n", w->chip, name, element_bytes, (unsigned long long)count); break;
    default: break;
    }
    return !w->failed;
}

static void end(walker_t *w) { if (w->kind == WALK_SHOW) fputc('\n', w->file); }

void walk_chip(walker_t *w, const char *chip, u16 version)
{
    w->chip = chip;
    if (w->kind == WALK_SAVE) {
        append_name(w, chip);
        append32(w, version);
    } else if (w->kind == WALK_LOAD && take_name(w, chip)) {
        if (take32(w) != version)
            fail(w, "version", "not one this program reads");
    }
}

void walk_array(walker_t *w, const char *name, void *at, u32 element_bytes, u32 count, u64 max)
{
    if (!begin(w, name, element_bytes, count))
        return;
    for (u32 i = 0; i < count; i++)
        walk_element(w, name, (u8 *)at + (size_t)i * element_bytes, element_bytes, max);
    end(w);
}

void walk_scalar(walker_t *w, const char *name, void *at, u32 bytes, u64 max) { walk_array(w, name, at, bytes, 1, max); }

void walk_bytes(walker_t *w, const char *name, void *at, u64 bytes)
{
    if (!begin(w, name, 1, bytes))
        return;
    switch (w->kind) {
    case WALK_SAVE: append(w, at, bytes); break;
    case WALK_LOAD: take(w, at, bytes); break;
    case WALK_HASH: hash_bytes(w, at, bytes); break;
    case WALK_SHOW: {
        walker_t digest = walk_hasher();
        hash_bytes(&digest, at, bytes);
        fprintf(w->file, " %llu bytes, hash %016llx", (unsigned long long)bytes, (unsigned long long)digest.hash);
        break;
    }
    case WALK_RANDOMISE:
        for (u64 i = 0; i < bytes; i++)
            ((u8 *)at)[i] = (u8)next_random(w);
        break;
    case WALK_LIST: break;
    }
    end(w);
}

walker_t walk_saver(blob_t *to)      { return (walker_t){ .kind = WALK_SAVE, .blob = to }; }
walker_t walk_loader(blob_t *from)   { return (walker_t){ .kind = WALK_LOAD, .blob = from }; }
walker_t walk_hasher(void)           { return (walker_t){ .kind = WALK_HASH, .hash = 0x243F6A8885A308D3u }; }
walker_t walk_viewer(FILE *to)       { return (walker_t){ .kind = WALK_SHOW, .file = to }; }
walker_t walk_randomiser(u64 seed)   { return (walker_t){ .kind = WALK_RANDOMISE, .hash = seed }; }
walker_t walk_lister(FILE *to)       { return (walker_t){ .kind = WALK_LIST, .file = to }; }
void     blob_free(blob_t *blob)     { free(blob->data); *blob = (blob_t){ 0 }; }
