/* window_inside.h - what window.c (the window, its keys and its mouse) and window_picture.c (what is shown in it) share. */
#pragma once
#include "frontend/enlarge.h"
#include "frontend/session.h"

#if DOPPEL_SDL
#include <SDL.h>

typedef struct {
    display_t display;
    SDL_Window   *window;
    SDL_Renderer *renderer;              /* a graphics card's; NULL: we draw into the window's surface ourselves */
    SDL_Texture  *picture;               /* the frame, pixel for pixel */
    SDL_Texture  *enlarged;              /* the frame at a whole multiple, where the final size is not one */
    enlarge_t     larger;                /* without a renderer */
    SDL_Surface  *converted;             /* where the window's pixels are not ours: what is to be shown in it */
    const SDL_Surface *drawn_on;         /* the surface that shows the picture now, at this place */
    SDL_Rect      drawn_at;
    u32  picture_width, picture_height;
    int  enlarged_width, enlarged_height;
    u32  aspect_width, aspect_height;
    bool full_screen, captured, sized_by_hand, dirty;
    char title[256];
    u8   buttons;
    int  width, height;                  /* what we last asked the window to be */
} window_t;

/* A texture in place of `old`; NULL if there is none to be had. */
SDL_Texture *window_texture(window_t *w, SDL_Texture *old, int access, int width, int height, const char *quality);
/* The frame's changed lines, or all of them, to the graphics card. */
void window_upload(window_t *w, const vga_frame_t *f, bool whole);
/* Show the picture: its changed lines, or the whole window. */
void window_present(window_t *w, bool whole);
#endif
