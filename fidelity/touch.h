/* touch.h - which bytes of memory an instruction touches: a processor of ours executes it on copies of the pages that it asks for. */
#pragma once
#include "fidelity/vectors.h"

enum { MOST_TOUCHED = 256 };
typedef struct { u32 linear; u8 bytes; bool write; } touched_t;

typedef struct {
    observer_t       observer;           /* first: see on_memory */
    vector_machine_t machine;
    vector_run_t     v;
    bool           (*page)(void *owner, u32 linear, u8 copy[PAGE_BYTES]);       /* the page that is asked for; false: there is none */
    void            *owner;
    u32              fs_base, gs_base;
    touched_t        touched[MOST_TOUCHED];
    unsigned         n_touched, n_accesses;      /* accesses, and behind them one byte of each page it asked for */
    bool             too_many;
} toucher_t;

bool toucher_open(toucher_t *t, bool (*page)(void *, u32, u8 *), void *owner);       /* false: no memory */
void toucher_close(toucher_t *t);
/* The accesses of this instruction, to t->touched; whole: with all iterations. */
void toucher_run(toucher_t *t, const moo_test_t *test, bool whole);
/* The bytes `touched` names become bytes of the state, with values from `read`.  false: too many, or one that cannot be read. */
bool toucher_name(const toucher_t *t, moo_state_t *s, bool (*read)(void *owner, u32 linear, u8 *value), void *owner);
bool state_name_byte(moo_state_t *s, u32 linear, u8 value);            /* one byte, unless it is named already */
