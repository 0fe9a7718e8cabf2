/* test_silicon.c - the processor against silicon: every vector of the 80286 collection of SingleStepTests (recorded from a Harris
 * N80C286-12 in real mode; github.com/SingleStepTests/80286, v1_real_mode, README.md), on a cpu_t of model 386, in every way of running.
 *
 * The folder is $DOPPEL_SHARED/vectors/80286 or ../shared/vectors/80286; where it is missing the test says so and passes.
 *
 * Compared: all registers (the upper halves of the 32-bit ones must not change), FLAGS, CS:IP behind the closing HLT, every byte that the
 * vector names, and that no other byte of memory was written.  A difference passes only if a row of `rows` explains it, a documented
 * difference between the 286 and the 386; the row checks that what this processor did instead is what the 386 manual says.
 *
 * Left out: bus cycles, and flag bits 12-14 of the starting state, which real mode of the 286 never sets (README, "Why are some instructions
 * clearing flags they shouldn't?"). */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include "cpu/cpu.h"
#include "cpu/segment.h"
#include "fidelity/moo.h"

/* Memory that a vector does not name is full of HLT: whatever goes astray stops at once. */
enum { RAM = 0x111000, BLANK = 0xF4, MAX_DIFFERENT = 600, ENOUGH = 1000 };
enum { ALL_FLAGS = FLAGS_STATUS, REAL_FLAGS = 0x0FD5, UPPER = 0x5A00 };

typedef struct { const char *name; bool l1, no_cache; } way_t;
static const way_t ways[] = { { "L1", true, false }, { "L0", false, false }, { "L0, nothing kept", false, true } };

static u8 ram[RAM], expected[RAM];
static bus_t bus;
static cpu_t cpu;

typedef struct { u32 physical; u8 theirs, ours; } byte_t;

/* One vector, what we did with it, and where that differs. */
typedef struct {
    const moo_test_t *t;
    u8   opcode, modrm, length;          /* length: without the HLT */
    u8   override;                       /* the segment prefix that counts, or 0 */
    bool lock;
    u16  ours[MOO_REGISTERS];
    int  fault;                          /* vector of our last fault, or -1 */
    bool halted, upper;                  /* upper: the upper half of a register changed */
    u16  registers;                      /* bit n: register n differs (FLAGS apart) */
    u16  flags;                          /* bits that differ */
    unsigned n_memory;
    byte_t memory[MAX_DIFFERENT];
} case_t;

static const u8 general[8] = { MOO_AX, MOO_CX, MOO_DX, MOO_BX, MOO_SP, MOO_BP, MOO_SI, MOO_DI };
static const u8 segments[4] = { MOO_ES, MOO_CS, MOO_SS, MOO_DS };

/* ---- running a vector ---- */

static void set_ours(u32 at, u8 v)
{
    ram[at] = v;
    cpu_memory_written(&cpu, at, 1);
}

static bool inside(const moo_state_t *s)
{
    for (u32 i = 0; i < s->n_ram; i++)
        if (s->ram[i].physical >= RAM) return false;
    return true;
}

static void fill(const moo_state_t *s, bool ours, bool blank)
{
    for (u32 i = 0; i < s->n_ram; i++) {
        u32 at = s->ram[i].physical;
        expected[at] = blank ? BLANK : s->ram[i].value;
        if (ours) set_ours(at, expected[at]);
    }
}

static void set_up(const moo_test_t *t)
{
    const u16 *r = t->before.r;
    fill(&t->before, true, false);
    fill(&t->after, false, false);
    if (cpu.shut_down) cpu_reset(&cpu);
    fpu_init(&cpu.fpu);                                          /* the recorded board had no 80287: D8 reads its operand, no error follows */
    cpu.halted = cpu.shadow = cpu.shadow_debug = false;
    cpu.debug_pending = 0;
    for (u32 n = 0; n < 8; n++)
        cpu.r[n] = r[general[n]] | (UPPER + n) << 16;
    for (int n = 0; n < N_SEGMENTS; n++)
        segment_set_real(&cpu, n, n <= DS ? r[segments[n]] : 0);
    cpu.eip = r[MOO_IP];
    cpu_set_eflags(&cpu, r[MOO_FLAGS] & REAL_FLAGS);
}

static void take_registers(case_t *c)
{
    for (u32 n = 0; n < 8; n++) {
        c->ours[general[n]] = (u16)cpu.r[n];
        if (cpu.r[n] >> 16 != UPPER + n) c->upper = true;
    }
    for (int n = 0; n < 4; n++)
        c->ours[segments[n]] = cpu.seg[n].selector;
    c->ours[MOO_IP] = (u16)cpu.eip;
    c->ours[MOO_FLAGS] = (u16)cpu_eflags(&cpu);
    if (cpu.eip > 0x10000) c->upper = true;                    /* 10000h: behind a HLT at FFFFh */
}

static void compare_memory(case_t *c, const moo_state_t *s)
{
    for (u32 i = 0; i < s->n_ram; i++) {
        u32 at = s->ram[i].physical;
        bool seen = ram[at] == expected[at];
        for (unsigned j = 0; j < c->n_memory && !seen; j++)
            seen = c->memory[j].physical == at;
        if (!seen && c->n_memory < MAX_DIFFERENT)
            c->memory[c->n_memory++] = (byte_t){ at, expected[at], ram[at] };
    }
}

static void compare(case_t *c)
{
    const moo_test_t *t = c->t;
    take_registers(c);
    for (unsigned n = 0; n < MOO_FLAGS; n++)
        if (c->ours[n] != t->after.r[n]) c->registers |= (u16)(1u << n);
    bool recorded = t->after.present >> MOO_FLAGS & 1;
    c->flags = (u16)(c->ours[MOO_FLAGS] ^ (recorded ? t->after.r[MOO_FLAGS] : (t->before.r[MOO_FLAGS] & REAL_FLAGS) | FLAG_1));
    compare_memory(c, &t->before);
    compare_memory(c, &t->after);
}

static void find_opcode(case_t *c)
{
    const moo_test_t *t = c->t;
    c->length = (u8)(t->n_code - 1);
    for (unsigned i = 0; i + 1 < t->n_code; i++) {
        u8 b = t->code[i];
        c->opcode = b;
        c->modrm = t->code[i + 1];
        if (b == 0xF0)                                                  c->lock = true;
        else if (b == 0x26 || b == 0x2E || b == 0x36 || b == 0x3E)      c->override = b;
        else if (b != 0xF2 && b != 0xF3)                                return;
    }
}

static bool same(const case_t *c) { return c->halted && !c->upper && !c->registers && !c->flags && !c->n_memory; }

static void run_case(case_t *c, const moo_test_t *t)
{
    memset(c, 0, offsetof(case_t, memory));
    c->t = t;
    find_opcode(c);
    set_up(t);
    u64 faults = cpu.count.faults;
    c->halted = cpu_run(&cpu, cpu_instructions(&cpu) + ENOUGH) == CPU_HALTED;
    c->fault = cpu.count.faults != faults ? cpu.delivering_vector : -1;
    compare(c);
}

/* ---- what the manuals say ---- */

static u32 ext(const case_t *c) { return c->modrm >> 3 & 7; }
static bool memory_form(const case_t *c) { return c->modrm >> 6 != 3; }
static bool is_shift(const case_t *c) { return c->opcode == 0xC0 || c->opcode == 0xC1 || (c->opcode >= 0xD0 && c->opcode <= 0xD3); }

static u32 shift_count(const case_t *c)
{
    u32 count = c->opcode >= 0xD2 ? c->t->before.r[MOO_CX] : c->opcode >= 0xD0 ? 1 : c->t->code[c->length - 1u];
    return count & 31;
}

/* Shifts: OF for counts other than 1, AF always, CF of SHL and SHR beyond the width; nothing for a count of zero. */
static u32 undefined_by_shift(const case_t *c)
{
    u32 count = shift_count(c), width = c->opcode & 1 ? 16 : 8, undefined = count == 1 ? 0 : FLAG_OF;
    if (count == 0) return 0;
    if (ext(c) >= 4) undefined |= FLAG_AF;
    if (ext(c) >= 4 && ext(c) != 7 && count > width) undefined |= FLAG_CF;
    return undefined;
}

/* Flags that the i386 Programmer's Reference Manual (chapter 17, appendix C) leaves undefined. */
static u32 undefined_flags(const case_t *c)
{
    static const struct { u8 first, last, ext; u32 flags; } table[] = {     /* ext 8: any */
        { 0x27, 0x27, 8, FLAG_OF }, { 0x2F, 0x2F, 8, FLAG_OF },                                                    /* DAA DAS */
        { 0x37, 0x37, 8, FLAG_OF | FLAG_SF | FLAG_ZF | FLAG_PF }, { 0x3F, 0x3F, 8, FLAG_OF | FLAG_SF | FLAG_ZF | FLAG_PF },   /* AAA AAS */
        { 0xD4, 0xD5, 8, FLAG_OF | FLAG_AF | FLAG_CF },                                                            /* AAM AAD */
        { 0x08, 0x0D, 8, FLAG_AF }, { 0x20, 0x25, 8, FLAG_AF }, { 0x30, 0x35, 8, FLAG_AF },                        /* OR AND XOR */
        { 0x80, 0x83, 1, FLAG_AF }, { 0x80, 0x83, 4, FLAG_AF }, { 0x80, 0x83, 6, FLAG_AF },
        { 0x84, 0x85, 8, FLAG_AF }, { 0xA8, 0xA9, 8, FLAG_AF }, { 0xF6, 0xF7, 0, FLAG_AF }, { 0xF6, 0xF7, 1, FLAG_AF },       /* TEST */
        { 0x69, 0x69, 8, FLAG_SF | FLAG_ZF | FLAG_AF | FLAG_PF }, { 0x6B, 0x6B, 8, FLAG_SF | FLAG_ZF | FLAG_AF | FLAG_PF },   /* IMUL */
        { 0xF6, 0xF7, 4, FLAG_SF | FLAG_ZF | FLAG_AF | FLAG_PF }, { 0xF6, 0xF7, 5, FLAG_SF | FLAG_ZF | FLAG_AF | FLAG_PF },   /* MUL IMUL */
        { 0xF6, 0xF7, 6, ALL_FLAGS }, { 0xF6, 0xF7, 7, ALL_FLAGS },                                                /* DIV IDIV */
    };
    if (is_shift(c))
        return undefined_by_shift(c);
    for (unsigned i = 0; i < COUNT_OF(table); i++)
        if (c->opcode >= table[i].first && c->opcode <= table[i].last && (table[i].ext == 8 || table[i].ext == ext(c)))
            return table[i].flags;
    return 0;
}

/* i386 manual, chapter 17, LOCK: BT BTS BTR BTC, XCHG, ADD OR ADC SBB AND SUB XOR, NOT NEG INC DEC, each with memory as destination. */
static bool may_be_locked(const case_t *c)
{
    u8 op = c->opcode;
    if (!memory_form(c))               return false;
    if (op < 0x38)                     return (op & 7) < 2;
    if (op >= 0x80 && op <= 0x83)      return ext(c) != 7;
    if (op == 0x86 || op == 0x87)      return true;
    if (op == 0xF6 || op == 0xF7)      return ext(c) == 2 || ext(c) == 3;
    return (op == 0xFE || op == 0xFF) && ext(c) < 2;
}

static bool uses_stack(const case_t *c)
{
    static const u8 implied[] = { 0x07, 0x17, 0x1F, 0x61, 0x8F, 0x9D, 0xC2, 0xC3, 0xC9, 0xCA, 0xCB, 0xCF };
    u8 op = c->opcode, rm = c->modrm & 7, mod = c->modrm >> 6;
    if ((op >= 0x58 && op <= 0x5F) || memchr(implied, op, sizeof implied))
        return true;
    if (c->override)
        return c->override == 0x36;
    return mod != 3 && (rm == 2 || rm == 3 || (rm == 6 && mod != 0));      /* BP in the address */
}

static bool is_string_word(const case_t *c) { return memchr("\x6D\x6F\xA5\xA7\xAB\xAD\xAF", c->opcode, 7) != NULL; }

/* ---- what we did instead ---- */

static u32 at(u16 segment, u16 offset) { return ((u32)segment << 4) + offset; }
static u32 word(u32 physical) { return get(ram + physical, W16); }

/* Memory before, but for the six bytes of an exception's frame. */
static bool nothing_written(const case_t *c, u16 sp)
{
    const moo_state_t *s = &c->t->before;
    for (u32 i = 0; i < s->n_ram; i++)
        if (ram[s->ram[i].physical] != s->ram[i].value && s->ram[i].physical - at(s->r[MOO_SS], sp) >= 6) return false;
    return true;
}

/* Exactly one fault, nothing else: registers as before, the frame of the old FLAGS, CS and IP on the stack, the vector's handler. */
static bool raised(const case_t *c, int vector)
{
    const u16 *b = c->t->before.r;
    u16 sp = (u16)(b[MOO_SP] - 6);
    u32 frame = at(b[MOO_SS], sp), flags = (b[MOO_FLAGS] & REAL_FLAGS) | FLAG_1;
    if (!c->halted || c->upper || c->fault != vector || c->ours[MOO_SP] != sp || sp > 0xFFFA)
        return false;
    for (unsigned n = 0; n < MOO_FLAGS; n++)
        if (n != MOO_CS && n != MOO_IP && n != MOO_SP && c->ours[n] != b[n]) return false;
    return word(frame) == b[MOO_IP] && word(frame + 2) == b[MOO_CS] && word(frame + 4) == flags && nothing_written(c, sp)
        && c->ours[MOO_FLAGS] == (flags & ~(u32)(FLAG_IF | FLAG_TF)) && c->ours[MOO_CS] == word(4 * (u32)vector + 2)
        && c->ours[MOO_IP] == (u16)(word(4 * (u32)vector) + 1);
}

/* The instruction was executed up to the HLT behind it. */
static bool executed(const case_t *c)
{
    return c->halted && !c->upper && c->fault < 0 && c->ours[MOO_CS] == c->t->before.r[MOO_CS]
        && c->ours[MOO_IP] == (u16)(c->t->before.r[MOO_IP] + c->t->n_code);
}

static bool theirs(const case_t *c, int vector) { return c->t->has_exception && c->t->exception == vector; }

/* All is explained. */
static bool settle(case_t *c)
{
    c->halted = true;
    c->upper = false;
    c->registers = c->flags = 0;
    c->n_memory = 0;
    return true;
}

/* ---- rows: each takes away the differences that it explains ---- */

/* The collection's own address of the pushed FLAGS is rounded down to even; the stack pointer tells the true one. */
static bool row_undefined(case_t *c)
{
    u32 mask = undefined_flags(c), pushed = at(c->t->after.r[MOO_SS], (u16)(c->t->after.r[MOO_SP] + 4));
    unsigned kept = 0;
    bool applied = (c->flags & mask) != 0;
    c->flags &= (u16)~mask;
    for (unsigned i = 0; i < c->n_memory; i++) {               /* the FLAGS image that an exception pushed */
        byte_t m = c->memory[i];
        u32 half = m.physical - pushed;
        bool covered = c->t->has_exception && half < 2 && ((m.theirs ^ m.ours) & ~(mask >> 8 * half)) == 0;
        applied |= covered;
        if (!covered) c->memory[kept++] = m;
    }
    c->n_memory = kept;
    return applied;
}

/* The bits that came from memory are the ones we hold. */
static bool row_iopl(case_t *c)
{
    u32 image = at(c->t->before.r[MOO_SS], (u16)(c->t->before.r[MOO_SP] + (c->opcode == 0xCF ? 4 : 0)));
    u32 bits = FLAG_IOPL | FLAG_NT;
    if ((c->opcode != 0x9D && c->opcode != 0xCF) || !(c->flags & bits) || c->fault >= 0 || ((word(image) ^ c->ours[MOO_FLAGS]) & bits))
        return false;
    c->flags &= (u16)~bits;
    return true;
}

static bool row_lock(case_t *c)   { return c->lock && !may_be_locked(c) && raised(c, UD) && settle(c); }
static bool row_stack(case_t *c)  { return theirs(c, GP) && uses_stack(c) && raised(c, SS_FAULT) && settle(c); }
static bool row_length(case_t *c) { return theirs(c, GP) && c->length > 10 && c->length <= 15 && executed(c) && settle(c); }
static bool row_pop(case_t *c)    { return theirs(c, GP) && c->opcode == 0x8F && raised(c, GP) && settle(c); }
static bool row_fs_gs(case_t *c)
{
    return theirs(c, UD) && (c->opcode == 0x8C || c->opcode == 0x8E) && (ext(c) == FS || ext(c) == GS) && executed(c) && settle(c);
}
/* SI and DI may be one step apart, CX up to two iterations (the 286 fetches ahead of a store), nothing else. */
static bool row_string(case_t *c)
{
    const u16 *a = c->t->after.r;
    u16 step = c->t->before.r[MOO_FLAGS] & FLAG_DF ? 0xFFFE : 2, may = 1 << MOO_SI | 1 << MOO_DI | 1 << MOO_CX;
    if (!theirs(c, GP) || c->fault != GP || !is_string_word(c) || c->registers == 0 || (c->registers & ~(u32)may) || c->flags || c->n_memory || c->upper)
        return false;
    bool one = true;
    if (c->registers >> MOO_SI & 1) one &= a[MOO_SI] == (u16)(c->ours[MOO_SI] + step);
    if (c->registers >> MOO_DI & 1) one &= a[MOO_DI] == (u16)(c->ours[MOO_DI] + step);
    if (c->registers >> MOO_CX & 1) one &= a[MOO_CX] == (u16)(c->ours[MOO_CX] - 1) || a[MOO_CX] == (u16)(c->ours[MOO_CX] - 2);
    return one && settle(c);
}

static const struct { const char *name, *reason; bool (*explains)(case_t *c); } rows[] = {
    { "LOCK", "the 386 raises #UD before all but read-modify-write instructions on memory (i386 manual, 14.8 and chapter 17, LOCK); the 286 locks anything",
      row_lock },
    { "IOPL and NT",
      "POPF and IRET load FLAGS bits 12-14 in real mode of the 386; the 286 keeps them 0 (SDM vol. 3A, Architecture Compatibility, EFLAGS Pushed on the Stack)",
      row_iopl },
    { "undefined flags", "the manual leaves them undefined after this instruction (i386 manual, appendix C)", row_undefined },
    { "stack limit",
      "an operand beyond the stack segment is vector 12 on the 386 (i386 manual, 14.6); in the 286's real mode 13, and 10-12 are reserved (80286 manual, table 2-4)",
      row_stack },
    { "string restart", "a fault of the 386 restores the string registers of the iteration (i386 manual, 9.1); the 286 leaves some advanced", row_string },
    { "POP restart", "a faulting POP to memory leaves SP alone on the 386 (i386 manual, 9.1); the 286 has already advanced it", row_pop },
    { "length", "instructions may have 15 bytes on the 386, 10 on the 286 (i386 manual, 14.7)", row_length },
    { "FS and GS", "the 386 has segment registers 4 and 5 (i386 manual, 2.3.2); the 286 raises #UD", row_fs_gs },
};

/* ---- the collection ---- */

typedef struct { unsigned files, vectors, same, excepted, revoked, wrong; unsigned by_row[COUNT_OF(rows)]; } tally_t;

static void report(const case_t *c, const char *file)
{
    static const char names[MOO_REGISTERS][6] = { "AX", "BX", "CX", "DX", "CS", "SS", "DS", "ES", "SP", "BP", "SI", "DI", "IP", "FLAGS" };
    printf("  %s %u: %s\n    exception: recorded %d, ours %d%s%s; FLAGS %04X -> %04X, ours %04X", file, c->t->index, c->t->name,
           c->t->has_exception ? c->t->exception : -1, c->fault, c->halted ? "" : ", did not halt", c->upper ? ", upper half changed" : "",
           c->t->before.r[MOO_FLAGS], c->t->after.r[MOO_FLAGS], c->ours[MOO_FLAGS]);
    for (unsigned n = 0; n < MOO_FLAGS; n++)
        if (c->registers >> n & 1) printf("; %s %04X -> %04X, ours %04X", names[n], c->t->before.r[n], c->t->after.r[n], c->ours[n]);
    for (unsigned i = 0; i < c->n_memory && i < 8; i++)
        printf("; [%06X] %02X, ours %02X", c->memory[i].physical, c->memory[i].theirs, c->memory[i].ours);
    putchar('\n');
}

/* The collection takes back bad vectors by listing their hashes in hexadecimal, one a line (README, "Accuracy"). */
static char revoked[1 << 16];

static void read_revoked(const char *folder)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/revocation_list.txt", folder);
    FILE *list = fopen(path, "r");
    size_t n = list ? fread(revoked, 1, sizeof revoked - 1, list) : 0;
    revoked[n] = 0;
    if (list) fclose(list);
}

static bool is_revoked(const moo_test_t *t)
{
    char hash[2 * sizeof t->hash + 1];
    for (unsigned i = 0; i < sizeof t->hash; i++)
        snprintf(hash + 2 * i, 3, "%02x", t->hash[i]);
    return strstr(revoked, hash) != NULL;
}

/* Bytes that nobody named go back to blank; false: there were some. */
static bool clean(void)
{
    if (memcmp(ram, expected, RAM) == 0)
        return true;
    memcpy(ram, expected, RAM);
    cpu_flush_blocks(&cpu);
    return false;
}

static void judge(case_t *c, tally_t *tally, const char *file)
{
    tally->vectors++;
    if (same(c)) {
        tally->same++;
        return;
    }
    if (is_revoked(c->t)) {
        tally->revoked++;
        return;
    }
    for (unsigned i = 0; i < COUNT_OF(rows) && !same(c); i++)
        tally->by_row[i] += rows[i].explains(c);
    if (same(c)) {
        tally->excepted++;
    } else {
        if (tally->wrong++ < 20) report(c, file);
    }
}

static void blank(const moo_test_t *t)
{
    fill(&t->before, true, true);
    fill(&t->after, true, true);
}

/* Untouched memory is checked after every vector that differs, and at the end of a file for all the others together. */
static void run_file(const char *folder, const char *file, tally_t *tally)
{
    static moo_test_t t;
    static case_t c;
    char path[1024];
    size_t bytes;
    moo_t moo;
    snprintf(path, sizeof path, "%s/%s", folder, file);
    u8 *data = moo_load(path, &bytes);
    ck_assert_msg(data != NULL, "%s cannot be read", path);
    ck_assert_msg(moo_open(&moo, data, bytes), "%s: %s", path, moo.trouble);
    u32 n = 0;
    for (; moo_next(&moo, &t); n++) {
        ck_assert_msg(inside(&t.before) && inside(&t.after), "%s, test %u names an address that real mode cannot reach", file, t.index);
        run_case(&c, &t);
        bool differs = !same(&c);
        judge(&c, tally, file);
        blank(&t);
        if (differs) clean();
    }
    ck_assert_msg(!moo.trouble && n == moo.n_tests, "%s: %s", file, moo.trouble ? moo.trouble : "tests are missing");
    ck_assert_msg(clean(), "%s: a byte was written that no vector names", file);
    tally->files++;
    free(data);
}

static const char *folder_of_vectors(void)
{
    static char folder[1024];
    const char *shared = getenv("DOPPEL_SHARED");
    snprintf(folder, sizeof folder, "%s/vectors/80286", shared ? shared : "../shared");
    return folder;
}

static int is_moo(const struct dirent *d) { return strstr(d->d_name, ".MOO") != NULL; }

static void summary(const way_t *way, const tally_t *t)
{
    printf("silicon, %s: %u files, %u vectors: %u the same, %u excepted, %u revoked, %u wrong\n", way->name, t->files, t->vectors, t->same,
           t->excepted, t->revoked, t->wrong);
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        printf("  %5u %s: %s\n", t->by_row[i], rows[i].name, rows[i].reason);
    fflush(stdout);
}

START_TEST(every_recorded_vector_is_reproduced_or_its_difference_documented)
{
    const way_t *way = &ways[_i];
    struct dirent **files = NULL;
    tally_t tally = { 0 };
    if (way->l1 && !cpu_has_l1()) {
        printf("silicon, %s: skipped, this build has none\n", way->name);
        return;
    }
    int n = scandir(folder_of_vectors(), &files, is_moo, alphasort);
    if (n <= 0) {
        printf("silicon: skipped, there are no vectors in %s\n", folder_of_vectors());
        free(files);
        return;
    }
    read_revoked(folder_of_vectors());
    memset(ram, BLANK, RAM);
    memset(expected, BLANK, RAM);
    bus_init(&bus, ram, RAM);
    ck_assert(cpu_init(&cpu, MODEL_386, &bus));
    lacking_quiet(true);
    cpu.l1 = way->l1;
    cpu.no_cache = way->no_cache;
    for (int i = 0; i < n; i++) {
        run_file(folder_of_vectors(), files[i]->d_name, &tally);
        free(files[i]);
    }
    free(files);
    cpu_free(&cpu);
    summary(way, &tally);
    ck_assert_uint_eq(tally.wrong, 0);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("silicon");
    tcase_set_timeout(tc, 600);
    tcase_add_loop_test(tc, every_recorded_vector_is_reproduced_or_its_difference_documented, 0, COUNT_OF(ways));
    Suite *s = suite_create("silicon");
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed != 0;
}
