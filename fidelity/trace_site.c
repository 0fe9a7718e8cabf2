/* trace_site.c - see trace_site.h: what is expected of an instruction after its first record. */
#include "fidelity/trace_site.h"

void site_begin(trace_site_t *s, u32 linear)
{
    s->linear = linear;
    s->formed = s->flags = false;
    s->registers = s->n_accesses = 0;
    s->n_slots = SLOT_ACCESSES;
    s->source[SLOT_NEXT] = KNOWN_ZERO;
    s->constant[SLOT_NEXT] = linear + s->length;
}

/* The nearest of the first n known numbers, both ways round; of equals the first. */
static unsigned nearest(const u32 *known, unsigned n, u32 value, unsigned narrow)
{
    u32 least = UINT32_MAX;
    unsigned best = KNOWN_ZERO;
    for (unsigned i = 0; i < n; i++) {
        u32 up = (value - known[i]) << narrow, down = (known[i] - value) << narrow, distance = up < down ? up : down;
        if (distance < least) {
            least = distance;
            best = i;
        }
    }
    return best;
}

static void add_slot(trace_site_t *s, const u32 *known, unsigned n, u32 value, unsigned narrow)
{
    site_rule(s, s->n_slots++, known, nearest(known, n, value, narrow), value);
}

/* Can a record of this kind have a form?  Registers that change, EFLAGS, and nothing else. */
static bool has_form(const trace_record_t *r, u8 *registers, bool *flags)
{
    if (r->faulted || r->continued || r->n_accesses > SITE_ACCESSES) return false;
    for (unsigned i = 0; i < r->n_changes; i++) {
        const trace_change_t *c = &r->change[i];
        if (c->field > TRACE_EFLAGS) return false;
        if (c->field == TRACE_EFLAGS) *flags = true;
        else                          *registers |= (u8)(1 << c->field);
    }
    return true;
}

static bool same_accesses(const trace_site_t *s, const trace_record_t *r)
{
    bool same = s->n_accesses == r->n_accesses;
    for (unsigned i = 0; i < r->n_accesses && same; i++) same = s->head[i] == access_head(&r->access[i]);
    return same;
}

bool site_form(trace_site_t *s, const trace_record_t *r, const u32 *known)
{
    u32 now[TRACE_GPRS], eflags = 0;
    u8 registers = 0;
    bool flags = false;
    if (!has_form(r, &registers, &flags)) return false;
    if (s->formed && same_accesses(s, r)) {
        registers |= s->registers;
        flags |= s->flags;
    }
    if (SLOT_ACCESSES + 2 * r->n_accesses + (unsigned)__builtin_popcount(registers) + flags > SITE_SLOTS) return false;
    memcpy(now, known + KNOWN_REGISTERS, sizeof now);
    for (unsigned i = 0; i < r->n_changes; i++)
        if (r->change[i].field == TRACE_EFLAGS) eflags = (u32)r->change[i].value;
        else                                    now[r->change[i].field] = (u32)r->change[i].value;
    s->formed = true;
    s->registers = registers;
    s->flags = flags;
    s->n_accesses = (u8)r->n_accesses;
    s->n_slots = SLOT_ACCESSES;
    for (unsigned i = 0; i < r->n_accesses; i++) {
        s->head[i] = access_head(&r->access[i]);
        s->narrow[i] = (u8)(r->access[i].log2_bytes < 2 ? 32 - (8u << r->access[i].log2_bytes) : 0);
        add_slot(s, known, KNOWN_VALUES + i, r->access[i].where, 0);
        add_slot(s, known, KNOWN_VALUES + i, r->access[i].value, s->narrow[i]);
    }
    for (unsigned i = 0; i < TRACE_GPRS; i++)
        if (registers >> i & 1) add_slot(s, known, KNOWN_VALUES + r->n_accesses, now[i], 0);
    if (flags) site_rule(s, s->n_slots++, known, KNOWN_ZERO, eflags);
    return true;
}
