/* coprocessor.c - the error latch.  IBM PC AT Technical Reference, "Coprocessor"; Intel 82371SB (PIIX3) data sheet, 2.5.10 "Coprocessor
 * error register"; SDM vol. 1, appendix D.2.1.
 *
 * FERR# going active sets the latch: IRQ 13.  Writing anything to F0h clears it, and holds IGNNE# active for as long as FERR# stays, so that
 * the handler can use the unit before it has cleared the error.  Port F1h reset a 287; there is nothing it does to a processor with
 * its own unit. */
#include "devices/coprocessor.h"

static void drive(coprocessor_t *c, bool requesting, bool ignoring)
{
    c->requesting = requesting;
    c->ignoring = ignoring;
    line_set(&c->irq, requesting);
    line_set(&c->ignne, ignoring);
}

void coprocessor_reset(coprocessor_t *c)
{
    c->ferr = false;
    drive(c, false, false);
}

void coprocessor_ferr(void *self, int pin, bool level)
{
    coprocessor_t *c = self;
    (void)pin;
    if (level == c->ferr)
        return;
    c->ferr = level;
    drive(c, c->requesting || level, false);
}

void coprocessor_write(void *self, u16 reg, u32 value)
{
    coprocessor_t *c = self;
    (void)value;
    if (reg == 0)
        drive(c, false, c->ferr);
}

void coprocessor_walk(coprocessor_t *c, walker_t *w)
{
    walk_chip(w, "coprocessor", 1);
    FIELD(w, c->ferr);
    FIELD(w, c->requesting);
    FIELD(w, c->ignoring);
}
