/* conform.h - whole collections of vectors: found, run, counted by opcode form. */
#pragma once
#include "fidelity/known.h"

enum { CONFORM_TEXT = 1024 };
typedef struct { char text[CONFORM_TEXT]; } conform_why_t;

typedef struct {
    char     form[FORM_NAME];
    char     mnemonic[12];               /* of the first vector, as we disassemble it */
    u64      result[N_VECTOR_RESULTS], revoked;
    char     first[64];                  /* FILE#N of the first failure, or "" */
} conform_form_t;

typedef struct {
    char    *path;
    char    *trouble;                    /* "at byte 123: ..." or NULL */
    char    *report;                     /* with `verbose`: a line for each vector that failed, or NULL */
    conform_form_t *forms;
    unsigned n_forms;
    u64      vectors;
    u64      row[32];                    /* how often each row of known_differences explained one */
    bool     done;
} conform_file_t;

typedef struct {
    model_t  model;                      /* for vectors recorded on older processors */
    model_t  host_model;                 /* for vectors of this host's programs ("HOST") */
    bool     l0, verbose;
    bool     no_cache;                   /* keep no decoded instructions */
    unsigned jobs;                       /* 0: as many as the host has processors */
    void   (*progress)(void *context, unsigned files, unsigned of, u64 vectors, u64 failed);   /* a few times a second; NULL: none */
    void    *context;

    conform_file_t *files;
    unsigned n_files;
    conform_form_t *forms;               /* all files together, worst first */
    unsigned n_forms;
    conform_form_t  total;
    u64      row[32];
    unsigned bad_files;
    double   seconds;
} conform_t;

/* Add a file, or a folder's files called *.MOO and *.MOO.gz (those of its folders too), sorted.  false: why says it. */
bool conform_add(conform_t *c, const char *path, conform_why_t *why);
/* Run all.  false: no memory. */
bool conform_run(conform_t *c);
void conform_free(conform_t *c);

/* One vector in words: "80.4#20", or "80.4.MOO.gz#20".  false: there is none (why), or a file is broken. */
bool conform_show(conform_t *c, const char *which, char **text, conform_why_t *why);
u64  conform_vectors(const conform_form_t *f);
