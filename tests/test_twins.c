/* test_twins.c - one program, many ways of running, one outcome.
 *
 * 10,000 random programs (TWIN_PROGRAMS=n for another number, TWIN_SEED=n for one) run for a random number of instructions with hardware
 * interrupts at random instructions: one instruction at a time and never cached, by both lowerings, watched, in pieces, with caches dropped on
 * the way.  Registers, flags, segments, all memory (accessed and dirty bits of the page tables with it), what the board was told and when,
 * and the instruction count must agree.  On a difference the first instruction that differs is found by bisection. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include "devices/state.h"
#include "tests/run_all.h"
#include "tests/twin_machine.h"

typedef struct { const char *name; bool l1, no_cache, watched, pieces, drop, memory; } way_t;
static const way_t ways[] = {
    { "L0, one instruction a block", false, true, false, false, false, false },         /* the reference: first */
    { "L1", true, false, false, false, false, false },
    { "L0", false, false, false, false, false, false },
    { "L1, in pieces", true, false, false, true, false, false },
    { "L1, in pieces, caches dropped", true, false, false, true, true, false },
    { "L1, watched", true, false, true, false, false, false },
    { "L0, one instruction a block, watched with memory", false, true, true, true, false, true },
    { "L1, watched with memory", true, false, true, false, false, true },
};
enum { N_WAYS = COUNT_OF(ways), MAX_EVENTS = 12, FIRST_WATCHED = 5, FIRST_MEMORY = 6 };

typedef struct { u64 at; u8 vector; bool nmi; } event_t;
typedef struct { u64 length; event_t event[MAX_EVENTS]; unsigned n_events; } plan_t;

static twin_t *machine[N_WAYS];

static plan_t make_plan(u64 seed)
{
    random_t r = { seed ^ 0x5DEECE66D };
    plan_t plan = { .length = 50 + below(&r, chance(&r, 4) ? 4000 : 600), .n_events = below(&r, MAX_EVENTS) };
    u64 at = 0;
    for (unsigned i = 0; i < plan.n_events; i++) {
        at += 1 + below(&r, chance(&r, 2) ? 20 : 300);
        plan.event[i] = (event_t){ at, (u8)(0x48 + below(&r, 8)), chance(&r, 6) };
    }
    return plan;
}

/* Run the plan up to instruction `to`. */
static void run(twin_t *t, const way_t *way, const plan_t *plan, u64 to, u64 seed)
{
    random_t r = { seed ^ 0xB16B00 };
    cpu_t *cpu = &t->cpu;
    unsigned next = 0;
    cpu->l1 = cpu_has_l1() && way->l1;
    cpu->no_cache = way->no_cache;
    cpu->observer = way->watched ? &t->observer : NULL;
    t->observer.memory = way->memory ? watch_memory : NULL;
    t->observer.port = way->memory ? watch_port : NULL;
    t->observer.event = way->memory ? watch_event : NULL;
    cpu_mode_changed(cpu);
    for (u64 now; (now = cpu_instructions(cpu)) < to;) {
        for (; next < plan->n_events && plan->event[next].at <= now; next++) {
            if (plan->event[next].nmi) { cpu_nmi(cpu); continue; }
            t->vector = plan->event[next].vector;
            cpu_intr(cpu, true);
        }
        if (t->due <= now) { t->due = UINT64_MAX; cpu_intr(cpu, true); }
        u64 until = to;
        if (next < plan->n_events && plan->event[next].at < until) until = plan->event[next].at;
        if (t->due < until) until = t->due;
        if (way->pieces && now + 1 < until) until = now + 1 + below(&r, chance(&r, 3) ? 3 : 120) % (u32)(until - now);
        if (way->drop && chance(&r, 8)) { cpu_flush_tlb(cpu, true); cpu_flush_blocks(cpu); }
        if (way->pieces && chance(&r, 4)) bus_tell_again(&t->bus, t->frame_region);
        cpu_stop_t stop = cpu_run(cpu, until);
        if (stop == CPU_SHUTDOWN)
            return;
        if (stop == CPU_HALTED) {                            /* only an event ends it: it comes now */
            if (t->due != UINT64_MAX)          t->due = cpu_instructions(cpu);
            else if (next < plan->n_events)    goto wake;
            else                               return;
            continue;
        wake:
            if (plan->event[next].nmi) cpu_nmi(cpu);
            else { t->vector = plan->event[next].vector; cpu_intr(cpu, true); }
            next++;
            if (!(cpu->eflags & FLAG_IF) && !cpu->nmi_pending) return;
        }
    }
}

/* ---- comparing ---- */

static bool same_segment(const segment_t *a, const segment_t *b)
{
    return a->selector == b->selector && a->attributes == b->attributes && a->base == b->base && a->limit == b->limit;
}

static bool same_fpu(const fpu_t *a, const fpu_t *b)
{
    for (int n = 0; n < 8; n++)
        if (a->r[n].m != b->r[n].m || a->r[n].se != b->r[n].se) return false;
    return a->control == b->control && a->status == b->status && a->top == b->top && a->full == b->full && a->opcode == b->opcode
        && a->error_opcode == b->error_opcode && a->cs == b->cs && a->ds == b->ds && a->ip == b->ip && a->dp == b->dp;
}
static bool same_simd(const simd_t *a, const simd_t *b) { return a->mxcsr == b->mxcsr && !memcmp(a->xmm, b->xmm, sizeof a->xmm); }

/* The first thing that differs, or NULL. */
static const char *difference(const twin_t *ta, const twin_t *tb)
{
    static const char *const regs[] = { "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi" };
    static const char *const segs[] = { "es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr" };
    const cpu_t *a = &ta->cpu, *b = &tb->cpu;
    if (cpu_instructions(a) != cpu_instructions(b)) return "the instruction count";
    if (a->eip != b->eip) return "eip";
    for (int n = 0; n < 8; n++) if (a->r[n] != b->r[n]) return regs[n];
    if (a->r[NOREG] | b->r[NOREG]) return "the register that is always 0";
    if (cpu_eflags(a) != cpu_eflags(b)) return "eflags";
    for (int n = 0; n < N_ALL_SEGMENTS; n++) if (!same_segment(&a->seg[n], &b->seg[n])) return segs[n];
    if (!same_fpu(&a->fpu, &b->fpu)) return "the x87";
    if (!same_simd(&a->simd, &b->simd)) return "xmm or mxcsr";
    if (a->cpl != b->cpl) return "cpl";
    if (a->cr0 != b->cr0 || a->cr2 != b->cr2 || a->cr3 != b->cr3 || a->cr4 != b->cr4) return "a control register";
    if (memcmp(a->dr, b->dr, sizeof a->dr) != 0 || a->debug_pending != b->debug_pending) return "debug registers";
    if (a->halted != b->halted || a->shut_down != b->shut_down) return "halt";
    if (a->shadow != b->shadow || a->shadow_debug != b->shadow_debug) return "the shadow";
    if (a->intr != b->intr || a->nmi_pending != b->nmi_pending || a->nmi_blocked != b->nmi_blocked) return "a pin";
    if (ta->log != tb->log) return "what the board was told";
    if (ta->bus.a20_mask != tb->bus.a20_mask) return "a20";
    if (memcmp(ta->ram, tb->ram, sizeof ta->ram) != 0) return "memory";
    if (memcmp(ta->frame, tb->frame, sizeof ta->frame) != 0) return "the frame buffer";
    return NULL;
}

static const char *run_both(unsigned way, program_mode_t mode, u64 seed, const plan_t *plan, u64 to)
{
    twin_prepare(machine[0], mode, seed);
    run(machine[0], &ways[0], plan, to, seed);
    twin_prepare(machine[way], mode, seed);
    run(machine[way], &ways[way], plan, to, seed);
    return difference(machine[0], machine[way]);
}

static void show(const char *who, const twin_t *t)
{
    const cpu_t *c = &t->cpu;
    u8 bytes[16] = { 0 };
    printf("  %s: %llu instructions, cs:eip %04X:%08X eflags %08X cpl %u\n   ", who, (unsigned long long)cpu_instructions(c), c->seg[CS].selector, c->eip,
           cpu_eflags(c), c->cpl);
    for (int n = 0; n < 8; n++) printf(" %08X", c->r[n]);
    cpu_peek((cpu_t *)c, c->seg[CS].base + c->eip, bytes, sizeof bytes);
    printf("\n    at eip:");
    for (unsigned i = 0; i < sizeof bytes; i++) printf(" %02X", bytes[i]);
    printf("\n");
}

static void report(unsigned way, program_mode_t mode, u64 seed, const plan_t *plan, const char *what)
{
    u64 good = 0, bad = plan->length;
    while (bad - good > 1) {
        u64 middle = good + (bad - good) / 2;
        if (run_both(way, mode, seed, plan, middle)) bad = middle;
        else                                         good = middle;
    }
    printf("seed %llu, %s, way \"%s\": %s differs\n", (unsigned long long)seed, program_modes[mode], ways[way].name, what);
    run_both(way, mode, seed, plan, good);
    show("the last state that agrees", machine[0]);
    what = run_both(way, mode, seed, plan, bad);
    show(ways[0].name, machine[0]);
    show(ways[way].name, machine[way]);
    if (!what)
        return;
    printf("  %s differs after instruction %llu\n", what, (unsigned long long)bad);
    for (u32 i = 0, shown = 0; i < TWIN_RAM && shown < 8; i++)
        if (machine[0]->ram[i] != machine[way]->ram[i]) printf("  %05X: %02X, not %02X\n", i, machine[way]->ram[i], machine[0]->ram[i]), shown++;
}

/* false: some way differs. */
static bool agree(u64 seed)
{
    program_mode_t mode = (program_mode_t)(seed % N_PROGRAM_MODES);
    plan_t plan = make_plan(seed);
    bool good = true;
    for (unsigned way = 0; way < N_WAYS; way++) {
        twin_prepare(machine[way], mode, seed);
        run(machine[way], &ways[way], &plan, plan.length, seed);
        const char *what = way ? difference(machine[0], machine[way]) : NULL;
        if (!what && cpu_instructions(&machine[way]->cpu) > plan.length)
            what = "the instruction count and what was asked for";
        if (way > FIRST_WATCHED && machine[way]->watched != machine[FIRST_WATCHED]->watched && !what)
            what = "what the observer saw", good = false, printf("seed %llu, %s: %s\n", (unsigned long long)seed, program_modes[mode], what);
        else if (way > FIRST_MEMORY && machine[way]->accesses != machine[FIRST_MEMORY]->accesses && !what)
            good = false, printf("seed %llu, %s: accesses differ\n", (unsigned long long)seed, program_modes[mode]);
        else if (what) {
            report(way, mode, seed, &plan, what);
            return false;
        }
    }
    return good;
}

/* What the routines behind the gates counted; a program may have stored something else there. */
static u32 counted(const twin_t *t, u32 at)
{
    u32 n = get(t->ram + TWIN_COUNTS + at, W32);
    return n < 5000 ? n : 0;
}

/* Everything a program left behind, folded into one number: what another compiler's build of this test must print too. */
static u64 fold(u64 digest, const twin_t *t)
{
    walker_t w = walk_hasher();
    u64 count = cpu_instructions(&t->cpu);
    u32 eflags = cpu_eflags(&t->cpu), eip = t->cpu.eip, r[8];
    memcpy(r, t->cpu.r, sizeof r);
    FIELD(&w, digest);
    FIELD(&w, count);
    FIELD(&w, eflags);
    FIELD(&w, eip);
    FIELD_ARRAY(&w, r);
    for (int n = 0; n < N_ALL_SEGMENTS; n++) {
        u32 base = t->cpu.seg[n].base, selector = t->cpu.seg[n].selector;
        FIELD(&w, base);
        FIELD(&w, selector);
    }
    for (int n = 0; n < 8; n++) {
        f80_t x87 = t->cpu.fpu.r[n];
        vector_t xmm = t->cpu.simd.xmm[n];
        FIELD(&w, x87.m);
        FIELD(&w, x87.se);
        FIELD(&w, xmm.q[0]);
        FIELD(&w, xmm.q[1]);
    }
    FIELD_BYTES(&w, (u8 *)(uintptr_t)t->ram, sizeof t->ram);
    return w.hash;
}

static u64 number_from(const char *name, u64 otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

START_TEST(every_way_of_running_gives_the_same_state)
{
    u64 programs = number_from("TWIN_PROGRAMS", 10000), one = number_from("TWIN_SEED", UINT64_MAX), differ = 0, retired = 0, faults = 0, interrupts = 0, killed = 0, digest = 0, gates = 0, tasks = 0;
    lacking_quiet(true);
    for (unsigned way = 0; way < N_WAYS; way++) {
        machine[way] = malloc(sizeof(twin_t));
        ck_assert(machine[way] && twin_init(machine[way], MODEL_PENTIUM4));
    }
    for (u64 seed = one == UINT64_MAX ? 0 : one; seed < (one == UINT64_MAX ? programs : one + 1) && differ < 5; seed++) {
        if (!agree(seed)) differ++;
        retired += cpu_instructions(&machine[1]->cpu);
        gates += counted(machine[1], 4);
        tasks += counted(machine[1], 8);
        digest = fold(digest, machine[0]);
    }
    faults = machine[1]->cpu.count.faults; interrupts = machine[1]->cpu.count.interrupts; killed = machine[1]->cpu.blocks->n_killed;
    printf("%llu instructions, %llu faults, %llu interrupts, %llu blocks killed\n", (unsigned long long)retired,
           (unsigned long long)faults, (unsigned long long)interrupts, (unsigned long long)killed);
    printf("%llu calls through a gate, %llu switches to a task\n", (unsigned long long)gates, (unsigned long long)tasks);
    printf("end states %016llx\n", (unsigned long long)digest);
    for (unsigned way = 0; way < N_WAYS; way++) {
        cpu_free(&machine[way]->cpu);
        free(machine[way]);
    }
    ck_assert_uint_eq(differ, 0);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("twins");
    tcase_set_timeout(tc, 600);
    tcase_add_test(tc, every_way_of_running_gives_the_same_state);
    Suite *s = suite_create("twins");
    suite_add_tcase(s, tc);
    return run_all(s);
}
