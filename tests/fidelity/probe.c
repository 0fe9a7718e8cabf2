/* probe.c - see probe.h: a vector laid out, executed, compared. */
#include "tests/fidelity/probe.h"

const char *const probe_names[PROBE_RESULTS] = { "passed", "exception", "eip", "registers", "flags", "memory", "x87 state", "SSE state", "skipped" };

u8  probe_fx_in[512] __attribute__((aligned(16))), probe_fx_out[512] __attribute__((aligned(16)));
u32 probe_in[8], probe_flags_in, probe_eip_in, probe_out[8], probe_flags_out, probe_trap_eip;
int probe_trap;
unsigned probe_differing;

static u8 *byte_at(u32 linear) { return (u8 *)(uintptr_t)linear; }

/* ---- memory ---- */

static bool named(const moo_test_t *t, u32 from, u32 bytes)
{
    for (u32 i = 0; i < t->before.n_ram; i++)
        if (t->before.ram[i].physical - from < bytes) return true;
    return false;
}

static bool is_prefix(u8 byte)
{
    static const u8 prefixes[] = { 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3 };
    for (unsigned i = 0; i < sizeof prefixes; i++)
        if (byte == prefixes[i]) return true;
    return false;
}

/* MOV r/m, Sreg tells the selectors. */
static bool tells_selectors(const moo_test_t *t)
{
    u32 i = 0;
    while (i + 1 < t->n_code && is_prefix(t->code[i])) i++;
    return place_cs() != t->before.r[MOO_CS] && t->code[i] == 0x8C;
}

static bool lay_out(const moo_test_t *t)
{
    u32 end = t->after.r[MOO_EIP];
    if (tells_selectors(t)) return false;
    for (u32 i = 0; i < t->before.n_ram; i++)
        if (!place_page(t->before.ram[i].physical)) return false;
    if (!t->has_exception && (!place_page(end) || !place_page(end + place_end_bytes - 1) || named(t, end, place_end_bytes))) return false;
    for (u32 i = 0; i < t->before.n_ram; i++) *byte_at(t->before.ram[i].physical) = t->before.ram[i].value;
    if (!t->has_exception) place_end(end);
    return true;
}

static void tidy(const moo_test_t *t)
{
    if (!t->has_exception) memset(byte_at(t->after.r[MOO_EIP]), 0xCC, place_end_bytes);
    for (u32 i = 0; i < t->before.n_ram; i++) *byte_at(t->before.ram[i].physical) = 0xCC;
}

/* ---- a vector ---- */

static const u8 places[8] = { MOO_EAX, MOO_ECX, MOO_EDX, MOO_EBX, MOO_ESP, MOO_EBP, MOO_ESI, MOO_EDI };
enum { VISIBLE_FLAGS = 0x2C0CD5 & ~0x200 };

static void execute(const moo_test_t *t)
{
    for (unsigned n = 0; n < 8; n++) probe_in[n] = t->before.r[places[n]];
    probe_flags_in = t->before.r[MOO_EFLAGS];
    probe_eip_in = t->before.r[MOO_EIP];
    memset(probe_fx_in, 0, sizeof probe_fx_in);
    memcpy(probe_fx_in, t->before.fx, MOO_FX);
    probe_trap = -1;
    place_execute(t->after.r[MOO_EIP]);
}

static bool memory_differs(const moo_test_t *t)
{
    for (u32 i = 0; i < t->before.n_ram; i++) {
        u8 want = t->before.ram[i].value;
        for (u32 k = 0; k < t->after.n_ram; k++)
            if (t->after.ram[k].physical == t->before.ram[i].physical) want = t->after.ram[k].value;
        if (*byte_at(t->before.ram[i].physical) != want) return true;
    }
    return false;
}

/* Not the pointers to the last instruction, nor what is reserved. */
static bool fx_counts(unsigned at) { return at < 5 || (at >= 24 && at < 28) || (at >= 32 && (at >= 160 || (at & 15) < 10)); }

static probe_result_t compare(const moo_test_t *t)
{
    if (t->has_exception != (probe_trap >= 0) || (probe_trap >= 0 && !place_is(probe_trap, t->exception))) return PROBE_EXCEPTION;
    if (probe_trap >= 0 && probe_trap_eip != t->after.r[MOO_EIP]) return PROBE_EIP;
    for (unsigned n = 0; n < 8; n++)
        if ((probe_out[n] ^ t->after.r[places[n]]) & t->mask[places[n]]) return PROBE_REGISTERS;
    if ((probe_flags_out ^ t->after.r[MOO_EFLAGS]) & t->mask[MOO_EFLAGS] & VISIBLE_FLAGS) return PROBE_FLAGS;
    if (memory_differs(t)) return PROBE_MEMORY;
    for (unsigned i = 0; i < MOO_FX && !t->has_exception; i++)
        if (fx_counts(i) && (probe_fx_out[probe_differing = i] ^ t->after.fx[i]) & t->fx_mask[i]) return i >= 24 && (i < 28 || i >= 160) ? PROBE_SSE : PROBE_X87;
    return PROBE_PASSED;
}

probe_result_t probe_run(const moo_test_t *t)
{
    probe_differing = MOO_FX;
    if (!lay_out(t)) return PROBE_SKIPPED;
    execute(t);
    probe_result_t result = compare(t);
    tidy(t);
    return result;
}
