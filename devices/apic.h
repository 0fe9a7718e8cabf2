/* apic.h - the local APIC of the processor (SDM vol. 3A, chapter 10), and the messages on the APIC bus.
 *
 * Pins: LINT0 (on a PC the 8259's INT), LINT1 (NMI); out: INTR and NMI of the processor's core, and end-of-interrupt messages.
 * While IA32_APIC_BASE says it is disabled, LINT0 and LINT1 are INTR and NMI. */
#pragma once
#include "devices/line.h"
#include "devices/state.h"
#include "devices/vclock.h"
#include "mem/bus.h"

enum { APIC_BYTES = 4096 };
#define APIC_BASE 0xFEE00000u

/* Delivery modes, figure 10-8. */
enum { APIC_FIXED, APIC_LOWEST, APIC_SMI, APIC_REMOTE, APIC_NMI, APIC_INIT, APIC_STARTUP, APIC_EXTINT };

/* A message on the APIC bus. */
typedef struct { u8 destination, vector, mode; bool logical, level; } apic_message_t;

/* What the models differ in. */
typedef struct { u8 version, entries; bool wide_id; } apic_kind_t;   /* LVT entries; 8-bit IDs (Pentium 4), else 4-bit */

typedef enum { LVT_TIMER, LVT_THERMAL, LVT_PERFORMANCE, LVT_LINT0, LVT_LINT1, LVT_ERROR, LVT_COUNT } apic_lvt_t;

typedef struct apic {
    vclock_t *clock;
    bus_t    *bus;
    int       region;                /* of the bus; -1: this processor has no APIC */
    apic_kind_t kind;
    alarm_t   timer;
    line_t    intr;                  /* a level */
    line_t    nmi;                   /* a pulse */
    u8      (*pic_acknowledge)(void *owner);                 /* INTA cycle: the 8259's vector */
    void    (*eoi)(void *owner, u8 vector);                  /* a level-triggered interrupt is over */
    void    (*ready)(void *owner);                           /* messages that were refused may be accepted now */
    void     *owner;

    u64   base;                      /* IA32_APIC_BASE */
    u32   id, ldr, dfr, svr, icr_low, icr_high, divide, initial;
    u32   lvt[LVT_COUNT];
    u32   isr[8], irr[8], tmr[8];
    u8    tpr, errors, errors_seen;  /* errors since the last write of ESR; what ESR shows */
    u64   started;                   /* when the timer was loaded with `initial` */
    bool  expired;                   /* it reached 0 in one-shot mode, and stays there until it is loaded */
    bool  lint0, lint1;              /* levels */
    bool  extint;                    /* an ExtINT message arrived */
    bool  output;                    /* of intr; derived */
} apic_t;

/* region: false where the bus has no room.  present: the model has one; else the chip is two wires. */
bool apic_init(apic_t *apic, vclock_t *clock, bus_t *bus, bool present, apic_kind_t kind);
void apic_reset(apic_t *apic);                               /* RESET or INIT of the processor */
void apic_set_base(void *apic, u64 base);                    /* IA32_APIC_BASE was written */
void apic_lint(void *apic, int pin, bool level);             /* line_fn: pin 0 or 1 */
void apic_counter(apic_t *apic);                             /* a performance counter passed its end */
u8   apic_acknowledge(apic_t *apic);                         /* the processor takes the interrupt */
bool apic_receive(apic_t *apic, const apic_message_t *message);  /* false: it is for nobody here */
u32  apic_read(void *apic, u32 offset, width_t w);           /* the region */
void apic_write(void *apic, u32 offset, width_t w, u32 value);
void apic_walk(apic_t *apic, walker_t *w);
