/* host_memory.h - large pieces of the host's memory: taken page by page as they are used, and how much of one is. */
#pragma once
#include "mem/base.h"

/* Room for `bytes`, all zero, of which the host gives real memory when it is first written; NULL: no room. */
void  *memory_reserve(size_t bytes);
void   memory_release(void *memory, size_t bytes);           /* NULL is allowed */
/* What is in [memory, +bytes) is needed no more: the host may have it back, page by page, and gives zeros when it is used again.  Where the host cannot,
 * nothing happens. */
void   memory_forget(void *memory, size_t bytes);
/* Bytes of [memory, +bytes) that are in the host's memory, in whole host pages; all of them where the host does not tell. */
size_t memory_resident(const void *memory, size_t bytes);
