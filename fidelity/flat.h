/* flat.h - the memory of vectors of programs: linear pages, present where a vector names bytes.  SDM vol. 3A, 4.3 (32-bit paging). */
#pragma once
#include "fidelity/vectors.h"

/* No page is there. */
void flat_clear(vector_machine_t *m);
/* The page of this byte is there, and writable by programs.  false: too many pages, or too far apart. */
bool flat_map(vector_machine_t *m, u32 linear);
/* Where the byte stands in m->ram; its page is there. */
u32  flat_place(const vector_machine_t *m, u32 linear);
/* Flat segments, paging on, CPL from CS. */
void flat_registers(vector_machine_t *m, const vector_run_t *v);
/* One instruction with all its iterations. */
void flat_run(vector_machine_t *m, vector_run_t *v);
