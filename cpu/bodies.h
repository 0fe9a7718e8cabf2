/* bodies.h - the bodies that find their own operands, one function per instruction, named as in instructions.def. */
#pragma once
#include "cpu/op.h"

#define DECLARE_plain(F)   void F(cpu_t *cpu, const op_t *op, width_t w);
#define DECLARE_flow(F)    const op_t *F(cpu_t *cpu, const op_t *op, width_t w);
#define DECLARE_consume(F) void F(cpu_t *cpu, const op_t *op, width_t w, u32 src);
#define DECLARE_produce(F) u32 F(cpu_t *cpu, const op_t *op, width_t w);
#define DECLARE_repeat(F)  const op_t *F(cpu_t *cpu, const op_t *op, width_t w);
#define DECLARE_branch(F)
#define DECLARE_update(F)
#define DECLARE_examine(F)
#define DECLARE_assign(F)
#define DECLARE_extend(F)
#define DECLARE_modify(F)
#define DECLARE_change(F)
#define DECLARE_shift(F)
#define DECLARE_double(F)
#define DECLARE_ternary(F)
#define DECLARE_scan(F)
#define DECLARE_exchange(F)
#define DECLARE_choose(F)
#define DECLARE_lanes8(F)
#define DECLARE_lanes16(F)
#define DECLARE_lanes32(F)
#define DECLARE_lanes64(F)
#define DECLARE_counts16(F)
#define DECLARE_counts32(F)
#define DECLARE_counts64(F)
#define DECLARE_whole(F)
#define DECLARE_f32_lanes(F)
#define DECLARE_f32_low(F)
#define DECLARE_f64_lanes(F)
#define DECLARE_f64_low(F)
#define DECLARE_numbers(F)
#define DECLARE_orders(F)
#define INSTR(shape, NAME, writes, reads, since) DECLARE_##shape(NAME)
#include "cpu/instructions.def"
#undef INSTR
