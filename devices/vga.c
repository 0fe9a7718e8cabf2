/* vga.c - the VGA's registers: ports 3B0..3DF, and the time of day on the screen.
 *
 * Documents: see vga.h.  The beam is not ticked: status register 1 is computed from virtual time, dot clock and the CRTC's totals.
 *
 * Not implemented: the 16- and 32-bit shift register loads of SR1 (said at run time), the
 * attribute outputs on bits 4 and 5 of status register 1 (read as 0), the light pen, clock selects 2 and 3 (no oscillator there: 25.175 MHz
 * is used), display and sync skew. */
#include "devices/vga_inside.h"
#include <stdio.h>
#include <stdlib.h>

/* Bits that exist; the others read as 0 ("reserved" in the technical reference). */
static const u8 sequencer_bits[VGA_SEQUENCER] = { 0x03, 0x3D, 0x0F, 0x3F, 0x0E };
static const u8 graphics_bits[VGA_GRAPHICS]   = { 0x0F, 0x0F, 0x0F, 0x1F, 0x03, 0x7B, 0x0F, 0x0F, 0xFF };
static const u8 attribute_bits[32]            = { 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F,
                                                  0xEF, 0xFF, 0x3F, 0x0F, 0x0F };
static const u8 crtc_bits[VGA_CRTC]           = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0x3F, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF,
                                                  0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xEF, 0xFF };

/* Ports by their colour address. */
enum { CRTC_INDEX = 0x3D4, CRTC_DATA, STATUS_1 = 0x3DA };
enum { ATTRIBUTE = 0x3C0, ATTRIBUTE_READ, STATUS_0, ENABLE, SEQUENCER_INDEX, SEQUENCER_DATA, PEL_MASK, DAC_READ, DAC_WRITE, DAC_DATA,
       FEATURE_READ, MISC_READ = 0x3CC, GRAPHICS_INDEX = 0x3CE, GRAPHICS_DATA };

/* ---- the raster ---- */

static u32 vertical(const vga_t *vga, u32 reg, u32 bit8, u32 bit9)   /* ten bits: two of them in the overflow register */
{
    u32 overflow = vga->crtc[CR_OVERFLOW];
    return vga->crtc[reg] | (overflow >> bit8 & 1) << 8 | (overflow >> bit9 & 1) << 9;
}

vga_raster_t vga_raster(const vga_t *vga)
{
    if (vbe_on(vga)) {               /* the VBE has no timing registers: 60 Hz with blanking like DMT's */
        u32 x = vga->vbe_xres, y = vga->vbe_yres, across = x / 8 + x / 32 + 4, down = y + y / 20 + 8;
        return (vga_raster_t){ .dots = 8, .clocks = 1, .characters = x / 8, .total_characters = across, .lines = y, .total_lines = down,
                               .sync = y + 2, .sync_lines = 4, .line_scale = 1, .hz = across * 8 * down * 60 };
    }
    const u8 *cr = vga->crtc;
    vga_raster_t r = { .dots = vga->sequencer[SR_CLOCKING] & SR1_8_DOTS ? 8 : 9, .clocks = vga->sequencer[SR_CLOCKING] & SR1_DOT_CLOCK_2 ? 2 : 1 };
    r.characters = cr[CR_H_DISPLAY] + 1u;
    r.total_characters = cr[CR_H_TOTAL] + 5u;
    r.line_scale = cr[CR_MODE] & CR17_LINES_2 ? 2 : 1;
    r.lines = (vertical(vga, CR_V_DISPLAY, 1, 6) + 1) * r.line_scale;
    r.total_lines = (vertical(vga, CR_V_TOTAL, 0, 5) + 2) * r.line_scale;
    r.sync = vertical(vga, CR_V_SYNC, 2, 7) * r.line_scale;
    u32 sync_lines = (u32)(cr[CR_V_SYNC_END] - cr[CR_V_SYNC]) & 0x0F;   /* ends when the low four bits of the line counter match */
    r.sync_lines = (sync_lines ? sync_lines : 16) * r.line_scale;
    r.hz = (vga->misc >> 2 & 3) == 1 ? 28322000 : 25175000;
    return r;
}

vga_beam_t vga_beam(const vga_t *vga)
{
    vga_raster_t r = vga_raster(vga);
    u32 line_clocks = r.total_characters * r.dots * r.clocks, frame_clocks = line_clocks * r.total_lines;
    u64 clocks = muldiv64(vga->clock->now, r.hz, 1000000000);
    u32 in_frame = (u32)(clocks % frame_clocks), line = in_frame / line_clocks, in_line = in_frame % line_clocks;
    return (vga_beam_t){ .frame = clocks / frame_clocks,
                         .display = line < r.lines && in_line < r.characters * r.dots * r.clocks,
                         .sync = line - r.sync < r.sync_lines };
}

/* ---- the vertical retrace interrupt: CR11 bit 4 clear holds it off, bit 5 set disables it ---- */

static bool retrace_wanted(const vga_t *vga) { return (vga->crtc[CR_V_SYNC_END] & 0x30) == 0x10 && !vbe_on(vga); }

static u64 next_retrace(const vga_t *vga)
{
    vga_raster_t r = vga_raster(vga);
    u32 line_clocks = r.total_characters * r.dots * r.clocks, frame_clocks = line_clocks * r.total_lines;
    if (r.sync >= r.total_lines)
        return VCLOCK_NEVER;
    u64 clocks = muldiv64(vga->clock->now, r.hz, 1000000000), at = clocks - clocks % frame_clocks + r.sync * line_clocks;
    if (at <= clocks)
        at += frame_clocks;
    return muldiv64(at, 1000000000, r.hz) + 1;
}

static void begin_retrace(void *chip)
{
    vga_t *vga = chip;
    if (!retrace_wanted(vga))
        return;
    vga->retrace_pending = true;
    line_set(&vga->irq, true);
}

/* After a write to the CRTC: its timing or the interrupt's bits may have changed. */
static void arm_retrace(vga_t *vga)
{
    if (!(vga->crtc[CR_V_SYNC_END] & 0x10) && vga->retrace_pending) {
        vga->retrace_pending = false;
        line_set(&vga->irq, false);
    }
    if (retrace_wanted(vga) && !vga->retrace_pending)
        alarm_set(&vga->retrace, next_retrace(vga));
    else if (alarm_is_set(&vga->retrace))
        alarm_clear(&vga->retrace);
}

/* ---- the attribute controller ---- */

static void write_attribute(vga_t *vga, u8 value)
{
    vga->attribute_data = !vga->attribute_data;
    if (vga->attribute_data) {
        vga->attribute_index = value & 0x3F;
        return;
    }
    u32 index = vga->attribute_index & 0x1F;
    if (index < 16 && vga->attribute_index & PAS)            /* the screen has the palette: the processor cannot load it */
        return;
    vga->attribute[index] = value & attribute_bits[index];
}

/* ---- the DAC: one address register, one three-byte holding register ---- */

static void fetch_colour(vga_t *vga)
{
    memcpy(vga->dac_hold, vga->dac + vga->dac_index * 3, 3);
    vga->dac_index++;
    vga->dac_part = 0;
}

static u8 read_colour(vga_t *vga)
{
    u8 value = vga->dac_hold[vga->dac_part % 3u];
    if (++vga->dac_part >= 3)
        fetch_colour(vga);
    return value;
}

static void write_colour(vga_t *vga, u8 value)
{
    vga->dac_hold[vga->dac_part % 3u] = vga->vbe_enable & VBE_8BIT_DAC ? value : value & 0x3F;
    if (++vga->dac_part < 3)
        return;
    memcpy(vga->dac + vga->dac_index * 3, vga->dac_hold, 3);
    vga->dac_index++;
    vga->dac_part = 0;
}

/* ---- sequencer, graphics controller, CRT controller: an index without a register (other makers' extensions) reaches nothing ---- */

static void write_graphics(vga_t *vga, u8 value)
{
    if (vga->graphics_index < VGA_GRAPHICS)
        vga->graphics[vga->graphics_index] = value & graphics_bits[vga->graphics_index];
}

static u8 read_unit(const u8 *registers, u32 count, u8 index) { return index < count ? registers[index] : 0; }

static void write_sequencer(vga_t *vga, u8 value)
{
    u32 index = vga->sequencer_index;
    if (index >= VGA_SEQUENCER)
        return;
    vga->sequencer[index] = value & sequencer_bits[index];
    if (index == SR_CLOCKING && value & (SR1_SHIFT_LOAD | SR1_SHIFT_4))
        lacking("vga: shift registers loaded every second or fourth character (SR1 bits 2 and 4)");
}

static void write_crtc(vga_t *vga, u8 value)
{
    u32 index = vga->crtc_index;
    if (index >= VGA_CRTC)
        return;
    bool protected = index <= CR_OVERFLOW && vga->crtc[CR_V_SYNC_END] & 0x80;
    if (protected && index != CR_OVERFLOW)
        return;
    if (protected)                                           /* line compare bit 8 stays writable */
        value = (u8)((vga->crtc[CR_OVERFLOW] & ~0x10) | (value & 0x10));
    vga->crtc[index] = value & crtc_bits[index];
    arm_retrace(vga);
}

/* ---- ports ---- */

/* The port by its colour address, or 0: this address does not answer in the present position of MISC_COLOUR. */
static u32 decode(const vga_t *vga, u16 reg)
{
    u32 port = VGA_PORT_FIRST + (u32)(reg % VGA_PORTS), group = port & 0x3F0;
    if (!(vga->enable & 1) && port != ENABLE)
        return 0;
    if (group == 0x3C0)
        return port;
    return (group == 0x3D0) == (vga->misc & MISC_COLOUR) ? 0x3D0 | (port & 0x0F) : 0;
}

static u8 status_1(vga_t *vga)
{
    vga->attribute_data = false;
    vga_beam_t beam = vga_beam(vga);
    return (u8)((beam.display ? 0 : 0x01) | (beam.sync ? 0x08 : 0));
}

u32 vga_read(void *chip, u16 reg)
{
    vga_t *vga = chip;
    switch (decode(vga, reg)) {
    case ATTRIBUTE:       return vga->attribute_index;
    case ATTRIBUTE_READ:  return vga->attribute[vga->attribute_index & 0x1F];
    case STATUS_0:        return 0x10 | (vga->retrace_pending ? 0x80 : 0);    /* switch sense: a colour monitor */
    case ENABLE:          return vga->enable;
    case SEQUENCER_INDEX: return vga->sequencer_index;
    case SEQUENCER_DATA:  return read_unit(vga->sequencer, VGA_SEQUENCER, vga->sequencer_index);
    case PEL_MASK:        return vga->pel_mask;
    case DAC_READ:        return vga->dac_state;
    case DAC_WRITE:       return vga->dac_index;
    case DAC_DATA:        return read_colour(vga);
    case FEATURE_READ:    return vga->feature;
    case MISC_READ:       return vga->misc;
    case GRAPHICS_INDEX:  return vga->graphics_index;
    case GRAPHICS_DATA:   return read_unit(vga->graphics, VGA_GRAPHICS, vga->graphics_index);
    case CRTC_INDEX:      return vga->crtc_index;
    case CRTC_DATA:       return read_unit(vga->crtc, VGA_CRTC, vga->crtc_index);
    case STATUS_1:        return status_1(vga);
    default:              return 0xFF;
    }
}

/* Registers between the processor and memory: what the monitor shows does not depend on them. */
static bool shown(const vga_t *vga, u32 port)
{
    switch (port) {
    case SEQUENCER_DATA: return vga->sequencer_index != SR_MAP_MASK;
    case GRAPHICS_DATA:  return vga->graphics_index == GR_MODE || vga->graphics_index == GR_MISCELLANEOUS;
    default:             return true;
    }
}

void vga_write(void *chip, u16 reg, u32 value)
{
    vga_t *vga = chip;
    u8 v = (u8)value;
    u32 port = decode(vga, reg);
    switch (port) {
    case ATTRIBUTE:       write_attribute(vga, v); break;
    case STATUS_0:        vga->misc = v & 0xEF; break;
    case ENABLE:          vga->enable = v & 1; break;
    case SEQUENCER_INDEX: vga->sequencer_index = v; return;
    case SEQUENCER_DATA:  write_sequencer(vga, v); break;
    case PEL_MASK:        vga->pel_mask = v; break;
    case DAC_READ:        vga->dac_index = v; vga->dac_state = 3; fetch_colour(vga); return;
    case DAC_WRITE:       vga->dac_index = v; vga->dac_state = 0; vga->dac_part = 0; return;
    case DAC_DATA:        write_colour(vga, v); break;
    case GRAPHICS_INDEX:  vga->graphics_index = v; return;
    case GRAPHICS_DATA:   write_graphics(vga, v); break;
    case CRTC_INDEX:      vga->crtc_index = v; return;
    case CRTC_DATA:       write_crtc(vga, v); break;
    case STATUS_1:        vga->feature = v & 3; return;
    default:              return;
    }
    vga_recompute(vga);
    if (shown(vga, port))
        vga_changed(vga);
}

/* ---- life ---- */

bool vga_init(vga_t *vga, vclock_t *clock, u32 vram_bytes)
{
    assert(vram_bytes >= 256 << 10 && (vram_bytes & (vram_bytes - 1)) == 0);
    *vga = (vga_t){ .clock = clock, .vram = calloc(1, vram_bytes), .vram_bytes = vram_bytes };
    alarm_init(&vga->retrace, clock, begin_retrace, vga);
    if (vga->vram)
        vga_reset(vga);
    return vga->vram;
}

void vga_free(vga_t *vga)
{
    free(vga->vram);
    vga->vram = NULL;
}

/* The data sheets leave most registers undefined at power-on; here they are 0, and the subsystem is enabled as on an adapter card. */
void vga_reset(vga_t *vga)
{
    alarm_clear(&vga->retrace);
    if (vga->retrace_pending)
        line_set(&vga->irq, false);
    vga_t fresh = { .clock = vga->clock, .irq = vga->irq, .retrace = vga->retrace, .vram = vga->vram, .vram_bytes = vga->vram_bytes,
                    .generation = vga->generation, .look = vga->look ? vga->look : 1, .enable = 1, .pel_mask = 0xFF, .vbe_id = 0xB0C5 };
    *vga = fresh;
    vga_recompute(vga);
    vga_changed(vga);
}

void vga_walk(vga_t *vga, walker_t *w)
{
    walk_chip(w, "vga", 1);
    FIELD(w, vga->misc); FIELD(w, vga->feature); FIELD_MAX(w, vga->enable, 1);
    FIELD(w, vga->sequencer_index); FIELD_ARRAY(w, vga->sequencer);
    FIELD(w, vga->graphics_index); FIELD_ARRAY(w, vga->graphics);
    FIELD(w, vga->crtc_index); FIELD_ARRAY(w, vga->crtc);
    FIELD_MAX(w, vga->attribute_index, 63); FIELD_ARRAY(w, vga->attribute);
    FIELD(w, vga->attribute_data); FIELD(w, vga->latch);
    FIELD(w, vga->pel_mask); FIELD(w, vga->dac_index); FIELD_MAX(w, vga->dac_part, 2); FIELD_MAX(w, vga->dac_state, 3);
    FIELD_ARRAY(w, vga->dac_hold); FIELD_ARRAY(w, vga->dac);
    FIELD(w, vga->vbe_index); FIELD(w, vga->vbe_id);
    FIELD_MAX(w, vga->vbe_xres, VGA_MAX_WIDTH); FIELD_MAX(w, vga->vbe_yres, VGA_MAX_HEIGHT); FIELD_MAX(w, vga->vbe_bpp, 32);
    FIELD_MAX(w, vga->vbe_enable, 0xFF); FIELD(w, vga->vbe_bank); FIELD(w, vga->vbe_virtual_width);
    FIELD(w, vga->vbe_x); FIELD(w, vga->vbe_y);
    FIELD(w, vga->retrace_pending);
    alarm_walk(&vga->retrace, w, "retrace");
    FIELD_BYTES(w, vga->vram, vga->vram_bytes);
    if (walk_loading(w)) {
        vga_vbe_validate(vga);
        vga_recompute(vga);
        vga_changed(vga);
    }
}

u8  *vga_vram(vga_t *vga)              { return vga->vram; }
u64  vga_generation(const vga_t *vga)  { return vga->generation; }

void vga_touched(void *chip, u32 page)
{
    vga_t *vga = chip;
    vga_stored(vga, page * VGA_PAGE);
    vga->generation++;
    vga->frame_buffer_touched = true;
}

bool vga_look(vga_t *vga)
{
    bool again = vga->frame_buffer_touched;
    vga->look++;
    vga->frame_buffer_touched = false;
    return again;
}
bool vga_direct(const vga_t *vga)      { return vbe_on(vga); }

void vga_mode_text(const vga_t *vga, char *text, size_t bytes)
{
    vga_raster_t r = vga_raster(vga);
    bool wide = vga->attribute[AR_MODE] & AR10_256;          /* two dots a pixel */
    if (vga_screen_off(vga))
        snprintf(text, bytes, "off");
    else if (vbe_on(vga))
        snprintf(text, bytes, "%ux%ux%u", vga->vbe_xres, vga->vbe_yres, vga->vbe_bpp);
    else if (!(vga->graphics[GR_MISCELLANEOUS] & GR6_GRAPHICS)) {
        u32 height = (vga->crtc[CR_MAX_SCAN] & 0x1Fu) + 1, doubled = vga->crtc[CR_MAX_SCAN] & CR9_DOUBLE_SCAN ? 2 : 1;
        snprintf(text, bytes, "%ux%u text, %ux%u", r.characters, r.lines / (height * doubled), r.dots, height);
    } else {
        u32 planes = vga->attribute[AR_PLANE_ENABLE] & 15u, colours = 1;
        for (; planes; planes &= planes - 1)
            colours *= 2;
        if (vga->graphics[GR_MODE] & GR5_INTERLEAVE && colours > 4) colours = 4;
        snprintf(text, bytes, "%ux%u %u colours", r.characters * r.dots / (wide ? 2 : 1), vga_screen_height(vga), wide ? 256 : colours);
    }
}
