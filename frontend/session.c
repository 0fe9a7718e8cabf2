/* session.c - building a run from the options, and ending it so that nothing is lost: media flushed and closed, the
 * terminal given back, the last screenshot, hash and statistics written. */
#define _DEFAULT_SOURCE
#include "frontend/session.h"
#include "bios/bios_rom.h"
#include "demo/demo_floppy.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "frontend/tty.h"

/* --- what the machine sends out --------------------------------------------------------------------------------------- */

static void serial_out(void *owner, unsigned port, u8 byte)
{
    session_t *s = owner;
    port_put(&s->serial[port % PC_SERIALS], byte);
    if (port != 0) return;
    if (s->log_head - s->log_tail == SERIAL_LOG) s->log_tail++;
    s->serial_log[s->log_head++ & (SERIAL_LOG - 1)] = (char)byte;
}

static void parallel_out(void *owner, u8 byte)             { port_put(&((session_t *)owner)->parallel, byte); }
static void debugcon_out(void *owner, u8 byte)             { port_put(&((session_t *)owner)->debugcon, byte); }
static void speaker(void *owner, u64 when, bool level)     { sound_level(&((session_t *)owner)->sound, when, level); }

/* --- the machine ------------------------------------------------------------------------------------------------------ */

/* Where the clock starts.  Without a word about it a run without wall clock starts at a fixed date: same inputs, same run. */
static s64 rtc_start(const options_t *o, bool real)
{
    if (o->rtc == RTC_DATE) return o->rtc_seconds;
    if (o->rtc == RTC_DEFAULT && !real) return 946684800;         /* 2000-01-01T00:00:00 */
    time_t now = time(NULL);
    struct tm local;
    if (o->rtc == RTC_UTC || !localtime_r(&now, &local)) return now;
    char text[32];
    s64 seconds = now;
    why_t why;
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &local);
    parse_date(text, &seconds, &why);
    return seconds;
}

static bool is_rom(const char *option, const char *path, const u8 *rom, why_t *why)
{
    return (rom[0] == 0x55 && rom[1] == 0xAA) || refuse(why, "-%s %s is not an option ROM: it does not begin with 55 AA", option, path);
}

static bool open_firmware(session_t *s, pc_config_t *c, why_t *why)
{
    const options_t *o = s->options;
    if (o->bios) {
        if (!firmware_read(o->bios, "bios", 64 << 10, 4 << 20, 64 << 10, &s->bios, &c->bios_bytes, why)) return false;
        c->bios = s->bios;
    } else {
        c->bios = bios_rom;
        c->bios_bytes = (u32)bios_rom_bytes;
    }
    if (!o->vgabios) return true;
    if (!firmware_read(o->vgabios, "vgabios", 512, 64 << 10, 512, &s->vgabios, &c->vgabios_bytes, why)) return false;
    c->vgabios = s->vgabios;
    return is_rom("vgabios", o->vgabios, c->vgabios, why);
}

static bool open_option_roms(session_t *s, pc_config_t *c, why_t *why)
{
    const options_t *o = s->options;
    for (unsigned n = 0; n < o->option_roms; n++) {
        if (!firmware_read(o->option_rom[n], "option-rom", 512, 96 << 10, 512, &s->option_rom[n], &c->option_rom[n].bytes, why)) return false;
        c->option_rom[n].data = s->option_rom[n];
        if (!is_rom("option-rom", o->option_rom[n], c->option_rom[n].data, why)) return false;
    }
    return true;
}

/* A drive that only a script will put something in is there from the start. */
static bool script_inserts(const session_t *s, unsigned drive)
{
    for (unsigned i = 0; s->script && i < s->script->commands; i++)
        if (s->script->command[i].verb == SCRIPT_INSERT && s->script->command[i].drive == drive) return true;
    return false;
}

static void choose_cdrom(session_t *s)
{
    if (s->has_cdrom || s->disk[CDROM_PLACE] || !script_inserts(s, PC_FLOPPIES)) return;
    s->has_cdrom = true;
    s->cdrom_place = CDROM_PLACE;
}

static bool build(session_t *s, why_t *why)
{
    const options_t *o = s->options;
    pc_config_t c = { .ram_bytes = o->ram_bytes, .cpu = o->cpu, .engine = o->engine, .ips = o->ips, .rtc_seconds = rtc_start(o, s->pacing.real),
        .debug_exit = o->debug_exit, .testdev = o->testdev, .debug_exit_port = o->debug_exit_port, .serial_out = serial_out, .parallel_out = parallel_out,
        .debugcon_out = debugcon_out, .speaker = speaker, .owner = s };
    if (!open_firmware(s, &c, why) || !open_option_roms(s, &c, why)) return false;
    choose_cdrom(s);
    memcpy(c.boot_order, o->boot_order, sizeof c.boot_order);
    for (unsigned i = 0; i < PC_DISKS; i++) c.disk[i] = s->disk[i];
    for (unsigned i = 0; i < PC_FLOPPIES; i++) c.floppy[i] = s->floppy[i];
    for (unsigned i = 0; i < PC_DISKS; i++) c.cdrom[i] = s->cdrom[i];
    if (s->has_cdrom) c.has_cdrom[s->cdrom_place] = true;
    if (s->kernel) c.linux_files = &s->linux_files;
    c.has_floppy[0] = true;
    c.has_floppy[1] = s->floppy[1] || script_inserts(s, 1);
    s->engine = c.engine;
    s->pc = pc_new(&c, why->text, sizeof why->text);
    if (!s->pc && o->engine_auto) {                               /* a build without L1 */
        c.engine = s->engine = ENGINE_L0;
        s->pc = pc_new(&c, why->text, sizeof why->text);
    }
    return s->pc != NULL;
}

static bool insert_demonstration(session_t *s, why_t *why)
{
    if (s->kernel) return true;
    for (unsigned i = 0; i < PC_FLOPPIES; i++) if (s->floppy[i]) return true;
    for (unsigned i = 0; i < PC_DISKS; i++)    if (s->disk[i] || s->cdrom[i]) return true;
    s->floppy[0] = disk_from_memory("the demonstration disk", demo_floppy, demo_floppy_bytes, demo_floppy_image_bytes);
    snprintf(s->title, sizeof s->title, "demonstration");
    return s->floppy[0] != NULL || refuse(why, "out of memory");
}

/* --- everything around it ---------------------------------------------------------------------------------------------- */

static display_kind_t choose_display(const options_t *o)
{
    if (o->display != DISPLAY_DEFAULT) return o->display;
    return window_possible() ? DISPLAY_SDL : DISPLAY_TERM;
}

static bool open_display(session_t *s, display_kind_t kind, why_t *why)
{
    bool chosen = s->options->display != DISPLAY_DEFAULT;
    if (kind == DISPLAY_NONE) return true;
    if (kind == DISPLAY_SDL) s->display = window_open(s, why);
    if (s->display || (kind == DISPLAY_SDL && chosen)) return s->display != NULL;
    bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    if (!chosen && !terminal)
        return refuse(why, "there is neither a display for a window nor a terminal to draw in; -display none runs without");
    s->display = terminal_open(s, why);
    return s->display != NULL;
}

static bool open_ports(session_t *s, why_t *why)
{
    const options_t *o = s->options;
    for (unsigned i = 0; i < PC_SERIALS; i++)
        if (!port_open(&s->serial[i], "serial", o->serial[i], why)) return false;
    if (!port_open(&s->parallel, "parallel", o->parallel, why) || !port_open(&s->debugcon, "debugcon", o->debugcon, why)) return false;
    for (unsigned i = 0; i < PC_SERIALS; i++)
        if (s->serial[i].kind == PORT_STDIO && isatty(STDIN_FILENO)) {
            say("%s: this terminal is the serial port; Ctrl-] ends", s->serial[i].name);
            tty_take("", false);
        }
    return true;
}

static bool open_all(session_t *s, why_t *why)
{
    const options_t *o = s->options;
    display_kind_t kind = choose_display(o);
    bool real = o->clock == CLOCK_REAL || (o->clock == CLOCK_DEFAULT && kind != DISPLAY_NONE);
    s->frame = calloc(1, sizeof *s->frame);
    s->spare = calloc(1, sizeof *s->spare);
    s->screen = calloc(1, SCREEN_TEXT_BYTES);
    if (!s->frame || !s->spare || !s->screen) return refuse(why, "out of memory");
    if (o->script && !(s->script = script_load(o->script, why))) return false;
    if (!images_open(s, why) || !kernel_open(s, why) || !insert_demonstration(s, why)) return false;
    s->pacing.real = real;
    if (!build(s, why) || !open_ports(s, why) || !open_display(s, kind, why)) return false;
    if (real && s->display) s->audio = audio_open();
    sound_start(&s->sound, 0);
    s->began = s->progress_at = host_now();
    pacing_start(&s->pacing, real, o->ips, s->began, 0, 0);
    s->screen_generation = UINT64_MAX;
    s->paused = o->start_paused;
    return true;
}

static void close_disk(session_t *s, disk_t **disk)
{
    if (*disk && (*disk)->n_written && !disk_flush(*disk)) {
        say("%s", *(*disk)->trouble ? (*disk)->trouble : "a disk image could not be written");
        if (s->status == STATUS_GOOD) s->status = STATUS_TROUBLE;
    }
    disk_close(*disk);
    *disk = NULL;
}

static void close_all(session_t *s)
{
    if (s->display) s->display->ops->close(s->display);
    audio_close(s->audio);
    tty_restore();
    say_progress("");
    pc_free(s->pc);
    for (unsigned i = 0; i < s->n_retired; i++)  close_disk(s, &s->retired[i]);
    for (unsigned i = 0; i < PC_FLOPPIES; i++)   close_disk(s, &s->floppy[i]);
    for (unsigned i = 0; i < PC_DISKS; i++)      close_disk(s, &s->disk[i]), close_disk(s, &s->cdrom[i]);
    for (unsigned i = 0; i < PC_SERIALS; i++)    port_close(&s->serial[i]);
    port_close(&s->parallel);
    port_close(&s->debugcon);
    script_free(s->script);
    free(s->bios); free(s->vgabios); free(s->kernel); free(s->initrd);
    for (unsigned n = 0; n < PC_OPTION_ROMS; n++) free(s->option_rom[n]);
    free(s->frame); free(s->spare); free(s->screen);
}

session_t *session_open(const options_t *options, why_t *why)
{
    session_t *s = calloc(1, sizeof *s);
    if (!s) { refuse(why, "out of memory"); return NULL; }
    s->options = options;
    for (unsigned i = 0; i < PC_SERIALS; i++) port_open(&s->serial[i], "", NULL, why);
    port_open(&s->parallel, "", NULL, why);
    port_open(&s->debugcon, "", NULL, why);
    if (open_all(s, why)) return s;
    close_all(s);
    free(s);
    return NULL;
}

/* What was asked for at the end.  A triple fault is explained by then. */
static void last_words(session_t *s)
{
    const options_t *o = s->options;
    why_t why;
    bool good = true;
    if (o->screenshot && !session_screenshot(s, o->screenshot, &why)) { say("%s", why.text); good = false; }
    if (o->hash) printf("state %016" PRIx64 "\n", pc_hash(s->pc));
    if (o->stats && !stats_write(s, o->stats, &why)) { say("%s", why.text); good = false; }
    if (fflush(stdout) != 0) { say("cannot write to the standard output"); good = false; }
    if (!good && s->status == STATUS_GOOD) s->status = STATUS_TROUBLE;
}

int session_close(session_t *s)
{
    for (unsigned i = 0; i < PC_SERIALS; i++) port_flush(&s->serial[i]);
    port_flush(&s->parallel);
    port_flush(&s->debugcon);
    if (s->display) { s->display->ops->close(s->display); s->display = NULL; }
    tty_restore();
    last_words(s);
    close_all(s);
    int status = s->status;
    free(s);
    return status;
}
