/* vga_inside.h - what the vga_*.c files share.  Nobody else includes this.
 * Register numbers and bit names are those of the IBM technical reference; VBE_ ones those of the Bochs VBE interface. */
#pragma once
#include "devices/vga.h"
#include "devices/vga_draw.h"

/* Sequencer, graphics controller, attribute controller: indices and the bits used by name. */
enum { SR_RESET, SR_CLOCKING, SR_MAP_MASK, SR_CHARACTER_MAP, SR_MEMORY_MODE };
enum { SR1_8_DOTS = 0x01, SR1_SHIFT_LOAD = 0x04, SR1_DOT_CLOCK_2 = 0x08, SR1_SHIFT_4 = 0x10, SR1_SCREEN_OFF = 0x20 };
enum { SR4_ODD_EVEN_OFF = 0x04, SR4_CHAIN4 = 0x08 };
enum { GR_SET_RESET, GR_ENABLE_SET_RESET, GR_COLOUR_COMPARE, GR_ROTATE, GR_READ_MAP, GR_MODE, GR_MISCELLANEOUS, GR_DONT_CARE, GR_BIT_MASK };
enum { GR5_READ_MODE = 0x08, GR5_ODD_EVEN = 0x10, GR5_INTERLEAVE = 0x20, GR5_256 = 0x40 };
enum { GR6_GRAPHICS = 0x01, GR6_CHAIN_ODD_EVEN = 0x02 };
enum { AR_MODE = 0x10, AR_OVERSCAN, AR_PLANE_ENABLE, AR_PANNING, AR_COLOUR_SELECT };
enum { AR10_MONO = 0x02, AR10_LINE_GRAPHICS = 0x04, AR10_BLINK = 0x08, AR10_PAN_SPLIT = 0x20, AR10_256 = 0x40, AR10_P54S = 0x80 };
enum { PAS = 0x20 };

/* CRT controller. */
enum {
    CR_H_TOTAL, CR_H_DISPLAY, CR_H_BLANK, CR_H_BLANK_END, CR_H_SYNC, CR_H_SYNC_END, CR_V_TOTAL, CR_OVERFLOW, CR_PRESET_ROW, CR_MAX_SCAN,
    CR_CURSOR_START, CR_CURSOR_END, CR_START_HIGH, CR_START_LOW, CR_CURSOR_HIGH, CR_CURSOR_LOW, CR_V_SYNC, CR_V_SYNC_END, CR_V_DISPLAY,
    CR_OFFSET, CR_UNDERLINE, CR_V_BLANK, CR_V_BLANK_END, CR_MODE, CR_LINE_COMPARE
};
enum { CR9_DOUBLE_SCAN = 0x80, CRA_CURSOR_OFF = 0x20, CR14_DOUBLEWORD = 0x40, CR14_COUNT_4 = 0x20 };
enum { CR17_MA13 = 0x01, CR17_MA14 = 0x02, CR17_LINES_2 = 0x04, CR17_COUNT_2 = 0x08, CR17_WRAP_MA15 = 0x20, CR17_BYTE = 0x40, CR17_RUN = 0x80 };

enum { MISC_COLOUR = 0x01, MISC_MEMORY = 0x02, MISC_PAGE = 0x20 };

enum { VBE_ENABLED = 0x01, VBE_GETCAPS = 0x02, VBE_8BIT_DAC = 0x20, VBE_LFB = 0x40, VBE_NOCLEARMEM = 0x80 };

INLINE bool vbe_on(const vga_t *vga)         { return vga->vbe_enable & VBE_ENABLED; }
INLINE u32  vbe_pitch(const vga_t *vga)      /* bytes of memory from line to line; in the 4-bit mode all four planes together */
{
    u32 width = vga->vbe_virtual_width;
    return vga->vbe_bpp == 4 ? (width + 7) / 8 * 4 : width * ((vga->vbe_bpp + 7u) / 8);
}
u32  vga_vbe_virtual_height(const vga_t *vga);
void vga_vbe_validate(vga_t *vga);           /* after a load: a mode that does not exist is switched off */

/* The four planes at plane address n; every index is masked here. */
INLINE u8 *vga_planes(const vga_t *vga, u32 n) { return vga->vram + (n * 4 & (vga->vram_bytes - 4)); }

/* Bring the derived fields up to date after registers changed. */
void vga_recompute(vga_t *vga);
/* The whole picture may be another. */
INLINE void vga_changed(vga_t *vga) { vga->changed = vga->look; }
/* A byte of memory at this offset may be another. */
INLINE void vga_stored(vga_t *vga, u32 offset)
{
    vga->touched = vga->page[offset / VGA_PAGE % COUNT_OF(vga->page)] = vga->look;
}

/* The raster the CRTC's registers describe. */
typedef struct {
    u32  dots;                       /* per character: 8 or 9 */
    u32  clocks;                     /* dot clocks per dot: 1 or 2 */
    u32  characters, total_characters;
    u32  lines, total_lines, sync, sync_lines;   /* scan lines, after CR17_LINES_2 */
    u32  line_scale;                 /* scan lines per count of the line counter: 1 or 2 */
    u32  hz;                         /* dot clock before division */
} vga_raster_t;
vga_raster_t vga_raster(const vga_t *vga);

/* Where the beam is now. */
typedef struct {
    u64  frame;                      /* since power-on, at the present rate */
    bool display;                    /* inside the picture */
    bool sync;                       /* vertical retrace */
} vga_beam_t;
vga_beam_t vga_beam(const vga_t *vga);

/* ---- drawing ---- */

/* CRTC address outputs: the memory address counter `ma` (and row scan `row`) as a plane address.  Word mode turns the address left,
 * doubleword mode twice; CR17 bits 0 and 1 clear put the row scan counter on address lines 13 and 14 (CGA's and Hercules' interleave).
 * IBM's table names MA12 and MA13 for the two low bits in doubleword mode; with them a mode 13h picture could not pass 16 KiB, so these are
 * MA14 and MA15, in step with the processor's side (vga_memory.c). */
INLINE u32 vga_wire(const vga_t *vga, u32 ma, u32 row)
{
    u32 mode = vga->crtc[CR_MODE], out = ma & 0xFFFF;
    if (vga->crtc[CR_UNDERLINE] & CR14_DOUBLEWORD)
        out = out << 2 | out >> 14;
    else if (!(mode & CR17_BYTE))
        out = out << 1 | (out >> (mode & CR17_WRAP_MA15 ? 15 : 13) & 1);
    if (!(mode & CR17_MA13)) out = (out & ~0x2000u) | (row & 1) << 13;
    if (!(mode & CR17_MA14)) out = (out & ~0x4000u) | (row & 2) << 13;
    return out & 0xFFFF;
}

/* The memory address counter counts every 2^slow-th character. */
INLINE u32 vga_slow(const vga_t *vga) { return vga->crtc[CR_UNDERLINE] & CR14_COUNT_4 ? 2 : vga->crtc[CR_MODE] & CR17_COUNT_2 ? 1 : 0; }

/* Everything a line's renderer needs, fixed for the frame. */
typedef struct {
    const vga_t *vga;
    u32  dots, characters, slow;
    u32  palette[256];               /* DAC through the pel mask, 0x00RRGGBB */
    u32  colour[16];                 /* attribute values through plane enable, palette and palette */
    u32  cursor;                     /* ma of the cursor, above FFFF: none */
    bool cursor_shown, blink_off;    /* phases of the two blinkers */
} vga_painter_t;

/* A frame while it is drawn. */
typedef struct {
    vga_frame_t *frame;
    bool whole;                      /* all lines are wanted */
    bool cursor_flips, blink_flips;  /* else those with such characters */
    u64  since;                      /* and those whose memory was stored to since this look */
    bool border;                     /* the palette is the processor's: `border_colour` everywhere */
    u32  border_colour;
} vga_pass_t;

/* Was any of [offset, +bytes) of memory stored to?  Both are taken modulo the memory's size. */
bool vga_pass_touched(const vga_t *vga, const vga_pass_t *pass, u32 offset, u32 bytes);
/* Is a line of a text mode, from memory address ma on, wanted? */
bool vga_text_wanted(const vga_painter_t *p, const vga_pass_t *pass, u32 ma, u32 count);
/* Line y of the frame, drawn: what of it is new? */
void vga_pass_keep(vga_pass_t *pass, u32 y, const u32 *line);
void vga_pass_size(vga_pass_t *pass, u32 width, u32 height);

enum { VGA_LINE_DOTS = 256 * 9 + 9 + 1 };    /* the longest line, one character for panning, rounded */

/* Draw `count` characters from memory address ma into out. */
void vga_paint_text(const vga_painter_t *p, u32 ma, u32 row, u32 count, u32 *out);
u32  vga_screen_height(const vga_t *vga);    /* distinct lines of a graphics mode */
bool vga_screen_off(const vga_t *vga);
void vga_draw_vbe(const vga_painter_t *p, vga_pass_t *pass);
