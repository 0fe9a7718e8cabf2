/* set.c - see set.h.
 *
 * A file compresses well if tests differ little from their neighbours.  So the generator makes steady cases (the same registers, the same place in memory, but
 * for what the instruction needs), and of each case come variants, in which one operand, or the flags, is replaced from a pool of values of the form: what is not
 * an operand stands in the file's BASE.
 *
 * Left out: what fidelity/undefined.c names; page faults; 16-bit code; segments that are not flat; exceptions that leave anything but MXCSR changed. */
#include "tests/silicon/set.h"
#include <stdio.h>
#include <stdlib.h>
#include "fidelity/host.h"
#include "fidelity/moo_write.h"
#include "fidelity/touch.h"
#include "fidelity/undefined.h"
#include "tests/silicon/silicon.h"

enum { POOL = 12, GROUP = 32, FX_STATE = MOO_FX };

typedef struct {
    generator_t   g;
    toucher_t     toucher;
    user_t        base;
    moo_state_t   base_state;
    moo_writer_t *writer;
    moo_test_t    test;
    result_t      result;
    set_counts_t *counts;
    u8            memory[DATA_BYTES];    /* before the case */
    u64           random;
    u32           ints[POOL], flags[POOL];
    f80_t         floats[POOL];
    u8            lanes[POOL][16], operands[POOL][16];
    u64           seen[512];             /* tests of this form, by what they begin with */
    unsigned      n_seen;
    bool          strayed;               /* it would touch what is not the program's */
    u32           mxcsr[POOL];
    u16           control[POOL];
} set_t;

static u32 below(set_t *s, u32 n) { return (u32)(random_next(&s->random) >> 33) % n; }

/* ---- values ---- */

static void fill_pools(set_t *s, const form_t *f)
{
    for (unsigned i = 0; i < POOL; i++) {
        u8 fx[FX_BYTES] = { 0 };
        s->ints[i] = random_value(&s->random);
        s->flags[i] = ((u32)random_next(&s->random) & FLAGS_STATUS) | FLAG_1 | FLAG_IF;
        s->floats[i] = random_f80(&s->random);
        random_operand(&s->random, (x87_format_t)(f->map == MAP_X87 ? f->format : X87_none), s->operands[i]);
        random_simd(&s->random, fx);
        memcpy(s->lanes[i], fx + FX_XMM, 16);
        s->mxcsr[i] = get(fx + FX_MXCSR, W32);
        s->control[i] = random_control(&s->random);
    }
}

static void set_memory(set_t *s, u32 linear, const void *bytes, u32 n)
{
    for (u32 i = 0; i < n; i++) {
        s32 at = data_place(linear + i);
        if (at >= 0 && data_writable((unsigned)at / PAGE_BYTES)) s->memory[at] = ((const u8 *)bytes)[i];
    }
}

static u8 modrm_of(const case_t *c, const form_t *f)
{
    unsigned i = 0;
    while (i < c->length && c->bytes[i] != (f->map == MAP_TWO || f->map == MAP_SIMD ? 0x0F : f->opcode)) i++;
    i += f->map == MAP_TWO || f->map == MAP_SIMD ? 2 : 1;
    return i < c->length ? c->bytes[i] : 0;
}

static void vary_integer(set_t *s, case_t *c, const form_t *f, u8 modrm)
{
    static const u8 implied[] = { EAX, EAX, ECX, EDX };
    u32 v = s->ints[below(s, POOL)], which = below(s, 8);
    u8 raw[4];
    put(raw, W32, v);
    if (!f->has_modrm || which == 0) c->before.r[implied[below(s, COUNT_OF(implied))]] = v;
    else if (which < 4)              c->before.r[f->width == 8 ? modrm >> 3 & 3 : modrm >> 3 & 7] = v;
    else if (f->memory)              set_memory(s, s->g.operand, raw, 4);
    else                             c->before.r[f->width == 8 ? modrm & 3 : modrm & 7] = v;
}

static void vary_x87(set_t *s, case_t *c, const form_t *f, u8 modrm)
{
    u8 *fx = c->before.fx;
    u32 which = below(s, 12);
    if (which == 0)                     put(fx + FX_CONTROL, W16, s->control[below(s, POOL)]);
    else if (which == 1)                fx[FX_TAGS] = (u8)s->ints[below(s, POOL)];
    else if (which == 2)                put(fx + FX_STATUS, W16, s->ints[below(s, POOL)] & (X87_CC | X87_TOP));
    else if (which < 7 && f->memory)    set_memory(s, s->g.operand, s->operands[below(s, POOL)], f->instr == I_FLDENV || f->instr == I_FRSTOR ? 2 : 10);
    else if (which < 7 && (modrm & 7))  f80_put(fx + FX_ST + 16 * (modrm & 7), s->floats[below(s, POOL)]);
    else                                f80_put(fx + FX_ST, s->floats[below(s, POOL)]);
}

/* An operand's register, of whatever kind: MMX registers are the x87's. */
static void vary_register(set_t *s, case_t *c, u8 operand, unsigned n)
{
    const u8 *lanes = s->lanes[below(s, POOL)];
    u8 *mmx = c->before.fx + FX_ST + 16 * n;
    switch (simd_operands[operand].registers) {
    case MMX_REGISTER: memcpy(mmx, lanes, 8); put(mmx + 8, W16, 0xFFFF); break;
    case XMM_REGISTER: memcpy(c->before.fx + FX_XMM + 16 * n, lanes, 16); break;
    default:           c->before.r[n] = s->ints[below(s, POOL)]; break;
    }
}

static void vary_simd(set_t *s, case_t *c, const form_t *f, u8 modrm)
{
    u32 which = below(s, 10);
    bool stores = f->has_modrm && f->src != __ && simd_operands[f->dst].registers == NO_VECTOR;
    if (which == 0)             put(c->before.fx + FX_MXCSR, W32, s->mxcsr[below(s, POOL)]);
    else if (which < 4)         vary_register(s, c, stores ? f->src : f->dst, modrm >> 3 & 7);
    else if (f->memory)         set_memory(s, s->g.operand, s->lanes[below(s, POOL)], 16);
    else if (which < 9)         vary_register(s, c, f->src, modrm & 7);
    else                        vary_register(s, c, f->dst, modrm & 7);
}

static void vary(set_t *s, case_t *c, const form_t *f)
{
    u8 modrm = modrm_of(c, f);
    if (below(s, 5) == 0 && f->map <= MAP_TWO) c->before.eflags = (c->before.eflags & FLAG_DF) | s->flags[below(s, POOL)];
    else if (f->map == MAP_X87)                vary_x87(s, c, f, modrm);
    else if (f->map == MAP_SIMD)               vary_simd(s, c, f, modrm);
    else                                       vary_integer(s, c, f, modrm);
    u32 status = get(c->before.fx + FX_STATUS, W16) & ~(u32)(X87_ES | X87_B);      /* ES and B follow from the rest */
    if (status & ~get(c->before.fx, W16) & X87_EXCEPTIONS) status |= X87_ES | X87_B;
    put(c->before.fx + FX_STATUS, W16, status);
}

/* ---- a test ---- */

static const u8 places[8] = { MOO_EAX, MOO_ECX, MOO_EDX, MOO_EBX, MOO_ESP, MOO_EBP, MOO_ESI, MOO_EDI };
static const u8 segments[N_SEGMENTS] = { [ES] = MOO_ES, [CS] = MOO_CS, [SS] = MOO_SS, [DS] = MOO_DS, [FS] = MOO_FS, [GS] = MOO_GS };
enum { NOT_THE_PROGRAMS = FLAG_TF | FLAG_RF };

static void to_moo(const user_t *u, moo_state_t *m)
{
    memset(m, 0, offsetof(moo_state_t, ram));
    for (unsigned n = 0; n < 8; n++) m->r[places[n]] = u->r[n];
    for (unsigned n = 0; n < N_SEGMENTS; n++) m->r[segments[n]] = u->seg[n];
    m->r[MOO_CR0] = CR0_PE | CR0_PG | CR0_ET | CR0_MP | CR0_NE | CR0_WP;
    m->r[MOO_EIP] = u->eip;
    m->r[MOO_EFLAGS] = u->eflags & ~(u32)NOT_THE_PROGRAMS;
    m->present = ((1u << MOO_REGISTERS) - 1) & ~(1u << MOO_CR3 | 1u << MOO_DR6 | 1u << MOO_DR7);
    m->wide = m->has_fx = true;
    memcpy(m->fx, u->fx, FX_STATE);
    memset(m->fx + FX_TAGS + 1, 0, FX_MXCSR - FX_TAGS - 1);                        /* pointers */
    memset(m->fx + FX_MASK, 0, 4);
    for (unsigned i = 0; i < 8; i++) memset(m->fx + FX_ST + 16 * i + 10, 0, 6);
}

/* For the toucher: the pages as they are before. */
static bool read_page(void *owner, u32 linear, u8 copy[PAGE_BYTES])
{
    set_t *s = owner;
    const case_t *c = &s->g.c;
    s32 at = data_place(linear);
    if (at >= 0) memcpy(copy, s->memory + at, PAGE_BYTES);
    else if (native_own(linear)) return !(s->strayed = true);
    else if (linear - CODE_LINEAR < CODE_BYTES) {
        memset(copy, 0xCC, PAGE_BYTES);
        for (u32 i = 0; i < c->length; i++)
            if (c->at + i - linear < PAGE_BYTES) copy[c->at + i - linear] = c->bytes[i];
    } else return false;
    return true;
}

static bool read_byte(void *owner, u32 linear, u8 *value)
{
    s32 at = data_place(linear);
    if (at >= 0) *value = ((set_t *)owner)->memory[at];
    return at >= 0;
}

/* What silicon changed, named by ours or not. */
static bool take_memory(set_t *s)
{
    moo_test_t *t = &s->test;
    for (unsigned page = 0; page < DATA_PAGES; page++) {
        const u8 *now = native_page(page), *was = s->memory + page * PAGE_BYTES;
        if (memcmp(now, was, PAGE_BYTES) == 0) continue;
        for (u32 i = 0; i < PAGE_BYTES; i++) {
            if (now[i] == was[i]) continue;
            if (!state_name_byte(&t->before, data_linear(page) + i, was[i]) || t->after.n_ram == MOO_MAX_RAM) return false;
            t->after.ram[t->after.n_ram++] = (moo_byte_t){ data_linear(page) + i, now[i] };
        }
    }
    return true;
}

static bool clean_exception(const set_t *s)
{
    const moo_test_t *t = &s->test;
    s32 vector = s->result.vector;
    if (vector != DE && vector != BR && vector != UD && vector != GP && vector != NM && vector != MF && vector != XM) return false;
    for (unsigned n = 0; n < MOO_REGISTERS; n++)
        if (t->before.r[n] != t->after.r[n]) return false;
    return memcmp(t->before.fx, t->after.fx, FX_MXCSR) == 0 && memcmp(t->before.fx + FX_MASK, t->after.fx + FX_MASK, FX_STATE - FX_MASK) == 0;
}

static void begin_test(set_t *s, const case_t *c)
{
    moo_test_t *t = &s->test;
    memset(t, 0, offsetof(moo_test_t, before));
    t->n_code = c->length;
    memcpy(t->code, c->bytes, c->length);
    to_moo(&c->before, &t->before);
    for (u32 i = 0; i < c->length; i++) state_name_byte(&t->before, c->at + i, c->bytes[i]);
}

/* Silicon executes it; false: nothing for a vector. */
static bool ask(set_t *s, case_t *c)
{
    moo_test_t *t = &s->test;
    vector_run_t *v = &s->toucher.v;
    begin_test(s, c);
    for (unsigned page = 0; page < DATA_PAGES; page++) memcpy(native_page(page), s->memory + page * PAGE_BYTES, PAGE_BYTES);
    c->returns = s->strayed = false;
    toucher_run(&s->toucher, t, true);
    if (s->strayed) return false;
    native_run(c, &s->result);
    to_moo(&s->result.user, &t->after);
    t->has_exception = s->result.vector != COMPLETED;
    t->exception = (u8)s->result.vector;
    if (t->has_exception && !clean_exception(s)) return false;
    if (vector_undefined_result(v)) return false;
    vector_masks(v, t);
    return toucher_name(&s->toucher, &t->before, read_byte, s) && take_memory(s);
}

/* ---- the set ---- */

static u64 hash(u64 h, const void *bytes, size_t n)
{
    const u8 *p = bytes;
    for (size_t i = 0; i < n; i++) h = (h ^ p[i]) * 0x100000001B3ull;
    return h;
}

/* The same code, registers and memory as another of its form? */
static bool is_new(set_t *s)
{
    const moo_test_t *t = &s->test;
    u64 h = hash(0xCBF29CE484222325ull, t->code, t->n_code);
    h = hash(h, t->before.r, sizeof t->before.r);
    h = hash(h, t->before.fx, sizeof t->before.fx);
    for (u32 i = 0; i < t->before.n_ram; i++) h = hash(hash(h, &t->before.ram[i].physical, 4), &t->before.ram[i].value, 1);
    for (unsigned i = 0; i < s->n_seen; i++)
        if (s->seen[i] == h) return false;
    if (s->n_seen < COUNT_OF(s->seen)) s->seen[s->n_seen++] = h;
    return true;
}


static unsigned record_form(set_t *s, u64 seed, unsigned n, unsigned encodings, unsigned variants)
{
    const form_t *f = &s->g.forms[n];
    unsigned made = 0;
    s->random = (seed + 3) * 0x9E3779B97F4A7C15ull ^ (n + 1) * 0xD1B54A32D192ED03ull;
    fill_pools(s, f);
    s->n_seen = 0;
    for (unsigned e = 0; e < encodings; e++) {
        generator_make(&s->g, seed, n + (u64)e * s->g.n_forms);
        memcpy(s->memory, s->g.memory, DATA_BYTES);
        case_t *c = &s->g.c;
        for (unsigned k = 0; k < variants; k++) {
            const user_t kept = c->before;
            if (k) vary(s, c, f);
            if (k && below(s, 2)) vary(s, c, f);
            if (ask(s, c) && is_new(s)) {
                moo_put(s->writer, &s->test);
                s->counts->exceptions += s->test.has_exception;
                made++;
            } else {
                c->before = kept;
                s->counts->dropped++;
            }
        }
    }
    s->counts->vectors += made;
    s->counts->forms += made != 0;
    return made;
}

static unsigned group_of(const form_t *f) { return f->map * (256u / GROUP) + (f->map == MAP_X87 ? f->opcode & 7u : f->opcode / GROUP); }

static bool record_group(set_t *s, const char *folder, unsigned group, u64 seed, unsigned encodings, unsigned variants, moo_why_t *why)
{
    static const char *const maps[] = { "one", "two", "x87", "simd" };
    char path[1024], host[MOO_MAX_HCPU];
    unsigned map = group / (256 / GROUP), first = map == MAP_X87 ? 0xD8 + group % 8 : group % 8 * GROUP, made = 0;
    host_processor(host, sizeof host);
    s->writer = moo_create("HOST", host, &s->base_state);
    if (!s->writer) return snprintf(why->text, sizeof why->text, "there is not enough memory"), false;
    for (unsigned n = 0; n < s->g.n_forms; n++)
        if (group_of(&s->g.forms[n]) == group && !vector_unfit(s->g.forms[n].instr)) made += record_form(s, seed, n, encodings, variants);
    snprintf(path, sizeof path, "%s/%s-%02X.moo.gz", folder, maps[map], first);
    s->counts->files += made != 0;
    return moo_finish(s->writer, made ? path : "/dev/null", why);
}

bool set_record(const char *folder, u64 seed, unsigned encodings, unsigned variants, set_counts_t *counts, moo_why_t *why)
{
    const char *trouble = native_open();
    *counts = (set_counts_t){ 0 };
    if (trouble) return snprintf(why->text, sizeof why->text, "%s", trouble), false;
    set_t *s = calloc(1, sizeof *s);
    if (!s || !toucher_open(&s->toucher, read_page, s)) {
        free(s);
        return snprintf(why->text, sizeof why->text, "there is not enough memory"), false;
    }
    s->counts = counts;
    generator_init(&s->g, seed);
    s->g.steady = true;
    generator_base(&s->base);
    to_moo(&s->base, &s->base_state);
    bool good = true;
    for (unsigned group = 0; group < 4 * (256 / GROUP) && good; group++) good = record_group(s, folder, group, seed, encodings, variants, why);
    toucher_close(&s->toucher);
    free(s);
    return good;
}
