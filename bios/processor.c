/* processor.c - what an operating system expects the firmware to have set up in the processor: the local APIC and the memory types.
 * Intel SDM volume 3, 10.4-10.5 and MultiProcessor Specification 1.4, 3.6.2.2 ("virtual wire mode"); SDM volume 3, 11.11 "MTRRs".
 * Left out: further processors (they stay where INIT left them), microcode. */
#include "tables.h"
#include "pci.h"

/* Behind a local APIC the 8259s reach the processor only when its LINT0 pin is set to "ExtINT". */
void apic_start(void)
{
    enum { APIC = 1 << 9, SPURIOUS = 0xFEE000F0, LINT0 = 0xFEE00350, LINT1 = 0xFEE00360, EXTINT = 0x700, NMI = 0x400 };
    if (!(cpu_features() & APIC))
        return;
    flat_on();
    put32(SPURIOUS, 0x1FF);
    put32(LINT0, EXTINT);
    put32(LINT1, NMI);
    flat_off();
}

static u64 read_msr(u32 msr)
{
    u64 value;
    __asm__ volatile("rdmsr" : "=A"(value) : "c"(msr));
    return value;
}

static void write_msr(u32 msr, u32 low, u32 high)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"(low), "d"(high));
}

/* Memory is written back, but the display's window and what lies above PCI_MEMORY_FIRST is not cached, and ROMs are write protected. */
void mtrr_start(void)
{
    enum { MTRR = 1 << 12, CAP = 0xFE, BASE0 = 0x200, MASK0 = 0x201, FIX64K = 0x250, FIX16K = 0x258, FIX4K = 0x268, DEFAULT = 0x2FF };
    enum { WB = 6, WB4 = 0x06060606, UC4 = 0, WP4 = 0x05050505, VALID = 0x800, ENABLE = 0x800, FIXED_ENABLE = 0x400, FIXED = 1 << 8 };
    if (!(cpu_features() & MTRR))
        return;
    u32 cap = (u32)read_msr(CAP), bits = cpu_address_bits();
    write_msr(DEFAULT, 0, 0);
    if (cap & FIXED) {
        write_msr(FIX64K, WB4, WB4);
        write_msr(FIX16K, WB4, WB4);
        write_msr(FIX16K + 1, UC4, UC4);
        for (u32 i = 0; i < 8; i++)
            write_msr(FIX4K + i, WP4, WP4);
    }
    for (u32 i = 0; i < (cap & 0xFF); i++)
        write_msr(MASK0 + i * 2, 0, 0);
    if (cap & 0xFF) {
        write_msr(BASE0, PCI_MEMORY_FIRST, 0);
        write_msr(MASK0, PCI_MEMORY_FIRST | VALID, bits > 32 ? (1u << (bits - 32)) - 1 : 0);
    }
    write_msr(DEFAULT, ENABLE | (cap & FIXED ? (u32)FIXED_ENABLE : 0) | WB, 0);
}
