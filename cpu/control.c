/* control.c - control and test registers.  SDM vol. 3A, 2.5 "Control Registers", 9.9 "Mode Switching"; i486 Programmer's Reference
 * Manual, 10.4 (test registers).
 *
 * Left out: the test registers keep what they are given, without effect on caches or TLB. */
#include "cpu/descriptor.h"
#include "cpu/model.h"
#include "cpu/segment.h"
#include "cpu/system.h"

/* ---- CR0 ---- */

static void crossed_pe(cpu_t *cpu)
{
    cpu->cpl = 0;
    if (!(cpu->cr0 & CR0_PE))
        segments_leave_protected(cpu);
}

/* Loading CR3, or turning PAE paging on, reads the four page-directory-pointer entries: reserved bits 1, 2, 5-8 and 36-63 of a
 * present one are #GP(0).  Vol. 3A, 4.4.1. */
static void check_pdptes(cpu_t *cpu, u32 cr0, u32 cr3, u32 cr4)
{
    u8 table[32];
    if (!(cr0 & CR0_PG) || !(cr4 & CR4_PAE))
        return;
    dma_read(cpu->bus, cr3 & 0xFFFFFFE0, table, sizeof table);
    for (unsigned i = 0; i < 4; i++) {
        u64 pdpte = get64(table + 8 * i);
        if (pdpte & 1 && pdpte & 0xFFFFFFF0000001E6)
            fault(cpu, GP, 0);
    }
}

static void set_cr0(cpu_t *cpu, u32 value)
{
    u32 old = cpu->cr0;
    value = (value & model_cr0_mask(cpu->model)) | model_cr0_ones(cpu->model);
    if ((value & CR0_PG && !(value & CR0_PE)) || (value & CR0_NW && !(value & CR0_CD)))
        fault(cpu, GP, 0);
    if (value & ~old & CR0_PG)
        check_pdptes(cpu, value, cpu->cr3, cpu->cr4);
    cpu->cr0 = value;
    if ((old ^ value) & CR0_PE)
        crossed_pe(cpu);
    if ((old ^ value) & (CR0_PG | CR0_WP | CR0_PE))
        cpu_flush_tlb(cpu, true);
    cpu_mode_changed(cpu);
}

u32 SMSW(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op;
    return cpu->cr0 & mask(w);
}

/* LMSW can set PE but not clear it. */
void load_msw(cpu_t *cpu, u16 src)
{
    u32 bits = CR0_MP | CR0_EM | CR0_TS | (src & CR0_PE);
    need_cpl0(cpu);
    set_cr0(cpu, (cpu->cr0 & ~bits) | (src & bits));
}

void LMSW(cpu_t *cpu, const op_t *op, width_t w) { (void)w; load_msw(cpu, privileged_word(cpu, op)); }

void CLTS(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op; (void)w;
    need_cpl0(cpu);
    cpu->cr0 &= ~(u32)CR0_TS;
    cpu_mode_changed(cpu);
}

/* ---- CR3, CR4 ---- */

static void set_cr3(cpu_t *cpu, u32 value)
{
    check_pdptes(cpu, cpu->cr0, value, cpu->cr4);
    cpu->cr3 = value;
    cpu_flush_tlb(cpu, false);
}

static void set_cr4(cpu_t *cpu, u32 value)
{
    u32 old = cpu->cr4;
    if (value & ~model_cr4_mask(cpu->model))
        fault(cpu, GP, 0);
    if (value & ~old & CR4_PAE)
        check_pdptes(cpu, cpu->cr0, cpu->cr3, value);
    cpu->cr4 = value;
    if ((old ^ value) & (CR4_PGE | CR4_PAE | CR4_PSE))
        cpu_flush_tlb(cpu, true);
    cpu_mode_changed(cpu);
}

static void need_control(cpu_t *cpu, unsigned n)
{
    bool exists = n == 0 || n == 2 || n == 3 || (n == 4 && model_cr4_mask(cpu->model));
    if (!exists)
        fault_ud(cpu);
    need_cpl0(cpu);
}

u32 read_control(cpu_t *cpu, unsigned n)
{
    need_control(cpu, n);
    switch (n) {
    case 0:  return cpu->cr0;
    case 2:  return cpu->cr2;
    case 3:  return cpu->cr3;
    default: return cpu->cr4;
    }
}

void write_control(cpu_t *cpu, unsigned n, u32 value)
{
    need_control(cpu, n);
    switch (n) {
    case 0:  set_cr0(cpu, value); break;
    case 2:  cpu->cr2 = value; break;
    case 3:  set_cr3(cpu, value); break;
    default: set_cr4(cpu, value); break;
    }
}

void INVLPG(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    if (!model_has(cpu->model, HAS_486))
        fault_ud(cpu);
    need_cpl0(cpu);
    cpu_flush_tlb_page(cpu, cpu->seg[op->seg].base + offset_of(cpu, op));
}

/* ---- test registers: TR6 and TR7 of the 386; the 486 adds TR3-TR5 ---- */

static unsigned need_test(cpu_t *cpu, unsigned n)
{
    if (!model_has(cpu->model, HAS_TEST_REGISTERS) || n > 7 || n < (model_has(cpu->model, HAS_486) ? 3u : 6u))
        fault_ud(cpu);
    need_cpl0(cpu);
    return n;
}

u32 read_test(cpu_t *cpu, unsigned n)              { n = need_test(cpu, n); return cpu->tr_test[n & 7]; }
void write_test(cpu_t *cpu, unsigned n, u32 value) { n = need_test(cpu, n); cpu->tr_test[n & 7] = value; }

/* ---- the instructions: op->src is the number, op->dst the general register, always 32 bits ---- */

void MOV_from_CR(cpu_t *cpu, const op_t *op, width_t w) { (void)w; set_reg(cpu, op->dst, W32, read_control(cpu, op->src)); }
void MOV_to_CR(cpu_t *cpu, const op_t *op, width_t w)   { (void)w; write_control(cpu, op->src, reg(cpu, op->dst, W32)); }
void MOV_from_TR(cpu_t *cpu, const op_t *op, width_t w) { (void)w; set_reg(cpu, op->dst, W32, read_test(cpu, op->src)); }
void MOV_to_TR(cpu_t *cpu, const op_t *op, width_t w)   { (void)w; write_test(cpu, op->src, reg(cpu, op->dst, W32)); }
