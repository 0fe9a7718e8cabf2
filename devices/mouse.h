/* mouse.h - a PS/2 mouse with wheel and up to five buttons. */
#pragma once
#include "devices/line.h"
#include "devices/ps2.h"
#include "devices/state.h"
#include "devices/vclock.h"

typedef struct mouse {
    vclock_t *clock;
    line_t  attention;               /* to kbc_attention */
    alarm_t sample;                  /* the next report may go */
    u64  sampled;                    /* when the last one went */
    u8   queue[16], first, count;    /* bytes for the controller */
    u8   last_sent;
    u8   id;                         /* 0 standard, 3 wheel, 4 five buttons */
    u8   knock;                      /* sample rates of the magic sequences seen: 0..3 */
    u8   rate, resolution;
    bool remote, wrap, reporting, double_scale;
    u8   waiting;                    /* command whose parameter is to come, 0: none */
    u32  dx, dy, dz;                 /* counts since the last report, two's complement */
    u8   buttons, reported;          /* bit 0 left, 1 right, 2 middle, 3 and 4 the side buttons */
} mouse_t;

void mouse_init(mouse_t *mouse, vclock_t *clock);
void mouse_reset(mouse_t *mouse);
ps2_plug_t mouse_plug(mouse_t *mouse);
/* A movement in counts (right and up are positive; wheel towards the user is positive) and the buttons held now. */
void mouse_move(mouse_t *mouse, int dx, int dy, int dz, u8 buttons);
bool mouse_wanted(const mouse_t *mouse);         /* the guest has switched reporting on */
void mouse_walk(mouse_t *mouse, walker_t *w);
