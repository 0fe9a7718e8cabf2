/* op.h - one decoded instruction, and how it hands over to the next. */
#pragma once
#include "cpu/cpu.h"

typedef const op_t *run_fn(cpu_t *cpu, const op_t *op);

/* The hot part: all that a fast handler reads.  24 bytes on 64-bit hosts: on code that does not repeat much, bytes count (docs/performance.md). */
struct op {
    run_fn *run;                 /* handler for this instruction, operand form and width */
    u32 disp;                    /* displacement of the memory operand; the EIP an edge goes to */
    union {
        u32 imm;                 /* immediate; the return address of a CALL */
        u32 stamp;               /* RET and edges that leave the page: the target is valid with this map_stamp */
    };
    union {
        struct { u8 dst, src;    /* where in cpu->r: see reg_at() */
                 u8 base, index; };  /* register numbers, NOREG: none */
        s32 target;              /* where a taken branch goes, in bytes from this op: a block's first op, or a stub that finds it: target_of() */
    };
    union {
        struct { u8 seg;         /* of the memory operand */
                 u8 scale; };    /* index is shifted left by this */
        u16 release;             /* RET: bytes of parameters */
    };
    u8 wrap;                     /* 16: addresses are 16 bits, else 0 */
    u8 count;                    /* guest instructions from the block's start up to and including this one */
};

/* Where the operands are, destination first. */
typedef enum { NONE, R, M, I } kind_t;                       /* no operand, register, memory, immediate */
enum { N_KINDS = 4 };

typedef enum { REP_NONE, REP_Z, REP_NZ } rep_t;              /* F3 (REP, REPE), F2 (REPNE) */

/* The cold part, in a parallel array: who, where, how. */
typedef struct cold {
    u32 eip;                     /* of this instruction */
    u16 instr;                   /* I_ADD ... or a pseudo-op, tables.h */
    u8  length;
    u8  dst_kind : 2, src_kind : 2, width : 2, rep : 2;      /* width: log2 of bytes; 0, 1, 2 */
    u8  lock : 1, addr16 : 1, src_width : 2, cc : 4;         /* src_width: of MOVZX and MOVSX; cc: condition code */
    u8  dst_vector, src_vector;  /* operand codes of a row of opcodes_simd.def, whose registers are op->dst and src by number; else 0 */
} cold_t;

INLINE const cold_t *cold_of(const cpu_t *cpu, const op_t *op) { return &cpu->cold[op - cpu->ops]; }

/* Ops of one arena are less than 2 GiB apart. */
INLINE const op_t *target_of(const op_t *op) { return (const op_t *)(const void *)((const char *)op + op->target); }
INLINE void set_target(op_t *op, const op_t *to) { op->target = (s32)((const char *)to - (const char *)op); }

INLINE width_t width_at(unsigned log2_bytes) { return (width_t)(8u << log2_bytes); }

/* Go on with `next`.  Tail calls make handlers jump to each other; without them the loop in run.c makes every step.
 * `while (op) op = op->run(cpu, op);` fits both. */
#if TAIL_CALLS && defined(__clang__)
#  define GO(next) do { const op_t *go_ = (next); __attribute__((musttail)) return go_->run(cpu, go_); } while (0)
#elif TAIL_CALLS
/* gcc would load `run` relative to the old op and then move the new one into place; not knowing where it points it adds and jumps through it. */
#  define GO(next) do { const op_t *go_ = (next); __asm__("" : "+r"(go_)); return go_->run(cpu, go_); } while (0)
#else
#  define GO(next) do { (void)cpu; return (next); } while (0)
#endif
#define HANDLER(name) const op_t *name(cpu_t *cpu, const op_t *op)

/* Registers are host integers; r8/r16 live at byte offsets chosen at decode time, so that AH is found on any host. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
INLINE u8 reg_at(unsigned n, width_t w) { return (u8)(w == W8 ? (n & 3) * 4 + 3 - (n >> 2) : w == W16 ? n * 4 + 2 : n * 4); }
#else
INLINE u8 reg_at(unsigned n, width_t w) { return (u8)(w == W8 ? (n & 3) * 4 + (n >> 2) : n * 4); }
#endif

INLINE u32 reg(const cpu_t *cpu, u8 at, width_t w)
{
    const u8 *p = (const u8 *)cpu->r + at;
    u8 b; u16 h; u32 d;
    switch (w) {
    case W8:  memcpy(&b, p, 1); return b;
    case W16: memcpy(&h, p, 2); return h;
    default:  memcpy(&d, p, 4); return d;
    }
}
INLINE void set_reg(cpu_t *cpu, u8 at, width_t w, u32 v)
{
    u8 *p = (u8 *)cpu->r + at;
    u8 b = (u8)v; u16 h = (u16)v;
    switch (w) {
    case W8:  memcpy(p, &b, 1); break;
    case W16: memcpy(p, &h, 2); break;
    default:  memcpy(p, &v, 4); break;
    }
}
