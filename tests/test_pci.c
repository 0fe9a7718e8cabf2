/* test_pci.c - facts about PCI configuration (PCI Local Bus Specification 2.1, chapter 6 and 3.7.4.1), and about the bus rows that it
 * needs: those that are told the width, and those that move. */
#include "devices/pci.h"
#include "mem/bus.h"
#include "tests/chip_check.h"

enum { RAM_END = 0x1000000, MEMORY_END = 0xFEC00000 };

static const pci_register_t rows[] = {
    { PCI_ID, 4, 0x56781234, 0, 0 },
    { PCI_COMMAND, 2, 0, 0x0003, 0 },
    { PCI_STATUS, 2, 0xF280, 0, 0xF900 },
    { PCI_BAR + 0, 4, 1, 0xFFE0, 0 },                        /* 32 ports */
    { PCI_BAR + 4, 4, 8, 0xFFF00000, 0 },                    /* 1 MiB */
    { PCI_ROM, 4, 0, 0xFFFF0001, 0 },                        /* 64 KiB */
    { PCI_INTERRUPT, 2, 0x0100, 0xFF, 0 },
    { 0x40, 4, 0x11223344, 0x00FF00F0, 0x0000000F },
};

static pci_t pci;
static bus_t bus;
static pci_function_t f, other;
static struct { u32 base; bool enabled; unsigned calls; } placed[PCI_BARS];
static unsigned writes;

static void place(void *chip, unsigned bar, u32 base, bool enabled)
{
    (void)chip;
    placed[bar].base = base;
    placed[bar].enabled = enabled;
    placed[bar].calls++;
}
static void written(void *chip, unsigned at, unsigned bytes) { (void)chip; (void)at; (void)bytes; writes++; }

static u32 address_in(void *chip, u16 reg, width_t w) { (void)reg; return w == W32 ? pci_address_read(chip) : 0xFFFFFFFF; }
static void address_out(void *chip, u16 reg, width_t w, u32 v) { (void)reg; if (w == W32) pci_address_write(chip, v); }

static void setup(void)
{
    memset(placed, 0, sizeof placed);
    writes = 0;
    bus_init(&bus, NULL, 0);
    pci_init(&pci, RAM_END, MEMORY_END);
    f = (pci_function_t){ .name = "f", .devfn = 3 << 3, .rows = rows, .n_rows = COUNT_OF(rows), .place = place, .written = written };
    other = (pci_function_t){ .name = "other", .devfn = 3 << 3 | 1, .rows = rows, .n_rows = COUNT_OF(rows) };
    ck_assert(pci_add(&pci, &f));
    ck_assert(pci_add(&pci, &other));
    pci_reset(&pci);
    ck_assert(bus_attach_wide(&bus, &(wide_range_t){ "address", 0xCF8, 4, address_in, address_out, &pci }));
    ck_assert(bus_attach_wide(&bus, &(wide_range_t){ "data", 0xCFC, 4, pci_data_read, pci_data_write, &pci }));
}

static void aim(u32 devfn, u32 at) { bus_out(&bus, 0xCF8, W32, 0x80000000u | devfn << 8 | (at & 0xFC)); }
static u32 look(u32 at, width_t w) { aim(3 << 3, at); return bus_in(&bus, (u16)(0xCFC + (at & 3)), w); }
static void set(u32 at, width_t w, u32 v) { aim(3 << 3, at); bus_out(&bus, (u16)(0xCFC + (at & 3)), w, v); }

START_TEST(confadd_is_a_dword_and_keeps_what_it_has)                            /* 82441FX, CONFADD: bits 30-24 and 1-0 are reserved */
{
    bus_out(&bus, 0xCF8, W32, 0xFFFFFFFF);
    ck_assert_uint_eq(bus_in(&bus, 0xCF8, W32), 0x80FFFFFC);
    bus_out(&bus, 0xCF8, W8, 0);
    bus_out(&bus, 0xCF9, W16, 0);
    ck_assert_uint_eq(bus_in(&bus, 0xCF8, W32), 0x80FFFFFC);
}
END_TEST

START_TEST(absent_functions_read_all_ones)
{
    unsigned there = 0, wrong = 0;
    for (u32 devfn = 0; devfn < 256; devfn++) {
        aim(devfn, 0);
        u32 id = bus_in(&bus, 0xCFC, W32);
        there += id == 0x56781234;
        wrong += id != 0x56781234 && id != 0xFFFFFFFF;
    }
    ck_assert_uint_eq(there, 2);
    ck_assert_uint_eq(wrong, 0);
    bus_out(&bus, 0xCF8, W32, 0x80010000u | 3 << 11);                           /* bus 1 */
    ck_assert_uint_eq(bus_in(&bus, 0xCFC, W32), 0xFFFFFFFF);
    bus_out(&bus, 0xCF8, W32, 3 << 11);                                         /* not enabled */
    ck_assert_uint_eq(bus_in(&bus, 0xCFC, W32), 0xFFFFFFFF);
    bus_out(&bus, 0xCFC, W32, 0);
    ck_assert_uint_eq(writes, 1);                                               /* the reset's */
}
END_TEST

START_TEST(every_width_reaches_its_bytes)
{
    static const struct { u32 at; width_t w; u32 value; } facts[] = {
        { 0x40, W32, 0x11223344 }, { 0x40, W16, 0x3344 }, { 0x42, W16, 0x1122 }, { 0x41, W16, 0x2233 }, { 0x40, W8, 0x44 },
        { 0x41, W8, 0x33 }, { 0x42, W8, 0x22 }, { 0x43, W8, 0x11 }, { 0x00, W16, 0x1234 }, { 0x02, W16, 0x5678 },
    };
    for (unsigned i = 0; i < COUNT_OF(facts); i++)
        ck_assert_uint_eq(look(facts[i].at, facts[i].w), facts[i].value);
    aim(3 << 3, 0x40);
    ck_assert_uint_eq(bus_in(&bus, 0xCFE, W32), 0xFFFF1122);                    /* across the dword: two cycles, the second to port D00h */
}
END_TEST

START_TEST(only_writable_bits_change_and_ones_clear_status)
{
    set(0x40, W32, 0xFFFFFFFF);
    ck_assert_uint_eq(look(0x40, W32), 0x11FF33F0);
    set(0x42, W8, 0x5A);
    ck_assert_uint_eq(look(0x40, W32), 0x115A33F0);
    set(PCI_ID, W32, 0);
    ck_assert_uint_eq(look(PCI_ID, W32), 0x56781234);
    set(PCI_STATUS, W16, 0x8000);                                               /* 6.2.3 */
    ck_assert_uint_eq(look(PCI_STATUS, W16), 0x7280);
    set(PCI_COMMAND, W16, 0);                                                   /* the neighbour is not touched */
    ck_assert_uint_eq(look(PCI_STATUS, W16), 0x7280);
}
END_TEST

START_TEST(base_registers_tell_their_size)                                      /* 6.2.5.1: write all ones, read back */
{
    static const struct { u32 at, size_mask; } facts[] = { { PCI_BAR, 0xFFE1 }, { PCI_BAR + 4, 0xFFF00008 }, { PCI_BAR + 8, 0 }, { PCI_ROM, 0xFFFF0001 } };
    for (unsigned i = 0; i < COUNT_OF(facts); i++) {
        set(facts[i].at, W32, 0xFFFFFFFF);
        ck_assert_uint_eq(look(facts[i].at, W32), facts[i].size_mask);
    }
}
END_TEST

START_TEST(a_range_is_decoded_where_and_when_the_registers_say)
{
    static const struct { u32 bar, at, value, command; bool enabled; u32 base; } facts[] = {
        { 0, PCI_BAR, 0xC000, PCI_IO, true, 0xC000 },       { 0, PCI_BAR, 0xC000, PCI_MEMORY, false, 0 },
        { 0, PCI_BAR, 0xFFE0, PCI_IO, true, 0xFFE0 },       { 0, PCI_BAR, 0, PCI_IO, false, 0 },
        { 1, PCI_BAR + 4, 0xE0000000, PCI_MEMORY, true, 0xE0000000 },
        { 1, PCI_BAR + 4, 0xE0000000, PCI_IO, false, 0 },
        { 1, PCI_BAR + 4, 0x00F00000, PCI_MEMORY, false, 0 },                   /* RAM is there */
        { 1, PCI_BAR + 4, 0x01000000, PCI_MEMORY, true, 0x01000000 },
        { 1, PCI_BAR + 4, 0xFEB00000, PCI_MEMORY, true, 0xFEB00000 },
        { 1, PCI_BAR + 4, 0xFEC00000, PCI_MEMORY, false, 0 },                   /* APICs and firmware */
        { 1, PCI_BAR + 4, 0xFFF00000, PCI_MEMORY, false, 0 },
        { PCI_ROM_BAR, PCI_ROM, 0xC0000001, PCI_MEMORY, true, 0xC0000000 },
        { PCI_ROM_BAR, PCI_ROM, 0xC0000000, PCI_MEMORY, false, 0 },             /* 6.2.5.2: its own enable bit */
    };
    for (unsigned i = 0; i < COUNT_OF(facts); i++) {
        set(PCI_COMMAND, W16, facts[i].command);
        set(facts[i].at, W32, facts[i].value);
        ck_assert_msg(placed[facts[i].bar].enabled == facts[i].enabled && placed[facts[i].bar].base == facts[i].base, "row %u", i);
        set(PCI_COMMAND, W16, 0);
        ck_assert(!placed[facts[i].bar].enabled);
    }
}
END_TEST

START_TEST(nobody_is_told_of_what_did_not_change)
{
    set(PCI_BAR, W32, 0xC000);
    set(PCI_COMMAND, W16, PCI_IO);
    unsigned calls = placed[0].calls;
    set(PCI_BAR, W32, 0xC000);
    set(PCI_INTERRUPT, W8, 11);
    ck_assert_uint_eq(placed[0].calls, calls);
}
END_TEST

/* ---- interrupts ---- */

static bool pirq[4];
static void hear(void *chip, int pin, bool level) { (void)chip; pirq[pin] = level; }

START_TEST(pins_are_turned_by_the_device_number)                                /* device 1 INTA is PIRQA, 2 INTA PIRQB, ... */
{
    static const struct { u8 device, pin, wire; } facts[] = { { 1, 1, 0 }, { 1, 4, 3 }, { 2, 1, 1 }, { 3, 1, 2 }, { 4, 1, 3 }, { 5, 1, 0 }, { 5, 2, 1 }, { 4, 2, 0 } };
    for (int n = 0; n < 4; n++) pci.pirq[n] = (line_t){ hear, NULL, n };
    for (unsigned i = 0; i < COUNT_OF(facts); i++) {
        f.devfn = (u8)(facts[i].device << 3);
        f.config[PCI_INTERRUPT + 1] = facts[i].pin;
        pci_interrupt(&f, true);
        for (unsigned n = 0; n < 4; n++) ck_assert_int_eq(pirq[n], n == facts[i].wire);
        pci_interrupt(&f, false);
        ck_assert(!pirq[facts[i].wire]);
    }
}
END_TEST

START_TEST(two_functions_share_a_wire)
{
    for (int n = 0; n < 4; n++) pci.pirq[n] = (line_t){ hear, NULL, n };
    pci_interrupt(&f, true);
    pci_interrupt(&other, true);
    ck_assert(pirq[2]);
    pci_interrupt(&f, false);
    ck_assert(pirq[2]);
    pci_interrupt(&other, false);
    ck_assert(!pirq[2]);
}
END_TEST

/* ---- rows that move ---- */

static u32 say(void *chip, u16 reg, width_t w) { (void)w; return (u32)(uintptr_t)chip + reg; }
static u32 fixed_say(void *chip, u16 reg) { (void)chip; (void)reg; return 0x77; }

START_TEST(a_moving_row_takes_only_free_ports_whatever_the_order)
{
    for (unsigned order = 0; order < 2; order++) {
        bus_init(&bus, NULL, 0);
        ck_assert(bus_attach(&bus, &(port_range_t){ "fixed", 0xC008, 1, W8, fixed_say, NULL, NULL, false }));
        unsigned a = bus_attach_movable(&bus, &(wide_range_t){ "a", 0, 0, say, NULL, (void *)0x10 });
        unsigned b = bus_attach_movable(&bus, &(wide_range_t){ "b", 0, 0, say, NULL, (void *)0x40 });
        ck_assert_uint_eq(bus_in(&bus, 0, W8), 0xFF);
        bus_move_ports(&bus, order ? a : b, order ? 0xC000 : 0xC004, 16);
        bus_move_ports(&bus, order ? b : a, order ? 0xC004 : 0xC000, 16);
        ck_assert_uint_eq(bus_in(&bus, 0xC007, W8), 0x17);
        ck_assert_uint_eq(bus_in(&bus, 0xC008, W8), 0x77);
        ck_assert_uint_eq(bus_in(&bus, 0xC00F, W8), 0x1F);
        ck_assert_uint_eq(bus_in(&bus, 0xC010, W8), 0x4C);
        bus_move_ports(&bus, a, 0, 0);
        ck_assert_uint_eq(bus_in(&bus, 0xC007, W8), 0x43);
        bus_move_ports(&bus, b, 0xFFF8, 16);                                    /* over the end: what is there */
        ck_assert_uint_eq(bus_in(&bus, 0xFFFF, W8), 0x47);
        ck_assert_uint_eq(bus_in(&bus, 0xC007, W8), 0xFF);
    }
}
END_TEST

START_TEST(the_state_comes_back_and_constants_stay)
{
    static pci_t again;
    static pci_function_t g, h;
    pci_init(&again, RAM_END, MEMORY_END);
    g = f, h = other;
    pci_add(&again, &g);
    pci_add(&again, &h);
    pci_reset(&again);
    check_walk((chip_walk_fn *)pci_walk, &pci, &again);
    ck_assert_uint_eq(get(g.config, W32), 0x56781234);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("pci");
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, confadd_is_a_dword_and_keeps_what_it_has);
    tcase_add_test(tc, absent_functions_read_all_ones);
    tcase_add_test(tc, every_width_reaches_its_bytes);
    tcase_add_test(tc, only_writable_bits_change_and_ones_clear_status);
    tcase_add_test(tc, base_registers_tell_their_size);
    tcase_add_test(tc, a_range_is_decoded_where_and_when_the_registers_say);
    tcase_add_test(tc, nobody_is_told_of_what_did_not_change);
    tcase_add_test(tc, pins_are_turned_by_the_device_number);
    tcase_add_test(tc, two_functions_share_a_wire);
    tcase_add_test(tc, a_moving_row_takes_only_free_ports_whatever_the_order);
    tcase_add_test(tc, the_state_comes_back_and_constants_stay);
    return run_suite("pci", tc);
}
