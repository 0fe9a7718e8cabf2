/* apm.h - INT 15h/53h, in apm.c. */
#pragma once
#include "system.h"
void apm_service(regs_t *r);
