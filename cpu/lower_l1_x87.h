/* lower_l1_x87.h - the specialised handler for an x87 op, or NULL. */
#pragma once
#include "cpu/tables.h"

run_fn *select_x87(u16 mode, const op_t *op, const cold_t *c);
