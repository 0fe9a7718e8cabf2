/* segment.c - loading segment registers.  See segment.h; pseudo-code of MOV and LDS in SDM vol. 2.
 *
 * Hidden parts live on when CR0.PE is cleared: base, limit and the B bit keep acting (unreal mode).  Their access rights
 * are replaced by those of a read/write data segment then, a simplification: real processors go on refusing stores
 * through a read-only descriptor until the register is loaded again. */
#include "cpu/segment.h"
#include "cpu/descriptor.h"

enum { REAL_RIGHTS = SEG_PRESENT | SEG_S | SEG_WRITABLE | SEG_ACCESSED, DPL_3 = 3 << 5 };

/* SDM vol. 3A, 5.3 "Limit Checking", 5.5 "Type Checking". */
void segment_derive(segment_t *s)
{
    bool code = s->attributes & SEG_CODE;
    bool readable = !code || s->attributes & SEG_READABLE, writable = !code && s->attributes & SEG_WRITABLE;
    s64 span = s->limit;
    s->first = 0;
    if (!code && s->attributes & SEG_EXPAND_DOWN && s->attributes & SEG_S) {        /* valid: limit + 1 to the top */
        s64 top = s->attributes & SEG_BIG ? 0xFFFFFFFF : 0xFFFF;
        s->first = s->limit + 1;
        span = top > (s64)s->limit ? top - (s64)s->limit - 1 : -1;
    }
    if (!(s->attributes & SEG_PRESENT))
        readable = writable = false;
    s->read_span = readable ? span : -1;
    s->write_span = writable ? span : -1;
    s->flat = s->base == 0 && s->first == 0 && s->read_span == 0xFFFFFFFF && s->write_span == 0xFFFFFFFF;
}

void segment_set_null(segment_t *s, u16 selector)
{
    s->selector = selector;
    s->attributes = 0;
    segment_derive(s);
}

void segment_set_real(cpu_t *cpu, int seg, u16 selector)
{
    segment_t *s = &cpu->seg[seg];
    s->selector = selector;
    s->base = (u32)selector << 4;
    if (is_v86(cpu)) {
        s->limit = 0xFFFF;
        s->attributes = REAL_RIGHTS | DPL_3;
    } else {
        s->attributes = (u16)((s->attributes & 0xF000) | REAL_RIGHTS);
    }
    segment_derive(s);
}

void segments_leave_protected(cpu_t *cpu)
{
    for (int seg = 0; seg < N_SEGMENTS; seg++) {
        segment_t *s = &cpu->seg[seg];
        s->attributes = (u16)((s->attributes & 0xF000) | REAL_RIGHTS);
        segment_derive(s);
    }
}

/* May this descriptor be loaded into SS at the current privilege level?  SDM vol. 3A, 5.7. */
static void check_stack(cpu_t *cpu, u16 selector, const descriptor_t *d)
{
    if (rpl_of(selector) != cpu->cpl || !d_is_writable(d) || d_dpl(d) != cpu->cpl)
        fault_selector(cpu, GP, selector, 0);
    descriptor_need_present(cpu, d, SS_FAULT, 0);
}

/* ... into DS, ES, FS or GS?  SDM vol. 3A, 5.6: conforming code may be read from any level. */
static void check_data(cpu_t *cpu, u16 selector, const descriptor_t *d)
{
    u32 asked = rpl_of(selector) > cpu->cpl ? rpl_of(selector) : cpu->cpl;
    if (!d_is_readable(d) || (!d_is_conforming(d) && asked > d_dpl(d)))
        fault_selector(cpu, GP, selector, 0);
    descriptor_need_present(cpu, d, NP, 0);
}

static void load_protected(cpu_t *cpu, int seg, u16 selector)
{
    if (seg != SS && is_null(selector)) {
        segment_set_null(&cpu->seg[seg], selector);
        return;
    }
    descriptor_t d = descriptor_need(cpu, selector, GP, 0);
    if (seg == SS) check_stack(cpu, selector, &d);
    else           check_data(cpu, selector, &d);
    descriptor_touch(cpu, &d);
    cpu->seg[seg] = descriptor_segment(&d, selector);
}

void load_segment(cpu_t *cpu, int seg, u16 selector)
{
    bool was_flat = cpu->seg[seg].flat, protected = is_protected(cpu);
    if (protected) load_protected(cpu, seg, selector);
    else           segment_set_real(cpu, seg, selector);
    if (protected || cpu->seg[seg].flat != was_flat)           /* outside protected mode only the base moved */
        cpu_mode_changed(cpu);
}
