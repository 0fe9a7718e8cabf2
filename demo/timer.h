/* timer.h: the 8253/8254 timer's channel 0 and its interrupt, at a rate of our choice. */
#ifndef TIMER_H
#define TIMER_H

#include "pc.h"

enum { PIT_HERTZ = 1193182 }; /* 14.31818 MHz / 12 */

extern volatile u32 timer_ticks; /* counted by timer_interrupt */
extern u32 timer_divisor;

void timer_start(u32 hertz);
void timer_stop(void);  /* the BIOS's 18.2 Hz again */
void timer_wait(void);  /* sleep until the next tick */
u32 timer_now(void);    /* time in clocks of the PIT, since timer_start; wraps after an hour */

#endif
