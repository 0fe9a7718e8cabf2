/* probe_bare.c - the probe (probe.h) as a machine of its own, without an operating system: what boots this disk executes the vectors.
 *
 * Made by tests/fidelity/disk.sh, with probe_boot.S and fidelity/moo.c.  The disk: a boot sector and this program (120 sectors), at DIRECTORY text that says what else is there:
 * where to begin (a file's and a vector's number; 1 for more words), then a line "sector bytes name" for each file of the set.  Hardware: a disk at the first IDE channel (PIO, LBA; ATA/ATAPI-4,
 * 8.27), port E9h for words, interrupts masked.  Vectors run at level 3, flat, in pages of their own; CR0 and CR4 are as under Linux.  The way back is the one-byte INT3.
 * Exceptions are compared by number.
 *
 * Said on port E9h: "probe NAME FROM" for a file and, in the next line, for each vector '.', before it is begun, and behind that a letter if it did not pass: E exception, I eip,
 * R registers, F flags, M memory, X x87 state, S SSE state, - skipped;
 * with more words, after it in brackets, the exception and its EIP, or the byte of FXSAVE's image, what it is and what was recorded.  "probe end" is last; then the machine is asked to end: port F4h (isa-debug-exit), port 8900h.
 *
 * Left out: pages at 1 to 32 MiB, where this program is. */
#include "tests/fidelity/probe.h"

enum { KERNEL_FROM = 1 << 20, KERNEL_TO = 32 << 20, FRAMES_FROM = 16 << 20, FRAMES = 64, DATA_FROM = 4 << 20, DATA_BYTES = FRAMES_FROM - DATA_FROM };
enum { SECTOR = 512, DIRECTORY = 240, DIRECTORY_SECTORS = 16 };
enum { INT3 = 3, DEBUG_PORT = 0xE9, EXIT_PORT = 0xF4, SHUTDOWN_PORT = 0x8900 };

void probe_enter(void);
extern u8 probe_stubs[], trap_stack_end[], probe_idt[], probe_gdt[], probe_gdtr[], probe_idtr[];
void bare_main(void) __attribute__((noreturn));

/* ---- ports and words ---- */

static void out8(u16 port, u8 value)  { __asm__ volatile("outb %0, %1" :: "a"(value), "Nd"(port)); }
static u8   in8(u16 port)             { u8 value; __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port)); return value; }

static void say_char(char c)          { out8(DEBUG_PORT, (u8)c); }
static void say(const char *text)     { while (*text) say_char(*text++); }
static void say_number(u32 n)
{
    if (n >= 10) say_number(n / 10);
    say_char((char)('0' + n % 10));
}

static void finish(const char *why) __attribute__((noreturn));
static void finish(const char *why)
{
    say("\nprobe ");
    say(why);
    say("\n");
    out8(EXIT_PORT, 0);
    for (const char *at = "Shutdown"; *at; at++) out8(SHUTDOWN_PORT, (u8)*at);
    for (;;) __asm__ volatile("cli; hlt");
}

/* The compiler may ask for these. */
void *memcpy(void *to, const void *from, size_t n)
{
    void *at = to;
    __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(n) :: "memory");
    return to;
}
void *memset(void *to, int value, size_t n)
{
    void *at = to;
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(n) : "a"(value) : "memory");
    return to;
}
int memcmp(const void *a, const void *b, size_t n)
{
    const u8 *p = a, *q = b;
    for (; n; n--, p++, q++)
        if (*p != *q) return *p - *q;
    return 0;
}

/* ---- the disk ---- */

enum { IDE = 0x1F0, IDE_COUNT = IDE + 2, IDE_LBA = IDE + 3, IDE_DEVICE = IDE + 6, IDE_COMMAND = IDE + 7, IDE_CONTROL = 0x3F6 };
enum { BSY = 0x80, DRQ = 8, ERR = 1, READ_SECTORS = 0x20, NO_INTERRUPTS = 2, LBA_MODE = 0xE0, MOST_SECTORS = 128 };

static void read_some(u32 sector, u32 n, u8 *to)
{
    while (in8(IDE_COMMAND) & BSY) {}
    out8(IDE_DEVICE, (u8)(LBA_MODE | (sector >> 24 & 15)));
    out8(IDE_COUNT, (u8)n);
    for (unsigned i = 0; i < 3; i++) out8((u16)(IDE_LBA + i), (u8)(sector >> 8 * i));
    out8(IDE_COMMAND, READ_SECTORS);
    for (; n; n--, to += SECTOR) {
        u8 status;
        in8(IDE_CONTROL);                                      /* 400 ns */
        while ((status = in8(IDE_COMMAND)) & BSY) {}
        if (status & ERR || !(status & DRQ)) finish("cannot read the disk");
        void *at = to;
        u32 words = SECTOR / 2;
        __asm__ volatile("rep insw" : "+D"(at), "+c"(words) : "d"((u16)IDE) : "memory");
    }
}

static void read_disk(u32 sector, u32 n, u8 *to)
{
    for (u32 now; n; n -= now, sector += now, to += now * SECTOR) {
        now = n < MOST_SECTORS ? n : MOST_SECTORS;
        read_some(sector, now, to);
    }
}

/* ---- memory: this program's at its place, level 0; vectors' pages at level 3, in frames of their own ---- */

static u32 directory[1024] __attribute__((aligned(4096))), tables[KERNEL_TO >> 22][1024] __attribute__((aligned(4096)));
static u32 more_tables[16][1024] __attribute__((aligned(4096))), n_tables, n_frames;

enum { PRESENT = 1, WRITABLE = 2, USER = 4 };

static u32 *table_of(u32 linear)
{
    u32 *entry = &directory[linear >> 22];
    if (!*entry && n_tables < COUNT_OF(more_tables)) *entry = (u32)(uintptr_t)more_tables[n_tables++] | PRESENT | WRITABLE | USER;
    return (u32 *)(uintptr_t)(*entry & ~4095u);
}

bool place_page(u32 linear)
{
    if (linear - KERNEL_FROM < KERNEL_TO - KERNEL_FROM) return false;
    u32 *table = table_of(linear);
    if (!table) return false;
    u32 *entry = &table[linear >> 12 & 1023];
    if (*entry) return true;
    if (n_frames == FRAMES) return false;
    *entry = (FRAMES_FROM + 4096 * n_frames++) | PRESENT | WRITABLE | USER;
    __asm__ volatile("invlpg (%0)" :: "r"(linear) : "memory");
    memset((void *)(uintptr_t)(linear & ~4095u), 0xCC, 4096);
    return true;
}

static void paging_on(void)
{
    enum { PE = 1, MP = 2, EM = 4, TS = 8, ET = 16, NE = 32, WP = 1 << 16, AM = 1 << 18, NW = 1 << 29, CD = 1 << 30, OSFXSR = 1 << 9, OSXMMEXCPT = 1 << 10 };
    u32 cr0;
    for (u32 at = KERNEL_FROM; at < KERNEL_TO; at += 4096) tables[at >> 22][at >> 12 & 1023] = at | PRESENT | WRITABLE;
    for (u32 n = 0; n < KERNEL_TO >> 22; n++) directory[n] = (u32)(uintptr_t)tables[n] | PRESENT | WRITABLE | USER;
    __asm__ volatile("mov %0, %%cr3" :: "r"(directory));
    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    cr0 = (cr0 & ~(u32)(EM | TS | NW | CD)) | PE | MP | ET | NE | WP | AM | 1u << 31;
    __asm__ volatile("mov %0, %%cr4; mov %1, %%cr0; fninit" :: "r"(OSFXSR | OSXMMEXCPT), "r"(cr0) : "memory");
}

/* ---- exceptions ---- */

static void tables_on(void)
{
    enum { GATE = 0x8E, USER_GATE = 0xEE, TSS_BYTES = 104, SS0 = 8, ESP0 = 4, IO_MAP = 102 };
    static u8 tss[TSS_BYTES];
    u32 base = (u32)(uintptr_t)tss;
    put(tss + ESP0, W32, (u32)(uintptr_t)trap_stack_end);
    put(tss + SS0, W16, 0x10);
    put(tss + IO_MAP, W16, TSS_BYTES);                         /* none: ports are #GP */
    put(probe_gdt + 0x18, W32, base << 16 | (TSS_BYTES - 1));
    put(probe_gdt + 0x1C, W32, (base & 0xFF000000) | 0x8900 | (base >> 16 & 0xFF));
    for (u32 n = 0; n < 32; n++) {
        u32 stub = (u32)(uintptr_t)probe_stubs + 16 * n;
        put(probe_idt + 8 * n, W32, 0x08u << 16 | (stub & 0xFFFF));
        put(probe_idt + 8 * n + 4, W32, (stub & 0xFFFF0000) | (u32)(n == 3 || n == 4 ? USER_GATE : GATE) << 8);
    }
    __asm__ volatile("lgdt (%0); lidt (%1); ltr %w2; lldt %w3" :: "r"(probe_gdtr), "r"(probe_idtr), "r"(0x18), "r"(0) : "memory");
}

/* ---- the place ---- */

const unsigned place_end_bytes = 1;
void place_end(u32 linear)              { *(volatile u8 *)(uintptr_t)linear = 0xCC; }
u16 place_cs(void)                      { return 0x23; }
bool place_is(int trap, u8 exception)   { return trap == exception; }

void place_execute(u32 end)
{
    probe_enter();
    if (probe_trap == INT3 && probe_trap_eip == end + 1) probe_trap = -1;
}

/* ---- the set ---- */

static u32 take_number(const char **at)
{
    u32 n = 0;
    while (**at == ' ' || **at == '\n') ++*at;
    while (**at >= '0' && **at <= '9') n = 10 * n + (u32)(*(*at)++ - '0');
    return n;
}

static void tell(const moo_test_t *t, probe_result_t result)
{
    bool state = result == PROBE_X87 || result == PROBE_SSE;
    say("(");
    say_number(state ? probe_differing : (u32)probe_trap);
    say(" ");
    say_number(state ? probe_fx_out[probe_differing] : probe_trap_eip);
    say(" ");
    say_number(state ? t->after.fx[probe_differing] : t->after.r[MOO_EIP]);
    say(")");
}

static void run_file(u8 *data, u32 bytes, u32 from, bool wordy)
{
    static const char letters[PROBE_RESULTS + 1] = "\0EIRFMXS-";
    static moo_test_t t;
    static moo_t moo;
    if (!moo_open(&moo, data, bytes)) finish(moo.trouble);
    for (u32 n = 0; moo_next(&moo, &t); n++) {
        if (n < from) continue;
        say_char('.');
        probe_result_t result = probe_run(&t);
        if (result != PROBE_PASSED) say_char(letters[result]);
        if (result != PROBE_PASSED && result != PROBE_SKIPPED && wordy) tell(&t, result);
    }
    if (moo.trouble) finish(moo.trouble);
}

void bare_main(void)
{
    static char text[DIRECTORY_SECTORS * SECTOR + 1];
    u8 *data = (u8 *)DATA_FROM;
    out8(0x21, 0xFF);                                          /* the interrupt controllers' masks */
    out8(0xA1, 0xFF);
    tables_on();
    paging_on();
    out8(IDE_CONTROL, NO_INTERRUPTS);
    read_disk(DIRECTORY, DIRECTORY_SECTORS, (u8 *)text);
    const char *at = text;
    u32 file = take_number(&at), vector = take_number(&at), wordy = take_number(&at);
    for (u32 n = 0;; n++) {
        u32 sector = take_number(&at), bytes = take_number(&at);
        if (!bytes) finish("end");
        if (bytes > DATA_BYTES) finish("a file is too large");
        at += *at == ' ';
        if (n >= file) say("\nprobe ");
        for (; *at && *at != '\n'; at++)
            if (n >= file) say_char(*at);
        if (n < file) continue;
        say(" ");
        say_number(n == file ? vector : 0);
        say("\n");
        read_disk(sector, (bytes + SECTOR - 1) / SECTOR, data);
        run_file(data, bytes, n == file ? vector : 0, wordy);
    }
}
