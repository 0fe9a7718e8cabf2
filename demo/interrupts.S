/*
 * interrupts.S: what runs when the hardware or the BIOS calls us, at any moment and on anybody's stack.
 *
 * A handler may rely on CS alone; it saves what it uses, puts a byte or two where the scene finds them, and leaves.
 * The rings hold 64 entries, and their heads wrap by masking. Documents: the 8259A data sheet (end of interrupt);
 * INT 15h AH=4Fh and AX=C207h in the IBM PS/2 BIOS Interface Technical Reference.
 */
        .code16
        .text

/* IRQ 0, INT 8: count, and let the BIOS have its own 18.2 ticks a second out of ours. */
        .globl timer_interrupt
timer_interrupt:
        pushl   %eax
        pushw   %ds
        movw    %cs, %ax
        movw    %ax, %ds
        incl    timer_ticks
        movl    timer_divisor, %eax
        addl    %eax, timer_owed
        cmpl    $0x10000, timer_owed    # the BIOS expects a tick every 65536 clocks of the PIT
        jb      1f
        subl    $0x10000, timer_owed
        popw    %ds
        popl    %eax
        ljmpw   *%cs:timer_previous     # it will send the end of interrupt
1:      movb    $0x20, %al
        outb    %al, $0x20              # end of interrupt, to the first 8259A
        popw    %ds
        popl    %eax
        iretw

/* INT 15h AH=4Fh: the BIOS's keyboard interrupt shows every byte here before it looks at it. */
        .globl keyboard_hook
keyboard_hook:
        pushfw
        cmpb    $0x4F, %ah
        jne     2f
        pushl   %ebx
        pushw   %ds
        movw    %cs, %bx
        movw    %bx, %ds
        movzbl  key_head, %ebx
        movb    %al, key_ring(%ebx)
        incb    %bl
        andb    $63, %bl
        movb    %bl, key_head
        popw    %ds
        popl    %ebx
2:      popfw
        ljmpw   *%cs:keyboard_previous  # CF stays as it came: set means "go on with this byte"

/* A far call from the BIOS with a mouse packet: four words on the stack, of which the low bytes count. */
        .globl mouse_packet
mouse_packet:
        pushw   %bp
        movw    %sp, %bp                # BP 0, IP 2, CS 4, Z 6, Y 8, X 10, status 12
        pushl   %eax
        pushl   %ebx
        pushw   %ds
        movw    %cs, %bx
        movw    %bx, %ds
        movzbl  mouse_head, %ebx
        movb    12(%bp), %al
        movb    10(%bp), %ah
        shll    $16, %eax
        movb    8(%bp), %al
        movb    6(%bp), %ah
        roll    $16, %eax               # status, X, Y, Z from the low byte up
        movl    %eax, mouse_ring(,%ebx,4)
        incb    %bl
        andb    $63, %bl
        movb    %bl, mouse_head
        popw    %ds
        popl    %ebx
        popl    %eax
        popw    %bp
        lretw
        .section .note.GNU-stack, "", @progbits
