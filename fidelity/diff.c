/* diff.c - see diff.h.
 *
 * Both sides are taken step by step.  What must agree: where the instruction stands, its bytes, the fields both sides know of the state before
 * it, its accesses if both tell them.  A difference in the state is the doing of the instruction before.
 *
 * Devices (ignore_devices).  A value read from a port or from memory may differ because another machine's devices answer otherwise: the
 * fields that differ after such an instruction are *tainted*, and while anything is, further differences taint too; a field is
 * clean again when it agrees.  Where the sides go different ways, both are searched for the nearest place where they meet again (same CS:EIP,
 * same ESP, most registers): an interrupt handler, or a waiting loop's other number of turns, is such an excursion. */
#include "fidelity/diff_inside.h"
#include <stdlib.h>
#include "fidelity/trace_text.h"

enum { WINDOW = 20000, NO_PLACE = 0xFFFFFFFF };

const diff_step_t *diff_last(const diff_t *d) { return d->counts.steps ? &d->history[(d->counts.steps - 1) % HISTORY] : NULL; }

/* ---- what the manual says ---- */

bool diff_decode(const diff_t *d, const diff_step_t *step, decoded_t *out)
{
    return step->length && decode(step->mode, d->a.input->model, step->eip, step->bytes, step->length, out) == step->length;
}

static u32 undefined_by_shift(const decoded_t *x, const u64 *before, bool rotate)
{
    u32 count = (x->cold.src_kind == I ? x->op.imm : (u32)before[TRACE_ECX]) & 31, width = 8u << x->cold.width;
    if (x->cold.instr == I_SHLD || x->cold.instr == I_SHRD) count = (x->opcode & 1 ? (u32)before[TRACE_ECX] : x->op.imm) & 31;
    u32 undefined = count == 0 || count == 1 ? 0 : FLAG_OF;
    if (!rotate && count) undefined |= FLAG_AF;
    if ((x->cold.instr == I_SHL || x->cold.instr == I_SHR) && count >= width) undefined |= FLAG_CF;
    if ((x->cold.instr == I_SHLD || x->cold.instr == I_SHRD) && count > width) undefined |= FLAGS_STATUS;
    return undefined;
}

u32 diff_undefined(const diff_t *d, const diff_step_t *step, const u64 *before)
{
    decoded_t x;
    if (!diff_decode(d, step, &x)) return 0;
    switch (x.cold.instr) {
    case I_ROL: case I_ROR: case I_RCL: case I_RCR:               return undefined_by_shift(&x, before, true);
    case I_SHL: case I_SHR: case I_SAR: case I_SHLD: case I_SHRD: return undefined_by_shift(&x, before, false);
    default:                                                      return instructions[x.cold.instr].undefined;
    }
}

u32 diff_defined(const diff_t *d, const diff_step_t *step)
{
    decoded_t x;
    return diff_decode(d, step, &x) ? instructions[x.cold.instr].writes & ~(u32)instructions[x.cold.instr].undefined : 0;
}

/* ---- going on ---- */

static bool in_skip(const diff_t *d, u32 linear)
{
    for (unsigned i = 0; i < d->options->n_skips; i++)
        if (linear >= d->options->skip[i].first && linear <= d->options->skip[i].last) return true;
    return false;
}

static trace_answer_t step(diff_t *d, diff_side_t *s)
{
    trace_answer_t answer;
    bool event = false;
    do {
        answer = side_next(s);
        event |= s->step.event;
    } while (answer == TRACE_GOT && in_skip(d, s->step.linear));
    if (answer == TRACE_WRONG) snprintf(d->why, d->why_bytes, "%s", *s->input->why(s->input) ? s->input->why(s->input) : "out of memory");
    s->step.event |= event;
    return answer;
}

static bool is_at(const diff_address_t *at, const diff_step_t *s)
{
    return at->far ? s->cs == at->cs && s->eip == at->address : s->linear == at->address;
}

/* The first steps to compare. */
static trace_answer_t go_to_start(diff_t *d, diff_side_t *s)
{
    trace_answer_t answer;
    do answer = step(d, s); while (answer == TRACE_GOT && d->options->sync.set && !is_at(&d->options->sync, &s->step));
    if (answer == TRACE_END) {
        snprintf(d->why, d->why_bytes, "%s: %s", s->input->name, d->options->sync.set ? "it never comes to the address of -sync" : "it has no instruction");
        return TRACE_WRONG;
    }
    return answer;
}

/* ---- excursions ---- */

static bool same_place(const diff_t *d)
{
    const diff_step_t *a = &d->a.step, *b = &d->b.step;
    bool far = d->a.input->known[TRACE_SELECTOR + TRACE_CS] && d->b.input->known[TRACE_SELECTOR + TRACE_CS];
    return far ? a->cs == b->cs && a->eip == b->eip : a->linear == b->linear;
}

static bool meets(const diff_place_t *a, const diff_place_t *b)
{
    unsigned same = 0;
    if (a->cs != b->cs || a->eip != b->eip || a->r[TRACE_ESP] != b->r[TRACE_ESP]) return false;
    for (unsigned i = 0; i < TRACE_GPRS; i++) same += a->r[i] == b->r[i];
    return same >= 6;
}

static u32 hash_place(const diff_place_t *p) { return (p->eip ^ p->cs << 12 ^ p->r[TRACE_ESP] << 5) * 0x9E3779B1u >> 16; }

static void place_of_step(const diff_side_t *s, diff_place_t *p)
{
    *p = (diff_place_t){ .cs = s->step.cs, .eip = s->step.eip, .linear = s->step.linear };
    for (unsigned i = 0; i < TRACE_GPRS; i++) p->r[i] = (u32)s->before[i];
}

typedef struct { diff_place_t a[WINDOW], b[WINDOW]; u32 first[1 << 16], next[WINDOW]; } search_t;

/* The nearest pair of places: fewest instructions on both sides together.  Place 0 is the step itself. */
static bool find_meeting(diff_t *d, search_t *f, u32 *ai, u32 *bi)
{
    u32 best = NO_PLACE;
    place_of_step(&d->a, &f->a[0]);
    place_of_step(&d->b, &f->b[0]);
    u32 na = 1 + side_look(&d->a, f->a + 1, WINDOW - 1), nb = 1 + side_look(&d->b, f->b + 1, WINDOW - 1);
    memset(f->first, 0xFF, sizeof f->first);
    for (u32 j = nb; j--;) {
        u32 h = hash_place(&f->b[j]);
        f->next[j] = f->first[h];
        f->first[h] = j;
    }
    for (u32 i = 0; i < na && i < best; i++)
        for (u32 j = f->first[hash_place(&f->a[i])]; j != NO_PLACE && i + j < best; j = f->next[j])
            if (!in_skip(d, f->a[i].linear) && meets(&f->a[i], &f->b[j])) {
                best = i + j;
                *ai = i;
                *bi = j;
            }
    return best != NO_PLACE;
}

/* Repeated string instructions are one step of several records: go on until those before the place are taken, and one more step, its own. */
static trace_answer_t go_to_place(diff_side_t *s, const diff_place_t *place, u64 *steps)
{
    for (u64 target = s->taken + place->records + 1; s->taken < target;) {
        trace_answer_t answer = side_next(s);
        if (answer != TRACE_GOT) return answer;
        ++*steps;
    }
    return TRACE_GOT;
}

static bool meet_again(diff_t *d, trace_answer_t *answer)
{
    search_t *f = malloc(sizeof *f);
    u32 i = 0, j = 0;
    bool found = f && find_meeting(d, f, &i, &j);
    if (!found) {
        free(f);
        return false;
    }
    diff_step_t from_a = d->a.step, from_b = d->b.step;
    u64 steps_a = 0, steps_b = 0;
    trace_answer_t ga = i ? go_to_place(&d->a, &f->a[i], &steps_a) : TRACE_GOT, gb = j ? go_to_place(&d->b, &f->b[j], &steps_b) : TRACE_GOT;
    free(f);
    *answer = ga == TRACE_WRONG || gb == TRACE_WRONG ? TRACE_WRONG : ga == TRACE_END || gb == TRACE_END ? TRACE_END : TRACE_GOT;
    if (steps_a) report_excursion(d, 'A', &from_a, steps_a, &d->a.step);
    if (steps_b) report_excursion(d, 'B', &from_b, steps_b, &d->b.step);
    d->counts.excursions++;
    d->counts.excursion_steps += steps_a + steps_b;
    for (unsigned n = 0; n <= TRACE_EFLAGS; n++)             /* what the way round left in registers is not the next instruction's doing */
        if (d->a.before[n] != d->b.before[n]) d->tainted[n] = d->any_tainted = true;
    return true;
}

/* ---- comparing ---- */

/* Did the last instruction take something from outside?  Memory counts: another machine's devices may have put other things there. */
static bool took_from_outside(const diff_t *d)
{
    const diff_step_t *last = diff_last(d);
    decoded_t x;
    if (!last) return true;
    if (last->reads || d->a.step.event || d->b.step.event) return true;
    if (!diff_decode(d, last, &x)) return false;
    return x.cold.instr == I_IN || x.cold.instr == I_INS || x.cold.instr == I_RDTSC;
}

static void forgive(diff_t *d, bool *differ, unsigned field)
{
    differ[field] = false;
    if (d->tainted[field]) return;
    d->tainted[field] = d->any_tainted = true;
    d->counts.device_values++;
    report_device_value(d, field);
}

static void clean(diff_t *d)
{
    d->any_tainted = false;
    for (unsigned f = 0; f < TRACE_FIELDS; f++) {
        d->tainted[f] = d->tainted[f] && d->a.before[f] != d->b.before[f];
        d->any_tainted |= d->tainted[f];
    }
}

static bool compare_flags(diff_t *d)
{
    u32 bits = (u32)(d->a.before[TRACE_EFLAGS] ^ d->b.before[TRACE_EFLAGS]);
    const diff_step_t *last = diff_last(d);
    if (!last) return bits;
    if (!(bits | d->loose_flags)) return false;
    d->loose_flags &= ~diff_defined(d, last) & bits;
    u32 undefined = bits & ~d->loose_flags & diff_undefined(d, last, d->last_before);
    if (d->options->ignore_undefined && undefined) {
        d->counts.undefined++;
        d->loose_flags |= undefined;
    }
    return bits & ~d->loose_flags;
}

/* true: the state before this step agrees. */
static bool compare_state(diff_t *d, bool *differ)
{
    bool any = false, flags = compare_flags(d);
    if (!d->any_tainted && memcmp(d->a.before, d->b.before, sizeof d->a.before) == 0) return true;
    for (unsigned f = 0; f < TRACE_FIELDS; f++) {
        differ[f] = d->a.before[f] != d->b.before[f] && d->a.input->known[f] && d->b.input->known[f] && (f != TRACE_EFLAGS || flags);
        any |= differ[f];
    }
    if (d->options->ignore_devices) {
        if (any && (d->any_tainted || took_from_outside(d))) {
            any = false;
            for (unsigned f = 0; f < TRACE_FIELDS; f++)
                if (differ[f]) forgive(d, differ, f);
        }
        if (d->any_tainted) clean(d);
    }
    return !any;
}

static bool compare_accesses(const diff_t *d)
{
    const diff_step_t *a = &d->a.step, *b = &d->b.step;
    if (!d->a.input->accesses || !d->b.input->accesses || d->options->ignore_memory || d->options->ignore_devices) return true;
    if ((a->open && a->all_accesses < b->all_accesses) || (b->open && b->all_accesses < a->all_accesses)) return true;
    return a->all_accesses == b->all_accesses && a->access_digest == b->access_digest;
}

static bool compare_bytes(const diff_t *d)
{
    const diff_step_t *a = &d->a.step, *b = &d->b.step;
    return a->length == 0 || b->length == 0 || (a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0);
}

/* The step agrees; it becomes history. */
static void pass(diff_t *d)
{
    diff_step_t *h = &d->history[d->counts.steps++ % HISTORY];
    memcpy(h, &d->a.step, offsetof(diff_step_t, access) + d->a.step.n_accesses * sizeof h->access[0]);
    h->reads |= d->b.step.reads;
    if (h->length == 0) {                                      /* a side without bytes: the other's */
        h->length = d->b.step.length;
        memcpy(h->bytes, d->b.step.bytes, sizeof h->bytes);
    }
    d->b_number = d->b.step.number;
    memcpy(d->last_before, d->a.before, sizeof d->last_before);
}

/* One pair of steps: false: they differ, and it has been reported. */
static bool compare(diff_t *d, trace_answer_t *answer)
{
    bool differ[TRACE_FIELDS];
    for (unsigned again = 0; !same_place(d); again++) {
        if (!d->options->ignore_devices || again > 8 || !meet_again(d, answer)) {
            report_place(d);
            return false;
        }
        if (*answer != TRACE_GOT) return true;
    }
    if (!compare_state(d, differ)) {
        report_fields(d, differ);
        return false;
    }
    if (!compare_bytes(d)) {
        report_bytes(d);
        return false;
    }
    if (!compare_accesses(d)) {
        report_accesses(d);
        return false;
    }
    pass(d);
    return true;
}

static diff_result_t run(diff_t *d)
{
    trace_answer_t answer = go_to_start(d, &d->a);
    if (answer == TRACE_GOT) answer = go_to_start(d, &d->b);
    while (answer == TRACE_GOT && d->counts.steps < d->options->most) {
        if (!compare(d, &answer)) return DIFF_DIFFERENT;
        if (answer != TRACE_GOT) break;
        if ((d->counts.steps & 0xFFFF) == 0 && d->options->go_on && !d->options->go_on(d->options->owner, d->counts.steps)) {
            snprintf(d->why, d->why_bytes, "it was ended after %llu instructions that agree", (unsigned long long)d->counts.steps);
            return DIFF_TROUBLE;
        }
        trace_answer_t a = step(d, &d->a), b = step(d, &d->b);
        answer = a == TRACE_WRONG || b == TRACE_WRONG ? TRACE_WRONG : a == TRACE_END || b == TRACE_END ? TRACE_END : TRACE_GOT;
        if (answer == TRACE_END && a != b) {
            const diff_input_t *ended = a == TRACE_END ? d->a.input : d->b.input;
            fprintf(d->options->out, "%c %s here (%s); the other goes on\n", a == TRACE_END ? 'A' : 'B', ended->cut ? "was cut off" : "ends", ended->name);
        }
    }
    return answer == TRACE_WRONG ? DIFF_TROUBLE : DIFF_SAME;
}

diff_result_t diff_run(diff_input_t *a, diff_input_t *b, const diff_options_t *options, diff_counts_t *counts, char *why, size_t why_bytes)
{
    diff_t *d = calloc(1, sizeof *d);
    diff_result_t result = DIFF_TROUBLE;
    if (!d) {
        snprintf(why, why_bytes, "out of memory");
        a->close(a);
        b->close(b);
        return result;
    }
    d->options = options;
    d->why = why;
    d->why_bytes = why_bytes;
    side_open(&d->a, a);
    side_open(&d->b, b);
    result = run(d);
    *counts = d->counts;
    side_close(&d->a);
    side_close(&d->b);
    free(d);
    return result;
}
