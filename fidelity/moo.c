/* moo.c - see moo.h. */
#include "fidelity/moo.h"
#include <stdlib.h>
#include <zlib.h>

/* ---- bytes ---- */

u8 *moo_load(const char *path, size_t *bytes)
{
    gzFile file = gzopen(path, "rb");                          /* reads plain files too */
    size_t room = 1 << 16, used = 0;
    u8 *data = malloc(room);
    bool good = file && data;
    while (good) {
        int n = gzread(file, data + used, (unsigned)(room - used));
        if (n <= 0) {
            good = n == 0 && gzeof(file);
            break;
        }
        used += (size_t)n;
        if (used == room) {
            u8 *larger = room < MOO_MAX_FILE ? realloc(data, room *= 2) : NULL;
            good = larger != NULL;
            if (good) data = larger;
        }
    }
    if (file && gzclose(file) != Z_OK)                         /* a bad check sum or a cut stream shows here at the latest */
        good = false;
    if (!good) {
        free(data);
        return NULL;
    }
    *bytes = used;
    return data;
}

/* ---- chunks ---- */

typedef struct { const u8 *at; size_t left; } span_t;
typedef struct { u8 kind[4]; span_t body; } chunk_t;

static bool is(const chunk_t *c, const char *kind) { return memcmp(c->kind, kind, 4) == 0; }

static bool take(span_t *from, size_t bytes, span_t *out)
{
    if (bytes > from->left)
        return false;
    *out = (span_t){ from->at, bytes };
    from->at += bytes;
    from->left -= bytes;
    return true;
}

static bool take_value(span_t *from, width_t w, u32 *value)
{
    span_t bytes;
    if (!take(from, w / 8, &bytes))
        return false;
    *value = get(bytes.at, w);
    return true;
}

static bool next_chunk(span_t *from, chunk_t *c)
{
    span_t head;
    if (!take(from, 8, &head))
        return false;
    memcpy(c->kind, head.at, 4);
    return take(from, get(head.at + 4, W32), &c->body);
}

/* ---- payloads: each returns NULL, or what is wrong ---- */

static const char *read_name(span_t s, moo_test_t *t)
{
    u32 length;
    if (!take_value(&s, W32, &length) || length > s.left)
        return "a name is longer than its chunk";
    if (length > MOO_MAX_NAME - 1)
        length = MOO_MAX_NAME - 1;
    memcpy(t->name, s.at, length);
    t->name[length] = 0;
    return NULL;
}

static const char *read_code(span_t s, moo_test_t *t)
{
    if (!take_value(&s, W32, &t->n_code) || t->n_code > s.left)
        return "an instruction is longer than its chunk";
    if (t->n_code > MOO_MAX_CODE)
        return "an instruction has too many bytes";
    memcpy(t->code, s.at, t->n_code);
    return NULL;
}

static const char *read_registers(span_t s, moo_state_t *state)
{
    u32 present, value;
    if (!take_value(&s, W16, &present) || present >> MOO_REGISTERS)
        return "a register mask is missing or names unknown registers";
    state->present = (u16)present;
    for (unsigned n = 0; n < MOO_REGISTERS; n++) {
        if (!(present >> n & 1))
            continue;
        if (!take_value(&s, W16, &value))
            return "registers are missing";
        state->r[n] = (u16)value;
    }
    return NULL;
}

static const char *read_ram(span_t s, moo_state_t *state)
{
    u32 count;
    if (!take_value(&s, W32, &count) || count > s.left / 5)
        return "a list of memory is longer than its chunk";
    if (count > MOO_MAX_RAM)
        return "a list of memory is too long";
    state->n_ram = count;
    for (u32 i = 0; i < count; i++)
        state->ram[i] = (moo_byte_t){ get(s.at + 5 * i, W32), s.at[5 * i + 4] };
    return NULL;
}

static const char *read_state(span_t s, moo_state_t *state)
{
    chunk_t c;
    const char *trouble = NULL;
    while (s.left && !trouble) {
        if (!next_chunk(&s, &c))   trouble = "a chunk of a state is cut off";
        else if (is(&c, "REGS"))   trouble = read_registers(c.body, state);
        else if (is(&c, "RAM "))   trouble = read_ram(c.body, state);
    }
    return trouble;
}

static const char *read_exception(span_t s, moo_test_t *t)
{
    u32 vector;
    if (!take_value(&s, W8, &vector) || !take_value(&s, W32, &t->flags_at))
        return "an exception is cut off";
    t->has_exception = true;
    t->exception = (u8)vector;
    return NULL;
}

static const char *read_hash(span_t s, moo_test_t *t)
{
    span_t hash;
    if (!take(&s, sizeof t->hash, &hash))
        return "a hash is cut off";
    memcpy(t->hash, hash.at, sizeof t->hash);
    return NULL;
}

static const char *read_test(span_t s, moo_test_t *t)
{
    chunk_t c;
    const char *trouble = take_value(&s, W32, &t->index) ? NULL : "a test has no number";
    while (s.left && !trouble) {
        if (!next_chunk(&s, &c))   trouble = "a chunk of a test is cut off";
        else if (is(&c, "NAME"))   trouble = read_name(c.body, t);
        else if (is(&c, "BYTS"))   trouble = read_code(c.body, t);
        else if (is(&c, "INIT"))   trouble = read_state(c.body, &t->before);
        else if (is(&c, "FINA"))   trouble = read_state(c.body, &t->after);
        else if (is(&c, "EXCP"))   trouble = read_exception(c.body, t);
        else if (is(&c, "HASH"))   trouble = read_hash(c.body, t);
    }
    if (!trouble && (t->before.present != (1 << MOO_REGISTERS) - 1 || t->n_code == 0))
        trouble = "a test lacks registers or code";
    for (unsigned n = 0; n < MOO_REGISTERS; n++)
        if (!(t->after.present >> n & 1))
            t->after.r[n] = t->before.r[n];
    return trouble;
}

/* ---- the file ---- */

static bool refuse(moo_t *moo, const char *trouble)
{
    moo->trouble = trouble;
    return false;
}

/* The next top-level chunk. */
static bool advance(moo_t *moo, chunk_t *c)
{
    span_t rest = { moo->data + moo->at, moo->bytes - moo->at };
    if (!next_chunk(&rest, c))
        return refuse(moo, "a chunk is cut off");
    moo->at = moo->bytes - rest.left;
    return true;
}

bool moo_open(moo_t *moo, const u8 *data, size_t bytes)
{
    chunk_t c;
    *moo = (moo_t){ .data = data, .bytes = bytes };
    if (!advance(moo, &c) || !is(&c, "MOO ") || c.body.left < 12)
        return refuse(moo, "no MOO header");
    moo->version = (u32)c.body.at[0] << 8 | c.body.at[1];
    if (moo->version >> 8 != 1)
        return refuse(moo, "a format version that is not 1.x");
    moo->n_tests = get(c.body.at + 4, W32);
    memcpy(moo->processor, c.body.at + 8, 4);
    return true;
}

bool moo_next(moo_t *moo, moo_test_t *test)
{
    chunk_t c;
    while (!moo->trouble && moo->at < moo->bytes) {
        if (!advance(moo, &c))
            return false;
        if (is(&c, "META") && c.body.left >= 15)
            memcpy(moo->mnemonic, c.body.at + 7, 8);
        if (!is(&c, "TEST"))
            continue;
        memset(test, 0, offsetof(moo_test_t, before));
        test->before.present = test->after.present = 0;
        test->before.n_ram = test->after.n_ram = 0;
        test->has_exception = false;
        test->flags_at = 0;
        moo->trouble = read_test(c.body, test);
        return !moo->trouble;
    }
    return false;
}
