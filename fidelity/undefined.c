/* undefined.c - see undefined.h.  SDM vol. 2, "Flags Affected" of each instruction; vol. 1, 8.3 and table 8-1. */
#include "fidelity/undefined.h"
#include "cpu/eflags.h"

/* Condition codes that the manual defines for an instruction (vol. 1, table 8-1 and each instruction's page). */
u16 x87_defined_codes(u16 instr)
{
    switch (instr) {
    case I_FCOM: case I_FCOMP: case I_FCOMPP: case I_FICOM: case I_FICOMP: case I_FUCOM: case I_FUCOMP: case I_FUCOMPP: case I_FTST:
    case I_FXAM: case I_FPREM: case I_FPREM1: case I_FLDENV: case I_FRSTOR: case I_FNSAVE: case I_FNINIT: case I_FNSTENV:
        return X87_CC;
    case I_FSIN: case I_FCOS: case I_FSINCOS: case I_FPTAN:
        return X87_C2;
    case I_FPATAN: case I_F2XM1: case I_FYL2X: case I_FYL2XP1:
    case I_FCOMI: case I_FCOMIP: case I_FUCOMI: case I_FUCOMIP:   /* the manual's C1 = 0 is Intel's; AMD leaves C1 alone */
    case I_FFREE: case I_FFREEP: case I_FNOP: case I_FLDCW: case I_FNSTCW: case I_FNCLEX: case I_FNENI: case I_FNDISI: case I_FNSETPM:
        return 0;
    default:
        return X87_C1;
    }
}

bool x87_transcendental(u16 instr)
{
    switch (instr) {
    case I_FSIN: case I_FCOS: case I_FSINCOS: case I_FPTAN: case I_FPATAN: case I_F2XM1: case I_FYL2X: case I_FYL2XP1: return true;
    default: return false;
    }
}

bool x87_comparison(u16 instr)
{
    switch (instr) {
    case I_FCOM: case I_FCOMP: case I_FCOMPP: case I_FICOM: case I_FICOMP: case I_FUCOM: case I_FUCOMP: case I_FUCOMPP: case I_FTST: return true;
    default: return false;
    }
}

/* ---- what a vector can hold ---- */

const char *vector_unfit(u16 instr)
{
    if (x87_transcendental(instr)) return "transcendental: the last bit is the processor's";
    switch (instr) {
    case I_RCPPS: case I_RCPSS: case I_RSQRTPS: case I_RSQRTSS: return "an approximation, each processor's own";
    case I_CPUID: case I_RDTSC: case I_RDPMC: return "its answer is the processor's";
    case I_SGDT: case I_SIDT: case I_SLDT: case I_STR: case I_SMSW: return "the kernel answers instead (UMIP)";
    case I_LAR: case I_LSL: case I_VERR: case I_VERW: case I_MOV_sreg: case I_POP_sreg: case I_LDS: case I_LES: case I_LFS: case I_LGS: case I_LSS:
    case I_CALL_far: case I_CALL_farm: case I_JMP_farm: case I_JMP_far: case I_RET_far: case I_IRET: return "it reads descriptors";
    case I_INT: case I_INT_1: case I_INT_3: case I_INT_O: case I_SYSENTER: case I_SYSEXIT: case I_RSM: return "it enters the kernel";
    case I_MONITOR: case I_MWAIT: case I_MOV_from_TR: case I_MOV_to_TR: return "whether it exists is the kernel's or the processor's choice";
    case I_FXRSTOR: return "it loads 512 bytes, mostly reserved";
    case I_CVTPI2PS: return "whether its memory form enters MMX state is the processor's choice";
    case I_FNSTENV: case I_FNSAVE: case I_FXSAVE: return "it stores the pointers to the last x87 instruction, which the operating system may lose";
    case I_PUSH_sreg: return "how much of the stack's slot is written is the processor's choice";
    default: return NULL;
    }
}

enum { STATUS_AT = 2, FIRST_POINTER = 6, AFTER_POINTERS = 24 };

/* An unmasked invalid or denormal operand: nothing is stored. */
static bool stopped_by(const u8 *fx) { return get(fx + STATUS_AT, W16) & ~get(fx, W16) & (X87_IE | X87_DE); }

static bool is_x87(const vector_run_t *v) { return (v->opcode & ~7u) == 0xD8 && v->opcode < 0x100; }

void vector_masks(const vector_run_t *v, moo_test_t *t)
{
    u16 instr = v->d.cold.instr;
    bool stopped = stopped_by(t->after.fx);
    memset(t->mask, 0xFF, sizeof t->mask);
    memset(t->fx_mask, 0xFF, sizeof t->fx_mask);
    memset(t->fx_mask + FIRST_POINTER, 0, AFTER_POINTERS - FIRST_POINTER);
    if (t->has_exception) return;
    t->mask[MOO_EFLAGS] = ~vector_undefined_flags(v);
    if (stopped && (instr == I_FCOMI || instr == I_FCOMIP || instr == I_FUCOMI || instr == I_FUCOMIP)) t->mask[MOO_EFLAGS] &= ~(u32)FLAGS_STATUS;    /* AMD's set them even so */
    if (!is_x87(v)) return;
    u32 codes = stopped && x87_comparison(instr) ? X87_C1 : x87_defined_codes(instr);
    put(t->fx_mask + STATUS_AT, W16, ~(u32)(X87_CC & ~codes));
}
