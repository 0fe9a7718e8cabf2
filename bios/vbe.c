/* vbe.c - INT 10h AH=4Fh: VESA BIOS Extension 2.0 on the Bochs display interface.
 * VESA "VBE Core Functions Standard" 2.0; registers 01CEh/01CFh as in the Bochs VBE display interface document:
 * 0 id, 1 x, 2 y, 3 bits, 4 enable, 5 bank, 6 virtual width, 7 virtual height, 8 x offset, 9 y offset, 10 memory.
 * Left out: 4F0Ah (the protected-mode interface; it may be absent), text output in these modes, 4-bit modes
 * (the interface has no planes everywhere). */
#include "video.h"

enum { VBE_INDEX = 0x1CE, VBE_DATA = 0x1CF };
enum { ID, XRES, YRES, BPP, ENABLE, BANK, VIRT_WIDTH, VIRT_HEIGHT, X_OFFSET, Y_OFFSET, MEMORY_64K };
enum { ENABLED = 0x01, GET_CAPS = 0x02, DAC_8BIT = 0x20, LFB = 0x40, KEEP = 0x80 };
enum { SUPPORTED = 0x4F, FAILED = 0x01, NOT_HERE = 0x03, NO_LFB_MODE = 0x8000, DONT_CLEAR = 0x8000, USE_LFB = 0x4000 };

static u32  vbe_get(u32 index)          { out16(VBE_INDEX, index); return in16(VBE_DATA); }
static void vbe_set(u32 index, u32 v)   { out16(VBE_INDEX, index); out16(VBE_DATA, v); }

bool vbe_found(void) { return (vbe_get(ID) & 0xFFF0) == 0xB0C0; }

void vbe_off(void)
{
    BDA_SET(vbe_mode, 0);
    if (vbe_found())
        vbe_set(ENABLE, 0);
}

/* ---- the modes, numbered by VESA up to 11Bh, then as on Bochs ---- */

typedef struct { u16 number, width, height; u8 bits; } vbe_mode_t;
static const rom vbe_mode_t modes[] = {
    { 0x100, 640, 400, 8 },   { 0x101, 640, 480, 8 },   { 0x103, 800, 600, 8 },   { 0x105, 1024, 768, 8 },
    { 0x107, 1280, 1024, 8 }, { 0x10D, 320, 200, 15 },  { 0x10E, 320, 200, 16 },  { 0x10F, 320, 200, 24 },
    { 0x110, 640, 480, 15 },  { 0x111, 640, 480, 16 },  { 0x112, 640, 480, 24 },  { 0x113, 800, 600, 15 },
    { 0x114, 800, 600, 16 },  { 0x115, 800, 600, 24 },  { 0x116, 1024, 768, 15 }, { 0x117, 1024, 768, 16 },
    { 0x118, 1024, 768, 24 }, { 0x119, 1280, 1024, 15 }, { 0x11A, 1280, 1024, 16 }, { 0x11B, 1280, 1024, 24 },
    { 0x11C, 1600, 1200, 8 }, { 0x11D, 1600, 1200, 15 }, { 0x11E, 1600, 1200, 16 }, { 0x11F, 1600, 1200, 24 },
    { 0x140, 320, 200, 32 },  { 0x141, 640, 400, 32 },  { 0x142, 640, 480, 32 },  { 0x143, 800, 600, 32 },
    { 0x144, 1024, 768, 32 }, { 0x145, 1280, 1024, 32 }, { 0x146, 320, 200, 8 },  { 0x147, 1600, 1200, 32 },
    { 0x148, 1152, 864, 8 },  { 0x149, 1152, 864, 15 }, { 0x14A, 1152, 864, 16 }, { 0x14B, 1152, 864, 24 },
    { 0x14C, 1152, 864, 32 },
};

/* 64 KiB units; old interfaces (before B0C4h or so) do not tell, and have 16 MiB. */
static u32 memory_64k(void)
{
    u32 n = vbe_get(ID) >= 0xB0C5 ? vbe_get(MEMORY_64K) : 0;
    return n && n <= 0x1000 ? n : 256;
}

static u32 bytes_of(u32 bits)                   { return (bits + 7) / 8; }
static u32 pitch(const rom vbe_mode_t *m)       { return m->width * bytes_of(m->bits); }
static bool fits(const rom vbe_mode_t *m)       { return (pitch(m) * m->height + 0xFFFF) >> 16 <= memory_64k(); }

static const rom vbe_mode_t *find(u32 number)
{
    for (u32 i = 0; i < COUNT_OF(modes); i++)
        if (modes[i].number == (number & 0x1FF) && fits(&modes[i]))
            return &modes[i];
    return 0;
}

/* The mode that is set, by its size and depth. */
static const rom vbe_mode_t *current(void)
{
    if (!vbe_found() || !(vbe_get(ENABLE) & ENABLED))
        return 0;
    u32 width = vbe_get(XRES), height = vbe_get(YRES), bits = vbe_get(BPP);
    for (u32 i = 0; i < COUNT_OF(modes); i++)
        if (modes[i].width == width && modes[i].height == height && modes[i].bits == bits)
            return &modes[i];
    return 0;
}

/* ---- the linear frame buffer: a PCI display's first memory BAR, else where an ISA one has it ---- */

static u32 pci_read(u32 slot, u32 reg)
{
    out32(0xCF8, 0x80000000u | slot << 11 | reg);
    return in32(0xCFC);
}

static u32 frame_buffer(void)
{
    u32 saved = in32(0xCF8), found = 0xE0000000;
    out32(0xCF8, 0x80000000u);
    if (in32(0xCF8) == 0x80000000u)             /* configuration mechanism 1 is there */
        for (u32 slot = 0; slot < 32; slot++)
            if (pci_read(slot, 0) != 0xFFFFFFFF && pci_read(slot, 8) >> 16 == 0x0300) {
                u32 bar = pci_read(slot, 0x10);
                if (!(bar & 1) && (bar & ~15u))
                    found = bar & ~15u;
                break;
            }
    out32(0xCF8, saved);
    return found;
}

/* ---- 4F00h: the controller ---- */

static const rom char oem_string[] = "doppel VGA BIOS";

static void poke_far(u32 segment, u32 at, u32 offset) { poke16(segment, at, offset); poke16(segment, at + 2, my_segment()); }

/* A VBE 2.0 caller writes "VBE2" and has 512 bytes; an older one has 256.  The mode list is in its buffer. */
static u32 controller(const regs_t *r)
{
    u32 segment = r->es, at = r->di, list = at + 34;
    bool two = peek32(segment, at) == 0x32454256;
    far_fill8(segment, at, 0, two ? 512 : 256);
    poke32(segment, at, 0x41534556);            /* "VESA" */
    poke16(segment, at + 4, 0x0200);
    poke_far(segment, at + 6, (u32)oem_string);
    poke32(segment, at + 10, 1);                /* the DAC can be 8 bits wide */
    poke16(segment, at + 14, list);
    poke16(segment, at + 16, segment);
    poke16(segment, at + 18, memory_64k());
    if (two) {
        poke16(segment, at + 20, 0x0100);
        poke_far(segment, at + 22, (u32)oem_string);
        poke_far(segment, at + 26, (u32)oem_string);
        poke_far(segment, at + 30, (u32)oem_string);
    }
    for (u32 i = 0; i < COUNT_OF(modes); i++)
        if (fits(&modes[i])) {
            poke16(segment, list, modes[i].number);
            list += 2;
        }
    poke16(segment, list, 0xFFFF);
    return 0;
}

/* ---- 4F01h: a mode ---- */

/* Sizes and places of red, green, blue and the rest, for 15, 16, 24 and 32 bits. */
static const rom u8 *colour_fields(u32 bits)
{
    static const rom u8 fields[4][8] = {
        { 5, 10, 5, 5, 5, 0, 1, 15 }, { 5, 11, 6, 5, 5, 0, 0, 0 }, { 8, 16, 8, 8, 8, 0, 0, 0 }, { 8, 16, 8, 8, 8, 0, 8, 24 },
    };
    return bits == 15 ? fields[0] : bits == 16 ? fields[1] : bits == 24 ? fields[2] : fields[3];
}

extern char vbe_window_entry[];

static u32 information(const regs_t *r)
{
    const rom vbe_mode_t *m = find(r->cx);
    u32 segment = r->es, at = r->di;
    if (!m)
        return FAILED;
    u32 lfb = frame_buffer(), images = memory_64k() * 64 / ((pitch(m) * m->height + 1023) / 1024);
    far_fill8(segment, at, 0, 256);
    poke16(segment, at, 0x9B);                  /* supported, extended information, colour, graphics, linear */
    poke8(segment, at + 2, 0x07);               /* window A: movable, readable, writable */
    poke16(segment, at + 4, 64);
    poke16(segment, at + 6, 64);
    poke16(segment, at + 8, 0xA000);
    poke_far(segment, at + 12, (u32)vbe_window_entry);
    poke16(segment, at + 16, pitch(m));
    poke16(segment, at + 18, m->width);
    poke16(segment, at + 20, m->height);
    poke8(segment, at + 22, 8);
    poke8(segment, at + 23, 16);
    poke8(segment, at + 24, 1);
    poke8(segment, at + 25, m->bits);
    poke8(segment, at + 26, 1);
    poke8(segment, at + 27, m->bits == 8 ? 4 : 6);      /* packed pixel, direct colour */
    poke8(segment, at + 29, images > 256 ? 255 : images - 1);
    poke8(segment, at + 30, 1);
    for (u32 i = 0; i < 8 && m->bits > 8; i++)
        poke8(segment, at + 31 + i, colour_fields(m->bits)[i]);
    poke8(segment, at + 39, m->bits == 32 ? 2 : 0);
    poke32(segment, at + 40, lfb);
    return 0;
}

/* ---- 4F02h, 4F03h ---- */

static u32 set_mode(const regs_t *r)
{
    u32 number = r->bx;
    if ((number & 0x1FF) < 0x100) {
        if (!mode_find(number & 0x7F))
            return FAILED;
        mode_set(number & 0x7F, number & DONT_CLEAR);
        return 0;
    }
    const rom vbe_mode_t *m = find(number);
    if (!m)
        return FAILED;
    mode_set(0x13, number & DONT_CLEAR);        /* the VGA behind: chain-4, its palette, window at A000h */
    vbe_set(ENABLE, 0);
    vbe_set(XRES, m->width);
    vbe_set(YRES, m->height);
    vbe_set(BPP, m->bits);
    vbe_set(BANK, 0);
    vbe_set(ENABLE, ENABLED | (number & USE_LFB ? LFB : 0) | (number & DONT_CLEAR ? KEEP : 0));
    if (vbe_get(XRES) != m->width || vbe_get(BPP) != m->bits)
        return FAILED;
    BDA_SET(vbe_mode, m->number | (number & USE_LFB));
    BDA_SET(columns, m->width / 8);
    BDA_SET(rows, m->height / 16 - 1);
    BDA_SET(char_height, 16);
    return 0;
}

static u32 get_mode(regs_t *r)
{
    const rom vbe_mode_t *m = current();
    r->bx = m ? (u16)(m->number | (BDA(vbe_mode) & USE_LFB)) : BDA(video_mode) & 0x7F;
    return 0;
}

/* ---- 4F04h: state, ours and the display interface's ---- */

enum { VBE_REGISTERS = 10 };

static u32 state(regs_t *r)
{
    u32 parts = r->cx & 7, at = r->bx, segment = r->es;
    u32 extra = r->cx & 8 ? VBE_REGISTERS * 2 : 0;
    if (r->dl == 0)
        r->bx = (u16)((state_bytes(parts) + extra + 63) / 64);
    else if (r->dl == 1) {
        if (extra)
            for (u32 i = 1; i <= VBE_REGISTERS - 1; i++)
                poke16(segment, at + i * 2, vbe_get(i));
        state_save(parts, segment, at + extra);
    } else if (r->dl == 2) {
        if (extra && vbe_found()) {
            u32 enable = peek16(segment, at + ENABLE * 2);
            vbe_set(ENABLE, 0);
            for (u32 i = 1; i < ENABLE; i++)
                vbe_set(i, peek16(segment, at + i * 2));
            vbe_set(ENABLE, enable | KEEP);
            for (u32 i = BANK; enable & ENABLED && i <= VBE_REGISTERS - 1; i++)
                if (i != VIRT_HEIGHT)
                    vbe_set(i, peek16(segment, at + i * 2));
        }
        state_restore(parts, segment, at + extra);
    } else
        return FAILED;
    return 0;
}

/* ---- 4F05h: the 64 KiB window; also called far, without INT (video_entry.S) ---- */

static u32 window(regs_t *r)
{
    if (r->bl || r->bh > 1)
        return FAILED;
    if (BDA(vbe_mode) & USE_LFB)                /* Bochs does not let the enable register's bit be read */
        return NOT_HERE;
    if (r->bh == 1)
        r->dx = (u16)vbe_get(BANK);
    else if (r->dx >= memory_64k())
        return FAILED;
    else
        vbe_set(BANK, r->dx);
    return 0;
}

void vbe_window(regs_t *r) { r->ax = (u16)(SUPPORTED | window(r) << 8); }

/* ---- 4F06h: length of a scan line, 4F07h: start of the picture ---- */

static u32 line_length(regs_t *r)
{
    const rom vbe_mode_t *m = current();
    if (!m)
        return NOT_HERE;
    u32 bytes = bytes_of(m->bits), most = memory_64k() * 65536 / m->height / bytes, width = r->cx;
    most = most > 0x7FF8 ? 0x7FF8 : most & ~7u;
    switch (r->bl) {
    case 2: width = (width + bytes - 1) / bytes;        /* fall through: asked for in bytes */
        __attribute__((fallthrough));
    case 0:
        if (width < m->width || width > most)
            return 0x02;
        vbe_set(VIRT_WIDTH, (width + 7) & ~7u);
        __attribute__((fallthrough));
    case 1: width = vbe_get(VIRT_WIDTH); break;
    case 3: width = most; break;
    default: return FAILED;
    }
    u32 lines = memory_64k() * 65536 / (width * bytes);
    r->bx = (u16)(width * bytes);
    r->cx = (u16)width;
    r->dx = (u16)(lines > 0xFFFF ? 0xFFFF : lines);
    return 0;
}

static u32 display_start(regs_t *r)
{
    const rom vbe_mode_t *m = current();
    if (!m)
        return NOT_HERE;
    if (r->bl == 1) {
        r->bh = 0;
        r->cx = (u16)vbe_get(X_OFFSET);
        r->dx = (u16)vbe_get(Y_OFFSET);
        return 0;
    }
    if (r->bl != 0 && r->bl != 0x80)
        return FAILED;
    u32 bytes = vbe_get(VIRT_WIDTH) * bytes_of(m->bits);
    if ((r->dx + (u32)m->height) > memory_64k() * 65536 / bytes || r->cx + (u32)m->width > vbe_get(VIRT_WIDTH))
        return 0x02;
    u16 status = (u16)(crtc_port() + 6);
    for (u32 n = 0; r->bl == 0x80 && n < 60000 && !(in8(status) & 8); n++)
        ;
    vbe_set(X_OFFSET, r->cx);
    vbe_set(Y_OFFSET, r->dx);
    return 0;
}

/* ---- 4F08h: bits of the DAC, 4F09h: palette ---- */

static u32 dac_width(regs_t *r)
{
    const rom vbe_mode_t *m = current();
    if (!m || m->bits > 8)
        return NOT_HERE;
    u32 enable = vbe_get(ENABLE);
    if (r->bl > 1)
        return FAILED;
    if (r->bl == 0) {
        enable = r->bh >= 8 ? enable | DAC_8BIT : enable & ~(u32)DAC_8BIT;
        vbe_set(ENABLE, enable | KEEP);
    }
    r->bh = vbe_get(ENABLE) & DAC_8BIT ? 8 : 6;
    return 0;
}

/* Entries are blue, green, red and a spare byte. */
static u32 palette(const regs_t *r)
{
    u32 at = r->di, first = r->dx & 0xFF;
    if (r->cx > 256 - first || (r->bl > 1 && r->bl != 0x80))
        return FAILED;
    for (u32 i = 0; i < r->cx; i++, at += 4)
        if (r->bl == 1) {
            out8(VGA_DAC_READ, first + i);
            u32 red = in8(VGA_DAC), green = in8(VGA_DAC), blue = in8(VGA_DAC);
            poke32(r->es, at, blue | green << 8 | red << 16);
        } else
            dac_set(first + i, peek8(r->es, at + 2), peek8(r->es, at + 1), peek8(r->es, at));
    return 0;
}

void vbe_service(regs_t *r)
{
    u32 status;
    if (!vbe_found())
        return;
    switch (r->al) {
    case 0x00: status = controller(r); break;
    case 0x01: status = information(r); break;
    case 0x02: status = set_mode(r); break;
    case 0x03: status = get_mode(r); break;
    case 0x04: status = state(r); break;
    case 0x05: status = window(r); break;
    case 0x06: status = line_length(r); break;
    case 0x07: status = display_start(r); break;
    case 0x08: status = dac_width(r); break;
    case 0x09: status = palette(r); break;
    default:   return;                          /* AL stays: not supported */
    }
    r->ax = (u16)(SUPPORTED | status << 8);
}
