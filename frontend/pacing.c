/* pacing.c - real-time runs (ARCHITECTURE section 4): the guest sleeps when it is ahead; when the host cannot keep up,
 * the nominal instruction rate goes down, so that the guest's clock stays right and its processor becomes slower, and
 * up again when there is room.  The rate is an input to the machine like a key.
 *
 * Arithmetic only: the host's time comes in as a parameter. */
#include "frontend/pacing.h"

enum { MEASURE_NS = 500000000, LATE_NS = 100000000, LEAST_IPS = 1000000 };

static void measure_anew(pacing_t *p, u64 host, u64 guest, u64 instructions)
{
    p->host_since = host;
    p->guest_since = guest;
    p->instructions_since = instructions;
    p->busy_ns = 0;
}

void pacing_rebase(pacing_t *p, u64 host, u64 guest, u64 instructions)
{
    p->host_zero = host;
    p->guest_zero = guest;
    measure_anew(p, host, guest, instructions);
}

void pacing_start(pacing_t *p, bool real, u64 ips, u64 host, u64 guest, u64 instructions)
{
    *p = (pacing_t){ .real = real, .nominal_ips = ips, .ips = ips, .percent = 100 };
    pacing_rebase(p, host, guest, instructions);
}

u64 pacing_ahead(const pacing_t *p, u64 host, u64 guest)
{
    u64 guest_ran = guest - p->guest_zero, host_ran = host - p->host_zero;
    return p->real && guest_ran > host_ran ? guest_ran - host_ran : 0;
}

u64 pacing_behind(const pacing_t *p, u64 host, u64 guest)
{
    u64 guest_ran = guest - p->guest_zero, host_ran = host - p->host_zero;
    return p->real && host_ran > guest_ran ? host_ran - guest_ran : 0;
}

/* A rate this host can hold: what it just did, less a little for the window and the sound. */
static u64 slower(const pacing_t *p, u64 instructions)
{
    u64 able = p->busy_ns ? (u64)((double)(instructions - p->instructions_since) * 0.9e9 / (double)p->busy_ns) : p->ips;
    if (able >= p->ips) able = p->ips / 10 * 9;            /* late all the same */
    u64 least = p->nominal_ips < LEAST_IPS ? p->nominal_ips : LEAST_IPS;
    return able > least ? able : least;
}

u64 pacing_ran(pacing_t *p, u64 busy_ns, u64 host, u64 guest, u64 instructions)
{
    u64 took = host - p->host_since, rate = p->ips;
    p->busy_ns += busy_ns;
    if (took < MEASURE_NS) return 0;
    p->mips = (double)(instructions - p->instructions_since) * 1e3 / (double)took;
    p->percent = (double)(guest - p->guest_since) * 100 / (double)took;
    bool late = host - p->host_zero > guest - p->guest_zero + LATE_NS;
    if (p->real && late) {
        if (p->busy_ns > took / 2) rate = slower(p, instructions);   /* else we slept: a suspended laptop, a debugger */
        p->host_zero = host;                               /* what is lost is lost: no rush afterwards */
        p->guest_zero = guest;
    } else if (p->real && rate < p->nominal_ips && p->busy_ns < took / 4 * 3) {
        rate = rate / 4 * 5 + 1;
        if (rate > p->nominal_ips) rate = p->nominal_ips;
    }
    measure_anew(p, host, guest, instructions);
    if (rate == p->ips) return 0;
    p->ips = rate;
    return rate;
}
