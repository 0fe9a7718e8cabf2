/* test_coprocessor.c - the latch between FERR#, IRQ 13, port F0h and IGNNE#.  SDM vol. 1, appendix D.2.1; IBM PC AT Technical Reference. */
#include <check.h>
#include "bios/bios_rom.h"
#include "cpu/cpu.h"
#include "devices/coprocessor.h"
#include "devices/pc.h"
#include "tests/run_all.h"

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

/* ---- the whole machine: a boot sector divides by zero with interrupts on, then off ---- */

/* INT 75h says "!", writes port F0h, clears the exception, ends both interrupts.  The main program says a, b, c, d as it gets along. */
static const u8 boot[] = {
    0xFA, 0x31, 0xC0, 0x8E, 0xD8, 0x8E, 0xD0,                     /* cli; xor ax,ax; mov ds,ax; mov ss,ax */
    0xBC, 0x00, 0x7C, 0xC7, 0x06, 0xD4, 0x01, 0x51, 0x7C,         /* mov sp,0x7c00; mov WORD PTR ds:0x1d4,0x7c51 */
    0xC7, 0x06, 0xD6, 0x01, 0x00, 0x00, 0xE4, 0xA1,               /* mov WORD PTR ds:0x1d6,0x0; in al,0xa1 */
    0x24, 0xDF, 0xE6, 0xA1, 0xE4, 0x21, 0x24, 0xFB,               /* and al,0xdf; out 0xa1,al; in al,0x21; and al,0xfb */
    0xE6, 0x21, 0xFB, 0xDB, 0xE3, 0xD9, 0x2E, 0x62, 0x7C,         /* out 0x21,al; sti; fninit; fldcw WORD PTR ds:0x7c62 */
    0xD9, 0xE8, 0xD9, 0xEE, 0xDE, 0xF9, 0xB0, 0x61,               /* fld1; fldz; fdivp st(1),st; mov al,0x61 */
    0xE6, 0xE9, 0x9B, 0xB0, 0x62, 0xE6, 0xE9, 0xD9, 0xE8,         /* out 0xe9,al; fwait; mov al,0x62; out 0xe9,al; fld1 */
    0xFA, 0xD9, 0xE8, 0xD9, 0xEE, 0xDE, 0xF9, 0xB0, 0x63,         /* cli; fld1; fldz; fdivp st(1),st; mov al,0x63 */
    0xE6, 0xE9, 0xFB, 0xD9, 0xE8, 0xB0, 0x64, 0xE6, 0xE9,         /* out 0xe9,al; sti; fld1; mov al,0x64; out 0xe9,al */
    0xF4, 0xEB, 0xFD, 0x90, 0x90, 0x50, 0xB0, 0x21,               /* hlt; jmp hlt; nop; nop; push ax; mov al,0x21 */
    0xE6, 0xE9, 0xE6, 0xF0, 0xDB, 0xE2, 0xB0, 0x20,               /* out 0xe9,al; out 0xf0,al; fnclex; mov al,0x20 */
    0xE6, 0xA0, 0xE6, 0x20, 0x58, 0xCF,                           /* out 0xa0,al; out 0x20,al; pop ax; iret */
    0x7B, 0x03                                                    /* control word: ZM clear */
};

static char said[16];
static void hear(void *owner, u8 byte)
{
    (void)owner;
    size_t n = strlen(said);
    if (n < sizeof said - 1) said[n] = (char)byte;
}

static const u8 models[] = { CPU_386, CPU_486, CPU_PENTIUM4 };
START_TEST(a_boot_sector_gets_interrupt_13)
{
    static u8 sector[512];
    char why[200];
    memcpy(sector, boot, sizeof boot);
    put(sector + 510, W16, 0xAA55);
    memset(said, 0, sizeof said);
    disk_t *floppy = disk_from_memory("boot", sector, sizeof sector, 1474560);
    pc_config_t config = { .ram_bytes = 2 << 20, .cpu = models[_i], .engine = cpu_has_l1() ? ENGINE_L1 : ENGINE_L0, .rtc_seconds = 1000000000,
                           .bios = bios_rom, .bios_bytes = (u32)bios_rom_bytes, .floppy = { floppy }, .debugcon_out = hear };
    pc_t *pc = pc_new(&config, why, sizeof why);
    ck_assert_msg(pc != NULL, "%s", why);
    while (!strchr(said, 'd') && pc_instructions(pc) < 200000000)
        pc_run(pc, UINT64_MAX, 100000);
    ck_assert_str_eq(said, "!abc!d");                            /* at once; and with interrupts off as soon as they are on */
    pc_free(pc);
    disk_close(floppy);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("coprocessor");
    tcase_add_checked_fixture(tc, power_on, NULL);
    tcase_add_test(tc, an_error_requests_interrupt_13_until_port_f0_is_written);
    tcase_add_test(tc, an_error_that_goes_away_stays_latched);
    tcase_add_test(tc, port_f1_does_nothing);
    tcase_add_loop_test(tc, a_boot_sector_gets_interrupt_13, 0, COUNT_OF(models));
    Suite *s = suite_create("coprocessor error latch");
    suite_add_tcase(s, tc);
    return run_all(s);
}
