/* video_mode.c - INT 10h: setting a mode, and the list of services.
 * IBM PS/2 BIOS reference, INT 10h.  Left out: light pen (AH=04h answers "none"), the 16 KB and
 * 32 KB modes 08h-0Ch of the PCjr. */
#include "video.h"
#include "video_tables.h"

const rom mode_t *mode_find(u32 mode)
{
    for (u32 i = 0; i < MODES; i++)
        if (mode_table[i].mode == mode)
            return &mode_table[i];
    return 0;
}

/* A mode number programs put at 40:49h themselves is not believed blindly. */
const rom mode_t *mode_now(void)
{
    const rom mode_t *m = mode_find(BDA(video_mode) & 0x7F);
    return m ? m : &mode_table[3];
}

/* 40:89h bits 7 and 4: 200 lines 10, 350 lines 00, 400 lines 01. */
static const rom parameters_t *parameters_of(const rom mode_t *m)
{
    u32 flags = BDA(video_flags);
    return &parameter_table[m->parameters[flags & 0x80 ? 0 : flags & 0x10 ? 2 : 1]];
}

const rom parameters_t *parameters_now(void) { return parameters_of(mode_now()); }
u32 video_parameters_far(void) { return my_segment() << 16 | (u32)parameter_table; }

/* ---- registers ---- */

static void attributes_write(const rom u8 *values, u32 first)
{
    in8((u16)(crtc_port() + 6));                /* status 1 resets the flip-flop */
    for (u32 i = first; i < 20; i++) {
        out8(VGA_ATTRIBUTE, i);
        out8(VGA_ATTRIBUTE, values[i]);
    }
    out8(VGA_ATTRIBUTE, 0x14);
    out8(VGA_ATTRIBUTE, 0);
    out8(VGA_ATTRIBUTE, 0x20);                  /* the palette is the screen's again */
}

static void registers_write(const rom parameters_t *p, bool palette)
{
    u16 port = p->misc & 1 ? 0x3D4 : 0x3B4;
    seq(0, 1);                                  /* synchronous reset while clocks change */
    out8(VGA_MISC, p->misc);
    for (u32 i = 0; i < 4; i++)
        seq(i + 1, p->sequencer[i] | (i == 0 ? 0x20u : 0));     /* screen off meanwhile */
    seq(0, 3);
    BDA_SET(crtc, port);
    crtc(0x11, p->crtc[0x11] & 0x7F);           /* unlock 00h-07h */
    for (u32 i = 0; i < 25; i++)
        crtc(i, p->crtc[i]);
    for (u32 i = 0; i < 9; i++)
        gfx(i, p->graphics[i]);
    attributes_write(p->attribute, palette ? 0 : 16);
    out8(VGA_PEL_MASK, 0xFF);
}

static void screen_on(void)
{
    out8(VGA_SEQUENCER, 1);
    out8(VGA_SEQUENCER + 1, in8(VGA_SEQUENCER + 1) & ~0x20u);
}

static void clear(const rom mode_t *m)
{
    if (m->kind == TEXT_CELLS)
        far_fill16(m->segment, 0, 0x0720, 0x4000);
    else if (m->kind == CGA_2 || m->kind == CGA_1)
        far_fill16(m->segment, 0, 0, 0x2000);
    else {
        far_fill16(m->segment, 0, 0, 0x4000);
        far_fill16(m->segment, 0x8000, 0, 0x4000);
    }
}

/* ---- the BIOS data area ---- */

static void remember(const rom mode_t *m, const rom parameters_t *p, bool keep)
{
    static const rom u8 cga_modes[8] = { 0x2C, 0x28, 0x2D, 0x29, 0x2A, 0x2E, 0x1E, 0x29 };
    BDA_SET(video_mode, m->mode);
    BDA_SET(columns, p->columns);
    BDA_SET(page_bytes, p->page_bytes);
    BDA_SET(page_start, 0);
    for (u32 page = 0; page < 8; page++)
        BDA_SET_AT(cursor, page, 0);
    BDA_SET(cursor_shape, p->char_height == 8 ? 0x0607 : p->char_height == 14 ? 0x0B0C : 0x0D0E);
    BDA_SET(page, 0);
    if (m->mode < 8)
        BDA_SET(cga_mode, cga_modes[m->mode]);
    BDA_SET(cga_palette, m->mode == 6 ? 0x3F : 0x30);
    BDA_SET(rows, p->last_row);
    BDA_SET(char_height, p->char_height);
    BDA_SET(video_control, (BDA(video_control) & 0x7F) | (keep ? 0x80u : 0));
    BDA_SET(equipment, (BDA(equipment) & ~0x30u) | (m->kind == TEXT_CELLS && m->mode == 7 ? 0x30u : 0x20u));
}

void mode_set(u32 mode, bool keep)
{
    const rom mode_t *m = mode_find(mode);
    if (!m)
        return;
    vbe_off();
    const rom parameters_t *p = parameters_of(m);
    bool palette = !(BDA(video_flags) & 0x08);
    registers_write(p, palette);
    if (palette)
        palette_load(m->dac);
    remember(m, p, keep);
    if (!keep)
        clear(m);
    if (m->kind == TEXT_CELLS)
        font_load_rom(p->char_height, 0);
    font_graphics(p->char_height);
    screen_on();
}

/* ---- the services ---- */

static void get_cursor(regs_t *r)
{
    r->dx = BDA_AT(cursor, r->bh & 7);
    r->cx = BDA(cursor_shape);
}

static void get_mode(regs_t *r)
{
    r->al = (u8)((BDA(video_mode) & 0x7F) | (BDA(video_control) & 0x80));
    r->ah = (u8)BDA(columns);
    r->bh = BDA(page);
}

static void set_mode(regs_t *r)
{
    u32 mode = r->al & 0x7F;
    mode_set(mode, r->al & 0x80);
    r->al = mode > 7 ? 0x20 : mode == 6 ? 0x3F : 0x30;  /* what PS/2 and clones leave there */
}

static void display_service(regs_t *r)
{
    switch (r->ah) {
    case 0x0F: get_mode(r); break;
    case 0x10: palette_service(r); break;
    case 0x11: font_service(r); break;
    case 0x12: alternate_select(r); break;
    case 0x13: write_string(r); break;
    case 0x1A: display_combination(r); break;
    case 0x1B: state_information(r); break;
    case 0x1C: state_service(r); break;
    case 0x4F: vbe_service(r); break;
    default: break;
    }
}

void video_service(regs_t *r)
{
    sti();
    switch (r->ah) {
    case 0x00: set_mode(r); break;
    case 0x01: cursor_shape(r->cx); break;
    case 0x02: cursor_move(r->bh, r->dh, r->dl); break;
    case 0x03: get_cursor(r); break;
    case 0x04: r->ah = 0; break;
    case 0x05: page_show(r->al); break;
    case 0x06: scroll_service(r, true); break;
    case 0x07: scroll_service(r, false); break;
    case 0x08: char_read(r); break;
    case 0x09: char_write(r->bh, r->al, r->bl, r->cx, true); break;
    case 0x0A: char_write(r->bh, r->al, r->bl, r->cx, false); break;
    case 0x0B: cga_palette_service(r); break;
    case 0x0C: pixel_write(r->bh, r->cx, r->dx, r->al); break;
    case 0x0D: r->al = (u8)pixel_read(r->bh, r->cx, r->dx); break;
    case 0x0E: teletype(BDA(page), r->al, r->bl, 0, false); break;
    default: display_service(r); break;
    }
    cli();
}

/* Called once, from the option ROM's entry. */
void int10(void);
void video_start(void)
{
    u32 entry = my_segment() << 16 | ((u32)int10 & 0xFFFF);
    u32 old = peek32(0, 0x10 * 4);
    out8(VGA_ENABLE, 1);
    if (peek32(0, 0x42 * 4) == 0 || old >> 16 == 0xF000)
        poke32(0, 0x42 * 4, old);
    poke32(0, 0x10 * 4, entry);
    poke32(0, 0x6D * 4, entry);
    u32 save = video_save_far();
    BDA_SET(video_save, save);
    BDA_SET(video_control, 0x60);               /* 256 KB, VGA active, cursor emulation on */
    BDA_SET(video_switches, 0xF9);
    BDA_SET(video_flags, 0x11);                 /* 400 lines, VGA */
    BDA_SET(dcc_index, 0x0B);
    mode_set(3, false);
}
