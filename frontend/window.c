/* window.c - the screen in a window, by SDL2 (wiki.libsdl.org/SDL2).
 *
 * What is shown in it is window_picture.c's.  Keys go by their position.
 * Keys the window keeps for itself are told in its title while they matter: Ctrl+Alt+G frees the mouse; Alt+Enter and
 * Ctrl+Alt+F switch to the full screen and back; Ctrl+Alt+P pauses, Ctrl+Alt+Del is Ctrl+Alt+End where the desktop keeps
 * the real one; Ctrl+Alt+S writes a screenshot.  A floppy image dropped on the window goes into drive A.
 * Left out: several windows, touch. */
#define _DEFAULT_SOURCE
#include "frontend/window_inside.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#if DOPPEL_SDL

/* A size for the window: 4:3 pictures as large as is comfortable, others at their own size, all inside the screen. */
static void choose_size(window_t *w)
{
    static const int heights[] = { 960, 720, 600, 480, 360, 240 };
    SDL_Rect screen = { 0, 0, 1024, 768 };
    SDL_DisplayMode mode;
    int index = w->window ? SDL_GetWindowDisplayIndex(w->window) : 0;
    if (SDL_GetDisplayUsableBounds(index < 0 ? 0 : index, &screen) != 0 && SDL_GetDesktopDisplayMode(0, &mode) == 0)
        screen = (SDL_Rect){ 0, 0, mode.w, mode.h };
    double shape = (double)w->aspect_width / w->aspect_height;
    int height = w->picture_height > 480 ? (int)w->picture_height : 0;
    for (unsigned i = 0; i < COUNT_OF(heights) && !height; i++)
        if (heights[i] <= screen.h * 85 / 100) height = heights[i];
    if (height > screen.h * 95 / 100) height = screen.h * 95 / 100;
    if ((int)(height * shape) > screen.w * 98 / 100) height = (int)(screen.w * 98 / 100 / shape);
    w->width = (int)(height * shape + 0.5);
    w->height = height;
}

static void fit_window(window_t *w)
{
    int width = w->width, height = w->height;
    choose_size(w);
    if (width != w->width || height != w->height) SDL_SetWindowSize(w->window, w->width, w->height);
}

static void window_show(display_t *display)
{
    window_t *w = (window_t *)(void *)display;
    const vga_frame_t *f = display->session->frame;
    if (f->width && f->height) {
        bool shape = f->aspect_width * w->aspect_height != f->aspect_height * w->aspect_width;
        bool size = f->width != w->picture_width || f->height != w->picture_height, anew = w->renderer && (size || !w->picture);
        if (anew) w->picture = window_texture(w, w->picture, SDL_TEXTUREACCESS_STREAMING, (int)f->width, (int)f->height, "nearest");
        w->picture_width = f->width;
        w->picture_height = f->height;
        w->aspect_width = f->aspect_width ? f->aspect_width : 4;
        w->aspect_height = f->aspect_height ? f->aspect_height : 3;
        if ((shape || (size && f->height > 480)) && !w->full_screen && !w->sized_by_hand) fit_window(w);
        window_upload(w, f, anew);
    } else w->picture_width = 0;                                              /* the screen is off: black */
    window_present(w, w->dirty || f->resized);
}

/* --- mouse and title -------------------------------------------------------------------------------------------------------- */

static void window_status(display_t *display)
{
    window_t *w = (window_t *)(void *)display;
    const session_t *s = display->session;
    char title[256];
    int n = snprintf(title, sizeof title, "doppel - %s - ", s->title);
    if (s->paused) n += snprintf(title + n, sizeof title - (size_t)n, "paused, Ctrl+Alt+P goes on");
    else if (s->still) n += snprintf(title + n, sizeof title - (size_t)n, "%s", s->end);
    else n += snprintf(title + n, sizeof title - (size_t)n, "%.0f MIPS %.0f %%", s->pacing.mips, s->pacing.percent);
    if (w->captured) snprintf(title + n, sizeof title - (size_t)n, " - Ctrl+Alt+G frees the mouse");
    if (strcmp(title, w->title) != 0) SDL_SetWindowTitle(w->window, title);
    memcpy(w->title, title, sizeof w->title);
}

static void capture(window_t *w, bool on)
{
    if (w->captured == on || (on && SDL_SetRelativeMouseMode(SDL_TRUE) != 0)) return;
    if (!on) SDL_SetRelativeMouseMode(SDL_FALSE);
    SDL_SetWindowKeyboardGrab(w->window, on ? SDL_TRUE : SDL_FALSE);
    w->captured = on;
    if (!on && w->buttons) session_mouse(w->display.session, 0, 0, 0, w->buttons = 0);
    window_status(&w->display);
}

static void full_screen(window_t *w)
{
    w->full_screen = !w->full_screen;
    SDL_SetWindowFullscreen(w->window, w->full_screen ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
    w->dirty = true;
}

static void button(window_t *w, const SDL_MouseButtonEvent *e)
{
    u8 bit = e->button == SDL_BUTTON_LEFT ? 1 : e->button == SDL_BUTTON_RIGHT ? 2 : e->button == SDL_BUTTON_MIDDLE ? 4 : 0;
    bool down = e->type == SDL_MOUSEBUTTONDOWN;
    if (!w->captured) {
        if (down && pc_mouse_wanted(w->display.session->pc)) capture(w, true);
        return;                                                               /* the click that captures is not the guest's */
    }
    w->buttons = (u8)(down ? w->buttons | bit : w->buttons & ~bit);
    session_mouse(w->display.session, 0, 0, 0, w->buttons);
}

/* --- keys ----------------------------------------------------------------------------------------------------------------- */

static void screenshot(const window_t *w)
{
    char name[64];
    why_t why;
    int number = 1;
    do snprintf(name, sizeof name, "doppel-%03d.png", number); while (access(name, F_OK) == 0 && ++number < 1000);
    if (session_screenshot(w->display.session, name, &why)) say("wrote %s", name);
    else say("%s", why.text);
}

/* Keys the window keeps; the guest then sees Ctrl and Alt let go. */
static bool own_key(window_t *w, const SDL_KeyboardEvent *e)
{
    session_t *s = w->display.session;
    SDL_Scancode code = e->keysym.scancode;
    bool alt = e->keysym.mod & KMOD_LALT, both = alt && e->keysym.mod & KMOD_CTRL;
    bool own = both ? code == SDL_SCANCODE_G || code == SDL_SCANCODE_F || code == SDL_SCANCODE_P || code == SDL_SCANCODE_S || code == SDL_SCANCODE_END
                    : alt && code == SDL_SCANCODE_RETURN;
    if (!own || e->repeat) return own;
    session_release_keys(s);
    switch (code) {
    case SDL_SCANCODE_G: capture(w, !w->captured); break;
    case SDL_SCANCODE_P: session_pause(s, !s->paused); window_status(&w->display); break;
    case SDL_SCANCODE_S: screenshot(w); break;
    case SDL_SCANCODE_END: typist_chord(&s->typist, (const pc_key_t[]){ KEY_CTRL, KEY_ALT, KEY_DELETE }, 3); break;
    default: full_screen(w);
    }
    return true;
}

static void key(window_t *w, const SDL_KeyboardEvent *e)
{
    session_t *s = w->display.session;
    bool down = e->type == SDL_KEYDOWN;
    if (down && own_key(w, e)) return;
    if (e->repeat) return;                                                    /* the guest's keyboard repeats by itself */
    pc_key_t k = key_of_usage((unsigned)e->keysym.scancode);
    session_key(s, k, down);
    if (k == KEY_PAUSE && down) session_key(s, k, false);                     /* Pause has no release of its own */
}

/* --- events --------------------------------------------------------------------------------------------------------------- */

static void drop(window_t *w, const char *path)
{
    why_t why;
    if (!session_insert(w->display.session, 0, path, &why)) {
        say("%s", why.text);
        SDL_ShowSimpleMessageBox(SDL_MESSAGEBOX_ERROR, "doppel", why.text, w->window);
        w->display.session->rebase = true;
    }
}

static void window_event(window_t *w, const SDL_WindowEvent *e)
{
    switch (e->event) {
    case SDL_WINDOWEVENT_FOCUS_LOST:
        session_release_keys(w->display.session);
        capture(w, false);
        break;
    case SDL_WINDOWEVENT_SIZE_CHANGED:
        if (!w->full_screen && (e->data1 != w->width || e->data2 != w->height) && w->picture_width) w->sized_by_hand = true;
        w->dirty = true;
        break;
    case SDL_WINDOWEVENT_EXPOSED:
        w->dirty = true;
        break;
    default: break;
    }
}

static void event(window_t *w, const SDL_Event *e)
{
    session_t *s = w->display.session;
    switch (e->type) {
    case SDL_QUIT: session_end(s, STATUS_GOOD, "window closed"); break;
    case SDL_WINDOWEVENT: window_event(w, &e->window); break;
    case SDL_RENDER_TARGETS_RESET: case SDL_RENDER_DEVICE_RESET:
        s->frame->look = 0;                                                   /* all of it again */
        s->frame->width = 0;
        break;
    case SDL_KEYDOWN: case SDL_KEYUP: key(w, &e->key); break;
    case SDL_MOUSEMOTION:
        if (w->captured && (e->motion.xrel || e->motion.yrel)) session_mouse(s, e->motion.xrel, -e->motion.yrel, 0, w->buttons);
        break;
    case SDL_MOUSEBUTTONDOWN: case SDL_MOUSEBUTTONUP: button(w, &e->button); break;
    case SDL_MOUSEWHEEL:
        if (w->captured) session_mouse(s, 0, 0, e->wheel.y, w->buttons);
        break;
    case SDL_DROPFILE:
        drop(w, e->drop.file);
        SDL_free(e->drop.file);
        break;
    default: break;
    }
}

static void window_poll(display_t *display, u32 wait_ms)
{
    window_t *w = (window_t *)(void *)display;
    SDL_Event e;
    if (wait_ms && SDL_WaitEventTimeout(&e, (int)wait_ms)) event(w, &e);
    while (SDL_PollEvent(&e)) event(w, &e);
    if (w->dirty) window_present(w, true);
}

static void window_close(display_t *display)
{
    window_t *w = (window_t *)(void *)display;
    if (w->captured) SDL_SetRelativeMouseMode(SDL_FALSE);
    if (w->enlarged) SDL_DestroyTexture(w->enlarged);
    if (w->picture)  SDL_DestroyTexture(w->picture);
    if (w->renderer) SDL_DestroyRenderer(w->renderer);
    if (w->converted) SDL_FreeSurface(w->converted);
    enlarge_free(&w->larger);
    if (w->window)   SDL_DestroyWindow(w->window);
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
    if (!SDL_WasInit(0)) SDL_Quit();
    free(w);
}

/* --- opening --------------------------------------------------------------------------------------------------------------- */

/* SDL may settle for a driver that shows nothing; that is a window only for who asked for it by name. */
static bool visible(void)
{
    const char *driver = SDL_GetCurrentVideoDriver(), *asked = getenv("SDL_VIDEODRIVER");
    bool shows = driver && strcmp(driver, "offscreen") != 0 && strcmp(driver, "dummy") != 0;
    return shows || (asked && *asked) || SDL_SetError("there is no display") == 0;
}

/* OpenGL without a graphics card: Mesa's rasterisers on the processor cost several times what SDL's own copying does. */
static bool slow_gl(SDL_Renderer *renderer)
{
    SDL_RendererInfo info;
    if (SDL_GetRendererInfo(renderer, &info) != 0 || strncmp(info.name, "opengl", 6) != 0)
        return false;
    typedef const unsigned char *get_string_fn(unsigned);
    union { void *object; get_string_fn *function; } get = { SDL_GL_GetProcAddress("glGetString") };      /* ISO C has no cast for this */
    const char *name = get.object ? (const char *)get.function(0x1F01 /* GL_RENDERER */) : NULL;
    return name && (strstr(name, "llvmpipe") || strstr(name, "softpipe") || strstr(name, "SWR") || strstr(name, "SwiftShader"));
}

/* Loading Mesa only to find its rasteriser takes longer than booting DOS. */
static bool card_possible(void)
{
#if defined(__linux__)
    static const char *const nodes[] = { "/dev/dri", "/dev/nvidiactl", "/dev/dxg", "/dev/mali0" };
    for (unsigned i = 0; i < COUNT_OF(nodes); i++)
        if (access(nodes[i], F_OK) == 0) return true;
    return getenv("SDL_RENDER_DRIVER") != NULL;
#else
    return true;
#endif
}

/* NULL: there is none, or one that costs more than it saves. */
static SDL_Renderer *renderer_for(SDL_Window *window)
{
    SDL_RendererInfo info;
    SDL_Renderer *renderer = card_possible() ? SDL_CreateRenderer(window, -1, 0) : NULL;
    if (renderer && (slow_gl(renderer) || (SDL_GetRendererInfo(renderer, &info) == 0 && info.flags & SDL_RENDERER_SOFTWARE))) {
        SDL_DestroyRenderer(renderer);
        renderer = NULL;
    }
    if (!renderer) SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");       /* or the surface would go through the same OpenGL */
    return renderer;
}

static bool open_parts(window_t *w)
{
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");                            /* SIGINT and SIGTERM are main.c's */
    SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
    SDL_SetHint(SDL_HINT_MOUSE_FOCUS_CLICKTHROUGH, "1");
    int hushed = say_hush();
    bool ready = SDL_InitSubSystem(SDL_INIT_VIDEO) == 0;
    say_again(hushed);
    if (!ready || !visible()) return false;
    SDL_EnableScreenSaver();
    w->aspect_width = 4;
    w->aspect_height = 3;
    choose_size(w);
    w->window = SDL_CreateWindow("doppel", SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, w->width, w->height,
                                 SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI | SDL_WINDOW_HIDDEN);
    if (!w->window) return false;
    SDL_SetWindowMinimumSize(w->window, 320, 240);
    SDL_ShowWindow(w->window);
    w->renderer = renderer_for(w->window);
    SDL_EventState(SDL_DROPFILE, SDL_ENABLE);
    return w->renderer || SDL_GetWindowSurface(w->window);
}

display_t *window_open(session_t *s, why_t *why)
{
    static const display_ops_t ops = { window_poll, window_show, window_status, window_close };
    window_t *w = calloc(1, sizeof *w);
    if (!w) { refuse(why, "out of memory"); return NULL; }
    w->display = (display_t){ &ops, s };
    if (open_parts(w)) {
        window_status(&w->display);
        window_present(w, true);
        return &w->display;
    }
    refuse(why, "cannot open a window: %s; -display term or -display none run without one", SDL_GetError());
    window_close(&w->display);
    return NULL;
}

bool window_possible(void)
{
#if defined(__APPLE__) || defined(_WIN32)
    return true;
#else
    static const char *const names[] = { "DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER" };
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        const char *value = getenv(names[i]);
        if (value && *value) return true;
    }
    return false;
#endif
}

#else

display_t *window_open(session_t *s, why_t *why)
{
    (void)s;
    refuse(why, "this doppel was built without SDL2, so it has no window; -display term or -display none run without one");
    return NULL;
}

bool window_possible(void) { return false; }

#endif
