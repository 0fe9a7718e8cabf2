/* escape.c - WAIT, escapes that are nobody's instruction, and instructions that are only refused.  SDM vol. 3A, table 9-3; vol. 2, WAIT. */
#include "cpu/fpu_inside.h"

/* A reserved encoding, or one of a later model: #NM comes first, as for every escape. */
void ESC(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op; (void)w;
    fpu_available(cpu);
    fault_ud(cpu);
}
void WAIT(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op; (void)w;
    if ((cpu->cr0 & (CR0_MP | CR0_TS)) == (CR0_MP | CR0_TS))
        fault(cpu, NM, 0);
    fpu_wait(cpu);
}

/* There is no system management mode to return from. */
void RSM(cpu_t *cpu, const op_t *op, width_t w) { (void)op; (void)w; fault_ud(cpu); }
void UD2(cpu_t *cpu, const op_t *op, width_t w) { (void)op; (void)w; fault_ud(cpu); }
