/* bda.h - the variables: the BIOS data area (segment 40h) and the extended one (EBDA).
 * Follows the IBM PS/2 and PC BIOS Interface Technical Reference, "Data areas and ROM tables".
 *
 * Reads: BDA(field), EBDA(field).  Writes: BDA_SET(field, value), which works out the value before
 * it points FS, because working it out may itself point FS elsewhere. */
#pragma once
#include "abi.h"
#include "layout.h"

typedef struct PACKED {
    u16 com[4], lpt[3];             /* 00 port addresses */
    u16 ebda_segment;               /* 0E */
    u16 equipment;                  /* 10 */
    u8  post_flag;                  /* 12 */
    u16 memory_kib;                 /* 13 */
    u16 unused_15;
    u8  shift, shift_more;          /* 17 keyboard flags */
    u8  numpad;                     /* 19 Alt + keypad number */
    u16 key_head, key_tail;         /* 1A offsets in segment 40h */
    u16 keys[16];                   /* 1E */
    u8  floppy_recalibrate;         /* 3E bit n: drive n is calibrated; bit 7: the interrupt came */
    u8  floppy_motors;              /* 3F bit n: motor n runs; 4-5 selected drive; bit 7: writing */
    u8  floppy_motor_count;         /* 40 ticks until the motor stops */
    u8  floppy_status;              /* 41 */
    u8  fdc_status[7];              /* 42 */
    u8  video_mode;                 /* 49 */
    u16 columns, page_bytes, page_start;    /* 4A */
    u16 cursor[8];                  /* 50 row << 8 | column */
    u16 cursor_shape;               /* 60 start << 8 | end */
    u8  page;                       /* 62 */
    u16 crtc;                       /* 63 3B4h or 3D4h */
    u8  cga_mode, cga_palette;      /* 65 */
    u16 resume_offset, resume_segment;      /* 67 where a CPU reset returns to */
    u8  last_interrupt;             /* 6B */
    u16 ticks, ticks_high;          /* 6C since midnight */
    u8  midnight;                   /* 70 */
    u8  break_flag;                 /* 71 bit 7: Ctrl-Break */
    u16 reset_flag;                 /* 72 1234h: warm start */
    u8  disk_status;                /* 74 */
    u8  disks;                      /* 75 */
    u8  disk_control, disk_port;    /* 76 */
    u8  lpt_timeout[4], com_timeout[4];     /* 78 */
    u16 key_start, key_end;         /* 80 the keyboard buffer's bounds */
    u8  rows;                       /* 84 less one */
    u16 char_height;                /* 85 */
    u8  video_control, video_switches, video_flags, dcc_index;  /* 87 */
    u8  floppy_rate;                /* 8B bits 7-6: last data rate */
    u8  disk_status_register, disk_error_register, disk_interrupt;  /* 8C */
    u8  floppy_info;                /* 8F */
    u8  floppy_media[2];            /* 90 */
    u8  floppy_start[2];            /* 92 state at the start of the operation */
    u8  floppy_track[2];            /* 94 present cylinder */
    u8  key_flags, key_leds;        /* 96 */
    u16 wait_offset, wait_segment;  /* 98 INT 15h/83h: the caller's flag */
    u32 wait_left;                  /* 9C microseconds */
    u8  wait_active;                /* A0 bit 0: busy, bit 7: elapsed */
    u8  unused_a1[7];
    u32 video_save;                 /* A8 far pointer to the save pointer table */
    u8  unused_ac[14];
    u16 vbe_mode;                   /* BA as VBE returns it, bit 14: linear; 0: none (Bochs' place for it) */
    u8  unused_bc[52];
    u16 intra_f0[8];                /* F0 for applications */
    u8  print_screen;               /* 100 */
} bda_t;

/* What a hard disk is, worked out once at power-on. */
typedef struct PACKED {
    u16 port, control;              /* 1F0h, 3F6h; 0: no such drive */
    u8  head;                       /* A0h or B0h: the drive bit of the device register */
    u8  irq;
    u16 cylinders, heads, sectors;  /* the drive's own geometry (logical, as told) */
    u16 cylinders_seen, heads_seen; /* the geometry INT 13h shows */
    u8  translation;                /* 0 none, 1 large (cylinders halved), 2 LBA assist */
    u8  lba;                        /* bit 0: LBA28, bit 1: LBA48 */
    u32 total[2];                   /* sectors, 64 bits */
} disk_t;

enum { DISKS = 4 };

/* The CD-ROM drive that can be started from, and what was started (El Torito 1.0). */
typedef struct PACKED {
    u8  found, head, irq;
    u8  media;                      /* as in the boot catalog: 0 no emulation, 1 1.2 MB, 2 1.44 MB, 3 2.88 MB */
    u8  active;                     /* a system was started from it */
    u8  drive;                      /* its INT 13h number: E0h, or 0 for an emulated diskette */
    u16 port, control;
    u16 load_segment, load_sectors;
    u32 image;                      /* block of the boot image */
} cd_t;

/* A bootstrap entry of an option ROM (BIOS Boot Specification 1.01, "BEV"). */
typedef struct PACKED { u16 segment, entry, product; } bev_t;

enum { BEVS = 8, ROMS = 8 };

typedef struct PACKED {
    u8  kib;                        /* 00 size of the EBDA */
    u8  unused_01[3];
    u32 magic;                      /* 04 */
    u16 free_levels;                /* 08 bit n: stack level n is free (enter.S) */
    u8  unused_0a[6];
    u8  boot_device;                /* 10 place in the boot order that was tried last */
    u8  unused_11[17];
    u16 mouse_offset, mouse_segment;/* 22 the documented place of the handler's address (PS/2) */
    u8  mouse_status;               /* 26 bits 0-2: index of the packet byte */
    u8  mouse_wanted;               /* 27 bit 7: handler is set, bits 0-2: bytes a packet */
    u8  mouse_packet[8];            /* 28 */
    u8  mouse_enabled, mouse_id, mouse_rate, mouse_resolution;  /* 30 */
    u8  mouse_fields[9];            /* 34 reserved */
    u8  fixed_disk[2][16];          /* 3D the documented place of the parameter tables */
    u8  unused_5d[35];
    u8  floppy_gap, floppy_sectors; /* 80 of INT 13h/18h */
    u8  floppy_known[2];            /* 82 tracks the present medium was found with */
    disk_t disk[DISKS];             /* 84 */
    u8  edd_parameters[16];         /* DPTE, EDD 2.0 */
    u32 memory_above;               /* KiB above 1 MiB */
    u8  cpu;                        /* 3, 4, 5, 6 */
    u8  pci;                        /* 1: a board with the 82441FX and its PCI bus */
    u16 pm_base;                    /* power management registers, 0: none */
    u32 tables;                     /* ACPI tables at the top of memory, 0: none */
    u8  apm;                        /* 1: somebody connected */
    u8  lba48_high;                 /* the high half of an LBA48 transfer under way */
    cd_t cd;
    u16 first_rom;                  /* segment of the ROM that fw_cfg wants started before all else, 0: none */
    u8  roms, bevs;
    u16 rom_segment[ROMS];          /* those behind the video ROM that were started */
    bev_t bev[BEVS];
} ebda_t;

#define OFFSET(type, field) ((u32)__builtin_offsetof(type, field))
_Static_assert(OFFSET(bda_t, ebda_segment) == BDA_EBDA_SEGMENT, "BDA");
_Static_assert(OFFSET(bda_t, video_mode) == 0x49, "BDA");
_Static_assert(OFFSET(bda_t, ticks) == 0x6C, "BDA");
_Static_assert(OFFSET(bda_t, rows) == 0x84, "BDA");
_Static_assert(OFFSET(bda_t, wait_left) == 0x9C, "BDA");
_Static_assert(OFFSET(bda_t, video_save) == 0xA8, "BDA");
_Static_assert(OFFSET(bda_t, vbe_mode) == 0xBA, "BDA");
_Static_assert(OFFSET(bda_t, print_screen) == 0x100, "BDA");
_Static_assert(OFFSET(ebda_t, magic) == EBDA_MAGIC_AT, "EBDA");
_Static_assert(OFFSET(ebda_t, free_levels) == EBDA_FREE_LEVELS, "EBDA");
_Static_assert(OFFSET(ebda_t, mouse_offset) == 0x22, "EBDA");
_Static_assert(OFFSET(ebda_t, fixed_disk) == 0x3D, "EBDA");
_Static_assert(sizeof(ebda_t) <= LEVEL_STACKS, "EBDA");
_Static_assert(LEVEL_STACKS + LEVELS * LEVEL_BYTES <= EBDA_KIB * 1024, "EBDA");
_Static_assert(OFFSET(regs_t, ebx) == R_EBX && OFFSET(regs_t, eax) == R_EAX, "regs_t");
_Static_assert(OFFSET(regs_t, flags) == R_FLAGS && OFFSET(regs_t, level) == R_LEVEL, "regs_t");
_Static_assert(OFFSET(call_t, edi) == CALL_EDI && OFFSET(call_t, flags) == CALL_FLAGS, "call_t");

INLINE u32 ebda_segment(void) { return peek16(0x40, BDA_EBDA_SEGMENT); }

#define FIELD_OF(type, field) (*(volatile far __typeof__(((type *)0)->field) *)OFFSET(type, field))
#define BDA(field)  ({ use(0x40); FIELD_OF(bda_t, field); })
#define EBDA(field) ({ use(ebda_segment()); FIELD_OF(ebda_t, field); })
#define SET_IN(segment, type, field, value) \
    do { u32 value_ = (u32)(value); use(segment); \
         FIELD_OF(type, field) = (__typeof__(((type *)0)->field))value_; } while (0)
#define BDA_SET(field, value)  SET_IN(0x40, bda_t, field, value)
#define EBDA_SET(field, value) SET_IN(ebda_segment(), ebda_t, field, value)
/* Arrays: the index is a run-time value. */
#define BDA_AT(field, i) \
    ({ u32 i_ = (u32)(i); use(0x40); \
       ((volatile far __typeof__(((bda_t *)0)->field[0]) *)OFFSET(bda_t, field))[i_]; })
#define BDA_SET_AT(field, i, value) \
    do { u32 i_ = (u32)(i), value_ = (u32)(value); use(0x40); \
         ((volatile far __typeof__(((bda_t *)0)->field[0]) *)OFFSET(bda_t, field))[i_] = \
             (__typeof__(((bda_t *)0)->field[0]))value_; } while (0)
