/* piix_pm.h - Intel 82371AB PIIX4, function 3: power management as ACPI sees it, the ports B2h and B3h, and an SMBus with nothing on it. */
#pragma once
#include "devices/pci.h"
#include "devices/vclock.h"
#include "mem/bus.h"

enum { PIIX_PM_PORTS = 64, PIIX_SMBUS_PORTS = 16 };

typedef struct piix_pm {
    pci_function_t pci;
    vclock_t *clock;
    bus_t    *bus;
    unsigned  pm_row, smbus_row;     /* of the port table */
    alarm_t   overflow;              /* the timer's next overflow, while somebody waits for it */
    line_t    sci;                   /* IRQ 9, a level */
    line_t    power_off;             /* a pulse: S5 was asked for */
    u16 status, enable, control;     /* PMSTS, PMEN, PMCNTRL */
    u16 gp_status, gp_enable;        /* GPSTS, GPEN */
    u16 quiet_enable;                /* the enable half of the block at AFE0h */
    u64 half;                        /* how many times bit 23 of the timer had changed when we last looked */
    u8  apmc, apms;                  /* B2h, B3h */
    u8  smbus[PIIX_SMBUS_PORTS];     /* the host controller's registers */
    bool rtc;                        /* level of IRQ 8 */
    bool asserted;                   /* of sci; derived */
} piix_pm_t;

bool piix_pm_init(piix_pm_t *chip, pci_t *pci, u8 devfn, vclock_t *clock, bus_t *bus);
void piix_pm_reset(piix_pm_t *chip);
void piix_pm_power_button(piix_pm_t *chip);                  /* pressed */
void piix_pm_rtc(void *chip, int pin, bool level);           /* line_fn: the clock's alarm line, IRQ 8 */

u32  piix_pm_read(void *chip, u16 reg, width_t w);           /* PMBASE: a wide row of 64 ports */
void piix_pm_write(void *chip, u16 reg, width_t w, u32 value);
u32  piix_smbus_read(void *chip, u16 reg, width_t w);        /* SMBBA: a wide row of 16 ports */
void piix_smbus_write(void *chip, u16 reg, width_t w, u32 value);
u32  piix_apm_read(void *chip, u16 reg);                     /* B2h, B3h: width 8 */
void piix_apm_write(void *chip, u16 reg, u32 value);
u32  piix_gpe_read(void *chip, u16 reg);                     /* AFE0h-AFE3h: width 8 */
void piix_gpe_write(void *chip, u16 reg, u32 value);
void piix_pm_walk(piix_pm_t *chip, walker_t *w);             /* after pci_walk */
