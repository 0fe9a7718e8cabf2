/* vga.h - the video adapter: an IBM VGA with 16 MiB of memory and the Bochs VBE registers.
 *
 * Documents: IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem" (1992; register names and index numbers are
 * its); INMOS IMSG171 data sheet (the DAC); the Bochs VBE interface, version B0C5 (VBE_DISPI_* names).
 *
 * Memory lies as on a real VGA with one byte lane per plane: byte n of plane p is vram[n * 4 + p], so that the four planes at one
 * address are one 32-bit word, and the VBE's linear modes are plain bytes.
 *
 * Wiring (pc.c): ports 3B0..3DF, width 8, to vga_read/vga_write; 1CE..1CF (1D0 may be included), width 16, to
 * vga_vbe_read/vga_vbe_write; the region A0000..BFFFF to vga_load/vga_store and the runs; the linear frame buffer is a region whose host
 * memory is vga_vram(). */
#pragma once
#include "devices/line.h"
#include "devices/state.h"
#include "devices/vclock.h"
#include "mem/base.h"

enum { VGA_VRAM_BYTES = 16 << 20, VGA_PAGE = 4096 };
enum { VGA_PORT_FIRST = 0x3B0, VGA_PORTS = 0x30, VGA_VBE_PORT_FIRST = 0x1CE, VGA_VBE_PORTS = 2 };
enum { VGA_WINDOW_FIRST = 0xA0000, VGA_WINDOW_BYTES = 0x20000 };
enum { VGA_SEQUENCER = 5, VGA_GRAPHICS = 9, VGA_CRTC = 25 };   /* registers of each unit */

/* How the processor's window reaches memory: follows from the registers. */
typedef enum { VGA_PATH_NONE, VGA_PATH_PLANAR, VGA_PATH_ODD_EVEN, VGA_PATH_CHAIN4, VGA_PATH_LINEAR } vga_path_t;

typedef struct vga {
    vclock_t *clock;
    line_t irq;                      /* vertical retrace interrupt; IRQ 2 (9) where it is wired at all */
    alarm_t retrace;                 /* set while that interrupt is wanted */
    bool  retrace_pending;
    u8   *vram;
    u32   vram_bytes;                /* a power of two */

    u8    misc, feature, enable;     /* 3C2/3CC, 3xA/3CA, 3C3 */
    u8    sequencer_index, sequencer[VGA_SEQUENCER];
    u8    graphics_index, graphics[VGA_GRAPHICS];
    u8    crtc_index, crtc[VGA_CRTC];
    u8    attribute_index;           /* bit 5 is PAS */
    u8    attribute[32];
    bool  attribute_data;            /* the flip-flop: the next write to 3C0 is data */
    u32   latch;                     /* byte p: plane p */

    u8    pel_mask, dac_index, dac_part, dac_state;   /* dac_state: 0 after 3C8, 3 after 3C7, as 3C7 reads */
    u8    dac_hold[3];
    u8    dac[256 * 3];              /* as programmed: 6 bits, or 8 with VBE's 8BIT_DAC */

    u16   vbe_index, vbe_id, vbe_xres, vbe_yres, vbe_bpp, vbe_enable, vbe_bank;
    u16   vbe_virtual_width, vbe_x, vbe_y;

    /* Derived; see vga_recompute. */
    vga_path_t load_path, store_path;
    u32   window_first, window_bytes;/* of the window region that answers, relative to A0000 */
    u32   odd_even_a0;               /* what replaces A0: 0, 1, or 2: A16 */
    u32   plane_base;                /* of VBE 4 bit banks, in plane bytes */
    u32   plane_mask;                /* of plane addresses */
    u32   map_mask;                  /* map mask register, a byte FFh per plane */
    bool  plain;                     /* write mode 0 with nothing between processor and memory */
    bool  stores_glyphs;             /* a text mode, and plane 2 is written: any character may look different */
    u64   generation;

    /* Who looks at the screen, and what has changed since: see vga_update.  No part of the machine's state. */
    u64   look;                      /* the number of the last one */
    u64   changed;                   /* after which look everything may have changed for the last time */
    u64   touched;                   /* after which any memory was stored to */
    u64   page[VGA_VRAM_BYTES / VGA_PAGE];   /* and each page of it */
    bool  frame_buffer_touched;      /* by the processor, past vga_store, since vga_look */
} vga_t;

/* vram_bytes: a power of two from 256 KiB.  false: out of memory. */
bool vga_init(vga_t *vga, vclock_t *clock, u32 vram_bytes);
void vga_free(vga_t *vga);
void vga_reset(vga_t *vga);          /* the RESET pin; memory keeps its contents */
void vga_walk(vga_t *vga, walker_t *w);

u32  vga_read(void *vga, u16 reg);                           /* 3B0 + reg */
void vga_write(void *vga, u16 reg, u32 value);
u32  vga_vbe_read(void *vga, u16 reg);                       /* 1CE index, 1CF and 1D0 data */
void vga_vbe_write(void *vga, u16 reg, u32 value);
u32  vga_load(void *vga, u32 offset, width_t w);             /* A0000 + offset */
void vga_store(void *vga, u32 offset, width_t w, u32 value);
void vga_load_run(void *vga, u32 offset, u8 *to, u32 bytes);         /* many loads, many stores, one after the other */
void vga_store_run(void *vga, u32 offset, const u8 *from, u32 bytes);

u8  *vga_vram(vga_t *vga);
/* Changes whenever a register or window write may have changed the picture; blinking aside, and stores to the linear frame buffer that vga_touched is
 * not told. */
u64  vga_generation(const vga_t *vga);
/* The linear frame buffer's region: a store went to this page of it, the first since vga_look. */
void vga_touched(void *vga, u32 page);
/* Somebody is about to look: changes from now on come after this look.  true: vga_touched has been called, and has to be for stores from now on. */
bool vga_look(vga_t *vga);
/* A mode whose memory the guest writes past vga_store: the picture may change at any time. */
bool vga_direct(const vga_t *vga);
/* One line about the mode: "80x25 text, 9x16", "320x200 256 colours", "1024x768x32", "off". */
void vga_mode_text(const vga_t *vga, char *text, size_t bytes);
