/* command_trace.c - `doppel trace`: a machine's run recorded into a file, and such a file as text.
 *
 * Recording attaches an observer (fidelity/trace_record.h) to the processor for the part of the run that is wanted; before and after, the machine
 * runs at full speed. */
#include "frontend/command_trace.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "cpu/cpu.h"
#include "fidelity/trace_record.h"
#include "fidelity/trace_write.h"
#include "frontend/commands.h"
#include "frontend/trace_print.h"

typedef struct {
    watcher_t        watcher;            /* first two: see of_watcher, of_waiter */
    observer_t       waiter;             /* for an address to begin at */
    trace_recorder_t recorder;
    trace_writer_t  *writer;
    session_t       *session;
    moment_t         from, until;
    enum { WAITING, RECORDING, DONE } phase;
    bool             failed;
    u64              first, shown_at;
} tracing_t;

static tracing_t *of_waiter(observer_t *o) { return (tracing_t *)(void *)((char *)o - offsetof(tracing_t, waiter)); }

/* ---- recording ---- */

static void sink(void *owner, const trace_record_t *record, u64 identity) { trace_put(((tracing_t *)owner)->writer, record, identity); }
static bool brief(void *owner, const trace_record_t *record, u64 identity, const u32 *registers, u32 eflags)
{
    return trace_put_brief(((tracing_t *)owner)->writer, record, identity, registers, eflags);
}
static bool knows(void *owner, u32 linear, u64 identity) { return trace_knows(((tracing_t *)owner)->writer, linear, identity); }

static bool is_at(const moment_t *m, const cpu_t *cpu, u32 linear)
{
    if (m->kind == MOMENT_LINEAR) return linear == m->address;
    return m->kind == MOMENT_FAR && cpu->seg[CS].selector == m->cs && linear - cpu->seg[CS].base == m->address;
}

/* Before every instruction of the recorded part. */
static bool goes_on(void *owner, cpu_t *cpu, u32 linear)
{
    tracing_t *t = owner;
    if (t->phase == RECORDING && t->until.kind >= MOMENT_LINEAR && is_at(&t->until, cpu, linear) && cpu_instructions(cpu) != t->first) t->phase = DONE;
    return t->phase == RECORDING;
}

static void start(tracing_t *t)
{
    cpu_t *cpu = pc_cpu(t->session->pc);
    t->phase = RECORDING;
    t->first = cpu_instructions(cpu);
    recorder_begin(&t->recorder, cpu);
    trace_begin(t->writer, t->recorder.state);
}

/* Is this the address?  Then the instruction about to execute is the first record. */
static void wait_for_address(observer_t *self, cpu_t *cpu, u32 eip, unsigned length)
{
    tracing_t *t = of_waiter(self);
    if (!is_at(&t->from, cpu, cpu->seg[CS].base + eip)) return;
    start(t);
    t->recorder.observer.before(&t->recorder.observer, cpu, eip, length);
}

/* ---- moments between instructions ---- */

static bool reached(const moment_t *m, session_t *s)
{
    switch (m->kind) {
    case MOMENT_INSTRUCTION: return pc_instructions(s->pc) >= m->number;
    case MOMENT_TIME:        return pc_now(s->pc) >= m->number;
    case MOMENT_TEXT:        return strstr(session_screen(s), m->text) != NULL;
    default:                 return false;
    }
}

/* When to look next: what is waited for now. */
static void set_alarm(tracing_t *t)
{
    const moment_t *m = t->phase == WAITING ? &t->from : &t->until;
    t->watcher.instruction = m->kind == MOMENT_INSTRUCTION ? m->number : UINT64_MAX;
    t->watcher.time = m->kind == MOMENT_TIME ? m->number : UINT64_MAX;
}

static void progress(tracing_t *t)
{
    char line[100];
    u64 now = host_now();
    if (now - t->shown_at < 500000000) return;
    t->shown_at = now;
    trace_size_t size = trace_size(t->writer);
    if (t->phase == WAITING) snprintf(line, sizeof line, "%" PRIu64 " instructions, not recording yet", pc_instructions(t->session->pc));
    else snprintf(line, sizeof line, "%" PRIu64 " records, %" PRIu64 " MB in %" PRIu64 " MB", size.records, size.raw / 1000000, size.packed / 1000000);
    say_progress(line);
}

static void look(watcher_t *self, session_t *s)
{
    tracing_t *t = (tracing_t *)self;
    if (t->phase == WAITING && reached(&t->from, s)) start(t);
    if (t->phase == RECORDING && reached(&t->until, s)) t->phase = DONE;
    if (t->phase == DONE || trace_failed(t->writer)) session_end(s, STATUS_GOOD, "traced");
    set_alarm(t);
    progress(t);
}

/* ---- the command ---- */

/* Trace's own options stand before the machine's: said to those who write them behind. */
static void refuse_machine(const why_t *why)
{
    const char *hint = strstr(why->text, "there is no option -") ? "; options of trace itself stand before the machine's" : "";
    say("trace: %s%s", why->text, hint);
}

/* Both numbers, or both times. */
static bool in_order(const moment_t *from, const moment_t *until, why_t *why)
{
    if (from->kind != until->kind || (from->kind != MOMENT_INSTRUCTION && from->kind != MOMENT_TIME) || from->number < until->number) return true;
    return refuse(why, "trace: -until is not after -from: there would be nothing to record");
}

/* A moment that has passed before the run begins: the machine's very start. */
static void begin(tracing_t *t, session_t *s)
{
    t->session = s;
    t->watcher.look = look;
    s->watcher = &t->watcher;
    t->recorder.sink = sink;
    t->recorder.knows = knows;
    t->recorder.brief = brief;
    t->recorder.goes_on = t->until.kind >= MOMENT_LINEAR ? goes_on : NULL;
    t->recorder.owner = t;
    t->waiter.before = wait_for_address;
    if (t->from.kind == MOMENT_NONE || (t->from.kind == MOMENT_INSTRUCTION && t->from.number == 0)) start(t);
    else if (t->from.kind == MOMENT_LINEAR || t->from.kind == MOMENT_FAR) cpu_observe(pc_cpu(s->pc), &t->waiter);
    set_alarm(t);
}

static int finish(tracing_t *t, session_t *s, const char *path)
{
    why_t why = { "" };
    if (t->phase == WAITING) cpu_observe(pc_cpu(s->pc), NULL);
    else                     recorder_end(&t->recorder, pc_cpu(s->pc));
    s->watcher = NULL;
    bool recorded = t->phase != WAITING;
    int status = session_close(s);
    trace_size_t size;
    bool good = trace_finish(t->writer, &size, why.text, sizeof why.text);
    recorder_free(&t->recorder);
    if (!good) { say("trace: %s", why.text); return STATUS_TROUBLE; }
    if (!recorded) { say("trace: the run ended before the moment to record from; %s has no instructions", path); return status ? status : STATUS_WAIT_FAILED; }
    printf("%s: %" PRIu64 " records in %" PRIu64 " bytes (%.2f a record; %.2f before compression)\n", path, size.records, size.packed,
           (double)size.packed / (double)(size.records ? size.records : 1), (double)size.raw / (double)(size.records ? size.records : 1));
    return status;
}

static int record(const char *path, const moment_t *from, const moment_t *until, unsigned kinds, int argc, char **argv)
{
    tracing_t t = { .from = *from, .until = *until };
    options_t o;
    why_t why = { "" };
    char about[8192];
    options_result_t parsed = options_parse(&o, argc, argv, &why);
    if (parsed == OPTIONS_DONE) return STATUS_GOOD;
    if (parsed == OPTIONS_WRONG) { refuse_machine(&why); return STATUS_TROUBLE; }
    if (o.display == DISPLAY_DEFAULT) o.display = DISPLAY_NONE;
    session_t *s = session_open(&o, &why);
    if (!s) { say("trace: %s", why.text); return STATUS_TROUBLE; }
    describe_machine(s, kinds, about, sizeof about);
    bool ready = recorder_init(&t.recorder, kinds) || refuse(&why, "out of memory");
    if (ready) t.writer = trace_create(path, about, why.text, sizeof why.text);
    if (!t.writer) {
        say("trace: %s", why.text);
        recorder_free(&t.recorder);
        session_close(s);
        return STATUS_TROUBLE;
    }
    begin(&t, s);
    session_run(s);
    return finish(&t, s, path);
}

static const char about_command[] =
    "Records what a machine's processor does, instruction by instruction, or\n"
    "shows such a recording.\n\n"
    "  doppel trace -o boot.trace -until 50M -- -cdrom linux.iso\n"
    "  doppel trace -o prompt.trace -from 'text:A:\\>' -until 12s -- freedos.img\n"
    "  doppel trace -print boot.trace -from 1000000 -count 20\n\n"
    "MOMENT is a number of instructions (1000000, 50M), a time (2.5s), an\n"
    "address (CS:IP as 0070:0100, or linear as @C0100000), or text on the\n"
    "screen (text:WORDS). KINDS, beside instructions with general registers\n"
    "and flags: memory,ports,events,state; all of them if nothing is said.";

int command_trace(int argc, char **argv)
{
    const char *output = NULL, *from = NULL, *until = NULL, *filter = NULL, *count = NULL, *print = NULL;
    bool csv = false, jsonl = false;
    const command_option_t options[] = {
        { "o",      "FILE",   "where the recording goes", .text = &output },
        { "from",   "MOMENT", "begin there (the machine's start)", .text = &from },
        { "until",  "MOMENT", "end there (the run's end)", .text = &until },
        { "filter", "KINDS",  "what to record", .text = &filter },
        { "print",  "FILE",   "show a recording, -from an instruction", .text = &print },
        { "count",  "N",      "so many records of it", .text = &count },
        { "csv",    NULL,     "as comma-separated values", .flag = &csv },
        { "jsonl",  NULL,     "as a JSON object a line", .flag = &jsonl },
    };
    const command_usage_t usage = { "trace", "-o FILE [options] [--] MACHINE...\n  or doppel trace -print FILE [options]", about_command, options, COUNT_OF(options), true };
    why_t why = { "" };
    int first = argc;
    unsigned kinds = RECORD_ALL;
    moment_t begins = { 0 }, ends = { 0 };
    command_result_t result = command_parse(&usage, argc, argv, &first, &why);
    if (result == COMMAND_HELPED) return STATUS_GOOD;
    bool good = result == COMMAND_RUN && parse_moment("trace: -from", from, &begins, &why) && parse_moment("trace: -until", until, &ends, &why)
        && (!filter || parse_kinds(filter, &kinds, &why));
    if (good && !!output == !!print) good = refuse(&why, "trace wants either -o FILE to record or -print FILE to show; doppel help trace tells more");
    if (good && print && (until || filter || first < argc)) good = refuse(&why, "trace: -print goes with -from N, -count N, -csv and -jsonl only");
    if (good && csv && jsonl) good = refuse(&why, "trace: -csv and -jsonl cannot both be");
    if (good && output) good = in_order(&begins, &ends, &why);
    if (good && output && (count || csv || jsonl)) good = refuse(&why, "trace: -count, -csv and -jsonl go with -print");
    if (!good) { say("%s", why.text); return STATUS_TROUBLE; }
    if (print) return trace_print(print, &begins, count, csv ? TRACE_CSV : jsonl ? TRACE_JSONL : TRACE_LINES);
    return record(output, &begins, &ends, kinds, argc - first + 1, argv + first - 1);
}
