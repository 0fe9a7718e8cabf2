/* test_option_rom.c - an option ROM with bootstrap entries in a whole machine ("Plug and Play BIOS Specification" 1.0A, chapter 3; "BIOS Boot
 * Specification" 1.01): when its initialisation, its connection vector and its entries are called, and what it is told. */
#include <check.h>
#include "bios/bios_rom.h"
#include "devices/pc.h"
#include "tests/chip_check.h"

/* 55 AA, one block; two expansion headers, at 20h and 40h, chained.  At port E9h it tells:
 *  init   (first it spoils its checksum: that counts only before)  I: ES:DI is a $PnP structure whose bytes add up to 0, and BX is FFFFh (x: not so); S: its service answers 82h
 *  connection vector (first header)   C
 *  bootstrap entries   B, and a far return; D, and INT 18h */
static const u8 program[] = {
    0x55, 0xAA, 0x01, 0xE9, 0x63, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x24, 0x50, 0x6E, 0x50, 0x01, 0x02, 0x40, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x60, 0x00, 0x00, 0x00, 0x00, 0x00, 0xAA, 0x00, 0x00, 0x00, 0xAF, 0x00, 0x00, 0x00, 0x00, 0x00, 0x24, 0x50, 0x6E, 0x50, 0x01, 0x02, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x60, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xB4, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x74, 0x65, 0x73, 0x74, 0x20, 0x52, 0x4F, 0x4D, 0x00, 0x2E, 0xFE, 0x06, 0xFF, 0x01, 0xB0, 0x78, 0x26, 0x66, 0x81, 0x3D, 0x24, 0x50, 0x6E, 0x50,
    0x75, 0x1B, 0x83, 0xFB, 0xFF, 0x75, 0x16, 0x31, 0xC9, 0x26, 0x8A, 0x4D, 0x05, 0x89, 0xFE, 0x30, 0xE4, 0x26, 0x02, 0x24, 0x46, 0xE2, 0xFA, 0x84,
    0xE4, 0x75, 0x02, 0xB0, 0x49, 0xE6, 0xE9, 0x6A, 0x00, 0x26, 0xFF, 0x5D, 0x0D, 0x5B, 0x3D, 0x82, 0x00, 0x75, 0x04, 0xB0, 0x53, 0xE6, 0xE9, 0x31,
    0xC0, 0xCB, 0xB0, 0x43, 0xE6, 0xE9, 0xCB, 0xB0, 0x42, 0xE6, 0xE9, 0xCB, 0xB0, 0x44, 0xE6, 0xE9, 0xCD, 0x18,
};

/* The diskette:  movb $'F',%al; outb %al,$0xE9; movb $1,%al; outb %al,$0xF4; hlt */
static const u8 sector[] = { 0xB0, 0x46, 0xE6, 0xE9, 0xB0, 0x01, 0xE6, 0xF4, 0xF4, };

static char told[64];
static unsigned n_told;
static void hear(void *owner, u8 byte) { (void)owner; if (n_told < sizeof told - 1) told[n_told++] = (char)byte; }

typedef struct { const char *order; bool diskette, good_sum; cpu_model_t cpu; const char *tells; pc_stop_t end; } row_t;
static const row_t rows[] = {
    { "",   true,  true,  CPU_PENTIUM3, "ISCF",   STOP_DEBUG_EXIT },         /* diskette first: the entries come last */
    { "na", true,  true,  CPU_PENTIUM3, "ISCBDF", STOP_DEBUG_EXIT },
    { "na", true,  true,  CPU_PENTIUM,  "ISCBDF", STOP_DEBUG_EXIT },
    { "a",  false, true,  CPU_PENTIUM3, "ISCBD",  STOP_NONE },               /* nothing in the drive: they come after all */
    { "can", true, true,  CPU_PENTIUM3, "ISCF",   STOP_DEBUG_EXIT },
    { "na", true,  false, CPU_PENTIUM3, "F",      STOP_DEBUG_EXIT },         /* bytes that do not add up to 0 are no ROM */
};

START_TEST(a_rom_is_initialised_connected_and_started_in_its_turn)
{
    static u8 rom[512], boot[512];
    const row_t *r = &rows[_i];
    char why[200];
    u8 sum = 0;
    memset(rom, 0, sizeof rom); memset(told, 0, sizeof told);
    memcpy(rom, program, sizeof program);
    for (unsigned i = 0; i < sizeof rom; i++) sum = (u8)(sum + rom[i]);
    rom[511] = (u8)(r->good_sum ? 0 - sum : 1 - sum);
    memcpy(boot, sector, sizeof sector);
    n_told = 0;
    lacking_quiet(true);
    disk_t *disk = r->diskette ? disk_from_memory("diskette", boot, sizeof boot, 1474560) : NULL;
    pc_config_t config = { .ram_bytes = 4 << 20, .cpu = r->cpu, .ips = 20000000, .bios = bios_rom, .bios_bytes = (u32)bios_rom_bytes, .floppy = { disk },
                           .has_floppy = { true }, .option_rom = { { rom, sizeof rom } }, .debug_exit = true, .debug_exit_port = 0xF4, .debugcon_out = hear };
    memcpy(config.boot_order, r->order, strlen(r->order));
    pc_t *pc = pc_new(&config, why, sizeof why);
    ck_assert_msg(pc != NULL, "%s", why);
    ck_assert_int_eq(pc_run(pc, 15000000000u, UINT64_MAX), r->end);
    ck_assert_str_eq(told, r->tells);
    pc_free(pc);
    disk_close(disk);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("option ROM");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, a_rom_is_initialised_connected_and_started_in_its_turn, 0, (int)COUNT_OF(rows));
    return run_suite("option_rom", tc);
}
