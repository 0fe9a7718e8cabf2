/* test_uart.c - the PC16550D through its registers.  Facts: National data sheet TL/C/8652 (sections in brackets). */
#include "tests/chip_check.h"
#include "devices/uart.h"

enum { CHAR_NS = 86805 / UART_SPEEDUP, MS = 1000000 };   /* 8N1 at 115200 */

static vclock_t clock_, clock_2;
static uart_t uart, uart_2;
static bool irq;
static u8 sent[4096];
static unsigned n_sent;
static void on_irq(void *c, int pin, bool up) { (void)c; (void)pin; irq = up; }
static void on_send(void *o, unsigned port, u8 byte) { (void)o; ck_assert_uint_eq(port, 1); sent[n_sent++ & 4095] = byte; }
static void out(u16 reg, u32 v) { uart_write(&uart, reg, v); }
static u8 in(u16 reg) { return (u8)uart_read(&uart, reg); }
static void pass(u64 ns) { vclock_advance(&clock_, clock_.now + ns); }

static void set_divisor(u32 divisor)
{
    out(3, 0x83);
    out(0, divisor & 0xFF);
    out(1, divisor >> 8);
    out(3, 0x03);
}

static void power_on(void)
{
    vclock_init(&clock_);
    uart_init(&uart, &clock_);
    uart.irq = (line_t){ on_irq, NULL, 0 };
    uart.send = on_send;
    uart.port = 1;
    irq = false;
    n_sent = 0;
    set_divisor(1);
}

START_TEST(registers_after_reset)                        /* [table I] */
{
    uart_reset(&uart);
    static const struct { u16 reg; u8 value; } rows[] = { { 1, 0x00 }, { 2, 0x01 }, { 3, 0x00 }, { 4, 0x00 }, { 5, 0x60 }, { 6, 0xB0 } };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) ck_assert_uint_eq(in(rows[i].reg), rows[i].value);
}
END_TEST

START_TEST(scratch_divisor_and_masks)
{
    out(7, 0x5A); ck_assert_uint_eq(in(7), 0x5A);
    out(3, 0x80); out(0, 0x34); out(1, 0x12);
    ck_assert_uint_eq(in(0), 0x34); ck_assert_uint_eq(in(1), 0x12);
    out(3, 0x03);
    out(1, 0xFF); ck_assert_uint_eq(in(1), 0x0F);
    out(4, 0xFF); ck_assert_uint_eq(in(4), 0x1F);
}
END_TEST

START_TEST(a_fifo_shows_in_iir)                          /* [8.6.5 IIR bits 7-6] */
{
    out(2, 0x01); ck_assert_uint_eq(in(2), 0xC1);
    out(2, 0x00); ck_assert_uint_eq(in(2), 0x01);
}
END_TEST

START_TEST(a_character_takes_its_bits)
{
    static const struct { u8 lcr; u16 divisor; u64 ns; } rows[] = {      /* 10 bits at 115200; 12 at 9600; 7 at 50 */
        { 0x03, 1, 86805 }, { 0x0F, 12, 1250000 }, { 0x00, 2304, 140000000 },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        set_divisor(rows[i].divisor);
        out(3, rows[i].lcr);
        n_sent = 0;
        out(0, 0xFF);
        pass(rows[i].ns / UART_SPEEDUP - 2);
        ck_assert_uint_eq(n_sent, 0);
        ck_assert_uint_eq(in(5) & 0x60, 0x20);           /* holding register free, shift register not */
        pass(4);
        ck_assert_uint_eq(n_sent, 1);
        ck_assert_uint_eq(sent[0], 0xFF >> (3 - (rows[i].lcr & 3)));
        ck_assert_uint_eq(in(5) & 0x60, 0x60);
    }
}
END_TEST

START_TEST(divisor_0_divides_by_65536)                   /* CVE-2016-8669 shape: no division by it */
{
    set_divisor(0);
    out(0, 'x');
    pass(5000ull * MS / UART_SPEEDUP);
    ck_assert_uint_eq(n_sent, 0);
    pass(1000ull * MS / UART_SPEEDUP);
    ck_assert_uint_eq(n_sent, 1);
}
END_TEST

START_TEST(sixteen_bytes_fit_the_transmit_fifo)
{
    out(2, 0x07);
    for (u8 i = 0; i < 17; i++) out(0, i);               /* one goes to the shift register */
    ck_assert_uint_eq(in(5) & 0x60, 0);
    pass(17 * CHAR_NS + 100);
    ck_assert_uint_eq(n_sent, 17);
    for (u8 i = 0; i < 17; i++) ck_assert_uint_eq(sent[i], i);
}
END_TEST

START_TEST(the_transmitter_interrupts_when_empty_and_iir_takes_it_back)
{
    out(4, 0x08);
    out(1, 0x02);                                        /* enabling it while empty interrupts [8.6.7] */
    ck_assert(irq);
    ck_assert_uint_eq(in(2), 0x02);
    ck_assert(!irq);
    out(0, 'a');
    ck_assert(irq);
    out(0, 'b');
    ck_assert(!irq);
    pass(CHAR_NS + 10);
    ck_assert(irq);
}
END_TEST

START_TEST(out2_opens_the_interrupt_line)
{
    out(1, 0x02);
    ck_assert(!irq);
    out(4, 0x08);
    ck_assert(irq);
}
END_TEST

START_TEST(received_bytes_come_at_line_speed_and_wait_for_the_guest)
{
    for (u8 i = 0; i < 40; i++) ck_assert(uart_receive(&uart, i));
    ck_assert_uint_eq(in(5) & 1, 0);
    u8 next = 0;
    for (unsigned t = 0; t < 100; t++) {
        pass(CHAR_NS + 10);
        if (t > 20 && in(5) & 1) ck_assert_uint_eq(in(0), next++);
    }
    ck_assert_uint_eq(next, 40);
    ck_assert_uint_eq(in(5) & 2, 0);
}
END_TEST

START_TEST(trigger_levels_and_the_timeout)               /* [8.4.1] */
{
    static const u8 level[4] = { 1, 4, 8, 14 };
    out(4, 0x08);
    out(1, 0x01);
    for (u8 t = 0; t < 4; t++) {
        out(2, (u32)t << 6 | 7);
        for (u8 i = 0; i < level[t]; i++) {
            ck_assert(!irq);
            uart_receive(&uart, i);
            pass(CHAR_NS + 10);
        }
        ck_assert_uint_eq(in(2), 0xC4);
    }
    in(0);                                               /* 13 left, below the trigger */
    ck_assert(!irq);
    pass(4 * CHAR_NS - 10);
    ck_assert(!irq);
    pass(40);
    ck_assert_uint_eq(in(2), 0xCC);
    in(0);
    ck_assert(!irq);
}
END_TEST

START_TEST(loopback_returns_bytes_and_lines)             /* [8.6.8 MCR bit 4] */
{
    out(4, 0x10);
    in(6);
    out(0, 0xA5);
    pass(CHAR_NS + 10);
    ck_assert_uint_eq(n_sent, 0);
    ck_assert_uint_eq(in(0), 0xA5);
    for (u8 m = 0; m < 16; m++) {                        /* DTR RTS OUT1 OUT2 -> DSR CTS RI DCD */
        out(4, 0x10u | m);
        u8 expected = (u8)((m & 1) << 5 | (m & 2) << 3 | (m & 4) << 4 | (m & 8) << 4);
        ck_assert_uint_eq(in(6) & 0xF0, expected);
    }
}
END_TEST

START_TEST(modem_changes_are_remembered_until_read)
{
    out(4, 0x08);
    out(1, 0x08);
    in(6);
    uart_modem(&uart, UART_DSR | UART_DCD | UART_RI);
    ck_assert(irq);
    ck_assert_uint_eq(in(2), 0x00);
    ck_assert_uint_eq(in(6), 0xE1);                      /* delta CTS; RI rising does not count */
    ck_assert(!irq);
    uart_modem(&uart, UART_DSR);
    ck_assert_uint_eq(in(6), 0x2C);                      /* trailing edge of RI, delta DCD */
    ck_assert_uint_eq(in(6), 0x20);
}
END_TEST

START_TEST(overrun_and_break_in_loopback)
{
    out(4, 0x18);
    out(1, 0x05);
    for (u8 i = 1; i <= 2; i++) { out(0, i); pass(CHAR_NS + 10); }
    ck_assert_uint_eq(in(2), 0x06);                      /* line status has the highest priority */
    ck_assert_uint_eq(in(5) & 0x1F, 0x03);
    ck_assert_uint_eq(in(5) & 0x1F, 0x01);
    ck_assert_uint_eq(in(0), 2);
    out(3, 0x43);
    ck_assert_uint_eq(in(5) & 0x1F, 0x11);
    ck_assert_uint_eq(in(0), 0);
}
END_TEST

START_TEST(the_input_queue_is_bounded)
{
    for (unsigned i = 0; i < UART_INPUT; i++) ck_assert(uart_receive(&uart, (u8)i));
    ck_assert(!uart_receive(&uart, 0));
    ck_assert_uint_eq(uart_room(&uart), 0);
}
END_TEST

static void walk(void *chip, walker_t *w) { uart_walk(chip, w); }
START_TEST(walk_saves_everything)
{
    vclock_init(&clock_2);
    uart_init(&uart_2, &clock_2);
    check_walk(walk, &uart, &uart_2);
}
END_TEST

START_TEST(random_programs_find_nothing)
{
    dice_t d = { 7 };
    for (unsigned i = 0; i < 300000; i++) {
        switch (throw_dice(&d, 5)) {
        case 0: in((u16)throw_dice(&d, 16)); break;
        case 1: case 2: out((u16)throw_dice(&d, 16), throw_dice(&d, 256)); break;
        case 3: uart_receive(&uart, (u8)i); uart_modem(&uart, (u8)throw_dice(&d, 256)); break;
        default: pass(throw_dice(&d, 1u << throw_dice(&d, 31)));
        }
        if (i % 5000 == 0) {
            walker_t w = walk_randomiser(i);
            uart_walk(&uart, &w);
        }
        if (uart.rx_count > 16 || uart.tx_count > 16 || uart.input_count > UART_INPUT) ck_abort_msg("step %u", i);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("16550A");
    tcase_add_checked_fixture(tc, power_on, NULL);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, registers_after_reset);
    tcase_add_test(tc, scratch_divisor_and_masks);
    tcase_add_test(tc, a_fifo_shows_in_iir);
    tcase_add_test(tc, a_character_takes_its_bits);
    tcase_add_test(tc, divisor_0_divides_by_65536);
    tcase_add_test(tc, sixteen_bytes_fit_the_transmit_fifo);
    tcase_add_test(tc, the_transmitter_interrupts_when_empty_and_iir_takes_it_back);
    tcase_add_test(tc, out2_opens_the_interrupt_line);
    tcase_add_test(tc, received_bytes_come_at_line_speed_and_wait_for_the_guest);
    tcase_add_test(tc, trigger_levels_and_the_timeout);
    tcase_add_test(tc, loopback_returns_bytes_and_lines);
    tcase_add_test(tc, modem_changes_are_remembered_until_read);
    tcase_add_test(tc, overrun_and_break_in_loopback);
    tcase_add_test(tc, the_input_queue_is_bounded);
    tcase_add_test(tc, walk_saves_everything);
    tcase_add_test(tc, random_programs_find_nothing);
    return run_suite("uart", tc);
}
