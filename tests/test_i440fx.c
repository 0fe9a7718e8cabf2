/* test_i440fx.c - facts about the 82441FX's PAM registers (data sheet 290549, 3.2.18 and table 5), and the interrupt routing of the 82371SB
 * (290550, PIRQRC). */
#include "devices/i440fx.h"
#include "devices/piix.h"
#include "tests/chip_check.h"

enum { RAM_BYTES = 2 << 20, MEMORY_END = 0xFEC00000 };

static pci_t pci;
static bus_t bus;
static i440fx_t chip;
static piix_t piix;
static u8 *ram, *roms;

static void setup(void)
{
    ram = malloc(RAM_BYTES);
    roms = malloc(I440FX_BYTES);
    ck_assert(ram && roms);
    memset(ram, 0x11, RAM_BYTES);
    memset(roms, 0x22, I440FX_BYTES);
    lacking_quiet(true);
    bus_init(&bus, ram, RAM_BYTES);
    pci_init(&pci, RAM_BYTES, MEMORY_END);
    ck_assert(i440fx_init(&chip, &pci, &bus, roms));
    ck_assert(piix_init(&piix, &pci, 1 << 3));
    pci_reset(&pci);
}
static void teardown(void) { free(ram); free(roms); }

static void set(u32 devfn, u32 at, u8 v)
{
    pci_address_write(&pci, 0x80000000u | devfn << 8 | (at & 0xFC));
    pci_data_write(&pci, at & 3, W8, v);
}

/* Table 5: register, shift of its attribute bits, range. */
static const struct { u8 reg, shift; u32 first, bytes; } segments[] = {
    { 0x59, 4, 0xF0000, 0x10000 },
    { 0x5A, 0, 0xC0000, 0x4000 }, { 0x5A, 4, 0xC4000, 0x4000 }, { 0x5B, 0, 0xC8000, 0x4000 }, { 0x5B, 4, 0xCC000, 0x4000 },
    { 0x5C, 0, 0xD0000, 0x4000 }, { 0x5C, 4, 0xD4000, 0x4000 }, { 0x5D, 0, 0xD8000, 0x4000 }, { 0x5D, 4, 0xDC000, 0x4000 },
    { 0x5E, 0, 0xE0000, 0x4000 }, { 0x5E, 4, 0xE4000, 0x4000 }, { 0x5F, 0, 0xE8000, 0x4000 }, { 0x5F, 4, 0xEC000, 0x4000 },
};

START_TEST(at_reset_all_is_rom)
{
    unsigned wrong = 0;
    for (u32 at = 0xC0000; at < 0x100000; at += 0x800) {
        bus_store(&bus, at, W8, 0x99);
        wrong += bus_load(&bus, at, W8) != 0x22 || ram[at] != 0x11;
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(bus_load(&bus, 0xBFFFF, W8), 0x11);
    ck_assert_uint_eq(bus_load(&bus, 0x100000, W8), 0x11);
}
END_TEST

/* RE: reads come from RAM; WE: writes go to RAM; each segment alone, the others untouched. */
START_TEST(each_segment_has_its_two_bits)
{
    unsigned wrong = 0;
    for (unsigned s = 0; s < COUNT_OF(segments); s++)
        for (unsigned bits = 0; bits < 4; bits++) {
            set(0, segments[s].reg, (u8)(bits << segments[s].shift));
            for (u32 at = 0xC0000; at < 0x100000; at += 0x1000) {
                bool inside = at - segments[s].first < segments[s].bytes;
                bool reads_ram = inside && bits & 1, writes_ram = inside && bits & 2;
                u8 by_dma = 0x44;
                bus_store(&bus, at, W8, 0x33);
                wrong += ram[at] != (writes_ram ? 0x33 : 0x11) || roms[at - 0xC0000] != 0x22;
                wrong += bus_load(&bus, at, W8) != (reads_ram ? ram[at] : 0x22u);
                wrong += dma_write(&bus, at, &by_dma, 1) != writes_ram;
                wrong += ram[at] != (writes_ram ? 0x44 : 0x11);
                wrong += dma_read(&bus, at, &by_dma, 1) != 1 || by_dma != (reads_ram ? ram[at] : 0x22);
                ram[at] = 0x11;
            }
            set(0, segments[s].reg, 0);
        }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(the_processor_may_copy_rom_onto_itself)
{
    set(0, 0x59, 0x20);
    for (u32 at = 0xF0000; at < 0x100000; at += 4) bus_store(&bus, at, W32, bus_load(&bus, at, W32));
    set(0, 0x59, 0x10);
    ck_assert_uint_eq(bus_load(&bus, 0xF1234, W8), 0x22);
    bus_store(&bus, 0xF1234, W8, 0x55);
    ck_assert_uint_eq(bus_load(&bus, 0xF1234, W8), 0x22);
    roms[0x31234] = 0x66;
    ck_assert_uint_eq(bus_load(&bus, 0xF1234, W8), 0x22);                       /* from RAM */
}
END_TEST

START_TEST(reserved_bits_of_pam_stay_0)
{
    for (u32 at = 0x59; at <= 0x5F; at++) set(0, at, 0xFF);
    pci_address_write(&pci, 0x80000058);
    ck_assert_uint_eq(pci_data_read(&pci, 0, W32) & 0xFFFFFF00, 0x77777000);
    pci_address_write(&pci, 0x80000000);
    ck_assert_uint_eq(pci_data_read(&pci, 0, W32), 0x12378086);
}
END_TEST

START_TEST(a_loaded_state_maps_as_it_was_saved)
{
    blob_t blob = { 0 };
    set(0, 0x5A, 0x03);
    walker_t w = walk_saver(&blob);
    pci_walk(&pci, &w);
    pci_reset(&pci);
    ck_assert_uint_eq(bus_load(&bus, 0xC0000, W8), 0x22);
    w = walk_loader(&blob);
    pci_walk(&pci, &w);
    ck_assert_uint_eq(bus_load(&bus, 0xC0000, W8), 0x11);
    blob_free(&blob);
}
END_TEST

/* ---- PIRQ routing ---- */

static u16 irqs;
static void hear(void *c, int pin, bool level) { (void)c; irqs = (u16)(level ? irqs | 1 << pin : irqs & ~(1 << pin)); }

static void listen(void)
{
    irqs = 0;
    for (int n = 0; n < PIIX_IRQS; n++) piix.irq[n] = (line_t){ hear, NULL, n };
}

START_TEST(a_pirq_goes_where_its_register_says)                                 /* 290550, PIRQRC: bit 7, and reserved numbers */
{
    listen();
    unsigned wrong = 0;
    for (unsigned n = 0; n < 4; n++)
        for (unsigned v = 0; v < 256; v++) {
            unsigned irq = v & 15;
            bool legal = irq != 0 && irq != 1 && irq != 2 && irq != 8 && irq != 13;
            set(1 << 3, 0x60 + n, (u8)v);
            piix_pirq(&piix, (int)n, true);
            wrong += irqs != (v & 0x80 || !legal ? 0 : 1u << irq);
            piix_pirq(&piix, (int)n, false);
            wrong += irqs != 0;
        }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(pci_and_isa_share_a_line_until_both_let_go)
{
    listen();
    set(1 << 3, 0x60, 11);
    set(1 << 3, 0x63, 11);
    piix_pirq(&piix, 0, true);
    piix_pirq(&piix, 3, true);
    piix_isa_irq(&piix, 11, true);
    piix_pirq(&piix, 0, false);
    ck_assert_uint_eq(irqs, 1 << 11);
    piix_isa_irq(&piix, 11, false);
    ck_assert_uint_eq(irqs, 1 << 11);
    piix_pirq(&piix, 3, false);
    ck_assert_uint_eq(irqs, 0);
    piix_isa_irq(&piix, 4, true);
    ck_assert_uint_eq(irqs, 1 << 4);
}
END_TEST

START_TEST(a_new_route_moves_an_asserted_interrupt)
{
    listen();
    set(1 << 3, 0x61, 10);
    piix_pirq(&piix, 1, true);
    set(1 << 3, 0x61, 5);
    ck_assert_uint_eq(irqs, 1 << 5);
    set(1 << 3, 0x61, 0x80);
    ck_assert_uint_eq(irqs, 0);
    set(1 << 3, 0x61, 5);
    pci_reset(&pci);
    piix_reset(&piix);
    ck_assert_uint_eq(irqs, 0);
}
END_TEST

static piix_t empty;
START_TEST(the_routing_state_comes_back)
{
    empty = piix;
    check_walk((chip_walk_fn *)piix_walk, &piix, &empty);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("i440fx");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, at_reset_all_is_rom);
    tcase_add_test(tc, each_segment_has_its_two_bits);
    tcase_add_test(tc, the_processor_may_copy_rom_onto_itself);
    tcase_add_test(tc, reserved_bits_of_pam_stay_0);
    tcase_add_test(tc, a_loaded_state_maps_as_it_was_saved);
    tcase_add_test(tc, a_pirq_goes_where_its_register_says);
    tcase_add_test(tc, pci_and_isa_share_a_line_until_both_let_go);
    tcase_add_test(tc, a_new_route_moves_an_asserted_interrupt);
    tcase_add_test(tc, the_routing_state_comes_back);
    return run_suite("i440fx", tc);
}
