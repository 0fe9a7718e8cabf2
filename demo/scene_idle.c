/*
 * scene_idle.c: doing nothing, properly. HLT stops the processor until an interrupt comes; a program that spins in a loop
 * instead does as little and costs as much as one that works. The timer's counter tells, to 0.84 millionths of a second,
 * when we fell asleep and when we woke.
 *
 * Documents: Intel SDM volume 2 (HLT, RDTSC), the 8254 data sheet. Left out: deeper sleep (ACPI).
 */
#include "format.h"
#include "scenes.h"
#include "screen.h"
#include "timer.h"

enum { METER = 26, METER_COLUMNS = 40, GRAPH_ROW = 15, GRAPH_ROWS = 8, GRAPH_COLUMNS = 64 };

static const u16 rates[] = {20, 50, 100, 250, 500, 1000};

static const char *const about[] = {
    "There is nothing to do here but to draw this page twice a second. In the",
    "meantime HLT stops the processor, until the timer or a key wakes it.",
};

typedef struct {
    u32 wakes, slept, from, ticks, tsc; /* since `from`: counts, and clocks of the timer */
    u32 spin, rate, has_tsc;
    u8 history[GRAPH_COLUMNS];
} idle_t;

static u32 time_stamp(void)
{
    u32 low, high;
    ASM("rdtsc" : "=a"(low), "=d"(high));
    return low;
}

static void nap(idle_t *idle)
{
    u32 before = timer_now();
    if (idle->spin) {
        u32 tick = timer_ticks;
        while (timer_ticks == tick)
            ; /* as many do */
        return;
    }
    sleep_until_interrupt();
    idle->slept += timer_now() - before;
    idle->wakes++;
}

/* The busy part of each half second, as a column of blocks; the newest is at the right. */
static void show_history(const idle_t *idle)
{
    for (u32 column = 0; column < GRAPH_COLUMNS; column++)
        for (u32 row = 0; row < GRAPH_ROWS; row++) {
            u32 halves = (idle->history[column] * GRAPH_ROWS * 2u + 99) / 100, level = (GRAPH_ROWS - 1 - row) * 2;
            u32 busy = idle->history[column];
            screen_cell(GRAPH_ROW + row, 10 + column, halves >= level + 2 ? 0xDB : halves == level + 1 ? 0xDC : ' ',
                        busy > 50 ? BAD : GOOD);
        }
}

static void per_second(u32 row, const char *name, u32 value)
{
    screen_print(row, 4, PAGE, "%-16s", name);
    screen_print(row, 20, HEAD, "%5u", value);
}

static void show_half_second(idle_t *idle, u32 now)
{
    u32 time = now - idle->from, slept = idle->slept > time ? time : idle->slept;
    u32 thousandth = time / 1000 ? time / 1000 : 1, asleep = slept / thousandth, ticks = timer_ticks - idle->ticks;
    if (asleep > 1000)
        asleep = 1000;
    per_second(6, "Ticks a second", (ticks * 1000 + 500) / (time / (PIT_HERTZ / 1000) + 1));
    screen_meter(6, METER + 2, METER_COLUMNS, ticks * 2, 1000, GOOD);
    per_second(8, "Wakes a second", (idle->wakes * 1000 + 500) / (time / (PIT_HERTZ / 1000) + 1));
    screen_meter(8, METER + 2, METER_COLUMNS, idle->wakes * 2, 1000, GOOD);
    screen_print(10, 4, PAGE, "Asleep");
    screen_print(10, 19, HEAD, "%3u.%u %%", asleep / 10, asleep % 10);
    screen_meter(10, METER + 2, METER_COLUMNS, asleep, 1000, asleep > 500 ? GOOD : BAD);
    if (idle->has_tsc) {
        u32 tsc = time_stamp(), thousand = time / (PIT_HERTZ / 1000) + 1;
        screen_print(12, 4, PAGE, "Time stamp        %7u thousand a second, asleep or not  ", (tsc - idle->tsc) / thousand);
        idle->tsc = time_stamp();
    }
    for (u32 i = 0; i + 1 < GRAPH_COLUMNS; i++)
        idle->history[i] = idle->history[i + 1];
    idle->history[GRAPH_COLUMNS - 1] = (u8)((1000 - asleep + 9) / 10);
    show_history(idle);
    idle->from = now;
    idle->ticks = timer_ticks;
    idle->wakes = idle->slept = 0;
}

static void set_rate(idle_t *idle)
{
    timer_start(rates[idle->rate]);
    idle->from = idle->ticks = idle->wakes = idle->slept = 0;
    if (idle->has_tsc)
        idle->tsc = time_stamp();
}

static void show_way_of_waiting(const idle_t *idle)
{
    screen_print(4, 4, PAGE, "Waiting by");
    screen_print(4, 20, idle->spin ? BAD : GOOD, "%-36s", idle->spin ? "a loop that looks again and again" : "HLT");
}

static void draw_scene(const idle_t *idle)
{
    screen_page("Idle: HLT", "H HLT or a loop   \x18\x19 Timer's rate");
    screen_lines(2, 4, PAGE, about, COUNT(about));
    screen_frame(GRAPH_ROW - 1, 9, GRAPH_ROWS + 2, GRAPH_COLUMNS + 2, FRAME, "Awake, half second by half second");
    screen_text(GRAPH_ROW, 3, QUIET, "100 %");
    screen_text(GRAPH_ROW + GRAPH_ROWS - 1, 3, QUIET, "  0 %");
    if (!idle->has_tsc)
        screen_text(12, 4, QUIET, "This processor has no time stamp counter.");
    show_way_of_waiting(idle);
}

void scene_idle(void)
{
    static idle_t idle;
    machine_t machine;
    machine_look(&machine);
    memset(&idle, 0, sizeof idle);
    idle.rate = 2;
    idle.has_tsc = machine.has_tsc;
    draw_scene(&idle);
    set_rate(&idle);
    for (;;) {
        u16 key = key_poll();
        if (key == KEY_ESC)
            return;
        if (key_letter(key) == 'H') {
            idle.spin = !idle.spin;
            show_way_of_waiting(&idle);
        }
        if (key == KEY_UP && idle.rate + 1 < COUNT(rates))
            idle.rate++, set_rate(&idle);
        if (key == KEY_DOWN && idle.rate > 0)
            idle.rate--, set_rate(&idle);
        nap(&idle);
        u32 now = timer_now();
        if (now - idle.from >= PIT_HERTZ / 2)
            show_half_second(&idle, now);
    }
}
