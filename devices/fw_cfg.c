/* fw_cfg.c - QEMU's firmware configuration device, after QEMU's "docs/specs/fw_cfg.rst": the traditional interface on I/O ports.
 * Numbers of single items are little-endian, of the file directory big-endian.  The contents are configuration, not machine state.
 * Left out: the DMA interface (bit 1 of the ID is clear), writes to items, other start-up options of QEMU. */
#include "devices/fw_cfg.h"

enum { SIGNATURE = 0x00, ID = 0x01, RAM_SIZE = 0x03, NB_CPUS = 0x05, MAX_CPUS = 0x0F, FILE_DIR = 0x19, FILE_FIRST = 0x20, IRQ0_OVERRIDE = 0x8002 };
enum { WRITE_CHANNEL = 0x4000, TRADITIONAL = 1, ENTRY = 64 };

static u8 byte_of(u64 value, u32 at, u32 bytes) { return (u8)(at < bytes ? value >> at * 8 : 0); }
static u8 big_byte_of(u32 value, u32 at, u32 bytes) { return (u8)(value >> (bytes - 1 - at) * 8); }

/* Entry: size (4 bytes), selector (2), reserved (2), name (56). */
static u8 directory_byte(const fw_cfg_t *fw, u32 at)
{
    if (at < 4)
        return big_byte_of(fw->n_files, at, 4);
    u32 i = (at - 4) / ENTRY, k = (at - 4) % ENTRY;
    if (i >= fw->n_files || i >= FW_CFG_FILES) return 0;
    if (k < 4) return big_byte_of(fw->file[i].bytes, k, 4);
    if (k < 6) return big_byte_of(FILE_FIRST + i, k - 4, 2);
    return k < 8 ? 0 : (u8)fw->file[i].name[k - 8];
}

static u8 item_byte(const fw_cfg_t *fw, u32 item, u32 at)
{
    if (item >= FW_CFG_ITEMS || at >= fw->item[item].bytes)
        return 0;
    return fw->item[item].data ? fw->item[item].data[at] : byte_of(fw->item[item].number, at, 4);
}

static u8 byte_at(const fw_cfg_t *fw, u32 at)
{
    u16 item = fw->selector & (u16)~WRITE_CHANNEL;
    u32 i = (u32)item - FILE_FIRST;
    switch (item) {
    case SIGNATURE: return (u8)(at < 4 ? "QEMU"[at] : 0);
    case ID:        return byte_of(TRADITIONAL, at, 4);
    case RAM_SIZE:  return byte_of(fw->ram_bytes, at, 8);
    case NB_CPUS: case MAX_CPUS: return byte_of(fw->cpus, at, 2);
    case IRQ0_OVERRIDE: return byte_of(1, at, 1);            /* "IRQ 0 is pin 2 of the I/O APIC": hw/i386/fw_cfg.h */
    case FILE_DIR:  return directory_byte(fw, at);
    default:        if (item < FW_CFG_ITEMS) return item_byte(fw, item, at);
                    return (u8)(i < fw->n_files && i < FW_CFG_FILES && at < fw->file[i].bytes ? fw->file[i].data[at] : 0);
    }
}

u32 fw_cfg_read(void *chip, u16 reg)
{
    fw_cfg_t *fw = chip;
    if (reg != 1)
        return 0;
    u8 byte = byte_at(fw, fw->offset);
    if (fw->offset < UINT32_MAX)
        fw->offset++;
    return byte;
}

void fw_cfg_write(void *chip, u16 reg, u32 value)
{
    fw_cfg_t *fw = chip;
    if (reg != 0)
        return;
    fw->selector = (u16)value;
    fw->offset = 0;
}

bool fw_cfg_add_file(fw_cfg_t *fw, const char *name, const void *data, u32 bytes)
{
    if (fw->n_files >= FW_CFG_FILES || strlen(name) >= FW_CFG_NAME)
        return false;
    u32 at = fw->n_files++;
    for (; at && strcmp(fw->file[at - 1].name, name) > 0; at--)
        fw->file[at] = fw->file[at - 1];
    memset(fw->file[at].name, 0, FW_CFG_NAME);
    memcpy(fw->file[at].name, name, strlen(name));
    fw->file[at].data = data;
    fw->file[at].bytes = bytes;
    return true;
}

void fw_cfg_set_number(fw_cfg_t *fw, u16 item, u32 number)
{
    if (item < FW_CFG_ITEMS) {
        fw->item[item].data = NULL;
        fw->item[item].number = number;
        fw->item[item].bytes = 4;
    }
}

void fw_cfg_set_data(fw_cfg_t *fw, u16 item, const void *data, u32 bytes)
{
    if (item < FW_CFG_ITEMS) {
        fw->item[item].data = data;
        fw->item[item].bytes = data ? bytes : 0;
    }
}

void fw_cfg_reset(fw_cfg_t *fw)
{
    fw->selector = 0;
    fw->offset = 0;
}

void fw_cfg_init(fw_cfg_t *fw, u64 ram_bytes, u16 cpus) { *fw = (fw_cfg_t){ .ram_bytes = ram_bytes, .cpus = cpus }; }

void fw_cfg_walk(fw_cfg_t *fw, walker_t *w)
{
    walk_chip(w, "fw_cfg", 1);
    FIELD(w, fw->selector);
    FIELD(w, fw->offset);
}
