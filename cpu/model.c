/* model.c - the table of models.  See model.h.
 *
 * Choices: the 486 is an early one, without CPUID, EFLAGS.ID and CR4 (they came with the "SL enhanced" ones).  The Pentium is a
 * P54C, the Pentium II a Deschutes (PAT, PSE-36, working SEP), the Pentium III a Coppermine, the Pentium 4 a Prescott "J"
 * (execute disable, no EM64T; SSE3, MONITOR and MWAIT came with that core). */
#include "cpu/model.h"

#define BIT(feature) (1u << (feature))

enum { SINCE_PENTIUM = BIT(HAS_486) | BIT(HAS_CPUID) | BIT(HAS_VME) | BIT(HAS_DE) | BIT(HAS_PSE) | BIT(HAS_TSC) | BIT(HAS_MSR)
                     | BIT(HAS_MCE) | BIT(HAS_CX8) | BIT(HAS_APIC),
       SINCE_MMX = SINCE_PENTIUM | BIT(HAS_RDPMC) | BIT(HAS_MMX),
       SINCE_PENTIUM2 = SINCE_MMX | BIT(HAS_PAE) | BIT(HAS_SEP) | BIT(HAS_MTRR) | BIT(HAS_PGE) | BIT(HAS_MCA) | BIT(HAS_CMOV)
                      | BIT(HAS_PAT) | BIT(HAS_PSE36) | BIT(HAS_UD2) | BIT(HAS_FXSR),
       SINCE_PENTIUM3 = SINCE_PENTIUM2 | BIT(HAS_SSE),
       SINCE_PENTIUM4 = SINCE_PENTIUM3 | BIT(HAS_NX) | BIT(HAS_MISC_ENABLE) | BIT(HAS_SSE2) | BIT(HAS_SSE3) };

static const u32 features[N_MODELS] = {
    [MODEL_386] = BIT(HAS_TEST_REGISTERS),
    [MODEL_486] = BIT(HAS_TEST_REGISTERS) | BIT(HAS_486),
    [MODEL_PENTIUM] = SINCE_PENTIUM,
    [MODEL_PENTIUM_MMX] = SINCE_MMX,
    [MODEL_PENTIUM2] = SINCE_PENTIUM2,
    [MODEL_PENTIUM3] = SINCE_PENTIUM3,
    [MODEL_PENTIUM4] = SINCE_PENTIUM4,
};

/* Cache descriptors, AP-485 table "CPUID descriptor decode values": 01 TLB 4K code 32 entries, 02 4M code, 03 4K data 64, 04 4M data,
 * 08 L1 code 16 KiB, 0C L1 data 16 KiB, 43 L2 512 KiB, 82 L2 256 KiB; 50 code TLB, 5B data TLB, 60 L1 data 16 KiB, 70 trace cache 12K,
 * 7C L2 1 MiB. */
static const model_identity_t identities[N_MODELS] = {
    [MODEL_386]         = { .signature = 0x0308 },               /* EDX after RESET: 80386DX, stepping D */
    [MODEL_486]         = { .signature = 0x0404 },
    [MODEL_PENTIUM]     = { .max_leaf = 1, .signature = 0x052C },
    [MODEL_PENTIUM_MMX] = { .max_leaf = 1, .signature = 0x0543 },
    [MODEL_PENTIUM2]    = { .max_leaf = 2, .signature = 0x0652, .cache_eax = 0x03020101, .cache = { 0, 0, 0x0C040843 } },
    [MODEL_PENTIUM3]    = { .max_leaf = 2, .signature = 0x0686, .cache_eax = 0x03020101, .cache = { 0, 0, 0x0C040882 },
                            .brand_index = 2 },
    [MODEL_PENTIUM4]    = { .max_leaf = 5, .signature = 0x0F41, .cache_eax = 0x605B5001, .cache = { 0, 0, 0x007C7000 },
                            .brand = "Intel(R) Pentium(R) 4 CPU 3.40GHz" },
};

bool model_has(model_t model, feature_t feature) { return features[model] & BIT(feature); }

const model_identity_t *model_identity(model_t model) { return &identities[model]; }

u32 model_eflags_mask(model_t model)
{
    u32 bits = FLAGS_STATUS | FLAG_1 | FLAG_TF | FLAG_IF | FLAG_DF | FLAG_IOPL | FLAG_NT | FLAG_RF | FLAG_VM;
    if (model_has(model, HAS_486))   bits |= FLAG_AC;
    if (model_has(model, HAS_VME))   bits |= FLAG_VIF | FLAG_VIP;
    if (model_has(model, HAS_CPUID)) bits |= FLAG_ID;
    return bits;
}

u32 model_cr0_mask(model_t model)
{
    u32 bits = CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_PG;
    return model_has(model, HAS_486) ? bits | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD : bits;
}

/* ET: a 387 (never the 287's protocol); hard-wired since the 486. */
u32 model_cr0_ones(model_t model) { (void)model; return CR0_ET; }

u32 model_cr4_mask(model_t model)
{
    static const struct { u8 feature; u32 bits; } rows[] = {
        { HAS_VME, CR4_VME | CR4_PVI }, { HAS_TSC, CR4_TSD }, { HAS_DE, CR4_DE }, { HAS_PSE, CR4_PSE }, { HAS_PAE, CR4_PAE },
        { HAS_MCE, CR4_MCE }, { HAS_PGE, CR4_PGE }, { HAS_RDPMC, CR4_PCE }, { HAS_FXSR, CR4_OSFXSR }, { HAS_SSE, CR4_OSXMMEXCPT },
    };
    u32 bits = 0;
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        if (model_has(model, (feature_t)rows[i].feature))
            bits |= rows[i].bits;
    return bits;
}

/* SDM vol. 2, CPUID, table "More on Feature Information Returned in the EDX Register". */
u32 model_feature_bits(model_t model)
{
    static const struct { u8 feature, bit; } rows[] = {
        { HAS_VME, 1 }, { HAS_DE, 2 }, { HAS_PSE, 3 }, { HAS_TSC, 4 }, { HAS_MSR, 5 }, { HAS_PAE, 6 }, { HAS_MCE, 7 }, { HAS_CX8, 8 }, { HAS_APIC, 9 },
        { HAS_SEP, 11 }, { HAS_MTRR, 12 }, { HAS_PGE, 13 }, { HAS_MCA, 14 }, { HAS_CMOV, 15 }, { HAS_PAT, 16 }, { HAS_PSE36, 17 },
        { HAS_SSE2, 19 }, { HAS_MMX, 23 }, { HAS_FXSR, 24 }, { HAS_SSE, 25 }, { HAS_SSE2, 26 },                  /* 19: CLFSH */
    };
    u32 bits = 1;                                              /* the x87 is on the chip */
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        if (model_has(model, (feature_t)rows[i].feature))
            bits |= 1u << rows[i].bit;
    return bits;
}

u32 model_feature_bits_ecx(model_t model)
{
    enum { SSE3_BIT = 1 << 0, MONITOR_BIT = 1 << 3 };
    return model_has(model, HAS_SSE3) ? SSE3_BIT | MONITOR_BIT : 0;
}

/* SDM vol. 1, 10.2.3 and 11.6.6: "denormals are zeros" came with the Pentium 4. */
u32 model_mxcsr_mask(model_t model) { return !model_has(model, HAS_SSE) ? 0 : model_has(model, HAS_SSE2) ? 0xFFFF : 0xFFBF; }
