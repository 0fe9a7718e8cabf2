/* lower_l1_simd.h - the specialised handler for an MMX or SSE op, or NULL. */
#pragma once
#include "cpu/tables.h"

run_fn *select_simd(u16 mode, const op_t *op, const cold_t *c);
