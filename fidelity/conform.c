/* conform.c - see conform.h.
 *
 * Each worker is a thread with a machine of its own; a file is the unit of work.  Results stand beside the files and are put together in the files'
 * order, so that they do not depend on the number of workers.
 *
 * A folder's revocation_list.txt takes bad vectors back: their hashes in hexadecimal, one a line (README of the collections, "Accuracy"). */
#define _DEFAULT_SOURCE
#include "fidelity/conform.h"
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "fidelity/show.h"

u64 conform_vectors(const conform_form_t *f)
{
    u64 n = f->revoked;
    for (unsigned i = 0; i < N_VECTOR_RESULTS; i++) n += f->result[i];
    return n;
}

/* ---- finding files ---- */

static bool is_moo(const char *name)
{
    size_t n = strlen(name);
    return (n > 4 && strcmp(name + n - 4, ".MOO") == 0) || (n > 7 && strcmp(name + n - 7, ".MOO.gz") == 0)
        || (n > 4 && strcmp(name + n - 4, ".moo") == 0) || (n > 7 && strcmp(name + n - 7, ".moo.gz") == 0);
}

static bool no_memory(conform_why_t *why)
{
    snprintf(why->text, sizeof why->text, "there is not enough memory");
    return false;
}

static bool add_file(conform_t *c, const char *path, conform_why_t *why)
{
    if ((c->n_files & (c->n_files - 1)) == 0) {                /* doubled at each power of two */
        conform_file_t *larger = realloc(c->files, (c->n_files ? 2 * c->n_files : 1) * sizeof *larger);
        if (!larger) return no_memory(why);
        c->files = larger;
    }
    conform_file_t *f = &c->files[c->n_files];
    memset(f, 0, sizeof *f);
    f->path = strdup(path);
    if (!f->path) return no_memory(why);
    c->n_files++;
    return true;
}

static int visible(const struct dirent *d) { return d->d_name[0] != '.'; }

static bool add_folder(conform_t *c, const char *path, int depth, conform_why_t *why)
{
    struct dirent **names = NULL;
    int n = scandir(path, &names, visible, alphasort);
    if (n < 0) snprintf(why->text, sizeof why->text, "cannot read the folder %.900s: %s", path, strerror(errno));
    bool good = n >= 0;
    for (int i = 0; i < n; i++) {
        char inside[4096];
        struct stat status;
        snprintf(inside, sizeof inside, "%s/%s", path, names[i]->d_name);
        if (good && stat(inside, &status) == 0) {
            if (S_ISDIR(status.st_mode) && depth < 16)   good = add_folder(c, inside, depth + 1, why);
            else if (S_ISREG(status.st_mode) && is_moo(inside)) good = add_file(c, inside, why);
        }
        free(names[i]);
    }
    free(names);
    return good;
}

bool conform_add(conform_t *c, const char *path, conform_why_t *why)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        snprintf(why->text, sizeof why->text, "cannot open %.900s: %s", path, strerror(errno));
        return false;
    }
    unsigned before = c->n_files;
    if (!S_ISDIR(status.st_mode)) return add_file(c, path, why);
    if (!add_folder(c, path, 0, why)) return false;
    if (c->n_files > before) return true;
    snprintf(why->text, sizeof why->text, "there are no files called *.MOO or *.MOO.gz in %.900s", path);
    return false;
}

/* ---- revocation lists ---- */

typedef struct { u8 (*hash)[20]; size_t n; char folder[1024]; } revoked_t;

static int compare_hashes(const void *a, const void *b) { return memcmp(a, b, 20); }

static bool read_hash(const char *line, u8 hash[20])
{
    for (unsigned i = 0; i < 20; i++) {
        unsigned byte;
        if (strspn(line + 2 * i, "0123456789abcdefABCDEF") < 2 || sscanf(line + 2 * i, "%2x", &byte) != 1) return false;
        hash[i] = (u8)byte;
    }
    return true;
}

static void read_revoked(revoked_t *r, const char *file)
{
    char folder[sizeof r->folder], path[sizeof folder + 32], line[128];
    const char *slash = strrchr(file, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - file) : 1, slash ? file : ".");
    if (r->folder[0] && strcmp(folder, r->folder) == 0) return;
    memcpy(r->folder, folder, sizeof folder);
    snprintf(path, sizeof path, "%s/revocation_list.txt", folder);
    r->n = 0;
    FILE *list = fopen(path, "r");
    u8 hash[20];
    while (list && fgets(line, sizeof line, list)) {
        if (!read_hash(line, hash)) continue;
        void *larger = realloc(r->hash, (r->n + 1) * sizeof *r->hash);
        if (!larger) break;
        r->hash = larger;
        memcpy(r->hash[r->n++], hash, sizeof hash);
    }
    if (list) fclose(list);
    if (r->n) qsort(r->hash, r->n, sizeof *r->hash, compare_hashes);
}

static bool is_revoked(const revoked_t *r, const moo_test_t *t)
{
    return t->has_hash && r->n && bsearch(t->hash, r->hash, r->n, sizeof *r->hash, compare_hashes);
}

/* ---- a worker ---- */

typedef struct {
    conform_t *c;
    atomic_uint next, files_done, failed, vectors_done;
    atomic_bool no_memory;
} crew_t;

typedef struct {
    vector_machine_t machine;
    moo_test_t test;
    vector_run_t   vector;
    revoked_t  revoked;
} worker_t;

static conform_form_t *form_of(conform_form_t **forms, unsigned *n, const char *name)
{
    for (unsigned i = *n; i-- > 0;)
        if (strcmp((*forms)[i].form, name) == 0) return &(*forms)[i];
    if ((*n & (*n - 1)) == 0) {
        conform_form_t *larger = realloc(*forms, (*n ? 2 * *n : 1) * sizeof *larger);
        if (!larger) return NULL;
        *forms = larger;
    }
    conform_form_t *f = &(*forms)[(*n)++];
    memset(f, 0, sizeof *f);
    snprintf(f->form, sizeof f->form, "%s", name);
    return f;
}

static char *text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *text_of(const char *format, ...)
{
    char text[CONFORM_TEXT];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return strdup(text);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The mnemonic: that of the first vector that is an instruction on this model. */
static void name_form(conform_form_t *f, const vector_run_t *v)
{
    bool known = v->length && v->length <= MAX_INSTRUCTION && v->d.cold.instr != I_UD2;     /* LOCK may make it one */
    if (f->mnemonic[0] || !known) return;
    const char *name = instructions[v->d.cold.instr].name;
    for (unsigned i = 0; i + 1 < sizeof f->mnemonic && name[i] && name[i] != '_'; i++) f->mnemonic[i] = name[i];
}

/* One vector: its result.  careful: look at all of memory afterwards. */
static vector_result_t run_one(worker_t *w, recorded_t recorded, bool careful, unsigned *row)
{
    vector_run_t *v = &w->vector;
    vector_run(&w->machine, v, recorded, &w->test);
    vector_result_t result = vector_judge(&w->machine, v, row);
    vector_blank(&w->machine, &w->test);
    if (result != VECTOR_PASSED || careful) {
        v->stray = vector_strayed(&w->machine) && result <= VECTOR_UNDEFINED;
        if (v->stray) result = VECTOR_FAILED;
    }
    return result;
}

static bool count(conform_file_t *f, const worker_t *w, vector_result_t result, bool revoked, unsigned row, FILE *report)
{
    char name[FORM_NAME];
    vector_form(&w->vector, name);
    conform_form_t *form = form_of(&f->forms, &f->n_forms, name);
    if (!form) return false;
    f->vectors++;
    if (revoked) {
        form->revoked++;
        return true;
    }
    name_form(form, &w->vector);
    form->result[result]++;
    if (result == VECTOR_EXCEPTED) f->row[row % COUNT_OF(f->row)]++;
    if (result != VECTOR_FAILED) return true;
    if (!form->first[0]) snprintf(form->first, sizeof form->first, "%.40s#%u", last_part(f->path), w->test.index);
    if (report) show_line(report, &w->vector, last_part(f->path));
    return true;
}

static void forget(conform_file_t *f)
{
    free(f->forms);
    free(f->trouble);
    f->forms = NULL;
    f->trouble = NULL;
    f->n_forms = 0;
    f->vectors = 0;
    memset(f->row, 0, sizeof f->row);
}

/* All vectors of a file.  false: a byte was written that no vector names, and it is not known which wrote it (only if not careful). */
static bool run_tests(const conform_t *c, worker_t *w, conform_file_t *f, moo_t moo, bool careful, FILE *report)
{
    recorded_t recorded = RECORDED_286;
    const char *trouble = NULL;
    u32 n = 0;
    if (!recorded_by(moo.processor, &recorded)) {
        f->trouble = text_of("the vectors were recorded on \"%s\", a processor that is not known here", moo.processor);
        return true;
    }
    vector_machine_model(&w->machine, recorded == RECORDED_HOST ? c->host_model : c->model);
    for (; !trouble && moo_next(&moo, &w->test); n++) {
        unsigned row = 0;
        trouble = vector_trouble(recorded, &w->test);
        if (trouble) break;
        bool revoked = is_revoked(&w->revoked, &w->test);
        vector_result_t result = VECTOR_PASSED;
        if (revoked) vector_parse(&w->vector, &w->test);
        else         result = run_one(w, recorded, careful, &row);
        if (!count(f, w, result, revoked, row, report)) trouble = "there is not enough memory";
    }
    if (trouble)                     f->trouble = text_of("at byte %zu: %s", w->test.at, trouble);
    else if (moo.trouble)            f->trouble = text_of("at byte %zu: %s", moo.trouble_at, moo.trouble);
    else if (n != moo.n_tests)       f->trouble = text_of("at byte %zu: the file ends after %u tests, and its header promises %u", moo.bytes, n, moo.n_tests);
    return !vector_strayed(&w->machine) || careful;
}

static void run_file(const conform_t *c, worker_t *w, conform_file_t *f)
{
    moo_why_t why;
    moo_t moo;
    size_t bytes, length;
    u8 *data = moo_load(f->path, &bytes, &why);
    if (!data) {
        f->trouble = strdup(why.text);
        return;
    }
    read_revoked(&w->revoked, f->path);
    if (!moo_open(&moo, data, bytes)) {
        f->trouble = text_of("at byte %zu: %s", moo.trouble_at, moo.trouble);
    } else {
        for (int careful = 0; careful < 2; careful++) {
            FILE *report = c->verbose ? open_memstream(&f->report, &length) : NULL;
            bool clean = run_tests(c, w, f, moo, careful, report);
            if (report) fclose(report);
            if (clean) break;
            if (c->verbose) free(f->report);
            f->report = NULL;
            forget(f);
        }
    }
    free(data);
}

static worker_t *worker_open(const conform_t *c)
{
    worker_t *w = calloc(1, sizeof *w);
    if (w && vector_machine_open(&w->machine, c->model, !c->l0, c->no_cache)) return w;
    free(w);
    return NULL;
}

static void worker_close(worker_t *w)
{
    vector_machine_close(&w->machine);
    free(w->revoked.hash);
    free(w);
}

static void *work(void *context)
{
    crew_t *crew = context;
    conform_t *c = crew->c;
    worker_t *w = worker_open(c);
    if (!w) crew->no_memory = true;
    for (unsigned n; w && (n = crew->next++) < c->n_files;) {
        conform_file_t *f = &c->files[n];
        run_file(c, w, f);
        f->done = true;
        for (unsigned i = 0; i < f->n_forms; i++) crew->failed += (unsigned)f->forms[i].result[VECTOR_FAILED];
        crew->vectors_done += (unsigned)f->vectors;
        crew->files_done++;
    }
    if (w) worker_close(w);
    return NULL;
}

/* ---- together ---- */

static void add(conform_form_t *to, const conform_form_t *from)
{
    for (unsigned i = 0; i < N_VECTOR_RESULTS; i++) to->result[i] += from->result[i];
    to->revoked += from->revoked;
    if (!to->first[0]) memcpy(to->first, from->first, sizeof to->first);
    if (!to->mnemonic[0]) memcpy(to->mnemonic, from->mnemonic, sizeof to->mnemonic);
}

static int worst_first(const void *a, const void *b)
{
    static const vector_result_t order[] = { VECTOR_FAILED, VECTOR_UNDEFINED, VECTOR_EXCEPTED };
    const conform_form_t *p = a, *q = b;
    for (unsigned i = 0; i < COUNT_OF(order); i++)
        if (p->result[order[i]] != q->result[order[i]]) return p->result[order[i]] > q->result[order[i]] ? -1 : 1;
    return strcmp(p->form, q->form);
}

static bool put_together(conform_t *c)
{
    for (unsigned i = 0; i < c->n_files; i++) {
        const conform_file_t *f = &c->files[i];
        c->bad_files += f->trouble != NULL;
        for (unsigned r = 0; r < COUNT_OF(c->row); r++) c->row[r] += f->row[r];
        for (unsigned k = 0; k < f->n_forms; k++) {
            conform_form_t *form = form_of(&c->forms, &c->n_forms, f->forms[k].form);
            if (!form) return false;
            add(form, &f->forms[k]);
            add(&c->total, &f->forms[k]);
        }
    }
    if (c->n_forms) qsort(c->forms, c->n_forms, sizeof *c->forms, worst_first);
    return true;
}

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

bool conform_run(conform_t *c)
{
    enum { MOST_JOBS = 64 };
    pthread_t threads[MOST_JOBS];
    crew_t crew = { .c = c };
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned jobs = c->jobs ? c->jobs : cores > 0 ? (unsigned)cores : 1, started = 0;
    double start = seconds_now();
    if (jobs > MOST_JOBS) jobs = MOST_JOBS;
    if (jobs > c->n_files) jobs = c->n_files;
    while (started < jobs && pthread_create(&threads[started], NULL, work, &crew) == 0) started++;
    while (started && c->progress && crew.files_done < c->n_files && !crew.no_memory) {
        nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
        c->progress(c->context, crew.files_done, c->n_files, crew.vectors_done, crew.failed);
    }
    for (unsigned i = 0; i < started; i++) pthread_join(threads[i], NULL);
    if (!started) work(&crew);                                 /* no threads on this host */
    c->seconds = seconds_now() - start;
    for (unsigned i = 0; i < c->n_files; i++)
        if (!c->files[i].done) return false;
    return put_together(c);
}

void conform_free(conform_t *c)
{
    for (unsigned i = 0; i < c->n_files; i++) {
        forget(&c->files[i]);
        free(c->files[i].report);
        free(c->files[i].path);
    }
    free(c->files);
    free(c->forms);
}

/* ---- one vector ---- */

/* 1: shown; 0: not in this file; -1: the file is broken before it. */
static int show_from(const conform_t *c, worker_t *w, conform_file_t *f, const char *name, unsigned long number, bool by_form, char **text, conform_why_t *why)
{
    moo_why_t load_why;
    moo_t moo = { 0 };
    recorded_t recorded = RECORDED_286;
    size_t bytes, length;
    int found = 0;
    char form[FORM_NAME];
    u8 *data = moo_load(f->path, &bytes, &load_why);
    if (!data) {
        snprintf(why->text, sizeof why->text, "%.800s: %s", f->path, load_why.text);
        return -1;
    }
    if (moo_open(&moo, data, bytes) && recorded_by(moo.processor, &recorded))
        while (!found && moo_next(&moo, &w->test)) {
            if (w->test.index != number || vector_trouble(recorded, &w->test)) continue;
            vector_parse(&w->vector, &w->test);
            vector_form(&w->vector, form);
            if (by_form && strcmp(form, name) != 0) continue;
            FILE *out = open_memstream(text, &length);
            if (!out) break;
            vector_machine_model(&w->machine, recorded == RECORDED_HOST ? c->host_model : c->model);
            vector_run(&w->machine, &w->vector, recorded, &w->test);
            show_vector(out, &w->machine, &w->vector, last_part(f->path));
            fclose(out);
            found = 1;
        }
    if (!found && moo.trouble) {
        snprintf(why->text, sizeof why->text, "%.800s, at byte %zu: %s", f->path, moo.trouble_at, moo.trouble);
        found = -1;
    }
    free(data);
    return found;
}

bool conform_show(conform_t *c, const char *which, char **text, conform_why_t *why)
{
    char name[256];
    const char *hash = strrchr(which, '#');
    char *end = NULL;
    unsigned long number = hash ? strtoul(hash + 1, &end, 10) : 0;
    if (!hash || hash == which || !hash[1] || *end || (size_t)(hash - which) >= sizeof name) {
        snprintf(why->text, sizeof why->text, "\"%.200s\" is not a vector such as 80.4#20 (form 80.4, number 20) or 80.4.MOO.gz#20", which);
        return false;
    }
    snprintf(name, sizeof name, "%.*s", (int)(hash - which), which);
    bool by_form = !is_moo(name);
    worker_t *w = worker_open(c);
    if (!w) return no_memory(why);
    int found = 0;
    /* Collections call their files after forms: those first. */
    for (int pass = 0; pass < 2 && !found; pass++)
        for (unsigned i = 0; i < c->n_files && !found; i++) {
            const char *file = last_part(c->files[i].path);
            bool likely = by_form ? strncmp(file, name, strlen(name)) == 0 : strcmp(file, name) == 0;
            if (likely == (pass == 0) && (by_form || likely)) found = show_from(c, w, &c->files[i], name, number, by_form, text, why);
        }
    worker_close(w);
    if (found == 0) snprintf(why->text, sizeof why->text, "there is no vector %.200s", which);
    return found > 0;
}
