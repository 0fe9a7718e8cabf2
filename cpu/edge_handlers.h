/* edge_handlers.h - the pseudo-ops' handlers, compiled once for each lowering (it includes this file). */
#pragma once
#include "cpu/generic.h"
#include "cpu/link.h"

static HANDLER(link_edge)   { GO_OR_LEAVE(link_target(cpu, op)); }
static HANDLER(cross_edge)  { GO_OR_LEAVE(LIKELY(op->stamp == cpu->map_stamp) ? target_of(op) : link_target(cpu, op)); }
static HANDLER(fall_edge)   { GO_OR_LEAVE(taken(cpu, op)); }
static HANDLER(stale_block) { GO_OR_LEAVE(find_again(cpu, op)); }
static HANDLER(observe_op)  { observe_next(cpu, op); GO(op + 1); }
static HANDLER(fetch_fault) { cpu->current = op; fault(cpu, GP, 0); }
