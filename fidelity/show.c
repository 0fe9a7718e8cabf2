/* show.c - see show.h. */
#include "fidelity/show.h"
#include "cpu/disasm.h"
#include "fidelity/manual.h"

static const char names32[MOO_REGISTERS][7] = { "CR0", "CR3", "EAX", "EBX", "ECX", "EDX", "ESI", "EDI", "EBP", "ESP", "CS", "DS", "ES", "FS", "GS", "SS",
                                                "EIP", "EFLAGS", "DR6", "DR7" };

static bool is_segment(unsigned n) { return n >= MOO_CS && n <= MOO_SS; }
static const char *name_of(const vector_run_t *v, unsigned n) { return v->t->before.wide || is_segment(n) ? names32[n] : names32[n] + 1; }
static u32 seen(const vector_run_t *v, u32 value) { return v->t->before.wide ? value : value & 0xFFFF; }
static int digits(const vector_run_t *v, unsigned n) { return v->t->before.wide && !is_segment(n) ? 8 : 4; }

static void code_text(const vector_run_t *v, char text[DISASM_BYTES])
{
    disassemble(v->recorded == RECORDED_HOST ? MODE_PROTECTED | MODE_CODE32 : 0, v->model, v->t->before.r[MOO_EIP], v->t->code, v->t->n_code, text, DISASM_BYTES);
}

static void show_difference(FILE *out, const vector_run_t *v, unsigned n)
{
    char flags[64];
    fprintf(out, "%s %0*X, recorded %0*X", name_of(v, n), digits(v, n), (unsigned)seen(v, v->ours[n]), digits(v, n), (unsigned)seen(v, v->wanted[n]));
    if (n != MOO_EFLAGS) return;
    manual_flags(v->flags, flags);
    fprintf(out, " (%s)", flags);
}

static const char *exception_name(int vector)
{
    static const char *const names[] = { "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "9", "#TS", "#NP", "#SS", "#GP", "#PF" };
    return vector < 0 ? "none" : vector < (int)COUNT_OF(names) ? names[vector] : "an interrupt";
}

void show_line(FILE *out, const vector_run_t *v, const char *file)
{
    char text[DISASM_BYTES];
    code_text(v, text);
    fprintf(out, "%s#%u  %s:", file, v->t->index, text);
    if ((v->t->has_exception ? v->t->exception : -1) != v->fault)
        fprintf(out, " exception %s, recorded %s;", exception_name(v->fault), exception_name(v->t->has_exception ? v->t->exception : -1));
    if (!v->halted) fprintf(out, " did not reach its end;");
    if (v->stray) fprintf(out, " wrote memory that the vector does not name;");
    for (unsigned n = 0; n < MOO_REGISTERS; n++)
        if (n == MOO_EFLAGS ? v->flags != 0 : v->registers >> n & 1) {
            fputc(' ', out);
            show_difference(out, v, n);
            fputc(';', out);
        }
    if (v->n_fx) fprintf(out, " x87 or SSE state at byte %u of FXSAVE's image %02X, recorded %02X;", v->fx_at, v->ours_fx[v->fx_at], v->t->after.fx[v->fx_at]);
    for (unsigned i = 0; i < v->n_memory && i < 8; i++)
        fprintf(out, " [%06X] %02X, recorded %02X;", (unsigned)v->memory[i].physical, v->memory[i].ours, v->memory[i].theirs);
    fputc('\n', out);
}

/* ---- all about one ---- */

static void show_registers(FILE *out, const vector_run_t *v, const char *title, const u32 r[MOO_REGISTERS], bool changed_only)
{
    static const u8 order[] = { MOO_EAX, MOO_EBX, MOO_ECX, MOO_EDX, MOO_ESI, MOO_EDI, MOO_EBP, MOO_ESP, MOO_CS, MOO_DS, MOO_ES, MOO_FS, MOO_GS, MOO_SS, MOO_EIP,
                                MOO_EFLAGS, MOO_CR0, MOO_DR6, MOO_DR7 };
    unsigned shown = 0;
    fprintf(out, "%-9s", title);
    for (unsigned i = 0; i < COUNT_OF(order); i++) {
        unsigned n = order[i];
        if (!(v->t->before.present >> n & 1) || (changed_only && r[n] == v->given[n])) continue;
        fprintf(out, "%s %s %0*X", shown && shown % 8 == 0 ? "\n         " : "", name_of(v, n), digits(v, n), (unsigned)seen(v, r[n]));
        shown++;
    }
    if (!shown) fprintf(out, " no register changed");
    fputc('\n', out);
}

static void show_memory(FILE *out, const char *title, const moo_state_t *s)
{
    fprintf(out, "%-9s", title);
    for (u32 i = 0; i < s->n_ram && i < 64; i++)
        fprintf(out, "%s [%06X] %02X", i && i % 8 == 0 ? "\n         " : "", (unsigned)s->ram[i].physical, s->ram[i].value);
    fprintf(out, s->n_ram > 64 ? " ... %u bytes\n" : s->n_ram ? "\n" : " none\n", (unsigned)s->n_ram);
}

static void show_code(FILE *out, const vector_run_t *v)
{
    char text[DISASM_BYTES];
    code_text(v, text);
    fprintf(out, "code     ");
    for (u32 i = 0; i < v->t->n_code; i++) fprintf(out, " %02X", v->t->code[i]);
    fprintf(out, "   %s\n", text);
    if (v->t->name[0]) fprintf(out, "called    %s\n", v->t->name);
}

static void show_rule(FILE *out, const vector_run_t *v)
{
    char flags[64];
    if (!v->length || v->length > MAX_INSTRUCTION) {
        fprintf(out, "manual    an instruction has at most 15 bytes: #GP\n");
        return;
    }
    const char *operation = manual_operation(v->d.cold.instr);
    if (operation) fprintf(out, "manual    %s: %s\n          ", manual_title(v->d.cold.instr), operation);
    else           fprintf(out, "manual    ");
    manual_flag_rule(&v->d, out);
    fputc('\n', out);
    if (v->flags & v->undefined) {
        manual_flags(v->flags & v->undefined, flags);
        fprintf(out, "          here %s differ%s, and the manual leaves %s undefined\n", flags, strchr(flags, ' ') ? "" : "s", strchr(flags, ' ') ? "them" : "it");
    }
    if (v->flags & ~v->undefined) {
        manual_flags(v->flags & ~v->undefined, flags);
        fprintf(out, "          here %s differ%s, which the manual defines\n", flags, strchr(flags, ' ') ? "" : "s");
    }
}

static void show_differences(FILE *out, const vector_run_t *v)
{
    const char *title = "differs";
    if (vector_same(v)) fprintf(out, "differs   in nothing\n");
    if (!v->halted) fprintf(out, "%-9s the end was not reached\n", title), title = "";
    for (unsigned n = 0; n < MOO_REGISTERS; n++)
        if (n == MOO_EFLAGS ? v->flags != 0 : v->registers >> n & 1) {
            fprintf(out, "%-9s ", title);
            show_difference(out, v, n);
            fputc('\n', out);
            title = "";
        }
    if (v->upper) fprintf(out, "%-9s the upper half of a register changed\n", title), title = "";
    for (unsigned i = 0; i < MOO_FX && v->n_fx; i += i < 32 ? 4 : 16) {
        unsigned n = i < 32 ? 4 : 16;
        if (memcmp(v->ours_fx + i, v->t->after.fx + i, n) == 0) continue;
        fprintf(out, "%-9s FXSAVE's image at %u: ", title, i);
        for (unsigned k = n; k-- > 0;) fprintf(out, "%02X", v->ours_fx[i + k]);
        fprintf(out, ", recorded ");
        for (unsigned k = n; k-- > 0;) fprintf(out, "%02X", v->t->after.fx[i + k]);
        fprintf(out, ", before ");
        for (unsigned k = n; k-- > 0;) fprintf(out, "%02X", v->t->before.fx[i + k]);
        fputc('\n', out);
        title = "";
    }
    for (unsigned i = 0; i < v->n_memory && i < 32; i++, title = "")
        fprintf(out, "%-9s [%06X] %02X, recorded %02X\n", title, (unsigned)v->memory[i].physical, v->memory[i].ours, v->memory[i].theirs);
}

void show_vector(FILE *out, vector_machine_t *m, const vector_run_t *v, const char *file)
{
    static const char *const verdicts[N_VECTOR_RESULTS] = { "passed", "differs only in what the manual leaves undefined", "a known difference", "failed" };
    char form[FORM_NAME];
    unsigned row = 0;
    vector_form(v, form);
    vector_result_t result = vector_judge(m, v, &row);
    fprintf(out, "%s#%u, form %s: %s", file, v->t->index, form, verdicts[result]);
    if (result == VECTOR_EXCEPTED) fprintf(out, ": %s: %s (%s)", known_differences[row].name, known_differences[row].reason, known_differences[row].source);
    fprintf(out, "\n\n");
    show_code(out, v);
    show_registers(out, v, "before", v->given, false);
    show_memory(out, "memory", &v->t->before);
    show_registers(out, v, "recorded", v->wanted, true);
    show_memory(out, "memory", &v->t->after);
    fprintf(out, "exception recorded %s, ours %s\n", exception_name(v->t->has_exception ? v->t->exception : -1), exception_name(v->fault));
    show_registers(out, v, "ours", v->ours, true);
    show_differences(out, v);
    show_rule(out, v);
}
