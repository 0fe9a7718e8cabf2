/* resident.h - how much of a piece of memory the host really holds. */
#pragma once
#include "mem/base.h"

/* Bytes of [memory, +bytes) that are in the host's memory, in whole host pages; all of them where the host does not tell. */
size_t memory_resident(const void *memory, size_t bytes);
