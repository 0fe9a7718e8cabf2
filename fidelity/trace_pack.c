/* trace_pack.c - see trace_pack.h. */
#define _FILE_OFFSET_BITS 64
#define _POSIX_C_SOURCE 200809L
#include "fidelity/trace_pack.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>
#include "fidelity/replace.h"

typedef struct { u64 offset, number; } index_t;

struct trace_packer {
    FILE    *file;
    char     path[512], trouble[600];
    u64      offset;             /* of the file */
    u8      *buffer[2], *packed; /* one buffer is filled while the other is written */
    unsigned filling;
    index_t *index;
    size_t   n_index, index_room;
    z_stream z;
    /* the block being written */
    const u8 *raw;
    size_t   bytes;
    u32      records;
    u64      number;
    pthread_t       thread;
    pthread_mutex_t lock;
    pthread_cond_t  changed;
    bool            threaded, busy, ending;
    u64             written;     /* offset and trouble, as seen between blocks */
    bool            failed;
};

/* ---- the file ---- */

static void trouble(trace_packer_t *p, const char *what)
{
    if (!*p->trouble) snprintf(p->trouble, sizeof p->trouble, "%s: %s: %s", p->path, what, errno ? strerror(errno) : "no memory");
}

static void put_file(trace_packer_t *p, const void *from, size_t bytes)
{
    errno = 0;
    if (!*p->trouble && fwrite(from, 1, bytes, p->file) != bytes) trouble(p, "cannot be written");
    p->offset += bytes;
}

static void put_header(trace_packer_t *p, const char *about)
{
    u8 head[16], crc[4];
    size_t bytes = strlen(about);
    if (bytes > TRACE_ABOUT_BYTES) bytes = TRACE_ABOUT_BYTES;
    memcpy(head, TRACE_MAGIC, 8);
    put(head + 8, W16, TRACE_MAJOR);
    put(head + 10, W16, TRACE_MINOR);
    put(head + 12, W32, (u32)bytes);
    put(crc, W32, (u32)crc32(crc32(0, head, sizeof head), (const u8 *)about, (uInt)bytes));
    put_file(p, head, sizeof head);
    put_file(p, about, bytes);
    put_file(p, crc, sizeof crc);
}

static void note_index(trace_packer_t *p)
{
    if (p->n_index == p->index_room) {
        size_t room = p->index_room ? p->index_room * 2 : 256;
        index_t *more = realloc(p->index, room * sizeof *more);
        if (!more) { errno = 0; trouble(p, "the index"); return; }
        p->index = more;
        p->index_room = room;
    }
    p->index[p->n_index++] = (index_t){ p->offset, p->number };
}

static void write_block(trace_packer_t *p)
{
    u8 head[TRACE_BLOCK_HEADER];
    deflateReset(&p->z);
    deflateTune(&p->z, 4, 4, 8, 2);                            /* level 1 with half its chain: a tenth less time, two per cent more bytes */
    p->z.next_in = (u8 *)(uintptr_t)p->raw;
    p->z.avail_in = (uInt)p->bytes;
    p->z.next_out = p->packed;
    p->z.avail_out = TRACE_PACKED;
    errno = 0;
    if (deflate(&p->z, Z_FINISH) != Z_STREAM_END) trouble(p, "cannot be compressed");
    size_t packed = TRACE_PACKED - p->z.avail_out;
    put(head, W32, TRACE_BLOCK_MARK);
    put(head + 4, W32, (u32)packed);
    put(head + 8, W32, (u32)p->bytes);
    put(head + 12, W32, p->records);
    put64(head + 16, p->number);
    put(head + 24, W32, (u32)crc32(0, p->packed, (uInt)packed));
    put(head + 28, W32, (u32)crc32(0, head, 28));
    note_index(p);
    put_file(p, head, sizeof head);
    put_file(p, p->packed, packed);
}

static void put_index(trace_packer_t *p)
{
    u64 begins = p->offset;
    u8 piece[16];
    put(piece, W32, TRACE_INDEX_MARK);
    put(piece + 4, W32, (u32)p->n_index);
    u32 crc = (u32)crc32(0, piece, 8);
    put_file(p, piece, 8);
    for (size_t i = 0; i < p->n_index; i++) {
        put64(piece, p->index[i].offset);
        put64(piece + 8, p->index[i].number);
        crc = (u32)crc32(crc, piece, 16);
        put_file(p, piece, 16);
    }
    put(piece, W32, crc);
    put_file(p, piece, 4);
    put64(piece, begins);
    put(piece + 8, W32, TRACE_TRAILER_MARK);
    put(piece + 12, W32, (u32)crc32(0, piece, 12));
    put_file(p, piece, TRACE_TRAILER);
}

/* ---- the thread ---- */

static void *work(void *self)
{
    trace_packer_t *p = self;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (!p->busy && !p->ending) pthread_cond_wait(&p->changed, &p->lock);
        if (!p->busy) break;
        pthread_mutex_unlock(&p->lock);
        write_block(p);
        pthread_mutex_lock(&p->lock);
        p->busy = false;
        p->written = p->offset;
        p->failed = *p->trouble;
        pthread_cond_broadcast(&p->changed);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static void wait_idle(trace_packer_t *p)
{
    while (p->busy) pthread_cond_wait(&p->changed, &p->lock);
}

static void begin_thread(trace_packer_t *p)
{
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
    p->written = p->offset;
    p->threaded = pthread_create(&p->thread, NULL, work, p) == 0;
}

static void end_thread(trace_packer_t *p)
{
    if (p->threaded) {
        pthread_mutex_lock(&p->lock);
        p->ending = true;
        pthread_cond_broadcast(&p->changed);
        pthread_mutex_unlock(&p->lock);
        pthread_join(p->thread, NULL);
    }
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
}

static void hand_over(trace_packer_t *p, const u8 *raw, size_t bytes, u32 records, u64 number)
{
    pthread_mutex_lock(&p->lock);
    wait_idle(p);
    p->raw = raw;
    p->bytes = bytes;
    p->records = records;
    p->number = number;
    p->busy = p->threaded;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    if (p->threaded) return;
    write_block(p);
    p->written = p->offset;
    p->failed = *p->trouble;
}

u64 packer_written(trace_packer_t *p)
{
    pthread_mutex_lock(&p->lock);
    u64 written = p->written;
    pthread_mutex_unlock(&p->lock);
    return written;
}

bool packer_failed(trace_packer_t *p)
{
    pthread_mutex_lock(&p->lock);
    bool failed = p->failed;
    pthread_mutex_unlock(&p->lock);
    return failed;
}

/* ---- life ---- */

static void drop(trace_packer_t *p)
{
    if (!p) return;
    free(p->buffer[0]);
    free(p->buffer[1]);
    free(p->packed);
    free(p->index);
    free(p);
}

trace_packer_t *packer_open(const char *path, const char *about, char *why, size_t why_bytes)
{
    trace_packer_t *p = calloc(1, sizeof *p);
    if (p)
        for (unsigned i = 0; i < 2; i++) p->buffer[i] = malloc(TRACE_BLOCK);
    if (p) p->packed = malloc(TRACE_PACKED);
    if (!p || !p->buffer[0] || !p->buffer[1] || !p->packed || deflateInit(&p->z, 1) != Z_OK) {
        snprintf(why, why_bytes, "out of memory");
        drop(p);
        return NULL;
    }
    snprintf(p->path, sizeof p->path, "%s", path);
    bool may = replaceable(path, TRACE_MAGIC, "trace", why, why_bytes);
    p->file = may ? fopen(path, "wb") : NULL;
    if (!p->file) {
        if (may) snprintf(why, why_bytes, "%s: cannot be created: %s", path, strerror(errno));
        deflateEnd(&p->z);
        drop(p);
        return NULL;
    }
    put_header(p, about);
    begin_thread(p);
    return p;
}

u8 *packer_put(trace_packer_t *p, u8 *raw, size_t bytes, u32 records, u64 first_number)
{
    if (!raw) return p->buffer[0];
    hand_over(p, raw, bytes, records, first_number);
    p->filling ^= 1;
    return p->buffer[p->filling];
}

bool packer_close(trace_packer_t *p, u64 *written, char *why, size_t why_bytes)
{
    end_thread(p);
    put_index(p);
    errno = 0;
    if (fclose(p->file) != 0) trouble(p, "cannot be written");
    *written = p->offset;
    bool good = !*p->trouble;
    if (!good) snprintf(why, why_bytes, "%s", p->trouble);
    deflateEnd(&p->z);
    drop(p);
    return good;
}
