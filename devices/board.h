/* board.h - the odd ports of a PC's main board: 61h, 80h, 92h, E9h, CF9h, 8900h and a debug exit.  No chip of its own: gates and latches. */
#pragma once
#include "devices/line.h"
#include "devices/state.h"
#include "devices/vclock.h"

typedef struct board {
    vclock_t *clock;
    line_t gate2;                    /* to the PIT's counter 2 */
    line_t a20;                      /* port 92h bit 1: a level, driven when the port is written; the last writer of this and the 8042's wins */
    line_t reset;                    /* a pulse (true, false): port 92h bit 0, CF9h */
    line_t power_off;                /* a pulse: "Shutdown" was written to 8900h */
    bool (*out2)(void *pit);         /* OUT of counter 2 now, for port 61h bit 5; NULL: what board_out2 last heard */
    void  *pit;
    void (*speaker)(void *owner, u64 when, bool level);    /* the cone moved, at virtual time `when` (ns) */
    void (*debug_out)(void *owner, u8 byte);               /* port E9h */
    void (*debug_exit)(void *owner, u8 status);            /* isa-debug-exit: status = v * 2 + 1 */
    void  *owner;
    u8   port_61;                    /* bits 3-0: NMI masks, speaker enable, gate */
    u8   port_92, port_cf9, post;
    u8   shutdown_at;                /* letters of "Shutdown" seen */
    bool out2_level, cone;
} board_t;

void board_init(board_t *board, vclock_t *clock);
void board_reset(board_t *board);
void board_out2(void *board, int pin, bool level);         /* line_fn: OUT of counter 2 changed */
u8   board_post(const board_t *board);                     /* last byte written to port 80h */

u32  board_read_61(void *board, u16 reg);
void board_write_61(void *board, u16 reg, u32 value);
u32  board_read_80(void *board, u16 reg);
void board_write_80(void *board, u16 reg, u32 value);
u32  board_read_92(void *board, u16 reg);
void board_write_92(void *board, u16 reg, u32 value);
u32  board_read_e9(void *board, u16 reg);
void board_write_e9(void *board, u16 reg, u32 value);
/* A row of four ports at CF8h, width 32: a dword written to CF8h is PCI's and no byte of it may reach CF9h. */
u32  board_read_cf8(void *board, u16 reg);
void board_write_cf8(void *board, u16 reg, u32 value);
void board_write_8900(void *board, u16 reg, u32 value);
void board_write_exit(void *board, u16 reg, u32 value);
void board_walk(board_t *board, walker_t *w);
