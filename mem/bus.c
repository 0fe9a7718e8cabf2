/* bus.c - port decoding and the physical memory map.  The ISA bus as software sees it: an unanswered read floats high,
 * an access wider than the chip becomes several (IBM PC AT Technical Reference, "I/O channel"). */
#include "mem/bus.h"

void bus_init(bus_t *bus, u8 *ram, u32 ram_bytes)
{
    memset(bus, 0, sizeof *bus);
    bus->ram = ram;
    bus->ram_bytes = ram_bytes;
    bus->a20_mask = 0xFFFFFFFF;
}

/* ---- ports ---- */

bool bus_attach(bus_t *bus, const port_range_t *range)
{
    for (u32 port = range->first; port < (u32)range->first + range->count; port++)
        if (port > 0xFFFF || bus->owner[port])
            return false;
    if (bus->n_ranges + 1 >= BUS_MAX_RANGES)
        return false;
    bus->ranges[++bus->n_ranges] = *range;
    memset(bus->owner + range->first, (int)bus->n_ranges, range->count);
    return true;
}

void bus_set_wait(bus_t *bus, u16 port, u16 ns) { bus->wait[bus->owner[port]] = ns; }

void bus_set_run(bus_t *bus, u16 port, port_read_run_fn *read, port_write_run_fn *write)
{
    bus->run[bus->owner[port]].read = read;
    bus->run[bus->owner[port]].write = write;
}

/* ---- rows that are told the width, rows that move ---- */

bool bus_attach_wide(bus_t *bus, const wide_range_t *range)
{
    const port_range_t row = { .name = range->name, .first = range->first, .count = range->count, .width = W32, .chip = range->chip };
    if (!bus_attach(bus, &row))
        return false;
    bus->wide[bus->n_ranges].read = range->read;
    bus->wide[bus->n_ranges].write = range->write;
    return true;
}

unsigned bus_attach_movable(bus_t *bus, const wide_range_t *range)
{
    wide_range_t nowhere = *range;
    nowhere.first = nowhere.count = 0;
    if (!bus_attach_wide(bus, &nowhere))
        return 0;
    bus->wide[bus->n_ranges].movable = true;
    return bus->n_ranges;
}

static void set_owner(bus_t *bus, unsigned row, unsigned from, unsigned to)
{
    const port_range_t *r = &bus->ranges[row];
    for (u32 port = r->first; port < (u32)r->first + r->count && port < 0x10000; port++)
        if (bus->owner[port] == from)
            bus->owner[port] = (u8)to;
}

/* Who owns a port follows from where the rows are now, never from the order in which they came there. */
void bus_move_ports(bus_t *bus, unsigned row, u16 first, u16 count)
{
    port_range_t *moving = &bus->ranges[row];
    if (!bus->wide[row].movable || (moving->first == first && moving->count == count))
        return;
    for (unsigned i = 1; i <= bus->n_ranges; i++)
        if (bus->wide[i].movable)
            set_owner(bus, i, i, 0);
    moving->first = first;
    moving->count = count;
    for (unsigned i = 1; i <= bus->n_ranges; i++)
        if (bus->wide[i].movable)
            set_owner(bus, i, 0, i);
}

/* ---- one access ---- */

/* Must it be split?  A chip that is told the width sees only what one bus cycle can carry. */
static bool too_wide(const bus_t *bus, u16 port, width_t w)
{
    unsigned row = bus->owner[port];
    const port_range_t *r = &bus->ranges[row];
    unsigned bytes = (unsigned)w / 8;
    if (w > (r->width ? r->width : W8))
        return true;
    return (bus->wide[row].read || bus->wide[row].write) && ((port & 3u) + bytes > 4 || (unsigned)(port - r->first) + bytes > r->count);
}

/* Without the machine's hooks, which bracket a whole instruction's access. */
static u32 in(bus_t *bus, u16 port, width_t w)
{
    unsigned row = bus->owner[port];
    const port_range_t *r = &bus->ranges[row];
    if (too_wide(bus, port, w)) {
        width_t half = (width_t)(w / 2);
        u32 low = in(bus, port, half);
        return low | in(bus, r->same_port ? port : (u16)(port + half / 8), half) << half;
    }
    bus->waited += bus->wait[row];
    if (bus->wide[row].read)
        return bus->wide[row].read(r->chip, (u16)(port - r->first), w) & mask(w);
    return r->read ? r->read(r->chip, (u16)(port - r->first)) & mask(w) : mask(w);
}

static void out(bus_t *bus, u16 port, width_t w, u32 value)
{
    unsigned row = bus->owner[port];
    const port_range_t *r = &bus->ranges[row];
    if (too_wide(bus, port, w)) {
        width_t half = (width_t)(w / 2);
        out(bus, port, half, value & mask(half));
        out(bus, r->same_port ? port : (u16)(port + half / 8), half, value >> half);
        return;
    }
    bus->waited += bus->wait[row];
    if (bus->wide[row].write)
        bus->wide[row].write(r->chip, (u16)(port - r->first), w, value & mask(w));
    else if (r->write)
        r->write(r->chip, (u16)(port - r->first), value & mask(w));
}

u32 bus_in(bus_t *bus, u16 port, width_t w)
{
    bus->accesses++;
    if (bus->before) bus->before(bus->machine);
    u32 value = in(bus, port, w);
    if (bus->after) bus->after(bus->machine);
    return value;
}

void bus_out(bus_t *bus, u16 port, width_t w, u32 value)
{
    bus->accesses++;
    if (bus->before) bus->before(bus->machine);
    out(bus, port, w, value);
    if (bus->after) bus->after(bus->machine);
}

/* Wider accesses than the chip's are several of its own, if they repeat the port. */
static bool can_run(const bus_t *bus, unsigned row, width_t w)
{
    const port_range_t *r = &bus->ranges[row];
    return !bus->wait[row] && (w == r->width || (w > r->width && r->same_port));
}

u32 bus_in_run(bus_t *bus, u16 port, width_t w, u8 *to, u32 n)
{
    unsigned row = bus->owner[port], bytes = (unsigned)w / 8;
    const port_range_t *r = &bus->ranges[row];
    u32 done = bus->run[row].read && can_run(bus, row, w) ? bus->run[row].read(r->chip, to, n * bytes) / bytes : 0;
    bus->accesses += done;
    return done;
}

u32 bus_out_run(bus_t *bus, u16 port, width_t w, const u8 *from, u32 n)
{
    unsigned row = bus->owner[port], bytes = (unsigned)w / 8;
    const port_range_t *r = &bus->ranges[row];
    u32 done = bus->run[row].write && can_run(bus, row, w) ? bus->run[row].write(r->chip, from, n * bytes) / bytes : 0;
    bus->accesses += done;
    return done;
}

/* ---- memory ---- */

static void changed(bus_t *bus, bool contents)
{
    if (bus->remapped)
        bus->remapped(bus->cpu, contents);
}

int bus_map(bus_t *bus, const region_t *region)
{
    if (bus->n_regions == BUS_MAX_REGIONS)
        return -1;
    bus->regions[bus->n_regions] = *region;
    changed(bus, true);
    return (int)bus->n_regions++;
}

void bus_remap(bus_t *bus, int number, u32 first, u32 bytes, bool read_only)
{
    region_t r = bus->regions[number];
    r.first = first;
    r.bytes = bytes;
    r.read_only = read_only;
    bus_reshape(bus, number, &r);
}

void bus_reshape(bus_t *bus, int number, const region_t *region)
{
    region_t *r = &bus->regions[number];
    bool same = r->first == region->first && r->bytes == region->bytes && r->read_only == region->read_only && r->host == region->host
             && r->beneath == region->beneath && r->read == region->read && r->write == region->write && r->chip == region->chip
             && r->touched == region->touched && r->read_run == region->read_run && r->write_run == region->write_run;
    if (same)
        return;
    *r = *region;
    changed(bus, true);
}

void bus_set_a20(bus_t *bus, bool enabled)
{
    u32 a20_mask = enabled ? 0xFFFFFFFF : ~(1u << 20);
    if (a20_mask == bus->a20_mask)
        return;
    bus->a20_mask = a20_mask;
    changed(bus, false);
}

static const region_t *region_at(const bus_t *bus, u32 physical)
{
    for (unsigned i = bus->n_regions; i--;) {
        const region_t *r = &bus->regions[i];
        if (physical - r->first < r->bytes)
            return r;
    }
    return NULL;
}

bus_page_t bus_page(const bus_t *bus, u32 physical)
{
    u32 page = physical & ~(u32)(PAGE_BYTES - 1);
    const region_t *r = region_at(bus, page);
    if (r && r->host)
        return (bus_page_t){ .host = r->host + (page - r->first), .writable = !r->read_only, .told = r->touched && !r->read_only,
                             .beneath = r->read_only && r->beneath ? r->beneath + (page - r->first) : NULL };
    if (r)
        return (bus_page_t){ .region = r };
    if (page < bus->ram_bytes)
        return (bus_page_t){ .host = bus->ram + page, .writable = true };
    return (bus_page_t){ 0 };
}

u32 bus_load(bus_t *bus, u32 physical, width_t w)
{
    bus_page_t page = bus_page(bus, physical);
    if (page.host)
        return get(page.host + (physical & (PAGE_BYTES - 1)), w);
    return page.region ? bus_region_load(bus, page.region, physical, w) : mask(w);
}

u32 bus_region_load(bus_t *bus, const region_t *r, u32 physical, width_t w)
{
    bool timeless = r->read_run;
    if (!r->read)
        return mask(w);
    bus->accesses++;
    if (!timeless && bus->before) bus->before(bus->machine);
    u32 value = r->read(r->chip, physical - r->first, w) & mask(w);
    if (!timeless && bus->after) bus->after(bus->machine);
    return value;
}

void bus_store(bus_t *bus, u32 physical, width_t w, u32 value)
{
    bus_page_t page = bus_page(bus, physical);
    if (page.host) {
        u8 *to = page.writable ? page.host : page.beneath;
        if (to)
            put(to + (physical & (PAGE_BYTES - 1)), w, value);
        if (page.told)
            bus_touched(bus, page.host);
        return;
    }
    if (page.region)
        bus_region_store(bus, page.region, physical, w, value);
}

void bus_region_store(bus_t *bus, const region_t *r, u32 physical, width_t w, u32 value)
{
    bool timeless = r->write_run;
    if (!r->write)
        return;
    bus->accesses++;
    if (!timeless && bus->before) bus->before(bus->machine);
    r->write(r->chip, physical - r->first, w, value & mask(w));
    if (!timeless && bus->after) bus->after(bus->machine);
}

/* ---- memory whose owner wants to know where it changes ---- */

/* A handful of regions, and asked once per page between two calls of bus_tell_again. */
void bus_touched(bus_t *bus, const u8 *host)
{
    for (unsigned i = 0; i < bus->n_regions; i++) {
        const region_t *r = &bus->regions[i];
        uintptr_t offset = (uintptr_t)host - (uintptr_t)r->host;
        if (r->touched && r->host && offset < r->bytes)
            r->touched(r->chip, (u32)(offset / PAGE_BYTES));
    }
}

void bus_tell_again(bus_t *bus, int number)
{
    const region_t *r = &bus->regions[number];
    if (bus->protect && r->host)
        bus->protect(bus->cpu, r->host, r->bytes);
}

/* ---- direct memory access ---- */

/* The part of [physical, +bytes) that lies in one page, and what is there. */
static bus_page_t dma_piece(const bus_t *bus, u64 physical, u32 bytes, u32 *piece)
{
    u32 room = PAGE_BYTES - (u32)(physical & (PAGE_BYTES - 1));
    *piece = bytes < room ? bytes : room;
    return physical > UINT32_MAX ? (bus_page_t){ 0 } : bus_page(bus, (u32)physical);
}

u32 dma_read(bus_t *bus, u64 physical, void *to, u32 bytes)
{
    u32 done = 0;
    for (u32 piece, at = 0; at < bytes; at += piece) {
        const u8 *host = dma_piece(bus, physical + at, bytes - at, &piece).host;
        if (host) memcpy((u8 *)to + at, host + ((physical + at) & (PAGE_BYTES - 1)), piece);
        else      memset((u8 *)to + at, 0xFF, piece);
        done += host ? piece : 0;
    }
    return done;
}

u32 dma_write(bus_t *bus, u64 physical, const void *from, u32 bytes)
{
    u32 done = 0;
    for (u32 piece, at = 0; at < bytes; at += piece) {
        bus_page_t page = dma_piece(bus, physical + at, bytes - at, &piece);
        u8 *host = page.writable ? page.host : page.beneath;
        if (!host)
            continue;
        memcpy(host + ((physical + at) & (PAGE_BYTES - 1)), (const u8 *)from + at, piece);
        if (page.told)
            bus_touched(bus, page.host);
        if (page.writable && bus->written)
            bus->written(bus->cpu, (u32)(physical + at), piece);
        done += piece;
    }
    return done;
}
