/* host_file.h - the host's files, behind one small table of calls.
 *
 * Everything the machine does to a file of the host goes through a host_calls_t: host_posix.c has the real one, tests have ones
 * that fail when told to, another system would bring its own.  The calls may do less than asked, as the system's do; the host_*
 * functions below finish the job.  Errors are errno values of the host. */
#pragma once
#include "mem/base.h"

typedef enum { HOST_FILE, HOST_BLOCK_DEVICE, HOST_FOLDER, HOST_OTHER } host_kind_t;

/* Who keeps us from locking a file, as far as the host tells. */
typedef struct {
    bool writes;                 /* it may write; else it only reads and wants nobody to write */
    bool ourselves;
    long pid;                    /* 0: unknown */
    char program[64];            /* "": unknown */
} host_holder_t;

typedef struct host_calls host_calls_t;
struct host_calls {              /* int results: a handle or 0, or -errno */
    int  (*open)(const host_calls_t *host, const char *path, bool write);
    int  (*temporary)(const host_calls_t *host, const char *folder);             /* a nameless file, gone when closed */
    int  (*examine)(const host_calls_t *host, int handle, host_kind_t *kind, u64 *bytes);
    int  (*lock)(const host_calls_t *host, int handle, bool exclusive, host_holder_t *holder);   /* -EAGAIN: holder says who */
    s64  (*read)(const host_calls_t *host, int handle, u64 offset, void *to, u32 bytes);         /* bytes done, 0 at the end, or -errno */
    s64  (*write)(const host_calls_t *host, int handle, u64 offset, const void *from, u32 bytes);
    int  (*sync)(const host_calls_t *host, int handle);                          /* data and size are on the medium */
    void (*close)(const host_calls_t *host, int handle);
};

extern const host_calls_t host_posix;

typedef struct {
    const host_calls_t *calls;
    int         handle;
    bool        writable;
    host_kind_t kind;
    u64         bytes;
} host_file_t;

/* All return 0 or an errno value. */
int  host_open(host_file_t *file, const host_calls_t *calls, const char *path, bool write);   /* falls back to reading where writing is not allowed */
int  host_temporary(host_file_t *file, const host_calls_t *calls, const char *folder);
int  host_read(host_file_t *file, u64 offset, void *to, u32 bytes);      /* all of it; ENODATA: the file ends before */
int  host_write(host_file_t *file, u64 offset, const void *from, u32 bytes);
int  host_sync(host_file_t *file);
int  host_lock(host_file_t *file, bool exclusive, host_holder_t *holder);
void host_close(host_file_t *file);
