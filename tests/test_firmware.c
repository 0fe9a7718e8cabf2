/* test_firmware.c - what the firmware leaves for an operating system on the PCI board: shadow RAM, addresses and interrupts of PCI functions,
 * the memory map, the PCI BIOS in real mode and by BIOS32, ACPI, MP, $PIR and SMBIOS tables, soft off by APM.
 * Sources: PCI BIOS Specification 2.1; ACPI specification 1.0b, chapters 5.2 and 14; MultiProcessor Specification 1.4, chapter 4; SMBIOS
 * 2.4, 2.1 and 3; "PCI IRQ Routing Table Specification" 1.0; APM BIOS Interface Specification 1.2; Intel 82441FX and 82371AB data sheets. */
#include <check.h>
#include <string.h>
#include "bios/bios_rom.h"
#include "cpu/cpu.h"
#include "devices/pc.h"
#include "mem/bus.h"
#include "tests/run_all.h"

/* Boot sectors, in the assembler's words.  The first asks everything and leaves the answers at 7E00h, the map at 8000h:
 *  start: cli; xorw %ax,%ax; movw %ax,%ds; movw %ax,%es; movw %ax,%ss; movw $0x7C00,%sp; movw $0x8000,%di; xorl %ebx,%ebx;
 *  1: movl $0xE820,%eax; movl $0x534D4150,%edx; movl $20,%ecx; int $0x15; jc 2f; addw $20,%di; testl %ebx,%ebx; jnz 1b;
 *  2: movw %di,0x7E00; movw $0xE801,%ax; int $0x15; movw %ax,0x7E02; movw %bx,0x7E04; movb $0x88,%ah; int $0x15; movw %ax,0x7E06;
 *  movw $0xB101,%ax; int $0x1A; movl %edx,0x7E08; movw %ax,0x7E0C; movw %bx,0x7E0E; movw $0xB102,%ax; movw $0x7111,%cx;
 *  movw $0x8086,%dx; xorw %si,%si; int $0x1A; movw %bx,0x7E10; movw %ax,0x7E12; movw $0xB103,%ax; movl $0x030000,%ecx; int $0x1A;
 *  movw %bx,0x7E14; movw $0xB10A,%ax; movw $0x10,%bx; movw $0x10,%di; int $0x1A; movl %ecx,0x7E18; movw $0xB102,%ax; movw $0xFFFE,%cx;
 *  int $0x1A; movw %ax,0x7E1C; movw $512,0x7E40; movl $0x8400,0x7E42; movw $0x7E40,%di; movw $0xB10E,%ax; xorw %bx,%bx; int $0x1A;
 *  movw %ax,0x7E1E; movw $0x5300,%ax; xorw %bx,%bx; int $0x15; movw %bx,0x7E20; movw %ax,0x7E22; movw $0xB109,%ax; movw $0x10,%bx;
 *  movw $0x11,%di; int $0x1A; movw %ax,0x7E26; cli; lgdtl gdtr; movl %cr0,%eax; orb $1,%al; movl %eax,%cr0; ljmpl $8,$flat;
 *  flat: movw $16,%ax; movw %ax,%ds; movw %ax,%es; movw %ax,%ss; movl $0x7000,%esp; movl 0xFDA24,%esi; movl $0x49435024,%eax;
 *  xorl %ebx,%ebx; pushl %cs; calll *%esi; movb %al,0x7E24; leal (%ebx,%edx),%esi; movl $0xB10A,%eax; movl $0x10,%ebx; movl $0x10,%edi;
 *  pushl %cs; calll *%esi; movl %ecx,0x7E2C; movw %ax,0x7E30; setc 0x7E32; movw $0x501,%dx; outb %al,%dx; jmp .; .balign 4;
 *  gdt: .quad 0, 0x00CF9B000000FFFF, 0x00CF93000000FFFF; gdtr: .word 23; .long gdt; */
static const u8 questions[] = {
    0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0, 0xbc, 0x00, 0x7c, 0xbf, 0x00, 0x80, 0x66, 0x31, 0xdb, 0x66, 0xb8, 0x20, 0xe8, 0x00, 0x00,
    0x66, 0xba, 0x50, 0x41, 0x4d, 0x53, 0x66, 0xb9, 0x14, 0x00, 0x00, 0x00, 0xcd, 0x15, 0x72, 0x08, 0x83, 0xc7, 0x14, 0x66, 0x85, 0xdb, 0x75, 0xe2,
    0x89, 0x3e, 0x00, 0x7e, 0xb8, 0x01, 0xe8, 0xcd, 0x15, 0xa3, 0x02, 0x7e, 0x89, 0x1e, 0x04, 0x7e, 0xb4, 0x88, 0xcd, 0x15, 0xa3, 0x06, 0x7e, 0xb8,
    0x01, 0xb1, 0xcd, 0x1a, 0x66, 0x89, 0x16, 0x08, 0x7e, 0xa3, 0x0c, 0x7e, 0x89, 0x1e, 0x0e, 0x7e, 0xb8, 0x02, 0xb1, 0xb9, 0x11, 0x71, 0xba, 0x86,
    0x80, 0x31, 0xf6, 0xcd, 0x1a, 0x89, 0x1e, 0x10, 0x7e, 0xa3, 0x12, 0x7e, 0xb8, 0x03, 0xb1, 0x66, 0xb9, 0x00, 0x00, 0x03, 0x00, 0xcd, 0x1a, 0x89,
    0x1e, 0x14, 0x7e, 0xb8, 0x0a, 0xb1, 0xbb, 0x10, 0x00, 0xbf, 0x10, 0x00, 0xcd, 0x1a, 0x66, 0x89, 0x0e, 0x18, 0x7e, 0xb8, 0x02, 0xb1, 0xb9, 0xfe,
    0xff, 0xcd, 0x1a, 0xa3, 0x1c, 0x7e, 0xc7, 0x06, 0x40, 0x7e, 0x00, 0x02, 0x66, 0xc7, 0x06, 0x42, 0x7e, 0x00, 0x84, 0x00, 0x00, 0xbf, 0x40, 0x7e,
    0xb8, 0x0e, 0xb1, 0x31, 0xdb, 0xcd, 0x1a, 0xa3, 0x1e, 0x7e, 0xb8, 0x00, 0x53, 0x31, 0xdb, 0xcd, 0x15, 0x89, 0x1e, 0x20, 0x7e, 0xa3, 0x22, 0x7e,
    0xb8, 0x09, 0xb1, 0xbb, 0x10, 0x00, 0xbf, 0x11, 0x00, 0xcd, 0x1a, 0xa3, 0x26, 0x7e, 0xfa, 0x66, 0x0f, 0x01, 0x16, 0x50, 0x7d, 0x0f, 0x20, 0xc0,
    0x0c, 0x01, 0x0f, 0x22, 0xc0, 0x66, 0xea, 0xe5, 0x7c, 0x00, 0x00, 0x08, 0x00, 0x66, 0xb8, 0x10, 0x00, 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0, 0xbc,
    0x00, 0x70, 0x00, 0x00, 0x8b, 0x35, 0x24, 0xda, 0x0f, 0x00, 0xb8, 0x24, 0x50, 0x43, 0x49, 0x31, 0xdb, 0x0e, 0xff, 0xd6, 0xa2, 0x24, 0x7e, 0x00,
    0x00, 0x8d, 0x34, 0x13, 0xb8, 0x0a, 0xb1, 0x00, 0x00, 0xbb, 0x10, 0x00, 0x00, 0x00, 0xbf, 0x10, 0x00, 0x00, 0x00, 0x0e, 0xff, 0xd6, 0x89, 0x0d,
    0x2c, 0x7e, 0x00, 0x00, 0x66, 0xa3, 0x30, 0x7e, 0x00, 0x00, 0x0f, 0x92, 0x05, 0x32, 0x7e, 0x00, 0x00, 0x66, 0xba, 0x01, 0x05, 0xee, 0xeb, 0xfe,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0x00, 0x00, 0x00, 0x9b, 0xcf, 0x00, 0xff, 0xff, 0x00, 0x00, 0x00, 0x93, 0xcf, 0x00,
    0x17, 0x00, 0x38, 0x7d, 0x00, 0x00,
};

/* The second switches off:
 *  start: movw $0x5301,%ax; xorw %bx,%bx; int $0x15; movw $0x5307,%ax; movw $1,%bx; movw $3,%cx; int $0x15; movw $0x501,%dx;
 *  outb %al,%dx; jmp .; */
static const u8 switch_off[] = {
    0xb8, 0x01, 0x53, 0x31, 0xdb, 0xcd, 0x15, 0xb8, 0x07, 0x53, 0xbb, 0x01, 0x00, 0xb9, 0x03, 0x00, 0xcd, 0x15, 0xba, 0x01, 0x05, 0xee, 0xeb, 0xfe,
};

/* The third waits for a key, on the stack 1234h:0400h, and is interrupted by the timer:
 *  start: cli; xorw %ax,%ax; movw %ax,%ds; movw $0x1234,%ax; movw %ax,%ss; movw $0x400,%sp; movw $h,0x1C*4; movw %ds,0x1C*4+2; sti;
 *  xorw %ax,%ax; int $0x16; h: movw $0x501,%dx; movw %ss,%ax; cmpw $0x1234,%ax; movb $1,%al; je 1f; movb $2,%al; 1: outb %al,%dx; jmp . */
static const u8 waiting[] = {
    0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0xb8, 0x34, 0x12, 0x8e, 0xd0, 0xbc, 0x00, 0x04, 0xc7, 0x06, 0x70, 0x00, 0x1c, 0x7c, 0x8c, 0x1e, 0x72, 0x00, 0xfb, 0x31, 0xc0, 0xcd, 0x16,
    0xba, 0x01, 0x05, 0x8c, 0xd0, 0x3d, 0x34, 0x12, 0xb0, 0x01, 0x74, 0x02, 0xb0, 0x02, 0xee, 0xeb, 0xfe,
};

enum { RAM = 16 << 20, TABLES = RAM - 0x10000, DONE = 1 << 28 };

typedef struct { pc_t *pc; disk_t *disk; } machine_t;

static pc_stop_t boot(machine_t *m, cpu_model_t model, const u8 *sector, u32 bytes)
{
    static u8 image[512];
    char why[200];
    lacking_quiet(true);
    memset(image, 0, sizeof image);
    memcpy(image, sector, bytes);
    m->disk = disk_from_memory("diskette", image, sizeof image, 1474560);
    pc_config_t config = { .ram_bytes = RAM, .cpu = model, .engine = ENGINE_L0, .ips = 20000000, .bios = bios_rom,
                           .bios_bytes = (u32)bios_rom_bytes, .floppy = { m->disk }, .has_floppy = { true },
                           .debug_exit = true, .debug_exit_port = 0x501 };
    m->pc = pc_new(&config, why, sizeof why);
    ck_assert_msg(m->pc != NULL, "%s", why);
    return pc_run(m->pc, UINT64_MAX, DONE);
}

static void power_off(machine_t *m) { pc_free(m->pc); disk_close(m->disk); }

/* One machine serves all the tests that only look. */
static machine_t booted;
static void start(void) { ck_assert_int_eq(boot(&booted, CPU_PENTIUM3, questions, sizeof questions), STOP_DEBUG_EXIT); }
static void end(void)   { power_off(&booted); }

static u32  at32(u32 at) { return (u32)bus_load(pc_bus(booted.pc), at, W32); }
static u32  at16(u32 at) { return (u32)bus_load(pc_bus(booted.pc), at, W16); }
static u32  at8(u32 at)  { return (u32)bus_load(pc_bus(booted.pc), at, W8); }
static u32  config(u32 devfn, u32 at)
{
    bus_out(pc_bus(booted.pc), 0xCF8, W32, 0x80000000u | devfn << 8 | (at & 0xFC));
    return bus_in(pc_bus(booted.pc), 0xCFC, W32) >> 8 * (at & 3);
}

static u32 sum(u32 from, u32 bytes)
{
    u32 total = 0;
    for (u32 i = 0; i < bytes; i++)
        total += at8(from + i);
    return total & 0xFF;
}

/* The table of this signature in F0000-FFFFF, at a multiple of 16; 0: none. */
static u32 search(const char *signature, u32 bytes)
{
    for (u32 at = 0xF0000; at < 0x100000; at += 16) {
        u32 same = 0;
        while (same < bytes && at8(at + same) == (u8)signature[same])
            same++;
        if (same == bytes)
            return at;
    }
    return 0;
}

START_TEST(the_firmware_stands_in_ram_that_cannot_be_written)
{
    for (u32 at = 0xE0000; at < 0x100000; at += 0x1000) {
        u32 was = at32(at);
        bus_store(pc_bus(booted.pc), at, W32, ~was);
        ck_assert_uint_eq(at32(at), was);
    }
    ck_assert_uint_eq(config(0, 0x59) & 0xFF, 0x10);
    ck_assert_uint_eq(config(0, 0x5E) & 0xFFFF, 0x1111);
    u32 differ = 0;                             /* but for the tables, RAM is the ROM */
    for (u32 i = 0; i < 0x20000; i++)
        differ += at8(0xE0000 + i) != bios_rom[i] && (i < 0x1DA00 || i >= 0x1E000);
    ck_assert_uint_eq(differ, 0);
    ck_assert_uint_eq(at16(0xC0000), 0xAA55);   /* the video ROM where a card's would be */
    ck_assert_uint_eq(sum(0xC0000, at8(0xC0002) * 512), 0);
}
END_TEST

START_TEST(pci_functions_have_addresses_and_interrupts)
{
    ck_assert_uint_eq(config(0x10, 0x10) & ~15u, 0xE0000000);           /* the frame buffer */
    ck_assert_uint_eq(config(0x10, 0x04) & 3, 3);
    ck_assert_uint_eq(config(0x09, 0x20), 0xC001);                      /* bus-master IDE */
    ck_assert_uint_eq(config(0x09, 0x04) & 7, 5);
    ck_assert_uint_eq(config(0x09, 0x40), 0x80008000);
    ck_assert_uint_eq(config(0x0B, 0x40), 0xB001);                      /* power management */
    ck_assert_uint_eq(config(0x0B, 0x80) & 1, 1);
    ck_assert_uint_eq(config(0x0B, 0x3C) & 0xFF, 9);
    ck_assert_uint_eq(config(0x08, 0x60), 0x0B0B0A0A);                  /* PIRQRC[A:D] */
    ck_assert_uint_eq(bus_in(pc_bus(booted.pc), 0x4D0, W16), 0x0E00);
}
END_TEST

START_TEST(the_memory_map_names_every_byte_once)
{
    static const struct { u32 base, bytes, type; } facts[] = {
        { 0, 0x9F000, 1 }, { 0x9F000, 0x1000, 2 }, { 0xE0000, 0x20000, 2 }, { 0x100000, RAM - 0x110000, 1 },
        { TABLES, 0xF000, 3 }, { RAM - 0x1000, 0x1000, 4 }, { 0xFEC00000, 0x1000, 2 }, { 0xFEE00000, 0x1000, 2 }, { 0xFFFE0000, 0x20000, 2 },
    };
    ck_assert_uint_eq(at16(0x7E00), 0x8000 + 20 * COUNT_OF(facts));
    for (u32 i = 0; i < COUNT_OF(facts); i++) {
        ck_assert_uint_eq(at32(0x8000 + 20 * i), facts[i].base);
        ck_assert_uint_eq(at32(0x8004 + 20 * i), 0);
        ck_assert_uint_eq(at32(0x8008 + 20 * i), facts[i].bytes);
        ck_assert_uint_eq(at32(0x800C + 20 * i), 0);
        ck_assert_uint_eq(at32(0x8010 + 20 * i), facts[i].type);
    }
    ck_assert_uint_eq(at16(0x7E02), (RAM - 0x110000) / 1024);           /* E801h: below 16 MiB, and none above */
    ck_assert_uint_eq(at16(0x7E04), 0);
    ck_assert_uint_eq(at16(0x7E06), (RAM - 0x110000) / 1024);           /* 88h */
}
END_TEST

START_TEST(the_pci_bios_answers_in_real_mode)
{
    ck_assert_uint_eq(at32(0x7E08), 0x20494350);
    ck_assert_uint_eq(at16(0x7E0C), 0x0001);
    ck_assert_uint_eq(at16(0x7E0E), 0x0210);
    ck_assert_uint_eq(at16(0x7E10), 0x0009);                            /* 8086:7111 */
    ck_assert_uint_eq(at16(0x7E12) >> 8, 0x00);
    ck_assert_uint_eq(at16(0x7E14), 0x0010);                            /* class 030000h */
    ck_assert_uint_eq(at32(0x7E18) & ~15u, 0xE0000000);
    ck_assert_uint_eq(at16(0x7E1C) >> 8, 0x86);                         /* DEVICE_NOT_FOUND */
    ck_assert_uint_eq(at16(0x7E26) >> 8, 0x87);                         /* a word at 11h: BAD_REGISTER_NUMBER */
    ck_assert_uint_eq(at16(0x7E1E) >> 8, 0x00);
    u32 pir = search("$PIR", 4), bytes = at16(0x7E40);
    ck_assert_uint_eq(bytes, at16(pir + 6) - 32);
    for (u32 i = 0; i < bytes; i += 4)
        ck_assert_uint_eq(at32(0x8400 + i), at32(pir + 32 + i));
}
END_TEST

START_TEST(the_pci_bios_answers_by_bios32)
{
    u32 directory = search("_32_", 4);
    ck_assert_uint_eq(directory, 0xFDA20);                              /* where the boot sector took its entry from */
    ck_assert_uint_eq(sum(directory, at8(directory + 9) * 16), 0);
    ck_assert_uint_eq(at8(0x7E24), 0);
    ck_assert_uint_eq(at16(0x7E30) >> 8, 0);
    ck_assert_uint_eq(at8(0x7E32), 0);
    ck_assert_uint_eq(at32(0x7E2C) & ~15u, 0xE0000000);
}
END_TEST

START_TEST(the_interrupt_routing_table_is_the_board)
{
    u32 at = search("$PIR", 4);
    ck_assert_uint_ne(at, 0);
    ck_assert_uint_eq(sum(at, at16(at + 6)), 0);
    ck_assert_uint_eq(at8(at + 9), 0x08);                               /* the router */
    for (u32 slot = at + 32; slot < at + at16(at + 6); slot += 16)
        for (u32 pin = 0; pin < 4; pin++) {
            ck_assert_uint_eq(at8(slot + 2 + pin * 3), 0x60 + (((at8(slot + 1) >> 3) + pin + 3) & 3));
            ck_assert_uint_eq(at16(slot + 3 + pin * 3), 1 << 5 | 1 << 10 | 1 << 11);
        }
}
END_TEST

/* The table `signature` of those that the RSDT names, checked; 0: none. */
static u32 acpi_table(const char *signature)
{
    u32 rsdp = search("RSD PTR ", 8), rsdt = at32(rsdp + 16);
    u32 wanted = (u32)signature[0] | (u32)signature[1] << 8 | (u32)signature[2] << 16 | (u32)signature[3] << 24;
    for (u32 at = rsdt + 36; at < rsdt + at32(rsdt + 4); at += 4)
        if (at32(at32(at)) == wanted) {
            ck_assert_uint_eq(sum(at32(at), at32(at32(at) + 4)), 0);
            return at32(at);
        }
    return 0;
}

START_TEST(the_acpi_tables_hang_together)
{
    u32 rsdp = search("RSD PTR ", 8), rsdt = at32(rsdp + 16), fadt = acpi_table("FACP");
    ck_assert_uint_ne(rsdp, 0);
    ck_assert_uint_eq(sum(rsdp, 20), 0);
    ck_assert_uint_eq(rsdt, TABLES);
    ck_assert_uint_eq(sum(rsdt, at32(rsdt + 4)), 0);
    ck_assert_uint_ne(fadt, 0);
    ck_assert_uint_eq(at32(fadt + 4), 116);
    ck_assert_uint_eq(at32(fadt + 36), RAM - 0x1000);                   /* FACS */
    ck_assert_uint_eq(at32(RAM - 0x1000), 0x53434146);
    ck_assert_uint_eq(at32(RAM - 0x1000 + 4), 64);
    u32 dsdt = at32(fadt + 40);
    ck_assert_uint_eq(at32(dsdt), 0x54445344);
    ck_assert_uint_eq(sum(dsdt, at32(dsdt + 4)), 0);
    ck_assert_uint_lt(dsdt + at32(dsdt + 4), RAM - 0x1000);
}
END_TEST

START_TEST(the_fadt_says_where_the_pm_registers_are)
{
    u32 fadt = acpi_table("FACP");
    ck_assert_uint_eq(at16(fadt + 46), 9);                              /* SCI_INT */
    ck_assert_uint_eq(at32(fadt + 48), 0xB2);
    ck_assert_uint_eq(at16(fadt + 52), 0xF0F1);
    ck_assert_uint_eq(at32(fadt + 56), 0xB000);
    ck_assert_uint_eq(at32(fadt + 64), 0xB004);
    ck_assert_uint_eq(at32(fadt + 76), 0xB008);
    bus_out(pc_bus(booted.pc), 0xB2, W8, at8(fadt + 52));               /* ACPI_ENABLE sets SCI_EN */
    ck_assert_uint_eq(bus_in(pc_bus(booted.pc), 0xB004, W16) & 1, 1);
    u64 ticks = pc_now(booted.pc) / 1000 * 3579545 / 1000000;           /* 3.579545 MHz; rounded */
    u32 timer = bus_in(pc_bus(booted.pc), 0xB008, W32);
    ck_assert(timer != 0 && timer + 4 > ticks && timer < ticks + 4);
}
END_TEST

START_TEST(the_madt_names_the_apics_and_the_lines_that_differ)
{
    u32 madt = acpi_table("APIC"), seen = 0, levels = 0;
    ck_assert_uint_ne(madt, 0);
    ck_assert_uint_eq(at32(madt + 36), 0xFEE00000);
    for (u32 at = madt + 44; at < madt + at32(madt + 4); at += at8(at + 1)) {
        ck_assert_uint_ne(at8(at + 1), 0);
        seen |= 1u << at8(at);
        if (at8(at) == 1)
            ck_assert_uint_eq(at32(at + 4), 0xFEC00000);
        if (at8(at) == 2 && at8(at + 3) == 0)
            ck_assert_uint_eq(at32(at + 4), 2);
        else if (at8(at) == 2) {
            ck_assert_uint_eq(at32(at + 4), at8(at + 3));
            ck_assert_uint_eq(at16(at + 8), 0x0D);
            levels |= 1u << at8(at + 3);
        }
    }
    ck_assert_uint_eq(seen, 1 << 0 | 1 << 1 | 1 << 2 | 1 << 4);
    ck_assert_uint_eq(levels, 1 << 5 | 1 << 9 | 1 << 10 | 1 << 11);
}
END_TEST

START_TEST(the_mp_table_can_be_walked)
{
    static const u8 bytes[5] = { 20, 8, 8, 8, 8 };
    u32 pointer = search("_MP_", 4), at = at32(pointer + 4), next = at + 44, count[5] = { 0 };
    ck_assert_uint_ne(pointer, 0);
    ck_assert_uint_eq(sum(pointer, 16), 0);
    ck_assert_uint_eq(at32(at), 0x504D4350);
    ck_assert_uint_eq(sum(at, at16(at + 4)), 0);
    for (u32 i = 0; i < at16(at + 34); i++) {
        ck_assert_uint_lt(at8(next), 5);
        count[at8(next)]++;
        next += bytes[at8(next)];
    }
    ck_assert_uint_eq(next, at + at16(at + 4));
    ck_assert_uint_eq(count[0], 1);
    ck_assert_uint_eq(count[1], 2);
    ck_assert_uint_eq(count[2], 1);
    ck_assert_uint_eq(count[4], 2);
}
END_TEST

START_TEST(the_smbios_structures_can_be_walked)
{
    u32 entry = search("_SM_", 4), at = at32(entry + 24), n = 0, kinds[4] = { 0 };
    ck_assert_uint_ne(entry, 0);
    ck_assert_uint_eq(sum(entry, at8(entry + 5)), 0);
    ck_assert_uint_eq(sum(entry + 16, 15), 0);
    for (; n < at16(entry + 28); n++) {
        kinds[at8(at) >> 5] |= 1u << (at8(at) & 31);
        if (at8(at) == 19)
            ck_assert_uint_eq(at32(at + 8), RAM / 1024 - 1);
        at += at8(at + 1);
        while (at16(at))
            at++;
        at += 2;
    }
    ck_assert_uint_eq(at, at32(entry + 24) + at16(entry + 22));
    ck_assert_uint_eq(kinds[0], 1u << 0 | 1u << 1 | 1u << 3 | 1u << 4 | 1u << 16 | 1u << 17 | 1u << 19);    /* 3.2: required */
    ck_assert_uint_eq(kinds[1], 1u << 0);
    ck_assert_uint_eq(kinds[3], 1u << 31);
}
END_TEST

START_TEST(apm_is_there_and_switches_off)
{
    ck_assert_uint_eq(at16(0x7E20), 0x504D);
    ck_assert_uint_eq(at16(0x7E22), 0x0102);
    machine_t m;
    ck_assert_int_eq(boot(&m, CPU_486, switch_off, sizeof switch_off), STOP_POWER_OFF);
    power_off(&m);
}
END_TEST

START_TEST(int_16h_waits_on_the_callers_stack)                   /* as on the PC and AT: their BIOS has no stack of its own */
{
    machine_t m;
    ck_assert_int_eq(boot(&m, CPU_486, waiting, sizeof waiting), STOP_DEBUG_EXIT);
    ck_assert_uint_eq(pc_exit_code(m.pc), 1 * 2 + 1);
    power_off(&m);
}
END_TEST

START_TEST(without_apics_there_is_neither_madt_nor_mp_table)
{
    machine_t other = booted, m;
    ck_assert_int_eq(boot(&m, CPU_486, questions, sizeof questions), STOP_DEBUG_EXIT);
    booted = m;
    u32 mp = search("_MP_", 4), madt = acpi_table("APIC"), fadt = acpi_table("FACP");
    booted = other;
    power_off(&m);
    ck_assert_uint_eq(mp, 0);
    ck_assert_uint_eq(madt, 0);
    ck_assert_uint_ne(fadt, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("firmware");
    TCase *facts = tcase_create("PCI board");
    tcase_set_timeout(facts, 120);
    tcase_add_unchecked_fixture(facts, start, end);
    tcase_add_test(facts, the_firmware_stands_in_ram_that_cannot_be_written);
    tcase_add_test(facts, pci_functions_have_addresses_and_interrupts);
    tcase_add_test(facts, the_memory_map_names_every_byte_once);
    tcase_add_test(facts, the_pci_bios_answers_in_real_mode);
    tcase_add_test(facts, the_pci_bios_answers_by_bios32);
    tcase_add_test(facts, the_interrupt_routing_table_is_the_board);
    tcase_add_test(facts, the_acpi_tables_hang_together);
    tcase_add_test(facts, the_fadt_says_where_the_pm_registers_are);
    tcase_add_test(facts, the_madt_names_the_apics_and_the_lines_that_differ);
    tcase_add_test(facts, the_mp_table_can_be_walked);
    tcase_add_test(facts, the_smbios_structures_can_be_walked);
    tcase_add_test(facts, apm_is_there_and_switches_off);
    tcase_add_test(facts, int_16h_waits_on_the_callers_stack);
    tcase_add_test(facts, without_apics_there_is_neither_madt_nor_mp_table);
    suite_add_tcase(suite, facts);
    return run_all(suite);
}
