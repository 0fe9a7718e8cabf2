/* board.c - the odd ports of a PC's main board.
 *
 * 61h:   IBM PC AT Technical Reference, "System board I/O": bit 0 gate of PIT counter 2, 1 speaker, 2 and 3 NMI masks; read: 4 toggles with
 *        each memory refresh (15.085 us), 5 OUT of counter 2, 6 and 7 channel and memory parity check (never).
 * 80h:   POST code latch.
 * 92h:   IBM PS/2 Hardware Interface Technical Reference, "System Control Port A": bit 0 resets the processor when it rises, 1 is A20.
 * CF9h:  Intel 82371SB (290550), "Reset Control Register": bit 2 rising resets.
 * E9h:   Bochs's debug port: reads as E9h, so that programs find it; bytes written go to the debug console.
 * 8900h: Bochs's shutdown port: the eight letters "Shutdown" in a row power the machine off.
 * exit:  QEMU's isa-debug-exit: a write of v ends the program with status v * 2 + 1.
 *
 * Left out: NMI from parity errors; port 92h's other bits only keep their value. */
#include "devices/board.h"

enum { GATE = 0x01, SPEAKER = 0x02, REFRESH = 0x10, OUT2 = 0x20, FAST_RESET = 0x01, A20 = 0x02, RST_CPU = 0x04 };
enum { REFRESH_NS = 15085 };

static void pulse(const line_t *line)
{
    line_set(line, true);
    line_set(line, false);
}

/* ---- 61h and the speaker ---- */

static void move_cone(board_t *board)
{
    bool cone = board->out2_level && board->port_61 & SPEAKER;
    if (cone == board->cone)
        return;
    board->cone = cone;
    if (board->speaker)
        board->speaker(board->owner, board->clock->now, cone);
}

void board_out2(void *chip, int pin, bool level)
{
    (void)pin;
    board_t *board = chip;
    board->out2_level = level;
    move_cone(board);
}

u32 board_read_61(void *chip, u16 reg)
{
    (void)reg;
    const board_t *board = chip;
    bool out2 = board->out2 ? board->out2(board->pit) : board->out2_level;
    bool refresh = board->clock->now / REFRESH_NS & 1;
    return board->port_61 | (refresh ? REFRESH : 0u) | (out2 ? OUT2 : 0u);
}

void board_write_61(void *chip, u16 reg, u32 value)
{
    (void)reg;
    board_t *board = chip;
    board->port_61 = value & 0x0F;
    line_set(&board->gate2, value & GATE);
    move_cone(board);
}

/* ---- latches ---- */

u32 board_read_80(void *chip, u16 reg) { (void)reg; return ((const board_t *)chip)->post; }
void board_write_80(void *chip, u16 reg, u32 value) { (void)reg; ((board_t *)chip)->post = (u8)value; }
u8 board_post(const board_t *board) { return board->post; }

u32 board_read_92(void *chip, u16 reg) { (void)reg; return ((const board_t *)chip)->port_92; }

void board_write_92(void *chip, u16 reg, u32 value)
{
    (void)reg;
    board_t *board = chip;
    bool rises = value & FAST_RESET && !(board->port_92 & FAST_RESET);
    board->port_92 = (u8)value;
    line_set(&board->a20, value & A20);
    if (rises)
        pulse(&board->reset);
}

/* Only a byte access to CF9h itself counts; dwords at CF8h are PCI's (pc_chipset.c). */
u32 board_read_cf8(void *chip, u16 reg) { return reg == 1 ? ((const board_t *)chip)->port_cf9 : 0xFFFFFFFF; }

void board_write_cf8(void *chip, u16 reg, u32 value)
{
    board_t *board = chip;
    if (reg != 1)
        return;
    bool rises = value & RST_CPU && !(board->port_cf9 & RST_CPU);
    board->port_cf9 = value & 0x0E;
    if (rises)
        pulse(&board->reset);
}

/* ---- ways out ---- */

u32 board_read_e9(void *chip, u16 reg) { (void)chip; (void)reg; return 0xE9; }

void board_write_e9(void *chip, u16 reg, u32 value)
{
    (void)reg;
    board_t *board = chip;
    if (board->debug_out)
        board->debug_out(board->owner, (u8)value);
}

void board_write_8900(void *chip, u16 reg, u32 value)
{
    (void)reg;
    static const char word[] = "Shutdown";
    board_t *board = chip;
    if ((u8)value == (u8)word[board->shutdown_at & 7])
        board->shutdown_at++;
    else
        board->shutdown_at = (u8)value == 'S';
    if (board->shutdown_at < 8)
        return;
    board->shutdown_at = 0;
    pulse(&board->power_off);
}

void board_write_exit(void *chip, u16 reg, u32 value)
{
    (void)reg;
    board_t *board = chip;
    if (board->debug_exit)
        board->debug_exit(board->owner, (u8)(value << 1 | 1));
}

/* ---- life ---- */

void board_reset(board_t *board)
{
    board->port_92 = A20;            /* as the 8042's pin: open */
    board->port_cf9 = board->post = board->shutdown_at = 0;
    board_write_61(board, 0, 0);
}

void board_init(board_t *board, vclock_t *clock)
{
    *board = (board_t){ .clock = clock };
    board_reset(board);
}

void board_walk(board_t *board, walker_t *w)
{
    walk_chip(w, "board", 1);
    FIELD_MAX(w, board->port_61, 0x0F); FIELD(w, board->port_92); FIELD(w, board->port_cf9); FIELD(w, board->post);
    FIELD_MAX(w, board->shutdown_at, 7); FIELD(w, board->out2_level); FIELD(w, board->cone);
}
