/* move.c - memory above 1 MiB: INT 15h/87h, and the local APIC's wiring at power-on.
 * IBM PS/2 BIOS reference, INT 15h/87h (with the descriptor table of the AT); Intel SDM volume 3, 10.4-10.5 and
 * MultiProcessor Specification 1.4, 3.6.2.2 ("virtual wire mode"). */
#include "memory.h"

void block_move(u32 table, u32 words);

/* The eight descriptors: none, the table itself, source, target, our code, our stack. */
enum { TABLE = 0x08, SOURCE = 0x10, TARGET = 0x18, CODE = 0x20, STACK = 0x28, TABLE_BYTES = 0x30 };

static void descriptor(u32 segment, u32 at, u32 base, u32 access)
{
    poke16(segment, at, 0xFFFF);
    poke16(segment, at + 2, base);
    poke8(segment, at + 4, base >> 16);
    poke8(segment, at + 5, access);
    poke16(segment, at + 6, base >> 16 & 0xFF00);
}

/* Interrupts are off and A20 on meanwhile.  The copy itself is in entry.S. */
static bool run(u32 segment, u32 at, u32 words)
{
    u32 flags = flags_save(), table = (segment << 4) + at;
    bool a20_was = a20_get();
    bool done = a20_set(true);
    if (done) {
        descriptor(segment, at + TABLE, table, 0x93);
        descriptor(segment, at + CODE, my_segment() << 4, 0x9B);
        descriptor(segment, at + STACK, stack_segment() << 4, 0x93);
        block_move(table, words);
    }
    if (!a20_was)
        a20_set(false);
    flags_restore(flags);
    return done;
}

/* AH=87h: CX words, ES:SI a table in which the caller made the descriptors of source and target.
 * AH answers 0, 2 (fault: more than a segment holds), 3 (A20 failed). */
void move_service(regs_t *r)
{
    u32 status = r->cx > 0x8000 ? 2 : run(r->es, r->si, r->cx) ? 0 : 3;
    r->ah = (u8)status;
    carry(r, status != 0);
    zero(r, status == 0);
}

/* ---- the local APIC ---- */

static void poke_linear(u32 linear, u32 value)
{
    u8 table[TABLE_BYTES];
    memset(table, 0, sizeof table);
    descriptor(stack_segment(), (u32)table + SOURCE, (stack_segment() << 4) + (u32)&value, 0x93);
    descriptor(stack_segment(), (u32)table + TARGET, linear, 0x93);
    run(stack_segment(), (u32)table, 2);
}

/* Behind a local APIC the 8259s reach the processor only when its LINT0 pin is set to "ExtINT". */
void apic_start(void)
{
    enum { APIC = 1 << 9, SPURIOUS = 0xFEE000F0, LINT0 = 0xFEE00350, LINT1 = 0xFEE00360, EXTINT = 0x700, NMI = 0x400 };
    if (!(cpu_features() & APIC))
        return;
    poke_linear(SPURIOUS, 0x1FF);
    poke_linear(LINT0, EXTINT);
    poke_linear(LINT1, NMI);
}
