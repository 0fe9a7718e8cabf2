/* keyboard.c - IRQ 1 (INT 09h): scan codes become keystrokes in the buffer at 40:1Eh.
 * IBM PS/2 and PC BIOS Interface Technical Reference, INT 09h; AT Technical Reference, "Keyboard".
 * INT 16h, which takes them out again, is in keyread.c; the controller's handshakes are in kbc.c. */
#include "keymap.h"
#include "keyboard.h"

/* ---- the buffer: a ring of words, empty when head = tail ---- */

u32 key_after(u32 offset)
{
    offset += 2;
    return offset >= BDA(key_end) ? BDA(key_start) : offset;
}

bool key_store(u32 code)
{
    u32 tail = BDA(key_tail), next = key_after(tail);
    if (next == BDA(key_head))
        return false;
    poke16(0x40, tail, code);
    BDA_SET(key_tail, next);
    return true;
}

/* Buffer full: a short tone, as loud as the speaker is. */
static void beep(void)
{
    u32 saved = in8(PORT_B);
    out8(PIT_CONTROL, 0xB6); out8(PIT_2, 0x33); out8(PIT_2, 5);
    out8(PORT_B, saved | 3);
    delay(30000);
    out8(PORT_B, saved);
}

static void key_put(u32 code)
{
    if (!key_store(code))
        beep();
    else
        hook_post(0x02);
}

/* ---- LEDs: ED, ACK, state, ACK; each byte is sent when the interrupt of the one before has come ---- */

enum { LED_BUSY = 0x40, LED_ACK = 0x10, LED_RESEND = 0x20, LED_ERROR = 0x80, LED_STATE = 0x07 };

void keyboard_leds(void)
{
    u32 flags = flags_save();
    u32 leds = BDA(key_leds), want = BDA(shift) >> 4 & LED_STATE;
    if ((leds & LED_STATE) != want && !(leds & LED_BUSY)) {
        BDA_SET(key_leds, (leds & ~(u32)(LED_ACK | LED_ERROR)) | LED_BUSY);
        kbc_write(KBC_DATA, 0xED);
    }
    flags_restore(flags);
}

static void leds_acknowledged(void)
{
    u32 leds = BDA(key_leds), want = BDA(shift) >> 4 & LED_STATE;
    if (!(leds & LED_BUSY))
        return;
    if (!(leds & LED_ACK)) {
        BDA_SET(key_leds, (leds & ~(u32)LED_STATE) | LED_ACK | want);
        kbc_write(KBC_DATA, want);
    } else {
        BDA_SET(key_leds, leds & LED_STATE);
        keyboard_leds();
    }
}

static void leds_refused(void) { BDA_SET(key_leds, (BDA(key_leds) & LED_STATE) | LED_ERROR); }

/* ---- shifts and locks ---- */

enum { R_SHIFT = 1, L_SHIFT = 2, CTRL = 4, ALT = 8, SCROLL = 0x10, NUM = 0x20, CAPS = 0x40, INSERT = 0x80 };  /* 40:17 */
enum { L_CTRL = 1, L_ALT = 2, SYSREQ = 4, PAUSED = 8 };                     /* 40:18, and the held locks above */
enum { E1_LAST = 1, E0_LAST = 2, R_CTRL = 4, R_ALT = 8, ENHANCED = 0x10 };  /* 40:96 */

static void change(u32 offset, u32 bits, bool on)
{
    u32 v = peek8(0x40, offset);
    poke8(0x40, offset, on ? v | bits : v & ~bits);
}
enum { AT_SHIFT = 0x17, AT_MORE = 0x18, AT_FLAGS = 0x96 };

static void ctrl_key(bool down, bool grey)
{
    change(grey ? AT_FLAGS : AT_MORE, grey ? R_CTRL : L_CTRL, down);
    change(AT_SHIFT, CTRL, (BDA(shift_more) & L_CTRL) || (BDA(key_flags) & R_CTRL));
}

/* Releasing Alt delivers the number typed on the keypad. */
static void alt_key(bool down, bool grey)
{
    change(grey ? AT_FLAGS : AT_MORE, grey ? R_ALT : L_ALT, down);
    bool alt = (BDA(shift_more) & L_ALT) || (BDA(key_flags) & R_ALT);
    change(AT_SHIFT, ALT, alt);
    if (!alt) {
        u32 number = BDA(numpad);
        BDA_SET(numpad, 0);
        if (number)
            key_put(number);
    }
}

/* A lock toggles at its first make; typematic repeats find it held. */
static void lock_key(bool down, u32 bit)
{
    if (down && !(BDA(shift_more) & bit))
        BDA_SET(shift, BDA(shift) ^ bit);
    change(AT_MORE, bit, down);
}

/* True: the scan code was a shift or lock and is done with. */
static bool shift_key(u32 scan, bool down, bool grey)
{
    bool ctrl = BDA(shift) & CTRL;
    switch (scan) {
    case 0x2A: if (!grey) change(AT_SHIFT, L_SHIFT, down); return true;
    case 0x36: if (!grey) change(AT_SHIFT, R_SHIFT, down); return true;
    case 0x1D: ctrl_key(down, grey); return true;
    case 0x38: alt_key(down, grey); return true;
    case 0x3A: lock_key(down, CAPS); return true;
    case 0x45: if (ctrl) return false; lock_key(down, NUM); return true;
    case 0x46: if (ctrl || grey) return false; lock_key(down, SCROLL); return true;
    default: return false;
    }
}

/* ---- the keys that do something at once ---- */

static void restart(void)
{
    BDA_SET(reset_flag, 0x1234);
    cmos_write(0x0F, 0);
    kbc_write(KBC_COMMAND, 0xFE);
    delay(1000);
    out8(PORT_A, in8(PORT_A) & 0xFEu);
    out8(PORT_A, in8(PORT_A) | 1u);
    __asm__ volatile("ljmpw $0xF000, $0xFFF0");
}

/* Runs until any other key comes; that key only ends the pause. */
static void pause(void)
{
    change(AT_MORE, PAUSED, true);
    eoi1();
    while (BDA(shift_more) & PAUSED)
        sleep();
}

static void ctrl_break(void)
{
    call_t c = call_with(0);
    u32 start = BDA(key_start);
    BDA_SET(key_head, start);
    BDA_SET(key_tail, start);
    BDA_SET(break_flag, 0x80);
    key_put(0);
    eoi1();
    call_interrupt(0x1B, &c);
}

static void system_request(bool down)
{
    if (down == !!(BDA(shift_more) & SYSREQ))
        return;
    change(AT_MORE, SYSREQ, down);
    call_t c = call_with(down ? 0x8500 : 0x8501);
    eoi1();
    sti();
    call_interrupt(0x15, &c);
    cli();
}

/* True: done, and the end of interrupt was given too. */
static bool special_key(u32 scan, bool grey)
{
    u32 shift = BDA(shift);
    if (scan == 0x53 && (shift & (CTRL | ALT)) == (CTRL | ALT))
        restart();
    if (BDA(shift_more) & PAUSED) {
        change(AT_MORE, PAUSED, false);
        eoi1();
        return true;
    }
    if (scan == 0x45 && !grey && (shift & CTRL)) {
        pause();
        return true;
    }
    if (scan == 0x46 && (grey || (shift & CTRL))) {
        ctrl_break();
        return true;
    }
    if (scan == 0x37 && !(shift & (CTRL | ALT)) && (grey || (shift & (L_SHIFT | R_SHIFT)))) {
        call_t c = call_with(0);
        if (!grey && (BDA(key_flags) & ENHANCED))
            return false;                       /* that is the keypad's asterisk */
        eoi1();
        sti();
        call_interrupt(0x05, &c);
        cli();
        return true;
    }
    return false;
}

/* ---- keystrokes ---- */

static bool keypad(u32 scan) { return scan >= 0x47 && scan <= 0x53 && scan != 0x4A && scan != 0x4E; }

/* Alt + keypad digits spell a character. */
static bool alt_digit(u32 scan)
{
    static const rom u8 digit[] = { 7, 8, 9, 255, 4, 5, 6, 255, 1, 2, 3, 0 };
    if (scan < 0x47 || scan > 0x52 || digit[scan - 0x47] > 9)
        return false;
    BDA_SET(numpad, BDA(numpad) * 10 + digit[scan - 0x47]);
    return true;
}

static u32 pick(const rom key_t *key, u32 scan, u32 shift, bool grey)
{
    bool shifted = shift & (L_SHIFT | R_SHIFT);
    if (shift & ALT)
        return key->alt;
    if (shift & CTRL)
        return key->ctrl;
    if (!grey && keypad(scan))
        shifted ^= !!(shift & NUM);
    else if ((shift & CAPS) && (u8)(key->plain - 'a') < 26 && key->plain >> 8 == scan)
        shifted = !shifted;
    return shifted ? key->shift : key->plain;
}

static void key_down(u32 scan, bool grey)
{
    u32 shift = BDA(shift), code = 0;
    if (scan == 0x52 && !(shift & ALT) && (grey || !!(shift & (L_SHIFT | R_SHIFT)) == !!(shift & NUM)))
        lock_key(true, INSERT);
    if (!grey) {
        if ((shift & ALT) && !(shift & CTRL) && alt_digit(scan))
            return;
        if (scan < COUNT_OF(keymap))
            code = pick(&keymap[scan], scan, shift, false);
    } else if (scan == 0x37)
        code = shift & CTRL ? 0x7200 : 0;
    else
        for (u32 i = 0; i < COUNT_OF(keymap_grey); i++)
            if (keymap_grey[i].scan == scan)
                code = pick(&keymap_grey[i].key, scan, shift, true);
    if (scan != 0x38)
        BDA_SET(numpad, 0);
    if (code)
        key_put(code);
}

/* One scan code; true: the end of interrupt was given. */
static bool scan_code(u32 byte)
{
    u32 flags = BDA(key_flags), scan = byte & 0x7F;
    bool down = !(byte & 0x80), grey = flags & E0_LAST;
    if (byte == 0xE0 || byte == 0xE1) {
        BDA_SET(key_flags, (flags & ~3u) | (byte == 0xE0 ? E0_LAST : E1_LAST));
        return false;
    }
    if (flags & E1_LAST) {                      /* Pause: E1 1D 45, and its breaks at once */
        if (scan == 0x1D)
            return false;
        BDA_SET(key_flags, flags & ~3u);
        if (!down || scan != 0x45 || BDA(shift_more) & PAUSED)
            return false;
        pause();
        return true;
    }
    BDA_SET(key_flags, flags & ~3u);
    if (scan == 0x54) {
        system_request(down);
        return true;
    }
    if (shift_key(scan, down, grey))
        return false;
    if (!down) {
        if (scan == 0x52)
            change(AT_MORE, INSERT, false);
        return false;
    }
    if (special_key(scan, grey))
        return true;
    key_down(scan, grey);
    return false;
}

/* system_request and its like give their own EOI early; a second one here would end another interrupt. */
void keyboard_interrupt(regs_t *r)
{
    (void)r;
    if ((in8(KBC_STATUS) & 0x21) != 1) {        /* nothing there, or the mouse's */
        eoi1();
        return;
    }
    call_t hook = call_with(0x4F00 | in8(KBC_DATA));
    u32 byte = hook.al;
    bool ended = false;
    if (byte == 0xFA && (BDA(key_leds) & LED_BUSY))
        leds_acknowledged();
    else if (byte == 0xFE && (BDA(key_leds) & LED_BUSY))
        leds_refused();
    else {
        hook.flags = CF;
        call_interrupt(0x15, &hook);
        if ((hook.flags & CF) && hook.al && hook.al != 0xFF)
            ended = scan_code(hook.al);
        keyboard_leds();
    }
    if (!ended)
        eoi1();
}
