/* mouse.h - INT 15h/C2h. */
#pragma once
#include "system.h"
void mouse_service(regs_t *r);
