/* video_tables.h - the tables of video_tables.c. */
#pragma once
#include "video.h"
enum { MODES = 15 };
enum { DAC_EGA, DAC_CGA, DAC_MONO, DAC_VGA };
extern const rom parameters_t parameter_table[29];
extern const rom mode_t mode_table[MODES];
