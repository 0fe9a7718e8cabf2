/* simd_state.c - MXCSR and the whole state in memory, EMMS, masked stores, and hints.  SDM vol. 2, under each name; vol. 1, 10.5 (FXSAVE, table 10-2),
 * 10.2.3 and 11.6.6 (MXCSR and its mask).
 *
 * Caches do not exist here, so that prefetches, fences and non-temporal hints have nothing to do and CLFLUSH only checks its operand.  Model
 * differences: FXSAVE and FXRSTOR leave XMM registers out while CR4.OSFXSR is clear (the manual leaves it open). */
#include "cpu/model.h"
#include "cpu/simd_inside.h"

/* ---- MXCSR ---- */

static void need_mxcsr_bits(cpu_t *cpu, u32 mxcsr)
{
    if (mxcsr & ~model_mxcsr_mask(cpu->model))
        fault(cpu, GP, 0);
}

void LDMXCSR(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    simd_available(cpu, false, true);
    u32 mxcsr = load(cpu, op->seg, offset_of(cpu, op), W32);
    need_mxcsr_bits(cpu, mxcsr);
    cpu->simd.mxcsr = mxcsr;
}

void STMXCSR(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    simd_available(cpu, false, true);
    store(cpu, op->seg, offset_of(cpu, op), W32, cpu->simd.mxcsr);
}

/* ---- FXSAVE, FXRSTOR: table 10-2, 32-bit layout ---- */

enum { FX_BYTES = 512, FX_CONTROL = 0, FX_STATUS = 2, FX_TAGS = 4, FX_OPCODE = 6, FX_IP = 8, FX_CS = 12, FX_DP = 16, FX_DS = 20,
       FX_MXCSR = 24, FX_MXCSR_MASK = 28, FX_ST = 32, FX_XMM = 160, FX_STEP = 16 };

static place_t open_state(cpu_t *cpu, const op_t *op, access_t access)
{
    fpu_available(cpu);
    simd_need_aligned(cpu, op);
    return fpu_open(cpu, op, FX_BYTES, access);
}

static void pack_x87(const cpu_t *cpu, u8 *to)
{
    const fpu_t *f = &cpu->fpu;
    put(to + FX_CONTROL, W16, f->control);
    put(to + FX_STATUS, W16, fpu_status(f));
    put(to + FX_TAGS, W8, f->full);                            /* a bit a register: not empty */
    put(to + FX_OPCODE, W16, fpu_visible_opcode(cpu));
    put(to + FX_IP, W32, f->ip);
    put(to + FX_CS, W16, f->cs);
    put(to + FX_DP, W32, f->dp);
    put(to + FX_DS, W16, f->ds);
    for (unsigned i = 0; i < 8; i++)
        f80_put(to + FX_ST + i * FX_STEP, fpu_get(f, i));
}

static void unpack_x87(cpu_t *cpu, const u8 *from)
{
    fpu_t *f = &cpu->fpu;
    fpu_set_status(f, (u16)get(from + FX_STATUS, W16));
    fpu_set_control(f, get(from + FX_CONTROL, W16));
    f->full = (u8)get(from + FX_TAGS, W8);
    f->opcode = f->error_opcode = get(from + FX_OPCODE, W16) & 0x7FF;
    f->ip = get(from + FX_IP, W32);
    f->cs = (u16)get(from + FX_CS, W16);
    f->dp = get(from + FX_DP, W32);
    f->ds = (u16)get(from + FX_DS, W16);
    for (unsigned i = 0; i < 8; i++)
        f->r[fpu_at(f, i)] = f80_get(from + FX_ST + i * FX_STEP);
    fpu_summarise(cpu);
}

/* A mask of zero stands for FFBFh: processors from before the field. */
static u32 stored_mask(const cpu_t *cpu)
{
    u32 mask = model_mxcsr_mask(cpu->model);
    return mask == 0xFFBF ? 0 : mask;
}

static bool saves_xmm(const cpu_t *cpu) { return model_has(cpu->model, HAS_SSE) && cpu->cr4 & CR4_OSFXSR; }

static void write_part(cpu_t *cpu, place_t at, const u8 *image, u32 first, u32 bytes)
{
    fpu_write(cpu, (place_t){ at.host ? at.host + first : NULL, at.linear + first }, image + first, bytes);
}

/* All but what is reserved, which keeps the bytes that stood there. */
static void write_state(cpu_t *cpu, place_t at, const u8 *image)
{
    write_part(cpu, at, image, FX_CONTROL, 5);
    write_part(cpu, at, image, FX_OPCODE, 8);
    write_part(cpu, at, image, FX_DP, 6);
    if (model_has(cpu->model, HAS_SSE))
        write_part(cpu, at, image, FX_MXCSR, 8);
    for (u32 i = 0; i < 8; i++)
        write_part(cpu, at, image, FX_ST + i * FX_STEP, 10);
    if (saves_xmm(cpu))
        write_part(cpu, at, image, FX_XMM, 8 * FX_STEP);
}

void FXSAVE(cpu_t *cpu, const op_t *op, width_t w)
{
    u8 image[FX_BYTES] = { 0 };
    (void)w;
    place_t at = open_state(cpu, op, ACCESS_WRITE);
    pack_x87(cpu, image);
    if (model_has(cpu->model, HAS_SSE)) {
        put(image + FX_MXCSR, W32, cpu->simd.mxcsr);
        put(image + FX_MXCSR_MASK, W32, stored_mask(cpu));
    }
    for (unsigned n = 0; n < 8 && saves_xmm(cpu); n++)
        vector_put(image + FX_XMM + n * FX_STEP, cpu->simd.xmm[n]);
    write_state(cpu, at, image);
}

void FXRSTOR(cpu_t *cpu, const op_t *op, width_t w)
{
    u8 image[FX_BYTES];
    (void)w;
    fpu_read(cpu, open_state(cpu, op, ACCESS_READ), image, FX_BYTES);
    if (model_has(cpu->model, HAS_SSE)) {
        need_mxcsr_bits(cpu, get(image + FX_MXCSR, W32));
        cpu->simd.mxcsr = get(image + FX_MXCSR, W32);
    }
    unpack_x87(cpu, image);
    for (unsigned n = 0; n < 8 && saves_xmm(cpu); n++)
        cpu->simd.xmm[n] = vector_get(image + FX_XMM + n * FX_STEP);
}

/* ---- MMX ---- */

void EMMS(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)op; (void)w;
    simd_available(cpu, true, false);
    cpu->fpu.full = 0;                                         /* and TOP 0 */
    cpu->fpu.top = 0;
}

/* ---- stores ---- */

void MOVNTI(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    store(cpu, op->seg, offset_of(cpu, op), W32, reg(cpu, op->src, W32));
}

/* To DS:EDI, the bytes whose mask has its top bit set.  Only those can fault. */
static void masked_store(cpu_t *cpu, const op_t *op, vector_t v, vector_t mask, unsigned bytes)
{
    place_t place[16];
    u32 offset = address_reg(cpu, op, EDI);
    for (unsigned i = 0; i < bytes; i++)
        if (mask.b[LANE8(i)] >> 7)
            place[i] = open_at(cpu, op->seg, offset + i, W8, ACCESS_WRITE);
    for (unsigned i = 0; i < bytes; i++)
        if (mask.b[LANE8(i)] >> 7)
            place_put(cpu, place[i], W8, v.b[LANE8(i)]);
}

void MASKMOVQ(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    simd_available(cpu, true, false);
    vector_t v = { .q = { cpu->fpu.r[op->dst & 7].m } }, mask = { .q = { cpu->fpu.r[op->src & 7].m } };
    masked_store(cpu, op, v, mask, 8);
    simd_turn_to_mmx(&cpu->fpu);
}

void MASKMOVDQU(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    simd_available(cpu, false, true);
    masked_store(cpu, op, cpu->simd.xmm[op->dst & 7], cpu->simd.xmm[op->src & 7], 16);
}

/* ---- hints ---- */

void PREFETCHNTA(cpu_t *cpu, const op_t *op, width_t w) { (void)cpu; (void)op; (void)w; }
void PREFETCHT0(cpu_t *cpu, const op_t *op, width_t w)  { (void)cpu; (void)op; (void)w; }
void PREFETCHT1(cpu_t *cpu, const op_t *op, width_t w)  { (void)cpu; (void)op; (void)w; }
void PREFETCHT2(cpu_t *cpu, const op_t *op, width_t w)  { (void)cpu; (void)op; (void)w; }
void LFENCE(cpu_t *cpu, const op_t *op, width_t w)      { (void)cpu; (void)op; (void)w; }
void MFENCE(cpu_t *cpu, const op_t *op, width_t w)      { (void)cpu; (void)op; (void)w; }
void SFENCE(cpu_t *cpu, const op_t *op, width_t w)      { (void)cpu; (void)op; (void)w; }

/* It may fault as a load of a byte may. */
void CLFLUSH(cpu_t *cpu, const op_t *op, width_t w)
{
    (void)w;
    open_at(cpu, op->seg, offset_of(cpu, op), W8, ACCESS_READ);
}
