/* roms.c - option ROMs: 55h AAh, length in 512 bytes, entry at 3, all bytes add up to 0.
 * "Plug and Play BIOS Specification" 1.0A, chapter 3 (expansion header, initialisation); "BIOS Boot Specification" 1.01, chapter 3 and
 * appendix C (bootstrap entry vectors, boot connection vectors).
 *
 * A ROM with a $PnP header does not take INT 13h or 19h while it starts: it has seen by ES:DI that we will call its connection
 * vector (its drives join behind ours) and, in the order of starting, its bootstrap entry (boot.c).
 * Left out: the disconnect vector, resources, ROMs on PCI adapters. */
#include "system.h"
#include "bda.h"

enum { PNP_AT = 0xE080 };                       /* our own structure: entry.S */
enum { HEADER_AT = 0x1A, HEADERS = 4, HEADER_BYTES = 32 };
enum { NEXT = 0x06, PRODUCT = 0x10, CONNECT = 0x16, BOOTSTRAP = 0x1A };    /* in the expansion header */

u32 rom_blocks(u32 segment)
{
    u8 sum = 0;
    u32 blocks = peek8(segment, 2);
    if (peek16(segment, 0) != 0xAA55 || !blocks)
        return 0;
    for (u32 at = segment; at < segment + blocks * 32; at += 32)
        for (u32 i = 0; i < 512; i++)
            sum = (u8)(sum + peek8(at, i));
    return sum ? 0 : blocks;
}

/* PnP 3.3: ES:DI our structure; BX and DX: no card select number, no read port; AX: not on PCI. */
static void enter_rom(u32 segment, u32 entry)
{
    call_t c = call_with(0);
    c.ebx = c.edx = 0xFFFF;
    c.edi = PNP_AT;
    c.ds = 0x40;
    c.es = 0xF000;
    call_far(segment << 16 | entry, &c);
    cli();
}

void rom_start(u32 segment) { enter_rom(segment, 3); }

/* Where to look next; a ROM may have become smaller while it started. */
static u32 behind(u32 segment, u32 blocks) { return segment + (blocks ? (blocks * 32 + 0x7F) & ~0x7Fu : 0x80); }

/* A ROM that came back with a length of 0 has withdrawn. */
static void note_rom(u32 segment)
{
    u32 n = EBDA(roms);
    if (segment < 0xC800 || n == ROMS || !peek8(segment, 2))
        return;
    poke16(ebda_segment(), OFFSET(ebda_t, rom_segment) + n * 2, segment);
    EBDA_SET(roms, n + 1);
}

bool roms_start(u32 from, u32 to)
{
    bool found = false;
    for (u32 segment = from; segment < to; ) {
        u32 blocks = rom_blocks(segment);
        if (blocks) {
            rom_start(segment);
            note_rom(segment);
            found = true;
        }
        segment = behind(segment, blocks ? peek8(segment, 2) : 0);      /* steps of 2 KiB */
    }
    return found;
}

static bool is_header(u32 segment, u32 at, u32 bytes)
{
    return at >= HEADER_AT + 2 && at + HEADER_BYTES <= bytes && at <= 0x10000 - HEADER_BYTES && peek32(segment, at) == 0x506E5024;
}

static void note_bootstrap(u32 segment, u32 header)
{
    u32 n = EBDA(bevs), entry = peek16(segment, header + BOOTSTRAP), product = peek16(segment, header + PRODUCT);
    if (!entry || n == BEVS)
        return;
    u32 ebda = ebda_segment(), at = OFFSET(ebda_t, bev) + n * (u32)sizeof(bev_t);
    poke16(ebda, at, segment);
    poke16(ebda, at + 2, entry);
    poke16(ebda, at + 4, product);
    EBDA_SET(bevs, n + 1);
}

static void connect(u32 segment, u32 bytes)
{
    u32 header = peek16(segment, HEADER_AT);
    for (u32 n = 0; n < HEADERS && is_header(segment, header, bytes); n++) {
        u32 vector = peek16(segment, header + CONNECT);
        if (vector)
            enter_rom(segment, vector);
        note_bootstrap(segment, header);
        header = peek16(segment, header + NEXT);
    }
}

/* Nobody's checksum is asked for again: some that keep data of their own correct it wrongly (iPXE's beyond 64 KiB). */
void roms_connect(void)
{
    for (u32 n = 0; n < EBDA(roms); n++) {
        u32 segment = peek16(ebda_segment(), OFFSET(ebda_t, rom_segment) + n * 2);
        connect(segment, peek8(segment, 2) * 512u);
    }
}

bool rom_boot(u32 n)
{
    if (n >= EBDA(bevs))
        return false;
    u32 ebda = ebda_segment(), at = OFFSET(ebda_t, bev) + n * (u32)sizeof(bev_t);
    u32 segment = peek16(ebda, at), entry = peek16(ebda, at + 2), product = peek16(ebda, at + 4);
    sti();
    enter_rom(segment, entry);
    print(TEXT("  "));
    for (u32 i = 0, c; product && i < 32 && (c = peek8(segment, product + i)) >= ' ' && c < 0x7F; i++)
        print_char(c);
    print(TEXT(" (option ROM): it started nothing\n"));
    return true;
}
