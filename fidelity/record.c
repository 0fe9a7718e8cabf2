/* record.c - see record.h. */
#include "fidelity/record.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "fidelity/host.h"
#include "fidelity/moo_write.h"
#include "fidelity/program.h"
#include "fidelity/replace.h"
#include "fidelity/touch.h"
#include "fidelity/trace_write.h"
#include "fidelity/undefined.h"

enum { FORMS = 8192, LONGEST_REPEAT = 32, PROGRESS_EVERY = 1 << 14 };
enum { SYSTEM_CALL = 0x80, X87_ERROR = 16, SIMD_ERROR = 19 };

typedef struct { char form[FORM_NAME + 2]; unsigned n; } form_count_t;

typedef struct {
    const record_options_t *o;
    record_summary_t *sum;
    program_t         program;
    program_state_t   old, now;
    toucher_t         toucher;
    trace_writer_t   *trace;
    moo_writer_t     *moo;
    u64               state[TRACE_FIELDS];
    trace_record_t    record;
    u8                code[TRACE_INSTRUCTION_BYTES];
    u32               n_code;
    moo_test_t        here;              /* the instruction about to execute: code and registers */
    moo_test_t        test;              /* the vector being made */
    bool              making;            /* it is: begun here, or iterations ago */
    bool              entering;          /* the next step only enters a signal's handler */
    program_signal_t  signal;
    form_count_t      forms[FORMS];
} recording_t;

/* ---- which bytes it touches ---- */

static bool read_page(void *owner, u32 linear, u8 copy[PAGE_BYTES])
{
    return program_read(&((const recording_t *)owner)->program, linear, copy, PAGE_BYTES) == PAGE_BYTES;
}

static bool read_byte(void *owner, u32 linear, u8 *value) { return program_read(&((const recording_t *)owner)->program, linear, value, 1) == 1; }

static void touch(recording_t *r, bool whole)
{
    r->toucher.fs_base = r->old.fs_base;
    r->toucher.gs_base = r->old.gs_base;
    toucher_run(&r->toucher, &r->here, whole);
}

/* ---- the trace ---- */

static void change(recording_t *r, unsigned field, u64 value)
{
    if (r->state[field] == value) return;
    r->record.change[r->record.n_changes++] = (trace_change_t){ (u8)field, value, r->state[field] };
    r->state[field] = value;
}

/* All fields that a program sees. */
static void compare(recording_t *r, const program_state_t *s)
{
    enum { ST_AT = 32, XMM_AT = 160 };
    u32 top = get(s->fx + 2, W16) >> 11 & 7;
    for (unsigned n = 0; n < 8; n++) change(r, TRACE_EAX + n, s->r[n]);
    change(r, TRACE_EFLAGS, s->eflags);
    for (unsigned n = 0; n < 6; n++) change(r, TRACE_SELECTOR + n, s->seg[n]);
    change(r, TRACE_BASE + FS, s->fs_base);
    change(r, TRACE_BASE + GS, s->gs_base);
    for (unsigned i = 0; i < 8; i++) {
        unsigned n = (top + i) & 7;
        change(r, TRACE_X87_LOW + n, get64(s->fx + ST_AT + 16 * i));
        change(r, TRACE_X87_HIGH + n, get(s->fx + ST_AT + 16 * i + 8, W16));
    }
    change(r, TRACE_X87_CONTROL, get(s->fx, W16));
    change(r, TRACE_X87_STATUS, get(s->fx + 2, W16));
    change(r, TRACE_X87_TAGS, s->fx[4]);
    for (unsigned n = 0; n < 8; n++) {
        change(r, TRACE_XMM_LOW + n, get64(s->fx + XMM_AT + 16 * n));
        change(r, TRACE_XMM_HIGH + n, get64(s->fx + XMM_AT + 16 * n + 8));
    }
    change(r, TRACE_MXCSR, get(s->fx + 24, W32));
}

static void first_state(recording_t *r)
{
    compare(r, &r->old);
    r->state[TRACE_CPL] = 3;
    r->state[TRACE_CR0] = CR0_PE | CR0_PG | CR0_ET | CR0_MP | CR0_NE | CR0_WP;
    r->state[TRACE_CR4] = CR4_OSFXSR | CR4_OSXMMEXCPT;
    for (unsigned n = 0; n < 6; n++) {
        r->state[TRACE_LIMIT + n] = 0xFFFFFFFF;
        r->state[TRACE_ATTRIBUTES + n] = r->toucher.machine.cpu.seg[n].attributes;       /* flat, level 3 */
    }
    trace_begin(r->trace, r->state);
}

static void begin_record(recording_t *r, u8 kind)
{
    trace_record_t *t = &r->record;
    t->kind = kind;
    t->faulted = t->continued = t->has_code = false;
    t->number = r->sum->instructions;
    t->linear = r->old.eip;
    t->length = 0;
    t->n_changes = t->n_accesses = 0;
}

static void add_access(recording_t *r, const touched_t *a, u32 value)
{
    trace_record_t *t = &r->record;
    if (t->n_accesses == TRACE_ACCESSES) return;
    t->access[t->n_accesses++] = (trace_access_t){ a->write ? TRACE_WRITE : TRACE_READ, a->bytes == 1 ? 0 : a->bytes == 2 ? 1 : 2, a->linear, value };
}

/* Same number for the same bytes. */
static u64 identity_of(const u8 *code, u32 n)
{
    u64 h = 0xCBF29CE484222325ull;
    for (u32 i = 0; i < n; i++) h = (h ^ code[i]) * 0x100000001B3ull;
    return h | 1;
}

static u32 length_of(const recording_t *r)
{
    u32 moved = r->now.eip - r->old.eip;
    if (r->toucher.v.length && r->toucher.v.length <= r->n_code && r->toucher.v.d.cold.instr != I_UD2) return r->toucher.v.length;
    return moved && moved <= r->n_code ? moved : 1;            /* an instruction that we have not */
}

static void put_instruction(recording_t *r, const u32 *before, bool faulted)
{
    trace_record_t *t = &r->record;
    begin_record(r, TRACE_INSTRUCTION);
    t->faulted = faulted;
    u32 length = length_of(r);
    u64 identity = identity_of(r->code, length);
    if (!trace_knows(r->trace, t->linear, identity)) {
        t->length = (u8)length;
        memcpy(t->bytes, r->code, length);
    }
    compare(r, &r->now);
    for (unsigned i = 0; i < r->toucher.n_accesses; i++) {
        u8 raw[4] = { 0 };
        const touched_t *a = &r->toucher.touched[i];
        if (a->write) program_read(&r->program, a->linear, raw, a->bytes);
        add_access(r, a, a->write ? get(raw, W32) : before[i]);
    }
    trace_put(r->trace, t, identity);
    r->sum->instructions += !faulted;
}

static void put_event(recording_t *r, u8 source, u8 vector)
{
    begin_record(r, TRACE_EVENT);
    r->record.source = source;
    r->record.vector = vector;
    compare(r, &r->now);
    trace_put(r->trace, &r->record, 0);
    r->sum->events++;
}

static void put_note(recording_t *r, const char *text)
{
    begin_record(r, TRACE_NOTE);
    r->record.note = TRACE_NOTE_TEXT;
    r->record.note_length = (u8)snprintf(r->record.text, sizeof r->record.text, "%s", text);
    trace_put(r->trace, &r->record, 0);
}

/* ---- vectors ---- */

static const u8 places[8] = { MOO_EAX, MOO_ECX, MOO_EDX, MOO_EBX, MOO_ESP, MOO_EBP, MOO_ESI, MOO_EDI };
static const u8 segments[6] = { MOO_ES, MOO_CS, MOO_SS, MOO_DS, MOO_FS, MOO_GS };

static void to_moo(const program_state_t *s, moo_state_t *m)
{
    memset(m, 0, offsetof(moo_state_t, ram));
    for (unsigned n = 0; n < 8; n++) m->r[places[n]] = s->r[n];
    for (unsigned n = 0; n < 6; n++) m->r[segments[n]] = s->seg[n];
    m->r[MOO_CR0] = CR0_PE | CR0_PG | CR0_ET | CR0_MP | CR0_NE | CR0_WP;
    m->r[MOO_EIP] = s->eip;
    m->r[MOO_EFLAGS] = s->eflags;
    m->present = ((1u << MOO_REGISTERS) - 1) & ~(1u << MOO_CR3 | 1u << MOO_DR6 | 1u << MOO_DR7);
    m->wide = m->has_fx = true;
    memcpy(m->fx, s->fx, MOO_FX);
}

/* Code and registers of the next instruction. */
static void look(recording_t *r)
{
    r->n_code = program_read(&r->program, r->old.eip, r->code, sizeof r->code);
    if (!r->n_code) r->code[0] = 0, r->n_code = 1;             /* the jump that came here faults now */
    memset(&r->here, 0, offsetof(moo_test_t, before));
    r->here.n_code = r->n_code;
    memcpy(r->here.code, r->code, r->n_code);
    to_moo(&r->old, &r->here.before);
    r->toucher.v.model = r->toucher.machine.cpu.model;
    vector_parse(&r->toucher.v, &r->here);
    r->toucher.v.length = decode(MODE_PROTECTED | MODE_CODE32 | MODE_STACK32, r->toucher.v.model, r->old.eip, r->code, r->n_code, &r->toucher.v.d);
}

static void begin_test(recording_t *r)
{
    memcpy(&r->test, &r->here, offsetof(moo_test_t, before));
    memcpy(&r->test.before, &r->here.before, offsetof(moo_state_t, ram));
    r->test.n_code = r->toucher.v.length;
}

/* The code and all that it touches, as it is before. */
static bool name_memory(recording_t *r)
{
    moo_state_t *s = &r->test.before;
    bool good = true;
    begin_test(r);
    for (u32 i = 0; i < r->test.n_code; i++) good &= state_name_byte(s, r->old.eip + i, r->code[i]);
    return good && toucher_name(&r->toucher, s, read_byte, r);
}

static form_count_t *count_of(recording_t *r)
{
    char form[FORM_NAME];
    vector_form(&r->toucher.v, form);
    char key[FORM_NAME + 2];
    snprintf(key, sizeof key, "%s%c", form, r->toucher.v.modrm >= 0xC0 ? 'r' : 'm');
    u32 at = (u32)identity_of((const u8 *)key, (u32)strlen(key));
    for (unsigned i = 0; i < FORMS; i++) {
        form_count_t *f = &r->forms[(at + i) % FORMS];
        if (!f->form[0]) memcpy(f->form, key, sizeof key);
        if (strcmp(f->form, key) == 0) return f;
    }
    return NULL;
}

static bool is_syscall(const recording_t *r)
{
    return (r->code[0] == 0xCD && r->code[1] == SYSTEM_CALL) || (r->code[0] == 0x0F && (r->code[1] == 0x34 || r->code[1] == 0x05));
}

/* Can the instruction that is about to execute become a vector? */
static bool worth_a_vector(recording_t *r)
{
    u16 instr = r->toucher.v.d.cold.instr;
    bool known = r->toucher.v.length && r->toucher.v.length <= r->n_code && !vector_unfit(instr);
    bool based = r->toucher.v.override == 0x64 || r->toucher.v.override == 0x65;
    if (!r->moo || !known || based || is_syscall(r) || r->toucher.v.d.cold.instr == I_INS || r->toucher.v.d.cold.instr == I_OUTS) return false;
    if (r->toucher.v.rep && instructions[instr].shape == SHAPE_repeat && r->old.r[ECX] > LONGEST_REPEAT) return false;
    const form_count_t *f = count_of(r);
    return f && f->n < r->o->limit;
}

static void end_vector(recording_t *r)
{
    moo_test_t *t = &r->test;
    moo_state_t *s = &t->before;
    r->making = false;
    to_moo(&r->now, &t->after);
    for (u32 i = 0; i < s->n_ram; i++) {
        u8 value;
        if (program_read(&r->program, s->ram[i].physical, &value, 1) != 1) return;
        if (value != s->ram[i].value) t->after.ram[t->after.n_ram++] = (moo_byte_t){ s->ram[i].physical, value };
    }
    vector_parse(&r->toucher.v, t);
    r->toucher.v.length = decode(MODE_PROTECTED | MODE_CODE32 | MODE_STACK32, r->toucher.v.model, s->r[MOO_EIP], t->code, t->n_code, &r->toucher.v.d);
    if (r->toucher.v.d.cold.instr == I_UD2 && !t->has_exception) return;       /* silicon has it, we have not */
    if (vector_undefined_result(&r->toucher.v)) return;
    vector_masks(&r->toucher.v, t);
    form_count_t *f = count_of(r);
    if (!f) return;
    r->sum->forms += f->n++ == 0;
    moo_put(r->moo, t);
    r->sum->vectors++;
}

/* A fault left everything as it was.  SIGFPE of an SSE instruction is vector 19. */
static void end_with_exception(recording_t *r, u8 vector)
{
    bool clean = memcmp(r->old.r, r->now.r, sizeof r->old.r) == 0 && r->old.eip == r->now.eip && vector != PF_FAULT && vector != BP && r->old.eflags == r->now.eflags;
    r->test.has_exception = true;
    r->test.exception = vector;
    if (clean) end_vector(r);
    r->making = false;
}

/* ---- a step ---- */

/* What it will touch; a vector begins if it is worth one. */
static void prepare(recording_t *r)
{
    look(r);
    bool wanted = !r->making && worth_a_vector(r);
    if (wanted) {
        touch(r, true);
        r->making = name_memory(r);
    }
    if (!wanted || r->toucher.v.rep) touch(r, false);
}

static void finish_instruction(recording_t *r, const u32 *before)
{
    bool syscall = is_syscall(r), goes_on = r->now.eip == r->old.eip && (r->code[0] == 0xF3 || r->code[0] == 0xF2 || r->toucher.v.rep);
    char text[80];
    put_instruction(r, before, false);
    if (r->making && !goes_on) end_vector(r);
    if (!syscall) return;
    snprintf(text, sizeof text, "system call %u: %d", r->old.r[EAX], (int)r->now.r[EAX]);
    r->old.eip = r->now.eip;
    put_note(r, text);
    r->sum->system_calls++;
}

/* The kernel tells floating-point errors apart by the instruction, and so do we. */
static u8 exception_of(const recording_t *r)
{
    bool simd = r->signal.vector == X87_ERROR && r->toucher.v.opcode >= 0x100 && !(get(r->now.fx + 2, W16) & X87_ES);
    return simd ? SIMD_ERROR : r->signal.vector;
}

static void finish_signal(recording_t *r, const u32 *before)
{
    char text[64];
    u8 vector = r->signal.vector = exception_of(r);
    if (r->signal.exception) put_instruction(r, before, vector != BP);
    if (r->signal.exception && r->making) end_with_exception(r, vector);
    r->making = false;
    r->old = r->now;
    snprintf(text, sizeof text, "signal %d", r->signal.number);
    put_note(r, text);
    r->entering = program_catches(&r->program, r->signal.number);
    if (!r->entering && r->signal.exception) put_event(r, TRACE_FAULT, vector);
}

static void read_before(const recording_t *r, u32 before[MOST_TOUCHED])
{
    for (unsigned i = 0; i < r->toucher.n_accesses; i++) {
        u8 raw[4] = { 0 };
        program_read(&r->program, r->toucher.touched[i].linear, raw, r->toucher.touched[i].bytes);
        before[i] = get(raw, W32);
    }
}

static bool over(recording_t *r, program_stop_t stop)
{
    r->sum->ended = stop == PROGRAM_ENDED;
    r->sum->left = stop == PROGRAM_LEFT;
    r->sum->status = r->program.status;
    return false;
}

/* false: it is over. */
static bool step(recording_t *r)
{
    u32 before[MOST_TOUCHED];
    bool entering = r->entering;
    program_signal_t signal;
    if (!entering) {
        prepare(r);
        read_before(r, before);
    }
    program_stop_t stop = program_step(&r->program, &signal);
    if (stop >= PROGRAM_LEFT || !program_state(&r->program, &r->now)) return over(r, stop);
    if (entering) put_event(r, r->signal.exception ? TRACE_FAULT : TRACE_INTERRUPT, r->signal.vector);
    r->entering = false;
    r->signal = signal;
    if (stop == PROGRAM_SIGNAL) finish_signal(r, before);
    else if (!entering)         finish_instruction(r, before);
    r->old = r->now;
    return !trace_failed(r->trace);
}

/* ---- the whole ---- */

static void describe(const recording_t *r, char **argv, char *about, size_t bytes)
{
    char host[MOO_MAX_HCPU];
    host_processor(host, sizeof host);
    int n = snprintf(about, bytes, "program: %s record\nhost: %s\nrecorded:", r->o->program, host);
    for (unsigned i = 0; argv[i] && n > 0 && (size_t)n + strlen(argv[i]) + 3 < bytes; i++) n += snprintf(about + n, bytes - (size_t)n, " %s", argv[i]);
    if (n > 0 && (size_t)n + 2 < bytes) memcpy(about + n, "\n", 2);
}

/* Before the program runs, not after. */
static bool can_write(const char *path, moo_why_t *why)
{
    if (!replaceable(path, "MOO ", "file of vectors", why->text, sizeof why->text)) return false;
    FILE *file = fopen(path, "ab");
    if (!file) snprintf(why->text, sizeof why->text, "%s: cannot be created: %s", path, strerror(errno));
    else       fclose(file);
    return file != NULL;
}

static bool open_files(recording_t *r, char **argv, moo_why_t *why)
{
    char about[4096], host[MOO_MAX_HCPU];
    describe(r, argv, about, sizeof about);
    host_processor(host, sizeof host);
    if (r->o->vectors && !can_write(r->o->vectors, why)) return false;
    r->trace = trace_create(r->o->trace, about, why->text, sizeof why->text);
    if (!r->trace) return false;
    if (!r->o->vectors) return true;
    r->moo = moo_create("HOST", host, NULL);
    if (!r->moo) snprintf(why->text, sizeof why->text, "there is not enough memory");
    return r->moo != NULL;
}

static bool close_files(recording_t *r, moo_why_t *why)
{
    trace_size_t size = { 0 };
    moo_why_t other;
    bool good = true;
    if (r->trace && !trace_finish(r->trace, &size, why->text, sizeof why->text)) good = false;
    r->sum->bytes = size.packed;
    if (r->moo && !moo_finish(r->moo, r->o->vectors, &other)) {
        snprintf(why->text, sizeof why->text, "%.60s: %.60s", r->o->vectors, other.text);
        good = false;
    }
    return good;
}

bool record_program(const record_options_t *o, char **argv, record_summary_t *summary, moo_why_t *why)
{
    recording_t *r = calloc(1, sizeof *r);
    *summary = (record_summary_t){ 0 };
    if (!r || !toucher_open(&r->toucher, read_page, r)) {
        free(r);
        snprintf(why->text, sizeof why->text, "there is not enough memory");
        return false;
    }
    r->o = o;
    r->sum = summary;
    bool good = program_start(&r->program, argv, why);
    bool started = good;
    good = good && program_state(&r->program, &r->old) && open_files(r, argv, why);
    if (good) {
        look(r);
        touch(r, false);                                       /* its segments are what flat ones are */
        first_state(r);
        while ((!o->most || summary->instructions < o->most) && step(r))
            if (o->progress && summary->instructions % PROGRESS_EVERY == 0) o->progress(summary->instructions);
    }
    if (started) program_end(&r->program);
    if (good || r->trace) good = close_files(r, why) && good;
    toucher_close(&r->toucher);
    free(r);
    return good;
}
