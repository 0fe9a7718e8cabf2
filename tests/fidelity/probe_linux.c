/* probe_linux.c - the probe (probe.h) as a 32-bit program under Linux: on this host's processor, or under an emulator of programs.
 *
 * Built by tests/fidelity/scorecard.sh (cc -m32 -static) with fidelity/moo.c; zlib's four functions that moo.c wants are plain files here, so the set is unpacked before.
 * The way back is a jump.  Exceptions are compared by signal and registers.  Files run in processes of their own, so that an emulator that gives up loses one vector only, and
 * that fails.  PROBE_VERBOSE=1: a line for each that fails. */
#ifndef _GNU_SOURCE
#  define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include <zlib.h>
#include "tests/fidelity/probe.h"

/* ---- what moo.c wants of zlib ---- */

gzFile gzopen(const char *path, const char *mode)             { return (gzFile)(void *)fopen(path, mode); }
int gzread(gzFile file, voidp to, unsigned bytes)             { return (int)fread(to, 1, bytes, (FILE *)(void *)file); }
int gzclose(gzFile file)                                      { return fclose((FILE *)(void *)file) == 0 ? Z_OK : Z_ERRNO; }
const char *gzerror(gzFile file, int *error)                  { (void)file; *error = Z_ERRNO; return "read error"; }

/* ---- in and out ---- */

u8  probe_stack[4096] __attribute__((aligned(16)));
u32 probe_home, probe_gs;

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

static void on_signal(int number, siginfo_t *info, void *context)
{
    static const int order[8] = { REG_EAX, REG_ECX, REG_EDX, REG_EBX, REG_ESP, REG_EBP, REG_ESI, REG_EDI };
    const mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
    (void)info;
    __asm__ volatile("pushl $0x202; popfl; fninit; mov probe_gs, %%gs" ::: "memory", "cc");
    for (unsigned n = 0; n < 8; n++) probe_out[n] = (u32)m->gregs[order[n]];
    probe_flags_out = (u32)m->gregs[REG_EFL];
    probe_trap_eip = (u32)m->gregs[REG_EIP];
    probe_trap = number;
    siglongjmp(home, 1);
}

/* ---- the place ---- */

const unsigned place_end_bytes = 5;

void place_end(u32 linear)
{
    u8 *to = (u8 *)(uintptr_t)linear;
    *to = 0xE9;
    put(to + 1, W32, (u32)(uintptr_t)probe_back - (linear + 5));
}

bool place_page(u32 linear)
{
    static u32 pages[256];
    static unsigned n_pages;
    u32 page = linear & ~4095u;
    for (unsigned i = 0; i < n_pages; i++)
        if (pages[i] == page) return true;
    void *want = (void *)(uintptr_t)page;
    if (n_pages == COUNT_OF(pages) || mmap(want, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != want) return false;
    memset(want, 0xCC, 4096);
    pages[n_pages++] = page;
    return true;
}

u16 place_cs(void)
{
    u16 cs;
    __asm__("mov %%cs, %0" : "=r"(cs));
    return cs;
}

void place_execute(u32 end)
{
    (void)end;
    if (sigsetjmp(home, 1) == 0) probe_enter();
}

/* signal(7) */
bool place_is(int trap, u8 exception)
{
    return trap == (exception == 6 ? SIGILL : exception == 0 || exception == 16 || exception == 19 ? SIGFPE : SIGSEGV);
}

/* ---- the set ---- */

typedef struct { unsigned vectors, result[PROBE_RESULTS], aborted, n; } counts_t;  /* n: which one runs */

static unsigned failed(const counts_t *c) { return c->vectors - c->result[PROBE_PASSED] - c->result[PROBE_SKIPPED]; }

static void tell(const char *path, const moo_test_t *t, probe_result_t result)
{
    printf("%s", probe_names[result]);
    if (probe_differing < MOO_FX) printf(" %u (%02X, recorded %02X)", probe_differing, probe_fx_out[probe_differing], t->after.fx[probe_differing]);
    printf(":");
    for (u32 i = 0; i < t->n_code; i++) printf(" %02X", t->code[i]);
    printf(" in %s#%u\n", path, t->index);
}

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
        probe_result_t result = probe_run(&t);
        c->result[result]++;
        if (verbose && result != PROBE_PASSED && result != PROBE_SKIPPED) tell(path, &t, result);
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
        c->aborted++;
        if (verbose) printf("aborted: %s#%u\n", path, c->n);
    }
}

static void add(counts_t *all, const counts_t *c)
{
    all->vectors += c->vectors;
    all->aborted += c->aborted;
    for (unsigned i = 0; i < PROBE_RESULTS; i++) all->result[i] += c->result[i];
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
        add(&all, shared);
        munmap(shared, 4096);
    }
    printf("probe all %u vectors %u passed %u failed %u skipped %u aborted;", all.vectors, all.result[PROBE_PASSED], failed(&all), all.result[PROBE_SKIPPED], all.aborted);
    for (unsigned i = PROBE_EXCEPTION; i < PROBE_SKIPPED; i++) printf(" %u", all.result[i]);
    printf("\n");
    return good ? 0 : 1;
}
