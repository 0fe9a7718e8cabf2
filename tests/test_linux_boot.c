/* test_linux_boot.c - the loader's side of the Linux boot protocol (Linux Documentation/arch/x86/boot.rst), and whole machines that start
 * a small kernel of our own by it: a bzImage whose real-mode part tells its command line at port E9h, and whose 32-bit part, at 1 MiB,
 * tells its initrd and ends the machine. */
#include <check.h>
#include <stdlib.h>
#include "bios/bios_rom.h"
#include "devices/linux_boot.h"
#include "devices/pc.h"
#include "tests/chip_check.h"

enum { SETUP = 1024, KERNEL = 4096, ENTRY = 0x270 };
enum { MIB = 1 << 20 };

/* At 270h in the real-mode part: DS:[228h] to port E9h; protected mode; jump to 1 MiB with ESI = the real-mode part. */
static const u8 real_part[] = {
    0xFC, 0x66, 0xA1, 0x28, 0x02, 0x66, 0xC1, 0xE8, 0x04, 0x8E, 0xE0, 0x8B, 0x36, 0x28, 0x02, 0x83, 0xE6, 0x0F, 0x64, 0xAC, 0x84, 0xC0, 0x74, 0x04,
    0xE6, 0xE9, 0xEB, 0xF6, 0xFA, 0x66, 0x31, 0xF6, 0x8C, 0xDE, 0x66, 0xC1, 0xE6, 0x04, 0x67, 0x66, 0x8D, 0x86, 0xC0, 0x02, 0x00, 0x00, 0x66, 0x50,
    0x6A, 0x1F, 0x89, 0xE5, 0x66, 0x0F, 0x01, 0x56, 0x00, 0x0F, 0x20, 0xC0, 0x0C, 0x01, 0x0F, 0x22, 0xC0, 0x66, 0xEA, 0x00, 0x00, 0x10, 0x00, 0x10,
    0x00, 0x8D, 0xB4, 0x00, 0x00, 0x8D, 0x74, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0xFF, 0xFF, 0x00, 0x00, 0x00, 0x9B, 0xCF, 0x00, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x93, 0xCF, 0x00,
};
/* At 1 MiB: [ESI + 218h], [ESI + 21Ch] bytes of it, to port E9h; 21h to port F4h. */
static const u8 protected_part[] = {
    0xB8, 0x18, 0x00, 0x00, 0x00, 0x8E, 0xD8, 0x8B, 0x9E, 0x18, 0x02, 0x00, 0x00, 0x8B, 0x8E, 0x1C, 0x02, 0x00, 0x00, 0x8A, 0x03, 0xE6, 0xE9, 0x43,
    0xE2, 0xF9, 0xB0, 0x21, 0xE6, 0xF4, 0xF4,
};

static u8 image[SETUP + KERNEL];
static linux_boot_t boot;
static char why[300];

static linux_files_t make_kernel(void)
{
    memset(image, 0, sizeof image);
    image[0x1F1] = 1;                                            /* one sector after the first */
    put(image + 0x1F4, W32, KERNEL / 16);
    put(image + 0x1FE, W16, 0xAA55);
    image[0x200] = 0xEB; image[0x201] = ENTRY - 0x202;
    memcpy(image + 0x202, "HdrS", 4);
    put(image + 0x206, W16, 0x020F);
    image[0x211] = 1;                                            /* LOADED_HIGH */
    put(image + 0x22C, W32, 0x7FFFFFFF);
    put(image + 0x238, W32, 2047);
    put64(image + 0x258, MIB);
    put(image + 0x260, W32, 0x10000);
    memcpy(image + ENTRY, real_part, sizeof real_part);
    memcpy(image + SETUP, protected_part, sizeof protected_part);
    return (linux_files_t){ .kernel_name = "kernel", .initrd_name = "initrd", .kernel = image, .kernel_bytes = sizeof image,
                            .loader = linuxboot_rom, .loader_bytes = (u32)linuxboot_rom_bytes };
}

static bool prepare(const linux_files_t *f, u32 ram) { why[0] = 0; return linux_boot_prepare(&boot, f, ram, why, sizeof why); }

START_TEST(a_bzImage_goes_to_1_MiB_and_its_header_is_filled_in)
{
    static const u8 initrd[5000] = { 1 };
    linux_files_t f = make_kernel();
    f.initrd = initrd; f.initrd_bytes = sizeof initrd;
    f.command_line = "console=ttyS0";
    ck_assert_msg(prepare(&f, 16 * MIB), "%s", why);
    ck_assert_uint_eq(boot.kernel.address, MIB);
    ck_assert_uint_eq(boot.kernel.bytes, KERNEL);
    ck_assert_uint_eq(boot.setup.bytes, SETUP);
    const u8 *h = boot.setup.data;
    ck_assert_uint_eq(h[0x210], 0xFF);                           /* type_of_loader: unknown */
    ck_assert_uint_eq(h[0x211], 0x81);                           /* CAN_USE_HEAP */
    ck_assert_uint_le(boot.setup.address + get(h + 0x224, W16) + 0x200, boot.command_line.address);
    ck_assert_uint_eq(get(h + 0x228, W32), boot.command_line.address);
    ck_assert_str_eq((const char *)boot.command_line.data, "console=ttyS0");
    ck_assert_uint_eq(get(h + 0x218, W32), boot.initrd.address);
    ck_assert_uint_eq(get(h + 0x21C, W32), sizeof initrd);
    ck_assert_uint_eq(boot.initrd.address & 0xFFF, 0);
    ck_assert_uint_ge(boot.initrd.address, MIB + 0x10000);
    ck_assert_uint_le(boot.initrd.address + sizeof initrd, 16 * MIB);
    ck_assert_uint_eq(image[0x210], 0);                          /* the file itself is left alone */
}
END_TEST

START_TEST(the_initrd_stays_below_what_the_kernel_can_reach)     /* initrd_addr_max; before 2.03: 37FFFFFFh */
{
    static const u8 initrd[100] = { 1 };
    linux_files_t f = make_kernel();
    f.initrd = initrd; f.initrd_bytes = sizeof initrd;
    put(image + 0x22C, W32, 32 * MIB - 1);
    ck_assert(prepare(&f, 512u * MIB));
    ck_assert_uint_lt(boot.initrd.address, 32 * MIB);
    put(image + 0x206, W16, 0x202);
    ck_assert(prepare(&f, 2048u * MIB));
    ck_assert_uint_le(boot.initrd.address + boot.initrd.bytes, 0x38000000);
}
END_TEST

START_TEST(an_old_zImage_goes_low_with_the_old_command_line)     /* 2.01: 20h: A33Fh, 22h: offset */
{
    linux_files_t f = make_kernel();
    image[0x211] = 0;
    put(image + 0x206, W16, 0x201);
    f.command_line = "root=/dev/hda1";
    ck_assert_msg(prepare(&f, 16 * MIB), "%s", why);
    ck_assert_uint_eq(boot.kernel.address, 0x10000);
    ck_assert_uint_eq(boot.setup.address, 0x90000);
    ck_assert_uint_eq(get(boot.setup.data + 0x20, W16), 0xA33F);
    ck_assert_uint_eq(boot.setup.address + get(boot.setup.data + 0x22, W16), boot.command_line.address);
    ck_assert_uint_le(boot.command_line.address + boot.command_line.bytes, 0x9A000);
}
END_TEST

/* boot.rst, "Special command line options": vid_mode at 1FAh; 1234h stands for what the kernel was built with. */
static const struct { const char *line; u16 mode; } video[] = {
    { "", 0x1234 }, { "vga=normal", 0xFFFF }, { "vga=ext quiet", 0xFFFE }, { "root=/dev/sda1 vga=ask", 0xFFFD }, { "vga=791", 791 }, { "vga=0x31A", 0x31A },
    { "vga=0x31A vga=01447", 01447 }, { "xvga=791", 0x1234 }, { "vga=", 0x1234 }, { "vga=79x", 0x1234 }, { "vga=70000", 0x1234 }, { "vga=normally", 0x1234 },
};

START_TEST(vga_on_the_command_line_is_the_video_mode_of_the_header)
{
    linux_files_t f = make_kernel();
    put(image + 0x1FA, W16, 0x1234);
    f.command_line = video[_i].line;
    ck_assert_msg(prepare(&f, 16 * MIB), "%s", why);
    ck_assert_uint_eq(get(boot.setup.data + 0x1FA, W16), video[_i].mode);
    ck_assert_str_eq((const char *)boot.command_line.data, video[_i].line);      /* the kernel sees the word too */
}
END_TEST

START_TEST(the_initrd_ends_below_mem)
{
    static const u8 initrd[100] = { 1 };
    static const struct { const char *line; u32 below; } rows[] = {
        { "mem=32M", 32 * MIB }, { "quiet mem=16384k", 16 * MIB }, { "mem=0x1000000 quiet", 16 * MIB }, { "mem=2G", 128 * MIB }, { "mem=1M", 128 * MIB }, { "mem=", 128 * MIB },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        linux_files_t f = make_kernel();
        f.initrd = initrd; f.initrd_bytes = sizeof initrd;
        f.command_line = rows[i].line;
        ck_assert_msg(prepare(&f, 128 * MIB), "%s", why);
        ck_assert_msg(boot.initrd.address < rows[i].below && boot.initrd.address >= rows[i].below - MIB, "%s: %X", rows[i].line, boot.initrd.address);
    }
}
END_TEST

static const char *const troubles[] = { "ELF", "boot header", "boot header", "64-bit", "cut short", "cut short", "real-mode part", "zImage",
    "command line", "use -m", "does not fit", "below 2 MiB" };

static void spoil(int how, linux_files_t *f)
{
    static const u8 initrd[4 * MIB];
    static char long_line[3000];
    memset(long_line, 'x', sizeof long_line - 1);
    switch (how) {
    case 0:  memcpy(image, "\x7F" "ELF", 4); break;
    case 1:  image[0x202] = 'h'; break;
    case 2:  f->kernel_bytes = 0x3FF; break;
    case 3:  image[0x236] = 1; break;
    case 4:  f->kernel_bytes -= 100; break;
    case 5:  f->kernel_bytes = SETUP; break;
    case 6:  image[0x1F1] = 65; break;
    case 7:  image[0x211] = 0; f->kernel_bytes = 0xFFFFF; f->kernel = calloc(1, 0x100000); memcpy((u8 *)(uintptr_t)f->kernel, image, sizeof image); break;
    case 8:  f->command_line = long_line; break;
    case 9:  put(image + 0x260, W32, 100 * MIB); break;
    case 10: f->initrd = initrd; f->initrd_bytes = sizeof initrd; break;
    default: f->initrd = initrd; f->initrd_bytes = sizeof initrd; put(image + 0x22C, W32, 2 * MIB - 1); break;
    }
}

START_TEST(what_cannot_start_is_refused_in_a_sentence)
{
    linux_files_t f = make_kernel();
    spoil(_i, &f);
    ck_assert(!prepare(&f, _i == 11 ? 64 * MIB : 4 * MIB));
    ck_assert_msg(strstr(why, troubles[_i]) != NULL, "%s", why);
    if (f.kernel != image) free((void *)(uintptr_t)f.kernel);
}
END_TEST

START_TEST(no_header_makes_the_loader_reach_outside)             /* RELIABILITY section 2, loaders 2017-14167, 2018-20815 */
{
    dice_t dice = { 5 };
    for (u32 i = 0; i < 200000; i++) {
        linux_files_t f = make_kernel();
        for (u32 n = throw_dice(&dice, 6); n; n--) {
            static const u16 fields[] = { 0x1F1, 0x1F4, 0x206, 0x211, 0x22C, 0x236, 0x238, 0x258, 0x25C, 0x260 };
            put(image + fields[throw_dice(&dice, COUNT_OF(fields))], W32, throw_dice(&dice, 2) ? throw_dice(&dice, 0x7FFFFFFF) : throw_dice(&dice, 0x400));
        }
        memcpy(image + 0x202, "HdrS", 4);
        put(image + 0x1FE, W16, 0xAA55);
        u32 ram = (1 + throw_dice(&dice, 64)) * MIB;
        f.kernel_bytes = 0x400 + throw_dice(&dice, sizeof image - 0x400);
        f.initrd = image; f.initrd_bytes = throw_dice(&dice, 20 * MIB);
        if (!prepare(&f, ram)) { ck_assert(why[0] != 0); continue; }
        const linux_part_t *parts[] = { &boot.setup, &boot.kernel, &boot.initrd, &boot.command_line };
        bool good = range_ok((u64)(boot.kernel.data - image), boot.kernel.bytes, f.kernel_bytes) && boot.setup.bytes <= sizeof boot.setup_copy;
        for (unsigned p = 0; p < 4; p++) good = good && range_ok(parts[p]->address, parts[p]->bytes, ram);
        if (boot.initrd.bytes) good = good && boot.initrd.address >= boot.kernel.address + boot.kernel.bytes;
        ck_assert_msg(good, "run %u", i);
    }
}
END_TEST

/* ---- whole machines ---- */

static char told[256];
static unsigned n_told;
static void hear(void *owner, u8 byte) { (void)owner; if (n_told < sizeof told - 1) told[n_told++] = (char)byte; }

START_TEST(our_kernel_starts_and_finds_its_command_line_and_initrd)
{
    static const u8 initrd[] = "[the initrd]";
    linux_files_t f = make_kernel();
    f.command_line = "console=ttyS0 quiet ";
    f.initrd = initrd; f.initrd_bytes = sizeof initrd - 1;
    pc_config_t config = { .ram_bytes = (u32)(_i ? 300 : 4) * MIB, .cpu = _i ? CPU_PENTIUM4 : CPU_386, .ips = 20000000, .bios = bios_rom, .bios_bytes = (u32)bios_rom_bytes,
                           .linux_files = &f, .debug_exit = true, .debug_exit_port = 0xF4, .debugcon_out = hear };
    n_told = 0;
    memset(told, 0, sizeof told);
    pc_t *pc = pc_new(&config, why, sizeof why);
    ck_assert_msg(pc != NULL, "%s", why);
    ck_assert_int_eq(pc_run(pc, 20000000000u, UINT64_MAX), STOP_DEBUG_EXIT);
    ck_assert_str_eq(told, "console=ttyS0 quiet [the initrd]");
    ck_assert_uint_eq(pc_exit_code(pc), 0x43);
    pc_free(pc);
}
END_TEST

START_TEST(the_option_rom_is_a_good_one)                         /* "BIOS Boot Specification" 1.01, appendix A */
{
    unsigned sum = 0, pnp = linuxboot_rom[0x1A] + linuxboot_rom[0x1B] * 256u;
    ck_assert_uint_eq(linuxboot_rom[0], 0x55);
    ck_assert_uint_eq(linuxboot_rom[1], 0xAA);
    ck_assert_uint_eq(linuxboot_rom[2] * 512u, linuxboot_rom_bytes);
    for (unsigned long i = 0; i < linuxboot_rom_bytes; i++) sum += linuxboot_rom[i];
    ck_assert_uint_eq(sum & 0xFF, 0);
    ck_assert_uint_eq(pnp & 15, 0);
    ck_assert(memcmp(linuxboot_rom + pnp, "$PnP", 4) == 0);
    sum = 0;
    for (unsigned i = 0; i < 32; i++) sum += linuxboot_rom[pnp + i];
    ck_assert_uint_eq(sum & 0xFF, 0);
    ck_assert_uint_ne(linuxboot_rom[pnp + 0x1A] | linuxboot_rom[pnp + 0x1B], 0);     /* bootstrap entry vector */
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("the boot protocol");
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, a_bzImage_goes_to_1_MiB_and_its_header_is_filled_in);
    tcase_add_test(tc, the_initrd_stays_below_what_the_kernel_can_reach);
    tcase_add_test(tc, an_old_zImage_goes_low_with_the_old_command_line);
    tcase_add_loop_test(tc, vga_on_the_command_line_is_the_video_mode_of_the_header, 0, (int)COUNT_OF(video));
    tcase_add_test(tc, the_initrd_ends_below_mem);
    tcase_add_loop_test(tc, what_cannot_start_is_refused_in_a_sentence, 0, (int)COUNT_OF(troubles));
    tcase_add_test(tc, no_header_makes_the_loader_reach_outside);
    tcase_add_loop_test(tc, our_kernel_starts_and_finds_its_command_line_and_initrd, 0, 2);
    tcase_add_test(tc, the_option_rom_is_a_good_one);
    return run_suite("linux_boot", tc);
}
