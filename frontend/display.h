/* display.h - what shows the screen and takes keys: a window, a terminal, or (NULL) nothing. */
#pragma once
#include "devices/vga_draw.h"
#include "frontend/say.h"

struct session;
typedef struct display display_t;
typedef struct {
    /* Take what the person did, waiting at most wait_ms for it, and tell the session. */
    void (*poll)(display_t *display, u32 wait_ms);
    /* The picture changed: session->frame is drawn, session->text is read. */
    void (*show)(display_t *display);
    /* Twice a second: titles and lamps. */
    void (*status)(display_t *display);
    void (*close)(display_t *display);
} display_ops_t;

struct display {
    const display_ops_t *ops;
    struct session *session;
};

display_t *window_open(struct session *session, why_t *why);      /* window.c: SDL2; without it, says so */
display_t *terminal_open(struct session *session, why_t *why);    /* terminal.c */
bool window_possible(void);              /* built in, and the environment names a display */
