/* keyboard.h - an IBM enhanced (102-key) keyboard with scan code sets 1, 2 and 3. */
#pragma once
#include "devices/line.h"
#include "devices/ps2.h"
#include "devices/state.h"
#include "devices/vclock.h"

/* Keys are named as in pc.h: set 1 make code, + 100h for E0h keys; Pause 1E1h, Print Screen 137h. */
enum { KEYBOARD_LED_SCROLL = 1, KEYBOARD_LED_NUM = 2, KEYBOARD_LED_CAPS = 4 };

typedef struct keyboard {
    vclock_t *clock;
    line_t  attention;               /* to kbc_attention: level = there is a byte */
    alarm_t repeat;                  /* the typematic key sends again */
    alarm_t bat;                     /* the self-test ends */
    u8   buffer[32];                 /* scan codes: 16, and a 17th place for the overrun code */
    u8   first, count;
    u8   reply[8];                   /* answers to commands go before scan codes */
    u8   reply_first, reply_count;
    u8   last_sent;                  /* for RESEND */
    u8   set;                        /* 1, 2, 3 */
    u8   leds;
    u8   rate;                       /* typematic delay (bits 6-5) and rate (bits 4-0) */
    bool scanning;
    u8   waiting;                    /* command whose parameter is to come, 0: none */
    u8   how3[0x90];                 /* set 3: typematic and break of each code */
    u16  repeating;                  /* key, 0: none */
    bool sys_rq;                     /* Print Screen went down with Alt held */
    u8   down[64];                   /* bit map of keys held */
} keyboard_t;

void keyboard_init(keyboard_t *kb, vclock_t *clock);
void keyboard_reset(keyboard_t *kb);             /* power-on: keys held stay held */
ps2_plug_t keyboard_plug(keyboard_t *kb);        /* its end of the cable */
/* A key went down or came up.  A second `down` of a held key is ignored: the keyboard makes its own repeats. */
void keyboard_key(keyboard_t *kb, u16 key, bool down);
u8   keyboard_leds(const keyboard_t *kb);
void keyboard_walk(keyboard_t *kb, walker_t *w);
