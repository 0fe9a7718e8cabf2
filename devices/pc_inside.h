/* pc_inside.h - the machine as one struct: every chip by value.  Seen by pc.c and pc_chipset.c (the schematic), pc_run.c (time and inputs) and pc_state.c (the walk)
 * alone. */
#pragma once
#include "cpu/idle.h"
#include "devices/apic.h"
#include "devices/board.h"
#include "devices/coprocessor.h"
#include "devices/dma.h"
#include "devices/fdc.h"
#include "devices/fw_cfg.h"
#include "devices/i440fx.h"
#include "devices/ide.h"
#include "devices/ioapic.h"
#include "devices/kbc.h"
#include "devices/keyboard.h"
#include "devices/lpt.h"
#include "devices/mouse.h"
#include "devices/pc.h"
#include "devices/pci.h"
#include "devices/pic.h"
#include "devices/piix.h"
#include "devices/piix_ide.h"
#include "devices/piix_pm.h"
#include "devices/pit.h"
#include "devices/rtc.h"
#include "devices/testdev.h"
#include "devices/uart.h"
#include "devices/vga.h"
#include "devices/vga_pci.h"

enum { PC_INPUTS = 1024, PC_TOP_OF_ROM = 128 << 10 };

struct pc {
    pc_config_t config;
    u8         *ram;
    u8         *rom;                 /* a copy of the firmware */
    u8         *isa_roms;            /* what the ISA bus shows at C0000-FFFFF */
    u8         *vga_rom;             /* the display adapter's PCI option ROM, or NULL */
    bus_t       bus;
    vclock_t    clock;
    cpu_t       cpu;
    pic_t       master, slave;
    pit_t       pit;
    rtc_t       rtc;
    dma_t       dma;
    kbc_t       kbc;
    keyboard_t  keyboard;
    mouse_t     mouse;
    uart_t      uart[PC_SERIALS];
    lpt_t       lpt;
    board_t     board;
    coprocessor_t coprocessor;
    fdc_t       fdc;
    ide_t       ide[2];
    vga_t       vga;
    fw_cfg_t    fw_cfg;
    testdev_t   testdev;             /* only with config.testdev */
    pci_t       pci;
    i440fx_t    i440fx;
    piix_t      piix;
    piix_ide_t  bus_master;
    piix_pm_t   pm;
    vga_pci_t   vga_pci;
    apic_t      apic;
    ioapic_t    ioapic;
    linux_boot_t linux_boot;         /* configuration, like what fw_cfg holds */

    /* Time: at instruction base_instructions it was base_now. */
    u64         ips, base_now, base_instructions;
    u64         limit;               /* pc_run goes no further than this instruction */
    idle_t      idle;                /* is the guest waiting in a circle?  No part of the state: it changes nothing but the host's work */
    u64         skipped;             /* instructions, for statistics */
    struct { u64 period, at, interrupts, faults, written, ports; u32 eip; } circle;     /* the last one found, and when and where we left it: see pc_run.c */
    u64         next_trial, trial_pause;     /* instructions: when to look again, and how long after that if it is not */
    input_t     input[PC_INPUTS];    /* in order of `at` */
    u32         input_first, input_count;
    pc_stop_t   stop;                /* a chip asked to stop, else STOP_NONE */
    u8          exit_code;
};

u64  pc_time_of(const pc_t *pc, u64 instructions);
u64  pc_instruction_at(const pc_t *pc, u64 when);            /* the first at or after `when` */
void pc_before_access(void *pc);                             /* bus hooks */
void pc_after_access(void *pc);
void pc_ask_stop(pc_t *pc, pc_stop_t why);

bool pc_chipset_init(pc_t *pc);                              /* after the chips it wires; false: no memory or no room */
void pc_chipset_reset(pc_t *pc);
void pc_chipset_walk(pc_t *pc, walker_t *w);
void pc_chipset_free(pc_t *pc);
