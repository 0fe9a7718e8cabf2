/* pacing.h - keeping the machine's time beside the wall clock's. */
#pragma once
#include "mem/base.h"

typedef struct {
    bool real;                    /* false: as fast as possible */
    u64  nominal_ips, ips;        /* asked for on the command line; in force */
    u64  host_zero, guest_zero;   /* these moments are the same */
    /* the current measurement */
    u64  host_since, guest_since, instructions_since, busy_ns;
    /* of the last whole one, for titles */
    double mips, percent;
} pacing_t;

void pacing_start(pacing_t *p, bool real, u64 ips, u64 host, u64 guest, u64 instructions);
/* After the machine was paused: its time goes on from here. */
void pacing_rebase(pacing_t *p, u64 host, u64 guest, u64 instructions);
/* How long the guest is ahead, ns; 0: it is not. */
u64  pacing_ahead(const pacing_t *p, u64 host, u64 guest);
/* How long it is behind. */
u64  pacing_behind(const pacing_t *p, u64 host, u64 guest);
/* The machine ran for busy_ns of host time up to now.  Twice a second this may answer with a new rate (else 0), which
 * the owner gives to the machine. */
u64  pacing_ran(pacing_t *p, u64 busy_ns, u64 host, u64 guest, u64 instructions);
