/* command_diff.c - `doppel diff`: two runs compared instruction by instruction.  Exit status: 0 the same, 1 different, 2 trouble. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "fidelity/diff.h"
#include "fidelity/trace_record.h"
#include "frontend/command_trace.h"
#include "frontend/commands.h"
#include "frontend/live_side.h"

enum { DIFF_STATUS_TROUBLE = 2 };

typedef struct { diff_input_t *a, *b; u64 shown_at; } shown_t;

static bool go_on(void *owner, u64 steps)
{
    shown_t *s = owner;
    u64 now = host_now(), at, of;
    char line[120];
    if (session_signal()) return false;
    if (now - s->shown_at < 500000000) return true;
    s->shown_at = now;
    s->a->progress(s->a, &at, &of);
    if (!of) s->b->progress(s->b, &at, &of);
    if (of) snprintf(line, sizeof line, "%" PRIu64 " instructions agree, %u%% of the file", steps, (unsigned)(at * 100 / of));
    else    snprintf(line, sizeof line, "%" PRIu64 " instructions agree", steps);
    say_progress(line);
    return true;
}

/* ---- words of the command line ---- */

static bool parse_ignore(const char *text, diff_options_t *o, why_t *why)
{
    const struct { const char *name; bool *flag; } names[] = { { "flags-undefined", &o->ignore_undefined }, { "devices", &o->ignore_devices }, { "memory", &o->ignore_memory } };
    for (const char *at = text; *at; at += strspn(at, ",")) {
        size_t n = strcspn(at, ","), i = 0;
        while (i < COUNT_OF(names) && (strlen(names[i].name) != n || strncmp(at, names[i].name, n) != 0)) i++;
        if (i == COUNT_OF(names)) return refuse(why, "diff: -ignore %s: it knows flags-undefined, devices and memory", text);
        *names[i].flag = true;
        at += n;
    }
    return true;
}

/* F0000-FFFFF[,C0000-C7FFF...] */
static bool parse_skip(const char *text, diff_options_t *o, why_t *why)
{
    for (const char *at = text; *at; o->n_skips++) {
        char *end;
        unsigned long first = strtoul(at, &end, 16), last = *end == '-' ? strtoul(end + 1, &end, 16) : 0;
        if (o->n_skips == DIFF_SKIPS || last < first || last > UINT32_MAX || end == at || (*end && *end != ','))
            return refuse(why, "diff: -skip %s: it wants linear addresses such as F0000-FFFFF, at most %d pairs with commas between", text, DIFF_SKIPS);
        o->skip[o->n_skips].first = (u32)first;
        o->skip[o->n_skips].last = (u32)last;
        at = end + (*end == ',');
    }
    return true;
}

static bool parse_sync(const char *text, diff_options_t *o, why_t *why)
{
    moment_t m;
    if (!parse_moment("diff: -sync", text, &m, why) || (m.kind != MOMENT_LINEAR && m.kind != MOMENT_FAR)) return refuse(why, "diff: -sync %s: it wants an address: CS:IP as 0000:7C00, or linear as @7C00", text);
    o->sync = (diff_address_t){ true, m.kind == MOMENT_FAR, m.cs, m.address };
    return true;
}

/* ---- the two sides ---- */

static bool is_trace(const char *path)
{
    char magic[8] = "";
    FILE *f = fopen(path, "rb");
    size_t n = f && fseek(f, 0, SEEK_END) == 0 && fseek(f, 0, SEEK_SET) == 0 ? fread(magic, 1, sizeof magic, f) : 0;      /* a pipe is left alone */
    if (f) fclose(f);
    return n == sizeof magic && memcmp(magic, TRACE_MAGIC, sizeof magic) == 0;
}

static diff_input_t *open_side(const char *word, unsigned kinds, why_t *why)
{
    if (strncmp(word, "live:", 5) == 0) return input_live(word + 5, kinds, why);
    return is_trace(word) ? input_trace(word, why->text, sizeof why->text) : input_log(word, why->text, sizeof why->text);
}

static int compare(const char *a, const char *b, diff_options_t *o, why_t *why)
{
    unsigned kinds = o->ignore_memory ? RECORD_ALL & ~(unsigned)RECORD_MEMORY : RECORD_ALL;
    shown_t shown = { .shown_at = host_now() };
    diff_counts_t n = { 0 };
    shown.a = open_side(a, kinds, why);
    if (!shown.a) return DIFF_STATUS_TROUBLE;
    shown.b = open_side(b, kinds, why);
    if (!shown.b) {
        shown.a->close(shown.a);
        return DIFF_STATUS_TROUBLE;
    }
    o->owner = &shown;
    diff_result_t result = diff_run(shown.a, shown.b, o, &n, why->text, sizeof why->text);
    say_progress("");
    if (result == DIFF_TROUBLE) return DIFF_STATUS_TROUBLE;
    if (result == DIFF_SAME) printf("%" PRIu64 " instructions agree\n", n.steps);
    if (n.undefined)     printf("%" PRIu64 " times flags differed that the manual leaves undefined\n", n.undefined);
    if (n.device_values) printf("%" PRIu64 " values from devices or memory differed\n", n.device_values);
    if (n.excursions)    printf("%" PRIu64 " times one side went another way (%" PRIu64 " instructions) and came back\n", n.excursions, n.excursion_steps);
    return result == DIFF_SAME ? 0 : 1;
}

static const char about[] =
    "Compares two runs instruction by instruction and explains the first\n"
    "difference. A and B are traces (doppel trace), logs of Bochs' debugger\n"
    "(trace on, trace-reg on) or of QEMU (-d exec,cpu,nochain -singlestep), or\n"
    "machines to run: 'live:-engine L0 -cdrom linux.iso'.\n\n"
    "  doppel diff monday.trace tuesday.trace\n"
    "  doppel diff 'live:-engine L0 freedos.img' 'live:-engine L1 freedos.img'\n"
    "  doppel diff -sync 0000:7C00 -ignore devices bochs.log live:freedos.img\n\n"
    "Exit status: 0 the same, 1 different, 2 trouble.";

int command_diff(int argc, char **argv)
{
    const char *ignore = NULL, *sync = NULL, *skip = NULL, *count = NULL;
    const command_option_t options[] = {
        { "sync",   "ADDRESS", "run both to here first (0000:7C00, @7C00)", .text = &sync },
        { "ignore", "WHAT",    "flags-undefined,devices,memory", .text = &ignore },
        { "skip",   "RANGES",  "code not to compare: F0000-FFFFF,C0000-C7FFF", .text = &skip },
        { "count",  "N",       "compare so many instructions", .text = &count },
    };
    const command_usage_t usage = { "diff", "[options] A B", about, options, COUNT_OF(options), false };
    diff_options_t o = { .most = UINT64_MAX, .out = stdout, .go_on = go_on };
    why_t why = { "" };
    int first = argc;
    command_result_t result = command_parse(&usage, argc, argv, &first, &why);
    if (result == COMMAND_HELPED) return 0;
    bool good = result == COMMAND_RUN && (!ignore || parse_ignore(ignore, &o, &why)) && (!skip || parse_skip(skip, &o, &why)) && (!sync || parse_sync(sync, &o, &why));
    if (good && count && !parse_size(count, 1, 1000, &o.most, &why)) good = false;
    if (good && argc - first != 2) good = refuse(&why, "diff wants two sides, not %d; doppel help diff tells more", argc - first);
    int status = good ? compare(argv[first], argv[first + 1], &o, &why) : DIFF_STATUS_TROUBLE;
    if (status == DIFF_STATUS_TROUBLE) say("%s%s", strncmp(why.text, "diff", 4) == 0 ? "" : "diff: ", why.text);
    return status;
}
