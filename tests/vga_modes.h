/* vga_modes.h - the standard video modes as register tables, and a VGA on a test bench.
 *
 * Source: the video parameter table of the IBM VGA BIOS (PS/2 Hardware Interface Technical Reference, "BIOS Video Modes"; the same numbers
 * stand in every VGA BIOS): sequencer 1..4, Miscellaneous Output, CRTC 0..18h, attribute controller 0..13h, graphics controller 0..8. */
#pragma once
#include <stdlib.h>
#include "devices/vga.h"
#include "devices/vga_draw.h"

typedef struct { u8 number; u8 sequencer[4], misc, crtc[25], attribute[20], graphics[9]; } video_mode_t;

#define EGA_COLOURS 0, 1, 2, 3, 4, 5, 0x14, 7, 0x38, 0x39, 0x3A, 0x3B, 0x3C, 0x3D, 0x3E, 0x3F
#define CGA_COLOURS 0, 1, 2, 3, 4, 5, 6, 7, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17

static const video_mode_t video_modes[] = {
    { 0x01, { 0x08, 3, 0, 2 }, 0x67,
      { 0x2D, 0x27, 0x28, 0x90, 0x2B, 0xA0, 0xBF, 0x1F, 0, 0x4F, 0x0D, 0x0E, 0, 0, 0, 0, 0x9C, 0x8E, 0x8F, 0x14, 0x1F, 0x96, 0xB9, 0xA3, 0xFF },
      { EGA_COLOURS, 0x0C, 0, 0x0F, 8 }, { 0, 0, 0, 0, 0, 0x10, 0x0E, 0x0F, 0xFF } },
    { 0x03, { 0x00, 3, 0, 2 }, 0x67,
      { 0x5F, 0x4F, 0x50, 0x82, 0x55, 0x81, 0xBF, 0x1F, 0, 0x4F, 0x0D, 0x0E, 0, 0, 0, 0, 0x9C, 0x8E, 0x8F, 0x28, 0x1F, 0x96, 0xB9, 0xA3, 0xFF },
      { EGA_COLOURS, 0x0C, 0, 0x0F, 8 }, { 0, 0, 0, 0, 0, 0x10, 0x0E, 0x0F, 0xFF } },
    { 0x04, { 0x09, 3, 0, 2 }, 0x63,
      { 0x2D, 0x27, 0x28, 0x90, 0x2B, 0x80, 0xBF, 0x1F, 0, 0xC1, 0, 0, 0, 0, 0, 0, 0x9C, 0x8E, 0x8F, 0x14, 0x00, 0x96, 0xB9, 0xA2, 0xFF },
      { 0, 0x13, 0x15, 0x17, 2, 4, 6, 7, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x01, 0, 3, 0 }, { 0, 0, 0, 0, 0, 0x30, 0x0F, 0x0F, 0xFF } },
    { 0x06, { 0x01, 1, 0, 6 }, 0x63,
      { 0x5F, 0x4F, 0x50, 0x82, 0x54, 0x80, 0xBF, 0x1F, 0, 0xC1, 0, 0, 0, 0, 0, 0, 0x9C, 0x8E, 0x8F, 0x28, 0x00, 0x96, 0xB9, 0xC2, 0xFF },
      { 0, 0x17, 0x17, 0x17, 0x17, 0x17, 0x17, 0x17, 0x17, 0x17, 0x17, 0x17, 0x17, 0x17, 0x17, 0x17, 0x01, 0, 1, 0 }, { 0, 0, 0, 0, 0, 0, 0x0D, 0x0F, 0xFF } },
    { 0x07, { 0x00, 3, 0, 2 }, 0x66,
      { 0x5F, 0x4F, 0x50, 0x82, 0x55, 0x81, 0xBF, 0x1F, 0, 0x4F, 0x0D, 0x0E, 0, 0, 0, 0, 0x9C, 0x8E, 0x8F, 0x28, 0x0F, 0x96, 0xB9, 0xA3, 0xFF },
      { 0, 8, 8, 8, 8, 8, 8, 8, 0x10, 0x18, 0x18, 0x18, 0x18, 0x18, 0x18, 0x18, 0x0E, 0, 0x0F, 8 }, { 0, 0, 0, 0, 0, 0x10, 0x0A, 0x0F, 0xFF } },
    { 0x0D, { 0x09, 15, 0, 6 }, 0x63,
      { 0x2D, 0x27, 0x28, 0x90, 0x2B, 0x80, 0xBF, 0x1F, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x9C, 0x8E, 0x8F, 0x14, 0x00, 0x96, 0xB9, 0xE3, 0xFF },
      { CGA_COLOURS, 0x01, 0, 0x0F, 0 }, { 0, 0, 0, 0, 0, 0, 0x05, 0x0F, 0xFF } },
    { 0x10, { 0x01, 15, 0, 6 }, 0xA3,
      { 0x5F, 0x4F, 0x50, 0x82, 0x54, 0x80, 0xBF, 0x1F, 0, 0x40, 0, 0, 0, 0, 0, 0, 0x83, 0x85, 0x5D, 0x28, 0x0F, 0x63, 0xBA, 0xE3, 0xFF },
      { EGA_COLOURS, 0x01, 0, 0x0F, 0 }, { 0, 0, 0, 0, 0, 0, 0x05, 0x0F, 0xFF } },
    { 0x12, { 0x01, 15, 0, 6 }, 0xE3,
      { 0x5F, 0x4F, 0x50, 0x82, 0x54, 0x80, 0x0B, 0x3E, 0, 0x40, 0, 0, 0, 0, 0, 0, 0xEA, 0x8C, 0xDF, 0x28, 0x00, 0xE7, 0x04, 0xE3, 0xFF },
      { EGA_COLOURS, 0x01, 0, 0x0F, 0 }, { 0, 0, 0, 0, 0, 0, 0x05, 0x0F, 0xFF } },
    { 0x13, { 0x01, 15, 0, 14 }, 0x63,
      { 0x5F, 0x4F, 0x50, 0x82, 0x54, 0x80, 0xBF, 0x1F, 0, 0x41, 0, 0, 0, 0, 0, 0, 0x9C, 0x8E, 0x8F, 0x28, 0x40, 0x96, 0xB9, 0xA3, 0xFF },
      { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x41, 0, 0x0F, 0 }, { 0, 0, 0, 0, 0, 0x40, 0x05, 0x0F, 0xFF } },
};

/* ---- the bench: one VGA, driven through its ports ---- */

static vclock_t bench_clock;
static vga_t bench;
static vga_frame_t *frame;

static inline void  port_out(u32 port, u32 value)            { vga_write(&bench, (u16)(port - 0x3B0), value & 0xFF); }
static inline u32   port_in(u32 port)                        { return vga_read(&bench, (u16)(port - 0x3B0)); }
static inline u32   crtc_port(void)                          { return port_in(0x3CC) & 1 ? 0x3D4 : 0x3B4; }
static inline void  set_indexed(u32 port, u32 index, u32 v)  { port_out(port, index); port_out(port + 1, v); }
static inline u32   get_indexed(u32 port, u32 index)         { port_out(port, index); return port_in(port + 1); }
static inline void  set_sequencer(u32 index, u32 v)          { set_indexed(0x3C4, index, v); }
static inline void  set_graphics(u32 index, u32 v)           { set_indexed(0x3CE, index, v); }
static inline void  set_crtc(u32 index, u32 v)               { set_indexed(crtc_port(), index, v); }
static inline void  set_attribute(u32 index, u32 v)
{
    port_in(crtc_port() + 6);
    port_out(0x3C0, index);
    port_out(0x3C0, v);
    port_out(0x3C0, 0x20);
}
static inline void  poke(u32 physical, width_t w, u32 v)     { vga_store(&bench, physical - 0xA0000, w, v); }
static inline u32   peek(u32 physical, width_t w)            { return vga_load(&bench, physical - 0xA0000, w); }
static inline void  vbe_set(u32 index, u32 v)                { vga_vbe_write(&bench, 0, index); vga_vbe_write(&bench, 1, v); }
static inline u32   vbe_get(u32 index)                       { vga_vbe_write(&bench, 0, index); return vga_vbe_read(&bench, 1); }
static inline u32   pixel(u32 x, u32 y)                      { return frame->pixels[y * frame->width + x]; }

/* DAC entry i gets a colour that names i: its six-bit green is i & 63, its red i >> 6. */
static inline u32   colour_of(u32 i)                         { u32 g = i & 63; return (i >> 6 & 3) * 4 << 16 | (g << 2 | g >> 4) << 8; }
static inline void  name_colours(void)
{
    port_out(0x3C8, 0);
    for (u32 i = 0; i < 256; i++) { port_out(0x3C9, i >> 6); port_out(0x3C9, i & 63); port_out(0x3C9, 0); }
}

static inline void set_video_mode(u8 number)
{
    for (size_t m = 0; m < COUNT_OF(video_modes); m++) {
        const video_mode_t *mode = &video_modes[m];
        if (mode->number != number) continue;
        port_out(0x3C2, mode->misc);
        set_sequencer(0, 1);
        for (u32 i = 0; i < 4; i++) set_sequencer(i + 1, mode->sequencer[i]);
        set_sequencer(0, 3);
        set_crtc(0x11, 0);                                   /* unlock registers 0..7 */
        for (u32 i = 0; i < 25; i++) set_crtc(i, mode->crtc[i]);
        for (u32 i = 0; i < 9; i++) set_graphics(i, mode->graphics[i]);
        port_in(crtc_port() + 6);
        for (u32 i = 0; i < 20; i++) { port_out(0x3C0, i); port_out(0x3C0, mode->attribute[i]); }
        port_out(0x3C0, 0x14);
        port_out(0x3C0, 0);
        port_out(0x3C0, 0x20);
        name_colours();
    }
}

static inline void bench_on(void)
{
    vclock_init(&bench_clock);
    lacking_quiet(true);
    if (!vga_init(&bench, &bench_clock, 1 << 20)) abort();
    frame = calloc(1, sizeof *frame);
    if (!frame) abort();
}

static inline void bench_off(void)
{
    vga_free(&bench);
    free(frame);
}
