/* ata.h - one transfer on an ATA disk, by linear sector number. */
#pragma once
#include "system.h"

typedef enum { READ, WRITE, VERIFY, SEEK } action_t;

typedef struct {
    u32 low, high;                  /* the sector number, 64 bits */
    u32 count;                      /* sectors; afterwards: those not done */
    u32 segment, offset;            /* the buffer */
} transfer_t;

void disk_get(u32 number, disk_t *disk);
void disk_put(u32 number, const disk_t *disk);
/* All answer an INT 13h status code, 0 is good. */
u32  ata_transfer(const disk_t *disk, action_t action, transfer_t *t);
u32  ata_simple(const disk_t *disk, u32 command, u32 count_register, u32 device_register);
u32  ata_ready(const disk_t *disk);
bool ata_reset_channel(u32 port, u32 control);
/* PACKET by PIO: of the data that come, `skip` bytes are dropped, `take` stored, the rest dropped.  Answers 0, 80h (time out), or
 * 100h | the sense key. */
typedef struct { u32 skip, take, segment, offset; } packet_data_t;
u32  ata_packet(const disk_t *disk, const u8 packet[12], packet_data_t *data);
bool ata_identify(const disk_t *disk, u32 command, u16 words[256]);
