/* test_lpt.c - the parallel port.  Facts: IBM PC Technical Reference, "Printer Adapter". */
#include "tests/chip_check.h"
#include "devices/lpt.h"

static vclock_t clock_, clock_2;
static lpt_t lpt, lpt_2;
static unsigned irqs, n;
static u8 paper[8];
static void on_irq(void *c, int pin, bool up) { (void)c; (void)pin; irqs += up; }
static void on_print(void *o, u8 byte) { (void)o; paper[n++ & 7] = byte; }

static void power_on(void)
{
    vclock_init(&clock_);
    lpt_init(&lpt, &clock_);
    lpt.irq = (line_t){ on_irq, NULL, 7 };
    lpt.print = on_print;
    irqs = n = 0;
}

START_TEST(idle_is_selected_ready_and_without_error)
{
    ck_assert_uint_eq(lpt_read(&lpt, 1), 0xDF);
    ck_assert_uint_eq(lpt_read(&lpt, 2), 0xE4);
}
END_TEST

START_TEST(data_and_control_read_back)                   /* how a BIOS finds the port */
{
    for (u32 v = 0; v < 256; v++) {
        lpt_write(&lpt, 0, v);
        ck_assert_uint_eq(lpt_read(&lpt, 0), v);
        lpt_write(&lpt, 2, v);
        ck_assert_uint_eq(lpt_read(&lpt, 2), 0xE0 | (v & 0x1F));
        lpt_write(&lpt, 1, v);
    }
}
END_TEST

START_TEST(a_rising_strobe_prints_once_with_busy_and_ack)
{
    lpt_write(&lpt, 0, 'A');
    lpt_write(&lpt, 2, 0x0D);
    lpt_write(&lpt, 2, 0x0D);
    ck_assert(n == 1 && paper[0] == 'A');
    ck_assert_uint_eq(lpt_read(&lpt, 1) & 0xC0, 0x40);   /* busy */
    vclock_advance(&clock_, 10000);
    ck_assert_uint_eq(lpt_read(&lpt, 1) & 0xC0, 0x80);   /* acknowledge */
    vclock_advance(&clock_, 15000);
    ck_assert_uint_eq(lpt_read(&lpt, 1) & 0xC0, 0xC0);
    ck_assert_uint_eq(irqs, 0);
    lpt_write(&lpt, 2, 0x0C);
    lpt_write(&lpt, 2, 0x1D);
    vclock_advance(&clock_, 50000);
    ck_assert(n == 2 && irqs == 1);
}
END_TEST

static void walk(void *chip, walker_t *w) { lpt_walk(chip, w); }
START_TEST(walk_saves_everything)
{
    vclock_init(&clock_2);
    lpt_init(&lpt_2, &clock_2);
    check_walk(walk, &lpt, &lpt_2);
}
END_TEST

START_TEST(random_programs_find_nothing)
{
    dice_t d = { 11 };
    for (unsigned i = 0; i < 200000; i++) {
        lpt_write(&lpt, (u16)throw_dice(&d, 8), throw_dice(&d, 256));
        lpt_read(&lpt, (u16)throw_dice(&d, 8));
        vclock_advance(&clock_, clock_.now + throw_dice(&d, 20000));
        if (lpt.busy && lpt.acknowledging) ck_abort();
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("lpt");
    tcase_add_checked_fixture(tc, power_on, NULL);
    tcase_add_test(tc, idle_is_selected_ready_and_without_error);
    tcase_add_test(tc, data_and_control_read_back);
    tcase_add_test(tc, a_rising_strobe_prints_once_with_busy_and_ack);
    tcase_add_test(tc, walk_saves_everything);
    tcase_add_test(tc, random_programs_find_nothing);
    return run_suite("lpt", tc);
}
