/* descriptor.c - reading and marking descriptors.  See descriptor.h.
 *
 * Tables are read with supervisor privilege whatever the CPL (SDM vol. 3A, 4.6.1 "implicit supervisor-mode accesses").
 * Left out: the LOCK# signal around the accessed and busy bits; there is one processor and one thread. */
#include "cpu/descriptor.h"
#include "cpu/segment.h"

_Noreturn void fault_selector(cpu_t *cpu, int vector, u16 selector, u32 ext)
{
    fault(cpu, vector, (selector & 0xFFFCu) | ext);
}

bool descriptor_fetch(cpu_t *cpu, u16 selector, descriptor_t *d)
{
    const segment_t *ldt = &cpu->seg[LDTR];
    u32 base = cpu->gdtr.base, limit = cpu->gdtr.limit, index = selector & ~7u;
    if (is_local(selector)) {
        if (!(ldt->attributes & SEG_PRESENT))
            return false;
        base = ldt->base;
        limit = ldt->limit;
    }
    if (!range_ok(index, 8, (u64)limit + 1))
        return false;
    d->linear = base + index;
    d->selector = selector;
    d->low = load_linear(cpu, d->linear, W32, false);
    d->high = load_linear(cpu, d->linear + 4, W32, false);
    return true;
}

descriptor_t descriptor_need(cpu_t *cpu, u16 selector, int vector, u32 ext)
{
    descriptor_t d;
    if (is_null(selector))
        fault(cpu, vector, ext);
    if (!descriptor_fetch(cpu, selector, &d))
        fault_selector(cpu, vector, selector, ext);
    return d;
}

void descriptor_need_present(cpu_t *cpu, const descriptor_t *d, int vector, u32 ext)
{
    if (!d_present(d))
        fault_selector(cpu, vector, d->selector, ext);
}

segment_t descriptor_segment(const descriptor_t *d, u16 selector)
{
    segment_t s = { .selector = selector, .attributes = (u16)(d->high >> 8 & 0xF0FF), .base = d_base(d), .limit = d_limit(d) };
    segment_derive(&s);
    return s;
}

void descriptor_touch(cpu_t *cpu, descriptor_t *d)
{
    if (d->high & SEG_ACCESSED << 8)
        return;
    store_linear(cpu, d->linear + 5, W8, (d->high >> 8 & 0xFF) | SEG_ACCESSED, false);
    d->high |= SEG_ACCESSED << 8;
}

void descriptor_set_busy(cpu_t *cpu, u32 linear, bool busy)
{
    u32 type = load_linear(cpu, linear + 5, W8, false);
    store_linear(cpu, linear + 5, W8, busy ? type | TYPE_BUSY : type & ~(u32)TYPE_BUSY, false);
}
