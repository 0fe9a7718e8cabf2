/* vectors.c - see vectors.h.
 *
 * Collections begin each vector with a jump to its instruction and set all registers by LOADALL, the flags included; README of
 * github.com/SingleStepTests/80286 and /80386.  FLAGS bits 12-14 of the 286's starting states are to be ignored: its real mode holds them 0.
 * EFLAGS bits above 17 and the reserved bits of CR0 do not exist on the 386; the 386EX reads ones there. */
#include "fidelity/vectors.h"
#include <stdio.h>
#include <stdlib.h>
#include "cpu/eflags.h"
#include "cpu/fpu.h"
#include "cpu/model.h"
#include "cpu/segment.h"
#include "fidelity/flat.h"

enum { ENOUGH = 5000, MARK = 0x5A00 };   /* instructions and iterations; the upper halves of registers in 16-bit vectors */
enum { ALL_BYTES = VECTOR_BYTES + VECTOR_TABLES * PAGE_BYTES };
enum { REAL_FLAGS_286 = 0x0FD5, FLAGS_386 = 0x3FFFF, FLAGS_HOST = 0x3FFFFF, CR0_386 = 0x8000001F };

/* Offsets in the image of FXSAVE, SDM vol. 1, table 10-2. */
enum { FX_CONTROL = 0, FX_STATUS = 2, FX_FULL = 4, FX_OPCODE = 6, FX_IP = 8, FX_CS = 12, FX_DP = 16, FX_DS = 20, FX_MXCSR = 24, FX_ST = 32, FX_XMM = 160 };

bool recorded_by(const char *processor, recorded_t *recorded)
{
    static const struct { const char *name; recorded_t recorded; } known[] = {
        { "8088", RECORDED_8086 }, { "8086", RECORDED_8086 }, { "C286", RECORDED_286 }, { "286", RECORDED_286 }, { "386E", RECORDED_386 }, { "386", RECORDED_386 },
        { "HOST", RECORDED_HOST },
    };
    for (unsigned i = 0; i < COUNT_OF(known); i++)
        if (strcmp(processor, known[i].name) == 0) {
            *recorded = known[i].recorded;
            return true;
        }
    return false;
}

/* ---- the machine ---- */

bool vector_machine_open(vector_machine_t *m, model_t model, bool l1, bool no_cache)
{
    memset(m, 0, sizeof *m);
    m->ram = calloc(1, ALL_BYTES);
    m->expected = malloc(VECTOR_BYTES);
    if (m->ram && m->expected) {
        memset(m->ram, VECTOR_BLANK, VECTOR_BYTES);
        memset(m->expected, VECTOR_BLANK, VECTOR_BYTES);
        bus_init(&m->bus, m->ram, ALL_BYTES);
        if (cpu_init(&m->cpu, model, &m->bus)) {
            m->cpu.l1 = l1 && cpu_has_l1();
            m->cpu.no_cache = no_cache;
            return true;
        }
    }
    free(m->ram);
    free(m->expected);
    return false;
}

void vector_machine_close(vector_machine_t *m)
{
    cpu_free(&m->cpu);
    free(m->ram);
    free(m->expected);
}

/* Where a vector's byte stands. */
static u32 place(const vector_machine_t *m, u32 address) { return m->flat.on ? flat_place(m, address) : address; }

static void set_byte(vector_machine_t *m, u32 at, u8 value)
{
    if (m->ram[at] == value) return;
    m->ram[at] = value;
    cpu_memory_written(&m->cpu, at, 1);
}

static void fill(vector_machine_t *m, const moo_state_t *s, bool ours, bool blank)
{
    for (u32 i = 0; i < s->n_ram; i++) {
        u32 at = place(m, s->ram[i].physical);
        m->expected[at] = blank ? VECTOR_BLANK : s->ram[i].value;
        if (ours) set_byte(m, at, m->expected[at]);
    }
}

void vector_blank(vector_machine_t *m, const moo_test_t *t)
{
    fill(m, &t->before, true, true);
    fill(m, &t->after, true, true);
}

bool vector_strayed(vector_machine_t *m)
{
    u32 from = m->flat.on ? VECTOR_RAM : 0, bytes = m->flat.on ? VECTOR_BYTES - VECTOR_RAM : VECTOR_RAM;
    if (memcmp(m->ram + from, m->expected + from, bytes) == 0) return false;
    memcpy(m->ram + from, m->expected + from, bytes);
    cpu_flush_blocks(&m->cpu);
    return true;
}

/* Programs: the pages that they name are few. */
static const char *program_trouble(const moo_test_t *t)
{
    u32 pages[VECTOR_FRAMES];
    unsigned n = 0;
    if (!t->before.wide || (t->before.r[MOO_CR0] & (CR0_PE | CR0_PG)) != (CR0_PE | CR0_PG)) return "a test of a program without CR0.PE and CR0.PG";
    for (const moo_state_t *s = &t->before; s; s = s == &t->before ? &t->after : NULL)
        for (u32 i = 0; i < s->n_ram; i++) {
            u32 page = s->ram[i].physical / PAGE_BYTES;
            unsigned k = 0;
            while (k < n && pages[k] != page) k++;
            if (k == VECTOR_TABLES - 1) return "a test names bytes in more than 16 pages";
            if (k == n) pages[n++] = page;
        }
    return NULL;
}

const char *vector_trouble(recorded_t recorded, const moo_test_t *t)
{
    if (recorded == RECORDED_HOST) return program_trouble(t);
    if (t->before.wide && (t->before.present >> MOO_CR0 & 1) && (t->before.r[MOO_CR0] & (CR0_PE | CR0_PG)))
        return "a test in protected mode or with paging, which needs descriptors that this version does not read";
    for (const moo_state_t *s = &t->before; s; s = s == &t->before ? &t->after : NULL)
        for (u32 i = 0; i < s->n_ram; i++)
            if (s->ram[i].physical >= VECTOR_RAM) return "a test names an address that real mode cannot reach";
    return NULL;
}

void vector_machine_model(vector_machine_t *m, model_t model)
{
    if (m->cpu.model == model) return;
    m->cpu.model = model;
    cpu_flush_blocks(&m->cpu);
    cpu_reset(&m->cpu);
}

/* ---- what it is ---- */

static bool take_prefix(vector_run_t *v, u8 byte)
{
    switch (byte) {
    case 0xF0: return v->lock = true;
    case 0x66: return v->operand = true;
    case 0x67: return v->address = true;
    case 0xF2: case 0xF3: v->rep = byte; return true;
    case 0x26: case 0x2E: case 0x36: case 0x3E: case 0x64: case 0x65: v->override = byte; return true;
    default:   return false;
    }
}

void vector_parse(vector_run_t *v, const moo_test_t *t)
{
    unsigned i = 0;
    v->override = v->rep = 0;
    v->lock = v->operand = v->address = false;
    while (i + 1 < t->n_code && take_prefix(v, t->code[i])) i++;
    v->opcode_at = (u8)i;
    v->opcode = t->code[i];
    if (v->opcode == 0x0F && i + 1 < t->n_code) v->opcode = (u16)(0x100 + t->code[++i]);
    v->modrm = i + 1 < t->n_code ? t->code[i + 1] : 0;
    v->t = t;
}

/* ModRM.reg chooses the instruction: groups of the tables, and the coprocessor's. */
static bool is_group(u16 opcode)
{
    if (opcode < 0x100) return opcode_map[opcode].instr >= N_INSTR || (opcode & ~7u) == 0xD8;
    bool group = opcode_map[opcode].instr >= N_INSTR;
    for (unsigned i = 0; i < 2 * N_MANDATORY; i++) group |= simd_map[opcode & 0xFF][i / 2][i % 2].instr >= N_INSTR;
    return group;
}

/* F3 or F2 is part of the opcode. */
static bool prefix_chooses(const vector_run_t *v)
{
    const row_t *row = v->opcode >= 0x100 && v->rep ? simd_map[v->opcode & 0xFF][v->rep == 0xF3 ? PREFIX_F3 : PREFIX_F2] : NULL;
    return row && (row[RM_MEMORY].instr != I_INVALID || row[RM_REGISTER].instr != I_INVALID);
}

void vector_form(const vector_run_t *v, char form[FORM_NAME])
{
    char group[4] = "";
    if (is_group(v->opcode)) snprintf(group, sizeof group, ".%u", v->modrm >> 3 & 7u);
    snprintf(form, FORM_NAME, "%s%s%s%s%02X%s", v->address ? "67" : "", v->operand ? "66" : "", prefix_chooses(v) ? v->rep == 0xF3 ? "F3" : "F2" : "",
             v->opcode >= 0x100 ? "0F" : "", v->opcode & 0xFFu, group);
}

/* ---- undefined flags ---- */

static u32 count_of(const vector_run_t *v)
{
    switch (v->opcode) {
    case 0xD0: case 0xD1: return 1;
    case 0xC0: case 0xC1: case 0x1A4: case 0x1AC: return v->length ? v->t->code[v->length - 1] & 31 : 0;
    default:              return v->t->before.r[MOO_ECX] & 31;
    }
}

/* Shifts and rotates (SDM vol. 2, each): OF for counts other than 1; AF of shifts; CF of SHL and SHR beyond the width; all flags
 * of SHLD and SHRD whose count is above the width.  Nothing for a count of 0. */
static u32 undefined_by_shift(const vector_run_t *v, bool rotate)
{
    u32 count = count_of(v), width = 8u << v->d.cold.width, undefined = count == 1 ? 0 : FLAG_OF;
    if (count == 0) return 0;
    if (!rotate) undefined |= FLAG_AF;
    if ((v->d.cold.instr == I_SHL || v->d.cold.instr == I_SHR) && count >= width) undefined |= FLAG_CF;
    if ((v->d.cold.instr == I_SHLD || v->d.cold.instr == I_SHRD) && count > width) undefined |= FLAGS_STATUS;
    return undefined;
}

u32 vector_undefined_flags(const vector_run_t *v)
{
    if (!v->length || v->length > MAX_INSTRUCTION) return 0;
    switch (v->d.cold.instr) {
    case I_ROL: case I_ROR: case I_RCL: case I_RCR:                       return undefined_by_shift(v, true);
    case I_SHL: case I_SHR: case I_SAR: case I_SHLD: case I_SHRD:         return undefined_by_shift(v, false);
    case I_BT: case I_BTS: case I_BTR: case I_BTC:                        return FLAG_OF | FLAG_SF | FLAG_AF | FLAG_PF;   /* ours leave them alone */
    default: return instructions[v->d.cold.instr].undefined;
    }
}

bool vector_undefined_result(const vector_run_t *v)
{
    bool doubled = v->d.cold.instr == I_SHLD || v->d.cold.instr == I_SHRD;
    bool ports = v->d.cold.instr == I_INS || v->d.cold.instr == I_OUTS;
    if (v->t->after.has_fx && get(v->t->after.fx + FX_MXCSR, W32) >> 16) return true;
    if (ports) return v->rep && (v->t->before.r[MOO_ECX] & (v->address ? 0xFFFF : 0xFFFFFFFF)) == 0;
    return doubled && count_of(v) > 8u << v->d.cold.width;
}

/* ---- running ---- */

static const u8 general[8] = { MOO_EAX, MOO_ECX, MOO_EDX, MOO_EBX, MOO_ESP, MOO_EBP, MOO_ESI, MOO_EDI };
static const u8 segments[N_SEGMENTS] = { [ES] = MOO_ES, [CS] = MOO_CS, [SS] = MOO_SS, [DS] = MOO_DS, [FS] = MOO_FS, [GS] = MOO_GS };

static u32 all_flags(const vector_run_t *v) { return v->recorded == RECORDED_HOST ? FLAGS_HOST : FLAGS_386; }
static u32 held_flags(const vector_run_t *v) { return v->recorded >= RECORDED_386 ? all_flags(v) & model_eflags_mask(v->model) : REAL_FLAGS_286 | FLAG_1; }

/* Before and after, as this processor can hold them. */
static void prepare(vector_run_t *v)
{
    const moo_state_t *before = &v->t->before, *after = &v->t->after;
    bool wide = before->wide;
    for (unsigned n = 0; n < MOO_REGISTERS; n++) {
        v->given[n] = before->present >> n & 1 ? before->r[n] : 0;
        v->wanted[n] = after->present >> n & 1 ? after->r[n] : v->given[n];
        if (n >= MOO_CS && n <= MOO_SS) v->given[n] &= 0xFFFF, v->wanted[n] &= 0xFFFF;
    }
    u32 flags = held_flags(v);
    v->given[MOO_EFLAGS] = (v->given[MOO_EFLAGS] & flags) | FLAG_1;
    v->wanted[MOO_EFLAGS] = after->present >> MOO_EFLAGS & 1 ? after->r[MOO_EFLAGS] & (wide ? all_flags(v) : 0xFFFF) : v->given[MOO_EFLAGS];
    if (v->recorded == RECORDED_8086) v->wanted[MOO_EFLAGS] &= 0x0FFF;   /* bits 12-15 are always 1 there */
    u32 ones = model_cr0_ones(v->model) & CR0_386;
    v->given[MOO_CR0] = (v->given[MOO_CR0] & CR0_386) | ones;
    v->wanted[MOO_CR0] = (v->wanted[MOO_CR0] & CR0_386) | ones;
    for (unsigned n = 0; n < 8 && !wide; n++) {
        v->given[general[n]] |= (u32)(MARK + n) << 16;
        v->wanted[general[n]] |= (u32)(MARK + n) << 16;
    }
}

static void load_fx(cpu_t *cpu, const u8 fx[MOO_FX])
{
    fpu_t *f = &cpu->fpu;
    fpu_set_control(f, get(fx + FX_CONTROL, W16));
    fpu_set_status(f, (u16)get(fx + FX_STATUS, W16));
    f->full = fx[FX_FULL];
    f->opcode = f->error_opcode = (u16)(get(fx + FX_OPCODE, W16) & 0x7FF);
    f->ip = get(fx + FX_IP, W32); f->cs = (u16)get(fx + FX_CS, W16);
    f->dp = get(fx + FX_DP, W32); f->ds = (u16)get(fx + FX_DS, W16);
    for (unsigned i = 0; i < 8; i++) f->r[(f->top + i) & 7] = f80_get(fx + FX_ST + 16 * i);
    fpu_summarise(cpu);
    cpu->simd.mxcsr = get(fx + FX_MXCSR, W32) & 0xFFFF;
    for (unsigned i = 0; i < 8; i++) cpu->simd.xmm[i] = vector_get(fx + FX_XMM + 16 * i);
}

void vector_save_fx(const cpu_t *cpu, u8 fx[MOO_FX])
{
    const fpu_t *f = &cpu->fpu;
    memset(fx, 0, MOO_FX);
    put(fx + FX_CONTROL, W16, f->control);
    put(fx + FX_STATUS, W16, fpu_status(f));
    fx[FX_FULL] = f->full;
    put(fx + FX_OPCODE, W16, f->opcode);
    put(fx + FX_IP, W32, f->ip); put(fx + FX_CS, W16, f->cs);
    put(fx + FX_DP, W32, f->dp); put(fx + FX_DS, W16, f->ds);
    put(fx + FX_MXCSR, W32, cpu->simd.mxcsr);
    for (unsigned i = 0; i < 8; i++) f80_put(fx + FX_ST + 16 * i, f->r[(f->top + i) & 7]);
    for (unsigned i = 0; i < 8; i++) vector_put(fx + FX_XMM + 16 * i, cpu->simd.xmm[i]);
}

/* But for the pointers to the last instruction, MXCSR_MASK and what is reserved. */
static bool fx_counts(unsigned at) { return at < 5 || (at >= FX_MXCSR && at < FX_MXCSR + 4) || (at >= FX_ST && (at >= FX_XMM || (at & 15) < 10)); }

static void compare_fx(const cpu_t *cpu, vector_run_t *v)
{
    const moo_test_t *t = v->t;
    if (!t->before.has_fx) return;
    vector_save_fx(cpu, v->ours_fx);
    for (unsigned i = MOO_FX; i-- > 0;)
        if (fx_counts(i) && (v->ours_fx[i] ^ t->after.fx[i]) & t->fx_mask[i]) v->fx_at = i, v->n_fx++;
}

static void set_up(vector_machine_t *m, const vector_run_t *v)
{
    cpu_t *cpu = &m->cpu;
    if (cpu->shut_down || (cpu->cr0 & (CR0_PE | CR0_PG))) cpu_reset(cpu);
    fpu_init(&cpu->fpu);                                       /* the recorded boards had no coprocessor: D8 reads its operand, no error follows */
    cpu->halted = cpu->shadow = cpu->shadow_debug = cpu->nmi_blocked = false;
    cpu->debug_pending = 0;
    for (u32 n = 0; n < 8; n++)
        cpu->r[n] = v->given[general[n]];
    if (v->t->before.wide && !m->flat.on) {
        cpu->cr0 = (cpu->cr0 & ~(u32)CR0_386) | v->given[MOO_CR0];
        cpu->dr[6] = v->given[MOO_DR6];
        cpu->dr[7] = v->given[MOO_DR7];
    }
    cpu->eip = v->given[MOO_EIP];
    if (m->flat.on) {
        flat_registers(m, v);
        if (v->t->before.has_fx) load_fx(cpu, v->t->before.fx);
        cpu_set_eflags(cpu, v->given[MOO_EFLAGS]);
        return;
    }
    for (int n = 0; n < N_SEGMENTS; n++)
        segment_set_real(cpu, n, (u16)v->given[segments[n]]);
    cpu->gdtr.base = cpu->idtr.base = 0;
    cpu->gdtr.limit = 0xFFFF;
    cpu->idtr.limit = 0x3FF;
    cpu_set_eflags(cpu, v->given[MOO_EFLAGS]);
}

/* The 8086 went on into NOPs: a HLT in place of the first (or blank memory, which is HLT).  false: it stands elsewhere (a jump to itself, say): one instruction by count. */
static bool close_with_halt(vector_machine_t *m, const vector_run_t *v)
{
    u32 at = ((v->wanted[MOO_CS] << 4) + v->wanted[MOO_EIP]) & m->bus.a20_mask;
    u32 start = ((v->given[MOO_CS] << 4) + v->given[MOO_EIP]) & m->bus.a20_mask;
    if (at >= VECTOR_RAM || at - start < v->t->n_code || (m->expected[at] != 0x90 && m->expected[at] != 0xF4)) return false;
    m->expected[at] = 0xF4;
    set_byte(m, at, 0xF4);
    return true;
}

static void run(vector_machine_t *m, vector_run_t *v)
{
    cpu_t *cpu = &m->cpu;
    u64 faults = cpu->count.faults;
    bool ends = v->recorded != RECORDED_8086 || close_with_halt(m, v);
    cpu_stop_t stop = cpu_run(cpu, cpu_instructions(cpu) + (ends ? ENOUGH : 1));
    v->halted = ends ? stop == CPU_HALTED : true;
    v->fault = cpu->count.faults != faults ? cpu->delivering_vector : -1;
    if (v->recorded == RECORDED_8086 && ends) cpu->eip = (cpu->eip - 1) & 0xFFFF;
}

/* ---- comparing ---- */

static void take_registers(const cpu_t *cpu, vector_run_t *v)
{
    memcpy(v->ours, v->given, sizeof v->ours);
    for (u32 n = 0; n < 8; n++)
        v->ours[general[n]] = cpu->r[n];
    for (int n = 0; n < N_SEGMENTS; n++)
        v->ours[segments[n]] = cpu->seg[n].selector;
    v->ours[MOO_EIP] = cpu->eip;
    v->ours[MOO_EFLAGS] = cpu_eflags(cpu);
    if (!v->t->before.wide) {
        v->ours[MOO_EFLAGS] &= 0xFFFF;
        v->ours[MOO_EIP] &= 0xFFFF;
        if (cpu->eip > 0x10000) v->upper = true;               /* 10000h: behind a HLT at FFFFh */
        return;
    }
    if (v->recorded == RECORDED_HOST) return;                  /* programs do not see the rest */
    v->ours[MOO_CR0] = cpu->cr0 & CR0_386;
    v->ours[MOO_CR3] = cpu->cr3;
    v->ours[MOO_DR6] = cpu->dr[6];
    v->ours[MOO_DR7] = cpu->dr[7];
}

static void compare_registers(vector_run_t *v)
{
    for (unsigned n = 0; n < MOO_REGISTERS; n++) {
        bool matters = (v->t->before.present >> n & 1) || (v->t->after.present >> n & 1);
        u32 differs = (v->ours[n] ^ v->wanted[n]) & v->t->mask[n];
        if (n == MOO_EFLAGS) v->flags = v->ours[n] ^ v->wanted[n];
        else if (matters && (differs & 0xFFFF0000) && !v->t->before.wide) v->upper = true;
        if (matters && n != MOO_EFLAGS && (v->t->before.wide ? differs : differs & 0xFFFF)) v->registers |= 1u << n;
    }
    v->undefined = (vector_undefined_flags(v) | ~v->t->mask[MOO_EFLAGS]) & all_flags(v);
}

static void compare_memory(const vector_machine_t *m, vector_run_t *v, const moo_state_t *s)
{
    for (u32 i = 0; i < s->n_ram; i++) {
        u32 address = s->ram[i].physical, at = place(m, address);
        bool seen = m->ram[at] == m->expected[at];
        for (unsigned j = 0; j < v->n_memory && !seen; j++)
            seen = v->memory[j].physical == address;
        if (!seen && v->n_memory < VECTOR_DIFFERENT)
            v->memory[v->n_memory++] = (vector_byte_t){ address, m->expected[at], m->ram[at] };
    }
}

static void begin(vector_machine_t *m, vector_run_t *v, recorded_t recorded, const moo_test_t *t)
{
    bool flat = recorded == RECORDED_HOST;
    memset(v, 0, offsetof(vector_run_t, memory));
    vector_parse(v, t);
    v->recorded = recorded;
    v->model = m->cpu.model;
    v->length = decode(flat ? MODE_PROTECTED | MODE_CODE32 | MODE_STACK32 : 0, v->model, t->before.r[MOO_EIP], t->code, t->n_code, &v->d);
}

void vector_begin_program(vector_machine_t *m, vector_run_t *v, const moo_test_t *t)
{
    begin(m, v, RECORDED_HOST, t);
    bus_set_a20(&m->bus, true);
    m->flat.on = true;
    prepare(v);
    set_up(m, v);
}

void vector_run(vector_machine_t *m, vector_run_t *v, recorded_t recorded, const moo_test_t *t)
{
    bool flat = recorded == RECORDED_HOST;
    begin(m, v, recorded, t);
    if (m->flat.on) flat_clear(m);
    m->flat.on = flat;
    for (u32 i = 0; flat && i < t->before.n_ram; i++) flat_map(m, t->before.ram[i].physical);
    for (u32 i = 0; flat && i < t->after.n_ram; i++) flat_map(m, t->after.ram[i].physical);
    fill(m, &t->before, true, false);
    fill(m, &t->after, false, false);
    bus_set_a20(&m->bus, recorded != RECORDED_8086);
    prepare(v);
    set_up(m, v);
    if (flat) flat_run(m, v);
    else      run(m, v);
    take_registers(&m->cpu, v);
    compare_registers(v);
    if (flat) compare_fx(&m->cpu, v);
    compare_memory(m, v, &t->before);
    compare_memory(m, v, &t->after);
}

bool vector_same(const vector_run_t *v) { return v->halted && !v->upper && !v->registers && !v->flags && !v->n_memory && !v->n_fx && !v->stray; }

bool vector_settle(vector_run_t *v)
{
    v->halted = true;
    v->upper = v->stray = false;
    v->registers = v->flags = 0;
    v->n_memory = v->n_fx = 0;
    return true;
}
