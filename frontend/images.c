/* images.c - which image goes into which drive, by option or by content (INTERFACE, "Images are recognised by content"),
 * and firmware files.
 *
 * A kernel among them is left to kernel.c. */
#define _DEFAULT_SOURCE
#include "frontend/session.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char *const floppy_option[] = { "-fda", "-fdb" }, *const disk_option[] = { "-hda", "-hdb", "-hdc", "-hdd" };

/* --- the same file twice ------------------------------------------------------------------------------------------------ */

typedef struct { const char *path, *place; dev_t device; ino_t inode; } named_t;
typedef struct { named_t image[PC_FLOPPIES + PC_DISKS + 1 + MAX_IMAGES]; unsigned n; } names_t;

static bool name_once(names_t *names, const char *path, const char *place, why_t *why)
{
    struct stat st;
    if (!path || stat(path, &st) != 0) return true;       /* disk_open says what is wrong with it */
    for (unsigned i = 0; i < names->n; i++) {
        const named_t *other = &names->image[i];
        if (other->device != st.st_dev || other->inode != st.st_ino) continue;
        if (strcmp(other->path, path) == 0 && strcmp(other->place, place) == 0) return refuse(why, "the image %s is named twice; a drive wants it for itself", path);
        if (strcmp(other->path, path) == 0) return refuse(why, "the image %s is named twice (%s and %s); a drive wants it for itself", path, other->place, place);
        return refuse(why, "%s (%s) and %s (%s) are the same file; a drive wants it for itself", other->path, other->place, path, place);
    }
    names->image[names->n++] = (named_t){ path, place, st.st_dev, st.st_ino };
    return true;
}

static bool all_once(const options_t *o, why_t *why)
{
    names_t names = { .n = 0 };
    for (unsigned i = 0; i < PC_FLOPPIES; i++) if (!name_once(&names, o->floppy[i], floppy_option[i], why)) return false;
    for (unsigned i = 0; i < PC_DISKS; i++)    if (!name_once(&names, o->disk[i], disk_option[i], why)) return false;
    if (!name_once(&names, o->cdrom, "-cdrom", why)) return false;
    for (unsigned i = 0; i < o->images; i++)   if (!name_once(&names, o->image[i], "without an option", why)) return false;
    return true;
}

/* --- opening ---------------------------------------------------------------------------------------------------------- */

static disk_t *open_image(const session_t *s, const char *path, image_kind_t *kind, why_t *why)
{
    *kind = IMAGE_UNKNOWN;
    refuse(why, "cannot open %s", path);
    disk_t *disk = disk_open(path, (disk_options_t){ .snapshot = s->options->snapshot }, kind, why->text, sizeof why->text);
    if (*kind == IMAGE_KERNEL) refuse(why, "%s is a Linux kernel, not a disk; start it with -kernel %s", path, path);
    else if (disk && *kind == IMAGE_UNKNOWN) refuse(why, "%s is neither a floppy image nor a hard disk image", path);
    else return disk;
    disk_close(disk);
    return NULL;
}

static bool open_floppy(session_t *s, unsigned drive, const char *path, why_t *why)
{
    image_kind_t kind;
    disk_t *disk = open_image(s, path, &kind, why);
    if (!disk) return false;
    if (kind != IMAGE_FLOPPY) {
        u64 bytes = disk->bytes;
        disk_close(disk);
        return refuse(why, "%s %s: no floppy has %llu bytes; as a hard disk it would be -hda %s", floppy_option[drive], path, (unsigned long long)bytes, path);
    }
    s->floppy[drive] = disk;
    return true;
}

static bool open_disk(session_t *s, unsigned unit, const char *path, why_t *why)
{
    image_kind_t kind;
    disk_t *disk = open_image(s, path, &kind, why);
    if (disk && kind == IMAGE_CD) {
        disk_close(disk);
        return refuse(why, "%s %s is a CD image; use -cdrom %s", disk_option[unit], path, path);
    }
    s->disk[unit] = disk;
    return disk != NULL;
}

/* ECMA-119 8.4.8: the volume's size in blocks stands in its descriptor.  An image that is shorter was cut short. */
static bool whole_cd(disk_t *disk, const char *path, why_t *why)
{
    u8 descriptor[84];
    if (!disk_read(disk, 16 * 2048, descriptor, sizeof descriptor) || memcmp(descriptor, "\1CD001", 6) != 0) return true;
    u64 blocks = get(descriptor + 80, W32), has = disk->bytes / 2048;
    return has >= blocks || refuse(why, "%s is cut short: it has %llu of its %llu blocks of 2048 bytes; check how it was copied",
                                   path, (unsigned long long)has, (unsigned long long)blocks);
}

disk_t *cd_open(const char *path, why_t *why)
{
    image_kind_t kind = IMAGE_UNKNOWN;
    disk_t *disk = disk_open(path, (disk_options_t){ .read_only = true }, &kind, why->text, sizeof why->text);
    if (!disk) return NULL;
    if (kind == IMAGE_KERNEL) refuse(why, "%s is a Linux kernel, not a CD; start it with -kernel %s", path, path);
    else if (disk->bytes < 2048) refuse(why, "%s is smaller than one block of a CD, 2048 bytes", path);
    else if (kind != IMAGE_CD || whole_cd(disk, path, why)) return disk;
    disk_close(disk);
    return NULL;
}

/* A CD named without an option: the first free place, the usual one first. */
static bool place_cd(session_t *s, const char *path, why_t *why)
{
    static const u8 places[] = { CDROM_PLACE, 3, 1, 0 };
    for (unsigned i = 0; i < COUNT_OF(places); i++) {
        unsigned n = places[i];
        if (s->disk[n] || s->cdrom[n]) continue;
        if (!s->has_cdrom) s->cdrom_place = n;
        s->has_cdrom = true;
        return (s->cdrom[n] = cd_open(path, why)) != NULL;
    }
    return refuse(why, "too many images: there is no place left for a CD-ROM drive with %s", path);
}

static bool place(session_t *s, const char *path, why_t *why)
{
    image_kind_t kind;
    disk_t *disk = open_image(s, path, &kind, why);
    if (!disk && kind == IMAGE_KERNEL && !s->kernel_path && !s->options->kernel) {
        s->kernel_path = path;
        return true;
    }
    if (!disk) return false;
    if (kind == IMAGE_CD) {
        disk_close(disk);
        return place_cd(s, path, why);
    }
    disk_t **drive = kind == IMAGE_FLOPPY ? s->floppy : s->disk;
    unsigned n = kind == IMAGE_FLOPPY ? PC_FLOPPIES : PC_DISKS;
    for (unsigned i = 0; i < n; i++)
        if (!drive[i] && (kind == IMAGE_FLOPPY || !s->cdrom[i])) { drive[i] = disk; return true; }
    disk_close(disk);
    return refuse(why, "too many images: there is no %s drive left for %s", kind == IMAGE_FLOPPY ? "floppy" : "hard disk", path);
}

static void name_run(session_t *s, const char *path)
{
    if (!path || *s->title) return;
    const char *slash = strrchr(path, '/');
    snprintf(s->title, sizeof s->title, "%s", slash && slash[1] ? slash + 1 : path);
}

bool images_open(session_t *s, why_t *why)
{
    const options_t *o = s->options;
    if (!all_once(o, why)) return false;
    for (unsigned i = 0; i < PC_FLOPPIES; i++) if (o->floppy[i] && !open_floppy(s, i, o->floppy[i], why)) return false;
    for (unsigned i = 0; i < PC_DISKS; i++)    if (o->disk[i] && !open_disk(s, i, o->disk[i], why)) return false;
    if (o->cdrom && !place_cd(s, o->cdrom, why)) return false;
    for (unsigned i = 0; i < o->images; i++)   if (!place(s, o->image[i], why)) return false;
    for (unsigned i = 0; i < o->images; i++)   name_run(s, o->image[i]);
    for (unsigned i = 0; i < PC_FLOPPIES; i++) name_run(s, o->floppy[i]);
    for (unsigned i = 0; i < PC_DISKS; i++)    name_run(s, o->disk[i]);
    name_run(s, o->cdrom);
    name_run(s, o->kernel);
    return true;
}

/* --- firmware --------------------------------------------------------------------------------------------------------- */

bool firmware_read(const char *path, const char *option, u32 least, u32 most, u32 unit, void **content, u32 *bytes, why_t *why)
{
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) return refuse(why, "-%s %s is a device or a pipe; a ROM image is a file", option, path);
    FILE *file = fopen(path, "rb");
    if (!file) return refuse(why, "-%s %s: cannot read it: %s", option, path, strerror(errno));
    bool good = true;
    u64 size = fstat(fileno(file), &st) == 0 ? (u64)st.st_size : 0;
    if (S_ISDIR(st.st_mode)) good = refuse(why, "-%s %s is a folder, not a ROM image", option, path);
    else if (size < least)   good = refuse(why, "-%s %s: a ROM of %llu bytes is too small; it has at least %u", option, path, (unsigned long long)size, least);
    else if (size > most)    good = refuse(why, "-%s %s: a ROM of %llu bytes is too large; it has at most %u", option, path, (unsigned long long)size, most);
    else if (size % unit)    good = refuse(why, "-%s %s: a ROM of %llu bytes is not whole; its size is a multiple of %u", option, path, (unsigned long long)size, unit);
    if (good && !(*content = malloc(size))) good = refuse(why, "out of memory");
    if (good && fread(*content, 1, size, file) != size) good = refuse(why, "-%s %s: cannot read it: %s", option, path, strerror(errno));
    fclose(file);
    *bytes = (u32)size;
    return good;
}
