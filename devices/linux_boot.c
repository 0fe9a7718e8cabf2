/* linux_boot.c - the Linux boot protocol's loader side, versions 2.00 to 2.15 (Linux Documentation/arch/x86/boot.rst: the header's
 * fields by their offsets, "Memory layout", "The kernel command line", "Special command line options", "Loading the rest of the kernel").
 *
 * A kernel that is loaded high (bzImage) goes to 1 MiB with its real-mode part at 64 KiB; a low one (zImage) to 64 KiB with the
 * real-mode part at 576 KiB.  The initrd goes as high as the kernel allows.
 * Left out: the 32- and 64-bit entry points (the real-mode one is always taken), setup_data, protocol 1.x. */
#include "devices/linux_boot.h"
#include <stdio.h>
#include <stdlib.h>

/* Offsets in the header. */
enum { SETUP_SECTS = 0x1F1, SYSSIZE = 0x1F4, VID_MODE = 0x1FA, BOOT_FLAG = 0x1FE, HEADER = 0x202, VERSION = 0x206, TYPE_OF_LOADER = 0x210, LOADFLAGS = 0x211,
       RAMDISK_IMAGE = 0x218, RAMDISK_SIZE = 0x21C, HEAP_END_PTR = 0x224, CMD_LINE_PTR = 0x228, INITRD_ADDR_MAX = 0x22C,
       XLOADFLAGS = 0x236, CMDLINE_SIZE = 0x238, PREF_ADDRESS = 0x258, INIT_SIZE = 0x260,
       OLD_CL_MAGIC = 0x20, OLD_CL_OFFSET = 0x22, HEADER_END = 0x268 };
enum { LOADED_HIGH = 0x01, CAN_USE_HEAP = 0x80, XLF_KERNEL_64 = 0x01, UNKNOWN_LOADER = 0xFF };
enum { HIGH = 0x100000, LOW = 0x10000, HIGH_SETUP = 0x10000, LOW_SETUP = 0x90000, HIGH_COMMAND_LINE = 0x20000, LOW_COMMAND_LINE_END = 0x9A000,
       TABLES = 0x20000 /* at the top of memory, left to the firmware */, PAGE = 4096 };

typedef struct { linux_boot_t *b; const linux_files_t *f; u32 ram, version, flags; char *why; size_t n; } work_t;

#define REFUSE(w, ...) (snprintf((w)->why, (w)->n, __VA_ARGS__), false)

static u32 field(const work_t *w, u32 offset, width_t width) { return get(w->f->kernel + offset, width); }

static bool is_kernel(work_t *w)
{
    const linux_files_t *f = w->f;
    if (f->kernel_bytes >= 4 && memcmp(f->kernel, "\x7F" "ELF", 4) == 0)
        return REFUSE(w, "%s is an ELF file, such as an uncompressed kernel (vmlinux); name the compressed one, bzImage, which distributions call vmlinuz", f->kernel_name);
    if (f->kernel_bytes < 0x400 || field(w, BOOT_FLAG, W16) != 0xAA55 || memcmp(f->kernel + HEADER, "HdrS", 4) != 0)
        return REFUSE(w, "%s is not a Linux kernel: it has no boot header (\"HdrS\" at byte 514); name a bzImage", f->kernel_name);
    w->version = field(w, VERSION, W16);
    w->flags = field(w, LOADFLAGS, W8);
    if (w->version >= 0x20C && field(w, XLOADFLAGS, W16) & XLF_KERNEL_64)
        return REFUSE(w, "%s is a 64-bit kernel, and this machine's processors have 32 bits; use a kernel for i386, such as Debian's linux-image-686", f->kernel_name);
    return true;
}

/* The real-mode part, and what follows it.  syssize counts 16 bytes (2.04; before, only its low half is valid). */
static bool split(work_t *w)
{
    const linux_files_t *f = w->f;
    u32 sectors = field(w, SETUP_SECTS, W8), promised = field(w, SYSSIZE, w->version >= 0x204 ? W32 : W16);
    u32 setup = ((sectors ? sectors : 4) + 1) * 512;
    if (setup > sizeof w->b->setup_copy)
        return REFUSE(w, "%s has a real-mode part of %u sectors, and the boot protocol has room for %d", f->kernel_name, (unsigned)sectors, LINUX_SETUP_SECTORS);
    u32 rest = f->kernel_bytes > setup ? f->kernel_bytes - setup : 0;
    if (!rest || (w->version >= 0x204 && (u64)promised * 16 > (u64)rest + 15))
        return REFUSE(w, "%s is cut short: it has %u bytes, and its header promises about %llu; check how it was copied", f->kernel_name,
                      (unsigned)f->kernel_bytes, (unsigned long long)setup + (u64)promised * 16);
    bool high = w->flags & LOADED_HIGH;
    if (!high && rest > LOW_SETUP - LOW)
        return REFUSE(w, "%s is a zImage of %u bytes, and only %u fit below 640 KiB; use a bzImage", f->kernel_name, (unsigned)rest, (unsigned)(LOW_SETUP - LOW));
    memcpy(w->b->setup_copy, f->kernel, setup);
    w->b->setup = (linux_part_t){ high ? HIGH_SETUP : LOW_SETUP, setup, w->b->setup_copy };
    w->b->kernel = (linux_part_t){ high ? HIGH : LOW, rest, f->kernel + setup };
    return true;
}

static bool place_command_line(work_t *w)
{
    const char *text = w->f->command_line ? w->f->command_line : "";
    size_t length = strlen(text);
    u32 most = w->version >= 0x206 ? field(w, CMDLINE_SIZE, W32) : 255;
    most = most < LINUX_COMMAND_LINE - 1 ? most : LINUX_COMMAND_LINE - 1;
    if (length > most)
        return REFUSE(w, "the kernel's command line (-append) has %zu characters, and %s takes %u", length, w->f->kernel_name, (unsigned)most);
    memset(w->b->command_line_copy, 0, sizeof w->b->command_line_copy);
    memcpy(w->b->command_line_copy, text, length);
    u32 bytes = ((u32)length + 1 + 15) & ~15u;
    u32 at = w->b->setup.address == HIGH_SETUP ? HIGH_COMMAND_LINE : LOW_COMMAND_LINE_END - bytes;
    w->b->command_line = (linux_part_t){ at, bytes <= LINUX_COMMAND_LINE ? bytes : LINUX_COMMAND_LINE, w->b->command_line_copy };
    return true;
}

/* ---- "Special command line options": those that are the loader's part ---- */

/* What follows NAME= in the command line's last such word, else NULL. */
static const char *option(const work_t *w, const char *name)
{
    const char *line = (const char *)w->b->command_line_copy, *found = NULL;
    size_t length = strlen(name);
    for (const char *word = line; *word; word += strcspn(word, " ")) {
        word += strspn(word, " ");
        if (strncmp(word, name, length) == 0)
            found = word + length;
    }
    return found;
}

static bool is_word(const char *at, const char *word)
{
    size_t length = strlen(word);
    return strncmp(at, word, length) == 0 && (at[length] == ' ' || at[length] == 0);
}

/* vga=MODE: a number in C's notation, or one of three words.  What is neither leaves the mode as the kernel was built. */
static void set_video_mode(work_t *w)
{
    static const struct { const char *word; u16 mode; } words[] = { { "normal", 0xFFFF }, { "ext", 0xFFFE }, { "ask", 0xFFFD } };
    const char *mode = option(w, "vga=");
    if (!mode)
        return;
    for (unsigned i = 0; i < COUNT_OF(words); i++)
        if (is_word(mode, words[i].word)) put(w->b->setup_copy + VID_MODE, W16, words[i].mode);
    char *end;
    unsigned long n = strtoul(mode, &end, 0);
    if (end != mode && (*end == ' ' || *end == 0) && n <= 0xFFFF)
        put(w->b->setup_copy + VID_MODE, W16, (u32)n);
}

/* mem=SIZE: the kernel looks at no memory beyond, so the initrd has to end below. */
static u64 memory_seen(const work_t *w)
{
    const char *size = option(w, "mem=");
    char *end;
    unsigned long long n = size ? strtoull(size, &end, 0) : 0;
    if (!n || n > 1u << 31)
        return w->ram;
    switch (*end) {
    case 'g': case 'G': n <<= 10; /* fall through */
    case 'm': case 'M': n <<= 10; /* fall through */
    case 'k': case 'K': n <<= 10; break;
    default: break;
    }
    return n < w->ram ? n : w->ram;
}

/* The first byte the kernel does not want for itself while it unpacks (init_size, 2.10). */
static u64 kernel_end(const work_t *w)
{
    const linux_part_t *k = &w->b->kernel;
    u64 end = (u64)k->address + k->bytes;
    if (w->version >= 0x20A && k->address == HIGH) {
        u64 preferred = get64(w->f->kernel + PREF_ADDRESS), from = preferred > HIGH && preferred < 1u << 30 ? preferred : HIGH;
        u64 unpacked = from + field(w, INIT_SIZE, W32);
        end = unpacked > end ? unpacked : end;
    }
    return end < HIGH ? HIGH : end;
}

static unsigned mib(u64 bytes) { return (unsigned)((bytes + 0xFFFFF) >> 20); }

static bool place_initrd(work_t *w)
{
    const linux_files_t *f = w->f;
    u64 end = kernel_end(w), most = w->version >= 0x203 ? (u64)field(w, INITRD_ADDR_MAX, W32) + 1 : 0x38000000;
    u64 top = w->ram > TABLES ? w->ram - TABLES : 0;
    if (end > top)
        return REFUSE(w, "%s needs %u MiB of memory and the machine has %u; use -m %uM or more", f->kernel_name, mib(end + TABLES), mib(w->ram), mib(end + TABLES));
    w->b->initrd = (linux_part_t){ 0, 0, NULL };
    if (!f->initrd || !f->initrd_bytes)
        return true;
    u64 seen = memory_seen(w);
    if (seen < top && seen >= end + f->initrd_bytes + PAGE)
        top = seen;
    top = top < most ? top : most;
    u64 at = top > f->initrd_bytes ? (top - f->initrd_bytes) & ~(u64)(PAGE - 1) : 0;
    if (at < end && most < end + f->initrd_bytes)
        return REFUSE(w, "%s (%u bytes) does not fit: this kernel wants it below %u MiB", f->initrd_name, (unsigned)f->initrd_bytes, mib(most));
    if (at < end)
        return REFUSE(w, "%s (%u bytes) does not fit into memory beside the kernel; use -m %uM or more", f->initrd_name, (unsigned)f->initrd_bytes,
                      mib(end + f->initrd_bytes + PAGE + TABLES));
    w->b->initrd = (linux_part_t){ (u32)at, f->initrd_bytes, f->initrd };
    return true;
}

/* "Fields marked write (obligatory)". */
static void fill_header(work_t *w)
{
    linux_boot_t *b = w->b;
    u8 *h = b->setup_copy;
    h[TYPE_OF_LOADER] = UNKNOWN_LOADER;
    if (w->version >= 0x201) {
        h[LOADFLAGS] |= CAN_USE_HEAP;
        put(h + HEAP_END_PTR, W16, (b->setup.address == HIGH_SETUP ? HIGH_COMMAND_LINE - HIGH_SETUP : LOW_COMMAND_LINE_END - LOW_SETUP - LINUX_COMMAND_LINE) - 0x200);
    }
    if (w->version >= 0x202)
        put(h + CMD_LINE_PTR, W32, b->command_line.address);
    else {
        put(h + OLD_CL_MAGIC, W16, 0xA33F);
        put(h + OLD_CL_OFFSET, W16, b->command_line.address - b->setup.address);
    }
    put(h + RAMDISK_IMAGE, W32, b->initrd.address);
    put(h + RAMDISK_SIZE, W32, b->initrd.bytes);
    set_video_mode(w);
}

bool linux_boot_prepare(linux_boot_t *boot, const linux_files_t *files, u32 ram_bytes, char *why, size_t why_bytes)
{
    work_t w = { .b = boot, .f = files, .ram = ram_bytes, .why = why, .n = why_bytes };
    if (!is_kernel(&w) || !split(&w) || !place_command_line(&w) || !place_initrd(&w))
        return false;
    fill_header(&w);
    return true;
}
