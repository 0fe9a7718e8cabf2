/* lower_l0_simd.c - lowering L0 of the MMX and SSE instructions: shapes and functions of values put together, operands looked up at run time. */
#define TAIL_CALLS 0
#include "cpu/bodies.h"
#include "cpu/simd_inside.h"
#include "cpu/simd_numbers.h"
#include "cpu/simd_shapes.h"
#include "cpu/simd_whole.h"

#define BODY(F, work) HANDLER(F##_l0); HANDLER(F##_l0) { simd_op_t x; simd_open(cpu, op, &x); work; simd_close(cpu, op, &x); return op + 1; }

#define DEFINE_lanes8(F)   BODY(F, lanes8(F, &x.d, &x.s, x.bytes))
#define DEFINE_lanes16(F)  BODY(F, lanes16(F, &x.d, &x.s, x.bytes))
#define DEFINE_lanes32(F)  BODY(F, lanes32(F, &x.d, &x.s, x.bytes))
#define DEFINE_lanes64(F)  BODY(F, lanes64(F, &x.d, &x.s, x.bytes))
#define DEFINE_counts16(F) BODY(F, counts16(F, &x.d, x.s.q[0], x.bytes))
#define DEFINE_counts32(F) BODY(F, counts32(F, &x.d, x.s.q[0], x.bytes))
#define DEFINE_counts64(F) BODY(F, counts64(F, &x.d, x.s.q[0], x.bytes))
#define DEFINE_whole(F)    BODY(F, F(&x.d, &x.s, x.bytes, x.imm))
#define DEFINE_f32_lanes(F) BODY(F, f32_lanes(F, &x.env, &x.d, &x.s))
#define DEFINE_f32_low(F)  BODY(F, f32_low(F, &x.env, &x.d, &x.s))
#define DEFINE_f64_lanes(F) BODY(F, f64_lanes(F, &x.env, &x.d, &x.s))
#define DEFINE_f64_low(F)  BODY(F, f64_low(F, &x.env, &x.d, &x.s))
#define DEFINE_numbers(F)  BODY(F, F(&x.env, &x.d, &x.s, x.imm))
#define DEFINE_orders(F)   HANDLER(F##_l0); HANDLER(F##_l0) { simd_op_t x; simd_open(cpu, op, &x); simd_order(cpu, F(&x.env, &x.d, &x.s), &x.env); return op + 1; }
#define DEFINE_plain(F)

#define INSTR(shape, NAME, writes, reads, since) DEFINE_##shape(NAME)
#include "cpu/instructions_simd.def"
