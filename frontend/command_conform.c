/* command_conform.c - `doppel conform`: collections of recorded vectors against this processor; the table, JSON and JUnit. */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "fidelity/conform.h"
#include "fidelity/replace.h"
#include "frontend/commands.h"
#include "frontend/options.h"
#include "frontend/session.h"

enum { STATUS_FAILED = 1, STATUS_BAD_FILE = 2 };

typedef struct {
    const char *cpu, *junit, *show, *jobs;
    bool        verbose, l0, json;
    u64         began;
    conform_t   c;
} command_conform_t;

/* ---- the table ---- */

static void progress(void *context, unsigned files, unsigned of, u64 vectors, u64 failed)
{
    command_conform_t *k = context;
    char text[120];
    double seconds = (double)(host_now() - k->began) / 1e9;
    snprintf(text, sizeof text, "%u of %u files, %llu vectors, %llu failed, %.0f a second", files, of, (unsigned long long)vectors, (unsigned long long)failed,
             seconds > 0 ? (double)vectors / seconds : 0);
    say_progress(text);
}

static const char *plural(unsigned n) { return n == 1 ? "" : "s"; }

static void write_counts(const conform_form_t *f, const char *name)
{
    printf("%-10s %-9s %9llu %9llu %9llu %9llu  %s\n", name, f->mnemonic, (unsigned long long)f->result[VECTOR_PASSED], (unsigned long long)f->result[VECTOR_FAILED],
           (unsigned long long)f->result[VECTOR_UNDEFINED], (unsigned long long)f->result[VECTOR_EXCEPTED], f->first);
}

static void write_table(const conform_t *c, bool all)
{
    unsigned passed = 0;
    printf("form       name         passed    failed undefined  excepted  first failure\n");
    for (unsigned i = 0; i < c->n_forms; i++) {
        const conform_form_t *f = &c->forms[i];
        bool perfect = f->result[VECTOR_PASSED] + f->revoked == conform_vectors(f);
        if (perfect && !all) passed++;
        else                 write_counts(f, f->form);
    }
    if (passed) printf("and %u form%s whose vectors all passed\n", passed, plural(passed));
    conform_form_t total = c->total;
    total.mnemonic[0] = total.first[0] = 0;
    write_counts(&total, "all");
    for (unsigned r = 0; r < n_known_differences && r < COUNT_OF(c->row); r++)
        if (c->row[r])
            printf("excepted: %llu %s: %s (%s)\n", (unsigned long long)c->row[r], known_differences[r].name, known_differences[r].reason, known_differences[r].source);
    if (c->total.revoked) printf("revoked: %llu, taken back by the collection\n", (unsigned long long)c->total.revoked);
    printf("%llu vectors, %u form%s, %u file%s in %.2f s: %.0f vectors a second\n", (unsigned long long)conform_vectors(&c->total), c->n_forms, plural(c->n_forms), c->n_files,
           plural(c->n_files), c->seconds,
           c->seconds > 0 ? (double)conform_vectors(&c->total) / c->seconds : 0);
}

/* ---- for programs ---- */

static void write_escaped(FILE *out, const char *text, bool xml)
{
    for (const char *at = text; *at; at++) {
        unsigned char ch = (unsigned char)*at;
        if (xml && strchr("<>&\"", ch))          fprintf(out, "&#%u;", ch);
        else if (!xml && (ch == '"' || ch == '\\')) fprintf(out, "\\%c", ch);
        else if (ch < 0x20)                      fprintf(out, xml ? " " : "\\u%04x", ch);
        else                                     fputc(ch, out);
    }
}

static void json_counts(FILE *out, const conform_form_t *f)
{
    fprintf(out, "\"vectors\": %llu, \"passed\": %llu, \"failed\": %llu, \"undefined\": %llu, \"excepted\": %llu, \"revoked\": %llu", (unsigned long long)conform_vectors(f),
            (unsigned long long)f->result[VECTOR_PASSED], (unsigned long long)f->result[VECTOR_FAILED], (unsigned long long)f->result[VECTOR_UNDEFINED],
            (unsigned long long)f->result[VECTOR_EXCEPTED], (unsigned long long)f->revoked);
}

static void write_json(FILE *out, const command_conform_t *k)
{
    const conform_t *c = &k->c;
    fprintf(out, "{\"program\": \"doppel\", \"cpu\": \"%s\", \"cpu_of_host_vectors\": \"%s\", \"engine\": \"%s\", \"files\": %u, \"seconds\": %.3f, ", k->cpu ? k->cpu : "386", k->cpu ? k->cpu : "pentium4", c->l0 || !cpu_has_l1() ? "L0" : "L1",
            c->n_files, c->seconds);
    json_counts(out, &c->total);
    fprintf(out, ",\n \"differences\": [");
    for (unsigned r = 0, n = 0; r < n_known_differences && r < COUNT_OF(c->row); r++) {
        if (!c->row[r]) continue;
        fprintf(out, "%s\n  {\"name\": \"%s\", \"vectors\": %llu, \"source\": \"", n++ ? "," : "", known_differences[r].name, (unsigned long long)c->row[r]);
        write_escaped(out, known_differences[r].source, false);
        fprintf(out, "\"}");
    }
    fprintf(out, "],\n \"bad_files\": [");
    for (unsigned i = 0, n = 0; i < c->n_files; i++) {
        if (!c->files[i].trouble) continue;
        fprintf(out, "%s\n  {\"file\": \"", n++ ? "," : "");
        write_escaped(out, c->files[i].path, false);
        fprintf(out, "\", \"trouble\": \"");
        write_escaped(out, c->files[i].trouble, false);
        fprintf(out, "\"}");
    }
    fprintf(out, "],\n \"forms\": [");
    for (unsigned i = 0; i < c->n_forms; i++) {
        fprintf(out, "%s\n  {\"form\": \"%s\", \"name\": \"%s\", ", i ? "," : "", c->forms[i].form, c->forms[i].mnemonic);
        json_counts(out, &c->forms[i]);
        fprintf(out, ", \"first\": \"");
        write_escaped(out, c->forms[i].first, false);
        fprintf(out, "\"}");
    }
    fprintf(out, "]}\n");
}

static bool write_junit(const command_conform_t *k, why_t *why)
{
    FILE *out = fopen(k->junit, "w");
    if (!out) return refuse(why, "conform: cannot write %s: %s", k->junit, strerror(errno));
    unsigned failures = 0;
    for (unsigned i = 0; i < k->c.n_forms; i++) failures += k->c.forms[i].result[VECTOR_FAILED] != 0;
    fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"doppel conform\" tests=\"%u\" failures=\"%u\" errors=\"%u\" time=\"%.3f\">\n",
            k->c.n_forms + k->c.bad_files, failures, k->c.bad_files, k->c.seconds);
    for (unsigned i = 0; i < k->c.n_forms; i++) {
        const conform_form_t *f = &k->c.forms[i];
        fprintf(out, "  <testcase classname=\"%s\" name=\"%s\"", f->mnemonic, f->form);
        if (!f->result[VECTOR_FAILED]) fprintf(out, "/>\n");
        else {
            fprintf(out, "><failure message=\"%llu of %llu vectors failed, first ", (unsigned long long)f->result[VECTOR_FAILED], (unsigned long long)conform_vectors(f));
            write_escaped(out, f->first, true);
            fprintf(out, "\"/></testcase>\n");
        }
    }
    for (unsigned i = 0; i < k->c.n_files; i++) {
        if (!k->c.files[i].trouble) continue;
        fprintf(out, "  <testcase classname=\"file\" name=\"");
        write_escaped(out, k->c.files[i].path, true);
        fprintf(out, "\"><error message=\"");
        write_escaped(out, k->c.files[i].trouble, true);
        fprintf(out, "\"/></testcase>\n");
    }
    fprintf(out, "</testsuite>\n");
    bool good = !ferror(out);
    if (fclose(out) != 0) good = false;
    return good || refuse(why, "conform: cannot write %s: %s", k->junit, strerror(errno));
}

/* ---- the command ---- */

static bool prepare(command_conform_t *k, char **paths, why_t *why)
{
    cpu_model_t model = CPU_386;
    u64 jobs = 0;
    conform_why_t reason;
    if (k->cpu && !parse_cpu(k->cpu, &model, why)) return false;
    if (k->jobs && (!command_number(k->jobs, &jobs) || jobs < 1 || jobs > 64)) return refuse(why, "conform: -jobs %s: it wants a number from 1 to 64", k->jobs);
    if (k->junit && !replaceable(k->junit, "<?xml", "XML", reason.text, sizeof reason.text)) return refuse(why, "conform: %s", reason.text);
    if (!*paths) return refuse(why, "conform wants files or folders of vectors; doppel help conform tells more");
    for (char **path = paths; *path; path++)
        if (!conform_add(&k->c, *path, &reason)) return refuse(why, "conform: %s", reason.text);
    k->c.model = (model_t)model;
    k->c.host_model = k->cpu ? (model_t)model : MODEL_PENTIUM4;
    k->c.l0 = k->l0;
    k->c.verbose = k->verbose;
    k->c.jobs = (unsigned)jobs;
    k->c.context = k;
    if (isatty(STDERR_FILENO)) k->c.progress = progress;
    lacking_quiet(true);                                       /* vectors reach for much that no system needs */
    return true;
}

static int show(command_conform_t *k)
{
    conform_why_t why;
    char *text = NULL;
    if (!conform_show(&k->c, k->show, &text, &why)) {
        say("conform: %s", why.text);
        return STATUS_TROUBLE;
    }
    fputs(text, stdout);
    free(text);
    return STATUS_GOOD;
}

static int run_all(command_conform_t *k)
{
    why_t why;
    k->began = host_now();
    bool good = conform_run(&k->c);
    say_progress("");
    if (!good) {
        say("conform: there is not enough memory");
        return STATUS_TROUBLE;
    }
    for (unsigned i = 0; i < k->c.n_files; i++)
        if (k->c.files[i].report) fputs(k->c.files[i].report, k->json ? stderr : stdout);
    if (k->json) write_json(stdout, k);
    else         write_table(&k->c, k->verbose);
    fflush(stdout);
    for (unsigned i = 0; i < k->c.n_files; i++)
        if (k->c.files[i].trouble) say("%s: %s", k->c.files[i].path, k->c.files[i].trouble);
    if (k->junit && !write_junit(k, &why)) {
        say("%s", why.text);
        return STATUS_TROUBLE;
    }
    return k->c.bad_files ? STATUS_BAD_FILE : k->c.total.result[VECTOR_FAILED] ? STATUS_FAILED : STATUS_GOOD;
}

static const char about[] =
    "Runs instructions that were recorded on hardware one by one, and compares\n"
    "(MOO files as of github.com/SingleStepTests, plain or gzip; folders too).\n\n"
    "  doppel conform vectors/80286\n"
    "  doppel conform -show 80.4#20 vectors/80286\n\n"
    "Exit status: 0 nothing defined failed; 1 something did; 2 a file is broken.";

int command_conform(int argc, char **argv)
{
    command_conform_t k = { .began = 0 };
    const command_option_t options[] = {
        { "cpu",     "MODEL",  "what runs them (386; pentium4 for HOST)", .text = &k.cpu },
        { "show",    "FORM#N", "one vector in words: 80.4#20 or FILE#20", .text = &k.show },
        { "verbose", NULL,     "a line for each that failed, and all forms", .flag = &k.verbose },
        { "json",    NULL,     "the table as JSON", .flag = &k.json },
        { "junit",   "FILE",   "write a JUnit report, too", .text = &k.junit },
        { "jobs",    "N",      "threads (as many as there are processors)", .text = &k.jobs },
        { "l0",      NULL,     "the slow engine; results never differ", .flag = &k.l0 },
    };
    const command_usage_t usage = { "conform", "[options] PATH...", about, options, COUNT_OF(options), false };
    why_t why = { "" };
    int first = argc, status = STATUS_TROUBLE;
    command_result_t result = command_parse(&usage, argc, argv, &first, &why);
    if (result == COMMAND_HELPED) return STATUS_GOOD;
    if (result == COMMAND_RUN && prepare(&k, argv + first, &why)) status = k.show ? show(&k) : run_all(&k);
    else say("%s", why.text);
    conform_free(&k.c);
    return status;
}
