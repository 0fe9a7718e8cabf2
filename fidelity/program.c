/* program.c - see program.h.  ptrace(2), proc(5), signal(7); SDM vol. 3A, 17.3.1.4 "Single-Step Exception Condition". */
#ifndef _GNU_SOURCE
#  define _GNU_SOURCE
#endif
#include "fidelity/program.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#if defined(__linux__) && (defined(__x86_64__) || defined(__i386__))
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__
#  define REG(regs, name) ((u32)(regs).r##name)
#  define REG_EIP(regs) ((u32)(regs).rip)
#  define REG_ORIG(regs) ((u32)(regs).orig_rax)
#  define REG_SEG(regs, name) ((u16)(regs).name)
#else
#  define REG(regs, name) ((u32)(regs).e##name)
#  define REG_EIP(regs) ((u32)(regs).eip)
#  define REG_SEG(regs, name) ((u16)(regs).x##name)
#endif

enum { CS_OF_64_BITS = 0x33, OURS = 0x10100 /* EFLAGS.TF, RF */, XFP = 0x46E62B7F /* NT_PRXFPREG */ };

static bool fail(moo_why_t *why, const char *what, int error)
{
    snprintf(why->text, sizeof why->text, "%s%s%s", what, error ? ": " : "", error ? strerror(error) : "");
    return false;
}

/* ---- starting ---- */

/* Its answer through the pipe, if it cannot be the program: which step failed, and errno. */
typedef struct { int step, error; } failure_t;
enum { STEP_TRACE = 1, STEP_EXEC };

static _Noreturn void become(char **argv, int pipe_end)
{
    failure_t f = { STEP_TRACE, 0 };
    personality(ADDR_NO_RANDOMIZE);                            /* the same addresses every time */
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0) {
        execvp(argv[0], argv);
        f.step = STEP_EXEC;
    }
    f.error = errno;
    ssize_t n = write(pipe_end, &f, sizeof f);
    _exit(n == (ssize_t)sizeof f ? 126 : 125);
}

static bool explain(const failure_t *f, moo_why_t *why)
{
    if (f->step == STEP_TRACE) return fail(why, "ptrace is not permitted here (a container's rules, or kernel.yama.ptrace_scope)", f->error);
    if (f->error == ENOEXEC)   return fail(why, "it is not a program that this kernel runs", 0);
    return fail(why, "it cannot be started", f->error);
}

static bool is_32_bit(const program_t *p, u16 *cs)
{
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, (pid_t)p->pid, NULL, &regs) != 0) return false;
    *cs = REG_SEG(regs, cs);
    return *cs != CS_OF_64_BITS;
}

static bool attach(program_t *p, moo_why_t *why)
{
    char path[64];
    u16 cs;
    if (!is_32_bit(p, &cs)) return fail(why, "it is not an i386 program: build it with -m32", 0);
    ptrace(PTRACE_SETOPTIONS, (pid_t)p->pid, NULL, (void *)PTRACE_O_EXITKILL);
    snprintf(path, sizeof path, "/proc/%ld/mem", p->pid);
    p->memory = open(path, O_RDONLY | O_CLOEXEC);
    return p->memory >= 0 || fail(why, "its memory cannot be read", errno);
}

bool program_start(program_t *p, char **argv, moo_why_t *why)
{
    int ends[2], status = 0;
    failure_t f;
    *p = (program_t){ .memory = -1 };
    if (pipe2(ends, O_CLOEXEC) != 0) return fail(why, "there is no pipe to be had", errno);
    fflush(NULL);
    p->pid = fork();
    if (p->pid == 0) become(argv, ends[1]);
    close(ends[1]);
    if (p->pid < 0) {
        close(ends[0]);
        p->pid = 0;
        return fail(why, "there is no process to be had", errno);
    }
    bool failed = read(ends[0], &f, sizeof f) == (ssize_t)sizeof f;
    close(ends[0]);
    if (waitpid((pid_t)p->pid, &status, __WALL) != (pid_t)p->pid || !WIFSTOPPED(status)) {
        p->pid = 0;
        return failed ? explain(&f, why) : fail(why, "it ended before its first instruction", 0);
    }
    if (attach(p, why)) return true;
    program_end(p);
    return false;
}

void program_end(program_t *p)
{
    int status;
    if (p->pid > 0) {
        kill((pid_t)p->pid, SIGKILL);
        waitpid((pid_t)p->pid, &status, __WALL);
    }
    if (p->memory >= 0) close(p->memory);
    p->pid = 0;
    p->memory = -1;
}

/* ---- looking ---- */

bool program_state(const program_t *p, program_state_t *s)
{
    struct user_regs_struct g;
    u8 image[512] __attribute__((aligned(16)));
    struct iovec part = { image, sizeof image };
    memset(s, 0, sizeof *s);
    memset(image, 0, sizeof image);
    if (ptrace(PTRACE_GETREGS, (pid_t)p->pid, NULL, &g) != 0) return false;
    if (ptrace(PTRACE_GETREGSET, (pid_t)p->pid, (void *)(uintptr_t)XFP, &part) != 0) return false;
    const u32 r[8] = { REG(g, ax), REG(g, cx), REG(g, dx), REG(g, bx), REG(g, sp), REG(g, bp), REG(g, si), REG(g, di) };
    const u16 seg[6] = { REG_SEG(g, es), REG_SEG(g, cs), REG_SEG(g, ss), REG_SEG(g, ds), REG_SEG(g, fs), REG_SEG(g, gs) };
    memcpy(s->r, r, sizeof r);
    memcpy(s->seg, seg, sizeof seg);
    s->eip = REG_EIP(g);
    s->eflags = (u32)g.eflags & ~(u32)OURS;
#ifdef __x86_64__
    s->fs_base = (u32)g.fs_base;
    s->gs_base = (u32)g.gs_base;
#else
    u32 area[4] = { 0 };
    if (ptrace((enum __ptrace_request)25 /* PTRACE_GET_THREAD_AREA */, (pid_t)p->pid, (void *)(uintptr_t)(s->seg[5] >> 3), area) == 0) s->gs_base = area[1];
#endif
    memcpy(s->fx, image, MOO_FX);
    memset(s->fx + 28, 0, 4);                                  /* MXCSR_MASK */
    s->fx[5] = 0;
    for (unsigned i = 0; i < 8; i++) memset(s->fx + 32 + 16 * i + 10, 0, 6);
    return true;
}

u32 program_read(const program_t *p, u32 linear, void *to, u32 bytes)
{
    ssize_t n = pread(p->memory, to, bytes, (off_t)linear);
    return n > 0 ? (u32)n : 0;
}

bool program_catches(const program_t *p, int number)
{
    char path[64], line[256];
    unsigned long long caught = 0;
    snprintf(path, sizeof path, "/proc/%ld/status", p->pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "SigCgt: %llx", &caught) == 1) break;
    if (file) fclose(file);
    return number > 0 && number <= 64 && (caught >> (number - 1) & 1);
}

/* ---- going on ---- */

/* Which exception the kernel made a signal of: signal(7), and arch/x86/kernel/traps.c. */
static void classify(program_signal_t *s, const siginfo_t *info)
{
    enum { DIVIDE = 0, BREAKPOINT = 3, OPCODE = 6, PROTECTION = 13, PAGE = 14, X87 = 16, ALIGNMENT = 17, SIMD = 19 };
    s->number = info->si_signo;
    s->exception = info->si_code > 0;
    switch (info->si_signo) {
    case SIGFPE:  s->vector = info->si_code == FPE_INTDIV ? DIVIDE : X87; break;   /* the recorder tells SIMD's by the instruction */
    case SIGILL:  s->vector = OPCODE; break;
    case SIGTRAP: s->vector = BREAKPOINT; break;
    case SIGBUS:  s->vector = ALIGNMENT; break;
    case SIGSEGV: s->vector = info->si_code == SEGV_MAPERR || info->si_code == SEGV_ACCERR ? PAGE : PROTECTION; break;
    default:      s->exception = false; s->vector = 0; break;
    }
}

program_stop_t program_step(program_t *p, program_signal_t *signal)
{
    siginfo_t info;
    u16 cs;
    int status = 0;
    *signal = (program_signal_t){ 0 };
    if (ptrace(PTRACE_SINGLESTEP, (pid_t)p->pid, NULL, (void *)(intptr_t)p->deliver) != 0) return PROGRAM_LEFT;
    p->deliver = 0;
    if (waitpid((pid_t)p->pid, &status, __WALL) != (pid_t)p->pid || !WIFSTOPPED(status)) {
        p->status = status;
        p->pid = 0;
        return PROGRAM_ENDED;
    }
    if (!is_32_bit(p, &cs)) return PROGRAM_LEFT;
    memset(&info, 0, sizeof info);
    bool trap = WSTOPSIG(status) == SIGTRAP;
    if (ptrace(PTRACE_GETSIGINFO, (pid_t)p->pid, NULL, &info) != 0) return PROGRAM_STEPPED;      /* a stop of the whole group */
    if (trap && info.si_code != SI_KERNEL) return PROGRAM_STEPPED;
    classify(signal, &info);
    p->deliver = WSTOPSIG(status);
    return PROGRAM_SIGNAL;
}

#else
bool program_start(program_t *p, char **argv, moo_why_t *why)
{
    (void)argv;
    *p = (program_t){ .memory = -1 };
    snprintf(why->text, sizeof why->text, "programs are recorded on Linux on an x86 processor, and this is another host");
    return false;
}
bool program_state(const program_t *p, program_state_t *s)                    { (void)p; memset(s, 0, sizeof *s); return false; }
program_stop_t program_step(program_t *p, program_signal_t *signal)           { (void)p; *signal = (program_signal_t){ 0 }; return PROGRAM_ENDED; }
bool program_catches(const program_t *p, int number)                          { (void)p; (void)number; return false; }
u32  program_read(const program_t *p, u32 linear, void *to, u32 bytes)        { (void)p; (void)linear; (void)to; (void)bytes; return 0; }
void program_end(program_t *p)                                                { (void)p; }
#endif
