/* test_random_bytes.c - nothing a guest does breaks the machine.
 *
 * 16 random bytes run as code in every mode, on every model, a few instructions each, with interrupts; then the processor's state must be
 * one that a processor can be in.  A million random port accesses against a whole machine, and random programs on it, with time going on:
 * nothing may crash, hang or be found by the sanitizers.  RANDOM_CASES=n: another number of cases. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include "cpu/breakpoint.h"
#include "bios/bios_rom.h"
#include "devices/pc.h"
#include "tests/run_all.h"
#include "tests/twin_machine.h"

#if defined(__SANITIZE_ADDRESS__)
enum { CASES = 100000 };
#elif defined(__has_feature)
#  if __has_feature(address_sanitizer)
enum { CASES = 100000 };
#  else
enum { CASES = 1000000 };
#  endif
#else
enum { CASES = 1000000 };
#endif
enum { CASES_A_MACHINE = 500, CODE_AT = 0x400 };

static u32 cases(void)
{
    const char *text = getenv("RANDOM_CASES");
    return text ? (u32)strtoul(text, NULL, 0) : CASES;
}

/* ---- what is true of every processor ---- */

static bool segment_is_derived(const segment_t *s)
{
    segment_t copy = *s;
    segment_derive(&copy);
    return copy.first == s->first && copy.read_span == s->read_span && copy.write_span == s->write_span && copy.flat == s->flat;
}

/* No store can reach decoded code unseen. */
static bool code_is_guarded(const cpu_t *cpu)
{
    for (u32 i = 0; i < 2 * TLB_ENTRIES; i++) {
        const tlb_t *tlb = &cpu->tlb_of[i / TLB_ENTRIES];
        u32 slot = i % TLB_ENTRIES;
        const tlb_entry_t *e = &tlb->entry[slot];
        if (e->write_tag == tlb_invalid(slot) || e->host < cpu->bus->ram || e->host >= cpu->bus->ram + cpu->bus->ram_bytes)
            continue;
        if (cpu->code.page[(size_t)(e->host - cpu->bus->ram) >> 12])
            return false;
    }
    return true;
}

/* What is wrong, or NULL. */
static const char *invalid(cpu_t *cpu)
{
    u32 eflags = cpu_eflags(cpu);
    bool vm = eflags & FLAG_VM, pe = cpu->cr0 & CR0_PE;
    if (cpu->r[NOREG]) return "the register that is always 0";
    if (!(eflags & FLAG_1) || (eflags & ~model_eflags_mask(cpu->model))) return "eflags has bits that do not exist";
    if (cpu->eflags & FLAGS_STATUS) return "status flags stand in two places";
    if (vm && (!pe || cpu->cpl != 3)) return "V86 outside level 3 of protected mode";
    if (!pe && (cpu->cpl != 0 || cpu->cr0 & CR0_PG)) return "real mode with a privilege level or paging";
    if (cpu->cpl > 3) return "cpl";
    if (cpu->cr0 & ~(model_cr0_mask(cpu->model) | CR0_ET)) return "cr0 has bits that do not exist";
    if (cpu->cr4 & ~model_cr4_mask(cpu->model)) return "cr4 has bits that do not exist";
    if ((cpu->dr[6] & 0xFFFF0FF0) != 0xFFFF0FF0 || (cpu->dr[7] & 0x400) == 0) return "dr6 or dr7";
    if (cpu->stack_mask != (!vm && cpu->seg[SS].attributes & SEG_BIG ? 0xFFFFFFFF : 0xFFFF)) return "the stack's width";
    if (cpu->tlb != (breakpoint_any_data(cpu) || cpu_checks_alignment(cpu) ? &cpu->tlb_blind : &cpu->tlb_of[cpu->cpl == 3])) return "the translations of another level";
    if (cpu->delivering && !cpu->shut_down) return "an event half delivered";
    for (int n = 0; n < N_ALL_SEGMENTS; n++)
        if (!segment_is_derived(&cpu->seg[n])) return "a segment's spans";
    if (vm)
        for (int n = 0; n < N_SEGMENTS; n++)
            if (cpu->seg[n].base != (u32)cpu->seg[n].selector << 4 || cpu->seg[n].limit != 0xFFFF) return "a V86 segment";
    if (cpu->current) return "an instruction is still running";
    u16 mode = cpu->mode;
    cpu_mode_changed(cpu);
    if (mode != cpu->mode) return "the mode word";
    return NULL;
}

static void too_long(observer_t *self, cpu_t *cpu, u32 eip, unsigned length)
{
    twin_t *t = (twin_t *)self;
    (void)cpu; (void)eip;
    if (length > MAX_INSTRUCTION) t->watched++;
}

/* ---- random bytes as code ---- */

static void put_random_code(twin_t *t, random_t *r, program_mode_t mode, u32 *eip)
{
    u8 bytes[16];
    bool two = chance(r, 3);
    for (unsigned i = 0; i < sizeof bytes; i++) bytes[i] = (u8)random64(r);
    if (two) bytes[0] = 0x0F;
    u32 at = CODE_AT + (chance(r, 8) ? 0xBF0 + below(r, 16) : below(r, 0xBF0));
    dma_write(&t->bus, TWIN_CODE + at, bytes, sizeof bytes);
    *eip = at + (program_mode_is_16(mode) ? 0 : TWIN_CODE);
}

/* One case; what is wrong after it, or NULL. */
static const char *one_case(twin_t *t, random_t *r, program_mode_t mode)
{
    cpu_t *cpu = &t->cpu;
    u32 eip, eflags = (u32)random64(r) & 0xFD5;
    for (int n = 0; n < 8; n++) cpu->r[n] = chance(r, 2) ? (u32)random64(r) : 0x10000u + below(r, 0x30000);
    put_random_code(t, r, mode, &eip);
    bool was_paging = cpu->cr0 & CR0_PG;
    u32 cr0 = cpu->cr0 & (mode == REAL ? 0 : CR0_PG | CR0_WP);
    cpu->cr0 = cr0;
    cpu->halted = cpu->shut_down = false;
    cpu->delivering = 0;
    twin_enter(t, mode, eip);
    cpu_set_eflags(cpu, (cpu_eflags(cpu) & ~(u32)(FLAGS_STATUS | FLAG_TF)) | (chance(r, 4) ? eflags : eflags & ~(u32)FLAG_TF));
    if (was_paging != ((cpu->cr0 & CR0_PG) != 0) || chance(r, 16)) cpu_flush_tlb(cpu, true);
    if (chance(r, 8)) { t->vector = (u8)random64(r); cpu_intr(cpu, true); }
    if (chance(r, 32)) cpu_nmi(cpu);
    cpu_settle(cpu);
    u64 from = cpu_instructions(cpu), n = 1 + below(r, chance(r, 4) ? 200 : 4);
    cpu_stop_t stop = cpu_run(cpu, from + n);
    u64 to = cpu_instructions(cpu);
    if (to - from > n) return "more instructions than asked for";
    if (stop == CPU_DEADLINE && to - from != n && t->due == UINT64_MAX) return "fewer instructions than asked for";
    t->due = UINT64_MAX;
    if (t->watched) return "an instruction of more than 15 bytes";
    return invalid(cpu);
}

static bool run_cases(twin_t *t, u32 number, u32 n)
{
    program_mode_t mode = (program_mode_t)(number % N_PROGRAM_MODES);
    random_t r = { number };
    twin_prepare(t, mode, number);
    t->observer.before = too_long;
    t->cpu.observer = number & 1 ? &t->observer : NULL;
    t->cpu.l1 = cpu_has_l1() && number % 5 != 0;
    for (u32 i = 0; i < n; i++) {
        const char *wrong = one_case(t, &r, mode);
        if (!wrong && i % 32 == 0 && !code_is_guarded(&t->cpu)) wrong = "a store could reach decoded code unseen";
        if (!wrong)
            continue;
        printf("machine %u, case %u, %s, model %d: %s\n", number, i, program_modes[mode], (int)t->cpu.model, wrong);
        return false;
    }
    return true;
}

START_TEST(random_bytes_leave_a_processor_that_can_be)
{
    static twin_t t;
    u32 machines = cases() / CASES_A_MACHINE, wrong = 0;
    lacking_quiet(true);
    for (u32 number = 0; number < machines && wrong < 5; number++) {
        ck_assert(twin_init(&t, (model_t)(number / N_PROGRAM_MODES % N_MODELS)));
        if (!run_cases(&t, number, CASES_A_MACHINE)) wrong++;
        cpu_free(&t.cpu);
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

/* ---- a whole machine ---- */

enum { MACHINE_RAM = 2 << 20 };
static disk_t *media[2];

static pc_t *new_machine(unsigned n)
{
    char why[200];
    media[0] = disk_from_memory("floppy", "", 0, 1440 << 10);
    media[1] = disk_from_memory("disk", "", 0, 4 << 20);
    pc_config_t config = { .ram_bytes = MACHINE_RAM, .cpu = (cpu_model_t)(n % N_CPU_MODELS), .engine = n & 1 || !cpu_has_l1() ? ENGINE_L0 : ENGINE_L1, .ips = 10000000,
                           .bios = bios_rom, .bios_bytes = (u32)bios_rom_bytes, .floppy = { media[0] }, .disk = { media[1] },
                           .debug_exit = true, .debug_exit_port = 0x501 };
    pc_t *pc = pc_new(&config, why, sizeof why);
    ck_assert_msg(pc != NULL, "%s", why);
    return pc;
}
static void free_machine(pc_t *pc)
{
    pc_free(pc);
    disk_close(media[0]);
    disk_close(media[1]);
}

static void let_time_pass(pc_t *pc, u64 n)
{
    pc_stop_t stop = pc_run(pc, pc_now(pc) + 1000000, n);
    if (stop != STOP_NONE)
        pc_reset(pc);
}

static u16 random_port(const bus_t *bus, random_t *r)
{
    if (chance(r, 16))
        return (u16)random64(r);
    const port_range_t *range = &bus->ranges[1 + below(r, bus->n_ranges)];
    return (u16)(range->first + below(r, range->count ? range->count : 1));   /* a range that is nowhere now has none */
}

START_TEST(random_port_accesses_find_nothing)
{
    pc_t *pc = new_machine((unsigned)_i);
    bus_t *bus = pc_bus(pc);
    random_t r = { 0x1234 + (u64)_i };
    lacking_quiet(true);
    u16 port = 0;
    for (u32 i = 0; i < cases() / 4; i++) {
        width_t w = chance(&r, 4) ? (chance(&r, 2) ? W16 : W32) : W8;
        if (!chance(&r, 4)) port = random_port(bus, &r);                         /* else again: data ports, FIFOs */
        if (chance(&r, 3)) (void)bus_in(bus, port, w);
        else               bus_out(bus, port, w, chance(&r, 2) ? below(&r, 32) : (u32)random64(&r));
        if (chance(&r, 16)) let_time_pass(pc, 1 + below(&r, chance(&r, 20) ? 5000 : 50));
        if (chance(&r, 5000)) pc_post(pc, &(input_t){ .kind = INPUT_KEY, .key = (u16)below(&r, 0x60), .down = true });
        if (chance(&r, 5000)) pc_post(pc, &(input_t){ .kind = INPUT_MEDIUM, .drive = 0, .disk = chance(&r, 2) ? media[0] : NULL });
        if (chance(&r, 20000)) pc_reset(pc);
    }
    ck_assert_ptr_null(invalid(pc_cpu(pc)));
    free_machine(pc);
}
END_TEST

/* Programs of the twins with their odd ports replaced by the machine's own. */
static void write_guest(pc_t *pc, random_t *r)
{
    static u8 code[2000];
    bus_t *bus = pc_bus(pc);
    program_t p = { .random = r, .start = code, .first = 0x7C00, .code_in_data = 0x7C00, .data = 0x500, .data_bytes = 0xF000, .stack_top = 0xFF00 };
    p.at = code;
    p.end = code + sizeof code;
    write_program(&p);
    for (u32 i = 0; i < 300; i++) {
        u8 *at = code + below(r, sizeof code - 16);
        u16 port = random_port(bus, r);
        const u8 out[] = { 0xBA, (u8)port, (u8)(port >> 8), 0xB0, (u8)random64(r), (u8)(0xEC | below(r, 4)) };
        const u8 far_away[] = { 0x68, (u8)random64(r), (u8)random64(r), 0x07 };  /* push, pop es */
        if (chance(r, 4)) memcpy(at, far_away, sizeof far_away);
        else              memcpy(at, out, sizeof out);
    }
    dma_write(bus, 0x7C00, code, sizeof code);
}

START_TEST(random_programs_on_a_whole_machine_find_nothing)
{
    pc_t *pc = new_machine((unsigned)_i);
    cpu_t *cpu = pc_cpu(pc);
    random_t r = { 0x4321 + (u64)_i };
    lacking_quiet(true);
    pc_run(pc, UINT64_MAX, 300000);                                              /* the firmware sets vectors and chips up */
    for (u32 i = 0; i < cases() / 4000; i++) {
        write_guest(pc, &r);
        cpu->cr0 &= ~(u32)(CR0_PE | CR0_PG);
        cpu->cpl = 0;
        cpu->halted = cpu->shut_down = false;
        segment_set_real(cpu, CS, 0);
        for (int seg = 0; seg < N_SEGMENTS; seg++) if (seg != CS && chance(&r, 2)) segment_set_real(cpu, seg, 0);
        cpu->eip = 0x7C00;
        cpu_set_eflags(cpu, FLAG_1 | FLAG_IF);
        cpu_flush_tlb(cpu, true);
        for (u32 n = 0; n < 20; n++) let_time_pass(pc, 300);
        const char *wrong = invalid(cpu);
        if (wrong) ck_abort_msg("program %u: %s", i, wrong);
    }
    free_machine(pc);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("random");
    tcase_set_timeout(tc, 900);
    tcase_add_test(tc, random_bytes_leave_a_processor_that_can_be);
    tcase_add_loop_test(tc, random_port_accesses_find_nothing, 0, 4);
    tcase_add_loop_test(tc, random_programs_on_a_whole_machine_find_nothing, 0, 4);
    Suite *s = suite_create("random bytes");
    suite_add_tcase(s, tc);
    return run_all(s);
}
