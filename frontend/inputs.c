/* inputs.c - what a person or a script does to the machine: every one enters through pc_post, which stamps it with the
 * instruction count (ARCHITECTURE section 4); and what a script asks of the session. */
#include "frontend/output.h"
#include "frontend/session.h"
#include "frontend/screenshot.h"
#include "frontend/script_disasm.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static void post(session_t *s, input_t input)
{
    input.at = pc_instructions(s->pc);
    s->lively_until = host_now() + 1000000000;
    pc_post(s->pc, &input);
}

void session_key(session_t *s, pc_key_t key, bool down)
{
    if (key == KEY_NONE || key >= N_KEYS || (!down && !s->held[key])) return;
    s->held[key] = down;
    post(s, (input_t){ .kind = INPUT_KEY, .key = key, .down = down });
}

void session_release_keys(session_t *s)
{
    for (unsigned key = 0; key < N_KEYS; key++)
        if (s->held[key]) session_key(s, (pc_key_t)key, false);
}

void session_stroke(session_t *s, stroke_t stroke)
{
    if (stroke.key != KEY_NONE) typist_stroke(&s->typist, stroke);
}

/* A mouse says at most 255 mickeys at a time (the PS/2 packet's nine bits); larger ones go in parts. */
void session_mouse(session_t *s, int dx, int dy, int dz, u8 buttons)
{
    do {
        int x = dx > 255 ? 255 : dx < -255 ? -255 : dx, y = dy > 255 ? 255 : dy < -255 ? -255 : dy;
        post(s, (input_t){ .kind = INPUT_MOUSE, .dx = (s16)x, .dy = (s16)y, .dz = (s16)dz, .buttons = buttons });
        dx -= x; dy -= y; dz = 0;
    } while (dx || dy);
}

static void change_medium(session_t *s, unsigned drive, disk_t *disk)
{
    disk_t **medium = drive < PC_FLOPPIES ? &s->floppy[drive] : &s->cdrom[s->cdrom_place];
    if (*medium) s->retired[s->n_retired++] = *medium;
    *medium = disk;
    post(s, (input_t){ .kind = INPUT_MEDIUM, .drive = (u8)(drive < PC_FLOPPIES ? drive : PC_FLOPPIES + s->cdrom_place), .disk = disk });
}

static bool insert_cd(session_t *s, unsigned drive, const char *path, why_t *why)
{
    disk_t *disk = cd_open(path, why);
    if (disk) change_medium(s, drive, disk);
    return disk != NULL;
}

bool session_insert(session_t *s, unsigned drive, const char *path, why_t *why)
{
    if (s->n_retired == COUNT_OF(s->retired)) return refuse(why, "the drive is still busy with the last media; try again");
    if (drive >= PC_FLOPPIES && !s->has_cdrom) return refuse(why, "there is no CD-ROM drive; -cdrom makes one");
    if (!path) { change_medium(s, drive, NULL); return true; }
    if (drive >= PC_FLOPPIES) return insert_cd(s, drive, path, why);
    image_kind_t kind = IMAGE_UNKNOWN;
    why_t reason = { "" };
    disk_t *disk = disk_open(path, (disk_options_t){ .snapshot = s->options->snapshot }, &kind, reason.text, sizeof reason.text);
    if (!disk) return refuse(why, "%s", reason.text);
    if (kind != IMAGE_FLOPPY) {
        disk_close(disk);
        return refuse(why, "%s is not a floppy image, so it cannot go into drive %c", path, 'A' + (char)drive);
    }
    change_medium(s, drive, disk);
    return true;
}

void session_reset(session_t *s)
{
    post(s, (input_t){ .kind = INPUT_RESET });
    s->still = false;
    s->rebase = true;
}

void session_nmi(session_t *s)
{
    post(s, (input_t){ .kind = INPUT_NMI });
    s->still = false;
}

void session_pause(session_t *s, bool paused)
{
    s->paused = paused;
    s->rebase = true;
}

void session_end(session_t *s, int status, const char *end)
{
    if (s->ended) return;
    s->ended = true;
    s->status = status;
    s->end = end;
}

bool session_screenshot(session_t *s, const char *path, why_t *why)
{
    vga_draw(pc_vga(s->pc), s->spare);
    return screenshot_write(s->spare, path, why);
}

const char *session_screen(session_t *s)
{
    u64 generation = pc_vga_generation(s->pc);
    if (generation == s->screen_generation) return s->screen;
    s->screen_generation = generation;
    vga_read_text(pc_vga(s->pc), &s->text);
    screen_text(&s->text, s->screen);
    return s->screen;
}

u64 session_now(const session_t *s) { return pc_now(s->pc) + s->still_ns; }

/* --- a script's hands -------------------------------------------------------------------------------------------------- */

static bool screen_shows(void *owner, const char *text) { return strstr(session_screen(owner), text) != NULL; }

static void receive(void *owner, u8 byte)
{
    session_t *s = owner;
    pc_post(s->pc, &(input_t){ .kind = INPUT_SERIAL, .at = pc_instructions(s->pc), .byte = byte });
}

static bool serial_sent(void *owner, const char *text)
{
    session_t *s = owner;
    size_t n = strlen(text);
    for (u32 at = s->log_tail; s->log_head - at >= n; at++) {
        size_t same = 0;
        while (same < n && s->serial_log[(at + same) & (SERIAL_LOG - 1)] == text[same]) same++;
        if (same == n) { s->log_tail = at + (u32)n; return true; }
    }
    return false;
}

static bool typing(void *owner)
{
    session_t *s = owner;
    return !typist_idle(&s->typist, session_now(s));
}

static bool type(void *owner, unsigned character)
{
    session_t *s = owner;
    return typist_stroke(&s->typist, stroke_of_character(character));
}

static void keys(void *owner, const pc_key_t *chord, unsigned n)
{
    session_t *s = owner;
    typist_chord(&s->typist, chord, n);
}

static void act(void *owner, const script_command_t *c)
{
    session_t *s = owner;
    switch (c->verb) {
    case SCRIPT_MOUSE: session_mouse(s, c->dx, c->dy, c->dz, c->buttons); break;
    case SCRIPT_RESET: session_reset(s); break;
    case SCRIPT_NMI:   session_nmi(s); break;
    default:
        printf("state %016" PRIx64 "\n", pc_hash(s->pc));
        fflush(stdout);
    }
}

static bool write_text(session_t *s, const char *path, why_t *why)
{
    if (!output_allowed(path, why)) return false;
    FILE *file = fopen(path, "w");
    if (!file) return refuse(why, "cannot write %s: %s", path, strerror(errno));
    vga_read_text(pc_vga(s->pc), &s->text);
    if (s->text.rows) screen_print(&s->text, file, "", true);
    else fputs("(a graphics mode)\n", file);
    bool bad = ferror(file);
    return (fclose(file) == 0 && !bad) || refuse(why, "cannot write %s: %s", path, strerror(errno));
}

static bool file_command(void *owner, const script_command_t *c, why_t *why)
{
    session_t *s = owner;
    switch (c->verb) {
    case SCRIPT_INSERT:     return session_insert(s, c->drive, c->text, why);
    case SCRIPT_EJECT:      return session_insert(s, c->drive, NULL, why);
    case SCRIPT_SCREENSHOT: return session_screenshot(s, c->text, why);
    case SCRIPT_DISASM:     return script_disasm(s->pc, c->text, (unsigned)c->status, why);
    default:                return write_text(s, c->text, why);
    }
}

const script_host_t *session_script_host(void)
{
    static const script_host_t host = { NULL, screen_shows, serial_sent, typing, type, receive, keys, act, file_command };
    return &host;
}
