/* silicon.h - one instruction on two processors: what a user-mode program can see before and after it.
 *
 * A case is one instruction with all that it may read: registers, flags, x87, MMX and SSE state, segment registers and memory.
 * native.c has this host's processor execute it (compatibility mode: 32- and 16-bit code segments of an x86-64), emulated.c has a cpu_t do it with
 * the same linear addresses and page rights, generate.c makes cases from the decoder's own tables, judge.c compares.
 *
 * Linear memory, the same for both; everything else is absent:
 *   low + 8000h, 9000h   read and write             low: 0; 10000h where the host's vm.mmap_min_addr keeps the first 64 KiB free
 *   low + A000h          read only
 *   low + F000h, 10000h  read and write: where 16-bit addresses end
 *   40000h, 41000h       code, not writable, filled with INT3 but for the instruction */
#pragma once
#include "cpu/tables.h"

enum { DATA_PAGES = 5, DATA_BYTES = DATA_PAGES * PAGE_BYTES, CODE_LINEAR = 0x40000, CODE_BYTES = 2 * PAGE_BYTES, NOWHERE = 0x30000000 };
enum { USER_CODE = 0x23, USER_DATA = 0x2B };                   /* Linux's selectors of flat segments, level 3 */

/* Local descriptors, the same on both sides. */
typedef struct { u32 base, limit; bool code, big, odd, writable, pages, absent; } local_t;   /* odd: expand down, or conforming */
enum { LOCAL_CODE16, LOCAL_DATA16, LOCAL_SMALL, LOCAL_READ_ONLY, LOCAL_DOWN, LOCAL_ABSENT, LOCAL_EXECUTE_ONLY, LOCAL_CONFORMING, N_LOCALS };
#define LOCAL(n) ((u16)((n) << 3 | 7))
extern const local_t locals[N_LOCALS];

/* Offsets in the image of FXSAVE, SDM vol. 1, table 10-2. */
enum { FX_CONTROL = 0, FX_STATUS = 2, FX_TAGS = 4, FX_OPCODE = 6, FX_IP = 8, FX_CS = 12, FX_DP = 16, FX_DS = 20, FX_MXCSR = 24, FX_MASK = 28,
       FX_ST = 32, FX_XMM = 160, FX_USED = 288, FX_BYTES = 512 };

typedef struct {
    u8  fx[FX_BYTES] __attribute__((aligned(16)));
    u32 r[8];
    u32 eflags, eip;
    u16 seg[N_SEGMENTS];
} user_t;

typedef struct {
    user_t user;
    s32    vector;               /* the exception or trap that ended it; COMPLETED: it is complete */
    u32    code, cr2;
    bool   pointers;             /* the x87's last-instruction pointers are known */
} result_t;
enum { COMPLETED = -1 };

enum { CASE_RANGES = 8 };
typedef struct { u32 linear, bytes; } range_t;
typedef struct {
    u64    number;
    u16    form;                 /* index in the list of forms */
    u16    instr;
    bool   code16;
    bool   returns;              /* surely goes on in the code pages, with flat data segments: the quick way back may be used */
    u8     bytes[16];
    u8     length;
    u32    at;                   /* linear address of the first byte */
    user_t before;
    range_t changed[CASE_RANGES], restored[CASE_RANGES];       /* memory that is its own; memory that was the last case's */
    unsigned n_changed, n_restored;
} case_t;

/* ---- memory ---- */
extern u32 silicon_low;          /* 0 or 10000h */
/* The place of a linear address in an array of DATA_BYTES, -1: no such page. */
s32  data_place(u32 linear);
u32  data_linear(unsigned page);
INLINE bool data_writable(unsigned page) { return page != 2; }
/* Is this byte one of the instruction's? */
INLINE bool of_the_case(const case_t *c, u32 linear) { return linear - c->at < c->length; }
INLINE u32  code_base(const case_t *c)   { return c->code16 ? CODE_LINEAR : 0; }

/* ---- making cases ---- */
typedef enum { MAP_ONE, MAP_TWO, MAP_X87, MAP_SIMD } form_map_t;
typedef struct {
    u8  map;                     /* opcode: second byte in MAP_TWO and MAP_SIMD; D8-DF in MAP_X87 */
    u8  opcode;
    s8  reg;                     /* ModRM.reg, -1: free (or no ModRM) */
    s16 modrm;                   /* the whole byte, -1: free */
    u8  prefix;                  /* mandatory 66, F2, F3 of MAP_SIMD; 0 */
    u8  width;                   /* operand size 8, 16, 32 of MAP_ONE and MAP_TWO; 0: it has none */
    bool memory;                 /* the r/m operand */
    bool has_modrm;
    u8  format;                  /* x87_format_t */
    u16 instr;
    u8  dst, src, third;         /* operand codes */
} form_t;
enum { MAX_FORMS = 4096 };
typedef struct generator {
    u64      random;
    form_t   forms[MAX_FORMS];
    unsigned n_forms;
    bool     steady;             /* cases differ only in what their instructions need: see generator_base */
    u8       memory[DATA_BYTES]; /* as it is before the case */
    u8       background[DATA_BYTES];
    case_t   c;
    /* while a case is being made */
    const form_t *form;
    bool     data32, addr32;
    u32      operand;            /* linear address of the memory operand */
    s8       avoid;              /* this register is not part of its address */
    u8       n;
} generator_t;
void forms_list(generator_t *g);                               /* forms.c */
void generator_init(generator_t *g, u64 seed);
/* Case number n: the same for the same seed, whatever was made before it.  The form: n mod n_forms. */
void generator_make(generator_t *g, u64 seed, u64 n);
/* The registers that steady cases begin with, at their one place in memory. */
void generator_base(user_t *u);
/* Why an instruction cannot be asked of silicon in user mode; NULL: it can. */
const char *generator_reason(u16 instr);
void form_text(const form_t *f, char *text, size_t bytes);

/* ---- numbers (operands.c) ---- */
u64  random_next(u64 *state);
u32  random_value(u64 *state);                                 /* corners and not */
u32  random_f32(u64 *state);
u64  random_f64(u64 *state);
f80_t random_f80(u64 *state);
u16  random_control(u64 *state);
void random_fpu(u64 *state, u8 *fx);
void random_simd(u64 *state, u8 *fx);
void random_operand(u64 *state, x87_format_t format, u8 *to);  /* 16 bytes */

/* ---- this host ---- */
/* NULL, or why it cannot be asked.  Maps the memory; `memory` is the host's view of the data pages in order. */
const char *native_open(void);
void native_run(const case_t *c, result_t *out);
u8  *native_page(unsigned page);
/* Low addresses that are neither data nor code of the instruction, but of those who run it. */
bool native_own(u32 linear);
/* What this processor does its own way, by CPUID. */
typedef struct { bool intel, no_pointer_selectors, dp_on_exception_only; char name[64]; } native_facts_t;
const native_facts_t *native_facts(void);

/* ---- ours ---- */
typedef struct emulated emulated_t;
emulated_t *emulated_new(model_t model, bool l1);
void emulated_free(emulated_t *m);
void emulated_run(emulated_t *m, const case_t *c, result_t *out);
u8  *emulated_page(emulated_t *m, unsigned page);

/* ---- comparing ---- */
enum { JUDGED_VECTOR = 1, JUDGED_EIP = 2, JUDGED_REGISTERS = 4, JUDGED_SEGMENTS = 8, JUDGED_MEMORY = 16, JUDGED_FLAGS = 32, JUDGED_FPU = 64,
       JUDGED_POINTERS = 128, JUDGED_SIMD = 256, JUDGED_UNDEFINED = 512 };
/* What differs between silicon and ours; JUDGED_UNDEFINED: in what the manual leaves undefined. */
u32  judge(const case_t *c, const form_t *f, const result_t *silicon, const result_t *ours, bool memory_differs);
void judge_show(const case_t *c, const form_t *f, u32 difference, const result_t *silicon, const result_t *ours, const char *who);
