/* escape.c - the coprocessor that is not there, and instructions that are only refused.
 * Left out: the floating-point unit.  With CR0.EM or TS set an escape raises #NM; else it passes without effect, as on a 386 whose socket
 * is empty (387 data sheet, "Recognizing the coprocessor").  SDM vol. 3A, table 9-3. */
#include "cpu/bodies.h"

void ESC(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op; (void)w;
    if (cpu->cr0 & (CR0_EM | CR0_TS))
        fault(cpu, NM, 0);
    lacking("floating-point instructions (escapes D8-DF have no effect)");
}
void WAIT(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op; (void)w;
    if ((cpu->cr0 & (CR0_MP | CR0_TS)) == (CR0_MP | CR0_TS))
        fault(cpu, NM, 0);
}

/* There is no system management mode to return from. */
void RSM(cpu_t *cpu, const op_t *op, width_t w) { (void)op; (void)w; fault_ud(cpu); }
void UD2(cpu_t *cpu, const op_t *op, width_t w) { (void)op; (void)w; fault_ud(cpu); }
