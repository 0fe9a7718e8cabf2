/*
 * scene_paging.c: how a linear address becomes a physical one. Each step goes to protected mode, makes one access and
 * comes back (protected.S); then the page directory and the page table are read as what they are, plain memory, and
 * drawn, with the bits the processor has set in them meanwhile.
 *
 * Document: Intel SDM volume 3, 4.3 (32-bit paging), 4.7 (page-fault exceptions), 4.8 (accessed and dirty flags).
 * Left out: pages of 4 MiB, PAE, user mode (so the error code's bit 2 stays 0).
 */
#include "paging.h"
#include "format.h"
#include "scenes.h"
#include "screen.h"

enum { P = 0x01, RW = 0x02, US = 0x04, A = 0x20, D = 0x40, CR0_WP = 1u << 16 };
enum { DIRECTORY = 0x30000, TABLE_0 = 0x31000, TABLE_1 = 0x32000, FRAME_A = 0x33000, FRAME_B = 0x34000, SCREEN = 0xB8000 };
enum { ADDRESS_ROW = 2, BOX_ROW = 7, TEXT_ROW = 17, MAP_ROW = 20, SHOWN = 7 };

typedef struct {
    const char *title, *about;
    u32 linear, write, value, wp;
    u32 page, entry;       /* first put this entry into that page of table 1, if entry is not 0 */
} step_t;

static const step_t steps[] = {
    {"Read a page", "CR3 leads to the directory, entry 001 to a table, entry 002 to the frame.", 0x00402010, 0, 0, 0, 0, 0},
    {"Write to it", "A write sets D as well: this page is not what is on the disk any more.", 0x00402010, 1, 0x600DCAFE, 0, 0, 0},
    {"The same frame through another page", "Entry 003 names the same frame, so the new value is found here too.", 0x00403010, 0, 0, 0, 0, 0},
    {"Video memory at an address of our choice", "Entry 004 names frame B8000h: the four bytes appear here, at the end \x1A",
     0x00404000 + (TEXT_ROW + 1) * 160 + 148, 1, 0x1F021E01, 0, 0, 0},
    {"Read where nothing is", "P is 0 in entry 005: page fault. The error code is 0, CR2 holds the address.", 0x00405000, 0, 0, 0, 0, 0},
    {"Write where nothing is", "Again a fault, and the error code's bit 1 says that it was a write.", 0x00405024, 1, 0x12345678, 0, 0, 0},
    {"Put a frame there and try again", "This is what an operating system does when it loads a page on demand.", 0x00405024, 1, 0x12345678, 0, 5,
     FRAME_B | RW | P},
    {"Write to a page that may only be read", "", 0x00406010, 1, 0xBADBAD00, 1, 0, 0},
};

void page_fault(void);
void protection_fault(void);
void double_fault(void);

/* What LGDT and LIDT read: a limit and a linear address. */
typedef struct {
    u16 limit;
    u32 base;
} __attribute__((packed)) pointer_t;

static u32 gdt[4][2], idt[16][2];
pointer_t gdt_pointer, idt_pointer;

/* A segment descriptor: the base is spread over three places, the limit over two (SDM volume 3, 3.4.5). */
static void describe(u32 entry, u32 base, u32 limit, u32 access, u32 flags)
{
    gdt[entry][0] = (limit & 0xFFFF) | base << 16;
    gdt[entry][1] = (base >> 16 & 0xFF) | access << 8 | (limit & 0xF0000) | flags << 20 | (base & 0xFF000000);
}

/* A 386 interrupt gate to a function in our code segment. */
static void gate(u32 vector, void (*handler)(void))
{
    idt[vector][0] = (u32)SELECTOR_CODE << 16 | ((u32)handler & 0xFFFF);
    idt[vector][1] = 0x8E00;
}

static void make_descriptors(void)
{
    u32 base = (u32)own_segment() << 4;
    describe(1, base, 0xFFFF, 0x9A, 0x0);    /* code, 16 bits */
    describe(2, base, 0xFFFF, 0x92, 0x0);    /* data */
    describe(3, 0, 0xFFFFF, 0x92, 0x8);      /* data, the limit counted in pages */
    gate(8, double_fault);
    gate(13, protection_fault);
    gate(14, page_fault);
    gdt_pointer = (pointer_t){sizeof gdt - 1, base + ((u32)gdt & 0xFFFF)};
    idt_pointer = (pointer_t){sizeof idt - 1, base + ((u32)idt & 0xFFFF)};
}

/* In real mode the tables are reached like any memory. */
static u32 table_read(u32 physical) { return far_read32(physical >> 4, physical & 15); }

static void table_write(u32 table, u32 index, u32 entry)
{
    u32 physical = table + index * 4;
    far_write32(physical >> 4, physical & 15, entry);
}

static void make_tables(void)
{
    far_fill32(DIRECTORY >> 4, 0, 0, 5 * 4096 / 4);
    for (u32 page = 0; page < 256; page++)
        table_write(TABLE_0, page, page << 12 | RW | P); /* the first megabyte, as it is */
    table_write(DIRECTORY, 0, TABLE_0 | RW | P);
    table_write(DIRECTORY, 1, TABLE_1 | RW | P);
    table_write(TABLE_1, 2, FRAME_A | RW | P);
    table_write(TABLE_1, 3, FRAME_A | RW | P);
    table_write(TABLE_1, 4, SCREEN | RW | P);
    table_write(TABLE_1, 6, FRAME_B | P);
    far_write32(FRAME_A >> 4, 0x10, 0x00C0FFEE);
    far_write32(FRAME_B >> 4, 0x10, 0x0DDBA115);
}

/* The linear address in its three parts, as the processor cuts it. */
static void show_address(u32 linear)
{
    static const struct {
        const char *name;
        u32 high, low, column;
    } parts[] = {{"directory", 31, 22, 2}, {"table", 21, 12, 16}, {"offset", 11, 0, 30}};
    for (u32 i = 0; i < COUNT(parts); i++) {
        u32 bits = parts[i].high - parts[i].low + 1, value = linear >> parts[i].low & ((1u << bits) - 1);
        screen_frame(ADDRESS_ROW, parts[i].column, 3, 14, FRAME, parts[i].name);
        for (u32 bit = 0; bit < bits; bit++)
            screen_cell(ADDRESS_ROW + 1, parts[i].column + 1 + bit, value >> (bits - 1 - bit) & 1 ? '1' : '0', HEAD);
        screen_print(ADDRESS_ROW + 3, parts[i].column + 1, QUIET, "%2u", parts[i].high);
        screen_print(ADDRESS_ROW + 3, parts[i].column + 3, MARK, " = %03X", value);
        screen_print(ADDRESS_ROW + 3, parts[i].column + 10, QUIET, "%2u", parts[i].low);
    }
    screen_print(1, 2, PAGE, "Linear address");
    screen_print(1, 17, MARK, "%08X", linear);
}

/* One entry: index, frame, and the bits that are set; those the processor set are green. */
static void show_entry(u32 row, u32 column, u32 index, u32 entry, u32 chosen)
{
    u32 attribute = !(entry & P) ? QUIET : chosen ? HEAD : PAGE;
    screen_print(row, column, chosen ? MARK : QUIET, "%03X", index);
    screen_print(row, column + 4, attribute, "%05X", entry >> 12);
    screen_cell(row, column + 10, entry & P ? 'P' : 0xFA, attribute);
    screen_cell(row, column + 12, entry & RW ? 'W' : 0xFA, attribute);
    screen_cell(row, column + 14, entry & A ? 'A' : 0xFA, entry & A ? GOOD : QUIET);
    screen_cell(row, column + 16, entry & D ? 'D' : 0xFA, entry & D ? GOOD : QUIET);
}

static void show_table(u32 column, const char *title, u32 table, u32 chosen)
{
    screen_frame(BOX_ROW, column, SHOWN + 2, 20, FRAME, title);
    for (u32 i = 0; i < SHOWN; i++)
        show_entry(BOX_ROW + 1 + i, column + 1, i, table_read(table + i * 4), i == chosen);
}

/* A line from an entry to the top of the next box. */
static void show_way(u32 column, u32 row, u32 attribute)
{
    if (row == BOX_ROW) {
        screen_text(row, column, attribute, "\xC4\xC4\xC4\x10");
        return;
    }
    screen_text(BOX_ROW, column + 1, attribute, "\xDA\xC4\x10");
    for (u32 y = BOX_ROW + 1; y < row; y++)
        screen_cell(y, column + 1, 0xB3, attribute);
    screen_text(row, column, attribute, "\xC4\xD9");
}

static void show_frame(u32 linear, u32 entry)
{
    u32 frame = entry & ~0xFFFu, offset = linear & 0xFFC, first = offset < 0x10 ? 0 : offset - 0x10;
    screen_frame(BOX_ROW, 62, SHOWN + 2, 16, FRAME, entry & P ? "Frame      " : "Frame");
    if (!(entry & P)) {
        screen_text(BOX_ROW + 4, 64, BAD, "not present");
        return;
    }
    screen_print(BOX_ROW, 71, MARK, "%05X ", frame >> 12);
    for (u32 i = 0; i < SHOWN; i++, first += 4)
        if (first < 0x1000)
            screen_print(BOX_ROW + 1 + i, 63, first == offset ? HEAD : PAGE, "%03X  %08X", first, table_read(frame + first));
}

static void show_walk(u32 linear)
{
    u32 directory = linear >> 22, page = linear >> 12 & 0x3FF, entry = table_read(TABLE_1 + page * 4);
    screen_fill(BOX_ROW, 0, SHOWN + 2, 80, ' ', PAGE);
    screen_frame(BOX_ROW, 2, 3, 10, FRAME, "CR3");
    screen_print(BOX_ROW + 1, 3, HEAD, "%08X", DIRECTORY);
    show_table(16, "Page directory", DIRECTORY, directory);
    show_table(39, "Page table", TABLE_1, page);
    show_frame(linear, entry);
    screen_text(BOX_ROW, 12, MARK, "\xC4\xC4\xC4\x10");
    show_way(36, BOX_ROW + 1 + directory, MARK);
    if (entry & P)
        show_way(59, BOX_ROW + 1 + page, MARK);
    screen_text(BOX_ROW + SHOWN + 2, 12, QUIET, "P present  W writable  and, by the processor: A accessed  D dirty");
}

static void show_outcome(const visit_t *visit, const step_t *step)
{
    screen_fill(1, 46, 5, 34, ' ', PAGE);
    if (!visit) {
        screen_text(2, 48, QUIET, "The tables are made, the");
        screen_text(3, 48, QUIET, "processor is in real mode.");
        return;
    }
    screen_print(1, 48, PAGE, "CR0 %08X  %s", visit->cr0, visit->cr0 & CR0_WP ? "PG WP PE" : "PG PE");
    if (visit->vector == 14) {
        screen_print(2, 48, BAD, "Page fault  error code %04X", visit->error);
        screen_print(3, 48, PAGE, "CR2 %08X", visit->cr2);
        screen_print(4, 48, PAGE, "%s, %s, supervisor", visit->error & 1 ? "protection" : "not present",
                     visit->error & 2 ? "write" : "read");
    } else if (visit->vector) {
        screen_print(2, 48, BAD, "Exception %u  error code %04X", visit->vector, visit->error);
    } else {
        screen_print(2, 48, GOOD, "%s %08X", step->write ? "Wrote" : "Read", visit->value);
    }
}

/* Which pages of the first megabyte has our own code touched on its way? The A and D bits of table 0 tell. */
static void show_map(void)
{
    screen_text(MAP_ROW - 1, 2, PAGE, "The first megabyte, a page a character:");
    screen_text(MAP_ROW - 1, 42, QUIET, "\xFA untouched  \xB1 accessed  \xDB dirty");
    for (u32 page = 0; page < 256; page++) {
        u32 entry = table_read(TABLE_0 + page * 4), row = MAP_ROW + page / 64;
        screen_cell(row, 8 + page % 64, entry & D ? 0xDB : entry & A ? 0xB1 : 0xFA, entry & A ? GOOD : QUIET);
        if (page % 64 == 0)
            screen_print(row, 2, QUIET, "%05X", page << 12);
    }
}

static void show_text(u32 number, const char *title, const char *about)
{
    screen_fill(TEXT_ROW, 0, 2, 80, ' ', PAGE);
    if (number)
        screen_print(TEXT_ROW, 2, MARK, "%u/%u  %s", number, (u32)COUNT(steps), title);
    else
        screen_text(TEXT_ROW, 2, MARK, title);
    screen_text(TEXT_ROW + 1, 2, PAGE, about);
}

static void begin(void)
{
    make_tables();
    show_address(steps[0].linear);
    show_walk(steps[0].linear);
    show_outcome(0, 0);
    show_text(0, "Before the first step", "The address picks an entry of each table, and a byte in the frame.");
    show_map();
}

static void take_step(u32 number, u32 is_486)
{
    const step_t *step = &steps[number];
    const char *about = step->about;
    if (step->entry)
        table_write(TABLE_1, step->page, step->entry | (table_read(TABLE_1 + step->page * 4) & A));
    if (step->wp)
        about = is_486 ? "CR0.WP makes the supervisor obey W = 0 too: error code 3, P and write."
                       : "A 386 lets the supervisor write all the same: WP came with the 486.";
    show_text(number + 1, step->title, about);
    visit_t visit = {.linear = step->linear, .write = step->write, .value = step->value, .cr3 = DIRECTORY,
                     .cr0_bits = step->wp && is_486 ? CR0_WP : 0};
    paging_visit(&visit);
    show_address(step->linear);
    show_walk(step->linear);
    show_outcome(&visit, step);
    show_map();
}

/* Under a memory manager real mode is only virtual 8086 mode, and protected mode is taken. */
static u32 is_real_mode(void)
{
    u32 status;
    ASM("smsw %w0" : "=r"(status));
    return !(status & 1);
}

void scene_paging(void)
{
    u32 next = 0;
    machine_t machine;
    machine_look(&machine);
    screen_page("Paging: how an address finds its memory", "Space Next step   R From the start");
    if (!is_real_mode()) {
        screen_text(3, 4, MARK, "The processor is in virtual 8086 mode: another program holds protected mode.");
        while (key_wait() != KEY_ESC)
            ;
        return;
    }
    make_descriptors();
    begin();
    for (;;) {
        u16 key = key_wait();
        if (key == KEY_ESC)
            return;
        if (key_letter(key) == 'R' || (key == KEY_SPACE && next == COUNT(steps))) {
            begin();
            next = 0;
        } else if (key == KEY_SPACE || key == KEY_ENTER) {
            if (next < COUNT(steps))
                take_step(next++, machine.family >= 4);
        }
    }
}
