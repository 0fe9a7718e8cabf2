/* breakpoint.c - see breakpoint.h.
 *
 * Choices where the manual leaves them open: a breakpoint that is not enabled sets no bit of DR6; LEN 10b means one byte (eight, in
 * processors with 64 bits); R/W 10b without CR4.DE never matches; the processor's own accesses to descriptor tables and TSSs count as
 * an instruction's do. */
#include "cpu/breakpoint.h"
#include "cpu/bodies.h"
#include "cpu/system.h"

enum { DR6_ONES = 0xFFFF0FF0, DR6_BITS = 0x0000E00F, DR7_ONES = 0x400, DR7_BITS = 0xFFFF23FF, DR7_GD = 1 << 13, DR6_BD = 1 << 13,
       DR7_ENABLES = 0xFF };

/* R/Wn.  Vol. 3B, 17.2.4. */
enum { ON_EXECUTION, ON_WRITE, ON_PORT, ON_ACCESS };

static bool enabled(const cpu_t *cpu, unsigned i)      { return cpu->dr[7] >> 2 * i & 3; }
static u32  condition(const cpu_t *cpu, unsigned i)    { return cpu->dr[7] >> (16 + 4 * i) & 3; }
static u32  watched_bytes(const cpu_t *cpu, unsigned i)
{
    static const u8 bytes[] = { 1, 2, 1, 4 };
    return bytes[cpu->dr[7] >> (18 + 4 * i) & 3];
}

/* Do the two ranges share a byte?  The breakpoint's is aligned to its length: lower bits of DRn do not count (vol. 3B, 17.2.5). */
static bool meets(const cpu_t *cpu, unsigned i, u32 at, u32 bytes)
{
    u32 length = watched_bytes(cpu, i), first = cpu->dr[i] & ~(length - 1);
    return at - first < length || first - at < bytes;
}

static bool any(const cpu_t *cpu, u32 conditions)
{
    if (!(cpu->dr[7] & DR7_ENABLES))
        return false;
    for (unsigned i = 0; i < 4; i++)
        if (enabled(cpu, i) && conditions >> condition(cpu, i) & 1)
            return true;
    return false;
}
bool breakpoint_any_execute(const cpu_t *cpu) { return any(cpu, 1 << ON_EXECUTION); }
bool breakpoint_any_data(const cpu_t *cpu)    { return any(cpu, 1 << ON_WRITE | 1 << ON_ACCESS); }

u32 breakpoint_execute(const cpu_t *cpu, u32 linear)
{
    u32 bits = 0;
    for (unsigned i = 0; i < 4; i++)
        if (enabled(cpu, i) && condition(cpu, i) == ON_EXECUTION && cpu->dr[i] == linear)
            bits |= 1u << i;
    return bits;
}

/* The trap comes after this instruction, or after this iteration of a repeated one. */
static void match(cpu_t *cpu, u32 conditions, u32 at, u32 bytes)
{
    u32 bits = 0;
    for (unsigned i = 0; i < 4; i++)
        if (enabled(cpu, i) && conditions >> condition(cpu, i) & 1 && meets(cpu, i, at, bytes))
            bits |= 1u << i;
    if (!bits)
        return;
    cpu->debug_pending |= bits;
    cpu_kick(cpu);
}

void breakpoint_data(cpu_t *cpu, u32 linear, u32 bytes, bool write)
{
    if (cpu->dr[7] & DR7_ENABLES)
        match(cpu, write ? 1 << ON_WRITE | 1 << ON_ACCESS : 1 << ON_ACCESS, linear, bytes);
}

void breakpoint_port(cpu_t *cpu, u16 port, u32 bytes)
{
    if (cpu->dr[7] & DR7_ENABLES && cpu->cr4 & CR4_DE)
        match(cpu, 1 << ON_PORT, port, bytes);
}

/* ---- MOV DRn ---- */

/* DR4 and DR5 are DR6 and DR7 unless CR4.DE is set (vol. 3B, 17.2.2).  DR7.GD guards them all with a #DB fault. */
static unsigned need_debug(cpu_t *cpu, unsigned n)
{
    n &= 7;
    if (n == 4 || n == 5) {
        if (cpu->cr4 & CR4_DE)
            fault_ud(cpu);
        n += 2;
    }
    need_cpl0(cpu);
    if (cpu->dr[7] & DR7_GD) {
        cpu->dr[6] |= DR6_BD;
        fault(cpu, DB, 0);
    }
    return n;
}

u32 read_debug(cpu_t *cpu, unsigned n)
{
    n = need_debug(cpu, n);
    return n == 6 ? cpu->dr[6] | DR6_ONES : n == 7 ? cpu->dr[7] | DR7_ONES : cpu->dr[n];
}

void write_debug(cpu_t *cpu, unsigned n, u32 value)
{
    n = need_debug(cpu, n);
    cpu->dr[n] = n == 6 ? (value & DR6_BITS) | DR6_ONES : n == 7 ? (value & DR7_BITS) | DR7_ONES : value;
    cpu_mode_changed(cpu);
    cpu_kick(cpu);                               /* an instruction breakpoint may stand inside this block */
}

void MOV_from_DR(cpu_t *cpu, const op_t *op, width_t w) { (void)w; set_reg(cpu, op->dst, W32, read_debug(cpu, op->src)); }
void MOV_to_DR(cpu_t *cpu, const op_t *op, width_t w)   { (void)w; write_debug(cpu, op->src, reg(cpu, op->dst, W32)); }
