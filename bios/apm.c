/* apm.c - INT 15h/53h: Advanced Power Management BIOS Interface Specification 1.2, real mode only.
 * The one power state of the board besides on is off, by the PM1 control register (Intel 82371AB, PMCNTRL: SLP_TYP 0, SLP_EN).
 * Left out: the 16- and 32-bit protected mode interfaces, standby and suspend, batteries, timers. */
#include "apm.h"
#include "pci.h"

enum { NOT_CONNECTED = 0x03, ALREADY_CONNECTED = 0x02, NO_16_BIT = 0x06, NO_32_BIT = 0x08, BAD_DEVICE = 0x09,
       BAD_PARAMETER = 0x0A, NOT_DONE = 0x60, NO_EVENTS = 0x80, NOT_SUPPORTED = 0x86 };
enum { SLP_EN = 0x2000, DEVICE_BIOS = 0, DEVICE_ALL = 1, STATE_OFF = 3 };

static u32 installation(regs_t *r)
{
    if (r->bx != DEVICE_BIOS)
        return BAD_DEVICE;
    r->ax = 0x0102;
    r->bx = 0x504D;                             /* "PM" */
    r->cx = 0;                                  /* no protected mode, no slower processor when idle */
    return 0;
}

static u32 connect(const regs_t *r, bool on)
{
    u32 status = r->bx != DEVICE_BIOS ? BAD_DEVICE : EBDA(apm) == on ? (on ? ALREADY_CONNECTED : NOT_CONNECTED) : 0;
    if (!status)
        EBDA_SET(apm, on);
    return status;
}

/* 5307h: "off" of everything; ready, and the states we lack, are told apart. */
static u32 set_state(const regs_t *r)
{
    if (r->bx != DEVICE_ALL)
        return BAD_DEVICE;
    if (r->cx == 0)
        return 0;                               /* on already */
    if (r->cx != STATE_OFF)
        return r->cx < STATE_OFF ? NOT_DONE : BAD_PARAMETER;
    u16 control = (u16)(EBDA(pm_base) + 4);
    out16(control, (in16(control) & ~0x3C00u) | SLP_EN);
    return NOT_DONE;
}

/* 530Ah: on line, no battery. */
static u32 power_status(regs_t *r)
{
    if (r->bx != DEVICE_ALL)
        return BAD_DEVICE;
    r->bx = 0x01FF;
    r->cx = 0x80FF;
    r->dx = 0xFFFF;
    return 0;
}

static u32 service(regs_t *r)
{
    if (!EBDA(pm_base))
        return NOT_SUPPORTED;
    if (r->al == 0x00)
        return installation(r);
    if (r->al == 0x01)
        return connect(r, true);
    if (r->al == 0x02)
        return NO_16_BIT;
    if (r->al == 0x03)
        return NO_32_BIT;
    if (!EBDA(apm))
        return NOT_CONNECTED;
    switch (r->al) {
    case 0x04: return connect(r, false);
    case 0x05: sleep(); return 0;               /* idle: until the next interrupt */
    case 0x06: return 0;                        /* busy: we are never slow */
    case 0x07: return set_state(r);
    case 0x08: case 0x0D: case 0x0F: return 0;  /* enable, engage: there is nothing to switch */
    case 0x09: return 0;
    case 0x0A: return power_status(r);
    case 0x0B: return NO_EVENTS;
    case 0x0E: r->ax = 0x0102; return 0;        /* the version both sides speak */
    default:   return NOT_SUPPORTED;
    }
}

void apm_service(regs_t *r)
{
    u32 status = service(r);
    if (status)
        r->ah = (u8)status;
    carry(r, status != 0);
}
