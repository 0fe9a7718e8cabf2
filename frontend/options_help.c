/* options_help.c - the table of options: names, arguments, help, and who sets them.  The help is grouped so that each
 * group fits a screen of 24 lines. */
#include "frontend/options_rows.h"
#include <stdio.h>

#ifndef DOPPEL_VERSION
#define DOPPEL_VERSION "0.1"
#endif

#define F(name) offsetof(options_t, name)
const option_row_t option_rows[] = {
    { "m",         "SIZE",  "machine", "memory in MiB, or with K, M, G; 1M to 3G (128M)", set_ram, 0 },
    { "cpu",       "MODEL", "machine", "386, 486, pentium, pentium-mmx, pentium2, pentium3,\npentium4 (pentium4)", set_cpu, 0 },
    { "bios",      "FILE",  "machine", "other firmware: 64 KiB to 4 MiB, ends at 4 GiB", set_text, F(bios) },
    { "vgabios",   "FILE",  "machine", "other video BIOS, at C0000", set_text, F(vgabios) },
    { "option-rom","FILE",  "machine", "an option ROM for the firmware, up to four times;\nwhat it can start is n in -boot", set_option_rom, 0 },
    { "device",    "NAME",  "machine", "isa-debug-exit[,iobase=0xf4]: a write of v ends with\nstatus v*2+1; or pc-testdev, for test\nprograms", set_device, 0 },
    { "engine",    "NAME",  "machine", "auto, L0 or L1: which lowering runs; results never differ", set_engine, 0 },

    { "fda",       "FILE",  "drives",  "floppy in drive A", set_text, F(floppy[0]) },
    { "fdb",       "FILE",  "drives",  "floppy in drive B", set_text, F(floppy[1]) },
    { "hda",       "FILE",  "drives",  "hard disk, primary master", set_text, F(disk[0]) },
    { "hdb",       "FILE",  "drives",  "hard disk, primary slave", set_text, F(disk[1]) },
    { "hdc",       "FILE",  "drives",  "hard disk, secondary master", set_text, F(disk[2]) },
    { "hdd",       "FILE",  "drives",  "hard disk, secondary slave", set_text, F(disk[3]) },
    { "cdrom",     "FILE",  "drives",  "CD (ISO image) in a CD-ROM drive, secondary master", set_text, F(cdrom) },
    { "boot",      "ORDER", "drives",  "letters: a floppy, c hard disk, d CD, n what an option\nROM starts (what is there)", set_boot, 0 },
    { "kernel",    "FILE",  "drives",  "a Linux kernel (bzImage) to start without a disk", set_text, F(kernel) },
    { "initrd",    "FILE",  "drives",  "its initial RAM disk", set_text, F(initrd) },
    { "append",    "TEXT",  "drives",  "its command line", set_text, F(append) },
    { "snapshot",  NULL,    "drives",  "writes go to a temporary file and are gone afterwards", set_flag, F(snapshot) },

    { "display",   "NAME",  "screen",  "sdl: a window; term: in this terminal; none\n(sdl where there is a display, else term)", set_display, 0 },
    { "nographic", NULL,    "screen",  "-display none, and COM1 on this terminal", set_nographic, 0 },
    { "serial",    "DEST",  "screen",  "COM1, the second time COM2: stdio, file:PATH, null, pty", set_serial, 0 },
    { "parallel",  "DEST",  "screen",  "the printer port, likewise", set_text, F(parallel) },
    { "debugcon",  "DEST",  "screen",  "port E9h, likewise", set_text, F(debugcon) },
    { "screenshot","FILE",  "screen",  "write the screen as a PNG at the end", set_text, F(screenshot) },

    { "clock",     "NAME",  "time",    "real: keep pace with the wall clock (with a window or\nterminal); virtual: as fast as possible (without)", set_clock, 0 },
    { "ips",       "N",     "time",    "nominal instructions per second; K, M, G (100M)", set_ips, 0 },
    { "rtc",       "base=B","time",    "utc, localtime or a date like 1999-12-31T23:59:00\n(localtime; with -clock virtual 2000-01-01, so that\nruns repeat)", set_rtc, 0 },
    { "stop-after","N",     "time",    "stop after N instructions (status 0)", set_stop_after, 0 },
    { "timeout",   "SECONDS","time",   "stop after so much host time (status 4)", set_timeout, 0 },

    { "script",    "FILE",  "control", "drive the machine by commands (docs: scripts)", set_text, F(script) },
    { "no-reboot", NULL,    "control", "end when the guest resets; a triple fault is explained\n(status 2)", set_flag, F(no_reboot) },
    { "no-shutdown", NULL,  "control", "stay when the guest powers off", set_flag, F(no_shutdown) },
    { "S",         NULL,    "control", "start paused", set_flag, F(start_paused) },
    { "stats",     "FILE",  "control", "at the end, one JSON object (- is stdout)", set_text, F(stats) },
    { "hash",      NULL,    "control", "at the end, print \"state HASH\" of the whole machine", set_flag, F(hash) },
    { "version",   NULL,    "control", "which version this is", set_help, 0 },
    { "help",      NULL,    "control", "this help; -help GROUP for one group, -help all", set_help, 0 },
    { "h",         NULL,    "",        "the same", set_help, 0 },

    { "gdb",       "DEST",  "later",   "the debugger's socket", set_later, 0 },
    { "s",         NULL,    "later",   "the debugger's socket on port 1234", set_later, 0 },
};
const unsigned n_option_rows = COUNT_OF(option_rows);

static const struct { const char *name, *about; } groups[] = {
    { "machine", "memory, processor, firmware" },
    { "drives",  "floppies, hard disks, CDs, boot order" },
    { "screen",  "window, terminal, serial and parallel ports" },
    { "time",    "pace, clock, limits" },
    { "control", "scripts, ends, statistics, this help" },
    { "later",   "options of later versions" },
};

bool options_group(const char *text)
{
    for (unsigned i = 0; i < COUNT_OF(groups); i++)
        if (strcmp(text, groups[i].name) == 0) return true;
    return strcmp(text, "all") == 0;
}

static void overview(void)
{
    puts("doppel, a PC in software.\n\n"
         "  doppel [options] [IMAGE ...]\n\n"
         "  doppel                          the built-in demonstration disk\n"
         "  doppel freedos.img              boot an image: a floppy, a hard disk or a CD\n"
         "  doppel -hda disk.img -fda a.img -boot a -m 64M\n"
         "  doppel -display none -script test.txt -snapshot disk.img\n"
         "  doppel disasm 0F AF C3          a command; doppel help lists them\n\n"
         "One or two dashes are the same. Groups of options:");
    for (unsigned i = 0; i < COUNT_OF(groups); i++) printf("  doppel -help %-8s  %s\n", groups[i].name, groups[i].about);
    puts("\nExit status: 0 the guest powered off, or the script said quit; 1 the command\n"
         "line or the host; 2 triple fault with -no-reboot; 3 a script's wait failed;\n"
         "4 time is up.");
}

static void group_help(unsigned group)
{
    printf("%s: %s\n", groups[group].name, groups[group].about);
    for (unsigned i = 0; i < n_option_rows; i++) {
        const option_row_t *row = &option_rows[i];
        if (strcmp(row->group, groups[group].name) != 0) continue;
        char left[40];
        snprintf(left, sizeof left, "-%s %s", row->name, row->argument ? row->argument : "");
        printf("  %-18s ", left);
        for (const char *at = row->help; *at; at++) {
            putchar(*at);
            if (*at == '\n') printf("%21s", "");
        }
        putchar('\n');
    }
}

void options_help(const char *group)
{
    if (strcmp(group, "version") == 0) { puts("doppel " DOPPEL_VERSION); return; }
    if (!*group) overview();
    for (unsigned i = 0; i < COUNT_OF(groups); i++) {
        bool all = strcmp(group, "all") == 0;
        if (!all && strcmp(group, groups[i].name) != 0) continue;
        if (all && i) putchar('\n');
        group_help(i);
    }
}

/* Levenshtein distance of two short words. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[65];
    size_t n = strlen(b) < 64 ? strlen(b) : 64;
    for (unsigned j = 0; j <= n; j++) row[j] = j;
    for (unsigned i = 1; a[i - 1]; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[n];
}

const char *options_nearest(const char *name)
{
    const char *nearest = NULL;
    unsigned least = strlen(name) < 4 ? 2 : 3;
    for (unsigned i = 0; i < n_option_rows; i++) {
        unsigned d = distance(name, option_rows[i].name);
        if (d < least && d < strlen(option_rows[i].name)) { least = d; nearest = option_rows[i].name; }
    }
    return nearest;
}
