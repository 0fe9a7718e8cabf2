/* pic.h - Intel 8259A programmable interrupt controller (data sheet 231468), one chip per pic_t.
 *
 * A PC/AT has two: the slave's INT pin is soldered to the master's IR2.  The master reaches its slave only in the
 * acknowledge cycle, where the real chips share INTA and the cascade bus CAS0-2. */
#pragma once
#include "devices/line.h"
#include "devices/state.h"

typedef struct pic {
    line_t      intr;            /* the INT pin */
    struct pic *slave;           /* on the cascade bus; NULL: this chip is a slave (SP/EN low) */
    u8          elcr_writable;   /* lines whose edge/level bit can be set */

    u8   pins;                   /* levels at IR0-IR7 */
    u8   edges;                  /* rising edges not yet acknowledged, line still high */
    u8   isr, imr;
    u8   elcr;                   /* 1: level triggered (82371SB, ELCR) */
    u8   icw1, icw2, icw3, icw4;
    u8   step;                   /* pic_step_t: what the next write to the odd port means */
    u8   lowest;                 /* level that has the lowest priority */
    bool rotate_in_aeoi;
    bool special_mask;
    bool poll;                   /* the next read is a poll */
    bool read_isr;               /* OCW3 RIS */
    bool output;                 /* level at INT */
} pic_t;

/* slave: the chip on the cascade bus, NULL if this is it.  elcr_writable: F8h master, DEh slave on a PC. */
void pic_init(pic_t *pic, pic_t *slave, u8 elcr_writable);
/* As at power-on: not initialised, asks for nothing.  (The 8259A has no reset pin; levels at the inputs stay.) */
void pic_reset(pic_t *pic);

/* An interrupt line changes; pin 0-7.  A line_fn. */
void pic_line(void *pic, int pin, bool level);
/* The CPU's two INTA pulses: the vector.  Vector of IR7 if the request is gone ("default IR7"). */
u8   pic_acknowledge(pic_t *master);

u32  pic_read(void *pic, u16 reg);                 /* 20h-21h, A0h-A1h */
void pic_write(void *pic, u16 reg, u32 value);
u32  pic_elcr_read(void *pic, u16 reg);            /* 4D0h, 4D1h: one port each */
void pic_elcr_write(void *pic, u16 reg, u32 value);

void pic_walk(pic_t *pic, walker_t *w);
