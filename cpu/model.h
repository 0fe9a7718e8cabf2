/* model.h - what each processor model has.  Sources: Intel application note 485 "Processor Identification and the CPUID
 * Instruction", SDM vol. 3A, chapter 22 "Architecture Compatibility", SDM vol. 4 (MSRs). */
#pragma once
#include "cpu/cpu.h"

typedef enum {
    HAS_486,                     /* BSWAP, CMPXCHG, XADD, INVLPG, INVD, WBINVD; CR0.WP, NE, AM, CD, NW; EFLAGS.AC; TR3-TR5 */
    HAS_TEST_REGISTERS,          /* MOV to and from TR6 and TR7: 386 and 486 */
    HAS_CPUID,                   /* and EFLAGS.ID, CR4 */
    HAS_VME, HAS_DE, HAS_PSE, HAS_TSC, HAS_MSR, HAS_MCE, HAS_CX8,
    HAS_APIC,                    /* a local APIC; CPUID hides it while IA32_APIC_BASE disables it */
    HAS_RDPMC,
    HAS_PAE, HAS_SEP, HAS_MTRR, HAS_PGE, HAS_MCA, HAS_CMOV, HAS_PAT, HAS_PSE36,
    HAS_UD2,                     /* UD2 as such (the opcode raises #UD everywhere), long NOP 0F 1F */
    HAS_NX, HAS_MISC_ENABLE,
    HAS_MMX, HAS_FXSR, HAS_SSE,
    HAS_SSE2,                    /* and CLFLUSH, whose CPUID bit came with it */
    HAS_SSE3,                    /* and MONITOR and MWAIT, likewise */
    N_FEATURES
} feature_t;

bool model_has(model_t model, feature_t feature);
/* The bits of EFLAGS that exist, FLAG_1 included. */
u32  model_eflags_mask(model_t model);
/* The bits of CR0 that can be written, and those always 1. */
u32  model_cr0_mask(model_t model);
u32  model_cr0_ones(model_t model);
/* The bits of CR4 that exist; 0: there is no CR4. */
u32  model_cr4_mask(model_t model);

/* CPUID identity. */
typedef struct {
    u32 max_leaf;                /* 0: no CPUID */
    u32 signature;               /* leaf 1 EAX: family, model, stepping; also EDX after RESET */
    u8  brand_index;             /* leaf 1 EBX, bits 0-7 */
    u32 cache[3];                /* leaf 2 EBX, ECX, EDX with EAX = cache_eax */
    u32 cache_eax;
    const char *brand;           /* leaves 80000002h-4h, NULL: no extended leaves */
} model_identity_t;
const model_identity_t *model_identity(model_t model);
/* CPUID leaf 1 EDX and ECX. */
u32  model_feature_bits(model_t model);
u32  model_feature_bits_ecx(model_t model);
/* The bits of MXCSR that exist; 0: there is no MXCSR. */
u32  model_mxcsr_mask(model_t model);
