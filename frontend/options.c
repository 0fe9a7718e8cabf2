/* options.c - reading the command line (INTERFACE, "Options follow QEMU's names").
 *
 * One row per option (option_rows) feeds getopt_long_only, so that -m and --m both work, and the help.  Options of later
 * versions are rows too: they are refused in one sentence rather than ignored. */
#define _DEFAULT_SOURCE
#include "frontend/options_rows.h"
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { MIB = 1 << 20 };

/* --- values --------------------------------------------------------------------------------------------------------- */

bool parse_size(const char *text, u64 default_unit, u64 kilo, u64 *value, why_t *why)
{
    if (!isdigit((unsigned char)*text)) return refuse(why, "\"%s\" is not a number", text);
    char *end;
    errno = 0;
    u64 n = strtoull(text, &end, 10), unit = default_unit;
    switch (toupper((unsigned char)*end)) {
    case 0:   end--; break;
    case 'K': unit = kilo; break;
    case 'M': unit = kilo * kilo; break;
    case 'G': unit = kilo * kilo * kilo; break;
    default:  return refuse(why, "\"%s\" ends in \"%s\", which is not K, M or G", text, end);
    }
    if (end[1]) return refuse(why, "\"%s\" has \"%s\" after the suffix", text, end + 1);
    if (errno == ERANGE || n > UINT64_MAX / unit) return refuse(why, "\"%s\" is too large", text);
    *value = n * unit;
    return true;
}

bool parse_seconds(const char *text, u64 *ns, why_t *why)
{
    const char *at = text;
    u64 whole = 0, part = 0, digit = 100000000;
    for (; isdigit((unsigned char)*at) && whole < 1000000000; at++) whole = whole * 10 + (u64)(*at - '0');
    bool any = at > text;
    if (*at == '.')
        for (at++; isdigit((unsigned char)*at); at++, digit /= 10, any = true) part += digit * (u64)(*at - '0');
    if (!any || *at) return refuse(why, "\"%s\" is not a number of seconds, such as 30 or 2.5", text);
    *ns = whole * 1000000000 + part;
    return true;
}

/* Days since 1970-01-01 of a date in the Gregorian calendar; the year starts in March, so that the leap day is its last. */
static s64 days_since_1970(int year, int month, int day)
{
    int y = month < 3 ? year - 1 : year, m = (month + 9) % 12;
    return (s64)y * 365 + y / 4 - y / 100 + y / 400 + (m * 306 + 5) / 10 + day - 1 - 719468;
}

static int days_in(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return days[month - 1] + (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

bool parse_date(const char *text, s64 *seconds, why_t *why)
{
    int year, month, day, hour = 0, minute = 0, second = 0, end = 0;
    bool read = sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second, &end) == 6 && !text[end];
    if (!read) {
        end = 0; hour = minute = second = 0;
        read = sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &end) == 3 && end && !text[end];
    }
    if (!read) return refuse(why, "\"%s\" is not a date such as 1999-12-31T23:59:00", text);
    if (year < 1980 || year > 2099 || month < 1 || month > 12 || day < 1 || day > days_in(year, month)
        || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return refuse(why, "there is no %s between 1980 and 2099", text);
    *seconds = ((days_since_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    return true;
}

/* --- setters the table names ------------------------------------------------------------------------------------------ */

#define AT(type, o, row) ((type *)(void *)((char *)(o) + (row)->field))

bool set_flag(options_t *o, const option_row_t *row, const char *text, why_t *why)
{
    (void)text; (void)why;
    *AT(bool, o, row) = true;
    return true;
}

bool set_text(options_t *o, const option_row_t *row, const char *text, why_t *why)
{
    if (*AT(const char *, o, row)) return refuse(why, "-%s is given twice: \"%s\" and \"%s\"", row->name, *AT(const char *, o, row), text);
    if (!*text) return refuse(why, "-%s wants %s, not an empty word", row->name, row->argument);
    *AT(const char *, o, row) = text;
    return true;
}

bool set_later(options_t *o, const option_row_t *row, const char *text, why_t *why)
{
    (void)o; (void)text;
    return refuse(why, "-%s (%s) is not yet in this version", row->name, row->help);
}

bool set_help(options_t *o, const option_row_t *row, const char *text, why_t *why)
{
    (void)o; (void)row; (void)text; (void)why;
    return true;                        /* options_parse does it */
}

bool set_ram(options_t *o, const option_row_t *row, const char *text, why_t *why)
{
    (void)row;
    u64 bytes;
    why_t reason;
    if (!parse_size(text, MIB, 1024, &bytes, &reason)) return refuse(why, "-m wants a size such as 128 or 64M: %s", reason.text);
    if (bytes < MIB || bytes > (u64)3072 * MIB) return refuse(why, "-m %s: memory can be 1M to 3G", text);
    if (bytes % MIB) return refuse(why, "-m %s: memory comes in whole MiB", text);
    o->ram_bytes = (u32)bytes;
    return true;
}

/* A word from a list; the answer is its place in it. */
static bool one_of(const char *option, const char *text, const char *const *words, int n, int *chosen, why_t *why)
{
    char list[256] = "";
    for (int i = 0; i < n; i++) {
        if (strcmp(text, words[i]) == 0) { *chosen = i; return true; }
        size_t length = strlen(list);
        snprintf(list + length, sizeof list - length, "%s%s", i ? ", " : "", words[i]);
    }
    return refuse(why, "-%s %s is not known; there are %s", option, text, list);
}

bool parse_cpu(const char *text, cpu_model_t *model, why_t *why)
{
    static const char *const names[] = { [CPU_386] = "386", [CPU_486] = "486", [CPU_PENTIUM] = "pentium", [CPU_PENTIUM_MMX] = "pentium-mmx",
        [CPU_PENTIUM2] = "pentium2", [CPU_PENTIUM3] = "pentium3", [CPU_PENTIUM4] = "pentium4" };
    int chosen;
    if (!one_of("cpu", text, names, N_CPU_MODELS, &chosen, why)) return false;
    *model = (cpu_model_t)chosen;
    return true;
}

bool set_cpu(options_t *o, const option_row_t *row, const char *text, why_t *why)
{
    (void)row;
    return parse_cpu(text, &o->cpu, why);
}

bool set_engine(options_t *o, const option_row_t *row, const char *text, why_t *why)
{
    static const char *const names[] = { "L0", "L1", "auto" };
    int chosen;
    if (!one_of(row->name, text, names, 3, &chosen, why)) return false;
    o->engine_auto = chosen == 2;
    o->engine = chosen == 0 ? ENGINE_L0 : ENGINE_L1;
    return true;
}

bool set_display(options_t *o, const option_row_t *row, const char *text, why_t *why)
{
    static const char *const names[] = { "sdl", "term", "none" };
    int chosen;
    if (!one_of(row->name, text, names, 3, &chosen, why)) return false;
    o->display = (display_kind_t)(DISPLAY_SDL + chosen);
    return true;
}

bool set_clock(options_t *o, const option_row_t *row, const char *text, why_t *why)
{
    static const char *const names[] = { "real", "virtual" };
    int chosen;
    if (!one_of(row->name, text, names, 2, &chosen, why)) return false;
    o->clock = (clock_kind_t)(CLOCK_REAL + chosen);
    return true;
}

bool set_serial(options_t *o, const option_row_t *row, const char *text, why_t *why)
{
    (void)row;
    if (o->serials == PC_SERIALS) return refuse(why, "-serial is given %d times, but the machine has %d serial ports", PC_SERIALS + 1, PC_SERIALS);
    o->serial[o->serials++] = text;
    return true;
}

bool set_nographic(options_t *o, const option_row_t *row, const char *text, why_t *why)
{
    o->display = DISPLAY_NONE;
    return o->serials > 0 || (text = "stdio", set_serial(o, row, text, why));
}

bool set_option_rom(options_t *o, const option_row_t *row, const char *text, why_t *why)
{
    (void)row;
    if (o->option_roms == PC_OPTION_ROMS) return refuse(why, "-option-rom is given %d times, and there is room for %d", PC_OPTION_ROMS + 1, PC_OPTION_ROMS);
    o->option_rom[o->option_roms++] = text;
    return true;
}

bool set_boot(options_t *o, const option_row_t *row, const char *text, why_t *why)
{
    (void)row;
    const char *order = strncmp(text, "order=", 6) == 0 ? text + 6 : text;
    size_t n = strlen(order);
    if (n == 0 || n > 3 || strspn(order, "acdn") != n)
        return refuse(why, "-boot %s: the order is up to three letters of a (floppy), c (hard disk), d (CD), n (option ROM), such as ca", text);
    for (size_t i = 0; i < n; i++)
        if (strchr(order + i + 1, order[i])) return refuse(why, "-boot %s names %c twice", text, order[i]);
    memcpy(o->boot_order, order, n + 1);
    return true;
}

bool set_rtc(options_t *o, const option_row_t *row, const char *text, why_t *why)
{
    (void)row;
    const char *base = strncmp(text, "base=", 5) == 0 ? text + 5 : "";
    if (strcmp(base, "utc") == 0) { o->rtc = RTC_UTC; return true; }
    if (strcmp(base, "localtime") == 0) { o->rtc = RTC_LOCALTIME; return true; }
    o->rtc = RTC_DATE;
    why_t reason;
    return (*base && parse_date(base, &o->rtc_seconds, &reason))
        || refuse(why, "-rtc %s: it wants base=utc, base=localtime or base=DATE such as base=1999-12-31T23:59:00", text);
}

/* isa-debug-exit[,iobase=PORT][,iosize=N] (the size is accepted for QEMU's sake), or pc-testdev. */
bool set_device(options_t *o, const option_row_t *row, const char *text, why_t *why)
{
    (void)row;
    static const char device[] = "isa-debug-exit";
    size_t n = strcspn(text, ",");
    if (strcmp(text, "pc-testdev") == 0) {
        o->testdev = true;
        return true;
    }
    if (n != sizeof device - 1 || strncmp(text, device, n) != 0) return refuse(why, "-device %s is not known; this version has isa-debug-exit[,iobase=0xf4] and pc-testdev", text);
    o->debug_exit_port = 0xF4;
    for (const char *at = text + n; *at;) {
        bool base = strncmp(at, ",iobase=", 8) == 0;
        char *end = NULL;
        unsigned long value = 0;
        if (base || strncmp(at, ",iosize=", 8) == 0) value = strtoul(at + 8, &end, 0);
        if (!end || end == at + 8 || (*end && *end != ',') || value == 0 || value > 0xFFFF)
            return refuse(why, "-device %s: \"%s\" should be like iobase=0xf4", text, at + 1);
        if (base) o->debug_exit_port = (u16)value;
        at = end;
    }
    o->debug_exit = true;
    return true;
}

bool set_ips(options_t *o, const option_row_t *row, const char *text, why_t *why)
{
    (void)row;
    why_t reason;
    if (!parse_size(text, 1, 1000, &o->ips, &reason)) return refuse(why, "-ips wants a number such as 100M: %s", reason.text);
    if (o->ips < 1 || o->ips > 10000000000) return refuse(why, "-ips %s: the rate can be 1 to 10G instructions per second", text);
    return true;
}

bool set_stop_after(options_t *o, const option_row_t *row, const char *text, why_t *why)
{
    (void)row;
    why_t reason;
    return parse_size(text, 1, 1000, &o->stop_after, &reason) || refuse(why, "-stop-after wants a number of instructions: %s", reason.text);
}

bool set_timeout(options_t *o, const option_row_t *row, const char *text, why_t *why)
{
    (void)row;
    why_t reason;
    return parse_seconds(text, &o->timeout, &reason) || refuse(why, "-timeout: %s", reason.text);
}

/* --- the whole line --------------------------------------------------------------------------------------------------- */

static options_result_t unknown(const char *word, why_t *why)
{
    const char *name = word + strspn(word, "-");
    char bare[64];
    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(name, "="), name);
    const char *nearest = options_nearest(bare);
    if (nearest) refuse(why, "there is no option %s; did you mean -%s? (doppel -help lists all)", word, nearest);
    else         refuse(why, "there is no option %s (doppel -help lists all)", word);
    return OPTIONS_WRONG;
}

static options_result_t help(int argc, char **argv)
{
    const char *group = optarg ? optarg : optind < argc ? argv[optind] : "";
    options_help(options_group(group) ? group : "");
    return OPTIONS_DONE;
}

static bool take_image(options_t *o, const char *path, why_t *why)
{
    if (o->images == MAX_IMAGES) return refuse(why, "too many images: \"%s\" is number %d, and there are %d drives", path, MAX_IMAGES + 1, MAX_IMAGES);
    if (!*path) return refuse(why, "an image's name is empty");
    o->image[o->images++] = path;
    return true;
}

/* Options that cannot be had together. */
static bool check(const options_t *o, why_t *why)
{
    unsigned stdio = 0;
    if (o->cdrom && o->disk[CDROM_PLACE]) return refuse(why, "-cdrom and -hdc want the same place, the secondary master; use -hdb or -hdd for the hard disk");
    for (unsigned i = 0; i < o->serials; i++) stdio += strcmp(o->serial[i], "stdio") == 0;
    if (stdio > 1) return refuse(why, "only one serial port can be on stdio");
    if (stdio && o->display == DISPLAY_TERM) return refuse(why, "-display term and -serial stdio both want the terminal; send the serial port to file:PATH or pty");
    if (o->start_paused && o->display == DISPLAY_NONE) return refuse(why, "-S starts paused, and with -display none nothing could let it go on");
    return true;
}

/* glibc looks at the first character of the short options only when it starts over, which it does at 0; elsewhere 1 is the start. */
void options_restart(void)
{
#ifdef __GLIBC__
    optind = 0;
#else
    optind = 1;
#endif
    opterr = 0;
}

options_result_t options_parse(options_t *o, int argc, char **argv, why_t *why)
{
    struct option list[80] = { 0 };
    for (unsigned i = 0; i < n_option_rows && i < COUNT_OF(list) - 1; i++)
        list[i] = (struct option){ option_rows[i].name, option_rows[i].argument ? required_argument : strcmp(option_rows[i].name, "help") == 0 ? optional_argument : no_argument, NULL, (int)i };
    *o = (options_t){ .ram_bytes = 128 * MIB, .cpu = CPU_PENTIUM4, .engine_auto = true, .engine = ENGINE_L1, .ips = 100000000,
                      .stop_after = UINT64_MAX, .timeout = UINT64_MAX };
    options_restart();
    int chosen = -1;
    for (int answer; (answer = getopt_long_only(argc, argv, ":", list, &chosen)) != -1;) {
        if (answer == '?') return unknown(argv[optind - 1], why);
        if (answer == ':') { refuse(why, "%s wants a value after it", argv[optind - 1]); return OPTIONS_WRONG; }
        const option_row_t *row = &option_rows[chosen];
        if (strcmp(row->name, "help") == 0 || strcmp(row->name, "h") == 0) return help(argc, argv);
        if (strcmp(row->name, "version") == 0) { options_help("version"); return OPTIONS_DONE; }
        if (!row->set(o, row, optarg ? optarg : "", why)) return OPTIONS_WRONG;
    }
    for (int i = optind; i < argc; i++)
        if (!take_image(o, argv[i], why)) return OPTIONS_WRONG;
    return check(o, why) ? OPTIONS_RUN : OPTIONS_WRONG;
}
