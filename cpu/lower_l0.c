/* lower_l0.c - lowering L0: one generic handler per instruction, call-threaded.  It looks operand kinds and widths up at
 * run time; everything else is the same text that L1 specialises.  Nothing here decides anything: it only names combinations. */
#define TAIL_CALLS 0
#include "cpu/alu.h"
#include "cpu/bodies.h"
#include "cpu/edge_handlers.h"
#include "cpu/jump.h"
#include "cpu/shapes.h"
#include "cpu/shift.h"

/* The two that write both operands, or the accumulator. */
static bool XCHG(flags_t *f, width_t w, cpu_t *cpu, u32 *dst, u32 *src)
{
    (void)f; (void)w; (void)cpu;
    u32 v = *dst;
    *dst = *src;
    *src = v;
    return true;
}
static bool XADD(flags_t *f, width_t w, cpu_t *cpu, u32 *dst, u32 *src)
{
    (void)cpu;
    u32 v = *dst;
    *dst = ADD(f, w, v, *src);
    *src = v;
    return true;
}
static bool CMPXCHG(flags_t *f, width_t w, cpu_t *cpu, u32 *dst, u32 *src)
{
    u32 accumulator = reg(cpu, reg_at(EAX, w), w);
    CMP(f, w, accumulator, *dst);
    if (accumulator == *dst) *dst = *src;
    else                     set_reg(cpu, reg_at(EAX, w), w, *dst);
    return false;
}

/* The operands of this op, as its cold part tells; a memory operand is proved accessible. */
typedef struct { kind_t d, s; width_t w, from; place_t m; } operands_t;

static operands_t open_operands(cpu_t *cpu, const op_t *op, bool writes)
{
    const cold_t *c = cold_of(cpu, op);
    operands_t o = { (kind_t)c->dst_kind, (kind_t)c->src_kind, width_at(c->width), width_at(c->src_width), { NULL, 0 } };
    if (o.d == M)      o.m = open_at(cpu, op->seg, offset_of(cpu, op), o.w, writes ? ACCESS_WRITE : ACCESS_READ);
    else if (o.s == M) o.m = open_at(cpu, op->seg, offset_of(cpu, op), o.from, ACCESS_READ);
    return o;
}

#define BODY(F) static HANDLER(F##_l0)
#define WITH_OPERANDS(F, writes, run) BODY(F) { operands_t o = open_operands(cpu, op, writes); run; return op + 1; }

#define DEFINE_update(F)   WITH_OPERANDS(F, true,  update(cpu, op, F, o.d, o.s, o.w, o.m, true))
#define DEFINE_examine(F)  WITH_OPERANDS(F, false, examine(cpu, op, F, o.d, o.s, o.w, o.m, true))
#define DEFINE_assign(F)   WITH_OPERANDS(F, true,  assign(cpu, op, F, o.d, o.s, o.w, o.m, true))
#define DEFINE_extend(F)   WITH_OPERANDS(F, false, extend(cpu, op, F, o.s, o.w, o.from, o.m))
#define DEFINE_modify(F)   WITH_OPERANDS(F, true,  modify(cpu, op, F, o.d, o.w, o.m, true))
#define DEFINE_change(F)   WITH_OPERANDS(F, true,  change(cpu, op, F, o.d, o.w, o.m))
#define DEFINE_shift(F)    WITH_OPERANDS(F, true,  shift(cpu, op, F, o.d, o.s, o.w, o.m, true))
#define DEFINE_double(F)   WITH_OPERANDS(F, true,  doubled(cpu, op, F, o.d, cold_of(cpu, op)->cc, o.w, o.m))
#define DEFINE_ternary(F)  WITH_OPERANDS(F, false, ternary(cpu, op, F, o.s, o.w, o.m))
#define DEFINE_scan(F)     WITH_OPERANDS(F, false, scan(cpu, op, F, o.s, o.w, o.m))
#define DEFINE_exchange(F) WITH_OPERANDS(F, true,  exchange(cpu, op, F, o.d, o.w, o.m))
#define DEFINE_choose(F)   WITH_OPERANDS(F, false, choose(cpu, op, o.s, o.w, o.m, cold_of(cpu, op)->cc))
#define DEFINE_consume(F)  WITH_OPERANDS(F, false, F(cpu, op, o.w, value(cpu, op, o.d, op->dst, o.w, o.m)))
#define DEFINE_produce(F)  WITH_OPERANDS(F, true,  put_value(cpu, o.d, op->dst, o.w, o.m, F(cpu, op, o.w)))
#define DEFINE_plain(F)    BODY(F) { F(cpu, op, width_at(cold_of(cpu, op)->width)); return op + 1; }
#define DEFINE_repeat(F)   BODY(F) { return F(cpu, op, width_at(cold_of(cpu, op)->width)); }
#define DEFINE_flow(F)     BODY(F) { return F(cpu, op, width_at(cold_of(cpu, op)->width)); }
#define DEFINE_branch(F)   DEFINE_branch_##F
/* Vectors: lower_l0_simd.c. */
#define ELSEWHERE(F) HANDLER(F##_l0);
#define DEFINE_lanes8(F)   ELSEWHERE(F)
#define DEFINE_lanes16(F)  ELSEWHERE(F)
#define DEFINE_lanes32(F)  ELSEWHERE(F)
#define DEFINE_lanes64(F)  ELSEWHERE(F)
#define DEFINE_counts16(F) ELSEWHERE(F)
#define DEFINE_counts32(F) ELSEWHERE(F)
#define DEFINE_counts64(F) ELSEWHERE(F)
#define DEFINE_whole(F)    ELSEWHERE(F)
#define DEFINE_f32_lanes(F) ELSEWHERE(F)
#define DEFINE_f32_low(F)  ELSEWHERE(F)
#define DEFINE_f64_lanes(F) ELSEWHERE(F)
#define DEFINE_f64_low(F)  ELSEWHERE(F)
#define DEFINE_numbers(F)  ELSEWHERE(F)
#define DEFINE_orders(F)   ELSEWHERE(F)
/* The target is checked before the counter moves or the return address is pushed. */
#define DEFINE_branch_Jcc    BODY(Jcc)    { if (!Jcc(cpu, op, cold_of(cpu, op)->cc)) return op + 1; check_target(cpu, op->disp); return taken(cpu, op); }
#define DEFINE_branch_JCXZ   BODY(JCXZ)   { if (!JCXZ(cpu, op)) return op + 1; check_target(cpu, op->disp); return taken(cpu, op); }
#define DEFINE_branch_LOOP   BODY(LOOP)   { return looped(cpu, op, LOOP); }
#define DEFINE_branch_LOOPE  BODY(LOOPE)  { return looped(cpu, op, LOOPE); }
#define DEFINE_branch_LOOPNE BODY(LOOPNE) { return looped(cpu, op, LOOPNE); }
#define DEFINE_branch_JMP    BODY(JMP)    { check_target(cpu, op->disp); return taken(cpu, op); }
#define DEFINE_branch_CALL   BODY(CALL)   { check_target(cpu, op->disp); push(cpu, width_at(cold_of(cpu, op)->width), op->imm); return taken(cpu, op); }

/* LOOPcc: a target beyond the limit faults with the counter unchanged. */
static const op_t *looped(cpu_t *cpu, const op_t *op, bool (*holds)(cpu_t *, const op_t *))
{
    u32 ecx = cpu->r[ECX];
    if (!holds(cpu, op))
        return op + 1;
    if (UNLIKELY(op->disp > cpu->seg[CS].limit)) {
        cpu->r[ECX] = ecx;
        fault(cpu, GP, 0);
    }
    return taken(cpu, op);
}

#define INSTR(shape, NAME, writes, reads, since) DEFINE_##shape(NAME)
#include "cpu/instructions.def"
#undef INSTR

run_fn *const l0_bodies[N_INSTR] = {
#define INSTR(shape, NAME, writes, reads, since) [I_##NAME] = NAME##_l0,
#include "cpu/instructions.def"
#undef INSTR
};

const lowering_t lowering_l0 = { .link = link_edge, .cross = cross_edge, .fall = fall_edge, .stale = stale_block, .observe = observe_op,
                                 .fetch_fault = fetch_fault, .generic = generic, .select = NULL };
