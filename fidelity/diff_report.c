/* diff_report.c - the words of a comparison: where two runs part, what came before, what the manual says. */
#include <inttypes.h>
#include "cpu/disasm.h"
#include "fidelity/diff_inside.h"
#include "fidelity/manual.h"
#include "fidelity/trace_text.h"

enum { TOLD = 20 };              /* excursions and device values told one by one */

static void words(const diff_t *d, const diff_step_t *s, char *text)
{
    if (s->length) disassemble(s->mode, d->a.input->model, s->eip, s->bytes, s->length, text, DISASM_BYTES);
    else           snprintf(text, DISASM_BYTES, "(neither side tells its bytes)");
}

static void instruction(const diff_t *d, const char *mark, const diff_step_t *s)
{
    char text[DISASM_BYTES];
    words(d, s, text);
    fprintf(d->options->out, "%s%12" PRIu64 " %04X:%08X ", mark, s->number, s->cs, s->eip);
    for (unsigned i = 0; i < TRACE_INSTRUCTION_BYTES && i < s->length; i++) fprintf(d->options->out, "%02X ", s->bytes[i]);
    fprintf(d->options->out, "%*s%s\n", s->length < 8 ? (int)(8 - s->length) * 3 : 0, "", text);
}

static void heading(const diff_t *d, const diff_step_t *culprit)
{
    FILE *out = d->options->out;
    u64 first = d->counts.steps > HISTORY ? d->counts.steps - HISTORY : 0;
    fprintf(out, "\nThe runs part at instruction %" PRIu64 " of A and %" PRIu64 " of B, after %" PRIu64 " that agree.\n  A: %s\n  B: %s\n\nBefore it:\n",
            culprit ? culprit->number : d->a.step.number, culprit == diff_last(d) && culprit ? d->b_number : d->b.step.number, d->counts.steps, d->a.input->name, d->b.input->name);
    for (u64 n = first; n < d->counts.steps; n++)
        if (&d->history[n % HISTORY] != culprit) instruction(d, "   ", &d->history[n % HISTORY]);
    if (!culprit) return;
    fputs("\nThe instruction:\n", out);
    instruction(d, "-> ", culprit);
}

/* What the manual says of the instruction that made the difference. */
static void manual(const diff_t *d, const diff_step_t *s)
{
    decoded_t x;
    if (!s || !diff_decode(d, s, &x)) return;
    FILE *out = d->options->out;
    if (*manual_title(x.cold.instr)) fprintf(out, "\n%s. ", manual_title(x.cold.instr));
    if (manual_operation(x.cold.instr)) fprintf(out, "%s.", manual_operation(x.cold.instr));
    fputs("\n", out);
    fputs("Its ", out);
    manual_flag_rule(&x, out);
    fputs("\n", out);
}

static void event(const diff_t *d, char who, const diff_side_t *s)
{
    if (s->step.event) fprintf(d->options->out, "Before this instruction %c took %s %u (%02Xh).\n", who, s->step.hardware ? "interrupt" : "exception", s->step.vector, s->step.vector);
}

void report_place(diff_t *d)
{
    const diff_step_t *last = diff_last(d);
    heading(d, last);
    fprintf(d->options->out, "%s\n", last ? "Then they go different ways:" : "They begin at different places:");
    instruction(d, "A  ", &d->a.step);
    instruction(d, "B  ", &d->b.step);
    event(d, 'A', &d->a);
    event(d, 'B', &d->b);
    manual(d, last);
}

static void flags(const diff_t *d, const diff_step_t *last)
{
    char a[64], b[64], bits[64], undefined[64];
    u32 differ = (u32)(d->a.before[TRACE_EFLAGS] ^ d->b.before[TRACE_EFLAGS]) & ~d->loose_flags;
    u32 loose = last ? differ & diff_undefined(d, last, d->last_before) : 0;
    trace_flags((u32)d->a.before[TRACE_EFLAGS], a);
    trace_flags((u32)d->b.before[TRACE_EFLAGS], b);
    trace_flags(differ, bits);
    trace_flags(loose, undefined);
    fprintf(d->options->out, "             A (%s)\n             B (%s)\n             %s", a, b, bits);
    if (loose == differ && differ) fputs(": left undefined by the manual here", d->options->out);
    else if (loose)                fprintf(d->options->out, "; of these the manual leaves %s undefined here", undefined);
    else if (differ)               fputs(": defined by the manual", d->options->out);
    fputs("\n", d->options->out);
}

void report_fields(diff_t *d, const bool *differ)
{
    const diff_step_t *last = diff_last(d);
    heading(d, last);
    fprintf(d->options->out, "\n%s\n", last ? "After it:" : "The states they begin with differ:");
    for (unsigned f = 0; f < TRACE_FIELDS; f++) {
        if (!differ[f]) continue;
        int digits = (int)trace_field_digits(f);
        fprintf(d->options->out, "  %-10s A %0*" PRIX64 "  B %0*" PRIX64 "\n", trace_field_name(f) ? trace_field_name(f) : "?", digits, d->a.before[f], digits, d->b.before[f]);
        if (f == TRACE_EFLAGS) flags(d, last);
    }
    event(d, 'A', &d->a);
    event(d, 'B', &d->b);
    manual(d, last);
}

static void accesses(const diff_t *d, char who, const diff_step_t *s, unsigned from)
{
    static const char *const ways[] = { "reads", "writes", "reads port", "writes port" };
    FILE *out = d->options->out;
    if (from >= s->n_accesses) fprintf(out, "  %c %s\n", who, s->all_accesses > s->n_accesses ? "has more accesses than are shown" : "has no more accesses");
    for (unsigned i = from; i < s->n_accesses && i < from + 3; i++) {
        const trace_access_t *a = &s->access[i];
        fprintf(out, "  %c %s %0*X: %0*X\n", who, ways[a->way], a->way >= TRACE_IN ? 4 : 8, a->where, 2 << a->log2_bytes, a->value);
    }
}

static bool same_access(const trace_access_t *a, const trace_access_t *b) { return a->way == b->way && a->where == b->where && a->value == b->value && a->log2_bytes == b->log2_bytes; }

void report_accesses(diff_t *d)
{
    const diff_step_t *a = &d->a.step, *b = &d->b.step;
    unsigned same = 0;
    while (same < a->n_accesses && same < b->n_accesses && same_access(&a->access[same], &b->access[same])) same++;
    heading(d, a);
    fprintf(d->options->out, "\nIts accesses differ from number %u on (A has %u, B %u):\n", same + 1, a->all_accesses, b->all_accesses);
    accesses(d, 'A', a, same);
    accesses(d, 'B', b, same);
    manual(d, a);
}

void report_bytes(diff_t *d)
{
    heading(d, NULL);
    fputs("\nThere the code differs:\n", d->options->out);
    instruction(d, "A  ", &d->a.step);
    instruction(d, "B  ", &d->b.step);
}

void report_excursion(diff_t *d, char who, const diff_step_t *from, u64 steps, const diff_step_t *to)
{
    if (d->told++ >= TOLD) return;
    fprintf(d->options->out, "%" PRIu64 ": %c alone executes %" PRIu64 " instructions from %04X:%08X", d->counts.steps, who, steps, from->cs, from->eip);
    if (from->event) fprintf(d->options->out, " (%s %u)", from->hardware ? "interrupt" : "exception", from->vector);
    fprintf(d->options->out, "; both go on at %04X:%08X\n", to->cs, to->eip);
    if (d->told == TOLD) fputs("(further ones are only counted)\n", d->options->out);
}

void report_device_value(diff_t *d, unsigned field)
{
    const diff_step_t *last = diff_last(d);
    char text[DISASM_BYTES] = "";
    if (!last || d->told++ >= TOLD) return;
    words(d, last, text);
    fprintf(d->options->out, "%" PRIu64 ": %04X:%08X %s: %s A %" PRIX64 " B %" PRIX64 "\n", d->counts.steps, last->cs, last->eip, text, trace_field_name(field),
            d->a.before[field], d->b.before[field]);
    if (d->told == TOLD) fputs("(further ones are only counted)\n", d->options->out);
}
