/* lower_l1_choose.c - lowering L1: CMOVcc, one handler per condition code and kind of source.  Compilers since the Pentium Pro use it wherever
 * a jump would be hard to predict. */
#if DOPPEL_L1
#define TAIL_CALLS 1
#include "cpu/fast.h"

#define CHOOSE_R(w, cc) HANDLER(CMOV_R_##w##_##cc) { choose(cpu, op, R, w, (place_t){ NULL, 0 }, cc); GO(op + 1); }
#define CHOOSE_M(w, memory, cc) HANDLER(CMOV_M_##w##_##memory##_##cc) { \
    place_t m = { probe(cpu, op, w, ACCESS_READ, memory), 0 }; if (UNLIKELY(!m.host)) HAND_OVER(generic); choose(cpu, op, M, w, m, cc); GO(op + 1); }
EACH_CC_OF(CHOOSE_R, W32) EACH_CC_OF(CHOOSE_M, W32, BASED) EACH_CC_OF(CHOOSE_M, W32, FLAT) EACH_CC_OF(CHOOSE_M, W32, SEGMENTED)

#define ENTRY(name, cc) name##_##cc,
static run_fn *const from_register[16] = { EACH_CC_OF(ENTRY, CMOV_R_W32) };
static run_fn *const from_memory[N_MEMORIES][16] = {
    [BASED] = { EACH_CC_OF(ENTRY, CMOV_M_W32_BASED) }, [FLAT] = { EACH_CC_OF(ENTRY, CMOV_M_W32_FLAT) }, [SEGMENTED] = { EACH_CC_OF(ENTRY, CMOV_M_W32_SEGMENTED) },
};

run_fn *l1_choose(u16 mode, const op_t *op, const cold_t *c)
{
    if (c->width != 2)
        return NULL;
    return c->src_kind == R ? from_register[c->cc] : from_memory[memory_of(mode, op)][c->cc];
}
#else
typedef int lower_l1_choose_is_empty;
#endif
