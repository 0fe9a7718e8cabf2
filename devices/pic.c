/* pic.c - Intel 8259A programmable interrupt controller, after its data sheet (231468-003), with the edge/level
 * control register of the 82371SB (290550, "ELCR1/2").
 *
 * INT is computed: after every change of a register or an input the chip decides anew which level it would serve.
 * Left out: MCS-80/85 mode (ICW4 uPM = 0) and its CALL addresses, the buffered mode's SP/EN output. */
#include "devices/pic.h"

/* What a write to the odd port means. */
typedef enum { READY, POWER_ON, WANT_ICW2, WANT_ICW3, WANT_ICW4, LAST_STEP = WANT_ICW4 } pic_step_t;

enum { ICW1_IC4 = 0x01, ICW1_SNGL = 0x02, ICW1_LTIM = 0x08, ICW1 = 0x10 };
enum { ICW4_UPM = 0x01, ICW4_AEOI = 0x02, ICW4_SFNM = 0x10 };
enum { OCW3 = 0x08, OCW3_RIS = 0x01, OCW3_RR = 0x02, OCW3_P = 0x04, OCW3_SMM = 0x20, OCW3_ESMM = 0x40 };

static u8 bit(unsigned level) { return (u8)(1u << (level & 7)); }

/* ---- which level is next ---- */

static u8 level_triggered(const pic_t *pic) { return pic->icw1 & ICW1_LTIM ? 0xFF : pic->elcr; }

static u8 irr(const pic_t *pic)
{
    u8 by_level = level_triggered(pic);
    return (u8)((pic->pins & by_level) | (pic->edges & ~by_level));
}

/* Levels in service as the priority resolver sees them: the special mask mode hides masked ones. */
static u8 in_service(const pic_t *pic) { return (u8)(pic->special_mask ? pic->isr & ~pic->imr : pic->isr); }

static bool cascaded(const pic_t *pic, unsigned level)
{
    return pic->slave && !(pic->icw1 & ICW1_SNGL) && pic->icw3 & bit(level);
}

/* "Special fully nested mode": a slave in service may interrupt again. */
static bool nests(const pic_t *pic, unsigned level) { return pic->icw4 & ICW4_SFNM && cascaded(pic, level); }

/* The level that would be served now, or -1. */
static int next_level(const pic_t *pic)
{
    u8 requests = (u8)(irr(pic) & ~pic->imr), serving = in_service(pic);
    if (pic->step != READY)
        return -1;
    for (unsigned i = 1; i <= 8; i++) {
        unsigned level = (pic->lowest + i) & 7;
        bool blocked = serving & bit(level);
        if (requests & bit(level) && (!blocked || nests(pic, level)))
            return (int)level;
        if (blocked)
            return -1;
    }
    return -1;
}

static void drive(pic_t *pic, bool level)
{
    if (pic->output == level)
        return;
    pic->output = level;
    line_set(&pic->intr, level);
}

static void update(pic_t *pic) { drive(pic, next_level(pic) >= 0); }

/* ---- inputs and acknowledge ---- */

/* An edge-triggered request lives only while its line stays high: a line that drops before INTA leaves "default IR7"
 * ("Edge and level triggered modes"). */
void pic_line(void *chip, int pin, bool level)
{
    pic_t *pic = chip;
    u8 it = bit((unsigned)pin);
    if (level)
        pic->edges |= (u8)(it & ~pic->pins);
    else
        pic->edges &= (u8)~it;
    pic->pins = (u8)(level ? pic->pins | it : pic->pins & ~it);
    update(pic);
}

static void end_of_interrupt(pic_t *pic, unsigned level, bool rotate)
{
    pic->isr &= (u8)~bit(level);
    if (rotate)
        pic->lowest = level & 7;
}

/* The first INTA pulse freezes the request into the ISR; INT falls, and rises again if more is to do, so that an
 * edge-triggered master sees each request of its slave. */
static void accept(pic_t *pic, unsigned level)
{
    pic->edges &= (u8)~bit(level);
    pic->isr |= bit(level);
    drive(pic, false);
}

static void finish(pic_t *pic, unsigned level)
{
    if (pic->icw4 & ICW4_AEOI)
        end_of_interrupt(pic, level, pic->rotate_in_aeoi);
    update(pic);
}

static u8 vector(const pic_t *pic, unsigned level) { return (u8)((pic->icw2 & 0xF8) | level); }

static u8 acknowledge_slave(pic_t *pic)
{
    int level = next_level(pic);
    if (level < 0)
        return vector(pic, 7);
    accept(pic, (unsigned)level);
    finish(pic, (unsigned)level);
    return vector(pic, (unsigned)level);
}

u8 pic_acknowledge(pic_t *pic)
{
    int found = next_level(pic);
    if (found < 0)
        return vector(pic, 7);
    unsigned level = (unsigned)found;
    u8 answer = vector(pic, level);
    accept(pic, level);
    if (cascaded(pic, level))        /* CAS0-2 carry the level; a slave of another identity leaves the bus floating */
        answer = (pic->slave->icw3 & 7) == level ? acknowledge_slave(pic->slave) : 0xFF;
    finish(pic, level);
    return answer;
}

/* ---- command words ---- */

/* "The following occur on ICW1": edge sense cleared, IMR cleared, IR7 lowest, special mask off, read IRR.  A request
 * needs a new rising edge then. */
static void initialise(pic_t *pic, u8 value)
{
    pic->icw1 = value;
    pic->edges = pic->isr = pic->imr = 0;
    pic->lowest = 7;
    pic->icw3 = pic->slave ? 0 : 7;
    pic->icw4 = 0;
    pic->special_mask = pic->read_isr = pic->poll = pic->rotate_in_aeoi = false;
    pic->step = WANT_ICW2;
}

static void write_odd(pic_t *pic, u8 value)
{
    switch (pic->step) {
    case WANT_ICW2:
        pic->icw2 = value;
        pic->step = pic->icw1 & ICW1_SNGL ? pic->icw1 & ICW1_IC4 ? WANT_ICW4 : READY : WANT_ICW3;
        break;
    case WANT_ICW3:
        pic->icw3 = value;
        pic->step = pic->icw1 & ICW1_IC4 ? WANT_ICW4 : READY;
        break;
    case WANT_ICW4:
        pic->icw4 = value;
        pic->step = READY;
        break;
    default:
        pic->imr = value;                                   /* OCW1 */
        return;
    }
    if (pic->step == READY && !(pic->icw4 & ICW4_UPM))
        lacking("pic: MCS-80/85 mode");
}

/* The highest level in service, for a non-specific EOI; masked ones are not seen in special mask mode. */
static int highest_in_service(const pic_t *pic)
{
    for (unsigned i = 1; i <= 8; i++)
        if (in_service(pic) & bit(pic->lowest + i))
            return (int)((pic->lowest + i) & 7);
    return -1;
}

static void non_specific_eoi(pic_t *pic, bool rotate)
{
    int level = highest_in_service(pic);
    if (level >= 0)
        end_of_interrupt(pic, (unsigned)level, rotate);
}

static void write_ocw2(pic_t *pic, u8 value)
{
    unsigned level = value & 7;
    switch (value >> 5) {                                   /* R SL EOI */
    case 0: pic->rotate_in_aeoi = false; break;
    case 1: non_specific_eoi(pic, false); break;
    case 2: break;                                          /* no operation */
    case 3: end_of_interrupt(pic, level, false); break;
    case 4: pic->rotate_in_aeoi = true; break;
    case 5: non_specific_eoi(pic, true); break;
    case 6: pic->lowest = (u8)level; break;
    case 7: end_of_interrupt(pic, level, true); break;
    }
}

static void write_ocw3(pic_t *pic, u8 value)
{
    if (value & OCW3_ESMM)
        pic->special_mask = value & OCW3_SMM;
    if (value & OCW3_RR)
        pic->read_isr = value & OCW3_RIS;
    pic->poll = value & OCW3_P;
}

void pic_write(void *chip, u16 reg, u32 value)
{
    pic_t *pic = chip;
    if (reg & 1)
        write_odd(pic, (u8)value);
    else if (value & ICW1)
        initialise(pic, (u8)value);
    else if (value & OCW3)
        write_ocw3(pic, (u8)value);
    else
        write_ocw2(pic, (u8)value);
    update(pic);
}

/* "Poll command": the next read is an acknowledge; I in bit 7, the level in bits 2-0. */
static u8 poll(pic_t *pic)
{
    int level = next_level(pic);
    pic->poll = false;
    if (level < 0)
        return 0;
    accept(pic, (unsigned)level);
    finish(pic, (unsigned)level);
    return (u8)(0x80 | level);
}

u32 pic_read(void *chip, u16 reg)
{
    pic_t *pic = chip;
    if (pic->poll)
        return poll(pic);
    if (reg & 1)
        return pic->imr;
    return pic->read_isr ? pic->isr : irr(pic);
}

u32 pic_elcr_read(void *chip, u16 reg)
{
    (void)reg;
    return ((pic_t *)chip)->elcr;
}

void pic_elcr_write(void *chip, u16 reg, u32 value)
{
    pic_t *pic = chip;
    (void)reg;
    pic->elcr = (u8)(value & pic->elcr_writable);
    update(pic);
}

/* ---- life ---- */

void pic_reset(pic_t *pic)
{
    initialise(pic, 0);
    pic->icw2 = 0;
    pic->elcr = 0;
    pic->step = POWER_ON;
    update(pic);
}

void pic_init(pic_t *pic, pic_t *slave, u8 elcr_writable)
{
    *pic = (pic_t){ .slave = slave, .elcr_writable = elcr_writable };
    pic_reset(pic);
}

void pic_walk(pic_t *pic, walker_t *w)
{
    walk_chip(w, pic->slave ? "pic-master" : "pic-slave", 1);
    FIELD(w, pic->pins);
    FIELD(w, pic->edges);
    FIELD(w, pic->isr);
    FIELD(w, pic->imr);
    FIELD(w, pic->elcr);
    FIELD(w, pic->icw1);
    FIELD(w, pic->icw2);
    FIELD(w, pic->icw3);
    FIELD(w, pic->icw4);
    FIELD_MAX(w, pic->step, LAST_STEP);
    FIELD_MAX(w, pic->lowest, 7);
    FIELD(w, pic->rotate_in_aeoi);
    FIELD(w, pic->special_mask);
    FIELD(w, pic->poll);
    FIELD(w, pic->read_isr);
    if (walk_loading(w))             /* no line moves: who listens has the level in its own state */
        pic->output = next_level(pic) >= 0;
}
