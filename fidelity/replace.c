/* replace.c - see replace.h. */
#include "fidelity/replace.h"
#include <stdio.h>
#include <sys/stat.h>
#include <zlib.h>

bool replaceable(const char *path, const char *begins, const char *kind, char *why, size_t why_bytes)
{
    struct stat about;
    char start[16] = "";
    unsigned n = (unsigned)strlen(begins);
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size == 0) return true;
    gzFile file = gzopen(path, "rb");                          /* reads plain files too */
    bool same = file && n <= sizeof start && gzread(file, start, n) == (int)n && memcmp(start, begins, n) == 0;
    if (file) gzclose(file);
    if (!same) snprintf(why, why_bytes, "%s is there already, and is no %s: name another file, or remove it first", path, kind);
    return same;
}
