/* serial.c - INT 14h (COM1-4) and INT 17h (LPT1-3), the ports' detection, and INT 05h, print screen.
 * AT Technical Reference and IBM PS/2 BIOS reference, INT 14h, 17h; National PC16550D data sheet. */
#include "system.h"

enum { DATA = 0, IER = 1, IIR = 2, LCR = 3, MCR = 4, LSR = 5, MSR = 6 };

/* ---- serial ---- */

static u32 com_status(u32 port) { return (u32)in8((u16)(port + LSR)) << 8 | in8((u16)(port + MSR)); }

static void line_rate(u32 port, u32 divisor, u32 line)
{
    out8((u16)(port + LCR), 0x80);
    out8((u16)(port + DATA), divisor);
    out8((u16)(port + IER), divisor >> 8);
    out8((u16)(port + LCR), line);
    out8((u16)(port + IER), 0);
}

/* AH=00h: AL = rate (7-5), parity (4-3), stop bits (2), word length (1-0). */
static void com_setup(u32 port, u32 al)
{
    static const rom u16 divisors[8] = { 1047, 768, 384, 192, 96, 48, 24, 12 };     /* 110 to 9600 */
    line_rate(port, divisors[al >> 5], al & 0x1F);
}

/* AH=04h: AL break, BH parity, BL stop bits, CH length, CL rate. */
static bool com_setup_more(u32 port, const regs_t *r)
{
    static const rom u16 divisors[] = { 1047, 768, 384, 192, 96, 48, 24, 12, 6 };
    static const rom u8 parities[] = { 0x00, 0x08, 0x18, 0x28, 0x38 };
    if (r->al > 1 || r->bh >= COUNT_OF(parities) || r->bl > 1 || r->ch > 3 || r->cl >= COUNT_OF(divisors))
        return false;
    line_rate(port, divisors[r->cl], (r->al ? 0x40u : 0) | parities[r->bh] | (r->bl ? 4u : 0) | r->ch);
    return true;
}

/* Waits for bits of a register; the BIOS data area's time-out counts about seconds. */
static bool com_wait(u32 port, u32 index, u32 bits, u32 seconds)
{
    limit_t limit;
    limit_start(&limit, seconds);
    while ((in8((u16)(port + index)) & bits) != bits) {
        sti();
        if (limit_over(&limit))
            return false;
    }
    return true;
}

static void com_send(regs_t *r, u32 port, u32 seconds)
{
    out8((u16)(port + MCR), (in8((u16)(port + MCR)) & 0x10u) | 0x0B);
    if (!com_wait(port, MSR, 0x30, seconds) || !com_wait(port, LSR, 0x20, seconds)) {
        r->ah = in8((u16)(port + LSR)) | 0x80;
        return;
    }
    out8((u16)(port + DATA), r->al);
    r->ah = in8((u16)(port + LSR)) & 0x7F;
}

static void com_receive(regs_t *r, u32 port, u32 seconds)
{
    out8((u16)(port + MCR), (in8((u16)(port + MCR)) & 0x10u) | 0x09);
    if (!com_wait(port, MSR, 0x20, seconds) || !com_wait(port, LSR, 0x01, seconds)) {
        r->ah = in8((u16)(port + LSR)) | 0x80;
        return;
    }
    r->ah = in8((u16)(port + LSR)) & 0x1E;
    r->al = in8((u16)(port + DATA));
}

void serial_service(regs_t *r)
{
    if (r->dx > 3 || !BDA_AT(com, r->dx))
        return;                                 /* as the AT: registers untouched */
    u32 port = BDA_AT(com, r->dx), seconds = BDA_AT(com_timeout, r->dx);
    switch (r->ah) {
    case 0: com_setup(port, r->al); r->ax = (u16)com_status(port); break;
    case 1: com_send(r, port, seconds); break;
    case 2: com_receive(r, port, seconds); break;
    case 3: r->ax = (u16)com_status(port); break;
    case 4: r->ax = com_setup_more(port, r) ? (u16)com_status(port) : 0x8000; break;
    case 5:
        if (r->al == 1)
            out8((u16)(port + MCR), r->bl);
        r->bl = in8((u16)(port + MCR));
        r->ax = (u16)com_status(port);
        break;
    default: break;
    }
}

/* ---- printers ---- */

/* Port + 1: busy (inverted), acknowledge, paper out, selected, error; INT 17h turns two of them round. */
static u32 lpt_status(u32 port) { return (in8((u16)(port + 1)) ^ 0x48u) & 0xF8; }

static void lpt_print(regs_t *r, u32 port, u32 seconds)
{
    limit_t limit;
    limit_start(&limit, seconds);
    out8((u16)port, r->al);
    while (!(in8((u16)(port + 1)) & 0x80)) {
        sti();
        if (limit_over(&limit)) {
            r->ah = (u8)(lpt_status(port) | 1);
            return;
        }
    }
    out8((u16)(port + 2), 0x0D);                /* strobe, at least half a microsecond */
    out8((u16)(port + 2), 0x0C);
    r->ah = (u8)lpt_status(port);
}

void printer_service(regs_t *r)
{
    if (r->dx > 2 || !BDA_AT(lpt, r->dx))
        return;
    u32 port = BDA_AT(lpt, r->dx);
    switch (r->ah) {
    case 0: lpt_print(r, port, BDA_AT(lpt_timeout, r->dx)); break;
    case 1:
        out8((u16)(port + 2), 0x08);
        delay(1000);
        out8((u16)(port + 2), 0x0C);
        r->ah = (u8)lpt_status(port);
        break;
    case 2: r->ah = (u8)lpt_status(port); break;
    default: break;
    }
}

/* ---- detection ---- */

/* The interrupt enable register keeps four bits, the interrupt identification never shows bits 4 and 5. */
static bool com_found(u32 port)
{
    out8((u16)(port + LCR), 0x03);
    out8((u16)(port + IER), 0x02);
    bool found = in8((u16)(port + IER)) == 0x02 && !(in8((u16)(port + IIR)) & 0x30);
    out8((u16)(port + IER), 0);
    return found;
}

static bool lpt_found(u32 port)
{
    out8((u16)(port + 2), 0x0C);
    out8((u16)port, 0xAA);
    if (in8((u16)port) != 0xAA)
        return false;
    out8((u16)port, 0x55);
    return in8((u16)port) == 0x55;
}

void ports_start(void)
{
    static const rom u16 com_ports[] = { 0x3F8, 0x2F8, 0x3E8, 0x2E8 };
    static const rom u16 lpt_ports[] = { 0x3BC, 0x378, 0x278 };
    u32 coms = 0, lpts = 0;
    for (u32 i = 0; i < COUNT_OF(com_ports); i++)
        if (com_found(com_ports[i])) {
            BDA_SET_AT(com, coms, com_ports[i]);
            coms++;
        }
    for (u32 i = 0; i < COUNT_OF(lpt_ports); i++)
        if (lpt_found(lpt_ports[i])) {
            BDA_SET_AT(lpt, lpts, lpt_ports[i]);
            lpts++;
        }
    for (u32 i = 0; i < 4; i++) {
        BDA_SET_AT(lpt_timeout, i, i < 3 ? 20 : 0);
        BDA_SET_AT(com_timeout, i, 1);
    }
    BDA_SET(equipment, (BDA(equipment) & ~0xCE00u) | coms << 9 | lpts << 14);
}

/* ---- INT 05h ---- */

static bool print_out(u32 c)
{
    call_t printer = call_with(c);
    call_interrupt(0x17, &printer);
    return !(printer.ah & 0x29);                /* paper out, error, time-out */
}

static u32 screen_char(u32 page, u32 row, u32 column)
{
    call_t video = call_with(0x0200);
    video.bh = (u8)page;
    video.dx = (u16)(row << 8 | column);
    call_interrupt(0x10, &video);
    video.eax = 0x0800;
    video.bh = (u8)page;
    call_interrupt(0x10, &video);
    return video.al ? video.al : ' ';
}

static bool print_rows(u32 page)
{
    u32 columns = BDA(columns), rows = BDA(rows) + 1u;
    bool well = print_out('\r') && print_out('\n');
    for (u32 row = 0; row < rows && well; row++) {
        for (u32 column = 0; column < columns && well; column++)
            well = print_out(screen_char(page, row, column));
        well = well && print_out('\r') && print_out('\n');
    }
    return well;
}

/* 50:00 is 1 while printing, FFh after an error. */
void print_screen(regs_t *r)
{
    (void)r;
    if (BDA(print_screen) == 1)
        return;
    BDA_SET(print_screen, 1);
    sti();
    u32 page = BDA(page), cursor = BDA_AT(cursor, page & 7);
    bool well = print_rows(page);
    call_t video = call_with(0x0200);
    video.bh = (u8)page;
    video.dx = (u16)cursor;
    call_interrupt(0x10, &video);
    cli();
    BDA_SET(print_screen, well ? 0 : 0xFF);
}
