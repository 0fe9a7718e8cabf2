/* apic.c - the local APIC of the Pentium, P6 family and Pentium 4 processors (SDM vol. 3A, chapter 10, "Advanced Programmable Interrupt
 * Controller"; numbers in comments are its sections).
 *
 * One processor: a message to oneself is a message to all.  What the processor is asked to take is computed anew after every
 * change.  The timer counts at 100 MHz of virtual time and is computed: its alarm is set only while its entry is not masked.
 * After RESET the LINT0 entry is ExtINT and LINT1 NMI, unmasked, as firmware sets them up ("virtual wire mode", MP specification 1.4,
 * 3.6.2.2), so that software which never heard of the APIC gets its interrupts.
 * Left out: SMI, INIT and STARTUP messages (one processor, without system management mode), focus checking and lowest priority
 * arbitration (there is one candidate), the arbitration ID and remote read registers (0), thermal interrupts (the entry is
 * kept), x2APIC and the TSC deadline (later processors), the P6's rule that an APIC once disabled stays so. */
#include "devices/apic.h"

enum { ID = 0x020, VERSION = 0x030, TPR = 0x080, APR = 0x090, PPR = 0x0A0, EOI = 0x0B0, RRD = 0x0C0, LDR = 0x0D0, DFR = 0x0E0, SVR = 0x0F0,
       ISR = 0x100, TMR = 0x180, IRR = 0x200, ESR = 0x280, ICR_LOW = 0x300, ICR_HIGH = 0x310, INITIAL = 0x380, CURRENT = 0x390, DIVIDE = 0x3E0 };
enum { BASE_ENABLE = 0x800, SVR_ENABLE = 0x100, SVR_FOCUS = 0x200 };
enum { MASKED = 0x10000, PERIODIC = 0x20000, LEVEL = 0x8000, REMOTE_IRR = 0x4000 };
enum { ERR_SEND_VECTOR = 0x20, ERR_RECEIVE_VECTOR = 0x40, ERR_REGISTER = 0x80 };
enum { TICK_NS = 10, LEAST_PERIOD_NS = 1000 };

/* Table 10-1's local vector table: where an entry is, the bits it has, and which models have it (the n-th by version). */
static const struct { u16 at; u32 writable; u8 entries; } lvt_rows[LVT_COUNT] = {
    [LVT_TIMER]       = { 0x320, MASKED | PERIODIC | 0xFF, 0 },
    [LVT_THERMAL]     = { 0x330, MASKED | 0x7FF, 6 },
    [LVT_PERFORMANCE] = { 0x340, MASKED | 0x7FF, 5 },
    [LVT_LINT0]       = { 0x350, MASKED | LEVEL | 0x27FF, 0 },
    [LVT_LINT1]       = { 0x360, MASKED | LEVEL | 0x27FF, 0 },
    [LVT_ERROR]       = { 0x370, MASKED | 0xFF, 0 },
};

static bool has_lvt(const apic_t *a, unsigned n) { return a->kind.entries >= lvt_rows[n].entries; }
static bool enabled(const apic_t *a)             { return a->region >= 0 && a->base & BASE_ENABLE; }
static bool soft_enabled(const apic_t *a)        { return enabled(a) && a->svr & SVR_ENABLE; }
static u8   mode_of(u32 entry)                   { return entry >> 8 & 7; }

/* ---- 256-bit registers ---- */

static bool test(const u32 bits[8], u8 n)           { return bits[n >> 5] >> (n & 31) & 1; }
static void set(u32 bits[8], u8 n, bool value)
{
    u32 bit = 1u << (n & 31);
    bits[n >> 5] = value ? bits[n >> 5] | bit : bits[n >> 5] & ~bit;
}
static int highest(const u32 bits[8])
{
    for (int i = 7; i >= 0; i--)
        if (bits[i])
            return i * 32 + 31 - __builtin_clz(bits[i]);
    return -1;
}

/* ---- what the processor is asked to take ---- */

/* 10.8.3.1: the processor priority. */
static u8 priority(const apic_t *a)
{
    int serving = highest(a->isr);
    u8 isr_class = serving < 0 ? 0 : (u8)(serving & 0xF0);
    return (a->tpr & 0xF0) >= isr_class ? a->tpr : isr_class;
}

/* The vector that would be dispensed now, or -1. */
static int next_vector(const apic_t *a)
{
    int vector = enabled(a) ? highest(a->irr) : -1;
    return vector >= 0 && (vector & 0xF0) > (priority(a) & 0xF0) ? vector : -1;
}

static bool external(const apic_t *a)
{
    if (!enabled(a))
        return a->lint0;
    return a->extint || (a->lint0 && !(a->lvt[LVT_LINT0] & MASKED) && mode_of(a->lvt[LVT_LINT0]) == APIC_EXTINT);
}

static void update(apic_t *a)
{
    bool level = next_vector(a) >= 0 || external(a);
    if (level == a->output)
        return;
    a->output = level;
    line_set(&a->intr, level);
}

static void pulse_nmi(apic_t *a)
{
    line_set(&a->nmi, true);
    line_set(&a->nmi, false);
}

static void error(apic_t *a, u8 bit);

/* 10.8.4: accept a fixed interrupt. */
static void accept(apic_t *a, u8 vector, bool level)
{
    if (vector < 16) {
        error(a, ERR_RECEIVE_VECTOR);
        return;
    }
    set(a->irr, vector, true);
    set(a->tmr, vector, level);
    update(a);
}

/* One of the local sources: its entry of the table says what becomes of it. */
static void local(apic_t *a, apic_lvt_t n, bool level)
{
    u32 entry = a->lvt[n];
    if (entry & MASKED || !enabled(a))
        return;
    switch (n == LVT_TIMER || n == LVT_ERROR ? APIC_FIXED : mode_of(entry)) {
    case APIC_FIXED:  if (soft_enabled(a)) accept(a, (u8)entry, level); break;
    case APIC_NMI:    pulse_nmi(a); break;
    case APIC_EXTINT: break;                                 /* `external` sees the pin */
    default:          lacking("apic: SMI and INIT from a local source"); break;
    }
}

/* 10.5.3: kept until software writes ESR; the error interrupt is raised for the first. */
static void error(apic_t *a, u8 bit)
{
    bool first = !a->errors;
    a->errors |= bit;
    if (first && (a->lvt[LVT_ERROR] & 0xFF) >= 16)           /* an error entry with an illegal vector must not report itself */
        local(a, LVT_ERROR, false);
}

void apic_lint(void *self, int pin, bool level)
{
    apic_t *a = self;
    apic_lvt_t n = pin ? LVT_LINT1 : LVT_LINT0;
    bool *line = pin ? &a->lint1 : &a->lint0, rises = level && !*line;
    *line = level;
    u32 entry = a->lvt[n];
    bool by_level = !pin && entry & LEVEL && mode_of(entry) == APIC_FIXED;   /* 10.5.1: only LINT0 may be level-triggered */
    if (!enabled(a)) {
        if (pin && rises) pulse_nmi(a);
    } else if (rises && !by_level) {
        local(a, n, false);
    } else if (level && by_level && !(entry & (MASKED | REMOTE_IRR)) && soft_enabled(a)) {
        a->lvt[n] |= REMOTE_IRR;
        local(a, n, true);
    }
    update(a);
}

u8 apic_acknowledge(apic_t *a)
{
    int vector = next_vector(a);
    if (vector >= 0) {
        set(a->irr, (u8)vector, false);
        set(a->isr, (u8)vector, true);
        update(a);
        return (u8)vector;
    }
    if (!external(a))                                        /* the request went away: 10.9 */
        return (u8)a->svr;
    a->extint = false;
    u8 answer = a->pic_acknowledge ? a->pic_acknowledge(a->owner) : (u8)a->svr;
    update(a);
    return answer;
}

void apic_counter(apic_t *a) { local(a, LVT_PERFORMANCE, false); update(a); }

static void end_of_interrupt(apic_t *a)
{
    int serving = highest(a->isr);
    if (serving < 0)
        return;
    set(a->isr, (u8)serving, false);
    if (test(a->tmr, (u8)serving)) {
        u32 *lint0 = &a->lvt[LVT_LINT0];
        if (*lint0 & REMOTE_IRR && (u8)*lint0 == serving) {
            *lint0 &= ~(u32)REMOTE_IRR;
            apic_lint(a, 0, a->lint0);
        }
        if (a->eoi)
            a->eoi(a->owner, (u8)serving);
    }
    update(a);
}

/* ---- messages ---- */

/* 10.6.2: is it for us? */
static bool addressed(const apic_t *a, const apic_message_t *m)
{
    u8 own = (u8)(a->id >> 24), broadcast = a->kind.wide_id ? 0xFF : 0x0F, logical = (u8)(a->ldr >> 24);
    if (!m->logical)
        return (m->destination & broadcast) == broadcast || (m->destination & broadcast) == own;
    if (a->dfr >> 28 == 15)
        return m->destination & logical;
    return (m->destination == 0xFF || (m->destination ^ logical) < 0x10) && m->destination & logical & 15;
}

bool apic_receive(apic_t *a, const apic_message_t *m)
{
    if (!enabled(a) || !addressed(a, m))
        return false;
    switch (m->mode) {
    case APIC_FIXED: case APIC_LOWEST:
        if (!soft_enabled(a))
            return false;
        accept(a, m->vector, m->level);
        break;
    case APIC_NMI:    pulse_nmi(a); break;
    case APIC_EXTINT: a->extint = true; update(a); break;
    case APIC_STARTUP: break;                                /* a running processor ignores it */
    default: lacking("apic: SMI, INIT and remote read messages"); break;
    }
    return true;
}

/* 10.6.1: the interrupt command register. */
static void send(apic_t *a)
{
    apic_message_t m = { .destination = (u8)(a->icr_high >> 24), .vector = (u8)a->icr_low, .mode = mode_of(a->icr_low),
                         .logical = a->icr_low & 0x800 };
    unsigned shorthand = a->icr_low >> 18 & 3;
    bool deassert = m.mode == APIC_INIT && a->icr_low & LEVEL && !(a->icr_low & 0x4000);
    if (m.mode <= APIC_LOWEST && m.vector < 16) {
        error(a, ERR_SEND_VECTOR);
        return;
    }
    if (shorthand == 3 || deassert)                          /* all but self: nobody */
        return;
    if (shorthand) {
        m.destination = 0xFF;
        m.logical = false;
    }
    apic_receive(a, &m);
}

/* ---- the timer (10.5.4) ---- */

static u32 divisor(const apic_t *a)
{
    unsigned code = (a->divide & 3) | (a->divide >> 1 & 4);
    return code == 7 ? 1 : 2u << code;
}

static u64 tick_ns(const apic_t *a)  { return (u64)TICK_NS * divisor(a); }
static u64 period_ns(const apic_t *a) { return tick_ns(a) * a->initial; }
static bool periodic(const apic_t *a) { return a->lvt[LVT_TIMER] & PERIODIC; }

static u32 current_count(const apic_t *a)
{
    u64 gone = (a->clock->now - a->started) / tick_ns(a);
    if (a->expired)
        return 0;
    if (!a->initial || a->clock->now < a->started)
        return a->initial;
    if (!periodic(a))
        return gone < a->initial ? a->initial - (u32)gone : 0;
    return a->initial - (u32)(gone % a->initial);
}

/* The next time the count reaches 0, if anybody waits for it.  Faster than once a microsecond is heard once a microsecond. */
static void set_timer(apic_t *a)
{
    u64 period = period_ns(a), now = a->clock->now, when = a->started + period;
    if (!a->initial || a->expired || a->lvt[LVT_TIMER] & MASKED || !enabled(a) || (!periodic(a) && when <= now)) {
        alarm_clear(&a->timer);
        return;
    }
    if (periodic(a) && when <= now)
        when = now + period - (now - a->started) % period;
    if (periodic(a) && period < LEAST_PERIOD_NS)
        when = now + LEAST_PERIOD_NS;
    alarm_set(&a->timer, when);
}

static void ring(void *self)
{
    apic_t *a = self;
    local(a, LVT_TIMER, false);
    set_timer(a);
}

/* As if it had been loaded when `left` would be left now. */
static void go_on_from(apic_t *a, u64 left)
{
    u64 gone = (a->initial - left) * tick_ns(a);
    a->started = a->clock->now > gone ? a->clock->now - gone : 0;
    set_timer(a);
}

/* A change of the divisor goes on from the count that is left. */
static void set_divide(apic_t *a, u32 value)
{
    u64 left = current_count(a);
    a->divide = value & 0xB;
    go_on_from(a, left);
}

/* So does a change of the mode; what has run out in one-shot mode stays at 0 until TMICT is written (10.5.4). */
static void set_timer_entry(apic_t *a, u32 entry)
{
    u64 left = current_count(a);
    a->expired = a->initial && !left;
    a->lvt[LVT_TIMER] = entry;
    go_on_from(a, left);
}

/* ---- registers ---- */

static u32 version(const apic_t *a) { return a->kind.version | (u32)(a->kind.entries - 1) << 16; }

static int lvt_at(const apic_t *a, u32 reg)
{
    for (unsigned n = 0; n < LVT_COUNT; n++)
        if (lvt_rows[n].at == reg && has_lvt(a, n))
            return (int)n;
    return -1;
}

static u32 lvt_value(const apic_t *a, unsigned n) { return a->lvt[n] & (lvt_rows[n].writable | REMOTE_IRR); }

static u32 read_register(apic_t *a, u32 reg)
{
    int n = lvt_at(a, reg);
    if (n >= 0)
        return lvt_value(a, (unsigned)n);
    if (reg >= ISR && reg < IRR + 0x80) {
        const u32 *bits = reg < TMR ? a->isr : reg < IRR ? a->tmr : a->irr;
        return bits[reg >> 4 & 7];
    }
    switch (reg) {
    case ID:       return a->id;
    case VERSION:  return version(a);
    case TPR:      return a->tpr;
    case PPR:      return priority(a);
    case APR: case RRD: case EOI: return 0;
    case LDR:      return a->ldr;
    case DFR:      return a->dfr;
    case SVR:      return a->svr;
    case ESR:      return a->errors_seen;
    case ICR_LOW:  return a->icr_low;
    case ICR_HIGH: return a->icr_high;
    case INITIAL:  return a->initial;
    case CURRENT:  return current_count(a);
    case DIVIDE:   return a->divide;
    default:       error(a, ERR_REGISTER); return 0;
    }
}

/* Registers are 32 bits wide, 16 bytes apart; a part of one may be read. */
u32 apic_read(void *self, u32 offset, width_t w)
{
    unsigned at = offset & 15;
    return at < 4 ? read_register(self, offset & 0xFF0) >> 8 * at & mask(w) : 0;
}

static void write_lvt(apic_t *a, unsigned n, u32 value)
{
    u32 entry = (value & lvt_rows[n].writable) | (a->lvt[n] & REMOTE_IRR);
    if (!(a->svr & SVR_ENABLE))                              /* 10.4.7.2: masked, and not to be unmasked */
        entry |= MASKED;
    if (n == LVT_TIMER && (entry ^ a->lvt[n]) & PERIODIC)
        set_timer_entry(a, entry);
    a->lvt[n] = entry;
    if (n == LVT_TIMER)
        set_timer(a);
    if (n == LVT_LINT0 && value & LEVEL && a->lint0)
        apic_lint(a, 0, true);
}

/* 10.9, 10.4.7.2. */
static void write_svr(apic_t *a, u32 value)
{
    u32 fixed = a->kind.wide_id ? 0 : 0x0F;                  /* P6 and Pentium: vector bits 3-0 are ones */
    a->svr = (value & (SVR_ENABLE | SVR_FOCUS | 0xFF)) | fixed;
    for (unsigned n = 0; n < LVT_COUNT && !(a->svr & SVR_ENABLE); n++)
        a->lvt[n] |= MASKED;
    set_timer(a);
    if (a->ready && soft_enabled(a))
        a->ready(a->owner);
}

static void start_timer(apic_t *a, u32 count)
{
    a->initial = count;
    a->expired = false;
    a->started = a->clock->now;
    set_timer(a);
}

static void write_register(apic_t *a, u32 reg, u32 value)
{
    int n = lvt_at(a, reg);
    if (n >= 0) {
        write_lvt(a, (unsigned)n, value);
        return;
    }
    switch (reg) {
    case ID:       a->id = value & (a->kind.wide_id ? 0xFF000000 : 0x0F000000); break;
    case TPR:      a->tpr = (u8)value; break;
    case EOI:      end_of_interrupt(a); break;
    case LDR:      a->ldr = value & 0xFF000000; break;
    case DFR:      a->dfr = value | 0x0FFFFFFF; break;
    case SVR:      write_svr(a, value); break;
    case ESR:      a->errors_seen = a->errors; a->errors = 0; break;
    case ICR_LOW:  a->icr_low = value & 0xCCFFF; send(a); break;
    case ICR_HIGH: a->icr_high = value & 0xFF000000; break;
    case INITIAL:  start_timer(a, value); break;
    case DIVIDE:   set_divide(a, value); break;
    case VERSION: case APR: case PPR: case RRD: case CURRENT: break;
    default:       if (reg < ISR || reg >= IRR + 0x80) error(a, ERR_REGISTER); break;
    }
}

void apic_write(void *self, u32 offset, width_t w, u32 value)
{
    apic_t *a = self;
    if (w != W32 || offset & 15) {                           /* 10.4.1: undefined; here: lost */
        lacking("apic: a store that is no aligned double word");
        return;
    }
    write_register(a, offset & 0xFF0, value);
    update(a);
}

/* ---- life ---- */

static void place(apic_t *a)
{
    if (a->region >= 0)
        bus_remap(a->bus, a->region, (u32)a->base & 0xFFFFF000, enabled(a) ? APIC_BYTES : 0, false);
}

void apic_set_base(void *self, u64 base)
{
    apic_t *a = self;
    a->base = base & 0xFFFFFF900;
    if (a->base >> 32)
        lacking("apic: registers above 4 GiB");
    place(a);
    set_timer(a);
    update(a);
}

void apic_reset(apic_t *a)
{
    a->base = APIC_BASE | 0x900;                             /* enabled, bootstrap processor */
    a->id = a->ldr = a->icr_low = a->icr_high = a->divide = a->initial = 0;
    a->dfr = 0xFFFFFFFF;
    a->svr = 0xFF;
    for (unsigned n = 0; n < LVT_COUNT; n++)
        a->lvt[n] = MASKED;
    a->lvt[LVT_LINT0] = APIC_EXTINT << 8;
    a->lvt[LVT_LINT1] = APIC_NMI << 8;
    memset(a->isr, 0, sizeof a->isr);
    memset(a->irr, 0, sizeof a->irr);
    memset(a->tmr, 0, sizeof a->tmr);
    a->tpr = a->errors = a->errors_seen = 0;
    a->started = 0;
    a->expired = false;
    a->extint = false;
    place(a);
    set_timer(a);
    update(a);
}

bool apic_init(apic_t *a, vclock_t *clock, bus_t *bus, bool present, apic_kind_t kind)
{
    *a = (apic_t){ .clock = clock, .bus = bus, .region = -1, .kind = kind };
    alarm_init(&a->timer, clock, ring, a);
    const region_t region = { .name = "local apic", .first = APIC_BASE, .read = apic_read, .write = apic_write, .chip = a };
    if (present && (a->region = bus_map(bus, &region)) < 0)
        return false;
    apic_reset(a);
    return true;
}

static void clip(apic_t *a)
{
    a->base &= 0xFFFFFF900;
    a->divide &= 0xB;
    for (unsigned n = 0; n < LVT_COUNT; n++)
        a->lvt[n] &= lvt_rows[n].writable | (n == LVT_LINT0 ? (u32)REMOTE_IRR : 0);
    a->irr[0] &= 0xFFFF0000;                                 /* vectors below 16 cannot be accepted */
    a->isr[0] &= 0xFFFF0000;
    a->tmr[0] &= 0xFFFF0000;
    a->output = next_vector(a) >= 0 || external(a);          /* no line moves: who listens has the level in its own state */
    place(a);
}

void apic_walk(apic_t *a, walker_t *w)
{
    walk_chip(w, "apic", 1);
    FIELD(w, a->base);
    FIELD(w, a->id); FIELD(w, a->ldr); FIELD(w, a->dfr); FIELD(w, a->svr);
    FIELD(w, a->icr_low); FIELD(w, a->icr_high); FIELD(w, a->divide); FIELD(w, a->initial);
    FIELD_ARRAY(w, a->lvt);
    FIELD_ARRAY(w, a->isr); FIELD_ARRAY(w, a->irr); FIELD_ARRAY(w, a->tmr);
    FIELD(w, a->tpr); FIELD(w, a->errors); FIELD(w, a->errors_seen);
    FIELD(w, a->started);
    FIELD(w, a->expired);
    FIELD(w, a->lint0); FIELD(w, a->lint1); FIELD(w, a->extint);
    alarm_walk(&a->timer, w, "timer");
    if (walk_loading(w))
        clip(a);
}
