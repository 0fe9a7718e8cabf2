/* terminal.c - the screen in the terminal the program was started in: VGA text as UTF-8 with its colours, graphics as
 * half blocks, only what changed (ECMA-48 control functions; xterm's 24-bit and 256 colour SGR forms).
 *
 * Where the terminal is smaller than the text screen, the part with the cursor is shown.
 * Left out: the mouse; loaded fonts (characters are taken to be code page 437). */
#include "frontend/session.h"
#include "frontend/terminal_keys.h"
#include "frontend/tty.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <poll.h>

enum { MAX_COLUMNS = 320, MAX_ROWS = 120, OUT_BYTES = 1 << 16, MENU = 0x1D };
typedef enum { COLOURS_16, COLOURS_256, COLOURS_24_BIT } depth_t;

typedef struct { u32 character, ink, paper; bool blink; } cell_t;      /* colours 0x00RRGGBB; text mode on 16 colours: 0 .. 15 */

typedef struct {
    display_t display;
    depth_t depth;
    unsigned columns, rows;              /* of the terminal */
    bool  menu;                          /* Ctrl-] was pressed */
    char  note[160]; u64 note_until;     /* on the last row */
    terminal_keys_t keys;
    cell_t wanted[MAX_ROWS * MAX_COLUMNS], shown[MAX_ROWS * MAX_COLUMNS];
    cell_t pen; bool pen_known;
    unsigned cursor_column, cursor_row; bool cursor_on;
    unsigned at_column, at_row;          /* where the terminal's cursor is */
    size_t used;
    char  out[OUT_BYTES];
} terminal_t;

static const char goodbye[] = "\033[0m\033[?25h\033[?7h\033[?1049l", hello[] = "\033[?1049h\033[?7l\033[0m\033[2J\033[H";
static const char menu_text[] = " q quit  r reset  d ctrl-alt-del  p pause  s screenshot  ] sends Ctrl-]  (any other key: back) ";
static const char hint_text[] = " Ctrl-] then q quits ";

/* --- writing ---------------------------------------------------------------------------------------------------------- */

static void flush(terminal_t *t)
{
    tty_write(t->out, t->used);
    t->used = 0;
}

static void put_text(terminal_t *t, const char *text, size_t n)
{
    if (t->used + n > OUT_BYTES) flush(t);
    memcpy(t->out + t->used, text, n);
    t->used += n;
}

#define PUT(t, ...) do { char text_[64]; int n_ = snprintf(text_, sizeof text_, __VA_ARGS__); put_text((t), text_, (size_t)n_); } while (0)

/* The VGA counts blue 1, green 2, red 4; ANSI red 1, green 2, blue 4. */
static u32 ansi(u32 vga) { return (vga & 2) | (vga & 1) << 2 | (vga >> 2 & 1) | (vga & 8); }

static u32 cube(u32 rgb)                                  /* xterm's 6x6x6 cube: 0, 95, 135, 175, 215, 255 */
{
    u32 index = 16;
    for (u32 shift = 0, weight = 1; shift < 24; shift += 8, weight *= 6) {
        u32 v = rgb >> shift & 0xFF;
        index += weight * (v < 48 ? 0 : v < 115 ? 1 : (v - 35) / 40);
    }
    return index;
}

static void put_colour(terminal_t *t, bool paper, u32 colour)
{
    u32 base = paper ? 10 : 0;
    switch (t->depth) {
    case COLOURS_24_BIT: PUT(t, "\033[%u;2;%u;%u;%um", 38 + base, colour >> 16 & 0xFF, colour >> 8 & 0xFF, colour & 0xFF); break;
    case COLOURS_256:    PUT(t, "\033[%u;5;%um", 38 + base, cube(colour)); break;
    default:             PUT(t, "\033[%um", (colour & 8 ? 90 : 30) + base + (ansi(colour) & 7)); break;
    }
}

static void put_cell(terminal_t *t, unsigned row, unsigned column, const cell_t *c)
{
    char text[4];
    if (t->at_row != row || t->at_column != column) PUT(t, "\033[%u;%uH", row + 1, column + 1);
    if (!t->pen_known || t->pen.blink != c->blink) {
        PUT(t, c->blink ? "\033[0;5m" : "\033[0m");
        t->pen_known = false;
    }
    if (!t->pen_known || t->pen.ink != c->ink)     put_colour(t, false, c->ink);
    if (!t->pen_known || t->pen.paper != c->paper) put_colour(t, true, c->paper);
    t->pen = *c;
    t->pen_known = true;
    put_text(t, text, utf8_put(text, c->character));
    t->at_row = row;
    t->at_column = column + 1;
}

static bool same_cell(const cell_t *a, const cell_t *b)
{
    return a->character == b->character && a->ink == b->ink && a->paper == b->paper && a->blink == b->blink;
}

static void put_note(terminal_t *t)
{
    cell_t c = { .ink = t->depth == COLOURS_16 ? 0 : 0x000000, .paper = t->depth == COLOURS_16 ? 7 : 0xAAAAAA };
    cell_t *row = &t->wanted[(t->rows - 1) * MAX_COLUMNS];
    for (unsigned i = 0; t->note[i] && i < t->columns; i++) {
        c.character = (u8)t->note[i];
        row[i] = c;
    }
}

static void put_changes(terminal_t *t)
{
    if (*t->note) put_note(t);
    put_text(t, "\033[?25l", 6);
    for (unsigned row = 0; row < t->rows; row++)
        for (unsigned column = 0; column < t->columns; column++) {
            const cell_t *c = &t->wanted[row * MAX_COLUMNS + column];
            cell_t *before = &t->shown[row * MAX_COLUMNS + column];
            if (same_cell(c, before)) continue;
            put_cell(t, row, column, c);
            *before = *c;
        }
    if (t->cursor_on) {
        PUT(t, "\033[%u;%uH\033[?25h", t->cursor_row + 1, t->cursor_column + 1);
        t->at_row = t->cursor_row;
        t->at_column = t->cursor_column;
    }
    flush(t);
}

/* --- what is wanted ------------------------------------------------------------------------------------------------------- */

static void clear(terminal_t *t)
{
    for (unsigned i = 0; i < COUNT_OF(t->wanted); i++) t->wanted[i] = (cell_t){ .character = ' ' };
    t->cursor_on = false;
}

/* The first row (or column) to show of `have`, when only `room` fit and `at` must be seen. */
static u32 first_shown(u32 have, u32 room, u32 at)
{
    if (have <= room || at < room) return 0;
    return at - room + 1 < have - room ? at - room + 1 : have - room;
}

/* Characters a terminal would not draw are drawn blank. */
static u32 drawable(u8 code)
{
    u32 character = cp437_to_unicode(code);
    return code == 0 || character < 0x20 || (character >= 0x7F && character < 0xA0) ? ' ' : character;
}

static void want_text(terminal_t *t, const session_t *s)
{
    const vga_text_t *text = &s->text;
    u32 colours[16];
    vga_text_colours(pc_vga(s->pc), colours);
    if (t->depth == COLOURS_16) for (u32 i = 0; i < 16; i++) colours[i] = i;
    u32 columns = text->columns < t->columns ? text->columns : t->columns, rows = text->rows < t->rows ? text->rows : t->rows;
    u32 left = first_shown(text->columns, columns, text->cursor_on ? text->cursor_column : 0);
    u32 top = first_shown(text->rows, rows, text->cursor_on ? text->cursor_row : 0);
    for (u32 row = 0; row < rows; row++)
        for (u32 column = 0; column < columns; column++) {
            u32 at = (row + top) * text->columns + column + left;
            u8 attribute = text->cells[at].attribute, paper = attribute >> 4;
            bool blink = text->blink && paper & 8;
            t->wanted[row * MAX_COLUMNS + column] = (cell_t){ drawable(text->cells[at].code), colours[attribute & 15], colours[text->blink ? paper & 7 : paper], blink };
        }
    t->cursor_on = text->cursor_on && text->cursor_row >= top && text->cursor_row < top + rows && text->cursor_column >= left && text->cursor_column < left + columns;
    t->cursor_row = text->cursor_row - top;
    t->cursor_column = text->cursor_column - left;
}

/* The mean colour of a part of the frame. */
static u32 mean(const vga_frame_t *f, u32 x0, u32 x1, u32 y0, u32 y1)
{
    u64 r = 0, g = 0, b = 0, n = 0;
    for (u32 y = y0; y < y1 || y == y0; y++)
        for (u32 x = x0; x < x1 || x == x0; x++, n++) {
            u32 pixel = f->pixels[y * f->width + x];
            r += pixel >> 16 & 0xFF; g += pixel >> 8 & 0xFF; b += pixel & 0xFF;
        }
    return (u32)(r / n << 16 | g / n << 8 | b / n);
}

static u32 nearest_of_16(const u32 *palette, u32 rgb)
{
    u32 best = 0, least = UINT32_MAX;
    for (u32 i = 0; i < 16; i++) {
        u32 far = 0;
        for (u32 shift = 0; shift < 24; shift += 8) {
            u32 a = palette[i] >> shift & 0xFF, b = rgb >> shift & 0xFF;
            far += (a > b ? a - b : b - a) * (a > b ? a - b : b - a);
        }
        if (far < least) { least = far; best = i; }
    }
    return best;
}

static const u32 standard_16[16] = { 0x000000, 0x0000AA, 0x00AA00, 0x00AAAA, 0xAA0000, 0xAA00AA, 0xAA5500, 0xAAAAAA,
    0x555555, 0x5555FF, 0x55FF55, 0x55FFFF, 0xFF5555, 0xFF55FF, 0xFFFF55, 0xFFFFFF };

/* Half blocks: a cell is two pixels, one above the other, each about square. */
static void want_graphics(terminal_t *t, const vga_frame_t *f)
{
    u32 aspect_width = f->aspect_width ? f->aspect_width : 4, aspect_height = f->aspect_height ? f->aspect_height : 3;
    u32 width = t->columns, height = (u32)((u64)width * aspect_height / aspect_width);
    if (height > 2 * t->rows) { height = 2 * t->rows; width = (u32)((u64)height * aspect_width / aspect_height); }
    if (width > t->columns) width = t->columns;
    if (!f->width || !f->height || !width || !height) return;
    for (u32 y = 0; y < height; y++)
        for (u32 x = 0; x < width; x++) {
            u32 colour = mean(f, x * f->width / width, (x + 1) * f->width / width, y * f->height / height, (y + 1) * f->height / height);
            if (t->depth == COLOURS_16) colour = nearest_of_16(standard_16, colour);
            cell_t *c = &t->wanted[y / 2 * MAX_COLUMNS + x];
            c->character = 0x2580;                        /* upper half block */
            if (y % 2 == 0) c->ink = colour;
            else            c->paper = colour;
        }
}

static void draw(terminal_t *t)
{
    const session_t *s = t->display.session;
    clear(t);
    if (s->text.columns && s->text.rows && s->frame->width) want_text(t, s);
    else want_graphics(t, s->frame);
    put_changes(t);
}

/* --- the display's four words -------------------------------------------------------------------------------------------- */

static void note(terminal_t *t, const char *text, u64 ns)
{
    snprintf(t->note, sizeof t->note, "%s", text);
    t->note_until = host_now() + ns;
    draw(t);
}

static void start_over(terminal_t *t)
{
    tty_size(&t->columns, &t->rows);
    if (t->columns > MAX_COLUMNS) t->columns = MAX_COLUMNS;
    if (t->rows > MAX_ROWS) t->rows = MAX_ROWS;
    for (unsigned i = 0; i < COUNT_OF(t->shown); i++) t->shown[i] = (cell_t){ .character = 0 };
    t->pen_known = false;
    t->at_row = t->at_column = MAX_COLUMNS;
    put_text(t, hello, sizeof hello - 1);
}

static void screenshot(terminal_t *t)
{
    char name[64], text[160];
    why_t why;
    int number = 1;
    do snprintf(name, sizeof name, "doppel-%03d.png", number); while (access(name, F_OK) == 0 && ++number < 1000);
    if (session_screenshot(t->display.session, name, &why)) snprintf(text, sizeof text, " %s ", name);
    else snprintf(text, sizeof text, " %.150s ", why.text);
    note(t, text, 2000000000);
}

static void menu(terminal_t *t, u8 byte)
{
    session_t *s = t->display.session;
    t->menu = false;
    t->note_until = 0;
    switch (byte) {
    case 'q': session_end(s, STATUS_GOOD, "quit"); break;
    case 'r': session_reset(s); break;
    case 'd': typist_chord(&s->typist, (const pc_key_t[]){ KEY_CTRL, KEY_ALT, KEY_DELETE }, 3); break;
    case 's': screenshot(t); break;
    case ']': case MENU: session_stroke(s, (stroke_t){ 0x1B, WITH_CTRL }); break;
    case 'p':
        session_pause(s, !s->paused);
        if (s->paused) note(t, " paused: Ctrl-] then p goes on ", UINT64_MAX / 2);
        break;
    default: break;
    }
}

static void take_keys(terminal_t *t)
{
    u8 bytes[256];
    stroke_t stroke;
    u64 now = host_now();
    unsigned n = tty_read(bytes, sizeof bytes);
    for (unsigned i = 0; i < n; i++) {
        if (t->menu) menu(t, bytes[i]);
        else if (bytes[i] == MENU) {
            t->menu = true;
            note(t, menu_text, UINT64_MAX / 2);
        } else if (terminal_key(&t->keys, bytes[i], now, &stroke)) session_stroke(t->display.session, stroke);
    }
    if (terminal_key_alone(&t->keys, now, &stroke)) session_stroke(t->display.session, stroke);
    if (tty_ended()) session_end(t->display.session, STATUS_GOOD, "terminal closed");
}

static void terminal_poll(display_t *display, u32 wait_ms)
{
    terminal_t *t = (terminal_t *)(void *)display;
    if (wait_ms) poll(&(struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN }, 1, (int)wait_ms);
    take_keys(t);
    if (tty_changed()) { start_over(t); draw(t); }
    if (*t->note && host_now() >= t->note_until) { *t->note = 0; draw(t); }
}

static void terminal_show(display_t *display)   { draw((terminal_t *)(void *)display); }

static void terminal_status(display_t *display) { (void)display; }

static void terminal_close(display_t *display)
{
    tty_restore();
    free(display);
}

static depth_t colours(void)
{
    const char *colorterm = getenv("COLORTERM"), *term = getenv("TERM");
    if (colorterm && (strcmp(colorterm, "truecolor") == 0 || strcmp(colorterm, "24bit") == 0)) return COLOURS_24_BIT;
    if (term && (strstr(term, "direct") || strstr(term, "kitty") || strstr(term, "alacritty"))) return COLOURS_24_BIT;
    return term && strstr(term, "256color") ? COLOURS_256 : COLOURS_16;
}

display_t *terminal_open(session_t *s, why_t *why)
{
    static const display_ops_t ops = { terminal_poll, terminal_show, terminal_status, terminal_close };
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        refuse(why, "-display term wants a terminal for its input and output; -display none runs without");
        return NULL;
    }
    terminal_t *t = calloc(1, sizeof *t);
    if (!t || !tty_take(goodbye, true)) {
        free(t);
        refuse(why, "this terminal cannot be used: its settings cannot be read");
        return NULL;
    }
    t->display = (display_t){ &ops, s };
    t->depth = colours();
    start_over(t);
    note(t, hint_text, 4000000000);
    return &t->display;
}
