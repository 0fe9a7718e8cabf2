/* test_testdev.c - QEMU's pc-testdev, against the behaviour of hw/misc/pc-testdev.c as docs/usage.md states it. */
#include <check.h>
#include "devices/testdev.h"
#include "tests/run_all.h"

static testdev_t dev;
static bool level[TESTDEV_LINES];
static void pin(void *chip, int n, bool on) { (void)chip; level[n] = on; }

START_TEST(the_latch_keeps_four_bytes)
{
    for (u16 n = 0; n < 4; n++) testdev_write_latch(&dev, n, 0xA0u + n);
    for (u16 n = 0; n < 4; n++) ck_assert_uint_eq(testdev_read_latch(&dev, n), 0xA0u + n);
    testdev_reset(&dev);
    ck_assert_uint_eq(testdev_read_latch(&dev, 2), 0);
}
END_TEST

START_TEST(its_memory_is_little_endian_and_ends)
{
    testdev_store(&dev, 0x1234, W32, 0x11223344);
    ck_assert_uint_eq(testdev_load(&dev, 0x1235, W16), 0x2233);
    testdev_store(&dev, TESTDEV_BYTES - 2, W32, 0xFFFFFFFF);
    ck_assert_uint_eq(testdev_load(&dev, TESTDEV_BYTES - 2, W16), 0);
    ck_assert_uint_eq(testdev_load(&dev, TESTDEV_BYTES - 2, W32), 0xFFFFFFFF);
}
END_TEST

START_TEST(a_port_drives_its_line)
{
    for (int n = 0; n < TESTDEV_LINES; n++) dev.irq[n] = (line_t){ pin, NULL, n };
    testdev_write_line(&dev, 5, 1);
    ck_assert(level[5] && !level[4]);
    testdev_write_line(&dev, 5, 0);
    ck_assert(!level[5]);
    testdev_write_line(&dev, 9, 0x100);
    testdev_reset(&dev);
    ck_assert(!level[9]);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("testdev");
    tcase_add_test(tc, the_latch_keeps_four_bytes);
    tcase_add_test(tc, its_memory_is_little_endian_and_ends);
    tcase_add_test(tc, a_port_drives_its_line);
    Suite *s = suite_create("testdev");
    suite_add_tcase(s, tc);
    return run_all(s);
}
