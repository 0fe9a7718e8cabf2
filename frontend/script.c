/* script.c - one command a line: a table of words says what follows each; everything is checked before the run starts.
 *
 * Times are virtual, so a script does the same at the same instruction in every run.  Words are separated by blanks;
 * a word in "double quotes" may hold \n \t \b \e \\ \" and \xHH.
 * Left out: variables, loops, conditions. */
#include "frontend/script.h"
#include "frontend/script_disasm.h"
#include "frontend/keymap.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "frontend/options.h"

enum { MAX_BYTES = 1 << 20, MAX_WORDS = 8, MOUSE_NS = 20000000, SERIAL_BURST = 8 };
static const u64 DEFAULT_WAIT = 30000000000;

typedef struct { char *word[MAX_WORDS]; unsigned n; } words_t;
typedef bool fill_t(script_command_t *c, const words_t *w, why_t *why);

/* --- words ----------------------------------------------------------------------------------------------------------- */

static bool unescape(char **from, char **to, why_t *why)
{
    static const char letters[] = "ntbre\\\"", values[] = "\n\t\b\r\x1B\\\"";
    char c = *(*from)++;
    if (c == 'x' && isxdigit((unsigned char)(*from)[0]) && isxdigit((unsigned char)(*from)[1])) {
        char digits[3] = { (*from)[0], (*from)[1], 0 };
        *(*to)++ = (char)strtoul(digits, NULL, 16);
        *from += 2;
        return true;
    }
    const char *at = c ? strchr(letters, c) : NULL;
    if (!at) return refuse(why, "\"\\%c\" is not known in a text; there are \\n \\t \\b \\r \\e \\\\ \\\" \\xHH", c ? c : ' ');
    *(*to)++ = values[at - letters];
    return true;
}

/* Cuts the line into words where it stands. */
static bool cut(char *line, words_t *w, why_t *why)
{
    w->n = 0;
    for (char *from = line; ; ) {
        from += strspn(from, " \t\r");
        if (!*from || *from == '#') return true;
        if (w->n == MAX_WORDS) return refuse(why, "there are more than %d words", MAX_WORDS);
        bool quoted = *from == '"';
        char *to = w->word[w->n++] = from += quoted;
        while (*from && (quoted ? *from != '"' : !strchr(" \t\r", *from))) {
            char c = *from++;
            if (quoted && c == '\\') { if (!unescape(&from, &to, why)) return false; }
            else *to++ = c;
        }
        if (quoted && *from != '"') return refuse(why, "the closing quote is missing");
        if (*from) from++;
        *to = 0;
    }
}

/* --- what follows each word ---------------------------------------------------------------------------------------------- */

static char *copy(const char *text)
{
    char *to = malloc(strlen(text) + 1);
    return to ? strcpy(to, text) : NULL;
}

static bool fill_text(script_command_t *c, const words_t *w, why_t *why)
{
    c->text = copy(w->word[1]);
    return c->text != NULL || refuse(why, "out of memory");
}

static bool fill_wait(script_command_t *c, const words_t *w, why_t *why)
{
    c->ns = DEFAULT_WAIT;
    if (!*w->word[1]) return refuse(why, "an empty text cannot be waited for");
    return fill_text(c, w, why) && (w->n < 3 || parse_seconds(w->word[2], &c->ns, why));
}

static bool fill_type(script_command_t *c, const words_t *w, why_t *why)
{
    for (const char *at = w->word[1]; *at; at++)
        if (!stroke_of_character((u8)*at).key) return refuse(why, "the character %02Xh cannot be typed on a US keyboard", (u8)*at);
    return fill_text(c, w, why);
}

static bool fill_keys(script_command_t *c, const words_t *w, why_t *why)
{
    c->n_keys = keys_of_chord(w->word[1], c->keys, COUNT_OF(c->keys));
    return c->n_keys > 0 || refuse(why, "the key \"%s\" is not known; keys are like enter, f1, ctrl-alt-delete", w->word[1]);
}

static bool fill_number(const char *word, long least, long most, long *value, why_t *why)
{
    char *end;
    *value = strtol(word, &end, 10);
    if (end == word || *end || *value < least || *value > most) return refuse(why, "\"%s\" should be a number from %ld to %ld", word, least, most);
    return true;
}

static bool fill_mouse(script_command_t *c, const words_t *w, why_t *why)
{
    long dx, dy, dz;
    if (!fill_number(w->word[1], -32767, 32767, &dx, why) || !fill_number(w->word[2], -32767, 32767, &dy, why)) return false;
    c->dx = (s16)dx;
    c->dy = (s16)-dy;                                     /* a script counts as the screen does: down is positive */
    for (unsigned i = 3; i < w->n; i++) {
        if      (strcmp(w->word[i], "left") == 0)   c->buttons |= 1;
        else if (strcmp(w->word[i], "right") == 0)  c->buttons |= 2;
        else if (strcmp(w->word[i], "middle") == 0) c->buttons |= 4;
        else if (strcmp(w->word[i], "wheel") == 0 && i + 1 < w->n) {
            if (!fill_number(w->word[++i], -128, 127, &dz, why)) return false;
            c->dz = (s16)dz;
        } else return refuse(why, "\"%s\" should be left, right, middle or wheel N", w->word[i]);
    }
    return true;
}

static bool fill_drive(script_command_t *c, const words_t *w, why_t *why)
{
    static const char *const drives[] = { "fda", "fdb", "cdrom" };        /* the last is PC_FLOPPIES */
    unsigned n = 0;
    while (n < COUNT_OF(drives) && strcmp(w->word[1], drives[n]) != 0) n++;
    if (n == COUNT_OF(drives)) return refuse(why, "\"%s\" is not a drive whose medium can change; there are fda, fdb and cdrom", w->word[1]);
    c->drive = (u8)n;
    if (w->n < 3) return true;
    c->text = copy(w->word[2]);
    return c->text != NULL || refuse(why, "out of memory");
}

static bool fill_sleep(script_command_t *c, const words_t *w, why_t *why) { return parse_seconds(w->word[1], &c->ns, why); }

static bool fill_status(script_command_t *c, const words_t *w, why_t *why)
{
    long status = 0;
    if (w->n > 1 && !fill_number(w->word[1], 0, 255, &status, why)) return false;
    c->status = (int)status;
    return true;
}

static bool fill_disasm(script_command_t *c, const words_t *w, why_t *why)
{
    long count = 10;
    const char *where = w->n > 1 ? w->word[1] : "cs:ip";
    if (w->n > 2 && !fill_number(w->word[2], 1, 10000, &count, why)) return false;
    if (!script_disasm_knows(where)) return refuse(why, "\"%s\" is not an address such as cs:ip, F000:FFF0 or 7C00 (hexadecimal)", where);
    c->status = (int)count;
    c->text = copy(where);
    return c->text != NULL || refuse(why, "out of memory");
}

static bool fill_nothing(script_command_t *c, const words_t *w, why_t *why) { (void)c; (void)w; (void)why; return true; }

static const struct { const char *word; script_verb_t verb; u8 least, most; fill_t *fill; const char *usage; } verbs[] = {
    { "wait",        SCRIPT_WAIT,        1, 2, fill_wait,    "wait \"TEXT\" [SECONDS]" },
    { "wait-serial", SCRIPT_WAIT_SERIAL, 1, 2, fill_wait,    "wait-serial \"TEXT\" [SECONDS]" },
    { "type",        SCRIPT_TYPE,        1, 1, fill_type,    "type \"TEXT\"" },
    { "type-serial", SCRIPT_TYPE_SERIAL, 1, 1, fill_text,    "type-serial \"TEXT\"" },
    { "key",         SCRIPT_KEY,         1, 1, fill_keys,    "key NAME" },
    { "mouse",       SCRIPT_MOUSE,       2, 7, fill_mouse,   "mouse DX DY [left] [right] [middle] [wheel N]" },
    { "insert",      SCRIPT_INSERT,      2, 2, fill_drive,   "insert fda FILE" },
    { "eject",       SCRIPT_EJECT,       1, 1, fill_drive,   "eject fda" },
    { "sleep",       SCRIPT_SLEEP,       1, 1, fill_sleep,   "sleep SECONDS" },
    { "screenshot",  SCRIPT_SCREENSHOT,  1, 1, fill_text,    "screenshot FILE.png" },
    { "text",        SCRIPT_TEXT,        1, 1, fill_text,    "text FILE" },
    { "disasm",      SCRIPT_DISASM,      0, 2, fill_disasm,  "disasm [ADDRESS] [COUNT]" },
    { "hash",        SCRIPT_HASH,        0, 0, fill_nothing, "hash" },
    { "reset",       SCRIPT_RESET,       0, 0, fill_nothing, "reset" },
    { "nmi",         SCRIPT_NMI,         0, 0, fill_nothing, "nmi" },
    { "quit",        SCRIPT_QUIT,        0, 1, fill_status,  "quit [STATUS]" },
};

static const char *word_of(script_verb_t verb)
{
    for (unsigned i = 0; i < COUNT_OF(verbs); i++)
        if (verbs[i].verb == verb) return verbs[i].word;
    return "";
}

static bool understand(const words_t *w, script_command_t *c, why_t *why)
{
    for (unsigned i = 0; i < COUNT_OF(verbs); i++) {
        if (strcmp(w->word[0], verbs[i].word) != 0) continue;
        unsigned n = w->n - 1;
        c->verb = verbs[i].verb;
        if (n < verbs[i].least || n > verbs[i].most) return refuse(why, "this command is written %s", verbs[i].usage);
        return verbs[i].fill(c, w, why);
    }
    char list[256] = "";
    for (unsigned i = 0; i < COUNT_OF(verbs); i++) snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", verbs[i].word);
    return refuse(why, "\"%s\" is not a command; there are %s", w->word[0], list);
}

/* --- the file -------------------------------------------------------------------------------------------------------- */

static bool add(script_t *s, const script_command_t *c)
{
    if ((s->commands & (s->commands - 1)) == 0) {         /* grows at powers of two */
        script_command_t *larger = realloc(s->command, (s->commands ? 2 * s->commands : 1) * sizeof *larger);
        if (!larger) return false;
        s->command = larger;
    }
    s->command[s->commands++] = *c;
    return true;
}

static bool parse_line(script_t *s, char *line, unsigned number, why_t *why)
{
    words_t w;
    why_t reason;
    script_command_t c = { .line = number };
    bool good = cut(line, &w, &reason);
    if (good && w.n == 0) return true;
    good = good && (understand(&w, &c, &reason) && (add(s, &c) || refuse(&reason, "out of memory")));
    if (good) return true;
    free(c.text);
    return refuse(why, "%s, line %u: %s", s->name, number, reason.text);
}

script_t *script_parse(const char *name, const char *content, size_t bytes, why_t *why)
{
    script_t *s = calloc(1, sizeof *s);
    char *text = malloc(bytes + 1);
    bool good = s && text && (s->name = copy(name)) != NULL;
    if (!good) refuse(why, "out of memory");
    if (good) {
        memcpy(text, content, bytes);
        text[bytes] = 0;
        if (strlen(text) != bytes) good = refuse(why, "%s is not a text: there is a zero byte at %zu", name, strlen(text));
    }
    unsigned number = 1;
    for (char *line = text, *next; good && line; line = next, number++) {
        next = strchr(line, '\n');
        if (next) *next++ = 0;
        good = parse_line(s, line, number, why);
    }
    free(text);
    if (good) return s;
    script_free(s);
    return NULL;
}

script_t *script_load(const char *path, why_t *why)
{
    FILE *file = fopen(path, "rb");
    if (!file) { refuse(why, "cannot read the script %s: %s", path, strerror(errno)); return NULL; }
    char *content = malloc(MAX_BYTES + 1);
    size_t bytes = content ? fread(content, 1, MAX_BYTES + 1, file) : 0;
    script_t *s = NULL;
    if (!content) refuse(why, "out of memory");
    else if (ferror(file)) refuse(why, "cannot read the script %s: %s", path, strerror(errno));
    else if (bytes > MAX_BYTES) refuse(why, "the script %s is larger than 1 MiB", path);
    else s = script_parse(path, content, bytes, why);
    free(content);
    fclose(file);
    return s;
}

void script_free(script_t *s)
{
    if (!s) return;
    for (unsigned i = 0; i < s->commands; i++) free(s->command[i].text);
    free(s->command);
    free(s->name);
    free(s);
}

bool script_done(const script_t *s) { return s->at >= s->commands; }

/* --- running --------------------------------------------------------------------------------------------------------- */

typedef enum { PENDING, FINISHED, LATE, TROUBLE } step_t;

static step_t step_type(script_t *s, const script_command_t *c, const script_host_t *host)
{
    while (c->text[s->typed] && host->type(host->owner, (u8)c->text[s->typed])) s->typed++;
    return c->text[s->typed] || host->typing(host->owner) ? PENDING : FINISHED;
}

/* Half of a 16550A's FIFO at each step; a terminal's Enter key sends a carriage return. */
static step_t step_type_serial(script_t *s, const script_command_t *c, const script_host_t *host)
{
    for (unsigned n = 0; n < SERIAL_BURST && c->text[s->typed]; n++, s->typed++)
        host->receive(host->owner, c->text[s->typed] == '\n' ? '\r' : (u8)c->text[s->typed]);
    return c->text[s->typed] ? PENDING : FINISHED;
}

static step_t step_command(script_t *s, const script_command_t *c, bool first, u64 now, const script_host_t *host, why_t *why)
{
    switch (c->verb) {
    case SCRIPT_WAIT:        return host->screen_shows(host->owner, c->text) ? FINISHED : now - s->since < c->ns ? PENDING : LATE;
    case SCRIPT_WAIT_SERIAL: return host->serial_sent(host->owner, c->text) ? FINISHED : now - s->since < c->ns ? PENDING : LATE;
    case SCRIPT_SLEEP:       return now - s->since < c->ns ? PENDING : FINISHED;
    case SCRIPT_TYPE:        return step_type(s, c, host);
    case SCRIPT_TYPE_SERIAL: return step_type_serial(s, c, host);
    case SCRIPT_KEY:
        if (first) host->keys(host->owner, c->keys, c->n_keys);
        return host->typing(host->owner) ? PENDING : FINISHED;
    case SCRIPT_MOUSE:                                    /* a mouse says about 50 things a second; a click takes two of them */
        if (first) host->act(host->owner, c);
        return now - s->since < MOUSE_NS ? PENDING : FINISHED;
    case SCRIPT_INSERT: case SCRIPT_EJECT: case SCRIPT_SCREENSHOT: case SCRIPT_TEXT: case SCRIPT_DISASM:
        return host->file(host->owner, c, why) ? FINISHED : TROUBLE;
    default:
        host->act(host->owner, c);
        return FINISHED;
    }
}

script_result_t script_step(script_t *s, u64 now, const script_host_t *host, int *status, why_t *why)
{
    while (!script_done(s)) {
        const script_command_t *c = &s->command[s->at];
        why_t reason;
        if (c->verb == SCRIPT_QUIT) { *status = c->status; return SCRIPT_ENDED; }
        bool first = !s->begun;
        if (first) { s->begun = true; s->since = now; s->typed = 0; }
        switch (step_command(s, c, first, now, host, &reason)) {
        case PENDING:  return SCRIPT_GOES_ON;
        case FINISHED: s->begun = false; s->at++; break;
        case LATE:
            refuse(why, "%s, line %u: %s \"%s\" was not seen within %.10g s", s->name, c->line, word_of(c->verb), c->text, (double)c->ns / 1e9);
            return SCRIPT_FAILED_WAIT;
        default:
            refuse(why, "%s, line %u: %s", s->name, c->line, reason.text);
            return SCRIPT_FAILED;
        }
    }
    return SCRIPT_GOES_ON;
}
