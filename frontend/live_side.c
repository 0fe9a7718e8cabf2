/* live_side.c - see live_side.h.  The machine runs a few hundred instructions whenever the comparison wants more records. */
#include "frontend/live_side.h"
#include <stdio.h>
#include <stdlib.h>
#include "fidelity/trace_record.h"
#include "frontend/session.h"

enum { PIECE = 512, MOST_WORDS = 128 };

typedef struct {
    diff_input_t     input;
    watcher_t        watcher;
    trace_recorder_t recorder;
    options_t        options;
    session_t       *session;
    char            *text, *words[MOST_WORDS + 1];
    u64              state[TRACE_FIELDS];    /* after the record last given */
    trace_record_t  *record;                 /* n of them, `given` gone */
    unsigned         n, room, given;
    bool             ended, no_memory;
} live_t;

/* Words as a shell splits them: blanks, quotes, backslashes. */
static int split(live_t *l, const char *from, why_t *why)
{
    int n = 1;
    char *to = l->text;
    l->words[0] = to;
    memcpy(to, "live", 5);
    to += 5;
    while (*(from += strspn(from, " \t\n"))) {
        if (n == MOST_WORDS) return refuse(why, "diff: a machine of more than %d words", MOST_WORDS - 1);
        l->words[n++] = to;
        for (char quote = 0; *from && (quote || !strchr(" \t\n", *from)); from++) {
            if (*from == quote) quote = 0;
            else if (!quote && (*from == '\'' || *from == '"')) quote = *from;
            else *to++ = *from == '\\' && quote != '\'' && from[1] ? *++from : *from;
        }
        *to++ = 0;
    }
    return n;
}

/* A record is large, but what it holds is small. */
static void copy(trace_record_t *to, const trace_record_t *record)
{
    memcpy(to, record, offsetof(trace_record_t, text));
    to->n_changes = record->n_changes;
    to->n_accesses = record->n_accesses;
    memcpy(to->change, record->change, record->n_changes * sizeof record->change[0]);
    memcpy(to->access, record->access, record->n_accesses * sizeof record->access[0]);
}

static void sink(void *owner, const trace_record_t *record, u64 identity)
{
    live_t *l = owner;
    (void)identity;
    if (l->n == l->room) {
        unsigned room = l->room * 2 + PIECE;
        trace_record_t *more = realloc(l->record, room * sizeof *more);
        if (!more) { l->no_memory = true; return; }
        l->record = more;
        l->room = room;
    }
    copy(&l->record[l->n++], record);
}

static void look(watcher_t *self, session_t *s) { (void)self; (void)s; }

static trace_answer_t live_next(diff_input_t *self, trace_record_t *record)
{
    live_t *l = (live_t *)self;
    if (l->given == l->n) l->given = l->n = 0;
    while (l->n == 0 && !l->ended) {
        l->watcher.instruction = pc_instructions(l->session->pc) + PIECE;
        session_step(l->session);
        if (l->session->ended) {
            l->ended = true;
            recorder_end(&l->recorder, pc_cpu(l->session->pc));
        }
    }
    if (l->no_memory) return TRACE_WRONG;
    if (l->n == 0) return TRACE_END;
    copy(record, &l->record[l->given++]);
    for (unsigned i = 0; i < record->n_changes; i++) l->state[record->change[i].field] = record->change[i].value;
    return TRACE_GOT;
}

static const u64 *live_state(diff_input_t *self) { return ((live_t *)self)->state; }
static const char *live_why(diff_input_t *self)  { (void)self; return "out of memory"; }
static void live_progress(diff_input_t *self, u64 *at, u64 *of)
{
    *at = pc_instructions(((live_t *)self)->session->pc);
    *of = 0;
}

static void live_close(diff_input_t *self)
{
    live_t *l = (live_t *)self;
    if (l->session) {
        if (!l->ended) recorder_end(&l->recorder, pc_cpu(l->session->pc));
        l->session->watcher = NULL;
        session_close(l->session);
    }
    recorder_free(&l->recorder);
    free(l->record);
    free(l->text);
    free(l);
}

static void begin(live_t *l, unsigned kinds)
{
    diff_input_t *in = &l->input;
    session_t *s = l->session;
    l->watcher = (watcher_t){ .instruction = UINT64_MAX, .time = UINT64_MAX, .look = look };
    s->watcher = &l->watcher;
    l->recorder.sink = sink;
    l->recorder.owner = l;
    recorder_begin(&l->recorder, pc_cpu(s->pc));
    memcpy(l->state, l->recorder.state, sizeof l->state);
    for (unsigned i = 0; i < TRACE_FIELDS; i++) in->known[i] = true;
    in->bytes = true;
    in->accesses = kinds & RECORD_MEMORY;
    in->events = true;
    in->model = (model_t)l->options.cpu;
    in->next = live_next;
    in->state = live_state;
    in->why = live_why;
    in->progress = live_progress;
    in->close = live_close;
    session_begin(s);
}

diff_input_t *input_live(const char *words, unsigned kinds, why_t *why)
{
    live_t *l = calloc(1, sizeof *l);
    int n = 0;
    if (l) l->text = malloc(strlen(words) + 16);
    if (!l || !l->text || !recorder_init(&l->recorder, kinds)) refuse(why, "out of memory");
    else if ((n = split(l, words, why)) > 0 && options_parse(&l->options, n, l->words, why) == OPTIONS_RUN) {
        if (l->options.display == DISPLAY_DEFAULT) l->options.display = DISPLAY_NONE;
        l->options.snapshot = true;                            /* both sides may have the same images */
        snprintf(l->input.name, sizeof l->input.name, "live: %.240s", words);
        l->session = session_open(&l->options, why);
        if (l->session) {
            begin(l, kinds);
            return &l->input;
        }
    }
    if (l) {
        recorder_free(&l->recorder);
        free(l->text);
        free(l);
    }
    return NULL;
}
