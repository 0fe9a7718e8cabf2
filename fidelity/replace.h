/* replace.h - may a file that is there be written over?  Only one of the kind that is to be written: a wrong word on the command line must not cost anybody a disk image. */
#pragma once
#include "mem/base.h"

/* Yes: there is none, it is empty, a device or a pipe, or it begins so (unpacked, where it is gzip).  Otherwise why says it, path first. */
bool replaceable(const char *path, const char *begins, const char *kind, char *why, size_t why_bytes);
