/* options_rows.h - the setters in options.c that the table in options_help.c names. */
#pragma once
#include "frontend/options.h"

#define SETTER(name) bool name(options_t *o, const option_row_t *row, const char *text, why_t *why)
SETTER(set_flag); SETTER(set_text); SETTER(set_later); SETTER(set_help); SETTER(set_ram); SETTER(set_cpu); SETTER(set_engine);
SETTER(set_display); SETTER(set_clock); SETTER(set_serial); SETTER(set_nographic); SETTER(set_boot); SETTER(set_option_rom); SETTER(set_rtc);
SETTER(set_device); SETTER(set_ips); SETTER(set_stop_after); SETTER(set_timeout);
#undef SETTER
