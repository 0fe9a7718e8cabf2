/* native.c - one instruction on this host's processor.  SDM vol. 1, 3.1.1 "Intel 64 Architecture": compatibility mode.
 *
 * An x86-64 under Linux runs 32-bit code in any process: a far jump to the selector 23h is all.  So one page at a low address holds two pieces of 32-bit
 * code: the way in loads every register from a user_t and jumps to the instruction, the way back, to which the bytes behind the
 * instruction jump, stores them.  Whatever does not come back that way (faults, traps, jumps) meets an INT3 or an absent page, and the kernel's signal
 * frame has the registers.  16-bit code is the same with a descriptor from modify_ldt.
 *
 * The kernel is between us and the exceptions: it tells vector, error code and CR2 as the processor gave them. */
#ifndef _GNU_SOURCE
#  define _GNU_SOURCE
#endif
#include "tests/silicon/silicon.h"

#if defined(__x86_64__) && defined(__linux__)
#include <asm/ldt.h>
#include <cpuid.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>
#include <unistd.h>

/* The low pages: 50000h code, 51000h what both sides of it share. */
enum { THUNK = 0x50000, SHARED = 0x51000, SHARED_BYTES = 0x2000, WAY_IN = THUNK, WAY_BACK = THUNK + 0x200, WAY_HOME = THUNK + 0x400 };
typedef struct {
    user_t in;                   /* 000h: fx, 200h r, 220h eflags, 224h eip, 228h segments */
    user_t out;                  /* 240h */
    u32    to_offset; u16 to_selector;           /* 480h: the instruction */
    u32    esp; u16 ss;                          /* 488h */
    u32    enter_offset; u16 enter_selector;     /* 490h: the way in */
    u64    rsp, fs_base, gs_base;                /* 498h 4A0h 4A8h: of the host */
    u16    ds, es, fs, gs;                       /* 4B0h: as a signal found them */
    u8     env_in[32], env_out[32];              /* 4B8h 4D8h: FXSAVE may leave out the last-instruction pointers, FNSTENV does not */
} shared_t;
static shared_t *const shared = (shared_t *)SHARED;
_Static_assert(sizeof(user_t) == 0x240 && offsetof(user_t, r) == 0x200, "the code below knows where things are");
_Static_assert(offsetof(shared_t, to_offset) == 0x480 && offsetof(shared_t, esp) == 0x488 && offsetof(shared_t, enter_offset) == 0x490
               && offsetof(shared_t, rsp) == 0x498 && offsetof(shared_t, ds) == 0x4B0 && offsetof(shared_t, env_out) == 0x4D8, "so do these");

__asm__(
    ".text\n"
    "native_enter:\n"
    "  push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    "  mov %rsp, 0x51498\n"
    "  rdfsbase %rax; mov %rax, 0x514A0\n"
    "  rdgsbase %rax; mov %rax, 0x514A8\n"
    "  mov $0x2B, %eax; mov %eax, %ds; mov %eax, %es; mov %eax, %fs; mov %eax, %gs\n"
    "  ljmp *0x51490\n"
    ".code32\n"
    "native_way_in:\n"
    "  fxrstor 0x51000\n"
    "  fldenv 0x514B8\n"
    "  mov $0x52F00, %esp; pushl 0x51220; popfl\n"
    "  mov 0x51200, %eax; mov 0x51204, %ecx; mov 0x51208, %edx; mov 0x5120C, %ebx\n"
    "  mov 0x51214, %ebp; mov 0x51218, %esi; mov 0x5121C, %edi\n"
    "  mov %cs:0x51228, %es; mov %cs:0x51230, %fs; mov %cs:0x51232, %gs\n"         /* segment order: ES CS SS DS FS GS */
    "  lss %cs:0x51488, %esp\n"
    "  mov %cs:0x5122E, %ds\n"
    "  ljmp *%cs:0x51480\n"
    "native_way_in_end:\n"
    "native_way_back:\n"
    "  mov %eax, 0x51440; mov %ecx, 0x51444; mov %edx, 0x51448; mov %ebx, 0x5144C\n"
    "  mov %esp, 0x51450; mov %ebp, 0x51454; mov %esi, 0x51458; mov %edi, 0x5145C\n"
    "  mov $0x52F00, %esp; pushfl; popl 0x51460\n"
    "  fxsave 0x51240\n"
    "  fnstenv 0x514D8\n"
    "  ljmp $0x33, $0x50400\n"
    "native_way_back_end:\n"
    ".code64\n"
    "native_way_home:\n"
    "  mov 0x51498, %rsp\n"
    "  pushq $0x202; popfq\n"
    "  xor %eax, %eax; mov %eax, %fs; mov %eax, %gs\n"
    "  mov 0x514A0, %rax; wrfsbase %rax\n"
    "  mov 0x514A8, %rax; wrgsbase %rax\n"
    "  fninit; pushq $0x1F80; ldmxcsr (%rsp); pop %rax\n"
    "  pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
    "  ret\n"
    "native_way_home_end:\n"
    /* The kernel leaves AC and the segment registers as the instruction left them. */
    "native_on_signal:\n"
    "  pushfq; andq $~0x40000, (%rsp); popfq\n"
    "  mov %ds, 0x514B0; mov %es, 0x514B2; mov %fs, 0x514B4; mov %gs, 0x514B6\n"
    "  xor %eax, %eax; mov %eax, %fs; mov %eax, %gs\n"
    "  mov 0x514A0, %rax; wrfsbase %rax\n"
    "  mov 0x514A8, %rax; wrgsbase %rax\n"
    "  jmp native_signal\n");
void native_enter(void);
void native_on_signal(int number, siginfo_t *info, void *context);
void native_signal(int number, siginfo_t *info, void *context);
extern const u8 native_way_in[], native_way_in_end[], native_way_back[], native_way_back_end[], native_way_home[], native_way_home_end[];

/* Data and code pages are seen twice: by the instruction at their addresses and with their rights, by us in one piece. */
static u8 *view, *code_view;
u8 *native_page(unsigned page) { return view + page * PAGE_BYTES; }

#if defined(__SANITIZE_ADDRESS__)
enum { SANITIZERS = 0x7FFF8000 };                              /* its shadow begins here, and covers the rest */
#else
#  define SANITIZERS UINT32_MAX
#endif
bool native_own(u32 linear) { return linear - THUNK < SHARED - THUNK + SHARED_BYTES || linear >= (u32)SANITIZERS; }

static const case_t *running;
static result_t *result;

/* ---- what ended it ---- */

static void take_registers(const mcontext_t *m, user_t *u)
{
    static const int order[8] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI };
    for (unsigned n = 0; n < 8; n++) u->r[n] = (u32)m->gregs[order[n]];
    u->eflags = (u32)m->gregs[REG_EFL];
    u->eip = (u32)m->gregs[REG_RIP];
    memcpy(u->fx, m->fpregs, FX_BYTES);
    u64 selectors = (u64)m->gregs[REG_CSGSFS];
    u->seg[CS] = (u16)selectors; u->seg[SS] = (u16)(selectors >> 48);
    const u16 data[] = { shared->es, shared->ds, shared->fs, shared->gs };
    static const int segments[] = { ES, DS, FS, GS };
    for (unsigned i = 0; i < 4; i++) u->seg[segments[i]] = data[i];
}

/* An INT3 of the filling, or a page that code cannot be fetched from, after the instruction: it is complete. */
enum { ERROR_FETCH = 0x10 };
static void conclude(void)
{
    const case_t *c = running;
    u32 base = result->user.seg[CS] == LOCAL(LOCAL_CODE16) ? CODE_LINEAR : 0;
    if (result->vector == BP && !of_the_case(c, base + result->user.eip - 1)) {
        result->user.eip--;
        result->vector = COMPLETED;
    } else if (result->vector == PF_FAULT && (result->code & ERROR_FETCH) && result->cr2 == base + result->user.eip && result->cr2 != c->at) {
        result->vector = COMPLETED;
    }
    if (result->vector == COMPLETED) result->code = 0;
    if (result->vector != PF_FAULT)  result->cr2 = 0;
    result->code &= ~(u32)(result->vector == PF_FAULT ? ERROR_FETCH : 0);      /* known only where pages can forbid execution */
}

void native_signal(int number, siginfo_t *info, void *context)
{
    (void)info;
    mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
    if (!running) {                                            /* a fault of the test itself */
        signal(number, SIG_DFL);
        return;
    }
    take_registers(m, &result->user);
    result->vector = (s32)m->gregs[REG_TRAPNO];
    result->code = (u32)m->gregs[REG_ERR];
    result->cr2 = (u32)m->gregs[REG_CR2];
    result->pointers = false;                                  /* the frame has the 64-bit form, and maybe none */
    conclude();
    m->fpregs->cwd = 0x37F; m->fpregs->swd = 0; m->fpregs->ftw = 0; m->fpregs->mxcsr = 0x1F80;
    m->gregs[REG_RIP] = WAY_HOME;
    m->gregs[REG_CSGSFS] = (greg_t)(0x33 | (u64)USER_DATA << 48);
    m->gregs[REG_EFL] = FLAG_1 | FLAG_IF;
}

/* ---- the x87's environment, SDM vol. 1, figure 8-9 ---- */

static void make_environment(const u8 *fx, u8 *env)
{
    u32 tags = 0;
    for (u32 n = 0; n < 8; n++) tags |= (fx[FX_TAGS] >> n & 1 ? 0u : 3u) << 2 * n;
    put(env, W32, get(fx + FX_CONTROL, W16)); put(env + 4, W32, get(fx + FX_STATUS, W16)); put(env + 8, W32, tags);
    put(env + 12, W32, get(fx + FX_IP, W32)); put(env + 16, W32, get(fx + FX_CS, W16) | get(fx + FX_OPCODE, W16) << 16);
    put(env + 20, W32, get(fx + FX_DP, W32)); put(env + 24, W32, get(fx + FX_DS, W16));
}

static void take_pointers(const u8 *env, u8 *fx)
{
    put(fx + FX_IP, W32, get(env + 12, W32)); put(fx + FX_CS, W32, get(env + 16, W16)); put(fx + FX_OPCODE, W16, get(env + 18, W16) & 0x7FF);
    put(fx + FX_DP, W32, get(env + 20, W32)); put(fx + FX_DS, W32, get(env + 24, W16));
}

/* ---- running ---- */

static void place_code(const case_t *c)
{
    u8 *p = code_view + (c->at - CODE_LINEAR), *limit = code_view + CODE_BYTES;
    for (unsigned i = 0; i < c->length && p < limit; i++) *p++ = c->bytes[i];
    u8 back[8] = { 0x66, 0xEA, (u8)WAY_BACK, (u8)(WAY_BACK >> 8), WAY_BACK >> 16, 0, USER_CODE, 0 };     /* jmp far, 32 bits */
    if (!c->returns || p + 8 > limit)
        return;
    if (c->code16) memcpy(p, back, 8);
    else           memcpy(p, back + 1, 7);
}

static void remove_code(const case_t *c)
{
    u32 left = CODE_LINEAR + CODE_BYTES - c->at;
    memset(code_view + (c->at - CODE_LINEAR), 0xCC, left < 24 ? left : 24);
}

void native_run(const case_t *c, result_t *out)
{
    shared->in = c->before;
    shared->to_offset = c->before.eip; shared->to_selector = c->before.seg[CS];
    shared->esp = c->before.r[ESP]; shared->ss = c->before.seg[SS];
    make_environment(c->before.fx, shared->env_in);
    put(shared->in.fx + FX_CONTROL, W16, 0x37F);               /* FLDENV waits: what is pending comes with it */
    put(shared->in.fx + FX_STATUS, W16, get(c->before.fx + FX_STATUS, W16) & X87_TOP);
    place_code(c);
    *out = (result_t){ .user = c->before, .vector = COMPLETED, .pointers = true };
    result = out;
    shared->out.eip = 0;
    running = c;
    __asm__ volatile("" ::: "memory");
    out->user.eip = 0;
    native_enter();
    __asm__ volatile("" ::: "memory");
    running = NULL;
    if (out->pointers) {
        memcpy(out->user.fx, shared->out.fx, FX_BYTES);
        take_pointers(shared->env_out, out->user.fx);
        memcpy(out->user.r, shared->out.r, sizeof out->user.r);
        out->user.eflags = shared->out.eflags;
        out->user.eip = c->before.eip + c->length;
    }
    remove_code(c);
}

/* ---- setting up ---- */

static bool map_at(u32 linear, u32 bytes, int rights)
{
    void *want = (void *)(uintptr_t)linear;
    return mmap(want, bytes, rights, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_POPULATE, -1, 0) == want;
}

static bool map_file(u32 linear, int rights, int file, u32 at, u32 bytes)
{
    void *want = (void *)(uintptr_t)linear;
    return mmap(want, bytes, rights, MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_POPULATE, file, at) == want;
}

static bool map_data(int file)
{
    for (unsigned page = 0; page < DATA_PAGES; page++) {
        if (map_file(data_linear(page), PROT_READ | (data_writable(page) ? PROT_WRITE : 0), file, page * PAGE_BYTES, PAGE_BYTES))
            continue;
        while (page--) munmap((void *)(uintptr_t)data_linear(page), PAGE_BYTES);
        return false;
    }
    return true;
}

static bool map_both(void)
{
    int file = memfd_create("silicon", 0);
    if (file < 0 || ftruncate(file, DATA_BYTES + CODE_BYTES) != 0)
        return false;
    silicon_low = 0;
    bool found = map_data(file) || (silicon_low = 0x10000, map_data(file));
    found = found && map_file(CODE_LINEAR, PROT_READ | PROT_EXEC, file, DATA_BYTES, CODE_BYTES);
    view = mmap(NULL, DATA_BYTES + CODE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, 0);
    close(file);
    code_view = view + DATA_BYTES;
    return found && view != MAP_FAILED;
}

static bool make_locals(void)
{
    for (unsigned n = 0; n < N_LOCALS; n++) {
        const local_t *l = &locals[n];
        struct user_desc d = { .entry_number = n, .base_addr = l->base, .limit = l->limit, .seg_32bit = l->big, .contents = (l->code ? 2u : 0u) | l->odd,
                               .read_exec_only = !l->writable, .limit_in_pages = l->pages, .seg_not_present = l->absent, .useable = 1 };
        if (syscall(SYS_modify_ldt, 0x11, &d, sizeof d) != 0)
            return false;
    }
    return true;
}

static void catch_signals(void)
{
    static const int numbers[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };
    enum { STACK_BYTES = 256 << 10 };
    void *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sigaltstack(&(stack_t){ .ss_sp = stack, .ss_size = STACK_BYTES }, NULL);
    struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK };
    action.sa_sigaction = native_on_signal;
    for (unsigned i = 0; i < COUNT_OF(numbers); i++) sigaction(numbers[i], &action, NULL);
}

static native_facts_t facts;
const native_facts_t *native_facts(void) { return &facts; }

static void learn_facts(void)
{
    u32 a, b, c, d, brand[12] = { 0 };
    __cpuid(0, a, b, c, d);
    facts.intel = b == 0x756E6547;
    u32 last = a;
    if (last >= 7) {
        __cpuid_count(7, 0, a, b, c, d);
        facts.dp_on_exception_only = b >> 6 & 1;
        facts.no_pointer_selectors = b >> 13 & 1;
    }
    for (u32 i = 0; i < 3; i++) __cpuid(0x80000002 + i, brand[4 * i], brand[4 * i + 1], brand[4 * i + 2], brand[4 * i + 3]);
    memcpy(facts.name, brand, sizeof brand);
}

const char *native_open(void)
{
    enum { HWCAP2_FSGSBASE_ = 2 };
    if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE_)) return "this host has no WRFSBASE for programs";
    if (!map_at(THUNK, PAGE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC) || !map_at(SHARED, SHARED_BYTES, PROT_READ | PROT_WRITE)
        || !map_at(NOWHERE, 1 << 20, PROT_NONE) || !map_both())
        return "low addresses cannot be mapped";
    if (!make_locals()) return "the kernel has no modify_ldt";
    memset((void *)(uintptr_t)THUNK, 0xCC, PAGE_BYTES);
    memset(code_view, 0xCC, CODE_BYTES);
    memcpy((void *)(uintptr_t)WAY_IN, native_way_in, (size_t)(native_way_in_end - native_way_in));
    memcpy((void *)(uintptr_t)WAY_BACK, native_way_back, (size_t)(native_way_back_end - native_way_back));
    memcpy((void *)(uintptr_t)WAY_HOME, native_way_home, (size_t)(native_way_home_end - native_way_home));
    shared->enter_offset = WAY_IN; shared->enter_selector = USER_CODE;
    learn_facts();
    catch_signals();
    return NULL;
}

#else
const char *native_open(void) { return "this is not an x86-64 under Linux"; }
void native_run(const case_t *c, result_t *out) { (void)c; (void)out; }
u8  *native_page(unsigned page) { (void)page; return NULL; }
bool native_own(u32 linear) { (void)linear; return false; }
static const native_facts_t facts;
const native_facts_t *native_facts(void) { return &facts; }
#endif
