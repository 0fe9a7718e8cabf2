/* test_pic.c - the 8259A pair of a PC as software and the CPU see it.  Sources: Intel 8259A data sheet 231468-003 ("DS"),
 * 82371SB data sheet 290550 ("PIIX"). */
#include <check.h>
#include <stdlib.h>
#include "devices/pic.h"
#include "mem/bus.h"
#include "tests/run_all.h"
#include "tests/walks.h"

static bus_t bus;
static pic_t master, slave;
static bool cpu_intr;
static int asked;                                        /* rising edges of INT */

static void cpu_pin(void *chip, int pin, bool level)
{
    (void)chip; (void)pin;
    cpu_intr = level;
    asked += level;
}

static void wire(void)
{
    bus_init(&bus, NULL, 0);
    cpu_intr = false;
    asked = 0;
    pic_init(&slave, NULL, 0xDE);
    pic_init(&master, &slave, 0xF8);
    master.intr = (line_t){ cpu_pin, NULL, 0 };
    slave.intr = (line_t){ pic_line, &master, 2 };
    bus_attach(&bus, &(port_range_t){ "pic1", 0x20, 2, W8, pic_read, pic_write, &master, false });
    bus_attach(&bus, &(port_range_t){ "pic2", 0xA0, 2, W8, pic_read, pic_write, &slave, false });
    bus_attach(&bus, &(port_range_t){ "elcr1", 0x4D0, 1, W8, pic_elcr_read, pic_elcr_write, &master, false });
    bus_attach(&bus, &(port_range_t){ "elcr2", 0x4D1, 1, W8, pic_elcr_read, pic_elcr_write, &slave, false });
}

static void out(u16 port, u8 value) { bus_out(&bus, port, W8, value); }
static u8   in(u16 port)            { return (u8)bus_in(&bus, port, W8); }

/* As every PC BIOS does: vectors 08h and 70h, all lines open. */
static void initialise(u8 icw4)
{
    out(0x20, 0x11); out(0x21, 0x08); out(0x21, 0x04); out(0x21, icw4);
    out(0xA0, 0x11); out(0xA1, 0x70); out(0xA1, 0x02); out(0xA1, icw4);
}

static void power_on(void) { wire(); initialise(0x01); }

static void raise(unsigned irq) { pic_line(irq < 8 ? &master : &slave, (int)(irq & 7), true); }
static void lower(unsigned irq) { pic_line(irq < 8 ? &master : &slave, (int)(irq & 7), false); }
static void pulse(unsigned irq) { lower(irq); raise(irq); }
static int  acknowledge(void)   { return cpu_intr ? pic_acknowledge(&master) : -1; }
static u8   isr(u16 port)       { out(port, 0x0B); return in(port); }
static u8   irr(u16 port)       { out(port, 0x0A); return in(port); }

/* The vectors served while each is ended by a non-specific EOI, as text. */
static const char *served(void)
{
    static char text[100];
    size_t at = 0;
    for (int v; (v = acknowledge()) >= 0 && at < 80;) {
        at += (size_t)sprintf(text + at, "%02X ", (unsigned)v);
        if (v >= 0x70) out(0xA0, 0x20);
        out(0x20, 0x20);
    }
    text[at ? at - 1 : 0] = 0;
    return text;
}

/* IBM PC AT Technical Reference, "Hardware interrupts": the order 0 1 8-15 3-7. */
START_TEST(all_lines_at_once_are_served_in_the_order_of_the_at)
{
    for (unsigned irq = 0; irq < 16; irq++)
        if (irq != 2) raise(irq);
    ck_assert_str_eq(served(), "08 09 70 71 72 73 74 75 76 77 0B 0C 0D 0E 0F");
    ck_assert(!cpu_intr);
}
END_TEST

START_TEST(a_chip_that_was_never_initialised_asks_for_nothing)
{
    wire();
    raise(0);
    ck_assert(!cpu_intr);
    initialise(0x01);
    ck_assert(!cpu_intr);                                /* DS "ICW1": a new low-to-high transition is needed */
    pulse(0);
    ck_assert_int_eq(acknowledge(), 0x08);
}
END_TEST

START_TEST(an_edge_is_one_request)
{
    raise(3);
    ck_assert_uint_eq(irr(0x20), 0x08);
    ck_assert_str_eq(served(), "0B");
    ck_assert_uint_eq(irr(0x20), 0);
    raise(3);
    ck_assert_str_eq(served(), "");
    pulse(3);
    ck_assert_str_eq(served(), "0B");
}
END_TEST

/* DS "Edge and level triggered modes": the line must stay high until INTA, else "default IR7". */
START_TEST(a_line_that_drops_too_early_gives_vector_7_and_no_isr_bit)
{
    raise(3);
    lower(3);
    ck_assert(!cpu_intr);
    ck_assert_uint_eq(pic_acknowledge(&master), 0x0F);
    ck_assert_uint_eq(isr(0x20), 0);
}
END_TEST

START_TEST(the_slaves_spurious_vector_is_77_and_leaves_the_masters_isr_bit)
{
    raise(12);
    slave.intr = (line_t){ 0 };                          /* the master has latched; the slave's request then drops */
    lower(12);
    ck_assert_int_eq(acknowledge(), 0x77);
    ck_assert_uint_eq(isr(0xA0), 0);
    ck_assert_uint_eq(isr(0x20), 0x04);
}
END_TEST

START_TEST(a_masked_line_waits_and_comes_when_unmasked)
{
    out(0x21, 0x08);
    raise(3);
    ck_assert(!cpu_intr);
    ck_assert_uint_eq(irr(0x20), 0x08);
    ck_assert_uint_eq(in(0x21), 0x08);
    out(0x21, 0x00);
    ck_assert_int_eq(acknowledge(), 0x0B);
}
END_TEST

/* DS "Fully nested mode": lower and equal levels wait for EOI, higher ones do not. */
START_TEST(higher_levels_nest_lower_ones_wait)
{
    raise(4);
    ck_assert_int_eq(acknowledge(), 0x0C);
    raise(5);
    pulse(4);
    ck_assert(!cpu_intr);
    raise(1);
    ck_assert_int_eq(acknowledge(), 0x09);
    ck_assert_uint_eq(isr(0x20), 0x12);
    out(0x20, 0x20);                                     /* ends 1, the highest in service */
    ck_assert_uint_eq(isr(0x20), 0x10);
    ck_assert(!cpu_intr);
    out(0x20, 0x64);                                     /* specific EOI 4 */
    ck_assert_uint_eq(isr(0x20), 0);
    ck_assert_str_eq(served(), "0C 0D");
}
END_TEST

START_TEST(int_falls_at_the_acknowledge)
{
    raise(6);
    ck_assert_int_eq(asked, 1);
    ck_assert_int_eq(acknowledge(), 0x0E);
    ck_assert(!cpu_intr);
}
END_TEST

/* DS "Automatic rotation": the served device becomes the lowest. */
START_TEST(rotate_on_eoi_makes_the_served_level_lowest)
{
    raise(4); raise(6);
    ck_assert_int_eq(acknowledge(), 0x0C);
    out(0x20, 0xA0);
    pulse(4); raise(5);
    ck_assert_str_eq(served(), "0D 0E 0C");              /* 5 6 7 0 1 2 3 4 */
}
END_TEST

START_TEST(set_priority_names_the_lowest_level)
{
    out(0x20, 0xC0 | 5);
    raise(0); raise(5); raise(6); raise(7);
    ck_assert_str_eq(served(), "0E 0F 08 0D");
}
END_TEST

START_TEST(rotate_on_specific_eoi_ends_that_level_and_makes_it_lowest)
{
    raise(3);
    acknowledge();
    out(0x20, 0xE0 | 3);
    ck_assert_uint_eq(isr(0x20), 0);
    pulse(3); raise(4); raise(1);
    ck_assert_str_eq(served(), "0C 09 0B");
}
END_TEST

START_TEST(ocw2_010_is_no_operation)
{
    raise(3);
    acknowledge();
    out(0x20, 0x43);
    ck_assert_uint_eq(isr(0x20), 0x08);
    pulse(1); pulse(3);
    out(0x20, 0x20);
    ck_assert_str_eq(served(), "09 0B");
}
END_TEST

/* DS "Automatic end of interrupt": the ISR bit is gone after the last INTA. */
START_TEST(automatic_eoi_leaves_no_isr_bit)
{
    initialise(0x03);
    raise(4); raise(6); raise(9); raise(10);
    ck_assert_int_eq(acknowledge(), 0x71);
    ck_assert_uint_eq(isr(0x20) | isr(0xA0), 0);
    ck_assert_int_eq(acknowledge(), 0x72);               /* the slave's INT fell and rose: a new edge at IR2 */
    ck_assert_int_eq(acknowledge(), 0x0C);
    ck_assert_int_eq(acknowledge(), 0x0E);
    ck_assert_int_eq(acknowledge(), -1);
}
END_TEST

START_TEST(rotation_in_automatic_eoi_is_switched_by_ocw2)
{
    initialise(0x03);
    out(0x20, 0x80);
    raise(3); raise(4);
    ck_assert_int_eq(acknowledge(), 0x0B);
    pulse(3);
    ck_assert_int_eq(acknowledge(), 0x0C);
    ck_assert_int_eq(acknowledge(), 0x0B);
    out(0x20, 0x00);
    pulse(3); pulse(4);                                  /* lowest is 3 now and stays so */
    ck_assert_int_eq(acknowledge(), 0x0C);
    pulse(4);
    ck_assert_int_eq(acknowledge(), 0x0C);
}
END_TEST

/* DS "Special mask mode": a masked level in service no longer stops lower ones, and a non-specific EOI does not see it. */
START_TEST(special_mask_mode_lets_lower_levels_in)
{
    raise(3);
    acknowledge();
    raise(5);
    ck_assert(!cpu_intr);
    out(0x21, 0x08);
    ck_assert(!cpu_intr);
    out(0x20, 0x68);
    ck_assert_int_eq(acknowledge(), 0x0D);
    out(0x20, 0x20);
    ck_assert_uint_eq(isr(0x20), 0x08);                  /* 5 ended, 3 unseen */
    out(0x20, 0x20);
    ck_assert_uint_eq(isr(0x20), 0x08);
    out(0x20, 0x48);                                     /* ESMM = 1, SMM = 0 */
    out(0x20, 0x20);
    ck_assert_uint_eq(isr(0x20), 0);
}
END_TEST

START_TEST(smm_without_esmm_changes_nothing)
{
    out(0x20, 0x28);
    ck_assert(!master.special_mask);
    out(0x20, 0x68);
    out(0x20, 0x08);
    ck_assert(master.special_mask);
}
END_TEST

/* DS "The special fully nested mode": a slave in service is not locked out from its own master. */
START_TEST(special_fully_nested_mode_lets_the_slave_interrupt_itself)
{
    for (int special = 0; special < 2; special++) {
        power_on();
        if (special)
            out(0x20, 0x11), out(0x21, 0x08), out(0x21, 0x04), out(0x21, 0x11);
        raise(14);
        ck_assert_int_eq(acknowledge(), 0x76);
        raise(9);                                        /* higher than 14 on the slave */
        ck_assert_int_eq(acknowledge(), special ? 0x71 : -1);
    }
}
END_TEST

/* DS "Poll command": bit 7 interrupt, bits 2-0 level; the read is an acknowledge. */
START_TEST(poll_acknowledges)
{
    out(0x20, 0x0C);
    ck_assert_uint_eq(in(0x20) & 0x80, 0);
    raise(5);
    out(0x20, 0x0C);
    ck_assert_uint_eq(in(0x20), 0x85);
    ck_assert(!cpu_intr);
    ck_assert_uint_eq(isr(0x20), 0x20);
    ck_assert_uint_eq(in(0x20), 0x20);                   /* and only one read is a poll */
}
END_TEST

START_TEST(the_choice_of_register_stays_until_changed)
{
    raise(3); raise(6);
    acknowledge();
    out(0x20, 0x0B);
    ck_assert_uint_eq(in(0x20), 0x08);
    out(0x20, 0x08);                                     /* RR = 0 */
    ck_assert_uint_eq(in(0x20), 0x08);
    out(0x20, 0x0A);
    ck_assert_uint_eq(in(0x20), 0x40);
}
END_TEST

/* DS "Level triggered mode": as long as the line is high after EOI it asks again. */
START_TEST(a_level_line_asks_until_it_is_low)
{
    out(0x4D1, 0x08);                                    /* IRQ 11 */
    raise(11);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(acknowledge(), 0x73);
        ck_assert(!cpu_intr);
        out(0xA0, 0x20); out(0x20, 0x20);
        ck_assert(cpu_intr);
    }
    lower(11);
    ck_assert_uint_eq(irr(0xA0), 0);
}
END_TEST

START_TEST(ltim_makes_every_line_level_triggered)
{
    out(0x20, 0x19); out(0x21, 0x08); out(0x21, 0x04); out(0x21, 0x01);
    raise(4);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(acknowledge(), 0x0C);
        out(0x20, 0x20);
    }
    lower(4);
    ck_assert_int_eq(acknowledge(), -1);
}
END_TEST

/* PIIX "ELCR": IRQ 0, 1, 2, 8 and 13 are edge triggered for ever. */
START_TEST(five_lines_cannot_be_made_level_triggered)
{
    out(0x4D0, 0xFF); out(0x4D1, 0xFF);
    ck_assert_uint_eq(in(0x4D0), 0xF8);
    ck_assert_uint_eq(in(0x4D1), 0xDE);
}
END_TEST

START_TEST(a_single_chip_needs_no_icw3_and_serves_ir2_itself)
{
    out(0x20, 0x13); out(0x21, 0x40); out(0x21, 0x01);
    out(0x21, 0xFB);                                     /* OCW1 already */
    raise(8);
    ck_assert_int_eq(acknowledge(), 0x42);
}
END_TEST

START_TEST(a_slave_of_another_identity_does_not_answer)
{
    out(0xA0, 0x11); out(0xA1, 0x70); out(0xA1, 0x05); out(0xA1, 0x01);
    raise(8);
    ck_assert_int_eq(acknowledge(), 0xFF);
}
END_TEST

START_TEST(icw1_forgets_what_was_in_service_and_masked)
{
    out(0x21, 0xF0);
    raise(3);
    acknowledge();
    out(0x20, 0xC3);
    initialise(0x01);
    ck_assert_uint_eq(isr(0x20), 0);
    ck_assert_uint_eq(in(0x21), 0);
    pulse(3); pulse(4); pulse(0);
    ck_assert_str_eq(served(), "08 0B 0C");
}
END_TEST

START_TEST(nothing_is_asked_between_icw1_and_icw4)
{
    out(0x20, 0x11); out(0x21, 0x08);
    raise(1);
    ck_assert(!cpu_intr);
    out(0x21, 0x04); out(0x21, 0x01);
    ck_assert_int_eq(acknowledge(), 0x09);
}
END_TEST

static void walk_both(void *chip, walker_t *w) { (void)chip; pic_walk(&master, w); pic_walk(&slave, w); }
static void clear_both(void *chip)             { (void)chip; wire(); }

START_TEST(the_walk_carries_the_whole_state)
{
    const char *wrong = walk_round_trip(NULL, walk_both, clear_both, (u64)_i + 1);
    ck_assert_msg(!wrong, "%s", wrong);
}
END_TEST

START_TEST(only_one_read_is_a_poll_and_it_knows_every_level)
{
    for (unsigned irq = 0; irq < 8; irq++) {
        pulse(irq);
        out(0x20, 0x0A);
        out(0x20, 0x0C);
        ck_assert_uint_eq(in(irq & 1 ? 0x20 : 0x21), 0x80 | irq);
        ck_assert_uint_eq(in(0x20), 0);                  /* IRR */
        out(0x20, 0x20);
    }
    out(0x20, 0x0C);
    ck_assert_uint_eq(in(0x20), 0);
    pulse(2);
    ck_assert_uint_eq(in(0x20), 0x04);
}
END_TEST

START_TEST(poll_with_automatic_eoi_leaves_no_isr_bit)
{
    initialise(0x03);
    raise(5); raise(6);
    out(0x20, 0x0C);
    ck_assert_uint_eq(in(0x20), 0x85);
    ck_assert(cpu_intr);
    ck_assert_uint_eq(isr(0x20), 0);
    ck_assert_int_eq(acknowledge(), 0x0E);
}
END_TEST

/* DS "Initialization command word 1": what it resets; IC4 = 0 clears all functions of ICW4. */
START_TEST(icw1_resets_the_modes)
{
    initialise(0x13);
    out(0x20, 0x80); out(0x20, 0x6B); out(0x20, 0x0C); out(0x20, 0xC2);
    lacking_quiet(true);
    out(0x20, 0x10); out(0x21, 0x08); out(0x21, 0x04);
    ck_assert(!master.special_mask && !master.poll && !master.read_isr && !master.rotate_in_aeoi);
    raise(3);
    ck_assert_uint_eq(in(0x20), 0x08);
    ck_assert_int_eq(acknowledge(), 0x0B);
    ck_assert_uint_eq(isr(0x20), 0x08);                  /* no automatic EOI any more */
}
END_TEST

START_TEST(mcs_80_mode_is_said_to_be_lacking)
{
    lacking_quiet(true);
    unsigned before = lacking_count();
    out(0x20, 0x11); out(0x21, 0x08); out(0x21, 0x04);
    ck_assert_uint_eq(lacking_count(), before);
    out(0x21, 0x01); out(0x21, 0x00);
    ck_assert_uint_eq(lacking_count(), before);
    out(0x20, 0x11); out(0x21, 0x08); out(0x21, 0x04); out(0x21, 0x00);
    ck_assert_uint_eq(lacking_count(), before + 1);
}
END_TEST

START_TEST(the_low_bits_of_icw2_are_the_level)
{
    out(0x20, 0x11); out(0x21, 0x4F); out(0x21, 0x04); out(0x21, 0x01);
    raise(0);
    ck_assert_int_eq(acknowledge(), 0x48);
}
END_TEST

START_TEST(ltim_includes_the_timer_line)
{
    out(0x20, 0x19); out(0x21, 0x08); out(0x21, 0x04); out(0x21, 0x01);
    raise(0);
    ck_assert_int_eq(acknowledge(), 0x08);
    out(0x20, 0x20);
    ck_assert_int_eq(acknowledge(), 0x08);
}
END_TEST

START_TEST(a_non_specific_eoi_finds_the_lowest_level_too)
{
    raise(7);
    ck_assert_int_eq(acknowledge(), 0x0F);
    out(0x20, 0x20);
    ck_assert_uint_eq(isr(0x20), 0);
}
END_TEST

START_TEST(changing_a_line_to_level_triggered_asks_at_once)
{
    raise(11);
    ck_assert_int_eq(acknowledge(), 0x73);
    out(0xA0, 0x20); out(0x20, 0x20);
    ck_assert(!cpu_intr);
    out(0x4D1, 0x08);
    ck_assert(cpu_intr);
}
END_TEST

START_TEST(reset_is_power_on_with_the_lines_as_they_are)
{
    out(0x4D0, 0x20);
    raise(5);
    ck_assert(cpu_intr);
    out(0x21, 0x8A);
    pic_reset(&master);
    ck_assert_uint_eq(in(0x21), 0);
    out(0x21, 0x55);                                     /* the mask, no ICW */
    ck_assert_uint_eq(in(0x21), 0x55);
    ck_assert(!cpu_intr);
    ck_assert_uint_eq(in(0x4D0), 0);
    lower(6); raise(6);
    ck_assert(!cpu_intr);                                /* not initialised */
    ck_assert_uint_eq(pic_acknowledge(&master), 0x07);
    initialise(0x01);
    ck_assert(!cpu_intr);
    pulse(5);
    ck_assert_int_eq(acknowledge(), 0x0D);
}
END_TEST

/* Any access in any order: no finding by the sanitizers, and INT is what the registers say. */
START_TEST(random_accesses_do_no_harm)
{
    static const u16 ports[] = { 0x20, 0x21, 0xA0, 0xA1, 0x4D0, 0x4D1 };
    u32 seed = 12345, bad = 0;
    lacking_quiet(true);
    for (int i = 0; i < 100000; i++) {
        seed = seed * 1664525 + 1013904223;
        u8 value = (u8)(seed >> 24), what = (u8)(seed >> 16);
        if (what < 80)       out(ports[what % 6], value);
        else if (what < 130) in(ports[what % 6]);
        else if (what < 220) pic_line(what & 1 ? &master : &slave, (int)value, value & 8);
        else if (cpu_intr)   pic_acknowledge(&master);
        bad += cpu_intr != master.output;
    }
    ck_assert_uint_eq(bad, 0);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("8259A");
    tcase_add_checked_fixture(tc, power_on, NULL);
    tcase_add_test(tc, all_lines_at_once_are_served_in_the_order_of_the_at);
    tcase_add_test(tc, a_chip_that_was_never_initialised_asks_for_nothing);
    tcase_add_test(tc, an_edge_is_one_request);
    tcase_add_test(tc, a_line_that_drops_too_early_gives_vector_7_and_no_isr_bit);
    tcase_add_test(tc, the_slaves_spurious_vector_is_77_and_leaves_the_masters_isr_bit);
    tcase_add_test(tc, a_masked_line_waits_and_comes_when_unmasked);
    tcase_add_test(tc, higher_levels_nest_lower_ones_wait);
    tcase_add_test(tc, int_falls_at_the_acknowledge);
    tcase_add_test(tc, rotate_on_eoi_makes_the_served_level_lowest);
    tcase_add_test(tc, set_priority_names_the_lowest_level);
    tcase_add_test(tc, rotate_on_specific_eoi_ends_that_level_and_makes_it_lowest);
    tcase_add_test(tc, ocw2_010_is_no_operation);
    tcase_add_test(tc, automatic_eoi_leaves_no_isr_bit);
    tcase_add_test(tc, rotation_in_automatic_eoi_is_switched_by_ocw2);
    tcase_add_test(tc, special_mask_mode_lets_lower_levels_in);
    tcase_add_test(tc, smm_without_esmm_changes_nothing);
    tcase_add_test(tc, special_fully_nested_mode_lets_the_slave_interrupt_itself);
    tcase_add_test(tc, poll_acknowledges);
    tcase_add_test(tc, the_choice_of_register_stays_until_changed);
    tcase_add_test(tc, a_level_line_asks_until_it_is_low);
    tcase_add_test(tc, ltim_makes_every_line_level_triggered);
    tcase_add_test(tc, five_lines_cannot_be_made_level_triggered);
    tcase_add_test(tc, a_single_chip_needs_no_icw3_and_serves_ir2_itself);
    tcase_add_test(tc, a_slave_of_another_identity_does_not_answer);
    tcase_add_test(tc, icw1_forgets_what_was_in_service_and_masked);
    tcase_add_test(tc, nothing_is_asked_between_icw1_and_icw4);
    tcase_add_loop_test(tc, the_walk_carries_the_whole_state, 0, 20);
    tcase_add_test(tc, only_one_read_is_a_poll_and_it_knows_every_level);
    tcase_add_test(tc, poll_with_automatic_eoi_leaves_no_isr_bit);
    tcase_add_test(tc, icw1_resets_the_modes);
    tcase_add_test(tc, mcs_80_mode_is_said_to_be_lacking);
    tcase_add_test(tc, the_low_bits_of_icw2_are_the_level);
    tcase_add_test(tc, ltim_includes_the_timer_line);
    tcase_add_test(tc, a_non_specific_eoi_finds_the_lowest_level_too);
    tcase_add_test(tc, changing_a_line_to_level_triggered_asks_at_once);
    tcase_add_test(tc, reset_is_power_on_with_the_lines_as_they_are);
    tcase_add_test(tc, random_accesses_do_no_harm);
    Suite *s = suite_create("pic");
    suite_add_tcase(s, tc);
    return run_all(s);
}
