/* ata.c - ATA disks by programmed input and output.  Follows ATA/ATAPI-6 (T13/1410D): registers in section 7,
 * PIO data-in, data-out and non-data protocols in section 9, commands in section 8.
 * and for CD-ROM drives PACKET (8.23, 9.8).  Left out: DMA and READ MULTIPLE, which would gain little here. */
#include "ata.h"

/* Task file, as offsets from the channel's port (ATA-6 section 7). */
enum { DATA = 0, ERROR = 1, FEATURES = 1, COUNT = 2, LBA_LOW = 3, LBA_MID = 4, LBA_HIGH = 5, DEVICE = 6,
       STATUS = 7, COMMAND = 7 };
enum { BSY = 0x80, DRDY = 0x40, DF = 0x20, DSC = 0x10, DRQ = 0x08, ERR = 0x01 };
enum { NIEN = 0x02, SRST = 0x04, CONTROL = 0x08 };
enum { TIMEOUT = 0x80, BAD_COMMAND = 0x01, NOT_READY = 0xAA, WRITE_FAULT = 0xCC, UNDEFINED = 0xBB };

void disk_get(u32 number, disk_t *disk)
{
    u32 at = OFFSET(ebda_t, disk) + (number & 3) * sizeof *disk;
    far_copy8(stack_segment(), (u32)disk, ebda_segment(), at, sizeof *disk);
}

void disk_put(u32 number, const disk_t *disk)
{
    u32 at = OFFSET(ebda_t, disk) + (number & 3) * sizeof *disk;
    far_copy8(ebda_segment(), at, stack_segment(), (u32)disk, sizeof *disk);
}

static u16 reg(const disk_t *disk, u32 index) { return (u16)(disk->port + index); }

/* ATA-6 section 7: 400 ns from a write of the device or command register to a valid status. */
static void settle(const disk_t *disk)
{
    for (u32 n = 0; n < 4; n++)
        in8(disk->control);
}

/* Until BSY is off, asleep where the drive's interrupt can wake us.  Seconds, not loops, bound it. */
static bool wait_free(const disk_t *disk)
{
    limit_t limit;
    if (!(in8(disk->control) & BSY))
        return true;
    hook_wait(0x00);
    limit_start(&limit, 8);
    while (in8(disk->control) & BSY) {
        wait_idle(disk->irq);
        if (limit_over(&limit))
            return false;
    }
    return true;
}

/* Lets the drive's interrupt in before its cause is cleared by reading the status. */
static u32 finish(const disk_t *disk)
{
    sti();
    __asm__ volatile("nop; nop");
    cli();
    u32 status = in8(reg(disk, STATUS));
    BDA_SET(disk_status_register, status);
    return status;
}

/* INT 13h names for the error register's bits (AT BIOS listing, GET_ERR). */
static u32 error_code(const disk_t *disk, u32 status)
{
    static const rom u8 codes[8] = { 0x02, 0x40, 0x01, 0xBB, 0x04, 0xBB, 0x10, 0x0A };
    if (status & DF)
        return WRITE_FAULT;
    if (!(status & ERR))
        return status & DRDY ? UNDEFINED : NOT_READY;
    u32 error = in8(reg(disk, ERROR));
    BDA_SET(disk_error_register, error);
    for (u32 bit = 8; bit--; )
        if (error >> bit & 1)
            return codes[bit];
    return UNDEFINED;
}

static u32 select(const disk_t *disk, u32 device_register)
{
    if (!wait_free(disk))
        return TIMEOUT;
    out8(reg(disk, DEVICE), device_register);
    settle(disk);
    if (!wait_free(disk))
        return TIMEOUT;
    return 0;
}

u32 ata_ready(const disk_t *disk)
{
    u32 trouble = select(disk, disk->head);
    if (trouble)
        return trouble;
    return in8(disk->control) & DRDY ? 0 : NOT_READY;
}

/* A command without data. */
u32 ata_simple(const disk_t *disk, u32 command, u32 count_register, u32 device_register)
{
    u32 trouble = select(disk, device_register);
    if (trouble)
        return trouble;
    out8(disk->control, CONTROL);
    out8(reg(disk, COUNT), count_register);
    out8(reg(disk, COMMAND), command);
    settle(disk);
    if (!wait_free(disk))
        return TIMEOUT;
    u32 status = finish(disk);
    return status & (ERR | DF) ? error_code(disk, status) : 0;
}

/* ---- where: LBA48, LBA28 or the drive's own cylinders, heads and sectors ---- */

static void place_chs(const disk_t *disk, const transfer_t *t, u32 count)
{
    u32 sector = t->low % disk->sectors, track = t->low / disk->sectors;
    u32 head = track % disk->heads, cylinder = track / disk->heads;
    out8(reg(disk, COUNT), count);
    out8(reg(disk, LBA_LOW), sector + 1);
    out8(reg(disk, LBA_MID), cylinder);
    out8(reg(disk, LBA_HIGH), cylinder >> 8);
    out8(reg(disk, DEVICE), disk->head | head);
}

static void place_lba28(const disk_t *disk, const transfer_t *t, u32 count)
{
    out8(reg(disk, COUNT), count);
    out8(reg(disk, LBA_LOW), t->low);
    out8(reg(disk, LBA_MID), t->low >> 8);
    out8(reg(disk, LBA_HIGH), t->low >> 16);
    out8(reg(disk, DEVICE), disk->head | 0x40 | (t->low >> 24 & 15));
}

/* Two-byte registers: the high halves first (ATA-6 section 6.20). */
static void place_lba48(const disk_t *disk, const transfer_t *t, u32 count)
{
    out8(reg(disk, COUNT), count >> 8);
    out8(reg(disk, LBA_LOW), t->low >> 24);
    out8(reg(disk, LBA_MID), t->high);
    out8(reg(disk, LBA_HIGH), t->high >> 8);
    out8(reg(disk, COUNT), count);
    out8(reg(disk, LBA_LOW), t->low);
    out8(reg(disk, LBA_MID), t->low >> 8);
    out8(reg(disk, LBA_HIGH), t->low >> 16);
    out8(reg(disk, DEVICE), disk->head | 0x40);
}

static void command(const disk_t *disk, action_t action, const transfer_t *t, u32 count)
{
    static const rom u8 codes[2][4] = { { 0x20, 0x30, 0x40, 0x70 }, { 0x24, 0x34, 0x42, 0x70 } };
    bool ext = (disk->lba & 2) && (t->high || t->low + count > 0x0FFFFFFF) && action != SEEK;
    if (ext)
        place_lba48(disk, t, count);
    else if (disk->lba & 1)
        place_lba28(disk, t, count);
    else
        place_chs(disk, t, count);
    BDA_SET(disk_interrupt, 0);
    out8(reg(disk, COMMAND), codes[ext][action]);
    settle(disk);
}

/* ---- data ---- */

/* The offset is kept below 16 so that no sector wraps in its segment. */
static void move_sector(const disk_t *disk, action_t action, transfer_t *t)
{
    t->segment = (t->segment + (t->offset >> 4)) & 0xFFFF;
    t->offset &= 15;
    if (action == READ)
        far_in16(disk->port, t->segment, t->offset, 256);
    else
        far_out16(disk->port, t->segment, t->offset, 256);
    t->offset += 512;
}

static void advance(transfer_t *t, u32 sectors)
{
    t->count -= sectors;
    t->low += sectors;
    if (t->low < sectors)
        t->high++;
}

/* One command's worth: reads wait before every sector, writes before every sector and after the last. */
static u32 run(const disk_t *disk, action_t action, transfer_t *t, u32 count)
{
    bool data = action == READ || action == WRITE;
    command(disk, action, t, count);
    for (u32 n = data ? count : 0; n; n--) {
        if (!wait_free(disk))
            return TIMEOUT;
        u32 status = action == WRITE ? in8(disk->control) : finish(disk);
        if (status & (ERR | DF))
            return error_code(disk, finish(disk));
        if (!(status & DRQ))
            return UNDEFINED;
        move_sector(disk, action, t);
        settle(disk);
        if (action == READ)
            advance(t, 1);
        else {
            if (!wait_free(disk))
                return TIMEOUT;
            status = finish(disk);
            if (status & (ERR | DF))
                return error_code(disk, status);
            advance(t, 1);
        }
    }
    if (data)
        return 0;
    if (!wait_free(disk))
        return TIMEOUT;
    u32 status = finish(disk);
    if (!(status & (ERR | DF)))
        advance(t, count);
    return status & (ERR | DF) ? error_code(disk, status) : 0;
}

u32 ata_transfer(const disk_t *disk, action_t action, transfer_t *t)
{
    do {
        u32 trouble = select(disk, disk->head | (disk->lba & 1 ? 0x40 : 0));
        u32 count = t->count > 128 ? 128 : t->count;
        if (trouble)
            return trouble;
        out8(disk->control, CONTROL);
        trouble = run(disk, action, t, action == SEEK ? 1 : count);
        if (trouble)
            return trouble;
    } while (t->count && action != SEEK);
    return 0;
}

/* ---- packets ---- */

static void drop_words(const disk_t *disk, u32 words)
{
    while (words--)
        in16(disk->port);
}

/* One data phase of `words`. */
static void take_phase(const disk_t *disk, packet_data_t *data, u32 words)
{
    u32 skip = data->skip / 2 < words ? data->skip / 2 : words;
    drop_words(disk, skip);
    data->skip -= skip * 2;
    words -= skip;
    u32 take = (data->take + 1) / 2 < words ? (data->take + 1) / 2 : words;
    data->segment = (data->segment + (data->offset >> 4)) & 0xFFFF;
    data->offset &= 15;
    if (take)
        far_in16(disk->port, data->segment, data->offset, take);
    data->offset += take * 2;
    data->take -= take * 2 < data->take ? take * 2 : data->take;
    drop_words(disk, words - take);
}

/* A drive asks for the packet without an interrupt, within 3 ms or, mostly, 50 us (ATA-6 8.16, word 0): not a time to sleep. */
static bool poll_free(const disk_t *disk)
{
    for (u32 n = 0; in8(disk->control) & BSY; n++)
        if (n == 100000)
            return false;
    return true;
}

u32 ata_packet(const disk_t *disk, const u8 packet[12], packet_data_t *data)
{
    u32 trouble = select(disk, disk->head), status;
    if (trouble)
        return trouble;
    out8(disk->control, CONTROL);
    out8(reg(disk, FEATURES), 0);
    out8(reg(disk, LBA_MID), 2048 & 0xFF);      /* at most a block at a time */
    out8(reg(disk, LBA_HIGH), 2048 >> 8);
    out8(reg(disk, COMMAND), 0xA0);
    settle(disk);
    if (!poll_free(disk))
        return TIMEOUT;
    if (!(in8(disk->control) & DRQ))
        return 0x100 | in8(reg(disk, ERROR)) >> 4;
    for (u32 i = 0; i < 12; i += 2)
        out16(disk->port, packet[i] + packet[i + 1] * 256u);
    for (;;) {
        settle(disk);
        if (!wait_free(disk))
            return TIMEOUT;
        status = finish(disk);
        if (status & (ERR | DF))
            return 0x100 | in8(reg(disk, ERROR)) >> 4;
        if (!(status & DRQ))
            return 0;
        u32 bytes = in8(reg(disk, LBA_MID)) + in8(reg(disk, LBA_HIGH)) * 256u;
        take_phase(disk, data, (bytes + 1) / 2);
    }
}

/* ---- power-on ---- */

/* A channel with a drive holds what is written to its count and LBA registers. */
bool ata_reset_channel(u32 port, u32 control)
{
    disk_t disk = { .port = (u16)port, .control = (u16)control };
    out8((u16)control, CONTROL | NIEN);
    for (u32 device = 0; ; device++) {
        out8(reg(&disk, DEVICE), 0xA0 | device << 4);
        settle(&disk);
        out8(reg(&disk, COUNT), 0x55);
        out8(reg(&disk, LBA_LOW), 0xAA);
        if (in8(reg(&disk, COUNT)) == 0x55 && in8(reg(&disk, LBA_LOW)) == 0xAA)
            break;
        if (device)
            return false;
    }
    out8((u16)control, CONTROL | SRST | NIEN);
    delay(15);
    out8((u16)control, CONTROL | NIEN);
    delay(2000);
    limit_t limit;
    limit_start(&limit, 5);
    while (in8((u16)control) & BSY)
        if (limit_over(&limit))
            return false;
    return true;
}

/* IDENTIFY (PACKET) DEVICE.  Polled, interrupts of the drive off. */
bool ata_identify(const disk_t *disk, u32 command_code, u16 words[256])
{
    limit_t limit;
    limit_start(&limit, 3);
    out8(disk->control, CONTROL | NIEN);
    out8(reg(disk, DEVICE), disk->head);
    settle(disk);
    u32 status = in8(disk->control);
    if (status == 0xFF || (!status && command_code == 0xEC))
        return false;
    out8(reg(disk, COMMAND), command_code);
    settle(disk);
    do {
        status = in8(disk->control);
        if (limit_over(&limit))
            return false;
    } while (status & BSY);
    status = in8(reg(disk, STATUS));
    if (!(status & DRQ) || (status & (ERR | DF)))
        return false;
    far_in16(disk->port, stack_segment(), (u32)words, 256);
    return true;
}
