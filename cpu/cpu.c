/* cpu.c - birth, RESET, pins, EFLAGS and the mode word.  SDM vol. 3A, 9.1 "Initialization Overview". */
#include "cpu/cpu.h"
#include "cpu/access.h"
#include "cpu/block.h"
#include "cpu/breakpoint.h"
#include "cpu/eflags.h"
#include "cpu/lowering.h"
#include "cpu/model.h"
#include "cpu/segment.h"
#include "cpu/system.h"

bool cpu_init(cpu_t *cpu, model_t model, bus_t *bus)
{
    memset(cpu, 0, sizeof *cpu);
    cpu->model = model;
    cpu->bus = bus;
    cpu->l1 = cpu_has_l1();
    tlb_init(&cpu->tlb_of[0]);
    tlb_init(&cpu->tlb_of[1]);
    tlb_init(&cpu->tlb_blind);
    if (!code_pages_init(&cpu->code, bus->ram_bytes) || !blocks_init(cpu)) {
        cpu_free(cpu);
        return false;
    }
    bus->cpu = cpu;
    bus->written = cpu_memory_written;
    bus->remapped = cpu_remapped;
    bus->protect = cpu_protect;
    cpu_reset(cpu);
    return true;
}

void cpu_free(cpu_t *cpu)
{
    blocks_free(cpu);
    code_pages_free(&cpu->code);
}

/* Table 9-1: registers after power-up, RESET or INIT.  The first instruction is at physical FFFFFFF0. */
void cpu_reset(cpu_t *cpu)
{
    memset(cpu->r, 0, sizeof cpu->r);
    cpu->r[EDX] = model_identity(cpu->model)->signature;
    cpu->eip = 0xFFF0;
    cpu->cpl = 0;
    cpu->cr0 = model_cr0_ones(cpu->model) | (cpu->model >= MODEL_486 ? CR0_CD | CR0_NW : 0);
    cpu->cr2 = cpu->cr3 = cpu->cr4 = 0;
    memset(cpu->dr, 0, sizeof cpu->dr);
    cpu->dr[6] = 0xFFFF0FF0;
    cpu->dr[7] = 0x400;
    memset(cpu->tr_test, 0, sizeof cpu->tr_test);
    cpu->gdtr.base = cpu->idtr.base = 0;
    cpu->gdtr.limit = 0xFFFF;
    cpu->idtr.limit = 0x3FF;                                   /* the table of real mode; FFFFh on later models, alike in effect */
    for (int n = 0; n < N_ALL_SEGMENTS; n++) {
        u16 type = n == LDTR ? 0x82 : n == TR ? 0x8B : 0x93;   /* present; LDT, busy TSS, writable data */
        cpu->seg[n] = (segment_t){ .limit = 0xFFFF, .attributes = type };
        segment_derive(&cpu->seg[n]);
    }
    cpu->seg[CS].selector = 0xF000;
    cpu->seg[CS].base = 0xFFFF0000;
    cpu->shadow = cpu->shadow_debug = cpu->halted = cpu->shut_down = false;
    memset(&cpu->monitor, 0, sizeof cpu->monitor);
    cpu->nmi_pending = cpu->nmi_blocked = false;
    cpu->debug_pending = 0;
    cpu->delivering = 0;
    cpu->fault_at = UINT64_MAX;
    cpu->explanation[0] = 0;
    msr_reset(cpu);
    fpu_reset(&cpu->fpu);
    simd_reset(&cpu->simd);
    fpu_summarise(cpu);
    cpu_set_eflags(cpu, FLAG_1);
    cpu_flush_tlb(cpu, true);
    cpu_flush_blocks(cpu);
}

/* ---- flags and mode ---- */

u32 cpu_eflags(const cpu_t *cpu) { return (cpu->eflags & ~(u32)FLAGS_STATUS) | flags_status(&cpu->f); }

void cpu_set_eflags(cpu_t *cpu, u32 eflags)
{
    cpu->eflags = (eflags & ~(u32)FLAGS_STATUS) | FLAG_1;
    flags_load(&cpu->f, eflags);
    cpu_mode_changed(cpu);
}

static u16 mode_word(const cpu_t *cpu)
{
    u32 mode = cpu->mode & MODE_STEP;
    const segment_t *cs = &cpu->seg[CS];
    if (cpu->cr0 & CR0_PE) mode |= cpu->eflags & FLAG_VM ? MODE_V86 : MODE_PROTECTED;
    if (cs->attributes & SEG_BIG && !(mode & MODE_V86)) mode |= MODE_CODE32;
    if (cpu->seg[SS].attributes & SEG_BIG && !(mode & MODE_V86)) mode |= MODE_STACK32;
    if (cpu->cpl == 3) mode |= MODE_USER;
    for (int n = 0; n < N_SEGMENTS; n++)
        mode |= (u32)cpu->seg[n].flat << (MODE_FLAT_SHIFT + n);
    if (cs->limit != 0xFFFF && cs->limit != 0xFFFFFFFF) mode |= MODE_ODD_LIMIT;
    if (cs->limit == 0xFFFFFFFF) mode |= MODE_LIMIT_4G;
    if (cpu->observer) mode |= MODE_WATCH;
    return (u16)mode;
}

/* No address of code that this privilege class remembers holds any more. */
static void renew(cpu_t *cpu, bool user)
{
    map_t *map = &cpu->map[user];
    if (cpu->last_stamp == UINT32_MAX) {                       /* the numbers begin again: nobody may remember one */
        cpu->last_stamp = 0;
        cpu_flush_blocks(cpu);
        return;
    }
    map->stamp = ++cpu->last_stamp;
    map->local = false;
    memset(map->fetched, 0, sizeof map->fetched);
    cpu->map_stamp = cpu->map[at_user(cpu)].stamp;
    if (user == at_user(cpu))
        cpu_kick(cpu);
}
void cpu_renew_maps(cpu_t *cpu)
{
    renew(cpu, false);
    renew(cpu, true);
}

/* Edges to other pages assume the base of CS, and its limit where the mode word does not tell it: see block.h. */
static void check_code_segment(cpu_t *cpu, u16 mode)
{
    const segment_t *cs = &cpu->seg[CS];
    map_t *map = &cpu->map[at_user(cpu)];
    cpu->map_stamp = map->stamp;
    bool moved = map->code_base != cs->base && cpu->cr0 & CR0_PG;
    bool limited = map->code_limit != cs->limit && (mode | cpu->mode) & MODE_ODD_LIMIT;
    map->code_base = cs->base;
    map->code_limit = cs->limit;
    if (moved || limited)
        renew(cpu, at_user(cpu));
}

bool cpu_checks_alignment(const cpu_t *cpu) { return cpu->cpl == 3 && cpu->cr0 & CR0_AM && cpu->eflags & FLAG_AC; }

void cpu_mode_changed(cpu_t *cpu)
{
    cpu->stack_mask = cpu->seg[SS].attributes & SEG_BIG && !(cpu->eflags & FLAG_VM) ? 0xFFFFFFFF : 0xFFFF;
    bool blind = (cpu->observer && cpu->observer->memory) || breakpoint_any_data(cpu) || cpu_checks_alignment(cpu);
    cpu->tlb = blind ? &cpu->tlb_blind : &cpu->tlb_of[at_user(cpu)];
    u16 mode = mode_word(cpu);
    check_code_segment(cpu, mode);
    if (mode != cpu->mode) {
        cpu->mode = mode;
        cpu_kick(cpu);
    }
}

void cpu_observe(cpu_t *cpu, observer_t *observer)
{
    cpu->observer = observer;
    cpu_mode_changed(cpu);
}

/* ---- caches ---- */

/* A kernel's code lies in global pages: what it remembers of its own addresses outlives a load of CR3. */
void cpu_flush_tlb(cpu_t *cpu, bool globals_too)
{
    for (int user = 0; user < 2; user++) {
        tlb_flush(&cpu->tlb_of[user], globals_too);
        if (globals_too || cpu->map[user].local)
            renew(cpu, user);
    }
}
void cpu_flush_tlb_page(cpu_t *cpu, u32 linear)
{
    bool large = false;
    for (int user = 0; user < 2; user++)
        large |= tlb_flush_page(&cpu->tlb_of[user], linear);
    for (int user = 0; user < 2; user++)
        if (large || (cpu->map[user].fetched[linear >> 18 & 3] >> (linear >> 12 & 63) & 1))
            renew(cpu, user);
}
void cpu_flush_blocks(cpu_t *cpu)
{
    blocks_flush(cpu);
    cpu_kick(cpu);
}
void cpu_memory_written(void *self, u32 physical, u32 bytes)
{
    cpu_t *cpu = self;
    cpu->count.written++;
    blocks_written(cpu, physical, bytes);
}
void cpu_protect(void *self, const u8 *host, u32 bytes)
{
    cpu_t *cpu = self;
    tlb_protect(&cpu->tlb_of[0], host, bytes);
    tlb_protect(&cpu->tlb_of[1], host, bytes);
}
void cpu_remapped(void *self, bool contents)
{
    cpu_t *cpu = self;
    cpu_flush_tlb(cpu, true);
    if (contents)
        cpu_flush_blocks(cpu);
}

/* ---- pins ---- */

void cpu_intr(cpu_t *cpu, bool level)
{
    cpu->intr = level;
    if (level)
        cpu_kick(cpu);
}
void cpu_ignne(cpu_t *cpu, bool level) { cpu->ignne = level; }
void cpu_nmi(cpu_t *cpu)
{
    cpu->nmi_pending = true;
    cpu_kick(cpu);
}
