/* mouse.c - the PS/2 pointing device: INT 15h/C2h and IRQ 12.
 * IBM PS/2 and PC BIOS Interface Technical Reference, INT 15h AH=C2h, and the EBDA's pointing device fields;
 * device commands as in the IBM PS/2 Mouse technical reference.  The handler is called from entry.S. */
#include "mouse.h"

enum { OK = 0, BAD_FUNCTION = 1, BAD_INPUT = 2, INTERFACE = 3, RESEND = 4, NO_HANDLER = 5 };
enum { ACK = 0xFA, HANDLER_SET = 0x80 };

/* ---- the device, polled; its interrupt is off meanwhile ---- */

static void command_byte(u32 clear, u32 set)
{
    u8 byte = 0;
    kbc_write(KBC_COMMAND, 0x20);
    kbc_read(&byte);
    kbc_write(KBC_COMMAND, 0x60);
    kbc_write(KBC_DATA, (byte & ~clear) | set);
    kbc_empty_input();
}

/* Everything to or from the device happens between these two: keyboard and mouse bytes share a register. */
static void quiet(void)
{
    cli();
    kbc_write(KBC_COMMAND, 0xAD);
    command_byte(0x03, 0x20);
    while (in8(KBC_STATUS) & 1)
        in8(KBC_DATA);
}

static void resume(void)
{
    bool on = EBDA(mouse_enabled);
    command_byte(0x30, on ? 0x03 : 0x01);
    if (!on)
        kbc_write(KBC_COMMAND, 0xA7);
    kbc_write(KBC_COMMAND, 0xAE);
    kbc_empty_input();
    EBDA_SET(mouse_status, EBDA(mouse_status) & 0xF8);
}

/* A byte to the mouse and its acknowledgement. */
static u32 tell(u32 byte)
{
    u8 answer;
    kbc_write(KBC_COMMAND, 0xD4);
    kbc_write(KBC_DATA, byte);
    if (!kbc_read(&answer))
        return INTERFACE;
    return answer == ACK ? OK : answer == 0xFE ? RESEND : INTERFACE;
}

static u32 tell2(u32 byte, u32 parameter)
{
    u32 status = tell(byte);
    return status ? status : tell(parameter);
}

static u32 wait_byte(u8 *byte) { return kbc_read(byte) ? OK : INTERFACE; }

/* ---- the functions ---- */

static u32 enable(u32 on)
{
    if (on > 1)
        return BAD_INPUT;
    if (on && !(EBDA(mouse_wanted) & HANDLER_SET))
        return NO_HANDLER;
    quiet();
    u32 status = tell(on ? 0xF4 : 0xF5);
    if (!status)
        EBDA_SET(mouse_enabled, on);
    resume();
    if (on && !status) {
        irq_enable(2);
        irq_enable(12);
    }
    return status;
}

static u32 reset(regs_t *r)
{
    u8 test = 0, id = 0;
    quiet();
    u32 status = tell(0xFF);
    if (!status)
        status = wait_byte(&test);
    if (!status)
        status = wait_byte(&id);
    if (!status && test != 0xAA)
        status = INTERFACE;
    EBDA_SET(mouse_enabled, 0);
    EBDA_SET(mouse_id, id);
    resume();
    r->bl = test;
    r->bh = id;
    return status;
}

static u32 set_rate(u32 code)
{
    static const rom u8 rates[] = { 10, 20, 40, 60, 80, 100, 200 };
    if (code >= COUNT_OF(rates))
        return BAD_INPUT;
    quiet();
    u32 status = tell2(0xF3, rates[code]);
    resume();
    return status;
}

static u32 set_resolution(u32 code)
{
    if (code > 3)
        return BAD_INPUT;
    quiet();
    u32 status = tell2(0xE8, code);
    resume();
    return status;
}

static u32 get_type(regs_t *r)
{
    u8 id = 0;
    quiet();
    u32 status = tell(0xF2);
    if (!status)
        status = wait_byte(&id);
    resume();
    if (!status)
        r->bh = id;
    return status;
}

/* AL=05h: packet size, then a reset (the device is left disabled at 100 reports a second, 4 counts a mm). */
static u32 initialise(regs_t *r)
{
    if (r->bh < 1 || r->bh > 8)
        return BAD_INPUT;
    EBDA_SET(mouse_wanted, (EBDA(mouse_wanted) & HANDLER_SET) | (r->bh - 1u));
    return reset(r);
}

/* AL=06h: 0 status, 1 and 2 scaling 1:1 and 2:1. */
static u32 extended(regs_t *r)
{
    u8 b[3] = { 0 };
    u32 status = OK;
    if (r->bh > 2)
        return BAD_INPUT;
    quiet();
    status = tell(r->bh == 0 ? 0xE9 : r->bh == 1 ? 0xE6 : 0xE7);
    for (u32 i = 0; i < 3 && r->bh == 0 && !status; i++)
        status = wait_byte(&b[i]);
    resume();
    if (r->bh == 0 && !status) {
        r->bl = b[0];
        r->cl = b[1];
        r->dl = b[2];
    }
    return status;
}

/* AL=07h: ES:BX the program's handler, 0:0 to take it away. */
static u32 set_handler(const regs_t *r)
{
    u32 flags = flags_save(), wanted = EBDA(mouse_wanted);
    bool none = !r->es && !r->bx;
    EBDA_SET(mouse_offset, r->bx);
    EBDA_SET(mouse_segment, r->es);
    EBDA_SET(mouse_wanted, none ? wanted & ~(u32)HANDLER_SET : wanted | HANDLER_SET);
    flags_restore(flags);
    return OK;
}

void mouse_service(regs_t *r)
{
    u32 status, flags = flags_save();
    switch (r->al) {
    case 0: status = enable(r->bh); break;
    case 1: status = reset(r); break;
    case 2: status = set_rate(r->bh); break;
    case 3: status = set_resolution(r->bh); break;
    case 4: status = get_type(r); break;
    case 5: status = initialise(r); break;
    case 6: status = extended(r); break;
    case 7: status = set_handler(r); break;
    default: status = BAD_FUNCTION; break;
    }
    flags_restore(flags);
    r->ah = (u8)status;
    carry(r, status != OK);
}

/* ---- IRQ 12 ---- */

/* Answers entry.S in the registers: AL 1: call the handler with EBX = x << 16 | status, ECX = z << 16 | y. */
void mouse_interrupt(regs_t *r)
{
    r->eax = 0;
    if ((in8(KBC_STATUS) & 0x21) != 0x21)
        return;
    u32 byte = in8(KBC_DATA), wanted = EBDA(mouse_wanted), index = EBDA(mouse_status) & 7, segment = ebda_segment();
    if (!(wanted & HANDLER_SET))
        return;
    poke8(segment, OFFSET(ebda_t, mouse_packet) + index, byte);
    if (index < (wanted & 7)) {
        EBDA_SET(mouse_status, (EBDA(mouse_status) & 0xF8) | (index + 1));
        return;
    }
    EBDA_SET(mouse_status, EBDA(mouse_status) & 0xF8);
    u32 packet = peek32(segment, OFFSET(ebda_t, mouse_packet));
    r->ebx = (packet & 0xFF) | (packet & 0xFF00) << 8;
    r->ecx = (packet >> 16 & 0xFF) | ((wanted & 7) > 2 ? packet >> 24 << 16 : 0);
    r->eax = 1;
}

/* Is a mouse there?  Interrupts are off, the keyboard is up. */
void mouse_start(void)
{
    u8 id;
    EBDA_SET(mouse_wanted, 2);
    quiet();
    bool found = tell(0xFF) == OK && !wait_byte(&id) && id == 0xAA && !wait_byte(&id);
    resume();
    if (!found)
        return;
    BDA_SET(equipment, BDA(equipment) | 0x04);
    print(TEXT("PS/2 mouse\n"));
}
