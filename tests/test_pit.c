/* test_pit.c - the 82C54 as software and its pins see it, over time.  Source: Intel 82C54 data sheet 231244-006 ("DS"); the
 * rows are its timing diagrams, one column per CLK pulse after the write. */
#include <check.h>
#include <stdio.h>
#include "devices/pit.h"
#include "mem/bus.h"
#include "tests/run_all.h"
#include "tests/walks.h"

static vclock_t clock_;
static bus_t bus;
static pit_t pit;
static int rises[3], falls[3];
static bool pin[3];

static void on_out(void *chip, int counter, bool level)
{
    (void)chip;
    pin[counter] = level;
    if (level) rises[counter]++; else falls[counter]++;
}

static void set_pin(void *pins, int counter, bool level) { ((bool *)pins)[counter] = level; }

static void wire(void)
{
    vclock_init(&clock_);
    bus_init(&bus, NULL, 0);
    pit_init(&pit, &clock_);
    bus_attach(&bus, &(port_range_t){ "pit", 0x40, 4, W8, pit_read, pit_write, &pit, false });
    for (int i = 0; i < 3; i++) {
        pit.counter[i].out = (line_t){ on_out, NULL, i };
        rises[i] = falls[i] = 0;
        pin[i] = false;
    }
}

static void out(u16 port, u8 value) { bus_out(&bus, port, W8, value); }
static u8   in(u16 port)            { return (u8)bus_in(&bus, port, W8); }

static u32  in16(u16 port)          { u32 low = in(port); return low | (u32)in(port) << 8; }
static u64  tick_of(u64 ns)         { return ns / 1000000000 * 1193182 + ns % 1000000000 * 1193182 / 1000000000; }

/* To the start of the n-th tick from this one. */
static void ticks(u64 n)
{
    u64 tick = tick_of(clock_.now) + n;
    vclock_advance(&clock_, tick / 1193182 * 1000000000 + (tick % 1193182 * 1000000000 + 1193181) / 1193182);
}

static void program(u8 control, u16 count)
{
    u16 port = (u16)(0x40 + (control >> 6));
    out(0x43, control);
    if (control & 0x10) out(port, (u8)count);
    if (control & 0x20) out(port, (u8)(count >> 8));
}

static u16 count_of(u8 counter)
{
    out(0x43, (u8)(counter << 6));
    return (u16)in16((u16)(0x40 + counter));
}

static u8 status_of(u8 counter)
{
    out(0x43, (u8)(0xE0 | 2u << counter));
    return in((u16)(0x40 + counter));
}

/* ---- DS figures 16 to 21 ----
 * Script: a digit writes that count (LSB only), G and g raise and drop GATE, each followed by one CLK pulse; '.' only waits.
 * After each CLK pulse: the counting element ('x': not defined) and OUT. */
typedef struct { const char *name; u8 control; bool gate; const char *script, *counts, *outs; } figure_t;
static const figure_t figures[] = {
    { "figure 16, mode 0",                0x10, true,  "4......", "43210FE", "0000111" },
    { "figure 16, mode 0, GATE pauses",   0x10, true,  "3.gg.G...", "3222210FE", "000000111" },
    { "figure 16, mode 0, new count",     0x10, true,  "3..2...", "321210F", "0000011" },
    { "figure 17, mode 1",                0x12, false, "3G..gG", "x32103", "100010" },
    { "figure 17, mode 1, retrigger",     0x12, false, "3G.gG...", "x3213210" , "10000001" },
    { "figure 17, mode 1, new count",     0x12, false, "2G4..gG....", "x210FE43210", "10011100001" },
    { "figure 18, mode 2",                0x14, true,  "3......", "3213213", "1101101" },
    { "figure 18, mode 2, GATE reloads",  0x14, true,  "3.ggG..", "3222321", "1111110" },
    { "figure 18, mode 2, new count",     0x14, true,  "4.5....", "4321543", "1110111" },
    { "figure 19, mode 3, even",          0x16, true,  "4......", "4242424", "1100110" },
    { "figure 19, mode 3, odd",           0x16, true,  "5........", "420424204", "111001110" },
    { "figure 19, mode 3, GATE",          0x16, true,  "4...ggG..", "424222424", "110011110" },
    { "figure 20, mode 4",                0x18, true,  "3......", "3210FED", "1110111" },
    { "figure 20, mode 4, GATE pauses",   0x18, true,  "3gg.G....", "3333210FE", "111111011" },
    { "figure 20, mode 4, new count",     0x18, true,  "3..2...", "321210F", "1111101" },
    { "figure 21, mode 5",                0x1A, false, "3G....", "x3210F", "111101" },
    { "figure 21, mode 5, retrigger",     0x1A, false, "3G.gG....", "x3213210F", "111111101" },
    { "mode 3, new count at the half",    0x16, true,  "46.....", "4264264", "1100011" },
    { "mode 7 is mode 3",                 0x1E, true,  "4....", "42424", "11001" },
    { "mode 6 is mode 2",                 0x1C, true,  "3....", "32132", "11011" },
};

static void play(const figure_t *f, char *counts, char *outs)
{
    size_t n = strlen(f->script);
    pit_gate(&pit, 0, f->gate);
    out(0x43, f->control);
    for (size_t i = 0; i < n; i++) {
        char c = f->script[i];
        if (c >= '0' && c <= '9')   out(0x40, (u8)(c - '0'));
        if (c == 'G' || c == 'g')   pit_gate(&pit, 0, c == 'G');
        ticks(1);
        counts[i] = f->counts[i] == 'x' ? 'x' : "0123456789ABCDEF"[in(0x40) & 15];
        outs[i] = pit_out(&pit, 0) ? '1' : '0';
        if (pin[0] != pit_out(&pit, 0)) outs[i] = '?';
    }
    counts[n] = outs[n] = 0;
}

START_TEST(the_timing_diagrams_of_the_data_sheet)
{
    char counts[32], outs[32];
    pin[0] = true;                                       /* OUT of the mode is driven with the control word */
    pit.counter[0].driven = true;
    play(&figures[_i], counts, outs);
    ck_assert_msg(!strcmp(counts, figures[_i].counts), "%s: counts %s, not %s", figures[_i].name, counts, figures[_i].counts);
    ck_assert_msg(!strcmp(outs, figures[_i].outs), "%s: OUT %s, not %s", figures[_i].name, outs, figures[_i].outs);
}
END_TEST

/* ---- reading and writing ---- */

START_TEST(a_latched_count_stands_still_until_read)
{
    program(0x34, 0x1000);
    ticks(97);
    out(0x43, 0x00);
    ticks(500);
    out(0x43, 0x00);                                     /* DS: a second latch command is ignored */
    ck_assert_uint_eq(in(0x40), 0xA0);
    ticks(3);
    ck_assert_uint_eq(in(0x40), 0x0F);
    ck_assert_uint_eq(count_of(0), 0x1000 - 599);
}
END_TEST

START_TEST(without_latching_the_two_bytes_are_read_live)
{
    program(0x30, 0x0200);
    ticks(1);
    ck_assert_uint_eq(in(0x40), 0x00);
    ticks(1);
    ck_assert_uint_eq(in(0x40), 0x01);                   /* 01FF by now */
}
END_TEST

/* DS "Read-back command": status first, then the count, whatever the order of latching. */
START_TEST(read_back_gives_status_then_count)
{
    program(0x76, 1000);
    ticks(11);
    out(0x43, 0xC4);
    ck_assert_uint_eq(in(0x41), 0x80 | 0x36);
    ck_assert_uint_eq(in16(0x41), 980);
    program(0xB8, 7);
    ck_assert_uint_eq(status_of(2), 0xC0 | 0x38);        /* null count: not loaded yet */
    ticks(1);
    ck_assert_uint_eq(status_of(2), 0x80 | 0x38);
}
END_TEST

START_TEST(read_back_can_latch_all_counters_at_once)
{
    program(0x34, 100); program(0x74, 200); program(0xB4, 300);
    ticks(10);
    out(0x43, 0xDE);                                     /* counts of 0, 1, 2 */
    ticks(10);
    ck_assert_uint_eq(in16(0x40), 91);
    ck_assert_uint_eq(in16(0x41), 191);
    ck_assert_uint_eq(in16(0x42), 291);
}
END_TEST

START_TEST(the_control_port_cannot_be_read) { ck_assert_uint_eq(in(0x43), 0xFF); }
END_TEST

START_TEST(lsb_only_and_msb_only_leave_the_other_byte_zero)
{
    program(0x90, 0xFF34);
    ticks(1);
    ck_assert_uint_eq(in(0x42), 0x34);
    program(0xA0, 0x34FF);
    ticks(1);
    ck_assert_uint_eq(in(0x42), 0x34);
    ticks(1);
    ck_assert_uint_eq(in(0x42), 0x33);
}
END_TEST

/* DS "Mode 0": "writing the first byte disables counting; OUT is set low immediately". */
START_TEST(the_first_byte_stops_mode_0)
{
    program(0x30, 10);
    ticks(20);
    ck_assert(pit_out(&pit, 0));
    out(0x40, 5);
    ck_assert(!pit_out(&pit, 0));
    ticks(100);
    ck_assert(!pit_out(&pit, 0));
    out(0x40, 0);
    ticks(5);
    ck_assert(!pit_out(&pit, 0));
    ticks(1);
    ck_assert(pit_out(&pit, 0));
}
END_TEST

/* DS "Mode 2": a new count takes effect at the end of the period; null count until then. */
START_TEST(a_new_rate_waits_for_the_end_of_the_period)
{
    program(0x34, 1000);
    ticks(1);
    out(0x40, 100); out(0x40, 0);
    ck_assert_uint_eq(status_of(0) & 0x40, 0x40);
    ticks(999);
    ck_assert_uint_eq(count_of(0), 1);
    ticks(1);
    ck_assert_uint_eq(count_of(0), 100);
    ck_assert_uint_eq(status_of(0) & 0x40, 0);
}
END_TEST

START_TEST(zero_counts_as_the_largest_count)
{
    program(0x30, 0);
    ticks(65536);
    ck_assert(!pit_out(&pit, 0));
    ticks(1);
    ck_assert(pit_out(&pit, 0));
    program(0x31, 0);
    ticks(10000);
    ck_assert(!pit_out(&pit, 0));
    ticks(1);
    ck_assert(pit_out(&pit, 0));
}
END_TEST

START_TEST(bcd_counts_in_decimal)
{
    program(0x35, 0x1000);
    ticks(2);
    ck_assert_uint_eq(count_of(0), 0x0999);
    ticks(899);
    ck_assert_uint_eq(count_of(0), 0x0100);
    ticks(1);
    ck_assert_uint_eq(count_of(0), 0x0099);
    program(0x31, 0x0001);
    ticks(3);
    ck_assert_uint_eq(count_of(0), 0x9999);              /* wraps */
}
END_TEST

/* The IBM PC's tick: 65536 counts, 18.2065 Hz.  A day has 1573042 of them and no drift. */
START_TEST(a_day_has_the_right_number_of_ticks)
{
    program(0x36, 0);
    vclock_advance(&clock_, 86400ull * 1000000000);
    ck_assert_int_eq(rises[0], 1 + (int)((86400ull * 1193182 - 1) / 65536 - 0));
    ck_assert_int_le(rises[0] - falls[0], 1);
}
END_TEST

START_TEST(five_centuries_later_the_count_is_still_exact)
{
    u64 late = 500ull * 365 * 86400 * 1000000000;
    pit.counter[0].out = (line_t){ 0 };
    program(0x34, 1001);
    vclock_advance(&clock_, late);
    u64 tick = tick_of(late);
    ck_assert_uint_eq(count_of(0), 1001 - (tick - 1) % 1001);
    ck_assert_uint_eq(pit_periods(&pit, 0), (tick - 1) / 1001);
}
END_TEST

START_TEST(an_unwired_counter_sets_no_alarm)
{
    pit.counter[1].out = (line_t){ 0 };
    program(0x54, 18);
    ck_assert(!alarm_is_set(&pit.counter[1].alarm));
    ticks(1 + 18 * 5);
    ck_assert_uint_eq(pit_periods(&pit, 1), 5);
}
END_TEST

START_TEST(one_is_illegal_in_modes_2_and_3_and_harmless)
{
    program(0x14, 1); program(0x56, 1);
    ticks(100);
    ck_assert(pit_out(&pit, 0) && pit_out(&pit, 1));
    ck_assert(!alarm_is_set(&pit.counter[0].alarm) && !alarm_is_set(&pit.counter[1].alarm));
}
END_TEST

/* ---- a second model, ticked one CLK pulse at a time, LSB/MSB by turns ---- */

typedef struct { unsigned mode; u32 n, ce, cr; bool gate, out, armed, load, fresh, run, done, strobe; } ticked_t;

static void ticked_control(ticked_t *m, unsigned mode)
{
    *m = (ticked_t){ .mode = mode, .gate = m->gate, .ce = m->ce, .out = mode != 0 };
}

static void ticked_write(ticked_t *m, u32 n)
{
    m->cr = n; m->fresh = true;
    if (m->mode == 0) m->out = false, m->done = true;    /* nothing can expire before the load */
    if (m->mode == 0 || m->mode == 4 || ((m->mode == 2 || m->mode == 3) && !(m->armed && m->run))) m->load = true;
    m->armed = true;
}

static void ticked_gate(ticked_t *m, bool level)
{
    if (level == m->gate) return;
    m->gate = level;
    bool periodic = m->mode == 2 || m->mode == 3;
    if (level && m->mode != 0 && m->mode != 4 && m->armed) m->load = true;
    if (!level && periodic) m->out = true, m->run = false;
}

/* Mode 3: what is loaded at a (half) boundary is the even number below. */
static void ticked_reload(ticked_t *m) { m->n = m->cr; m->ce = m->mode == 3 ? m->n & ~1u : m->n; m->fresh = false; }

static void ticked_clk(ticked_t *m)
{
    if (m->strobe) m->strobe = false, m->out = true;
    if (m->load) {
        ticked_reload(m);
        m->load = m->done = false;
        m->run = m->gate || m->mode == 1 || m->mode == 5;
        if (m->mode == 2 || m->mode == 3) { m->out = true; if (!m->run) m->ce = m->n; }
        if (m->mode == 0 || m->mode == 1) m->out = false;
        return;
    }
    if (m->mode != 1 && m->mode != 5 && !m->gate) return;
    if (!m->run && (m->mode == 2 || m->mode == 3 || m->fresh || !m->armed)) return;
    m->run = true;
    switch (m->mode) {
    case 2:
        if (m->ce == 1) { ticked_reload(m); m->out = true; break; }
        m->out = --m->ce != 1;
        break;
    case 3:
        /* even: expires on the way from 2; odd: the high half has one more pulse, at 0 */
        if (m->ce == (m->n & 1 && m->out ? 0u : 2u)) { m->out = !m->out; ticked_reload(m); }
        else m->ce -= 2;
        break;
    default:
        m->ce = (m->ce - 1) & 0xFFFF;
        if (m->ce == 0 && !m->done) {
            m->done = true;
            m->out = m->mode < 2;
            m->strobe = m->mode > 2;
        }
    }
}

START_TEST(the_formulas_agree_with_a_model_ticked_by_clk)
{
    u32 seed = 99 + (u32)_i, bad = 0;
    char where[160] = "";
    ticked_t m = { .gate = true };
    unsigned mode = (unsigned)_i % 6;
    bool wired = _i < 6;                                 /* with OUT in the air no alarm helps */
    if (!wired) pit.counter[0].out = (line_t){ 0 };
    for (int i = 0; i < 60000 && !bad; i++) {
        seed = seed * 1664525 + 1013904223;
        u32 r = seed >> 8;
        if (r % 97 == 0 || i == 0) {
            ticked_control(&m, mode);
            out(0x43, (u8)(0x10 | mode << 1));
        } else if (r % 23 == 0) {
            u32 n = 2 + (r >> 7) % 14;
            ticked_write(&m, n);
            out(0x40, (u8)n);
        } else if (r % 11 == 0) {
            ticked_gate(&m, r >> 10 & 1);
            pit_gate(&pit, 0, r >> 10 & 1);
        }
        if (r & 0x8000) continue;                        /* several events in one tick */
        ticks(1);
        ticked_clk(&m);
        bool look = wired || r >> 16 & 1;                /* looking now and then */
        bad = (wired && pin[0] != m.out) || (look && pit_out(&pit, 0) != m.out)
           || (look && r >> 17 & 1 && m.armed && !m.fresh && in(0x40) != (m.ce & 0xFF))
           || (look && !(r & 0x300000) && (status_of(0) & 0xC0) != ((u32)m.out << 7 | (m.armed && !m.fresh ? 0u : 0x40u)));
        if (bad)
            snprintf(where, sizeof where, "step %d: model CE %u OUT %d, chip CE %u OUT %d pin %d n %u", i, m.ce, m.out, in(0x40), pit_out(&pit, 0), pin[0], m.n);
    }
    ck_assert_msg(!bad, "mode %u, %s", mode, where);
}
END_TEST

static void walk(void *chip, walker_t *w) { (void)chip; pit_walk(&pit, w); }
static void clear(void *chip)             { (void)chip; wire(); }

START_TEST(the_walk_carries_the_whole_state)
{
    const char *wrong = walk_round_trip(NULL, walk, clear, (u64)_i + 1);
    ck_assert_msg(!wrong, "%s", wrong);
    walker_t w = walk_randomiser((u64)_i);
    pit_walk(&pit, &w);
    for (int i = 0; i < 200; i++)                        /* and any state at all can go on */
        ticks((u64)i), in((u16)(0x40 + i % 3)), pit_gate(&pit, i, i & 4);
}
END_TEST

START_TEST(a_loaded_count_of_zero_divides_nothing)
{
    blob_t blob = { 0 };
    program(0x36, 10);
    ticks(5);
    pit.counter[0].count = 0;
    walker_t w = walk_saver(&blob);
    pit_walk(&pit, &w);
    w = walk_loader(&blob);
    pit_walk(&pit, &w);
    blob_free(&blob);
    ck_assert(!w.failed);
    ticks(5);
    in(0x40);
    ck_assert_uint_eq(pit.counter[0].count, 1);
}
END_TEST

START_TEST(a_run_goes_on_after_loading_as_without_it)
{
    blob_t blob = { 0 };
    program(0x36, 77);
    ticks(1234);
    walker_t w = walk_saver(&blob);
    vclock_walk(&clock_, &w), pit_walk(&pit, &w);
    ticks(5000);
    int was = rises[0];
    u16 count = count_of(0);
    wire();
    w = walk_loader(&blob);
    vclock_walk(&clock_, &w), pit_walk(&pit, &w);
    ck_assert(!w.failed);
    ticks(5000);
    ck_assert_uint_eq(count_of(0), count);
    ck_assert_int_eq(rises[0], was - 1 - 1233 / 77);     /* those after the save */
    blob_free(&blob);
}
END_TEST

/* Two timers see the same accesses; one is saved, built anew and loaded now and then.  Nobody can tell. */
START_TEST(a_timer_that_was_saved_and_loaded_goes_on_like_one_that_was_not)
{
    vclock_t plain_clock;
    pit_t plain;
    bool plain_pin[3] = { false };
    u32 seed = 31 + (u32)_i, bad = 0;
    vclock_init(&plain_clock);
    pit_init(&plain, &plain_clock);
    for (int i = 0; i < 3; i++) plain.counter[i].out = (line_t){ set_pin, plain_pin, i };
    for (int i = 0; i < 20000 && !bad; i++) {
        seed = seed * 1664525 + 1013904223;
        u8 value = (u8)(seed >> 24), what = (u8)(seed >> 16);
        u16 reg = seed >> 8 & 3;
        if (what < 60) {
            out((u16)(0x40 + reg), value);
            pit_write(&plain, reg, value);
        } else if (what < 120) {
            bad += in((u16)(0x40 + reg)) != pit_read(&plain, reg);
        } else if (what < 140) {
            pit_gate(&pit, reg, value & 1);
            pit_gate(&plain, reg, value & 1);
        } else if (what < 250) {
            vclock_advance(&clock_, clock_.now + (what & 1 ? value * 10u : value * 1000u));
            vclock_advance(&plain_clock, clock_.now);
        } else {
            blob_t blob = { 0 };
            walker_t w = walk_saver(&blob);
            vclock_walk(&clock_, &w), pit_walk(&pit, &w);
            wire();
            w = walk_loader(&blob);
            vclock_walk(&clock_, &w), pit_walk(&pit, &w);
            memcpy(pin, plain_pin, sizeof pin);          /* the listener's own state */
            bad += w.failed;
            blob_free(&blob);
        }
        bad += memcmp(pin, plain_pin, sizeof pin) != 0 || clock_.next != plain_clock.next;
        for (int n = 0; n < 3; n++) bad += pit_out(&pit, n) != plain_pin[n];
    }
    ck_assert_uint_eq(bad, 0);
}
END_TEST

START_TEST(reset_forgets_the_counts_and_keeps_gates_and_wires)
{
    program(0x36, 10);
    pit_gate(&pit, 2, false);
    ticks(3);
    ck_assert(pin[0]);
    pit_reset(&pit);
    ck_assert(!pin[0] && !alarm_is_set(&pit.counter[0].alarm));
    ck_assert_uint_eq(status_of(0), 0x70);
    program(0xB4, 10);
    ticks(30);
    ck_assert_uint_eq(count_of(2), 10);                  /* GATE 2 is still low */
}
END_TEST

/* DS "Write operations": a control word starts the byte order over and drops what was latched. */
START_TEST(a_control_word_starts_over)
{
    program(0x34, 0x1234);
    ticks(1);
    out(0x43, 0x00);
    out(0x43, 0xE2);
    out(0x40, 0x99);                                     /* half a count */
    program(0x34, 0x0050);
    ticks(1);
    ck_assert_uint_eq(in(0x40), 0x50);
    program(0x34, 0x0060);
    ticks(1);
    ck_assert_uint_eq(in16(0x40), 0x60);
}
END_TEST

START_TEST(periods_are_counted_only_where_there_are_any)
{
    program(0x30, 10);
    ticks(100);
    ck_assert_uint_eq(pit_periods(&pit, 0), 0);
    program(0x36, 10);
    ck_assert_uint_eq(pit_periods(&pit, 0), 0);
    ticks(11);
    ck_assert_uint_eq(pit_periods(&pit, 0), 1);
    pit_gate(&pit, 0, false);
    ck_assert_uint_eq(pit_periods(&pit, 0), 0);
}
END_TEST

START_TEST(random_accesses_do_no_harm)
{
    u32 seed = 4711, bad = 0;
    for (int i = 0; i < 100000; i++) {
        seed = seed * 1664525 + 1013904223;
        u8 value = (u8)(seed >> 24), what = (u8)(seed >> 16);
        if (what < 120)      out((u16)(0x40 + what % 4), value);
        else if (what < 200) in((u16)(0x40 + what % 4));
        else if (what < 230) pit_gate(&pit, (int)value, what & 1);
        else                 vclock_advance(&clock_, clock_.now + value * 50u);
        bad += pin[0] != pit_out(&pit, 0);
    }
    ck_assert_uint_eq(bad, 0);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("82C54");
    tcase_add_checked_fixture(tc, wire, NULL);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, the_timing_diagrams_of_the_data_sheet, 0, COUNT_OF(figures));
    tcase_add_test(tc, a_latched_count_stands_still_until_read);
    tcase_add_test(tc, without_latching_the_two_bytes_are_read_live);
    tcase_add_test(tc, read_back_gives_status_then_count);
    tcase_add_test(tc, read_back_can_latch_all_counters_at_once);
    tcase_add_test(tc, the_control_port_cannot_be_read);
    tcase_add_test(tc, lsb_only_and_msb_only_leave_the_other_byte_zero);
    tcase_add_test(tc, the_first_byte_stops_mode_0);
    tcase_add_test(tc, a_new_rate_waits_for_the_end_of_the_period);
    tcase_add_test(tc, zero_counts_as_the_largest_count);
    tcase_add_test(tc, bcd_counts_in_decimal);
    tcase_add_test(tc, a_day_has_the_right_number_of_ticks);
    tcase_add_test(tc, five_centuries_later_the_count_is_still_exact);
    tcase_add_test(tc, an_unwired_counter_sets_no_alarm);
    tcase_add_test(tc, one_is_illegal_in_modes_2_and_3_and_harmless);
    tcase_add_loop_test(tc, the_formulas_agree_with_a_model_ticked_by_clk, 0, 12);
    tcase_add_loop_test(tc, the_walk_carries_the_whole_state, 0, 20);
    tcase_add_test(tc, a_loaded_count_of_zero_divides_nothing);
    tcase_add_test(tc, a_run_goes_on_after_loading_as_without_it);
    tcase_add_loop_test(tc, a_timer_that_was_saved_and_loaded_goes_on_like_one_that_was_not, 0, 4);
    tcase_add_test(tc, reset_forgets_the_counts_and_keeps_gates_and_wires);
    tcase_add_test(tc, a_control_word_starts_over);
    tcase_add_test(tc, periods_are_counted_only_where_there_are_any);
    tcase_add_test(tc, random_accesses_do_no_harm);
    Suite *s = suite_create("pit");
    suite_add_tcase(s, tc);
    return run_all(s);
}
