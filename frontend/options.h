/* options.h - the command line, as INTERFACE says it: names follow QEMU's where QEMU has one. */
#pragma once
#include "devices/pc.h"
#include "frontend/say.h"

typedef enum { DISPLAY_DEFAULT, DISPLAY_SDL, DISPLAY_TERM, DISPLAY_NONE } display_kind_t;
typedef enum { CLOCK_DEFAULT, CLOCK_REAL, CLOCK_VIRTUAL } clock_kind_t;
typedef enum { RTC_DEFAULT, RTC_UTC, RTC_LOCALTIME, RTC_DATE } rtc_kind_t;
enum { MAX_IMAGES = PC_FLOPPIES + PC_DISKS, CDROM_PLACE = 2 /* secondary master */ };

typedef struct {
    u32          ram_bytes;
    cpu_model_t  cpu;
    bool         engine_auto;
    engine_t     engine;
    u64          ips;
    const char  *floppy[PC_FLOPPIES], *disk[PC_DISKS];
    const char  *image[MAX_IMAGES];     /* named without an option: recognised by content */
    unsigned     images;
    const char  *cdrom;                 /* secondary master */
    const char  *kernel, *initrd, *append;
    char         boot_order[4];
    const char  *bios, *vgabios, *option_rom[PC_OPTION_ROMS];
    unsigned     option_roms;
    bool         snapshot;
    const char  *serial[PC_SERIALS], *parallel, *debugcon;   /* NULL: nowhere */
    unsigned     serials;
    display_kind_t display;
    clock_kind_t clock;
    rtc_kind_t   rtc;
    s64          rtc_seconds;           /* RTC_DATE: since 1970-01-01 */
    bool         debug_exit, testdev;
    u16          debug_exit_port;
    bool         no_reboot, no_shutdown, start_paused, hash;
    u64          stop_after;            /* instructions; UINT64_MAX: no limit */
    u64          timeout;               /* ns of host time; UINT64_MAX: no limit */
    const char  *script, *screenshot, *stats;
} options_t;

typedef enum { OPTIONS_RUN, OPTIONS_DONE, OPTIONS_WRONG } options_result_t;

/* DONE: help or version was asked for and written to stdout.  WRONG: why says it.  The strings point into argv. */
options_result_t options_parse(options_t *o, int argc, char **argv, why_t *why);

/* The values behind the options, also used by tests. */
bool parse_size(const char *text, u64 default_unit, u64 kilo, u64 *value, why_t *why);    /* 12, 12K, 12M, 12G */
bool parse_seconds(const char *text, u64 *ns, why_t *why);                                /* 2, 2.5 */
bool parse_date(const char *text, s64 *seconds, why_t *why);                              /* 1999-12-31T23:59:00 */
bool parse_cpu(const char *text, cpu_model_t *model, why_t *why);                         /* 386 ... pentium4 */
void options_restart(void);                                                               /* getopt starts over, and says nothing itself */

/* options_help.c: one row per option feeds the parser and the help. */
typedef struct option_row {
    const char *name, *argument, *group, *help;
    bool      (*set)(options_t *o, const struct option_row *row, const char *text, why_t *why);
    size_t      field;                  /* offset in options_t, where the setter wants one */
} option_row_t;
extern const option_row_t option_rows[];
extern const unsigned     n_option_rows;
void options_help(const char *group);   /* "" or a group's name or "all" */
bool options_group(const char *text);   /* is there such a group? */
const char *options_nearest(const char *name);   /* the most similar option, NULL if none is */
