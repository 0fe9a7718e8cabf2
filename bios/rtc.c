/* rtc.c - time of day (INT 1Ah), the clock's interrupt (INT 70h), and limits in seconds for drivers.
 * Motorola MC146818A data sheet; AT Technical Reference and IBM PS/2 BIOS reference, INT 1Ah, 15h/83h, 86h.
 * AH=B1h is the PCI BIOS (pci_bios.c).  Left out: AH=80h and up (sound multiplexer). */
#include "rtc.h"

enum { SECONDS = 0x00, MINUTES = 0x02, HOURS = 0x04, ALARM_SECONDS = 0x01, ALARM_MINUTES = 0x03, ALARM_HOURS = 0x05,
       DAY = 0x07, MONTH = 0x08, YEAR = 0x09, REG_A = 0x0A, REG_B = 0x0B, REG_C = 0x0C, REG_D = 0x0D, CENTURY = 0x32 };
enum { UIP = 0x80, SET = 0x80, PIE = 0x40, AIE = 0x20, DSE = 0x01, ALARM = 0x20, PERIODIC = 0x40 };

void limit_start(limit_t *limit, u32 seconds)
{
    u32 flags = flags_save();
    limit->last = cmos_read(SECONDS);
    limit->left = (u8)(seconds + 1);            /* the first second may be a short one */
    flags_restore(flags);
}

bool limit_over(limit_t *limit)
{
    u32 flags = flags_save(), now = limit->last;
    if (!(cmos_read(REG_A) & UIP))
        now = cmos_read(SECONDS);
    flags_restore(flags);
    if (now != limit->last) {
        limit->last = (u8)now;
        if (limit->left)
            limit->left--;
    }
    return !limit->left;
}

/* Until the registers will not change under our hands: bounded, an update takes 2 ms at most. */
static bool wait_steady(void)
{
    for (u32 n = 0; n < 400; n++) {
        cli();
        if (!(cmos_read(REG_A) & UIP))
            return true;
        delay(15);
    }
    return false;
}

static u32 number(u32 index)
{
    u32 v = cmos_read(index);
    return cmos_read(REG_B) & 4 ? v : bcd_to_binary(v);
}

/* Ticks since midnight: 1193182 / 65536 a second, in steps that stay within 32 bits. */
static u32 ticks_now(void)
{
    u32 hours = cmos_read(HOURS), pm = hours & 0x80;
    hours = cmos_read(REG_B) & 4 ? hours & 0x7F : bcd_to_binary(hours & 0x7F);
    if (!(cmos_read(REG_B) & 2))
        hours = hours % 12 + (pm ? 12 : 0);
    u32 seconds = (hours * 60 + number(MINUTES)) * 60 + number(SECONDS);
    return seconds * 18 + seconds * 2065 / 10000;
}

void rtc_start(void)
{
    cmos_write(REG_A, 0x26);                    /* 32768 Hz, periodic rate 1024 Hz */
    cmos_write(REG_B, (cmos_read(REG_B) & 0x07u) | 0x02);
    cmos_read(REG_C);
    cmos_read(REG_D);
    wait_steady();
    u32 ticks = ticks_now();
    BDA_SET(ticks, ticks);
    BDA_SET(ticks_high, ticks >> 16);
    irq_enable(2);
    irq_enable(8);
}

/* ---- INT 70h ---- */

/* A wait under way loses 976 us a period; when it is over the caller's byte gets bit 7. */
static void count_down(void)
{
    u32 left = BDA(wait_left);
    if (!(BDA(wait_active) & 1))
        return;
    if (left > 976) {
        BDA_SET(wait_left, left - 976);
        return;
    }
    u32 segment = BDA(wait_segment), offset = BDA(wait_offset);
    BDA_SET(wait_left, 0);
    BDA_SET(wait_active, 0);
    cmos_write(REG_B, cmos_read(REG_B) & ~(u32)PIE);
    poke8(segment, offset, peek8(segment, offset) | 0x80);
}

void rtc_interrupt(regs_t *r)
{
    (void)r;
    u32 cause = cmos_read(REG_C) & cmos_read(REG_B);
    if (cause & PERIODIC)
        count_down();
    eoi2();
    if (cause & ALARM) {
        call_t c = call_with(0);
        sti();
        call_interrupt(0x4A, &c);
        cli();
    }
}

/* INT 15h/83h and 86h; false: a wait is under way already. */
bool rtc_wait(u32 microseconds, u32 segment, u32 offset)
{
    u32 flags = flags_save();
    bool free = !(BDA(wait_active) & 1);
    if (free) {
        BDA_SET(wait_segment, segment);
        BDA_SET(wait_offset, offset);
        BDA_SET(wait_left, microseconds);
        BDA_SET(wait_active, 1);
        irq_enable(8);
        cmos_read(REG_C);
        cmos_write(REG_B, cmos_read(REG_B) | PIE);
    }
    flags_restore(flags);
    return free;
}

void rtc_wait_cancel(void)
{
    u32 flags = flags_save();
    BDA_SET(wait_active, 0);
    cmos_write(REG_B, cmos_read(REG_B) & ~(u32)PIE);
    flags_restore(flags);
}

/* ---- INT 1Ah ---- */

static void get_ticks(regs_t *r)
{
    cli();
    r->cx = BDA(ticks_high);
    r->dx = BDA(ticks);
    r->al = BDA(midnight);
    BDA_SET(midnight, 0);
}

static void set_ticks(const regs_t *r)
{
    cli();
    BDA_SET(ticks, r->dx);
    BDA_SET(ticks_high, r->cx);
    BDA_SET(midnight, 0);
}

static void get_time(regs_t *r)
{
    r->ch = cmos_read(HOURS);
    r->cl = cmos_read(MINUTES);
    r->dh = cmos_read(SECONDS);
    r->dl = cmos_read(REG_B) & DSE;
}

static void set_time(const regs_t *r)
{
    u32 b = cmos_read(REG_B) & ~1u;
    cmos_write(REG_B, b | SET);
    cmos_write(SECONDS, r->dh);
    cmos_write(MINUTES, r->cl);
    cmos_write(HOURS, r->ch);
    cmos_write(REG_B, (b & ~(u32)SET) | (r->dl & 1u) | 0x02);
}

static void get_date(regs_t *r)
{
    r->ch = cmos_read(CENTURY);
    r->cl = cmos_read(YEAR);
    r->dh = cmos_read(MONTH);
    r->dl = cmos_read(DAY);
}

static void set_date(const regs_t *r)
{
    u32 b = cmos_read(REG_B);
    cmos_write(REG_B, b | SET);
    cmos_write(CENTURY, r->ch);
    cmos_write(YEAR, r->cl);
    cmos_write(MONTH, r->dh);
    cmos_write(DAY, r->dl);
    cmos_write(REG_B, b & ~(u32)SET);
}

/* AH=06h: at CH:CL:DH INT 4Ah will come.  Refused while another alarm is set. */
static bool set_alarm(const regs_t *r)
{
    u32 b = cmos_read(REG_B);
    if (b & AIE)
        return false;
    cmos_write(ALARM_HOURS, r->ch);
    cmos_write(ALARM_MINUTES, r->cl);
    cmos_write(ALARM_SECONDS, r->dh);
    irq_enable(8);
    cmos_write(REG_B, (b & 0x7F) | AIE);
    return true;
}

void clock_service(regs_t *r)
{
    bool well = true;
    if (r->ah == 0xB1) {
        pci_bios(r);
        return;
    }
    switch (r->ah) {
    case 0x00: get_ticks(r); break;
    case 0x01: set_ticks(r); break;
    case 0x02: well = wait_steady(); if (well) get_time(r); break;
    case 0x03: well = wait_steady(); set_time(r); well = true; break;
    case 0x04: well = wait_steady(); if (well) get_date(r); break;
    case 0x05: well = wait_steady(); set_date(r); well = true; break;
    case 0x06: well = set_alarm(r); break;
    case 0x07: cmos_write(REG_B, cmos_read(REG_B) & ~(u32)AIE); break;
    default:   well = false; break;
    }
    carry(r, !well);
    if (well && r->ah >= 2)
        r->ah = 0;
}
