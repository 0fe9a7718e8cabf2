/* cpuid.c - CPUID.  SDM vol. 2, CPUID; Intel application note 485.  The facts of each model stand in model.c. */
#include "cpu/model.h"
#include "cpu/system.h"

enum { EXTENDED = 0x80000000u, EXTENDED_LAST = 0x80000004u };

typedef struct { u32 eax, ebx, ecx, edx; } leaf_t;

static leaf_t leaf_vendor(const model_identity_t *id)
{
    static const char vendor[] = "GenuineIntel";
    return (leaf_t){ id->max_leaf, get(vendor, W32), get(vendor + 8, W32), get(vendor + 4, W32) };
}

/* Leaves 80000000h-80000004h: the range, the extended features (execute disable), 48 bytes of brand string. */
static leaf_t leaf_extended(model_t model, const model_identity_t *id, u32 leaf)
{
    char brand[48] = { 0 };
    memcpy(brand, id->brand, strlen(id->brand) % sizeof brand);
    if (leaf == EXTENDED)
        return (leaf_t){ .eax = EXTENDED_LAST };
    if (leaf == EXTENDED + 1)
        return (leaf_t){ .edx = model_has(model, HAS_NX) ? 1u << 20 : 0 };
    const char *part = brand + 16 * ((leaf - EXTENDED - 2) % 3);
    return (leaf_t){ get(part, W32), get(part + 4, W32), get(part + 8, W32), get(part + 12, W32) };
}

enum { CLFLUSH_LINE = 64 };

enum { APIC_BIT = 1 << 9, APIC_ENABLED = 1 << 11 };

/* Bit 9: there is a local APIC, and IA32_APIC_BASE (from the P6 on) does not disable it.  SDM vol. 3A, 10.4.3. */
static u32 features(const cpu_t *cpu)
{
    bool hidden = cpu->model >= MODEL_PENTIUM2 && !(cpu->apic_base & APIC_ENABLED);
    return model_feature_bits(cpu->model) & ~(u32)(hidden ? APIC_BIT : 0);
}

/* Leaf 1 EBX bits 8-15: what CLFLUSH flushes, in quadwords. */
static u32 line_size(model_t model) { return model_has(model, HAS_SSE2) ? CLFLUSH_LINE / 8 << 8 : 0; }

/* Leaf 4 of the Pentium 4: ways, partitions and line size, each less one; sets less one.  Leaf 3, the serial number, is the Pentium III's. */
static leaf_t leaf_cache(u32 n)
{
    enum { DATA = 1, UNIFIED = 3, LEVEL1 = 1 << 5, LEVEL2 = 2 << 5, SELF_INITIALISING = 1 << 8 };
    static const leaf_t caches[] = {
        { DATA | LEVEL1 | SELF_INITIALISING, 7 << 22 | 0 << 12 | (CLFLUSH_LINE - 1), 31, 0 },        /* 16 KiB */
        { UNIFIED | LEVEL2 | SELF_INITIALISING, 7 << 22 | 1 << 12 | (CLFLUSH_LINE - 1), 1023, 0 },   /* 1 MiB */
    };
    return n < COUNT_OF(caches) ? caches[n] : (leaf_t){ 0, 0, 0, 0 };
}

/* Leaf 5: the least and the greatest line that MONITOR watches. */
static leaf_t leaf_monitor(void) { return (leaf_t){ CLFLUSH_LINE, CLFLUSH_LINE, 0, 0 }; }

/* A leaf beyond the last basic one answers as the last basic one does. */
static leaf_t answer(const cpu_t *cpu, u32 leaf)
{
    model_t model = cpu->model;
    const model_identity_t *id = model_identity(model);
    if (id->brand && leaf >= EXTENDED && leaf <= EXTENDED_LAST)
        return leaf_extended(model, id, leaf);
    if (leaf == 0)
        return leaf_vendor(id);
    if (leaf > 2 && id->max_leaf > 2)
        return leaf == 3 ? (leaf_t){ 0, 0, 0, 0 } : leaf == 4 ? leaf_cache(cpu->r[ECX]) : leaf_monitor();
    if (leaf == 1 || id->max_leaf == 1)
        return (leaf_t){ id->signature, id->brand_index | line_size(model), model_feature_bits_ecx(model), features(cpu) };
    return (leaf_t){ id->cache_eax, id->cache[0], id->cache[1], id->cache[2] };
}

void CPUID(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op; (void)w;
    if (!model_has(cpu->model, HAS_CPUID))
        fault_ud(cpu);
    leaf_t leaf = answer(cpu, cpu->r[EAX]);
    cpu->r[EAX] = leaf.eax;
    cpu->r[EBX] = leaf.ebx;
    cpu->r[ECX] = leaf.ecx;
    cpu->r[EDX] = leaf.edx;
}
