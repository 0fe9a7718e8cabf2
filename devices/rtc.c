/* rtc.c - Motorola MC146818A real-time clock (data sheet MC146818A/D, 1984), with what PC chips made of it: register A's
 * divider bits as on the Dallas DS12887 (only 010 keeps time), 128 bytes of RAM, the century at 32h carried along with the year.
 *
 * Time and flags are brought up to the clock when somebody looks.  The update cycle ends on the second: UIP is set for its last
 * 1984 us and the 244 us before (tUC, tBUC at 32768 Hz), and the registers change at its end.
 *
 * Choices: leap years are Gregorian with the century of 32h (the chip itself takes every fourth year); values that are no time
 * of day or date are brought into range at the next second.
 * Left out: daylight saving (register B, DSE), the square wave pin, other oscillators than 32768 Hz. */
#include "devices/rtc.h"
#include "devices/calendar.h"

enum { SECONDS, SECONDS_ALARM, MINUTES, MINUTES_ALARM, HOURS, HOURS_ALARM, WEEKDAY, DAY, MONTH, YEAR, A, B, C, D };
enum { A_UIP = 0x80, A_DV = 0x70, A_DV_RUN = 0x20, A_RS = 0x0F };
enum { B_SET = 0x80, B_PIE = 0x40, B_AIE = 0x20, B_UIE = 0x10, B_SQWE = 0x08, B_DM = 0x04, B_24 = 0x02, B_DSE = 0x01 };
enum { C_IRQF = 0x80, C_PF = 0x40, C_AF = 0x20, C_UF = 0x10 };
enum { D_VRT = 0x80, PM = 0x80, DO_NOT_CARE = 0xC0 };
enum { SECOND = 1000000000, UPDATE = 2228000, DAY_SECONDS = 86400 };

/* ---- formats ---- */

static u8 encode(const rtc_t *rtc, u32 n) { return (u8)(rtc->cmos[B] & B_DM ? n : n / 10 << 4 | n % 10); }
static u32 decode(const rtc_t *rtc, u8 raw) { return rtc->cmos[B] & B_DM ? raw : (raw >> 4) * 10u + (raw & 15u); }

static u8 encode_hour(const rtc_t *rtc, u32 hour)
{
    if (rtc->cmos[B] & B_24)
        return encode(rtc, hour);
    u32 twelve = hour % 12 ? hour % 12 : 12;
    return (u8)(encode(rtc, twelve) | (hour >= 12 ? PM : 0));
}

static u32 decode_hour(const rtc_t *rtc)
{
    u8 raw = rtc->cmos[HOURS];
    if (rtc->cmos[B] & B_24)
        return decode(rtc, raw) % 24;
    return decode(rtc, raw & 0x7F) % 12 + (raw & PM ? 12 : 0);
}

static u32 time_of_day(const rtc_t *rtc)
{
    return decode_hour(rtc) * 3600 + decode(rtc, rtc->cmos[MINUTES]) % 60 * 60 + decode(rtc, rtc->cmos[SECONDS]) % 60;
}

static void set_time_of_day(rtc_t *rtc, u32 t)
{
    rtc->cmos[HOURS] = encode_hour(rtc, t / 3600);
    rtc->cmos[MINUTES] = encode(rtc, t / 60 % 60);
    rtc->cmos[SECONDS] = encode(rtc, t % 60);
}

static date_t date(const rtc_t *rtc)
{
    u32 month = decode(rtc, rtc->cmos[MONTH]), day = decode(rtc, rtc->cmos[DAY]);
    return (date_t){ .year = decode(rtc, rtc->cmos[RTC_CENTURY]) % 100 * 100 + decode(rtc, rtc->cmos[YEAR]) % 100,
                     .month = month < 1 ? 1 : month > 12 ? 12 : month, .day = day < 1 ? 1 : day > 31 ? 31 : day };
}

static void set_date(rtc_t *rtc, date_t d)
{
    rtc->cmos[RTC_CENTURY] = encode(rtc, d.year / 100);
    rtc->cmos[YEAR] = encode(rtc, d.year % 100);
    rtc->cmos[MONTH] = encode(rtc, d.month);
    rtc->cmos[DAY] = encode(rtc, d.day);
}

/* ---- the divider chain ---- */

static bool running(const rtc_t *rtc) { return (rtc->cmos[A] & A_DV) == A_DV_RUN; }
static u64 elapsed(const rtc_t *rtc)  { return rtc->clock->now - rtc->chain; }

/* Cycles of the 32768 Hz oscillator in `ns`, and the first nanosecond of a cycle: 32768 / 10^9 = 64 / 1953125. */
static u64 cycles(u64 ns)             { return muldiv64(ns, 64, 1953125); }
static u64 cycle_start(u64 n)         { return n / 64 * 1953125 + (n % 64 * 1953125 + 63) / 64; }

/* Cycles between two periodic interrupts, 0: none ("Periodic interrupt rates", 32.768 kHz column). */
static u32 period(const rtc_t *rtc)
{
    u32 rs = rtc->cmos[A] & A_RS;
    return rs == 0 ? 0 : rs < 3 ? 64u << rs : 1u << (rs - 1);
}

/* ---- the alarm ---- */

static bool matches(u8 wanted, u8 value) { return (wanted & DO_NOT_CARE) == DO_NOT_CARE || wanted == value; }

/* Is there a minute, or second, that this alarm byte stands for? */
static bool can_match(const rtc_t *rtc, u8 wanted)
{
    u32 n = decode(rtc, wanted);
    return (wanted & DO_NOT_CARE) == DO_NOT_CARE || (n < 60 && encode(rtc, n) == wanted);
}

/* Seconds from time of day t until the alarm's next match, 1..86400; 0: never.  Skips whole hours and minutes, so that it
 * looks at no more than some 150 moments. */
static u32 seconds_to_alarm(const rtc_t *rtc, u32 t)
{
    if (!can_match(rtc, rtc->cmos[MINUTES_ALARM]) || !can_match(rtc, rtc->cmos[SECONDS_ALARM]))
        return 0;
    for (u32 ahead = 1; ahead <= DAY_SECONDS;) {
        u32 at = (t + ahead) % DAY_SECONDS;
        if (!matches(rtc->cmos[HOURS_ALARM], encode_hour(rtc, at / 3600)))
            ahead += 3600 - at % 3600;
        else if (!matches(rtc->cmos[MINUTES_ALARM], encode(rtc, at / 60 % 60)))
            ahead += 60 - at % 60;
        else if (!matches(rtc->cmos[SECONDS_ALARM], encode(rtc, at % 60)))
            ahead++;
        else
            return ahead;
    }
    return 0;
}

/* ---- catching up ---- */

/* n update cycles have ended. */
static void count_seconds(rtc_t *rtc, u64 n)
{
    u32 t = time_of_day(rtc), to_alarm = seconds_to_alarm(rtc, t);
    u64 total = t + n, days = total / DAY_SECONDS;
    rtc->cmos[C] |= C_UF;
    if (to_alarm && to_alarm <= n)
        rtc->cmos[C] |= C_AF;
    set_time_of_day(rtc, (u32)(total % DAY_SECONDS));
    if (!days)
        return;
    u32 weekday = decode(rtc, rtc->cmos[WEEKDAY]) % 8;
    rtc->cmos[WEEKDAY] = encode(rtc, (u32)((weekday + 6 + days) % 7) + 1);
    set_date(rtc, date_of(days_of(date(rtc)) + (s64)days));
}

static void settle(rtc_t *rtc)
{
    u64 now = elapsed(rtc), before = rtc->seen;
    if (!running(rtc) || now <= before)
        return;
    rtc->seen = now;
    u64 seconds = now / SECOND - before / SECOND;
    if (seconds && !(rtc->cmos[B] & B_SET))
        count_seconds(rtc, seconds);
    u32 cycles_each = period(rtc);
    if (cycles_each && cycles(now) / cycles_each != cycles(before) / cycles_each)
        rtc->cmos[C] |= C_PF;
}

static bool update_in_progress(const rtc_t *rtc)
{
    return running(rtc) && !(rtc->cmos[B] & B_SET) && elapsed(rtc) % SECOND >= SECOND - UPDATE;
}

/* ---- interrupts ---- */

/* PIE, AIE, UIE in register B stand above PF, AF, UF in register C. */
static bool asks(const rtc_t *rtc) { return rtc->cmos[B] & rtc->cmos[C] & (C_PF | C_AF | C_UF); }

static u64 earlier(u64 a, u64 b) { return a < b ? a : b; }

/* How far into the chain the next enabled interrupt comes. */
static u64 next_interrupt(const rtc_t *rtc, u64 now)
{
    u64 next = VCLOCK_NEVER, next_second = now / SECOND + 1;
    u32 cycles_each = period(rtc);
    bool updating = !(rtc->cmos[B] & B_SET);
    u32 to_alarm = rtc->cmos[B] & B_AIE && updating ? seconds_to_alarm(rtc, time_of_day(rtc)) : 0;
    if (rtc->cmos[B] & B_PIE && cycles_each)
        next = cycle_start((cycles(now) / cycles_each + 1) * cycles_each);
    if (rtc->cmos[B] & B_UIE && updating)
        next = earlier(next, next_second * SECOND);
    if (to_alarm)
        next = earlier(next, (next_second + to_alarm - 1) * SECOND);
    return next;
}

/* After any change: IRQ on the wire, the alarm set (not while the guest has not answered the last interrupt). */
static void update(rtc_t *rtc)
{
    bool level = asks(rtc);
    u64 now = elapsed(rtc), next = level || !running(rtc) ? VCLOCK_NEVER : next_interrupt(rtc, now);
    if (next == VCLOCK_NEVER)
        alarm_clear(&rtc->alarm);
    else
        alarm_set(&rtc->alarm, rtc->clock->now + (next - now));
    if (level == rtc->asking)
        return;
    rtc->asking = level;
    line_set(&rtc->irq, level);
}

static void ring(void *chip)
{
    settle(chip);
    update(chip);
}

/* ---- registers ---- */

/* "The first update cycle begins one-half second after reset is removed" from the divider chain. */
static void write_a(rtc_t *rtc, u8 value)
{
    bool ran = running(rtc);
    rtc->cmos[A] = value & (A_DV | A_RS);
    if (ran || !running(rtc))
        return;
    rtc->chain = rtc->clock->now - SECOND / 2;
    rtc->seen = SECOND / 2;
}

static void write_b(rtc_t *rtc, u8 value)
{
    if (value & B_DSE)
        lacking("rtc: daylight saving (register B, DSE)");
    if (value & B_SET && !(rtc->cmos[B] & B_SET))
        value &= (u8)~B_UIE;                             /* "the SET bit going high clears UIE" */
    rtc->cmos[B] = value;
}

static void write_register(rtc_t *rtc, u8 value)
{
    switch (rtc->index) {
    case A: write_a(rtc, value); break;
    case B: write_b(rtc, value); break;
    case C: case D: break;                               /* read only */
    default: rtc->cmos[rtc->index & (RTC_BYTES - 1)] = value;
    }
}

static u8 read_c(rtc_t *rtc)
{
    u8 flags = (u8)(rtc->cmos[C] | (asks(rtc) ? C_IRQF : 0));
    rtc->cmos[C] = 0;
    return flags;
}

u32 rtc_read(void *chip, u16 reg)
{
    rtc_t *rtc = chip;
    if (!(reg & 1))
        return 0xFF;                                     /* the index cannot be read back */
    settle(rtc);
    u8 value = rtc->cmos[rtc->index & (RTC_BYTES - 1)];
    if (rtc->index == A && update_in_progress(rtc))
        value |= A_UIP;
    if (rtc->index == C)
        value = read_c(rtc);
    update(rtc);
    return value;
}

void rtc_write(void *chip, u16 reg, u32 value)
{
    rtc_t *rtc = chip;
    if (!(reg & 1)) {
        rtc->index = value & (RTC_BYTES - 1);
        rtc->nmi_masked = value & 0x80;
        return;
    }
    settle(rtc);
    write_register(rtc, (u8)value);
    update(rtc);
}

/* ---- the board's side ---- */

void rtc_cmos_set(rtc_t *rtc, u8 index, u8 value)
{
    index &= RTC_BYTES - 1;
    if (index > D)
        rtc->cmos[index] = value;
}

u8 rtc_cmos_get(const rtc_t *rtc, u8 index)
{
    rtc_t now = *rtc;                                    /* looking changes nothing, not even how far the chip has caught up */
    settle(&now);
    return now.cmos[index & (RTC_BYTES - 1)];
}

void rtc_cmos_checksum(rtc_t *rtc)
{
    u32 sum = 0;
    for (u32 i = 0x10; i <= 0x2D; i++)
        sum += rtc->cmos[i];
    rtc->cmos[0x2E] = (u8)(sum >> 8);
    rtc->cmos[0x2F] = (u8)sum;
}

/* "RESET": PIE, AIE, UIE, SQWE and all flags are cleared; the clock goes on. */
void rtc_reset(rtc_t *rtc)
{
    settle(rtc);
    rtc->cmos[B] &= (u8)~(B_PIE | B_AIE | B_UIE | B_SQWE);
    rtc->cmos[C] = 0;
    rtc->nmi_masked = false;
    update(rtc);
}

void rtc_init(rtc_t *rtc, vclock_t *clock, s64 seconds)
{
    *rtc = (rtc_t){ .clock = clock, .chain = clock->now };
    alarm_init(&rtc->alarm, clock, ring, rtc);
    rtc->cmos[A] = A_DV_RUN | 6;                         /* 1024 Hz, as every PC BIOS sets it */
    rtc->cmos[B] = B_24;
    rtc->cmos[D] = D_VRT;
    s64 t = (seconds % DAY_SECONDS + DAY_SECONDS) % DAY_SECONDS, days = (seconds - t) / DAY_SECONDS;
    set_time_of_day(rtc, (u32)t);
    set_date(rtc, date_of(days));
    rtc->cmos[WEEKDAY] = encode(rtc, weekday_of(days) + 1);
}

void rtc_walk(rtc_t *rtc, walker_t *w)
{
    walk_chip(w, "rtc", 1);
    FIELD_ARRAY(w, rtc->cmos);
    FIELD_MAX(w, rtc->index, RTC_BYTES - 1);
    FIELD(w, rtc->nmi_masked);
    FIELD(w, rtc->chain);
    FIELD(w, rtc->seen);
    alarm_walk(&rtc->alarm, w, "alarm");
    if (!walk_loading(w))
        return;
    rtc->cmos[A] &= A_DV | A_RS;                         /* UIP, IRQF and VRT are made when read */
    rtc->cmos[C] &= C_PF | C_AF | C_UF;
    rtc->cmos[D] = D_VRT;
    rtc->asking = asks(rtc);                             /* no line moves: who listens has the level in its own state */
}
