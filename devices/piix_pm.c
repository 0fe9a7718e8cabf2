/* piix_pm.c - Intel 82371AB PIIX4, function 3: power management (data sheet 290562-001, chapters 7.1-7.3 and 10), as the Advanced
 * Configuration and Power Interface specification 1.0b, chapter 4.7, uses it.
 *
 * PM1a status, enable and control, the 24-bit timer at 3.579545 MHz, a general purpose event block; S5 switches the power off.
 * The processor has no system management mode: what firmware's SMI handler would do at B2h is done here, ACPI_ENABLE (F1h) and
 * ACPI_DISABLE (F0h) set and clear SCI_EN; APMC_EN (58h bit 25) reads as set up already, so that firmware installs no handler.
 * AFE0h-AFE3h is QEMU's general purpose event block (status, enable; its docs/specs/acpi_pci_hotplug.rst), which SeaBIOS's tables name:
 * no event ever comes there.
 * On the SMBus every address is empty: a transaction ends with the device error.
 * Left out: sleep states other than S5 (S1 and S3 are refused: nothing happens, said once), throttling and clock control (PCNTRL, LVL2 and
 * LVL3 are kept), global and device monitors (10h-3Fh), the general purpose inputs and outputs, SMI. */
#include "devices/piix_pm.h"

enum { PMSTS = 0x00, PMEN = 0x02, PMCNTRL = 0x04, PMTMR = 0x08, GPSTS = 0x0C, GPEN = 0x0E };
enum { TMROF = 0x0001, GBL = 0x0020, PWRBTN = 0x0100, RTC = 0x0400, RSM = 0x8000 };
enum { STATUS_BITS = TMROF | 0x10 | GBL | PWRBTN | RTC | RSM, ENABLE_BITS = TMROF | GBL | PWRBTN | RTC };
enum { SCI_EN = 0x0001, SLP_TYP = 0x1C00, SLP_EN = 0x2000, CONTROL_BITS = 0x0003 | SLP_TYP };
enum { GP_STATUS_BITS = 0x0F81, GP_ENABLE_BITS = 0x0F01 };
enum { ACPI_DISABLE = 0xF0, ACPI_ENABLE = 0xF1 };
enum { PMBASE = 0x40, PMREGMISC = 0x80, SMBBA = 0x90, SMBHSTCFG = 0xD2 };
enum { TIMER_HZ = 3579545, NS = 1000000000, HALF_BITS = 23 };
enum { SMBHSTSTS = 0, SMBHSTCNT = 2, SMB_DEV_ERR = 0x04, SMB_START = 0x40 };

static const pci_register_t registers[] = {
    { PCI_ID, 4, 0x71138086, 0, 0 },
    { PCI_COMMAND, 2, 0x0000, 0x0001, 0 },
    { PCI_STATUS, 2, 0x0280, 0, 0x0800 },
    { PCI_CLASS, 4, 0x06800003, 0, 0 },
    { PCI_INTERRUPT, 4, 0x00000109, 0x000000FF, 0 },         /* the SCI is IRQ 9 by a wire of its own */
    { PMBASE, 4, 0x00000001, 0x0000FFC0, 0 },
    { 0x44, 4, 0, 0xFFFFFFFF, 0 },                           /* CNTA */
    { 0x48, 4, 0, 0xFFFFFFFF, 0 },                           /* CNTB */
    { 0x4C, 4, 0, 0xFFFFFFFF, 0 },                           /* GPICTL */
    { 0x50, 4, 0, 0xFFFFFFFF, 0 },                           /* DEVRESD */
    { 0x54, 4, 0, 0xFFFFFFFF, 0 },                           /* DEVACTA */
    { 0x58, 4, 0x02000000, 0xFDFFFFFF, 0 },                  /* DEVACTB */
    { 0x5C, 4, 0, 0xFFFFFFFF, 0 },                           /* DEVRESA-J, six registers */
    { 0x60, 4, 0, 0xFFFFFFFF, 0 }, { 0x64, 4, 0, 0xFFFFFFFF, 0 }, { 0x68, 4, 0, 0xFFFFFFFF, 0 },
    { 0x6C, 4, 0, 0xFFFFFFFF, 0 }, { 0x70, 4, 0, 0xFFFFFFFF, 0 }, { 0x74, 4, 0, 0xFFFFFFFF, 0 },
    { PMREGMISC, 1, 0, 0x01, 0 },                            /* PMIOSE */
    { SMBBA, 4, 0x00000001, 0x0000FFF0, 0 },
    { SMBHSTCFG, 1, 0, 0x0F, 0 },
    { 0xD3, 3, 0, 0xFFFFFF, 0 },                             /* SMBSLVC, SMBSHDW1, 2 */
};

/* ---- the timer ---- */

static u64 ticks(const piix_pm_t *chip) { return muldiv64(chip->clock->now, TIMER_HZ, NS); }

/* The first moment at which `tick` has been counted. */
static u64 moment_of(u64 tick) { return tick / TIMER_HZ * NS + (tick % TIMER_HZ * NS + TIMER_HZ - 1) / TIMER_HZ; }

/* "TMROF_STS: set anytime bit 23 of the timer changes" (ACPI 4.7.3.1.1, TMR_STS). */
static void look_at_timer(piix_pm_t *chip)
{
    u64 half = ticks(chip) >> HALF_BITS;
    if (half != chip->half)
        chip->status |= TMROF;
    chip->half = half;
}

/* ---- the interrupt ---- */

static bool wanted(const piix_pm_t *chip)
{
    return chip->control & SCI_EN && ((chip->status & chip->enable & ENABLE_BITS) || (chip->gp_status & chip->gp_enable & GP_ENABLE_BITS));
}

static void update(piix_pm_t *chip)
{
    bool waits = chip->control & SCI_EN && chip->enable & TMROF && !(chip->status & TMROF);
    alarm_set(&chip->overflow, waits ? moment_of((chip->half + 1) << HALF_BITS) : VCLOCK_NEVER);
    if (wanted(chip) == chip->asserted)
        return;
    chip->asserted = !chip->asserted;
    line_set(&chip->sci, chip->asserted);
}

static void ring(void *self)
{
    look_at_timer(self);
    update(self);
}

void piix_pm_power_button(piix_pm_t *chip)
{
    look_at_timer(chip);
    chip->status |= PWRBTN;
    update(chip);
}

void piix_pm_rtc(void *self, int pin, bool level)
{
    piix_pm_t *chip = self;
    (void)pin;
    if (level && !chip->rtc)
        chip->status |= RTC;
    chip->rtc = level;
    look_at_timer(chip);
    update(chip);
}

/* ---- PM registers ---- */

/* SLP_EN always reads 0.  SLP_TYP 0 is soft off. */
static void write_control(piix_pm_t *chip, u16 value)
{
    chip->control = value & CONTROL_BITS;
    if (!(value & SLP_EN))
        return;
    if (value & SLP_TYP) {
        lacking("piix pm: a sleep state other than soft off");
        return;
    }
    line_set(&chip->power_off, true);
    line_set(&chip->power_off, false);
}

/* Registers as words; what is not there reads 0. */
static u16 read_word(const piix_pm_t *chip, unsigned at)
{
    switch (at) {
    case PMSTS:     return chip->status;
    case PMEN:      return chip->enable;
    case PMCNTRL:   return chip->control;
    case PMTMR:     return (u16)ticks(chip);
    case PMTMR + 2: return (u16)(ticks(chip) >> 16 & 0xFF);
    case GPSTS:     return chip->gp_status;
    case GPEN:      return chip->gp_enable;
    default:        return 0;
    }
}

/* `lanes`: the bits whose bytes are being written. */
static void write_word(piix_pm_t *chip, unsigned at, u16 value, u16 lanes)
{
    switch (at) {
    case PMSTS:   chip->status &= (u16)~(value & lanes); break;
    case PMEN:    chip->enable = ((chip->enable & ~lanes) | (value & lanes)) & ENABLE_BITS; break;
    case PMCNTRL: write_control(chip, (u16)((chip->control & ~lanes) | (value & lanes))); break;
    case GPSTS:   chip->gp_status &= (u16)~(value & lanes); break;
    case GPEN:    chip->gp_enable = ((chip->gp_enable & ~lanes) | (value & lanes)) & GP_ENABLE_BITS; break;
    default:      break;
    }
}

u32 piix_pm_read(void *self, u16 reg, width_t w)
{
    piix_pm_t *chip = self;
    unsigned at = reg & 0x3Cu;
    look_at_timer(chip);
    return (read_word(chip, at) | (u32)read_word(chip, at + 2) << 16) >> 8 * (reg & 3) & mask(w);
}

void piix_pm_write(void *self, u16 reg, width_t w, u32 value)
{
    piix_pm_t *chip = self;
    unsigned at = reg & 0x3Cu, shift = 8 * (reg & 3u);
    u32 lanes = mask(w) << shift;
    value <<= shift;
    look_at_timer(chip);
    if (lanes & 0xFFFF) write_word(chip, at, (u16)value, (u16)lanes);
    if (lanes >> 16)    write_word(chip, at + 2, (u16)(value >> 16), (u16)(lanes >> 16));
    update(chip);
}

/* ---- B2h, B3h ---- */

u32 piix_apm_read(void *self, u16 reg) { const piix_pm_t *chip = self; return reg ? chip->apms : chip->apmc; }

void piix_apm_write(void *self, u16 reg, u32 value)
{
    piix_pm_t *chip = self;
    if (reg) {
        chip->apms = (u8)value;
        return;
    }
    chip->apmc = (u8)value;
    if (value == ACPI_ENABLE)  chip->control |= SCI_EN;
    if (value == ACPI_DISABLE) chip->control &= (u16)~SCI_EN;
    look_at_timer(chip);
    update(chip);
}

/* ---- AFE0h ---- */

u32 piix_gpe_read(void *self, u16 reg)
{
    const piix_pm_t *chip = self;
    return reg < 2 ? 0 : (u32)chip->quiet_enable >> 8 * (reg & 1u);
}

void piix_gpe_write(void *self, u16 reg, u32 value)
{
    piix_pm_t *chip = self;
    unsigned shift = 8 * (reg & 1u);
    if (reg >= 2)
        chip->quiet_enable = (u16)((chip->quiet_enable & ~(0xFFu << shift)) | (value & 0xFF) << shift);
}

/* ---- SMBus (7.3) ---- */

u32 piix_smbus_read(void *self, u16 reg, width_t w)
{
    const piix_pm_t *chip = self;
    u32 value = 0;
    for (unsigned k = 0; k < (unsigned)w / 8; k++)
        value |= (u32)chip->smbus[(reg + k) & (PIIX_SMBUS_PORTS - 1)] << 8 * k;
    return value;
}

static void write_smbus(piix_pm_t *chip, unsigned at, u8 value)
{
    bool start = at == SMBHSTCNT && value & SMB_START;
    if (at == SMBHSTSTS)
        chip->smbus[at] &= (u8)~value;
    else
        chip->smbus[at] = (u8)(at == SMBHSTCNT ? value & ~SMB_START : value);
    if (start)
        chip->smbus[SMBHSTSTS] |= SMB_DEV_ERR;
}

void piix_smbus_write(void *self, u16 reg, width_t w, u32 value)
{
    for (unsigned k = 0; k < (unsigned)w / 8; k++)
        write_smbus(self, (reg + k) & (PIIX_SMBUS_PORTS - 1), (u8)(value >> 8 * k));
}

/* ---- life ---- */

static void written(void *self, unsigned at, unsigned bytes)
{
    piix_pm_t *chip = self;
    u16 pm = (u16)(pci_get(&chip->pci, PMBASE, W16) & 0xFFC0), smb = (u16)(pci_get(&chip->pci, SMBBA, W16) & 0xFFF0);
    bool pm_on = pm && chip->pci.config[PMREGMISC] & 1;
    bool smb_on = smb && chip->pci.config[SMBHSTCFG] & 1 && chip->pci.config[PCI_COMMAND] & PCI_IO;
    (void)at; (void)bytes;
    bus_move_ports(chip->bus, chip->pm_row, pm_on ? pm : 0, pm_on ? PIIX_PM_PORTS : 0);
    bus_move_ports(chip->bus, chip->smbus_row, smb_on ? smb : 0, smb_on ? PIIX_SMBUS_PORTS : 0);
}

bool piix_pm_init(piix_pm_t *chip, pci_t *pci, u8 devfn, vclock_t *clock, bus_t *bus)
{
    *chip = (piix_pm_t){ .clock = clock, .bus = bus };
    chip->pci = (pci_function_t){ .name = "piix-pm-config", .devfn = devfn, .rows = registers, .n_rows = COUNT_OF(registers), .chip = chip,
                                  .written = written };
    const wide_range_t pm = { .name = "acpi pm", .read = piix_pm_read, .write = piix_pm_write, .chip = chip };
    const wide_range_t smbus = { .name = "smbus", .read = piix_smbus_read, .write = piix_smbus_write, .chip = chip };
    chip->pm_row = bus_attach_movable(bus, &pm);
    chip->smbus_row = bus_attach_movable(bus, &smbus);
    alarm_init(&chip->overflow, clock, ring, chip);
    return chip->pm_row && chip->smbus_row && pci_add(pci, &chip->pci);
}

/* The timer runs on: it has no reset. */
void piix_pm_reset(piix_pm_t *chip)
{
    chip->status = chip->enable = chip->control = chip->gp_status = chip->gp_enable = chip->quiet_enable = 0;
    chip->apmc = chip->apms = 0;
    memset(chip->smbus, 0, sizeof chip->smbus);
    chip->half = ticks(chip) >> HALF_BITS;
    update(chip);
}

void piix_pm_walk(piix_pm_t *chip, walker_t *w)
{
    walk_chip(w, "piix-pm", 1);
    FIELD(w, chip->status); FIELD(w, chip->enable); FIELD(w, chip->control);
    FIELD(w, chip->gp_status); FIELD(w, chip->gp_enable); FIELD(w, chip->quiet_enable);
    FIELD_MAX(w, chip->half, UINT64_MAX >> HALF_BITS);
    FIELD(w, chip->apmc); FIELD(w, chip->apms);
    FIELD_ARRAY(w, chip->smbus);
    FIELD(w, chip->rtc);
    alarm_walk(&chip->overflow, w, "overflow");
    if (!walk_loading(w))
        return;
    chip->status &= STATUS_BITS;
    chip->enable &= ENABLE_BITS;
    chip->control &= CONTROL_BITS;
    chip->gp_status &= GP_STATUS_BITS;
    chip->gp_enable &= GP_ENABLE_BITS;
    chip->asserted = wanted(chip);   /* no line moves: who listens has the level in its own state */
}
