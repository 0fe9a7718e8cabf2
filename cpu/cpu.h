/* cpu.h - the programmer's view of the processor (SDM vol. 1, chapter 3, vol. 3A, chapter 2), and what the emulator
 * keeps beside it.  Public to the machine (pc.c), the debugger and the tests. */
#pragma once
#include <setjmp.h>
#include "cpu/flags.h"
#include "cpu/fpu.h"
#include "cpu/simd.h"
#include "mem/bus.h"
#include "mem/code_pages.h"
#include "mem/mmu.h"
#include "mem/tlb.h"

enum { EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI, NOREG, NREGS };  /* r[NOREG] is always 0 */
enum { ES, CS, SS, DS, FS, GS, N_SEGMENTS, LDTR = N_SEGMENTS, TR, N_ALL_SEGMENTS };

/* Exceptions, SDM vol. 3A, table 6-1. */
enum { DE, DB, NMI, BP, OF_TRAP, BR, UD, NM, DF, TS = 10, NP, SS_FAULT, GP, PF_FAULT, MF = 16, AC, MC, XM };

/* DR6: a single-step trap. */
enum { DR6_BS = 1 << 14 };

/* A segment register and its hidden part.  What stands below `limit` is derived by segment_derive():
 * an operand of n bytes at `offset` may be read if (offset - first) + n - 1 <= read_span (spans of -1 allow nothing). */
typedef struct {
    u16 selector;
    u16 attributes;              /* descriptor bits 40-47 in bits 0-7 (type, S, DPL, P), bits 52-55 in bits 12-15 (AVL, L, D/B, G) */
    u32 base, limit;             /* limit in bytes, granularity applied */
    u32 first;
    s64 read_span, write_span;
    bool flat;                   /* base 0, no limit, reads and writes */
} segment_t;
enum { SEG_ACCESSED = 1, SEG_WRITABLE = 2, SEG_READABLE = 2, SEG_EXPAND_DOWN = 4, SEG_CONFORMING = 4, SEG_CODE = 8,
       SEG_S = 0x10, SEG_PRESENT = 0x80, SEG_BIG = 0x4000, SEG_GRANULAR = 0x8000 };
INLINE u32 seg_dpl(const segment_t *s) { return s->attributes >> 5 & 3; }

/* The mode word: all facts that decoded code depends on.  Part of every block's key. */
enum {
    MODE_CODE32 = 1 << 0, MODE_STACK32 = 1 << 1,
    MODE_PROTECTED = 1 << 2,     /* CR0.PE and not EFLAGS.VM */
    MODE_V86 = 1 << 3,
    MODE_USER = 1 << 4,          /* CPL 3 */
    MODE_FLAT_SHIFT = 5,         /* bits 5-10: segment n has base 0 and no limit, reads and writes */
    MODE_ODD_LIMIT = 1 << 11,    /* CS limit is neither FFFFh nor FFFFFFFFh */
    MODE_STEP = 1 << 12,         /* one instruction a block */
    MODE_LIMIT_4G = 1 << 14,     /* CS limit is FFFFFFFFh */
    MODE_WATCH = 1 << 13         /* every instruction is reported to the observer */
};

typedef enum { MODEL_386, MODEL_486, MODEL_PENTIUM, MODEL_PENTIUM_MMX, MODEL_PENTIUM2, MODEL_PENTIUM3, MODEL_PENTIUM4, N_MODELS } model_t;

typedef struct op op_t;
struct block_cache;
struct cpu;

/* Somebody who watches every instruction.  `before`: it is about to execute; EIP, EFLAGS and registers are exact.  The others may be NULL.
 * `memory`: an access by the current instruction or event, after it happened; fetches and page walks are not among them.  `port`: likewise.
 * `event`: an exception or hardware interrupt is about to be delivered, or cannot be.  Who watches memory is shown an empty
 * TLB in cpu->tlb: every access takes the slow path, which tells; nothing is tested on the fast one. */
typedef enum { EVENT_FAULT, EVENT_TRAP, EVENT_INTERRUPT, EVENT_SHUTDOWN } event_kind_t;
typedef struct observer {
    void (*before)(struct observer *self, struct cpu *cpu, u32 eip, unsigned length);
    void (*memory)(struct observer *self, struct cpu *cpu, u32 linear, width_t w, u32 value, bool write);
    void (*port)(struct observer *self, struct cpu *cpu, u16 port, width_t w, u32 value, bool write);
    void (*event)(struct observer *self, struct cpu *cpu, event_kind_t kind, u8 vector, bool has_code, u32 code);
} observer_t;

/* A page that instructions were fetched from. */
typedef struct { u32 linear, physical, stamp; bool valid; bus_page_t page; } fetch_entry_t;

/* What links between decoded blocks rely on, for each privilege class: that linear addresses of code mean what they meant.  `stamp` is a
 * number never used before whenever that may have changed (0 is never used); who remembers a place in code remembers it too. */
typedef struct {
    u32  stamp;
    u32  code_base, code_limit;  /* of CS when `stamp` was last right */
    bool local;                  /* instructions were fetched from a page that is not global */
    u64  fetched[4];             /* a bit for each value of a page number's low byte: they were fetched from such a page */
} map_t;

/* Why cpu_run came back. */
typedef enum { CPU_DEADLINE, CPU_HALTED, CPU_SHUTDOWN, CPU_STOPPED } cpu_stop_t;

/* What the next delivery must know about a fault. */
typedef struct { u8 vector; bool has_code; u32 code; } fault_t;

/* One link of the chain of faults that may end in shutdown: see explain.h. */
typedef struct {
    u8  vector, cpl;
    s16 calling;                 /* the handler being called when it happened, -1: none */
    u16 cs, mode;
    u32 code, eip, cs_base, cr2;
} fault_link_t;
enum { CHAIN_MAX = 8 };

typedef struct cpu {
    /* hot: what handlers touch */
    u32     r[NREGS];
    flags_t f;                       /* status flags, see flags.h */
    s64     budget;                  /* instructions until the deadline, less a block's length: see run.c */
    tlb_t  *tlb;                     /* of the current privilege class */
    const op_t *current;             /* the op whose L0 body is running: faults take EIP and count from it; NULL between ops */
    u32     map_stamp;               /* that of the current privilege class: see map_t */
    u32     stack_mask;              /* FFFFh or FFFFFFFFh by SS.B */
    segment_t seg[N_ALL_SEGMENTS];
    struct block_cache *blocks;
    const op_t *ops;                 /* the arena of decoded instructions, and their cold parts beside it */
    const struct cold *cold;

    /* the rest of the architecture */
    u32     eip;                     /* exact between ops; inside a block see cpu_eip() */
    u32     eflags;                  /* all but the six status bits; use cpu_eflags() */
    u8      cpl;
    u32     cr0, cr2, cr3, cr4;
    u32     dr[8];
    u32     tr_test[8];              /* TR3-TR7 of the 386 and 486 (test registers): kept, without effect */
    struct { u32 base; u16 limit; } gdtr, idtr;
    u64     efer, apic_base, sysenter_cs, sysenter_esp, sysenter_eip, pat, misc_enable, mtrr_def_type;
    u64     mtrr[16], mtrr_fixed[11], mca[4];
    struct { u32 select[2]; u64 count[2], since[2]; } counter;   /* performance counters: `count` at instruction `since` */
    u64     tsc_offset;              /* TSC = instructions + offset */
    fpu_t   fpu;
    simd_t  simd;
    model_t model;

    /* between instructions */
    u16     mode;                    /* mode word */
    bool    shadow;                  /* after MOV SS, POP SS, STI: no interrupt before the next instruction is over */
    bool    shadow_debug;            /* after MOV SS, POP SS: no debug trap either */
    bool    halted, shut_down;
    struct { bool armed; u32 linear; u64 contents; } monitor;        /* by MONITOR; disarmed by every event */
    bool    intr;                    /* the INTR pin */
    bool    nmi_pending, nmi_blocked;
    u32     debug_pending;           /* DR6 bits of debug traps to deliver after this instruction */
    fault_t fault;                   /* being delivered */
    u8      delivering;              /* how deep: 0 none, 1 an exception or interrupt, 2 a double fault */
    u8      delivering_vector;

    /* counting and leaving */
    u64     deadline;                /* instruction count to stop at */
    u64     settled;                 /* instructions retired when budget was start_budget */
    s64     start_budget;
    u64     fault_at;                /* `settled` when the last fault was delivered */
    bool    kicked;                  /* budget was made negative to leave after the current op */
    bool    single;                  /* exactly one instruction (or one iteration) now: TF, or a shadow */
    bool    stop_asked;
    map_t   map[2];                  /* supervisor, user */
    u32     last_stamp;

    tlb_t   tlb_of[2];               /* supervisor, user */
    tlb_t   tlb_blind;               /* always empty: shown while an observer or a data breakpoint watches memory, or alignment is checked */
    fetch_entry_t fetch[256];
    code_pages_t code;
    bus_t  *bus;
    observer_t *observer;
    bool    no_cache, l1;            /* one-instruction blocks never kept; which lowering runs */
    u8    (*acknowledge)(void *pic); /* INTA: the vector */
    void  (*apic_base_written)(void *pic, u64 base);             /* IA32_APIC_BASE: WRMSR or RESET; NULL: nobody listens */
    void   *pic;
    void  (*ferr)(void *owner, bool level);      /* the FERR# pin: an unmasked x87 exception is pending */
    void   *ferr_owner;
    bool    ignne;                   /* the IGNNE# pin: go on all the same */
    jmp_buf on_fault;
    fault_link_t chain[CHAIN_MAX];   /* faults since the last handler was reached */
    unsigned chain_length;
    s16     calling;                 /* the handler being called, while `delivering` */
    char    explanation[6144];       /* after a shutdown: the chain of faults in words */
    struct { u64 interrupts, faults, tlb_misses, written; } count;     /* written: by others, cpu_memory_written */
} cpu_t;

/* ---- life ---- */
bool cpu_has_l1(void);                                       /* false in builds without tail calls: only lowering L0 */
bool cpu_init(cpu_t *cpu, model_t model, bus_t *bus);        /* false: no memory; hooks itself into the bus */
void cpu_free(cpu_t *cpu);
void cpu_reset(cpu_t *cpu);                                  /* RESET, SDM vol. 3A, table 9-1 */

/* Execute until the instruction count reaches `deadline`, HLT without a pending interrupt, shutdown, or cpu_stop.  Counting:
 * an instruction counts one, an iteration of a repeated string instruction counts one, a faulting instruction none (but one if nothing
 * has retired since the last fault). */
cpu_stop_t cpu_run(cpu_t *cpu, u64 deadline);

/* Instructions retired so far; exact also inside device accesses. */
u64  cpu_instructions(const cpu_t *cpu);
/* Bring the deadline forward (from a device access); later than now. */
void cpu_set_deadline(cpu_t *cpu, u64 deadline);
void cpu_count_blocks(const cpu_t *cpu, u64 *built, u64 *killed);
/* Performance counters (counters.c): the instruction count at which one passes its end and wants an interrupt, UINT64_MAX: none;
 * and, there: does one? */
u64  counters_due(const cpu_t *cpu);
bool counters_overflow(cpu_t *cpu);
void cpu_settle(cpu_t *cpu);                                 /* make `settled` the instruction count; between runs only */
void cpu_stop(cpu_t *cpu);                                   /* leave cpu_run after the current instruction */

/* Count n instructions without executing them: see idle.h.  Between runs only. */
void cpu_skip(cpu_t *cpu, u64 n);

/* ---- pins ---- */
void cpu_intr(cpu_t *cpu, bool level);
void cpu_nmi(cpu_t *cpu);
void cpu_ignne(cpu_t *cpu, bool level);

/* ---- looking ---- */
u32  cpu_eip(const cpu_t *cpu);                              /* exact wherever asked */
u32  cpu_eflags(const cpu_t *cpu);
void cpu_set_eflags(cpu_t *cpu, u32 eflags);                 /* raw, all bits; recomputes the mode */
u64  cpu_tsc(const cpu_t *cpu);
/* Read guest memory as the current mapping shows it, without side effects.  false: not mapped to memory. */
bool cpu_peek(cpu_t *cpu, u32 linear, void *to, u32 bytes);

/* ---- caches, for those who change memory or mappings behind the CPU's back ---- */
void cpu_memory_written(void *cpu, u32 physical, u32 bytes); /* bus hook */
void cpu_protect(void *cpu, const u8 *host, u32 bytes);      /* bus hook: stores there are to be told again */
void cpu_remapped(void *cpu, bool contents);                 /* bus hook: contents: other bytes at the same physical addresses */
void cpu_flush_tlb(cpu_t *cpu, bool globals_too);
void cpu_flush_tlb_page(cpu_t *cpu, u32 linear);
void cpu_flush_blocks(cpu_t *cpu);
void cpu_renew_maps(cpu_t *cpu);                             /* what is remembered of places in code holds no more */
/* The mode word from segments, CR0, EFLAGS, CPL; leaves the current block if it changed.  Every change of those ends with it. */
void cpu_mode_changed(cpu_t *cpu);
/* Operands must be aligned: CR0.AM, EFLAGS.AC, CPL 3.  Then the TLB that is shown is empty, so that every access is looked at. */
bool cpu_checks_alignment(const cpu_t *cpu);
/* Leave the current block after the current instruction. */
void cpu_kick(cpu_t *cpu);
/* Set or (NULL) take away the observer: between runs, or from its own `before`, where it holds from this instruction on. */
void cpu_observe(cpu_t *cpu, observer_t *observer);

/* A guest fault: never returns.  EIP and the instruction count are those of the current instruction. */
_Noreturn COLD void fault(cpu_t *cpu, int vector, u32 code); /* with an error code where the manual says so */
_Noreturn COLD void fault_ud(cpu_t *cpu);
/* Stop before the current instruction until an interrupt comes (an x87 error without IGNNE#): never returns. */
_Noreturn COLD void freeze(cpu_t *cpu);
