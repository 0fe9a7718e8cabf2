/*
 * test_demo: the embedded demonstration disk is a 1.44 MB floppy that a BIOS will boot and DOS will read.
 *
 * Sources: ECMA-107 (FAT12 boot sector, FAT and directory); the size and shape of a 1.44 MB floppy are those of the 82077AA
 * data sheet's tables: 80 cylinders, 2 heads, 18 sectors.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "demo/demo_floppy.h"
#include "tests/run_all.h"

static unsigned word(unsigned long at) { return demo_floppy[at] | (unsigned)demo_floppy[at + 1] << 8; }

START_TEST(the_image_has_the_size_of_a_floppy)
{
    ck_assert_uint_eq(demo_floppy_image_bytes, 80ul * 2 * 18 * 512);
    ck_assert_uint_le(demo_floppy_bytes, demo_floppy_image_bytes);
}
END_TEST

START_TEST(the_boot_sector_has_its_signature_and_begins_with_a_jump)
{
    ck_assert_uint_eq(word(510), 0xAA55);
    ck_assert(demo_floppy[0] == 0xEB || demo_floppy[0] == 0xE9);
}
END_TEST

START_TEST(the_parameter_block_describes_1440_kilobytes)
{
    static const struct {
        unsigned at, value;
    } facts[] = {{11, 512}, {17, 224}, {19, 2880}, {22, 9}, {24, 18}, {26, 2}};
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        ck_assert_uint_eq(word(facts[i].at), facts[i].value);
    ck_assert_uint_eq(demo_floppy[13], 1);
    ck_assert_uint_eq(demo_floppy[16], 2);
    ck_assert_uint_eq(demo_floppy[21], 0xF0);
}
END_TEST

START_TEST(the_program_fills_the_reserved_sectors_and_fits_its_segment)
{
    unsigned reserved = word(14);
    ck_assert_uint_gt(reserved, 1);
    ck_assert_uint_le((reserved - 1) * 512, 0xE000);
    unsigned long last = (reserved - 1ul) * 512;
    int used = 0;
    for (unsigned long i = last; i < last + 512; i++)
        used |= demo_floppy[i];
    ck_assert_int_ne(used, 0);
}
END_TEST

START_TEST(both_fats_are_empty_and_the_directory_holds_the_label)
{
    unsigned long fat = word(14) * 512ul, root = fat + 2 * 9 * 512;
    static const unsigned char start[4] = {0xF0, 0xFF, 0xFF, 0x00};
    ck_assert_uint_ge(demo_floppy_bytes, root + 32);
    ck_assert_int_eq(memcmp(demo_floppy + fat, start, 4), 0);
    ck_assert_int_eq(memcmp(demo_floppy + fat + 9 * 512, start, 4), 0);
    ck_assert_int_eq(memcmp(demo_floppy + root, "DOPPEL DEMO\x08", 12), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("demo");
    TCase *facts = tcase_create("facts");
    suite_add_tcase(suite, facts);
    tcase_add_test(facts, the_image_has_the_size_of_a_floppy);
    tcase_add_test(facts, the_boot_sector_has_its_signature_and_begins_with_a_jump);
    tcase_add_test(facts, the_parameter_block_describes_1440_kilobytes);
    tcase_add_test(facts, the_program_fills_the_reserved_sectors_and_fits_its_segment);
    tcase_add_test(facts, both_fats_are_empty_and_the_directory_holds_the_label);
    return run_all(suite);
}
