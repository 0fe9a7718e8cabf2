/* entry.S - where the processor and its interrupts enter the system BIOS (segment F000h).
 *
 * Addresses that software has jumped to since 1981 are kept: IBM PC/AT Technical Reference, ROM BIOS
 * listing, and the compatibility table every clone follows.  Each is a section of its own that system.ld puts
 * in its place, holding a jump. */
        .code16
#include "enter.S"

        .macro FIXED address, label, target
        .section .fixed_\address, "ax"
        .globl  \label
\label: jmp     \target
        .endm

        FIXED e05b, post_entry, power_on
        FIXED e2c3, int02_entry, int02
        FIXED e3fe, int13_entry, int13
        FIXED e6f2, int19_entry, int19
        FIXED e739, int14_entry, int14
        FIXED e82e, int16_entry, int16
        FIXED e987, int09_entry, int09
        FIXED ec59, int40_entry, int40
        FIXED ef57, int0e_entry, int0e
        FIXED efd2, int17_entry, int17
        FIXED f065, int42_entry, int42
        FIXED f841, int12_entry, int12
        FIXED f84d, int11_entry, int11
        FIXED f859, int15_entry, int15
        FIXED fe6e, int1a_entry, int1a
        FIXED fea5, int08_entry, int08
        FIXED ff54, int05_entry, int05

        .section .fixed_ff53, "ax"
        .globl  iret_entry
iret_entry:
        iretw

        .section .fixed_ff23, "ax"      /* "D11", the temporary interrupt service routine */
        .globl  unexpected_entry
unexpected_entry:
        jmp     unexpected

        .section .fixed_fef3, "a"       /* initial vectors of interrupts 8 to 1Fh */
        .word   int08_entry, int09_entry, unexpected_entry, unexpected_entry
        .word   unexpected_entry, unexpected_entry, int0e_entry, unexpected_entry
        .word   int42_entry, int11_entry, int12_entry, int13_entry
        .word   int14_entry, int15_entry, int16_entry, int17_entry
        .word   int18, int19_entry, int1a_entry, iret_entry
        .word   iret_entry, 0xF0A4, 0xEFC7, 0

/* "Plug and Play BIOS Specification" 1.0A, 4.4: the structure that says "option ROMs may wait to be asked" (roms.c), and is searched for
 * on 16-byte boundaries.  Its services, in real and 16-bit protected mode, all answer FUNCTION_NOT_SUPPORTED. */
        .section .fixed_e080, "a"
        .ascii  "$PnP"
        .byte   0x10, 0x21              /* version 1.0, length */
        .word   0                       /* no events */
        .byte   0x8F                    /* checksum */
        .long   0
        .word   0xE0A8, 0xF000          /* real mode entry */
        .word   0xE0A8                  /* protected mode entry and base */
        .long   0xF0000
        .long   0                       /* OEM device identifier */
        .word   0xF000                  /* data segment and base */
        .long   0xF0000

        .section .fixed_e0a8, "ax"
        movw    $0x82, %ax
        lretw

        .section .fixed_fff0, "ax"
        .globl  reset
reset:  ljmpw   $0xF000, $0xE05B
        .ascii  "11/21/26"
        .byte   0
        .byte   0xFC                    /* model: AT */
        .byte   0                       /* the checksum, set by make_rom */

        .text
/* ---- reset: power-on, or a 286-style return from protected mode ---- */
        .globl  power_on
power_on:
        cli
        cld
        movb    $0x8F, %al              /* CMOS 0Fh, the shutdown byte; NMI off */
        outb    %al, $0x70
        inb     $0x71, %al
        movb    %al, %ah
        movb    $0x8F, %al
        outb    %al, $0x70
        xorb    %al, %al
        outb    %al, $0x71
        movb    $0x0D, %al              /* leave the index at a harmless register, NMI on */
        outb    %al, $0x70
        inb     $0x71, %al
        movw    $0x40, %bx
        movw    %bx, %ds
        cmpb    $0x05, %ah
        je      shutdown_5
        cmpb    $0x09, %ah
        je      shutdown_9
        cmpb    $0x0A, %ah
        je      shutdown_a
        movb    $0x01, %al
        outb    %al, $0x80
        xorw    %ax, %ax
        movw    %ax, %ss
        movl    $0x7C00, %esp
        movw    %ax, %ds
        movw    %ax, %es
        movw    %cs, %ax
        movw    %ax, %gs
        calll   post
        int     $0x19                   /* does not come back */

shutdown_5:                             /* jump with end of interrupt and a flushed keyboard */
        inb     $0x64, %al
        testb   $1, %al
        jz      1f
        inb     $0x60, %al
1:      movb    $0x20, %al
        outb    %al, $0xA0
        outb    %al, $0x20
shutdown_a:
        ljmpw   *0x67
shutdown_9:                             /* return from a block move: 40:67h is SS:SP */
        lssw    0x67, %sp
        popw    %es
        popw    %ds
        popaw
        iretw

/* ---- timer, 18.2 Hz: no C, so that it costs a program's stack 14 bytes ---- */
int08:  pushl   %eax
        pushl   %edx
        pushw   %ds
        pushw   %es
        movw    $0x40, %ax
        movw    %ax, %ds
        incl    0x6C
        cmpl    $0x1800B0, 0x6C         /* ticks a day */
        jb      1f
        movl    $0, 0x6C
        movb    $1, 0x70
1:      decb    0x40                    /* floppy motors stop some seconds after the last use */
        jnz     2f
        andb    $0xF0, 0x3F
        movw    $0x3F2, %dx
        movb    $0x0C, %al
        outb    %al, %dx
2:      int     $0x1C
        cli
        movb    $0x20, %al
        outb    %al, $0x20
        popw    %es
        popw    %ds
        popl    %edx
        popl    %eax
        iretw

/* ---- the rest of the interrupts ---- */
        SERVICE int05, print_screen
        SERVICE int09, keyboard_interrupt
        SERVICE int0e, floppy_interrupt
        SERVICE int11, equipment_service
        SERVICE int12, memory_service
        SERVICE int13_disk, disk_service
        SERVICE int40, floppy_service
        SERVICE int40_cd, cd_floppy_service
        SERVICE int14, serial_service
        SERVICE int15, system_service
        SERVICE int16_service, keyboard_service
        SERVICE int16_idle, keyboard_idle

/* Who waits for a key waits on the caller's stack, as ever since 1981: a program may leave from there by its own timer interrupt, and
 * then sets SP alone.  INT 15h/9002h is told once, as on the AT; keyboard_idle keeps the lights. */
int16:  cmpb    $0x00, %ah
        je      1f
        cmpb    $0x10, %ah
        je      1f
        cmpb    $0x20, %ah
        jne     int16_service
1:      cli
        call    key_is_there
        jne     int16_service
        pushw   %ax
        movw    $0x9002, %ax
        int     $0x15
        popw    %ax
2:      cli
        call    key_is_there
        jne     int16_service
        pushfw                          /* an interrupt, for int16_idle's IRET */
        pushw   %cs
        call    int16_idle
        sti
        hlt
        jmp     2b

key_is_there:                           /* ZF clear: the BIOS data area's buffer holds a key */
        pushw   %ds
        pushw   %ax
        movw    $0x40, %ax
        movw    %ax, %ds
        movw    0x1A, %ax
        cmpw    0x1C, %ax
        popw    %ax
        popw    %ds
        retw
        SERVICE int17, printer_service
        SERVICE int1a, clock_service
        SERVICE int70, rtc_interrupt
        SERVICE int76, disk_interrupt
        SERVICE int77, disk_interrupt_2
        SERVICE int74_bytes, mouse_interrupt

/* IRQ 12.  When a packet is complete the program's handler is called, on the program's stack:
 * status, x, y, z pushed as words (PS/2 BIOS reference, INT 15h C207h), the handler returns far. */
        .globl  int74
int74:  pushal
        pushw   %ds
        pushw   %es
        pushw   %fs
        pushw   %gs
        xorl    %eax, %eax
        pushfw
        pushw   %cs
        pushw   $1f
        jmp     int74_bytes
1:      testb   %al, %al                /* 1: packet complete; EBX = x << 16 | status, ECX = z << 16 | y */
        jz      2f
        pushw   %bx
        shrl    $16, %ebx
        pushw   %bx
        pushw   %cx
        shrl    $16, %ecx
        pushw   %cx
        movw    $0x40, %ax
        movw    %ax, %ds
        movw    BDA_EBDA_SEGMENT, %ax
        movw    %ax, %ds
        lcallw  *0x22
        addw    $8, %sp
2:      cli
        movb    $0x20, %al
        outb    %al, $0xA0
        outb    %al, $0x20
        popw    %gs
        popw    %fs
        popw    %es
        popw    %ds
        popal
        iretw

int02:  pushw   %ax                     /* NMI: let the parity and channel checks latch again */
        inb     $0x61, %al
        orb     $0x0C, %al
        outb    %al, $0x61
        andb    $0xF3, %al
        outb    %al, $0x61
        popw    %ax
        iretw

int42:  int     $0x6D                   /* the video ROM's entry (set there) */
        lretw   $2

        .globl  int71
int71:  pushw   %ax                     /* IRQ 9 is the AT's IRQ 2 */
        movb    $0x20, %al
        outb    %al, $0xA0
        popw    %ax
        int     $0x0A
        iretw

        .globl  int75
int75:  pushw   %ax                     /* IRQ 13: coprocessor error goes to NMI, as on the PC */
        xorb    %al, %al
        outb    %al, $0xF0
        movb    $0x20, %al
        outb    %al, $0xA0
        outb    %al, $0x20
        popw    %ax
        int     $0x02
        iretw

/* An interrupt nobody serves: end it, and mask its line so that it cannot storm.  What came is kept
 * at 40:6Bh: the request's bit, or FFh for a software interrupt (AT BIOS, "D11"). */
unexpected:
        pushw   %ax
        pushw   %ds
        movw    $0x40, %ax
        movw    %ax, %ds
        movb    $0x0B, %al              /* OCW3: read the in-service register */
        outb    %al, $0x20
        inb     $0x20, %al
        movb    $0xFF, %ah
        testb   %al, %al
        jz      3f
        movb    %al, %ah
        testb   $0x04, %al              /* cascade: ask the slave */
        jz      1f
        movb    $0x0B, %al
        outb    %al, $0xA0
        inb     $0xA0, %al
        testb   %al, %al
        jz      2f                      /* a spurious IRQ 15 */
        movb    %al, %ah
        inb     $0xA1, %al
        orb     %ah, %al
        outb    %al, $0xA1
        movb    $0x20, %al
        outb    %al, $0xA0
        jmp     2f
1:      inb     $0x21, %al
        andb    $0xFB, %ah
        orb     %ah, %al
        outb    %al, $0x21
2:      movb    $0x20, %al
        outb    %al, $0x20
3:      movb    %ah, 0x6B
        popw    %ds
        popw    %ax
        iretw

/* INT 13h: drives below 80h are diskettes, served behind INT 40h since the XT's fixed disk adapter. */
        .globl  int13
int13:  testb   $0x80, %dl
        jnz     int13_disk
        subw    $4, %sp
        pushw   %bp
        pushw   %ds
        pushl   %eax
        movw    %sp, %bp
        xorw    %ax, %ax
        movw    %ax, %ds
        movl    0x40 * 4, %eax
        movl    %eax, 8(%bp)
        popl    %eax
        popw    %ds
        popw    %bp
        lretw

/* void far_in16(u32 port, u32 segment, u32 offset, u32 words), far_out16 alike: a sector's data. */
        .globl  far_in16
far_in16:
        pushl   %edi
        movl    %ecx, %edi
        movl    8(%esp), %ecx
        movw    %dx, %es
        movl    %eax, %edx
        rep insw %dx, %es:(%edi)
        movw    %ss, %ax
        movw    %ax, %es
        popl    %edi
        retl    

        .globl  far_out16
far_out16:
        pushl   %esi
        movl    %ecx, %esi
        movl    8(%esp), %ecx
        movw    %dx, %ds
        movl    %eax, %edx
        rep outsw (%esi), %dx
        movw    %ss, %ax
        movw    %ax, %ds
        popl    %esi
        retl    

/* ---- starting systems ---- */
        .globl  int18
int18:  movw    $1, %ax                 /* "boot failed": go on with the next device */
        jmp     1f
int19:  xorw    %ax, %ax
1:      cli
        cld
        xorw    %bx, %bx
        movw    %bx, %ss
        movl    $0x7C00, %esp
        movw    %bx, %ds
        movw    %bx, %es
        movw    %cs, %bx
        movw    %bx, %gs
        movzwl  %ax, %eax
        calll   boot                    /* does not come back */
2:      sti
        hlt
        jmp     2b

/* void boot_jump(u32 segment_offset, u32 drive): leave for a boot sector. */
        .globl  boot_jump
boot_jump:
        xorl    %ebx, %ebx
        movl    %ebx, %ecx
        movl    %ebx, %esi
        movl    %ebx, %edi
        movl    %ebx, %ebp
        movw    %bx, %ds
        movw    %bx, %es
        movw    %bx, %fs
        movw    %bx, %gs
        movzbl  %dl, %edx
        pushl   %eax
        movl    $0xAA55, %eax
        sti
        lretw

/* void block_move(u32 table, u32 words): the copy of INT 15h/87h, see move.c.
 * EAX = linear address of the caller's descriptor table, EDX = words.  Interrupts are off.
 * The copy runs in protected mode, and leaves with segments that have real-mode limits. */
        .globl  block_move
block_move:
        pushl   %ebx
        pushl   %esi
        pushl   %edi
        pushl   %ebp
        movw    %ss, %bp
        pushl   %eax                    /* pseudo-descriptor for LGDT: limit 2Fh, base EAX */
        pushw   $0x2F
        movl    %esp, %ebx
        lgdtl   (%ebx)
        addl    $6, %esp
        movl    %edx, %ecx
        movl    %cr0, %eax
        orb     $1, %al
        movl    %eax, %cr0
        ljmpw   $0x20, $1f
1:      movw    $0x10, %ax
        movw    %ax, %ds
        movw    $0x18, %ax
        movw    %ax, %es
        xorl    %esi, %esi
        xorl    %edi, %edi
        shrl    $1, %ecx
        rep movsl (%esi), %es:(%edi)
        adcl    %ecx, %ecx              /* ECX is 0, CF the odd word */
        rep movsw (%esi), %es:(%edi)
        movw    $0x28, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movl    %cr0, %eax
        andb    $0xFE, %al
        movl    %eax, %cr0
        ljmpw   $0xF000, $2f
2:      movw    %bp, %ss
        movw    %bp, %ds
        movw    %bp, %es
        popl    %ebp
        popl    %edi
        popl    %esi
        popl    %ebx
        retl
