/* test_fw_cfg.c - the firmware configuration device as firmware reads it: QEMU's docs/specs/fw_cfg.rst. */
#include "tests/chip_check.h"
#include "devices/fw_cfg.h"
#include "mem/bus.h"

static fw_cfg_t fw, fw_2;
static bus_t bus;
static const u8 blob[5] = { 1, 2, 3, 4, 5 };

static void power_on(void)
{
    fw_cfg_init(&fw, 0x12345678, 1);
    ck_assert(fw_cfg_add_file(&fw, "vgaroms/vgabios.bin", blob, sizeof blob));
    ck_assert(fw_cfg_add_file(&fw, "etc/show-boot-menu", "\0", 2));
    bus_init(&bus, NULL, 0);
    ck_assert(bus_attach(&bus, &(port_range_t){ .name = "fw_cfg", .first = 0x510, .count = 2, .width = W16,
                                                .read = fw_cfg_read, .write = fw_cfg_write, .chip = &fw }));
}

static void item(u32 selector, u8 *to, unsigned bytes)
{
    bus_out(&bus, 0x510, W16, selector);
    while (bytes--) *to++ = (u8)bus_in(&bus, 0x511, W8);
}

START_TEST(the_signature_and_the_traditional_interface_are_there)
{
    u8 b[6];
    item(0, b, 6);
    ck_assert(memcmp(b, "QEMU\0", 6) == 0);
    item(1, b, 4);
    ck_assert_uint_eq(get(b, W32), 1);                   /* no DMA: bit 1 clear */
}
END_TEST

START_TEST(numbers_are_little_endian)
{
    u8 b[8];
    item(3, b, 8);
    ck_assert_uint_eq(get64(b), 0x12345678);
    item(5, b, 2);
    ck_assert_uint_eq(get(b, W16), 1);
    item(0x0F, b, 2);
    ck_assert_uint_eq(get(b, W16), 1);
}
END_TEST

START_TEST(single_items_are_numbers_or_contents)                 /* qemu_fw_cfg.h: 08h, 11h */
{
    u8 b[8];
    fw_cfg_set_number(&fw, FW_CFG_KERNEL_SIZE, 0x00C0FFEE);
    fw_cfg_set_data(&fw, FW_CFG_KERNEL_DATA, blob, sizeof blob);
    fw_cfg_set_data(&fw, FW_CFG_ITEMS, blob, sizeof blob);       /* no such item */
    item(FW_CFG_KERNEL_SIZE, b, 8);
    ck_assert_uint_eq(get(b, W32), 0x00C0FFEE);
    ck_assert_uint_eq(get(b + 4, W32), 0);
    item(FW_CFG_KERNEL_DATA, b, 8);
    ck_assert(memcmp(b, "\1\2\3\4\5\0\0", 8) == 0);
    item(FW_CFG_INITRD_DATA, b, 8);
    ck_assert_uint_eq(get64(b), 0);
}
END_TEST

START_TEST(the_directory_is_big_endian_and_sorted)
{
    u8 b[4 + 3 * 64];
    item(0x19, b, sizeof b);
    ck_assert(memcmp(b, "\0\0\0\2", 4) == 0);
    ck_assert(memcmp(b + 4, "\0\0\0\2\0\x20\0\0etc/show-boot-menu", 27) == 0);
    ck_assert(memcmp(b + 68, "\0\0\0\5\0\x21\0\0vgaroms/vgabios.bin", 28) == 0);
    for (unsigned i = 132; i < sizeof b; i++) ck_assert_uint_eq(b[i], 0);
}
END_TEST

START_TEST(a_file_reads_to_its_end_and_then_zeros)
{
    u8 b[8];
    item(0x21, b, 8);
    ck_assert(memcmp(b, "\1\2\3\4\5\0\0\0", 8) == 0);
    item(0x22, b, 1);
    ck_assert_uint_eq(b[0], 0);
    item(0xFFFF, b, 1);
    ck_assert_uint_eq(b[0], 0);
}
END_TEST

START_TEST(files_are_bounded)
{
    char name[80];
    memset(name, 'x', sizeof name);
    name[56] = 0;
    ck_assert(!fw_cfg_add_file(&fw, name, blob, 1));
    name[55] = 0;
    ck_assert(fw_cfg_add_file(&fw, name, blob, 1));
    while (fw.n_files < FW_CFG_FILES) ck_assert(fw_cfg_add_file(&fw, "a", blob, 1));
    ck_assert(!fw_cfg_add_file(&fw, "b", blob, 1));
}
END_TEST

static void walk(void *chip, walker_t *w) { fw_cfg_walk(chip, w); }
START_TEST(walk_saves_everything)
{
    fw_cfg_init(&fw_2, 1, 1);
    check_walk(walk, &fw, &fw_2);
}
END_TEST

START_TEST(every_selector_and_offset_reads_inside)
{
    for (u32 s = 0; s < 0x10000; s++) {
        fw_cfg_write(&fw, 0, s);
        for (unsigned i = 0; i < 4; i++) fw_cfg_read(&fw, 1);
    }
    dice_t d = { 13 };
    for (unsigned i = 0; i < 100000; i++) {
        fw.selector = (u16)throw_dice(&d, throw_dice(&d, 2) ? 0x40 : 0x10000);
        fw.offset = throw_dice(&d, 2) ? throw_dice(&d, 2000) : 0xFFFFFFF0 + throw_dice(&d, 16);
        for (unsigned k = 0; k < 20; k++) fw_cfg_read(&fw, (u16)throw_dice(&d, 3));
    }
    ck_assert_uint_le(fw.n_files, FW_CFG_FILES);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("fw_cfg");
    tcase_add_checked_fixture(tc, power_on, NULL);
    tcase_add_test(tc, the_signature_and_the_traditional_interface_are_there);
    tcase_add_test(tc, numbers_are_little_endian);
    tcase_add_test(tc, the_directory_is_big_endian_and_sorted);
    tcase_add_test(tc, single_items_are_numbers_or_contents);
    tcase_add_test(tc, a_file_reads_to_its_end_and_then_zeros);
    tcase_add_test(tc, files_are_bounded);
    tcase_add_test(tc, walk_saves_everything);
    tcase_add_test(tc, every_selector_and_offset_reads_inside);
    return run_suite("fw_cfg", tc);
}
