/* forms.c - what there is to ask: every row of the .def files that user mode can execute, as register and memory form, with 16 and 32 bits.
 *
 * Left out: `reasons`, by name. */
#include <stdio.h>
#include "cpu/model.h"
#include "tests/silicon/silicon.h"

/* ---- what cannot be asked ---- */

static const struct { u16 instr; const char *why; } reasons[] = {
    { I_CPUID, "its answer is the model's" }, { I_RDTSC, "its answer is the time" },
    { I_RDPMC, "the kernel decides whether it faults" },
    { I_SYSENTER, "enters the kernel" }, { I_SYSEXIT, "absent in compatibility mode on AMD's processors" },
    { I_SGDT, "the kernel answers instead (UMIP)" }, { I_SIDT, "the kernel answers instead (UMIP)" }, { I_SLDT, "the kernel answers instead (UMIP)" },
    { I_STR, "the kernel answers instead (UMIP)" }, { I_SMSW, "the kernel answers instead (UMIP)" },
    { I_RSM, "#UD outside of system management mode is all it can show" },
    { I_MONITOR, "the kernel decides whether it exists at level 3" }, { I_MWAIT, "the kernel decides whether it exists at level 3" },
    { I_MOV_from_TR, "the test registers went with the 486" }, { I_MOV_to_TR, "the test registers went with the 486" },
};

const char *generator_reason(u16 instr)
{
    for (unsigned i = 0; i < COUNT_OF(reasons); i++)
        if (reasons[i].instr == instr) return reasons[i].why;
    return NULL;
}

/* ---- the forms ---- */

typedef enum { NOT_MODRM, IS_E, IS_G, IS_M, IS_R } place_of_t;
static place_of_t where(u8 operand)
{
    switch (operand) {
    case Eb: case Ev: case Ew: case RvMw: case EvIz: case EvIbs: return IS_E;
    case Gb: case Gv: case Gw: case GvIb: case GvCL: return IS_G;
    case Mp: case Mv: return IS_M;
    case Rd: return IS_R;
    default: return NOT_MODRM;
    }
}

static u8 width_class(u8 operand)                              /* 8, 16; 0: none; 1: by operand size */
{
    switch (operand) {
    case Eb: case Gb: case AL: case Zb: case Ob: case Xb: return 8;
    case __: case Ib: case Ibs: case Iw: case IwIb: case CL: case DX: case One: case Jb: case Cd: case Dd: case Td: case Rd: return 0;
    case sES: case sCS: case sSS: case sDS: case sFS: case sGS: return 1;        /* the stack's */
    default: return 1;
    }
}

static void add(generator_t *g, form_t f)
{
    if (f.instr == I_INVALID || generator_reason(f.instr) || g->n_forms == MAX_FORMS)
        return;
    g->forms[g->n_forms++] = f;
}

/* Instructions without sized operands whose operand size matters all the same. */
static bool sized_by_itself(u16 instr)
{
    switch (instr) {
    case I_CBW: case I_CWD: case I_PUSHA: case I_POPA: case I_PUSHF: case I_POPF: case I_ENTER: case I_LEAVE: case I_RET: case I_RET_far: case I_IRET:
    case I_Jcc: case I_LOOP: case I_LOOPE: case I_LOOPNE: case I_JCXZ: case I_JMP: case I_CALL: case I_PUSH: return true;
    default: return false;
    }
}

static void add_sizes(generator_t *g, form_t f)
{
    u8 a = width_class(f.dst), b = width_class(f.src);
    if (a != 8 && (a == 1 || b == 1 || sized_by_itself(f.instr))) {
        f.width = 16; add(g, f);
        f.width = 32; add(g, f);
    } else {
        f.width = a == 8 || b == 8 ? 8 : 0;
        add(g, f);
    }
}

static void add_places(generator_t *g, form_t f)
{
    place_of_t d = where(f.dst), s = where(f.src);
    f.has_modrm = d != NOT_MODRM || s != NOT_MODRM;
    if (!f.has_modrm || (d != IS_M && s != IS_M)) add_sizes(g, f);
    f.memory = f.has_modrm && d != IS_R;
    if (f.memory) add_sizes(g, f);
}

static void add_integer(generator_t *g)
{
    for (unsigned opcode = 0; opcode < 0x200; opcode++) {
        row_t row = opcode_map[opcode];
        form_t f = { .map = opcode & 0x100 ? MAP_TWO : MAP_ONE, .opcode = (u8)opcode, .reg = -1, .modrm = -1, .instr = row.instr, .dst = row.dst, .src = row.src };
        if (row.instr < N_INSTR) {
            if (row.instr != I_ESC) add_places(g, f);
            continue;
        }
        for (unsigned reg = 0; reg < 8; reg++) {
            row_t x = extension[row.instr - N_INSTR][reg];
            form_t e = f;
            e.instr = x.instr;
            e.reg = (s8)reg;
            if (row.instr == I_GRP3 && x.src == Iz) e.src = Iz;
            else if (x.src)                         e.dst = x.src;
            add_places(g, e);
        }
    }
}

static void add_x87(generator_t *g)
{
    for (unsigned escape = 0; escape < 8; escape++) {
        form_t f = { .map = MAP_X87, .opcode = (u8)(0xD8 + escape), .reg = -1, .modrm = -1, .has_modrm = true };
        for (unsigned reg = 0; reg < 8; reg++) {
            x87_row_t row = x87_memory[escape][reg];
            form_t m = f;
            m.reg = (s8)reg; m.memory = true; m.instr = row.instr; m.format = row.format;
            bool sized = row.format == X87_env || row.format == X87_state;
            for (m.width = sized ? 16 : 32; m.width <= 32; m.width = (u8)(m.width + 16)) add(g, m);
        }
        for (unsigned low = 0; low < 64; low++) {
            x87_row_t row = x87_register[escape][low];
            form_t r = f;
            r.modrm = (s16)(0xC0 | low); r.instr = row.instr; r.format = row.format;
            add(g, r);
        }
    }
}

/* opcodes_simd.def: each prefix, memory and register, groups resolved. */
static void add_simd_row(generator_t *g, form_t f, row_t row)
{
    f.dst = row.dst; f.src = row.src; f.third = row.third; f.instr = row.instr;
    if (f.instr != I_INVALID && model_has(MODEL_PENTIUM4, (feature_t)row.feature)) add(g, f);
}

static void add_simd_group(generator_t *g, form_t f, row_t row, unsigned rm)
{
    for (unsigned reg = 0; reg < 8; reg++) {
        row_t x = simd_extension[row.instr - I_GRP12][reg][rm];
        f.reg = (s8)reg; f.has_modrm = true;
        if (x.dst == __)     x.dst = row.dst;
        if (x.feature == 0)  x.feature = row.feature;
        x.src = row.src; x.third = row.third;
        add_simd_row(g, f, x);
    }
}

static void add_simd(generator_t *g)
{
    static const u8 prefix[N_MANDATORY] = { [PREFIX_66] = 0x66, [PREFIX_F3] = 0xF3, [PREFIX_F2] = 0xF2 };
    for (unsigned opcode = 0; opcode < 0x100; opcode++)
        for (unsigned p = 0; p < N_MANDATORY; p++)
            for (unsigned rm = RM_MEMORY; rm <= RM_REGISTER; rm++) {
                row_t row = simd_map[opcode][p][rm];
                form_t f = { .map = MAP_SIMD, .opcode = (u8)opcode, .reg = -1, .modrm = -1, .prefix = prefix[p], .memory = rm == RM_MEMORY };
                f.has_modrm = row.dst != __ || row.src != __;
                if (!f.has_modrm && f.memory)      continue;   /* EMMS */
                if (row.instr >= N_INSTR)          add_simd_group(g, f, row, rm);
                else                               add_simd_row(g, f, row);
            }
}

void forms_list(generator_t *g)
{
    add_integer(g);
    add_x87(g);
    add_simd(g);
}

void form_text(const form_t *f, char *text, size_t bytes)
{
    snprintf(text, bytes, "%s%s%02X%s %s %s %u", f->prefix == 0x66 ? "66 " : f->prefix == 0xF2 ? "F2 " : f->prefix ? "F3 " : "", f->map == MAP_TWO || f->map == MAP_SIMD ? "0F " : "", f->opcode,
             f->reg >= 0 ? (const char *[]){ "/0", "/1", "/2", "/3", "/4", "/5", "/6", "/7" }[f->reg] : "", instructions[f->instr].name,
             !f->has_modrm ? "-" : f->memory ? "m" : "r", f->width);
}
