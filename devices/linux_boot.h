/* linux_boot.h - a Linux kernel made ready to start without a disk: what goes where in memory, by the Linux boot protocol.
 * The machine offers the parts to the firmware as items of fw_cfg; an option ROM (bios/linuxboot.S) copies them and jumps. */
#pragma once
#include "mem/base.h"

/* What the owner gives; the names are for messages.  No initrd: NULL. */
typedef struct {
    const char *kernel_name, *initrd_name;
    const u8   *kernel, *initrd;
    u32         kernel_bytes, initrd_bytes;
    const char *command_line;            /* NULL: empty */
    const u8   *loader; u32 loader_bytes;    /* the option ROM */
} linux_files_t;

enum { LINUX_SETUP_SECTORS = 64, LINUX_COMMAND_LINE = 4096 };

typedef struct { u32 address, bytes; const u8 *data; } linux_part_t;
typedef struct {
    linux_part_t setup, kernel, initrd, command_line;
    u8 setup_copy[(LINUX_SETUP_SECTORS + 1) * 512];      /* the real-mode part with its header filled in */
    u8 command_line_copy[LINUX_COMMAND_LINE];
} linux_boot_t;

/* The files must outlive the result.  false: why[] is one sentence. */
bool linux_boot_prepare(linux_boot_t *boot, const linux_files_t *files, u32 ram_bytes, char *why, size_t why_bytes);
