/* abi.h - how C speaks to a real-mode PC: types, segments, ports, registers of the caller.
 *
 * Every C function here runs with CS = the ROM's segment, DS = ES = SS = the stack's segment, and
 *   GS = the ROM's segment: constants are reached through it, so they carry the qualifier `rom`;
 *   FS = wherever `use()` last pointed: the BIOS data area, the EBDA, the caller's buffers.
 * A plain pointer is an offset in the stack's segment.  A ROM holds no variables, so there are
 * no static variables: what lasts lives in the BIOS data area and the EBDA (bda.h).
 * `rom` and `far` are the compilers' own named address spaces (gcc: "Named Address Spaces"). */
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef _Bool bool;
#define true 1
#define false 0

#define rom __seg_gs
#define far __seg_fs
#define INLINE static inline __attribute__((always_inline))
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define PACKED __attribute__((packed))

/* A string literal as a pointer into the ROM. */
typedef const rom char *text_t;
#define TEXT(literal) ((text_t)(u32)(literal))

/* ---- far memory: all through FS, so `segment` is loaded at every access ---- */

INLINE void use(u32 segment) { __asm__ volatile("movw %w0, %%fs" : : "r"(segment) : "memory"); }

INLINE u8  peek8(u32 segment, u32 offset)  { use(segment); return *(volatile far u8 *)offset; }
INLINE u16 peek16(u32 segment, u32 offset) { use(segment); return *(volatile far u16 *)offset; }
INLINE u32 peek32(u32 segment, u32 offset) { use(segment); return *(volatile far u32 *)offset; }
INLINE void poke8(u32 segment, u32 offset, u32 value)  { use(segment); *(volatile far u8 *)offset = (u8)value; }
INLINE void poke16(u32 segment, u32 offset, u32 value) { use(segment); *(volatile far u16 *)offset = (u16)value; }
INLINE void poke32(u32 segment, u32 offset, u32 value) { use(segment); *(volatile far u32 *)offset = value; }

INLINE u32 my_segment(void) { u16 s; __asm__("movw %%cs, %0" : "=r"(s)); return s; }
INLINE u32 stack_segment(void) { u16 s; __asm__ volatile("movw %%ss, %0" : "=r"(s)); return s; }

void *memset(void *to, int value, u32 bytes);
void *memcpy(void *to, const void *from, u32 bytes);
/* Copies and fills between far buffers; offsets wrap at 64 KiB as the processor's strings do. */
void far_copy8(u32 to_segment, u32 to, u32 from_segment, u32 from, u32 count);
void far_fill8(u32 segment, u32 offset, u32 value, u32 count);
void far_fill16(u32 segment, u32 offset, u32 value, u32 count);

/* ---- ports ---- */

INLINE u8  in8(u16 port)  { u8 v;  __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port)); return v; }
INLINE u16 in16(u16 port) { u16 v; __asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port)); return v; }
INLINE u32 in32(u16 port) { u32 v; __asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port)); return v; }
INLINE void out8(u16 port, u32 v)  { __asm__ volatile("outb %0, %1" : : "a"((u8)v), "Nd"(port)); }
INLINE void out16(u16 port, u32 v) { __asm__ volatile("outw %0, %1" : : "a"((u16)v), "Nd"(port)); }
INLINE void out32(u16 port, u32 v) { __asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port)); }

/* ---- interrupts ---- */

INLINE void sti(void)  { __asm__ volatile("sti" : : : "memory"); }
INLINE void cli(void)  { __asm__ volatile("cli" : : : "memory"); }
/* STI shields the next instruction, so no interrupt slips in between and leaves us asleep. */
INLINE void sleep(void) { __asm__ volatile("sti; hlt; cli" : : : "memory"); }
INLINE u32 flags_save(void) { u32 f; __asm__ volatile("pushfl; popl %0; cli" : "=r"(f) : : "memory"); return f; }
INLINE void flags_restore(u32 f) { __asm__ volatile("pushl %0; popfl" : : "r"(f) : "memory", "cc"); }

/* ---- the caller's registers, as the entry code (enter.S) lays them out ---- */

#define REGISTER(n) union { u32 e##n##x; u16 n##x; struct { u8 n##l, n##h; }; }

typedef struct {
    u16 gs, fs, es, ds;
    union { u32 edi; u16 di; };
    union { u32 esi; u16 si; };
    union { u32 ebp; u16 bp; };
    u32 esp;                        /* the caller's, below what the entry code pushed */
    REGISTER(b); REGISTER(d); REGISTER(c); REGISTER(a);
    u16 handler;
    u16 flags;                      /* the caller's image, popped by the final IRET */
    u16 ss, level;
} regs_t;

enum { CF = 0x001, ZF = 0x040, IF = 0x200 };

INLINE void carry(regs_t *r, bool on) { r->flags = (u16)(on ? r->flags | CF : r->flags & ~CF); }
INLINE void zero(regs_t *r, bool on)  { r->flags = (u16)(on ? r->flags | ZF : r->flags & ~ZF); }

/* ---- calling others: a software interrupt with these registers (enter.S) ---- */

typedef struct {
    REGISTER(a); REGISTER(b); REGISTER(c); REGISTER(d);
    union { u32 esi; u16 si; };
    union { u32 edi; u16 di; };
    u16 ds, es, flags, unused;
} call_t;

/* All 0 but EAX.  Not an initialiser: compilers turn those into copies of constants that lie in the ROM,
 * which a plain pointer does not reach. */
INLINE call_t call_with(u32 eax)
{
    call_t c;
    memset(&c, 0, sizeof c);
    c.eax = eax;
    return c;
}

void call_interrupt(u32 vector, call_t *registers);
/* A far CALL (option ROMs, the mouse handler's cousins) with these registers. */
void call_far(u32 segment_offset, call_t *registers);
