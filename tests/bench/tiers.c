/* tiers.c - what the next tiers would bring: one loop of nine instructions, a CRC-32 over 4 KiB by table, executed in three ways.  A report, run by hand:
 *
 *     clang-19 -O2 -std=gnu11 -I. tests/bench/tiers.c BUILD/libcpu.a BUILD/libmem.a -lm -o /tmp/tiers && /tmp/tiers
 *
 *   interpreter   this processor, lowering L1, as it is: pairs, fused jump
 *   registers     a third lowering: handlers for each register, the guest's registers in the host's (needs clang's preserve_none); the same TLB probe,
 *                 the same stores of flags, the same budget; the last two instructions fused, no other pairs
 *   translated    what a translator on the same seams could emit, written as C: no dispatch, the same probe, flags where the loop ends
 *
 * All three compute the same CRC; the program fails if they do not. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "cpu/alu.h"
#include "cpu/cpu.h"
#include "cpu/descriptor.h"
#include "mem/bus.h"
#include "mem/tlb.h"

enum { RAM = 1 << 20, CODE = 0x1000, DATA = 0x2000, TABLE = 0x4000, BYTES = 4096, ROUNDS = 20000, LOOP_OPS = 9 };

/* 1000: movzx ecx, byte [esi]; inc esi; mov edx, eax; and edx, FFh; xor edx, ecx; shr eax, 8; xor eax, [edi+edx*4]; cmp esi, ebx; jne 1000
 * then: mov esi, DATA; dec ebp; jne 1000; hlt */
static const u8 program[] = { 0x0F, 0xB6, 0x0E, 0x46, 0x89, 0xC2, 0x81, 0xE2, 0xFF, 0, 0, 0, 0x31, 0xCA, 0xC1, 0xE8, 0x08, 0x33, 0x04, 0x97, 0x39, 0xDE,
                              0x75, 0xE8, 0xBE, 0x00, 0x20, 0x00, 0x00, 0x4D, 0x75, 0xE0, 0xF4 };

static u8 *ram;
static bus_t bus;
static cpu_t cpu;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void prepare(void)
{
    memcpy(ram + CODE, program, sizeof program);
    for (u32 i = 0; i < BYTES; i++)
        ram[DATA + i] = (u8)(i * 73 >> 3);
    for (u32 i = 0; i < 256; i++) {
        u32 c = i;
        for (int bit = 0; bit < 8; bit++)
            c = c >> 1 ^ (c & 1 ? 0xEDB88320u : 0);
        put(ram + TABLE + 4 * i, W32, c);
    }
    cpu.r[EAX] = 0xFFFFFFFF;
    cpu.r[ESI] = DATA;
    cpu.r[EDI] = TABLE;
    cpu.r[EBX] = DATA + BYTES;
    cpu.r[EBP] = ROUNDS;
}

static void flat(int seg, u32 type)
{
    descriptor_t d = { .low = 0x0000FFFF, .high = 0x00CF9000 | type << 8, .selector = 8 };
    cpu.seg[seg] = descriptor_segment(&d, 8);
}

/* ---- interpreter ---- */

static void interpret(void)
{
    cpu.cr0 |= CR0_PE;
    for (int seg = ES; seg < N_SEGMENTS; seg++)
        flat(seg, seg == CS ? 0xB : 3);
    cpu.eip = CODE;
    cpu_mode_changed(&cpu);
    cpu.halted = false;                                        /* by the HLT of the turn before */
    cpu_run(&cpu, UINT64_MAX / 4);
}

/* ---- what the other two need of the machine ---- */

static tlb_t tlb;
static s64 budget;
static flags_t left;

/* ---- handlers for each register ---- */

struct step;
#define STATE const struct step *op, u32 eax, u32 ecx, u32 edx, u32 ebx, u32 esi, u32 edi, u32 ebp
typedef u32 __attribute__((preserve_none)) step_fn(STATE);
typedef struct step { step_fn *run; u32 imm, disp; const struct step *target; u32 count; } step_t;
#define STEP(name) static u32 __attribute__((preserve_none)) name(STATE)
#define GO_ON(next) do { const step_t *go = (next); __attribute__((musttail)) return go->run(go, eax, ecx, edx, ebx, esi, edi, ebp); } while (0)
#define KEEP_FLAGS(F, dst, src) F(&left, W32, dst, src)

STEP(leave) { (void)op; (void)ecx; (void)edx; (void)ebx; (void)esi; (void)edi; (void)ebp; return eax; }
STEP(MOVZX_ecx_at_esi)
{
    const u8 *at = tlb_read(&tlb, esi + op->disp, 1);
    if (UNLIKELY(!at)) return 0;
    ecx = *at;
    GO_ON(op + 1);
}
STEP(INC_esi_DROP)    { esi++; GO_ON(op + 1); }
STEP(MOV_edx_eax)     { edx = eax; GO_ON(op + 1); }
STEP(AND_edx_i_DROP)  { edx &= op->imm; GO_ON(op + 1); }
STEP(XOR_edx_ecx_DROP) { edx ^= ecx; GO_ON(op + 1); }
STEP(SHR_eax_i_DROP)  { eax >>= op->imm; GO_ON(op + 1); }
STEP(XOR_eax_at_edi_edx)
{
    const u8 *at = tlb_read(&tlb, edi + edx * 4 + op->disp, 4);
    if (UNLIKELY(!at)) return 0;
    eax = KEEP_FLAGS(XOR, eax, get(at, W32));
    GO_ON(op + 1);
}
STEP(CMP_esi_ebx_J5)
{
    KEEP_FLAGS(CMP, esi, ebx);
    if (esi == ebx) GO_ON(op + 2);
    budget -= op[1].count;
    if (UNLIKELY(budget < 0)) return 0;
    GO_ON(op[1].target);
}
STEP(MOV_esi_i)       { esi = op->imm; GO_ON(op + 1); }
STEP(DEC_ebp_J5)
{
    flags_t f = left;
    ebp = DEC(&f, W32, ebp);
    left = f;
    if (ebp == 0) GO_ON(op + 2);
    budget -= op[1].count;
    GO_ON(op[1].target);
}
static step_t steps[] = {
    { .run = MOVZX_ecx_at_esi }, { .run = INC_esi_DROP }, { .run = MOV_edx_eax }, { .run = AND_edx_i_DROP, .imm = 0xFF }, { .run = XOR_edx_ecx_DROP },
    { .run = SHR_eax_i_DROP, .imm = 8 }, { .run = XOR_eax_at_edi_edx }, { .run = CMP_esi_ebx_J5 }, { .target = steps, .count = 9 },
    { .run = MOV_esi_i, .imm = DATA }, { .run = DEC_ebp_J5 }, { .target = steps, .count = 12 }, { .run = leave },
};

static u32 in_registers(void)
{
    return steps->run(steps, cpu.r[EAX], 0, 0, cpu.r[EBX], cpu.r[ESI], cpu.r[EDI], cpu.r[EBP]);
}

/* ---- translated ---- */

static u32 translated(void)
{
    u32 eax = cpu.r[EAX], ebx = cpu.r[EBX], esi = cpu.r[ESI], edi = cpu.r[EDI], ebp = cpu.r[EBP];
    for (;;) {
        const u8 *at = tlb_read(&tlb, esi, 1);
        if (UNLIKELY(!at)) return 0;
        u32 ecx = *at;
        esi++;
        u32 edx = (eax & 0xFF) ^ ecx;
        eax >>= 8;
        at = tlb_read(&tlb, edi + edx * 4, 4);
        if (UNLIKELY(!at)) return 0;
        eax ^= get(at, W32);
        CMP(&left, W32, esi, ebx);
        if (esi != ebx) {
            if (UNLIKELY((budget -= 9) < 0)) return 0;
            continue;
        }
        esi = DATA;
        ebp = DEC(&left, W32, ebp);
        if (ebp == 0) return eax;
        budget -= 12;
    }
}

int main(void)
{
    ram = calloc(1, RAM);
    if (!ram)
        return 1;
    bus_init(&bus, ram, RAM);
    if (!cpu_init(&cpu, MODEL_PENTIUM3, &bus))
        return 1;
    cpu_reset(&cpu);
    tlb_init(&tlb);
    for (u32 page = 0; page < RAM >> 12; page++)
        tlb_fill(&tlb, &(tlb_page_t){ .page = page << 12, .host = ram + (page << 12), .may_store = true });
    double instructions = (double)(ROUNDS * ((u64)BYTES * LOOP_OPS + 3)), best[3] = { 1e9, 1e9, 1e9 };
    u32 crc[3] = { 0 };
    for (int turn = 0; turn < 5; turn++) {
        for (int way = 0; way < 3; way++) {
            prepare();
            budget = INT64_MAX / 2;
            double start = seconds();
            if (way == 0) interpret(), crc[0] = cpu.r[EAX];
            else          crc[way] = way == 1 ? in_registers() : translated();
            double took = seconds() - start;
            if (took < best[way]) best[way] = took;
        }
    }
    static const char *const names[] = { "interpreter", "registers", "translated" };
    for (int way = 0; way < 3; way++)
        printf("%-12s %6.3f ns an instruction, CRC %08X\n", names[way], best[way] / instructions * 1e9, (unsigned)crc[way]);
    cpu_free(&cpu);
    free(ram);
    return crc[0] == crc[1] && crc[1] == crc[2] ? 0 : 1;
}
