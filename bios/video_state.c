/* video_state.c - INT 10h AH=12h (alternate select), 1Ah (display combination), 1Bh (state information) and
 * 1Ch (save and restore), and the tables the BIOS data area points to at 40:A8h.
 * IBM PS/2 BIOS reference.  The save format is this ROM's own, as the reference allows. */
#include "video.h"
#include "video_tables.h"

/* ---- 40:A8h: seven far pointers; the first leads to the parameter table, the last to the secondary table ---- */

/* C cannot put the two halves of a far pointer into a constant, the assembler can.  E000h is where make_rom puts this
 * ROM.  The display combination codes: 16 pairs; 8, the VGA with an analog colour display, is ours. */
extern const rom u8 save_pointers[28];
__asm__(".section .rodata\n"
        ".globl save_pointers\n"
        "save_pointers: .word parameter_table, 0xE000, 0, 0, 0, 0, 0, 0, save_secondary, 0xE000, 0, 0, 0, 0\n"
        "save_secondary: .word 26, display_combinations, 0xE000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0\n"
        ".globl display_combinations\n"
        "display_combinations: .byte 16, 1, 8, 0\n"
        ".byte 0, 0, 0, 1, 0, 2, 2, 1, 0, 4, 4, 1, 5, 0, 2, 5, 0, 6, 6, 1, 6, 5, 8, 0, 1, 8, 0, 7, 0, 7, 8, 0\n"
        ".text\n");

u32 video_save_far(void) { return my_segment() << 16 | (u32)save_pointers; }

/* ---- AH=1Ah ---- */

void display_combination(regs_t *r)
{
    if (r->al == 0)
        r->bx = 0x0008;                         /* active: VGA with analog colour display; no other */
    else if (r->al != 1)
        return;
    r->al = 0x1A;
}

/* ---- AH=12h ---- */

static void flag(u32 bit, bool on)
{
    u32 flags = BDA(video_flags);
    BDA_SET(video_flags, on ? flags | bit : flags & ~bit);
}

static void alternate_done(regs_t *r) { r->al = 0x12; }

/* BL=30h: AL 0: 200, 1: 350, 2: 400 lines, from the next mode set on. */
static void set_lines(regs_t *r)
{
    static const rom u8 switches[] = { 0x08, 0x09, 0x09 };
    if (r->al > 2)
        return;
    flag(0x80, r->al == 0);
    flag(0x10, r->al == 2);
    BDA_SET(video_switches, (BDA(video_switches) & 0xF0) | switches[r->al]);
    alternate_done(r);
}

static void refresh(bool off)
{
    out8(VGA_SEQUENCER, 1);
    u32 mode = in8(VGA_SEQUENCER + 1);
    out8(VGA_SEQUENCER + 1, off ? mode | 0x20 : mode & ~0x20u);
}

static void addressing(bool on)
{
    u32 misc = in8(VGA_MISC_READ);
    out8(VGA_MISC, on ? misc | 2 : misc & ~2u);
}

void alternate_select(regs_t *r)
{
    switch (r->bl) {
    case 0x10:
        r->bx = (u16)((BDA(crtc) & 0xFF) == 0xB4 ? 0x0103 : 0x0003);
        r->cx = BDA(video_switches) & 15;
        break;
    case 0x20: break;                           /* print screen: the system's INT 05h knows any number of rows */
    case 0x30: set_lines(r); break;
    case 0x31: flag(0x08, r->al); alternate_done(r); break;
    case 0x32: addressing(!r->al); alternate_done(r); break;
    case 0x33: flag(0x02, !r->al); alternate_done(r); break;
    case 0x34:
        BDA_SET(video_control, (BDA(video_control) & ~1u) | (r->al & 1u));
        alternate_done(r);
        break;
    case 0x36: refresh(r->al & 1); alternate_done(r); break;
    default: break;                             /* 35h, display switch: there is one display */
    }
}

/* ---- AH=1Bh: 64 bytes of state at ES:DI ---- */

/* Modes, scan lines, font blocks, and what INT 10h can do; see the reference's "static functionality table". */
static const rom u8 functionality[16] = {
    0xFF, 0xE0, 0x0F, 0, 0, 0, 0, 0x07, 0x02, 0x08, 0xE7, 0x0C, 0, 0, 0, 0,
};

void state_information(regs_t *r)
{
    u32 segment = r->es, at = r->di;
    const rom mode_t *m = mode_now();
    if (r->bx)
        return;
    far_fill8(segment, at, 0, 64);
    poke16(segment, at, (u32)functionality);
    poke16(segment, at + 2, my_segment());
    far_copy8(segment, at + 4, 0x40, OFFSET(bda_t, video_mode), 30);
    u32 rows = BDA(rows) + 1u, height = BDA(char_height), flags = BDA(video_flags), control = BDA(video_control);
    u32 cga_mode = BDA(cga_mode);
    poke8(segment, at + 0x22, rows);
    poke16(segment, at + 0x23, height);
    poke8(segment, at + 0x25, 0x08);            /* display combination */
    u32 colours = m->mode == 7 || m->mode == 0x0F ? 0 : m->kind == LINEAR ? 256 : 1u << m->bits;
    poke16(segment, at + 0x27, colours);
    poke8(segment, at + 0x29, m->kind == TEXT_CELLS || m->kind == PLANAR ? (m->mode > 0x0E ? 1 : 8) : 1);
    poke8(segment, at + 0x2A, m->mode >= 0x11 && m->mode <= 0x12 ? 3 : flags & 0x80 ? 0 : flags & 0x10 ? 2 : 1);
    poke8(segment, at + 0x2D, (flags & 0x0F) | (control & 1 ? 0 : 0x10u) | (cga_mode & 0x20));
    poke8(segment, at + 0x31, 3);               /* 256 KB */
    poke8(segment, at + 0x32, 0);
    r->al = 0x1B;
}

/* ---- AH=1Ch, and VBE 4F04h: parts bit 0 hardware, bit 1 data area, bit 2 DAC ---- */

enum { HARDWARE_BYTES = 5 + 5 + 25 + 21 + 9, DATA_BYTES = 52, DAC_BYTES = 4 + 768 };

u32 state_bytes(u32 parts)
{
    return (parts & 1 ? HARDWARE_BYTES : 0u) + (parts & 2 ? DATA_BYTES : 0u) + (parts & 4 ? DAC_BYTES : 0u);
}

static u32 indexed_get(u16 port, u32 index)
{
    out8(port, index);
    return in8((u16)(port + 1));
}

static u32 hardware_save(u32 segment, u32 at)
{
    u16 port = in8(VGA_MISC_READ) & 1 ? 0x3D4 : 0x3B4;
    poke8(segment, at++, in8(VGA_MISC_READ));
    poke8(segment, at++, in8(VGA_SEQUENCER));
    poke8(segment, at++, in8(port));
    poke8(segment, at++, in8(VGA_GRAPHICS));
    poke8(segment, at++, in8(VGA_FEATURE_READ));
    for (u32 i = 0; i < 5; i++)
        poke8(segment, at++, indexed_get(VGA_SEQUENCER, i));
    for (u32 i = 0; i < 25; i++)
        poke8(segment, at++, indexed_get(port, i));
    for (u32 i = 0; i < 21; i++) {
        in8((u16)(port + 6));
        out8(VGA_ATTRIBUTE, i);
        poke8(segment, at++, in8(VGA_ATTRIBUTE_READ));
    }
    in8((u16)(port + 6));
    out8(VGA_ATTRIBUTE, 0x20);
    for (u32 i = 0; i < 9; i++)
        poke8(segment, at++, indexed_get(VGA_GRAPHICS, i));
    return at;
}

static u32 hardware_restore(u32 segment, u32 at)
{
    u32 indices = at + 1, misc = peek8(segment, at);
    u16 port = misc & 1 ? 0x3D4 : 0x3B4;
    at += 5;
    seq(0, 1);
    out8(VGA_MISC, misc);
    for (u32 i = 1; i < 5; i++)
        seq(i, peek8(segment, at + i));
    seq(0, 3);
    at += 5;
    out16(port, 0x11 | (peek8(segment, at + 0x11) & 0x7Fu) << 8);
    for (u32 i = 0; i < 25; i++)
        out16(port, i | (u32)peek8(segment, at + i) << 8);
    at += 25;
    in8((u16)(port + 6));
    for (u32 i = 0; i < 21; i++) {
        out8(VGA_ATTRIBUTE, i);
        out8(VGA_ATTRIBUTE, peek8(segment, at++));
    }
    out8(VGA_ATTRIBUTE, 0x20);
    for (u32 i = 0; i < 9; i++)
        gfx(i, peek8(segment, at++));
    out8(VGA_SEQUENCER, peek8(segment, indices));
    out8(port, peek8(segment, indices + 1));
    out8(VGA_GRAPHICS, peek8(segment, indices + 2));
    return at;
}

/* 40:49h-66h, 84h-8Ah, A8h, and the vectors 1Fh and 43h; `save` false: back. */
static u32 data_move(u32 segment, u32 at, bool save)
{
    static const rom struct { u16 segment, offset; u8 bytes; } pieces[] = {
        { 0x40, 0x49, 30 }, { 0x40, 0x84, 7 }, { 0x40, 0xA8, 4 }, { 0, 0x1F * 4, 4 }, { 0, 0x43 * 4, 4 }, { 0x40, 0x10, 1 }, { 0x40, 0xBA, 2 },
    };
    for (u32 i = 0; i < COUNT_OF(pieces); i++) {
        if (save)
            far_copy8(segment, at, pieces[i].segment, pieces[i].offset, pieces[i].bytes);
        else
            far_copy8(pieces[i].segment, pieces[i].offset, segment, at, pieces[i].bytes);
        at += pieces[i].bytes;
    }
    return at;
}

static void dac_save(u32 segment, u32 at)
{
    poke8(segment, at++, in8(VGA_DAC_STATE));
    poke8(segment, at++, in8(VGA_DAC_WRITE));
    poke8(segment, at++, in8(VGA_PEL_MASK));
    poke8(segment, at++, 0);
    out8(VGA_DAC_READ, 0);
    for (u32 i = 0; i < 768; i++)
        poke8(segment, at++, in8(VGA_DAC));
}

static void dac_restore(u32 segment, u32 at)
{
    out8(VGA_PEL_MASK, peek8(segment, at + 2));
    out8(VGA_DAC_WRITE, 0);
    for (u32 i = 0; i < 768; i++)
        out8(VGA_DAC, peek8(segment, at + 4 + i));
    out8(VGA_DAC_WRITE, peek8(segment, at + 1));
}

void state_save(u32 parts, u32 segment, u32 at)
{
    if (parts & 1)
        at = hardware_save(segment, at);
    if (parts & 2)
        at = data_move(segment, at, true);
    if (parts & 4)
        dac_save(segment, at);
}

void state_restore(u32 parts, u32 segment, u32 at)
{
    if (parts & 1)
        at = hardware_restore(segment, at);
    if (parts & 2)
        at = data_move(segment, at, false);
    if (parts & 4)
        dac_restore(segment, at);
}

void state_service(regs_t *r)
{
    u32 parts = r->cx;
    if (r->al > 2 || !parts || parts > 7)
        return;
    switch (r->al) {
    case 0: r->bx = (u16)((state_bytes(parts) + 63) / 64); break;
    case 1: state_save(parts, r->es, r->bx); break;
    default: state_restore(parts, r->es, r->bx); break;
    }
    r->al = 0x1C;
}
