/* disk_memory.c - a disk in the program's own memory: built-in images and tests.  Gone when closed. */
#include "devices/disk_formats.h"
#include <stdio.h>
#include <stdlib.h>

typedef struct { disk_t disk; u8 *content; } memory_t;

static bool read_memory(disk_t *disk, u64 offset, void *to, u32 bytes)
{
    memcpy(to, ((memory_t *)disk)->content + offset, bytes);
    return true;
}

static bool write_memory(disk_t *disk, u64 offset, const void *from, u32 bytes)
{
    memcpy(((memory_t *)disk)->content + offset, from, bytes);
    return true;
}

static bool flush_memory(disk_t *disk) { (void)disk; return true; }

static void close_memory(disk_t *disk)
{
    free(((memory_t *)disk)->content);
    free(disk);
}

static const disk_ops_t memory_ops = { .read = read_memory, .write = write_memory, .flush = flush_memory, .close = close_memory };

disk_t *disk_from_memory(const char *name, const void *content, u64 content_bytes, u64 bytes)
{
    memory_t *memory = calloc(1, sizeof *memory);
    u8 *copy = bytes <= SIZE_MAX ? calloc(1, bytes ? (size_t)bytes : 1) : NULL;
    if (!memory || !copy) {
        free(memory);
        free(copy);
        return NULL;
    }
    if (content)
        memcpy(copy, content, (size_t)(content_bytes < bytes ? content_bytes : bytes));
    memory->content = copy;
    memory->disk = (disk_t){ .ops = &memory_ops, .bytes = bytes };
    snprintf(memory->disk.name, sizeof memory->disk.name, "%s", name);
    return &memory->disk;
}
