/* rules.c - see rules.h.  Looked up again from the tables and registers as they are: a fault changes nothing, so they are what the
 * processor saw.  Sections are those of SDM vol. 3A, 2021: 3.4.5, 3.5.1 (descriptors, tables), 4.6, 4.7 (paging), 5.3 to 5.9 (protection),
 * 6.10 to 6.15 (exceptions), 7.2 (tasks); vol. 1, 19.5 (I/O).
 * Left out: which of several conditions of one rule it was, where an error code of 0 does not say it (reserved bits of CR4 or an MSR). */
#include "cpu/rules.h"
#include "cpu/descriptor.h"

#define SAY(...) do { text_say(t, __VA_ARGS__); return true; } while (0)

/* ---- a selector that is loaded ---- */

typedef enum { LOAD_NONE, LOAD_DATA, LOAD_STACK, LOAD_JUMP, LOAD_RETURN, LOAD_LDT, LOAD_TASK } load_t;

static load_t load_of(const decoded_t *d)
{
    switch (d->cold.instr) {
    case I_MOV_sreg:  return (d->modrm >> 3 & 7) == SS ? LOAD_STACK : LOAD_DATA;
    case I_POP_sreg:  return d->opcode == 0x17 ? LOAD_STACK : LOAD_DATA;
    case I_LSS:       return LOAD_STACK;
    case I_LDS: case I_LES: case I_LFS: case I_LGS:                            return LOAD_DATA;
    case I_JMP_far: case I_JMP_farm: case I_CALL_far: case I_CALL_farm:        return LOAD_JUMP;
    case I_RET_far: case I_IRET:                                               return LOAD_RETURN;
    case I_LLDT:      return LOAD_LDT;
    case I_LTR:       return LOAD_TASK;
    default:          return LOAD_NONE;
    }
}

static const char *const load_rules[] = {
    [LOAD_NONE]   = "the descriptor must be of a kind that this use allows (5.5)",
    [LOAD_DATA]   = "DS, ES, FS and GS take data or readable code, whose DPL is not below CPL and RPL (5.6)",
    [LOAD_STACK]  = "SS takes writable data with RPL = DPL = CPL, and never null (5.7)",
    [LOAD_JUMP]   = "a far jump or call takes code with RPL <= DPL = CPL (conforming: DPL <= CPL), a gate, or an idle TSS, with DPL >= CPL, RPL (5.8.1, 5.8.4, 7.3)",
    [LOAD_RETURN] = "a far return takes code whose DPL is the selector's RPL (conforming: not above it), which is not below CPL, and a stack of writable data of that level (5.8.6)",
    [LOAD_LDT]    = "LLDT takes an LDT's descriptor from the GDT (5.5)",
    [LOAD_TASK]   = "LTR takes the descriptor of an available TSS from the GDT (7.2.4)",
};

static bool selector_rule(text_t *t, cpu_t *cpu, const fault_link_t *f, const culprit_t *c)
{
    u16 selector = (u16)(f->code & 0xFFFC);
    u32 limit = is_local(selector) ? cpu->seg[LDTR].limit : cpu->gdtr.limit, base = is_local(selector) ? cpu->seg[LDTR].base : cpu->gdtr.base;
    u8 raw[8];
    if ((selector & ~7u) + 7 > limit)
        SAY("all 8 bytes of a descriptor must lie within its table's limit (3.5.1)");
    if (f->vector == NP || (cpu_peek(cpu, base + (selector & ~7u), raw, 8) && !(raw[5] & 0x80)))
        SAY("a segment must be present, P = 1, to be used (3.4.5)");
    if (f->calling >= 0)
        SAY("%s", f->vector == TS ? "the TSS must give the handler's level a stack of writable data with that DPL and RPL (6.12.1, 7.2.1)"
                                  : "a handler's segment must be code with a DPL not above CPL (6.12.1)");
    SAY("%s", load_rules[c->length ? load_of(&c->d) : LOAD_NONE]);
}

/* ---- the way to a handler ---- */

static bool vector_rule(text_t *t, cpu_t *cpu, const fault_link_t *f, unsigned vector)
{
    bool real = !(cpu->cr0 & CR0_PE);
    u32 bytes = real ? 4 : 8;
    u8 raw[8];
    if (vector * bytes + bytes - 1 > cpu->idtr.limit)
        SAY("all %u bytes of a vector's entry must lie within the limit of the %s (%s)", (unsigned)bytes, real ? "vector table" : "IDT", real ? "20.1.4" : "6.10");
    if (real || !cpu_peek(cpu, cpu->idtr.base + vector * 8, raw, 8))
        return false;
    descriptor_t gate = { .low = get(raw, W32), .high = get(raw + 4, W32) };
    if (d_type(&gate) != TYPE_TASK_GATE && (d_type(&gate) & ~(u32)(TYPE_32 | 1)) != TYPE_INT16)
        SAY("an entry of the IDT must be an interrupt, trap or task gate (6.11)");
    if (!d_present(&gate))
        SAY("a gate must be present, P = 1, to be passed (6.12)");
    if (f->calling < 0 && d_dpl(&gate) < f->cpl)
        SAY("INT n, INT 3 and INTO want a gate whose DPL is not below CPL, here %u and %u (6.12.1)", (unsigned)d_dpl(&gate), f->cpl);
    return false;
}

/* ---- pages ---- */

static bool page_rule(text_t *t, const cpu_t *cpu, const fault_link_t *f)
{
    if (f->code & PF_RESERVED) SAY("reserved bits of paging entries must be 0 (4.7)");
    if (!(f->code & PF_PRESENT)) SAY("every entry on the way to a page must be present, P = 1 (4.7)");
    if (f->code & PF_FETCH) SAY("code cannot be fetched from a page with XD = 1, where EFER.NXE is set (4.6)");
    if (f->code & PF_WRITE && f->code & PF_USER) SAY("at level 3, U and W must be 1 in every entry on the way to the page (4.6)");
    if (f->code & PF_WRITE) SAY("where CR0.WP is 1%s, W must be 1 in every entry on the way to the page (4.6)", cpu->cr0 & CR0_WP ? ", as here" : "");
    SAY("at level 3, U must be 1 in every entry on the way to the page (4.6)");
}

/* ---- an error code of 0: the instruction tells ---- */

static bool is_privileged(unsigned instr)
{
    switch (instr) {
    case I_LGDT: case I_LIDT: case I_LLDT: case I_LTR: case I_LMSW: case I_CLTS: case I_HLT: case I_MOV_to_CR: case I_MOV_from_CR: case I_MOV_to_DR:
    case I_MOV_from_DR: case I_MOV_to_TR: case I_MOV_from_TR: case I_INVD: case I_WBINVD: case I_INVLPG: case I_RDMSR: case I_WRMSR: case I_RDPMC:
    case I_SYSEXIT: return true;
    default: return false;
    }
}

static bool privilege_rule(text_t *t, const cpu_t *cpu, const fault_link_t *f, unsigned instr)
{
    unsigned level = cpu->eflags >> 12 & 3;
    bool v86 = f->mode & MODE_V86;
    if (is_privileged(instr) && f->cpl)
        SAY("this instruction runs at level 0 only, and CPL is %u (5.9)", f->cpl);
    switch (instr) {
    case I_IN: case I_OUT: case I_INS: case I_OUTS:
        if (f->cpl > level || v86) SAY("above IOPL (%u), and in virtual-8086 mode, a port's bit in the TSS's permission map must be 0 (vol. 1, 19.5)", level);
        return false;
    case I_CLI: case I_STI:
        if (f->cpl > level) SAY("CLI and STI want a CPL not above IOPL, here %u and %u (vol. 1, 19.5)", f->cpl, level);
        return false;
    case I_INT: case I_PUSHF: case I_POPF: case I_IRET:
        if (v86 && level < 3) SAY("in virtual-8086 mode INT n, PUSHF, POPF and IRET want IOPL 3, here %u (20.2.7)", level);
        return false;
    case I_MOV_to_CR: case I_LMSW:  SAY("reserved bits of control registers stay 0; CR0.PG wants PE, and NW wants CD (2.5)");
    case I_RDMSR: case I_WRMSR:     SAY("the model must have this MSR (ECX = %08X), and its reserved bits stay 0 (vol. 2)", (unsigned)cpu->r[ECX]);
    case I_SYSENTER: case I_SYSEXIT: SAY("IA32_SYSENTER_CS must not be null (vol. 2)");
    default: return false;
    }
}

static bool beyond(const segment_t *s, u32 offset, u32 bytes)
{
    u32 last = offset + bytes - 1, top = s->attributes & SEG_BIG ? 0xFFFFFFFF : 0xFFFF;
    if (!(s->attributes & SEG_CODE) && s->attributes & SEG_EXPAND_DOWN)
        return offset <= s->limit || last > top || last < offset;
    return last > s->limit || last < offset;
}

static bool writes_memory(const decoded_t *d)
{
    u8 shape = instructions[d->cold.instr < N_INSTR ? d->cold.instr : I_INVALID].shape;
    return d->cold.dst_kind == M && shape != SHAPE_examine && shape != SHAPE_consume;
}

static bool operand_rule(text_t *t, cpu_t *cpu, const decoded_t *d)
{
    const segment_t *s = &cpu->seg[d->op.seg % N_SEGMENTS];
    u8 shape = instructions[d->cold.instr < N_INSTR ? d->cold.instr : I_INVALID].shape;
    bool modrm = d->cold.dst_kind == M || d->cold.src_kind == M;
    if (shape == SHAPE_repeat && !modrm)
        SAY("each element must lie within the limit of its segment, and only writable data can be stored to (5.3, 5.5)");
    if (!modrm)
        return false;
    if (!(s->attributes & SEG_PRESENT))
        SAY("a null selector cannot be used to reach memory (5.4.1)");
    if (beyond(s, offset_of(cpu, &d->op), 1u << d->cold.width))
        SAY("all bytes of an operand must lie within its segment's limit (5.3)");
    if (writes_memory(d) && (s->attributes & SEG_CODE || !(s->attributes & SEG_WRITABLE)))
        SAY("only writable data segments can be written to (5.5)");
    if (s->attributes & SEG_CODE && !(s->attributes & SEG_READABLE))
        SAY("code that is not readable can only be executed (5.5)");
    return false;
}

static bool plain_rule(text_t *t, cpu_t *cpu, const fault_link_t *f, const culprit_t *c)
{
    if (f->eip > cpu->seg[CS].limit)
        SAY("instructions must lie within the limit of CS (5.3)");
    if (!c->length)
        return false;
    if (f->mode & (MODE_PROTECTED | MODE_V86) && privilege_rule(t, cpu, f, c->d.cold.instr))
        return true;
    if (load_of(&c->d) == LOAD_STACK || load_of(&c->d) == LOAD_JUMP || load_of(&c->d) == LOAD_RETURN)
        if (f->mode & MODE_PROTECTED && f->vector == GP && c->d.cold.dst_kind != M && c->d.cold.src_kind != M)
            SAY("%s", load_rules[load_of(&c->d)]);
    return operand_rule(t, cpu, &c->d);
}

/* ---- which it is ---- */

static const char *const by_vector[32] = {
    [DE] = "the divisor is not 0, and the quotient fits (6.15, #DE)", [DB] = "a debug condition of DR6 was met (6.15, #DB)",
    [BR] = "the index lies within BOUND's two limits (6.15, #BR)", [UD] = "the bytes must be an instruction of this model, allowed in this mode (6.15, #UD)",
    [NM] = "an instruction of the coprocessor wants CR0.EM and CR0.TS to be 0 (6.15, #NM)",
    [MF] = "x87 exceptions are masked or cleared before the next x87 instruction (6.15, #MF)",
    [AC] = "at level 3, with CR0.AM and EFLAGS.AC set, operands are aligned (6.15, #AC)",
    [XM] = "SIMD exceptions are masked in MXCSR (6.15, #XM)", [MC] = "the machine works (6.15, #MC)",
    [TS] = "what a task or an inner stack needs must be in the TSS, and in order (6.15, #TS)",
    [SS_FAULT] = "what is pushed or popped must lie within the limit of SS (5.3)",
    [GP] = "limits, privileges and reserved bits of this instruction (vol. 2, its exceptions)",
};

static bool known(text_t *t, cpu_t *cpu, const fault_link_t *f, const culprit_t *c)
{
    bool selector_code = f->vector >= TS && f->vector <= GP;
    if (f->vector == PF_FAULT)                       return page_rule(t, cpu, f);
    if (selector_code && f->code & 2)                return vector_rule(t, cpu, f, f->code >> 3 & 0xFF);
    if (selector_code && f->code & 0xFFFC)           return selector_rule(t, cpu, f, c);
    if (f->calling >= 0 && f->vector == SS_FAULT)    SAY("the handler's frame must fit within the limit of its stack (6.12.1)");
    if (f->calling >= 0 && f->vector == GP && !(cpu->cr0 & CR0_PE)) return vector_rule(t, cpu, f, (unsigned)f->calling);
    if (f->calling >= 0 && f->vector == GP)          SAY("a gate's selector must not be null (6.12.1)");
    if (selector_code)                               return plain_rule(t, cpu, f, c);
    return false;
}

void rule_of(text_t *t, cpu_t *cpu, const fault_link_t *f, const culprit_t *c)
{
    const char *general = f->vector < 32 ? by_vector[f->vector] : NULL;
    text_say(t, "   Rule: ");
    if (!known(t, cpu, f, c))
        text_say(t, "%s", general ? general : "the manual's description of this vector (6.15)");
    text_say(t, ".\n");
}
