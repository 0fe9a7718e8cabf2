/* system.c - descriptor-table registers, questions about selectors, SYSENTER.  See system.h. */
#include "cpu/system.h"
#include "cpu/descriptor.h"
#include "cpu/edges.h"
#include "cpu/eflags.h"
#include "cpu/model.h"
#include "cpu/segment.h"

void need_cpl0(cpu_t *cpu)
{
    if (cpu->cpl != 0)
        fault(cpu, GP, 0);
}

static void need_protected(cpu_t *cpu)
{
    if (!is_protected(cpu))
        fault_ud(cpu);
}

static void need_feature(cpu_t *cpu, feature_t feature)
{
    if (!model_has(cpu->model, feature))
        fault_ud(cpu);
}

/* ---- LGDT LIDT SGDT SIDT: limit, then base ---- */

/* With 16-bit operands the base has 24 bits, as on the 286. */
static void load_table(cpu_t *cpu, const op_t *op, width_t w, u32 *base, u16 *limit)
{
    need_cpl0(cpu);
    u32 offset = offset_of(cpu, op), new_limit = load(cpu, op->seg, offset, W16);
    *base = load(cpu, op->seg, (offset + 2) & address_mask(op), W32) & (w == W16 ? 0xFFFFFF : 0xFFFFFFFF);
    *limit = (u16)new_limit;
}

/* The 386 and its successors store all 32 bits of the base whatever the operand size. */
static void store_table(cpu_t *cpu, const op_t *op, u32 base, u16 limit)
{
    u32 offset = offset_of(cpu, op);
    place_t first = open_at(cpu, op->seg, offset, W16, ACCESS_WRITE);
    place_t second = open_at(cpu, op->seg, (offset + 2) & address_mask(op), W32, ACCESS_WRITE);
    place_put(cpu, first, W16, limit);
    place_put(cpu, second, W32, base);
}

void LGDT(cpu_t *cpu, const op_t *op, width_t w) { load_table(cpu, op, w, &cpu->gdtr.base, &cpu->gdtr.limit); }
void LIDT(cpu_t *cpu, const op_t *op, width_t w) { load_table(cpu, op, w, &cpu->idtr.base, &cpu->idtr.limit); }
void SGDT(cpu_t *cpu, const op_t *op, width_t w) { (void)w; store_table(cpu, op, cpu->gdtr.base, cpu->gdtr.limit); }
void SIDT(cpu_t *cpu, const op_t *op, width_t w) { (void)w; store_table(cpu, op, cpu->idtr.base, cpu->idtr.limit); }

/* ---- LDTR and TR ---- */

/* The descriptor of a system segment, which only the GDT may hold. */
static descriptor_t need_system(cpu_t *cpu, u16 selector)
{
    if (is_local(selector))
        fault_selector(cpu, GP, selector, 0);
    return descriptor_need(cpu, selector, GP, 0);
}

void load_ldtr(cpu_t *cpu, u16 selector)
{
    need_protected(cpu);
    need_cpl0(cpu);
    if (is_null(selector)) {
        segment_set_null(&cpu->seg[LDTR], selector);
        return;
    }
    descriptor_t d = need_system(cpu, selector);
    if (d_type(&d) != TYPE_LDT)
        fault_selector(cpu, GP, selector, 0);
    descriptor_need_present(cpu, &d, NP, 0);
    cpu->seg[LDTR] = descriptor_segment(&d, selector);
}

void load_tr(cpu_t *cpu, u16 selector)
{
    need_protected(cpu);
    need_cpl0(cpu);
    descriptor_t d = need_system(cpu, selector);
    if (!d_is_tss(&d) || d_is_busy(&d))
        fault_selector(cpu, GP, selector, 0);
    descriptor_need_present(cpu, &d, NP, 0);
    descriptor_set_busy(cpu, d.linear, true);
    cpu->seg[TR] = descriptor_segment(&d, selector);
    cpu->seg[TR].attributes |= TYPE_BUSY;
    segment_derive(&cpu->seg[TR]);
}

u16 privileged_word(cpu_t *cpu, const op_t *op)
{
    need_cpl0(cpu);
    return (u16)(cold_of(cpu, op)->dst_kind == R ? reg(cpu, op->dst, W16) : load(cpu, op->seg, offset_of(cpu, op), W16));
}

void LLDT(cpu_t *cpu, const op_t *op, width_t w) { (void)w; load_ldtr(cpu, privileged_word(cpu, op)); }
void LTR(cpu_t *cpu, const op_t *op, width_t w)  { (void)w; load_tr(cpu, privileged_word(cpu, op)); }

u32 SLDT(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op; (void)w;
    need_protected(cpu);
    return cpu->seg[LDTR].selector;
}

u32 STR(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op; (void)w;
    need_protected(cpu);
    return cpu->seg[TR].selector;
}

/* ---- LAR LSL VERR VERW ARPL ---- */

/* Types for which LAR, and for which LSL, answer: vol. 2, LAR, table "Segment and Gate Types".  Bit n: system type n. */
enum { LAR_TYPES = 1 << TYPE_TSS16 | 1 << TYPE_LDT | 1 << TYPE_TSS16_BUSY | 1 << TYPE_CALL16 | 1 << TYPE_TASK_GATE
                 | 1 << TYPE_TSS32 | 1 << TYPE_TSS32_BUSY | 1 << TYPE_CALL32,
       LSL_TYPES = 1 << TYPE_TSS16 | 1 << TYPE_LDT | 1 << TYPE_TSS16_BUSY | 1 << TYPE_TSS32 | 1 << TYPE_TSS32_BUSY };

/* The descriptor, if this program may see it with this selector. */
static bool visible(cpu_t *cpu, u16 selector, u32 system_types, descriptor_t *d)
{
    need_protected(cpu);
    if (is_null(selector) || !descriptor_fetch(cpu, selector, d))
        return false;
    if (!(d_type(d) & SEG_S) && !(system_types >> d_type(d) & 1))
        return false;
    return d_is_conforming(d) || (d_dpl(d) >= cpu->cpl && d_dpl(d) >= rpl_of(selector));
}

bool access_rights(cpu_t *cpu, u16 selector, u32 *rights)
{
    descriptor_t d;
    if (!visible(cpu, selector, LAR_TYPES, &d))
        return false;
    *rights = d.high & 0x00F0FF00;
    return true;
}

bool segment_limit(cpu_t *cpu, u16 selector, u32 *limit)
{
    descriptor_t d;
    if (!visible(cpu, selector, LSL_TYPES, &d))
        return false;
    *limit = d_limit(&d);
    return true;
}

bool may_read(cpu_t *cpu, u16 selector)
{
    descriptor_t d;
    return visible(cpu, selector, 0, &d) && d_is_readable(&d);
}

bool may_write(cpu_t *cpu, u16 selector)
{
    descriptor_t d;
    return visible(cpu, selector, 0, &d) && d_is_writable(&d);
}

static void set_zf(cpu_t *cpu, bool zf)
{
    u32 status = flags_status(&cpu->f);
    flags_load(&cpu->f, zf ? status | FLAG_ZF : status & ~(u32)FLAG_ZF);
}

static u16 selector_operand(cpu_t *cpu, const op_t *op)
{
    bool in_register = cold_of(cpu, op)->src_kind == R;
    return (u16)(in_register ? reg(cpu, op->src, W16) : load(cpu, op->seg, offset_of(cpu, op), W16));
}

void LAR(cpu_t *cpu, const op_t *op, width_t w)
{
    u32 rights;
    need_protected(cpu);
    bool ok = access_rights(cpu, selector_operand(cpu, op), &rights);
    if (ok)
        set_reg(cpu, op->dst, w, rights);
    set_zf(cpu, ok);
}

void LSL(cpu_t *cpu, const op_t *op, width_t w)
{
    u32 limit;
    need_protected(cpu);
    bool ok = segment_limit(cpu, selector_operand(cpu, op), &limit);
    if (ok)
        set_reg(cpu, op->dst, w, limit);
    set_zf(cpu, ok);
}

void VERR(cpu_t *cpu, const op_t *op, width_t w, u32 src) { (void)op; (void)w; set_zf(cpu, may_read(cpu, (u16)src)); }
void VERW(cpu_t *cpu, const op_t *op, width_t w, u32 src) { (void)op; (void)w; set_zf(cpu, may_write(cpu, (u16)src)); }

/* The destination's RPL is raised to the source's.  A destination that need not change is only read, and may lie in memory that
 * cannot be written: the manual does not say so, processors do it (measured: a segment and a page without write permission). */
void ARPL(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    need_protected(cpu);
    bool in_register = cold_of(cpu, op)->dst_kind == R;
    u32 offset = offset_of(cpu, op), rpl = reg(cpu, op->src, W16) & 3;
    u32 dst = in_register ? reg(cpu, op->dst, W16) : load(cpu, op->seg, offset, W16);
    bool raise = (dst & 3) < rpl;
    if (raise && in_register) set_reg(cpu, op->dst, W16, (dst & ~3u) | rpl);
    else if (raise)           store(cpu, op->seg, offset, W16, (dst & ~3u) | rpl);
    set_zf(cpu, raise);
}

/* ---- caches: there is nothing to write back ---- */

void INVD(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op; (void)w;
    need_feature(cpu, HAS_486);
    need_cpl0(cpu);
}

void WBINVD(cpu_t *cpu, const op_t *op, width_t w) { INVD(cpu, op, w); }

/* ---- SYSENTER SYSEXIT: flat segments made from nothing ---- */

static segment_t flat(u32 selector, u32 type, u32 dpl)
{
    segment_t s = { .selector = (u16)(selector | dpl), .limit = 0xFFFFFFFF,
                    .attributes = (u16)(SEG_BIG | SEG_GRANULAR | SEG_PRESENT | SEG_S | SEG_ACCESSED | SEG_WRITABLE | type | dpl << 5) };
    segment_derive(&s);
    return s;
}

static u32 sysenter_cs(cpu_t *cpu)
{
    need_feature(cpu, HAS_SEP);
    u32 selector = cpu->sysenter_cs & 0xFFFC;
    if (!(cpu->cr0 & CR0_PE) || selector == 0)
        fault(cpu, GP, 0);
    return selector;
}

const op_t *SYSENTER(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    u32 selector = sysenter_cs(cpu);
    cpu->seg[CS] = flat(selector, SEG_CODE, 0);
    cpu->seg[SS] = flat(selector + 8, 0, 0);
    cpu->cpl = 0;
    cpu->r[ESP] = (u32)cpu->sysenter_esp;
    cpu->eip = (u32)cpu->sysenter_eip;
    flags_write(cpu, 0, FLAG_VM | FLAG_IF | FLAG_RF);
    return transferred(cpu, op);
}

const op_t *SYSEXIT(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    u32 selector = sysenter_cs(cpu);
    need_cpl0(cpu);
    cpu->seg[CS] = flat(selector + 16, SEG_CODE, 3);
    cpu->seg[SS] = flat(selector + 24, 0, 3);
    cpu->cpl = 3;
    cpu->r[ESP] = cpu->r[ECX];
    cpu->eip = cpu->r[EDX];
    cpu_mode_changed(cpu);
    return transferred(cpu, op);
}
