/* lpt.c - the parallel printer adapter: IBM PC Technical Reference, "Printer Adapter"; IEEE 1284 compatibility mode for the handshake.
 * A byte is printed when STROBE rises; BUSY then lasts 10 us, ACK 5 us, and its end interrupts if control bit 4 allows.
 * Left out: the bidirectional, EPP and ECP modes (control bit 5 is not kept, so that programs find none). */
#include "devices/lpt.h"

enum { STROBE = 0x01, INIT = 0x04, IRQ_ENABLE = 0x10, CONTROL_BITS = 0x1F };
enum { NOT_ERROR = 0x08, SELECTED = 0x10, NOT_ACK = 0x40, NOT_BUSY = 0x80, UNUSED = 0x07 };
enum { BUSY_NS = 10000, ACK_NS = 5000 };

static void move(void *chip)
{
    lpt_t *lpt = chip;
    if (lpt->busy) {
        lpt->busy = false;
        lpt->acknowledging = true;
        alarm_set(&lpt->printer, lpt->clock->now + ACK_NS);
    } else if (lpt->acknowledging) {
        lpt->acknowledging = false;
        if (lpt->control & IRQ_ENABLE) {
            line_set(&lpt->irq, true);
            line_set(&lpt->irq, false);
        }
    }
}

static void strobe(lpt_t *lpt)
{
    if (lpt->print)
        lpt->print(lpt->owner, lpt->data);
    lpt->busy = true;
    lpt->acknowledging = false;
    alarm_set(&lpt->printer, lpt->clock->now + BUSY_NS);
}

u32 lpt_read(void *chip, u16 reg)
{
    const lpt_t *lpt = chip;
    switch (reg & 3) {
    case 0:  return lpt->data;
    case 1:  return UNUSED | NOT_ERROR | SELECTED | (lpt->acknowledging ? 0u : NOT_ACK) | (lpt->busy ? 0u : NOT_BUSY);
    case 2:  return 0xE0u | lpt->control;
    default: return 0xFF;
    }
}

void lpt_write(void *chip, u16 reg, u32 value)
{
    lpt_t *lpt = chip;
    u8 old = lpt->control;
    switch (reg & 3) {
    case 0: lpt->data = (u8)value; break;
    case 2:
        lpt->control = value & CONTROL_BITS;
        if (value & ~(u32)old & STROBE) strobe(lpt);
        break;
    default: break;                                      /* the status register is read only */
    }
}

void lpt_reset(lpt_t *lpt)
{
    lpt->data = 0;
    lpt->control = INIT;                                 /* the printer is not held in reset */
    lpt->busy = lpt->acknowledging = false;
    alarm_clear(&lpt->printer);
}

void lpt_init(lpt_t *lpt, vclock_t *clock)
{
    *lpt = (lpt_t){ .clock = clock };
    alarm_init(&lpt->printer, clock, move, lpt);
    lpt_reset(lpt);
}

void lpt_walk(lpt_t *lpt, walker_t *w)
{
    walk_chip(w, "lpt", 1);
    FIELD(w, lpt->data); FIELD_MAX(w, lpt->control, CONTROL_BITS); FIELD(w, lpt->busy); FIELD(w, lpt->acknowledging);
    alarm_walk(&lpt->printer, w, "printer");
}
