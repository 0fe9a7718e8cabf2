/* show.h - one vector in words. */
#pragma once
#include <stdio.h>
#include "fidelity/known.h"

/* All about it: code, before, expected, got, difference, what the manual says. */
void show_vector(FILE *out, vector_machine_t *m, const vector_run_t *v, const char *file);
/* One line. */
void show_line(FILE *out, const vector_run_t *v, const char *file);
