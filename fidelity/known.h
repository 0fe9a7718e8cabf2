/* known.h - documented differences between the processors that vectors were recorded from and the 386 and its successors. */
#pragma once
#include "fidelity/vectors.h"

typedef struct {
    const char *name, *reason, *source;
    unsigned    recorded;                                    /* bit n: recorded_t n */
    bool      (*explains)(vector_machine_t *m, vector_run_t *v);   /* takes away the differences that it explains; false: none */
} known_t;
extern const known_t known_differences[];
extern const unsigned n_known_differences;

/* What became of a vector. */
typedef enum { VECTOR_PASSED, VECTOR_UNDEFINED, VECTOR_EXCEPTED, VECTOR_FAILED, N_VECTOR_RESULTS } vector_result_t;
/* Judge the differences; a copy of v is used up, so that v still shows them.  row: of known_differences, with VECTOR_EXCEPTED. */
vector_result_t vector_judge(vector_machine_t *m, const vector_run_t *v, unsigned *row);
