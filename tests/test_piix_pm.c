/* test_piix_pm.c - facts about power management (Intel 82371AB, 290562, chapters 7 and 10; ACPI 1.0b, 4.7). */
#include "devices/piix_pm.h"
#include "tests/chip_check.h"

enum { PM = 0xB000, SMB = 0xB100, NS = 1000000000, HALF = 1 << 23 };
enum { TMROF = 1, GBL = 0x20, PWRBTN = 0x100, RTC = 0x400, SCI_EN = 1, SLP_EN = 0x2000 };

static pci_t pci;
static bus_t bus;
static vclock_t clock_;
static piix_pm_t pm;
static bool sci;
static unsigned offs;

static void hear(void *c, int pin, bool level) { (void)c; (void)pin; sci = level; }
static void off(void *c, int pin, bool level)  { (void)c; (void)pin; offs += level; }
static void config(u32 at, width_t w, u32 v)
{
    pci_address_write(&pci, 0x80000B00u | (at & 0xFC));
    pci_data_write(&pci, at & 3, w, v);
}

static void setup(void)
{
    lacking_quiet(true);
    sci = false, offs = 0;
    bus_init(&bus, NULL, 0);
    vclock_init(&clock_);
    pci_init(&pci, 1 << 20, 0xFEC00000);
    ck_assert(piix_pm_init(&pm, &pci, 11, &clock_, &bus));
    ck_assert(bus_attach(&bus, &(port_range_t){ "apm", 0xB2, 2, W8, piix_apm_read, piix_apm_write, &pm, false }));
    pm.sci = (line_t){ hear, NULL, 0 };
    pm.power_off = (line_t){ off, NULL, 0 };
    pci_reset(&pci);
    piix_pm_reset(&pm);
    config(0x40, W32, PM);
    config(0x80, W8, 1);
}
static u32  in(u16 port, width_t w) { return bus_in(&bus, port, w); }
static void out(u16 port, width_t w, u32 v) { bus_out(&bus, port, w, v); }
static void pass(u64 ns) { vclock_advance(&clock_, clock_.now + ns); }
static u32 timer(void) { return in(PM + 8, W32); }

START_TEST(the_registers_are_at_pmbase_while_pmiose_is_set)
{
    out(PM + 2, W16, 0xFFFF);
    ck_assert_uint_eq(in(PM + 2, W16), TMROF | GBL | PWRBTN | RTC);
    config(0x80, W8, 0);
    ck_assert_uint_eq(in(PM + 2, W16), 0xFFFF);
    config(0x80, W8, 1);
    config(0x40, W32, 0x600);
    ck_assert_uint_eq(in(0x602, W16), TMROF | GBL | PWRBTN | RTC);
    ck_assert_uint_eq(in(PM + 2, W16), 0xFFFF);
    pci_address_write(&pci, 0x80000B40);
    ck_assert_uint_eq(pci_data_read(&pci, 0, W32), 0x601);                      /* bit 0: I/O space, fixed */
}
END_TEST

START_TEST(the_timer_counts_3579545_a_second_in_24_bits)
{
    static const u64 ms[] = { 1, 10, 1000, 2000, 4000, 4687, 10000, 100000 };
    for (unsigned i = 0; i < COUNT_OF(ms); i++) {
        vclock_advance(&clock_, ms[i] * 1000000);
        ck_assert_uint_eq(timer(), ms[i] * 3579545 / 1000 & 0xFFFFFF);
    }
    ck_assert_uint_eq(in(PM + 10, W8), timer() >> 16);
}
END_TEST

START_TEST(overflow_is_told_each_time_bit_23_changes)                           /* ACPI 4.7.3.3: every 2.34 s */
{
    for (u64 half = 1; half < 6; half++) {
        u64 moment = (half * HALF * NS + 3579544) / 3579545;
        vclock_advance(&clock_, moment - 1);
        ck_assert_uint_eq(in(PM, W16) & TMROF, 0);
        vclock_advance(&clock_, moment);
        ck_assert_uint_eq(in(PM, W16) & TMROF, TMROF);
        ck_assert_uint_eq(timer(), half * HALF & 0xFFFFFF);
        out(PM, W16, TMROF);
        ck_assert_uint_eq(in(PM, W16) & TMROF, 0);
    }
}
END_TEST

START_TEST(overflow_interrupts_when_enabled)
{
    pass((u64)3 * NS);                                                          /* one is waiting already */
    out(PM + 4, W16, SCI_EN);
    out(PM + 2, W16, TMROF);
    ck_assert(sci);
    out(PM, W16, TMROF);
    ck_assert(!sci);
    pass((u64)NS * 23435 / 10000);
    ck_assert(sci);
    out(PM + 2, W16, 0);
    ck_assert(!sci);
}
END_TEST

START_TEST(the_power_button_interrupts)
{
    piix_pm_power_button(&pm);
    ck_assert_uint_eq(in(PM, W16), PWRBTN);
    ck_assert(!sci);
    out(PM + 2, W16, PWRBTN);
    ck_assert(!sci);                                                            /* not in ACPI mode */
    out(0xB2, W8, 0xF1);
    ck_assert_uint_eq(in(PM + 4, W16), SCI_EN);
    ck_assert(sci);
    out(PM + 1, W8, PWRBTN >> 8);                                               /* a byte alone */
    ck_assert(!sci);
    ck_assert_uint_eq(offs, 0);
    out(0xB2, W8, 0xF0);
    ck_assert_uint_eq(in(PM + 4, W16), 0);
    out(0xB3, W8, 0x5A);
    ck_assert_uint_eq(in(0xB2, W16), 0x5AF0);
}
END_TEST

START_TEST(the_clock_s_alarm_sets_its_status)
{
    piix_pm_rtc(&pm, 0, true);
    piix_pm_rtc(&pm, 0, true);
    ck_assert_uint_eq(in(PM, W16), RTC);
    out(PM, W16, RTC);
    piix_pm_rtc(&pm, 0, true);
    ck_assert_uint_eq(in(PM, W16), 0);                                          /* an edge */
}
END_TEST

START_TEST(soft_off_switches_off_and_nothing_else_does)                         /* 290562, PMCNTRL: SLP_TYP 000 is soft off */
{
    for (u32 type = 1; type < 8; type++) out(PM + 4, W16, type << 10 | SLP_EN);
    out(PM + 4, W16, SCI_EN);
    ck_assert_uint_eq(offs, 0);
    out(PM + 4, W16, SLP_EN | SCI_EN);
    ck_assert_uint_eq(offs, 1);
    ck_assert_uint_eq(in(PM + 4, W16), SCI_EN);                                 /* SLP_EN reads 0 */
    out(PM + 5, W8, SLP_EN >> 8);
    ck_assert_uint_eq(offs, 2);
    ck_assert_uint_eq(in(PM + 4, W16), SCI_EN);                                 /* the other byte stays */
}
END_TEST

START_TEST(general_purpose_events_are_there_and_quiet)
{
    out(PM + 0x0E, W16, 0xFFFF);
    ck_assert_uint_eq(in(PM + 0x0C, W32), 0x0F010000);
    out(PM + 4, W16, SCI_EN);
    ck_assert(!sci);
    ck_assert(bus_attach(&bus, &(port_range_t){ "gpe", 0xAFE0, 4, W8, piix_gpe_read, piix_gpe_write, &pm, false }));
    out(0xAFE0, W32, 0xFFFFFFFF);
    ck_assert_uint_eq(in(0xAFE0, W32), 0xFFFF0000);
    out(0xAFE2, W16, 0x0102);
    ck_assert_uint_eq(in(0xAFE3, W8), 1);
    ck_assert(!sci);
}
END_TEST

START_TEST(the_smbus_is_empty)
{
    config(0x90, W32, SMB);
    config(0xD2, W8, 9);
    ck_assert_uint_eq(in(SMB, W8), 0xFF);
    config(0x04, W16, PCI_IO);
    ck_assert_uint_eq(in(SMB, W8), 0);
    out(SMB + 4, W8, 0xA1);
    out(SMB + 2, W8, 0x48);                                                     /* start, byte data */
    ck_assert_uint_eq(in(SMB, W8), 4);                                          /* device error */
    ck_assert_uint_eq(in(SMB + 2, W8), 8);
    out(SMB, W8, 4);
    ck_assert_uint_eq(in(SMB, W8), 0);
}
END_TEST

static void walk(void *c, walker_t *w) { piix_pm_walk(c, w); }
START_TEST(the_state_comes_back)
{
    static piix_pm_t empty;
    static pci_t other;
    pci_init(&other, 1 << 20, 0xFEC00000);
    ck_assert(piix_pm_init(&empty, &other, 11, &clock_, &bus));
    walker_t w = walk_randomiser(5);                                            /* bits that do not exist do not come back */
    walk(&pm, &w);
    ck_assert((pm.enable & ~(TMROF | GBL | PWRBTN | RTC)) == 0);
    walker_t a = walk_hasher(), b = walk_hasher();
    blob_t blob = { 0 };
    w = walk_saver(&blob), walk(&pm, &w);
    w = walk_loader(&blob), walk(&empty, &w);
    walk(&pm, &a), walk(&empty, &b);
    ck_assert(a.hash == b.hash && !w.failed);
    blob_free(&blob);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("power management");
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, the_registers_are_at_pmbase_while_pmiose_is_set);
    tcase_add_test(tc, the_timer_counts_3579545_a_second_in_24_bits);
    tcase_add_test(tc, overflow_is_told_each_time_bit_23_changes);
    tcase_add_test(tc, overflow_interrupts_when_enabled);
    tcase_add_test(tc, the_power_button_interrupts);
    tcase_add_test(tc, the_clock_s_alarm_sets_its_status);
    tcase_add_test(tc, soft_off_switches_off_and_nothing_else_does);
    tcase_add_test(tc, general_purpose_events_are_there_and_quiet);
    tcase_add_test(tc, the_smbus_is_empty);
    tcase_add_test(tc, the_state_comes_back);
    return run_suite("piix pm", tc);
}
