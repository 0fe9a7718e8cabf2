/* uart.c - National PC16550D (data sheet TL/C/8652): registers, FIFOs and interrupts on virtual time.
 *
 * A character takes (start + data + parity + stop) * 16 * divisor / 1.8432 MHz on a real line; here the line is UART_SPEEDUP times
 * faster, or a kernel that prints its log at 9600 baud would spend most of its start waiting for it.  Bytes from outside wait in a queue until the
 * receiver has room, as behind a modem with flow control, so that they are never overrun; overrun exists in loopback.
 *
 * Left out: DMA signalling (FCR bit 3), parity and framing errors from outside, a stop of 1.5 bits (counted as 2). */
#include "devices/uart.h"

enum { IER_RX = 0x01, IER_THRE = 0x02, IER_LINE = 0x04, IER_MODEM = 0x08 };
enum { FCR_ENABLE = 0x01, FCR_CLEAR_RX = 0x02, FCR_CLEAR_TX = 0x04 };
enum { LCR_STOP = 0x04, LCR_PARITY = 0x08, LCR_BREAK = 0x40, LCR_DLAB = 0x80 };
enum { MCR_DTR = 0x01, MCR_RTS = 0x02, MCR_OUT1 = 0x04, MCR_OUT2 = 0x08, MCR_LOOP = 0x10 };
enum { LSR_DR = 0x01, LSR_OE = 0x02, LSR_BI = 0x10, LSR_ERRORS = 0x1E, LSR_THRE = 0x20, LSR_TEMT = 0x40, LSR_FIFO_ERROR = 0x80 };
enum { IIR_NONE = 1, IIR_MODEM = 0, IIR_THRE = 2, IIR_RX = 4, IIR_LINE = 6, IIR_TIMEOUT = 12 };
enum { CLOCK_HZ = 1843200 };

static bool fifo(const uart_t *u) { return u->fcr & FCR_ENABLE; }
static u8 depth(const uart_t *u) { return fifo(u) ? UART_FIFO : 1; }
static u8 word(const uart_t *u, u8 byte) { return byte & (u8)(0xFF >> (3 - (u->lcr & 3))); }

static u64 character(const uart_t *u)
{
    u32 bits = 1u + 5 + (u->lcr & 3) + (u->lcr & LCR_PARITY ? 1 : 0) + (u->lcr & LCR_STOP ? 2 : 1);
    u32 divisor = u->divisor ? u->divisor : 0x10000;
    return bits * 16ull * divisor * 1000000000ull / CLOCK_HZ / UART_SPEEDUP;
}

/* ---- interrupts ---- */

static u8 trigger(const uart_t *u)
{
    static const u8 levels[4] = { 1, 4, 8, 14 };
    return fifo(u) ? levels[u->fcr >> 6 & 3] : 1;
}

/* Data sheet table IV: the sources by priority. */
static u8 cause(const uart_t *u)
{
    if (u->ier & IER_LINE && u->lsr & LSR_ERRORS) return IIR_LINE;
    if (u->ier & IER_RX && u->rx_count >= trigger(u)) return IIR_RX;
    if (u->ier & IER_RX && u->timed_out) return IIR_TIMEOUT;
    if (u->ier & IER_THRE && u->thre_pending) return IIR_THRE;
    if (u->ier & IER_MODEM && u->msr & 0x0F) return IIR_MODEM;
    return IIR_NONE;
}

/* On a PC, OUT2 opens the buffer between the chip and the bus. */
static void drive(uart_t *u) { line_set(&u->irq, cause(u) != IIR_NONE && u->mcr & MCR_OUT2); }

/* ---- receiver ---- */

static void watch_silence(uart_t *u)
{
    if (fifo(u) && u->rx_count) alarm_set(&u->timeout, u->clock->now + 4 * character(u));
    else                        alarm_clear(&u->timeout);
}

static void silence(void *chip)
{
    uart_t *u = chip;
    u->timed_out = u->rx_count > 0;
    drive(u);
}

static void listen(uart_t *u)
{
    bool wanted = u->input_count && u->rx_count < depth(u) && !(u->mcr & MCR_LOOP);
    if (wanted && !alarm_is_set(&u->arrival))
        alarm_set(&u->arrival, u->clock->now + character(u));
    else if (!wanted)
        alarm_clear(&u->arrival);
}

/* The error bits of LSR belong to the oldest byte; overrun is set at once. */
static void show_oldest(uart_t *u)
{
    if (u->rx_count) {
        u->lsr |= LSR_DR | u->rx_error[u->rx_first & 15];
        u->rx_error[u->rx_first & 15] = 0;
    } else {
        u->lsr &= (u8)~LSR_DR;
    }
}

static void come_in(uart_t *u, u8 byte, u8 error)
{
    if (u->rx_count >= depth(u)) {
        u->lsr |= LSR_OE;
        if (!fifo(u)) u->rx[u->rx_first & 15] = byte;    /* the holding register is overwritten, the FIFO is not */
    } else {
        u8 at = (u->rx_first + u->rx_count++) & 15;
        u->rx[at] = byte;
        u->rx_error[at] = error;
    }
    show_oldest(u);
    u->timed_out = false;
    watch_silence(u);
    drive(u);
}

static void arrive(void *chip)
{
    uart_t *u = chip;
    if (!u->input_count || u->mcr & MCR_LOOP)
        return;
    u8 byte = u->input[u->input_first & (UART_INPUT - 1)];
    u->input_first = (u->input_first + 1) & (UART_INPUT - 1);
    u->input_count--;
    come_in(u, word(u, byte), 0);
    listen(u);
}

bool uart_receive(uart_t *u, u8 byte)
{
    if (u->input_count >= UART_INPUT)
        return false;
    u->input[(u->input_first + u->input_count++) & (UART_INPUT - 1)] = byte;
    listen(u);
    return true;
}

u16 uart_room(const uart_t *u) { return (u16)(UART_INPUT - u->input_count); }

static u8 read_rbr(uart_t *u)
{
    u8 byte = u->rx[u->rx_first & 15];
    if (u->rx_count) {
        u->rx_count--;
        if (u->rx_count) u->rx_first = (u->rx_first + 1) & 15;
        show_oldest(u);
        u->timed_out = false;
        watch_silence(u);
        listen(u);
        drive(u);
    }
    return byte;
}

static void clear_rx(uart_t *u)
{
    u->rx_first = u->rx_count = 0;
    u->timed_out = false;
    u->lsr &= (u8)~(LSR_DR | LSR_ERRORS);
    alarm_clear(&u->timeout);
    listen(u);
}

/* ---- transmitter ---- */

static void start_shift(uart_t *u)
{
    if (u->shifting || !u->tx_count)
        return;
    u->shift = u->tx[u->tx_first & 15];
    u->tx_first = (u->tx_first + 1) & 15;
    u->tx_count--;
    u->shifting = true;
    if (!u->tx_count)
        u->thre_pending = true;
    alarm_set(&u->shifted, u->clock->now + character(u));
}

static void shifted(void *chip)
{
    uart_t *u = chip;
    if (!u->shifting)
        return;
    u->shifting = false;
    u8 byte = word(u, u->shift);
    if (u->mcr & MCR_LOOP)
        come_in(u, byte, 0);
    else if (u->send)
        u->send(u->owner, u->port, byte);
    start_shift(u);
    drive(u);
}

static void write_thr(uart_t *u, u8 byte)
{
    u->thre_pending = false;
    if (u->tx_count >= depth(u))                                     /* a program that did not wait: the last byte is overwritten */
        u->tx[(u->tx_first + u->tx_count - 1) & 15] = byte;
    else
        u->tx[(u->tx_first + u->tx_count++) & 15] = byte;
    drive(u);
    start_shift(u);
    drive(u);
}

static void clear_tx(uart_t *u)
{
    u->tx_first = u->tx_count = 0;
    u->thre_pending = true;
}

static void write_fcr(uart_t *u, u8 value)
{
    bool changed = (u->fcr ^ value) & FCR_ENABLE;
    u->fcr = value & FCR_ENABLE ? value & 0xC9 : 0;
    if (changed || value & FCR_CLEAR_RX) clear_rx(u);
    if (changed || value & FCR_CLEAR_TX) clear_tx(u);
    drive(u);
}

/* ---- modem lines ---- */

/* In loopback RTS, DTR, OUT1 and OUT2 come back as CTS, DSR, RI and DCD. */
static void update_modem(uart_t *u)
{
    u8 lines = u->lines;
    if (u->mcr & MCR_LOOP)
        lines = (u8)((u->mcr & MCR_RTS ? UART_CTS : 0) | (u->mcr & MCR_DTR ? UART_DSR : 0)
                     | (u->mcr & MCR_OUT1 ? UART_RI : 0) | (u->mcr & MCR_OUT2 ? UART_DCD : 0));
    u8 changed = (u8)((lines ^ u->msr) & 0xF0);
    if (lines & UART_RI)
        changed &= (u8)~UART_RI;                                     /* only its trailing edge counts */
    u->msr = (u8)(lines | (u->msr & 0x0F) | changed >> 4);
    drive(u);
}

void uart_modem(uart_t *u, u8 lines)
{
    u->lines = lines & 0xF0;
    update_modem(u);
}

/* ---- registers ---- */

static u8 read_iir(uart_t *u)
{
    u8 now = cause(u);
    if (now == IIR_THRE) {
        u->thre_pending = false;
        drive(u);
    }
    return now | (fifo(u) ? 0xC0 : 0);
}

static u8 read_lsr(uart_t *u)
{
    u8 later = 0;
    for (u8 i = 0; i < u->rx_count && i < UART_FIFO; i++)
        later |= u->rx_error[(u->rx_first + i) & 15];
    u8 value = (u8)(u->lsr | (u->tx_count ? 0 : LSR_THRE) | (u->tx_count || u->shifting ? 0 : LSR_TEMT)
                    | (fifo(u) && (later || u->lsr & (LSR_ERRORS & ~LSR_OE)) ? LSR_FIFO_ERROR : 0));
    u->lsr &= (u8)~LSR_ERRORS;
    drive(u);
    return value;
}

static u8 read_msr(uart_t *u)
{
    u8 value = u->msr;
    u->msr &= 0xF0;
    drive(u);
    return value;
}

u32 uart_read(void *chip, u16 reg)
{
    uart_t *u = chip;
    bool dlab = u->lcr & LCR_DLAB;
    switch (reg & 7) {
    case 0:  return dlab ? u->divisor & 0xFF : read_rbr(u);
    case 1:  return dlab ? u->divisor >> 8 : u->ier;
    case 2:  return read_iir(u);
    case 3:  return u->lcr;
    case 4:  return u->mcr;
    case 5:  return read_lsr(u);
    case 6:  return read_msr(u);
    default: return u->scratch;
    }
}

static void write_ier(uart_t *u, u8 value)
{
    if (value & ~u->ier & IER_THRE && !u->tx_count)
        u->thre_pending = true;                                      /* enabling it with an empty register interrupts at once */
    u->ier = value & 0x0F;
    drive(u);
}

static void write_lcr(uart_t *u, u8 value)
{
    bool starts = value & ~u->lcr & LCR_BREAK;
    u->lcr = value;
    if (starts && u->mcr & MCR_LOOP)
        come_in(u, 0, LSR_BI);
}

static void write_mcr(uart_t *u, u8 value)
{
    u->mcr = value & 0x1F;
    update_modem(u);
    listen(u);
}

void uart_write(void *chip, u16 reg, u32 value)
{
    uart_t *u = chip;
    u8 v = (u8)value;
    bool dlab = u->lcr & LCR_DLAB;
    switch (reg & 7) {
    case 0: if (dlab) u->divisor = (u16)((u->divisor & 0xFF00) | v); else write_thr(u, v); break;
    case 1: if (dlab) u->divisor = (u16)((u->divisor & 0x00FF) | v << 8); else write_ier(u, v); break;
    case 2: write_fcr(u, v); break;
    case 3: write_lcr(u, v); break;
    case 4: write_mcr(u, v); break;
    case 7: u->scratch = v; break;
    default: break;                                                  /* LSR and MSR are read only */
    }
}

/* ---- life ---- */

void uart_reset(uart_t *u)
{
    u->ier = u->fcr = u->lcr = u->mcr = u->lsr = u->scratch = 0;
    u->divisor = 12;                                                 /* undefined in the chip; 9600 here */
    u->shifting = u->thre_pending = u->timed_out = false;
    u->tx_first = u->tx_count = u->rx_first = u->rx_count = 0;
    memset(u->rx_error, 0, sizeof u->rx_error);
    u->msr = u->lines;
    alarm_clear(&u->shifted);
    alarm_clear(&u->timeout);
    listen(u);
    drive(u);
}

/* Somebody is at the other end: CTS, DSR and DCD are on. */
void uart_init(uart_t *u, vclock_t *clock)
{
    *u = (uart_t){ .clock = clock, .lines = UART_CTS | UART_DSR | UART_DCD };
    alarm_init(&u->shifted, clock, shifted, u);
    alarm_init(&u->arrival, clock, arrive, u);
    alarm_init(&u->timeout, clock, silence, u);
    uart_reset(u);
}

void uart_walk(uart_t *u, walker_t *w)
{
    walk_chip(w, "uart", 1);
    FIELD_MAX(w, u->ier, 0x0F); FIELD(w, u->fcr);  FIELD(w, u->lcr); FIELD_MAX(w, u->mcr, 0x1F); FIELD(w, u->lsr); FIELD(w, u->msr);
    FIELD(w, u->scratch);       FIELD(w, u->divisor); FIELD(w, u->thre_pending); FIELD(w, u->timed_out); FIELD(w, u->lines);
    FIELD(w, u->shift);         FIELD(w, u->shifting);
    FIELD_ARRAY(w, u->tx);      FIELD_MAX(w, u->tx_first, 15);  FIELD_MAX(w, u->tx_count, UART_FIFO);
    FIELD_ARRAY(w, u->rx);      FIELD_ARRAY_MAX(w, u->rx_error, 0x1E); FIELD_MAX(w, u->rx_first, 15); FIELD_MAX(w, u->rx_count, UART_FIFO);
    FIELD_BYTES(w, u->input, sizeof u->input); FIELD_MAX(w, u->input_first, UART_INPUT - 1); FIELD_MAX(w, u->input_count, UART_INPUT);
    alarm_walk(&u->shifted, w, "shifted");
    alarm_walk(&u->arrival, w, "arrival");
    alarm_walk(&u->timeout, w, "timeout");
}
