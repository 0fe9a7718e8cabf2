/* test_apic.c - facts about the local APIC (SDM vol. 3A, chapter 10; section numbers in the rows) and the I/O APIC (Intel 82093AA, 290566). */
#include "devices/apic.h"
#include "devices/ioapic.h"
#include "tests/chip_check.h"

enum { MASKED = 0x10000, PERIODIC = 0x20000, LEVEL = 0x8000, REMOTE_IRR = 0x4000, LOGICAL = 0x800 };
enum { ID = 0x20, VERSION = 0x30, TPR = 0x80, PPR = 0xA0, EOI = 0xB0, LDR = 0xD0, DFR = 0xE0, SVR = 0xF0, ISR = 0x100, TMR = 0x180, IRR = 0x200, ESR = 0x280,
       ICR = 0x300, ICR_HIGH = 0x310, LVT_T = 0x320, LVT_THERM = 0x330, LVT_PERF = 0x340, LVT_0 = 0x350, LVT_1 = 0x360, LVT_E = 0x370,
       INITIAL = 0x380, CURRENT = 0x390, DIVIDE = 0x3E0 };

static vclock_t clock_;
static bus_t bus;
static apic_t apic;
static ioapic_t io;
static bool intr;
static unsigned nmis, intas;

static void hear(void *c, int pin, bool level)     { (void)c; (void)pin; intr = level; }
static void hear_nmi(void *c, int pin, bool level) { (void)c; (void)pin; nmis += level; }
static u8   inta(void *c)                          { (void)c; intas++; apic_lint(&apic, 0, false); return 0x08; }
static void eoi(void *c, u8 vector)                { (void)c; ioapic_eoi(&io, vector); }
static void ready(void *c)                         { (void)c; ioapic_retry(&io); }
static bool onto_bus(void *c, const apic_message_t *m) { (void)c; return apic_receive(&apic, m); }

static void put_reg(u32 reg, u32 v) { bus_store(&bus, APIC_BASE + reg, W32, v); }
static u32  get_reg(u32 reg)        { return bus_load(&bus, APIC_BASE + reg, W32); }
static bool has(u32 reg, u8 vector) { return get_reg(reg + (vector >> 5) * 0x10u) >> (vector & 31) & 1; }

static void make(apic_kind_t kind)
{
    lacking_quiet(true);
    intr = false, nmis = intas = 0;
    bus_init(&bus, NULL, 0);
    vclock_init(&clock_);
    ck_assert(apic_init(&apic, &clock_, &bus, true, kind));
    ck_assert(ioapic_init(&io, &bus, true));
    apic.intr = (line_t){ hear, NULL, 0 };
    apic.nmi = (line_t){ hear_nmi, NULL, 0 };
    apic.pic_acknowledge = inta;
    apic.eoi = eoi;
    apic.ready = ready;
    io.send = onto_bus;
}
static void setup(void) { make((apic_kind_t){ 0x14, 6, true }); }
static void enable(void) { put_reg(SVR, 0x1FF); put_reg(LVT_0, MASKED); }
static void ipi(u8 vector) { put_reg(ICR, 0x40000u | vector); }                 /* fixed, to self */
static u8   take(void) { return apic_acknowledge(&apic); }

/* ---- registers ---- */

START_TEST(registers_after_reset_are_as_listed)                                 /* 10.4.7.1, but LINT0 and LINT1: virtual wire */
{
    static const struct { u32 reg, value; } facts[] = {
        { ID, 0 }, { VERSION, 0x50014 }, { TPR, 0 }, { PPR, 0 }, { LDR, 0 }, { DFR, 0xFFFFFFFF }, { SVR, 0xFF }, { ISR, 0 }, { TMR + 0x70, 0 }, { IRR + 0x30, 0 },
        { ESR, 0 }, { ICR, 0 }, { ICR_HIGH, 0 }, { LVT_T, MASKED }, { LVT_THERM, MASKED }, { LVT_PERF, MASKED }, { LVT_0, 0x700 }, { LVT_1, 0x400 },
        { LVT_E, MASKED }, { INITIAL, 0 }, { CURRENT, 0 }, { DIVIDE, 0 },
    };
    for (unsigned i = 0; i < COUNT_OF(facts); i++) ck_assert_uint_eq(get_reg(facts[i].reg), facts[i].value);
}
END_TEST

START_TEST(registers_keep_their_bits)
{
    static const struct { u32 reg, value; } facts[] = {
        { ID, 0xFF000000 }, { TPR, 0xFF }, { LDR, 0xFF000000 }, { DFR, 0xFFFFFFFF }, { SVR, 0x3FF }, { ICR_HIGH, 0xFF000000 }, { LVT_T, 0x300FF },
        { LVT_THERM, 0x107FF }, { LVT_PERF, 0x107FF }, { LVT_0, 0x1A7FF }, { LVT_1, 0x1A7FF }, { LVT_E, 0x100FF }, { INITIAL, 0xFFFFFFFF }, { DIVIDE, 0xB },
        { VERSION, 0x50014 }, { ISR, 0 }, { IRR, 0 }, { TMR, 0 },
    };
    for (unsigned i = 0; i < COUNT_OF(facts); i++) {
        put_reg(SVR, 0x1FF);
        put_reg(facts[i].reg, 0xFFFFFFFF);
        ck_assert_msg(get_reg(facts[i].reg) == facts[i].value, "register %03X is %08X", facts[i].reg, get_reg(facts[i].reg));
    }
    ck_assert_uint_eq(bus_load(&bus, APIC_BASE + SVR, W8), 0xFF);
    ck_assert_uint_eq(bus_load(&bus, APIC_BASE + SVR + 1, W8), 0x01);
    put_reg(DFR, 0);
    ck_assert_uint_eq(get_reg(DFR), 0x0FFFFFFF);
}
END_TEST

START_TEST(models_differ)                                                       /* 10.4.6, 10.4.8, 10.9 */
{
    make((apic_kind_t){ 0x11, 5, false });
    ck_assert_uint_eq(get_reg(VERSION), 0x40011);
    put_reg(ID, 0xFFFFFFFF);
    ck_assert_uint_eq(get_reg(ID), 0x0F000000);
    put_reg(SVR, 0x1F0);
    ck_assert_uint_eq(get_reg(SVR), 0x1FF);                                     /* vector bits 3-0 are ones */
    put_reg(LVT_THERM, 0x107FF);
    ck_assert_uint_eq(get_reg(LVT_THERM), 0);
    put_reg(ESR, 0);
    ck_assert_uint_eq(get_reg(ESR), 0x80);                                      /* illegal register address */
    make((apic_kind_t){ 0x10, 4, false });
    ck_assert_uint_eq(get_reg(VERSION), 0x30010);
}
END_TEST

START_TEST(the_base_register_moves_and_hides_it)                                /* 10.4.3, 10.4.5 */
{
    apic_set_base(&apic, 0xD0000900);
    ck_assert_uint_eq(get_reg(VERSION), 0xFFFFFFFF);
    ck_assert_uint_eq(bus_load(&bus, 0xD0000000 + VERSION, W32), 0x50014);
    apic_set_base(&apic, 0xFEE00100);
    ck_assert_uint_eq(get_reg(VERSION), 0xFFFFFFFF);
}
END_TEST

/* ---- priorities ---- */

START_TEST(the_highest_vector_comes_first_and_nests)                            /* 10.8.3, 10.8.4 */
{
    enable();
    ipi(0x31), ipi(0x52), ipi(0x51);
    ck_assert(intr && has(IRR, 0x31) && has(IRR, 0x51) && has(IRR, 0x52));
    ck_assert_uint_eq(take(), 0x52);
    ck_assert(!intr);                                                           /* 51h is of the same class */
    ck_assert(has(ISR, 0x52) && !has(IRR, 0x52));
    ck_assert_uint_eq(get_reg(PPR), 0x50);
    ipi(0x60);
    ck_assert(intr);
    ck_assert_uint_eq(take(), 0x60);
    put_reg(EOI, 0);
    ck_assert(!intr);
    put_reg(EOI, 0);
    ck_assert_uint_eq(take(), 0x51);
    put_reg(EOI, 0);
    ck_assert_uint_eq(take(), 0x31);
    put_reg(EOI, 0);
    ck_assert_uint_eq(get_reg(PPR), 0);
    put_reg(EOI, 0);                                                            /* one too many: nothing */
}
END_TEST

START_TEST(the_task_priority_holds_its_class_and_below)                         /* exhaustive: vector x TPR */
{
    unsigned wrong = 0;
    enable();
    for (u32 vector = 16; vector < 256; vector++) {
        put_reg(TPR, 0xFF);
        ipi((u8)vector);
        for (u32 tpr = 0; tpr < 256; tpr++) {
            put_reg(TPR, tpr);
            wrong += intr != (vector >> 4 > tpr >> 4) || get_reg(PPR) != tpr;
        }
        put_reg(TPR, 0);
        wrong += take() != vector;
        put_reg(EOI, 0);
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(a_request_that_went_away_is_spurious)                                /* 10.9 */
{
    enable();
    put_reg(SVR, 0x1EF);
    ipi(0x41);
    put_reg(TPR, 0x40);
    ck_assert(!intr);
    ck_assert_uint_eq(take(), 0xEF);
    ck_assert(!has(ISR, 0xEF) && has(IRR, 0x41));
}
END_TEST

START_TEST(vectors_below_16_are_errors)                                         /* 10.5.3 */
{
    enable();
    put_reg(LVT_E, 0xFE);
    ipi(15);
    ck_assert(intr);
    ck_assert_uint_eq(get_reg(ESR), 0);                                         /* a write makes it visible */
    put_reg(ESR, 0);
    ck_assert_uint_eq(get_reg(ESR), 0x20);
    ck_assert_uint_eq(take(), 0xFE);
    put_reg(ESR, 0);
    ck_assert_uint_eq(get_reg(ESR), 0);
    apic_receive(&apic, &(apic_message_t){ .vector = 3 });
    put_reg(ESR, 0);
    ck_assert_uint_eq(get_reg(ESR), 0x40);
}
END_TEST

/* ---- destinations ---- */

START_TEST(messages_find_their_destination)                                     /* 10.6.2 */
{
    static const struct { u32 id, ldr, dfr; u8 destination; bool logical, wide, ours; } facts[] = {
        { 0, 0, 0xF, 0, false, true, true }, { 5, 0, 0xF, 5, false, true, true }, { 5, 0, 0xF, 4, false, true, false }, { 5, 0, 0xF, 0xFF, false, true, true },
        { 5, 0, 0xF, 0x0F, false, true, false }, { 5, 0, 0xF, 0x0F, false, false, true }, { 5, 0, 0xF, 0xFF, false, false, true },
        { 0, 0x01, 0xF, 0x01, true, true, true }, { 0, 0x01, 0xF, 0x02, true, true, false }, { 0, 0x81, 0xF, 0xC0, true, true, true },
        { 0, 0x01, 0xF, 0xFF, true, true, true }, { 0, 0x00, 0xF, 0xFF, true, true, false },
        { 0, 0x21, 0x0, 0x21, true, true, true }, { 0, 0x21, 0x0, 0x22, true, true, false }, { 0, 0x21, 0x0, 0x31, true, true, false },
        { 0, 0x21, 0x0, 0x23, true, true, true }, { 0, 0x21, 0x0, 0xFF, true, true, true },
    };
    for (unsigned i = 0; i < COUNT_OF(facts); i++) {
        make((apic_kind_t){ 0x14, 6, facts[i].wide });
        enable();
        put_reg(ID, facts[i].id << 24);
        put_reg(LDR, facts[i].ldr << 24);
        put_reg(DFR, facts[i].dfr << 28);
        apic_message_t m = { .destination = facts[i].destination, .vector = 0x40, .logical = facts[i].logical };
        ck_assert_msg(apic_receive(&apic, &m) == facts[i].ours && has(IRR, 0x40) == facts[i].ours, "row %u", i);
        put_reg(ICR_HIGH, (u32)facts[i].destination << 24);                     /* the same by one's own command */
        put_reg(ICR, 0x50 | (facts[i].logical ? LOGICAL : 0));
        ck_assert_msg(has(IRR, 0x50) == facts[i].ours, "row %u", i);
    }
}
END_TEST

START_TEST(shorthands)                                                          /* 10.6.1 */
{
    enable();
    put_reg(ICR, 0x80041), put_reg(ICR, 0xC0042), put_reg(ICR, 0x40043);
    ck_assert(has(IRR, 0x41) && !has(IRR, 0x42) && has(IRR, 0x43));
    put_reg(ICR, 0x40400);
    ck_assert_uint_eq(nmis, 1);
    ck_assert_uint_eq(get_reg(ICR) & 0x1000, 0);                                /* idle */
}
END_TEST

START_TEST(disabled_by_software_it_takes_nothing_new)                           /* 10.4.7.2 */
{
    enable();
    ipi(0x40);
    put_reg(SVR, 0xFF);
    ipi(0x50);
    ck_assert(!has(IRR, 0x50) && has(IRR, 0x40));
    put_reg(LVT_T, 0x30);
    ck_assert_uint_eq(get_reg(LVT_T), MASKED | 0x30);                           /* the mask cannot be cleared */
    ck_assert_uint_eq(get_reg(LVT_0), MASKED);
}
END_TEST

/* ---- pins ---- */

START_TEST(after_reset_the_8259_reaches_the_processor)
{
    apic_lint(&apic, 0, true);
    ck_assert(intr);
    ck_assert_uint_eq(take(), 0x08);
    ck_assert(!intr && intas == 1 && !has(ISR, 0x08));
    apic_lint(&apic, 1, true);
    ck_assert_uint_eq(nmis, 1);
    put_reg(LVT_0, MASKED | 0x700);
    apic_lint(&apic, 0, true);
    ck_assert(!intr);
}
END_TEST

START_TEST(globally_disabled_it_is_two_wires)                                   /* 10.4.3 */
{
    enable();
    apic_set_base(&apic, 0xFEE00100);
    apic_lint(&apic, 0, true);
    ck_assert(intr);
    ck_assert_uint_eq(take(), 0x08);
    apic_lint(&apic, 1, true);
    apic_lint(&apic, 1, true);
    ck_assert_uint_eq(nmis, 1);
}
END_TEST

START_TEST(its_own_interrupts_come_before_the_8259_s)
{
    enable();
    put_reg(LVT_0, 0x700);
    apic_lint(&apic, 0, true);
    ipi(0x40);
    ck_assert_uint_eq(take(), 0x40);
    ck_assert(intr);                                                            /* ExtINT does not care for priorities */
    ck_assert_uint_eq(take(), 0x08);
}
END_TEST

START_TEST(lint0_may_be_fixed_by_edge_or_level)
{
    enable();
    put_reg(LVT_0, 0x61);
    apic_lint(&apic, 0, true), apic_lint(&apic, 0, true);
    ck_assert_uint_eq(take(), 0x61);
    put_reg(EOI, 0);
    ck_assert(!intr);
    apic_lint(&apic, 0, false);
    put_reg(LVT_0, LEVEL | 0x62);
    apic_lint(&apic, 0, true);
    ck_assert_uint_eq(get_reg(LVT_0), LEVEL | REMOTE_IRR | 0x62);
    ck_assert_uint_eq(take(), 0x62);
    ck_assert(!intr);
    put_reg(EOI, 0);
    ck_assert(intr);                                                            /* still asserted: again */
    ck_assert_uint_eq(take(), 0x62);
    apic_lint(&apic, 0, false);
    put_reg(EOI, 0);
    ck_assert(!intr && get_reg(LVT_0) == (LEVEL | 0x62));
}
END_TEST

/* ---- timer ---- */

static void pass(u64 ns) { vclock_advance(&clock_, clock_.now + ns); }

START_TEST(the_timer_divides)                                                   /* figure 10-10; 100 MHz */
{
    static const struct { u32 code, divisor; } facts[] = { { 0, 2 }, { 1, 4 }, { 2, 8 }, { 3, 16 }, { 8, 32 }, { 9, 64 }, { 10, 128 }, { 11, 1 } };
    for (unsigned i = 0; i < COUNT_OF(facts); i++) {
        put_reg(DIVIDE, facts[i].code);
        put_reg(INITIAL, 1000000);
        pass(1280000);
        ck_assert_uint_eq(get_reg(CURRENT), 1000000 - 128000 / facts[i].divisor);
        pass(5);
        put_reg(INITIAL, 0);
        ck_assert_uint_eq(get_reg(CURRENT), 0);
    }
}
END_TEST

START_TEST(one_shot_rings_once)                                                 /* 10.5.4 */
{
    enable();
    put_reg(DIVIDE, 11);
    put_reg(LVT_T, 0x33);
    put_reg(INITIAL, 500);
    pass(4999);
    ck_assert(!intr);
    ck_assert_uint_eq(get_reg(CURRENT), 1);
    pass(1);
    ck_assert(intr);
    ck_assert_uint_eq(get_reg(CURRENT), 0);
    ck_assert_uint_eq(take(), 0x33);
    put_reg(EOI, 0);
    pass(1000000);
    ck_assert(!intr);
    ck_assert_uint_eq(get_reg(CURRENT), 0);
}
END_TEST

START_TEST(a_change_of_mode_goes_on_from_the_count_that_is_left)                 /* 10.5.4; kvm-unit-tests, apic: "TMCCT should stay at zero" */
{
    enable();
    put_reg(DIVIDE, 11);
    put_reg(LVT_T, 0x33);
    put_reg(INITIAL, 1000);
    pass(6000);
    put_reg(LVT_T, PERIODIC | 0x33);
    ck_assert_uint_eq(get_reg(CURRENT), 400);
    pass(4000);
    ck_assert(intr);
    ck_assert_uint_eq(get_reg(CURRENT), 1000);                                  /* reloaded */
    ck_assert_uint_eq(take(), 0x33);
    put_reg(EOI, 0);
    pass(30000 + 7000);
    if (intr) { take(); put_reg(EOI, 0); }
    ck_assert_uint_eq(get_reg(CURRENT), 300);
    put_reg(LVT_T, 0x33);                                                       /* back: this round, and no more */
    ck_assert_uint_eq(get_reg(CURRENT), 300);
    pass(3000);
    ck_assert(intr);
    ck_assert_uint_eq(take(), 0x33);
    put_reg(EOI, 0);
    pass(50000);
    put_reg(LVT_T, PERIODIC | 0x33);                                            /* run out: it stays so until it is loaded */
    ck_assert_uint_eq(get_reg(CURRENT), 0);
    ck_assert_uint_eq(get_reg(INITIAL), 1000);
    pass(50000);
    ck_assert(!intr);
    put_reg(INITIAL, 1000);
    pass(10000);
    ck_assert(intr);
}
END_TEST

START_TEST(periodic_rings_again_without_drift)
{
    enable();
    put_reg(DIVIDE, 0);
    put_reg(LVT_T, PERIODIC | 0x33);
    put_reg(INITIAL, 777);
    u64 start = clock_.now;
    for (unsigned n = 1; n <= 1000; n++) {
        vclock_advance(&clock_, start + n * 15540 - 1);
        ck_assert(!intr);
        vclock_advance(&clock_, start + n * 15540);
        ck_assert(intr);
        ck_assert_uint_eq(take(), 0x33);
        put_reg(EOI, 0);
    }
    put_reg(LVT_T, PERIODIC | MASKED | 0x33);
    pass(1000000);
    ck_assert(!intr);
    put_reg(LVT_T, PERIODIC | 0x33);                                            /* it counted on: the same grid */
    u64 gone = (clock_.now - start) % 15540;
    pass(15540 - gone - 1);
    ck_assert(!intr);
    pass(1);
    ck_assert(intr);
}
END_TEST

START_TEST(a_period_of_nothing_does_not_stop_the_world)
{
    enable();
    put_reg(DIVIDE, 11);
    put_reg(LVT_T, PERIODIC | 0x33);
    put_reg(INITIAL, 1);
    pass(10000000);
    ck_assert(intr);
    ck_assert_uint_ge(get_reg(CURRENT), 0);
}
END_TEST

/* ---- I/O APIC ---- */

static void ioput(u32 reg, u32 v) { bus_store(&bus, IOAPIC_BASE, W32, reg); bus_store(&bus, IOAPIC_BASE + 0x10, W32, v); }
static u32  ioget(u32 reg)        { bus_store(&bus, IOAPIC_BASE, W32, reg); return bus_load(&bus, IOAPIC_BASE + 0x10, W32); }
static void entry(u32 pin, u32 low) { ioput(0x11 + 2 * pin, 0); ioput(0x10 + 2 * pin, low); }

START_TEST(the_io_apic_s_registers)                                             /* 290566, 3.2 */
{
    ck_assert_uint_eq(ioget(1), 0x00170011);
    ioput(0, 0xFFFFFFFF);
    ck_assert_uint_eq(ioget(0), 0x0F000000);
    ck_assert_uint_eq(ioget(2), 0x0F000000);
    for (u32 pin = 0; pin < 24; pin++) {
        ck_assert_uint_eq(ioget(0x10 + 2 * pin), MASKED);
        ioput(0x10 + 2 * pin, 0xFFFFFFFF);
        ioput(0x11 + 2 * pin, 0xFFFFFFFF);
        ck_assert_uint_eq(ioget(0x10 + 2 * pin), 0x1AFFF);
        ck_assert_uint_eq(ioget(0x11 + 2 * pin), 0xFF000000);
    }
    ck_assert_uint_eq(ioget(0x40), 0);
    bus_store(&bus, IOAPIC_BASE, W32, 0x12);
    ck_assert_uint_eq(bus_load(&bus, IOAPIC_BASE, W32), 0x12);
}
END_TEST

START_TEST(an_edge_is_sent_once_and_lost_when_masked)
{
    enable();
    entry(4, 0x44);
    ioapic_line(&io, 4, true), ioapic_line(&io, 4, true);
    ck_assert_uint_eq(take(), 0x44);
    put_reg(EOI, 0);
    ck_assert(!intr);
    ioapic_line(&io, 4, false);
    entry(4, MASKED | 0x44);
    ioapic_line(&io, 4, true);                                                  /* "not delivered or held pending" */
    entry(4, 0x44);
    ck_assert(!intr);
    ck_assert(!has(TMR, 0x44));
}
END_TEST

START_TEST(a_level_is_sent_until_it_ends)
{
    enable();
    entry(11, LEVEL | MASKED | 0x4B);
    ioapic_line(&io, 11, true);
    ck_assert(!intr);
    entry(11, LEVEL | 0x4B);                                                    /* a level waits behind the mask */
    ck_assert(intr && has(TMR, 0x4B));
    ck_assert_uint_eq(ioget(0x10 + 22), LEVEL | REMOTE_IRR | 0x4B);
    ck_assert_uint_eq(take(), 0x4B);
    ck_assert(!intr);
    put_reg(EOI, 0);
    ck_assert(intr);                                                            /* nobody served the device */
    ck_assert_uint_eq(take(), 0x4B);
    ioapic_line(&io, 11, false);
    put_reg(EOI, 0);
    ck_assert(!intr);
    ck_assert_uint_eq(ioget(0x10 + 22), LEVEL | 0x4B);
}
END_TEST

START_TEST(a_refused_message_waits)
{
    entry(4, 0x44);
    ioapic_line(&io, 4, true);                                                  /* the processor's APIC is not enabled yet */
    ck_assert_uint_eq(ioget(0x18), 0x1044);                                     /* delivery status: send pending */
    enable();
    ck_assert(intr);
    ck_assert_uint_eq(ioget(0x18), 0x44);
    ck_assert_uint_eq(take(), 0x44);
}
END_TEST

START_TEST(extint_and_nmi_by_the_io_apic)
{
    enable();
    entry(0, 0x700);
    ioapic_line(&io, 0, true);
    ck_assert(intr);
    ck_assert_uint_eq(take(), 0x08);
    ck_assert(!intr);
    entry(5, 0x400);
    ioapic_line(&io, 5, true);
    ck_assert_uint_eq(nmis, 1);
}
END_TEST

/* ---- the whole ---- */

START_TEST(random_use_finds_nothing)
{
    dice_t d = { 11 };
    for (unsigned i = 0; i < 400000; i++) {
        u32 value = throw_dice(&d, 3) ? throw_dice(&d, UINT32_MAX) : throw_dice(&d, 0x200);
        width_t w = (width_t)(8 << throw_dice(&d, 3));
        switch (throw_dice(&d, 9)) {
        case 0: bus_store(&bus, APIC_BASE + throw_dice(&d, 0x40) * 16, W32, value); break;
        case 1: bus_store(&bus, APIC_BASE + (throw_dice(&d, 0x1000) & ~3u), w, value); break;
        case 2: (void)bus_load(&bus, APIC_BASE + (throw_dice(&d, 0x1000) & ~3u), w); break;
        case 3: ioput(throw_dice(&d, 0x48), value); break;
        case 4: ioapic_line(&io, (int)throw_dice(&d, 24), throw_dice(&d, 2)); break;
        case 5: apic_lint(&apic, (int)throw_dice(&d, 2), throw_dice(&d, 2)); break;
        case 6: if (intr) { u8 v = take(); ck_assert(v != 0 || intas); } break;
        case 7: pass(throw_dice(&d, 100000)); break;
        case 8: if (!throw_dice(&d, 50)) apic_set_base(&apic, 0xFEE00100 | (u64)throw_dice(&d, 4) << 11 | (u64)throw_dice(&d, 2) << 40); break;
        }
    }
}
END_TEST

static void walk_apic(void *c, walker_t *w) { apic_walk(c, w); }
static void walk_io(void *c, walker_t *w)   { ioapic_walk(c, w); }
static void load_again(chip_walk_fn *walk, void *a, void *b)
{
    for (u64 seed = 1; seed < 20; seed++) {
        blob_t blob = { 0 };
        walker_t w = walk_randomiser(seed);
        walk(a, &w);
        w = walk_saver(&blob), walk(a, &w);
        w = walk_loader(&blob), walk(b, &w);
        ck_assert_msg(!w.failed, "%s", w.why);
        walker_t x = walk_hasher(), y = walk_hasher();
        walk(a, &x), walk(b, &y);
        ck_assert(x.hash == y.hash);
        pass(1000000);
        blob_free(&blob);
    }
}
START_TEST(the_state_comes_back)
{
    static apic_t other;
    static ioapic_t another;
    ck_assert(apic_init(&other, &clock_, &bus, true, apic.kind));
    ck_assert(ioapic_init(&another, &bus, true));
    load_again(walk_apic, &apic, &other);
    load_again(walk_io, &io, &another);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        registers_after_reset_are_as_listed, registers_keep_their_bits, models_differ, the_base_register_moves_and_hides_it,
        the_highest_vector_comes_first_and_nests, the_task_priority_holds_its_class_and_below, a_request_that_went_away_is_spurious,
        vectors_below_16_are_errors, messages_find_their_destination, shorthands, disabled_by_software_it_takes_nothing_new,
        after_reset_the_8259_reaches_the_processor, globally_disabled_it_is_two_wires, its_own_interrupts_come_before_the_8259_s,
        lint0_may_be_fixed_by_edge_or_level, the_timer_divides, one_shot_rings_once, a_change_of_mode_goes_on_from_the_count_that_is_left, periodic_rings_again_without_drift,
        a_period_of_nothing_does_not_stop_the_world, the_io_apic_s_registers, an_edge_is_sent_once_and_lost_when_masked,
        a_level_is_sent_until_it_ends, a_refused_message_waits, extint_and_nmi_by_the_io_apic, random_use_finds_nothing, the_state_comes_back,
    };
    TCase *tc = tcase_create("apic");
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_set_timeout(tc, 60);
    for (unsigned i = 0; i < COUNT_OF(tests); i++) tcase_add_test(tc, tests[i]);
    return run_suite("apic", tc);
}
