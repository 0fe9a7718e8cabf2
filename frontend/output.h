/* output.h - before a file of the host is written anew: it must not be a disk image in use. */
#pragma once
#include "frontend/say.h"

bool output_allowed(const char *path, why_t *why);
