/* test_machine_time.c - facts about where instructions, bus cycles and time meet in the whole machine: programs in a ROM of 64 KiB. */
#include <check.h>
#include "devices/pc_inside.h"
#include "tests/run_all.h"

enum { ROM_BYTES = 0x10000, IPS = 100000000, AN_ISA_CYCLE = 720 };

static u8 rom[ROM_BYTES];
static pc_t *pc;

/* The program starts where the processor does, at F000:FFF0, with a jump to F000:0000. */
static void start(const u8 *code, u32 bytes)
{
    static const u8 jump[] = { 0xEA, 0x00, 0x00, 0x00, 0xF0 };
    char why[200];
    memset(rom, 0xF4, sizeof rom);
    memcpy(rom, code, bytes);
    memcpy(rom + 0xFFF0, jump, sizeof jump);
    pc_config_t config = { .ram_bytes = 1 << 20, .cpu = CPU_PENTIUM3, .ips = IPS, .bios = rom, .bios_bytes = ROM_BYTES };
    pc = pc_new(&config, why, sizeof why);
    ck_assert_msg(pc != NULL, "%s", why);
}
#define START(...) do { static const u8 b_[] = { __VA_ARGS__ }; start(b_, sizeof b_); } while (0)
static void end(void) { pc_free(pc); pc = NULL; }

static u64 ns_of(u64 instructions) { return instructions * (1000000000 / IPS); }

/* IBM PC AT Technical Reference, "I/O channel": an 8-bit I/O cycle has 4 wait states. */
START_TEST(port_80h_and_the_timer_take_an_isa_cycle_other_ports_none)
{
    START(0xE6, 0x80, 0xE4, 0x40, 0xB0, 0xB0, 0xE6, 0x43, 0xE4, 0x64, 0xE4, 0x21, 0x90, 0x90, 0x90, 0xEB, 0xFE);
    pc_run(pc, UINT64_MAX, 50);
    ck_assert_uint_eq(pc_now(pc), ns_of(50) + 3 * AN_ISA_CYCLE);
    end();
}
END_TEST

START_TEST(the_time_stamp_counter_goes_on_meanwhile)
{
    START(0xE6, 0x80, 0x0F, 0x31, 0xEB, 0xFE);       /* out 80h, al; rdtsc; jmp $ */
    pc_run(pc, UINT64_MAX, 3);
    ck_assert_uint_eq(pc_cpu(pc)->r[EAX], 2 + AN_ISA_CYCLE / 10);
    end();
}
END_TEST

/* 82C54 data sheet: the count is loaded at the next CLK pulse; Linux arch/x86/kernel/tsc.c, quick_pit_calibrate, reads the counter twice to wait for it. */
START_TEST(two_reads_after_a_count_was_written_outlast_its_loading)
{
    START(0xB0, 0x01, 0xE6, 0x61, 0xB0, 0xB0, 0xE6, 0x43, 0xB0, 0xFF, 0xE6, 0x42, 0xE6, 0x42,    /* gate on; counter 2, mode 0; FFFFh */
          0xE4, 0x42, 0xE4, 0x42,
          0xE4, 0x42, 0xE4, 0x42, 0xF4);                                                        /* AL: the high byte */
    pc_run(pc, UINT64_MAX, 30);
    ck_assert(pc_halted(pc));
    ck_assert_uint_eq(pc_cpu(pc)->r[EAX] & 0xFF, 0xFF);
    end();
}
END_TEST

START_TEST(an_alarm_due_in_a_bus_cycle_rings_after_that_instruction)
{
    START(0xE6, 0x80, 0x90, 0xEB, 0xFD);
    pc_run(pc, UINT64_MAX, 1);                               /* the far jump */
    u64 when = pc_now(pc) + 400;
    alarm_set(&pc->pit.counter[2].alarm, when);
    pc_run(pc, UINT64_MAX, 1);
    ck_assert_uint_eq(pc_now(pc), ns_of(2) + AN_ISA_CYCLE);
    ck_assert(pc->pit.counter[2].alarm.when != when);
    end();
}
END_TEST

/* A performance counter's end is a local interrupt (SDM vol. 3A, 10.5.1), here an NMI, whose handler at 0000:1000 halts. */
START_TEST(a_performance_counter_interrupts_at_the_instruction_at_which_it_passes_its_end)
{
    START(0x66, 0xB9, 0x86, 0x01, 0, 0, 0x66, 0xB8, 0xC0, 0x00, 0x53, 0x00, 0x66, 0x31, 0xD2, 0x0F, 0x30,     /* INST_RETIRED, interrupt, enabled */
          0x66, 0xB9, 0xC1, 0x00, 0, 0, 0x66, 0xB8, 0x18, 0xFC, 0xFF, 0xFF, 0x0F, 0x30,                     /* PERFCTR0 = -1000 */
          0xEB, 0xFE);
    put(pc->ram + 8, W16, 0x1000);
    pc->ram[0x1000] = 0xF4;
    apic_write(&pc->apic, 0x0F0, W32, 0x1FF);
    apic_write(&pc->apic, 0x340, W32, APIC_NMI << 8);
    enum { BEFORE_THE_STORE = 7 };
    pc_run(pc, UINT64_MAX, BEFORE_THE_STORE + 1000);
    ck_assert(!pc_halted(pc));
    pc_run(pc, UINT64_MAX, 100);
    ck_assert(pc_halted(pc));
    ck_assert_uint_eq(pc_instructions(pc), BEFORE_THE_STORE + 1000 + 1);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { port_80h_and_the_timer_take_an_isa_cycle_other_ports_none, the_time_stamp_counter_goes_on_meanwhile,
        two_reads_after_a_count_was_written_outlast_its_loading, an_alarm_due_in_a_bus_cycle_rings_after_that_instruction,
        a_performance_counter_interrupts_at_the_instruction_at_which_it_passes_its_end };
    TCase *tc = tcase_create("machine time");
    for (size_t i = 0; i < COUNT_OF(tests); i++) tcase_add_test(tc, tests[i]);
    Suite *s = suite_create("machine time");
    suite_add_tcase(s, tc);
    return run_all(s);
}
