/* lpt.h - a standard parallel port (378h) with a printer that is always ready. */
#pragma once
#include "devices/line.h"
#include "devices/state.h"
#include "devices/vclock.h"

typedef struct lpt {
    vclock_t *clock;
    line_t  irq;                     /* IRQ 7: a pulse when the printer acknowledges */
    void  (*print)(void *owner, u8 byte);    /* NULL: the paper is lost */
    void   *owner;
    alarm_t printer;                 /* the printer's next move */
    u8   data, control;
    bool busy, acknowledging;
} lpt_t;

void lpt_init(lpt_t *lpt, vclock_t *clock);
void lpt_reset(lpt_t *lpt);
u32  lpt_read(void *lpt, u16 reg);
void lpt_write(void *lpt, u16 reg, u32 value);
void lpt_walk(lpt_t *lpt, walker_t *w);
