/* keyread.c - INT 16h: the keyboard, as programs ask for it; and the keyboard's start.
 * IBM PS/2 and PC BIOS Interface Technical Reference, INT 16h. */
#include "keyboard.h"

/* Old programs (AH=00h, 01h) are shown what an 84-key keyboard could send. */
static bool old_code(u32 *code)
{
    u32 high = *code >> 8, low = *code & 0xFF;
    if (high == 0xE0)
        *code = low == '/' ? 0x352F : 0x1C00 | low;
    else if (low == 0xF0 && high)
        return false;
    else if (low == 0xE0 && high)
        *code = high << 8;
    else if (high > 0x84 && !low)
        return false;
    return true;
}

static bool new_code(u32 *code)
{
    if ((*code & 0xFF) == 0xF0 && *code >> 8)
        *code &= 0xFF00;
    return true;
}

/* The next keystroke, if there is one; strokes the caller cannot see are dropped. */
static bool key_next(bool enhanced, bool take, u32 *code)
{
    u32 flags = flags_save(), head;
    bool found = false;
    while (!found && (head = BDA(key_head)) != BDA(key_tail)) {
        *code = peek16(0x40, head);
        found = enhanced ? new_code(code) : old_code(code);
        if (!found || take)
            BDA_SET(key_head, key_after(head));
    }
    flags_restore(flags);
    return found;
}

/* While INT 16h waits (entry.S). */
void keyboard_idle(regs_t *r)
{
    (void)r;
    keyboard_leds();
}

/* There was a key when we were called; this waits only if it was one that the caller cannot see. */
static void key_wait(regs_t *r, bool enhanced)
{
    u32 code;
    while (!key_next(enhanced, true, &code)) {
        cli();
        keyboard_leds();
        if (BDA(key_head) == BDA(key_tail))
            sleep();
    }
    r->ax = (u16)code;
}

static void key_look(regs_t *r, bool enhanced)
{
    u32 code;
    sti();                                      /* a polling loop must let keys in */
    __asm__ volatile("nop");
    cli();
    keyboard_leds();
    bool there = key_next(enhanced, false, &code);
    if (there)
        r->ax = (u16)code;
    zero(r, !there);
}

/* AH=03h, AL=05h: BH = delay 0-3, BL = rate 0-1Fh. */
static void typematic(u32 delay_rate)
{
    u8 byte;
    u32 flags = flags_save();
    kbc_write(KBC_DATA, 0xF3);
    kbc_read(&byte);
    kbc_write(KBC_DATA, (delay_rate >> 3 & 0x60) | (delay_rate & 0x1F));
    kbc_read(&byte);
    flags_restore(flags);
}

/* Right Ctrl and Alt, and SysRq, in the places AH=12h shows them. */
static u32 extended_flags(void)
{
    u32 more = BDA(shift_more), flags = BDA(key_flags);
    return (more & 0x73) | (flags & 0x0C) | (more & 0x04 ? 0x80 : 0);
}

void keyboard_service(regs_t *r)
{
    switch (r->ah) {
    case 0x00: key_wait(r, false); break;
    case 0x01: key_look(r, false); break;
    case 0x02: r->al = BDA(shift); break;
    case 0x03: if (r->al == 5) typematic(r->bx); break;
    case 0x05: r->al = !key_store(r->cx); break;
    case 0x09: r->al = 0x64; break;             /* typematic rate; AH=0Ah; enhanced services */
    case 0x0A: r->bx = 0x41AB; break;           /* an MF2 keyboard behind a translating controller */
    case 0x10: key_wait(r, true); break;
    case 0x11: key_look(r, true); break;
    case 0x12: r->al = BDA(shift); r->ah = (u8)extended_flags(); break;
    default: break;
    }
}

void keyboard_start(void)
{
    u8 byte;
    BDA_SET(key_start, 0x1E);
    BDA_SET(key_end, 0x3E);
    BDA_SET(key_head, 0x1E);
    BDA_SET(key_tail, 0x1E);
    BDA_SET(key_flags, 0x10);
    kbc_write(KBC_COMMAND, 0xAD);
    kbc_write(KBC_COMMAND, 0xA7);
    while (in8(KBC_STATUS) & 1)
        in8(KBC_DATA);
    kbc_write(KBC_COMMAND, 0xAA);               /* self-test, 55h is good */
    if (!kbc_read(&byte) || byte != 0x55)
        print(TEXT("Keyboard controller does not answer\n"));
    kbc_write(KBC_COMMAND, 0xAE);
    kbc_write(KBC_COMMAND, 0x60);
    kbc_write(KBC_DATA, 0x64);                  /* translate, system flag, clocks on but the mouse's, no IRQs yet */
    kbc_write(KBC_DATA, 0xFF);                  /* reset: ACK, then AAh when the test has passed */
    bool well = kbc_read(&byte) && byte == 0xFA && kbc_read(&byte) && byte == 0xAA;
    if (!well)
        print(TEXT("Keyboard not found\n"));
    kbc_write(KBC_DATA, 0xF4);
    kbc_read(&byte);
    kbc_write(KBC_COMMAND, 0x60);
    kbc_write(KBC_DATA, 0x65);                  /* IRQ 1 on */
    irq_enable(1);
}
