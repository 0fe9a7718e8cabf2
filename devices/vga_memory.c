/* vga_memory.c - the processor's window A0000..BFFFF: graphics controller, planes and latches.
 *
 * Documents: IBM PS/2 Hardware Interface Technical Reference, "Graphics Controller" and "Video Memory"; the IBM EGA schematic for
 * what replaces A0 in odd/even mode (page select is inverted: bit 5 of Miscellaneous Output set selects even addresses).
 *
 * The four planes at one address are one 32-bit value, plane p in byte p.  The graphics controller works on all four at once.
 *
 * Left out: SR4 bit 1 (64 KiB adapters). */
#include "devices/vga_inside.h"

/* A byte FFh for each set bit of four. */
static const u32 spread[16] = {
    0x00000000, 0x000000FF, 0x0000FF00, 0x0000FFFF, 0x00FF0000, 0x00FF00FF, 0x00FFFF00, 0x00FFFFFF,
    0xFF000000, 0xFF0000FF, 0xFF00FF00, 0xFF00FFFF, 0xFFFF0000, 0xFFFF00FF, 0xFFFFFF00, 0xFFFFFFFF };

INLINE u32 replicate(u32 byte) { return (byte & 0xFF) * 0x01010101u; }

/* ---- derived facts ---- */

static void find_window(vga_t *vga)
{
    static const u32 first[4] = { 0, 0, 0x10000, 0x18000 }, bytes[4] = { 0x20000, 0x10000, 0x8000, 0x8000 };
    u32 map = vga->graphics[GR_MISCELLANEOUS] >> 2 & 3;
    bool linear = vbe_on(vga) && vga->vbe_bpp != 4;
    vga->window_first = linear ? 0 : first[map];
    vga->window_bytes = linear ? 0x10000 : bytes[map];
    if (!(vga->misc & MISC_MEMORY) || !(vga->enable & 1))
        vga->window_bytes = 0;
}

void vga_recompute(vga_t *vga)
{
    const u8 *gr = vga->graphics;
    u8 memory_mode = vga->sequencer[SR_MEMORY_MODE];
    find_window(vga);
    vga->load_path = gr[GR_MODE] & GR5_ODD_EVEN ? VGA_PATH_ODD_EVEN : VGA_PATH_PLANAR;
    vga->store_path = memory_mode & SR4_ODD_EVEN_OFF ? VGA_PATH_PLANAR : VGA_PATH_ODD_EVEN;
    if (memory_mode & SR4_CHAIN4)
        vga->load_path = vga->store_path = VGA_PATH_CHAIN4;
    if (vbe_on(vga) && vga->vbe_bpp != 4)
        vga->load_path = vga->store_path = VGA_PATH_LINEAR;
    vga->odd_even_a0 = (gr[GR_MISCELLANEOUS] >> 2 & 3) == 0 ? 2 : !(vga->misc & MISC_PAGE);
    vga->plane_base = vbe_on(vga) && vga->vbe_bpp == 4 ? (u32)vga->vbe_bank << 16 : 0;
    vga->map_mask = spread[vga->sequencer[SR_MAP_MASK] & 15];
    vga->plain = (gr[GR_MODE] & 3) == 0 && (gr[GR_ROTATE] & 0x1F) == 0 && !(gr[GR_ENABLE_SET_RESET] & 15) && gr[GR_BIT_MASK] == 0xFF;
    vga->stores_glyphs = !(gr[GR_MISCELLANEOUS] & GR6_GRAPHICS) && vga->map_mask & 0x00FF0000;
    vga->generation++;
}

/* ---- addresses ---- */

/* Where a byte of the window lies: its plane address, and its plane (CHAIN4) or pair of planes (ODD_EVEN). */
static u32 plane_address(const vga_t *vga, vga_path_t path, u32 at)
{
    u32 n = at & 0xFFFF;
    if (path == VGA_PATH_CHAIN4)                             /* A0 and A1 select the plane, A16 takes A0's place */
        n = (n & ~3u) | (at >> 16 & 1);
    else if (path == VGA_PATH_ODD_EVEN && vga->graphics[GR_MISCELLANEOUS] & GR6_CHAIN_ODD_EVEN)
        n = (n & ~1u) | (vga->odd_even_a0 == 2 ? at >> 16 & 1 : vga->odd_even_a0);
    return n + vga->plane_base;
}

static u8 *linear_byte(const vga_t *vga, u32 at)
{
    return vga->vram + ((((u32)vga->vbe_bank << 16) + at) & (vga->vram_bytes - 1));
}

/* Stored: who draws the screen will want to know. */
static void note(vga_t *vga, const u8 *to)
{
    if (vga->stores_glyphs)
        vga_changed(vga);
    vga_stored(vga, (u32)(to - vga->vram));
}

/* ---- reading ---- */

static u8 compare(const vga_t *vga)                          /* read mode 1: bits whose colour matches where it matters */
{
    u32 colour = spread[vga->graphics[GR_COLOUR_COMPARE] & 15], care = spread[vga->graphics[GR_DONT_CARE] & 15];
    u32 differ = (vga->latch ^ colour) & care;
    differ |= differ >> 16;
    differ |= differ >> 8;
    return (u8)~differ;
}

static u8 load_byte(vga_t *vga, u32 at)
{
    if (vga->load_path == VGA_PATH_LINEAR)
        return *linear_byte(vga, at);
    vga->latch = get(vga_planes(vga, plane_address(vga, vga->load_path, at)), W32);
    u32 plane = vga->graphics[GR_READ_MAP] & 3;
    if (vga->load_path == VGA_PATH_CHAIN4)
        plane = at & 3;
    else if (vga->load_path == VGA_PATH_ODD_EVEN)
        plane = (plane & 2) | (at & 1);
    if (vga->graphics[GR_MODE] & GR5_READ_MODE)
        return compare(vga);
    return (u8)(vga->latch >> plane * 8);
}

u32 vga_load(void *chip, u32 offset, width_t w)
{
    vga_t *vga = chip;
    u32 at = offset - vga->window_first, value = 0;
    if (!range_ok(at, w / 8u, vga->window_bytes))
        return mask(w);
    for (u32 i = 0; i < w / 8u; i++)
        value |= (u32)load_byte(vga, at + i) << i * 8;
    return value;
}

/* ---- writing ---- */

/* Function select (GR3) between the latches and what the processor sends, then the bit mask. */
static u32 combine(const vga_t *vga, u32 data, u32 bits)
{
    switch (vga->graphics[GR_ROTATE] >> 3 & 3) {
    case 1: data &= vga->latch; break;
    case 2: data |= vga->latch; break;
    case 3: data ^= vga->latch; break;
    }
    return (data & bits) | (vga->latch & ~bits);
}

static u32 write_mode(const vga_t *vga, u8 value)
{
    const u8 *gr = vga->graphics;
    u32 turn = gr[GR_ROTATE] & 7, turned = (u32)value >> turn | (u32)value << (8 - turn);
    u32 bits = replicate(gr[GR_BIT_MASK]), set = spread[gr[GR_SET_RESET] & 15], enable = spread[gr[GR_ENABLE_SET_RESET] & 15];
    switch (gr[GR_MODE] & 3) {
    case 0:  return combine(vga, (replicate(turned) & ~enable) | (set & enable), bits);
    case 1:  return vga->latch;
    case 2:  return combine(vga, spread[value & 15], bits);
    default: return combine(vga, set, bits & replicate(turned));
    }
}

static void store_byte(vga_t *vga, u32 at, u8 value)
{
    if (vga->store_path == VGA_PATH_LINEAR) {
        u8 *byte = linear_byte(vga, at);
        *byte = value;
        note(vga, byte);
        return;
    }
    u32 planes = vga->map_mask;
    if (vga->store_path == VGA_PATH_CHAIN4)
        planes &= 0xFFu << (at & 3) * 8;
    else if (vga->store_path == VGA_PATH_ODD_EVEN)
        planes &= 0x00FF00FFu << (at & 1) * 8;
    u8 *to = vga_planes(vga, plane_address(vga, vga->store_path, at));
    u32 data = vga->plain ? replicate(value) : write_mode(vga, value);
    put(to, W32, (data & planes) | (get(to, W32) & ~planes));
    note(vga, to);
}

/* Aligned words that reach memory unchanged, in one store: text (character and attribute), chain-4, banked VBE. */
static bool store_at_once(vga_t *vga, u32 at, width_t w, u32 value)
{
    if (at & (w / 8u - 1))
        return false;
    if (vga->store_path == VGA_PATH_LINEAR) {
        u8 *bytes = linear_byte(vga, at);
        put(bytes, w, value);
        note(vga, bytes);
        return true;
    }
    u8 *to = vga_planes(vga, plane_address(vga, vga->store_path, at));
    note(vga, to);
    if (vga->plain && vga->store_path == VGA_PATH_CHAIN4 && vga->map_mask == 0xFFFFFFFF) {
        put(to + (at & 3), w, value);
        return true;
    }
    if (vga->plain && vga->store_path == VGA_PATH_ODD_EVEN && vga->map_mask == 0xFFFF && w == W16) {
        put(to, W16, value);
        return true;
    }
    return false;
}

void vga_store(void *chip, u32 offset, width_t w, u32 value)
{
    vga_t *vga = chip;
    u32 at = offset - vga->window_first;
    if (!range_ok(at, w / 8u, vga->window_bytes))
        return;
    vga->generation++;
    if (w != W8 && store_at_once(vga, at, w, value))
        return;
    for (u32 i = 0; i < w / 8u; i++)
        store_byte(vga, at + i, (u8)(value >> i * 8));
}

/* ---- many bytes: the same, with what does not change from byte to byte said once ---- */

void vga_load_run(void *chip, u32 offset, u8 *to, u32 bytes)
{
    vga_t *vga = chip;
    u32 at = offset - vga->window_first;
    if (!range_ok(at, bytes, vga->window_bytes)) {
        memset(to, 0xFF, bytes);
        return;
    }
    for (u32 i = 0; i < bytes; i++)
        to[i] = load_byte(vga, at + i);
}

/* Mode 13h: four bytes of the window are the four planes at one address. */
static void store_chain4(vga_t *vga, u32 at, const u8 *from, u32 bytes)
{
    u32 i = 0;
    for (; i < bytes && (at + i) & 3; i++)
        store_byte(vga, at + i, from[i]);
    for (; i + 4 <= bytes; i += 4) {
        u8 *to = vga_planes(vga, plane_address(vga, VGA_PATH_CHAIN4, at + i));
        put(to, W32, get(from + i, W32));
        note(vga, to);
    }
    for (; i < bytes; i++)
        store_byte(vga, at + i, from[i]);
}

static void store_planes(vga_t *vga, u32 at, const u8 *from, u32 bytes)
{
    u32 planes = vga->map_mask;
    for (u32 i = 0; i < bytes; i++) {
        u8 *to = vga_planes(vga, plane_address(vga, VGA_PATH_PLANAR, at + i));
        put(to, W32, (replicate(from[i]) & planes) | (get(to, W32) & ~planes));
        note(vga, to);
    }
}

void vga_store_run(void *chip, u32 offset, const u8 *from, u32 bytes)
{
    vga_t *vga = chip;
    u32 at = offset - vga->window_first;
    if (!range_ok(at, bytes, vga->window_bytes))
        return;
    vga->generation++;
    if (vga->plain && vga->store_path == VGA_PATH_CHAIN4 && vga->map_mask == 0xFFFFFFFF)
        store_chain4(vga, at, from, bytes);
    else if (vga->plain && vga->store_path == VGA_PATH_PLANAR)
        store_planes(vga, at, from, bytes);
    else
        for (u32 i = 0; i < bytes; i++)
            store_byte(vga, at + i, from[i]);
}
