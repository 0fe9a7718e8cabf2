/* kernel.c - -kernel, -initrd, -append: the files of a Linux kernel that is started without a disk.  What is in them is the business of
 * devices/linux_boot.c; here they are only read. */
#define _DEFAULT_SOURCE
#include "frontend/session.h"
#include "bios/bios_rom.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { MOST_BYTES = 1 << 30 };

static bool read_all(FILE *file, const char *option, const char *path, void **content, u32 *bytes, why_t *why)
{
    struct stat st;
    if (fstat(fileno(file), &st) != 0) return refuse(why, "%s %s: cannot read it: %s", option, path, strerror(errno));
    if (S_ISDIR(st.st_mode)) return refuse(why, "%s %s is a folder; name a file in it", option, path);
    if (st.st_size == 0) return refuse(why, "%s %s is empty; check how it was copied", option, path);
    if (st.st_size > MOST_BYTES) return refuse(why, "%s %s has %lld bytes, and at most 1 GiB can be loaded", option, path, (long long)st.st_size);
    size_t n = (size_t)st.st_size;
    if (!(*content = malloc(n))) return refuse(why, "%s %s: out of memory", option, path);
    if (fread(*content, 1, n, file) != n) return refuse(why, "%s %s: cannot read it: %s", option, path, ferror(file) ? strerror(errno) : "it became shorter");
    *bytes = (u32)n;
    return true;
}

static bool read_file(const char *option, const char *path, void **content, u32 *bytes, why_t *why)
{
    FILE *file = fopen(path, "rb");
    if (!file) return refuse(why, "%s %s: cannot read it: %s", option, path, strerror(errno));
    bool good = read_all(file, option, path, content, bytes, why);
    fclose(file);
    return good;
}

bool kernel_open(session_t *s, why_t *why)
{
    const options_t *o = s->options;
    const char *path = o->kernel ? o->kernel : s->kernel_path;
    linux_files_t *f = &s->linux_files;
    if (!path) return (!o->initrd && !o->append) || refuse(why, "%s is for a kernel; name one with -kernel", o->initrd ? "-initrd" : "-append");
    *f = (linux_files_t){ .kernel_name = path, .initrd_name = o->initrd, .command_line = o->append, .loader = linuxboot_rom, .loader_bytes = (u32)linuxboot_rom_bytes };
    if (!read_file("-kernel", path, &s->kernel, &f->kernel_bytes, why)) return false;
    if (o->initrd && !read_file("-initrd", o->initrd, &s->initrd, &f->initrd_bytes, why)) return false;
    f->kernel = s->kernel;
    f->initrd = s->initrd;
    return true;
}
