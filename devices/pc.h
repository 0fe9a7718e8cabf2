/* pc.h - the machine, as its owner (a window, a script, a test) sees it.  The inside is pc.c, the schematic.
 *
 * A run is a function of the configuration and the inputs: everything that comes from outside enters by pc_post() and is
 * stamped with the instruction count at which the machine sees it. */
#pragma once
#include "devices/disk.h"
#include "devices/linux_boot.h"
#include "devices/state.h"
#include "devices/vga_draw.h"
#include "mem/base.h"

typedef struct pc pc_t;

typedef enum { CPU_386, CPU_486, CPU_PENTIUM, CPU_PENTIUM_MMX, CPU_PENTIUM2, CPU_PENTIUM3, CPU_PENTIUM4, N_CPU_MODELS } cpu_model_t;
typedef enum { ENGINE_L0, ENGINE_L1 } engine_t;

enum { PC_FLOPPIES = 2, PC_DISKS = 4, PC_SERIALS = 2, PC_OPTION_ROMS = 4 };

typedef struct {
    u32         ram_bytes;                 /* 1 MiB .. 3 GiB, whole MiB */
    cpu_model_t cpu;
    engine_t    engine;
    bool        no_cache;                  /* one-instruction blocks, never kept: the twin tests' slow machine */
    u64         ips;                       /* nominal instructions per second of virtual time, 1..10G */
    s64         rtc_seconds;               /* RTC at power-on: seconds since 1970-01-01, already local if wanted */
    const u8   *bios;  u32 bios_bytes;     /* ends at 4 GiB; its last 128 KiB also below 1 MiB */
    const u8   *vgabios; u32 vgabios_bytes;/* at C0000, or NULL */
    struct { const u8 *data; u32 bytes; } option_rom[PC_OPTION_ROMS];  /* handed to the firmware; data NULL: no more.  They outlive the machine */
    disk_t     *floppy[PC_FLOPPIES];       /* media; the machine does not close them */
    bool        has_floppy[PC_FLOPPIES];   /* the drive exists (a drive with a medium always does) */
    disk_t     *disk[PC_DISKS];            /* primary master, slave, secondary master, slave */
    bool        has_cdrom[PC_DISKS];       /* a CD-ROM drive in the place of a disk (a place with a CD always has one) */
    disk_t     *cdrom[PC_DISKS];           /* its medium */
    char        boot_order[4];             /* letters: a c d, n: what option ROMs can start; "" = what is there */
    const linux_files_t *linux_files;      /* a kernel to start instead of a disk's system, or NULL; what it points to outlives the machine */
    bool        debug_exit; u16 debug_exit_port;
    bool        testdev;                   /* QEMU's pc-testdev is there */
    /* Where bytes that leave the machine go; NULL: nowhere.  Called on the machine's thread. */
    void      (*serial_out)(void *owner, unsigned port, u8 byte);
    void      (*parallel_out)(void *owner, u8 byte);
    void      (*debugcon_out)(void *owner, u8 byte);
    /* A change of the speaker's level, at virtual time `when` (ns). */
    void      (*speaker)(void *owner, u64 when, bool level);
    void       *owner;
} pc_config_t;

/* Inputs. */
typedef enum { INPUT_KEY, INPUT_MOUSE, INPUT_SERIAL, INPUT_MEDIUM, INPUT_RESET, INPUT_POWER_BUTTON, INPUT_IPS, INPUT_NMI } input_kind_t;
typedef struct {
    input_kind_t kind;
    u64     at;                 /* instruction count (pc_instructions); the past means now */
    u16     key; bool down;     /* KEY: a pc_key_t, below */
    s16     dx, dy, dz;         /* MOUSE: mickeys, y up is positive, wheel */
    u8      buttons;            /*        bit 0 left, 1 right, 2 middle */
    u8      port, byte;         /* SERIAL: port 0/1 and one received byte */
    u8      drive; disk_t *disk;/* MEDIUM: floppy drive 0/1, or PC_FLOPPIES + the place of a CD-ROM drive, and its new medium, NULL: ejected.  The old one may be closed after pc_run returned. */
    u64     ips;                /* IPS: new nominal rate */
} input_t;

/* Keys are named by their position: scan code set 1 make code; E0-prefixed keys add 0x100; Pause is 0x1E1 (sends E1 1D 45 ...), Print Screen 0x137. */
typedef u16 pc_key_t;

typedef enum {
    STOP_NONE,                  /* reached the limit that was asked for */
    STOP_POWER_OFF,             /* guest powered off (port 8900h, ACPI) */
    STOP_DEBUG_EXIT,            /* isa-debug-exit: pc_exit_code */
    STOP_TRIPLE_FAULT,          /* CPU shut down; pc_explain says why; machine reset unless no_reboot was asked of the owner */
    STOP_RESET,                 /* guest asked for a reset (8042, port 92h, CF9); call pc_reset to go on */
    STOP_IDLE,                  /* halted with interrupts off and nothing that could wake it */
    STOP_BREAK                  /* a debugger's breakpoint */
} pc_stop_t;

/* NULL on failure, why[] says what. */
pc_t *pc_new(const pc_config_t *config, char *why, size_t why_bytes);
void  pc_free(pc_t *pc);
void  pc_reset(pc_t *pc);                       /* as the reset button */

/* Run until virtual time `until` (ns) or `instructions` more, whichever comes first (UINT64_MAX: no limit); stops exactly there
 * as far as instructions go, at the first instruction boundary at or after `until` as far as time goes. */
pc_stop_t pc_run(pc_t *pc, u64 until, u64 instructions);
void  pc_post(pc_t *pc, const input_t *input);  /* queue is bounded: the oldest mouse movements merge, keys beyond 1024 are dropped with a message */

u64   pc_now(const pc_t *pc);                   /* ns of virtual time */
u64   pc_instructions(const pc_t *pc);          /* retired so far */
bool  pc_halted(const pc_t *pc);                /* HLT, waiting */
u8    pc_exit_code(const pc_t *pc);             /* STOP_DEBUG_EXIT: the program's status, v*2+1 */
const char *pc_explain(const pc_t *pc);         /* STOP_TRIPLE_FAULT: sentences with registers; else "" */
u8    pc_leds(const pc_t *pc);                  /* bit 0 scroll, 1 num, 2 caps */
bool  pc_mouse_wanted(const pc_t *pc);          /* the guest enabled PS/2 mouse reporting */
bool  pc_disk_trouble(pc_t *pc, char *text, size_t text_bytes);  /* next unreported trouble of a drive's file, false: none */
bool  pc_drive_active(const pc_t *pc, unsigned *floppies, unsigned *disks);  /* bit masks of drives with a command running */

const struct vga *pc_vga(const pc_t *pc);
/* Bring a frame (all zero at first) up to date: vga_update in vga_draw.h.  true: the picture changed.  The machine's state does not. */
bool  pc_show(pc_t *pc, vga_frame_t *frame);
u64   pc_vga_generation(const pc_t *pc);        /* changes whenever the picture may have changed since pc_show, blink aside; without looks the frame buffer's first change counts */

/* One walk over the whole machine (state.h); all chips, CPU and RAM. */
void  pc_walk(pc_t *pc, walker_t *w);
u64   pc_hash(pc_t *pc);

/* skipped: instructions of an idling guest that were counted and not executed (cpu/idle.h). */
typedef struct { u64 blocks_built, blocks_killed, tlb_misses, interrupts, faults, mmio, ports, skipped; size_t memory_bytes; } pc_stats_t;
void  pc_stats(const pc_t *pc, pc_stats_t *stats);
/* Guest memory for tools and tests: linear through paging as the guest sees it now; false where unmapped. */
bool  pc_peek(pc_t *pc, u32 linear, void *to, u32 bytes);
struct cpu *pc_cpu(pc_t *pc);
struct bus *pc_bus(pc_t *pc);
