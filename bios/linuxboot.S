/* linuxboot.S - an option ROM that starts a Linux kernel: copies its parts from fw_cfg into memory and jumps.
 *
 * fw_cfg: QEMU docs/specs/fw_cfg.rst (selector at 510h, data at 511h; items 07h to 18h hold address, size and content of each part).
 * Option ROM header: "BIOS Boot Specification" 1.01 and "Plug and Play BIOS Specification" 1.0A: a firmware of that kind finds the
 * bootstrap entry vector in the $PnP header; with any other, the ROM takes INT 19h.
 * Entry state of the kernel: Linux Documentation/arch/x86/boot.rst, "Running the kernel". */
        .code16
        .text

#define FW_SELECT 0x510
#define KERNEL_ADDR 0x07
#define KERNEL_SIZE 0x08
#define INITRD_ADDR 0x0A
#define INITRD_SIZE 0x0B
#define KERNEL_DATA 0x11
#define INITRD_DATA 0x12
#define CMDLINE_ADDR 0x13
#define CMDLINE_SIZE 0x14
#define CMDLINE_DATA 0x15
#define SETUP_ADDR 0x16
#define SETUP_SIZE 0x17
#define SETUP_DATA 0x18

rom:    .byte   0x55, 0xAA, 0           /* the length is filled in by make_rom, as are the checksums */
        jmp     init
        .org    0x1A
        .word   pnp
        .balign 16
pnp:    .ascii  "$PnP"
        .byte   1, 2                    /* revision, length in 16 bytes */
        .word   0                       /* no further header */
        .byte   0, 0                    /* reserved, checksum */
        .long   0
        .word   maker, product
        .byte   0, 0, 0, 0              /* device type, indicators */
        .word   0, 0, boot, 0, 0        /* connection, disconnect, bootstrap entry vectors */
maker:  .asciz  "doppel"
product: .asciz "Linux kernel"

/* ES:DI points to a $PnP structure where the firmware is of that kind. */
init:   cmpl    $0x506E5024, %es:(%di)
        je      1f
        pushw   %ds
        pushw   $0
        popw    %ds
        movw    $boot, 0x19 * 4
        movw    %cs, 0x19 * 4 + 2
        popw    %ds
1:      lretw

gdt:    .quad   0
        .quad   0x00CF93000000FFFF      /* data, base 0, 4 GiB */
text:   .asciz  "Linux kernel\r\n"

boot:   cli
        cld
        xorw    %ax, %ax
        movw    %ax, %ss
        movl    $0x7C00, %esp
        movw    %cs, %ax
        movw    %ax, %ds
        movw    $text, %si
1:      lodsb
        testb   %al, %al
        jz      2f
        movw    $7, %bx
        movb    $0x0E, %ah
        int     $0x10
        jmp     1b
2:      cli
        inb     $0x92, %al              /* A20 */
        orb     $2, %al
        andb    $0xFE, %al
        outb    %al, $0x92

/* ES: base 0, 4 GiB.  No interrupts from here on: a handler might bring a smaller limit back. */
        xorl    %eax, %eax
        movw    %cs, %ax
        shll    $4, %eax
        addl    $gdt, %eax
        pushl   %eax
        pushw   $15
        movw    %sp, %bp
        lgdtl   (%bp)
        movl    %cr0, %eax
        orb     $1, %al
        movl    %eax, %cr0
        jmp     3f
3:      movw    $8, %bx
        movw    %bx, %es
        andb    $0xFE, %al
        movl    %eax, %cr0
        jmp     4f
4:      xorw    %ax, %ax
        movw    %ax, %es

        movl    $(KERNEL_ADDR | KERNEL_SIZE << 8 | KERNEL_DATA << 16), %eax
        call    part
        movl    $(INITRD_ADDR | INITRD_SIZE << 8 | INITRD_DATA << 16), %eax
        call    part
        movl    $(CMDLINE_ADDR | CMDLINE_SIZE << 8 | CMDLINE_DATA << 16), %eax
        call    part
        movl    $(SETUP_ADDR | SETUP_SIZE << 8 | SETUP_DATA << 16), %eax
        call    part

/* DS = ES = FS = GS = SS = the real-mode part's segment, SP below the command line, CS 20h paragraphs on, IP 0. */
        movb    $SETUP_ADDR, %al
        call    number
        movl    %ebx, %esi
        movb    $CMDLINE_ADDR, %al
        call    number
        subl    %esi, %ebx
        subl    $16, %ebx
        shrl    $4, %esi
        movw    %si, %ds
        movw    %si, %es
        movw    %si, %fs
        movw    %si, %gs
        movw    %si, %ss
        movl    %ebx, %esp
        addw    $0x20, %si
        pushw   %si
        pushw   $0
        xorl    %eax, %eax
        xorl    %ebx, %ebx
        xorl    %ecx, %ecx
        xorl    %edx, %edx
        xorl    %esi, %esi
        xorl    %edi, %edi
        xorl    %ebp, %ebp
        lretw

/* EAX: the items of a part's address, size and content, a byte each. */
part:   pushl   %eax
        call    number
        movl    %ebx, %edi
        popl    %eax
        shrl    $8, %eax
        pushl   %eax
        call    number
        movl    %ebx, %ecx
        popl    %eax
        movb    %ah, %al
        call    select
        rep insb %dx, %es:(%edi)
        retw

/* The item AL's four bytes as a number in EBX. */
number: call    select
        movw    $4, %cx
1:      inb     %dx, %al
        shrdl   $8, %eax, %ebx
        loop    1b
        retw

select: movw    $FW_SELECT, %dx
        xorb    %ah, %ah
        outw    %ax, %dx
        incw    %dx
        retw
