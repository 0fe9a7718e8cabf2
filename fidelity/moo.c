/* moo.c - see moo.h. */
#include "fidelity/moo.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

/* ---- bytes ---- */

static void *give_up(u8 *data, gzFile file, moo_why_t *why, const char *reason, size_t at)
{
    snprintf(why->text, sizeof why->text, "%s after %zu bytes", reason, at);
    free(data);
    gzclose(file);
    return NULL;
}

u8 *moo_load(const char *path, size_t *bytes, moo_why_t *why)
{
    errno = 0;
    gzFile file = gzopen(path, "rb");                          /* reads plain files too */
    if (!file) {
        snprintf(why->text, sizeof why->text, "cannot be opened: %s", strerror(errno ? errno : ENOMEM));
        return NULL;
    }
    size_t room = 1 << 16, used = 0;
    u8 *data = malloc(room);
    if (!data) return give_up(data, file, why, "there is not enough memory", used);
    for (;;) {
        int n = gzread(file, data + used, (unsigned)(room - used)), error;
        if (n < 0) return give_up(data, file, why, gzerror(file, &error), used);
        used += (size_t)n;
        if (n == 0) break;
        if (used < room) continue;
        u8 *larger = room < MOO_MAX_FILE ? realloc(data, room *= 2) : NULL;
        if (!larger) return give_up(data, file, why, room < MOO_MAX_FILE ? "there is not enough memory" : "it is too large: refused", used);
        data = larger;
    }
    if (gzclose(file) != Z_OK) {                               /* a bad check sum or a cut stream shows here at the latest */
        snprintf(why->text, sizeof why->text, "the compressed data end too early, after %zu bytes", used);
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

/* REGS' places in RG32's order. */
static const u8 places16[14] = { MOO_EAX, MOO_EBX, MOO_ECX, MOO_EDX, MOO_CS, MOO_SS, MOO_DS, MOO_ES, MOO_ESP, MOO_EBP, MOO_ESI, MOO_EDI, MOO_EIP, MOO_EFLAGS };

/* REGS and RMSK (16 bits), RG32 and RM32: a bit for each register that is there, then their values. */
static const char *read_registers(span_t s, width_t w, u32 r[MOO_REGISTERS], u32 *present)
{
    u32 bits, value, n_registers = w == W16 ? COUNT_OF(places16) : MOO_REGISTERS;
    if (!take_value(&s, w, &bits) || bits >> n_registers)
        return "a register mask is missing or names unknown registers";
    for (u32 n = 0; n < n_registers; n++) {
        u32 place = w == W16 ? places16[n] : n;
        if (!(bits >> n & 1))
            continue;
        if (!take_value(&s, w, &value))
            return "registers are missing";
        r[place] = value;
        *present |= 1u << place;
    }
    return NULL;
}

/* What REGS and RG32 say together counts: the upper half of a register is unknown to REGS. */
static const char *read_masks(span_t s, width_t w, u32 masks[MOO_REGISTERS])
{
    u32 read[MOO_REGISTERS], present = 0;
    const char *trouble = read_registers(s, w, read, &present);
    for (unsigned n = 0; n < MOO_REGISTERS; n++)
        if (present >> n & 1) masks[n] &= w == W16 ? read[n] | 0xFFFF0000 : read[n];
    return trouble;
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

/* FX32, FXMK: pieces {u16 offset, u16 length, bytes} that replace what was there; of a mask: bits that it takes away. */
static const char *read_fx(span_t s, u8 image[MOO_FX], bool masks)
{
    u32 offset, length;
    span_t piece;
    while (s.left) {
        if (!take_value(&s, W16, &offset) || !take_value(&s, W16, &length) || !take(&s, length, &piece) || offset + length > MOO_FX)
            return "floating-point state is cut off or too long";
        for (u32 i = 0; i < length; i++) image[offset + i] = masks ? image[offset + i] & piece.at[i] : piece.at[i];
    }
    return NULL;
}

static const char *read_fx_state(span_t s, moo_state_t *state)
{
    state->has_fx = true;
    return read_fx(s, state->fx, false);
}

typedef struct { u32 *registers; u8 *fx; } masks_t;

static const char *read_state(span_t s, moo_state_t *state, masks_t masks, const u8 **at)
{
    chunk_t c;
    const char *trouble = NULL;
    while (s.left && !trouble) {
        *at = s.at;
        if (!next_chunk(&s, &c))   trouble = "a chunk of a state is cut off";
        else if (is(&c, "REGS"))   trouble = read_registers(c.body, W16, state->r, &state->present);
        else if (is(&c, "RG32"))   trouble = read_registers(c.body, W32, state->r, &state->present), state->wide = true;
        else if (is(&c, "RMSK"))   trouble = read_masks(c.body, W16, masks.registers);
        else if (is(&c, "RM32"))   trouble = read_masks(c.body, W32, masks.registers);
        else if (is(&c, "FX32"))   trouble = read_fx_state(c.body, state);
        else if (is(&c, "FXMK"))   trouble = read_fx(c.body, masks.fx, true);
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
    t->has_hash = true;
    memcpy(t->hash, hash.at, sizeof t->hash);
    return NULL;
}

/* A register that was not written kept its value. */
static const char *complete(moo_test_t *t)
{
    enum { ALWAYS = 1 << MOO_EAX | 1 << MOO_EBX | 1 << MOO_ECX | 1 << MOO_EDX | 1 << MOO_ESI | 1 << MOO_EDI | 1 << MOO_EBP | 1 << MOO_ESP
                    | 1 << MOO_CS | 1 << MOO_DS | 1 << MOO_ES | 1 << MOO_SS | 1 << MOO_EIP | 1 << MOO_EFLAGS };
    if ((t->before.present & ALWAYS) != ALWAYS || t->n_code == 0)
        return "a test lacks registers or code";
    for (unsigned n = 0; n < MOO_REGISTERS; n++)
        if (!(t->after.present >> n & 1)) t->after.r[n] = t->before.r[n];
    return NULL;
}

/* Floating-point state that FINA does not tell is as it was: INIT stands before it. */
static const char *read_final(span_t s, moo_test_t *t, const u8 **at)
{
    t->after.has_fx = t->before.has_fx;
    memcpy(t->after.fx, t->before.fx, MOO_FX);
    return read_state(s, &t->after, (masks_t){ t->mask, t->fx_mask }, at);
}

static const char *read_test(span_t s, moo_test_t *t, const u8 **at)
{
    chunk_t c;
    const u8 *start = s.at;
    const char *trouble = take_value(&s, W32, &t->index) ? NULL : "a test has no number";
    while (s.left && !trouble) {
        *at = s.at;
        if (!next_chunk(&s, &c))   trouble = "a chunk of a test is cut off";
        else if (is(&c, "NAME"))   trouble = read_name(c.body, t);
        else if (is(&c, "BYTS"))   trouble = read_code(c.body, t);
        else if (is(&c, "INIT"))   trouble = read_state(c.body, &t->before, (masks_t){ t->mask, t->fx_mask }, at);
        else if (is(&c, "FINA"))   trouble = read_final(c.body, t, at);
        else if (is(&c, "EXCP"))   trouble = read_exception(c.body, t);
        else if (is(&c, "HASH"))   trouble = read_hash(c.body, t);
    }
    if (trouble) return trouble;
    *at = start;
    return complete(t);
}

/* ---- the file ---- */

static bool refuse_at(moo_t *moo, const char *trouble, size_t at)
{
    moo->trouble = trouble;
    moo->trouble_at = at;
    return false;
}

/* The next top-level chunk. */
static bool advance(moo_t *moo, chunk_t *c)
{
    span_t rest = { moo->data + moo->at, moo->bytes - moo->at };
    if (!next_chunk(&rest, c))
        return refuse_at(moo, "a chunk is cut off", moo->at);
    moo->at = moo->bytes - rest.left;
    return true;
}

bool moo_open(moo_t *moo, const u8 *data, size_t bytes)
{
    chunk_t c;
    *moo = (moo_t){ .data = data, .bytes = bytes };
    memset(moo->mask, 0xFF, sizeof moo->mask);
    memset(moo->fx_mask, 0xFF, sizeof moo->fx_mask);
    if (!advance(moo, &c) || !is(&c, "MOO ") || c.body.left < 12)
        return refuse_at(moo, "no MOO header", 0);
    moo->version = (u32)c.body.at[0] << 8 | c.body.at[1];
    if (moo->version >> 8 != 1)
        return refuse_at(moo, "a format version that is not 1.x", 8);
    moo->n_tests = get(c.body.at + 4, W32);
    memcpy(moo->processor, c.body.at + 8, 4);
    for (unsigned n = 4; n && moo->processor[n - 1] == ' '; n--)
        moo->processor[n - 1] = 0;
    return true;
}

static void read_meta(moo_t *moo, span_t s)
{
    if (s.left >= 15) memcpy(moo->mnemonic, s.at + 7, 8);
    for (unsigned n = 8; n && (moo->mnemonic[n - 1] == ' ' || !moo->mnemonic[n - 1]); n--)
        moo->mnemonic[n - 1] = 0;
    if (s.left >= 28) moo->cpu_mode = s.at[27];
}

static void clear(moo_test_t *test, const moo_t *moo)
{
    memset(test, 0, offsetof(moo_test_t, before));
    memcpy(test->mask, moo->mask, sizeof test->mask);
    memcpy(test->fx_mask, moo->fx_mask, sizeof test->fx_mask);
    memcpy(&test->before, &moo->base, offsetof(moo_state_t, n_ram));
    test->after.has_fx = test->before.has_fx;
    memcpy(test->after.fx, test->before.fx, MOO_FX);
    test->after.present = test->before.n_ram = test->after.n_ram = test->flags_at = 0;
    test->after.wide = test->has_exception = test->has_hash = false;
}

static void read_host(moo_t *moo, span_t s)
{
    size_t n = s.left < MOO_MAX_HCPU - 1 ? s.left : MOO_MAX_HCPU - 1;
    for (size_t i = 0; i < n; i++) moo->host[i] = (char)(s.at[i] >= 0x20 && s.at[i] < 0x7F ? s.at[i] : '?');
    moo->host[n] = 0;
}

bool moo_next(moo_t *moo, moo_test_t *test)
{
    chunk_t c;
    while (!moo->trouble && moo->at < moo->bytes) {
        size_t start = moo->at;
        const u8 *at = moo->data + start;
        if (!advance(moo, &c))
            return false;
        const char *trouble = NULL;
        if (is(&c, "META"))        read_meta(moo, c.body);
        else if (is(&c, "RMSK"))   trouble = read_masks(c.body, W16, moo->mask);
        else if (is(&c, "RM32"))   trouble = read_masks(c.body, W32, moo->mask);
        else if (is(&c, "FXMK"))   trouble = read_fx(c.body, moo->fx_mask, true);
        else if (is(&c, "BASE"))   trouble = read_state(c.body, &moo->base, (masks_t){ moo->mask, moo->fx_mask }, &at);
        else if (is(&c, "HCPU"))   read_host(moo, c.body);
        else if (is(&c, "TEST")) {
            clear(test, moo);
            test->at = start;
            trouble = read_test(c.body, test, &at);
            if (!trouble) {
                if (moo->n_read && test->index < moo->next_index) test->index = moo->next_index;
                moo->next_index = test->index + 1;
                moo->n_read++;
                return true;
            }
        }
        if (trouble) return refuse_at(moo, trouble, (size_t)(at - moo->data));
    }
    return false;
}
