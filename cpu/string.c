/* string.c - string instructions and port input and output.  SDM vol. 1, 7.3.9; vol. 2, "REP"; vol. 1, chapter 19 (I/O).
 *
 * A repeated instruction is as many instructions as it has iterations: registers are updated after each, so that a fault or an
 * interrupt leaves a state from which the instruction goes on.  Here iterations are counted as they are done. */
#include "cpu/bodies.h"
#include "cpu/alu.h"
#include "cpu/breakpoint.h"
#include "cpu/edges.h"
#include "cpu/jump.h"
#include "cpu/task.h"


static void advance(cpu_t *cpu, const op_t *op, int r, u32 bytes) { set_address_reg(cpu, op, r, cpu->r[r] + bytes); }

/* One element on, in the direction of DF. */
static void step(cpu_t *cpu, const op_t *op, int r, width_t w) { advance(cpu, op, r, cpu->eflags & FLAG_DF ? 0u - w / 8 : w / 8); }

/* ---- ports ---- */

static void check_port(cpu_t *cpu, u16 port, width_t w)
{
    if (!io_permitted(cpu, port, w))
        fault(cpu, GP, 0);
}

static u32 port_in(cpu_t *cpu, u16 port, width_t w)
{
    u32 v = bus_in(cpu->bus, port, w);
    if (UNLIKELY(cpu->observer && cpu->observer->port))
        cpu->observer->port(cpu->observer, cpu, port, w, v & mask(w), false);
    breakpoint_port(cpu, port, w / 8);
    return v;
}
static void port_out(cpu_t *cpu, u16 port, width_t w, u32 v)
{
    if (UNLIKELY(cpu->observer && cpu->observer->port))
        cpu->observer->port(cpu->observer, cpu, port, w, v, true);
    bus_out(cpu->bus, port, w, v);
    breakpoint_port(cpu, port, w / 8);
}

static u16 port_operand(const cpu_t *cpu, const op_t *op)
{
    return (u16)(cold_of(cpu, op)->src_kind == I ? op->imm : cpu->r[EDX] & 0xFFFF);
}

void IN(cpu_t *cpu, const op_t *op, width_t w)
{
    u16 port = port_operand(cpu, op);
    check_port(cpu, port, w);
    set_reg(cpu, reg_at(EAX, w), w, port_in(cpu, port, w));
}
void OUT(cpu_t *cpu, const op_t *op, width_t w)
{
    u16 port = port_operand(cpu, op);
    check_port(cpu, port, w);
    port_out(cpu, port, w, cpu->r[EAX] & mask(w));
}

/* ---- one element each; all accesses precede all changes ---- */

static void movs(cpu_t *cpu, const op_t *op, width_t w)
{
    u32 v = load(cpu, op->seg, address_reg(cpu, op, ESI), w);
    store(cpu, ES, address_reg(cpu, op, EDI), w, v);
    step(cpu, op, ESI, w);
    step(cpu, op, EDI, w);
}
static void stos(cpu_t *cpu, const op_t *op, width_t w)
{
    store(cpu, ES, address_reg(cpu, op, EDI), w, cpu->r[EAX] & mask(w));
    step(cpu, op, EDI, w);
}
static void lods(cpu_t *cpu, const op_t *op, width_t w)
{
    set_reg(cpu, reg_at(EAX, w), w, load(cpu, op->seg, address_reg(cpu, op, ESI), w));
    step(cpu, op, ESI, w);
}
static void cmps(cpu_t *cpu, const op_t *op, width_t w)
{
    u32 a = load(cpu, op->seg, address_reg(cpu, op, ESI), w), b = load(cpu, ES, address_reg(cpu, op, EDI), w);
    CMP(&cpu->f, w, a, b);
    step(cpu, op, ESI, w);
    step(cpu, op, EDI, w);
}
static void scas(cpu_t *cpu, const op_t *op, width_t w)
{
    u32 b = load(cpu, ES, address_reg(cpu, op, EDI), w);
    CMP(&cpu->f, w, cpu->r[EAX] & mask(w), b);
    step(cpu, op, EDI, w);
}
/* The destination is proved writable before the port is read: a port read cannot be taken back. */
static void ins(cpu_t *cpu, const op_t *op, width_t w)
{
    check_port(cpu, (u16)cpu->r[EDX], w);
    place_t m = open_at(cpu, ES, address_reg(cpu, op, EDI), w, ACCESS_WRITE);
    u32 v = port_in(cpu, (u16)cpu->r[EDX], w);
    place_put(cpu, (place_t){ tlb_write(cpu->tlb, m.linear, w / 8), m.linear }, w, v);
    step(cpu, op, EDI, w);
}
static void outs(cpu_t *cpu, const op_t *op, width_t w)
{
    check_port(cpu, (u16)cpu->r[EDX], w);
    u32 v = load(cpu, op->seg, address_reg(cpu, op, ESI), w);
    port_out(cpu, (u16)cpu->r[EDX], w, v);
    step(cpu, op, ESI, w);
}

/* ---- many elements at once: forward, inside one page, in plain memory or in a device that takes runs ---- */

/* Where elements go to or come from: host memory, or (NULL) this device, from this offset of its region on. */
typedef struct { u8 *host; const region_t *device; u32 offset; } stretch_t;

/* Who watches memory, and breakpoints, want to see each access: cpu->tlb is the blind one then. */
static bool find_device(cpu_t *cpu, u32 linear, bool write, stretch_t *s)
{
    const tlb_device_t *d = cpu->tlb == &cpu->tlb_blind ? NULL : tlb_device(&cpu->tlb_of[at_user(cpu)], linear, write);
    if (!d || !d->region->read_run || !d->region->write_run)
        return false;
    s->device = d->region;
    s->offset = (d->physical | (linear & (PAGE_BYTES - 1))) - d->region->first;
    return true;
}

/* How many elements at `offset` of a segment can be reached at once, before the page, the segment or the index register ends.  0: take them one
 * by one. */
static u32 run_length(cpu_t *cpu, const op_t *op, int seg, u32 offset, width_t w, bool write, stretch_t *to)
{
    const segment_t *s = &cpu->seg[seg];
    u32 bytes = w / 8;
    if (!in_segment(s, offset, bytes, write))
        return 0;
    u32 linear = s->base + offset;
    to->host = write ? tlb_write(cpu->tlb, linear, bytes) : tlb_read(cpu->tlb, linear, bytes);
    if (!to->host && !find_device(cpu, linear, write, to))
        return 0;
    u64 room = PAGE_BYTES - (linear & (PAGE_BYTES - 1));
    u64 limit = (u64)((write ? s->write_span : s->read_span) - (s64)(u32)(offset - s->first)) + 1;
    u64 wrap = (u64)address_mask(op) - offset + 1;
    u64 least = room < limit ? room : limit;
    return (u32)((least < wrap ? least : wrap) / bytes);
}

static u32 least(u32 a, u32 b) { return a < b ? a : b; }

/* Overlapping or not: the result is that of moving one element after the other. */
static void move_elements(u8 *to, const u8 *from, width_t w, size_t bytes)
{
    if (to <= from || (size_t)(to - from) >= bytes) memmove(to, from, bytes);
    else for (size_t i = 0; i < bytes; i += w / 8) put(to + i, w, get(from + i, w));   /* repeats a pattern */
}

/* A device may be at both ends: the VGA's latches take four planes with each. */
static bool move_run(cpu_t *cpu, const stretch_t *to, const stretch_t *from, width_t w, u32 n)
{
    const region_t *in = from->device, *out = to->device;
    const u8 *host = to->host ? to->host : from->host;
    u32 bytes = n * (w / 8);
    if ((in || out) && host && (uintptr_t)host - (uintptr_t)cpu->bus->ram >= cpu->bus->ram_bytes)
        return false;                                          /* memory that might be the device's own, by another way */
    if (!in && !out)
        move_elements(to->host, from->host, w, bytes);
    else if (!in)
        out->write_run(out->chip, to->offset, from->host, bytes);
    else if (!out)
        in->read_run(in->chip, from->offset, to->host, bytes);
    else
        for (u32 i = 0; i < bytes; i += w / 8)
            out->write(out->chip, to->offset + i, w, in->read(in->chip, from->offset + i, w) & mask(w));
    cpu->bus->accesses += (in ? n : 0) + (out ? n : 0);
    return true;
}

/* Returns the number of elements moved. */
static u32 movs_run(cpu_t *cpu, const op_t *op, width_t w, u32 most)
{
    stretch_t from = { 0 }, to = { 0 };
    u32 n = least(most, run_length(cpu, op, op->seg, address_reg(cpu, op, ESI), w, false, &from));
    n = n ? least(n, run_length(cpu, op, ES, address_reg(cpu, op, EDI), w, true, &to)) : 0;
    if (n == 0 || !move_run(cpu, &to, &from, w, n))
        return 0;
    advance(cpu, op, ESI, n * (w / 8));
    advance(cpu, op, EDI, n * (w / 8));
    return n;
}

static void fill(u8 *to, width_t w, u32 v, u32 n)
{
    for (u32 i = 0; i < n; i++)
        put(to + i * (w / 8), w, v);
}

static u32 stos_run(cpu_t *cpu, const op_t *op, width_t w, u32 most)
{
    stretch_t to = { 0 };
    u8 pattern[PAGE_BYTES];
    u32 n = least(most, run_length(cpu, op, ES, address_reg(cpu, op, EDI), w, true, &to));
    if (n == 0)
        return 0;
    fill(to.host ? to.host : pattern, w, cpu->r[EAX], n);
    if (to.device) {
        to.device->write_run(to.device->chip, to.offset, pattern, n * (w / 8));
        cpu->bus->accesses += n;
    }
    advance(cpu, op, EDI, n * (w / 8));
    return n;
}

/* Ports: what a chip says has no effect but to move data.  Observers and breakpoints want to see each access. */
static bool ports_watched(const cpu_t *cpu) { return cpu->observer || cpu->dr[7] & 0xFF; }

static u32 ins_run(cpu_t *cpu, const op_t *op, width_t w, u32 most)
{
    stretch_t to = { 0 };
    u16 port = (u16)cpu->r[EDX];
    if (ports_watched(cpu) || !io_permitted(cpu, port, w))
        return 0;
    u32 n = least(most, run_length(cpu, op, ES, address_reg(cpu, op, EDI), w, true, &to));
    n = n && to.host ? bus_in_run(cpu->bus, port, w, to.host, n) : 0;
    advance(cpu, op, EDI, n * (w / 8));
    return n;
}

static u32 outs_run(cpu_t *cpu, const op_t *op, width_t w, u32 most)
{
    stretch_t from = { 0 };
    u16 port = (u16)cpu->r[EDX];
    if (ports_watched(cpu) || !io_permitted(cpu, port, w))
        return 0;
    u32 n = least(most, run_length(cpu, op, op->seg, address_reg(cpu, op, ESI), w, false, &from));
    n = n && from.host ? bus_out_run(cpu->bus, port, w, from.host, n) : 0;
    advance(cpu, op, ESI, n * (w / 8));
    return n;
}

/* ---- repetition ---- */

typedef void element_fn(cpu_t *, const op_t *, width_t);
typedef u32  run_of_fn(cpu_t *, const op_t *, width_t, u32 most);
typedef enum { ALWAYS, WHILE_EQUAL } until_t;

static bool goes_on(const cpu_t *cpu, u8 rep, until_t until) { return until == ALWAYS || ZF(&cpu->f) == (rep == REP_Z); }

/* How many iterations may still be done before something else is due.  One, if the instruction stands in a block that is not kept: nobody
 * would say that an iteration has overwritten it. */
static u32 allowed(const cpu_t *cpu, const op_t *op)
{
    u64 left = cpu->single || op < cpu->blocks->ops + SCRATCH_OPS ? 1 : cpu->deadline - cpu_instructions(cpu);
    return left > 0x100000 ? 0x100000 : (u32)left;
}

static const op_t *repeat(cpu_t *cpu, const op_t *op, width_t w, element_fn *element, run_of_fn *run, until_t until)
{
    const cold_t *c = cold_of(cpu, op);
    if (c->rep == REP_NONE) {
        element(cpu, op, w);
        return op + 1;
    }
    u8 rep = c->rep;
    u32 left = counter(cpu, op);
    if (left == 0)
        return op + 1;
    for (u32 may = allowed(cpu, op); may && left;) {
        u32 n = run && !(cpu->eflags & FLAG_DF) ? run(cpu, op, w, least(may, left)) : 0;
        if (n == 0) {
            element(cpu, op, w);
            n = 1;
        }
        left -= n;
        may -= n;
        set_counter(cpu, op, left);
        cpu->budget -= n;                                      /* counted now: a fault in the next iteration does not take it back */
        if ((left && !goes_on(cpu, rep, until)) || left == 0) {
            cpu->budget += 1;                                  /* the op itself counts the last one */
            return op + 1;
        }
        if (cpu->kicked)
            break;
    }
    cpu->budget -= op->count - 1;                              /* interrupted: come back to this instruction */
    cpu->eip = c->eip;
    cpu->eflags |= FLAG_RF;                                    /* its breakpoint has hit, or has been let pass: SDM vol. 3B, 17.3.1.1 */
    return NULL;
}

const op_t *MOVS(cpu_t *cpu, const op_t *op, width_t w) { return repeat(cpu, op, w, movs, movs_run, ALWAYS); }
const op_t *STOS(cpu_t *cpu, const op_t *op, width_t w) { return repeat(cpu, op, w, stos, stos_run, ALWAYS); }
const op_t *LODS(cpu_t *cpu, const op_t *op, width_t w) { return repeat(cpu, op, w, lods, NULL, ALWAYS); }
const op_t *CMPS(cpu_t *cpu, const op_t *op, width_t w) { return repeat(cpu, op, w, cmps, NULL, WHILE_EQUAL); }
const op_t *SCAS(cpu_t *cpu, const op_t *op, width_t w) { return repeat(cpu, op, w, scas, NULL, WHILE_EQUAL); }
const op_t *INS(cpu_t *cpu, const op_t *op, width_t w)  { return repeat(cpu, op, w, ins, ins_run, ALWAYS); }
const op_t *OUTS(cpu_t *cpu, const op_t *op, width_t w) { return repeat(cpu, op, w, outs, outs_run, ALWAYS); }
