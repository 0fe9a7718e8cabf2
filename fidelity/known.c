/* known.c - see known.h.
 *
 * A row explains a difference only if what this processor did instead is what the manual of the 386 says: each row checks that.
 * Where no manual says what an opcode did on the older processor there is nothing to check; such rows say so.
 * "i386 manual": Intel, 80386 Programmer's Reference Manual (1986); "80286 manual": iAPX 286 Programmer's Reference Manual (1985). */
#include "fidelity/known.h"

static u32 ext(const vector_run_t *v) { return v->modrm >> 3 & 7; }
static bool memory_form(const vector_run_t *v) { return v->modrm >> 6 != 3; }
static bool theirs(const vector_run_t *v, int vector) { return v->t->has_exception && v->t->exception == vector; }

/* Above one megabyte the 8086 begins again at 0 (i386 manual, 14.7, 17). */
static u32 at(const vector_run_t *v, u32 segment, u32 offset)
{
    u32 linear = (segment << 4) + (offset & 0xFFFF);
    return v->recorded == RECORDED_8086 ? linear & 0xFFFFF : linear;
}
static u32 word(const vector_machine_t *m, u32 physical) { return physical < VECTOR_RAM - 1 ? get(m->ram + physical, W16) : 0; }

/* ---- what the instruction is ---- */

/* i386 manual, chapter 17, LOCK: BT BTS BTR BTC, XCHG, ADD OR ADC SBB AND SUB XOR, NOT NEG INC DEC, each with memory as destination. */
static bool may_be_locked(const vector_run_t *v)
{
    u32 op = v->opcode;
    if (!memory_form(v))               return false;
    if (op < 0x38)                     return (op & 7) < 2;
    if (op >= 0x80 && op <= 0x83)      return ext(v) != 7;
    if (op == 0x86 || op == 0x87)      return true;
    if (op == 0xF6 || op == 0xF7)      return ext(v) == 2 || ext(v) == 3;
    if (op == 0x1AB || op == 0x1B3 || op == 0x1BB) return true;
    if (op == 0x1BA)                   return ext(v) >= 5;
    return (op == 0xFE || op == 0xFF) && ext(v) < 2;
}

static bool uses_stack(const vector_run_t *v)
{
    static const u8 implied[] = { 0x07, 0x17, 0x1F, 0x61, 0x8F, 0x9D, 0xC2, 0xC3, 0xC9, 0xCA, 0xCB, 0xCF };
    u32 op = v->opcode, rm = v->modrm & 7, mod = v->modrm >> 6;
    if (op < 0x100 && ((op >= 0x58 && op <= 0x5F) || op == 0x60 || memchr(implied, (int)op, sizeof implied)))
        return true;
    if (v->override)
        return v->override == 0x36;
    return mod != 3 && (rm == 2 || rm == 3 || (rm == 6 && mod != 0));      /* BP in the address */
}

static bool is_string_word(const vector_run_t *v) { return v->opcode < 0x100 && memchr("\x6D\x6F\xA5\xA7\xAB\xAD\xAF", v->opcode, 7); }

/* ---- what we did instead ---- */

/* Memory before, but for the six bytes of an exception's frame. */
static bool nothing_written(const vector_machine_t *m, const vector_run_t *v, u32 frame)
{
    const moo_state_t *s = &v->t->before;
    for (u32 i = 0; i < s->n_ram; i++)
        if (m->ram[s->ram[i].physical] != s->ram[i].value && s->ram[i].physical - frame >= 6) return false;
    return true;
}

/* Exactly one fault, nothing else: registers as before, the frame of the old FLAGS, CS and IP on the stack, the vector's handler. */
static bool raised(const vector_machine_t *m, const vector_run_t *v, int vector)
{
    const u32 *given = v->given, *ours = v->ours;
    u32 sp = (given[MOO_ESP] - 6) & 0xFFFF, frame = at(v, given[MOO_SS], sp), flags = given[MOO_EFLAGS];
    if (!v->halted || v->upper || v->fault != vector || ours[MOO_ESP] != ((given[MOO_ESP] & 0xFFFF0000) | sp) || sp > 0xFFFA)
        return false;
    for (unsigned n = MOO_EAX; n < MOO_EFLAGS; n++)
        if (n != MOO_CS && n != MOO_EIP && n != MOO_ESP && ours[n] != given[n]) return false;
    return word(m, frame) == (given[MOO_EIP] & 0xFFFF) && word(m, frame + 2) == given[MOO_CS] && word(m, frame + 4) == (flags & 0xFFFF)
        && nothing_written(m, v, frame) && ours[MOO_EFLAGS] == (flags & ~(u32)(FLAG_IF | FLAG_TF)) && ours[MOO_CS] == word(m, 4 * (u32)vector + 2)
        && (ours[MOO_EIP] & 0xFFFF) == ((word(m, 4 * (u32)vector) + (v->recorded == RECORDED_8086 ? 0 : 1)) & 0xFFFF);
}

/* The instruction was executed up to the HLT behind it. */
static bool executed(const vector_run_t *v)
{
    return v->halted && !v->upper && v->fault < 0 && v->ours[MOO_CS] == v->given[MOO_CS] && (v->ours[MOO_EIP] & 0xFFFF) == ((v->given[MOO_EIP] + v->t->n_code) & 0xFFFF);
}

/* ---- rows ---- */

static bool row_lock(vector_machine_t *m, vector_run_t *v)  { return v->lock && !may_be_locked(v) && raised(m, v, UD) && vector_settle(v); }
static bool row_stack(vector_machine_t *m, vector_run_t *v) { return theirs(v, GP) && uses_stack(v) && raised(m, v, SS_FAULT) && vector_settle(v); }
static bool row_pop(vector_machine_t *m, vector_run_t *v)   { (void)m; return theirs(v, GP) && v->opcode == 0x8F && raised(m, v, GP) && vector_settle(v); }
/* A far jump or call arrived. */
static bool arrived(const vector_run_t *v)
{
    const u8 *end = v->t->code + v->length;
    return (v->opcode == 0x9A || v->opcode == 0xEA) && v->length >= 5 && v->length <= MAX_INSTRUCTION && v->halted && v->fault < 0
        && v->ours[MOO_CS] == get(end - 2, W16) && (v->ours[MOO_EIP] & 0xFFFF) == ((get(end - 4, W16) + 1) & 0xFFFF);
}
/* No instruction of that opcode: the 386 tells before it has read them all. */
static bool row_length(vector_machine_t *m, vector_run_t *v)
{
    unsigned bytes = v->t->n_code - 1;
    if (!theirs(v, GP)) return false;
    if (v->length == 0 && raised(m, v, UD)) return vector_settle(v);
    return bytes > 10 && bytes <= 15 && (executed(v) || arrived(v)) && vector_settle(v);
}
static bool row_aam(vector_machine_t *m, vector_run_t *v) { return theirs(v, DE) && v->opcode == 0xD4 && raised(m, v, DE) && vector_settle(v); }
/* The 286 takes -128 for the quotient of two negative numbers when the divisor, as a number without sign, fits. */
static bool row_idiv(vector_machine_t *m, vector_run_t *v)
{
    return !v->t->has_exception && v->opcode == 0xF6 && ext(v) == 7 && (v->wanted[MOO_EAX] & 0xFF) == 0x80 && raised(m, v, DE) && vector_settle(v);
}
/* Without an 80287 only the operand's first word is looked at. */
static bool row_escape(vector_machine_t *m, vector_run_t *v)
{
    return !v->t->has_exception && (v->opcode & ~7u) == 0xD8 && memory_form(v) && raised(m, v, uses_stack(v) ? SS_FAULT : GP) && vector_settle(v);
}
static bool row_pushed(vector_machine_t *m, vector_run_t *v)
{
    (void)m;
    u32 frame = at(v, v->wanted[MOO_SS], v->wanted[MOO_ESP] + 2);
    if (!v->t->has_exception || v->registers || v->flags || v->upper || v->n_memory == 0 || v->n_memory > 2) return false;
    for (unsigned i = 0; i < v->n_memory; i++) {
        if (v->memory[i].physical - frame > 1) return false;
        u32 shift = 8 * (v->memory[i].physical - frame);
        if (v->memory[i].theirs != (u8)(v->given[MOO_SS] >> shift) || v->memory[i].ours != (u8)(v->given[MOO_CS] >> shift)) return false;
    }
    return vector_settle(v);
}
static bool row_fs_gs(vector_machine_t *m, vector_run_t *v)
{
    (void)m;
    return theirs(v, UD) && (v->opcode == 0x8C || v->opcode == 0x8E) && (ext(v) == FS || ext(v) == GS) && executed(v) && vector_settle(v);
}

/* The bits that came from memory are the ones we hold. */
static bool row_iopl(vector_machine_t *m, vector_run_t *v)
{
    u32 image = at(v, v->given[MOO_SS], v->given[MOO_ESP] + (v->opcode == 0xCF ? 4 : 0)), bits = FLAG_IOPL | FLAG_NT;
    if ((v->opcode != 0x9D && v->opcode != 0xCF) || !(v->flags & bits) || v->fault >= 0 || ((word(m, image) ^ v->ours[MOO_EFLAGS]) & bits))
        return false;
    v->flags &= ~bits;
    return true;
}

/* SI and DI may be one step apart, CX up to two iterations (the 286 fetches ahead of a store), nothing else; but the fault may be of the stack
 * segment here (row "stack limit"), and then the handlers are different ones. */
static bool row_string(vector_machine_t *m, vector_run_t *v)
{
    const u32 *a = v->wanted, *ours = v->ours;
    u32 step = v->given[MOO_EFLAGS] & FLAG_DF ? 0xFFFE : 2, may = 1u << MOO_ESI | 1u << MOO_EDI | 1u << MOO_ECX;
    if (v->fault == SS_FAULT && uses_stack(v) && ours[MOO_CS] == word(m, 4 * SS_FAULT + 2)) may |= 1u << MOO_CS | 1u << MOO_EIP;
    else if (v->fault != GP) return false;
    if (!theirs(v, GP) || !is_string_word(v) || v->registers == 0 || (v->registers & ~may) || v->flags || v->n_memory || v->upper) return false;
    u32 left = (ours[MOO_ECX] - a[MOO_ECX]) & 0xFFFF;
    if ((v->registers >> MOO_ESI & 1) && ((a[MOO_ESI] - ours[MOO_ESI] - step) & 0xFFFF)) return false;
    if ((v->registers >> MOO_EDI & 1) && ((a[MOO_EDI] - ours[MOO_EDI] - step) & 0xFFFF)) return false;
    return left <= 2 && vector_settle(v);
}

/* ---- the 8086: i386 manual, 14.7, "Differences From 8086" ---- */

/* Opcodes that the 8086 was not documented to have, ModRM extensions included (8086 Family User's Manual, table 4-13). */
static bool row_no_opcode(vector_machine_t *m, vector_run_t *v)
{
    u32 op = v->opcode, reg = ext(v);
    bool prefix = false;
    (void)m;
    for (unsigned i = 0; i < v->opcode_at; i++) prefix |= v->t->code[i] >= 0x64 && v->t->code[i] <= 0x67;
    bool none = prefix || op >= 0x100 || (op >= 0x60 && op <= 0x6F) || op == 0xC0 || op == 0xC1 || op == 0xC8 || op == 0xC9 || op == 0xF1 || op == 0xD6
             || (op >= 0xD0 && op <= 0xD3 && reg == 6) || (op == 0xFE && reg > 1) || (op == 0xFF && reg == 7) || ((op == 0x8C || op == 0x8E) && reg > 3)
             || (op == 0x8E && reg == 1) || ((op == 0x8F || op == 0xC6 || op == 0xC7) && reg != 0)
             || (!memory_form(v) && (op == 0x8D || op == 0xC4 || op == 0xC5 || (op == 0xFF && (reg == 3 || reg == 5))));
    return none && vector_settle(v);
}
static bool row_coprocessor(vector_machine_t *m, vector_run_t *v) { (void)m; return (v->opcode & ~7u) == 0xD8 && vector_settle(v); }

/* The word behind SP is what SP was, not what it is. */
static bool row_push_sp(vector_machine_t *m, vector_run_t *v)
{
    u32 pushed = at(v, v->given[MOO_SS], v->given[MOO_ESP] - 2);
    if ((v->opcode != 0x54 && (v->opcode != 0xFF || v->modrm != 0xF4)) || v->registers || v->flags || v->upper || v->fault >= 0) return false;
    for (unsigned i = 0; i < v->n_memory; i++)
        if (v->memory[i].physical - pushed > 1) return false;
    return word(m, pushed) == (v->given[MOO_ESP] & 0xFFFF) && vector_settle(v);
}

/* In the image of FLAGS that an instruction pushed, bits 12-15 were ones; what POPF and IRET took from memory stays. */
static bool row_high_flags(vector_machine_t *m, vector_run_t *v)
{
    u32 image = at(v, v->wanted[MOO_SS], v->wanted[MOO_ESP] + (v->opcode == 0x9C ? 1 : 5));
    bool pushes = v->opcode == 0x9C || (v->opcode >= 0xCC && v->opcode <= 0xCE);
    if (row_iopl(m, v)) return true;
    if (!pushes || v->n_memory != 1 || v->memory[0].physical != image || (v->memory[0].theirs ^ v->memory[0].ours) != 0xF0 || v->memory[0].theirs < 0xF0) return false;
    v->n_memory = 0;
    return true;
}

static bool row_count(vector_machine_t *m, vector_run_t *v)
{
    (void)m;
    return (v->opcode == 0xD2 || v->opcode == 0xD3) && (v->given[MOO_ECX] & 0xFF) > 31 && v->fault < 0 && vector_settle(v);
}

static bool at_vector_0(const vector_machine_t *m, const vector_run_t *v)
{
    return v->wanted[MOO_CS] == word(m, 2) && (v->wanted[MOO_EIP] & 0xFFFF) == word(m, 0);
}
static bool divides(const vector_run_t *v) { return v->opcode == 0xD4 || ((v->opcode == 0xF6 || v->opcode == 0xF7) && ext(v) >= 6); }

/* Both stand at vector 0; the frames differ in IP, and in FLAGS, which are undefined. */
static bool row_divide(vector_machine_t *m, vector_run_t *v) { return divides(v) && raised(m, v, DE) && at_vector_0(m, v) && vector_settle(v); }
static bool row_quotient(vector_machine_t *m, vector_run_t *v)
{
    u32 quotient = v->ours[MOO_EAX] & (v->opcode == 0xF6 ? 0xFF : 0xFFFF);
    return divides(v) && v->opcode != 0xD4 && ext(v) == 7 && v->fault < 0 && at_vector_0(m, v) && quotient == (v->opcode == 0xF6 ? 0x80u : 0x8000u) && vector_settle(v);
}
/* The prefix says nothing here, and the 8086 gave the quotient another sign. */
static bool row_rep_divide(vector_machine_t *m, vector_run_t *v)
{
    (void)m;
    return v->rep && divides(v) && v->opcode != 0xD4 && ext(v) == 7 && vector_settle(v);
}
static bool row_crossing(vector_machine_t *m, vector_run_t *v)
{
    (void)m;
    return !v->t->has_exception && (v->fault == GP || v->fault == SS_FAULT) && vector_settle(v);
}
static bool row_decimal(vector_machine_t *m, vector_run_t *v)
{
    bool adjusts = v->opcode == 0x27 || v->opcode == 0x2F || v->opcode == 0x37 || v->opcode == 0x3F;
    (void)m;
    return adjusts && !(v->registers & ~(1u << MOO_EAX)) && !v->n_memory && !v->upper && v->fault < 0 && vector_settle(v);
}

#define ON(processor) (1u << RECORDED_##processor)
const known_t known_differences[] = {
    { "LOCK", "the 386 raises #UD before all but read-modify-write instructions on memory; the 286 locks anything", "i386 manual, 14.8 and chapter 17, LOCK",
      ON(286), row_lock },
    { "IOPL and NT", "POPF and IRET load FLAGS bits 12-14 in real mode of the 386; the 286 keeps them 0",
      "SDM vol. 3A, Architecture Compatibility, EFLAGS Pushed on the Stack", ON(286), row_iopl },
    { "stack limit", "an operand beyond the stack segment is vector 12 on the 386; in the 286's real mode 13, and 10-12 are reserved",
      "i386 manual, 14.6; 80286 manual, table 2-4", ON(286), row_stack },
    { "string restart", "a fault of the 386 restores the string registers of the iteration; the 286 leaves some advanced", "i386 manual, 9.1", ON(286), row_string },
    { "POP restart", "a faulting POP to memory leaves SP alone on the 386; the 286 has already advanced it", "i386 manual, 9.1", ON(286), row_pop },
    { "length", "instructions may have 15 bytes on the 386, 10 on the 286", "i386 manual, 14.7", ON(286), row_length },
    { "AAM by 0", "a fault of the 386 leaves the flags as they were; the 286 has already set SF, ZF and PF", "i386 manual, 9.1", ON(286), row_aam },
    { "IDIV overflow", "a quotient that does not fit is #DE; the 286 gives -128 for some byte quotients of two negative numbers", "SDM vol. 2, IDIV", ON(286), row_idiv },
    { "coprocessor operand", "without an 80287 the 286 looks at the first word of the operand only", "80286 manual, interrupts 9 and 13", ON(286), row_escape },
    { "pushed SS", "an interrupt pushes FLAGS, CS and IP; three vectors of the collection of 1,473,000 show SS in the place of CS", "i386 manual, chapter 17, INT", ON(286), row_pushed },
    { "no opcode", "an opcode that the 8086 was not documented to have; the 386 has another there, or #UD (nothing to check)", "i386 manual, 14.7, 3", ON(8086), row_no_opcode },
    { "no 8087", "the board had no coprocessor (nothing to check)", "README of the collections", ON(8086), row_coprocessor },
    { "PUSH SP", "the 386 pushes SP as it was before; the 8086 as it is behind", "i386 manual, 14.7, 4", ON(8086), row_push_sp },
    { "shift count", "the 386 takes counts modulo 32; the 8086 shifts up to 255 times", "i386 manual, 14.7, 5", ON(8086), row_count },
    { "divide error", "IP on the stack is the instruction's own on the 386, the next one's on the 8086", "i386 manual, 14.7, 2", ON(8086), row_divide },
    { "IDIV 80h", "quotients of 80h and 8000h are #DE on the 8086", "i386 manual, 14.7, 11", ON(8086), row_quotient },
    { "REP IDIV", "REP before a division is undefined; the 8086 changes the quotient's sign", "i386 manual, 14.7, 6", ON(8086), row_rep_divide },
    { "crossing FFFFh", "an operand or an instruction across offset FFFFh is #GP or #SS; on the 8086 it goes on at offset 0", "i386 manual, 14.7, 7 and 8", ON(8086), row_crossing },
    { "high flags", "bits 12-15 of FLAGS are ones on the stack of the 8086; the 386 has IOPL and NT there", "i386 manual, 14.7, 12", ON(8086), row_high_flags },
    { "decimal adjust", "AL above 99h, or with AF: the 286 and 386 differ from the 8086 in AH, CF and the undefined flags", "recorded from both: collections 8086 v1 and 80286 v1", ON(8086), row_decimal },
    { "FS and GS", "the 386 has segment registers 4 and 5; the 286 raises #UD", "i386 manual, 2.3.2", ON(286), row_fs_gs },
};
const unsigned n_known_differences = COUNT_OF(known_differences);

/* ---- judging ---- */

/* Flags that the manual leaves undefined, in EFLAGS and in the image that an exception pushed.  The collections' own address of that image is
 * rounded down to even; the stack pointer tells the true one. */
static void drop_undefined(vector_run_t *v)
{
    u32 pushed = at(v, v->wanted[MOO_SS], v->wanted[MOO_ESP] + 4);
    unsigned kept = 0;
    v->flags &= ~v->undefined;
    for (unsigned i = 0; i < v->n_memory; i++) {
        vector_byte_t b = v->memory[i];
        u32 half = b.physical - pushed;
        bool covered = v->t->has_exception && half < 2 && ((u32)(b.theirs ^ b.ours) & ~(v->undefined >> 8 * half) & 0xFF) == 0;
        if (!covered) v->memory[kept++] = b;
    }
    v->n_memory = kept;
}

vector_result_t vector_judge(vector_machine_t *m, const vector_run_t *v, unsigned *row)
{
    if (vector_same(v)) return VECTOR_PASSED;
    vector_run_t rest = *v;
    drop_undefined(&rest);
    if (vector_same(&rest)) return VECTOR_UNDEFINED;
    for (unsigned i = 0; i < n_known_differences; i++) {
        if (!(known_differences[i].recorded >> v->recorded & 1) || !known_differences[i].explains(m, &rest)) continue;
        *row = i;
        if (vector_same(&rest)) return VECTOR_EXCEPTED;
    }
    return VECTOR_FAILED;
}
