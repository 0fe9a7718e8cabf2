/* devices.c - what a byte costs on its way to and from a device: one program for each name, which speed.sh defines, on the bare machine in flat protected
 * mode (shared/bench/src/start_mb.S).  Registers: IBM PS/2 Hardware Interface Technical Reference; the Bochs VBE interface; ATA-4; Intel 82371SB. */
#include "kern.h"

static inline void out8(unsigned short port, unsigned char v)   { __asm__ volatile("outb %0,%1" :: "a"(v), "Nd"(port)); }
static inline void out16(unsigned short port, unsigned short v) { __asm__ volatile("outw %0,%1" :: "a"(v), "Nd"(port)); }
static inline void out32(unsigned short port, u32 v)            { __asm__ volatile("outl %0,%1" :: "a"(v), "Nd"(port)); }
static inline unsigned char in8(unsigned short port)            { unsigned char v; __asm__ volatile("inb %1,%0" : "=a"(v) : "Nd"(port)); return v; }
static inline u32 in32(unsigned short port)                     { u32 v; __asm__ volatile("inl %1,%0" : "=a"(v) : "Nd"(port)); return v; }
static inline void stosb(void *to, unsigned char v, u32 n)      { __asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(v) : "memory"); }
static inline void stosl(void *to, u32 v, u32 n)                { __asm__ volatile("rep stosl" : "+D"(to), "+c"(n) : "a"(v) : "memory"); }
static inline void movsb(void *to, const void *from, u32 n)     { __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) :: "memory"); }

static volatile unsigned char *const window = (unsigned char *)0xA0000;
static unsigned char *const buffer = (unsigned char *)0x800000;

static inline void sequencer(u32 i, u32 v) { out16(0x3C4, (unsigned short)(i | v << 8)); }
static inline void graphics(u32 i, u32 v)  { out16(0x3CE, (unsigned short)(i | v << 8)); }

/* The processor's side of a graphics mode: memory mode (SR4), window A0000, 64 KiB. */
static inline void planes(u32 memory_mode, u32 write_mode)
{
    sequencer(2, 15); sequencer(4, memory_mode);
    graphics(0, 0); graphics(1, 0); graphics(3, 0); graphics(4, 0); graphics(5, write_mode); graphics(6, 5); graphics(7, 15); graphics(8, 0xFF);
}

/* The function of this class on PCI bus 0 (configuration mechanism 1). */
static inline u32 pci_find(u32 class)
{
    for (u32 at = 0x80000000; at < 0x80010000; at += 0x100) {
        out32(0xCF8, at + 8);
        if (in32(0xCFC) >> 16 == class) return at;
    }
    return 0;
}
static inline u32 pci_read(u32 at) { out32(0xCF8, at); return in32(0xCFC); }

/* ATA, first drive: n sectors from `sector` on; what follows is the command's. */
static inline void ata(u32 sector, u32 n, unsigned char command)
{
    while (in8(0x1F7) & 0x80) { }
    out8(0x1F6, (unsigned char)(0xE0 | sector >> 24)); out8(0x1F2, (unsigned char)n);
    out8(0x1F3, (unsigned char)sector); out8(0x1F4, (unsigned char)(sector >> 8)); out8(0x1F5, (unsigned char)(sector >> 16));
    out8(0x1F7, command);
}

#if defined(vgafill)                   /* mode 13h, REP STOSB: 128 million bytes */
static void work(void) { planes(0x0E, 0x40); for (u32 i = 0; i < 2000; i++) stosb((void *)window, (unsigned char)i, 64000); }
#elif defined(vgacopy)                 /* mode 13h, REP MOVSB of a picture in memory: 128 million bytes */
static void work(void) { planes(0x0E, 0x40); for (u32 i = 0; i < 2000; i++) movsb((void *)window, buffer + i, 64000); }
#elif defined(vgadots)                 /* mode 13h, a byte at a time: 16 million */
static void work(void) { planes(0x0E, 0x40); for (u32 i = 0; i < 250; i++) for (u32 n = 0; n < 64000; n++) window[n] = (unsigned char)(n + i); }
#elif defined(modex)                   /* unchained, a plane after the other, a byte at a time: 16 million */
static void work(void)
{
    planes(0x06, 0x40);
    for (u32 i = 0; i < 250; i++)
        for (u32 p = 0; p < 4; p++) {
            sequencer(2, 1u << p);
            for (u32 n = 0; n < 16000; n++) window[n] = (unsigned char)(n + i);
        }
}
#elif defined(planar0)                 /* mode 12h, write mode 0 through the bit mask and the latches: 8 million loads and stores */
static void work(void) { planes(0x06, 0); graphics(1, 15); for (u32 i = 0; i < 210; i++) { graphics(0, i & 15); graphics(8, i | 1); for (u32 n = 0; n < 38400; n++) { (void)window[n]; window[n] = 0xFF; } } }
#elif defined(planar1)                 /* write mode 1: REP MOVSB from memory to memory of the screen, as scrolling does: 16 million bytes */
static void work(void) { planes(0x06, 1); for (u32 i = 0; i < 420; i++) movsb((void *)window, (void *)(window + 640), 38400); }
#elif defined(planar2)                 /* write mode 2: a colour through the bit mask: 8 million loads and stores */
static void work(void) { planes(0x06, 2); for (u32 i = 0; i < 210; i++) { graphics(8, i | 1); for (u32 n = 0; n < 38400; n++) { (void)window[n]; window[n] = (unsigned char)i; } } }
#elif defined(planar3)                 /* write mode 3: set/reset through the bytes written: 8 million loads and stores */
static void work(void) { planes(0x06, 3); for (u32 i = 0; i < 210; i++) { graphics(0, i & 15); for (u32 n = 0; n < 38400; n++) { (void)window[n]; window[n] = (unsigned char)n; } } }
#elif defined(vgaread)                 /* read modes 0 and 1: 16 million bytes */
static void work(void) { for (u32 i = 0; i < 420; i++) { planes(0x06, (i & 1) << 3); for (u32 n = 0; n < 38400; n++) (void)window[n]; } }
#elif defined(lfb)                     /* 1024x768, 32 bits, the linear frame buffer: 1.2 thousand million bytes */
static void work(void)
{
    static const unsigned short mode[] = { 4, 0, 1, 1024, 2, 768, 3, 32, 4, 0x41 };
    u32 vga = pci_find(0x0300), *at = (u32 *)(pci_read(vga + 0x10) & ~15u);
    for (u32 i = 0; i < 10; i += 2) { out16(0x1CE, mode[i]); out16(0x1CF, mode[i + 1]); }
    for (u32 i = 0; i < 400; i++) stosl(at, i * 0x10101, 1024 * 768);
}
#elif defined(pio)                     /* READ SECTORS and REP INSW: 32 million bytes */
static void work(void)
{
    for (u32 i = 0; i < 250; i++) {
        unsigned char *to = buffer;
        ata(1, 250, 0x20);
        for (u32 n = 0; n < 250; n++) {
            u32 words = 256;
            while ((in8(0x1F7) & 0x88) != 8) { }
            __asm__ volatile("rep insw" : "+D"(to), "+c"(words) : "d"((unsigned short)0x1F0) : "memory");
        }
    }
}
#elif defined(dma)                     /* READ DMA, Ultra DMA by the PIIX bus master: 320 million bytes */
static void work(void)
{
    static u32 table[4] __attribute__((aligned(16)));
    u32 ide = pci_find(0x0101), base = pci_read(ide + 0x20) & 0xFFF0;
    out32(0xCF8, ide + 4); out32(0xCFC, pci_read(ide + 4) | 5);
    table[0] = (u32)buffer;           table[1] = 0x10000 - 512;
    table[2] = table[0] + 0x10000 - 512; table[3] = 0x80000000 | (128000 - 0x10000 + 512);
    for (u32 i = 0; i < 2500; i++) {
        out8((unsigned short)base, 0); out8((unsigned short)(base + 2), 6); out32((unsigned short)(base + 4), (u32)table);
        ata(1, 250, 0xC8);
        out8((unsigned short)base, 9);
        while (!(in8((unsigned short)(base + 2)) & 4)) { }
        out8((unsigned short)base, 0);
        (void)in8(0x1F7);
    }
}
#elif defined(ports)                   /* IN from the VGA's status register: 8 million */
static void work(void) { for (u32 i = 0; i < 8000000; i++) (void)in8(0x3DA); }
#endif

void mark(u32 c, u32 v);
void kmain(void) { work(); mark('D', buffer[5]); }
