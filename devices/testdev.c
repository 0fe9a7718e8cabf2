/* testdev.c - a device made for testing: a latch, 64 KiB of memory that is reached as registers are, and ports that drive interrupt lines.
 * Addresses and behaviour are those of QEMU's pc-testdev (hw/misc/pc-testdev.c), which kvm-unit-tests use.
 *
 * Left out: the page to be flushed (port E4h; nothing here remembers pages behind the guest's back), the byte latch (E8h: the
 * debug console stands there), interrupt lines 16-23. */
#include "devices/testdev.h"

void testdev_reset(testdev_t *t)
{
    memset(t->latch, 0, sizeof t->latch);
    for (unsigned n = 0; n < TESTDEV_LINES; n++)
        line_set(&t->irq[n], false);
}

u32 testdev_read_latch(void *self, u16 reg)
{
    const testdev_t *t = self;
    return t->latch[reg & 3];
}
void testdev_write_latch(void *self, u16 reg, u32 value)
{
    testdev_t *t = self;
    t->latch[reg & 3] = (u8)value;
}

void testdev_write_line(void *self, u16 reg, u32 value)
{
    testdev_t *t = self;
    line_set(&t->irq[reg & (TESTDEV_LINES - 1)], value != 0);
}

/* The bus keeps accesses inside the region. */
u32 testdev_load(void *self, u32 offset, width_t w)
{
    const testdev_t *t = self;
    return range_ok(offset, w / 8, TESTDEV_BYTES) ? get(t->memory + offset, w) : mask(w);
}
void testdev_store(void *self, u32 offset, width_t w, u32 value)
{
    testdev_t *t = self;
    if (range_ok(offset, w / 8, TESTDEV_BYTES))
        put(t->memory + offset, w, value);
}

void testdev_walk(testdev_t *t, walker_t *w)
{
    walk_chip(w, "testdev", 1);
    FIELD_ARRAY(w, t->latch);
    FIELD_BYTES(w, t->memory, TESTDEV_BYTES);
}
