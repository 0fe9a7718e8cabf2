/* test_counters.c - facts about the performance counters of the P6 family, from SDM vol. 3B, "Performance monitoring (P6 family processor)". */
#include "tests/execute.h"

enum { RETIRED = 0xC0, CLOCKS = 0x79, LOADS = 0x43 };
#define USR_OS 0x030000u
#define INT    0x100000u
#define EN     0x400000u

static u8 *code_end;
static void emit(const void *bytes, u32 n) { memcpy(code_end, bytes, n); code_end += n; }
#define EMIT(...) do { static const u8 b_[] = { __VA_ARGS__ }; emit(b_, sizeof b_); } while (0)

static void emit_wrmsr(u32 number, u32 value)
{
    u8 code[] = { 0x66, 0xB9, 0, 0, 0, 0, 0x66, 0xB8, 0, 0, 0, 0, 0x66, 0x31, 0xD2, 0x0F, 0x30 };    /* mov ecx, eax; xor edx, edx; wrmsr */
    put(code + 2, W32, number);
    put(code + 8, W32, value);
    emit(code, sizeof code);
}
static void emit_rdpmc(u8 n)
{
    const u8 code[] = { 0x66, 0xB9, n, 0, 0, 0, 0x0F, 0x33 };
    emit(code, sizeof code);
}
/* Registers are set for the counter n, then 10 NOPs, then RDPMC: what it reads is in EDX:EAX. */
static void run_counter(int way, u32 select0, u32 select1, u8 n, u32 start)
{
    code_end = ram + AT;
    power_off();
    power_on_model(MODEL_PENTIUM3);
    emit_wrmsr(0x187, select1);
    emit_wrmsr(0x186, select0);
    emit_wrmsr(0xC1 + n, start);
    EMIT(0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90);
    emit_rdpmc(n);
    EMIT(0xF4);
    ck_assert_int_eq(run_way(way, 5000), CPU_HALTED);
}
#define COUNTED (((u64)cpu.r[EDX] << 32) | cpu.r[EAX])

/* WRMSR itself, 10 NOPs and the MOV before RDPMC. */
enum { GONE = 12 };

START_TEST(retired_instructions_and_clocks_are_counted)
{
    run_counter(_i, EN | USR_OS | RETIRED, 0, 0, 0);
    ck_assert_uint_eq(COUNTED, GONE);
    run_counter(_i, EN | USR_OS | CLOCKS, 0, 0, 1000);
    ck_assert_uint_eq(COUNTED, GONE + 1000);
    run_counter(_i, EN, USR_OS | RETIRED, 1, 5);
    ck_assert_uint_eq(COUNTED, GONE + 5);
}
END_TEST

START_TEST(a_counter_stands_without_enable_privilege_level_or_event)
{
    run_counter(_i, USR_OS | RETIRED, 0, 0, 7);
    ck_assert_uint_eq(COUNTED, 7);
    run_counter(_i, EN | RETIRED, 0, 0, 7);
    ck_assert_uint_eq(COUNTED, 7);
    run_counter(_i, EN | USR_OS | LOADS, 0, 0, 7);
    ck_assert_uint_eq(COUNTED, 7);
    run_counter(_i, USR_OS | RETIRED, EN | USR_OS | RETIRED, 1, 7);      /* EN is a bit of PERFEVTSEL0 alone */
    ck_assert_uint_eq(COUNTED, 7);
}
END_TEST

START_TEST(a_store_extends_the_sign_to_40_bits)
{
    run_counter(_i, 0, 0, 0, 0xFFFF0000);
    ck_assert_uint_eq(COUNTED, 0xFFFFFF0000);
    run_counter(_i, 0, 0, 1, 0x7FFF0000);
    ck_assert_uint_eq(COUNTED, 0x7FFF0000);
}
END_TEST

START_TEST(a_counter_wraps_at_40_bits)
{
    run_counter(_i, EN | USR_OS | RETIRED, 0, 0, 0xFFFFFFFF);
    ck_assert_uint_eq(COUNTED, GONE - 1);
}
END_TEST

START_TEST(overflow_is_due_only_with_the_interrupt_bit_and_exactly)
{
    run_counter(_i, EN | USR_OS | RETIRED, 0, 0, 0xFFFFFF00);
    ck_assert_uint_eq(counters_due(&cpu), UINT64_MAX);
    run_counter(_i, EN | INT | USR_OS | RETIRED, 0, 0, 0xFFFFFF00);
    ck_assert_uint_eq(counters_due(&cpu), cpu_instructions(&cpu) + 0x100 - GONE - 2);    /* RDPMC and HLT have retired too */
    ck_assert(!counters_overflow(&cpu));
}
END_TEST

START_TEST(reset_clears_them)
{
    run_counter(_i, EN | INT | USR_OS | RETIRED, 0, 0, 0xFFFFFF00);
    cpu_reset(&cpu);
    ck_assert_uint_eq(counters_due(&cpu), UINT64_MAX);
}
END_TEST

RUN_TESTS("counters", retired_instructions_and_clocks_are_counted, a_counter_stands_without_enable_privilege_level_or_event,
          a_store_extends_the_sign_to_40_bits, a_counter_wraps_at_40_bits, overflow_is_due_only_with_the_interrupt_bit_and_exactly, reset_clears_them)
