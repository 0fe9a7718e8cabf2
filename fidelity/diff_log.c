/* diff_log.c - other emulators' logs as records: a step of the log is the state before an instruction, so what an instruction changed is known
 * when the next one is read.
 *
 * Bochs 2.7, the debugger's output after `trace on`, with `trace-reg on` for registers and `trace-mem on` for accesses:
 *     rax: 00000000_000000c0                                     (a register a line, or several)
 *     eflags 0x00000046: id vip ...
 *     (0).[4] [0x0000000fe061] f000:e061 (unk. ctxt): mov al, 0xc0              ; b0c0
 *     [CPU0 WR]: LIN 0x00000000000004b0 PHY 0x0000000004b0 (len=1, UC): 0x00
 * What stands in brackets is the physical address: it is taken for the linear one, which holds without paging.
 *
 * QEMU 7.2, -d exec,cpu,nochain -singlestep (later: -accel tcg,one-insn-per-tb=on), with int for interrupts:
 *     EAX=00000000 EBX=00000000 ...
 *     EIP=0000e05b EFL=00000002 [-------] CPL=0 ...
 *     CS =f000 000f0000 0000ffff 00009b00
 *     CR0=60000010 CR2=00000000 CR3=00000000 CR4=00000000
 *     Servicing hardware INT=0x08
 * Left out: QEMU's in_asm (instructions have no bytes), x87 and SSE of either. */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "fidelity/diff_side.h"

enum { LINE = 1024, UNDECIDED_LINES = 100000 };

typedef enum { UNDECIDED, BOCHS, QEMU } kind_t;

/* What was read of one instruction. */
typedef struct {
    u64  state[TRACE_FIELDS];
    u32  eip, linear;
    u8   length, bytes[TRACE_INSTRUCTION_BYTES];
    unsigned n_accesses;
    trace_access_t access[TRACE_ACCESSES];
} moment_t;

typedef struct {
    diff_input_t input;
    FILE        *file;
    kind_t       kind;
    u64          lines, size, number, read;
    char         line[LINE], why[400];
    moment_t     now, next;              /* the instruction to give, and the one whose lines are being read */
    bool         has_now, at_end, has_registers;
    bool         event;                  /* an interrupt came before `next` */
    bool         aside;                  /* the next state is not of an instruction */
    u8           vector;
    u64          given[TRACE_FIELDS];    /* state after the record last given */
} log_t;

static bool hex_at(const char *text, u64 *value)
{
    char *end;
    *value = strtoull(text, &end, 16);
    return end != text;
}

/* ---- Bochs ---- */

static bool bochs_registers(log_t *l, const char *line)
{
    static const char *const names[] = { "rax: ", "rcx: ", "rdx: ", "rbx: ", "rsp: ", "rbp: ", "rsi: ", "rdi: " };
    bool any = false;
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        const char *at = strstr(line, names[i]);
        const char *low = at ? strchr(at, '_') : NULL;
        u64 v;
        if (low && hex_at(low + 1, &v)) {
            l->next.state[i] = (u32)v;
            any = true;
        }
    }
    const char *flags = strstr(line, "eflags 0x");
    u64 v;
    if (flags && hex_at(flags + 9, &v)) {
        l->next.state[TRACE_EFLAGS] = (u32)v;
        any = true;
    }
    l->has_registers |= any;
    return any;
}

/* "(0).[4] [0x0000000fe061] f000:e061 (unk. ctxt): mov al, 0xc0              ; b0c0" */
static bool bochs_instruction(log_t *l, const char *line)
{
    const char *at = strncmp(line, "(0).[", 5) == 0 ? strstr(line, "] [0x") : NULL;
    const char *far = at ? strstr(at + 4, "] ") : NULL, *colon = far ? strchr(far, ':') : NULL, *bytes = colon ? strrchr(colon, ';') : NULL;
    u64 linear, cs, eip;
    if (!bytes || !hex_at(at + 5, &linear) || !hex_at(far + 2, &cs) || !hex_at(colon + 1, &eip)) return false;
    moment_t *m = &l->next;
    m->eip = (u32)eip;
    m->linear = (u32)linear;
    m->state[TRACE_SELECTOR + TRACE_CS] = (u16)cs;
    m->state[TRACE_BASE + TRACE_CS] = (u32)(linear - eip);
    m->length = 0;
    for (bytes += strspn(bytes, "; "); m->length < TRACE_INSTRUCTION_BYTES; bytes += 2) {
        char two[3] = { bytes[0], bytes[0] ? bytes[1] : (char)0, 0 }, *end;
        u8 v = (u8)strtoul(two, &end, 16);
        if (end != two + 2) break;
        m->bytes[m->length++] = v;
    }
    return true;
}

static void bochs_access(log_t *l, const char *line)
{
    const char *lin = strstr(line, "LIN 0x"), *len = lin ? strstr(lin, "(len=") : NULL, *value = len ? strstr(len, "): 0x") : NULL;
    u64 where, v;
    unsigned bytes = len ? (unsigned)strtoul(len + 5, NULL, 10) : 0;
    if (!value || !l->has_now || !hex_at(lin + 6, &where) || !hex_at(value + 5, &v) || l->now.n_accesses == TRACE_ACCESSES) return;
    if (bytes != 1 && bytes != 2 && bytes != 4) return;
    l->now.access[l->now.n_accesses++] = (trace_access_t){ strncmp(line, "[CPU0 RD]", 9) == 0 ? TRACE_READ : TRACE_WRITE, bytes == 4 ? 2 : (u8)(bytes - 1), (u32)where, (u32)v };
}

/* ---- QEMU ---- */

/* "NAME=value" anywhere in the line. */
static void qemu_value(log_t *l, const char *line, const char *name, unsigned field)
{
    u64 v;
    const char *at = strstr(line, name);
    if (at && hex_at(at + strlen(name), &v)) l->next.state[field] = field < TRACE_SELECTOR ? (u32)v : v;
}

static void qemu_segment(log_t *l, const char *line)
{
    static const char *const names[] = { "ES =", "CS =", "SS =", "DS =", "FS =", "GS =", "LDT=", "TR =" };
    unsigned selector, base, limit, flags;
    for (unsigned i = 0; i < COUNT_OF(names); i++)
        if (strncmp(line, names[i], 4) == 0 && sscanf(line + 4, "%x %x %x %x", &selector, &base, &limit, &flags) == 4) {
            l->next.state[TRACE_SELECTOR + i] = selector;
            l->next.state[TRACE_BASE + i] = base;
            l->next.state[TRACE_LIMIT + i] = limit;
            l->next.state[TRACE_ATTRIBUTES + i] = flags >> 8 & 0xF0FF;
        }
}

static void qemu_table(log_t *l, const char *line, unsigned field)
{
    unsigned base, limit;
    if (sscanf(line + 4, "%x %x", &base, &limit) != 2) return;
    l->next.state[field] = base;
    l->next.state[field + 1] = limit;
}

/* The last line of a state is EFER's; the state is whole there. */
static bool qemu_line(log_t *l, const char *line)
{
    static const struct { const char *name; unsigned field; } values[] = { { "EAX=", TRACE_EAX }, { "EBX=", TRACE_EBX }, { "ECX=", TRACE_ECX },
        { "EDX=", TRACE_EDX }, { "ESI=", TRACE_ESI }, { "EDI=", TRACE_EDI }, { "EBP=", TRACE_EBP }, { "ESP=", TRACE_ESP }, { "EFL=", TRACE_EFLAGS },
        { "CPL=", TRACE_CPL }, { "CR0=", TRACE_CR0 }, { "CR2=", TRACE_CR2 }, { "CR3=", TRACE_CR3 }, { "CR4=", TRACE_CR4 } };
    u64 v;
    if (line[0] == 'E' || line[0] == 'C')
        for (unsigned i = 0; i < COUNT_OF(values); i++) qemu_value(l, line, values[i].name, values[i].field);
    if (strncmp(line, "EIP=", 4) == 0 && hex_at(line + 4, &v)) l->next.eip = (u32)v;
    if (line[2] == ' ' || line[3] == '=') qemu_segment(l, line);
    if (strncmp(line, "GDT=", 4) == 0) qemu_table(l, line, TRACE_GDTR_BASE);
    if (strncmp(line, "IDT=", 4) == 0) qemu_table(l, line, TRACE_IDTR_BASE);
    const char *interrupt = strstr(line, "Servicing hardware INT=0x");
    if (interrupt && hex_at(interrupt + 25, &v)) {
        l->event = true;
        l->vector = (u8)v;
    }
    if (strstr(line, ": v=") && strstr(line, " e=")) l->aside = true;      /* int dumps the state, too: that is no instruction */
    if (strncmp(line, "EFER=", 5) != 0) return false;
    if (l->aside) {
        l->aside = false;
        return false;
    }
    l->next.linear = l->next.eip + (u32)l->next.state[TRACE_BASE + TRACE_CS];
    l->has_registers = true;
    return true;
}

/* ---- either ---- */

static void decide(log_t *l, const char *line)
{
    if (strncmp(line, "EAX=", 4) == 0 || strncmp(line, "Trace 0:", 8) == 0) l->kind = QEMU;
    else if (strncmp(line, "(0).[", 5) == 0 || strncmp(line, "CPU0:", 5) == 0) l->kind = BOCHS;
}

/* Read lines until the next instruction is whole; false: there is none. */
static bool read_moment(log_t *l)
{
    l->next.n_accesses = 0;
    while (fgets(l->line, sizeof l->line, l->file)) {
        l->lines++;
        l->read += strlen(l->line);
        if (l->kind == UNDECIDED) decide(l, l->line);
        if (l->kind == UNDECIDED && l->lines == UNDECIDED_LINES) break;
        if (l->kind == QEMU && qemu_line(l, l->line)) return true;
        if (l->kind != BOCHS) continue;
        if (strncmp(l->line, "[CPU0 ", 6) == 0) bochs_access(l, l->line);
        else if (l->line[0] == 'r' || l->line[0] == 'e') bochs_registers(l, l->line);
        else if (bochs_instruction(l, l->line)) return true;
    }
    return false;
}

static void give_event(log_t *l, trace_record_t *r)
{
    *r = (trace_record_t){ .kind = TRACE_EVENT, .source = TRACE_INTERRUPT, .vector = l->vector, .linear = l->next.linear, .number = l->number };
    l->event = false;
}

static trace_answer_t log_next(diff_input_t *self, trace_record_t *r)
{
    log_t *l = (log_t *)self;
    if (l->event && l->has_now && l->number) {
        give_event(l, r);
        return TRACE_GOT;
    }
    if (!l->has_now || l->at_end) return TRACE_END;
    bool more = read_moment(l);                                /* also adds accesses to `now` */
    r->kind = TRACE_INSTRUCTION;
    r->faulted = r->continued = r->has_code = false;
    r->number = l->number++;
    r->linear = l->now.linear;
    r->length = l->now.length;
    memcpy(r->bytes, l->now.bytes, sizeof r->bytes);
    r->n_changes = 0;
    r->n_accesses = l->now.n_accesses;
    memcpy(r->access, l->now.access, r->n_accesses * sizeof r->access[0]);
    memcpy(l->given, l->now.state, sizeof l->given);
    for (unsigned i = 0; more && i < TRACE_FIELDS; i++)
        if (l->next.state[i] != l->now.state[i]) {
            r->change[r->n_changes++] = (trace_change_t){ (u8)i, l->next.state[i], l->now.state[i] };
            l->given[i] = l->next.state[i];
        }
    l->now = l->next;
    l->at_end = !more;
    return more ? TRACE_GOT : TRACE_END;                       /* what the last one changed nobody tells */
}

static const u64 *log_state(diff_input_t *self)  { return ((log_t *)self)->given; }
static const char *log_why(diff_input_t *self)   { return ((log_t *)self)->why; }
static void log_progress(diff_input_t *self, u64 *at, u64 *of)
{
    *at = ((log_t *)self)->read;
    *of = ((log_t *)self)->size;
}
static void log_close(diff_input_t *self)
{
    fclose(((log_t *)self)->file);
    free(self);
}

static void what_it_tells(log_t *l)
{
    static const u8 general[] = { TRACE_EAX, TRACE_ECX, TRACE_EDX, TRACE_EBX, TRACE_ESP, TRACE_EBP, TRACE_ESI, TRACE_EDI, TRACE_EFLAGS };
    for (unsigned i = 0; i < COUNT_OF(general); i++) l->input.known[general[i]] = l->has_registers;
    l->input.known[TRACE_SELECTOR + TRACE_CS] = true;
    for (unsigned i = 0; l->kind == QEMU && i < N_ALL_SEGMENTS; i++) l->input.known[TRACE_SELECTOR + i] = l->input.known[TRACE_BASE + i] = i != 6 && i != 7;
    for (unsigned i = TRACE_CR0; l->kind == QEMU && i <= TRACE_CR4; i++) l->input.known[i] = true;
    l->input.bytes = l->kind == BOCHS;
    l->input.events = false;                                   /* not with certainty */
}

diff_input_t *input_log(const char *path, char *why, size_t why_bytes)
{
    log_t *l = calloc(1, sizeof *l);
    struct stat about;
    if (!l) { snprintf(why, why_bytes, "out of memory"); return NULL; }
    l->file = fopen(path, "r");
    if (!l->file) {
        snprintf(why, why_bytes, "%s: cannot be read: %s", path, strerror(errno));
        free(l);
        return NULL;
    }
    if (fstat(fileno(l->file), &about) == 0 && S_ISREG(about.st_mode)) l->size = (u64)about.st_size;
    snprintf(l->input.name, sizeof l->input.name, "%s", path);
    if (!read_moment(l)) {
        snprintf(why, why_bytes, "%s: this is neither a trace nor a log of Bochs (trace on) or QEMU (-d exec,cpu)", path);
        log_close(&l->input);
        return NULL;
    }
    l->now = l->next;
    l->has_now = true;
    memcpy(l->given, l->now.state, sizeof l->given);
    what_it_tells(l);
    l->input.model = MODEL_PENTIUM4;
    l->input.next = log_next;
    l->input.state = log_state;
    l->input.why = log_why;
    l->input.progress = log_progress;
    l->input.close = log_close;
    return &l->input;
}
