/* move.c - memory above 1 MiB: INT 15h/87h.  IBM PS/2 BIOS reference (with the descriptor table of the AT). */
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
