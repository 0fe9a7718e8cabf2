/*
 * pc.h: what a program on a bare PC has to work with: ports, memory by segment and offset, and the BIOS.
 *
 * The demonstration is one real-mode program of at most 64 KiB. CS, DS, ES and SS all hold the same segment, so a C
 * pointer is an offset in it; everything else (video memory, the BIOS's data, buffers) is reached by the far_...
 * functions, which go through FS. It needs a 386 and a VGA, and no operating system.
 *
 * Documents: IBM PS/2 Hardware Interface Technical Reference (ports), IBM PS/2 and PC BIOS Interface Technical
 * Reference (interrupts). Left out: everything a 386 does not have, except where CPUID says it is there.
 */
#ifndef PC_H
#define PC_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;

#define INLINE static inline __attribute__((always_inline))
#define ASM __asm__ volatile

/* Ports: the chips' registers. */

INLINE void port_write(u16 port, u32 value) { ASM("outb %b0, %w1" : : "a"(value), "Nd"(port) : "memory"); }

INLINE u8 port_read(u16 port)
{
    u8 value;
    ASM("inb %w1, %b0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

/* Most VGA registers stand behind an index register: write the index, then the value at the next port. */
INLINE void indexed_write(u16 port, u32 index, u32 value)
{
    port_write(port, index);
    port_write((u16)(port + 1), value);
}

INLINE u8 indexed_read(u16 port, u32 index)
{
    port_write(port, index);
    return port_read((u16)(port + 1));
}

/* Memory outside the program: in real mode a segment is the address divided by 16, in protected mode a selector. */

INLINE u8 far_read8(u32 segment, u32 offset)
{
    u8 value;
    ASM("movw %w1, %%fs\n\tmovb %%fs:(%2), %0" : "=q"(value) : "r"(segment), "r"(offset) : "memory");
    return value;
}

INLINE u16 far_read16(u32 segment, u32 offset)
{
    u16 value;
    ASM("movw %w1, %%fs\n\tmovw %%fs:(%2), %0" : "=r"(value) : "r"(segment), "r"(offset) : "memory");
    return value;
}

INLINE u32 far_read32(u32 segment, u32 offset)
{
    u32 value;
    ASM("movw %w1, %%fs\n\tmovl %%fs:(%2), %0" : "=r"(value) : "r"(segment), "r"(offset) : "memory");
    return value;
}

INLINE void far_write8(u32 segment, u32 offset, u32 value)
{
    ASM("movw %w0, %%fs\n\tmovb %b2, %%fs:(%1)" : : "r"(segment), "r"(offset), "q"(value) : "memory");
}

INLINE void far_write16(u32 segment, u32 offset, u32 value)
{
    ASM("movw %w0, %%fs\n\tmovw %w2, %%fs:(%1)" : : "r"(segment), "r"(offset), "r"(value) : "memory");
}

INLINE void far_write32(u32 segment, u32 offset, u32 value)
{
    ASM("movw %w0, %%fs\n\tmovl %2, %%fs:(%1)" : : "r"(segment), "r"(offset), "r"(value) : "memory");
}

INLINE void far_fill8(u32 segment, u32 offset, u32 value, u32 bytes)
{
    ASM("pushw %%es\n\tmovw %w2, %%es\n\trep stosb\n\tpopw %%es"
        : "+D"(offset), "+c"(bytes) : "r"(segment), "a"(value) : "memory");
}

INLINE void far_fill32(u32 segment, u32 offset, u32 value, u32 count)
{
    ASM("pushw %%es\n\tmovw %w2, %%es\n\trep stosl\n\tpopw %%es"
        : "+D"(offset), "+c"(count) : "r"(segment), "a"(value) : "memory");
}

/* Between two far segments, 4 bytes at a time. */
INLINE void far_copy32(u32 to_segment, u32 to, u32 from_segment, u32 from, u32 count)
{
    ASM("pushw %%ds\n\tpushw %%es\n\tmovw %w3, %%es\n\tmovw %w4, %%ds\n\trep movsl\n\tpopw %%es\n\tpopw %%ds"
        : "+D"(to), "+S"(from), "+c"(count) : "r"(to_segment), "a"(from_segment) : "memory");
}

INLINE u16 own_segment(void)
{
    u16 segment;
    ASM("movw %%cs, %0" : "=r"(segment));
    return segment;
}

INLINE void interrupts_off(void) { ASM("cli" : : : "memory"); }
INLINE void interrupts_on(void) { ASM("sti" : : : "memory"); }

/* STI takes effect after the next instruction, so no interrupt can slip in between the two: HLT always wakes. */
INLINE void sleep_until_interrupt(void) { ASM("sti\n\thlt" : : : "memory"); }

/* The VGA's memory. The program has 1000:0000 to 1000:FFFF; what follows is free (scene_paging.c puts tables at 3000h). */
enum { VIDEO_TEXT = 0xB800, VIDEO_GRAPHICS = 0xA000 };

/* The BIOS. `es` is an input and an output, like the others; the low byte of eax is AL, and so on. */
typedef struct {
    u32 eax, ebx, ecx, edx, esi, edi, ebp;
    u16 es, flags;
} regs_t;

enum { CF = 0x0001 };

void bios_call(u32 interrupt, regs_t *regs); /* start.S */

/* Interrupt vectors: the table at address 0, four bytes each, offset first. */
u32 vector_get(u32 interrupt);
void vector_set(u32 interrupt, u32 far_pointer);

/* Keys, as INT 16h tells them: scan code in the high byte, character in the low one. */
enum {
    KEY_ESC = 0x011B, KEY_ENTER = 0x1C0D, KEY_SPACE = 0x3920,
    KEY_UP = 0x4800, KEY_LEFT = 0x4B00, KEY_RIGHT = 0x4D00, KEY_DOWN = 0x5000
};

u16 key_poll(void);       /* the next key, or 0; the grey arrow keys are told as the white ones */
u16 key_wait(void);       /* the same, asleep until there is one */
u8 key_letter(u16 key);   /* its character, letters as capitals */

/* What this machine is. */
typedef struct {
    u32 family;           /* 3 for a 386, 4 for a 486 without CPUID, else what CPUID says */
    u32 has_cpuid, has_tsc;
    char vendor[13];
    u32 low_kb, extended_kb;
} machine_t;

void machine_look(machine_t *machine);

void video_mode(u32 mode);

#endif
