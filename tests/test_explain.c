/* test_explain.c - triple faults in words.  The chains follow SDM vol. 3A, table 6-5; error codes 6.13, 4.7. */
#include "cpu/explain.h"
#include "tests/protected_machine.h"

enum { PROGRAM = 0x7000 };

static void program(const u8 *code, size_t n)
{
    memcpy(ram + PROGRAM, code, n);
    cpu.eip = PROGRAM;
}
#define PROGRAM_IS(...) program((u8[]){ __VA_ARGS__ }, sizeof((u8[]){ __VA_ARGS__ }))

static void shuts_down(void)
{
    ck_assert_int_eq(cpu_run(&cpu, cpu_instructions(&cpu) + 1000), CPU_SHUTDOWN);
    ck_assert_uint_lt(strlen(cpu.explanation), sizeof cpu.explanation - 1);       /* not cut */
}

/* The parts stand in the text in this order. */
static void tells(const char *const *parts, size_t n)
{
    const char *from = cpu.explanation;
    for (size_t i = 0; i < n; i++) {
        const char *found = strstr(from, parts[i]);
        ck_assert_msg(found != NULL, "\"%s\" is missing in\n%s", parts[i], from);
        from = found + strlen(parts[i]);
    }
}
#define TELLS(...) tells((const char *const[]){ __VA_ARGS__ }, COUNT_OF(((const char *const[]){ __VA_ARGS__ })))

START_TEST(real_mode_without_a_vector_table)
{
    segment_set_real(&cpu, CS, 0); segment_set_real(&cpu, SS, 0);
    cpu_mode_changed(&cpu);
    cpu.idtr.base = cpu.idtr.limit = 0;
    PROGRAM_IS(0xCC);
    shuts_down();
    TELLS("1. #GP, general protection, at 0000:7000  int3\n", "In real mode.\n", "Entry 3 lies beyond the end of the interrupt vector table (base 00000000, limit 0000)",
          "2. #GP", "while calling the handler of #GP", "Entry 13 lies beyond", "#DF, a double fault", "3. #GP", "handler of #DF", "Entry 8 lies beyond",
          "EAX 00000000");
}
END_TEST

START_TEST(gates_that_are_not_present_or_no_gates)
{
    protect(0);
    set_gate(IDT, 8 * UD, CODE0, 0x2000, 0x0E, 0);               /* not present */
    set_gate(IDT, 8 * DF, CODE0, 0x2000, 0x82, 0);               /* an LDT descriptor */
    PROGRAM_IS(0x0F, 0x0B);
    shuts_down();
    TELLS("1. #UD, invalid opcode, at 0008:00007000  ud2\n", "In protected mode, 32-bit code, privilege level 0.\n",
          "2. #NP(0033), segment not present, while calling the handler of #UD\n", "IDT entry 6 (at 00002030: 00000E00 00082000) is a gate that is not present.",
          "3. #GP(005B), general protection, while calling the handler of #NP\n", "IDT entry 11 (at 00002058: 00000000 00000000) is not a gate: its type is 0.",
          "#DF, a double fault", "4. #GP(0043)", "IDT entry 8", "is not a gate: its type is 2.", "GDT 00001000:00CF IDT 00002000:07FF");
}
END_TEST

START_TEST(a_page_fault_without_a_handler_shows_the_page_tables)
{
    protect(0);
    paging();
    put(ram + 0x21000 + 4 * 0x55, W32, 0x55006);                 /* not present */
    cpu.idtr.limit = 0x6F;                                       /* up to entry 13 */
    set_gate(IDT, 8 * GP, ABSENT, 0x2000, 0x8E, 0);
    PROGRAM_IS(0x66, 0xA3, 0x34, 0x52, 0x05, 0x00);
    cpu_flush_tlb(&cpu, true);
    shuts_down();
    TELLS("1. #PF(0002), page fault, at 0008:00007000  mov word [55234h], ax\n", "paging.",
          "Writing linear 00055234 at supervisor level: there is no page; page directory entry at 00020000: 000210",
          "; page table entry at 00021154: 00055006 (not present).", "2. #GP(0073), general protection, while calling the handler of #PF",
          "Entry 14 lies beyond the end of the IDT (base 00002000, limit 006F).", "3. #GP(0043)", "CR2 00055234");
}
END_TEST

START_TEST(a_handler_in_an_absent_segment)
{
    protect(0);
    set_gate(IDT, 8 * GP, ABSENT, 0x2000, 0x8E, 0);
    set_gate(IDT, 8 * NP, 0xF8, 0x2000, 0x8E, 0);                /* beyond the GDT */
    set_gate(IDT, 8 * DF, 0, 0x2000, 0x8E, 0);                   /* null */
    PROGRAM_IS(0xCD, 0x30);
    shuts_down();
    TELLS("1. #GP(0182)", "int 30h\n", "IDT entry 48", "is not a gate", "2. #GP(0059), general protection, while calling the handler of #GP",
          "Selector 0058 is a non-present entry: ", "3. #GP(0001), general protection, while calling the handler of #DF", "Its selector is null.");
}
END_TEST

START_TEST(no_room_on_the_stack_for_the_handler)
{
    protect(0);
    for (u32 v = 0; v < 32; v++)
        set_gate(IDT, 8 * v, CODE0, 0x2000, 0x8E, 0);
    set_descriptor(GDT, VARIABLE, 0, 0xFFF, 0x92, 4);
    put_segment(SS, VARIABLE);
    cpu.r[ESP] = 0x2000;
    cpu_mode_changed(&cpu);
    PROGRAM_IS(0xF7, 0xF1);                                      /* ECX is 0 */
    shuts_down();
    TELLS("1. #DE, divide error, at 0008:00007000  div ecx\n", "2. #SS(0001), stack fault, while calling the handler of #DE\n",
          "No room on the stack: SS:ESP 00C0:00002000, limit 00000FFF.", "IDT entry 0 ", "leads to 0008:00002000", "Selector 0008 is code",
          "3. #SS(0001)", "handler of #DF");
}
END_TEST

static u8 vector_20h(void *pic) { (void)pic; return 0x20; }

START_TEST(an_interrupt_from_outside_begins_the_chain)
{
    protect(0);
    cpu.idtr.limit = 0;
    cpu.acknowledge = vector_20h;
    cpu_set_eflags(&cpu, FLAG_1 | FLAG_IF);
    cpu_intr(&cpu, true);
    PROGRAM_IS(0x90, 0xF4);
    shuts_down();
    TELLS("1. #GP(0103), general protection, while calling the handler of interrupt 20h at 0008:00007000  nop\n", "Entry 32 lies beyond", "2. #GP(006B)",
          "3. #GP(0043)");
}
END_TEST

START_TEST(code_that_is_not_in_memory_is_said_to_be)
{
    protect(0);
    paging();
    cpu.idtr.limit = 0;
    cpu.eip = 0x00C00000;
    shuts_down();
    TELLS("1. #PF(0000), page fault, at 0008:00C00000  (no memory is mapped there)", "page directory entry at 0002000C: 00000000 (not present).");
}
END_TEST

START_TEST(an_operand_outside_its_segment_is_shown)
{
    protect(0);
    set_descriptor(GDT, VARIABLE, 0x500, 0xFFF, 0x90, 4);        /* read-only */
    put_segment(FS, VARIABLE);
    cpu_mode_changed(&cpu);
    cpu.idtr.limit = 0;
    cpu.r[EBX] = 0x1000;
    PROGRAM_IS(0x64, 0x8B, 0x43, 0xFD);
    shuts_down();
    TELLS("1. #GP(0000)", "mov eax, dword [fs:ebx-3]", "The operand is at FS:00000FFD; selector 00C0: base 00000500, limit 00000FFF, read-only data.");
}
END_TEST

START_TEST(a_handled_fault_leaves_no_trace)
{
    protect(0);
    set_gate(IDT, 8 * UD, CODE0, PROGRAM + 0x10, 0x8E, 0);
    ram[PROGRAM + 0x10] = 0xCD; ram[PROGRAM + 0x11] = 0x40;      /* the handler: INT 40h, whose gate is empty */
    PROGRAM_IS(0x0F, 0x0B);
    shuts_down();
    ck_assert_ptr_null(strstr(cpu.explanation, "#UD"));
    TELLS("1. #GP(0202), general protection, at 0008:00007010  int 40h\n");
    cpu_reset(&cpu);
    ck_assert_str_eq(cpu.explanation, "");
}
END_TEST

/* The longest chain: benign, contributory, page fault, page fault (together a double fault), page fault. */
START_TEST(the_longest_chain_is_told_whole)
{
    protect(0);
    paging();
    for (unsigned i = 0; i < 5; i++)
        cpu.chain[i] = (fault_link_t){ .vector = i == 0 ? UD : i == 1 ? GP : PF_FAULT, .cpl = 3, .calling = i == 0 ? -1 : i == 1 ? UD : i == 2 ? GP : i == 3 ? PF_FAULT : DF,
                                       .cs = CODE3, .mode = cpu.mode, .code = i == 1 ? 0x6B : PF_WRITE | PF_USER, .eip = PROGRAM, .cr2 = 0x55234 };
    for (u32 v = 0; v < 32; v++)
        set_gate(IDT, 8 * v, ABSENT, 0x2000, 0x8E, 0);
    cpu.chain_length = 5;
    explain_shutdown(&cpu);
    ck_assert_uint_lt(strlen(cpu.explanation), sizeof cpu.explanation - 1);
    TELLS("1. #UD", "2. #GP", "3. #PF", "4. #PF", "5. #PF", "EFLAGS", "IDT 00002000:07FF");
    for (unsigned i = 0; i < 3 * CHAIN_MAX; i++) {               /* more than there can be */
        cpu.delivering = 1;
        cpu.fault = (fault_t){ PF_FAULT, true, PF_WRITE };
        explain_fault(&cpu);
    }
    ck_assert_uint_eq(cpu.chain_length, CHAIN_MAX);
    cpu.delivering = 0;
}
END_TEST

/* The first fault's rule, with its section in SDM vol. 3A; EAX is `eax`, the GDT's entry VARIABLE has the type `type`, IDT entry 30h is a gate
 * of level 0. */
typedef struct { u8 cpl; u32 eax; u8 type; u8 code[8]; const char *fault, *rule; } rule_row_t;
static const rule_row_t broken_rules[] = {
    { 0, VARIABLE,  0x98, { 0x8E, 0xD8 },             "#GP(00C0)", "DS, ES, FS and GS take data or readable code" },                  /* execute-only */
    { 0, VARIABLE,  0x90, { 0x8E, 0xD0 },             "#GP(00C0)", "SS takes writable data with RPL = DPL = CPL" },                   /* read-only */
    { 0, VARIABLE,  0x90, { 0x8E, 0xD0 },             "Selector 00C0 is read-only data, level 0, in the GDT", "(5.7)" },
    { 0, 0,         0x92, { 0x8E, 0xD0 },             "#GP(0000)", "SS takes writable data" },
    { 0, 0xF8,      0x92, { 0x8E, 0xD8 },             "#GP(00F8)", "within its table's limit (3.5.1)" },
    { 0, ABSENT,    0x92, { 0x8E, 0xD8 },             "#NP(0058)", "a segment must be present" },
    { 0, VARIABLE,  0x92, { 0x0F, 0x00, 0xD0 },       "#GP(00C0)", "LLDT takes" },
    { 0, VARIABLE,  0x8B, { 0x0F, 0x00, 0xD8 },       "is a busy 32-bit TSS", "LTR takes" },
    { 0, 0,         0x92, { 0xEA, 0, 0, 0, 0, VARIABLE, 0 }, "#GP(00C0)", "a far jump or call takes code" },
    { 0, 0xFFFFFFFF,0x92, { 0x0F, 0x22, 0xE0 },       "mov cr4, eax", "reserved bits of control registers" },
    { 0, 0,         0x92, { 0xB9, 0x78, 0x56, 0x34, 0x12, 0x0F, 0x32 }, "rdmsr", "must have this MSR (ECX = 12345678)" },
    { 3, 0,         0x92, { 0xF4 },                   "privilege level 3", "this instruction runs at level 0 only, and CPL is 3 (5.9)" },
    { 3, 0,         0x92, { 0xFA },                   "cli", "CLI and STI want a CPL not above IOPL, here 3 and 0" },
    { 3, 0,         0x92, { 0x66, 0xBA, 0xFF, 0xFF, 0xEC }, "in al, dx", "permission map must be 0" },
    { 3, 0,         0x92, { 0xCD, 0x30 },             "Error code: entry 48 of the IDT.", "want a gate whose DPL is not below CPL, here 0 and 3" },
    { 0, 0x1000,    0x92, { 0x2E, 0x89, 0x00 },       "CS:00001000", "only writable data segments can be written to (5.5)" },       /* to CS */
    { 0, 0,         0x92, { 0x31, 0xE4, 0x8E, 0xE0, 0x64, 0x8B, 0x00 }, "null or not present", "a null selector cannot be used" },
    { 0, 0,         0x92, { 0x0F, 0xFF },             "#UD", "the bytes must be an instruction of this model" },
    { 0, 0,         0x92, { 0x31, 0xC9, 0xF7, 0xF1 }, "#DE", "the divisor is not 0" },
};

START_TEST(the_rule_that_was_broken_is_named)
{
    for (unsigned i = 0; i < COUNT_OF(broken_rules); i++) {
        const rule_row_t *r = &broken_rules[i];
        cpu_reset(&cpu);
        make_tables();
        cpu.gdtr.base = GDT; cpu.gdtr.limit = GDT_LIMIT; cpu.idtr.base = IDT; cpu.idtr.limit = 0x30 * 8 + 7;
        memset(ram + IDT, 0, 0x800);
        protect(r->cpl);
        set_descriptor(GDT, VARIABLE, TSS_B, 0xFFF, r->type, 0);
        set_gate(IDT, 8 * 0x30, CODE0, 0x2000, 0x8E, 0);
        cpu.r[EAX] = r->eax;
        program(r->code, sizeof r->code);
        shuts_down();
        const char *second = strstr(cpu.explanation, "\n2. ");
        ck_assert_ptr_nonnull(second);
        TELLS("1. ", r->fault, "Rule: ", r->rule);
        ck_assert_msg(strstr(cpu.explanation, r->rule) < second, "row %u: %s", i, cpu.explanation);
    }
}
END_TEST

/* 4.6, 4.7: the error code in words, the entries on the way, the rule. */
START_TEST(the_rule_of_a_page_is_named)
{
    static const struct { u32 entry; u8 cpl, code[6]; const char *error, *rule; } rows[] = {
        { 0x55005, 0, { 0xA3, 0x00, 0x50, 0x05, 0x00 }, "Error code: the page is there, write, at supervisor level.", "where CR0.WP is 1, as here, W must be 1" },
        { 0x55003, 3, { 0xA1, 0x00, 0x50, 0x05, 0x00 }, "(writable, supervisor)", "at level 3, U must be 1" },
        { 0x55005, 3, { 0xA3, 0x00, 0x50, 0x05, 0x00 }, "(read-only, user)", "at level 3, U and W must be 1" },
        { 0x55006, 3, { 0xA1, 0x00, 0x50, 0x05, 0x00 }, "Error code: not present, read, at user level.", "every entry on the way to a page must be present" },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        cpu_reset(&cpu);
        make_tables();
        cpu.gdtr.base = GDT; cpu.gdtr.limit = GDT_LIMIT; cpu.idtr.base = IDT; cpu.idtr.limit = 0;
        protect(rows[i].cpl);
        paging();
        put(ram + 0x21000 + 4 * 0x55, W32, rows[i].entry);
        cpu_flush_tlb(&cpu, true);
        program(rows[i].code, sizeof rows[i].code);
        shuts_down();
        TELLS("1. #PF", rows[i].error, "Rule: ", rows[i].rule, "2. #GP");
    }
}
END_TEST

static u32 next_random(u64 *s)
{
    *s ^= *s << 13; *s ^= *s >> 7; *s ^= *s << 17;
    return (u32)(*s >> 32);
}

/* Whatever the tables hold, a shutdown is told, and nothing is touched in telling it. */
START_TEST(random_tables_are_told_about)
{
    static u8 before[RAM];
    u64 s = 88172645463325252u;
    unsigned silent = 0, changed = 0, told = 0;
    for (unsigned i = 0; i < 1000; i++) {
        cpu_reset(&cpu);
        make_tables();
        cpu.gdtr.base = GDT; cpu.gdtr.limit = GDT_LIMIT;
        cpu.idtr.base = IDT;
        protect(i & 1 ? 3 : 0);
        if (i & 2) paging();
        if ((i & 12) == 12) cpu.cr4 |= CR4_PAE;
        for (u32 at = 0; at < 0x100; at += 4) put(ram + IDT + at, W32, next_random(&s) & next_random(&s));
        for (u32 at = 0x20; at < 0xD0; at += 4) put(ram + GDT + at, W32, next_random(&s));
        for (u32 at = 0; at < 16; at++) ram[PROGRAM + at] = (u8)next_random(&s);
        cpu.idtr.limit = (u16)(next_random(&s) & 0x1FF);
        cpu.r[ESP] = next_random(&s);
        cpu.eip = PROGRAM;
        cpu_flush_tlb(&cpu, true);
        if (cpu_run(&cpu, cpu_instructions(&cpu) + 200) != CPU_SHUTDOWN)
            continue;
        told++;
        silent += cpu.chain_length < 2 || !strstr(cpu.explanation, "1. ") || !strstr(cpu.explanation, "IDT 00002000");
        memcpy(before, ram, RAM);
        explain_shutdown(&cpu);
        changed += memcmp(before, ram, RAM) != 0;
    }
    ck_assert_uint_gt(told, 300);
    ck_assert_uint_eq(silent, 0);
    ck_assert_uint_eq(changed, 0);
}
END_TEST

RUN_TESTS("explain", real_mode_without_a_vector_table, gates_that_are_not_present_or_no_gates, a_page_fault_without_a_handler_shows_the_page_tables,
          a_handler_in_an_absent_segment, no_room_on_the_stack_for_the_handler, an_interrupt_from_outside_begins_the_chain,
          code_that_is_not_in_memory_is_said_to_be, an_operand_outside_its_segment_is_shown, a_handled_fault_leaves_no_trace,
          the_longest_chain_is_told_whole, the_rule_that_was_broken_is_named, the_rule_of_a_page_is_named, random_tables_are_told_about)
