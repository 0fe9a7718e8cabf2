/* testdev.h - QEMU's "pc-testdev": what test programs for processors and hypervisors use (-device pc-testdev). */
#pragma once
#include "devices/line.h"
#include "devices/state.h"
#include "mem/bus.h"

enum { TESTDEV_MEMORY = 0xFF000000u, TESTDEV_BYTES = 64 << 10, TESTDEV_LINES = 16 };

typedef struct {
    u8     latch[4];                 /* ports E0h-E3h */
    u8     memory[TESTDEV_BYTES];    /* registers that behave as memory */
    line_t irq[TESTDEV_LINES];       /* driven by ports 2000h-200Fh */
} testdev_t;

void testdev_reset(testdev_t *t);
u32  testdev_read_latch(void *testdev, u16 reg);
void testdev_write_latch(void *testdev, u16 reg, u32 value);
void testdev_write_line(void *testdev, u16 reg, u32 value);
u32  testdev_load(void *testdev, u32 offset, width_t w);
void testdev_store(void *testdev, u32 offset, width_t w, u32 value);
void testdev_walk(testdev_t *t, walker_t *w);
