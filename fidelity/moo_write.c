/* moo_write.c - see moo_write.h. */
#include "fidelity/moo_write.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

enum { HEADER = 20, COUNT_AT = 12, MOST_REGISTERS = 4 + 4 * MOO_REGISTERS };

struct moo_writer {
    u8    *data;
    size_t used, room;
    u32    n_tests;
    bool   failed, has_base;
    moo_state_t base;
};

/* ---- bytes and chunks ---- */

static void add(moo_writer_t *w, const void *bytes, size_t n)
{
    if (w->used + n > w->room && !w->failed) {
        size_t room = 2 * w->room + n;
        u8 *larger = realloc(w->data, room);
        if (larger) w->data = larger, w->room = room;
        else        w->failed = true;
    }
    if (w->failed) return;
    memcpy(w->data + w->used, bytes, n);
    w->used += n;
}

static void add_value(moo_writer_t *w, width_t width, u32 value)
{
    u8 raw[4];
    put(raw, width, value);
    add(w, raw, width / 8);
}

/* A chunk begins; end_chunk fills in its length. */
static size_t begin_chunk(moo_writer_t *w, const char *kind)
{
    add(w, kind, 4);
    add_value(w, W32, 0);
    return w->used;
}

static void end_chunk(moo_writer_t *w, size_t begun)
{
    if (!w->failed) put(w->data + begun - 4, W32, (u32)(w->used - begun));
}

/* ---- parts of a test ---- */

static void add_registers(moo_writer_t *w, const char *kind, const u32 *r, u32 which)
{
    if (!which) return;
    size_t chunk = begin_chunk(w, kind);
    add_value(w, W32, which);
    for (unsigned n = 0; n < MOO_REGISTERS; n++)
        if (which >> n & 1) add_value(w, W32, r[n]);
    end_chunk(w, chunk);
}

/* Pieces of `now` that differ from `old`; gaps of up to three bytes are bridged. */
static void add_fx(moo_writer_t *w, const char *kind, const u8 *now, const u8 *old)
{
    enum { GAP = 3 };
    if (memcmp(now, old, MOO_FX) == 0) return;
    size_t chunk = begin_chunk(w, kind);
    for (unsigned at = 0; at < MOO_FX;) {
        if (now[at] == old[at]) { at++; continue; }
        unsigned end = at + 1, same = 0;
        for (unsigned i = end; i < MOO_FX && same <= GAP; i++) {
            same = now[i] == old[i] ? same + 1 : 0;
            if (!same) end = i + 1;
        }
        add_value(w, W16, at);
        add_value(w, W16, end - at);
        add(w, now + at, end - at);
        at = end;
    }
    end_chunk(w, chunk);
}

static void add_ram(moo_writer_t *w, const moo_state_t *s)
{
    size_t chunk = begin_chunk(w, "RAM ");
    add_value(w, W32, s->n_ram);
    for (u32 i = 0; i < s->n_ram; i++) {
        add_value(w, W32, s->ram[i].physical);
        add_value(w, W8, s->ram[i].value);
    }
    end_chunk(w, chunk);
}

static u32 differing(const u32 *a, const u32 *b, u32 which)
{
    for (unsigned n = 0; n < MOO_REGISTERS; n++)
        if (a[n] == b[n]) which &= ~(1u << n);
    return which;
}

static void add_init(moo_writer_t *w, const moo_test_t *t)
{
    static const u8 nothing[MOO_FX];
    size_t chunk = begin_chunk(w, "INIT");
    u32 known = w->has_base ? w->base.present : 0;
    add_registers(w, "RG32", t->before.r, differing(t->before.r, w->base.r, t->before.present & known) | (t->before.present & ~known));
    if (t->before.has_fx) add_fx(w, "FX32", t->before.fx, w->has_base && w->base.has_fx ? w->base.fx : nothing);
    add_ram(w, &t->before);
    end_chunk(w, chunk);
}

static void add_final(moo_writer_t *w, const moo_test_t *t)
{
    static u32 all[MOO_REGISTERS];
    u8 ones[MOO_FX];
    size_t chunk = begin_chunk(w, "FINA");
    memset(all, 0xFF, sizeof all);
    memset(ones, 0xFF, sizeof ones);
    add_registers(w, "RG32", t->after.r, differing(t->after.r, t->before.r, t->before.present));
    add_registers(w, "RM32", t->mask, differing(t->mask, all, (1u << MOO_REGISTERS) - 1));
    if (t->before.has_fx) {
        add_fx(w, "FX32", t->after.fx, t->before.fx);
        add_fx(w, "FXMK", t->fx_mask, ones);
    }
    if (t->after.n_ram) add_ram(w, &t->after);
    end_chunk(w, chunk);
}

void moo_put(moo_writer_t *w, const moo_test_t *t)
{
    size_t test = begin_chunk(w, "TEST"), part;
    add_value(w, W32, w->has_base ? 0 : w->n_tests);           /* readers count on: a constant compresses better */
    if (t->name[0]) {
        part = begin_chunk(w, "NAME");
        add_value(w, W32, (u32)strlen(t->name));
        add(w, t->name, strlen(t->name));
        end_chunk(w, part);
    }
    part = begin_chunk(w, "BYTS");
    add_value(w, W32, t->n_code);
    add(w, t->code, t->n_code);
    end_chunk(w, part);
    add_init(w, t);
    add_final(w, t);
    if (t->has_exception) {
        part = begin_chunk(w, "EXCP");
        add_value(w, W8, t->exception);
        add_value(w, W32, t->flags_at);
        end_chunk(w, part);
    }
    end_chunk(w, test);
    w->n_tests++;
}

/* ---- the file ---- */

moo_writer_t *moo_create(const char *processor, const char *host, const moo_state_t *base)
{
    static const u8 version[4] = { 1, 1 }, nothing[MOO_FX];
    moo_writer_t *w = calloc(1, sizeof *w);
    if (!w) return NULL;
    size_t chunk = begin_chunk(w, "MOO ");
    add(w, version, 4);
    add_value(w, W32, 0);
    add(w, processor, 4);
    end_chunk(w, chunk);
    if (host[0]) {
        chunk = begin_chunk(w, "HCPU");
        add(w, host, strlen(host));
        end_chunk(w, chunk);
    }
    if (base) {
        w->has_base = true;
        w->base = *base;
        chunk = begin_chunk(w, "BASE");
        add_registers(w, "RG32", base->r, base->present);
        if (base->has_fx) add_fx(w, "FX32", base->fx, nothing);
        end_chunk(w, chunk);
    }
    if (!w->failed) return w;
    free(w->data);
    free(w);
    return NULL;
}

u32 moo_count(const moo_writer_t *w) { return w->n_tests; }

static bool write_all(const moo_writer_t *w, const char *path)
{
    size_t n = strlen(path);
    bool compressed = n > 3 && strcmp(path + n - 3, ".gz") == 0;
    gzFile file = gzopen(path, compressed ? "wb9" : "wbT");
    bool good = file != NULL;
    for (size_t at = 0; good && at < w->used;) {
        size_t some = w->used - at < 1 << 20 ? w->used - at : 1 << 20;
        good = gzwrite(file, w->data + at, (unsigned)some) == (int)some;
        at += some;
    }
    return file && gzclose(file) == Z_OK && good;
}

bool moo_finish(moo_writer_t *w, const char *path, moo_why_t *why)
{
    bool good = !w->failed;
    why->text[0] = 0;
    errno = 0;
    if (!good) snprintf(why->text, sizeof why->text, "there is not enough memory");
    else {
        put(w->data + COUNT_AT, W32, w->n_tests);
        good = write_all(w, path);
        if (!good) snprintf(why->text, sizeof why->text, "it cannot be written: %s", strerror(errno ? errno : EIO));
    }
    free(w->data);
    free(w);
    return good;
}
