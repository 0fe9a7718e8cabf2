/* task.c - see task.h.  The order of work is that of SDM vol. 3A, 7.3 "Task Switching".
 *
 * Left out: nothing known.  A 16-bit TSS has no FS, GS and no upper halves: the new task gets null and FFFFh there (the manual
 * leaves the halves undefined). */
#include "cpu/task.h"
#include "cpu/descriptor.h"
#include "cpu/eflags.h"
#include "cpu/frame.h"
#include "cpu/segment.h"
#include "cpu/system.h"

/* Where things stand in a TSS.  Vol. 3A, figures 7-2 and 7-10. */
enum { TSS_LINK = 0, TSS32_CR3 = 0x1C, TSS32_EIP = 0x20, TSS32_EAX = 0x28, TSS32_ES = 0x48, TSS32_LDT = 0x60, TSS32_T = 0x64,
       TSS32_IO_MAP = 0x66, TSS16_IP = 0x0E, TSS16_AX = 0x12, TSS16_ES = 0x22, TSS16_LDT = 0x2A,
       TSS32_LIMIT = 0x67, TSS16_LIMIT = 0x2B };
#define DR6_BT (1u << 15)

/* A task as its TSS holds it. */
typedef struct { u32 eip, eflags, r[8], cr3; u16 seg[N_SEGMENTS], ldt; bool trap; } task_t;

static bool tss_is_32(const segment_t *tr) { return tr->attributes & TYPE_32; }

/* ---- small questions ---- */

u16 tss_stack(cpu_t *cpu, u32 level, u32 ext, u32 *esp)
{
    const segment_t *tr = &cpu->seg[TR];
    width_t w = tss_is_32(tr) ? W32 : W16;
    u32 at = (level * 2 + 1) * (w / 8), bytes = w / 8;
    if (!range_ok(at, bytes + 2, (u64)tr->limit + 1))
        fault_selector(cpu, TS, tr->selector, ext);
    *esp = load_linear(cpu, tr->base + at, w, false);
    return (u16)load_linear(cpu, tr->base + at + bytes, W16, false);
}

/* A clear bit for every port; the processor always reads two bytes of the map. */
static bool io_map_allows(cpu_t *cpu, u16 port, width_t w)
{
    const segment_t *tr = &cpu->seg[TR];
    if (!(tr->attributes & SEG_PRESENT) || !tss_is_32(tr) || tr->limit < TSS32_LIMIT)
        return false;
    u32 at = load_linear(cpu, tr->base + TSS32_IO_MAP, W16, false) + port / 8u;
    if (!range_ok(at, 2, (u64)tr->limit + 1))
        return false;
    u32 bits = load_linear(cpu, tr->base + at, W16, false) >> (port & 7);
    return !(bits & ((1u << w / 8) - 1));
}

bool io_permitted(cpu_t *cpu, u16 port, width_t w)
{
    if (!(cpu->cr0 & CR0_PE) || (is_protected(cpu) && cpu->cpl <= iopl(cpu)))
        return true;
    return io_map_allows(cpu, port, w);
}

/* ---- the two formats ---- */

static task_t task_now(const cpu_t *cpu, const task_entry_t *how)
{
    task_t t = { .eip = how->return_eip, .eflags = flags_pushed(cpu, how->resume), .cr3 = cpu->cr3 };
    if (how->kind == TASK_IRET)
        t.eflags &= ~(u32)FLAG_NT;
    for (int i = 0; i < 8; i++)
        t.r[i] = cpu->r[i];
    for (int seg = 0; seg < N_SEGMENTS; seg++)
        t.seg[seg] = cpu->seg[seg].selector;
    return t;
}

static void save(cpu_t *cpu, const segment_t *tr, const task_t *t)
{
    bool is_32 = tss_is_32(tr);
    width_t w = is_32 ? W32 : W16;
    u32 step = w / 8, at = tr->base + (is_32 ? TSS32_EIP : TSS16_IP);
    store_linear(cpu, at, w, t->eip & mask(w), false);
    store_linear(cpu, at + step, w, t->eflags & mask(w), false);
    for (u32 i = 0; i < 8; i++)
        store_linear(cpu, at + (2 + i) * step, w, t->r[i] & mask(w), false);
    for (u32 seg = 0; seg < (is_32 ? N_SEGMENTS : DS + 1u); seg++)
        store_linear(cpu, at + (10 + seg) * step, W16, t->seg[seg], false);
}

static task_t restore(cpu_t *cpu, const segment_t *tr)
{
    bool is_32 = tss_is_32(tr);
    width_t w = is_32 ? W32 : W16;
    u32 step = w / 8, at = tr->base + (is_32 ? TSS32_EIP : TSS16_IP);
    task_t t = { .cr3 = is_32 ? load_linear(cpu, tr->base + TSS32_CR3, W32, false) : cpu->cr3 };
    t.eip = load_linear(cpu, at, w, false);
    t.eflags = load_linear(cpu, at + step, w, false);
    for (u32 i = 0; i < 8; i++)
        t.r[i] = load_linear(cpu, at + (2 + i) * step, w, false) | (is_32 ? 0 : 0xFFFF0000);
    for (u32 seg = 0; seg < (is_32 ? N_SEGMENTS : DS + 1u); seg++)
        t.seg[seg] = (u16)load_linear(cpu, at + (10 + seg) * step, W16, false);
    t.ldt = (u16)load_linear(cpu, tr->base + (is_32 ? TSS32_LDT : TSS16_LDT), W16, false);
    t.trap = is_32 && load_linear(cpu, tr->base + TSS32_T, W16, false) & 1;
    return t;
}

/* ---- checks before ---- */

/* The TSS to switch to.  Vol. 3A, 7.3 items 2-5; a return through the back link blames the current TSS's contents: #TS. */
static segment_t check_tss(cpu_t *cpu, u16 selector, const task_entry_t *how, descriptor_t *d)
{
    int vector = how->kind == TASK_IRET ? TS : GP;
    if (is_null(selector) || is_local(selector) || !descriptor_fetch(cpu, selector, d))
        fault_selector(cpu, vector, selector, how->ext);
    if (!d_is_tss(d) || d_is_busy(d) != (how->kind == TASK_IRET))
        fault_selector(cpu, vector, selector, how->ext);
    descriptor_need_present(cpu, d, NP, how->ext);
    if (d_limit(d) < (d_type(d) & TYPE_32 ? TSS32_LIMIT : TSS16_LIMIT))
        fault_selector(cpu, TS, selector, how->ext);
    segment_t tr = descriptor_segment(d, selector);
    tr.attributes |= TYPE_BUSY;
    segment_derive(&tr);
    return tr;
}

static u32 tss_bytes(const segment_t *tr) { return (tss_is_32(tr) ? TSS32_LIMIT : TSS16_LIMIT) + 1u; }

static void prove_tss_pages(cpu_t *cpu, const segment_t *from, const segment_t *to, const descriptor_t *d, bool nested)
{
    prove_linear(cpu, from->base, tss_bytes(from), ACCESS_WRITE, false);
    prove_linear(cpu, to->base, tss_bytes(to), ACCESS_READ, false);
    if (nested)
        prove_linear(cpu, to->base + TSS_LINK, 2, ACCESS_WRITE, false);
    prove_linear(cpu, d->linear, 8, ACCESS_WRITE, false);
    if (!is_null(from->selector))
        prove_linear(cpu, cpu->gdtr.base + (from->selector & ~7u), 8, ACCESS_WRITE, false);
}

/* ---- the new task's segments ---- */

static void load_ldt(cpu_t *cpu, u16 selector, u32 ext)
{
    descriptor_t d;
    segment_set_null(&cpu->seg[LDTR], selector);
    if (is_null(selector))
        return;
    if (is_local(selector) || !descriptor_fetch(cpu, selector, &d) || d_type(&d) != TYPE_LDT || !d_present(&d))
        fault_selector(cpu, TS, selector, ext);
    cpu->seg[LDTR] = descriptor_segment(&d, selector);
}

static void load_checked(cpu_t *cpu, int seg, descriptor_t *d)
{
    descriptor_touch(cpu, d);
    cpu->seg[seg] = descriptor_segment(d, d->selector);
    cpu_mode_changed(cpu);
}

/* CPL is CS's RPL already.  Vol. 3A, table 7-1, whose order for SS and the data segments is: type, presence, privilege. */
static void load_code(cpu_t *cpu, u16 selector, u32 ext)
{
    descriptor_t d = descriptor_need(cpu, selector, TS, ext);
    u32 rpl = rpl_of(selector);
    if (!d_is_code(&d) || (d_is_conforming(&d) ? d_dpl(&d) > rpl : d_dpl(&d) != rpl))
        fault_selector(cpu, TS, selector, ext);
    descriptor_need_present(cpu, &d, NP, ext);
    load_checked(cpu, CS, &d);
}

static void load_stack(cpu_t *cpu, u16 selector, u32 ext)
{
    descriptor_t d = descriptor_need(cpu, selector, TS, ext);
    if (!d_is_writable(&d))
        fault_selector(cpu, TS, selector, ext);
    descriptor_need_present(cpu, &d, SS_FAULT, ext);
    if (d_dpl(&d) != cpu->cpl || rpl_of(selector) != cpu->cpl)
        fault_selector(cpu, TS, selector, ext);
    load_checked(cpu, SS, &d);
}

static void load_data(cpu_t *cpu, int seg, u16 selector, u32 ext)
{
    descriptor_t d;
    if (is_null(selector))
        return;
    u32 asked = rpl_of(selector) > cpu->cpl ? rpl_of(selector) : cpu->cpl;
    if (!descriptor_fetch(cpu, selector, &d) || !d_is_readable(&d))
        fault_selector(cpu, TS, selector, ext);
    descriptor_need_present(cpu, &d, NP, ext);
    if (!d_is_conforming(&d) && asked > d_dpl(&d))
        fault_selector(cpu, TS, selector, ext);
    load_checked(cpu, seg, &d);
}

/* SS before CS's descriptor matters not: each failure leaves the later registers with a selector and no rights. */
static void load_segments(cpu_t *cpu, const task_t *t, u32 ext)
{
    static const u8 data[] = { ES, DS, FS, GS };
    load_ldt(cpu, t->ldt, ext);
    if (is_v86(cpu)) {
        for (int seg = 0; seg < N_SEGMENTS; seg++)
            segment_set_real(cpu, seg, t->seg[seg]);
        cpu_mode_changed(cpu);
        return;
    }
    load_code(cpu, t->seg[CS], ext);
    load_stack(cpu, t->seg[SS], ext);
    for (unsigned i = 0; i < COUNT_OF(data); i++)
        load_data(cpu, data[i], t->seg[data[i]], ext);
}

/* ---- the switch ---- */

/* Registers, with selectors whose descriptors are not loaded yet.  The new task's first instruction is what faults now. */
static void become(cpu_t *cpu, const task_t *t, const segment_t *tr, bool nested)
{
    cpu->seg[TR] = *tr;
    cpu->cr0 |= CR0_TS;
    cpu->dr[7] &= ~0x155u;                       /* L0-L3 and LE are the old task's (vol. 3B, 17.2.4) */
    if (tss_is_32(tr) && cpu->cr0 & CR0_PG && cpu->cr3 != t->cr3) {
        cpu->cr3 = t->cr3;
        cpu_flush_tlb(cpu, false);
    }
    for (int i = 0; i < 8; i++)
        cpu->r[i] = t->r[i];
    for (int seg = 0; seg < N_SEGMENTS; seg++)
        segment_set_null(&cpu->seg[seg], t->seg[seg]);
    cpu->eip = t->eip;
    u32 eflags = tss_is_32(tr) ? t->eflags : (t->eflags & 0xFFFF);
    cpu->cpl = eflags & FLAG_VM ? 3 : (u8)rpl_of(t->seg[CS]);
    flags_write(cpu, nested ? eflags | FLAG_NT : eflags, ~0u);
}

static void push_code(cpu_t *cpu, const task_entry_t *how)
{
    frame_t f;
    frame_begin(cpu, &f, tss_is_32(&cpu->seg[TR]) ? W32 : W16, how->ext);
    frame_push(&f, how->code);
    frame_prove(cpu, &f);
    frame_commit(cpu, &f);
}

static bool nests(const task_entry_t *how) { return how->kind == TASK_CALL || how->kind == TASK_INT; }

/* Old state saved, descriptors marked: nothing here can fault (all pages were proved). */
static void leave(cpu_t *cpu, const segment_t *from, const segment_t *to, const descriptor_t *d, const task_entry_t *how)
{
    task_t old = task_now(cpu, how);
    bool nested = nests(how);
    if (!nested && !is_null(from->selector))
        descriptor_set_busy(cpu, cpu->gdtr.base + (from->selector & ~7u), false);
    save(cpu, from, &old);
    if (nested)
        store_linear(cpu, to->base + TSS_LINK, W16, from->selector, false);
    if (how->kind != TASK_IRET)
        descriptor_set_busy(cpu, d->linear, true);
}

/* What may fault in the new task, at its first instruction. */
static void start(cpu_t *cpu, const task_t *t, const task_entry_t *how)
{
    load_segments(cpu, t, how->ext);
    if (t->trap)
        cpu->debug_pending |= DR6_BT;
    if (how->has_code)
        push_code(cpu, how);
    if (cpu->eip > cpu->seg[CS].limit)
        fault(cpu, GP, how->ext);
}

/* An instruction that switches tasks (current is not NULL) is over once the new task's registers are there: it is counted, and a
 * fault takes EIP as it is.  If all goes well, its handler counts it as always. */
void task_switch(cpu_t *cpu, u16 selector, const task_entry_t *how)
{
    descriptor_t d;
    segment_t from = cpu->seg[TR], to = check_tss(cpu, selector, how, &d);
    prove_tss_pages(cpu, &from, &to, &d, nests(how));
    leave(cpu, &from, &to, &d, how);
    task_t t = restore(cpu, &to);                /* after the save: a task may switch to itself by IRET's link */
    become(cpu, &t, &to, nests(how));
    const op_t *op = cpu->current;
    cpu->current = NULL;
    cpu->budget -= op ? op->count : 0;
    start(cpu, &t, how);
    cpu->budget += op ? op->count : 0;
    cpu->current = op;
}
