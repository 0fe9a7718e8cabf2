/* flat.S - beyond the first MiB from real mode, and the shadow RAM.  Part of the system BIOS (segment F000h).
 *
 * A segment register keeps its limit when real mode loads it (Intel SDM volume 3, 9.9.2 "Switching Back to Real-Address
 * Mode"): given 4 GiB once in protected mode, FS reaches everything by its base and a 32-bit offset. */
        .code16
        .set    FLAT, 0x08
        .set    HIGH_CODE, 0x10
        .set    LOW_CODE, 0x18
        .set    SMALL, 0x20

        .section .rodata
        .balign 8
flat_table:
        .quad   0
        .quad   0x00CF93000000FFFF      /* data, base 0, 4 GiB */
        .quad   0xFF009BFF0000FFFF      /* code, base FFFF0000h: the ROM where the processor's reset finds it */
        .quad   0x00009B0F0000FFFF      /* code, base F0000h: the same as software knows it */
        .quad   0x000093000000FFFF      /* data, base 0, 64 KiB: what real mode expects */
flat_pointer:
        .word   flat_pointer - flat_table - 1
        .long   flat_table + 0xF0000

        .text
/* void flat_on(void), void flat_off(void): FS reaches 4 GiB; or 64 KiB again. */
        .globl  flat_on
flat_on:
        movw    $FLAT, %cx
        jmp     1f
        .globl  flat_off
flat_off:
        movw    $SMALL, %cx
1:      pushfl
        cli
        lgdtl   %cs:flat_pointer
        movl    %cr0, %eax
        orb     $1, %al
        movl    %eax, %cr0
        jmp     2f
2:      movw    %cx, %fs
        andb    $0xFE, %al
        movl    %eax, %cr0
        jmp     3f
3:      xorw    %cx, %cx
        movw    %cx, %fs
        popfl
        retl

/* void shadow_copy(void): the 128 KiB from below 4 GiB into the RAM at E0000h, which is left readable and writable.
 * While the segments E and F change under our feet we run in the ROM below 4 GiB. */
        .globl  shadow_copy
shadow_copy:
        pushfl
        cli
        pushal
        lgdtl   %cs:flat_pointer
        movl    %cr0, %eax
        orb     $1, %al
        movl    %eax, %cr0
        ljmpw   $HIGH_CODE, $1f
1:      movw    $FLAT, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movl    $0x80000058, %eax       /* PAM0 at 59h, PAM5 and PAM6 at 5Eh: 3 is RAM for reads and writes */
        movw    $0xCF8, %dx
        outl    %eax, %dx
        movw    $0xCFD, %dx
        movb    $0x30, %al
        outb    %al, %dx
        movl    $0x8000005C, %eax
        movw    $0xCF8, %dx
        outl    %eax, %dx
        movw    $0xCFE, %dx
        movw    $0x3333, %ax
        outw    %ax, %dx
        movl    $0xFFFE0000, %esi
        movl    $0x000E0000, %edi
        movl    $0x8000, %ecx
        cld
        rep movsl (%esi), %es:(%edi)
        ljmpw   $LOW_CODE, $2f
2:      movw    $SMALL, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movl    %cr0, %eax
        andb    $0xFE, %al
        movl    %eax, %cr0
        ljmpw   $0xF000, $3f
3:      movw    %ss, %ax
        movw    %ax, %ds
        movw    %ax, %es
        popal
        popfl
        retl
