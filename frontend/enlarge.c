/* enlarge.c - see enlarge.h.  Two passes, across and then down; three channels at once in one or two multiplications.
 * Left out: gamma (the average is of what the monitor is sent, not of light), as in every other program that shows a PC's screen. */
#include "frontend/enlarge.h"
#include <stdlib.h>

enum { WHOLE = 256, NO_ROW = -1 };
#define RED_BLUE 0x00FF00FFu
#define GREEN    0x0000FF00u

/* Weights add up to 256: what has been given out after each is rounded, not the weight itself. */
static bool axis_set(enlarge_axis_t *a, u32 from, u32 to)
{
    *a = (enlarge_axis_t){ from, to, calloc((size_t)to + 1, sizeof *a->first), calloc((size_t)to + 1, sizeof *a->tap),
                           calloc((size_t)from + to, sizeof *a->weight) };
    if (!a->first || !a->tap || !a->weight)
        return false;
    u32 tap = 0;
    for (u32 i = 0; i < to; i++) {
        u64 begin = (u64)i * from, end = begin + from;         /* in parts of which a pixel of the picture has `to` */
        u32 given = 0;
        a->first[i] = (u32)(begin / to);
        a->tap[i] = tap;
        for (u64 j = begin / to; j * to < end; j++) {
            u64 covered = ((j + 1) * to < end ? (j + 1) * to : end) - begin;
            u32 upto = (u32)((covered * WHOLE + from / 2) / from);
            a->weight[tap++] = (u16)(upto - given);
            given = upto;
        }
    }
    a->first[to] = from;
    a->tap[to] = tap;
    return true;
}

static void axis_free(enlarge_axis_t *a)
{
    free(a->first);
    free(a->tap);
    free(a->weight);
    *a = (enlarge_axis_t){ 0 };
}

void enlarge_free(enlarge_t *e)
{
    axis_free(&e->x);
    axis_free(&e->y);
    free(e->row[0]);
    free(e->row[1]);
    free(e->sum);
    *e = (enlarge_t){ 0 };
}

bool enlarge_set(enlarge_t *e, u32 from_width, u32 from_height, u32 to_width, u32 to_height)
{
    if (e->sum && e->x.from == from_width && e->y.from == from_height && e->x.to == to_width && e->y.to == to_height)
        return true;
    enlarge_free(e);
    bool good = axis_set(&e->x, from_width, to_width) && axis_set(&e->y, from_height, to_height);
    e->row[0] = calloc(to_width, sizeof *e->row[0]);
    e->row[1] = calloc(to_width, sizeof *e->row[1]);
    e->sum = calloc((size_t)to_width * 2, sizeof *e->sum);
    if (good && e->row[0] && e->row[1] && e->sum)
        return true;
    enlarge_free(e);
    return false;
}

void enlarge_rows_of(const enlarge_t *e, u32 from, u32 to, u32 *first, u32 *end)
{
    u64 height = e->y.to, of = e->y.from;
    *first = (u32)(from * height / of);
    *end = (u32)((to * height + of - 1) / of);
    if (*end > height)
        *end = (u32)height;
}

static void across(const enlarge_axis_t *a, const u32 *in, u32 *out)
{
    for (u32 i = 0; i < a->to; i++) {
        const u32 *pixel = in + a->first[i];
        u32 n = a->tap[i + 1] - a->tap[i];
        const u16 *weight = a->weight + a->tap[i];
        if (n == 1 || (n == 2 && pixel[0] == pixel[1])) {
            out[i] = *pixel;
            continue;
        }
        u32 red_blue = 0x00800080, green = 0x00008000;
        for (u32 k = 0; k < n; k++) {
            red_blue += (pixel[k] & RED_BLUE) * weight[k];
            green += (pixel[k] >> 8 & 0xFF) * weight[k] << 8;
        }
        out[i] = (red_blue >> 8 & RED_BLUE) | (green >> 8 & GREEN);
    }
}

static const u32 *row(enlarge_t *e, const u32 *pixels, u32 y)
{
    for (unsigned n = 0; n < 2; n++)
        if (e->row_of[n] == y) {
            e->older = !n;
            return e->row[n];
        }
    unsigned n = e->older;
    across(&e->x, pixels + (size_t)y * e->x.from, e->row[n]);
    e->row_of[n] = y;
    e->older = !n;
    return e->row[n];
}

static void add(u32 *sum, const u32 *in, u32 width, u32 weight)
{
    for (u32 x = 0; x < width; x++) {
        sum[x] += (in[x] & RED_BLUE) * weight;
        sum[width + x] += (in[x] & GREEN) * weight;
    }
}

static void one_row(enlarge_t *e, const u32 *pixels, u32 y, u32 *out)
{
    const enlarge_axis_t *a = &e->y;
    u32 width = e->x.to, n = a->tap[y + 1] - a->tap[y];
    if (n == 1) {
        memcpy(out, row(e, pixels, a->first[y]), width * sizeof *out);
        return;
    }
    for (u32 x = 0; x < width; x++) {
        e->sum[x] = 0x00800080;
        e->sum[width + x] = 0x00008000;
    }
    for (u32 k = 0; k < n; k++)
        if (a->weight[a->tap[y] + k])
            add(e->sum, row(e, pixels, a->first[y] + k), width, a->weight[a->tap[y] + k]);
    for (u32 x = 0; x < width; x++)
        out[x] = (e->sum[x] >> 8 & RED_BLUE) | (e->sum[width + x] >> 8 & GREEN);
}

void enlarge_draw(enlarge_t *e, const u32 *pixels, u32 first, u32 end, void *out, size_t pitch)
{
    e->row_of[0] = e->row_of[1] = (u32)NO_ROW;
    for (u32 y = first; y < end; y++)
        one_row(e, pixels, y, (u32 *)(void *)((u8 *)out + (y - first) * pitch));
}
