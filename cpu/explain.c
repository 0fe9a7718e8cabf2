/* explain.c - see explain.h; the rules that were broken are in rules.c.
 *
 * Descriptors, gates and page tables are looked at again at the time of shutdown, without side effects.  A delivery that fails changes
 * nothing, so they are what the processor saw; the exception is a fault behind a task gate, where the new task's tables are shown. */
#include "cpu/explain.h"
#include "cpu/decode.h"
#include "cpu/descriptor.h"
#include "cpu/disasm.h"
#include "cpu/rules.h"

/* SDM vol. 3A, table 6-1, each with what it means. */
static const struct { const char *name, *meaning; } exceptions[32] = {
    [DE] = { "#DE", "divide error" }, [DB] = { "#DB", "debug exception" }, [NMI] = { "NMI", "non-maskable interrupt" },
    [BP] = { "#BP", "breakpoint" }, [OF_TRAP] = { "#OF", "overflow" }, [BR] = { "#BR", "array index out of bounds" },
    [UD] = { "#UD", "invalid opcode" }, [NM] = { "#NM", "coprocessor not available" }, [DF] = { "#DF", "double fault" },
    [TS] = { "#TS", "invalid task state segment" }, [NP] = { "#NP", "segment not present" }, [SS_FAULT] = { "#SS", "stack fault" },
    [GP] = { "#GP", "general protection" }, [PF_FAULT] = { "#PF", "page fault" }, [MF] = { "#MF", "floating-point error" },
    [AC] = { "#AC", "alignment check" }, [MC] = { "#MC", "machine check" }, [XM] = { "#XM", "SIMD floating-point error" },
};

/* ---- keeping the chain ---- */

void explain_event(cpu_t *cpu, u8 vector)
{
    cpu->chain_length = 0;
    cpu->calling = vector;
}

/* Table 6-5 ends a chain after five; the last place is overwritten if it ever should not. */
void explain_fault(cpu_t *cpu)
{
    if (!cpu->delivering)
        cpu->chain_length = 0;
    else if (cpu->chain_length == CHAIN_MAX)
        cpu->chain_length--;
    cpu->chain[cpu->chain_length++] = (fault_link_t){
        .vector = cpu->fault.vector, .cpl = cpu->cpl, .calling = cpu->delivering ? cpu->calling : (s16)-1, .cs = cpu->seg[CS].selector,
        .mode = cpu->mode, .code = cpu->fault.code, .eip = cpu->eip, .cs_base = cpu->seg[CS].base, .cr2 = cpu->cr2 };
}

/* ---- names ---- */

static void event_name(text_t *t, int vector)
{
    const char *name = vector < 32 ? exceptions[vector].name : NULL;
    if (name) text_say(t, "%s", name);
    else      text_say(t, "interrupt %02Xh", (unsigned)vector);
}

static void mode_name(text_t *t, const cpu_t *cpu, const fault_link_t *f)
{
    if (f->mode & MODE_V86)             text_say(t, "virtual-8086 mode");
    else if (!(f->mode & MODE_PROTECTED)) text_say(t, "real mode");
    else text_say(t, "protected mode, %u-bit code, privilege level %u", f->mode & MODE_CODE32 ? 32u : 16u, f->cpl & 3u);
    if (cpu->cr0 & CR0_PG) text_say(t, ", paging");
}

static const char *segment_kind(const segment_t *s)
{
    if (!(s->attributes & SEG_PRESENT)) return "null or not present";
    if (s->attributes & SEG_CODE)       return s->attributes & SEG_READABLE ? "code" : "execute-only code";
    if (s->attributes & SEG_EXPAND_DOWN) return s->attributes & SEG_WRITABLE ? "expand-down writable data" : "expand-down read-only data";
    return s->attributes & SEG_WRITABLE ? "writable data" : "read-only data";
}

/* The bytes of the instruction, as many as can be read. */
static u32 code_at(cpu_t *cpu, const fault_link_t *f, u8 code[MAX_INSTRUCTION])
{
    u32 n = MAX_INSTRUCTION;
    while (n && !cpu_peek(cpu, f->cs_base + f->eip, code, n))
        n--;
    return n;
}

static void instruction_at(text_t *t, cpu_t *cpu, const fault_link_t *f)
{
    u8 code[MAX_INSTRUCTION];
    char text[DISASM_BYTES];
    u32 n = code_at(cpu, f, code);
    if (!n) {
        text_say(t, "(no memory is mapped there)");
        return;
    }
    disassemble(f->mode, cpu->model, f->eip, code, n, text, sizeof text);
    text_say(t, "%s", text);
}

/* ---- reasons ---- */

/* SDM vol. 3A, tables 3-1 and 3-2. */
static const char *descriptor_kind(const descriptor_t *d)
{
    static const char *const systems[16] = { "reserved (type 0)", "an available 16-bit TSS", "an LDT", "a busy 16-bit TSS", "a 16-bit call gate", "a task gate",
        "a 16-bit interrupt gate", "a 16-bit trap gate", "reserved (type 8)", "an available 32-bit TSS", "reserved (type 10)", "a busy 32-bit TSS",
        "a 32-bit call gate", "reserved (type 13)", "a 32-bit interrupt gate", "a 32-bit trap gate" };
    if (d_is_conforming(d)) return d_is_readable(d) ? "conforming code" : "conforming execute-only code";
    if (d_is_code(d))       return d_is_readable(d) ? "code" : "execute-only code";
    if (d_is_data(d))       return d_is_writable(d) ? "writable data" : "read-only data";
    return systems[d_type(d) & 15];
}

/* The descriptor that an error code names.  SDM vol. 3A, figure 6-7: selector with EXT and IDT in place of RPL. */
static void about_descriptor(text_t *t, cpu_t *cpu, u16 selector)
{
    const segment_t *ldt = &cpu->seg[LDTR];
    const char *table = is_local(selector) ? "LDT" : "GDT";
    u32 base = is_local(selector) ? ldt->base : cpu->gdtr.base, limit = is_local(selector) ? ldt->limit : cpu->gdtr.limit;
    u8 raw[8];
    if (is_null(selector)) {
        text_say(t, "Its selector is null.");
        return;
    }
    text_say(t, "Selector %04X ", selector & ~3u);
    if ((selector & ~7u) + 7 > limit || (is_local(selector) && !(ldt->attributes & SEG_PRESENT))) {
        text_say(t, "lies outside the %s (base %08X, limit %04X).", table, (unsigned)base, (unsigned)limit);
    } else if (!cpu_peek(cpu, base + (selector & ~7u), raw, 8)) {
        text_say(t, "stands in a part of the %s that is not in memory (base %08X).", table, (unsigned)base);
    } else {
        descriptor_t d = { .low = get(raw, W32), .high = get(raw + 4, W32), .selector = selector };
        text_say(t, "is %s%s, level %u, in the %s (%08X %08X", d_present(&d) ? "" : "a non-present entry: ", descriptor_kind(&d), (unsigned)d_dpl(&d), table,
                 (unsigned)d.high, (unsigned)d.low);
        if (d_type(&d) & SEG_S || d_is_tss(&d) || d_type(&d) == TYPE_LDT)
            text_say(t, ": base %08X, limit %08X", (unsigned)d_base(&d), (unsigned)d_limit(&d));
        text_say(t, ").");
    }
}

static void about_gate(text_t *t, cpu_t *cpu, const descriptor_t *gate, unsigned vector)
{
    u32 type = d_type(gate);
    bool is_gate = type == TYPE_TASK_GATE || (type & ~(u32)(TYPE_32 | 1)) == TYPE_INT16;
    text_say(t, "IDT entry %u (at %08X: %08X %08X) ", vector, (unsigned)gate->linear, (unsigned)gate->high, (unsigned)gate->low);
    if (!is_gate) {
        text_say(t, "is not a gate: its type is %u.", (unsigned)type);
    } else if (!d_present(gate)) {
        text_say(t, "is a gate that is not present.");
    } else {
        text_say(t, "leads to %04X:%08X, level %u.  ", gate_selector(gate), (unsigned)gate_offset(gate), (unsigned)d_dpl(gate));
        about_descriptor(t, cpu, gate_selector(gate));
    }
}

/* The way to a handler: real mode's vector, or the gate. */
static void about_vector(text_t *t, cpu_t *cpu, unsigned vector)
{
    bool real = !(cpu->cr0 & CR0_PE);
    u32 bytes = real ? 4 : 8, linear = cpu->idtr.base + vector * bytes;
    u8 raw[8];
    if (vector * bytes + bytes - 1 > cpu->idtr.limit) {
        text_say(t, "Entry %u lies beyond the end of the %s (base %08X, limit %04X).", vector, real ? "interrupt vector table" : "IDT",
                 (unsigned)cpu->idtr.base, cpu->idtr.limit);
    } else if (!cpu_peek(cpu, linear, raw, bytes)) {
        text_say(t, "IDT entry %u, at %08X, is not in memory.", vector, (unsigned)linear);
    } else if (real) {
        text_say(t, "Vector %u is %04X:%04X.", vector, (unsigned)get(raw + 2, W16), (unsigned)get(raw, W16));
    } else {
        about_gate(t, cpu, &(descriptor_t){ .low = get(raw, W32), .high = get(raw + 4, W32), .linear = linear }, vector);
    }
}

/* An entry and its bits, SDM vol. 3A, 4.3 and 4.4. */
static void page_entry(text_t *t, const char *table, const mmu_walk_t *w, int i)
{
    u64 e = w->entry[i];
    text_say(t, "; page %s entry at %08X: %0*llX", table, (unsigned)w->at[i], w->pae ? 16 : 8, (unsigned long long)e);
    if (!(e & 1))
        text_say(t, " (not present)");
    else
        text_say(t, " (%s, %s%s%s)", e & 2 ? "writable" : "read-only", e & 4 ? "user" : "supervisor", i == 0 && w->large ? ", a large page" : "",
                 w->pae && e >> 63 ? ", not executable" : "");
}

/* What the page tables say about the address. */
static void about_page(text_t *t, cpu_t *cpu, const fault_link_t *f)
{
    static const char *const tables[2] = { "directory", "table" };
    paging_t paging = cpu_paging(cpu);
    text_say(t, "%s linear %08X at %s level: ", f->code & PF_FETCH ? "Fetching from" : f->code & PF_WRITE ? "Writing" : "Reading", (unsigned)f->cr2,
             f->code & PF_USER ? "user" : "supervisor");
    text_say(t, f->code & PF_RESERVED ? "a reserved bit is set" : f->code & PF_PRESENT ? "the page forbids it" : "there is no page");
    if (!(paging.cr0 & CR0_PG)) {
        text_say(t, ".");
        return;
    }
    mmu_walk_t w = mmu_walk(cpu->bus, &paging, f->cr2);
    if (!w.depth) text_say(t, "; the pointer table (CR3 %08X) has no entry", (unsigned)cpu->cr3);
    for (int i = 0; i < w.depth; i++)
        page_entry(t, tables[i], &w, i);
    text_say(t, ".");
}

static culprit_t culprit_at(cpu_t *cpu, const fault_link_t *f)
{
    u8 code[MAX_INSTRUCTION];
    culprit_t c = { 0 };
    u32 n = code_at(cpu, f, code), length = n ? decode(f->mode, cpu->model, f->eip, code, n, &c.d) : 0;
    c.length = length <= MAX_INSTRUCTION ? length : 0;
    return c;
}

/* A fault without a selector: what the instruction addresses, if it has a memory operand of the ModRM kind. */
static void about_operand(text_t *t, cpu_t *cpu, const culprit_t *c)
{
    static const char *const names[8] = { "ES", "CS", "SS", "DS", "FS", "GS", "ES", "ES" };
    const decoded_t *d = &c->d;
    if (!c->length || (d->cold.dst_kind != M && d->cold.src_kind != M)) {
        text_say(t, "The instruction itself is the cause; it has no operand in memory.");
        return;
    }
    const segment_t *s = &cpu->seg[d->op.seg % N_SEGMENTS];
    text_say(t, "The operand is at %s:%08X; selector %04X: base %08X, limit %08X, %s.", names[d->op.seg & 7], (unsigned)offset_of(cpu, &d->op),
             s->selector, (unsigned)s->base, (unsigned)s->limit, segment_kind(s));
}

/* SDM vol. 3A, figures 6-7 and 4-12. */
static void error_code(text_t *t, const fault_link_t *f)
{
    if (f->vector == PF_FAULT)
        text_say(t, "   Error code: %s, %s, at %s level%s%s.\n", f->code & PF_PRESENT ? "the page is there" : "not present", f->code & PF_WRITE ? "write" : "read",
                 f->code & PF_USER ? "user" : "supervisor", f->code & PF_RESERVED ? ", reserved bit" : "", f->code & PF_FETCH ? ", instruction fetch" : "");
    else if (f->vector >= TS && f->vector <= GP && f->code & 0xFFFE)
        text_say(t, "   Error code: entry %u of the %s%s.\n", (unsigned)(f->code >> 3 & 0x1FFF), f->code & 2 ? "IDT" : f->code & 4 ? "LDT" : "GDT",
                 f->code & 1 ? ", for an event that was no INT n" : "");
}

/* SDM vol. 3A, 6.13: bit 1 of the code: the IDT; else a selector, if it is not null. */
static void reason(text_t *t, cpu_t *cpu, const fault_link_t *f, const culprit_t *c)
{
    bool selector_code = f->vector >= TS && f->vector <= GP;
    text_say(t, "   ");
    if (f->vector == PF_FAULT)                           about_page(t, cpu, f);
    else if (selector_code && f->code & 2)               about_vector(t, cpu, f->code >> 3 & 0xFF);
    else if (selector_code && (f->code & 0xFFFC))        about_descriptor(t, cpu, (u16)(f->code & 0xFFFC));
    else if (f->vector == SS_FAULT && f->calling >= 0)
        text_say(t, "No room on the stack: SS:ESP %04X:%08X, limit %08X.", cpu->seg[SS].selector, (unsigned)cpu->r[ESP], (unsigned)cpu->seg[SS].limit);
    else if (f->calling >= 0)                            about_vector(t, cpu, (unsigned)f->calling);
    else if (f->vector == GP || f->vector == SS_FAULT)   about_operand(t, cpu, c);
    else                                                 text_say(t, "The instruction itself is the cause.");
    text_say(t, "\n");
    if (f->calling >= 0 && (f->vector == PF_FAULT || f->vector == SS_FAULT)) {
        text_say(t, "   ");
        about_vector(t, cpu, (unsigned)f->calling);
        text_say(t, "\n");
    }
}

/* ---- the story ---- */

static void tell_link(text_t *t, cpu_t *cpu, unsigned n)
{
    const fault_link_t *f = &cpu->chain[n];
    bool real = !(f->mode & (MODE_PROTECTED | MODE_V86)), has_code = f->vector == AC || (f->vector >= TS && f->vector <= PF_FAULT);
    text_say(t, "%u. ", n + 1);
    event_name(t, f->vector);
    if (has_code && !real)
        text_say(t, "(%04X)", (unsigned)(f->code & 0xFFFF));
    if (f->vector < 32 && exceptions[f->vector].meaning)
        text_say(t, ", %s,", exceptions[f->vector].meaning);
    if (f->calling >= 0) {
        text_say(t, " while calling the handler of ");
        event_name(t, f->calling);
    }
    if (n == 0) {
        text_say(t, " at %04X:%0*X  ", f->cs, f->mode & MODE_CODE32 ? 8 : 4, (unsigned)f->eip);
        instruction_at(t, cpu, f);
        text_say(t, "\n   In ");
        mode_name(t, cpu, f);
        text_say(t, ".");
    }
    text_say(t, "\n");
    culprit_t c = culprit_at(cpu, f);
    if (!real)
        error_code(t, f);
    reason(t, cpu, f, &c);
    rule_of(t, cpu, f, &c);
}

static void tell_registers(text_t *t, const cpu_t *cpu)
{
    static const char *const names[] = { "ES", "CS", "SS", "DS", "FS", "GS", "LDTR", "TR" };
    text_say(t, "EAX %08X EBX %08X ECX %08X EDX %08X ESI %08X EDI %08X EBP %08X ESP %08X\n", (unsigned)cpu->r[EAX], (unsigned)cpu->r[EBX],
             (unsigned)cpu->r[ECX], (unsigned)cpu->r[EDX], (unsigned)cpu->r[ESI], (unsigned)cpu->r[EDI], (unsigned)cpu->r[EBP], (unsigned)cpu->r[ESP]);
    for (int n = 0; n < N_ALL_SEGMENTS; n++)
        text_say(t, "%s %04X ", names[n], cpu->seg[n].selector);
    text_say(t, "EFLAGS %08X\nCR0 %08X CR2 %08X CR3 %08X CR4 %08X GDT %08X:%04X IDT %08X:%04X", (unsigned)cpu_eflags(cpu), (unsigned)cpu->cr0,
             (unsigned)cpu->cr2, (unsigned)cpu->cr3, (unsigned)cpu->cr4, (unsigned)cpu->gdtr.base, cpu->gdtr.limit, (unsigned)cpu->idtr.base,
             cpu->idtr.limit);
}

void explain_shutdown(cpu_t *cpu)
{
    text_t t = { cpu->explanation, sizeof cpu->explanation, 0 };
    text_say(&t, "Triple fault: a fault's handler could not be called, nor the double fault handler after it.\n");
    for (unsigned n = 0; n < cpu->chain_length; n++) {
        if (n && cpu->chain[n].calling == DF)
            text_say(&t, "   These two together are #DF, a double fault (table 6-5).\n");
        tell_link(&t, cpu, n);
    }
    tell_registers(&t, cpu);
}
