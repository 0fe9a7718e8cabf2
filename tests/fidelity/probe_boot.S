/* probe_boot.S - the bare machine of probe_bare.c: from the boot sector to protected mode with the program at 1 MiB; into a vector at level 3 and back by an exception.
 *
 * The firmware is asked for two things: the boot sector at 7C00h, and INT 13h AH=42h (read sectors by number, EDD) for the rest of the program.  GDT: 08h and 10h are the
 * program's, 18h the TSS; 23h and 2Bh the vectors' code and data, flat, level 3: the selectors that an x86-64 Linux gives to 32-bit programs. */

        .set    PROGRAM_SECTORS, 120
        .set    LOADED, 0x10000

/* ---- the boot sector ---- */

        .section .boot, "awx"
        .code16
        ljmp    $0, $1f
1:      cli
        xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %es
        mov     %ax, %ss
        mov     $0x7C00, %sp
        mov     $packet, %si
        mov     $0x42, %ah
        int     $0x13
        jc      stop
        in      $0x92, %al                      /* A20: line 20 of addresses passes */
        or      $2, %al
        and     $0xFE, %al
        out     %al, $0x92
        cli
        lgdt    boot_gdtr
        mov     %cr0, %eax
        or      $1, %al
        mov     %eax, %cr0
        ljmp    $0x08, $2f
stop:   hlt
        jmp     stop
        .code32
2:      mov     $0x10, %ax
        mov     %ax, %ds
        mov     %ax, %es
        mov     %ax, %ss
        mov     $LOADED, %esi
        mov     $probe_start, %edi
        mov     $PROGRAM_SECTORS * 128, %ecx
        cld
        rep movsl
        mov     $probe_start, %eax
        jmp     *%eax

        .balign 4
packet: .byte   16, 0
        .word   PROGRAM_SECTORS, 0, LOADED >> 4
        .quad   1
boot_gdt:
        .quad   0, 0x00CF9B000000FFFF, 0x00CF93000000FFFF
boot_gdtr:
        .word   boot_gdtr - boot_gdt - 1
        .long   boot_gdt
        .org    510
        .word   0xAA55

/* ---- the program begins ---- */

        .section .entry, "awx"
        .globl  probe_start
probe_start:
        mov     $bss_end, %ecx
        mov     $bss_begin, %edi
        sub     %edi, %ecx
        xor     %eax, %eax
        rep stosb
        mov     $kernel_stack_end, %esp
        jmp     bare_main

/* ---- tables ---- */

        .data
        .balign 16
        .globl  probe_gdt, probe_gdtr, probe_idtr
probe_gdt:
        .quad   0, 0x00CF9B000000FFFF, 0x00CF93000000FFFF, 0, 0x00CFFB000000FFFF, 0x00CFF3000000FFFF
probe_gdtr:
        .word   probe_gdtr - probe_gdt - 1
        .long   probe_gdt
probe_idtr:
        .word   32 * 8 - 1
        .long   probe_idt

        .bss
        .balign 4096
        .space  4096
kernel_stack_end:                               /* of the program itself */
        .space  4096
        .globl  trap_stack_end
trap_stack_end:                                 /* SS0:ESP0: of exceptions out of vectors */
        .globl  probe_idt
probe_idt:
        .space  32 * 8
        .globl  trap_code
home:   .space  4
trap_code:
        .space  4

/* ---- into a vector ---- */

        .text
        .globl  probe_enter
probe_enter:
        push    %ebx
        push    %ebp
        push    %esi
        push    %edi
        mov     %esp, home
        fxrstor probe_fx_in
        pushl   $0x2B
        pushl   probe_in + 16
        pushl   probe_flags_in
        pushl   $0x23
        pushl   probe_eip_in
        mov     probe_in, %eax
        mov     probe_in + 4, %ecx
        mov     probe_in + 8, %edx
        mov     probe_in + 12, %ebx
        mov     probe_in + 20, %ebp
        mov     probe_in + 24, %esi
        mov     probe_in + 28, %edi
        push    %eax
        mov     $0x2B, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %fs
        mov     %eax, %gs
        pop     %eax
        iretl

/* ---- and back: vector, error code, EIP, CS, EFLAGS [, ESP, SS] are on the stack ---- */

common:
        push    %eax
        mov     $0x10, %eax
        mov     %eax, %ds
        mov     %eax, %es
        pop     probe_out
        mov     %ecx, probe_out + 4
        mov     %edx, probe_out + 8
        mov     %ebx, probe_out + 12
        mov     %ebp, probe_out + 20
        mov     %esi, probe_out + 24
        mov     %edi, probe_out + 28
        fxsave  probe_fx_out
        fninit
        cld
        pop     %eax
        mov     %eax, probe_trap
        pop     trap_code
        pop     %eax
        mov     %eax, probe_trap_eip
        pop     %ecx                            /* CS: an exception of this program's own has no place in a vector */
        test    $3, %cl
        jnz     1f
        movl    $0, probe_trap_eip
1:      pop     probe_flags_out
        pop     probe_out + 16
        pushl   $2                              /* AC, NT, DF */
        popfl
        mov     home, %esp
        pop     %edi
        pop     %esi
        pop     %ebp
        pop     %ebx
        ret

        .balign 16
        .globl  probe_stubs
probe_stubs:                                    /* 16 bytes each; an error code comes with 8, 10-14 and 17 (SDM vol. 3, 6.13) */
        .irp    vector, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
        .balign 16
        .if     !(\vector == 8 || (\vector >= 10 && \vector <= 14) || \vector == 17)
        pushl   $0
        .endif
        pushl   $\vector
        jmp     common
        .endr
