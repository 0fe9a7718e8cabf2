/* generate.h - what the parts of the generator share.  See generate.c. */
#pragma once
#include "tests/silicon/silicon.h"

INLINE u64  next(generator_t *g)              { return random_next(&g->random); }
INLINE u32  below(generator_t *g, u32 n)      { return (u32)(next(g) >> 33) % n; }
INLINE bool one_in(generator_t *g, u32 n)     { return below(g, n) == 0; }
INLINE u32  value(generator_t *g)             { return random_value(&g->random); }
INLINE u32 *gpr(generator_t *g, unsigned n)   { return &g->c.before.r[n]; }

INLINE void set_low16(u32 *r, u32 v) { *r = (*r & 0xFFFF0000) | (v & 0xFFFF); }
INLINE width_t operand_width(const generator_t *g) { return g->data32 ? W32 : W16; }
INLINE void byte(generator_t *g, u32 v)                      { if (g->n < 15) g->c.bytes[g->n++] = (u8)v; }
INLINE void bytes(generator_t *g, unsigned n, u32 v)         { for (unsigned i = 0; i < n; i++) byte(g, v >> 8 * i); }

/* places.c */
u32  any_place(generator_t *g);                                /* of an operand */
u32  any_stack(generator_t *g);
u16  any_selector(generator_t *g);
void poke(generator_t *g, u32 linear, const void *from, u32 bytes);        /* memory before the case */
void poke_value(generator_t *g, u32 linear, width_t w, u32 v);
void memory_operand(generator_t *g, unsigned field, u32 target);           /* ModRM, SIB and displacement; makes registers fit */
u32  any_target(generator_t *g, width_t w);                    /* an offset to go to */
void any_far(generator_t *g, u32 *offset, u16 *selector);

/* contents.c */
void prepare(generator_t *g);                                  /* what the instruction uses by itself */
void set_register_operand(generator_t *g, unsigned n, u32 v);
void fill_integer(generator_t *g, int rm, unsigned field);     /* the r/m operand: register rm, or memory if negative */
void fill_fpu(generator_t *g);
void fill_simd(generator_t *g);
