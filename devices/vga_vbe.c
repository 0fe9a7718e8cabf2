/* vga_vbe.c - the Bochs VBE registers (ports 1CE index, 1CF data) and the drawing of their modes.
 *
 * Document: the Bochs VBE interface, VBE_DISPI_ID5 (B0C5), as the Bochs VGA BIOS and the OSDev wiki's "Bochs VBE Extensions" describe it:
 * size and depth are set while disabled, enabling sets the virtual width to the width, the offsets and the bank to 0 and clears
 * the picture's memory unless NOCLEARMEM is given.  The port is 16 bits wide; an 8-bit store arrives zero-extended.
 * A value that cannot be is ignored, as there.
 *
 * Not implemented: the bank register's separate read and write banks and 32 KiB grain, DDC (index 0Bh). */
#include "devices/vga_inside.h"

enum { DISPI_ID, DISPI_XRES, DISPI_YRES, DISPI_BPP, DISPI_ENABLE, DISPI_BANK, DISPI_VIRT_WIDTH, DISPI_VIRT_HEIGHT, DISPI_X_OFFSET,
       DISPI_Y_OFFSET, DISPI_MEMORY_64K };

static bool depth_exists(u32 bpp) { return bpp == 4 || bpp == 8 || bpp == 15 || bpp == 16 || bpp == 24 || bpp == 32; }

u32 vga_vbe_virtual_height(const vga_t *vga)
{
    u32 pitch = vbe_pitch(vga), lines = pitch ? vga->vram_bytes / pitch : 0;
    return lines > 0xFFFF ? 0xFFFF : lines;
}

/* ---- the mode ---- */

static bool mode_fits(const vga_t *vga)
{
    return depth_exists(vga->vbe_bpp) && vga->vbe_xres >= 8 && vga->vbe_yres >= 1 && vga->vbe_virtual_width >= vga->vbe_xres
        && vga_vbe_virtual_height(vga) >= vga->vbe_yres;
}

static void convert_dac(vga_t *vga, bool to_8)
{
    for (u32 i = 0; i < sizeof vga->dac; i++)
        vga->dac[i] = (u8)(to_8 ? vga->dac[i] << 2 : vga->dac[i] >> 2);
}

static void switch_on(vga_t *vga, bool clear)
{
    vga->vbe_virtual_width = vga->vbe_xres;
    vga->vbe_x = vga->vbe_y = vga->vbe_bank = 0;
    if (!mode_fits(vga)) {
        vga->vbe_enable &= (u16)~VBE_ENABLED;
        return;
    }
    if (clear)
        memset(vga->vram, 0, (size_t)vbe_pitch(vga) * vga->vbe_yres);
}

static void write_enable(vga_t *vga, u16 value)
{
    u16 before = vga->vbe_enable;
    vga->vbe_enable = value & (VBE_ENABLED | VBE_GETCAPS | VBE_8BIT_DAC | VBE_LFB | VBE_NOCLEARMEM);
    if ((before ^ value) & VBE_8BIT_DAC)
        convert_dac(vga, value & VBE_8BIT_DAC);
    if (value & ~before & VBE_ENABLED)
        switch_on(vga, !(value & VBE_NOCLEARMEM));
    else if (before & ~value & VBE_ENABLED)
        vga->vbe_bank = 0;
}

/* Widest line at which the picture's lines still fit into memory. */
static void write_virtual_width(vga_t *vga, u32 width)
{
    u16 before = vga->vbe_virtual_width;
    vga->vbe_virtual_width = (u16)(width < vga->vbe_xres ? vga->vbe_xres : width);
    if (!mode_fits(vga))
        vga->vbe_virtual_width = before;
}

void vga_vbe_validate(vga_t *vga)
{
    if (vbe_on(vga) && !mode_fits(vga))
        vga->vbe_enable &= (u16)~VBE_ENABLED;
}

/* ---- the registers ---- */

static u16 read_register(const vga_t *vga)
{
    bool capabilities = vga->vbe_enable & VBE_GETCAPS;
    switch (vga->vbe_index) {
    case DISPI_ID:          return vga->vbe_id;
    case DISPI_XRES:        return capabilities ? VGA_MAX_WIDTH : vga->vbe_xres;
    case DISPI_YRES:        return capabilities ? VGA_MAX_HEIGHT : vga->vbe_yres;
    case DISPI_BPP:         return capabilities ? 32 : vga->vbe_bpp;
    case DISPI_ENABLE:      return vga->vbe_enable;
    case DISPI_BANK:        return vga->vbe_bank;
    case DISPI_VIRT_WIDTH:  return vga->vbe_virtual_width;
    case DISPI_VIRT_HEIGHT: return (u16)(vbe_on(vga) ? vga_vbe_virtual_height(vga) : 0);
    case DISPI_X_OFFSET:    return vga->vbe_x;
    case DISPI_Y_OFFSET:    return vga->vbe_y;
    case DISPI_MEMORY_64K:  return (u16)(vga->vram_bytes >> 16);
    default:                return 0;
    }
}

static void write_register(vga_t *vga, u16 v)
{
    bool on = vbe_on(vga);
    switch (vga->vbe_index) {
    case DISPI_ID:         if (v >= 0xB0C0 && v <= 0xB0C5) vga->vbe_id = v; break;
    case DISPI_XRES:       if (!on && v <= VGA_MAX_WIDTH) vga->vbe_xres = v; break;
    case DISPI_YRES:       if (!on && v <= VGA_MAX_HEIGHT) vga->vbe_yres = v; break;
    case DISPI_BPP:        if (!on && (v == 0 || depth_exists(v))) vga->vbe_bpp = v ? v : 8; break;
    case DISPI_ENABLE:     write_enable(vga, v); break;
    case DISPI_BANK:       if (v < vga->vram_bytes >> (vga->vbe_bpp == 4 ? 18 : 16)) vga->vbe_bank = v; break;
    case DISPI_VIRT_WIDTH: if (on) write_virtual_width(vga, v); break;
    case DISPI_X_OFFSET:   if (on && v < vga->vbe_virtual_width) vga->vbe_x = v; break;
    case DISPI_Y_OFFSET:   if (on && v < vga_vbe_virtual_height(vga)) vga->vbe_y = v; break;
    default: break;
    }
}

u32 vga_vbe_read(void *chip, u16 reg)
{
    const vga_t *vga = chip;
    return reg ? read_register(vga) : vga->vbe_index;
}

void vga_vbe_write(void *chip, u16 reg, u32 value)
{
    vga_t *vga = chip;
    if (!reg) {
        vga->vbe_index = (u16)value;
        return;
    }
    write_register(vga, (u16)value);
    vga_recompute(vga);
    if (vga->vbe_index != DISPI_BANK)
        vga_changed(vga);
}

/* ---- drawing ---- */

/* `bytes` of memory from `offset` on: in place, or gathered into scratch where they wrap round the end. */
static const u8 *fetch(const vga_t *vga, u64 offset, u32 bytes, u8 *scratch)
{
    u32 from = (u32)(offset & (vga->vram_bytes - 1)), first = vga->vram_bytes - from;
    if (bytes <= first)
        return vga->vram + from;
    memcpy(scratch, vga->vram + from, first);
    memcpy(scratch + first, vga->vram, bytes - first);
    return scratch;
}

/* A five- or six-bit intensity, its high bits repeated below: 31 becomes 255. */
INLINE u32 grow5(u32 v) { return (v & 31) << 3 | (v >> 2 & 7); }
INLINE u32 grow6(u32 v) { return (v & 63) << 2 | (v >> 4 & 3); }

static void line_4(const u32 colour[16], const u8 *from, u32 skip, u32 width, u32 *out)
{
    for (u32 x = 0; x < width; x++) {
        const u8 *planes = from + (x + skip) / 8 * 4;
        u32 bit = 7 - (x + skip) % 8;
        out[x] = colour[(planes[0] >> bit & 1) | (planes[1] >> bit & 1) << 1 | (planes[2] >> bit & 1) << 2 | (planes[3] >> bit & 1) << 3];
    }
}

static void line_direct(u32 bpp, const u8 *from, u32 width, u32 *out)
{
    switch (bpp) {
    case 15:
        for (u32 x = 0, v; x < width; x++)
            v = get(from + x * 2, W16), out[x] = grow5(v >> 10) << 16 | grow5(v >> 5) << 8 | grow5(v);
        break;
    case 16:
        for (u32 x = 0, v; x < width; x++)
            v = get(from + x * 2, W16), out[x] = grow5(v >> 11) << 16 | grow6(v >> 5) << 8 | grow5(v);
        break;
    case 24:
        for (u32 x = 0; x < width; x++)
            out[x] = from[x * 3] | (u32)from[x * 3 + 1] << 8 | (u32)from[x * 3 + 2] << 16;
        break;
    default:
        for (u32 x = 0; x < width; x++)
            out[x] = get(from + x * 4, W32) & 0xFFFFFF;
    }
}

void vga_draw_vbe(const vga_painter_t *p, vga_pass_t *pass)
{
    const vga_t *vga = p->vga;
    u8 scratch[VGA_MAX_WIDTH * 4 + 16];
    u32 out[VGA_MAX_WIDTH];
    u32 width = vga->vbe_xres, bpp = vga->vbe_bpp, pitch = vbe_pitch(vga), bits = bpp == 15 ? 16 : bpp;
    u32 skip = bpp == 4 ? vga->vbe_x % 8u : 0, bytes = bpp == 4 ? (width + skip + 7) / 8 * 4 : width * bits / 8;
    u32 left = bpp == 4 ? vga->vbe_x / 8u * 4 : vga->vbe_x * bits / 8;
    vga_pass_size(pass, width, vga->vbe_yres);
    pass->frame->aspect_width = width;
    pass->frame->aspect_height = vga->vbe_yres;
    for (u32 y = 0; y < pass->frame->height; y++) {
        u64 offset = (u64)(vga->vbe_y + y) * pitch + left;
        if (!vga_pass_touched(vga, pass, (u32)offset, bytes))
            continue;
        const u8 *from = fetch(vga, offset, bytes, scratch);
        if (bpp == 4)
            line_4(p->colour, from, skip, width, out);
        else if (bpp == 8)
            for (u32 x = 0; x < width; x++) out[x] = p->palette[from[x]];
        else
            line_direct(bpp, from, width, out);
        vga_pass_keep(pass, y, out);
    }
}
