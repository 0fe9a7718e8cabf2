/* dma.c - two Intel 8237A DMA controllers as the PC/AT wires them: 8237A data sheet (231466-005), IBM PC AT Technical
 * Reference ("System board, DMA").
 *
 * A transfer is done at once, when a chip asks for it; so demand, single and block mode differ only in what the chip asks for, and
 * the two priority schemes, compressed timing and extended write make no difference.  A software request in block mode runs against a
 * bus on which no chip answers.
 *
 * Choice: in a memory-to-memory transfer each address gets the page of its own channel (the AT's page registers are selected by
 * DACK, which is not given then; software cannot rely on any page).
 * Left out: memory-to-memory on the second controller, active-low DREQ (command bit 6), external EOP, 32-bit pages. */
#include "devices/dma.h"

enum { COMMAND_MEMORY_TO_MEMORY = 0x01, COMMAND_HOLD_SOURCE = 0x02, COMMAND_DISABLE = 0x04, COMMAND_DREQ_LOW = 0x40 };
enum { MODE_TRANSFER = 0x0C, MODE_VERIFY = 0x00, MODE_WRITE = 0x04, MODE_READ = 0x08, MODE_AUTO = 0x10, MODE_DOWN = 0x20,
       MODE_KIND = 0xC0, MODE_BLOCK = 0x80, MODE_CASCADE = 0xC0 };
enum { STATUS_COMMAND = 8, REQUEST, SINGLE_MASK, MODE, CLEAR_FLIP_FLOP, TEMPORARY_MASTER_CLEAR, CLEAR_MASK, ALL_MASK };
enum { CASCADE_CHANNEL = 4 };

static u8 bit(unsigned channel) { return (u8)(1u << (channel & 3)); }
static unsigned controller_of(unsigned channel) { return channel >> 2 & 1; }

/* ---- addresses ---- */

/* Which page register belongs to a channel (AT Technical Reference, "Page register addresses": 87 83 81 82 - 8B 89 8A). */
static const u8 page_of[DMA_CHANNELS] = { 7, 3, 1, 2, 15, 11, 9, 10 };

static u32 unit(unsigned channel) { return channel >= CASCADE_CHANNEL ? 2 : 1; }

/* Words: the address register drives A16-A1, and the page's lowest bit is not used. */
static u32 physical(const dma_t *dma, unsigned channel)
{
    u32 page = dma->page[page_of[channel]], address = dma->address[channel];
    return unit(channel) == 2 ? (page & 0xFE) << 16 | address << 1 : page << 16 | address;
}

/* ---- one channel's service ---- */

static bool can_serve(const dma_t *dma, unsigned channel, bool by_software)
{
    unsigned controller = controller_of(channel);
    if (dma->command[controller] & COMMAND_DISABLE || (dma->mode[channel] & MODE_KIND) == MODE_CASCADE)
        return false;
    if (!by_software && dma->mask[controller] & bit(channel))
        return false;                                    /* "software requests are non-maskable" */
    return controller == 1 || (!(dma->command[1] & COMMAND_DISABLE) && !(dma->mask[1] & bit(CASCADE_CHANNEL))
                               && (dma->mode[CASCADE_CHANNEL] & MODE_KIND) == MODE_CASCADE);
}

bool dma_ready(const dma_t *dma, int channel)
{
    return can_serve(dma, (unsigned)channel & (DMA_CHANNELS - 1), false);
}

/* "TC": the status bit is set, a software request ends; autoinitialise or mask. */
static void terminal_count(dma_t *dma, unsigned channel)
{
    unsigned controller = controller_of(channel);
    dma->reached[controller] |= bit(channel);
    dma->requested[controller] &= (u8)~bit(channel);
    if (dma->mode[channel] & MODE_AUTO) {
        dma->address[channel] = dma->base_address[channel];
        dma->count[channel] = dma->base_count[channel];
    } else {
        dma->mask[controller] |= bit(channel);
    }
}

/* Count n transfers, n <= count + 1; true: the count ran out. */
static bool advance(dma_t *dma, unsigned channel, u32 n)
{
    bool last = n > dma->count[channel];
    dma->address[channel] = (u16)(dma->mode[channel] & MODE_DOWN ? dma->address[channel] - n : dma->address[channel] + n);
    dma->count[channel] = (u16)(dma->count[channel] - n);
    return last;
}

static void move(dma_t *dma, unsigned channel, u8 *buffer, u32 bytes)
{
    switch (dma->mode[channel] & MODE_TRANSFER) {
    case MODE_WRITE: dma_write(dma->bus, physical(dma, channel), buffer, bytes); break;
    case MODE_READ:  dma_read(dma->bus, physical(dma, channel), buffer, bytes); break;
    default: break;                                      /* verify; 11 is illegal and moves nothing either */
    }
}

/* Transfers that can be done in one piece: up to the wrap of the address register, one when it counts down. */
static u32 piece(const dma_t *dma, unsigned channel, u32 left)
{
    u32 room = dma->mode[channel] & MODE_DOWN ? 1 : 0x10000u - dma->address[channel];
    return left < room ? left : room;
}

static u32 serve(dma_t *dma, unsigned channel, u8 *buffer, u32 bytes, bool *ended)
{
    u32 each = unit(channel), most = dma->count[channel] + 1u;
    u32 units = bytes / each < most ? bytes / each : most, done = 0;
    while (done < units) {
        u32 n = piece(dma, channel, units - done);
        move(dma, channel, buffer + done * each, n * each);
        *ended = advance(dma, channel, n);
        done += n;
    }
    if (*ended)
        terminal_count(dma, channel);
    return done * each;
}

u32 dma_channel_transfer(dma_t *dma, int channel, u8 *buffer, u32 bytes, bool *terminal)
{
    bool ended = false;
    u32 done = 0;
    if (dma_ready(dma, channel))
        done = serve(dma, (unsigned)channel & (DMA_CHANNELS - 1), buffer, bytes, &ended);
    if (terminal)
        *terminal = ended;
    return done;
}

/* ---- software requests ---- */

/* "Memory-to-memory": channel 0 is the source, channel 1 the destination and the count. */
static void memory_to_memory(dma_t *dma)
{
    bool ended = false;
    while (!ended) {
        dma_read(dma->bus, physical(dma, 0), &dma->temporary[0], 1);
        dma_write(dma->bus, physical(dma, 1), &dma->temporary[0], 1);
        u16 source = dma->address[0];
        advance(dma, 0, 1);
        if (dma->command[0] & COMMAND_HOLD_SOURCE)
            dma->address[0] = source;
        ended = advance(dma, 1, 1);
    }
    terminal_count(dma, 1);
    dma->requested[0] &= (u8)~bit(0);
    if (dma->mode[0] & MODE_AUTO) {
        dma->address[0] = dma->base_address[0];
        dma->count[0] = dma->base_count[0];
    }
}

/* Block mode runs until TC; what no chip drives reads as ones. */
static void run_block(dma_t *dma, unsigned channel)
{
    u8 floating[512];
    for (bool ended = false; !ended;) {
        memset(floating, 0xFF, sizeof floating);
        serve(dma, channel, floating, sizeof floating, &ended);
    }
}

/* "Software requests will be serviced only if the channel is in block mode." */
static void serve_requests(dma_t *dma)
{
    for (unsigned channel = 0; channel < DMA_CHANNELS; channel++) {
        unsigned controller = controller_of(channel);
        if (!(dma->requested[controller] & bit(channel)) || !can_serve(dma, channel, true))
            continue;
        if (channel == 0 && dma->command[0] & COMMAND_MEMORY_TO_MEMORY)
            memory_to_memory(dma);
        else if ((dma->mode[channel] & MODE_KIND) == MODE_BLOCK)
            run_block(dma, channel);
    }
}

void dma_dreq(void *chip, int channel, bool level)
{
    dma_t *dma = chip;
    u8 *pins = &dma->dreq[controller_of((unsigned)channel)], it = bit((unsigned)channel);
    *pins = (u8)(level ? *pins | it : *pins & ~it);
}

/* ---- registers ---- */

static bool flip(dma_t *dma, unsigned controller)
{
    dma->high_byte[controller] = !dma->high_byte[controller];
    return !dma->high_byte[controller];                  /* was it the high byte's turn? */
}

static u16 with_byte(u16 old, bool high, u8 value)
{
    return (u16)(high ? (old & 0x00FF) | value << 8 : (old & 0xFF00) | value);
}

/* An address or count: the base register and the current one are written together. */
static void write_word(dma_t *dma, unsigned controller, unsigned reg, u8 value)
{
    unsigned channel = controller * 4 + (reg >> 1 & 3);
    u16 *base = reg & 1 ? &dma->base_count[channel] : &dma->base_address[channel];
    u16 *current = reg & 1 ? &dma->count[channel] : &dma->address[channel];
    bool high = flip(dma, controller);
    *base = with_byte(*base, high, value);
    *current = with_byte(*current, high, value);
}

static u8 read_word(dma_t *dma, unsigned controller, unsigned reg)
{
    unsigned channel = controller * 4 + (reg >> 1 & 3);
    u16 value = reg & 1 ? dma->count[channel] : dma->address[channel];
    return (u8)(flip(dma, controller) ? value >> 8 : value);
}

/* "Master clear" is the RESET pin. */
static void master_clear(dma_t *dma, unsigned controller)
{
    dma->command[controller] = dma->requested[controller] = dma->reached[controller] = dma->temporary[controller] = 0;
    dma->high_byte[controller] = false;
    dma->mask[controller] = 0x0F;
}

static void write_command(dma_t *dma, unsigned controller, u8 value)
{
    if (value & COMMAND_DREQ_LOW)
        lacking("dma: DREQ active low");
    if (value & COMMAND_MEMORY_TO_MEMORY && controller == 1)
        lacking("dma: memory-to-memory on channels 4 and 5");
    dma->command[controller] = value;
}

static void set_bit(u8 *bits, u8 value)
{
    *bits = (u8)(value & 4 ? *bits | bit(value) : *bits & ~bit(value));
}

static void write_register(dma_t *dma, unsigned controller, unsigned reg, u8 value)
{
    switch (reg) {
    case STATUS_COMMAND:  write_command(dma, controller, value); break;
    case REQUEST:         set_bit(&dma->requested[controller], value); break;
    case SINGLE_MASK:     set_bit(&dma->mask[controller], value); break;
    case MODE:            dma->mode[controller * 4 + (value & 3u)] = value & 0xFC; break;
    case CLEAR_FLIP_FLOP: dma->high_byte[controller] = false; break;
    case TEMPORARY_MASTER_CLEAR: master_clear(dma, controller); break;
    case CLEAR_MASK:      dma->mask[controller] = 0; break;
    case ALL_MASK:        dma->mask[controller] = value & 0x0F; break;
    default:              write_word(dma, controller, reg, value); return;
    }
    serve_requests(dma);
}

/* "Status register": reading clears the TC bits.  The mask can be read back as on the 82371SB; the other write-only ones float. */
static u8 read_register(dma_t *dma, unsigned controller, unsigned reg)
{
    u8 status = (u8)((dma->requested[controller] | dma->dreq[controller]) << 4 | dma->reached[controller]);
    switch (reg) {
    case STATUS_COMMAND:
        dma->reached[controller] = 0;
        return status;
    case REQUEST: case SINGLE_MASK: case MODE: case CLEAR_FLIP_FLOP: case CLEAR_MASK: return 0xFF;
    case TEMPORARY_MASTER_CLEAR: return dma->temporary[controller];
    case ALL_MASK: return dma->mask[controller];
    default: return read_word(dma, controller, reg);
    }
}

u32  dma_low_read(void *chip, u16 reg)                 { return read_register(chip, 0, reg & 15); }
void dma_low_write(void *chip, u16 reg, u32 value)     { write_register(chip, 0, reg & 15, (u8)value); }
u32  dma_high_read(void *chip, u16 reg)                { return read_register(chip, 1, reg >> 1 & 15); }
void dma_high_write(void *chip, u16 reg, u32 value)    { write_register(chip, 1, reg >> 1 & 15, (u8)value); }

u32 dma_page_read(void *chip, u16 reg)
{
    dma_t *dma = chip;
    return dma->page[(reg + 1) & 15];
}

void dma_page_write(void *chip, u16 reg, u32 value)
{
    dma_t *dma = chip;
    dma->page[(reg + 1) & 15] = (u8)value;
}

/* ---- life ---- */

void dma_reset(dma_t *dma)
{
    master_clear(dma, 0);
    master_clear(dma, 1);
    memset(dma->page, 0, sizeof dma->page);
}

void dma_init(dma_t *dma, bus_t *bus)
{
    *dma = (dma_t){ .bus = bus };
    dma_reset(dma);
}

void dma_walk(dma_t *dma, walker_t *w)
{
    walk_chip(w, "dma", 1);
    FIELD_ARRAY(w, dma->base_address);
    FIELD_ARRAY(w, dma->address);
    FIELD_ARRAY(w, dma->base_count);
    FIELD_ARRAY(w, dma->count);
    FIELD_ARRAY(w, dma->mode);
    FIELD_ARRAY(w, dma->command);
    FIELD_ARRAY_MAX(w, dma->mask, 0x0F);
    FIELD_ARRAY(w, dma->temporary);
    FIELD_ARRAY_MAX(w, dma->requested, 0x0F);
    FIELD_ARRAY_MAX(w, dma->dreq, 0x0F);
    FIELD_ARRAY_MAX(w, dma->reached, 0x0F);
    FIELD_ARRAY(w, dma->high_byte);
    FIELD_ARRAY(w, dma->page);
}
