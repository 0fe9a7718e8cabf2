/*
 * menu.c: the first page, and the way into the scenes. Begin to read here: program_main is called by start.S.
 */
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

static const char *const welcome[] = {
    "This disk shows a PC from the inside. Every scene talks to",
    "the chips themselves, as the source in demo/ tells.",
};

static void show_machine(void)
{
    machine_t machine;
    machine_look(&machine);
    screen_frame(17, 6, 5, 68, FRAME, "This machine");
    if (machine.has_cpuid)
        screen_print(18, 9, PAGE, "Processor   family %u, \"%s\"%s", machine.family, machine.vendor,
                     machine.has_tsc ? ", with a time stamp counter" : "");
    else
        screen_print(18, 9, PAGE, "Processor   80%u86, before CPUID", machine.family);
    screen_print(19, 9, PAGE, "Memory      %u KB below 1 MB, %u KB above", machine.low_kb, machine.extended_kb);
    screen_print(20, 9, PAGE, "Running     in real mode at %04X:0000, from drive A:, without an operating system", own_segment());
    screen_fill(20, 73, 1, 7, ' ', PAGE);
    screen_cell(20, 73, 0xB3, FRAME);
}

static void show_choice(u32 chosen)
{
    for (u32 i = 0; i < COUNT(scenes); i++) {
        u32 attribute = i == chosen ? 0x3F : PAGE;
        screen_fill(7 + i, 8, 1, 24, ' ', attribute);
        screen_print(7 + i, 10, i == chosen ? 0x3E : MARK, "%u", i + 1);
        screen_text(7 + i, 13, attribute, scenes[i].name);
        if (i == chosen)
            screen_cell(7 + i, 30, 0x10, 0x3E);
    }
    screen_fill(8, 37, 6, 36, ' ', PAGE);
    screen_text(8, 37, HEAD, scenes[chosen].name);
    for (u32 i = 0; i < 4 && scenes[chosen].about[i]; i++)
        screen_text(10 + i, 37, PAGE, scenes[chosen].about[i]);
}

static void show_menu(u32 chosen)
{
    screen_start();
    screen_page("A PC, scene by scene", "\x18\x19 Choose   Enter Start   1-8 Start at once");
    screen_fill(24, 66, 1, 14, ' ', BAR); /* Esc has nowhere to go from here */
    screen_lines(2, 6, PAGE, welcome, COUNT(welcome));
    screen_frame(5, 6, 11, 28, FRAME, "Scenes");
    screen_frame(5, 35, 11, 39, FRAME, "");
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
