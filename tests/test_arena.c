/* test_arena.c - the room for decoded instructions: it grows into RAM that the guest does not touch, and goes back when the guest does.  docs/performance.md,
 * "Large code". */
#include <check.h>
#include "cpu/block.h"
#include "cpu/cpu.h"
#include "cpu/descriptor.h"
#include "mem/host_memory.h"
#include "tests/run_all.h"

enum { RAM = 96 << 20, CODE = 1 << 20, CODE_BYTES = 24 << 20, INC_EAX = 0x40, HLT = 0xF4 };

static u8 *ram;
static bus_t bus;
static cpu_t cpu;

static void power_on(void)
{
    ram = memory_reserve(RAM);
    ck_assert(ram != NULL);
    bus_init(&bus, ram, RAM);
    ck_assert(cpu_init(&cpu, MODEL_PENTIUM3, &bus));
    cpu_reset(&cpu);
    cpu.cr0 |= CR0_PE;
    for (int seg = ES; seg < N_SEGMENTS; seg++) {
        descriptor_t d = { .low = 0x0000FFFF, .high = seg == CS ? 0x00CF9B00 : 0x00CF9300, .selector = 8 };
        cpu.seg[seg] = descriptor_segment(&d, 8);
    }
    cpu_mode_changed(&cpu);
}
static void power_off(void)
{
    cpu_free(&cpu);
    memory_release(ram, RAM);
}

/* `n` instructions that were never decoded before, from `at` on; EAX counts them. */
static u32 run_new(u32 at, u32 n)
{
    memset(ram + at, INC_EAX, n);
    ram[at + n] = HLT;
    cpu.r[EAX] = 0;
    cpu.eip = at;
    cpu.halted = false;
    ck_assert_int_eq(cpu_run(&cpu, cpu_instructions(&cpu) + n + 10), CPU_HALTED);
    ck_assert_uint_eq(cpu.r[EAX], n);
    return at + n + 1;
}

static size_t beyond_the_first_step(void)
{
    const op_t *ops = cpu.blocks->ops + ARENA_STEP;
    return memory_resident(ops, (ARENA_OPS - ARENA_STEP) * sizeof *ops);
}

START_TEST(it_grows_while_the_guest_leaves_its_ram_alone_and_shrinks_when_it_does_not)
{
    u32 at = run_new(CODE, ARENA_STEP / 2);
    ck_assert_uint_eq(cpu.blocks->most_ops, ARENA_STEP);
    at = run_new(at, ARENA_STEP);
#if defined(__linux__)
    ck_assert_uint_gt(cpu.blocks->most_ops, ARENA_STEP);
    ck_assert_uint_gt(beyond_the_first_step(), 0);
    u32 generation = cpu.blocks->generation;
#endif
    for (u32 page = 0; page < RAM; page += PAGE_BYTES)
        if (page < CODE || page >= CODE + CODE_BYTES) ram[page] = 1;
    memset(ram + at, 1, CODE + CODE_BYTES - at);
    run_new(at, LOOK_EVERY * (BLOCK_MAX + 1));
    ck_assert_uint_eq(cpu.blocks->most_ops, ARENA_STEP);
#if defined(__linux__)
    ck_assert_uint_ne(cpu.blocks->generation, generation);
    ck_assert_uint_le(beyond_the_first_step(), 2 * PAGE_BYTES);
#endif
}
END_TEST

START_TEST(what_was_decoded_before_it_shrank_runs_on)
{
    u32 at = run_new(CODE, 2 * ARENA_STEP), first = CODE;
    for (u32 page = CODE + CODE_BYTES; page < RAM; page += PAGE_BYTES)
        ram[page] = 1;
    run_new(at, LOOK_EVERY * (BLOCK_MAX + 1));
    cpu.r[EAX] = 0;
    cpu.eip = first;
    cpu.halted = false;
    ck_assert_int_eq(cpu_run(&cpu, cpu_instructions(&cpu) + 2 * ARENA_STEP + 10), CPU_HALTED);
    ck_assert_uint_eq(cpu.r[EAX], 2 * ARENA_STEP);
}
END_TEST

int main(void)
{
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, power_on, power_off);
    tcase_add_test(all, it_grows_while_the_guest_leaves_its_ram_alone_and_shrinks_when_it_does_not);
    tcase_add_test(all, what_was_decoded_before_it_shrank_runs_on);
    Suite *suite = suite_create("arena");
    suite_add_tcase(suite, all);
    return run_all(suite);
}
