/* test_bios.c - facts about the firmware's image that software relies on.  What the firmware does is tested by
 * starting machines with it (test_boot).  Sources: IBM PC/AT Technical Reference (ROM BIOS listing), and the
 * option ROM format of the PC BIOS. */
#include <check.h>
#include "bios/bios_rom.h"
#include "tests/run_all.h"

enum { SYSTEM = 0x10000 };

static unsigned sum(unsigned long from, unsigned long bytes)
{
    unsigned total = 0;
    for (unsigned long i = 0; i < bytes; i++)
        total += bios_rom[from + i];
    return total & 0xFF;
}

START_TEST(the_image_is_128_KiB_and_both_halves_add_up_to_zero)
{
    ck_assert_uint_eq(bios_rom_bytes, 0x20000);
    ck_assert_uint_eq(bios_rom[0], 0x55);
    ck_assert_uint_eq(bios_rom[1], 0xAA);
    ck_assert_uint_gt(bios_rom[2], 0);
    ck_assert_uint_eq(sum(0, bios_rom[2] * 512ul), 0);
    ck_assert_uint_eq(sum(SYSTEM, 0x10000), 0);
}
END_TEST

START_TEST(reset_jumps_far_to_E05B_and_the_model_byte_is_an_AT)
{
    static const unsigned char jump[5] = { 0xEA, 0x5B, 0xE0, 0x00, 0xF0 };
    for (unsigned i = 0; i < sizeof jump; i++)
        ck_assert_uint_eq(bios_rom[SYSTEM + 0xFFF0 + i], jump[i]);
    ck_assert_uint_eq(bios_rom[SYSTEM + 0xFFFE], 0xFC);
}
END_TEST

START_TEST(the_old_entry_points_hold_code_that_jumps_on)
{
    static const unsigned short entries[] = { 0xE05B, 0xE2C3, 0xE3FE, 0xE6F2, 0xE739, 0xE82E, 0xE987, 0xEC59, 0xEF57,
                                              0xEFD2, 0xF065, 0xF841, 0xF84D, 0xF859, 0xFE6E, 0xFEA5, 0xFF54 };
    for (unsigned i = 0; i < sizeof entries / sizeof *entries; i++) {
        unsigned code = bios_rom[SYSTEM + entries[i]];
        ck_assert_msg(code == 0xE9 || code == 0xEB, "F000:%04X holds %02X", entries[i], code);
    }
    ck_assert_uint_eq(bios_rom[SYSTEM + 0xFF53], 0xCF);
}
END_TEST

START_TEST(the_old_tables_stand_in_their_places)
{
    ck_assert_uint_eq(bios_rom[SYSTEM + 0xEFC7 + 3], 2);        /* 512 bytes a sector */
    ck_assert_uint_eq(bios_rom[SYSTEM + 0xEFC7 + 4], 18);
    ck_assert_uint_eq(bios_rom[SYSTEM + 0xE6F5 + 2], 0xFC);     /* configuration table: the model */
    ck_assert_uint_eq(bios_rom[SYSTEM + 0xE401] | bios_rom[SYSTEM + 0xE402] << 8, 306);
    ck_assert_uint_eq(bios_rom[SYSTEM + 0xF0A4 + 16], 0x71);    /* 80 x 25 of the 6845 */
    unsigned ink = 0;
    for (unsigned i = 0; i < 8; i++)
        ink |= bios_rom[SYSTEM + 0xFA6E + 'A' * 8 + i];
    ck_assert_uint_ne(ink, 0);
}
END_TEST

/* "Plug and Play BIOS Specification" 1.0A, 4.4: on a 16-byte boundary, 21h bytes that add up to 0, version 1.0; its entries say
 * FUNCTION_NOT_SUPPORTED (82h). */
START_TEST(the_plug_and_play_structure_leads_to_entries_that_decline)
{
    const unsigned char *rom = bios_rom + SYSTEM, *found = 0;
    for (unsigned at = 0; at < 0x10000; at += 16)
        if (rom[at] == '$' && rom[at + 1] == 'P' && rom[at + 2] == 'n' && rom[at + 3] == 'P') found = rom + at;
    ck_assert(found != 0);
    ck_assert_uint_eq(found[4], 0x10);
    ck_assert_uint_eq(found[5], 0x21);
    ck_assert_uint_eq(sum((unsigned long)(found - bios_rom), 0x21), 0);
    const unsigned char *real = rom + (found[0x0D] | found[0x0E] << 8), *protected = rom + (found[0x11] | found[0x12] << 8);
    ck_assert(real[0] == 0xB8 && real[1] == 0x82 && real[2] == 0 && real[3] == 0xCB);       /* mov $0x82, %ax; lret: 16-bit code in both modes */
    ck_assert(real == protected);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bios");
    TCase *facts = tcase_create("image");
    tcase_add_test(facts, the_image_is_128_KiB_and_both_halves_add_up_to_zero);
    tcase_add_test(facts, reset_jumps_far_to_E05B_and_the_model_byte_is_an_AT);
    tcase_add_test(facts, the_old_entry_points_hold_code_that_jumps_on);
    tcase_add_test(facts, the_old_tables_stand_in_their_places);
    tcase_add_test(facts, the_plug_and_play_structure_leads_to_entries_that_decline);
    suite_add_tcase(suite, facts);
    return run_all(suite);
}
