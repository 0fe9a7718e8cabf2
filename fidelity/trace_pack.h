/* trace_pack.h - the file under a trace being written: blocks are compressed and written by a thread of their own while the next one is made.
 * If there can be no thread the same happens at once.  The file's bytes do not depend on it. */
#pragma once
#include <stddef.h>
#include "fidelity/trace_format.h"

typedef struct trace_packer trace_packer_t;

trace_packer_t *packer_open(const char *path, const char *about, char *why, size_t why_bytes);     /* NULL: why says it */
/* Hand over a block's raw bytes; gives back an empty buffer of TRACE_BLOCK bytes in their place.  The first call gets raw NULL. */
u8  *packer_put(trace_packer_t *p, u8 *raw, size_t bytes, u32 records, u64 first_number);
u64  packer_written(trace_packer_t *p);          /* bytes of the file so far */
bool packer_failed(trace_packer_t *p);
bool packer_close(trace_packer_t *p, u64 *written, char *why, size_t why_bytes);   /* the index, the end; false: something could not be written */
