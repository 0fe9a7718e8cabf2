/* session.h - one run of the program: the machine and everything around it. */
#pragma once
#include "devices/pc.h"
#include "frontend/display.h"
#include "frontend/options.h"
#include "frontend/pacing.h"
#include "frontend/screen_text.h"
#include "frontend/script.h"
#include "frontend/serial.h"
#include "frontend/sound.h"
#include "frontend/typist.h"

enum { STATUS_GOOD = 0, STATUS_TROUBLE = 1, STATUS_TRIPLE_FAULT = 2, STATUS_WAIT_FAILED = 3, STATUS_TIMEOUT = 4 };
enum { SERIAL_LOG = 1 << 16 };           /* a power of two: what COM1 sent and no wait-serial has found yet */

/* Somebody who wants to look at the machine at certain moments: run_some stops exactly there and calls; it calls after each piece of a run. */
typedef struct watcher {
    u64  instruction, time;              /* the next moments; UINT64_MAX: none */
    void (*look)(struct watcher *self, struct session *s);
} watcher_t;

typedef struct session {
    const options_t *options;
    pc_t      *pc;
    engine_t   engine;                   /* the one that runs */
    display_t *display;                  /* NULL: none */
    disk_t    *floppy[PC_FLOPPIES], *disk[PC_DISKS], *cdrom[PC_DISKS];
    bool       has_cdrom;                /* there is a CD-ROM drive; "cdrom" in scripts is the one in this place */
    unsigned   cdrom_place;
    disk_t    *retired[16]; unsigned n_retired;      /* media taken out, closed after the next pc_run */
    linux_files_t linux_files;           /* kernel NULL: none */
    void      *kernel, *initrd;          /* its files */
    const char *kernel_path;
    void      *option_rom[PC_OPTION_ROMS];
    void      *bios, *vgabios;           /* read from files, NULL: built in */
    char       title[64];                /* the first image's name */
    script_t  *script;
    typist_t   typist;
    bool       held[N_KEYS];             /* keys that are down in the guest */
    port_t     serial[PC_SERIALS], parallel, debugcon;
    char       serial_log[SERIAL_LOG]; u32 log_head, log_tail;
    sound_t    sound;
    audio_t   *audio;
    pacing_t   pacing;
    vga_frame_t *frame, *spare;          /* the one shown, and one for screenshots */
    vga_text_t text;
    u64        shown_at;
    u64        shown_generation, stirred_since, lively_until; unsigned stirs;    /* host time; see show() */
    char      *screen;                   /* text's UTF-8 for waits, of generation screen_generation */
    u64        screen_generation;
    bool       paused, still;            /* still: the guest can go no further by itself (powered off or halted for good) */
    u64        still_ns;                 /* time a script has lived on after that */
    bool       rebase;                   /* pacing: begin again, the machine stood */
    bool       said_triple_fault;
    struct { char text[512]; u64 said_at; } trouble[4];      /* the last of the disks, host time: not said again at once */
    u64        began, progress_at;       /* host time */
    watcher_t *watcher;                  /* NULL: none */
    bool       ended; int status;
    const char *end;                     /* for -stats: "power-off", "quit", ... */
} session_t;

/* session.c: build from options and take apart.  NULL: why says it. */
session_t *session_open(const options_t *options, why_t *why);
void session_run(session_t *s);          /* loop.c: until s->ended; or in steps: */
void session_begin(session_t *s);
void session_step(session_t *s);         /* at most to the next moment somebody wants */
int  session_close(session_t *s);        /* screenshot, hash, stats; flushes; the exit status */

/* What displays and scripts may do (inputs.c). */
void session_key(session_t *s, pc_key_t key, bool down);
void session_release_keys(session_t *s);
void session_stroke(session_t *s, stroke_t stroke);      /* typed, pressed and let go at the typist's pace */
void session_mouse(session_t *s, int dx, int dy, int dz, u8 buttons);
bool session_insert(session_t *s, unsigned drive, const char *path, why_t *why);   /* path NULL: eject; drive PC_FLOPPIES: the CD */
void session_reset(session_t *s);
void session_nmi(session_t *s);
void session_pause(session_t *s, bool paused);
void session_end(session_t *s, int status, const char *end);
bool session_screenshot(session_t *s, const char *path, why_t *why);
const char *session_screen(session_t *s);                /* the text screen now, as screen_text() */
u64  session_now(const session_t *s);                    /* virtual time; goes on for scripts after the guest is still */
const script_host_t *session_script_host(void);          /* its owner is set to the session by the caller */

/* images.c: which image goes to which drive, opened. */
bool images_open(session_t *s, why_t *why);
/* kernel.c: the files of -kernel and -initrd. */
bool kernel_open(session_t *s, why_t *why);
disk_t *cd_open(const char *path, why_t *why);
bool firmware_read(const char *path, const char *option, u32 least, u32 most, u32 unit, void **content, u32 *bytes, why_t *why);

/* stats.c */
bool stats_write(session_t *s, const char *path, why_t *why);

/* The signal that asked us to end, 0: none (main.c). */
int  session_signal(void);
