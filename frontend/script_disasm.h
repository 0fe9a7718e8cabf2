/* script_disasm.h - a running guest's memory as instructions, for the script command `disasm`. */
#pragma once
#include "devices/pc.h"
#include "frontend/say.h"

bool script_disasm_knows(const char *where);     /* cs:ip, F000:FFF0, 7C00 */
/* Write `count` instructions from there on to the standard output, as the guest sees its memory now.  false: why says it. */
bool script_disasm(pc_t *pc, const char *where, unsigned count, why_t *why);
