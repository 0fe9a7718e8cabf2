/*
 * pc.c: vectors, keys, the processor's kind and the memory's size, the small helpers behind pc.h.
 *
 * Documents: IBM BIOS Interface Technical Reference (INT 10h, 12h, 15h, 16h); Intel application note 485 (how to
 * find out which processor this is). Left out: cache and brand strings, INT 15h E820h, which this program need not know.
 */
#include "pc.h"

u32 vector_get(u32 interrupt) { return far_read32(0, interrupt * 4); }

void vector_set(u32 interrupt, u32 far_pointer)
{
    interrupts_off();
    far_write32(0, interrupt * 4, far_pointer);
    interrupts_on();
}

void video_mode(u32 mode)
{
    regs_t regs = {.eax = mode};
    bios_call(0x10, &regs);
}

/* INT 16h AH=01h says in ZF whether a key waits, AH=00h takes it. 10h and 11h are the same for 101 keys. */
u16 key_poll(void)
{
    enum { ZF = 0x0040 };
    regs_t regs = {.eax = 0x1100};
    bios_call(0x16, &regs);
    if (regs.flags & ZF)
        return 0;
    regs.eax = 0x1000;
    bios_call(0x16, &regs);
    u32 key = regs.eax & 0xFFFF;
    if ((key & 0xFF) == 0xE0 && key > 0x100)
        key &= 0xFF00; /* a grey key: the same scan code with E0h for a character */
    if (key == 0xE00D)
        key = KEY_ENTER;
    return (u16)key;
}

/* A key that comes between the look and the HLT is seen at the next tick of the timer. */
u16 key_wait(void)
{
    u16 key;
    while (!(key = key_poll()))
        sleep_until_interrupt();
    return key;
}

u8 key_letter(u16 key)
{
    u8 letter = (u8)key;
    return letter >= 'a' && letter <= 'z' ? (u8)(letter - 'a' + 'A') : letter;
}

/* Can this bit of EFLAGS be changed? A 386 holds AC (18) at 0, a 486 before CPUID holds ID (21) at 0. */
static u32 flag_moves(u32 bit)
{
    u32 before, after;
    ASM("pushfl\n\t"
        "popl %0\n\t"
        "movl %0, %1\n\t"
        "xorl %2, %1\n\t"
        "pushl %1\n\t"
        "popfl\n\t"
        "pushfl\n\t"
        "popl %1\n\t"
        "pushl %0\n\t"
        "popfl"
        : "=&r"(before), "=&r"(after) : "ri"(1u << bit) : "cc", "memory");
    return ((before ^ after) >> bit) & 1;
}

static void cpuid(u32 leaf, u32 out[4])
{
    ASM("cpuid" : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3]) : "a"(leaf), "c"(0));
}

static void look_at_processor(machine_t *machine)
{
    u32 out[4];
    machine->family = flag_moves(18) ? 4 : 3;
    machine->has_cpuid = flag_moves(21);
    machine->has_tsc = 0;
    machine->vendor[0] = 0;
    if (!machine->has_cpuid)
        return;
    cpuid(0, out);
    const u32 name[3] = {out[1], out[3], out[2]};
    for (u32 i = 0; i < 12; i++)
        machine->vendor[i] = (char)(name[i / 4] >> (i % 4 * 8));
    machine->vendor[12] = 0;
    if (out[0] < 1)
        return;
    cpuid(1, out);
    machine->family = (out[0] >> 8) & 15;
    if (machine->family == 15)
        machine->family += (out[0] >> 20) & 255;
    machine->has_tsc = (out[3] >> 4) & 1;
}

void machine_look(machine_t *machine)
{
    regs_t regs = {.eax = 0};
    look_at_processor(machine);
    bios_call(0x12, &regs);
    machine->low_kb = regs.eax & 0xFFFF;
    regs = (regs_t){.eax = 0xE801};
    bios_call(0x15, &regs);
    if (!(regs.flags & CF)) {
        u32 near_kb = regs.eax & 0xFFFF ? regs.eax : regs.ecx, far_64kb = regs.ebx & 0xFFFF ? regs.ebx : regs.edx;
        machine->extended_kb = (near_kb & 0xFFFF) + (far_64kb & 0xFFFF) * 64;
        return;
    }
    regs = (regs_t){.eax = 0x8800};
    bios_call(0x15, &regs);
    machine->extended_kb = regs.flags & CF ? 0 : regs.eax & 0xFFFF;
}
