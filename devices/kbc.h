/* kbc.h - the 8042 keyboard controller of a PS/2: ports 60h and 64h, keyboard and auxiliary device, A20 gate, reset. */
#pragma once
#include "devices/line.h"
#include "devices/ps2.h"
#include "devices/state.h"
#include "devices/vclock.h"

enum { KBC_KEYBOARD, KBC_AUX, KBC_ITSELF };      /* where a byte in the output buffer comes from */

typedef struct kbc {
    vclock_t  *clock;
    ps2_plug_t plug[2];              /* KBC_KEYBOARD, KBC_AUX */
    line_t     irq[2];               /* IRQ 1, IRQ 12 */
    line_t     a20;                  /* level: address bit 20 passes */
    line_t     reset;                /* a pulse (true, false): reset the processor */
    alarm_t    arrival;              /* a byte from a device is complete */
    alarm_t    departure;            /* a byte to a device is complete */
    u8   ram[32];                    /* [0] is the command byte */
    u8   output, source;             /* output buffer and who filled it */
    bool full;                       /* OBF */
    u8   held_output, held_source;   /* a device's byte displaced by an answer of the controller, shown again after it */
    bool held;
    u8   waiting;                    /* command whose data byte is to come, 0: none */
    bool command_last;               /* status bit 3: the last write went to 64h */
    u8   input, input_port;          /* byte on its way to a device */
    bool sending;                    /* IBF */
    u8   last_port;                  /* the device served last: the other one goes first */
    bool releasing;                  /* translation saw F0h */
    bool timed_out;                  /* status bit 6: nobody took the byte */
    bool self_tested;                /* status bit 2, also set through the command byte */
    u8   p2;                         /* output port as last written (bits 0 reset, 1 A20) */
} kbc_t;

void kbc_init(kbc_t *kbc, vclock_t *clock);
void kbc_reset(kbc_t *kbc);
u32  kbc_read(void *kbc, u16 reg);               /* two rows of the port table: register 0 is port 60h, register 4 port 64h; */
void kbc_write(void *kbc, u16 reg, u32 value);   /* attach with first = 60h, or use kbc_status/kbc_command at 64h */
u32  kbc_status(void *kbc, u16 reg);             /* port 64h alone, reg ignored */
void kbc_command(void *kbc, u16 reg, u32 value);
void kbc_attention(void *kbc, int port, bool level);   /* line_fn: a device has a byte (KBC_KEYBOARD, KBC_AUX) */
bool kbc_a20(const kbc_t *kbc);                  /* level of the A20 pin, to draw the wire again after loading a state */
void kbc_walk(kbc_t *kbc, walker_t *w);
