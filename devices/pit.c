/* pit.c - Intel 82C54 programmable interval timer, after its data sheet (231244-006): "Mode definitions", "Read
 * operations", "Gate pin operations".
 *
 * CLK is counted from power-on by integer arithmetic on the whole time, so nothing accumulates.  A count written at tick t
 * is loaded at tick t + 1 (the "next CLK pulse") and counted down from there.  `settle` applies the one event that may
 * lie between the last access and now, the loading of a count; everything else is a formula.
 *
 * Choices where the data sheet is silent: power-on is mode 0 without a count; a new control word stops the counting
 * element where it is; a count of 1 in modes 2 and 3 ("illegal") leaves OUT high; digits above 9 in BCD count with
 * their weight. */
#include "devices/pit.h"

#define NEVER VCLOCK_NEVER
enum { NS_PER_SECOND = 1000000000 };
enum { RW_LATCH, RW_LOW, RW_HIGH, RW_LOW_HIGH };         /* RW1 RW0 */
enum { READ_BACK = 3, NOT_COUNT = 0x20, NOT_STATUS = 0x10 };
enum { STATUS_OUT = 0x80, STATUS_NULL_COUNT = 0x40 };

/* ---- ticks ---- */

static u64 tick_now(const pit_counter_t *c) { return muldiv64(c->clock->now, PIT_HZ, NS_PER_SECOND); }

/* The first nanosecond of a tick. */
static u64 tick_start(u64 tick)
{
    if (tick > muldiv64(UINT64_MAX, PIT_HZ, NS_PER_SECOND))
        return NEVER;
    return tick / PIT_HZ * NS_PER_SECOND + (tick % PIT_HZ * NS_PER_SECOND + PIT_HZ - 1) / PIT_HZ;
}

/* ---- what the control word says ---- */

static unsigned mode(const pit_counter_t *c)
{
    unsigned m = c->control >> 1 & 7;
    return m > 5 ? m & 3 : m;                            /* M2 is "don't care" in modes 2 and 3 */
}
static unsigned access_of(const pit_counter_t *c)
{
    unsigned rw = c->control >> 4 & 3;
    return rw ? rw : RW_LOW_HIGH;
}
static bool bcd(const pit_counter_t *c)      { return c->control & 1; }
static bool periodic(const pit_counter_t *c) { return mode(c) == 2 || mode(c) == 3; }
static bool triggered(const pit_counter_t *c){ return mode(c) == 1 || mode(c) == 5; }
static u32  modulus(const pit_counter_t *c)  { return bcd(c) ? 10000 : 0x10000; }

static u32 decode(const pit_counter_t *c, u16 raw)
{
    u32 n = raw;
    if (bcd(c))
        n = (raw >> 12 & 15) * 1000u + (raw >> 8 & 15) * 100u + (raw >> 4 & 15) * 10u + (raw & 15);
    return n ? n : modulus(c);
}

static u16 encode(const pit_counter_t *c, u32 n)
{
    n %= modulus(c);
    if (!bcd(c))
        return (u16)n;
    return (u16)(n / 1000 << 12 | n / 100 % 10 << 8 | n / 10 % 10 << 4 | n % 10);
}

/* ---- where a counter stands at tick t (settled) ---- */

static u32 high_ticks(const pit_counter_t *c) { return mode(c) == 2 ? c->count - 1 : (c->count + 1) / 2; }
static u32 phase(const pit_counter_t *c, u64 t) { return (u32)((t - c->since) % c->count); }

static bool out_at(const pit_counter_t *c, u64 t)
{
    switch (mode(c)) {
    case 0: case 1: return t >= c->zero;
    case 4: case 5: return t != c->zero;
    default:        return !c->counting || c->count == 1 || phase(c, t) < high_ticks(c);
    }
}

/* Mode 3 counts by twos, from the even number, once for each half of the period. */
static u32 square_value(const pit_counter_t *c, u64 t)
{
    u32 p = phase(c, t), half = high_ticks(c);
    return (c->count & ~1u) - 2 * (p < half ? p : p - half);
}

static u32 value_at(const pit_counter_t *c, u64 t)
{
    if (!c->counting)
        return c->value;
    if (mode(c) == 2)
        return c->count - phase(c, t);
    if (mode(c) == 3)
        return square_value(c, t);
    return (c->value + modulus(c) - (u32)((t - c->since) % modulus(c))) % modulus(c);
}

/* The tick at which the running period (mode 2) or half period (mode 3) ends. */
static u64 boundary_after(const pit_counter_t *c, u64 t)
{
    u32 p = phase(c, t);
    bool first_half = mode(c) == 3 && p < high_ticks(c);
    return t - p + (first_half ? high_ticks(c) : c->count);
}

/* ---- the loading of a count ---- */

static void load_count(pit_counter_t *c)
{
    u64 t = c->load;
    bool low_half = c->at_boundary && mode(c) == 3 && c->counting && out_at(c, t - 1);
    c->load = NEVER;
    c->at_boundary = false;
    c->null_count = false;
    c->count = c->value = decode(c, c->cr);
    c->counting = c->gate || triggered(c);
    c->since = low_half ? t - high_ticks(c) : t;
    c->zero = periodic(c) || !c->counting ? NEVER : t + c->count;
}

static void settle(pit_counter_t *c, u64 t)
{
    if (c->load != NEVER && c->load <= t)
        load_count(c);
}

/* ---- the OUT pin ---- */

/* The next tick after t at which OUT may change. */
static u64 next_change(const pit_counter_t *c, u64 t)
{
    u64 next = c->load > t ? c->load : NEVER, change = NEVER;
    if (periodic(c)) {
        if (c->counting && c->count > 1) {
            u32 p = phase(c, t);
            change = t - p + (p < high_ticks(c) ? high_ticks(c) : c->count);
        }
    } else if (c->zero != NEVER) {
        change = t < c->zero ? c->zero : t == c->zero ? t + 1 : NEVER;
    }
    return change < next ? change : next;
}

/* After any change: put OUT on the wire, set the alarm. */
static void update(pit_counter_t *c)
{
    u64 t = tick_now(c);
    settle(c, t);
    if (!c->out.set)
        return;
    u64 next = next_change(c, t);
    if (next == NEVER)
        alarm_clear(&c->alarm);
    else
        alarm_set(&c->alarm, tick_start(next));
    bool level = out_at(c, t);
    if (level != c->driven) {
        c->driven = level;
        line_set(&c->out, level);
    }
}

static void ring(void *chip) { update(chip); }

/* ---- GATE ---- */

static void stop(pit_counter_t *c, u64 t)
{
    c->value = value_at(c, t);
    if (!c->counting)
        return;
    c->counting = false;
    if (c->zero != NEVER && c->zero > t)
        c->zero = NEVER;
    if (c->at_boundary) {                                /* the trigger that restarts it will load the new count */
        c->load = NEVER;
        c->at_boundary = false;
    }
}

/* Modes 0 and 4 go on from where they stood; the terminal count, if still to come, is `value` ticks away. */
static void resume(pit_counter_t *c, u64 t)
{
    if (c->counting || c->null_count)
        return;
    c->counting = true;
    c->since = t;
    if (c->zero == NEVER)
        c->zero = t + (c->value ? c->value : modulus(c));
}

static void trigger(pit_counter_t *c, u64 t)
{
    if (!c->armed)
        return;
    c->load = t + 1;
    c->at_boundary = false;
}

void pit_gate(void *chip, int counter, bool level)
{
    pit_t *pit = chip;
    pit_counter_t *c = &pit->counter[(unsigned)counter % 3];
    u64 t = tick_now(c);
    if (c->gate == level)
        return;
    settle(c, t);
    c->gate = level;
    if (triggered(c)) {
        if (level) trigger(c, t);
    } else if (!level) {
        stop(c, t);
    } else if (periodic(c)) {
        trigger(c, t);
    } else {
        resume(c, t);
    }
    update(c);
}

/* ---- writing ---- */

/* A whole count is in CR. */
static void count_written(pit_counter_t *c, u64 t)
{
    bool running = c->armed && c->counting;
    c->null_count = true;
    c->armed = true;
    if (triggered(c))
        return;                                          /* waits for the trigger */
    if (!periodic(c) || !running) {
        c->load = t + 1;
        c->at_boundary = false;
    } else if (c->load == NEVER) {
        c->load = boundary_after(c, t);
        c->at_boundary = true;
    }
}

/* Mode 0: "OUT goes low" with the first byte, and a two-byte count stops counting until its second byte. */
static void begin_mode_0(pit_counter_t *c, u64 t, bool whole)
{
    c->value = value_at(c, t);
    c->since = t;
    c->zero = NEVER;
    if (!whole) {
        c->counting = false;
        c->load = NEVER;
        c->null_count = true;
    }
}

static void write_count(pit_counter_t *c, u8 byte)
{
    u64 t = tick_now(c);
    unsigned access = access_of(c);
    bool first = access == RW_LOW_HIGH && !c->high_next_write;
    settle(c, t);
    if (mode(c) == 0)
        begin_mode_0(c, t, !first);
    if (access == RW_LOW_HIGH)
        c->high_next_write = first;
    if (first) {
        c->low = byte;
    } else {
        c->cr = (u16)(access == RW_LOW ? byte : byte << 8 | (access == RW_HIGH ? 0 : c->low));
        count_written(c, t);
    }
    update(c);
}

static void write_control(pit_counter_t *c, u8 word)
{
    u64 t = tick_now(c);
    settle(c, t);
    c->value = value_at(c, t) % 0x10000;
    c->control = word & 0x3F;
    c->counting = c->armed = c->at_boundary = false;
    c->null_count = true;
    c->load = NEVER;
    c->zero = mode(c) == 1 ? 0 : NEVER;                  /* OUT: low in mode 0, else high */
    c->high_next_write = c->high_next_read = false;
    c->latched = c->status_latched = false;
    update(c);
}

/* ---- reading ---- */

static void latch_count(pit_counter_t *c)
{
    u64 t = tick_now(c);
    settle(c, t);
    if (c->latched)
        return;                                          /* "the latched count is held until it is read" */
    c->latched = true;
    c->latch = encode(c, value_at(c, t));
}

static void latch_status(pit_counter_t *c)
{
    u64 t = tick_now(c);
    settle(c, t);
    if (c->status_latched)
        return;
    c->status_latched = true;
    c->status = (u8)((out_at(c, t) ? STATUS_OUT : 0) | (c->null_count ? STATUS_NULL_COUNT : 0) | c->control);
}

static void read_back(pit_t *pit, u8 word)
{
    for (unsigned i = 0; i < 3; i++) {
        if (!(word & 2u << i))
            continue;
        if (!(word & NOT_COUNT))  latch_count(&pit->counter[i]);
        if (!(word & NOT_STATUS)) latch_status(&pit->counter[i]);
    }
}

static u8 read_count(pit_counter_t *c)
{
    u64 t = tick_now(c);
    unsigned access = access_of(c);
    settle(c, t);
    u16 v = c->latched ? c->latch : encode(c, value_at(c, t));
    bool high = access == RW_HIGH || (access == RW_LOW_HIGH && c->high_next_read);
    if (access == RW_LOW_HIGH)
        c->high_next_read = !high;
    if (access != RW_LOW_HIGH || high)
        c->latched = false;
    return (u8)(high ? v >> 8 : v);
}

u32 pit_read(void *chip, u16 reg)
{
    pit_t *pit = chip;
    if ((reg & 3) == 3)
        return 0xFF;                                     /* "no-operation": the bus floats */
    pit_counter_t *c = &pit->counter[reg & 3];
    if (!c->status_latched)
        return read_count(c);
    c->status_latched = false;
    return c->status;
}

void pit_write(void *chip, u16 reg, u32 value)
{
    pit_t *pit = chip;
    u8 byte = (u8)value;
    if ((reg & 3) != 3)
        write_count(&pit->counter[reg & 3], byte);
    else if (byte >> 6 == READ_BACK)
        read_back(pit, byte);
    else if ((byte >> 4 & 3) == RW_LATCH)
        latch_count(&pit->counter[byte >> 6]);
    else
        write_control(&pit->counter[byte >> 6], byte);
}

/* ---- looking, life ---- */

bool pit_out(const pit_t *pit, int counter)
{
    pit_counter_t c = pit->counter[(unsigned)counter % 3];
    u64 t = tick_now(&c);
    settle(&c, t);
    return out_at(&c, t);
}

u64 pit_periods(const pit_t *pit, int counter)
{
    pit_counter_t c = pit->counter[(unsigned)counter % 3];
    u64 t = tick_now(&c);
    settle(&c, t);
    return periodic(&c) && c.counting ? (t - c.since) / c.count : 0;
}

static void reset(pit_counter_t *c)
{
    *c = (pit_counter_t){ .out = c->out, .alarm = c->alarm, .clock = c->clock, .gate = c->gate, .driven = c->driven,
                          .control = RW_LOW_HIGH << 4, .count = 1, .zero = NEVER, .load = NEVER, .null_count = true };
    update(c);
}

void pit_reset(pit_t *pit)
{
    for (unsigned i = 0; i < 3; i++)
        reset(&pit->counter[i]);
}

void pit_init(pit_t *pit, vclock_t *clock)
{
    *pit = (pit_t){ .clock = clock };
    for (unsigned i = 0; i < 3; i++) {
        pit_counter_t *c = &pit->counter[i];
        c->clock = clock;
        c->gate = true;
        alarm_init(&c->alarm, clock, ring, c);
        reset(c);
    }
}

static void walk_counter(pit_counter_t *c, walker_t *w)
{
    FIELD_MAX(w, c->control, 0x3F);
    FIELD(w, c->cr);             FIELD(w, c->low);
    FIELD(w, c->high_next_write); FIELD(w, c->high_next_read);
    FIELD(w, c->armed);          FIELD(w, c->null_count);
    FIELD(w, c->gate);           FIELD(w, c->counting);
    FIELD(w, c->driven);
    FIELD_MAX(w, c->count, 0x10000);
    FIELD_MAX(w, c->value, 0x10000);
    FIELD(w, c->since);          FIELD(w, c->zero);
    FIELD(w, c->load);           FIELD(w, c->at_boundary);
    FIELD(w, c->latched);        FIELD(w, c->status_latched);
    FIELD(w, c->latch);          FIELD(w, c->status);
    alarm_walk(&c->alarm, w, "alarm");
    if (walk_loading(w) && !c->count)
        c->count = 1;                                    /* a divisor */
}

void pit_walk(pit_t *pit, walker_t *w)
{
    walk_chip(w, "pit", 1);
    for (unsigned i = 0; i < 3; i++)
        walk_counter(&pit->counter[i], w);
}
