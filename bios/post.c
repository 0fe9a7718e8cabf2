/* post.c - power-on: vectors, data areas, chips, option ROMs, and the sign-on that says what was found.
 * Each step shows its number at port 80h.  What this leaves out: a memory test (the emulated
 * memory cannot be bad) and PCI option ROMs (a PCI video ROM must stand at C0000 already). */
#include "system.h"
#include "pci.h"
#include "tables.h"

extern char int02_entry[], int05_entry[], int08_entry[], int09_entry[], int0e_entry[], int11_entry[],
    int12_entry[], int13_entry[], int14_entry[], int15_entry[], int16_entry[], int17_entry[], int18[],
    int19_entry[], int1a_entry[], int40_entry[], int42_entry[], int70[], int71[], int74[], int75[],
    int76[], int77[], iret_entry[], unexpected_entry[];

/* AT Technical Reference, "Interrupt vector listing". */
static void vectors_start(void)
{
    static const rom struct { u8 vector; u32 entry; } table[] = {
        { 0x02, (u32)int02_entry }, { 0x05, (u32)int05_entry }, { 0x08, (u32)int08_entry },
        { 0x09, (u32)int09_entry }, { 0x0E, (u32)int0e_entry }, { 0x10, (u32)int42_entry },
        { 0x11, (u32)int11_entry }, { 0x12, (u32)int12_entry }, { 0x13, (u32)int13_entry },
        { 0x14, (u32)int14_entry }, { 0x15, (u32)int15_entry }, { 0x16, (u32)int16_entry },
        { 0x17, (u32)int17_entry }, { 0x18, (u32)int18 },       { 0x19, (u32)int19_entry },
        { 0x1A, (u32)int1a_entry }, { 0x1D, 0xF0A4 },           { 0x1E, 0xEFC7 },
        { 0x40, (u32)int40_entry }, { 0x42, (u32)int42_entry }, { 0x6D, (u32)iret_entry },
        { 0x70, (u32)int70 },       { 0x71, (u32)int71 },       { 0x74, (u32)int74 },
        { 0x75, (u32)int75 },       { 0x76, (u32)int76 },       { 0x77, (u32)int77 },
    };
    for (u32 v = 0; v < 0x78; v++) {
        bool hardware = (v >= 0x08 && v < 0x10) || v >= 0x70;
        poke32(0, v * 4, 0xF0000000u | (u32)(hardware ? unexpected_entry : iret_entry));
    }
    for (u32 v = 0x78; v < 0x100; v++)
        poke32(0, v * 4, 0);                    /* for programs; zero means unused */
    for (u32 v = 0x60; v < 0x68; v++)
        poke32(0, v * 4, 0);
    for (u32 i = 0; i < COUNT_OF(table); i++)
        poke32(0, table[i].vector * 4u, 0xF0000000u | table[i].entry);
    poke32(0, 0x1F * 4, 0);                     /* fonts and tables, not code: set by their owners */
    poke32(0, 0x41 * 4, 0);
    poke32(0, 0x46 * 4, 0);
}

/* The base memory, less the EBDA at its top, and both data areas zeroed. */
static void data_areas_start(void)
{
    u32 base = cmos_read(0x15) | (u32)cmos_read(0x16) << 8;
    u16 reset_flag = BDA(reset_flag);
    if (base < 256 || base > 640)
        base = 640;
    far_fill8(0x40, 0, 0, 0x101);
    u32 segment = (base - EBDA_KIB) << 6;
    far_fill8(segment, 0, 0, EBDA_KIB * 1024);
    BDA_SET(reset_flag, reset_flag);
    BDA_SET(ebda_segment, segment);
    BDA_SET(memory_kib, base - EBDA_KIB);
    EBDA_SET(kib, EBDA_KIB);
    EBDA_SET(free_levels, (1 << LEVELS) - 1);
    EBDA_SET(magic, EBDA_MAGIC);
}

/* RESET leaves the caches of a 486 and later off (CR0.CD and NW); the bits read and write as zero on a 386. */
static void caches_on(void)
{
    __asm__ volatile("movl %%cr0, %%eax; andl $0x9FFFFFFF, %%eax; movl %%eax, %%cr0" : : : "eax");
}

static bool fpu_found(void)
{
    u16 status = 0x5A5A;
    __asm__ volatile("movl %%cr0, %%eax; andl $~0x0C, %%eax; movl %%eax, %%cr0; fninit; fnstsw %0"
                     : "+m"(status) : : "eax");
    if (status == 0)
        __asm__ volatile("movl %%cr0, %%eax; orl $2, %%eax; movl %%eax, %%cr0" : : : "eax");
    return status == 0;
}

/* A card's ROM at C0000 comes first; else the one in the lower half of this image. */
static void video_start(void)
{
    if (!roms_start(0xC000, 0xC800) && rom_blocks(0xE000))
        rom_start(video_shadow() ? 0xC000 : 0xE000);
}

/* ---- the sign-on ---- */

static void say_processor(bool fpu)
{
    char vendor[13];
    u32 family = cpu_family(vendor);
    EBDA_SET(cpu, family);
    print(TEXT("Processor  "));
    if (family < 5)
        print(family == 3 ? TEXT("80386") : TEXT("80486"));
    else {
        print(TEXT("family "));
        print_number(family);
    }
    if (vendor[0]) {
        print(TEXT(" ("));
        print_ram(vendor);
        print_char(')');
    }
    print(fpu ? TEXT(", with coprocessor\n") : TEXT(", no coprocessor\n"));
}

static void say_memory(void)
{
    u32 above = memory_above_kib();
    EBDA_SET(memory_above, above);
    print(TEXT("Memory     "));
    print_number(BDA(memory_kib) + EBDA_KIB);
    print(TEXT(" KiB conventional, "));
    print_number(above);
    print(TEXT(" KiB extended\n"));
}

static void say_ports(void)
{
    print(TEXT("Ports     "));
    for (u32 i = 0; i < 4; i++)
        if (BDA_AT(com, i)) {
            print(TEXT(" COM"));
            print_char('1' + i);
            print_char(' ');
            print_hex(BDA_AT(com, i), 3);
        }
    for (u32 i = 0; i < 3; i++)
        if (BDA_AT(lpt, i)) {
            print(TEXT(" LPT"));
            print_char('1' + i);
            print_char(' ');
            print_hex(BDA_AT(lpt, i), 3);
        }
    print_char('\n');
}

#define STEP(n) out8(POST_CODE, n)

void post(void)
{
    STEP(0x02); chips_start();
    STEP(0x03); data_areas_start();
    STEP(0x04); vectors_start();
    caches_on();
    bool fpu = fpu_found();
    BDA_SET(equipment, fpu ? 0x0002 : 0);
    STEP(0x05); a20_set(true); shadow_start(); apic_start(); mtrr_start(); pci_start();
    STEP(0x06); video_start();
    print(TEXT("doppel BIOS, built from source\n\n"));
    STEP(0x07); say_processor(fpu);
    STEP(0x08); say_memory();
    STEP(0x09); keyboard_start();
    STEP(0x0A); rtc_start();
    irq_enable(0);
    STEP(0x0B); mouse_start();
    STEP(0x0C); ports_start(); say_ports();
    STEP(0x0D); floppy_start();
    STEP(0x0E); disk_start();
    disk_report();
    STEP(0x0F); shadow_open_roms(); fwcfg_roms();
    roms_start(0xC800, 0xE000);
    roms_connect();
    STEP(0x10); tables_start(); shadow_lock();
    BDA_SET(reset_flag, 0);
    cmos_write(0x0E, 0);                        /* diagnostic status: all well */
    print_char('\n');
    STEP(0x11);
}
