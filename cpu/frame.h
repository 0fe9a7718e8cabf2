/* frame.h - values pushed together on a stack that perhaps is not yet the current one: first all of them are proved to
 * have room, then all are stored.  SDM vol. 3A, 5.8.5 "Stack Switching", 6.12.1. */
#pragma once
#include "cpu/descriptor.h"

enum { FRAME_MAX = 40 };                         /* a call gate's 31 parameters, SS, ESP, CS, EIP */

typedef struct {
    segment_t ss;
    u32       esp;                               /* before the first push */
    width_t   w;
    bool      user;                              /* privilege of the stores */
    u32       code;                              /* of the #SS if there is no room */
    u32       n;
    u32       value[FRAME_MAX];
} frame_t;

/* On the present stack. */
void frame_begin(const cpu_t *cpu, frame_t *f, width_t w, u32 ext);
/* On the stack that the TSS holds for privilege level `level` (0-2), which is checked: #TS, #SS. */
void frame_begin_inner(cpu_t *cpu, frame_t *f, width_t w, u32 level, u32 ext);
void frame_push(frame_t *f, u32 value);
void frame_prove(cpu_t *cpu, const frame_t *f);
/* Store, and make the stack current (SS and ESP).  CPL and the mode are the caller's. */
void frame_commit(cpu_t *cpu, const frame_t *f);

INLINE u32 stack_mask_of(const segment_t *ss) { return ss->attributes & SEG_BIG ? 0xFFFFFFFF : 0xFFFF; }

/* Value number n from the top of the present stack, not popped; #SS(0). */
INLINE u32 stack_peek(cpu_t *cpu, u32 n, width_t w)
{
    return load(cpu, SS, (cpu->r[ESP] + n * (w / 8)) & cpu->stack_mask, w);
}
