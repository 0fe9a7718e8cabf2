/* uart.h - a PC16550D serial port: eight registers, FIFOs, IRQ 4 or 3. */
#pragma once
#include "devices/line.h"
#include "devices/state.h"
#include "devices/vclock.h"

enum { UART_FIFO = 16, UART_INPUT = 1024, UART_SPEEDUP = 64 };
/* Modem inputs, as in MSR. */
enum { UART_CTS = 0x10, UART_DSR = 0x20, UART_RI = 0x40, UART_DCD = 0x80 };

typedef struct uart {
    vclock_t *clock;
    line_t  irq;
    void  (*send)(void *owner, unsigned port, u8 byte);    /* a byte has left the shift register; NULL: nobody listens */
    void   *owner;
    unsigned port;
    alarm_t shifted;                 /* the byte in the shift register is out */
    alarm_t arrival;                 /* the next byte of the input queue is in */
    alarm_t timeout;                 /* four characters of silence with bytes in the receive FIFO */
    u8   ier, fcr, lcr, mcr, lsr, msr, scratch;
    u16  divisor;
    bool thre_pending;               /* the transmitter-empty interrupt has not been seen */
    bool timed_out;
    u8   lines;                      /* modem inputs from outside */
    u8   shift;  bool shifting;
    u8   tx[UART_FIFO], tx_first, tx_count;
    u8   rx[UART_FIFO], rx_error[UART_FIFO], rx_first, rx_count;
    u8   input[UART_INPUT];          /* from outside, not yet on the wire */
    u16  input_first, input_count;
} uart_t;

void uart_init(uart_t *uart, vclock_t *clock);
void uart_reset(uart_t *uart);
u32  uart_read(void *uart, u16 reg);
void uart_write(void *uart, u16 reg, u32 value);
/* A byte from outside.  They queue and come in at the line's speed as the guest makes room; false: the queue is full, the byte is lost. */
bool uart_receive(uart_t *uart, u8 byte);
u16  uart_room(const uart_t *uart);              /* bytes uart_receive would still take */
void uart_modem(uart_t *uart, u8 lines);         /* the other side's CTS, DSR, RI, DCD */
void uart_walk(uart_t *uart, walker_t *w);
