/* system.c - INT 15h: the system services.  IBM PS/2 and PC BIOS Interface Technical Reference, INT 15h.
 * Left out: the cassette (00h-03h), joystick (84h says "not supported"), 89h (protected mode with our vectors),
 * programmable option select (C4h). */
#include "apm.h"
#include "memory.h"
#include "mouse.h"
#include "rtc.h"

/* The configuration table of INT 15h/C0h: model FC, submodel 1; features: second 8259, clock, INT 15h/4Fh,
 * wait for event, EBDA; enhanced keyboard functions. */
__attribute__((section(".fixed_e6f5"), used))
const u8 configuration[10] = { 8, 0, 0xFC, 0x01, 0x00, 0x74, 0x40, 0x00, 0x00, 0x00 };

static void unsupported(regs_t *r)
{
    r->ah = 0x86;
    carry(r, true);
}

static void good(regs_t *r)
{
    r->ah = 0;
    carry(r, false);
}

/* AX=2400h-2403h */
static void a20(regs_t *r)
{
    switch (r->al) {
    case 0: case 1:
        if (a20_set(r->al)) {
            good(r);
        } else {
            r->ah = 1;
            carry(r, true);
        }
        break;
    case 2: r->al = a20_get(); good(r); break;
    case 3: r->bx = in8(PORT_A) != 0xFF ? 3 : 1; good(r); break;    /* bit 0: controller, bit 1: port 92h */
    default: unsupported(r); break;
    }
}

/* AH=83h: AL=0 set: CX:DX microseconds, then bit 7 of ES:BX; AL=1 cancel. */
static void event_wait(regs_t *r)
{
    if (r->al == 1) {
        rtc_wait_cancel();
        good(r);
    } else if (r->al || !rtc_wait((u32)r->cx << 16 | r->dx, r->es, r->bx)) {
        r->ah = r->al ? 0x86 : 0x83;
        carry(r, true);
    } else
        good(r);
}

/* AH=86h: CX:DX microseconds asleep; the flag is our own at 40:A0h. */
static void wait(regs_t *r)
{
    if (!rtc_wait((u32)r->cx << 16 | r->dx, 0x40, OFFSET(bda_t, wait_active))) {
        r->ah = 0x83;
        carry(r, true);
        return;
    }
    cli();
    while (!(BDA(wait_active) & 0x80))
        sleep();
    BDA_SET(wait_active, 0);
    good(r);
}

void system_service(regs_t *r)
{
    switch (r->ah) {
    case 0x24: a20(r); break;
    case 0x4F: carry(r, true); break;           /* the scan code in AL is to be used as it is */
    case 0x53: apm_service(r); break;
    case 0x80: case 0x81: case 0x82: case 0x85: case 0x90: case 0x91: good(r); break;
    case 0x83: event_wait(r); break;
    case 0x86: wait(r); break;
    case 0x87: move_service(r); break;
    case 0x88: memory_88(r); break;
    case 0xC0:
        r->es = (u16)my_segment();
        r->bx = (u16)(u32)configuration;
        good(r);
        break;
    case 0xC1: r->es = (u16)ebda_segment(); carry(r, false); break;
    case 0xC2: mouse_service(r); break;
    case 0xE8:
        if (r->al == 0x01) memory_e801(r);
        else if (r->al == 0x20) memory_e820(r);
        else unsupported(r);
        break;
    default: unsupported(r); break;
    }
}
