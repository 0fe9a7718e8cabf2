/* video_entry.S - the head of the video option ROM, and its interrupt entry.
 * Option ROM: 55h AAh, length in 512 bytes, entry at 3 (IBM PC Technical Reference); make_rom fills in the length and
 * the checksum.  "IBM" at 1Eh is where programs of the time look for an EGA or VGA. */
        .code16
        .section .head, "ax"
        .globl  rom_head
rom_head:
        .byte   0x55, 0xAA, 0
        jmp     start
        .org    rom_head + 0x1E
        .ascii  "IBM VGA compatible: doppel VGA BIOS"
        .byte   0

#include "enter.S"

        .text
/* Called far by the system BIOS; returns far with everything preserved. */
start:  pushal
        pushw   %ds
        pushw   %es
        pushw   %fs
        pushw   %gs
        pushfw
        cli
        cld
        movw    %ss, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %cs, %ax
        movw    %ax, %gs
        movl    %esp, %ebp
        movzwl  %sp, %esp
        calll   video_start
        movl    %ebp, %esp
        popfw
        popw    %gs
        popw    %fs
        popw    %es
        popw    %ds
        popal
        lretw

        SERVICE int10, video_service

/* The window function, called far (VBE 2.0, 4.3): the same registers as 4F05h, flags do not matter. */
        .globl  vbe_window_entry
vbe_window_entry:
        pushfw
        pushw   %cs
        pushw   $1f
        pushw   $vbe_window
        jmp     enter
1:      lretw
