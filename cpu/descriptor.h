/* descriptor.h - entries of the GDT, LDT and IDT: fetching, reading their fields, marking them.
 * SDM vol. 3A, 3.4.5 "Segment Descriptors", 3.5 "System Descriptor Types", 5.8.3 "Call Gates", 7.2 "Task Management". */
#pragma once
#include "cpu/access.h"

typedef struct {
    u32 low, high;               /* as in memory */
    u32 linear;                  /* where it stands */
    u16 selector;                /* which chose it */
} descriptor_t;

/* Types, S bit included.  SDM vol. 3A, table 3-2; code and data segments have bit 4 (SEG_S). */
enum { TYPE_TSS16 = 1, TYPE_LDT = 2, TYPE_TSS16_BUSY = 3, TYPE_CALL16 = 4, TYPE_TASK_GATE = 5, TYPE_INT16 = 6, TYPE_TRAP16 = 7,
       TYPE_TSS32 = 9, TYPE_TSS32_BUSY = 0xB, TYPE_CALL32 = 0xC, TYPE_INT32 = 0xE, TYPE_TRAP32 = 0xF,
       TYPE_BUSY = 2, TYPE_32 = 8 };

INLINE u32  d_type(const descriptor_t *d)    { return d->high >> 8 & 0x1F; }
INLINE u32  d_dpl(const descriptor_t *d)     { return d->high >> 13 & 3; }
INLINE bool d_present(const descriptor_t *d) { return d->high >> 15 & 1; }
INLINE u32  d_base(const descriptor_t *d)    { return d->low >> 16 | (d->high & 0xFF) << 16 | (d->high & 0xFF000000); }
INLINE u32  d_limit(const descriptor_t *d)
{
    u32 limit = (d->low & 0xFFFF) | (d->high & 0xF0000);
    return d->high & 1u << 23 ? limit << 12 | 0xFFF : limit;
}

INLINE bool d_is_code(const descriptor_t *d)       { return (d_type(d) & (SEG_S | SEG_CODE)) == (SEG_S | SEG_CODE); }
INLINE bool d_is_data(const descriptor_t *d)       { return (d_type(d) & (SEG_S | SEG_CODE)) == SEG_S; }
INLINE bool d_is_conforming(const descriptor_t *d) { return d_is_code(d) && d_type(d) & SEG_CONFORMING; }
INLINE bool d_is_writable(const descriptor_t *d)   { return d_is_data(d) && d_type(d) & SEG_WRITABLE; }
INLINE bool d_is_readable(const descriptor_t *d)   { return d_is_data(d) || (d_is_code(d) && d_type(d) & SEG_READABLE); }
INLINE bool d_is_tss(const descriptor_t *d)        { return (d_type(d) & ~(u32)(TYPE_32 | TYPE_BUSY)) == TYPE_TSS16; }
INLINE bool d_is_busy(const descriptor_t *d)       { return d_type(d) & TYPE_BUSY; }                /* of a TSS */
INLINE bool d_is_call_gate(const descriptor_t *d)  { return (d_type(d) & ~(u32)TYPE_32) == TYPE_CALL16; }

/* Gates name a target. */
INLINE width_t gate_width(const descriptor_t *d)    { return d_type(d) & TYPE_32 ? W32 : W16; }
INLINE u16     gate_selector(const descriptor_t *d) { return (u16)(d->low >> 16); }
INLINE u32     gate_offset(const descriptor_t *d)
{
    return (d->low & 0xFFFF) | (gate_width(d) == W32 ? d->high & 0xFFFF0000 : 0);
}

INLINE bool is_null(u16 selector)    { return (selector & ~3) == 0; }
INLINE bool is_local(u16 selector)   { return (selector & 4) != 0; }                                /* TI: chooses from the LDT */
INLINE u32  rpl_of(u16 selector)     { return selector & 3u; }
INLINE u16  with_rpl(u16 selector, u32 rpl) { return (u16)((selector & ~3u) | rpl); }

INLINE bool is_v86(const cpu_t *cpu)       { return cpu->cr0 & CR0_PE && cpu->eflags & FLAG_VM; }
INLINE bool is_protected(const cpu_t *cpu) { return cpu->cr0 & CR0_PE && !(cpu->eflags & FLAG_VM); }
INLINE u32  iopl(const cpu_t *cpu)         { return cpu->eflags >> 12 & 3; }

/* An exception whose error code names a selector.  ext: 1 if an event outside the program led here (vol. 3A, 6.13). */
_Noreturn COLD void fault_selector(cpu_t *cpu, int vector, u16 selector, u32 ext);

/* Read the descriptor.  false: the selector points outside its table. */
bool descriptor_fetch(cpu_t *cpu, u16 selector, descriptor_t *d);
/* The same where the manual says: null -> vector(0), outside the table -> vector(selector). */
descriptor_t descriptor_need(cpu_t *cpu, u16 selector, int vector, u32 ext);
/* Not present -> vector(selector). */
void descriptor_need_present(cpu_t *cpu, const descriptor_t *d, int vector, u32 ext);

/* The segment register that the descriptor makes, with this selector. */
segment_t descriptor_segment(const descriptor_t *d, u16 selector);
/* Set the accessed bit in the table (vol. 3A, 3.4.5.1) and in `d`.  May page-fault: call before anything is committed. */
void descriptor_touch(cpu_t *cpu, descriptor_t *d);
/* Set or clear the busy bit of the TSS descriptor standing at `linear`. */
void descriptor_set_busy(cpu_t *cpu, u32 linear, bool busy);
