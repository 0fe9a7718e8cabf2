/* kbc.c - the 8042 keyboard controller as programmed for the PC AT and the PS/2.
 *
 * Documents: IBM PC AT Technical Reference (1985), "Keyboard Controller", for commands, status and translation; IBM PS/2 Hardware
 * Interface Technical Reference (1990), "Keyboard and Auxiliary Device Controller", for the second port and commands A7-A9, D2-D4.
 *
 * Controller commands are carried out at once.  A byte to or from a device takes the time of 11 bits on its cable, during which
 * IBF is set or the output buffer stays empty: between two bytes a program always has time to read the first one twice, which
 * interrupt 9 handlers that chain to the BIOS do.
 *
 * A departure from the chip: an answer of the controller does not destroy a device's byte that waits in the output buffer; the byte
 * is shown again after the answer was read.
 *
 * Left out: the password (A4 says none installed, A5 and A6 do nothing), the diagnostic dump AC, the keyboard lock, parity errors. */
#include "devices/kbc.h"

/* The command byte. */
enum { INT_KEYBOARD = 0x01, INT_AUX = 0x02, SYSTEM_FLAG = 0x04, KEYBOARD_OFF = 0x10, AUX_OFF = 0x20, TRANSLATE = 0x40 };
/* The status register. */
enum { OBF = 0x01, IBF = 0x02, SYS = 0x04, CMD = 0x08, NOT_LOCKED = 0x10, AUX_OBF = 0x20, TIMEOUT = 0x40 };
/* The output port P2. */
enum { P2_NOT_RESET = 0x01, P2_A20 = 0x02, P2_IRQ1 = 0x10, P2_IRQ12 = 0x20, P2_LINES = 0xC0 };
/* Input port P1: lock open, colour display, no manufacturing jumper, 256 KiB on the board. */
enum { P1 = 0xB0 };

/* Scan code set 2 to set 1: AT Technical Reference, "Keyboard Controller", "Scan Code Translation". */
static const u8 set_1_of[128] = {
    0xFF, 0x43, 0x41, 0x3F, 0x3D, 0x3B, 0x3C, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3E, 0x0F, 0x29, 0x59,
    0x65, 0x38, 0x2A, 0x70, 0x1D, 0x10, 0x02, 0x5A, 0x66, 0x71, 0x2C, 0x1F, 0x1E, 0x11, 0x03, 0x5B,
    0x67, 0x2E, 0x2D, 0x20, 0x12, 0x05, 0x04, 0x5C, 0x68, 0x39, 0x2F, 0x21, 0x14, 0x13, 0x06, 0x5D,
    0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5E, 0x6A, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5F,
    0x6B, 0x33, 0x25, 0x17, 0x18, 0x0B, 0x0A, 0x60, 0x6C, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0C, 0x61,
    0x6D, 0x73, 0x28, 0x74, 0x1A, 0x0D, 0x62, 0x6E, 0x3A, 0x36, 0x1C, 0x1B, 0x75, 0x2B, 0x63, 0x76,
    0x55, 0x56, 0x77, 0x78, 0x79, 0x7A, 0x0E, 0x7B, 0x7C, 0x4F, 0x7D, 0x4B, 0x47, 0x7E, 0x7F, 0x6F,
    0x52, 0x53, 0x50, 0x4C, 0x4D, 0x48, 0x01, 0x45, 0x57, 0x4E, 0x51, 0x4A, 0x37, 0x49, 0x46, 0x54,
};

/* ---- pins ---- */

/* Bit 0 of the command byte interrupts for whatever fills the buffer; the controller's own answers stay silent while the keyboard
 * is switched off, so that a program can ask for the command byte without an interrupt 9. */
static void drive_irqs(kbc_t *kbc)
{
    u8 mode = kbc->ram[0];
    bool aux = kbc->source == KBC_AUX;
    bool silent = kbc->source == KBC_ITSELF && (mode & KEYBOARD_OFF);
    line_set(&kbc->irq[0], kbc->full && !aux && !silent && (mode & INT_KEYBOARD));
    line_set(&kbc->irq[1], kbc->full && aux && (mode & INT_AUX));
}

bool kbc_a20(const kbc_t *kbc) { return kbc->p2 & P2_A20; }

static void pulse_reset(kbc_t *kbc)
{
    line_set(&kbc->reset, true);
    line_set(&kbc->reset, false);
}

static void write_p2(kbc_t *kbc, u8 value)
{
    kbc->p2 = value;
    line_set(&kbc->a20, value & P2_A20);
    if (!(value & P2_NOT_RESET))
        pulse_reset(kbc);
}

static u8 read_p2(const kbc_t *kbc)
{
    bool aux = kbc->source == KBC_AUX;
    return (u8)(P2_LINES | (kbc->p2 & (P2_NOT_RESET | P2_A20)) | (kbc->full && !aux ? P2_IRQ1 : 0) | (kbc->full && aux ? P2_IRQ12 : 0));
}

/* ---- bytes from the devices ---- */

static bool may_send(const kbc_t *kbc, unsigned port)
{
    const ps2_plug_t *plug = &kbc->plug[port];
    return !(kbc->ram[0] & (port == KBC_AUX ? AUX_OFF : KEYBOARD_OFF)) && plug->device && plug->ready(plug->device);
}

/* Let the next byte come in, if the buffer is free, the cables are quiet and somebody has one. */
static void listen(kbc_t *kbc)
{
    bool wanted = !kbc->full && !kbc->sending && (kbc->held || may_send(kbc, 0) || may_send(kbc, 1));
    if (wanted && !alarm_is_set(&kbc->arrival))
        alarm_set(&kbc->arrival, kbc->clock->now + PS2_BYTE_NS);
    else if (!wanted)
        alarm_clear(&kbc->arrival);                 /* a byte cut short is sent again from its start */
}

static void fill(kbc_t *kbc, u8 source, u8 byte)
{
    kbc->output = byte;
    kbc->source = source;
    kbc->full = true;
    alarm_clear(&kbc->arrival);
    drive_irqs(kbc);
}

/* The controller speaks; see the head about a byte that is already there. */
static void answer(kbc_t *kbc, u8 source, u8 byte)
{
    if (kbc->full && kbc->source != KBC_ITSELF && !kbc->held) {
        kbc->held = true;
        kbc->held_output = kbc->output;
        kbc->held_source = kbc->source;
    }
    kbc->full = false;
    drive_irqs(kbc);                                /* an edge for the new byte */
    fill(kbc, source, byte);
}

/* Set 2 codes become set 1.  false: the byte is a prefix that changes the next one.  Codes from 80h on are answers or prefixes
 * and pass, except 83h (F7) and 84h (SysRq). */
static bool translated(kbc_t *kbc, u8 *byte)
{
    if (*byte == 0xF0) {
        kbc->releasing = true;
        return false;
    }
    u8 code = *byte == 0x83 ? 0x41 : *byte == 0x84 ? 0x54 : *byte;
    if (*byte >= 0x80 && code == *byte)
        return true;
    if (*byte < 0x80)
        code = set_1_of[*byte & 0x7F];
    *byte = (u8)(code | (kbc->releasing ? 0x80 : 0));
    kbc->releasing = false;
    return true;
}

static void arrive(void *chip)
{
    kbc_t *kbc = chip;
    if (kbc->full || kbc->sending)
        return;
    if (kbc->held) {
        kbc->held = false;
        fill(kbc, kbc->held_source & 1, kbc->held_output);
        return;
    }
    unsigned port = (kbc->last_port ^ 1u) & 1;
    if (!may_send(kbc, port))
        port ^= 1;
    if (!may_send(kbc, port))
        return;
    kbc->last_port = (u8)port;
    u8 byte = kbc->plug[port].take(kbc->plug[port].device);
    if (port == KBC_KEYBOARD && (kbc->ram[0] & TRANSLATE) && !translated(kbc, &byte)) {
        listen(kbc);
        return;
    }
    kbc->timed_out = false;
    fill(kbc, (u8)port, byte);
}

void kbc_attention(void *chip, int port, bool level)
{
    (void)port; (void)level;
    listen(chip);
}

/* ---- bytes to the devices ---- */

static void depart(void *chip)
{
    kbc_t *kbc = chip;
    const ps2_plug_t *plug = &kbc->plug[kbc->input_port & 1];
    kbc->sending = false;
    alarm_clear(&kbc->departure);
    if (plug->device) {
        plug->give(plug->device, kbc->input);
    } else {                                        /* PS/2: time-out, FEh in the output buffer */
        kbc->timed_out = true;
        answer(kbc, kbc->input_port & 1, 0xFE);
    }
    listen(kbc);
}

/* Sending to a device switches its port on (AT Technical Reference, "Data written to the keyboard"). */
static void send(kbc_t *kbc, unsigned port, u8 byte)
{
    if (kbc->sending)
        depart(kbc);                                /* a program that ignores IBF loses nothing */
    kbc->ram[0] &= (u8)~(port == KBC_AUX ? AUX_OFF : KEYBOARD_OFF);
    kbc->input = byte;
    kbc->input_port = (u8)port;
    kbc->sending = true;
    alarm_clear(&kbc->arrival);
    alarm_set(&kbc->departure, kbc->clock->now + PS2_BYTE_NS);
}

/* ---- commands ---- */

static void set_mode(kbc_t *kbc, u8 mode)
{
    kbc->ram[0] = mode;
    kbc->self_tested = mode & SYSTEM_FLAG;
    drive_irqs(kbc);
    listen(kbc);
}

static void do_ports_off(kbc_t *kbc, u8 command)
{
    u8 mode = kbc->ram[0];
    switch (command) {
    case 0xA7: mode |= AUX_OFF; break;
    case 0xA8: mode &= (u8)~AUX_OFF; break;
    case 0xAD: mode |= KEYBOARD_OFF; break;
    default:   mode &= (u8)~KEYBOARD_OFF; break;    /* AE */
    }
    kbc->ram[0] = mode;
    drive_irqs(kbc);
    listen(kbc);
}

static void do_answer(kbc_t *kbc, u8 command)
{
    switch (command) {
    case 0xA4: answer(kbc, KBC_ITSELF, 0xF1); break;                 /* no password installed */
    case 0xC0: answer(kbc, KBC_ITSELF, P1); break;
    case 0xCA: answer(kbc, KBC_ITSELF, 0x01); break;                 /* PS/2 mode */
    case 0xD0: answer(kbc, KBC_ITSELF, read_p2(kbc)); break;
    case 0xE0: answer(kbc, KBC_ITSELF, kbc->ram[0] & KEYBOARD_OFF ? 0x00 : 0x01); break;   /* T0 keyboard clock, T1 data */
    default:   answer(kbc, KBC_ITSELF, 0x00); break;                 /* A9, AB: the interface works */
    }
}

static void do_self_test(kbc_t *kbc, u8 command)
{
    (void)command;
    kbc->self_tested = true;
    kbc->ram[0] |= SYSTEM_FLAG;
    kbc->held = kbc->releasing = kbc->full = false;
    answer(kbc, KBC_ITSELF, 0x55);
}

static void do_read_ram(kbc_t *kbc, u8 command) { answer(kbc, KBC_ITSELF, kbc->ram[command & 0x1F]); }
static void do_wait_data(kbc_t *kbc, u8 command) { kbc->waiting = command; }
static void do_a20(kbc_t *kbc, u8 command) { write_p2(kbc, (u8)((kbc->p2 & ~P2_A20) | (command & P2_A20))); }
static void do_pulse(kbc_t *kbc, u8 command) { if (!(command & P2_NOT_RESET)) pulse_reset(kbc); }
static void do_nothing(kbc_t *kbc, u8 command) { (void)kbc; (void)command; }
static void do_dump(kbc_t *kbc, u8 command) { (void)kbc; (void)command; lacking("8042: diagnostic dump (AC)"); }

typedef void command_fn(kbc_t *kbc, u8 command);
static const struct { u8 first, last; command_fn *act; } commands[] = {
    { 0x20, 0x3F, do_read_ram },   { 0x60, 0x7F, do_wait_data }, { 0xA4, 0xA4, do_answer },   { 0xA7, 0xA8, do_ports_off },
    { 0xA9, 0xA9, do_answer },     { 0xAA, 0xAA, do_self_test }, { 0xAB, 0xAB, do_answer },   { 0xAC, 0xAC, do_dump },
    { 0xAD, 0xAE, do_ports_off },  { 0xC0, 0xC0, do_answer },    { 0xC1, 0xC2, do_nothing },  { 0xCA, 0xCA, do_answer },
    { 0xCB, 0xCB, do_wait_data },  { 0xD0, 0xD0, do_answer },    { 0xD1, 0xD4, do_wait_data },{ 0xDD, 0xDD, do_a20 },
    { 0xDF, 0xDF, do_a20 },        { 0xE0, 0xE0, do_answer },    { 0xF0, 0xFF, do_pulse },
};

void kbc_command(void *chip, u16 reg, u32 value)
{
    (void)reg;
    kbc_t *kbc = chip;
    u8 command = (u8)value;
    kbc->command_last = true;
    kbc->waiting = 0;
    for (unsigned i = 0; i < COUNT_OF(commands); i++)
        if (command >= commands[i].first && command <= commands[i].last) {
            commands[i].act(kbc, command);
            return;
        }
}

static void take_data(kbc_t *kbc, u8 command, u8 value)
{
    if (command == 0x60)
        set_mode(kbc, value);
    else if ((command & 0xE0) == 0x60)
        kbc->ram[command & 0x1F] = value;
    else switch (command) {
    case 0xD1: write_p2(kbc, value); break;
    case 0xD2: answer(kbc, KBC_KEYBOARD, value); break;
    case 0xD3: answer(kbc, KBC_AUX, value); break;
    case 0xD4: send(kbc, KBC_AUX, value); break;
    default: break;                                 /* CB: the mode is PS/2 */
    }
}

static void write_data(kbc_t *kbc, u8 value)
{
    u8 command = kbc->waiting;
    kbc->command_last = false;
    kbc->waiting = 0;
    if (command)
        take_data(kbc, command, value);
    else
        send(kbc, KBC_KEYBOARD, value);
}

/* ---- ports ---- */

u32 kbc_status(void *chip, u16 reg)
{
    (void)reg;
    const kbc_t *kbc = chip;
    return NOT_LOCKED | (u32)((kbc->full ? OBF : 0) | (kbc->sending ? IBF : 0) | (kbc->self_tested ? SYS : 0) | (kbc->command_last ? CMD : 0)
           | (kbc->full && kbc->source == KBC_AUX ? AUX_OBF : 0) | (kbc->timed_out ? TIMEOUT : 0));
}

static u8 read_data(kbc_t *kbc)
{
    if (kbc->full) {
        kbc->full = false;
        drive_irqs(kbc);
        listen(kbc);
    }
    return kbc->output;                             /* the latch keeps its byte */
}

u32 kbc_read(void *chip, u16 reg) { return reg & 4 ? kbc_status(chip, reg) : read_data(chip); }

void kbc_write(void *chip, u16 reg, u32 value)
{
    if (reg & 4)
        kbc_command(chip, reg, value);
    else
        write_data(chip, (u8)value);
}

/* ---- life ---- */

/* Both ports are off until the firmware turns them on; A20 is open, as the pins of P2 are high after a reset. */
void kbc_reset(kbc_t *kbc)
{
    memset(kbc->ram, 0, sizeof kbc->ram);
    kbc->ram[0] = KEYBOARD_OFF | AUX_OFF;
    kbc->output = kbc->source = kbc->held_output = kbc->held_source = kbc->waiting = kbc->input = kbc->input_port = kbc->last_port = 0;
    kbc->full = kbc->held = kbc->command_last = kbc->sending = kbc->releasing = kbc->timed_out = kbc->self_tested = false;
    alarm_clear(&kbc->arrival);
    alarm_clear(&kbc->departure);
    drive_irqs(kbc);
    write_p2(kbc, P2_NOT_RESET | P2_A20);
}

void kbc_init(kbc_t *kbc, vclock_t *clock)
{
    *kbc = (kbc_t){ .clock = clock };
    alarm_init(&kbc->arrival, clock, arrive, kbc);
    alarm_init(&kbc->departure, clock, depart, kbc);
    kbc_reset(kbc);
}

void kbc_walk(kbc_t *kbc, walker_t *w)
{
    walk_chip(w, "kbc", 1);
    FIELD_ARRAY(w, kbc->ram);
    FIELD(w, kbc->output);      FIELD_MAX(w, kbc->source, KBC_ITSELF);  FIELD(w, kbc->full);
    FIELD(w, kbc->held_output); FIELD_MAX(w, kbc->held_source, 1);      FIELD(w, kbc->held);
    FIELD(w, kbc->waiting);     FIELD(w, kbc->command_last);
    FIELD(w, kbc->input);       FIELD_MAX(w, kbc->input_port, 1);       FIELD(w, kbc->sending);
    FIELD_MAX(w, kbc->last_port, 1);
    FIELD(w, kbc->releasing);   FIELD(w, kbc->timed_out);               FIELD(w, kbc->self_tested);
    FIELD(w, kbc->p2);
    alarm_walk(&kbc->arrival, w, "arrival");
    alarm_walk(&kbc->departure, w, "departure");
}
