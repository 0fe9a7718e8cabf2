/* chips.c - the board's chips as they stand after power-on, and the small services all drivers use.
 * Follows the IBM PC/AT Technical Reference (BIOS listing TEST1-TEST6), Intel data sheets 8259A, 8254, 8237A. */
#include "system.h"

static void pic_start(void)
{
    out8(PIC1, 0x11); out8(PIC2, 0x11);             /* ICW1: edges, cascade, ICW4 follows */
    out8(PIC1_MASK, 0x08); out8(PIC2_MASK, 0x70);   /* ICW2: vectors 08h-0Fh and 70h-77h */
    out8(PIC1_MASK, 0x04); out8(PIC2_MASK, 0x02);   /* ICW3: slave on IR2 */
    out8(PIC1_MASK, 0x01); out8(PIC2_MASK, 0x01);   /* ICW4: 8086 mode, normal EOI */
    out8(PIC1_MASK, 0xFB); out8(PIC2_MASK, 0xFF);   /* all closed but the cascade */
}

static void pit_start(void)
{
    out8(PIT_CONTROL, 0x36); out8(PIT_0, 0); out8(PIT_0, 0);    /* 0: square wave, 18.2 Hz */
    out8(PIT_CONTROL, 0x54); out8(PIT_1, 18);                   /* 1: refresh, 15 us */
    out8(PIT_CONTROL, 0xB6); out8(PIT_2, 0x33); out8(PIT_2, 5); /* 2: 896 Hz, gated off */
    out8(PORT_B, in8(PORT_B) & 0xFC);
}

static void dma_start(void)
{
    out8(0x0D, 0); out8(0xDA, 0);       /* master clear */
    out8(0x08, 0); out8(0xD0, 0);       /* command: enabled, fixed priority, normal timing */
    out8(0xD6, 0xC0); out8(0xD4, 0);    /* channel 4 is the cascade, open */
    out8(0x0B, 0x40);                   /* modes of the others: single, verify */
    for (u32 channel = 1; channel < 4; channel++) {
        out8(0x0B, 0x40 | channel);
        out8(0xD6, 0x40 | channel);
    }
}

void chips_start(void)
{
    pic_start();
    pit_start();
    dma_start();
    out8(FPU_BUSY, 0);
}

/* ---- interrupt lines ---- */

void irq_enable(u32 irq)
{
    u16 port = irq < 8 ? PIC1_MASK : PIC2_MASK;
    out8(port, in8(port) & ~(1u << (irq & 7)));
}

void irq_disable(u32 irq)
{
    u16 port = irq < 8 ? PIC1_MASK : PIC2_MASK;
    out8(port, in8(port) | 1u << (irq & 7));
}

bool irq_enabled(u32 irq) { return !(in8(irq < 8 ? PIC1_MASK : PIC2_MASK) >> (irq & 7) & 1); }

/* Sleeps until an interrupt, if the timer and `irq` can wake us; says whether it slept.
 * Afterwards interrupts are off. */
bool wait_idle(u32 irq)
{
    bool can = irq_enabled(irq) && irq_enabled(0) && (irq < 8 || irq_enabled(2));
    if (can)
        sleep();
    else {
        sti();
        __asm__ volatile("nop; nop");
        cli();
    }
    return can;
}

/* INT 15h/90h and /91h let a multitasker run something else while a device works. */
bool hook_wait(u32 device)
{
    call_t c = call_with(0x9000 | device);
    call_interrupt(0x15, &c);
    return c.flags & CF;
}

void hook_post(u32 device)
{
    call_t c = call_with(0x9100 | device);
    call_interrupt(0x15, &c);
}

/* ---- A20 ---- */

/* Port 92h is the truth where it exists; a board without it floats high. */
static bool port_92_works(void) { return in8(PORT_A) != 0xFF; }

/* Compares 0000:0080 (interrupt vector 20h) with its image one MiB up. */
bool a20_get(void)
{
    u32 flags = flags_save();
    u32 low = peek32(0, 0x200);
    bool on = peek32(0xFFFF, 0x210) != low;
    if (!on) {
        poke32(0, 0x200, ~low);
        on = peek32(0xFFFF, 0x210) != ~low;
        poke32(0, 0x200, low);
    }
    flags_restore(flags);
    return on;
}

bool a20_set(bool on)
{
    if (port_92_works())
        out8(PORT_A, ((in8(PORT_A) & ~3u) | (on ? 2u : 0u)));
    if (a20_get() == on)
        return true;
    kbc_write(KBC_COMMAND, 0xD1);               /* write the controller's output port */
    kbc_write(KBC_DATA, on ? 0xDF : 0xDD);
    kbc_write(KBC_COMMAND, 0xFF);               /* and a null command, as the AT did, to wait for it */
    kbc_empty_input();
    return a20_get() == on;
}

/* ---- processor ---- */

static bool flag_changes(u32 bit)
{
    u32 before, after;
    __asm__ volatile("pushfl; popl %0; movl %0, %1; xorl %2, %1; pushl %1; popfl; pushfl; popl %1; pushl %0; popfl"
                     : "=&r"(before), "=&r"(after) : "r"(bit) : "cc");
    return (before ^ after) & bit;
}

typedef struct { u32 a, b, c, d; } cpuid_t;

static void cpuid(u32 leaf, cpuid_t *out)
{
    __asm__ volatile("cpuid" : "=a"(out->a), "=b"(out->b), "=c"(out->c), "=d"(out->d) : "a"(leaf), "c"(0));
}

static bool has_cpuid(void)
{
    cpuid_t id = { 0 };
    if (!flag_changes(1u << 18) || !flag_changes(1u << 21))     /* AC: a 486; ID: CPUID */
        return false;
    cpuid(0, &id);
    return id.a >= 1;
}

/* 3 (no AC flag), 4 (AC, no CPUID), or CPUID's family with `vendor` filled (Intel AP-485). */
u32 cpu_family(char vendor[13])
{
    cpuid_t id;
    vendor[0] = 0;
    if (!has_cpuid())
        return flag_changes(1u << 18) ? 4 : 3;
    cpuid(0, &id);
    *(u32 *)vendor = id.b;
    *(u32 *)(vendor + 4) = id.d;
    *(u32 *)(vendor + 8) = id.c;
    vendor[12] = 0;
    cpuid(1, &id);
    return (id.a >> 8 & 15) == 15 ? 15 + (id.a >> 20 & 0xFF) : id.a >> 8 & 15;
}

u32 cpu_features(void)
{
    cpuid_t id = { 0 };
    if (has_cpuid())
        cpuid(1, &id);
    return id.d;
}

/* CPUID 1, EAX: type, family, model and stepping; 0 without CPUID. */
u32 cpu_signature(void)
{
    cpuid_t id = { 0 };
    if (has_cpuid())
        cpuid(1, &id);
    return id.a;
}

/* How wide physical addresses are (CPUID 80000008h; processors with PAE that do not say: 36). */
u32 cpu_address_bits(void)
{
    cpuid_t id = { 0 };
    if (!has_cpuid())
        return 32;
    cpuid(0x80000000, &id);
    if (id.a < 0x80000008 || id.a > 0x8000FFFF)
        return 36;
    cpuid(0x80000008, &id);
    return id.a & 0xFF;
}
