/* vga_draw.c - from registers, planes and the time to pixels: the CRTC's walk through memory, and the graphics modes' shift registers.
 *
 * Documents: IBM PS/2 Hardware Interface Technical Reference, "CRT Controller", "Attribute Controller", "Video Digital-to-Analog Converter".
 * A picture is drawn at one moment: changes in the middle of a frame (raster effects) are not seen.  Every frame is as wide as the
 * monitor sees it in full dot clocks: a mode with a halved dot clock shows each dot twice, a 256-colour mode each pixel twice.
 *
 * Left out: the overscan border (the whole picture has its colour while the attribute controller's PAS is clear), blanking
 * registers inside the picture, palette registers in 256-colour modes (taken as the identity), SR1's long shift register loads. */
#include "devices/vga_inside.h"

/* ---- colours ---- */

static void dac_colours(const vga_t *vga, u32 palette[256])
{
    bool eight = vga->vbe_enable & VBE_8BIT_DAC;
    for (u32 i = 0; i < 256; i++) {
        const u8 *rgb = vga->dac + (i & vga->pel_mask) * 3;
        u32 packed = (u32)rgb[0] << 16 | (u32)rgb[1] << 8 | rgb[2];
        palette[i] = eight ? packed : (packed & 0x3F3F3F) << 2 | (packed >> 4 & 0x030303);   /* 63 is full intensity */
    }
}

/* `flip` inverts bits behind the plane enable: blinking graphics change bit 3 (mode 0Fh). */
static void attribute_colours(const vga_t *vga, const u32 palette[256], u32 flip, u32 colour[16])
{
    const u8 *ar = vga->attribute;
    u32 select = ar[AR_COLOUR_SELECT];
    for (u32 i = 0; i < 16; i++) {
        u32 index = ar[(i & ar[AR_PLANE_ENABLE] & 15u) ^ flip] & 0x3Fu;
        if (ar[AR_MODE] & AR10_P54S)
            index = (index & 0x0F) | (select & 3) << 4;
        colour[i] = palette[index | (select & 0x0C) << 4];
    }
}

void vga_text_colours(const struct vga *vga, u32 colours[16])
{
    u32 palette[256];
    dac_colours(vga, palette);
    attribute_colours(vga, palette, 0, colours);
}

/* ---- graphics: the shift registers ---- */

/* The eight bits of a byte as eight bytes of 0 or 1, the leftmost (bit 7) in the lowest: no two terms of the product overlap. */
INLINE u64 bits_to_bytes(u32 byte) { return ((byte & 0xFF) * 0x8040201008040201u) >> 7 & 0x0101010101010101u; }

/* What the shift registers send out during one character: eight 4-bit values, the first in the lowest byte. */
static u64 shift_out(u8 mode, u32 planes)
{
    u64 out = 0;
    if (mode & GR5_256) {                                    /* a plane after the other, high nibble first */
        for (u32 i = 0; i < 4; i++)
            out |= (u64)((planes >> (i * 8 + 4) & 15) | (planes >> i * 8 & 15) << 8) << i * 16;
    } else if (mode & GR5_INTERLEAVE) {                      /* two bits at a time: planes 0 then 1, with planes 2 then 3 above them */
        for (u32 i = 0; i < 8; i++) {
            u32 bit = i / 4 * 8 + 6 - i % 4 * 2;
            out |= (u64)((planes >> bit & 3) | (planes >> (bit + 16) & 3) << 2) << i * 8;
        }
    } else {
        for (u32 i = 0; i < 4; i++)
            out |= bits_to_bytes(planes >> i * 8) << i;
    }
    return out;
}

/* In 256-colour modes the attribute controller joins two 4-bit values to one pixel of two dots. */
static void paint_graphics(const vga_painter_t *p, u32 ma, u32 row, u32 count, u32 *out)
{
    const vga_t *vga = p->vga;
    u8 mode = vga->graphics[GR_MODE];
    bool wide = vga->attribute[AR_MODE] & AR10_256;
    for (u32 i = 0; i < count; i++, out += p->dots) {
        u32 planes = get(vga_planes(vga, vga_wire(vga, ma + (i >> p->slow), row)), W32);
        if (wide && mode & GR5_256) {
            for (u32 x = 0; x < 4; x++)
                out[x * 2] = out[x * 2 + 1] = p->palette[planes >> x * 8 & 0xFF];
        } else {
            u64 values = shift_out(mode, planes);
            for (u32 x = 0; x < 8; x++)
                out[x] = p->colour[values >> x * 8 & 15];
            for (u32 x = 0; wide && x < 8; x += 2)
                out[x] = out[x + 1] = p->palette[(values >> x * 8 & 15) << 4 | (values >> (x * 8 + 8) & 15)];
        }
        if (p->dots == 9)
            out[8] = p->colour[0];
    }
}

/* Lines that differ in a graphics mode: double scanning and repeated row scans taken out (for descriptions). */
u32 vga_screen_height(const vga_t *vga)
{
    u32 rows = (vga->crtc[CR_MAX_SCAN] & 0x1Fu) + 1, distinct = 1;
    if (!(vga->crtc[CR_MODE] & CR17_MA13)) distinct *= 2;
    if (!(vga->crtc[CR_MODE] & CR17_MA14)) distinct *= 2;
    if (distinct > rows) distinct = rows;
    vga_raster_t r = vga_raster(vga);
    return r.lines * distinct / (rows * (vga->crtc[CR_MAX_SCAN] & CR9_DOUBLE_SCAN ? 2 : 1));
}

/* ---- a frame ---- */

bool vga_screen_off(const vga_t *vga)
{
    if ((vga->sequencer[SR_RESET] & 3) != 3 || vga->sequencer[SR_CLOCKING] & SR1_SCREEN_OFF || !(vga->enable & 1))
        return true;
    return !vbe_on(vga) && !(vga->crtc[CR_MODE] & CR17_RUN);
}

/* The CRTC's address counters, as they go down the screen. */
typedef struct { u32 ma, row, pan; bool split; } scan_t;

static u32 pan_dots(const vga_t *vga)                        /* in 9-dot characters 8 is no shift, 0 one dot, ... */
{
    u32 pan = vga->attribute[AR_PANNING] & 15u;
    if (vga->sequencer[SR_CLOCKING] & SR1_8_DOTS)
        return vga->attribute[AR_MODE] & AR10_256 ? pan & 6 : pan & 7;
    return pan >= 8 ? 0 : pan + 1;
}

static scan_t scan_start(const vga_t *vga)
{
    const u8 *cr = vga->crtc;
    return (scan_t){ .ma = ((u32)cr[CR_START_HIGH] << 8 | cr[CR_START_LOW]) + (cr[CR_PRESET_ROW] >> 5 & 3u),
                     .row = cr[CR_PRESET_ROW] & 0x1Fu, .pan = pan_dots(vga) };
}

/* From line y to the next. */
static void scan_step(const vga_t *vga, scan_t *s, u32 y, u32 line_scale)
{
    const u8 *cr = vga->crtc;
    u32 line_compare = cr[CR_LINE_COMPARE] | (cr[CR_OVERFLOW] >> 4 & 1u) << 8 | (cr[CR_MAX_SCAN] >> 6 & 1u) << 9;
    if (y / line_scale == line_compare) {                    /* CR17_LINES_2 slows the line counter, not the row scan counter */
        bool pan_too = vga->attribute[AR_MODE] & AR10_PAN_SPLIT;
        s->split = true;
        s->ma = pan_too ? 0 : cr[CR_PRESET_ROW] >> 5 & 3u;
        s->row = 0;
        s->pan = pan_too ? 0 : s->pan;
        return;
    }
    u32 since = s->split ? y - (line_compare + 1) * line_scale : y;
    if (cr[CR_MAX_SCAN] & CR9_DOUBLE_SCAN && !(since & 1))
        return;
    if (s->row == (cr[CR_MAX_SCAN] & 0x1Fu)) {
        s->row = 0;
        s->ma += cr[CR_OFFSET] * 2u;
    } else
        s->row = (s->row + 1) & 0x1F;
}

static void paint_line(const vga_painter_t *p, const scan_t *s, u32 clocks, u32 width, u32 *out)
{
    u32 line[VGA_LINE_DOTS];
    u32 count = p->characters + (s->pan != 0);
    if (p->vga->graphics[GR_MISCELLANEOUS] & GR6_GRAPHICS)
        paint_graphics(p, s->ma, s->row, count, line);
    else
        vga_paint_text(p, s->ma, s->row, count, line);
    if (clocks == 1)
        memcpy(out, line + s->pan, width * sizeof *out);
    else
        for (u32 x = 0; x < width; x++)
            out[x] = line[s->pan + x / 2];
}

static vga_painter_t painter(const vga_t *vga)
{
    vga_painter_t p = { .vga = vga, .dots = 8 };
    const u8 *cr = vga->crtc;
    u64 frame = vga_beam(vga).frame;
    dac_colours(vga, p.palette);
    p.cursor = ((u32)cr[CR_CURSOR_HIGH] << 8 | cr[CR_CURSOR_LOW]) + (cr[CR_CURSOR_END] >> 5 & 3u);
    p.cursor_shown = !(frame >> 3 & 1);                      /* 8 frames on, 8 off */
    p.blink_off = vga->attribute[AR_MODE] & AR10_BLINK && frame >> 4 & 1;   /* 16 on, 16 off */
    bool graphics = vga->graphics[GR_MISCELLANEOUS] & GR6_GRAPHICS && !vbe_on(vga);
    attribute_colours(vga, p.palette, graphics && p.blink_off ? 8 : 0, p.colour);
    return p;
}

/* ---- what must be drawn, and what of it is new ---- */

bool vga_pass_touched(const vga_t *vga, const vga_pass_t *pass, u32 offset, u32 bytes)
{
    if (pass->whole)
        return true;
    u32 size = vga->vram_bytes, first = offset / VGA_PAGE, last = (offset + bytes - 1) / VGA_PAGE;
    for (u32 n = first; n <= last; n++)
        if (vga->page[n & (size / VGA_PAGE - 1)] >= pass->since)
            return true;
    return false;
}

void vga_pass_size(vga_pass_t *pass, u32 width, u32 height)
{
    vga_frame_t *f = pass->frame;
    f->resized = width != f->width || height != f->height;
    f->width = width;
    f->height = height;
    if (f->resized)
        pass->whole = true;
}

void vga_pass_keep(vga_pass_t *pass, u32 y, const u32 *line)
{
    vga_frame_t *f = pass->frame;
    u32 *to = f->pixels + (size_t)y * f->width;
    u32 plain[VGA_MAX_WIDTH];
    if (pass->border) {
        for (u32 x = 0; x < f->width; x++)
            plain[x] = pass->border_colour;
        line = plain;
    }
    f->painted++;
    if (!f->resized && memcmp(to, line, f->width * sizeof *line) == 0)
        return;
    memcpy(to, line, f->width * sizeof *line);
    f->changed[y / 64] |= (u64)1 << y % 64;
}

/* Lines of one character row come from the same memory, but for CGA's and Hercules' interleave. */
static bool line_wanted(const vga_painter_t *p, const vga_pass_t *pass, const scan_t *s)
{
    u32 count = p->characters + (s->pan != 0);
    if (pass->whole)
        return true;
    if (!(p->vga->graphics[GR_MISCELLANEOUS] & GR6_GRAPHICS))
        return vga_text_wanted(p, pass, s->ma, count);
    for (u32 i = 0; i < count; i++)
        if (vga_pass_touched(p->vga, pass, vga_wire(p->vga, s->ma + (i >> p->slow), s->row) * 4, 4))
            return true;
    return false;
}

static void draw_lines(vga_painter_t *p, vga_pass_t *pass)
{
    vga_raster_t r = vga_raster(p->vga);
    u32 width = r.characters * r.dots * r.clocks, height = r.lines;
    if (width > VGA_MAX_WIDTH)   width = VGA_MAX_WIDTH;
    if (height > VGA_MAX_HEIGHT) height = VGA_MAX_HEIGHT;
    vga_pass_size(pass, width, height);
    p->dots = r.dots;
    p->characters = r.characters;
    p->slow = vga_slow(p->vga);
    bool graphics = p->vga->graphics[GR_MISCELLANEOUS] & GR6_GRAPHICS;
    u32 rows_matter = graphics ? ~p->vga->crtc[CR_MODE] & 3u : 0x1F;         /* bits of the row scan that change a line: see vga_wire */
    u32 out[VGA_MAX_WIDTH];
    bool wanted = false;
    scan_t s = scan_start(p->vga), before = s;
    for (u32 y = 0; y < height; y++) {
        bool same_place = y && s.ma == before.ma && s.pan == before.pan, same = same_place && (s.row & rows_matter) == (before.row & rows_matter);
        if (!same && !(same_place && !graphics))
            wanted = line_wanted(p, pass, &s);
        if (wanted && !same)
            paint_line(p, &s, r.clocks, width, out);
        if (wanted)
            vga_pass_keep(pass, y, out);
        before = s;
        scan_step(p->vga, &s, y, r.line_scale);
    }
}

static void draw(const vga_t *vga, vga_pass_t *pass)
{
    vga_frame_t *f = pass->frame;
    vga_painter_t p = painter(vga);
    pass->cursor_flips = p.cursor_shown != f->cursor_shown;
    pass->blink_flips = p.blink_off != f->blink_off;
    f->cursor_shown = p.cursor_shown;
    f->blink_off = p.blink_off;
    if (pass->blink_flips && vga->graphics[GR_MISCELLANEOUS] & GR6_GRAPHICS && !vbe_on(vga))
        pass->whole = true;                                  /* another colour for each bit pattern */
    if (pass->whole) {
        f->aspect_width = 4;
        f->aspect_height = 3;
    }
    bool flips = !(vga->graphics[GR_MISCELLANEOUS] & GR6_GRAPHICS) && !vbe_on(vga) && (pass->cursor_flips || pass->blink_flips);
    if (!pass->whole && !flips && vga->touched < pass->since)
        return;
    pass->border = !(vga->attribute_index & PAS);            /* the palette is the processor's: the border's colour everywhere */
    pass->border_colour = p.palette[vga->attribute[AR_OVERSCAN]];
    if (vbe_on(vga))
        vga_draw_vbe(&p, pass);
    else
        draw_lines(&p, pass);
}

static void prepare(vga_frame_t *frame)
{
    memset(frame->changed, 0, sizeof frame->changed);
    frame->resized = false;
    frame->painted = 0;
}

static void draw_or_off(const vga_t *vga, vga_pass_t *pass)
{
    if (vga_screen_off(vga)) {
        vga_pass_size(pass, 0, 0);
        pass->frame->aspect_width = 4;
        pass->frame->aspect_height = 3;
    } else
        draw(vga, pass);
}

void vga_draw(const struct vga *vga, vga_frame_t *frame)
{
    vga_pass_t pass = { .frame = frame, .whole = true };
    prepare(frame);
    frame->width = frame->height = 0;
    frame->look = 0;
    draw_or_off(vga, &pass);
}

bool vga_update(const struct vga *vga, vga_frame_t *frame)
{
    vga_pass_t pass = { .frame = frame, .since = frame->look, .whole = !frame->look || vga->changed >= frame->look };
    u32 width = frame->aspect_width, height = frame->aspect_height;
    prepare(frame);
    frame->look = vga->look;
    draw_or_off(vga, &pass);
    bool any = frame->resized || width != frame->aspect_width || height != frame->aspect_height;
    for (unsigned n = 0; n < COUNT_OF(frame->changed); n++)
        any |= frame->changed[n] != 0;
    return any;
}
