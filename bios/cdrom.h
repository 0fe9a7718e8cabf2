/* cdrom.h - the CD-ROM drive: starting systems from it, and INT 13h for it. */
#pragma once
#include "ata.h"

void   cd_found(const disk_t *disk);            /* at power-on; the first one counts */
text_t cd_boot(void);                           /* comes back with the reason why not */
bool   cd_service(regs_t *r);                   /* INT 13h, DL >= 80h: false: not the CD's number */
