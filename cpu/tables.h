/* tables.h - opcodes.def and instructions.def as C tables. */
#pragma once
#include "cpu/op.h"

typedef enum {
    __, Eb, Ev, Ew, Gb, Gv, Gw, Ib, Ibs, Iw, Iz, IwIb, AL, eAX, CL, DX, One, Zb, Zv, Jb, Jz, Ob, Ov, Xb, Xv,
    sES, sCS, sSS, sDS, sFS, sGS, Ap, Mp, Mv, RvMw, Rd, Cd, Dd, Td, EvIz, EvIbs, GvIb, GvCL,
    Ed, Gd, Md, Mq, Mx, Mem, RdMw, Pq, Qq, Qd, Nq, Vx, Wx, Wu, Wq, Wd, Ux,      /* opcodes_simd.def */
    N_OPERANDS
} operand_t;

enum { I_INVALID,
#define INSTR(shape, NAME, writes, reads, since) I_##NAME,
#include "cpu/instructions.def"
#undef INSTR
       /* pseudo-instructions: ops that the engine puts between guest instructions */
       I_LINK, I_CROSS, I_FALL, I_STALE, I_OBSERVE, I_FETCH_FAULT,
       N_INSTR,
       I_GRP1 = N_INSTR, I_GRP1A, I_GRP2, I_GRP3, I_GRP4, I_GRP5, I_GRP6, I_GRP7, I_GRP8, I_GRP9, I_GRP11,
       I_GRP12, I_GRP13, I_GRP14, I_GRP14_66, I_GRP15, I_GRP16, N_NAMES };

typedef enum { SHAPE_none, SHAPE_update, SHAPE_examine, SHAPE_assign, SHAPE_extend, SHAPE_modify, SHAPE_change, SHAPE_shift, SHAPE_double,
               SHAPE_ternary, SHAPE_scan, SHAPE_exchange, SHAPE_choose, SHAPE_consume, SHAPE_produce, SHAPE_plain, SHAPE_repeat,
               SHAPE_flow, SHAPE_branch,
               SHAPE_lanes8, SHAPE_lanes16, SHAPE_lanes32, SHAPE_lanes64, SHAPE_counts16, SHAPE_counts32, SHAPE_counts64, SHAPE_whole,
               SHAPE_f32_lanes, SHAPE_f32_low, SHAPE_f64_lanes, SHAPE_f64_low, SHAPE_numbers, SHAPE_orders } shape_t;

/* Where the operands of an x87 instruction are; see opcodes_x87.def. */
typedef enum { X87_none, X87_ST_STi, X87_STi_ST, X87_two, X87_env, X87_state, X87_single, X87_dbl, X87_ext, X87_word, X87_dword, X87_qword,
               X87_bcd } x87_format_t;
typedef struct { u16 instr; u8 format; } x87_row_t;          /* instr 0: reserved */
extern const x87_row_t x87_memory[8][8];                     /* [opcode - D8h][ModRM.reg] */
extern const x87_row_t x87_register[8][64];                  /* [opcode - D8h][ModRM - C0h] */

typedef struct { u16 instr; u8 dst, src, third, feature; } row_t;    /* instr: I_..., or a group; feature: feature_t, of opcodes_simd.def only */
extern const row_t opcode_map[0x200];                        /* 100h: the two-byte map */
extern const row_t extension[N_NAMES - N_INSTR][8];

/* opcodes_simd.def: chosen by the prefix and by whether r/m is memory or a register. */
enum { PREFIX_NP, PREFIX_66, PREFIX_F3, PREFIX_F2, N_MANDATORY };
enum { RM_MEMORY, RM_REGISTER };
extern const row_t simd_map[0x100][N_MANDATORY][2];          /* second byte; the row of an opcode without ModRM stands in both places */
extern const row_t simd_extension[N_NAMES - I_GRP12][8][2];  /* operands and feature 0: those of the opcode */
typedef struct { u8 opcode, modrm; row_t row; } simd_one_t;
extern const simd_one_t simd_ones[];                         /* ends with opcode 0 */

/* What a vector operand is: its registers, and how much of it stands in memory. */
typedef enum { NO_VECTOR, GENERAL, MMX_REGISTER, XMM_REGISTER } register_class_t;
typedef struct { u8 registers, bytes; bool aligned; } simd_operand_t;
extern const simd_operand_t simd_operands[N_OPERANDS];

typedef struct {
    const char *name;                                        /* as in instructions.def; the mnemonic is what stands before '_' */
    u8 shape;
    u8 since;                                                /* model_t */
    u16 writes, reads;                                       /* EFLAGS bits surely written, possibly read */
    u16 undefined;                                           /* of those written: undefined by the manual */
} instr_t;
extern const instr_t instructions[N_INSTR];
