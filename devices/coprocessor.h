/* coprocessor.h - how an x87 error becomes interrupt 13 on a PC: the latch behind FERR#, and port F0h. */
#pragma once
#include "devices/line.h"
#include "devices/state.h"

typedef struct {
    line_t irq;                      /* IRQ 13 */
    line_t ignne;                    /* the processor's IGNNE# */
    bool ferr;                       /* FERR# as the processor drives it */
    bool requesting;                 /* the latch: IRQ 13 is high */
    bool ignoring;                   /* IGNNE# is active */
} coprocessor_t;

void coprocessor_reset(coprocessor_t *c);
void coprocessor_ferr(void *coprocessor, int pin, bool level);     /* line_fn */
void coprocessor_write(void *coprocessor, u16 reg, u32 value);     /* F0h, F1h; reads float */
void coprocessor_walk(coprocessor_t *c, walker_t *w);
