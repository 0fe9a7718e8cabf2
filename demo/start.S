/*
 * start.S: the program's first instruction, and the call to the BIOS.
 *
 * The compiler's 16-bit code (-m16) uses 32-bit registers and addresses in a 16-bit segment, so every offset, the
 * stack pointer too, must stay below 64 KiB, and a call from C pushes 4 bytes: hence calll and retl.
 */
        .code16
        .section .start, "ax"
        .globl start
start:
        cli
        movw    %cs, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movl    $0xFFF0, %esp
        cld
        movl    $bss_start, %edi
        movl    $bss_end, %ecx
        subl    %edi, %ecx
        xorl    %eax, %eax
        rep stosb                       # DI and CX, since the segment is a 16-bit one
        sti
        calll   program_main
1:      hlt
        jmp     1b

        .text

/* void bios_call(u32 interrupt, regs_t *regs): what INT does, with the number in a variable. */
        .globl bios_call
bios_call:
        pushl   %ebp
        pushl   %ebx
        pushl   %esi
        pushl   %edi
        movl    20(%esp), %eax
        movl    24(%esp), %esi
        xorl    %ecx, %ecx
        movw    %cx, %fs
        movl    %fs:(,%eax,4), %eax     # the vector: offset in the low half, segment in the high one
        movl    %eax, bios_vector
        pushl   %esi
        pushw   %ds
        pushw   %es
        movl    0(%esi), %eax
        movl    4(%esi), %ebx
        movl    8(%esi), %ecx
        movl    12(%esi), %edx
        movl    20(%esi), %edi
        movl    24(%esi), %ebp
        movw    28(%esi), %es
        movl    16(%esi), %esi
        pushfw                          # INT pushes the flags, clears IF and calls far; IRET takes them back
        cli
        lcallw  *%cs:bios_vector
        pushfw
        pushw   %es
        pushl   %esi
        cld
        movw    10(%esp), %ds           # below: ESI 0, ES 4, flags 6, our ES 8, our DS 10, regs 12
        movl    12(%esp), %esi
        movl    %eax, 0(%esi)
        movl    %ebx, 4(%esi)
        movl    %ecx, 8(%esi)
        movl    %edx, 12(%esi)
        movl    %edi, 20(%esi)
        movl    %ebp, 24(%esi)
        popl    16(%esi)
        popw    28(%esi)
        popw    30(%esi)
        popw    %es
        popw    %ds
        popl    %esi
        popl    %edi
        popl    %esi
        popl    %ebx
        popl    %ebp
        sti
        retl

        .bss
bios_vector:
        .skip   4
        .section .note.GNU-stack, "", @progbits
