/* calendar.h - days since 1970-01-01 and civil dates (Gregorian, years 0 to 9999), as values. */
#pragma once
#include "mem/base.h"

typedef struct { u32 year, month, day; } date_t;         /* month 1-12, day 1-31 */

/* The calendar repeats every 400 years, 146097 days.  Years are counted from March here, so that the leap day comes last. */
static inline s64 days_of(date_t d)
{
    u32 y = d.year + 400 - (d.month < 3);                /* never below zero */
    u32 month = (d.month + 9) % 12;                      /* March is 0 */
    return (s64)y * 365 + y / 4 - y / 100 + y / 400 + (153 * month + 2) / 5 + d.day - 1 - 719468 - 146097;
}

static inline date_t date_of(s64 days)
{
    s64 n = (days + 719468) % 146097;                    /* within the 400 years */
    s64 era = (days + 719468 - n) / 146097;
    if (n < 0) n += 146097, era--;
    u32 day = (u32)n;
    u32 y = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    u32 of_year = day - (365 * y + y / 4 - y / 100);
    u32 month = (5 * of_year + 2) / 153;
    date_t d = { .day = of_year - (153 * month + 2) / 5 + 1, .month = month < 10 ? month + 3 : month - 9 };
    s64 year = (s64)y + era * 400 + (d.month < 3);
    d.year = (u32)((year % 10000 + 10000) % 10000);
    return d;
}

/* 0 Sunday .. 6 Saturday. */
static inline u32 weekday_of(s64 days) { return (u32)(((days + 4) % 7 + 7) % 7); }
