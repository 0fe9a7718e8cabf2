/* test_coprocessor.c - the latch between FERR#, IRQ 13, port F0h and IGNNE#.  SDM vol. 1, appendix D.2.1; IBM PC AT Technical Reference. */
#include <check.h>
#include "devices/coprocessor.h"

static coprocessor_t chip;
static bool irq, ignne;
static void to_irq(void *owner, int pin, bool level)   { (void)owner; (void)pin; irq = level; }
static void to_ignne(void *owner, int pin, bool level) { (void)owner; (void)pin; ignne = level; }

static void power_on(void)
{
    chip = (coprocessor_t){ .irq = { to_irq, NULL, 0 }, .ignne = { to_ignne, NULL, 0 } };
    coprocessor_reset(&chip);
}

START_TEST(an_error_requests_interrupt_13_until_port_f0_is_written)
{
    coprocessor_ferr(&chip, 0, true);
    ck_assert(irq && !ignne);
    coprocessor_write(&chip, 0, 0);
    ck_assert(!irq && ignne);                                    /* the handler may use the unit */
    coprocessor_ferr(&chip, 0, false);                           /* FNCLEX */
    ck_assert(!irq && !ignne);
    coprocessor_ferr(&chip, 0, true);                            /* the next error */
    ck_assert(irq && !ignne);
}
END_TEST

START_TEST(an_error_that_goes_away_stays_latched)
{
    coprocessor_ferr(&chip, 0, true);
    coprocessor_ferr(&chip, 0, false);
    ck_assert(irq);
    coprocessor_write(&chip, 0, 0);
    ck_assert(!irq && !ignne);
}
END_TEST

START_TEST(port_f1_does_nothing)
{
    coprocessor_ferr(&chip, 0, true);
    coprocessor_write(&chip, 1, 0);
    ck_assert(irq && !ignne);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("coprocessor");
    tcase_add_checked_fixture(tc, power_on, NULL);
    tcase_add_test(tc, an_error_requests_interrupt_13_until_port_f0_is_written);
    tcase_add_test(tc, an_error_that_goes_away_stays_latched);
    tcase_add_test(tc, port_f1_does_nothing);
    Suite *s = suite_create("coprocessor error latch");
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed != 0;
}
