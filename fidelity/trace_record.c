/* trace_record.c - see trace_record.h.
 *
 * An instruction's record is finished when the next instruction or an event begins: what differs then is what it changed.  General registers and
 * EFLAGS are compared always, the rest only after instructions that may change it, by a table made from instructions.def.
 *
 * Left out: device DMA and page walks are no records; a RESET shows as changes by the instruction before it; the registers of MMX are the x87's;
 * of MSRs only EFER and SYSENTER's are fields. */
#include "fidelity/trace_record.h"
#include <stdlib.h>
#include "cpu/block.h"
#include "cpu/tables.h"

/* ---- the state ---- */

static void collect_x87(const cpu_t *cpu, u64 *s)
{
    const fpu_t *f = &cpu->fpu;
    for (unsigned i = 0; i < 8; i++) {
        u8 raw[10];
        f80_put(raw, f->r[i]);
        s[TRACE_X87_LOW + i] = get64(raw);
        s[TRACE_X87_HIGH + i] = get(raw + 8, W16);
    }
    s[TRACE_X87_CONTROL] = f->control;
    s[TRACE_X87_STATUS] = fpu_status(f);
    s[TRACE_X87_TAGS] = f->full;
    s[TRACE_X87_OPCODE] = f->opcode;
    s[TRACE_X87_IP] = f->ip;
    s[TRACE_X87_CS] = f->cs;
    s[TRACE_X87_DP] = f->dp;
    s[TRACE_X87_DS] = f->ds;
}

static void collect_simd(const cpu_t *cpu, u64 *s)
{
    for (unsigned n = 0; n < 8; n++) {
        s[TRACE_XMM_LOW + n] = cpu->simd.xmm[n].q[0];
        s[TRACE_XMM_HIGH + n] = cpu->simd.xmm[n].q[1];
    }
    s[TRACE_MXCSR] = cpu->simd.mxcsr;
}

static void collect_segments(const cpu_t *cpu, u64 *s)
{
    for (unsigned n = 0; n < N_ALL_SEGMENTS; n++) {
        s[TRACE_SELECTOR + n] = cpu->seg[n].selector;
        s[TRACE_BASE + n] = cpu->seg[n].base;
        s[TRACE_LIMIT + n] = cpu->seg[n].limit;
        s[TRACE_ATTRIBUTES + n] = cpu->seg[n].attributes;
    }
}

static void collect_system(const cpu_t *cpu, u64 *s)
{
    s[TRACE_CPL] = cpu->cpl;
    s[TRACE_CR0] = cpu->cr0;
    s[TRACE_CR2] = cpu->cr2;
    s[TRACE_CR3] = cpu->cr3;
    s[TRACE_CR4] = cpu->cr4;
    s[TRACE_EFER] = cpu->efer;
    for (unsigned n = 0; n < 8; n++) s[TRACE_DR + n] = cpu->dr[n];
    s[TRACE_GDTR_BASE] = cpu->gdtr.base;
    s[TRACE_GDTR_LIMIT] = cpu->gdtr.limit;
    s[TRACE_IDTR_BASE] = cpu->idtr.base;
    s[TRACE_IDTR_LIMIT] = cpu->idtr.limit;
    s[TRACE_SYSENTER_CS] = cpu->sysenter_cs;
    s[TRACE_SYSENTER_ESP] = cpu->sysenter_esp;
    s[TRACE_SYSENTER_EIP] = cpu->sysenter_eip;
}

void recorder_state(cpu_t *cpu, u64 state[TRACE_FIELDS])
{
    memset(state, 0, TRACE_FIELDS * sizeof *state);
    for (unsigned n = 0; n < TRACE_GPRS; n++) state[n] = cpu->r[n];
    state[TRACE_EFLAGS] = cpu_eflags(cpu);
    collect_segments(cpu, state);
    collect_system(cpu, state);
    collect_x87(cpu, state);
    collect_simd(cpu, state);
}

/* ---- what an instruction may change beside general registers and EFLAGS ---- */

enum { MAY_NOTHING, MAY_X87, MAY_ALL };

static u8 may_change(u16 instr)
{
    static const u16 nothing[] = { I_BT, I_BTS, I_BTR, I_BTC, I_CMPXCHG8B, I_LEA, I_CBW, I_CWD, I_XLAT, I_NOP, I_NOP_hint, I_DAA, I_DAS, I_AAA, I_AAS, I_AAM,
        I_AAD, I_SALC, I_LAHF, I_SAHF, I_CLC, I_STC, I_CMC, I_CLD, I_STD, I_CLI, I_STI, I_PUSH, I_POP, I_PUSH_sreg, I_PUSHA, I_POPA, I_PUSHF, I_ENTER,
        I_LEAVE, I_MOV_from_sreg, I_IN, I_OUT, I_JMP_near, I_CALL_near, I_RET, I_MUL, I_IMUL_1, I_DIV, I_IDIV, I_SETcc, I_CPUID, I_RDTSC };
    for (unsigned i = 0; i < COUNT_OF(nothing); i++)
        if (nothing[i] == instr) return MAY_NOTHING;
    switch (instructions[instr].shape) {
    case SHAPE_update: case SHAPE_examine: case SHAPE_assign: case SHAPE_extend: case SHAPE_modify: case SHAPE_change: case SHAPE_shift:
    case SHAPE_double: case SHAPE_ternary: case SHAPE_scan: case SHAPE_exchange: case SHAPE_choose: case SHAPE_repeat: case SHAPE_branch:
        return MAY_NOTHING;
    default:
        return MAY_ALL;
    }
}

static void mark_x87(u8 *watch)
{
    for (unsigned i = 0; i < 8; i++) {
        for (unsigned j = 0; j < 8; j++)  watch[x87_memory[i][j].instr] = MAY_X87;
        for (unsigned j = 0; j < 64; j++) watch[x87_register[i][j].instr] = MAY_X87;
    }
    watch[I_INVALID] = MAY_ALL;
}

/* ---- records ---- */

static void add_change(trace_recorder_t *r, unsigned field, u64 value, u64 old)
{
    r->record.change[r->record.n_changes++] = (trace_change_t){ (u8)field, value, old };
}

static void changed(trace_recorder_t *r, unsigned field, u64 value)
{
    add_change(r, field, value, r->state[field]);
    r->state[field] = value;
}

static void compare(trace_recorder_t *r, const u64 *now, unsigned first, unsigned end)
{
    for (unsigned i = first; i < end; i++)
        if (now[i] != r->state[i]) changed(r, i, now[i]);
}

/* EFLAGS now: made anew only if what it is made of is another. */
INLINE u32 eflags_of(trace_recorder_t *r, const cpu_t *cpu)
{
    if (memcmp(&cpu->f, &r->f, sizeof r->f) != 0 || cpu->eflags != r->raw_eflags) {
        r->f = cpu->f;
        r->raw_eflags = cpu->eflags;
        r->now_eflags = (cpu->eflags & ~(u32)FLAGS_STATUS) | flags_status(&cpu->f);      /* cpu_eflags, inline */
    }
    return r->now_eflags;
}

static void compare_registers(trace_recorder_t *r, const cpu_t *cpu, u32 eflags)
{
    for (unsigned i = 0; i < TRACE_GPRS; i++)
        if (cpu->r[i] != r->registers[i]) add_change(r, i, cpu->r[i], r->registers[i]);
    if (eflags != r->eflags) add_change(r, TRACE_EFLAGS, eflags, r->eflags);
}

INLINE void keep_registers(trace_recorder_t *r, const cpu_t *cpu, u32 eflags)
{
    memcpy(r->registers, cpu->r, sizeof r->registers);
    r->eflags = eflags;
}

/* What tells where and in which mode instructions are; always recorded. */
static void compare_place(trace_recorder_t *r, const cpu_t *cpu)
{
    const struct { unsigned field; u64 now; } place[] = { { TRACE_SELECTOR + TRACE_CS, cpu->seg[CS].selector }, { TRACE_BASE + TRACE_CS, cpu->seg[CS].base },
        { TRACE_ATTRIBUTES + TRACE_CS, cpu->seg[CS].attributes }, { TRACE_ATTRIBUTES + TRACE_SS, cpu->seg[SS].attributes }, { TRACE_CR0, cpu->cr0 } };
    for (unsigned i = 0; i < COUNT_OF(place); i++)
        if (place[i].now != r->state[place[i].field]) changed(r, place[i].field, place[i].now);
}

/* Is it not byte by byte what it was when last looked at?  Then it may have changed. */
static bool is_new(void *kept, const void *now, size_t bytes)
{
    if (memcmp(kept, now, bytes) == 0) return false;
    memcpy(kept, now, bytes);
    return true;
}

/* What is seldom needed: all fields, or those of the x87. */
static __attribute__((noinline)) void compare_more(trace_recorder_t *r, const cpu_t *cpu, bool faulted)
{
    u64 now[TRACE_FIELDS];
    if (!(r->kinds & RECORD_STATE)) {
        if (r->whole) compare_place(r, cpu);
        return;
    }
    if (r->whole || faulted) {
        collect_system(cpu, now);
        compare(r, now, TRACE_CPL, TRACE_CPL + 1);
        if (is_new(r->seg, cpu->seg, sizeof r->seg)) {
            collect_segments(cpu, now);
            compare(r, now, TRACE_SELECTOR, TRACE_ATTRIBUTES + N_ALL_SEGMENTS);
        }
        compare(r, now, TRACE_CR0, TRACE_EFER + 1);
        compare(r, now, TRACE_DR, TRACE_SYSENTER_EIP + 1);
        if (is_new(&r->simd, &cpu->simd, sizeof r->simd)) {
            collect_simd(cpu, now);
            compare(r, now, TRACE_XMM_LOW, TRACE_MXCSR + 1);
        }
    }
    if (!is_new(&r->fpu, &cpu->fpu, sizeof r->fpu)) return;
    collect_x87(cpu, now);
    compare(r, now, TRACE_X87_LOW, TRACE_X87_DS + 1);
}

static __attribute__((noinline)) void finish_in_full(trace_recorder_t *r, const cpu_t *cpu, u32 eflags, bool faulted)
{
    bool more = r->whole || r->x87 || faulted;
    compare_registers(r, cpu, eflags);
    keep_registers(r, cpu, eflags);
    if (more) compare_more(r, cpu, faulted);
    r->record.faulted = faulted;
    if (r->record.kind != TRACE_EVENT || r->kinds & RECORD_EVENTS) r->sink(r->owner, &r->record, r->identity);
}

INLINE void finish(trace_recorder_t *r, const cpu_t *cpu, bool faulted)
{
    if (!r->open) return;
    u32 eflags = eflags_of(r, cpu);
    bool more = r->whole || r->x87 || faulted || r->record.continued;      /* is true of every event */
    r->open = false;
    if (LIKELY(!more && r->brief) && r->brief(r->owner, &r->record, r->identity, cpu->r, eflags)) keep_registers(r, cpu, eflags);
    else finish_in_full(r, cpu, eflags, faulted);
}

static void begin(trace_recorder_t *r, const cpu_t *cpu, u8 kind, u32 eip)
{
    trace_record_t *t = &r->record;
    r->open = true;
    r->eip = eip;
    t->kind = kind;
    t->faulted = t->continued = t->has_code = false;
    t->number = cpu_instructions(cpu);
    t->linear = cpu->seg[CS].base + eip;
    t->length = 0;
    t->n_changes = t->n_accesses = 0;
}

/* Ops of the cache never change: their place, and how often the cache was emptied, tell the bytes.  0: an op that is not kept. */
static u64 identity_of(const cpu_t *cpu)
{
    u64 place = (u64)(cpu->current - cpu->ops);
    return place < SCRATCH_OPS ? 0 : (u64)cpu->blocks->generation << 24 | place;
}

static __attribute__((noinline)) void take_bytes(trace_record_t *t, cpu_t *cpu, unsigned length)
{
    t->length = (u8)(length <= TRACE_INSTRUCTION_BYTES ? length : TRACE_INSTRUCTION_BYTES);
    if (!cpu_peek(cpu, t->linear, t->bytes, t->length)) memset(t->bytes, 0, t->length);   /* code in device memory */
}

static void before(observer_t *self, cpu_t *cpu, u32 eip, unsigned length)
{
    trace_recorder_t *r = (trace_recorder_t *)self;
    trace_record_t *t = &r->record;
    finish(r, cpu, false);
    if (r->goes_on && !r->goes_on(r->owner, cpu, cpu->seg[CS].base + eip)) return;
    begin(r, cpu, TRACE_INSTRUCTION, eip);
    u8 may = r->watch[cold_of(cpu, cpu->current)->instr];
    r->whole = may == MAY_ALL;
    r->x87 = may == MAY_X87;
    r->identity = identity_of(cpu);
    if (!r->knows || !r->knows(r->owner, t->linear, r->identity)) take_bytes(t, cpu, length);
}

static void access(trace_recorder_t *r, trace_way_t way, u32 where, width_t w, u32 value)
{
    trace_record_t *t = &r->record;
    if (!r->open) return;
    if (t->n_accesses == TRACE_ACCESSES) {                     /* an instruction of many: what it changed comes with the last of its records */
        r->sink(r->owner, t, r->identity);
        t->continued = true;
        t->n_accesses = 0;
    }
    t->access[t->n_accesses++] = (trace_access_t){ (u8)way, w == W8 ? 0 : w == W16 ? 1 : 2, where, value };
}

static void on_memory(observer_t *self, cpu_t *cpu, u32 linear, width_t w, u32 value, bool write)
{
    (void)cpu;
    access((trace_recorder_t *)self, write ? TRACE_WRITE : TRACE_READ, linear, w, value);
}

static void on_port(observer_t *self, cpu_t *cpu, u16 port, width_t w, u32 value, bool write)
{
    (void)cpu;
    access((trace_recorder_t *)self, write ? TRACE_OUT : TRACE_IN, port, w, value);
}

static void on_event(observer_t *self, cpu_t *cpu, event_kind_t kind, u8 vector, bool has_code, u32 code)
{
    static const u8 source[] = { [EVENT_FAULT] = TRACE_FAULT, [EVENT_TRAP] = TRACE_TRAP, [EVENT_INTERRUPT] = TRACE_INTERRUPT, [EVENT_SHUTDOWN] = TRACE_SHUTDOWN };
    trace_recorder_t *r = (trace_recorder_t *)self;
    finish(r, cpu, kind == EVENT_FAULT && r->open && r->record.kind == TRACE_INSTRUCTION && cpu->eip == r->eip);
    begin(r, cpu, TRACE_EVENT, cpu->eip);
    r->whole = true;
    r->identity = 0;
    r->record.source = source[kind];
    r->record.vector = vector;
    r->record.has_code = has_code;
    r->record.code = code;
}

bool recorder_init(trace_recorder_t *r, unsigned kinds)
{
    memset(r, 0, sizeof *r);
    r->kinds = kinds;
    r->watch = calloc(N_INSTR, 1);
    if (!r->watch) return false;
    for (u16 i = 0; i < N_INSTR; i++) r->watch[i] = may_change(i);
    mark_x87(r->watch);
    r->observer = (observer_t){ .before = before, .memory = kinds & RECORD_MEMORY ? on_memory : NULL, .port = kinds & RECORD_PORTS ? on_port : NULL,
                                .event = on_event };
    return true;
}

void recorder_free(trace_recorder_t *r)
{
    free(r->watch);
    r->watch = NULL;
}

void recorder_begin(trace_recorder_t *r, cpu_t *cpu)
{
    r->open = false;
    recorder_state(cpu, r->state);
    memcpy(r->seg, cpu->seg, sizeof r->seg);
    r->fpu = cpu->fpu;
    r->simd = cpu->simd;
    r->f = cpu->f;
    r->raw_eflags = cpu->eflags;
    r->now_eflags = cpu_eflags(cpu);
    keep_registers(r, cpu, r->now_eflags);
    cpu_observe(cpu, &r->observer);
}

void recorder_end(trace_recorder_t *r, cpu_t *cpu)
{
    finish(r, cpu, false);
    cpu_observe(cpu, NULL);
}
