/* execute.h - bytes in, state out: a processor in real mode whose vectors all lead to handlers that say what happened.
 *
 * Every test runs in each way of running (WAYS of them, chosen by the loop number): both lowerings, one instruction a block, one instruction a
 * deadline.  Code stands at 1000:0100, the stack at 3000:1000; vector n leads to a HLT at 0F00:n, so that a run ends with the processor halted,
 * CS 0F00 and EIP n + 1, and the stack shows what was pushed. */
#pragma once
#include <check.h>
#include "cpu/cpu.h"
#include "cpu/model.h"
#include "cpu/segment.h"
#include "tests/run_all.h"

enum { EXECUTE_RAM = 2 << 20, AT = 0x10100, CODE_SEG = 0x1000, DATA_SEG = 0x2000, STACK_SEG = 0x3000, HANDLER_SEG = 0xF00, SP0 = 0x1000 };

typedef struct { bool l1, no_cache; u32 step; } execute_way_t;
static const execute_way_t execute_ways[] = { { true, false, 0 }, { false, false, 0 }, { false, true, 0 }, { true, false, 1 }, { true, false, 7 } };
enum { WAYS = COUNT_OF(execute_ways) };

#define UNUSED __attribute__((unused))

static u8 ram[EXECUTE_RAM];
static bus_t bus;
static cpu_t cpu;
static u8 interrupt_vector;
static u64 interrupt_at;                     /* instruction at which INTR was answered */
static model_t execute_model = MODEL_PENTIUM4;

UNUSED static u8 answer_interrupt(void *pic)
{
    (void)pic;
    cpu_intr(&cpu, false);
    interrupt_at = cpu_instructions(&cpu);
    return interrupt_vector;
}

UNUSED static void power_on_model(model_t model)
{
    memset(ram, 0, sizeof ram);
    bus_init(&bus, ram, EXECUTE_RAM);
    ck_assert(cpu_init(&cpu, model, &bus));
    cpu.acknowledge = answer_interrupt;
    for (u32 v = 0; v < 256; v++) {
        put(ram + 4 * v, W16, v);
        put(ram + 4 * v + 2, W16, HANDLER_SEG);
        ram[HANDLER_SEG * 16 + v] = 0xF4;
    }
    segment_set_real(&cpu, CS, CODE_SEG);
    segment_set_real(&cpu, DS, DATA_SEG);
    segment_set_real(&cpu, ES, DATA_SEG);
    segment_set_real(&cpu, SS, STACK_SEG);
    memset(cpu.r, 0, sizeof cpu.r);
    cpu.r[ESP] = SP0;
    cpu.eip = 0x100;
    cpu_set_eflags(&cpu, FLAG_1);
    cpu_mode_changed(&cpu);
    interrupt_vector = 0x40;
    interrupt_at = 0;
    lacking_quiet(true);
}
UNUSED static void power_on(void)  { power_on_model(execute_model); }
UNUSED static void power_off(void) { cpu_free(&cpu); }

#define CODE(...) do { static const u8 bytes_[] = { __VA_ARGS__ }; memcpy(ram + AT, bytes_, sizeof bytes_); } while (0)
#define CODE_AT(at, ...) do { static const u8 bytes_[] = { __VA_ARGS__ }; memcpy(ram + (at), bytes_, sizeof bytes_); } while (0)

UNUSED static cpu_stop_t run_way(int way, u64 n)
{
    const execute_way_t *how = &execute_ways[way];
    u64 end = cpu_instructions(&cpu) + n;
    cpu_stop_t stop = CPU_DEADLINE;
    cpu.l1 = cpu_has_l1() && how->l1;
    cpu.no_cache = how->no_cache;
    while (stop == CPU_DEADLINE && cpu_instructions(&cpu) < end) {
        u64 until = how->step && cpu_instructions(&cpu) + how->step < end ? cpu_instructions(&cpu) + how->step : end;
        stop = cpu_run(&cpu, until);
    }
    return stop;
}
/* Run until HLT (at most 5000 instructions). */
#define RUN() ck_assert_int_eq(run_way(_i, 5000), CPU_HALTED)

UNUSED static u32 word_at(u32 physical)     { return get(ram + physical, W16); }
UNUSED static u32 pushed(u32 n)             { return word_at(STACK_SEG * 16 + ((cpu.r[ESP] + 2 * n) & 0xFFFF)); }

/* The run ended in the handler of `vector`, which was called for the instruction at 1000:`ip`. */
#define ENDS_IN(vector, ip) do { \
    ck_assert_uint_eq(cpu.seg[CS].selector, HANDLER_SEG); \
    ck_assert_uint_eq(cpu.eip, (vector) + 1u); \
    ck_assert_uint_eq(pushed(0), (ip)); \
    ck_assert_uint_eq(pushed(1), CODE_SEG); } while (0)

/* main() of such a test: each row of `tests` is run on a fresh machine, once in every way. */
#define RUN_TESTS(name, ...) \
    int main(void) \
    { \
        const TTest *const tests[] = { __VA_ARGS__ }; \
        return run_tests(name, tests, COUNT_OF(tests)); \
    }
UNUSED static int run_tests(const char *name, const TTest *const *tests, size_t n)
{
    TCase *tc = tcase_create(name);
    tcase_add_checked_fixture(tc, power_on, power_off);
    for (size_t i = 0; i < n; i++)
        tcase_add_loop_test(tc, tests[i], 0, WAYS);
    Suite *s = suite_create(name);
    suite_add_tcase(s, tc);
    return run_all(s);
}
