/* dma.h - the PC/AT's two Intel 8237A DMA controllers (data sheet 231466) and its page registers.
 *
 * Channels 0-3 move bytes inside a 64 KiB page; channels 5-7 move 16-bit words inside a 128 KiB page; channel 4 is where the
 * first controller's HRQ enters the second: while it is masked or not in cascade mode, channels 0-3 stand still.
 * (The names dma_read and dma_write belong to mem/bus.h.) */
#pragma once
#include "devices/line.h"
#include "devices/state.h"
#include "mem/bus.h"

enum { DMA_CHANNELS = 8, DMA_CONTROLLERS = 2 };

typedef struct dma {
    bus_t *bus;
    /* By channel. */
    u16  base_address[DMA_CHANNELS], address[DMA_CHANNELS];
    u16  base_count[DMA_CHANNELS], count[DMA_CHANNELS];    /* transfers less one */
    u8   mode[DMA_CHANNELS];                               /* mode register bits 7-2 */
    /* By controller; bit n is its channel n. */
    u8   command[DMA_CONTROLLERS], mask[DMA_CONTROLLERS], temporary[DMA_CONTROLLERS];
    u8   requested[DMA_CONTROLLERS];                       /* by software */
    u8   dreq[DMA_CONTROLLERS];                            /* levels at DREQ */
    u8   reached[DMA_CONTROLLERS];                         /* TC bits of the status register */
    bool high_byte[DMA_CONTROLLERS];                       /* the first/last flip-flop */
    u8   page[16];                                         /* ports 80h-8Fh; 80h is not ours */
} dma_t;

void dma_init(dma_t *dma, bus_t *bus);
void dma_reset(dma_t *dma);

/* A chip's transfer on channel 0-7: up to `bytes` between its buffer and memory in the programmed direction (a "write" transfer
 * is from buffer to memory), ended by terminal count.  Verify counts but moves nothing.  Returns the number of bytes counted,
 * whole words on channels 5-7; 0 while the channel cannot serve (masked, cascade, controller disabled).
 * *terminal_count (may be NULL): the count ran out, the TC pin was pulsed. */
u32  dma_channel_transfer(dma_t *dma, int channel, u8 *buffer, u32 bytes, bool *terminal_count);
/* Would a transfer on this channel be served now? */
bool dma_ready(const dma_t *dma, int channel);
/* A DREQ pin changes, for the status register (transfers themselves do not wait for it).  A line_fn, pin = channel. */
void dma_dreq(void *dma, int channel, bool level);

u32  dma_low_read(void *dma, u16 reg);             /* 00h-0Fh: channels 0-3 */
void dma_low_write(void *dma, u16 reg, u32 value);
u32  dma_high_read(void *dma, u16 reg);            /* C0h-DFh: channels 4-7, a register every second port */
void dma_high_write(void *dma, u16 reg, u32 value);
u32  dma_page_read(void *dma, u16 reg);            /* 81h-8Fh (reg 0 is 81h) */
void dma_page_write(void *dma, u16 reg, u32 value);

void dma_walk(dma_t *dma, walker_t *w);
