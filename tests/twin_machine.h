/* twin_machine.h - a small machine for random programs: a processor, 256 KiB of RAM, and a board whose ports do odd things at exact times.
 *
 *   port 10h-13h  read: the instruction count; write: mixed into a log together with the count
 *   port 14h      write: an interrupt request after (value & 3Fh) more instructions, by a deadline brought forward
 *   port 15h      write: DMA puts the value's low byte into the program
 *   port 16h      write: one page's rights change (with paging), and all translations are dropped
 *   port 17h      write: A20 gate, bit 0
 *   port 18h      write: one page's rights change, and what is remembered of that page is forgotten, as by INVLPG
 *   port 19h      write: one page gets more rights, and nothing is forgotten: none need be (SDM vol. 3A, 4.10.4.3)
 *   others        write: ignored
 *   A0000h        one page of memory-mapped registers: as port 10h
 *   B0000h        one page of a frame buffer: memory that is not RAM, in which code may run
 *
 * Memory, by mode:
 *   0000 vectors or 0800 GDT, 1000 IDT, 1800 TSS   2000 handlers   3000 page tables   6000 inner stack
 *   10000 code   20000 data   30000 stack; with paging 40000-7FFFF shows the same pages with other rights */
#pragma once
#include "cpu/block.h"
#include "cpu/descriptor.h"
#include "cpu/model.h"
#include "cpu/segment.h"
#include "tests/random_program.h"

typedef enum { REAL, FLAT0, FLAT0_PAGED, FLAT3_PAGED, PM16, PM16_ODD, V86, N_PROGRAM_MODES } program_mode_t;
static const char *const program_modes[] = { "real mode", "flat, level 0", "flat, level 0, paging", "flat, level 3, paging", "16-bit protected", "16-bit protected, odd limit", "V86, paging" };

static inline bool program_mode_is_16(program_mode_t mode) { return mode == REAL || mode == PM16 || mode == PM16_ODD || mode == V86; }

enum { TWIN_RAM = 256 << 10, TWIN_GDT = 0x800, TWIN_IDT = 0x1000, TWIN_TSS = 0x1800, TWIN_HANDLERS = 0x2000, TWIN_PD = 0x3000, TWIN_PT = 0x4000,
       TWIN_STACK0 = 0x7000, TWIN_CODE = 0x10000, TWIN_DATA = 0x20000, TWIN_STACK = 0x30000, TWIN_ALIAS = 0x40000,
       TWIN_MMIO = 0xA0000, TWIN_FRAME = 0xB0000, PROGRAM_BYTES = 700 };
enum { T_CODE0 = 0x08, T_DATA0 = 0x10, T_CODE3 = 0x1B, T_DATA3 = 0x23, T_TSS = 0x28, T_CODE16 = 0x30, T_DATA16 = 0x38, T_STACK16 = 0x40, T_TASK_B = 0x58, T_GDT_LIMIT = 0x5F,
       TWIN_TSS_B = 0x1C00, TWIN_ROUTINE = 0x2A00, TWIN_TASK_B = 0x2A40, TWIN_STACK_B = 0x6000, TWIN_COUNTS = 0x2900 };

typedef struct {
    observer_t observer;
    cpu_t  cpu;
    bus_t  bus;
    u8     ram[TWIN_RAM], frame[PAGE_BYTES];
    int    frame_region;
    u64    log;                  /* everything the board was told, and when */
    u64    due;                  /* instruction at which the board asks for an interrupt; UINT64_MAX: never */
    u8     vector;
    u64    watched;              /* hash of what the observer saw */
    u64    accesses;             /* hash of the memory and port accesses and events it was told about */
    u32    watched_eip;
} twin_t;

static inline void mix(u64 *hash, u64 v) { *hash = (*hash ^ v) * 0x100000001B3u; *hash ^= *hash >> 29; }

/* ---- the board ---- */

static u32 board_in(void *self, u16 reg)
{
    twin_t *t = self;
    (void)reg;
    return (u32)cpu_instructions(&t->cpu);
}

/* Rights of a page from the value written; the linear page, or 0: this one stays (tables and handlers). */
static u32 set_rights(twin_t *t, u32 value, bool more)
{
    u32 page = value >> 3 & 0x7F;
    if (!(t->cpu.cr0 & CR0_PG) || page < 8 || page == 64 + (TWIN_PD >> 12) || page == 64 + (TWIN_PT >> 12))
        return 0;
    u8 raw[4];
    u32 at = TWIN_PT + 4 * page;
    dma_read(&t->bus, at, raw, 4);
    u32 old = get(raw, W32);
    put(raw, W32, more ? old | (value & 6) | 1u : (old & ~7u) | (value & 7) | 1u | (value & 0xC00 ? 6u : 0));
    dma_write(&t->bus, at, raw, 4);
    return page;
}

static void change_page(twin_t *t, u32 value, u16 reg)
{
    u32 page = set_rights(t, value, reg == 9);
    if (page && reg == 6) cpu_flush_tlb(&t->cpu, true);
    if (page && reg == 8) cpu_flush_tlb_page(&t->cpu, page << 12);
}

static void board_out(void *self, u16 reg, u32 value)
{
    twin_t *t = self;
    u64 now = cpu_instructions(&t->cpu);
    mix(&t->log, now), mix(&t->log, value), mix(&t->log, reg);
    switch (reg) {
    case 4:
        t->due = now + 1 + (value & 0x3F);
        t->vector = (u8)(0x40 + (value >> 6 & 3));
        cpu_set_deadline(&t->cpu, t->due);
        break;
    case 5: {
        u8 byte = (u8)(0x40 | (value & 15));
        dma_write(&t->bus, TWIN_CODE + (value >> 4) % PROGRAM_BYTES, &byte, 1);
        break;
    }
    case 6: case 8: case 9: change_page(t, value, reg); break;
    case 7: bus_set_a20(&t->bus, value & 1); break;
    default: break;
    }
}
static u32  registers_read(void *self, u32 offset, width_t w)             { (void)w; return board_in(self, (u16)offset); }
static void registers_write(void *self, u32 offset, width_t w, u32 value) { twin_t *t = self; mix(&t->log, offset + w), mix(&t->log, value), mix(&t->log, cpu_instructions(&t->cpu)); }

static u8 board_acknowledge(void *self)
{
    twin_t *t = self;
    cpu_intr(&t->cpu, false);
    return t->vector;
}

static void watch(observer_t *self, cpu_t *cpu, u32 eip, unsigned length)
{
    twin_t *t = (twin_t *)self;
    if (eip == t->watched_eip)                               /* a repeated instruction may be entered more than once */
        return;
    t->watched_eip = eip;
    mix(&t->watched, eip + ((u64)length << 32)), mix(&t->watched, cpu_eflags(cpu)), mix(&t->watched, cpu_instructions(cpu));
    for (int n = 0; n < 8; n++) mix(&t->watched, cpu->r[n]);
}

/* The other things an observer may be told; hung in by those who want them. */
static inline void watch_memory(observer_t *self, cpu_t *cpu, u32 linear, width_t w, u32 value, bool write)
{
    (void)cpu;
    mix(&((twin_t *)self)->accesses, linear + ((u64)(w + write) << 32)), mix(&((twin_t *)self)->accesses, value);
}
static inline void watch_port(observer_t *self, cpu_t *cpu, u16 port, width_t w, u32 value, bool write) { watch_memory(self, cpu, port, w, value, write); }
static inline void watch_event(observer_t *self, cpu_t *cpu, event_kind_t kind, u8 vector, bool has_code, u32 code)
{
    watch_memory(self, cpu, vector + 0x100u * kind, has_code ? W32 : W8, code, false);
}

/* Who shows the frame buffer is told of stores; what is told must not depend on anything else. */
static void frame_touched(void *chip, u32 page) { (void)chip; (void)page; }

static inline bool twin_init(twin_t *t, model_t model)
{
    static const char name[] = "random";
    memset(t, 0, sizeof *t);
    bus_init(&t->bus, t->ram, TWIN_RAM);
    if (!cpu_init(&t->cpu, model, &t->bus))
        return false;
    t->observer.before = watch;
    t->cpu.acknowledge = board_acknowledge;
    t->cpu.pic = t;
    bus_attach(&t->bus, &(port_range_t){ name, PROGRAM_PORT, 16, W32, board_in, board_out, t, false });
    bus_map(&t->bus, &(region_t){ .name = name, .first = TWIN_MMIO, .bytes = PAGE_BYTES, .read = registers_read, .write = registers_write, .chip = t });
    t->frame_region = bus_map(&t->bus, &(region_t){ .name = name, .first = TWIN_FRAME, .bytes = PAGE_BYTES, .host = t->frame, .chip = t, .touched = frame_touched });
    return true;
}

/* ---- setting the stage ---- */

static inline void twin_descriptor(u8 *ram, u32 selector, u32 base, u32 limit, u32 access, u32 flags)
{
    u8 *d = ram + TWIN_GDT + (selector & ~7u);
    put(d, W32, (limit & 0xFFFF) | base << 16);
    put(d + 4, W32, (base >> 16 & 0xFF) | access << 8 | (limit & 0xF0000) | flags << 20 | (base & 0xFF000000));
}

static inline void twin_tables(u8 *ram, u32 handler_of[256], bool to_user)
{
    twin_descriptor(ram, T_CODE0, 0, 0xFFFFF, 0x9A, 0xC); twin_descriptor(ram, T_DATA0, 0, 0xFFFFF, 0x92, 0xC);
    twin_descriptor(ram, T_CODE3, 0, 0xFFFFF, 0xFA, 0xC); twin_descriptor(ram, T_DATA3, 0, 0xFFFFF, 0xF2, 0xC);
    twin_descriptor(ram, T_TSS, TWIN_TSS, 0x1FF, 0x8B, 0);
    twin_descriptor(ram, T_CODE16, TWIN_CODE, 0xFFFF, 0x9A, 0); twin_descriptor(ram, T_DATA16, TWIN_CODE, 0x1FFFF, 0x92, 0);
    twin_descriptor(ram, T_STACK16, TWIN_STACK, 0xEFFF, 0x92, 0);
    twin_descriptor(ram, T_TASK_B, TWIN_TSS_B, 0x67, 0x89, 0);
    put(ram + TWIN_GDT + PROGRAM_CALL_GATE, W32, T_CODE0 << 16 | TWIN_ROUTINE);
    put(ram + TWIN_GDT + PROGRAM_CALL_GATE + 4, W32, 0xEC01);        /* one parameter is copied */
    put(ram + TWIN_GDT + PROGRAM_TASK_GATE, W32, T_TASK_B << 16);
    put(ram + TWIN_GDT + PROGRAM_TASK_GATE + 4, W32, 0xE500);
    put(ram + TWIN_TSS + 0x1C, W32, TWIN_PD);
    put(ram + TWIN_TSS + 4, W32, TWIN_STACK0); put(ram + TWIN_TSS + 8, W16, T_DATA0);
    put(ram + TWIN_TSS + 0x66, W16, 0x68);                   /* the I/O map, all zeros: every port allowed */
    for (u32 v = 0; v < 256; v++) {
        put(ram + TWIN_IDT + 8 * v, W32, handler_of[v] | (u32)T_CODE0 << 16);
        put(ram + TWIN_IDT + 8 * v + 4, W32, (to_user ? 0xEEu : 0x8Eu) << 8);
    }
}

/* Handlers: faults go on `skip` bytes further, #DB and interrupts just return; all count. */
static inline u32 handler16(u8 *ram, u32 at, u32 skip)
{
    u8 *p = ram + at;
    if (skip) {
        const u8 code[] = { 0x55, 0x89, 0xE5, 0x83, 0x46, 0x02, (u8)skip, 0x5D, 0xCF };          /* add word [bp+2], skip */
        memcpy(p, code, sizeof code);
    } else {
        const u8 code[] = { 0x2E, 0xFF, 0x06, 0x00, 0x09, 0xCF };                                 /* inc word cs:[900h]; iret */
        memcpy(p, code, sizeof code);
    }
    return at + 16;
}
static inline u32 handler32(u8 *ram, u32 at, u32 skip, bool code)
{
    const u8 drop[] = { 0x83, 0xC4, 0x04 }, add[] = { 0x36, 0x83, 0x04, 0x24, (u8)skip }, count[] = { 0x36, 0xFF, 0x05, 0x00, 0x29, 0x00, 0x00 };
    u8 *p = ram + at;
    if (code) memcpy(p, drop, sizeof drop), p += sizeof drop;
    if (skip) memcpy(p, add, sizeof add), p += sizeof add;
    else      memcpy(p, count, sizeof count), p += sizeof count;
    *p = 0xCF;
    return at + 20;
}

/* What a call gate and a task gate lead to: both count. */
static inline void twin_routines(u8 *ram)
{
    static const u8 routine[] = { 0x36, 0xFF, 0x05, 0x04, 0x29, 0x00, 0x00, 0xCA, 0x04, 0x00 };          /* inc dword ss:[2904h]; retf 4 */
    static const u8 task[] = { 0x36, 0xFF, 0x05, 0x08, 0x29, 0x00, 0x00, 0x40, 0xCF, 0xEB, 0xF5 };        /* inc dword ss:[2908h]; inc eax; iret; again */
    u8 *tss = ram + TWIN_TSS_B;
    memcpy(ram + TWIN_ROUTINE, routine, sizeof routine);
    memcpy(ram + TWIN_TASK_B, task, sizeof task);
    put(tss + 0x1C, W32, TWIN_PD); put(tss + 0x20, W32, TWIN_TASK_B); put(tss + 0x24, W32, FLAG_1 | FLAG_IF); put(tss + 0x38, W32, TWIN_STACK_B);
    put(tss + 0x48, W16, T_DATA0); put(tss + 0x4C, W16, T_CODE0); put(tss + 0x50, W16, T_DATA0); put(tss + 0x54, W16, T_DATA0);
}

static inline bool vector_is_fault(u32 v) { return v == DE || (v >= BR && v <= DF) || (v >= TS && v <= XM && v != 15); }

static inline void twin_handlers(twin_t *t, random_t *r, program_mode_t mode)
{
    u32 handler_of[256], at = TWIN_HANDLERS;
    for (u32 v = 0; v < 256; v++) {
        u32 skip = v < 32 && vector_is_fault(v) ? 1 + below(r, 3) : 0;
        bool code = v == DF || (v >= TS && v <= PF_FAULT) || v == AC;
        if (v >= 48) { handler_of[v] = handler_of[32 + v % 16]; continue; }
        handler_of[v] = at;
        at = mode == REAL ? handler16(t->ram, at, skip) : handler32(t->ram, at, skip, code);
    }
    if (mode != REAL) {
        twin_tables(t->ram, handler_of, mode != FLAT0 && mode != FLAT0_PAGED);
        twin_routines(t->ram);
        return;
    }
    for (u32 v = 0; v < 256; v++) {
        put(t->ram + 4 * v, W16, handler_of[v]);
        put(t->ram + 4 * v + 2, W16, 0);
    }
}

/* Linear 0-3FFFFh is physical; 40000h-7FFFFh shows the same with other rights; A0000h and B0000h are devices. */
static inline void twin_paging(twin_t *t, random_t *r)
{
    u8 *table = t->ram + TWIN_PT;
    put(t->ram + TWIN_PD, W32, TWIN_PT | 7);
    for (u32 page = 0; page < 64; page++) {
        u32 system = page < 8 ? (page == TWIN_PD >> 12 || page == TWIN_PT >> 12 ? 1u : 3u) : 7u;
        u32 rights = page < 8 ? system : chance(r, 12) ? below(r, 8) : 7u, rights2 = page < 8 ? system : chance(r, 4) ? below(r, 8) : 7u;
        put(table + 4 * page, W32, page << 12 | rights | (chance(r, 3) ? 0x100 : 0));                 /* some are global */
        put(table + 4 * (page + 64), W32, page << 12 | rights2 | (chance(r, 3) ? 0x100 : 0));
    }
    put(table + 4 * (TWIN_MMIO >> 12), W32, TWIN_MMIO | 7);
    put(table + 4 * (TWIN_FRAME >> 12), W32, TWIN_FRAME | 7);
    put(table + 4 * (TWIN_CODE >> 12), W32, TWIN_CODE | 7);
    t->cpu.cr3 = TWIN_PD;
    t->cpu.cr4 = model_cr4_mask(t->cpu.model) & CR4_PGE;
    t->cpu.cr0 |= CR0_PG | (model_cr0_mask(t->cpu.model) & CR0_WP);
}

static inline void twin_segment(twin_t *t, int seg, u16 selector)
{
    u8 *d = t->ram + TWIN_GDT + (selector & ~7u);
    descriptor_t descriptor = { get(d, W32), get(d + 4, W32), 0, selector };
    t->cpu.seg[seg] = descriptor_segment(&descriptor, selector);
}

static inline void twin_enter(twin_t *t, program_mode_t mode, u32 program)
{
    cpu_t *cpu = &t->cpu;
    bool user = mode == FLAT3_PAGED || mode == V86;
    cpu->cr4 = model_cr4_mask(cpu->model) & (CR4_OSFXSR | CR4_OSXMMEXCPT);
    cpu->cr0 = CR0_ET | (model_cr0_mask(cpu->model) & (CR0_NE | CR0_AM)) | (mode == REAL ? 0 : CR0_PE) | (cpu->cr0 & (CR0_PG | CR0_WP));
    cpu->gdtr.base = TWIN_GDT; cpu->gdtr.limit = T_GDT_LIMIT;
    cpu->idtr.base = mode == REAL ? 0 : TWIN_IDT;
    cpu->idtr.limit = mode == REAL ? 0x3FF : 0x7FF;
    cpu->cpl = user ? 3 : 0;
    cpu->eip = program;
    cpu->r[ESP] = program_mode_is_16(mode) ? 0xE000 : TWIN_STACK + 0xE000;
    if (mode == PM16_ODD) twin_descriptor(t->ram, T_CODE16, TWIN_CODE, 0x1000, 0x9A, 0);   /* the program may run against its end */
    if (mode != REAL) twin_segment(t, TR, T_TSS);
    for (int seg = 0; seg < N_SEGMENTS; seg++) {
        if (mode == REAL || mode == V86) {
            cpu->eflags = mode == V86 ? FLAG_VM | FLAG_1 : FLAG_1;
            segment_set_real(cpu, seg, (u16)((seg == SS ? TWIN_STACK : seg == FS ? 0xFFFF0 : seg == GS ? TWIN_MMIO : TWIN_CODE) >> 4));
        } else if (mode == PM16 || mode == PM16_ODD) {
            twin_segment(t, seg, seg == CS ? T_CODE16 : seg == SS ? T_STACK16 : seg == FS ? T_DATA0 : T_DATA16);
        } else {
            twin_segment(t, seg, (u16)(seg == CS ? (user ? T_CODE3 : T_CODE0) : user ? T_DATA3 : T_DATA0));
        }
    }
    cpu_set_eflags(cpu, FLAG_1 | FLAG_IF | (mode == V86 ? FLAG_VM | FLAG_IOPL : user ? FLAG_IOPL : 0));
}

/* The whole start of program number `seed` in this mode: memory, tables, registers. */
static inline void twin_prepare(twin_t *t, program_mode_t mode, u64 seed)
{
    random_t r = { seed * 2 + 1 };
    bool code16 = program_mode_is_16(mode);
    u32 first = (chance(&r, 3) ? 0xE80 : 0x100) + below(&r, 0x80), data = code16 ? 0x8000 : TWIN_DATA;
    memset(t->ram, 0, sizeof t->ram);
    memset(t->frame, 0, sizeof t->frame);
    bus_set_a20(&t->bus, true);
    t->cpu.observer = NULL;
    t->log = t->watched = t->accesses = 0;
    t->watched_eip = 0xFFFFFFFF;
    t->due = UINT64_MAX;
    cpu_intr(&t->cpu, false);
    cpu_reset(&t->cpu);
    t->cpu.settled = 0;
    for (u32 i = 0; i < 0x8000; i += 4) put(t->ram + TWIN_CODE + data % 0x10000 + (code16 ? 0 : 0x10000) + i, W32, (u32)random64(&r));
    for (int n = 0; n < 8; n++) t->cpu.r[n] = chance(&r, 2) ? data + below(&r, 0x3000) : (u32)random64(&r);
    twin_handlers(t, &r, mode);
    if (mode == FLAT0_PAGED || mode == FLAT3_PAGED || mode == V86) twin_paging(t, &r);
    program_t p = { .random = &r, .start = t->ram + TWIN_CODE + first, .code32 = !code16, .user = mode == FLAT3_PAGED,
                    .code_in_data = first + (code16 ? 0 : TWIN_CODE), .first = first + (code16 ? 0 : TWIN_CODE), .data = data,
                    .data_bytes = code16 ? 0x7F00 : 0xFF00, .alias = mode == FLAT0_PAGED || mode == FLAT3_PAGED ? TWIN_ALIAS : 0,
                    .gates = mode != REAL && mode != V86, .stack_top = code16 ? 0xE000 : TWIN_STACK + 0xE000 };
    p.at = p.start;
    p.end = p.start + 100 + below(&r, PROGRAM_BYTES - 100);
    write_program(&p);
    twin_enter(t, mode, p.first);
    cpu_flush_tlb(&t->cpu, true);
    cpu_settle(&t->cpu);
}
