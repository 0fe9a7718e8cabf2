/* test_privilege.c - the privilege matrix: every sensitive instruction in every mode, at every level, under every control bit that
 * concerns it.
 *
 * Modes: real, V86 with IOPL 0-3, CR4.VME, VIF, VIP, 16- and 32-bit protected mode with CPL 0-3, IOPL 0-3, CR4.PVI, VIF, VIP; each with all
 * settings of CR0.TS, EM, MP and CR4.TSD, PCE, DE, OSFXSR.  The expected outcome of each cell follows from a letter per instruction; what a letter
 * means stands in `expect`, from the "Exceptions" and "Operation" sections of SDM vol. 2 under the instruction's name, and its decision tables. */
#include <check.h>
#include <stdio.h>
#include "cpu/cpu.h"
#include "cpu/segment.h"
#include "tests/run_all.h"

enum { RAM = 64 << 10, GDT = 0x1000, IDT = 0x3000, TSS = 0x4000, CODE = 0x8000, HANDLER = 0x8F0, DATA = 0x9000, STACK = 0xA000, STACK0 = 0xB000,
       CODE0 = 0x08, DATA0 = 0x28, SEL_TSS = 0x48, CLOSED = 0x60, OPEN = 0x70, REDIRECTED = 0x30, KEPT = 0x31 };

typedef enum { REAL, V86, PM16, PM32, N_MODES } mode_t_;
static const char *const mode_names[] = { "real mode", "V86", "16-bit protected mode", "32-bit protected mode" };
typedef struct { mode_t_ mode; u8 cpl, iopl; bool virtual_if_mode, vif, vip, ts, em, mp, tsd, pce, de, osfxsr; u32 image; } setting_t;

/* What happens; IF and VIF afterwards, where they may change. */
typedef enum { RUNS, TO_IDT, TO_8086 } way_t;
typedef struct { int vector; way_t way; u32 eflags; u32 pushed; } outcome_t;

/* Letters, in `rule`:
 *   .  runs everywhere                                   U  #UD everywhere
 *   P  reserved to level 0                               p  protected mode only, else #UD          L  p, then P
 *   D  as P; with CR4.DE #UD first                       X  exists since the 486 only as #UD (MOV TRn)
 *   M  MMX      S  SSE        T  RDTSC    C  RDPMC    E  SYSENTER    e  SYSEXIT    F  x87    W  WAIT
 *   i  port I/O, port closed in the bit map              o  port I/O, port open
 *   c  CLI   s  STI   h  PUSHF   q  POPF   r  IRET       n  INT n, redirected   k  INT n, not redirected   b  INT 3, INTO, INT 1 */
typedef struct { const char *name; u8 bytes[4]; u8 length; char rule; char eax; bool prefixed; } row_t;
static const row_t rows[] = {
    { "HLT", { 0xF4 }, 1, 'P', 0, 0 },                     { "CLTS", { 0x0F, 0x06 }, 2, 'P', 0, 0 },              { "INVD", { 0x0F, 0x08 }, 2, 'P', 0, 0 },
    { "WBINVD", { 0x0F, 0x09 }, 2, 'P', 0, 0 },            { "INVLPG", { 0x0F, 0x01, 0x3F }, 3, 'P', 0, 0 },      { "LGDT", { 0x0F, 0x01, 0x17 }, 3, 'P', 0, 0 },
    { "LIDT", { 0x0F, 0x01, 0x1F }, 3, 'P', 0, 0 },        { "LMSW AX", { 0x0F, 0x01, 0xF0 }, 3, 'P', '0', 0 },   { "LMSW mem", { 0x0F, 0x01, 0x37 }, 3, 'P', '0', 0 },
    { "SMSW AX", { 0x0F, 0x01, 0xE0 }, 3, '.', 0, 0 },     { "SMSW mem", { 0x0F, 0x01, 0x27 }, 3, '.', 0, 0 },    { "SGDT", { 0x0F, 0x01, 0x07 }, 3, '.', 0, 0 },
    { "SIDT", { 0x0F, 0x01, 0x0F }, 3, '.', 0, 0 },        { "SLDT", { 0x0F, 0x00, 0xC0 }, 3, 'p', 0, 0 },        { "STR", { 0x0F, 0x00, 0xC8 }, 3, 'p', 0, 0 },
    { "SLDT mem", { 0x0F, 0x00, 0x07 }, 3, 'p', 0, 0 },    { "STR mem", { 0x0F, 0x00, 0x0F }, 3, 'p', 0, 0 },
    { "LLDT", { 0x0F, 0x00, 0xD0 }, 3, 'L', 'n', 0 },      { "LTR", { 0x0F, 0x00, 0xD8 }, 3, 'L', 't', 0 },       { "VERR", { 0x0F, 0x00, 0xE0 }, 3, 'p', 'n', 0 },
    { "VERW", { 0x0F, 0x00, 0xE8 }, 3, 'p', 'n', 0 },      { "LAR", { 0x0F, 0x02, 0xC8 }, 3, 'p', 'n', 0 },       { "LSL", { 0x0F, 0x03, 0xC8 }, 3, 'p', 'n', 0 },
    { "ARPL", { 0x63, 0xC1 }, 2, 'p', 'n', 0 },            { "ARPL mem", { 0x63, 0x07 }, 2, 'p', 'n', 0 },
    { "MOV EAX, CR0", { 0x0F, 0x20, 0xC0 }, 3, 'P', 0, 0 },{ "MOV CR0, EAX", { 0x0F, 0x22, 0xC0 }, 3, 'P', '0', 0 },
    { "MOV EAX, CR2", { 0x0F, 0x20, 0xD0 }, 3, 'P', 0, 0 },{ "MOV CR2, EAX", { 0x0F, 0x22, 0xD0 }, 3, 'P', 'n', 0 },
    { "MOV EAX, CR3", { 0x0F, 0x20, 0xD8 }, 3, 'P', 0, 0 },{ "MOV CR3, EAX", { 0x0F, 0x22, 0xD8 }, 3, 'P', 'n', 0 },
    { "MOV EAX, CR4", { 0x0F, 0x20, 0xE0 }, 3, 'P', 0, 0 },{ "MOV CR4, EAX", { 0x0F, 0x22, 0xE0 }, 3, 'P', '4', 0 },
    { "MOV EAX, CR1", { 0x0F, 0x20, 0xC8 }, 3, 'U', 0, 0 },{ "MOV CR7, EAX", { 0x0F, 0x22, 0xF8 }, 3, 'U', 0, 0 },
    { "MOV EAX, DR0", { 0x0F, 0x21, 0xC0 }, 3, 'P', 0, 0 },{ "MOV DR3, EAX", { 0x0F, 0x23, 0xD8 }, 3, 'P', 'n', 0 },
    { "MOV EAX, DR4", { 0x0F, 0x21, 0xE0 }, 3, 'D', 0, 0 },{ "MOV DR5, EAX", { 0x0F, 0x23, 0xE8 }, 3, 'D', 'n', 0 },
    { "MOV EAX, DR6", { 0x0F, 0x21, 0xF0 }, 3, 'P', 0, 0 },{ "MOV DR7, EAX", { 0x0F, 0x23, 0xF8 }, 3, 'P', 'n', 0 },
    { "MOV EAX, TR6", { 0x0F, 0x24, 0xF0 }, 3, 'U', 0, 0 },{ "MOV TR7, EAX", { 0x0F, 0x26, 0xF8 }, 3, 'U', 0, 0 },
    { "RDMSR", { 0x0F, 0x32 }, 2, 'P', 0, 0 },             { "WRMSR", { 0x0F, 0x30 }, 2, 'P', 'n', 0 },           { "RDTSC", { 0x0F, 0x31 }, 2, 'T', 0, 0 },
    { "RDPMC", { 0x0F, 0x33 }, 2, 'C', 'n', 0 },           { "CPUID", { 0x0F, 0xA2 }, 2, '.', 0, 0 },             { "RSM", { 0x0F, 0xAA }, 2, 'U', 0, 0 },
    { "UD2", { 0x0F, 0x0B }, 2, 'U', 0, 0 },               { "SYSENTER", { 0x0F, 0x34 }, 2, 'E', 0, 0 },          { "SYSEXIT", { 0x0F, 0x35 }, 2, 'e', 0, 0 },
    { "FNOP", { 0xD9, 0xD0 }, 2, 'F', 0, 0 },              { "FLD mem", { 0xD9, 0x07 }, 2, 'F', 0, 0 },           { "FNSTSW AX", { 0xDF, 0xE0 }, 2, 'F', 0, 0 },
    { "FNCLEX", { 0xDB, 0xE2 }, 2, 'F', 0, 0 },            { "WAIT", { 0x9B }, 1, 'W', 0, 0 },
    { "EMMS", { 0x0F, 0x77 }, 2, 'M', 0, 0 },              { "MOVD MM0, EAX", { 0x0F, 0x6E, 0xC0 }, 3, 'M', 0, 0 },{ "PADDB MM0, mem", { 0x0F, 0xFC, 0x07 }, 3, 'M', 0, 0 },
    { "XORPS XMM0, XMM0", { 0x0F, 0x57, 0xC0 }, 3, 'S', 0, 0 }, { "MOVUPS mem, XMM0", { 0x0F, 0x11, 0x07 }, 3, 'S', 0, 0 },
    { "STMXCSR", { 0x0F, 0xAE, 0x1F }, 3, 'S', 0, 0 },     { "FXSAVE", { 0x0F, 0xAE, 0x07 }, 3, 'F', 0, 0 },      { "SFENCE", { 0x0F, 0xAE, 0xF8 }, 3, '.', 0, 0 },
    { "IN AL, 60h", { 0xE4, CLOSED }, 2, 'i', 0, 0 },      { "IN AL, 70h", { 0xE4, OPEN }, 2, 'o', 0, 0 },        { "OUT 60h, AL", { 0xE6, CLOSED }, 2, 'i', 0, 0 },
    { "OUT 70h, AL", { 0xE6, OPEN }, 2, 'o', 0, 0 },       { "IN AX, 5Fh", { 0xE5, CLOSED - 1 }, 2, 'i', 0, 0 },  { "OUT DX, AX", { 0xEF }, 1, 'i', 0, 0 },
    { "INSB", { 0x6C }, 1, 'i', 0, 0 },                    { "OUTSB", { 0x6E }, 1, 'i', 0, 0 },                   { "REP INSB", { 0xF3, 0x6C }, 2, 'i', 0, 0 },
    { "CLI", { 0xFA }, 1, 'c', 0, 0 },                     { "STI", { 0xFB }, 1, 's', 0, 0 },                     { "PUSHF", { 0x9C }, 1, 'h', 0, 0 },
    { "PUSHF, other size", { 0x66, 0x9C }, 2, 'h', 0, 1 }, { "POPF", { 0x9D }, 1, 'q', 0, 0 },                    { "POPF, other size", { 0x66, 0x9D }, 2, 'q', 0, 1 },
    { "IRET", { 0xCF }, 1, 'r', 0, 0 },                    { "IRET, other size", { 0x66, 0xCF }, 2, 'r', 0, 1 },
    { "INT 30h", { 0xCD, REDIRECTED }, 2, 'n', 0, 0 },     { "INT 31h", { 0xCD, KEPT }, 2, 'k', 0, 0 },           { "INT 3", { 0xCC }, 1, 'b', 0, 0 },
    { "INTO", { 0xCE }, 1, 'b', 0, 0 },                    { "INT 1", { 0xF1 }, 1, 'b', 0, 0 },
    { "LAHF", { 0x9F }, 1, '.', 0, 0 },                    { "STD", { 0xFD }, 1, '.', 0, 0 },                     { "LDS", { 0xC5, 0x07 }, 2, '.', 0, 0 },
};

/* ---- what the manual says ---- */

enum { NONE = -1 };
static bool wide(const row_t *r, const setting_t *s) { return (s->mode == PM32) != r->prefixed; }

static int reserved(const setting_t *s) { return s->mode == REAL || (s->mode != V86 && s->cpl == 0) ? NONE : GP; }
static int protected_only(const setting_t *s) { return s->mode == REAL || s->mode == V86 ? UD : NONE; }

/* Vol. 1, 18.5: in V86 mode the bit map alone decides; else only above IOPL. */
static int port(const setting_t *s, bool open)
{
    bool asks_map = s->mode == V86 || (s->mode != REAL && s->cpl > s->iopl);
    return asks_map && !open ? GP : NONE;
}

/* Vol. 2, CLI and STI, "Decision Table for CLI Results". */
static int if_or_vif(const setting_t *s, u32 *flag)
{
    *flag = FLAG_IF;
    if (s->mode == REAL) return NONE;
    if (s->mode == V86 ? s->iopl == 3 : s->iopl >= s->cpl) return NONE;
    *flag = FLAG_VIF;
    if (s->mode == V86) return s->virtual_if_mode ? NONE : GP;
    return s->cpl == 3 && s->virtual_if_mode ? NONE : GP;
}

/* V86 below IOPL 3: only with CR4.VME, and 16 bits. */
static bool virtualised(const row_t *r, const setting_t *s) { return s->mode == V86 && s->iopl < 3 && s->virtual_if_mode && !wide(r, s); }
static bool trapped(const row_t *r, const setting_t *s)     { return s->mode == V86 && s->iopl < 3 && !virtualised(r, s); }

static u32 with(u32 value, u32 flag, bool set) { return set ? value | flag : value & ~flag; }

/* Vol. 2, POPF, table "Effect of POPF/POPFD on the EFLAGS Register"; IRET. */
static void popped(const row_t *r, const setting_t *s, bool iret, outcome_t *o)
{
    u32 may = FLAGS_STATUS | FLAG_TF | FLAG_DF | FLAG_NT;
    if (trapped(r, s)) { o->vector = GP; return; }
    if (virtualised(r, s)) {
        if (s->image & FLAG_TF || (s->image & FLAG_IF && s->vip)) { o->vector = GP; return; }
        o->eflags = with(o->eflags, FLAG_VIF, s->image & FLAG_IF);
    } else if (s->mode == REAL || s->cpl <= s->iopl) {
        may |= FLAG_IF;
    }
    if (s->mode == REAL || s->cpl == 0) may |= FLAG_IOPL;
    if (iret && s->mode >= PM16 && s->cpl == 0 && wide(r, s)) may |= FLAG_VIF | FLAG_VIP;
    o->eflags = (o->eflags & ~may) | (s->image & may);
}

/* Vol. 3A, 20.3.3: the six methods. */
static void int_n(const setting_t *s, bool redirected, outcome_t *o)
{
    if (s->mode != V86)                                  o->way = TO_IDT;
    else if (s->virtual_if_mode && redirected)           o->way = TO_8086;
    else if (s->iopl == 3)                               o->way = TO_IDT;
    else                                                 o->vector = GP;
}

static outcome_t expect(const row_t *r, const setting_t *s, u32 eflags)
{
    outcome_t o = { NONE, RUNS, eflags, 0 };
    u32 flag;
    switch (r->rule) {
    case '.': break;
    case 'U': o.vector = UD; break;
    case 'P': o.vector = reserved(s); break;
    case 'p': o.vector = protected_only(s); break;
    case 'L': o.vector = protected_only(s); if (o.vector == NONE) o.vector = reserved(s); break;
    case 'D': o.vector = s->de ? UD : reserved(s); break;
    case 'T': o.vector = s->tsd ? reserved(s) : NONE; break;
    case 'C': o.vector = s->pce ? NONE : reserved(s); break;
    case 'E': o.vector = s->mode == REAL ? GP : NONE; o.eflags &= ~(u32)(FLAG_VM | FLAG_IF); break;
    case 'e': o.vector = s->mode == REAL ? GP : reserved(s); break;
    case 'F': o.vector = s->em || s->ts ? NM : NONE; break;
    case 'M': o.vector = s->em ? UD : s->ts ? NM : NONE; break;                 /* vol. 2, EMMS; vol. 3A, 12.1 */
    case 'S': o.vector = s->em || !s->osfxsr ? UD : s->ts ? NM : NONE; break;   /* vol. 2, table 2-21; vol. 3A, 13.1.3 */
    case 'W': o.vector = s->mp && s->ts ? NM : NONE; break;
    case 'i': o.vector = port(s, false); break;
    case 'o': o.vector = port(s, true); break;
    case 'c': o.vector = if_or_vif(s, &flag); o.eflags &= ~flag; break;
    case 's':
        o.vector = if_or_vif(s, &flag);
        if (flag == FLAG_VIF && s->vip) o.vector = GP;
        o.eflags |= flag;
        break;
    case 'h':
        if (trapped(r, s)) o.vector = GP;
        o.pushed = eflags & ~(u32)(FLAG_VM | FLAG_RF);
        if (virtualised(r, s)) o.pushed = with(o.pushed | FLAG_IOPL, FLAG_IF, s->vif);
        break;
    case 'q': popped(r, s, false, &o); break;
    case 'r': popped(r, s, true, &o); break;
    case 'n': int_n(s, true, &o); break;
    case 'k': int_n(s, false, &o); break;
    default:  o.way = TO_IDT; break;                                           /* 'b': not sensitive to IOPL */
    }
    return o;
}

/* ---- the machine ---- */

static u8 ram[RAM];
static bus_t bus;
static cpu_t cpu;
static struct { observer_t observer; jmp_buf out; int vector; u32 code; } watcher;

static void event(observer_t *self, cpu_t *c, event_kind_t kind, u8 vector, bool has_code, u32 code)
{
    (void)self; (void)c; (void)kind;
    watcher.vector = (int)vector;
    watcher.code = has_code ? code : 0;
    longjmp(watcher.out, 1);
}
static void before(observer_t *self, cpu_t *c, u32 eip, unsigned length) { (void)self; (void)c; (void)eip; (void)length; }

static void entry(u32 selector, u32 base, u32 limit, u32 access, u32 flags)
{
    put(ram + GDT + selector, W32, (limit & 0xFFFF) | base << 16);
    put(ram + GDT + selector + 4, W32, base >> 16 | access << 8 | (limit & 0xF0000) | flags << 20);
}

static void power_on(void)
{
    memset(ram, 0, sizeof ram);
    bus_init(&bus, ram, RAM);
    ck_assert(cpu_init(&cpu, MODEL_PENTIUM3, &bus));
    for (u32 level = 0; level < 4; level++) {
        entry(CODE0 + 8 * level, 0, 0xFFFFF, 0x9A | level << 5, 0xC);
        entry(DATA0 + 8 * level, 0, 0xFFFFF, 0x92 | level << 5, 0xC);
    }
    for (u32 v = 0; v < 0x40; v++) {
        put(ram + 4 * v, W32, HANDLER << 16);
        put(ram + IDT + 8 * v, W32, CODE0 << 16 | HANDLER << 4);
        put(ram + IDT + 8 * v + 4, W32, 0xEF00);
    }
    put(ram + TSS + 4, W32, STACK0); put(ram + TSS + 8, W16, DATA0);
    put(ram + TSS + 0x66, W16, 0x88);                              /* the I/O map, behind 32 bytes of the redirection map */
    ram[TSS + 0x68 + KEPT / 8] = 1 << (KEPT & 7);
    ram[TSS + 0x88 + CLOSED / 8] = 1 << (CLOSED & 7);
    for (u32 i = 0; i < COUNT_OF(rows); i++) memcpy(ram + CODE + 16 * i, rows[i].bytes, rows[i].length);
    watcher.observer = (observer_t){ .before = before, .event = event };
    cpu_observe(&cpu, &watcher.observer);
    lacking_quiet(true);
}
static void power_off(void) { cpu_free(&cpu); }

static void put_segment(int seg, u16 selector, u32 access, u32 flags)
{
    cpu.seg[seg] = (segment_t){ .selector = selector, .attributes = (u16)(access | flags << 12), .limit = flags & 8 ? 0xFFFFFFFF : 0xFFFF };
    segment_derive(&cpu.seg[seg]);
}

static void enter_mode(const setting_t *s)
{
    u32 flags = s->mode == PM32 ? 0xC : 0, cr4 = s->mode == V86 ? CR4_VME : CR4_PVI;
    cpu.cr0 = CR0_ET | (s->mode == REAL ? 0u : CR0_PE) | (s->ts ? CR0_TS : 0u) | (s->em ? CR0_EM : 0u) | (s->mp ? CR0_MP : 0u);
    cpu.cr4 = (s->virtual_if_mode ? cr4 : 0u) | (s->tsd ? CR4_TSD : 0u) | (s->pce ? CR4_PCE : 0u) | (s->de ? CR4_DE : 0u) | (s->osfxsr ? CR4_OSFXSR : 0u);
    cpu.cpl = s->mode == V86 ? 3 : s->cpl;
    cpu.eflags &= ~(u32)FLAG_VM;
    put_segment(CS, (u16)(CODE0 + 9 * s->cpl), 0x9Bu | (u32)s->cpl << 5, flags);
    for (int seg = 0; seg < N_SEGMENTS; seg++)
        if (seg != CS) put_segment(seg, (u16)(DATA0 + 9 * s->cpl), 0x93u | (u32)s->cpl << 5, flags);
    cpu.seg[TR] = (segment_t){ .selector = SEL_TSS, .attributes = 0x8B, .base = TSS, .limit = 0x100 };
    entry(SEL_TSS, TSS, 0x100, 0x89, 0);
    cpu_set_eflags(&cpu, FLAG_1 | FLAG_OF | FLAG_IF | (u32)s->iopl << 12 | (s->mode == V86 ? FLAG_VM : 0u) | (s->vif ? FLAG_VIF : 0u) | (s->vip ? FLAG_VIP : 0u));
    for (int seg = 0; s->mode <= V86 && seg < N_SEGMENTS; seg++)
        segment_set_real(&cpu, seg, seg == CS ? CODE >> 4 : 0);
    cpu.idtr.base = s->mode == REAL ? 0 : IDT;
    cpu.idtr.limit = 0x3FF;
    cpu.gdtr.base = GDT; cpu.gdtr.limit = 0x7F;
}

static void enter(const row_t *r, unsigned number, const setting_t *s)
{
    enter_mode(s);
    bool halves = !wide(r, s);
    u32 eax = r->eax == '0' ? cpu.cr0 : r->eax == '4' ? cpu.cr4 : r->eax == 't' ? SEL_TSS : 0;
    u32 offset = 16 * number + (s->mode <= V86 ? 0 : CODE), ip = s->mode <= V86 ? 0x800 : 0x8800;
    const u32 frame[] = { r->rule == 'q' ? s->image : ip, cpu.seg[CS].selector, s->image };
    for (unsigned i = 0; i < COUNT_OF(frame); i++) put(ram + STACK + (halves ? 2 : 4) * i, halves ? W16 : W32, frame[i]);
    put(ram + DATA, W16, r->rule == 'P' && r->eax == '0' ? cpu.cr0 : 0x3FF);
    put(ram + DATA + 2, W32, 0);
    for (int n = 0; n < 8; n++) cpu.r[n] = 0;
    cpu.r[EAX] = eax;
    cpu.r[EBX] = cpu.r[EDI] = cpu.r[ESI] = DATA;
    cpu.r[EDX] = r->rule == 'i' ? CLOSED : 0;
    cpu.r[ECX] = r->rule == 'C' ? 0 : r->bytes[1] == 0x6C ? 1 : 0x174;
    cpu.r[ESP] = STACK;
    cpu.eip = offset;
    cpu.dr[7] = 0x400; cpu.debug_pending = 0;
    cpu.sysenter_cs = CODE0;
    cpu.sysenter_esp = STACK0; cpu.sysenter_eip = 0x8800;
    cpu.halted = cpu.shadow = cpu.shadow_debug = cpu.shut_down = false;
    cpu.delivering = 0;
    cpu_mode_changed(&cpu);
}

static void run(void)
{
    watcher.vector = NONE;
    cpu_settle(&cpu);
    if (setjmp(watcher.out) == 0)
        cpu_run(&cpu, cpu_instructions(&cpu) + 1);
    u32 eip = cpu.eip;
    cpu.mode &= (u16)~MODE_STEP;
    cpu_settle(&cpu);
    cpu.eip = eip;
}

static way_t where(const setting_t *s)
{
    if (cpu.eip != (s->mode == REAL || cpu.eflags & FLAG_VM ? 0u : (u32)HANDLER << 4)) return RUNS;
    if (cpu.seg[CS].selector == (s->mode == REAL ? HANDLER : CODE0)) return TO_IDT;
    return cpu.seg[CS].selector == HANDLER ? TO_8086 : RUNS;
}

static const char *wrong(const row_t *r, const setting_t *s, const outcome_t *o, u32 start)
{
    static const u32 kinds = FLAG_IF | FLAG_VIF | FLAG_VIP | FLAG_IOPL | FLAG_VM | FLAG_NT | FLAG_TF;
    if (watcher.vector != o->vector) return "the exception";
    if (o->vector != NONE && o->vector == GP && watcher.code != 0) return "the error code";
    if (o->vector != NONE) return cpu.eip != start ? "EIP of a fault" : cpu.r[ESP] != STACK ? "ESP of a fault" : NULL;
    if (o->way != RUNS || strchr("nkb", r->rule)) return where(s) != o->way ? "who handles the interrupt" : NULL;
    if (strchr("csqrE", r->rule) && (cpu_eflags(&cpu) ^ o->eflags) & kinds) return "EFLAGS";
    bool w = wide(r, s);
    if (r->rule == 'h' && get(ram + STACK - (w ? 4 : 2), w ? W32 : W16) != (o->pushed & (w ? 0xFFFFFFFF : 0xFFFF))) return "what was pushed";
    if (r->bytes[0] == 0xF4 && !cpu.halted) return "HLT does not halt";
    return NULL;
}

static bool cell(unsigned number, const setting_t *s)
{
    const row_t *r = &rows[number];
    enter(r, number, s);
    u32 start = cpu.eip;
    outcome_t o = expect(r, s, cpu_eflags(&cpu));
    run();
    const char *bad = wrong(r, s, &o, start);
    if (bad)
        printf("%s in %s, CPL %u, IOPL %u%s%s%s%s%s%s%s%s%s, image %X: %s: expected %d, found %d (%X), EFLAGS %X\n", r->name, mode_names[s->mode], cpu.cpl, s->iopl,
               s->virtual_if_mode ? " VME/PVI" : "", s->vif ? " VIF" : "", s->vip ? " VIP" : "", s->ts ? " TS" : "", s->em ? " EM" : "", s->mp ? " MP" : "",
               s->tsd ? " TSD" : "", s->pce ? " PCE" : "", s->de ? " DE" : "", s->image, bad, o.vector, watcher.vector, watcher.code, cpu_eflags(&cpu));
    return !bad;
}

/* ---- all cells ---- */

static bool concerns_image(const row_t *r) { return r->rule == 'q' || r->rule == 'r'; }
static bool concerns_controls(const row_t *r) { return strchr("DTCFWMS", r->rule) != NULL; }

/* Bits of n: VME or PVI, VIF, VIP, then TS, EM, MP, TSD, PCE, DE, then two for the image, one of which is OSFXSR for SSE. */
static u32 row_in(unsigned number, mode_t_ mode, u8 cpl, u8 iopl, u32 *bad)
{
    static const u32 images[] = { 2, 2 | FLAG_IF | FLAG_NT, 2 | FLAG_TF, 2 | FLAG_IF | FLAG_IOPL };
    const row_t *r = &rows[number];
    u32 cells = 0;
    for (u32 n = 0; n < 2048 && *bad < 20; n++) {
        if ((n >> 9 && !concerns_image(r) && (n >> 10 || r->rule != 'S')) || ((n >> 3 & 63) && !concerns_controls(r)) || (mode == REAL && n & 7))
            continue;
        setting_t s = { mode, cpl, iopl, n & 1, n >> 1 & 1, n >> 2 & 1, n >> 3 & 1, n >> 4 & 1, n >> 5 & 1, n >> 6 & 1, n >> 7 & 1, n >> 8 & 1, n >> 9 & 1, images[n >> 9] };
        *bad += !cell(number, &s);
        cells++;
    }
    return cells;
}

START_TEST(every_cell_is_as_the_manual_says)
{
    u32 cells = 0, bad = 0;
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        cells += row_in(i, REAL, 0, 0, &bad);
        for (u8 iopl_ = 0; iopl_ < 4; iopl_++) {
            cells += row_in(i, V86, 3, iopl_, &bad);
            for (u8 cpl = 0; cpl < 4; cpl++)
                cells += row_in(i, PM16, cpl, iopl_, &bad) + row_in(i, PM32, cpl, iopl_, &bad);
        }
    }
    printf("%u cells\n", cells);
    ck_assert_uint_eq(bad, 0);
    ck_assert_uint_ge(cells, 5000);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("privilege");
    tcase_set_timeout(tc, 0);
    tcase_add_checked_fixture(tc, power_on, power_off);
    tcase_add_test(tc, every_cell_is_as_the_manual_says);
    Suite *s = suite_create("privilege");
    suite_add_tcase(s, tc);
    return run_all(s);
}
