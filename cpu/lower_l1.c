/* lower_l1.c - lowering L1, second half: the stack, branches, conditional instructions, and the choice of a handler for an op.
 * Compiled (DOPPEL_L1) only where the compiler turns `return f(x)` into a jump; see GO in op.h. */
#if DOPPEL_L1
#define TAIL_CALLS 1
#include "cpu/edge_handlers.h"
#include "cpu/fast.h"
#include "cpu/lower_l1_simd.h"
#include "cpu/lower_l1_x87.h"
#include "cpu/multiply.h"

/* ---- the stack ---- */

#define STACK_ROW(h) { { h##_W16_FLAT, h##_W16_SEGMENTED }, { h##_W32_FLAT, h##_W32_SEGMENTED } }

#define PUSH_R_STUB(w, memory) HANDLER(PUSH_R_##w##_##memory) { if (!push_register_step(cpu, op, w, memory)) HAND_OVER(generic); GO(op + 1); }
#define PUSH_I_STUB(w, memory) HANDLER(PUSH_I_##w##_##memory) { \
    u32 esp = (cpu->r[ESP] - w / 8) & stack_mask_of(cpu, memory); \
    u8 *host = probe_stack(cpu, esp, w, ACCESS_WRITE, memory); \
    if (UNLIKELY(!host)) HAND_OVER(generic); \
    put(host, w, op->imm); \
    move_stack(cpu, esp, memory); \
    GO(op + 1); }
/* PUSH m: the operand and the stack in kinds of their own; here both flat, as 32-bit systems have them. */
HANDLER(PUSH_M_W32) {
    const u8 *from = probe(cpu, op, W32, ACCESS_READ, FLAT);
    u32 esp = cpu->r[ESP] - 4;
    u8 *host = from ? probe_stack(cpu, esp, W32, ACCESS_WRITE, FLAT) : NULL;
    if (UNLIKELY(!host)) HAND_OVER(generic);
    put(host, W32, get(from, W32));
    cpu->r[ESP] = esp;
    GO(op + 1); }
#define POP_STUB(w, memory) HANDLER(POP_##w##_##memory) { if (!pop_register_step(cpu, op, w, memory)) HAND_OVER(generic); GO(op + 1); }
#define CALL_STUB(w, memory) HANDLER(CALL_##w##_##memory) { \
    u32 esp = (cpu->r[ESP] - w / 8) & stack_mask_of(cpu, memory); \
    u8 *host = probe_stack(cpu, esp, w, ACCESS_WRITE, memory); \
    if (UNLIKELY(!host)) HAND_OVER(generic); \
    put(host, w, op->imm); \
    move_stack(cpu, esp, memory); \
    GO_OR_LEAVE(taken(cpu, op)); }

/* An inline cache at the site: the last EIP it went to and the block there, true while the mapping stands.  RET has no address operand, so disp and
 * stamp are free for it. */
#define CACHED(eip) (op->disp == (eip) && op->stamp == cpu->map_stamp)
INLINE void fill_cache(cpu_t *cpu, op_t *site, const op_t *to)
{
    site->disp = cpu->eip;
    site->stamp = cpu->map_stamp;
    set_target(site, to);
}
/* A transfer whose target nobody remembers: cpu->eip says where.  Handlers of their own, so that the fast ones need no stack. */
static COLD HANDLER(find_next) { (void)op; GO_OR_LEAVE(block_find(cpu)); }
static COLD HANDLER(find_and_remember)
{
    op_t *site = &cpu->blocks->ops[op - cpu->blocks->ops];
    u32 generation = cpu->blocks->generation;
    const op_t *to = block_find(cpu);
    if (generation == cpu->blocks->generation && to >= cpu->blocks->ops + SCRATCH_OPS && site >= cpu->blocks->ops + SCRATCH_OPS)
        fill_cache(cpu, site, to);
    GO_OR_LEAVE(to);
}
/* A RET with another caller than the last time: most are in the jump cache. */
static HANDLER(remember)
{
    const op_t *to = jump_cached(cpu, cpu->eip);
    if (UNLIKELY(!to)) HAND_OVER(find_and_remember);
    fill_cache(cpu, &cpu->blocks->ops[op - cpu->blocks->ops], to);
    GO(to);
}

/* Indirect jumps and calls: the target from a register or from memory, then the hash of EIP.  (Their operand fills the op: no room for a cache
 * of their own.) */
#define GO_INDIRECT(eip_) do { u32 to_eip = (eip_); \
    cpu->budget -= op->count; \
    cpu->eip = to_eip; \
    if (UNLIKELY(cpu->budget < 0)) return NULL; \
    const op_t *cached = jump_cached(cpu, to_eip); \
    if (UNLIKELY(!cached)) HAND_OVER(find_next); \
    GO(cached); } while (0)
#define JMP_R_STUB(w) static HANDLER(JMP_R_##w) { \
    u32 eip = reg(cpu, op->dst, w); \
    if (UNLIKELY(eip > cpu->seg[CS].limit)) HAND_OVER(generic); \
    GO_INDIRECT(eip); }
#define JMP_M_STUB(w, memory) HANDLER(JMP_M_##w##_##memory) { \
    const u8 *host = probe(cpu, op, w, ACCESS_READ, memory); \
    if (UNLIKELY(!host || get(host, w) > cpu->seg[CS].limit)) HAND_OVER(generic); \
    GO_INDIRECT(get(host, w)); }
#define CALL_R_STUB(w, memory) HANDLER(CALL_R_##w##_##memory) { \
    u32 eip = reg(cpu, op->dst, w), esp = (cpu->r[ESP] - w / 8) & stack_mask_of(cpu, memory); \
    u8 *host = probe_stack(cpu, esp, w, ACCESS_WRITE, memory); \
    if (UNLIKELY(!host || eip > cpu->seg[CS].limit)) HAND_OVER(generic); \
    put(host, w, op->imm); \
    move_stack(cpu, esp, memory); \
    GO_INDIRECT(eip); }
#define CALL_M_STUB(memory) static HANDLER(CALL_M_W32_##memory) { \
    const u8 *from = probe(cpu, op, W32, ACCESS_READ, memory); \
    u32 eip = from ? get(from, W32) : 0, esp = cpu->r[ESP] - 4; \
    u8 *host = from ? probe_stack(cpu, esp, W32, ACCESS_WRITE, FLAT) : NULL; \
    if (UNLIKELY(!host || eip > cpu->seg[CS].limit)) HAND_OVER(generic); \
    put(host, W32, op->imm); \
    cpu->r[ESP] = esp; \
    GO_INDIRECT(eip); }
JMP_R_STUB(W16) JMP_R_STUB(W32)
JMP_M_STUB(W16, BASED) JMP_M_STUB(W16, FLAT) JMP_M_STUB(W16, SEGMENTED) JMP_M_STUB(W32, BASED) JMP_M_STUB(W32, FLAT) JMP_M_STUB(W32, SEGMENTED)
CALL_R_STUB(W16, FLAT) CALL_R_STUB(W16, SEGMENTED) CALL_R_STUB(W32, FLAT) CALL_R_STUB(W32, SEGMENTED)
CALL_M_STUB(BASED) CALL_M_STUB(FLAT) CALL_M_STUB(SEGMENTED)
static run_fn *const call_memory[N_MEMORIES] = { CALL_M_W32_BASED, CALL_M_W32_FLAT, CALL_M_W32_SEGMENTED };
static run_fn *const jump_register[2] = { JMP_R_W16, JMP_R_W32 }, *const call_register[2][2] = STACK_ROW(CALL_R);
static run_fn *const jump_memory[2][N_MEMORIES] = { { JMP_M_W16_BASED, JMP_M_W16_FLAT, JMP_M_W16_SEGMENTED },
                                                    { JMP_M_W32_BASED, JMP_M_W32_FLAT, JMP_M_W32_SEGMENTED } };

#define RET_STUB(w, memory) HANDLER(RET_##w##_##memory) { \
    u32 esp = cpu->r[ESP] & stack_mask_of(cpu, memory); \
    const u8 *host = probe_stack(cpu, esp, w, ACCESS_READ, memory); \
    if (UNLIKELY(!host)) HAND_OVER(generic); \
    u32 eip = get(host, w); \
    if (UNLIKELY(eip > cpu->seg[CS].limit)) HAND_OVER(generic); \
    move_stack(cpu, esp + w / 8 + op->release, memory); \
    cpu->budget -= op->count; \
    cpu->eip = eip; \
    if (UNLIKELY(cpu->budget < 0)) return NULL; \
    if (UNLIKELY(!CACHED(eip))) HAND_OVER(remember); \
    GO(target_of(op)); }

#define STACK_STUBS(w, memory) PUSH_R_STUB(w, memory) PUSH_I_STUB(w, memory) POP_STUB(w, memory) CALL_STUB(w, memory) RET_STUB(w, memory)
STACK_STUBS(W16, FLAT) STACK_STUBS(W32, FLAT) STACK_STUBS(W16, SEGMENTED) STACK_STUBS(W32, SEGMENTED)

static run_fn *const push_register[2][2] = STACK_ROW(PUSH_R), *const pop_register[2][2] = STACK_ROW(POP);
static run_fn *const push_immediate[2][2] = STACK_ROW(PUSH_I), *const call_direct[2][2] = STACK_ROW(CALL), *const ret_near[2][2] = STACK_ROW(RET);

/* ---- branches and conditions: one handler per condition code ---- */

HANDLER(jump_direct) { GO_OR_LEAVE(taken(cpu, op)); }

#define EACH_CC(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define JCC_STUB(cc) HANDLER(Jcc_##cc) { if (!condition(&cpu->f, cc)) GO(op + 1); GO_OR_LEAVE(taken(cpu, op)); }
#define SETCC_STUB(cc) HANDLER(SETcc_##cc) { set_reg(cpu, op->dst, W8, condition(&cpu->f, cc)); GO(op + 1); }
#define JCC_ENTRY(cc) Jcc_##cc,
#define SETCC_ENTRY(cc) SETcc_##cc,
EACH_CC(JCC_STUB) EACH_CC(SETCC_STUB)
static run_fn *const jcc[16] = { EACH_CC(JCC_ENTRY) };
static run_fn *const setcc[16] = { EACH_CC(SETCC_ENTRY) };

#define COUNT_STUB(F) static HANDLER(F##_fast) { if (!F(cpu, op)) GO(op + 1); GO_OR_LEAVE(taken(cpu, op)); }
COUNT_STUB(LOOP) COUNT_STUB(LOOPE) COUNT_STUB(LOOPNE) COUNT_STUB(JCXZ)

/* ---- a few more without operands in memory ---- */

HANDLER(LEA_32)     { set_reg(cpu, op->dst, W32, offset_of(cpu, op)); GO(op + 1); }
static HANDLER(LEA_16)     { set_reg(cpu, op->dst, W16, offset_of(cpu, op)); GO(op + 1); }
static HANDLER(NOP_fast)   { GO(op + 1); }
static HANDLER(CWD_32)     { cpu->r[EDX] = (u32)((s32)cpu->r[EAX] >> 31); GO(op + 1); }
static HANDLER(XCHG_RR_32) { u32 v = reg(cpu, op->dst, W32); set_reg(cpu, op->dst, W32, reg(cpu, op->src, W32)); set_reg(cpu, op->src, W32, v); GO(op + 1); }

/* ---- EDX:EAX: 32 by 32 bits into it, 32 bits out of it ---- */

#define MULTIPLY_R(name, body) static HANDLER(name##_R) { body(cpu, W32, reg(cpu, op->dst, W32)); GO(op + 1); }
#define MULTIPLY_M(name, body, memory) static HANDLER(name##_M_##memory) { \
    const u8 *host = probe(cpu, op, W32, ACCESS_READ, memory); \
    if (UNLIKELY(!host)) HAND_OVER(generic); \
    body(cpu, W32, get(host, W32)); \
    GO(op + 1); }
#define MULTIPLY(name, body) MULTIPLY_R(name, body) MULTIPLY_M(name, body, BASED) MULTIPLY_M(name, body, FLAT) MULTIPLY_M(name, body, SEGMENTED) \
    static run_fn *const name##_of[N_MEMORIES] = { name##_M_BASED, name##_M_FLAT, name##_M_SEGMENTED };
MULTIPLY(MUL_32, multiply) MULTIPLY(IMUL_32, multiply_signed)

#define DIVIDE_BY(value) u32 by = (value); if (UNLIKELY(!divides(cpu, W32, by))) HAND_OVER(generic); divide(cpu, W32, by); GO(op + 1);
#define DIV_M(memory) static HANDLER(DIV_32_M_##memory) { \
    const u8 *host = probe(cpu, op, W32, ACCESS_READ, memory); \
    if (UNLIKELY(!host)) HAND_OVER(generic); \
    DIVIDE_BY(get(host, W32)) }
static HANDLER(DIV_32_R) { DIVIDE_BY(reg(cpu, op->dst, W32)) }
DIV_M(BASED) DIV_M(FLAT) DIV_M(SEGMENTED)
static run_fn *const DIV_32_of[N_MEMORIES] = { DIV_32_M_BASED, DIV_32_M_FLAT, DIV_32_M_SEGMENTED };

/* ---- choosing ---- */

static run_fn *select_branch(u16 mode, const cold_t *c)
{
    switch (c->instr) {
    case I_Jcc:    return jcc[c->cc];
    case I_JMP:    return jump_direct;
    case I_CALL:   return call_direct[c->width - 1u][stack_of(mode) == SEGMENTED];
    case I_LOOP:   return LOOP_fast;
    case I_LOOPE:  return LOOPE_fast;
    case I_LOOPNE: return LOOPNE_fast;
    default:       return JCXZ_fast;
    }
}

static run_fn *select_push_memory(u16 mode, const op_t *op, const cold_t *c)
{
    return c->width == 2 && stack_of(mode) == FLAT && memory_of(mode, op) != SEGMENTED ? PUSH_M_W32 : NULL;
}

static run_fn *select_l1(u16 mode, const op_t *op, const cold_t *c, bool dead)
{
    form_t form = form_of(c);
    if (instructions[c->instr].shape == SHAPE_shift && c->src_kind == I && !shifts(op))
        return NULL;
    if (form != NO_FORM) {
        run_fn *run = l1_alu[c->instr][form][c->width][memory_of(mode, op)][dead];
        if (run) return run;
    }
    switch (c->instr) {
    case I_PUSH: return c->dst_kind == M ? select_push_memory(mode, op, c) : (c->dst_kind == R ? push_register : push_immediate)[c->width - 1u][stack_of(mode) == SEGMENTED];
    case I_POP:  return c->dst_kind == R ? pop_register[c->width - 1u][stack_of(mode) == SEGMENTED] : NULL;
    case I_RET:  return ret_near[c->width - 1u][stack_of(mode) == SEGMENTED];
    case I_JMP_near:  return c->dst_kind == R ? jump_register[c->width - 1u] : jump_memory[c->width - 1u][memory_of(mode, op)];
    case I_CALL_near: return c->dst_kind == R ? call_register[c->width - 1u][stack_of(mode) == SEGMENTED]
                           : c->width == 2 && stack_of(mode) == FLAT ? call_memory[memory_of(mode, op)] : NULL;
    case I_MUL:    return c->width != 2 ? NULL : c->dst_kind == R ? MUL_32_R : MUL_32_of[memory_of(mode, op)];
    case I_IMUL_1: return c->width != 2 ? NULL : c->dst_kind == R ? IMUL_32_R : IMUL_32_of[memory_of(mode, op)];
    case I_DIV:    return c->width != 2 ? NULL : c->dst_kind == R ? DIV_32_R : DIV_32_of[memory_of(mode, op)];
    case I_CMOVcc: return l1_choose(mode, op, c);
    case I_SETcc: return c->dst_kind == R ? setcc[c->cc] : NULL;
    case I_LEA:  return c->width == 2 ? LEA_32 : LEA_16;
    case I_NOP:  return NOP_fast;
    case I_CWD:  return c->width == 2 ? CWD_32 : NULL;
    case I_XCHG: return c->dst_kind == R && c->width == 2 ? XCHG_RR_32 : NULL;
    default:     if (c->dst_vector) return select_simd(mode, op, c);
                 return instructions[c->instr].shape == SHAPE_branch ? select_branch(mode, c) : select_x87(mode, op, c);
    }
}

const lowering_t lowering_l1 = { .link = link_edge, .cross = cross_edge, .fall = fall_edge, .stale = stale_block, .observe = observe_op,
                                 .fetch_fault = fetch_fault, .generic = generic, .select = select_l1, .fuse = l1_fuse,
                                 .pairs = l1_pairs, .n_pairs = &l1_n_pairs };
bool cpu_has_l1(void) { return true; }

#else   /* no tail calls: only L0 */
#include "cpu/lowering.h"

const lowering_t lowering_l1 = { .select = NULL };
bool cpu_has_l1(void) { return false; }

#endif
