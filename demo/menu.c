/*
 * menu.c: the first page, and the way into the scenes. Begin to read here: program_main is called by start.S.
 */
#include "draw.h"
#include "pc.h"
#include "scenes.h"
#include "screen.h"
#include "timer.h"

typedef struct {
    const char *name;
    const char *about[4];
    void (*run)(void);
} scene_t;

static const scene_t scenes[] = {
    {"Text", {"256 characters, 16 inks, 16 papers:", "what two bytes a cell can do, the", "cursor, and glyphs of one's own."}, scene_text},
    {"256 colours", {"Mode 13h: a byte a dot. Plasma, fire", "and a turning palette, paced by the", "timer's interrupt."}, scene_colours},
    {"Planes", {"Four planes under one address, a", "picture larger than the screen, and", "registers that scroll it smoothly."}, scene_planes},
    {"Keyboard", {"What the keyboard really sends: a byte", "when a key goes down, another when it", "comes up."}, scene_keyboard},
    {"Mouse", {"Packets of three bytes from the PS/2", "mouse move a pointer. Draw something."}, scene_mouse},
    {"Speaker", {"A counter that divides a frequency,", "one gate, and a tune."}, scene_speaker},
    {"Paging", {"Into protected mode and back: a linear", "address is walked through the page", "tables, and a page fault is caught."}, scene_paging},
    {"Idle", {"What a processor does when there is", "nothing to do, and how long it sleeps."}, scene_idle},
};

enum { LOGO_ROW = 2, WELCOME_ROW = 7, BOX_ROW = 9, MACHINE_ROW = 19, BOX_ROWS = 10 };

/* The name, as large as its 8x8 glyphs: a half block for a dot, so two rows of dots in a row of the screen. */
static void show_logo(const char *name)
{
    static const u8 blocks[4] = {' ', 0xDC, 0xDF, 0xDB};
    font_t font = font_find(8);
    for (u32 i = 0; name[i]; i++)
        for (u32 row = 0; row < 8; row += 2) {
            u32 upper = font_row(&font, (u8)name[i], row), lower = font_row(&font, (u8)name[i], row + 1);
            for (u32 dot = 0; dot < 8; dot++) {
                u32 dots = (upper >> (7 - dot) & 1) << 1 | (lower >> (7 - dot) & 1);
                screen_cell(LOGO_ROW + row / 2, 7 + i * 8 + dot, blocks[dots], MARK);
            }
        }
}

static void show_machine(void)
{
    machine_t machine;
    machine_look(&machine);
    screen_frame(MACHINE_ROW, 6, 5, 68, FRAME, "This machine");
    if (machine.has_cpuid)
        screen_print(MACHINE_ROW + 1, 8, PAGE, "Processor  family %u, \"%s\"%s", machine.family, machine.vendor,
                     machine.has_tsc ? ", with a time stamp counter" : "");
    else
        screen_print(MACHINE_ROW + 1, 8, PAGE, "Processor  80%u86, before CPUID", machine.family);
    screen_print(MACHINE_ROW + 2, 8, PAGE, "Memory     %u KB below 1 MB, %u KB above", machine.low_kb, machine.extended_kb);
    screen_print(MACHINE_ROW + 3, 8, PAGE, "Running    in real mode at %04X:0000, with no operating system", own_segment());
}

static void show_choice(u32 chosen)
{
    for (u32 i = 0; i < COUNT(scenes); i++) {
        u32 attribute = i == chosen ? 0x3F : PAGE;
        screen_fill(BOX_ROW + 1 + i, 8, 1, 24, ' ', attribute);
        screen_print(BOX_ROW + 1 + i, 10, i == chosen ? 0x3E : MARK, "%u", i + 1);
        screen_text(BOX_ROW + 1 + i, 13, attribute, scenes[i].name);
        if (i == chosen)
            screen_cell(BOX_ROW + 1 + i, 30, 0x10, 0x3E);
    }
    screen_fill(BOX_ROW + 2, 38, 6, 35, ' ', PAGE);
    screen_text(BOX_ROW + 2, 38, HEAD, scenes[chosen].name);
    for (u32 i = 0; i < 4 && scenes[chosen].about[i]; i++)
        screen_text(BOX_ROW + 4 + i, 38, PAGE, scenes[chosen].about[i]);
}

static void show_menu(u32 chosen)
{
    screen_start();
    screen_page("A PC, scene by scene", "\x18\x19 Choose   Enter Start   1-8 Start at once");
    screen_fill(24, 66, 1, 14, ' ', BAR); /* Esc has nowhere to go from here */
    show_logo("doppel");
    screen_text(WELCOME_ROW, 7, PAGE, "A PC from the inside. Every scene talks to the chips themselves.");
    screen_frame(BOX_ROW, 6, BOX_ROWS, 28, FRAME, "Scenes");
    screen_frame(BOX_ROW, 35, BOX_ROWS, 39, FRAME, "");
    show_machine();
    show_choice(chosen);
}

void program_main(void);

void program_main(void)
{
    u32 chosen = 0;
    show_menu(chosen);
    for (;;) {
        u16 key = key_wait();
        u32 digit = (u32)key_letter(key) - '1', start = key == KEY_ENTER;
        if (key == KEY_UP)
            chosen = (chosen + COUNT(scenes) - 1) % COUNT(scenes);
        if (key == KEY_DOWN)
            chosen = (chosen + 1) % COUNT(scenes);
        if (digit < COUNT(scenes))
            chosen = digit, start = 1;
        if (start) {
            scenes[chosen].run();
            timer_stop();
            show_menu(chosen);
        }
        show_choice(chosen);
    }
}
