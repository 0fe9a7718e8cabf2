/*
 * timer.c: channel 0 of the timer divides 1,193,182 Hz by a 16-bit number and raises IRQ 0 at every round. The BIOS
 * lets it divide by 65536, 18.2 times a second. We choose another divisor, count the ticks ourselves (interrupts.S)
 * and pass on to the BIOS as many as it expects, so that its clock and its floppy motor keep time.
 *
 * Document: the 8254 data sheet (control word, mode 2, counter latch), the 8259A data sheet (reading IRR).
 * Left out: channels 1 (memory refresh, long ago) and 2 (the speaker, see scene_speaker.c).
 */
#include "timer.h"

enum { CHANNEL_0 = 0x40, CONTROL = 0x43, PIC_COMMAND = 0x20, VECTOR = 8 };
enum { MODE_2 = 0x34, MODE_3 = 0x36, LATCH = 0x00, READ_IRR = 0x0A };

volatile u32 timer_ticks;
u32 timer_divisor, timer_owed, timer_previous;
static u32 running;

void timer_interrupt(void);

static void set_divisor(u32 mode, u32 divisor)
{
    port_write(CONTROL, mode); /* channel 0, low byte then high byte, binary */
    port_write(CHANNEL_0, divisor & 255);
    port_write(CHANNEL_0, divisor >> 8 & 255); /* 0 counts as 65536 */
}

void timer_start(u32 hertz)
{
    timer_stop();
    interrupts_off();
    timer_ticks = 0;
    timer_owed = 0;
    timer_divisor = PIT_HERTZ / hertz;
    if (timer_divisor > 0x10000)
        timer_divisor = 0x10000;
    timer_previous = vector_get(VECTOR);
    vector_set(VECTOR, (u32)own_segment() << 16 | ((u32)&timer_interrupt & 0xFFFF));
    interrupts_off();
    set_divisor(MODE_2, timer_divisor);
    interrupts_on();
    running = 1;
}

void timer_stop(void)
{
    if (!running)
        return;
    interrupts_off();
    set_divisor(MODE_3, 0);
    vector_set(VECTOR, timer_previous);
    running = 0;
}

void timer_wait(void)
{
    u32 before = timer_ticks;
    while (timer_ticks == before)
        sleep_until_interrupt();
}

/*
 * Whole ticks, and how far the counter is through this one: it counts down from the divisor. When it has just begun
 * a new round but its interrupt still waits in the 8259A's request register, that tick is not counted yet.
 */
u32 timer_now(void)
{
    interrupts_off();
    port_write(CONTROL, LATCH);
    u32 count = port_read(CHANNEL_0);
    count |= (u32)port_read(CHANNEL_0) << 8;
    port_write(PIC_COMMAND, READ_IRR);
    u32 pending = port_read(PIC_COMMAND) & 1;
    u32 ticks = timer_ticks;
    interrupts_on();
    if (!count)
        count = 0x10000;
    if (pending && count > timer_divisor / 2)
        ticks++;
    return ticks * timer_divisor + (timer_divisor - count);
}
