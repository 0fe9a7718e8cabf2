/* trace_print.c - `doppel trace -print`, and the words of `doppel trace`: moments, kinds, a machine's description. */
#define _DEFAULT_SOURCE
#include "frontend/trace_print.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "fidelity/trace_read.h"
#include "fidelity/trace_record.h"
#include "frontend/commands.h"

/* ---- words ---- */

static bool hex(const char *text, size_t n, u32 *value)
{
    char digits[9] = { 0 }, *end;
    if (n == 0 || n > 8) return false;
    memcpy(digits, text, n);
    *value = (u32)strtoul(digits, &end, 16);
    return *end == 0 && !strchr("+-xX ", digits[0]) && strcspn(digits, "xX") == n;
}

/* A number of instructions: M is a million here. */
static bool instructions(const char *text, u64 *value)
{
    why_t why;
    return parse_size(text, 1, 1000, value, &why);
}

bool parse_moment(const char *option, const char *text, moment_t *m, why_t *why)
{
    *m = (moment_t){ .kind = MOMENT_NONE };
    if (!text) return true;
    size_t length = strlen(text), colon = strcspn(text, ":");
    u32 cs = 0;
    char seconds[32];
    if (strncmp(text, "text:", 5) == 0 && text[5]) {
        *m = (moment_t){ .kind = MOMENT_TEXT, .text = text + 5 };
        return true;
    }
    if (text[0] == '@' && hex(text + 1, length - 1, &m->address)) {
        m->kind = MOMENT_LINEAR;
        return true;
    }
    if (colon < length && hex(text, colon, &cs) && cs <= 0xFFFF && hex(text + colon + 1, length - colon - 1, &m->address)) {
        m->kind = MOMENT_FAR;
        m->cs = (u16)cs;
        return true;
    }
    snprintf(seconds, sizeof seconds, "%.*s", (int)(length ? length - 1 : 0), text);
    why_t reason;
    if (length && length < sizeof seconds && text[length - 1] == 's' && parse_seconds(seconds, &m->number, &reason)) {
        m->kind = MOMENT_TIME;
        return true;
    }
    if (instructions(text, &m->number)) {
        m->kind = MOMENT_INSTRUCTION;
        return true;
    }
    return refuse(why, "%s %s: a moment is like 1000000, 50M, 2.5s, 0070:0100, @C0100000 or text:WORDS", option, text);
}

bool parse_kinds(const char *text, unsigned *kinds, why_t *why)
{
    static const struct { const char *name; unsigned kind; } names[] = { { "memory", RECORD_MEMORY }, { "ports", RECORD_PORTS },
        { "events", RECORD_EVENTS }, { "state", RECORD_STATE }, { "none", 0 } };
    *kinds = 0;
    for (const char *at = text; *at; at += strspn(at, ",")) {
        size_t n = strcspn(at, ","), i = 0;
        while (i < COUNT_OF(names) && (strlen(names[i].name) != n || strncmp(at, names[i].name, n) != 0)) i++;
        if (i == COUNT_OF(names)) return refuse(why, "trace: -filter %s: the kinds are memory, ports, events, state, none", text);
        *kinds |= names[i].kind;
        at += n;
    }
    return true;
}

/* ---- a machine in words ---- */

static size_t add_file(char *text, size_t bytes, size_t at, const char *role, const char *path)
{
    struct stat about;
    if (!path || at >= bytes) return at;
    long long size = stat(path, &about) == 0 ? (long long)about.st_size : 0;
    return at + (size_t)snprintf(text + at, bytes - at, "image: %s, %lld bytes, %s\n", role, size, path);
}

void describe_machine(const session_t *s, unsigned kinds, char *text, size_t bytes)
{
    static const char *const disks[] = { "hda", "hdb", "hdc", "hdd" }, *const floppies[] = { "fda", "fdb" };
    const options_t *o = s->options;
    size_t at = (size_t)snprintf(text, bytes, "program: doppel\nmodel: %s\nram: %u\nengine: %s\nips: %" PRIu64 "\nkinds: instructions%s%s%s%s\n", trace_models[o->cpu % N_CPU_MODELS], o->ram_bytes,
                                 s->engine == ENGINE_L1 ? "L1" : "L0", o->ips, kinds & RECORD_MEMORY ? ",memory" : "", kinds & RECORD_PORTS ? ",ports" : "",
                                 kinds & RECORD_EVENTS ? ",events" : "", kinds & RECORD_STATE ? ",state" : "");
    for (unsigned i = 0; i < o->images; i++)    at = add_file(text, bytes, at, "by content", o->image[i]);
    for (unsigned i = 0; i < PC_FLOPPIES; i++)  at = add_file(text, bytes, at, floppies[i], o->floppy[i]);
    for (unsigned i = 0; i < PC_DISKS; i++)     at = add_file(text, bytes, at, disks[i], o->disk[i]);
    at = add_file(text, bytes, at, "cdrom", o->cdrom);
    at = add_file(text, bytes, at, "kernel", o->kernel);
    at = add_file(text, bytes, at, "initrd", o->initrd);
    at = add_file(text, bytes, at, "bios", o->bios);
    at = add_file(text, bytes, at, "vgabios", o->vgabios);
}

/* ---- printing ---- */

static bool print_all(trace_reader_t *r, u64 count, trace_style_t style)
{
    char model[32] = "";
    trace_record_t *record = malloc(sizeof *record);
    trace_answer_t answer = TRACE_END;
    if (!record) { say("trace: out of memory"); return false; }
    trace_about_value(r, "model", model, sizeof model);
    for (u64 n = 0; n < count && (answer = trace_next(r, record)) == TRACE_GOT && !ferror(stdout); n++)
        trace_line(stdout, style, trace_state(r), record, trace_model(model));
    free(record);
    if (answer == TRACE_WRONG) say("trace: %s", trace_why(r));
    if (answer == TRACE_END && count && trace_truncated(r)) say("trace: the file was cut off: the recording goes on beyond its last whole block");
    return answer != TRACE_WRONG;
}

int trace_print(const char *path, const moment_t *from, const char *count, trace_style_t style)
{
    why_t why = { "" };
    u64 n = UINT64_MAX;
    if (from->kind > MOMENT_INSTRUCTION) { say("trace: -print begins at a number of instructions: -from 1000000"); return STATUS_TROUBLE; }
    if (count && !instructions(count, &n)) { say("trace: -count %s is not a number", count); return STATUS_TROUBLE; }
    trace_reader_t *r = trace_open(path, why.text, sizeof why.text);
    if (!r) { say("trace: %s", why.text); return STATUS_TROUBLE; }
    bool good;
    if (style == TRACE_LINES) for (const char *at = trace_about(r); *at; at += strcspn(at, "\n"), at += *at == '\n') printf("# %.*s\n", (int)strcspn(at, "\n"), at);
    trace_heading(stdout, style);
    trace_answer_t found = from->number ? trace_seek(r, from->number) : TRACE_GOT;
    if (found == TRACE_WRONG) say("trace: %s", trace_why(r));
    if (found == TRACE_END) say("trace: %s ends before instruction %" PRIu64 "%s", path, from->number, trace_truncated(r) ? ": it was cut off" : "");
    good = found == TRACE_GOT;
    if (good) good = print_all(r, n, style);
    trace_close(r);
    return good ? STATUS_GOOD : STATUS_TROUBLE;
}
