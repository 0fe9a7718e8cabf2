/* test_tlb.c - translation caches are invisible to software that flushes as the manual demands.  SDM vol. 3A, 4.10.
 *
 * Two machines do the same: one keeps its translations, the other forgets them before every instruction.  A random operating system changes
 * page tables and then does what 4.10.4 asks for (INVLPG, MOV to CR3 for what is not global, toggling CR4.PGE, a task switch, changes of
 * CR0.WP), and random accesses follow: reads, writes, read-modify-writes, fetches, from levels 0 and 3, some across two pages.  Each
 * exception, error code, CR2 and value must agree at once, and all memory (accessed and dirty bits with it) in the end.
 * 1,000,000 accesses (TLB_ACCESSES=n for another number). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include "cpu/cpu.h"
#include "cpu/segment.h"
#include "tests/run_all.h"

enum { RAM = 12 << 20, GDT = 0x1000, TSS = 0x2000, CODE = 0x4000, TABLES = 0x10000, FRAMES = 4 << 20, N_FRAMES = 64, FETCH_AT = 0xFF0,
       SPACES = 2, REGIONS = 3, PAGES = 16, LARGE = 2, CODE0 = 0x08, DATA0 = 0x10, SEL_TSS = 0x28 };

/* ---- instructions ---- */

typedef enum { READ8, READ32, WRITE8, WRITE32, ADD32, FETCH, N_ACCESSES, INVLPG_ = N_ACCESSES, TO_CR0, TO_CR3, TO_CR4, SWITCH, N_SNIPPETS } snippet_t;
static const u8 snippets[N_SNIPPETS][8] = {
    { 0x8A, 0x03 }, { 0x8B, 0x03 }, { 0x88, 0x03 }, { 0x89, 0x03 }, { 0x01, 0x03 }, { 0x90 },    /* mov al, [ebx]; mov eax, [ebx]; ...; add [ebx], eax; nop */
    { 0x0F, 0x01, 0x3B }, { 0x0F, 0x22, 0xC0 }, { 0x0F, 0x22, 0xD8 }, { 0x0F, 0x22, 0xE0 }, { 0xFF, 0x2D, 0x80, 0x4F, 0, 0 },      /* jmp far [4F80h] */
};

typedef struct { observer_t observer; jmp_buf out; cpu_t cpu; bus_t bus; u8 *ram; int vector; u32 code; bool forgets; } machine_t;
static machine_t machines[2];
static u64 seed;

static u32 rnd(void) { seed = seed * 6364136223846793005u + 1442695040888963407u; return (u32)(seed >> 33); }
static u32 below(u32 n) { return rnd() % n; }
static bool chance(u32 n) { return below(n) == 0; }

static void event(observer_t *self, cpu_t *c, event_kind_t kind, u8 vector, bool has_code, u32 code)
{
    machine_t *m = (machine_t *)self;
    (void)c; (void)kind;
    m->vector = (int)vector;
    m->code = has_code ? code : 0;
    longjmp(m->out, 1);
}
static void before(observer_t *self, cpu_t *c, u32 eip, unsigned length) { (void)self; (void)c; (void)eip; (void)length; }

static void put_segment(cpu_t *cpu, int seg, u32 selector, u32 access)
{
    cpu->seg[seg] = (segment_t){ .selector = (u16)selector, .attributes = (u16)(access | 0xC000), .limit = 0xFFFFFFFF };
    segment_derive(&cpu->seg[seg]);
}

/* One instruction at a level. */
static void run(machine_t *m, snippet_t what, u32 linear, u32 value, u8 cpl)
{
    cpu_t *cpu = &m->cpu;
    if (m->forgets) {
        cpu_flush_tlb(cpu, true);
        cpu_renew_maps(cpu);
    }
    cpu->cpl = cpl;
    put_segment(cpu, CS, CODE0 | cpl, 0x9Bu | (u32)cpl << 5);
    for (int seg = 0; seg < N_SEGMENTS; seg++)
        if (seg != CS) put_segment(cpu, seg, DATA0 | cpl, 0x93u | (u32)cpl << 5);
    cpu->r[EAX] = value;
    cpu->r[EBX] = linear;
    cpu->eip = what == FETCH ? linear : CODE + 16u * what;
    cpu->delivering = 0;
    cpu->cr2 = 0;
    m->vector = -1;
    m->code = 0;
    cpu_mode_changed(cpu);
    cpu_settle(cpu);
    if (setjmp(m->out) == 0)
        cpu_run(cpu, cpu_instructions(cpu) + 1);
    cpu->mode &= (u16)~MODE_STEP;
    cpu_settle(cpu);
}

/* ---- the operating system: what it does to both machines ---- */

static bool pae;
static u32 cr3_of[SPACES], space, task, cr4;
static u32 accesses, wrong;

static void both(snippet_t what, u32 linear, u32 value, u8 cpl)
{
    for (int i = 0; i < 2; i++)
        run(&machines[i], what, linear, value, cpl);
    const machine_t *a = &machines[0], *b = &machines[1];
    bool refused = what >= N_ACCESSES && a->vector != -1;                      /* the operating system's own are always right */
    if (!refused && a->vector == b->vector && a->code == b->code && a->cpu.cr2 == b->cpu.cr2 && a->cpu.r[EAX] == b->cpu.r[EAX] && a->cpu.eip == b->cpu.eip)
        return;
    wrong++;
    printf("access %u, kind %u at %08X, level %u%s: with translations kept exception %d (%X) value %08X, without %d (%X) value %08X\n", accesses, what, linear, cpl,
           pae ? ", PAE" : "", a->vector, a->code, a->cpu.r[EAX], b->vector, b->code, b->cpu.r[EAX]);
}

static u64 entry_at(u32 at) { return pae ? get64(machines[0].ram + at) : get(machines[0].ram + at, W32); }
static void set_entry(u32 at, u64 value)
{
    for (int i = 0; i < 2; i++) {
        put(machines[i].ram + at, W32, (u32)value);
        if (pae) put(machines[i].ram + at + 4, W32, (u32)(value >> 32));
    }
}

/* Linear space: identity below 4 MiB; REGIONS of small pages, LARGE large pages, all 4 MiB (one set of slots) apart. */
static u32 region_base(u32 region) { return (region + 1) << 22; }
static u32 large_base(u32 n)       { return (REGIONS + 1 + n) << 22; }
static u32 directory_of(u32 s)     { return TABLES + s * 0x8000; }
static u32 table_of(u32 s, u32 region) { return TABLES + s * 0x8000 + 0x1000 * (region + 2); }

static u32 directory_entry(u32 s, u32 linear) { return directory_of(s) + (pae ? linear >> 21 << 3 : linear >> 22 << 2); }
static u32 small_entry(u32 s, u32 region, u32 page) { return table_of(s, region) + (pae ? page << 3 : page << 2); }

/* A global page has A and D set already: remembered from one space, it would not have them set in the tables of another. */
static u64 rights(bool global)
{
    u64 r = (chance(12) ? 0 : 1) | (chance(3) ? 0 : 2) | (chance(3) ? 0 : 4) | (global ? 0x160 : 0);
    return pae && chance(4) ? r | (u64)1 << 63 : r;
}

/* Half of the pages are global: the same in every space. */
static bool is_global(u32 page) { return page & 1; }

static void map_small(u32 region, u32 page, u32 in_space)
{
    u64 value = rights(is_global(page)) | (FRAMES + below(N_FRAMES) * PAGE_BYTES);
    if (chance(4) && !is_global(page)) value = (entry_at(small_entry(in_space, region, page)) & ~(u64)0x60);       /* only A and D are cleared */
    for (u32 s = 0; s < SPACES; s++)
        if (s == in_space || is_global(page)) set_entry(small_entry(s, region, page), value);
}
static void map_large(u32 n, u32 in_space)
{
    u32 step = pae ? 2 << 20 : 4 << 20;
    u64 value = rights(is_global(n)) | 0x80 | (FRAMES + below(2) * (pae ? step : 4u << 20));
    for (u32 s = 0; s < SPACES; s++)
        if (s == in_space || is_global(n)) set_entry(directory_entry(s, large_base(n)), value);
}
/* The directory's rights over a whole region.  Its pages include global ones. */
static void change_directory(u32 region, u32 in_space)
{
    u64 value = 0x21 | (chance(4) ? 0 : 2) | (chance(4) ? 0 : 4) | table_of(0, region);
    (void)in_space;
    for (u32 s = 0; s < SPACES; s++)
        set_entry(directory_entry(s, region_base(region)), (value & 0xFFF) | table_of(s, region));
}

static void switch_task(void)
{
    space ^= 1;
    task ^= 1;
    for (int i = 0; i < 2; i++) {
        put(machines[i].ram + CODE + 0xF84, W16, SEL_TSS + 8 * task);
        put(machines[i].ram + TSS + 0x100 * task + 0x1C, W32, cr3_of[space]);
    }
    both(SWITCH, 0, 0, 0);
}
static void load_cr3(void)
{
    space = below(SPACES);
    both(TO_CR3, 0, cr3_of[space], 0);
}
static void toggle_pge(void)
{
    both(TO_CR4, 0, cr4 ^ CR4_PGE, 0);
    if (chance(3)) cr4 ^= CR4_PGE;                                                             /* it stays so for a while */
    else           both(TO_CR4, 0, cr4, 0);
}

/* 4.10.4.2: what has changed is forgotten.  `linear`: one page; global: a load of CR3 is not enough while CR4.PGE is set. */
static void forget_page(u32 linear, bool global)
{
    bool cr3_will_do = !global || !(cr4 & CR4_PGE);
    switch (below(5)) {
    case 0: if (cr3_will_do) { load_cr3(); break; }  goto invlpg;
    case 1: if (cr3_will_do) { switch_task(); break; } goto invlpg;
    case 2: toggle_pge(); break;
    default:
    invlpg: both(INVLPG_, linear + below(PAGE_BYTES), 0, 0);
    }
}

/* A page that is not global, changed in the space that is not current, is forgotten when that space is loaded: nothing is owed. */
static void change_mapping(void)
{
    u32 s = below(SPACES), region = below(REGIONS), page = below(PAGES), n = below(LARGE);
    if (chance(6)) {
        map_large(n, s);
        if (s == space || is_global(n)) forget_page(large_base(n) + below(pae ? 512 : 1024) * PAGE_BYTES, is_global(n));
    } else if (chance(8)) {
        change_directory(region, s);
        toggle_pge();
    } else {
        map_small(region, page, s);
        if (s == space || is_global(page)) forget_page(region_base(region) + page * PAGE_BYTES, is_global(page));
    }
}

/* WP is looked at with every write: a change forgets nothing of what software may rely on, but must take effect. */
static void change_wp(void) { both(TO_CR0, 0, machines[0].cpu.cr0 ^ CR0_WP, 0); }

static void random_access(void)
{
    u32 offset = chance(8) ? 0xFFD + below(3) : below(FETCH_AT - 4);
    snippet_t what = (snippet_t)below(N_ACCESSES);
    u32 base = chance(6) ? large_base(below(LARGE)) + below(pae ? 512 : 1024) * PAGE_BYTES : region_base(below(REGIONS)) + below(PAGES) * PAGE_BYTES;
    u8 cpl = chance(2) ? 3 : 0;
    if (what == FETCH) offset = FETCH_AT;
    for (u32 n = chance(3) ? 1 + below(8) : 1; n--;) {                                         /* again at once: from what is remembered */
        both(what, base + offset, rnd(), cpl);
        accesses++;
    }
}

/* ---- the stage ---- */

static void set_gdt(machine_t *m, u32 selector, u32 base, u32 limit, u32 access, u32 flags)
{
    put(m->ram + GDT + selector, W32, (limit & 0xFFFF) | base << 16);
    put(m->ram + GDT + selector + 4, W32, base >> 16 | access << 8 | (limit & 0xF0000) | flags << 20);
}

static void make_space(u32 s)
{
    cr3_of[s] = pae ? TABLES + s * 0x8000 + 0x6000 : directory_of(s);
    if (pae) set_entry(cr3_of[s], directory_of(s) | 1);
    u32 low = TABLES + s * 0x8000 + 0x5000;                                                     /* identity, for everybody */
    for (u32 page = 0; page < 512; page++)
        set_entry(low + (pae ? page << 3 : page << 2), (u64)page << 12 | 0x107);
    set_entry(directory_entry(s, 0), low | 0x27);
    for (u32 region = 0; region < REGIONS; region++)
        set_entry(directory_entry(s, region_base(region)), table_of(s, region) | 0x27);
}

static void set_stage(u32 number)
{
    pae = number & 1;
    cr4 = CR4_PSE | CR4_PGE | (pae ? CR4_PAE : 0u);
    space = task = 0;
    for (int i = 0; i < 2; i++) {
        machine_t *m = &machines[i];
        memset(m->ram, 0, FRAMES);
        set_gdt(m, CODE0, 0, 0xFFFFF, 0x9A, 0xC); set_gdt(m, DATA0, 0, 0xFFFFF, 0x92, 0xC);
        for (u32 n = 0; n < SPACES; n++) {
            u8 *t = m->ram + TSS + 0x100 * n;
            set_gdt(m, SEL_TSS + 8 * n, TSS + 0x100 * n, 0x67, n == 0 ? 0x8B : 0x89, 0);
            put(t + 0x20, W32, CODE); put(t + 0x24, W32, FLAG_1); put(t + 0x38, W32, 0x3000); put(t + 0x4C, W16, CODE0);
            put(t + 0x48, W16, DATA0); put(t + 0x50, W16, DATA0); put(t + 0x54, W16, DATA0);
        }
        for (u32 n = 0; n < N_SNIPPETS; n++) memcpy(m->ram + CODE + 16 * n, snippets[n], 8);
        for (u32 at = FRAMES; at < RAM; at += PAGE_BYTES) memset(m->ram + at + FETCH_AT, 0x90, 8);
    }
    for (u32 s = 0; s < SPACES; s++) make_space(s);
    for (u32 n = 0; n < REGIONS * PAGES; n++) for (u32 s = 0; s < SPACES; s++) map_small(n % REGIONS, n / REGIONS, s);
    for (u32 n = 0; n < LARGE; n++) for (u32 s = 0; s < SPACES; s++) map_large(n, s);
    for (int i = 0; i < 2; i++) {
        cpu_t *cpu = &machines[i].cpu;
        cpu_flush_blocks(cpu);
        cpu->gdtr.base = GDT; cpu->gdtr.limit = SEL_TSS + 15;
        cpu->cr0 = CR0_PE | CR0_PG | CR0_ET | CR0_WP;
        cpu->cr3 = cr3_of[0]; cpu->cr4 = cr4;
        cpu->efer = pae ? 0x800 : 0;
        cpu->seg[TR] = (segment_t){ .selector = SEL_TSS, .attributes = 0x8B, .base = TSS, .limit = 0x67 };
        segment_derive(&cpu->seg[TR]);
        cpu_set_eflags(cpu, FLAG_1);
        cpu_flush_tlb(cpu, true);
        cpu_renew_maps(cpu);
    }
}

#if defined(__SANITIZE_ADDRESS__)
enum { ACCESSES = 100000 };
#elif defined(__has_feature)
#  if __has_feature(address_sanitizer)
enum { ACCESSES = 100000 };
#  else
enum { ACCESSES = 1000000 };
#  endif
#else
enum { ACCESSES = 1000000 };
#endif

START_TEST(kept_translations_change_nothing)
{
    const char *text = getenv("TLB_ACCESSES");
    u32 all = text ? (u32)strtoul(text, NULL, 0) : ACCESSES;
    for (u32 number = 0; accesses < all && wrong < 10; number++) {
        seed = number * 0x9E3779B97F4A7C15u + 1;
        set_stage(number);
        for (u32 until = accesses + 20000; accesses < until && wrong < 10;) {
            random_access();
            if (chance(6)) change_mapping();
            if (chance(60)) load_cr3();
            if (chance(60)) switch_task();
            if (chance(60)) toggle_pge();
            if (chance(60)) change_wp();
        }
        if (memcmp(machines[0].ram, machines[1].ram, RAM) != 0) {
            u32 at = 0;
            while (machines[0].ram[at] == machines[1].ram[at]) at++;
            printf("program %u: memory at %X differs\n", number, at);
            wrong++;
            break;
        }
    }
    printf("%u accesses, %llu and %llu page walks\n", accesses, (unsigned long long)machines[0].cpu.count.tlb_misses, (unsigned long long)machines[1].cpu.count.tlb_misses);
    ck_assert_uint_eq(wrong, 0);
    ck_assert(machines[0].cpu.count.tlb_misses < machines[1].cpu.count.tlb_misses);
}
END_TEST

static void power_on(void)
{
    static u8 memory[2][RAM];
    for (int i = 0; i < 2; i++) {
        machine_t *m = &machines[i];
        m->ram = memory[i];
        m->forgets = i == 1;
        bus_init(&m->bus, m->ram, RAM);
        ck_assert(cpu_init(&m->cpu, MODEL_PENTIUM4, &m->bus));
        m->observer = (observer_t){ .before = before, .event = event };
        cpu_observe(&m->cpu, &m->observer);
    }
    lacking_quiet(true);
}
static void power_off(void) { cpu_free(&machines[0].cpu), cpu_free(&machines[1].cpu); }

int main(void)
{
    TCase *tc = tcase_create("tlb");
    tcase_set_timeout(tc, 0);
    tcase_add_checked_fixture(tc, power_on, power_off);
    tcase_add_test(tc, kept_translations_change_nothing);
    Suite *s = suite_create("tlb");
    suite_add_tcase(s, tc);
    return run_all(s);
}
