/* video.h - what the files of the video BIOS know of one another.  They are a program of their own:
 * an option ROM that any BIOS may start.  Follows the IBM PS/2 BIOS reference (INT 10h) and the
 * IBM VGA technical reference (registers). */
#pragma once
#include "abi.h"
#include "bda.h"

enum {
    VGA_ATTRIBUTE = 0x3C0, VGA_ATTRIBUTE_READ = 0x3C1, VGA_MISC = 0x3C2, VGA_ENABLE = 0x3C3,
    VGA_SEQUENCER = 0x3C4, VGA_PEL_MASK = 0x3C6, VGA_DAC_STATE = 0x3C7, VGA_DAC_READ = 0x3C7, VGA_DAC_WRITE = 0x3C8,
    VGA_DAC = 0x3C9, VGA_FEATURE_READ = 0x3CA, VGA_MISC_READ = 0x3CC, VGA_GRAPHICS = 0x3CE,
};

/* Index and data in one word write, as every VGA takes it. */
INLINE void seq(u32 index, u32 value)  { out16(VGA_SEQUENCER, index | value << 8); }
INLINE void gfx(u32 index, u32 value)  { out16(VGA_GRAPHICS, index | value << 8); }
INLINE u16  crtc_port(void)            { return BDA(crtc); }
INLINE void crtc(u32 index, u32 value) { out16(crtc_port(), index | value << 8); }
INLINE u32  crtc_get(u32 index)        { u16 p = crtc_port(); out8(p, index); return in8((u16)(p + 1)); }

/* One entry of the video parameter table (IBM PS/2 BIOS reference, 40:A8h). */
typedef struct PACKED {
    u8  columns, last_row, char_height;
    u16 page_bytes;
    u8  sequencer[4], misc, crtc[25], attribute[20], graphics[9];
} parameters_t;
_Static_assert(sizeof(parameters_t) == 64, "video parameter table");

/* How a mode keeps its pixels. */
typedef enum { TEXT_CELLS, CGA_2, CGA_1, PLANAR, LINEAR } kind_t;

typedef struct {
    u8  mode, kind, bits;           /* bits a pixel */
    u8  dac;                        /* which palette, video_palette.c */
    u16 segment;
    u8  parameters[3];              /* table entry for 200, 350 and 400 lines */
} mode_t;

const rom mode_t *mode_find(u32 mode);
const rom mode_t *mode_now(void);
const rom parameters_t *parameters_now(void);
void mode_set(u32 mode, bool keep);
u32  video_parameters_far(void);

/* video_palette.c */
void palette_load(u32 dac);
void dac_set(u32 index, u32 red, u32 green, u32 blue);
void gray_sum(u32 first, u32 count);
void palette_service(regs_t *r);
void cga_palette_service(regs_t *r);

/* video_font.c */
void font_service(regs_t *r);
void font_load(u32 segment, u32 offset, u32 block, u32 first, u32 count, u32 height);
void font_load_rom(u32 height, u32 block);
void font_graphics(u32 height);
u32  font_rom(u32 height);

/* video_text.c */
void scroll_service(regs_t *r, bool up);
void char_read(regs_t *r);
void char_write(u32 page, u32 c, u32 attribute, u32 count, bool with_attribute);
void teletype(u32 page, u32 c, u32 colour, u32 attribute, bool with_attribute);
void write_string(regs_t *r);
void cursor_move(u32 page, u32 row, u32 column);
void cursor_shape(u32 start_end);
void page_show(u32 page);

/* video_draw.c */
void draw_char(u32 page, u32 row, u32 column, u32 c, u32 colour);
u32  recognise_char(u32 page, u32 row, u32 column);
void draw_scroll(u32 top, u32 left, u32 bottom, u32 right, u32 lines, u32 colour, bool up);
void pixel_write(u32 page, u32 x, u32 y, u32 colour);
u32  pixel_read(u32 page, u32 x, u32 y);

/* video_state.c */
void state_information(regs_t *r);
void state_service(regs_t *r);
u32  state_bytes(u32 parts);
void state_save(u32 parts, u32 segment, u32 offset);
void state_restore(u32 parts, u32 segment, u32 offset);
void alternate_select(regs_t *r);
void display_combination(regs_t *r);
u32  video_save_far(void);

/* vbe.c */
void vbe_service(regs_t *r);
void vbe_off(void);
bool vbe_found(void);
