/* fw_cfg.h - QEMU's firmware configuration device: named blobs for firmware, selector at 510h, data at 511h. */
#pragma once
#include "devices/state.h"

enum { FW_CFG_FILES = 16, FW_CFG_NAME = 56 };

/* Items of a kernel to start (QEMU include/standard-headers/linux/qemu_fw_cfg.h): numbers, and contents. */
enum { FW_CFG_KERNEL_ADDR = 0x07, FW_CFG_KERNEL_SIZE = 0x08, FW_CFG_INITRD_ADDR = 0x0A, FW_CFG_INITRD_SIZE = 0x0B,
       FW_CFG_KERNEL_DATA = 0x11, FW_CFG_INITRD_DATA = 0x12, FW_CFG_CMDLINE_ADDR = 0x13, FW_CFG_CMDLINE_SIZE = 0x14, FW_CFG_CMDLINE_DATA = 0x15,
       FW_CFG_SETUP_ADDR = 0x16, FW_CFG_SETUP_SIZE = 0x17, FW_CFG_SETUP_DATA = 0x18, FW_CFG_ITEMS = 0x19 };

typedef struct fw_cfg {
    u64 ram_bytes;
    u16 cpus;
    struct { char name[FW_CFG_NAME]; const u8 *data; u32 bytes; } file[FW_CFG_FILES];    /* sorted by name */
    u32 n_files;
    struct { const u8 *data; u32 bytes, number; } item[FW_CFG_ITEMS];    /* data NULL: a number of `bytes` bytes */
    u16 selector;
    u32 offset;                      /* of the next byte */
} fw_cfg_t;

void fw_cfg_init(fw_cfg_t *fw, u64 ram_bytes, u16 cpus);
void fw_cfg_reset(fw_cfg_t *fw);
/* The data stay the caller's and must outlive the machine.  false: no room, or the name is too long. */
bool fw_cfg_add_file(fw_cfg_t *fw, const char *name, const void *data, u32 bytes);
/* Single items below FW_CFG_ITEMS: four bytes little-endian, or contents (kept by the caller). */
void fw_cfg_set_number(fw_cfg_t *fw, u16 item, u32 number);
void fw_cfg_set_data(fw_cfg_t *fw, u16 item, const void *data, u32 bytes);
/* One row of the port table: first 510h, count 2, width 16. */
u32  fw_cfg_read(void *fw, u16 reg);
void fw_cfg_write(void *fw, u16 reg, u32 value);
void fw_cfg_walk(fw_cfg_t *fw, walker_t *w);
