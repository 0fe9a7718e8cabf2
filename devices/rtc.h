/* rtc.h - Motorola MC146818A real-time clock with 128 bytes of CMOS RAM, as a PC/AT has it at ports 70h and 71h. */
#pragma once
#include "devices/line.h"
#include "devices/state.h"
#include "devices/vclock.h"

enum { RTC_CENTURY = 0x32, RTC_BYTES = 128 };

typedef struct rtc {
    line_t    irq;               /* true: the chip asks (IRQ8 on a PC) */
    alarm_t   alarm;             /* the next moment at which an enabled interrupt can come */
    vclock_t *clock;

    u8   cmos[RTC_BYTES];        /* time, registers A-D and RAM, as the guest sees them (C: without IRQF) */
    u8   index;                  /* port 70h, bits 6-0 */
    bool nmi_masked;             /* port 70h, bit 7 */
    bool asking;                 /* level at IRQ */
    u64  chain;                  /* when the divider chain stood at zero, ns (wraps: it may be before power-on) */
    u64  seen;                   /* how far into the chain, ns, time and flags have been brought */
} rtc_t;

/* The clock starts at `seconds` since 1970-01-01 00:00:00, BCD, 24 hours; the RAM is zero. */
void rtc_init(rtc_t *rtc, vclock_t *clock, s64 seconds);
/* The RESET pin: interrupts off; time and RAM stay. */
void rtc_reset(rtc_t *rtc);

u32  rtc_read(void *rtc, u16 reg);                 /* 70h-71h */
void rtc_write(void *rtc, u16 reg, u32 value);

/* Configuration bytes (0Eh and above), for the board that fills them in, and a look at any byte. */
void rtc_cmos_set(rtc_t *rtc, u8 index, u8 value);
u8   rtc_cmos_get(const rtc_t *rtc, u8 index);
/* 2Eh-2Fh: the sum of bytes 10h-2Dh (IBM PC AT Technical Reference). */
void rtc_cmos_checksum(rtc_t *rtc);

void rtc_walk(rtc_t *rtc, walker_t *w);
