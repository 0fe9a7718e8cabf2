/* test_cd_boot.c - whole machines that start from a CD: El Torito 1.0 (Phoenix, IBM) on ISO 9660 (ECMA-119), our firmware, our drive.
 *
 * The discs are made here, block by block: a primary volume descriptor, a boot record, a boot catalog and a program.  The programs
 * tell what they find at port E9h, one byte a fact, and end the machine by isa-debug-exit. */
#include <check.h>
#include <stdlib.h>
#include "bios/bios_rom.h"
#include "devices/pc.h"
#include "tests/chip_check.h"

enum { BLOCK = 2048, BLOCKS = 1600, CATALOG = 19, IMAGE = 20, MARKED = 24 };

static u8 disc[BLOCKS * BLOCK], told[64];
static unsigned n_told;

static void hear(void *owner, u8 byte)
{
    (void)owner;
    if (n_told < sizeof told) told[n_told++] = byte;
}

/* Started as drive DL: tells DL; INT 13h/4B01h: drive, sectors loaded; 41h: BL; 42h: the first 8 bytes of block 24 and the first of block 25;
 * 43h: AH. */
static const u8 no_emulation[] = {
    0x88, 0xD0, 0xE6, 0xE9, 0xBE, 0x00, 0x06, 0xB8, 0x01, 0x4B, 0xCD, 0x13, 0xA0, 0x02, 0x06, 0xE6, 0xE9, 0xA0, 0x0E, 0x06, 0xE6, 0xE9, 0xBB, 0xAA,
    0x55, 0xB4, 0x41, 0xCD, 0x13, 0x88, 0xD8, 0xE6, 0xE9, 0xBE, 0x47, 0x7C, 0xB4, 0x42, 0xCD, 0x13, 0x72, 0x10, 0xBE, 0x00, 0x90, 0xB9, 0x08, 0x00,
    0xAC, 0xE6, 0xE9, 0xE2, 0xFB, 0xA0, 0x00, 0x98, 0xE6, 0xE9, 0xB4, 0x43, 0xCD, 0x13, 0x88, 0xE0, 0xE6, 0xE9, 0xB0, 0x21, 0xE6, 0xF4, 0xF4, 0x10,
    0x00, 0x02, 0x00, 0x00, 0x90, 0x00, 0x00, 0x18, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
};

/* A diskette's boot sector: tells DL; 02h, 3 sectors from 0/1/3: AL and the first byte of each; 03h: AH; 08h: CL, DL; ends the emulation
 * by 4B00h: the medium in its packet; 08h again: DL. */
static const u8 diskette[] = {
    0x88, 0xD0, 0xE6, 0xE9, 0xBB, 0x00, 0x90, 0xB8, 0x03, 0x02, 0xB9, 0x03, 0x00, 0xBA, 0x00, 0x01, 0xCD, 0x13, 0xE6, 0xE9, 0xA0, 0x00, 0x90, 0xE6,
    0xE9, 0xA0, 0x00, 0x92, 0xE6, 0xE9, 0xA0, 0x00, 0x94, 0xE6, 0xE9, 0xB8, 0x01, 0x03, 0xBB, 0x00, 0x90, 0xB9, 0x01, 0x00, 0xBA, 0x00, 0x00, 0xCD,
    0x13, 0x88, 0xE0, 0xE6, 0xE9, 0xB4, 0x08, 0xB2, 0x00, 0xCD, 0x13, 0x88, 0xC8, 0xE6, 0xE9, 0x88, 0xD0, 0xE6, 0xE9, 0x31, 0xC0, 0x8E, 0xD8, 0xBE,
    0x00, 0x06, 0xB8, 0x00, 0x4B, 0xB2, 0x00, 0xCD, 0x13, 0xA0, 0x01, 0x06, 0xE6, 0xE9, 0xB4, 0x08, 0xB2, 0x00, 0xCD, 0x13, 0x88, 0xD0, 0xE6, 0xE9,
    0xB0, 0x21, 0xE6, 0xF4, 0xF4,
};

/* ECMA-119 8.4 and El Torito figures 7, 2, 3. */
static void make_disc(u8 media, const u8 *program, size_t bytes, u16 sectors)
{
    u8 *primary = disc + 16 * BLOCK, *record = disc + 17 * BLOCK, *catalog = disc + CATALOG * BLOCK;
    memset(disc, 0, sizeof disc);
    memcpy(primary, "\1CD001\1", 7);
    put(primary + 80, W32, BLOCKS);
    memcpy(record, "\0CD001\1EL TORITO SPECIFICATION", 30);
    put(record + 0x47, W32, CATALOG);
    memcpy(disc + 18 * BLOCK, "\377CD001\1", 7);
    catalog[0] = 1;
    put(catalog + 30, W16, 0xAA55);
    put(catalog + 28, W16, 0x10000u - 0xAA55u - 1u);
    catalog[32] = 0x88;
    catalog[33] = media;
    put(catalog + 38, W16, sectors);
    put(catalog + 40, W32, IMAGE);
    for (unsigned n = 1; media && n < 100; n++) disc[IMAGE * BLOCK + n * 512] = (u8)n;
    memcpy(disc + IMAGE * BLOCK, program, bytes);
    if (!media) {
        memcpy(disc + MARKED * BLOCK, "BLOCK 24", 8);
        disc[(MARKED + 1) * BLOCK] = 'Z';
    }
}

typedef struct { pc_t *pc; disk_t *cd; } machine_t;

static machine_t start(bool has_disc)
{
    char why[300];
    machine_t m = { .cd = has_disc ? disk_from_memory("disc", disc, sizeof disc, sizeof disc) : NULL };
    pc_config_t config = { .ram_bytes = 2 << 20, .cpu = CPU_PENTIUM, .ips = 20000000, .rtc_seconds = 1000000000, .bios = bios_rom, .bios_bytes = (u32)bios_rom_bytes,
                           .has_floppy = { true }, .cdrom = { [2] = m.cd }, .has_cdrom = { [2] = true }, .boot_order = "d",
                           .debug_exit = true, .debug_exit_port = 0xF4, .debugcon_out = hear };
    n_told = 0;
    m.pc = pc_new(&config, why, sizeof why);
    ck_assert_msg(m.pc != NULL, "%s", why);
    return m;
}

static void end(machine_t *m)
{
    pc_free(m->pc);
    disk_close(m->cd);
}

static void check_told(const u8 *expected, unsigned n)
{
    machine_t m = start(true);
    ck_assert_int_eq(pc_run(m.pc, 20000000000u, UINT64_MAX), STOP_DEBUG_EXIT);
    ck_assert_uint_eq(n_told, n);
    for (unsigned i = 0; i < n; i++) ck_assert_msg(told[i] == expected[i], "fact %u: %02X, not %02X", i, told[i], expected[i]);
    end(&m);
}

START_TEST(a_system_without_emulation_reads_the_disc_as_drive_E0)
{
    static const u8 facts[] = { 0xE0, 0xE0, 4, 0x55, 'B', 'L', 'O', 'C', 'K', ' ', '2', '4', 'Z', 3 };
    make_disc(0, no_emulation, sizeof no_emulation, 4);
    check_told(facts, sizeof facts);
}
END_TEST

/* El Torito 2.3: 1 is 1.2 MB, 2 is 1.44 MB, 3 is 2.88 MB; the machine's own drive is the second one meanwhile. */
START_TEST(an_emulated_diskette_is_drive_0_and_the_real_one_comes_back)
{
    static const struct { u8 media, sectors; } rows[] = { { 1, 15 }, { 2, 18 }, { 3, 36 } };
    u8 first = (u8)(rows[_i].sectors + 2);
    const u8 facts[] = { 0, 3, first, (u8)(first + 1), (u8)(first + 2), 3, rows[_i].sectors, 2, rows[_i].media, 1 };
    make_disc(rows[_i].media, diskette, sizeof diskette, 1);
    check_told(facts, sizeof facts);
}
END_TEST

static bool screen_says(pc_t *pc, const char *text)
{
    static vga_text_t screen;
    static char line[VGA_MAX_COLUMNS + 1];
    vga_read_text(pc_vga(pc), &screen);
    for (unsigned row = 0; row < screen.rows; row++) {
        for (unsigned i = 0; i < screen.columns; i++) line[i] = (char)screen.cells[row * screen.columns + i].code;
        line[screen.columns] = 0;
        if (strstr(line, text)) return true;
    }
    return false;
}

static void spoil(int how)
{
    make_disc(how == 3 ? 4 : 0, no_emulation, sizeof no_emulation, 4);
    if (how == 1) memset(disc + 17 * BLOCK, 0, BLOCK);
    if (how == 2) disc[CATALOG * BLOCK + 28] ^= 1;
    if (how == 4) disc[CATALOG * BLOCK + 32] = 0;
    if (how == 5) put(disc + CATALOG * BLOCK + 40, W32, 100000);
    if (how == 6) put(disc + 17 * BLOCK + 0x47, W32, 0xFFFFFFFF);
    if (how == 7) put(disc + CATALOG * BLOCK + 38, W16, 0xFFFF);
}

START_TEST(a_disc_that_cannot_start_is_told_why)
{
    static const char *const words[] = { "no disc", "no El Torito boot record", "catalog is damaged", "hard disk emulation", "marked as not bootable",
                                         "image cannot be read", "catalog is damaged", "does not fit below 640 KiB" };
    spoil(_i);
    machine_t m = start(_i != 0);
    ck_assert_int_eq(pc_run(m.pc, 10000000000u, UINT64_MAX), STOP_NONE);
    ck_assert(screen_says(m.pc, "DOPPEL CD-ROM (CD-ROM)"));
    ck_assert_msg(screen_says(m.pc, words[_i]), "%s", words[_i]);
    end(&m);
}
END_TEST

START_TEST(a_disc_put_in_later_starts_after_a_key)
{
    make_disc(0, no_emulation, sizeof no_emulation, 4);
    machine_t m = start(false);
    pc_run(m.pc, 5000000000u, UINT64_MAX);
    ck_assert(screen_says(m.pc, "no disc"));
    m.cd = disk_from_memory("disc", disc, sizeof disc, sizeof disc);
    pc_post(m.pc, &(input_t){ .kind = INPUT_MEDIUM, .drive = PC_FLOPPIES + 2, .disk = m.cd });
    pc_post(m.pc, &(input_t){ .kind = INPUT_KEY, .key = 0x39, .down = true });
    ck_assert_int_eq(pc_run(m.pc, 20000000000u, UINT64_MAX), STOP_DEBUG_EXIT);
    ck_assert_uint_eq(told[0], 0xE0);
    end(&m);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("starting from a CD");
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, a_system_without_emulation_reads_the_disc_as_drive_E0);
    tcase_add_loop_test(tc, an_emulated_diskette_is_drive_0_and_the_real_one_comes_back, 0, 3);
    tcase_add_loop_test(tc, a_disc_that_cannot_start_is_told_why, 0, 8);
    tcase_add_test(tc, a_disc_put_in_later_starts_after_a_key);
    return run_suite("cd_boot", tc);
}
