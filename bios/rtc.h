/* rtc.h - what INT 15h needs of the clock. */
#pragma once
#include "system.h"
bool rtc_wait(u32 microseconds, u32 segment, u32 offset);
void rtc_wait_cancel(void);
