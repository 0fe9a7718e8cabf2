/* window_picture.c - the picture in the window: by a graphics card, or by our own hand into the window's surface.
 *
 * It keeps the shape it has on a monitor, at whole multiples where they fit. */
#include "frontend/window_inside.h"

#if DOPPEL_SDL

/* The largest rectangle of the picture's shape in the output; at a whole multiple of the frame's lines where that takes
 * at least three quarters of the room, so that text stays crisp. */
static SDL_Rect place(const window_t *w, int room_width, int room_height)
{
    double shape = (double)w->aspect_width / w->aspect_height;
    int height = room_height, width = (int)(height * shape + 0.5);
    if (width > room_width) { width = room_width; height = (int)(width / shape + 0.5); }
    int square = (int)(w->picture_height * shape + 0.5);                      /* pixels are square: 640x480 */
    u32 lines = w->picture_height;
    if (square == (int)w->picture_width && height >= (int)lines && height / (int)lines * (int)lines >= height * 3 / 4) {
        height = height / (int)lines * (int)lines;
        width = (int)(height * shape + 0.5);
    }
    return (SDL_Rect){ (room_width - width) / 2, (room_height - height) / 2, width, height };
}

SDL_Texture *window_texture(window_t *w, SDL_Texture *old, int access, int width, int height, const char *quality)
{
    if (old) SDL_DestroyTexture(old);
    SDL_SetHint(SDL_HINT_RENDER_SCALE_QUALITY, quality);
    return SDL_CreateTexture(w->renderer, SDL_PIXELFORMAT_ARGB8888, access, width, height);
}

/* Between whole multiples: enlarge to the next one without smoothing, then smooth down.  Edges stay sharp and all
 * pixels look the same size. */
static SDL_Texture *enlarge(window_t *w, const SDL_Rect *to)
{
    int pw = (int)w->picture_width, ph = (int)w->picture_height;
    int width = (to->w + pw - 1) / pw * pw, height = (to->h + ph - 1) / ph * ph;
    if ((width == to->w && height == to->h) || width > 8192 || height > 8192) return w->picture;
    if (!w->enlarged || w->enlarged_width != width || w->enlarged_height != height) {
        w->enlarged = window_texture(w, w->enlarged, SDL_TEXTUREACCESS_TARGET, width, height, "linear");
        w->enlarged_width = width;
        w->enlarged_height = height;
    }
    if (!w->enlarged || SDL_SetRenderTarget(w->renderer, w->enlarged) != 0) return w->picture;
    SDL_RenderCopy(w->renderer, w->picture, NULL, NULL);
    SDL_SetRenderTarget(w->renderer, NULL);
    return w->enlarged;
}

static void present_by_card(window_t *w)
{
    int width = 0, height = 0;
    SDL_GetRendererOutputSize(w->renderer, &width, &height);
    SDL_SetRenderDrawColor(w->renderer, 0, 0, 0, 255);
    SDL_RenderClear(w->renderer);
    if (w->picture && w->picture_width && width > 0 && height > 0) {
        SDL_Rect to = place(w, width, height);
        SDL_Texture *from = to.w > 0 && to.h > 0 ? enlarge(w, &to) : NULL;
        SDL_SetRenderDrawColor(w->renderer, 0, 0, 0, 255);
        SDL_RenderClear(w->renderer);
        if (from) SDL_RenderCopy(w->renderer, from, NULL, &to);
    }
    SDL_RenderPresent(w->renderer);
}

/* The next run of changed lines from *y on; all of them are one if `whole`. */
static bool next_run(const vga_frame_t *f, bool whole, u32 *y, u32 *end)
{
    while (*y < f->height && !whole && !vga_line_changed(f, *y)) (*y)++;
    for (*end = *y; *end < f->height && (whole || vga_line_changed(f, *end)); (*end)++) { }
    return *y < f->height;
}

void window_upload(window_t *w, const vga_frame_t *f, bool whole)
{
    for (u32 y = 0, end; w->picture && next_run(f, whole, &y, &end); y = end) {
        SDL_Rect lines = { 0, (int)y, (int)f->width, (int)(end - y) };
        SDL_UpdateTexture(w->picture, &lines, f->pixels + (size_t)y * f->width, (int)(f->width * sizeof f->pixels[0]));
    }
}

/* --- the picture without a graphics card: what changed, and no more, is enlarged into the window's surface -------------- */

static bool our_pixels(const SDL_Surface *s) { return s->format->format == SDL_PIXELFORMAT_RGB888 || s->format->format == SDL_PIXELFORMAT_ARGB8888; }

static SDL_Surface *canvas(window_t *w, SDL_Surface *screen)
{
    if (our_pixels(screen)) return screen;
    if (w->converted && (w->converted->w != screen->w || w->converted->h != screen->h)) {
        SDL_FreeSurface(w->converted);
        w->converted = NULL;
    }
    if (!w->converted) w->converted = SDL_CreateRGBSurfaceWithFormat(0, screen->w, screen->h, 32, SDL_PIXELFORMAT_RGB888);
    return w->converted;
}

static void draw_rows(window_t *w, SDL_Surface *to, const SDL_Rect *rows)
{
    u8 *out = (u8 *)to->pixels + (size_t)rows->y * (size_t)to->pitch + (size_t)rows->x * 4;
    u32 first = (u32)(rows->y - w->drawn_at.y);
    enlarge_draw(&w->larger, w->display.session->frame->pixels, first, first + (u32)rows->h, out, (size_t)to->pitch);
}

/* The rectangles of the window that show changed lines; the last one takes all that is left. */
static int changed_rows(window_t *w, bool whole, SDL_Rect *rows, int most)
{
    const vga_frame_t *f = w->display.session->frame;
    int n = 0;
    for (u32 y = 0, end, first, last; next_run(f, whole, &y, &end); y = end) {
        enlarge_rows_of(&w->larger, y, end, &first, &last);
        SDL_Rect r = { w->drawn_at.x, w->drawn_at.y + (int)first, w->drawn_at.w, (int)(last - first) };
        if (n == most || (n && rows[n - 1].y + rows[n - 1].h >= r.y)) rows[n - 1].h = r.y + r.h - rows[n - 1].y;
        else rows[n++] = r;
    }
    return n;
}

static bool same_place(const SDL_Rect *a, const SDL_Rect *b) { return a->x == b->x && a->y == b->y && a->w == b->w && a->h == b->h; }

static void present_by_hand(window_t *w, bool whole)
{
    SDL_Rect rows[32], to = { 0 };
    SDL_Surface *screen = SDL_GetWindowSurface(w->window), *on = screen ? canvas(w, screen) : NULL;
    if (!on || (SDL_MUSTLOCK(on) && SDL_LockSurface(on) != 0)) return;
    if (w->picture_width) to = place(w, screen->w, screen->h);
    bool picture = to.w > 0 && to.h > 0 && enlarge_set(&w->larger, w->picture_width, w->picture_height, (u32)to.w, (u32)to.h);
    whole |= screen != w->drawn_on || !same_place(&to, &w->drawn_at);
    w->drawn_on = screen;
    w->drawn_at = to;
    if (whole) SDL_FillRect(on, NULL, 0);
    int n = picture ? changed_rows(w, whole, rows, COUNT_OF(rows)) : 0;
    for (int i = 0; i < n; i++) draw_rows(w, on, &rows[i]);
    if (SDL_MUSTLOCK(on)) SDL_UnlockSurface(on);
    if (whole) rows[0] = (SDL_Rect){ 0, 0, screen->w, screen->h };
    n = whole ? 1 : n;
    for (int i = 0; on != screen && i < n; i++) SDL_BlitSurface(on, &rows[i], screen, &(SDL_Rect){ rows[i].x, rows[i].y, rows[i].w, rows[i].h });
    if (n) SDL_UpdateWindowSurfaceRects(w->window, rows, n);
}

void window_present(window_t *w, bool whole)
{
    w->dirty = false;
    if (w->renderer) present_by_card(w);
    else present_by_hand(w, whole);
}
#else
typedef int window_picture_is_empty;
#endif
