/* trace_text.c - see trace_text.h.  CSV follows RFC 4180, JSON RFC 8259: one object a line. */
#include "fidelity/trace_text.h"
#include <inttypes.h>
#include "cpu/disasm.h"

/* ---- facts ---- */

u64 trace_was(const u64 state[TRACE_FIELDS], const trace_record_t *r, unsigned field)
{
    for (unsigned i = 0; i < r->n_changes; i++)
        if (r->change[i].field == field) return r->change[i].old;
    return state[field];
}

u16 trace_mode(const u64 state[TRACE_FIELDS])
{
    u32 mode = 0;
    bool v86 = state[TRACE_EFLAGS] & FLAG_VM;
    if (state[TRACE_CR0] & 1) mode |= v86 ? MODE_V86 : MODE_PROTECTED;
    if (state[TRACE_ATTRIBUTES + TRACE_CS] & SEG_BIG && !v86) mode |= MODE_CODE32;
    if (state[TRACE_ATTRIBUTES + TRACE_SS] & SEG_BIG && !v86) mode |= MODE_STACK32;
    return (u16)mode;
}

static u16 mode_before(const u64 *state, const trace_record_t *r)
{
    static const u8 matter[] = { TRACE_EFLAGS, TRACE_CR0, TRACE_ATTRIBUTES + TRACE_CS, TRACE_ATTRIBUTES + TRACE_SS };
    u64 was[TRACE_FIELDS];
    for (unsigned i = 0; i < COUNT_OF(matter); i++) was[matter[i]] = trace_was(state, r, matter[i]);
    return trace_mode(was);
}

void trace_disassemble(const trace_record_t *r, u32 eip, u16 mode, model_t model, char *text)
{
    disassemble(mode, model, eip, r->bytes, r->length, text, DISASM_BYTES);
}

void trace_flags(u32 eflags, char *text)
{
    static const struct { u32 bit; const char *name; } names[] = { { FLAG_CF, "CF" }, { FLAG_PF, "PF" }, { FLAG_AF, "AF" }, { FLAG_ZF, "ZF" },
        { FLAG_SF, "SF" }, { FLAG_TF, "TF" }, { FLAG_IF, "IF" }, { FLAG_DF, "DF" }, { FLAG_OF, "OF" }, { FLAG_NT, "NT" }, { FLAG_RF, "RF" },
        { FLAG_VM, "VM" }, { FLAG_AC, "AC" }, { FLAG_VIF, "VIF" }, { FLAG_VIP, "VIP" }, { FLAG_ID, "ID" } };
    char *at = text;
    for (unsigned i = 0; i < COUNT_OF(names); i++)
        if (eflags & names[i].bit) at += snprintf(at, 6, "%s%s", at == text ? "" : " ", names[i].name);
    *at = 0;
}

const char *const trace_models[N_MODELS] = { "386", "486", "pentium", "pentium-mmx", "pentium2", "pentium3", "pentium4" };

model_t trace_model(const char *name)
{
    for (unsigned i = 0; i < N_MODELS; i++)
        if (strcmp(name, trace_models[i]) == 0) return (model_t)i;
    return MODEL_PENTIUM4;
}

/* ---- lines ---- */

static const char *const ways[] = { "read", "write", "in", "out" };
static const char *const sources[] = { "fault", "trap", "interrupt", "shutdown" };

typedef struct { u32 cs, eip; char bytes[TRACE_INSTRUCTION_BYTES * 3 + 1], text[DISASM_BYTES]; } words_t;

static words_t words_of(const u64 *state, const trace_record_t *r, model_t model, const char *space)
{
    words_t w = { .cs = (u32)trace_was(state, r, TRACE_SELECTOR + TRACE_CS) };
    w.eip = r->linear - (u32)trace_was(state, r, TRACE_BASE + TRACE_CS);
    if (r->kind != TRACE_INSTRUCTION) return w;
    for (unsigned i = 0, at = 0; i < r->length; i++) at += (unsigned)sprintf(w.bytes + at, "%s%02X", i ? space : "", r->bytes[i]);
    trace_disassemble(r, w.eip, mode_before(state, r), model, w.text);
    return w;
}

static void line_changes(FILE *out, const trace_record_t *r)
{
    char flags[64];
    for (unsigned i = 0; i < r->n_changes; i++) {
        const trace_change_t *c = &r->change[i];
        const char *name = trace_field_name(c->field);
        if (name) fprintf(out, " %s=%0*" PRIX64, name, (int)trace_field_digits(c->field), c->value);
        else      fprintf(out, " field%u=%" PRIX64, c->field, c->value);
        if (c->field != TRACE_EFLAGS) continue;
        trace_flags((u32)c->value, flags);
        fprintf(out, " (%s)", flags);
    }
}

static void line_accesses(FILE *out, const trace_record_t *r)
{
    for (unsigned i = 0; i < r->n_accesses; i++) {
        const trace_access_t *a = &r->access[i];
        int digits = 2 << a->log2_bytes;
        if (a->way >= TRACE_IN) fprintf(out, " %s %X:%0*X", ways[a->way], a->where, digits, a->value);
        else                    fprintf(out, " %s [%08X]:%0*X", ways[a->way], a->where, digits, a->value);
    }
}

static void line(FILE *out, const u64 *state, const trace_record_t *r, model_t model)
{
    words_t w = words_of(state, r, model, " ");
    fprintf(out, "%12" PRIu64 " %04X:%08X ", r->number, w.cs, w.eip);
    switch (r->kind) {
    case TRACE_INSTRUCTION:
        fprintf(out, "%-24s %-32s%s%s", w.bytes, w.text, r->continued ? " (continued)" : "", r->faulted ? " (not completed)" : "");
        break;
    case TRACE_EVENT:
        fprintf(out, "** %s %u (%02Xh)", sources[r->source & 3], r->vector, r->vector);
        if (r->has_code) fprintf(out, " error code %X", r->code);
        break;
    default:
        fprintf(out, "** %s", r->note == TRACE_NOTE_GAP ? "recording was off until here" : r->note == TRACE_NOTE_TEXT ? r->text : "(a note of a later version)");
    }
    if (r->n_changes + r->n_accesses) fputs(" ;", out);
    line_changes(out, r);
    line_accesses(out, r);
    putc('\n', out);
}

/* Quotes and commas cannot be in what we write, but for notes. */
static void csv_text(FILE *out, const char *text)
{
    putc('"', out);
    for (; *text; text++) {
        if (*text == '"') putc('"', out);
        putc(*text, out);
    }
    putc('"', out);
}

static void csv(FILE *out, const u64 *state, const trace_record_t *r, model_t model)
{
    words_t w = words_of(state, r, model, " ");
    static const char *const kinds[] = { "instruction", "event", "note", "" };
    fprintf(out, "%" PRIu64 ",%s,%04X,%08X,%08X,%s,", r->number, r->kind == TRACE_EVENT ? sources[r->source & 3] : kinds[r->kind & 3], w.cs, w.eip, r->linear, w.bytes);
    csv_text(out, r->kind == TRACE_NOTE ? r->text : w.text);
    if (r->kind == TRACE_EVENT) fprintf(out, ",%u,", r->vector);
    else                        fputs(",,", out);
    if (r->has_code) fprintf(out, "%X", r->code);
    fprintf(out, ",%d,%d,", r->faulted, r->continued);
    for (unsigned i = 0; i < r->n_changes; i++) {
        const char *name = trace_field_name(r->change[i].field);
        fprintf(out, "%s%s=%" PRIX64, i ? " " : "", name ? name : "?", r->change[i].value);
    }
    putc(',', out);
    for (unsigned i = 0; i < r->n_accesses; i++)
        fprintf(out, "%s%s:%X:%u:%X", i ? " " : "", ways[r->access[i].way], r->access[i].where, 1u << r->access[i].log2_bytes, r->access[i].value);
    fputs("\r\n", out);
}

static void json_text(FILE *out, const char *text)
{
    putc('"', out);
    for (; *text; text++)
        if (*text == '"' || *text == '\\') fprintf(out, "\\%c", *text);
        else if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7E) fprintf(out, "\\u%04X", (unsigned char)*text);
        else putc(*text, out);
    putc('"', out);
}

static void json(FILE *out, const u64 *state, const trace_record_t *r, model_t model)
{
    words_t w = words_of(state, r, model, "");
    fprintf(out, "{\"number\":%" PRIu64 ",\"cs\":%u,\"eip\":%u,\"linear\":%u", r->number, w.cs, w.eip, r->linear);
    if (r->kind == TRACE_INSTRUCTION) {
        fprintf(out, ",\"bytes\":\"%s\",\"text\":", w.bytes);
        json_text(out, w.text);
    } else if (r->kind == TRACE_EVENT) {
        fprintf(out, ",\"event\":\"%s\",\"vector\":%u", sources[r->source & 3], r->vector);
        if (r->has_code) fprintf(out, ",\"code\":%u", r->code);
    } else {
        fputs(",\"note\":", out);
        json_text(out, r->text);
    }
    if (r->faulted) fputs(",\"completed\":false", out);
    if (r->continued) fputs(",\"continued\":true", out);
    if (r->n_changes) fputs(",\"changes\":{", out);
    for (unsigned i = 0; i < r->n_changes; i++) {
        const trace_change_t *c = &r->change[i];
        const char *name = trace_field_name(c->field);
        if (trace_field_digits(c->field) > 8) fprintf(out, "%s\"%s\":\"%016" PRIX64 "\"", i ? "," : "", name ? name : "?", c->value);
        else                                  fprintf(out, "%s\"%s\":%" PRIu64, i ? "," : "", name ? name : "?", c->value);
    }
    if (r->n_changes) putc('}', out);
    if (r->n_accesses) fputs(",\"accesses\":[", out);
    for (unsigned i = 0; i < r->n_accesses; i++)
        fprintf(out, "%s[\"%s\",%u,%u,%u]", i ? "," : "", ways[r->access[i].way], r->access[i].where, 1u << r->access[i].log2_bytes, r->access[i].value);
    fputs(r->n_accesses ? "]}\n" : "}\n", out);
}

void trace_heading(FILE *out, trace_style_t style)
{
    if (style == TRACE_CSV) fputs("number,kind,cs,eip,linear,bytes,text,vector,code,faulted,continued,changes,accesses\r\n", out);
}

void trace_line(FILE *out, trace_style_t style, const u64 state[TRACE_FIELDS], const trace_record_t *r, model_t model)
{
    switch (style) {
    case TRACE_LINES: line(out, state, r, model); break;
    case TRACE_CSV:   csv(out, state, r, model); break;
    case TRACE_JSONL: json(out, state, r, model); break;
    }
}
