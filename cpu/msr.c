/* msr.c - model-specific registers, the time-stamp counter, performance counters.  SDM vol. 4 (Pentium, P6 family, Pentium 4
 * tables); vol. 2, RDMSR, WRMSR, RDTSC, RDPMC; vol. 3A, 11.11 (MTRRs), 11.12 (PAT).
 *
 * Left out: performance counters but for the P6's (counters.c): the others read 0, said once; machine-check banks (MCG_CAP says there are none); branch records; MTRRs
 * and PAT are kept, without effect on an emulator that has no caches. */
#include <stddef.h>
#include "cpu/counters.h"
#include "cpu/model.h"
#include "cpu/system.h"

typedef enum {
    KEPT,                        /* a field of cpu_t; writing a bit outside `writable` is #GP(0) */
    CONSTANT,                    /* writes are lost */
    READ_ONLY,                   /* writes are #GP(0) */
    COUNTER, SELECT              /* performance counters: see counters.c */
} msr_kind_t;

typedef struct {
    u32         first, count;    /* numbers */
    u8          since, until;    /* models */
    u8          kind;
    size_t      at;              /* KEPT: offset of the first number's field */
    u64         writable;
    u64         value;           /* CONSTANT, READ_ONLY: what is read; KEPT: after RESET */
    const char *missing;         /* said once when it is touched */
} msr_row_t;

#define FIELD_AT(name) offsetof(cpu_t, name)
#define ALL_BITS   (~(u64)0)
#define PHYSICAL   ((u64)0xFFFFFF000)                            /* bits 12-35 */
#define FIRST      MODEL_PENTIUM
#define P6         MODEL_PENTIUM2
#define P6_LAST    MODEL_PENTIUM3
#define P4         MODEL_PENTIUM4
static const char counters[] = "msr: performance counters", branches[] = "msr: branch records (DEBUGCTL)";

enum { IA32_TIME_STAMP_COUNTER = 0x10, IA32_PAT = 0x277 };

static const msr_row_t rows[] = {
    { 0x000, 2, FIRST, P4, CONSTANT, .value = 0 },                                              /* P5_MC_ADDR, P5_MC_TYPE */
    { 0x00E, 1, FIRST, MODEL_PENTIUM_MMX, CONSTANT, .value = 0 },                               /* TR12 */
    { 0x011, 3, FIRST, MODEL_PENTIUM_MMX, CONSTANT, .missing = counters },                      /* CESR, CTR0, CTR1 */
    { 0x017, 1, P6, P4, READ_ONLY, .value = 0 },                                                /* PLATFORM_ID */
    { 0x01B, 1, P6, P4, KEPT, FIELD_AT(apic_base), PHYSICAL | 0x900, .value = 0xFEE00900 },     /* APIC_BASE: BSP, enabled */
    { 0x02A, 1, P6, P4, CONSTANT, .value = 0 },                                                 /* EBL_CR_POWERON */
    { 0x02C, 1, P4, P4, READ_ONLY, .value = 0x11020000 },                                       /* EBC_FREQUENCY_ID: 17 x 200 MHz */
    { 0x079, 1, P6, P4, CONSTANT, .value = 0 },                                                 /* BIOS_UPDT_TRIG */
    { 0x08B, 1, P6, P4, CONSTANT, .value = 0 },                                                 /* BIOS_SIGN_ID: no update loaded */
    { 0x0C1, 2, P6, P6_LAST, COUNTER, .value = 0 },                                             /* PERFCTR0, 1 */
    { 0x0FE, 1, P6, P4, READ_ONLY, .value = 0x508 },                                            /* MTRRCAP: WC, fixed, 8 variable */
    { 0x119, 1, P6, P6_LAST, CONSTANT, .value = 0 },                                            /* BBL_CR_CTL */
    { 0x11E, 1, P6, P6_LAST, CONSTANT, .value = 0 },                                            /* BBL_CR_CTL3 */
    { 0x174, 1, P6, P4, KEPT, FIELD_AT(sysenter_cs), ALL_BITS, .value = 0 },
    { 0x175, 1, P6, P4, KEPT, FIELD_AT(sysenter_esp), ALL_BITS, .value = 0 },
    { 0x176, 1, P6, P4, KEPT, FIELD_AT(sysenter_eip), ALL_BITS, .value = 0 },
    { 0x179, 1, P6, P4, READ_ONLY, .value = 0 },                                                /* MCG_CAP: no banks */
    { 0x17A, 1, P6, P4, KEPT, FIELD_AT(mca[0]), 7, .value = 0 },                                /* MCG_STATUS */
    { 0x186, 2, P6, P6_LAST, SELECT, .value = 0 },                                              /* EVNTSEL0, 1 */
    { 0x1A0, 1, P4, P4, KEPT, FIELD_AT(misc_enable), ALL_BITS, .value = 0x801 },                /* fast strings; no branch trace */
    { 0x1D9, 1, P6, P4, CONSTANT, .missing = branches },
    { 0x1DB, 4, P6, P6_LAST, CONSTANT, .value = 0 },                                            /* LASTBRANCH, LASTINT */
    { 0x200, 16, P6, P4, KEPT, FIELD_AT(mtrr), PHYSICAL | 0xFFF, .value = 0 },                  /* MTRRPHYSBASE0, MASK0, ... */
    { 0x250, 1, P6, P4, KEPT, FIELD_AT(mtrr_fixed[0]), ALL_BITS, .value = 0 },                  /* MTRRFIX64K */
    { 0x258, 2, P6, P4, KEPT, FIELD_AT(mtrr_fixed[1]), ALL_BITS, .value = 0 },                  /* MTRRFIX16K */
    { 0x268, 8, P6, P4, KEPT, FIELD_AT(mtrr_fixed[3]), ALL_BITS, .value = 0 },                  /* MTRRFIX4K */
    { IA32_PAT, 1, P6, P4, KEPT, FIELD_AT(pat), 0x0707070707070707, .value = 0x0007040600070406 },
    { 0x2FF, 1, P6, P4, KEPT, FIELD_AT(mtrr_def_type), 0xCFF, .value = 0 },
    { 0xC0000080, 1, P4, P4, KEPT, FIELD_AT(efer), 0x800, .value = 0 },                         /* EFER.NXE */
};

static const msr_row_t *find(model_t model, u32 number)
{
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        if (number - rows[i].first < rows[i].count && model >= rows[i].since && model <= rows[i].until)
            return &rows[i];
    return NULL;
}

static u64 *kept(cpu_t *cpu, const msr_row_t *row, u32 number)
{
    return (u64 *)(void *)((u8 *)cpu + row->at) + (number - row->first);
}

/* Every byte of the PAT names a memory type: 0, 1, 4-7.  Vol. 3A, table 11-10. */
static bool pat_is_good(u64 pat)
{
    for (unsigned i = 0; i < 64; i += 8)
        if ((pat >> i & 7) == 2 || (pat >> i & 7) == 3)
            return false;
    return true;
}

void msr_reset(cpu_t *cpu)
{
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        for (u32 n = 0; rows[i].kind == KEPT && n < rows[i].count; n++)
            *kept(cpu, &rows[i], rows[i].first + n) = cpu->model >= rows[i].since ? rows[i].value : 0;
    counters_reset(cpu);
    if (cpu->apic_base_written && cpu->model >= P6)
        cpu->apic_base_written(cpu->pic, cpu->apic_base);
}

/* ---- RDMSR, WRMSR ---- */

static const msr_row_t *need_msr(cpu_t *cpu)
{
    u32 number = cpu->r[ECX];
    if (!model_has(cpu->model, HAS_MSR))
        fault_ud(cpu);
    need_cpl0(cpu);
    if (number == IA32_TIME_STAMP_COUNTER)
        return NULL;
    const msr_row_t *row = find(cpu->model, number);
    if (!row)
        fault(cpu, GP, 0);
    if (row->missing)
        lacking(row->missing);
    return row;
}

static void give(cpu_t *cpu, u64 value)
{
    cpu->r[EAX] = (u32)value;
    cpu->r[EDX] = (u32)(value >> 32);
}

static u64 read_row(cpu_t *cpu, const msr_row_t *row)
{
    unsigned n = cpu->r[ECX] - row->first;
    switch (row->kind) {
    case KEPT:    return *kept(cpu, row, cpu->r[ECX]);
    case COUNTER: return counters_read(cpu, n);
    case SELECT:  return counters_selected(cpu, n);
    default:      return row->value;
    }
}

void RDMSR(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op; (void)w;
    const msr_row_t *row = need_msr(cpu);
    give(cpu, row ? read_row(cpu, row) : cpu_tsc(cpu));
}

static void write_kept(cpu_t *cpu, const msr_row_t *row, u64 value)
{
    if (value & ~row->writable || (row->first == IA32_PAT && !pat_is_good(value)))
        fault(cpu, GP, 0);
    *kept(cpu, row, cpu->r[ECX]) = value;
    if (row->at == FIELD_AT(apic_base) && cpu->apic_base_written)
        cpu->apic_base_written(cpu->pic, value);
    if (row->at == FIELD_AT(efer))
        cpu_flush_tlb(cpu, true);                /* NX bits count from now on, or no more */
}

void WRMSR(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op; (void)w;
    const msr_row_t *row = need_msr(cpu);
    u64 value = (u64)cpu->r[EDX] << 32 | cpu->r[EAX];
    if (!row)
        cpu->tsc_offset += value - cpu_tsc(cpu);
    else if (row->kind == READ_ONLY)
        fault(cpu, GP, 0);
    else if (row->kind == KEPT)
        write_kept(cpu, row, value);
    else if (row->kind == COUNTER)
        counters_write(cpu, cpu->r[ECX] - row->first, value);
    else if (row->kind == SELECT)
        counters_select(cpu, cpu->r[ECX] - row->first, value);
}

/* ---- RDTSC, RDPMC ---- */

void RDTSC(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op; (void)w;
    if (!model_has(cpu->model, HAS_TSC))
        fault_ud(cpu);
    if (cpu->cr4 & CR4_TSD)
        need_cpl0(cpu);
    give(cpu, cpu_tsc(cpu));
}

/* Two counters; the Pentium 4 has eighteen. */
void RDPMC(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op; (void)w;
    if (!model_has(cpu->model, HAS_RDPMC))
        fault_ud(cpu);
    if (!(cpu->cr4 & CR4_PCE))
        need_cpl0(cpu);
    bool p6 = cpu->model >= P6 && cpu->model <= P6_LAST;
    u32 n = cpu->r[ECX] & (p6 ? 0xFFFFFFFF : 0x7FFFFFFF);       /* the Pentium 4's bit 31: the low half alone */
    if (n >= (cpu->model == MODEL_PENTIUM4 ? 18u : 2u))
        fault(cpu, GP, 0);
    if (!p6)
        lacking(counters);
    give(cpu, p6 ? counters_read(cpu, n) : 0);
}
