/* bus.h - who answers at which I/O port and at which physical address.
 *
 * Ports: 64 Ki addresses, one row per range, overlaps refused.
 * Memory: RAM from 0, and regions laid over it (ROM, memory-mapped devices, frame buffers), 4 KiB grain.
 * The CPU's MMU asks bus_page() once per TLB fill; devices use dma_read/dma_write only. */
#pragma once
#include "mem/base.h"

enum { PAGE_BYTES = 4096, BUS_MAX_RANGES = 96, BUS_MAX_REGIONS = 32 };

typedef u32  port_read_fn(void *chip, u16 reg);                 /* reg: port - first */
typedef void port_write_fn(void *chip, u16 reg, u32 value);
/* For chips to whom the byte enables matter (PCI).  They see no access across a dword boundary or the range's end. */
typedef u32  port_read_wide_fn(void *chip, u16 reg, width_t w);
typedef void port_write_wide_fn(void *chip, u16 reg, width_t w, u32 value);

typedef struct {
    const char    *name;
    u16            first, count;
    width_t        width;        /* of the chip; wider accesses are split into ascending ports, as on ISA */
    port_read_fn  *read;         /* NULL: reads as all ones */
    port_write_fn *write;        /* NULL: writes are lost */
    void          *chip;
    bool           same_port;    /* wider accesses repeat this port instead (a data register such as IDE's) */
} port_range_t;

/* For a port that is a data register: move as many of these bytes as accesses to it one after the other would move without any other effect.  Returns how
 * many, a multiple of 4. */
typedef u32  port_read_run_fn(void *chip, u8 *to, u32 bytes);
typedef u32  port_write_run_fn(void *chip, const u8 *from, u32 bytes);

/* A range of 32-bit width whose chip is told each access's width. */
typedef struct {
    const char         *name;
    u16                 first, count;
    port_read_wide_fn  *read;
    port_write_wide_fn *write;
    void               *chip;
} wide_range_t;

/* offset: from the region's first byte; a device sees accesses of 1, 2 or 4 bytes, never across a region's end. */
typedef u32  region_read_fn(void *chip, u32 offset, width_t w);
typedef void region_write_fn(void *chip, u32 offset, width_t w, u32 value);

/* Many accesses one after the other, ascending, inside a page. */
typedef void region_read_run_fn(void *chip, u32 offset, u8 *to, u32 bytes);
typedef void region_write_run_fn(void *chip, u32 offset, const u8 *from, u32 bytes);

/* A stretch of physical addresses, whole pages.  Either `host` (plain memory: RAM, ROM, frame buffer) or callbacks. */
typedef struct region {
    const char      *name;
    u32              first;      /* physical, page aligned */
    u32              bytes;      /* whole pages */
    u8              *host;       /* memory behind it, or NULL */
    bool             read_only;  /* with host: stores are lost */
    u8              *beneath;    /* with host and read_only: stores go to this memory instead (RAM behind a ROM that is read), or NULL */
    region_read_fn  *read;
    region_write_fn *write;
    void            *chip;
    /* Both or neither.  With them, accesses neither depend on the time nor change lines or alarms: the machine's hooks are not called. */
    region_read_run_fn  *read_run;
    region_write_run_fn *write_run;
    void           (*touched)(void *chip, u32 page);   /* with host, may be NULL: a store went to this page, the first since bus_tell_again */
} region_t;

/* What a 4 KiB physical page is. */
typedef struct {
    u8             *host;        /* first byte of the page in host memory, or NULL: use region */
    bool            writable;    /* host may be stored to */
    bool            told;        /* host memory whose owner is to be told of stores: bus_touched */
    u8             *beneath;     /* not writable: where stores go, or NULL: they are lost */
    const region_t *region;      /* callbacks, or NULL: nobody (reads all ones, writes lost) */
} bus_page_t;

typedef struct bus {
    port_range_t ranges[BUS_MAX_RANGES];
    struct { port_read_wide_fn *read; port_write_wide_fn *write; bool movable; } wide[BUS_MAX_RANGES];   /* beside ranges */
    u16          wait[BUS_MAX_RANGES];     /* beside ranges: ns */
    struct { port_read_run_fn *read; port_write_run_fn *write; } run[BUS_MAX_RANGES];    /* beside ranges */
    unsigned     n_ranges;
    u64          accesses;                 /* of the CPU to ports and to regions without host memory */
    u8           owner[0x10000];           /* index into ranges, 0 = nobody */
    region_t     regions[BUS_MAX_REGIONS]; /* later rows lie over earlier ones and over RAM */
    unsigned     n_regions;
    u8          *ram;                      /* physical 0.. */
    u32          ram_bytes;
    u32          a20_mask;                 /* 0xFFFFFFFF, or bit 20 clear */

    /* The machine's hooks.  before: bring virtual time up to the instruction that accesses a device;
     * after: a device may have changed lines and alarms.  NULL: none. */
    void (*before)(void *machine);
    void (*after)(void *machine);
    void  *machine;
    u32    waited;                         /* ns of wait in this access: `after` takes them */

    /* The CPU's hooks: bytes [physical, +bytes) were changed by somebody else (DMA, a debugger): decoded code there is stale.
     * remapped: A20 changed, or (contents) regions: cached translations are stale, and decoded code too.
     * protect: the next store to each page of this host memory is to come through bus_touched again. */
    void (*written)(void *cpu, u32 physical, u32 bytes);
    void (*remapped)(void *cpu, bool contents);
    void (*protect)(void *cpu, const u8 *host, u32 bytes);
    void  *cpu;
} bus_t;

/* An empty bus over `ram_bytes` (whole pages) of RAM owned by the caller. */
void bus_init(bus_t *bus, u8 *ram, u32 ram_bytes);

/* Add a row.  false: some port is taken already, or the table is full. */
bool bus_attach(bus_t *bus, const port_range_t *range);
bool bus_attach_wide(bus_t *bus, const wide_range_t *range);
/* An access to the row at this port takes so many ns more than its instruction. */
void bus_set_wait(bus_t *bus, u16 port, u16 ns);
/* The row at this port, of one port, takes runs. */
void bus_set_run(bus_t *bus, u16 port, port_read_run_fn *read, port_write_run_fn *write);
/* A row whose place the guest chooses (a PCI chip's I/O ranges); at first nowhere.  Returns its number, 0: the table is full. */
unsigned bus_attach_movable(bus_t *bus, const wide_range_t *range);
/* Put it at [first, first + count), count 0: nowhere.  Ports that other rows own stay theirs: fixed rows, then movable ones by number. */
void bus_move_ports(bus_t *bus, unsigned row, u16 first, u16 count);
u32  bus_in(bus_t *bus, u16 port, width_t w);                /* nobody answers: all ones */
void bus_out(bus_t *bus, u16 port, width_t w, u32 value);
/* Part of n accesses of width w to one port, ascending in memory, that have no effect but to move their data; the number made, which may be 0. */
u32  bus_in_run(bus_t *bus, u16 port, width_t w, u8 *to, u32 n);
u32  bus_out_run(bus_t *bus, u16 port, width_t w, const u8 *from, u32 n);

/* Lay a region over what is there; returns its number, or -1 if the table is full. */
int  bus_map(bus_t *bus, const region_t *region);
/* Move or resize a region made by bus_map (bytes 0 takes it away). */
void bus_remap(bus_t *bus, int number, u32 first, u32 bytes, bool read_only);
/* Give a region made by bus_map another shape; all of the row may change but its number. */
void bus_reshape(bus_t *bus, int number, const region_t *region);
/* A region's owner wants to know which of its pages are stored to from now on. */
void bus_tell_again(bus_t *bus, int number);
/* A store went to this byte of host memory, in a page with `told`. */
void bus_touched(bus_t *bus, const u8 *host);
/* A20 gate: false forces physical address bit 20 to 0. */
void bus_set_a20(bus_t *bus, bool enabled);

bus_page_t bus_page(const bus_t *bus, u32 physical);         /* A20 already applied by the caller */

/* One access by the CPU to a page without host memory, width 8/16/32, inside one page. */
u32  bus_load(bus_t *bus, u32 physical, width_t w);
void bus_store(bus_t *bus, u32 physical, width_t w, u32 value);
/* The same where the region, without host memory, is known. */
u32  bus_region_load(bus_t *bus, const region_t *region, u32 physical, width_t w);
void bus_region_store(bus_t *bus, const region_t *region, u32 physical, width_t w, u32 value);

/* Devices' access to memory: RAM, ROM (reads) and frame buffers, never memory-mapped registers.  64-bit
 * arithmetic, any length; returns the number of bytes that met memory (others read as FFh, writes lost).
 * A20 does not apply: the ISA DMA controller's addresses bypass the gate's AND only on some boards; we follow i440FX. */
u32  dma_read(bus_t *bus, u64 physical, void *to, u32 bytes);
u32  dma_write(bus_t *bus, u64 physical, const void *from, u32 bytes);
