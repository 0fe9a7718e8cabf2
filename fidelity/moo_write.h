/* moo_write.h - a writer of MOO files of programs: header, registers (RG32), memory, floating-point state and masks; see moo.h.
 *
 * All is kept in memory until moo_finish: the header in front counts the tests. */
#pragma once
#include "fidelity/moo.h"

typedef struct moo_writer moo_writer_t;

/* processor: four letters of the header.  host: HCPU.  base: what every test begins with and INIT need not tell, or NULL: every INIT is complete. */
moo_writer_t *moo_create(const char *processor, const char *host, const moo_state_t *base);     /* NULL: no memory */
/* A test; FINA tells what differs from INIT.  Bits of masks that are 0 are told. */
void moo_put(moo_writer_t *w, const moo_test_t *t);
u32  moo_count(const moo_writer_t *w);
/* Write it all, compressed if the name ends in .gz, and free the writer.  false: why says it. */
bool moo_finish(moo_writer_t *w, const char *path, moo_why_t *why);
