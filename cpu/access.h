/* access.h - guest memory as instructions see it: an access succeeds or does not return.
 *
 * Two levels.  `load`, `store`, `open_place`: an offset in a segment register, checked against limit and type (SDM vol. 3A, 5.3)
 * and then against paging with the current privilege.  `*_linear`: after segmentation, with a stated privilege; descriptor
 * tables, TSS and the like are read with user = false whatever the CPL (implicit supervisor access, vol. 3A, 4.6.1). */
#pragma once
#include "cpu/op.h"

/* #SS(0) for the stack segment, #GP(0) for the others. */
_Noreturn COLD void fault_segment(cpu_t *cpu, int seg);

INLINE bool in_segment(const segment_t *s, u32 offset, u32 bytes, bool write)
{
    return (s64)(u64)(u32)(offset - s->first) + (s64)bytes - 1 <= (write ? s->write_span : s->read_span);
}

/* Logical to linear: the whole operand must lie inside the segment. */
INLINE u32 linear_of(cpu_t *cpu, int seg, u32 offset, u32 bytes, bool write)
{
    const segment_t *s = &cpu->seg[seg];
    if (LIKELY(in_segment(s, offset, bytes, write)))
        return s->base + offset;
    fault_segment(cpu, seg);
}

/* Slow paths: fill the TLB, cross pages, reach devices, notice stores to decoded code, tell who watches. */
COLD u32  load_linear(cpu_t *cpu, u32 linear, width_t w, bool user);
COLD void store_linear(cpu_t *cpu, u32 linear, width_t w, u32 v, bool user);
/* Fault now if any byte of the range cannot be accessed; afterwards a store or load there cannot fault. */
COLD void prove_linear(cpu_t *cpu, u32 linear, u32 bytes, access_t access, bool user);
/* The same for an operand of the current instruction that is not in the TLB we are shown; #AC if it is not aligned and must be. */
COLD void prove_operand(cpu_t *cpu, u32 linear, u32 bytes, access_t access);
COLD void align_operand(cpu_t *cpu, u32 linear, u32 bytes);              /* #AC alone */
COLD u32  load_operand(cpu_t *cpu, u32 linear, width_t w);
COLD void store_operand(cpu_t *cpu, u32 linear, width_t w, u32 v);

INLINE bool at_user(const cpu_t *cpu) { return cpu->cpl == 3; }

INLINE u32 load(cpu_t *cpu, int seg, u32 offset, width_t w)
{
    u32 linear = linear_of(cpu, seg, offset, w / 8, false);
    const u8 *host = tlb_read(cpu->tlb, linear, w / 8);
    return LIKELY(host != NULL) ? get(host, w) : load_operand(cpu, linear, w);
}
INLINE void store(cpu_t *cpu, int seg, u32 offset, width_t w, u32 v)
{
    u32 linear = linear_of(cpu, seg, offset, w / 8, true);
    u8 *host = tlb_write(cpu->tlb, linear, w / 8);
    if (LIKELY(host != NULL)) put(host, w, v);
    else                      store_operand(cpu, linear, w, v);
}

/* A place: a memory operand already proved accessible, so nothing can fault any more. */
typedef struct { u8 *host; u32 linear; } place_t;

INLINE place_t open_at(cpu_t *cpu, int seg, u32 offset, width_t w, access_t access)
{
    u32 linear = linear_of(cpu, seg, offset, w / 8, access == ACCESS_WRITE);
    u8 *host = access == ACCESS_WRITE ? tlb_write(cpu->tlb, linear, w / 8) : tlb_read(cpu->tlb, linear, w / 8);
    if (UNLIKELY(!host))
        prove_operand(cpu, linear, w / 8, access);
    return (place_t){ host, linear };
}
INLINE u32 place_get(cpu_t *cpu, place_t p, width_t w)
{
    return LIKELY(p.host != NULL) ? get(p.host, w) : load_linear(cpu, p.linear, w, at_user(cpu));
}
INLINE void place_put(cpu_t *cpu, place_t p, width_t w, u32 v)
{
    if (LIKELY(p.host != NULL)) put(p.host, w, v);
    else                        store_linear(cpu, p.linear, w, v, at_user(cpu));
}

/* FFFFh or FFFFFFFFh, by address size. */
INLINE u32 address_mask(const op_t *op) { return 0xFFFFFFFFu >> op->wrap; }

/* Every addressing mode of the architecture is this one sum.  SDM vol. 1, 3.7.5. */
INLINE u32 offset_of(const cpu_t *cpu, const op_t *op)
{
    return (cpu->r[op->base] + (cpu->r[op->index] << op->scale) + op->disp) & address_mask(op);
}

/* SI or ESI, CX or ECX ... by address size: the upper half stays when addresses are 16 bits. */
INLINE u32  address_reg(const cpu_t *cpu, const op_t *op, int r) { return cpu->r[r] & address_mask(op); }
INLINE void set_address_reg(cpu_t *cpu, const op_t *op, int r, u32 v)
{
    cpu->r[r] = (cpu->r[r] & ~address_mask(op)) | (v & address_mask(op));
}

/* The stack: SP or ESP by SS.B. */
INLINE u32  stack_pointer(const cpu_t *cpu)           { return cpu->r[ESP] & cpu->stack_mask; }
INLINE void set_stack_pointer(cpu_t *cpu, u32 esp)
{
    cpu->r[ESP] = (cpu->r[ESP] & ~cpu->stack_mask) | (esp & cpu->stack_mask);
}

/* The page that instructions at `linear` come from; #PF if there is none.  cacheable: no store can change it unseen. */
typedef struct { u32 physical; const u8 *host; bool cacheable, ram; } fetched_t;
fetched_t fetch_page(cpu_t *cpu, u32 linear);

paging_t cpu_paging(const cpu_t *cpu);
