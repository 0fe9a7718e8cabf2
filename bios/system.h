/* system.h - what the files of the system BIOS know of one another. */
#pragma once
#include "abi.h"
#include "bda.h"
#include "pcio.h"

/* text.c: the sign-on's voice */
void print_char(u32 c);
void print(text_t text);
void print_ram(const char *text);
void print_number(u32 n);
void print_hex(u32 n, u32 digits);
void print_size(u32 sectors, u32 high);         /* of 512 bytes */
void debug(text_t text);
u32  bcd_to_binary(u32 bcd);

/* chips.c: power-on of the board's chips */
void chips_start(void);
void irq_enable(u32 irq);
void irq_disable(u32 irq);
bool irq_enabled(u32 irq);
bool a20_set(bool on);
bool a20_get(void);
u32  cpu_family(char vendor[13]);
u32  cpu_features(void);                         /* CPUID 1, EDX; 0 without CPUID */
u32  cpu_signature(void);
u32  cpu_address_bits(void);
bool wait_idle(u32 irq);                        /* HLT if an interrupt can wake us */
bool hook_wait(u32 device);                     /* INT 15h/90h: true: the wait timed out */
void hook_post(u32 device);                     /* INT 15h/91h */

/* processor.c */
void apic_start(void);
void mtrr_start(void);

/* memory.c */
u32  memory_above_kib(void);                     /* what programs may use from 1 MiB on */
u32  memory_all_kib(void);                       /* and what is there */

/* keyboard.c */
void keyboard_start(void);
void keyboard_leds(void);
bool kbc_write(u32 port, u32 value);
bool kbc_read(u8 *value);
bool kbc_empty_input(void);

/* mouse.c, rtc.c, serial.c */
void mouse_start(void);
void rtc_start(void);
void ports_start(void);

void far_in16(u32 port, u32 segment, u32 offset, u32 words);
void far_out16(u32 port, u32 segment, u32 offset, u32 words);

/* rtc.c: a limit in seconds of the real-time clock, which programs leave alone (the timer they speed up) */
typedef struct { u8 last, left; } limit_t;
void limit_start(limit_t *limit, u32 seconds);
bool limit_over(limit_t *limit);

/* floppy.c, disk.c, ata.c, edd.c */
void floppy_start(void);
void floppy_service(regs_t *r);
void disk_start(void);
void disk_report(void);
void disk_edd(regs_t *r, u32 number);
void disk_result(regs_t *r, u32 status);

/* pci_bios.c */
void pci_bios(regs_t *r);

/* roms.c: option ROMs in segments `from` to below `to` */
u32  rom_blocks(u32 segment);                   /* of 512 bytes; 0: no good ROM */
void rom_start(u32 segment);
bool roms_start(u32 from, u32 to);              /* call their entries; was there one? */
void roms_connect(void);                        /* then their drives join, and what they can start is noted */
bool rom_boot(u32 n);                           /* bootstrap entry n returns only if it started nothing; false: there is none */

/* fwcfg.c */
void fwcfg_roms(void);

/* boot.c */
void boot(u32 next);
