/* probe.c - the recorded set of silicon vectors on whatever executes this program: a 32-bit processor under Linux, or an emulator of one.
 *
 * A program of its own (cc -m32 -static, tests/fidelity/scorecard.sh), with fidelity/moo.c; zlib's four functions that moo.c wants are plain files here, so the set is
 * unpacked before.  Each vector runs at its own addresses: registers and state are loaded, the instruction is jumped to, and where it ended when it was recorded
 * stands a jump back.  Whoever goes elsewhere meets an INT3 or no page, and fails.  Exceptions are compared by signal and registers.  Files run in processes of their
 * own, so that an emulator that gives up loses one vector only, and that fails.
 *
 * Left out, and counted: vectors whose end overlaps bytes that they name, so that no jump fits there; addresses that cannot be mapped; MOV from a segment register where the
 * kernel's selectors are others than those of the recording. */
#ifndef _GNU_SOURCE
#  define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <termios.h>
#include <ucontext.h>
#include <unistd.h>
#include <zlib.h>
#include "fidelity/moo.h"

/* ---- what moo.c wants of zlib ---- */

gzFile gzopen(const char *path, const char *mode)             { return (gzFile)(void *)fopen(path, mode); }
int gzread(gzFile file, voidp to, unsigned bytes)             { return (int)fread(to, 1, bytes, (FILE *)(void *)file); }
int gzclose(gzFile file)                                      { return fclose((FILE *)(void *)file) == 0 ? Z_OK : Z_ERRNO; }
const char *gzerror(gzFile file, int *error)                  { (void)file; *error = Z_ERRNO; return "read error"; }

/* ---- in and out ---- */

u8  probe_fx_in[512] __attribute__((aligned(16))), probe_fx_out[512] __attribute__((aligned(16))), probe_stack[4096] __attribute__((aligned(16)));
u32 probe_in[8], probe_flags_in, probe_eip_in, probe_out[8], probe_flags_out, probe_home, probe_gs;

__asm__(
    ".text\n"
    "probe_enter:\n"
    "  push %ebx; push %ebp; push %esi; push %edi\n"
    "  mov %esp, probe_home\n"
    "  fxrstor probe_fx_in\n"
    "  pushl probe_flags_in; popfl\n"
    "  mov %gs, probe_gs; mov %ds, %eax; mov %eax, %fs; mov %eax, %gs\n"          /* flat; GS is the C library's */
    "  mov probe_in, %eax; mov probe_in + 4, %ecx; mov probe_in + 8, %edx; mov probe_in + 12, %ebx\n"
    "  mov probe_in + 20, %ebp; mov probe_in + 24, %esi; mov probe_in + 28, %edi\n"
    "  mov probe_in + 16, %esp\n"
    "  jmp *probe_eip_in\n"
    "probe_back:\n"
    "  mov %eax, probe_out; mov %ecx, probe_out + 4; mov %edx, probe_out + 8; mov %ebx, probe_out + 12\n"
    "  mov %esp, probe_out + 16; mov %ebp, probe_out + 20; mov %esi, probe_out + 24; mov %edi, probe_out + 28\n"
    "  mov $probe_stack + 4096, %esp\n"
    "  pushfl; popl probe_flags_out\n"
    "  fxsave probe_fx_out\n"
    "  mov probe_gs, %gs\n"
    "  pushl $0x202; popfl\n"
    "  fninit\n"
    "  mov probe_home, %esp\n"
    "  pop %edi; pop %esi; pop %ebp; pop %ebx\n"
    "  ret\n");
void probe_enter(void);
void probe_back(void);

static sigjmp_buf home;
static int trap = -1;
static u32 trap_eip;

static void on_signal(int number, siginfo_t *info, void *context)
{
    static const int order[8] = { REG_EAX, REG_ECX, REG_EDX, REG_EBX, REG_ESP, REG_EBP, REG_ESI, REG_EDI };
    const mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
    (void)info;
    __asm__ volatile("pushl $0x202; popfl; fninit; mov probe_gs, %%gs" ::: "memory", "cc");
    for (unsigned n = 0; n < 8; n++) probe_out[n] = (u32)m->gregs[order[n]];
    probe_flags_out = (u32)m->gregs[REG_EFL];
    trap_eip = (u32)m->gregs[REG_EIP];
    trap = number;
    siglongjmp(home, 1);
}

/* ---- memory ---- */

static u32 pages[256];
static unsigned n_pages;

static bool have_page(u32 linear)
{
    u32 page = linear & ~4095u;
    for (unsigned i = 0; i < n_pages; i++)
        if (pages[i] == page) return true;
    void *want = (void *)(uintptr_t)page;
    if (n_pages == COUNT_OF(pages) || mmap(want, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != want) return false;
    memset(want, 0xCC, 4096);
    pages[n_pages++] = page;
    return true;
}

static u8 *byte_at(u32 linear) { return (u8 *)(uintptr_t)linear; }

static bool named(const moo_test_t *t, u32 from, u32 bytes)
{
    for (u32 i = 0; i < t->before.n_ram; i++)
        if (t->before.ram[i].physical - from < bytes) return true;
    return false;
}

enum { JUMP_BYTES = 5 };

/* MOV r/m, Sreg tells the kernel's selectors. */
static bool tells_selectors(const moo_test_t *t)
{
    u16 cs;
    u32 i = 0;
    __asm__("mov %%cs, %0" : "=r"(cs));
    while (i + 1 < t->n_code && strchr("\x26\x2E\x36\x3E\x64\x65\x66\x67\xF0\xF2\xF3", t->code[i])) i++;
    return cs != t->before.r[MOO_CS] && t->code[i] == 0x8C;
}

static bool lay_out(const moo_test_t *t)
{
    u32 end = t->after.r[MOO_EIP];
    if (tells_selectors(t)) return false;
    for (u32 i = 0; i < t->before.n_ram; i++) {
        if (!have_page(t->before.ram[i].physical)) return false;
        *byte_at(t->before.ram[i].physical) = t->before.ram[i].value;
    }
    if (t->has_exception) return true;
    if (!have_page(end) || !have_page(end + JUMP_BYTES - 1) || named(t, end, JUMP_BYTES)) return false;
    *byte_at(end) = 0xE9;
    put(byte_at(end) + 1, W32, (u32)(uintptr_t)probe_back - (end + JUMP_BYTES));
    return true;
}

static void tidy(const moo_test_t *t)
{
    if (!t->has_exception) memset(byte_at(t->after.r[MOO_EIP]), 0xCC, JUMP_BYTES);
    for (u32 i = 0; i < t->before.n_ram; i++) *byte_at(t->before.ram[i].physical) = 0xCC;
}

/* ---- a vector ---- */

static const u8 places[8] = { MOO_EAX, MOO_ECX, MOO_EDX, MOO_EBX, MOO_ESP, MOO_EBP, MOO_ESI, MOO_EDI };
enum { VISIBLE_FLAGS = 0x2C0CD5 & ~0x200 };

static void execute(const moo_test_t *t)
{
    for (unsigned n = 0; n < 8; n++) probe_in[n] = t->before.r[places[n]];
    probe_flags_in = t->before.r[MOO_EFLAGS];
    probe_eip_in = t->before.r[MOO_EIP];
    memset(probe_fx_in, 0, sizeof probe_fx_in);
    memcpy(probe_fx_in, t->before.fx, MOO_FX);
    trap = -1;
    if (sigsetjmp(home, 1) == 0) probe_enter();
}

static bool fx_counts(unsigned at) { return at < 5 || (at >= 24 && at < 28) || (at >= 32 && (at >= 160 || (at & 15) < 10)); }

/* The kernel's signal for an exception: signal(7). */
static int signal_of(u8 vector) { return vector == 6 ? SIGILL : vector == 0 || vector == 16 || vector == 19 ? SIGFPE : SIGSEGV; }

static unsigned differing;

/* NULL, or what differs. */
static const char *compare(const moo_test_t *t)
{
    if (t->has_exception != (trap >= 0) || (trap >= 0 && trap != signal_of(t->exception))) return "exception";
    if (trap >= 0 && trap_eip != t->after.r[MOO_EIP]) return "eip";
    for (unsigned n = 0; n < 8; n++)
        if ((probe_out[n] ^ t->after.r[places[n]]) & t->mask[places[n]]) return "registers";
    if ((probe_flags_out ^ t->after.r[MOO_EFLAGS]) & t->mask[MOO_EFLAGS] & VISIBLE_FLAGS) return "flags";
    for (u32 i = 0; i < t->before.n_ram; i++) {
        u8 want = t->before.ram[i].value;
        for (u32 k = 0; k < t->after.n_ram; k++)
            if (t->after.ram[k].physical == t->before.ram[i].physical) want = t->after.ram[k].value;
        if (*byte_at(t->before.ram[i].physical) != want) return "memory";
    }
    for (unsigned i = 0; i < MOO_FX && !t->has_exception; i++)
        if (fx_counts(i) && (probe_fx_out[differing = i] ^ t->after.fx[i]) & t->fx_mask[i]) return i >= 24 && (i < 28 || i >= 160) ? "SSE state" : "x87 state";
    return NULL;
}

/* ---- the set ---- */

typedef struct { unsigned vectors, failed, skipped, aborted, n; } counts_t;        /* n: which one runs */

static bool run_from(const char *path, unsigned from, counts_t *c, bool verbose)
{
    static moo_test_t t;
    static moo_t moo;
    moo_why_t why;
    size_t bytes;
    u8 *data = moo_load(path, &bytes, &why);
    if (!data || !moo_open(&moo, data, bytes)) return fprintf(stderr, "probe: %s: %s\n", path, data ? moo.trouble : why.text), false;
    for (unsigned n = 0; moo_next(&moo, &t); n++) {
        if (n < from) continue;
        c->n = n;
        c->vectors++;
        if (!lay_out(&t)) {
            c->skipped++;
            continue;
        }
        execute(&t);
        const char *what = compare(&t);
        c->failed += what != NULL;
        if (what && verbose) {
            printf("%s %u (%02X, recorded %02X):", what, differing, differing < MOO_FX ? probe_fx_out[differing] : 0, differing < MOO_FX ? t.after.fx[differing] : 0);
            for (u32 i = 0; i < t.n_code; i++) printf(" %02X", t.code[i]);
            printf(" in %s#%u\n", path, t.index);
        }
        tidy(&t);
    }
    free(data);
    if (moo.trouble) fprintf(stderr, "probe: %s: %s\n", path, moo.trouble);
    return !moo.trouble;
}

/* In a process of its own; when that dies, the next goes on behind. */
static bool run_file(const char *path, counts_t *c, bool verbose)
{
    for (unsigned from = 0;; from = c->n + 1) {
        int status = 0;
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) _exit(run_from(path, from, c, verbose) ? fflush(stdout) : 1);
        if (child < 0 || waitpid(child, &status, 0) != child) return false;
        if (WIFEXITED(status)) return WEXITSTATUS(status) == 0;
        c->failed++, c->aborted++;
        if (verbose) printf("aborted: %s#%u\n", path, c->n);
    }
}

int main(int argc, char **argv)
{
    static u8 stack[1 << 16];
    static const int numbers[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };
    struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
    counts_t all = { 0 };
    bool good = argc > 1, verbose = getenv("PROBE_VERBOSE") != NULL;
    action.sa_sigaction = on_signal;
    sigaltstack(&(stack_t){ .ss_sp = stack, .ss_size = sizeof stack }, NULL);
    for (unsigned i = 0; i < COUNT_OF(numbers); i++) sigaction(numbers[i], &action, NULL);
    for (int i = 1; i < argc; i++) {
        counts_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (shared == MAP_FAILED) return 1;
        good = run_file(argv[i], shared, verbose) && good;
        const counts_t c = *shared;
        munmap(shared, 4096);
        const char *name = strrchr(argv[i], '/');
        printf("probe %s %u vectors %u passed %u failed %u skipped\n", name ? name + 1 : argv[i], c.vectors, c.vectors - c.failed - c.skipped, c.failed, c.skipped);
        all.vectors += c.vectors, all.failed += c.failed, all.skipped += c.skipped, all.aborted += c.aborted;
        fflush(stdout);
    }
    printf("probe all %u vectors %u passed %u failed %u skipped %u aborted\n", all.vectors, all.vectors - all.failed - all.skipped, all.failed, all.skipped, all.aborted);
    fflush(stdout);
    if (getpid() == 1) tcdrain(1), sleep(2);                   /* init: the kernel panics now, and must not talk in between */
    return good ? 0 : 1;
}
